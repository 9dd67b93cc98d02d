"""The rows of papers as they are now, locked for this transaction. The order: receipt, then ASN, then purchase order."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from wms.core.errors import NotFound
from wms.core.ids import AsnId, PurchaseOrderId, ReceiptId, WarehouseId
from wms.db import db
from wms.receiving.models import Asn, PurchaseOrder, Receipt


def lock_receipt(receipt: ReceiptId, *, warehouse: WarehouseId | None = None) -> Receipt:
    """Give the receipt as it is now, locked for this transaction."""
    return _lock(Receipt, receipt, warehouse, kind="receipt")


def lock_asn(asn: AsnId, *, warehouse: WarehouseId | None = None) -> Asn:
    """Give the ASN as it is now, locked for this transaction."""
    return _lock(Asn, asn, warehouse, kind="asn")


def lock_order(order: PurchaseOrderId, *, warehouse: WarehouseId | None = None) -> PurchaseOrder:
    """Give the purchase order as it is now, locked for this transaction."""
    return _lock(PurchaseOrder, order, warehouse, kind="purchase_order")


def _lock(model: Any, identity: int, warehouse: WarehouseId | None, *, kind: str) -> Any:
    statement = select(model).where(model.id == identity).with_for_update(of=model)
    if warehouse is not None:
        statement = statement.where(model.warehouse_id == warehouse)
    found = db.session.execute(statement.execution_options(populate_existing=True)).scalar_one_or_none()
    if found is None:
        raise NotFound(kind=kind, text=str(identity))
    return found
