"""The only way a handheld task answers: `screen` draws a step, `run` interprets a flow table for one request.

A GET shows the first step (or the one `start` names). A POST is one operation: the scan is read (gs1.scan), resolved
against the kinds the step accepts, and handed to the task's `take`, which may run one verb in one transaction. A refusal
leaves the person on the same step in a red frame with the sentence; nothing else is lost.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any, Final
from urllib.parse import quote, unquote
from uuid import uuid4

from flask import Response, make_response, render_template, request

from wms.core.errors import (
    BadCode,
    BadDate,
    BadInput,
    BadQuantity,
    BadScan,
    LoginFailed,
    LotExpired,
    LotOnHold,
    LotStopped,
    MissingField,
    NotReleased,
    PickStopped,
    QuestionNeeded,
    UnitElsewhere,
    UnitNamedTwice,
    UnitOfOtherItem,
    UnitOfOtherLot,
    UnitsNeeded,
    UnitUnknown,
    WmsError,
    WrongKindScanned,
)
from wms.core.ids import ItemId
from wms.core.quantity import Quantity
from wms.db import db
from wms.gs1 import scan as gs1
from wms.mobile import messages, resolve
from wms.mobile.flow import DAY, FOUND_KINDS, LOT, NUMBER, TEXT, Flow, FlowStep, Message, Operation, Tone, Turn
from wms.mobile.resolve import FoundBin, FoundItem, FoundLot, FoundLpn
from wms.scans import queries as scans
from wms.scans.queries import Answer
from wms.stock import captures, followers, unit_edge, words
from wms.stock.captures import NOTHING, Captured
from wms.stock.models import Capture
from wms.units.rules import read_unit
from wms.web import auth, metrics, sentences

Show = Callable[[str, Mapping[str, str]], Mapping[str, Any]]
Take = Callable[[Operation], Turn]

#: Refusals that mean "these goods must not move": they stop the screen until acknowledged.
ALARMS: Final = (LotOnHold, LotStopped, LotExpired, NotReleased, PickStopped)

#: What is wrong with one unit id that was scanned.
_UNIT_REFUSALS: Final = (BadCode, BadScan, UnitElsewhere, UnitNamedTwice, UnitOfOtherItem, UnitOfOtherLot, UnitUnknown)

#: The button by which a task is taken up where it was left (after a problem was reported).
RESUME: Final = "resume"
_TYPED: Final = "typed:"
_KEY: Final = re.compile(r"[A-Za-z0-9-]{8,64}")
_NUMBER: Final = re.compile(r"[0-9]{1,7}([.][0-9]{1,6})?")
_COMMAND: Final = re.compile(r"CMD-([A-Z0-9_-]{1,30})")
_VALUE_LENGTH: Final = 300
_LONG_LENGTH: Final = 8000
_GOODS: Final = (FoundLot, FoundItem, FoundLpn, Answer)


def screen(
    task: str, step: str, data: Mapping[str, Any] | None = None, message: Message | None = None, *, status: int = 200
) -> Response:
    """Draw mobile_templates/<task>/<step>.html with `data` and one message."""
    values: dict[str, Any] = {"task": task, "step": step, "flow": None, "flow_step": None, "state": {}, "prompt": ""}
    values |= dict(data or {})
    values["message"] = message
    values["operation_key"] = str(uuid4())
    page = f"mobile/{task}/{step}.html" if task else f"mobile/{step}.html"
    return make_response(render_template(page, **values), status)


def run(
    flow: Flow, *, show: Show, take: Take, start: str | None = None, state: Mapping[str, Any] | None = None
) -> Response:
    """Interpret one request of a task. `show(step, state)` reads what a page needs; `take(operation)` gives the turn.

    `start` and `state` say where a GET begins. Errors of ours (status 500 and up) and a missing login pass through.
    """
    if request.method != "POST":
        return _draw(flow, Turn(step=start or flow.first.name, state=dict(state or {})), show)
    step = flow.step(request.form.get("step", "")) or flow.first
    carried, known = _read_state(flow), _read_captured()
    operation = None
    try:
        if request.form.get("event") == RESUME:
            return _draw(flow, Turn(step=step.name, state=carried), show, captured=known)
        operation = _read_operation(flow, step, carried, known)
        if _is_lot_typed(flow, operation):
            auth.demand("lot.type")
            why = operation.captured
            if why.typed_reason is None:
                return _ask_why_typed(flow, operation, Message(Tone.ASK, str(messages.TYPED_WHY)))
            if why.typed_reason is captures.TypedReason.OTHER and not why.typed_note:
                return _ask_why_typed(flow, operation, Message(Tone.NO, str(messages.TYPED_WORDS)))
        turn = _take(operation, take)
        is_done = turn.message is not None and turn.message.tone is Tone.YES
        return _draw(flow, turn, show, captured=NOTHING if is_done else operation.captured)
    except LoginFailed:
        raise
    except WmsError as refusal:
        if refusal.status >= 500:
            raise
        db.session.rollback()
        metrics.count_refusal(refusal.code)
        if _is_about_units(refusal):
            return _ask_units(flow, step, carried, operation.captured if operation else known, refusal)
        turn = Turn(step=step.name, state=carried, message=refused(refusal))
        return _draw(flow, turn, show, status=refusal.status, captured=known)


def begin(flow: Flow, turn: Turn, *, show: Show) -> Response:
    """Begin a task at a step, whatever was posted: for a task that is entered from the middle of another."""
    return _draw(flow, turn, show)


def refused(refusal: WmsError) -> Message:
    """Put a refusal in words: an alarm when the goods must not move, else a plain no."""
    tone = Tone.ALARM if isinstance(refusal, ALARMS) else Tone.NO
    return Message(tone=tone, text=sentences.sentence(refusal))


def _take(operation: Operation, take: Take) -> Turn:
    """Let the task decide. Where it needs unit ids and the goods were scanned by a label with a serial, that is the first."""
    try:
        with captures.captured(operation.captured):
            return take(operation)
    except UnitsNeeded:
        first = _serial_of(operation.captured)
        if not first or unit_edge.named_by_request().codes:
            raise
    db.session.rollback()
    with captures.captured(operation.captured), followers.naming([first]):
        return take(operation)


def _draw(flow: Flow, turn: Turn, show: Show, *, status: int = 200, captured: Captured = NOTHING) -> Response:
    step = flow.step(turn.step)
    if step is None:
        raise ValueError(f"flow {flow.task} has no step {turn.step}")
    names = {*flow.carries, *flow.carries_long}
    carried = {name: str(value) for name, value in turn.state.items() if value is not None and name in names}
    if unknown := set(turn.state) - names:
        raise ValueError(f"flow {flow.task} does not carry {sorted(unknown)}")
    if any(not carried.get(name) for name in step.needs):
        raise BadInput()  # a page put together by hand, or an old one
    travels = carried | ({_CAPTURED: _write_captured(captured)} if captured != NOTHING else {})
    data = {"flow": flow, "flow_step": step, "state": travels, "prompt": step.prompt} | dict(show(step.name, carried))
    return screen(flow.task, step.name, data, turn.message, status=status)


def _read_state(flow: Flow) -> dict[str, str]:
    """Read the values that travel in the form; only those the flow names, none too long."""
    names = (*flow.carries, *flow.carries_long)
    state = {name: request.form[f"s_{name}"] for name in names if f"s_{name}" in request.form}
    for name, value in state.items():
        if len(value) > (_LONG_LENGTH if name in flow.carries_long else _VALUE_LENGTH):
            raise BadInput()
    return state


# -- how the goods were captured --------------------------------------------------------------------------------------
_CAPTURED: Final = "captured"
_BY_VIA: Final = {"typed": Capture.TYPED, "button": Capture.TYPED}


def _read_captured() -> Captured:
    """Read how the goods of this task were captured, as it travelled in the form: four words, percent-encoded."""
    text = request.form.get(f"s_{_CAPTURED}", "")
    if not text:
        return NOTHING
    try:
        by, why, note, raw = (unquote(part, errors="strict") for part in text.split("|"))
        return Captured(
            capture=Capture(by), raw_scan=raw[: captures.RAW_LENGTH],
            typed_reason=captures.TypedReason(why) if why else None, typed_note=note[: captures.NOTE_LENGTH],
        )  # fmt: skip
    except ValueError:
        raise BadInput() from None


def _write_captured(how: Captured) -> str:
    by = how.capture.value if how.capture else Capture.SCAN.value
    why = how.typed_reason.value if how.typed_reason else ""
    return "|".join(quote(part, safe="") for part in (by, why, how.typed_note, how.raw_scan))


def _captured_by(step: FlowStep, via: str, text: str, found: Any, known: Captured) -> Captured:
    """How the goods are known from here on: by this scan when it named goods (or nothing did yet), else as before."""
    names_goods = isinstance(found, _GOODS) or (step.types_lot and found is not None)
    if not text or not (names_goods or (isinstance(found, FoundBin) and known == NOTHING)):
        return known
    if step.types_lot and _says_no_lot(text):
        via = via or "typed"
    reason, note = _typed_why()
    return Captured(
        capture=_BY_VIA.get(via, Capture.SCAN),
        raw_scan=text[: captures.RAW_LENGTH],
        typed_reason=reason,
        typed_note=note,
    )


def _typed_why() -> tuple[captures.TypedReason | None, str]:
    event = request.form.get("event", "")
    if not event.startswith(_TYPED):
        return None, ""
    word = event.removeprefix(_TYPED)
    if word not in set(captures.TypedReason):
        raise BadInput()
    return captures.TypedReason(word), request.form.get("typed_note", "").strip()[: captures.NOTE_LENGTH]


def _is_lot_typed(flow: Flow, operation: Operation) -> bool:
    """Say whether a lot was typed by hand here; a scanner's text that is a lot and nothing else was scanned."""
    if not flow.asks_typed or not operation.is_scan:
        return False
    if operation.step.types_lot:
        return operation.via != "scan" and _says_no_lot(operation.scan)
    return operation.via == "typed" and isinstance(operation.found, FoundLot)


