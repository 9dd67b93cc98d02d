"""What comes in from the receiving pages and the API, the commands it becomes, and how papers and their lines go out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from marshmallow import ValidationError, fields, validate

from wms.core.errors import BadCode, BadDate, BadQuantity, FieldErrors
from wms.core.ids import ItemId, PartnerId, PurchaseOrderId, WarehouseId
from wms.core.quantity import Quantity
from wms.fields.forms import OwnValues, OwnValuesOut, own_fields
from wms.gs1.codes import LotNumber
from wms.gs1.sscc import Sscc
from wms.receiving.models import AsnState, PurchaseOrderState, ReceiptState
from wms.receiving.queries import papers
from wms.receiving.rules.commands import (
    AnnouncedLine,
    Arrival,
    CreateAsn,
    CreatePurchaseOrder,
    OrderedLine,
)
from wms.receiving.rules.dates import read_label_date
from wms.stock.capture_edge import CapturedIn
from wms.stock.models import Capture
from wms.stock.schemas import PlateCode, PlateId
from wms.tasks.models import TaskState
from wms.web.api import ListQuery
from wms.web.forms import Answers, Choice, Day, Id, In, Instant, Line, Out, QuantityField

#: Lines on an empty form; more come by sending it again after saving.
LINES: Final = 8
KINDS: Final = ("asn", "order", "receipt")
STATES: Final = {
    "asn": ("expected", "arrived", "receiving", "received", "cancelled"),
    "order": ("open", "closed", "cancelled"),
    "receipt": ("open", "closed"),
}


class ListIn(In):
    """The filters of the list, as they stand in its URL."""

    kind = Line(load_default="asn", validate=validate.OneOf(KINDS, error="not_a_choice"))
    state = Line(load_default="", max_length=20)
    q = Line(load_default="", max_length=60)
    cursor = Line(load_default="", max_length=200)
    f = own_fields()


class PurchaseOrderIn(In):
    """A new purchase order: `sku` and `quantity` stand once for each line, blank lines are passed over."""

    number = Line(load_default="", max_length=40)
    supplier = Id(required=True)
    expected_on = Day(load_default=None, allow_none=True)
    sku = fields.List(Line(max_length=60), load_default=list)
    quantity = fields.List(Line(max_length=24), load_default=list)


class AsnIn(In):
    """A new ASN; the lists stand once for each line."""

    number = Line(load_default="", max_length=40)
    supplier = Id(required=True)
    purchase_order = Id(load_default=None, allow_none=True)
    expected_on = Day(load_default=None, allow_none=True)
    sku = fields.List(Line(max_length=60), load_default=list)
    quantity = fields.List(Line(max_length=24), load_default=list)
    lot = fields.List(Line(max_length=40), load_default=list)
    expires_on = fields.List(Line(max_length=20), load_default=list)
    sscc = fields.List(Line(max_length=24), load_default=list)


class ArrivalIn(In):
    """The facts of the truck; the temperature in degrees Celsius with one decimal."""

    delivery_note = Line(load_default="", max_length=60)
    plate = Line(load_default="", max_length=20)
    driver = Line(load_default="", max_length=60)
    seal = Line(load_default="", max_length=60)
    carrier = Line(load_default="", max_length=120)
    temperature = fields.Decimal(
        load_default=None,
        allow_none=True,
        places=None,
        validate=validate.Range(min=Decimal(-90), max=Decimal(90), error="not_a_choice"),
    )


class ArrivalForm(ArrivalIn):
    """The form of the arrival, with the receipt's own fields."""

    f = own_fields()


def purchase_order(values: dict[str, Any], *, warehouse: WarehouseId) -> CreatePurchaseOrder:
    """Make the command; FieldErrors name the line that is wrong."""
    rows = _rows(values, "sku", "quantity")
    items = papers.items_by_sku(row["sku"] for _, row in rows)
    return CreatePurchaseOrder(
        warehouse=warehouse,
        supplier=PartnerId(values["supplier"]),
        number=values["number"],
        expected_on=values["expected_on"],
        lines=tuple(
            OrderedLine(item=_item(n, row["sku"], items), quantity=_quantity(n, row["quantity"])) for n, row in rows
        ),
    )


