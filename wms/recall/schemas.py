"""What comes in for recalls, from the pages and from the API, and how they go out."""

from __future__ import annotations

from typing import Any, Final

from marshmallow import fields, validate

from wms.recall.models import (
    CheckLevel,
    CheckResult,
    InsideFate,
    LotRole,
    OutsideFate,
    PartyRole,
    RecallOrigin,
    ReportKind,
    ScopeChange,
)
from wms.recall.rules.figures import share_text
from wms.recall.rules.steps import RecallState, RecallStep
from wms.stock.unit_edge import UnitsIn
from wms.trace.rules.graph import Direction, StartKind
from wms.web.api import ListQuery, Query
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
    Secret,
    Tick,
    Whole,
)

LOTS_MAX: Final = 20_000
_starts = validate.OneOf([one.value for one in StartKind], error="not_a_choice")
_ways = validate.OneOf([one.value for one in Direction], error="not_a_choice")
_code = validate.Regexp(r"\A[a-z0-9][a-z0-9-]{0,23}\Z", error="not_a_choice")


def _key() -> Line:
    return Line(required=True, max_length=60)


# -- pages --------------------------------------------------------------------------------------------------------------
class RecallsIn(In):
    """The filters of the list, from the URL."""

    state = Line(load_default="", max_length=12)
    kind = Line(load_default="", max_length=8)
    q = Line(load_default="", max_length=100)
    cursor = Line(load_default="", max_length=200)


class NewRecallQuery(In):
    """What a new recall starts from, from the URL."""

    start_kind = fields.String(load_default="lot", validate=_starts)
    start_text = Exact(load_default="", max_length=200)
    start_item = Line(load_default="", max_length=40)
    direction = fields.String(load_default="forward", validate=_ways)
    origin = Choice(RecallOrigin, load_default=RecallOrigin.HAND)
    origin_kind = Line(load_default="", max_length=24)
    origin_id = Id(load_default=None, allow_none=True)
    mock = Line(load_default="", max_length=1)
    reason = Note(load_default="", max_length=1000)
    lot = fields.List(Id(), load_default=list, validate=validate.Length(max=LOTS_MAX))


class _OpenIn(In):
    class_code = fields.String(required=True, validate=_code)
    reason = Note(required=True, max_length=1000)
    start_kind = fields.String(load_default="lot", validate=_starts)
    start_text = Exact(load_default="", max_length=200)
    start_item = Line(load_default="", max_length=40)
    direction = fields.String(load_default="forward", validate=_ways)
    origin = Choice(RecallOrigin, load_default=RecallOrigin.HAND)
    origin_kind = Line(load_default="", max_length=24)
    supplier_code = Line(load_default="", max_length=30)
    supplier_reference = Line(load_default="", max_length=60)


class OpenForm(_OpenIn):
    """The form that opens a recall, signed."""

    key = _key()
    origin_id = Id(load_default=None, allow_none=True)
    is_mock = Tick()
    lots = fields.List(Id(), load_default=list, validate=validate.Length(max=LOTS_MAX))
    password = Secret(required=True)


class ScopeQuery(In):
    """What is looked at before a scope is frozen."""

    start_kind = fields.String(load_default="", validate=validate.OneOf(["", *[one.value for one in StartKind]]))
    start_text = Exact(load_default="", max_length=200)
    start_item = Line(load_default="", max_length=40)
    direction = fields.String(load_default="forward", validate=_ways)


class FreezeForm(In):
    """Freeze what was looked at: all lots that the trace found, or those ticked."""

    start_kind = fields.String(load_default="lot", validate=_starts)
    start_text = Exact(load_default="", max_length=200)
    start_item = Line(load_default="", max_length=40)
    direction = fields.String(load_default="forward", validate=_ways)
    after = Whole(0, 10_000, required=True)
    reason = Note(required=True, max_length=1000)
    which = Line(load_default="all", max_length=8)
    lots = fields.List(Id(), load_default=list, validate=validate.Length(max=LOTS_MAX))


