"""The states of a recall, its steps in their order, and by when each is to be done. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from wms.core.errors import RecallStepFirst
from wms.recall.rules.classes import RecallClass


class RecallState(StrEnum):
    """Open until it is closed; a supplier's recall of which we never had any ends as nil stock."""

    OPEN = "open"
    CLOSED = "closed"
    NIL_STOCK = "nil_stock"
    CANCELLED = "cancelled"


class RecallStep(StrEnum):
    """The steps of a recall, in their order. PROGRESS comes again and again until the end."""

    STOP = "stop"
    SCOPE = "scope"
    HOLD = "hold"
    NOTIFY = "notify"
    REPORT = "report"
    PROGRESS = "progress"
    CLOSE = "close"


STATES: Final[Mapping[tuple[str, str], str]] = {
    ("open", "work"): "open",
    ("open", "close"): "closed",
    ("open", "reply_nil"): "nil_stock",
    ("open", "cancel"): "cancelled",
}

#: A truck that left within so many hours may still be under way, where the site does not say otherwise.
TRUCK_HOURS: Final = 72

#: What must be done before a step.
_BEFORE: Final[Mapping[RecallStep, tuple[RecallStep, ...]]] = {
    RecallStep.SCOPE: (RecallStep.STOP,),
    RecallStep.HOLD: (RecallStep.STOP, RecallStep.SCOPE),
    RecallStep.NOTIFY: (RecallStep.STOP, RecallStep.SCOPE, RecallStep.HOLD),
    RecallStep.REPORT: (RecallStep.STOP, RecallStep.SCOPE, RecallStep.HOLD),
    RecallStep.PROGRESS: (RecallStep.STOP, RecallStep.SCOPE, RecallStep.HOLD),
    RecallStep.CLOSE: (
        RecallStep.STOP,
        RecallStep.SCOPE,
        RecallStep.HOLD,
        RecallStep.NOTIFY,
        RecallStep.REPORT,
    ),
}

#: The steps of a drill: it is closed once its scope stands.
DRILL: Final = (RecallStep.STOP, RecallStep.SCOPE, RecallStep.HOLD, RecallStep.CLOSE)


def due_times(chosen: RecallClass, opened_at: datetime) -> dict[RecallStep, datetime | None]:
    """By when each step of a recall of this class is to be done, counted from its opening."""
    hours: dict[RecallStep, int | None] = {
        RecallStep.STOP: chosen.stop_hours,
        RecallStep.SCOPE: chosen.hold_hours,
        RecallStep.HOLD: chosen.hold_hours,
        RecallStep.NOTIFY: chosen.notify_hours,
        RecallStep.REPORT: chosen.report_hours,
        RecallStep.PROGRESS: chosen.progress_hours,
        RecallStep.CLOSE: chosen.close_hours,
    }
    return {step: None if of is None else opened_at + timedelta(hours=of) for step, of in hours.items()}


def missing_before(step: RecallStep, done: Collection[RecallStep]) -> tuple[RecallStep, ...]:
    """The steps that must come first and are not done."""
    return tuple(one for one in _BEFORE.get(step, ()) if one not in done)


def check_turn(step: RecallStep, done: Collection[RecallStep], *, number: str) -> None:
    """Raise RecallStepFirst when a step comes before its turn; names those that are missing."""
    missing = missing_before(step, done)
    if missing:
        raise RecallStepFirst(recall=number, steps=[f"recall_{one.value}" for one in missing])


def next_step(done: Collection[RecallStep], *, is_mock: bool = False) -> RecallStep | None:
    """The first step that is not done; progress reports are never the next on their own. A drill tells nobody and reports to none."""
    return next((one for one in steps_of(is_mock=is_mock) if one not in done and one is not RecallStep.PROGRESS), None)


def steps_of(*, is_mock: bool) -> tuple[RecallStep, ...]:
    """The steps that a recall asks for, in their order; a drill ends with its scope."""
    return DRILL if is_mock else tuple(RecallStep)


__all__ = [
    "DRILL",
    "STATES",
    "TRUCK_HOURS",
    "RecallState",
    "RecallStep",
    "check_turn",
    "due_times",
    "missing_before",
    "next_step",
    "steps_of",
]
