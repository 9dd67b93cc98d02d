"""The table of alerts."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from wms.core.ids import AlertId, UserId, WarehouseId, new_id
from wms.db import Base
from wms.db.types import enum_column


class AlertKind(StrEnum):
    """What is wrong; each has its sentence in wms/alerts/sentences.py and its link."""

    EXPIRY_NEAR = "expiry_near"
    EXPIRED_HELD = "expired_held"
    QUARANTINE_OLD = "quarantine_old"
    READER_SILENT = "reader_silent"
    LEDGER_BROKEN = "ledger_broken"
    DOOR_ALARM = "door_alarm"
    HOLD_STOPPED_ORDERS = "hold_stopped_orders"
    SHORT_PICK = "short_pick"
    JOB_FAILED = "job_failed"
    RETEST_DUE = "retest_due"
    SUPPLIER_STOPPED = "supplier_stopped"
    PRINTER_FAILED = "printer_failed"
    LICENCE_EXPIRED = "licence_expired"
    LABEL_DIFFERS = "label_differs"
    PROBLEM_REPORTED = "problem_reported"
    UNIT_SEEN_TWICE = "unit_seen_twice"
    GAP_FOUND = "gap_found"
    COMPLAINT_DUE = "complaint_due"
    CAPA_DUE = "capa_due"
    RECALL_DUE = "recall_due"
    MAIL_FAILED = "mail_failed"
    RECORDS_BROKEN = "records_broken"
    RECALL_STOP = "recall_stop"
    PEG_TOOK_GOODS = "peg_took_goods"


class Severity(StrEnum):
    """How bad."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"


class AlertState(StrEnum):
    """Open until a person (or the fact's end) settles it."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"


class Alert(Base):
    """One alert. `data` feeds its sentence; `subject_kind`/`subject_id` is the page where it is settled."""

    __tablename__ = "alert"
    __table_args__ = (
        Index(
            "uq_alert_open_subject", "subject_key", unique=True,
            sqlite_where=text("state <> 'resolved'"), postgresql_where=text("state <> 'resolved'"),
        ),
        Index("ix_alert_list", "warehouse_id", "state", "kind"),
        Index(
            "ix_alert_blocks_shipment_id", "blocks_shipment_id",
            sqlite_where=text("blocks_shipment_id IS NOT NULL"),
            postgresql_where=text("blocks_shipment_id IS NOT NULL"),
        ),
        Index("ix_alert_state", "state", "id"),
    )  # fmt: skip

    id: Mapped[AlertId] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    kind: Mapped[AlertKind] = mapped_column(enum_column(AlertKind, name="kind"))
    severity: Mapped[Severity] = mapped_column(enum_column(Severity, name="severity"))
    state: Mapped[AlertState] = mapped_column(enum_column(AlertState, name="state"), default=AlertState.OPEN)
    warehouse_id: Mapped[WarehouseId | None] = mapped_column(ForeignKey("warehouse.id"))
    subject_key: Mapped[str] = mapped_column(String(120))
    subject_kind: Mapped[str] = mapped_column(String(24), default="")
    subject_id: Mapped[int | None] = mapped_column(BigInteger)
    #: A shipment that may not leave while this alert is not resolved.
    blocks_shipment_id: Mapped[int | None] = mapped_column(BigInteger)
    data: Mapped[dict[str, Any]] = mapped_column(JSON)
    raised_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    acknowledged_by: Mapped[UserId | None] = mapped_column(ForeignKey("user_account.id"))
    acknowledged_at: Mapped[datetime | None]
    resolved_by: Mapped[UserId | None] = mapped_column(ForeignKey("user_account.id"))
    resolved_at: Mapped[datetime | None]
    resolution: Mapped[str] = mapped_column(String(500), default="")

    def __repr__(self) -> str:
        return f"<Alert {self.kind} {self.state}>"
