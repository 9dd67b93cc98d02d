"""The ledger's own tables. Imported by the ledger and by the named readers only (import contract `one ledger`).

The rows are written by plain INSERT and UPDATE in post.py and claims.py; a row that reaches a flush through the ORM is
a mistake by definition and is refused (fences.py).
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from wms.core.ids import (
    BalanceId,
    BinId,
    ClaimId,
    DeviceId,
    HoldSetId,
    ItemId,
    LotId,
    LpnId,
    OwnerId,
    PostingSeq,
    UserId,
    WarehouseId,
    new_id,
)
from wms.core.quantity import Quantity
from wms.db import Base
from wms.db.types import enum_column
from wms.stock.captures import NOTE_LENGTH, RAW_LENGTH, TypedReason
from wms.stock.models import Capture


class Quality(StrEnum):
    """Quality of stock: 待验, 合格, 不合格."""

    PENDING = "pending"
    RELEASED = "released"
    REJECTED = "rejected"


class Reason(StrEnum):
    """Why a posting was made."""

    RECEIVE = "receive"
    PUTAWAY = "putaway"
    MOVE = "move"
    PICK = "pick"
    UNPICK = "unpick"
    SHIP = "ship"
    HOLD = "hold"
    LIFT = "lift"
    DISPOSITION = "disposition"
    COUNT = "count"
    SCRAP = "scrap"
    SUPPLIER_RETURN = "supplier_return"
    CUSTOMER_RETURN = "customer_return"
    QUARANTINE = "quarantine"
    ISSUE = "issue"
    CONSUME = "consume"
    OUTPUT = "output"
    SAMPLE = "sample"
    REVERSAL = "reversal"
    SPLIT = "split"
    MERGE = "merge"
    RELABEL = "relabel"
    ISSUE_RETURN = "issue_return"


class StockPosting(Base):
    """The moves done together: key, reason, document, actor, and both times. `seq` is the order of the world."""

    __tablename__ = "stock_posting"
    __table_args__ = (
        Index("ix_stock_posting_document", "document_kind", "document_id"),
        # Lots that were typed: a handful beside all that were scanned.
        Index(
            "ix_stock_posting_typed", "seq",
            sqlite_where=text("typed_reason IS NOT NULL"), postgresql_where=text("typed_reason IS NOT NULL"),
        ),
        {"sqlite_autoincrement": True},
    )  # fmt: skip

    seq: Mapped[PostingSeq] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    key: Mapped[str] = mapped_column(String(100), unique=True)
    #: Hash of what was asked, so that one key with another content is refused.
    fingerprint: Mapped[str] = mapped_column(String(64))
    reason: Mapped[Reason] = mapped_column(enum_column(Reason, name="reason"))
    document_kind: Mapped[str] = mapped_column(String(24), default="")
    document_id: Mapped[int | None] = mapped_column(BigInteger)
    actor_id: Mapped[UserId] = mapped_column(ForeignKey("user_account.id"))
    device_id: Mapped[DeviceId | None] = mapped_column(BigInteger)
    note: Mapped[str] = mapped_column(String(500), default="")
    occurred_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    reverses_seq: Mapped[PostingSeq | None] = mapped_column(ForeignKey("stock_posting.seq"), unique=True)
    #: How it was captured (NULL: before this was kept), as it was read, and why a lot was typed.
    capture: Mapped[Capture | None] = mapped_column(enum_column(Capture, name="capture"))
    raw_scan: Mapped[str] = mapped_column(String(RAW_LENGTH), default="", server_default="")
    typed_reason: Mapped[TypedReason | None] = mapped_column(enum_column(TypedReason, name="typed_reason"))
    typed_note: Mapped[str] = mapped_column(String(NOTE_LENGTH), default="", server_default="")


class StockMove(Base):
    """A positive quantity of one lot from one stock key to another. Never updated, never deleted (triggers)."""

    __tablename__ = "stock_move"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint(
            "source_bin_id <> target_bin_id OR source_lpn_id <> target_lpn_id OR source_quality <> target_quality"
            " OR source_hold_set_id <> target_hold_set_id",
            name="two_ends",
        ),
        Index("ix_stock_move_lot_id", "lot_id", "posting_seq"),
        Index("ix_stock_move_source_bin_id", "source_bin_id", "posting_seq"),
        Index("ix_stock_move_target_bin_id", "target_bin_id", "posting_seq"),
        # What served an order line: few moves name a demand.
        Index(
            "ix_stock_move_demand", "demand_id",
            sqlite_where=text("demand_id IS NOT NULL"), postgresql_where=text("demand_id IS NOT NULL"),
        ),
    )  # fmt: skip

    posting_seq: Mapped[PostingSeq] = mapped_column(ForeignKey("stock_posting.seq"), primary_key=True)
    line: Mapped[int] = mapped_column(primary_key=True)
    warehouse_id: Mapped[WarehouseId] = mapped_column(ForeignKey("warehouse.id"))
    lot_id: Mapped[LotId] = mapped_column(ForeignKey("lot.id"))
    owner_id: Mapped[OwnerId] = mapped_column(ForeignKey("owner.id"))
    quantity: Mapped[Quantity]
    source_bin_id: Mapped[BinId] = mapped_column(ForeignKey("bin.id"))
    source_lpn_id: Mapped[LpnId] = mapped_column(ForeignKey("lpn.id"))
    source_quality: Mapped[Quality] = mapped_column(enum_column(Quality, name="source_quality"))
    source_hold_set_id: Mapped[HoldSetId] = mapped_column(ForeignKey("hold_set.id"))
    target_bin_id: Mapped[BinId] = mapped_column(ForeignKey("bin.id"))
    target_lpn_id: Mapped[LpnId] = mapped_column(ForeignKey("lpn.id"))
    target_quality: Mapped[Quality] = mapped_column(enum_column(Quality, name="target_quality"))
    target_hold_set_id: Mapped[HoldSetId] = mapped_column(ForeignKey("hold_set.id"))
    #: The demand this move served (an order line), when it fulfilled a claim.
    demand_kind: Mapped[str] = mapped_column(String(24), default="")
    demand_id: Mapped[int | None] = mapped_column(BigInteger)


class StockBalance(Base):
    """The running sum of one inside stock key, with what allocation sorts by (docs/decisions/0007)."""

    __tablename__ = "stock_balance"
    __table_args__ = (
        UniqueConstraint(
            "lot_id", "owner_id", "bin_id", "lpn_id", "quality", "hold_set_id", name="uq_stock_balance_key"
        ),
        ForeignKeyConstraint(["lot_id", "item_id"], ["lot.id", "lot.item_id"], name="fk_stock_balance_lot_item"),
        CheckConstraint("on_hand >= 0", name="on_hand_not_negative"),
        CheckConstraint("allocated >= 0 AND allocated <= on_hand", name="allocated_within"),
        CheckConstraint("is_open = (on_hand > allocated)", name="is_open_derived"),
        CheckConstraint("hold_set_id = 0 OR allocated = 0", name="held_is_not_promised"),
        # What may be sold, in FEFO order and in FIFO order; a stored flag keeps updates off the index until it flips.
        Index(
            "ix_stock_balance_fefo",
            "item_id", "warehouse_id", "fefo_on", "id",
            sqlite_where=text("is_open AND quality = 'released' AND hold_set_id = 0"),
            postgresql_where=text("is_open AND quality = 'released' AND hold_set_id = 0"),
        ),
        Index(
            "ix_stock_balance_fifo",
            "item_id", "warehouse_id", "received_on", "id",
            sqlite_where=text("is_open AND quality = 'released' AND hold_set_id = 0"),
            postgresql_where=text("is_open AND quality = 'released' AND hold_set_id = 0"),
        ),
        Index("ix_stock_balance_bin_id", "bin_id", sqlite_where=text("on_hand > 0"), postgresql_where=text("on_hand > 0")),
        Index("ix_stock_balance_lpn_id", "lpn_id", sqlite_where=text("on_hand > 0"), postgresql_where=text("on_hand > 0")),
        # Free goods are left out: they are nearly all, and their "set" would look like the commonest of sets.
        Index(
            "ix_stock_balance_hold_set_id", "hold_set_id",
            sqlite_where=text("hold_set_id <> 0"), postgresql_where=text("hold_set_id <> 0"),
        ),
        Index(
            "ix_stock_balance_page", "warehouse_id", "fefo_on", "id",
            sqlite_where=text("on_hand > 0"), postgresql_where=text("on_hand > 0"),
        ),
        # The few that are not plain sellable stock, for the stock page: pending or rejected, and held.
        Index(
            "ix_stock_balance_quality", "warehouse_id", "quality", "fefo_on", "id",
            sqlite_where=text("on_hand > 0 AND quality <> 'released'"),
            postgresql_where=text("on_hand > 0 AND quality <> 'released'"),
        ),
        Index(
            "ix_stock_balance_waiting", "warehouse_id", "quality", "received_on", "lot_id",
            sqlite_where=text("on_hand > 0 AND quality <> 'released'"),
            postgresql_where=text("on_hand > 0 AND quality <> 'released'"),
        ),
        Index(
            "ix_stock_balance_held", "warehouse_id", "fefo_on", "id",
            sqlite_where=text("on_hand > 0 AND hold_set_id <> 0"),
            postgresql_where=text("on_hand > 0 AND hold_set_id <> 0"),
        ),
        Index(
            "ix_stock_balance_item", "item_id", "warehouse_id", "fefo_on", "id",
            sqlite_where=text("on_hand > 0"), postgresql_where=text("on_hand > 0"),
        ),
    )  # fmt: skip

    id: Mapped[BalanceId] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    warehouse_id: Mapped[WarehouseId] = mapped_column(ForeignKey("warehouse.id"))
    lot_id: Mapped[LotId] = mapped_column(BigInteger)
    item_id: Mapped[ItemId] = mapped_column(BigInteger)
    owner_id: Mapped[OwnerId] = mapped_column(ForeignKey("owner.id"))
    bin_id: Mapped[BinId] = mapped_column(ForeignKey("bin.id"))
    lpn_id: Mapped[LpnId] = mapped_column(ForeignKey("lpn.id"))
    quality: Mapped[Quality] = mapped_column(enum_column(Quality, name="quality"))
    hold_set_id: Mapped[HoldSetId] = mapped_column(ForeignKey("hold_set.id"))
    on_hand: Mapped[Quantity]
    allocated: Mapped[Quantity]
    is_open: Mapped[bool]
    fefo_on: Mapped[date]
    received_on: Mapped[date]


class StockClaim(Base):
    """A part of a balance held for one demand line. It falls as the goods are moved for it, and is gone at zero."""

    __tablename__ = "stock_claim"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity_positive"),
        Index("ix_stock_claim_balance_id", "balance_id"),
        Index("ix_stock_claim_demand", "demand_kind", "demand_id"),
    )

    id: Mapped[ClaimId] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    balance_id: Mapped[BalanceId] = mapped_column(ForeignKey("stock_balance.id"))
    demand_kind: Mapped[str] = mapped_column(String(24))
    demand_id: Mapped[int] = mapped_column(BigInteger)
    quantity: Mapped[Quantity]
    created_at: Mapped[datetime]


class StockSnapshot(Base):
    """What stood everywhere after one posting, taken at a month's end, so that no question of the past replays years.

    It is good for every instant from `reaches_at` on: no posting up to `ledger_seq` was recorded later. Never changed.
    """

    __tablename__ = "stock_snapshot"

    id: Mapped[int] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    #: The month before this day (UTC) ended with it.
    before_on: Mapped[date] = mapped_column(unique=True)
    ledger_seq: Mapped[PostingSeq] = mapped_column(BigInteger)
    reaches_at: Mapped[datetime]
    line_count: Mapped[int]
    #: Over its lines in their order, as wms.stock.asof spells them.
    sha256: Mapped[str] = mapped_column(String(64))
    taken_at: Mapped[datetime]


class StockSnapshotLine(Base):
    """The sum of one inside stock key in a snapshot. Never changed."""

    __tablename__ = "stock_snapshot_line"
    __table_args__ = (
        CheckConstraint("on_hand <> 0", name="not_nothing"),
        Index("ix_stock_snapshot_line_lot_id", "lot_id", "snapshot_id"),
    )

    snapshot_id: Mapped[int] = mapped_column(ForeignKey("stock_snapshot.id"), primary_key=True, autoincrement=False)
    lot_id: Mapped[LotId] = mapped_column(ForeignKey("lot.id"), primary_key=True, autoincrement=False)
    owner_id: Mapped[OwnerId] = mapped_column(ForeignKey("owner.id"), primary_key=True, autoincrement=False)
    bin_id: Mapped[BinId] = mapped_column(ForeignKey("bin.id"), primary_key=True, autoincrement=False)
    lpn_id: Mapped[LpnId] = mapped_column(ForeignKey("lpn.id"), primary_key=True, autoincrement=False)
    quality: Mapped[Quality] = mapped_column(enum_column(Quality, name="quality"), primary_key=True)
    hold_set_id: Mapped[HoldSetId] = mapped_column(ForeignKey("hold_set.id"), primary_key=True, autoincrement=False)
    on_hand: Mapped[Quantity]
