"""Reads of supplier returns: the list, one with its lines, the work left, what stands that could go back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import joinedload, selectinload

from wms.accounts.models import User
from wms.catalog.models import Item, Partner
from wms.core.errors import NotFound
from wms.core.ids import LotId, SupplierReturnId, SupplierReturnLineId, WarehouseId
from wms.core.quantity import ZERO, Quantity
from wms.db import db
from wms.db.paging import Page, SortKey, after, page_of
from wms.returns.models import ReturnState, SupplierReturn, SupplierReturnLine
from wms.sites.models import Bin
from wms.stock import queries as stock
from wms.stock.models import Lot, Lpn
from wms.stock.queries import BalanceRow


@dataclass(frozen=True, kw_only=True)
class ReturnRow:
    """A return in a list."""

    id: SupplierReturnId
    number: str
    state: str
    reason: str
    reference: str
    supplier_code: str
    name_en: str
    name_zh: str
    opened_at: datetime
    closed_at: datetime | None
    line_count: int


@dataclass(frozen=True, kw_only=True)
class WholeReturn:
    """A return with its lines and the names of its people."""

    paper: SupplierReturn
    lines: Sequence[SupplierReturnLine]
    opened_by: str
    closed_by: str | None


def list_returns(
    warehouse: WarehouseId, *, state: ReturnState | None = None, search: str = "", cursor: str | None, size: int
) -> Page[ReturnRow]:
    """List returns, newest first; `search` in number, the supplier's reference and code, or a lot on it exactly."""
    count = select(func.count()).where(SupplierReturnLine.supplier_return_id == SupplierReturn.id).scalar_subquery()
    statement: Any = (
        select(SupplierReturn, Partner, count.label("lines"))
        .join(Partner, Partner.id == SupplierReturn.supplier_id)
        .where(SupplierReturn.warehouse_id == warehouse)
    )
    if state is not None:
        statement = statement.where(SupplierReturn.state == state)
    if search:
        with_lot = (
            select(SupplierReturnLine.supplier_return_id)
            .join(Lot, Lot.id == SupplierReturnLine.lot_id)
            .where(Lot.number == search)
        )
        plain = search.lower()
        statement = statement.where(
            or_(
                func.lower(SupplierReturn.number).contains(plain, autoescape=True),
                func.lower(SupplierReturn.reference).contains(plain, autoescape=True),
                func.lower(Partner.code).contains(plain, autoescape=True),
                SupplierReturn.id.in_(with_lot),
            )
        )
    keys = [SortKey(SupplierReturn.id.expression, descending=True)]
    page = page_of(
        db.session.execute(after(statement, keys, cursor, size=size)).all(), size=size, values=lambda row: (row[0].id,)
    )
    return Page(rows=[_row(*row) for row in page.rows], next_cursor=page.next_cursor)


def _row(paper: SupplierReturn, supplier: Partner, lines: int) -> ReturnRow:
    return ReturnRow(
        id=paper.id, number=paper.number, state=paper.state.value, reason=paper.reason.value, reference=paper.reference,
        supplier_code=supplier.code, name_en=supplier.name_en, name_zh=supplier.name_zh, opened_at=paper.opened_at,
        closed_at=paper.closed_at, line_count=lines,
    )  # fmt: skip


def get_return(paper: SupplierReturnId, *, warehouse: WarehouseId) -> WholeReturn:
    """Give a return of this warehouse with all of its page; NotFound otherwise."""
    found = db.session.execute(
        select(SupplierReturn)
        .where(SupplierReturn.id == paper, SupplierReturn.warehouse_id == warehouse)
        .options(joinedload(SupplierReturn.supplier))
    ).scalar_one_or_none()
    if found is None:
        raise NotFound(kind="supplier_return", text=str(paper))
    people = [one for one in (found.opened_by, found.closed_by) if one is not None]
    names = {
        row.id: row.full_name for row in db.session.execute(select(User.id, User.full_name).where(User.id.in_(people)))
    }
    return WholeReturn(
        paper=found, lines=lines_of(found.id), opened_by=names[found.opened_by],
        closed_by=names.get(found.closed_by) if found.closed_by is not None else None,
    )  # fmt: skip


def find_return(number: str, *, warehouse: WarehouseId) -> SupplierReturnId | None:
    """The open return of this number, or None."""
    return db.session.execute(
        select(SupplierReturn.id).where(
            SupplierReturn.number == number, SupplierReturn.warehouse_id == warehouse,
            SupplierReturn.state == ReturnState.OPEN,
        )
    ).scalar_one_or_none()  # fmt: skip


def lines_of(paper: SupplierReturnId) -> list[SupplierReturnLine]:
    """The lines of a return with item, lot, bin and LPN, in their order."""
    statement = (
        select(SupplierReturnLine)
        .where(SupplierReturnLine.supplier_return_id == paper)
        .options(
            joinedload(SupplierReturnLine.item), joinedload(SupplierReturnLine.lot), joinedload(SupplierReturnLine.bin),
            joinedload(SupplierReturnLine.lpn),
        )
        .order_by(SupplierReturnLine.line)
    )  # fmt: skip
    return list(db.session.execute(statement).scalars())


