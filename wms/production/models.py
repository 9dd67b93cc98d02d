"""Tables of lines, bills of materials, work orders, issues, production reports, vessels and clearances.

Quantities are in the base unit of the item they belong to, weights in kilograms for one base unit.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from wms.catalog.models import Item
from wms.core.ids import (
    BinId,
    BomId,
    ItemId,
    LotId,
    LpnId,
    MachineId,
    NonconformanceId,
    OwnerId,
    PostingSeq,
    ProductionLineId,
    ProductionReportId,
    SignatureId,
    TeamId,
    UserId,
    VesselId,
    WarehouseId,
    WorkOrderComponentId,
    WorkOrderId,
    new_id,
)
from wms.core.quantity import Quantity
from wms.db import Base
from wms.db.types import enum_column
from wms.fields.models import OwnFieldValue, values_of_record
from wms.sites.models import Bin
from wms.stock.models import Capture, Lot, Lpn


# -- where and by whom ------------------------------------------------------------------------------------------------
class ProductionLine(Base):
    """A line (产线). What is issued to it stands in `bin_id`, what it makes in `output_bin_id`; both are inside bins."""

    __tablename__ = "production_line"
    __table_args__ = (UniqueConstraint("warehouse_id", "code"),)

    id: Mapped[ProductionLineId] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    warehouse_id: Mapped[WarehouseId] = mapped_column(ForeignKey("warehouse.id"))
    code: Mapped[str] = mapped_column(String(20))
    name_en: Mapped[str] = mapped_column(String(120))
    name_zh: Mapped[str] = mapped_column(String(120), default="")
    bin_id: Mapped[BinId] = mapped_column(ForeignKey("bin.id"))
    output_bin_id: Mapped[BinId] = mapped_column(ForeignKey("bin.id"))
    #: No work order starts on it before it was cleared of the one before (清场).
    needs_clearance: Mapped[bool] = mapped_column(default=False)
    is_active: Mapped[bool] = mapped_column(default=True)

    bin: Mapped[Bin] = relationship(foreign_keys=[bin_id])
    output_bin: Mapped[Bin] = relationship(foreign_keys=[output_bin_id])

    def __repr__(self) -> str:
        return f"<ProductionLine {self.code}>"


class Team(Base):
    """A team or shift (班组)."""

    __tablename__ = "team"
    __table_args__ = (UniqueConstraint("warehouse_id", "code"),)

    id: Mapped[TeamId] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    warehouse_id: Mapped[WarehouseId] = mapped_column(ForeignKey("warehouse.id"))
    code: Mapped[str] = mapped_column(String(20))
    name_en: Mapped[str] = mapped_column(String(120))
    name_zh: Mapped[str] = mapped_column(String(120), default="")
    is_active: Mapped[bool] = mapped_column(default=True)

    def __repr__(self) -> str:
        return f"<Team {self.code}>"


class Machine(Base):
    """A machine (设备) of a line, or of no line in particular."""

    __tablename__ = "machine"
    __table_args__ = (UniqueConstraint("warehouse_id", "code"),)

    id: Mapped[MachineId] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    warehouse_id: Mapped[WarehouseId] = mapped_column(ForeignKey("warehouse.id"))
    line_id: Mapped[ProductionLineId | None] = mapped_column(ForeignKey("production_line.id"))
    code: Mapped[str] = mapped_column(String(20))
    name_en: Mapped[str] = mapped_column(String(120))
    name_zh: Mapped[str] = mapped_column(String(120), default="")
    is_active: Mapped[bool] = mapped_column(default=True)

    line: Mapped[ProductionLine | None] = relationship()

    def __repr__(self) -> str:
        return f"<Machine {self.code}>"


class Vessel(Base):
    """A tank or silo (罐, 仓): a bin of its own whose lots run together and are drawn by share until it is emptied and cleaned."""

    __tablename__ = "vessel"
    __table_args__ = (UniqueConstraint("warehouse_id", "code"),)

    id: Mapped[VesselId] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    warehouse_id: Mapped[WarehouseId] = mapped_column(ForeignKey("warehouse.id"))
    code: Mapped[str] = mapped_column(String(20))
    name_en: Mapped[str] = mapped_column(String(120))
    name_zh: Mapped[str] = mapped_column(String(120), default="")
    bin_id: Mapped[BinId] = mapped_column(ForeignKey("bin.id"), unique=True)
    capacity: Mapped[Quantity | None]
    is_active: Mapped[bool] = mapped_column(default=True)

    bin: Mapped[Bin] = relationship()

    def __repr__(self) -> str:
        return f"<Vessel {self.code}>"


class VesselCleaning(Base):
    """A vessel was found empty and was cleaned: what was in it before is in nothing that is drawn later. Never changed."""

    __tablename__ = "vessel_cleaning"
    __table_args__ = (Index("ix_vessel_cleaning_vessel", "vessel_id", "ledger_seq"),)

    id: Mapped[int] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    key: Mapped[str] = mapped_column(String(100), unique=True)
    vessel_id: Mapped[VesselId] = mapped_column(ForeignKey("vessel.id"))
    #: The last posting before it.
    ledger_seq: Mapped[PostingSeq] = mapped_column(BigInteger)
    method: Mapped[str] = mapped_column(String(200), default="")
    note: Mapped[str] = mapped_column(String(500), default="")
    cleaned_by: Mapped[UserId] = mapped_column(ForeignKey("user_account.id"))
    cleaned_at: Mapped[datetime]

    vessel: Mapped[Vessel] = relationship()


# -- what is asked of an item -----------------------------------------------------------------------------------------
class ExpiryBy(StrEnum):
    """What the last good day of a made lot is taken from."""

    OWN_LIFE = "own_life"
    SHORTEST_COMPONENT = "shortest_component"
    #: The earlier of the two.
    STRICTEST = "strictest"


class OutputLotAt(StrEnum):
    """When the lot of an output gets its number."""

    RELEASE = "release"
    FIRST_REPORT = "first_report"
    EACH_REPORT = "each_report"


class ProductionRule(Base):
    """How an item behaves in production, as product and as component. An item without a row goes by the defaults."""

    __tablename__ = "production_rule"

    id: Mapped[int] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    item_id: Mapped[ItemId] = mapped_column(ForeignKey("item.id"), unique=True)
    #: As component: it may be taken off the line by the recipe, from the lot declared open there.
    may_backflush: Mapped[bool] = mapped_column(default=False)
    #: As component: so much more or less than issued - returned - scrapped may be consumed when the order is closed.
    tolerance_percent: Mapped[int] = mapped_column(default=0)
    #: As product.
    expiry_by: Mapped[ExpiryBy] = mapped_column(enum_column(ExpiryBy, name="expiry_by"), default=ExpiryBy.OWN_LIFE)
    output_lot_at: Mapped[OutputLotAt] = mapped_column(
        enum_column(OutputLotAt, name="output_lot_at"), default=OutputLotAt.FIRST_REPORT
    )
    needs_clearance: Mapped[bool] = mapped_column(default=False)
    #: As product: what is made stands pending until quality releases it.
    is_output_pending: Mapped[bool] = mapped_column(default=True)
    #: As product: so much more than planned may be reported.
    over_yield_percent: Mapped[int] = mapped_column(default=10)
    #: As product: yield below this part of the plan counts as unexplained loss beyond it.
    yield_percent_min: Mapped[int] = mapped_column(default=95)

    item: Mapped[Item] = relationship()

    def __repr__(self) -> str:
        return f"<ProductionRule {self.item_id}>"


# -- bill of materials ------------------------------------------------------------------------------------------------
class OutputKind(StrEnum):
    """What an output of production is."""

    MAIN = "main"
    CO_PRODUCT = "co_product"
    BY_PRODUCT = "by_product"
    SEMI_FINISHED = "semi_finished"


class Bom(Base):
    """A bill of materials (物料清单): what `output_quantity` of the item is made of, and by which operations.

    A version that work orders were made by is never changed: a new version takes its place.
    """

    __tablename__ = "bom"
    __table_args__ = (
        UniqueConstraint("item_id", "version"),
        CheckConstraint("output_quantity > 0", name="output_positive"),
    )

    id: Mapped[BomId] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    item_id: Mapped[ItemId] = mapped_column(ForeignKey("item.id"))
    version: Mapped[int]
    name: Mapped[str] = mapped_column(String(120), default="")
    output_quantity: Mapped[Quantity]
    #: Kilograms of a base unit of the product; NULL: not stated.
    output_weight: Mapped[Quantity | None]
    is_active: Mapped[bool] = mapped_column(default=True)
    created_by: Mapped[UserId] = mapped_column(ForeignKey("user_account.id"))
    created_at: Mapped[datetime]

    item: Mapped[Item] = relationship()
    lines: Mapped[list[BomLine]] = relationship(back_populates="bom", order_by="BomLine.line")
    operations: Mapped[list[BomOperation]] = relationship(back_populates="bom", order_by="BomOperation.sequence")
    outputs: Mapped[list[BomOutput]] = relationship(back_populates="bom", order_by="BomOutput.line")

    def __repr__(self) -> str:
        return f"<Bom {self.item_id} v{self.version}>"


class BomLine(Base):
    """One component: so much for the BOM's output quantity, before the scrap factor."""

    __tablename__ = "bom_line"
    __table_args__ = (
        UniqueConstraint("bom_id", "line"),
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint("scrap_basis_points >= 0 AND scrap_basis_points < 10000", name="scrap_within"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    bom_id: Mapped[BomId] = mapped_column(ForeignKey("bom.id"))
    line: Mapped[int]
    item_id: Mapped[ItemId] = mapped_column(ForeignKey("item.id"))
    quantity: Mapped[Quantity]
    #: The part that is lost on the way, in hundredths of a percent: needed = quantity / (1 - scrap).
    scrap_basis_points: Mapped[int] = mapped_column(default=0)
    #: The operation that uses it; NULL: the first.
    operation_sequence: Mapped[int | None]
    is_backflushed: Mapped[bool] = mapped_column(default=False)
    #: Kilograms of a base unit, for the share of a lot in what is made; NULL: not stated, base quantities stand for it.
    weight: Mapped[Quantity | None]

    bom: Mapped[Bom] = relationship(back_populates="lines")
    item: Mapped[Item] = relationship()
    alternates: Mapped[list[BomAlternate]] = relationship(back_populates="line", order_by="BomAlternate.priority")


class BomAlternate(Base):
    """Another item that may stand in for a component (替代料): so many of its base units for one of the component's."""

    __tablename__ = "bom_alternate"
    __table_args__ = (UniqueConstraint("bom_line_id", "item_id"), CheckConstraint("factor > 0", name="factor_positive"))

    id: Mapped[int] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    bom_line_id: Mapped[int] = mapped_column(ForeignKey("bom_line.id"))
    priority: Mapped[int]
    item_id: Mapped[ItemId] = mapped_column(ForeignKey("item.id"))
    factor: Mapped[Quantity]

    line: Mapped[BomLine] = relationship(back_populates="alternates")
    item: Mapped[Item] = relationship()


class BomOperation(Base):
    """One operation (工序), in sequence; with an output item, a semi-finished lot comes of it and goes into the next."""

    __tablename__ = "bom_operation"
    __table_args__ = (UniqueConstraint("bom_id", "sequence"),)

    id: Mapped[int] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    bom_id: Mapped[BomId] = mapped_column(ForeignKey("bom.id"))
    sequence: Mapped[int]
    code: Mapped[str] = mapped_column(String(20))
    name_en: Mapped[str] = mapped_column(String(120))
    name_zh: Mapped[str] = mapped_column(String(120), default="")
    output_item_id: Mapped[ItemId | None] = mapped_column(ForeignKey("item.id"))
    #: How much of the semi-finished item for the BOM's output quantity.
    output_quantity: Mapped[Quantity | None]
    #: The process parameters a report of it must give: [{"name", "unit", "min", "max"}], numbers as text.
    parameters: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)

    bom: Mapped[Bom] = relationship(back_populates="operations")
    output_item: Mapped[Item | None] = relationship()


class BomOutput(Base):
    """A co-product or by-product that comes beside the product."""

    __tablename__ = "bom_output"
    __table_args__ = (UniqueConstraint("bom_id", "line"),)

    id: Mapped[int] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    bom_id: Mapped[BomId] = mapped_column(ForeignKey("bom.id"))
    line: Mapped[int]
    item_id: Mapped[ItemId] = mapped_column(ForeignKey("item.id"))
    kind: Mapped[OutputKind] = mapped_column(enum_column(OutputKind, name="kind"))
    quantity: Mapped[Quantity | None]
    weight: Mapped[Quantity | None]

    bom: Mapped[Bom] = relationship(back_populates="outputs")
    item: Mapped[Item] = relationship()


# -- work orders ------------------------------------------------------------------------------------------------------
class WorkOrderKind(StrEnum):
    """Make by a bill of materials, or rework lots that are there."""

    MAKE = "make"
    REWORK = "rework"


class WorkOrderState(StrEnum):
    """Planned, released (lots bound), started (something was issued or reported), completed, closed, cancelled."""

    PLANNED = "planned"
    RELEASED = "released"
    STARTED = "started"
    COMPLETED = "completed"
    CLOSED = "closed"
    CANCELLED = "cancelled"


class WorkOrder(Base):
    """A work order (工单). Its components and operations are copied from the BOM when it is planned."""

    __tablename__ = "work_order"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint("(kind = 'make') = (bom_id IS NOT NULL)", name="made_by_bom"),
        Index("ix_work_order_state", "warehouse_id", "state", "due_on"),
        Index("ix_work_order_item_id", "item_id"),
        Index("ix_work_order_lot_id", "lot_id"),
        # What is made for somebody: few beside what is made for the store.
        Index(
            "ix_work_order_pegged_id", "pegged_id",
            sqlite_where=text("pegged_id IS NOT NULL"), postgresql_where=text("pegged_id IS NOT NULL"),
        ),
    )  # fmt: skip

    id: Mapped[WorkOrderId] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    number: Mapped[str] = mapped_column(String(40), unique=True)
    key: Mapped[str] = mapped_column(String(100), unique=True)
    warehouse_id: Mapped[WarehouseId] = mapped_column(ForeignKey("warehouse.id"))
    owner_id: Mapped[OwnerId] = mapped_column(ForeignKey("owner.id"))
    kind: Mapped[WorkOrderKind] = mapped_column(enum_column(WorkOrderKind, name="kind"))
    state: Mapped[WorkOrderState] = mapped_column(
        enum_column(WorkOrderState, name="state"), default=WorkOrderState.PLANNED
    )
    item_id: Mapped[ItemId] = mapped_column(ForeignKey("item.id"))
    bom_id: Mapped[BomId | None] = mapped_column(ForeignKey("bom.id"))
    quantity: Mapped[Quantity]
    line_id: Mapped[ProductionLineId] = mapped_column(ForeignKey("production_line.id"))
    team_id: Mapped[TeamId | None] = mapped_column(ForeignKey("team.id"))
    #: The lot it makes, once it has its number (one lot an order, unless each report makes its own).
    lot_id: Mapped[LotId | None] = mapped_column(ForeignKey("lot.id"))
    #: What decided the rework.
    nonconformance_id: Mapped[NonconformanceId | None] = mapped_column(ForeignKey("nonconformance.id"))
    #: The order line it is made for (W8); not a foreign key: orders live above.
    pegged_kind: Mapped[str] = mapped_column(String(24), default="")
    pegged_id: Mapped[int | None] = mapped_column(BigInteger)
    due_on: Mapped[date | None]
    note: Mapped[str] = mapped_column(String(500), default="")
    created_by: Mapped[UserId] = mapped_column(ForeignKey("user_account.id"))
    created_at: Mapped[datetime]
    released_by: Mapped[UserId | None] = mapped_column(ForeignKey("user_account.id"))
    released_at: Mapped[datetime | None]
    completed_at: Mapped[datetime | None]
    closed_by: Mapped[UserId | None] = mapped_column(ForeignKey("user_account.id"))
    closed_at: Mapped[datetime | None]
    #: What did not agree when it was closed all the same, and the signature for that.
    close_differences: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    close_signature_id: Mapped[SignatureId | None] = mapped_column(ForeignKey("signature.id"))

    own_values: Mapped[list[OwnFieldValue]] = values_of_record("work_order", "WorkOrder")
    item: Mapped[Item] = relationship()
    bom: Mapped[Bom | None] = relationship()
    line: Mapped[ProductionLine] = relationship()
    team: Mapped[Team | None] = relationship()
    lot: Mapped[Lot | None] = relationship()
    components: Mapped[list[WorkOrderComponent]] = relationship(
        back_populates="work_order", order_by="WorkOrderComponent.line"
    )
    operations: Mapped[list[WorkOrderOperation]] = relationship(
        back_populates="work_order", order_by="WorkOrderOperation.sequence"
    )

    def __repr__(self) -> str:
        return f"<WorkOrder {self.number}>"


