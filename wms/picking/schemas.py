"""What comes in from the order pages, as marshmallow schemas, and the command they become."""

from typing import Any

from marshmallow import fields, validate

from wms.catalog.models import PolicyName
from wms.core.errors import BadQuantity, FieldErrors
from wms.core.ids import PartnerId, WarehouseId
from wms.core.quantity import ZERO, Quantity
from wms.picking import page_queries
from wms.picking.models import OrderPurpose, OrderState
from wms.picking.page_queries import SORTS
from wms.picking.service import CreateOrder, NewLine
from wms.web.forms import Day, Id, In, Line, Note

LINES = 8


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
