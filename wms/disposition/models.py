"""Tables of releases, waivers, what is asked and who approves; non-conformances; destructions; numbers."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from wms.accounts.models import User
from wms.catalog.models import Item, ItemClass, Partner
from wms.core.ids import (
    LOOSE,
    BinId,
    DestructionId,
    HoldId,
    ItemId,
    LotId,
    LpnId,
    NonconformanceId,
    PartnerId,
    PostingSeq,
    ReleaseId,
    SignatureId,
    SupplierReturnId,
    UserId,
    WarehouseId,
    new_id,
)
from wms.core.quantity import Quantity
from wms.db import Base
from wms.db.types import enum_column
from wms.disposition.rules.states import DefectClass, DestructionState, Disposition, NonconformanceState
from wms.sites.models import Bin
from wms.stock.models import Hold, HoldScope, Lot, Lpn


class ReleaseVerdict(StrEnum):
    """What quality decided of pending goods."""

    RELEASED = "released"
    REJECTED = "rejected"


class ReleasePolicy(Base):
    """What a release asks of an item, or of a class of items; with a market, what that market asks besides."""

    __tablename__ = "release_policy"
    __table_args__ = (CheckConstraint("(item_class IS NULL) <> (item_id IS NULL)", name="item_or_class"),)

    id: Mapped[int] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    item_class: Mapped[ItemClass | None] = mapped_column(enum_column(ItemClass, name="item_class"))
    item_id: Mapped[ItemId | None] = mapped_column(ForeignKey("item.id"))
    market: Mapped[str] = mapped_column(String(12), default="")
    #: How each point is asked: {"certificate": "waivable"}; what is not named is not asked.
    points: Mapped[dict[str, str]] = mapped_column(JSON)
    needs_two: Mapped[bool] = mapped_column(default=False)

    item: Mapped[Item | None] = relationship()

    def __repr__(self) -> str:
        return f"<ReleasePolicy {self.item_class or self.item_id} {self.market}>"


class ApprovalPolicy(Base):
    """How many people approve a disposition of an item or class, and from which roles; blank disposition: any."""

    __tablename__ = "approval_policy"
    __table_args__ = (
        CheckConstraint("people >= 1 AND people <= 5", name="people_few"),
        CheckConstraint("item_class IS NULL OR item_id IS NULL", name="item_or_class"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    item_class: Mapped[ItemClass | None] = mapped_column(enum_column(ItemClass, name="item_class"))
    item_id: Mapped[ItemId | None] = mapped_column(ForeignKey("item.id"))
    disposition: Mapped[Disposition | None] = mapped_column(enum_column(Disposition, name="disposition"))
    people: Mapped[int]
    roles: Mapped[list[str]] = mapped_column(JSON)

    item: Mapped[Item | None] = relationship()

    def __repr__(self) -> str:
        return f"<ApprovalPolicy {self.people}>"


class Release(Base):
    """One decision on pending goods: of a lot in a warehouse, or of a tranche of it. Never changed.

    `checklist` is the list as it stood: [point, state, why, data]. `quantity` is what it came to.
    """

    __tablename__ = "release_decision"
    __table_args__ = (Index("ix_release_decision_lot", "lot_id", "id"),)

    id: Mapped[ReleaseId] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    key: Mapped[str] = mapped_column(String(100), unique=True)
    warehouse_id: Mapped[WarehouseId] = mapped_column(ForeignKey("warehouse.id"))
    lot_id: Mapped[LotId] = mapped_column(ForeignKey("lot.id"))
    verdict: Mapped[ReleaseVerdict] = mapped_column(enum_column(ReleaseVerdict, name="verdict"))
    #: The tranche: NULL for all of the lot in the warehouse.
    bin_id: Mapped[BinId | None] = mapped_column(ForeignKey("bin.id"))
    lpn_id: Mapped[LpnId | None] = mapped_column(ForeignKey("lpn.id"))
    part_quantity: Mapped[Quantity | None]
    quantity: Mapped[Quantity]
    #: For whom, as wms.stock.rules.scope writes it; blank: for everybody.
    scope: Mapped[str] = mapped_column(String(1000), default="")
    reason: Mapped[str] = mapped_column(String(500))
    checklist: Mapped[list[Any]] = mapped_column(JSON)
    decided_by: Mapped[UserId] = mapped_column(ForeignKey("user_account.id"))
    decided_at: Mapped[datetime]

    lot: Mapped[Lot] = relationship()
    bin: Mapped[Bin | None] = relationship()
    lpn: Mapped[Lpn | None] = relationship()
    decider: Mapped[User] = relationship()

    def __repr__(self) -> str:
        return f"<Release {self.id} {self.verdict}>"


class ReleaseWaiver(Base):
    """A second person let one point of the checklist go for a lot in a warehouse; good for one decision."""

    __tablename__ = "release_waiver"
    __table_args__ = (
        Index(
            "ix_release_waiver_open", "lot_id", "warehouse_id",
            sqlite_where=text("release_id IS NULL"), postgresql_where=text("release_id IS NULL"),
        ),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    warehouse_id: Mapped[WarehouseId] = mapped_column(ForeignKey("warehouse.id"))
    lot_id: Mapped[LotId] = mapped_column(ForeignKey("lot.id"))
    point: Mapped[str] = mapped_column(String(24))
    reason: Mapped[str] = mapped_column(String(500))
    waived_by: Mapped[UserId] = mapped_column(ForeignKey("user_account.id"))
    waived_at: Mapped[datetime]
    #: The decision that used it.
    release_id: Mapped[ReleaseId | None] = mapped_column(ForeignKey("release_decision.id"))

    waiver: Mapped[User] = relationship()

    def __repr__(self) -> str:
        return f"<ReleaseWaiver {self.point}>"


class Nonconformance(Base):
    """Goods that are not as they should be (不合格), what is decided of them, and what came of it."""

    __tablename__ = "nonconformance"
    __table_args__ = (
        CheckConstraint("state = 'open' OR reviewed_by IS NOT NULL", name="reviewed_before"),
        CheckConstraint("state IN ('open', 'reviewed') OR disposition IS NOT NULL", name="disposition_known"),
        Index("ix_nonconformance_queue", "warehouse_id", "state", "id"),
        Index("ix_nonconformance_lot_id", "lot_id", "state"),
        Index("ix_nonconformance_supplier_id", "supplier_id", "id"),
    )

    id: Mapped[NonconformanceId] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    number: Mapped[str] = mapped_column(String(30), unique=True)
    key: Mapped[str] = mapped_column(String(100), unique=True)
    warehouse_id: Mapped[WarehouseId] = mapped_column(ForeignKey("warehouse.id"))
    state: Mapped[NonconformanceState] = mapped_column(
        enum_column(NonconformanceState, name="state"), default=NonconformanceState.OPEN
    )
    lot_id: Mapped[LotId] = mapped_column(ForeignKey("lot.id"))
    supplier_id: Mapped[PartnerId | None] = mapped_column(ForeignKey("partner.id"))
    #: What it is about: the lot here, or what is in a bin, on an LPN, or so much of it.
    scope: Mapped[HoldScope] = mapped_column(enum_column(HoldScope, name="scope"))
    bin_id: Mapped[BinId | None] = mapped_column(ForeignKey("bin.id"))
    lpn_id: Mapped[LpnId | None] = mapped_column(ForeignKey("lpn.id"))
    #: How much its hold was laid on, when it was recorded.
    quantity: Mapped[Quantity]
    #: Where it was found: ("receipt", id), ("inspection", id), ("problem", id); blank: by a person walking by.
    origin_kind: Mapped[str] = mapped_column(String(24), default="")
    origin_id: Mapped[int | None] = mapped_column(BigInteger)
    defect_class: Mapped[DefectClass] = mapped_column(enum_column(DefectClass, name="defect_class"))
    what: Mapped[str] = mapped_column(String(1000))
    hold_id: Mapped[HoldId] = mapped_column(ForeignKey("hold.id"))
    found_by: Mapped[UserId] = mapped_column(ForeignKey("user_account.id"))
    found_at: Mapped[datetime]
    finding: Mapped[str] = mapped_column(String(1000), default="")
    reviewed_by: Mapped[UserId | None] = mapped_column(ForeignKey("user_account.id"))
    reviewed_at: Mapped[datetime | None]
    #: Goes up with each proposal: approvals of an earlier one count no more.
    round: Mapped[int] = mapped_column(default=0)
    disposition: Mapped[Disposition | None] = mapped_column(enum_column(Disposition, name="disposition"))
    disposition_reason: Mapped[str] = mapped_column(String(500), default="")
    #: The limits of a concession, as wms.stock.rules.scope writes them.
    limits: Mapped[str] = mapped_column(String(1000), default="")
    proposed_by: Mapped[UserId | None] = mapped_column(ForeignKey("user_account.id"))
    proposed_at: Mapped[datetime | None]
    people_needed: Mapped[int] = mapped_column(default=0)
    roles_needed: Mapped[list[str]] = mapped_column(JSON, default=list)
    refusal: Mapped[str] = mapped_column(String(500), default="")
    decided_at: Mapped[datetime | None]
    supplier_return_id: Mapped[SupplierReturnId | None] = mapped_column(ForeignKey("supplier_return.id"))
    #: What came of it: how it was reworked, what the supplier said.
    outcome: Mapped[str] = mapped_column(String(1000), default="")
    closed_by: Mapped[UserId | None] = mapped_column(ForeignKey("user_account.id"))
    closed_at: Mapped[datetime | None]

    lot: Mapped[Lot] = relationship()
    supplier: Mapped[Partner | None] = relationship()
    bin: Mapped[Bin | None] = relationship()
    lpn: Mapped[Lpn | None] = relationship()
    hold: Mapped[Hold] = relationship()
    finder: Mapped[User] = relationship(foreign_keys=[found_by])
    reviewer: Mapped[User | None] = relationship(foreign_keys=[reviewed_by])
    proposer: Mapped[User | None] = relationship(foreign_keys=[proposed_by])

    def __repr__(self) -> str:
        return f"<Nonconformance {self.number} {self.state}>"


class Approval(Base):
    """One person's yes to a disposition or a destruction, once for each round. Never changed."""

    __tablename__ = "approval"
    __table_args__ = (UniqueConstraint("subject_kind", "subject_id", "round", "user_id"),)

    id: Mapped[int] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    subject_kind: Mapped[str] = mapped_column(String(24))
    subject_id: Mapped[int] = mapped_column(BigInteger)
    round: Mapped[int]
    user_id: Mapped[UserId] = mapped_column(ForeignKey("user_account.id"))
    is_of_quality: Mapped[bool]
    signature_id: Mapped[SignatureId] = mapped_column(ForeignKey("signature.id"))
    approved_at: Mapped[datetime]

    user: Mapped[User] = relationship()

    def __repr__(self) -> str:
        return f"<Approval {self.subject_kind} {self.user_id}>"


