"""Verbs of tasks. Every change of state is one guarded UPDATE, so two people cannot both win."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import case, select, update

from wms.core.errors import AlreadyTaken, NotFound, WrongState
from wms.core.ids import LOOSE, BinId, ClaimId, LotId, LpnId, TaskId, UserId, WarehouseId, new_id
from wms.core.quantity import Quantity
from wms.db import db
from wms.stock.ledger import reads as ledger
from wms.stock.lots import LotChange
from wms.tasks.models import Task, TaskKind, TaskState

_UNDONE = (TaskState.OPEN, TaskState.TAKEN)


def create_task(*, kind: TaskKind, warehouse: WarehouseId, actor: UserId, at: datetime, **fields: Any) -> Task:
    """Leave one piece of work; `fields` are columns of Task (lot_id, source_bin_id, quantity, document_kind ...)."""
    task = Task(id=TaskId(new_id()), kind=kind, warehouse_id=warehouse, created_by=actor, created_at=at, **fields)
    db.session.add(task)
    return task


def enlarge_open_task(
    *, kind: TaskKind, document_kind: str, document_id: int, source_bin: BinId, source_lpn: LpnId, lot: LotId,
    quantity: Quantity,
) -> TaskId | None:  # fmt: skip
    """Add to a task nobody has finished yet for the same goods of the same paper; its id, None when there is none.

    Loose goods: the same lot, and nobody works on it. Goods on an LPN: the same LPN, which moves as a whole; with a
    second lot on it the task names none.
    """
    is_loose = source_lpn == LOOSE
    of_lot = Task.lot_id == lot
    done = db.session.execute(
        update(Task)
        .where(
            Task.kind == kind,
            Task.document_kind == document_kind,
            Task.document_id == document_id,
            Task.source_bin_id == source_bin,
            Task.source_lpn_id == source_lpn,
            Task.state == TaskState.OPEN if is_loose else Task.state.in_(_UNDONE),
            *((of_lot,) if is_loose else ()),
        )
        .values(quantity=Task.quantity + quantity, lot_id=case((of_lot, Task.lot_id), else_=None))
        .returning(Task.id)
        .execution_options(synchronize_session=False)
    )
    found = done.scalars().first()
    return TaskId(found) if found is not None else None


def take_task(task: TaskId, *, actor: UserId, at: datetime) -> None:
    """Make it the actor's own; taking it twice is nothing. AlreadyTaken, WrongState, NotFound."""
    done = db.session.execute(
        update(Task)
        .where(Task.id == task, (Task.state == TaskState.OPEN) | (Task.taken_by == actor), Task.state.in_(_UNDONE))
        .values(state=TaskState.TAKEN, taken_by=actor, taken_at=at)
    )
    if done.rowcount != 1:  # type: ignore[attr-defined]
        raise _refusal(task, event="take")


def give_back_tasks(user: UserId) -> int:
    """Open again all that a person had taken and not finished; how many."""
    done = db.session.execute(
        update(Task)
        .where(Task.state == TaskState.TAKEN, Task.taken_by == user)
        .values(state=TaskState.OPEN, taken_by=None, taken_at=None)
        .execution_options(synchronize_session="fetch")
    )
    return int(done.rowcount)  # type: ignore[attr-defined]


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


def cancel_tasks_of_claims(claims: Iterable[ClaimId], *, why: str, actor: UserId, at: datetime) -> int:
    """Call off the undone tasks that live on these claims: the goods go elsewhere; how many."""
    done = db.session.execute(
        update(Task)
        .where(Task.claim_id.in_(set(claims)), Task.state.in_(_UNDONE))
        .values(state=TaskState.CANCELLED, why=why, closed_by=actor, closed_at=at)
        .execution_options(synchronize_session="fetch")
    )
    return int(done.rowcount)  # type: ignore[attr-defined]


def reopen_tasks(tasks: Iterable[TaskId]) -> int:
    """Open stopped tasks again whose goods are still promised: the stop was taken back; how many."""
    alive = select(ledger.claim.c.id)
    done = db.session.execute(
        update(Task)
        .where(Task.id.in_(set(tasks)), Task.state == TaskState.STOPPED, Task.claim_id.in_(alive))
        .values(state=TaskState.OPEN, why="", note="", taken_by=None, taken_at=None, closed_by=None, closed_at=None)
        .execution_options(synchronize_session="fetch")
    )
    return int(done.rowcount)  # type: ignore[attr-defined]


#: Work that carries goods of a lot away from where they stand.
_CARRYING = (TaskKind.PUTAWAY, TaskKind.CAGE, TaskKind.RECOVER)


def follow_lots(changes: Sequence[LotChange], actor: UserId, at: datetime) -> None:
    """Let the work of carrying goods name the lot they are now; a loose part that became another lot is work of its own."""
    for change in changes:
        tasks = db.session.execute(
            select(Task)
            .where(
                Task.warehouse_id == change.warehouse, Task.lot_id == change.source, Task.kind.in_(_CARRYING),
                Task.state.in_(_UNDONE), Task.source_bin_id == change.bin, Task.source_lpn_id == change.lpn,
            )
            .order_by(Task.id)
            .execution_options(populate_existing=True)
        ).scalars()  # fmt: skip
        left = change.quantity
        for task in list(tasks):
            if change.is_all:
                task.lot_id = change.target
            elif change.lpn != LOOSE:
                task.lot_id = None  # two lots on a plate that moves as a whole
            elif task.quantity is not None and left > Quantity(0):
                left = left - _part_task(task, min(left, task.quantity), change.target, actor=actor, at=at)
    db.session.flush()


def _part_task(task: Task, quantity: Quantity, lot: LotId, *, actor: UserId, at: datetime) -> Quantity:
    """Take a part of a task's goods out as a task of another lot; how much."""
    if quantity == task.quantity:
        task.lot_id = lot
        return quantity
    task.quantity = (task.quantity or quantity) - quantity
    create_task(
        kind=task.kind, warehouse=task.warehouse_id, actor=actor, at=at, document_kind=task.document_kind,
        document_id=task.document_id, demand_kind=task.demand_kind, demand_id=task.demand_id, item_id=task.item_id,
        lot_id=lot, owner_id=task.owner_id, source_bin_id=task.source_bin_id, source_lpn_id=task.source_lpn_id,
        target_bin_id=task.target_bin_id, quantity=quantity, why=task.why, note=task.note,
    )  # fmt: skip
    return quantity


def _refusal(task: TaskId, *, event: str) -> Exception:
    row = db.session.execute(select(Task.state, Task.taken_by).where(Task.id == task)).first()
    if row is None:
        return NotFound(kind="task", text=str(task))
    if row.state == TaskState.TAKEN:
        return AlreadyTaken(subject="task", by=str(row.taken_by))
    return WrongState(subject="task", state=row.state.value, event=event, needed=["open", "taken"])
