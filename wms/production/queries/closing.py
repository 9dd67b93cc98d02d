"""Reads of the check that closes a work order: what was used, what stands, what nobody knows the origin of."""

from __future__ import annotations

from sqlalchemy import exists, select

from wms.catalog.models import Item
from wms.core.quantity import ZERO
from wms.db import db
from wms.production.models import (
    InputSource,
    ProductionReport,
    ProductionRule,
    ReportInput,
    ReportOutput,
    WorkOrder,
    WorkOrderState,
)
from wms.production.queries.corrections import open_correction
from wms.production.queries.issues import balance_of_order, lots_at_line
from wms.production.queries.orders import ORDER, bindings_of
from wms.production.rules.closing import Difference, LeftOver, Used, differences
from wms.stock import queries as stock
from wms.stock import sources
from wms.stock.models import Lot, LotLink, LotPeg
from wms.tasks.models import Task, TaskState


def differences_of(order: WorkOrder) -> list[Difference]:
    """List what does not agree of an order now (rules/closing.py)."""
    tolerances = _tolerances(order)
    used = [
        Used(
            sku=b.sku, unit=b.unit, issued=b.issued, returned=b.returned, consumed=b.consumed, scrapped=b.scrapped,
            backflushed=b.backflushed, is_backflushed=b.is_backflushed, tolerance_percent=tolerances.get(b.item, 0),
        )
        for b in balance_of_order(order.id)
    ]  # fmt: skip
    return differences(
        used, _left_over(order), without_input=outputs_without_input(order), without_source=inputs_without_source(order)
    )


def _tolerances(order: WorkOrder) -> dict[int, int]:
    items = {c.item_id for c in order.components}
    rows = db.session.execute(
        select(ProductionRule.item_id, ProductionRule.tolerance_percent).where(ProductionRule.item_id.in_(items))
    )
    return {row.item_id: row.tolerance_percent for row in rows}


def _left_over(order: WorkOrder) -> list[LeftOver]:
    """What of the order's goods stands at the line: by its papers, and no more than really is in the line's bin."""
    flushed = {c.id for c in order.components if c.is_backflushed}
    papers = [one for one in lots_at_line(order.id) if one.at_line > ZERO and one.component not in flushed]
    standing = stock.find_balances(
        lots={one.lot for one in papers}, bin=order.line.bin_id, warehouse=order.warehouse_id
    ) if papers else []  # fmt: skip
    left = []
    for one in papers:
        there = sum((row.on_hand for row in standing if row.lot == one.lot), ZERO)
        if there > ZERO:
            left.append(LeftOver(sku=one.sku, lot=one.number, unit=one.unit, quantity=min(one.at_line, there)))
    return left


def outputs_without_input(order: WorkOrder) -> list[tuple[str, str]]:
    """Outputs of the order's reports that no link of a source leads to, as sku and lot number."""
    linked = exists().where(LotLink.target_lot_id == ReportOutput.lot_id, LotLink.voided_seq.is_(None))
    rows = db.session.execute(
        select(Item.sku, Lot.number)
        .select_from(ReportOutput)
        .join(ProductionReport, ProductionReport.id == ReportOutput.report_id)
        .join(Lot, Lot.id == ReportOutput.lot_id).join(Item, Item.id == Lot.item_id)
        .where(ProductionReport.work_order_id == order.id, ProductionReport.reversed_at.is_(None), ~linked)
        .distinct().order_by(Item.sku, Lot.number)
    )  # fmt: skip
    return [(row.sku, row.number) for row in rows]


def inputs_without_source(order: WorkOrder) -> list[tuple[str, str]]:
    """Inputs of the order's reports whose lot has no origin in the books, as sku and lot number."""
    rows = db.session.execute(
        select(Item.sku, Lot.number)
        .select_from(ReportInput)
        .join(ProductionReport, ProductionReport.id == ReportInput.report_id)
        .join(Lot, Lot.id == ReportInput.lot_id).join(Item, Item.id == Lot.item_id)
        .where(
            ProductionReport.work_order_id == order.id, ProductionReport.reversed_at.is_(None),
            ReportInput.source != InputSource.SCRAP, ~sources.has_source(ReportInput.lot_id),
        )
        .distinct().order_by(Item.sku, Lot.number)
    )  # fmt: skip
    return [(row.sku, row.number) for row in rows]


def is_untouched(order: WorkOrder) -> bool:
    """Say whether nothing of an order was used, made or kept for its demand, and all that was issued came back: there is nothing to close."""
    if order.state in (WorkOrderState.CLOSED, WorkOrderState.CANCELLED) or open_correction(order.id) is not None:
        return False
    moved = any(b.issued != b.returned or b.used > ZERO or b.scrapped > ZERO for b in balance_of_order(order.id))
    reported = select(ProductionReport.id).where(
        ProductionReport.work_order_id == order.id, ProductionReport.reversed_at.is_(None)
    )
    kept = select(LotPeg.id).where(
        LotPeg.document_kind == ORDER, LotPeg.document_id == order.id, LotPeg.freed_at.is_(None)
    )
    return not moved and not any(db.session.execute(one.limit(1)).first() for one in (reported, kept))


def open_work_of(order: WorkOrder) -> tuple[int, int]:
    """How many tasks of the order nobody has finished, and how many bindings still lie on goods in the store."""
    tasks = db.session.execute(
        select(Task.id).where(
            Task.document_kind == ORDER, Task.document_id == order.id,
            Task.state.in_((TaskState.OPEN, TaskState.TAKEN)),
        )
    ).all()  # fmt: skip
    return len(tasks), len(bindings_of(order))