def asn(values: dict[str, Any], *, warehouse: WarehouseId, timezone: str) -> CreateAsn:
    """Make the command; FieldErrors name the line that is wrong."""
    rows = _rows(values, "sku", "quantity", "lot", "expires_on", "sscc")
    items = papers.items_by_sku(row["sku"] for _, row in rows)
    day: date | None = values["expected_on"]
    order = values["purchase_order"]
    return CreateAsn(
        warehouse=warehouse,
        supplier=PartnerId(values["supplier"]),
        number=values["number"],
        purchase_order=PurchaseOrderId(order) if order is not None else None,
        expected_at=datetime.combine(day, time(12), tzinfo=ZoneInfo(timezone)) if day else None,
        lines=tuple(
            AnnouncedLine(
                item=_item(n, row["sku"], items),
                quantity=_quantity(n, row["quantity"]),
                lot_number=_lot(n, row["lot"]),
                expires_on=_day(n, row["expires_on"]),
                sscc=_sscc(n, row["sscc"]),
            )
            for n, row in rows
        ),
    )


def arrival(values: dict[str, Any]) -> Arrival:
    """Make the facts of the truck; the temperature is kept in tenths of a degree."""
    degrees: Decimal | None = values.pop("temperature")
    tenths = None if degrees is None else int((degrees * 10).to_integral_value())
    return Arrival(**values, temperature_decidegrees=tenths)


def _rows(values: dict[str, Any], *names: str) -> list[tuple[int, dict[str, str]]]:
    """The lines that name an item, with their number from 1."""
    rows = []
    for n in range(min(max((len(values[name]) for name in names), default=0), 200)):
        row = {name: (values[name][n] if n < len(values[name]) else "") for name in names}
        if row["sku"]:
            rows.append((n + 1, row))
        elif any(row.values()):
            raise FieldErrors(errors={f"sku {n + 1}": ["required"]})
    if not rows:
        raise FieldErrors(errors={"sku 1": ["required"]})
    return rows


def _item(n: int, sku: str, items: dict[str, Any]) -> ItemId:
    if sku not in items:
        raise FieldErrors(errors={f"sku {n}": ["not_found"]})
    return ItemId(items[sku].id)


def _quantity(n: int, text: str) -> Quantity:
    try:
        quantity = Quantity.parse(text)
    except BadQuantity:
        raise FieldErrors(errors={f"quantity {n}": ["bad_quantity"]}) from None
    if not quantity:
        raise FieldErrors(errors={f"quantity {n}": ["not_positive"]})
    return quantity


def _lot(n: int, text: str) -> str:
    try:
        return LotNumber.parse(text).value if text else ""
    except BadCode:
        raise FieldErrors(errors={f"lot {n}": ["unprintable"]}) from None


def _day(n: int, text: str) -> date | None:
    try:
        return read_label_date(text).day if text else None
    except BadDate:
        raise FieldErrors(errors={f"expires_on {n}": ["bad_date"]}) from None


def _sscc(n: int, text: str) -> Sscc | None:
    try:
        return Sscc.parse(text) if text else None
    except BadCode:
        raise FieldErrors(errors={f"sscc {n}": ["bad_sscc"]}) from None


# -- the API: what comes in -------------------------------------------------------------------------------------------
class Degrees(fields.Field[int]):
    """Degrees Celsius as text with at most one decimal, "-18.5", from -90 to 90; kept in tenths."""

    def document(self) -> dict[str, Any]:
        """Say the digits."""
        return {"type": ["string", "null"] if self.allow_none else "string", "pattern": _DEGREES, "examples": ["4.5"]}

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> int:
        if not isinstance(value, str) or not re.fullmatch(_DEGREES, value):
            raise ValidationError("bad_degrees")
        return int(Decimal(value) * 10)

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        return None if value is None else str(Decimal(value) / 10)


