"""Desk pages: the release queue and its checklist, non-conformances, destructions, and what is asked."""

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.blueprints import BlueprintSetupState
from flask_babel import gettext

from wms.accounts.rules import Role
from wms.accounts.sessions import confirm_password
from wms.catalog.models import ItemClass
from wms.catalog.queries import find_item
from wms.core.clock import now
from wms.core.errors import FieldErrors, NotFound
from wms.core.ids import BalanceId, DestructionId, ItemId, LotId, NonconformanceId
from wms.core.quantity import Quantity
from wms.db import run_in_transaction
from wms.disposition import paper, queries, schemas, service, where, words
from wms.disposition.models import ReleaseVerdict
from wms.disposition.queries import Tranche
from wms.disposition.rules.checklist import DEFAULTS, Asked, Point
from wms.disposition.rules.states import DefectClass, DestructionState, Disposition, NonconformanceState
from wms.files.panel import panel
from wms.stock import queries as stock
from wms.stock.models import HoldScope
from wms.stock.rules.scope import written
from wms.stock.words import HOLD_SCOPES
from wms.web import auth
from wms.web.auth import requires
from wms.web.forms import parse_form, parse_query
from wms.web.views import quantity as shown

bp = Blueprint("disposition", __name__)
_WITNESSES = ("disposition.approve", "quality.release", "stock.move", "count", "receive")


@bp.record_once
def _tell(state: BlueprintSetupState) -> None:
    where.tell_of_papers()
    state.app.jinja_env.globals["written_scope"] = written


@bp.context_processor
def _words() -> dict[str, Any]:
    return {
        "point_words": words.POINTS, "asked_words": words.ASKED, "why": words.why, "written": written,
        "disposition_words": words.DISPOSITIONS, "class_words": words.DEFECT_CLASSES, "scope_words": HOLD_SCOPES,
    }  # fmt: skip


# -- release ----------------------------------------------------------------------------------------------------------
@bp.get("/quality/pending")
@bp.get("/release")
@requires("stock.view")
def queue() -> Any:
    """List what waits for its release, with what is missing."""
    rows = queries.queue(auth.current_warehouse(), on=auth.today())
    return render_template("disposition/queue.html", rows=rows, on=auth.today())


@bp.get("/quality/pending/<int:lot_id>")
@requires("stock.view")
def verdict(lot_id: int) -> Any:
    """Show the pending goods of a lot with their checklist and the form of the decision, in the panel or as a page."""
    values = parse_query(schemas.TrancheIn())
    lot = stock.get_lot(LotId(lot_id))
    bin_, lpn = where.here(values["bin"], values["lpn"])
    markets = [text.strip().upper() for text in values["markets"].split(",") if text.strip()]
    tranche = Tranche(lot=lot.id, warehouse=auth.current_warehouse(), bin=bin_, lpn=lpn)
    return render_template(
        "disposition/_verdict.html" if request.headers.get("HX-Request") else "disposition/verdict.html",
        lot=lot,
        checked=queries.check_tranche(tranche, on=auth.today(), markets=markets),
        waivers=queries.open_waivers([lot.id], auth.current_warehouse()),
        scopes=queries.open_scopes([lot.id]),
        decisions=queries.decisions_of(lot.id, [auth.current_warehouse()]),
        markets=queries.markets_in_use(),
        values=values,
        bin=stock.get_bin(bin_) if bin_ else None,
        lpn=stock.get_lpn(lpn) if lpn else None,
        key=str(uuid4()),
        on=auth.today(),
    )


