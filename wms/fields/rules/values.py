"""What a value of an own field must be, how it is kept, and how a filter for it reads. Pure.

Text comes from forms, spreadsheets and filters; JSON from the API, where each value has the kind the document says. Numbers
are kept as integer millionths, so that what was typed is what is found.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final
from urllib.parse import urlsplit

from wms.core.errors import (
    FieldErrors,
    Names,
    OwnFieldMissing,
    OwnFieldNotChoice,
    OwnFieldOutOfRange,
    OwnFieldUnknown,
    OwnFieldWrongForm,
    OwnFieldWrongKind,
)
from wms.fields.rules.patterns import BadPattern, read_pattern

#: The kinds of records that may have own fields. Another one is a word here, its name in words.py, and its feature's call
#: of `service.set_values`.
RECORD_KINDS: Final = ("item", "lot", "receipt", "inspection", "work_order")
TEXT_LENGTH_MAX: Final = 200
LINK_LENGTH_MAX: Final = 300
CHOICES_MAX: Final = 50
CODE: Final = re.compile(r"[a-z][a-z0-9_]{0,29}")
MILLION: Final = 1_000_000

_WHOLE: Final = re.compile(r"[+-]?[0-9]{1,12}")
_DECIMAL: Final = re.compile(r"[+-]?[0-9]{1,12}(\.[0-9]{1,6})?")
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_YES_NO: Final = {
    "yes": True,
    "no": False,
    "1": True,
    "0": False,
    "true": True,
    "false": False,
    "是": True,
    "否": False,
}


class FieldType(StrEnum):
    """What a field holds."""

    TEXT = "text"
    WHOLE = "whole"
    DECIMAL = "decimal"
    DATE = "date"
    YES_NO = "yes_no"
    CHOICE = "choice"
    LINK = "link"


#: What has a least and a most.
RANGED: Final = frozenset({FieldType.WHOLE, FieldType.DECIMAL, FieldType.DATE})


@dataclass(frozen=True, kw_only=True)
class Choice:
    """One of the answers of a field; one that is no longer active stays on the records that have it."""

    code: str
    name_en: str
    name_zh: str = ""
    is_active: bool = True


@dataclass(frozen=True, kw_only=True)
class Field:
    """An own field: what the rules, the forms and the lists need to know of it."""

    id: int
    record_kind: str
    code: str
    name_en: str
    name_zh: str = ""
    type: FieldType
    unit: str = ""
    is_required: bool = False
    #: As typed, in the form of the type; blank for none.
    minimum: str = ""
    maximum: str = ""
    pattern: str = ""
    choices: tuple[Choice, ...] = ()
    position: int = 0
    is_active: bool = True

    @property
    def names(self) -> Names:
        """Both names, for a sentence."""
        return Names(self.name_en, self.name_zh)

    def choice(self, code: str) -> Choice | None:
        """The choice of this code."""
        return next((one for one in self.choices if one.code == code), None)


@dataclass(frozen=True, kw_only=True)
class Kept:
    """A value as its columns hold it: exactly one is set."""

    text: str | None = None
    number: int | None = None
    day: date | None = None
    flag: bool | None = None


@dataclass(frozen=True, kw_only=True)
class Given:
    """Values that came for one record, by the fields' codes.

    is_json   each is of the kind the API's document says; otherwise all are text
    is_whole  fields that are not named are blank (a form, a new record); otherwise they stay as they are
    """

    values: Mapping[str, Any] = field(default_factory=dict)
    is_json: bool = False
    is_whole: bool = False


# -- values -----------------------------------------------------------------------------------------------------------
def read(one: Field, came: Any, *, is_json: bool, present: Kept | None = None) -> Kept | None:
    """Read one value, None for a blank one. Raises the OwnField errors, which say what was needed and what came.

    `present` is what the record has now: a choice that is no longer active may stay.
    """
    if came is None or came == "":
        return None
    if is_json:
        came = _as_text(one, came)
    text = str(came).strip()
    if not text:
        return None
    match one.type:
        case FieldType.TEXT:
            return _read_text(one, text)
        case FieldType.LINK:
            return Kept(text=_link(one, text))
        case FieldType.CHOICE:
            return _read_choice(one, text, present)
        case FieldType.YES_NO:
            if text.lower() not in _YES_NO:
                raise _wrong(one, text)
            return Kept(flag=_YES_NO[text.lower()])
        case FieldType.DATE:
            kept = Kept(day=_day(one, text))
        case FieldType.WHOLE | FieldType.DECIMAL:
            kept = Kept(number=_number(one, text))
    _check_range(one, kept, text)
    return kept


def read_all(
    fields: Sequence[Field], given: Given, *, present: Mapping[str, Kept], record_kind: str
) -> dict[str, Kept | None]:
    """Read what came for one record, by code; codes that are not known here are refused by name."""
    known = {one.code: one for one in fields if one.is_active}
    for code in given.values:
        if code not in known:
            raise OwnFieldUnknown(field=str(code)[:40], kind=record_kind, known=sorted(known) or None)
    found: dict[str, Kept | None] = {}
    for code, one in known.items():
        if code not in given.values and not given.is_whole:
            continue
        kept = read(one, given.values.get(code), is_json=given.is_json, present=present.get(code))
        if kept is None and one.is_required:
            raise OwnFieldMissing(field=one.names, field_code=code)
        found[code] = kept
    return found


def plain(one: Field, kept: Kept | None) -> Any:
    """A value as JSON says it: whole numbers as numbers, decimals and days as text, yes and no as true and false."""
    if kept is None:
        return None
    if kept.number is not None:
        return kept.number // MILLION if one.type is FieldType.WHOLE else decimal_text(kept.number)
    if kept.day is not None:
        return kept.day.isoformat()
    return kept.flag if kept.flag is not None else kept.text


def decimal_text(millionths: int) -> str:
    """A number without trailing zeros."""
    text = f"{Decimal(millionths) / MILLION:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _as_text(one: Field, came: Any) -> str:
    """A value of JSON as text, when it is of the right kind."""
    is_bool = isinstance(came, bool)
    is_right = (
        is_bool
        if one.type is FieldType.YES_NO
        else isinstance(came, int) and not is_bool
        if one.type is FieldType.WHOLE
        else isinstance(came, str)
    )
    if not is_right:
        raise _wrong(one, str(came))
    return ("yes" if came else "no") if is_bool else str(came)


def _read_text(one: Field, text: str) -> Kept:
    if len(text) > TEXT_LENGTH_MAX or any(unicodedata.category(sign) in {"Cc", "Cs"} for sign in text):
        raise _wrong(one, text)
    if one.pattern and not read_pattern(one.pattern).matches(text):
        raise OwnFieldWrongForm(field=one.names, field_code=one.code, needed=one.pattern, came=text[:80])
    return Kept(text=text)


def _read_choice(one: Field, text: str, present: Kept | None) -> Kept:
    found = one.choice(text)
    if found is None or not (found.is_active or (present is not None and present.text == text)):
        raise OwnFieldNotChoice(
            field=one.names, field_code=one.code, came=text[:80],
            needed=[Names(c.name_en, c.name_zh) for c in one.choices if c.is_active],
        )  # fmt: skip
    return Kept(text=text)


def _link(one: Field, text: str) -> str:
    try:
        parts = urlsplit(text)
        is_link = parts.scheme in {"http", "https"} and bool(parts.hostname) and not parts.username
    except ValueError:
        is_link = False
    if not is_link or len(text) > LINK_LENGTH_MAX or any(unicodedata.category(s)[0] in "CZ" for s in text):
        raise _wrong(one, text)
    return text


def _number(one: Field, text: str) -> int:
    shape = _WHOLE if one.type is FieldType.WHOLE else _DECIMAL
    if not shape.fullmatch(text):
        raise _wrong(one, text)
    return int(Decimal(text) * MILLION)


def _day(one: Field, text: str) -> date:
    try:
        day = date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        day = None
    if day is None or not 1900 <= day.year <= 2199:
        raise _wrong(one, text)
    return day


def _check_range(one: Field, kept: Kept, text: str) -> None:
    least, most = _bound(one, one.minimum), _bound(one, one.maximum)
    found: Any = kept.day if one.type is FieldType.DATE else kept.number
    if (least is not None and found < least) or (most is not None and found > most):
        raise OwnFieldOutOfRange(
            field=one.names, field_code=one.code, least=one.minimum or None, most=one.maximum or None, unit=one.unit,
            came=text,
        )  # fmt: skip


def _bound(one: Field, text: str) -> Any:
    if not text:
        return None
    return _day(one, text) if one.type is FieldType.DATE else _number(one, text)


def _wrong(one: Field, came: str) -> OwnFieldWrongKind:
    return OwnFieldWrongKind(field=one.names, field_code=one.code, needed=f"field_{one.type.value}", came=came[:80])


# -- filters ----------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, kw_only=True)
class Condition:
    """What a filter asks of the values of a field: text begins so, the choice or flag is so, the rest lies between."""

    field_id: int
    begins: str | None = None
    text: str | None = None
    flag: bool | None = None
    column: str = ""
    least: Any = None
    most: Any = None


def condition(one: Field, asked: str) -> Condition:
    """Read a filter: text begins with it; a choice or yes/no is it; a number or day is it, or lies in `a..b`."""
    asked = asked.strip()
    if one.type in (FieldType.TEXT, FieldType.LINK):
        return Condition(field_id=one.id, begins=asked[:TEXT_LENGTH_MAX])
    if one.type is FieldType.CHOICE:
        if one.choice(asked) is None:
            raise OwnFieldNotChoice(
                field=one.names, field_code=one.code, came=asked[:80],
                needed=[Names(c.name_en, c.name_zh) for c in one.choices],
            )  # fmt: skip
        return Condition(field_id=one.id, text=asked)
    if one.type is FieldType.YES_NO:
        if asked.lower() not in _YES_NO:
            raise _wrong(one, asked)
        return Condition(field_id=one.id, flag=_YES_NO[asked.lower()])
    low, dots, high = asked.partition("..")
    column = "day" if one.type is FieldType.DATE else "number"
    least = _bound(one, low.strip())
    most = _bound(one, high.strip()) if dots else least
    if least is None and most is None:
        raise _wrong(one, asked)
    return Condition(field_id=one.id, column=column, least=least, most=most)


# -- definitions ------------------------------------------------------------------------------------------------------
def check(one: Field) -> None:
    """Look at a definition before it is kept. Raises FieldErrors by the name of what is wrong."""
    faults: dict[str, list[str]] = {}
    if one.record_kind not in RECORD_KINDS:
        faults["record_kind"] = ["not_a_choice"]
    if not CODE.fullmatch(one.code):
        faults["code"] = ["field_code_form"]
    if one.unit and one.type not in (FieldType.WHOLE, FieldType.DECIMAL):
        faults["unit"] = ["field_no_unit"]
    if one.pattern and one.type is not FieldType.TEXT:
        faults["pattern"] = ["field_no_pattern"]
    elif one.pattern:
        try:
            read_pattern(one.pattern)
        except BadPattern:
            faults["pattern"] = ["bad_pattern"]
    faults |= _faults_of_range(one) | _faults_of_choices(one)
    if faults:
        raise FieldErrors(errors=faults)


def _faults_of_range(one: Field) -> dict[str, list[str]]:
    faults: dict[str, list[str]] = {}
    bounds: list[Any] = []
    for name in ("minimum", "maximum"):
        text = getattr(one, name)
        if text and one.type not in RANGED:
            faults[name] = ["field_no_range"]
            continue
        try:
            bounds.append(_bound(one, text))
        except OwnFieldWrongKind:
            faults[name] = ["field_bad_bound"]
    if not faults and None not in bounds and len(bounds) == 2 and bounds[0] > bounds[1]:
        faults["maximum"] = ["field_range_turned"]
    return faults


def _faults_of_choices(one: Field) -> dict[str, list[str]]:
    if one.type is not FieldType.CHOICE:
        return {"choices": ["field_no_choices"]} if one.choices else {}
    codes = [choice.code for choice in one.choices]
    if not codes or len(codes) > CHOICES_MAX:
        return {"choices": ["field_choice_count"]}
    if len(set(codes)) != len(codes):
        return {"choices": ["field_choice_twice"]}
    if not all(re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,29}", code) for code in codes):
        return {"choices": ["code_form"]}
    return {} if all(choice.name_en for choice in one.choices) else {"choices": ["blank"]}
