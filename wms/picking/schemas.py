"""What comes in from the order pages and the API, the command it becomes, and how orders, lists and picks go out."""

from typing import Any, Final

from marshmallow import fields, validate

from wms.catalog.models import FefoGrade, PolicyName
from wms.core.errors import BadQuantity, FieldErrors
from wms.core.ids import ItemId, PartnerId, WarehouseId
from wms.core.quantity import ZERO, Quantity
from wms.picking import page_queries, words
from wms.picking.models import OrderPurpose, OrderState, PickListState
from wms.picking.page_queries import SORTS
from wms.picking.service import CreateOrder, NewLine
from wms.quality.schemas import PlateCode
from wms.stock.capture_edge import CapturedIn
from wms.stock.rules.availability import NEVER
from wms.stock.schemas import DecidingDay
from wms.tasks.models import TaskState
from wms.web.api import ListQuery, Query
from wms.web.forms import Choice, Day, Exact, Id, In, Instant, Line, Note, Out, QuantityField

LINES = 8
#: An order that comes by the API has at most so many lines.
LINES_MAX: Final = 200


class OrderFilterIn(In):
    """The filters of the order list, as they stand in its URL."""

    q = Line(load_default="", max_length=100)
    state = Line(
        load_default="open",
        validate=validate.OneOf(["", "all", "open", *(s.value for s in OrderState)], error="not_a_choice"),
    )
    due = Day(load_default=None, allow_none=True)
    sort = Line(load_default="ship", validate=validate.OneOf(["", *SORTS], error="not_a_choice"))
    cursor = Line(load_default="", max_length=500)


class NewOrderIn(In):
    """A new order as the form sends it: `sku`, `quantity` and `lot` stand once for each line, blank lines are passed over."""

    number = Line(load_default="", max_length=40)
    customer = Id(required=True)
    ship_on = Day(required=True)
    purpose = Line(load_default="sale", validate=validate.OneOf([p.value for p in OrderPurpose], error="not_a_choice"))
    policy = Line(load_default="", validate=validate.OneOf(["", *(p.value for p in PolicyName)], error="not_a_choice"))
    priority = fields.Integer(load_default=5, validate=validate.Range(min=1, max=9, error="not_a_choice"))
    note = Note(load_default="", max_length=500)
    sku = fields.List(Line(max_length=60), load_default=list)
    quantity = fields.List(Line(max_length=24), load_default=list)
    lot = fields.List(Line(max_length=60), load_default=list)


class KeepLotQuery(In):
    """The number of the lot that is to be kept for a line."""

    lot = Exact(load_default="", max_length=60)


class KeepLotIn(In):
    """A lot to keep for a line, and what was looked at before."""

    lot_id = Id(required=True)
    fingerprint = Line(
        load_default="", max_length=64,
        metadata={"description": "Of the preview: the word for the demands that lose what they were promised."},
    )  # fmt: skip


def new_order(values: dict[str, Any], *, warehouse: WarehouseId) -> CreateOrder:
    """Make the command of what NewOrderIn loaded; FieldErrors name the line that is wrong."""
    return CreateOrder(
        warehouse=warehouse, customer=PartnerId(values["customer"]), ship_on=values["ship_on"],
        lines=_lines(values["sku"], values["quantity"], values["lot"]), number=values["number"],
        purpose=OrderPurpose(values["purpose"]), policy=PolicyName(values["policy"]) if values["policy"] else None,
        priority=values["priority"], note=values["note"],
    )  # fmt: skip