class Destruction(Base):
    """An order to destroy goods (销毁), carried out by one person before another's eyes. Its posting takes them off the books."""

    __tablename__ = "destruction"
    __table_args__ = (
        CheckConstraint("executed_by IS NULL OR executed_by <> witnessed_by", name="two_people"),
        Index("ix_destruction_queue", "warehouse_id", "state", "id"),
        Index("ix_destruction_nonconformance_id", "nonconformance_id"),
    )

    id: Mapped[DestructionId] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    number: Mapped[str] = mapped_column(String(30), unique=True)
    key: Mapped[str] = mapped_column(String(100), unique=True)
    warehouse_id: Mapped[WarehouseId] = mapped_column(ForeignKey("warehouse.id"))
    state: Mapped[DestructionState] = mapped_column(
        enum_column(DestructionState, name="state"), default=DestructionState.ORDERED
    )
    nonconformance_id: Mapped[NonconformanceId | None] = mapped_column(ForeignKey("nonconformance.id"))
    reason: Mapped[str] = mapped_column(String(500))
    ordered_by: Mapped[UserId] = mapped_column(ForeignKey("user_account.id"))
    ordered_at: Mapped[datetime]
    people_needed: Mapped[int]
    roles_needed: Mapped[list[str]] = mapped_column(JSON, default=list)
    approved_at: Mapped[datetime | None]
    method: Mapped[str] = mapped_column(String(200), default="")
    place: Mapped[str] = mapped_column(String(200), default="")
    #: Who takes it away, and the number of their certificate.
    contractor: Mapped[str] = mapped_column(String(200), default="")
    executed_by: Mapped[UserId | None] = mapped_column(ForeignKey("user_account.id"))
    executed_at: Mapped[datetime | None]
    witnessed_by: Mapped[UserId | None] = mapped_column(ForeignKey("user_account.id"))
    witnessed_at: Mapped[datetime | None]
    objection: Mapped[str] = mapped_column(String(500), default="")
    posting_seq: Mapped[PostingSeq | None] = mapped_column(ForeignKey("stock_posting.seq"))
    cancelled_by: Mapped[UserId | None] = mapped_column(ForeignKey("user_account.id"))
    cancelled_at: Mapped[datetime | None]
    cancel_reason: Mapped[str] = mapped_column(String(500), default="")

    nonconformance: Mapped[Nonconformance | None] = relationship()
    orderer: Mapped[User] = relationship(foreign_keys=[ordered_by])
    executor: Mapped[User | None] = relationship(foreign_keys=[executed_by])
    witness: Mapped[User | None] = relationship(foreign_keys=[witnessed_by])
    lines: Mapped[list[DestructionLine]] = relationship(back_populates="destruction", order_by="DestructionLine.line")

    def __repr__(self) -> str:
        return f"<Destruction {self.number} {self.state}>"


