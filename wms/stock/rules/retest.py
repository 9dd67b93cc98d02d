"""By which day goods are to be tested again (复验), from the period of their item. Pure."""

from __future__ import annotations

import calendar
from datetime import date, timedelta


def add_months(day: date, months: int) -> date:
    """The same day of the month so many months on; the month's last day where it is shorter."""
    place = day.year * 12 + day.month - 1 + months
    year, month = divmod(place, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def retest_day(begins_on: date | None, *, days: int | None, months: int | None) -> date | None:
    """The day by which goods are to be tested again, counted from `begins_on`; None where the item asks for none."""
    if begins_on is None or not (days or months):
        return None
    return add_months(begins_on, months) if months else begins_on + timedelta(days=days or 0)
