"""What comes in from the receiving pages and the API, the commands it becomes, and how papers and their lines go out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, time
from decimal import Decimal
from itertools import zip_longest
from typing import Any, Final
from zoneinfo import ZoneInfo

from marshmallow import ValidationError, fields, validate

from wms.core.errors import BadCode, BadDate, BadLpnTree, BadQuantity, FieldErrors, NotFound
from wms.core.ids import ItemId, PartnerId, PurchaseOrderId, ReceiptId, WarehouseId
from wms.core.quantity import Quantity
from wms.fields.forms import OwnValues, OwnValuesOut, own_fields
from wms.gs1.codes import LotNumber
from wms.gs1.sscc import Sscc
from wms.receiving.models import (
    AsnState,
    CheckState,
    DifferenceKind,
    PurchaseOrderState,
    ReceiptState,
    RefusalReason,
    RefusalState,
    UnitState,
)
from wms.receiving.queries import papers
from wms.receiving.rules.commands import (
    AnnouncedLine,
    AnnouncedLpn,
    Arrival,
    CreateAsn,
    CreatePurchaseOrder,
    OrderedLine,
    Refuse,
)
from wms.receiving.rules.dates import read_label_date
from wms.stock import queries as stock
from wms.stock.capture_edge import CapturedIn
from wms.stock.models import Capture
from wms.stock.schemas import PlateCode, PlateId
from wms.tasks.models import TaskState
from wms.web.api import ListQuery
from wms.web.forms import Answers, Choice, Day, Flag, Id, In, Instant, Line, Note, Out, QuantityField, Secret, Tick

#: Lines on an empty form; more come by sending it again after saving.
LINES: Final = 8
KINDS: Final = ("asn", "order", "receipt")
#: Rows for plates that stand on others, on an empty form.
PLATES: Final = 6
STATES: Final = {
    "asn": ("expected", "arrived", "receiving", "partly_received", "received", "cancelled"),
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
    unit = fields.List(Line(max_length=12), load_default=list)


class AsnIn(In):
    """A new ASN; the lists stand once for each line. `lpn_sscc` and `lpn_parent` say which plate stands on which."""

    number = Line(load_default="", max_length=40)
    supplier = Id(required=True)
    purchase_order = Id(load_default=None, allow_none=True)
    expected_on = Day(load_default=None, allow_none=True)
    sku = fields.List(Line(max_length=60), load_default=list)
    quantity = fields.List(Line(max_length=24), load_default=list)
    lot = fields.List(Line(max_length=40), load_default=list)
    expires_on = fields.List(Line(max_length=20), load_default=list)
    sscc = fields.List(Line(max_length=24), load_default=list)
    unit = fields.List(Line(max_length=12), load_default=list)
    lpn_sscc = fields.List(Line(max_length=24), load_default=list)
    lpn_parent = fields.List(Line(max_length=24), load_default=list)


class ArrivalIn(In):
    """The facts of the truck; temperatures in degrees Celsius with one decimal. The ticks answer what may be asked."""

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
    departure_temperature = fields.Decimal(
        load_default=None,
        allow_none=True,
        places=None,
        validate=validate.Range(min=Decimal(-90), max=Decimal(90), error="not_a_choice"),
    )
    seal_is_intact = Line(load_default="", validate=validate.OneOf(["", "yes", "no"], error="not_a_choice"))
    delivery_note_seen = Tick()
    temperature_holds_received = Tick()


class ArrivalForm(ArrivalIn):
    """The form of the arrival, with the receipt's own fields."""

    f = own_fields()


def purchase_order(values: dict[str, Any], *, warehouse: WarehouseId) -> CreatePurchaseOrder:
    """Make the command; FieldErrors name the line that is wrong."""
    rows = _rows(values, "sku", "quantity", "unit")
    items = papers.items_by_sku(row["sku"] for _, row in rows)
    return CreatePurchaseOrder(
        warehouse=warehouse,
        supplier=PartnerId(values["supplier"]),
        number=values["number"],
        expected_on=values["expected_on"],
        lines=tuple(
            OrderedLine(item=_item(n, row["sku"], items), quantity=_quantity(n, row, items)) for n, row in rows
        ),
    )


