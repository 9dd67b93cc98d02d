"""What comes in for lot-number rules and suppliers' patterns, from pages and the API, and how they go out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from marshmallow import fields, validate

from wms.catalog import queries as catalog
from wms.catalog.models import ItemClass
from wms.core.errors import FieldErrors
from wms.core.ids import ItemId, PartnerId, WarehouseId
from wms.numbering import queries
from wms.numbering.rules.choice import Trigger
from wms.numbering.rules.elements import ELEMENTS_MAX, DateOf, Element, ElementKind, Reset
from wms.numbering.rules.reading import Meaning
from wms.numbering.service import PatternValues, RuleValues
from wms.web.api import Query
from wms.web.forms import Choice, Day, Exact, Flag, Id, In, Instant, Line, Out, Tick, Whole

SAMPLES_MAX: Final = 200
_SAMPLE_LENGTH: Final = 60


# -- rules ------------------------------------------------------------------------------------------------------------
class _RuleIn(In):
    name = Line(required=True, max_length=80)
    trigger = Choice(Trigger, required=True)
    sku = Line(load_default="", max_length=40, metadata={"description": "Of one item; blank: of any."})
    supplier_code = Line(load_default="", max_length=30, metadata={"description": "From one supplier; blank: any."})
    item_class = Choice(ItemClass, load_default=None, allow_none=True)
    warehouse_code = Line(load_default="", max_length=20, metadata={"description": "In one warehouse; blank: any."})


class RuleFormIn(_RuleIn):
    """A rule as the form sends it: `kind`, `value`, `width`, `reset` and `of` stand once for each line, blank lines count not.

    `do` says what the button asks: save, preview, or more lines.
    """

    is_gapless = Tick()
    is_active = Tick()
    kind = fields.List(Line(max_length=24), load_default=list)
    value = fields.List(Line(max_length=40), load_default=list)
    width = fields.List(Line(max_length=3), load_default=list)
    reset = fields.List(Line(max_length=12), load_default=list)
    of = fields.List(Line(max_length=12), load_default=list)
    do = Line(load_default="save", max_length=12, validate=validate.OneOf(["save", "preview", "more"]))


class ElementIn(In):
    """One part of a number, in order. `value`: the text, the pattern of the date, the item's field, the kind of check."""

    kind = Choice(ElementKind, required=True)
    value = Line(load_default="", max_length=40)
    width = Whole(1, 12, load_default=None, allow_none=True)
    reset = Choice(Reset, load_default=Reset.NEVER)
    of = Choice(DateOf, load_default=DateOf.TODAY)


class LotNumberRuleIn(_RuleIn):
    """A rule as it shall be."""

    elements = fields.List(
        fields.Nested(ElementIn()), required=True, validate=validate.Length(1, ELEMENTS_MAX, error="line_count")
    )
    is_gapless = Flag(load_default=False)
    is_active = Flag(load_default=True)


def rule_of_form(values: Mapping[str, Any]) -> RuleValues:
    """Make the rule of what RuleFormIn loaded. FieldErrors name the field, and the line."""
    return _rule(values, elements_of_form(values))


def rule_of_call(values: Mapping[str, Any]) -> RuleValues:
    """Make the rule of what LotNumberRuleIn loaded."""
    return _rule(values, tuple(Element(**one) for one in values["elements"]))


def elements_of_form(values: Mapping[str, Any]) -> tuple[Element, ...]:
    """Make the elements of the form's lines; FieldErrors name the line that is wrong."""
    made: list[Element] = []
    faults: dict[str, list[str]] = {}
    for n, kind in enumerate(values["kind"][:ELEMENTS_MAX]):
        if not kind:
            continue
        line = len(made) + 1
        width = _at(values["width"], n)
        if kind not in set(ElementKind):
            faults[f"kind {line}"] = ["not_a_choice"]
            continue
        if width and not (width.isascii() and width.isdigit()):
            faults[f"width {line}"] = ["Not a valid integer."]
            continue
        made.append(
            Element(
                kind=ElementKind(kind), value=_at(values["value"], n), width=int(width) if width else None,
                reset=_choice(Reset, _at(values["reset"], n)), of=_choice(DateOf, _at(values["of"], n)),
            )
        )  # fmt: skip
    if faults:
        raise FieldErrors(errors=faults)
    return tuple(made)


def _at(texts: list[str], place: int) -> str:
    return texts[place] if place < len(texts) else ""


def _choice(kind: Any, text: str) -> Any:
    return kind(text) if text in set(kind) else next(iter(kind))


def _rule(values: Mapping[str, Any], elements: tuple[Element, ...]) -> RuleValues:
    return RuleValues(
        name=values["name"],
        trigger=values["trigger"],
        elements=elements,
        item=_item(values["sku"]),
        supplier=_supplier(values["supplier_code"]),
        item_class=values["item_class"],
        warehouse=_warehouse(values["warehouse_code"]),
        is_gapless=values["is_gapless"],
        is_active=values["is_active"],
    )


def _item(sku: str) -> ItemId | None:
    if not sku:
        return None
    found = catalog.find_item(sku)
    if found is None:
        raise FieldErrors(errors={"sku": ["not_found"]})
    return found.id


def _supplier(code: str) -> PartnerId | None:
    if not code:
        return None
    found = queries.find_supplier(code)
    if found is None:
        raise FieldErrors(errors={"supplier_code": ["not_found"]})
    return found


def _warehouse(code: str) -> WarehouseId | None:
    if not code:
        return None
    found = queries.find_warehouse(code)
    if found is None:
        raise FieldErrors(errors={"warehouse_code": ["not_found"]})
    return found


