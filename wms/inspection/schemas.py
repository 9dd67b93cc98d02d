"""What comes in from the pages of inspection and the API, the commands it becomes, and how records go out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from marshmallow import ValidationError, fields, validate

from wms.catalog import queries as catalog
from wms.core.errors import FieldErrors, NotFound
from wms.core.ids import UserId
from wms.core.quantity import Quantity
from wms.fields.forms import OwnValues, OwnValuesOut, own_fields
from wms.inspection import queries
from wms.inspection.models import (
    CharacteristicKind,
    DefectClass,
    InspectionState,
    Level,
    PlanState,
    SampleKind,
    SampleState,
    Sampling,
    Severity,
    Stage,
    Verdict,
)
from wms.inspection.queries import InspectionFilter
from wms.inspection.rules import tables
from wms.inspection.rules.standing import Trust
from wms.web.api import ListQuery
from wms.web.forms import Choice, Day, Flag, Id, In, Instant, Line, Note, Out, QuantityField, Secret, Tick, Whole

#: A form of a plan has so many lines for characteristics; the API takes more.
LINES: Final = 12
LINES_MAX: Final = 60
ENTRIES_MAX: Final = 500
_FIGURE: Final = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,10})?")
_PERCENT: Final = re.compile(r"[1-9][0-9]?(\.[0-9]{1,4})?|0\.[0-9]{0,3}[1-9]0{0,3}|100")
_CODE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,29}")


class Figure(fields.String):
    """A figure as text, exact: digits with an optional sign and point. In a form (`of_form`) a blank is None."""

    shape: re.Pattern[str] = _FIGURE
    fault = "bad_measure"

    def __init__(self, *, of_form: bool = False, **kwargs: Any) -> None:
        self.of_form = of_form
        super().__init__(**kwargs)

    def document(self) -> dict[str, Any]:
        """Say the digits."""
        return {"pattern": f"^({self.shape.pattern})$", "examples": ["9.8", "12"]}

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        if value == "" and self.of_form:
            return None
        if not isinstance(value, str) or not self.shape.fullmatch(value):
            raise ValidationError(self.fault)
        return Decimal(value)

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        return None if value is None else format(value, "f")


class Percent(Figure):
    """A percentage as text, above 0 and up to 100."""

    shape = _PERCENT
    fault = "bad_percent"

    def document(self) -> dict[str, Any]:
        """Say the digits; 0 itself is refused."""
        return super().document() | {"examples": ["5", "0.65"]}


class Aql(fields.String):
    """An AQL of the standard in percent nonconforming, as it is written there. In a form (`of_form`) a blank is None."""

    def __init__(self, *, of_form: bool = False, **kwargs: Any) -> None:
        self.of_form = of_form
        super().__init__(**kwargs)

    def document(self) -> dict[str, Any]:
        """Say the list."""
        return {"enum": [*tables.PERCENT_AQLS, *([None] if self.allow_none else [])]}

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        if value == "" and self.of_form:
            return None
        if not isinstance(value, str) or value not in tables.PERCENT_AQLS:
            raise ValidationError("not_an_aql")
        return Decimal(value)

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        return None if value is None else format(value, "f")


# -- plans: what comes in ---------------------------------------------------------------------------------------------
class PlanCharacteristicIn(In):
    """One thing to find out. A measure needs a smallest or a largest value, a choice its choices and which are good."""

    name_en = Line(required=True, max_length=160)
    name_zh = Line(load_default="", max_length=160)
    kind = Choice(CharacteristicKind, required=True)
    defect_class = Choice(DefectClass, required=True)
    unit = Line(load_default="", max_length=20)
    minimum = Figure(load_default=None, allow_none=True)
    target = Figure(load_default=None, allow_none=True)
    maximum = Figure(load_default=None, allow_none=True)
    choices = fields.List(Line(max_length=60), load_default=list, validate=validate.Length(max=30, error="line_count"))
    accepted_choices = fields.List(
        Line(max_length=60), load_default=list, validate=validate.Length(max=30, error="line_count")
    )
    method = Note(load_default="", max_length=500)


class _PlanIn(In):
    name_en = Line(required=True, max_length=160)
    name_zh = Line(load_default="", max_length=160)
    sku = Line(load_default="", max_length=40, metadata={"description": "Blank: for every item."})
    supplier = Line(
        load_default="", max_length=30, metadata={"description": "Code of the supplier; blank: of every one."}
    )
    stage = Choice(Stage, required=True)
    sampling = Choice(Sampling, required=True)
    level = Choice(Level, load_default=Level.GENERAL_2)
    aql_critical = Aql(load_default=None, allow_none=True)
    aql_major = Aql(load_default=None, allow_none=True)
    aql_minor = Aql(load_default=None, allow_none=True)
    limiting_quality = Percent(load_default=None, allow_none=True)
    fixed_size = Whole(1, 100_000, load_default=None, allow_none=True)
    unit_quantity = QuantityField(
        load_default=Quantity.of(1), metadata={"description": "Base units in one unit that is looked at."}
    )
    test_quantity = QuantityField(load_default=Quantity(0), zero_allowed=True)
    retained_quantity = QuantityField(load_default=Quantity(0), zero_allowed=True)
    retained_months = Whole(0, 600, load_default=12)
    due_hours = Whole(1, 8760, load_default=24)
    note = Note(load_default="", max_length=500)


class InspectionPlanIn(_PlanIn):
    """A plan with its characteristics."""

    is_second_person = Flag(load_default=True, metadata={"description": "Who took the goods in does not inspect them."})
    characteristics = fields.List(
        fields.Nested(PlanCharacteristicIn()),
        required=True,
        validate=validate.Length(min=1, max=LINES_MAX, error="line_count"),
    )


class NewInspectionPlanIn(InspectionPlanIn):
    """The first version of a plan."""

    code = fields.String(required=True, validate=validate.Regexp(f"^{_CODE.pattern}$", error="code_form"))


class PlanForm(_PlanIn):
    """A plan as its form sends it: each field of a characteristic stands once for each line, blank lines are passed over."""

    is_second_person = Tick()
    aql_critical = Aql(load_default=None, allow_none=True, of_form=True)
    aql_major = Aql(load_default=None, allow_none=True, of_form=True)
    aql_minor = Aql(load_default=None, allow_none=True, of_form=True)
    limiting_quality = Percent(load_default=None, allow_none=True, of_form=True)
    c_name_en = fields.List(Line(max_length=160), load_default=list)
    c_name_zh = fields.List(Line(max_length=160), load_default=list)
    c_kind = fields.List(Line(max_length=24), load_default=list)
    c_defect_class = fields.List(Line(max_length=24), load_default=list)
    c_unit = fields.List(Line(max_length=20), load_default=list)
    c_minimum = fields.List(Line(max_length=30), load_default=list)
    c_target = fields.List(Line(max_length=30), load_default=list)
    c_maximum = fields.List(Line(max_length=30), load_default=list)
    c_choices = fields.List(Line(max_length=500), load_default=list)
    c_accepted_choices = fields.List(Line(max_length=500), load_default=list)
    c_method = fields.List(Line(max_length=500), load_default=list)


class NewPlanForm(PlanForm):
    """The form of a new plan."""

    code = fields.String(required=True, validate=validate.Regexp(f"^{_CODE.pattern}$", error="code_form"))


def lines_of_form(values: dict[str, Any]) -> list[dict[str, Any]]:
    """Take the characteristics out of a form's values, and read each; FieldErrors name the line that is wrong."""
    columns = {name[2:]: values.pop(name) for name in list(values) if name.startswith("c_")}
    found: list[dict[str, Any]] = []
    errors: dict[str, Any] = {}
    for n in range(min(len(columns["name_en"]), LINES_MAX)):
        line: dict[str, Any] = {name: column[n] if n < len(column) else "" for name, column in columns.items()}
        if not line["name_en"]:
            continue
        for name in ("choices", "accepted_choices"):
            line[name] = [part.strip() for part in re.split(r"[,，、;；]", line[name]) if part.strip()]
        for name in ("minimum", "target", "maximum"):
            line[name] = line[name].replace(",", ".") or None
        try:
            found.append(PlanCharacteristicIn().load(line))
        except ValidationError as wrong:
            errors |= {f"{field} {n + 1}": faults for field, faults in wrong.normalized_messages().items()}
    if errors:
        raise FieldErrors(errors=errors)
    return found


