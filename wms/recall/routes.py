"""Desk pages of recalls: the list, opening, the cockpit, scopes, parties, reports, classes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import uuid4

from flask import Blueprint, Response, current_app, flash, redirect, render_template, request, url_for
from flask.blueprints import BlueprintSetupState
from flask_babel import gettext, ngettext

from wms.accounts.sessions import confirm_password
from wms.core.clock import now
from wms.core.errors import FieldErrors, NotFound, QuestionNeeded, Refused
from wms.core.ids import BinId, LotId
from wms.db import run_in_transaction
from wms.disposition.service.destruction import follow_destructions_with
from wms.quality.laying import guard_lifts_with
from wms.quality.words import WHERE
from wms.recall import edge, guard, paper, schemas, service, sheet, words
from wms.recall.models import Recall
from wms.recall.queries import outside, recalls, scope, stopping, whole
from wms.recall.queries.scope import Asked
from wms.recall.rules.classes import RecallClass
from wms.recall.rules.figures import progress_of
from wms.recall.rules.steps import RecallState, RecallStep, next_step, steps_of
from wms.stock import queries as stock
from wms.trace.rules.graph import percent
from wms.web import auth, views
from wms.web.auth import requires
from wms.web.forms import parse_form, parse_query
from wms.web.sentences import sentence

bp = Blueprint("recall", __name__)

PAGE_SIZE = 50
#: So many lots of a scope are shown with a box to tick; beyond, all of a trace is taken.
LOTS_SHOWN = 500


@bp.record_once
def _tell(_state: BlueprintSetupState) -> None:
    guard_lifts_with(guard.check_lift)
    follow_destructions_with(service.note_destroyed)


@bp.context_processor
def _words() -> dict[str, Any]:
    return {
        "recall_states": words.STATES, "recall_steps": words.STEPS, "recall_origins": words.ORIGINS,
        "recall_roles": words.ROLES, "recall_changes": words.CHANGES, "outside_fates": words.FATES,
        "inside_fates": words.INSIDE_FATES, "check_levels": words.LEVELS, "check_results": words.RESULTS,
        "report_kinds": words.REPORTS, "start_words": words.STARTS, "direction_words": words.DIRECTIONS,
        "percent": percent, "where_words": WHERE,
        "recall_state": {state.value: text for state, text in words.STATES.items()},
    }  # fmt: skip


# -- list -----------------------------------------------------------------------------------------------------------------
@bp.get("/quality/recalls")
@requires("recall.view")
def recall_list() -> Any:
    """List recalls and drills; the filters stand in the URL."""
    wanted = parse_query(schemas.RecallsIn())
    page = recalls.page_of_recalls(
        warehouses=edge.visible_sites(), state=RecallState(wanted["state"]) if wanted["state"] in set(RecallState) else None,
        is_mock={"drill": True, "recall": False}.get(wanted["kind"]), words=wanted["q"],
        cursor=wanted["cursor"] or None, size=PAGE_SIZE,
    )  # fmt: skip
    return render_template("recall/list.html", page=page, classes=recalls.classes(), at=now())


@bp.get("/quality/recalls/new")
@requires("recall.edit")
def new() -> Any:
    """Ask what is recalled, why and in which class; a trace, an alert or a complaint fills the start in."""
    values = parse_query(schemas.NewRecallQuery())
    return render_template(
        "recall/new.html", values=values, classes=[one for one in recalls.classes().values() if one.is_active],
        lots=scope.facts_of([LotId(one) for one in values["lot"]]), key=str(uuid4()),
    )  # fmt: skip


@bp.post("/quality/recalls")
@requires("recall.edit")
def open_recall() -> Any:
    """Open a recall or a drill, signed with the password."""
    values = parse_form(schemas.OpenForm())
    confirm_password(values["password"])
    cmd = service.OpenRecall(
        key=f"desk:{values['key']}", warehouse=auth.current_warehouse(), class_code=values["class_code"],
        reason=values["reason"], origin=values["origin"], origin_kind=values["origin_kind"],
        origin_id=values["origin_id"], is_mock=values["is_mock"], start_kind=values["start_kind"],
        start_text=values["start_text"], start_item=values["start_item"], direction=values["direction"],
        lots=tuple(LotId(one) for one in values["lots"]), supplier=edge.supplier_of(values["supplier_code"]),
        supplier_reference=values["supplier_reference"],
    )  # fmt: skip
    made = run_in_transaction(service.open_recall, cmd, actor=auth.actor_id(), at=now())
    flash(gettext("The recall is open and its clocks run. Stop shipping first."), "success")
    return redirect(url_for("recall.recall", recall_id=made))


# -- cockpit ------------------------------------------------------------------------------------------------------------------


def _notices_link(found: Recall) -> str | None:
    """The page of its notices, once there is a scope to tell of."""
    if "recall_notices.notices_page" not in current_app.view_functions or recalls.current_version(found.id) is None:
        return None
    return url_for("recall_notices.notices_page", recall_id=found.id)


def _back(recall_id: int, anchor: str | None = None) -> Any:
    return redirect(url_for("recall.recall", recall_id=recall_id, _anchor=anchor))


@bp.get("/quality/recalls/<int:recall_id>")
@requires("recall.view")
def recall(recall_id: int) -> Any:
    """Show a recall on one screen: its clocks, what stands inside, who has what outside, the balance, the next step."""
    found, at = edge.find(recall_id), now()
    versions = recalls.versions_of(found.id)
    current = versions[-1] if versions else None
    before = recalls.lots_of(versions[-2].id) if len(versions) > 1 else set()
    lots = scope.scope_of(current, before=before) if current else []
    view = outside.outside_of(found.id)
    clocks = recalls.clocks_of(found.id)
    done = {clock.step for clock in clocks if clock.done_at is not None}
    return render_template(
        "recall/recall.html",
        recall=found, chosen=recalls.classes().get(found.class_code), clocks=clocks, at=at,
        next_step=next_step(done, is_mock=found.is_mock) if found.state is RecallState.OPEN else None, done=done,
        asked_steps=steps_of(is_mock=found.is_mock), current=current,
        versions=versions, lots=lots[:LOTS_SHOWN], lot_count=len(lots), inside=whole.inside_sums(lots), view=view,
        progress=percent(progress_of(view.totals)), balance=whole.balance_of(found.id),
        trucks=stopping.trucks_of(found.id), outcomes=outside.outcomes_of(found.id),
        reports=recalls.reports_of(found.id), checks_missing=whole.checks_missing(found), hours=whole.hours,
        prepared=recalls.prepared_report(found.id), level_change=recalls.level_change_of(found.id),
        destructions=outside.destructions_waiting(found.id), truck_hours=edge.truck_hours(), me=auth.actor_id(),
        signed=edge.signed(found), may_edit=auth.permitted("recall.edit"), key=str(uuid4()),
        is_own=found.opened_by == auth.actor_id(), notices_link=_notices_link(found),
    )  # fmt: skip


@bp.post("/quality/recalls/<int:recall_id>/stop")
@requires("recall.edit")
def stop(recall_id: int) -> Any:
    """Stop shipping and call trucks back; may be done again."""
    done = run_in_transaction(
        service.stop_shipping, edge.find(recall_id, "recall.edit").id, actor=auth.actor_id(), at=now(),
        truck_hours=edge.truck_hours(),
    )  # fmt: skip
    flash(
        " ".join((
            ngettext("Stopped: %(num)s shipment at the doors,", "Stopped: %(num)s shipments at the doors,", done.shipments),
            ngettext("%(num)s pick.", "%(num)s picks.", done.picks),
            ngettext("To call back: %(num)s truck.", "To call back: %(num)s trucks.", done.trucks),
        )),
        "success",
    )  # fmt: skip
    return _back(recall_id)


@bp.post("/quality/recalls/<int:recall_id>/trucks/<int:truck_id>/answer")
@requires("recall.edit", "ship")
def answer_truck(recall_id: int, truck_id: int) -> Any:
    """Write down what came of calling a truck back."""
    values = parse_form(schemas.TruckForm())
    run_in_transaction(
        service.answer_truck,
        edge.find(recall_id, "recall.edit", "ship").id,
        truck_id,
        answer=values["answer"],
        actor=auth.actor_id(),
        at=now(),
    )
    return _back(recall_id, "trucks")


@bp.post("/quality/recalls/<int:recall_id>/steps")
@requires("recall.edit")
def note_step(recall_id: int) -> Any:
    """Note a step that was done by hand: the customers were told by telephone, say."""
    values = parse_form(schemas.StepForm())
    if values["step"] is not RecallStep.NOTIFY:
        raise FieldErrors(errors={"step": ["not_a_choice"]})
    run_in_transaction(
        service.note_step,
        edge.find(recall_id, "recall.edit").id,
        values["step"],
        note=values["note"],
        actor=auth.actor_id(),
        at=now(),
    )
    return _back(recall_id)


@bp.post("/quality/recalls/<int:recall_id>/approve")
@requires("recall.edit")
def approve(recall_id: int) -> Any:
    """A second person approves the recall, signed with the password."""
    values = parse_form(schemas.SignForm())
    confirm_password(values["password"])
    run_in_transaction(
        service.approve_recall,
        edge.find(recall_id, "recall.edit").id,
        reason=values["reason"],
        actor=auth.actor_id(),
        at=now(),
    )
    return _back(recall_id)


# -- scope --------------------------------------------------------------------------------------------------------------------
@bp.get("/quality/recalls/<int:recall_id>/scope")
@requires("recall.edit")
def look(recall_id: int) -> Any:
    """Look at what a trace finds, and what a hold of it would stop, before it is frozen; nothing is changed."""
    found, values = edge.find(recall_id, "recall.edit"), parse_query(schemas.ScopeQuery())
    current = recalls.current_version(found.id)
    asked = _asked(values)
    if asked is None and current is None:
        asked = scope.asked_from(found.asked)
    result, fault, kept = None, "", recalls.lots_of(current.id) if current else set()
    if asked is not None:
        try:
            result = scope.found_of(asked, with_ends=False)
        except (Refused, NotFound) as refusal:
            fault = sentence(refusal)
    lots = set(result.lots) | kept if result else kept
    return render_template(
        "recall/scope.html", recall=found, current=current, values=_said(asked, values), result=result, fault=fault,
        kept=kept, preview=scope.preview(lots, at=now()) if result else None, shown=LOTS_SHOWN,
    )  # fmt: skip


def _asked(values: dict[str, Any]) -> Asked | None:
    if not values["start_text"]:
        return None
    return Asked(
        kind=values["start_kind"] or "lot",
        text=values["start_text"],
        item=values["start_item"],
        direction=values["direction"],
    )


def _said(asked: Asked | None, values: dict[str, Any]) -> dict[str, Any]:
    if asked is None:
        return values | {"start_kind": values["start_kind"] or "lot"}
    return {
        "start_kind": asked.kind, "start_text": asked.text, "start_item": asked.item, "direction": asked.direction,
    }  # fmt: skip


@bp.post("/quality/recalls/<int:recall_id>/scope")
@requires("recall.edit")
def freeze(recall_id: int) -> Any:
    """Freeze what was looked at as the next version."""
    found, values = edge.find(recall_id, "recall.edit"), parse_form(schemas.FreezeForm())
    asked = _asked(values)
    if asked is None:
        asked = scope.asked_from(found.asked)
    if not values["start_text"] and values["after"]:
        raise FieldErrors(errors={"start_text": ["required"]})
    cmd = service.FreezeScope(
        recall=found.id,
        reason=values["reason"],
        after=values["after"],
        asked=(asked,),
        chosen=frozenset(LotId(one) for one in values["lots"]) if values["which"] == "chosen" else None,
        truck_hours=edge.truck_hours(),
    )
    done = run_in_transaction(service.freeze_scope, cmd, actor=auth.actor_id(), at=now())
    flash(
        ngettext(
            "Version %(number)s is frozen: %(num)s lot, %(new)s of it new. Look, and hold it.",
            "Version %(number)s is frozen: %(num)s lots, %(new)s of them new. Look, and hold them.",
            done.lots, number=done.number, new=done.new,
        ),
        "success",
    )  # fmt: skip
    return redirect(url_for("recall.version", recall_id=recall_id, number=done.number))


@bp.get("/quality/recalls/<int:recall_id>/versions/<int:number>")
@requires("recall.view")
def version(recall_id: int, number: int) -> Any:
    """Show a frozen scope with its reasons; before it is placed what holding it would stop, and the button that does."""
    found = edge.find(recall_id)
    frozen = edge.version_of(found.id, number)
    versions = recalls.versions_of(found.id)
    is_current = versions[-1].id == frozen.id
    before = recalls.lots_of(versions[number - 2].id) if number > 1 else set()
    waiting = scope.lots_to_hold(found.id, frozen.id) if is_current and frozen.placed_at is None else set()
    return render_template(
        "recall/version.html", recall=found, version=frozen, is_current=is_current,
        lots=scope.scope_of(frozen, before=before), shown=LOTS_SHOWN,
        preview=scope.preview(waiting, at=now()) if waiting else None, waiting=waiting,
        answers=request.args.getlist("yes"), may_edit=auth.permitted("recall.edit"),
    )  # fmt: skip


@bp.post("/quality/recalls/<int:recall_id>/versions/<int:number>/place")
@requires("recall.edit")
def place(recall_id: int, number: int) -> Any:
    """Hold everything of the version, as it was looked at; when the world has changed, show what there is now."""
    found, values = edge.find(recall_id, "recall.edit"), parse_form(schemas.PlaceForm())
    edge.demand_reach(recalls.scope_lots(found.id))
    cmd = service.PlaceScope(
        recall=found.id,
        version=number,
        fingerprint=values["fingerprint"],
        answers=frozenset(name for name in ("hold_changed", "scope_grew") if values[name]),
    )
    try:
        done = run_in_transaction(service.place_scope, cmd, actor=auth.actor_id(), at=now())
    except QuestionNeeded as asked:
        flash(sentence(asked), "error")
        yes = sorted({*cmd.answers, str(asked.data["question"])} & {"scope_grew"})
        return redirect(url_for("recall.version", recall_id=recall_id, number=number, yes=yes))
    if found.is_mock:
        flash(gettext("Drill: nothing was posted. The time to the scope is taken."), "success")
    else:
        flash(
            " ".join((
                ngettext("Held: %(num)s lot", "Held: %(num)s lots", done.lots),
                ngettext("in %(num)s place.", "in %(num)s places.", done.places),
                gettext("Orders stopped: %(orders)s.", orders=len(done.orders)),
            )),
            "success",
        )  # fmt: skip
    return _back(recall_id)


@bp.post("/quality/recalls/<int:recall_id>/narrow")
@requires("recall.edit")
def narrow(recall_id: int) -> Any:
    """Leave lots out of the scope, signed with the password; their holds are lifted."""
    found, values = edge.find(recall_id, "recall.edit"), parse_form(schemas.NarrowForm())
    leave_out = frozenset(LotId(one) for one in values["lots"])
    edge.demand_reach(leave_out)
    confirm_password(values["password"])
    cmd = service.NarrowScope(recall=found.id, after=values["after"], leave_out=leave_out, reason=values["reason"])
    done = run_in_transaction(service.narrow_scope, cmd, actor=auth.actor_id(), at=now())
    flash(
        ngettext("Version %(number)s has %(num)s lot.", "Version %(number)s has %(num)s lots.", done.lots, number=done.number),
        "success",
    )  # fmt: skip
    return _back(recall_id)


# -- outside --------------------------------------------------------------------------------------------------------------------
@bp.get("/quality/recalls/<int:recall_id>/parties/<int:party_id>")
@requires("recall.view")
def party(recall_id: int, party_id: int) -> Any:
    """Show what one customer had, what came back, what he confirms, and the forms for more of it."""
    found = edge.find(recall_id)
    row = outside.find_party(found.id, party_id)
    one = next((p for p in outside.outside_of(found.id).parties if p.row.id == row.id), None)
    return render_template(
        "recall/party.html", recall=found, row=row, one=one, deliveries=outside.deliveries_of(found.id, row.id),
        here=auth.current_warehouse(),
        returns=[r for r in outside.returns_of(found.id) if r.party_id == row.id],
        confirmations=[c for c in outside.confirmations_of(found.id) if c.party_id == row.id],
        bins=scope.bins_apart(auth.current_warehouse()), may_edit=auth.permitted("recall.edit"),
        may_receive=auth.permitted("recall.edit") or auth.permitted("receive"), key=str(uuid4()),
    )  # fmt: skip


def _to_party(recall_id: int, party_id: int) -> Any:
    return redirect(url_for("recall.party", recall_id=recall_id, party_id=party_id))


@bp.post("/quality/recalls/<int:recall_id>/returns")
@requires("recall.edit", "receive")
def receive_return(recall_id: int) -> Any:
    """Take goods back from a customer, into the cage under the recall's hold."""
    found, values = edge.find(recall_id, "recall.edit", "receive"), parse_form(schemas.ReturnForm())
    cmd = service.ReceiveReturn(
        key=f"desk:{values['key']}", recall=found.id, warehouse=auth.current_warehouse(), party=values["party"],
        lot=LotId(values["lot"]), quantity=values["quantity"],
        bin=BinId(stock.find_bin(values["bin_code"], warehouse=auth.current_warehouse()).id),
        document=values["document"],
        answers={"returned_more": values["more_reason"]} if values["more_reason"] else {},
    )  # fmt: skip
    run_in_transaction(service.receive_return, cmd, actor=auth.actor_id(), at=now())
    unit = stock.get_lot(cmd.lot).item.base_unit
    flash(gettext("Taken back, and held: %(quantity)s.", quantity=views.quantity(cmd.quantity, unit)), "success")
    return _to_party(recall_id, values["party"])


