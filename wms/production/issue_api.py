"""Issues for machines: to the line, another lot, more, back, undone; open lots; the check that closes a work order."""

from __future__ import annotations

from typing import Any

from wms.core.clock import now
from wms.core.ids import BinId, LotId, LpnId, ProductionLineId, WorkOrderComponentId, WorkOrderId
from wms.production import issue_schemas as schemas
from wms.production.models import OpenLot, WorkOrder
from wms.production.queries import closing as closing_queries
from wms.production.queries import issues as queries
from wms.production.queries.issues import IssueRow, OpenLotRow
from wms.production.queries.orders import get_order
from wms.production.service import closing as closing_verbs
from wms.production.service import issuing
from wms.production.service.issuing import Approval, IssueGoods, ReturnGoods, UndoIssue
from wms.stock import queries as stock
from wms.stock import scan_queries
from wms.web import api, auth
from wms.web.api import reads, writes
from wms.web.auth import requires

bp = api.blueprint("production_issues_api", __name__)


def _order(work_order_id: int) -> WorkOrder:
    return get_order(WorkOrderId(work_order_id), warehouse=auth.current_warehouse())


def _goods(work_order_id: int, values: dict[str, Any]) -> IssueGoods:
    here = auth.current_warehouse()
    plate = values["lpn_code"]
    return IssueGoods(
        key=api.call_key(), warehouse=here, work_order=WorkOrderId(work_order_id),
        component=WorkOrderComponentId(values["component_id"]), lot=LotId(values["lot_id"]),
        bin=BinId(stock.find_bin(values["bin_code"], warehouse=here).id), quantity=values["quantity"],
        lpn=LpnId(scan_queries.find_open_lpn(plate, warehouse=here).id) if plate else None,
    )  # fmt: skip


def _approval(values: dict[str, Any]) -> Approval:
    return Approval(reason=values["reason"], approved_by=auth.actor_id(), is_permitted=auth.permitted("pick.override"))


@bp.get("/work-orders/<int:work_order_id>/issues")
@requires("production.view")
@reads(answer=schemas.GoodsIssuesOut())
def issues(work_order_id: int) -> dict[str, Any]:
    """Give what went to the line of a work order and came back, what was used of it, and what is still to be brought.

    `components` sums it up; `at_line` tells it lot by lot; `stops` is the work that waits; `issues` lists each issue and
    return, the newest first.
    """
    order = _order(work_order_id)
    return {
        "components": queries.balance_of_order(order.id), "at_line": queries.lots_at_line(order.id),
        "stops": queries.stops_of(order.id), "issues": queries.issues_of(order.id),
    }  # fmt: skip


@bp.post("/work-orders/<int:work_order_id>/issue")
@requires("production.issue")
@writes(
    body=schemas.IssueGoodsIn(),
    answer=schemas.GoodsIssueOut(),
    status=201,
    offers=("mobile.issue", "production_issues.issue"),
)
def issue(work_order_id: int, values: dict[str, Any]) -> IssueRow:
    """Bring goods of a bound lot to the line; the first issue starts the work order.

    The promise goes along to the line's bin. Goods that back-flush takes are bound to no order: any lot by the item's policy
    may come, as much as wanted. Refused with `wrong_state`, `clearance_needed`, `wrong_item_scanned`, `wrong_lot_scanned`
    (another lot than bound: exchange it), `nothing_bound`, `wrong_lpn_scanned` (several plates carry the lot),
    `picked_too_much`, `lot_on_hold`, `lot_expired`, `not_released`, `lot_pegged`, `insufficient_stock`, `bin_blocked`.
    """
    done = issuing.issue(_goods(work_order_id, values), actor=auth.actor_id(), at=now())
    return queries.issue_row(done.issue)


@bp.post("/work-orders/<int:work_order_id>/exchange")
@requires("production.issue")
@writes(
    body=schemas.ExchangeIn(),
    answer=schemas.GoodsIssueOut(),
    status=201,
    offers=("mobile.issue", "production_issues.issue"),
)
def exchange(work_order_id: int, values: dict[str, Any]) -> IssueRow:
    """Bring another lot than the bound one, with a reason: the promise goes over, and the bound lot is free again.

    The item's FEFO grade says who may: where it asks for a supervisor, the key needs the right `pick.override`. Refused as
    an issue is, and with `fefo_broken`, `not_allowed`, `missing_field`.
    """
    instead = values["instead_of_lot_id"]
    done = issuing.exchange(
        _goods(work_order_id, values), instead_of=LotId(instead) if instead is not None else None,
        approval=_approval(values), actor=auth.actor_id(), at=now(),
    )  # fmt: skip
    return queries.issue_row(done.issue)


@bp.post("/work-orders/<int:work_order_id>/supplement")
@requires("production.issue")
@writes(
    body=schemas.SupplementIn(), answer=schemas.GoodsIssueOut(), status=201,
    offers=("mobile.issue", "production_issues.issue"),
)  # fmt: skip
def supplement(work_order_id: int, values: dict[str, Any]) -> IssueRow:
    """Bring more than was planned, with a reason. Refused as an exchange is."""
    done = issuing.supplement(
        _goods(work_order_id, values), approval=_approval(values), actor=auth.actor_id(), at=now()
    )
    return queries.issue_row(done.issue)


