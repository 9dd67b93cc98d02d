"""The look for gaps: one statement a kind, over a whole site at once, by index. It writes nothing and locks nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from sqlalchemy import BigInteger, and_, case, exists, func, literal, or_, select, type_coerce
from sqlalchemy.orm import aliased

from wms.catalog.models import DateBasis, Item
from wms.core.ids import LOOSE, WarehouseId
from wms.core.quantity import Quantity
from wms.db import db
from wms.gaps.rules.kinds import MOST_OF_A_KIND, Found, GapKind
from wms.production.models import (
    InputSource,
    IssueKind,
    ProductionReport,
    ProductionRule,
    ReportInput,
    ReportOutput,
    WorkOrder,
    WorkOrderComponent,
    WorkOrderCorrection,
    WorkOrderIssue,
    WorkOrderState,
)
from wms.receiving.models import Receipt, ReceiptLine
from wms.sites.models import Bin, BinKind, Warehouse
from wms.stock.ledger import Reason, reads
from wms.stock.models import LinkKind, Lot, LotLink, Lpn
from wms.stock.rules.availability import NEVER
from wms.stock.sources import has_source
from wms.units.models import Unit

Finder = Callable[[WarehouseId], Any]
#: Literal, so that both planners see that the partial indexes hold the answer.
_NOTHING: Final[Any] = literal(0, BigInteger)


def look() -> dict[WarehouseId, list[Found]]:
    """Look through every site that is in use; what was found, by site."""
    sites = db.session.execute(select(Warehouse.id).where(Warehouse.is_active).order_by(Warehouse.id)).scalars().all()
    return {site: find_gaps(site) for site in sites}


def find_gaps(warehouse: WarehouseId) -> list[Found]:
    """Look through one site: at most MOST_OF_A_KIND of each kind, those with the smallest ids."""
    return [found for kind in FINDERS for found in find_kind(kind, warehouse)]


def find_kind(kind: GapKind, warehouse: WarehouseId) -> list[Found]:
    """Look for the gaps of one kind: one statement."""
    rows = db.session.execute(FINDERS[kind](warehouse).limit(MOST_OF_A_KIND))
    return [_found(kind, dict(row._mapping)) for row in rows]


def _found(kind: GapKind, row: dict[str, Any]) -> Found:
    subject, identity, lot = row.pop("subject"), row.pop("id"), row.pop("lot", None)
    name = " ".join(str(part) for part in (row.pop("sku", ""), row.pop("name")) if part)
    data = {key: _plain(value) for key, value in row.items() if value is not None}
    return Found(kind=kind, subject_kind=subject, subject_id=int(identity), name=name[:160], lot_id=lot, data=data)


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, Quantity) else value.value if hasattr(value, "value") else str(value)


# -- receiving --------------------------------------------------------------------------------------------------------
def _receipts_without_paper(warehouse: WarehouseId) -> Any:
    """Goods were taken in, and nobody can say from whom, or by which paper."""
    has_lines = exists().where(ReceiptLine.receipt_id == Receipt.id, ReceiptLine.reversed_at.is_(None))
    no_paper = and_(Receipt.delivery_note == "", Receipt.asn_id.is_(None), Receipt.purchase_order_id.is_(None))
    missing = case((Receipt.supplier_id.is_(None), "supplier"), else_="document")
    return (
        select(literal("receipt").label("subject"), Receipt.id, Receipt.number.label("name"), missing.label("missing"))
        .where(Receipt.warehouse_id == warehouse, or_(Receipt.supplier_id.is_(None), no_paper), has_lines)
        .order_by(Receipt.id)
    )


def _lots_without_maker_lot(warehouse: WarehouseId) -> Any:
    """Lots that were received and have no number of their maker."""
    return (
        select(
            literal("lot").label("subject"), Lot.id, Lot.id.label("lot"), Item.sku, Lot.number.label("name"),
            func.min(Receipt.number).label("receipt"),
        )
        .select_from(ReceiptLine)
        .join(Receipt, Receipt.id == ReceiptLine.receipt_id)
        .join(Lot, Lot.id == ReceiptLine.lot_id).join(Item, Item.id == Lot.item_id)
        .where(Receipt.warehouse_id == warehouse, ReceiptLine.reversed_at.is_(None), Lot.maker_lot == "")
        .group_by(Lot.id, Item.sku, Lot.number).order_by(Lot.id)
    )  # fmt: skip


def _in_use(warehouse: WarehouseId) -> Any:
    """The lots of which something stands at the site."""
    balance = reads.balance
    return (
        select(balance.c.lot_id)
        .where(balance.c.warehouse_id == warehouse, balance.c.on_hand > _NOTHING)
        .distinct()
        .subquery("in_use")
    )


def _lots_without_date(warehouse: WarehouseId) -> Any:
    """Goods of items whose date decides, and their lot has none."""
    used = _in_use(warehouse)
    return (
        select(
            literal("lot").label("subject"), Lot.id, Lot.id.label("lot"), Item.sku, Lot.number.label("name"),
            Item.date_basis.label("basis"),
        )
        .select_from(used).join(Lot, Lot.id == used.c.lot_id).join(Item, Item.id == Lot.item_id)
        .where(Item.date_basis != DateBasis.NONE, Lot.fefo_on == NEVER)
        .order_by(Lot.id)
    )  # fmt: skip


def _lots_twice(warehouse: WarehouseId) -> Any:
    """One maker lot of an item stands under several numbers, and none of them became another's part."""
    used = _in_use(warehouse)
    parted = exists().where(
        LotLink.target_lot_id == Lot.id, LotLink.voided_seq.is_(None),
        LotLink.kind.in_((LinkKind.SPLIT, LinkKind.RELABEL, LinkKind.MERGE)),
    )  # fmt: skip
    return (
        select(
            literal("lot").label("subject"), func.max(Lot.id).label("id"), func.max(Lot.id).label("lot"), Item.sku,
            func.max(Lot.number).label("name"), func.min(Lot.number).label("other"), Lot.maker_lot, func.count().label("count"),
        )
        .select_from(used).join(Lot, Lot.id == used.c.lot_id).join(Item, Item.id == Lot.item_id)
        .where(Lot.maker_lot != "", ~parted)
        .group_by(Lot.item_id, Item.sku, func.coalesce(Lot.maker_id, 0), Lot.maker_lot)
        .having(func.count() > 1).order_by(func.max(Lot.id))
    )  # fmt: skip


