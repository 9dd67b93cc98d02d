"""Reads of unit ids: where each stands, what is in a pack, what was announced, what happened."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from wms.accounts.models import User
from wms.catalog.models import Item, PackUnit
from wms.core.errors import NotFound
from wms.core.ids import LOOSE, BinId, ItemId, LotId, LpnId, PostingSeq, UnitId, WarehouseId
from wms.core.quantity import Quantity
from wms.db import db
from wms.db.paging import Page, SortKey, after, page_of
from wms.sites.models import Bin
from wms.stock import queries as stock
from wms.stock.models import Lot, Lpn
from wms.units import rules
from wms.units.models import Unit, UnitEvent, UnitNotice

_MANY = 500


def _parts(codes: Sequence[str]) -> Iterable[Sequence[str]]:
    for at in range(0, len(codes), _MANY):
        yield codes[at : at + _MANY]


def find_units(item: ItemId, codes: Sequence[str]) -> dict[str, Unit]:
    """The units of an item by their codes; a second appearance of a code is left out."""
    found: dict[str, Unit] = {}
    for part in _parts(list(codes)):
        statement = (
            select(Unit)
            .where(Unit.item_id == item, Unit.code.in_(part), ~Unit.is_duplicate)
            .options(joinedload(Unit.bin), joinedload(Unit.item))
        )
        found |= {unit.code: unit for unit in db.session.execute(statement).scalars()}
    return found


def pieces_at(lot: LotId, bin: BinId, lpn: LpnId) -> list[Unit]:
    """The pieces (no packs) of a lot in one place, by code."""
    statement = select(Unit).where(Unit.lot_id == lot, Unit.bin_id == bin, Unit.lpn_id == lpn, Unit.level == 0)
    return list(db.session.execute(statement.order_by(Unit.code, Unit.id)).scalars())


def pieces_in(unit: Unit) -> list[Unit]:
    """The pieces in a pack, level by level; a piece itself."""
    if unit.level == 0:
        return [unit]
    found: list[Unit] = []
    waiting = [unit.id]
    while waiting:
        inside = list(db.session.execute(select(Unit).where(Unit.parent_id.in_(waiting))).scalars())
        found += [one for one in inside if one.level == 0]
        waiting = [one.id for one in inside if one.level > 0]
    return found


def gtins_of(item: ItemId) -> list[str]:
    """Every GTIN of an item's units."""
    statement = select(PackUnit.gtin).where(PackUnit.item_id == item, PackUnit.gtin.is_not(None))
    return [str(row) for row in db.session.execute(statement).scalars()]


def sku_of(item: ItemId) -> str:
    """An item's SKU."""
    return str(db.session.execute(select(Item.sku).where(Item.id == item)).scalar_one())


def bin_code(bin: BinId) -> str:
    """A bin's code."""
    return str(db.session.execute(select(Bin.code).where(Bin.id == bin)).scalar_one())


def warehouse_of(bin: BinId) -> WarehouseId:
    """The warehouse of a bin."""
    return WarehouseId(db.session.execute(select(Bin.warehouse_id).where(Bin.id == bin)).scalar_one())


def where_is(unit: Unit) -> str:
    """Say where a unit stands, for a person: lot, bin and plate."""
    row = db.session.execute(
        select(Lot.number, Bin.code, Lpn.code)
        .select_from(Unit)
        .join(Lot, Lot.id == Unit.lot_id)
        .join(Bin, Bin.id == Unit.bin_id)
        .join(Lpn, Lpn.id == Unit.lpn_id)
        .where(Unit.id == unit.id)
    ).one()
    return f"{row[0]} · {row[1]}" + (f" · {row[2]}" if unit.lpn_id != LOOSE else "")


def announced_pieces(item: ItemId, code: str) -> tuple[list[str], dict[str, str]]:
    """What a file announced in a pack: the codes of its pieces, and of each code in it the pack it is in (none: a piece)."""
    children: dict[str, list[str]] = {}
    waiting = [code]
    while waiting:
        statement = select(UnitNotice.code, UnitNotice.parent_code).where(
            UnitNotice.item_id == item, UnitNotice.parent_code.in_(waiting)
        )
        rows = db.session.execute(statement.order_by(UnitNotice.code)).all()
        for child, parent in rows:
            children.setdefault(parent, []).append(child)
        waiting = [row[0] for row in rows]
    parents = {child: parent for parent, inside in children.items() for child in inside}
    return rules.pieces_under(code, children), parents


