"""How lots arrived: what a release asks about their temperature."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection

from sqlalchemy import select

from wms.core.ids import LotId, WarehouseId
from wms.db import db
from wms.receiving.models import Receipt, ReceiptLine


def temperatures_of(lots: Collection[LotId], warehouse: WarehouseId) -> dict[LotId, list[int | None]]:
    """For each lot, of every receipt of it here that stands, tenths of a degree as read at the door; None: nobody read."""
    statement = (
        select(ReceiptLine.lot_id, Receipt.id, Receipt.arrival_temperature_decidegrees)
        .join(Receipt, Receipt.id == ReceiptLine.receipt_id)
        .where(
            ReceiptLine.lot_id.in_(lots), Receipt.warehouse_id == warehouse, ReceiptLine.reversed_at.is_(None)
        )
        .distinct()
        .order_by(Receipt.id)
    )  # fmt: skip
    found: dict[LotId, list[int | None]] = defaultdict(list)
    for row in db.session.execute(statement):
        found[row.lot_id].append(row.arrival_temperature_decidegrees)
    return found
