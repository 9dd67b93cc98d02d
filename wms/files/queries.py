"""Reads of attached files."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select

from wms.core.errors import NotFound
from wms.core.ids import FileId
from wms.db import db
from wms.files.models import StoredFile


def files_of(subject_kind: str, subject_ids: Iterable[int]) -> list[StoredFile]:
    """List the files of some records of one kind, oldest first."""
    wanted = list(subject_ids)
    if not wanted:
        return []
    statement = (
        select(StoredFile)
        .where(StoredFile.subject_kind == subject_kind, StoredFile.subject_id.in_(wanted))
        .order_by(StoredFile.id)
    )
    return list(db.session.execute(statement).scalars())


def get_file(file: FileId) -> StoredFile:
    """Give one file's row; NotFound when there is none."""
    found = db.session.get(StoredFile, file)
    if found is None:
        raise NotFound(kind="file", text=str(file))
    return found