def asn(values: dict[str, Any], *, warehouse: WarehouseId, timezone: str) -> CreateAsn:
    """Make the command; FieldErrors name the line that is wrong."""
    rows = _rows(values, "sku", "quantity", "unit", "lot", "expires_on", "sscc")
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
                quantity=_quantity(n, row, items),
                lot_number=_lot(n, row["lot"]),
                expires_on=_day(n, row["expires_on"]),
                sscc=_sscc(n, row["sscc"]),
            )
            for n, row in rows
        ),
        lpns=_plates(values),
    )


def _plates(values: dict[str, Any]) -> tuple[AnnouncedLpn, ...]:
    """The plates of the form; one that carries others is named once, even where no row of its own says so."""
    said: dict[str, Sscc | None] = {}
    for n, (text, below) in enumerate(zip_longest(values["lpn_sscc"], values["lpn_parent"], fillvalue=""), start=1):
        plate, parent = _sscc(n, text, "lpn_sscc"), _sscc(n, below, "lpn_parent")
        if plate is None:
            if parent is not None:
                raise FieldErrors(errors={f"lpn_sscc {n}": ["required"]})
            continue
        if plate.value in said and said[plate.value] is not None:
            raise BadLpnTree(why="twice", sscc=plate.value)
        said[plate.value] = parent
        if parent is not None:
            said.setdefault(parent.value, None)
    return tuple(AnnouncedLpn(sscc=Sscc.parse(sscc), parent=parent) for sscc, parent in said.items())


def arrival(values: dict[str, Any]) -> Arrival:
    """Make the facts of the truck; the temperature is kept in tenths of a degree."""
    plain = {name: values[name] for name in ("delivery_note", "plate", "driver", "seal", "carrier")}
    return Arrival(
        **plain,
        temperature_decidegrees=_tenths(values["temperature"]),
        departure_temperature_decidegrees=_tenths(values["departure_temperature"]),
        seal_is_intact={"yes": True, "no": False}.get(values["seal_is_intact"]),
    )


def arrival_answers(values: dict[str, Any]) -> frozenset[str]:
    """The questions that the ticks of the arrival's form answer with yes."""
    return frozenset(name for name in ("delivery_note_seen", "temperature_holds_received") if values[name])


def _tenths(degrees: Decimal | None) -> int | None:
    return None if degrees is None else int((degrees * 10).to_integral_value())


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


def _quantity(n: int, row: dict[str, str], items: dict[str, Any]) -> Quantity:
    """So many of the unit that was named, in base units."""
    try:
        quantity = Quantity.parse(row["quantity"])
    except BadQuantity:
        raise FieldErrors(errors={f"quantity {n}": ["bad_quantity"]}) from None
    if not quantity:
        raise FieldErrors(errors={f"quantity {n}": ["not_positive"]})
    factor = _factor(items[row["sku"]], row["unit"])
    if factor is None:
        raise FieldErrors(errors={f"unit {n}": ["unknown_unit"]})
    return Quantity.of(quantity.decimal * factor.decimal)


def _factor(item: Any, unit: str) -> Quantity | None:
    """Base units in one of the unit; blank is the base unit, None one that the item does not come in."""
    if unit in ("", item.base_unit):
        return Quantity.of(1)
    return next((one.factor for one in item.pack_units if one.code == unit), None)


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


def _sscc(n: int, text: str, field: str = "sscc") -> Sscc | None:
    try:
        return Sscc.parse(text) if text else None
    except BadCode:
        raise FieldErrors(errors={f"{field} {n}": ["bad_sscc"]}) from None


