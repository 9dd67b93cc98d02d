"""What a cell says: numbers, days, codes and choices as people write them; a doubt becomes a question, never a guess.

A cell is as the reader gives it (reader.py): text, None, or a pair of kind and text: ["n", "12.5"] a number of the
spreadsheet, ["d", "2026-03-05"] a day, ["t", …] a day with a time, ["b", "1"] a tick, ["e", …] an error, ["f", ""] a
formula that nobody has computed.
"""

from __future__ import annotations

import calendar
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from wms.gs1.checksums import has_valid_check_digit, is_digits
from wms.imports.rules.words import choice, squeezed, unit_code

#: A number of a spreadsheet has fifteen digits that can be relied on.
DIGITS_MAX: Final = 15
FIRST_YEAR, LAST_YEAR = 1990, 2199


@dataclass
class Reading:
    """What a cell came to: a value, or why it is refused, and what a person is asked about it."""

    value: Any = None
    fault: str = ""
    facts: dict[str, Any] = field(default_factory=dict)
    #: (question, facts): asked before the value is taken.
    asks: list[tuple[str, dict[str, Any]]] = field(default_factory=list)


@dataclass(frozen=True)
class Style:
    """What the values of a column have in common, where single ones could be read in two ways."""

    #: "." or "," where some value tells it.
    decimal: str = ""
    #: "dmy" or "mdy" where some value tells it.
    order: str = ""
    #: Whether numbers in a column of codes are as they were written: all of one length, and long enough.
    is_even: bool = False


def is_blank(cell: Any) -> bool:
    """Say whether nothing stands in a cell."""
    return cell is None or (isinstance(cell, str) and not cell.strip()) or cell == ["e", ""]


def text_of(cell: Any) -> str:
    """Give the cell as text, as a person sees it."""
    if cell is None:
        return ""
    if isinstance(cell, str):
        return cell.strip()
    kind, text = cell
    return plain_number(text) if kind == "n" else str(text)


def plain_number(text: str) -> str:
    """Write a number of the spreadsheet without exponent and without ".0"."""
    number = Decimal(text)
    whole = number.to_integral_value()
    return format(whole if number == whole else number, "f")


# -- columns ----------------------------------------------------------------------------------------------------------
_GROUPED = re.compile(r"-?\d{1,3}([.,' \u00a0\u202f’])\d{3}(?:\1\d{3})*")


def style_of(cells: Iterable[Any], *, form: str, delimiter: str = "") -> Style:
    """Look over a column for what tells how its values are written. `delimiter` is that of a CSV file."""
    if form in {"quantity", "percent", "life", "whole"}:
        return Style(decimal=_decimal_mark(cells) or ("," if delimiter == ";" else ""))
    if form in {"day", "last_day", "first_day"}:
        return Style(order=_day_order(cells))
    if form in {"lot", "code"}:
        widths = {len(text) for cell in cells if is_digits(text := text_of(cell))}
        return Style(is_even=len(widths) == 1 and 6 <= min(widths) <= 11)
    return Style()


def _decimal_mark(cells: Iterable[Any]) -> str:
    marks = set()
    for cell in cells:
        if not isinstance(cell, str):
            continue
        number = _NUMBER.search(unicodedata.normalize("NFKC", cell))
        text = number[0] if number else ""
        dots, commas = text.count("."), text.count(",")
        if dots and commas:
            marks.add("." if text.rfind(".") > text.rfind(",") else ",")
        elif dots > 1:
            marks.add(",")
        elif commas > 1:
            marks.add(".")
        elif (dots or commas) and not _GROUPED.fullmatch(text):
            marks.add("." if dots else ",")
    return marks.pop() if len(marks) == 1 else ""


def _day_order(cells: Iterable[Any]) -> str:
    orders = set()
    for cell in cells:
        found = _SLASHED.fullmatch(cell.strip()) if isinstance(cell, str) else None
        if found and (int(found[1]) > 12) != (int(found[2]) > 12):
            orders.add("dmy" if int(found[1]) > 12 else "mdy")
    return orders.pop() if len(orders) == 1 else ""