@bp.post("/quality/recalls/<int:recall_id>/confirmations")
@requires("recall.edit")
def confirm(recall_id: int) -> Any:
    """Write down what a customer confirms to have used or destroyed."""
    found, values = edge.find(recall_id, "recall.edit"), parse_form(schemas.ConfirmForm())
    cmd = service.ConfirmOutside(
        key=f"desk:{values['key']}",
        recall=found.id,
        party=values["party"],
        lot=LotId(values["lot"]),
        fate=values["fate"],
        quantity=values["quantity"],
        said_by=values["said_by"],
        document=values["document"],
    )
    run_in_transaction(service.confirm_outside, cmd, actor=auth.actor_id(), at=now())
    return _to_party(recall_id, values["party"])


@bp.post("/quality/recalls/<int:recall_id>/confirmations/<int:confirmation_id>/void")
@requires("recall.edit")
def void_confirmation(recall_id: int, confirmation_id: int) -> Any:
    """Take a confirmation back that was wrong."""
    found, values = edge.find(recall_id, "recall.edit"), parse_form(schemas.VoidForm())
    run_in_transaction(
        service.void_confirmation, found.id, confirmation_id, reason=values["reason"], actor=auth.actor_id(), at=now()
    )
    return _back(recall_id, "outside")


@bp.post("/quality/recalls/<int:recall_id>/checks")
@requires("recall.edit")
def check(recall_id: int) -> Any:
    """Write an effectiveness check down."""
    found, values = edge.find(recall_id, "recall.edit"), parse_form(schemas.CheckForm())
    run_in_transaction(
        service.check_party, service.CheckParty(recall=found.id, **values), actor=auth.actor_id(), at=now()
    )
    return _to_party(recall_id, values["party"])


