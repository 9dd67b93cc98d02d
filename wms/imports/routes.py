"""Desk pages of imports: upload, columns, verdicts, questions, apply, result; templates to fill in."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from flask import Blueprint, Response, current_app, flash, make_response, redirect, render_template, request, url_for
from flask_babel import get_locale, gettext
from werkzeug.wsgi import FileWrapper

from wms.core.clock import now
from wms.core.errors import MissingField
from wms.db import run_in_transaction
from wms.imports import queries, schemas, service, words, work
from wms.imports.charset import CHARSETS
from wms.imports.edge import data_dir, demand_kind, own_run, read_upload, reread
from wms.imports.limits import LIMITS, MB
from wms.imports.models import ImportRow, ImportRun, RunState
from wms.imports.rights import KIND_RIGHTS, RUN
from wms.imports.rules.words import KINDS, LANGUAGES, template_fields
from wms.imports.service.runs import is_silent
from wms.web import auth
from wms.web.auth import actor_id, current_warehouse, requires
from wms.web.forms import parse_form, parse_query
from wms.web.sheets import Cell, to_csv, to_xlsx

bp = Blueprint("imports", __name__)

_XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


# -- upload -----------------------------------------------------------------------------------------------------------
@bp.get("/setup/import")
@requires(RUN)
def imports() -> Any:
    """Ask for a file, and list what came in before."""
    wanted = parse_query(schemas.RunsIn())
    mine = _my_kinds()
    return render_template(
        "imports/imports.html", kinds=[(kind, words.KIND_WORDS[kind]) for kind in mine], hints=words.KIND_HINTS,
        page=queries.list_runs(current_warehouse(), kinds=mine, cursor=wanted["cursor"] or None), words=words,
        most_mb=LIMITS.file_bytes // MB, most_rows=LIMITS.rows, template_languages=_languages(),
    )  # fmt: skip


def _my_kinds() -> list[str]:
    return [kind for kind in KINDS if all(auth.permitted(right) for right in KIND_RIGHTS[kind])]


@bp.post("/setup/import")
@requires(RUN)
def upload() -> Any:
    """Keep a file, read it in a process of its own, and lead to its columns."""
    kind = parse_form(schemas.KindIn())["kind"]
    demand_kind(kind)
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        raise MissingField(field="file")
    name = Path(sent.filename.replace("\\", "/")).name
    made = run_in_transaction(service.take_in, read_upload(kind, name, sent.read()), actor=actor_id(), at=now())
    return redirect(url_for("imports.one", run_id=made.id))


# -- one run ----------------------------------------------------------------------------------------------------------
@bp.get("/setup/import/<int:run_id>")
@requires(RUN)
def one(run_id: int) -> Any:
    """Show a run where it stands: its columns, its progress, its verdicts, what came of it."""
    run = own_run(run_id)
    wanted = parse_query(schemas.RowsIn())
    is_judged = run.state in {RunState.JUDGED, RunState.DONE, RunState.FAILED} and bool(run.counts)
    return render_template(
        "imports/run.html", run=run, by=queries.get_run(run_id).by, words=words, wanted=wanted,
        columns=queries.columns_of(run) if not is_judged or request.args.get("columns") else [],
        first_rows=queries.first_rows(run), fields=[(f.name, words.field_word(run.kind, f.name)) for f in KINDS[run.kind]],
        charsets=[(name, name.upper()) for name in CHARSETS],
        page=queries.page_of_rows(run.id, verdict=wanted["verdict"], reason=wanted["reason"], cursor=wanted["cursor"] or None)
        if is_judged else None,
        questions=_questions(run) if run.state is RunState.JUDGED else [], refusals=_refusals(run) if is_judged else [],
        is_judged=is_judged, is_silent=is_silent(run, now()), done=work.done_rows(run, data_dir=data_dir()),
        text_of=_text_of(run), results=_results(run), needed={f.name for f in KINDS[run.kind] if f.is_required},
    )  # fmt: skip


@bp.get("/setup/import/<int:run_id>/progress")
@requires(RUN)
def progress(run_id: int) -> Any:
    """Show how far the work on a run is; the whole page is loaded anew when it is over."""
    run = own_run(run_id)
    if run.state not in {RunState.JUDGING, RunState.APPLYING} or is_silent(run, now()):
        response = make_response("")
        response.headers["HX-Redirect"] = url_for("imports.one", run_id=run.id)
        return response
    return render_template("imports/_progress.html", run=run, done=work.done_rows(run, data_dir=data_dir()))


def _text_of(run: ImportRun) -> Any:
    return lambda row: words.reason_text(run.kind, row.verdict, row.reason, row.facts)


def _by_reason(run: ImportRun, verdict: str) -> list[tuple[str, int, ImportRow]]:
    """(reason, how many rows, the first of them), the commonest first."""
    counts = {
        name.partition(":")[2]: count
        for name, count in run.counts.get("reasons", {}).items()
        if name.startswith(f"{verdict}:")
    }
    ordered = sorted(counts, key=lambda name: -counts[name])
    first = queries.first_of_reasons(run.id, verdict, ordered)
    return [(name, counts[name], first[name]) for name in ordered if name in first]


def _questions(run: ImportRun) -> list[tuple[str, int, ImportRow]]:
    return [one for one in _by_reason(run, "ask") if one[0] not in words.WAITING]


def _refusals(run: ImportRun) -> list[tuple[str, int, ImportRow]]:
    return _by_reason(run, "refuse")


def _results(run: ImportRun) -> list[tuple[Any, str]]:
    """Where to see what came in."""
    if run.state is not RunState.DONE:
        return []
    pages = {
        "items": [(gettext("Items"), url_for("catalog.items"))],
        "partners": [(gettext("Partners"), url_for("catalog.partners"))],
        "bins": [(gettext("Bins"), url_for("sites.bins"))],
        "lots": [(gettext("Stock"), url_for("stock.stock"))],
        "orders": [(gettext("Orders"), url_for("picking.orders"))],
        "history": [],
    }
    return pages[run.kind]


# -- columns ----------------------------------------------------------------------------------------------------------
@bp.post("/setup/import/<int:run_id>/columns")
@requires(RUN)
def map_columns(run_id: int) -> Any:
    """Say what the columns mean, and judge the rows."""
    own_run(run_id)
    form = parse_form(schemas.MapIn())
    columns = [name.strip() for name in form["column"]] or None

    def verb() -> ImportRun:
        run = queries.get_run(run_id).run
        is_moved = form["heading"] not in (None, run.source["heading"])
        service.map_columns(
            run_id, columns=None if is_moved else columns, heading=form["heading"], actor=actor_id(), at=now()
        )
        return run if is_moved else service.begin(run_id, RunState.JUDGING, actor=actor_id(), at=now())

    run = run_in_transaction(verb)
    return _worked(run)


@bp.post("/setup/import/<int:run_id>/read")
@requires(RUN)
def read_anew(run_id: int) -> Any:
    """Read the file anew: another sheet, another charset or delimiter."""
    run = own_run(run_id)
    form = parse_form(schemas.ReadIn())
    run_in_transaction(service.read_anew, run.id, reread(run, form))
    return redirect(url_for("imports.one", run_id=run_id))


# -- verdicts ---------------------------------------------------------------------------------------------------------
@bp.post("/setup/import/<int:run_id>/judge")
@requires(RUN)
def judge(run_id: int) -> Any:
    """Judge the rows anew, against what is known now."""
    own_run(run_id)
    return _worked(run_in_transaction(service.begin, run_id, RunState.JUDGING, actor=actor_id(), at=now()))


@bp.post("/setup/import/<int:run_id>/answer")
@requires(RUN)
def answer(run_id: int) -> Any:
    """Answer a question, for all rows that ask it or for one, and judge anew."""
    own_run(run_id)
    form = parse_form(schemas.AnswerIn())

    def verb() -> ImportRun:
        rows = [form["row"]] if form["row"] is not None else None
        service.answer(run_id, question=form["question"], choice=form["choice"], rows=rows, at=now())
        return service.begin(run_id, RunState.JUDGING, actor=actor_id(), at=now())

    return _worked(run_in_transaction(verb))


@bp.post("/setup/import/<int:run_id>/apply")
@requires(RUN)
def apply(run_id: int) -> Any:
    """Apply: every row or none, or the accepted rows alone."""
    own_run(run_id)
    is_whole = parse_form(schemas.ApplyIn())["mode"] == "whole"
    return _worked(
        run_in_transaction(
            service.begin, run_id, RunState.APPLYING, actor=actor_id(), at=now(), is_whole=is_whole,
            may_release=auth.permitted("quality.release"),
        )
    )  # fmt: skip


@bp.post("/setup/import/<int:run_id>/drop")
@requires(RUN)
def drop(run_id: int) -> Any:
    """Throw a run away that changed nothing."""
    own_run(run_id)
    run_in_transaction(service.drop, run_id)
    flash(gettext("The import is thrown away; nothing was changed."))
    return redirect(url_for("imports.imports"))


def _worked(run: ImportRun) -> Any:
    """Do what was begun: at once when it is short, else in a process of its own."""
    if run.state in {RunState.JUDGING, RunState.APPLYING}:
        if run.total_rows > work.INLINE_ROWS:
            work.start(run, current_app.config["WMS"])
        elif run.state is RunState.JUDGING:
            work.judge_now(run.id)
        else:
            work.apply_now(
                run.id, actor=actor_id(), is_whole=run.is_whole, file_name=run.file_name, data_dir=data_dir()
            )  # fmt: skip
    return redirect(url_for("imports.one", run_id=run.id))


@bp.get("/setup/import/<int:run_id>/verdicts.<any(xlsx, csv):form>")
@requires(RUN)
def verdicts(run_id: int, form: str) -> Response:
    """Export the verdict of each row."""
    run = own_run(run_id)
    names = [name for name in run.columns if name]
    heading = [gettext("Row"), gettext("Outcome"), gettext("Reason"), *(words.field_word(run.kind, n) for n in names)]

    def rows() -> Iterator[Sequence[Cell]]:
        for row in queries.stream_rows(run.id):
            text = words.reason_text(run.kind, row.verdict, row.reason, row.facts)
            said = [_cell(row.said.get(name)) for name in names]
            yield (row.row, str(words.VERDICTS[row.verdict]), text, *said)

    return _file(f"verdicts-{run.id}", gettext("Verdicts"), form, heading, rows())


def _cell(value: Any) -> Cell:
    return ", ".join(value) if isinstance(value, list) else "" if value is None else str(value)


@bp.get("/setup/import/templates/<any(items, partners, bins, lots, orders, history):kind>.<any(xlsx, csv):form>")
@requires(RUN)
def template(kind: str, form: str) -> Response:
    """Give an empty sheet with the headings of a kind in a language."""
    wanted = parse_query(schemas.TemplateIn())["language"]
    language = wanted if wanted in LANGUAGES else str(get_locale() or "en")
    heading = [field.heading(language) for field in template_fields(kind)]
    return _file(f"{kind}-{language}", str(words.KIND_WORDS[kind]), form, heading, iter(()))


def _languages() -> list[tuple[str, str]]:
    return [("zh_Hans_CN", "简体"), ("zh_Hant_TW", "繁體"), ("en", "English"), ("de", "Deutsch")]


def _file(name: str, title: str, form: str, heading: Sequence[str], rows: Iterator[Sequence[Cell]]) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}.{form}"'}
    if form == "csv":
        return Response(b"".join(to_csv(heading, rows)), mimetype="text/csv", headers=headers)
    file = to_xlsx(title, heading, rows)
    response = Response(FileWrapper(file), mimetype=_XLSX, headers=headers, direct_passthrough=True)
    response.call_on_close(file.close)
    return response
