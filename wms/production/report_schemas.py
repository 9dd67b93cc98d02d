"""What comes in from the pages of reports and vessels and the API, and how reports and vessels go out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from marshmallow import ValidationError, fields, validate

from wms.core.errors import FieldErrors
from wms.core.quantity import Quantity
from wms.gs1.codes import LotNumber
from wms.production.models import InputSource, OutputKind
from wms.production.queries.reports import PiecePart
from wms.production.service.reporting import Defect, InputLine, OutputLine, Stop
from wms.stock.schemas import MoveOut
from wms.stock.unit_edge import CODE_LENGTH, CODES_MAX, UnitsIn
from wms.web.api import ListQuery, Query
from wms.web.forms import Choice, Day, Exact, Id, In, Instant, Line, Note, Out, Prefixed, QuantityField, Secret, Whole

LINES_MAX: Final = 200
MINUTES_MAX: Final = 7 * 24 * 60
_SAID: Final = [InputSource.LINE, InputSource.SCRAP]


class LotNumberField(Line):
    """A lot number as it is to be; blank: by rule."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=40, load_default="", **kwargs)


class LocalMinute(fields.Field[datetime]):
    """A minute on the warehouse's clock, as the browser's field gives it: 2026-11-22T14:30. Blank: none."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        if value == "":
            return None
        try:
            minute = datetime.fromisoformat(str(value))
        except ValueError:
            raise ValidationError("bad_instant") from None
        if minute.tzinfo is not None or not 1990 <= minute.year <= 2199:
            raise ValidationError("bad_instant")
        return minute


def instant_of(minute: datetime | None, timezone: str) -> datetime | None:
    """The instant of a minute on the warehouse's clock."""
    return minute.replace(tzinfo=ZoneInfo(timezone)).astimezone(UTC) if minute is not None else None


# -- pages ------------------------------------------------------------------------------------------------------------
class InputsIn(In):
    """What was used, as the form says it: by lot, by vessel, and what was lost, with one reason."""

    used = Prefixed()
    lost = Prefixed()
    lost_reason = Line(load_default="", max_length=200)
    #: Of pieces with ids, those that were lost, one a line; the others stand in `units` like anywhere.
    lost_units = Exact(load_default="", max_length=20_000)
    vessel = Prefixed()


class ReportFormIn(InputsIn):
    """One report of one operation."""

    key = Line(required=True, max_length=64)
    operation = Whole(0, 100_000, load_default=None, allow_none=True)
    made = QuantityField(load_default=None, allow_none=True)
    beside = Prefixed()
    into = Id(load_default=None, allow_none=True)
    lpn_code = Line(load_default="", max_length=30)
    lot_number = LotNumberField()
    parameter = Prefixed()
    defect = fields.List(Line(max_length=40), load_default=list, validate=validate.Length(max=20))
    defect_quantity = fields.List(Line(max_length=24), load_default=list, validate=validate.Length(max=20))
    stop = fields.List(Line(max_length=120), load_default=list, validate=validate.Length(max=20))
    stop_minutes = fields.List(Line(max_length=6), load_default=list, validate=validate.Length(max=20))
    operator = Id(load_default=None, allow_none=True)
    team = Id(load_default=None, allow_none=True)
    machine = Id(load_default=None, allow_none=True)
    started_at = LocalMinute(load_default=None)
    ended_at = LocalMinute(load_default=None)
    note = Note(load_default="", max_length=500)


class CorrectFormIn(InputsIn):
    """What was really used, with the reason."""

    key = Line(required=True, max_length=64)
    reason = Note(required=True, max_length=500)


class TakeBackFormIn(In):
    """Why a report is taken back."""

    key = Line(required=True, max_length=64)
    reason = Note(required=True, max_length=500)


class OpenCorrectionFormIn(In):
    """The signature that opens a closed order again."""

    password = Secret(required=True)


class ReportsIn(In):
    """The filters of the list of reports."""

    order = Id(load_default=None, allow_none=True)
    machine = Id(load_default=None, allow_none=True)
    team = Id(load_default=None, allow_none=True)
    operator = Id(load_default=None, allow_none=True)
    from_on = Day(load_default=None, allow_none=True)
    until_on = Day(load_default=None, allow_none=True)
    cursor = Line(load_default="", max_length=500)


class ChooseOperationIn(In):
    """Which operation a form is about."""

    operation = Whole(0, 100_000, load_default=None, allow_none=True)


