"""Tables of shipments and what was loaded."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from wms.core.ids import LpnId, OrderId, PassageId, PortalId, PostingSeq, ShipmentId, UserId, WarehouseId, new_id
from wms.db import Base
from wms.db.types import enum_column
from wms.picking.models import Order
from wms.stock.models import Lpn


class ShipmentState(StrEnum):
    """Open at its door, loading, shipped."""

    OPEN = "open"
    LOADING = "loading"
    SHIPPED = "shipped"
    CANCELLED = "cancelled"


class Shipment(Base):
    """What leaves for one order: with its door, its truck and its papers."""

    __tablename__ = "shipment"
    __table_args__ = (
        Index("ix_shipment_portal", "portal_id", "state"),
        Index("ix_shipment_state", "warehouse_id", "state", "id"),
    )

    id: Mapped[ShipmentId] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    number: Mapped[str] = mapped_column(String(40), unique=True)
    warehouse_id: Mapped[WarehouseId] = mapped_column(ForeignKey("warehouse.id"))
    order_id: Mapped[OrderId] = mapped_column(ForeignKey("customer_order.id"), unique=True)
    state: Mapped[ShipmentState] = mapped_column(enum_column(ShipmentState, name="state"), default=ShipmentState.OPEN)
    #: The door it is loaded through; a passage there is checked against it. Not a foreign key: doors live above.
    portal_id: Mapped[PortalId | None] = mapped_column(BigInteger)
    carrier: Mapped[str] = mapped_column(String(120), default="")
    waybill: Mapped[str] = mapped_column(String(60), default="")
    plate: Mapped[str] = mapped_column(String(20), default="")
    driver: Mapped[str] = mapped_column(String(60), default="")
    #: Where the driver is reached when the truck is to turn round.
    driver_phone: Mapped[str] = mapped_column(String(40), default="", server_default="")
    seal: Mapped[str] = mapped_column(String(60), default="")
    departure_temperature_decidegrees: Mapped[int | None]
    opened_at: Mapped[datetime]
    shipped_by: Mapped[UserId | None] = mapped_column(ForeignKey("user_account.id"))
    shipped_at: Mapped[datetime | None]
    posting_seq: Mapped[PostingSeq | None] = mapped_column(ForeignKey("stock_posting.seq"))

    order: Mapped[Order] = relationship()
    loads: Mapped[list[LoadLine]] = relationship(back_populates="shipment")

    def __repr__(self) -> str:
        return f"<Shipment {self.number}>"


class LoadLine(Base):
    """One LPN seen going onto the truck, by a door passage or by hand."""

    __tablename__ = "load_line"
    __table_args__ = (UniqueConstraint("shipment_id", "lpn_id"),)

    id: Mapped[int] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    shipment_id: Mapped[ShipmentId] = mapped_column(ForeignKey("shipment.id"))
    lpn_id: Mapped[LpnId] = mapped_column(ForeignKey("lpn.id"))
    passage_id: Mapped[PassageId | None] = mapped_column(BigInteger)
    loaded_by: Mapped[UserId | None] = mapped_column(ForeignKey("user_account.id"))
    loaded_at: Mapped[datetime]

    shipment: Mapped[Shipment] = relationship(back_populates="loads")
    lpn: Mapped[Lpn] = relationship()
