"""What left of lots, by shipment: for whoever must know to whom an error went."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import exists, func, select

from wms.catalog.models import Partner
from wms.core.ids import LotId
from wms.core.quantity import Quantity
from wms.db import db
from wms.picking.models import Order
from wms.production.beyond import Delivery
from wms.quality.laying import parts_of
from wms.shipping.models import Shipment
from wms.sites.models import Bin, BinKind
from wms.stock.ledger import reads as ledger


def deliveries_of_lots(lots: Collection[LotId]) -> list[Delivery]:
    """So much of each lot in each shipment that took some away, the newest first; what was taken back is left out."""
    found: list[Delivery] = []
    for part in parts_of(sorted(lots)):
        found += _deliveries(part)
    return sorted(found, key=lambda one: (-one.shipment, one.lot))


def _deliveries(lots: Collection[LotId]) -> list[Delivery]:
    m, p, back = ledger.move.c, ledger.posting.c, ledger.posting.alias("back")
    undone = exists().where(back.c.reverses_seq == p.seq)
    rows = db.session.execute(
        select(
            m.lot_id, Shipment.id.label("shipment"), Shipment.number, Shipment.warehouse_id, Shipment.shipped_at,
            Order.id.label("order"), Order.number.label("order_number"), Partner.name_en, Partner.name_zh,
            func.sum(m.quantity).label("quantity"),
        )
        .select_from(ledger.move)
        .join(ledger.posting, p.seq == m.posting_seq)
        .join(Bin, Bin.id == m.target_bin_id)
        .join(Shipment, Shipment.id == p.document_id)
        .join(Order, Order.id == Shipment.order_id)
        .join(Partner, Partner.id == Order.customer_id)
        .where(
            m.lot_id.in_(lots), p.document_kind == "shipment", Bin.kind == BinKind.CUSTOMER, p.reverses_seq.is_(None),
            ~undone,
        )
        .group_by(
            m.lot_id, Shipment.id, Shipment.number, Shipment.warehouse_id, Shipment.shipped_at, Order.id, Order.number,
            Partner.name_en, Partner.name_zh,
        )
    )  # fmt: skip
    return [
        Delivery(
            lot=row.lot_id, shipment=row.shipment, number=row.number, warehouse=row.warehouse_id,
            shipped_at=row.shipped_at, order=row.order, order_number=row.order_number, customer_en=row.name_en,
            customer_zh=row.name_zh,
            quantity=row.quantity if isinstance(row.quantity, Quantity) else Quantity(int(row.quantity)),
        )
        for row in rows
    ]  # fmt: skip