class DestructionLine(Base):
    """So much of one lot in one place."""

    __tablename__ = "destruction_line"
    __table_args__ = (
        UniqueConstraint("destruction_id", "line"),
        CheckConstraint("quantity > 0", name="quantity_positive"),
        Index("ix_destruction_line_lot_id", "lot_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    destruction_id: Mapped[DestructionId] = mapped_column(ForeignKey("destruction.id"))
    line: Mapped[int]
    lot_id: Mapped[LotId] = mapped_column(ForeignKey("lot.id"))
    bin_id: Mapped[BinId] = mapped_column(ForeignKey("bin.id"))
    lpn_id: Mapped[LpnId] = mapped_column(ForeignKey("lpn.id"), default=LOOSE)
    quantity: Mapped[Quantity]

    destruction: Mapped[Destruction] = relationship(back_populates="lines")
    lot: Mapped[Lot] = relationship()
    bin: Mapped[Bin] = relationship()
    lpn: Mapped[Lpn] = relationship()

    def __repr__(self) -> str:
        return f"<DestructionLine {self.line}>"


class PaperSeries(Base):
    """The running number of a kind of paper in a year: taken in the paper's own transaction, so no number is left out."""

    __tablename__ = "paper_series"

    id: Mapped[str] = mapped_column(String(24), primary_key=True)
    last: Mapped[int]

    def __repr__(self) -> str:
        return f"<PaperSeries {self.id} {self.last}>"
