"""The table of kept answers: idempotency_key."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from wms.core.ids import new_id
from wms.db import Base


class IdempotencyKey(Base):
    """One writing call of a machine under the key it made, and, once done, the answer it got.

    The row is written before the call's own transaction; the answer is written inside it. So a row without an answer
    means that nothing was done: the call is under way, or died. `attempt` tells the two apart after a take-over.
    """

    __tablename__ = "idempotency_key"
    __table_args__ = (UniqueConstraint("api_token_id", "key"), Index("ix_idempotency_key_started_at", "started_at"))

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, default=new_id, autoincrement=False)
    api_token_id: Mapped[int] = mapped_column(BigInteger)
    key: Mapped[str] = mapped_column(String(255))
    #: SHA-256 of method, path, query and body.
    fingerprint: Mapped[str] = mapped_column(String(64))
    attempt: Mapped[str] = mapped_column(String(32))
    started_at: Mapped[datetime]
    status: Mapped[int | None]
    headers: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    body: Mapped[str | None] = mapped_column(Text)

    def __repr__(self) -> str:
        return f"<IdempotencyKey {self.api_token_id} {self.key} {self.status or 'under way'}>"
