"""What comes in from the stock page, the label pages and the API, and how stock, lots, LPNs and moves go out."""

from collections.abc import Mapping
from typing import Any

from marshmallow import fields, validate

from wms.core.errors import BadQuantity, FieldErrors
from wms.core.ids import LOOSE, BalanceId, WarehouseId
from wms.core.quantity import Quantity
from wms.fields.forms import OwnValues, OwnValuesOut, own_fields
from wms.fields.queries import conditions_of
from wms.gs1.codes import LotNumber
from wms.printing.schemas import PrintJobOut
from wms.sites.models import BinKind
from wms.stock.captures import TypedReason
from wms.stock.ledger import Quality, Reason
from wms.stock.lots import Part
from wms.stock.models import Capture, DatePrecision, HoldReason, LinkKind
from wms.stock.queries import SORTS, STATES, StockFilter
from wms.stock.rules.availability import NEVER
from wms.web.api import ListQuery, Query
from wms.web.forms import Answers, Choice, Day, Exact, Id, In, Instant, Line, Out, QuantityField, Tick, Whole


class StockFilterIn(In):
    """The filters of the stock page, as they stand in its URL; blank ones count as not given."""

    q = Line(load_default="", max_length=100)
    sku = Line(load_default="", max_length=60)
    lot = Line(load_default="", max_length=60)
    bin = Line(load_default="", max_length=40)
    lpn = Line(load_default="", max_length=40)
    zone = Line(load_default="", max_length=20)
    state = Line(load_default="", validate=validate.OneOf(["", *STATES], error="not_a_choice"))
    before = Day(load_default=None, allow_none=True)
    sort = Line(load_default="expiry", validate=validate.OneOf(["", *SORTS], error="not_a_choice"))
    cursor = Line(load_default="", max_length=500)
    f = own_fields()


def stock_filter(values: dict[str, Any], *, warehouse: WarehouseId) -> StockFilter:
    """Make the query's filter of what StockFilterIn loaded."""
    kept = {name: values[name] for name in ("sku", "lot", "bin", "lpn", "zone", "state", "before")}
    return StockFilter(
        warehouse=warehouse, text=values["q"], sort=values["sort"] or "expiry", own=conditions_of("lot", values["f"]),
        **kept,
    )  # fmt: skip


def filter_links(values: Mapping[str, Any]) -> dict[str, Any]:
    """The filters in use, as they stand in a link to this list or to its export."""
    named = {n: v for n, v in values.items() if v and n not in ("cursor", "f") and (n, v) != ("sort", "expiry")}
    return named | {f"f.{code}": text for code, text in values["f"].items() if text.strip()}


class LotFieldsForm(In):
    """The own fields of a lot."""

    f = own_fields()


class LabelsIn(In):
    """Which labels go on one sheet: bins of a zone or that begin with a text, lots, LPNs."""

    lot = fields.List(Id(), load_default=list)
    lpn = fields.List(Id(), load_default=list)
    bin = fields.List(Id(), load_default=list)
    zone = Line(load_default="", max_length=20)
    prefix = Line(load_default="", max_length=40)
    copies = fields.Integer(load_default=1, validate=validate.Range(min=1, max=50, error="not_a_choice"))


class PrintChoiceIn(In):
    """Whose labels shall come from a printer: lots, LPNs and bins by id."""

    lot = fields.List(Id(), load_default=list, validate=validate.Length(max=200))
    lpn = fields.List(Id(), load_default=list, validate=validate.Length(max=200))
    bin = fields.List(Id(), load_default=list, validate=validate.Length(max=200))


class PrintLabelsIn(PrintChoiceIn):
    """Labels for a printer. `reason` is asked for a plate whose label was printed before; `key` makes a repeat harmless."""

    printer_id = Id(required=True)
    copies = Whole(1, 99, load_default=1)
    reason = Line(load_default="", max_length=200)
    key = Line(required=True, max_length=40)


