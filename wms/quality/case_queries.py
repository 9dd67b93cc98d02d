"""Reads of hold cases: what a case would take and stop (before it is placed), which lots match a query, cases as lists.

Receipts stand on a higher floor, which hands over a finder of the lots that came by them (`find_received_with`), and a
reader of the shipments that plates are packed for (`describe_plates_with`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, or_, select
from sqlalchemy.orm import aliased

from wms.accounts.models import User
from wms.catalog.models import Item, ItemClass, Partner
from wms.core.errors import NotFound, TooManyLots
from wms.core.ids import LOOSE, BinId, HoldCaseId, HoldId, ItemId, LotId, LpnId, OrderId, WarehouseId, ZoneId
from wms.core.quantity import Quantity
from wms.db import db
from wms.db.paging import Page, SortKey, after, page_of
from wms.fields import queries as own_fields
from wms.quality.laying import parts_of
from wms.quality.queries import (
    NO_WORK,
    Reach,
    StoppedOrder,
    StoppedWork,
    describe,
    plan_reaches,
    stopped_orders,
    stopped_work,
)
from wms.quality.rules.criteria import LOTS_MAX, Criteria, from_data
from wms.sites.models import Bin, BinKind, Warehouse, Zone
from wms.stock import queries as stock
from wms.stock.ledger import reads as ledger
from wms.stock.models import Capture, CaseScope, Hold, HoldCase, HoldReason, HoldScope, HoldSetMember, Lot, Lpn
from wms.stock.queries import BalanceRow

# -- what higher floors know ----------------------------------------------------------------------------------------------
#: (criteria, warehouse or None for all) -> a SELECT of the ids of lots that came by such a receipt.
ReceivedFinder = Callable[[Criteria, WarehouseId | None], Select[Any]]
#: plates -> the number of the open shipment each is packed for.
PlateReader = Callable[[Collection[LpnId]], Mapping[LpnId, str]]
_received: list[ReceivedFinder] = []
_plates: list[PlateReader] = []


def find_received_with(finder: ReceivedFinder) -> None:
    """Hand over the finder of lots by their receipts."""
    _received[:] = [finder]


def describe_plates_with(reader: PlateReader) -> None:
    """Hand over the reader of what plates are packed for."""
    _plates[:] = [reader]


# -- which lots match -----------------------------------------------------------------------------------------------------
@dataclass(frozen=True, kw_only=True)
class Selection:
    """What a case is placed on: a bin, an LPN with its children, what a query matches, or a list of lots.

    Warehouse None: everywhere.
    """

    scope: CaseScope
    warehouse: WarehouseId | None = None
    bin: BinId | None = None
    lpn: LpnId | None = None
    criteria: Criteria = field(default_factory=Criteria)
    lots: tuple[LotId, ...] = ()

    @property
    def names_lots(self) -> bool:
        """Whether lots are asked, by a query or a list, and not what stands in one place."""
        return self.scope in (CaseScope.QUERY, CaseScope.LOTS)

    @property
    def is_by_place(self) -> bool:
        """Whether only what stands in a place now is held, and no later arrival of its lots."""
        return not self.names_lots or self.criteria.has_place


@dataclass(frozen=True, kw_only=True)
class LotFacts:
    """A lot of a case, with what its item's base unit is worth where that is known."""

    id: LotId
    number: str
    item: ItemId
    sku: str
    name_en: str
    name_zh: str
    base_unit: str
    standard_cost: Decimal | None


def lots_matching(selection: Selection) -> list[LotFacts]:
    """The lots that match a query, by number; TooManyLots beyond LOTS_MAX.

    In one warehouse these are the lots that stand there, or once did. A query by place finds what stands in it. A list is
    as long as it is: a trace made it.
    """
    if selection.scope is CaseScope.LOTS:
        return facts_of_lots(selection.lots)
    asked = selection.criteria
    statement = _facts().where(*_lot_conditions(asked, selection.warehouse))
    if selection.warehouse is not None:
        here = exists().where(
            ledger.balance.c.lot_id == Lot.id, ledger.balance.c.warehouse_id == selection.warehouse
        )  # fmt: skip
        statement = statement.where(here)
    found = [_lot_facts(row) for row in db.session.execute(statement.order_by(Lot.number, Lot.id).limit(LOTS_MAX + 1))]
    if len(found) > LOTS_MAX:
        raise TooManyLots(most=LOTS_MAX)
    return found


