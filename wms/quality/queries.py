"""Reads of quality: which holds stand, what a hold would stop, what waits for a verdict.

A claim names its demand by kind and id. What that demand is (an order and its customer) is known on a higher floor,
which hands over a describer (`describe_demands_with`): quality shows orders without knowing them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, func, join, literal_column, or_, select
from sqlalchemy.orm import aliased, joinedload

from wms.accounts.models import User
from wms.catalog.models import Item
from wms.core.errors import NotFound
from wms.core.ids import LOOSE, BinId, HoldCaseId, HoldId, LotId, LpnId, OrderId, WarehouseId
from wms.core.quantity import ZERO, Quantity
from wms.db import db
from wms.db.paging import Page, SortKey, after, page_of
from wms.quality import rules
from wms.signing import queries as signatures
from wms.signing.queries import SeenSignature
from wms.sites.models import Bin, BinKind, StorageClass, Warehouse, Zone
from wms.stock import queries as stock
from wms.stock.ledger import Quality
from wms.stock.ledger import reads as ledger
from wms.stock.models import Hold, HoldCase, HoldReason, HoldScope, Lot, Lpn
from wms.stock.queries import BalanceRow, ClaimRow
from wms.tasks.models import Task


# -- who is served ------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, kw_only=True)
class Demand:
    """What stands behind a claim: an order of a customer."""

    order: OrderId
    number: str
    customer_en: str
    customer_zh: str
    ship_on: date
    state: str


Describer = Callable[[str, Collection[int]], Mapping[int, Demand]]
_describer: list[Describer] = []


def describe_demands_with(describer: Describer) -> None:
    """Hand over the reader of demands: (kind, ids) -> what each id stands for."""
    _describer[:] = [describer]


def describe_demands(claims: Collection[ClaimRow]) -> dict[tuple[str, int], Demand]:
    """Say what stands behind each claim's demand; one that nobody can describe is left out."""
    found: dict[tuple[str, int], Demand] = {}
    for kind in {c.demand_kind for c in claims} if _describer else ():
        found |= describe(kind, {c.demand_id for c in claims if c.demand_kind == kind})
    return found


def describe(kind: str, demands: Collection[int]) -> dict[tuple[str, int], Demand]:
    """Say what stands behind demands of one kind, some thousands in a statement."""
    ids = sorted(demands)
    found: dict[tuple[str, int], Demand] = {}
    for start in range(0, len(ids), _PART) if _describer else ():
        found |= {(kind, i): demand for i, demand in _describer[0](kind, ids[start : start + _PART]).items()}
    return found


#: So many ids are named in one statement.
_PART = 10_000


# -- before a hold ------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, kw_only=True)
class HoldTarget:
    """What a hold is to reach: a lot, and for the narrower scopes the place, or how much."""

    scope: HoldScope
    lot: LotId
    warehouse: WarehouseId | None = None
    bin: BinId | None = None
    lpn: LpnId | None = None
    quantity: Quantity | None = None


@dataclass(frozen=True, kw_only=True)
class Reach:
    """What a hold reaches: how much of each balance, and the promises it breaks there."""

    row: BalanceRow
    quantity: Quantity
    broken: tuple[ClaimRow, ...]

    @property
    def plate(self) -> str | None:
        """The code of the LPN, None for loose goods."""
        return None if self.row.lpn == LOOSE else self.row.lpn_code


def reach_of(target: HoldTarget) -> list[Reach]:
    """Find the balances a hold takes from, and how much; the sum may be less than a quantity asked for."""
    return plan_reaches(_in_scope(target), target.quantity)


def plan_reaches(rows: Sequence[BalanceRow], quantity: Quantity | None = None) -> list[Reach]:
    """Say how much of each of these balances a hold takes, all of it without a quantity, and which promises break."""
    claims: dict[int, list[ClaimRow]] = {}
    promised = [r.id for r in rows if r.allocated > ZERO]
    for start in range(0, len(promised), _PART):
        for claim in stock.claims_on(promised[start : start + _PART]):
            claims.setdefault(claim.balance, []).append(claim)
    by_id: dict[int, ClaimRow] = {c.id: c for of in claims.values() for c in of}
    pieces = [
        rules.Piece(
            balance=row.id,
            on_hand=row.on_hand,
            is_held=row.is_held,
            promises=tuple(rules.Promise(claim=c.id, quantity=c.quantity) for c in claims.get(row.id, ())),
        )
        for row in rows
    ]
    takes = {t.balance: t for t in rules.plan_hold(pieces, quantity)}
    return [
        Reach(row=row, quantity=takes[row.id].quantity, broken=tuple(by_id[p.claim] for p in takes[row.id].broken))
        for row in rows
        if row.id in takes
    ]


