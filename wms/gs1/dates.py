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