def plan_values(values: dict[str, Any]) -> dict[str, Any]:
    """Turn the codes of item and supplier into ids; NotFound."""
    sku, code = values.pop("sku"), values.pop("supplier")
    item = catalog.find_item(sku) if sku else None
    if sku and item is None:
        raise NotFound(kind="item", text=sku)
    supplier = queries.find_supplier(code) if code else None
    if code and supplier is None:
        raise NotFound(kind="supplier", text=code)
    return values | {"item_id": item.id if item else None, "supplier_id": supplier.id if supplier else None}


class PlansIn(In):
    """The filters of the list of plans."""

    q = Line(load_default="", max_length=30)
    state = Line(load_default="", validate=validate.OneOf(["", *(s.value for s in PlanState)], error="not_a_choice"))
    stage = Line(load_default="", validate=validate.OneOf(["", *(s.value for s in Stage)], error="not_a_choice"))
    cursor = Line(load_default="", max_length=500)


class PlansQuery(ListQuery):
    """Which plans to list."""

    code = Line(max_length=30, load_default="", metadata={"description": "The beginning of its code."})
    state = Choice(PlanState, load_default=None, allow_none=False)
    stage = Choice(Stage, load_default=None, allow_none=False)
    item_id = Id(load_default=None, allow_none=False)
    supplier_id = Id(load_default=None, allow_none=False)