@bp.post("/quality/pending/<int:lot_id>")
@requires("quality.release")
def decide(lot_id: int) -> Any:
    """Release or reject pending goods of a lot, signed with the password."""
    values = parse_form(schemas.VerdictIn())
    lot = where.lot_of(lot_id)
    bin_, lpn = where.here(values["bin"], values["lpn"])
    confirm_password(values["password"])
    cmd = service.DecideRelease(
        key=values["key"],
        lot=lot,
        warehouse=auth.current_warehouse(),
        verdict=ReleaseVerdict(values["to"]),
        reason=values["reason"],
        bin=bin_,
        lpn=lpn,
        quantity=values["quantity"],
        scope=schemas.scope_of(values) if values["to"] == "released" else (),
        for_all=values["for_all"],
        is_label_checked=values["is_label_checked"],
    )
    done = run_in_transaction(service.decide_release, cmd, actor=auth.actor_id(), at=now())
    is_release = cmd.verdict is ReleaseVerdict.RELEASED
    sentence = gettext("Released: %(quantity)s.") if is_release else gettext("Rejected: %(quantity)s.")
    flash(sentence % {"quantity": shown(done.quantity)}, "success")
    if done.lot != lot:
        flash(gettext("The goods are lot %(lot)s now.", lot=done.lot_number), "success")
    return redirect(url_for("disposition.queue"))


@bp.post("/quality/pending/<int:lot_id>/waive")
@requires("disposition.approve")
def waive(lot_id: int) -> Any:
    """Waive a missing point, signed with the password; another person releases."""
    values = parse_form(schemas.WaiveIn())
    lot = where.lot_of(lot_id)
    confirm_password(values["password"])
    cmd = service.WaivePoint(
        lot=lot, warehouse=auth.current_warehouse(), point=values["point"], reason=values["reason"]
    )
    run_in_transaction(service.waive_point, cmd, actor=auth.actor_id(), at=now())
    flash(gettext("Waived. Another person may release the lot now."), "success")
    return redirect(url_for("disposition.verdict", lot_id=lot))


@bp.post("/quality/pending/<int:lot_id>/widen")
@requires("quality.release")
def widen(lot_id: int) -> Any:
    """Release a lot that is released for some for more, signed with the password."""
    values = parse_form(schemas.WidenIn())
    lot = where.lot_of(lot_id)
    confirm_password(values["password"])
    run_in_transaction(
        service.widen_scope, lot, schemas.scope_of(values), warehouse=auth.current_warehouse(),
        reason=values["reason"], for_all=values["for_all"], actor=auth.actor_id(), at=now(),
    )  # fmt: skip
    flash(gettext("Released for more."), "success")
    return redirect(url_for("disposition.verdict", lot_id=lot))


# -- non-conformances -------------------------------------------------------------------------------------------------
@bp.get("/nonconformances")
@requires("stock.view")
def nonconformances() -> Any:
    """List the non-conformances of this warehouse."""
    values = parse_query(schemas.PapersIn())
    page = queries.page_of_nonconformances(
        auth.current_warehouse(), states=_states(NonconformanceState, values["state"], NonconformanceState.CLOSED),
        cursor=values["cursor"] or None,
    )  # fmt: skip
    return render_template("disposition/nonconformances.html", page=page)


def _states(kind: Any, text: str, last: Any) -> list[Any] | None:
    """The states a filter means: blank all, `undone` all but the last, else the one."""
    if not text:
        return None
    if text == "undone":
        return [state for state in kind if state not in (last, getattr(kind, "CANCELLED", None))]
    if text not in {state.value for state in kind}:
        raise FieldErrors(errors={"state": ["not_a_choice"]})
    return [kind(text)]


@bp.get("/nonconformances/new")
@requires("hold.place")
def new_nonconformance() -> Any:
    """Show the form of a new one: first the lot, then what of it."""
    values = parse_query(schemas.NewPaperIn())
    lot = stock.get_lot(LotId(values["lot"])) if values["lot"] is not None else None
    rows = stock.find_balances(lot=lot.id, warehouse=auth.current_warehouse()) if lot else []
    return render_template(
        "disposition/new_nonconformance.html", lot=lot, rows=rows, classes=list(DefectClass), key=str(uuid4())
    )


@bp.post("/nonconformances")
@requires("hold.place")
def record_nonconformance() -> Any:
    """Write a non-conformance down and hold its goods."""
    values = parse_form(schemas.RecordIn())
    bin_, lpn = where.here(values["bin"], values["lpn"])
    cmd = service.RecordNonconformance(
        key=values["key"],
        warehouse=auth.current_warehouse(),
        lot=where.lot_of(values["lot"]),
        what=values["what"],
        defect_class=values["defect_class"],
        scope=HoldScope(values["scope"]),
        bin=bin_ if values["scope"] in ("bin", "quantity") else None,
        lpn=lpn if values["scope"] in ("lpn", "quantity") else None,
        quantity=values["quantity"] if values["scope"] == "quantity" else None,
    )
    made = run_in_transaction(service.record_nonconformance, cmd, actor=auth.actor_id(), at=now())
    return redirect(url_for("disposition.nonconformance", paper_id=made))


