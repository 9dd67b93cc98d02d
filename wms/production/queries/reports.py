"""Reads of production reports: what an order made, what a report says and touched, what is in a vessel."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from fractions import Fraction
from typing import Any

from sqlalchemy import case, func, select
from sqlalchemy.orm import joinedload, selectinload

from wms.accounts.models import User
from wms.catalog.models import Item
from wms.core.clock import day_begins
from wms.core.errors import NotFound
from wms.core.ids import (
    ItemId,
    LotId,
    MachineId,
    OwnerId,
    PostingSeq,
    ProductionReportId,
    TeamId,
    UnitId,
    UserId,
    VesselId,
    WarehouseId,
    WorkOrderComponentId,
    WorkOrderId,
)
from wms.core.quantity import ZERO, Quantity
from wms.db import db
from wms.db.paging import Page, SortKey, after, page_of
from wms.production.beyond import Delivery, RecallTouched, deliveries_of, recalls_of
from wms.production.models import (
    InputSource,
    OutputKind,
    ProductionReport,
    ReportInput,
    ReportOutput,
    Vessel,
    VesselCleaning,
    WorkOrder,
    WorkOrderComponent,
    WorkOrderOperation,
)
from wms.production.rules.draws import Content, shares_of
from wms.sites.models import BinKind
from wms.stock import pegs
from wms.stock import queries as stock
from wms.stock.ledger import Reason
from wms.stock.models import Lot, LotLink
from wms.stock.queries import BalanceRow, MoveRow
from wms.units.models import Unit, UnitEvent

#: The document of what a report posts and links.
REPORT = "production_report"


# -- operations -------------------------------------------------------------------------------------------------------
def operation_of(order: WorkOrder, sequence: int | None) -> WorkOrderOperation:
    """Give an operation of an order, the only one where none is named; NotFound otherwise."""
    if sequence is None and len(order.operations) == 1:
        return order.operations[0]
    for operation in order.operations:
        if operation.sequence == sequence:
            return operation
    raise NotFound(kind="operation", text="" if sequence is None else str(sequence))


def makes(order: WorkOrder, operation: WorkOrderOperation) -> tuple[ItemId, OutputKind] | None:
    """Say what an operation makes: a semi-finished item, the product at the last one, or nothing of its own."""
    if operation.output_item_id is not None:
        return operation.output_item_id, OutputKind.SEMI_FINISHED
    if operation.sequence == order.operations[-1].sequence:
        return order.item_id, OutputKind.MAIN
    return None


def maker_after(order: WorkOrder, operation: WorkOrderOperation) -> WorkOrderOperation:
    """Give the operation whose output holds what this one uses: itself, or the next that makes something."""
    return next(o for o in order.operations if o.sequence >= operation.sequence and makes(order, o))


def components_at(order: WorkOrder, operation: WorkOrderOperation) -> list[WorkOrderComponent]:
    """Give the components that end up in what this operation makes."""
    makers = {o.sequence: maker_after(order, o).sequence for o in order.operations}
    last = order.operations[-1].sequence
    return [c for c in order.components if makers.get(c.operation_sequence, last) == operation.sequence]


def semi_finished_before(order: WorkOrder, operation: WorkOrderOperation) -> list[WorkOrderOperation]:
    """Give the operations before this one that make a semi-finished lot."""
    return [o for o in order.operations if o.sequence < operation.sequence and o.output_item_id is not None]


def have_output(order: WorkOrderId) -> set[int]:
    """Say which operations have a report with an output that stands."""
    rows = db.session.execute(
        select(ProductionReport.operation_sequence)
        .join(ReportOutput, ReportOutput.report_id == ProductionReport.id)
        .where(ProductionReport.work_order_id == order, ProductionReport.reversed_at.is_(None))
        .distinct()
    )
    return set(rows.scalars())


# -- outputs ----------------------------------------------------------------------------------------------------------
def made_of(order: WorkOrderId, item: ItemId, *, but: ProductionReportId | None = None) -> Quantity:
    """How much of an item the standing reports of an order made."""
    statement = (
        select(func.sum(ReportOutput.quantity))
        .join(ProductionReport, ProductionReport.id == ReportOutput.report_id)
        .where(
            ProductionReport.work_order_id == order, ProductionReport.reversed_at.is_(None), ReportOutput.item_id == item
        )
    )  # fmt: skip
    if but is not None:
        statement = statement.where(ProductionReport.id != but)
    total = db.session.execute(statement).scalar()
    return total if isinstance(total, Quantity) else Quantity(int(total or 0))


def lots_made(order: WorkOrderId, item: ItemId | None = None) -> list[LotId]:
    """The lots that an order's reports made, the newest first; those of reports that were taken back as well."""
    statement = (
        select(ReportOutput.lot_id, func.max(ReportOutput.id).label("newest"))
        .join(ProductionReport, ProductionReport.id == ReportOutput.report_id)
        .where(ProductionReport.work_order_id == order)
        .group_by(ReportOutput.lot_id)
    )
    if item is not None:
        statement = statement.where(ReportOutput.item_id == item)
    rows = db.session.execute(statement).all()
    return [LotId(row.lot_id) for row in sorted(rows, key=lambda row: -row.newest)]


