"""The states of a complaint and of a corrective action, as tables. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class Channel(StrEnum):
    """How a complaint reached us."""

    PHONE = "phone"
    EMAIL = "email"
    LETTER = "letter"
    VISIT = "visit"
    WEB = "web"
    OTHER = "other"


class Severity(StrEnum):
    """How bad it is: somebody may come to harm; it cannot be used; a blemish."""

    CRITICAL = "critical"
    MAJOR = "major"
    MINOR = "minor"


class ComplaintState(StrEnum):
    """Taken down; looked into; the customer has our answer; nothing is left to do."""

    RECEIVED = "received"
    INVESTIGATING = "investigating"
    ANSWERED = "answered"
    CLOSED = "closed"


class CapaState(StrEnum):
    """Cause and steps are found and done; the effect is waited for; it was seen to hold, signed."""

    OPEN = "open"
    CHECKING = "checking"
    EFFECTIVE = "effective"
    CLOSED = "closed"


class CauseMethod(StrEnum):
    """How the cause was looked for."""

    FIVE_WHYS = "five_whys"
    FISHBONE = "fishbone"
    FMEA = "fmea"
    TEST = "test"
    OTHER = "other"


class ActionKind(StrEnum):
    """Mends what happened; takes the cause away; keeps the like from happening elsewhere."""

    CORRECTION = "correction"
    CORRECTIVE = "corrective"
    PREVENTIVE = "preventive"


class LinkKind(StrEnum):
    """What came of a complaint."""

    HOLD = "hold"
    HOLD_CASE = "hold_case"
    NONCONFORMANCE = "nonconformance"
    RECALL = "recall"
    CAPA = "capa"


COMPLAINT: Final[Mapping[tuple[str, str], str]] = {
    ("received", "investigate"): "investigating",
    ("investigating", "investigate"): "investigating",
    ("received", "answer"): "answered",
    ("investigating", "answer"): "answered",
    ("answered", "reopen"): "investigating",
    ("answered", "close"): "closed",
    ("closed", "reopen"): "investigating",
}

CAPA: Final[Mapping[tuple[str, str], str]] = {
    ("open", "find_cause"): "open",
    ("open", "plan_action"): "open",
    ("open", "finish_action"): "open",
    ("open", "plan_check"): "checking",
    ("checking", "pass"): "effective",
    ("checking", "fail"): "open",
    ("effective", "close"): "closed",
}