def _in_scope(target: HoldTarget) -> list[BalanceRow]:
    match target.scope:
        case HoldScope.LOT:
            return stock.find_balances(lot=target.lot, warehouse=target.warehouse)
        case HoldScope.BIN:
            return stock.find_balances(lot=target.lot, bin=target.bin)
        case HoldScope.LPN:
            assert target.lpn is not None
            return stock.find_balances(lot=target.lot, lpns=stock.lpn_with_children(target.lpn))
        case _:
            return stock.find_balances(lot=target.lot, bin=target.bin, lpn=target.lpn or LOOSE)


@dataclass(frozen=True, kw_only=True)
class StoppedOrder:
    """An order that loses goods by a hold, and how much of them."""

    demand: Demand
    quantity: Quantity
    is_picked: bool


#: Sums by base unit: pieces and kilograms do not add.
Sums = tuple[tuple[str, Quantity], ...]


@dataclass(frozen=True, kw_only=True)
class StoppedWorkOrder:
    """A work order that loses goods by a hold: how much that is bound to it in the store, and how much at its line."""

    id: int
    number: str
    warehouse: WarehouseId
    state: str
    bound: Sums
    at_line: Sums


@dataclass(frozen=True, kw_only=True)
class WorkPlace:
    """A line where goods of a hold stand, or a vessel that holds them."""

    code: str
    warehouse: WarehouseId
    lots: int
    quantities: Sums


@dataclass(frozen=True, kw_only=True)
class KeptLot:
    """A lot in reach that is kept for one order."""

    lot: LotId
    number: str
    made_for: str


@dataclass(frozen=True, kw_only=True)
class StoppedWork:
    """What a hold stops in production: work orders, lines, vessels; and which lots in reach are kept for an order."""

    work_orders: tuple[StoppedWorkOrder, ...] = ()
    lines: tuple[WorkPlace, ...] = ()
    vessels: tuple[WorkPlace, ...] = ()
    kept: tuple[KeptLot, ...] = ()


NO_WORK = StoppedWork()
#: What a hold reaches -> what of production that stops, in a fixed number of statements for each ten thousand lots.
WorkReader = Callable[[Sequence["Reach"]], StoppedWork]
_work_reader: list[WorkReader] = []


def read_work_with(reader: WorkReader) -> None:
    """Hand over the reader of production, which stands on a higher floor."""
    _work_reader[:] = [reader]


def stopped_work(reaches: Sequence[Reach]) -> StoppedWork:
    """Say what of production a hold stops that reaches this."""
    return _work_reader[0](reaches) if _work_reader and reaches else NO_WORK


@dataclass(frozen=True, kw_only=True)
class Preview:
    """What would happen: how much by place, whose orders and which work stop, promises of unknown demand."""

    reaches: tuple[Reach, ...]
    quantity: Quantity
    orders: tuple[StoppedOrder, ...]
    customers: tuple[tuple[str, str], ...]
    is_enough: bool
    work: StoppedWork = NO_WORK


def preview_hold(target: HoldTarget) -> Preview:
    """Look before a hold is placed: nothing is changed, nothing locked."""
    reaches = reach_of(target)
    total = Quantity(sum(r.quantity.millionths for r in reaches))
    orders = stopped_orders(reaches)
    customers = sorted({(o.demand.customer_en, o.demand.customer_zh) for o in orders})
    return Preview(
        reaches=tuple(reaches),
        quantity=total,
        orders=tuple(orders),
        customers=tuple(customers),
        is_enough=target.quantity is None or total >= target.quantity,
        work=stopped_work(reaches),
    )


def stopped_orders(reaches: Collection[Reach]) -> list[StoppedOrder]:
    """The orders whose goods a hold takes, the first to leave first."""
    broken = [(claim, reach.row) for reach in reaches for claim in reach.broken]
    demands = describe_demands([claim for claim, _ in broken])
    sums: dict[OrderId, tuple[Demand, int, bool]] = {}
    for claim, row in broken:
        demand = demands.get((claim.demand_kind, claim.demand_id))
        if demand is None:
            continue
        _known, so_far, picked = sums.get(demand.order, (demand, 0, False))
        is_picked = picked or row.bin_kind in (BinKind.STAGING, BinKind.SHIPPING)
        sums[demand.order] = (demand, so_far + claim.quantity.millionths, is_picked)
    found = [StoppedOrder(demand=d, quantity=Quantity(s), is_picked=p) for d, s, p in sums.values()]
    return sorted(found, key=lambda o: (o.demand.ship_on, o.demand.number))


