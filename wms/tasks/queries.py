"""Reads of tasks."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from wms.accounts.models import User
from wms.core.errors import NotFound
from wms.core.ids import BinId, LotId, TaskId, UserId, WarehouseId
from wms.db import db
from wms.db.paging import Page, SortKey, after, page_of
from wms.tasks.models import Task, TaskKind, TaskState

UNDONE = (TaskState.OPEN, TaskState.TAKEN)


@dataclass(frozen=True)
class TaskRow:
    """A task with what it is about, and the name of who took it."""

    task: Task
    taken_by: str | None


def count_taken(user: UserId) -> int:
    """Count what a person has taken and not finished."""
    statement = select(func.count()).where(Task.state == TaskState.TAKEN, Task.taken_by == user)
    return db.session.execute(statement).scalar_one()


def page_of_tasks(
    warehouse: WarehouseId,
    *,
    kind: TaskKind | None = None,
    states: Collection[TaskState] = (),
    lot: LotId | None = None,
    bin: BinId | None = None,
    cursor: str | None,
    size: int,
) -> Page[TaskRow]:
    """One page of the tasks of a warehouse in the order of their sequence, then of their making."""
    statement = _rows().where(Task.warehouse_id == warehouse)
    if kind is not None:
        statement = statement.where(Task.kind == kind)
    if states:
        statement = statement.where(Task.state.in_(states))
    if lot is not None:
        statement = statement.where(Task.lot_id == lot)
    if bin is not None:
        statement = statement.where(Task.source_bin_id == bin)
    keys = [SortKey(Task.sequence), SortKey(Task.id.expression)]
    found = db.session.execute(after(statement, keys, cursor, size=size)).unique()
    rows = [TaskRow(task, name) for task, name in found]
    return page_of(rows, size=size, values=lambda row: (row.task.sequence, row.task.id))


def get_task(task: TaskId, *, warehouse: WarehouseId) -> TaskRow:
    """Give a task of this warehouse with what it is about; NotFound otherwise."""
    statement = _rows().where(Task.id == task, Task.warehouse_id == warehouse)
    found = db.session.execute(statement.execution_options(populate_existing=True)).unique().one_or_none()
    if found is None:
        raise NotFound(kind="task", text=str(task))
    return TaskRow(found[0], found[1])


def _rows() -> Any:
    return (
        select(Task, User.full_name)
        .outerjoin(User, User.id == Task.taken_by)
        .options(
            joinedload(Task.item), joinedload(Task.lot), joinedload(Task.source_bin), joinedload(Task.target_bin),
            joinedload(Task.source_lpn), joinedload(Task.target_lpn),
        )
    )  # fmt: skip
