"""Tables of supplier returns."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from wms.catalog.models import Item, Partner
from wms.core.ids import (
    BinId,
    ItemId,
    LotId,
    LpnId,
    OwnerId,
    PartnerId,
    PostingSeq,
    SupplierReturnId,
    SupplierReturnLineId,
    TaskId,
    UserId,
    WarehouseId,
    new_id,
)
from wms.core.quantity import Quantity
from wms.db import Base
from wms.db.types import enum_column
from wms.sites.models import Bin
from wms.stock.models import Lot, Lpn


class ReturnState(StrEnum):
    """Open while goods are carried out; done when they left; cancelled when none did."""

    OPEN = "open"
    DONE = "done"
    CANCELLED = "cancelled"


class ReturnReason(StrEnum):
    """Why goods go back."""

    REJECTED = "rejected"
    DAMAGED = "damaged"
    WRONG_GOODS = "wrong_goods"
    EXPIRED = "expired"
    RECALL = "recall"
    SURPLUS = "surplus"
    OTHER = "other"


class SupplierReturn(Base):
    """One return to one supplier. `reference` is the supplier's own number for it."""

    __tablename__ = "supplier_return"
    __table_args__ = (Index("ix_supplier_return_state", "warehouse_id", "state", "id"),)

    id: Mapped[SupplierReturnId] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    number: Mapped[str] = mapped_column(String(40), unique=True)
    #: What asked for it: a repeat of the same request finds this one.
    key: Mapped[str] = mapped_column(String(100), unique=True)
    warehouse_id: Mapped[WarehouseId] = mapped_column(ForeignKey("warehouse.id"))
    supplier_id: Mapped[PartnerId] = mapped_column(ForeignKey("partner.id"))
    state: Mapped[ReturnState] = mapped_column(enum_column(ReturnState, name="state"), default=ReturnState.OPEN)
    reason: Mapped[ReturnReason] = mapped_column(enum_column(ReturnReason, name="reason"))
    reference: Mapped[str] = mapped_column(String(60), default="")
    note: Mapped[str] = mapped_column(String(500), default="")
    #: What decided it: ("nonconformance", id), or blank where a person did here.
    origin_kind: Mapped[str] = mapped_column(String(24), default="")
    origin_id: Mapped[int | None] = mapped_column(BigInteger)
    carrier: Mapped[str] = mapped_column(String(120), default="")
    plate: Mapped[str] = mapped_column(String(20), default="")
    opened_by: Mapped[UserId] = mapped_column(ForeignKey("user_account.id"))
    opened_at: Mapped[datetime]
    closed_by: Mapped[UserId | None] = mapped_column(ForeignKey("user_account.id"))
    closed_at: Mapped[datetime | None]

    supplier: Mapped[Partner] = relationship()
    lines: Mapped[list[SupplierReturnLine]] = relationship(
        back_populates="supplier_return", order_by="SupplierReturnLine.line"
    )

    def __repr__(self) -> str:
        return f"<SupplierReturn {self.number}>"


class SupplierReturnLine(Base):
    """So much of one lot in one place; `done_quantity` is what really left, by the posting named."""

    __tablename__ = "supplier_return_line"
    __table_args__ = (
        UniqueConstraint("supplier_return_id", "line"),
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint("done_quantity >= 0 AND done_quantity <= quantity", name="done_within"),
        Index("ix_supplier_return_line_lot_id", "lot_id"),
        Index("ix_supplier_return_line_task_id", "task_id"),
    )

    id: Mapped[SupplierReturnLineId] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    supplier_return_id: Mapped[SupplierReturnId] = mapped_column(ForeignKey("supplier_return.id"))
    line: Mapped[int]
    item_id: Mapped[ItemId] = mapped_column(ForeignKey("item.id"))
    lot_id: Mapped[LotId] = mapped_column(ForeignKey("lot.id"))
    owner_id: Mapped[OwnerId] = mapped_column(ForeignKey("owner.id"))
    bin_id: Mapped[BinId] = mapped_column(ForeignKey("bin.id"))
    lpn_id: Mapped[LpnId] = mapped_column(ForeignKey("lpn.id"))
    quantity: Mapped[Quantity]
    done_quantity: Mapped[Quantity] = mapped_column(default=Quantity(0))
    #: It was on hold when the paper was made, by one who may return such goods; a hold that came later stops it.
    may_be_held: Mapped[bool] = mapped_column(default=False)
    task_id: Mapped[TaskId | None] = mapped_column(ForeignKey("task.id"))
    posting_seq: Mapped[PostingSeq | None] = mapped_column(ForeignKey("stock_posting.seq"))
    done_by: Mapped[UserId | None] = mapped_column(ForeignKey("user_account.id"))
    done_at: Mapped[datetime | None]

    supplier_return: Mapped[SupplierReturn] = relationship(back_populates="lines")
    item: Mapped[Item] = relationship()
    lot: Mapped[Lot] = relationship()
    bin: Mapped[Bin] = relationship()
    lpn: Mapped[Lpn] = relationship()

    def __repr__(self) -> str:
        return f"<SupplierReturnLine {self.line}>"
