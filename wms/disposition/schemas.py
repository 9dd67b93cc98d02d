"""What comes in from the pages of disposition and the API, and how decisions and papers go out."""

from datetime import date
from typing import Any

from marshmallow import fields, validate

from wms.catalog.models import ItemClass
from wms.disposition.models import ReleaseVerdict
from wms.disposition.queries import read_scope
from wms.disposition.rules.checklist import Asked, ItemState, Point
from wms.disposition.rules.states import DefectClass, DestructionState, Disposition, NonconformanceState
from wms.quality.schemas import HeldBalanceOut, PlateCode
from wms.signing.rules import Meaning
from wms.stock.models import HoldScope
from wms.stock.rules.scope import Entry
from wms.stock.schemas import DecidingDay
from wms.web.api import ListQuery, Query
from wms.web.forms import (
    Choice,
    Day,
    Flag,
    Id,
    In,
    Instant,
    Line,
    Note,
    Out,
    Prefixed,
    QuantityField,
    Secret,
    Tick,
    Whole,
)

_SCOPES = [scope.value for scope in HoldScope if scope.value in {"lot", "bin", "lpn", "quantity"}]


def scope_of(values: dict[str, Any]) -> tuple[Entry, ...]:
    """Read for whom a decision is: markets and customers' codes as typed with commas, or as lists, until a day."""

    def parts(value: Any) -> list[str]:
        return value.replace("，", ",").replace("、", ",").split(",") if isinstance(value, str) else list(value)

    until: date | None = values.get("until_on")
    return tuple(read_scope(parts(values["markets"]), parts(values["customers"]), until))


# -- pages ------------------------------------------------------------------------------------------------------------
class _SignedIn(In):
    reason = Note(required=True, max_length=500)
    password = Secret(required=True)


class _ForWhomIn(In):
    markets = Line(load_default="", max_length=200)
    customers = Line(load_default="", max_length=300)
    until_on = Day(load_default=None, allow_none=True)


class VerdictIn(_SignedIn, _ForWhomIn):
    """Release or reject pending goods of a lot, or of a tranche of it."""

    key = Line(required=True, max_length=64)
    to = Line(required=True, validate=validate.OneOf(["released", "rejected"], error="not_a_choice"))
    bin = Id(load_default=None, allow_none=True)
    lpn = Id(load_default=None, allow_none=True)
    quantity = QuantityField(load_default=None, allow_none=True)
    for_all = Tick()
    is_label_checked = Tick()


class TrancheIn(In):
    """Which goods of a lot the page of a verdict is about, and for which markets; in its URL."""

    bin = Id(load_default=None, allow_none=True)
    lpn = Id(load_default=None, allow_none=True)
    quantity = QuantityField(load_default=None, allow_none=True)
    markets = Line(load_default="", max_length=200)


class WaiveIn(_SignedIn):
    """Let a missing point go."""

    point = Choice(Point, required=True)


class WidenIn(_SignedIn, _ForWhomIn):
    """Release a lot for more markets or customers, or for everybody."""

    for_all = Tick()


class PapersIn(In):
    """The filters of a list of papers."""

    state = Line(load_default="", max_length=20)
    cursor = Line(load_default="", max_length=500)


class NewPaperIn(In):
    """The lot a new paper is about."""

    lot = Id(load_default=None, allow_none=True)


class RecordIn(In):
    """Write a non-conformance down."""

    key = Line(required=True, max_length=64)
    lot = Id(required=True)
    scope = Line(required=True, validate=validate.OneOf(_SCOPES, error="not_a_choice"))
    bin = Id(load_default=None, allow_none=True)
    lpn = Id(load_default=None, allow_none=True)
    quantity = QuantityField(load_default=None, allow_none=True)
    defect_class = Choice(DefectClass, required=True)
    what = Note(required=True, max_length=1000)


class ReviewIn(In):
    """What a look at it found."""

    finding = Note(required=True, max_length=1000)
    defect_class = Choice(DefectClass, required=True)
    password = Secret(required=True)


