"""Pick on the handheld: choose a list, then bin and goods at every stop. Scanning the goods is the one write.

The bin scan is checked and carried in the form; the scan of lot, LPN or GTIN confirms the stop with the quantity shown, and
the answer is the next stop.
"""

from collections.abc import Mapping
from typing import Any

from flask import Response, g, request

from wms.core.clock import now
from wms.core.errors import (
    AlreadyTaken,
    FefoBroken,
    NotFound,
    PickListStopped,
    QuestionNeeded,
    WmsError,
    WrongBinScanned,
    WrongLotScanned,
)
from wms.core.ids import LotId, PickListId, TaskId
from wms.core.quantity import ZERO, Quantity
from wms.db import run_in_transaction
from wms.gs1.codes import LotNumber, Sku
from wms.gs1.scan import write_own_lot
from wms.mobile import bp, messages
from wms.mobile.flow import BIN, ITEM, LOT, LPN, NUMBER, ORDER, TEXT, Flow, FlowStep, Message, Operation, Turn, ask, yes
from wms.mobile.resolve import FoundItem, FoundLot, FoundLpn
from wms.mobile.screen import refused, run
from wms.mobile.second import prove_supervisor
from wms.picking import queries, service
from wms.picking.queries import Stop
from wms.picking.rules.check_pick import Scanned, check_stop, check_usable
from wms.web import auth, views
from wms.web.auth import requires

FLOW = Flow(
    task="pick",
    title=messages.PICK,
    carries=("list", "task", "bin", "lot", "lot_number", "sku", "lpn", "quantity", "grade", "skipped", "found"),
    steps=(
        FlowStep("list", accepts=(ORDER,), next="bin", prompt=messages.PICK_CHOOSE),
        FlowStep(
            "bin", accepts=(BIN,), next="goods", prompt=messages.SCAN_BIN, events={"leave": "list", "next": "bin"}
        ),
        FlowStep(
            "goods", accepts=(LOT, LPN, ITEM), next="bin", prompt=messages.PICK_SCAN_LOT,
            events={"back": "bin", "short": "short", "next": "bin"},
        ),
        FlowStep("which", accepts=(LOT, LPN), next="bin", prompt=messages.PICK_WHICH_LOT, events={"back": "goods"}),
        FlowStep("override", accepts=(TEXT,), next="bin", prompt=messages.PICK_OVERRIDE, events={"back": "goods"}),
        FlowStep("short", accepts=(NUMBER,), next="bin", prompt=messages.PICK_SHORT, events={"back": "goods"}),
        FlowStep(
            "short_goods", accepts=(LOT, LPN, ITEM), next="bin", prompt=messages.PICK_SCAN_LOT, events={"back": "goods"},
            needs=("found",),
        ),
    ),
)  # fmt: skip


@bp.route("/pick", methods=["GET", "POST"])
@requires("pick")
def pick() -> Response:
    """Show the lists or the stop where this picker stands; take one scan."""
    if request.method == "GET":
        for row in queries.open_lists(auth.current_warehouse(), picker=auth.actor_id(), limit=1):
            stop = queries.next_stop(row.id, at=now()) if row.taken_by == auth.actor_id() else None
            if stop is not None:
                _keep(stop)
                return run(FLOW, show=show, take=take, start="bin", state={"list": row.id, "task": stop.task})
    return run(FLOW, show=show, take=take)


def show(step: str, state: Mapping[str, str]) -> Mapping[str, Any]:
    """Read what the page of a step shows; the next stop was read with the pick already."""
    if step == "list":
        return {"lists": queries.open_lists(auth.current_warehouse(), picker=auth.actor_id(), limit=6)}
    stop = _stop(state)
    packs, rest = stop.packs
    page: dict[str, Any] = {
        "stop": stop, "packs": packs, "rest": rest,
        "entered": state.get("quantity") or str(stop.left),
        "is_stopped": stop.facts.state == "stopped",
    }  # fmt: skip
    if step == "which":
        found = queries.lots_in_bin(stop.item, stop.key.place.bin)
        page["lots"] = [(_own_label(stop.facts.sku, lot.number), lot) for lot in found[:5]]
    if step == "override":
        page |= {
            "grade": state.get("grade", ""), "is_own": auth.permitted("pick.override"),
            "frequent": messages.FREQUENT_REASONS,
        }  # fmt: skip
    if step == "short":
        page["scan_value"] = ""
    return page


