"""Tables of inspection plans, inspections, results, samples, and how a supplier's item is sampled at present."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship
from sqlalchemy.types import TypeDecorator

from wms.catalog.models import Item, Partner
from wms.core.ids import (
    BinId,
    CharacteristicId,
    InspectionId,
    InspectionPlanId,
    ItemId,
    LotId,
    LpnId,
    OwnerId,
    PartnerId,
    PostingSeq,
    ReceiptId,
    ReceiptLineId,
    SampleId,
    UserId,
    WarehouseId,
    new_id,
)
from wms.core.quantity import Quantity
from wms.db import Base
from wms.db.types import enum_column
from wms.fields.models import OwnFieldValue, values_of_record
from wms.sites.models import Bin, Warehouse
from wms.stock.models import Lot, Lpn


class ExactDecimal(TypeDecorator[Decimal]):
    """A measured value or limit, kept as the digits that were written; NUMERIC would be a float in SQLite."""

    impl = String(40)
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Any) -> str | None:
        return None if value is None else format(value, "f")

    def process_result_value(self, value: str | None, dialect: Any) -> Decimal | None:
        return None if value is None else Decimal(value)


class Stage(StrEnum):
    """When goods are inspected."""

    RECEIPT = "receipt"
    IN_PROCESS = "in_process"
    FINAL = "final"
    RETEST = "retest"
    RETURN = "return"


class Sampling(StrEnum):
    """How it is decided what to look at."""

    ISO_2859_1 = "iso_2859_1"
    ISO_2859_2 = "iso_2859_2"
    SKIP_LOT = "skip_lot"
    ZERO = "zero"
    SQUARE_ROOT = "square_root"
    ALL = "all"
    FIXED = "fixed"


class Level(StrEnum):
    """Inspection levels of ISO 2859-1: three general ones, four special ones."""

    GENERAL_1 = "I"
    GENERAL_2 = "II"
    GENERAL_3 = "III"
    SPECIAL_1 = "S-1"
    SPECIAL_2 = "S-2"
    SPECIAL_3 = "S-3"
    SPECIAL_4 = "S-4"


class PlanState(StrEnum):
    """A draft may be changed; an active version is used and stays as it is; a retired one was used."""

    DRAFT = "draft"
    ACTIVE = "active"
    RETIRED = "retired"


class CharacteristicKind(StrEnum):
    """What is found out: a figure with limits, one of a list, by looking, or a paper that must be there."""

    MEASURE = "measure"
    CHOICE = "choice"
    VISUAL = "visual"
    CERTIFICATE = "certificate"


class DefectClass(StrEnum):
    """How bad a defect is; each class has its own AQL."""

    CRITICAL = "critical"
    MAJOR = "major"
    MINOR = "minor"


class InspectionState(StrEnum):
    """Skipped: a lot that skip-lot sampling let through without a look (ISO 2859-3)."""

    OPEN = "open"
    IN_WORK = "in_work"
    DONE = "done"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"


class Verdict(StrEnum):
    """What was found of the inspection lot. Sorted: every unit was looked at, good and bad parts are told apart."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    SORTED = "sorted"


class Severity(StrEnum):
    """How hard a supplier's item is looked at (ISO 2859-1, 9.3 and 9.4)."""

    NORMAL = "normal"
    TIGHTENED = "tightened"
    REDUCED = "reduced"
    STOPPED = "stopped"


class SampleKind(StrEnum):
    """Taken for a test, or kept aside (留样)."""

    TEST = "test"
    RETAINED = "retained"


class SampleState(StrEnum):
    """Where a sample is in its life."""

    KEPT = "kept"
    CONSUMED = "consumed"
    DESTROYED = "destroyed"


