"""Reads of work orders: the record for verbs, what is bound, what is wanted, the page."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import and_, case, exists, func, select
from sqlalchemy.orm import joinedload, selectinload

from wms.catalog.models import Item
from wms.core.errors import NotFound
from wms.core.ids import HoldSetId, LotId, TaskId, WarehouseId, WorkOrderComponentId, WorkOrderId
from wms.core.quantity import ZERO, Quantity
from wms.db import db
from wms.disposition.models import Nonconformance
from wms.disposition.rules.states import Disposition
from wms.production.models import (
    IssueKind,
    LineClearance,
    ProductionReport,
    ProductionRule,
    WorkOrder,
    WorkOrderComponent,
    WorkOrderIssue,
    WorkOrderKind,
)
from wms.production.rules.states import OPEN_STATES
from wms.stock import queries as stock
from wms.stock.demands import DemandFacts
from wms.stock.models import HoldSetMember, Lot
from wms.stock.queries import BalanceRow, ClaimRow
from wms.stock.rules.availability import Purpose
from wms.tasks.models import Task, TaskKind, TaskState

#: The kind of a work order as document of postings and tasks, and of a component as demand of claims.
ORDER = "work_order"
COMPONENT = "wo_component"


# -- for verbs --------------------------------------------------------------------------------------------------------
def get_order(order: WorkOrderId, *, warehouse: WarehouseId | None = None, is_locked: bool = False) -> WorkOrder:
    """Give a work order with item, line, components and operations; NotFound for one that is not in the warehouse.

    `is_locked`: its row is the caller's to the commit, and read anew.
    """
    if is_locked:
        db.session.execute(select(WorkOrder.id).where(WorkOrder.id == order).with_for_update())
    statement = (
        select(WorkOrder)
        .where(WorkOrder.id == order)
        .options(
            joinedload(WorkOrder.item), joinedload(WorkOrder.line), joinedload(WorkOrder.team),
            joinedload(WorkOrder.lot), joinedload(WorkOrder.bom),
            selectinload(WorkOrder.components).joinedload(WorkOrderComponent.item),
            selectinload(WorkOrder.components).joinedload(WorkOrderComponent.lot),
            selectinload(WorkOrder.operations),
        )
        .execution_options(populate_existing=is_locked)
    )  # fmt: skip
    found = db.session.execute(statement).scalar_one_or_none()
    if found is None or (warehouse is not None and found.warehouse_id != warehouse):
        raise NotFound(kind=ORDER, text=str(order))
    return found


def find_by_number(number: str, *, warehouse: WarehouseId) -> WorkOrder | None:
    """Give the work order of a number in a warehouse, or None."""
    statement = select(WorkOrder).where(WorkOrder.number == number, WorkOrder.warehouse_id == warehouse)
    return db.session.execute(statement).scalar_one_or_none()


def rule_of(item: int) -> ProductionRule:
    """Give an item's production rule, or the defaults (a row that is not stored)."""
    found = db.session.execute(select(ProductionRule).where(ProductionRule.item_id == item)).scalar_one_or_none()
    return found or default_rule(item)


def default_rule(item: int) -> ProductionRule:
    """Give the rule of an item without a row: each column's default, not stored."""
    columns = ProductionRule.__table__.columns
    values = {c.name: c.default.arg for c in columns if c.default is not None and c.default.is_scalar}
    return ProductionRule(item_id=item, **values)


def purpose_of(order: WorkOrder) -> Purpose:
    """Say for what the order takes goods: a rework takes what is not released too (see `is_for_rework`)."""
    return Purpose.REWORK if order.kind is WorkOrderKind.REWORK else Purpose.ISSUE


@dataclass(frozen=True, kw_only=True)
class Bound:
    """One binding: a promise on goods that still stand in the store, with the goods."""

    component: WorkOrderComponentId
    claim: ClaimRow
    row: BalanceRow


def bindings_of(order: WorkOrder) -> list[Bound]:
    """What is bound to the order and not yet at its line, in the order of the components."""
    claims = stock.claims_of(COMPONENT, [c.id for c in order.components])
    rows = {row.id: row for row in stock.find_balances(ids={c.balance for c in claims})} if claims else {}
    places = {c.id: c.line for c in order.components}
    found = [
        Bound(component=WorkOrderComponentId(c.demand_id), claim=c, row=rows[c.balance])
        for c in claims
        if c.balance in rows and rows[c.balance].bin != order.line.bin_id
    ]
    return sorted(found, key=lambda b: (places[b.component], b.row.fefo_on, b.row.lot, b.claim.id))


def issued_of(order: WorkOrderId) -> dict[int, Quantity]:
    """How much went to the line for each component, less what came back."""
    signed = case((WorkOrderIssue.kind == IssueKind.RETURN, -1), else_=1)
    amount = func.sum(WorkOrderIssue.__table__.c.quantity * signed)
    rows = db.session.execute(
        select(WorkOrderIssue.component_id, amount)
        .where(WorkOrderIssue.work_order_id == order, WorkOrderIssue.reversed_seq.is_(None))
        .group_by(WorkOrderIssue.component_id)
    )
    return {row[0]: row[1] if isinstance(row[1], Quantity) else Quantity(int(row[1])) for row in rows}


@dataclass(frozen=True, kw_only=True)
class Want:
    """One component: what it needs, what of that is bound in the store, what went to the line, and what is short."""

    component: WorkOrderComponent
    bound: Quantity
    issued: Quantity

    @property
    def short(self) -> Quantity:
        """What neither a binding nor an issue covers."""
        return max(self.component.quantity - self.bound - self.issued, ZERO)


