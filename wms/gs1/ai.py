"""Element strings: "01095060001343521727013110AB12" and its written forms, read into elements.

The dictionary of application identifiers (lengths, patterns, which need a separator) is biip's; the walk, the check
digits, dates, code lists and pairings are ours, because biip leaves a wrong check digit on the element and accepts it.
Not read: coupons (8110, 8112), which are no goods; AIs the dictionary does not know; package types (7041) beyond shape.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache

from biip import ParseError
from biip.gs1_application_identifiers import GS1ApplicationIdentifier

from wms.core.errors import BadScan
from wms.core.quantity import Quantity
from wms.gs1.ai_checks import check_value
from wms.gs1.ai_pairs import find_contradiction
from wms.gs1.checksums import is_cset82
from wms.gs1.dates import read_day, this_year

GS = "\x1d"
_DATED = frozenset(["11", "12", "13", "15", "16", "17", "4324", "4325", "4326", "7003", "7006", "7007", "7011", "8008"])
#: How a bracketed text begins, so that "(A) 12" stays a plain text: a bracket with digits, or nothing, in it.
_BRACKET_START = re.compile(r"\(\d*(\)|$)", re.ASCII)
_BRACKET_AI = re.compile(r"\((\d{2,4})\)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Element:
    """One application identifier with its data, as it stood on the label."""

    ai: str
    value: str

    @property
    def pair(self) -> tuple[str, str]:
        """The identifier and the data, for tables and JSON."""
        return self.ai, self.value

    def day(self, year: int | None = None) -> date | None:
        """The date it carries, by the century window around `year` (the present by default); None for other AIs."""
        return read_day(self.value[:6], year or this_year()) if self.ai in _DATED else None

    @property
    def measure(self) -> Quantity | None:
        """The amount of a measure such as (3103) 000195 = 0.195, or of a count (30, 37); None for other AIs."""
        if self.ai in ("30", "37"):
            return Quantity.of(int(self.value))
        if len(self.ai) == 4 and "31" <= self.ai[:2] <= "36":
            return Quantity.of(Decimal(self.value).scaleb(-int(self.ai[3])))
        return None


def has_brackets(text: str) -> bool:
    """Say whether the text is written as "(01)...": evidence enough to read it as an element string."""
    return _BRACKET_START.match(text) is not None


@lru_cache(maxsize=1024)
def _find_ai(start: str) -> GS1ApplicationIdentifier | None:
    try:
        return GS1ApplicationIdentifier.extract(start)
    except ParseError:
        return None


@lru_cache(maxsize=512)
def _pattern(found: GS1ApplicationIdentifier) -> re.Pattern[str]:
    return re.compile(found.pattern.removesuffix("$"), re.ASCII)


def parse_element_string(data: str, *, text: str | None = None, year: int | None = None) -> tuple[Element, ...]:
    """Read raw data with FNC1 as GS (0x1D), with or without a leading one; BadScan when any part is wrong.

    >>> [e.pair for e in parse_element_string("010950600013435210AB" + GS + "17270131")]
    [('01', '09506000134352'), ('10', 'AB'), ('17', '270131')]
    """
    said = data if text is None else text
    rest = data.removeprefix(GS)
    elements: list[Element] = []
    while rest:
        found = _find_ai(rest[:4])
        if found is None:
            raise BadScan(text=said, why=f"unknown_ai {rest[:4]}")
        field = rest.split(GS, 1)[0]
        match = _pattern(found).match(field)
        if match is None or (found.separator_required and match.end() != len(field)):
            raise BadScan(text=said, why=_misshaped(found.ai))
        elements.append(_element(found, match.group()[len(found.ai) :], said, year))
        rest = rest[match.end() :].removeprefix(GS)
    return _together(elements, said)


def parse_bracketed(text: str, *, year: int | None = None) -> tuple[Element, ...]:
    r"""Read "(01)09506000134352(10)A\(1" with "\(" for a bracket in the data; BadScan when any part is wrong."""
    elements: list[Element] = []
    at = 0
    while at < len(text):
        head = _BRACKET_AI.match(text, at)
        if head is None:
            raise BadScan(text=text, why="brackets")
        at = head.end()
        data = re.compile(r"(?:\\.|[^(\\])*", re.DOTALL).match(text, at)
        value = re.sub(r"\\([()\\])", r"\1", data.group()) if data else ""
        at = data.end() if data else at
        elements.append(make_element(head[1], value, text=text, year=year))
        if at < len(text) and text[at] == "\\":
            raise BadScan(text=text, why="brackets")
    return _together(elements, text)


def make_element(ai: str, value: str, *, text: str, year: int | None = None) -> Element:
    """Check one element by its AI's pattern and data rules; BadScan with `text` as what was scanned."""
    found = _find_ai(ai)
    if found is None or found.ai != ai:
        raise BadScan(text=text, why=f"unknown_ai {ai}")
    match = _pattern(found).match(ai + value)
    if match is None or match.end() != len(ai + value):
        raise BadScan(text=text, why=_misshaped(ai))
    return _element(found, value, text, year)


def _misshaped(ai: str) -> str:
    """Say what is wrong with data that its AI's pattern refuses; the patterns of dates know months and days."""
    return f"({ai}) {'date' if ai in _DATED else 'format'}"


def _element(found: GS1ApplicationIdentifier, value: str, text: str, year: int | None) -> Element:
    if not value or not is_cset82(value.replace("#", "")) or ("#" in value and found.ai != "8010"):
        raise BadScan(text=text, why=f"({found.ai}) format")
    try:
        check_value(found.ai, value, year or this_year())
    except ValueError as wrong:
        raise BadScan(text=text, why=f"({found.ai}) {wrong}") from None
    return Element(found.ai, value)


def _together(elements: list[Element], text: str) -> tuple[Element, ...]:
    if not elements:
        raise BadScan(text=text, why="empty")
    clash = find_contradiction([element.pair for element in elements])
    if clash is not None:
        raise BadScan(text=text, why=f"contradiction {clash}")
    return tuple(elements)


def write_bracketed(pairs: list[tuple[str, str]]) -> str:
    r"""Write elements as people read them, "(01)...(10)..." with "(" in the data as "\("."""
    return "".join(f"({ai})" + re.sub(r"([(\\])", r"\\\1", value) for ai, value in pairs)


def write_raw(pairs: list[tuple[str, str]]) -> str:
    """Write elements as a symbol carries them, with GS after each that needs one, save the last."""
    parts: list[str] = []
    for place, (ai, value) in enumerate(pairs):
        found = _find_ai(ai)
        needs = found is None or found.separator_required
        parts.append(ai + value + (GS if needs and place < len(pairs) - 1 else ""))
    return "".join(parts)
