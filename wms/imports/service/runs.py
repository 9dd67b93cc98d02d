"""Verbs of a run, from the file to what came of it. Each stands in one transaction of its caller."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import bindparam, delete, insert, select, update

from wms.core.clock import local_day
from wms.core.errors import DuplicateValue, FieldErrors, MissingField, NotFound, SheetRefused, WrongState
from wms.core.ids import UserId, WarehouseId, new_id
from wms.db import db
from wms.imports.models import ImportMapping, ImportRow, ImportRun, RunState
from wms.imports.reading import SheetRead
from wms.imports.rules import table
from wms.imports.rules.words import KINDS
from wms.imports.service import bins, history, items, lots, orders
from wms.imports.service.applying import Applying
from wms.imports.service.drafts import ACCEPT, ASK, REFUSE, Draft, Frame, read_rows
from wms.sites.queries import get_warehouse

#: A process that gave no sign for so long is taken for dead, and another may go on.
SILENT: Final = timedelta(minutes=2)
#: So many rows are applied together where each stands for itself.
ROWS_AT_ONCE: Final = 500
_CHOICES: Final = frozenset({"yes", "no", "other"})
Tell = Callable[[int], None]


@dataclass(frozen=True, kw_only=True)
class Upload:
    """A file that was kept and read."""

    kind: str
    warehouse: WarehouseId
    file_name: str
    sha256: str
    size_bytes: int
    read: SheetRead
    may_release: bool = False


@dataclass
class Judging:
    """What a run's rows came to."""

    drafts: list[Draft]
    frame: Frame

    @property
    def counts(self) -> Counter[str]:
        """Rows by verdict."""
        return Counter(draft.verdict for draft in self.drafts)


# -- taking in --------------------------------------------------------------------------------------------------------
def take_in(upload: Upload, *, actor: UserId, at: datetime) -> ImportRun:
    """Keep the rows of a file, with its heading found and its columns recognised. Raises SheetRefused (nothing in it)."""
    if upload.kind not in KINDS:
        raise NotFound(kind="import", text=upload.kind)
    run = ImportRun(
        id=new_id(), kind=upload.kind, warehouse_id=upload.warehouse, file_name=upload.file_name[-160:],
        sha256=upload.sha256, size_bytes=upload.size_bytes, may_release=upload.may_release, made_by=actor, made_at=at,
        alive_at=at, answers={}, counts={}, fault="", source={}, columns=[], done_rows=0, total_rows=0, is_whole=True,
    )  # fmt: skip
    db.session.add(run)
    db.session.flush()
    _keep_rows(run, upload.read)
    return run


def read_anew(run_id: int, read: SheetRead) -> ImportRun:
    """Take another reading of the same file (another sheet, charset or delimiter) in the place of the first."""
    run = _open(run_id)
    db.session.execute(delete(ImportRow).where(ImportRow.run_id == run.id))
    _keep_rows(run, read)
    run.state, run.answers, run.counts = RunState.MAPPING, {}, {}
    return run


def _keep_rows(run: ImportRun, read: SheetRead) -> None:
    heading = table.find_heading(read.rows, run.kind)
    if not heading.row or len(read.rows) < 2:
        raise SheetRefused(why="sheet_no_rows", found=len(read.rows), needed="")
    db.session.execute(
        insert(ImportRow.__table__),  # type: ignore[arg-type]
        [
            {
                "run_id": run.id, "row": number, "cells": cells, "verdict": "", "reason": "", "facts": {}, "said": {},
                "answers": {}, "is_applied": False,
            }
            for number, cells in read.rows
        ],
    )  # fmt: skip
    run.source = read.source
    run.total_rows = len(read.rows)
    _set_heading(run, heading)


def _set_heading(run: ImportRun, heading: table.Heading) -> None:
    signature = table.signature_of(heading.words)
    kept = db.session.execute(
        select(ImportMapping.columns).where(ImportMapping.kind == run.kind, ImportMapping.signature == signature)
    ).scalar()
    run.columns = list(kept) if kept else table.map_columns(heading.words, run.kind)
    run.source = run.source | {
        "heading": heading.row, "words": heading.words, "signature": signature, "is_remembered": kept is not None,
    }  # fmt: skip


