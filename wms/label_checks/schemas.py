"""What comes in from the page and the API, and how checks and draws go out."""

from marshmallow import fields, validate

from wms.label_checks.models import LabelResult
from wms.web.api import ListQuery
from wms.web.forms import Answers, Day, Exact, Id, In, Instant, Line, Out


class LabelChecksIn(In):
    """Which checks the page lists."""

    result = fields.Enum(LabelResult, by_value=True, load_default=None)
    cursor = Line(max_length=1000, load_default="")
    done = Line(max_length=20, load_default="")


class LabelChecksQuery(ListQuery):
    """Which checks to list."""

    result = fields.Enum(LabelResult, by_value=True, load_default=None, allow_none=False)
    state = fields.String(load_default=None, validate=validate.OneOf(("open", "done"), error="not_a_choice"))


class RecordLabelIn(In):
    """What the label said, in which bin."""

    bin_code = Line(required=True, max_length=32)
    scan = Exact(load_default="", max_length=512, metadata={"description": "The label, as the scanner sent it."})
    without_label = fields.String(
        load_default=None, validate=validate.OneOf(("unreadable", "gone"), error="not_a_choice"),
        metadata={"description": "In place of a scan: the label cannot be read, or the goods are not there."},
    )  # fmt: skip
    answers = Answers()


class LabelCheckOut(Out):
    """One place that was drawn: what the record says stands there, and what its label said."""

    id = Id(attribute="check.id")
    drawn_on = Day(attribute="check.draw.drawn_on")
    rank = fields.Integer(attribute="check.rank")
    bin_id = Id(attribute="check.bin_id")
    bin_code = fields.String(attribute="check.bin.code")
    lpn_code = fields.Function(
        lambda row: row.check.lpn.code if row.check.lpn_id else None, metadata={"type": ["string", "null"]}
    )
    lot_id = Id(attribute="check.lot_id")
    lot_number = fields.String(attribute="check.lot.number")
    sku = fields.String(attribute="check.lot.item.sku")
    result = fields.Enum(LabelResult, by_value=True, attribute="check.result", allow_none=True)
    raw_scan = fields.String(attribute="check.raw_scan")
    label_said = fields.String(attribute="check.label_said")
    checked_by = fields.String(allow_none=True)
    checked_at = Instant(attribute="check.checked_at", allow_none=True)


class LabelDayOut(Out):
    """One draw: its seed, out of how many places it drew, and what came of it."""

    drawn_on = Day(attribute="draw.drawn_on")
    seed = fields.String(attribute="draw.seed")
    place_count = fields.Integer(attribute="draw.place_count")
    places_digest = fields.String(attribute="draw.places_digest")
    check_count = fields.Integer(attribute="draw.check_count")
    same = fields.Integer()
    differs = fields.Integer()
    unreadable = fields.Integer()
    gone = fields.Integer()
    missed = fields.Integer()
    open = fields.Integer()
    right_percent = fields.Integer(
        attribute="share", allow_none=True,
        metadata={"description": "same / (same + differs + unreadable), in whole percent, cut."},
    )  # fmt: skip
