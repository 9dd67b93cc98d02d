"""Restore a backup, or try one in a scratch place: believe nothing before its hash, replace nothing before the audit."""

from __future__ import annotations

import os
import secrets
import sqlite3
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import psycopg
from sqlalchemy import create_engine, insert
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from config import Config
from wms.backup import postgres, rules, sqlite
from wms.backup.archive import Archive, demand_room, flush_folder, reading
from wms.backup.making import engine_of, host_name
from wms.backup.models import BackupRun
from wms.backup.postgres import PostgresPlace
from wms.backup.rules import Manifest
from wms.backup.sqlite import SqlitePlace
from wms.core.clock import now
from wms.core.errors import (
    BackupElsewhere,
    BackupFailed,
    BackupNewer,
    BackupUnreadable,
    DatabaseNotEmpty,
    RestoredDataFaulty,
)
from wms.core.ids import new_id
from wms.db import migrate
from wms.stock.ledger.audit import run_checks

Tell = Callable[[str], object]
Place = SqlitePlace | PostgresPlace
#: What disks and database servers say when they refuse; everything is undone by then.
_FAULTS: Final = (OSError, psycopg.Error, sqlite3.Error)
_QUIET: Final[Tell] = lambda _text: None  # noqa: E731


@dataclass(frozen=True, kw_only=True)
class Restored:
    """What was put in place; `kept` is where the data that stood there before are, "" when there were none."""

    manifest: Manifest
    kept: str
    files: int
    secrets: int


def restore(
    path: Path, config: Config, *, replace: bool = False, with_secrets: bool = False, tell: Tell = _QUIET
) -> Restored:
    """Put a backup in the place of the database and beside the attachments.

    In this order: every hash; whether it fits; whether there is anything to lose; the database beside the old one; its
    migrations; the ledger audit; the attachments; the swap. Whatever fails, the old data are in place.
    """
    at = now()
    config.data_dir.mkdir(parents=True, exist_ok=True)
    place = _place(config)
    with reading(path) as archive:
        _demand_fit(archive, config, tell)
        place.undo()
        holds_data = place.holds_tables() and rules.holds_data(_counts_of(place))
        if holds_data and not replace:
            raise DatabaseNotEmpty(database=place.name)
        try:
            demand_room(config.data_dir, archive.manifest.size)
            with place.staged(archive) as url:
                _prove(place, archive.manifest, url, tell)
                files = _put_files(archive, config, tell)
                _put_anchor(archive, config, tell)
                kept_secrets = _put_secrets(archive, config) if with_secrets else 0
                _record(url, archive, at)
                kept = place.swap(at, is_kept=holds_data)
        except _FAULTS as wrong:
            raise BackupFailed(what=str(wrong).strip()) from wrong
        return Restored(manifest=archive.manifest, kept=kept, files=files, secrets=kept_secrets)


def verify(path: Path, config: Config, *, tell: Tell = _QUIET) -> Manifest:
    """Try a backup: every hash, then a restore into a scratch place with migrations and audit; nothing is kept."""
    config.data_dir.mkdir(parents=True, exist_ok=True)
    with reading(path) as archive:
        _demand_fit(archive, config, tell)
        try:
            demand_room(config.data_dir, archive.manifest.size)
            with _scratch(archive, config) as place, place.staged(archive) as url:
                _prove(place, archive.manifest, url, tell)
        except _FAULTS as wrong:
            raise BackupFailed(what=str(wrong).strip()) from wrong
        return archive.manifest


def undo(config: Config) -> bool:
    """Put back what a killed restore set aside; False when there was nothing."""
    return _place(config).undo()


# -- whether it fits --------------------------------------------------------------------------------------------------
def _demand_fit(archive: Archive, config: Config, tell: Tell) -> None:
    manifest = archive.manifest
    tell(f"checking {len(manifest.members)} hashes ...")
    archive.verify()
    engine = engine_of(config.database_url)
    if manifest.engine != engine:
        raise BackupElsewhere(found=_engine_words(manifest.engine), needed=_engine_words(engine))
    if manifest.migration not in migrate.known():
        raise BackupNewer(found=manifest.migration, needed=migrate.head(), version=manifest.version)


