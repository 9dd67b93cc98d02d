"""What comes in from the pages of production and the API: master data, bills of materials, work orders; how they go out."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from marshmallow import fields, validate

from wms.catalog.queries import find_item
from wms.core.errors import BadQuantity, FieldErrors, NotFound
from wms.core.ids import ItemId, ProductionLineId, TeamId
from wms.core.quantity import Quantity
from wms.fields.forms import OwnValues, OwnValuesOut, own_fields
from wms.production.models import ExpiryBy, OutputKind, OutputLotAt, WorkOrderKind, WorkOrderState
from wms.production.queries.order_pages import SORTS
from wms.production.service.boms import Alternate, Beside, BomPlan, Part, Step
from wms.production.service.clearance import POINTS
from wms.production.service.master import LinePlan, MachinePlan, Named, RulePlan, VesselPlan
from wms.production.service.planning import Added, Mended
from wms.web.api import ListQuery
from wms.web.forms import (
    Answers,
    Choice,
    Day,
    Exact,
    Flag,
    Id,
    In,
    Instant,
    Line,
    Note,
    Out,
    QuantityField,
    Tick,
    Whole,
)

_CODE: Final = validate.Regexp(r"^[A-Za-z0-9][A-Za-z0-9._-]*$", error="code_form")
_BASE: Final = {"description": "In base units of the item."}


def item_of(sku: str, *, name: str = "sku") -> ItemId:
    """Give the item of a SKU; FieldErrors naming the field when there is none."""
    found = find_item(sku)
    if found is None:
        raise FieldErrors(errors={name: ["not_found"]})
    return found.id


# -- lines, teams, machines, vessels ----------------------------------------------------------------------------------
class _NamedIn(In):
    name_en = Line(required=True, max_length=120)
    name_zh = Line(load_default="", max_length=120)


class _LineIn(_NamedIn):
    bin_code = Line(
        load_default="", max_length=40,
        metadata={"description": "A bin of the kind production, nobody else's. Blank: a new one, or the one it has."},
    )  # fmt: skip
    output_bin_code = Line(load_default="", max_length=40)


class LineForm(_LineIn):
    """The form of a line."""

    needs_clearance = Tick()
    is_active = Tick()


class NewLineForm(LineForm):
    """The form of a new line."""

    code = Line(required=True, max_length=20, validate=_CODE)


class ProductionLinePut(_LineIn):
    """A line as it shall be."""

    needs_clearance = Flag(load_default=False)
    is_active = Flag(load_default=True)


class ProductionLinePost(ProductionLinePut):
    """A new line."""

    code = Line(required=True, max_length=20, validate=_CODE)


class TeamForm(_NamedIn):
    """The form of a team."""

    is_active = Tick()


class NewTeamForm(TeamForm):
    """The form of a new team."""

    code = Line(required=True, max_length=20, validate=_CODE)


class TeamPut(_NamedIn):
    """A team as it shall be."""

    is_active = Flag(load_default=True)


class TeamPost(TeamPut):
    """A new team."""

    code = Line(required=True, max_length=20, validate=_CODE)


class MachineForm(TeamForm):
    """The form of a machine."""

    line = Id(load_default=None, allow_none=True)


class NewMachineForm(MachineForm):
    """The form of a new machine."""

    code = Line(required=True, max_length=20, validate=_CODE)


class MachinePut(TeamPut):
    """A machine as it shall be."""

    line_id = Id(load_default=None, allow_none=True, metadata={"description": "Its line; null: of none in particular."})


class MachinePost(MachinePut):
    """A new machine."""

    code = Line(required=True, max_length=20, validate=_CODE)


class VesselForm(TeamForm):
    """The form of a vessel."""

    capacity = QuantityField(load_default=None, allow_none=True)


class NewVesselForm(VesselForm):
    """The form of a new vessel."""

    code = Line(required=True, max_length=20, validate=_CODE)
    bin_code = Line(load_default="", max_length=40)


class VesselPut(TeamPut):
    """A vessel as it shall be; its bin is kept for good."""

    capacity = QuantityField(load_default=None, allow_none=True)


class VesselPost(VesselPut):
    """A new vessel; without a bin a new one of its code is made."""

    code = Line(required=True, max_length=20, validate=_CODE)
    bin_code = Line(load_default="", max_length=40)


def line_of(values: Mapping[str, Any], *, code: str = "") -> LinePlan:
    """The line of what a form or body said."""
    return LinePlan(**({"code": code} | dict(values)))


def team_of(values: Mapping[str, Any], *, code: str = "") -> Named:
    """The team of what a form or body said."""
    return Named(**({"code": code} | dict(values)))


def machine_of(values: Mapping[str, Any], *, code: str = "") -> MachinePlan:
    """The machine of what a form or body said."""
    kept = {"code": code} | dict(values)
    line = kept.pop("line", None) or kept.pop("line_id", None)
    kept.pop("line_id", None)
    return MachinePlan(line=ProductionLineId(line) if line is not None else None, **kept)


def vessel_of(values: Mapping[str, Any], *, code: str = "") -> VesselPlan:
    """The vessel of what a form or body said."""
    return VesselPlan(**({"code": code} | dict(values)))


class _NamedOut(Out):
    id = Id()
    code = fields.String()
    name_en = fields.String()
    name_zh = fields.String()
    is_active = fields.Boolean()


class ProductionLineOut(_NamedOut):
    """A production line: what is issued to it stands in its bin, what it makes in its output bin."""

    bin_code = fields.String(attribute="bin.code")
    output_bin_code = fields.String(attribute="output_bin.code")
    needs_clearance = fields.Boolean()


class TeamOut(_NamedOut):
    """A team or shift."""


class MachineOut(_NamedOut):
    """A machine."""

    line_id = Id(allow_none=True)


class VesselOut(_NamedOut):
    """A tank or silo."""

    bin_code = fields.String(attribute="bin.code")
    capacity = QuantityField(allow_none=True)


class ProductionLinesOut(Out):
    """The lines of a warehouse."""

    items = fields.List(fields.Nested(ProductionLineOut))


class TeamsOut(Out):
    """The teams of a warehouse."""

    items = fields.List(fields.Nested(TeamOut))


class MachinesOut(Out):
    """The machines of a warehouse."""

    items = fields.List(fields.Nested(MachineOut))


class VesselsOut(Out):
    """The vessels of a warehouse."""

    items = fields.List(fields.Nested(VesselOut))


# -- rules of items ---------------------------------------------------------------------------------------------------
class _RuleIn(In):
    tolerance_percent = Whole(0, 100, load_default=0)
    expiry_by = Choice(ExpiryBy, load_default=ExpiryBy.OWN_LIFE)
    output_lot_at = Choice(OutputLotAt, load_default=OutputLotAt.FIRST_REPORT)
    over_yield_percent = Whole(0, 1000, load_default=10)
    yield_percent_min = Whole(0, 100, load_default=95)


class RuleForm(_RuleIn):
    """The form of an item's production rule."""

    sku = Line(required=True, max_length=40)
    may_backflush = Tick()
    needs_clearance = Tick()
    is_output_pending = Tick()