def get_line(line: SupplierReturnLineId, *, warehouse: WarehouseId) -> SupplierReturnLine:
    """Give a line of a return of this warehouse; NotFound otherwise."""
    found = db.session.execute(
        select(SupplierReturnLine)
        .join(SupplierReturn, SupplierReturn.id == SupplierReturnLine.supplier_return_id)
        .where(SupplierReturnLine.id == line, SupplierReturn.warehouse_id == warehouse)
        .options(
            joinedload(SupplierReturnLine.item), joinedload(SupplierReturnLine.lot), joinedload(SupplierReturnLine.bin),
            joinedload(SupplierReturnLine.lpn), joinedload(SupplierReturnLine.supplier_return),
        )
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()  # fmt: skip
    if found is None:
        raise NotFound(kind="supplier_return", text=str(line))
    return found


def open_returns(warehouse: WarehouseId, *, limit: int = 6) -> list[SupplierReturn]:
    """The returns that still have something to carry out, oldest first, with supplier and lines."""
    statement = (
        select(SupplierReturn)
        .where(SupplierReturn.warehouse_id == warehouse, SupplierReturn.state == ReturnState.OPEN)
        .options(joinedload(SupplierReturn.supplier), selectinload(SupplierReturn.lines))
        .order_by(SupplierReturn.id)
        .limit(limit)
    )
    return list(db.session.execute(statement).scalars())


def waiting_by_place(warehouse: WarehouseId) -> dict[tuple[int, int, int], Quantity]:
    """How much of each lot in each place stands on an open return and has not left."""
    statement = (
        select(
            SupplierReturnLine.lot_id, SupplierReturnLine.bin_id, SupplierReturnLine.lpn_id, SupplierReturnLine.quantity
        )
        .join(SupplierReturn, SupplierReturn.id == SupplierReturnLine.supplier_return_id)
        .where(
            SupplierReturn.warehouse_id == warehouse, SupplierReturn.state == ReturnState.OPEN,
            SupplierReturnLine.posting_seq.is_(None),
        )
    )  # fmt: skip
    found: dict[tuple[int, int, int], Quantity] = {}
    for lot, bin_, lpn, quantity in db.session.execute(statement):
        found[(lot, bin_, lpn)] = found.get((lot, bin_, lpn), ZERO) + quantity
    return found


def returns_of_lot(lot: int, warehouses: Sequence[WarehouseId]) -> list[tuple[SupplierReturn, SupplierReturnLine]]:
    """The returns a lot stands on, newest first."""
    statement = (
        select(SupplierReturn, SupplierReturnLine)
        .join(SupplierReturnLine, SupplierReturnLine.supplier_return_id == SupplierReturn.id)
        .where(SupplierReturnLine.lot_id == lot, SupplierReturn.warehouse_id.in_(warehouses))
        .options(joinedload(SupplierReturn.supplier))
        .order_by(SupplierReturnLine.id.desc())
    )
    return [(row[0], row[1]) for row in db.session.execute(statement)]


def suppliers() -> Sequence[Partner]:
    """The suppliers by code, also those no longer in use: goods may have to go back to them."""
    return db.session.execute(select(Partner).where(Partner.is_supplier).order_by(Partner.code)).scalars().all()


def get_supplier(code: str) -> Partner:
    """Give the supplier of this code, in use or not; NotFound otherwise."""
    found = db.session.execute(select(Partner).where(Partner.code == code, Partner.is_supplier)).scalar_one_or_none()
    if found is None:
        raise NotFound(kind="supplier", text=code)
    return found


def stock_to_return(warehouse: WarehouseId, *, search: str, limit: int) -> list[BalanceRow]:
    """What stands here of a lot number, an item's code, a bin or an LPN, each exactly as typed."""
    lots = select(Lot.id).where(Lot.number == search)
    found = [LotId(i) for i in db.session.execute(lots).scalars()]
    rows = stock.find_balances(lots=found, warehouse=warehouse) if found else []
    item = db.session.execute(select(Item.id).where(Item.sku == search)).scalar_one_or_none()
    if item is not None:
        rows += stock.find_balances(item=item, warehouse=warehouse)
    bin_ = db.session.execute(
        select(Bin.id).where(Bin.code == search, Bin.warehouse_id == warehouse, Bin.is_outside.is_(False))
    ).scalar_one_or_none()
    if bin_ is not None:
        rows += stock.find_balances(bin=bin_, warehouse=warehouse)
    plate = db.session.execute(select(Lpn.id).where(Lpn.code == search, Lpn.is_open)).scalar_one_or_none()
    if plate is not None:
        rows += stock.find_balances(lpns=stock.lpn_with_children(plate), warehouse=warehouse)
    return list({row.id: row for row in rows}.values())[:limit]
