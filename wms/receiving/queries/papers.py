"""Reads of papers: one, or a list; and what a receiver could work on now."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Select, case, func, or_, select
from sqlalchemy.orm import joinedload, selectinload

from wms.catalog.models import Item, Partner
from wms.core.errors import NotFound
from wms.core.ids import AsnId, AsnLineId, ItemId, PurchaseOrderId, ReceiptId, WarehouseId
from wms.db import db
from wms.db.paging import Page, SortKey, after, page_of
from wms.fields.queries import matching
from wms.fields.rules.values import Condition
from wms.receiving.models import (
    Asn,
    AsnLine,
    AsnLpn,
    AsnState,
    PurchaseOrder,
    PurchaseOrderLine,
    PurchaseOrderState,
    Receipt,
    ReceiptLine,
    ReceiptState,
)

#: An ASN in one of these states still has something to come.
UNFINISHED: Final = (AsnState.EXPECTED, AsnState.ARRIVED, AsnState.RECEIVING, AsnState.PARTLY_RECEIVED)
_AT_ONCE: Final = 500


def get_receipt(receipt: ReceiptId, *, warehouse: WarehouseId) -> Receipt:
    """Give a receipt of this warehouse with its papers; NotFound otherwise."""
    statement = (
        select(Receipt)
        .where(Receipt.id == receipt, Receipt.warehouse_id == warehouse)
        .options(joinedload(Receipt.asn), joinedload(Receipt.purchase_order), joinedload(Receipt.supplier))
    )
    return _one(statement, kind="receipt", text=str(receipt))


def warehouse_of_receipt(receipt: ReceiptId) -> WarehouseId:
    """Say in which warehouse a receipt is; NotFound otherwise."""
    return WarehouseId(
        _one(select(Receipt.warehouse_id).where(Receipt.id == receipt), kind="receipt", text=str(receipt))
    )


def item_with_unit_ids(asn: AsnId) -> ItemId | None:
    """The first item of an ASN whose pieces have ids, None when none has."""
    statement = select(AsnLine.item_id).join(Item, Item.id == AsnLine.item_id)
    found = statement.where(AsnLine.asn_id == asn, Item.has_unit_ids).order_by(AsnLine.line).limit(1)
    return db.session.execute(found).scalar()


def get_asn(asn: AsnId, *, warehouse: WarehouseId) -> Asn:
    """Give an ASN of this warehouse with supplier and purchase order; NotFound otherwise."""
    statement = (
        select(Asn)
        .where(Asn.id == asn, Asn.warehouse_id == warehouse)
        .options(joinedload(Asn.supplier), joinedload(Asn.purchase_order))
    )
    return _one(statement, kind="asn", text=str(asn))


def get_purchase_order(order: PurchaseOrderId, *, warehouse: WarehouseId) -> PurchaseOrder:
    """Give a purchase order of this warehouse with its supplier; NotFound otherwise."""
    statement = (
        select(PurchaseOrder)
        .where(PurchaseOrder.id == order, PurchaseOrder.warehouse_id == warehouse)
        .options(joinedload(PurchaseOrder.supplier))
    )
    return _one(statement, kind="purchase_order", text=str(order))


def _one(statement: Select[Any], *, kind: str, text: str) -> Any:
    found = db.session.execute(statement).unique().scalar_one_or_none()
    if found is None:
        raise NotFound(kind=kind, text=text)
    return found


@dataclass(frozen=True, kw_only=True)
class PaperRow:
    """One line of a list of papers."""

    id: int
    number: str
    state: str
    supplier_code: str
    supplier_en: str
    supplier_zh: str
    at: datetime
    expected_at: datetime | None = None
    expected_on: date | None = None
    arrived_at: datetime | None = None
    line_count: int = 0
    is_provisional: bool = False
    waits_for_acceptance: bool = False

    @property
    def name_en(self) -> str:
        """The supplier's name, for the filter local_name."""
        return self.supplier_en

    @property
    def name_zh(self) -> str:
        """The supplier's Chinese name, for the filter local_name."""
        return self.supplier_zh


def list_asns(
    warehouse: WarehouseId, *, states: Sequence[str], search: str, cursor: str | None, size: int
) -> Page[PaperRow]:
    """List ASNs, newest first; blank `states` for all; `search` in number and supplier code."""
    lines = select(func.count()).where(AsnLine.asn_id == Asn.id).scalar_subquery()
    statement = (
        select(Asn, Partner.code, Partner.name_en, Partner.name_zh, lines.label("lines"))
        .join(Partner, Partner.id == Asn.supplier_id)
        .where(Asn.warehouse_id == warehouse)
    )
    return _paper_page(statement, Asn, AsnState, states, search, cursor, size)