# -- holds --------------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, kw_only=True)
class HoldRow:
    """A hold as the list shows it; `on_hand` is what it lies on now."""

    id: HoldId
    scope: HoldScope
    reason: HoldReason
    note: str
    lot: LotId
    lot_number: str
    sku: str
    name_en: str
    name_zh: str
    base_unit: str
    warehouse: WarehouseId | None
    warehouse_code: str | None
    bin_code: str | None
    lpn_code: str | None
    quantity: Quantity | None
    placed_by: int
    placed_by_name: str
    placed_at: datetime
    lifted_by_name: str | None
    lifted_at: datetime | None
    lift_reason: str
    case: HoldCaseId | None = None
    case_number: str | None = None
    on_hand: Quantity = ZERO


def list_holds(
    *,
    warehouse: WarehouseId | None = None,
    lot: LotId | None = None,
    is_open: bool | None = True,
    reason: HoldReason | None = None,
    ids: Collection[HoldId] | None = None,
    case: HoldCaseId | None = None,
    is_alone: bool = False,
    placed_before: datetime | None = None,
    words: str = "",
    cursor: str | None = None,
    size: int = 50,
    oldest_first: bool = False,
) -> Page[HoldRow]:
    """List holds, the newest first, with how much each lies on: those of a warehouse and those of the lot everywhere.

    `is_alone` leaves out those of a case; `words` are the beginning of a lot number or SKU.
    """
    placer, lifter = aliased(User), aliased(User)
    columns: tuple[Any, ...] = (
        Hold.id,
        Hold.scope,
        Hold.reason,
        Hold.note,
        Hold.lot_id.label("lot"),
        Lot.number.label("lot_number"),
        Item.sku,
        Item.name_en,
        Item.name_zh,
        Item.base_unit,
        Hold.warehouse_id.label("warehouse"),
        Warehouse.code.label("warehouse_code"),
        Bin.code.label("bin_code"),
        Lpn.code.label("lpn_code"),
        Hold.quantity,
        Hold.placed_by,
        placer.full_name.label("placed_by_name"),
        Hold.placed_at,
        lifter.full_name.label("lifted_by_name"),
        Hold.lifted_at,
        Hold.lift_reason,
        Hold.case_id.label("case"),
        HoldCase.number.label("case_number"),
    )
    chosen = select(Hold.id)
    if warehouse is not None:
        chosen = chosen.where(or_(Hold.warehouse_id == warehouse, Hold.warehouse_id.is_(None)))
    if lot is not None:
        chosen = chosen.where(Hold.lot_id == lot)
    if ids is not None:
        chosen = chosen.where(Hold.id.in_(ids))
    if is_open is not None:
        chosen = chosen.where(Hold.lifted_at.is_(None) if is_open else Hold.lifted_at.is_not(None))
    if reason is not None:
        chosen = chosen.where(Hold.reason == reason)
    if case is not None:
        chosen = chosen.where(Hold.case_id == case)
    if is_alone:
        chosen = chosen.where(Hold.case_id.is_(None))
    if placed_before is not None:
        chosen = chosen.where(Hold.placed_at < placed_before)
    if words:
        begins = words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        named = select(Lot.id).join(Item, Item.id == Lot.item_id).where(
            Lot.number.like(begins, escape="\\") | Item.sku.like(begins, escape="\\")
        )  # fmt: skip
        chosen = chosen.where(Hold.lot_id.in_(named))
    keys = [SortKey(Hold.placed_at, descending=not oldest_first), SortKey(Hold.id, descending=not oldest_first)]
    # The page is found first, by its index, and dressed with names after. It stands in front: PostgreSQL orders eight joins
    # by their cost and takes more as they are written.
    page = after(chosen, keys, cursor, size=size).subquery()
    dressed: Select[Any] = (
        select(*columns)
        .select_from(join(page, Hold, Hold.id == page.c.id))
        .join(Lot, Lot.id == Hold.lot_id)
        .join(Item, Item.id == Lot.item_id)
        .join(placer, placer.id == Hold.placed_by)
        .outerjoin(lifter, lifter.id == Hold.lifted_by)
        .outerjoin(Warehouse, Warehouse.id == Hold.warehouse_id)
        .outerjoin(Bin, Bin.id == Hold.bin_id)
        .outerjoin(Lpn, Lpn.id == Hold.lpn_id)
        .outerjoin(HoldCase, HoldCase.id == Hold.case_id)
        .order_by(*(k.column.desc() if k.descending else k.column.asc() for k in keys))
    )
    rows = list(db.session.execute(dressed))
    amounts = stock.held_by([r.id for r in rows])
    found = [HoldRow(**row._mapping, on_hand=amounts[row.id]) for row in rows]
    return page_of(found, size=size, values=lambda r: (r.placed_at.isoformat(), r.id))