class ProductionRulePut(_RuleIn):
    """How an item behaves in production, as component (back-flush, tolerance) and as product (the rest)."""

    may_backflush = Flag(load_default=False)
    needs_clearance = Flag(load_default=False)
    is_output_pending = Flag(load_default=True)


class ProductionRuleOut(Out):
    """How an item behaves in production; of an item nobody said it of, the defaults."""

    item_id = Id()
    may_backflush = fields.Boolean()
    tolerance_percent = fields.Integer()
    expiry_by = Choice(ExpiryBy)
    output_lot_at = Choice(OutputLotAt)
    needs_clearance = fields.Boolean()
    is_output_pending = fields.Boolean()
    over_yield_percent = fields.Integer()
    yield_percent_min = fields.Integer()


class ProductionRuleRowOut(ProductionRuleOut):
    """A production rule in the list."""

    sku = fields.String(attribute="item.sku")


def rule_of(values: Mapping[str, Any]) -> RulePlan:
    """The rule of what a form or body said."""
    return RulePlan(**{name: value for name, value in values.items() if name != "sku"})


# -- bills of materials -----------------------------------------------------------------------------------------------
_PARAMETER: Final = re.compile(
    r"(?P<name>[^\[\];]{1,60}?)\s*(?:\[(?P<unit>[^\[\]]{1,12})\])?\s*(?:(?P<min>-?[0-9.]{1,12})?\.\.(?P<max>-?[0-9.]{1,12})?)?"
)
PARTS_MAX: Final = 200
_STEPS_MAX: Final = 60


class BomsIn(In):
    """The filters of the list of bills of materials."""

    q = Line(load_default="", max_length=100)
    inactive = Tick()
    cursor = Line(load_default="", max_length=500)