def facts_of_lots(lots: Collection[LotId]) -> list[LotFacts]:
    """The facts of some lots, by number."""
    found = [
        _lot_facts(row)
        for part in parts_of(sorted(lots))
        for row in db.session.execute(_facts().where(Lot.id.in_(part)))
    ]
    return sorted(found, key=lambda lot: (lot.number, lot.id))


def _facts() -> Any:
    return select(
        Lot.id, Lot.number, Item.id.label("item"), Item.sku, Item.name_en, Item.name_zh, Item.base_unit,
        Item.standard_cost,
    ).join(Item, Item.id == Lot.item_id)  # fmt: skip


def _lot_facts(row: Any) -> LotFacts:
    return LotFacts(**row._mapping)


def _lot_conditions(asked: Criteria, warehouse: WarehouseId | None) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if asked.maker is not None:
        found.append(Lot.maker_id == asked.maker)
    if asked.maker_lot:
        found.append(Lot.maker_lot == asked.maker_lot)
    if asked.item is not None:
        found.append(Lot.item_id == asked.item)
    if asked.item_class:
        found.append(Item.item_class == ItemClass(asked.item_class))
    if asked.expires_from is not None:
        found.append(Lot.fefo_on >= asked.expires_from)
    if asked.expires_until is not None:
        found.append(Lot.fefo_on <= asked.expires_until)
    if asked.country:
        found.append(Lot.country == asked.country)
    if asked.words:
        found.append(_says(asked.words))
    by_paper = (
        asked.supplier, asked.received_from, asked.received_until, asked.receipt_number, asked.delivery_note,
        asked.asn_number, asked.captured_by,
    )  # fmt: skip
    if any(value not in (None, "") for value in by_paper):
        found.append(_came(asked, warehouse))
    if asked.own_field:
        found.append(_has_own(asked.own_field, asked.own_value))
    if asked.bin is not None or asked.zone is not None:
        balance = ledger.balance
        there = select(balance.c.lot_id).where(balance.c.on_hand > Quantity(0))
        if asked.bin is not None:
            there = there.where(balance.c.bin_id == asked.bin)
        if asked.zone is not None:
            there = there.where(balance.c.bin_id.in_(select(Bin.id).where(Bin.zone_id == asked.zone)))
        found.append(Lot.id.in_(there))
    return found


def _has_own(name: str, value: str) -> ColumnElement[bool]:
    """The own field of the lot, or of its item, has this value. Raises OwnFieldUnknown."""
    kind, _, code = name.partition(".")
    column = Lot.item_id if kind == "item" else Lot.id
    return and_(*(column.in_(own_fields.matching(one)) for one in own_fields.conditions_of(kind, {code: value})))


def _says(words: str) -> ColumnElement[bool]:
    """The words stand in the number, the maker's lot or the item's names, in whatever case."""
    small = words.lower()
    columns = (Lot.number, Lot.maker_lot, Item.name_en, Item.name_zh, Item.sku)
    return or_(*(func.lower(column).contains(small, autoescape=True) for column in columns))


def _came(asked: Criteria, warehouse: WarehouseId | None) -> ColumnElement[bool]:
    """One receipt of the lot is as asked; or, where no paper is asked, the lot's own record says so."""
    ways: list[ColumnElement[bool]] = []
    if _received:
        ways.append(Lot.id.in_(_received[0](asked, warehouse)))
    if not asked.asks_paper:
        own: list[ColumnElement[bool]] = []
        if asked.supplier is not None:
            own.append(Lot.supplier_id == asked.supplier)
        if asked.received_from is not None:
            own.append(Lot.received_on >= asked.received_from)
        if asked.received_until is not None:
            own.append(Lot.received_on <= asked.received_until)
        if asked.captured_by:
            own.append(Lot.captured_by == Capture(asked.captured_by))
        ways.append(and_(*own))
    return or_(*ways) if ways else Lot.id.is_(None)


