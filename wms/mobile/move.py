"""Move on the handheld: from a bin or LPN, the lot, how many, into a bin. The scan of the target bin is the one write."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Response

from wms.core.clock import now
from wms.core.errors import BadQuantity, NotFound
from wms.core.ids import BalanceId, BinId, LpnId
from wms.core.quantity import Quantity
from wms.db import run_in_transaction
from wms.mobile import bp, messages
from wms.mobile.flow import BIN, ITEM, LOT, LPN, NUMBER, TEXT, Flow, FlowStep, Operation, Turn, yes
from wms.mobile.resolve import FoundBin, FoundItem, FoundLot, FoundLpn
from wms.mobile.screen import run
from wms.quality import handling
from wms.quality.handling import MoveGoods, MoveLpn
from wms.stock import queries as stock
from wms.stock.queries import BalanceRow
from wms.web import auth, views
from wms.web.auth import requires

FLOW = Flow(
    task="move",
    title=messages.MOVE,
    carries=("bin", "bin_code", "balance", "lot", "lpn", "lpn_code", "quantity", "item"),
    steps=(
        FlowStep("source", accepts=(BIN, LPN), next="goods", prompt=messages.MOVE_SOURCE),
        FlowStep(
            "goods", accepts=(LOT, LPN, ITEM), next="quantity", prompt=messages.MOVE_GOODS, events={"back": "source"},
            needs=("bin", "bin_code"),
        ),
        FlowStep(
            "which", accepts=(TEXT,), next="quantity", prompt=messages.MOVE_WHICH, events={"back": "goods"},
            needs=("bin", "bin_code"),
        ),
        FlowStep(
            "quantity", accepts=(NUMBER,), next="target", prompt=messages.ENTER_QUANTITY, events={"back": "goods"},
            needs=("bin", "bin_code", "balance"),
        ),
        FlowStep(
            "target", accepts=(BIN,), next="source", prompt=messages.SCAN_TARGET_BIN, events={"back": "source"},
            needs=("bin_code",),
        ),
    ),
)  # fmt: skip


@bp.route("/move", methods=["GET", "POST"])
@requires("stock.move")
def move() -> Response:
    """Show the step, take one scan."""
    return run(FLOW, show=show, take=take)


def show(step: str, state: Mapping[str, str]) -> Mapping[str, Any]:
    """Read what stands where this step looks."""
    on = auth.today()
    page: dict[str, Any] = {"on": on, "row": None, "rows": []}
    if step in ("goods", "which"):
        rows = _in_bin(state)
        if step == "which":
            rows = [r for r in rows if _is_wanted(r, state)]
        page["rows"] = rows[:6]
        page["more"] = max(0, len(rows) - 6)
    elif step in ("quantity", "target"):
        if step == "target" and not {"lpn", "lpn_code"} <= set(state) and not {"balance", "quantity"} <= set(state):
            raise NotFound(kind="stock", text="")
        page["row"] = _row(state) if state.get("balance") else None
        page["rows"] = _on_lpn(LpnId(_number(state, "lpn")))[:4] if state.get("lpn") else []
        if page["row"]:
            page["scan_value"] = str(page["row"].unpromised) if step == "quantity" else ""
    return page


def take(op: Operation) -> Turn:
    """Decide one scan or button."""
    if not op.is_scan:
        kept = {name: op.state[name] for name in ("bin", "bin_code") if name in op.state}
        step = op.step.events[op.event]
        return Turn(step=step if kept else "source", state=kept if step != "source" else {})
    match op.step.name:
        case "source":
            return _take_source(op.found)
        case "goods":
            return _take_goods(op)
        case "which":
            return _take_balance(op, _chosen(op))
        case "quantity":
            if not op.found:
                raise BadQuantity(text=str(op.found))
            return Turn(step="target", state=dict(op.state) | {"quantity": str(op.found)})
        case _:
            return _put(op)


def _take_source(found: FoundBin | FoundLpn) -> Turn:
    if isinstance(found, FoundLpn):
        return _take_lpn(found, {})
    return Turn(step="goods", state={"bin": found.id, "bin_code": found.code})


def _take_lpn(found: FoundLpn, state: Mapping[str, Any]) -> Turn:
    """A plate moves as a whole, so the target is next."""
    rows = _on_lpn(LpnId(found.id or 0))
    if not rows or (state.get("bin") and str(rows[0].bin) != state["bin"]):
        raise NotFound(kind="lpn", text=found.code)
    kept = {"bin": rows[0].bin, "bin_code": rows[0].bin_code}
    return Turn(step="target", state=kept | {"lpn": found.id, "lpn_code": found.code})


def _take_goods(op: Operation) -> Turn:
    found: FoundLot | FoundLpn | FoundItem = op.found
    if isinstance(found, FoundLpn):
        return _take_lpn(found, op.state)
    kept = {"bin": str(_number(op.state, "bin")), "bin_code": op.state.get("bin_code", "")}
    kept |= {"lot": str(found.id)} if isinstance(found, FoundLot) else {"item": str(found.id)}
    rows = [r for r in _in_bin(kept) if _is_wanted(r, kept)]
    if not rows:
        raise NotFound(kind="lot" if isinstance(found, FoundLot) else "item", text=found.code)
    if len(rows) > 1:
        return Turn(step="which", state=kept)
    return Turn(step="quantity", state=kept | {"balance": rows[0].id})


def _chosen(op: Operation) -> BalanceRow:
    text = op.found if op.found.isascii() and op.found.isdigit() and len(op.found) < 20 else "0"
    row = next((r for r in _in_bin(op.state) if r.id == int(text)), None)
    if row is None:
        raise NotFound(kind="lot", text=op.found[:40])
    return row


def _take_balance(op: Operation, row: BalanceRow) -> Turn:
    return Turn(step="quantity", state=dict(op.state) | {"balance": row.id})


def _put(op: Operation) -> Turn:
    """The target was scanned: the goods are moved, and the next source is asked for."""
    warehouse, target = auth.current_warehouse(), op.found
    if op.state.get("lpn"):
        lpn = LpnId(_number(op.state, "lpn"))
        run_in_transaction(
            handling.move_lpn,
            MoveLpn(key=op.key, warehouse=warehouse, lpn=lpn, target=BinId(target.id)),
            actor=auth.actor_id(),
            at=now(),
        )
        said = messages.MOVED_LPN % {"lpn": op.state.get("lpn_code", ""), "bin": target.code}
        return Turn(step="source", message=yes(said))
    quantity = Quantity.parse(op.state.get("quantity", ""))
    balance = BalanceId(_number(op.state, "balance"))
    row = next(iter(stock.find_balances(ids=[balance], warehouse=warehouse)), None)
    run_in_transaction(
        handling.move_goods,
        MoveGoods(key=op.key, warehouse=warehouse, balance=balance, quantity=quantity, target=BinId(target.id)),
        actor=auth.actor_id(),
        at=now(),
    )
    unit = row.base_unit if row else ""
    said = messages.MOVED % {
        "quantity": views.quantity(quantity, unit),
        "lot": row.lot_number if row else "–",
        "bin": target.code,
    }
    return Turn(step="source", message=yes(said))


def _in_bin(state: Mapping[str, Any]) -> list[BalanceRow]:
    return stock.find_balances(bin=BinId(_number(state, "bin")), warehouse=auth.current_warehouse())


def _is_wanted(row: BalanceRow, state: Mapping[str, Any]) -> bool:
    return str(row.lot) == state["lot"] if state.get("lot") else str(row.item) == state.get("item")


def _on_lpn(lpn: LpnId) -> list[BalanceRow]:
    return stock.find_balances(lpns=stock.lpn_with_children(lpn), warehouse=auth.current_warehouse()) if lpn else []


def _row(state: Mapping[str, str]) -> BalanceRow | None:
    """The goods chosen; None when they have gone meanwhile."""
    rows: Sequence[BalanceRow] = stock.find_balances(
        ids=[BalanceId(_number(state, "balance"))], warehouse=auth.current_warehouse()
    )
    return rows[0] if rows else None


def _number(state: Mapping[str, Any], name: str) -> int:
    """An id that travelled through the form; what is no id names nothing."""
    text = str(state.get(name, ""))
    if not (text.isascii() and text.isdigit() and len(text) < 20) or int(text) >= 2**63:
        raise NotFound(kind="bin" if name == "bin" else "lot", text=text[:40])
    return int(text)
