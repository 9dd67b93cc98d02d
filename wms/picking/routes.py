"""Desk pages of orders: the list, one order with why each lot was or was not taken, a new order, allocate and release."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext

from wms.catalog.models import PolicyName
from wms.core.clock import now
from wms.core.errors import NotFound, QuestionNeeded
from wms.core.ids import LotId, OrderId, OrderLineId
from wms.core.quantity import ZERO
from wms.db import run_in_transaction
from wms.picking import page_queries, queries, schemas, service, words
from wms.picking.models import Order, OrderPurpose, OrderState
from wms.picking.page_queries import OrderFilter
from wms.picking.peg_queries import preview_peg
from wms.production.queries.order_pages import orders_for
from wms.stock import pegs
from wms.stock import queries as stock
from wms.web import auth, views
from wms.web.auth import requires
from wms.web.forms import parse_form, parse_query
from wms.web.sentences import sentence

bp = Blueprint("picking", __name__)

_OPEN_STATES = ("new", "allocated", "picking", "picked", "shipped", "cancelled")


@bp.get("/orders")
@requires("order.view")
def orders() -> Any:
    """List the orders of the current warehouse; the filters stand in the URL."""
    values = parse_query(schemas.OrderFilterIn())
    state = "" if values["state"] == "all" else values["state"] or "open"
    wanted = OrderFilter(
        warehouse=auth.current_warehouse(), text=values["q"], state=state, sort=values["sort"] or "ship",
        due=values["due"],
    )  # fmt: skip
    page = page_queries.page_of_orders(wanted, cursor=values["cursor"] or None)
    return render_template("picking/orders.html", page=page, states=_OPEN_STATES, today=auth.today())


@bp.get("/orders/new")
@requires("order.edit")
def new_order() -> Any:
    """Show the form of a new order."""
    return render_template(
        "picking/new_order.html", customers=page_queries.customers(), purposes=list(OrderPurpose),
        policies=[(p.value, words.POLICIES[p.value]) for p in PolicyName], line_count=schemas.LINES,
        today=auth.today(),
    )  # fmt: skip


@bp.post("/orders/new")
@requires("order.edit")
def create_order() -> Any:
    """Take in a new order."""
    cmd = schemas.new_order(parse_form(schemas.NewOrderIn()), warehouse=auth.current_warehouse())
    order_id = run_in_transaction(service.create_order, cmd, actor=auth.actor_id(), at=now())
    return redirect(url_for("picking.order", order_id=order_id))


@bp.get("/orders/<int:order_id>")
@requires("order.view")
def order(order_id: int) -> Any:
    """Show one order: lines with promises and reasons, pick lists, overrides, and what may be done now."""
    found = _own(order_id)
    lines = page_queries.lines_for_page(found.id)
    lists = page_queries.lists_for_page(found.id)
    work_orders = orders_for(queries.LINE, [line.id for line in lines])
    has_waiting = any(not claim.is_staged for line in lines for claim in line.claims)
    return render_template(
        "picking/order.html", order=found, lines=lines, lists=lists,
        pegs=pegs.pegs_of_demands(queries.LINE, [line.id for line in lines]) if any(line.has_peg for line in lines) else [],
        work_orders=work_orders,
        overrides=page_queries.overrides_for_page(found.id), why=words.why_sentence, policies=words.POLICIES, zero=ZERO,
        may_allocate=found.state in {OrderState.NEW, OrderState.ALLOCATED}, has_short=any(line.short for line in lines),
        may_release=found.state == OrderState.ALLOCATED and has_waiting,
        may_reallocate=found.state in {OrderState.PICKING, OrderState.PICKED},
        may_ship=found.state in {OrderState.PICKING, OrderState.PICKED}
        and any(claim.is_staged for line in lines for claim in line.claims),
        has_nothing=found.state == OrderState.ALLOCATED and not any(line.claims for line in lines),
        may_cancel=found.state in {OrderState.NEW, OrderState.ALLOCATED},
        stopped=sum(1 for pick_list in lists for task in pick_list.tasks if task.state == "stopped"),
    )  # fmt: skip


@bp.post("/orders/<int:order_id>/allocate")
@requires("order.allocate")
def allocate(order_id: int) -> Any:
    """Promise stock to the order."""
    return _allocated(order_id, service.allocate_order)


@bp.post("/orders/<int:order_id>/reallocate")
@requires("order.allocate")
def reallocate(order_id: int) -> Any:
    """Find other stock for what is short, and send it to picking."""
    return _allocated(order_id, service.reallocate_order)


@bp.post("/orders/<int:order_id>/release")
@requires("order.allocate")
def release(order_id: int) -> Any:
    """Make the pick list."""
    found = _own(order_id)
    list_id = run_in_transaction(service.release_order, found.id, actor=auth.actor_id(), at=now())
    flash(gettext("Pick list %(number)s is ready for a picker.", number=queries.find_list(list_id).number))
    return redirect(url_for("picking.order", order_id=order_id))


@bp.post("/orders/<int:order_id>/cancel")
@requires("order.edit")
def cancel(order_id: int) -> Any:
    """Call the order off."""
    found = _own(order_id)
    run_in_transaction(service.cancel_order, found.id, actor=auth.actor_id(), at=now())
    flash(gettext("Order %(number)s is called off; its promises are given back.", number=found.number))
    return redirect(url_for("picking.order", order_id=order_id))


@bp.get("/orders/<int:order_id>/lines/<int:order_line_id>/keep-lot")
@requires("production.plan")
def keep_lot(order_id: int, order_line_id: int) -> Any:
    """Look what keeping a lot for a line would take from others, before it is done."""
    found = _own(order_id)
    line = _line(found, order_line_id)
    number = parse_query(schemas.KeepLotQuery())["lot"]
    lot = page_queries.lot_by_number(line.item, number) if number else None
    preview = preview_peg(lot, OrderLineId(line.id)) if lot is not None else None
    losses = preview.losses if preview is not None else ()
    return render_template(
        "picking/keep_lot.html", order=found, line=line, number=number, preview=preview,
        numbers={one: one.number if auth.permitted("order.view", one.warehouse) else "–" for one in losses},
        may=all(auth.permitted("production.plan", one.warehouse) for one in losses),
    )  # fmt: skip


@bp.post("/orders/<int:order_id>/lines/<int:order_line_id>/keep-lot")
@requires("production.plan")
def lay_peg(order_id: int, order_line_id: int) -> Any:
    """Keep a lot for a line; what others were promised of it is found for them elsewhere, as it was looked at."""
    found = _own(order_id)
    line = _line(found, order_line_id)
    form = parse_form(schemas.KeepLotIn())
    lot = stock.get_lot(LotId(form["lot_id"]))
    for loss in preview_peg(lot.id, OrderLineId(line.id)).losses:
        auth.demand_at("production.plan", loss.warehouse)
    cmd = service.LayPeg(
        lot=lot.id, line=OrderLineId(line.id), warehouse=auth.current_warehouse(), fingerprint=form["fingerprint"]
    )  # fmt: skip
    try:
        kept = run_in_transaction(service.lay_peg, cmd, actor=auth.actor_id(), at=now())
    except QuestionNeeded as asked:
        flash(sentence(asked), "error")
        return redirect(url_for("picking.keep_lot", order_id=order_id, order_line_id=order_line_id, lot=lot.number))
    flash(
        gettext(
            "Lot %(lot)s is kept for this line; %(quantity)s of it are promised.", lot=lot.number,
            quantity=views.quantity(kept.promised),
        )
    )  # fmt: skip
    for short in kept.short:
        flash(
            gettext(
                "%(order)s is short of %(missing)s now.", order=short.number, missing=views.quantity(short.missing)
            ),
            "error",
        )
    return redirect(url_for("picking.order", order_id=order_id))


def _line(order: Order, line_id: int) -> Any:
    """Give a line of the order as its page shows it; NotFound for one of another order."""
    found = next((line for line in page_queries.lines_for_page(order.id) if line.id == line_id), None)
    if found is None:
        raise NotFound(kind="order_line", text=str(line_id))
    return found


def _allocated(order_id: int, verb: Callable[..., service.Allocated]) -> Any:
    found = _own(order_id)
    came_to = run_in_transaction(verb, found.id, actor=auth.actor_id(), at=now())
    if came_to.short > ZERO:
        flash(
            gettext(
                "Promised: %(claimed)s. Short: %(short)s; the reasons stand at each line.",
                claimed=views.quantity(came_to.claimed), short=views.quantity(came_to.short),
            ),
            "error",
        )  # fmt: skip
    else:
        flash(gettext("Everything is promised."))
    return redirect(url_for("picking.order", order_id=order_id))


def _own(order_id: int) -> Order:
    """Give an order of the current warehouse; NotFound for one elsewhere."""
    found = queries.find_order(OrderId(order_id))
    if found.warehouse_id != auth.current_warehouse():
        raise NotFound(kind="order", text=str(order_id))
    return found