# -- pages: refusals, taking back, accepting --------------------------------------------------------------------------
class RefusalsIn(In):
    """The filters of the list of refusals."""

    state = Line(load_default="", max_length=20)
    q = Line(load_default="", max_length=60)
    cursor = Line(load_default="", max_length=200)


class RefusalIn(In):
    """Goods that are turned away, from the desk."""

    key = Line(required=True, max_length=60)
    receipt = Id(load_default=None, allow_none=True)
    supplier = Id(load_default=None, allow_none=True)
    sku = Line(load_default="", max_length=60)
    lot_number = Line(load_default="", max_length=60)
    description = Line(load_default="", max_length=300)
    quantity = QuantityField(load_default=None, allow_none=True)
    reason = Choice(RefusalReason, required=True)
    note = Note(load_default="", max_length=500)
    bin_code = Line(load_default="", max_length=40)
    place = Line(load_default="", max_length=120)


class OfReceiptIn(In):
    """Of which receipt."""

    receipt = Id(load_default=None, allow_none=True)


class CloseRefusalIn(In):
    """Who took refused goods back."""

    carrier = Line(required=True, max_length=120)


def refusal(values: dict[str, Any], *, warehouse: WarehouseId, key: str) -> Refuse:
    """Make the command of what RefusalIn or NewRefusalIn loaded; NotFound for a supplier, item or bin that is not known."""
    sku, code = values["sku"], values.get("supplier_code", "")
    item = papers.items_by_sku([sku]).get(sku) if sku else None
    if sku and item is None:
        raise NotFound(kind="item", text=sku)
    supplier = papers.get_supplier(code).id if code else values.get("supplier")
    receipt = values.get("receipt_id", values.get("receipt"))
    bin_code = values["bin_code"]
    return Refuse(
        warehouse=warehouse,
        key=key,
        receipt=ReceiptId(receipt) if receipt is not None else None,
        supplier=PartnerId(supplier) if supplier is not None else None,
        item=ItemId(item.id) if item is not None else None,
        lot_number=values["lot_number"],
        description=values["description"],
        quantity=values["quantity"],
        reason=values["reason"].value,
        note=values["note"],
        bin=stock.find_bin(bin_code, warehouse=warehouse).id if bin_code else None,
        place=values["place"],
    )


class ReverseIn(In):
    """Why a line is taken back; `key` makes a second click harmless."""

    key = Line(required=True, max_length=60)
    reason = Line(required=True, max_length=500)


class AcceptIn(In):
    """The second person's signature."""

    password = Secret(required=True)
    reason = Line(load_default="", max_length=500)


class SupplierIn(In):
    """From whom a blind delivery came."""

    supplier = Id(required=True)


class SuggestIn(In):
    """What was typed so far of an item."""

    sku = Line(load_default="", max_length=60)


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
_LPNS_MAX: Final = 5000


def _photos() -> fields.List:
    """Photos that were kept before, by their hash."""
    return fields.List(
        Line(required=True, max_length=64), load_default=list, validate=validate.Length(max=8),
        metadata={"description": "Each as `photo` of POST /photos."},
    )  # fmt: skip


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
    """An item that is ordered."""

    sku = Line(required=True, max_length=60)
    quantity = QuantityField(required=True)
    unit = Line(
        max_length=12, load_default="",
        metadata={"description": "The unit `quantity` counts, such as case; the item's base unit where it is left out."},
    )  # fmt: skip


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
    unit = Line(
        max_length=12, load_default="",
        metadata={"description": "The unit `quantity` counts, such as case; the item's base unit where it is left out."},
    )  # fmt: skip
    lot_number = Line(max_length=40, load_default="")
    expires_on = Day(
        load_default=None, allow_none=False, metadata={"description": "The last good day; best before where the item goes by it."}
    )  # fmt: skip
    manufactured_on = Day(load_default=None, allow_none=False)
    sscc = Line(
        max_length=24, load_default="", metadata={"description": "18 digits, of the pallet or case it stands on."}
    )


