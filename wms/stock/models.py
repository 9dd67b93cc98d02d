"""Tables of lots, LPNs, owners, holds and hold sets. Quantities stand in wms/stock/ledger/tables.py alone."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from wms.catalog.models import Item, Partner
from wms.core.ids import (
    BinId,
    HoldCaseId,
    HoldId,
    HoldSetId,
    ItemId,
    LotId,
    LpnId,
    OwnerId,
    PartnerId,
    PostingSeq,
    UserId,
    WarehouseId,
    new_id,
)
from wms.core.quantity import Quantity
from wms.db import Base
from wms.db.types import enum_column
from wms.fields.models import OwnFieldValue, values_of_record


class Capture(StrEnum):
    """How a record was captured."""

    SCAN = "scan"
    TYPED = "typed"
    TYPED_TWICE = "typed_twice"
    PHOTO = "photo"
    RFID = "rfid"
    IMPORT = "import"
    SYSTEM = "system"


class DatePrecision(StrEnum):
    """How exactly a label states a date."""

    DAY = "day"
    MONTH = "month"


class Owner(Base):
    """Whose goods they are (货主). Row 1 is ourselves."""

    __tablename__ = "owner"

    id: Mapped[OwnerId] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    code: Mapped[str] = mapped_column(String(30), unique=True)
    name_en: Mapped[str] = mapped_column(String(160))
    name_zh: Mapped[str] = mapped_column(String(160), default="")

    def __repr__(self) -> str:
        return f"<Owner {self.code}>"


class Lot(Base):
    """One production or supplier batch of an item; `number` is kept byte for byte and is unique per item.

    `expires_on` and `best_before_on` are the last good day. `fefo_on` is the date that decides, by the item's basis
    (9999-12-31 where none does), so that it is never NULL where stock is sorted by it.
    """

    __tablename__ = "lot"
    __table_args__ = (
        UniqueConstraint("item_id", "number"),
        UniqueConstraint("id", "item_id", name="uq_lot_id_item"),
        Index("ix_lot_number", "number"),
        Index("ix_lot_maker_lot", "maker_lot"),
        Index("ix_lot_fefo_on", "fefo_on"),
        Index("ix_lot_supplier", "supplier_id", "received_on"),
        Index(
            "ix_lot_retest_on",
            "retest_on",
            sqlite_where=text("retest_on IS NOT NULL"),
            postgresql_where=text("retest_on IS NOT NULL"),
        ),
        # A handful, while a recall is between its stop and its hold; most often none.
        Index(
            "ix_lot_stopped", "id", sqlite_where=text("stopped_for <> ''"), postgresql_where=text("stopped_for <> ''")
        ),
    )

    id: Mapped[LotId] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    item_id: Mapped[ItemId] = mapped_column(ForeignKey("item.id"))
    number: Mapped[str] = mapped_column(String(60))
    maker_id: Mapped[PartnerId | None] = mapped_column(ForeignKey("partner.id"))
    maker_lot: Mapped[str] = mapped_column(String(60), default="")
    supplier_id: Mapped[PartnerId | None] = mapped_column(ForeignKey("partner.id"))
    traceability_lot_code: Mapped[str] = mapped_column(String(80), default="")
    traceability_lot_source: Mapped[str] = mapped_column(String(160), default="")
    manufactured_on: Mapped[date | None]
    expires_on: Mapped[date | None]
    best_before_on: Mapped[date | None]
    retest_on: Mapped[date | None]
    received_on: Mapped[date | None]
    fefo_on: Mapped[date]
    #: What the label said, and how exactly, beside the day we computed from it.
    expiry_text: Mapped[str] = mapped_column(String(40), default="")
    expiry_precision: Mapped[DatePrecision] = mapped_column(
        enum_column(DatePrecision, name="expiry_precision"), default=DatePrecision.DAY
    )
    country: Mapped[str] = mapped_column(String(2), default="")
    captured_by: Mapped[Capture] = mapped_column(enum_column(Capture, name="captured_by"), default=Capture.SCAN)
    created_at: Mapped[datetime]
    #: The numbers of the recalls that stop it and do not hold it yet, parted by blanks; written by wms.stock.stops alone.
    stopped_for: Mapped[str] = mapped_column(Text, default="", server_default="")

    item: Mapped[Item] = relationship()
    own_values: Mapped[list[OwnFieldValue]] = values_of_record("lot", "Lot")
    maker: Mapped[Partner | None] = relationship(foreign_keys=[maker_id])
    supplier: Mapped[Partner | None] = relationship(foreign_keys=[supplier_id])

    def __repr__(self) -> str:
        return f"<Lot {self.number}>"


def _tail(context: Any) -> str:
    """The last four signs of the code that goes in with it."""
    return str(context.get_current_parameters()["code"])[-4:]


class Lpn(Base):
    """The plate of a pallet, tote or case. Row 0 stands for loose stock, so the stock key has no NULL.

    An SSCC is unique among open LPNs only: a code may come back after its plate was closed.
    """

    __tablename__ = "lpn"
    __table_args__ = (
        Index("uq_lpn_code_open", "code", unique=True, sqlite_where=text("is_open"), postgresql_where=text("is_open")),
        Index("ix_lpn_code", "code"),
        Index("ix_lpn_parent_id", "parent_id"),
        Index("ix_lpn_tail", "tail"),
    )

    id: Mapped[LpnId] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    #: 18 digits when it is an SSCC, else our own plate number.
    code: Mapped[str] = mapped_column(String(30))
    #: Its last four signs: what a person reads off a plate and types.
    tail: Mapped[str] = mapped_column(String(4), default=_tail, server_default="")
    is_sscc: Mapped[bool] = mapped_column(default=False)
    is_open: Mapped[bool] = mapped_column(default=True)
    warehouse_id: Mapped[WarehouseId | None] = mapped_column(ForeignKey("warehouse.id"))
    parent_id: Mapped[LpnId | None] = mapped_column(ForeignKey("lpn.id"))
    created_at: Mapped[datetime]

    def __repr__(self) -> str:
        return f"<Lpn {self.code}>"


class HoldScope(StrEnum):
    """How far a hold reaches."""

    LOT = "lot"
    BIN = "bin"
    LPN = "lpn"
    QUANTITY = "quantity"


class HoldReason(StrEnum):
    """Why goods are stopped."""

    SUSPECT = "suspect"
    COMPLAINT = "complaint"
    DAMAGE = "damage"
    TEMPERATURE = "temperature"
    DOCUMENTS = "documents"
    EXPIRED = "expired"
    RECALL = "recall"
    FOREIGN_BODY = "foreign_body"
    OTHER = "other"
    NONCONFORMANCE = "nonconformance"
    RETEST = "retest"
    UNKNOWN_ORIGIN = "unknown_origin"
    FOUND = "found"


class CaseScope(StrEnum):
    """What a hold case was placed on: all in a bin, on an LPN with its children, that a query matches, or of a list of lots."""

    BIN = "bin"
    LPN = "lpn"
    QUERY = "query"
    LOTS = "lots"


class HoldCase(Base):
    """Many holds placed together, for one reason: one hold a lot (or lot and bin) lies below it.

    A standing case also takes lots that match it and come later. It ends when its last hold is lifted with it.
    """

    __tablename__ = "hold_case"
    __table_args__ = (
        CheckConstraint("(ended_at IS NULL) = (ended_by IS NULL)", name="ended_whole"),
        Index("ix_hold_case_placed_at", "placed_at", "id"),
        Index(
            "ix_hold_case_open", "placed_at", "id",
            sqlite_where=text("ended_at IS NULL"), postgresql_where=text("ended_at IS NULL"),
        ),
    )  # fmt: skip

    id: Mapped[HoldCaseId] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    number: Mapped[str] = mapped_column(String(40), unique=True)
    scope: Mapped[CaseScope] = mapped_column(enum_column(CaseScope, name="scope"))
    #: NULL for a case in every warehouse.
    warehouse_id: Mapped[WarehouseId | None] = mapped_column(ForeignKey("warehouse.id"))
    bin_id: Mapped[BinId | None] = mapped_column(ForeignKey("bin.id"))
    lpn_id: Mapped[LpnId | None] = mapped_column(ForeignKey("lpn.id"))
    #: What was asked, as wms/quality/rules/criteria.py writes it; empty for a bin or an LPN.
    criteria: Mapped[dict[str, Any]] = mapped_column(JSON)
    #: Lots that match and come later are held as they come in.
    is_standing: Mapped[bool] = mapped_column(default=False)
    reason: Mapped[HoldReason] = mapped_column(enum_column(HoldReason, name="reason"))
    note: Mapped[str] = mapped_column(String(500), default="")
    placed_by: Mapped[UserId] = mapped_column(ForeignKey("user_account.id"))
    placed_at: Mapped[datetime]
    ended_by: Mapped[UserId | None] = mapped_column(ForeignKey("user_account.id"))
    ended_at: Mapped[datetime | None]

    def __repr__(self) -> str:
        return f"<HoldCase {self.number}>"


class Hold(Base):
    """A stop laid on stock (锁定). It lies on every balance whose hold set contains it; open until lifted.

    A hold of scope `lot` also takes whatever of the lot arrives later: the ledger adds it to each such receipt.
    """

    __tablename__ = "hold"
    __table_args__ = (
        CheckConstraint("(lifted_at IS NULL) = (lifted_by IS NULL)", name="lifted_whole"),
        Index("ix_hold_lot_id", "lot_id"),
        Index("ix_hold_placed_at", "placed_at", "id"),
        # The holds that stand, beside all that ever did.
        Index(
            "ix_hold_open", "placed_at", "id",
            sqlite_where=text("lifted_at IS NULL"), postgresql_where=text("lifted_at IS NULL"),
        ),
        Index(
            "ix_hold_of_case", "case_id", "id",
            sqlite_where=text("case_id IS NOT NULL"), postgresql_where=text("case_id IS NOT NULL"),
        ),
    )  # fmt: skip

    id: Mapped[HoldId] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    scope: Mapped[HoldScope] = mapped_column(enum_column(HoldScope, name="scope"))
    lot_id: Mapped[LotId] = mapped_column(ForeignKey("lot.id"))
    #: NULL for a hold of the lot everywhere.
    warehouse_id: Mapped[WarehouseId | None] = mapped_column(ForeignKey("warehouse.id"))
    bin_id: Mapped[BinId | None] = mapped_column(ForeignKey("bin.id"))
    lpn_id: Mapped[LpnId | None] = mapped_column(ForeignKey("lpn.id"))
    #: For scope `quantity`: how much was stopped, in base units.
    quantity: Mapped[Quantity | None]
    reason: Mapped[HoldReason] = mapped_column(enum_column(HoldReason, name="reason"))
    note: Mapped[str] = mapped_column(String(500), default="")
    placed_by: Mapped[UserId] = mapped_column(ForeignKey("user_account.id"))
    placed_at: Mapped[datetime]
    lifted_by: Mapped[UserId | None] = mapped_column(ForeignKey("user_account.id"))
    lifted_at: Mapped[datetime | None]
    lift_reason: Mapped[str] = mapped_column(String(500), default="")
    #: The case it was placed with, NULL for a hold placed by itself.
    case_id: Mapped[HoldCaseId | None] = mapped_column(ForeignKey("hold_case.id"))

    lot: Mapped[Lot] = relationship()
    members: Mapped[list[HoldSetMember]] = relationship(back_populates="hold")

    @property
    def is_open(self) -> bool:
        """Whether the hold still stands."""
        return self.lifted_at is None

    def __repr__(self) -> str:
        return f"<Hold {self.id} {self.scope}>"


class HoldSet(Base):
    """A set of holds that lie together on some stock; row 0 is the empty set. `members_key` names its content."""

    __tablename__ = "hold_set"

    id: Mapped[HoldSetId] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    members_key: Mapped[str] = mapped_column(String(2000), unique=True)


class HoldSetMember(Base):
    """One hold in one hold set."""

    __tablename__ = "hold_set_member"
    __table_args__ = (Index("ix_hold_set_member_hold_id", "hold_id"),)

    hold_set_id: Mapped[HoldSetId] = mapped_column(ForeignKey("hold_set.id"), primary_key=True)
    hold_id: Mapped[HoldId] = mapped_column(ForeignKey("hold.id"), primary_key=True)

    hold: Mapped[Hold] = relationship(back_populates="members")


class ReleaseScope(Base):
    """A lot is released for a market, or a customer, and for nobody else. A lot without an open scope is free for all.

    `entry` is the scope as one word, as wms.stock.rules.scope writes it: the statements that look at goods carry it along.
    """

    __tablename__ = "release_scope"
    __table_args__ = (
        CheckConstraint("(market = '') <> (customer_id IS NULL)", name="market_or_customer"),
        Index(
            "ix_release_scope_open", "lot_id",
            sqlite_where=text("ended_at IS NULL"), postgresql_where=text("ended_at IS NULL"),
        ),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    lot_id: Mapped[LotId] = mapped_column(ForeignKey("lot.id"))
    market: Mapped[str] = mapped_column(String(12), default="")
    customer_id: Mapped[PartnerId | None] = mapped_column(ForeignKey("partner.id"))
    #: The last day on which goods may leave under it.
    until_on: Mapped[date | None]
    entry: Mapped[str] = mapped_column(String(100))
    #: What decided it: ("release", id) or ("nonconformance", id).
    document_kind: Mapped[str] = mapped_column(String(24))
    document_id: Mapped[int] = mapped_column(BigInteger)
    made_by: Mapped[UserId] = mapped_column(ForeignKey("user_account.id"))
    made_at: Mapped[datetime]
    ended_by: Mapped[UserId | None] = mapped_column(ForeignKey("user_account.id"))
    ended_at: Mapped[datetime | None]

    customer: Mapped[Partner | None] = relationship()

    def __repr__(self) -> str:
        return f"<ReleaseScope {self.entry}>"


class LinkKind(StrEnum):
    """How one lot came of another."""

    SPLIT = "split"
    MERGE = "merge"
    RELABEL = "relabel"
    PRODUCTION = "production"
    REWORK = "rework"
    IMPORTED = "imported"
    #: It stood in a vessel that was not cleaned out: quantity 0, and still a source.
    RESIDUE = "residue"


class LotLink(Base):
    """So much of a source lot became so much of a target lot: the genealogy, never changed and never deleted.

    Quantities are in each lot's own item's base unit. `posting_seq` is the posting that did it; an imported link has none.
    Where several lots went into several, no quantity of a link is a whole number of millionths: then the share stands beside
    it exactly. Of the source went source_total x source_part / source_parts; of the target came target_total x target_part /
    target_parts; `source_quantity` and `target_quantity` are these, rounded so that the sums agree. NULL: they are exact.
    `voided_seq` is set once, by the counter-entry that took back what the link says: the link no longer counts.
    """

    __tablename__ = "lot_link"
    __table_args__ = (
        CheckConstraint("source_quantity >= 0 AND target_quantity >= 0", name="quantity_positive"),
        CheckConstraint("source_lot_id <> target_lot_id", name="two_lots"),
        Index(
            "ix_lot_link_source", "source_lot_id", "target_lot_id",
            sqlite_where=text("voided_seq IS NULL"), postgresql_where=text("voided_seq IS NULL"),
        ),
        Index(
            "ix_lot_link_target", "target_lot_id", "source_lot_id",
            sqlite_where=text("voided_seq IS NULL"), postgresql_where=text("voided_seq IS NULL"),
        ),
        Index("ix_lot_link_document", "document_kind", "document_id"),
        # The few that were taken back, for the page of a lot.
        Index(
            "ix_lot_link_voided_source", "source_lot_id",
            sqlite_where=text("voided_seq IS NOT NULL"), postgresql_where=text("voided_seq IS NOT NULL"),
        ),
        Index(
            "ix_lot_link_voided_target", "target_lot_id",
            sqlite_where=text("voided_seq IS NOT NULL"), postgresql_where=text("voided_seq IS NOT NULL"),
        ),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    kind: Mapped[LinkKind] = mapped_column(enum_column(LinkKind, name="kind"))
    source_lot_id: Mapped[LotId] = mapped_column(ForeignKey("lot.id"))
    target_lot_id: Mapped[LotId] = mapped_column(ForeignKey("lot.id"))
    source_quantity: Mapped[Quantity]
    target_quantity: Mapped[Quantity]
    source_total: Mapped[Quantity | None]
    source_part: Mapped[int | None] = mapped_column(BigInteger)
    source_parts: Mapped[int | None] = mapped_column(BigInteger)
    target_total: Mapped[Quantity | None]
    target_part: Mapped[int | None] = mapped_column(BigInteger)
    target_parts: Mapped[int | None] = mapped_column(BigInteger)
    posting_seq: Mapped[PostingSeq | None] = mapped_column(ForeignKey("stock_posting.seq"))
    voided_seq: Mapped[PostingSeq | None] = mapped_column(ForeignKey("stock_posting.seq"))
    document_kind: Mapped[str] = mapped_column(String(24), default="")
    document_id: Mapped[int | None] = mapped_column(BigInteger)
    reason: Mapped[str] = mapped_column(String(500), default="")
    made_by: Mapped[UserId] = mapped_column(ForeignKey("user_account.id"))
    made_at: Mapped[datetime]

    source: Mapped[Lot] = relationship(foreign_keys=[source_lot_id])
    target: Mapped[Lot] = relationship(foreign_keys=[target_lot_id])

    def __repr__(self) -> str:
        return f"<LotLink {self.source_lot_id} -> {self.target_lot_id}>"


class LotPeg(Base):
    """A lot is made for one demand, ("order_line", id) say, and goes to no other until it is freed, with the reason (W8)."""

    __tablename__ = "lot_peg"
    __table_args__ = (
        CheckConstraint("(freed_at IS NULL) = (freed_by IS NULL)", name="freed_whole"),
        Index(
            "uq_lot_peg_open", "lot_id", unique=True,
            sqlite_where=text("freed_at IS NULL"), postgresql_where=text("freed_at IS NULL"),
        ),
        Index("ix_lot_peg_demand", "demand_kind", "demand_id"),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    lot_id: Mapped[LotId] = mapped_column(ForeignKey("lot.id"))
    demand_kind: Mapped[str] = mapped_column(String(24))
    demand_id: Mapped[int] = mapped_column(BigInteger)
    #: The number of the paper the demand stands on, for the refusal: the order's.
    made_for: Mapped[str] = mapped_column(String(40), default="")
    #: The work order it was made by: ("work_order", id).
    document_kind: Mapped[str] = mapped_column(String(24), default="")
    document_id: Mapped[int | None] = mapped_column(BigInteger)
    made_by: Mapped[UserId] = mapped_column(ForeignKey("user_account.id"))
    made_at: Mapped[datetime]
    freed_by: Mapped[UserId | None] = mapped_column(ForeignKey("user_account.id"))
    freed_at: Mapped[datetime | None]
    free_reason: Mapped[str] = mapped_column(String(500), default="")

    lot: Mapped[Lot] = relationship()

    def __repr__(self) -> str:
        return f"<LotPeg {self.lot_id} -> {self.demand_kind} {self.demand_id}>"


class PastKind(StrEnum):
    """What happened to a lot before this system."""

    RECEIPT = "receipt"
    CONSUMPTION = "consumption"
    SHIPMENT = "shipment"


class ImportedEvent(Base):
    """What a file says happened to a lot before this system: came from whom, went into which lot, left to whom.

    No stock moves by it; trace and recall read it beside the ledger. A consumption has its LotLink too (`lot_link_id`).
    Never changed and never deleted. `source_sha256` and `source_row` say where it stands.
    """

    __tablename__ = "imported_event"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint("(kind = 'consumption') = (output_lot_id IS NOT NULL)", name="consumption_has_output"),
        Index("ix_imported_event_lot", "lot_id", "happened_on"),
        Index("ix_imported_event_output_lot", "output_lot_id"),
        Index("ix_imported_event_partner", "partner_id", "happened_on"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    kind: Mapped[PastKind] = mapped_column(enum_column(PastKind, name="kind"))
    lot_id: Mapped[LotId] = mapped_column(ForeignKey("lot.id"))
    #: What a consumption made, and how much of it; the quantity is NULL where the file does not say.
    output_lot_id: Mapped[LotId | None] = mapped_column(ForeignKey("lot.id"))
    output_quantity: Mapped[Quantity | None]
    #: The supplier of a receipt, the customer of a shipment.
    partner_id: Mapped[PartnerId | None] = mapped_column(ForeignKey("partner.id"))
    warehouse_id: Mapped[WarehouseId | None] = mapped_column(ForeignKey("warehouse.id"))
    document: Mapped[str] = mapped_column(String(60), default="")
    quantity: Mapped[Quantity]
    happened_on: Mapped[date]
    lot_link_id: Mapped[int | None] = mapped_column(ForeignKey("lot_link.id"))
    source_sha256: Mapped[str] = mapped_column(String(64))
    source_row: Mapped[int]
    made_by: Mapped[UserId] = mapped_column(ForeignKey("user_account.id"))
    made_at: Mapped[datetime]

    lot: Mapped[Lot] = relationship(foreign_keys=[lot_id])
    output_lot: Mapped[Lot | None] = relationship(foreign_keys=[output_lot_id])
    partner: Mapped[Partner | None] = relationship()

    def __repr__(self) -> str:
        return f"<ImportedEvent {self.kind} {self.lot_id}>"
