"""Hold the records against their seals and the seals against the anchor; say the first that is broken, and how.

Each record is spelled anew and hashed; the hashes of a block are hashed in their order; each block names the one before;
the site's key signed it; the anchor outside knows the same blocks. Nothing is written here.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from operator import itemgetter
from typing import Final

from wms.core.clock import now
from wms.db import db
from wms.evidence import anchor, queries, rules
from wms.evidence.queries import SealedBlock
from wms.signing import keys
from wms.stock import asof

#: So many blocks are read together; a chunk's records stand in memory.
_CHUNK: Final = 4
_LAST: Final = 2**63
#: Every block is looked at once in so many days, though nobody asks for all of them.
ROUND_DAYS: Final = 28
#: The last blocks are looked at every day.
_RECENT: Final = timedelta(days=2)
#: A block that is older and not in the anchor was kept from it.
_ANCHOR_PATIENCE: Final = timedelta(hours=1)


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One record that is not as it was sealed: its stream ("block" and "anchor" too), its id, and what is wrong.

    `what` is a word of words.FAULTS; `block` is the block it belongs to, 0 for none.
    """

    stream: str
    record: int
    what: str
    block: int = 0
    more: str = ""

    @property
    def text(self) -> str:
        """The fault in a line, for logs and the record of checks."""
        place = f" (block {self.block})" if self.block and self.stream != "block" else ""
        return f"{self.stream} {self.record}: {_SAID[self.what]}{f': {self.more}' if self.more else ''}{place}"


_SAID: Final[Mapping[str, str]] = {
    "edited": "changed after it was sealed",
    "deleted": "sealed, and not there any more",
    "inserted": "put in afterwards, older than what was sealed a day before",
    "members": "its members are not those that were sealed",
    "missing": "not there",
    "unchained": "does not name the block before it",
    "hash": "its hash is not that of its words",
    "count": "counts other records than it has",
    "key": "names a key that is not kept here, or another than that of its words",
    "signature": "the site did not sign it",
    "form": "spelled in a way that this version does not know",
    "cut": "the anchor knows it, and the database ends before it",
    "differs": "another block than the anchor knows",
    "anchor_missing": "there is no anchor, and blocks are older than an hour",
    "anchor_faulty": "a line of the anchor cannot be believed",
    "anchor_short": "the anchor does not know it, though it is older than an hour",
    "lines": "its lines are not those it was taken with",
}


@dataclass(kw_only=True)
class Verified:
    """What a verification came to."""

    is_full: bool
    blocks: int = 0
    records: int = 0
    #: Records that are not in a block yet.
    waiting: int = 0
    head: int = 0
    head_hash: str = ""
    seconds: float = 0.0
    faults: list[Fault] = field(default_factory=list)
    #: Keys that signed, with the first block of each.
    keys: dict[str, int] = field(default_factory=dict)

    @property
    def is_whole(self) -> bool:
        """Whether everything is as it was sealed."""
        return not self.faults


def verify(*, at: datetime, is_full: bool = True, most: int = 20) -> Verified:
    """Hold everything against its seals; not `is_full`: the chain, the last two days, and one part in 28 of the rest.

    Reads one snapshot. At most `most` faults are told, in the order of the chain.
    """
    began = time.monotonic()
    found = Verified(is_full=is_full)
    session = db.session()
    if session.get_bind().dialect.name == "postgresql":
        session.rollback()
        session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
    faults = _faults(found, at=at)
    for fault in faults:
        found.faults.append(fault)
        if len(found.faults) >= most:
            break
    found.seconds = time.monotonic() - began
    return found


@dataclass(frozen=True)
class _Part:
    """Some blocks whose records are looked at together, and what was seen of the chain up to them."""

    blocks: list[SealedBlock]
    faults: list[Fault]


#: Of each stream, its records in a part; None for a stream that this version does not know.
_Lines = list[tuple[str, list[tuple[int, int, bytes, str | None]] | None]]


