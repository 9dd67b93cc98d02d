"""How long a retained sample is kept."""

from __future__ import annotations

import calendar
from datetime import date


def keep_until(last_good_on: date | None, *, months: int, on: date) -> date:
    """Give the last day a retained sample is kept: so many months beyond its last good day, or beyond `on` when it has none.

    A month that has no such day ends at its last one.

    >>> keep_until(date(2026, 8, 31), months=6, on=date(2026, 1, 1))
    datetime.date(2027, 2, 28)
    """
    begin = last_good_on or on
    months_in_all = begin.year * 12 + begin.month - 1 + months
    year, month = min(divmod(months_in_all, 12), (9999, 11))
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(begin.day, last))