# -- mapping ----------------------------------------------------------------------------------------------------------
def map_columns(
    run_id: int, *, columns: Sequence[str] | None, heading: int | None = None, actor: UserId, at: datetime
) -> ImportRun:
    """Say where the heading stands and what each column means, and remember it. Raises FieldErrors, MissingField."""
    run = _open(run_id)
    if heading is not None and heading != run.source["heading"]:
        row = db.session.get(ImportRow, (run.id, heading))
        if row is None:
            raise FieldErrors(errors={"heading": ["not_a_choice"]})
        words = [cell.strip() if isinstance(cell, str) else "" for cell in row.cells]
        _set_heading(run, table.Heading(heading, words))
    if columns is not None:
        _check_columns(run.kind, columns)
        run.columns = list(columns)
        _remember(run, actor=actor, at=at)
        if missing := table.missing_fields(run.columns, run.kind):
            raise MissingField(field=missing[0])
    run.state, run.alive_at = RunState.MAPPING, at
    db.session.flush()
    return run


def _check_columns(kind: str, columns: Sequence[str]) -> None:
    names = {field.name for field in KINDS[kind]}
    used: set[str] = set()
    for place, name in enumerate(columns, start=1):
        if name and name not in names:
            raise FieldErrors(errors={f"column {place}": ["not_a_choice"]})
        if name and name in used:
            raise DuplicateValue(field="column", value=name)
        used.add(name)


def _remember(run: ImportRun, *, actor: UserId, at: datetime) -> None:
    signature = run.source["signature"]
    kept = db.session.execute(
        select(ImportMapping).where(ImportMapping.kind == run.kind, ImportMapping.signature == signature)
    ).scalar_one_or_none()
    if kept is None:
        made = ImportMapping(
            id=new_id(), kind=run.kind, signature=signature, columns=run.columns, made_by=actor, made_at=at
        )  # fmt: skip
        db.session.add(made)
    elif kept.columns != run.columns:
        kept.columns, kept.made_by, kept.made_at = run.columns, actor, at


# -- judging ----------------------------------------------------------------------------------------------------------
def begin(
    run_id: int, state: RunState, *, actor: UserId, at: datetime, is_whole: bool | None = None, may_release: bool = True
) -> ImportRun:
    """Say that somebody begins to judge or to apply. Raises WrongState while another does, or when it is done.

    `may_release` is of the one who applies: without it nothing of the file comes in released that is inspected.
    """
    run = _open(run_id)
    if state is RunState.APPLYING:
        if run.state not in {RunState.JUDGED, RunState.APPLYING, RunState.FAILED} or not run.counts:
            raise WrongState(subject="import", state=run.state.value, event="apply", needed=["judged"])
        if is_whole is not None:
            run.is_whole = is_whole
        if run.is_whole and (run.counts.get(REFUSE) or run.counts.get(ASK)):
            found = "refused_rows" if run.counts.get(REFUSE) else "open_questions"
            raise WrongState(subject="import", state=found, event="apply", needed=["all_accepted"])
        run.applied_by, run.may_release = actor, run.may_release and may_release
    elif missing := table.missing_fields(run.columns, run.kind):
        raise MissingField(field=missing[0])
    run.state, run.alive_at, run.done_rows, run.fault = state, at, 0, ""
    db.session.flush()
    return run


def judge(run_id: int, *, at: datetime, tell: Tell | None = None) -> Judging:
    """Judge every row against what is known now, and keep the verdicts."""
    run = _get(run_id)
    judging = _judge(run, at=at)
    _keep_verdicts(run, judging)
    run.state, run.alive_at = RunState.JUDGED, at
    db.session.flush()
    return judging


def _judge(run: ImportRun, *, at: datetime) -> Judging:
    stored = db.session.execute(
        select(ImportRow.row, ImportRow.cells, ImportRow.answers, ImportRow.is_applied)
        .where(ImportRow.run_id == run.id)
        .order_by(ImportRow.row)
    ).all()
    answers = {row.row: row.answers for row in stored}
    applied = {row.row for row in stored if row.is_applied}
    heading = table.Heading(run.source["heading"], run.source["words"])
    told = table.tell_apart([(row.row, row.cells) for row in stored], heading, run.columns, run.kind)
    run.source = run.source | {"skipped": [[one.row, one.why, one.text] for one in told.skipped[:200]]}
    frame = _frame(run, at=at)
    drafts = read_rows(
        frame, [(number, cells, answers[number]) for number, cells in told.data if number not in applied]
    )
    _JUDGES[run.kind](frame, drafts)
    return Judging(drafts, frame)


_JUDGES: Final[Mapping[str, Callable[[Frame, Sequence[Draft]], None]]] = {
    "items": items.judge_items,
    "partners": items.judge_partners,
    "bins": bins.judge_bins,
    "lots": lots.judge_lots,
    "orders": orders.judge_orders,
    "history": history.judge_history,
}