class NewAsnLpnIn(In):
    """A plate of the notice, and the one it stands on."""

    sscc = Line(required=True, max_length=24)
    parent_sscc = Line(
        max_length=24, load_default="", metadata={"description": "Left out for one that stands by itself."}
    )


class NewAsnIn(In):
    """A new ASN; without a number one is made. `lpns` may nest to any depth: each plate names the one it stands on."""

    number = Line(max_length=40, load_default="")
    supplier_code = Line(required=True, max_length=30)
    purchase_order_id = Id(load_default=None, allow_none=False)
    expected_on = Day(load_default=None, allow_none=False)
    lines = fields.List(
        fields.Nested(NewAsnLineIn()),
        required=True,
        validate=validate.Length(min=1, max=_LINES_MAX, error="line_count"),
    )
    lpns = fields.List(
        fields.Nested(NewAsnLpnIn()), load_default=list, validate=validate.Length(max=_LPNS_MAX, error="line_count")
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
    departure_temperature_celsius = Degrees(load_default=None, allow_none=False)
    seal_is_intact = Flag(
        load_default=None, allow_none=True, metadata={"description": "Left out or null where nobody looked."}
    )
    photos = _photos()
    answers = Answers()


class NewReceiptIn(In):
    """A blind receipt: against no paper."""

    supplier_code = Line(max_length=30, load_default="")
    is_provisional = Flag(
        load_default=False, metadata={"description": "Of nobody known yet: its goods come in on hold (unknown origin)."}
    )


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
            OrderedLine(item=_item_of(n, line, items), quantity=_quantity_of(n, line, items))
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
                quantity=_quantity_of(n, line, items),
                lot_number=LotNumber.parse(line["lot_number"]).value if line["lot_number"] else "",
                expires_on=line["expires_on"],
                manufactured_on=line["manufactured_on"],
                sscc=_sscc_of(n, line["sscc"]),
            )
            for n, line in enumerate(values["lines"])
        ),
        lpns=tuple(
            AnnouncedLpn(sscc=_plate_of(n, one["sscc"], "sscc"), parent=_parent_of(n, one["parent_sscc"]))
            for n, one in enumerate(values["lpns"])
        ),
    )


def arrival_of_truck(values: dict[str, Any]) -> Arrival:
    """Make the facts of what ArrivalOfTruckIn loaded."""
    plain = {name: values[name] for name in ("delivery_note", "plate", "driver", "seal", "carrier", "seal_is_intact")}
    return Arrival(
        **plain,
        temperature_decidegrees=values["temperature_celsius"],
        departure_temperature_decidegrees=values["departure_temperature_celsius"],
    )


def _quantity_of(n: int, line: dict[str, Any], items: dict[str, Any]) -> Quantity:
    factor = _factor(items[line["sku"]], line["unit"])
    if factor is None:
        raise FieldErrors(errors={"lines": {str(n): {"unit": ["unknown_unit"]}}})
    quantity: Quantity = Quantity.of(line["quantity"].decimal * factor.decimal)
    return quantity


def _plate_of(n: int, text: str, name: str) -> Sscc:
    try:
        return Sscc.parse(text)
    except BadCode:
        raise FieldErrors(errors={"lpns": {str(n): {name: ["bad_sscc"]}}}) from None


def _parent_of(n: int, text: str) -> Sscc | None:
    return _plate_of(n, text, "parent_sscc") if text else None


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
    kind = fields.String(validate=validate.OneOf(("missing", "short_tolerated", "over", "not_announced")))


class PurchaseOrderLineOut(Out):
    """A line of a purchase order with what came of it, in the item's base unit."""

    id = Id()
    line = fields.Integer()
    sku = fields.String()
    base_unit = fields.String(attribute="unit")
    quantity = QuantityField()
    received_quantity = QuantityField(attribute="received")
    remaining_quantity = QuantityField(attribute="remaining", metadata={"description": "What did not come yet."})


