"""Stock as of any instant, by lot, bin and state: the last snapshot before it, and the moves since.

An instant takes every posting that was recorded at it or before; a sequence takes every posting up to it. The two differ
where transactions overlapped: `recorded_at` is the server's clock when the verb began, `seq` the order in which postings
were written, and neither follows the other strictly. A snapshot says from which instant on it is good (`reaches_at`), and
so nothing is asked of that order.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, case, func, insert, select, text, true, union_all
from sqlalchemy.orm import Session

from wms.catalog.models import Item
from wms.core.errors import NotFound
from wms.core.ids import (
    LOOSE,
    NO_HOLDS,
    BinId,
    HoldSetId,
    ItemId,
    LotId,
    LpnId,
    OwnerId,
    PostingSeq,
    UserId,
    WarehouseId,
    new_id,
)
from wms.core.quantity import ZERO, Quantity
from wms.db import db
from wms.db.paging import Page, SortKey, after, page_of
from wms.sites.models import Bin, BinKind, Warehouse
from wms.stock.ledger.tables import Quality, StockBalance, StockMove, StockPosting, StockSnapshot, StockSnapshotLine
from wms.stock.models import Lot, Lpn, Owner
from wms.stock.rules.state import StockState, states_of

#: A snapshot is taken so long after a month's end: what was begun before it is written by then.
SETTLED: Final = timedelta(hours=1)
_LOCK: Final = text("LOCK TABLE stock_snapshot IN SHARE ROW EXCLUSIVE MODE")
_KEY: Final = ("lot_id", "owner_id", "bin_id", "lpn_id", "quality", "hold_set_id")
_ORDER: Final = tuple(getattr(StockSnapshotLine, name) for name in _KEY)


@dataclass(frozen=True, kw_only=True)
class AsOf:
    """Which stock, and of when: an instant or a sequence of the ledger; neither is now. Codes and numbers are exact."""

    at: datetime | None = None
    seq: PostingSeq | None = None
    warehouse: WarehouseId | None = None
    sku: str = ""
    lot: str = ""
    bin: str = ""
    state: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class AsOfRow:
    """What stood under one stock key then, with the names of today around it."""

    lot: LotId
    lot_number: str
    item: ItemId
    sku: str
    name_en: str
    name_zh: str
    base_unit: str
    usable_on_last_day: bool
    fefo_on: date
    warehouse: WarehouseId
    warehouse_code: str
    bin: BinId
    bin_code: str
    bin_kind: BinKind
    lpn: LpnId
    lpn_code: str
    owner: OwnerId
    owner_code: str
    quality: Quality
    hold_set: HoldSetId
    on_hand: Quantity

    def states(self, on: date) -> tuple[StockState, ...]:
        """Its states on a day, worst first; what was promised then is not kept."""
        return states_of(
            quality=self.quality.value,
            is_held=self.hold_set != NO_HOLDS,
            last_good_on=self.fefo_on,
            on=on,
            usable_on_last_day=self.usable_on_last_day,
            is_sample=self.bin_kind is BinKind.SAMPLE,
        )


#: The states that may be asked for.
STATES: Final = ("pending", "released", "rejected", "held")


# -- reads ------------------------------------------------------------------------------------------------------------
def stock_as_of(wanted: AsOf, *, cursor: str | None = None, size: int = 100) -> Page[AsOfRow]:
    """Give a page of what stood then: by SKU, lot number, bin code and what tells the rest apart."""
    statement, keys = _rows(wanted)
    rows = [AsOfRow(**row._mapping) for row in _session().execute(after(statement, keys, cursor, size=size))]
    return page_of(rows, size=size, values=_cursor_values)


def stream_as_of(wanted: AsOf) -> Iterator[AsOfRow]:
    """Every row of what stood then, a thousand at a time: for an export."""
    statement, keys = _rows(wanted)
    statement = statement.order_by(*(key.column for key in keys)).execution_options(yield_per=1000)
    for part in _session().execute(statement).partitions():
        for row in part:
            yield AsOfRow(**row._mapping)


def total_as_of(lot: LotId, *, at: datetime | None = None, seq: PostingSeq | None = None) -> Quantity:
    """Give what was on hand of one lot then, everywhere inside."""
    sums = _sums(AsOf(at=at, seq=seq), lots=select(Lot.id).where(Lot.id == lot))
    return _session().execute(select(func.sum(sums.c.on_hand))).scalar() or ZERO


def last_seq() -> PostingSeq:
    """Give the number of the last posting, 0 before the first."""
    return PostingSeq(int(_session().execute(select(func.coalesce(func.max(StockPosting.seq), 0))).scalar_one()))


def recorded_at(seq: PostingSeq) -> datetime:
    """Say when a posting was recorded. Raises NotFound."""
    found = _session().execute(select(StockPosting.recorded_at).where(StockPosting.seq == seq)).scalar()
    if found is None:
        raise NotFound(kind="posting", text=str(seq))
    return found


def differences_now() -> list[tuple[Any, ...]]:
    """Hold the stock as of now, by snapshot and moves, against the balances: keys and by how many millionths they differ."""
    now = _sums(AsOf())
    kept = select(
        *(getattr(StockBalance, name) for name in _KEY), (-StockBalance.on_hand).label("on_hand")
    ).where(StockBalance.on_hand != Quantity(0))  # fmt: skip
    both = union_all(select(now), kept).subquery()
    keys = [both.c[name] for name in _KEY]
    statement = select(*keys, func.sum(both.c.on_hand)).group_by(*keys).having(func.sum(both.c.on_hand) != 0)
    return [tuple(row) for row in _session().execute(statement.limit(20))]


def _rows(wanted: AsOf) -> tuple[Select[Any], list[SortKey]]:
    sums = _sums(wanted)
    statement: Any = (
        select(
            Lot.id.label("lot"), Lot.number.label("lot_number"), Item.id.label("item"), Item.sku, Item.name_en,
            Item.name_zh, Item.base_unit, Item.usable_on_expiry_day.label("usable_on_last_day"), Lot.fefo_on,
            Warehouse.id.label("warehouse"), Warehouse.code.label("warehouse_code"), Bin.id.label("bin"),
            Bin.code.label("bin_code"), Bin.kind.label("bin_kind"), Lpn.id.label("lpn"),
            case((Lpn.id == LOOSE, ""), else_=Lpn.code).label("lpn_code"), Owner.id.label("owner"),
            Owner.code.label("owner_code"), sums.c.quality, sums.c.hold_set_id.label("hold_set"), sums.c.on_hand,
        )
        .select_from(sums)
        .join(Lot, Lot.id == sums.c.lot_id)
        .join(Item, Item.id == Lot.item_id)
        .join(Bin, Bin.id == sums.c.bin_id)
        .join(Warehouse, Warehouse.id == Bin.warehouse_id)
        .join(Lpn, Lpn.id == sums.c.lpn_id)
        .join(Owner, Owner.id == sums.c.owner_id)
        .where(*_conditions(wanted, sums))
    )  # fmt: skip
    keys = [
        SortKey(Item.sku), SortKey(Lot.number), SortKey(Bin.code), SortKey(Lot.id.expression), SortKey(Bin.id.expression),
        SortKey(Lpn.id.expression), SortKey(sums.c.quality), SortKey(sums.c.hold_set_id), SortKey(Owner.id.expression),
    ]  # fmt: skip
    return statement, keys


def _cursor_values(row: AsOfRow) -> tuple[Any, ...]:
    return (
        row.sku, row.lot_number, row.bin_code, row.lot, row.bin, row.lpn, row.quality.value, row.hold_set, row.owner,
    )  # fmt: skip


def _conditions(wanted: AsOf, sums: Any) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.state == "held":
        found.append(sums.c.hold_set_id != NO_HOLDS)
    elif wanted.state:
        found.append(sums.c.quality == Quality(wanted.state))
    return found


def _sums(wanted: AsOf, *, lots: Select[Any] | None = None) -> Any:
    """What stood under each inside key: the snapshot's lines, and the moves since, added up. Filters reach into both."""
    snapshot = _base(wanted)
    lots = lots if lots is not None else _lots(wanted)
    bins = _bins(wanted)
    lines = select(*_ORDER, StockSnapshotLine.on_hand).where(
        StockSnapshotLine.snapshot_id == (snapshot.id if snapshot else 0),
        StockSnapshotLine.bin_id.in_(bins) if _names_bins(wanted) else true(),
        StockSnapshotLine.lot_id.in_(lots) if lots is not None else true(),
    )
    parts = [lines] if snapshot else []
    for end, sign in (("target", 1), ("source", -1)):
        bin_id = getattr(StockMove, f"{end}_bin_id")
        parts.append(
            select(
                StockMove.lot_id, StockMove.owner_id, bin_id.label("bin_id"),
                getattr(StockMove, f"{end}_lpn_id").label("lpn_id"), getattr(StockMove, f"{end}_quality").label("quality"),
                getattr(StockMove, f"{end}_hold_set_id").label("hold_set_id"),
                (StockMove.quantity if sign > 0 else -StockMove.quantity).label("on_hand"),
            ).where(
                StockMove.posting_seq > (snapshot.ledger_seq if snapshot else 0),
                *_until(wanted),
                bin_id.in_(bins),
                StockMove.lot_id.in_(lots) if lots is not None else true(),
            )
        )  # fmt: skip
    all_ = union_all(*parts).subquery()
    keys = [all_.c[name] for name in _KEY]
    total = func.sum(all_.c.on_hand, type_=StockMove.quantity.type)
    return select(*keys, total.label("on_hand")).group_by(*keys).having(func.sum(all_.c.on_hand) != 0).subquery("sums")


