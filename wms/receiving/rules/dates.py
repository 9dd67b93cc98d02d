"""Dates typed from a label: the last good day, how exactly the label says it, and the text itself.

A label that names a month only is good through that month's last day (GS1 General Specifications 3.4.2 for day 00; the
same for "有效期至 2027年03月"). A day of two readings, such as 03/04/2027, is refused and never guessed.
"""

from __future__ import annotations

import calendar
import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from typing import Final

from wms.core.errors import BadDate
from wms.gs1.dates import last_day_of_life

_EARLIEST, _LATEST = 1990, 2199
_MONTHS: Final = {name: n for n, name in enumerate(calendar.month_abbr) if name}
_YEAR_FIRST: Final = re.compile(r"(\d{4})[-/.年 ](\d{1,2})(?:[-/.月 ](\d{1,2})日?|月)?")
_MONTH_YEAR: Final = re.compile(r"(\d{1,2})[-/.](\d{4})")
_NAMED: Final = re.compile(r"(?:(\d{1,2})[-/. ]?)?([A-Za-z]{3})[a-z]*[-/. ]?(\d{4})")
_DIGITS: Final = re.compile(r"\d{6}|\d{8}")


@dataclass(frozen=True, kw_only=True)
class LabelDate:
    """A date as a label states it. `day` is the last good day; `precision` is "day" or "month"; `text` what stood there."""

    day: date
    precision: str
    text: str


def read_label_date(text: str) -> LabelDate:
    """Read a date typed from a label: 2027-03-31, 2027/3/31, 20270331, 270331, 2027-03, 202703, 03/2027, 2027年3月,
    31 MAR 2027, MAR 2027. BadDate for anything else, for no such day, and outside 1990 to 2199.
    """
    shown = text.strip()
    plain = unicodedata.normalize("NFKC", shown)
    parts = _split(plain)
    if parts is None:
        raise BadDate(text=shown[:40])
    year, month, day = parts
    if not _EARLIEST <= year <= _LATEST or not 1 <= month <= 12:
        raise BadDate(text=shown[:40])
    last = calendar.monthrange(year, month)[1]
    if day == 0:
        return LabelDate(day=date(year, month, last), precision="month", text=shown[:40])
    if day > last:
        raise BadDate(text=shown[:40])
    return LabelDate(day=date(year, month, day), precision="day", text=shown[:40])


def _split(text: str) -> tuple[int, int, int] | None:
    """Year, month, day (0 for a month only); None when the text has no form of ours."""
    if found := _YEAR_FIRST.fullmatch(text):
        day = found[3]
        if day is not None and int(day) == 0:
            return None
        return int(found[1]), int(found[2]), int(day or 0)
    if found := _MONTH_YEAR.fullmatch(text):
        return int(found[2]), int(found[1]), 0
    if found := _NAMED.fullmatch(text):
        month = _MONTHS.get(found[2].capitalize(), 0)
        return int(found[3]), month, int(found[1] or 0)
    if _DIGITS.fullmatch(text):
        return _split_digits(text)
    return None


def _split_digits(text: str) -> tuple[int, int, int]:
    """Eight digits are YYYYMMDD; six are YYMMDD (day 00: the month), or YYYYMM where YYMMDD names no month."""
    if len(text) == 8:
        return int(text[:4]), int(text[4:6]), int(text[6:])
    year, month, day = 2000 + int(text[:2]), int(text[2:4]), int(text[4:])
    if not 1 <= month <= 12 and 1 <= day <= 12:
        return int(text[:4]), day, 0
    return year, month, day


def last_good_day(made_on: date, shelf_life_days: int) -> date:
    """The last good day of goods made on `made_on`; the day of making counts as the first (24 months from 2023-05-15
    end on 2025-05-14)."""
    return last_day_of_life(made_on, days=max(shelf_life_days, 1))
