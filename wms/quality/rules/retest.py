"""To which days a passed retest (复验) may carry a lot. Pure."""

from __future__ import annotations

from datetime import date

from wms.core.errors import FieldErrors


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
