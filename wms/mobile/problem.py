"""Problem and damage on the handheld, from any step of any task: what is wrong, where, with which goods, how much, a photo.

The task that was left travels along as text (`back`) and is taken up again at its step, with all that it carried.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from flask import Response, current_app, request

from wms.core.clock import now
from wms.core.errors import BadInput, BadQuantity, MissingField, NotFound, WrongKindScanned
from wms.core.ids import BalanceId, BinId, LotId, LpnId
from wms.core.quantity import ZERO, Quantity
from wms.db import run_in_transaction
from wms.files import service as file_service
from wms.mobile import TASKS, bp, messages
from wms.mobile.flow import BIN, ITEM, LOT, LPN, NUMBER, TEXT, Flow, FlowStep, Operation, Turn, yes
from wms.mobile.resolve import FoundItem, FoundLot, FoundLpn
from wms.mobile.screen import begin, run
from wms.problems import rules, service, words
from wms.problems.models import ProblemKind
from wms.problems.service import Reported, ReportProblem
from wms.stock import queries as stock
from wms.stock.models import Capture
from wms.stock.queries import BalanceRow
from wms.web import auth
from wms.web.auth import requires

FLOW: Final = Flow(
    task="problem",
    title=messages.PROBLEM,
    carries=("kind", "note", "bin_id", "bin", "balance", "lot", "lpn", "item", "quantity", "photo", "problem"),
    carries_long=("back", "raw"),
    asks_typed=False,
    steps=(
        FlowStep("kind", accepts=(TEXT,), next="bin", prompt=messages.PROBLEM_WHAT),
        FlowStep("words", accepts=(TEXT,), next="bin", prompt=messages.PROBLEM_WORDS, events={"back": "kind"}, needs=("kind",)),
        FlowStep("bin", accepts=(BIN,), next="goods", prompt=messages.SCAN_BIN, events={"back": "kind"}, needs=("kind",)),
        FlowStep(
            "goods", accepts=(LOT, LPN, ITEM), next="quantity", prompt=messages.SCAN_LABEL_OF_GOODS,
            events={"back": "bin"}, needs=("kind", "bin_id"),
        ),
        FlowStep(
            "label", accepts=(LPN, LOT, ITEM), next="which", prompt=messages.PROBLEM_WRONG_LABEL, finds_all=True,
            events={"back": "bin"}, needs=("kind", "bin_id"),
        ),
        FlowStep(
            "which", accepts=(TEXT,), next="quantity", prompt=messages.PROBLEM_WHICH, events={"back": "bin"},
            needs=("kind", "bin_id"),
        ),
        FlowStep(
            "quantity", accepts=(NUMBER,), next="photo", prompt=messages.PROBLEM_HOW_MANY, events={"back": "bin"},
            needs=("kind", "bin_id"),
        ),
        FlowStep(
            "photo", accepts=(TEXT,), next="done", prompt=messages.PROBLEM_PHOTO,
            events={"photo": "done", "none": "done", "back": "bin"}, needs=("kind", "bin_id"),
        ),
        FlowStep("done", accepts=(TEXT,), next="kind", prompt=messages.PROBLEM_ANOTHER, events={"another": "kind"}),
    ),
)  # fmt: skip


@bp.route("/problem", methods=["GET", "POST"])
@requires("problem.report")
def problem() -> Response:
    """Report what is wrong; `event=problem` comes from the button of another task, with all that it carried."""
    if request.method == "POST" and request.form.get("event") == "problem":
        return begin(FLOW, Turn(step="kind", state=_left()), show=show)
    return run(FLOW, show=show, take=take)


def _left() -> dict[str, str]:
    """The task that was left: its page, its step, what it carried; and the bin where the person stands."""
    page = request.form.get("page", "")
    if page.removeprefix("/m/") not in TASKS:
        return {}
    state = {name: value for name, value in request.form.items() if name.startswith("s_")}
    back = json.dumps({"page": page, "step": request.form.get("step", "")[:40], "state": state}, ensure_ascii=False)
    if len(back) > 7000:
        return {}
    code = state.get("s_bin_code") or state.get("s_bin", "")
    try:
        found = stock.find_bin(code, warehouse=auth.current_warehouse()) if code else None
    except NotFound:
        found = None  # some tasks carry a bin's id under that name; the person scans the bin then
    return {"back": back} | ({"bin_id": str(found.id), "bin": found.code} if found else {})


def _back(state: Mapping[str, str]) -> dict[str, Any] | None:
    """The page, step and values of the task to go back to; None when there is none, or it was tampered with."""
    try:
        back = json.loads(state.get("back", "") or "null")
        if back is None or str(back["page"]).removeprefix("/m/") not in TASKS:
            return None
        values = {str(name): str(value) for name, value in dict(back["state"]).items() if str(name).startswith("s_")}
        return {"page": str(back["page"]), "step": str(back["step"]), "state": values}
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


# -- what a step shows ----------------------------------------------------------------------------------------------------
def show(step: str, state: Mapping[str, str]) -> Mapping[str, Any]:
    """Read what the page of a step shows."""
    page: dict[str, Any] = {"kind_word": "", "kinds": [], "rows": [], "row": None, "lot": None, "on": auth.today()}
    page["back"] = _back(state)
    if step == "kind":
        page["kinds"] = [(kind.value, word) for kind, word in words.KINDS.items()]
        return page
    if state.get("kind"):
        page["kind_word"] = words.KINDS[_kind(state)]
    if step == "which":
        page["rows"] = _rows(state)[:6]
    if step in ("quantity", "photo") and state.get("balance"):
        page["row"] = _row(state)
    elif step in ("quantity", "photo") and state.get("lot"):
        page["lot"] = stock.get_lot(LotId(_id(state, "lot")))
    return page


# -- what an operation does ---------------------------------------------------------------------------------------------
def take(op: Operation) -> Turn:
    """Decide one scan or button."""
    kept = {name: op.state[name] for name in ("kind", "note", "bin_id", "bin", "back") if name in op.state}
    if op.step.name == "photo" and not op.is_scan and op.event in ("photo", "none"):
        return _report(op, _keep_photo() if op.event == "photo" else "")
    if not op.is_scan:
        target = op.step.events[op.event]
        return Turn(step=target, state=kept if target != "kind" else {n: kept[n] for n in ("back",) if n in kept})
    match op.step.name:
        case "kind":
            return _take_kind(op, kept)
        case "words":
            return _to_goods(kept | {"note": op.found[:300]})
        case "bin":
            return _to_goods(kept | {"bin_id": str(op.found.id), "bin": op.found.code})
        case "goods":
            return _take_goods(op, kept)
        case "label":
            return Turn(step="which", state=kept | {"raw": op.scan})
        case "which":
            return _chosen(op, kept | {"raw": op.state.get("raw")})
        case "quantity":
            if not isinstance(op.found, Quantity) or op.found <= ZERO:
                raise BadQuantity(text=op.scan[:40])
            return Turn(step="photo", state=dict(op.state) | {"quantity": str(op.found)})
        case "photo":
            raise MissingField(field="photo")
    raise BadInput()


def _take_kind(op: Operation, kept: dict[str, Any]) -> Turn:
    if op.found not in set(ProblemKind):
        raise NotFound(kind="problem", text=op.found[:40])
    kept = kept | {"kind": op.found}
    return Turn(step="words", state=kept) if op.found == ProblemKind.OTHER.value else _to_goods(kept)


def _to_goods(kept: dict[str, Any]) -> Turn:
    """To the next thing that is not known: the bin, then the goods in the way this kind of problem can prove them."""
    kind = _kind(kept)
    if not kept.get("bin_id"):
        return Turn(step="bin", state=kept)
    match kind:
        case ProblemKind.LABEL_UNREADABLE:
            return Turn(step="which", state=kept)
        case ProblemKind.WRONG_LABEL:
            return Turn(step="label", state=kept)
    return Turn(step="goods", state=kept)


def _take_goods(op: Operation, kept: dict[str, Any]) -> Turn:
    """The label of the goods was scanned: they must be what the book has there, or, when found, a lot that we know."""
    found: FoundLot | FoundLpn | FoundItem = op.found
    kept = kept | {"raw": op.scan}
    if _kind(op.state) is ProblemKind.FOUND:
        if not isinstance(found, FoundLot):
            raise WrongKindScanned(needed=[LOT], scanned=found.kind, text=found.code)
        return Turn(step="quantity", state=kept | {"lot": str(found.id)})
    if isinstance(found, FoundLpn):
        kept = kept | {"lpn": str(found.id)}
    elif isinstance(found, FoundLot):
        kept = kept | {"lot": str(found.id)}
    else:
        kept = kept | {"item": str(found.id)}
    rows = _rows(kept)
    if not rows:
        raise NotFound(kind=found.kind, text=found.code)
    if len(rows) > 1:
        return Turn(step="which", state=kept)
    return _with(rows[0], kept)


def _chosen(op: Operation, kept: dict[str, Any]) -> Turn:
    row = next((row for row in _rows(op.state) if str(row.id) == op.found), None)
    if row is None:
        raise NotFound(kind="lot", text=op.found[:40])
    return _with(row, kept)


def _with(row: BalanceRow, kept: dict[str, Any]) -> Turn:
    """The goods are known. A bad label asks for no quantity."""
    kept = {name: value for name, value in kept.items() if name not in ("lot", "lpn", "item")}
    is_label = _kind(kept).value in rules.LABEL
    return Turn(step="photo" if is_label else "quantity", state=kept | {"balance": str(row.id)})


def _report(op: Operation, photo: str) -> Turn:
    """All is known: the report is kept, and what follows from it done."""
    state, kind = op.state, _kind(op.state)
    quantity = Quantity.parse(state["quantity"]) if state.get("quantity") else None
    lot, lpn = LotId(0), LpnId(0)
    if kind is ProblemKind.FOUND:
        lot = LotId(_id(state, "lot"))
    else:
        row = _row(state)
        if row is None:
            raise NotFound(kind="stock", text="")
        lot, lpn = row.lot, row.lpn
    is_proved = kind.value not in rules.LABEL
    how = op.captured.capture if is_proved and op.captured.capture else Capture.SCAN if is_proved else Capture.TYPED
    cmd = ReportProblem(
        key=op.key, warehouse=auth.current_warehouse(), kind=kind, bin=BinId(_id(state, "bin_id")), lot=lot, lpn=lpn,
        quantity=quantity, note=state.get("note", ""), capture=how, raw_scan=state.get("raw", ""),
    )  # fmt: skip
    kept = file_service.find_kept(photo, data_dir=_data_dir()) if photo else None
    reported = run_in_transaction(service.report, cmd, photo=kept, actor=auth.actor_id(), at=now())
    shown = {"problem": str(reported.problem)} | ({"back": state["back"]} if state.get("back") else {})
    return Turn(step="done", state=shown, message=yes(_said(kind, reported)))


def _said(kind: ProblemKind, reported: Reported) -> Any:
    if kind is ProblemKind.FOUND:
        return messages.PROBLEM_FOUND
    if reported.hold is not None:
        return messages.PROBLEM_HELD
    return messages.PROBLEM_LABEL if reported.is_label_wanted else messages.PROBLEM_TOLD


def _rows(state: Mapping[str, Any]) -> list[BalanceRow]:
    """What the book has in the bin, narrowed to what was scanned."""
    warehouse, bin_ = auth.current_warehouse(), BinId(_id(state, "bin_id"))
    rows = stock.find_balances(bin=bin_, warehouse=warehouse)
    for name, of in (("lot", lambda r: r.lot), ("lpn", lambda r: r.lpn), ("item", lambda r: r.item)):
        if state.get(name):
            rows = [row for row in rows if of(row) == _id(state, name)]
    return rows


def _row(state: Mapping[str, Any]) -> BalanceRow | None:
    rows = stock.find_balances(ids=[BalanceId(_id(state, "balance"))], warehouse=auth.current_warehouse())
    return rows[0] if rows else None


def _kind(state: Mapping[str, Any]) -> ProblemKind:
    if state.get("kind") not in set(ProblemKind):
        raise BadInput()
    return ProblemKind(state["kind"])


def _keep_photo() -> str:
    """Keep the photo on disk; its row comes with the report."""
    sent = request.files.get("photo")
    if sent is None or not sent.filename:
        raise MissingField(field="photo")
    content = sent.stream.read(file_service.MAX_BYTES + 1)
    return file_service.keep_photo(content, data_dir=_data_dir()).sha256


def _data_dir() -> Path:
    return Path(current_app.config["WMS"].data_dir)


def _id(state: Mapping[str, Any], name: str) -> int:
    text = str(state.get(name, ""))
    if not text.isascii() or not text.isdigit() or len(text) > 19 or int(text) >= 2**63:
        raise BadInput()
    return int(text)