def _frame(run: ImportRun, *, at: datetime) -> Frame:
    place = get_warehouse(run.warehouse_id)
    return Frame(
        kind=run.kind, warehouse=run.warehouse_id,
        warehouse_names=[name for name in (place.code, place.name_en, place.name_zh) if name], columns=run.columns,
        words=run.source["words"],
        hints=table.unit_hints(run.source["words"], run.columns), answers=run.answers,
        today=local_day(at, place.timezone), delimiter=run.source.get("delimiter", ""), may_release=run.may_release,
    )  # fmt: skip


_VERDICT: Final = (
    update(ImportRow.__table__)  # type: ignore[arg-type]
    .where(ImportRow.__table__.c.run_id == bindparam("of_run"), ImportRow.__table__.c.row == bindparam("of_row"))
    .values(
        verdict=bindparam("verdict"), reason=bindparam("reason"), facts=bindparam("facts"), said=bindparam("said")
    )
)  # fmt: skip


def _keep_verdicts(run: ImportRun, judging: Judging) -> None:
    drafts = judging.drafts
    judged = {draft.row for draft in drafts}
    db.session.execute(
        update(ImportRow)
        .where(ImportRow.run_id == run.id, ImportRow.is_applied.is_(False), ImportRow.verdict != "")
        .values(verdict="", reason="")
        .execution_options(synchronize_session=False)
    )
    if judged:
        db.session.connection().execute(
            _VERDICT,
            [
                {
                    "of_run": run.id, "of_row": d.row, "verdict": d.verdict, "reason": d.reason[:40],
                    "facts": d.facts, "said": d.said,
                }
                for d in drafts
            ],
        )  # fmt: skip
    done = int(run.counts.get("applied", 0))
    reasons = Counter(f"{d.verdict}:{_reason_of(d)}" for d in drafts)
    run.counts = {**judging.counts, "reasons": dict(reasons), "applied": done}
    run.total_rows = len(drafts) + done


def _reason_of(draft: Draft) -> str:
    return draft.reason or "new"


def answer(
    run_id: int, *, question: str, choice: str, rows: Sequence[int] | None = None, at: datetime
) -> ImportRun:  # fmt: skip
    """Answer a question: yes, no or other, for all rows that ask it or for some; rows are judged anew afterwards.

    A choice of "" takes the answer back. Raises FieldErrors, WrongState.
    """
    run = _open(run_id)
    if choice not in _CHOICES | {""}:
        raise FieldErrors(errors={"choice": ["not_a_choice"]})
    if rows is None:
        run.answers = {
            **{name: said for name, said in run.answers.items() if name != question},
            **_said(question, choice),
        }
    else:
        for number in rows:
            row = db.session.get(ImportRow, (run.id, number), populate_existing=True)
            if row is None:
                raise NotFound(kind="row", text=str(number))
            row.answers = {**{k: v for k, v in row.answers.items() if k != question}, **_said(question, choice)}
    run.alive_at = at
    db.session.flush()
    return run


def _said(question: str, choice: str) -> dict[str, str]:
    return {question: choice} if choice else {}


# -- applying ---------------------------------------------------------------------------------------------------------
def apply_whole(run_id: int, *, actor: UserId, at: datetime, tell: Tell | None = None) -> Judging:
    """Judge once more and apply every row, or none: a row that is no longer accepted leaves all as it was."""
    run = _get(run_id)
    judging = _judge(run, at=at)
    if judging.counts.get(REFUSE) or judging.counts.get(ASK):
        _keep_verdicts(run, judging)
        run.state = RunState.JUDGED
        return judging
    done = 0
    for part in parts_of(run.kind, judging.drafts):
        _apply(run, judging.frame, part, actor=actor, at=at)
        done += len(part)
        if tell is not None:
            tell(done)
    _mark_applied(run.id, [draft.row for draft in judging.drafts])
    finish(run_id, at=at, applied=len(judging.drafts))
    return judging


def apply_part(run_id: int, frame: Frame, part: Sequence[Draft], *, actor: UserId, at: datetime) -> None:
    """Apply some accepted rows that stand for themselves, and keep that they are."""
    run = _get(run_id)
    _apply(run, frame, part, actor=actor, at=at)
    _mark_applied(run_id, [draft.row for draft in part])
    run.done_rows += len(part)
    run.counts = {**run.counts, "applied": int(run.counts.get("applied", 0)) + len(part)}
    run.alive_at = at


