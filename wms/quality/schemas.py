"""What comes in from the pages of quality and the API, and how holds and pending goods go out."""

from typing import Any, Final

from marshmallow import fields, validate

from wms.core.ids import LOOSE
from wms.sites.models import BinKind
from wms.stock.ledger import Quality
from wms.stock.models import HoldReason, HoldScope
from wms.stock.schemas import DecidingDay
from wms.tasks.models import TaskKind, TaskState
from wms.web.api import ListQuery, Query
from wms.web.forms import Choice, Day, Flag, Id, In, Instant, Line, Note, Out, QuantityField, Secret

_scope = validate.OneOf([s.value for s in HoldScope], error="not_a_choice")
#: The reasons a person may choose; `expired` and `recall` are laid by their own paths.
REASONS = tuple(r for r in HoldReason if r not in (HoldReason.EXPIRED, HoldReason.RECALL, HoldReason.NONCONFORMANCE))


class HoldTargetIn(In):
    """Where a hold is to reach, in the URL of its panel."""

    lot = Id(required=True)
    bin = Id(load_default=None, allow_none=True)
    lpn = Id(load_default=None, allow_none=True)
    scope = Line(load_default="", validate=validate.OneOf(["", *(s.value for s in HoldScope)], error="not_a_choice"))
    quantity = Line(load_default="", max_length=24)
    everywhere = Line(load_default="1", max_length=1)
    reason = Line(load_default="", max_length=24)
    note = Note(load_default="", max_length=500)
    key = Line(load_default="", max_length=64)


class HoldIn(In):
    """Place a hold."""

    key = Line(required=True, max_length=64)
    lot = Id(required=True)
    bin = Id(load_default=None, allow_none=True)
    lpn = Id(load_default=None, allow_none=True)
    scope = Line(required=True, validate=_scope)
    quantity = QuantityField(load_default=None, allow_none=True)
    everywhere = Line(load_default="1", max_length=1)
    reason = Line(required=True, validate=validate.OneOf([r.value for r in REASONS], error="not_a_choice"))
    note = Note(load_default="", max_length=500)


class LiftIn(In):
    """Lift a hold: reason, and the password again."""

    reason = Note(required=True, max_length=500)
    password = Secret(required=True)


class HoldsIn(In):
    """The filters of the list of holds."""

    state = Line(load_default="", validate=validate.OneOf(["", "open", "lifted"], error="not_a_choice"))
    reason = Line(load_default="", validate=validate.OneOf(["", *(r.value for r in HoldReason)], error="not_a_choice"))
    older = Line(load_default="", validate=validate.OneOf(["", "1", "7", "30"], error="not_a_choice"))
    q = Line(load_default="", max_length=60)
    cursor = Line(load_default="", max_length=500)


# -- the API: what comes in -------------------------------------------------------------------------------------------
_EVERYWHERE: Final = {
    "description": "For scope `lot`: in every warehouse where it stands, now and later; false: only in this one."
}


class _PlaceIn(In):
    bin_code = fields.String(load_default=None, allow_none=True, validate=validate.Length(min=1, max=32))
    lpn_code = fields.String(load_default=None, allow_none=True, validate=validate.Length(min=1, max=30))


class HoldsQuery(ListQuery):
    """Which holds to list."""

    state = fields.String(load_default="open", validate=validate.OneOf(["open", "lifted", "all"], error="not_a_choice"))
    reason = Choice(HoldReason, load_default=None, allow_none=False)
    lot_id = Id(load_default=None, allow_none=False)
    case_id = Id(load_default=None, allow_none=False)
    sort = fields.String(
        load_default="-placed", validate=validate.OneOf(["-placed", "placed"], error="not_a_choice"),
        metadata={"description": "`-placed`: the newest first."},
    )  # fmt: skip


class HoldPreviewQuery(Query):
    """Where a hold is to reach, to look before it is placed."""

    scope = Choice(HoldScope, load_default=HoldScope.LOT)
    bin_code = Line(max_length=32, load_default=None, allow_none=False)
    lpn_code = Line(max_length=30, load_default=None, allow_none=False)
    quantity = QuantityField(load_default=None, allow_none=False)
    everywhere = fields.Boolean(load_default=True, truthy={"true"}, falsy={"false"}, metadata=_EVERYWHERE)


