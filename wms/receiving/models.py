"""Tables of purchase orders, ASNs, receipts and refusals.

What was received of a line is the sum of its receipt lines that stand: one that was reversed counts no more.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from wms.catalog.models import Item, Partner
from wms.core.ids import (
    AsnId,
    AsnLineId,
    AsnLpnId,
    BinId,
    ItemId,
    LotId,
    LpnId,
    OwnerId,
    PalletCheckId,
    PartnerId,
    PassageId,
    PostingSeq,
    PurchaseOrderId,
    PurchaseOrderLineId,
    ReceiptId,
    ReceiptLineId,
    RefusalId,
    UserId,
    WarehouseId,
    new_id,
)
from wms.core.quantity import Quantity
from wms.db import Base
from wms.db.types import enum_column
from wms.fields.models import OwnFieldValue, values_of_record
from wms.sites.models import Bin
from wms.stock.models import Capture, Lot, Lpn


class PurchaseOrderState(StrEnum):
    """Open until all is received or the rest is given up."""

    OPEN = "open"
    CLOSED = "closed"
    CANCELLED = "cancelled"


class AsnState(StrEnum):
    """Expected, at the door, being received (a receipt is open), partly received (the rest is to come), received."""

    EXPECTED = "expected"
    ARRIVED = "arrived"
    RECEIVING = "receiving"
    RECEIVED = "received"
    CANCELLED = "cancelled"
    PARTLY_RECEIVED = "partly_received"


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


class AsnLpn(Base):
    """An announced plate: a pallet, a case on it, an inner in the case, to any depth. An SSCC stands once on a notice."""

    __tablename__ = "asn_lpn"
    __table_args__ = (
        UniqueConstraint("asn_id", "sscc"),
        Index("ix_asn_lpn_sscc", "sscc"),
        Index("ix_asn_lpn_parent_id", "parent_id"),
    )

    id: Mapped[AsnLpnId] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    asn_id: Mapped[AsnId] = mapped_column(ForeignKey("asn.id"))
    sscc: Mapped[str] = mapped_column(String(18))
    parent_id: Mapped[AsnLpnId | None] = mapped_column(ForeignKey("asn_lpn.id"))
    #: The place in the tree, each plate before what stands on it; and how deep it stands there.
    position: Mapped[int]
    depth: Mapped[int] = mapped_column(default=0)
    arrived_passage_id: Mapped[PassageId | None] = mapped_column(BigInteger)
    arrived_at: Mapped[datetime | None]

    def __repr__(self) -> str:
        return f"<AsnLpn {self.sscc}>"


class AsnLine(Base):
    """One announced lot (or item) with its quantity, and the plate it stands on, where the supplier says so."""

    __tablename__ = "asn_line"
    __table_args__ = (
        UniqueConstraint("asn_id", "line"),
        CheckConstraint("quantity > 0", name="quantity_positive"),
        Index("ix_asn_line_sscc", "sscc"),
        Index("ix_asn_line_asn_lpn_id", "asn_lpn_id"),
    )

    id: Mapped[AsnLineId] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    asn_id: Mapped[AsnId] = mapped_column(ForeignKey("asn.id"))
    line: Mapped[int]
    item_id: Mapped[ItemId] = mapped_column(ForeignKey("item.id"))
    quantity: Mapped[Quantity]
    lot_number: Mapped[str] = mapped_column(String(60), default="")
    expires_on: Mapped[date | None]
    manufactured_on: Mapped[date | None]
    #: The SSCC of its plate, beside the plate's row.
    sscc: Mapped[str | None] = mapped_column(String(18))
    asn_lpn_id: Mapped[AsnLpnId | None] = mapped_column(ForeignKey("asn_lpn.id"))
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
    #: NULL where nobody looked.
    seal_is_intact: Mapped[bool | None]
    carrier: Mapped[str] = mapped_column(String(120), default="")
    #: Degrees Celsius times ten: as the carrier's paper says of the departure, and as read at the door.
    departure_temperature_decidegrees: Mapped[int | None]
    arrival_temperature_decidegrees: Mapped[int | None]
    opened_by: Mapped[UserId] = mapped_column(ForeignKey("user_account.id"))
    opened_at: Mapped[datetime]
    #: Who accepted it (验收): who closed it, but a second person where `needs_acceptance`.
    accepted_by: Mapped[UserId | None] = mapped_column(ForeignKey("user_account.id"))
    accepted_at: Mapped[datetime | None]
    needs_acceptance: Mapped[bool] = mapped_column(default=False)
    closed_by: Mapped[UserId | None] = mapped_column(ForeignKey("user_account.id"))
    closed_at: Mapped[datetime | None]
    #: The number by which it is drawn which plates of a pallet a receiver must scan: with it the draw can be done again.
    check_seed: Mapped[int] = mapped_column(BigInteger, default=0)
    #: Opened by a plate that nobody announced: its goods come in held until supplier, item, lot and date are named.
    is_provisional: Mapped[bool] = mapped_column(default=False)
    finished_by: Mapped[UserId | None] = mapped_column(ForeignKey("user_account.id"))
    finished_at: Mapped[datetime | None]

    own_values: Mapped[list[OwnFieldValue]] = values_of_record("receipt", "Receipt")
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
    reversed_by: Mapped[UserId | None] = mapped_column(ForeignKey("user_account.id"))
    reversed_at: Mapped[datetime | None]
    reverse_reason: Mapped[str] = mapped_column(String(500), default="")
    reversal_seq: Mapped[PostingSeq | None] = mapped_column(ForeignKey("stock_posting.seq"))

    receipt: Mapped[Receipt] = relationship(back_populates="lines")
    item: Mapped[Item] = relationship()
    lot: Mapped[Lot] = relationship()
    lpn: Mapped[Lpn] = relationship()

    @property
    def is_reversed(self) -> bool:
        """Whether it was taken back."""
        return self.reversed_at is not None


class CheckState(StrEnum):
    """Open while plates are being looked at; done when the pallet is taken in."""

    OPEN = "open"
    DONE = "done"


class UnitState(StrEnum):
    """What came of one plate (or line) of a pallet: waits, found, not there, other than announced, one too many, moved in."""

    WAITING = "waiting"
    FOUND = "found"
    MISSING = "missing"
    DIFFERS = "differs"
    EXTRA = "extra"
    MOVED_IN = "moved_in"


class PalletCheck(Base):
    """A look at a pallet before it is taken in by its one SSCC: so much of it must be scanned; one difference and all of it."""

    __tablename__ = "pallet_check"
    __table_args__ = (UniqueConstraint("receipt_id", "sscc"),)

    id: Mapped[PalletCheckId] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    receipt_id: Mapped[ReceiptId] = mapped_column(ForeignKey("receipt.id"))
    sscc: Mapped[str] = mapped_column(String(18))
    #: What was asked at first, and whether a difference raised it to all.
    share_percent: Mapped[int]
    is_raised: Mapped[bool] = mapped_column(default=False)
    state: Mapped[CheckState] = mapped_column(enum_column(CheckState, name="state"), default=CheckState.OPEN)
    opened_by: Mapped[UserId] = mapped_column(ForeignKey("user_account.id"))
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]

    receipt: Mapped[Receipt] = relationship()
    units: Mapped[list[PalletCheckUnit]] = relationship(back_populates="check", order_by="PalletCheckUnit.position")

    def __repr__(self) -> str:
        return f"<PalletCheck {self.sscc} {self.state}>"


class PalletCheckUnit(Base):
    """One plate of the pallet that holds goods, or a line that stands on no plate of its own (code "line 3")."""

    __tablename__ = "pallet_check_unit"
    __table_args__ = (UniqueConstraint("check_id", "code"),)

    id: Mapped[int] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    check_id: Mapped[PalletCheckId] = mapped_column(ForeignKey("pallet_check.id"))
    position: Mapped[int]
    code: Mapped[str] = mapped_column(String(30))
    asn_line_id: Mapped[AsnLineId | None] = mapped_column(ForeignKey("asn_line.id"))
    is_asked: Mapped[bool] = mapped_column(default=False)
    state: Mapped[UnitState] = mapped_column(enum_column(UnitState, name="state"), default=UnitState.WAITING)
    #: What was counted, in base units, where it is not what was announced.
    found_quantity: Mapped[Quantity | None]
    found_by: Mapped[UserId | None] = mapped_column(ForeignKey("user_account.id"))
    found_at: Mapped[datetime | None]

    check: Mapped[PalletCheck] = relationship(back_populates="units")

    def __repr__(self) -> str:
        return f"<PalletCheckUnit {self.code} {self.state}>"


class DifferenceKind(StrEnum):
    """How a pallet differs from its notice."""

    MISSING = "missing"
    EXTRA_LPN = "extra_lpn"
    MOVED_LPN = "moved_lpn"
    OTHER_LOT = "other_lot"
    OTHER_QUANTITY = "other_quantity"


class ReceiptDifference(Base):
    """One difference a person found on a pallet and wrote down."""

    __tablename__ = "receipt_difference"
    __table_args__ = (Index("ix_receipt_difference_receipt_id", "receipt_id"),)

    id: Mapped[int] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    receipt_id: Mapped[ReceiptId] = mapped_column(ForeignKey("receipt.id"))
    kind: Mapped[DifferenceKind] = mapped_column(enum_column(DifferenceKind, name="kind"))
    #: The pallet that was scanned, and the plate on it (or "line 3") that differs.
    sscc: Mapped[str] = mapped_column(String(18))
    code: Mapped[str] = mapped_column(String(30))
    item_id: Mapped[ItemId | None] = mapped_column(ForeignKey("item.id"))
    announced_lot: Mapped[str] = mapped_column(String(60), default="")
    found_lot: Mapped[str] = mapped_column(String(60), default="")
    announced_quantity: Mapped[Quantity | None]
    found_quantity: Mapped[Quantity | None]
    noted_by: Mapped[UserId] = mapped_column(ForeignKey("user_account.id"))
    noted_at: Mapped[datetime]

    item: Mapped[Item | None] = relationship()

    def __repr__(self) -> str:
        return f"<ReceiptDifference {self.kind} {self.code}>"


class ReceiptPlate(Base):
    """A plate that nobody announced, noted on a provisional receipt before anyone knows what stands on it."""

    __tablename__ = "receipt_plate"
    __table_args__ = (UniqueConstraint("receipt_id", "lpn_id"), Index("ix_receipt_plate_lpn_id", "lpn_id"))

    id: Mapped[int] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    receipt_id: Mapped[ReceiptId] = mapped_column(ForeignKey("receipt.id"))
    lpn_id: Mapped[LpnId] = mapped_column(ForeignKey("lpn.id"))
    passage_id: Mapped[PassageId | None] = mapped_column(BigInteger)
    noted_by: Mapped[UserId] = mapped_column(ForeignKey("user_account.id"))
    noted_at: Mapped[datetime]
    #: Nothing stood there after all.
    dropped_at: Mapped[datetime | None]

    lpn: Mapped[Lpn] = relationship()

    def __repr__(self) -> str:
        return f"<ReceiptPlate {self.lpn_id}>"


class RefusalReason(StrEnum):
    """Why goods were turned away."""

    DAMAGED = "damaged"
    WET = "wet"
    WRONG_GOODS = "wrong_goods"
    TOO_MANY = "too_many"
    SHORT_LIFE = "short_life"
    TEMPERATURE = "temperature"
    SEAL_BROKEN = "seal_broken"
    NO_DOCUMENTS = "no_documents"
    LICENCE = "licence"
    OTHER = "other"


class RefusalState(StrEnum):
    """Open while the goods stand here; closed when the carrier took them back."""

    OPEN = "open"
    CLOSED = "closed"


class Refusal(Base):
    """Goods that were turned away at the door (拒收): never stock, so no lot of ours; what they are is told in words."""

    __tablename__ = "refusal"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity_positive"),
        Index("ix_refusal_state", "warehouse_id", "state", "id"),
        Index("ix_refusal_receipt_id", "receipt_id"),
    )

    id: Mapped[RefusalId] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    number: Mapped[str] = mapped_column(String(40), unique=True)
    #: The device's key: a repeat after a lost answer writes nothing.
    key: Mapped[str] = mapped_column(String(100), unique=True)
    warehouse_id: Mapped[WarehouseId] = mapped_column(ForeignKey("warehouse.id"))
    state: Mapped[RefusalState] = mapped_column(enum_column(RefusalState, name="state"), default=RefusalState.OPEN)
    receipt_id: Mapped[ReceiptId | None] = mapped_column(ForeignKey("receipt.id"))
    supplier_id: Mapped[PartnerId | None] = mapped_column(ForeignKey("partner.id"))
    item_id: Mapped[ItemId | None] = mapped_column(ForeignKey("item.id"))
    lot_number: Mapped[str] = mapped_column(String(60), default="")
    #: What it is, where it is no item of ours, or beside it.
    description: Mapped[str] = mapped_column(String(300), default="")
    #: In the item's base unit, else pieces.
    quantity: Mapped[Quantity | None]
    reason: Mapped[RefusalReason] = mapped_column(enum_column(RefusalReason, name="reason"))
    note: Mapped[str] = mapped_column(String(500), default="")
    #: Where it stands until it is fetched: a bin, or words.
    bin_id: Mapped[BinId | None] = mapped_column(ForeignKey("bin.id"))
    place: Mapped[str] = mapped_column(String(120), default="")
    refused_by: Mapped[UserId] = mapped_column(ForeignKey("user_account.id"))
    refused_at: Mapped[datetime]
    #: Who took it back.
    carrier: Mapped[str] = mapped_column(String(120), default="")
    closed_by: Mapped[UserId | None] = mapped_column(ForeignKey("user_account.id"))
    closed_at: Mapped[datetime | None]

    receipt: Mapped[Receipt | None] = relationship()
    supplier: Mapped[Partner | None] = relationship()
    item: Mapped[Item | None] = relationship()
    bin: Mapped[Bin | None] = relationship()

    def __repr__(self) -> str:
        return f"<Refusal {self.number}>"
