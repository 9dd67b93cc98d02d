"""Lot numbers of ours: a rule is a row of elements, each plain data; composed with the facts of the day and the next sequence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any, Final

from wms.core.errors import BadCode, FieldErrors, MissingField, NumbersUsedUp
from wms.gs1.codes import LotNumber
from wms.numbering.rules.checks import CHECKS, WIDTHS
from wms.numbering.rules.dates import names_in, parse_date_pattern, tells, width_of, write_date

LENGTH_MAX: Final = LotNumber.longest
ELEMENTS_MAX: Final = 16


class ElementKind(StrEnum):
    """What one part of a lot number is."""

    LITERAL = "literal"
    DATE = "date"
    WAREHOUSE = "warehouse"
    LINE = "line"
    OPERATION = "operation"
    VESSEL = "vessel"
    TEAM = "team"
    SUPPLIER = "supplier"
    ITEM_FIELD = "item_field"
    ORDER = "order"
    MAKER_LOT = "maker_lot"
    SEQUENCE = "sequence"
    CHECK = "check"


class Reset(StrEnum):
    """When a sequence begins again at one."""

    NEVER = "never"
    DAY = "day"
    MONTH = "month"
    YEAR = "year"
    #: For every different beginning of the number (all that stands before the sequence) a count of its own.
    PREFIX = "prefix"


class DateOf(StrEnum):
    """Which day a date element writes."""

    TODAY = "today"
    MANUFACTURED = "manufactured"
    EXPIRY = "expiry"


#: The fields of an item that a number may hold.
ITEM_FIELDS: Final = ("sku", "item_class", "country", "storage_class", "specification", "approval_number")
#: Elements whose text is told by the caller, under the same name.
TOLD: Final = frozenset(
    {
        ElementKind.WAREHOUSE, ElementKind.LINE, ElementKind.OPERATION, ElementKind.VESSEL, ElementKind.TEAM,
        ElementKind.SUPPLIER, ElementKind.ORDER, ElementKind.MAKER_LOT, ElementKind.ITEM_FIELD,
    }
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Element:
    """One part. `value`: the literal's text, the date's pattern, the item's field, the kind of check.

    `width`: of a sequence how many digits; of a told text it is cut to its first so many signs, or filled with 0 in front.
    """

    kind: ElementKind
    value: str = ""
    width: int | None = None
    reset: Reset = Reset.NEVER
    of: DateOf = DateOf.TODAY

    @property
    def plain(self) -> dict[str, Any]:
        """The element as it is kept: JSON without what it does not need."""
        kept: dict[str, Any] = {"kind": self.kind.value}
        if self.value:
            kept["value"] = self.value
        if self.width is not None:
            kept["width"] = self.width
        if self.kind is ElementKind.SEQUENCE:
            kept["reset"] = self.reset.value
        if self.kind is ElementKind.DATE:
            kept["of"] = self.of.value
        return kept

    @classmethod
    def of_plain(cls, kept: Mapping[str, Any]) -> Element:
        """The element that was kept."""
        return cls(
            kind=ElementKind(kept["kind"]),
            value=str(kept.get("value", "")),
            width=kept.get("width"),
            reset=Reset(kept.get("reset", Reset.NEVER)),
            of=DateOf(kept.get("of", DateOf.TODAY)),
        )


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What a number is composed of: the warehouse's day, other days by DateOf, told texts by element kind or item field."""

    on: date
    days: Mapping[DateOf, date | None] = field(default_factory=dict)
    told: Mapping[str, str] = field(default_factory=dict)


def check_elements(elements: Sequence[Element]) -> None:
    """Raise FieldErrors, each named by field and line ("value 2"), when a rule cannot make a number of every day.

    It needs one sequence; what begins again each day, month or year needs that day, month or year in the number.
    """
    faults: dict[str, list[str]] = {}
    for n, element in enumerate(elements, start=1):
        faults.update({f"{name} {n}": [fault] for name, fault in _faults_of(element)})
    sequences = [element for element in elements if element.kind is ElementKind.SEQUENCE]
    if len(sequences) != 1:
        faults["elements"] = ["one_sequence"]
    elif len(elements) > ELEMENTS_MAX:
        faults["elements"] = ["line_count"]
    elif elements[0].kind is ElementKind.CHECK:
        faults["elements"] = ["check_first"]
    if faults:
        raise FieldErrors(errors=faults)
    reset = sequences[0].reset
    if reset in (Reset.DAY, Reset.MONTH, Reset.YEAR) and not tells(_todays_tokens(elements), reset.value):
        raise FieldErrors(errors={f"reset {elements.index(sequences[0]) + 1}": ["reset_untold"]})
    if length_min(elements) > LENGTH_MAX:
        raise FieldErrors(errors={"elements": ["too_long"]})


