"""Reads of unit ids: where each stands, what is in a pack, what was announced, what happened."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import joinedload

from wms.accounts.models import User
from wms.catalog.models import Item, PackUnit
from wms.core.errors import BadCode, BadScan, NotFound, WrongState
from wms.core.ids import LOOSE, BinId, ItemId, LotId, LpnId, PostingSeq, UnitId, WarehouseId
from wms.core.quantity import Quantity
from wms.db import db
from wms.db.paging import Page, SortKey, after, page_of
from wms.gs1.scan import read
from wms.sites.models import Bin, BinKind
from wms.stock import queries as stock
from wms.stock.models import Lot, Lpn
from wms.units import rules
from wms.units.models import OUTSIDE_OF, Unit, UnitEvent, UnitEventKind, UnitNotice, UnitScheme, UnitState

_MANY = 500


def _parts(codes: Sequence[Any]) -> Iterable[Sequence[Any]]:
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


def pieces_at(lot: LotId, bin: BinId, lpn: LpnId, *, is_locked: bool = False) -> list[Unit]:
    """The pieces (no packs) of a lot in one place, by code; locked until the transaction ends for one who moves them."""
    statement = select(Unit).where(Unit.lot_id == lot, Unit.bin_id == bin, Unit.lpn_id == lpn, Unit.level == 0)
    if is_locked:
        statement = statement.with_for_update(of=Unit).execution_options(populate_existing=True)
    return list(db.session.execute(statement.order_by(Unit.code, Unit.id)).scalars())


def units_by_id(units: Collection[UnitId]) -> list[Unit]:
    """Units by their ids."""
    found: list[Unit] = []
    for part in _parts(sorted(units)):
        found += db.session.execute(select(Unit).where(Unit.id.in_(part))).scalars()
    return found


def children_of(packs: Sequence[Unit]) -> dict[UnitId, list[Unit]]:
    """What is in packs, one level down."""
    found: dict[UnitId, list[Unit]] = {}
    for part in _parts([pack.id for pack in packs]):
        for unit in db.session.execute(select(Unit).where(Unit.parent_id.in_(part)).order_by(Unit.code)).scalars():
            if unit.parent_id is not None:
                found.setdefault(unit.parent_id, []).append(unit)
    return found


def pieces_in_packs(packs: Sequence[Unit]) -> dict[UnitId, list[Unit]]:
    """The pieces in each of these packs, however deep: one statement a level for all packs together."""
    pieces: dict[UnitId, list[Unit]] = {pack.id: [] for pack in packs}
    waiting = [(pack.id, pack) for pack in packs]
    for _ in range(10):
        inside = children_of([pack for _, pack in waiting])
        found = [(top, child) for top, pack in waiting for child in inside.get(pack.id, ())]
        for top, child in found:
            if child.level == 0:
                pieces[top].append(child)
        waiting = [(top, child) for top, child in found if child.level > 0]
        if not waiting:
            break
    return pieces


def gtins_of(item: ItemId) -> list[str]:
    """Every GTIN of an item's units."""
    statement = select(PackUnit.gtin).where(PackUnit.item_id == item, PackUnit.gtin.is_not(None))
    return [str(row) for row in db.session.execute(statement).scalars()]


def sku_of(item: ItemId) -> str:
    """An item's SKU."""
    return str(db.session.execute(select(Item.sku).where(Item.id == item)).scalar_one())


def item_with_ids(sku: str) -> ItemId:
    """The item whose pieces have ids; NotFound, WrongState where they have none."""
    found = db.session.execute(select(Item.id, Item.has_unit_ids).where(Item.sku == sku)).one_or_none()
    if found is None:
        raise NotFound(kind="item", text=sku)
    if not found.has_unit_ids:
        raise WrongState(subject=sku, state="without_unit_ids", event="name_units", needed=["with_unit_ids"])
    return ItemId(found.id)


def bin_of_warehouse(bin: BinId, warehouse: WarehouseId) -> None:
    """Refuse a bin of another warehouse: NotFound."""
    if db.session.execute(select(Bin.id).where(Bin.id == bin, Bin.warehouse_id == warehouse)).scalar() is None:
        raise NotFound(kind="bin", text=str(bin))


def lpn_named(code: str) -> LpnId:
    """The open plate of a code, loose for a blank; NotFound."""
    if not code:
        return LOOSE
    found = db.session.execute(select(Lpn.id).where(Lpn.code == code, Lpn.is_open)).scalar()
    if found is None:
        raise NotFound(kind="lpn", text=code)
    return LpnId(found)


def bin_code(bin: BinId) -> str:
    """A bin's code."""
    return str(db.session.execute(select(Bin.code).where(Bin.id == bin)).scalar_one())