def _engine_words(engine: str) -> str:
    return {"sqlite": "SQLite", "postgresql": "PostgreSQL"}[engine]


def _place(config: Config) -> Place:
    if engine_of(config.database_url) == "sqlite":
        return SqlitePlace(config.database_url)
    return PostgresPlace(config.database_url, bin_folder=config.pg_bin, folder=config.data_dir)


def _scratch(archive: Archive, config: Config) -> AbstractContextManager[Place]:
    if archive.manifest.engine == "sqlite":
        return sqlite.scratch(config.data_dir)
    return postgres.scratch(config.database_url, bin_folder=config.pg_bin, folder=config.data_dir)


def _counts_of(place: Place) -> dict[str, int]:
    """What stands there; a file that is no database any more holds nothing that a restore could lose unsaid."""
    try:
        return place.counts()
    except Exception:
        return {"warehouse": 1}  # it cannot be read: only --replace may take its place


# -- whether it is whole ----------------------------------------------------------------------------------------------
def _prove(place: Place, manifest: Manifest, url: str, tell: Tell) -> None:
    """Check what is staged: the engine's own check, the rows of the manifest, then migrations and the ledger audit."""
    tell("checking the restored database ...")
    faults = place.staged_faults() or rules.lost_rows(manifest.counts, place.staged_counts())
    _demand_none(faults)
    driver_url = url.replace("postgresql://", "postgresql+psycopg://", 1)
    if manifest.migration != migrate.head():
        tell(f"migrating from {manifest.migration} to {migrate.head()} ...")
        try:
            migrate.upgrade(driver_url)
        except Exception as wrong:
            raise BackupFailed(what=f"the migration from {manifest.migration}: {wrong}") from wrong
    tell("auditing the ledger ...")
    engine = create_engine(driver_url, poolclass=NullPool)
    with Session(engine) as session:
        _demand_none([f"{fault.check} {fault.says}: {', '.join(fault.row)}" for fault in run_checks(session)])


def _demand_none(faults: list[str]) -> None:
    if faults:
        raise RestoredDataFaulty(faults=len(faults), first=faults[0][:300])


# -- beside the database ----------------------------------------------------------------------------------------------
def _put_files(archive: Archive, config: Config, tell: Tell) -> int:
    """Put the attachments in place. Their names are their hashes, so none can replace another's content."""
    files = archive.manifest.files
    if files:
        tell(f"putting {len(files)} attachments in place ...")
    for member in files:
        _put(archive, member.name, config.data_dir / member.name, like=config.data_dir)
    return len(files)


def _put_anchor(archive: Archive, config: Config, tell: Tell) -> None:
    """Put the anchor of the seals in place where there is none; one that is there knows more and is never replaced."""
    if rules.ANCHOR_MEMBER not in [member.name for member in archive.manifest.members]:
        return
    if config.anchor_path.exists():
        tell('the anchor of the seals stays as it is; if it is ahead now, say: run.py seal --restored "why"')
        return
    _put(archive, rules.ANCHOR_MEMBER, config.anchor_path, like=config.data_dir)


def _put_secrets(archive: Archive, config: Config) -> int:
    if not archive.manifest.secrets:
        raise BackupUnreadable(file=str(archive.path), why="no_secrets")
    for member in archive.manifest.secrets:
        _put(archive, member.name, config.data_dir / member.name.removeprefix("secrets/"), like=config.data_dir)
    return len(archive.manifest.secrets)


def _put(archive: Archive, name: str, target: Path, *, like: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")
    archive.extract(name, part)
    if os.geteuid() == 0:  # run by root, leave it to whom the data belong
        owner = like.stat()
        for path in (part, target.parent):
            os.chown(path, owner.st_uid, owner.st_gid)
    os.replace(part, target)
    flush_folder(target.parent)


def _record(url: str, archive: Archive, at: datetime) -> None:
    """Write into the restored data that, and from what, they were restored."""
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://", 1), poolclass=NullPool)
    with engine.begin() as connection:
        connection.execute(
            insert(BackupRun).values(
                id=new_id(), kind="restore", file=str(archive.path)[-400:], size_bytes=archive.path.stat().st_size,
                made_at=archive.manifest.made_at, finished_at=at, host=host_name(), verified="restored", verified_at=at,
            )
        )  # fmt: skip