def find_notices(item: ItemId, codes: Sequence[str]) -> dict[str, UnitNotice]:
    """What was announced under these codes."""
    found: dict[str, UnitNotice] = {}
    for part in _parts(list(codes)):
        statement = select(UnitNotice).where(UnitNotice.item_id == item, UnitNotice.code.in_(part))
        found |= {row.code: row for row in db.session.execute(statement).scalars()}
    return found


def events_of_posting(seq: PostingSeq) -> list[UnitEvent]:
    """What a posting did to units, in order."""
    statement = select(UnitEvent).where(UnitEvent.posting_seq == seq).order_by(UnitEvent.id)
    return list(db.session.execute(statement).scalars())


@dataclass(frozen=True)
class UnitPlace:
    """Goods in one place that ids may be given to."""

    item: ItemId
    sku: str
    lot_number: str
    warehouse: WarehouseId
    on_hand: Quantity


def place_of(lot: LotId, bin: BinId, lpn: LpnId) -> UnitPlace:
    """How much of a lot stands in a place, all qualities and holds together; NotFound for nothing."""
    rows = stock.find_balances(lot=lot, bin=bin, lpn=lpn)
    if not rows:
        raise NotFound(kind="stock", text="")
    first = rows[0]
    return UnitPlace(
        first.item, first.sku, first.lot_number, first.warehouse, Quantity(sum(r.on_hand.millionths for r in rows))
    )


@dataclass(frozen=True)
class UnitRow:
    """A unit as lists show it."""

    unit: Unit
    sku: str
    lot_number: str
    bin_code: str
    bin_kind: str
    lpn_code: str
    parent_code: str


def page_of_units(
    *,
    lot: LotId | None = None,
    code: str = "",
    warehouses: Sequence[WarehouseId],
    cursor: str | None = None,
    size: int = 50,
) -> Page[UnitRow]:
    """List units by code: of a lot, or that begin with a code."""
    statement: Any = _rows().where(Unit.warehouse_id.in_(warehouses))
    if lot is not None:
        statement = statement.where(Unit.lot_id == lot)
    if code:
        statement = statement.where(Unit.code.between(code, code + "\U0010ffff"))
    keys = [SortKey(Unit.code.expression), SortKey(Unit.id.expression)]
    rows = [_row(found) for found in db.session.execute(after(statement, keys, cursor, size=size))]
    return page_of(rows, size=size, values=lambda row: (row.unit.code, row.unit.id))


def get_unit(unit: UnitId) -> UnitRow:
    """Give a unit; NotFound."""
    found = db.session.execute(_rows().where(Unit.id == unit)).one_or_none()
    if found is None:
        raise NotFound(kind="unit", text=str(unit))
    return _row(found)


@dataclass(frozen=True)
class EventRow:
    """Something that happened to a unit."""

    event: UnitEvent
    by: str
    from_bin: str
    to_bin: str


def events_of(unit: UnitId) -> list[EventRow]:
    """What happened to a unit, the newest first."""
    came, went = Bin.__table__.alias("came"), Bin.__table__.alias("went")
    statement = (
        select(UnitEvent, User.full_name, func.coalesce(came.c.code, ""), went.c.code)
        .join(User, User.id == UnitEvent.by)
        .outerjoin(came, came.c.id == UnitEvent.from_bin_id)
        .join(went, went.c.id == UnitEvent.to_bin_id)
        .where(UnitEvent.unit_id == unit)
        .order_by(UnitEvent.id.desc())
    )
    return [EventRow(*row) for row in db.session.execute(statement)]


def _rows() -> Any:
    packs = Unit.__table__.alias("pack")
    return (
        select(Unit, Item.sku, Lot.number, Bin.code, Bin.kind, Lpn.code, func.coalesce(packs.c.code, ""))
        .join(Item, Item.id == Unit.item_id)
        .join(Lot, Lot.id == Unit.lot_id)
        .join(Bin, Bin.id == Unit.bin_id)
        .join(Lpn, Lpn.id == Unit.lpn_id)
        .outerjoin(packs, packs.c.id == Unit.parent_id)
    )


def _row(found: Any) -> UnitRow:
    return UnitRow(found[0], found[1], found[2], found[3], str(found[4]), found[5], found[6])