class NewBomIn(In):
    """From which version the form of a new one begins, or for which item."""

    sku = Line(load_default="", max_length=40)
    of = Id(load_default=None, allow_none=True)


class BomForm(In):
    """A bill of materials as its form sends it: each column stands once for each line; blank lines are passed over."""

    sku = Line(required=True, max_length=40)
    name = Line(load_default="", max_length=120)
    output_quantity = QuantityField(required=True)
    output_weight = QuantityField(load_default=None, allow_none=True)
    part_sku = fields.List(Line(max_length=40), load_default=list)
    part_quantity = fields.List(Line(max_length=24), load_default=list)
    part_scrap = fields.List(Line(max_length=8), load_default=list)
    part_operation = fields.List(Line(max_length=6), load_default=list)
    part_weight = fields.List(Line(max_length=24), load_default=list)
    part_backflush = fields.List(Line(max_length=3), load_default=list)
    part_alternates = fields.List(Line(max_length=300), load_default=list)
    step_sequence = fields.List(Line(max_length=6), load_default=list)
    step_code = fields.List(Line(max_length=20), load_default=list)
    step_name_en = fields.List(Line(max_length=120), load_default=list)
    step_name_zh = fields.List(Line(max_length=120), load_default=list)
    step_output = fields.List(Line(max_length=40), load_default=list)
    step_quantity = fields.List(Line(max_length=24), load_default=list)
    step_parameters = fields.List(Line(max_length=500), load_default=list)
    beside_sku = fields.List(Line(max_length=40), load_default=list)
    beside_kind = fields.List(Line(max_length=20), load_default=list)
    beside_quantity = fields.List(Line(max_length=24), load_default=list)
    beside_weight = fields.List(Line(max_length=24), load_default=list)
    do = Line(load_default="save", validate=validate.OneOf(["save", "more"], error="not_a_choice"))


def rows_of(values: Mapping[str, Any], prefix: str) -> list[dict[str, str]]:
    """The lines of one table of the form, blank ones left out: {"sku": …, "quantity": …}."""
    names = [name.removeprefix(f"{prefix}_") for name in values if name.startswith(f"{prefix}_")]
    longest = max((len(values[f"{prefix}_{name}"]) for name in names), default=0)
    rows = [
        {
            name: values[f"{prefix}_{name}"][n] if n < len(values[f"{prefix}_{name}"]) else "" for name in names
        }
        for n in range(min(longest, PARTS_MAX))
    ]  # fmt: skip
    return [row for row in rows if any(value for name, value in row.items() if name not in ("kind", "backflush"))]


def bom_of_form(values: Mapping[str, Any]) -> BomPlan:
    """Make the plan of what BomForm loaded; FieldErrors name the column that is wrong."""
    parts = [
        Part(
            item=item_of(row["sku"], name="part_sku"), quantity=_quantity(row["quantity"], "part_quantity"),
            scrap_basis_points=_basis_points(row["scrap"]), operation_sequence=_sequence(row["operation"], "part_operation"),
            is_backflushed=row["backflush"] == "yes", weight=_quantity_or_none(row["weight"], "part_weight"),
            alternates=_alternates(row["alternates"]),
        )
        for row in rows_of(values, "part")
    ]  # fmt: skip
    steps = [
        Step(
            sequence=_sequence(row["sequence"], "step_sequence") or (n * 10), code=row["code"] or f"OP{n * 10}",
            name_en=row["name_en"] or row["code"] or f"OP{n * 10}", name_zh=row["name_zh"],
            output_item=item_of(row["output"], name="step_output") if row["output"] else None,
            output_quantity=_quantity_or_none(row["quantity"], "step_quantity"),
            parameters=tuple(read_parameters(row["parameters"])),
        )
        for n, row in enumerate(rows_of(values, "step"), start=1)
    ]  # fmt: skip
    outputs = [
        Beside(
            item=item_of(row["sku"], name="beside_sku"),
            kind=OutputKind.CO_PRODUCT if row["kind"] == "co_product" else OutputKind.BY_PRODUCT,
            quantity=_quantity_or_none(row["quantity"], "beside_quantity"),
            weight=_quantity_or_none(row["weight"], "beside_weight"),
        )
        for row in rows_of(values, "beside")
    ]  # fmt: skip
    return BomPlan(
        item=item_of(values["sku"]), name=values["name"], output_quantity=values["output_quantity"],
        output_weight=values["output_weight"], parts=tuple(parts), steps=tuple(steps[:_STEPS_MAX]),
        outputs=tuple(outputs),
    )  # fmt: skip


