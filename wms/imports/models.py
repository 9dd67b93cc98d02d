"""Tables of imports: runs, their rows, remembered mappings, and marks of what came in."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from wms.core.ids import UserId, WarehouseId, new_id
from wms.core.quantity import Quantity
from wms.db import Base
from wms.db.types import enum_column


class RunState(StrEnum):
    """Where a run stands: columns to be looked at, rows being judged, judged, being applied, done; failed by a fault."""

    MAPPING = "mapping"
    JUDGING = "judging"
    JUDGED = "judged"
    APPLYING = "applying"
    DONE = "done"
    FAILED = "failed"


class ImportRun(Base):
    """One file of one kind, into one warehouse (items and partners belong to all of them)."""

    __tablename__ = "import_run"
    __table_args__ = (Index("ix_import_run_warehouse", "warehouse_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    kind: Mapped[str] = mapped_column(String(24))
    warehouse_id: Mapped[WarehouseId] = mapped_column(ForeignKey("warehouse.id"))
    file_name: Mapped[str] = mapped_column(String(160))
    sha256: Mapped[str] = mapped_column(String(64))
    size_bytes: Mapped[int]
    state: Mapped[RunState] = mapped_column(enum_column(RunState, name="state"), default=RunState.MAPPING)
    #: How the file was read: format, charset, delimiter, sheet, other sheets, heading, rows that are no data.
    source: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    #: The field of each column of the sheet, "" for one that is passed over.
    columns: Mapped[list[str]] = mapped_column(JSON, default=list)
    #: {reason: "yes" or "no"}: answers to all questions of one kind.
    answers: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    #: {verdict: count}, {"applied": count}, {"reasons": {reason: count}} ...
    counts: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    #: All or nothing; otherwise the accepted rows alone.
    is_whole: Mapped[bool] = mapped_column(default=True)
    #: Whether the one who brought it may release goods that wait for quality.
    may_release: Mapped[bool] = mapped_column(default=False)
    done_rows: Mapped[int] = mapped_column(default=0)
    total_rows: Mapped[int] = mapped_column(default=0)
    #: What stopped it, as JSON of a refusal's code and data, or the name of a fault.
    fault: Mapped[str] = mapped_column(String(1000), default="")
    made_by: Mapped[UserId] = mapped_column(ForeignKey("user_account.id"))
    made_at: Mapped[datetime]
    #: The last sign of life of the process that works on it.
    alive_at: Mapped[datetime]
    applied_by: Mapped[UserId | None] = mapped_column(ForeignKey("user_account.id"))
    applied_at: Mapped[datetime | None]

    def __repr__(self) -> str:
        return f"<ImportRun {self.kind} {self.state}>"


class ImportRow(Base):
    """One row of the sheet: its cells as they were read, what was judged, and whether it is applied."""

    __tablename__ = "import_row"
    __table_args__ = (
        CheckConstraint("verdict IN ('', 'accept', 'refuse', 'ask')", name="verdict_known"),
        Index("ix_import_row_verdict", "run_id", "verdict", "row"),
    )

    run_id: Mapped[int] = mapped_column(ForeignKey("import_run.id"), primary_key=True)
    #: Its number in the sheet, from 1.
    row: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    cells: Mapped[list[Any]] = mapped_column(JSON)
    verdict: Mapped[str] = mapped_column(String(8), default="")
    #: A code of wms.imports.words.REASONS, or of an error.
    reason: Mapped[str] = mapped_column(String(40), default="")
    facts: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    #: The values as they were understood, by field.
    said: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    #: {question: "yes" or "no"} for this row alone.
    answers: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    is_applied: Mapped[bool] = mapped_column(default=False)


class ImportMapping(Base):
    """Which column means what, remembered by the words of a heading."""

    __tablename__ = "import_mapping"
    __table_args__ = (UniqueConstraint("kind", "signature"),)

    id: Mapped[int] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    kind: Mapped[str] = mapped_column(String(24))
    signature: Mapped[str] = mapped_column(String(64))
    columns: Mapped[list[str]] = mapped_column(JSON)
    made_by: Mapped[UserId] = mapped_column(ForeignKey("user_account.id"))
    made_at: Mapped[datetime]


class ImportMark(Base):
    """What came in under an identity (document, item, lot, bin ...): the same row again changes nothing."""

    __tablename__ = "import_mark"
    __table_args__ = (UniqueConstraint("kind", "identity"),)

    id: Mapped[int] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    kind: Mapped[str] = mapped_column(String(24))
    #: SHA-256 of what tells one row from another.
    identity: Mapped[str] = mapped_column(String(64))
    quantity: Mapped[Quantity] = mapped_column()
    run_id: Mapped[int] = mapped_column(ForeignKey("import_run.id"))
    row: Mapped[int] = mapped_column(BigInteger)
