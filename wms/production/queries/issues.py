"""Reads of issues: what went to the line and came back, what was used of it, and what stands there still."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import BigInteger, case, func, literal, select, type_coerce
from sqlalchemy.orm import aliased, joinedload

from wms.accounts.models import User
from wms.catalog.models import Item
from wms.core.errors import NotFound
from wms.core.ids import (
    LOOSE,
    BinId,
    ItemId,
    LotId,
    LpnId,
    ProductionLineId,
    TaskId,
    WarehouseId,
    WorkOrderComponentId,
    WorkOrderId,
)
from wms.core.quantity import ZERO, Quantity
from wms.db import db
from wms.production.models import (
    InputSource,
    IssueKind,
    OpenLot,
    ProductionLine,
    ProductionReport,
    ReportInput,
    WorkOrder,
    WorkOrderComponent,
    WorkOrderIssue,
    WorkOrderState,
)
from wms.sites.models import Bin
from wms.stock import queries as stock
from wms.stock.models import Lot, Lpn
from wms.tasks.models import Task, TaskKind, TaskState

#: What a report takes out of a vessel, or names as what was left in it, never stood at the line.
_NOT_OF_LINE: Final = (InputSource.VESSEL, InputSource.RESIDUE)
_NOTHING: Final = literal(0, BigInteger)


@dataclass(frozen=True, kw_only=True)
class ComponentBalance:
    """What happened to one component of a work order, in its base unit.

    `consumed` went into outputs, `scrapped` was lost at the line, `backflushed` is the part of `consumed` that the recipe
    took. `at_line` is what was issued and neither came back nor was used.
    """

    component: WorkOrderComponentId
    line: int
    item: ItemId
    sku: str
    name_en: str
    name_zh: str
    unit: str
    planned: Quantity
    is_backflushed: bool = False
    issued: Quantity = ZERO
    supplemented: Quantity = ZERO
    returned: Quantity = ZERO
    consumed: Quantity = ZERO
    backflushed: Quantity = ZERO
    scrapped: Quantity = ZERO
    #: Drawn from vessels: it went into outputs too, and never stood at the line.
    drawn: Quantity = ZERO

    @property
    def used(self) -> Quantity:
        """All that went into outputs, from the line and from vessels."""
        return self.consumed + self.drawn

    @property
    def at_line(self) -> Quantity:
        """What still stands at the line for the order, by its papers; back-flush may have taken more than was issued."""
        return max(self.issued - self.returned - self.consumed - self.scrapped, ZERO)

    @property
    def to_issue(self) -> Quantity:
        """What the plan still asks for; what was issued beyond it does not count towards it, and what came back is not missed."""
        return max(self.planned - (self.issued - self.supplemented), ZERO)


def balance_of_order(work_order: WorkOrderId) -> list[ComponentBalance]:
    """Per component what was issued, returned, consumed and scrapped, and what is at the line; reports taken back left out."""
    return balances_of_orders([work_order]).get(work_order, [])


def balances_of_orders(orders: Collection[WorkOrderId]) -> dict[WorkOrderId, list[ComponentBalance]]:
    """The same of many orders, in three statements."""
    if not orders:
        return {}
    moved = _issues_by_component(orders)
    used = _used_by_component(orders)
    rows = db.session.execute(
        select(
            WorkOrderComponent.work_order_id, WorkOrderComponent.id.label("component"), WorkOrderComponent.line,
            WorkOrderComponent.item_id.label("item"), Item.sku, Item.name_en, Item.name_zh, Item.base_unit.label("unit"),
            WorkOrderComponent.quantity.label("planned"), WorkOrderComponent.is_backflushed,
        )
        .join(Item, Item.id == WorkOrderComponent.item_id)
        .where(WorkOrderComponent.work_order_id.in_(orders))
        .order_by(WorkOrderComponent.work_order_id, WorkOrderComponent.line)
    )  # fmt: skip
    found: dict[WorkOrderId, list[ComponentBalance]] = {order: [] for order in orders}
    for row in rows:
        found[row.work_order_id].append(
            ComponentBalance(
                component=row.component, line=row.line, item=row.item, sku=row.sku, name_en=row.name_en,
                name_zh=row.name_zh, unit=row.unit, planned=row.planned, is_backflushed=row.is_backflushed,
                **moved.get(row.component, {}), **used.get(row.component, {}),
            )
        )  # fmt: skip
    return found


def _issues_by_component(orders: Collection[WorkOrderId]) -> dict[int, dict[str, Quantity]]:
    kind, quantity = WorkOrderIssue.kind, WorkOrderIssue.quantity
    rows = db.session.execute(
        select(
            WorkOrderIssue.component_id,
            _total(case((kind == IssueKind.RETURN, _NOTHING), else_=quantity)).label("issued"),
            _total(case((kind == IssueKind.SUPPLEMENT, quantity), else_=_NOTHING)).label("supplemented"),
            _total(case((kind == IssueKind.RETURN, quantity), else_=_NOTHING)).label("returned"),
        )
        .where(WorkOrderIssue.work_order_id.in_(orders), WorkOrderIssue.reversed_seq.is_(None))
        .group_by(WorkOrderIssue.component_id)
    )
    return {r.component_id: {"issued": r.issued, "supplemented": r.supplemented, "returned": r.returned} for r in rows}


def _used_by_component(orders: Collection[WorkOrderId]) -> dict[int, dict[str, Quantity]]:
    def of(*sources: InputSource) -> Any:
        return _total(case((ReportInput.source.in_(sources), ReportInput.quantity), else_=_NOTHING))

    rows = db.session.execute(
        select(
            ReportInput.component_id, of(InputSource.LINE, InputSource.BACKFLUSH).label("consumed"),
            of(InputSource.BACKFLUSH).label("backflushed"), of(InputSource.SCRAP).label("scrapped"),
            of(InputSource.VESSEL).label("drawn"),
        )
        .join(ProductionReport, ProductionReport.id == ReportInput.report_id)
        .where(
            ProductionReport.work_order_id.in_(orders), ProductionReport.reversed_at.is_(None),
            ReportInput.component_id.is_not(None),
        )
        .group_by(ReportInput.component_id)
    )  # fmt: skip
    return {
        r.component_id: {name: getattr(r, name) for name in ("consumed", "backflushed", "scrapped", "drawn")}
        for r in rows
    }


def _total(amount: Any) -> Any:
    return type_coerce(func.coalesce(func.sum(type_coerce(amount, BigInteger)), 0), WorkOrderIssue.quantity.type)


# -- lots at the line -------------------------------------------------------------------------------------------------
@dataclass(frozen=True, kw_only=True)
class LotAtLine:
    """A lot of a component at the line, by the order's papers."""

    component: WorkOrderComponentId
    lot: LotId
    number: str
    sku: str
    unit: str
    issued: Quantity
    returned: Quantity
    used: Quantity

    @property
    def at_line(self) -> Quantity:
        """What of it was issued and neither came back nor was used or scrapped."""
        return max(self.issued - self.returned - self.used, ZERO)