def sources_of(lot: LotId) -> list[Lot]:
    """The lots that went into a lot, by links that stand."""
    statement = (
        select(Lot)
        .join(LotLink, LotLink.source_lot_id == Lot.id)
        .where(LotLink.target_lot_id == lot, LotLink.voided_seq.is_(None), LotLink.target_quantity > ZERO)
    )
    return list(db.session.execute(statement).scalars().unique())


# -- reports ----------------------------------------------------------------------------------------------------------
def _whole() -> Any:
    return select(ProductionReport).options(
        joinedload(ProductionReport.work_order).joinedload(WorkOrder.item),
        joinedload(ProductionReport.line),
        joinedload(ProductionReport.team),
        joinedload(ProductionReport.machine),
        selectinload(ProductionReport.inputs).options(joinedload(ReportInput.lot), joinedload(ReportInput.item)),
        selectinload(ProductionReport.outputs).options(
            joinedload(ReportOutput.lot), joinedload(ReportOutput.item), joinedload(ReportOutput.lpn)
        ),
        selectinload(ProductionReport.defects),
        selectinload(ProductionReport.stops),
    )


def get_report(
    report: ProductionReportId, *, warehouse: WarehouseId | None = None, is_locked: bool = False
) -> ProductionReport:
    """Give a report with all its lines; NotFound for one that is not in the warehouse."""
    if is_locked:
        db.session.execute(select(ProductionReport.id).where(ProductionReport.id == report).with_for_update())
    statement = _whole().where(ProductionReport.id == report).execution_options(populate_existing=is_locked)
    found = db.session.execute(statement).scalar_one_or_none()
    if found is None or (warehouse is not None and found.warehouse_id != warehouse):
        raise NotFound(kind=REPORT, text=str(report))
    return found


def find_by_key(key: str) -> ProductionReport | None:
    """Give the report made under a key, or None."""
    return db.session.execute(_whole().where(ProductionReport.key == key)).scalar_one_or_none()


def correction_of(report: ProductionReportId) -> ProductionReport | None:
    """Give the report that stands in the place of one that was taken back, or None."""
    return db.session.execute(
        select(ProductionReport).where(ProductionReport.corrects_id == report)
    ).scalar_one_or_none()


@dataclass(frozen=True, kw_only=True)
class ReportFilter:
    """Which reports of a warehouse; None is any. Days are the warehouse's, by the end of the work."""

    work_order: WorkOrderId | None = None
    machine: MachineId | None = None
    team: TeamId | None = None
    operator: UserId | None = None
    from_on: date | None = None
    until_on: date | None = None
    timezone: str = "UTC"