class AsnLpnOut(Out):
    """A plate of a notice: each stands before what stands on it; `parent_sscc` is blank for one that stands by itself."""

    sscc = fields.String()
    parent_sscc = fields.String(attribute="parent")
    depth = fields.Integer()


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
    lpns = fields.List(fields.Nested(AsnLpnOut()), attribute="plates")
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


class NotedDifferenceOut(Out):
    """What a person found other than announced on a pallet; quantities in the item's base unit."""

    kind = Choice(DifferenceKind, attribute="difference.kind")
    pallet_sscc = fields.String(attribute="difference.sscc")
    code = fields.String(
        attribute="difference.code",
        metadata={"description": 'SSCC of the part that differs, or "line 3" of the notice.'},
    )
    sku = fields.String(attribute="difference.item.sku", allow_none=True, dump_default=None)
    announced_lot = fields.String(attribute="difference.announced_lot")
    found_lot = fields.String(attribute="difference.found_lot")
    announced_quantity = QuantityField(attribute="difference.announced_quantity", allow_none=True)
    found_quantity = QuantityField(attribute="difference.found_quantity", allow_none=True)
    noted_by = fields.String()
    noted_at = Instant(attribute="difference.noted_at")


class ProvisionalLpnOut(Out):
    """A plate that nobody announced."""

    lpn_id = Id()
    sscc = fields.String(attribute="lpn.code")
    passage_id = Id(allow_none=True, metadata={"description": "The trip through a door that saw it."})
    noted_at = Instant()


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
    seal_is_intact = fields.Boolean(attribute="receipt.seal_is_intact", allow_none=True)
    temperature_celsius = Degrees(attribute="receipt.arrival_temperature_decidegrees", allow_none=True)
    departure_temperature_celsius = Degrees(attribute="receipt.departure_temperature_decidegrees", allow_none=True)
    out_of_range = fields.List(
        fields.String(), metadata={"description": "Storage classes for which the arrival temperature is out of range."}
    )
    check_seed = Id(attribute="receipt.check_seed", metadata={"description": "By it the LPNs to scan were drawn."})
    is_provisional = fields.Boolean(attribute="receipt.is_provisional")
    finished_by = fields.String(allow_none=True)
    finished_at = Instant(attribute="receipt.finished_at", allow_none=True)
    provisional_lpns = fields.List(fields.Nested(ProvisionalLpnOut()), attribute="plates")
    opened_by = fields.String()
    opened_at = Instant(attribute="receipt.opened_at")
    needs_acceptance = fields.Boolean(attribute="receipt.needs_acceptance")
    accepted_by = fields.String(allow_none=True)
    accepted_at = Instant(attribute="receipt.accepted_at", allow_none=True)
    closed_by = fields.String(allow_none=True)
    closed_at = Instant(attribute="receipt.closed_at", allow_none=True)
    line_count = fields.Integer()
    differences = fields.List(fields.Nested(DifferenceOut()))
    noted_differences = fields.List(fields.Nested(NotedDifferenceOut()), attribute="noted")
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
    reversed_at = Instant(attribute="line.reversed_at", allow_none=True)
    reverse_reason = fields.String(attribute="line.reverse_reason")
    reversal_seq = Id(attribute="line.reversal_seq", allow_none=True)


class CheckUnitOut(Out):
    """A part of a pallet: a plate that holds goods, or a line of the notice that stands on no plate of its own."""

    code = fields.String()
    is_asked = fields.Boolean()
    state = Choice(UnitState)
    found_quantity = QuantityField(allow_none=True)
    found_at = Instant(allow_none=True)


class PalletCheckOut(Out):
    """A look at a pallet before it is taken in: which parts are asked, and what came of each."""

    id = Id(attribute="check.id")
    receipt_id = Id(attribute="check.receipt_id")
    sscc = fields.String(attribute="check.sscc")
    state = Choice(CheckState, attribute="check.state")
    share_percent = fields.Integer(attribute="check.share_percent")
    is_raised = fields.Boolean(
        attribute="check.is_raised", metadata={"description": "A difference was found, so all of it is asked."}
    )
    seed = Id()
    asked_count = fields.Integer()
    waiting_count = fields.Integer()
    units = fields.List(fields.Nested(CheckUnitOut()))


