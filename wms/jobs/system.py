"""What the system page tells: which version runs on what, where the database stands, what room is left, what is there."""

from __future__ import annotations

import platform
import shutil
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import select, text

from config import Config
from wms.backup.models import BackupRun
from wms.backup.queries import last_of
from wms.core.version import VERSION, build
from wms.db import db, migrate
from wms.db.migrate import SchemaState
from wms.rfid.models import Gateway

#: The first SQLite whose write-ahead log several connections may check-point at once (docs/decisions/0005).
SQLITE_SOUND: Final = (3, 51, 3)
#: A gateway beats each second or so; one not heard for so long is silent.
GATEWAY_SILENT: Final = timedelta(minutes=2)
_LOW_DISK_BYTES: Final = 1024**3
_LOW_DISK_SHARE: Final = 0.05
#: What is counted, and how: the ledger's own numbers go on for ever, so the last one is its count.
_COUNTED: Final = (
    ("warehouses", "SELECT count(*) FROM warehouse"),
    ("bins", "SELECT count(*) FROM bin"),
    ("items", "SELECT count(*) FROM item"),
    ("lots", "SELECT count(*) FROM lot"),
    ("stock_rows", "SELECT count(*) FROM stock_balance"),
    ("postings", "SELECT coalesce(max(seq), 0) FROM stock_posting"),
    ("users", "SELECT count(*) FROM user_account WHERE is_active"),
    ("handhelds", "SELECT count(*) FROM device WHERE is_active"),
)


@dataclass(frozen=True, kw_only=True)
class Disk:
    """A disk we write to, what of ours lies on it, and the room that is left."""

    whats: tuple[str, ...]
    folder: str
    free_bytes: int
    is_low: bool


@dataclass(frozen=True, kw_only=True)
class SeenGateway:
    """A gateway and when it was last heard."""

    code: str
    last_seen_at: datetime | None
    is_silent: bool


@dataclass(frozen=True, kw_only=True)
class System:
    """All of it."""

    version: str
    build: str
    python: str
    host: str
    engine: str
    engine_version: str
    schema: SchemaState
    is_sqlite_old: bool
    disks: Sequence[Disk]
    backup: BackupRun | None
    restore: BackupRun | None
    is_backup_old: bool
    backup_dir: str
    backup_keep: int
    backup_warn_days: int
    gateways: Sequence[SeenGateway]
    counts: dict[str, int]


def look(config: Config, *, at: datetime) -> System:
    """Gather what the page shows."""
    connection = db.session.connection()
    engine = connection.dialect.name
    last = last_of("backup")
    return System(
        version=VERSION,
        build=build(),
        python=platform.python_version(),
        host=platform.node(),
        engine="SQLite" if engine == "sqlite" else "PostgreSQL",
        engine_version=_engine_version(engine),
        schema=migrate.state_of(connection),
        is_sqlite_old=engine == "sqlite" and sqlite3.sqlite_version_info < SQLITE_SOUND,
        disks=_disks(config),
        backup=last,
        restore=last_of("restore"),
        is_backup_old=bool(config.backup_dir)
        and (last is None or last.made_at < at - timedelta(days=config.backup_warn_days)),
        backup_dir=config.backup_dir,
        backup_keep=config.backup_keep,
        backup_warn_days=config.backup_warn_days,
        gateways=_gateways(at),
        counts={name: int(db.session.execute(text(statement)).scalar_one()) for name, statement in _COUNTED},
    )


def _engine_version(engine: str) -> str:
    if engine == "sqlite":
        return sqlite3.sqlite_version
    return str(db.session.execute(text("SHOW server_version")).scalar_one()).split()[0]


def _disks(config: Config) -> list[Disk]:
    """The disks of this host that fill."""
    folders = [("data", config.data_dir)]
    if config.database_url.startswith("sqlite"):
        folders.append(("database", Path(config.database_url.partition("///")[2]).parent))
    if config.backup_dir:
        folders.append(("backups", Path(config.backup_dir)))
    found: dict[int, Disk] = {}
    for what, folder in folders:
        try:
            usage, device = shutil.disk_usage(folder), folder.stat().st_dev
        except OSError:  # not made yet
            continue
        is_low = usage.free < _LOW_DISK_BYTES or usage.free < usage.total * _LOW_DISK_SHARE
        whats = (*found[device].whats, what) if device in found else (what,)
        found[device] = Disk(whats=whats, folder=str(folder), free_bytes=usage.free, is_low=is_low)
    return list(found.values())


def _gateways(at: datetime) -> list[SeenGateway]:
    rows = db.session.execute(
        select(Gateway.code, Gateway.last_seen_at).where(Gateway.is_active).order_by(Gateway.code)
    )
    return [
        SeenGateway(code=row.code, last_seen_at=row.last_seen_at, is_silent=_is_silent(row.last_seen_at, at))
        for row in rows
    ]


def _is_silent(seen: datetime | None, at: datetime) -> bool:
    return seen is None or seen < at - GATEWAY_SILENT
