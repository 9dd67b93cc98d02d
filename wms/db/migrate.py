"""Bring a database to the newest schema, and say whether it is there."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config as AlembicConfig
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

_MIGRATIONS = Path(__file__).resolve().parent.parent.parent / "migrations"


def _settings(url: str) -> AlembicConfig:
    settings = AlembicConfig()
    settings.set_main_option("script_location", str(_MIGRATIONS))
    settings.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    return settings


def upgrade(url: str) -> None:
    """Run every migration the database at `url` (with its driver named) has not had yet."""
    command.upgrade(_settings(url), "head")


def is_current(connection: Connection) -> bool:
    """Say whether the database stands at the newest migration."""
    head = ScriptDirectory.from_config(_settings("sqlite://")).get_current_head()
    return MigrationContext.configure(connection).get_current_revision() == head