def _until(wanted: AsOf) -> list[ColumnElement[bool]]:
    if wanted.seq is not None:
        return [StockMove.posting_seq <= wanted.seq]
    if wanted.at is None:
        return []
    in_time = select(StockPosting.seq).where(
        StockPosting.seq == StockMove.posting_seq, StockPosting.recorded_at <= wanted.at
    )
    return [in_time.correlate(StockMove).exists()]


def _base(wanted: AsOf) -> StockSnapshot | None:
    """The latest snapshot that all of what is asked stands on."""
    statement = select(StockSnapshot).order_by(StockSnapshot.ledger_seq.desc()).limit(1)
    if wanted.seq is not None:
        statement = statement.where(StockSnapshot.ledger_seq <= wanted.seq)
    elif wanted.at is not None:
        statement = statement.where(StockSnapshot.reaches_at <= wanted.at)
    return _session().execute(statement).scalar()


def _names_bins(wanted: AsOf) -> bool:
    return wanted.warehouse is not None or bool(wanted.bin)


def _bins(wanted: AsOf) -> Select[Any]:
    statement = select(Bin.id).where(Bin.is_outside.is_(False))
    if wanted.warehouse is not None:
        statement = statement.where(Bin.warehouse_id == wanted.warehouse)
    if wanted.bin:
        statement = statement.where(Bin.code == wanted.bin)
    return statement


