"""How jobs and their runs go out, and which runs are asked for."""

from marshmallow import fields

from wms.web.api import ListQuery
from wms.web.forms import Id, In, Instant, Line, Out


class RunsIn(In):
    """The query of the page of one job."""

    cursor = Line(load_default="", max_length=1000)


class RunsQuery(ListQuery):
    """Which runs to list."""

    job = Line(required=True, max_length=60, metadata={"description": "Name of the job."})


class RunOut(Out):
    """One run of a job: asked, running, done, failed or lost."""

    id = Id()
    job = fields.String()
    state = fields.String()
    due_at = Instant()
    started_at = Instant()
    finished_at = Instant(allow_none=True)
    result = fields.Dict()
    error = fields.String()
    runner = fields.String()
    asked_by = Id(allow_none=True)
