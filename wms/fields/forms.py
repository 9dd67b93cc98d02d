"""What a page needs to draw and to read the own fields of its records.

A form whose schema has `f = own_fields()` takes what the macro `inputs` draws:

    form = parse_form(schemas.ItemIn())
    own = given_by_form(form.pop("f"))
    run_in_transaction(service.change_item, item_id, form, own=own)      # which calls fields.service.set_values

    render_template(..., own=sheet("item", item_id))                      # {{ fields.inputs(own) }}, {{ fields.facts(own) }}

A list whose query has `f = own_fields()` filters by them: `queries.conditions_of(kind, values["f"])`, and for each of the
conditions `Item.id.in_(queries.matching(one))`; `{{ fields.filters(own_filters) }}` draws the form, from `filters(kind)`.
Bodies and answers of the API carry `fields: {code: value}`: `own_fields = OwnValues()` in what comes in, and
`own_fields = OwnValuesOut()` in what goes out, of a record with `own_values` (models.values_of_record).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext
from marshmallow import ValidationError, fields

from wms.fields import queries, service
from wms.fields.queries import fields_of, values_of
from wms.fields.rules.values import CODE, Field, FieldType, Given
from wms.web.forms import Prefixed
from wms.web.i18n import local_name

__all__ = [
    "OwnValues",
    "OwnValuesOut",
    "Sheet",
    "fields_of",
    "filters",
    "given_by_call",
    "given_by_form",
    "own_fields",
    "set_values",
    "sheet",
    "shown",
    "values_of",
]

set_values = service.set_values


def own_fields() -> Prefixed:
    """The fields of a form or query that are the site's own: names that begin with `f.`."""
    return Prefixed()


def given_by_form(values: Mapping[str, str]) -> Given:
    """What a form says: the whole of the active fields, as text."""
    return Given(values=values, is_whole=True)


def given_by_call(values: Mapping[str, Any] | None, *, is_new: bool = False) -> Given:
    """What a call of the API says: only the fields it names, or all of a new record."""
    return Given(values=values or {}, is_json=True, is_whole=is_new)


# -- pages ------------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Line:
    """One field with its value, for a page: `value` as an input holds it, `text` as a reader reads it."""

    field: Field
    value: str
    text: str

    @property
    def name(self) -> str:
        """The name of the input."""
        return f"f.{self.field.code}"

    @property
    def is_link(self) -> bool:
        """Whether the value is an address to go to."""
        return self.field.type is FieldType.LINK and bool(self.value)

    @property
    def choices(self) -> list[tuple[str, str]]:
        """The choices to offer: those in use, and the one that stands."""
        if self.field.type is FieldType.YES_NO:
            return [("yes", gettext("yes")), ("no", gettext("no"))]
        return [
            (one.code, local_name(one)) for one in self.field.choices if one.is_active or one.code == self.value
        ]  # fmt: skip

    @property
    def input_type(self) -> str:
        """What kind of input it is."""
        kinds = {FieldType.YES_NO: "select", FieldType.CHOICE: "select", FieldType.DATE: "date", FieldType.LINK: "url"}
        return kinds.get(self.field.type, "text")

    @property
    def hint(self) -> str:
        """What the field asks beyond its type."""
        one = self.field
        if one.pattern:
            return gettext("In the form %(pattern)s", pattern=one.pattern)
        if one.minimum and one.maximum:
            return gettext("From %(least)s to %(most)s", least=one.minimum, most=one.maximum)
        if one.minimum:
            return gettext("At least %(least)s", least=one.minimum)
        return gettext("At most %(most)s", most=one.maximum) if one.maximum else ""


@dataclass(frozen=True)
class Sheet:
    """The own fields of one record, or of a new one."""

    lines: Sequence[Line]

    def __bool__(self) -> bool:
        return bool(self.lines)


def sheet(kind: str, record: int | None = None) -> Sheet:
    """Give the active fields of a kind of record with the values of one; two statements, one when there are no fields."""
    known = fields_of(kind)
    values = values_of(kind, [record]).get(record, {}) if known and record is not None else {}
    return Sheet([line(one, values.get(one.code)) for one in known])