class WorkOrderComponent(Base):
    """One component of a work order, with what is needed of it (scrap factor in). Demand ("wo_component", id) of the ledger."""

    __tablename__ = "work_order_component"
    __table_args__ = (
        UniqueConstraint("work_order_id", "line"),
        CheckConstraint("quantity >= 0", name="quantity_not_negative"),
    )

    id: Mapped[WorkOrderComponentId] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    work_order_id: Mapped[WorkOrderId] = mapped_column(ForeignKey("work_order.id"))
    line: Mapped[int]
    item_id: Mapped[ItemId] = mapped_column(ForeignKey("item.id"))
    quantity: Mapped[Quantity]
    operation_sequence: Mapped[int]
    is_backflushed: Mapped[bool] = mapped_column(default=False)
    weight: Mapped[Quantity | None]
    bom_line_id: Mapped[int | None] = mapped_column(ForeignKey("bom_line.id"))
    #: The component it stands in for, when it is an alternate.
    replaces_id: Mapped[WorkOrderComponentId | None] = mapped_column(ForeignKey("work_order_component.id"))
    #: For rework: the lot that is mended.
    lot_id: Mapped[LotId | None] = mapped_column(ForeignKey("lot.id"))

    work_order: Mapped[WorkOrder] = relationship(back_populates="components")
    item: Mapped[Item] = relationship()
    lot: Mapped[Lot | None] = relationship()


