"""A closed work order is opened again because a report of it is wrong: one person asks, another signs.

Open, it is an order like any other that goes on: the right lot is issued, the report corrected, the wrong goods are brought
back, and the closing check is made anew and signed (service/closing.py). What the closing before it said is kept with the
correction; nothing of it is overwritten.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from wms.core.errors import KeyReused, MissingField, NotFound, OtherPersonNeeded, ReportCorrected, WrongState
from wms.core.ids import ProductionReportId, UserId, WarehouseId, new_id
from wms.core.states import step
from wms.db import db
from wms.disposition.queries import names_of
from wms.events.catalog import WorkOrderChanged
from wms.events.outbox import emit
from wms.production.models import WorkOrder, WorkOrderCorrection, WorkOrderState
from wms.production.queries import corrections as queries
from wms.production.queries.corrections import CORRECTION
from wms.production.queries.orders import ORDER, get_order
from wms.production.queries.reports import get_report
from wms.production.rules.states import WORK_ORDER_STEPS
from wms.signing.rules import Meaning
from wms.signing.service import sign


@dataclass(frozen=True, kw_only=True)
class AskCorrection:
    """A report of a closed order is wrong: why the order is to be opened again."""

    key: str
    warehouse: WarehouseId
    report: ProductionReportId
    reason: str


def ask_correction(cmd: AskCorrection, *, actor: UserId, at: datetime) -> WorkOrderCorrection:
    """Ask that a closed order is opened again; a second person does it. Once for each `key`, and one at a time.

    Raises NotFound, MissingField (reason), ReportCorrected, WrongState (the order is not closed, or is asked for), KeyReused.
    """
    if not cmd.reason.strip():
        raise MissingField(field="reason")
    found = get_report(cmd.report, warehouse=cmd.warehouse)
    order = get_order(found.work_order_id, warehouse=cmd.warehouse, is_locked=True)
    if (known := queries.find_by_key(cmd.key)) is not None:
        if known.report_id != cmd.report:
            raise KeyReused(key=cmd.key)
        return known
    wrong = get_report(cmd.report, warehouse=cmd.warehouse, is_locked=True)
    if wrong.reversed_at is not None:
        raise ReportCorrected(number=wrong.number)
    step(WORK_ORDER_STEPS, order.state.value, "correct", subject=ORDER)
    if queries.open_correction(order.id) is not None:
        raise WrongState(subject=order.number, state="correction_asked", event="correct", needed=["closed"])
    row = WorkOrderCorrection(
        id=new_id(), key=cmd.key, work_order_id=order.id, report_id=wrong.id, reason=cmd.reason.strip()[:500],
        closing_before=_closing_of(order), asked_by=actor, asked_at=at,
    )  # fmt: skip
    db.session.add(row)
    db.session.flush()
    return row


def open_for_correction(
    report: ProductionReportId, *, warehouse: WarehouseId, actor: UserId, at: datetime
) -> WorkOrderCorrection:
    """Open a closed order again, signed by a second person; it goes on as a started one until it is closed anew.

    The edge has asked for the password again. Raises NotFound, WrongState (nobody asked, or it is open), OtherPersonNeeded
    (who asked may not), SignerNotPerson.
    """
    found = get_report(report, warehouse=warehouse)
    order = get_order(found.work_order_id, warehouse=warehouse, is_locked=True)
    row = queries.open_correction(order.id)
    if row is None:
        raise WrongState(
            subject=order.number, state="correction_not_asked", event="correct", needed=["correction_asked"]
        )
    if row.report_id != report:
        raise NotFound(kind=CORRECTION, text=found.number)
    state = WorkOrderState(step(WORK_ORDER_STEPS, order.state.value, "correct", subject=ORDER))
    if row.asked_by == actor:
        raise OtherPersonNeeded(name=names_of([actor]).get(actor, ""), part="asked_correction", task="to_open")
    row.signature_id = sign(
        subject_kind=CORRECTION, subject_id=row.id, meaning=Meaning.APPROVED, actor=actor, at=at, reason=row.reason,
        warehouse=warehouse,
        record={
            "work_order": order.number, "report": found.number, "reason": row.reason, "asked_by": row.asked_by,
            "closing_before": row.closing_before,
        },
    )  # fmt: skip
    row.opened_by, row.opened_at = actor, at
    order.state = state
    order.closed_by, order.closed_at, order.completed_at = None, None, None
    order.close_differences, order.close_signature_id = [], None
    db.session.flush()
    emit(
        WorkOrderChanged(work_order=order.id, number=order.number, state=state.value, item=order.item_id),
        actor=actor,
        at=at,
    )
    return row


def _closing_of(order: WorkOrder) -> dict[str, object]:
    """What the closing said: who, when, what did not agree, under which signature. Ids as text, as JSON numbers are short."""
    assert order.closed_by is not None and order.closed_at is not None
    return {
        "closed_by": str(order.closed_by), "closed_at": order.closed_at.isoformat(),
        "differences": list(order.close_differences),
        "signature_id": str(order.close_signature_id) if order.close_signature_id else "",
    }  # fmt: skip
