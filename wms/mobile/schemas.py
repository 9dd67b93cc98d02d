"""What the API takes and gives where it does what a handheld does: scans, goods taken in, goods carried."""

import base64
import binascii
from collections.abc import Mapping
from typing import Any, Final

from marshmallow import ValidationError, fields, validate

from wms.files import service as file_service
from wms.receiving.schemas import ReceiptLineOut
from wms.scans.schemas import LabelOut, WhatQuery
from wms.stock.capture_edge import CapturedIn
from wms.stock.captures import TypedReason
from wms.stock.ledger import Quality
from wms.stock.models import DatePrecision
from wms.stock.schemas import StockOut
from wms.stock.unit_edge import UnitsIn
from wms.web.forms import Answers, Choice, Day, Exact, Flag, Id, In, Line, Out, QuantityField

KINDS: Final = ("bin", "lpn", "lot", "item", "order")
_BASE64_LENGTH: Final = -(-file_service.MAX_BYTES // 3) * 4
#: The body of a photo: its base64 and the braces around it.
PHOTO_BODY_BYTES: Final = _BASE64_LENGTH + 1024


class Picture(fields.Field[bytes]):
    """The bytes of a picture, as base64."""

    def document(self) -> dict[str, Any]:
        """Say the encoding."""
        return {"type": "string", "contentEncoding": "base64", "minLength": 1, "maxLength": _BASE64_LENGTH}

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> bytes:
        if not isinstance(value, str) or not value:
            raise ValidationError("blank")
        try:
            return base64.b64decode(value, validate=True)
        except (binascii.Error, ValueError):
            raise ValidationError("bad_base64") from None


# -- what comes in ----------------------------------------------------------------------------------------------------
class ScanQuery(WhatQuery):
    """What a scanner read."""


class PhotoIn(In):
    """A photo of a label or of damage: JPEG, PNG or WebP, at most 8 MB."""

    content = Picture(required=True)


class ReceiveLineIn(UnitsIn):
    """Goods that stand at the dock. What a label in `scans` says need not be said again."""

    scans = fields.List(
        Exact(required=True, max_length=300), load_default=list, validate=validate.Length(max=8),
        metadata={"description": "The labels that were read, each as the scanner sent it."},
    )  # fmt: skip
    sku = Line(load_default="", max_length=60)
    lot_number = Line(load_default="", max_length=40)
    lot_again = Line(
        load_default="", max_length=40,
        metadata={"description": "The lot number once more, where it stands on no label in `scans` and the item asks so."},
    )  # fmt: skip
    expires_on = Day(load_default=None, allow_none=False, metadata={"description": "The last good day."})
    best_before_on = Day(load_default=None, allow_none=False)
    manufactured_on = Day(load_default=None, allow_none=False)
    expiry_text = Line(load_default="", max_length=40, metadata={"description": "The day as the label writes it."})
    expiry_precision = Choice(DatePrecision, load_default=DatePrecision.DAY)
    quantity = QuantityField(
        load_default=None, allow_none=False,
        metadata={"description": "In the item's base unit. May be left out where a label says it."},
    )  # fmt: skip
    sscc = Line(load_default="", max_length=24, metadata={"description": "18 digits, of the pallet it stands on."})
    on_new_lpn = Flag(load_default=False, metadata={"description": "Put it onto a new LPN of our own."})
    typed_reason = Choice(
        TypedReason, load_default=None, allow_none=False,
        metadata={"description": "Why the lot stands on no label in `scans`; needed then."},
    )  # fmt: skip
    typed_note = Line(load_default="", max_length=200, metadata={"description": "In words, for the reason `other`."})
    photo = Line(load_default="", max_length=64, metadata={"description": "`photo` as POST /photos gave it."})
    answers = Answers()


class ReceiveLpnIn(UnitsIn):
    """A pallet that an ASN announces."""

    sscc = Line(required=True, max_length=24)
    answers = Answers()


class MoveGoodsIn(CapturedIn):
    """How much of a balance goes where."""

    quantity = QuantityField(required=True)
    target_bin_code = Line(required=True, max_length=32)


class MoveLpnIn(CapturedIn):
    """Where an LPN goes."""

    target_bin_code = Line(required=True, max_length=32)


# -- what goes out ----------------------------------------------------------------------------------------------------
class PhotoOut(Out):
    """A photo that is kept; name it by `photo` in the call it belongs to."""

    photo = fields.String(attribute="sha256")
    content_type = fields.String()
    size_bytes = fields.Integer()


class ReceivedOut(Out):
    """What was taken in. `is_held`: an open hold lies on the lot, so the goods came in held."""

    lines = fields.List(fields.Nested(ReceiptLineOut()))
    quality = fields.Enum(Quality, by_value=True)
    is_held = fields.Boolean()
    is_new_lot = fields.Boolean()


class ScanOut(Out):
    """The one record that a scan names, and what stands there now."""

    kind = fields.String(validate=validate.OneOf(KINDS))
    id = Id()
    code = fields.String(metadata={"description": "Bin or LPN code, lot number, SKU, order number."})
    sku = fields.String(allow_none=True)
    item_id = Id(allow_none=True)
    unit = fields.String(allow_none=True, metadata={"description": "The unit whose GTIN was scanned."})
    unit_quantity = QuantityField(allow_none=True, metadata={"description": "Base units in one of it."})
    bin_kind = fields.String(allow_none=True)
    is_blocked = fields.Boolean(allow_none=True)
    label = fields.Nested(LabelOut())
    stock = fields.List(fields.Nested(StockOut()), metadata={"description": "At most 50 rows."})
    stock_count = fields.Integer(metadata={"description": "How many rows stand there."})
    on_hand_quantity = QuantityField(
        allow_none=True, metadata={"description": "All of it; null where several items lie there."}
    )  # fmt: skip
    base_unit = fields.String(allow_none=True)
