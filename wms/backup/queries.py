"""Reads of the record of backups."""

from __future__ import annotations

from sqlalchemy import select

from wms.backup.models import BackupRun
from wms.db import db


def last_of(kind: str) -> BackupRun | None:
    """Give the last backup that was made, or the last that was restored."""
    statement = select(BackupRun).where(BackupRun.kind == kind).order_by(BackupRun.made_at.desc(), BackupRun.id.desc())
    return db.session.execute(statement.limit(1)).scalar_one_or_none()
