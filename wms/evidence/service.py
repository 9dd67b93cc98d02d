"""The verbs of sealing: seal what waits, write the anchor, note a restore, keep what a verification found."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import insert, text

from wms.alerts import service as alerts
from wms.alerts.models import AlertKind, Severity
from wms.audit.capture import record
from wms.core.errors import AnchorFaulty, DatabaseBehindAnchor, NotBehindAnchor
from wms.core.ids import UserId, new_id
from wms.db import db
from wms.evidence import anchor, queries, rules
from wms.evidence.models import SealBlock, SealCheck, SealMember
from wms.evidence.queries import Record, SealedBlock
from wms.evidence.rules import AnchorLine, Block
from wms.evidence.verifying import Verified
from wms.signing import keys
from wms.signing.service import note_key

#: So many records go into one block: on SQLite nobody else writes while one is made.
BATCH: Final = 5000
_ANCHOR_MOST: Final = 500


def seal_next(*, actor: UserId, at: datetime, found: Sequence[tuple[str, int]] = ()) -> dict[str, int]:
    """Seal a batch of what waits, and put blocks that are committed already into the anchor; all zero when there is no more.

    `found` are late records (queries.late_records), looked for outside the transaction. A block reaches the anchor with
    the next call, when it is sure to stand. Raises DatabaseBehindAnchor and AnchorFaulty, with nothing sealed.
    """
    _one_at_a_time()
    head = queries.last_block()
    anchored = _write_anchor(head, at)
    return {"records": _seal_batch(head, found, at), "anchored": anchored}


def note_restore(reason: str, *, actor: UserId, at: datetime) -> int:
    """Write into the anchor that the chain goes on from the head of this database, and why; the block's number.

    Raises NotBehindAnchor when there is nothing to note, AnchorFaulty when the database never was a part of that chain.
    """
    _one_at_a_time()
    head = queries.last_block()
    read = _believed()
    standing = rules.standing(read.lines)
    seq = head.block.seq if head else 0
    if not standing or max(standing) <= seq:
        raise NotBehindAnchor(file=str(anchor.path()))
    if head and (seq not in standing or standing[seq].hash != head.hash):
        raise AnchorFaulty(file=str(anchor.path()), what=f"block {seq} is another one there")
    _append(
        [
            (seq, head.hash if head else rules.NOTHING, head.block.total if head else 0, at, reason.strip()[:300]),
        ],
        at,
    )
    record("seal_block", seq, action="changed", changes={"restored": [max(standing), seq]})
    return seq


def settle_check(*, found: Verified, actor: UserId, at: datetime) -> dict[str, int]:
    """Keep what a verification found; raise an alert for a fault, or settle it when there is none."""
    first = found.faults[0].text[:500] if found.faults else ""
    db.session.execute(
        insert(SealCheck).values(
            id=new_id(), checked_at=at, checked_by=actor, is_full=found.is_full, head_seq=found.head, blocks=found.blocks,
            records=found.records, waiting=found.waiting, milliseconds=int(found.seconds * 1000),
            faults=len(found.faults), first_fault=first,
        )
    )  # fmt: skip
    if found.faults:
        alerts.raise_alert(
            kind=AlertKind.RECORDS_BROKEN, severity=Severity.CRITICAL, warehouse=None, subject_key="seal",
            subject_kind="seal", data={"faults": len(found.faults), "first": first[:200]}, at=at,
        )  # fmt: skip
    else:
        alerts.resolve_subject("seal", actor=actor, at=at)
    return {"blocks": found.blocks, "records": found.records, "faults": len(found.faults)}


# -- inside -----------------------------------------------------------------------------------------------------------
def _one_at_a_time() -> None:
    """Let no other process make the same block; on SQLite the whole file is ours."""
    if db.session.get_bind().dialect.name == "postgresql":
        db.session.execute(text("LOCK TABLE seal_block IN SHARE ROW EXCLUSIVE MODE"))


def _seal_batch(head: SealedBlock | None, late: Sequence[tuple[str, int]], at: datetime) -> int:
    heads = dict(head.block.heads) if head else {}
    waiting: list[Record] = []
    for stream in rules.STREAMS:
        ids = [number for name, number in late if name == stream.name][: BATCH - len(waiting)]
        waiting += queries.named_records(stream, ids)
    for stream in rules.STREAMS:
        if len(waiting) >= BATCH:
            break
        fresh = queries.new_records(stream, beyond=heads.get(stream.name, 0), most=BATCH - len(waiting))
        if fresh:
            heads[stream.name] = max(one.order for one in fresh)
        waiting += fresh
    if not waiting:
        return 0
    members = sorted((one.stream, one.id, rules.hash_of(one.line)) for one in waiting)
    key = keys.private_key()
    block = Block(
        seq=head.block.seq + 1 if head else 1,
        previous=head.hash if head else rules.NOTHING,
        sealed_at=at,
        form=rules.FORM,
        records=len(members),
        total=(head.block.total if head else 0) + len(members),
        content=rules.content_of(members),
        heads=heads,
        public_key=keys.public_bytes(key).hex(),
    )
    db.session.execute(
        insert(SealBlock).values(
            seq=block.seq, previous=block.previous, sealed_at=at, form=block.form, records=block.records, total=block.total,
            content=block.content, heads=rules.spelled(heads), key_id=note_key(at), hash=block.hash,
            signature=key.sign(block.line.encode()).hex(),
        )
    )  # fmt: skip
    db.session.execute(
        insert(SealMember),
        [
            {"stream": stream, "record_id": number, "block_seq": block.seq, "sha256": bytes.fromhex(sha256)}
            for stream, number, sha256 in members
        ],
    )
    return len(members)


def _write_anchor(head: SealedBlock | None, at: datetime) -> int:
    """Append the blocks that the anchor does not have yet; they are committed, since this transaction reads them."""
    last = anchor.last()
    seq = head.block.seq if head else 0
    if last is None:
        fresh = queries.blocks_after(0, most=_ANCHOR_MOST)
    elif last.seq > seq:
        raise DatabaseBehindAnchor(file=str(anchor.path()), anchored=last.seq, found=seq)
    else:
        if last.seq:
            same = queries.get_blocks(last.seq, last.seq)
            if not same or same[0].hash != last.hash:
                raise AnchorFaulty(file=str(anchor.path()), what=f"block {last.seq} is another one there")
        fresh = queries.blocks_after(last.seq, most=_ANCHOR_MOST)
    if fresh:
        _append([(one.block.seq, one.hash, one.block.total, one.block.sealed_at, "") for one in fresh], at)
    return len(fresh)


def _append(blocks: Sequence[tuple[int, str, int, datetime, str]], at: datetime) -> None:
    key = keys.private_key()
    note_key(at)
    public = keys.public_bytes(key).hex()
    lines = [
        AnchorLine(
            seq=seq, hash=hash_, total=total, sealed_at=sealed_at.isoformat(), public_key=public, restored=restored
        )
        for seq, hash_, total, sealed_at, restored in blocks
    ]
    anchor.append([(line, key.sign(line.line.encode()).hex()) for line in lines])


def _believed() -> anchor.Read:
    read = anchor.read()
    if read.fault:
        raise AnchorFaulty(file=str(anchor.path()), what=f"line {read.fault_line} is {read.fault}")
    return read
