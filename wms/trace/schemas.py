"""What comes in about traces and histories, and how they go out."""

from typing import Final

from marshmallow import fields, validate

from wms.trace.rules.graph import Direction, StartKind
from wms.web.api import ListQuery, Query
from wms.web.forms import Exact, Id, In, Instant, Line, Out, QuantityField, Whole

PARTS: Final = ("lots", "receipts", "suppliers", "work_orders", "stock", "shipments", "customers")
VIEWS: Final = ("graph", "table", "times")
_TEXT_LENGTH: Final = 500


class TraceForm(In):
    """The page of a trace."""

    lot = Id(load_default=None, allow_none=True)
    kind = Line(
        load_default="",
        max_length=20,
        validate=validate.OneOf(["", *(kind.value for kind in StartKind)], error="not_a_choice"),
    )
    q = Exact(load_default="", max_length=_TEXT_LENGTH)
    item = Line(load_default="", max_length=40)
    direction = fields.Enum(
        Direction, by_value=True, load_default=Direction.FORWARD, error_messages={"unknown": "not_a_choice"}
    )
    view = fields.String(load_default="graph", validate=validate.OneOf(VIEWS, error="not_a_choice"))
    part = fields.String(load_default="lots", validate=validate.OneOf(PARTS, error="not_a_choice"))
    find = Line(load_default="", max_length=100)
    open = fields.List(Whole(0, 10_000), load_default=list)
    sort = Line(load_default="", max_length=20)
    level = Whole(0, 10_000, load_default=None, allow_none=True)
    state = Line(load_default="", max_length=20)
    page = Whole(1, 100_000, load_default=1)


class HistoryForm(In):
    """A page of a lot's history."""

    cursor = Line(load_default="", max_length=1000)


class HistoryFileForm(In):
    """A lot's history as a file; until an instant, so that it can be made again with the same content."""

    until = Instant(load_default=None, allow_none=True)


class TraceQuery(Query):
    """What to trace, and which way."""

    lot_id = Id(load_default=None, allow_none=False, metadata={"description": "A lot by its id; or `kind` and `text`."})
    kind = fields.Enum(
        StartKind, by_value=True, load_default=None, allow_none=False,
        metadata={"description": "What `text` names. Left out: it is recognised, as a scan or a plain code."},
    )  # fmt: skip
    text = Exact(
        load_default="", max_length=_TEXT_LENGTH,
        metadata={"description": "A number or code; machine, team, operator with @2026-11-01..2026-11-22 behind it for some days."},
    )  # fmt: skip
    sku = Line(
        load_default="", max_length=40, metadata={"description": "Of the lot, where several items have its number."}
    )
    direction = fields.Enum(
        Direction, by_value=True, load_default=Direction.FORWARD, error_messages={"unknown": "not_a_choice"}
    )


class TraceOut(Out):
    """A trace with every figure exact: shares are fractions, quantities decimal text in the lot's base unit, ids text."""

    start = fields.Dict()
    direction = fields.String()
    as_of = fields.String(allow_none=True, metadata={"description": "The newest posting when it was read."})
    made_at = fields.String(allow_none=True)
    seconds = fields.Float()
    why_no_shares = fields.String(metadata={"description": "Blank: there are shares. Else units, size or depth."})
    hidden = fields.Integer(metadata={"description": "Lines of warehouses that the key may not see, left out."})
    counts = fields.Dict(keys=fields.String(), values=fields.Integer())
    nodes = fields.List(fields.Dict())
    edges = fields.List(fields.Dict())
    suppliers = fields.List(fields.Dict())
    receipts = fields.List(fields.Dict())
    work_orders = fields.List(fields.Dict())
    reports = fields.List(fields.Dict())
    stock = fields.List(fields.Dict())
    shipments = fields.List(fields.Dict())
    customers = fields.List(fields.Dict())


class LotHistoryEventOut(Out):
    """One event of a lot."""

    at = Instant(metadata={"description": "When the server recorded it: the order of the history."})
    kind = fields.String()
    id = Id()
    line = fields.Integer()
    code = fields.String(
        metadata={"description": "The reason of a posting, the scope of a hold, a verdict ...; by `kind`."}
    )
    occurred_at = Instant(
        allow_none=True, metadata={"description": "What a person or device gave as the time; orders nothing."}
    )
    person = fields.String()
    login = fields.String()
    device = fields.String()
    warehouse = fields.String()
    quantity = QuantityField(zero_allowed=True, allow_none=True)
    source = fields.String()
    target = fields.String()
    document_kind = fields.String()
    document_id = Id(allow_none=True)
    document = fields.String()
    other_lot_id = Id(attribute="other_lot", allow_none=True)
    other_lot_number = fields.String(attribute="other_number")
    capture = fields.String()
    raw_scan = fields.String()
    typed_reason = fields.String()
    typed_note = fields.String()
    note = fields.String()
    changes = fields.Function(
        lambda event: [{"name": name, "before": before, "after": after} for name, before, after in event.changes],
        metadata={"type": "array", "items": {"type": "object"}},
    )


class HistoryQuery(ListQuery):
    """Which page of the history."""


class HistoryContentQuery(Query):
    """Up to when."""

    until = Instant(load_default=None, allow_none=False, metadata={"description": "Left out: now."})


class HistoryContentOut(Out):
    """The hash of a history."""

    sha256 = fields.String()
    bytes = fields.Integer()
    events = fields.Integer()
    until = Instant()
    warehouses = fields.List(fields.String())