@bp.get("/nonconformances/<int:paper_id>")
@requires("stock.view")
def nonconformance(paper_id: int) -> Any:
    """Show a non-conformance: what it is, who said what, what lies under it, what to do next."""
    view = queries.view_nonconformance(paper_id, warehouse=auth.current_warehouse())
    return render_template(
        "disposition/nonconformance.html",
        view=view,
        paper=view.paper,
        rows=queries.goods_of(view.paper),
        destructions=queries.destructions_of_nonconformance(view.paper.id),
        dispositions=list(Disposition),
        classes=list(DefectClass),
        markets=queries.markets_in_use(),
        attached=panel("nonconformance", view.paper.id),
        on=auth.today(),
    )


@bp.post("/nonconformances/<int:paper_id>/review")
@requires("quality.release")
def review(paper_id: int) -> Any:
    """Keep what a look at it found, signed with the password."""
    values = parse_form(schemas.ReviewIn())
    found = where.nonconformance(paper_id)
    confirm_password(values["password"])
    cmd = service.Review(
        nonconformance=found.id, warehouse=found.warehouse_id, finding=values["finding"],
        defect_class=values["defect_class"],
    )  # fmt: skip
    run_in_transaction(service.review, cmd, actor=auth.actor_id(), at=now())
    return redirect(url_for("disposition.nonconformance", paper_id=paper_id))


@bp.post("/nonconformances/<int:paper_id>/propose")
@requires("quality.release")
def propose(paper_id: int) -> Any:
    """Propose what is to become of the goods."""
    values = parse_form(schemas.ProposeIn())
    found = where.nonconformance(paper_id)
    cmd = service.Propose(
        nonconformance=found.id, warehouse=found.warehouse_id, disposition=values["disposition"],
        reason=values["reason"], limits=schemas.scope_of(values),
    )  # fmt: skip
    run_in_transaction(service.propose, cmd, actor=auth.actor_id(), at=now())
    return redirect(url_for("disposition.nonconformance", paper_id=paper_id))


@bp.post("/nonconformances/<int:paper_id>/approve")
@requires("disposition.approve")
def approve_disposition(paper_id: int) -> Any:
    """Approve the proposal, signed with the password; the last approval carries it out."""
    found, values = where.nonconformance(paper_id), parse_form(schemas.SignIn())
    confirm_password(values["password"])
    is_last = run_in_transaction(
        service.approve_disposition, found.id, warehouse=found.warehouse_id, reason=values["reason"],
        actor=auth.actor_id(), at=now(),
    )  # fmt: skip
    flash(gettext("Approved; it is decided.") if is_last else gettext("Approved; others must approve too."), "success")
    return redirect(url_for("disposition.nonconformance", paper_id=paper_id))


@bp.post("/nonconformances/<int:paper_id>/refuse")
@requires("disposition.approve")
def refuse_disposition(paper_id: int) -> Any:
    """Send the proposal back, signed with the password."""
    found, values = where.nonconformance(paper_id), parse_form(schemas.SignIn())
    confirm_password(values["password"])
    run_in_transaction(
        service.refuse_disposition, found.id, warehouse=found.warehouse_id, reason=values["reason"],
        actor=auth.actor_id(), at=now(),
    )  # fmt: skip
    return redirect(url_for("disposition.nonconformance", paper_id=paper_id))


@bp.post("/nonconformances/<int:paper_id>/finish")
@requires("quality.release")
def finish(paper_id: int) -> Any:
    """Say what came of it, signed with the password; the hold goes with it."""
    found, values = where.nonconformance(paper_id), parse_form(schemas.FinishIn())
    confirm_password(values["password"])
    run_in_transaction(
        service.finish, NonconformanceId(found.id), warehouse=found.warehouse_id, outcome=values["outcome"],
        actor=auth.actor_id(), at=now(),
    )  # fmt: skip
    return redirect(url_for("disposition.nonconformance", paper_id=paper_id))


