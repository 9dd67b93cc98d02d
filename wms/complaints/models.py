"""Tables of complaints, their clocks, what came of them; of corrective actions, their steps and checks."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from wms.accounts.models import User
from wms.catalog.models import Partner
from wms.complaints.rules.states import (
    ActionKind,
    CapaState,
    CauseMethod,
    Channel,
    ComplaintState,
    LinkKind,
    Severity,
)
from wms.core.ids import (
    CapaId,
    ComplaintId,
    LotId,
    LpnId,
    OrderId,
    PartnerId,
    ShipmentId,
    UnitId,
    UserId,
    WarehouseId,
    new_id,
)
from wms.core.quantity import Quantity
from wms.db import Base
from wms.db.types import enum_column
from wms.picking.models import Order
from wms.shipping.models import Shipment
from wms.stock.models import Lot, Lpn
from wms.units.models import Unit

_UNANSWERED = text("state IN ('received', 'investigating')")


class ComplaintPolicy(Base):
    """How long the answer to a complaint may take, by how bad it is."""

    __tablename__ = "complaint_policy"
    __table_args__ = (CheckConstraint("answer_hours > 0 AND warn_hours >= 0", name="hours_positive"),)

    id: Mapped[int] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    severity: Mapped[Severity] = mapped_column(enum_column(Severity, name="severity"), unique=True)
    answer_hours: Mapped[int]
    #: So long before the end of it the owner is told.
    warn_hours: Mapped[int]

    def __repr__(self) -> str:
        return f"<ComplaintPolicy {self.severity} {self.answer_hours}>"


class Complaint(Base):
    """What a customer says is wrong. What they told of the goods is kept as told beside what it was found to be."""

    __tablename__ = "complaint"
    __table_args__ = (
        CheckConstraint("customer_id IS NOT NULL OR customer_told <> ''", name="customer_known"),
        CheckConstraint("state NOT IN ('answered', 'closed') OR answered_at IS NOT NULL", name="answered_whole"),
        Index("ix_complaint_list", "warehouse_id", "state", "id"),
        Index("ix_complaint_lot_id", "lot_id"),
        Index("ix_complaint_customer_id", "customer_id", "id"),
        Index("ix_complaint_due", "warehouse_id", "due_at", sqlite_where=_UNANSWERED, postgresql_where=_UNANSWERED),
    )

    id: Mapped[ComplaintId] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    number: Mapped[str] = mapped_column(String(30), unique=True)
    key: Mapped[str] = mapped_column(String(100), unique=True)
    #: Of all that was taken down: another complaint under the same key is refused.
    fingerprint: Mapped[str] = mapped_column(String(64), default="", server_default="")
    warehouse_id: Mapped[WarehouseId] = mapped_column(ForeignKey("warehouse.id"))
    state: Mapped[ComplaintState] = mapped_column(
        enum_column(ComplaintState, name="state"), default=ComplaintState.RECEIVED
    )
    customer_id: Mapped[PartnerId | None] = mapped_column(ForeignKey("partner.id"))
    #: Who they say they are, where we do not know them as a partner.
    customer_told: Mapped[str] = mapped_column(String(160), default="")
    contact_name: Mapped[str] = mapped_column(String(160), default="")
    contact_email: Mapped[str] = mapped_column(String(254), default="")
    contact_phone: Mapped[str] = mapped_column(String(40), default="")
    #: Of the answer: en, zh_Hans_CN, zh_Hant_TW.
    language: Mapped[str] = mapped_column(String(12))
    channel: Mapped[Channel] = mapped_column(enum_column(Channel, name="channel"))
    received_at: Mapped[datetime]
    #: The goods as told or scanned: a lot, a unit id, an LPN, an order or a shipment; kept as it came.
    told: Mapped[str] = mapped_column(String(512), default="")
    lot_id: Mapped[LotId | None] = mapped_column(ForeignKey("lot.id"))
    unit_id: Mapped[UnitId | None] = mapped_column(ForeignKey("unit.id"))
    lpn_id: Mapped[LpnId | None] = mapped_column(ForeignKey("lpn.id"))
    order_id: Mapped[OrderId | None] = mapped_column(ForeignKey("customer_order.id"))
    shipment_id: Mapped[ShipmentId | None] = mapped_column(ForeignKey("shipment.id"))
    quantity: Mapped[Quantity | None]
    what: Mapped[str] = mapped_column(String(2000))
    severity: Mapped[Severity] = mapped_column(enum_column(Severity, name="severity"))
    #: Answer the customer by then.
    due_at: Mapped[datetime]
    warn_at: Mapped[datetime]
    owner_id: Mapped[UserId] = mapped_column(ForeignKey("user_account.id"))
    finding: Mapped[str] = mapped_column(String(2000), default="")
    is_justified: Mapped[bool | None]
    answer: Mapped[str] = mapped_column(String(4000), default="")
    answered_by: Mapped[UserId | None] = mapped_column(ForeignKey("user_account.id"))
    answered_at: Mapped[datetime | None]
    closing: Mapped[str] = mapped_column(String(1000), default="")
    closed_by: Mapped[UserId | None] = mapped_column(ForeignKey("user_account.id"))
    closed_at: Mapped[datetime | None]
    recorded_by: Mapped[UserId] = mapped_column(ForeignKey("user_account.id"))
    recorded_at: Mapped[datetime]

    customer: Mapped[Partner | None] = relationship()
    lot: Mapped[Lot | None] = relationship()
    unit: Mapped[Unit | None] = relationship()
    lpn: Mapped[Lpn | None] = relationship()
    order: Mapped[Order | None] = relationship()
    shipment: Mapped[Shipment | None] = relationship()
    owner: Mapped[User] = relationship(foreign_keys=[owner_id])
    recorder: Mapped[User] = relationship(foreign_keys=[recorded_by])

    def __repr__(self) -> str:
        return f"<Complaint {self.number} {self.state}>"


class ComplaintLink(Base):
    """What came of a complaint: a hold, a non-conformance, a recall, a corrective action; by its number, once each."""

    __tablename__ = "complaint_link"
    __table_args__ = (UniqueConstraint("complaint_id", "kind", "target_id"),)

    id: Mapped[int] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    complaint_id: Mapped[ComplaintId] = mapped_column(ForeignKey("complaint.id"))
    kind: Mapped[LinkKind] = mapped_column(enum_column(LinkKind, name="kind"))
    target_id: Mapped[int] = mapped_column(BigInteger)
    number: Mapped[str] = mapped_column(String(40), default="")
    made_by: Mapped[UserId] = mapped_column(ForeignKey("user_account.id"))
    made_at: Mapped[datetime]

    def __repr__(self) -> str:
        return f"<ComplaintLink {self.kind} {self.number}>"


class Capa(Base):
    """A corrective and preventive action (纠正预防措施): what went wrong, why, what is done, whether it held."""

    __tablename__ = "capa"
    __table_args__ = (
        CheckConstraint("(state = 'closed') = (closed_at IS NOT NULL)", name="closed_whole"),
        Index("ix_capa_list", "warehouse_id", "state", "id"),
        Index("ix_capa_origin", "origin_kind", "origin_id"),
    )

    id: Mapped[CapaId] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    number: Mapped[str] = mapped_column(String(30), unique=True)
    key: Mapped[str] = mapped_column(String(100), unique=True)
    #: Of all that was said when it was opened: another one under the same key is refused.
    fingerprint: Mapped[str] = mapped_column(String(64), default="", server_default="")
    warehouse_id: Mapped[WarehouseId] = mapped_column(ForeignKey("warehouse.id"))
    state: Mapped[CapaState] = mapped_column(enum_column(CapaState, name="state"), default=CapaState.OPEN)
    #: What it comes from: ("complaint", id), ("nonconformance", id), ("recall", id); blank: an audit, an idea.
    origin_kind: Mapped[str] = mapped_column(String(24), default="")
    origin_id: Mapped[int | None] = mapped_column(BigInteger)
    origin_number: Mapped[str] = mapped_column(String(40), default="")
    problem: Mapped[str] = mapped_column(String(1000))
    owner_id: Mapped[UserId] = mapped_column(ForeignKey("user_account.id"))
    due_on: Mapped[date]
    cause: Mapped[str] = mapped_column(String(2000), default="")
    cause_method: Mapped[CauseMethod | None] = mapped_column(enum_column(CauseMethod, name="cause_method"))
    cause_by: Mapped[UserId | None] = mapped_column(ForeignKey("user_account.id"))
    cause_at: Mapped[datetime | None]
    #: Goes up each time a check says that it did not hold.
    round: Mapped[int] = mapped_column(default=1)
    opened_by: Mapped[UserId] = mapped_column(ForeignKey("user_account.id"))
    opened_at: Mapped[datetime]
    closing: Mapped[str] = mapped_column(String(1000), default="")
    closed_by: Mapped[UserId | None] = mapped_column(ForeignKey("user_account.id"))
    closed_at: Mapped[datetime | None]

    owner: Mapped[User] = relationship(foreign_keys=[owner_id])
    opener: Mapped[User] = relationship(foreign_keys=[opened_by])
    actions: Mapped[list[CapaAction]] = relationship(back_populates="capa", order_by="CapaAction.line")
    checks: Mapped[list[CapaCheck]] = relationship(back_populates="capa", order_by="CapaCheck.round")

    def __repr__(self) -> str:
        return f"<Capa {self.number} {self.state}>"


class CapaAction(Base):
    """One step: what, by whom, until when; done with evidence."""

    __tablename__ = "capa_action"
    __table_args__ = (
        UniqueConstraint("capa_id", "line"),
        CheckConstraint("(done_at IS NULL) = (done_by IS NULL)", name="done_whole"),
        Index("ix_capa_action_owner_id", "owner_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    capa_id: Mapped[CapaId] = mapped_column(ForeignKey("capa.id"))
    line: Mapped[int]
    round: Mapped[int]
    kind: Mapped[ActionKind] = mapped_column(enum_column(ActionKind, name="kind"))
    what: Mapped[str] = mapped_column(String(1000))
    owner_id: Mapped[UserId] = mapped_column(ForeignKey("user_account.id"))
    due_on: Mapped[date]
    done_by: Mapped[UserId | None] = mapped_column(ForeignKey("user_account.id"))
    done_at: Mapped[datetime | None]
    evidence: Mapped[str] = mapped_column(String(1000), default="")

    capa: Mapped[Capa] = relationship(back_populates="actions")
    owner: Mapped[User] = relationship(foreign_keys=[owner_id])

    def __repr__(self) -> str:
        return f"<CapaAction {self.line}>"


class CapaCheck(Base):
    """Whether it held: what is looked at, when, by whom (never the owner), and what was seen. One for each round."""

    __tablename__ = "capa_check"
    __table_args__ = (
        UniqueConstraint("capa_id", "round"),
        CheckConstraint("(checked_at IS NULL) = (is_effective IS NULL)", name="checked_whole"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    capa_id: Mapped[CapaId] = mapped_column(ForeignKey("capa.id"))
    round: Mapped[int]
    criterion: Mapped[str] = mapped_column(String(1000))
    due_on: Mapped[date]
    checker_id: Mapped[UserId] = mapped_column(ForeignKey("user_account.id"))
    is_effective: Mapped[bool | None]
    result: Mapped[str] = mapped_column(String(1000), default="")
    checked_by: Mapped[UserId | None] = mapped_column(ForeignKey("user_account.id"))
    checked_at: Mapped[datetime | None]

    capa: Mapped[Capa] = relationship(back_populates="checks")
    checker: Mapped[User] = relationship(foreign_keys=[checker_id])

    def __repr__(self) -> str:
        return f"<CapaCheck {self.round} {self.is_effective}>"
