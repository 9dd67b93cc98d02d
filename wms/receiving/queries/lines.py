"""Reads of lines: what was announced, what came of it, and where the two differ."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Select, and_, case, column, func, select, table
from sqlalchemy.orm import joinedload

from wms.accounts.models import User
from wms.catalog.models import Item, Partner, SupplierRule
from wms.core.errors import NotFound
from wms.core.ids import AsnId, ItemId, PurchaseOrderId, PurchaseOrderLineId, ReceiptId, ReceiptLineId
from wms.core.quantity import ZERO, Quantity
from wms.db import db
from wms.db.paging import Page, SortKey, after, page_of
from wms.files.models import StoredFile
from wms.receiving.models import Asn, AsnLine, PurchaseOrder, PurchaseOrderLine, Receipt, ReceiptLine
from wms.receiving.rules.differences import Amount, Difference, compare
from wms.receiving.rules.intake import ExpectedLine
from wms.stock.models import Lot

#: What a photo of received goods is attached to.
PHOTO_OF = "receipt_line"
#: A line that was taken back counts no more.
STANDS: Final[Any] = ReceiptLine.reversed_at.is_(None)
#: So much less than the line says still counts as all of it.
_UNDER: Final[Any] = func.coalesce(
    SupplierRule.under_receipt_percent, Partner.under_receipt_percent, Item.under_receipt_percent
)
#: Read here, written by the ledger alone.
_POSTING = table("stock_posting", column("seq"), column("key"))


def expected_of_asn(asn: AsnId) -> list[ExpectedLine]:
    """The lines of an ASN with what came of each, for the rules."""
    received = func.coalesce(func.sum(ReceiptLine.quantity), 0)
    statement = (
        _with_tolerance(select(AsnLine, Item.sku, received, _UNDER), AsnLine, Asn, AsnLine.asn_id)
        .outerjoin(ReceiptLine, and_(ReceiptLine.asn_line_id == AsnLine.id, STANDS))
        .where(AsnLine.asn_id == asn)
        .group_by(AsnLine.id, Item.sku, _UNDER)
        .order_by(AsnLine.line)
    )
    return [
        ExpectedLine(
            line_id=line.id, sku=sku, quantity=line.quantity, received=_quantity(came), lot_number=line.lot_number,
            expires_on=line.expires_on, under_percent=under,
        )
        for line, sku, came, under in db.session.execute(statement)
    ]  # fmt: skip


def expected_of_order(order: PurchaseOrderId) -> list[ExpectedLine]:
    """The lines of a purchase order with what came of each, by whatever receipt, for the rules."""
    received = func.coalesce(func.sum(ReceiptLine.quantity), 0)
    paper = PurchaseOrderLine.purchase_order_id
    statement = (
        _with_tolerance(select(PurchaseOrderLine, Item.sku, received, _UNDER), PurchaseOrderLine, PurchaseOrder, paper)
        .outerjoin(ReceiptLine, and_(ReceiptLine.purchase_order_line_id == PurchaseOrderLine.id, STANDS))
        .where(paper == order)
        .group_by(PurchaseOrderLine.id, Item.sku, _UNDER)
        .order_by(PurchaseOrderLine.line)
    )
    return [
        ExpectedLine(line_id=line.id, sku=sku, quantity=line.quantity, received=_quantity(came), under_percent=under)
        for line, sku, came, under in db.session.execute(statement)
    ]


def _with_tolerance(statement: Select[Any], line: Any, paper: Any, paper_id: Any) -> Select[Any]:
    """Join what the tolerance of a line is read from: its item, its supplier, the rule of the two."""
    return (
        statement.join(Item, Item.id == line.item_id)
        .join(paper, paper.id == paper_id)
        .join(Partner, Partner.id == paper.supplier_id)
        .outerjoin(
            SupplierRule, and_(SupplierRule.supplier_id == paper.supplier_id, SupplierRule.item_id == line.item_id)
        )
    )


@dataclass(frozen=True, kw_only=True)
class LineRow:
    """A line of an ASN or purchase order for a page, with what came of it."""

    id: int
    line: int
    sku: str
    name_en: str
    name_zh: str
    unit: str
    quantity: Quantity
    received: Quantity
    lot_number: str = ""
    expires_on: date | None = None
    manufactured_on: date | None = None
    sscc: str = ""
    arrived_at: datetime | None = None

    @property
    def remaining(self) -> Quantity:
        """What was announced or ordered and did not come."""
        return self.quantity - self.received if self.received < self.quantity else ZERO


def asn_lines(asn: AsnId) -> list[LineRow]:
    """The lines of an ASN for a page."""
    return [
        LineRow(
            **_item_part(line, item, came), lot_number=line.lot_number, expires_on=line.expires_on,
            manufactured_on=line.manufactured_on, sscc=line.sscc or "", arrived_at=line.arrived_at,
        )
        for line, item, came in db.session.execute(_lines_of(AsnLine, AsnLine.asn_id == asn, ReceiptLine.asn_line_id))
    ]  # fmt: skip


def order_lines(order: PurchaseOrderId) -> list[LineRow]:
    """The lines of a purchase order for a page."""
    lines = _lines_of(
        PurchaseOrderLine, PurchaseOrderLine.purchase_order_id == order, ReceiptLine.purchase_order_line_id
    )
    return [LineRow(**_item_part(line, item, came)) for line, item, came in db.session.execute(lines)]


def _lines_of(model: Any, of_paper: Any, tie: Any) -> Select[Any]:
    came = select(func.sum(ReceiptLine.quantity)).where(tie == model.id, STANDS).scalar_subquery()
    return select(model, Item, came).join(Item, Item.id == model.item_id).where(of_paper).order_by(model.line)


def _item_part(line: Any, item: Item, came: Any) -> dict[str, Any]:
    return {
        "id": line.id, "line": line.line, "sku": item.sku, "name_en": item.name_en, "name_zh": item.name_zh,
        "unit": item.base_unit, "quantity": line.quantity, "received": _quantity(came),
    }  # fmt: skip


def receipt_lines(receipt: ReceiptId) -> list[ReceiptLine]:
    """The lines of a receipt with item, lot, LPN, newest first."""
    statement = (
        select(ReceiptLine)
        .where(ReceiptLine.receipt_id == receipt)
        .options(joinedload(ReceiptLine.item), joinedload(ReceiptLine.lot), joinedload(ReceiptLine.lpn))
        .order_by(ReceiptLine.received_at.desc(), ReceiptLine.id.desc())
    )
    return list(db.session.execute(statement).scalars())


@dataclass(frozen=True, kw_only=True)
class CameLine:
    """A receipt line with the name of who took it in."""

    line: ReceiptLine
    received_by: str


def page_of_receipt_lines(receipt: ReceiptId, *, cursor: str | None, size: int) -> Page[CameLine]:
    """One page of a receipt's lines with item, lot, LPN, newest first."""
    # An id grows with the time of its making, so it sorts as `received_at` does.
    keys = [SortKey(ReceiptLine.id.expression, descending=True)]
    statement = after(_came().where(ReceiptLine.receipt_id == receipt), keys, cursor, size=size)
    rows = [CameLine(line=line, received_by=name) for line, name in db.session.execute(statement)]
    return page_of(rows, size=size, values=lambda row: (row.line.id,))


