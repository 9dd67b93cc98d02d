"""Desk page of gaps: the daily report with its filters, an owner, an acceptance, a look at once, the file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, stream_with_context, url_for
from flask.blueprints import BlueprintSetupState
from flask_babel import gettext

from wms.core.clock import now
from wms.core.ids import UserId
from wms.db import run_in_transaction
from wms.gaps import schemas, service, words
from wms.gaps.papers import papers
from wms.gaps.queries import finding, lists
from wms.gaps.queries.lists import GapFilter
from wms.gaps.rules.kinds import STAGE_OF, GapKind
from wms.trace import history
from wms.web import auth
from wms.web.auth import requires
from wms.web.forms import parse_form, parse_query
from wms.web.sheets import Cell, to_csv, to_xlsx

bp = Blueprint("gaps", __name__, url_prefix="/reports/gaps")


@bp.record_once
def _tell_of_gaps(_state: BlueprintSetupState) -> None:
    """A lot's history stands a floor below, and is told of the gaps in its chain."""
    history.tell_of("gap", papers)


@bp.get("")
@requires("production.view")
def gaps() -> Any:
    """List the gaps of this warehouse, the newest first."""
    values = parse_query(schemas.GapsIn())
    here = auth.current_warehouse()
    page = lists.page_of_gaps(here, _wanted(values), cursor=values["cursor"] or None)
    return render_template(
        "gaps/gaps.html", page=page, values=values, counts=lists.open_by_stage(here), last=lists.last_look(here),
        people=lists.people_here(here) if auth.permitted("gap.settle") else [], stage_words=words.STAGES,
        stage_choices=[(code.value, label) for code, label in words.STAGES.items()],
        kind_choices=[(k.value, words.KINDS[k]) for k in GapKind if STAGE_OF[k] is values["stage"]], state_words=words.STATES, kind_words=words.KINDS, mends=words.MENDS, missing=words.missing, mend_at=words.link,
    )  # fmt: skip


def _wanted(values: dict[str, Any]) -> GapFilter:
    owner = UserId(auth.actor_id()) if values["mine"] else None
    return GapFilter(state=values["state"], stage=values["stage"], kind=values["kind"], owner=owner)


@bp.get("/gaps.<any(xlsx, csv):form>")
@requires("production.view")
def export(form: str) -> Response:
    """Give the gaps of the same filters as a file."""
    wanted = _wanted(parse_query(schemas.GapsIn()))
    heading = [
        gettext("Stage"), gettext("Gap"), gettext("Subject"), gettext("What is missing"), gettext("First seen"),
        gettext("Last seen"), gettext("Owner"), gettext("State"), gettext("Reason"),
    ]  # fmt: skip
    rows = _rows(wanted)
    headers = {"Content-Disposition": f'attachment; filename="gaps.{form}"'}
    if form == "csv":
        return Response(stream_with_context(to_csv(heading, rows)), mimetype="text/csv", headers=headers)
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    return Response(to_xlsx(gettext("Gaps"), heading, rows), mimetype=kind, headers=headers)


def _rows(wanted: GapFilter) -> Iterator[list[Cell]]:
    for gap in lists.stream_gaps(auth.current_warehouse(), wanted):
        yield [
            str(words.STAGES[gap.stage]), str(words.KINDS[gap.kind]), gap.name, words.missing(gap), gap.first_seen_at,
            gap.last_seen_at, gap.owner.full_name if gap.owner else gap.owner_role, str(words.STATES[gap.state]),
            gap.accept_reason,
        ]  # fmt: skip


@bp.post("/<int:gap_id>/accept")
@requires("gap.settle")
def accept(gap_id: int) -> Any:
    """Leave one as it is, with the reason."""
    form = parse_form(schemas.AcceptGapIn())
    run_in_transaction(
        service.accept,
        gap_id,
        reason=form["reason"],
        warehouse=auth.current_warehouse(),
        actor=auth.actor_id(),
        at=now(),
    )
    flash(gettext("Accepted with the reason."), "success")
    return redirect(url_for("gaps.gaps"))


@bp.post("/<int:gap_id>/reopen")
@requires("gap.settle")
def reopen(gap_id: int) -> Any:
    """Take an acceptance back."""
    run_in_transaction(service.reopen, gap_id, warehouse=auth.current_warehouse(), actor=auth.actor_id(), at=now())
    return redirect(url_for("gaps.gaps"))


@bp.post("/<int:gap_id>/owner")
@requires("gap.settle")
def owner(gap_id: int) -> Any:
    """Say who takes care of it."""
    form = parse_form(schemas.GapOwnerIn())
    run_in_transaction(
        service.name_owner, gap_id, UserId(form["owner_id"]) if form["owner_id"] else None,
        warehouse=auth.current_warehouse(), actor=auth.actor_id(), at=now(),
    )  # fmt: skip
    return redirect(url_for("gaps.gaps"))


@bp.post("/look")
@requires("gap.settle")
def look() -> Any:
    """Look through this warehouse now, beside the daily look."""
    here = auth.current_warehouse()
    found = {here: finding.find_gaps(here)}
    came = run_in_transaction(
        service.settle, warehouse=here, on=auth.today(), found=found, actor=auth.actor_id(), at=now()
    )
    flash(gettext("New gaps: %(new)s. Mended: %(mended)s.", new=came["new"], mended=came["mended"]), "success")
    return redirect(url_for("gaps.gaps"))