class FillFormIn(In):
    """Goods to go into a vessel, by their codes."""

    key = Line(required=True, max_length=64)
    sku = Line(required=True, max_length=40)
    lot = Line(required=True, max_length=60)
    bin = Line(required=True, max_length=32)
    quantity = QuantityField(required=True)


class DrawFormIn(In):
    """What is drawn off a vessel, and where to: another vessel's code, or a bin's."""

    key = Line(required=True, max_length=64)
    quantity = QuantityField(required=True)
    to = Line(required=True, max_length=32)


class CleanFormIn(In):
    """How a vessel was cleaned."""

    key = Line(required=True, max_length=64)
    method = Line(required=True, max_length=200)
    note = Note(load_default="", max_length=500)


def inputs_of_form(values: Mapping[str, Any]) -> tuple[InputLine, ...]:
    """What a form says was used and lost; blank and zero is nothing. Raises FieldErrors."""
    lines = [InputLine(lot=lot, quantity=amount) for lot, amount in _amounts("used", values["used"])]
    pieces = tuple(code for text in values["lost_units"].split("\n") if (code := text.strip(" \t\r")))
    for n, (lot, amount) in enumerate(_amounts("lost", values["lost"])):
        lines.append(
            InputLine(
                lot=lot, quantity=amount, source=InputSource.SCRAP, reason=values["lost_reason"],
                units=pieces if n == 0 else (),
            )
        )  # fmt: skip
    lines += [InputLine(vessel=vessel, quantity=amount) for vessel, amount in _amounts("vessel", values["vessel"])]
    return tuple(lines)


def outputs_of_form(values: Mapping[str, Any]) -> tuple[OutputLine, ...]:
    """What a form says came of it. Raises FieldErrors."""
    lines = []
    if values["made"] is not None:
        number = LotNumber.parse(values["lot_number"]) if values["lot_number"] else None
        lines.append(
            OutputLine(
                quantity=values["made"], vessel=values["into"], lpn_code=values["lpn_code"], number=number
            )
        )  # fmt: skip
    lines += [OutputLine(item=item, quantity=amount) for item, amount in _amounts("beside", values["beside"])]
    return tuple(lines)


def defects_of_form(values: Mapping[str, Any]) -> tuple[Defect, ...]:
    """The defects of a form: those with a name. Raises FieldErrors."""
    pairs = zip(values["defect"], values["defect_quantity"], strict=False)
    return tuple(
        Defect(code=code, quantity=_read("defect_quantity", QuantityField(), amount)) for code, amount in pairs if code
    )


def stops_of_form(values: Mapping[str, Any]) -> tuple[Stop, ...]:
    """The stops of a form: those with a reason. Raises FieldErrors."""
    pairs = zip(values["stop"], values["stop_minutes"], strict=False)
    return tuple(
        Stop(reason=why, minutes=_read("stop_minutes", Whole(1, MINUTES_MAX), minutes)) for why, minutes in pairs if why
    )


def _amounts(name: str, given: Mapping[str, str]) -> list[tuple[Any, Quantity]]:
    found = []
    for identity, text in given.items():
        if text.strip():
            amount = _read(name, QuantityField(zero_allowed=True), text)
            if amount:
                found.append((_read(name, Id(), identity), amount))
    return found


def _read(name: str, kind: Any, text: str) -> Any:
    try:
        return kind.deserialize(text)
    except ValidationError as wrong:
        raise FieldErrors(errors={name: list(wrong.messages)}) from None


# -- the API, coming in -----------------------------------------------------------------------------------------------
def _unit_ids() -> Any:
    return fields.List(
        Exact(required=True, max_length=CODE_LENGTH), load_default=list, validate=validate.Length(max=CODES_MAX),
        metadata={"description": "Unit ids of the pieces of this line. Without them, those in `units` of the whole report"
                                 " are shared out: pieces of lots that were used were used, all others were made."},
    )  # fmt: skip


class ReportInputIn(In):
    """So much of a lot used from the line, or drawn from a vessel, or lost at the line (with its reason)."""

    lot_id = Id(load_default=None)
    vessel_id = Id(load_default=None)
    component_id = Id(load_default=None)
    quantity = QuantityField(required=True)
    source = Choice(
        InputSource, load_default=InputSource.LINE, validate=validate.OneOf(_SAID, error="not_a_choice"),
        metadata={"description": "`line`: used; `scrap`: lost at the line. Draws and back-flush are worked out."},
    )  # fmt: skip
    reason = Line(load_default="", max_length=200)
    weight = QuantityField(load_default=None, metadata={"description": "Its whole weight in kilograms, where weighed."})
    units = _unit_ids()