def get_hold(hold: HoldId) -> HoldRow:
    """One hold, open or lifted; NotFound otherwise."""
    found = list_holds(ids=[hold], is_open=None, size=1).rows
    if not found:
        raise NotFound(kind="hold", text=str(hold))
    return found[0]


def record_of_hold(hold: Hold) -> dict[str, Any]:
    """What stands under the signature of the one who lifts a hold: all of its row, and which lot it is."""
    lot = db.session.get_one(Lot, hold.lot_id)
    return {
        "hold": str(hold.id), "lot": lot.number, "lot_id": str(hold.lot_id), "scope": hold.scope,
        "warehouse": str(hold.warehouse_id or ""), "bin": str(hold.bin_id or ""), "lpn": str(hold.lpn_id or ""),
        "quantity": hold.quantity, "reason": hold.reason, "note": hold.note, "placed_by": str(hold.placed_by),
        "placed_at": hold.placed_at, "lifted_by": str(hold.lifted_by or ""), "lifted_at": hold.lifted_at,
        "lift_reason": hold.lift_reason,
    }  # fmt: skip


def signed_lift(hold: HoldId) -> list[SeenSignature]:
    """The signatures under the lift of a hold, each with what was edited since."""
    found = signatures.signatures_of("hold", hold)
    return signatures.beside(record_of_hold(db.session.get_one(Hold, hold)), found) if found else []


@dataclass(frozen=True, kw_only=True)
class HoldView(HoldRow):
    """A hold with what it lies on and the work it left."""

    balances: list[BalanceRow]
    tasks: list[Task]


def view_of_hold(hold: HoldRow, *, warehouses: Collection[WarehouseId]) -> HoldView:
    """Read what a hold lies on in these warehouses, and the work it left."""
    rows = [row for row in stock.find_balances(hold=hold.id) if row.warehouse in warehouses]
    return HoldView(**vars(hold), balances=rows, tasks=work_of_hold(hold.id))


def sites_under(hold: HoldId) -> set[WarehouseId]:
    """The warehouses in which goods lie under a hold: where the one who lifts it needs the right."""
    return {row.warehouse for row in stock.find_balances(hold=hold)}


# -- pending goods ------------------------------------------------------------------------------------------------------
def page_of_pending(warehouse: WarehouseId, *, cursor: str | None, size: int = 50) -> Page[stock.LotSum]:
    """One page of the lots with goods that wait for a verdict, the longest waiting first."""
    balance = ledger.balance
    sums = (
        select(
            balance.c.lot_id.label("lot"), balance.c.item_id.label("item"), balance.c.fefo_on,
            func.sum(balance.c.on_hand).label("on_hand"), func.min(balance.c.received_on).label("oldest_on"),
        )
        .where(
            literal_column("stock_balance.on_hand > 0"), literal_column("stock_balance.quality <> 'released'"),
            balance.c.quality == Quality.PENDING, balance.c.warehouse_id == warehouse,
        )
        .group_by(balance.c.lot_id, balance.c.item_id, balance.c.fefo_on)
        .subquery()
    )  # fmt: skip
    statement: Any = (
        select(
            sums.c.lot, Lot.number, sums.c.item, Item.sku, Item.name_en, Item.name_zh, Item.base_unit, sums.c.fefo_on,
            sums.c.on_hand, sums.c.oldest_on,
        )
        .join(Lot, Lot.id == sums.c.lot)
        .join(Item, Item.id == sums.c.item)
    )  # fmt: skip
    keys = [SortKey(sums.c.oldest_on), SortKey(sums.c.lot)]
    rows = [
        stock.LotSum(**{**row._mapping, "on_hand": _amount(row.on_hand)})
        for row in db.session.execute(after(statement, keys, cursor, size=size))
    ]
    return page_of(rows, size=size, values=lambda row: (row.oldest_on, row.lot))