_DEGREES: Final = r"^-?([0-8]?[0-9](\.[0-9])?|90(\.0)?)$"
_LINES_MAX: Final = 500


class AsnsQuery(ListQuery):
    """Which ASNs to list; `q` is a part of the number or of the supplier's code."""

    q = Line(max_length=60, load_default="")
    state = Choice(AsnState, load_default=None, allow_none=False)


class PurchaseOrdersQuery(ListQuery):
    """Which purchase orders to list; `q` is a part of the number or of the supplier's code."""

    q = Line(max_length=60, load_default="")
    state = Choice(PurchaseOrderState, load_default=None, allow_none=False)


class ReceiptsQuery(ListQuery):
    """Which receipts to list; `q` is a part of the number or of the supplier's code."""

    q = Line(max_length=60, load_default="")
    state = Choice(ReceiptState, load_default=None, allow_none=False)
    f = own_fields()


class NewPurchaseOrderLineIn(In):
    """An item that is ordered, in its base unit."""

    sku = Line(required=True, max_length=60)
    quantity = QuantityField(required=True)


class NewPurchaseOrderIn(In):
    """A new purchase order; without a number one is made."""

    number = Line(max_length=40, load_default="")
    supplier_code = Line(required=True, max_length=30)
    expected_on = Day(load_default=None, allow_none=False)
    lines = fields.List(
        fields.Nested(NewPurchaseOrderLineIn()),
        required=True,
        validate=validate.Length(min=1, max=_LINES_MAX, error="line_count"),
    )


class NewAsnLineIn(In):
    """What a supplier says is coming: an item, or a lot of it with its days, or that on an SSCC."""

    sku = Line(required=True, max_length=60)
    quantity = QuantityField(required=True)
    lot_number = Line(max_length=40, load_default="")
    expires_on = Day(
        load_default=None, allow_none=False, metadata={"description": "The last good day; best before where the item goes by it."}
    )  # fmt: skip
    manufactured_on = Day(load_default=None, allow_none=False)
    sscc = Line(
        max_length=24, load_default="", metadata={"description": "18 digits, of the pallet or case it stands on."}
    )


class NewAsnIn(In):
    """A new ASN; without a number one is made."""

    number = Line(max_length=40, load_default="")
    supplier_code = Line(required=True, max_length=30)
    purchase_order_id = Id(load_default=None, allow_none=False)
    expected_on = Day(load_default=None, allow_none=False)
    lines = fields.List(
        fields.Nested(NewAsnLineIn()),
        required=True,
        validate=validate.Length(min=1, max=_LINES_MAX, error="line_count"),
    )


class ArrivalOfTruckIn(In):
    """The facts of the truck: what is left out is blank afterwards."""

    own_fields = OwnValues()
    delivery_note = Line(load_default="", max_length=60)
    plate = Line(load_default="", max_length=20)
    driver = Line(load_default="", max_length=60)
    seal = Line(load_default="", max_length=60)
    carrier = Line(load_default="", max_length=120)
    temperature_celsius = Degrees(load_default=None, allow_none=False)


class NewReceiptIn(In):
    """A blind receipt: against no paper."""

    supplier_code = Line(max_length=30, load_default="")


class StartPutawayIn(In):
    """How to choose a bin: which ones were found unusable."""

    excluded_bin_codes = fields.List(
        Line(max_length=32), load_default=list, validate=validate.Length(max=50),
        metadata={"description": "Bins not to suggest, since something stands in the way there."},
    )  # fmt: skip


class ConfirmPutawayIn(CapturedIn):
    """Where the goods stand now, and how many when it is not all of them."""

    bin_code = Line(required=True, max_length=32)
    quantity = QuantityField(
        load_default=None, allow_none=False, metadata={"description": "Loose goods only; all of them without it."}
    )  # fmt: skip
    answers = Answers()


