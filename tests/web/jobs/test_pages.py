"""The pages of operations: jobs with their runs, "run now", the state of the system; by right."""

import re
from datetime import timedelta

import pytest
from flask import Flask

from tests import given
from tests.web.desk_client import Desk
from tests.web.machine import Machine
from wms.backup import service as backups
from wms.core.clock import now
from wms.core.version import VERSION
from wms.db import db, migrate, run_in_transaction
from wms.jobs import runner, schedule, service
from wms.jobs.models import JobRun
from wms.rfid.models import Gateway


@pytest.fixture
def site(app: Flask) -> given.Site:
    with app.app_context():
        site = given.warehouse("N1")
        given.user("admin", "administrator")
        given.user("auditor", "auditor")
        given.user("picker", "picker", site=site)
        return site


def test_each_job_shows_when_it_runs_what_came_of_it_and_when_it_is_due(app: Flask, site: given.Site) -> None:
    with app.app_context():
        assert runner.run_now(schedule.get("settle_runs")).state == "done"
        run = run_in_transaction(
            service.claim_run, "retention", due_at=now(), runner="h:1", at=now() - timedelta(minutes=5)
        )
        assert run is not None
        run_in_transaction(service.finish_run, run, state="failed", result={}, error="<b>disk</b>", at=now())
    desk = Desk.of(app, "admin")
    page = desk.get("/setup/jobs")
    assert desk.status == 200 and len(desk.statements) < 20
    assert page.count("</tr>") == len(schedule.JOBS) + 1
    assert "lost 0" in desk.words and "5 min" in desk.words and "daily at 18:30 UTC" in desk.words
    assert "<b>disk</b>" not in page and "&lt;b&gt;disk" in page
    assert "off: WMS_BACKUP_DIR" in desk.words
    desk.get("/setup/system")
    assert "forgetting of what is old" in desk.words
    desk.get("/setup/jobs/retention")
    assert desk.status == 200 and "h:1" in desk.words and "the schedule" in desk.words


def test_a_person_asks_for_a_run_once_and_a_job_process_does_it(app: Flask, site: given.Site) -> None:
    desk = Desk.of(app, "admin")
    desk.get("/setup/jobs")
    desk.post("/setup/jobs/settle_runs/run")
    assert desk.status == 302
    desk.get("/setup/jobs/settle_runs")
    assert "waits to be run" in desk.words and "Admin" in desk.words
    desk.post("/setup/jobs/settle_runs/run")
    assert desk.status == 409
    with app.app_context():
        outcome = runner.run_asked()
        assert outcome is not None and outcome.state == "done"
        assert runner.run_asked() is None
        run_in_transaction(service.claim_run, "settle_runs", due_at=now(), runner="h:1", at=now())
    desk.post("/setup/jobs/settle_runs/run")
    assert desk.status == 409, "it runs at this moment"
    for name in ("backup", "nonsense"):
        desk.post(f"/setup/jobs/{name}/run")
        assert desk.status == 404, "one is off here, the other is none"


def test_only_who_may_change_settings_runs_and_only_who_may_look_looks(app: Flask, site: given.Site) -> None:
    desk = Desk.of(app, "auditor")
    page = desk.get("/setup/jobs")
    assert desk.status == 200 and "Run now" not in page
    desk.post("/setup/jobs/settle_runs/run")
    assert desk.status == 403
    with app.app_context():
        assert db.session.query(JobRun).count() == 0
    assert desk.get("/setup/system") and desk.status == 200
    picker = Desk.of(app, "picker")
    for path in ("/setup/jobs", "/setup/jobs/retention", "/setup/system"):
        picker.get(path)
        assert picker.status == 403


def test_the_system_page_says_which_version_runs_on_what_and_how_old_the_backup_is(
    app: Flask, site: given.Site
) -> None:
    with app.app_context():
        given.keep(Gateway(id=1, code="GW-DOCK", warehouse_id=site.id, last_seen_at=now()))
        given.keep(Gateway(id=2, code="GW-LOST", warehouse_id=site.id, last_seen_at=given.NOW - timedelta(days=9)))
        path = app.config["WMS"].data_dir / "wms-20261122T040000Z.zip"
        run_in_transaction(
            backups.note_backup,
            path,
            size_bytes=12_345_678,
            made_at=given.NOW,
            verified="restored",
            host="box",
            at=given.NOW,
        )
        is_sqlite = db.engine.dialect.name == "sqlite"
    desk = Desk.of(app, "admin")
    page = desk.get("/setup/system")
    assert desk.status == 200 and len(desk.statements) < 30
    for words in (
        VERSION,
        migrate.head(),
        "12.3 MB",
        "restored on trial",
        "2026-11-22 12:00",
        "GW-DOCK",
        "WMS_BACKUP_DIR is not set",
    ):
        assert words in desk.words, words
    assert ("SQLite" if is_sqlite else "PostgreSQL") in desk.words
    assert re.search(r"chip-rejected[^>]*>(?:(?!chip).)*2026", page), "a gateway that is not heard stands out"
    assert "No job process has ever run" in desk.words


def test_ready_says_ready_on_the_right_migration(app: Flask) -> None:
    assert app.test_client().get("/readyz").json == {"status": "ready"}


def test_the_version_is_that_of_the_project() -> None:
    from pathlib import Path

    text = (Path(__file__).resolve().parents[3] / "pyproject.toml").read_text()
    assert f'version = "{VERSION}"' in text


def test_a_machine_asks_for_a_run_and_reads_how_it_went(app: Flask, site: given.Site) -> None:
    machine = Machine.of(app, "administrator")
    asked = machine.post("/jobs/settle_runs/run", {})
    assert asked.status_code == 202, asked.text
    assert asked.json is not None and asked.json["state"] == "asked"
    with app.app_context():
        assert runner.run_asked() is not None
    found = machine.get("/job-runs?job=settle_runs").json
    assert found is not None and [(one["state"], one["result"]) for one in found["items"]] == [("done", {"lost": 0})]
    assert machine.post("/jobs/nonsense/run", {}).status_code == 404
