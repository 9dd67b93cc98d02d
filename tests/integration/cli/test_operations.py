"""Verbs of operations as a person types them: backup, restore, version; and a start on a database that does not fit."""

import dataclasses
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from alembic import command
from flask import Flask
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from config import Config
from run import make_app
from tests import given, processes, schema
from tests.conftest import Database
from tests.integration.backup.conftest import own_config, rows
from wms.cli import main
from wms.cli.start import StartRefused, refuse_unfit_database
from wms.db import db, migrate

Run = Callable[..., tuple[int, str]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a verb of run.py on some settings: its code and all it printed."""

    def type_it(config: Config, *words: str) -> tuple[int, str]:
        for name in [name for name in os.environ if name.startswith("WMS_") and not name.startswith("WMS_TEST_")]:
            monkeypatch.delenv(name)
        for name, value in processes.environment(config).items():
            if name.startswith("WMS_"):
                monkeypatch.setenv(name, value)
        apps: list[Flask] = []

        def make(settings: Config | None = None) -> Flask:
            apps.append(make_app(settings))
            return apps[-1]

        code = main(make, words)
        for app in apps:
            with app.app_context():
                db.session.remove()
                db.engine.dispose()
        said = capsys.readouterr()
        return code, said.out + said.err

    return type_it


def close(app: Flask) -> None:
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def test_backup_verify_and_restore_say_what_they_did_and_end_with_one_over_a_fault(
    run: Run, app: Flask, config: Config, tmp_path: Path
) -> None:
    config = own_config(config)
    with app.app_context():
        given.stock(given.lot(given.item()), given.warehouse())
    close(app)
    file = tmp_path / "b.zip"
    code, said = run(config, "backup", str(file))
    assert code == 0 and "1 " not in said.split("attachments")[0][-2:] and "without the secret key" in said
    assert rows(config, "SELECT verified FROM backup_run") == [""]
    code, said = run(config, "backup", "--verify", str(file))
    assert code == 0 and "the ledger is whole" in said
    assert rows(config, "SELECT verified FROM backup_run") == ["restored"]
    code, said = run(config, "backup", str(file))
    assert code == 1 and "never replaces one" in said
    code, said = run(config, "restore", str(file))
    assert code == 1 and "--replace" in said and "Nothing was changed" in said
    code, said = run(config, "restore", str(file), "--replace")
    assert code == 0 and "is kept as" in said
    file.write_bytes(file.read_bytes()[:-100])
    code, said = run(config, "restore", str(file), "--replace")
    assert code == 1 and "not a whole archive" in said
    assert run(config, "restore")[0] == 2
    code, said = run(config, "restore", "--undo")
    assert code == 0 and "nothing to undo" in said
    code, said = run(config, "version")
    assert code == 0 and f"at migration {migrate.head()}; needed: {migrate.head()}" in said


# -- a start ----------------------------------------------------------------------------------------------------------
def execute(config: Config, *statements: str) -> None:
    engine = create_engine(schema.driver_url(config.database_url), poolclass=NullPool)
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))


def refusal_of(config: Config) -> str:
    app = make_app(config)
    try:
        refuse_unfit_database(app)
    except StartRefused as refused:
        with app.test_client() as client:
            answer = client.get("/readyz")
            assert answer.status_code == 503
            return f"{answer.json['why']}: {refused}" if answer.json else str(refused)
    finally:
        close(app)
    return ""


def test_a_start_is_refused_on_a_database_that_stands_elsewhere(empty_database: Database, tmp_path: Path) -> None:
    config = Config(database_url=empty_database.url, data_dir=tmp_path, secret_key="k" * 32)
    settings = schema.alembic_config(empty_database.url)
    said = refusal_of(config)
    assert said.startswith("schema_missing") and "`run.py init`" in said and "`run.py migrate`" in said
    command.upgrade(settings, "0001")
    said = refusal_of(config)
    assert said.startswith("schema_old") and "migration 0001" in said and f"needs {migrate.head()}" in said
    assert "`run.py migrate`" in said
    command.upgrade(settings, "head")
    assert refusal_of(config) == ""
    execute(config, "UPDATE alembic_version SET version_num = '9999'")
    said = refusal_of(config)
    assert said.startswith("schema_new") and "9999" in said and f"ends at {migrate.head()}" in said
    execute(config, "DELETE FROM alembic_version")
    assert refusal_of(config).startswith("schema_broken")


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_migration_that_broke_off_is_named_by_what_it_left(database: Database, config: Config) -> None:
    execute(config, "CREATE TABLE _alembic_tmp_lot (id INTEGER)")
    said = refusal_of(config)
    assert said.startswith("schema_broken") and "_alembic_tmp_lot" in said


def test_web_and_jobs_and_a_wsgi_server_all_refuse(run: Run, tmp_path: Path) -> None:
    config = Config(database_url=f"sqlite:///{tmp_path / 'none.db'}", data_dir=tmp_path, secret_key="k" * 32)
    for words in (["web"], ["jobs"], ["jobs", "--once", "retention"]):
        code, said = run(config, *words)
        assert code == 1 and "The database is empty" in said, words
    import run as entry  # its environment is that of the last verb

    with pytest.raises(StartRefused, match="The database is empty"):
        _ = entry.app
    away = dataclasses.replace(config, database_url="postgresql://nobody@127.0.0.1:1/none")
    code, said = run(away, "jobs")
    assert code == 1 and "cannot be opened" in said


def test_retention_prints_what_went(run: Run, app: Flask, config: Config) -> None:
    close(app)
    code, said = run(config, "jobs", "--once", "retention")
    assert code == 0 and "retention: done" in said and "events 0" in said
    code, said = run(config, "jobs", "--once", "backup")
    assert code == 1 and "WMS_BACKUP_DIR is not set" in said
