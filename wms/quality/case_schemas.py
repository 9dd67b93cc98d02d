"""What comes in for hold cases, retests and what ends soon, from the pages and from the API, and how they go out."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from marshmallow import fields, validate

from wms.catalog.models import ItemClass
from wms.quality.case_queries import Where
from wms.quality.due_queries import MONTHS_MAX
from wms.quality.schemas import REASONS, HeldBalanceOut, HoldWorkOut, StoppedOrderOut, UnitSum
from wms.stock.models import Capture, CaseScope, HoldReason
from wms.tasks.models import TaskState
from wms.web.api import ListQuery, Query
from wms.web.forms import Choice, Day, Flag, Id, In, Instant, Line, Note, Out, QuantityField, Secret, Tick, Whole

_own = validate.Regexp(r"\A((lot|item)\.[a-z][a-z0-9_]{0,39})?\Z", error="not_a_choice")
_country = validate.Regexp(r"\A([A-Z]{2})?\Z", error="country_form")
#: What a person places a case on; a list of lots is placed by a recall.
SCOPES: Final = (CaseScope.BIN, CaseScope.LPN, CaseScope.QUERY)
_scopes = validate.OneOf([scope.value for scope in SCOPES], error="not_a_choice")
#: The names of the criteria, in the order of the form.
CRITERIA: Final = (
    "supplier_code", "maker_code", "maker_lot", "sku", "item_class", "received_from", "received_until", "expires_from",
    "expires_until", "receipt_number", "delivery_note", "asn_number", "country", "bin_code", "zone_code", "captured_by",
    "words", "own_field", "own_value",
)  # fmt: skip


class _Asked(In):
    """The criteria of a query; blank ones are not asked. Joined with AND."""

    supplier_code = Line(max_length=30, load_default="")
    maker_code = Line(max_length=30, load_default="")
    maker_lot = Line(max_length=60, load_default="")
    sku = Line(max_length=40, load_default="")
    item_class = Line(
        load_default="", validate=validate.OneOf(["", *(c.value for c in ItemClass)], error="not_a_choice")
    )
    received_from = Day(load_default=None, allow_none=True)
    received_until = Day(load_default=None, allow_none=True)
    expires_from = Day(load_default=None, allow_none=True)
    expires_until = Day(load_default=None, allow_none=True)
    receipt_number = Line(max_length=40, load_default="")
    delivery_note = Line(max_length=60, load_default="")
    asn_number = Line(max_length=40, load_default="")
    country = Line(max_length=2, load_default="", validate=_country)
    bin_code = Line(max_length=32, load_default="")
    zone_code = Line(max_length=20, load_default="")
    captured_by = Line(
        load_default="", validate=validate.OneOf(["", *(c.value for c in Capture)], error="not_a_choice")
    )
    words = Line(max_length=60, load_default="")
    own_field = Line(max_length=60, load_default="", validate=_own)
    own_value = Line(max_length=200, load_default="")


class NewCaseIn(_Asked):
    """The URL of the page on which a case is prepared."""

    scope = Line(load_default="query", validate=_scopes)
    lpn_code = Line(max_length=30, load_default="")
    everywhere = Line(load_default="", max_length=1)
    look = Line(load_default="", max_length=1)
    reason = Line(load_default="", max_length=24)
    note = Note(load_default="", max_length=500)
    is_standing = Tick()
    key = Line(load_default="", max_length=64)


class CaseIn(NewCaseIn):
    """Place a case, as it was looked at."""

    key = Line(required=True, max_length=64)
    fingerprint = Line(required=True, max_length=80)
    reason = Line(required=True, validate=validate.OneOf([r.value for r in REASONS], error="not_a_choice"))


class LiftCaseIn(In):
    """Lift all of a case, or the holds that are ticked: reason, and the password again."""

    which = Line(required=True, validate=validate.OneOf(["all", "chosen"], error="not_a_choice"))
    holds = fields.List(Id(), load_default=list)
    reason = Note(required=True, max_length=500)
    password = Secret(required=True)


class CaseViewIn(In):
    """Which page of a case's holds."""

    cursor = Line(load_default="", max_length=500)


class NearExpiryIn(In):
    """How far ahead, and whether only what its item warns of."""

    months = Whole(0, MONTHS_MAX, load_default=6)
    warned = Tick()
    cursor = Line(load_default="", max_length=500)


class CursorIn(In):
    """Which page of a list."""

    cursor = Line(load_default="", max_length=500)


class ExtendIn(In):
    """Carry the days of a lot on after a passed retest: reason, and the password again."""

    retest_on = Day(required=True)
    expires_on = Day(load_default=None, allow_none=True)
    reason = Note(required=True, max_length=500)
    password = Secret(required=True)