# -- inspections: what comes in ---------------------------------------------------------------------------------------
class QueueIn(In):
    """The filters of the queue."""

    state = Line(
        load_default="",
        validate=validate.OneOf(["", "late", "mine", *(s.value for s in InspectionState)], error="not_a_choice"),
    )
    stage = Line(load_default="", validate=validate.OneOf(["", *(s.value for s in Stage)], error="not_a_choice"))
    supplier = Id(load_default=None, allow_none=True)
    lot = Id(load_default=None, allow_none=True)
    cursor = Line(load_default="", max_length=500)


def queue_filter(values: Mapping[str, Any], *, actor: UserId, at: datetime) -> InspectionFilter:
    """Say what the queue shows under these filters; `mine` is what the actor has in hand."""
    state = values["state"]
    is_own = state in ("", "late", "mine")
    return InspectionFilter(
        states=queries.UNDONE if is_own else (InspectionState(state),),
        stage=Stage(values["stage"]) if values["stage"] else None,
        supplier=values["supplier"],
        lot=values["lot"],
        inspector=actor if state == "mine" else None,
        late_at=at if state == "late" else None,
    )


class InspectionsQuery(ListQuery):
    """Which inspections to list; by default those that wait."""

    state = Choice(InspectionState, load_default=None, allow_none=False)
    is_late = fields.Boolean(load_default=False, truthy={"true"}, falsy={"false"})
    stage = Choice(Stage, load_default=None, allow_none=False)
    item_id = Id(load_default=None, allow_none=False)
    lot_id = Id(load_default=None, allow_none=False)
    supplier_id = Id(load_default=None, allow_none=False)


class NewIn(In):
    """What the form of a new inspection begins with."""

    lot = Id(load_default=None, allow_none=True)


class OpenInspectionIn(In):
    """Look at goods of a lot: all that stands here, or a quantity, or what stands in a bin or on an LPN."""

    lot_id = Id(required=True)
    stage = Choice(Stage, required=True)
    bin_code = Line(load_default=None, allow_none=True, max_length=40)
    lpn_code = Line(load_default=None, allow_none=True, max_length=30)
    quantity = QuantityField(load_default=None, allow_none=True)
    plan_id = Id(load_default=None, allow_none=True, metadata={"description": "Null: the most specific active plan."})