class PlaceForm(In):
    """Hold everything of a version, as it was looked at."""

    fingerprint = Line(load_default="", max_length=80)
    hold_changed = Tick()
    scope_grew = Tick()


class NarrowForm(In):
    """Leave lots out of the scope, signed."""

    after = Whole(0, 10_000, required=True)
    lots = fields.List(Id(), required=True, validate=validate.Length(min=1, max=LOTS_MAX, error="required"))
    reason = Note(required=True, max_length=500)
    password = Secret(required=True)


class SignForm(In):
    """A reason, and the password again."""

    reason = Note(required=True, max_length=500)
    password = Secret(required=True)


class CloseForm(In):
    """The end: with the reason where goods are outstanding, and the password again."""

    reason = Note(load_default="", max_length=500)
    password = Secret(required=True)


class ReportForm(In):
    """A progress report, signed."""

    note = Note(load_default="", max_length=1000)
    password = Secret(required=True)


class StepForm(In):
    """A step that is done by hand."""

    step = Choice(RecallStep, required=True)
    note = Note(load_default="", max_length=500)


class TruckForm(In):
    """What came of calling a truck back."""

    answer = Line(required=True, max_length=300)


class ReturnForm(In):
    """Goods that a customer sent back."""

    key = _key()
    party = Id(required=True)
    lot = Id(required=True)
    quantity = QuantityField(required=True)
    bin_code = Line(required=True, max_length=30)
    document = Line(load_default="", max_length=60)
    more_reason = Line(load_default="", max_length=300)


class ConfirmForm(In):
    """What a customer confirms."""

    key = _key()
    party = Id(required=True)
    lot = Id(required=True)
    fate = Choice(OutsideFate, required=True)
    quantity = QuantityField(required=True)
    said_by = Line(load_default="", max_length=120)
    document = Line(load_default="", max_length=60)


class VoidForm(In):
    """Why a confirmation is taken back."""

    reason = Line(required=True, max_length=300)


class CheckForm(In):
    """What an effectiveness check found."""

    party = Id(required=True)
    result = Choice(CheckResult, required=True)
    method = Line(load_default="", max_length=60)
    spoke_with = Line(load_default="", max_length=120)
    note = Note(load_default="", max_length=500)


class LevelForm(In):
    """How many of those told are asked; after the approval with the reason."""

    level = Choice(CheckLevel, required=True)
    reason = Note(load_default="", max_length=500)


class PasswordForm(In):
    """The password again."""

    password = Secret(required=True)


class OutcomeForm(In):
    """What became of goods that were held."""

    lot = Id(required=True)
    fate = Choice(InsideFate, required=True)
    quantity = QuantityField(required=True)
    note = Note(load_default="", max_length=500)


class DestroyForm(In):
    """Destroy what stands apart here."""

    key = _key()
    reason = Note(required=True, max_length=400)


class ClassForm(In):
    """A class of recalls with its clocks, in hours; blank: no clock."""

    code = fields.String(required=True, validate=_code)
    name_en = Line(required=True, max_length=120)
    name_zh = Line(load_default="", max_length=120)
    stop_hours = Whole(0, 8760, load_default=None, allow_none=True)
    hold_hours = Whole(0, 8760, load_default=None, allow_none=True)
    notify_hours = Whole(0, 8760, load_default=None, allow_none=True)
    report_hours = Whole(0, 8760, load_default=None, allow_none=True)
    progress_hours = Whole(1, 8760, load_default=None, allow_none=True)
    close_hours = Whole(0, 87_600, load_default=None, allow_none=True)
    check_level = Choice(CheckLevel, required=True)
    is_active = Tick()


class ReportQuery(In):
    """Which report; 0: as it stands now."""

    number = Whole(0, 100_000, load_default=0)


class RecallReportQuery(Query):
    """Which report; 0: as it stands now."""

    number = Whole(0, 100_000, load_default=0)


# -- API: in --------------------------------------------------------------------------------------------------------------
class RecallsQuery(ListQuery):
    """Which recalls."""

    state = Choice(RecallState, load_default=None, allow_none=False)
    is_mock = fields.Boolean(load_default=None, allow_none=False, truthy={"true"}, falsy={"false"})
    q = Line(load_default="", max_length=100)