def _quantity(text: str, name: str) -> Quantity:
    try:
        return Quantity.parse(text)
    except BadQuantity:
        raise FieldErrors(errors={name: ["bad_quantity"]}) from None


def _quantity_or_none(text: str, name: str) -> Quantity | None:
    return _quantity(text, name) if text else None


def _basis_points(text: str) -> int:
    """Percent with at most two decimals: 2.5 is 250."""
    try:
        points = Decimal(text or "0") * 100
    except InvalidOperation:
        raise FieldErrors(errors={"part_scrap": ["bad_quantity"]}) from None
    if not points.is_finite() or points != int(points) or not 0 <= points < 10_000:
        raise FieldErrors(errors={"part_scrap": ["out_of_range"]})
    return int(points)


def _sequence(text: str, name: str) -> int | None:
    if not text:
        return None
    if not text.isascii() or not text.isdigit() or not 0 < int(text) < 10_000:
        raise FieldErrors(errors={name: ["out_of_range"]})
    return int(text)


def _alternates(text: str) -> tuple[Alternate, ...]:
    """Read `RYE:1.2, OAT`: SKUs by priority, each with how many of it stand in for one (1 when not said)."""
    found = []
    for word in re.split(r"[,，、]", text):
        if not word.strip():
            continue
        sku, _, factor = word.strip().rpartition(":") if ":" in word else (word.strip(), "", "1")
        found.append(
            Alternate(item=item_of(sku.strip(), name="part_alternates"), factor=_quantity(factor, "part_alternates"))
        )
    return tuple(found)


def read_parameters(text: str) -> list[dict[str, Any]]:
    """Read `Temperature [°C] 180..220; Time [min] ..40`: name, unit, least and most, numbers as text."""
    found = []
    for word in re.split(r"[;；]", text):
        if not word.strip():
            continue
        read = _PARAMETER.fullmatch(word.strip())
        if read is None or not read["name"].strip():
            raise FieldErrors(errors={"step_parameters": ["parameter_form"]})
        bounds = {name: _number(read[name]) for name in ("min", "max")}
        found.append({"name": read["name"].strip(), "unit": (read["unit"] or "").strip(), **bounds})
    return found


def _number(text: str | None) -> str:
    if not text:
        return ""
    try:
        return str(Decimal(text))
    except InvalidOperation:
        raise FieldErrors(errors={"step_parameters": ["parameter_form"]}) from None


def write_parameters(parameters: Sequence[Mapping[str, Any]]) -> str:
    """Write parameters as the form takes them."""
    return "; ".join(
        one["name"]
        + (f" [{one['unit']}]" if one.get("unit") else "")
        + (f" {one.get('min') or ''}..{one.get('max') or ''}" if one.get("min") or one.get("max") else "")
        for one in parameters
    )


def percent(basis_points: int) -> str:
    """Write hundredths of a percent as percent: 250 is 2.5."""
    return format((Decimal(basis_points) / 100).normalize(), "f") if basis_points else ""


class BomAlternateIn(In):
    """Another item that may stand in: so many of its base units for one of the component's."""

    sku = Line(required=True, max_length=40)
    factor = QuantityField(load_default=Quantity.of(1))


class BomParameterIn(In):
    """A process parameter that reports of the operation give; bounds are numbers as text."""

    name = Line(required=True, max_length=60)
    unit = Line(load_default="", max_length=12)
    min = Line(
        load_default="", max_length=12, validate=validate.Regexp(r"^(-?[0-9]+(\.[0-9]+)?)?$", error="not_a_choice")
    )
    max = Line(
        load_default="", max_length=12, validate=validate.Regexp(r"^(-?[0-9]+(\.[0-9]+)?)?$", error="not_a_choice")
    )


class BomPartIn(In):
    """One component, for the output quantity, before scrap."""

    sku = Line(required=True, max_length=40)
    quantity = QuantityField(required=True, metadata=_BASE)
    scrap_basis_points = Whole(
        0, 9999, load_default=0, metadata={"description": "Lost on the way, in hundredths of a percent."}
    )
    operation_sequence = Whole(1, 9999, load_default=None, allow_none=True)
    is_backflushed = Flag(load_default=False)
    weight = QuantityField(
        load_default=None, allow_none=True, metadata={"description": "Kilograms of a base unit, for shares."}
    )
    alternates = fields.List(
        fields.Nested(BomAlternateIn), load_default=list, validate=validate.Length(max=20, error="too_long")
    )


