"""What the operations of the inspector's mode give."""

from marshmallow import fields

from wms.stock.ledger import Quality
from wms.web.forms import Day, Id, Instant, Out, QuantityField


class LotDeliveryOut(Out):
    """So much of a lot that left to one customer; `shipment_id` is null for what a file tells of the time before."""

    day = Day(attribute="day")
    shipment_id = Id(attribute="shipment", allow_none=True)
    number = fields.String()
    order_number = fields.String(attribute="order")
    warehouse_code = fields.String()
    customer_code = fields.String()
    name_en = fields.String()
    name_zh = fields.String()
    address = fields.String()
    phone = fields.String()
    recall_contact = fields.String()
    waybill = fields.String()
    plate = fields.String()
    quantity = QuantityField()


class LotDeliveriesOut(Out):
    """Every delivery of a lot, the newest first."""

    lot_id = Id()
    lot_number = fields.String()
    unit = fields.String()
    deliveries = fields.List(fields.Nested(LotDeliveryOut))


class KeptOut(Out):
    """Some goods that may not be used: pending, rejected or on hold."""

    stock_id = Id(attribute="id")
    lot_id = Id(attribute="lot")
    lot_number = fields.String()
    sku = fields.String()
    bin_code = fields.String()
    lpn_code = fields.String()
    quality = fields.Enum(Quality, by_value=True)
    on_hand = QuantityField()
    unit = fields.String(attribute="base_unit")
    received_on = Day()
    hold_reasons = fields.List(fields.String())
    held_since = Instant(allow_none=True)


class GrantOut(Out):
    """A role of a person, where and since when; without a warehouse it is good in all."""

    login = fields.String()
    full_name = fields.String()
    is_active = fields.Boolean()
    role = fields.String()
    warehouse_code = fields.String()
    granted_at = Instant(allow_none=True)
    granted_by = fields.String()


class GrantsOut(Out):
    """Every role of every person."""

    grants = fields.List(fields.Nested(GrantOut))


class BackupOut(Out):
    """A backup or a restore; `verified`: "" not at all, "read" every hash, "restored" into a scratch place and audited."""

    kind = fields.String()
    file = fields.String()
    size_bytes = fields.Integer()
    made_at = Instant()
    host = fields.String()
    verified = fields.String()
    verified_at = Instant(allow_none=True)


class BackupsOut(Out):
    """The last fifty backups and restores, the newest first."""

    backups = fields.List(fields.Nested(BackupOut))


class InspectorLookOut(Out):
    """One page that an inspector opened."""

    at = Instant()
    login = fields.String()
    full_name = fields.String()
    path = fields.String()
    query = fields.String()
