"""The last good day of what is made: by its own life, by the shortest of its components, or the earlier of the two.

>>> last_good_day("strictest", own=date(2027, 1, 1), components=[date(2026, 12, 1), None])
datetime.date(2026, 12, 1)
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date


def last_good_day(by: str, *, own: date | None, components: Iterable[date | None]) -> date | None:
    """Decide it: `by` own_life, shortest_component or strictest; None where nothing says a day.

    `own` is the making's day with the item's shelf life; of the components those without a day say nothing. Where no
    component has a day, the own life stands.
    """
    days = [day for day in components if day is not None]
    if by == "own_life" or not days:
        return own
    shortest = min(days)
    if by == "shortest_component" or own is None:
        return shortest
    return min(own, shortest)
