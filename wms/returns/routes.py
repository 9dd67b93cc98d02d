"""Desk pages of supplier returns: the list, a new one from stock, one with its lines, its paper as PDF."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from flask import Blueprint, Response, flash, redirect, render_template, url_for
from flask_babel import gettext

from wms.core.clock import now
from wms.core.ids import SupplierReturnId, SupplierReturnLineId
from wms.db import run_in_transaction
from wms.returns import paper, queries, schemas, service
from wms.returns.models import ReturnReason, ReturnState
from wms.stock import queries as stock
from wms.web import auth
from wms.web.auth import requires
from wms.web.forms import parse_form, parse_query

bp = Blueprint("returns", __name__)

PAGE_SIZE = 50
#: Stock rows that a new return offers at once.
ROWS_MAX = 100


@bp.get("/receiving/returns")
@requires("return.edit", "return.carry", "stock.view")
def returns() -> Any:
    """List returns; the filters stand in the URL."""
    wanted = parse_query(schemas.ReturnsIn())
    state = ReturnState(wanted["state"]) if wanted["state"] in set(ReturnState) else None
    page = queries.list_returns(
        auth.current_warehouse(), state=state, search=wanted["q"], cursor=wanted["cursor"] or None, size=PAGE_SIZE
    )
    return render_template("returns/list.html", page=page, states=[one.value for one in ReturnState])


@bp.get("/receiving/returns/new")
@requires("return.edit")
def new_return() -> Any:
    """Ask what goes back: the stock that a search finds, with a field for how much of each row."""
    wanted = parse_query(schemas.NewReturnQuery())
    rows = queries.stock_to_return(auth.current_warehouse(), search=wanted["q"], limit=ROWS_MAX) if wanted["q"] else []
    return render_template(
        "returns/new.html",
        wanted=wanted,
        rows=stock.with_states(rows, on=auth.today()),
        suppliers=queries.suppliers(),
        reasons=[one.value for one in ReturnReason],
        may_take_held=auth.permitted("return.held"),
        key=str(uuid4()),
    )


@bp.post("/receiving/returns")
@requires("return.edit")
def create_return() -> Any:
    """Write a return down."""
    cmd = schemas.new_return(
        parse_form(schemas.ReturnForm()), warehouse=auth.current_warehouse(),
        may_take_held=auth.permitted("return.held"),
    )  # fmt: skip
    made = run_in_transaction(service.open_return, cmd, actor=auth.actor_id(), at=now())
    flash(gettext("The return is written down; its goods can be carried out."))
    return redirect(url_for("returns.supplier_return", return_id=made))


@bp.get("/receiving/returns/<int:return_id>")
@requires("return.edit", "return.carry", "stock.view")
def supplier_return(return_id: int) -> Any:
    """Show a return: what goes, from where, what left."""
    view = queries.get_return(SupplierReturnId(return_id), warehouse=auth.current_warehouse())
    return render_template("returns/return.html", view=view, key=str(uuid4()))


@bp.post("/receiving/returns/<int:return_id>/lines/<int:line_id>/carry")
@requires("return.edit", "return.carry")
def carry_line(return_id: int, line_id: int) -> Any:
    """Say at the desk that a line's goods were handed over."""
    form = parse_form(schemas.CarryForm())
    cmd = service.CarryLine(
        warehouse=auth.current_warehouse(), line=SupplierReturnLineId(line_id), key=f"return:{form['key']}",
        quantity=form["quantity"],
    )  # fmt: skip
    done = run_in_transaction(service.carry_line, cmd, actor=auth.actor_id(), at=now())
    flash(gettext("Left: %(quantity)s of lot %(lot)s.", quantity=str(done.quantity), lot=done.lot_number))
    return redirect(url_for("returns.supplier_return", return_id=return_id))


@bp.post("/receiving/returns/<int:return_id>/close")
@requires("return.edit")
def close_return(return_id: int) -> Any:
    """Write down who took the goods, and end the return."""
    form = parse_form(schemas.CloseForm())
    run_in_transaction(
        service.close_return, SupplierReturnId(return_id), warehouse=auth.current_warehouse(), actor=auth.actor_id(),
        at=now(), **form,
    )  # fmt: skip
    flash(gettext("The return is closed."))
    return redirect(url_for("returns.supplier_return", return_id=return_id))


@bp.get("/receiving/returns/<int:return_id>/paper.pdf")
@requires("return.edit", "return.carry", "stock.view")
def return_paper(return_id: int) -> Response:
    """Give the paper that goes with the goods, as PDF."""
    view = queries.get_return(SupplierReturnId(return_id), warehouse=auth.current_warehouse())
    return paper.answer(view)