def lots_at_line(work_order: WorkOrderId) -> list[LotAtLine]:
    """Per component and lot what went to the line, came back and was used, in the order of the components; two statements."""
    issued = db.session.execute(
        select(
            WorkOrderIssue.component_id, WorkOrderIssue.lot_id, Lot.number, Item.sku, Item.base_unit,
            WorkOrderComponent.line,
            _total(case((WorkOrderIssue.kind == IssueKind.RETURN, _NOTHING), else_=WorkOrderIssue.quantity)).label("out"),
            _total(case((WorkOrderIssue.kind == IssueKind.RETURN, WorkOrderIssue.quantity), else_=_NOTHING)).label("back"),
        )
        .join(WorkOrderComponent, WorkOrderComponent.id == WorkOrderIssue.component_id)
        .join(Lot, Lot.id == WorkOrderIssue.lot_id).join(Item, Item.id == Lot.item_id)
        .where(WorkOrderIssue.work_order_id == work_order, WorkOrderIssue.reversed_seq.is_(None))
        .group_by(
            WorkOrderIssue.component_id, WorkOrderIssue.lot_id, Lot.number, Item.sku, Item.base_unit,
            WorkOrderComponent.line,
        )
        .order_by(WorkOrderComponent.line, Lot.number)
    ).all()  # fmt: skip
    used = {
        (r.component_id, r.lot_id): r.used
        for r in db.session.execute(
            select(ReportInput.component_id, ReportInput.lot_id, _total(ReportInput.quantity).label("used"))
            .join(ProductionReport, ProductionReport.id == ReportInput.report_id)
            .where(
                ProductionReport.work_order_id == work_order, ProductionReport.reversed_at.is_(None),
                ReportInput.source.not_in(_NOT_OF_LINE),
            )
            .group_by(ReportInput.component_id, ReportInput.lot_id)
        )
    }  # fmt: skip
    return [
        LotAtLine(
            component=r.component_id, lot=r.lot_id, number=r.number, sku=r.sku, unit=r.base_unit, issued=r.out,
            returned=r.back, used=used.get((r.component_id, r.lot_id), ZERO),
        )
        for r in issued
    ]  # fmt: skip


