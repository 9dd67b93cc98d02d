"""How long an answer may take, and when the like of it is a matter of its own. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from wms.complaints.rules.states import Severity


@dataclass(frozen=True)
class Clock:
    """So many hours to answer, and so many before the end a warning."""

    answer_hours: int
    warn_hours: int

    def due(self, received_at: datetime) -> datetime:
        """When the answer is due."""
        return received_at + timedelta(hours=self.answer_hours)

    def warn(self, received_at: datetime) -> datetime:
        """When its owner is told; not before it came."""
        return max(received_at, self.due(received_at) - timedelta(hours=self.warn_hours))


#: Where a site says nothing else: a day, three days, a fortnight.
CLOCKS: Final[Mapping[Severity, Clock]] = {
    Severity.CRITICAL: Clock(24, 12),
    Severity.MAJOR: Clock(72, 24),
    Severity.MINOR: Clock(336, 48),
}

#: So many earlier complaints about a lot within REPEAT_DAYS ask whether a minor one is minor.
REPEATS: Final = 2
REPEAT_DAYS: Final = 365

#: A step or a check of a corrective action is told of so long before it is due.
CAPA_WARN: Final = timedelta(days=3)


def asks_severity(severity: Severity, earlier: int) -> bool:
    """Say whether a person must look again at how bad it is: a minor one, and not the first about this lot."""
    return severity is Severity.MINOR and earlier >= REPEATS
