"""Return to supplier on the handheld: to each bin of the return, the lot, how many; they leave stock as they are handed over.

choose -> bin -> goods -> quantity -> posted, bin of the next line
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from flask import Response

from wms.core.clock import now
from wms.core.errors import BadQuantity, NotFound, WrongItemScanned, WrongLotScanned
from wms.core.ids import BinId, LpnId, SupplierReturnId, SupplierReturnLineId
from wms.core.quantity import Quantity
from wms.db import run_in_transaction
from wms.mobile import bp, messages
from wms.mobile.flow import BIN, ITEM, LOT, LPN, NUMBER, TEXT, Flow, FlowStep, Operation, Turn, yes
from wms.mobile.receive_draft import number
from wms.mobile.resolve import FoundBin, FoundItem, FoundLot, FoundLpn
from wms.mobile.screen import run
from wms.returns import queries, service
from wms.returns.models import SupplierReturnLine
from wms.web import auth, views
from wms.web.auth import requires

FLOW: Final = Flow(
    task="supplier_return",
    title=messages.SUPPLIER_RETURN,
    carries=("return", "line", "bin", "bin_code", "lpn"),
    steps=(
        FlowStep("choose", accepts=(TEXT,), next="bin", prompt=messages.RETURN_CHOOSE),
        FlowStep(
            "bin", accepts=(BIN,), next="goods", prompt=messages.SCAN_SOURCE_BIN,
            events={"next": "bin", "leave": "choose"}, needs=("return", "line"),
        ),
        FlowStep(
            "goods", accepts=(LOT, LPN, ITEM), next="quantity", prompt=messages.RETURN_GOODS, events={"back": "bin"},
            needs=("return", "line", "bin"),
        ),
        FlowStep(
            "quantity", accepts=(NUMBER,), next="bin", prompt=messages.ENTER_QUANTITY, events={"back": "bin"},
            needs=("return", "line", "bin"),
        ),
    ),
)  # fmt: skip


@bp.route("/supplier_return", methods=["GET", "POST"])
@requires("return.carry")
def supplier_return() -> Response:
    """Carry goods out that go back to a supplier."""
    return run(FLOW, show=show, take=take)


def show(step: str, state: Mapping[str, str]) -> Mapping[str, Any]:
    """The returns that wait, or the line at hand."""
    warehouse = auth.current_warehouse()
    if step == "choose":
        return {"returns": queries.open_returns(warehouse, limit=4)}
    line = _line(state)
    lines = queries.lines_of(line.supplier_return_id)
    page: dict[str, Any] = {
        "line": line,
        "done": sum(1 for one in lines if one.posting_seq is not None),
        "all": len(lines),
    }
    if step == "quantity":
        page["scan_value"] = str(line.quantity)
    return page


def take(op: Operation) -> Turn:
    """Decide one scan; the quantity writes."""
    if op.step.name == "choose":
        found = queries.find_return(op.scan.strip(), warehouse=auth.current_warehouse())
        if found is None:
            raise NotFound(kind="supplier_return_paper", text=op.scan[:40])
        return _to_line(found)
    state = {name: op.state[name] for name in ("return", "line", "bin", "bin_code", "lpn") if name in op.state}
    paper = SupplierReturnId(number(state.get("return", "")))
    if not op.is_scan:
        if op.event == "leave":
            return Turn(step="choose")
        if op.event == "next":
            return _to_line(paper, after=number(state.get("line", "")))
        return Turn(step="bin", state={name: state[name] for name in ("return", "line")})
    match op.step.name:
        case "bin":
            found_bin: FoundBin = op.found
            return Turn(step="goods", state=state | {"bin": str(found_bin.id), "bin_code": found_bin.code})
        case "goods":
            return Turn(step="quantity", state=state | _goods(op.found, _line(state)))
        case _:
            return _carry(op, state, paper)


def _goods(found: FoundLot | FoundLpn | FoundItem, line: SupplierReturnLine) -> dict[str, str]:
    """The scan must be of the line's lot, or its plate; the item alone will do where the bin says the rest."""
    if isinstance(found, FoundLpn):
        return {"lpn": str(found.id or 0)}
    if isinstance(found, FoundItem):
        if found.id != line.item_id:
            raise WrongItemScanned(needed=line.item.sku, scanned=found.sku)
        return {}
    if found.id != line.lot_id:
        raise WrongLotScanned(needed=line.lot.number, scanned=found.number)
    return {}


def _carry(op: Operation, state: Mapping[str, str], paper: SupplierReturnId) -> Turn:
    line = _line(state)
    if not isinstance(op.found, Quantity) or not op.found:
        raise BadQuantity(text=op.scan[:40])
    cmd = service.CarryLine(
        warehouse=auth.current_warehouse(), line=SupplierReturnLineId(line.id), key=op.key, quantity=op.found,
        bin=BinId(number(state["bin"])), lpn=LpnId(number(state["lpn"])) if state.get("lpn") else None,
    )  # fmt: skip
    done = run_in_transaction(service.carry_line, cmd, actor=auth.actor_id(), at=now())
    said = messages.RETURN_CARRIED % {
        "quantity": views.quantity(done.quantity, line.item.base_unit), "lot": done.lot_number,
    }  # fmt: skip
    if done.is_done:
        return Turn(step="choose", message=yes(messages.RETURN_DONE % {"number": line.supplier_return.number}))
    turn = _to_line(paper)
    return Turn(step=turn.step, state=turn.state, message=yes(said))


def _to_line(paper: SupplierReturnId, *, after: int = 0) -> Turn:
    """The next line of the return that has not left; round again after the last."""
    lines = [one for one in queries.lines_of(paper) if one.posting_seq is None]
    if not lines:
        return Turn(step="choose")
    place = next((n for n, one in enumerate(lines) if one.id == after), -1)
    line = lines[(place + 1) % len(lines)]
    return Turn(step="bin", state={"return": str(paper), "line": str(line.id)})


def _line(state: Mapping[str, str]) -> SupplierReturnLine:
    line = SupplierReturnLineId(number(state.get("line", "")))
    return queries.get_line(line, warehouse=auth.current_warehouse())