class OpenRecallIn(_OpenIn):
    """Open a recall or a drill; a start, or the lots chosen of a trace's result."""

    origin_id = Id(load_default=None, allow_none=True)
    is_mock = Flag(load_default=False, metadata={"description": "A drill: it posts nothing and writes to nobody."})
    lots = fields.List(
        Id(), load_default=list, validate=validate.Length(max=LOTS_MAX),
        metadata={"description": "Ids of lots; then the start is only what people read."},
    )  # fmt: skip


class ScopePreviewQuery(Query):
    """What a scope would begin at; nothing: what the recall was opened with."""

    start_kind = fields.String(load_default="lot", validate=_starts)
    start_text = Exact(load_default="", max_length=200)
    start_item = Line(load_default="", max_length=40)
    direction = fields.String(load_default="forward", validate=_ways)


class FreezeScopeIn(In):
    """Freeze the scope as the next version; a later one keeps all lots of the last."""

    after = Whole(
        0, 10_000, required=True, metadata={"description": "The number of the version it was looked at beside."}
    )
    reason = Note(required=True, max_length=1000)
    start_kind = fields.String(load_default="lot", validate=_starts)
    start_text = Exact(load_default="", max_length=200)
    start_item = Line(load_default="", max_length=40)
    direction = fields.String(load_default="forward", validate=_ways)
    lots = fields.List(
        Id(), load_default=None, allow_none=True, validate=validate.Length(max=LOTS_MAX),
        metadata={"description": "Of the trace's result, those that count; null: all of them."},
    )  # fmt: skip
    named_lots = fields.List(
        Id(), load_default=list, validate=validate.Length(max=LOTS_MAX),
        metadata={"description": "Lots that no trace found and that belong to it all the same."},
    )  # fmt: skip


class PlaceScopeIn(In):
    """Hold everything of the version in force."""

    version = Whole(1, 10_000, required=True)
    fingerprint = Line(load_default="", max_length=80)
    answers = Answers()


class NarrowScopeIn(In):
    """Leave lots out of the scope."""

    after = Whole(0, 10_000, required=True)
    lots = fields.List(Id(), required=True, validate=validate.Length(min=1, max=LOTS_MAX, error="required"))
    reason = Note(required=True, max_length=500)


class _ReasonIn(In):
    reason = Note(required=True, max_length=500)


class ApproveRecallIn(_ReasonIn):
    """Why the recall is right; it stands under the signature."""


class CancelRecallIn(_ReasonIn):
    """Why it is given up; it stands under the signature."""


class ReplyNilIn(_ReasonIn):
    """How it is known that nothing of it was ever here; it stands under the signature."""


class CloseRecallIn(In):
    """The end; goods outstanding want the reason."""

    reason = Note(load_default="", max_length=500)


class SignCheckLevelIn(In):
    """Nothing but the signature."""


class PrepareCloseIn(In):
    """The closing report as one person prepares it; goods outstanding want the reason."""

    reason = Note(load_default="", max_length=500)


class RecallReportIn(In):
    """What a report says beside its figures."""

    note = Note(load_default="", max_length=1000)


class CustomersToldIn(In):
    """How the customers were told."""

    note = Note(required=True, max_length=500)


class AnswerTruckIn(In):
    """What came of calling a truck back."""

    answer = Line(required=True, max_length=300)


class RecallReturnIn(UnitsIn):
    """Goods that a customer sent back, into a quarantine bin or the cage of this warehouse."""

    party_id = Id(required=True)
    lot_id = Id(required=True)
    quantity = QuantityField(required=True)
    bin_code = Line(required=True, max_length=30)
    document = Line(load_default="", max_length=60)
    answers = Answers()


class ConfirmOutsideIn(In):
    """What a customer confirms to have used or destroyed."""

    party_id = Id(required=True)
    lot_id = Id(required=True)
    fate = Choice(OutsideFate, required=True)
    quantity = QuantityField(required=True)
    said_by = Line(load_default="", max_length=120)
    document = Line(load_default="", max_length=60)