class WorkOrderOperation(Base):
    """One operation of a work order, as the BOM had it."""

    __tablename__ = "work_order_operation"
    __table_args__ = (UniqueConstraint("work_order_id", "sequence"),)

    id: Mapped[int] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    work_order_id: Mapped[WorkOrderId] = mapped_column(ForeignKey("work_order.id"))
    sequence: Mapped[int]
    code: Mapped[str] = mapped_column(String(20))
    name_en: Mapped[str] = mapped_column(String(120))
    name_zh: Mapped[str] = mapped_column(String(120), default="")
    output_item_id: Mapped[ItemId | None] = mapped_column(ForeignKey("item.id"))
    output_quantity: Mapped[Quantity | None]
    parameters: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)

    work_order: Mapped[WorkOrder] = relationship(back_populates="operations")
    output_item: Mapped[Item | None] = relationship()


class IssueKind(StrEnum):
    """Issue by plan, in place of a bound lot, beyond the plan (补料); back to the store (退料)."""

    ISSUE = "issue"
    EXCHANGE = "exchange"
    SUPPLEMENT = "supplement"
    RETURN = "return"


class WorkOrderIssue(Base):
    """So much of a lot went to the line for a component, or came back. Never changed; undone by `reversed_seq` alone."""

    __tablename__ = "work_order_issue"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity_positive"),
        Index("ix_work_order_issue_work_order", "work_order_id", "component_id"),
        Index("ix_work_order_issue_lot_id", "lot_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    key: Mapped[str] = mapped_column(String(100), unique=True)
    kind: Mapped[IssueKind] = mapped_column(enum_column(IssueKind, name="kind"))
    work_order_id: Mapped[WorkOrderId] = mapped_column(ForeignKey("work_order.id"))
    component_id: Mapped[WorkOrderComponentId] = mapped_column(ForeignKey("work_order_component.id"))
    lot_id: Mapped[LotId] = mapped_column(ForeignKey("lot.id"))
    #: The lot that was bound, where another was taken.
    instead_of_lot_id: Mapped[LotId | None] = mapped_column(ForeignKey("lot.id"))
    quantity: Mapped[Quantity]
    bin_id: Mapped[BinId] = mapped_column(ForeignKey("bin.id"))
    reason: Mapped[str] = mapped_column(String(500), default="")
    capture: Mapped[Capture] = mapped_column(enum_column(Capture, name="capture"))
    posting_seq: Mapped[PostingSeq] = mapped_column(ForeignKey("stock_posting.seq"))
    reversed_seq: Mapped[PostingSeq | None] = mapped_column(ForeignKey("stock_posting.seq"))
    issued_by: Mapped[UserId] = mapped_column(ForeignKey("user_account.id"))
    approved_by: Mapped[UserId | None] = mapped_column(ForeignKey("user_account.id"))
    issued_at: Mapped[datetime]

    lot: Mapped[Lot] = relationship(foreign_keys=[lot_id])
    component: Mapped[WorkOrderComponent] = relationship()


class OpenLot(Base):
    """The lot of an item that is declared open at a line: back-flush takes from it. One open lot for each line and item."""

    __tablename__ = "open_lot"
    __table_args__ = (
        Index(
            "uq_open_lot_line_item", "line_id", "item_id", unique=True,
            sqlite_where=text("closed_at IS NULL"), postgresql_where=text("closed_at IS NULL"),
        ),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    line_id: Mapped[ProductionLineId] = mapped_column(ForeignKey("production_line.id"))
    item_id: Mapped[ItemId] = mapped_column(ForeignKey("item.id"))
    lot_id: Mapped[LotId] = mapped_column(ForeignKey("lot.id"))
    opened_by: Mapped[UserId] = mapped_column(ForeignKey("user_account.id"))
    opened_at: Mapped[datetime]
    closed_by: Mapped[UserId | None] = mapped_column(ForeignKey("user_account.id"))
    closed_at: Mapped[datetime | None]

    lot: Mapped[Lot] = relationship()
    line: Mapped[ProductionLine] = relationship()


class LineClearance(Base):
    """A line was cleared of one work order before the next (清场), by one person and checked by another. Never changed."""

    __tablename__ = "line_clearance"
    __table_args__ = (Index("ix_line_clearance_line", "line_id", "cleared_at"),)

    id: Mapped[int] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    key: Mapped[str] = mapped_column(String(100), unique=True)
    line_id: Mapped[ProductionLineId] = mapped_column(ForeignKey("production_line.id"))
    #: The order that it was cleared for.
    work_order_id: Mapped[WorkOrderId] = mapped_column(ForeignKey("work_order.id"))
    #: [{"point", "is_done"}]: goods gone, labels gone, papers gone, machine clean.
    points: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    note: Mapped[str] = mapped_column(String(500), default="")
    cleared_by: Mapped[UserId] = mapped_column(ForeignKey("user_account.id"))
    cleared_at: Mapped[datetime]
    checked_by: Mapped[UserId | None] = mapped_column(ForeignKey("user_account.id"))
    checked_at: Mapped[datetime | None]

    line: Mapped[ProductionLine] = relationship()
    work_order: Mapped[WorkOrder] = relationship()


class WorkOrderCorrection(Base):
    """A closed order is opened again because a report is wrong: one person asks, another signs, a new check closes it.

    Written once: what is not known yet is filled in later, and never changed. `closing_before` keeps what the closing said
    that it undoes: by whom, when, what did not agree, under which signature.
    """

    __tablename__ = "work_order_correction"
    __table_args__ = (
        CheckConstraint("opened_by IS NULL OR opened_by <> asked_by", name="two_people"),
        CheckConstraint("(opened_by IS NULL) = (opened_at IS NULL)", name="opened_whole"),
        CheckConstraint("(closed_by IS NULL) = (closed_at IS NULL)", name="closed_whole"),
        Index("ix_work_order_correction_report_id", "report_id"),
        Index("ix_work_order_correction_work_order_id", "work_order_id"),
        # One at a time.
        Index(
            "uq_work_order_correction_open", "work_order_id", unique=True,
            sqlite_where=text("closed_at IS NULL"), postgresql_where=text("closed_at IS NULL"),
        ),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    key: Mapped[str] = mapped_column(String(100), unique=True)
    work_order_id: Mapped[WorkOrderId] = mapped_column(ForeignKey("work_order.id"))
    #: The report that was found to be wrong.
    report_id: Mapped[ProductionReportId] = mapped_column(ForeignKey("production_report.id"))
    reason: Mapped[str] = mapped_column(String(500))
    closing_before: Mapped[dict[str, Any]] = mapped_column(JSON)
    asked_by: Mapped[UserId] = mapped_column(ForeignKey("user_account.id"))
    asked_at: Mapped[datetime]
    opened_by: Mapped[UserId | None] = mapped_column(ForeignKey("user_account.id"))
    opened_at: Mapped[datetime | None]
    signature_id: Mapped[SignatureId | None] = mapped_column(ForeignKey("signature.id"))
    closed_by: Mapped[UserId | None] = mapped_column(ForeignKey("user_account.id"))
    closed_at: Mapped[datetime | None]
    closing_signature_id: Mapped[SignatureId | None] = mapped_column(ForeignKey("signature.id"))

    work_order: Mapped[WorkOrder] = relationship()
    report: Mapped[ProductionReport] = relationship()

    def __repr__(self) -> str:
        return f"<WorkOrderCorrection {self.work_order_id}>"


# -- production reports -----------------------------------------------------------------------------------------------
class ProductionReport(Base):
    """One report (报工) of one operation: what was really used, and what came of it. Taken back by counter-entry alone."""

    __tablename__ = "production_report"
    __table_args__ = (
        Index("ix_production_report_work_order", "work_order_id", "operation_sequence"),
        Index("ix_production_report_machine", "machine_id", "ended_at"),
        Index("ix_production_report_team", "team_id", "ended_at"),
        Index("ix_production_report_operator", "operator_id", "ended_at"),
        Index("ix_production_report_ended_at", "ended_at"),
        Index(
            "ix_production_report_reversed_at", "reversed_at",
            sqlite_where=text("reversed_at IS NOT NULL"), postgresql_where=text("reversed_at IS NOT NULL"),
        ),
    )  # fmt: skip

    id: Mapped[ProductionReportId] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    number: Mapped[str] = mapped_column(String(40), unique=True)
    key: Mapped[str] = mapped_column(String(100), unique=True)
    warehouse_id: Mapped[WarehouseId] = mapped_column(ForeignKey("warehouse.id"))
    work_order_id: Mapped[WorkOrderId] = mapped_column(ForeignKey("work_order.id"))
    operation_sequence: Mapped[int]
    line_id: Mapped[ProductionLineId] = mapped_column(ForeignKey("production_line.id"))
    team_id: Mapped[TeamId | None] = mapped_column(ForeignKey("team.id"))
    machine_id: Mapped[MachineId | None] = mapped_column(ForeignKey("machine.id"))
    operator_id: Mapped[UserId] = mapped_column(ForeignKey("user_account.id"))
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime]
    #: [{"name", "value", "unit", "is_within"}], values as text.
    parameters: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    note: Mapped[str] = mapped_column(String(500), default="")
    #: What took the inputs off the line, and what brought the outputs there; NULL where there was none.
    consume_seq: Mapped[PostingSeq | None] = mapped_column(ForeignKey("stock_posting.seq"))
    output_seq: Mapped[PostingSeq | None] = mapped_column(ForeignKey("stock_posting.seq"))
    reported_by: Mapped[UserId] = mapped_column(ForeignKey("user_account.id"))
    reported_at: Mapped[datetime]
    #: Taken back: by whom, why, and the report that stands in its place.
    reversed_by: Mapped[UserId | None] = mapped_column(ForeignKey("user_account.id"))
    reversed_at: Mapped[datetime | None]
    reverse_reason: Mapped[str] = mapped_column(String(500), default="")
    corrects_id: Mapped[ProductionReportId | None] = mapped_column(ForeignKey("production_report.id"))

    work_order: Mapped[WorkOrder] = relationship()
    line: Mapped[ProductionLine] = relationship()
    team: Mapped[Team | None] = relationship()
    machine: Mapped[Machine | None] = relationship()
    inputs: Mapped[list[ReportInput]] = relationship(back_populates="report", order_by="ReportInput.line")
    outputs: Mapped[list[ReportOutput]] = relationship(back_populates="report", order_by="ReportOutput.line")
    defects: Mapped[list[ReportDefect]] = relationship(back_populates="report", order_by="ReportDefect.line")
    stops: Mapped[list[ReportStop]] = relationship(back_populates="report", order_by="ReportStop.line")

    @property
    def defect_unit(self) -> str:
        """The unit its defects are counted in: that of what the operation makes, never of what came beside it."""
        made = next((one.item for one in self.outputs if one.kind in (OutputKind.MAIN, OutputKind.SEMI_FINISHED)), None)
        if made is None:
            steps = (one for one in self.work_order.operations if one.sequence == self.operation_sequence)
            made = next((one.output_item for one in steps if one.output_item is not None), self.work_order.item)
        return made.base_unit

    def __repr__(self) -> str:
        return f"<ProductionReport {self.number}>"


class InputSource(StrEnum):
    """Where an input was taken: named by the person, back-flushed, drawn from a vessel, left over in an uncleaned one, or lost."""

    LINE = "line"
    BACKFLUSH = "backflush"
    VESSEL = "vessel"
    #: What stood in the vessel before and was not cleaned out: quantity 0, and still a source.
    RESIDUE = "residue"
    #: Scrapped at the line: it is in no output.
    SCRAP = "scrap"


class ReportInput(Base):
    """So much of a lot used by a report; `weight` is its whole weight in kilograms where stated."""

    __tablename__ = "report_input"
    __table_args__ = (
        UniqueConstraint("report_id", "line"),
        CheckConstraint("quantity > 0 OR (quantity = 0 AND source = 'residue')", name="quantity_positive"),
        Index("ix_report_input_lot_id", "lot_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    report_id: Mapped[ProductionReportId] = mapped_column(ForeignKey("production_report.id"))
    line: Mapped[int]
    component_id: Mapped[WorkOrderComponentId | None] = mapped_column(ForeignKey("work_order_component.id"))
    item_id: Mapped[ItemId] = mapped_column(ForeignKey("item.id"))
    lot_id: Mapped[LotId] = mapped_column(ForeignKey("lot.id"))
    quantity: Mapped[Quantity]
    weight: Mapped[Quantity | None]
    source: Mapped[InputSource] = mapped_column(enum_column(InputSource, name="source"))
    bin_id: Mapped[BinId] = mapped_column(ForeignKey("bin.id"))
    vessel_id: Mapped[VesselId | None] = mapped_column(ForeignKey("vessel.id"))
    reason: Mapped[str] = mapped_column(String(200), default="")

    report: Mapped[ProductionReport] = relationship(back_populates="inputs")
    lot: Mapped[Lot] = relationship()
    item: Mapped[Item] = relationship()


class ReportOutput(Base):
    """So much of a lot made by a report; `weight` is its whole weight in kilograms where stated."""

    __tablename__ = "report_output"
    __table_args__ = (
        UniqueConstraint("report_id", "line"),
        CheckConstraint("quantity > 0", name="quantity_positive"),
        Index("ix_report_output_lot_id", "lot_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    report_id: Mapped[ProductionReportId] = mapped_column(ForeignKey("production_report.id"))
    line: Mapped[int]
    kind: Mapped[OutputKind] = mapped_column(enum_column(OutputKind, name="kind"))
    item_id: Mapped[ItemId] = mapped_column(ForeignKey("item.id"))
    lot_id: Mapped[LotId] = mapped_column(ForeignKey("lot.id"))
    quantity: Mapped[Quantity]
    weight: Mapped[Quantity | None]
    bin_id: Mapped[BinId] = mapped_column(ForeignKey("bin.id"))
    lpn_id: Mapped[LpnId] = mapped_column(ForeignKey("lpn.id"))

    report: Mapped[ProductionReport] = relationship(back_populates="outputs")
    lot: Mapped[Lot] = relationship()
    item: Mapped[Item] = relationship()
    lpn: Mapped[Lpn] = relationship()


class ReportDefect(Base):
    """So many pieces with one defect, in the base unit of what the operation makes (`unit`)."""

    __tablename__ = "report_defect"
    __table_args__ = (UniqueConstraint("report_id", "line"),)

    id: Mapped[int] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    report_id: Mapped[ProductionReportId] = mapped_column(ForeignKey("production_report.id"))
    line: Mapped[int]
    code: Mapped[str] = mapped_column(String(40))
    quantity: Mapped[Quantity]
    note: Mapped[str] = mapped_column(String(300), default="")

    report: Mapped[ProductionReport] = relationship(back_populates="defects")

    @property
    def unit(self) -> str:
        """The unit of its quantity."""
        return self.report.defect_unit


class ReportStop(Base):
    """The line stood still: why, and for how many minutes."""

    __tablename__ = "report_stop"
    __table_args__ = (UniqueConstraint("report_id", "line"), CheckConstraint("minutes > 0", name="minutes_positive"))

    id: Mapped[int] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    report_id: Mapped[ProductionReportId] = mapped_column(ForeignKey("production_report.id"))
    line: Mapped[int]
    reason: Mapped[str] = mapped_column(String(120))
    minutes: Mapped[int]

    report: Mapped[ProductionReport] = relationship(back_populates="stops")