def read_criteria(codes: Mapping[str, Any], *, warehouse: WarehouseId) -> Criteria:
    """Turn codes as people write them into criteria with ids; bin and zone are this warehouse's. NotFound names the code."""
    values: dict[str, Any] = {name: value for name, value in codes.items() if value not in (None, "")}
    for code, name, statement in (
        ("supplier_code", "supplier", select(Partner.id).where(Partner.code == values.get("supplier_code"))),
        ("maker_code", "maker", select(Partner.id).where(Partner.code == values.get("maker_code"))),
        ("sku", "item", select(Item.id).where(Item.sku == values.get("sku"))),
        ("bin_code", "bin", select(Bin.id).where(
            Bin.warehouse_id == warehouse, Bin.code == values.get("bin_code"), ~Bin.is_outside)),
        ("zone_code", "zone", select(Zone.id).where(
            Zone.warehouse_id == warehouse, Zone.code == values.get("zone_code"))),
    ):  # fmt: skip
        if code in values:
            values[name] = db.session.execute(statement).scalar_one_or_none()
            if values[name] is None:
                raise NotFound(kind=name, text=str(values[code]))
    return Criteria(**values)


# -- what it reaches ------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, kw_only=True)
class Part:
    """What one hold of a case takes: a lot, or a lot in a bin or on the LPN, and the balances it reaches now."""

    lot: LotId
    bin: BinId | None
    lpn: LpnId | None
    reaches: tuple[Reach, ...]


def rows_of(selection: Selection, lots: Collection[LotId] | None) -> list[BalanceRow]:
    """Every balance in reach; `lots` are those a query matched."""
    match selection.scope:
        case CaseScope.BIN:
            return stock.find_balances(bin=selection.bin)
        case CaseScope.LPN:
            assert selection.lpn is not None
            return stock.find_balances(lpns=stock.lpn_with_children(selection.lpn))
        case _:
            asked = selection.criteria
            return [
                row
                for part in parts_of(sorted(lots or ()))
                for row in stock.find_balances(
                    lots=part, warehouse=selection.warehouse,
                    bin=None if asked.bin is None else BinId(asked.bin),
                    zone=None if asked.zone is None else ZoneId(asked.zone),
                )
            ]  # fmt: skip


def parts_reached(selection: Selection, lots: Collection[LotId], rows: Sequence[BalanceRow]) -> list[Part]:
    """Share the balances out to the holds of the case: one a lot, or one a lot and bin where a query names a place."""
    reaches = plan_reaches(rows)
    by_bin = selection.scope is CaseScope.QUERY and selection.criteria.has_place
    found: dict[tuple[LotId, BinId | None], list[Reach]] = {}
    if not selection.is_by_place:
        found = {(lot, None): [] for lot in sorted(lots)}
    for reach in reaches:
        found.setdefault((reach.row.lot, reach.row.bin if by_bin else None), []).append(reach)
    return [
        Part(
            lot=lot, bin=bin_ if by_bin else selection.bin if selection.scope is CaseScope.BIN else None,
            lpn=selection.lpn if selection.scope is CaseScope.LPN else None, reaches=tuple(of),
        )
        for (lot, bin_), of in sorted(found.items(), key=lambda one: (one[0][0], one[0][1] or 0))
    ]  # fmt: skip


# -- before it is placed ----------------------------------------------------------------------------------------------------
class Where(StrEnum):
    """Where goods of a case stand, as a person asks: what is easy to stop first."""

    BINS = "bins"
    STAGING = "staging"
    PACKED = "packed"
    TRANSIT = "transit"
    LINE = "line"
    SAMPLE = "sample"
    APART = "apart"


_WHERE = {
    BinKind.STAGING: Where.STAGING,
    BinKind.SHIPPING: Where.PACKED,
    BinKind.TRANSIT: Where.TRANSIT,
    BinKind.PRODUCTION: Where.LINE,
    BinKind.SAMPLE: Where.SAMPLE,
    BinKind.QUARANTINE: Where.APART,
    BinKind.REJECT_CAGE: Where.APART,
}


