"""What comes in from the pages of warehouses and bins."""

from marshmallow import fields, validate

from wms.sites.models import BinKind
from wms.web.forms import Id, In, Line


class BinsIn(In):
    """Which bins to list."""

    q = Line(max_length=40, load_default="")
    kind = fields.Enum(BinKind, by_value=True, load_default=None)
    zone = Id(load_default=None, allow_none=True)
    blocked = Line(load_default="", validate=validate.OneOf(["", "1", "0"], error="not_a_choice"))
    cursor = Line(max_length=200, load_default="")


class BlockIn(In):
    """Why a bin is blocked."""

    reason = Line(required=True, max_length=200)
