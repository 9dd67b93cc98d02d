"""Which counts the API is asked for, what was counted, and how a count goes out: never what the book says."""

from marshmallow import fields, validate

from wms.stock.capture_edge import CapturedIn
from wms.stock.schemas import PlateId
from wms.tasks.models import TaskState
from wms.web.api import ListQuery
from wms.web.forms import Answers, Id, Instant, Line, Out, QuantityField

STATES = ("open", "done")


class CountsQuery(ListQuery):
    """Which counts to list: those to do, or those done."""

    state = fields.String(load_default="open", validate=validate.OneOf(STATES, error="not_a_choice"))
    bin = Line(load_default="", max_length=32, metadata={"description": "A bin's code."})


class RecordCountIn(CapturedIn):
    """What was counted in which bin, in the item's base unit."""

    bin_code = Line(required=True, max_length=32)
    counted_quantity = QuantityField(required=True, zero_allowed=True)
    answers = Answers()


class CountOut(Out):
    """One lot to count in one place, or counted."""

    id = Id(attribute="task")
    state = fields.Enum(TaskState, by_value=True)
    bin_id = Id(attribute="bin")
    bin_code = fields.String()
    lot_id = Id(attribute="lot")
    lot_number = fields.String()
    lpn_id = PlateId(attribute="lpn", allow_none=True)
    lpn_code = fields.String()
    sku = fields.String()
    base_unit = fields.String(attribute="unit")
    why = fields.String(metadata={"description": "A code: what made the count."})
    counted_quantity = QuantityField(attribute="counted", metadata={"description": "0 while it is not done."})
    note = fields.String()
    created_at = Instant()
    closed_by = fields.String()
    closed_at = Instant(allow_none=True)


class CountCameToOut(Out):
    """What a count came to: the difference to the book, and how many picks lost their goods by it."""

    count = fields.Nested(CountOut())
    gained_quantity = QuantityField(attribute="came_to.gained")
    lost_quantity = QuantityField(attribute="came_to.lost")
    stopped_picks = fields.Integer(attribute="came_to.stopped")