# -- the API: what comes in -------------------------------------------------------------------------------------------
class StockQuery(ListQuery):
    """Which stock to list: the filters of the stock page. Codes are exact; `q` begins an item, lot, bin or LPN."""

    q = Line(load_default="", max_length=100)
    sku = Line(load_default="", max_length=60)
    lot = Exact(load_default="", max_length=60, metadata={"description": "A lot number, byte for byte."})
    bin = Line(load_default="", max_length=40, metadata={"description": "A bin's code."})
    lpn = Line(load_default="", max_length=40, metadata={"description": "An LPN's code."})
    zone = Line(load_default="", max_length=20, metadata={"description": "A zone's code."})
    state = fields.String(
        load_default=None, allow_none=False, validate=validate.OneOf(STATES, error="not_a_choice")
    )  # fmt: skip
    before = Day(
        load_default=None, allow_none=False, metadata={"description": "The last good day lies before this one."}
    )
    sort = fields.String(load_default="expiry", validate=validate.OneOf(SORTS, error="not_a_choice"))
    f = own_fields()


class LotsQuery(ListQuery):
    """Which lots to list. `item` and `number` together name one lot at most."""

    item = Line(load_default="", max_length=60, metadata={"description": "An SKU, exactly."})
    number = Exact(
        load_default="", max_length=60,
        metadata={"description": "A lot number, byte for byte: nothing is trimmed, capitals count."},
    )  # fmt: skip
    q = Line(load_default="", max_length=60, metadata={"description": "What a lot number begins with."})
    f = own_fields()


class LotFieldsIn(In):
    """Own fields of a lot."""

    own_fields = OwnValues(required=True)


class LpnsQuery(ListQuery):
    """Which LPNs to list."""

    code = Line(load_default="", max_length=30, metadata={"description": "A code, exactly; an SSCC as 18 digits."})
    q = Line(load_default="", max_length=30, metadata={"description": "What a code begins with."})


class MovesQuery(ListQuery):
    """Which moves of a lot to list."""

    reason = Choice(Reason, load_default=None, allow_none=False)


class PrintLabelsCall(PrintChoiceIn):
    """Labels for a printer. `reason` is asked for a plate whose label was printed before."""

    printer_id = Id(load_default=None, allow_none=True, metadata={"description": "Without one the caller's own."})
    copies = Whole(1, 99, load_default=1)
    reason = Line(load_default="", max_length=200)


class LabelSheetQuery(Query):
    """Which labels go on the sheets: lots, LPNs and bins by id, or the bins of a zone or that begin with a text."""

    lot = fields.List(Id(), load_default=list)
    lpn = fields.List(Id(), load_default=list)
    bin = fields.List(Id(), load_default=list)
    zone = Line(load_default="", max_length=20)
    prefix = Line(load_default="", max_length=40)
    copies = fields.Integer(load_default=1, validate=validate.Range(min=1, max=50, error="not_a_choice"))


# -- the API: what goes out -------------------------------------------------------------------------------------------
class PlateId(Id):
    """The id of an LPN, null for loose goods."""

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        return super()._serialize(None if value == LOOSE else value, attr, obj, **kwargs)


