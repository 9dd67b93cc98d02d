"""Bring a database to the newest schema, say where it stands, and refuse to work on one that stands elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config as AlembicConfig
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text

from wms.core.errors import SchemaBroken, SchemaMissing, SchemaNew, SchemaOld

#: Where a restore on PostgreSQL keeps the data it is about to replace (wms/backup/postgres.py).
HELD_SCHEMA: Final = "wms_before_restore"
_MIGRATIONS = Path(__file__).resolve().parent.parent.parent / "migrations"


@dataclass(frozen=True, kw_only=True)
class SchemaState:
    """Where a database stands: `at` is its migration (None: no mark), `left` what a broken-off change left behind."""

    at: str | None
    head: str
    is_empty: bool
    is_known: bool
    left: tuple[str, ...]

    @property
    def is_current(self) -> bool:
        """Say whether the product may work on it."""
        return self.at == self.head and not self.left


def _settings(url: str) -> AlembicConfig:
    settings = AlembicConfig()
    settings.set_main_option("script_location", str(_MIGRATIONS))
    settings.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    return settings


def upgrade(url: str) -> None:
    """Run every migration the database at `url` (with its driver named) has not had yet."""
    command.upgrade(_settings(url), "head")


@lru_cache(maxsize=1)
def known() -> tuple[str, ...]:
    """List the migrations this version knows, the newest first."""
    return tuple(one.revision for one in ScriptDirectory.from_config(_settings("sqlite://")).walk_revisions())


def head() -> str:
    """Name the newest migration."""
    return known()[0]


def state_of(connection: Connection) -> SchemaState:
    """Say where the database stands; three small questions at most."""
    heads = MigrationContext.configure(connection).get_current_heads()
    at = heads[0] if len(heads) == 1 else None
    left = _left_behind(connection)
    is_empty = False
    if at is None:
        tables = [name for name in inspect(connection).get_table_names() if name != "alembic_version"]
        is_empty = not tables and not left
        if tables and not left:
            left = ("alembic_version: " + (", ".join(heads) or "–"),)
    return SchemaState(at=at, head=head(), is_empty=is_empty, is_known=at in known(), left=left)


def is_current(connection: Connection) -> bool:
    """Say whether the database stands at the newest migration."""
    return state_of(connection).is_current


def demand_current(connection: Connection) -> None:
    """Refuse a database that the product cannot work on: SchemaMissing, SchemaOld, SchemaNew or SchemaBroken."""
    state = state_of(connection)
    if state.is_current:
        return
    if state.is_empty:
        raise SchemaMissing(needed=state.head)
    if state.left:
        raise SchemaBroken(tables=list(state.left), found=state.at, needed=state.head)
    if not state.is_known:
        raise SchemaNew(found=state.at, needed=state.head)
    raise SchemaOld(found=state.at, needed=state.head)


def _left_behind(connection: Connection) -> tuple[str, ...]:
    """What a migration (SQLite: Alembic's copies of tables) or a restore (PostgreSQL: the old data) left half-way."""
    if connection.dialect.name == "sqlite":
        statement = text(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE '\\_alembic\\_tmp\\_%' ESCAPE '\\'"
        )
        return tuple(connection.execute(statement).scalars())
    found = connection.execute(text("SELECT nspname FROM pg_namespace WHERE nspname = :name"), {"name": HELD_SCHEMA})
    return tuple(found.scalars())
