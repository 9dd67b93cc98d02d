"""Refuse on the handheld (拒收): what is turned away, how many, why, where it stands, a photo; written down, never stock.

goods -> quantity -> reason -> place -> photo -> saved
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from flask import Response, current_app, request

from wms.core.clock import now
from wms.core.errors import BadInput, BadScan, MissingField, NotFound, WmsError, WrongKindScanned
from wms.core.ids import BinId, ItemId, ReceiptId
from wms.core.quantity import Quantity
from wms.db import run_in_transaction
from wms.files import service as file_service
from wms.mobile import bp, messages, resolve
from wms.mobile.flow import BIN, ITEM, LOT, NUMBER, TEXT, Flow, FlowStep, Operation, Turn, yes
from wms.mobile.receive_draft import number
from wms.mobile.resolve import FoundBin, FoundItem, FoundLot
from wms.mobile.screen import run
from wms.receiving import service
from wms.receiving.models import RefusalReason
from wms.receiving.queries import intake, papers, refusals
from wms.receiving.rules.commands import Refuse
from wms.web import auth
from wms.web.auth import requires

FLOW: Final = Flow(
    task="receive_refuse",
    title=messages.REFUSE,
    carries=("receipt", "item", "lot", "words", "quantity", "reason", "bin", "place", "photo"),
    asks_typed=False,
    steps=(
        FlowStep("goods", accepts=(TEXT,), next="quantity", prompt=messages.REFUSE_WHAT),
        FlowStep(
            "quantity", accepts=(NUMBER,), next="reason", prompt=messages.REFUSE_HOW_MANY,
            events={"skip": "reason", "back": "goods"},
        ),
        FlowStep("reason", accepts=(TEXT,), next="place", prompt=messages.REFUSE_WHY, events={"back": "goods"}),
        FlowStep(
            "place", accepts=(TEXT,), next="photo", prompt=messages.REFUSE_WHERE, events={"skip": "photo", "back": "goods"},
            needs=("reason",),
        ),
        FlowStep(
            "photo", accepts=(TEXT,), next="goods", prompt=messages.REFUSE_PHOTO,
            events={"photo": "goods", "none": "goods", "back": "place"}, needs=("reason",),
        ),
    ),
)  # fmt: skip


@bp.route("/receive_refuse", methods=["GET", "POST"])
@requires("receive.refuse")
def receive_refuse() -> Response:
    """Write down goods that are turned away; ?receipt= says of which delivery."""
    state: dict[str, str] = {}
    text = request.args.get("receipt", "")
    if request.method == "GET" and text:
        receipt = papers.get_receipt(ReceiptId(number(text)), warehouse=auth.current_warehouse())
        state = {"receipt": str(receipt.id)}
    return run(FLOW, show=show, take=take, state=state)


def show(step: str, state: Mapping[str, str]) -> Mapping[str, Any]:
    """What is known of the goods so far; the reasons."""
    page: dict[str, Any] = {"receipt": None, "item": None, "reasons": [one.value for one in RefusalReason]}
    if state.get("receipt"):
        page["receipt"] = papers.get_receipt(ReceiptId(number(state["receipt"])), warehouse=auth.current_warehouse())
    if state.get("item"):
        page["item"] = intake.item_for_receipt(ItemId(number(state["item"])))
    return page


def take(op: Operation) -> Turn:
    """Decide one answer; the photo, or none, writes it down."""
    state = {name: op.state[name] for name in FLOW.carries if name in op.state}
    if op.step.name == "photo":
        if op.event == "back":
            return Turn(step="place", state=state)
        if op.is_scan:
            raise MissingField(field="photo")
        return _refuse(op, state, _keep_photo() if op.event == "photo" else "")
    if not op.is_scan:
        target = op.step.events[op.event]
        kept = {"receipt": state["receipt"]} if "receipt" in state else {}
        return Turn(step=target, state=kept if target == "goods" else state)
    match op.step.name:
        case "goods":
            kept = {"receipt": state["receipt"]} if "receipt" in state else {}
            return Turn(step="quantity", state=kept | _goods(op.scan))
        case "quantity":
            if not isinstance(op.found, Quantity) or not op.found:
                raise BadInput()
            return Turn(step="reason", state=state | {"quantity": str(op.found)})
        case "reason":
            if op.scan not in set(RefusalReason):
                raise BadInput()
            return Turn(step="place", state=state | {"reason": op.scan})
        case _:
            return Turn(step="photo", state=state | _place(op.scan))


def _goods(text: str) -> dict[str, str]:
    """What a label says of the goods; what is no label of ours is taken as words."""
    try:
        found = resolve.resolve(text, (LOT, ITEM), auth.current_warehouse(), new_kinds=(LOT,))
    except (NotFound, BadScan, WrongKindScanned):
        return {"words": text[:300]}
    except WmsError:
        return {"words": text[:300]}
    if isinstance(found, FoundLot):
        return {"item": str(found.item.id), "lot": found.number}
    if isinstance(found, FoundItem):
        return {"item": str(found.id)} | ({"lot": str(found.scan.lot)} if found.scan.lot else {})
    return {"words": text[:300]}


def _place(text: str) -> dict[str, str]:
    try:
        found = resolve.resolve(text, (BIN,), auth.current_warehouse())
    except WmsError:
        return {"place": text[:120]}
    return {"bin": str(found.id), "place": ""} if isinstance(found, FoundBin) else {"place": text[:120]}


def _refuse(op: Operation, state: Mapping[str, str], kept: str) -> Turn:
    photo = file_service.find_kept(kept, data_dir=_data_dir()) if kept else None
    warehouse = auth.current_warehouse()
    cmd = Refuse(
        warehouse=warehouse,
        reason=state.get("reason", ""),
        key=op.key,
        receipt=ReceiptId(number(state["receipt"])) if state.get("receipt") else None,
        item=ItemId(number(state["item"])) if state.get("item") else None,
        lot_number=state.get("lot", "")[:60],
        description=state.get("words", ""),
        quantity=Quantity.parse(state["quantity"]) if state.get("quantity") else None,
        bin=BinId(number(state["bin"])) if state.get("bin") else None,
        place=state.get("place", ""),
    )
    if cmd.reason not in set(RefusalReason):
        raise BadInput()
    made = run_in_transaction(service.refuse, cmd, actor=auth.actor_id(), at=now(), photos=(photo,) if photo else ())
    found = refusals.get_refusal(made, warehouse=warehouse).refusal
    kept_on = {"receipt": state["receipt"]} if state.get("receipt") else {}
    return Turn(step="goods", state=kept_on, message=yes(messages.REFUSED % {"number": found.number}))


def _keep_photo() -> str:
    photo = request.files.get("photo")
    if photo is None:
        raise MissingField(field="photo")
    return file_service.keep_photo(photo.read(file_service.MAX_BYTES + 1), data_dir=_data_dir()).sha256


def _data_dir() -> Path:
    return Path(current_app.config["WMS"].data_dir)