class ProposeIn(_ForWhomIn):
    """What is to become of the goods."""

    disposition = Choice(Disposition, required=True)
    reason = Note(required=True, max_length=500)


class SignIn(_SignedIn):
    """A signature with its reason: approve, refuse, witness, object."""


class FinishIn(In):
    """What came of it."""

    outcome = Note(required=True, max_length=1000)
    password = Secret(required=True)


class OrderIn(In):
    """Goods to be destroyed: a quantity for each stock row."""

    key = Line(required=True, max_length=64)
    reason = Note(required=True, max_length=500)
    quantity = Prefixed()


class CarryOutIn(In):
    """How and where goods were destroyed."""

    method = Line(required=True, max_length=200)
    place = Line(required=True, max_length=200)
    contractor = Line(load_default="", max_length=200)
    password = Secret(required=True)


class CancelIn(In):
    """Why an order is taken back."""

    reason = Note(required=True, max_length=500)


class ReleasePolicyIn(In):
    """What a release of an item or a class asks."""

    item_class = Choice(ItemClass, load_default=None, allow_none=True)
    sku = Line(load_default="", max_length=40)
    market = Line(load_default="", max_length=12)
    point = Prefixed()
    needs_two = Tick()
    is_removed = Tick()


class ApprovalPolicyIn(In):
    """How many approve a disposition of an item, a class or all; 0 takes the policy away."""

    item_class = Choice(ItemClass, load_default=None, allow_none=True)
    sku = Line(load_default="", max_length=40)
    disposition = Choice(Disposition, load_default=None, allow_none=True)
    people = Whole(0, 5, required=True)
    roles = Line(load_default="", max_length=200)


# -- the API: what comes in -------------------------------------------------------------------------------------------
class _ForWhom(In):
    markets = fields.List(
        Line(required=True, max_length=12), load_default=list, validate=validate.Length(max=20, error="too_long"),
        metadata={"description": "Markets such as CN or EU; the goods go to customers of these alone."},
    )  # fmt: skip
    customers = fields.List(
        Line(required=True, max_length=30), load_default=list, validate=validate.Length(max=20, error="too_long"),
        metadata={"description": "Codes of customers; the goods go to these, whatever their market."},
    )  # fmt: skip
    until_on = Day(
        load_default=None, allow_none=True, metadata={"description": "The last day on which goods may leave under it."}
    )


class _Place(In):
    bin_code = fields.String(load_default=None, allow_none=True, validate=validate.Length(min=1, max=32))
    lpn_code = fields.String(load_default=None, allow_none=True, validate=validate.Length(min=1, max=30))


class DecideLotIn(_Place, _ForWhom):
    """A decision on the pending goods of a lot in this warehouse, or of a tranche: a bin, an LPN, part of a bin."""

    to = fields.String(required=True, validate=validate.OneOf(["released", "rejected"], error="not_a_choice"))
    reason = Note(required=True, max_length=500, metadata={"description": "The certificate, test, ... behind it."})
    quantity = QuantityField(
        load_default=None, allow_none=True, metadata={"description": "A part of the goods in the bin; needs bin_code."}
    )
    for_all = Flag(load_default=False, metadata={"description": "Open a lot that was released for some for everybody."})
    is_label_checked = Flag(
        load_default=False, metadata={"description": "The signer has compared the label with the goods."}
    )


class ChecklistQuery(Query):
    """Which goods, and for which markets (commas between)."""

    markets = Line(load_default="", max_length=200)


class LotQuery(ListQuery):
    """Of which lot."""

    lot_id = Id(load_default=None, allow_none=False)


class WaivePointIn(In):
    """Which point is let go, and why."""

    point = Choice(Point, required=True)
    reason = Note(required=True, max_length=500)


class WidenScopeIn(_ForWhom):
    """For whom else a lot is released, or for everybody."""

    reason = Note(required=True, max_length=500)
    for_all = Flag(load_default=False)


