"""Tables of orders, pick lists, the decisions of allocation and the overrides of FEFO."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from wms.catalog.models import Item, Partner, PolicyName
from wms.core.ids import (
    BinId,
    ItemId,
    LotId,
    LpnId,
    OrderId,
    OrderLineId,
    OwnerId,
    PartnerId,
    PickListId,
    TaskId,
    UserId,
    WarehouseId,
    new_id,
)
from wms.core.quantity import Quantity
from wms.db import Base
from wms.db.types import enum_column
from wms.stock.models import Lot, Lpn

#: Condition of a partial index, said literally in queries, so that both planners see that the index holds the answer.
NOT_LEFT = "state NOT IN ('shipped', 'cancelled')"


class OrderPurpose(StrEnum):
    """What the goods are wanted for; the table of purpose and state says what may be claimed for it."""

    SALE = "sale"
    TRANSFER = "transfer"
    SAMPLE = "sample"
    DESTRUCTION = "destruction"
    SUPPLIER_RETURN = "supplier_return"


class OrderState(StrEnum):
    """New, allocated (all or part), released to picking, picked, shipped."""

    NEW = "new"
    ALLOCATED = "allocated"
    PICKING = "picking"
    PICKED = "picked"
    SHIPPED = "shipped"
    CANCELLED = "cancelled"


class PickListState(StrEnum):
    """Open, in one picker's hands, done."""

    OPEN = "open"
    TAKEN = "taken"
    DONE = "done"
    CANCELLED = "cancelled"


class Order(Base):
    """A customer's demand on one warehouse."""

    __tablename__ = "customer_order"
    __table_args__ = (
        Index("ix_customer_order_state", "warehouse_id", "state", "ship_on"),
        # The orders that have not left, in the order they leave: few beside those that have.
        Index(
            "ix_customer_order_open", "warehouse_id", "ship_on", "id",
            sqlite_where=text(NOT_LEFT), postgresql_where=text(NOT_LEFT),
        ),
    )  # fmt: skip

    id: Mapped[OrderId] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    number: Mapped[str] = mapped_column(String(40), unique=True)
    warehouse_id: Mapped[WarehouseId] = mapped_column(ForeignKey("warehouse.id"))
    customer_id: Mapped[PartnerId] = mapped_column(ForeignKey("partner.id"))
    owner_id: Mapped[OwnerId] = mapped_column(ForeignKey("owner.id"))
    purpose: Mapped[OrderPurpose] = mapped_column(enum_column(OrderPurpose, name="purpose"), default=OrderPurpose.SALE)
    state: Mapped[OrderState] = mapped_column(enum_column(OrderState, name="state"), default=OrderState.NEW)
    #: The day it leaves: remaining shelf life is counted from here.
    ship_on: Mapped[date]
    allocation_policy: Mapped[PolicyName | None] = mapped_column(enum_column(PolicyName, name="allocation_policy"))
    priority: Mapped[int] = mapped_column(default=5)
    note: Mapped[str] = mapped_column(String(500), default="")
    created_by: Mapped[UserId] = mapped_column(ForeignKey("user_account.id"))
    created_at: Mapped[datetime]

    customer: Mapped[Partner] = relationship()
    lines: Mapped[list[OrderLine]] = relationship(back_populates="order", order_by="OrderLine.line")

    def __repr__(self) -> str:
        return f"<Order {self.number}>"


class OrderLine(Base):
    """One item of an order, in base units; `lot_id` names a lot that was asked for."""

    __tablename__ = "order_line"
    __table_args__ = (
        UniqueConstraint("order_id", "line"),
        CheckConstraint("quantity > 0", name="quantity_positive"),
        Index("ix_order_line_item_id", "item_id"),
    )

    id: Mapped[OrderLineId] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    order_id: Mapped[OrderId] = mapped_column(ForeignKey("customer_order.id"))
    line: Mapped[int]
    item_id: Mapped[ItemId] = mapped_column(ForeignKey("item.id"))
    quantity: Mapped[Quantity]
    lot_id: Mapped[LotId | None] = mapped_column(ForeignKey("lot.id"))

    order: Mapped[Order] = relationship(back_populates="lines")
    item: Mapped[Item] = relationship()
    lot: Mapped[Lot | None] = relationship()


class PickList(Base):
    """A walk: the pick tasks of one order in walk order, done by one person, onto one outbound LPN."""

    __tablename__ = "pick_list"
    __table_args__ = (
        Index("ix_pick_list_state", "warehouse_id", "state", "created_at"),
        Index("ix_pick_list_order_id", "order_id"),
        Index("ix_pick_list_lpn_id", "lpn_id"),
    )

    id: Mapped[PickListId] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    number: Mapped[str] = mapped_column(String(40), unique=True)
    warehouse_id: Mapped[WarehouseId] = mapped_column(ForeignKey("warehouse.id"))
    order_id: Mapped[OrderId] = mapped_column(ForeignKey("customer_order.id"))
    state: Mapped[PickListState] = mapped_column(enum_column(PickListState, name="state"), default=PickListState.OPEN)
    staging_bin_id: Mapped[BinId] = mapped_column(ForeignKey("bin.id"))
    #: The pallet or tote the goods are picked onto.
    lpn_id: Mapped[LpnId] = mapped_column(ForeignKey("lpn.id"))
    taken_by: Mapped[UserId | None] = mapped_column(ForeignKey("user_account.id"))
    taken_at: Mapped[datetime | None]
    created_at: Mapped[datetime]

    order: Mapped[Order] = relationship()
    lpn: Mapped[Lpn] = relationship()

    def __repr__(self) -> str:
        return f"<PickList {self.number}>"


class AllocationDecision(Base):
    """Why these lots were chosen for a line: the candidates looked at, as of a ledger sequence, a policy and a day."""

    __tablename__ = "allocation_decision"
    __table_args__ = (Index("ix_allocation_decision_line", "order_line_id", "decided_at"),)

    id: Mapped[int] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    order_line_id: Mapped[OrderLineId] = mapped_column(ForeignKey("order_line.id"))
    policy: Mapped[str] = mapped_column(String(40))
    on: Mapped[date] = mapped_column("decided_on")
    needed_until: Mapped[date | None]
    ledger_seq: Mapped[int]
    asked: Mapped[Quantity]
    claimed: Mapped[Quantity]
    #: [{lot, number, bin, fefo_on, available, taken, why}], in policy order, at most 50.
    candidates: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    decided_by: Mapped[UserId] = mapped_column(ForeignKey("user_account.id"))
    decided_at: Mapped[datetime]


class FefoOverride(Base):
    """A permitted person took another lot than the policy's: who, why, and which better lots were skipped."""

    __tablename__ = "fefo_override"

    id: Mapped[int] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    task_id: Mapped[TaskId] = mapped_column(ForeignKey("task.id"))
    order_line_id: Mapped[OrderLineId] = mapped_column(ForeignKey("order_line.id"))
    lot_id: Mapped[LotId] = mapped_column(ForeignKey("lot.id"))
    needed_lot_id: Mapped[LotId] = mapped_column(ForeignKey("lot.id"))
    #: [{lot, number, fefo_on, available}]
    skipped: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    reason: Mapped[str] = mapped_column(String(500))
    picked_by: Mapped[UserId] = mapped_column(ForeignKey("user_account.id"))
    approved_by: Mapped[UserId] = mapped_column(ForeignKey("user_account.id"))
    at: Mapped[datetime]
