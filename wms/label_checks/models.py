"""Tables of draws and label checks."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from wms.core.ids import BinId, LabelCheckId, LabelDrawId, LotId, LpnId, TaskId, UserId, WarehouseId, new_id
from wms.db import Base
from wms.db.types import enum_column
from wms.sites.models import Bin
from wms.stock.models import Lot, Lpn


class LabelResult(StrEnum):
    """What came of a check. Only `same` is right; `gone` and `missed` say nothing of the label."""

    SAME = "same"
    DIFFERS = "differs"
    UNREADABLE = "unreadable"
    GONE = "gone"
    MISSED = "missed"


class LabelDraw(Base):
    """The draw of one day in one warehouse: out of `place_count` places the first `check_count` in the order of the seed.

    `places_digest` is the SHA-256 of all places, so that a draw made again can prove that it starts from the same.
    """

    __tablename__ = "label_draw"
    __table_args__ = (UniqueConstraint("warehouse_id", "drawn_on"),)

    id: Mapped[LabelDrawId] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    warehouse_id: Mapped[WarehouseId] = mapped_column(ForeignKey("warehouse.id"))
    drawn_on: Mapped[date]
    seed: Mapped[str] = mapped_column(String(64))
    place_count: Mapped[int]
    check_count: Mapped[int]
    places_digest: Mapped[str] = mapped_column(String(64))
    drawn_at: Mapped[datetime]

    def __repr__(self) -> str:
        return f"<LabelDraw {self.drawn_on}>"


class LabelCheck(Base):
    """One drawn place: what the record says stands there, and what the label said when a person looked."""

    __tablename__ = "label_check"
    __table_args__ = (
        CheckConstraint("(result IS NULL) = (checked_at IS NULL)", name="checked_whole"),
        UniqueConstraint("draw_id", "rank"),
        Index("ix_label_check_task_id", "task_id", unique=True),
        Index("ix_label_check_list", "warehouse_id", "id"),
    )

    id: Mapped[LabelCheckId] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    draw_id: Mapped[LabelDrawId] = mapped_column(ForeignKey("label_draw.id"))
    #: The place's number in the order of the draw, from 1.
    rank: Mapped[int]
    warehouse_id: Mapped[WarehouseId] = mapped_column(ForeignKey("warehouse.id"))
    task_id: Mapped[TaskId] = mapped_column(ForeignKey("task.id"))
    bin_id: Mapped[BinId] = mapped_column(ForeignKey("bin.id"))
    lpn_id: Mapped[LpnId] = mapped_column(ForeignKey("lpn.id"))
    lot_id: Mapped[LotId] = mapped_column(ForeignKey("lot.id"))
    result: Mapped[LabelResult | None] = mapped_column(enum_column(LabelResult, name="result"))
    #: What was read, byte for byte, and what it names in words.
    raw_scan: Mapped[str] = mapped_column(String(512), default="")
    label_said: Mapped[str] = mapped_column(String(160), default="")
    checked_by: Mapped[UserId | None] = mapped_column(ForeignKey("user_account.id"))
    checked_at: Mapped[datetime | None]

    draw: Mapped[LabelDraw] = relationship()
    bin: Mapped[Bin] = relationship()
    lpn: Mapped[Lpn] = relationship()
    lot: Mapped[Lot] = relationship()

    def __repr__(self) -> str:
        return f"<LabelCheck {self.rank} {self.result}>"
