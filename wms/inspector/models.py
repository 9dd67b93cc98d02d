"""The table of looks: which pages an inspector opened."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from wms.core.ids import UserId, new_id
from wms.db import Base


class InspectorLook(Base):
    """One page or operation that an inspector asked for, written before it is shown. Never changed, never deleted (triggers)."""

    __tablename__ = "inspector_look"
    __table_args__ = (Index("ix_inspector_look_at", "at", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    user_id: Mapped[UserId] = mapped_column(ForeignKey("user_account.id"))
    at: Mapped[datetime]
    path: Mapped[str] = mapped_column(String(300))
    query: Mapped[str] = mapped_column(String(500), default="")

    def __repr__(self) -> str:
        return f"<InspectorLook {self.path}>"
