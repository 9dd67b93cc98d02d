"""Four real job processes run each tick once; what fails is recorded and told."""

import os
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from tests import given
from wms.alerts import queries as alert_queries
from wms.alerts.models import AlertState
from wms.core.ids import UserId
from wms.jobs import runner, schedule
from wms.jobs.models import JobRun
from wms.jobs.schedule import Every, Job

TICKS = 25


def leave_a_mark(*, actor: UserId, at: Any) -> dict[str, int]:
    """The work of a tick: one row that counts it."""
    from wms.alerts import service
    from wms.alerts.models import AlertKind, Severity

    service.raise_alert(
        kind=AlertKind.EXPIRY_NEAR, severity=Severity.INFO, warehouse=None, subject_key=f"mark:{os.getpid()}:{at}",
        data={}, at=at,
    )  # fmt: skip
    return {"pid": os.getpid()}


def fail_on_purpose(*, actor: UserId, at: Any) -> None:
    """The work of a tick that goes wrong after it wrote something."""
    leave_a_mark(actor=actor, at=at)
    raise RuntimeError("no such warehouse")


MARK = Job(name="mark", trigger=Every(1), verb=f"{__name__}:leave_a_mark")
FAIL = Job(name="fail", trigger=Every(1), verb=f"{__name__}:fail_on_purpose")


def run_ticks(count: int) -> list[str]:
    return [runner.run_tick(MARK, given.NOW + timedelta(minutes=n)).state for n in range(count)]


def test_four_processes_run_each_tick_exactly_once(run_at_once: Any, db: Any) -> None:
    outcomes = run_at_once(run_ticks, [(TICKS,)] * 4)
    assert [o.error for o in outcomes] == [None] * 4, [o.text for o in outcomes]
    for tick in range(TICKS):
        assert Counter(o.value[tick] for o in outcomes) == {"done": 1, "lost": 3}
    assert db.session.scalar(select(func.count()).select_from(JobRun)) == TICKS
    assert sum(alert_queries.count_by_state(given.warehouse().id).values()) == TICKS


def test_a_failed_run_is_recorded_changes_nothing_and_tells_until_a_good_one(db: Any) -> None:
    site = given.warehouse().id
    outcome = runner.run_now(FAIL)
    run = db.session.execute(select(JobRun)).scalar_one()
    alert = alert_queries.find_unsettled("job:fail")
    assert (outcome.state, run.state, "no such warehouse" in run.error) == ("failed", "failed", True)
    assert alert is not None and alert.data["job"] == "fail"
    assert alert_queries.count_open(site) == 1  # the mark was rolled back, the alert of the failure stands
    db.session.commit()
    good = Job(name="fail", trigger=Every(1), verb=f"{__name__}:leave_a_mark")
    assert runner.run_now(good).state == "done"
    assert alert_queries.find_unsettled("job:fail") is None
    assert AlertState.RESOLVED in alert_queries.count_by_state(site)


@pytest.fixture
def only_mark(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(
        runner, "JOBS", (MARK, Job(name="old", trigger=Every(60), verb=MARK.verb, catch_up=timedelta(0)))
    )
    yield


def test_a_start_makes_up_for_the_last_missed_tick_within_its_patience(db: Any, only_mark: None) -> None:
    at = given.NOW + timedelta(seconds=50)
    assert [job.name for job in runner.catch_up(at)] == ["mark"]
    assert runner.catch_up(at) == []
    run = db.session.execute(select(JobRun)).scalar_one()
    assert run.due_at == given.NOW


def test_a_run_whose_process_died_is_told(db: Any) -> None:
    from wms.core.ids import SYSTEM_USER
    from wms.db import run_in_transaction
    from wms.jobs import service

    run_in_transaction(service.claim_run, "a", due_at=given.NOW, runner="gone:1", at=given.NOW)
    run_in_transaction(
        service.claim_run, "b", due_at=given.NOW - timedelta(days=40), runner="x:1", at=given.NOW - timedelta(days=40)
    )
    result = run_in_transaction(service.settle_runs, actor=SYSTEM_USER, at=given.NOW + timedelta(minutes=31))
    assert result == {"lost": 2}
    assert alert_queries.find_unsettled("job:a") is not None


def test_the_table_names_each_tick_alike_in_every_process(db: Any) -> None:
    assert {job.name for job in schedule.JOBS} >= {
        "expiry_warnings", "hold_expired", "quarantine_old", "reader_silent", "ledger_audit",
    }  # fmt: skip