class InspectionTrancheIn(In):
    """Take part of an inspection lot out as a lot of its own."""

    quantity = QuantityField(required=True)
    bin_code = Line(load_default=None, allow_none=True, max_length=40)
    lpn_code = Line(load_default=None, allow_none=True, max_length=30)
    note = Note(load_default="", max_length=500)


class InspectionEntryIn(In):
    """What was found of one characteristic on some sample units."""

    characteristic = Whole(1, LINES_MAX, required=True)
    unit_first = Whole(1, 10_000_000, load_default=1)
    unit_last = Whole(
        1, 10_000_000, load_default=None, allow_none=True,
        metadata={"description": "Null: one unit. A figure is of one unit."},
    )  # fmt: skip
    value = Line(
        required=True, max_length=120,
        metadata={"description": "A figure as text, one of the choices, or `pass` or `fail`."},
    )  # fmt: skip
    note = Note(load_default="", max_length=500)


class InspectionResultsIn(In):
    """Results; each replaces what stood for its units."""

    results = fields.List(
        fields.Nested(InspectionEntryIn()),
        required=True,
        validate=validate.Length(min=1, max=ENTRIES_MAX, error="line_count"),
    )


class CloseInspectionIn(In):
    """The verdict on an inspection lot."""

    verdict = Choice(Verdict, required=True)
    note = Note(load_default="", max_length=500, metadata={"description": "Asked for against what the numbers say."})
    rejected_quantity = QuantityField(
        load_default=None, allow_none=True, zero_allowed=True,
        metadata={"description": "For `sorted`: how much of it is bad, in the base unit."},
    )  # fmt: skip


class InspectionReasonIn(In):
    """Why."""

    note = Note(required=True, max_length=500)


# -- samples: what comes in -------------------------------------------------------------------------------------------
class SamplesIn(In):
    """The filters of the list of samples."""

    kind = Line(load_default="", validate=validate.OneOf(["", *(s.value for s in SampleKind)], error="not_a_choice"))
    state = Line(
        load_default="kept", validate=validate.OneOf(["", "due", *(s.value for s in SampleState)], error="not_a_choice")
    )
    cursor = Line(load_default="", max_length=500)


class SamplesQuery(ListQuery):
    """Which samples to list; by default those that are kept."""

    kind = Choice(SampleKind, load_default=None, allow_none=False)
    state = Choice(SampleState, load_default=SampleState.KEPT)
    lot_id = Id(load_default=None, allow_none=False)
    inspection_id = Id(load_default=None, allow_none=False)
    is_due = fields.Boolean(
        load_default=False, truthy={"true"}, falsy={"false"},
        metadata={"description": "Only those whose last day has passed."},
    )  # fmt: skip


class NewSampleIn(In):
    """What the form of a new sample begins with."""

    lot = Id(load_default=None, allow_none=True)
    inspection = Id(load_default=None, allow_none=True)


class SampleForm(In):
    """Draw a sample, from the page."""

    key = Line(required=True, max_length=64)
    balance = Id(required=True)
    kind = Choice(SampleKind, required=True)
    quantity = QuantityField(required=True)
    inspection = Id(load_default=None, allow_none=True)
    keep_until = Day(load_default=None, allow_none=True)
    note = Note(load_default="", max_length=500)


class DrawSampleIn(In):
    """Draw part of a balance as a sample."""

    balance_id = Id(required=True)
    kind = Choice(SampleKind, required=True)
    quantity = QuantityField(required=True)
    bin_code = Line(
        load_default=None, allow_none=True, max_length=40,
        metadata={"description": "A bin for samples; null: the first of this warehouse."},
    )  # fmt: skip
    inspection_id = Id(load_default=None, allow_none=True)
    keep_until = Day(
        load_default=None, allow_none=True,
        metadata={"description": "For a retained sample; null: the lot's last good day and the plan's months."},
    )  # fmt: skip
    note = Note(load_default="", max_length=500)


