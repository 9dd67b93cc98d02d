"""The table of gaps."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from wms.accounts.models import User
from wms.core.ids import LotId, UserId, WarehouseId, new_id
from wms.db import Base
from wms.db.types import enum_column
from wms.gaps.rules.kinds import GapKind, Stage
from wms.stock.models import Lot


class GapState(StrEnum):
    """Open; accepted as it is, with the reason; mended: a look found it no more."""

    OPEN = "open"
    ACCEPTED = "accepted"
    MENDED = "mended"


class Gap(Base):
    """One gap in the chain of lots. It stands for as long as the looks find it; one that comes back is a new row."""

    __tablename__ = "gap"
    __table_args__ = (
        CheckConstraint("(state = 'mended') = (mended_at IS NOT NULL)", name="mended_whole"),
        CheckConstraint("state <> 'accepted' OR accepted_at IS NOT NULL", name="accepted_whole"),
        Index(
            "uq_gap_standing", "warehouse_id", "kind", "subject_kind", "subject_id", unique=True,
            sqlite_where=text("state <> 'mended'"), postgresql_where=text("state <> 'mended'"),
        ),
        Index("ix_gap_list", "warehouse_id", "state", "id"),
        Index("ix_gap_owner", "owner_id", "state"),
        Index("ix_gap_lot_id", "lot_id"),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    warehouse_id: Mapped[WarehouseId] = mapped_column(ForeignKey("warehouse.id"))
    kind: Mapped[GapKind] = mapped_column(enum_column(GapKind, name="kind"))
    stage: Mapped[Stage] = mapped_column(enum_column(Stage, name="stage"))
    state: Mapped[GapState] = mapped_column(enum_column(GapState, name="state"), default=GapState.OPEN)
    #: What it is about: ("lot", id), ("receipt", id), ("work_order", id), ("posting", seq) ...
    subject_kind: Mapped[str] = mapped_column(String(24))
    subject_id: Mapped[int] = mapped_column(BigInteger)
    lot_id: Mapped[LotId | None] = mapped_column(ForeignKey("lot.id"))
    name: Mapped[str] = mapped_column(String(160))
    data: Mapped[dict[str, Any]] = mapped_column(JSON)
    first_seen_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    owner_role: Mapped[str] = mapped_column(String(24))
    owner_id: Mapped[UserId | None] = mapped_column(ForeignKey("user_account.id"))
    accepted_by: Mapped[UserId | None] = mapped_column(ForeignKey("user_account.id"))
    accepted_at: Mapped[datetime | None]
    accept_reason: Mapped[str] = mapped_column(String(500), default="")
    mended_at: Mapped[datetime | None]

    lot: Mapped[Lot | None] = relationship()
    owner: Mapped[User | None] = relationship(foreign_keys=[owner_id])
    acceptor: Mapped[User | None] = relationship(foreign_keys=[accepted_by])

    def __repr__(self) -> str:
        return f"<Gap {self.kind} {self.name}>"
