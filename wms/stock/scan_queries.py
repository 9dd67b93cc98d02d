"""Reads behind a scan that the ledger and its lots answer: an open plate, lots of a number, lots that were typed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, or_, select

from wms.accounts.models import User
from wms.catalog.models import Item, PackUnit
from wms.core.errors import NotFound
from wms.core.ids import LOOSE, LotId, LpnId, PostingSeq, UserId, WarehouseId
from wms.db import db
from wms.db.paging import Page, SortKey, after, page_of
from wms.stock.captures import TypedReason
from wms.stock.ledger import Reason
from wms.stock.ledger import reads as ledger
from wms.stock.models import Capture, Lot, Lpn


def find_open_lpn(code: str, *, warehouse: WarehouseId) -> Lpn:
    """Give the open plate of this warehouse with exactly this code; NotFound otherwise."""
    here = or_(Lpn.warehouse_id == warehouse, Lpn.warehouse_id.is_(None))
    statement = select(Lpn).where(Lpn.code == code, Lpn.is_open, Lpn.id != LOOSE, here)
    found = db.session.execute(statement).scalar_one_or_none()
    if found is None:
        raise NotFound(kind="lpn", text=code)
    return found


def plates_coded(code: str, *, warehouse: WarehouseId) -> list[LpnId]:
    """Give the open plate of this warehouse with exactly this code, if there is one."""
    here = or_(Lpn.warehouse_id == warehouse, Lpn.warehouse_id.is_(None))
    statement = select(Lpn.id).where(Lpn.code == code, Lpn.is_open, Lpn.id != LOOSE, here)
    return [LpnId(i) for i in db.session.execute(statement).scalars()]


def lots_numbered(number: str, *, sku: str = "", gtin: str = "") -> list[LotId]:
    """Give the lots of exactly this number, of one item where its SKU or GTIN is known."""
    statement = select(Lot.id).where(Lot.number == number)
    if sku:
        statement = statement.join(Item, Item.id == Lot.item_id).where(Item.sku == sku)
    if gtin:
        statement = statement.join(PackUnit, PackUnit.item_id == Lot.item_id).where(PackUnit.gtin == gtin)
    return [LotId(i) for i in db.session.execute(statement.limit(3)).scalars()]


# -- lots that were typed -----------------------------------------------------------------------------------------------
@dataclass(frozen=True, kw_only=True)
class TypedRow:
    """One posting whose lot was typed, with the reason."""

    seq: PostingSeq
    reason: Reason
    capture: Capture
    typed_reason: TypedReason
    typed_note: str
    raw_scan: str
    lot: LotId
    lot_number: str
    sku: str
    by: str
    recorded_at: datetime


@dataclass(frozen=True, kw_only=True)
class TypedCount:
    """How often one person typed lots, by reason."""

    by: str
    typed_reason: TypedReason
    count: int


#: The list goes so far back.
_TYPED_MOST = 100_000


def page_of_typed(
    warehouse: WarehouseId, *, by: UserId | None = None, cursor: str | None, size: int
) -> Page[TypedRow]:  # fmt: skip
    """One page of the postings of a warehouse whose lot was typed, newest first."""
    whole, posting = _typed(warehouse)
    move = ledger.move.c
    statement = whole.with_only_columns(
        posting.seq, posting.reason, posting.capture, posting.typed_reason, posting.typed_note, posting.raw_scan,
        move.lot_id.label("lot"), Lot.number.label("lot_number"), Item.sku, User.full_name.label("by"),
        posting.recorded_at,
    )  # fmt: skip
    if by is not None:
        statement = statement.where(posting.actor_id == by)
    keys = [SortKey(posting.seq, descending=True)]
    rows = [TypedRow(**row._mapping) for row in db.session.execute(after(statement, keys, cursor, size=size))]
    return page_of(rows, size=size, values=lambda row: (row.seq,))


def typed_counts(warehouse: WarehouseId, *, at: datetime, days: int = 30) -> list[TypedCount]:
    """Count by person and reason over the last days, the most first."""
    whole, posting = _typed(warehouse)
    count = func.count()
    statement = (
        whole.with_only_columns(User.full_name.label("by"), posting.typed_reason, count.label("count"))
        .where(posting.recorded_at >= at - timedelta(days=days))
        .group_by(User.full_name, posting.typed_reason)
        .order_by(count.desc(), User.full_name, posting.typed_reason)
    )
    return [TypedCount(**row._mapping) for row in db.session.execute(statement)]


def _typed(warehouse: WarehouseId) -> tuple[Any, Any]:
    """The postings whose lot was typed, with lot, item and person; the columns of the posting beside it.

    They are picked first, by themselves: few are typed, and a planner that does not know it begins with every item.
    """
    table = ledger.posting
    picked = select(table).where(table.c.typed_reason.is_not(None)).order_by(table.c.seq.desc()).limit(_TYPED_MOST)
    posting, move = picked.subquery("posting"), ledger.move
    statement = (
        select(posting.c.seq)
        .join(move, (move.c.posting_seq == posting.c.seq) & (move.c.line == 1))
        .join(Lot, Lot.id == move.c.lot_id)
        .join(Item, Item.id == Lot.item_id)
        .join(User, User.id == posting.c.actor_id)
        .where(move.c.warehouse_id == warehouse)
    )
    return statement, posting.c
