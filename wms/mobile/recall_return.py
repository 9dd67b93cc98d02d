"""Goods that come back on a recall, on the handheld: the recall, the lot's label, who sent it, how many, into the cage.

choose -> (which) -> lot -> (party) -> quantity -> bin -> posted, lot
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from flask import Response

from wms.core.clock import now
from wms.core.errors import BadQuantity, NotFound, QuestionNeeded, WmsError
from wms.core.ids import BinId, LotId, RecallId
from wms.core.quantity import Quantity
from wms.db import run_in_transaction
from wms.mobile import bp, messages, resolve
from wms.mobile.flow import BIN, LOT, NUMBER, TEXT, Flow, FlowStep, Operation, Turn, ask, yes
from wms.mobile.receive_draft import number
from wms.mobile.resolve import FoundBin, FoundLot
from wms.mobile.screen import is_unit_question, run
from wms.recall import edge, service
from wms.recall.queries import returning, scope
from wms.recall.queries.returning import RecallTaking, Sender
from wms.web import auth, sentences, views
from wms.web.auth import requires

RIGHTS: Final = ("recall.edit", "receive")
#: So many customers are shown as buttons; of more the shipment, the order or the code is scanned or typed.
SHOWN: Final = 4

FLOW: Final = Flow(
    task="recall_return",
    title=messages.RECALL_RETURN,
    carries=("recall", "seen", "paper", "lot", "party", "quantity", "bin"),
    steps=(
        FlowStep("choose", accepts=(TEXT,), next="lot", prompt=messages.RECALL_CHOOSE),
        FlowStep(
            "which", accepts=(TEXT,), next="lot", prompt=messages.RECALL_WHICH, events={"back": "choose"}, needs=("seen",)
        ),
        FlowStep(
            "lot", accepts=(LOT,), next="quantity", prompt=messages.RECALL_LOT, events={"leave": "choose"},
            needs=("recall",),
        ),
        FlowStep(
            "party", accepts=(TEXT,), next="quantity", prompt=messages.RECALL_WHO, events={"back": "lot"},
            needs=("recall", "lot"),
        ),
        FlowStep(
            "quantity", accepts=(NUMBER,), next="bin", prompt=messages.RECALL_HOW_MANY,
            events={"other": "party", "back": "lot"}, needs=("recall", "lot", "party"),
        ),
        FlowStep(
            "bin", accepts=(BIN,), next="lot", prompt=messages.RECALL_INTO, events={"back": "quantity"},
            needs=("recall", "lot", "party", "quantity"),
        ),
        FlowStep(
            "more", accepts=(TEXT,), next="lot", prompt=messages.RECALL_WHY_MORE, events={"back": "quantity"},
            needs=("recall", "lot", "party", "quantity", "bin"),
        ),
    ),
)  # fmt: skip


@bp.route("/recall_return", methods=["GET", "POST"])
@requires(*RIGHTS)
def recall_return() -> Response:
    """Take goods back on a recall."""
    return run(FLOW, show=show, take=take)


def show(step: str, state: Mapping[str, str]) -> Mapping[str, Any]:
    """The recalls that take goods back, or the goods at hand with who had them."""
    if step == "choose":
        return {"recalls": returning.taking_back(edge.sites_with(*RIGHTS), limit=SHOWN)}
    if step == "which":
        return {"recalls": _find(state["seen"])[:SHOWN]}
    page: dict[str, Any] = {"recall": edge.find(number(state["recall"]), *RIGHTS), "sender": None}
    if step == "lot":
        return page
    lot = LotId(number(state["lot"]))
    senders = returning.senders_of(page["recall"].id, lot)
    page |= {"lot": returning.lot_back(lot), "senders": senders[:SHOWN], "sender_count": len(senders)}
    if state.get("party"):
        page["sender"] = next((one for one in senders if one.party == number(state["party"])), None)
    if step == "bin":
        page["places"] = scope.bins_apart(auth.current_warehouse())[:3]
    return page


def take(op: Operation) -> Turn:
    """Decide one answer; the scan of the cage writes, or the reason where more came than was shipped."""
    state = {name: op.state[name] for name in FLOW.carries if name in op.state}
    if op.step.name in ("choose", "which"):
        return _choose(op) if op.is_scan else Turn(step="choose")
    recall = edge.find(number(state.get("recall", "")), *RIGHTS).id
    if not op.is_scan:
        return _back(op.step.events[op.event], state)
    match op.step.name:
        case "lot":
            found: FoundLot = op.found
            return _to_sender(recall, LotId(found.id or 0), _kept(state, "recall", "paper", "party"))
        case "party":
            lot = LotId(number(state["lot"]))
            senders = returning.senders_of(recall, lot)
            sender = returning.find_sender(recall, lot, op.scan, senders)
            return Turn(step="quantity", state=_kept(state, "recall", "paper", "lot") | {"party": str(sender.party)})
        case "quantity":
            if not isinstance(op.found, Quantity) or not op.found:
                raise BadQuantity(text=op.scan[:40])
            return Turn(step="bin", state=state | {"quantity": str(op.found)})
        case "bin":
            place: FoundBin = op.found
            return _receive(op, recall, state | {"bin": str(place.id)}, why="")
        case _:
            return _receive(op, recall, state, why=op.scan[:300])


def _choose(op: Operation) -> Turn:
    """The recall by its number, by what left with it, or by a label of its goods; several are asked about."""
    found = _find(op.scan)
    if not found:
        raise NotFound(kind="recall", text=op.scan[:60])
    if len(found) > 1:
        return Turn(step="which", state={"seen": op.scan})
    paper = "" if op.scan.upper() == found[0].number or found[0].party is None else op.scan
    state = {"recall": str(found[0].id)} | ({"paper": paper} if paper else {})
    return Turn(step="lot", state=state | ({"party": str(found[0].party)} if found[0].party is not None else {}))


def _find(text: str) -> list[RecallTaking]:
    return returning.find_taking(text, edge.sites_with(*RIGHTS), lot=_lot_on(text))


def _lot_on(text: str) -> LotId | None:
    """The lot that a label names, None for any other text."""
    try:
        found = resolve.resolve(text, (LOT,), auth.current_warehouse())
    except WmsError:
        return None
    return found.id if isinstance(found, FoundLot) else None


def _to_sender(recall: RecallId, lot: LotId, state: Mapping[str, str]) -> Turn:
    """Who sent it is known when one customer alone had the lot, or by the paper that was scanned first."""
    senders = returning.senders_of(recall, lot)
    known = number(state["party"]) if state.get("party") else 0
    whole = {name: text for name, text in state.items() if name != "party"} | {"lot": str(lot)}
    sender: Sender | None = next((one for one in senders if one.party == known), None)
    if sender is None and len(senders) == 1:
        sender = senders[0]
    if sender is None:
        return Turn(step="party", state=whole)
    return Turn(step="quantity", state=whole | {"party": str(sender.party)})


def _back(step: str, state: Mapping[str, str]) -> Turn:
    kept = {
        "choose": (), "lot": ("recall", "paper", "party"), "party": ("recall", "paper", "lot"),
        "quantity": ("recall", "paper", "lot", "party"),
    }  # fmt: skip
    return Turn(step=step, state=_kept(state, *kept[step]))


def _receive(op: Operation, recall: RecallId, state: Mapping[str, str], *, why: str) -> Turn:
    lot, warehouse = returning.lot_back(LotId(number(state["lot"]))), auth.current_warehouse()
    cmd = service.ReceiveReturn(
        key=f"hand:{op.key}", recall=recall, warehouse=warehouse, party=number(state["party"]), lot=lot.id,
        quantity=Quantity.parse(state["quantity"]), bin=BinId(number(state["bin"])),
        document=state.get("paper", "")[:60], answers={"returned_more": why} if why else {},
    )  # fmt: skip
    try:
        done = run_in_transaction(service.receive_return, cmd, actor=auth.actor_id(), at=now())
    except QuestionNeeded as question:
        if is_unit_question(question):
            raise
        return Turn(step="more", state=state, message=ask(sentences.sentence(question)))
    said = messages.RECALL_RETURNED % {"quantity": views.quantity(done, lot.unit), "lot": lot.number}
    return Turn(step="lot", state=_kept(state, "recall", "paper", "party"), message=yes(said))


def _kept(state: Mapping[str, str], *names: str) -> dict[str, str]:
    return {name: state[name] for name in names if state.get(name)}
