"""What comes in from the pages and the API, and how a problem goes out."""

from marshmallow import fields

from wms.problems.models import ProblemKind, ProblemState
from wms.stock.models import Capture
from wms.web.api import ListQuery
from wms.web.forms import Choice, Exact, Id, In, Instant, Line, Note, Out, QuantityField


class ProblemsIn(In):
    """Which problems to list."""

    state = fields.Enum(ProblemState, by_value=True, load_default=ProblemState.OPEN)
    kind = fields.Enum(ProblemKind, by_value=True, load_default=None)
    cursor = Line(max_length=1000, load_default="")
    done = Line(max_length=20, load_default="")


class ProblemsQuery(ListQuery):
    """Which problems to list."""

    state = fields.Enum(ProblemState, by_value=True, load_default=None, allow_none=False)
    kind = fields.Enum(ProblemKind, by_value=True, load_default=None, allow_none=False)
    lot_id = Id(load_default=None, allow_none=False)


class SettleProblemIn(In):
    """What was done about it."""

    note = Note(required=True, max_length=500)


class ReportIn(In):
    """What is wrong with which goods, where. The goods are named by a scan or, typed, by item and lot."""

    kind = Choice(ProblemKind, required=True)
    bin_code = Line(required=True, max_length=32)
    scan = Exact(
        load_default="", max_length=512,
        metadata={"description": "The label of the goods as it was read: a lot, or an LPN with one lot on it."},
    )  # fmt: skip
    sku = Line(
        load_default="", max_length=60, metadata={"description": "With `lot_number`, where no label can be read."}
    )
    lot_number = Exact(load_default="", max_length=60)
    lpn_code = Line(load_default="", max_length=30, metadata={"description": "The plate they stand on; none: loose."})
    quantity = QuantityField(
        load_default=None, allow_none=False,
        metadata={"description": "In the item's base unit. Needed for damage and for found goods."},
    )  # fmt: skip
    note = Note(load_default="", max_length=500)
    photo = Line(load_default="", max_length=64, metadata={"description": "`photo` as POST /photos gave it."})


class ProblemOut(Out):
    """A problem: what is wrong where, what was done at once, and how it was settled."""

    id = Id(attribute="problem.id")
    kind = fields.Enum(ProblemKind, by_value=True, attribute="problem.kind")
    state = fields.Enum(ProblemState, by_value=True, attribute="problem.state")
    warehouse_id = Id(attribute="problem.warehouse_id")
    bin_id = Id(attribute="problem.bin_id")
    bin_code = fields.String(attribute="problem.bin.code")
    lpn_id = Id(attribute="problem.lpn_id", allow_none=True)
    lpn_code = fields.Function(
        lambda row: row.problem.lpn.code if row.problem.lpn else None, metadata={"type": ["string", "null"]}
    )
    lot_id = Id(attribute="problem.lot_id")
    lot_number = fields.String(attribute="problem.lot.number")
    sku = fields.String(attribute="problem.lot.item.sku")
    quantity = QuantityField(attribute="problem.quantity", allow_none=True)
    note = fields.String(attribute="problem.note")
    capture = fields.Enum(Capture, by_value=True, attribute="problem.capture")
    raw_scan = fields.String(attribute="problem.raw_scan")
    hold_id = Id(attribute="problem.hold_id", allow_none=True)
    is_label_wanted = fields.Boolean(attribute="problem.is_label_wanted")
    label_printed_at = Instant(attribute="problem.label_printed_at", allow_none=True)
    reported_by = fields.String()
    reported_at = Instant(attribute="problem.reported_at")
    settled_by = fields.String(allow_none=True)
    settled_at = Instant(attribute="problem.settled_at", allow_none=True)
    settled_note = fields.String(attribute="problem.settled_note")