def page_of_reports(
    warehouse: WarehouseId, wanted: ReportFilter, *, cursor: str | None, size: int = 50
) -> Page[ProductionReport]:
    """One page of the reports of a warehouse, the newest work first."""
    statement = _whole().where(ProductionReport.warehouse_id == warehouse)
    for column, value in (
        (ProductionReport.work_order_id, wanted.work_order),
        (ProductionReport.machine_id, wanted.machine),
        (ProductionReport.team_id, wanted.team),
        (ProductionReport.operator_id, wanted.operator),
    ):
        if value is not None:
            statement = statement.where(column == value)
    if wanted.from_on is not None:
        statement = statement.where(ProductionReport.ended_at >= day_begins(wanted.from_on, wanted.timezone))
    if wanted.until_on is not None:
        end = day_begins(wanted.until_on + timedelta(days=1), wanted.timezone)
        statement = statement.where(ProductionReport.ended_at < end)
    keys = [SortKey(ProductionReport.ended_at, descending=True), SortKey(ProductionReport.id, descending=True)]
    rows = list(db.session.execute(after(statement, keys, cursor, size=size)).scalars())
    return page_of(rows, size=size, values=lambda row: (row.ended_at, row.id))


def reports_of(order: WorkOrderId) -> list[ProductionReport]:
    """All reports of an order, the oldest first, those taken back among them."""
    statement = _whole().where(ProductionReport.work_order_id == order).order_by(ProductionReport.id)
    return list(db.session.execute(statement).scalars())


def names_of(people: Collection[int | None]) -> dict[int, str]:
    """The names of people by id."""
    wanted = [one for one in people if one is not None]
    rows = db.session.execute(select(User.id, User.full_name).where(User.id.in_(wanted))) if wanted else ()
    return {row.id: row.full_name for row in rows}


def numbers_of(reports: Collection[int]) -> dict[int, tuple[str, int, str]]:
    """The number, the work order's id and its number of reports by id: for the genealogy of a lot."""
    if not reports:
        return {}
    rows = db.session.execute(
        select(ProductionReport.id, ProductionReport.number, WorkOrder.id.label("order"), WorkOrder.number.label("name"))
        .join(WorkOrder, WorkOrder.id == ProductionReport.work_order_id)
        .where(ProductionReport.id.in_(list(reports)))
    )  # fmt: skip
    return {row.id: (row.number, row.order, row.name) for row in rows}


# -- pieces with ids of their own -------------------------------------------------------------------------------------
class PiecePart(StrEnum):
    """What a report did with a piece: it went into what was made, it was lost, or it was made."""

    USED = "used"
    LOST = "lost"
    MADE = "made"


@dataclass(frozen=True, kw_only=True)
class Piece:
    """A piece with an id of its own that a report used, lost or made; its lot is the one it was in, or came into."""

    unit: UnitId
    code: str
    sku: str
    lot: LotId
    lot_number: str
    part: PiecePart


def pieces_of(report: ProductionReport) -> list[Piece]:
    """The pieces that a report used, lost and made, as its postings said; two statements."""
    parts = {report.consume_seq: PiecePart.USED, report.output_seq: PiecePart.MADE}
    standing = stock.standing_postings_of(REPORT, report.id)
    parts |= {seq: PiecePart.LOST for reason, seq in standing.items() if reason is Reason.SCRAP}
    seqs = [seq for seq in parts if seq is not None]
    lot = func.coalesce(UnitEvent.from_lot_id, Unit.lot_id)
    rows = db.session.execute(
        select(Unit.id, Unit.code, Item.sku, Unit.lot_id, UnitEvent.from_lot_id, Lot.number, UnitEvent.posting_seq)
        .join(UnitEvent, UnitEvent.unit_id == Unit.id)
        .join(Item, Item.id == Unit.item_id)
        .join(Lot, Lot.id == case((UnitEvent.posting_seq == report.output_seq, Unit.lot_id), else_=lot))
        .where(UnitEvent.posting_seq.in_(seqs), Unit.level == 0)
        .order_by(UnitEvent.posting_seq, Unit.code)
    ) if seqs else ()  # fmt: skip
    return [
        Piece(
            unit=row.id, code=row.code, sku=row.sku, lot_number=row.number, part=parts[row.posting_seq],
            lot=row.lot_id if parts[row.posting_seq] is PiecePart.MADE else row.from_lot_id or row.lot_id,
        )
        for row in rows
    ]  # fmt: skip