# -- text and codes ---------------------------------------------------------------------------------------------------
def read_line(cell: Any, *, most: int) -> Reading:
    """Read one line of text."""
    if (bad := _unusable(cell)) is not None:
        return bad
    text = " ".join(text_of(cell).split()) if isinstance(cell, str) else text_of(cell)
    if len(text) > most:
        return Reading(fault="cell_too_long", facts={"text": text[:40], "most": most})
    if not text.isprintable():
        return Reading(fault="cell_unprintable", facts={"text": text[:40]})
    return Reading(text)


_EXPONENT = re.compile(r"\d(?:[.,]\d+)?[eE]\+?\d{1,3}")


def read_code(cell: Any, *, most: int, style: Style = Style(), is_new: bool = False) -> Reading:
    """Read a code byte for byte, outer blanks cut. What a spreadsheet may have made of it is asked about.

    `is_new`: the code is not looked up among known ones but kept, so a number that may have lost zeros is asked about.
    """
    if (bad := _unusable(cell)) is not None:
        return bad
    text = text_of(cell)
    if not isinstance(cell, str) and cell[0] in "dt":
        return Reading(fault="code_became_date", facts={"text": text})
    if len(text) > most:
        return Reading(fault="cell_too_long", facts={"text": text[:40], "most": most})
    if not text.isprintable():
        return Reading(fault="cell_unprintable", facts={"text": text[:40]})
    made = Reading(text)
    if isinstance(cell, str):
        if _EXPONENT.fullmatch(text):
            made.asks.append(("code_cut", {"text": text}))
    elif cell[0] == "n":
        if len(text.lstrip("-").replace(".", "").rstrip("0")) >= DIGITS_MAX or abs(Decimal(cell[1])) >= 10**11:
            made.asks.append(("code_cut", {"text": text}))
        elif "." in text or text.startswith("-") or (is_new and not style.is_even):
            made.asks.append(("code_is_number", {"text": text}))
    return made


def read_gtin(cell: Any) -> Reading:
    """Read a GTIN; zeros that a number lost are put back, the check digit says whether rightly."""
    if (bad := _unusable(cell)) is not None:
        return bad
    text = re.sub(r"[\s-]", "", text_of(cell))
    if not isinstance(cell, str) and len(text) < 12:
        text = text.zfill(8 if len(text) <= 8 else 12)
    if not is_digits(text) or len(text) not in (8, 12, 13, 14) or not has_valid_check_digit(text):
        return Reading(fault="cell_gtin", facts={"text": text_of(cell)[:40]})
    return Reading(text.zfill(14))


def read_choice(cell: Any, *, form: str) -> Reading:
    """Read one of the words of a form; a word that is not known is asked about: to be left out."""
    if (bad := _unusable(cell)) is not None:
        return bad
    text = {"1": "yes", "0": "no"}.get(cell[1], "") if not isinstance(cell, str) and cell[0] == "b" else text_of(cell)
    value = choice(form, text)
    if value:
        return Reading(value)
    return Reading(None, asks=[("word_unknown", {"text": text[:40]})])


def read_language(cell: Any) -> Reading:
    """Read the language of what is written to a partner; one that we do not write in is asked about: to be left out."""
    if (bad := _unusable(cell)) is not None:
        return bad
    value = choice("language", text_of(cell))
    return Reading(value) if value else Reading(None, asks=[("language_unknown", {"text": text_of(cell)[:40]})])


_ROLE_PARTS = re.compile(r"[,，、/;；+&和与及|]|\band\b|\bund\b", re.I)


def read_roles(cell: Any) -> Reading:
    """Read the roles of a partner, one or more."""
    parts = [part.strip() for part in _ROLE_PARTS.split(text_of(cell)) if part.strip()]
    roles = [choice("role", part) for part in parts]
    if "" in roles:
        return Reading(None, asks=[("word_unknown", {"text": text_of(cell)[:40]})])
    return Reading(roles)