def _lots(wanted: AsOf) -> Select[Any] | None:
    if not (wanted.sku or wanted.lot):
        return None
    statement = select(Lot.id)
    if wanted.sku:
        statement = statement.join(Item, Item.id == Lot.item_id).where(Item.sku == wanted.sku)
    if wanted.lot:
        statement = statement.where(Lot.number == wanted.lot)
    return statement


# -- snapshots --------------------------------------------------------------------------------------------------------
def take_next(*, actor: UserId, at: datetime) -> dict[str, int]:
    """Take the earliest snapshot that is missing, of a month's end (UTC) with postings before it; zero when none is."""
    session = _session()
    if session.get_bind().dialect.name == "postgresql":
        session.execute(_LOCK)
    before = _next_month_end(session, at)
    if before is None:
        return {"snapshots": 0}
    instant = datetime.combine(before, time(), UTC)
    seq = session.execute(select(func.max(StockPosting.seq)).where(StockPosting.recorded_at < instant)).scalar()
    assert seq is not None  # a month ends here that had postings before it
    reaches = session.execute(select(func.max(StockPosting.recorded_at)).where(StockPosting.seq <= seq)).scalar_one()
    sums = _sums(AsOf(seq=PostingSeq(seq)))
    snapshot = new_id()
    lines = session.execute(select(sums).order_by(*(sums.c[name] for name in _KEY))).all()
    session.execute(
        insert(StockSnapshot.__table__).values(  # type: ignore[arg-type]
            id=snapshot, before_on=before, ledger_seq=seq, reaches_at=reaches, line_count=len(lines),
            sha256=_hash_of(lines), taken_at=at,
        )
    )  # fmt: skip
    for start in range(0, len(lines), 5000):
        session.execute(
            insert(StockSnapshotLine.__table__),  # type: ignore[arg-type]
            [{"snapshot_id": snapshot, **row._mapping} for row in lines[start : start + 5000]],
        )
    return {"snapshots": 1}


def spoilt_snapshots() -> list[int]:
    """Name the snapshots whose lines are not those they were taken with."""
    session = _session()
    found = []
    for snapshot in session.execute(select(StockSnapshot).order_by(StockSnapshot.before_on)).scalars().all():
        lines = session.execute(
            select(*_ORDER, StockSnapshotLine.on_hand)
            .where(StockSnapshotLine.snapshot_id == snapshot.id)
            .order_by(*_ORDER)
            .execution_options(yield_per=5000)
        )
        count, sha256 = 0, hashlib.sha256()
        for row in lines:
            sha256.update(_line(row))
            count += 1
        if count != snapshot.line_count or sha256.hexdigest() != snapshot.sha256:
            found.append(snapshot.id)
    return found


def _next_month_end(session: Session, at: datetime) -> date | None:
    last = session.execute(select(func.max(StockSnapshot.before_on))).scalar()
    if last is None:
        first = session.execute(select(func.min(StockPosting.recorded_at))).scalar()
        if first is None:
            return None
        due = _next_month(first.date())
    else:
        due = _next_month(last)
    return due if datetime.combine(due, time(), UTC) + SETTLED <= at else None


def _next_month(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)


def _hash_of(lines: Sequence[Any]) -> str:
    sha256 = hashlib.sha256()
    for row in lines:
        sha256.update(_line(row))
    return sha256.hexdigest()


def _line(row: Any) -> bytes:
    """A line of a snapshot as it is hashed: its key in the order of the columns, and millionths."""
    return (
        f"{row.lot_id} {row.owner_id} {row.bin_id} {row.lpn_id} {Quality(row.quality).value} {row.hold_set_id}"
        f" {row.on_hand.millionths}\n"
    ).encode()


def _session() -> Session:
    return db.session()
