"""Issue on the handheld: goods to the line of a work order, more than planned, unused ones back, the lot opened at the line.

order -> bin -> goods -> quantity -> posted, bin of the next stop
another lot than bound: exchange, with a reason and where the item asks for it a second person
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from flask import Response, g

from wms.core.clock import now
from wms.core.errors import (
    BadQuantity,
    ClearanceNeeded,
    FefoBroken,
    NotFound,
    NothingBound,
    QuestionNeeded,
    WrongBinScanned,
    WrongItemScanned,
    WrongLotScanned,
    WrongLpnScanned,
)
from wms.core.ids import BinId, LotId, LpnId, WorkOrderComponentId, WorkOrderId
from wms.core.quantity import ZERO, Quantity
from wms.db import run_in_transaction
from wms.mobile import bp, messages
from wms.mobile.flow import BIN, LOT, LPN, NUMBER, TEXT, Flow, FlowStep, Message, Operation, Turn, ask, yes
from wms.mobile.receive_draft import number
from wms.mobile.resolve import FoundBin, FoundLot, FoundLpn
from wms.mobile.screen import refused, run
from wms.mobile.second import prove_supervisor
from wms.production.models import WorkOrder, WorkOrderComponent, WorkOrderState
from wms.production.queries import issues as queries
from wms.production.queries.issues import IssueStop
from wms.production.queries.orders import find_by_number, get_order
from wms.production.service import issuing
from wms.production.service.issuing import Approval, IssueGoods, ReturnGoods
from wms.production.service.orders import check_cleared
from wms.stock import queries as stock
from wms.web import auth, views
from wms.web.auth import requires

#: What the person is about: the next stop of the plan, or more than planned.
_MORE: Final = "more"
#: So many orders are offered as buttons; of the others the page says how many they are.
_SHOWN: Final = 5

FLOW: Final = Flow(
    task="issue",
    title=messages.ISSUE,
    carries=("order", "mode", "stop", "bin", "bin_code", "lot", "lot_number", "lpn", "component", "quantity", "grade"),
    steps=(
        FlowStep("order", accepts=(TEXT,), next="bin", prompt=messages.ISSUE_CHOOSE),
        FlowStep(
            "bin", accepts=(BIN,), next="goods", prompt=messages.SCAN_BIN,
            events={"next": "bin", "other": "other", "leave": "order"}, needs=("order",),
        ),
        FlowStep(
            "goods", accepts=(LOT, LPN), next="quantity", prompt=messages.ISSUE_GOODS, events={"back": "bin"},
            needs=("order", "bin", "bin_code"),
        ),
        FlowStep(
            "quantity", accepts=(NUMBER,), next="bin", prompt=messages.ENTER_QUANTITY, events={"back": "bin"},
            needs=("order", "bin", "lot", "component"),
        ),
        FlowStep(
            "reason", accepts=(TEXT,), next="bin", prompt=messages.ISSUE_REASON, events={"back": "bin"},
            needs=("order", "bin", "lot", "component", "quantity"),
        ),
        FlowStep(
            "other", accepts=(TEXT,), next="bin", prompt=messages.ISSUE_MORE,
            events={"more": "bin", "return": "back_goods", "open": "open", "back": "bin"}, needs=("order",),
        ),
        FlowStep(
            "back_goods", accepts=(LOT,), next="back_quantity", prompt=messages.ISSUE_BACK_GOODS, events={"back": "bin"},
            needs=("order",),
        ),
        FlowStep(
            "back_quantity", accepts=(NUMBER,), next="back_bin", prompt=messages.ENTER_QUANTITY,
            events={"back": "back_goods"}, needs=("order", "lot", "component"),
        ),
        FlowStep(
            "back_bin", accepts=(BIN,), next="back_goods", prompt=messages.ISSUE_BACK_BIN,
            events={"back": "back_goods"}, needs=("order", "lot", "component", "quantity"),
        ),
        FlowStep(
            "open", accepts=(LOT,), next="open", prompt=messages.ISSUE_OPEN, events={"close": "close", "back": "bin"},
            needs=("order",),
        ),
        FlowStep(
            "close", accepts=(LOT,), next="open", prompt=messages.ISSUE_CLOSE, events={"back": "open"}, needs=("order",),
        ),
    ),
)  # fmt: skip


@bp.route("/issue", methods=["GET", "POST"])
@requires("production.issue")
def issue() -> Response:
    """Bring goods to the line of a work order."""
    return run(FLOW, show=show, take=take)


# -- what a page shows --------------------------------------------------------------------------------------------------
def show(step: str, state: Mapping[str, str]) -> Mapping[str, Any]:
    """The orders that wait, the stop at hand, what stands at the line."""
    if step == "order":
        orders = queries.orders_to_feed(auth.current_warehouse(), limit=_SHOWN)
        return {"orders": orders, "more": orders[0].waiting - len(orders) if orders else 0}
    order = _order(state)
    page: dict[str, Any] = {"order": order, "is_more": state.get("mode") == _MORE}
    if step in ("bin", "goods", "quantity") and not page["is_more"]:
        page |= _stop_page(order, state)
    if step == "quantity":
        page |= _chosen_page(order, state)
    elif step == "reason":
        page |= {
            "grade": state.get("grade", ""), "is_own": auth.permitted("pick.override"),
            "frequent": messages.FREQUENT_REASONS,
        }  # fmt: skip
    elif step in ("back_goods", "back_quantity", "back_bin"):
        page |= _back_page(order, step, state)
    elif step in ("open", "close"):
        page["opened"] = queries.open_lots(auth.current_warehouse(), line=order.line_id)[:4]
    return page


def _stop_page(order: WorkOrder, state: Mapping[str, str]) -> dict[str, Any]:
    stops = _stops(order.id)
    stop = next((s for s in stops if str(s.task) == state.get("stop")), stops[0] if stops else None)
    return {"stop": stop, "count": len(stops)}


def _chosen_page(order: WorkOrder, state: Mapping[str, str]) -> dict[str, Any]:
    """The lot in the hand, with how much of it is to be brought."""
    component = _component(order, state)
    stop = next((s for s in _stops(order.id) if str(s.task) == state.get("stop")), None)
    is_planned = stop is not None and str(stop.lot) == state.get("lot")
    return {
        "component": component,
        "lot_number": state.get("lot_number", ""),
        "scan_value": str(stop.left) if stop is not None and is_planned else "",
    }


def _back_page(order: WorkOrder, step: str, state: Mapping[str, str]) -> dict[str, Any]:
    standing = [one for one in queries.lots_at_line(order.id) if one.at_line > ZERO]
    chosen = next(
        (s for s in standing if (str(s.lot), str(s.component)) == (state.get("lot"), state.get("component"))), None
    )
    page: dict[str, Any] = {"standing": standing[:5], "chosen": chosen}
    if step == "back_bin":
        page["back_quantity"] = Quantity.parse(state.get("quantity", ""))
    if step == "back_quantity" and chosen is not None:
        page["scan_value"] = str(chosen.at_line)
    return page


# -- what a scan does ---------------------------------------------------------------------------------------------------
def take(op: Operation) -> Turn:
    """Decide one scan or button."""
    if op.step.name == "order":
        found = find_by_number(op.scan.strip(), warehouse=auth.current_warehouse())
        if found is None:
            raise NotFound(kind="work_order", text=op.scan[:40])
        return _to_stop(found.id, message=_not_cleared(found))
    if not op.is_scan:
        return _press(op)
    order = _order(op.state)
    match op.step.name:
        case "bin":
            return _take_bin(op, order)
        case "goods":
            return _take_goods(op, order)
        case "quantity":
            return _take_quantity(op, order)
        case "reason":
            return _take_reason(op, order)
        case "back_goods":
            return _take_back_goods(op, order)
        case "back_quantity":
            return Turn(step="back_bin", state=dict(op.state) | {"quantity": _amount(op)})
        case "back_bin":
            return _bring_back(op, order)
        case "open":
            return _open(op, order)
        case "close":
            return _close(op, order)
        case _:
            return Turn(step="other", state=_standing(op.state))


def _not_cleared(order: WorkOrder) -> Message | None:
    """Say before the walk that its goods would be refused at the line: it must be cleared first."""
    if order.state is not WorkOrderState.RELEASED:
        return None
    try:
        check_cleared(order)
    except ClearanceNeeded as refusal:
        return ask(refused(refusal).text)
    return None


def _press(op: Operation) -> Turn:
    if op.event == "leave":
        return Turn(step="order")
    order = _order(op.state)
    if op.event == "next":
        return _to_stop(order.id, after=op.state.get("stop", ""))
    if op.event == "more":
        return Turn(step="bin", state={"order": order.id, "mode": _MORE})
    step = op.step.events[op.event]
    if step == "bin":
        mode = op.state.get("mode", "")
        if mode == _MORE and op.step.name in ("goods", "quantity", "reason"):
            return Turn(step="bin", state={"order": order.id, "mode": _MORE})
        return _to_stop(order.id, at=op.state.get("stop", ""))
    return Turn(step=step, state={"order": order.id})


def _take_bin(op: Operation, order: WorkOrder) -> Turn:
    found: FoundBin = op.found
    state = _standing(op.state) | {"bin": found.id, "bin_code": found.code}
    if op.state.get("mode") != _MORE:
        stop = _stop(order, op.state)
        here = [s for s in _stops(order.id) if s.bin == found.id]
        if not here:
            raise WrongBinScanned(needed=stop.bin_code, scanned=found.code)
        if stop.bin != found.id:
            state["stop"] = here[0].task
    return Turn(step="goods", state=state)


def _take_goods(op: Operation, order: WorkOrder) -> Turn:
    """The lot in the hand, or the one on the plate; its item says which component it is for."""
    lot, lot_number, lpn, item, sku = _goods(op, BinId(number(op.state["bin"])))
    stop = None if op.state.get("mode") == _MORE else _stop(order, op.state)
    stops = [s for s in _stops(order.id) if str(s.bin) == op.state["bin"]] if stop is not None else []
    match = next((s for s in stops if s.lot == lot and lpn in (None, s.lpn)), None)
    state = _standing(op.state) | {"lot": lot, "lot_number": lot_number} | ({"lpn": lpn} if lpn is not None else {})
    if match is not None:
        return Turn(step="quantity", state=state | {"stop": match.task, "component": match.component})
    if stop is not None and stop.item == item:
        component: WorkOrderComponent | None = next(c for c in order.components if c.id == stop.component)
    else:
        component = next((c for c in order.components if c.item_id == item), None)
    if component is None:
        raise WrongItemScanned(
            needed=stop.sku if stop else ", ".join(c.item.sku for c in order.components), scanned=sku
        )
    if stop is not None and component.id == stop.component and stop.lpn_code and lot == stop.lot:
        raise WrongLpnScanned(needed=stop.lpn_code, scanned=lot_number)
    return _judge(order, state | {"component": component.id}, is_more=stop is None)


def _judge(order: WorkOrder, state: dict[str, Any], *, is_more: bool) -> Turn:
    """Goods that no stop asks for are refused here and now; where an exchange is allowed, it is offered in the same breath."""
    cmd = IssueGoods(
        key="", warehouse=auth.current_warehouse(), work_order=order.id, component=state["component"],
        lot=LotId(state["lot"]), bin=BinId(number(str(state["bin"]))), quantity=ZERO,
        lpn=LpnId(state["lpn"]) if state.get("lpn") else None,
    )  # fmt: skip
    try:
        issuing.check_scan(cmd, is_more=is_more, actor=auth.actor_id(), at=now())
    except (WrongLotScanned, NothingBound, FefoBroken) as broken:
        if broken.data.get("grade") in (None, "forbid"):
            raise
        said = messages.ISSUE_EXCHANGE % {"why": refused(broken).text}
        return Turn(step="quantity", state=state | {"grade": broken.data["grade"]}, message=ask(said))
    return Turn(step="quantity", state=state)


def _goods(op: Operation, bin_id: BinId) -> tuple[LotId, str, LpnId | None, Any, str]:
    found: FoundLot | FoundLpn = op.found
    if isinstance(found, FoundLot):
        return LotId(found.id or 0), found.number, None, found.item.id, found.item.sku
    rows = stock.find_balances(lpn=LpnId(found.id or 0), bin=bin_id, warehouse=auth.current_warehouse())
    lots = {row.lot for row in rows}
    if not rows:
        raise NotFound(kind="lpn", text=found.code)
    if len(lots) > 1:
        raise QuestionNeeded(question="which_lot", needed=", ".join(sorted({row.lot_number for row in rows})))
    return rows[0].lot, rows[0].lot_number, LpnId(found.id or 0), rows[0].item, rows[0].sku


def _take_quantity(op: Operation, order: WorkOrder) -> Turn:
    quantity = _amount(op)
    component = _component(order, op.state)
    if op.state.get("mode") == _MORE and not component.is_backflushed:
        return Turn(step="reason", state=dict(op.state) | {"quantity": quantity, "grade": ""})
    try:
        done = run_in_transaction(
            issuing.issue, _command(op, order, quantity), actor=auth.actor_id(), at=now()
        )  # fmt: skip
    except (WrongLotScanned, NothingBound, FefoBroken) as broken:
        if broken.data.get("grade") in (None, "forbid"):
            raise
        state = dict(op.state) | {"quantity": quantity, "grade": broken.data["grade"]}
        return Turn(step="reason", state=state, message=ask(refused(broken).text))
    return _issued(op, order, done)


def _take_reason(op: Operation, order: WorkOrder) -> Turn:
    """The reason was given, and where the item asks for it a second person proved who they are."""
    grade = op.state.get("grade", "")
    approver, is_permitted = auth.actor_id(), auth.permitted("pick.override")
    if grade == "supervisor" and not is_permitted:
        approver, is_permitted = prove_supervisor(op)
    approval = Approval(reason=op.found, approved_by=approver, is_permitted=is_permitted)
    cmd = _command(op, order, Quantity.parse(op.state.get("quantity", "")))
    is_more = op.state.get("mode") == _MORE and not _component(order, op.state).is_backflushed
    verb = issuing.supplement if is_more else issuing.exchange
    try:
        done = run_in_transaction(verb, cmd, approval=approval, actor=auth.actor_id(), at=now())
    except (WrongLotScanned, FefoBroken) as broken:
        if grade or broken.data.get("grade") != "supervisor":
            raise
        state = dict(op.state) | {"grade": "supervisor"}
        return Turn(step="reason", state=state, message=ask(refused(broken).text))
    return _issued(op, order, done)


def _command(op: Operation, order: WorkOrder, quantity: Quantity) -> IssueGoods:
    state = op.state
    return IssueGoods(
        key=op.key, warehouse=auth.current_warehouse(), work_order=order.id,
        component=WorkOrderComponentId(number(state["component"])), lot=LotId(number(state["lot"])),
        bin=BinId(number(state["bin"])), quantity=quantity, lpn=LpnId(number(state["lpn"])) if state.get("lpn") else None,
    )  # fmt: skip


def _issued(op: Operation, order: WorkOrder, done: issuing.Issued) -> Turn:
    words = {"quantity": views.quantity(done.quantity, done.unit), "lot": done.lot_number}
    g.pop("issue_stops", None)
    is_last = not _stops(order.id)
    said = (messages.ISSUED_ALL if is_last else messages.ISSUED) % words
    return _to_stop(order.id, at_bin=op.state.get("bin", ""), message=yes(said))


# -- back from the line -------------------------------------------------------------------------------------------------
def _take_back_goods(op: Operation, order: WorkOrder) -> Turn:
    found: FoundLot = op.found
    standing = [one for one in queries.lots_at_line(order.id) if one.lot == found.id and one.at_line > ZERO]
    if not standing:
        raise NotFound(kind="lot_at_line", text=found.number)
    state = {"order": order.id, "lot": found.id, "lot_number": found.number, "component": standing[0].component}
    return Turn(step="back_quantity", state=state)


def _bring_back(op: Operation, order: WorkOrder) -> Turn:
    found: FoundBin = op.found
    state = op.state
    cmd = ReturnGoods(
        key=op.key, warehouse=auth.current_warehouse(), work_order=order.id,
        component=WorkOrderComponentId(number(state["component"])), lot=LotId(number(state["lot"])),
        bin=BinId(found.id), quantity=Quantity.parse(state.get("quantity", "")),
    )  # fmt: skip
    done = run_in_transaction(issuing.return_, cmd, actor=auth.actor_id(), at=now())
    said = messages.ISSUE_RETURNED % {
        "bin": found.code, "quantity": views.quantity(done.quantity, done.unit), "lot": done.lot_number,
    }  # fmt: skip
    return Turn(step="back_goods", state={"order": order.id}, message=yes(said))


# -- the open lot -------------------------------------------------------------------------------------------------------
def _open(op: Operation, order: WorkOrder) -> Turn:
    found: FoundLot = op.found
    run_in_transaction(
        issuing.open_lot, order.line_id, found.item.id, LotId(found.id or 0), warehouse=auth.current_warehouse(),
        actor=auth.actor_id(), at=now(),
    )  # fmt: skip
    said = messages.ISSUE_OPENED % {"lot": found.number, "line": order.line.code}
    return Turn(step="open", state={"order": order.id}, message=yes(said))


def _close(op: Operation, order: WorkOrder) -> Turn:
    found: FoundLot = op.found
    opened = queries.open_lot_at(order.line_id, found.item.id)
    if opened is None or opened.lot_id != found.id:
        raise NotFound(kind="open_lot", text=found.number)
    run_in_transaction(
        issuing.close_lot, opened.id, warehouse=auth.current_warehouse(), actor=auth.actor_id(), at=now()
    )
    said = messages.ISSUE_CLOSED % {"lot": found.number, "line": order.line.code}
    return Turn(step="open", state={"order": order.id}, message=yes(said))


# -- inside -------------------------------------------------------------------------------------------------------------
def _to_stop(
    order: WorkOrderId, *, after: str = "", at: str = "", at_bin: str = "", message: Message | None = None
) -> Turn:
    """To a stop of the order: the one named, the one after, or the next in the bin where the person stands; past its bin scan there."""
    stops = _stops(order)
    if not stops:
        return Turn(step="bin", state={"order": order}, message=message or ask(messages.ISSUE_NOTHING_LEFT))
    place = next((n for n, stop in enumerate(stops) if str(stop.task) in (after, at)), -1 if after else 0)
    stop = stops[(place + 1) % len(stops)] if after else stops[place]
    here = next((s for s in stops if at_bin and str(s.bin) == at_bin), None)
    if here is not None:
        state = {"order": order, "stop": here.task, "bin": here.bin, "bin_code": here.bin_code}
        return Turn(step="goods", state=state, message=message)
    return Turn(step="bin", state={"order": order, "stop": stop.task}, message=message)


def _stop(order: WorkOrder, state: Mapping[str, str]) -> IssueStop:
    stops = _stops(order.id)
    if not stops:
        raise NotFound(kind="issue_stop", text=order.number)
    return next((s for s in stops if str(s.task) == state.get("stop")), stops[0])


def _stops(order: WorkOrderId) -> list[IssueStop]:
    """The stops of the order of this request, read once."""
    kept: tuple[WorkOrderId, list[IssueStop]] | None = g.get("issue_stops")
    if kept is None or kept[0] != order:
        kept = g.issue_stops = (order, queries.stops_of(order))
    return kept[1]


def _order(state: Mapping[str, str]) -> WorkOrder:
    """The order a form names, of this warehouse, read once a request."""
    identity = WorkOrderId(number(state.get("order", "")))
    kept: WorkOrder | None = g.get("issue_order")
    if kept is None or kept.id != identity:
        kept = g.issue_order = get_order(identity, warehouse=auth.current_warehouse())
    return kept


def _component(order: WorkOrder, state: Mapping[str, str]) -> WorkOrderComponent:
    found = next((c for c in order.components if str(c.id) == state.get("component")), None)
    if found is None:
        raise NotFound(kind="component", text=state.get("component", "")[:20])
    return found


def _amount(op: Operation) -> Quantity:
    if not isinstance(op.found, Quantity) or not op.found:
        raise BadQuantity(text=op.scan[:40])
    return op.found


def _standing(state: Mapping[str, str]) -> dict[str, Any]:
    """What stays true while a person stands at a stop."""
    return {name: state[name] for name in ("order", "mode", "stop", "bin", "bin_code") if name in state}