def lines_of_key(key: str) -> list[CameLine]:
    """The lines that a posting of this key made, in the order they were made."""
    statement = _came().join(_POSTING, _POSTING.c.seq == ReceiptLine.posting_seq).where(_POSTING.c.key == key)
    found = db.session.execute(statement.order_by(ReceiptLine.id))
    return [CameLine(line=line, received_by=name) for line, name in found]


def _came() -> Any:
    return (
        select(ReceiptLine, User.full_name)
        .join(User, User.id == ReceiptLine.received_by)
        .options(joinedload(ReceiptLine.item), joinedload(ReceiptLine.lot), joinedload(ReceiptLine.lpn))
    )


def page_of_photos(receipt: ReceiptId, *, cursor: str | None, size: int) -> Page[StoredFile]:
    """One page of the photos of a receipt's lines, oldest first."""
    statement = select(StoredFile).where(
        StoredFile.subject_kind == PHOTO_OF, StoredFile.subject_id.in_(_line_ids(receipt))
    )
    found = db.session.execute(after(statement, [SortKey(StoredFile.id.expression)], cursor, size=size))
    return page_of(found.scalars().all(), size=size, values=lambda file: (file.id,))


def is_photo_of(file: StoredFile, receipt: ReceiptId) -> bool:
    """Say whether a file is a photo of one of the receipt's lines."""
    line = select(ReceiptLine.id).where(ReceiptLine.id == file.subject_id, ReceiptLine.receipt_id == receipt)
    return file.subject_kind == PHOTO_OF and db.session.execute(line).first() is not None


def receipt_of_line(line: ReceiptLineId) -> ReceiptId:
    """Say to which receipt a line belongs; NotFound otherwise."""
    found = db.session.execute(select(ReceiptLine.receipt_id).where(ReceiptLine.id == line)).scalar_one_or_none()
    if found is None:
        raise NotFound(kind="receipt_line", text=str(line))
    return ReceiptId(found)


def _line_ids(receipt: ReceiptId) -> Select[Any]:
    return select(ReceiptLine.id).where(ReceiptLine.receipt_id == receipt)