class BomStepIn(In):
    """One operation; with an output item a semi-finished lot comes of it."""

    sequence = Whole(1, 9999, required=True)
    code = Line(required=True, max_length=20)
    name_en = Line(required=True, max_length=120)
    name_zh = Line(load_default="", max_length=120)
    output_sku = Line(load_default="", max_length=40)
    output_quantity = QuantityField(load_default=None, allow_none=True)
    parameters = fields.List(
        fields.Nested(BomParameterIn), load_default=list, validate=validate.Length(max=40, error="too_long")
    )


class BomBesideIn(In):
    """A co-product or by-product."""

    sku = Line(required=True, max_length=40)
    kind = Choice(OutputKind, load_default=OutputKind.BY_PRODUCT)
    quantity = QuantityField(load_default=None, allow_none=True)
    weight = QuantityField(load_default=None, allow_none=True)


class BomIn(In):
    """What `output_quantity` of an item is made of, and by which operations."""

    sku = Line(required=True, max_length=40)
    name = Line(load_default="", max_length=120)
    output_quantity = QuantityField(required=True, metadata=_BASE)
    output_weight = QuantityField(load_default=None, allow_none=True)
    lines = fields.List(
        fields.Nested(BomPartIn), required=True, validate=validate.Length(min=1, max=PARTS_MAX, error="required")
    )
    operations = fields.List(
        fields.Nested(BomStepIn), load_default=list, validate=validate.Length(max=60, error="too_long")
    )
    outputs = fields.List(
        fields.Nested(BomBesideIn), load_default=list, validate=validate.Length(max=60, error="too_long")
    )


class BomUseIn(In):
    """Whether a version is in use."""

    is_active = Flag(required=True)


def bom_of_json(values: Mapping[str, Any]) -> BomPlan:
    """Make the plan of what BomIn loaded."""
    return BomPlan(
        item=item_of(values["sku"]), name=values["name"], output_quantity=values["output_quantity"],
        output_weight=values["output_weight"],
        parts=tuple(
            Part(
                item=item_of(one["sku"]), quantity=one["quantity"], scrap_basis_points=one["scrap_basis_points"],
                operation_sequence=one["operation_sequence"], is_backflushed=one["is_backflushed"], weight=one["weight"],
                alternates=tuple(Alternate(item=item_of(a["sku"]), factor=a["factor"]) for a in one["alternates"]),
            )
            for one in values["lines"]
        ),
        steps=tuple(
            Step(
                sequence=one["sequence"], code=one["code"], name_en=one["name_en"], name_zh=one["name_zh"],
                output_item=item_of(one["output_sku"]) if one["output_sku"] else None,
                output_quantity=one["output_quantity"], parameters=tuple(one["parameters"]),
            )
            for one in values["operations"]
        ),
        outputs=tuple(
            Beside(item=item_of(one["sku"]), kind=one["kind"], quantity=one["quantity"], weight=one["weight"])
            for one in values["outputs"]
        ),
    )  # fmt: skip


class BomAlternateOut(Out):
    """Another item that may stand in."""

    item_id = Id()
    sku = fields.String(attribute="item.sku")
    priority = fields.Integer()
    factor = QuantityField()


class BomPartOut(Out):
    """One component."""

    line = fields.Integer()
    item_id = Id()
    sku = fields.String(attribute="item.sku")
    quantity = QuantityField()
    scrap_basis_points = fields.Integer()
    operation_sequence = fields.Integer(allow_none=True)
    is_backflushed = fields.Boolean()
    weight = QuantityField(allow_none=True)
    alternates = fields.List(fields.Nested(BomAlternateOut))


class BomParameterOut(Out):
    """A process parameter."""

    name = fields.String()
    unit = fields.String()
    min = fields.String()
    max = fields.String()


class BomStepOut(Out):
    """One operation."""

    sequence = fields.Integer()
    code = fields.String()
    name_en = fields.String()
    name_zh = fields.String()
    output_item_id = Id(allow_none=True)
    output_quantity = QuantityField(allow_none=True)
    parameters = fields.List(fields.Nested(BomParameterOut))


class BomBesideOut(Out):
    """A co-product or by-product."""

    line = fields.Integer()
    item_id = Id()
    sku = fields.String(attribute="item.sku")
    kind = Choice(OutputKind)
    quantity = QuantityField(allow_none=True)
    weight = QuantityField(allow_none=True)


