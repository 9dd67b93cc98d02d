"""A large warehouse for each engine, loaded once for each test process, with the statistics of one a hundred times as large."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from config import Config
from tests.questions import DAY, Place

ROWS = 6_000
#: The planners are told of so many times more rows than there are: they then choose as they would in a warehouse of a million.
TIMES = 150


@pytest.fixture(scope="session", params=("sqlite", "postgresql"))
def large(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """Give a place with ROWS stock rows on each engine."""
    folder = tmp_path_factory.mktemp("large")
    if request.param == "sqlite":
        path = folder / "large.db"
        shutil.copyfile(request.getfixturevalue("sqlite_template"), path)
        yield from load(f"sqlite:///{path}", folder)
        return
    template = request.getfixturevalue("postgres_template")
    server = request.getfixturevalue("postgres_server")
    name = server.clone(template, "large")
    yield from load(server.url_of(name), folder)
    server.drop(name)


def load(url: str, folder: Path) -> Iterator[Place]:
    """Load the warehouse into the database at `url`."""
    from wms.app import create_app
    from wms.db import db
    from wms.demo.scale.load import load_scale

    config = Config(
        database_url=url, secret_key="0123456789abcdef" * 2, data_dir=folder / "data", gateway_spool=folder / "gw.db",
        argon2_is_fast=True,
    )  # fmt: skip
    app = create_app(config)
    app.testing = True
    with app.app_context():
        assert load_scale(config, rows=ROWS, on=DAY, tell=lambda _line: None)
        pretend_size(db)
        db.session.remove()
    place = Place.of(app)
    yield place
    with app.app_context():
        db.session.remove()
    place.engine.dispose()


def pretend_size(db: Any) -> None:
    """Multiply the row counts in the planner's statistics; how many rows share a value stays as it is."""
    if db.engine.dialect.name == "postgresql":
        with db.engine.begin() as connection:
            connection.execute(
                text(
                    "UPDATE pg_class SET reltuples = reltuples * :times WHERE relnamespace = 'public'::regnamespace"
                    " AND reltuples > 150"
                ),
                {"times": TIMES},
            )
        return
    raw = db.engine.raw_connection()
    for rowid, stat in raw.cursor().execute("SELECT rowid, stat FROM sqlite_stat1").fetchall():
        first, _, rest = stat.partition(" ")
        if int(first) > 150:
            scaled = f"{int(first) * TIMES} {rest}".strip()
            raw.cursor().execute("UPDATE sqlite_stat1 SET stat = ? WHERE rowid = ?", (scaled, rowid))
    raw.close()
    db.engine.dispose()  # SQLite reads its statistics when a connection opens