def warehouses_of(bins: Collection[BinId]) -> dict[BinId, WarehouseId]:
    """The warehouse of each bin."""
    rows = db.session.execute(select(Bin.id, Bin.warehouse_id).where(Bin.id.in_(set(bins)))) if bins else ()
    return {row[0]: row[1] for row in rows}


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


@dataclass(frozen=True)
class Announced:
    """What files announced of some codes and of all that is in them."""

    children: dict[str, list[str]]
    levels: dict[str, int]
    lots: dict[str, str]
    schemes: dict[str, UnitScheme]

    def pieces_under(self, code: str) -> list[str]:
        """The codes of the pieces in a pack."""
        return rules.pieces_under(code, self.children)

    def parents_under(self, code: str) -> dict[str, str]:
        """Of each code in a pack the pack it is in; empty for a piece."""
        parents: dict[str, str] = {}
        waiting = [code]
        while waiting:
            one = waiting.pop()
            for child in self.children.get(one, ()):
                parents[child] = one
                waiting.append(child)
        return parents


def announced_under(item: ItemId, codes: Sequence[str]) -> Announced:
    """What was announced of these codes and of what is in them: one statement a level, however many codes."""
    told = Announced({}, {}, {}, {})
    waiting = list(codes)
    is_first = True
    while waiting:
        rows: list[UnitNotice] = []
        for part in _parts(waiting):
            where: Any = UnitNotice.parent_code.in_(part)
            if is_first:
                where = or_(where, UnitNotice.code.in_(part))
            statement = select(UnitNotice).where(UnitNotice.item_id == item, where).order_by(UnitNotice.code)
            rows += db.session.execute(statement).scalars()
        asked = set(waiting)
        waiting = []
        for row in rows:
            is_new = row.code not in told.levels
            told.levels[row.code], told.lots[row.code], told.schemes[row.code] = row.level, row.lot_number, row.scheme
            if row.parent_code in asked and row.code not in told.children.get(row.parent_code, ()):
                told.children.setdefault(row.parent_code, []).append(row.code)
                if is_new and row.level > 0:
                    waiting.append(row.code)
        is_first = False
    return told


def undone_among(units: Sequence[UnitId]) -> set[UnitId]:
    """Those whose last event is the reversal of their coming: they were never here."""
    undone: set[UnitId] = set()
    for part in _parts(list(units)):
        last = select(func.max(UnitEvent.id)).where(UnitEvent.unit_id.in_(part)).group_by(UnitEvent.unit_id)
        statement = select(UnitEvent.unit_id).where(
            UnitEvent.id.in_(last.scalar_subquery()), UnitEvent.kind == UnitEventKind.UNDONE
        )
        undone |= set(db.session.execute(statement).scalars())
    return undone


def lots_before(unit: UnitId) -> list[str]:
    """The numbers, ours and the makers', of the lots that a unit was in before the one it is in."""
    statement = select(Lot.number, Lot.maker_lot).where(
        Lot.id.in_(select(UnitEvent.from_lot_id).where(UnitEvent.unit_id == unit))
    )
    return [text for row in db.session.execute(statement) for text in row if text]


def lot_names(lots: Collection[LotId]) -> dict[LotId, frozenset[str]]:
    """By which numbers lots go: ours and the maker's."""
    statement = select(Lot.id, Lot.number, Lot.maker_lot).where(Lot.id.in_(set(lots)))
    return {row[0]: frozenset(text for text in row[1:] if text) for row in db.session.execute(statement)}


def sscc_of(lpn: LpnId) -> str:
    """The SSCC of a plate; blank for one of our own making and for loose goods."""
    if lpn == LOOSE:
        return ""
    return str(db.session.execute(select(Lpn.code).where(Lpn.id == lpn, Lpn.is_sscc)).scalar() or "")


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


def lots_seen_twice(seq: PostingSeq) -> frozenset[LotId]:
    """The lots into which a posting took a code that was here already."""
    statement = select(Unit.lot_id).join(UnitEvent, UnitEvent.unit_id == Unit.id)
    found = statement.where(UnitEvent.posting_seq == seq, UnitEvent.kind == UnitEventKind.SEEN_TWICE)
    return frozenset(db.session.execute(found).scalars())


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
    lpn_code: str | None
    parent_code: str

    @property
    def state(self) -> UnitState:
        """Inside the walls, or where it went."""
        return next((state for state, kinds in OUTSIDE_OF.items() if BinKind(self.bin_kind) in kinds), UnitState.HERE)


