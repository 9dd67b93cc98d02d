"""What a monitoring program sees: health, figures and who may read them, the id of a request."""

from __future__ import annotations

import os
import re
import secrets
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, func, select

from config import Config
from tests import given, processes
from wms.accounts import service as accounts
from wms.alerts import service as alerts
from wms.alerts.models import AlertKind, Severity
from wms.cli.serving import figures_folder
from wms.core.clock import now
from wms.core.ids import SYSTEM_USER
from wms.db import count_when_done, run_in_transaction
from wms.db import db as extension
from wms.events.models import OutboxEvent
from wms.jobs import runner, schedule
from wms.rfid.models import Gateway
from wms.tasks.models import Task, TaskKind, TaskState
from wms.watch import gauges
from wms.web import tracing
from wms.web.auth import public

SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def value_of(text: str, name: str, **labels: str) -> float:
    """Give a figure of a scrape; 0 when it is not there."""
    wanted = "".join(f'(?=[^}}]*{key}="{re.escape(value)}")' for key, value in labels.items())
    found = re.search(rf"^{name}(?:{{{wanted}[^}}]*}})? ([0-9.e+-]+)$", text, re.M)
    return float(found[1]) if found else 0.0


def key_with(app: Flask, *scopes: str, role: str = "administrator", site: Any = None) -> dict[str, str]:
    """Make an API key; the header that shows it."""
    with app.app_context():
        user = given.user(None, role)

        def make() -> str:
            return accounts.create_api_token(
                name="watch", scopes=scopes, actor=user, at=now(), warehouse_id=site and site.id
            )[1]

        return {"Authorization": f"Bearer {run_in_transaction(make)}"}


# -- who may read the figures -----------------------------------------------------------------------------------------
@SQLITE
def test_figures_are_for_a_key_with_their_scope_or_for_this_host_itself(app: Flask, client: FlaskClient) -> None:
    with app.app_context():
        site = given.warehouse()
    good, other = key_with(app, "metrics.view"), key_with(app, "audit.view")
    elsewhere: dict[str, Any] = {"environ_base": {"REMOTE_ADDR": "192.0.2.7"}}
    assert client.get("/metrics", headers=good, **elsewhere).status_code == 200
    assert client.get("/metrics", headers=other, **elsewhere).status_code == 403
    assert client.get("/metrics", headers=other).status_code == 403, "a key is judged, on this host too"
    assert client.get("/metrics", headers={"Authorization": "Bearer wrong"}).status_code == 401
    assert client.get("/metrics", **elsewhere).status_code == 401
    assert client.get("/metrics", **elsewhere).headers["WWW-Authenticate"] == "Bearer"
    one_site = key_with(app, "metrics.view", site=site)
    assert client.get("/metrics", headers=one_site, **elsewhere).status_code == 403, "the figures are of all warehouses"
    here = client.get("/metrics")
    assert here.status_code == 200 and here.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    assert "Set-Cookie" not in here.headers


@SQLITE
@pytest.mark.parametrize(
    "headers",
    [
        {"X-Forwarded-For": "192.0.2.7"},
        {"Forwarded": "for=192.0.2.7"},
        {"X-Real-IP": "192.0.2.7"},
        {"Via": "1.1 proxy"},
        {"Host": "wms.example.com"},
        {"Host": "localhost.example.com:8420"},
        {"Host": "127.0.0.1.example.com"},
    ],
    ids=str,
)
def test_what_comes_through_a_proxy_on_this_host_is_not_of_this_host(
    client: FlaskClient, headers: dict[str, str]
) -> None:
    assert client.get("/metrics", headers=headers).status_code == 401


@SQLITE
@pytest.mark.parametrize("host", ["127.0.0.1:8420", "localhost", "[::1]:8420"])
def test_this_host_is_known_by_each_of_its_names(client: FlaskClient, host: str) -> None:
    assert client.get("/metrics", headers={"Host": host}).status_code == 200


