"""The database or a disk goes away under a running web process, and comes back: 503 in words, nothing lost, no restart."""

from __future__ import annotations

import errno
import json
import os
import re
import resource
import secrets
import shutil
import sqlite3
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
import requests
from flask import Flask
from psycopg import sql
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError

from config import Config
from tests import given, processes
from tests.conftest import Database, _application, _config
from wms.accounts import service as accounts
from wms.core.clock import now
from wms.core.errors import OutcomeUnknown, Unavailable
from wms.db import db as extension
from wms.db import outage, run_in_transaction
from wms.jobs import runner, schedule
from wms.web.auth import public

PASSWORD = "correct horse 1"
CHINESE = re.compile(r"[\u4e00-\u9fff]")


# -- a person, a machine and a server ---------------------------------------------------------------------------------
@dataclass
class Visitor:
    """A browser that follows no redirect, so that a way to the log-in page shows."""

    url: str
    session: requests.Session = field(default_factory=requests.Session)
    token: str = ""

    def __post_init__(self) -> None:
        self.session.trust_env = False

    def get(self, path: str, **more: Any) -> requests.Response:
        return self._keep(self.session.get(self.url + path, allow_redirects=False, timeout=60, **more))

    def post(self, path: str, *, headers: dict[str, str] | None = None, **form: str) -> requests.Response:
        data = {"csrf_token": self.token, **form}
        return self._keep(
            self.session.post(self.url + path, data=data, headers=headers, allow_redirects=False, timeout=60)
        )

    def log_in(self) -> None:
        self.get("/login")
        assert self.post("/login", login="sue", password=PASSWORD, next="").status_code == 302
        assert self.get("/today").status_code == 200

    def write(self, language: str = "en") -> requests.Response:
        """Change something: the own language."""
        return self.post("/language", language=language, next="/today")

    def _keep(self, answer: requests.Response) -> requests.Response:
        if found := re.search(r'name="csrf_token" value="([^"]+)"', answer.text):
            self.token = found[1]
        return answer


@dataclass
class Shop:
    """A web process of its own with a supervisor and an API key; `sue` is logged in."""

    config: Config
    server: processes.LiveServer
    sue: Visitor
    key: str
    log: Path

    def told(self) -> list[dict[str, Any]]:
        """The lines of the log; each is an object."""
        return [json.loads(line) for line in self.log.read_text().splitlines()]


@contextmanager
def _shop(config: Config, folder: Path) -> Iterator[Shop]:
    config = replace(
        config, port=processes.free_port(), log_format="json", sqlite_wait_seconds=1, secret_key=secrets.token_hex(32)
    )

    def key_of(user: Any) -> str:
        return accounts.create_api_token(name="erp", scopes=["alert.view"], actor=user, at=now())[1]

    for app in _application(config):
        with app.app_context():
            given.warehouse("W1")
            key = run_in_transaction(key_of, given.user("sue", "supervisor"))
    server = processes.LiveServer(config, folder / "web.log")
    try:
        server.wait_until_ready()
        shop = Shop(config, server, Visitor(server.url), key, folder / "web.log")
        shop.sue.log_in()
        yield shop
    finally:
        server.stop()


def _is_outage(answer: requests.Response) -> bool:
    """Say whether this is the page of an outage: 503, its sentence, its number, when to come back, still logged in."""
    assert answer.status_code == 503, (answer.status_code, answer.text[:500])
    assert "cannot save" in answer.text or CHINESE.search(answer.text), answer.text
    assert answer.headers["X-Request-Id"] in answer.text
    assert answer.headers["Retry-After"] == "5"
    return "Location" not in answer.headers