class InspectionPlan(Base):
    """One version of a plan. Blank item and supplier: it stands for all that has no plan of its own."""

    __tablename__ = "inspection_plan"
    __table_args__ = (
        UniqueConstraint("code", "version"),
        Index(
            "uq_inspection_plan_active", "code", unique=True,
            sqlite_where=text("state = 'active'"), postgresql_where=text("state = 'active'"),
        ),
        Index("ix_inspection_plan_item", "item_id", "stage", "state"),
        Index("ix_inspection_plan_supplier", "supplier_id", "stage", "state"),
    )  # fmt: skip

    id: Mapped[InspectionPlanId] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    code: Mapped[str] = mapped_column(String(30))
    version: Mapped[int]
    state: Mapped[PlanState] = mapped_column(enum_column(PlanState, name="state"), default=PlanState.DRAFT)
    name_en: Mapped[str] = mapped_column(String(160))
    name_zh: Mapped[str] = mapped_column(String(160), default="")
    item_id: Mapped[ItemId | None] = mapped_column(ForeignKey("item.id"))
    supplier_id: Mapped[PartnerId | None] = mapped_column(ForeignKey("partner.id"))
    stage: Mapped[Stage] = mapped_column(enum_column(Stage, name="stage"))
    sampling: Mapped[Sampling] = mapped_column(enum_column(Sampling, name="sampling"))
    level: Mapped[Level] = mapped_column(enum_column(Level, name="level"), default=Level.GENERAL_2)
    #: AQL in percent nonconforming by class; blank: not counted in this class but 0 accepted.
    aql_critical: Mapped[Decimal | None] = mapped_column(ExactDecimal)
    aql_major: Mapped[Decimal | None] = mapped_column(ExactDecimal)
    aql_minor: Mapped[Decimal | None] = mapped_column(ExactDecimal)
    #: Limiting quality in percent, for isolated lots and c = 0.
    limiting_quality: Mapped[Decimal | None] = mapped_column(ExactDecimal)
    fixed_size: Mapped[int | None]
    #: How many base units make one unit that is looked at: a bag of 25 kg, say.
    unit_quantity: Mapped[Quantity] = mapped_column(default=Quantity.of(1))
    #: How much is drawn for the test and how much is kept aside, in base units.
    test_quantity: Mapped[Quantity] = mapped_column(default=Quantity(0))
    retained_quantity: Mapped[Quantity] = mapped_column(default=Quantity(0))
    #: Retained samples are kept so many months beyond the lot's last good day.
    retained_months: Mapped[int] = mapped_column(default=12)
    due_hours: Mapped[int] = mapped_column(default=24)
    #: The one who inspects is not the one who took the goods in.
    is_second_person: Mapped[bool] = mapped_column(default=True)
    note: Mapped[str] = mapped_column(String(500), default="")
    made_by: Mapped[UserId] = mapped_column(ForeignKey("user_account.id"))
    made_at: Mapped[datetime]
    activated_by: Mapped[UserId | None] = mapped_column(ForeignKey("user_account.id"))
    activated_at: Mapped[datetime | None]

    item: Mapped[Item | None] = relationship()
    supplier: Mapped[Partner | None] = relationship()
    characteristics: Mapped[list[PlanCharacteristic]] = relationship(
        back_populates="plan", order_by="PlanCharacteristic.sequence", cascade="all, delete-orphan"
    )

    def __repr__(self) -> str:
        return f"<InspectionPlan {self.code} v{self.version}>"


class PlanCharacteristic(Base):
    """One thing to find out of each sampled unit (a certificate: of the whole lot)."""

    __tablename__ = "plan_characteristic"
    __table_args__ = (UniqueConstraint("plan_id", "sequence"),)

    id: Mapped[CharacteristicId] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    plan_id: Mapped[InspectionPlanId] = mapped_column(ForeignKey("inspection_plan.id"))
    sequence: Mapped[int]
    name_en: Mapped[str] = mapped_column(String(160))
    name_zh: Mapped[str] = mapped_column(String(160), default="")
    kind: Mapped[CharacteristicKind] = mapped_column(enum_column(CharacteristicKind, name="kind"))
    defect_class: Mapped[DefectClass] = mapped_column(enum_column(DefectClass, name="defect_class"))
    unit: Mapped[str] = mapped_column(String(20), default="")
    minimum: Mapped[Decimal | None] = mapped_column(ExactDecimal)
    target: Mapped[Decimal | None] = mapped_column(ExactDecimal)
    maximum: Mapped[Decimal | None] = mapped_column(ExactDecimal)
    choices: Mapped[list[str]] = mapped_column(JSON, default=list)
    accepted_choices: Mapped[list[str]] = mapped_column(JSON, default=list)
    method: Mapped[str] = mapped_column(String(500), default="")

    plan: Mapped[InspectionPlan] = relationship(back_populates="characteristics")

    def __repr__(self) -> str:
        return f"<PlanCharacteristic {self.sequence} {self.name_en}>"


