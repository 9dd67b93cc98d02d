"""Work orders as pages and the API show them: the list, one order with all that belongs to it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from sqlalchemy import func, literal, select
from sqlalchemy.orm import joinedload, selectinload

from wms.catalog.models import Item
from wms.core.ids import ItemId, ProductionLineId, WarehouseId, WorkOrderComponentId, WorkOrderId
from wms.core.quantity import ZERO, Quantity
from wms.db import db
from wms.db.paging import Page, SortKey, after, page_of
from wms.disposition.queries import names_of
from wms.fields.queries import matching
from wms.fields.rules.values import Condition
from wms.production.models import (
    BomAlternate,
    InputSource,
    LineClearance,
    ProductionReport,
    ReportOutput,
    WorkOrder,
    WorkOrderComponent,
    WorkOrderCorrection,
    WorkOrderState,
)
from wms.production.queries import corrections, issues, orders, reports
from wms.production.queries.issues import ComponentBalance
from wms.production.queries.orders import ORDER, Bound, Stopped, Want
from wms.stock import demands
from wms.stock.demands import DemandFacts
from wms.stock.models import Lot, LotPeg

SORTS: Final = ("new", "due", "number")
UNDONE: Final = (WorkOrderState.PLANNED, WorkOrderState.RELEASED, WorkOrderState.STARTED, WorkOrderState.COMPLETED)
_NEVER: Final = date(9999, 12, 31)


@dataclass(frozen=True, kw_only=True)
class OrderFilter:
    """Which work orders; `state` is one, "open" for all that are not over, or blank."""

    warehouse: WarehouseId
    state: str = ""
    line: ProductionLineId | None = None
    due: date | None = None
    item: ItemId | None = None
    text: str = ""
    sort: str = "new"
    own: Sequence[Condition] = field(default=())


def page_of_orders(
    wanted: OrderFilter, *, cursor: str | None, size: int = 50, with_own: bool = False
) -> Page[WorkOrder]:
    """List the work orders of a warehouse, by key, so that any page costs the same."""
    statement: Any = (
        select(WorkOrder)
        .where(WorkOrder.warehouse_id == wanted.warehouse)
        .options(
            joinedload(WorkOrder.item), joinedload(WorkOrder.line), joinedload(WorkOrder.team), joinedload(WorkOrder.lot)
        )
    )  # fmt: skip
    if with_own:
        statement = statement.options(selectinload(WorkOrder.own_values))
    if wanted.state == "open":
        statement = statement.where(WorkOrder.state.in_(UNDONE))
    elif wanted.state:
        statement = statement.where(WorkOrder.state == WorkOrderState(wanted.state))
    if wanted.line is not None:
        statement = statement.where(WorkOrder.line_id == wanted.line)
    if wanted.due is not None:
        statement = statement.where(WorkOrder.due_on <= wanted.due)
    if wanted.item is not None:
        statement = statement.where(WorkOrder.item_id == wanted.item)
    if wanted.text:
        statement = statement.where(_matches(wanted.text.strip()))
    for asked in wanted.own:
        statement = statement.where(WorkOrder.id.in_(matching(asked)))
    due: Any = func.coalesce(WorkOrder.due_on, literal(_NEVER))
    identity = SortKey(WorkOrder.id.expression, descending=True)
    keys = {
        "new": [identity], "due": [SortKey(due), identity], "number": [SortKey(WorkOrder.number.expression), identity],
    }[wanted.sort]  # fmt: skip
    rows = db.session.execute(after(statement, keys, cursor, size=size)).scalars().all()
    values = {
        "new": lambda o: (o.id,), "due": lambda o: (o.due_on or _NEVER, o.id), "number": lambda o: (o.number, o.id),
    }[wanted.sort]  # fmt: skip
    return page_of(rows, size=size, values=values)


def _matches(text: str) -> Any:
    items = select(Item.id).where(
        func.upper(Item.sku).startswith(text.upper(), autoescape=True)
        | func.lower(Item.name_en).contains(text.lower(), autoescape=True)
        | Item.name_zh.contains(text, autoescape=True)
    )
    return func.upper(WorkOrder.number).contains(text.upper(), autoescape=True) | WorkOrder.item_id.in_(items)


def lots_made_by(found: Collection[WorkOrder]) -> dict[WorkOrderId, list[Lot]]:
    """The lots of their product that orders have made by reports that stand, oldest first, or are to make; one statement."""
    made: dict[WorkOrderId, list[Lot]] = {one.id: [] for one in found}
    rows = db.session.execute(
        select(ProductionReport.work_order_id, Lot)
        .join(ReportOutput, ReportOutput.report_id == ProductionReport.id)
        .join(WorkOrder, WorkOrder.id == ProductionReport.work_order_id)
        .join(Lot, Lot.id == ReportOutput.lot_id)
        .where(
            ProductionReport.work_order_id.in_(made), ProductionReport.reversed_at.is_(None),
            ReportOutput.item_id == WorkOrder.item_id,
        )
        .order_by(ReportOutput.id)
    ) if made else ()  # fmt: skip
    for order, lot in rows:
        made[order].append(lot)
    return {one.id: _with_own(one, made[one.id]) for one in found}


def _with_own(order: WorkOrder, made: Sequence[Lot]) -> list[Lot]:
    """Each lot once; where nothing was made yet, the one its outputs are to go into."""
    return list({lot.id: lot for lot in made}.values()) or ([order.lot] if order.lot is not None else [])


# -- one order --------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, kw_only=True)
class LotUsed:
    """A lot that really went into what an order made, by its reports that stand."""

    lot: Lot
    #: Zero: it was left in a vessel that was not cleaned, and is a source all the same.
    quantity: Quantity


@dataclass(frozen=True, kw_only=True)
class ComponentView:
    """One component: what it needs, what is bound, what went to the line and what became of it, what may stand in."""

    component: WorkOrderComponent
    want: Want
    balance: ComponentBalance
    bindings: tuple[Bound, ...]
    alternates: tuple[BomAlternate, ...]
    used: tuple[LotUsed, ...] = ()

    @property
    def short(self) -> Quantity:
        """What is neither bound nor issued nor drawn from a vessel; of a back-flushed component nothing is missed."""
        return ZERO if self.component.is_backflushed else max(self.want.short - self.balance.drawn, ZERO)


@dataclass(frozen=True, kw_only=True)
class OrderView:
    """One work order with all that a page shows of it."""

    order: WorkOrder
    components: tuple[ComponentView, ...]
    stopped: tuple[Stopped, ...]
    reports: tuple[ProductionReport, ...]
    pegs: tuple[LotPeg, ...]
    demand: DemandFacts | None
    clearance: LineClearance | None
    needs_clearance: bool
    #: Why it may not start yet: not_cleared, not_checked, used_since; blank: it may.
    why_not_cleared: str
    names: Mapping[int, str]
    #: How often it was opened again after it was closed, the newest first.
    corrections: tuple[WorkOrderCorrection, ...] = ()

    @property
    def is_short(self) -> bool:
        """Whether a component is short."""
        return any(one.short > ZERO for one in self.components)

    @property
    def made(self) -> Quantity:
        """How much of the product the reports that stand have made."""
        amounts = [
            output.quantity for report in self.reports if report.reversed_at is None for output in report.outputs
            if output.item_id == self.order.item_id
        ]  # fmt: skip
        return sum(amounts, ZERO)

    @property
    def lots_made(self) -> list[Lot]:
        """Every lot of the product that the reports that stand have made, or the one they are to make."""
        outputs = (output for report in self.reports if report.reversed_at is None for output in report.outputs)
        return _with_own(self.order, [output.lot for output in outputs if output.item_id == self.order.item_id])


def view_order(order_id: WorkOrderId, *, warehouse: WarehouseId) -> OrderView:
    """Give a work order of the warehouse with all that belongs to it; NotFound otherwise."""
    order = orders.get_order(order_id, warehouse=warehouse)
    bindings = orders.bindings_of(order)
    wants = orders.wants_of(order, bindings)
    balances = {one.component: one for one in issues.balance_of_order(order.id)}
    alternates = _alternates_of(order, wants)
    clearance = orders.clearance_of(order)
    again = corrections.corrections_of(order.id)
    told = reports.reports_of(order.id)
    used = _used_by(order, told)
    people = {
        order.created_by, order.released_by, order.closed_by, clearance.cleared_by if clearance else None,
        clearance.checked_by if clearance else None,
        *(who for one in again for who in (one.asked_by, one.opened_by, one.closed_by)),
    }  # fmt: skip
    return OrderView(
        order=order,
        components=tuple(
            ComponentView(
                component=want.component, want=want, balance=balances[want.component.id],
                bindings=tuple(b for b in bindings if b.component == want.component.id),
                alternates=tuple(alternates.get(want.component.id, ())), used=tuple(used.get(want.component.id, ())),
            )
            for want in wants
        ),
        stopped=tuple(orders.stopped_of(order.id)),
        reports=tuple(told),
        pegs=tuple(_pegs_by(order.id)),
        demand=demand_of(order),
        clearance=clearance,
        needs_clearance=orders.needs_clearance(order),
        why_not_cleared=orders.why_not_cleared(order) if order.state.value in ("planned", "released") else "",
        names=names_of({who for who in people if who is not None}),
        corrections=tuple(again),
    )  # fmt: skip


def _used_by(order: WorkOrder, told: Sequence[ProductionReport]) -> dict[WorkOrderComponentId, list[LotUsed]]:
    """The lots that went into what was made, by component; what was lost at the line is in no output."""
    by_item = {component.item_id: component.id for component in reversed(order.components)}
    amounts: dict[WorkOrderComponentId, dict[Lot, Quantity]] = {}
    for one in (one for report in told if report.reversed_at is None for one in report.inputs):
        component = one.component_id if one.component_id is not None else by_item.get(one.item_id)
        if component is None or one.source is InputSource.SCRAP:
            continue
        lots = amounts.setdefault(component, {})
        lots[one.lot] = lots.get(one.lot, ZERO) + one.quantity
    return {
        component: [LotUsed(lot=lot, quantity=quantity) for lot, quantity in lots.items()]
        for component, lots in amounts.items()
    }


def demand_of(order: WorkOrder) -> DemandFacts | None:
    """What stands behind the demand an order is made for."""
    if order.pegged_id is None:
        return None
    return demands.facts_of(order.pegged_kind, [order.pegged_id]).get(order.pegged_id)


def orders_for(demand_kind: str, demand_ids: Sequence[int]) -> list[WorkOrder]:
    """List the work orders that are made for these demands, the oldest first."""
    statement = (
        select(WorkOrder)
        .where(WorkOrder.pegged_kind == demand_kind, WorkOrder.pegged_id.in_(demand_ids))
        .order_by(WorkOrder.id)
    )
    return list(db.session.execute(statement).scalars()) if demand_ids else []


def _pegs_by(order: WorkOrderId) -> list[LotPeg]:
    statement = (
        select(LotPeg)
        .where(LotPeg.document_kind == ORDER, LotPeg.document_id == order)
        .options(joinedload(LotPeg.lot))
        .order_by(LotPeg.id)
    )
    return list(db.session.execute(statement).scalars())


def _alternates_of(order: WorkOrder, wants: Sequence[Want]) -> dict[WorkOrderComponentId, list[BomAlternate]]:
    """What may stand in for the components that are short, by priority."""
    short = {
        want.component.bom_line_id: want.component.id
        for want in wants
        if want.short > ZERO and want.component.bom_line_id is not None and want.component.replaces_id is None
    }
    rows = db.session.execute(
        select(BomAlternate)
        .where(BomAlternate.bom_line_id.in_(short))
        .options(joinedload(BomAlternate.item))
        .order_by(BomAlternate.priority)
    ).scalars() if short else ()  # fmt: skip
    found: dict[WorkOrderComponentId, list[BomAlternate]] = {}
    for row in rows:
        found.setdefault(short[row.bom_line_id], []).append(row)
    return found
