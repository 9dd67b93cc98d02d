"""Reads of the chain: its head, what waits to be sealed, and records as the engine spells them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import bindparam, func, select, text
from sqlalchemy.orm import Session

from wms.db import db
from wms.db.paging import Page, SortKey, after, page_of
from wms.evidence import rules
from wms.evidence.models import SealBlock, SealCheck, SealMember
from wms.evidence.rules import Block, Stream
from wms.signing.models import SigningKey

#: A transaction that is committed later than this after its number was drawn does not happen.
LATE: Final = timedelta(hours=24)
#: So many late records are taken in one run.
_LATE_MOST: Final = 20_000


@dataclass(frozen=True, kw_only=True)
class Record:
    """A record that waits: its stream and id, how far its order column is, and its line."""

    stream: str
    id: int
    order: int
    line: str


@dataclass(frozen=True, kw_only=True)
class SealedBlock:
    """A block of the database: what it says, the hash and the signature that stand beside it, and whose key its row names."""

    block: Block
    hash: str
    signature: str
    key: str


def last_block() -> SealedBlock | None:
    """Give the head of the chain, None before the first block."""
    found = _blocks(_session(), SealBlock.seq == select(func.max(SealBlock.seq)).scalar_subquery())
    return next(found, None)


def blocks_after(seq: int, *, most: int) -> list[SealedBlock]:
    """List blocks beyond one, in their order, at most so many."""
    return list(_blocks(_session(), SealBlock.seq > seq, most=most))


def get_blocks(first: int, last: int) -> list[SealedBlock]:
    """List a part of the chain, in its order."""
    return list(_blocks(_session(), SealBlock.seq.between(first, last)))


def _blocks(session: Session, *conditions: Any, most: int | None = None) -> Iterator[SealedBlock]:
    statement = (
        select(SealBlock.__table__, SigningKey.public_key)
        .select_from(SealBlock)
        .outerjoin(SigningKey, SigningKey.id == SealBlock.key_id)
        .where(*conditions)
        .order_by(SealBlock.seq)
        .limit(most)
    )
    for row in session.execute(statement):
        yield SealedBlock(
            block=Block(
                seq=row.seq, previous=row.previous, sealed_at=_aware(row.sealed_at), form=row.form, records=row.records,
                total=row.total, content=row.content, heads=_heads(row.heads), public_key=row.public_key or "",
            ),
            hash=row.hash, signature=row.signature, key=row.key_id,
        )  # fmt: skip


def _heads(text_: str) -> Mapping[str, int]:
    """What a block says of its streams; of one that somebody spoilt, what makes its hash differ."""
    try:
        heads = json.loads(text_)
    except ValueError:
        return {"": 0}
    return heads if isinstance(heads, dict) else {"": 0}


def _aware(at: datetime) -> datetime:
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def settled_heads(at: datetime) -> Mapping[str, int]:
    """How far each stream was sealed a day ago: what lies below and is in no block came in afterwards."""
    row = _session().execute(
        select(SealBlock.heads).where(SealBlock.sealed_at <= at - LATE).order_by(SealBlock.seq.desc()).limit(1)
    ).scalar()  # fmt: skip
    return _heads(row) if row else {}


# -- what waits -------------------------------------------------------------------------------------------------------
def new_records(stream: Stream, *, beyond: int, most: int) -> list[Record]:
    """Read records beyond the head of their stream, in its order."""
    if not stream.order:
        return _waiting(stream, "t.{key} > :low", {"low": beyond}, most, is_new=True)
    return _waiting(stream, "{order} >= :low", {"low": beyond}, most)


def late_records(at: datetime | None = None) -> list[tuple[str, int]]:
    """Find what was committed after a record with a higher number was sealed: (stream, id). Looks a day back."""
    from wms.core.clock import now

    head = last_block()
    if head is None:
        return []
    floors = settled_heads(at or now())
    found: list[tuple[str, int]] = []
    for stream in rules.STREAMS:
        low, high = floors.get(stream.name, 0), head.block.heads.get(stream.name, 0)
        if low < high and len(found) < _LATE_MOST:
            order = _order(stream)
            rows = _session().execute(
                text(
                    f"SELECT t.{stream.key} FROM {stream.table} t WHERE {order} > :low AND"
                    f" {order} <= :high{_when(stream)} AND {_not_member(stream)}"
                    f" ORDER BY {order}, t.{stream.key} LIMIT :most"
                ),
                {"low": low, "high": high, "most": _LATE_MOST - len(found), "stream": stream.name},
            )
            found += [(stream.name, row[0]) for row in rows]
    return found


def named_records(stream: Stream, ids: Sequence[int]) -> list[Record]:
    """Read those of these records that are in no block yet."""
    return _waiting(stream, "t.{key} IN :ids", {"ids": list(ids)}, len(ids)) if ids else []


def _waiting(stream: Stream, where: str, values: dict[str, Any], most: int, *, is_new: bool = False) -> list[Record]:
    session = _session()
    line, order = rules.spelling(stream, session.get_bind().dialect.name), _order(stream)
    condition = where.format(key=stream.key, order=order)
    fresh = "" if is_new else f" AND {_not_member(stream)}"
    statement = text(
        f"SELECT t.{stream.key}, {order}, {_plain(line)} FROM {stream.table} t{rules.joined_tables(stream)}"
        f" WHERE {condition}{_when(stream)}{fresh} ORDER BY {order}, t.{stream.key} LIMIT :most"
    )
    if "ids" in values:
        statement = statement.bindparams(bindparam("ids", expanding=True))
    rows = session.execute(statement, values | {"most": most} | ({} if is_new else {"stream": stream.name}))
    return [Record(stream=stream.name, id=row[0], order=row[1], line=row[2]) for row in rows]


def _order(stream: Stream) -> str:
    """What grows with time in a stream, as this engine gives it."""
    return stream.sorted_by(_session().get_bind().dialect.name)


def _when(stream: Stream) -> str:
    return f" AND {stream.when}" if stream.when else ""


def _not_member(stream: Stream) -> str:
    return f"NOT EXISTS (SELECT 1 FROM seal_member m WHERE m.stream = :stream AND m.record_id = t.{stream.key})"


def _plain(sql: str) -> str:
    """Keep the colons of JSON from being taken for parameters."""
    return sql.replace('":', '"\\:').replace("::", "\\:\\:")


# -- what is sealed ---------------------------------------------------------------------------------------------------
class Reader:
    """Reads sealed records by the driver itself: half a million rows through another layer take as long again.

    It may be used by another thread than the one that made it, by one at a time.
    """

    def __init__(self) -> None:
        session = _session()
        self._engine = session.get_bind().dialect.name
        self._driver: Any = session.connection().connection.driver_connection

    def streams_of(self, first: int, last: int) -> list[str]:
        """Name the streams that have members in a part of the chain, sorted."""
        asked = "SELECT DISTINCT stream FROM seal_member WHERE block_seq BETWEEN {first} AND {last}"
        return sorted(row[0] for row in self._run(asked, first=first, last=last))

    def sealed_lines(self, stream: Stream, *, first: int, last: int) -> Iterator[tuple[int, int, bytes, str | None]]:
        """Read the members of a stream in a part of the chain: (block, record, hash, line or None), in their order."""
        line = rules.spelling(stream, self._engine)
        asked = (
            f"SELECT m.block_seq, m.record_id, m.sha256, CASE WHEN t.{stream.key} IS NULL THEN NULL ELSE "
            + line.replace("{", "{{").replace("}", "}}")
            + f" END FROM seal_member m LEFT JOIN {stream.table} t ON t.{stream.key} = m.record_id{_when(stream)}"
            f"{rules.joined_tables(stream)} WHERE m.block_seq BETWEEN {{first}} AND {{last}}"
            " AND m.stream = {stream} ORDER BY m.block_seq, m.record_id"
        )
        yield from self._run(asked, stream=stream.name, first=first, last=last)

    def _run(self, asked: str, **values: Any) -> Any:
        is_sqlite = self._engine == "sqlite"
        form = ":{}" if is_sqlite else "%({})s"
        # PostgreSQL: hashes and numbers as they are, not spelled as text and read back.
        as_bytes: dict[str, Any] = {} if is_sqlite else {"binary": True}
        return self._driver.execute(asked.format(**{name: form.format(name) for name in values}), values, **as_bytes)


def count_waiting(stream: Stream, *, beyond: int) -> int:
    """Count the records that lie beyond a head and are in no block."""
    return int(
        _session().execute(
            text(
                f"SELECT count(*) FROM {stream.table} t WHERE {_order(stream)} > :low{_when(stream)}"
                f" AND {_not_member(stream)}"
            ),
            {"low": beyond, "stream": stream.name},
        ).scalar_one()
    )  # fmt: skip


def count_records(stream: Stream) -> int:
    """Count the records of a stream, sealed or not."""
    where = f" WHERE {stream.when}" if stream.when else ""
    return int(_session().execute(text(f"SELECT count(*) FROM {stream.table} t{where}")).scalar_one())


def members_by_stream() -> dict[str, int]:
    """Count the sealed records by stream."""
    statement = select(SealMember.stream, func.count()).group_by(SealMember.stream)
    return {row[0]: int(row[1]) for row in _session().execute(statement)}


def never_sealed(stream: Stream, *, until: int, most: int) -> list[int]:
    """Name the records at or below a head of yesterday that are in no block: they were put in afterwards."""
    return list(
        _session().execute(
            text(
                f"SELECT t.{stream.key} FROM {stream.table} t WHERE {_order(stream)} <= :until{_when(stream)}"
                f" AND {_not_member(stream)} ORDER BY {_order(stream)} LIMIT :most"
            ),
            {"until": until, "stream": stream.name, "most": most},
        ).scalars()
    )  # fmt: skip


# -- for pages --------------------------------------------------------------------------------------------------------
def list_blocks(*, cursor: str | None = None, size: int = 50) -> Page[SealBlock]:
    """List the blocks, the newest first."""
    keys = [SortKey(SealBlock.seq, descending=True)]
    rows = list(_session().execute(after(select(SealBlock), keys, cursor, size=size)).scalars())
    return page_of(rows, size=size, values=lambda row: (row.seq,))


def list_checks(*, cursor: str | None = None, size: int = 20) -> Page[SealCheck]:
    """List the verifications, the newest first."""
    keys = [SortKey(SealCheck.id, descending=True)]
    rows = list(_session().execute(after(select(SealCheck), keys, cursor, size=size)).scalars())
    return page_of(rows, size=size, values=lambda row: (row.id,))


def _session() -> Session:
    return db.session()