def _lots_nearly_twice(warehouse: WarehouseId) -> Any:
    """Numbers in use of one item that differ in capitals, leading zeros or blanks alone."""
    used = _in_use(warehouse)
    bare = func.ltrim(func.lower(func.replace(Lot.number, " ", "")), "0")
    return (
        select(
            literal("lot").label("subject"), func.max(Lot.id).label("id"), func.max(Lot.id).label("lot"), Item.sku,
            func.max(Lot.number).label("name"), func.min(Lot.number).label("other"), func.count().label("count"),
        )
        .select_from(used).join(Lot, Lot.id == used.c.lot_id).join(Item, Item.id == Lot.item_id)
        .group_by(Lot.item_id, Item.sku, bare)
        .having(func.count() > 1).order_by(func.max(Lot.id))
    )  # fmt: skip


# -- stock ------------------------------------------------------------------------------------------------------------
def _stock_without_source(warehouse: WarehouseId) -> Any:
    """Goods whose lot nobody received, made, imported or parted from another."""
    used = _in_use(warehouse)
    return (
        select(literal("lot").label("subject"), Lot.id, Lot.id.label("lot"), Item.sku, Lot.number.label("name"))
        .select_from(used).join(Lot, Lot.id == used.c.lot_id).join(Item, Item.id == Lot.item_id)
        .where(~has_source(Lot.id))
        .order_by(Lot.id)
    )  # fmt: skip


def _plates_in_two_bins(warehouse: WarehouseId) -> Any:
    """One plate, and its goods stand in several bins."""
    balance = reads.balance
    standing = (
        select(
            balance.c.lpn_id, func.min(Bin.code).label("bin"), func.max(Bin.code).label("other"),
        )
        .join(Bin, Bin.id == balance.c.bin_id)
        .where(balance.c.warehouse_id == warehouse, balance.c.on_hand > _NOTHING, balance.c.lpn_id != LOOSE)
        .group_by(balance.c.lpn_id)
        .having(func.count(balance.c.bin_id.distinct()) > 1)
        .subquery("standing")
    )  # fmt: skip
    return (
        select(literal("lpn").label("subject"), Lpn.id, Lpn.code.label("name"), standing.c.bin, standing.c.other)
        .select_from(standing)
        .join(Lpn, Lpn.id == standing.c.lpn_id)
        .order_by(Lpn.id)
    )


