"""Desk pages of corrective actions: the list, one with its steps and checks, what to do next. On the blueprint of complaints."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from flask import Response, redirect, render_template, url_for

from wms.accounts.sessions import confirm_password
from wms.complaints import queries, records, schemas, service, sheets, where
from wms.complaints.routes import bp
from wms.complaints.rules.states import ActionKind, CapaState, CauseMethod
from wms.core.clock import now
from wms.core.errors import FieldErrors
from wms.core.ids import CapaId
from wms.db import run_in_transaction
from wms.files.panel import panel
from wms.signing.queries import beside, signatures_of
from wms.web import auth
from wms.web.auth import actor_id, current_warehouse, requires
from wms.web.forms import parse_form, parse_query


@bp.get("/capas")
@requires(*where.VIEWS)
def capas() -> Any:
    """List the corrective actions of this warehouse, the newest first."""
    values = parse_query(schemas.CapasIn())
    state = None
    if values["state"] not in ("", "all", "undone"):
        if values["state"] not in {one.value for one in CapaState}:
            raise FieldErrors(errors={"state": ["not_a_choice"]})
        state = CapaState(values["state"])
    page = queries.page_of_capas(
        current_warehouse(), state=state, is_open=values["state"] == "undone",
        owner=actor_id() if values["whose"] == "mine" else None, cursor=values["cursor"] or None,
    )  # fmt: skip
    return render_template("complaints/capas.html", page=page, on=auth.today(), state=values["state"])


@bp.get("/capas.<any(xlsx, csv):form>")
@requires(*where.VIEWS)
def export_capas(form: str) -> Response:
    """Export the corrective actions of this warehouse."""
    return sheets.capas(form)


@bp.get("/capas/new")
@requires("complaint.edit")
def new_capa() -> Any:
    """Show the form of a new one, with what it comes from."""
    values = parse_query(schemas.NewCapaIn())
    return render_template(
        "complaints/new_capa.html",
        values=values,
        people=where.people(),
        on=auth.today(),
        key=str(uuid4()),
    )


@bp.post("/capas")
@requires("complaint.edit")
def open_capa() -> Any:
    """Open a corrective action."""
    values = parse_form(schemas.OpenCapaIn())
    cmd = service.OpenCapa(
        key=values["key"], warehouse=current_warehouse(), problem=values["problem"],
        owner=where.person(values["owner"]), due_on=values["due_on"], origin_kind=values["origin"],
        origin_id=values["origin_id"], origin_number=values["number"],
    )  # fmt: skip
    made = run_in_transaction(service.open_capa, cmd, actor=actor_id(), at=now())
    return redirect(url_for("complaints.capa", capa_id=made))


@bp.get("/capas/<int:capa_id>")
@requires(*where.VIEWS)
def capa(capa_id: int) -> Any:
    """Show a corrective action: problem, cause, steps, checks, signatures, what to do next."""
    found = queries.get_capa(CapaId(capa_id), warehouse=current_warehouse())
    names = {
        one
        for one in (
            found.cause_by, found.closed_by, *(step.done_by for step in found.actions),
            *(check.checked_by for check in found.checks),
        )
        if one is not None
    }  # fmt: skip
    return render_template(
        "complaints/capa.html",
        capa=found,
        check=next((one for one in found.checks if one.round == found.round), None),
        is_ready=bool(found.cause)
        and any(one.round == found.round for one in found.actions)
        and all(one.done_at is not None for one in found.actions),
        names=queries.names_of(names),
        people=where.people(),
        checkers=where.people(but=found.owner_id),
        methods=list(CauseMethod),
        kinds=list(ActionKind),
        seen=beside(records.of_capa(found), signatures_of(records.CAPA, found.id)),
        attached=panel("capa", found.id),
        on=auth.today(),
    )


def _back(capa_id: int) -> Any:
    return redirect(url_for("complaints.capa", capa_id=capa_id))


@bp.post("/capas/<int:capa_id>/cause")
@requires("complaint.edit")
def find_cause(capa_id: int) -> Any:
    """Keep the root cause."""
    values, found = parse_form(schemas.CauseIn()), where.capa(capa_id)
    cmd = service.FindCause(
        capa=found, warehouse=current_warehouse(), cause=values["cause"], method=values["method"]
    )  # fmt: skip
    run_in_transaction(service.find_cause, cmd, actor=actor_id(), at=now())
    return _back(capa_id)


@bp.post("/capas/<int:capa_id>/actions")
@requires("complaint.edit")
def plan_action(capa_id: int) -> Any:
    """Add a step."""
    values, found = parse_form(schemas.ActionIn()), where.capa(capa_id)
    cmd = service.PlanAction(
        capa=found, warehouse=current_warehouse(), kind=values["kind"], what=values["what"],
        owner=where.person(values["owner"]), due_on=values["due_on"],
    )  # fmt: skip
    run_in_transaction(service.plan_action, cmd, actor=actor_id(), at=now())
    return _back(capa_id)


@bp.post("/capas/<int:capa_id>/actions/<int:line>/done")
@requires("complaint.edit")
def finish_action(capa_id: int, line: int) -> Any:
    """Say that a step is done, with its evidence."""
    values, found = parse_form(schemas.DoneIn()), where.capa(capa_id)
    run_in_transaction(
        service.finish_action, found, line, warehouse=current_warehouse(), evidence=values["evidence"],
        actor=actor_id(), at=now(),
    )  # fmt: skip
    return _back(capa_id)


@bp.post("/capas/<int:capa_id>/check")
@requires("complaint.edit")
def plan_check(capa_id: int) -> Any:
    """Plan the effectiveness check."""
    values, found = parse_form(schemas.PlanCheckIn()), where.capa(capa_id)
    cmd = service.PlanCheck(
        capa=found, warehouse=current_warehouse(), criterion=values["criterion"], due_on=values["due_on"],
        checker=where.person(values["checker"]),
    )  # fmt: skip
    run_in_transaction(service.plan_check, cmd, actor=actor_id(), at=now())
    return _back(capa_id)


@bp.post("/capas/<int:capa_id>/result")
@requires("complaint.edit")
def check_capa(capa_id: int) -> Any:
    """Keep what the check showed."""
    values, found = parse_form(schemas.CheckIn()), where.capa(capa_id)
    cmd = service.CheckCapa(
        capa=found, warehouse=current_warehouse(), is_effective=values["is_effective"] == "yes", result=values["result"]
    )
    run_in_transaction(service.check_capa, cmd, actor=actor_id(), at=now())
    return _back(capa_id)


@bp.post("/capas/<int:capa_id>/close")
@requires("complaint.edit")
def close_capa(capa_id: int) -> Any:
    """Close an effective one, signed with the password."""
    values, found = parse_form(schemas.CloseCapaIn()), where.capa(capa_id)
    confirm_password(values["password"])
    run_in_transaction(
        service.close_capa, found, warehouse=current_warehouse(), closing=values["closing"], actor=actor_id(), at=now()
    )
    return _back(capa_id)