def line(one: Field, value: Any) -> Line:
    """Dress a value, as `values_of` gives it, for a page."""
    as_input = ("yes" if value else "no") if isinstance(value, bool) else "" if value is None else str(value)
    return Line(one, as_input, shown(one, value))


def shown(one: Field, value: Any) -> str:
    """Say a value, as `values_of` gives it, in the reader's words; blank for none."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if one.type is FieldType.CHOICE:
        choice = one.choice(str(value))
        return local_name(choice) if choice else str(value)
    return f"{value}\u00a0{one.unit}" if one.unit else str(value)


@dataclass(frozen=True)
class Filters:
    """The fields a list may be filtered by, with what is asked now."""

    lines: Sequence[Line]

    @property
    def asked(self) -> list[Line]:
        """The filters in use."""
        return [one for one in self.lines if one.value]

    @property
    def as_query(self) -> dict[str, str]:
        """The filters in use, as values of a link."""
        return {one.name: one.value for one in self.asked}


def filters(kind: str, asked: Mapping[str, str]) -> Filters:
    """Give the filters of a list; one statement."""
    return Filters([_filter(one, asked.get(one.code, "").strip()) for one in fields_of(kind)])


def _filter(one: Field, text: str) -> Line:
    is_choice = one.type in (FieldType.CHOICE, FieldType.YES_NO)
    choice = one.choice(text)
    yes_no = {"yes": gettext("yes"), "no": gettext("no")}.get(text, text)
    said = yes_no if one.type is FieldType.YES_NO else local_name(choice) if choice and is_choice else text
    return Line(one, text, said)


# -- the API ----------------------------------------------------------------------------------------------------------
class OwnValues(fields.Field[dict[str, Any]]):
    """Own fields in a body, under the name `fields`: {"colour": "red"}. null takes a value away; what is not named stays."""

    def __init__(self, **kwargs: Any) -> None:
        named: dict[str, Any] = {"data_key": "fields"} | ({} if kwargs.get("required") else {"load_default": dict})
        super().__init__(**(named | kwargs))

    def document(self) -> dict[str, Any]:
        """Say the form; which codes there are, GET /own-fields tells."""
        return {
            "type": "object",
            "maxProperties": Prefixed.COUNT_MAX,
            "propertyNames": {"pattern": f"^{CODE.pattern}$"},
            "additionalProperties": {"type": ["string", "integer", "boolean", "null"], "maxLength": 500},
            "description": "Own fields of the record by code; see GET /own-fields. Text, dates, decimals, choices and links are "
            "text. null takes a value away.",
        }

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        if not isinstance(value, dict) or len(value) > Prefixed.COUNT_MAX:
            raise ValidationError("bad_own_fields")
        for code, said in value.items():
            is_right = said is None or isinstance(said, bool | int) or (isinstance(said, str) and len(said) <= 500)
            if not isinstance(code, str) or not is_right:
                raise ValidationError("bad_own_fields")
        return value


class OwnValuesOut(fields.Field[Any]):
    """Own fields in an answer: those that have a value, by code. Read off `own_values` of the record, or as a mapping."""

    def __init__(self, **kwargs: Any) -> None:
        named: dict[str, Any] = {"data_key": "fields", "attribute": "own_values"}
        super().__init__(**(named | kwargs))

    def document(self) -> dict[str, Any]:
        """Say the form."""
        return {
            "type": "object",
            "additionalProperties": {"type": ["string", "integer", "boolean"]},
            "description": "Own fields that have a value, by code.",
        }

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        return dict(value) if isinstance(value, Mapping) else queries.plain_values(value or ())


# -- exports ----------------------------------------------------------------------------------------------------------
def headings(own: Iterable[Field]) -> list[str]:
    """The headings of own fields in an export."""
    return [f"{local_name(one)} ({one.unit})" if one.unit else local_name(one) for one in own]


def cells(own: Iterable[Field], values: Mapping[str, Any]) -> list[str]:
    """The cells of a record's own fields in an export, in the order of the headings; units stand in those."""
    found = []
    for one in own:
        value = values.get(one.code)
        is_number = one.type in (FieldType.WHOLE, FieldType.DECIMAL)
        found.append(("" if value is None else str(value)) if is_number else shown(one, value))
    return found