def new_purchase_order(values: dict[str, Any], *, warehouse: WarehouseId) -> CreatePurchaseOrder:
    """Make the command of what NewPurchaseOrderIn loaded; FieldErrors name the line that is wrong."""
    items = papers.items_by_sku(line["sku"] for line in values["lines"])
    return CreatePurchaseOrder(
        warehouse=warehouse,
        supplier=papers.get_supplier(values["supplier_code"]).id,
        number=values["number"],
        expected_on=values["expected_on"],
        lines=tuple(
            OrderedLine(item=_item_of(n, line, items), quantity=line["quantity"])
            for n, line in enumerate(values["lines"])
        ),
    )


def new_asn(values: dict[str, Any], *, warehouse: WarehouseId, timezone: str) -> CreateAsn:
    """Make the command of what NewAsnIn loaded; FieldErrors name the line that is wrong."""
    items = papers.items_by_sku(line["sku"] for line in values["lines"])
    day: date | None = values["expected_on"]
    order = values["purchase_order_id"]
    return CreateAsn(
        warehouse=warehouse,
        supplier=papers.get_supplier(values["supplier_code"]).id,
        number=values["number"],
        purchase_order=PurchaseOrderId(order) if order is not None else None,
        expected_at=datetime.combine(day, time(12), tzinfo=ZoneInfo(timezone)) if day else None,
        lines=tuple(
            AnnouncedLine(
                item=_item_of(n, line, items),
                quantity=line["quantity"],
                lot_number=LotNumber.parse(line["lot_number"]).value if line["lot_number"] else "",
                expires_on=line["expires_on"],
                manufactured_on=line["manufactured_on"],
                sscc=_sscc_of(n, line["sscc"]),
            )
            for n, line in enumerate(values["lines"])
        ),
    )


def arrival_of_truck(values: dict[str, Any]) -> Arrival:
    """Make the facts of what ArrivalOfTruckIn loaded."""
    plain = {name: value for name, value in values.items() if name != "temperature_celsius"}
    return Arrival(**plain, temperature_decidegrees=values["temperature_celsius"])


def _item_of(n: int, line: dict[str, Any], items: dict[str, Any]) -> ItemId:
    if line["sku"] not in items:
        raise FieldErrors(errors={"lines": {str(n): {"sku": ["not_found"]}}})
    return ItemId(items[line["sku"]].id)


def _sscc_of(n: int, text: str) -> Sscc | None:
    try:
        return Sscc.parse(text) if text else None
    except BadCode:
        raise FieldErrors(errors={"lines": {str(n): {"sscc": ["bad_sscc"]}}}) from None


# -- the API: what goes out -------------------------------------------------------------------------------------------
class _PaperRowOut(Out):
    id = Id()
    number = fields.String()
    supplier_code = fields.String()
    supplier_name_en = fields.String(attribute="supplier_en")
    supplier_name_zh = fields.String(attribute="supplier_zh")
    line_count = fields.Integer()


class AsnRowOut(_PaperRowOut):
    """An ASN in a list."""

    state = fields.String(validate=validate.OneOf(STATES["asn"]))
    expected_at = Instant(allow_none=True)
    arrived_at = Instant(allow_none=True)
    created_at = Instant(attribute="at")


class PurchaseOrderRowOut(_PaperRowOut):
    """A purchase order in a list."""

    state = fields.String(validate=validate.OneOf(STATES["order"]))
    expected_on = Day(allow_none=True)
    created_at = Instant(attribute="at")


class ReceiptRowOut(_PaperRowOut):
    """A receipt in a list; a blind one may have no supplier."""

    state = fields.String(validate=validate.OneOf(STATES["receipt"]))
    opened_at = Instant(attribute="at")


