"""Desk pages of complaints: the list, one with all that came of it, its letter; how long answers may take."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, current_app, flash, redirect, render_template, url_for
from flask.blueprints import BlueprintSetupState
from flask_babel import gettext

from wms.complaints import goods, letters, queries, schemas, service, sheets, where, words
from wms.complaints.papers import papers
from wms.complaints.queries import ComplaintFilter
from wms.complaints.rules.clocks import Clock
from wms.complaints.rules.states import Channel, ComplaintState, Severity
from wms.complaints.service.complaints import REPEATS
from wms.core.clock import now
from wms.core.errors import FieldErrors
from wms.core.ids import ComplaintId, LotId
from wms.db import run_in_transaction
from wms.files.panel import panel
from wms.mail import queries as mail
from wms.trace import history
from wms.web import auth, i18n
from wms.web.auth import actor_id, current_warehouse, requires
from wms.web.forms import parse_form, parse_query

bp = Blueprint("complaints", __name__)


@bp.record_once
def _tell(_state: BlueprintSetupState) -> None:
    where.tell_of_papers()
    history.tell_of("complaint", papers)  # a lot's history stands a floor below


@bp.context_processor
def _words() -> dict[str, Any]:
    return {
        "channel_words": words.CHANNELS, "severity_words": words.SEVERITIES, "severities": words.SHORT_SEVERITIES,
        "state_words": words.STATES, "link_words": words.LINKS, "look": words.LOOKS.get,
        "capa_state_words": words.CAPA_STATES, "method_words": words.METHODS, "kind_words": words.ACTION_KINDS,
        "origin_words": words.ORIGINS, "link_page": where.link_page, "origin_page": where.origin_page,
    }  # fmt: skip


def wanted_of(values: dict[str, Any]) -> ComplaintFilter:
    """The filter that the query string of the list means."""
    states: list[ComplaintState] | None = None
    late = None
    if values["state"] == "undone":
        states = [one for one in ComplaintState if one is not ComplaintState.CLOSED]
    elif values["state"] == "late":
        late = now()
    elif values["state"] not in ("", "all"):
        if values["state"] not in {one.value for one in ComplaintState}:
            raise FieldErrors(errors={"state": ["not_a_choice"]})
        states = [ComplaintState(values["state"])]
    return ComplaintFilter(
        states=states, severity=values["severity"], lot=values["lot"], is_late_at=late,
        owner=actor_id() if values["whose"] == "mine" else None,
    )  # fmt: skip


@bp.get("/complaints")
@requires(*where.VIEWS)
def complaints() -> Any:
    """List the complaints of this warehouse, the newest first."""
    values = parse_query(schemas.ComplaintsIn())
    page = queries.page_of_complaints(current_warehouse(), wanted_of(values), cursor=values["cursor"] or None)
    return render_template("complaints/complaints.html", page=page, at=now(), state=values["state"])


@bp.get("/complaints.<any(xlsx, csv):form>")
@requires(*where.VIEWS)
def export(form: str) -> Response:
    """Export the complaints under the same filters, all pages of them."""
    return sheets.complaints(wanted_of(parse_query(schemas.ComplaintsIn())), form)


@bp.get("/complaints/new")
@requires("complaint.edit")
def new() -> Any:
    """Show the form: what was told of the goods is looked up first, with the complaints there are about that lot."""
    values = parse_query(schemas.GoodsQuery())
    found = goods.read(values["goods"], current_warehouse())
    lots = queries.lots_named([values["lot"]] if values["lot"] else list(found.lots))
    lot = lots[0] if len(lots) == 1 else None
    return render_template(
        "complaints/new.html",
        goods=found,
        lots=lots,
        lot=lot,
        on_lot=queries.counts_on_lots([lot.id]).get(lot.id, 0) if lot else 0,
        customers=where.customers(),
        people=where.people(),
        channels=list(Channel),
        all_severities=list(Severity),
        languages=i18n.LANGUAGES,
        key=str(uuid4()),
    )


@bp.post("/complaints")
@requires("complaint.edit")
def record() -> Any:
    """Take a complaint down."""
    values = parse_form(schemas.RecordIn())
    at = now()
    customer = where.customer(values["customer"])
    cmd = service.RecordComplaint(
        key=values["key"], warehouse=current_warehouse(), customer=customer, customer_told=values["customer_told"],
        contact_name=values["contact_name"], contact_email=values["contact_email"],
        contact_phone=values["contact_phone"], language=values["language"], channel=values["channel"],
        received_at=_instant(values["received_at"]), told=values["goods"],
        lot=LotId(values["lot"]) if values["lot"] else None, quantity=values["quantity"], what=values["what"],
        severity=values["severity"], owner=where.person(values["owner"]), agreed=_agreed(values),
    )  # fmt: skip
    made = run_in_transaction(service.record, cmd, actor=actor_id(), at=at)
    return redirect(url_for("complaints.complaint", complaint_id=made))


def _instant(minute: datetime | None) -> datetime | None:
    """A minute of this warehouse's clock as an instant."""
    return minute.replace(tzinfo=ZoneInfo(auth.current_site().timezone)) if minute is not None else None


def _agreed(values: dict[str, Any]) -> tuple[str, ...]:
    return (REPEATS,) if values["agreed"] else ()