@bp.post("/quality/recalls/<int:recall_id>/check-level")
@requires("recall.edit")
def set_check_level(recall_id: int) -> Any:
    """Say how many of those told are asked; after the approval another person signs it first."""
    values = parse_form(schemas.LevelForm())
    asked = run_in_transaction(
        service.set_check_level,
        edge.find(recall_id, "recall.edit").id,
        values["level"],
        reason=values["reason"],
        actor=auth.actor_id(),
        at=now(),
    )
    if asked is not None:
        flash(gettext("Asked for. It stays as it is until another person has signed."), "success")
    return _back(recall_id, "outside")


@bp.post("/quality/recalls/<int:recall_id>/check-level/<int:change_id>/sign")
@requires("recall.edit")
def sign_check_level(recall_id: int, change_id: int) -> Any:
    """Sign a change of the depth that another person asked for, with the password."""
    found, values = edge.find(recall_id, "recall.edit"), parse_form(schemas.PasswordForm())
    confirm_password(values["password"])
    run_in_transaction(service.sign_check_level, found.id, change_id, actor=auth.actor_id(), at=now())
    return _back(recall_id, "outside")


# -- inside -----------------------------------------------------------------------------------------------------------------------
@bp.post("/quality/recalls/<int:recall_id>/outcomes")
@requires("recall.edit")
def note_outcome(recall_id: int) -> Any:
    """Write down what became of goods that were held."""
    found, values = edge.find(recall_id, "recall.edit"), parse_form(schemas.OutcomeForm())
    cmd = service.NoteOutcome(
        recall=found.id, lot=LotId(values["lot"]), fate=values["fate"], quantity=values["quantity"], note=values["note"]
    )
    run_in_transaction(service.note_outcome, cmd, actor=auth.actor_id(), at=now())
    return _back(recall_id, "inside")