# -- the API: what comes in -------------------------------------------------------------------------------------------
_EVERYWHERE: Final = {"description": "For scope `query`: in every warehouse, now and later; false: only in this one."}


class _AskedByMachine(_Asked):
    """The criteria as JSON has them: what is not asked is left out."""

    received_from = Day(load_default=None, allow_none=False)
    received_until = Day(load_default=None, allow_none=False)
    expires_from = Day(load_default=None, allow_none=False)
    expires_until = Day(load_default=None, allow_none=False)
    lpn_code = Line(max_length=30, load_default="")


class CasePreviewQuery(_AskedByMachine, Query):
    """What a case would be placed on: scope `bin` needs bin_code, `lpn` lpn_code, `query` at least one criterion."""

    scope = fields.String(load_default=CaseScope.QUERY.value, validate=_scopes)
    everywhere = fields.Boolean(load_default=False, truthy={"true"}, falsy={"false"}, metadata=_EVERYWHERE)


class PlaceCaseIn(_AskedByMachine):
    """Hold everything in a bin, on an LPN or that a query matches. The criteria are joined with AND."""

    scope = fields.String(load_default=CaseScope.QUERY.value, validate=_scopes)
    everywhere = Flag(load_default=False, metadata=_EVERYWHERE)
    reason = fields.String(required=True, validate=validate.OneOf([r.value for r in REASONS], error="not_a_choice"))
    note = Note(load_default="", max_length=500)
    is_standing = Flag(load_default=False, metadata={"description": "Lots that match and come later are held too."})
    fingerprint = Line(
        max_length=80, load_default="",
        metadata={"description": "Of the preview: when it has changed since, `question_needed` says what differs."},
    )  # fmt: skip


class LiftCaseByMachineIn(In):
    """Why holds of a case may be lifted, and which: all that stand when none is named."""

    reason = Note(required=True, max_length=500)
    hold_ids = fields.List(
        Id(), load_default=None, allow_none=True, validate=validate.Length(min=1, max=1000, error="line_count")
    )


class CasesQuery(ListQuery):
    """Which cases to list."""

    state = fields.String(load_default="open", validate=validate.OneOf(["open", "lifted", "all"], error="not_a_choice"))
    reason = Choice(HoldReason, load_default=None, allow_none=False)


class NearExpiryQuery(ListQuery):
    """How many months ahead: 0 is this month. `only_warned`: within the warning days of the item."""

    months = fields.Integer(load_default=6, validate=validate.Range(min=0, max=MONTHS_MAX, error="not_a_choice"))
    only_warned = fields.Boolean(load_default=False, truthy={"true"}, falsy={"false"})


class RetestsQuery(ListQuery):
    """Lots to be tested again within so many days."""

    days = fields.Integer(load_default=30, validate=validate.Range(min=0, max=3650, error="not_a_choice"))


class ExtendDatesIn(In):
    """The next day of retest, the new expiry where the item lets a retest extend it, and why."""

    retest_on = Day(required=True)
    expires_on = Day(load_default=None, allow_none=True)
    reason = Note(required=True, max_length=500)


# -- the API: what goes out -------------------------------------------------------------------------------------------
class MoneyField(fields.Field[Decimal]):
    """An amount of money as text, in the currency of the installation (WMS_CURRENCY)."""

    def document(self) -> dict[str, Any]:
        """Say the digits."""
        kind = ["string", "null"] if self.allow_none else "string"
        return {"type": kind, "pattern": r"^-?[0-9]+(\.[0-9]+)?$"}

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        return None if value is None else format(value, "f")


class CriteriaField(fields.Field[Any]):
    """What a query asked, by the names it is asked with."""

    def document(self) -> dict[str, Any]:
        """Say the form."""
        return {"type": "object", "additionalProperties": {"type": "string"}}

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        return {name: text for name, text in value.items() if name in CRITERIA}


class CaseOut(Out):
    """A hold case: what it was placed on, why, by whom, and how many of its holds stand."""

    id = Id()
    number = fields.String()
    scope = fields.Enum(CaseScope, by_value=True)
    state = fields.String(metadata={"description": "open, partly_lifted, standing (for what comes later) or lifted."})
    warehouse_id = Id(attribute="warehouse", allow_none=True)
    warehouse_code = fields.String(allow_none=True, metadata={"description": "Null: in every warehouse."})
    bin_code = fields.String(allow_none=True)
    lpn_code = fields.String(allow_none=True)
    criteria = CriteriaField()
    is_standing = fields.Boolean()
    reason = fields.Enum(HoldReason, by_value=True)
    note = fields.String()
    placed_by_id = Id(attribute="placed_by")
    placed_by = fields.String(attribute="placed_by_name")
    placed_at = Instant()
    ended_by = fields.String(attribute="ended_by_name", allow_none=True)
    ended_at = Instant(allow_none=True)
    hold_count = fields.Integer(attribute="holds")
    open_hold_count = fields.Integer(attribute="open_holds")