def _unusable(cell: Any) -> Reading | None:
    if not isinstance(cell, str) and cell[0] == "e":
        return Reading(fault="cell_error", facts={"text": cell[1] or "#"})
    if not isinstance(cell, str) and cell[0] == "f":
        return Reading(fault="cell_formula")
    return None


# -- numbers ----------------------------------------------------------------------------------------------------------
_NUMBER = re.compile(r"-?[\d.,'’ \u00a0\u202f]*\d")
_SPACES = re.compile(r"['’\s\u00a0\u202f]")


def read_number(text: str, style: Style) -> Reading:
    """Read a decimal number with any marks. Where 1.234 could be either, the column decides, or a person."""
    plain = _SPACES.sub("", unicodedata.normalize("NFKC", text))
    dots, commas = plain.count("."), plain.count(",")
    if dots and commas:
        thousands = "," if plain.rfind(".") > plain.rfind(",") else "."
    elif dots > 1 or commas > 1:
        thousands = "." if dots else ","
    elif not dots and not commas:
        thousands = ""
    elif not _GROUPED.fullmatch(plain) or plain.lstrip("-").startswith("0"):
        thousands = "," if dots else "."
    elif style.decimal:
        thousands = "." if style.decimal == "," else ","
    else:
        either = plain.replace(",", ".")
        return Reading(Decimal(either.replace(".", "")), asks=[("number_two_ways", {"text": text, "large": either.replace(".", ""), "small": either})])  # fmt: skip
    number = plain.replace(thousands, "") if thousands else plain
    if thousands and not re.fullmatch(rf"-?\d{{1,3}}(\{thousands}\d{{3}})+([.,]\d+)?|-?\d+[.,]\d+|-?[.,]\d+", plain):
        return Reading(fault="cell_number", facts={"text": text[:40]})
    try:
        return Reading(Decimal(number.replace(",", ".")))
    except InvalidOperation:
        return Reading(fault="cell_number", facts={"text": text[:40]})


def read_amount(cell: Any, *, style: Style) -> Reading:
    """Read a quantity, with its unit where one stands beside it: the value is (Decimal, unit's words or "")."""
    if (bad := _unusable(cell)) is not None:
        return bad
    if not isinstance(cell, str):
        if cell[0] != "n":
            return Reading(fault="cell_number", facts={"text": text_of(cell)[:40]})
        return _bounded(Reading((_rounded(cell[1]), "")), text_of(cell))
    text = unicodedata.normalize("NFKC", cell).strip()
    found = _NUMBER.match(text)
    if not found:
        return Reading(fault="cell_number", facts={"text": text[:40]})
    unit = text[found.end() :].strip().strip(".")
    if unit and (any(sign.isdigit() for sign in unit) or len(unit) > 20):
        return Reading(fault="cell_number", facts={"text": text[:40]})
    made = read_number(found[0], style)
    if made.fault:
        return made
    made.value = (made.value, unit)
    return _bounded(made, text)


def _bounded(made: Reading, text: str) -> Reading:
    number = made.value[0]
    if number < 0:
        return Reading(fault="cell_negative", facts={"text": text[:40]})
    if number >= 10**12 or number != round(number, 6):
        return Reading(fault="cell_number", facts={"text": text[:40]})
    return made


def _rounded(text: str) -> Decimal:
    """A number of the spreadsheet without the dust of binary fractions: 0.1 + 0.2 is 0.3."""
    number = Decimal(text)
    return round(number, 9).normalize() if number != number.to_integral_value() else number.to_integral_value()


def read_whole(cell: Any, *, style: Style, low: int, high: int) -> Reading:
    """Read a whole number within bounds."""
    made = read_amount(cell, style=style)
    if made.fault:
        return made
    number, unit = made.value
    if (unit and squeezed(unit)) or number != int(number) or not low <= number <= high:
        return Reading(fault="cell_whole", facts={"text": text_of(cell)[:40], "low": low, "high": high})
    made.value = int(number)
    return made