class PlaceHoldIn(_PlaceIn):
    """Stop goods of a lot. Scope `bin` needs bin_code, `lpn` lpn_code, `quantity` bin_code and quantity."""

    scope = Choice(HoldScope, load_default=HoldScope.LOT)
    quantity = QuantityField(load_default=None, allow_none=True)
    everywhere = Flag(load_default=True, metadata=_EVERYWHERE)
    reason = fields.String(
        required=True, validate=validate.OneOf([reason.value for reason in REASONS], error="not_a_choice")
    )
    note = Note(load_default="", max_length=500)


class LiftHoldIn(In):
    """Why a hold may be lifted."""

    reason = Note(required=True, max_length=500)


# -- the API: what goes out -------------------------------------------------------------------------------------------
class PlateCode(fields.String):
    """The code of an LPN; null for loose goods."""

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        return None if value in {"", "LOOSE"} or getattr(obj, "lpn", None) == LOOSE else value


class HoldOut(Out):
    """A hold: how far it reaches, why, who placed and lifted it, and how much it lies on now."""

    id = Id()
    scope = fields.Enum(HoldScope, by_value=True)
    reason = fields.Enum(HoldReason, by_value=True)
    note = fields.String()
    lot_id = Id(attribute="lot")
    lot_number = fields.String()
    sku = fields.String()
    name_en = fields.String()
    name_zh = fields.String()
    base_unit = fields.String()
    warehouse_id = Id(attribute="warehouse", allow_none=True)
    warehouse_code = fields.String(allow_none=True, metadata={"description": "Null: the lot everywhere."})
    bin_code = fields.String(allow_none=True)
    lpn_code = PlateCode(allow_none=True)
    quantity = QuantityField(allow_none=True, metadata={"description": "For scope `quantity`: how much was stopped."})
    on_hand_quantity = QuantityField(attribute="on_hand", metadata={"description": "What it lies on now."})
    placed_by_id = Id(attribute="placed_by")
    placed_by = fields.String(attribute="placed_by_name")
    placed_at = Instant()
    lifted_by = fields.String(attribute="lifted_by_name", allow_none=True)
    lifted_at = Instant(allow_none=True)
    lift_reason = fields.String()
    case_id = Id(attribute="case", allow_none=True, metadata={"description": "The hold case it was placed with."})
    case_number = fields.String(allow_none=True)


class HeldBalanceOut(Out):
    """Goods under a hold, or pending ones: where they stand and how much."""

    balance_id = Id(attribute="id")
    warehouse_id = Id(attribute="warehouse")
    bin_code = fields.String()
    bin_kind = fields.Enum(BinKind, by_value=True)
    lpn_code = PlateCode(allow_none=True)
    quality = fields.Enum(Quality, by_value=True)
    is_held = fields.Boolean()
    on_hand_quantity = QuantityField(attribute="on_hand")
    allocated_quantity = QuantityField(attribute="allocated")


class HoldTaskOut(Out):
    """Work that a hold left: goods to carry back or to put apart."""

    id = Id()
    kind = fields.Enum(TaskKind, by_value=True)
    state = fields.Enum(TaskState, by_value=True)
    source_bin_code = fields.String(attribute="source_bin.code", allow_none=True)
    target_bin_code = fields.String(attribute="target_bin.code", allow_none=True)
    quantity = QuantityField(allow_none=True)


class HoldViewOut(HoldOut):
    """A hold with what it lies on and the work it left."""

    balances = fields.List(fields.Nested(HeldBalanceOut()))
    tasks = fields.List(fields.Nested(HoldTaskOut()))


class StoppedOrderOut(Out):
    """An order that loses goods by a hold."""

    order_id = Id(attribute="demand.order")
    order_number = fields.String(attribute="demand.number")
    customer_name_en = fields.String(attribute="demand.customer_en")
    customer_name_zh = fields.String(attribute="demand.customer_zh")
    ship_on = Day(attribute="demand.ship_on")
    quantity = QuantityField()
    is_picked = fields.Boolean(metadata={"description": "Goods of it stand in staging already."})