def _lines(skus: list[str], quantities: list[str], lots: list[str]) -> tuple[NewLine, ...]:
    wanted = [
        (n, sku, quantities[n] if n < len(quantities) else "", lots[n] if n < len(lots) else "")
        for n, sku in enumerate(skus[:200])
        if sku
    ]
    if not wanted:
        raise FieldErrors(errors={"sku": ["required"]})
    items = page_queries.items_by_sku([sku for _, sku, _, _ in wanted])
    lines = []
    for n, sku, quantity, lot in wanted:
        item = items.get(sku)
        if item is None:
            raise FieldErrors(errors={f"sku {n + 1}": ["not_found"]})
        lot_id = page_queries.lot_by_number(item, lot) if lot else None
        if lot and lot_id is None:
            raise FieldErrors(errors={f"lot {n + 1}": ["not_found"]})
        lines.append(NewLine(item=item, quantity=_quantity(n, quantity), lot=lot_id))
    return tuple(lines)


def _quantity(n: int, text: str) -> Quantity:
    try:
        quantity = Quantity.parse(text)
    except BadQuantity:
        raise FieldErrors(errors={f"quantity {n + 1}": ["bad_quantity"]}) from None
    if quantity <= ZERO:
        raise FieldErrors(errors={f"quantity {n + 1}": ["not_positive"]})
    return quantity


# -- the API: what comes in -------------------------------------------------------------------------------------------
_BASE_UNIT: Final = {"description": "In the item's base unit."}


class CodeText(fields.String):
    """A code or lot number byte for byte: nothing is trimmed, no case is folded."""

    def __init__(self, *, max_length: int = 60, **kwargs: Any) -> None:
        super().__init__(validate=validate.Length(min=1, max=max_length, error="too_long"), **kwargs)


class OrdersQuery(ListQuery):
    """Which orders to list."""

    q = Line(
        max_length=100, load_default="", metadata={"description": "Part of the order's number or the customer's name."}
    )
    state = fields.String(
        load_default="open",
        validate=validate.OneOf(["all", "open", *(s.value for s in OrderState)], error="not_a_choice"),
        metadata={"description": "`open`: every state but shipped and cancelled."},
    )
    due = Day(
        load_default=None, allow_none=False, metadata={"description": "Only orders that leave on this day or before."}
    )
    sort = fields.String(load_default="ship", validate=validate.OneOf(SORTS, error="not_a_choice"))


class OrderLineIn(In):
    """One line of a new order."""

    sku = CodeText(required=True)
    quantity = QuantityField(required=True, metadata=_BASE_UNIT)
    lot_number = CodeText(
        load_default=None, allow_none=True, metadata={"description": "When one lot is asked for by name."}
    )


class OrderIn(In):
    """A new order."""

    number = Line(
        load_default="", max_length=40, metadata={"description": "Your own number; without one the order gets one."}
    )
    customer_code = CodeText(required=True, max_length=30)
    ship_on = Day(
        required=True, metadata={"description": "The day it leaves; remaining shelf life is counted from here."}
    )
    purpose = Choice(OrderPurpose, load_default=OrderPurpose.SALE)
    allocation_policy = Choice(
        PolicyName, load_default=None, allow_none=True,
        metadata={"description": "Only where it shall differ from the customer's and the item's own."},
    )  # fmt: skip
    priority = fields.Integer(
        load_default=5, strict=True, validate=validate.Range(min=1, max=9, error="not_a_choice"),
        metadata={"description": "1 is picked first."},
    )  # fmt: skip
    note = Note(load_default="", max_length=500)
    lines = fields.List(
        fields.Nested(OrderLineIn()),
        required=True,
        validate=validate.Length(min=1, max=LINES_MAX, error="line_count"),
    )


