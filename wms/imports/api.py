"""Imports for machines: send a file, read the verdicts, answer, apply."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import after_this_request, current_app, request

from wms.audit.context import acting
from wms.core.clock import now
from wms.core.errors import NotAllowed
from wms.db.paging import Page
from wms.imports import queries, schemas, service, words, work
from wms.imports.edge import demand_kind, own_run, read_upload, reread
from wms.imports.models import ImportRow, ImportRun, RunState
from wms.imports.rights import KIND_RIGHTS, RUN
from wms.imports.rules.words import KINDS
from wms.web import api, auth
from wms.web.api import reads, writes
from wms.web.auth import actor_id, current_warehouse, requires

bp = api.blueprint("imports_api", __name__)


@dataclass(frozen=True)
class _Row:
    """A row with its reason in words."""

    row: int
    verdict: str
    reason: str
    text: str
    said: dict[str, Any]
    is_applied: bool


@bp.get("/imports")
@requires(RUN)
@reads(answer=schemas.ImportOut(), paged=True)
def imports(query: dict[str, Any]) -> Page[ImportRun]:
    """List the imports of a warehouse that the key may make, the newest first."""
    mine = [kind for kind in KINDS if all(auth.permitted(right) for right in KIND_RIGHTS[kind])]
    page = queries.list_runs(current_warehouse(), kinds=mine, cursor=query["cursor"], size=query["limit"])
    return Page(rows=[row.run for row in page.rows], next_cursor=page.next_cursor)


@bp.get("/imports/<int:import_id>")
@requires(RUN)
@reads(answer=schemas.ImportOut())
def one(import_id: int) -> ImportRun:
    """Give an import: where it stands, its columns, its counts.

    `state` goes from `mapping` over `judging` and `judged` to `applying` and `done`; `failed` has its reason in `fault`.
    """
    return own_run(import_id)


@bp.get("/imports/<int:import_id>/rows")
@requires(RUN)
@reads(query=schemas.ImportRowsQuery(), answer=schemas.ImportRowOut(), paged=True)
def rows(import_id: int, query: dict[str, Any]) -> Page[_Row]:
    """List the verdicts in the order of the sheet."""
    run = own_run(import_id)
    page = queries.page_of_rows(
        run.id, verdict=query["verdict"], reason=query["reason"], cursor=query["cursor"], size=query["limit"]
    )
    return Page(rows=[_told(run, row) for row in page.rows], next_cursor=page.next_cursor)


def _told(run: ImportRun, row: ImportRow) -> _Row:
    text = words.reason_text(run.kind, row.verdict, row.reason, row.facts)
    return _Row(row.row, row.verdict, row.reason, text, row.said, row.is_applied)


def _read(values: dict[str, Any]) -> service.Upload:
    if not auth.permitted(RUN):
        raise NotAllowed(permission=RUN)
    demand_kind(values["kind"])
    how = {name: values[name] for name in ("sheet", "charset", "delimiter")}
    return read_upload(values["kind"], values["file_name"], values["content"], **how)


@bp.post("/imports")
@requires(RUN)
@writes(
    body=schemas.ImportIn(), answer=schemas.ImportOut(), status=201, offers=("imports.upload",), prepares=_read,
    body_bytes_max=schemas.FILE_BODY_BYTES,
)  # fmt: skip
def upload(values: Any) -> ImportRun:
    """Send a file, as base64; it is read and its columns are recognised, and nothing is changed yet.

    Kinds: items, partners, bins, lots (with opening stock), orders, history. A file that is hostile, damaged or of
    another kind than its name says is refused. POST /imports/{id}/judge comes next, or /columns before it.
    """
    return service.take_in(values, actor=actor_id(), at=now())


@bp.post("/imports/<int:import_id>/columns")
@requires(RUN)
@writes(body=schemas.MapPost(), answer=schemas.ImportOut(), offers=("imports.map_columns",))
def map_columns(import_id: int, values: dict[str, Any]) -> ImportRun:
    """Say what the columns mean; it is remembered for files with the same heading. Judge afterwards."""
    own_run(import_id)
    return service.map_columns(
        import_id, columns=values["columns"], heading=values["heading_row"], actor=actor_id(), at=now()
    )


def _read_kept(values: dict[str, Any]) -> Any:
    run = own_run(int((request.view_args or {})["import_id"]))
    return reread(run, values)


@bp.post("/imports/<int:import_id>/read")
@requires(RUN)
@writes(body=schemas.ReadPost(), answer=schemas.ImportOut(), offers=("imports.read_anew",), prepares=_read_kept)
def read_anew(import_id: int, values: Any) -> ImportRun:
    """Read the file anew: another sheet, another charset or delimiter."""
    return service.read_anew(import_id, values)


@bp.post("/imports/<int:import_id>/judge")
@requires(RUN)
@writes(answer=schemas.ImportOut(), offers=("imports.judge",))
def judge(import_id: int) -> ImportRun:
    """Judge every row: accept, refuse or ask, with the reason. Nothing is changed.

    A long file is judged by a process of its own: the answer then has the state `judging`, and GET tells how far it is.
    """
    own_run(import_id)
    run = service.begin(import_id, RunState.JUDGING, actor=actor_id(), at=now())
    return _worked(run, lambda: service.judge(import_id, at=now()))


@bp.post("/imports/<int:import_id>/answer")
@requires(RUN)
@writes(body=schemas.AnswerPost(), answer=schemas.ImportOut(), offers=("imports.answer",))
def answer(import_id: int, values: dict[str, Any]) -> ImportRun:
    """Answer a question of rows that ask, all of one kind or some rows, and judge anew."""
    own_run(import_id)
    service.answer(
        import_id, question=values["question"], choice=values["choice"], rows=values["rows"], at=now()
    )  # fmt: skip
    run = service.begin(import_id, RunState.JUDGING, actor=actor_id(), at=now())
    return _worked(run, lambda: service.judge(import_id, at=now()))


@bp.post("/imports/<int:import_id>/apply")
@requires(RUN)
@writes(body=schemas.ApplyPost(), answer=schemas.ImportOut(), offers=("imports.apply",))
def apply(import_id: int, values: dict[str, Any]) -> ImportRun:
    """Apply a judged import: every row or none, or the accepted rows alone.

    The same file again changes nothing. A long file, and one of which only the accepted rows are applied, is worked on by
    a process of its own: the answer then has the state `applying`.
    """
    own_run(import_id)
    is_whole = values["is_whole"]
    run = service.begin(
        import_id, RunState.APPLYING, actor=actor_id(), at=now(), is_whole=is_whole,
        may_release=auth.permitted("quality.release"),
    )  # fmt: skip

    def here() -> None:
        with acting(actor_id(), reason=f"import {run.file_name}"[:200]):
            service.apply_whole(import_id, actor=actor_id(), at=now())

    return _worked(run, here if is_whole else None)


@bp.post("/imports/<int:import_id>/drop")
@requires(RUN)
@writes(offers=("imports.drop",))
def drop(import_id: int) -> None:
    """Throw an import away that changed nothing."""
    own_run(import_id)
    service.drop(import_id)


def _worked(run: ImportRun, here: Callable[[], Any] | None) -> ImportRun:
    """Do it in this transaction when it is short; else start a process of its own once this is committed."""
    if here is not None and run.total_rows <= work.INLINE_ROWS:
        here()
        return queries.get_run(run.id).run
    config = current_app.config["WMS"]

    @after_this_request
    def start(response: Any) -> Any:
        if response.status_code < 300:
            work.start(run, config)
        return response

    return run
