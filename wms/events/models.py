"""The outbox table: one row for each event, written in the transaction that made it true."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from wms.core.ids import UserId
from wms.db import Base


class OutboxEvent(Base):
    """One event, told to the world later; `seq` is the order of writing on this server."""

    __tablename__ = "outbox_event"
    __table_args__ = (Index("ix_outbox_event_kind", "kind", "seq"), {"sqlite_autoincrement": True})

    seq: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(60))
    payload: Mapped[dict[str, Any]] = mapped_column(JSON)
    actor_id: Mapped[UserId | None] = mapped_column(BigInteger)
    occurred_at: Mapped[datetime]
