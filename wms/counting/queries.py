"""Reads of counting: open counts, one count, what was counted lately. The book is never shown before the answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from wms.accounts.models import User
from wms.catalog.models import Item
from wms.core.errors import NotFound
from wms.core.ids import BinId, LotId, LpnId, TaskId, WarehouseId
from wms.core.quantity import Quantity
from wms.db import db
from wms.db.paging import Page, SortKey, after, page_of
from wms.sites.models import Bin, BinKind, Zone
from wms.stock.models import Lot, Lpn
from wms.tasks.models import Task, TaskKind, TaskState

UNDONE = (TaskState.OPEN, TaskState.TAKEN)


@dataclass(frozen=True, kw_only=True)
class CountRow:
    """One count to do or done."""

    task: TaskId
    bin: BinId
    bin_code: str
    lot: LotId
    lot_number: str
    lpn: LpnId
    lpn_code: str
    sku: str
    name_en: str
    name_zh: str
    unit: str
    why: str
    created_at: datetime
    state: TaskState
    counted: Quantity
    closed_by: str
    closed_at: datetime | None
    note: str


def open_counts(warehouse: WarehouseId, *, bin: BinId | None = None, limit: int = 50) -> list[CountRow]:
    """List the counts to do, in walk order; in one bin when it is given."""
    statement = _select().where(Task.warehouse_id == warehouse, Task.state.in_(UNDONE))
    if bin is not None:
        statement = statement.where(Task.source_bin_id == bin)
    walk = (func.coalesce(Zone.walk_sequence, 0), Bin.walk_sequence, Bin.code, Task.id)
    return _rows(statement.order_by(*walk).limit(limit))


def done_counts(warehouse: WarehouseId, *, limit: int = 50) -> list[CountRow]:
    """List what was counted last, newest first."""
    statement = _select().where(Task.warehouse_id == warehouse, Task.state == TaskState.DONE)
    return _rows(statement.order_by(Task.closed_at.desc(), Task.id.desc()).limit(limit))


def page_of_counts(
    warehouse: WarehouseId, *, is_done: bool, bin: BinId | None, cursor: str | None, size: int
) -> Page[CountRow]:
    """One page of the counts to do, the oldest first, or of those done, the newest first; in one bin when it is given."""
    states = (TaskState.DONE,) if is_done else UNDONE
    statement = _select().where(Task.warehouse_id == warehouse, Task.state.in_(states))
    if bin is not None:
        statement = statement.where(Task.source_bin_id == bin)
    keys = [SortKey(Task.id.expression, descending=is_done)]
    return page_of(_rows(after(statement, keys, cursor, size=size)), size=size, values=lambda row: (row.task,))


def find_count(task: TaskId) -> Task:
    """Give a count task; NotFound otherwise."""
    found = db.session.get(Task, task, populate_existing=True)
    if found is None or found.kind != TaskKind.COUNT or found.lot_id is None or found.source_bin_id is None:
        raise NotFound(kind="task", text=str(task))
    return found


def adjustment_bin(warehouse: WarehouseId) -> BinId:
    """Give the outside bin that differences come from and go to; NotFound when the warehouse has none."""
    found = db.session.execute(
        select(Bin.id).where(Bin.warehouse_id == warehouse, Bin.kind == BinKind.ADJUSTMENT).order_by(Bin.id).limit(1)
    ).scalar()
    if found is None:
        raise NotFound(kind="bin", text="adjustment")
    return BinId(found)


def _select() -> Any:
    return (
        select(Task, Bin.code, Lot.number, Lpn.code, Item, User.full_name)
        .join(Bin, Bin.id == Task.source_bin_id).outerjoin(Zone, Zone.id == Bin.zone_id)
        .join(Lot, Lot.id == Task.lot_id).join(Item, Item.id == Lot.item_id)
        .outerjoin(Lpn, Lpn.id == Task.source_lpn_id).outerjoin(User, User.id == Task.closed_by)
        .where(Task.kind == TaskKind.COUNT)
    )  # fmt: skip


def _rows(statement: Any) -> list[CountRow]:
    return [
        CountRow(
            task=task.id, bin=task.source_bin_id, bin_code=code, lot=task.lot_id, lot_number=number,
            lpn=task.source_lpn_id or LpnId(0), lpn_code=lpn_code if task.source_lpn_id else "", sku=item.sku,
            name_en=item.name_en, name_zh=item.name_zh, unit=item.base_unit, why=task.why, created_at=task.created_at,
            state=task.state, counted=task.done_quantity, closed_by=name or "", closed_at=task.closed_at,
            note=task.note,
        )
        for task, code, number, lpn_code, item, name in db.session.execute(statement)
    ]  # fmt: skip


def count_row(task: TaskId) -> CountRow | None:
    """Give one count as a person sees it, done or not."""
    found = _rows(_select().where(Task.id == task))
    return found[0] if found else None