# -- destructions -----------------------------------------------------------------------------------------------------
@bp.get("/destructions")
@requires("stock.view")
def destructions() -> Any:
    """List the destructions of this warehouse."""
    values = parse_query(schemas.PapersIn())
    page = queries.page_of_destructions(
        auth.current_warehouse(), states=_states(DestructionState, values["state"], DestructionState.DONE),
        cursor=values["cursor"] or None,
    )  # fmt: skip
    return render_template("disposition/destructions.html", page=page)


@bp.get("/destructions/new")
@requires("hold.place")
def new_destruction() -> Any:
    """Show the form of an order: the lot's goods with a quantity each."""
    values = parse_query(schemas.NewPaperIn())
    lot = stock.get_lot(LotId(values["lot"])) if values["lot"] is not None else None
    rows = queries.destroyable(auth.current_warehouse(), lot.id) if lot else []
    return render_template("disposition/new_destruction.html", lot=lot, rows=rows, key=str(uuid4()), on=auth.today())


@bp.post("/destructions")
@requires("hold.place")
def order_destruction() -> Any:
    """Ask for a destruction."""
    values = parse_form(schemas.OrderIn())
    cmd = service.OrderDestruction(
        key=values["key"], warehouse=auth.current_warehouse(), reason=values["reason"], lines=_lines(values["quantity"])
    )
    made = run_in_transaction(service.order_destruction, cmd, actor=auth.actor_id(), at=now())
    return redirect(url_for("disposition.destruction", paper_id=made))


def _lines(typed: Mapping[str, str]) -> tuple[service.DestroyLine, ...]:
    lines = []
    for balance, text in typed.items():
        if text.strip():
            if not (balance.isascii() and balance.isdigit() and len(balance) <= 19):
                raise FieldErrors(errors={"quantity": ["bad_id"]})
            lines.append(service.DestroyLine(balance=BalanceId(int(balance)), quantity=Quantity.parse(text.strip())))
    return tuple(lines)


@bp.get("/destructions/<int:paper_id>")
@requires("stock.view")
def destruction(paper_id: int) -> Any:
    """Show a destruction: what, how, who carried it out and who saw it, what to do next."""
    view = queries.view_destruction(paper_id, warehouse=auth.current_warehouse())
    return render_template(
        "disposition/destruction.html",
        view=view,
        paper=view.paper,
        attached=panel("destruction", view.paper.id),
        may_witness=any(auth.permitted(permission) for permission in _WITNESSES),
    )


@bp.get("/destructions/<int:paper_id>/record.pdf")
@requires("stock.view")
def destruction_record(paper_id: int) -> Response:
    """Give the record of a destruction (销毁记录) as PDF, with its signatures."""
    view = queries.view_destruction(paper_id, warehouse=auth.current_warehouse())
    content = paper.destruction_record(view, site=auth.current_site().code, printed_at=now())
    headers = {"Content-Disposition": f'inline; filename="{view.paper.number}.pdf"'}
    return Response(content, mimetype="application/pdf", headers=headers)


@bp.post("/destructions/<int:paper_id>/approve")
@requires("disposition.approve")
def approve_destruction(paper_id: int) -> Any:
    """Approve an order, signed with the password."""
    found, values = where.destruction(paper_id), parse_form(schemas.SignIn())
    confirm_password(values["password"])
    run_in_transaction(
        service.approve_destruction, found.id, warehouse=found.warehouse_id, reason=values["reason"],
        actor=auth.actor_id(), at=now(),
    )  # fmt: skip
    return redirect(url_for("disposition.destruction", paper_id=paper_id))


@bp.post("/destructions/<int:paper_id>/cancel")
@requires("disposition.approve", "hold.place")
def cancel_destruction(paper_id: int) -> Any:
    """Take an order back before it is carried out."""
    found, values = where.destruction(paper_id), parse_form(schemas.CancelIn())
    run_in_transaction(
        service.cancel_destruction, found.id, warehouse=found.warehouse_id, reason=values["reason"],
        actor=auth.actor_id(), at=now(),
    )  # fmt: skip
    return redirect(url_for("disposition.destruction", paper_id=paper_id))


