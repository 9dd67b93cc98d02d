"""Tables of recalls. What is written to whom stands beside them in notice_models.py.

The seam of the notices: a Notice names (recall_id, version_id, party_id) and is made for each RecallParty of the version in
force; a reply names its party. What a customer says he used or destroyed becomes a RecallConfirmation by
`wms.recall.service.confirm_outside`, and is a figure of the recall from then on. When every customer party has been told,
the notices call `wms.recall.service.note_step(recall, RecallStep.NOTIFY, ...)`. A drill's notices are never sent.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from wms.accounts.models import User
from wms.catalog.models import Partner
from wms.core.ids import (
    LOOSE,
    BinId,
    HoldCaseId,
    LotId,
    LpnId,
    PartnerId,
    PostingSeq,
    RecallId,
    RecallVersionId,
    ShipmentId,
    SignatureId,
    TaskId,
    UserId,
    WarehouseId,
    new_id,
)
from wms.core.quantity import Quantity
from wms.db import Base
from wms.db.types import enum_column
from wms.recall.rules.steps import RecallState, RecallStep
from wms.sites.models import Bin
from wms.stock.models import Lot


class RecallOrigin(StrEnum):
    """What a recall was opened from."""

    TRACE = "trace"
    ALERT = "alert"
    COMPLAINT = "complaint"
    SUPPLIER = "supplier"
    HAND = "hand"


class ScopeChange(StrEnum):
    """What a version does to the scope: the first, wider, or narrower (signed)."""

    FIRST = "first"
    WIDENED = "widened"
    NARROWED = "narrowed"


class LotRole(StrEnum):
    """Why a lot is in the scope: the suspect itself, made from it, what it was made from, or named by a person."""

    START = "start"
    FORWARD = "forward"
    BACKWARD = "backward"
    NAMED = "named"


class PartyRole(StrEnum):
    """Who is told: who got goods, or the supplier whose recall it is (he gets our answer)."""

    CUSTOMER = "customer"
    SUPPLIER = "supplier"


class DeliveryKind(StrEnum):
    """Where it is known from that goods left: a shipment of ours, or history that was imported."""

    SHIPMENT = "shipment"
    IMPORTED = "imported"


class OutsideFate(StrEnum):
    """What a customer confirms became of goods that do not come back."""

    USED = "used"
    DESTROYED = "destroyed"


class InsideFate(StrEnum):
    """What became of goods we held or took back."""

    DESTROYED = "destroyed"
    REWORKED = "reworked"
    RETURNED = "returned_to_supplier"
    REPLACED = "replaced"
    RELEASED = "released"


class CheckLevel(StrEnum):
    """How many of those told are asked whether the recall reached them: all, a share by hand, ten, two in a hundred, none."""

    A = "a"
    B = "b"
    C = "c"
    D = "d"
    E = "e"


class CheckResult(StrEnum):
    """What was found when a customer was asked."""

    EFFECTIVE = "effective"
    NOT_TOLD = "not_told"
    NOT_ACTED = "not_acted"
    NOT_REACHED = "not_reached"


class ReportKind(StrEnum):
    """A report on the way, the last, or the last as one person prepared it for another to close by."""

    PROGRESS = "progress"
    CLOSING = "closing"
    PREPARED = "prepared"


class RecallPolicy(Base):
    """A class of recalls as this site has it: overrides what wms/recall/rules/classes.py says of the same code, or adds one."""

    __tablename__ = "recall_policy"

    code: Mapped[str] = mapped_column(String(24), primary_key=True)
    name_en: Mapped[str] = mapped_column(String(120))
    name_zh: Mapped[str] = mapped_column(String(120), default="")
    #: Hours from the opening to each step; NULL: no clock.
    stop_hours: Mapped[int | None]
    hold_hours: Mapped[int | None]
    notify_hours: Mapped[int | None]
    report_hours: Mapped[int | None]
    #: A progress report each so many hours until it is closed; NULL: none is asked.
    progress_hours: Mapped[int | None]
    close_hours: Mapped[int | None]
    check_level: Mapped[CheckLevel] = mapped_column(enum_column(CheckLevel, name="check_level"), default=CheckLevel.A)
    is_active: Mapped[bool] = mapped_column(default=True)

    def __repr__(self) -> str:
        return f"<RecallPolicy {self.code}>"


class Recall(Base):
    """One recall, or drill of one. Its clocks run from `opened_at`; its scope is the version with the highest number."""

    __tablename__ = "recall"
    __table_args__ = (
        CheckConstraint("(closed_at IS NULL) = (closed_by IS NULL)", name="closed_whole"),
        Index("ix_recall_list", "state", "id"),
        Index("ix_recall_origin", "origin_kind", "origin_id"),
    )

    id: Mapped[RecallId] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    number: Mapped[str] = mapped_column(String(40), unique=True)
    key: Mapped[str] = mapped_column(String(100), unique=True)
    is_mock: Mapped[bool] = mapped_column(default=False)
    state: Mapped[RecallState] = mapped_column(enum_column(RecallState, name="state"), default=RecallState.OPEN)
    #: The site that runs it: whose day and roles count. The scope knows no walls.
    warehouse_id: Mapped[WarehouseId] = mapped_column(ForeignKey("warehouse.id"))
    class_code: Mapped[str] = mapped_column(String(24))
    reason: Mapped[str] = mapped_column(String(1000))
    origin: Mapped[RecallOrigin] = mapped_column(enum_column(RecallOrigin, name="origin"))
    #: The record it was opened from: ("complaint", id), ("alert", id), ("lot", id).
    origin_kind: Mapped[str] = mapped_column(String(24), default="")
    origin_id: Mapped[int | None] = mapped_column(BigInteger)
    #: Whose recall to us it is, and his number for it.
    supplier_id: Mapped[PartnerId | None] = mapped_column(ForeignKey("partner.id"))
    supplier_reference: Mapped[str] = mapped_column(String(60), default="")
    #: What was asked when it was opened: {"kind", "value", "direction", "lots"}; the first version starts from it.
    asked: Mapped[dict[str, Any]] = mapped_column(JSON)
    check_level: Mapped[CheckLevel] = mapped_column(enum_column(CheckLevel, name="check_level"), default=CheckLevel.A)
    #: The share of shipped and made goods that is accounted for and the seconds to scope and to the whole: of a drill.
    result: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    opened_by: Mapped[UserId] = mapped_column(ForeignKey("user_account.id"))
    opened_at: Mapped[datetime]
    approved_by: Mapped[UserId | None] = mapped_column(ForeignKey("user_account.id"))
    approved_at: Mapped[datetime | None]
    closed_by: Mapped[UserId | None] = mapped_column(ForeignKey("user_account.id"))
    closed_at: Mapped[datetime | None]
    close_reason: Mapped[str] = mapped_column(String(500), default="")

    supplier: Mapped[Partner | None] = relationship()
    opener: Mapped[User] = relationship(foreign_keys=[opened_by])
    approver: Mapped[User | None] = relationship(foreign_keys=[approved_by])
    closer: Mapped[User | None] = relationship(foreign_keys=[closed_by])
    clocks: Mapped[list[RecallClock]] = relationship(back_populates="recall", order_by="RecallClock.position")
    versions: Mapped[list[RecallVersion]] = relationship(back_populates="recall", order_by="RecallVersion.number")
    parties: Mapped[list[RecallParty]] = relationship(back_populates="recall", order_by="RecallParty.name_en")

    def __repr__(self) -> str:
        return f"<Recall {self.number} {self.state}>"


class RecallClock(Base):
    """One step of a recall: by when, and when and by whom it was done. A step without a due time is done all the same."""

    __tablename__ = "recall_clock"
    __table_args__ = (
        UniqueConstraint("recall_id", "step"),
        Index("ix_recall_clock_due_at", "due_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    recall_id: Mapped[RecallId] = mapped_column(ForeignKey("recall.id"))
    step: Mapped[RecallStep] = mapped_column(enum_column(RecallStep, name="step"))
    position: Mapped[int]
    due_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]
    done_by: Mapped[UserId | None] = mapped_column(ForeignKey("user_account.id"))
    note: Mapped[str] = mapped_column(String(500), default="")

    recall: Mapped[Recall] = relationship(back_populates="clocks")

    def __repr__(self) -> str:
        return f"<RecallClock {self.step} {self.done_at}>"


class RecallVersion(Base):
    """The scope as it was frozen: its lots are never changed. `case_id` is the hold case that placed it; a drill has none.

    `figures` is what was seen before it was placed: stock by state and bin, orders, customers, money. `lots_digest` is the
    SHA-256 of its lots in their order.
    """

    __tablename__ = "recall_version"
    __table_args__ = (
        UniqueConstraint("recall_id", "number"),
        CheckConstraint("(placed_at IS NULL) = (placed_by IS NULL)", name="placed_whole"),
        CheckConstraint("change <> 'narrowed' OR signature_id IS NOT NULL", name="narrowing_is_signed"),
    )

    id: Mapped[RecallVersionId] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    recall_id: Mapped[RecallId] = mapped_column(ForeignKey("recall.id"))
    number: Mapped[int]
    change: Mapped[ScopeChange] = mapped_column(enum_column(ScopeChange, name="change"))
    reason: Mapped[str] = mapped_column(String(1000))
    #: What was asked of the trace: [{"kind", "value", "direction", "lots"}, ...].
    starts: Mapped[list[Any]] = mapped_column(JSON)
    #: The ledger's sequence the trace was read at.
    as_of_seq: Mapped[PostingSeq]
    lots_digest: Mapped[str] = mapped_column(String(64))
    figures: Mapped[dict[str, Any]] = mapped_column(JSON)
    made_by: Mapped[UserId] = mapped_column(ForeignKey("user_account.id"))
    made_at: Mapped[datetime]
    case_id: Mapped[HoldCaseId | None] = mapped_column(ForeignKey("hold_case.id"))
    placed_by: Mapped[UserId | None] = mapped_column(ForeignKey("user_account.id"))
    placed_at: Mapped[datetime | None]
    signature_id: Mapped[SignatureId | None] = mapped_column(ForeignKey("signature.id"))

    recall: Mapped[Recall] = relationship(back_populates="versions")
    lots: Mapped[list[RecallLot]] = relationship(back_populates="version")
    maker: Mapped[User] = relationship(foreign_keys=[made_by])

    def __repr__(self) -> str:
        return f"<RecallVersion {self.number} {self.change}>"


class RecallLot(Base):
    """A lot of a frozen scope, and why it is in it. `share` is the exact part of it that came from the start, as "a/b"."""

    __tablename__ = "recall_lot"
    __table_args__ = (Index("ix_recall_lot_lot_id", "lot_id"),)

    version_id: Mapped[RecallVersionId] = mapped_column(ForeignKey("recall_version.id"), primary_key=True)
    lot_id: Mapped[LotId] = mapped_column(ForeignKey("lot.id"), primary_key=True)
    role: Mapped[LotRole] = mapped_column(enum_column(LotRole, name="role"))
    #: Steps from the start; 0 is the start itself.
    level: Mapped[int] = mapped_column(default=0)
    why: Mapped[str] = mapped_column(String(500), default="")
    #: Blank where the trace knows none.
    share: Mapped[str] = mapped_column(Text, default="")

    version: Mapped[RecallVersion] = relationship(back_populates="lots")
    lot: Mapped[Lot] = relationship()

    def __repr__(self) -> str:
        return f"<RecallLot {self.lot_id} {self.role}>"


class RecallParty(Base):
    """Who is told of a recall: a customer that got goods of its scope, or the supplier whose recall it is.

    Name, address and contact are as they stood when the party came in; the e-mail address may be set right before a notice
    leaves. Goods that left to nobody we know by name have a party without a partner. `first_version` is the version that brought the party in.
    """

    __tablename__ = "recall_party"
    __table_args__ = (UniqueConstraint("recall_id", "partner_id", "role"),)

    id: Mapped[int] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    recall_id: Mapped[RecallId] = mapped_column(ForeignKey("recall.id"))
    partner_id: Mapped[PartnerId | None] = mapped_column(ForeignKey("partner.id"))
    role: Mapped[PartyRole] = mapped_column(enum_column(PartyRole, name="role"), default=PartyRole.CUSTOMER)
    first_version: Mapped[int]
    name_en: Mapped[str] = mapped_column(String(160))
    name_zh: Mapped[str] = mapped_column(String(160), default="")
    address: Mapped[str] = mapped_column(String(300), default="")
    phone: Mapped[str] = mapped_column(String(40), default="")
    contact: Mapped[str] = mapped_column(String(160), default="")
    contact_verified_on: Mapped[date | None]
    email: Mapped[str] = mapped_column(String(254), default="")
    #: In which language notices to it are written; blank: of whoever writes.
    language: Mapped[str] = mapped_column(String(12), default="")

    recall: Mapped[Recall] = relationship(back_populates="parties")
    partner: Mapped[Partner | None] = relationship()
    deliveries: Mapped[list[RecallDelivery]] = relationship(back_populates="party")

    def __repr__(self) -> str:
        return f"<RecallParty {self.name_en} {self.role}>"


class RecallDelivery(Base):
    """So much of one lot of the scope that left to a party by one paper. What counts is what is of a lot of the version in force.

    What came back before the recall is left out. Brought up to date until the scope is placed; after that nothing of it
    leaves. `share` is what the first version that saw it made of it; what each version does stands in RecallShare.
    """

    __tablename__ = "recall_delivery"
    __table_args__ = (
        UniqueConstraint("party_id", "lot_id", "kind", "document_id"),
        CheckConstraint("quantity > 0", name="quantity_positive"),
        Index("ix_recall_delivery_recall_id", "recall_id", "lot_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    recall_id: Mapped[RecallId] = mapped_column(ForeignKey("recall.id"))
    party_id: Mapped[int] = mapped_column(ForeignKey("recall_party.id"))
    lot_id: Mapped[LotId] = mapped_column(ForeignKey("lot.id"))
    kind: Mapped[DeliveryKind] = mapped_column(enum_column(DeliveryKind, name="kind"))
    #: The shipment, or the imported event.
    document_id: Mapped[int] = mapped_column(BigInteger)
    #: The shipment's number (or the imported paper's), and the order's.
    document: Mapped[str] = mapped_column(String(80), default="")
    order_number: Mapped[str] = mapped_column(String(60), default="")
    quantity: Mapped[Quantity]
    shipped_at: Mapped[datetime | None]
    shipped_on: Mapped[date | None]
    share: Mapped[str] = mapped_column(Text, default="")

    party: Mapped[RecallParty] = relationship(back_populates="deliveries")
    lot: Mapped[Lot] = relationship()

    def __repr__(self) -> str:
        return f"<RecallDelivery {self.document} {self.quantity}>"


class RecallShare(Base):
    """The exact part of a delivery that came from the start, "a/b", as one version of the scope has it.

    Worked out until the version is placed, then frozen; a later version has shares of its own.
    """

    __tablename__ = "recall_share"

    version_id: Mapped[RecallVersionId] = mapped_column(ForeignKey("recall_version.id"), primary_key=True)
    delivery_id: Mapped[int] = mapped_column(ForeignKey("recall_delivery.id"), primary_key=True)
    share: Mapped[str] = mapped_column(Text, default="")

    def __repr__(self) -> str:
        return f"<RecallShare {self.delivery_id} {self.share}>"


class RecallTruck(Base):
    """A shipment that is stopped at our door, or was under way when the recall was opened and is called back."""

    __tablename__ = "recall_truck"
    __table_args__ = (UniqueConstraint("recall_id", "shipment_id"),)

    id: Mapped[int] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    recall_id: Mapped[RecallId] = mapped_column(ForeignKey("recall.id"))
    shipment_id: Mapped[ShipmentId] = mapped_column(ForeignKey("shipment.id"))
    #: It had left; else it stood at its door.
    is_under_way: Mapped[bool]
    carrier: Mapped[str] = mapped_column(String(120), default="")
    plate: Mapped[str] = mapped_column(String(20), default="")
    driver: Mapped[str] = mapped_column(String(60), default="")
    driver_phone: Mapped[str] = mapped_column(String(40), default="")
    #: The work of calling it back; a drill leaves none.
    task_id: Mapped[TaskId | None] = mapped_column(ForeignKey("task.id"))
    answer: Mapped[str] = mapped_column(String(300), default="")
    answered_by: Mapped[UserId | None] = mapped_column(ForeignKey("user_account.id"))
    answered_at: Mapped[datetime | None]

    def __repr__(self) -> str:
        return f"<RecallTruck {self.shipment_id}>"


class RecallReturn(Base):
    """So much of a lot that a customer sent back against the recall: into the cage, under its hold. One row a posting."""

    __tablename__ = "recall_return"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity_positive"),
        Index("ix_recall_return_recall_id", "recall_id", "party_id", "lot_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    key: Mapped[str] = mapped_column(String(100), unique=True)
    recall_id: Mapped[RecallId] = mapped_column(ForeignKey("recall.id"))
    party_id: Mapped[int] = mapped_column(ForeignKey("recall_party.id"))
    lot_id: Mapped[LotId] = mapped_column(ForeignKey("lot.id"))
    warehouse_id: Mapped[WarehouseId] = mapped_column(ForeignKey("warehouse.id"))
    #: The shipment it is taken to have left by; NULL: an imported one, or more than was shipped.
    shipment_id: Mapped[ShipmentId | None] = mapped_column(ForeignKey("shipment.id"))
    quantity: Mapped[Quantity]
    bin_id: Mapped[BinId] = mapped_column(ForeignKey("bin.id"))
    lpn_id: Mapped[LpnId] = mapped_column(ForeignKey("lpn.id"), default=LOOSE)
    document: Mapped[str] = mapped_column(String(60), default="")
    #: More came than was shipped: what the person answered.
    over_reason: Mapped[str] = mapped_column(String(300), default="")
    posting_seq: Mapped[PostingSeq] = mapped_column(ForeignKey("stock_posting.seq"))
    received_by: Mapped[UserId] = mapped_column(ForeignKey("user_account.id"))
    received_at: Mapped[datetime]

    party: Mapped[RecallParty] = relationship()
    lot: Mapped[Lot] = relationship()
    bin: Mapped[Bin] = relationship()

    def __repr__(self) -> str:
        return f"<RecallReturn {self.lot_id} {self.quantity}>"


class RecallConfirmation(Base):
    """So much of a lot a customer confirms to have used or destroyed. A wrong one is taken back with a reason."""

    __tablename__ = "recall_confirmation"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint("(voided_at IS NULL) = (voided_by IS NULL)", name="voided_whole"),
        Index("ix_recall_confirmation_recall_id", "recall_id", "party_id", "lot_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    key: Mapped[str] = mapped_column(String(100), unique=True)
    recall_id: Mapped[RecallId] = mapped_column(ForeignKey("recall.id"))
    party_id: Mapped[int] = mapped_column(ForeignKey("recall_party.id"))
    lot_id: Mapped[LotId] = mapped_column(ForeignKey("lot.id"))
    fate: Mapped[OutsideFate] = mapped_column(enum_column(OutsideFate, name="fate"))
    quantity: Mapped[Quantity]
    #: Who said so there, and on which paper.
    said_by: Mapped[str] = mapped_column(String(120), default="")
    document: Mapped[str] = mapped_column(String(60), default="")
    recorded_by: Mapped[UserId] = mapped_column(ForeignKey("user_account.id"))
    recorded_at: Mapped[datetime]
    voided_by: Mapped[UserId | None] = mapped_column(ForeignKey("user_account.id"))
    voided_at: Mapped[datetime | None]
    void_reason: Mapped[str] = mapped_column(String(300), default="")

    party: Mapped[RecallParty] = relationship()
    lot: Mapped[Lot] = relationship()

    def __repr__(self) -> str:
        return f"<RecallConfirmation {self.fate} {self.quantity}>"


class RecallOutcome(Base):
    """What became of so much of a lot that we held or took back, with the paper that says so."""

    __tablename__ = "recall_outcome"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity_positive"),
        UniqueConstraint("recall_id", "lot_id", "fate", "document_kind", "document_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    recall_id: Mapped[RecallId] = mapped_column(ForeignKey("recall.id"))
    lot_id: Mapped[LotId] = mapped_column(ForeignKey("lot.id"))
    fate: Mapped[InsideFate] = mapped_column(enum_column(InsideFate, name="fate"))
    quantity: Mapped[Quantity]
    #: ("destruction", id), ("supplier_return", id), ("nonconformance", id); blank for what a person notes.
    document_kind: Mapped[str] = mapped_column(String(24), default="")
    document_id: Mapped[int | None] = mapped_column(BigInteger)
    note: Mapped[str] = mapped_column(String(500), default="")
    recorded_by: Mapped[UserId] = mapped_column(ForeignKey("user_account.id"))
    recorded_at: Mapped[datetime]

    lot: Mapped[Lot] = relationship()

    def __repr__(self) -> str:
        return f"<RecallOutcome {self.fate} {self.quantity}>"


class EffectivenessCheck(Base):
    """A party was asked whether the recall reached it and was acted upon, and what was found."""

    __tablename__ = "effectiveness_check"
    __table_args__ = (Index("ix_effectiveness_check_recall_id", "recall_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    recall_id: Mapped[RecallId] = mapped_column(ForeignKey("recall.id"))
    party_id: Mapped[int] = mapped_column(ForeignKey("recall_party.id"))
    result: Mapped[CheckResult] = mapped_column(enum_column(CheckResult, name="result"))
    #: How: by telephone, letter, visit.
    method: Mapped[str] = mapped_column(String(60), default="")
    spoke_with: Mapped[str] = mapped_column(String(120), default="")
    note: Mapped[str] = mapped_column(String(500), default="")
    checked_by: Mapped[UserId] = mapped_column(ForeignKey("user_account.id"))
    checked_at: Mapped[datetime]

    party: Mapped[RecallParty] = relationship()
    checker: Mapped[User] = relationship()

    def __repr__(self) -> str:
        return f"<EffectivenessCheck {self.party_id} {self.result}>"


class RecallLevelChange(Base):
    """Another depth of the effectiveness checks, asked for after the approval: in force when another person has signed it.

    The newest of a recall counts; one that was never signed and is not the newest was let go.
    """

    __tablename__ = "recall_level_change"
    __table_args__ = (
        CheckConstraint("(signed_at IS NULL) = (signed_by IS NULL)", name="signed_whole"),
        CheckConstraint("signed_by IS NULL OR signed_by <> asked_by", name="two_people"),
        Index("ix_recall_level_change_recall_id", "recall_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    recall_id: Mapped[RecallId] = mapped_column(ForeignKey("recall.id"))
    level_before: Mapped[CheckLevel] = mapped_column(enum_column(CheckLevel, name="level_before"))
    level: Mapped[CheckLevel] = mapped_column(enum_column(CheckLevel, name="level"))
    reason: Mapped[str] = mapped_column(String(500))
    asked_by: Mapped[UserId] = mapped_column(ForeignKey("user_account.id"))
    asked_at: Mapped[datetime]
    signed_by: Mapped[UserId | None] = mapped_column(ForeignKey("user_account.id"))
    signed_at: Mapped[datetime | None]
    signature_id: Mapped[SignatureId | None] = mapped_column(ForeignKey("signature.id"))

    asker: Mapped[User] = relationship(foreign_keys=[asked_by])

    def __repr__(self) -> str:
        return f"<RecallLevelChange {self.level_before} -> {self.level}>"


class RecallReport(Base):
    """A report as it was signed: its figures are frozen, and stand under the signature."""

    __tablename__ = "recall_report"
    __table_args__ = (UniqueConstraint("recall_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    recall_id: Mapped[RecallId] = mapped_column(ForeignKey("recall.id"))
    number: Mapped[int]
    kind: Mapped[ReportKind] = mapped_column(enum_column(ReportKind, name="kind"))
    note: Mapped[str] = mapped_column(String(1000), default="")
    figures: Mapped[dict[str, Any]] = mapped_column(JSON)
    signature_id: Mapped[SignatureId] = mapped_column(ForeignKey("signature.id"))
    made_by: Mapped[UserId] = mapped_column(ForeignKey("user_account.id"))
    made_at: Mapped[datetime]

    recall: Mapped[Recall] = relationship()
    maker: Mapped[User] = relationship()

    def __repr__(self) -> str:
        return f"<RecallReport {self.number} {self.kind}>"