def _faults(found: Verified, *, at: datetime) -> Iterator[Fault]:
    """Walk the chain; `found` counts along. The engine spells the next part while this one is hashed."""
    reader, one_at_a_time = queries.Reader(), threading.Lock()

    def read(part: _Part) -> _Lines:
        if not part.blocks:
            return []
        first, last = part.blocks[0].block.seq, part.blocks[-1].block.seq
        with one_at_a_time:
            return [
                (name, list(reader.sealed_lines(rules.BY_NAME[name], first=first, last=last)))
                if name in rules.BY_NAME
                else (name, None)
                for name in reader.streams_of(first, last)
            ]

    with ThreadPoolExecutor(max_workers=1) as pool:
        before: tuple[_Part, Future[_Lines]] | None = None
        for part in _parts(found, one_at_a_time, at=at):
            coming = pool.submit(read, part)
            if before is not None:
                yield from _part_faults(before[0], before[1].result(), found)
            before = part, coming
        if before is not None:
            yield from _part_faults(before[0], before[1].result(), found)
    yield from _unsealed(found, at)
    if found.is_full or at.toordinal() % ROUND_DAYS == 0:
        for snapshot in asof.spoilt_snapshots():
            yield Fault(stream="snapshot", record=snapshot, what="lines")


def _parts(found: Verified, one_at_a_time: threading.Lock, *, at: datetime) -> Iterator[_Part]:
    """Hold block against block and anchor; give those whose records are looked at, some at a time."""
    anchored = anchor.read()
    standing = rules.standing(anchored.lines)
    recent, turn = at - _RECENT, at.toordinal() % ROUND_DAYS
    previous: SealedBlock | None = None
    part = _Part([], [])
    while True:
        with one_at_a_time:
            blocks = queries.blocks_after(previous.block.seq if previous else 0, most=1000)
        if not blocks:
            break
        for one in blocks:
            looks = found.is_full or one.block.sealed_at >= recent or one.block.seq % ROUND_DAYS == turn
            part.faults.extend(_chain_faults(one, previous, is_signed=looks))
            part.faults.extend(_anchor_faults(one, standing, anchored, at))
            found.keys.setdefault(one.block.public_key, one.block.seq)
            previous = one
            if looks:
                part.blocks.append(one)
            if len(part.blocks) >= _CHUNK:
                yield part
                part = _Part([], [])
    if previous is not None:
        found.head, found.head_hash = previous.block.seq, previous.hash
    part.faults.extend(_anchor_end(found, anchored, standing, previous, at))
    yield part


def _chain_faults(one: SealedBlock, previous: SealedBlock | None, *, is_signed: bool) -> Iterator[Fault]:
    block = one.block
    due = previous.block.seq + 1 if previous else 1
    if block.seq != due:
        yield Fault(stream="block", record=due, what="missing", block=due)
    elif block.previous != (previous.hash if previous else rules.NOTHING):
        yield Fault(stream="block", record=block.seq, what="unchained", block=block.seq)
    if block.hash != one.hash:
        yield Fault(stream="block", record=block.seq, what="hash", block=block.seq)
    elif block.total != (previous.block.total if previous else 0) + block.records and block.seq == due:
        yield Fault(stream="block", record=block.seq, what="count", block=block.seq)
    if block.form not in rules.FORMS:
        yield Fault(stream="block", record=block.seq, what="form", block=block.seq)
    if is_signed:
        if not block.public_key or key_id_of(block.public_key) != one.key:
            yield Fault(stream="block", record=block.seq, what="key", block=block.seq)
        elif not keys.is_genuine(public_key=block.public_key, signature=one.signature, statement=block.line.encode()):
            yield Fault(stream="block", record=block.seq, what="signature", block=block.seq)


def key_id_of(public_key: str) -> str:
    """Name a public key by its own bytes, as wms.signing does; blank for what is none."""
    try:
        return hashlib.sha256(bytes.fromhex(public_key)).hexdigest()[:16]
    except ValueError:
        return ""