# -- what stands at the line ------------------------------------------------------------------------------------------
@dataclass(frozen=True, kw_only=True)
class AtLine:
    """A lot that stands at the line and may go into what an operation makes: for the form."""

    component: WorkOrderComponentId | None
    lot: LotId
    lot_number: str
    item: ItemId
    sku: str
    name_en: str
    name_zh: str
    unit: str
    quantity: Quantity
    is_promised: bool
    is_usable: bool


def at_line(order: WorkOrder, operation: WorkOrderOperation, *, on: date) -> list[AtLine]:
    """What stands at the order's line of the items that this operation uses: promised to the order first, then by last good day."""
    components = components_at(order, operation)
    by_item: dict[ItemId, WorkOrderComponentId | None] = {
        o.output_item_id: None for o in semi_finished_before(order, operation) if o.output_item_id is not None
    }
    by_item |= {c.item_id: c.id for c in components}
    rows = [
        row for row in stock.find_balances(bin=order.line.bin_id) if row.item in by_item and row.owner == order.owner_id
    ]
    ours = {c.id for c in order.components}
    promised: dict[int, Quantity] = {}
    others: dict[int, Quantity] = {}
    for claim in stock.claims_on([row.id for row in rows]):
        sums = promised if claim.demand_kind == "wo_component" and claim.demand_id in ours else others
        sums[claim.balance] = sums.get(claim.balance, ZERO) + claim.quantity
    found: dict[LotId, AtLine] = {}
    for row in sorted(rows, key=lambda row: (row.id not in promised, row.fefo_on, row.lot)):
        amount = row.on_hand - others.get(row.id, ZERO)
        if amount <= ZERO:
            continue
        known = found.get(row.lot)
        found[row.lot] = AtLine(
            component=by_item[row.item], lot=row.lot, lot_number=row.lot_number, item=row.item, sku=row.sku,
            name_en=row.name_en, name_zh=row.name_zh, unit=row.base_unit,
            quantity=amount + (known.quantity if known else ZERO),
            is_promised=row.id in promised or bool(known and known.is_promised),
            is_usable=(not row.is_held and row.quality.value == "released" and row.fefo_on >= on)
            and (known.is_usable if known else True),
        )  # fmt: skip
    return list(found.values())


# -- vessels ----------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, kw_only=True)
class VesselContent:
    """One lot in a vessel, with its exact share of all that is there."""

    lot: LotId
    lot_number: str
    item: ItemId
    sku: str
    unit: str
    quantity: Quantity
    share: Fraction
    is_held: bool

    @property
    def percent(self) -> str:
        """The share in percent, rounded to two decimals."""
        return f"{float(self.share * 100):.2f}"


def vessels(warehouse: WarehouseId) -> list[Vessel]:
    """The vessels of a warehouse, by code."""
    statement = select(Vessel).where(Vessel.warehouse_id == warehouse).options(joinedload(Vessel.bin))
    return list(db.session.execute(statement.order_by(Vessel.code)).scalars())


def get_vessel(vessel: VesselId, *, warehouse: WarehouseId | None = None, is_locked: bool = False) -> Vessel:
    """Give a vessel; NotFound for one that is not in the warehouse. `is_locked`: its row is the caller's to the commit."""
    found = db.session.get(Vessel, vessel, with_for_update=is_locked)
    if found is None or (warehouse is not None and found.warehouse_id != warehouse):
        raise NotFound(kind="vessel", text=str(vessel))
    return found


def find_vessel(code: str, *, warehouse: WarehouseId) -> Vessel:
    """Give the vessel of a code; NotFound."""
    statement = select(Vessel).where(Vessel.code == code, Vessel.warehouse_id == warehouse)
    found = db.session.execute(statement).scalar_one_or_none()
    if found is None:
        raise NotFound(kind="vessel", text=code)
    return found


def balances_in(vessel: Vessel, *, owner: OwnerId | None = None) -> list[BalanceRow]:
    """What stands in a vessel by the books."""
    return [row for row in stock.find_balances(bin=vessel.bin_id) if owner is None or row.owner == owner]


def contents_of(vessel: Vessel) -> list[VesselContent]:
    """What is in a vessel now, by lot, the largest share first."""
    return _contents(balances_in(vessel))


