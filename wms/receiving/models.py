"""Tables of purchase orders, ASNs and receipts. What was received of a line is the sum of its receipt lines."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from wms.catalog.models import Item, Partner
from wms.core.ids import (
    AsnId,
    AsnLineId,
    BinId,
    ItemId,
    LotId,
    LpnId,
    OwnerId,
    PartnerId,
    PassageId,
    PostingSeq,
    PurchaseOrderId,
    PurchaseOrderLineId,
    ReceiptId,
    ReceiptLineId,
    UserId,
    WarehouseId,
    new_id,
)
from wms.core.quantity import Quantity
from wms.db import Base
from wms.db.types import enum_column
from wms.stock.models import Capture, Lot, Lpn


class PurchaseOrderState(StrEnum):
    """Open until all is received or the rest is given up."""

    OPEN = "open"
    CLOSED = "closed"
    CANCELLED = "cancelled"


class AsnState(StrEnum):
    """Expected, at the door, being received, received."""

    EXPECTED = "expected"
    ARRIVED = "arrived"
    RECEIVING = "receiving"
    RECEIVED = "received"
    CANCELLED = "cancelled"


class ReceiptState(StrEnum):
    """Open while people scan; closed when the last line is in."""

    OPEN = "open"
    CLOSED = "closed"


class PurchaseOrder(Base):
    """What we ordered from a supplier."""

    __tablename__ = "purchase_order"

    id: Mapped[PurchaseOrderId] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    number: Mapped[str] = mapped_column(String(40), unique=True)
    warehouse_id: Mapped[WarehouseId] = mapped_column(ForeignKey("warehouse.id"))
    supplier_id: Mapped[PartnerId] = mapped_column(ForeignKey("partner.id"))
    owner_id: Mapped[OwnerId] = mapped_column(ForeignKey("owner.id"))
    state: Mapped[PurchaseOrderState] = mapped_column(
        enum_column(PurchaseOrderState, name="state"), default=PurchaseOrderState.OPEN
    )
    expected_on: Mapped[date | None]
    created_at: Mapped[datetime]

    supplier: Mapped[Partner] = relationship()
    lines: Mapped[list[PurchaseOrderLine]] = relationship(back_populates="order", order_by="PurchaseOrderLine.line")

    def __repr__(self) -> str:
        return f"<PurchaseOrder {self.number}>"


class PurchaseOrderLine(Base):
    """One item of a purchase order, in base units."""

    __tablename__ = "purchase_order_line"
    __table_args__ = (
        UniqueConstraint("purchase_order_id", "line"),
        CheckConstraint("quantity > 0", name="quantity_positive"),
    )

    id: Mapped[PurchaseOrderLineId] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    purchase_order_id: Mapped[PurchaseOrderId] = mapped_column(ForeignKey("purchase_order.id"))
    line: Mapped[int]
    item_id: Mapped[ItemId] = mapped_column(ForeignKey("item.id"))
    quantity: Mapped[Quantity]

    order: Mapped[PurchaseOrder] = relationship(back_populates="lines")
    item: Mapped[Item] = relationship()


class Asn(Base):
    """A supplier's notice of what is on the truck."""

    __tablename__ = "asn"
    __table_args__ = (Index("ix_asn_state", "warehouse_id", "state", "expected_at"),)

    id: Mapped[AsnId] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    number: Mapped[str] = mapped_column(String(40), unique=True)
    warehouse_id: Mapped[WarehouseId] = mapped_column(ForeignKey("warehouse.id"))
    supplier_id: Mapped[PartnerId] = mapped_column(ForeignKey("partner.id"))
    purchase_order_id: Mapped[PurchaseOrderId | None] = mapped_column(ForeignKey("purchase_order.id"))
    owner_id: Mapped[OwnerId] = mapped_column(ForeignKey("owner.id"))
    state: Mapped[AsnState] = mapped_column(enum_column(AsnState, name="state"), default=AsnState.EXPECTED)
    expected_at: Mapped[datetime | None]
    arrived_at: Mapped[datetime | None]
    created_at: Mapped[datetime]

    supplier: Mapped[Partner] = relationship()
    purchase_order: Mapped[PurchaseOrder | None] = relationship()
    lines: Mapped[list[AsnLine]] = relationship(back_populates="asn", order_by="AsnLine.line")

    def __repr__(self) -> str:
        return f"<Asn {self.number}>"