def length_min(elements: Sequence[Element]) -> int:
    """Say how long a number is at least: a told text without a width counts as one sign."""
    return sum(_width(element) for element in elements)


def scope_of(elements: Sequence[Element], facts: Facts) -> str:
    """Name the count a sequence goes by: a rule counts each scope from one."""
    reset = next(element.reset for element in elements if element.kind is ElementKind.SEQUENCE)
    if reset is Reset.PREFIX:
        return _compose(_before_sequence(elements), facts, 0)
    form = {Reset.NEVER: "", Reset.YEAR: "%Y", Reset.MONTH: "%Y-%m", Reset.DAY: "%Y-%m-%d"}[reset]
    return facts.on.strftime(form)


def compose(elements: Sequence[Element], facts: Facts, sequence: int) -> str:
    """Make the number. Raises MissingField (a text nobody told), NumbersUsedUp (the sequence no longer fits its width),
    BadCode (longer than a lot number may be).
    """
    return LotNumber.parse(_compose(elements, facts, sequence)).value


def _compose(elements: Sequence[Element], facts: Facts, sequence: int) -> str:
    made = ""
    for element in elements:
        made += _part(element, facts, sequence, made)
    return made


def _part(element: Element, facts: Facts, sequence: int, before: str) -> str:
    match element.kind:
        case ElementKind.LITERAL:
            return element.value
        case ElementKind.DATE:
            return write_date(parse_date_pattern(element.value), _day(element.of, facts))
        case ElementKind.SEQUENCE:
            width = element.width or 1
            if sequence >= 10**width:
                raise NumbersUsedUp(width=width, last=str(10**width - 1))
            return f"{sequence:0{width}d}"
        case ElementKind.CHECK:
            return CHECKS[element.value](before)
        case _:
            name = element.value if element.kind is ElementKind.ITEM_FIELD else element.kind.value
            text = facts.told.get(name, "").strip()
            if not text:
                raise MissingField(field=name)
            return text[: element.width].rjust(element.width, "0") if element.width else text


def _day(of: DateOf, facts: Facts) -> date:
    day = facts.on if of is DateOf.TODAY else facts.days.get(of)
    if day is None:
        raise MissingField(field="manufactured_on" if of is DateOf.MANUFACTURED else "expiry")
    return day


def _before_sequence(elements: Sequence[Element]) -> Sequence[Element]:
    place = next(n for n, element in enumerate(elements) if element.kind is ElementKind.SEQUENCE)
    return elements[:place]


def _todays_tokens(elements: Sequence[Element]) -> frozenset[str]:
    names: frozenset[str] = frozenset()
    for element in elements:
        if element.kind is ElementKind.DATE and element.of is DateOf.TODAY:
            names |= names_in(parse_date_pattern(element.value))
    return names


def _width(element: Element) -> int:
    match element.kind:
        case ElementKind.LITERAL:
            return len(element.value)
        case ElementKind.DATE:
            return width_of(parse_date_pattern(element.value))
        case ElementKind.CHECK:
            return WIDTHS[element.value]
        case _:
            return element.width or 1


def _faults_of(element: Element) -> list[tuple[str, str]]:
    """What is wrong with one element: (field, fault)."""
    faults: list[tuple[str, str]] = []
    if element.width is not None and not 1 <= element.width <= 12:
        faults.append(("width", "out_of_range"))
    match element.kind:
        case ElementKind.LITERAL:
            if not element.value or not element.value.isprintable() or len(element.value) > LENGTH_MAX:
                faults.append(("value", "required"))
        case ElementKind.DATE if _date_fault(element.value):
            faults.append(("value", "date_pattern"))
        case ElementKind.ITEM_FIELD if element.value not in ITEM_FIELDS:
            faults.append(("value", "item_field"))
        case ElementKind.CHECK if element.value not in CHECKS:
            faults.append(("value", "check_kind"))
        case ElementKind.SEQUENCE if element.width is None:
            faults.append(("width", "required"))
        case _:
            pass
    return faults


def _date_fault(pattern: str) -> bool:
    try:
        parse_date_pattern(pattern)
    except BadCode:
        return True
    return False