def vessels_with_contents(warehouse: WarehouseId) -> list[tuple[Vessel, list[VesselContent]]]:
    """The vessels of a warehouse by code, each with what is in it now; two statements however many there are."""
    found = vessels(warehouse)
    rows: dict[int, list[BalanceRow]] = {}
    for row in stock.find_balances(warehouse=warehouse, bin_kinds=[BinKind.PRODUCTION]) if found else ():
        rows.setdefault(row.bin, []).append(row)
    return [(vessel, _contents(rows.get(vessel.bin_id, []))) for vessel in found]


def _contents(rows: Sequence[BalanceRow]) -> list[VesselContent]:
    shares = shares_of([Content(lot=row.lot, quantity=row.on_hand.millionths) for row in rows])
    sums: dict[LotId, Quantity] = {}
    first: dict[LotId, BalanceRow] = {}
    held: set[LotId] = set()
    for row in rows:
        sums[row.lot] = sums.get(row.lot, ZERO) + row.on_hand
        first.setdefault(row.lot, row)
        if row.is_held:
            held.add(row.lot)
    found = [
        VesselContent(
            lot=lot, lot_number=row.lot_number, item=row.item, sku=row.sku, unit=row.base_unit, quantity=sums[lot],
            share=shares[lot], is_held=lot in held,
        )
        for lot, row in first.items()
    ]  # fmt: skip
    return sorted(found, key=lambda one: (-one.quantity.millionths, one.lot_number))


def last_cleaning(vessel: VesselId) -> VesselCleaning | None:
    """The newest cleaning of a vessel, or None."""
    statement = select(VesselCleaning).where(VesselCleaning.vessel_id == vessel).order_by(VesselCleaning.id.desc())
    return db.session.execute(statement.limit(1)).scalar_one_or_none()


def stood_in(vessel: Vessel) -> set[LotId]:
    """The lots that came into a vessel since it was last cleaned, gone or not."""
    cleaned = last_cleaning(vessel.id)
    return stock.lots_brought_to(vessel.bin_id, after=cleaned.ledger_seq if cleaned else PostingSeq(0))


def clinging_to(vessel: Vessel, contents: Collection[VesselContent]) -> list[Lot]:
    """The lots that stood in a vessel since it was cleaned and give nothing now, in the order of their ids."""
    gone = stood_in(vessel) - {one.lot for one in contents}
    return sorted(_lots(gone), key=lambda lot: lot.id)


def cleanings_of(vessel: VesselId, *, limit: int = 50) -> list[VesselCleaning]:
    """The cleanings of a vessel, the newest first."""
    statement = select(VesselCleaning).where(VesselCleaning.vessel_id == vessel).order_by(VesselCleaning.id.desc())
    return list(db.session.execute(statement.limit(limit)).scalars())


def history_of(vessel: Vessel, *, limit: int = 100) -> list[MoveRow]:
    """What went into a vessel and out of it, the newest first."""
    return stock.moves_of_bin(vessel.bin_id, limit=limit)


# -- what an error touched --------------------------------------------------------------------------------------------
@dataclass(frozen=True, kw_only=True)
class Difference:
    """A lot that a report named and its correction does not, or the other way round, or in another quantity."""

    lot: LotId
    number: str
    sku: str
    unit: str
    before: Quantity
    after: Quantity

    @property
    def was_wrong(self) -> bool:
        """Whether less of it was used than the report said."""
        return self.after < self.before


@dataclass(frozen=True, kw_only=True)
class Touched:
    """A lot that was said to be made of the wrong lots: where it stands, and to whom it went."""

    lot: Lot
    is_direct: bool
    stands: Sequence[BalanceRow] = ()
    shipped: Quantity = ZERO
    #: The number of the order it is made for; blank: for nobody in particular.
    made_for: str = ""

    @property
    def wants_hold(self) -> bool:
        """Whether some of it stands here free."""
        return any(not row.is_held for row in self.stands)


