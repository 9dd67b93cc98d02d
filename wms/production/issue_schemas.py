"""What comes in from the pages and the API of issues and closing, and how they go out."""

from __future__ import annotations

from marshmallow import fields

from wms.production.models import IssueKind
from wms.production.rules.closing import Why
from wms.stock.unit_edge import UnitsIn
from wms.web.forms import Choice, Exact, Id, In, Instant, Line, Note, Out, QuantityField, Secret


# -- pages ------------------------------------------------------------------------------------------------------------
class IssueForm(UnitsIn):
    """Goods to the line, from the desk. Another lot than bound, or more than planned, says so with its reason."""

    key = Line(required=True, max_length=60)
    kind = Choice(IssueKind, load_default=IssueKind.ISSUE)
    component = Id(required=True)
    lot_number = Exact(required=True, max_length=60)
    bin = Line(required=True, max_length=32)
    lpn = Line(load_default="", max_length=30)
    quantity = QuantityField(required=True)
    reason = Note(load_default="", max_length=500)


class ReturnForm(UnitsIn):
    """Unused goods from the line back to a bin."""

    key = Line(required=True, max_length=60)
    component = Id(required=True)
    lot = Id(required=True)
    bin = Line(required=True, max_length=32)
    quantity = QuantityField(required=True)
    reason = Note(load_default="", max_length=500)


class UndoForm(In):
    """Why an issue or a return was not so."""

    key = Line(required=True, max_length=60)
    reason = Note(required=True, max_length=500)


class OpenLotForm(In):
    """Which lot at the line is opened."""

    lot = Id(required=True)


class CloseForm(In):
    """Close a work order; for what does not agree with the reason and the password."""

    reason = Note(load_default="", max_length=500)
    password = Secret(load_default="")


# -- API in -----------------------------------------------------------------------------------------------------------
class _GoodsIn(UnitsIn):
    component_id = Id(required=True, metadata={"description": "The component of the work order they are for."})
    lot_id = Id(required=True)
    quantity = QuantityField(required=True, metadata={"description": "In the item's base unit."})


class IssueGoodsIn(_GoodsIn):
    """Goods of a lot from a bin to the line."""

    bin_code = Line(required=True, max_length=32, metadata={"description": "Where they are taken from."})
    lpn_code = Line(
        load_default="",
        max_length=30,
        metadata={"description": "The plate they stand on, where several carry the lot."},
    )


class ExchangeIn(IssueGoodsIn):
    """Another lot than the bound one, with the reason."""

    reason = Note(required=True, max_length=500)
    instead_of_lot_id = Id(
        load_default=None, allow_none=True, metadata={"description": "The bound lot, where several are bound."}
    )


class SupplementIn(IssueGoodsIn):
    """More than planned, with the reason."""

    reason = Note(required=True, max_length=500)


class IssueReturnIn(_GoodsIn):
    """Unused goods from the line back to a bin."""

    bin_code = Line(required=True, max_length=32, metadata={"description": "Where they go."})
    reason = Note(load_default="", max_length=500)


class IssueUndoIn(In):
    """Why it was not so."""

    reason = Note(required=True, max_length=500)


class OpenLotsQuery(In):
    """Which line's open lots to list; none: every line's."""

    line_id = Id(load_default=None, allow_none=False)


class OpenLotIn(In):
    """The lot that is declared open at a line."""

    line_id = Id(required=True)
    lot_id = Id(required=True)


class CloseWorkOrderIn(In):
    """Why the order is closed though something does not agree."""

    reason = Note(load_default="", max_length=500)


# -- API out ----------------------------------------------------------------------------------------------------------
class ComponentBalanceOut(Out):
    """What happened to one component, in its base unit."""

    component_id = Id(attribute="component")
    line = fields.Integer()
    sku = fields.String()
    unit = fields.String()
    planned = QuantityField()
    issued = QuantityField()
    supplemented = QuantityField(metadata={"description": "The part of `issued` that was beyond the plan."})
    returned = QuantityField()
    consumed = QuantityField()
    backflushed = QuantityField(metadata={"description": "The part of `consumed` that the recipe took."})
    scrapped = QuantityField()
    drawn = QuantityField(metadata={"description": "Drawn from vessels: used too, and never issued to the line."})
    at_line = QuantityField(metadata={"description": "Issued, and neither returned nor used."})
    to_issue = QuantityField()