def _units_without_place(warehouse: WarehouseId) -> Any:
    """Unit ids that are here by their own record, and no goods of their lot stand there."""
    balance = reads.balance
    stands = exists().where(
        balance.c.lot_id == Unit.lot_id, balance.c.bin_id == Unit.bin_id, balance.c.lpn_id == Unit.lpn_id,
        balance.c.on_hand > _NOTHING,
    )  # fmt: skip
    return (
        select(
            literal("unit").label("subject"), Unit.id, Unit.lot_id.label("lot"), Item.sku, Unit.code.label("name"),
            Bin.code.label("bin"),
        )
        .join(Bin, Bin.id == Unit.bin_id).join(Item, Item.id == Unit.item_id)
        .where(Unit.warehouse_id == warehouse, ~Bin.is_outside, ~stands)
        .order_by(Unit.id)
    )  # fmt: skip


# -- production -------------------------------------------------------------------------------------------------------
def _sum(amount: Any) -> Any:
    return func.coalesce(func.sum(type_coerce(amount, BigInteger)), _NOTHING)


def _consumption_differs(warehouse: WarehouseId) -> Any:
    """Orders that make nothing more, or were opened again for a wrong report, and whose use does not agree with their issue.

    Within tolerance it does; what was signed for when an order was closed is left out, until it is opened again.
    """
    again = exists().where(
        WorkOrderCorrection.work_order_id == WorkOrder.id, WorkOrderCorrection.opened_at.is_not(None),
        WorkOrderCorrection.closed_at.is_(None),
    )  # fmt: skip
    wanted = and_(
        WorkOrder.warehouse_id == warehouse,
        WorkOrder.state.in_((WorkOrderState.STARTED, WorkOrderState.COMPLETED, WorkOrderState.CLOSED)),
        WorkOrder.close_signature_id.is_(None),
        or_(WorkOrder.state != WorkOrderState.STARTED, again),
    )
    signed = case((WorkOrderIssue.kind == IssueKind.RETURN, -1), else_=1)
    out = (
        select(
            WorkOrderIssue.component_id,
            _sum(type_coerce(WorkOrderIssue.quantity, BigInteger) * signed).label("quantity"),
        )
        .join(WorkOrder, WorkOrder.id == WorkOrderIssue.work_order_id)
        .where(wanted, WorkOrderIssue.reversed_seq.is_(None))
        .group_by(WorkOrderIssue.component_id)
        .subquery("issued")
    )
    flushed = case((ReportInput.source == InputSource.BACKFLUSH, 1), else_=0)
    used = (
        select(
            ReportInput.component_id, _sum(ReportInput.quantity).label("quantity"), func.max(flushed).label("flushed")
        )
        .join(ProductionReport, ProductionReport.id == ReportInput.report_id)
        .join(WorkOrder, WorkOrder.id == ProductionReport.work_order_id)
        .where(
            wanted, ProductionReport.reversed_at.is_(None), ReportInput.component_id.is_not(None),
            ReportInput.source.not_in((InputSource.VESSEL, InputSource.RESIDUE)),
        )
        .group_by(ReportInput.component_id)
        .subquery("used")
    )  # fmt: skip
    issued, gone = func.coalesce(out.c.quantity, _NOTHING), func.coalesce(used.c.quantity, _NOTHING)
    percent = func.coalesce(ProductionRule.tolerance_percent, 0)
    off = func.abs(gone - issued) * 100 > func.abs(issued) * percent
    return (
        select(
            literal("work_order").label("subject"), WorkOrder.id, WorkOrder.number.label("name"),
            func.min(Item.sku).label("item"), func.count().label("count"),
        )
        .select_from(WorkOrder)
        .join(WorkOrderComponent, WorkOrderComponent.work_order_id == WorkOrder.id)
        .join(Item, Item.id == WorkOrderComponent.item_id)
        .outerjoin(out, out.c.component_id == WorkOrderComponent.id)
        .outerjoin(used, used.c.component_id == WorkOrderComponent.id)
        .outerjoin(ProductionRule, ProductionRule.item_id == WorkOrderComponent.item_id)
        .where(wanted, ~WorkOrderComponent.is_backflushed, func.coalesce(used.c.flushed, 0) == 0, off)
        .group_by(WorkOrder.id, WorkOrder.number)
        .order_by(WorkOrder.id)
    )  # fmt: skip


def _outputs_without_input(warehouse: WarehouseId) -> Any:
    """Lots that a report made, and no source is tied to them."""
    linked = exists().where(LotLink.target_lot_id == ReportOutput.lot_id, LotLink.voided_seq.is_(None))
    return (
        select(
            literal("lot").label("subject"), Lot.id, Lot.id.label("lot"), Item.sku, Lot.number.label("name"),
            func.min(ProductionReport.number).label("report"),
        )
        .select_from(ReportOutput)
        .join(ProductionReport, ProductionReport.id == ReportOutput.report_id)
        .join(Lot, Lot.id == ReportOutput.lot_id).join(Item, Item.id == Lot.item_id)
        .where(ProductionReport.warehouse_id == warehouse, ProductionReport.reversed_at.is_(None), ~linked)
        .group_by(Lot.id, Item.sku, Lot.number).order_by(Lot.id)
    )  # fmt: skip


