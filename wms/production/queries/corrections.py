"""Reads of corrections of closed orders: what was asked, who opened the order again, what the closing before it said."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from wms.core.errors import NotFound
from wms.core.ids import ProductionReportId, WarehouseId, WorkOrderId
from wms.db import db
from wms.production.models import ProductionReport, WorkOrder, WorkOrderCorrection

#: The subject of the signature that opens an order again.
CORRECTION = "work_order_correction"


def open_correction(order: WorkOrderId) -> WorkOrderCorrection | None:
    """Give the correction of an order that no closing has ended, asked for or opened; read anew."""
    return db.session.execute(
        select(WorkOrderCorrection)
        .where(WorkOrderCorrection.work_order_id == order, WorkOrderCorrection.closed_at.is_(None))
        .options(joinedload(WorkOrderCorrection.report))
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()


def find_by_key(key: str) -> WorkOrderCorrection | None:
    """Give the correction that was asked for under a key, or None."""
    return db.session.execute(select(WorkOrderCorrection).where(WorkOrderCorrection.key == key)).scalar_one_or_none()


def get_correction(correction: int, *, warehouse: WarehouseId) -> WorkOrderCorrection:
    """Give a correction of this warehouse; NotFound otherwise."""
    found = db.session.execute(
        select(WorkOrderCorrection)
        .join(WorkOrder, WorkOrder.id == WorkOrderCorrection.work_order_id)
        .where(WorkOrderCorrection.id == correction, WorkOrder.warehouse_id == warehouse)
        .options(joinedload(WorkOrderCorrection.report))
    ).scalar_one_or_none()
    if found is None:
        raise NotFound(kind=CORRECTION, text=str(correction))
    return found


def asked_of(report: ProductionReportId) -> WorkOrderCorrection | None:
    """Give the correction that the order of a report waits for or is open by, whichever of its reports it names."""
    order = select(ProductionReport.work_order_id).where(ProductionReport.id == report).scalar_subquery()
    return db.session.execute(
        select(WorkOrderCorrection)
        .where(WorkOrderCorrection.work_order_id == order, WorkOrderCorrection.closed_at.is_(None))
        .options(joinedload(WorkOrderCorrection.report))
    ).scalar_one_or_none()


def corrections_of(order: WorkOrderId) -> list[WorkOrderCorrection]:
    """List the corrections of an order, the newest first."""
    statement = select(WorkOrderCorrection).where(WorkOrderCorrection.work_order_id == order)
    rows = db.session.execute(
        statement.options(joinedload(WorkOrderCorrection.report)).order_by(WorkOrderCorrection.id.desc())
    )
    return list(rows.scalars())