def _says_no_lot(text: str) -> bool:
    try:
        return gs1.read(text).lot is None
    except BadScan:
        return False  # the task refuses it


def _ask_why_typed(flow: Flow, operation: Operation, message: Message) -> Response:
    """Ask why the lot was typed; the answer does the same operation. A scan of the label instead is as good."""
    state = dict(operation.state)
    if (known := request.form.get(f"s_{_CAPTURED}")) is not None:
        state[_CAPTURED] = known
    data = {
        "flow": flow, "flow_step": operation.step, "state": state, "prompt": messages.TYPED_OR_SCAN,
        "typed_text": operation.scan, "more_fields": {"typed_text": operation.scan, **operation.form}, "typed_reasons": words.TYPED_REASONS.items(),
    }  # fmt: skip
    return screen("", "_typed", data | {"task": flow.task}, message)


# -- unit ids ---------------------------------------------------------------------------------------------------------
_UNIT: Final = unit_edge.WAITS
_UNIT_QUESTIONS: Final = ("unit_came_back", "unit_seen_twice")


def is_unit_question(question: QuestionNeeded) -> bool:
    """Say whether a question is about one unit id: no step of a task asks it, the page that takes the ids does."""
    return question.data.get("question") in _UNIT_QUESTIONS


def _is_about_units(refusal: WmsError) -> bool:
    """Say whether a refusal is settled by scanning unit ids, or by a word about one of them."""
    if isinstance(refusal, QuestionNeeded):
        return is_unit_question(refusal)
    return isinstance(refusal, UnitsNeeded) or (_UNIT in request.form and isinstance(refusal, _UNIT_REFUSALS))


