"""What comes in from the pages of supplier returns and the API, and how returns go out."""

from __future__ import annotations

from typing import Any, Final

from marshmallow import fields, validate

from wms.core.errors import BadQuantity, FieldErrors
from wms.core.ids import BalanceId, PartnerId, WarehouseId
from wms.core.quantity import Quantity
from wms.returns.models import ReturnReason, ReturnState
from wms.returns.service import GoingBack, OpenReturn
from wms.stock.schemas import PlateCode
from wms.web.api import ListQuery
from wms.web.forms import Answers, Choice, Id, In, Instant, Line, Out, QuantityField, Tick

_LINES_MAX: Final = 200


class ReturnsIn(In):
    """The filters of the list, as they stand in its URL."""

    state = Line(load_default="", max_length=20)
    q = Line(load_default="", max_length=60)
    cursor = Line(load_default="", max_length=200)


class NewReturnQuery(In):
    """Of what: a lot exactly, or an item; and to whom."""

    supplier = Id(load_default=None, allow_none=True)
    q = Line(load_default="", max_length=60)


class ReturnForm(In):
    """A new return: `balance` and `quantity` stand once for each stock row, rows without a quantity are passed over."""

    key = Line(required=True, max_length=60)
    supplier = Id(required=True)
    reason = Choice(ReturnReason, required=True)
    reference = Line(load_default="", max_length=60)
    note = Line(load_default="", max_length=500)
    lot_of_other_supplier = Tick()
    balance = fields.List(Id(), load_default=list, validate=validate.Length(max=_LINES_MAX))
    quantity = fields.List(Line(max_length=24), load_default=list, validate=validate.Length(max=_LINES_MAX))


class CarryForm(In):
    """A line that left, from the desk; blank for all of it."""

    key = Line(required=True, max_length=60)
    quantity = QuantityField(load_default=None, allow_none=True)


class CloseForm(In):
    """Who took the goods."""

    carrier = Line(load_default="", max_length=120)
    plate = Line(load_default="", max_length=20)


def new_return(values: dict[str, Any], *, warehouse: WarehouseId, may_take_held: bool) -> OpenReturn:
    """Make the command of the form; FieldErrors name the row that is wrong."""
    lines = []
    for n, (balance, text) in enumerate(zip(values["balance"], values["quantity"], strict=False), start=1):
        if not text:
            continue
        try:
            quantity = Quantity.parse(text)
        except BadQuantity:
            raise FieldErrors(errors={f"quantity {n}": ["bad_quantity"]}) from None
        if not quantity:
            raise FieldErrors(errors={f"quantity {n}": ["not_positive"]})
        lines.append(GoingBack(balance=BalanceId(balance), quantity=quantity))
    return OpenReturn(
        key=f"desk:{values['key']}",
        warehouse=warehouse,
        supplier=PartnerId(values["supplier"]),
        lines=tuple(lines),
        reason=values["reason"],
        reference=values["reference"],
        note=values["note"],
        may_take_held=may_take_held,
        answers=frozenset({"lot_of_other_supplier"} if values["lot_of_other_supplier"] else ()),
    )


# -- the API ----------------------------------------------------------------------------------------------------------
class ReturnsQuery(ListQuery):
    """Which returns to list; `q` is a part of number, reference or the supplier's code, or a lot number exactly."""

    q = Line(max_length=60, load_default="")
    state = Choice(ReturnState, load_default=None, allow_none=False)


class NewReturnLineIn(In):
    """So much of one stock row, in the item's base unit."""

    balance_id = Id(required=True)
    quantity = QuantityField(required=True)


class NewReturnIn(In):
    """A new return to a supplier."""

    supplier_code = Line(required=True, max_length=30)
    reason = Choice(ReturnReason, required=True)
    reference = Line(
        max_length=60, load_default="", metadata={"description": "The supplier's own number for the return."}
    )
    note = Line(max_length=500, load_default="")
    lines = fields.List(
        fields.Nested(NewReturnLineIn()),
        required=True,
        validate=validate.Length(min=1, max=_LINES_MAX, error="line_count"),
    )
    answers = Answers()


class CarryLineIn(In):
    """How much left, when it is not all; and where it stood, when it is not where the paper says."""

    quantity = QuantityField(load_default=None, allow_none=False)
    bin_code = Line(load_default="", max_length=40)
    lpn_code = Line(load_default="", max_length=30)


class CloseReturnIn(In):
    """Who took the goods."""

    carrier = Line(load_default="", max_length=120)
    plate = Line(load_default="", max_length=20)


class ReturnRowOut(Out):
    """A return in a list."""

    id = Id()
    number = fields.String()
    state = fields.String(validate=validate.OneOf([one.value for one in ReturnState]))
    reason = fields.String(validate=validate.OneOf([one.value for one in ReturnReason]))
    reference = fields.String()
    supplier_code = fields.String()
    supplier_name_en = fields.String(attribute="name_en")
    supplier_name_zh = fields.String(attribute="name_zh")
    line_count = fields.Integer()
    opened_at = Instant()
    closed_at = Instant(allow_none=True)


class ReturnLineOut(Out):
    """A line: of which lot how much goes, from where, and what left; in the item's base unit."""

    id = Id()
    line = fields.Integer()
    sku = fields.String(attribute="item.sku")
    lot_id = Id()
    lot_number = fields.String(attribute="lot.number")
    bin_code = fields.String(attribute="bin.code")
    lpn_code = PlateCode(attribute="lpn")
    quantity = QuantityField()
    base_unit = fields.String(attribute="item.base_unit")
    done_quantity = QuantityField()
    task_id = Id(allow_none=True)
    posting_seq = Id(allow_none=True)
    done_at = Instant(allow_none=True)


class ReturnOut(Out):
    """A return with its lines. `origin_kind` and `origin_id` name what decided it."""

    id = Id(attribute="paper.id")
    number = fields.String(attribute="paper.number")
    state = Choice(ReturnState, attribute="paper.state")
    reason = Choice(ReturnReason, attribute="paper.reason")
    warehouse_id = Id(attribute="paper.warehouse_id")
    supplier_code = fields.String(attribute="paper.supplier.code")
    reference = fields.String(attribute="paper.reference")
    note = fields.String(attribute="paper.note")
    origin_kind = fields.String(attribute="paper.origin_kind")
    origin_id = Id(attribute="paper.origin_id", allow_none=True)
    carrier = fields.String(attribute="paper.carrier")
    plate = fields.String(attribute="paper.plate")
    opened_by = fields.String()
    opened_at = Instant(attribute="paper.opened_at")
    closed_by = fields.String(allow_none=True)
    closed_at = Instant(attribute="paper.closed_at", allow_none=True)
    lines = fields.List(fields.Nested(ReturnLineOut()))