class ElementOut(Out):
    """One part of a number."""

    kind = Choice(ElementKind)
    value = fields.String()
    width = fields.Integer(allow_none=True)
    reset = Choice(Reset)
    of = Choice(DateOf)


class LotNumberRuleOut(Out):
    """How lots get their numbers."""

    id = Id()
    name = fields.String()
    trigger = Choice(Trigger)
    sku = fields.String(attribute="item.sku", allow_none=True, dump_default=None)
    supplier_code = fields.String(attribute="supplier.code", allow_none=True, dump_default=None)
    item_class = Choice(ItemClass, allow_none=True)
    warehouse_code = fields.String(attribute="warehouse.code", allow_none=True, dump_default=None)
    elements = fields.List(fields.Nested(ElementOut()), attribute="parts")
    is_gapless = fields.Boolean()
    is_active = fields.Boolean()
    created_at = Instant()


class LotNumberRulesOut(Out):
    """Every rule."""

    items = fields.List(fields.Nested(LotNumberRuleOut()))


class NumbersOut(Out):
    """The next numbers of a rule; fewer than five where its sequence ends."""

    numbers = fields.List(fields.String())


# -- suppliers' patterns ----------------------------------------------------------------------------------------------
class _PatternIn(In):
    supplier_code = Line(required=True, max_length=30)
    sku = Line(load_default="", max_length=40, metadata={"description": "For one item; blank: for all its goods."})
    template = Line(
        required=True,
        max_length=200,
        metadata={"description": "Such as {Y1}{DDD}{LINE:1}{SHIFT:1}{SEQ:3}{CHECK:mod10}; see docs/lot-numbers.md."},
    )
    meaning = Choice(Meaning, load_default=Meaning.MANUFACTURED)
    shelf_life_months = Whole(1, 1200, load_default=None, allow_none=True)
    shelf_life_days = Whole(1, 36500, load_default=None, allow_none=True)
    note = Line(load_default="", max_length=200)


class PatternFormIn(_PatternIn):
    """A supplier's pattern as the form sends it."""

    is_active = Tick()


class PatternIn(_PatternIn):
    """A supplier's pattern as it shall be. Without a shelf life of its own the item's is taken."""

    is_active = Flag(load_default=True)


def pattern_of(values: Mapping[str, Any]) -> PatternValues:
    """Make the pattern of what PatternFormIn or PatternIn loaded."""
    supplier = _supplier(values["supplier_code"])
    if supplier is None:
        raise FieldErrors(errors={"supplier_code": ["required"]})
    kept = {
        name: values[name]
        for name in ("template", "meaning", "shelf_life_months", "shelf_life_days", "note", "is_active")
    }
    return PatternValues(supplier=supplier, item=_item(values["sku"]), **kept)


class PatternOut(Out):
    """How a supplier writes its lot codes."""

    id = Id()
    supplier_code = fields.String(attribute="supplier.code")
    sku = fields.String(attribute="item.sku", allow_none=True, dump_default=None)
    template = fields.String()
    meaning = Choice(Meaning)
    shelf_life_months = fields.Integer(allow_none=True)
    shelf_life_days = fields.Integer(allow_none=True)
    note = fields.String()
    is_active = fields.Boolean()


class PatternsOut(Out):
    """Every pattern."""

    items = fields.List(fields.Nested(PatternOut()))


# -- reading ----------------------------------------------------------------------------------------------------------
class BenchIn(In):
    """Samples to read: by the patterns of a supplier (and item), or by a template that is tried."""

    supplier_code = Line(load_default="", max_length=30)
    sku = Line(load_default="", max_length=40)
    template = Line(load_default="", max_length=200)
    meaning = Choice(Meaning, load_default=Meaning.MANUFACTURED)
    shelf_life_months = Whole(1, 1200, load_default=None, allow_none=True)
    shelf_life_days = Whole(1, 36500, load_default=None, allow_none=True)
    samples = Exact(load_default="", max_length=8000)


class ReadQuery(Query):
    """A lot code to read by the patterns of its supplier."""

    supplier_code = Line(required=True, max_length=30)
    sku = Line(required=True, max_length=40)
    text = Exact(required=True, max_length=_SAMPLE_LENGTH, validate=validate.Length(1, _SAMPLE_LENGTH))


class TemplateReadIn(In):
    """Samples to read by a template that is tried; nothing is kept."""

    template = Line(required=True, max_length=200)
    meaning = Choice(Meaning, load_default=Meaning.MANUFACTURED)
    shelf_life_months = Whole(1, 1200, load_default=None, allow_none=True)
    shelf_life_days = Whole(1, 36500, load_default=None, allow_none=True)
    samples = fields.List(
        Line(max_length=_SAMPLE_LENGTH), required=True, validate=validate.Length(1, SAMPLES_MAX, error="line_count")
    )


class PartOut(Out):
    """One part of a code: its name in the template, and what stands there."""

    name = fields.String()
    text = fields.String()


class ReadingOut(Out):
    """How one pattern reads a code. `why` is blank when it fits; `needed` and `came` say what stands where something else should."""

    text = fields.String()
    template = fields.String()
    fits = fields.Boolean()
    why = fields.String(
        validate=validate.OneOf(["", "does_not_fit", "check_wrong", "no_such_day", "in_future"]),
    )
    needed = fields.String()
    came = fields.String()
    parts = fields.List(fields.Nested(PartOut()))
    manufactured_on = Day(allow_none=True)
    expires_on = Day(allow_none=True)
    precision = fields.String(validate=validate.OneOf(["", "day", "week", "month"]))
    line = fields.String()
    shift = fields.String()


class ReadingsOut(Out):
    """How a code is read by each pattern, those that fit first; none when the supplier has no pattern."""

    items = fields.List(fields.Nested(ReadingOut()))
