"""Reads of attached files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import or_, select

from wms.core.errors import NotFound
from wms.core.ids import FileId, LotId
from wms.db import Base, db
from wms.db.paging import Page, SortKey, after, page_of
from wms.files.models import FileKind, StoredFile


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


@dataclass(frozen=True)
class Attachment:
    """A file with the names of who attached it and who withdrew it."""

    file: StoredFile
    attached_by: str
    withdrawn_by: str | None


def attachments_of(subject_kind: str, subject_id: int) -> Sequence[Attachment]:
    """List the files of one record, the newest first; one statement."""
    statement = _with_people().where(StoredFile.subject_kind == subject_kind, StoredFile.subject_id == subject_id)
    found = db.session.execute(statement.order_by(StoredFile.id.desc()))
    return [Attachment(row[0], row[1] or "", row[2]) for row in found]


def page_of_attachments(subject_kind: str, subject_id: int, *, cursor: str | None, size: int) -> Page[Attachment]:
    """One page of the files of one record, the newest first."""
    statement = _with_people().where(StoredFile.subject_kind == subject_kind, StoredFile.subject_id == subject_id)
    keys = [SortKey(StoredFile.id.expression, descending=True)]
    rows = [
        Attachment(row[0], row[1] or "", row[2])
        for row in db.session.execute(after(statement, keys, cursor, size=size))
    ]
    return page_of(rows, size=size, values=lambda row: (row.file.id,))


def get_attachment(file: FileId) -> Attachment:
    """Give a file with the names of its people; NotFound otherwise."""
    row = db.session.execute(_with_people().where(StoredFile.id == file)).first()
    if row is None:
        raise NotFound(kind="attachment", text=str(file))
    return Attachment(row[0], row[1] or "", row[2])


def certificates_of(lot: LotId, *, on: date | None = None) -> list[StoredFile]:
    """List the certificates of a lot that count on a day (by default: ever), the newest first; withdrawn ones do not."""
    statement = (
        select(StoredFile)
        .where(
            StoredFile.subject_kind == "lot",
            StoredFile.subject_id == lot,
            StoredFile.kind == FileKind.CERTIFICATE,
            StoredFile.withdrawn_at.is_(None),
        )
        .order_by(StoredFile.id.desc())
    )
    if on is not None:
        statement = statement.where(or_(StoredFile.expires_on.is_(None), StoredFile.expires_on >= on))
    return list(db.session.execute(statement).scalars())


def all_files(*, size: int = 1000) -> Iterator[StoredFile]:
    """Go through every file's row, by id, some at a time."""
    last = 0
    while rows := list(
        db.session.execute(select(StoredFile).where(StoredFile.id > last).order_by(StoredFile.id).limit(size)).scalars()
    ):
        yield from rows
        last = rows[-1].id
        db.session.expunge_all()


def _with_people() -> Any:
    """Files with names; people live a floor above, so their table is found by its name."""
    people = Base.metadata.tables["user_account"]
    attached, withdrew = people.alias("attached"), people.alias("withdrew")
    return (
        select(StoredFile, attached.c.full_name, withdrew.c.full_name)
        .outerjoin(attached, attached.c.id == StoredFile.created_by)
        .outerjoin(withdrew, withdrew.c.id == StoredFile.withdrawn_by)
    )