class UseForm(In):
    """Use a sample up, from the page."""

    key = Line(required=True, max_length=64)
    quantity = QuantityField(required=True)
    note = Note(required=True, max_length=500)


class UseSampleIn(In):
    """Use a sample up in the test, all or part of it."""

    quantity = QuantityField(required=True)
    note = Note(required=True, max_length=500)


class DestroyForm(In):
    """Destroy a sample, from the page."""

    key = Line(required=True, max_length=64)
    note = Note(required=True, max_length=500)


# -- suppliers: what comes in -----------------------------------------------------------------------------------------
class SuppliersIn(In):
    """The filters of the list of suppliers."""

    q = Line(load_default="", max_length=100)
    cursor = Line(load_default="", max_length=500)


class SuppliersQuery(ListQuery):
    """Which suppliers to list."""

    q = Line(
        load_default="", max_length=100, metadata={"description": "The beginning of its code, a part of its name."}
    )


class StandingQuery(In):
    """Of which item; without one of all."""

    warehouse = Line(max_length=20)
    item_id = Id(load_default=None, allow_none=False)


class LiftForm(In):
    """Lift a stop, with the password again."""

    note = Note(required=True, max_length=500)
    password = Secret(required=True)


class ReducedForm(In):
    """Allow reduced inspection, or take it back."""

    allowed = Line(required=True, validate=validate.OneOf(["1", "0"], error="not_a_choice"))
    note = Note(required=True, max_length=500)


class ReducedIn(In):
    """Allow reduced inspection, or take it back."""

    is_allowed = Flag(required=True)
    note = Note(required=True, max_length=500)


# -- what goes out ----------------------------------------------------------------------------------------------------
class PlanCharacteristicOut(Out):
    """One thing to find out."""

    sequence = fields.Integer()
    name_en = fields.String()
    name_zh = fields.String()
    kind = fields.Enum(CharacteristicKind, by_value=True)
    defect_class = fields.Enum(DefectClass, by_value=True)
    unit = fields.String()
    minimum = Figure(allow_none=True)
    target = Figure(allow_none=True)
    maximum = Figure(allow_none=True)
    choices = fields.List(fields.String())
    accepted_choices = fields.List(fields.String())
    method = fields.String()


class InspectionPlanOut(Out):
    """One version of a plan."""

    id = Id()
    code = fields.String()
    version = fields.Integer()
    state = fields.Enum(PlanState, by_value=True)
    name_en = fields.String()
    name_zh = fields.String()
    item_id = Id(allow_none=True)
    sku = fields.String(attribute="item.sku", dump_default=None, allow_none=True)
    supplier_id = Id(allow_none=True)
    supplier = fields.String(attribute="supplier.code", dump_default=None, allow_none=True)
    stage = fields.Enum(Stage, by_value=True)
    sampling = fields.Enum(Sampling, by_value=True)
    level = fields.Enum(Level, by_value=True)
    aql_critical = Aql(allow_none=True)
    aql_major = Aql(allow_none=True)
    aql_minor = Aql(allow_none=True)
    limiting_quality = Figure(allow_none=True)
    fixed_size = fields.Integer(allow_none=True)
    unit_quantity = QuantityField()
    test_quantity = QuantityField()
    retained_quantity = QuantityField()
    retained_months = fields.Integer()
    due_hours = fields.Integer()
    is_second_person = fields.Boolean()
    note = fields.String()
    made_at = Instant()
    activated_at = Instant(allow_none=True)
    characteristics = fields.List(fields.Nested(PlanCharacteristicOut()))


class DefectClassOut(Out):
    """One class of defects: what was found against what may be."""

    defect_class = fields.String()
    size = fields.Integer(metadata={"description": "So many units are looked at."})
    accept = fields.Integer()
    reject = fields.Integer()
    found = fields.Integer(metadata={"description": "Units found bad so far."})
    looked_at = fields.Integer()


