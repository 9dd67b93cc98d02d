"""The truck on the handheld: delivery note, plate, driver, seal, temperatures, carrier, a photo; each may be skipped.

note -> plate -> driver -> seal -> intact -> departed -> arrived -> carrier -> photo -> saved, back to Receive
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from flask import Response, current_app, request

from wms.core.clock import now
from wms.core.errors import BadInput, BadQuantity, MissingField, NotFound, QuestionNeeded
from wms.core.ids import ReceiptId
from wms.db import run_in_transaction
from wms.files import service as file_service
from wms.mobile import bp, messages
from wms.mobile.flow import TEXT, Flow, FlowStep, Operation, Turn, ask, yes
from wms.mobile.receive_draft import number
from wms.mobile.screen import run
from wms.receiving import service
from wms.receiving.queries import papers
from wms.receiving.rules.commands import Arrival
from wms.receiving.rules.conditions import degrees_text
from wms.web import auth, sentences
from wms.web.auth import requires

#: Each step with the fact it asks for and the longest text it may have.
_FACTS: Final = {
    "note": ("delivery_note", 60), "plate": ("plate", 20), "driver": ("driver", 60), "seal": ("seal", 60),
    "departed": ("departed", 8), "arrived": ("arrived", 8), "carrier": ("carrier", 120),
}  # fmt: skip
_ORDER: Final = ("note", "plate", "driver", "seal", "intact", "departed", "arrived", "carrier", "photo")
_DEGREES: Final = re.compile(r"-?[0-9]{1,2}([.,][0-9])?")
_NEXT: Final = dict(pairwise(_ORDER))
_PROMPTS: Final = {
    "note": messages.ARRIVAL_NOTE, "plate": messages.ARRIVAL_PLATE, "driver": messages.ARRIVAL_DRIVER,
    "seal": messages.ARRIVAL_SEAL, "departed": messages.ARRIVAL_DEPARTED, "arrived": messages.ARRIVAL_ARRIVED,
    "carrier": messages.ARRIVAL_CARRIER,
}  # fmt: skip
FLOW: Final = Flow(
    task="receive_arrival",
    title=messages.ARRIVAL,
    carries=("receipt", "delivery_note", "plate", "driver", "seal", "intact", "departed", "arrived", "carrier", "photo",
             "answers", "asks", "question"),
    steps=(
        *(
            FlowStep(
                name, accepts=(TEXT,), next=_NEXT[name], prompt=_PROMPTS[name],
                events={"skip": _NEXT[name], "save": "photo"}, needs=("receipt",),
            )
            for name in _ORDER
            if name in _PROMPTS
        ),
        FlowStep(
            "intact", accepts=(TEXT,), next="departed", prompt=messages.ARRIVAL_INTACT,
            events={"yes": "departed", "no": "departed", "skip": "departed"}, needs=("receipt",),
        ),
        FlowStep(
            "photo", accepts=(TEXT,), next="done", prompt=messages.ARRIVAL_PHOTO, events={"photo": "done", "none": "done"},
            needs=("receipt",),
        ),
        FlowStep(
            "question", accepts=(TEXT,), next="done", prompt=messages.CHOOSE, events={"yes": "done", "no": "note"},
            needs=("receipt",),
        ),
        FlowStep("done", accepts=(TEXT,), next="note", prompt=messages.CHOOSE, events={"again": "note"}, needs=("receipt",)),
    ),
)  # fmt: skip


@bp.route("/receive_arrival", methods=["GET", "POST"])
@requires("receive")
def receive_arrival() -> Response:
    """Write down the facts of the truck of an open receipt."""
    state: dict[str, str] = {}
    if request.method == "GET":
        state = _known(request.args.get("receipt", ""))
    return run(FLOW, show=show, take=take, state=state)


def _known(text: str) -> dict[str, str]:
    """What stands on the receipt already, to be confirmed or changed."""
    if not text:
        raise NotFound(kind="receipt", text="")
    receipt = papers.get_receipt(ReceiptId(number(text)), warehouse=auth.current_warehouse())
    found = {
        "receipt": str(receipt.id), "delivery_note": receipt.delivery_note, "plate": receipt.plate,
        "driver": receipt.driver, "seal": receipt.seal, "carrier": receipt.carrier,
        "intact": "" if receipt.seal_is_intact is None else "yes" if receipt.seal_is_intact else "no",
        "departed": _degrees(receipt.departure_temperature_decidegrees),
        "arrived": _degrees(receipt.arrival_temperature_decidegrees),
    }  # fmt: skip
    return {name: value for name, value in found.items() if value}


def show(step: str, state: Mapping[str, str]) -> Mapping[str, Any]:
    """The receipt, and what is known of what is asked."""
    receipt = papers.get_receipt(ReceiptId(number(state["receipt"])), warehouse=auth.current_warehouse())
    page: dict[str, Any] = {"receipt": receipt, "place": _ORDER.index(step) + 1 if step in _ORDER else len(_ORDER)}
    page["step_count"] = len(_ORDER)
    if step in _FACTS:
        page["scan_value"] = state.get(_FACTS[step][0], "")
    return page


def take(op: Operation) -> Turn:
    """Decide one answer; the last one writes all of it."""
    state = {name: op.state[name] for name in FLOW.carries if name in op.state}
    match op.step.name:
        case "photo":
            if op.is_scan:
                raise MissingField(field="photo")
            return _save(state | ({"photo": _keep_photo()} if op.event == "photo" else {}))
        case "question":
            if op.event != "yes":
                return Turn(
                    step="note", state={n: v for n, v in state.items() if n not in ("asks", "question", "answers")}
                )
            said = ",".join(sorted({*state.get("answers", "").split(","), state.pop("asks", "")} - {""}))
            state.pop("question", None)
            return _save(state | {"answers": said})
        case "done":
            return Turn(step="note", state=_known(state.get("receipt", "")))
        case "intact":
            if op.is_scan:
                raise BadInput()
            return Turn(step="departed", state=state | ({} if op.event == "skip" else {"intact": op.event}))
    if not op.is_scan:
        return Turn(step=op.step.events[op.event], state=state)
    name, longest = _FACTS[op.step.name]
    text = op.scan.strip()[:longest]
    if name in ("departed", "arrived") and not _DEGREES.fullmatch(text):
        raise BadQuantity(text=text)
    return Turn(step=op.step.next, state=state | {name: text})


def _save(state: dict[str, str]) -> Turn:
    kept = state.get("photo", "")
    photo = file_service.find_kept(kept, data_dir=_data_dir()) if kept else None
    arrival = Arrival(
        **{name: state.get(name, "") for name in ("delivery_note", "plate", "driver", "seal", "carrier")},
        temperature_decidegrees=_tenths(state.get("arrived", "")),
        departure_temperature_decidegrees=_tenths(state.get("departed", "")),
        seal_is_intact={"yes": True, "no": False}.get(state.get("intact", "")),
    )
    try:
        run_in_transaction(
            service.record_arrival, ReceiptId(number(state.get("receipt", ""))), arrival,
            warehouse=auth.current_warehouse(), actor=auth.actor_id(), at=now(),
            answers=frozenset(filter(None, state.get("answers", "").split(","))), photos=(photo,) if photo else (),
        )  # fmt: skip
    except QuestionNeeded as question:
        words = sentences.sentence(question)
        asked = state | {"asks": str(question.data["question"]), "question": words[:300]}
        return Turn(step="question", state=asked, message=ask(words))
    return Turn(step="done", state={"receipt": state["receipt"]}, message=yes(messages.ARRIVAL_SAVED))


def _tenths(text: str) -> int | None:
    if not text:
        return None
    if not _DEGREES.fullmatch(text):
        raise BadQuantity(text=text[:40])
    return int(Decimal(text.replace(",", ".")) * 10)


def _degrees(tenths: int | None) -> str:
    return "" if tenths is None else degrees_text(tenths).removesuffix(" °C")


def _keep_photo() -> str:
    photo = request.files.get("photo")
    if photo is None:
        raise MissingField(field="photo")
    return file_service.keep_photo(photo.read(file_service.MAX_BYTES + 1), data_dir=_data_dir()).sha256


def _data_dir() -> Path:
    return Path(current_app.config["WMS"].data_dir)