class ReportOutputIn(In):
    """So much that came of it; without an item, what the operation makes."""

    item_id = Id(load_default=None)
    quantity = QuantityField(required=True)
    vessel_id = Id(load_default=None)
    lpn_code = Line(load_default="", max_length=30)
    lot_number = LotNumberField()
    weight = QuantityField(load_default=None, metadata={"description": "Its whole weight in kilograms, where weighed."})
    units = _unit_ids()


class ReportParameterIn(In):
    """One process parameter as it was."""

    name = Line(required=True, max_length=80)
    value = Line(required=True, max_length=80)


class ReportDefectIn(In):
    """So many with one defect."""

    code = Line(required=True, max_length=40)
    quantity = QuantityField(required=True)
    note = Line(load_default="", max_length=300)


class ReportStopIn(In):
    """The line stood still so many minutes."""

    reason = Line(required=True, max_length=120)
    minutes = Whole(1, MINUTES_MAX, required=True)


def _lines(kind: In) -> Any:
    return fields.List(fields.Nested(kind), load_default=list, validate=validate.Length(max=LINES_MAX))


class ReportProductionIn(UnitsIn):
    """One report of one operation."""

    operation = Whole(0, 100_000, load_default=None, metadata={"description": "Left out: the order's only one."})
    inputs = _lines(ReportInputIn())
    outputs = _lines(ReportOutputIn())
    parameters = _lines(ReportParameterIn())
    defects = _lines(ReportDefectIn())
    stops = _lines(ReportStopIn())
    operator_id = Id(load_default=None)
    team_id = Id(load_default=None)
    machine_id = Id(load_default=None)
    started_at = Instant(load_default=None)
    ended_at = Instant(load_default=None)
    note = Note(load_default="", max_length=500)


class CorrectReportIn(UnitsIn):
    """All that was really used, in place of what the report says."""

    reason = Note(required=True, max_length=500)
    inputs = _lines(ReportInputIn())


class TakeBackReportIn(In):
    """Why a report is taken back whole."""

    reason = Note(required=True, max_length=500)


class AskCorrectionIn(In):
    """Why the closed order of a report is to be opened again."""

    reason = Note(required=True, max_length=500)


class OpenCorrectionIn(In):
    """The second person's yes; the reason is the one that was given when it was asked for."""


class FillVesselIn(UnitsIn):
    """Goods to go into a vessel."""

    lot_id = Id(required=True)
    bin_code = Line(required=True, max_length=32)
    quantity = QuantityField(required=True)


class DrawVesselIn(UnitsIn):
    """What is drawn off a vessel: into another, or into a bin where it is of one lot."""

    quantity = QuantityField(required=True)
    to_vessel_id = Id(load_default=None)
    to_bin_code = Line(load_default="", max_length=32)


class CleanVesselIn(In):
    """How a vessel was cleaned."""

    method = Line(required=True, max_length=200)
    note = Note(load_default="", max_length=500)


class ReportsQuery(ListQuery):
    """Which reports."""

    work_order_id = Id(load_default=None, allow_none=False)
    machine_id = Id(load_default=None, allow_none=False)
    team_id = Id(load_default=None, allow_none=False)
    operator_id = Id(load_default=None, allow_none=False)
    from_on = Day(load_default=None, allow_none=False)
    until_on = Day(load_default=None, allow_none=False)


class LineStockQuery(Query):
    """Which operation."""

    operation = Whole(0, 100_000, load_default=None, allow_none=False)


def inputs_of_call(values: Mapping[str, Any]) -> tuple[InputLine, ...]:
    """The inputs of a call; each names a lot or a vessel. Raises FieldErrors."""
    lines = []
    for one in values["inputs"]:
        if (one["lot_id"] is None) == (one["vessel_id"] is None):
            raise FieldErrors(errors={"inputs": ["lot_or_vessel"]})
        lines.append(
            InputLine(
                lot=one["lot_id"], vessel=one["vessel_id"], component=one["component_id"], quantity=one["quantity"],
                source=one["source"], reason=one["reason"], weight=one["weight"], units=tuple(one["units"]),
            )
        )  # fmt: skip
    return tuple(lines)