class PlateCode(fields.String):
    """The code of an LPN, null for loose goods; read off the record of the plate."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(allow_none=True, dump_default=None, **kwargs)

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        return None if value is None or value.id == LOOSE else value.code


class DecidingDay(Day):
    """A last good day, null where none decides."""

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        return super()._serialize(None if value == NEVER else value, attr, obj, **kwargs)


class HoldOnStockOut(Out):
    """A hold that lies on stock."""

    id = Id()
    reason = fields.Enum(HoldReason, by_value=True)
    note = fields.String()
    placed_at = Instant()


class StockOut(Out):
    """What stands in one place: one lot of one owner in one quality, in the item's base unit.

    `id` is that of the balance; POST /stock/{id}/move carries from it. A row goes when nothing is left, and its id with it.
    """

    id = Id(attribute="row.id")
    warehouse_id = Id(attribute="row.warehouse")
    item_id = Id(attribute="row.item")
    sku = fields.String(attribute="row.sku")
    lot_id = Id(attribute="row.lot")
    lot_number = fields.String(attribute="row.lot_number")
    owner_id = Id(attribute="row.owner")
    bin_id = Id(attribute="row.bin")
    bin_code = fields.String(attribute="row.bin_code")
    bin_kind = fields.Enum(BinKind, by_value=True, attribute="row.bin_kind")
    lpn_id = PlateId(attribute="row.lpn", allow_none=True)
    lpn_code = fields.String(allow_none=True)
    quality = fields.Enum(Quality, by_value=True, attribute="row.quality")
    states = fields.List(
        fields.String(validate=validate.OneOf(STATES)),
        metadata={"description": "As people see it today, the worst first."},
    )
    holds = fields.List(fields.Nested(HoldOnStockOut()))
    on_hand_quantity = QuantityField(attribute="row.on_hand")
    allocated_quantity = QuantityField(attribute="row.allocated")
    base_unit = fields.String(attribute="row.base_unit")
    expires_on = Day(attribute="row.expires_on", allow_none=True)
    last_good_on = DecidingDay(
        attribute="row.fefo_on", allow_none=True, metadata={"description": "The day that decides; null where none does."}
    )  # fmt: skip
    received_on = Day(attribute="row.received_on")


class LotOut(Out):
    """A lot. Its number is unique per item and kept byte for byte; days are last good days."""

    id = Id()
    number = fields.String()
    item_id = Id()
    sku = fields.String(attribute="item.sku")
    base_unit = fields.String(attribute="item.base_unit")
    expires_on = Day(allow_none=True)
    best_before_on = Day(allow_none=True)
    manufactured_on = Day(allow_none=True)
    retest_on = Day(allow_none=True)
    received_on = Day(allow_none=True)
    last_good_on = DecidingDay(
        attribute="fefo_on", allow_none=True, metadata={"description": "The day that decides; null where none does."}
    )  # fmt: skip
    expiry_text = fields.String(metadata={"description": "What the label said."})
    expiry_precision = fields.Enum(DatePrecision, by_value=True)
    maker_code = fields.String(attribute="maker.code", allow_none=True, dump_default=None)
    maker_lot = fields.String()
    supplier_code = fields.String(attribute="supplier.code", allow_none=True, dump_default=None)
    traceability_lot_code = fields.String()
    traceability_lot_source = fields.String()
    country = fields.String()
    captured_by = fields.Enum(Capture, by_value=True)
    created_at = Instant()
    own_fields = OwnValuesOut()


class StateSumOut(Out):
    """How much of a lot is in one state."""

    state = fields.String(validate=validate.OneOf(STATES))
    quantity = QuantityField()


class LotWithSumsOut(LotOut):
    """A lot with how much of it stands in all warehouses the key may see; goods in several states count in each."""

    on_hand_quantity = QuantityField()
    allocated_quantity = QuantityField()
    states = fields.List(fields.Nested(StateSumOut()))

    def get_attribute(self, obj: Any, attr: str, default: Any) -> Any:
        """Read the lot's own fields off the lot."""
        own = attr in {"on_hand_quantity", "allocated_quantity", "states"}
        return super().get_attribute(obj if own else obj.lot, attr, default)


class LpnOut(Out):
    """The plate of a pallet, tote or case."""

    id = Id()
    code = fields.String()
    is_sscc = fields.Boolean()
    is_open = fields.Boolean()
    warehouse_id = Id(allow_none=True)
    parent_id = Id(allow_none=True)
    created_at = Instant()


class LpnWithStockOut(LpnOut):
    """A plate with what stands on it and on the plates on it."""

    stock = fields.List(fields.Nested(StockOut()))

    def get_attribute(self, obj: Any, attr: str, default: Any) -> Any:
        """Read the plate's own fields off the plate."""
        return super().get_attribute(obj if attr == "stock" else obj.lpn, attr, default)


