"""What comes in from the receiving pages, as marshmallow schemas, and the commands they become."""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from marshmallow import fields, validate

from wms.core.errors import BadCode, BadDate, BadQuantity, FieldErrors
from wms.core.ids import ItemId, PartnerId, PurchaseOrderId, WarehouseId
from wms.core.quantity import Quantity
from wms.gs1.codes import LotNumber
from wms.gs1.sscc import Sscc
from wms.receiving.queries import papers
from wms.receiving.rules.commands import (
    AnnouncedLine,
    Arrival,
    CreateAsn,
    CreatePurchaseOrder,
    OrderedLine,
)
from wms.receiving.rules.dates import read_label_date
from wms.web.forms import Day, Id, In, Line

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
