"""Look up on the handheld: scan anything, see what it is and what stands there; a permitted person may hold it at once."""

from collections.abc import Mapping
from typing import Any

from flask import Response

from wms.core.clock import now
from wms.core.errors import NotFound, QuestionNeeded
from wms.core.ids import BinId, ItemId, LotId, LpnId, UnitId
from wms.core.quantity import Quantity
from wms.db import run_in_transaction
from wms.mobile import bp, messages
from wms.mobile.flow import BIN, ITEM, LOT, LPN, ORDER, TEXT, Flow, FlowStep, Operation, Turn, ask, yes
from wms.mobile.resolve import resolve
from wms.mobile.screen import run
from wms.quality import queries as quality
from wms.quality import service
from wms.quality.queries import HoldTarget
from wms.quality.schemas import REASONS
from wms.scans.kinds import UNIT
from wms.scans.queries import Answer, find_all, shown
from wms.stock import queries as stock
from wms.stock import words
from wms.stock.models import HoldReason, HoldScope
from wms.stock.queries import BalanceRow
from wms.units import queries as units
from wms.units.words import STATES
from wms.web import auth, sentences, views
from wms.web.auth import demand, requires

_SHOWN = ("kind", "id", "code", "how")
_KINDS = (BIN, LPN, UNIT, LOT, ITEM, ORDER)
FLOW = Flow(
    task="inquiry",
    title=messages.INQUIRY,
    carries=("kind", "id", "code", "reason", "how"),
    carries_long=("raw",),
    asks_typed=False,
    steps=(
        FlowStep(
            "scan", accepts=_KINDS, next="scan", prompt=messages.SCAN_ANYTHING, finds_all=True,
            events={"hold": "reason"},
        ),
        FlowStep("which", accepts=(TEXT,), next="scan", prompt=messages.INQUIRY_WHICH, events={"back": "scan"},
                 needs=("raw",)),
        FlowStep("reason", accepts=(TEXT,), next="sure", prompt=messages.HOLD_WHY, events={"back": "scan"},
                 needs=("id", "code")),
        FlowStep("sure", accepts=(TEXT,), next="scan", prompt=messages.HOLD_SURE, events={"back": "reason", "yes": "scan"},
                 needs=("id", "code", "reason")),
    ),
)  # fmt: skip


@bp.route("/inquiry", methods=["GET", "POST"])
@requires("stock.view")
def inquiry() -> Response:
    """Show what was scanned, take the next scan."""
    return run(FLOW, show=show, take=take)


def show(step: str, state: Mapping[str, str]) -> Mapping[str, Any]:
    """Read what the scanned thing is and what stands there."""
    page: dict[str, Any] = {
        "on": auth.today(), "rows": [], "count": 0, "total": Quantity(0), "unit": "", "lot": None, "preview": None,
        "can_hold": False, "reasons": [], "item_name": None, "how": messages.READ_BY.get(state.get("how", ""), ""),
        "choices": [], "found_unit": None, "unit_states": STATES,
    }  # fmt: skip
    if step == "which":
        found = find_all(state["raw"], auth.current_warehouse(), kinds=_KINDS).found
        return page | {"choices": [(f"{one.kind}:{one.id}", one) for one in found if one.id is not None][:5]}
    if not state.get("id"):
        return page
    if not state.get("kind"):
        raise NotFound(kind="scan", text=state.get("code", "")[:40])
    if state["kind"] == UNIT:
        found_unit = units.get_unit(UnitId(_id(state)))
        if found_unit.unit.warehouse_id != auth.current_warehouse():
            raise NotFound(kind="unit", text=state["code"][:40])
        return page | {"found_unit": found_unit, "lot": stock.get_lot(found_unit.unit.lot_id)}
    rows = _rows(state)
    page |= {"rows": rows[:5], "count": len(rows), "total": Quantity(sum(r.on_hand.millionths for r in rows))}
    page["unit"] = rows[0].base_unit if len({r.item for r in rows}) == 1 else ""
    page["item_name"] = rows[0] if len({r.item for r in rows}) == 1 else None
    if state.get("kind") == LOT:
        page["lot"] = stock.get_lot(LotId(_id(state)))
    page["can_hold"] = auth.permitted("hold.place") and _target(state, rows) is not None
    if step == "reason":
        page["reasons"] = [(reason.value, words.HOLD_REASONS[reason]) for reason in REASONS]
    if step == "sure":
        if (target := _target(state, rows)) is None:
            raise NotFound(kind="stock", text=state["code"][:40])
        page["preview"] = quality.preview_hold(target)
        page["reason_word"] = words.HOLD_REASONS[_reason(state.get("reason", ""))]
    return page


