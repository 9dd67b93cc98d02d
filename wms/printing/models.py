"""Tables of printers, of who prints where, and of print jobs."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from wms.core.ids import DeviceId, PrinterId, PrintJobId, UserId, WarehouseId, new_id
from wms.db import Base
from wms.db.types import enum_column


class LabelKind(StrEnum):
    """What a label is for."""

    LOT = "lot"
    LPN = "lpn"
    BIN = "bin"
    TEST = "test"


class PrintJobState(StrEnum):
    """Where a job stands; `uncertain`: the line broke after bytes had left, so the label may lie in the printer."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    PRINTED = "printed"
    UNCERTAIN = "uncertain"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Printer(Base):
    """A label printer that takes ZPL as it is on a TCP port.

    `answers_status`: it answers ~HS, so that paper out and an open head are known before a label is sent, and the end of
    printing after. `leased_until_at` is the hand of the process that talks to it now.
    """

    __tablename__ = "printer"
    __table_args__ = (
        UniqueConstraint("warehouse_id", "code"),
        CheckConstraint("port BETWEEN 1 AND 65535", name="port_range"),
    )

    id: Mapped[PrinterId] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    warehouse_id: Mapped[WarehouseId] = mapped_column(ForeignKey("warehouse.id"))
    code: Mapped[str] = mapped_column(String(20))
    place: Mapped[str] = mapped_column(String(120), default="")
    host: Mapped[str] = mapped_column(String(253))
    port: Mapped[int] = mapped_column(default=9100)
    writes_tags: Mapped[bool] = mapped_column(default=False)
    answers_status: Mapped[bool] = mapped_column(default=False)
    is_active: Mapped[bool] = mapped_column(default=True)
    last_sent_at: Mapped[datetime | None]
    #: Why the last try failed, a word of sentences.WORDS; blank when it went well.
    fault: Mapped[str] = mapped_column(String(40), default="")
    fault_since_at: Mapped[datetime | None]
    leased_until_at: Mapped[datetime | None]
    created_at: Mapped[datetime]

    def __repr__(self) -> str:
        return f"<Printer {self.code}>"


class PrinterDefault(Base):
    """Which printer a station uses: the handheld, else the person, else the warehouse (0 stands for "any")."""

    __tablename__ = "printer_default"
    __table_args__ = (UniqueConstraint("warehouse_id", "device_id", "user_id"),)

    id: Mapped[int] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    warehouse_id: Mapped[WarehouseId] = mapped_column(ForeignKey("warehouse.id"))
    #: Ids without references: 0 is nobody's, so that the key has no NULL.
    device_id: Mapped[DeviceId] = mapped_column(default=0)
    user_id: Mapped[UserId] = mapped_column(default=0)
    printer_id: Mapped[PrinterId] = mapped_column(ForeignKey("printer.id"))

    printer: Mapped[Printer] = relationship()

    def __repr__(self) -> str:
        return f"<PrinterDefault {self.device_id or self.user_id or self.warehouse_id}>"


class PrintJob(Base):
    """Labels asked for: the very bytes, how many, by whom; a reprint says why."""

    __tablename__ = "print_job"
    __table_args__ = (
        CheckConstraint("copies BETWEEN 1 AND 999", name="copies_range"),
        CheckConstraint("NOT is_reprint OR reason <> ''", name="reprint_has_reason"),
        Index("ix_print_job_asked", "warehouse_id", "id"),
        Index("ix_print_job_subject", "label_kind", "subject_id"),
        # What waits, beside all that was ever printed.
        Index(
            "ix_print_job_waiting", "printer_id", "id",
            sqlite_where=text("state IN ('queued', 'sending')"), postgresql_where=text("state IN ('queued', 'sending')"),
        ),
        Index(
            "ix_print_job_unsettled", "warehouse_id", "printer_id", "asked_at",
            sqlite_where=text("state IN ('queued', 'failed', 'uncertain')"),
            postgresql_where=text("state IN ('queued', 'failed', 'uncertain')"),
        ),
    )  # fmt: skip

    id: Mapped[PrintJobId] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    key: Mapped[str] = mapped_column(String(100), unique=True)
    warehouse_id: Mapped[WarehouseId] = mapped_column(ForeignKey("warehouse.id"))
    printer_id: Mapped[PrinterId] = mapped_column(ForeignKey("printer.id"))
    label_kind: Mapped[LabelKind] = mapped_column(enum_column(LabelKind, name="label_kind"))
    subject_id: Mapped[int]
    #: What people call the labelled thing: a lot number, a plate, a bin.
    title: Mapped[str] = mapped_column(String(120))
    body: Mapped[str] = mapped_column(Text)
    copies: Mapped[int] = mapped_column(default=1)
    is_reprint: Mapped[bool] = mapped_column(default=False)
    reason: Mapped[str] = mapped_column(String(200), default="")
    state: Mapped[PrintJobState] = mapped_column(enum_column(PrintJobState, name="state"), default=PrintJobState.QUEUED)
    tries: Mapped[int] = mapped_column(default=0)
    fault: Mapped[str] = mapped_column(String(40), default="")
    asked_by: Mapped[UserId] = mapped_column(ForeignKey("user_account.id"))
    device_id: Mapped[DeviceId | None]
    asked_at: Mapped[datetime]
    next_try_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    #: Who settled what the printer could not say.
    settled_by: Mapped[UserId | None] = mapped_column(ForeignKey("user_account.id"))

    printer: Mapped[Printer] = relationship()

    def __repr__(self) -> str:
        return f"<PrintJob {self.title} {self.state}>"