@dataclass(frozen=True, kw_only=True)
class Standing:
    """How much of a case stands where in one warehouse: sums by base unit, since pieces and kilograms do not add."""

    warehouse_code: str
    where: Where
    lots: int
    places: int
    quantities: tuple[tuple[str, Quantity], ...]


@dataclass(frozen=True, kw_only=True)
class ShippedTo:
    """What has left already of a case's lots, by order: for those who must be told. A hold does not reach it."""

    order: OrderId
    number: str
    customer_en: str
    customer_zh: str
    lots: int
    quantities: tuple[tuple[str, Quantity], ...]


@dataclass(frozen=True, kw_only=True)
class Worth:
    """What the goods in reach come to by standard cost, and for how many items that is not known."""

    amount: Decimal
    known_items: int
    unknown_items: int


@dataclass(frozen=True, kw_only=True)
class CasePreview:
    """What a case would take and stop, as of one look; `fingerprint` says what was looked at."""

    lots: tuple[LotFacts, ...]
    parts: tuple[Part, ...]
    standing: tuple[Standing, ...]
    orders: tuple[StoppedOrder, ...]
    customers: tuple[tuple[str, str], ...]
    shipped: tuple[ShippedTo, ...]
    shipments: tuple[str, ...]
    worth: Worth
    warehouses: frozenset[WarehouseId]
    fingerprint: str
    work: StoppedWork = NO_WORK

    @property
    def empty_lots(self) -> int:
        """How many of the lots stand nowhere now: what comes back of them is held."""
        return len(self.lots) - len({r.row.lot for part in self.parts for r in part.reaches})

    @property
    def places(self) -> int:
        """How many balances it takes."""
        return sum(len(part.reaches) for part in self.parts)


def preview_case(selection: Selection, *, at: datetime) -> CasePreview:
    """Look before a case is placed: nothing is changed, nothing locked. A fixed number of statements, however many lots."""
    lots = lots_matching(selection) if selection.names_lots else None
    rows = rows_of(selection, None if lots is None else [lot.id for lot in lots])
    facts = lots if lots is not None else facts_of_lots({row.lot for row in rows})
    if selection.is_by_place:
        standing_now = {row.lot for row in rows}
        facts = [lot for lot in facts if lot.id in standing_now]
    parts = parts_reached(selection, [lot.id for lot in facts], rows)
    reaches = [reach for part in parts for reach in part.reaches]
    orders = stopped_orders(reaches)
    shipments = _shipments_of(rows)
    return CasePreview(
        lots=tuple(facts), parts=tuple(parts), standing=_standing(rows, shipments), orders=tuple(orders),
        customers=tuple(sorted({(o.demand.customer_en, o.demand.customer_zh) for o in orders})),
        shipped=shipped_to([lot.id for lot in facts]), shipments=tuple(sorted(set(shipments.values()))),
        worth=_worth(rows, facts), warehouses=frozenset(row.warehouse for row in rows),
        fingerprint=fingerprint_of(parts, orders, at=at), work=stopped_work(reaches),
    )  # fmt: skip


def fingerprint_of(parts: Sequence[Part], orders: Sequence[StoppedOrder], *, at: datetime) -> str:
    """Say in a line what was looked at: lots with their quantity a warehouse, and the orders that stop.

    The places are left out: pickers at work carry goods about, and that alone changes nothing in the decision.
    Form: hash.lots.orders.milliseconds; the hash alone decides, the rest says what differs.
    """
    sums: dict[tuple[int, int], int] = {}
    for part in parts:
        sums.setdefault((part.lot, 0), 0)
        for reach in part.reaches:
            key = (part.lot, reach.row.warehouse)
            sums[key] = sums.get(key, 0) + reach.quantity.millionths
    stopped = sorted(order.demand.order for order in orders)
    text = f"{sorted(sums.items())}|{stopped}"
    lots = len({part.lot for part in parts})
    print_ = hashlib.sha256(text.encode()).hexdigest()[:24]
    return f"{print_}.{lots}.{len(stopped)}.{int(at.timestamp() * 1000)}"


