"""The states of a work order: one table, `step` is the only way through it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

#: (state, event) -> state. "release" again binds what was short; "withdraw" gives all that is bound back;
#: "cancel" of what was started is
#: only for one of which nothing was used or made and all that was issued came back. "correct" opens a closed order because a report is wrong (service/reopening.py).
WORK_ORDER_STEPS: Final[Mapping[tuple[str, str], str]] = {
    ("planned", "change"): "planned",
    ("planned", "release"): "released",
    ("released", "release"): "released",
    ("started", "release"): "started",
    ("released", "withdraw"): "planned",
    ("released", "start"): "started",
    ("started", "start"): "started",
    ("started", "complete"): "completed",
    ("completed", "reopen"): "started",
    ("started", "close"): "closed",
    ("completed", "close"): "closed",
    ("closed", "correct"): "started",
    ("planned", "cancel"): "cancelled",
    ("released", "cancel"): "cancelled",
    ("started", "cancel"): "cancelled",
    ("completed", "cancel"): "cancelled",
}
#: Goods may be bound, issued and reported while it is in one of these.
OPEN_STATES: Final = frozenset({"released", "started"})