@bp.post("/quality/recalls/<int:recall_id>/destruction")
@requires("recall.edit")
def destroy(recall_id: int) -> Any:
    """Order the destruction of what stands apart here; it is approved, carried out and witnessed as any."""
    found, values = edge.find(recall_id, "recall.edit"), parse_form(schemas.DestroyForm())
    cmd = service.DestroyHeld(
        key=f"recall:{values['key']}", recall=found.id, warehouse=auth.current_warehouse(), reason=values["reason"]
    )
    made = run_in_transaction(service.destroy_held, cmd, actor=auth.actor_id(), at=now())
    return redirect(url_for("disposition.destruction", paper_id=made))


# -- reports and the end ------------------------------------------------------------------------------------------------------------
@bp.post("/quality/recalls/<int:recall_id>/reports")
@requires("recall.edit")
def make_report(recall_id: int) -> Any:
    """Sign a progress report with the password."""
    found, values = edge.find(recall_id, "recall.edit"), parse_form(schemas.ReportForm())
    confirm_password(values["password"])
    run_in_transaction(service.report, found.id, note=values["note"], actor=auth.actor_id(), at=now())
    return _back(recall_id, "reports")


@bp.post("/quality/recalls/<int:recall_id>/prepare")
@requires("recall.edit")
def prepare_close(recall_id: int) -> Any:
    """Prepare the closing report, signed with the password; another person closes by it."""
    found, values = edge.find(recall_id, "recall.edit"), parse_form(schemas.CloseForm())
    confirm_password(values["password"])
    run_in_transaction(service.prepare_close, found.id, reason=values["reason"], actor=auth.actor_id(), at=now())
    flash(
        gettext("The closing report is prepared. Another person reads it, signs it, and closes the recall."), "success"
    )
    return _back(recall_id, "reports")