def order_command(values: dict[str, Any], *, warehouse: WarehouseId) -> CreateOrder:
    """Make the command of what OrderIn loaded; FieldErrors name the line that is wrong."""
    customer = page_queries.customer_by_code(values["customer_code"])
    if customer is None:
        raise FieldErrors(errors={"customer_code": ["not_found"]})
    wanted = values["lines"]
    items = page_queries.items_by_sku(sorted({line["sku"] for line in wanted}))
    named: list[tuple[ItemId, str] | None] = [
        (items[line["sku"]], line["lot_number"]) if line["lot_number"] and line["sku"] in items else None
        for line in wanted
    ]
    lots = page_queries.lots_by_number({pair for pair in named if pair})
    faults: dict[int, dict[str, list[str]]] = {}
    for n, (line, pair) in enumerate(zip(wanted, named, strict=True)):
        if line["sku"] not in items:
            faults[n] = {"sku": ["not_found"]}
        elif pair and pair not in lots:
            faults[n] = {"lot_number": ["not_found"]}
    if faults:
        raise FieldErrors(errors={"lines": faults})
    return CreateOrder(
        warehouse=warehouse, customer=customer, ship_on=values["ship_on"],
        lines=tuple(
            NewLine(item=items[line["sku"]], quantity=line["quantity"], lot=lots[pair] if pair else None)
            for line, pair in zip(wanted, named, strict=True)
        ),
        number=values["number"], purpose=values["purpose"], policy=values["allocation_policy"],
        priority=values["priority"], note=values["note"],
    )  # fmt: skip


class PickListsQuery(ListQuery):
    """Which pick lists to show."""

    state = Choice(
        PickListState, load_default=None, allow_none=False,
        metadata={"description": "Without it: those that are still to walk (open or taken)."},
    )  # fmt: skip


class PickTasksQuery(ListQuery):
    """Which pick tasks to show."""

    state = Choice(
        TaskState, load_default=None, allow_none=False,
        metadata={"description": "Without it: those that are still to do (open or taken)."},
    )  # fmt: skip
    pick_list_id = Id(load_default=None, allow_none=False)


class PickAnswersIn(In):
    """Answers to questions that an earlier try was asked (`question_needed`)."""

    which_lot = CodeText(
        load_default=None, allow_none=True,
        metadata={"description": "The number of the lot that was taken, where item or LPN alone does not tell."},
    )  # fmt: skip


class _GoodsIn(CapturedIn):
    """What was scanned at a stop, by what the codes say."""

    bin_code = CodeText(required=True, max_length=32)
    lot_number = CodeText(load_default=None, allow_none=True, metadata={"description": "Byte for byte, of the item."})
    sku = CodeText(load_default=None, allow_none=True)
    lpn_code = CodeText(load_default=None, allow_none=True, max_length=30)
    answers = fields.Nested(PickAnswersIn(), load_default=dict)


class PickIn(_GoodsIn):
    """A pick at a stop: where, what, how much."""

    quantity = QuantityField(
        load_default=None, allow_none=True, metadata={"description": "In base units; without it, all that is left."}
    )
    override_reason = Note(
        load_default="", max_length=500,
        metadata={"description": "Why another lot than the policy's was taken, after `fefo_broken` asked for it."},
    )  # fmt: skip


class OverrideIn(_GoodsIn):
    """A pick of another lot than the policy's, which a permitted person signs."""

    quantity = QuantityField(
        load_default=None, allow_none=True, metadata={"description": "In base units; without it, all that is left."}
    )
    reason = Note(required=True, max_length=500)


class ShortIn(_GoodsIn):
    """A stop that holds less than it asks for. With `found` 0 the bin is enough, else the goods must be named too."""

    found = QuantityField(required=True, zero_allowed=True, metadata=_BASE_UNIT)


# -- the API: what goes out -------------------------------------------------------------------------------------------
class OrderRowOut(Out):
    """An order in the list; `stopped_count` tells the picks that a hold stopped."""

    id = Id()
    number = fields.String()
    customer_code = fields.String()
    customer_name_en = fields.String(attribute="name_en")
    customer_name_zh = fields.String(attribute="name_zh")
    state = fields.Enum(OrderState, by_value=True)
    ship_on = Day()
    priority = fields.Integer()
    line_count = fields.Integer(attribute="lines")
    stopped_count = fields.Integer(attribute="stopped")


