"""A paper with all that its page shows: its lines, what came of it, where the two differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select

from wms.accounts.models import User
from wms.core.ids import AsnId, PurchaseOrderId, ReceiptId, WarehouseId
from wms.db import db
from wms.receiving.models import Asn, PurchaseOrder, Receipt, ReceiptLine
from wms.receiving.queries import lines, papers
from wms.receiving.rules.differences import Difference
from wms.sites.models import Bin


@dataclass(frozen=True, kw_only=True)
class WholeAsn:
    """An ASN, its lines, its receipts, and once there are some, where they differ from it."""

    asn: Asn
    lines: Sequence[lines.LineRow]
    receipts: Sequence[Receipt]
    differences: Sequence[Difference]


@dataclass(frozen=True, kw_only=True)
class WholeOrder:
    """A purchase order, its lines, its receipts."""

    order: PurchaseOrder
    lines: Sequence[lines.LineRow]
    receipts: Sequence[Receipt]


@dataclass(frozen=True, kw_only=True)
class WholeReceipt:
    """A receipt with its dock, its people, how many lines it has, and where it differs from its paper."""

    receipt: Receipt
    dock_bin_code: str
    opened_by: str
    accepted_by: str | None
    line_count: int
    differences: Sequence[Difference]


def whole_asn(asn: AsnId, *, warehouse: WarehouseId) -> WholeAsn:
    """Give an ASN of this warehouse with all of its page; NotFound otherwise."""
    found = papers.get_asn(asn, warehouse=warehouse)
    receipts = lines.receipts_of(asn=found.id)
    differences = [d for d in lines.differences_of_asn(found.id) if d.kind != "same"] if receipts else []
    return WholeAsn(asn=found, lines=lines.asn_lines(found.id), receipts=receipts, differences=differences)


def whole_order(order: PurchaseOrderId, *, warehouse: WarehouseId) -> WholeOrder:
    """Give a purchase order of this warehouse with all of its page; NotFound otherwise."""
    found = papers.get_purchase_order(order, warehouse=warehouse)
    return WholeOrder(
        order=found, lines=lines.order_lines(found.id), receipts=lines.receipts_of(purchase_order=found.id)
    )


def whole_receipt(receipt: ReceiptId, *, warehouse: WarehouseId) -> WholeReceipt:
    """Give a receipt of this warehouse with all of its page but the lines; NotFound otherwise."""
    found = papers.get_receipt(receipt, warehouse=warehouse)
    people = {found.opened_by, found.accepted_by} - {None}
    found_people = db.session.execute(select(User.id, User.full_name).where(User.id.in_(people)))
    names = {row.id: row.full_name for row in found_people}
    return WholeReceipt(
        receipt=found,
        dock_bin_code=db.session.execute(select(Bin.code).where(Bin.id == found.dock_bin_id)).scalar_one(),
        opened_by=names[found.opened_by],
        accepted_by=names.get(found.accepted_by) if found.accepted_by else None,
        line_count=db.session.execute(select(func.count()).where(ReceiptLine.receipt_id == found.id)).scalar_one(),
        differences=lines.differences_of_receipt(found),
    )