def receipts_of(*, asn: AsnId | None = None, purchase_order: PurchaseOrderId | None = None) -> list[Receipt]:
    """The receipts opened against a paper, oldest first."""
    test = Receipt.asn_id == asn if asn is not None else Receipt.purchase_order_id == purchase_order
    return list(db.session.execute(select(Receipt).where(test).order_by(Receipt.id)).scalars())


def differences_of_asn(asn: AsnId) -> list[Difference]:
    """What came against what the ASN announced, lot by lot."""
    said = _with_tolerance(select(Item.sku, AsnLine.lot_number, AsnLine.quantity, _UNDER), AsnLine, Asn, AsnLine.asn_id)
    came = (
        select(Item.sku, Lot.number, func.sum(ReceiptLine.quantity))
        .join(Receipt, Receipt.id == ReceiptLine.receipt_id)
        .join(Item, Item.id == ReceiptLine.item_id)
        .join(Lot, Lot.id == ReceiptLine.lot_id)
        .where(Receipt.asn_id == asn, STANDS)
        .group_by(Item.sku, Lot.number)
    )
    return compare(_amounts(said.where(AsnLine.asn_id == asn)), _amounts(came))


def differences_of_receipt(receipt: Receipt) -> list[Difference]:
    """Where what came differs from the paper behind a receipt; a blind one has nothing to differ from."""
    if receipt.asn_id is not None:
        found = differences_of_asn(receipt.asn_id)
    else:
        found = differences_of_order(receipt.purchase_order_id) if receipt.purchase_order_id is not None else []
    return [row for row in found if row.kind != "same"]


def differences_of_order(order: PurchaseOrderId) -> list[Difference]:
    """What came against what was ordered, item by item."""
    paper = PurchaseOrderLine.purchase_order_id
    said = _with_tolerance(
        select(Item.sku, func.min(""), func.sum(PurchaseOrderLine.quantity), func.min(_UNDER)), PurchaseOrderLine,
        PurchaseOrder, paper,
    )  # fmt: skip
    came = (
        select(Item.sku, func.min(""), func.sum(ReceiptLine.quantity))
        .join(Receipt, Receipt.id == ReceiptLine.receipt_id)
        .join(Item, Item.id == ReceiptLine.item_id)
        .where(Receipt.purchase_order_id == order, STANDS)
        .group_by(Item.sku)
    )
    return compare(_amounts(said.where(paper == order).group_by(Item.sku)), _amounts(came))


def _amounts(statement: Any) -> list[Amount]:
    return [
        Amount(
            sku=row[0], lot_number=row[1], quantity=_quantity(row[2]), under_percent=int(row[3]) if len(row) > 3 else 0
        )
        for row in db.session.execute(statement)
    ]


def _quantity(value: Any) -> Quantity:
    """A sum as the engine gives it: Quantity, integer, Decimal (PostgreSQL) or nothing."""
    return value if isinstance(value, Quantity) else Quantity(int(value or 0))


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far a receipt is."""

    line_count: int
    expected_lots: int
    done_lots: int
    last_lot: str
    last_sku: str
    last_quantity: Quantity


def progress_of(receipt: Receipt) -> Progress:
    """Count the receipt's lines and say what the last one was; ASN lines done of all."""
    count = db.session.execute(select(func.count()).where(ReceiptLine.receipt_id == receipt.id, STANDS)).scalar_one()
    last = db.session.execute(
        select(Lot.number, Item.sku, ReceiptLine.quantity)
        .join(Lot, Lot.id == ReceiptLine.lot_id)
        .join(Item, Item.id == ReceiptLine.item_id)
        .where(ReceiptLine.receipt_id == receipt.id, STANDS)
        .order_by(ReceiptLine.id.desc())
        .limit(1)
    ).first()
    lines = expected_of_asn(receipt.asn_id) if receipt.asn_id else (
        expected_of_order(receipt.purchase_order_id) if receipt.purchase_order_id else []
    )  # fmt: skip
    return Progress(
        line_count=count,
        expected_lots=len(lines),
        done_lots=sum(1 for line in lines if line.is_full),
        last_lot=last[0] if last else "",
        last_sku=last[1] if last else "",
        last_quantity=last[2] if last else ZERO,
    )


def order_line_for(order: PurchaseOrderId, item: ItemId) -> PurchaseOrderLineId | None:
    """The purchase-order line of an item: the first that still wants some, else the last; None when it is not on it."""
    came = func.coalesce(
        select(func.sum(ReceiptLine.quantity))
        .where(ReceiptLine.purchase_order_line_id == PurchaseOrderLine.id, STANDS)
        .scalar_subquery(),
        0,
    )
    statement = (
        select(PurchaseOrderLine.id)
        .where(PurchaseOrderLine.purchase_order_id == order, PurchaseOrderLine.item_id == item)
        .order_by(case((came < PurchaseOrderLine.quantity, 0), else_=1), PurchaseOrderLine.line)
        .limit(1)
    )
    return db.session.execute(statement).scalar()