class PalletChecksOut(Out):
    """Every pallet of a receipt that was looked at."""

    items = fields.List(fields.Nested(PalletCheckOut()))


class OpenCheckIn(In):
    """Which pallet is looked at."""

    sscc = Line(required=True, max_length=24)


class ScanUnitIn(In):
    """What was scanned on a pallet: the SSCC of a plate, or what a goods label says (item and lot)."""

    sscc = Line(load_default="", max_length=24)
    sku = Line(load_default="", max_length=60)
    lot_number = Line(load_default="", max_length=40)
    answers = Answers()


class NoteDifferenceIn(In):
    """What differs: a part is missing, is another lot, or holds another quantity, in the item's base unit."""

    code = Line(required=True, max_length=30)
    kind = fields.String(required=True, validate=validate.OneOf(("missing", "other_lot", "other_quantity")))
    quantity = QuantityField(load_default=None, allow_none=False)
    lot_number = Line(load_default="", max_length=40)
    answers = Answers()


class ReverseLineIn(In):
    """Why a line is taken back."""

    reason = Line(required=True, max_length=500)


class AcceptReceiptIn(In):
    """A word of the person who accepts, kept with the signature."""

    reason = Line(load_default="", max_length=500)


class NameSupplierIn(In):
    """From whom a blind delivery came."""

    supplier_code = Line(required=True, max_length=30)


class RefusalsQuery(ListQuery):
    """Which refusals to list; `q` is a part of number, words, lot, or the codes of supplier and item."""

    q = Line(max_length=60, load_default="")
    state = Choice(RefusalState, load_default=None, allow_none=False)


class NewRefusalIn(In):
    """Goods that are turned away. Item or words say what they are; bin or words where they stand."""

    receipt_id = Id(load_default=None, allow_none=False)
    supplier_code = Line(load_default="", max_length=30)
    sku = Line(load_default="", max_length=60)
    lot_number = Line(load_default="", max_length=60)
    description = Line(load_default="", max_length=300)
    quantity = QuantityField(load_default=None, allow_none=False)
    reason = Choice(RefusalReason, required=True)
    note = Line(load_default="", max_length=500)
    bin_code = Line(load_default="", max_length=40)
    place = Line(load_default="", max_length=120)
    photos = _photos()


class RefusalOut(Out):
    """Goods that were turned away; they never were stock. `quantity` is in the item's base unit, else pieces."""

    id = Id(attribute="refusal.id")
    number = fields.String(attribute="refusal.number")
    state = Choice(RefusalState, attribute="refusal.state")
    receipt_id = Id(attribute="refusal.receipt_id", allow_none=True)
    receipt_number = fields.String(attribute="refusal.receipt.number", allow_none=True, dump_default=None)
    supplier_code = fields.String(attribute="refusal.supplier.code", allow_none=True, dump_default=None)
    sku = fields.String(attribute="refusal.item.sku", allow_none=True, dump_default=None)
    lot_number = fields.String(attribute="refusal.lot_number")
    description = fields.String(attribute="refusal.description")
    quantity = QuantityField(attribute="refusal.quantity", allow_none=True)
    reason = Choice(RefusalReason, attribute="refusal.reason")
    note = fields.String(attribute="refusal.note")
    bin_code = fields.String(attribute="refusal.bin.code", allow_none=True, dump_default=None)
    place = fields.String(attribute="refusal.place")
    refused_by = fields.String()
    refused_at = Instant(attribute="refusal.refused_at")
    carrier = fields.String(attribute="refusal.carrier")
    closed_by = fields.String(allow_none=True)
    closed_at = Instant(attribute="refusal.closed_at", allow_none=True)


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
