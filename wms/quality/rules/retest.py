"""When goods are to be tested again (复验), and to which days a passed retest may carry them. Pure."""

from __future__ import annotations

import calendar
from datetime import date, timedelta

from wms.core.errors import FieldErrors


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


def check_extension(
    *, on: date, retest_on: date, known_retest_on: date | None, expires_on: date | None, known_expires_on: date | None,
    may_extend_expiry: bool,
) -> None:  # fmt: skip
    """Raise FieldErrors for days that a passed retest may not give.

    The next retest lies after today and after the day that was due; the expiry moves only forward, only where the item
    allows it, and a retest after the last good day says nothing.
    """
    errors: dict[str, list[str]] = {}
    if retest_on <= on or (known_retest_on is not None and retest_on <= known_retest_on):
        errors["retest_on"] = ["not_later"]
    last = expires_on or known_expires_on
    if last is not None and retest_on > last and "retest_on" not in errors:
        errors["retest_on"] = ["after_expiry"]
    if expires_on is not None and expires_on != known_expires_on:
        if not may_extend_expiry:
            errors["expires_on"] = ["expiry_stays"]
        elif known_expires_on is None or expires_on < known_expires_on or expires_on <= on:
            errors["expires_on"] = ["not_later"]
    if errors:
        raise FieldErrors(errors=errors)
