"""Desk pages of issues: what went to the line of an order and came back, the open lots, the check that closes the order."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext

from wms.accounts.sessions import confirm_password
from wms.core.clock import now
from wms.core.errors import FieldErrors, NotFound
from wms.core.ids import BinId, ItemId, LotId, LpnId, ProductionLineId, WorkOrderComponentId, WorkOrderId
from wms.db import run_in_transaction
from wms.production import issue_schemas as schemas
from wms.production import issue_words as words
from wms.production.models import IssueKind, WorkOrder, WorkOrderState
from wms.production.queries import closing as closing_queries
from wms.production.queries import corrections
from wms.production.queries import issues as queries
from wms.production.queries.orders import get_order
from wms.production.service import closing as closing_verbs
from wms.production.service import issuing
from wms.production.service.issuing import Approval, IssueGoods, ReturnGoods, UndoIssue
from wms.stock import queries as stock
from wms.stock import scan_queries
from wms.stock.service import find_lot
from wms.web import auth
from wms.web.auth import requires
from wms.web.forms import parse_form
from wms.web.views import quantity as shown

bp = Blueprint("production_issues", __name__)


def _order(order_id: int) -> WorkOrder:
    return get_order(WorkOrderId(order_id), warehouse=auth.current_warehouse())


@bp.get("/work-orders/<int:order_id>/issues")
@requires("production.view")
def issues(order_id: int) -> Any:
    """Show what went to the line of an order, came back, was used and stands there, and the lots that are open there."""
    order = _order(order_id)
    return render_template(
        "production/issues.html", order=order, states=WorkOrderState, balances=queries.balance_of_order(order.id),
        standing=queries.lots_at_line(order.id), rows=queries.issues_of(order.id), stops=queries.stops_of(order.id),
        opened=queries.open_lots(order.warehouse_id, line=order.line_id), kind_words=words.KINDS, key=str(uuid4()),
        kinds=[k for k in IssueKind if k is not IssueKind.RETURN],
    )  # fmt: skip


@bp.post("/work-orders/<int:order_id>/issues")
@requires("production.issue")
def issue(order_id: int) -> Any:
    """Bring goods to the line from the desk: by plan, another lot, or more than planned."""
    form = parse_form(schemas.IssueForm())
    order = _order(order_id)
    component = next((c for c in order.components if c.id == form["component"]), None)
    lot = find_lot(ItemId(component.item_id), form["lot_number"]) if component is not None else None
    if component is None or lot is None:
        raise FieldErrors(errors={"lot_number": ["not_found"]})
    bin_ = stock.find_bin(form["bin"], warehouse=order.warehouse_id)
    plate = LpnId(scan_queries.find_open_lpn(form["lpn"], warehouse=order.warehouse_id).id) if form["lpn"] else None
    cmd = IssueGoods(
        key=form["key"], warehouse=order.warehouse_id, work_order=order.id, component=component.id, lot=LotId(lot.id),
        bin=BinId(bin_.id), quantity=form["quantity"], lpn=plate,
    )  # fmt: skip
    yes = Approval(reason=form["reason"], approved_by=auth.actor_id(), is_permitted=auth.permitted("pick.override"))
    who: dict[str, Any] = {"actor": auth.actor_id(), "at": now()}
    if form["kind"] is IssueKind.EXCHANGE:
        done = run_in_transaction(issuing.exchange, cmd, approval=yes, **who)
    elif form["kind"] is IssueKind.SUPPLEMENT:
        done = run_in_transaction(issuing.supplement, cmd, approval=yes, **who)
    else:
        done = run_in_transaction(issuing.issue, cmd, **who)
    said = gettext("At the line: %(quantity)s of lot %(lot)s.")
    flash(said % {"quantity": shown(done.quantity, done.unit), "lot": done.lot_number}, "success")
    return redirect(url_for("production_issues.issues", order_id=order_id))


@bp.post("/work-orders/<int:order_id>/return")
@requires("production.issue")
def bring_back(order_id: int) -> Any:
    """Carry unused goods back to a bin."""
    form = parse_form(schemas.ReturnForm())
    order = _order(order_id)
    cmd = ReturnGoods(
        key=form["key"], warehouse=order.warehouse_id, work_order=order.id,
        component=WorkOrderComponentId(form["component"]), lot=LotId(form["lot"]),
        bin=BinId(stock.find_bin(form["bin"], warehouse=order.warehouse_id).id), quantity=form["quantity"],
        reason=form["reason"],
    )  # fmt: skip
    done = run_in_transaction(issuing.return_, cmd, actor=auth.actor_id(), at=now())
    said = gettext("Back in the store: %(quantity)s of lot %(lot)s.")
    flash(said % {"quantity": shown(done.quantity, done.unit), "lot": done.lot_number}, "success")
    return redirect(url_for("production_issues.issues", order_id=order_id))


@bp.post("/work-orders/<int:order_id>/issues/<int:issue_id>/undo")
@requires("production.correct")
def undo(order_id: int, issue_id: int) -> Any:
    """Take an issue or a return back."""
    form = parse_form(schemas.UndoForm())
    if queries.get_issue(issue_id, warehouse=auth.current_warehouse()).work_order_id != order_id:
        raise NotFound(kind="issue", text=str(issue_id))
    cmd = UndoIssue(key=form["key"], warehouse=auth.current_warehouse(), issue=issue_id, reason=form["reason"])
    run_in_transaction(issuing.undo, cmd, actor=auth.actor_id(), at=now())
    flash(gettext("Taken back by its counter-entry."), "success")
    return redirect(url_for("production_issues.issues", order_id=order_id))


@bp.post("/work-orders/<int:order_id>/open-lot")
@requires("production.issue")
def open_lot(order_id: int) -> Any:
    """Declare a lot that stands at the order's line open."""
    form = parse_form(schemas.OpenLotForm())
    order = _order(order_id)
    lot = stock.get_lot(LotId(form["lot"]))
    run_in_transaction(
        issuing.open_lot, ProductionLineId(order.line_id), lot.item_id, lot.id, warehouse=order.warehouse_id,
        actor=auth.actor_id(), at=now(),
    )  # fmt: skip
    return redirect(url_for("production_issues.issues", order_id=order_id))