class LotAtLineOut(Out):
    """A lot of a component at the line, by the order's papers."""

    component_id = Id(attribute="component")
    lot_id = Id(attribute="lot")
    lot_number = fields.String(attribute="number")
    sku = fields.String()
    unit = fields.String()
    issued = QuantityField()
    returned = QuantityField()
    used = QuantityField()
    at_line = QuantityField()


class IssueStopOut(Out):
    """Goods that are still to be brought to the line."""

    task_id = Id(attribute="task")
    component_id = Id(attribute="component")
    sku = fields.String()
    unit = fields.String()
    lot_id = Id(attribute="lot")
    lot_number = fields.String()
    bin_code = fields.String()
    lpn_code = fields.String(metadata={"description": "Empty for loose goods."})
    left = QuantityField()


class GoodsIssueOut(Out):
    """One issue or return."""

    id = Id(attribute="issue.id")
    kind = fields.Enum(IssueKind, by_value=True, attribute="issue.kind")
    work_order_id = Id(attribute="issue.work_order_id")
    component_id = Id(attribute="issue.component_id")
    sku = fields.String()
    lot_id = Id(attribute="issue.lot_id")
    lot_number = fields.String()
    instead_of_lot_id = Id(attribute="issue.instead_of_lot_id", allow_none=True)
    instead_of = fields.String(allow_none=True)
    quantity = QuantityField(attribute="issue.quantity")
    unit = fields.String()
    bin_code = fields.String(metadata={"description": "Where the goods came from; for a return, where they went."})
    reason = fields.String(attribute="issue.reason")
    issued_by = fields.String()
    approved_by = fields.String(allow_none=True)
    issued_at = Instant(attribute="issue.issued_at")
    posting_seq = Id(attribute="issue.posting_seq")
    reversed_seq = Id(attribute="issue.reversed_seq", allow_none=True)


class GoodsIssuesOut(Out):
    """What went to the line of a work order and came back, what was used, and what is still to be brought."""

    components = fields.List(fields.Nested(ComponentBalanceOut()))
    at_line = fields.List(fields.Nested(LotAtLineOut()))
    stops = fields.List(fields.Nested(IssueStopOut()))
    issues = fields.List(fields.Nested(GoodsIssueOut()))


class OpenLotOut(Out):
    """A lot declared open at a line."""

    id = Id()
    line_id = Id(attribute="line")
    line_code = fields.String()
    sku = fields.String()
    lot_id = Id(attribute="lot")
    lot_number = fields.String()
    on_hand = QuantityField(metadata={"description": "How much of it stands in the line's bin."})
    unit = fields.String()
    opened_by = fields.String()
    opened_at = Instant()


class OpenLotsOut(Out):
    """The open lots."""

    items = fields.List(fields.Nested(OpenLotOut()))


class ClosedLotOut(Out):
    """An opening that has ended."""

    id = Id()
    line_id = Id()
    lot_id = Id()
    closed_at = Instant()


class ClosingDifferenceOut(Out):
    """One thing that does not agree."""

    why = fields.Enum(Why, by_value=True)
    sku = fields.String()
    lot_number = fields.String(attribute="lot")
    unit = fields.String()
    expected = QuantityField(allow_none=True)
    found = QuantityField(allow_none=True)


class ClosingOut(Out):
    """What stands in the way of closing a work order, and what must be signed for."""

    work_order_id = Id()
    state = fields.String()
    open_tasks = fields.Integer()
    open_bindings = fields.Integer()
    is_untouched = fields.Boolean(
        metadata={"description": "Nothing was used or made, and all that was issued came back: cancel it instead."}
    )
    differences = fields.List(fields.Nested(ClosingDifferenceOut()))
