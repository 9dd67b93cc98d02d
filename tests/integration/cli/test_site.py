"""A site's start on the command line: set up, refused twice, the demo refused to people and thrown away."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import create_engine, inspect, text

from config import Config
from tests import processes, schema
from wms.cli import main, verbs
from wms.demo import guard

ROOT = Path(__file__).resolve().parents[3]
WHOLE = (
    "init", "--no-input", "--password-stdin", "--company", "Acme", "--admin", "boss", "--admin-name", "Li Na",
    "--warehouse", "SH1", "--name", "Shanghai", "--time-zone", "Asia/Shanghai", "--docks", "2",
    "--zone", "AMB:ambient:Ambient:常温区", "--zone", "COLD:cold:Cold", "--racks", "AMB:A-B:3x2x2",
    "--racks", "COLD:C:2x1x1:0",
)  # fmt: skip
PASSWORD = "correct horse battery"


def environment(url: str, folder: Path, **more: str) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("WMS_")}
    return kept | {
        "WMS_DATABASE_URL": url, "WMS_DATA_DIR": str(folder), "WMS_GATEWAY_SPOOL": str(folder / "gateway.db"),
        "WMS_ARGON2_IS_FAST": "1", "WMS_PORT": str(processes.free_port()), **more,
    }  # fmt: skip


_apps: list[Any] = []


def make_app(config: Config | None = None) -> Any:
    from wms.app import create_app

    _apps.append(create_app(config))
    return _apps[-1]


@pytest.fixture(autouse=True)
def let_go() -> Iterator[None]:
    """Close what the verbs left open when they ended: a process of its own would end here."""
    from wms.db import db

    yield
    while _apps:
        with _apps.pop().app_context():
            db.session.remove()
            db.engine.dispose()


def run(url: str, folder: Path, *words: str, stdin: str = "") -> Any:
    """Run a verb in this process, as a person would with these settings; `.output` is all it said."""
    settings: dict[str, str | None] = dict.fromkeys(name for name in os.environ if name.startswith("WMS_"))
    settings |= {name: value for name, value in environment(url, folder).items() if name.startswith("WMS_")}
    return CliRunner().invoke(verbs, words, input=stdin, obj=make_app, env=settings)


def ask(url: str, statement: str) -> list[Any]:
    engine = create_engine(schema.driver_url(url))
    try:
        with engine.connect() as connection:
            return [tuple(row) for row in connection.execute(text(statement))]
    finally:
        engine.dispose()


def test_a_site_is_set_up_by_one_command_and_a_second_is_refused(empty_database: Any, tmp_path: Path) -> None:
    url, sheets = empty_database.url, tmp_path / "bins.pdf"
    made = run(url, tmp_path, *WHOLE, "--labels", str(sheets), stdin=PASSWORD + "\n")
    assert made.exit_code == 0, made.output
    assert "SH1" in made.output and "/setup/users" in made.output and PASSWORD not in made.output
    assert sheets.read_bytes().startswith(b"%PDF")
    assert ask(url, "SELECT company_name, is_demo FROM installation") in ([("Acme", False)], [("Acme", 0)])
    assert ask(url, "SELECT role, warehouse_id FROM user_role") == [("administrator", None)]
    kinds = dict(ask(url, "SELECT kind, count(*) FROM bin GROUP BY kind"))
    assert (kinds["pick_face"], kinds["storage"], kinds["quarantine"], kinds["dock"]) == (12, 14, 2, 2)
    assert ask(url, "SELECT DISTINCT reason FROM audit_entry") == [("run.py init",)]

    again = run(url, tmp_path, *WHOLE, stdin=PASSWORD + "\n")
    assert again.exit_code == 1 and "/setup/warehouses" in again.output and "SH1" in again.output
    kept = run(url, tmp_path, "demo-drop", "--yes")
    assert kept.exit_code == 1 and "not marked as a demo" in kept.output
    assert ask(url, "SELECT count(*) FROM warehouse") == [(1,)]


@pytest.fixture
def quick(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """An empty SQLite database for verbs that run in this process."""
    url = f"sqlite:///{tmp_path / 'site.db'}"
    for name in [name for name in os.environ if name.startswith("WMS_") and not name.startswith("WMS_TEST_")]:
        monkeypatch.delenv(name)
    for name, value in environment(url, tmp_path).items():
        if name.startswith("WMS_"):
            monkeypatch.setenv(name, value)
    return url


def test_every_question_is_asked_again_until_the_answer_will_do(quick: str) -> None:
    answers = [
        "Acme", "B", "boss", "Li Na", "short", "correct horse battery", "correct horse battery", "SH1", "Shanghai", "",
        "Mars/Olympus", "Asia/Shanghai", "", "", "none", "2", "", "", "", "", "", "A/B:1", "A-B:2x2x1", "n",
    ]  # fmt: skip
    ended = CliRunner().invoke(verbs, ["init"], input="\n".join(answers) + "\n", obj=make_app)
    assert ended.exit_code == 0, ended.output
    for refused in ("2 to 40", "at least 12", "is not a time zone", "from 1 to 99", "is not ZONE:AISLES"):
        assert refused in ended.output, refused
    assert ask(quick, "SELECT code, timezone FROM warehouse") == [("SH1", "Asia/Shanghai")]
    assert ask(quick, "SELECT count(*) FROM bin WHERE kind IN ('storage', 'pick_face')") == [(8,)]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (("--time-zone", "Mars/Olympus"), "is not a time zone"),
        (("--racks", "FRZ:A:1x1x1"), "no zone FRZ"),
        (("--racks", "AMB:A:999x99x99"), "50,000"),
        (("--racks", "AMB:A:3x2x2"), "there already"),
        (("--zone", "X:hot:Hot"), "ambient"),
        (("--zone", "AMB:cool:Twice"), "already in use"),
        (("--gln", "1234567890123"), "GLN"),
        (("--admin", "Not A Login"), "small letters"),
        (("--company", " "), "empty"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_made(
    quick: str, wrong: tuple[str, str], said: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WMS_INIT_PASSWORD", PASSWORD)
    words = [word for word in WHOLE if word != "--password-stdin"]
    assert main(make_app, [*words, *wrong]) in {1, 2}
    assert said in capsys.readouterr().err
    there = create_engine(quick)
    with there.connect() as connection:
        is_made = "warehouse" in inspect(connection).get_table_names()
    there.dispose()
    assert not is_made or ask(quick, "SELECT count(*) FROM warehouse") == [(0,)]


def test_without_an_answer_it_says_what_is_missing(quick: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(make_app, ["init", "--no-input"]) == 2
    assert "--company is missing" in capsys.readouterr().err
    assert main(make_app, [word for word in WHOLE if word != "--password-stdin"]) == 2
    assert "--password-stdin" in capsys.readouterr().err


# -- the demo ---------------------------------------------------------------------------------------------------------
def mark(url: str, *, is_demo: bool) -> None:
    engine = create_engine(schema.driver_url(url))
    with engine.begin() as connection:
        connection.execute(
            text("INSERT INTO installation (id, company_name, is_demo, made_at) VALUES (1, 'x', :d, '2026-11-22')"),
            {"d": is_demo},
        )
    engine.dispose()


def test_the_demo_is_thrown_away_whole(empty_database: Any, tmp_path: Path) -> None:
    url = empty_database.url
    schema.make_schema(url)
    mark(url, is_demo=True)
    engine = create_engine(schema.driver_url(url))
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE of_somebody_else (id int)"))
    engine.dispose()
    for name in ("gateway_token", "demo.json", "gateway.db", "gateway.db-wal"):
        (tmp_path / name).write_text("x")
    (tmp_path / "files").mkdir()
    (tmp_path / "secret_key").write_text("5b1f0c9de27a48863f7d2ae40916cb58")
    assert run(url, tmp_path, "demo-drop", stdin="n\n").exit_code == 1
    assert (tmp_path / "demo.json").exists()
    gone = run(url, tmp_path, "demo-drop", stdin="y\n")
    assert gone.exit_code == 0, gone.output
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {"secret_key"}
    if empty_database.engine == "postgresql":
        found = ask(url, "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'")
        assert found == [("of_somebody_else",)]
        assert ask(url, "SELECT count(*) FROM pg_proc WHERE proname = 'refuse_change'") == [(0,)]
    schema.make_schema(url)
    assert ask(url, "SELECT count(*) FROM user_account") == [(1,)]


@pytest.mark.parametrize("words", [("run.py", "web"), ("-c", "import run; run.app")], ids=["web", "wsgi"])
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_demo_is_not_served_to_people(database: Any, tmp_path: Path, words: tuple[str, ...]) -> None:
    mark(database.url, is_demo=True)
    ended = subprocess.run(
        [sys.executable, *words], cwd=ROOT, capture_output=True, text=True, timeout=90,
        env=environment(database.url, tmp_path),
    )  # fmt: skip
    assert ended.returncode == 2 and "demo-drop" in ended.stderr and "Traceback" not in ended.stderr, ended.stderr
    assert ended.stderr.strip().splitlines()[-1].startswith("Error: This database holds the demo")


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_database_in_use_is_not_thrown_away(database: Any, config: Config, tmp_path: Path) -> None:
    mark(database.url, is_demo=True)
    holder = create_engine(database.url)
    with holder.connect() as connection:
        connection.execute(text("PRAGMA journal_mode=WAL"))
        connection.execute(text("SELECT count(*) FROM installation")).scalar()
        ended = run(database.url, tmp_path, "demo-drop", "--yes")
    holder.dispose()
    assert ended.exit_code == 1 and "in use" in ended.output
    assert ask(database.url, "SELECT count(*) FROM installation") == [(1,)]


def test_the_guard_knows_a_demo_by_its_mark_and_a_sample_key_by_its_look(app: Any, config: Config) -> None:
    with app.app_context():
        assert guard.why_not_serve(config) == ""
        for key in ("0123456789abcdef" * 2, "change-me-" + "k" * 30, "x" * 40, "your-secret-key-of-32-characters!"):
            assert "WMS_SECRET_KEY" in guard.why_not_serve(replace(config, secret_key=key)), key
        mark(config.database_url, is_demo=True)
        assert "demo" in guard.why_not_serve(config)
        assert guard.why_not_serve(replace(config, is_demo=True)) == ""


def test_a_demo_from_before_the_mark_is_known_by_its_trail(empty_database: Any) -> None:
    from alembic import command

    settings = schema.alembic_config(empty_database.url)
    command.upgrade(settings, "0001")
    engine = create_engine(schema.driver_url(empty_database.url))
    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO audit_entry (at, entity, entity_id, action, changes, reason)"
                " VALUES ('2026-11-22', 'bin', 1, 'created', '{}', 'demo data')"
            )
        )
    engine.dispose()
    command.upgrade(settings, "head")
    assert [bool(row[0]) for row in ask(empty_database.url, "SELECT is_demo FROM installation")] == [True]
