"""The table of problems."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from wms.catalog.models import Item
from wms.core.ids import BinId, HoldId, LotId, LpnId, PostingSeq, ProblemId, UserId, WarehouseId, new_id
from wms.core.quantity import Quantity
from wms.db import Base
from wms.db.types import enum_column
from wms.sites.models import Bin
from wms.stock.models import Capture, Lot, Lpn


class ProblemKind(StrEnum):
    """What is wrong."""

    LABEL_UNREADABLE = "label_unreadable"
    WRONG_LABEL = "wrong_label"
    DAMAGE = "damage"
    WET = "wet"
    SEAL_OPEN = "seal_open"
    FOUND = "found"
    OTHER = "other"


class ProblemState(StrEnum):
    """Open until a person settles it, with words."""

    OPEN = "open"
    SETTLED = "settled"


class Problem(Base):
    """One report from the floor. `key` is the report's own: a repeat changes nothing."""

    __tablename__ = "problem"
    __table_args__ = (
        CheckConstraint("(settled_at IS NULL) = (settled_by IS NULL)", name="settled_whole"),
        Index("ix_problem_list", "warehouse_id", "state", "id"),
        Index("ix_problem_lot_id", "lot_id"),
    )

    id: Mapped[ProblemId] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    key: Mapped[str] = mapped_column(String(100), unique=True)
    kind: Mapped[ProblemKind] = mapped_column(enum_column(ProblemKind, name="kind"))
    state: Mapped[ProblemState] = mapped_column(enum_column(ProblemState, name="state"), default=ProblemState.OPEN)
    warehouse_id: Mapped[WarehouseId] = mapped_column(ForeignKey("warehouse.id"))
    bin_id: Mapped[BinId] = mapped_column(ForeignKey("bin.id"))
    lpn_id: Mapped[LpnId | None] = mapped_column(ForeignKey("lpn.id"))
    lot_id: Mapped[LotId] = mapped_column(ForeignKey("lot.id"))
    quantity: Mapped[Quantity | None]
    note: Mapped[str] = mapped_column(String(500), default="")
    #: How the goods were known, and what was read: the label itself where it is the label that is wrong.
    capture: Mapped[Capture] = mapped_column(enum_column(Capture, name="capture"))
    raw_scan: Mapped[str] = mapped_column(String(512), default="")
    #: The hold that was laid on the part, and the posting that took found goods in.
    hold_id: Mapped[HoldId | None] = mapped_column(ForeignKey("hold.id"))
    posting_seq: Mapped[PostingSeq | None] = mapped_column(ForeignKey("stock_posting.seq"))
    #: A label is to be printed anew, and since when it is.
    is_label_wanted: Mapped[bool] = mapped_column(default=False)
    label_printed_at: Mapped[datetime | None]
    reported_by: Mapped[UserId] = mapped_column(ForeignKey("user_account.id"))
    reported_at: Mapped[datetime]
    settled_by: Mapped[UserId | None] = mapped_column(ForeignKey("user_account.id"))
    settled_at: Mapped[datetime | None]
    settled_note: Mapped[str] = mapped_column(String(500), default="")

    bin: Mapped[Bin] = relationship()
    lpn: Mapped[Lpn | None] = relationship()
    lot: Mapped[Lot] = relationship()

    @property
    def item(self) -> Item:
        """The item of the goods."""
        return self.lot.item

    def __repr__(self) -> str:
        return f"<Problem {self.kind} {self.state}>"
