"""Six-digit dates of element strings: the century window and day 00 (General Specifications 7.12 and 3.4).

A year is read within 49 years back and 50 years ahead. Day 00 names a month only and counts as its last day, for every
date AI alike; what stood on the label stays readable in the element's value.
"""

import calendar
from datetime import UTC, date, datetime


def this_year() -> int:
    """Say the present year, the middle of the century window."""
    return datetime.now(UTC).year


def full_year(two_digits: int, year: int) -> int:
    """Widen a two-digit year to the one nearest to `year`.

    >>> full_year(51, 2026), full_year(77, 2026)
    (2051, 1977)
    """
    base = year - year % 100 + two_digits
    if base - year > 50:
        return base - 100
    return base + 100 if year - base > 49 else base


def read_day(text: str, year: int, *, month_only: bool = True) -> date:
    """Read YYMMDD; ValueError when it is no day, or is a month only where `month_only` is not allowed.

    >>> read_day("280200", 2026)
    datetime.date(2028, 2, 29)
    """
    full, month, day = full_year(int(text[:2]), year), int(text[2:4]), int(text[4:6])
    if day == 0 and month_only and 1 <= month <= 12:
        day = calendar.monthrange(full, month)[1]
    return date(full, month, day)


def check_time(text: str) -> None:
    """Check HH, HHMM or HHMMSS; ValueError when it is no time of day."""
    limits = (23, 59, 59)
    for place, limit in zip(range(0, len(text), 2), limits, strict=False):
        if int(text[place : place + 2]) > limit:
            raise ValueError(text)


def last_day_of_life(made_on: date, *, years: int = 0, months: int = 0, days: int = 0) -> date:
    """Say the last good day of goods made on `made_on` that keep so long; the day of making is the first of them.

    Months end on the day before the same day of the last month, and where that month is too short on its last day: so the
    law counts a span that begins with its first day. A date beyond the calendar is cut to its end.

    >>> last_day_of_life(date(2023, 5, 15), months=24), last_day_of_life(date(2024, 2, 29), years=1)
    (datetime.date(2025, 5, 14), datetime.date(2025, 2, 28))
    """
    months += 12 * years
    last = _day_before_same_day(made_on, months) if months else made_on.toordinal() - 1
    return date.fromordinal(min(max(last + days, made_on.toordinal()), date.max.toordinal()))


def end_of_month(year: int, month: int) -> date:
    """Say the last day of a month: the last good day of a label that names the month only."""
    return date(year, month, calendar.monthrange(year, month)[1])


def _day_before_same_day(first: date, months: int) -> int:
    whole = first.year * 12 + first.month - 1 + months
    year, month = divmod(whole, 12)
    if year > date.max.year:
        return date.max.toordinal()
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, 1).toordinal() - 1 + min(first.day - 1, last)
