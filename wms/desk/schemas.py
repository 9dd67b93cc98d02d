"""What comes in to the operations that cross features, and how the first page, a lot's story and a search go out."""

from typing import Final

from marshmallow import fields

from wms.alerts.schemas import AlertOut
from wms.picking.models import OrderState
from wms.quality.schemas import HoldOut, PendingLotOut
from wms.scans.kinds import ALL_KINDS, BY_PERMISSION
from wms.shipping.models import ShipmentState
from wms.stock.captures import TypedReason
from wms.stock.models import Capture
from wms.stock.schemas import LotOut, StateSumOut
from wms.tasks.models import TaskKind
from wms.web.api import Query
from wms.web.forms import Day, Id, Instant, Line, Out, QuantityField

_GROUP_SEPARATOR: Final = "\x1d"


class _ScanText(Line):
    """What a scanner sends or a person types; the separator of GS1 element strings may stand in it."""

    def _is_printable(self, text: str) -> bool:
        return super()._is_printable(text.replace(_GROUP_SEPARATOR, " "))


class SearchQuery(Query):
    """What to look for."""

    q = _ScanText(
        required=True, max_length=500, metadata={"description": "A scan as it came, a code, or the beginning of one."}
    )


class SearchHitOut(Out):
    """A record that was found. `name_en` of a lot is its SKU."""

    kind = fields.String(metadata={"enum": [*ALL_KINDS, *BY_PERMISSION]})
    id = Id()
    code = fields.String()
    name_en = fields.String(allow_none=True)
    name_zh = fields.String(allow_none=True)


class SearchOut(Out):
    """What a scan or text names: exactly, or else what begins with it."""

    is_exact = fields.Boolean()
    fault = fields.String(metadata={"description": "Why it could not be read as the label it claims to be, or empty."})
    hits = fields.List(fields.Nested(SearchHitOut()))


# -- today --------------------------------------------------------------------------------------------------------------
class ExpiringLotOut(PendingLotOut):
    """A lot whose last good day is near."""


class DueOrderOut(Out):
    """An order that should have left, or leaves today."""

    order_id = Id(attribute="id")
    order_number = fields.String(attribute="number")
    customer_name_en = fields.String(attribute="name_en")
    customer_name_zh = fields.String(attribute="name_zh")
    ship_on = Day()
    state = fields.Enum(OrderState, by_value=True)


class StoppedWorkOut(Out):
    """A stopped pick, or work a hold left."""

    task_id = Id(attribute="id")
    kind = fields.Enum(TaskKind, by_value=True)
    lot_id = Id(attribute="lot", allow_none=True)
    lot_number = fields.String(allow_none=True)
    sku = fields.String(allow_none=True)
    why = fields.String()
    quantity = QuantityField(allow_none=True)
    base_unit = fields.String(attribute="unit", allow_none=True)
    since = Instant()
    order_id = Id(attribute="order", allow_none=True)
    order_number = fields.String(allow_none=True)


class TodayOut(Out):
    """What needs a person now, each list in order of harm and cut short; one the key may not see is empty."""

    alert_count = fields.Integer(metadata={"description": "Open alerts, however many are listed."})
    critical_count = fields.Integer()
    alerts = fields.List(fields.Nested(AlertOut()))
    holds = fields.List(fields.Nested(HoldOut()), metadata={"description": "The oldest first, at most 100."})
    pending = fields.List(
        fields.Nested(PendingLotOut()), metadata={"description": "Lots that wait for a verdict, at most 100."}
    )
    expiring = fields.List(
        fields.Nested(ExpiringLotOut()), metadata={"description": "Lots whose last good day lies within 30 days."}
    )
    due = fields.List(
        fields.Nested(DueOrderOut()),
        metadata={"description": "Orders due or late, the longest overdue first, at most 100."},
    )
    stopped = fields.List(fields.Nested(StoppedWorkOut()))


# -- the story of a lot ---------------------------------------------------------------------------------------------------
class ReceiptOfLotOut(Out):
    """A receipt in which the lot came."""

    receipt_id = Id(attribute="id")
    receipt_number = fields.String(attribute="number")
    supplier_name_en = fields.String(attribute="supplier_en", allow_none=True)
    supplier_name_zh = fields.String(attribute="supplier_zh", allow_none=True)
    quantity = QuantityField()
    received_at = Instant()
    delivery_note = fields.String()
    received_by = fields.String(attribute="by")


class OrderOfLotOut(Out):
    """An order the lot is promised to, is picked for, or went out with."""

    order_id = Id(attribute="id")
    order_number = fields.String(attribute="number")
    customer_name_en = fields.String(attribute="customer_en")
    customer_name_zh = fields.String(attribute="customer_zh")
    state = fields.Enum(OrderState, by_value=True)
    ship_on = Day()
    claimed = QuantityField()
    picked = QuantityField()
    shipped = QuantityField()
    shipment_id = Id(attribute="shipment", allow_none=True)
    shipment_number = fields.String(allow_none=True)
    shipment_state = fields.Enum(ShipmentState, by_value=True, allow_none=True)
    shipped_at = Instant(allow_none=True)


class LotChangeOut(Out):
    """One field of a lot's record that was changed."""

    field = fields.String(attribute="name")
    before = fields.String()
    after = fields.String()


class LotEventOut(Out):
    """One thing that happened to a lot: `move` for a move of the ledger, `lot` for a change of its record."""

    at = Instant()
    kind = fields.String()
    code = fields.String(metadata={"description": "The reason of the move, or what was done to the record."})
    by = fields.String()
    quantity = QuantityField(allow_none=True)
    source = fields.String()
    target = fields.String()
    warehouse_code = fields.String(attribute="site")
    note = fields.String()
    changes = fields.List(fields.Nested(LotChangeOut()))
    capture = fields.Enum(
        Capture, by_value=True, allow_none=True, metadata={"description": "How it was captured; null: not kept then."}
    )  # fmt: skip
    raw_scan = fields.String(metadata={"description": "What was read or typed, byte for byte."})
    typed_reason = fields.Enum(
        TypedReason, by_value=True, allow_none=True, metadata={"description": "Why the lot was typed."}
    )  # fmt: skip
    typed_note = fields.String()


class LotStoryOut(Out):
    """One lot from top to bottom: what it is, its state, its holds, from where it came, to whom it went, what happened."""

    lot = fields.Nested(LotOut())
    is_expired = fields.Boolean()
    on_hand_quantity = QuantityField()
    allocated_quantity = QuantityField()
    states = fields.List(fields.Nested(StateSumOut()))
    holds = fields.List(fields.Nested(HoldOut()))
    receipts = fields.List(fields.Nested(ReceiptOfLotOut()))
    orders = fields.List(fields.Nested(OrderOfLotOut()))
    events = fields.List(fields.Nested(LotEventOut()))
