"""Dates inside lot codes: the tokens a pattern is written in, how each is written, and how a date is read back.

YYYY YY Y1    the year, its last two digits, its last digit        DDD      the day of the year (Julian), 001 to 366
YL            the year as a letter; YL:2010-IOQ: A is 2010,        DD D1    the day of the month, in base 36 (1 to V)
              without the letters I, O and Q                       WW WD    the ISO week, the ISO day of the week
MM M1 ML      the month; 1 to 9, A, B, C (M1:OND: O, N, D);        GGGG GG  the year the ISO week belongs to
              A to L (ML:-I without I)
"""

from __future__ import annotations

import calendar
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from wms.core.errors import BadCode
from wms.gs1.dates import end_of_month, full_year

_LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_BASE36: Final = "0123456789" + _LETTERS
_SEPARATORS: Final = frozenset("-./_ ")
#: Every token with the regular expression of what it may be; longer names first, so that the longest is taken.
_TOKENS: Final[Mapping[str, str]] = {
    "YYYY": r"[0-9]{4}",
    "GGGG": r"[0-9]{4}",
    "DDD": r"[0-9]{3}",
    "YY": r"[0-9]{2}",
    "YL": r"[A-Z]",
    "Y1": r"[0-9]",
    "MM": r"[0-9]{2}",
    "ML": r"[A-Z]",
    "M1": r"[0-9A-Z]",
    "DD": r"[0-9]{2}",
    "D1": r"[1-9A-V]",
    "GG": r"[0-9]{2}",
    "WW": r"[0-9]{2}",
    "WD": r"[1-7]",
}
_TAKES_ARGUMENT: Final = frozenset({"YL", "ML", "M1"})


@dataclass(frozen=True, kw_only=True)
class DateToken:
    """One token; `letters` are the signs of a letter token in order, `base` the year of the first of them."""

    name: str
    letters: str = ""
    base: int = 0

    @property
    def regex(self) -> str:
        """What the token may be, as a regular expression."""
        return f"[{self.letters}]" if self.letters else _TOKENS[self.name]

    def write(self, day: date) -> str:
        """Write the token's part of a day."""
        week_year, week, weekday = day.isocalendar()
        match self.name:
            case "YYYY":
                return f"{day.year:04d}"
            case "YY":
                return f"{day.year % 100:02d}"
            case "Y1":
                return str(day.year % 10)
            case "YL":
                return self.letters[(day.year - self.base) % len(self.letters)]
            case "MM":
                return f"{day.month:02d}"
            case "M1" | "ML":
                return self.letters[day.month - 1]
            case "DDD":
                return f"{day.timetuple().tm_yday:03d}"
            case "DD":
                return f"{day.day:02d}"
            case "D1":
                return _BASE36[day.day]
            case "GGGG":
                return f"{week_year:04d}"
            case "GG":
                return f"{week_year % 100:02d}"
            case "WW":
                return f"{week:02d}"
            case _:
                return str(weekday)


#: A pattern of a date: tokens and the separators between them.
DatePattern = tuple[DateToken | str, ...]


def parse_date_pattern(text: str) -> DatePattern:
    """Read a pattern such as YYMMDD, GGGG-WW or YL:2010-IOQ. BadCode when it holds anything but tokens and - . / _ blank."""
    name, colon, argument = text.partition(":")
    if colon:
        if name not in _TAKES_ARGUMENT:
            raise BadCode(kind="date_pattern", text=text[:40])
        return (_token(name, argument, text),)
    parts: list[DateToken | str] = []
    place = 0
    while place < len(text):
        found = next((token for token in _TOKENS if text.startswith(token, place)), None)
        if found is not None:
            parts.append(_token(found, "", text))
            place += len(found)
        elif text[place] in _SEPARATORS:
            parts.append(text[place])
            place += 1
        else:
            raise BadCode(kind="date_pattern", text=text[:40])
    if not any(isinstance(part, DateToken) for part in parts):
        raise BadCode(kind="date_pattern", text=text[:40])
    return tuple(parts)


def write_date(pattern: DatePattern, day: date) -> str:
    """Write a day by a pattern."""
    return "".join(part if isinstance(part, str) else part.write(day) for part in pattern)


def width_of(pattern: DatePattern) -> int:
    """Say how many signs a pattern writes: always the same."""
    return len(write_date(pattern, date(2026, 11, 22)))


def names_in(pattern: DatePattern) -> frozenset[str]:
    """Name the tokens in a pattern."""
    return frozenset(part.name for part in pattern if isinstance(part, DateToken))


def tells(names: frozenset[str], period: str) -> bool:
    """Say whether tokens tell one day (or month, or year) from every other of the same decade."""
    has_year = bool(names & {"YYYY", "YY", "Y1", "YL"})
    has_week_year = bool(names & {"GGGG", "GG"})
    has_month = bool(names & {"MM", "M1", "ML"})
    if period == "year":
        return has_year
    if period == "month":
        return has_year and (has_month or "DDD" in names)
    by_month = has_month and bool(names & {"DD", "D1"})
    by_week = {"WW", "WD"} <= names and has_week_year
    return (has_year and (by_month or "DDD" in names)) or by_week