class VoidConfirmationIn(In):
    """Why a confirmation is taken back."""

    reason = Line(required=True, max_length=300)


class CheckPartyIn(In):
    """What an effectiveness check found."""

    party_id = Id(required=True)
    result = Choice(CheckResult, required=True)
    method = Line(load_default="", max_length=60)
    spoke_with = Line(load_default="", max_length=120)
    note = Note(load_default="", max_length=500)


class CheckLevelIn(In):
    """How many of those told are asked; after the approval with the reason."""

    level = Choice(CheckLevel, required=True)
    reason = Note(load_default="", max_length=500)


class RecallOutcomeIn(In):
    """What became of goods that were held."""

    lot_id = Id(required=True)
    fate = Choice(InsideFate, required=True)
    quantity = QuantityField(required=True)
    note = Note(load_default="", max_length=500)


class DestroyHeldIn(In):
    """Destroy held goods that stand apart in this warehouse; without lots all of the scope."""

    reason = Note(required=True, max_length=400)
    lots = fields.List(Id(), load_default=list, validate=validate.Length(max=LOTS_MAX))


class SetRecallClassIn(In):
    """A class of recalls with its clocks, in hours from the opening; null: no clock."""

    code = fields.String(required=True, validate=_code)
    name_en = Line(required=True, max_length=120)
    name_zh = Line(load_default="", max_length=120)
    stop_hours = Whole(0, 8760, load_default=None, allow_none=True)
    hold_hours = Whole(0, 8760, load_default=None, allow_none=True)
    notify_hours = Whole(0, 8760, load_default=None, allow_none=True)
    report_hours = Whole(0, 8760, load_default=None, allow_none=True)
    progress_hours = Whole(1, 8760, load_default=None, allow_none=True)
    close_hours = Whole(0, 87_600, load_default=None, allow_none=True)
    check_level = Choice(CheckLevel, required=True)
    is_active = Flag(load_default=True)


# -- API: out ---------------------------------------------------------------------------------------------------------------
class Share(fields.Field[Any]):
    """An exact share as "a/b"; blank where none is known."""

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        return share_text(value)


class RecallRowOut(Out):
    """A recall as the list shows it."""

    id = Id()
    number = fields.String()
    is_mock = fields.Boolean()
    state = fields.Enum(RecallState, by_value=True)
    class_code = fields.String()
    reason = fields.String()
    opened_at = Instant()
    closed_at = Instant(allow_none=True)
    versions = fields.Integer()
    lots = fields.Integer()
    next_step = fields.Enum(RecallStep, by_value=True, attribute="step", allow_none=True)
    due_at = Instant(allow_none=True)


class RecallClockOut(Out):
    """A step, by when it is to be done, and when it was."""

    step = fields.Enum(RecallStep, by_value=True)
    due_at = Instant(allow_none=True)
    done_at = Instant(allow_none=True)
    note = fields.String()


class RecallVersionOut(Out):
    """A frozen scope."""

    number = fields.Integer()
    change = fields.Enum(ScopeChange, by_value=True)
    reason = fields.String()
    made_at = Instant()
    placed_at = Instant(allow_none=True)
    case_id = Id(allow_none=True)
    lots_sha256 = fields.String(attribute="lots_digest")


class RecallLotOut(Out):
    """A lot of the scope in force and what stands of it inside."""

    lot_id = Id(attribute="lot")
    lot_number = fields.String(attribute="number")
    sku = fields.String()
    unit = fields.String()
    role = fields.Enum(LotRole, by_value=True)
    level = fields.Integer()
    why = fields.String()
    share = Share(metadata={"type": "string", "description": "The exact part of it that came from the start: a/b."})
    on_hand = QuantityField()
    held = QuantityField()


class OutsideSumOut(Out):
    """The sums outside in one base unit: shipped + over = recovered + used + destroyed + outstanding."""

    unit = fields.String()
    shipped = QuantityField()
    recovered = QuantityField()
    used = QuantityField()
    destroyed = QuantityField()
    outstanding = QuantityField()
    over = QuantityField()


