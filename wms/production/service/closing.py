"""Closing a work order: what does not agree is refused, or signed for and kept on the order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from wms.core.errors import MissingField, OrderReopened, WorkOrderDiffers, WorkOrderNotClear
from wms.core.ids import UserId, WarehouseId, WorkOrderId
from wms.core.states import step
from wms.db import db
from wms.events.catalog import WorkOrderChanged
from wms.events.outbox import emit
from wms.production.models import WorkOrder, WorkOrderState
from wms.production.queries import closing as queries
from wms.production.queries.corrections import open_correction
from wms.production.queries.issues import balance_of_order
from wms.production.queries.orders import COMPONENT, ORDER, get_order
from wms.production.rules.closing import Difference
from wms.production.rules.states import WORK_ORDER_STEPS
from wms.signing.rules import Meaning
from wms.signing.service import sign
from wms.stock import ledger


@dataclass(frozen=True, kw_only=True)
class CloseOrder:
    """Close a work order. `is_signed`: the person gave the password again and signs for what does not agree."""

    work_order: WorkOrderId
    warehouse: WarehouseId
    is_signed: bool = False
    reason: str = ""


def close(cmd: CloseOrder, *, actor: UserId, at: datetime) -> list[Difference]:
    """Close a started or completed work order; give what was signed for. What still was promised at the line is free then.

    An order that was opened again for a wrong report is closed by a signature, whatever the check finds. Raises NotFound,
    WrongState, WorkOrderNotClear (goods are still to be brought: complete it first), WorkOrderDiffers (needs a signature),
    OrderReopened (the same), MissingField (a signature without a reason).
    """
    order = get_order(cmd.work_order, warehouse=cmd.warehouse, is_locked=True)
    state = WorkOrderState(step(WORK_ORDER_STEPS, order.state.value, "close", subject=ORDER))
    _check_clear(order)
    found = queries.differences_of(order)
    if found and not cmd.is_signed:
        raise WorkOrderDiffers(order=order.number, differences=[one.text for one in found])
    again = open_correction(order.id)
    if again is not None and not cmd.is_signed:
        raise OrderReopened(order=order.number, report=again.report.number)
    if (found or again) and not cmd.reason.strip():
        raise MissingField(field="reason")
    if cmd.is_signed:
        _sign(order, found, cmd, actor=actor, at=at)
    ledger.release_demand(COMPONENT, [c.id for c in order.components], actor=actor, at=at)
    order.state, order.closed_by, order.closed_at = state, actor, at
    if again is not None:
        again.closed_by, again.closed_at, again.closing_signature_id = actor, at, order.close_signature_id
    db.session.flush()
    emit(
        WorkOrderChanged(work_order=order.id, number=order.number, state=state.value, item=order.item_id),
        actor=actor,
        at=at,
    )
    return found


def _check_clear(order: WorkOrder) -> None:
    """Nothing may still be on its way to the line for it."""
    tasks, bindings = queries.open_work_of(order)
    what = (["tasks_open"] if tasks else []) + (["lots_bound"] if bindings else [])
    if what:
        raise WorkOrderNotClear(order=order.number, what=what)


def _sign(order: WorkOrder, found: list[Difference], cmd: CloseOrder, *, actor: UserId, at: datetime) -> None:
    """Sign the closing with what does not agree and the balance of every component under the signature."""
    order.close_differences = [one.plain() for one in found]
    order.close_signature_id = sign(
        subject_kind=ORDER, subject_id=order.id, meaning=Meaning.CLOSED, actor=actor, at=at, reason=cmd.reason.strip(),
        warehouse=cmd.warehouse,
        record={
            "work_order": order.number,
            "item": order.item.sku,
            "planned": str(order.quantity),
            "differences": order.close_differences,
            "components": [
                {
                    "line": b.line, "item": b.sku, "unit": b.unit, "planned": str(b.planned), "issued": str(b.issued),
                    "returned": str(b.returned), "consumed": str(b.consumed), "drawn": str(b.drawn),
                    "scrapped": str(b.scrapped),
                }
                for b in balance_of_order(order.id)
            ],
        },
    )  # fmt: skip