class SamplingState(Base):
    """How a supplier's item is sampled at present: normal, tightened, reduced or stopped, and the skip-lot ladder."""

    __tablename__ = "sampling_state"
    __table_args__ = (
        Index("ix_sampling_state_supplier", "supplier_id", "item_id"),
        Index("ix_sampling_state_item", "item_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    #: supplier:item:stage, with 0 for none, so that the key holds no NULL.
    subject_key: Mapped[str] = mapped_column(String(80), unique=True)
    supplier_id: Mapped[PartnerId | None] = mapped_column(ForeignKey("partner.id"))
    item_id: Mapped[ItemId] = mapped_column(ForeignKey("item.id"))
    stage: Mapped[Stage] = mapped_column(enum_column(Stage, name="stage"))
    severity: Mapped[Severity] = mapped_column(enum_column(Severity, name="severity"), default=Severity.NORMAL)
    #: The switching rules' memory, as wms.inspection.rules.switching keeps it.
    memory: Mapped[dict[str, Any]] = mapped_column(JSON)
    #: The skip-lot ladder's memory, as wms.inspection.rules.skip_lot keeps it.
    skip_memory: Mapped[dict[str, Any]] = mapped_column(JSON)
    #: Production is steady, and the responsible authority wants reduced inspection (9.3.3.1 b and c).
    is_reduced_allowed: Mapped[bool] = mapped_column(default=False)
    changed_at: Mapped[datetime]

    supplier: Mapped[Partner | None] = relationship()
    item: Mapped[Item] = relationship()
    changes: Mapped[list[SamplingChange]] = relationship(back_populates="state", order_by="SamplingChange.id")

    def __repr__(self) -> str:
        return f"<SamplingState {self.subject_key} {self.severity}>"


class SamplingChange(Base):
    """A change of how a supplier's item is sampled, and why: never changed, never deleted."""

    __tablename__ = "sampling_change"
    __table_args__ = (Index("ix_sampling_change_state_id", "state_id"),)

    id: Mapped[int] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    state_id: Mapped[int] = mapped_column(ForeignKey("sampling_state.id"))
    inspection_id: Mapped[InspectionId | None] = mapped_column(ForeignKey("inspection.id"))
    #: A code of words.CHANGES: to_tightened, to_normal, stopped, lifted, skip_qualified ...
    what: Mapped[str] = mapped_column(String(40))
    note: Mapped[str] = mapped_column(String(500), default="")
    made_by: Mapped[UserId] = mapped_column(ForeignKey("user_account.id"))
    made_at: Mapped[datetime]

    state: Mapped[SamplingState] = relationship(back_populates="changes")

    def __repr__(self) -> str:
        return f"<SamplingChange {self.what}>"


class Inspection(Base):
    """One inspection lot: what is decided together. `plan` is the plan as it was, `sample` the sample that follows from it."""

    __tablename__ = "inspection"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint("(verdict IS NOT NULL) = (state IN ('done', 'skipped'))", name="verdict_when_done"),
        Index("ix_inspection_queue", "warehouse_id", "state", "due_at", "id"),
        Index("ix_inspection_lot_id", "lot_id", "warehouse_id", "state"),
        Index("ix_inspection_supplier", "supplier_id", "item_id", "closed_at"),
        Index("ix_inspection_receipt_id", "receipt_id", "lot_id"),
        Index("ix_inspection_parent_id", "parent_id"),
    )

    id: Mapped[InspectionId] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    number: Mapped[str] = mapped_column(String(30), unique=True)
    warehouse_id: Mapped[WarehouseId] = mapped_column(ForeignKey("warehouse.id"))
    stage: Mapped[Stage] = mapped_column(enum_column(Stage, name="stage"))
    state: Mapped[InspectionState] = mapped_column(
        enum_column(InspectionState, name="state"), default=InspectionState.OPEN
    )
    item_id: Mapped[ItemId] = mapped_column(ForeignKey("item.id"))
    lot_id: Mapped[LotId] = mapped_column(ForeignKey("lot.id"))
    supplier_id: Mapped[PartnerId | None] = mapped_column(ForeignKey("partner.id"))
    #: The receipt it came with, one floor above: an id, not a key.
    receipt_id: Mapped[ReceiptId | None] = mapped_column(BigInteger)
    #: A tranche: the inspection lot it was taken out of.
    parent_id: Mapped[InspectionId | None] = mapped_column(ForeignKey("inspection.id"))
    bin_id: Mapped[BinId | None] = mapped_column(ForeignKey("bin.id"))
    lpn_id: Mapped[LpnId | None] = mapped_column(ForeignKey("lpn.id"))
    quantity: Mapped[Quantity]
    plan_id: Mapped[InspectionPlanId | None] = mapped_column(ForeignKey("inspection_plan.id"))
    plan: Mapped[dict[str, Any]] = mapped_column(JSON)
    severity: Mapped[Severity] = mapped_column(enum_column(Severity, name="severity"), default=Severity.NORMAL)
    sample: Mapped[dict[str, Any]] = mapped_column(JSON)
    sample_size: Mapped[int] = mapped_column(default=0)
    is_sorted_whole: Mapped[bool] = mapped_column(default=False)
    #: A first look at these goods counts for switching; a second one does not (9.3).
    is_original: Mapped[bool] = mapped_column(default=True)
    due_at: Mapped[datetime]
    opened_by: Mapped[UserId] = mapped_column(ForeignKey("user_account.id"))
    opened_at: Mapped[datetime]
    inspector_id: Mapped[UserId | None] = mapped_column(ForeignKey("user_account.id"))
    started_at: Mapped[datetime | None]
    verdict: Mapped[Verdict | None] = mapped_column(enum_column(Verdict, name="verdict"))
    #: What the numbers said when it was closed, beside what the person decided.
    suggested: Mapped[str] = mapped_column(String(24), default="")
    rejected_quantity: Mapped[Quantity] = mapped_column(default=Quantity(0))
    closing_note: Mapped[str] = mapped_column(String(500), default="")
    #: Nonconforming units by class, written when it is closed: what the supplier's page adds up.
    defects: Mapped[dict[str, int]] = mapped_column(JSON, default=dict)
    closed_by: Mapped[UserId | None] = mapped_column(ForeignKey("user_account.id"))
    closed_at: Mapped[datetime | None]

    warehouse: Mapped[Warehouse] = relationship()
    item: Mapped[Item] = relationship()
    lot: Mapped[Lot] = relationship()
    supplier: Mapped[Partner | None] = relationship()
    bin: Mapped[Bin | None] = relationship()
    lpn: Mapped[Lpn | None] = relationship()
    own_values: Mapped[list[OwnFieldValue]] = values_of_record("inspection", "Inspection")
    parts: Mapped[list[InspectionPart]] = relationship(back_populates="inspection", order_by="InspectionPart.id")

    def __repr__(self) -> str:
        return f"<Inspection {self.number} {self.state}>"


class InspectionPart(Base):
    """A receipt line that came into an inspection lot: how much, and who took it in."""

    __tablename__ = "inspection_part"
    __table_args__ = (
        UniqueConstraint("receipt_line_id"),
        Index("ix_inspection_part_inspection_id", "inspection_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    inspection_id: Mapped[InspectionId] = mapped_column(ForeignKey("inspection.id"))
    receipt_line_id: Mapped[ReceiptLineId] = mapped_column(BigInteger)
    quantity: Mapped[Quantity]
    received_by: Mapped[UserId] = mapped_column(ForeignKey("user_account.id"))

    inspection: Mapped[Inspection] = relationship(back_populates="parts")


class InspectionResult(Base):
    """What was found of one characteristic on the sample units `unit_first` to `unit_last` (a figure: of one unit)."""

    __tablename__ = "inspection_result"
    __table_args__ = (
        CheckConstraint("unit_first >= 1 AND unit_last >= unit_first", name="units_in_order"),
        Index("ix_inspection_result_inspection_id", "inspection_id", "characteristic", "unit_first"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    inspection_id: Mapped[InspectionId] = mapped_column(ForeignKey("inspection.id"))
    #: The characteristic's sequence in the inspection's snapshot of the plan.
    characteristic: Mapped[int]
    unit_first: Mapped[int]
    unit_last: Mapped[int]
    value: Mapped[str] = mapped_column(String(120), default="")
    is_conforming: Mapped[bool]
    note: Mapped[str] = mapped_column(String(500), default="")
    entered_by: Mapped[UserId] = mapped_column(ForeignKey("user_account.id"))
    entered_at: Mapped[datetime]

    def __repr__(self) -> str:
        return f"<InspectionResult {self.characteristic} {self.unit_first}-{self.unit_last}>"


class Sample(Base):
    """Goods drawn as a sample: stock in a bin for samples, never sold. A retained one has a day until which it is kept."""

    __tablename__ = "sample"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity_positive"),
        Index("ix_sample_list", "warehouse_id", "kind", "state", "keep_until"),
        Index("ix_sample_lot_id", "lot_id"),
        Index("ix_sample_inspection_id", "inspection_id"),
    )

    id: Mapped[SampleId] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    code: Mapped[str] = mapped_column(String(30), unique=True)
    kind: Mapped[SampleKind] = mapped_column(enum_column(SampleKind, name="kind"))
    state: Mapped[SampleState] = mapped_column(enum_column(SampleState, name="state"), default=SampleState.KEPT)
    warehouse_id: Mapped[WarehouseId] = mapped_column(ForeignKey("warehouse.id"))
    inspection_id: Mapped[InspectionId | None] = mapped_column(ForeignKey("inspection.id"))
    lot_id: Mapped[LotId] = mapped_column(ForeignKey("lot.id"))
    owner_id: Mapped[OwnerId] = mapped_column(ForeignKey("owner.id"))
    source_bin_id: Mapped[BinId] = mapped_column(ForeignKey("bin.id"))
    bin_id: Mapped[BinId] = mapped_column(ForeignKey("bin.id"))
    #: What was drawn, and what of it is still there.
    quantity: Mapped[Quantity]
    left_quantity: Mapped[Quantity]
    keep_until: Mapped[date | None]
    posting_seq: Mapped[PostingSeq] = mapped_column(ForeignKey("stock_posting.seq"))
    drawn_by: Mapped[UserId] = mapped_column(ForeignKey("user_account.id"))
    drawn_at: Mapped[datetime]
    note: Mapped[str] = mapped_column(String(500), default="")
    closed_by: Mapped[UserId | None] = mapped_column(ForeignKey("user_account.id"))
    closed_at: Mapped[datetime | None]
    closing_note: Mapped[str] = mapped_column(String(500), default="")

    lot: Mapped[Lot] = relationship()
    bin: Mapped[Bin] = relationship(foreign_keys=[bin_id])
    source_bin: Mapped[Bin] = relationship(foreign_keys=[source_bin_id])
    inspection: Mapped[Inspection | None] = relationship()

    def __repr__(self) -> str:
        return f"<Sample {self.code} {self.state}>"