@bp.post("/destructions/<int:paper_id>/carry-out")
@requires(*_WITNESSES)
def carry_out(paper_id: int) -> Any:
    """The executor signs with the password; a witness signs next."""
    found, values = where.destruction(paper_id), parse_form(schemas.CarryOutIn())
    confirm_password(values["password"])
    cmd = service.CarryOut(
        destruction=DestructionId(found.id), warehouse=found.warehouse_id, method=values["method"],
        place=values["place"], contractor=values["contractor"],
    )  # fmt: skip
    run_in_transaction(service.carry_out, cmd, actor=auth.actor_id(), at=now())
    return redirect(url_for("disposition.destruction", paper_id=paper_id))


@bp.post("/destructions/<int:paper_id>/witness")
@requires(*_WITNESSES)
def witness(paper_id: int) -> Any:
    """The witness signs with the password, and the goods leave the books."""
    found, values = where.destruction(paper_id), parse_form(schemas.SignIn())
    confirm_password(values["password"])
    total = run_in_transaction(
        service.witness, found.id, warehouse=found.warehouse_id, reason=values["reason"], actor=auth.actor_id(),
        at=now(),
    )  # fmt: skip
    flash(gettext("Destroyed and off the books: %(quantity)s.", quantity=shown(total)), "success")
    return redirect(url_for("disposition.destruction", paper_id=paper_id))


@bp.post("/destructions/<int:paper_id>/object")
@requires(*_WITNESSES)
def object_to(paper_id: int) -> Any:
    """The witness did not see it so, signed with the password."""
    found, values = where.destruction(paper_id), parse_form(schemas.SignIn())
    confirm_password(values["password"])
    run_in_transaction(
        service.object_to, found.id, warehouse=found.warehouse_id, reason=values["reason"], actor=auth.actor_id(),
        at=now(),
    )  # fmt: skip
    return redirect(url_for("disposition.destruction", paper_id=paper_id))


# -- what is asked ----------------------------------------------------------------------------------------------------
@bp.get("/quality/policies")
@requires("disposition.approve")
def policies() -> Any:
    """Show what a release asks and how many approve, with the forms to say otherwise."""
    return render_template(
        "disposition/policies.html",
        releases=queries.list_policies(),
        approvals=queries.list_approval_policies(),
        defaults=DEFAULTS,
        classes=list(ItemClass),
        points=list(Point),
        asked=list(Asked),
        dispositions=list(Disposition),
        roles=[role.value for role in Role],
    )


@bp.post("/quality/policies/release")
@requires("disposition.approve")
def set_release_policy() -> Any:
    """Say what a release of an item or class asks."""
    values = parse_form(schemas.ReleasePolicyIn())
    points: dict[Point, Asked] = {}
    for name, asked in values["point"].items():
        if name not in set(Point) or asked not in set(Asked):
            raise FieldErrors(errors={"point": ["not_a_choice"]})
        points[Point(name)] = Asked(asked)
    run_in_transaction(
        service.set_release_policy, item_class=values["item_class"], item=_item(values["sku"]),
        market=values["market"].strip().upper(), points=None if values["is_removed"] else points,
        needs_two=values["needs_two"],
    )  # fmt: skip
    return redirect(url_for("disposition.policies"))


@bp.post("/quality/policies/approval")
@requires("disposition.approve")
def set_approval_policy() -> Any:
    """Say how many approve a disposition."""
    values = parse_form(schemas.ApprovalPolicyIn())
    roles = tuple(text.strip() for text in values["roles"].split(",") if text.strip())
    if set(roles) - {role.value for role in Role}:
        raise FieldErrors(errors={"roles": ["not_a_choice"]})
    run_in_transaction(
        service.set_approval_policy, item_class=values["item_class"], item=_item(values["sku"]),
        disposition=values["disposition"], people=values["people"], roles=roles,
    )  # fmt: skip
    return redirect(url_for("disposition.policies"))


def _item(sku: str) -> ItemId | None:
    if not sku.strip():
        return None
    found = find_item(sku.strip())
    if found is None:
        raise NotFound(kind="item", text=sku)
    return found.id