@SQLITE
@pytest.mark.own_app
def test_the_loopback_can_be_shut_out(app: Flask, client: FlaskClient) -> None:
    app.config["WMS"] = replace(app.config["WMS"], metrics_allow="key")
    assert client.get("/metrics").status_code == 401


# -- what they say ----------------------------------------------------------------------------------------------------
def test_figures_of_the_database_are_read_at_the_scrape_by_few_statements(app: Flask, client: FlaskClient) -> None:
    with app.app_context():
        site = given.warehouse("W1")

        def make() -> None:
            for state in (TaskState.OPEN, TaskState.OPEN, TaskState.TAKEN, TaskState.DONE):
                extension.session.add(
                    Task(
                        kind=TaskKind.COUNT, state=state, warehouse_id=site.id, created_by=SYSTEM_USER, created_at=now()
                    )
                )
            extension.session.add(Gateway(code='G"1', warehouse_id=site.id, last_seen_at=now(), last_sequence=42))
            alerts.raise_alert(
                kind=AlertKind.LEDGER_BROKEN, severity=Severity.CRITICAL, warehouse=site.id, subject_key="x",
                subject_kind="ledger", data={}, at=now(),
            )  # fmt: skip

        run_in_transaction(make)
        assert runner.run_now(schedule.get("settle_runs")).state == "done"
    statements: list[str] = []
    with app.app_context():
        engine = extension.engine
    note = lambda _c, _cursor, statement, *_rest: statements.append(statement)  # noqa: E731
    event.listen(engine, "before_cursor_execute", note)
    text = client.get("/metrics").text
    event.remove(engine, "before_cursor_execute", note)
    assert len([s for s in statements if s.startswith("SELECT")]) == 6
    assert value_of(text, "wms_tasks", warehouse="W1", kind="count", state="open") == 2
    assert value_of(text, "wms_tasks", warehouse="W1", kind="count", state="taken") == 1
    assert 'state="done"' not in "".join(line for line in text.splitlines() if line.startswith("wms_tasks"))
    assert value_of(text, "wms_alerts", warehouse="W1", severity="critical", state="open") == 1
    assert value_of(text, "wms_job_runs", job="settle_runs", state="done") == 1
    assert 'wms_job_last_run_age_seconds{job="settle_runs",state="done"}' in text
    assert 'wms_gateway_last_seen_age_seconds{gateway="G\\"1"}' in text
    assert 'wms_rfid_items_stored_total{gateway="G\\"1"} 42' in text
    with app.app_context():
        events = extension.session.execute(select(func.count()).select_from(OutboxEvent)).scalar_one()
    assert value_of(text, "wms_outbox_events") == events > 0
    assert value_of(text, "wms_database_up") == 1 and "wms_build{" in text


@SQLITE
def test_requests_are_counted_by_template_and_never_by_path(app: Flask, client: FlaskClient) -> None:
    before = client.get("/metrics").text
    for number in range(3):
        client.get(f"/items/{number + 700}")
        client.get(f"/made-up-{secrets.token_hex(4)}")
    client.open("/healthz", method="BREW")
    client.post("/api/v1/rfid/batches", headers={"Authorization": "Bearer wrong"})
    text = client.get("/metrics").text
    grown = lambda name, **labels: value_of(text, name, **labels) - value_of(before, name, **labels)  # noqa: E731
    assert grown("wms_requests_total", route="other", method="GET", status="404") == 3
    assert grown("wms_requests_total", method="other", status="405") == 1
    assert grown("wms_refusals_total", code="not_found") == 3
    assert grown("wms_login_failures_total", way="key") == 1
    assert not re.search(r"made-up|BREW|/items/70", text)
    templates = {rule.rule for rule in app.url_map.iter_rules()} | {"other"}
    routes = lambda page: set(re.findall(r'wms_requests_total{[^}]*route="([^"]*)"', page))  # noqa: E731
    assert routes(text) - routes(before) <= templates
    assert grown("wms_requests_under_way") == 0 < value_of(text, "wms_requests_under_way")


