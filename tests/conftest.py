"""What all tests share: a database of each engine, the application on it, a client, a real web process, a browser.

A test that asks for `database`, `config`, `app`, `client` or `db` runs twice, on SQLite (a file) and on PostgreSQL.
Services are tested with `db`, which holds an app context open. Pages are tested with `client`, and never with a context
open around its calls (a login would leak from one request into the next): the client refuses. Prepare data for pages
inside `with app.app_context():`.
"""

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from flask import Flask, has_app_context
from flask.testing import FlaskClient
from sqlalchemy import Engine, event

from config import Config
from tests import postgres, processes, schema

IN_CI = os.environ.get("CI", "").lower() in {"1", "true"}
ENGINES = ("sqlite", "postgresql")


def cannot_run(why: str) -> None:
    """Skip loudly where a part cannot be had; fail in continuous integration."""
    if IN_CI:
        pytest.fail(why, pytrace=False)
    pytest.skip(why)


def pytest_configure(config: pytest.Config) -> None:
    """Keep temporary files in memory where there is room: SQLite then waits for no disk."""
    folder = postgres.memory_folder()
    if folder is not None:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", folder)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let a test in a real browser run a second time when Playwright's patience ended: see docs/decisions/0024.

    Only that: an assertion that fails is a fault, in a browser as anywhere, and so is every failure of any other test.
    """
    in_browser = [item for item in items if "browser" in getattr(item, "fixturenames", ())]
    if in_browser:
        from playwright.sync_api import TimeoutError as TooLate

        for item in in_browser:
            item.add_marker(pytest.mark.flaky(reruns=1, only_rerun=[TooLate]))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say in capitals what ran twice, and what was skipped for want of PostgreSQL or a browser."""
    for report in terminalreporter.stats.get("rerun", []):
        crash = getattr(report.longrepr, "reprcrash", None)
        why = " ".join(str(crash.message if crash else report.longrepr).split())[:300]
        terminalreporter.write_line(f"RAN TWICE, MEND IT: {report.nodeid}: {why}", red=True, bold=True)
    reasons = {str(report.longrepr[2]) for report in terminalreporter.stats.get("skipped", []) if report.longrepr}
    for reason in sorted(reasons):
        terminalreporter.write_line(f"NOT TESTED: {reason}", red=True, bold=True)


# -- databases --------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Database:
    """A database of one test alone: `engine` is sqlite or postgresql, `url` as in WMS_DATABASE_URL."""

    engine: str
    url: str


hypothesis.settings.register_profile(
    "wms",
    deadline=None,  # other work may share the machine
    derandomize=IN_CI,  # a change is not refused for a fault it did not bring
    print_blob=True,
    suppress_health_check=[hypothesis.HealthCheck.too_slow, hypothesis.HealthCheck.function_scoped_fixture],
)
hypothesis.settings.load_profile("wms")


@event.listens_for(Engine, "connect")
def _relax(connection: Any, _record: Any) -> None:
    """Let SQLite wait for no disk in a test process, where files lie on one: what a lost power would leave is not tested here."""
    if isinstance(connection, sqlite3.Connection):
        connection.execute("PRAGMA synchronous=OFF")


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make an SQLite file with the schema, once; tests copy it."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    schema.make_schema(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgres_server(worker_id: str) -> Iterator[postgres.Server]:
    """Start PostgreSQL, once for each test process."""
    try:
        server = postgres.start(worker_id)
    except postgres.NoPostgres as none:
        cannot_run(f"PostgreSQL: {none}")
    yield server
    server.stop()


@pytest.fixture(scope="session")
def postgres_template(postgres_server: postgres.Server) -> str:
    """Make a PostgreSQL database with the schema, once; tests clone it."""
    return postgres_server.make_template(schema.make_schema)