def take(op: Operation) -> Turn:
    """Decide one scan or button."""
    if op.event == "yes":
        return _hold(op)
    if not op.is_scan:
        if op.event == "hold":
            demand("hold.place")
            if not op.state.get("id") or _target(op.state, _rows(op.state)) is None:
                return Turn(step="scan", message=ask(messages.NOTHING_TO_HOLD))
        return Turn(step=op.step.events[op.event], state={} if op.step.name == "which" else dict(op.state))
    match op.step.name:
        case "scan":
            return _found(op, op.found)
        case "which":
            return _chosen(op)
        case "reason":
            return Turn(step="sure", state=dict(op.state) | {"reason": _reason(op.found).value})
        case _:
            raise QuestionNeeded(question=str(messages.HOLD_SURE))


def _found(op: Operation, answer: Answer) -> Turn:
    """One record: shown, with how the text was read. Several: which is meant? None: what it is not."""
    if len(answer.found) > 1:
        return Turn(step="which", state={"raw": op.scan}, message=ask(_question(answer)))
    if answer.one is None or answer.one.id is None:
        return _refuse(op)
    message = ask(_question(answer)) if answer.question else None
    return Turn(step="scan", state=_shows(answer.one, answer.scan.how), message=message)


def _chosen(op: Operation) -> Turn:
    answer = find_all(op.state.get("raw", ""), auth.current_warehouse(), kinds=_KINDS)
    one = next((one for one in answer.found if f"{one.kind}:{one.id}" == op.found), None)
    if one is None:
        raise NotFound(kind="scan", text=op.found[:40])
    return Turn(step="scan", state=_shows(one, answer.scan.how))


def _shows(one: Any, how: str) -> dict[str, Any]:
    return {"kind": one.kind, "id": one.id, "code": one.code, "how": how}


def _question(answer: Answer) -> str:
    return sentences.sentence(QuestionNeeded(question=answer.question, scanned=shown(answer.scan)))


def _refuse(op: Operation) -> Turn:
    """Nothing of ours: the refusal that any step gives, by the kind the label shows."""
    kinds = tuple(kind for kind in _KINDS if kind != UNIT)
    found = resolve(op.scan, kinds, auth.current_warehouse())
    return Turn(step="scan", state=_shows(found, found.scan.how))


def _hold(op: Operation) -> Turn:
    """Yes was pressed: the hold is placed, once for this press."""
    demand("hold.place")
    rows = _rows(op.state)
    target = _target(op.state, rows)
    if target is None:
        return Turn(step="scan", message=ask(messages.NOTHING_TO_HOLD))
    cmd = service.PlaceHold(
        key=op.key, scope=target.scope, lot=target.lot, warehouse=target.warehouse, lpn=target.lpn,
        reason=_reason(op.state.get("reason", "")),
    )  # fmt: skip
    placed = run_in_transaction(service.place_hold, cmd, actor=auth.actor_id(), at=now())
    lot = stock.get_lot(target.lot)
    said = messages.HELD % {
        "quantity": views.quantity(placed.quantity, lot.item.base_unit),
        "lot": lot.number,
        "orders": len(placed.stopped_orders),
    }
    return Turn(step="scan", state={n: op.state[n] for n in _SHOWN if n in op.state}, message=yes(said))


def _target(state: Mapping[str, str], rows: list[BalanceRow]) -> HoldTarget | None:
    """What a hold from here reaches: the lot (everywhere, where the person may), or an LPN with one lot on it."""
    if state.get("kind") == LOT:
        lot = LotId(_id(state))
        everywhere = all(auth.permitted("hold.place", row.warehouse) for row in stock.find_balances(lot=lot))
        return HoldTarget(scope=HoldScope.LOT, lot=lot, warehouse=None if everywhere else auth.current_warehouse())
    if state.get("kind") == LPN and len({row.lot for row in rows}) == 1:
        return HoldTarget(scope=HoldScope.LPN, lot=rows[0].lot, lpn=LpnId(_id(state)))
    return None


def _rows(state: Mapping[str, str]) -> list[BalanceRow]:
    return rows_at(state.get("kind", ""), _id(state))


def rows_at(kind: str, identity: int) -> list[BalanceRow]:
    """What stands at a bin or LPN, or of a lot or item, in this warehouse."""
    warehouse = auth.current_warehouse()
    match kind:
        case "bin":
            return stock.find_balances(bin=BinId(identity), warehouse=warehouse)
        case "lot":
            return stock.find_balances(lot=LotId(identity), warehouse=warehouse)
        case "lpn":
            return stock.find_balances(lpns=stock.lpn_with_children(LpnId(identity)), warehouse=warehouse)
        case "item":
            rows = stock.find_balances(item=ItemId(identity), warehouse=warehouse)
            return sorted(rows, key=lambda row: (row.fefo_on, row.bin_code))
        case _:
            return []


def _reason(text: str) -> HoldReason:
    if text not in {reason.value for reason in REASONS}:
        raise NotFound(kind="hold", text=text[:40])
    return HoldReason(text)


def _id(state: Mapping[str, str]) -> int:
    text = state.get("id", "")
    if not (text.isascii() and text.isdigit() and len(text) < 20) or not 0 < int(text) < 2**63:
        raise NotFound(kind="scan", text=text[:40])
    return int(text)