def wants_of(order: WorkOrder, bindings: Collection[Bound] | None = None) -> list[Want]:
    """Say for each component what is bound, issued and short."""
    bound: dict[int, Quantity] = {}
    for one in bindings_of(order) if bindings is None else bindings:
        bound[one.component] = bound.get(one.component, ZERO) + one.claim.quantity
    issued = issued_of(order.id)
    return [Want(component=c, bound=bound.get(c.id, ZERO), issued=issued.get(c.id, ZERO)) for c in order.components]


@dataclass(frozen=True, kw_only=True)
class Stopped:
    """A binding that a hold took away, and which nobody has settled: which lot, how much, why."""

    task: TaskId
    component: WorkOrderComponentId
    lot: LotId
    lot_number: str
    quantity: Quantity
    why: str
    note: str


def stopped_of(order: WorkOrderId) -> list[Stopped]:
    """The bindings of an order that holds took away, the newest first."""
    rows = db.session.execute(
        select(Task.id, Task.demand_id, Task.lot_id, Lot.number, Task.quantity, Task.done_quantity, Task.why, Task.note)
        .join(Lot, Lot.id == Task.lot_id)
        .where(
            Task.document_kind == ORDER, Task.document_id == order, Task.kind == TaskKind.ISSUE,
            Task.state == TaskState.STOPPED,
        )
        .order_by(Task.id.desc())
    )  # fmt: skip
    return [
        Stopped(
            task=row.id, component=WorkOrderComponentId(row.demand_id), lot=row.lot_id, lot_number=row.number,
            quantity=row.quantity - row.done_quantity, why=row.why, note=row.note,
        )
        for row in rows
    ]  # fmt: skip


def tell_of_components(components: Collection[int]) -> dict[int, DemandFacts]:
    """Say what stands behind components, for floors that know them as demands alone (wms/stock/demands.py)."""
    rows = db.session.execute(
        select(
            WorkOrderComponent.id, WorkOrderComponent.line, WorkOrderComponent.item_id, WorkOrderComponent.quantity,
            Item.sku, WorkOrder.id.label("order"), WorkOrder.number, WorkOrder.warehouse_id, WorkOrder.state,
        )
        .join(WorkOrder, WorkOrder.id == WorkOrderComponent.work_order_id)
        .join(Item, Item.id == WorkOrderComponent.item_id)
        .where(WorkOrderComponent.id.in_(components))
    )  # fmt: skip
    return {
        row.id: DemandFacts(
            id=row.id, document_kind=ORDER, document_id=row.order, number=row.number, line=row.line, item=row.item_id,
            sku=row.sku, warehouse=row.warehouse_id, quantity=row.quantity, state=row.state.value,
            is_open=row.state.value in OPEN_STATES,
        )
        for row in rows
    }  # fmt: skip


# -- rework -----------------------------------------------------------------------------------------------------------
def reworks_of(lot: LotId) -> list[tuple[WorkOrder, Quantity]]:
    """The rework orders that are to mend a lot and have not ended, each with how much of it."""
    rows = db.session.execute(
        select(WorkOrder, WorkOrderComponent.quantity)
        .join(WorkOrderComponent, WorkOrderComponent.work_order_id == WorkOrder.id)
        .where(WorkOrderComponent.lot_id == lot, WorkOrder.state.in_(("planned", *sorted(OPEN_STATES))))
        .order_by(WorkOrder.id)
    )
    return [(row[0], row[1]) for row in rows]


def is_for_rework(order: WorkOrder, *, lot: LotId, hold_set: HoldSetId) -> bool:
    """Whether goods of a lot under these holds may be taken by this rework order.

    Only lots the order names; free goods of any quality; held ones only when every hold on them is that of the order's
    non-conformance, and its disposition is decided as rework.
    """
    if order.kind is not WorkOrderKind.REWORK or lot not in {c.lot_id for c in order.components}:
        return False
    if not hold_set:
        return True
    if order.nonconformance_id is None:
        return False
    paper = db.session.get_one(Nonconformance, order.nonconformance_id)
    holds = db.session.execute(select(HoldSetMember.hold_id).where(HoldSetMember.hold_set_id == hold_set)).scalars()
    return paper.disposition is Disposition.REWORK and paper.decided_at is not None and set(holds) == {paper.hold_id}


# -- line clearance ---------------------------------------------------------------------------------------------------
def needs_clearance(order: WorkOrder) -> bool:
    """Whether the line or the product asks for a clearance before the order starts."""
    return order.line.needs_clearance or rule_of(order.item_id).needs_clearance


def clearance_of(order: WorkOrder) -> LineClearance | None:
    """Give the newest clearance of the order's line for the order, checked or not."""
    return db.session.execute(
        select(LineClearance)
        .where(LineClearance.work_order_id == order.id, LineClearance.line_id == order.line_id)
        .order_by(LineClearance.id.desc())
        .limit(1)
    ).scalar_one_or_none()


def why_not_cleared(order: WorkOrder) -> str:
    """Say why the line is not clear for an order that asks for it: not_cleared, not_checked, used_since; blank when it is.

    A clearance counts for what was on the line before it: once another order was fed or reported there, it is old.
    """
    if not needs_clearance(order):
        return ""
    found = clearance_of(order)
    if found is None:
        return "not_cleared"
    if found.checked_at is None:
        return "not_checked"
    others = and_(WorkOrder.line_id == order.line_id, WorkOrder.id != order.id)
    fed = select(WorkOrderIssue.id).join(WorkOrder, WorkOrder.id == WorkOrderIssue.work_order_id)
    made = select(ProductionReport.id).join(WorkOrder, WorkOrder.id == ProductionReport.work_order_id)
    used = exists(fed.where(others, WorkOrderIssue.issued_at > found.cleared_at)) | exists(
        made.where(others, ProductionReport.reported_at > found.cleared_at)
    )
    return "used_since" if db.session.execute(select(used)).scalar_one() else ""