def _anchor_faults(
    one: SealedBlock, standing: Mapping[int, rules.AnchorLine], read: anchor.Read, at: datetime
) -> Iterator[Fault]:
    known = standing.get(one.block.seq)
    if known is not None and known.hash != one.hash:
        yield Fault(stream="block", record=one.block.seq, what="differs", block=one.block.seq)
    elif known is None and read.is_there and not read.fault and one.block.sealed_at < at - _ANCHOR_PATIENCE:
        yield Fault(stream="block", record=one.block.seq, what="anchor_short", block=one.block.seq)


def _anchor_end(
    found: Verified,
    read: anchor.Read,
    standing: Mapping[int, rules.AnchorLine],
    head: SealedBlock | None,
    at: datetime,
) -> Iterator[Fault]:
    if read.fault:
        yield Fault(stream="anchor", record=read.fault_line, what="anchor_faulty", more=read.fault)
    beyond = [seq for seq in standing if seq > found.head]
    if beyond:
        yield Fault(stream="block", record=min(beyond), what="cut", block=min(beyond))
    if not read.is_there and head is not None and head.block.sealed_at < at - _ANCHOR_PATIENCE:
        yield Fault(stream="anchor", record=0, what="anchor_missing", more=str(anchor.path()))


def _part_faults(part: _Part, lines: _Lines, found: Verified) -> Iterator[Fault]:
    """Hash every record of some blocks anew, and tell what is wrong with them, in the order of the chain."""
    ours = {one.block.seq: one.block.form for one in part.blocks}
    whole = {seq: hashlib.sha256() for seq in ours}
    counts = dict.fromkeys(ours, 0)
    faults = list(part.faults)
    sha256 = hashlib.sha256
    for name, rows in lines:
        if rows is None:
            first = part.blocks[0].block.seq
            faults.append(Fault(stream="block", record=first, what="form", block=first, more=name))
            continue
        since = rules.BY_NAME[name].since
        for block, members in groupby(rows, key=itemgetter(0)):
            if block not in ours:
                continue
            if ours[block] < since:
                faults.append(Fault(stream="block", record=block, what="form", block=block, more=name))
            said = []
            for _, record, sealed, line in members:
                said.append(f"{name} {record} {sealed.hex()}\n")
                if line is None or sha256(line.encode()).digest() != sealed:
                    what = "edited" if line else "deleted"
                    faults.append(Fault(stream=name, record=record, what=what, block=block))
            whole[block].update("".join(said).encode())
            counts[block] += len(said)
    for one in part.blocks:
        if counts[one.block.seq] != one.block.records or whole[one.block.seq].hexdigest() != one.block.content:
            more = f"{counts[one.block.seq]} of {one.block.records}"
            faults.append(Fault(stream="block", record=one.block.seq, what="members", block=one.block.seq, more=more))
    found.blocks += len(part.blocks)
    found.records += sum(counts.values())
    yield from sorted(faults, key=lambda fault: (fault.block or _LAST, fault.stream == "block"))


def _unsealed(found: Verified, at: datetime) -> Iterator[Fault]:
    """What is in no block: it waits for the next one, or it was put in behind what was sealed."""
    settled = queries.settled_heads(at)
    members = queries.members_by_stream()
    for stream in rules.STREAMS:
        until = settled.get(stream.name, 0)
        waiting = queries.count_waiting(stream, beyond=until)
        found.waiting += waiting
        if queries.count_records(stream) - members.get(stream.name, 0) > waiting or (
            until and any(fault.what == "deleted" and fault.stream == stream.name for fault in found.faults)
        ):
            for record in queries.never_sealed(stream, until=until, most=20):
                yield Fault(stream=stream.name, record=record, what="inserted")


def look() -> Verified:
    """The daily look, for the job."""
    return verify(at=now(), is_full=False)
