"""Reads of label checks: what may be drawn, what is to do, what came of it, the share over time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Integer, case, func, select
from sqlalchemy.orm import contains_eager, joinedload

from wms.accounts.models import User
from wms.core.errors import NotFound
from wms.core.ids import BinId, LabelCheckId, TaskId, WarehouseId
from wms.db import db
from wms.db.paging import Page, SortKey, after, page_of
from wms.label_checks import rules
from wms.label_checks.models import LabelCheck, LabelDraw, LabelResult
from wms.label_checks.rules import PlaceOfLot
from wms.sites.models import Bin, BinKind, Zone
from wms.stock.ledger import reads as ledger
from wms.stock.models import Lot

#: Where goods stand for longer than an hour; what is on its way has its label scanned anyway.
_KINDS = (BinKind.STORAGE, BinKind.PICK_FACE, BinKind.QUARANTINE, BinKind.REJECT_CAGE)
PAGE_SIZE = 50


@dataclass(frozen=True)
class CheckRow:
    """A label check with the name of who looked."""

    check: LabelCheck
    checked_by: str | None


@dataclass(frozen=True, kw_only=True)
class DayRow:
    """One draw and what came of it: figures from which anyone can count the share again."""

    draw: LabelDraw
    same: int
    differs: int
    unreadable: int
    gone: int
    missed: int
    open: int

    @property
    def share(self) -> int | None:
        """The share of right labels in percent of those that were looked at."""
        return rules.share(same=self.same, differs=self.differs, unreadable=self.unreadable)


def places_of(warehouse: WarehouseId) -> list[PlaceOfLot]:
    """Every lot in every place of storage, as the book has it now."""
    balance = ledger.balance.c
    statement = (
        select(balance.bin_id, balance.lpn_id, balance.lot_id)
        .distinct()
        .join(Bin, Bin.id == balance.bin_id)
        .where(balance.warehouse_id == warehouse, balance.on_hand > 0, Bin.kind.in_(_KINDS), ~Bin.is_blocked)
    )
    return [PlaceOfLot(*row) for row in db.session.execute(statement)]


def has_draw(warehouse: WarehouseId, on: date) -> bool:
    """Say whether the day's places are drawn already."""
    statement = select(LabelDraw.id).where(LabelDraw.warehouse_id == warehouse, LabelDraw.drawn_on == on)
    return db.session.execute(statement).first() is not None


def open_checks(warehouse: WarehouseId, *, bin: BinId | None = None, limit: int = 50) -> list[CheckRow]:
    """List the checks to do in walk order; in one bin when it is given."""
    statement = _rows().where(LabelCheck.warehouse_id == warehouse, LabelCheck.result.is_(None))
    if bin is not None:
        statement = statement.where(LabelCheck.bin_id == bin)
    walk = (func.coalesce(Zone.walk_sequence, 0), Bin.walk_sequence, Bin.code, LabelCheck.rank)
    return [CheckRow(*row) for row in db.session.execute(statement.order_by(*walk).limit(limit))]


def page_of_checks(
    warehouse: WarehouseId, *, result: LabelResult | None = None, is_open: bool | None = None, cursor: str | None,
    size: int = PAGE_SIZE,
) -> Page[CheckRow]:  # fmt: skip
    """One page of the checks of a warehouse, the newest first."""
    statement = _rows().where(LabelCheck.warehouse_id == warehouse)
    if result is not None:
        statement = statement.where(LabelCheck.result == result)
    if is_open is not None:
        statement = statement.where(LabelCheck.result.is_(None) if is_open else LabelCheck.result.is_not(None))
    keys = [SortKey(LabelCheck.id.expression, descending=True)]
    rows = [CheckRow(*row) for row in db.session.execute(after(statement, keys, cursor, size=size))]
    return page_of(rows, size=size, values=lambda row: (row.check.id,))


def get_check(check: LabelCheckId, *, warehouse: WarehouseId) -> CheckRow:
    """Give a check of this warehouse; NotFound otherwise."""
    statement = _rows().where(LabelCheck.id == check, LabelCheck.warehouse_id == warehouse)
    found = db.session.execute(statement.execution_options(populate_existing=True)).first()
    if found is None:
        raise NotFound(kind="label_check", text=str(check))
    return CheckRow(*found)


def tasks_not_done(warehouse: WarehouseId) -> list[tuple[LabelCheckId, TaskId]]:
    """The checks of earlier draws that nobody did, with their tasks."""
    statement = select(LabelCheck.id, LabelCheck.task_id).where(
        LabelCheck.warehouse_id == warehouse, LabelCheck.result.is_(None)
    )
    return [(row[0], row[1]) for row in db.session.execute(statement.order_by(LabelCheck.id))]


def page_of_days(warehouse: WarehouseId, *, cursor: str | None, size: int = 30) -> Page[DayRow]:
    """One page of the draws of a warehouse with their figures, the newest first."""
    words = [result.value for result in LabelResult]
    counted = [func.sum(case((LabelCheck.result == word, 1), else_=0), type_=Integer).label(word) for word in words]
    waiting = func.sum(case((LabelCheck.result.is_(None) & LabelCheck.id.is_not(None), 1), else_=0), type_=Integer)
    statement: Any = (
        select(LabelDraw, *counted, waiting.label("open"))
        .outerjoin(LabelCheck, LabelCheck.draw_id == LabelDraw.id)
        .where(LabelDraw.warehouse_id == warehouse)
        .group_by(LabelDraw.id)
    )
    keys = [SortKey(LabelDraw.drawn_on, descending=True)]
    found = db.session.execute(after(statement, keys, cursor, size=size))
    rows = [DayRow(draw=row[0], **{name: int(row._mapping[name]) for name in (*words, "open")}) for row in found]
    return page_of(rows, size=size, values=lambda row: (row.draw.drawn_on,))


@dataclass(frozen=True, kw_only=True)
class Total:
    """The figures of several draws together."""

    same: int
    looked_at: int
    share: int | None


def total_of(days: Sequence[DayRow]) -> Total:
    """Add up the figures of some draws."""
    same, differs, unreadable = (sum(getattr(day, name) for day in days) for name in ("same", "differs", "unreadable"))
    return Total(
        same=same, looked_at=same + differs + unreadable,
        share=rules.share(same=same, differs=differs, unreadable=unreadable),
    )  # fmt: skip


def _rows() -> Any:
    return (
        select(LabelCheck, User.full_name)
        .outerjoin(User, User.id == LabelCheck.checked_by)
        .join(LabelCheck.bin).outerjoin(Zone, Zone.id == Bin.zone_id)
        .join(LabelCheck.lot)
        .options(
            contains_eager(LabelCheck.bin), contains_eager(LabelCheck.lot).joinedload(Lot.item),
            joinedload(LabelCheck.lpn), joinedload(LabelCheck.draw),
        )
    )  # fmt: skip
