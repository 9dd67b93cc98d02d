"""What quality asks of floors above it: which lots came by a receipt, what a plate is packed for, what a retest found."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, or_, select

from wms.core.clock import day_begins
from wms.core.ids import LotId, LpnId, WarehouseId
from wms.db import db
from wms.inspection import queries as inspections
from wms.inspection.models import Stage, Verdict
from wms.picking.models import PickList
from wms.quality.retest import Finding
from wms.quality.rules.criteria import Criteria
from wms.receiving.models import Asn, Receipt, ReceiptLine
from wms.shipping.models import Shipment, ShipmentState
from wms.sites.models import Warehouse
from wms.stock import queries as stock
from wms.stock.models import Capture


def lots_received(asked: Criteria, warehouse: WarehouseId | None) -> Select[Any]:
    """The lots of which one receipt is as asked: supplier, day (the warehouse's own), paper, how it was captured."""
    statement = select(ReceiptLine.lot_id).join(Receipt, Receipt.id == ReceiptLine.receipt_id)
    if warehouse is not None:
        statement = statement.where(Receipt.warehouse_id == warehouse)
    if asked.supplier is not None:
        statement = statement.where(Receipt.supplier_id == asked.supplier)
    if asked.received_from or asked.received_until:
        statement = statement.where(_received_within(asked.received_from, asked.received_until))
    if asked.receipt_number:
        statement = statement.where(Receipt.number == asked.receipt_number)
    if asked.delivery_note:
        statement = statement.where(Receipt.delivery_note == asked.delivery_note)
    if asked.asn_number:
        statement = statement.join(Asn, Asn.id == Receipt.asn_id).where(Asn.number == asked.asn_number)
    if asked.captured_by:
        statement = statement.where(ReceiptLine.capture == Capture(asked.captured_by))
    return statement


def _received_within(first: date | None, last: date | None) -> ColumnElement[bool]:
    """Received on these days as each warehouse counts them."""
    ways: list[ColumnElement[bool]] = []
    for site in db.session.execute(select(Warehouse.id, Warehouse.timezone)):
        span: list[ColumnElement[bool]] = [Receipt.warehouse_id == site.id]
        if first is not None:
            span.append(ReceiptLine.received_at >= day_begins(first, site.timezone))
        if last is not None:
            span.append(ReceiptLine.received_at < day_begins(last + timedelta(days=1), site.timezone))
        ways.append(and_(*span))
    return or_(*ways)


def open_shipments_of(plates: Collection[LpnId]) -> Mapping[LpnId, str]:
    """The number of the open shipment that each of these plates is packed for."""
    rows = db.session.execute(
        select(PickList.lpn_id, Shipment.number)
        .join(Shipment, Shipment.order_id == PickList.order_id)
        .where(
            PickList.lpn_id.in_(sorted(plates)), Shipment.state.in_((ShipmentState.OPEN, ShipmentState.LOADING))
        )
    )  # fmt: skip
    return {row.lpn_id: row.number for row in rows}


def retests_of(lot: LotId) -> Sequence[Finding]:
    """The retests of a lot, the newest first, with those of its goods under another number."""
    rows = list(inspections.inspections_of(lot))
    for origin, until in stock.origins_of([lot]).get(lot, {}).items():
        rows += [row for row in inspections.inspections_of(origin) if row.opened_at <= until]
    return [
        Finding(
            number=row.number, closed_on=row.closed_at.date() if row.closed_at else None,
            is_passed=row.verdict is Verdict.ACCEPTED,
        )
        for row in sorted(rows, key=lambda row: row.id, reverse=True)
        if row.stage is Stage.RETEST
    ]  # fmt: skip
