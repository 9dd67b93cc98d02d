"""Suppliers' lot codes: a template says what stands where, and a code is read by it, or not, and why not.

    {Y1}{DDD}{LINE:1}{SHIFT:1=ABC}-{SEQ:3}{CHECK:mod10}

In braces stand the tokens of a date (wms/numbering/rules/dates.py, several at once: {YYMMDD}), or a named part with its
width: LINE, SHIFT, PLANT, TEAM, VESSEL, OPERATION, ORDER take letters and digits, SEQ digits, ANY anything; {SEQ:3-5} is of
three to five signs, {SHIFT:1=ABC} one of these. CHECK is computed over all that stands before it. What stands outside
braces stands in the code as it is.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Final

from wms.core.errors import BadCode
from wms.gs1.dates import last_day_of_life
from wms.numbering.rules.checks import CHECKS, WIDTHS
from wms.numbering.rules.dates import DateToken, NoSuchDay, ReadDate, parse_date_pattern, resolve

NAMED: Final = ("LINE", "SHIFT", "PLANT", "TEAM", "VESSEL", "OPERATION", "ORDER", "SEQ", "ANY")
_WIDTH: Final = re.compile(r"([0-9]{1,2})(?:-([0-9]{1,2}))?(?:=(.+))?")
#: Each part of more than one width multiplies the ways a code could be cut.
_LOOSE_MAX: Final = 3
_BRACES: Final = re.compile(r"\{([^{}]*)\}|([^{}]+)")


class Meaning(StrEnum):
    """What the date in a code is: the day of making, or the last good day."""

    MANUFACTURED = "manufactured"
    EXPIRY = "expiry"


@dataclass(frozen=True, kw_only=True)
class Part:
    """One part of a template: a date token, a named part, a check or a literal (`name` blank)."""

    name: str = ""
    text: str = ""
    token: DateToken | None = None
    regex: str = ""
    shown: str = ""
    #: Of more than one width.
    is_loose: bool = False


Template = tuple[Part, ...]


@dataclass(frozen=True, kw_only=True)
class Life:
    """How long goods keep from the day of making, as their maker says it."""

    months: int | None = None
    days: int | None = None

    def ends(self, made_on: date) -> date | None:
        """The last good day, None when nothing is said."""
        if not self.months and not self.days:
            return None
        return last_day_of_life(made_on, months=self.months or 0, days=self.days or 0)

    @property
    def text(self) -> str:
        """As it is said: 24 months, 90 days."""
        return f"{self.months} months" if self.months else f"{self.days} days"


@dataclass(frozen=True, kw_only=True)
class CodeReading:
    """How one pattern reads one code. `why` is blank when it fits, else does_not_fit, no_such_day, in_future, check_wrong;
    `needed` and `came` say what stood where something else was needed.

    A week or month of making counts as its first day, of a last good day as its last: the strict side. `expires_on` follows
    from the making and the shelf life where the code does not say it.
    """

    template: str
    meaning: Meaning = Meaning.MANUFACTURED
    why: str = ""
    needed: str = ""
    came: str = ""
    parts: tuple[tuple[str, str], ...] = ()
    manufactured_on: date | None = None
    manufactured_until: date | None = None
    expires_on: date | None = None
    precision: str = ""

    @property
    def fits(self) -> bool:
        """Whether the code is one of this pattern."""
        return not self.why

    @property
    def line(self) -> str:
        """The production line, "" when the code has none."""
        return dict(self.parts).get("LINE", "")

    @property
    def shift(self) -> str:
        """The shift, "" when the code has none."""
        return dict(self.parts).get("SHIFT", "")


def parse_template(text: str) -> Template:
    """Read a template. BadCode (lot_template) names the part that is wrong."""
    parts: list[Part] = []
    place = 0
    for found in _BRACES.finditer(text):
        if found.start() != place:
            raise BadCode(kind="lot_template", text=text[place : place + 40])
        place = found.end()
        inner, literal = found.groups()
        parts += [_literal(literal)] if literal is not None else _braces(inner)
    if place != len(text) or not parts:
        raise BadCode(kind="lot_template", text=text[place : place + 40] or text[:40])
    names = [part.token.name if part.token else part.name for part in parts if part.token or part.name]
    twice = sorted({name for name in names if names.count(name) > 1 and name not in ("ANY", "CHECK")})
    if twice:
        raise BadCode(kind="lot_template", text=twice[0])
    if parts[0].name == "CHECK" or sum(part.is_loose for part in parts) > _LOOSE_MAX:
        raise BadCode(kind="lot_template", text=text[:40])
    return tuple(parts)


def read(
    template: Template, code: str, *, on: date, text: str = "", meaning: Meaning = Meaning.MANUFACTURED, life: Life | None = None
) -> CodeReading:  # fmt: skip
    """Read a code by a template. `on` is the day from which a year of one digit or letter is counted back.

    `text` is the template as its owner wrote it, for the answer. Never raises: what does not fit says why.
    """
    found = re.fullmatch("".join(_group(n, part) for n, part in enumerate(template)), code)
    if found is None:
        needed, came = _first_misfit(template, code)
        return CodeReading(template=text, meaning=meaning, why="does_not_fit", needed=needed, came=came)
    texts = [found[f"p{n}"] for n in range(len(template))]
    parts = tuple((part.token.name if part.token else part.name, said) for part, said in zip(template, texts, strict=True)
                  if part.token or part.name)  # fmt: skip
    for n, part in enumerate(template):
        if part.name == "CHECK":
            right = CHECKS[part.text]("".join(texts[:n]))
            if right != texts[n]:
                return CodeReading(
                    template=text, meaning=meaning, why="check_wrong", needed=right, came=texts[n], parts=parts
                )
    dated = [(part.token, said) for part, said in zip(template, texts, strict=True) if part.token]
    try:
        day = resolve(dated, on=on, is_past=meaning is Meaning.MANUFACTURED) if dated else None
    except NoSuchDay as none:
        came = "".join(said for _, said in dated)
        return CodeReading(template=text, meaning=meaning, why=none.why, came=came, parts=parts)
    return _reading(text, parts, day, meaning, life)


def _reading(text: str, parts: tuple[tuple[str, str], ...], day: ReadDate | None, meaning: Meaning, life: Life | None) -> CodeReading:  # fmt: skip
    if day is None:
        return CodeReading(template=text, meaning=meaning, parts=parts)
    if meaning is Meaning.EXPIRY:
        return CodeReading(
            template=text, meaning=meaning, parts=parts, expires_on=day.last, precision=day.precision
        )  # fmt: skip
    return CodeReading(
        template=text, meaning=meaning, parts=parts, manufactured_on=day.first, manufactured_until=day.last,
        expires_on=life.ends(day.first) if life else None, precision=day.precision,
    )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Contradiction:
    """What does not agree: `what` is code (no pattern reads it), manufactured_on or expires_on; what the code says, what came."""

    what: str
    says: str
    came: str
    reading: CodeReading = field(repr=False)


def check_against(
    readings: Sequence[CodeReading], *, code: str, manufactured_on: date | None = None, expires_on: date | None = None,
    precision: str = "day",
) -> Contradiction | None:  # fmt: skip
    """Hold a label's dates against how its code is read; None when any pattern agrees, or when there is none.

    An expiry that only follows from a shelf life is held against the label to the month when either says a month.
    """
    if not readings:
        return None
    fitting = [reading for reading in readings if reading.fits]
    if not fitting:
        first = readings[0]
        return Contradiction(what="code", says=first.template, came=code, reading=first)
    found: Contradiction | None = None
    for reading in fitting:
        wrong = _contradicts(reading, manufactured_on, expires_on, precision)
        if wrong is None:
            return None
        found = found or wrong
    return found


def _contradicts(reading: CodeReading, made: date | None, expires: date | None, precision: str) -> Contradiction | None:
    first, last = reading.manufactured_on, reading.manufactured_until
    if made and first and last and not first <= made <= last:
        return Contradiction(what="manufactured_on", says=_span(first, last), came=made.isoformat(), reading=reading)
    says = reading.expires_on
    if expires is None or says is None or says == expires:
        return None
    exact = precision == "day" and reading.precision == "day"
    if not exact and _months_apart(says, expires) <= (1 if reading.precision == "week" else 0):
        return None
    return Contradiction(what="expires_on", says=says.isoformat(), came=expires.isoformat(), reading=reading)


def _months_apart(one: date, other: date) -> int:
    return abs((one.year - other.year) * 12 + one.month - other.month)


def _span(first: date, last: date) -> str:
    return first.isoformat() if first == last else f"{first.isoformat()} – {last.isoformat()}"


# -- inside -----------------------------------------------------------------------------------------------------------
def _literal(text: str) -> Part:
    return Part(text=text, regex=re.escape(text), shown=text)


def _braces(inner: str) -> list[Part]:
    name, _colon, argument = inner.partition(":")
    if name == "CHECK":
        if argument not in CHECKS:
            raise BadCode(kind="lot_template", text=f"{{{inner}}}"[:40])
        sign = {"mod11": "[0-9X]", "mod36": "[0-9A-Z]"}.get(argument, "[0-9]")
        return [Part(name=name, text=argument, regex=f"{sign}{{{WIDTHS[argument]}}}", shown=f"{{{inner}}}")]
    if name in NAMED:
        return [_named(name, argument, inner)]
    try:
        pattern = parse_date_pattern(inner)
    except BadCode:
        raise BadCode(kind="lot_template", text=f"{{{inner}}}"[:40]) from None
    return [
        _literal(part) if isinstance(part, str)
        else Part(name="", token=part, regex=part.regex, shown=f"{{{part.name}}}")
        for part in pattern
    ]  # fmt: skip


def _named(name: str, argument: str, inner: str) -> Part:
    width = _WIDTH.fullmatch(argument)
    if width is None or not 1 <= int(width[1]) <= int(width[2] or width[1]) <= 40:
        raise BadCode(kind="lot_template", text=f"{{{inner}}}"[:40])
    signs = f"[{re.escape(width[3])}]" if width[3] else {"SEQ": "[0-9]", "ANY": "."}.get(name, "[0-9A-Za-z]")
    times = f"{{{int(width[1])}}}" if width[2] is None else f"{{{int(width[1])},{int(width[2])}}}"
    return Part(name=name, regex=signs + times, shown=f"{{{inner}}}", is_loose=width[2] is not None)


def _group(place: int, part: Part) -> str:
    return f"(?P<p{place}>{part.regex})"


def _first_misfit(template: Template, code: str) -> tuple[str, str]:
    """The first part that does not stand where it should, and what stands there; past the end, what is too much."""
    reached = 0
    for count in range(1, len(template) + 1):
        found = re.match("".join(_group(n, part) for n, part in enumerate(template[:count])), code)
        if found is None:
            return template[count - 1].shown, code[reached : reached + 12]
        reached = found.end()
    return "", code[reached:]