class AsnLine(Base):
    """One announced lot (or item) with its quantity, and the SSCC it stands on, where the supplier says so."""

    __tablename__ = "asn_line"
    __table_args__ = (
        UniqueConstraint("asn_id", "line"),
        CheckConstraint("quantity > 0", name="quantity_positive"),
        Index("ix_asn_line_sscc", "sscc"),
    )

    id: Mapped[AsnLineId] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    asn_id: Mapped[AsnId] = mapped_column(ForeignKey("asn.id"))
    line: Mapped[int]
    item_id: Mapped[ItemId] = mapped_column(ForeignKey("item.id"))
    quantity: Mapped[Quantity]
    lot_number: Mapped[str] = mapped_column(String(60), default="")
    expires_on: Mapped[date | None]
    manufactured_on: Mapped[date | None]
    sscc: Mapped[str | None] = mapped_column(String(18))
    #: The door passage that logged this SSCC as arrived.
    arrived_passage_id: Mapped[PassageId | None] = mapped_column(BigInteger)
    arrived_at: Mapped[datetime | None]

    asn: Mapped[Asn] = relationship(back_populates="lines")
    item: Mapped[Item] = relationship()


class Receipt(Base):
    """What came, on one truck: against an ASN, a purchase order, or blind (neither)."""

    __tablename__ = "receipt"
    __table_args__ = (Index("ix_receipt_state", "warehouse_id", "state", "opened_at"),)

    id: Mapped[ReceiptId] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    number: Mapped[str] = mapped_column(String(40), unique=True)
    warehouse_id: Mapped[WarehouseId] = mapped_column(ForeignKey("warehouse.id"))
    supplier_id: Mapped[PartnerId | None] = mapped_column(ForeignKey("partner.id"))
    asn_id: Mapped[AsnId | None] = mapped_column(ForeignKey("asn.id"))
    purchase_order_id: Mapped[PurchaseOrderId | None] = mapped_column(ForeignKey("purchase_order.id"))
    owner_id: Mapped[OwnerId] = mapped_column(ForeignKey("owner.id"))
    dock_bin_id: Mapped[BinId] = mapped_column(ForeignKey("bin.id"))
    state: Mapped[ReceiptState] = mapped_column(enum_column(ReceiptState, name="state"), default=ReceiptState.OPEN)
    delivery_note: Mapped[str] = mapped_column(String(60), default="")
    plate: Mapped[str] = mapped_column(String(20), default="")
    driver: Mapped[str] = mapped_column(String(60), default="")
    seal: Mapped[str] = mapped_column(String(60), default="")
    carrier: Mapped[str] = mapped_column(String(120), default="")
    #: Degrees Celsius times ten, as read at the door.
    arrival_temperature_decidegrees: Mapped[int | None]
    opened_by: Mapped[UserId] = mapped_column(ForeignKey("user_account.id"))
    opened_at: Mapped[datetime]
    accepted_by: Mapped[UserId | None] = mapped_column(ForeignKey("user_account.id"))
    closed_at: Mapped[datetime | None]

    supplier: Mapped[Partner | None] = relationship()
    asn: Mapped[Asn | None] = relationship()
    purchase_order: Mapped[PurchaseOrder | None] = relationship()
    lines: Mapped[list[ReceiptLine]] = relationship(back_populates="receipt", order_by="ReceiptLine.received_at")

    def __repr__(self) -> str:
        return f"<Receipt {self.number}>"


class ReceiptLine(Base):
    """One scan of goods taken in: lot, quantity, LPN, the raw scan, and the posting that made them stock."""

    __tablename__ = "receipt_line"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity_positive"),
        Index("ix_receipt_line_receipt_id", "receipt_id"),
        Index("ix_receipt_line_lot_id", "lot_id"),
        Index("ix_receipt_line_asn_line_id", "asn_line_id"),
        Index("ix_receipt_line_po_line_id", "purchase_order_line_id"),
    )

    id: Mapped[ReceiptLineId] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    receipt_id: Mapped[ReceiptId] = mapped_column(ForeignKey("receipt.id"))
    item_id: Mapped[ItemId] = mapped_column(ForeignKey("item.id"))
    lot_id: Mapped[LotId] = mapped_column(ForeignKey("lot.id"))
    lpn_id: Mapped[LpnId] = mapped_column(ForeignKey("lpn.id"))
    quantity: Mapped[Quantity]
    asn_line_id: Mapped[AsnLineId | None] = mapped_column(ForeignKey("asn_line.id"))
    purchase_order_line_id: Mapped[PurchaseOrderLineId | None] = mapped_column(ForeignKey("purchase_order_line.id"))
    capture: Mapped[Capture] = mapped_column(enum_column(Capture, name="capture"))
    raw_scan: Mapped[str] = mapped_column(String(512), default="")
    posting_seq: Mapped[PostingSeq] = mapped_column(ForeignKey("stock_posting.seq"))
    received_by: Mapped[UserId] = mapped_column(ForeignKey("user_account.id"))
    received_at: Mapped[datetime]

    receipt: Mapped[Receipt] = relationship(back_populates="lines")
    item: Mapped[Item] = relationship()
    lot: Mapped[Lot] = relationship()
    lpn: Mapped[Lpn] = relationship()