# -- PostgreSQL goes and comes ----------------------------------------------------------------------------------------
@contextmanager
def _closed(database: Database) -> Iterator[None]:
    """Break every connection to the database and let nobody in, as a server that was stopped does."""
    url = make_url(database.url)
    name = sql.Identifier(str(url.database))
    plain = url.set(drivername="postgresql", database="postgres").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as admin:
        admin.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS false").format(name))
        admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [url.database])
        try:
            yield
        finally:
            admin.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS true").format(name))


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_lost_postgresql_is_told_and_comes_back_by_itself(database: Database, config: Config, tmp_path: Path) -> None:
    with _shop(config, tmp_path) as shop:
        bearer = {"Authorization": f"Bearer {shop.key}"}
        stranger = Visitor(shop.server.url)
        assert shop.sue.write("zh_Hans_CN").status_code == 302
        shop.sue.get("/today")
        with _closed(database):
            for path in ("/today", "/m/move", "/", "/login", "/nowhere"):
                assert _is_outage(shop.sue.get(path)), path
            assert CHINESE.search(shop.sue.get("/today", headers={"Accept-Language": "en"}).text), "in sue's language"
            assert _is_outage(shop.sue.write("en"))
            hand = shop.sue.post("/m/move", headers={"X-Hand": "1"}, step="source", key="12345678", scan="A-01")
            assert _is_outage(hand) and "X-Go" not in hand.headers
            part = shop.sue.post("/language", headers={"HX-Request": "true"}, language="en", next="")
            assert part.status_code == 503 and part.headers["X-Request-Id"] in part.text and "<html" not in part.text

            refused = stranger.get("/api/v1/alerts", headers=bearer | {"X-Request-Id": "made-by-the-caller"})
            assert refused.status_code == 503 and refused.headers["Retry-After"] == "5"
            assert refused.headers["Content-Type"] == "application/problem+json"
            problem = refused.json()
            assert (problem["code"], problem["request_id"]) == ("unavailable", "made-by-the-caller")

            assert stranger.get("/readyz").status_code == 503
            health = stranger.get("/healthz")
            assert health.status_code == 200 and "Set-Cookie" not in health.headers
            scrape = stranger.get("/metrics")
            assert scrape.status_code == 200 and "wms_database_up 0.0" in scrape.text
            assert re.search(r'wms_refusals_total\{code="unavailable"\} [1-9]', scrape.text)

        assert shop.sue.get("/today").status_code == 200, "no log-in, no restart"
        assert shop.sue.write("en").status_code == 302
        assert stranger.get("/api/v1/alerts", headers=bearer).status_code == 200
        ready = stranger.get("/readyz")
        assert ready.status_code == 200 and "Set-Cookie" not in ready.headers
        assert "wms_database_up 1.0" in stranger.get("/metrics").text

        told = shop.told()
        assert not [line for line in told if "exception" in line], "an outage is told in a line, without a trace"
        assert {"status", "ms", "user_id"} <= next(line for line in told if line.get("path") == "/today").keys()
        assert any(line.get("request_id") == "made-by-the-caller" for line in told)
        assert shop.key not in shop.log.read_text()


# -- SQLite: a full disk, a locked file -------------------------------------------------------------------------------
@dataclass
class Disk:
    """A disk that can be filled: a small one of memory where that may be mounted, else a bound on the process's files."""

    folder: Path
    is_mounted: bool
    pid: int = 0

    @contextmanager
    def full(self) -> Iterator[None]:
        if not self.is_mounted:
            # Room for the log, not for the next page of the database: its file and its WAL are larger.
            former = resource.prlimit(self.pid, resource.RLIMIT_FSIZE)
            resource.prlimit(self.pid, resource.RLIMIT_FSIZE, (64 * 1024, former[1]))
            yield
            resource.prlimit(self.pid, resource.RLIMIT_FSIZE, former)
            return
        ballast = self.folder / "ballast"
        try:
            with ballast.open("wb", buffering=0) as file:
                while True:
                    file.write(bytes(4096))
        except OSError as full:
            assert full.errno == errno.ENOSPC
        yield
        ballast.unlink()


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Disk]:
    folder = tmp_path_factory.mktemp("disk")
    mount = ["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", str(folder)]
    is_mounted = os.geteuid() == 0 and subprocess.run(mount, capture_output=True, check=False).returncode == 0
    yield Disk(folder, is_mounted)
    if is_mounted:
        subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.fixture(scope="module")
