"""Reads of recalls themselves: the list, one, its clocks, versions and classes."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload, selectinload

from wms.core.errors import NotFound
from wms.core.ids import HoldCaseId, LotId, RecallId, RecallVersionId, WarehouseId
from wms.db import db
from wms.db.paging import Page, SortKey, after, page_of
from wms.quality.laying import parts_of
from wms.recall.models import (
    Recall,
    RecallClock,
    RecallLevelChange,
    RecallLot,
    RecallPolicy,
    RecallReport,
    RecallVersion,
    ReportKind,
)
from wms.recall.rules.classes import DEFAULTS, RecallClass
from wms.recall.rules.steps import RecallState, RecallStep, next_step
from wms.stock.models import Hold, HoldScope


def classes() -> dict[str, RecallClass]:
    """Every class of recalls of this site by its code: those of the program, and what the site says of them or adds."""
    found = {one.code: one for one in DEFAULTS}
    for row in db.session.execute(select(RecallPolicy).order_by(RecallPolicy.code)).scalars():
        base = found.get(row.code, RecallClass(code=row.code, name_en=row.name_en, name_zh=row.name_zh))
        found[row.code] = replace(
            base, name_en=row.name_en, name_zh=row.name_zh, stop_hours=row.stop_hours, hold_hours=row.hold_hours,
            notify_hours=row.notify_hours, report_hours=row.report_hours, progress_hours=row.progress_hours,
            close_hours=row.close_hours, check_level=row.check_level.value, is_active=row.is_active,
        )  # fmt: skip
    return found


def get_class(code: str) -> RecallClass:
    """A class by its code; NotFound."""
    found = classes().get(code)
    if found is None:
        raise NotFound(kind="recall_class", text=code)
    return found


def find_recall(recall: RecallId, *, is_locked: bool = False) -> Recall:
    """A recall, for a verb locked until the commit; NotFound."""
    found = db.session.get(Recall, recall, with_for_update=is_locked or None, populate_existing=is_locked)
    if found is None:
        raise NotFound(kind="recall", text=str(recall))
    return found


def clocks_of(recall: RecallId) -> list[RecallClock]:
    """The steps of a recall in their order, with their due times."""
    statement = select(RecallClock).where(RecallClock.recall_id == recall).order_by(RecallClock.position)
    return list(db.session.execute(statement.execution_options(populate_existing=True)).scalars())


def done_steps(recall: RecallId) -> frozenset[RecallStep]:
    """The steps that are done."""
    statement = select(RecallClock.step).where(RecallClock.recall_id == recall, RecallClock.done_at.is_not(None))
    return frozenset(db.session.execute(statement).scalars())


def versions_of(recall: RecallId) -> list[RecallVersion]:
    """The versions of its scope, the first first."""
    statement = select(RecallVersion).where(RecallVersion.recall_id == recall).order_by(RecallVersion.number)
    return list(db.session.execute(statement.execution_options(populate_existing=True)).scalars())


def current_version(recall: RecallId) -> RecallVersion | None:
    """The version with the highest number; None before one is frozen."""
    found = versions_of(recall)
    return found[-1] if found else None


def lots_of(version: RecallVersionId) -> set[LotId]:
    """The lots of a frozen scope."""
    return set(db.session.execute(select(RecallLot.lot_id).where(RecallLot.version_id == version)).scalars())


def scope_lots(recall: RecallId) -> set[LotId]:
    """The lots of the version in force."""
    version = current_version(recall)
    return lots_of(version.id) if version else set()


def cases_of(recall: RecallId) -> set[HoldCaseId]:
    """The hold cases that its versions placed."""
    statement = select(RecallVersion.case_id).where(
        RecallVersion.recall_id == recall, RecallVersion.case_id.is_not(None)
    )
    return {HoldCaseId(one) for one in db.session.execute(statement).scalars() if one is not None}


def held_lots(recall: RecallId) -> set[LotId]:
    """The lots under an open hold of this recall."""
    cases = cases_of(recall)
    if not cases:
        return set()
    statement = select(Hold.lot_id).where(
        Hold.case_id.in_(cases), Hold.lifted_at.is_(None), Hold.scope == HoldScope.LOT
    )
    return set(db.session.execute(statement).scalars())


def open_recalls_of(lots: Collection[LotId]) -> list[Recall]:
    """The open recalls in earnest of which some version has one of these lots."""
    found: dict[int, Recall] = {}
    for part in parts_of(sorted(lots)):
        statement = (
            select(Recall)
            .where(
                Recall.state == RecallState.OPEN, Recall.is_mock.is_(False),
                Recall.id.in_(
                    select(RecallVersion.recall_id)
                    .join(RecallLot, RecallLot.version_id == RecallVersion.id)
                    .where(RecallLot.lot_id.in_(part))
                ),
            )
            .order_by(Recall.id)
        )  # fmt: skip
        found |= {one.id: one for one in db.session.execute(statement).scalars()}
    return list(found.values())


def open_recall_of_case(case: HoldCaseId) -> Recall | None:
    """The open recall that placed a hold case."""
    statement = (
        select(Recall)
        .join(RecallVersion, RecallVersion.recall_id == Recall.id)
        .where(RecallVersion.case_id == case, Recall.state == RecallState.OPEN)
    )
    return db.session.execute(statement).scalar_one_or_none()


def reports_of(recall: RecallId) -> list[RecallReport]:
    """Its reports, the first first."""
    return list(
        db.session.execute(
            select(RecallReport).where(RecallReport.recall_id == recall).order_by(RecallReport.number)
        ).scalars()
    )


def prepared_report(recall: RecallId) -> RecallReport | None:
    """The closing report as it was prepared last, for another person to close by."""
    return db.session.execute(
        select(RecallReport)
        .where(RecallReport.recall_id == recall, RecallReport.kind == ReportKind.PREPARED)
        .order_by(RecallReport.number.desc())
        .limit(1)
    ).scalar_one_or_none()


def level_changes_of(recall: RecallId) -> list[RecallLevelChange]:
    """The changes of the depth of its checks that were asked for after the approval, the first first."""
    return list(
        db.session.execute(
            select(RecallLevelChange)
            .where(RecallLevelChange.recall_id == recall)
            .order_by(RecallLevelChange.id)
            .options(joinedload(RecallLevelChange.asker))
            .execution_options(populate_existing=True)
        ).scalars()
    )


def level_change_of(recall: RecallId) -> RecallLevelChange | None:
    """The newest of them, the one that counts: in force when it is signed."""
    found = level_changes_of(recall)
    return found[-1] if found else None


@dataclass(frozen=True, kw_only=True)
class RecallRow:
    """A line of the list of recalls."""

    id: RecallId
    number: str
    is_mock: bool
    state: RecallState
    class_code: str
    reason: str
    opened_at: datetime
    closed_at: datetime | None
    versions: int
    lots: int
    #: The first step that is not done, and by when it is due.
    step: RecallStep | None
    due_at: datetime | None


def page_of_recalls(
    *,
    warehouses: Collection[WarehouseId] | None = None, state: RecallState | None = None, is_mock: bool | None = None, words: str = "", cursor: str | None = None,
    size: int = 50,
) -> Page[RecallRow]:  # fmt: skip
    """List recalls, the newest first: three statements."""
    statement: Any = select(Recall)
    if warehouses is not None:
        statement = statement.where(Recall.warehouse_id.in_(warehouses))
    if state is not None:
        statement = statement.where(Recall.state == state)
    if is_mock is not None:
        statement = statement.where(Recall.is_mock.is_(is_mock))
    if words:
        small = words.lower()
        statement = statement.where(
            func.lower(Recall.number).contains(small, autoescape=True)
            | func.lower(Recall.reason).contains(small, autoescape=True)
        )
    statement = statement.options(selectinload(Recall.clocks), selectinload(Recall.versions))
    key = SortKey(Recall.id.expression, descending=True)
    rows = [(one,) for one in db.session.execute(after(statement, [key], cursor, size=size)).scalars()]
    page = page_of(rows, size=size, values=lambda row: (row[0].id,))
    current = {one.id: one.versions[-1].id for (one,) in page.rows if one.versions}
    counts: dict[int, int] = {}
    if current:
        counts = {
            row[0]: int(row[1])
            for row in db.session.execute(
                select(RecallLot.version_id, func.count())
                .where(RecallLot.version_id.in_(current.values()))
                .group_by(RecallLot.version_id)
            )
        }
    return Page(
        rows=[_row(one, counts.get(current.get(one.id, 0), 0)) for (one,) in page.rows], next_cursor=page.next_cursor
    )


def _row(recall: Recall, lots: int) -> RecallRow:
    done = {clock.step for clock in recall.clocks if clock.done_at is not None}
    step = next_step(done, is_mock=recall.is_mock) if recall.state is RecallState.OPEN else None
    waiting = next((clock for clock in recall.clocks if clock.step is step), None)
    return RecallRow(
        id=recall.id, number=recall.number, is_mock=recall.is_mock, state=recall.state, class_code=recall.class_code,
        reason=recall.reason, opened_at=recall.opened_at, closed_at=recall.closed_at, versions=len(recall.versions),
        lots=lots, step=waiting.step if waiting else None, due_at=waiting.due_at if waiting else None,
    )  # fmt: skip