def outputs_of_call(values: Mapping[str, Any]) -> tuple[OutputLine, ...]:
    """The outputs of a call."""
    return tuple(
        OutputLine(
            item=one["item_id"], quantity=one["quantity"], vessel=one["vessel_id"], lpn_code=one["lpn_code"],
            number=LotNumber.parse(one["lot_number"]) if one["lot_number"] else None, weight=one["weight"],
            units=tuple(one["units"]),
        )
        for one in values["outputs"]
    )  # fmt: skip


# -- going out --------------------------------------------------------------------------------------------------------
class ReportInputOut(Out):
    """So much of a lot that a report used, drew or lost; residue of a vessel has quantity 0."""

    lot_id = Id()
    lot_number = fields.String(attribute="lot.number")
    sku = fields.String(attribute="item.sku")
    unit = fields.String(attribute="item.base_unit")
    quantity = QuantityField()
    weight = QuantityField(allow_none=True)
    source = Choice(InputSource)
    component_id = Id(allow_none=True)
    vessel_id = Id(allow_none=True)
    reason = fields.String()


class ReportOutputOut(Out):
    """So much of a lot that a report made."""

    kind = Choice(OutputKind)
    lot_id = Id()
    lot_number = fields.String(attribute="lot.number")
    sku = fields.String(attribute="item.sku")
    unit = fields.String(attribute="item.base_unit")
    quantity = QuantityField()
    weight = QuantityField(allow_none=True)
    lpn_code = fields.Function(lambda one: one.lpn.code if one.lpn_id else None, metadata={"type": ["string", "null"]})


class ReportParameterOut(Out):
    """One process parameter; `is_within` its limits, null where it has none."""

    name = fields.String()
    value = fields.String()
    unit = fields.String()
    is_within = fields.Boolean(allow_none=True)


class ReportDefectOut(Out):
    """So many with one defect, in the unit of what the operation makes."""

    code = fields.String()
    quantity = QuantityField()
    unit = fields.String()
    note = fields.String()


class ReportStopOut(Out):
    """The line stood still."""

    reason = fields.String()
    minutes = fields.Integer()


class ProductionReportOut(Out):
    """One report of one operation. One that was taken back says so, with the reason; the one in its place names it."""

    id = Id()
    number = fields.String()
    work_order_id = Id()
    work_order_number = fields.String(attribute="work_order.number")
    operation = fields.Integer(attribute="operation_sequence")
    line_code = fields.String(attribute="line.code")
    team_id = Id(allow_none=True)
    machine_id = Id(allow_none=True)
    operator_id = Id()
    started_at = Instant()
    ended_at = Instant()
    note = fields.String()
    inputs = fields.List(fields.Nested(ReportInputOut()))
    outputs = fields.List(fields.Nested(ReportOutputOut()))
    parameters = fields.List(fields.Nested(ReportParameterOut()))
    defects = fields.List(fields.Nested(ReportDefectOut()))
    stops = fields.List(fields.Nested(ReportStopOut()))
    reported_by_id = Id(attribute="reported_by")
    reported_at = Instant()
    taken_back_at = Instant(attribute="reversed_at", allow_none=True)
    taken_back_reason = fields.String(attribute="reverse_reason")
    corrects_id = Id(allow_none=True)
    consume_seq = Id(allow_none=True)
    output_seq = Id(allow_none=True)


class LineStockOut(Out):
    """A lot at the line that may go into what an operation makes."""

    component_id = Id(attribute="component", allow_none=True)
    lot_id = Id(attribute="lot")
    lot_number = fields.String()
    sku = fields.String()
    unit = fields.String()
    quantity = QuantityField()
    is_promised = fields.Boolean()
    is_usable = fields.Boolean()


class LineStocksOut(Out):
    """What stands at the line for an operation."""

    items = fields.List(fields.Nested(LineStockOut()))


class VesselMovesOut(Out):
    """What went into a vessel and out of it."""

    items = fields.List(fields.Nested(MoveOut()))


class VesselContentOut(Out):
    """One lot in a vessel with its share of all that is there, exact and rounded."""

    lot_id = Id(attribute="lot")
    lot_number = fields.String()
    sku = fields.String()
    unit = fields.String()
    quantity = QuantityField()
    share = fields.Function(lambda one: str(one.share), metadata={"type": "string", "examples": ["3/10"]})
    percent = fields.String()
    is_held = fields.Boolean()