@dataclass(frozen=True)
class Ground:
    """What the tests of one process use one after the other: a folder, and an application for each engine.

    The application outlives a test, since its templates and statements are compiled but once; the database and the files
    under it are fresh for each.
    """

    folder: Path
    apps: dict[str, Flask]

    def empty(self) -> None:
        """Take away what a test left in the folder."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir()


@pytest.fixture(scope="session")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    """Give the folder and the applications of this test process."""
    return Ground(tmp_path_factory.mktemp("ground"), {})


@pytest.fixture(params=ENGINES)
def database(request: pytest.FixtureRequest, ground: Ground) -> Iterator[Database]:
    """Give a fresh database with the schema; the test runs once for each engine."""
    ground.empty()
    if request.param == "sqlite":
        path = ground.folder / "wms.db"
        shutil.copyfile(request.getfixturevalue("sqlite_template"), path)
        yield Database("sqlite", f"sqlite:///{path}")
        return
    template = request.getfixturevalue("postgres_template")
    server: postgres.Server = request.getfixturevalue("postgres_server")
    name = server.clone(template, "here")
    yield Database("postgresql", server.url_of(name))
    server.drop(name)


@pytest.fixture(params=ENGINES)
def empty_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """Give a database with nothing in it, for the tests of the migrations."""
    if request.param == "sqlite":
        yield Database("sqlite", f"sqlite:///{tmp_path / 'empty.db'}")
        return
    server: postgres.Server = request.getfixturevalue("postgres_server")
    name = server.clone()
    yield Database("postgresql", server.url_of(name))
    server.drop(name)


@pytest.fixture
def config(database: Database, ground: Ground) -> Config:
    """Give the settings of a test installation on `database`."""
    return _config(database.url, ground.folder)


def _config(url: str, folder: Path, **more: Any) -> Config:
    return Config(
        database_url=url,
        secret_key="5b1f0c9de27a48863f7d2ae40916cb58",
        data_dir=folder / "data",
        gateway_spool=folder / "gateway.db",
        **({"argon2_is_fast": True, "api_per_minute": 0} | more),
    )


# -- the application ----------------------------------------------------------------------------------------------------
class _Client(FlaskClient):
    """A test client that refuses to be called inside an app context: the logged-in user would leak between requests."""

    def open(self, *args: Any, **kwargs: Any) -> Any:
        if has_app_context():
            raise AssertionError("an app context stands open around a client call; leave it first")
        return super().open(*args, **kwargs)


@pytest.fixture
def app(request: pytest.FixtureRequest, database: Database, config: Config, ground: Ground) -> Iterator[Flask]:
    """Give the application on a fresh database; a test marked `own_app` gets one that it may change."""
    if request.node.get_closest_marker("own_app"):
        yield from _application(config)
        return
    app = ground.apps.get(database.engine) or ground.apps.setdefault(database.engine, _create(config))
    yield app
    _close(app)


def _application(config: Config) -> Iterator[Flask]:
    app = _create(config)
    yield app
    _close(app)


def _create(config: Config) -> Flask:
    from wms.app import create_app

    app = create_app(config)
    app.testing = True
    app.test_client_class = _Client
    return app


def _close(app: Flask) -> None:
    from wms.db import db

    with app.app_context():
        engines = list(db.engines.values())
        db.session.remove()
    for engine in engines:
        engine.dispose()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """Give a client of the application."""
    return app.test_client()


@pytest.fixture
def db(app: Flask) -> Iterator[Any]:
    """Give the database extension inside an app context that stays open for the test."""
    from wms.db import db as extension

    with app.app_context():
        yield extension


@pytest.fixture
def run_at_once(config: Config) -> Callable[..., list[processes.Outcome]]:
    """Give tests.processes.run_at_once on this test's database: work in real processes, let go at one instant."""

    def run(work: Callable[..., Any], arguments: list[tuple[Any, ...]], **more: Any) -> list[processes.Outcome]:
        return processes.run_at_once(work, arguments, config=config, **more)

    return run


# -- the real thing in a browser ----------------------------------------------------------------------------------------
@pytest.fixture
def live_config(sqlite_template: Path, tmp_path: Path) -> Config:
    """Give the settings of a web process on a fresh SQLite file and a free port."""
    path = tmp_path / "live.db"
    shutil.copyfile(sqlite_template, path)
    return _config(f"sqlite:///{path}", tmp_path, port=processes.free_port())


@pytest.fixture
def live_app(live_config: Config) -> Iterator[Flask]:
    """Give an application on the live server's database, to prepare data and to look at what came of it."""
    yield from _application(live_config)


@pytest.fixture
def live_server(live_config: Config, tmp_path: Path) -> Iterator[processes.LiveServer]:
    """Start the real web process (`run.py web`) and give it; `.url` is its address."""
    server = processes.LiveServer(live_config, tmp_path / "web.log")
    server.wait_until_ready()
    yield server
    server.stop()


#: How long a browser waits for what must come; it costs nothing when it comes.
PATIENCE_MS = int(processes.PATIENCE_SECONDS * 1000)
CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-gpu",
    "--disable-quic",
]


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Start Chromium, once for each test process."""
    from playwright.sync_api import sync_playwright

    wanted = os.environ.get("WMS_TEST_CHROMIUM")
    path = wanted or next((found for name in CHROMIUM if (found := shutil.which(name))), None)
    if path is None:
        cannot_run("the browser: no Chromium found (apt install chromium, or set WMS_TEST_CHROMIUM)")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=CHROMIUM_FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    """Open a page of its own context on the desk: 1280 by 800, simplified Chinese off; errors in the page fail the test."""
    yield from _open_page(browser, viewport={"width": 1280, "height": 800}, locale="en")


@pytest.fixture
def handheld(browser: Any) -> Iterator[Any]:
    """Open a page of its own context as a handheld: 360 by 640, touch."""
    yield from _open_page(browser, viewport={"width": 360, "height": 640}, locale="en", has_touch=True)


def _open_page(browser: Any, **settings: Any) -> Iterator[Any]:
    context = browser.new_context(**settings)
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    yield page
    context.close()
    assert not faults, f"errors in the page: {faults}"
