"""What comes in from the pages of printing and the API, and how printers and jobs go out."""

from __future__ import annotations

from marshmallow import fields

from wms.printing.models import LabelKind, PrintJobState
from wms.web.api import ListQuery
from wms.web.forms import Choice, Id, In, Instant, Line, Out, Tick, Whole


class PrinterIn(In):
    """A printer as a form or a call states it."""

    code = Line(required=True, max_length=20)
    host = Line(required=True, max_length=253)
    port = Whole(1, 65535, load_default=9100)
    place = Line(load_default="", max_length=120)
    writes_tags = Tick()
    answers_status = Tick()


class PrinterChangeIn(PrinterIn):
    """A printer as it shall be."""

    is_active = Tick()


class StationIn(In):
    """Where a handheld prints, or the caller ("me"), or all others of the warehouse."""

    printer_id = Id(required=True)
    device_id = Id(load_default=None, allow_none=True)
    is_mine = Tick()


class PrintJobsIn(In):
    """Which print jobs to list."""

    state = Choice(PrintJobState, load_default=None, allow_none=True)
    printer = Id(load_default=None, allow_none=True)
    cursor = Line(max_length=200, load_default="")


# -- the API ----------------------------------------------------------------------------------------------------------
class PrintJobsQuery(ListQuery):
    """Which print jobs to list."""

    state = Choice(PrintJobState, load_default=None, allow_none=False)
    printer_id = Id(load_default=None, allow_none=False)


class PrinterOut(Out):
    """A label printer that takes ZPL on a TCP port. `fault` is why the last try failed, blank when it went well."""

    id = Id()
    warehouse_id = Id()
    code = fields.String()
    place = fields.String()
    host = fields.String()
    port = fields.Integer()
    writes_tags = fields.Boolean()
    answers_status = fields.Boolean()
    is_active = fields.Boolean()
    fault = fields.String()
    last_sent_at = Instant(allow_none=True)


class PrintersOut(Out):
    """The printers of a warehouse."""

    items = fields.List(fields.Nested(PrinterOut()))


class PrintJobOut(Out):
    """A label on its way. `sent`: the printer took every byte; `printed`: it said so; `uncertain`: the line broke."""

    id = Id(attribute="job.id")
    printer_id = Id(attribute="job.printer_id")
    printer_code = fields.String()
    label_kind = fields.Enum(LabelKind, by_value=True, attribute="job.label_kind")
    subject_id = Id(attribute="job.subject_id")
    title = fields.String(attribute="job.title")
    copies = fields.Integer(attribute="job.copies")
    is_reprint = fields.Boolean(attribute="job.is_reprint")
    reason = fields.String(attribute="job.reason")
    state = fields.Enum(PrintJobState, by_value=True, attribute="job.state")
    tries = fields.Integer(attribute="job.tries")
    fault = fields.String(attribute="job.fault")
    asked_by = fields.String()
    asked_at = Instant(attribute="job.asked_at")
    ended_at = Instant(attribute="job.ended_at", allow_none=True)


class StationOut(Out):
    """Who prints where; `device` and `person` blank for all others of the warehouse."""

    id = Id()
    device = fields.String()
    person = fields.String()
    printer_code = fields.String()


class StationsOut(Out):
    """Who prints where, in one warehouse."""

    items = fields.List(fields.Nested(StationOut()))
