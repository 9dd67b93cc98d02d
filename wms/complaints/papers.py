"""What a lot's history is told of complaints about it and of the corrective actions that came of them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, or_, select

from wms.complaints.models import Capa, CapaCheck, Complaint
from wms.complaints.records import CAPA
from wms.core.ids import LotId
from wms.disposition.models import Nonconformance
from wms.signing.models import Signature
from wms.trace.history import paper


def papers(lot: LotId) -> list[Select[Any]]:
    """Complaints about the lot, taken down, answered and closed; and corrective actions from them or its non-conformances."""
    of_complaint: dict[str, Any] = {
        "id": Complaint.id, "warehouse": Complaint.warehouse_id, "number": Complaint.number,
        "document_kind": "complaint", "document_id": Complaint.id,
    }  # fmt: skip
    mine = or_(
        and_(Capa.origin_kind == "complaint", Capa.origin_id.in_(select(Complaint.id).where(Complaint.lot_id == lot))),
        and_(
            Capa.origin_kind == "nonconformance",
            Capa.origin_id.in_(select(Nonconformance.id).where(Nonconformance.lot_id == lot)),
        ),
    )
    return [
        paper("complaint", at=Complaint.recorded_at, person=Complaint.recorded_by, code="recorded", note=Complaint.what,
              quantity=Complaint.quantity, raw_scan=Complaint.told, occurred_at=Complaint.received_at, **of_complaint).where(
            Complaint.lot_id == lot
        ),
        paper("complaint", at=Complaint.answered_at, person=Complaint.answered_by, code="answered", note=Complaint.answer,
              **of_complaint).where(Complaint.lot_id == lot, Complaint.answered_at.is_not(None)),
        paper("complaint", at=Complaint.closed_at, person=Complaint.closed_by, code="closed", note=Complaint.closing,
              **of_complaint).where(Complaint.lot_id == lot, Complaint.closed_at.is_not(None)),
        *capa_papers(mine),
    ]  # fmt: skip


def capa_papers(mine: ColumnElement[bool]) -> list[Select[Any]]:
    """Corrective actions under a condition: opened, the cause found, each check, closed and signed."""
    of_capa: dict[str, Any] = {
        "warehouse": Capa.warehouse_id, "number": Capa.number, "document_kind": CAPA, "document_id": Capa.id,
    }  # fmt: skip
    checked = case((CapaCheck.is_effective.is_(True), "held"), else_="did_not_hold")
    return [
        paper("capa", at=Capa.opened_at, id=Capa.id, person=Capa.opened_by, code="opened", note=Capa.problem, **of_capa).where(
            mine
        ),
        paper("capa", at=Capa.cause_at, id=Capa.id, person=Capa.cause_by, code="caused", note=Capa.cause, **of_capa).where(
            mine, Capa.cause_at.is_not(None)
        ),
        paper("capa", at=CapaCheck.checked_at, id=CapaCheck.id, person=CapaCheck.checked_by, code=checked,
              note=CapaCheck.result, **of_capa)
        .join_from(CapaCheck, Capa, Capa.id == CapaCheck.capa_id)
        .where(mine, CapaCheck.checked_at.is_not(None)),
        paper("capa", at=Capa.closed_at, id=Capa.id, person=Capa.closed_by, code="closed", note=Capa.closing, **of_capa).where(
            mine, Capa.closed_at.is_not(None)
        ),
        paper("signature", at=Signature.signed_at, id=Signature.id, person=Signature.user_id, code=Signature.meaning,
              note=Signature.reason, warehouse=Capa.warehouse_id, number=Capa.number, document_kind=CAPA,
              document_id=Capa.id)
        .join_from(Signature, Capa, Capa.id == Signature.subject_id)
        .where(Signature.subject_kind == CAPA, mine),
    ]  # fmt: skip