class ReceiptOfPaperOut(Out):
    """A receipt opened against a paper."""

    id = Id()
    number = fields.String()
    state = fields.Enum(ReceiptState, by_value=True)
    opened_at = Instant()
    closed_at = Instant(allow_none=True)


class DifferenceOut(Out):
    """Where what came differs from what was announced or ordered; `lot_number` is blank where none was named."""

    sku = fields.String()
    lot_number = fields.String()
    announced_quantity = QuantityField(attribute="announced")
    received_quantity = QuantityField(attribute="received")
    kind = fields.String(validate=validate.OneOf(("missing", "over", "not_announced")))


class PurchaseOrderLineOut(Out):
    """A line of a purchase order with what came of it, in the item's base unit."""

    id = Id()
    line = fields.Integer()
    sku = fields.String()
    base_unit = fields.String(attribute="unit")
    quantity = QuantityField()
    received_quantity = QuantityField(attribute="received")


class AsnLineOut(PurchaseOrderLineOut):
    """A line of an ASN with what came of it, in the item's base unit."""

    lot_number = fields.String()
    expires_on = Day(allow_none=True)
    manufactured_on = Day(allow_none=True)
    sscc = fields.String()
    arrived_at = Instant(allow_none=True)


class AsnOut(Out):
    """An ASN with its lines, its receipts, and, once there are some, where they differ from it."""

    id = Id(attribute="asn.id")
    number = fields.String(attribute="asn.number")
    state = fields.Enum(AsnState, by_value=True, attribute="asn.state")
    warehouse_id = Id(attribute="asn.warehouse_id")
    supplier_id = Id(attribute="asn.supplier_id")
    supplier_code = fields.String(attribute="asn.supplier.code")
    purchase_order_id = Id(attribute="asn.purchase_order_id", allow_none=True)
    purchase_order_number = fields.String(attribute="asn.purchase_order.number", allow_none=True, dump_default=None)
    expected_at = Instant(attribute="asn.expected_at", allow_none=True)
    arrived_at = Instant(attribute="asn.arrived_at", allow_none=True)
    created_at = Instant(attribute="asn.created_at")
    lines = fields.List(fields.Nested(AsnLineOut()))
    receipts = fields.List(fields.Nested(ReceiptOfPaperOut()))
    differences = fields.List(fields.Nested(DifferenceOut()))


class PurchaseOrderOut(Out):
    """A purchase order with its lines and its receipts."""

    id = Id(attribute="order.id")
    number = fields.String(attribute="order.number")
    state = fields.Enum(PurchaseOrderState, by_value=True, attribute="order.state")
    warehouse_id = Id(attribute="order.warehouse_id")
    supplier_id = Id(attribute="order.supplier_id")
    supplier_code = fields.String(attribute="order.supplier.code")
    expected_on = Day(attribute="order.expected_on", allow_none=True)
    created_at = Instant(attribute="order.created_at")
    lines = fields.List(fields.Nested(PurchaseOrderLineOut()))
    receipts = fields.List(fields.Nested(ReceiptOfPaperOut()))


class ReceiptOut(Out):
    """A receipt: its paper, the facts of the truck, its people, and where it differs from its paper."""

    id = Id(attribute="receipt.id")
    number = fields.String(attribute="receipt.number")
    state = fields.Enum(ReceiptState, by_value=True, attribute="receipt.state")
    warehouse_id = Id(attribute="receipt.warehouse_id")
    supplier_code = fields.String(attribute="receipt.supplier.code", allow_none=True, dump_default=None)
    asn_id = Id(attribute="receipt.asn_id", allow_none=True)
    asn_number = fields.String(attribute="receipt.asn.number", allow_none=True, dump_default=None)
    purchase_order_id = Id(attribute="receipt.purchase_order_id", allow_none=True)
    purchase_order_number = fields.String(attribute="receipt.purchase_order.number", allow_none=True, dump_default=None)
    dock_bin_code = fields.String()
    delivery_note = fields.String(attribute="receipt.delivery_note")
    plate = fields.String(attribute="receipt.plate")
    driver = fields.String(attribute="receipt.driver")
    seal = fields.String(attribute="receipt.seal")
    carrier = fields.String(attribute="receipt.carrier")
    temperature_celsius = Degrees(attribute="receipt.arrival_temperature_decidegrees", allow_none=True)
    opened_by = fields.String()
    opened_at = Instant(attribute="receipt.opened_at")
    accepted_by = fields.String(allow_none=True)
    closed_at = Instant(attribute="receipt.closed_at", allow_none=True)
    line_count = fields.Integer()
    differences = fields.List(fields.Nested(DifferenceOut()))
    own_fields = OwnValuesOut(attribute="receipt.own_values")