class OrderClaimOut(Out):
    """A promise: this much of this lot, where it stands now."""

    lot_id = Id(attribute="lot")
    lot_number = fields.String()
    last_good_on = DecidingDay(attribute="fefo_on", allow_none=True)
    expires_on = Day(allow_none=True)
    bin_id = Id(attribute="bin")
    bin_code = fields.String()
    lpn_code = PlateCode(allow_none=True)
    quantity = QuantityField()
    is_staged = fields.Boolean()


class _WhySentence(fields.String):
    """The sentence of a stored decision, made of its code and values."""

    def get_value(self, obj: Any, attr: str, accessor: Any = None, default: Any = None) -> Any:
        return words.why_sentence(obj)


class _StoredDay(fields.String):
    """A last good day of a stored decision, null where none decides."""

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        return None if value == NEVER.isoformat() else super()._serialize(value, attr, obj, **kwargs)


class AllocationCandidateOut(Out):
    """Stock that the allocation looked at, in policy order, and what became of it."""

    lot_id = fields.String(attribute="lot")
    lot_number = fields.String(attribute="number")
    bin_code = fields.String(attribute="bin")
    lpn_code = PlateCode(attribute="lpn", allow_none=True)
    last_good_on = _StoredDay(attribute="fefo_on", allow_none=True, metadata={"format": "date"})
    received_on = fields.String(metadata={"format": "date"})
    quality = fields.String()
    available = fields.String()
    taken = fields.String()
    why = fields.String(metadata={"description": "`taken`, or the code of why not."})
    explanation = _WhySentence(metadata={"description": "The same as a sentence in the caller's language."})
    data = fields.Dict(keys=fields.String(), values=fields.String())


class AllocationDecisionOut(Out):
    """Why these lots: the policy, the days, and the candidates as of one posting of the ledger."""

    policy = fields.String()
    decided_on = Day(attribute="on")
    needed_until = Day(allow_none=True)
    ledger_seq = Id()
    asked = QuantityField()
    claimed = QuantityField()
    decided_at = Instant()
    candidates = fields.List(fields.Nested(AllocationCandidateOut()))


class OrderLineBriefOut(Out):
    """One line of an order with what is promised, staged, shipped and short, in base units."""

    id = Id()
    line = fields.Integer()
    item_id = Id(attribute="item")
    sku = fields.String()
    name_en = fields.String()
    name_zh = fields.String()
    base_unit = fields.String(attribute="unit")
    quantity = QuantityField(attribute="asked")
    lot_number = fields.String(attribute="named_lot", metadata={"description": "The lot asked for by name, or empty."})
    claimed = QuantityField()
    staged = QuantityField()
    shipped = QuantityField()
    short = QuantityField()


class OrderLineOut(OrderLineBriefOut):
    """One line of an order with its promises and the last decision."""

    claims = fields.List(fields.Nested(OrderClaimOut()))
    decision = fields.Nested(AllocationDecisionOut(), allow_none=True)
    decided_by = fields.String()


class PickTaskOut(Out):
    """A pick task: one stop of a walk."""

    id = Id()
    pick_list_id = Id(attribute="list_id")
    pick_list_number = fields.String(attribute="list_number")
    order_id = Id(attribute="order")
    order_number = fields.String()
    order_line_id = Id(attribute="line")
    sequence = fields.Integer()
    state = fields.Enum(TaskState, by_value=True)
    why = fields.String(metadata={"description": "Why it was stopped or closed otherwise: a code, or empty."})
    sku = fields.String()
    name_en = fields.String()
    name_zh = fields.String()
    base_unit = fields.String(attribute="unit")
    lot_id = Id(attribute="lot")
    lot_number = fields.String()
    bin_code = fields.String()
    lpn_code = PlateCode(allow_none=True)
    quantity = QuantityField()
    done = QuantityField()
    closed_by = fields.String()
    closed_at = Instant(allow_none=True)