class NonconformancesQuery(ListQuery):
    """Which non-conformances."""

    state = Choice(NonconformanceState, load_default=None, allow_none=False)
    lot_id = Id(load_default=None, allow_none=False)


class DestructionsQuery(ListQuery):
    """Which destructions."""

    state = Choice(DestructionState, load_default=None, allow_none=False)


class RecordNonconformanceIn(_Place):
    """Goods that are not as they should be. Scope `bin` needs bin_code, `lpn` lpn_code, `quantity` bin_code and quantity."""

    lot_id = Id(required=True)
    scope = fields.String(load_default="lot", validate=validate.OneOf(_SCOPES, error="not_a_choice"))
    quantity = QuantityField(load_default=None, allow_none=True)
    defect_class = Choice(DefectClass, required=True)
    what = Note(required=True, max_length=1000)


class ReviewNonconformanceIn(In):
    """What a look at it found."""

    finding = Note(required=True, max_length=1000)
    defect_class = Choice(DefectClass, required=True)


class ProposeDispositionIn(_ForWhom):
    """What is to become of the goods; a concession names markets or customers."""

    disposition = Choice(Disposition, required=True)
    reason = Note(required=True, max_length=500)


class _WhyIn(In):
    reason = Note(required=True, max_length=500)


class ApproveDispositionIn(_WhyIn):
    """Why the proposal is right."""


class RefuseDispositionIn(_WhyIn):
    """Why the proposal goes back."""


class ApproveDestructionIn(_WhyIn):
    """Why the goods may be destroyed."""


class CancelDestructionIn(_WhyIn):
    """Why an order is taken back."""


class WitnessDestructionIn(_WhyIn):
    """What the witness saw."""


class ObjectToDestructionIn(_WhyIn):
    """What the witness did not see."""


class OutcomeIn(In):
    """What came of it."""

    outcome = Note(required=True, max_length=1000)


class DestroyLineIn(In):
    """So much of one stock row."""

    balance_id = Id(required=True)
    quantity = QuantityField(required=True)


class OrderDestructionIn(In):
    """Goods to be destroyed, and why."""

    reason = Note(required=True, max_length=500)
    lines = fields.List(
        fields.Nested(DestroyLineIn()), required=True, validate=validate.Length(min=1, max=200, error="required")
    )


class CarryOutDestructionIn(In):
    """How and where, and by which contractor or certificate."""

    method = Line(required=True, max_length=200)
    place = Line(required=True, max_length=200)
    contractor = Line(load_default="", max_length=200)


class PointIn(In):
    """How one point is asked."""

    point = Choice(Point, required=True)
    asked = Choice(Asked, required=True)


class SetReleasePolicyIn(In):
    """What a release asks of an item or of a class of items; `points` null takes the policy away."""

    item_class = Choice(ItemClass, load_default=None, allow_none=True)
    sku = fields.String(load_default=None, allow_none=True, validate=validate.Length(min=1, max=40))
    market = Line(load_default="", max_length=12)
    points = fields.List(fields.Nested(PointIn()), load_default=None, allow_none=True, validate=validate.Length(max=20))
    needs_two = Flag(load_default=False)


class SetApprovalPolicyIn(In):
    """How many people approve a disposition (null: any) of an item, a class or all; 0 takes the policy away."""

    item_class = Choice(ItemClass, load_default=None, allow_none=True)
    sku = fields.String(load_default=None, allow_none=True, validate=validate.Length(min=1, max=40))
    disposition = Choice(Disposition, load_default=None, allow_none=True)
    people = Whole(0, 5, required=True)
    roles = fields.List(Line(required=True, max_length=30), load_default=list, validate=validate.Length(max=12))