def list_purchase_orders(
    warehouse: WarehouseId, *, states: Sequence[str], search: str, cursor: str | None, size: int
) -> Page[PaperRow]:
    """List purchase orders, newest first."""
    lines = select(func.count()).where(PurchaseOrderLine.purchase_order_id == PurchaseOrder.id).scalar_subquery()
    statement = (
        select(PurchaseOrder, Partner.code, Partner.name_en, Partner.name_zh, lines.label("lines"))
        .join(Partner, Partner.id == PurchaseOrder.supplier_id)
        .where(PurchaseOrder.warehouse_id == warehouse)
    )
    return _paper_page(statement, PurchaseOrder, PurchaseOrderState, states, search, cursor, size)


def list_receipts(
    warehouse: WarehouseId,
    *,
    states: Sequence[str],
    search: str,
    cursor: str | None,
    size: int,
    own: Sequence[Condition] = (),
) -> Page[PaperRow]:
    """List receipts, newest first; `own` are conditions on their own fields."""
    lines = (
        select(func.count())
        .where(ReceiptLine.receipt_id == Receipt.id, ReceiptLine.reversed_at.is_(None))
        .scalar_subquery()
    )
    statement = (
        select(Receipt, Partner.code, Partner.name_en, Partner.name_zh, lines.label("lines"))
        .outerjoin(Partner, Partner.id == Receipt.supplier_id)
        .where(Receipt.warehouse_id == warehouse, *(Receipt.id.in_(matching(asked)) for asked in own))
    )
    return _paper_page(statement, Receipt, ReceiptState, states, search, cursor, size)


def _paper_page(
    statement: Select[Any], model: Any, kinds: Any, states: Sequence[str], search: str, cursor: str | None, size: int
) -> Page[PaperRow]:
    known = [kinds(s) for s in states if s in set(kinds)]
    if known:
        statement = statement.where(model.state.in_(known))
    if search:
        like = f"%{search.lower().replace('%', '').replace('_', '')}%"
        statement = statement.where(or_(func.lower(model.number).like(like), func.lower(Partner.code).like(like)))
    statement = after(statement, [SortKey(model.id, descending=True)], cursor, size=size)
    page = page_of(db.session.execute(statement).all(), size=size, values=lambda row: [row[0].id])
    return Page(rows=[_paper(*row) for row in page.rows], next_cursor=page.next_cursor)


def _paper(paper: Any, code: str | None, name_en: str | None, name_zh: str | None, lines: int) -> PaperRow:
    return PaperRow(
        id=paper.id,
        number=paper.number,
        state=paper.state.value,
        supplier_code=code or "",
        supplier_en=name_en or "",
        supplier_zh=name_zh or "",
        at=paper.opened_at if isinstance(paper, Receipt) else paper.created_at,
        expected_at=getattr(paper, "expected_at", None),
        expected_on=getattr(paper, "expected_on", None),
        arrived_at=getattr(paper, "arrived_at", None),
        line_count=lines,
        is_provisional=isinstance(paper, Receipt) and paper.is_provisional and paper.finished_at is None,
        waits_for_acceptance=isinstance(paper, Receipt)
        and paper.needs_acceptance
        and paper.accepted_at is None
        and paper.state is ReceiptState.CLOSED,
    )


@dataclass(frozen=True, kw_only=True)
class Work:
    """Something a receiver can work on: an open receipt, an ASN that is due, an open purchase order.

    `paper` is the number people know it by: for a receipt, of its ASN or purchase order.
    """

    kind: str
    id: int
    number: str
    paper: str
    state: str
    supplier_en: str
    supplier_zh: str

    @property
    def name_en(self) -> str:
        """The supplier's name, for the filter local_name."""
        return self.supplier_en

    @property
    def name_zh(self) -> str:
        """The supplier's Chinese name, for the filter local_name."""
        return self.supplier_zh


def work_to_receive(warehouse: WarehouseId, *, search: str = "", limit: int = 12) -> list[Work]:
    """List what could be received now: open receipts, then ASNs (at the door first), then open purchase orders.

    `search` is a number as scanned or typed: exactly that paper, and an ASN also while it is being received. A receipt is
    listed as its paper is: being received.
    """
    due = [AsnState.ARRIVED, AsnState.PARTLY_RECEIVED, AsnState.EXPECTED, *([AsnState.RECEIVING] if search else [])]
    paper = func.coalesce(Asn.number, PurchaseOrder.number, Receipt.number)
    receipts = (
        _work(Receipt, paper, search)
        .outerjoin(Asn, Asn.id == Receipt.asn_id)
        .outerjoin(PurchaseOrder, PurchaseOrder.id == Receipt.purchase_order_id)
        .where(Receipt.warehouse_id == warehouse, Receipt.state == ReceiptState.OPEN)
        .order_by(Receipt.opened_at.desc())
    )
    asns = (
        _work(Asn, Asn.number, search)
        .where(Asn.warehouse_id == warehouse, Asn.state.in_(due))
        .order_by(case((Asn.state == AsnState.ARRIVED, 0), else_=1), Asn.expected_at, Asn.id)
    )
    orders = (
        _work(PurchaseOrder, PurchaseOrder.number, search)
        .where(PurchaseOrder.warehouse_id == warehouse, PurchaseOrder.state == PurchaseOrderState.OPEN)
        .order_by(PurchaseOrder.expected_on, PurchaseOrder.id)
    )
    found: list[Work] = []
    for kind, statement in (("receipt", receipts), ("asn", asns), ("purchase_order", orders)):
        found += [
            Work(
                kind=kind,
                id=row.id,
                number=row.number,
                paper=row.paper,
                state="receiving" if kind == "receipt" else row.state.value,
                supplier_en=row.name_en or "",
                supplier_zh=row.name_zh or "",
            )
            for row in db.session.execute(statement.limit(limit))
        ]
    return found[: limit * 2]


