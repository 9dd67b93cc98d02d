"""The table of backups: the proof that there are any."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from wms.core.ids import new_id
from wms.db import Base


class BackupRun(Base):
    """One backup that was made, or one that was restored (`kind`).

    `verified` says how far it was tried: "" not at all, "read" every hash, "restored" into a scratch place and audited.
    """

    __tablename__ = "backup_run"
    __table_args__ = (Index("ix_backup_run_kind", "kind", "made_at"),)

    id: Mapped[int] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    kind: Mapped[str] = mapped_column(String(12))
    file: Mapped[str] = mapped_column(String(400))
    size_bytes: Mapped[int]
    #: The instant the data are of.
    made_at: Mapped[datetime]
    finished_at: Mapped[datetime]
    host: Mapped[str] = mapped_column(String(80))
    verified: Mapped[str] = mapped_column(String(12), default="")
    verified_at: Mapped[datetime | None]

    def __repr__(self) -> str:
        return f"<BackupRun {self.kind} {self.file}>"