class BomRowOut(Out):
    """A bill of materials in the list."""

    id = Id(attribute="bom.id")
    item_id = Id(attribute="bom.item_id")
    sku = fields.String(attribute="bom.item.sku")
    version = fields.Integer(attribute="bom.version")
    name = fields.String(attribute="bom.name")
    output_quantity = QuantityField(attribute="bom.output_quantity")
    is_active = fields.Boolean(attribute="bom.is_active")
    components = fields.Integer()
    operations = fields.Integer()
    work_orders = fields.Integer(attribute="orders")


class BomOut(Out):
    """A bill of materials."""

    id = Id()
    item_id = Id()
    sku = fields.String(attribute="item.sku")
    version = fields.Integer()
    name = fields.String()
    output_quantity = QuantityField()
    output_weight = QuantityField(allow_none=True)
    is_active = fields.Boolean()
    created_at = Instant()
    lines = fields.List(fields.Nested(BomPartOut))
    operations = fields.List(fields.Nested(BomStepOut))
    outputs = fields.List(fields.Nested(BomBesideOut))


class BomsQuery(ListQuery):
    """Which bills of materials."""

    item_id = Id(load_default=None, allow_none=False)
    q = Line(load_default="", max_length=100)
    with_inactive = fields.Boolean(load_default=False)


# -- work orders ------------------------------------------------------------------------------------------------------
class OrdersIn(In):
    """The filters of the list of work orders, as they stand in its URL."""

    q = Line(load_default="", max_length=100)
    state = Line(
        load_default="open",
        validate=validate.OneOf(["", "all", "open", *(s.value for s in WorkOrderState)], error="not_a_choice"),
    )
    line = Id(load_default=None, allow_none=True)
    due = Day(load_default=None, allow_none=True)
    sort = Line(load_default="new", validate=validate.OneOf(["", *SORTS], error="not_a_choice"))
    cursor = Line(load_default="", max_length=500)
    f = own_fields()


class NewOrderQuery(In):
    """What the plan form begins with."""

    sku = Line(load_default="", max_length=40)
    order_line = Id(load_default=None, allow_none=True)
    quantity = QuantityField(load_default=None, allow_none=True)


class _PlanIn(In):
    quantity = QuantityField(required=True, metadata=_BASE)
    due_on = Day(load_default=None, allow_none=True)
    note = Note(load_default="", max_length=500)


class OrderForm(_PlanIn):
    """The form of a planned work order."""

    line = Id(required=True)
    team = Id(load_default=None, allow_none=True)
    order_line = Id(load_default=None, allow_none=True)
    seen = Line(load_default="", max_length=64)
    due_past = Tick()
    f = own_fields()


class NewOrderForm(OrderForm):
    """The form of a new work order."""

    key = Line(required=True, max_length=64)
    sku = Line(required=True, max_length=40)
    bom = Id(load_default=None, allow_none=True)
    number = Line(load_default="", max_length=40)


class NewReworkQuery(In):
    """What the form of a rework begins with."""

    lot = Id(load_default=None, allow_none=True)
    nonconformance = Id(load_default=None, allow_none=True)


class ReworkForm(In):
    """The form of a rework order: one lot, and what is added to it."""

    key = Line(required=True, max_length=64)
    lot = Id(required=True)
    quantity = QuantityField(required=True)
    line = Id(required=True)
    team = Id(load_default=None, allow_none=True)
    nonconformance = Id(load_default=None, allow_none=True)
    due_on = Day(load_default=None, allow_none=True)
    due_past = Tick()
    note = Note(load_default="", max_length=500)
    added_sku = fields.List(Line(max_length=40), load_default=list)
    added_quantity = fields.List(Line(max_length=24), load_default=list)


def answers_of_form(values: Mapping[str, Any]) -> frozenset[str]:
    """The questions of planning that a form answers with yes."""
    return frozenset({"due_past"} if values["due_past"] else ())


def added_of_form(values: Mapping[str, Any]) -> tuple[Added, ...]:
    """What a rework uses beside the goods it mends."""
    return tuple(
        Added(item=item_of(row["sku"], name="added_sku"), quantity=_quantity(row["quantity"], "added_quantity"))
        for row in rows_of(values, "added")
    )


class AlternateForm(In):
    """Let an alternate stand in for what is short."""

    item = Id(required=True)
    quantity = QuantityField(required=True)