def read_percent(cell: Any, *, style: Style) -> Reading:
    """Read a percentage: 30, 30 %, or 0.3 as a number of the spreadsheet."""
    if not isinstance(cell, str) and cell[0] == "n" and 0 < Decimal(cell[1]) < 1:
        cell = ["n", str(Decimal(cell[1]) * 100)]
    if isinstance(cell, str):
        cell = cell.strip().rstrip("%％")
    return read_whole(cell, style=style, low=0, high=100)


_SPANS: Final = {
    **dict.fromkeys(("", "天", "日", "day", "days", "d", "tag", "tage", "tagen"), Decimal(1)),
    **dict.fromkeys(("周", "星期", "週", "week", "weeks", "woche", "wochen"), Decimal(7)),
    **dict.fromkeys(("个月", "月", "個月", "month", "months", "monat", "monate", "monaten"), Decimal(365) / 12),
    **dict.fromkeys(("年", "year", "years", "jahr", "jahre", "jahren"), Decimal(365)),
}


def read_life(cell: Any, *, style: Style) -> Reading:
    """Read a span of life in days: 365, 365天, 24个月, 2 years; a month counts as a twelfth of 365 days."""
    made = read_amount(cell, style=style)
    if made.fault:
        return made
    number, unit = made.value
    span = _SPANS.get(squeezed(unit))
    if span is None or not 0 <= number * span <= 36500:
        return Reading(fault="cell_life", facts={"text": text_of(cell)[:40]})
    made.value = int(number * span)
    return made


def read_unit(cell: Any) -> Reading:
    """Read a unit by any of its words."""
    if (bad := _unusable(cell)) is not None:
        return bad
    code = unit_code(text_of(cell))
    return Reading(code) if code else Reading(fault="cell_unit", facts={"text": text_of(cell)[:40]})


# -- days -------------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Written:
    """A day, and whether the file named a month alone."""

    on: date
    is_month: bool = False


_YMD = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?")
_DMY = re.compile(r"(\d{1,2})[.](\d{1,2})[.](\d{4}|\d{2})")
_SLASHED = re.compile(r"(\d{1,2})[/-](\d{1,2})[/-](\d{4}|\d{2})")
_YM = re.compile(r"(\d{4})[-/.年](\d{1,2})月?")
_MY = re.compile(r"(\d{1,2})[-/.](\d{4})")
_WORDED = re.compile(r"(?:(\d{1,2})[-. ]+)?([a-zäé]{3,9})\.?[-, ]+(?:(\d{1,2}),? +)?(\d{4}|\d{2})", re.I)
_CLOCK = re.compile(r"[T ]+\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?: ?[ap]m)?Z?", re.I)
_MONTHS: Final = {
    word: number
    for number, words in enumerate(
        ("jan januar january", "feb februar february", "mar mär märz maerz march mrz", "apr april", "may mai", "jun juni june",
         "jul juli july", "aug august", "sep sept september", "oct okt oktober october", "nov november", "dec dez dezember december"),
        start=1,
    )
    for word in words.split()
}  # fmt: skip
_EPOCH: Final = date(1899, 12, 30)


def read_day(cell: Any, *, form: str, style: Style = Style()) -> Reading:
    """Read a day in any of its written forms; the value is a Written.

    A month alone is its last day for `last_day` (the law's reading of an expiry), its first for `first_day` (the strict
    reading of a day of making), and refused for a plain `day`.
    """
    if (bad := _unusable(cell)) is not None:
        return bad
    if isinstance(cell, str):
        return _settled(_read_written(cell, style), form, cell)
    kind, text = cell
    if kind in "dt":
        return _settled(Reading(Written(date.fromisoformat(text[:10]))), form, text)
    if kind == "n":
        return _settled(_read_digits(plain_number(text)), form, text)
    return Reading(fault="cell_day", facts={"text": text_of(cell)[:40]})


