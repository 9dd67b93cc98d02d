"""Desk pages of operations: the scheduled jobs with their runs, and the state of the system."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, url_for
from flask_babel import gettext, lazy_gettext

from wms.core.clock import now
from wms.core.errors import NotFound
from wms.db import run_in_transaction
from wms.jobs import queries, schedule, schemas, service, system
from wms.jobs.models import JobRun
from wms.jobs.schedule import JOBS, Daily, Job
from wms.web.auth import actor_id, requires
from wms.web.forms import parse_query
from wms.web.sentences import word

bp = Blueprint("jobs", __name__, url_prefix="/setup")
_ = lazy_gettext

#: A job process takes a tick each minute at least; without one for so long, none is alive.
_BEAT = timedelta(minutes=3)

_COUNT_WORDS = {
    "warehouses": _("Warehouses"),
    "bins": _("Bins"),
    "items": _("Items"),
    "lots": _("Lots"),
    "stock_rows": _("Places with stock"),
    "postings": _("Postings so far"),
    "users": _("Users"),
    "handhelds": _("Handhelds"),
}
_DISK_WORDS = {"data": _("data folder"), "database": _("database"), "backups": _("backups")}
_VERIFIED_WORDS = {
    "restored": _("restored on trial, the ledger was whole"),
    "read": _("every hash was read"),
    "": _("not tried"),
}


@bp.get("/jobs")
@requires("settings.edit", "audit.view")
def jobs() -> Any:
    """List the scheduled jobs: when, how the last run went, when the next is due."""
    at = now()
    last = {run.job: run for run in queries.last_runs()}
    beat = queries.last_beat()
    return render_template(
        "jobs/jobs.html",
        rows=[(job, last.get(job.name), job.is_on(current_app.config["WMS"])) for job in JOBS],
        when=_when,
        text_of=_text_of,
        seconds_of=_seconds_of,
        at=at,
        beat=beat,
        is_alive=beat is not None and beat > at - _BEAT,
    )


@bp.get("/jobs/<name>")
@requires("settings.edit", "audit.view")
def job(name: str) -> Any:
    """List the runs of one job."""
    found = _job(name)
    wanted = parse_query(schemas.RunsIn())
    page = queries.list_runs(name, cursor=wanted["cursor"] or None)
    return render_template(
        "jobs/job.html",
        job=found,
        is_on=found.is_on(current_app.config["WMS"]),
        when=_when,
        text_of=_text_of,
        seconds_of=_seconds_of,
        page=page,
        names=queries.names_of(run.asked_by for run in page.rows),
        at=now(),
    )


@bp.post("/jobs/<name>/run")
@requires("settings.edit")
def run(name: str) -> Any:
    """Ask the job processes to run it soon; this process does not."""
    found = _job(name)
    if not found.is_on(current_app.config["WMS"]):
        raise NotFound(kind="job", text=name)
    run_in_transaction(service.ask_for_run, found.name, actor=actor_id(), at=now())
    flash(gettext("Asked for. A job process begins it within seconds."), "success")
    return redirect(url_for("jobs.job", name=name))


@bp.get("/system")
@requires("settings.edit", "audit.view")
def the_system() -> Any:
    """Show which version runs on what, where the database stands, the last backup, what is there."""
    at = now()
    beat = queries.last_beat()
    return render_template(
        "jobs/system.html",
        system=system.look(current_app.config["WMS"], at=at),
        sound=".".join(map(str, system.SQLITE_SOUND)),
        runs=queries.last_runs(),
        text_of=_text_of,
        beat=beat,
        is_alive=beat is not None and beat > at - _BEAT,
        count_words=_COUNT_WORDS,
        disk_words_of=lambda whats: ", ".join(str(_DISK_WORDS[what]) for what in whats),
        verified_words=_VERIFIED_WORDS,
        size_of=_size_of,
    )


# -- words ------------------------------------------------------------------------------------------------------------
def _job(name: str) -> Job:
    try:
        return schedule.get(name)
    except KeyError:
        raise NotFound(kind="job", text=name) from None


def _when(job: Job) -> str:
    if isinstance(job.trigger, Daily):
        return gettext("daily at %(time)s UTC", time=f"{job.trigger.hour:02d}:{job.trigger.minute:02d}")
    if job.trigger.minutes % 60 == 0:
        return gettext("every %(count)s h", count=job.trigger.minutes // 60)
    return gettext("every %(count)s min", count=job.trigger.minutes)


def _text_of(run: JobRun) -> str:
    return run.error or ", ".join(f"{word(key)} {word(value)}" for key, value in run.result.items())


def _seconds_of(run: JobRun, at: datetime | None = None) -> str:
    end = run.finished_at or at
    if end is None or run.state == "asked":
        return "–"
    seconds = (end - run.started_at).total_seconds()
    return gettext("%(count)s min", count=round(seconds / 60)) if seconds >= 120 else f"{max(seconds, 0):.1f} s"


def _size_of(count: int) -> str:
    size = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} TB"