def _inputs_without_source(warehouse: WarehouseId) -> Any:
    """Lots that went into something, and nobody knows where they came from."""
    used = (
        select(ReportInput.lot_id, func.min(ProductionReport.number).label("report"))
        .join(ProductionReport, ProductionReport.id == ReportInput.report_id)
        .where(ProductionReport.warehouse_id == warehouse, ProductionReport.reversed_at.is_(None))
        .group_by(ReportInput.lot_id)
        .subquery("used")
    )
    return (
        select(
            literal("lot").label("subject"), Lot.id, Lot.id.label("lot"), Item.sku, Lot.number.label("name"), used.c.report
        )
        .select_from(used).join(Lot, Lot.id == used.c.lot_id).join(Item, Item.id == Lot.item_id)
        .where(~has_source(Lot.id))
        .order_by(Lot.id)
    )  # fmt: skip


# -- shipping ---------------------------------------------------------------------------------------------------------
def _shipped(warehouse: WarehouseId) -> tuple[Any, Any]:
    """The moves that left to a customer from this site and were not taken back: their table, and the condition."""
    move, posting, back = reads.move, reads.posting, reads.posting.alias("back")
    to_customer = select(Bin.id).where(Bin.warehouse_id == warehouse, Bin.kind == BinKind.CUSTOMER)
    rows = move.join(posting, posting.c.seq == move.c.posting_seq)
    undone = exists().where(back.c.reverses_seq == move.c.posting_seq)
    return rows, and_(move.c.target_bin_id.in_(to_customer), posting.c.reason == Reason.SHIP, ~undone)


def _shipped_without_demand(warehouse: WarehouseId) -> Any:
    """Goods that left and served nobody's order line."""
    rows, is_shipped = _shipped(warehouse)
    move = reads.move
    seq = type_coerce(move.c.posting_seq, BigInteger)
    return (
        select(
            literal("posting").label("subject"), seq.label("id"), func.min(move.c.lot_id).label("lot"),
            func.min(Lot.number).label("name"), func.count().label("count"),
        )
        .select_from(rows.join(Lot, Lot.id == move.c.lot_id))
        .where(is_shipped, move.c.demand_id.is_(None))
        .group_by(move.c.posting_seq).order_by(move.c.posting_seq)
    )  # fmt: skip


def _shipped_without_source(warehouse: WarehouseId) -> Any:
    """Lots of which something left, and nobody knows where they came from."""
    rows, is_shipped = _shipped(warehouse)
    left = select(reads.move.c.lot_id).select_from(rows).where(is_shipped).distinct().subquery("left_here")
    lots = aliased(Lot)
    return (
        select(literal("lot").label("subject"), lots.id, lots.id.label("lot"), Item.sku, lots.number.label("name"))
        .select_from(left).join(lots, lots.id == left.c.lot_id).join(Item, Item.id == lots.item_id)
        .where(~has_source(lots.id))
        .order_by(lots.id)
    )  # fmt: skip


FINDERS: Final[Mapping[GapKind, Finder]] = {
    GapKind.RECEIPT_WITHOUT_PAPER: _receipts_without_paper,
    GapKind.LOT_WITHOUT_MAKER_LOT: _lots_without_maker_lot,
    GapKind.LOT_WITHOUT_DATE: _lots_without_date,
    GapKind.LOT_TWICE: _lots_twice,
    GapKind.LOT_NEARLY_TWICE: _lots_nearly_twice,
    GapKind.STOCK_WITHOUT_SOURCE: _stock_without_source,
    GapKind.PLATE_IN_TWO_BINS: _plates_in_two_bins,
    GapKind.UNIT_WITHOUT_PLACE: _units_without_place,
    GapKind.CONSUMPTION_DIFFERS: _consumption_differs,
    GapKind.OUTPUT_WITHOUT_INPUT: _outputs_without_input,
    GapKind.INPUT_WITHOUT_SOURCE: _inputs_without_source,
    GapKind.SHIPPED_WITHOUT_DEMAND: _shipped_without_demand,
    GapKind.SHIPPED_WITHOUT_SOURCE: _shipped_without_source,
}
