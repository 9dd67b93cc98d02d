"""Reads that cross features: what needs a person today, the whole story of a lot, who is behind a demand."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import func, join, select, union_all

from wms.accounts.models import User
from wms.alerts.models import Alert, AlertState, Severity
from wms.audit.models import AuditEntry
from wms.catalog.models import Item, Partner
from wms.core.ids import BalanceId, LotId, OrderId, ReceiptId, ShipmentId, TaskId, WarehouseId
from wms.core.quantity import Quantity
from wms.db import db
from wms.fields import queries as own_fields
from wms.picking.models import Order, OrderLine, OrderState
from wms.quality import queries as quality
from wms.receiving.models import Receipt, ReceiptLine
from wms.shipping.models import Shipment, ShipmentState
from wms.stock import queries as stock
from wms.stock.captures import TypedReason
from wms.stock.models import Capture, Lot
from wms.tasks.models import Task, TaskKind, TaskState

COUNTED = 100  # lists of the first page are counted so far; beyond, the page says 99+
_LIVE = (OrderState.NEW, OrderState.ALLOCATED, OrderState.PICKING, OrderState.PICKED)


# -- who is behind a demand ---------------------------------------------------------------------------------------------
def describe_demands(kind: str, ids: Collection[int]) -> Mapping[int, quality.Demand]:
    """Say which order and customer stand behind order lines; other kinds of demand are not known here."""
    if kind != "order_line" or not ids:
        return {}
    rows = db.session.execute(
        select(OrderLine.id, Order.id.label("order"), Order.number, Partner.name_en, Partner.name_zh, Order.ship_on,
               Order.state)
        .join(Order, Order.id == OrderLine.order_id)
        .join(Partner, Partner.id == Order.customer_id)
        .where(OrderLine.id.in_(ids))
    )  # fmt: skip
    return {
        r.id: quality.Demand(
            order=r.order, number=r.number, customer_en=r.name_en, customer_zh=r.name_zh, ship_on=r.ship_on,
            state=r.state.value,
        )
        for r in rows
    }  # fmt: skip


# -- today --------------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, kw_only=True)
class LateOrder:
    """An order that should have left, or leaves today."""

    id: OrderId
    number: str
    name_en: str
    name_zh: str
    ship_on: date
    state: OrderState


@dataclass(frozen=True, kw_only=True)
class WaitingTask:
    """A stopped pick, or work a hold left."""

    id: TaskId
    kind: TaskKind
    lot: LotId | None
    lot_number: str | None
    sku: str | None
    why: str
    quantity: Quantity | None
    unit: str | None
    since: datetime
    order: OrderId | None
    order_number: str | None


@dataclass(frozen=True, kw_only=True)
class Today:
    """What needs a person now, each list in order of harm and cut short; `alert_count` counts those not acknowledged."""

    alerts: list[Alert]
    alert_count: int
    critical_count: int
    holds: list[quality.HoldRow]
    pending: list[stock.LotSum]
    expiring: list[stock.LotSum]
    late: list[LateOrder]
    stopped: list[WaitingTask]


def today(warehouse: WarehouseId, *, on: date, at: datetime, may: Collection[str], horizon_days: int = 30) -> Today:
    """Collect the first page; a list the person has no right to see (`may`: permissions) stays empty."""
    sees_alerts, sees_stock, sees_orders = "alert.view" in may, "stock.view" in may, "order.view" in may
    alerts = _open_alerts(warehouse) if sees_alerts else []
    counts = _alert_counts(warehouse) if sees_alerts else {}
    return Today(
        alerts=alerts,
        alert_count=sum(counts.values()),
        critical_count=counts.get(Severity.CRITICAL, 0),
        holds=_old_holds(warehouse, at=at) if sees_stock else [],
        pending=stock.lots_pending(warehouse=warehouse, limit=COUNTED) if sees_stock else [],
        expiring=stock.lots_expiring(warehouse=warehouse, on=on, until=on + timedelta(days=horizon_days), limit=8)
        if sees_stock
        else [],
        late=late_orders(warehouse, on=on) if sees_orders else [],
        stopped=waiting_tasks(warehouse) if "task.view" in may else [],
    )


def _open_alerts(warehouse: WarehouseId) -> list[Alert]:
    """The worst alerts that nobody acknowledged: critical ones first, then the newest."""
    statement = (
        select(Alert)
        .where(
            (Alert.warehouse_id == warehouse) | Alert.warehouse_id.is_(None),
            Alert.state == AlertState.OPEN,
        )
        .order_by(
            (Alert.severity == Severity.CRITICAL).desc(), (Alert.severity == Severity.WARNING).desc(), Alert.id.desc()
        )
        .limit(8)
    )
    return list(db.session.execute(statement).scalars())


def _alert_counts(warehouse: WarehouseId) -> dict[Severity, int]:
    statement = (
        select(Alert.severity, func.count())
        .where((Alert.warehouse_id == warehouse) | Alert.warehouse_id.is_(None), Alert.state == AlertState.OPEN)
        .group_by(Alert.severity)
    )
    return {row[0]: int(row[1]) for row in db.session.execute(statement)}


def _old_holds(warehouse: WarehouseId, *, at: datetime) -> list[quality.HoldRow]:
    return list(quality.list_holds(warehouse=warehouse, oldest_first=True, size=COUNTED).rows)


def late_orders(warehouse: WarehouseId, *, on: date, limit: int = COUNTED) -> list[LateOrder]:
    """Orders whose day has come and that have not left, the longest overdue first."""
    rows = db.session.execute(
        select(Order.id, Order.number, Partner.name_en, Partner.name_zh, Order.ship_on, Order.state)
        .join(Partner, Partner.id == Order.customer_id)
        .where(Order.warehouse_id == warehouse, Order.state.in_(_LIVE), Order.ship_on <= on)
        .order_by(Order.ship_on, Order.priority, Order.id)
        .limit(limit)
    )
    return [LateOrder(**r._mapping) for r in rows]


def waiting_tasks(warehouse: WarehouseId, *, limit: int = 8) -> list[WaitingTask]:
    """Picks stopped by a hold whose order still waits, and open work to carry held goods away, the oldest first."""
    stopped = select(Task.id).where(
        Task.warehouse_id == warehouse, Task.kind == TaskKind.PICK, Task.state == TaskState.STOPPED
    )
    to_carry = select(Task.id).where(
        Task.warehouse_id == warehouse, Task.kind.in_((TaskKind.RECOVER, TaskKind.CAGE)),
        Task.state.in_((TaskState.OPEN, TaskState.TAKEN)),
    )  # fmt: skip
    # Both by their index; a single condition with OR would walk every task there ever was.
    ids = union_all(stopped, to_carry).subquery()
    statement = (
        select(
            Task.id, Task.kind, Task.lot_id.label("lot"), Lot.number.label("lot_number"), Item.sku, Task.why,
            Task.quantity, Item.base_unit.label("unit"), func.coalesce(Task.closed_at, Task.created_at).label("since"),
            Order.id.label("order"), Order.number.label("order_number"),
        )
        .select_from(join(ids, Task, Task.id == ids.c.id))
        .outerjoin(Lot, Lot.id == Task.lot_id)
        .outerjoin(Item, Item.id == func.coalesce(Task.item_id, Lot.item_id))
        .outerjoin(OrderLine, (OrderLine.id == Task.demand_id) & (Task.demand_kind == "order_line"))
        .outerjoin(Order, Order.id == OrderLine.order_id)
        .where((Task.kind != TaskKind.PICK) | Order.state.in_(_LIVE))
        .order_by(Task.id + 0)  # an expression, so that SQLite sorts these few and does not walk every task by its id
        .limit(limit)
    )  # fmt: skip
    return [WaitingTask(**r._mapping) for r in db.session.execute(statement)]


# -- one lot --------------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, kw_only=True)
class ReceiptOfLot:
    """One receipt in which the lot came."""

    id: ReceiptId
    number: str
    supplier_en: str | None
    supplier_zh: str | None
    quantity: Quantity
    received_at: datetime
    delivery_note: str
    by: str


@dataclass(frozen=True, kw_only=True)
class OrderOfLot:
    """One order the lot went to, or is picked for."""

    id: OrderId
    number: str
    customer_en: str
    customer_zh: str
    state: OrderState
    ship_on: date
    picked: Quantity
    shipped: Quantity
    claimed: Quantity
    shipment: ShipmentId | None
    shipment_number: str | None
    shipment_state: ShipmentState | None
    shipped_at: datetime | None


def receipts_of_lot(lot: LotId, *, warehouses: Collection[WarehouseId]) -> list[ReceiptOfLot]:
    """The receipts in these warehouses in which the lot came, the latest first."""
    rows = db.session.execute(
        select(
            Receipt.id, Receipt.number, Partner.name_en.label("supplier_en"), Partner.name_zh.label("supplier_zh"),
            func.sum(ReceiptLine.quantity).label("quantity"), func.min(ReceiptLine.received_at).label("received_at"),
            Receipt.delivery_note, func.min(User.full_name).label("by"),
        )
        .join(Receipt, Receipt.id == ReceiptLine.receipt_id)
        .join(User, User.id == ReceiptLine.received_by)
        .outerjoin(Partner, Partner.id == Receipt.supplier_id)
        .where(
            ReceiptLine.lot_id == lot, Receipt.warehouse_id.in_(warehouses), ReceiptLine.reversed_at.is_(None)
        )
        .group_by(Receipt.id, Receipt.number, Partner.name_en, Partner.name_zh, Receipt.delivery_note)
        .order_by(Receipt.id.desc())
    )  # fmt: skip
    return [ReceiptOfLot(**{**r._mapping, "quantity": _amount(r.quantity)}) for r in rows]


def orders_of_lot(
    lot: LotId, balances: Collection[BalanceId], *, warehouses: Collection[WarehouseId]
) -> list[OrderOfLot]:
    """The orders of these warehouses this lot is promised to, picked for or went out with, the latest first.

    `balances` are the lot's own there: promises lie on them.
    """
    if not warehouses:
        return []
    served = {(d.demand_kind, d.demand_id): d for d in stock.demands_served_by(lot)}
    claimed: dict[int, int] = {}
    for claim in stock.claims_on(balances):
        if claim.demand_kind == "order_line":
            claimed[claim.demand_id] = claimed.get(claim.demand_id, 0) + claim.quantity.millionths
    lines = {i for kind, i in served if kind == "order_line"} | set(claimed)
    if not lines:
        return []
    rows = db.session.execute(
        select(
            OrderLine.id.label("line"), Order.id, Order.number, Partner.name_en.label("customer_en"),
            Partner.name_zh.label("customer_zh"), Order.state, Order.ship_on, Shipment.id.label("shipment"),
            Shipment.number.label("shipment_number"), Shipment.state.label("shipment_state"), Shipment.shipped_at,
        )
        .join(Order, Order.id == OrderLine.order_id)
        .join(Partner, Partner.id == Order.customer_id)
        .outerjoin(Shipment, Shipment.order_id == Order.id)
        .where(OrderLine.id.in_(lines), Order.warehouse_id.in_(warehouses))
        .order_by(Order.id.desc())
    ).all()  # fmt: skip
    found: dict[int, OrderOfLot] = {}
    for r in rows:
        values = {name: value for name, value in r._mapping.items() if name != "line"}
        moved = served.get(("order_line", r.line))
        before = found.get(r.id)
        picked = (moved.picked if moved else Quantity(0)) + (before.picked if before else Quantity(0))
        shipped = (moved.shipped if moved else Quantity(0)) + (before.shipped if before else Quantity(0))
        promised = Quantity(claimed.get(r.line, 0)) + (before.claimed if before else Quantity(0))
        found[r.id] = OrderOfLot(**values, picked=picked, shipped=shipped, claimed=promised)
    return list(found.values())


@dataclass(frozen=True, kw_only=True)
class Event:
    """One thing that happened to a lot: a posting, or a change of its record. `kind` says which page tells more."""

    at: datetime
    kind: str
    code: str
    by: str
    quantity: Quantity | None = None
    source: str = ""
    target: str = ""
    site: str = ""
    note: str = ""
    changes: tuple[tuple[str, str, str], ...] = ()
    capture: Capture | None = None
    raw_scan: str = ""
    typed_reason: TypedReason | None = None
    typed_note: str = ""


def events_of_lot(lot: LotId, *, moves: list[stock.MoveRow]) -> list[Event]:
    """Everything that happened to a lot, newest first: its moves, and what was changed on it and its holds."""
    events = [
        Event(
            at=m.recorded_at, kind="move", code=m.reason.value, by=m.actor, quantity=m.quantity,
            source=_end(m.source_bin, m.source_lpn), target=_end(m.target_bin, m.target_lpn), site=m.warehouse_code,
            note=m.note, capture=m.capture, raw_scan=m.raw_scan, typed_reason=m.typed_reason, typed_note=m.typed_note,
        )
        for m in moves
    ]  # fmt: skip
    events += _changes(lot)
    return sorted(events, key=lambda e: e.at, reverse=True)


def _end(bin_code: str, lpn_code: str) -> str:
    return f"{bin_code} · {lpn_code}" if lpn_code.isdigit() else bin_code


def _changes(lot: LotId) -> list[Event]:
    rows = db.session.execute(
        select(
            AuditEntry.at, AuditEntry.entity, AuditEntry.action, AuditEntry.changes, AuditEntry.reason, User.full_name
        )
        .outerjoin(User, User.id == AuditEntry.actor_id)
        .where(AuditEntry.entity == "lot", AuditEntry.entity_id == lot)
        .order_by(AuditEntry.seq.desc())
        .limit(200)
    )
    return [
        Event(
            at=r.at, kind=r.entity, code=r.action, by=r.full_name or "–", note=r.reason,
            changes=() if r.action == "created" else tuple(_change(name, pair) for name, pair in r.changes.items())[:12],
        )
        for r in rows
    ] + [
        Event(
            at=change.entry.at, kind="own_field_value", code="changed", by=change.actor_name or "–",
            note=change.entry.reason, changes=tuple(_change(name, pair) for name, pair in change.entry.changes.items()),
        )
        for change in own_fields.with_history("lot", lot, [], limit=200)
    ]  # fmt: skip


def _change(name: str, pair: Any) -> tuple[str, str, str]:
    before, after = pair if isinstance(pair, list | tuple) and len(pair) == 2 else ("", pair)
    return name, str(before if before is not None else "–"), str(after if after is not None else "–")


def _amount(value: Any) -> Quantity:
    return value if isinstance(value, Quantity) else Quantity(int(value))
