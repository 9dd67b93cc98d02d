"""What comes in from the setup page of own fields and the API, and how definitions go out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import fields, validate

from wms.core.errors import FieldErrors
from wms.fields.rules.values import CHOICES_MAX, CODE, RECORD_KINDS, Choice, FieldType
from wms.web.api import Query
from wms.web.forms import Choice as OneOfEnum
from wms.web.forms import Flag, Id, In, Line, Out, Tick, Whole

_kind = validate.OneOf(RECORD_KINDS, error="not_a_choice")
_code = validate.Regexp(rf"\A{CODE.pattern}\Z", error="field_code_form")


# -- the page ---------------------------------------------------------------------------------------------------------
class NewOwnFieldQuery(In):
    """For which kind of record a field is to be defined."""

    record_kind = Line(load_default="item", validate=_kind)


class OwnFieldIn(In):
    """What may be changed of a field; the choices stand in four lists, blank lines are passed over."""

    name_en = Line(required=True, max_length=80)
    name_zh = Line(load_default="", max_length=80)
    type = OneOfEnum(FieldType, required=True)
    unit = Line(load_default="", max_length=12)
    is_required = Tick()
    minimum = Line(load_default="", max_length=24)
    maximum = Line(load_default="", max_length=24)
    pattern = Line(load_default="", max_length=200)
    position = Whole(0, 9999, load_default=0)
    is_active = Tick()
    choice_code = fields.List(Line(max_length=30), load_default=list)
    choice_en = fields.List(Line(max_length=80), load_default=list)
    choice_zh = fields.List(Line(max_length=80), load_default=list)
    choice_use = fields.List(Line(max_length=3), load_default=list)


class NewOwnFieldIn(OwnFieldIn):
    """A new field: for which kind of record, and by which code; both are kept for good."""

    record_kind = Line(required=True, validate=_kind)
    code = Line(required=True, max_length=30, validate=_code)


def of_form(values: dict[str, Any]) -> dict[str, Any]:
    """Make the values of the verb of what the form loaded."""
    lists = [values.pop(name) for name in ("choice_code", "choice_en", "choice_zh", "choice_use")]
    if len({len(one) for one in lists}) != 1:
        raise FieldErrors(errors={"choices": ["blank"]})
    choices = tuple(
        Choice(code=code, name_en=name_en, name_zh=name_zh, is_active=use != "no")
        for code, name_en, name_zh, use in zip(*lists, strict=True)
        if code or name_en or name_zh
    )
    return values | {"choices": choices if values["type"] is FieldType.CHOICE else ()}


# -- the API ----------------------------------------------------------------------------------------------------------
class OwnFieldsQuery(Query):
    """Of which kind of record to list the fields; left out: of all."""

    record_kind = fields.String(load_default=None, allow_none=False, validate=_kind)


class OwnFieldChoiceIn(In):
    """One choice: its code is what values hold."""

    code = Line(
        required=True, max_length=30, validate=validate.Regexp(r"\A[A-Za-z0-9][A-Za-z0-9_.-]*\Z", error="code_form")
    )
    name_en = Line(required=True, max_length=80)
    name_zh = Line(load_default="", max_length=80)
    is_active = Flag(load_default=True)


class OwnFieldPut(In):
    """A field as it shall be: the whole of what may be changed."""

    name_en = Line(required=True, max_length=80)
    name_zh = Line(load_default="", max_length=80)
    type = OneOfEnum(FieldType, required=True)
    unit = Line(load_default="", max_length=12)
    is_required = Flag(required=True)
    minimum = Line(load_default="", max_length=24, metadata={"description": "As a value of the field; blank for none."})
    maximum = Line(load_default="", max_length=24, metadata={"description": "As a value of the field; blank for none."})
    pattern = Line(load_default="", max_length=200)
    position = Whole(0, 9999, load_default=0)
    is_active = Flag(required=True)
    choices = fields.List(
        fields.Nested(OwnFieldChoiceIn()), load_default=list, validate=validate.Length(max=CHOICES_MAX, error="field_choice_count")
    )  # fmt: skip


class OwnFieldPost(OwnFieldPut):
    """A new field."""

    record_kind = fields.String(required=True, validate=_kind)
    code = Line(required=True, max_length=30, validate=_code)
    is_required = Flag(load_default=False)
    is_active = Flag(load_default=True)


def of_call(values: Mapping[str, Any]) -> dict[str, Any]:
    """Make the values of the verb of what a body says."""
    return {**values, "choices": tuple(Choice(**one) for one in values["choices"])}


class OwnFieldChoiceOut(Out):
    """One choice of a field."""

    code = fields.String()
    name_en = fields.String()
    name_zh = fields.String()
    is_active = fields.Boolean()


class OwnFieldOut(Out):
    """An own field. Values of type whole are numbers, of yes_no true or false, of all others text."""

    id = Id()
    record_kind = fields.String(validate=validate.OneOf(RECORD_KINDS))
    code = fields.String()
    name_en = fields.String()
    name_zh = fields.String()
    type = OneOfEnum(FieldType)
    unit = fields.String()
    is_required = fields.Boolean()
    minimum = fields.String()
    maximum = fields.String()
    pattern = fields.String()
    choices = fields.List(fields.Nested(OwnFieldChoiceOut()))
    position = fields.Integer()
    is_active = fields.Boolean()


class OwnFieldsOut(Out):
    """Own fields, by kind of record and in the order of the form."""

    items = fields.List(fields.Nested(OwnFieldOut()))