def take(op: Operation) -> Turn:
    """Decide one scan or button."""
    if not op.is_scan:
        return _press(op)
    match op.step.name:
        case "list":
            return _take_list(op)
        case "bin":
            return _take_bin(op)
        case "short":
            return _take_short(op)
        case "short_goods":
            return _report_short(op, Quantity.parse(op.state.get("found", "0")), op.found)
        case "override":
            return _override(op)
        case _:
            return _confirm(op)


def _press(op: Operation) -> Turn:
    if op.event in ("leave", "next"):
        _demand_list(PickListId(_id(op.state, "list")))
    if op.event == "leave":
        list_id = _id(op.state, "list")
        run_in_transaction(service.leave_list, PickListId(list_id), actor=auth.actor_id(), at=now())
        return Turn(step="list", message=ask(messages.PICK_LIST_LEFT))
    if op.event == "next":
        return _go_on(PickListId(_id(op.state, "list")), queries.next_stop(PickListId(_id(op.state, "list")), at=now()))
    return Turn(step=op.step.events[op.event], state=_standing(op.state))


def _demand_list(list_id: PickListId) -> None:
    """The list a form names must be one of this warehouse."""
    if queries.find_list(list_id).warehouse_id != auth.current_warehouse():
        raise NotFound(kind="pick_list", text=str(list_id))


def _take_list(op: Operation) -> Turn:
    rows = queries.open_lists(auth.current_warehouse(), picker=auth.actor_id(), limit=200)
    row = next((r for r in rows if r.order_number == op.found.code), None)
    if row is None:
        raise _no_list(op.found.code)
    run_in_transaction(service.take_list, row.id, actor=auth.actor_id(), at=now())
    return _go_on(row.id, queries.next_stop(row.id, at=now()))


def _no_list(order_number: str) -> WmsError:
    """Say why an order that was scanned is not there to pick: a hold stopped it, somebody has it, or there is none."""
    found = queries.why_not_offered(order_number, auth.current_warehouse())
    if found is None:
        return NotFound(kind="pick_list", text=order_number)
    why, name, reason = found
    if why == "stopped":
        return PickListStopped(order=order_number, lot=name, reason=reason)
    return AlreadyTaken(subject=order_number, by=name)


def _take_bin(op: Operation) -> Turn:
    stop = _stop(op.state)
    check_stop(stop.facts)
    if op.found.code != stop.facts.bin_code:
        raise WrongBinScanned(needed=stop.facts.bin_code, scanned=op.found.code)
    check_usable(stop.facts)
    return Turn(step="goods", state=_standing(op.state) | {"bin": op.found.code})


def _confirm(op: Operation) -> Turn:
    """The goods were scanned: the stop is picked, or the person is asked which lot, or for an override."""
    entered = op.form.get("quantity") or op.state.get("quantity") or ""
    quantity = Quantity.parse(entered) if entered else _stop(op.state).left
    scanned, lot = _scanned(op.state, op.found)
    try:
        return _pick(op, scanned, lot, quantity, None)
    except QuestionNeeded as question:
        return Turn(
            step="which", state=_standing(op.state) | {"quantity": quantity}, message=ask(refused(question).text)
        )
    except (FefoBroken, WrongLotScanned) as broken:
        if broken.data.get("grade") not in {"reason", "supervisor"}:
            raise
        wanted = {
            "lot": lot, "lot_number": scanned.lot_number, "sku": scanned.sku, "lpn": scanned.lpn_code,
            "quantity": quantity, "grade": broken.data["grade"],
            "skipped": ", ".join(broken.data.get("skipped", []))[:200],
        }  # fmt: skip
        return Turn(step="override", state=_standing(op.state) | wanted, message=ask(refused(broken).text))


def _override(op: Operation) -> Turn:
    """The reason was given, and where the item asks for it a second person proved who they are."""
    state = op.state
    scanned = Scanned(
        bin_code=state.get("bin", ""),
        lot_number=state.get("lot_number"),
        sku=state.get("sku"),
        lpn_code=state.get("lpn"),
    )
    approver, is_permitted = auth.actor_id(), auth.permitted("pick.override")
    if state.get("grade") == "supervisor" and not is_permitted:
        approver, is_permitted = prove_supervisor(op)
    override = service.Override(reason=op.found, approved_by=approver, is_permitted=is_permitted)
    return _pick(op, scanned, LotId(_id(state, "lot")), Quantity.parse(state.get("quantity", "")), override)