@bp.post("/quality/recalls/<int:recall_id>/close")
@requires("recall.edit")
def close(recall_id: int) -> Any:
    """Close it with the closing report, signed with the password; a drill apart, not by who prepared it."""
    found, values = edge.find(recall_id, "recall.edit"), parse_form(schemas.CloseForm())
    confirm_password(values["password"])
    run_in_transaction(service.close_recall, found.id, reason=values["reason"], actor=auth.actor_id(), at=now())
    flash(gettext("Recall %(number)s is closed.", number=found.number), "success")
    return _back(recall_id)


@bp.post("/quality/recalls/<int:recall_id>/cancel")
@requires("recall.edit")
def cancel(recall_id: int) -> Any:
    """Give it up before its hold is placed, signed with the password."""
    found, values = edge.find(recall_id, "recall.edit"), parse_form(schemas.SignForm())
    confirm_password(values["password"])
    run_in_transaction(service.cancel_recall, found.id, reason=values["reason"], actor=auth.actor_id(), at=now())
    return _back(recall_id)


@bp.post("/quality/recalls/<int:recall_id>/reply-nil")
@requires("recall.edit")
def reply_nil(recall_id: int) -> Any:
    """Answer a supplier's recall with nil stock, signed with the password."""
    found, values = edge.find(recall_id, "recall.edit"), parse_form(schemas.SignForm())
    confirm_password(values["password"])
    run_in_transaction(service.reply_nil, found.id, note=values["reason"], actor=auth.actor_id(), at=now())
    return _back(recall_id)


