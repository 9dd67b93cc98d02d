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
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from apscheduler.events import EVENT_SCHEDULER_STARTED
from apscheduler.schedulers.blocking import BlockingScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger
from flask import Flask, current_app
from sqlalchemy import select

from wms.audit.context import acting
from wms.core.clock import local_day, now
from wms.core.errors import Unavailable
from wms.core.ids import SYSTEM_USER
from wms.db import db, let_go, outage, run_in_transaction
from wms.jobs import queries, service
from wms.jobs.schedule import EPOCH, JOBS, Daily, Job, get, load
from wms.printing import sender
from wms.sites.models import Warehouse
from wms.web import logs

log = logging.getLogger(__name__)

#: How long a repeated job rests between its transactions, and how often wishes are looked for.
BREATH_SECONDS = 0.02
WISH_SECONDS = 3.0


@dataclass(frozen=True)
class Outcome:
    """What came of a run: state "done", "failed", "off" or "lost" (another process has the tick), and its result."""

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
    if not job.is_on(current_app.config["WMS"]):
        return Outcome("off", error=f"WMS_{job.setting.upper()} is not set")
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
        let_go()
    run_in_transaction(
        service.finish_run, run, state=outcome.state, result=outcome.result, error=outcome.error, at=now()
    )
    db.session.remove()
    return outcome


def _work(job: Job) -> dict[str, Any]:
    verb, at = load(job.verb), now()
    more: dict[str, Any] = {"config": current_app.config["WMS"]} if job.with_config else {}
    if job.look:
        more["found"] = load(job.look)(**more)
    if job.repeats:
        return _repeat(lambda: run_in_transaction(verb, actor=SYSTEM_USER, at=at, **more))
    if not job.by_site:
        return dict(run_in_transaction(verb, actor=SYSTEM_USER, at=at, **more) or {})
    total: dict[str, Any] = {}
    for site in _sites():
        _add(
            total,
            run_in_transaction(
                verb, warehouse=site.id, on=local_day(at, site.timezone), actor=SYSTEM_USER, at=at, **more
            ),
        )
    return total


def _repeat(step: Callable[[], dict[str, int]]) -> dict[str, Any]:
    """Do one small transaction after the other until nothing is left; others come in between."""
    total: dict[str, Any] = {}
    while True:
        found = step()
        _add(total, found)
        if not any(found.values()):
            return total
        time.sleep(BREATH_SECONDS)


def _add(total: dict[str, Any], found: dict[str, int] | None) -> None:
    for key, value in (found or {}).items():
        total[key] = total.get(key, 0) + value


def _sites() -> list[Any]:
    statement = select(Warehouse.id, Warehouse.timezone).where(Warehouse.is_active).order_by(Warehouse.code)
    sites = list(db.session.execute(statement))
    db.session.commit()
    return sites


# -- the process ------------------------------------------------------------------------------------------------------
def catch_up(
    at: datetime, *, is_ending: Callable[[], bool] = lambda: False, missed: threading.Event | None = None
) -> list[Job]:
    """Run what fell due while no process ran, within each job's patience; the jobs this process ran.

    A run that could not even begin is told, and sets `missed`; without that it is raised.
    """
    done = []
    for job in JOBS:
        if is_ending():
            break
        if not job.is_on(current_app.config["WMS"]):
            continue
        due_at = job.trigger.last_due(at)
        try:
            if at - due_at <= job.catch_up and run_tick(job, due_at).state != "lost":
                done.append(job)
        except Exception as failed:
            if missed is None:
                raise
            _tell_missed(job, failed, missed)
    return done