def at_line_of_lot(work_order: WorkOrderId, component: WorkOrderComponentId, lot: LotId) -> Quantity:
    """How much of a lot still stands at the line for a component, by the order's papers."""
    found = (one.at_line for one in lots_at_line(work_order) if (one.component, one.lot) == (component, lot))
    return next(found, ZERO)


# -- the rows and the open lots ---------------------------------------------------------------------------------------
def get_issue(issue: int, *, warehouse: WarehouseId) -> WorkOrderIssue:
    """Give one issue or return of this warehouse, read anew; NotFound otherwise."""
    statement = (
        select(WorkOrderIssue)
        .join(WorkOrder, WorkOrder.id == WorkOrderIssue.work_order_id)
        .where(WorkOrderIssue.id == issue, WorkOrder.warehouse_id == warehouse)
        .options(joinedload(WorkOrderIssue.lot))
        .execution_options(populate_existing=True)
    )
    found = db.session.execute(statement).scalar_one_or_none()
    if found is None:
        raise NotFound(kind="issue", text=str(issue))
    return found


@dataclass(frozen=True, kw_only=True)
class IssueRow:
    """One issue or return with the names around it."""

    issue: WorkOrderIssue
    sku: str
    unit: str
    lot_number: str
    instead_of: str | None
    bin_code: str
    issued_by: str
    approved_by: str | None


def issues_of(work_order: WorkOrderId) -> list[IssueRow]:
    """List what went to the line and came back, newest first, one statement."""
    return _issue_rows(WorkOrderIssue.work_order_id == work_order)


def issue_row(issue: int) -> IssueRow:
    """Give one issue or return with the names around it."""
    return _issue_rows(WorkOrderIssue.id == issue)[0]


def _issue_rows(condition: Any) -> list[IssueRow]:
    other, approver = aliased(Lot), aliased(User)
    rows = db.session.execute(
        select(
            WorkOrderIssue, Item.sku, Item.base_unit, Lot.number, other.number.label("instead"), Bin.code,
            User.full_name, approver.full_name.label("approver"),
        )
        .join(Lot, Lot.id == WorkOrderIssue.lot_id).join(Item, Item.id == Lot.item_id)
        .join(Bin, Bin.id == WorkOrderIssue.bin_id).join(User, User.id == WorkOrderIssue.issued_by)
        .outerjoin(other, other.id == WorkOrderIssue.instead_of_lot_id)
        .outerjoin(approver, approver.id == WorkOrderIssue.approved_by)
        .where(condition)
        .order_by(WorkOrderIssue.id.desc())
    )  # fmt: skip
    return [
        IssueRow(
            issue=r[0], sku=r.sku, unit=r.base_unit, lot_number=r.number, instead_of=r.instead, bin_code=r.code,
            issued_by=r.full_name, approved_by=r.approver,
        )
        for r in rows
    ]  # fmt: skip


def open_lot_at(line: ProductionLineId, item: ItemId) -> OpenLot | None:
    """The lot of an item that is declared open at a line, or None."""
    statement = select(OpenLot).where(OpenLot.line_id == line, OpenLot.item_id == item, OpenLot.closed_at.is_(None))
    return db.session.execute(statement.options(joinedload(OpenLot.lot))).scalar_one_or_none()


@dataclass(frozen=True, kw_only=True)
class OpenLotRow:
    """A lot declared open at a line, with how much of it stands there."""

    id: int
    line: ProductionLineId
    line_code: str
    item: ItemId
    sku: str
    unit: str
    lot: LotId
    lot_number: str
    expires_on: date | None
    on_hand: Quantity
    opened_by: str
    opened_at: datetime


def open_lots(warehouse: WarehouseId, *, line: ProductionLineId | None = None) -> list[OpenLotRow]:
    """List the lots that are open at the lines of a warehouse, or at one line; two statements."""
    statement = (
        select(
            OpenLot.id, OpenLot.line_id, ProductionLine.code, ProductionLine.bin_id, OpenLot.item_id, Item.sku,
            Item.base_unit, OpenLot.lot_id, Lot.number, Lot.expires_on, User.full_name, OpenLot.opened_at,
        )
        .join(ProductionLine, ProductionLine.id == OpenLot.line_id).join(Lot, Lot.id == OpenLot.lot_id)
        .join(Item, Item.id == OpenLot.item_id).join(User, User.id == OpenLot.opened_by)
        .where(ProductionLine.warehouse_id == warehouse, OpenLot.closed_at.is_(None))
        .order_by(ProductionLine.code, Item.sku)
    )  # fmt: skip
    if line is not None:
        statement = statement.where(OpenLot.line_id == line)
    rows = db.session.execute(statement).all()
    standing = stock.find_balances(lots={r.lot_id for r in rows}, warehouse=warehouse) if rows else []
    return [
        OpenLotRow(
            id=r.id, line=r.line_id, line_code=r.code, item=r.item_id, sku=r.sku, unit=r.base_unit, lot=r.lot_id,
            lot_number=r.number, expires_on=r.expires_on, opened_by=r.full_name, opened_at=r.opened_at,
            on_hand=sum((b.on_hand for b in standing if (b.lot, b.bin) == (r.lot_id, r.bin_id)), ZERO),
        )
        for r in rows
    ]  # fmt: skip