@bp.get("/quality/recalls/<int:recall_id>/report.pdf")
@requires("recall.view")
def report_pdf(recall_id: int) -> Response:
    """Give a report as PDF: as it was signed, or as the recall stands now."""
    found, values = edge.find(recall_id), parse_query(schemas.ReportQuery())
    return paper.answer(found, values["number"], at=now())


@bp.get("/quality/recalls/<int:recall_id>/report.xlsx")
@requires("recall.view")
def report_xlsx(recall_id: int) -> Response:
    """Give a recall as a workbook: figures, lots, customers, shipments, balance."""
    return sheet.answer(edge.find(recall_id), at=now())


# -- classes ------------------------------------------------------------------------------------------------------------------------
@bp.get("/setup/recall-classes")
@requires("recall.edit")
def classes() -> Any:
    """Show the classes of recalls with their clocks, each with the form that changes it."""
    found = sorted(recalls.classes().values(), key=lambda one: (not one.is_active, one.code))
    return render_template(
        "recall/classes.html", classes=found, fresh=replace(RecallClass(code="", name_en="", name_zh=""))
    )


@bp.post("/setup/recall-classes")
@requires("recall.edit")
def set_class() -> Any:
    """Keep a class of recalls as this site has it."""
    values = parse_form(schemas.ClassForm())
    chosen = RecallClass(**(values | {"check_level": values["check_level"].value}))
    run_in_transaction(service.set_class, chosen, actor=auth.actor_id(), at=now())
    flash(gettext("Kept: %(code)s. Recalls that are open keep their clocks.", code=chosen.code), "success")
    return redirect(url_for("recall.classes"))