def _ask_units(flow: Flow, step: FlowStep, carried: Mapping[str, str], known: Captured, refusal: WmsError) -> Response:
    """Ask for the id of each piece, scan by scan; each answer does the same operation with one id more.

    What is refused of an id is said, and that id is not kept. A question keeps it until something else than yes comes.
    """
    named, message, asked, status = unit_edge.named_by_request(), None, "", 200
    codes = list(named.codes) or ([first] if (first := _serial_of(known)) else [])
    needed = str(refusal.data.get("needed", "")) if isinstance(refusal, UnitsNeeded) else ""
    if isinstance(refusal, QuestionNeeded):
        message = Message(Tone.ASK, refused(refusal).text)
        asked = codes[_place_of(codes, refusal)] if codes else ""
    elif not isinstance(refusal, UnitsNeeded) or int(refusal.data["came"]) > int(refusal.data["needed"]):
        message, status = refused(refusal), refusal.status
        if codes:
            del codes[_place_of(codes, refusal)]
    state = dict(carried)
    if (how := request.form.get(f"s_{_CAPTURED}")) is not None:
        state[_CAPTURED] = how
    kept = {
        name: value for name, value in request.form.items()
        if not name.startswith("s_") and name not in {"csrf_token", "step", "key", "event", "scan", "via", "page"}
        and not name.startswith("unit_") and name not in {"units", "secret"}  # a password stands on no page
    }  # fmt: skip
    is_asking = _UNIT in request.form
    needed = needed or request.form.get("unit_needed", "")
    came = str(refusal.data["came"]) if isinstance(refusal, UnitsNeeded) and message is None else ""
    came = came or request.form.get("unit_came", "") or str(len(codes))
    lot_number = str(refusal.data.get("lot", "")) if isinstance(refusal, UnitsNeeded) else ""
    lot_number = lot_number or request.form.get("unit_lot", "")
    data = {
        "flow": flow, "flow_step": replace(step, accepts=(LOT,)), "state": state, "prompt": messages.SCAN_UNIT,
        "task": flow.task, "named": [_shown_unit(code) for code in codes[-3:]], "came": came, "needed": needed, "lot_number": lot_number,
        "answer": f"{unit_edge.YES}{refusal.data['question']}:{refusal.data['unit']}" if asked else "",
        "more_fields": kept | {
            _UNIT: "1", "unit_event": request.form.get("unit_event") or request.form.get("event") or "scan",
            "unit_scan": request.form.get("unit_scan" if is_asking else "scan", ""),
            "unit_via": request.form.get("unit_via" if is_asking else "via", ""), "units": "\n".join(codes),
            "unit_answer": "\n".join(sorted(named.answers)), "unit_asked": asked, "unit_needed": needed, "unit_came": came,
            "unit_lot": lot_number,
        },
    }  # fmt: skip
    return screen("", "_units", data, message, status=status)