# -- what is to be brought ----------------------------------------------------------------------------------------------
@dataclass(frozen=True, kw_only=True)
class IssueStop:
    """One walk to a bin for a work order: which goods, and how much of them is still to be brought."""

    task: TaskId
    component: WorkOrderComponentId
    item: ItemId
    sku: str
    name_en: str
    name_zh: str
    unit: str
    lot: LotId
    lot_number: str
    expires_on: date | None
    bin: BinId
    bin_code: str
    lpn: LpnId
    lpn_code: str
    left: Quantity


def stops_of(work_order: WorkOrderId) -> list[IssueStop]:
    """List what is still to be brought to the line for an order, in the order of the walk; one statement."""
    rows = db.session.execute(
        select(
            Task.id, Task.demand_id, Task.quantity, Task.done_quantity, Task.lot_id, Lot.number,
            func.coalesce(Lot.expires_on, Lot.best_before_on).label("good_until"), Item.id.label("item"), Item.sku,
            Item.name_en, Item.name_zh, Item.base_unit, Bin.id.label("bin"), Bin.code, Lpn.id.label("lpn"),
            Lpn.code.label("lpn_code"),
        )
        .join(Lot, Lot.id == Task.lot_id).join(Item, Item.id == Task.item_id).join(Bin, Bin.id == Task.source_bin_id)
        .join(Lpn, Lpn.id == Task.source_lpn_id)
        .where(
            Task.document_kind == "work_order", Task.document_id == work_order, Task.kind == TaskKind.ISSUE,
            Task.state.in_((TaskState.OPEN, TaskState.TAKEN)),
        )
        .order_by(Bin.walk_sequence, Bin.code, Task.sequence, Task.id)
    )  # fmt: skip
    return [
        IssueStop(
            task=r.id, component=WorkOrderComponentId(r.demand_id), item=r.item, sku=r.sku, name_en=r.name_en,
            name_zh=r.name_zh, unit=r.base_unit, lot=r.lot_id, lot_number=r.number, expires_on=r.good_until, bin=r.bin,
            bin_code=r.code, lpn=r.lpn, lpn_code="" if r.lpn == LOOSE else r.lpn_code,
            left=max((r.quantity or ZERO) - r.done_quantity, ZERO),
        )
        for r in rows
    ]  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class OrderToFeed:
    """A work order that waits for goods at its line."""

    id: WorkOrderId
    number: str
    sku: str
    name_en: str
    name_zh: str
    line_code: str
    stops: int
    #: How many orders wait in all, this one among them.
    waiting: int


def orders_to_feed(warehouse: WarehouseId, *, limit: int = 6) -> list[OrderToFeed]:
    """List the work orders that goods are still to be brought to, the earliest due first; one statement."""
    waiting = (
        select(Task.document_id, func.count().label("stops"))
        .where(
            Task.warehouse_id == warehouse, Task.kind == TaskKind.ISSUE,
            Task.state.in_((TaskState.OPEN, TaskState.TAKEN)),
        )
        .group_by(Task.document_id)
        .subquery("waiting")
    )  # fmt: skip
    rows = db.session.execute(
        select(WorkOrder.id, WorkOrder.number, Item.sku, Item.name_en, Item.name_zh, ProductionLine.code, waiting.c.stops, func.count().over().label("waiting"))
        .select_from(waiting).join(WorkOrder, WorkOrder.id == waiting.c.document_id)
        .join(Item, Item.id == WorkOrder.item_id).join(ProductionLine, ProductionLine.id == WorkOrder.line_id)
        .where(WorkOrder.state.in_((WorkOrderState.RELEASED, WorkOrderState.STARTED)))
        .order_by(WorkOrder.due_on.is_(None), WorkOrder.due_on, WorkOrder.id).limit(limit)
    )  # fmt: skip
    return [
        OrderToFeed(
            id=r.id,
            number=r.number,
            sku=r.sku,
            name_en=r.name_en,
            name_zh=r.name_zh,
            line_code=r.code,
            stops=r.stops,
            waiting=r.waiting,
        )
        for r in rows
    ]