class PickListOut(Out):
    """A pick list: a walk of one person onto one outbound LPN, with its tasks in walk order."""

    id = Id()
    number = fields.String()
    order_id = Id(attribute="order")
    order_number = fields.String()
    state = fields.Enum(PickListState, by_value=True)
    staging_bin_code = fields.String(attribute="staging_bin")
    lpn_code = fields.String()
    taken_by = fields.String()
    taken_at = Instant(allow_none=True)
    created_at = Instant()
    tasks = fields.List(fields.Nested(PickTaskOut()))


class PickListRowOut(Out):
    """A pick list in the list; `stops` is how many are still to do."""

    id = Id()
    number = fields.String()
    state = fields.Enum(PickListState, by_value=True)
    order_id = Id(attribute="order")
    order_number = fields.String()
    customer_code = fields.String()
    customer_name_en = fields.String(attribute="name_en")
    customer_name_zh = fields.String(attribute="name_zh")
    ship_on = Day()
    priority = fields.Integer()
    stops = fields.Integer()
    staging_bin_code = fields.String(attribute="staging_bin")
    lpn_code = fields.String()
    taken_by = fields.String()
    taken_at = Instant(allow_none=True)
    created_at = Instant()


class FefoOverrideOut(Out):
    """Another lot than the policy's was picked: which, instead of which, why, by whom, and what was skipped."""

    lot_number = fields.String()
    needed_lot_number = fields.String()
    skipped = fields.List(fields.String())
    reason = fields.String()
    picked_by = fields.String()
    approved_by = fields.String()
    at = Instant()


class _OrderHeadOut(Out):
    id = Id(attribute="order.id")
    number = fields.String(attribute="order.number")
    state = fields.Enum(OrderState, by_value=True, attribute="order.state")
    warehouse_id = Id(attribute="order.warehouse_id")
    customer_id = Id(attribute="order.customer_id")
    customer_code = fields.String(attribute="order.customer.code")
    customer_name_en = fields.String(attribute="order.customer.name_en")
    customer_name_zh = fields.String(attribute="order.customer.name_zh")
    purpose = fields.Enum(OrderPurpose, by_value=True, attribute="order.purpose")
    ship_on = Day(attribute="order.ship_on")
    allocation_policy = fields.Enum(PolicyName, by_value=True, allow_none=True, attribute="order.allocation_policy")
    priority = fields.Integer(attribute="order.priority")
    note = fields.String(attribute="order.note")
    created_at = Instant(attribute="order.created_at")


class OrderBriefOut(_OrderHeadOut):
    """An order with its lines and what is promised to them."""

    lines = fields.List(fields.Nested(OrderLineBriefOut()))


class OrderOut(_OrderHeadOut):
    """An order: lines with promises and the reasons of each, pick lists, overrides of FEFO."""

    lines = fields.List(fields.Nested(OrderLineOut()))
    pick_lists = fields.List(fields.Nested(PickListOut()), attribute="lists")
    overrides = fields.List(fields.Nested(FefoOverrideOut()))


class AllocatedOut(OrderBriefOut):
    """What an allocation came to: promised now, and what no promise covers; the reasons stand at the order's lines."""

    claimed = QuantityField()
    short = QuantityField()