def _token(name: str, argument: str, text: str) -> DateToken:
    if name == "YL":
        year, _dash, without = argument.partition("-")
        if argument and not (year.isascii() and year.isdigit() and len(year) == 4):
            raise BadCode(kind="date_pattern", text=text[:40])
        return DateToken(name=name, letters=_letters(without, text), base=int(year or 2010))
    if name == "ML":
        letters = _letters(argument.removeprefix("-"), text)[:12]
        return DateToken(name=name, letters=letters)
    if name == "M1":
        last = argument or "ABC"
        if len(set(last)) != 3 or not set(last) <= set(_LETTERS):
            raise BadCode(kind="date_pattern", text=text[:40])
        return DateToken(name=name, letters="123456789" + last)
    return DateToken(name=name)


def _letters(without: str, text: str) -> str:
    letters = "".join(sign for sign in _LETTERS if sign not in without)
    if not set(without) <= set(_LETTERS) or len(letters) < 12:
        raise BadCode(kind="date_pattern", text=text[:40])
    return letters


# -- read -------------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, kw_only=True)
class ReadDate:
    """A date read out of a code: the first and the last day it may mean; `precision` is day, week or month."""

    first: date
    last: date
    precision: str


class NoSuchDay(ValueError):
    """The parts name no day; `why` is no_such_day or in_future."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(why)


def resolve(parts: Sequence[tuple[DateToken, str]], *, on: date, is_past: bool) -> ReadDate | None:
    """Find the date that the parts name; None when they name less than a month or a week.

    A year that is not whole is the nearest that fits: of a date in the past (`is_past`, a making) the latest not after
    `on`, of a last good day the first from a year before `on`. Raises NoSuchDay, with in_future for a making after `on`.
    """
    texts = {token.name: (token, text) for token, text in parts}
    if not texts.keys() & {"MM", "M1", "ML", "DDD", "WW"}:
        return None
    found: ReadDate | None = None
    for year in _years(texts, on=on, is_past=is_past):
        dates = _in_year(texts, year)
        if dates is None:
            continue
        if is_past and dates.first > on:
            found = dates
            continue
        if not is_past and dates.last < _year_before(on) and not texts.keys() & {"YYYY", "GGGG", "YY", "GG"}:
            continue
        return dates
    raise NoSuchDay("in_future" if found else "no_such_day")


def _years(texts: Mapping[str, tuple[DateToken, str]], *, on: date, is_past: bool) -> Iterator[int]:
    """The years that the parts may mean, the likeliest first."""
    for name in ("YYYY", "GGGG"):
        if name in texts:
            yield int(texts[name][1])
            return
    for name in ("YY", "GG"):
        if name in texts:
            yield full_year(int(texts[name][1]), on.year)
            return
    near = range(on.year, on.year - 40, -1) if is_past else range(on.year - 1, on.year + 40)
    if "Y1" in texts:
        yield from (year for year in near if year % 10 == int(texts["Y1"][1]))
    elif "YL" in texts:
        token, letter = texts["YL"]
        yield from (year for year in near if token.letters[(year - token.base) % len(token.letters)] == letter)
    else:
        yield from near


def _in_year(texts: Mapping[str, tuple[DateToken, str]], year: int) -> ReadDate | None:
    """The date of the parts in a year, None when there is no such day in it."""
    if "DDD" in texts:
        number = int(texts["DDD"][1])
        if not 1 <= number <= (366 if calendar.isleap(year) else 365):
            return None
        day = date.fromordinal(date(year, 1, 1).toordinal() + number - 1)
        return ReadDate(first=day, last=day, precision="day")
    try:
        if "WW" in texts:
            weekday = int(texts["WD"][1]) if "WD" in texts else 0
            first = date.fromisocalendar(year, int(texts["WW"][1]), weekday or 1)
            last = first if weekday else date.fromordinal(first.toordinal() + 6)
            return ReadDate(first=first, last=last, precision="day" if weekday else "week")
        month = _month(texts)
        on_day = _day_of_month(texts)
        if on_day is None:
            return ReadDate(first=date(year, month, 1), last=end_of_month(year, month), precision="month")
        day = date(year, month, on_day)
    except ValueError:
        return None
    return ReadDate(first=day, last=day, precision="day")


def _month(texts: Mapping[str, tuple[DateToken, str]]) -> int:
    if "MM" in texts:
        return int(texts["MM"][1])
    token, sign = texts["M1"] if "M1" in texts else texts["ML"]
    return token.letters.index(sign) + 1


def _day_of_month(texts: Mapping[str, tuple[DateToken, str]]) -> int | None:
    if "DD" in texts:
        return int(texts["DD"][1]) or None  # day 00 names the month only
    return _BASE36.index(texts["D1"][1]) if "D1" in texts else None


def _year_before(on: date) -> date:
    return date.fromordinal(max(on.toordinal() - 365, 1))