def parts_of(kind: str, drafts: Sequence[Draft]) -> Iterator[list[Draft]]:
    """Cut the accepted rows into parts that come in together; the rows of one order stay in one part."""
    accepted = [draft for draft in drafts if draft.verdict == ACCEPT]
    units = orders.units_of_work(accepted) if kind == "orders" else [[draft] for draft in accepted]
    part: list[Draft] = []
    for unit in units:
        if part and len(part) + len(unit) > ROWS_AT_ONCE:
            yield part
            part = []
        part = part + unit if part else list(unit)
        if kind != "orders" and len(part) == ROWS_AT_ONCE:
            yield part
            part = []
    if part:
        yield part


def _apply(run: ImportRun, frame: Frame, drafts: Sequence[Draft], *, actor: UserId, at: datetime) -> None:
    applying = Applying(run=run.id, sha256=run.sha256, actor=actor, at=at)
    if run.kind == "items":
        items.apply_items(drafts, applying)
    elif run.kind == "partners":
        items.apply_partners(drafts, applying)
    elif run.kind == "bins":
        bins.apply_bins(frame, drafts, applying)
    elif run.kind == "lots":
        lots.apply_lots(frame, drafts, applying)
    elif run.kind == "orders":
        orders.apply_orders(frame, drafts, applying)
    else:
        history.apply_history(frame, drafts, applying)


def _mark_applied(run_id: int, rows: Sequence[int]) -> None:
    for start in range(0, len(rows), 500):
        db.session.execute(
            update(ImportRow)
            .where(ImportRow.run_id == run_id, ImportRow.row.in_(rows[start : start + 500]))
            .values(is_applied=True)
            .execution_options(synchronize_session=False)
        )


def refuse_rows(run_id: int, drafts: Sequence[Draft], *, reason: str, facts: dict[str, Any]) -> None:
    """Keep that rows were refused when they were to be applied."""
    run = _get(run_id)
    for draft in drafts:
        draft.refuse(reason, **facts)
        row = db.session.get(ImportRow, (run.id, draft.row), populate_existing=True)
        assert row is not None
        row.verdict, row.reason, row.facts = REFUSE, reason[:40], facts
    counts = dict(run.counts)
    counts[ACCEPT] = int(counts.get(ACCEPT, 0)) - len(drafts)
    counts[REFUSE] = int(counts.get(REFUSE, 0)) + len(drafts)
    run.counts = counts


def finish(run_id: int, *, at: datetime, applied: int | None = None) -> None:
    """Say that the rows are in."""
    run = _get(run_id)
    run.state, run.alive_at, run.applied_at = RunState.DONE, at, at
    if applied is not None:
        run.done_rows = applied
        run.counts = {**run.counts, "applied": int(run.counts.get("applied", 0)) + applied}


def fail(run_id: int, *, code: str, data: Mapping[str, Any], at: datetime) -> None:
    """Keep what stopped a run; what was applied before is kept and not applied again."""
    run = _get(run_id)
    run.state, run.alive_at = RunState.FAILED, at
    run.fault = json.dumps({"code": code, "data": {k: str(v)[:200] for k, v in data.items()}}, ensure_ascii=False)[
        :1000
    ]


def drop(run_id: int) -> None:
    """Throw away a run that changed nothing; its file stays. Raises WrongState when rows of it are applied."""
    run = _open(run_id)
    if run.counts.get("applied"):
        raise WrongState(subject="import", state="applied", event="drop", needed=["judged"])
    db.session.execute(delete(ImportRow).where(ImportRow.run_id == run.id))
    db.session.delete(run)
    db.session.flush()


def is_silent(run: ImportRun, at: datetime) -> bool:
    """Say whether the process that works on a run seems to be gone."""
    return run.state in {RunState.JUDGING, RunState.APPLYING} and run.alive_at < at - SILENT


def _get(run_id: int) -> ImportRun:
    run = db.session.get(ImportRun, run_id, populate_existing=True)
    if run is None:
        raise NotFound(kind="import", text=str(run_id))
    return run


def _open(run_id: int) -> ImportRun:
    """A run that nobody works on and that is not done; its row is ours until the end."""
    from wms.core.clock import now

    run = db.session.execute(
        select(ImportRun).where(ImportRun.id == run_id).with_for_update().execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if run is None:
        raise NotFound(kind="import", text=str(run_id))
    if run.state is RunState.DONE:
        raise WrongState(subject="import", state="done", event="change", needed=["judged"])
    if run.state in {RunState.JUDGING, RunState.APPLYING} and not is_silent(run, now()):
        raise WrongState(subject="import", state=run.state.value, event="change", needed=["judged"])
    return run
