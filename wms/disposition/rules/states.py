"""The states of a non-conformance and of a destruction, as tables. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class NonconformanceState(StrEnum):
    """Recorded; reviewed; a disposition is proposed and waits for approvals; decided and being carried out; closed."""

    OPEN = "open"
    REVIEWED = "reviewed"
    PROPOSED = "proposed"
    DECIDED = "decided"
    CLOSED = "closed"


class Disposition(StrEnum):
    """What becomes of goods that do not conform."""

    RELEASE = "release"
    REWORK = "rework"
    SUPPLIER_RETURN = "supplier_return"
    DESTROY = "destroy"
    CONCESSION = "concession"


class DefectClass(StrEnum):
    """How bad it is."""

    CRITICAL = "critical"
    MAJOR = "major"
    MINOR = "minor"


class DestructionState(StrEnum):
    """Ordered; approved; carried out and signed by the executor; witnessed, and so gone from the books; cancelled."""

    ORDERED = "ordered"
    APPROVED = "approved"
    CARRIED_OUT = "carried_out"
    DONE = "done"
    CANCELLED = "cancelled"


#: What is done with a decision in one go; the others are carried out first and then finished.
AT_ONCE: Final = frozenset({Disposition.RELEASE, Disposition.CONCESSION})

NONCONFORMANCE: Final[Mapping[tuple[str, str], str]] = {
    ("open", "review"): "reviewed",
    ("reviewed", "review"): "reviewed",
    ("reviewed", "propose"): "proposed",
    ("proposed", "approve"): "proposed",
    ("proposed", "refuse"): "reviewed",
    ("proposed", "decide"): "decided",
    ("decided", "finish"): "closed",
}

DESTRUCTION: Final[Mapping[tuple[str, str], str]] = {
    ("ordered", "approve"): "ordered",
    ("ordered", "decide"): "approved",
    ("ordered", "cancel"): "cancelled",
    ("approved", "cancel"): "cancelled",
    ("approved", "carry_out"): "carried_out",
    ("carried_out", "witness"): "done",
    #: The witness did not see what the executor signed: it is carried out anew.
    ("carried_out", "object"): "approved",
}
