"""Reads of the gaps that are kept: the list with its filters, the counts of the stages, one gap."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from wms.accounts.models import User, UserRole
from wms.core.errors import NotFound
from wms.core.ids import LotId, UserId, WarehouseId
from wms.db import db
from wms.db.paging import Page, SortKey, after, page_of
from wms.gaps.models import Gap, GapState
from wms.gaps.rules.kinds import GapKind, Stage

PAGE_SIZE = 50
#: So many rows one export has at most.
EXPORT_MOST = 65_000


@dataclass(frozen=True, kw_only=True)
class GapFilter:
    """Which gaps of a site are wanted."""

    state: GapState | None = GapState.OPEN
    stage: Stage | None = None
    kind: GapKind | None = None
    owner: UserId | None = None
    lot: LotId | None = None


def page_of_gaps(warehouse: WarehouseId, wanted: GapFilter, *, cursor: str | None, size: int = PAGE_SIZE) -> Page[Gap]:
    """Give one page of the gaps of a site, the newest first."""
    keys = [SortKey(Gap.id.expression, descending=True)]
    rows = list(db.session.execute(after(_filtered(warehouse, wanted), keys, cursor, size=size)).scalars().unique())
    return page_of(rows, size=size, values=lambda gap: (gap.id,))


def stream_gaps(warehouse: WarehouseId, wanted: GapFilter) -> Iterator[Gap]:
    """Give all of them, for a file."""
    statement = _filtered(warehouse, wanted).order_by(Gap.id.desc()).limit(EXPORT_MOST)
    yield from db.session.execute(statement).scalars().unique()


def _filtered(warehouse: WarehouseId, wanted: GapFilter) -> Any:
    statement = select(Gap).where(Gap.warehouse_id == warehouse)
    if wanted.state is not None:
        statement = statement.where(Gap.state == wanted.state)
    if wanted.stage is not None:
        statement = statement.where(Gap.stage == wanted.stage)
    if wanted.kind is not None:
        statement = statement.where(Gap.kind == wanted.kind)
    if wanted.owner is not None:
        statement = statement.where(Gap.owner_id == wanted.owner)
    if wanted.lot is not None:
        statement = statement.where(Gap.lot_id == wanted.lot)
    return statement.options(joinedload(Gap.owner), joinedload(Gap.acceptor))


def open_by_stage(warehouse: WarehouseId) -> dict[Stage, int]:
    """Count the open gaps of each stage."""
    rows = db.session.execute(
        select(Gap.stage, func.count())
        .where(Gap.warehouse_id == warehouse, Gap.state == GapState.OPEN)
        .group_by(Gap.stage)
    )
    counted = {row[0]: int(row[1]) for row in rows}
    return {stage: counted.get(stage, 0) for stage in Stage}


def get_gap(gap: int, *, warehouse: WarehouseId) -> Gap:
    """Give one gap of a site, read anew; NotFound otherwise."""
    statement = (
        select(Gap)
        .where(Gap.id == gap, Gap.warehouse_id == warehouse)
        .options(joinedload(Gap.owner), joinedload(Gap.acceptor))
        .execution_options(populate_existing=True)
    )
    found = db.session.execute(statement).scalar_one_or_none()
    if found is None:
        raise NotFound(kind="gap", text=str(gap))
    return found


def people_here(warehouse: WarehouseId) -> list[User]:
    """List the people who have a role at a site, by name: one of them may own a gap."""
    here = select(UserRole.user_id).where((UserRole.warehouse_id == warehouse) | UserRole.warehouse_id.is_(None))
    statement = (
        select(User).where(User.id.in_(here), User.is_active, ~User.is_service).order_by(User.full_name, User.id)
    )
    return list(db.session.execute(statement).scalars())


def last_look(warehouse: WarehouseId) -> Any:
    """When a look last saw a gap of a site; None before the first."""
    return db.session.execute(select(func.max(Gap.last_seen_at)).where(Gap.warehouse_id == warehouse)).scalar()
