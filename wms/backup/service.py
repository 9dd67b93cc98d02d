"""Verbs of the record of backups: note one that was made, note that it was verified."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from sqlalchemy import update

from wms.backup.models import BackupRun
from wms.core.ids import new_id
from wms.db import db


def note_backup(path: Path, *, size_bytes: int, made_at: datetime, verified: str, host: str, at: datetime) -> None:
    """Record a backup that lies in its place."""
    db.session.add(
        BackupRun(
            id=new_id(), kind="backup", file=str(path.absolute())[-400:], size_bytes=size_bytes, made_at=made_at,
            finished_at=at, host=host, verified=verified, verified_at=at if verified else None,
        )
    )  # fmt: skip


def note_verified(path: Path, *, made_at: datetime, at: datetime) -> bool:
    """Record that a backup was restored in a scratch place and found whole; False when it is none of those recorded."""
    done = db.session.execute(
        update(BackupRun)
        .where(BackupRun.kind == "backup", BackupRun.made_at == made_at, BackupRun.file == str(path.absolute())[-400:])
        .values(verified="restored", verified_at=at)
        .execution_options(synchronize_session="fetch")
    )
    return bool(done.rowcount)  # type: ignore[attr-defined]