def _work(model: Any, paper: Any, search: str) -> Select[Any]:
    statement = select(model.id, model.number, paper.label("paper"), model.state, Partner.name_en, Partner.name_zh)
    statement = statement.select_from(model).outerjoin(Partner, Partner.id == model.supplier_id)
    return statement.where(model.number == search) if search else statement


def arrival_lines(*, sscc: str, warehouse: WarehouseId | None) -> list[tuple[AsnLineId, AsnId]]:
    """The lines of papers not yet received that announce this SSCC, with those on the plates that stand on it."""
    tree = select(AsnLpn.id, AsnLpn.asn_id).where(AsnLpn.sscc == sscc).cte(recursive=True)
    tree = tree.union(select(AsnLpn.id, AsnLpn.asn_id).join(tree, AsnLpn.parent_id == tree.c.id))
    statement = (
        select(AsnLine.id, AsnLine.asn_id)
        .join(Asn, Asn.id == AsnLine.asn_id)
        .where(
            or_(AsnLine.sscc == sscc, AsnLine.asn_lpn_id.in_(select(tree.c.id))), Asn.state.in_(UNFINISHED)
        )
        .order_by(AsnLine.asn_id, AsnLine.id)
    )  # fmt: skip
    if warehouse is not None:
        statement = statement.where(Asn.warehouse_id == warehouse)
    return [(row[0], row[1]) for row in db.session.execute(statement)]


def announcing_asn(sscc: str, *, warehouse: WarehouseId | None = None) -> AsnId | None:
    """The ASN not yet received that announces this SSCC, on a line or as a plate; None when none does."""
    named = or_(
        Asn.id.in_(select(AsnLpn.asn_id).where(AsnLpn.sscc == sscc)),
        Asn.id.in_(select(AsnLine.asn_id).where(AsnLine.sscc == sscc)),
    )
    statement = select(Asn.id).where(named, Asn.state.in_(UNFINISHED)).order_by(Asn.id).limit(1)
    if warehouse is not None:
        statement = statement.where(Asn.warehouse_id == warehouse)
    return db.session.execute(statement).scalar()


def announced_among(ssccs: Iterable[str]) -> str | None:
    """One of these SSCCs that a paper not yet received announces already, None when none is."""
    wanted = sorted(set(ssccs))
    for start in range(0, len(wanted), _AT_ONCE):
        part = wanted[start : start + _AT_ONCE]
        for model in (AsnLpn, AsnLine):
            found = db.session.execute(
                select(model.sscc)
                .join(Asn, Asn.id == model.asn_id)
                .where(model.sscc.in_(part), Asn.state.in_(UNFINISHED))
                .limit(1)
            ).scalar()
            if found is not None:
                return str(found)
    return None


def suppliers() -> list[Partner]:
    """The suppliers in use, by code."""
    statement = select(Partner).where(Partner.is_supplier, Partner.is_active).order_by(Partner.code)
    return list(db.session.execute(statement).scalars())


def get_supplier(code: str) -> Partner:
    """Give the supplier in use of this code; NotFound otherwise."""
    statement = select(Partner).where(Partner.code == code, Partner.is_supplier, Partner.is_active)
    found: Partner = _one(statement, kind="supplier", text=code)
    return found


def items_by_sku(skus: Iterable[str]) -> dict[str, Item]:
    """The active items among these codes, with their units."""
    wanted = select(Item).where(Item.sku.in_(set(skus)), Item.is_active).options(selectinload(Item.pack_units))
    rows = db.session.execute(wanted).scalars()
    return {item.sku: item for item in rows}


def open_purchase_orders(warehouse: WarehouseId) -> list[PurchaseOrder]:
    """The open purchase orders of a warehouse, newest first, at most 200."""
    statement = (
        select(PurchaseOrder)
        .where(PurchaseOrder.warehouse_id == warehouse, PurchaseOrder.state == PurchaseOrderState.OPEN)
        .order_by(PurchaseOrder.id.desc())
        .limit(200)
    )
    return list(db.session.execute(statement).scalars())