class MoveOut(Out):
    """A move of the ledger: so much of a lot from one place to another. Moves are never changed or taken away."""

    posting_seq = Id(attribute="seq")
    line = fields.Integer()
    reason = fields.Enum(Reason, by_value=True)
    lot_id = Id(attribute="lot")
    lot_number = fields.String()
    sku = fields.String()
    quantity = QuantityField()
    base_unit = fields.String()
    warehouse_code = fields.String()
    source_bin_code = fields.String(attribute="source_bin")
    source_bin_kind = fields.Enum(BinKind, by_value=True, attribute="source_kind")
    source_lpn_code = fields.String(allow_none=True)
    source_quality = fields.Enum(Quality, by_value=True)
    is_source_held = fields.Boolean()
    target_bin_code = fields.String(attribute="target_bin")
    target_bin_kind = fields.Enum(BinKind, by_value=True, attribute="target_kind")
    target_lpn_code = fields.String(allow_none=True)
    target_quality = fields.Enum(Quality, by_value=True)
    is_target_held = fields.Boolean()
    document_kind = fields.String()
    document_id = Id(allow_none=True)
    demand_kind = fields.String()
    demand_id = Id(allow_none=True)
    actor = fields.String()
    recorded_at = Instant()
    note = fields.String()
    capture = fields.Enum(
        Capture, by_value=True, allow_none=True, metadata={"description": "How it was captured; null: not kept then."}
    )  # fmt: skip
    raw_scan = fields.String(metadata={"description": "What was read or typed, byte for byte."})
    typed_reason = fields.Enum(
        TypedReason, by_value=True, allow_none=True, metadata={"description": "Why the lot was typed."}
    )  # fmt: skip
    typed_note = fields.String()


class QueuedOut(Out):
    """The jobs that were put into the queue."""

    items = fields.List(fields.Nested(PrintJobOut()))


class PostingOut(Out):
    """The moves that were done together."""

    seq = Id()
    moves = fields.List(fields.Nested(MoveOut()))


def stock_query(values: Mapping[str, Any], *, warehouse: WarehouseId) -> StockFilter:
    """Make the query's filter of what StockQuery loaded."""
    kept = {name: values[name] for name in ("sku", "lot", "bin", "lpn", "zone", "before", "sort")}
    return StockFilter(
        warehouse=warehouse,
        text=values["q"],
        state=values["state"] or "",
        own=conditions_of("lot", values["f"]),
        **kept,
    )


# -- lots: split, merge, relabel, correct -----------------------------------------------------------------------------
def _precision(**more: Any) -> Choice:
    return Choice(DatePrecision, **more)


class _PartsForm(In):
    """`stock_id` and `quantity` stand once for each place; a place without a quantity is left out."""

    key = Line(load_default="", max_length=60)
    reason = Line(required=True, max_length=500)
    lot_nearly_known = Tick()
    stock_id = fields.List(Id(), load_default=list)
    quantity = fields.List(Line(max_length=24), load_default=list)


class SplitForm(_PartsForm):
    """A part of a lot that becomes a lot of its own; the number blank: one is made."""

    number = Line(load_default="", max_length=40)


class RelabelForm(_PartsForm):
    """Goods of a lot that go on under another number; no quantity anywhere: all of it."""

    number = Line(required=True, max_length=40)


class MergeForm(_PartsForm):
    """Lots that become one with this: into this lot, or all of them into a new one of `number`."""

    other = fields.List(Id(), load_default=list)
    number = Line(load_default="", max_length=40)


class CorrectForm(In):
    """Days and codes of a lot as they shall be, with the reason."""

    manufactured_on = Day(load_default=None, allow_none=True)
    expires_on = Day(load_default=None, allow_none=True)
    best_before_on = Day(load_default=None, allow_none=True)
    retest_on = Day(load_default=None, allow_none=True)
    expiry_text = Line(load_default="", max_length=40)
    expiry_precision = _precision(load_default=DatePrecision.DAY)
    maker_lot = Line(required=True, max_length=60)
    country = Line(load_default="", max_length=2, validate=validate.Regexp(r"\A([A-Z]{2})?\Z", error="country_form"))
    traceability_lot_code = Line(load_default="", max_length=80)
    traceability_lot_source = Line(load_default="", max_length=160)
    reason = Line(required=True, max_length=500)


class StockPartIn(In):
    """Some of what stands in one place: the id of GET /lots/{id}/stock, and how much; null for all of it."""

    stock_id = Id(required=True)
    quantity = QuantityField(load_default=None, allow_none=True)