class BindForm(In):
    """Bind a lot by hand, by its number."""

    lot_number = Exact(required=True, max_length=60)
    quantity = QuantityField(load_default=None, allow_none=True)


class UnbindForm(In):
    """Which lot to give back; blank: all of the component."""

    lot = Id(load_default=None, allow_none=True)


class ClearForm(In):
    """The points of a line clearance that were done."""

    key = Line(required=True, max_length=64)
    points = fields.List(Line(max_length=20, validate=validate.OneOf(POINTS, error="not_a_choice")), load_default=list)
    note = Note(load_default="", max_length=500)


class FreeForm(In):
    """Why a lot is freed."""

    reason = Line(required=True, max_length=500)


class WorkOrderPut(_PlanIn):
    """A planned work order as it shall be."""

    line_id = Id(required=True)
    team_id = Id(load_default=None, allow_none=True)
    order_line_id = Id(load_default=None, allow_none=True, metadata={"description": "The order line it is made for."})
    own_fields = OwnValues()
    answers = Answers()


class WorkOrderPost(WorkOrderPut):
    """A new work order. Without `bom_id` the newest version in use; without `number` the next of the series."""

    sku = Line(required=True, max_length=40)
    bom_id = Id(load_default=None, allow_none=True)
    number = Line(load_default="", max_length=40)


class ReworkLotIn(In):
    """So much of a lot to be mended."""

    lot_id = Id(required=True)
    quantity = QuantityField(required=True, metadata=_BASE)


class ReworkAddedIn(In):
    """What is added."""

    sku = Line(required=True, max_length=40)
    quantity = QuantityField(required=True, metadata=_BASE)


class ReworkPost(In):
    """A rework order: the lots it mends, and what is added to them."""

    line_id = Id(required=True)
    team_id = Id(load_default=None, allow_none=True)
    nonconformance_id = Id(load_default=None, allow_none=True)
    sku = Line(load_default="", max_length=40, metadata={"description": "What comes out; blank: the item of the lots."})
    quantity = QuantityField(
        load_default=None, allow_none=True, metadata={"description": "How much comes out; null: as much as goes in."}
    )
    lots = fields.List(
        fields.Nested(ReworkLotIn), required=True, validate=validate.Length(min=1, max=50, error="required")
    )
    added = fields.List(
        fields.Nested(ReworkAddedIn), load_default=list, validate=validate.Length(max=50, error="too_long")
    )
    due_on = Day(load_default=None, allow_none=True)
    number = Line(load_default="", max_length=40)
    note = Note(load_default="", max_length=500)
    answers = Answers()


def mended_of(values: Mapping[str, Any]) -> tuple[Mended, ...]:
    """The lots of a rework order."""
    return tuple(Mended(lot=one["lot_id"], quantity=one["quantity"]) for one in values["lots"])


class UseAlternateIn(In):
    """So much of a component's need, in its own base units, is to come from another item that the BOM allows."""

    sku = Line(required=True, max_length=40)
    quantity = QuantityField(required=True)


class BindIn(In):
    """Bind a lot; without a quantity as much as is short."""

    lot_id = Id(required=True)
    quantity = QuantityField(load_default=None, allow_none=True, metadata=_BASE)


class UnbindIn(In):
    """Give bindings back: of one component, of one lot; without either, all."""

    component_id = Id(load_default=None, allow_none=True)
    lot_id = Id(load_default=None, allow_none=True)


class ClearIn(In):
    """Every point of the clearance, as done."""

    points = fields.List(
        Line(max_length=20, validate=validate.OneOf(POINTS, error="not_a_choice")), required=True,
        metadata={"description": "All of: " + ", ".join(POINTS) + "."},
    )  # fmt: skip
    note = Note(load_default="", max_length=500)


class WorkOrdersQuery(ListQuery):
    """Which work orders. ?f.code=value filters by an own field."""

    state = Choice(WorkOrderState, load_default=None, allow_none=False)
    line_id = Id(load_default=None, allow_none=False)
    item_id = Id(load_default=None, allow_none=False)
    due_on_max = Day(load_default=None, allow_none=False)
    q = Line(load_default="", max_length=100)
    f = own_fields()


