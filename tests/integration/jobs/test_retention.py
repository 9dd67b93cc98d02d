"""What is forgotten, after how many days, in small steps; and that nothing of the trade ever is."""

import dataclasses
import subprocess
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import current_app
from sqlalchemy import func, insert, select, text

from config import Config
from tests import given, processes
from wms.core.ids import SYSTEM_USER, new_id
from wms.db import run_in_transaction
from wms.events.models import OutboxEvent
from wms.jobs import retention, runner, schedule, service
from wms.jobs.models import JobRun
from wms.rfid.models import Episode, Gateway, GpoCommand, Reader
from wms.web.models import IdempotencyKey

KINDS = {"events": 90, "answers": 30, "episodes": 90, "lights": 90, "runs": 30}


def write(db: Any, kind: str, at: datetime, count: int = 1) -> None:
    """Write traces of one kind, of one moment."""
    numbers = [new_id() for _ in range(count)]
    made: dict[str, tuple[Any, list[dict[str, Any]]]] = {
        "events": (OutboxEvent, [{"kind": "AlertRaised", "payload": {}, "occurred_at": at} for _ in numbers]),
        "answers": (
            IdempotencyKey,
            [
                {"id": n, "api_token_id": 1, "key": str(n), "fingerprint": "f", "attempt": "a", "started_at": at}
                for n in numbers
            ],
        ),
        "episodes": (
            Episode,
            [{"id": n, "gateway_id": 1, "sequence": n, "epc": "30", "content": {}, "received_at": at} for n in numbers],
        ),
        "lights": (
            GpoCommand,
            [{"id": n, "gateway_id": 1, "reader_id": 1, "port": 1, "seconds": 1, "is_on": True, "made_at": at} for n in numbers],
        ),
        "runs": (
            JobRun,
            [
                {
                    "id": n, "job": "x", "due_at": at + timedelta(microseconds=i), "runner": "r", "started_at": at,
                    "state": "done", "result": {}, "error": "",
                }
                for i, n in enumerate(numbers)
            ],
        ),
    }  # fmt: skip
    model, values = made[kind]
    run_in_transaction(lambda: db.session.execute(insert(model), values))


def count(db: Any, kind: str) -> int:
    tables = {
        "events": OutboxEvent,
        "answers": IdempotencyKey,
        "episodes": Episode,
        "lights": GpoCommand,
        "runs": JobRun,
    }
    found = db.session.scalar(select(func.count()).select_from(tables[kind]))
    db.session.commit()
    return int(found)


@pytest.fixture
def gateway(db: Any) -> None:
    site = given.warehouse()
    given.keep(Gateway(id=1, code="G", warehouse_id=site.id))
    given.keep(Reader(id=1, code="R", gateway_id=1, host="x"))


def sweep(**changes: Any) -> dict[str, int]:
    config = dataclasses.replace(current_app.config["WMS"], **changes)
    return run_in_transaction(retention.sweep, config=config, actor=SYSTEM_USER, at=given.NOW)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_older_than_its_days_goes_and_what_is_younger_stays(db: Any, gateway: None, kind: str) -> None:
    write(db, kind, given.NOW - timedelta(days=KINDS[kind], seconds=1), 2)
    write(db, kind, given.NOW - timedelta(days=KINDS[kind], seconds=-1))
    before = count(db, kind)
    assert sweep() == {other: 2 if other == kind else 0 for other in KINDS}
    assert sweep() == dict.fromkeys(KINDS, 0)
    assert count(db, kind) == before - 2


def test_days_of_zero_keep_for_ever(db: Any, gateway: None) -> None:
    for kind in KINDS:
        write(db, kind, given.NOW - timedelta(days=4000))
    names = ("keep_outbox_days", "keep_idempotency_days", "keep_episode_days", "keep_job_run_days")
    assert sweep(**dict.fromkeys(names, 0)) == dict.fromkeys(KINDS, 0)


def test_the_job_goes_in_small_steps_until_nothing_is_left(
    db: Any, gateway: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "BATCH", 10)
    monkeypatch.setattr(runner, "BREATH_SECONDS", 0)
    for kind in ("events", "episodes"):
        write(db, kind, given.NOW - timedelta(days=400), 25)
    outcome = runner.run_now(schedule.get("retention"))
    assert outcome.state == "done"
    assert (outcome.result["events"], outcome.result["episodes"]) == (25, 25)
    assert (count(db, "events"), count(db, "episodes")) == (0, 0)


def test_nothing_of_the_trade_is_ever_forgotten(db: Any) -> None:
    given.stock(given.lot(given.item()), given.warehouse(), at=given.NOW - timedelta(days=4000))
    tables = (
        "stock_posting",
        "stock_move",
        "stock_balance",
        "audit_entry",
        "lot",
        "item",
        "bin",
        "passage",
        "receipt",
        "alert",
    )
    look = text(" UNION ALL ".join(f"SELECT '{name}' AS name, count(*) AS n FROM {name}" for name in tables))
    before = dict(db.session.execute(look).all())
    db.session.commit()
    config = current_app.config["WMS"]
    at = given.NOW + timedelta(days=40_000)
    while any(run_in_transaction(retention.sweep, config=config, actor=SYSTEM_USER, at=at).values()):
        pass
    assert dict(db.session.execute(look).all()) == before


# -- what a person asks for -------------------------------------------------------------------------------------------
def test_a_run_that_was_asked_for_is_run_once_by_whoever_looks_first(db: Any, run_at_once: Any) -> None:
    from wms.core.clock import now

    run_in_transaction(service.ask_for_run, "settle_runs", actor=SYSTEM_USER, at=now())
    outcomes = run_at_once(look_for_wishes, [()] * 3)
    assert [o.error for o in outcomes] == [None] * 3, [o.text for o in outcomes]
    assert sorted(str(o.value) for o in outcomes) == ["None", "None", "done"]
    run = db.session.execute(select(JobRun)).scalar_one()
    assert (run.state, run.asked_by, run.result) == ("done", SYSTEM_USER, {"lost": 0})


def look_for_wishes() -> str | None:
    outcome = runner.run_asked()
    return outcome.state if outcome else None


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_real_job_process_takes_up_what_a_person_asks_for_while_it_runs(
    db: Any, config: Config, tmp_path: Path
) -> None:
    from wms.core.clock import now

    log = (tmp_path / "jobs.log").open("wb")
    process = subprocess.Popen(
        [sys.executable, "run.py", "jobs"],
        cwd=processes.ROOT,
        env=processes.environment(config),
        stdout=log,
        stderr=log,
    )
    try:
        run_in_transaction(service.ask_for_run, "settle_runs", actor=SYSTEM_USER, at=now())
        wish = select(JobRun.state).where(JobRun.asked_by == SYSTEM_USER)
        deadline = time.monotonic() + 60
        while db.session.scalar(wish) != "done":
            db.session.commit()
            assert process.poll() is None and time.monotonic() < deadline, (tmp_path / "jobs.log").read_text()
            time.sleep(0.1)
    finally:
        process.terminate()
        process.wait(20)
        log.close()