class _PartsIn(In):
    reason = Line(required=True, max_length=500)
    stock = fields.List(
        fields.Nested(StockPartIn()), load_default=list, validate=validate.Length(max=500, error="line_count")
    )
    answers = Answers()


class SplitIn(_PartsIn):
    """A part of a lot that becomes a lot of its own."""

    number = Line(
        load_default="", max_length=40, metadata={"description": "Of the new lot; blank: this one's with -1, -2 …"}
    )
    stock = fields.List(
        fields.Nested(StockPartIn()), required=True, validate=validate.Length(1, 500, error="line_count")
    )


class RelabelIn(_PartsIn):
    """Goods of a lot that go on under another number; without `stock` all that stands in the warehouse."""

    number = Line(required=True, max_length=40)


class MergeIn(_PartsIn):
    """Lots that become one with this one; without `stock` all of them that stands in the warehouse."""

    lot_ids = fields.List(Id(), required=True, validate=validate.Length(1, 50, error="line_count"))
    number = Line(
        load_default="", max_length=40, metadata={"description": "Of a new lot for all; blank: into this one."}
    )


class CorrectIn(In):
    """What is to be set right, with the reason; what is not named stays as it is."""

    manufactured_on = Day(allow_none=True)
    expires_on = Day(allow_none=True)
    best_before_on = Day(allow_none=True)
    retest_on = Day(allow_none=True)
    expiry_text = Line(max_length=40)
    expiry_precision = _precision()
    maker_lot = Line(max_length=60, validate=validate.Length(1, error="blank"))
    country = Line(max_length=2, validate=validate.Regexp(r"\A([A-Z]{2})?\Z", error="country_form"))
    traceability_lot_code = Line(max_length=80)
    traceability_lot_source = Line(max_length=160)
    reason = Line(required=True, max_length=500)


class BecameOut(Out):
    """What the goods are now."""

    lot_id = Id(attribute="lot")
    lot_number = fields.String(attribute="number")
    quantity = QuantityField()
    posting_seq = Id(attribute="posting")
    is_repeat = fields.Boolean()


class LinkOut(Out):
    """One link of the genealogy: so much of the source became so much of the target."""

    kind = Choice(LinkKind)
    source_lot_id = Id(attribute="source")
    source_lot_number = fields.String(attribute="source_number")
    source_sku = fields.String()
    source_quantity = QuantityField()
    source_unit = fields.String()
    target_lot_id = Id(attribute="target")
    target_lot_number = fields.String(attribute="target_number")
    target_sku = fields.String()
    target_quantity = QuantityField()
    target_unit = fields.String()
    posting_seq = Id(attribute="posting", allow_none=True)
    reason = fields.String()
    actor = fields.String()
    made_at = Instant()
    is_taken_back = fields.Boolean()
    document_kind = fields.String()
    document_id = Id(allow_none=True)


class LinksOut(Out):
    """What a lot came of, and what it became."""

    came_from = fields.List(fields.Nested(LinkOut()))
    became = fields.List(fields.Nested(LinkOut()))


def parts_of_form(values: Mapping[str, Any]) -> tuple[Part, ...]:
    """Make the parts of a form's places; FieldErrors name the line that is wrong."""
    parts = []
    for n, (stock, text) in enumerate(zip(values["stock_id"], values["quantity"], strict=False), start=1):
        if not text:
            continue
        try:
            quantity = Quantity.parse(text)
        except BadQuantity:
            raise FieldErrors(errors={f"quantity {n}": ["bad_quantity"]}) from None
        parts.append(Part(balance=BalanceId(stock), quantity=quantity))
    return tuple(parts)


def parts_of_call(values: Mapping[str, Any]) -> tuple[Part, ...]:
    """Make the parts of what StockPartIn loaded."""
    return tuple(Part(balance=BalanceId(one["stock_id"]), quantity=one["quantity"]) for one in values["stock"])


def number_of(values: Mapping[str, Any]) -> LotNumber | None:
    """Make the number, byte for byte without outer blanks; blank is None. BadCode."""
    return LotNumber.parse(values["number"]) if values["number"] else None
