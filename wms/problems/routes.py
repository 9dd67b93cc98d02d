"""Desk pages of problems: the list, one problem with its photo and what was done, settle, the label that was printed anew."""

from typing import Any

from flask import Blueprint, redirect, render_template, url_for
from flask.blueprints import BlueprintSetupState

from wms.core.clock import now
from wms.core.ids import ProblemId
from wms.db import run_in_transaction
from wms.files import panel, subjects
from wms.problems import queries, schemas, service, words
from wms.problems.models import ProblemState
from wms.stock import words as stock_words
from wms.web.auth import actor_id, current_warehouse, requires
from wms.web.forms import parse_form, parse_query

bp = Blueprint("problems", __name__, url_prefix="/problems")


@bp.record_once
def _tell_of_photos(_state: BlueprintSetupState) -> None:
    """Photos of a problem stand on its page."""
    subjects.tell_of(
        "problem", subjects.Subject(views=("stock.view",), attaches=("problem.report", "file.attach"), find=_find)
    )


def _find(problem: int) -> subjects.Whereabouts:
    page = url_for("problems.problem", problem_id=problem)
    return subjects.Whereabouts(warehouse=queries.warehouse_of(ProblemId(problem)), page=page)


@bp.get("")
@requires("stock.view")
def problems() -> Any:
    """List the problems of this warehouse in one state, the newest first."""
    wanted = parse_query(schemas.ProblemsIn())
    page = queries.page_of_problems(
        current_warehouse(), state=wanted["state"], kind=wanted["kind"], cursor=wanted["cursor"] or None
    )
    return render_template(
        "problems/problems.html", page=page, state=wanted["state"], states=words.STATES.items(),
        kinds=[(kind.value, word) for kind, word in words.KINDS.items()], kind_words=words.KINDS,
    )  # fmt: skip


@bp.get("/<int:problem_id>")
@requires("stock.view")
def problem(problem_id: int) -> Any:
    """Show one problem."""
    row = queries.get_problem(ProblemId(problem_id), warehouse=current_warehouse())
    return render_template(
        "problems/problem.html", row=row, problem=row.problem, kind_words=words.KINDS, state_words=words.STATES,
        capture_words=stock_words.CAPTURES, attached=panel.panel("problem", problem_id),
        is_open=row.problem.state is ProblemState.OPEN,
    )  # fmt: skip


@bp.post("/<int:problem_id>/settle")
@requires("alert.settle")
def settle(problem_id: int) -> Any:
    """Close it with what was done."""
    found = _of_this_place(problem_id)
    form = parse_form(schemas.SettleProblemIn())
    run_in_transaction(service.settle, found, note=form["note"], actor=actor_id(), at=now())
    return redirect(url_for("problems.problem", problem_id=found))


@bp.post("/<int:problem_id>/label-printed")
@requires("label.print")
def label_printed(problem_id: int) -> Any:
    """Say that the new label was printed."""
    found = _of_this_place(problem_id)
    run_in_transaction(service.note_label_printed, found, at=now())
    return redirect(url_for("problems.problem", problem_id=found))


def _of_this_place(problem_id: int) -> ProblemId:
    return queries.get_problem(ProblemId(problem_id), warehouse=current_warehouse()).problem.id