class PickStopOut(Out):
    """A stop as a picker stands before it: where, what, how much is left, for whom."""

    id = Id(attribute="task")
    pick_list_id = Id(attribute="list_id")
    pick_list_number = fields.String(attribute="list_number")
    pick_list_state = fields.Enum(PickListState, by_value=True, attribute="list_state")
    order_id = Id(attribute="order")
    order_number = fields.String()
    order_line_id = Id(attribute="line")
    customer_name_en = fields.String()
    customer_name_zh = fields.String()
    state = fields.String(attribute="facts.state")
    why_stopped = fields.String(attribute="facts.why_stopped")
    bin_code = fields.String(attribute="facts.bin_code")
    lpn_code = PlateCode(attribute="facts.lpn_code", allow_none=True)
    item_id = Id(attribute="item")
    sku = fields.String(attribute="facts.sku")
    name_en = fields.String()
    name_zh = fields.String()
    base_unit = fields.String(attribute="unit")
    lot_id = Id(attribute="key.lot")
    lot_number = fields.String(attribute="facts.lot_number")
    last_good_on = DecidingDay(
        attribute="fefo_on", allow_none=True, metadata={"description": "The day that decides; null where none does."}
    )
    left = QuantityField(metadata={"description": "Still to pick here, in base units."})
    done = QuantityField()
    pack_code = fields.String(metadata={"description": "The item's largest pack, or empty."})
    pack_factor = QuantityField(metadata={"description": "Base units in that pack; 0 without one."})
    fefo_grade = fields.Enum(
        FefoGrade, by_value=True, attribute="grade", metadata={"description": "What another lot takes."}
    )
    stop_number = fields.Integer(attribute="number")
    stop_count = fields.Integer(attribute="count")


class LotInBinOut(Out):
    """A lot of the item that lies in the stop's bin."""

    lot_id = Id(attribute="lot")
    lot_number = fields.String(attribute="number")
    last_good_on = DecidingDay(attribute="fefo_on", allow_none=True)
    quantity = QuantityField()


class LotsInBinOut(Out):
    """The lots of the item that lie in the stop's bin, earliest first."""

    lots = fields.List(fields.Nested(LotInBinOut()))


class PickedOut(Out):
    """What came of a pick: what was taken, what is left of the stop, and the next stop (null: the walk is over)."""

    pick_list_id = Id(attribute="list_id")
    pick_list_number = fields.String(attribute="list_number")
    lot_number = fields.String()
    quantity = QuantityField()
    base_unit = fields.String(attribute="unit")
    left = QuantityField()
    next = fields.Nested(PickStopOut(), allow_none=True)


class ShortPickedOut(Out):
    """What came of a short pick: taken, found elsewhere instead, missing, and the next stop (null: the walk is over)."""

    found = QuantityField()
    reallocated = QuantityField()
    missing = QuantityField()
    base_unit = fields.String(attribute="unit")
    next = fields.Nested(PickStopOut(), allow_none=True)


class PegQuery(Query):
    """The lot that is to be kept for an order line."""

    lot_id = Id(required=True)


class PegLossOut(Out):
    """A demand that would lose what it was promised of the lot."""

    demand_kind = fields.String()
    demand_id = Id()
    number = fields.String(metadata={"description": "Of its order or work order."})
    quantity = QuantityField()
    in_hand = QuantityField(metadata={"description": "Of it: picked or issued already. Then the lot cannot be kept."})
    task = fields.String(metadata={"description": "The work by which it has goods in hand, or empty."})


class PegPreviewOut(Out):
    """What keeping a lot for an order line would come to."""

    lot_id = Id(attribute="lot.id")
    lot_number = fields.String(attribute="lot.number")
    order_number = fields.String(attribute="line.number")
    made_for = fields.Function(
        lambda seen: seen.peg.made_for if seen.peg else "",
        metadata={"type": "string", "description": "The number of the order it is kept for already, or empty."},
    )
    on_hand = QuantityField(metadata={"description": "In the order's warehouse."})
    promised = QuantityField(metadata={"description": "To this line already."})
    free = QuantityField()
    losses = fields.List(fields.Nested(PegLossOut()))
    fingerprint = fields.String()


class ShortByOut(Out):
    """A demand that lost goods and found too few others."""

    number = fields.String()
    missing = QuantityField()


class LaidPegOut(Out):
    """What keeping a lot came to."""

    promised = QuantityField(metadata={"description": "To the line, now."})
    taken = QuantityField(metadata={"description": "Taken back from other demands."})
    short = fields.List(fields.Nested(ShortByOut()))