# -- the API: what goes out -------------------------------------------------------------------------------------------
class SignatureOut(Out):
    """A signature: full name, meaning, instant with its zone (21 CFR 11.50), and whether the record is still what was signed."""

    id = Id(attribute="row.id")
    meaning = fields.Enum(Meaning, by_value=True, attribute="row.meaning")
    full_name = fields.String(attribute="row.full_name")
    login = fields.String(attribute="row.login")
    role = fields.String(attribute="row.role")
    reason = fields.String(attribute="row.reason")
    signed_at = Instant(attribute="row.signed_at")
    timezone = fields.String(attribute="row.timezone")
    sha256 = fields.String(attribute="row.sha256")
    key_id = fields.String(attribute="row.key")
    is_genuine = fields.Boolean(attribute="row.is_genuine")
    is_unchanged = fields.Boolean()
    changed = fields.List(fields.String(), metadata={"description": "Fields edited after signing."})


class CheckItemOut(Out):
    """One point of a checklist."""

    point = fields.Enum(Point, by_value=True)
    state = fields.Enum(ItemState, by_value=True)
    why = fields.String()
    details = fields.List(fields.String(), attribute="data")
    may_be_waived = fields.Boolean()


class ChecklistOut(Out):
    """The pending goods of a lot with their checklist."""

    lot_id = Id(attribute="lot.id")
    lot_number = fields.String(attribute="lot.number")
    sku = fields.String(attribute="lot.item.sku")
    quantity = QuantityField(zero_allowed=True)
    is_ready = fields.Boolean()
    items = fields.List(fields.Nested(CheckItemOut()))
    balances = fields.List(fields.Nested(HeldBalanceOut()), attribute="rows")


class WaitingOut(Out):
    """A lot in the release queue."""

    lot_id = Id(attribute="sum.lot")
    lot_number = fields.String(attribute="sum.number")
    sku = fields.String(attribute="sum.sku")
    name_en = fields.String(attribute="sum.name_en")
    name_zh = fields.String(attribute="sum.name_zh")
    base_unit = fields.String(attribute="sum.base_unit")
    last_good_on = DecidingDay(attribute="sum.fefo_on", allow_none=True)
    oldest_on = Day(attribute="sum.oldest_on")
    on_hand_quantity = QuantityField(attribute="sum.on_hand")
    is_ready = fields.Boolean()
    missing = fields.List(fields.Nested(CheckItemOut()), attribute="checked.missing")


class DecidedLotOut(Out):
    """What a decision came to, and the lot the goods are now."""

    release_id = Id()
    lot_id = Id()
    lot_number = fields.String()
    to = fields.String()
    quantity = QuantityField()


class ReleaseOut(Out):
    """A decision on pending goods."""

    id = Id()
    lot_id = Id()
    lot_number = fields.String(attribute="lot.number")
    sku = fields.String(attribute="lot.item.sku")
    to = fields.Enum(ReleaseVerdict, by_value=True, attribute="verdict")
    bin_code = fields.String(attribute="bin.code", dump_default=None, allow_none=True)
    lpn_code = PlateCode(attribute="lpn.code", dump_default=None, allow_none=True)
    quantity = QuantityField()
    released_for = fields.String(attribute="scope", metadata={"description": "Blank: for everybody."})
    reason = fields.String()
    decided_by = fields.String(attribute="decider.full_name")
    decided_at = Instant()


class KeptItemOut(Out):
    """One point of a checklist as it stood at the decision."""

    point = fields.String()
    state = fields.String()
    why = fields.String()
    details = fields.List(fields.String())


class ReleaseViewOut(Out):
    """A decision with its checklist as it stood and its signatures."""

    decision = fields.Nested(ReleaseOut(), attribute="release")
    checklist = fields.List(fields.Nested(KeptItemOut()))
    signatures = fields.List(fields.Nested(SignatureOut()))


class ApprovalOut(Out):
    """One person's approval."""

    by_id = Id(attribute="user_id")
    by = fields.String(attribute="user.full_name")
    is_of_quality = fields.Boolean()
    approved_at = Instant()