class HoldReachOut(Out):
    """How much of what stands in one place a hold takes, and how much of that is promised."""

    balance_id = Id(attribute="row.id")
    warehouse_id = Id(attribute="row.warehouse")
    bin_code = fields.String(attribute="row.bin_code")
    lpn_code = fields.String(attribute="plate", allow_none=True)
    on_hand_quantity = QuantityField(attribute="row.on_hand")
    quantity = QuantityField()
    is_held = fields.Boolean(attribute="row.is_held", metadata={"description": "Another hold lies on it already."})


class UnitSum(fields.Field[Any]):
    """Sums by base unit, since pieces and kilograms do not add: [{"unit": "pcs", "quantity": "12"}]."""

    def document(self) -> dict[str, Any]:
        """Say the form."""
        of = {"unit": {"type": "string"}, "quantity": {"type": "string"}}
        return {"type": "array", "items": {"type": "object", "properties": of, "required": ["unit", "quantity"]}}

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        return [{"unit": unit, "quantity": str(amount)} for unit, amount in value]


class First(fields.List):
    """A list whose first 200 are named."""

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        return super()._serialize(value[:200], attr, obj, **kwargs)


class StoppedWorkOrderOut(Out):
    """A work order that loses goods."""

    id = Id()
    number = fields.String()
    state = fields.String()
    bound = UnitSum(metadata={"description": "Bound to it, in the store."})
    at_line = UnitSum(metadata={"description": "Issued to it, at its line."})


class WorkPlaceOut(Out):
    """A line where goods stand, or a vessel that holds them."""

    code = fields.String()
    lot_count = fields.Integer(attribute="lots")
    quantities = UnitSum()


class KeptLotOut(Out):
    """A lot in reach that is kept for one order."""

    lot_id = Id(attribute="lot")
    lot_number = fields.String(attribute="number")
    made_for = fields.String(metadata={"description": "The number of the order."})


class HoldWorkOut(Out):
    """What stops in production, and which lots are kept for an order. The first 200 of each are named."""

    work_orders = First(fields.Nested(StoppedWorkOrderOut()))
    lines = First(fields.Nested(WorkPlaceOut()))
    vessels = First(fields.Nested(WorkPlaceOut()))
    kept = First(fields.Nested(KeptLotOut()))


class HoldPreviewOut(Out):
    """What a hold would take and whose orders it would stop. Nothing was changed."""

    quantity = QuantityField()
    is_enough = fields.Boolean(metadata={"description": "False: less is there than the quantity asked for."})
    reaches = fields.List(fields.Nested(HoldReachOut()))
    orders = fields.List(fields.Nested(StoppedOrderOut()))
    work = fields.Nested(HoldWorkOut())


class PlacedHoldOut(Out):
    """What a hold did: how much it stopped, whose orders, which tasks."""

    hold_id = Id(attribute="hold")
    quantity = QuantityField()
    orders = fields.List(fields.Nested(StoppedOrderOut()), attribute="stopped_orders")
    task_ids = fields.List(Id(), attribute="stopped_tasks")


class PendingLotOut(Out):
    """A lot with goods that wait for a verdict."""

    lot_id = Id(attribute="lot")
    lot_number = fields.String(attribute="number")
    item_id = Id(attribute="item")
    sku = fields.String()
    name_en = fields.String()
    name_zh = fields.String()
    base_unit = fields.String()
    last_good_on = DecidingDay(attribute="fefo_on", allow_none=True)
    oldest_on = Day(metadata={"description": "The day the longest waiting goods came."})
    on_hand_quantity = QuantityField(attribute="on_hand")


class PendingGoodsOut(Out):
    """The goods of a lot that wait for a verdict in a warehouse."""

    lot_id = Id(attribute="lot.id")
    lot_number = fields.String(attribute="lot.number")
    sku = fields.String(attribute="lot.item.sku")
    name_en = fields.String(attribute="lot.item.name_en")
    name_zh = fields.String(attribute="lot.item.name_zh")
    base_unit = fields.String(attribute="lot.item.base_unit")
    quantity = QuantityField()
    balances = fields.List(fields.Nested(HeldBalanceOut()))
