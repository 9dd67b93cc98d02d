"""Clocks: how long answers may take, and who is told before and after their end."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from wms.alerts import service as alerts
from wms.alerts.models import AlertKind
from wms.alerts.models import Severity as AlertSeverity
from wms.complaints import queries
from wms.complaints.models import Complaint, ComplaintPolicy
from wms.complaints.rules.clocks import CAPA_WARN, Clock
from wms.complaints.rules.states import Severity
from wms.core.errors import FieldErrors
from wms.core.ids import UserId, WarehouseId, new_id
from wms.db import db
from wms.sites.models import Warehouse


def set_clock(severity: Severity, clock: Clock) -> None:
    """Say how long the answer to a complaint of a severity may take; those taken down before keep theirs."""
    if clock.warn_hours > clock.answer_hours:
        raise FieldErrors(errors={"warn_hours": ["out_of_range"]})
    row = queries.find_policy(severity)
    if row is None:
        db.session.add(
            ComplaintPolicy(
                id=new_id(), severity=severity, answer_hours=clock.answer_hours, warn_hours=clock.warn_hours
            )
        )
    else:
        row.answer_hours, row.warn_hours = clock.answer_hours, clock.warn_hours
    db.session.flush()


def alert_key(paper: Complaint) -> str:
    """Name the alert of a complaint that waits for its answer."""
    return f"complaint:{paper.warehouse_id}:{paper.id}"


def warn_of_answers(*, warehouse: WarehouseId, on: date, actor: UserId, at: datetime) -> dict[str, int]:
    """Alert for each complaint whose answer is due soon, louder when it is overdue; settle those that were answered."""
    prefix, keep = f"complaint:{warehouse}:", set()
    zone = ZoneInfo(db.session.get_one(Warehouse, warehouse).timezone)
    late = 0
    for paper in queries.due_complaints(warehouse, at=at):
        keep.add(alert_key(paper))
        is_late = paper.due_at <= at
        late += is_late
        alerts.raise_alert(
            kind=AlertKind.COMPLAINT_DUE, severity=AlertSeverity.CRITICAL if is_late else AlertSeverity.WARNING,
            warehouse=warehouse, subject_key=alert_key(paper), subject_kind="complaint", subject_id=paper.id,
            data={
                "number": paper.number,
                "customer": paper.customer.name_en if paper.customer else paper.customer_told,
                "due": f"{paper.due_at.astimezone(zone):%Y-%m-%d %H:%M}", "owner": paper.owner.full_name,
            },
            at=at,
        )  # fmt: skip
    settled = alerts.resolve_others(AlertKind.COMPLAINT_DUE, prefix=prefix, keep=keep, actor=actor, at=at)
    return {"due": len(keep), "late": late, "settled": settled}


def warn_of_capas(*, warehouse: WarehouseId, on: date, actor: UserId, at: datetime) -> dict[str, int]:
    """Alert for each corrective action of which a step, a check or the end is due within days, louder when overdue."""
    prefix, keep = f"capa:{warehouse}:", set()
    for part in queries.due_parts(warehouse, on=on, within=CAPA_WARN):
        key = f"{prefix}{part.capa}"
        if key in keep:
            continue  # the earliest stands for all of it
        keep.add(key)
        alerts.raise_alert(
            kind=AlertKind.CAPA_DUE, severity=AlertSeverity.CRITICAL if part.due_on < on else AlertSeverity.WARNING,
            warehouse=warehouse, subject_key=key, subject_kind="capa", subject_id=part.capa,
            data={"number": part.number, "what": part.what[:120], "due": part.due_on.isoformat()}, at=at,
        )  # fmt: skip
    settled = alerts.resolve_others(AlertKind.CAPA_DUE, prefix=prefix, keep=keep, actor=actor, at=at)
    return {"due": len(keep), "settled": settled}