class VesselCleaningOut(Out):
    """A vessel was found empty and was cleaned."""

    id = Id()
    method = fields.String()
    note = fields.String()
    cleaned_by_id = Id(attribute="cleaned_by")
    cleaned_at = Instant()


class VesselViewOut(Out):
    """A vessel, what runs together in it now, and its cleanings, the newest first."""

    id = Id()
    code = fields.String()
    bin_code = fields.String()
    capacity = QuantityField(allow_none=True)
    contents = fields.List(fields.Nested(VesselContentOut()))
    residue_lot_ids = fields.List(Id())
    cleanings = fields.List(fields.Nested(VesselCleaningOut()))


class ReportDifferenceOut(Out):
    """A lot of which a report and its correction say differently."""

    lot_id = Id(attribute="lot")
    lot_number = fields.String(attribute="number")
    sku = fields.String()
    unit = fields.String()
    before = QuantityField()
    after = QuantityField()


class TouchedOut(Out):
    """A lot that was said to be made of the wrong lots, or of what is: where it stands here, how much left."""

    lot_id = Id(attribute="lot.id")
    lot_number = fields.String(attribute="lot.number")
    sku = fields.String(attribute="lot.item.sku")
    is_direct = fields.Boolean()
    bins = fields.Function(
        lambda one: sorted({row.bin_code for row in one.stands}),
        metadata={"type": "array", "items": {"type": "string"}},
    )
    shipped = QuantityField()
    made_for = fields.String(metadata={"description": "The number of the order the lot is made for; blank for none."})
    is_hold_suggested = fields.Boolean(attribute="wants_hold")


class TouchedDeliveryOut(Out):
    """What left of a touched lot in one shipment, and to whom."""

    lot_id = Id(attribute="lot")
    shipment_id = Id(attribute="shipment")
    shipment_number = fields.String(attribute="number")
    shipped_at = Instant(allow_none=True)
    order_id = Id(attribute="order")
    order_number = fields.String()
    customer_name_en = fields.String(attribute="customer_en")
    customer_name_zh = fields.String(attribute="customer_zh")
    quantity = QuantityField()


class TouchedRecallOut(Out):
    """An open recall whose frozen scope rests on what the report says."""

    recall_id = Id(attribute="recall")
    number = fields.String()
    inside = fields.List(
        fields.String(), metadata={"description": "Numbers of touched lots in its scope: they may fall out of it."}
    )
    missing = fields.List(
        fields.String(), metadata={"description": "Numbers of touched lots that come into its scope."}
    )  # fmt: skip


class ReportImpactOut(Out):
    """What the error in a report touched."""

    differences = fields.List(fields.Nested(ReportDifferenceOut()))
    touched = fields.List(fields.Nested(TouchedOut()))
    deliveries = fields.List(
        fields.Nested(TouchedDeliveryOut()),
        metadata={"description": "Of the warehouses in which the key has `order.view`."},
    )
    recalls = fields.List(fields.Nested(TouchedRecallOut()))


class ReportPieceOut(Out):
    """A piece with an id of its own that a report used, lost or made."""

    unit_id = Id(attribute="unit")
    code = fields.String()
    sku = fields.String()
    lot_id = Id(attribute="lot")
    lot_number = fields.String()
    part = Choice(PiecePart, metadata={"description": "`used`, `lost` at the line, or `made`."})


class ReportPiecesOut(Out):
    """The pieces of a report."""

    items = fields.List(fields.Nested(ReportPieceOut()))


class WorkOrderCorrectionOut(Out):
    """A closed work order that is, or was, opened again for a wrong report."""

    id = Id()
    work_order_id = Id()
    report_id = Id()
    report_number = fields.String(attribute="report.number")
    reason = fields.String()
    asked_by_id = Id(attribute="asked_by")
    asked_at = Instant()
    opened_by_id = Id(attribute="opened_by", allow_none=True)
    opened_at = Instant(allow_none=True)
    closed_by_id = Id(attribute="closed_by", allow_none=True)
    closed_at = Instant(allow_none=True)


class WorkOrderCorrectionsOut(Out):
    """The corrections of a work order."""

    items = fields.List(fields.Nested(WorkOrderCorrectionOut()))