def _read_written(raw: str, style: Style) -> Reading:
    text = unicodedata.normalize("NFKC", raw).strip()
    text = (
        _CLOCK.sub("", re.sub(r"\s*([-/.年月日])\s*", r"\1", text)) if not re.search("[a-z]{3}", text, re.I) else text
    )
    text = _CLOCK.sub("", text).strip()
    if found := _YMD.fullmatch(text):
        return _day(found[1], found[2], found[3])
    if found := _DMY.fullmatch(text):
        return _day(found[3], found[2], found[1])
    if found := _YM.fullmatch(text):
        return _month(found[1], found[2])
    if found := _MY.fullmatch(text):
        return _month(found[2], found[1])
    if found := _SLASHED.fullmatch(text):
        return _read_slashed(found, style, text)
    if found := _WORDED.fullmatch(text):
        month = _MONTHS.get(found[2].casefold())
        day = found[1] or found[3]
        if month is not None and not (found[1] and found[3]):
            return _day(found[4], str(month), day) if day else _month(found[4], str(month))
    if is_digits(text):
        return _read_digits(text)
    return Reading(fault="cell_day")


def _read_slashed(found: re.Match[str], style: Style, text: str) -> Reading:
    first, second, year = found[1], found[2], found[3]
    order = "dmy" if int(first) > 12 else "mdy" if int(second) > 12 else style.order
    if first == second:
        order = "dmy"
    made = _day(year, first, second) if order == "mdy" else _day(year, second, first)
    if not order and not made.fault:
        other = _day(year, first, second)
        made.asks.append(
            ("day_two_ways", {"text": text, "first": made.value.on.isoformat(), "second": other.value.on.isoformat()})
        )
    return made


def _read_digits(text: str) -> Reading:
    """Eight digits are a day, six a month or a short day, five the count of days of a spreadsheet."""
    if len(text) == 8 and is_digits(text):
        return _day(text[:4], text[4:6], text[6:])
    if len(text) == 6 and is_digits(text):
        as_month, as_day = _month(text[:4], text[4:]), _day(text[:2], text[2:4], text[4:])
        if not as_month.fault and not as_day.fault:
            as_day.asks.append(("day_two_ways", {"text": text, "first": as_day.value.on.isoformat(), "second": text[:4] + "-" + text[4:]}))  # fmt: skip
        return as_month if as_day.fault else as_day
    whole = text.partition(".")[0]
    if is_digits(whole) and len(whole) == 5:
        return Reading(Written(_EPOCH + timedelta(days=int(whole))))
    return Reading(fault="cell_day")


def _day(year: str, month: str, day: str) -> Reading:
    try:
        return Reading(Written(date(int(year) + (2000 if len(year) == 2 else 0), int(month), int(day))))
    except ValueError:
        return Reading(fault="cell_day")


def _month(year: str, month: str) -> Reading:
    full = int(year) + (2000 if len(year) == 2 else 0)
    if not 1 <= int(month) <= 12 or not FIRST_YEAR <= full <= LAST_YEAR:
        return Reading(fault="cell_day")
    return Reading(Written(date(full, int(month), 1), is_month=True))


def _settled(made: Reading, form: str, text: str) -> Reading:
    if made.fault or not FIRST_YEAR <= made.value.on.year <= LAST_YEAR:
        return Reading(fault="cell_day", facts={"text": text.strip()[:40]})
    if made.value.is_month:
        on = made.value.on
        if form == "day":
            return Reading(fault="cell_month", facts={"text": text.strip()[:40]})
        if form == "last_day":
            made.value = Written(on.replace(day=calendar.monthrange(on.year, on.month)[1]), is_month=True)
    return made


def evened(rows: Sequence[Sequence[Any]], column: int) -> list[Any]:
    """Give the cells of one column that hold something."""
    return [row[column] for row in rows if column < len(row) and not is_blank(row[column])]
