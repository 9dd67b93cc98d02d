"""Reads of problems: the list, one problem, what stands in a bin, whether a count waits there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import aliased, contains_eager, joinedload

from wms.accounts.models import User
from wms.core.errors import NotFound
from wms.core.ids import LOOSE, BinId, LotId, LpnId, ProblemId, WarehouseId
from wms.db import db
from wms.db.paging import Page, SortKey, after, page_of
from wms.problems.models import Problem, ProblemKind, ProblemState
from wms.stock.models import Lot
from wms.tasks.models import Task, TaskKind, TaskState

PAGE_SIZE = 50


@dataclass(frozen=True)
class ProblemRow:
    """A problem with the names of who reported and who settled it."""

    problem: Problem
    reported_by: str
    settled_by: str | None


def page_of_problems(
    warehouse: WarehouseId,
    *,
    state: ProblemState | None = None,
    kind: ProblemKind | None = None,
    lot: LotId | None = None,
    cursor: str | None = None,
    size: int = PAGE_SIZE,
) -> Page[ProblemRow]:
    """One page of the problems of a warehouse, the newest first."""
    statement = _rows().where(Problem.warehouse_id == warehouse)
    if state is not None:
        statement = statement.where(Problem.state == state)
    if kind is not None:
        statement = statement.where(Problem.kind == kind)
    if lot is not None:
        statement = statement.where(Problem.lot_id == lot)
    keys = [SortKey(Problem.id.expression, descending=True)]
    rows = [ProblemRow(*row) for row in db.session.execute(after(statement, keys, cursor, size=size))]
    return page_of(rows, size=size, values=lambda row: (row.problem.id,))


def get_problem(problem: ProblemId, *, warehouse: WarehouseId) -> ProblemRow:
    """Give a problem of this warehouse; NotFound otherwise."""
    statement = _rows().where(Problem.id == problem, Problem.warehouse_id == warehouse)
    found = db.session.execute(statement.execution_options(populate_existing=True)).first()
    if found is None:
        raise NotFound(kind="problem", text=str(problem))
    return ProblemRow(*found)


def warehouse_of(problem: ProblemId) -> WarehouseId:
    """Say where a problem was reported; NotFound when there is none."""
    found = db.session.execute(select(Problem.warehouse_id).where(Problem.id == problem)).scalar()
    if found is None:
        raise NotFound(kind="problem", text=str(problem))
    return WarehouseId(found)


def find_by_key(key: str) -> Problem | None:
    """Give the problem that was reported under this key."""
    return db.session.execute(select(Problem).where(Problem.key == key)).scalar_one_or_none()


def count_open(warehouse: WarehouseId) -> int:
    """Count the problems that nobody has settled."""
    statement = select(func.count()).where(Problem.warehouse_id == warehouse, Problem.state == ProblemState.OPEN)
    return int(db.session.execute(statement).scalar_one())


def has_open_count(warehouse: WarehouseId, bin_: BinId, lot: LotId, lpn: LpnId) -> bool:
    """Say whether a count of this lot in this place waits already."""
    return (
        db.session.execute(
            select(Task.id)
            .where(
                Task.warehouse_id == warehouse, Task.kind == TaskKind.COUNT,
                Task.state.in_((TaskState.OPEN, TaskState.TAKEN)), Task.source_bin_id == bin_, Task.lot_id == lot,
                func.coalesce(Task.source_lpn_id, LOOSE) == lpn,
            )
            .limit(1)
        ).first()
        is not None
    )  # fmt: skip


def _rows() -> Any:
    reporter, settler = aliased(User), aliased(User)
    return (
        select(Problem, reporter.full_name, settler.full_name)
        .join(reporter, reporter.id == Problem.reported_by)
        .outerjoin(settler, settler.id == Problem.settled_by)
        .join(Lot, Lot.id == Problem.lot_id)
        .options(
            joinedload(Problem.bin), joinedload(Problem.lpn),
            contains_eager(Problem.lot).joinedload(Lot.item),
        )
    )  # fmt: skip