@bp.post("/work-orders/<int:work_order_id>/return")
@requires("production.issue")
@writes(
    body=schemas.IssueReturnIn(), answer=schemas.GoodsIssueOut(), status=201,
    offers=("mobile.issue", "production_issues.bring_back"),
)  # fmt: skip
def return_goods(work_order_id: int, values: dict[str, Any]) -> IssueRow:
    """Carry unused goods from the line back to a bin; lot, quality and holds stay.

    Refused with `returned_too_much` (more than stands at the line for the order), `bin_unsuitable`, `bin_blocked`,
    `wrong_state`.
    """
    here = auth.current_warehouse()
    cmd = ReturnGoods(
        key=api.call_key(), warehouse=here, work_order=WorkOrderId(work_order_id),
        component=WorkOrderComponentId(values["component_id"]), lot=LotId(values["lot_id"]),
        bin=BinId(stock.find_bin(values["bin_code"], warehouse=here).id), quantity=values["quantity"],
        reason=values["reason"],
    )  # fmt: skip
    return queries.issue_row(issuing.return_(cmd, actor=auth.actor_id(), at=now()).issue)


@bp.post("/work-order-issues/<int:issue_id>/undo")
@requires("production.correct")
@writes(body=schemas.IssueUndoIn(), answer=schemas.GoodsIssueOut(), offers=("production_issues.undo",))
def undo_issue(issue_id: int, values: dict[str, Any]) -> IssueRow:
    """Take an issue or a return back by its counter-entry; what was bound before is bound again.

    Refused with `wrong_state` (taken back before, the order is closed), `insufficient_stock` (used or moved on).
    """
    cmd = UndoIssue(key=api.call_key(), warehouse=auth.current_warehouse(), issue=issue_id, reason=values["reason"])
    return queries.issue_row(issuing.undo(cmd, actor=auth.actor_id(), at=now()).issue)


# -- open lots ----------------------------------------------------------------------------------------------------------
@bp.get("/open-lots")
@requires("production.view")
@reads(query=schemas.OpenLotsQuery(), answer=schemas.OpenLotsOut())
def open_lots(query: dict[str, Any]) -> dict[str, list[OpenLotRow]]:
    """List the lots that are declared open at the lines of a warehouse: back-flush takes from them."""
    line = query["line_id"]
    found = queries.open_lots(auth.current_warehouse(), line=ProductionLineId(line) if line is not None else None)
    return {"items": found}


@bp.post("/open-lots")
@requires("production.issue")
@writes(
    body=schemas.OpenLotIn(), answer=schemas.OpenLotOut(), status=201,
    offers=("mobile.issue", "production_issues.open_lot"),
)  # fmt: skip
def open_lot(values: dict[str, Any]) -> OpenLotRow:
    """Declare a lot that stands at a line open; the one of its item that was open before is closed.

    Refused with `lot_not_at_line`, `lot_on_hold`, `lot_expired`, `not_released`.
    """
    here, lot = auth.current_warehouse(), stock.get_lot(LotId(values["lot_id"]))
    line = ProductionLineId(values["line_id"])
    made = issuing.open_lot(line, lot.item_id, lot.id, warehouse=here, actor=auth.actor_id(), at=now())
    return next(row for row in queries.open_lots(here, line=line) if row.id == made.id)


@bp.post("/open-lots/<int:open_lot_id>/close")
@requires("production.issue")
@writes(answer=schemas.ClosedLotOut(), offers=("mobile.issue", "production_issues.close_lot"))
def close_lot(open_lot_id: int) -> OpenLot:
    """Close an open lot: nothing is taken off it any more. Refused with `wrong_state` (closed before)."""
    return issuing.close_lot(open_lot_id, warehouse=auth.current_warehouse(), actor=auth.actor_id(), at=now())


# -- closing ------------------------------------------------------------------------------------------------------------
@bp.get("/work-orders/<int:work_order_id>/closing")
@requires("production.view")
@reads(answer=schemas.ClosingOut())
def closing(work_order_id: int) -> dict[str, Any]:
    """Say what stands in the way of closing a work order: work that waits, and what does not agree."""
    return _closing(_order(work_order_id))


@bp.post("/work-orders/<int:work_order_id>/close")
@requires("production.correct")
@writes(body=schemas.CloseWorkOrderIn(), answer=schemas.ClosingOut(), signed=True, offers=("production_issues.close",))
def close(work_order_id: int, values: dict[str, Any], signer: auth.Person) -> dict[str, Any]:
    """Close a work order, signed by a person; what does not agree is kept on it, with the reason.

    `differences` of the answer is what was signed for. Refused with `wrong_state`, `work_order_not_clear` (goods are still
    to be brought: complete it first), `missing_field` (something does not agree, and there is no reason), `password_wrong`.
    """
    order = _order(work_order_id)
    cmd = closing_verbs.CloseOrder(
        work_order=order.id, warehouse=order.warehouse_id, is_signed=True, reason=values["reason"]
    )
    found = closing_verbs.close(cmd, actor=signer.id, at=now())
    return {
        "work_order_id": order.id, "state": order.state.value, "open_tasks": 0, "open_bindings": 0,
        "is_untouched": False, "differences": found,
    }  # fmt: skip


def _closing(order: WorkOrder) -> dict[str, Any]:
    tasks, bindings = closing_queries.open_work_of(order)
    return {
        "work_order_id": order.id, "state": order.state.value, "open_tasks": tasks, "open_bindings": bindings,
        "is_untouched": closing_queries.is_untouched(order), "differences": closing_queries.differences_of(order),
    }  # fmt: skip
