"""Throw the demo away: its database, and the files it left. Refuses on anything that is not marked as a demo."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from sqlalchemy import Engine, inspect, make_url, text
from sqlalchemy.exc import DBAPIError

from config import Config
from wms.db import WRITE, Base, db
from wms.demo import guard


class NotDropped(Exception):
    """Nothing was thrown away; the message says why."""


def demand_demo(config: Config) -> str:
    """Give the name of the database that would go; NotDropped unless it is marked as a demo."""
    url = make_url(str(db.engine.url))
    name = url.render_as_string(hide_password=True)
    if db.engine.dialect.name == "sqlite" and not Path(url.database or "").is_file():
        raise NotDropped(f"There is no database {name}; nothing was thrown away.")
    if not guard.is_demo_database():
        raise NotDropped(f"The database {name} is not marked as a demo; nothing was thrown away.")
    return name


def drop(config: Config) -> list[str]:
    """Throw it all away; what went. Raises NotDropped when somebody still works on it."""
    demand_demo(config)
    engine = db.engine
    db.session.remove()
    engine.dispose()
    gone: list[str] = []
    if engine.dialect.name == "sqlite":
        path = Path(str(engine.url.database))
        _demand_alone(path)
        gone += _remove(_left_files(config))
        gone += _remove((path, *_beside(path)))
    else:
        _drop_tables(engine)
        gone += [f"the tables in {engine.url.render_as_string(hide_password=True)}", *_remove(_left_files(config))]
    return gone


def _left_files(config: Config) -> Iterable[Path]:
    """What the demo left beside its database: attachments, its tokens, the gateway's spool. The kept key stays."""
    spool = config.gateway_spool
    return (
        config.data_dir / "files", config.data_dir / "gateway_token", config.data_dir / "demo.json", spool,
        *_beside(spool),
    )  # fmt: skip


def _beside(path: Path) -> tuple[Path, ...]:
    return tuple(path.with_name(path.name + end) for end in ("-wal", "-shm", "-journal"))


def _remove(paths: Iterable[Path]) -> list[str]:
    gone = []
    for path in paths:
        if path.is_dir():
            shutil.rmtree(path)
        elif path.exists():
            path.unlink()
        else:
            continue
        gone.append(str(path))
    return gone


def _demand_alone(path: Path) -> None:
    """Leaving the write-ahead log needs the file for oneself alone: it fails while any process has it open."""
    try:
        with closing(sqlite3.connect(path, timeout=1.0, isolation_level=None)) as connection:
            connection.execute("PRAGMA journal_mode=DELETE")
            connection.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError as busy:
        raise NotDropped(f"{path} is in use; stop what runs on it and try again. Nothing was thrown away.") from busy


def _drop_tables(engine: Engine) -> None:
    """Drop every table of ours in one transaction; tables of others stay."""
    with engine.connect().execution_options(**{WRITE: True}) as connection, connection.begin():
        connection.execute(text("SET LOCAL lock_timeout = '5s'"))
        there = set(inspect(connection).get_table_names())
        ours = sorted(({table.name for table in Base.metadata.sorted_tables} | {"alembic_version"}) & there)
        quote = engine.dialect.identifier_preparer.quote
        try:
            connection.execute(text("DROP TABLE " + ", ".join(quote(name) for name in ours)))
            connection.execute(text("DROP FUNCTION IF EXISTS refuse_change(), refuse_change_but()"))
        except DBAPIError as refused:
            said = str(refused.orig).strip().splitlines()[0]
            raise NotDropped(f"The tables cannot be dropped: {said}. Nothing was thrown away.") from refused
    engine.dispose()
