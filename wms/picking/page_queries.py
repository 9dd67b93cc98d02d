"""Reads of the desk's order pages: the list by key, one order with its lines, promises, decisions, lists and overrides."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Integer, func, literal, literal_column, select
from sqlalchemy.orm import aliased

from wms.accounts.models import User
from wms.catalog.models import Item, Partner
from wms.catalog.queries import partner_matches
from wms.core.errors import NotFound
from wms.core.ids import (
    LOOSE,
    BinId,
    ItemId,
    LotId,
    LpnId,
    OrderId,
    OrderLineId,
    PartnerId,
    PickListId,
    TaskId,
    WarehouseId,
)
from wms.core.quantity import ZERO, Quantity
from wms.db import db
from wms.db.paging import Page, SortKey, after, page_of
from wms.picking.models import (
    NOT_LEFT,
    AllocationDecision,
    FefoOverride,
    Order,
    OrderLine,
    OrderState,
    PickList,
    PickListState,
)
from wms.picking.queries import LINE, LIST, PICKABLE, UNDONE, as_quantity, find_order
from wms.sites.models import Bin
from wms.stock.ledger import reads as ledger
from wms.stock.models import Lot, LotPeg, Lpn
from wms.tasks.models import Task, TaskKind, TaskState

SORTS: Final = ("ship", "-ship", "number", "-number", "priority", "-priority")


@dataclass(frozen=True, kw_only=True)
class OrderFilter:
    """What the order list shows; empty text means everything."""

    warehouse: WarehouseId
    text: str = ""
    state: str = ""
    sort: str = "ship"
    due: date | None = None


@dataclass(frozen=True, kw_only=True)
class OrderRow:
    """A line of the order list."""

    id: OrderId
    number: str
    customer_code: str
    name_en: str
    name_zh: str
    state: OrderState
    ship_on: date
    priority: int
    lines: int
    stopped: int


def page_of_orders(wanted: OrderFilter, *, cursor: str | None, size: int = 50) -> Page[OrderRow]:
    """List the orders of a warehouse, by default those that leave first; by key, so any page costs the same."""
    lines = select(func.count()).where(OrderLine.order_id == Order.id).correlate(Order).scalar_subquery()
    stopped = (
        select(func.count())
        .where(
            Task.document_kind == LIST,
            Task.document_id.in_(select(PickList.id).where(PickList.order_id == Order.id).correlate(Order)),
            Task.kind == TaskKind.PICK,
            Task.state == TaskState.STOPPED,
        )
        .correlate(Order)
        .scalar_subquery()
    )
    statement: Any = (
        select(
            Order.id, Order.number, Partner.code.label("customer_code"), Partner.name_en, Partner.name_zh, Order.state,
            Order.ship_on, Order.priority, lines.label("lines"), stopped.label("stopped"),
        )
        .join(Partner, Partner.id == Order.customer_id)
        .where(Order.warehouse_id == wanted.warehouse)
    )  # fmt: skip
    if wanted.state == "open":
        statement = statement.where(literal_column(f"customer_order.{NOT_LEFT}"))
    elif wanted.state:
        statement = statement.where(Order.state == OrderState(wanted.state))
    if wanted.due is not None:
        statement = statement.where(Order.ship_on <= wanted.due)
    if wanted.text:
        by_number = func.lower(Order.number).contains(wanted.text.lower(), autoescape=True)
        statement = statement.where(by_number | partner_matches(wanted.text))
    first = {"ship": Order.ship_on, "number": Order.number, "priority": Order.priority}[wanted.sort.lstrip("-")]
    keys = [SortKey(column, descending=wanted.sort.startswith("-")) for column in (first, Order.id)]
    values: Callable[[Any], tuple[Any, ...]] = {
        "ship": lambda r: (r.ship_on, r.id),
        "number": lambda r: (r.number, r.id),
        "priority": lambda r: (r.priority, r.id),
    }[wanted.sort.lstrip("-")]
    page = page_of(db.session.execute(after(statement, keys, cursor, size=size)).all(), size=size, values=values)
    return Page(rows=[OrderRow(**r._mapping) for r in page.rows], next_cursor=page.next_cursor)


# -- one order --------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, kw_only=True)
class ClaimView:
    """One promise as the page shows it."""

    lot: LotId
    lot_number: str
    fefo_on: date
    expires_on: date | None
    bin: BinId
    bin_code: str
    lpn: LpnId
    lpn_code: str
    quantity: Quantity
    is_staged: bool


@dataclass(frozen=True, kw_only=True)
class LineView:
    """One line as the page shows it: asked, promised, staged, shipped, and the last decision."""

    id: OrderLineId
    line: int
    item: ItemId
    sku: str
    name_en: str
    name_zh: str
    unit: str
    asked: Quantity
    named_lot: str
    shipped: Quantity
    claims: tuple[ClaimView, ...]
    decision: AllocationDecision | None
    decided_by: str
    #: Lots are kept for it (wms.stock.pegs).
    has_peg: bool = False

    @property
    def claimed(self) -> Quantity:
        """What is promised."""
        return sum((c.quantity for c in self.claims), ZERO)

    @property
    def staged(self) -> Quantity:
        """What stands in staging."""
        return sum((c.quantity for c in self.claims if c.is_staged), ZERO)

    @property
    def short(self) -> Quantity:
        """What neither a promise nor a shipment covers."""
        return max(self.asked - self.claimed - self.shipped, ZERO)


def lines_for_page(order: OrderId) -> list[LineView]:
    """List the lines of an order with their promises and the last decision of each: three statements for any order that was read."""
    named = aliased(Lot)
    shipped = (
        select(func.coalesce(func.sum(ledger.move.c.quantity), 0))
        .join(ledger.posting, ledger.posting.c.seq == ledger.move.c.posting_seq)
        .where(
            ledger.posting.c.document_kind == "shipment", ledger.move.c.demand_kind == LINE,
            ledger.move.c.demand_id == OrderLine.id, ledger.posting.c.reason == "ship",
        )
        .correlate(OrderLine).scalar_subquery()
    )  # fmt: skip
    kept = (
        select(LotPeg.id)
        .where(LotPeg.demand_kind == LINE, LotPeg.demand_id == OrderLine.id, LotPeg.freed_at.is_(None))
        .exists()
    )
    is_shipped = find_order(order).state is OrderState.SHIPPED
    rows = db.session.execute(
        select(
            OrderLine.id, OrderLine.line, OrderLine.item_id, OrderLine.quantity, Item.sku, Item.name_en, Item.name_zh,
            Item.base_unit, named.number.label("named_lot"),
            (shipped if is_shipped else literal(0, Integer)).label("shipped"), kept.label("has_peg"),
        )
        .join(Item, Item.id == OrderLine.item_id)
        .outerjoin(named, named.id == OrderLine.lot_id)
        .where(OrderLine.order_id == order)
        .order_by(OrderLine.line)
    ).all()  # fmt: skip
    claims = _claims([row.id for row in rows])
    decisions = _decisions([row.id for row in rows])
    return [
        LineView(
            id=row.id, line=row.line, item=row.item_id, sku=row.sku, name_en=row.name_en, name_zh=row.name_zh,
            unit=row.base_unit, asked=row.quantity, named_lot=row.named_lot or "", shipped=as_quantity(row.shipped),
            claims=tuple(claims.get(row.id, ())), decision=decisions.get(row.id, (None, ""))[0],
            decided_by=decisions.get(row.id, (None, ""))[1], has_peg=bool(row.has_peg),
        )
        for row in rows
    ]  # fmt: skip


def _claims(lines: Sequence[int]) -> dict[int, list[ClaimView]]:
    balance, claim = ledger.balance, ledger.claim
    found: dict[int, list[ClaimView]] = {}
    rows = db.session.execute(
        select(
            claim.c.demand_id, claim.c.quantity, Lot.id.label("lot_id"), Lot.number, Lot.fefo_on, Lot.expires_on,
            Bin.id.label("bin_id"), Bin.code, Bin.kind, Lpn.id.label("lpn_id"), Lpn.code.label("lpn_code"),
        )
        .join(balance, balance.c.id == claim.c.balance_id).join(Lot, Lot.id == balance.c.lot_id)
        .join(Bin, Bin.id == balance.c.bin_id).join(Lpn, Lpn.id == balance.c.lpn_id)
        .where(claim.c.demand_kind == LINE, claim.c.demand_id.in_(lines))
        .order_by(Lot.fefo_on, Bin.walk_sequence, claim.c.id)
    )  # fmt: skip
    for row in rows:
        found.setdefault(row.demand_id, []).append(
            ClaimView(
                lot=row.lot_id, lot_number=row.number, fefo_on=row.fefo_on, expires_on=row.expires_on, bin=row.bin_id,
                bin_code=row.code, lpn=row.lpn_id, lpn_code="" if row.lpn_id == 0 else row.lpn_code,
                quantity=row.quantity, is_staged=row.kind not in PICKABLE,
            )
        )  # fmt: skip
    return found


def _decisions(lines: Sequence[int]) -> dict[int, tuple[AllocationDecision, str]]:
    """The last decision of each line, and who asked for it."""
    rows = db.session.execute(
        select(AllocationDecision, User.full_name)
        .join(User, User.id == AllocationDecision.decided_by)
        .where(AllocationDecision.order_line_id.in_(lines))
        .order_by(AllocationDecision.decided_at, AllocationDecision.id)
    )
    return {row[0].order_line_id: (row[0], row[1]) for row in rows}


@dataclass(frozen=True, kw_only=True)
class TaskView:
    """One pick task: a stop of a walk, with the list and the order it belongs to."""

    id: TaskId
    list_id: PickListId
    list_number: str
    order: OrderId
    order_number: str
    line: OrderLineId
    sequence: int
    state: TaskState
    why: str
    sku: str
    name_en: str
    name_zh: str
    unit: str
    lot: LotId
    lot_number: str
    bin_code: str
    lpn_code: str
    quantity: Quantity
    done: Quantity
    closed_by: str
    closed_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class ListView:
    """One pick list with its tasks in walk order."""

    id: PickListId
    number: str
    order: OrderId
    order_number: str
    state: PickListState
    staging_bin: str
    lpn: LpnId
    lpn_code: str
    taken_by: str
    taken_at: datetime | None
    created_at: datetime
    tasks: tuple[TaskView, ...]


def lists_for_page(order: OrderId) -> list[ListView]:
    """List the pick lists of an order with their tasks: two statements."""
    return _lists(PickList.order_id == order)


def list_view(pick_list: PickListId) -> ListView:
    """Give one pick list with its tasks: two statements; NotFound otherwise."""
    found = _lists(PickList.id == pick_list)
    if not found:
        raise NotFound(kind="pick_list", text=str(pick_list))
    return found[0]


def _lists(condition: ColumnElement[bool]) -> list[ListView]:
    lists = db.session.execute(
        select(
            PickList.id, PickList.number, PickList.order_id, Order.number.label("order_number"), PickList.state,
            Bin.code.label("bin_code"), PickList.lpn_id, Lpn.code.label("lpn_code"), User.full_name, PickList.taken_at,
            PickList.created_at,
        )
        .join(Order, Order.id == PickList.order_id)
        .join(Bin, Bin.id == PickList.staging_bin_id)
        .join(Lpn, Lpn.id == PickList.lpn_id)
        .outerjoin(User, User.id == PickList.taken_by)
        .where(condition)
        .order_by(PickList.created_at, PickList.id)
    ).all()  # fmt: skip
    tasks: dict[int, list[TaskView]] = {}
    statement = _task_select().where(Task.document_id.in_([row.id for row in lists]))
    for row in db.session.execute(statement.order_by(Task.sequence, Task.id)):
        task = _task_view(row)
        tasks.setdefault(task.list_id, []).append(task)
    return [
        ListView(
            id=row.id, number=row.number, order=row.order_id, order_number=row.order_number, state=row.state,
            staging_bin=row.bin_code, lpn=row.lpn_id, lpn_code=row.lpn_code, taken_by=row.full_name or "",
            taken_at=row.taken_at, created_at=row.created_at, tasks=tuple(tasks.get(row.id, ())),
        )
        for row in lists
    ]  # fmt: skip


def _task_select() -> Any:
    source_lpn = aliased(Lpn)
    return (
        select(
            Task.id, Task.document_id, Task.demand_id, Task.sequence, Task.state, Task.why, Task.lot_id, Task.quantity,
            Task.done_quantity, Task.closed_at, Task.source_lpn_id, PickList.number.label("list_number"),
            PickList.order_id, Order.number.label("order_number"), Item.sku, Item.name_en, Item.name_zh,
            Item.base_unit, Lot.number.label("lot_number"), Bin.code.label("bin_code"),
            source_lpn.code.label("lpn_code"), User.full_name.label("closed_by"),
        )
        .join(PickList, PickList.id == Task.document_id)
        .join(Order, Order.id == PickList.order_id)
        .join(Item, Item.id == Task.item_id)
        .join(Lot, Lot.id == Task.lot_id)
        .join(Bin, Bin.id == Task.source_bin_id)
        .outerjoin(source_lpn, source_lpn.id == Task.source_lpn_id)
        .outerjoin(User, User.id == Task.closed_by)
        .where(Task.document_kind == LIST, Task.kind == TaskKind.PICK)
    )  # fmt: skip


def _task_view(row: Any) -> TaskView:
    return TaskView(
        id=row.id, list_id=row.document_id, list_number=row.list_number, order=row.order_id,
        order_number=row.order_number, line=row.demand_id, sequence=row.sequence, state=row.state, why=row.why,
        sku=row.sku, name_en=row.name_en, name_zh=row.name_zh, unit=row.base_unit, lot=row.lot_id,
        lot_number=row.lot_number, bin_code=row.bin_code,
        lpn_code="" if row.source_lpn_id in (None, LOOSE) else row.lpn_code, quantity=row.quantity,
        done=row.done_quantity, closed_by=row.closed_by or "", closed_at=row.closed_at,
    )  # fmt: skip


def page_of_tasks(
    warehouse: WarehouseId, *, states: Collection[TaskState], pick_list: PickListId | None = None,
    cursor: str | None = None, size: int = 50,
) -> Page[TaskView]:  # fmt: skip
    """List the pick tasks of a warehouse in these states, list by list in walk order. One statement."""
    statement = _task_select().where(Task.warehouse_id == warehouse, Task.state.in_(states))
    if pick_list is not None:
        statement = statement.where(Task.document_id == pick_list)
    keys = [SortKey(PickList.id.expression), SortKey(Task.sequence), SortKey(Task.id.expression)]
    rows = [_task_view(row) for row in db.session.execute(after(statement, keys, cursor, size=size))]
    return page_of(rows, size=size, values=lambda task: (task.list_id, task.sequence, task.id))


@dataclass(frozen=True, kw_only=True)
class PickListRow:
    """A pick list as a list of them shows it; `stops` is how many are still to do."""

    id: PickListId
    number: str
    state: PickListState
    order: OrderId
    order_number: str
    customer_code: str
    name_en: str
    name_zh: str
    ship_on: date
    priority: int
    stops: int
    staging_bin: str
    lpn_code: str
    taken_by: str
    taken_at: datetime | None
    created_at: datetime


def page_of_lists(
    warehouse: WarehouseId, *, states: Collection[PickListState], cursor: str | None = None, size: int = 50
) -> Page[PickListRow]:
    """List the pick lists of a warehouse in these states, by priority and the day they leave. One statement."""
    stops = (
        select(func.count())
        .where(
            Task.kind == TaskKind.PICK, Task.document_kind == LIST, Task.document_id == PickList.id,
            Task.state.in_(UNDONE),
        )
        .correlate(PickList)
        .scalar_subquery()
    )  # fmt: skip
    statement: Any = (
        select(
            PickList.id, PickList.number, PickList.state, PickList.order_id.label("order"),
            Order.number.label("order_number"), Partner.code.label("customer_code"), Partner.name_en, Partner.name_zh,
            Order.ship_on, Order.priority, stops.label("stops"), Bin.code.label("staging_bin"),
            Lpn.code.label("lpn_code"), func.coalesce(User.full_name, "").label("taken_by"), PickList.taken_at,
            PickList.created_at,
        )
        .join(Order, Order.id == PickList.order_id)
        .join(Partner, Partner.id == Order.customer_id)
        .join(Bin, Bin.id == PickList.staging_bin_id)
        .join(Lpn, Lpn.id == PickList.lpn_id)
        .outerjoin(User, User.id == PickList.taken_by)
        .where(PickList.warehouse_id == warehouse, PickList.state.in_(states))
    )  # fmt: skip
    keys = [SortKey(Order.priority), SortKey(Order.ship_on), SortKey(PickList.id.expression)]
    rows = [PickListRow(**row._mapping) for row in db.session.execute(after(statement, keys, cursor, size=size))]
    return page_of(rows, size=size, values=lambda row: (row.priority, row.ship_on, row.id))


@dataclass(frozen=True, kw_only=True)
class OverrideView:
    """One override of FEFO: what was picked instead of what, why, by whom, and the better lots that were skipped."""

    lot_number: str
    needed_lot_number: str
    skipped: tuple[str, ...]
    reason: str
    picked_by: str
    approved_by: str
    at: datetime


def overrides_for_page(order: OrderId) -> list[OverrideView]:
    """List the overrides of an order, oldest first."""
    lot, needed, picker, approver = aliased(Lot), aliased(Lot), aliased(User), aliased(User)
    rows = db.session.execute(
        select(
            FefoOverride, lot.number.label("lot_number"), needed.number.label("needed_number"),
            picker.full_name.label("picker"), approver.full_name.label("approver"),
        )
        .join(OrderLine, OrderLine.id == FefoOverride.order_line_id)
        .join(lot, lot.id == FefoOverride.lot_id).join(needed, needed.id == FefoOverride.needed_lot_id)
        .join(picker, picker.id == FefoOverride.picked_by).join(approver, approver.id == FefoOverride.approved_by)
        .where(OrderLine.order_id == order).order_by(FefoOverride.at)
    )  # fmt: skip
    return [
        OverrideView(
            lot_number=row.lot_number, needed_lot_number=row.needed_number,
            skipped=tuple(s["number"] for s in row[0].skipped), reason=row[0].reason, picked_by=row.picker,
            approved_by=row.approver, at=row[0].at,
        )
        for row in rows
    ]  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class OrderView:
    """One order as it stands: head, lines with promises and decisions, pick lists, overrides."""

    order: Order
    lines: list[LineView]
    lists: list[ListView]
    overrides: list[OverrideView]


def order_view(order: Order) -> OrderView:
    """Read the whole of one order: the same number of statements for any."""
    return OrderView(
        order=order, lines=lines_for_page(order.id), lists=lists_for_page(order.id),
        overrides=overrides_for_page(order.id),
    )  # fmt: skip


# -- what the form asks -----------------------------------------------------------------------------------------------
def customers() -> Sequence[Partner]:
    """List the active customers by code, at most 500."""
    statement = select(Partner).where(Partner.is_customer, Partner.is_active).order_by(Partner.code).limit(500)
    return db.session.execute(statement).scalars().all()


def items_by_sku(skus: Sequence[str]) -> dict[str, ItemId]:
    """Find active items by their exact SKU."""
    rows = db.session.execute(select(Item.sku, Item.id).where(Item.sku.in_(skus), Item.is_active))
    return {row.sku: row.id for row in rows}


def lot_by_number(item: ItemId, number: str) -> LotId | None:
    """Find a lot of an item by its exact number."""
    return db.session.execute(select(Lot.id).where(Lot.item_id == item, Lot.number == number)).scalar_one_or_none()


def lots_by_number(wanted: Collection[tuple[ItemId, str]]) -> dict[tuple[ItemId, str], LotId]:
    """Find lots by item and exact number, all at once."""
    if not wanted:
        return {}
    rows = db.session.execute(
        select(Lot.item_id, Lot.number, Lot.id).where(
            Lot.item_id.in_({item for item, _ in wanted}), Lot.number.in_({number for _, number in wanted})
        )
    )
    return {(row.item_id, row.number): row.id for row in rows}


def customer_by_code(code: str) -> PartnerId | None:
    """Find an active customer by its exact code."""
    statement = select(Partner.id).where(Partner.code == code, Partner.is_customer, Partner.is_active)
    return db.session.execute(statement).scalar_one_or_none()


def customer_name(customer: PartnerId) -> Partner | None:
    """Give a customer for the page's head."""
    return db.session.get(Partner, customer)