@bp.post("/work-orders/<int:order_id>/open-lot/<int:opened>/close")
@requires("production.issue")
def close_lot(order_id: int, opened: int) -> Any:
    """Close an open lot."""
    run_in_transaction(
        issuing.close_lot, opened, warehouse=_order(order_id).warehouse_id, actor=auth.actor_id(), at=now()
    )
    return redirect(url_for("production_issues.issues", order_id=order_id))


# -- closing ------------------------------------------------------------------------------------------------------------
@bp.get("/work-orders/<int:order_id>/close")
@requires("production.view")
def closing(order_id: int) -> Any:
    """Show what does not agree, and the form that closes the order."""
    order = _order(order_id)
    tasks, bindings = closing_queries.open_work_of(order)
    return render_template(
        "production/closing.html", order=order, states=WorkOrderState, tasks=tasks, bindings=bindings,
        differences=closing_queries.differences_of(order), balances=queries.balance_of_order(order.id),
        is_untouched=closing_queries.is_untouched(order), why_words=words.WHYS, mend_words=words.MENDS, again=corrections.open_correction(order.id),
    )  # fmt: skip


@bp.post("/work-orders/<int:order_id>/close")
@requires("production.correct")
def close(order_id: int) -> Any:
    """Close the order; what does not agree is signed for with the password."""
    form = parse_form(schemas.CloseForm())
    order = _order(order_id)
    if form["password"]:
        confirm_password(form["password"])
    cmd = closing_verbs.CloseOrder(
        work_order=order.id, warehouse=order.warehouse_id, is_signed=bool(form["password"]), reason=form["reason"]
    )
    run_in_transaction(closing_verbs.close, cmd, actor=auth.actor_id(), at=now())
    flash(gettext("Closed."), "success")
    return redirect(url_for("production.order", order_id=order_id))