def run_forever(app: Flask) -> None:
    """Catch up, then run the table until SIGINT or SIGTERM; called inside the application's context.

    While the database is away every tick is missed; each minute those that were are made up for, once each.
    """
    scheduler = BlockingScheduler(timezone=UTC, job_defaults={"coalesce": True, "max_instances": 1})
    missed = threading.Event()
    jobs = [job for job in JOBS if job.is_on(app.config["WMS"])]
    for job in jobs:
        scheduler.add_job(
            _tick,
            _trigger(job),
            args=[app, job, missed],
            id=job.name,
            misfire_grace_time=int(job.catch_up.total_seconds()),
        )
    scheduler.add_job(_make_up, IntervalTrigger(minutes=1, timezone=UTC), args=[app, missed], id="make up")
    ending, is_ended = threading.Event(), threading.Lock()

    def end(*_: Any) -> None:
        """Let the scheduler's loop run out; a second signal changes nothing (Ctrl-C reaches us and our parent, who then asks too)."""
        ending.set()
        if scheduler.running and is_ended.acquire(blocking=False):
            threading.Thread(target=scheduler.shutdown, kwargs={"wait": False}).start()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    log.info("jobs: %d schedules", len(jobs))
    threading.Thread(target=_serve_wishes, args=(app, ending), name="wishes", daemon=True).start()
    threading.Thread(target=sender.run_forever, args=(app, ending), name="printing", daemon=True).start()
    scheduler.add_listener(lambda _event: end() if ending.is_set() else None, EVENT_SCHEDULER_STARTED)
    catch_up(now(), is_ending=ending.is_set, missed=missed)
    if not ending.is_set():
        scheduler.start()


def _tick(app: Flask, job: Job, missed: threading.Event) -> None:
    """One firing, on a thread of the scheduler; an error of the claim itself is told, and the tick made up for later."""
    with app.app_context(), logs.fields(job=job.name):
        try:
            outcome = run_tick(job, job.trigger.last_due(now()))
            if outcome.state != "lost":
                log.info("job %s: %s %s", job.name, outcome.state, outcome.text)
        except Exception as failed:
            _tell_missed(job, failed, missed)


def _make_up(app: Flask, missed: threading.Event) -> None:
    """Run what was missed since the last time this looked, if anything was."""
    if missed.is_set():
        missed.clear()
        with app.app_context():
            catch_up(now(), missed=missed)


def _tell_missed(job: Job, failed: Exception, missed: threading.Event) -> None:
    """An outage is told in a line, a fault with its trace; the session is of no use any more."""
    missed.set()
    is_outage = isinstance(failed, Unavailable) or outage.is_outage(failed)
    log.error("job %s could not run: %s", job.name, failed, exc_info=None if is_outage else failed)
    let_go()
    db.session.remove()


def run_asked() -> Outcome | None:
    """Run the oldest job that a person asked for; None when nothing was asked."""
    names = [job.name for job in JOBS if job.is_on(current_app.config["WMS"])]
    wish = run_in_transaction(service.claim_asked, jobs=names, runner=runner_name(), at=now())
    return None if wish is None else _run(get(wish[1]), wish[0])


def _serve_wishes(app: Flask, ending: threading.Event) -> None:
    """Look every few seconds whether somebody asked for a run, on a thread of its own: a long run holds up no tick."""
    while not ending.wait(WISH_SECONDS):
        with app.app_context():
            try:
                while not ending.is_set() and queries.is_any_asked() and (outcome := run_asked()) is not None:
                    log.info("a job that was asked for: %s %s", outcome.state, outcome.text)
            except Exception as failed:
                is_outage = isinstance(failed, Unavailable) or outage.is_outage(failed)
                log.error("no look at the jobs asked for: %s", failed, exc_info=None if is_outage else failed)
                let_go()
            finally:
                db.session.remove()


def _trigger(job: Job) -> Any:
    """The table's trigger as APScheduler knows it."""
    if isinstance(job.trigger, Daily):
        return CronTrigger(hour=job.trigger.hour, minute=job.trigger.minute, timezone=UTC)
    return IntervalTrigger(minutes=job.trigger.minutes, start_date=EPOCH, timezone=UTC)
