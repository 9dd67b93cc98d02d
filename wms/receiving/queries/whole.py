"""A paper with all that its page shows: its lines, what came of it, where the two differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from wms.accounts.models import User
from wms.catalog.models import Item
from wms.core.ids import AsnId, PurchaseOrderId, ReceiptId, WarehouseId
from wms.db import db
from wms.receiving.models import Asn, AsnLine, PurchaseOrder, Receipt, ReceiptLine, ReceiptPlate, Refusal
from wms.receiving.queries import checks, intake, lines, papers, refusals
from wms.receiving.queries.checks import CheckView, NotedDifference
from wms.receiving.rules.conditions import is_outside
from wms.receiving.rules.differences import Difference
from wms.receiving.rules.tree import Node
from wms.sites.models import Bin


@dataclass(frozen=True, kw_only=True)
class WholeAsn:
    """An ASN, its lines, its receipts, and once there are some, where they differ from it."""

    asn: Asn
    lines: Sequence[lines.LineRow]
    receipts: Sequence[Receipt]
    differences: Sequence[Difference]
    plates: Sequence[Node] = ()


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
    closed_by: str | None = None
    finished_by: str | None = None
    checks: Sequence[CheckView] = ()
    noted: Sequence[NotedDifference] = ()
    plates: Sequence[ReceiptPlate] = ()
    refusals: Sequence[Refusal] = ()
    #: Storage classes of goods on it or its notice for which the truck was too warm or too cold.
    out_of_range: Sequence[str] = ()


def whole_asn(asn: AsnId, *, warehouse: WarehouseId) -> WholeAsn:
    """Give an ASN of this warehouse with all of its page; NotFound otherwise."""
    found = papers.get_asn(asn, warehouse=warehouse)
    receipts = lines.receipts_of(asn=found.id)
    differences = [d for d in lines.differences_of_asn(found.id) if d.kind != "same"] if receipts else []
    return WholeAsn(
        asn=found, lines=lines.asn_lines(found.id), receipts=receipts, differences=differences,
        plates=intake.nodes_of_asn(found.id),
    )  # fmt: skip


def whole_order(order: PurchaseOrderId, *, warehouse: WarehouseId) -> WholeOrder:
    """Give a purchase order of this warehouse with all of its page; NotFound otherwise."""
    found = papers.get_purchase_order(order, warehouse=warehouse)
    return WholeOrder(
        order=found, lines=lines.order_lines(found.id), receipts=lines.receipts_of(purchase_order=found.id)
    )


def whole_receipt(receipt: ReceiptId, *, warehouse: WarehouseId) -> WholeReceipt:
    """Give a receipt of this warehouse with all of its page but the lines; NotFound otherwise."""
    found = papers.get_receipt(receipt, warehouse=warehouse)
    people = {found.opened_by, found.accepted_by, found.closed_by, found.finished_by} - {None}
    found_people = db.session.execute(select(User.id, User.full_name).where(User.id.in_(people)))
    names = {row.id: row.full_name for row in found_people}
    return WholeReceipt(
        receipt=found,
        dock_bin_code=db.session.execute(select(Bin.code).where(Bin.id == found.dock_bin_id)).scalar_one(),
        opened_by=names[found.opened_by],
        accepted_by=names.get(found.accepted_by) if found.accepted_by else None,
        closed_by=names.get(found.closed_by) if found.closed_by else None,
        finished_by=names.get(found.finished_by) if found.finished_by else None,
        line_count=db.session.execute(
            select(func.count()).where(ReceiptLine.receipt_id == found.id, lines.STANDS)
        ).scalar_one(),
        differences=lines.differences_of_receipt(found),
        checks=checks.views_of_receipt(found),
        noted=checks.noted_differences(found.id),
        plates=plates_of(found) if found.is_provisional else (),
        refusals=refusals.refusals_of(found.id),
        out_of_range=_out_of_range(found),
    )


def plates_of(receipt: Receipt) -> list[ReceiptPlate]:
    """The plates that were noted on a provisional receipt and not dropped."""
    statement = (
        select(ReceiptPlate)
        .where(ReceiptPlate.receipt_id == receipt.id, ReceiptPlate.dropped_at.is_(None))
        .options(joinedload(ReceiptPlate.lpn))
        .order_by(ReceiptPlate.id)
    )
    return list(db.session.execute(statement).scalars())


def _out_of_range(receipt: Receipt) -> list[str]:
    degrees = receipt.arrival_temperature_decidegrees
    if degrees is None:
        return []
    came = select(Item.storage_class).join(ReceiptLine, ReceiptLine.item_id == Item.id)
    classes = set(
        db.session.execute(came.where(ReceiptLine.receipt_id == receipt.id, lines.STANDS).distinct()).scalars()
    )
    if receipt.asn_id is not None:
        said = select(Item.storage_class).join(AsnLine, AsnLine.item_id == Item.id)
        classes |= set(db.session.execute(said.where(AsnLine.asn_id == receipt.asn_id).distinct()).scalars())
    return sorted(one.value for one in classes if is_outside(one.value, degrees))


def standing_lines(receipt: ReceiptId) -> list[ReceiptLine]:
    """The lines of a receipt that were not taken back, with item and lot, in the order they came."""
    statement = (
        select(ReceiptLine)
        .where(ReceiptLine.receipt_id == receipt, lines.STANDS)
        .options(joinedload(ReceiptLine.item), joinedload(ReceiptLine.lot))
        .order_by(ReceiptLine.id)
    )
    return list(db.session.execute(statement).scalars())


def signed_record(receipt: ReceiptId) -> dict[str, Any]:
    """What stands under the signature of an acceptance: the truck and every line."""
    found = db.session.get_one(Receipt, receipt)
    return {
        "number": found.number, "warehouse_id": found.warehouse_id, "supplier_id": found.supplier_id,
        "delivery_note": found.delivery_note, "plate": found.plate, "driver": found.driver, "seal": found.seal,
        "seal_is_intact": found.seal_is_intact, "carrier": found.carrier,
        "arrival_temperature_decidegrees": found.arrival_temperature_decidegrees,
        "departure_temperature_decidegrees": found.departure_temperature_decidegrees,
        "opened_by": found.opened_by, "accepted_by": found.accepted_by,
        "lines": [
            {
                "id": line.id, "sku": line.item.sku, "lot": line.lot.number, "quantity": line.quantity,
                "received_by": line.received_by, "received_at": line.received_at,
            }
            for line in standing_lines(receipt)
        ],
    }  # fmt: skip
