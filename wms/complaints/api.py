"""Complaints and corrective actions for machines: take down, see, decide as on the pages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import request

from wms.complaints import letters, queries, records, schemas, service, where
from wms.complaints.models import Capa
from wms.complaints.queries import ComplaintFilter, ComplaintRow, ComplaintView
from wms.complaints.rules.clocks import Clock
from wms.core.clock import now
from wms.core.ids import CapaId, ComplaintId, LotId, PartnerId
from wms.db.paging import Page
from wms.quality.service import Placed
from wms.signing.queries import SeenSignature, beside, signatures_of
from wms.web import api, auth
from wms.web.api import reads, writes
from wms.web.auth import actor_id, current_warehouse, requires
from wms.web.forms import yeses

bp = api.blueprint("complaints_api", __name__)


# -- complaints -------------------------------------------------------------------------------------------------------
@bp.get("/complaints")
@requires(*where.VIEWS)
@reads(query=schemas.ComplaintsQuery(), answer=schemas.ComplaintRowOut(), paged=True)
def complaints(query: dict[str, Any]) -> Page[ComplaintRow]:
    """List the complaints of a warehouse, the newest first, each with how many there are about its lot."""
    wanted = ComplaintFilter(
        states=[query["state"]] if query["state"] else None, severity=query["severity"],
        lot=LotId(query["lot_id"]) if query["lot_id"] else None,
        customer=PartnerId(query["customer_id"]) if query["customer_id"] else None,
        is_late_at=now() if query["is_late"] else None,
    )  # fmt: skip
    return queries.page_of_complaints(current_warehouse(), wanted, cursor=query["cursor"], size=query["limit"])


@bp.get("/complaints/<int:complaint_id>")
@requires(*where.VIEWS)
@reads(answer=schemas.ComplaintViewOut())
def complaint(complaint_id: int) -> ComplaintView:
    """Show one complaint, what came of it (holds, recalls, corrective actions), and the others about its lot."""
    return queries.view_complaint(ComplaintId(complaint_id), warehouse=current_warehouse())


def _view(complaint: ComplaintId) -> ComplaintView:
    return queries.view_complaint(complaint, warehouse=current_warehouse())


@bp.post("/complaints")
@requires("complaint.edit")
@writes(body=schemas.RecordComplaintIn(), answer=schemas.ComplaintViewOut(), status=201, offers=("complaints.record",))
def record(values: dict[str, Any]) -> ComplaintView:
    """Take a complaint down and start its clock; `due_at` says until when the customer is to be answered.

    `told` is read as a scan: a lot, a unit id, an LPN, an order or a shipment is found, and the lot that follows from it
    when it is one; what is unknown is kept as told. Where several lots may be meant, name one by `lot_id`. A minor complaint
    about a lot that others complained of is asked about (`question_needed`, `complaint_repeats`): send another severity, or
    answer yes. Without `received_at` it came now; without `owner_login` the caller sees to it. Refused: `not_found` (customer,
    lot, owner), `field_errors`.
    """
    at = now()
    cmd = service.RecordComplaint(
        key=api.call_key(), warehouse=current_warehouse(), customer=where.customer(values["customer_code"]),
        customer_told=values["customer_told"], contact_name=values["contact_name"],
        contact_email=values["contact_email"], contact_phone=values["contact_phone"], language=values["language"],
        channel=values["channel"], received_at=values["received_at"], told=values["told"],
        lot=LotId(values["lot_id"]) if values["lot_id"] else None, quantity=values["quantity"], what=values["what"],
        severity=values["severity"], owner=where.person(values["owner_login"]), agreed=yeses(values["answers"]),
    )  # fmt: skip
    return _view(service.record(cmd, actor=actor_id(), at=at))


@bp.post("/complaints/<int:complaint_id>/goods")
@requires("complaint.edit")
@writes(body=schemas.NameGoodsIn(), answer=schemas.ComplaintViewOut(), offers=("complaints.name_goods",))
def name_goods(complaint_id: int, values: dict[str, Any]) -> ComplaintView:
    """Say (again) what the goods of a complaint are, and how many. Refused: `wrong_state` when it is closed."""
    found = where.complaint(complaint_id)
    service.name_goods(
        found, warehouse=current_warehouse(), told=values["told"],
        lot=LotId(values["lot_id"]) if values["lot_id"] else None, quantity=values["quantity"], actor=actor_id(), at=now(),
    )  # fmt: skip
    return _view(found)


@bp.post("/complaints/<int:complaint_id>/assess")
@requires("complaint.edit")
@writes(body=schemas.AssessComplaintIn(), answer=schemas.ComplaintViewOut(), offers=("complaints.assess",))
def assess(complaint_id: int, values: dict[str, Any]) -> ComplaintView:
    """Say how bad it is and who sees to it; another severity reckons the clock anew from the day it came.

    Refused: `wrong_state` when it is closed, `question_needed` as at taking it down.
    """
    found = where.complaint(complaint_id)
    service.assess(
        found, warehouse=current_warehouse(), severity=values["severity"], owner=where.person(values["owner_login"]),
        agreed=yeses(values["answers"]), actor=actor_id(), at=now(),
    )  # fmt: skip
    return _view(found)


@bp.post("/complaints/<int:complaint_id>/investigate")
@requires("complaint.edit")
@writes(body=schemas.InvestigateComplaintIn(), answer=schemas.ComplaintViewOut(), offers=("complaints.investigate",))
def investigate(complaint_id: int, values: dict[str, Any]) -> ComplaintView:
    """Keep what was found, and whether the customer is right. Refused with `wrong_state` once it is answered."""
    found = where.complaint(complaint_id)
    cmd = service.Investigate(
        complaint=found, warehouse=current_warehouse(), finding=values["finding"], is_justified=values["is_justified"]
    )
    service.investigate(cmd, actor=actor_id(), at=now())
    return _view(found)


@bp.post("/complaints/<int:complaint_id>/hold")
@requires("hold.place")
@writes(body=schemas.HoldGoodsIn(), answer=schemas.ComplaintViewOut(), offers=("complaints.hold",))
def hold(complaint_id: int, values: dict[str, Any]) -> ComplaintView:
    """Hold the lot of a complaint in this warehouse, or in all (the right is then needed in all); once each.

    Refused: `missing_field` while no lot is known.
    """
    found = where.complaint(complaint_id)
    if values["everywhere"]:
        auth.demand_at("hold.place", None)
    _placed: Placed = service.hold_goods(
        service.HoldGoods(complaint=found, warehouse=current_warehouse(), is_everywhere=values["everywhere"]),
        actor=actor_id(), at=now(),
    )  # fmt: skip
    return _view(found)


def _draw_letter(values: dict[str, Any]) -> service.AnswerComplaint:
    found = ComplaintId(int((request.view_args or {})["complaint_id"]))
    return letters.answer_of(found, values["text"], is_mailed=values["email"])


@bp.post("/complaints/<int:complaint_id>/answer")
@requires("complaint.edit")
@writes(
    body=schemas.AnswerComplaintIn(), answer=schemas.ComplaintViewOut(), offers=("complaints.answer",),
    prepares=_draw_letter,
)  # fmt: skip
def answer(complaint_id: int, values: service.AnswerComplaint) -> ComplaintView:
    """Answer the customer: a letter in their language is kept with the complaint, and its clock stops.

    With `email` the letter also leaves by e-mail to the contact's address, after the commit. Refused: `wrong_state` when it is
    answered, `missing_field` without an address.
    """
    found = where.complaint(complaint_id)
    service.answer(values, actor=actor_id(), at=now())
    return _view(found)


@bp.post("/complaints/<int:complaint_id>/close")
@requires("complaint.edit")
@writes(body=schemas.ClosingIn(), answer=schemas.ComplaintViewOut(), offers=("complaints.close",))
def close(complaint_id: int, values: dict[str, Any]) -> ComplaintView:
    """Close an answered complaint, with what came of it. Refused with `wrong_state` before it is answered."""
    found = where.complaint(complaint_id)
    service.close(found, warehouse=current_warehouse(), closing=values["closing"], actor=actor_id(), at=now())
    return _view(found)


@bp.post("/complaints/<int:complaint_id>/reopen")
@requires("complaint.edit")
@writes(body=schemas.ReopenIn(), answer=schemas.ComplaintViewOut(), offers=("complaints.reopen",))
def reopen(complaint_id: int, values: dict[str, Any]) -> ComplaintView:
    """Take an answered or closed complaint up again; its clock starts anew."""
    found = where.complaint(complaint_id)
    service.reopen(found, warehouse=current_warehouse(), reason=values["reason"], actor=actor_id(), at=now())
    return _view(found)


# -- clocks -----------------------------------------------------------------------------------------------------------
@bp.get("/complaint-clocks")
@requires("complaint.edit", "settings.edit")
@reads(answer=schemas.ClockOut(), paged=True)
def clocks(query: dict[str, Any]) -> Page[dict[str, Any]]:
    """List how many hours the answer to a complaint of each severity may take. There is one page."""
    found = [
        {"severity": severity, "answer_hours": clock.answer_hours, "warn_hours": clock.warn_hours}
        for severity, clock in queries.all_clocks().items()
    ]
    return Page(found, None)


@bp.post("/complaint-clocks")
@requires("settings.edit", "complaint.edit")
@writes(body=schemas.SeverityClockIn(), answer=schemas.ClockOut(), offers=("complaints.set_clock",))
def set_clock(values: dict[str, Any]) -> dict[str, Any]:
    """Say how many hours an answer may take, and how many before the end the owner is told.

    Complaints taken down before keep their clock.
    """
    service.set_clock(values["severity"], Clock(values["answer_hours"], values["warn_hours"]))
    return values


# -- corrective actions -----------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class _CapaView:
    capa: Capa
    signatures: list[SeenSignature]


def _capa_view(capa: CapaId) -> _CapaView:
    found = queries.get_capa(capa, warehouse=current_warehouse())
    return _CapaView(found, beside(records.of_capa(found), signatures_of(records.CAPA, found.id)))


@bp.get("/capas")
@requires(*where.VIEWS)
@reads(query=schemas.CapasQuery(), answer=schemas.CapaOut(), paged=True)
def capas(query: dict[str, Any]) -> Page[Capa]:
    """List the corrective and preventive actions of a warehouse, the newest first."""
    page = queries.page_of_capas(
        current_warehouse(), state=query["state"], cursor=query["cursor"], size=query["limit"]
    )  # fmt: skip
    return Page([row.capa for row in page.rows], page.next_cursor)


@bp.get("/capas/<int:capa_id>")
@requires(*where.VIEWS)
@reads(answer=schemas.CapaViewOut())
def capa(capa_id: int) -> _CapaView:
    """Show one corrective action with its steps and checks, and its signatures beside the record of today."""
    return _capa_view(CapaId(capa_id))


@bp.post("/capas")
@requires("complaint.edit")
@writes(body=schemas.OpenCapaJsonIn(), answer=schemas.CapaViewOut(), status=201, offers=("complaints.open_capa",))
def open_capa(values: dict[str, Any]) -> _CapaView:
    """Open a corrective action: a problem, its owner and a day; from a complaint or a non-conformance where one led to it.

    Refused: `not_found` (origin, owner), `field_errors` for a day that has passed.
    """
    cmd = service.OpenCapa(
        key=api.call_key(), warehouse=current_warehouse(), problem=values["problem"],
        owner=where.person(values["owner_login"]), due_on=values["due_on"], origin_kind=values["origin_kind"],
        origin_id=values["origin_id"],
    )  # fmt: skip
    return _capa_view(service.open_capa(cmd, actor=actor_id(), at=now()))


@bp.post("/capas/<int:capa_id>/cause")
@requires("complaint.edit")
@writes(body=schemas.CauseIn(), answer=schemas.CapaViewOut(), offers=("complaints.find_cause",))
def find_cause(capa_id: int, values: dict[str, Any]) -> _CapaView:
    """Keep the root cause and how it was found, while it is open."""
    found = where.capa(capa_id)
    cmd = service.FindCause(
        capa=found, warehouse=current_warehouse(), cause=values["cause"], method=values["method"]
    )  # fmt: skip
    service.find_cause(cmd, actor=actor_id(), at=now())
    return _capa_view(found)


@bp.post("/capas/<int:capa_id>/actions")
@requires("complaint.edit")
@writes(body=schemas.PlanActionIn(), answer=schemas.CapaViewOut(), offers=("complaints.plan_action",))
def plan_action(capa_id: int, values: dict[str, Any]) -> _CapaView:
    """Add a step with its owner and day, while it is open."""
    found = where.capa(capa_id)
    cmd = service.PlanAction(
        capa=found, warehouse=current_warehouse(), kind=values["kind"], what=values["what"],
        owner=where.person(values["owner_login"]), due_on=values["due_on"],
    )  # fmt: skip
    service.plan_action(cmd, actor=actor_id(), at=now())
    return _capa_view(found)


@bp.post("/capas/<int:capa_id>/actions/<int:line>/done")
@requires("complaint.edit")
@writes(body=schemas.DoneIn(), answer=schemas.CapaViewOut(), offers=("complaints.finish_action",))
def finish_action(capa_id: int, line: int, values: dict[str, Any]) -> _CapaView:
    """Say that a step is done, with its evidence. Refused with `wrong_state` when it was done before."""
    found = where.capa(capa_id)
    service.finish_action(
        found, line, warehouse=current_warehouse(), evidence=values["evidence"], actor=actor_id(), at=now()
    )
    return _capa_view(found)


@bp.post("/capas/<int:capa_id>/check")
@requires("complaint.edit")
@writes(body=schemas.PlanCapaCheckIn(), answer=schemas.CapaViewOut(), offers=("complaints.plan_check",))
def plan_check(capa_id: int, values: dict[str, Any]) -> _CapaView:
    """Plan the effectiveness check, once cause and steps are done; by another person than the owner.

    Refused: `missing_field` without a cause, `wrong_state` while a step is open, `other_person_needed`.
    """
    found = where.capa(capa_id)
    cmd = service.PlanCheck(
        capa=found, warehouse=current_warehouse(), criterion=values["criterion"], due_on=values["due_on"],
        checker=where.person(values["checker_login"]),
    )  # fmt: skip
    service.plan_check(cmd, actor=actor_id(), at=now())
    return _capa_view(found)


@bp.post("/capas/<int:capa_id>/result")
@requires("complaint.edit")
@writes(body=schemas.CheckCapaIn(), answer=schemas.CapaViewOut(), offers=("complaints.check_capa",))
def check_capa(capa_id: int, values: dict[str, Any]) -> _CapaView:
    """Keep what the check showed; "not effective" opens it again in a new round. Refused: `other_person_needed`."""
    found = where.capa(capa_id)
    cmd = service.CheckCapa(
        capa=found, warehouse=current_warehouse(), is_effective=values["is_effective"], result=values["result"]
    )
    service.check_capa(cmd, actor=actor_id(), at=now())
    return _capa_view(found)


@bp.post("/capas/<int:capa_id>/close")
@requires("complaint.edit")
@writes(body=schemas.ClosingIn(), answer=schemas.CapaViewOut(), offers=("complaints.close_capa",), signed=True)
def close_capa(capa_id: int, values: dict[str, Any], signer: auth.Person) -> _CapaView:
    """Close an effective one, signed. Refused with `wrong_state` before its effect was checked."""
    found = where.capa(capa_id)
    service.close_capa(found, warehouse=current_warehouse(), closing=values["closing"], actor=signer.id, at=now())
    return _capa_view(found)