def _shipments_of(rows: Iterable[BalanceRow]) -> dict[LpnId, str]:
    plates = {row.lpn for row in rows if row.lpn != LOOSE and row.bin_kind in (BinKind.STAGING, BinKind.SHIPPING)}
    return dict(_plates[0](plates)) if _plates and plates else {}


def _standing(rows: Sequence[BalanceRow], shipments: Mapping[LpnId, str]) -> tuple[Standing, ...]:
    codes = _codes_of({row.warehouse for row in rows})
    groups: dict[tuple[str, Where], list[BalanceRow]] = {}
    for row in rows:
        where = Where.PACKED if row.lpn in shipments else _WHERE.get(row.bin_kind, Where.BINS)
        groups.setdefault((codes[row.warehouse], where), []).append(row)
    order = list(Where)
    return tuple(
        Standing(
            warehouse_code=code, where=where, lots=len({r.lot for r in of}), places=len(of),
            quantities=_sums((r.base_unit, r.on_hand) for r in of),
        )
        for (code, where), of in sorted(groups.items(), key=lambda one: (one[0][0], order.index(one[0][1])))
    )  # fmt: skip


def _codes_of(warehouses: Collection[WarehouseId]) -> dict[WarehouseId, str]:
    if not warehouses:
        return {}
    rows = db.session.execute(select(Warehouse.id, Warehouse.code).where(Warehouse.id.in_(warehouses)))
    return {row.id: row.code for row in rows}


def _sums(amounts: Iterable[tuple[str, Quantity]]) -> tuple[tuple[str, Quantity], ...]:
    found: dict[str, int] = {}
    for unit, amount in amounts:
        found[unit] = found.get(unit, 0) + amount.millionths
    return tuple((unit, Quantity(total)) for unit, total in sorted(found.items()))


def _worth(rows: Iterable[BalanceRow], lots: Iterable[LotFacts]) -> Worth:
    costs = {lot.item: lot.standard_cost for lot in lots}
    there: dict[ItemId, int] = {}
    for row in rows:
        there[row.item] = there.get(row.item, 0) + row.on_hand.millionths
    amount = sum(
        (cost * Quantity(total).decimal for item, total in there.items() if (cost := costs.get(item)) is not None),
        Decimal(0),
    )
    known = sum(1 for item in there if costs.get(item) is not None)
    return Worth(amount=amount.quantize(Decimal("0.01")), known_items=known, unknown_items=len(there) - known)


def shipped_to(lots: Sequence[LotId]) -> tuple[ShippedTo, ...]:
    """What has left of these lots and to whom, by order, the last to leave first."""
    move, posting = ledger.move, ledger.posting
    rows = [
        row
        for part in parts_of(lots)
        for row in db.session.execute(
            select(move.c.demand_id, move.c.lot_id, Item.base_unit, func.sum(move.c.quantity).label("sum"))
            .join(posting, posting.c.seq == move.c.posting_seq)
            .join(Lot, Lot.id == move.c.lot_id)
            .join(Item, Item.id == Lot.item_id)
            .where(move.c.lot_id.in_(part), move.c.demand_kind == "order_line", posting.c.reason == "ship")
            .group_by(move.c.demand_id, move.c.lot_id, Item.base_unit)
        )
    ]
    demands = describe("order_line", {row.demand_id for row in rows})
    orders: dict[OrderId, list[Any]] = {}
    for row in rows:
        demand = demands.get(("order_line", row.demand_id))
        if demand is not None:
            orders.setdefault(demand.order, [demand]).append(row)
    found = [
        ShippedTo(
            order=order, number=demand.number, customer_en=demand.customer_en, customer_zh=demand.customer_zh,
            lots=len({row.lot_id for row in of}), quantities=_sums((row.base_unit, _amount(row.sum)) for row in of),
        )
        for order, (demand, *of) in orders.items()
    ]  # fmt: skip
    return tuple(sorted(found, key=lambda one: one.number, reverse=True))