def _place_of(codes: list[str], refusal: WmsError) -> int:
    """Which of the scanned codes a refusal is about: the last that is read so, else the last."""
    said = refusal.data.get("unit")
    return next((at for at in reversed(range(len(codes))) if _unit_code(codes[at]) == said), len(codes) - 1)


def _shown_unit(text: str) -> str:
    """A scanned id as a person reads it: of a GS1 label the serial alone."""
    return gs1.read(text).serial or _unit_code(text) or text


def _unit_code(text: str) -> str:
    try:
        return read_unit(gs1.read(text)).code
    except (BadCode, BadScan):
        return ""


def _serial_of(captured: Captured) -> str:
    """The scan by which the goods are known, when it names a piece itself: a GS1 label with a serial."""
    try:
        return captured.raw_scan if captured.raw_scan and gs1.read(captured.raw_scan).serial else ""
    except BadScan:
        return ""


def _read_operation(flow: Flow, step: FlowStep, state: Mapping[str, str], known: Captured) -> Operation:
    key = request.form.get("key", "")
    if not _KEY.fullmatch(key):
        raise MissingField(field="key")
    event, via = request.form.get("event") or "scan", request.form.get("via", "")
    name = "scan"
    if _UNIT in request.form:  # an id was scanned for an operation that waits: it is read by unit_edge
        event, name = request.form.get("unit_event") or "scan", "unit_scan"
        via = request.form.get("unit_via", "")
    if event.startswith(_TYPED):
        event, via, name = "scan", "typed", "typed_text"
    text = request.form.get(name, "").strip("\r\n\t ")[: _VALUE_LENGTH * 4]
    command = _COMMAND.fullmatch(text)
    if event == "scan" and command and command[1].lower() in step.events:
        event, text = command[1].lower(), ""
    if event != "scan" and event not in step.events:
        raise BadInput()
    found = _find(step, text, event, state)
    form = {
        name: value[:_VALUE_LENGTH]
        for name, value in request.form.items()
        if not name.startswith(("s_", "typed_", "unit_"))
        and name not in {"csrf_token", "step", "key", "event", "scan", "via", "page", "units"}
    }
    captured = _captured_by(step, via, text, found, known)
    return Operation(
        step=step, event=event, scan=text, found=found, state=state, key=key, form=form, via=via, captured=captured
    )


def _find(step: FlowStep, text: str, event: str, state: Mapping[str, str]) -> Any:
    """Turn the scanned or typed text into what the step takes: a number, a day, a record, plain text."""
    if event != "scan":
        return None
    if not text:
        raise MissingField(field=str(step.prompt))
    if NUMBER in step.accepts and _NUMBER.fullmatch(text):
        return Quantity.parse(text)
    if DAY in step.accepts:
        return read_day(text)
    if step.finds_all:
        return scans.find_all(text, auth.current_warehouse(), kinds=step.accepts)
    kinds = tuple(kind for kind in step.accepts if kind in FOUND_KINDS)
    if kinds and TEXT not in step.accepts:
        item = state.get(step.item_in, "")
        item_id = ItemId(int(item)) if item.isdecimal() and len(item) < 20 and int(item) < 2**63 else None
        return resolve.resolve(text, kinds, auth.current_warehouse(), new_kinds=step.new_kinds, item_id=item_id)
    if TEXT in step.accepts:
        if not text.isprintable():
            raise BadInput()
        return text
    if step.accepts == (NUMBER,):
        raise BadQuantity(text=text[:40])
    raise WrongKindScanned(needed=list(step.accepts), scanned="text", text=text[:40])


def read_day(text: str) -> date:
    """Read a typed day: 2026-11-22, 20261122 or 261122; BadDate otherwise."""
    digits = re.sub(r"[-./年月日 ]", "", text)
    if len(digits) == 6:
        digits = f"20{digits}"
    try:
        day = (
            date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
            if len(digits) == 8 and digits.isdecimal()
            else None
        )
    except ValueError:
        day = None
    if day is None or not 1990 <= day.year <= 2199:
        raise BadDate(text=text[:40])
    return day