class InspectionReasonOut(Out):
    """One step of an explanation: its code, and the sentence in the language of the call."""

    code = fields.String()
    text = fields.String()


class InspectionOut(Out):
    """An inspection lot as the queue shows it."""

    id = Id(attribute="inspection.id")
    number = fields.String(attribute="inspection.number")
    warehouse_id = Id(attribute="inspection.warehouse_id")
    stage = fields.Enum(Stage, by_value=True, attribute="inspection.stage")
    state = fields.Enum(InspectionState, by_value=True, attribute="inspection.state")
    item_id = Id(attribute="inspection.item_id")
    sku = fields.String(attribute="inspection.item.sku")
    lot_id = Id(attribute="inspection.lot_id")
    lot_number = fields.String(attribute="inspection.lot.number")
    supplier_id = Id(attribute="inspection.supplier_id", allow_none=True)
    supplier = fields.String(attribute="inspection.supplier.code", dump_default=None, allow_none=True)
    receipt_id = Id(attribute="inspection.receipt_id", allow_none=True)
    parent_id = Id(attribute="inspection.parent_id", allow_none=True)
    bin_code = fields.String(attribute="inspection.bin.code", dump_default=None, allow_none=True)
    lpn_code = fields.String(attribute="inspection.lpn.code", dump_default=None, allow_none=True)
    quantity = QuantityField(attribute="inspection.quantity")
    severity = fields.Enum(Severity, by_value=True, attribute="inspection.severity")
    sample_size = fields.Integer(attribute="inspection.sample_size", metadata={"description": "Units to look at."})
    is_sorted_whole = fields.Boolean(attribute="inspection.is_sorted_whole")
    due_at = Instant(attribute="inspection.due_at")
    opened_at = Instant(attribute="inspection.opened_at")
    inspector = fields.String(allow_none=True)
    verdict = fields.Enum(Verdict, by_value=True, attribute="inspection.verdict", allow_none=True)
    rejected_quantity = QuantityField(attribute="inspection.rejected_quantity")
    closed_by = fields.String(attribute="closer", allow_none=True)
    closed_at = Instant(attribute="inspection.closed_at", allow_none=True)
    closing_note = fields.String(attribute="inspection.closing_note")


class InspectionResultOut(Out):
    """What was found of one characteristic on some sample units."""

    characteristic = fields.Integer()
    unit_first = fields.Integer()
    unit_last = fields.Integer()
    value = fields.String()
    is_conforming = fields.Boolean()
    note = fields.String()
    entered_at = Instant()


class SnapshotCharacteristicOut(Out):
    """A characteristic as the inspection keeps it; limits are blank where there are none."""

    sequence = fields.Integer()
    name_en = fields.String()
    name_zh = fields.String()
    kind = fields.String()
    defect_class = fields.String()
    unit = fields.String()
    minimum = fields.String()
    target = fields.String()
    maximum = fields.String()
    choices = fields.List(fields.String())
    accepted_choices = fields.List(fields.String())
    method = fields.String()


class InspectionViewOut(InspectionOut):
    """An inspection with its sample, its results and what the numbers say."""

    plan_id = Id(attribute="inspection.plan_id", allow_none=True)
    plan_code = fields.String()
    plan_version = fields.Integer()
    characteristics = fields.List(fields.Nested(SnapshotCharacteristicOut()))
    classes = fields.List(fields.Nested(DefectClassOut()))
    reasons = fields.List(fields.Nested(InspectionReasonOut()), metadata={"description": "How the sample came about."})
    suggested_verdict = fields.String(
        metadata={"description": "accepted, rejected, sorted, incomplete or stopped: a person decides."}
    )
    suggested_because = fields.List(fields.Nested(InspectionReasonOut()))
    missing_results = fields.Integer()
    results = fields.List(fields.Nested(InspectionResultOut()))
    tranche_ids = fields.List(Id())
    own_fields = OwnValuesOut(attribute="inspection.own_values")


