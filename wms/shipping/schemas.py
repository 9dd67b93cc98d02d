"""What comes in from the shipment pages and the API, and how a shipment goes out."""

from marshmallow import fields, validate

from wms.picking.models import OrderState
from wms.quality.schemas import PlateCode
from wms.shipping.models import ShipmentState
from wms.web.api import ListQuery
from wms.web.forms import Choice, Day, Flag, Id, In, Instant, Line, Out, QuantityField, Tick


class ShipmentFilterIn(In):
    """The filters of the shipment list, as they stand in its URL."""

    q = Line(load_default="", max_length=100)
    state = Line(
        load_default="", validate=validate.OneOf(["", *(s.value for s in ShipmentState)], error="not_a_choice")
    )
    cursor = Line(load_default="", max_length=500)


class DoorIn(In):
    """The door a shipment loads through; blank leaves it open."""

    portal = Id(load_default=None, allow_none=True)


class _PapersIn(In):
    carrier = Line(load_default="", max_length=120)
    waybill = Line(load_default="", max_length=60)
    plate = Line(load_default="", max_length=20, metadata={"description": "The truck's number plate."})
    driver = Line(load_default="", max_length=60)
    driver_phone = Line(load_default="", max_length=40)
    seal = Line(load_default="", max_length=60)


class ShipIn(_PapersIn):
    """Ship confirm: the papers, and a permitted person's yes to leave the rest behind."""

    key = Line(required=True, max_length=64)
    short = Tick()


# -- the API ----------------------------------------------------------------------------------------------------------
class ShipmentsQuery(ListQuery):
    """Which shipments to list."""

    q = Line(
        load_default="", max_length=100,
        metadata={"description": "Part of the shipment's number or the customer's name."},
    )  # fmt: skip
    state = Choice(ShipmentState, load_default=None, allow_none=False)


class ShipmentDoorIn(In):
    """The door a shipment loads through."""

    portal_id = Id(required=True)


class ShipmentPapersIn(_PapersIn):
    """Ship confirm: the papers, and the yes to leave the rest of an incomplete order behind."""

    short = Flag(
        load_default=False,
        metadata={"description": "Ship what there is and give up the rest; needs pick.override."},
    )


class ShipmentRowOut(Out):
    """A shipment in the list; `plates` counts its LPNs, `loaded` those that are on the truck."""

    id = Id(attribute="row.id")
    number = fields.String(attribute="row.number")
    state = fields.Enum(ShipmentState, by_value=True, attribute="row.state")
    order_id = Id(attribute="row.order")
    order_number = fields.String(attribute="row.order_number")
    customer_name_en = fields.String(attribute="row.name_en")
    customer_name_zh = fields.String(attribute="row.name_zh")
    ship_on = Day(attribute="row.ship_on")
    portal_id = Id(attribute="row.portal", allow_none=True)
    door = fields.String()
    opened_at = Instant(attribute="row.opened_at")
    shipped_at = Instant(attribute="row.shipped_at", allow_none=True)
    plates = fields.Integer(attribute="row.plates")
    loaded = fields.Integer(attribute="row.loaded")


class ShipmentLineOut(Out):
    """One line of the order: asked, staged, shipped, and what is missing for a complete shipment, in base units."""

    order_line_id = Id(attribute="line.id")
    line = fields.Integer(attribute="line.line")
    sku = fields.String(attribute="line.sku")
    name_en = fields.String(attribute="line.name_en")
    name_zh = fields.String(attribute="line.name_zh")
    base_unit = fields.String(attribute="line.unit")
    quantity = QuantityField(attribute="line.asked")
    staged = QuantityField(attribute="line.staged")
    shipped = QuantityField(attribute="line.shipped")
    missing = QuantityField()


class ShipmentContentOut(Out):
    """How much of a lot stands on an LPN of the shipment, or left on it: what a packing list says."""

    lpn_code = PlateCode(
        allow_none=True, metadata={"description": "The SSCC of the outbound LPN; null for loose goods."}
    )
    order_line_id = Id(attribute="line")
    sku = fields.String()
    name_en = fields.String()
    name_zh = fields.String()
    base_unit = fields.String(attribute="unit")
    lot_id = Id(attribute="lot")
    lot_number = fields.String()
    expires_on = Day(allow_none=True)
    best_before_on = Day(allow_none=True)
    quantity = QuantityField()
    unit_codes = fields.List(
        fields.String(), metadata={"description": "The ids of its pieces, where the item's pieces have ids."}
    )


class ShipmentPlateOut(Out):
    """An outbound LPN and when it was loaded."""

    lpn_id = Id(attribute="lpn")
    lpn_code = fields.String(attribute="code")
    is_open = fields.Boolean()
    loaded_at = Instant(allow_none=True)


class StoppedOnPlateOut(Out):
    """Held goods on an LPN of the shipment: they must come off before it leaves."""

    lot_number = fields.String()
    reason = fields.String()
    lpn_code = fields.String()


class ShipmentOut(Out):
    """A shipment: its order and papers, what is staged and missing, what stops it, its LPNs and what is on them."""

    id = Id(attribute="shipment.id")
    number = fields.String(attribute="shipment.number")
    state = fields.Enum(ShipmentState, by_value=True, attribute="shipment.state")
    warehouse_id = Id(attribute="shipment.warehouse_id")
    order_id = Id(attribute="shipment.order_id")
    order_number = fields.String(attribute="shipment.order.number")
    order_state = fields.Enum(OrderState, by_value=True, attribute="shipment.order.state")
    customer_code = fields.String(attribute="shipment.order.customer.code")
    customer_name_en = fields.String(attribute="shipment.order.customer.name_en")
    customer_name_zh = fields.String(attribute="shipment.order.customer.name_zh")
    ship_on = Day(attribute="shipment.order.ship_on")
    portal_id = Id(attribute="shipment.portal_id", allow_none=True)
    door = fields.String()
    carrier = fields.String(attribute="shipment.carrier")
    waybill = fields.String(attribute="shipment.waybill")
    plate = fields.String(attribute="shipment.plate")
    driver = fields.String(attribute="shipment.driver")
    driver_phone = fields.String(attribute="shipment.driver_phone")
    seal = fields.String(attribute="shipment.seal")
    opened_at = Instant(attribute="shipment.opened_at")
    shipped_at = Instant(attribute="shipment.shipped_at", allow_none=True)
    posting_seq = Id(attribute="shipment.posting_seq", allow_none=True)
    is_complete = fields.Boolean()
    lines = fields.List(fields.Nested(ShipmentLineOut()))
    plates = fields.List(fields.Nested(ShipmentPlateOut()))
    contents = fields.List(fields.Nested(ShipmentContentOut()))
    stopped = fields.List(fields.Nested(StoppedOnPlateOut()))
    blocking_alert = fields.String(
        attribute="alert", allow_none=True, metadata={"description": "The kind of an open alert that stops it."}
    )