class InsideSumOut(Out):
    """What stands inside in one base unit, and how much of it is held."""

    unit = fields.String()
    on_hand = QuantityField()
    held = QuantityField()


class RecallPartyOut(Out):
    """A party: who is told, and the sums of what he had."""

    id = Id(attribute="row.id")
    role = fields.Enum(PartyRole, by_value=True, attribute="row.role")
    partner_code = fields.String(attribute="row.partner.code", dump_default=None, allow_none=True)
    name_en = fields.String(attribute="row.name_en")
    name_zh = fields.String(attribute="row.name_zh")
    contact = fields.String(attribute="row.contact")
    phone = fields.String(attribute="row.phone")
    email = fields.String(attribute="row.email")
    documents = fields.List(fields.String())
    sums = fields.List(fields.Nested(OutsideSumOut()))
    checks = fields.Integer(attribute="checks_done")


class RecallTruckOut(Out):
    """A shipment that was stopped at its door or called back."""

    id = Id()
    shipment_id = Id(attribute="shipment")
    shipment_number = fields.String(attribute="number")
    order_number = fields.String()
    is_under_way = fields.Boolean()
    carrier = fields.String()
    plate = fields.String()
    driver = fields.String()
    driver_phone = fields.String()
    answer = fields.String()


class RecallReportRowOut(Out):
    """A report as it was signed."""

    number = fields.Integer()
    kind = fields.Enum(ReportKind, by_value=True)
    note = fields.String()
    made_at = Instant()


class RecallReportOut(RecallReportRowOut):
    """A report as it was signed; `figures` are all texts and numbers that stand under the signature."""

    figures = fields.Dict(keys=fields.String())


class LevelChangeOut(Out):
    """A change of the depth of the checks that was asked for after the approval; in force when another person has signed."""

    id = Id()
    level_before = fields.Enum(CheckLevel, by_value=True)
    level = fields.Enum(CheckLevel, by_value=True)
    reason = fields.String()
    asked_at = Instant()
    signed_at = Instant(allow_none=True)


class RecallOut(Out):
    """A recall with its clocks, scope, figures and papers."""

    id = Id(attribute="recall.id")
    number = fields.String(attribute="recall.number")
    is_mock = fields.Boolean(attribute="recall.is_mock")
    state = fields.Enum(RecallState, by_value=True, attribute="recall.state")
    class_code = fields.String(attribute="recall.class_code")
    reason = fields.String(attribute="recall.reason")
    origin = fields.Enum(RecallOrigin, by_value=True, attribute="recall.origin")
    opened_at = Instant(attribute="recall.opened_at")
    approved_at = Instant(attribute="recall.approved_at", allow_none=True)
    closed_at = Instant(attribute="recall.closed_at", allow_none=True)
    next_step = fields.Enum(RecallStep, by_value=True, allow_none=True)
    clocks = fields.List(fields.Nested(RecallClockOut()))
    versions = fields.List(fields.Nested(RecallVersionOut()))
    inside = fields.List(fields.Nested(InsideSumOut()))
    outside = fields.List(fields.Nested(OutsideSumOut()))
    progress_percent = fields.String()
    balance_percent = fields.String()
    unexplained_lots = fields.List(fields.String())
    check_level = fields.Enum(CheckLevel, by_value=True, attribute="recall.check_level")
    check_level_change = fields.Nested(LevelChangeOut(), allow_none=True, attribute="level_change")
    checks_missing = fields.Integer()
    trucks = fields.List(fields.Nested(RecallTruckOut()))
    truck_hours = fields.Integer(
        metadata={"description": "A truck that left within so many hours counts as under way when shipping is stopped."}
    )
    reports = fields.List(fields.Nested(RecallReportRowOut()))


class ScopePreviewOut(Out):
    """What a scope would take and stop; nothing is changed."""

    lots = fields.List(fields.Nested(lambda: PreviewLotOut()))
    fingerprint = fields.String(metadata={"description": "Of what stands now; send it when the scope is placed."})
    places = fields.Integer()
    orders = fields.List(fields.String(), metadata={"description": "Numbers of the orders that stop."})
    amount = fields.String(metadata={"description": "Worth by standard cost."})
    items_without_cost = fields.Integer()