class ReceiptLineOut(Out):
    """Goods taken in by one scan or call, in the item's base unit; `posting_seq` is the posting that made them stock."""

    id = Id(attribute="line.id")
    receipt_id = Id(attribute="line.receipt_id")
    sku = fields.String(attribute="line.item.sku")
    lot_id = Id(attribute="line.lot_id")
    lot_number = fields.String(attribute="line.lot.number")
    expires_on = Day(attribute="line.lot.expires_on", allow_none=True)
    best_before_on = Day(attribute="line.lot.best_before_on", allow_none=True)
    lpn_id = PlateId(attribute="line.lpn_id", allow_none=True)
    lpn_code = PlateCode(attribute="line.lpn")
    quantity = QuantityField(attribute="line.quantity")
    base_unit = fields.String(attribute="line.item.base_unit")
    asn_line_id = Id(attribute="line.asn_line_id", allow_none=True)
    purchase_order_line_id = Id(attribute="line.purchase_order_line_id", allow_none=True)
    capture = fields.Enum(Capture, by_value=True, attribute="line.capture")
    raw_scan = fields.String(attribute="line.raw_scan")
    posting_seq = Id(attribute="line.posting_seq")
    received_by = fields.String()
    received_at = Instant(attribute="line.received_at")


class ReceiptPhotoOut(Out):
    """A photo of a line; its picture is at /receipts/{receipt_id}/photos/{id}."""

    id = Id()
    receipt_line_id = Id(attribute="subject_id")
    content_type = fields.String()
    size_bytes = fields.Integer()
    created_at = Instant()


class PutawayTaskOut(Out):
    """Received goods that wait to be carried to a bin. The suggestion stands once somebody started it."""

    id = Id()
    state = fields.Enum(TaskState, by_value=True)
    sku = fields.String(attribute="item.sku", allow_none=True, dump_default=None)
    lot_id = Id(allow_none=True, metadata={"description": "null for an LPN with several lots on it."})
    lot_number = fields.String(attribute="lot.number", allow_none=True, dump_default=None)
    source_bin_code = fields.String(attribute="source_bin.code", allow_none=True, dump_default=None)
    lpn_id = PlateId(attribute="source_lpn_id", allow_none=True)
    lpn_code = PlateCode(attribute="source_lpn")
    quantity = QuantityField(allow_none=True)
    done_quantity = QuantityField()
    suggested_bin_code = fields.String(attribute="target_bin.code", allow_none=True, dump_default=None)
    why = fields.String(
        metadata={"description": "Of the suggestion: same_lot, same_item, empty_bin, has_room; of a cancelled task: goods_gone."}
    )  # fmt: skip
    receipt_id = Id(attribute="document_id", allow_none=True)
    created_at = Instant()
    taken_at = Instant(allow_none=True)
    closed_at = Instant(allow_none=True)


class PutAwayOut(Out):
    """What was put away, where; what was left at the dock is a task of its own."""

    task_id = Id(attribute="task")
    bin_code = fields.String()
    quantity = QuantityField()
    lot_number = fields.String(metadata={"description": "The LPN's code where several lots stand on it."})
