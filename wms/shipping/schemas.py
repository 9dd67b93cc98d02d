"""What comes in from the shipment pages, as marshmallow schemas."""

from marshmallow import validate

from wms.shipping.models import ShipmentState
from wms.web.forms import Id, In, Line, Tick


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


class ShipIn(In):
    """Ship confirm: the papers, and a permitted person's yes to leave the rest behind."""

    key = Line(required=True, max_length=64)
    carrier = Line(load_default="", max_length=120)
    waybill = Line(load_default="", max_length=60)
    plate = Line(load_default="", max_length=20)
    driver = Line(load_default="", max_length=60)
    seal = Line(load_default="", max_length=60)
    short = Tick()