class PreviewLotOut(Out):
    """A lot that the trace found."""

    lot_id = Id(attribute="lot")
    lot_number = fields.String(attribute="number")
    sku = fields.String()
    unit = fields.String()
    level = fields.Integer()
    share = Share(attribute="part", metadata={"type": "string"})


class FrozenScopeOut(Out):
    """A frozen version."""

    version = fields.Integer(attribute="number")
    lots = fields.Integer()
    new_lots = fields.Integer(attribute="new")


class PlacedScopeOut(Out):
    """What placing did; a drill has no case."""

    version = fields.Integer()
    case_id = Id(attribute="case", allow_none=True)
    lots = fields.Integer()
    places = fields.Integer()


class RecallStoppedOut(Out):
    """What the stop did."""

    shipments = fields.Integer()
    picks = fields.Integer()
    trucks = fields.Integer()


class RecallDeliveryOut(Out):
    """One line of what left."""

    party_id = Id(attribute="party")
    party_en = fields.String()
    lot_id = Id(attribute="lot")
    lot_number = fields.String()
    sku = fields.String()
    unit = fields.String()
    document = fields.String()
    order_number = fields.String()
    quantity = QuantityField()
    shipped_at = Instant(allow_none=True)
    shipped_on = Day(allow_none=True)
    share = Share(metadata={"type": "string", "description": "The exact part of it that came from the start: a/b."})
    is_imported = fields.Boolean()
    shipment_id = Id(attribute="shipment", allow_none=True, metadata={"description": "Null for what was imported."})
    order_id = Id(attribute="order", allow_none=True)
    manufactured_on = Day(allow_none=True)
    last_good_on = Day(allow_none=True)


class TakingBackQuery(Query):
    """What came with the goods; nothing: all recalls that take goods back."""

    text = Exact(
        load_default="", max_length=80,
        metadata={"description": "A recall's number, or that of a shipment or order by which goods left."},
    )  # fmt: skip
    lot_id = Id(load_default=None, allow_none=False)


class SendersQuery(Query):
    """Of which lot."""

    lot_id = Id(required=True)


class RecallTakingOut(Out):
    """A recall that takes goods back."""

    recall_id = Id(attribute="id")
    number = fields.String()
    reason = fields.String()
    opened_at = Instant()
    party_id = Id(attribute="party", allow_none=True)


class TakingBackOut(Out):
    """The recalls that take goods back."""

    recalls = fields.List(fields.Nested(RecallTakingOut()))


class SenderOut(Out):
    """A customer that had goods of the lot."""

    party_id = Id(attribute="party")
    name_en = fields.String()
    name_zh = fields.String()
    partner_code = fields.String(attribute="code")
    shipped = QuantityField()
    outstanding = QuantityField()


class SendersOut(Out):
    """The customers that had goods of the lot, those with the most outstanding first."""

    senders = fields.List(fields.Nested(SenderOut()))


class RecallMadeOut(Out):
    """The id of what was written down."""

    id = Id()


class RecallReturnedOut(Out):
    """How much was taken back."""

    quantity = QuantityField()


class RecallReportNumberOut(Out):
    """The number of a report."""

    number = fields.Integer()


class RecallClassOut(Out):
    """A class of recalls with its clocks, in hours from the opening."""

    code = fields.String()
    name_en = fields.String()
    name_zh = fields.String()
    stop_hours = fields.Integer(allow_none=True)
    hold_hours = fields.Integer(allow_none=True)
    notify_hours = fields.Integer(allow_none=True)
    report_hours = fields.Integer(allow_none=True)
    progress_hours = fields.Integer(allow_none=True)
    close_hours = fields.Integer(allow_none=True)
    check_level = fields.String()
    is_active = fields.Boolean()


class RecallClassesOut(Out):
    """The classes of recalls of this site."""

    classes = fields.List(fields.Nested(RecallClassOut()))