def page_of_units(
    *,
    lot: LotId | None = None,
    lot_number: str = "",
    code: str = "",
    state: UnitState | None = None,
    warehouses: Sequence[WarehouseId],
    cursor: str | None = None,
    size: int = 50,
) -> Page[UnitRow]:
    """List units by code: of a lot, in a state, or that begin with a code; the serial of a GS1 label alone will do, whole."""
    statement: Any = _rows().where(Unit.warehouse_id.in_(warehouses))
    if lot is not None:
        statement = statement.where(Unit.lot_id == lot)
    if lot_number:
        statement = statement.where(Lot.number == lot_number)
    if code:
        statement = statement.where(_begins_or_is(code))
    if state is UnitState.HERE:
        statement = statement.where(Bin.is_outside.is_(False))
    elif state is not None:
        statement = statement.where(Bin.kind.in_(OUTSIDE_OF[state]))
    keys = [SortKey(Unit.code.expression), SortKey(Unit.id.expression)]
    rows = [_row(found) for found in db.session.execute(after(statement, keys, cursor, size=size))]
    return page_of(rows, size=size, values=lambda row: (row.unit.code, row.unit.id))


def _begins_or_is(text: str) -> Any:
    """Units whose code a scan is, whose code begins with a text, or whose serial (behind the GTIN) it is."""
    try:
        said = rules.read_unit(read(text)).code
    except (BadCode, BadScan):
        said = text
    by_serial = select(PackUnit.gtin.op("||")(f".{said}")).where(PackUnit.gtin.is_not(None))
    by_serial = by_serial.join(Item, Item.id == PackUnit.item_id).where(Item.has_unit_ids)
    return or_(Unit.code.between(said, said + "\U0010ffff"), Unit.code.in_(by_serial))


def units_inside(unit: UnitId) -> list[UnitRow]:
    """What is in a pack, one level down."""
    found = db.session.execute(_rows().where(Unit.parent_id == unit).order_by(Unit.code, Unit.id).limit(_MANY))
    return [_row(row) for row in found]


def count_of_lot(lot: LotId, warehouses: Collection[WarehouseId]) -> int:
    """How many pieces of a lot with ids stand inside the walls."""
    statement = select(func.count()).select_from(Unit).join(Bin, Bin.id == Unit.bin_id)
    found = statement.where(
        Unit.lot_id == lot, Unit.level == 0, Bin.is_outside.is_(False), Unit.warehouse_id.in_(warehouses)
    )
    return int(db.session.execute(found).scalar_one())


def counts_by_place(lot: LotId) -> dict[tuple[BinId, LpnId], int]:
    """How many pieces of a lot with ids stand in each place."""
    statement = select(Unit.bin_id, Unit.lpn_id, func.count()).where(Unit.lot_id == lot, Unit.level == 0)
    rows = db.session.execute(statement.group_by(Unit.bin_id, Unit.lpn_id))
    return {(row[0], row[1]): row[2] for row in rows}


def codes_that_left(seq: PostingSeq) -> dict[tuple[LotId, str], list[str]]:
    """The codes of the pieces that a posting took out, by lot and the code of the plate they stood on."""
    statement = select(Unit.lot_id, Lpn.code, Unit.code).join(UnitEvent, UnitEvent.unit_id == Unit.id)
    found = statement.join(Lpn, Lpn.id == UnitEvent.from_lpn_id).where(
        UnitEvent.posting_seq == seq, UnitEvent.kind == UnitEventKind.LEFT, Unit.level == 0
    )
    return _by_lot_and_plate(found)


def codes_on_plates(plates: Collection[str], lots: Collection[LotId]) -> dict[tuple[LotId, str], list[str]]:
    """The codes of the pieces of some lots on some plates."""
    statement = select(Unit.lot_id, Lpn.code, Unit.code).join(Lpn, Lpn.id == Unit.lpn_id)
    return _by_lot_and_plate(
        statement.where(Unit.lot_id.in_(set(lots)), Lpn.code.in_(set(plates)), Unit.level == 0, Unit.lpn_id != LOOSE)
    )


def _by_lot_and_plate(statement: Any) -> dict[tuple[LotId, str], list[str]]:
    codes: dict[tuple[LotId, str], list[str]] = {}
    for lot, plate, code in db.session.execute(statement.order_by(Unit.code)):
        codes.setdefault((lot, plate), []).append(code)
    return codes


def count_notices(document_kind: str, document_id: int) -> int:
    """How many pieces a document announced."""
    statement = select(func.count()).select_from(UnitNotice).where(
        UnitNotice.document_kind == document_kind, UnitNotice.document_id == document_id, UnitNotice.level == 0
    )  # fmt: skip
    return int(db.session.execute(statement).scalar_one())


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
    lpn = None if found[0].lpn_id == LOOSE else found[5]
    return UnitRow(found[0], found[1], found[2], found[3], BinKind(found[4]).value, lpn, found[6])
