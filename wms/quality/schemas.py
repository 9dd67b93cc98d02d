"""What comes in from the pages of quality, as marshmallow schemas."""

from marshmallow import validate

from wms.stock.models import HoldReason, HoldScope
from wms.web.forms import Id, In, Line, Note, QuantityField, Secret

_scope = validate.OneOf([s.value for s in HoldScope], error="not_a_choice")
#: The reasons a person may choose; `expired` and `recall` are laid by their own paths.
REASONS = tuple(r for r in HoldReason if r not in (HoldReason.EXPIRED, HoldReason.RECALL))


class HoldTargetIn(In):
    """Where a hold is to reach, in the URL of its panel."""

    lot = Id(required=True)
    bin = Id(load_default=None, allow_none=True)
    lpn = Id(load_default=None, allow_none=True)
    scope = Line(load_default="", validate=validate.OneOf(["", *(s.value for s in HoldScope)], error="not_a_choice"))
    quantity = Line(load_default="", max_length=24)
    everywhere = Line(load_default="1", max_length=1)
    reason = Line(load_default="", max_length=24)
    note = Note(load_default="", max_length=500)
    key = Line(load_default="", max_length=64)


class HoldIn(In):
    """Place a hold."""

    key = Line(required=True, max_length=64)
    lot = Id(required=True)
    bin = Id(load_default=None, allow_none=True)
    lpn = Id(load_default=None, allow_none=True)
    scope = Line(required=True, validate=_scope)
    quantity = QuantityField(load_default=None, allow_none=True)
    everywhere = Line(load_default="1", max_length=1)
    reason = Line(required=True, validate=validate.OneOf([r.value for r in REASONS], error="not_a_choice"))
    note = Note(load_default="", max_length=500)


class LiftIn(In):
    """Lift a hold: reason, and the password again."""

    reason = Note(required=True, max_length=500)
    password = Secret(required=True)


class VerdictIn(In):
    """Release or reject pending goods of a lot: reason, and the password again."""

    key = Line(required=True, max_length=64)
    to = Line(required=True, validate=validate.OneOf(["released", "rejected"], error="not_a_choice"))
    reason = Note(required=True, max_length=500)
    password = Secret(required=True)
    bin = Id(load_default=None, allow_none=True)
    lpn = Id(load_default=None, allow_none=True)


class HoldsIn(In):
    """The filters of the list of holds."""

    state = Line(load_default="", validate=validate.OneOf(["", "open", "lifted"], error="not_a_choice"))
    reason = Line(load_default="", validate=validate.OneOf(["", *(r.value for r in HoldReason)], error="not_a_choice"))
    cursor = Line(load_default="", max_length=500)
