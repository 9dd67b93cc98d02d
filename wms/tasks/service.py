"""Verbs of tasks. Every change of state is one guarded UPDATE, so two people cannot both win."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import select, update

from wms.core.errors import AlreadyTaken, NotFound, WrongState
from wms.core.ids import ClaimId, TaskId, UserId, WarehouseId, new_id
from wms.core.quantity import Quantity
from wms.db import db
from wms.tasks.models import Task, TaskKind, TaskState

_UNDONE = (TaskState.OPEN, TaskState.TAKEN)


def create_task(*, kind: TaskKind, warehouse: WarehouseId, actor: UserId, at: datetime, **fields: Any) -> Task:
    """Leave one piece of work; `fields` are columns of Task (lot_id, source_bin_id, quantity, document_kind ...)."""
    task = Task(id=TaskId(new_id()), kind=kind, warehouse_id=warehouse, created_by=actor, created_at=at, **fields)
    db.session.add(task)
    return task


def take_task(task: TaskId, *, actor: UserId, at: datetime) -> None:
    """Make it the actor's own; taking it twice is nothing. AlreadyTaken, WrongState, NotFound."""
    done = db.session.execute(
        update(Task)
        .where(Task.id == task, (Task.state == TaskState.OPEN) | (Task.taken_by == actor), Task.state.in_(_UNDONE))
        .values(state=TaskState.TAKEN, taken_by=actor, taken_at=at)
    )
    if done.rowcount != 1:  # type: ignore[attr-defined]
        raise _refusal(task, event="take")


def finish_task(task: TaskId, *, done_quantity: Quantity, actor: UserId, at: datetime) -> None:
    """Close it as done with what was really done, in base units; WrongState when it is not open any more."""
    done = db.session.execute(
        update(Task)
        .where(Task.id == task, Task.state.in_(_UNDONE))
        .values(state=TaskState.DONE, done_quantity=done_quantity, closed_by=actor, closed_at=at)
    )
    if done.rowcount != 1:  # type: ignore[attr-defined]
        raise _refusal(task, event="finish")


def cancel_task(task: TaskId, *, actor: UserId, at: datetime, why: str = "") -> None:
    """Close it undone, because the work is not wanted any more."""
    done = db.session.execute(
        update(Task)
        .where(Task.id == task, Task.state.in_((*_UNDONE, TaskState.STOPPED)))
        .values(state=TaskState.CANCELLED, why=why, closed_by=actor, closed_at=at)
    )
    if done.rowcount != 1:  # type: ignore[attr-defined]
        raise _refusal(task, event="cancel")


def stop_tasks_of_claims(
    claims: Iterable[ClaimId], *, why: str, note: str, actor: UserId, at: datetime
) -> list[TaskId]:
    """Stop the open tasks that live on these claims: the next scan of them is refused with the reason. Their ids."""
    stopped = db.session.execute(
        update(Task)
        .where(Task.claim_id.in_(set(claims)), Task.state.in_(_UNDONE))
        .values(state=TaskState.STOPPED, why=why, note=note, closed_by=actor, closed_at=at)
        .returning(Task.id)
        .execution_options(synchronize_session="fetch")
    )
    return [TaskId(i) for i in stopped.scalars()]


def _refusal(task: TaskId, *, event: str) -> Exception:
    row = db.session.execute(select(Task.state, Task.taken_by).where(Task.id == task)).first()
    if row is None:
        return NotFound(kind="task", text=str(task))
    if row.state == TaskState.TAKEN:
        return AlreadyTaken(subject="task", by=str(row.taken_by))
    return WrongState(subject="task", state=row.state.value, event=event, needed=["open", "taken"])