class WorkOrderOut(Out):
    """A work order."""

    id = Id()
    number = fields.String()
    kind = Choice(WorkOrderKind)
    state = Choice(WorkOrderState)
    item_id = Id()
    sku = fields.String(attribute="item.sku")
    bom_id = Id(allow_none=True)
    quantity = QuantityField()
    line_id = Id()
    line_code = fields.String(attribute="line.code")
    team_id = Id(allow_none=True)
    lot_id = Id(allow_none=True)
    lot_number = fields.String(attribute="lot.number", allow_none=True, dump_default=None)
    nonconformance_id = Id(allow_none=True)
    made_for_kind = fields.String(attribute="pegged_kind")
    made_for_id = Id(attribute="pegged_id", allow_none=True)
    due_on = Day(allow_none=True)
    note = fields.String()
    created_at = Instant()
    released_at = Instant(allow_none=True)
    completed_at = Instant(allow_none=True)
    closed_at = Instant(allow_none=True)
    own_fields = OwnValuesOut()


class WorkOrderBindingOut(Out):
    """A lot that is bound to a component, and where it stands."""

    claim_id = Id(attribute="claim.id")
    lot_id = Id(attribute="row.lot")
    lot_number = fields.String(attribute="row.lot_number")
    bin_code = fields.String(attribute="row.bin_code")
    lpn_code = fields.String(attribute="row.lpn_code")
    quantity = QuantityField(attribute="claim.quantity")


class LotUsedOut(Out):
    """A lot that went into what was made; the quantity is zero where it was left in a vessel and is a source all the same."""

    lot_id = Id(attribute="lot.id")
    lot_number = fields.String(attribute="lot.number")
    quantity = QuantityField()


class LotMadeOut(Out):
    """A lot that an order made, or is to make."""

    lot_id = Id(attribute="id")
    lot_number = fields.String(attribute="number")


class WorkOrderComponentOut(Out):
    """One component: needed with scrap, bound, issued (less returned), used, short; alternates when it is short."""

    id = Id(attribute="component.id")
    line = fields.Integer(attribute="component.line")
    item_id = Id(attribute="component.item_id")
    sku = fields.String(attribute="component.item.sku")
    needed = QuantityField(attribute="component.quantity")
    bound = QuantityField(attribute="want.bound")
    issued = QuantityField(attribute="want.issued")
    consumed = QuantityField(attribute="balance.consumed")
    drawn = QuantityField(attribute="balance.drawn", metadata={"description": "Drawn from vessels: used too."})
    scrapped = QuantityField(attribute="balance.scrapped")
    short = QuantityField()
    operation_sequence = fields.Integer(attribute="component.operation_sequence")
    is_backflushed = fields.Boolean(attribute="component.is_backflushed")
    replaces_id = Id(attribute="component.replaces_id", allow_none=True)
    lot_id = Id(attribute="component.lot_id", allow_none=True)
    bindings = fields.List(fields.Nested(WorkOrderBindingOut))
    lots_used = fields.List(fields.Nested(LotUsedOut), attribute="used")
    alternates = fields.List(fields.Nested(BomAlternateOut))


class ClearanceOut(Out):
    """A line clearance."""

    cleared_by = Id()
    cleared_at = Instant()
    checked_by = Id(allow_none=True)
    checked_at = Instant(allow_none=True)
    note = fields.String()


class PegOut(Out):
    """A lot that is made for a demand, and until when it was."""

    lot_id = Id()
    lot_number = fields.String(attribute="lot.number")
    demand_kind = fields.String()
    demand_id = Id()
    made_for = fields.String(metadata={"description": "The number of the order."})
    work_order_id = Id(attribute="document_id", allow_none=True)
    made_at = Instant()
    freed_at = Instant(allow_none=True)
    free_reason = fields.String()


class PegsOut(Out):
    """The pegs of a lot, the newest first; at most one is not freed."""

    items = fields.List(fields.Nested(PegOut))


class WorkOrderViewOut(WorkOrderOut):
    """A work order with components, operations, lots made for its order, clearance."""

    made = QuantityField(metadata={"description": "How much of the product its reports have made."})
    lots_made = fields.List(fields.Nested(LotMadeOut))
    needs_clearance = fields.Boolean()
    clearance = fields.Nested(ClearanceOut, allow_none=True)
    components = fields.List(fields.Nested(WorkOrderComponentOut))
    operations = fields.List(fields.Nested(BomStepOut))
    pegs = fields.List(fields.Nested(PegOut))


def team_id(value: int | None) -> TeamId | None:
    """A team's id, or none."""
    return TeamId(value) if value is not None else None


def not_found(kind: str, text: Any) -> NotFound:
    """The refusal for a record that is not there."""
    return NotFound(kind=kind, text=str(text))
