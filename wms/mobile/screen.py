"""The only way a handheld task answers: `screen` draws a step, `run` interprets a flow table for one request.

A GET shows the first step (or the one `start` names). A POST is one operation: the scan is read (gs1.scan), resolved
against the kinds the step accepts, and handed to the task's `take`, which may run one verb in one transaction. A refusal
leaves the person on the same step in a red frame with the sentence; nothing else is lost.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, Final
from uuid import uuid4

from flask import Response, make_response, render_template, request

from wms.core.errors import (
    BadDate,
    BadInput,
    BadQuantity,
    LoginFailed,
    LotExpired,
    LotOnHold,
    MissingField,
    NotReleased,
    PickStopped,
    WmsError,
    WrongKindScanned,
)
from wms.core.ids import ItemId
from wms.core.quantity import Quantity
from wms.db import db
from wms.mobile import resolve
from wms.mobile.flow import DAY, FOUND_KINDS, NUMBER, TEXT, Flow, FlowStep, Message, Operation, Tone, Turn
from wms.web import auth, metrics, sentences

Show = Callable[[str, Mapping[str, str]], Mapping[str, Any]]
Take = Callable[[Operation], Turn]

#: Refusals that mean "these goods must not move": they stop the screen until acknowledged.
ALARMS: Final = (LotOnHold, LotExpired, NotReleased, PickStopped)

_KEY: Final = re.compile(r"[A-Za-z0-9-]{8,64}")
_NUMBER: Final = re.compile(r"[0-9]{1,7}([.][0-9]{1,6})?")
_COMMAND: Final = re.compile(r"CMD-([A-Z0-9_-]{1,30})")
_VALUE_LENGTH: Final = 300


def screen(
    task: str, step: str, data: Mapping[str, Any] | None = None, message: Message | None = None, *, status: int = 200
) -> Response:
    """Draw mobile_templates/<task>/<step>.html with `data` and one message."""
    values: dict[str, Any] = {"task": task, "step": step, "flow": None, "flow_step": None, "state": {}, "prompt": ""}
    values |= dict(data or {})
    values["message"] = message
    values["operation_key"] = str(uuid4())
    return make_response(render_template(f"mobile/{task}/{step}.html", **values), status)


def run(
    flow: Flow, *, show: Show, take: Take, start: str | None = None, state: Mapping[str, Any] | None = None
) -> Response:
    """Interpret one request of a task. `show(step, state)` reads what a page needs; `take(operation)` gives the turn.

    `start` and `state` say where a GET begins. Errors of ours (status 500 and up) and a missing login pass through.
    """
    if request.method != "POST":
        return _draw(flow, Turn(step=start or flow.first.name, state=dict(state or {})), show)
    step = flow.step(request.form.get("step", "")) or flow.first
    carried = _read_state(flow)
    try:
        turn = take(_read_operation(flow, step, carried))
        return _draw(flow, turn, show)
    except LoginFailed:
        raise
    except WmsError as refusal:
        if refusal.status >= 500:
            raise
        db.session.rollback()
        metrics.count_refusal(refusal.code)
        turn = Turn(step=step.name, state=carried, message=refused(refusal))
        return _draw(flow, turn, show, status=refusal.status)


def refused(refusal: WmsError) -> Message:
    """Put a refusal in words: an alarm when the goods must not move, else a plain no."""
    tone = Tone.ALARM if isinstance(refusal, ALARMS) else Tone.NO
    return Message(tone=tone, text=sentences.sentence(refusal))


def _draw(flow: Flow, turn: Turn, show: Show, *, status: int = 200) -> Response:
    step = flow.step(turn.step)
    if step is None:
        raise ValueError(f"flow {flow.task} has no step {turn.step}")
    carried = {name: str(value) for name, value in turn.state.items() if value is not None and name in flow.carries}
    if unknown := set(turn.state) - set(flow.carries):
        raise ValueError(f"flow {flow.task} does not carry {sorted(unknown)}")
    if any(not carried.get(name) for name in step.needs):
        raise BadInput()  # a page put together by hand, or an old one
    data = {"flow": flow, "flow_step": step, "state": carried, "prompt": step.prompt} | dict(show(step.name, carried))
    return screen(flow.task, step.name, data, turn.message, status=status)


def _read_state(flow: Flow) -> dict[str, str]:
    """Read the values that travel in the form; only those the flow names, none too long."""
    state = {name: request.form[f"s_{name}"] for name in flow.carries if f"s_{name}" in request.form}
    if any(len(value) > _VALUE_LENGTH for value in state.values()):
        raise BadInput()
    return state


def _read_operation(flow: Flow, step: FlowStep, state: Mapping[str, str]) -> Operation:
    key = request.form.get("key", "")
    if not _KEY.fullmatch(key):
        raise MissingField(field="key")
    event = request.form.get("event") or "scan"
    text = request.form.get("scan", "").strip("\r\n\t ")[: _VALUE_LENGTH * 4]
    command = _COMMAND.fullmatch(text)
    if event == "scan" and command and command[1].lower() in step.events:
        event, text = command[1].lower(), ""
    if event != "scan" and event not in step.events:
        raise BadInput()
    found = _find(step, text, event, state)
    form = {
        name: value[:_VALUE_LENGTH]
        for name, value in request.form.items()
        if not name.startswith("s_") and name not in {"csrf_token", "step", "key", "event", "scan"}
    }
    return Operation(step=step, event=event, scan=text, found=found, state=state, key=key, form=form)


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
