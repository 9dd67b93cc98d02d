"""Reads of refusals: the list, one, those of a receipt, their photos."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import joinedload

from wms.accounts.models import User
from wms.catalog.models import Item, Partner
from wms.core.errors import NotFound
from wms.core.ids import ReceiptId, RefusalId, WarehouseId
from wms.db import db
from wms.db.paging import Page, SortKey, after, page_of
from wms.receiving.models import Refusal, RefusalState


@dataclass(frozen=True, kw_only=True)
class RefusalView:
    """A refusal with the names of its people."""

    refusal: Refusal
    refused_by: str
    closed_by: str | None


def list_refusals(
    warehouse: WarehouseId, *, state: RefusalState | None = None, search: str = "", cursor: str | None, size: int
) -> Page[RefusalView]:
    """List refusals, newest first; `search` in number, words, lot, and the codes of supplier and item."""
    statement: Any = (
        select(Refusal, User.full_name)
        .join(User, User.id == Refusal.refused_by)
        .outerjoin(Partner, Partner.id == Refusal.supplier_id)
        .outerjoin(Item, Item.id == Refusal.item_id)
        .where(Refusal.warehouse_id == warehouse)
        .options(*_WITH)
    )
    if state is not None:
        statement = statement.where(Refusal.state == state)
    if search:
        plain = search.lower()
        columns = (Refusal.number, Refusal.description, Refusal.lot_number, Partner.code, Item.sku)
        statement = statement.where(or_(*(func.lower(one).contains(plain, autoescape=True) for one in columns)))
    keys = [SortKey(Refusal.id.expression, descending=True)]
    rows = db.session.execute(after(statement, keys, cursor, size=size)).all()
    page = page_of(rows, size=size, values=lambda row: (row[0].id,))
    return Page(
        rows=[RefusalView(refusal=row[0], refused_by=row[1], closed_by=None) for row in page.rows],
        next_cursor=page.next_cursor,
    )


def get_refusal(refusal: RefusalId, *, warehouse: WarehouseId) -> RefusalView:
    """Give a refusal of this warehouse; NotFound otherwise."""
    found = db.session.execute(
        select(Refusal)
        .where(Refusal.id == refusal, Refusal.warehouse_id == warehouse)
        .options(*_WITH)
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if found is None:
        raise NotFound(kind="refusal", text=str(refusal))
    people = [one for one in (found.refused_by, found.closed_by) if one is not None]
    names = {
        row.id: row.full_name for row in db.session.execute(select(User.id, User.full_name).where(User.id.in_(people)))
    }
    return RefusalView(
        refusal=found, refused_by=names[found.refused_by],
        closed_by=names.get(found.closed_by) if found.closed_by is not None else None,
    )  # fmt: skip


def warehouse_of_refusal(refusal: RefusalId) -> WarehouseId:
    """Say to which warehouse a refusal belongs; NotFound when there is none."""
    found = db.session.execute(select(Refusal.warehouse_id).where(Refusal.id == refusal)).scalar_one_or_none()
    if found is None:
        raise NotFound(kind="refusal", text=str(refusal))
    return found


def refusals_of(receipt: ReceiptId) -> list[Refusal]:
    """What was refused of a delivery, in the order it was written down."""
    statement = select(Refusal).where(Refusal.receipt_id == receipt).options(*_WITH).order_by(Refusal.id)
    return list(db.session.execute(statement).scalars())


_WITH: Any = (
    joinedload(Refusal.supplier), joinedload(Refusal.item), joinedload(Refusal.bin), joinedload(Refusal.receipt),
)  # fmt: skip