@bp.get("/complaints/<int:complaint_id>")
@requires(*where.VIEWS)
def complaint(complaint_id: int) -> Any:
    """Show a complaint: who, what, which goods, its clock, what came of it, what to do next."""
    view = queries.view_complaint(ComplaintId(complaint_id), warehouse=current_warehouse())
    paper = view.complaint
    choice = []
    if paper.lot is None and paper.told:
        choice = queries.lots_named(list(goods.read(paper.told, paper.warehouse_id).lots))
    return render_template(
        "complaints/complaint.html",
        view=view,
        paper=paper,
        lots=choice,
        at=now(),
        people=where.people(),
        all_severities=list(Severity),
        trace_link=where.trace_link(paper),
        recall_link=where.recall_link(paper),
        messages=mail.mail_about("complaint", [paper.id]).get(paper.id, []),
        attached=panel("complaint", paper.id),
        answer_language=i18n.LANGUAGES.get(paper.language, paper.language),
    )


def _back(complaint_id: int) -> Any:
    return redirect(url_for("complaints.complaint", complaint_id=complaint_id))


@bp.post("/complaints/<int:complaint_id>/goods")
@requires("complaint.edit")
def name_goods(complaint_id: int) -> Any:
    """Say what the goods are."""
    values, found = parse_form(schemas.GoodsIn()), where.complaint(complaint_id)
    run_in_transaction(
        service.name_goods, found, warehouse=current_warehouse(), told=values["goods"],
        lot=LotId(values["lot"]) if values["lot"] else None, quantity=values["quantity"], actor=actor_id(), at=now(),
    )  # fmt: skip
    return _back(complaint_id)


@bp.post("/complaints/<int:complaint_id>/assess")
@requires("complaint.edit")
def assess(complaint_id: int) -> Any:
    """Say how bad it is and who sees to it."""
    values, found = parse_form(schemas.AssessIn()), where.complaint(complaint_id)
    run_in_transaction(
        service.assess, found, warehouse=current_warehouse(), severity=values["severity"],
        owner=where.person(values["owner"]), agreed=_agreed(values), actor=actor_id(), at=now(),
    )  # fmt: skip
    return _back(complaint_id)


@bp.post("/complaints/<int:complaint_id>/investigate")
@requires("complaint.edit")
def investigate(complaint_id: int) -> Any:
    """Keep what was found."""
    values, found = parse_form(schemas.InvestigateIn()), where.complaint(complaint_id)
    right = {"yes": True, "no": False}.get(values["is_justified"])
    cmd = service.Investigate(
        complaint=found, warehouse=current_warehouse(), finding=values["finding"], is_justified=right
    )
    run_in_transaction(service.investigate, cmd, actor=actor_id(), at=now())
    return _back(complaint_id)


@bp.post("/complaints/<int:complaint_id>/hold")
@requires("hold.place")
def hold(complaint_id: int) -> Any:
    """Hold the lot of the complaint, in one step."""
    values, found = parse_form(schemas.HoldIn()), where.complaint(complaint_id)
    cmd = service.HoldGoods(complaint=found, warehouse=current_warehouse(), is_everywhere=values["everywhere"])
    if cmd.is_everywhere:
        auth.demand_at("hold.place", None)
    run_in_transaction(service.hold_goods, cmd, actor=actor_id(), at=now())
    flash(gettext("The lot is on hold."), "success")
    return _back(complaint_id)


@bp.post("/complaints/<int:complaint_id>/answer")
@requires("complaint.edit")
def answer(complaint_id: int) -> Any:
    """Answer the customer: the letter is kept and, where asked, sent."""
    values, found = parse_form(schemas.AnswerIn()), where.complaint(complaint_id)
    cmd = letters.answer_of(found, values["text"], is_mailed=values["email"])
    mail_id = run_in_transaction(service.answer, cmd, actor=actor_id(), at=now())
    if mail_id is not None and not current_app.config["WMS"].smtp_host:
        flash(
            gettext("No mail server is set up: the message waits. The letter can be printed and sent by post."),
            "warning",
        )
    return _back(complaint_id)


@bp.post("/complaints/<int:complaint_id>/letter.pdf")
@requires("complaint.edit")
def letter(complaint_id: int) -> Response:
    """Show the letter as it would go out with this text; nothing is kept."""
    values = parse_form(schemas.AnswerIn())
    paper = queries.get_complaint(ComplaintId(complaint_id), warehouse=current_warehouse())
    name = f'inline; filename="{paper.number}.pdf"'
    return Response(
        letters.draw(paper, values["text"]), mimetype="application/pdf", headers={"Content-Disposition": name}
    )


@bp.post("/complaints/<int:complaint_id>/close")
@requires("complaint.edit")
def close(complaint_id: int) -> Any:
    """Close an answered complaint."""
    values, found = parse_form(schemas.ClosingIn()), where.complaint(complaint_id)
    run_in_transaction(
        service.close, found, warehouse=current_warehouse(), closing=values["closing"], actor=actor_id(), at=now()
    )
    return _back(complaint_id)


@bp.post("/complaints/<int:complaint_id>/reopen")
@requires("complaint.edit")
def reopen(complaint_id: int) -> Any:
    """Take it up again."""
    values, found = parse_form(schemas.ReopenIn()), where.complaint(complaint_id)
    run_in_transaction(
        service.reopen, found, warehouse=current_warehouse(), reason=values["reason"], actor=actor_id(), at=now()
    )
    return _back(complaint_id)


# -- clocks -----------------------------------------------------------------------------------------------------------
@bp.get("/setup/complaints")
@requires("complaint.edit", "settings.edit")
def clocks() -> Any:
    """Show how long answers may take."""
    return render_template("complaints/clocks.html", clocks=queries.all_clocks())


@bp.post("/setup/complaints/<any(critical, major, minor):severity>")
@requires("settings.edit", "complaint.edit")
def set_clock(severity: str) -> Any:
    """Say how long answers may take."""
    values = parse_form(schemas.ClockIn())
    run_in_transaction(
        service.set_clock, Severity(severity), Clock(values["answer_hours"], values["warn_hours"])
    )  # fmt: skip
    return redirect(url_for("complaints.clocks"))