class InspectionFieldsForm(In):
    """The own fields of an inspection."""

    f = own_fields()


class InspectionFieldsIn(In):
    """Own fields of an inspection."""

    own_fields = OwnValues(required=True)


class SampleOut(Out):
    """A sample: stock in a bin for samples."""

    id = Id(attribute="sample.id")
    code = fields.String(attribute="sample.code")
    kind = fields.Enum(SampleKind, by_value=True, attribute="sample.kind")
    state = fields.Enum(SampleState, by_value=True, attribute="sample.state")
    warehouse_id = Id(attribute="sample.warehouse_id")
    inspection_id = Id(attribute="sample.inspection_id", allow_none=True)
    lot_id = Id(attribute="sample.lot_id")
    lot_number = fields.String(attribute="sample.lot.number")
    sku = fields.String(attribute="sample.lot.item.sku")
    bin_code = fields.String(attribute="sample.bin.code")
    drawn_quantity = QuantityField(attribute="sample.quantity")
    left_quantity = QuantityField(attribute="sample.left_quantity")
    keep_until = Day(attribute="sample.keep_until", allow_none=True)
    posting_seq = fields.Integer(attribute="sample.posting_seq")
    drawn_by = fields.String()
    drawn_at = Instant(attribute="sample.drawn_at")
    note = fields.String(attribute="sample.note")
    closed_at = Instant(attribute="sample.closed_at", allow_none=True)
    closing_note = fields.String(attribute="sample.closing_note")


class RatedSupplierOut(Out):
    """A supplier."""

    id = Id()
    code = fields.String()
    name_en = fields.String()
    name_zh = fields.String()


class SupplierStandingOut(Out):
    """How good a supplier is, with every number that the rating is made of."""

    supplier_id = Id()
    item_id = Id(allow_none=True)
    since = Day()
    lots_received = fields.Integer(attribute="counts.lots_received")
    lots_inspected = fields.Integer(attribute="counts.lots_inspected")
    lots_accepted = fields.Integer(attribute="counts.lots_accepted", metadata={"description": "At first go."})
    lots_skipped = fields.Integer(attribute="counts.lots_skipped")
    units_inspected = fields.Integer(attribute="counts.units_inspected")
    critical_defects = fields.Integer(attribute="counts.defects.critical", dump_default=0)
    major_defects = fields.Integer(attribute="counts.defects.major", dump_default=0)
    minor_defects = fields.Integer(attribute="counts.defects.minor", dump_default=0)
    weighted_defects = fields.Integer(attribute="counts.weighted_defects")
    stops = fields.Integer(attribute="counts.stops")
    rating = Figure(allow_none=True, metadata={"description": "0 to 100; null while nothing was inspected."})
    trust = fields.Enum(Trust, by_value=True)


class SamplingChangeOut(Out):
    """A change of how a supplier's item is sampled."""

    what = fields.String()
    note = fields.String()
    inspection_id = Id(allow_none=True)
    made_at = Instant()


class SamplingStateOut(Out):
    """How a supplier's item is sampled at present."""

    id = Id()
    supplier_id = Id(allow_none=True)
    item_id = Id()
    sku = fields.String(attribute="item.sku")
    stage = fields.Enum(Stage, by_value=True)
    severity = fields.Enum(Severity, by_value=True)
    switching_score = fields.Integer(attribute="memory.score")
    is_reduced_allowed = fields.Boolean()
    skip_stage = fields.String(attribute="skip_memory.stage")
    skip_frequency = fields.Integer(
        attribute="skip_memory.frequency", metadata={"description": "One lot in so many is looked at."}
    )
    changed_at = Instant()
    changes = fields.List(fields.Nested(SamplingChangeOut()))


class SamplingStatesOut(Out):
    """How each item of a supplier is sampled."""

    states = fields.List(fields.Nested(SamplingStateOut()))