class CaseLotOut(Out):
    """A lot of a case."""

    lot_id = Id(attribute="id")
    lot_number = fields.String(attribute="number")
    sku = fields.String()
    base_unit = fields.String()


class StandingHoldOut(Out):
    """How much stands where in one warehouse."""

    warehouse_code = fields.String()
    where = fields.Enum(Where, by_value=True)
    lot_count = fields.Integer(attribute="lots")
    place_count = fields.Integer(attribute="places")
    quantities = UnitSum()


class ShippedToOut(Out):
    """What has left already of the lots, by order: for information, a hold does not reach it."""

    order_id = Id(attribute="order")
    order_number = fields.String(attribute="number")
    customer_name_en = fields.String(attribute="customer_en")
    customer_name_zh = fields.String(attribute="customer_zh")
    lot_count = fields.Integer(attribute="lots")
    quantities = UnitSum()


class WorthOut(Out):
    """What the goods come to by standard cost; for `unknown_items` items that is not known."""

    amount = MoneyField()
    known_items = fields.Integer()
    unknown_items = fields.Integer()


class CasePreviewOut(Out):
    """What a case would take and stop. Nothing was changed. The first 200 lots, orders and shipments are named."""

    fingerprint = fields.String()
    lot_count = fields.Integer()
    empty_lot_count = fields.Integer(
        attribute="empty_lots", metadata={"description": "Lots that stand nowhere now; what comes back is held."}
    )
    place_count = fields.Integer(attribute="places")
    order_count = fields.Integer()
    lots = fields.List(fields.Nested(CaseLotOut()))
    standing = fields.List(fields.Nested(StandingHoldOut()))
    orders = fields.List(fields.Nested(StoppedOrderOut()))
    shipped = fields.List(fields.Nested(ShippedToOut()))
    open_shipments = fields.List(fields.String(), attribute="shipments")
    worth = fields.Nested(WorthOut())
    work = fields.Nested(HoldWorkOut())


class PlacedCaseOut(Out):
    """What a case did."""

    case_id = Id(attribute="case")
    number = fields.String()
    lot_count = fields.Integer(attribute="lots")
    place_count = fields.Integer(attribute="places")
    hold_count = fields.Integer(attribute="holds")
    orders = fields.List(fields.Nested(StoppedOrderOut()), attribute="stopped_orders")
    task_ids = fields.List(Id(), attribute="stopped_tasks")


class MisplacedOut(Out):
    """Goods that must stand apart and do not, and the task left for them."""

    goods = fields.Nested(HeldBalanceOut(), attribute="row")
    lot_id = Id(attribute="row.lot")
    lot_number = fields.String(attribute="row.lot_number")
    sku = fields.String(attribute="row.sku")
    why = fields.String(metadata={"description": "rejected, expired or recalled."})
    task_id = Id(attribute="task", allow_none=True)
    task_state = fields.Enum(TaskState, by_value=True, allow_none=True)
    target_bin_code = fields.String(allow_none=True)


class TasksLeftOut(Out):
    """How many tasks were left."""

    task_count = fields.Integer()


class NearExpiryOut(Out):
    """A lot that ends soon, with what stands of it here, in base units."""

    lot_id = Id(attribute="lot")
    lot_number = fields.String(attribute="number")
    item_id = Id(attribute="item")
    sku = fields.String()
    name_en = fields.String()
    name_zh = fields.String()
    base_unit = fields.String()
    supplier_code = fields.String(allow_none=True)
    last_good_on = Day()
    on_hand_quantity = QuantityField(attribute="on_hand")
    held_quantity = QuantityField(attribute="held")
    is_warned = fields.Boolean(metadata={"description": "Within the warning days of its item."})
    worth = MoneyField(allow_none=True)


class RetestOut(Out):
    """A lot that is to be tested again, with what stands of it here, in base units."""

    lot_id = Id(attribute="lot")
    lot_number = fields.String(attribute="number")
    item_id = Id(attribute="item")
    sku = fields.String()
    name_en = fields.String()
    name_zh = fields.String()
    base_unit = fields.String()
    retest_on = Day()
    expires_on = Day(allow_none=True)
    may_extend_expiry = fields.Boolean()
    on_hand_quantity = QuantityField(attribute="on_hand")
    is_held = fields.Boolean(metadata={"description": "A retest hold lies on it."})


class ExtendedOut(Out):
    """What an extension did: the signature under it, the retest holds it lifted, and how much is free of them."""

    lot_id = Id()
    retest_on = Day()
    expires_on = Day(allow_none=True)
    signature_id = Id()
    hold_ids = fields.List(Id())
    quantity = QuantityField()