def _pick(
    op: Operation, scanned: Scanned, lot: LotId | None, quantity: Quantity, override: service.Override | None
) -> Turn:
    cmd = service.ConfirmPick(
        task=TaskId(_id(op.state, "task")), scanned=scanned, lot=lot, quantity=quantity, key=op.key, override=override,
        warehouse=auth.current_warehouse(),
    )  # fmt: skip
    picked = run_in_transaction(service.confirm_pick, cmd, actor=auth.actor_id(), at=now())
    words = {"quantity": views.quantity(picked.quantity, picked.unit), "lot": picked.lot_number}
    if picked.left:
        message = yes(str(messages.PICKED_PART) % (words | {"left": views.quantity(picked.left, picked.unit)}))
    else:
        message = yes(str(messages.PICKED) % words)
    return _go_on(picked.list_id, picked.next, message=message, at_bin=scanned.bin_code)


def _take_short(op: Operation) -> Turn:
    if op.found > ZERO:
        return Turn(step="short_goods", state=_standing(op.state) | {"found": op.found})
    return _report_short(op, ZERO, None)


def _report_short(op: Operation, found: Quantity, goods: Any) -> Turn:
    scanned, _ = _scanned(op.state, goods) if goods is not None else (Scanned(bin_code=op.state.get("bin", "")), None)
    cmd = service.ReportShort(
        task=TaskId(_id(op.state, "task")), scanned=scanned, found=found, key=op.key, warehouse=auth.current_warehouse()
    )
    short = run_in_transaction(service.report_short, cmd, actor=auth.actor_id(), at=now())
    if short.missing:
        message = ask(str(messages.PICK_SHORT_MISSING) % {"missing": views.quantity(short.missing, short.unit)})
    else:
        message = yes(str(messages.PICK_SHORT_FOUND) % {"quantity": views.quantity(short.reallocated, short.unit)})
    return _go_on(PickListId(_id(op.state, "list")), short.next, message=message)


def _go_on(list_id: PickListId, stop: Stop | None, *, message: Message | None = None, at_bin: str = "") -> Turn:
    """To the next stop, past its bin scan when the person stands there already; or back to the lists at the end."""
    if stop is None:
        pick_list = queries.find_list(list_id)
        done = str(messages.PICK_LIST_DONE) % {
            "number": pick_list.number, "bin": queries.bin_code(pick_list.staging_bin_id)
        }  # fmt: skip
        return Turn(step="list", message=message if message and message.tone != "yes" else yes(done))
    _keep(stop)
    state: dict[str, Any] = {"list": list_id, "task": stop.task}
    if at_bin and at_bin == stop.facts.bin_code:
        return Turn(step="goods", state=state | {"bin": at_bin}, message=message)
    return Turn(step="bin", state=state, message=message)


def _scanned(state: Mapping[str, str], found: Any) -> tuple[Scanned, LotId | None]:
    """Say what a scan names, in codes, and the lot behind it."""
    bin_code = state.get("bin", "")
    if isinstance(found, FoundLot):
        return Scanned(bin_code=bin_code, lot_number=found.number, sku=found.item.sku), found.id
    if isinstance(found, FoundItem):
        return Scanned(bin_code=bin_code, sku=found.sku), None
    assert isinstance(found, FoundLpn)
    return Scanned(bin_code=bin_code, lpn_code=found.code), None


def _standing(state: Mapping[str, str]) -> dict[str, Any]:
    """What stays true while a person stands at a stop."""
    return {name: state[name] for name in ("list", "task", "bin") if name in state}


def _stop(state: Mapping[str, str]) -> Stop:
    """Give the stop of this request, read once; only of the warehouse the person stands in."""
    task = TaskId(_id(state, "task"))
    kept: Stop | None = g.get("pick_stop")
    if kept is None or kept.task != task:
        kept = queries.find_stop(task, at=now())
        if kept.warehouse != auth.current_warehouse():
            raise NotFound(kind="pick_task", text=str(task))
        _keep(kept)
    return kept


def _keep(stop: Stop) -> None:
    g.pick_stop = stop


def _id(state: Mapping[str, str], name: str) -> int:
    """Read an id that travelled through the browser; NotFound when it is none."""
    text = state.get(name, "")
    if not text.isascii() or not text.isdigit() or len(text) > 19 or int(text) >= 2**63:
        raise NotFound(kind="pick_task" if name == "task" else name, text=text[:20])
    return int(text)


def _own_label(sku: str, number: str) -> str:
    return write_own_lot(Sku(sku), LotNumber(number), None)