def lots_moved_since(lots: Collection[LotId], at: datetime) -> list[str]:
    """Some of these lots that were posted since an instant: for the one who is asked again, at most five numbers."""
    move, posting = ledger.move, ledger.posting
    statement = (
        select(Lot.number)
        .join(move, move.c.lot_id == Lot.id)
        .join(posting, posting.c.seq == move.c.posting_seq)
        .where(posting.c.recorded_at > at, Lot.id.in_(sorted(lots)[:10_000]))
        .distinct()
        .order_by(Lot.number)
        .limit(5)
    )
    return list(db.session.execute(statement).scalars())


def _amount(value: Any) -> Quantity:
    return value if isinstance(value, Quantity) else Quantity(int(value))


# -- cases as lists ---------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, kw_only=True)
class CaseRow:
    """A hold case as a list shows it: how many holds lie below it, and how many stand."""

    id: HoldCaseId
    number: str
    scope: CaseScope
    warehouse: WarehouseId | None
    warehouse_code: str | None
    bin_code: str | None
    lpn_code: str | None
    criteria: Mapping[str, str]
    is_standing: bool
    reason: HoldReason
    note: str
    placed_by: int
    placed_by_name: str
    placed_at: datetime
    ended_by_name: str | None
    ended_at: datetime | None
    holds: int
    open_holds: int

    @property
    def asked(self) -> Criteria:
        """What the query asked."""
        return from_data(self.criteria)

    @property
    def lifted_holds(self) -> int:
        """How many of its holds were lifted."""
        return self.holds - self.open_holds

    @property
    def state(self) -> str:
        """Open, partly lifted or lifted; standing when no hold is left but what comes later is still held."""
        if self.ended_at is not None:
            return "lifted"
        if self.open_holds == 0:
            return "standing"
        return "partly_lifted" if self.lifted_holds else "open"


def page_of_cases(
    *, warehouses: Collection[WarehouseId], is_open: bool | None = True, reason: HoldReason | None = None,
    ids: Collection[HoldCaseId] | None = None, placed_before: datetime | None = None, words: str = "",
    cursor: str | None = None, size: int = 50, oldest_first: bool = False,
) -> Page[CaseRow]:  # fmt: skip
    """List the cases of these warehouses and those everywhere, the newest first: two statements."""
    placer, ender = aliased(User), aliased(User)
    statement: Any = (
        select(
            HoldCase.id, HoldCase.number, HoldCase.scope, HoldCase.warehouse_id.label("warehouse"),
            Warehouse.code.label("warehouse_code"), Bin.code.label("bin_code"), Lpn.code.label("lpn_code"),
            HoldCase.criteria, HoldCase.is_standing, HoldCase.reason, HoldCase.note, HoldCase.placed_by,
            placer.full_name.label("placed_by_name"), HoldCase.placed_at, ender.full_name.label("ended_by_name"),
            HoldCase.ended_at,
        )
        .join(placer, placer.id == HoldCase.placed_by)
        .outerjoin(ender, ender.id == HoldCase.ended_by)
        .outerjoin(Warehouse, Warehouse.id == HoldCase.warehouse_id)
        .outerjoin(Bin, Bin.id == HoldCase.bin_id)
        .outerjoin(Lpn, Lpn.id == HoldCase.lpn_id)
        .where(or_(HoldCase.warehouse_id.in_(warehouses), HoldCase.warehouse_id.is_(None)))
    )  # fmt: skip
    if ids is not None:
        statement = statement.where(HoldCase.id.in_(ids))
    if is_open is not None:
        statement = statement.where(HoldCase.ended_at.is_(None) if is_open else HoldCase.ended_at.is_not(None))
    if reason is not None:
        statement = statement.where(HoldCase.reason == reason)
    if placed_before is not None:
        statement = statement.where(HoldCase.placed_at < placed_before)
    if words:
        small = words.lower()
        statement = statement.where(
            func.lower(HoldCase.number).contains(small, autoescape=True)
            | func.lower(HoldCase.note).contains(small, autoescape=True)
        )
    keys = [
        SortKey(HoldCase.placed_at, descending=not oldest_first),
        SortKey(HoldCase.id.expression, descending=not oldest_first),
    ]
    page = page_of(
        db.session.execute(after(statement, keys, cursor, size=size)).all(), size=size,
        values=lambda row: (row.placed_at.isoformat(), row.id),
    )  # fmt: skip
    counts = _counts([row.id for row in page.rows])
    rows = [
        CaseRow(**row._mapping, holds=counts.get(row.id, (0, 0))[0], open_holds=counts.get(row.id, (0, 0))[1])
        for row in page.rows
    ]
    return Page(rows=rows, next_cursor=page.next_cursor)


