"""Reads of imports: runs, their rows by verdict, what a heading looks like, what a run made."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import select

from wms.accounts.models import User
from wms.core.errors import NotFound
from wms.core.ids import WarehouseId
from wms.db import db
from wms.db.paging import Page, SortKey, after, page_of
from wms.imports.models import ImportRow, ImportRun
from wms.imports.rules import table
from wms.imports.rules.values import text_of

PAGE_SIZE: Final = 50
SAMPLE_ROWS: Final = 5


@dataclass(frozen=True)
class RunRow:
    """A run, and who brought it in."""

    run: ImportRun
    by: str


@dataclass(frozen=True)
class Column:
    """A column of the sheet: its word, the field it is taken for, some of its values."""

    place: int
    word: str
    field: str
    sample: list[str]


def list_runs(
    warehouse: WarehouseId, *, kinds: Collection[str], cursor: str | None = None, size: int = PAGE_SIZE
) -> Page[RunRow]:
    """List the runs of a warehouse, the newest first."""
    keys = [SortKey(ImportRun.id.expression, descending=True)]
    statement: Any = (
        select(ImportRun, User.full_name)
        .join(User, User.id == ImportRun.made_by)
        .where(ImportRun.warehouse_id == warehouse, ImportRun.kind.in_(kinds))
    )
    rows = [RunRow(row[0], row[1]) for row in db.session.execute(after(statement, keys, cursor, size=size))]
    return page_of(rows, size=size, values=lambda row: (row.run.id,))


def get_run(run_id: int) -> RunRow:
    """Give one run as it stands now; NotFound otherwise."""
    found = db.session.execute(
        select(ImportRun, User.full_name)
        .join(User, User.id == ImportRun.made_by)
        .where(ImportRun.id == run_id)
        .execution_options(populate_existing=True)
    ).first()
    if found is None:
        raise NotFound(kind="import", text=str(run_id))
    return RunRow(found[0], found[1])


def page_of_rows(
    run_id: int, *, verdict: str = "", reason: str = "", cursor: str | None = None, size: int = PAGE_SIZE
) -> Page[ImportRow]:
    """List the judged rows of a run in the order of the sheet."""
    statement: Any = select(ImportRow).where(ImportRow.run_id == run_id, ImportRow.verdict != "")
    if verdict:
        statement = statement.where(ImportRow.verdict == verdict)
    if reason:
        statement = statement.where(ImportRow.reason == reason)
    keys = [SortKey(ImportRow.row.expression)]
    statement = after(statement, keys, cursor, size=size).execution_options(populate_existing=True)
    return page_of(db.session.execute(statement).scalars().all(), size=size, values=lambda row: (row.row,))


def stream_rows(run_id: int) -> Iterator[ImportRow]:
    """Give all judged rows, page by page."""
    cursor = None
    while True:
        page = page_of_rows(run_id, cursor=cursor, size=500)
        yield from page.rows
        cursor = page.next_cursor
        if cursor is None:
            return


def first_of_reasons(run_id: int, verdict: str, reasons: Sequence[str]) -> dict[str, ImportRow]:
    """The first row of each reason, for an example of its sentence."""
    found: dict[str, ImportRow] = {}
    for reason in reasons[:30]:
        row = db.session.execute(
            select(ImportRow)
            .where(ImportRow.run_id == run_id, ImportRow.verdict == verdict, ImportRow.reason == reason)
            .order_by(ImportRow.row)
            .limit(1)
        ).scalar()
        if row is not None:
            found[reason] = row
    return found


def columns_of(run: ImportRun) -> list[Column]:
    """The columns of a run with some values of each."""
    rows = db.session.execute(
        select(ImportRow.row, ImportRow.cells)
        .where(ImportRow.run_id == run.id, ImportRow.row > run.source["heading"])
        .order_by(ImportRow.row)
        .limit(4 * SAMPLE_ROWS)
    ).all()
    heading = table.Heading(run.source["heading"], run.source["words"])
    told = table.tell_apart([(row.row, row.cells) for row in rows], heading, run.columns, run.kind)
    cells = [found for _, found in told.data[:SAMPLE_ROWS]]
    words = run.source["words"]
    width = max([len(words), len(run.columns), *(len(row) for row in cells)], default=0)
    return [
        Column(
            place,
            words[place] if place < len(words) else "",
            run.columns[place] if place < len(run.columns) else "",
            [text_of(row[place])[:40] for row in cells if place < len(row) and text_of(row[place])],
        )
        for place in range(width)
    ]


def first_rows(run: ImportRun, limit: int = 12) -> list[tuple[int, str]]:
    """The first rows of the sheet as text, to choose the heading among."""
    rows = db.session.execute(
        select(ImportRow.row, ImportRow.cells).where(ImportRow.run_id == run.id).order_by(ImportRow.row).limit(limit)
    ).all()
    return [(row.row, " | ".join(text for cell in row.cells if (text := text_of(cell)))[:80]) for row in rows]