@dataclass(frozen=True, kw_only=True)
class PendingLot:
    """The pending goods of a lot in a warehouse."""

    lot: Lot
    balances: list[BalanceRow]

    @property
    def quantity(self) -> Quantity:
        """How much waits."""
        return Quantity(sum(row.on_hand.millionths for row in self.balances))


def pending_of(lot: LotId, warehouse: WarehouseId) -> PendingLot:
    """Give the goods of a lot that wait for a verdict in a warehouse, where they stand; NotFound for no such lot."""
    return PendingLot(
        lot=stock.get_lot(lot), balances=stock.find_balances(lot=lot, warehouse=warehouse, quality=Quality.PENDING)
    )


def _amount(value: Any) -> Quantity:
    return value if isinstance(value, Quantity) else Quantity(int(value))


# -- a place by its codes -----------------------------------------------------------------------------------------------
def find_place(
    warehouse: WarehouseId, *, bin_code: str | None, lpn_code: str | None
) -> tuple[BinId | None, LpnId | None]:
    """Give bin and open LPN of a warehouse by their exact codes; NotFound for one that is not here."""
    bin_id = lpn_id = None
    if bin_code is not None:
        bin_id = db.session.execute(
            select(Bin.id).where(Bin.warehouse_id == warehouse, Bin.code == bin_code, ~Bin.is_outside)
        ).scalar_one_or_none()
        if bin_id is None:
            raise NotFound(kind="bin", text=bin_code)
    if lpn_code is not None:
        lpn_id = db.session.execute(
            select(Lpn.id).where(
                Lpn.code == lpn_code, Lpn.is_open, Lpn.id != LOOSE,
                or_(Lpn.warehouse_id == warehouse, Lpn.warehouse_id.is_(None)),
            )
        ).scalar_one_or_none()  # fmt: skip
        if lpn_id is None:
            raise NotFound(kind="lpn", text=lpn_code)
    return bin_id, lpn_id


# -- for the next pick --------------------------------------------------------------------------------------------------
@dataclass(frozen=True, kw_only=True)
class UnseparatedHold:
    """Part of the loose goods of a lot in a bin is held and cannot be told apart on the shelf."""

    hold: HoldId
    lot: LotId
    lot_number: str
    quantity: Quantity
    reason: HoldReason


def unseparated_hold(bin: BinId, lot: LotId) -> UnseparatedHold | None:
    """Say whether held goods of the lot lie loose beside free ones in the bin: they must be moved away before a pick.

    A hold on part of a loose quantity asks for an LPN or a quarantine bin (docs/decisions/0002).
    """
    rows = stock.find_balances(lot=lot, bin=bin, lpn=LOOSE)
    held = [r for r in rows if r.is_held]
    if not held or len(held) == len(rows):
        return None
    holds = stock.holds_in_sets(r.hold_set for r in held)
    first = next((h for r in held for h in holds[r.hold_set]), None)
    if first is None:
        return None
    total = Quantity(sum(r.on_hand.millionths for r in held))
    return UnseparatedHold(hold=first.id, lot=lot, lot_number=held[0].lot_number, quantity=total, reason=first.reason)


def find_bin_apart(
    warehouse: WarehouseId, kinds: Collection[BinKind], storage_class: StorageClass | None = None
) -> BinId | None:
    """A bin to carry stopped goods to: of these kinds, not blocked, of the item's temperature class when there is one."""
    statement = (
        select(Bin.id, Zone.storage_class)
        .outerjoin(Zone, Zone.id == Bin.zone_id)
        .where(Bin.warehouse_id == warehouse, Bin.kind.in_(kinds), ~Bin.is_blocked)
        .order_by(Bin.walk_sequence, Bin.id)
    )
    rows = db.session.execute(statement).all()
    fits = next((r.id for r in rows if storage_class is None or r.storage_class == storage_class), None)
    return fits or (rows[0].id if rows else None)


def work_of_hold(hold: HoldId) -> list[Task]:
    """The tasks a hold left: goods to carry back or to separate."""
    statement = (
        select(Task)
        .options(
            joinedload(Task.source_bin), joinedload(Task.target_bin), joinedload(Task.source_lpn), joinedload(Task.item)
        )
        .where(Task.document_kind == "hold", Task.document_id == hold)
        .order_by(Task.created_at)
    )
    return list(db.session.execute(statement).scalars())