@dataclass(frozen=True, kw_only=True)
class Impact:
    """What a wrong report touched: which inputs differ, every lot made from its outputs by now, what left, which recalls."""

    differences: list[Difference] = field(default_factory=list)
    touched: list[Touched] = field(default_factory=list)
    #: What left of the touched lots, by shipment, with its customer.
    deliveries: list[Delivery] = field(default_factory=list)
    #: Open recalls whose frozen scope rests on what the report says.
    recalls: list[RecallTouched] = field(default_factory=list)

    @property
    def lots(self) -> dict[LotId, Lot]:
        """The touched lots by id."""
        return {one.lot.id: one.lot for one in self.touched}


def impact_of(
    report: ProductionReport, *, warehouses: Collection[WarehouseId], sales: Collection[WarehouseId] = ()
) -> Impact:
    """Say what the error in a report touched: every lot that is said to hold a wrong lot or lacks the right one.

    Its outputs and all that was made of them since. Where they stand is told of `warehouses` only, and to whom they left of
    `sales` only. The same number of statements however many lots there are.
    """
    instead = correction_of(report.id) if report.reversed_at is not None else None
    differences = _differences(report, get_report(instead.id) if instead else None) if report.reversed_at else []
    direct = {output.lot_id for output in report.outputs}
    every = direct | stock.lots_made_of(direct)
    lots = {lot.id: lot for lot in _lots(every)}
    rows: dict[LotId, list[BalanceRow]] = {}
    for row in stock.find_balances(lots=every) if every else ():
        if row.warehouse in warehouses:
            rows.setdefault(row.lot, []).append(row)
    left = deliveries_of(every)
    shipped: dict[LotId, Quantity] = {}
    for one in left:
        shipped[one.lot] = shipped.get(one.lot, ZERO) + one.quantity
    made_for = {lot: peg.made_for for lot, peg in pegs.open_pegs(every).items()}
    touched = [
        Touched(
            lot=lots[lot], is_direct=lot in direct, stands=rows.get(lot, ()), shipped=shipped.get(lot, ZERO),
            made_for=made_for.get(lot, ""),
        )
        for lot in sorted(every, key=lambda one: (one not in direct, lots[one].number))
    ]  # fmt: skip
    used = {one.lot_id for one in report.inputs if one.source is not InputSource.SCRAP}
    return Impact(
        differences=differences, touched=touched, deliveries=[one for one in left if one.warehouse in sales],
        recalls=recalls_of(used | {one.lot for one in differences}, every),
    )  # fmt: skip


def _lots(lots: Collection[LotId]) -> list[Lot]:
    statement = select(Lot).where(Lot.id.in_(list(lots))).options(joinedload(Lot.item))
    return list(db.session.execute(statement).scalars()) if lots else []


def _differences(report: ProductionReport, instead: ProductionReport | None) -> list[Difference]:
    def used(of: ProductionReport | None) -> dict[LotId, Quantity]:
        sums: dict[LotId, Quantity] = {}
        for one in of.inputs if of else ():
            if one.source is not InputSource.SCRAP:
                sums[one.lot_id] = sums.get(one.lot_id, ZERO) + one.quantity
        return sums

    before, afterwards = used(report), used(instead)
    differ = [lot for lot in {**before, **afterwards} if before.get(lot, ZERO) != afterwards.get(lot, ZERO)]
    lots = {lot.id: lot for lot in _lots(differ)}
    return [
        Difference(
            lot=lot, number=lots[lot].number, sku=lots[lot].item.sku, unit=lots[lot].item.base_unit,
            before=before.get(lot, ZERO), after=afterwards.get(lot, ZERO),
        )
        for lot in differ
    ]  # fmt: skip


def items_of(items: Collection[ItemId]) -> dict[ItemId, Item]:
    """Items by id."""
    rows = db.session.execute(select(Item).where(Item.id.in_(list(items)))).scalars() if items else ()
    return {row.id: row for row in rows}


def ended_last(order: WorkOrderId) -> datetime | None:
    """When the last standing report of an order ended: where the next begins."""
    return db.session.execute(
        select(func.max(ProductionReport.ended_at)).where(
            ProductionReport.work_order_id == order, ProductionReport.reversed_at.is_(None)
        )
    ).scalar()