def small_shop(disk: Disk, sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A shop whose SQLite file lies on `disk`; its log lies elsewhere."""
    shutil.copyfile(sqlite_template, disk.folder / "wms.db")
    with _shop(_config(f"sqlite:///{disk.folder / 'wms.db'}", disk.folder), tmp_path_factory.mktemp("log")) as shop:
        disk.pid = shop.server.pid
        yield shop


def test_a_full_disk_refuses_what_is_written_and_only_that(small_shop: Shop, disk: Disk) -> None:
    done = 0
    with disk.full():
        for _ in range(2000):
            answer = small_shop.sue.write("zh_Hans_CN" if done % 2 else "zh_Hant_TW")
            if answer.status_code != 302:
                break
            done += 1  # there was room in the write-ahead log still
        assert _is_outage(answer)
        assert _is_outage(small_shop.sue.write("en"))
        assert small_shop.sue.get("/today").status_code == 200, "what is only read goes on"
        assert CHINESE.search(small_shop.sue.get("/today").text), "and is as it was"
    assert small_shop.sue.write("en").status_code == 302
    assert "Today" in small_shop.sue.get("/today").text
    with sqlite3.connect(small_shop.config.database_url.removeprefix("sqlite:///")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_file_locked_for_too_long_is_told_and_goes_on_afterwards(small_shop: Shop) -> None:
    other = sqlite3.connect(small_shop.config.database_url.removeprefix("sqlite:///"), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    assert _is_outage(small_shop.sue.write("zh_Hans_CN"))
    assert small_shop.sue.get("/today").status_code == 200
    other.execute("ROLLBACK")
    other.close()
    assert small_shop.sue.write("en").status_code == 302


def test_a_full_data_folder_keeps_no_half_of_a_photo(disk: Disk) -> None:
    from wms.files import service

    data = Path("tests/vendor").resolve().parent.parent / "docs/gallery"
    content = next(path for path in sorted(data.glob("*.png")) if path.stat().st_size > 70_000).read_bytes()
    folder = disk.folder / "data"
    here = replace(disk, pid=0)
    with here.full():
        with pytest.raises(OSError) as refused:
            service.keep_photo(content, data_dir=folder)
        assert isinstance(outage.unavailable_from(refused.value), Unavailable)
        assert not [path for path in folder.rglob("*") if path.is_file()]
    kept = service.keep_photo(content, data_dir=folder)
    assert service.path_of(kept.sha256, data_dir=folder).read_bytes() == content


# -- who meets it -----------------------------------------------------------------------------------------------------
@pytest.mark.own_app
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_disk_that_is_full_anywhere_is_an_outage_and_another_error_is_a_fault(app: Flask) -> None:
    def broken(number: int) -> None:
        raise OSError(number, "as the system says")

    app.add_url_rule("/broken/<int:number>", "broken", public(broken))
    client = app.test_client()
    assert client.get(f"/broken/{errno.ENOSPC}").status_code == 503
    assert client.get(f"/broken/{errno.EACCES}").status_code == 500


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_missing_table_is_a_fault_and_no_outage(db: Any) -> None:
    with pytest.raises(OperationalError) as broken:
        db.session.execute(text("SELECT * FROM not_there"))
    assert outage.unavailable_from(broken.value) is None
    with pytest.raises(OperationalError):
        run_in_transaction(lambda: db.session.execute(text("SELECT * FROM not_there")))


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_connection_lost_in_the_commit_is_never_called_undone(db: Any, database: Database) -> None:
    def work() -> None:
        db.session.execute(text("CREATE TABLE made (id int)"))
        pid = db.session.execute(text("SELECT pg_backend_pid()")).scalar_one()
        plain = make_url(database.url).set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(plain, autocommit=True) as other:
            other.execute("SELECT pg_terminate_backend(%s, 10000)", [pid])

    with pytest.raises(OutcomeUnknown):
        run_in_transaction(work)
    assert db.session.execute(text("SELECT to_regclass('made')")).scalar_one() is None, "and the next one works"


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_the_jobs_outlive_an_outage_and_make_up_for_it(app: Flask, database: Database) -> None:
    missed = threading.Event()
    job = schedule.get("settle_runs")
    with _closed(database):
        runner._tick(app, job, missed)
        assert missed.is_set()
        runner._make_up(app, missed)
        assert missed.is_set(), "still away"
    runner._make_up(app, missed)
    assert not missed.is_set()
    with app.app_context():
        done = extension.session.execute(
            text("SELECT count(*) FROM job_run WHERE job = 'settle_runs' AND state = 'done'")
        ).scalar_one()
    assert done == 1