def _counts(cases: Collection[HoldCaseId]) -> dict[HoldCaseId, tuple[int, int]]:
    if not cases:
        return {}
    is_open = func.sum(case((Hold.lifted_at.is_(None), 1), else_=0))
    rows = db.session.execute(
        select(Hold.case_id, func.count(), is_open).where(Hold.case_id.in_(cases)).group_by(Hold.case_id)
    )
    return {row[0]: (int(row[1]), int(row[2])) for row in rows}


def get_case(identity: HoldCaseId, *, warehouses: Collection[WarehouseId]) -> CaseRow:
    """One case that is seen from these warehouses, open or ended; NotFound otherwise."""
    found = page_of_cases(warehouses=warehouses, is_open=None, ids=[identity], size=1).rows
    if not found:
        raise NotFound(kind="hold_case", text=str(identity))
    return found[0]


def open_holds_of(identity: HoldCaseId) -> list[HoldId]:
    """The holds of a case that stand."""
    statement = select(Hold.id).where(Hold.case_id == identity, Hold.lifted_at.is_(None)).order_by(Hold.id)
    return list(db.session.execute(statement).scalars())


def sites_under_case(found: CaseRow) -> set[WarehouseId]:
    """Where the one who lifts a case needs the right: its own warehouse, and wherever goods lie under it."""
    balance = ledger.balance
    statement = (
        select(balance.c.warehouse_id)
        .join(HoldSetMember, HoldSetMember.hold_set_id == balance.c.hold_set_id)
        .join(Hold, Hold.id == HoldSetMember.hold_id)
        .where(
            Hold.case_id == found.id, Hold.lifted_at.is_(None), balance.c.on_hand > Quantity(0),
            balance.c.hold_set_id != 0,
        )
        .distinct()
    )  # fmt: skip
    sites = set(db.session.execute(statement).scalars())
    return sites | ({found.warehouse} if found.warehouse else set())


def sites_reached(selection: Selection) -> set[WarehouseId]:
    """Every warehouse in which goods stand that a case would take."""
    lots = [lot.id for lot in lots_matching(selection)] if selection.names_lots else None
    return {row.warehouse for row in rows_of(selection, lots)}


# -- what comes later -------------------------------------------------------------------------------------------------------
def standing_cases(warehouse: WarehouseId) -> list[HoldCase]:
    """The open cases that also take what comes later, here or everywhere. One statement, by an index of few rows."""
    statement = select(HoldCase).where(
        HoldCase.ended_at.is_(None), HoldCase.is_standing,
        or_(HoldCase.warehouse_id == warehouse, HoldCase.warehouse_id.is_(None)),
    )  # fmt: skip
    return list(db.session.execute(statement).scalars())


def held_in_cases(lots: Collection[LotId], cases: Collection[HoldCaseId]) -> set[tuple[LotId, HoldCaseId]]:
    """Which of these lots stand under an open hold of these cases already."""
    rows = db.session.execute(
        select(Hold.lot_id, Hold.case_id).where(
            Hold.lot_id.in_(lots), Hold.case_id.in_(cases), Hold.lifted_at.is_(None), Hold.scope == HoldScope.LOT
        )
    )
    return {(row.lot_id, row.case_id) for row in rows}


def day_or_none(day: date) -> date | None:
    """The last good day as criteria ask for it: the day that never comes counts as none."""
    return None if day.year == 9999 else day
