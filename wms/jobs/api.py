"""The scheduled jobs for machines: how they went, and run one now."""

from typing import Any

from flask import current_app

from wms.core.clock import now
from wms.core.errors import NotFound
from wms.db.paging import Page
from wms.jobs import queries, schedule, schemas, service
from wms.jobs.models import JobRun
from wms.web import api
from wms.web.api import reads, writes
from wms.web.auth import actor_id, requires

bp = api.blueprint("jobs_api", __name__)


@bp.get("/job-runs")
@requires("settings.edit", "audit.view", anywhere=True)
@reads(query=schemas.RunsQuery(), answer=schemas.RunOut(), paged=True)
def runs(query: dict[str, Any]) -> Page[JobRun]:
    """List the runs of a scheduled job, the latest first."""
    return queries.list_runs(query["job"], cursor=query["cursor"], size=query["limit"])


@bp.post("/jobs/<name>/run")
@requires("settings.edit", anywhere=True)
@writes(answer=schemas.RunOut(), status=202, offers=("jobs.run",))
def run(name: str) -> JobRun:
    """Ask for a run of a scheduled job beside its schedule.

    A job process begins it within seconds. It is refused while the job runs or was asked for already.
    """
    job = next((one for one in schedule.JOBS if one.name == name and one.is_on(current_app.config["WMS"])), None)
    if job is None:
        raise NotFound(kind="job", text=name)
    return queries.get_run(service.ask_for_run(job.name, actor=actor_id(), at=now()))
