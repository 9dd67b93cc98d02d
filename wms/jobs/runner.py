"""APScheduler in a process of its own. Each tick is claimed by a row (job, due time); who loses leaves.

So any number of job processes, on any number of hosts, run each tick once, on both engines, without an advisory lock. A
run that fails is recorded and raises an alert, which the next good run settles.
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from apscheduler.events import EVENT_SCHEDULER_STARTED
from apscheduler.schedulers.blocking import BlockingScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger
from flask import Flask
from sqlalchemy import select

from wms.audit.context import acting
from wms.core.clock import local_day, now
from wms.core.ids import SYSTEM_USER
from wms.db import db, run_in_transaction
from wms.jobs import service
from wms.jobs.schedule import EPOCH, JOBS, Daily, Job, load
from wms.sites.models import Warehouse

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Outcome:
    """What came of a run: state "done", "failed" or "lost" (another process has the tick), and its result."""

    state: str
    result: dict[str, Any] = field(default_factory=dict)
    error: str = ""

    @property
    def text(self) -> str:
        """The outcome in a line."""
        return self.error or ", ".join(f"{key} {value}" for key, value in self.result.items())


def runner_name() -> str:
    """Name this process in the rows it claims."""
    return f"{socket.gethostname()}:{os.getpid()}"[:80]


def run_tick(job: Job, due_at: datetime) -> Outcome:
    """Run one tick if this process wins it."""
    run = run_in_transaction(service.claim_run, job.name, due_at=due_at, runner=runner_name(), at=now())
    if run is None:
        return Outcome("lost")
    return _run(job, run)


def run_now(job: Job) -> Outcome:
    """Run a job at once, beside its schedule."""
    at = now()
    run = run_in_transaction(service.claim_run, job.name, due_at=at, runner=runner_name(), at=at)
    return Outcome("lost") if run is None else _run(job, run)


def _run(job: Job, run: int) -> Outcome:
    """Do the work, one transaction a site, and record what came of it."""
    try:
        with acting(SYSTEM_USER, reason=f"job {job.name}"):
            outcome = Outcome("done", _work(job))
    except Exception as failed:
        log.exception("job %s failed", job.name)
        last = traceback.format_exception_only(failed)[-1].strip()
        outcome = Outcome("failed", error=last[:1000])
    finally:
        db.session.rollback()
    run_in_transaction(
        service.finish_run, run, state=outcome.state, result=outcome.result, error=outcome.error, at=now()
    )
    db.session.remove()
    return outcome


def _work(job: Job) -> dict[str, Any]:
    verb, at = load(job.verb), now()
    more = {"found": load(job.look)()} if job.look else {}
    if not job.by_site:
        return dict(run_in_transaction(verb, actor=SYSTEM_USER, at=at, **more) or {})
    total: dict[str, Any] = {}
    for site in _sites():
        found = run_in_transaction(verb, warehouse=site.id, on=local_day(at, site.timezone), actor=SYSTEM_USER, at=at)
        for key, value in (found or {}).items():
            total[key] = total.get(key, 0) + value
    return total


def _sites() -> list[Any]:
    statement = select(Warehouse.id, Warehouse.timezone).where(Warehouse.is_active).order_by(Warehouse.code)
    sites = list(db.session.execute(statement))
    db.session.commit()
    return sites


# -- the process ------------------------------------------------------------------------------------------------------
def catch_up(at: datetime, *, is_ending: Callable[[], bool] = lambda: False) -> list[Job]:
    """Run what fell due while no process ran, within each job's patience; the jobs this process ran."""
    done = []
    for job in JOBS:
        if is_ending():
            break
        due_at = job.trigger.last_due(at)
        if at - due_at <= job.catch_up and run_tick(job, due_at).state != "lost":
            done.append(job)
    return done


def run_forever(app: Flask) -> None:
    """Catch up, then run the table until SIGINT or SIGTERM; called inside the application's context."""
    scheduler = BlockingScheduler(timezone=UTC, job_defaults={"coalesce": True, "max_instances": 1})
    for job in JOBS:
        scheduler.add_job(
            _tick, _trigger(job), args=[app, job], id=job.name, misfire_grace_time=int(job.catch_up.total_seconds())
        )
    ending = threading.Event()

    def end(*_: Any) -> None:
        """Let the scheduler's loop run out; a second signal changes nothing."""
        ending.set()
        if scheduler.running:
            threading.Thread(target=scheduler.shutdown, kwargs={"wait": False}).start()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    print(f"jobs: {len(JOBS)} schedules", flush=True)
    scheduler.add_listener(lambda _event: end() if ending.is_set() else None, EVENT_SCHEDULER_STARTED)
    catch_up(now(), is_ending=ending.is_set)
    if not ending.is_set():
        scheduler.start()


def _tick(app: Flask, job: Job) -> None:
    """One firing, on a thread of the scheduler; an error of the claim itself is told and the next tick tries again."""
    with app.app_context():
        try:
            outcome = run_tick(job, job.trigger.last_due(now()))
            if outcome.state != "lost":
                log.info("job %s: %s %s", job.name, outcome.state, outcome.text)
        except Exception:
            log.exception("job %s could not be claimed", job.name)


def _trigger(job: Job) -> Any:
    """The table's trigger as APScheduler knows it."""
    if isinstance(job.trigger, Daily):
        return CronTrigger(hour=job.trigger.hour, minute=job.trigger.minute, timezone=UTC)
    return IntervalTrigger(minutes=job.trigger.minutes, start_date=EPOCH, timezone=UTC)