def test_postings_are_counted_when_they_are_committed_and_not_before(app: Flask, client: FlaskClient) -> None:
    before = value_of(client.get("/metrics").text, "wms_postings_total", reason="receive")
    with app.app_context():
        site, item = given.warehouse(), given.item()
        given.stock(given.lot(item), site)

        def broken() -> None:
            count_when_done("posting", "receive")
            raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            run_in_transaction(broken)
        run_in_transaction(lambda: None)
    assert value_of(client.get("/metrics").text, "wms_postings_total", reason="receive") == before + 1


@SQLITE
def test_a_wrong_password_is_counted(app: Flask, client: FlaskClient) -> None:
    before = value_of(client.get("/metrics").text, "wms_login_failures_total", way="desk")
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/login").text)
    assert token
    client.post("/login", data={"csrf_token": token[1], "login": "nobody", "password": "wrong"})
    assert value_of(client.get("/metrics").text, "wms_login_failures_total", way="desk") == before + 1


def test_a_scrape_asks_no_table_for_all_its_rows(db: Any) -> None:
    """Tasks done stay for ever; a scrape looks at the open ones by an index that begins with what it names."""
    found: list[tuple[str, Any]] = []
    note = lambda _c, _cursor, statement, values, *_rest: found.append((statement, values))  # noqa: E731
    given.warehouse("W1")
    event.listen(db.engine, "before_cursor_execute", note)
    list(gauges.read())
    event.remove(db.engine, "before_cursor_execute", note)
    statement, values = next((s, v) for s, v in found if "FROM task" in s)
    is_sqlite = db.engine.dialect.name == "sqlite"
    with db.engine.connect() as connection:
        if not is_sqlite:
            connection.exec_driver_sql("SET enable_seqscan = off")
        explain = "EXPLAIN QUERY PLAN " if is_sqlite else "EXPLAIN "
        plan = str(connection.exec_driver_sql(explain + statement, values).all())
        connection.rollback()
    assert "ix_task_open" in plan


# -- many workers -----------------------------------------------------------------------------------------------------
HOOKS = """
from wms.web import metrics
metrics.forget_former()
def child_exit(server, worker):
    metrics.forget_worker(worker.pid)
"""