class NonconformanceOut(Out):
    """A non-conformance."""

    id = Id()
    number = fields.String()
    state = fields.Enum(NonconformanceState, by_value=True)
    lot_id = Id()
    lot_number = fields.String(attribute="lot.number")
    sku = fields.String(attribute="lot.item.sku")
    base_unit = fields.String(attribute="lot.item.base_unit")
    supplier_code = fields.String(attribute="supplier.code", dump_default=None, allow_none=True)
    scope = fields.Enum(HoldScope, by_value=True)
    bin_code = fields.String(attribute="bin.code", dump_default=None, allow_none=True)
    lpn_code = PlateCode(attribute="lpn.code", dump_default=None, allow_none=True)
    quantity = QuantityField(zero_allowed=True)
    defect_class = fields.Enum(DefectClass, by_value=True)
    what = fields.String()
    hold_id = Id()
    found_by = fields.String(attribute="finder.full_name")
    found_at = Instant()
    finding = fields.String()
    disposition = fields.Enum(Disposition, by_value=True, allow_none=True)
    disposition_reason = fields.String()
    limits = fields.String()
    people_needed = fields.Integer()
    roles_needed = fields.List(fields.String())
    supplier_return_id = Id(allow_none=True)
    outcome = fields.String()
    closed_at = Instant(allow_none=True)


class NonconformanceViewOut(Out):
    """A non-conformance with its approvals and signatures."""

    nonconformance = fields.Nested(NonconformanceOut(), attribute="paper")
    approvals = fields.List(fields.Nested(ApprovalOut()))
    signatures = fields.List(fields.Nested(SignatureOut()))


class DestructionLineOut(Out):
    """So much of one lot in one place."""

    line = fields.Integer()
    lot_id = Id()
    lot_number = fields.String(attribute="lot.number")
    sku = fields.String(attribute="lot.item.sku")
    bin_code = fields.String(attribute="bin.code")
    lpn_code = PlateCode(attribute="lpn.code", allow_none=True)
    quantity = QuantityField()


class DestructionOut(Out):
    """An order of destruction and what came of it."""

    id = Id()
    number = fields.String()
    state = fields.Enum(DestructionState, by_value=True)
    nonconformance_id = Id(allow_none=True)
    reason = fields.String()
    ordered_by = fields.String(attribute="orderer.full_name")
    ordered_at = Instant()
    people_needed = fields.Integer()
    method = fields.String()
    place = fields.String()
    contractor = fields.String()
    executed_by = fields.String(attribute="executor.full_name", dump_default=None, allow_none=True)
    executed_at = Instant(allow_none=True)
    witnessed_by = fields.String(attribute="witness.full_name", dump_default=None, allow_none=True)
    witnessed_at = Instant(allow_none=True)
    objection = fields.String()
    lines = fields.List(fields.Nested(DestructionLineOut()))


class DestructionViewOut(Out):
    """A destruction with its approvals and signatures."""

    destruction = fields.Nested(DestructionOut(), attribute="paper")
    approvals = fields.List(fields.Nested(ApprovalOut()))
    signatures = fields.List(fields.Nested(SignatureOut()))


class ReleasePolicyOut(Out):
    """What a release asks of an item or class, where it was said."""

    item_class = fields.Enum(ItemClass, by_value=True, allow_none=True)
    sku = fields.String(attribute="item.sku", dump_default=None, allow_none=True)
    market = fields.String()
    points = fields.Dict(keys=fields.String(), values=fields.String())
    needs_two = fields.Boolean()


class ApprovalPolicyOut(Out):
    """How many people approve what, where it was said."""

    item_class = fields.Enum(ItemClass, by_value=True, allow_none=True)
    sku = fields.String(attribute="item.sku", dump_default=None, allow_none=True)
    disposition = fields.Enum(Disposition, by_value=True, allow_none=True)
    people = fields.Integer()
    roles = fields.List(fields.String())


class PoliciesOut(Out):
    """What was said of releases and approvals; what nobody said counts as the product's own."""

    releases = fields.List(fields.Nested(ReleasePolicyOut()))
    approvals = fields.List(fields.Nested(ApprovalPolicyOut()))
