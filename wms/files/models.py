"""The table of attached files."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from wms.core.ids import FileId, UserId, new_id
from wms.db import Base
from wms.db.types import enum_column


class FileKind(StrEnum):
    """What a document is."""

    PHOTO = "photo"
    CERTIFICATE = "certificate"
    DELIVERY_NOTE = "delivery_note"
    OTHER = "other"


class StoredFile(Base):
    """One file, by the SHA-256 of its bytes; `subject_kind`/`subject_id` name the record it belongs to."""

    __tablename__ = "stored_file"
    __table_args__ = (
        CheckConstraint("size_bytes > 0", name="size_positive"),
        Index("ix_stored_file_subject", "subject_kind", "subject_id"),
    )

    id: Mapped[FileId] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    sha256: Mapped[str] = mapped_column(String(64))
    content_type: Mapped[str] = mapped_column(String(60))
    size_bytes: Mapped[int]
    name: Mapped[str] = mapped_column(String(160), default="")
    subject_kind: Mapped[str] = mapped_column(String(24))
    subject_id: Mapped[int] = mapped_column(BigInteger)
    created_by: Mapped[UserId] = mapped_column(BigInteger)
    created_at: Mapped[datetime]
    kind: Mapped[FileKind] = mapped_column(
        enum_column(FileKind, name="kind"), default=FileKind.PHOTO, server_default="photo"
    )
    #: The last day a certificate counts; NULL where it says none.
    expires_on: Mapped[date | None]
    #: A file attached by mistake stays, with who withdrew it and why; it counts no more.
    withdrawn_at: Mapped[datetime | None]
    withdrawn_by: Mapped[UserId | None] = mapped_column(BigInteger)
    withdraw_reason: Mapped[str] = mapped_column(String(500), default="", server_default="")