@pytest.fixture
def two_workers(live_config: Config, tmp_path: Path) -> Iterator[tuple[str, Path, subprocess.Popen[bytes]]]:
    """A gunicorn with two worker processes; gives its address, the folder of figures, the process."""
    folder = tmp_path / "figures"
    folder.mkdir()
    (folder / "counter_999999999.db").write_bytes(b"left by a former run")
    (tmp_path / "conf.py").write_text(HOOKS)
    env = processes.environment(replace(live_config, secret_key=secrets.token_hex(32)))
    with (tmp_path / "gunicorn.log").open("wb") as log:
        server = subprocess.Popen(
            [
                sys.executable, "-m", "gunicorn", "run:app", "-c", str(tmp_path / "conf.py"), "-k", "gthread", "-w", "2",
                "--threads", "4", "-b", f"127.0.0.1:{live_config.port}", "--preload", "--no-control-socket",
            ],
            cwd=processes.ROOT, env=env | {"PROMETHEUS_MULTIPROC_DIR": str(folder)}, stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
    url = f"http://127.0.0.1:{live_config.port}"
    try:
        _wait(lambda: _answers(url) or server.poll() is not None)
        assert server.poll() is None, (tmp_path / "gunicorn.log").read_text()[-3000:]
        yield url, folder, server
    finally:
        os.killpg(server.pid, signal.SIGKILL)  # its workers with it; nobody waits for an answer
        server.wait(20)


def _wait(is_so: Any, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _answers(url: str) -> bool:
    try:
        return _get(url, "/healthz").status_code == 200
    except requests.ConnectionError:
        return False


def _get(url: str, path: str) -> requests.Response:
    with requests.Session() as session:
        session.trust_env = False
        return session.get(url + path, timeout=30, headers={"Connection": "close"}, allow_redirects=False)


def test_a_scrape_of_any_worker_sums_them_all_and_those_that_ended(two_workers: Any) -> None:
    url, folder, _server = two_workers
    assert not (folder / "counter_999999999.db").exists()
    asked = 0

    def workers() -> set[int]:
        return {int(path.stem.split("_")[1]) for path in folder.glob("counter_*.db") if b"/readyz" in path.read_bytes()}

    def ask() -> bool:
        nonlocal asked
        threads = [threading.Thread(target=_get, args=(url, "/readyz")) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        asked += len(threads)
        return len(workers()) == 2

    _wait(ask)
    count = {"route": "/readyz", "method": "GET", "status": "200"}
    scrapes = [_get(url, "/metrics").text for _ in range(6)]
    assert {value_of(text, "wms_requests_total", **count) for text in scrapes} == {asked}
    assert value_of(scrapes[0], "wms_request_seconds_count", route="/readyz", method="GET") == asked

    ended = min(workers())
    os.kill(ended, signal.SIGTERM)
    _wait(lambda: not (folder / f"gauge_livesum_{ended}.db").exists())
    text = _get(url, "/metrics").text
    assert value_of(text, "wms_requests_total", **count) == asked, "what it counted stays"
    assert value_of(text, "wms_requests_under_way") == 1


@SQLITE
def test_figures_of_workers_lie_in_memory_and_in_nobody_elses_folder(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("RUNTIME_DIRECTORY", raising=False)
    folder = figures_folder(config)
    assert folder.parent == Path("/dev/shm") and folder.stat().st_mode & 0o077 == 0
    folder.chmod(0o777)
    assert figures_folder(config) == config.data_dir.absolute() / "metrics", "somebody else may have made it"
    folder.rmdir()
    monkeypatch.setenv("RUNTIME_DIRECTORY", "/run/wms:/run/more")
    assert figures_folder(config) == Path("/run/wms/metrics")


# -- the id of a request ----------------------------------------------------------------------------------------------
@SQLITE
@pytest.mark.parametrize(
    ("sent", "is_kept"),
    [
        ("0123abcd", True),
        ("7f0c9a54-52b5-4f0e-9d3d-0d3f0b2f9a11", True),
        ("A" * 64, True),
        ("A" * 65, False),
        ("short", False),
        ("with blank", False),
        ("<script>alert(1)</script>", False),
        ("forged\" level=\"x", False),
        ("日志日志日志日志".encode().decode("latin-1"), False),
    ],
)  # fmt: skip
def test_a_request_keeps_the_id_it_came_with_when_that_is_well_formed(
    client: FlaskClient, sent: str, is_kept: bool
) -> None:
    got = client.get("/healthz", headers={"X-Request-Id": sent}).headers["X-Request-Id"]
    assert (got == sent) is is_kept
    assert re.fullmatch(r"[A-Za-z0-9-]{8,64}", got)


@SQLITE
def test_probes_hand_out_no_cookie_and_lengthen_no_session(app: Flask, client: FlaskClient) -> None:
    with app.app_context():
        given.user("sue", "supervisor", site=given.warehouse())
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/login").text)
    assert token
    client.post("/login", data={"csrf_token": token[1], "login": "sue", "password": "correct horse 1", "next": ""})
    assert "Set-Cookie" in client.get("/today").headers
    for path in ("/healthz", "/readyz", "/metrics"):
        assert "Set-Cookie" not in client.get(path).headers, path


@SQLITE
@pytest.mark.own_app
def test_a_line_of_the_log_names_the_template_and_never_the_path(app: Flask, client: FlaskClient) -> None:
    told: list[dict[str, Any]] = []
    app.add_url_rule("/look/<secret>", "look", public(lambda secret: str(told.append(dict(tracing.fields())))))
    client.get("/look/k3yQ9", headers={"X-Request-Id": "made-elsewhere"})
    assert told == [{"request_id": "made-elsewhere", "method": "GET", "path": "/look/<secret>"}]
