"""The table of job runs."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from wms.core.ids import UserId, new_id
from wms.db import Base


class JobRun(Base):
    """One run of one job at one due time, and what came of it: asked, running, done, failed or lost."""

    __tablename__ = "job_run"
    __table_args__ = (
        UniqueConstraint("job", "due_at"),
        Index("ix_job_run_started_at", "job", "started_at"),
        # One wish for a job at a time; the runners look for wishes by it.
        Index(
            "uq_job_run_asked", "job", unique=True,
            sqlite_where=text("state = 'asked'"), postgresql_where=text("state = 'asked'"),
        ),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    job: Mapped[str] = mapped_column(String(60))
    due_at: Mapped[datetime]
    runner: Mapped[str] = mapped_column(String(80))
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    state: Mapped[str] = mapped_column(String(12), default="running")
    result: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    error: Mapped[str] = mapped_column(String(1000), default="")
    #: Who asked for it, beside the schedule.
    asked_by: Mapped[UserId | None] = mapped_column(BigInteger)

    def __repr__(self) -> str:
        return f"<JobRun {self.job} {self.state}>"
