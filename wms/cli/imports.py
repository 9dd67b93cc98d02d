"""Spreadsheets on the command line: `run.py import` does what the page does, and prints a verdict a row."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from config import Config
from wms.cli import application, verbs

if TYPE_CHECKING:
    from wms.imports.service import Judging

KINDS = ("items", "partners", "bins", "lots", "orders", "history")


@verbs.command("import")
@click.argument("kind", type=click.Choice(KINDS))
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Judge only; nothing is changed.")
@click.option("--json", "is_json", is_flag=True, help="One line of JSON a row.")
@click.option("--site", help="Code of the warehouse; may be left out where there is one.")
@click.option(
    "--all-or-nothing/--good-rows", "is_whole", default=True, show_default=True,
    help="Apply every row or none; or the accepted rows alone.",
)  # fmt: skip
@click.option("--sheet", default="", help="Name of the sheet, where another than the likeliest is meant.")
@click.option(
    "--map", "mapped", multiple=True, metavar="HEADING=FIELD", help="What a column means; may be given many times."
)
@click.option(
    "--answer", "answers", multiple=True, metavar="QUESTION=yes|no|other",
    help="Answer a question for all rows that ask it; may be given many times.",
)  # fmt: skip
@click.option("--as", "login", help="Login of the person it is done for, with their rights; else the system's user.")
def import_file(kind: str, file: Path, dry_run: bool, is_json: bool, **said: Any) -> None:
    """Bring in a spreadsheet (XLSX, XLS, CSV) of KIND: items, partners, bins, lots, orders, history.

    Prints row, verdict, reason and values of each row. Ends with 0 when every row is accepted (and, without --dry-run, is
    in), with 1 when a row was refused or asks something, or the file was not taken.
    """
    with application(Config.from_env()) as app:
        from wms.cli.start import demand_fit_database

        demand_fit_database(app)
        judging, applied, is_done = _run(app.config["WMS"], kind, file, dry_run=dry_run, **said)
        _print(kind, judging, is_json=is_json)
        if not is_json:
            click.echo(_sum(judging, applied, dry_run=dry_run, is_done=is_done), err=True)
        if judging.counts.get("refuse") or judging.counts.get("ask"):
            raise click.exceptions.Exit(1)


def _run(
    config: Config, kind: str, file: Path, *, dry_run: bool, site: str | None, is_whole: bool, sheet: str,
    mapped: tuple[str, ...], answers: tuple[str, ...], login: str | None,
) -> tuple[Judging, int, bool]:  # fmt: skip
    """Take in, judge, apply; what the rows came to, how many are in, and whether they were applied."""
    from wms.core.clock import now
    from wms.db import db, run_in_transaction
    from wms.imports import reading, service, work
    from wms.imports.models import ImportRun, RunState

    actor, may_release = _actor(login, kind, site)
    warehouse = _site(site)
    if file.stat().st_size > reading.LIMITS.file_bytes:
        reading.read_sheet(file, name=file.name, kind=kind)  # which refuses it unread
    sha256, path = reading.keep_upload(file.read_bytes(), data_dir=config.data_dir)
    read = reading.read_sheet(path, name=file.name, kind=kind, sheet=sheet)
    upload = service.Upload(
        kind=kind, warehouse=warehouse, file_name=file.name, sha256=sha256, size_bytes=path.stat().st_size, read=read,
        may_release=may_release,
    )  # fmt: skip

    def begin() -> ImportRun:
        run = service.take_in(upload, actor=actor, at=now())
        if mapped:
            service.map_columns(run.id, columns=_mapped(run, mapped), actor=actor, at=now())
        for text in answers:
            question, _, choice = text.partition("=")
            service.answer(run.id, question=question, choice=choice, at=now())
        return service.begin(run.id, RunState.JUDGING, actor=actor, at=now())

    run = run_in_transaction(begin)
    judging = work.judge_now(run.id)
    counts = judging.counts
    is_open = bool(counts.get("refuse") or counts.get("ask"))
    if dry_run or (is_whole and is_open) or not counts.get("accept"):
        return judging, 0, False
    run_in_transaction(service.begin, run.id, RunState.APPLYING, actor=actor, at=now(), is_whole=is_whole)
    judging = work.apply_now(
        run.id, actor=actor, is_whole=is_whole, file_name=file.name, data_dir=config.data_dir
    )  # fmt: skip
    found = db.session.get(ImportRun, run.id, populate_existing=True)
    assert found is not None
    return judging, int(found.counts.get("applied", 0)), found.state is RunState.DONE


def _mapped(run: Any, mapped: tuple[str, ...]) -> list[str]:
    from wms.imports.rules.words import squeezed

    wanted = {}
    for text in mapped:
        heading, _, field = text.partition("=")
        wanted[squeezed(heading)] = field.strip()
    taken = set(wanted.values())
    columns = []
    for place, word in enumerate(run.source["words"]):
        found = run.columns[place] if place < len(run.columns) else ""
        columns.append(wanted.get(squeezed(word), "" if found in taken else found))
    return columns


def _actor(login: str | None, kind: str, site: str | None) -> tuple[Any, bool]:
    from wms.core.ids import SYSTEM_USER

    if login is None:
        return SYSTEM_USER, True
    from wms.accounts import queries
    from wms.core.errors import NotAllowed, NotFound
    from wms.imports.rights import KIND_RIGHTS

    found = queries.find_by_login(login)
    if found is None:
        raise NotFound(kind="user", text=login)
    held = queries.rights_of_user(found.id)
    where = _site(site)
    rights = held.get(None, frozenset()) | held.get(where, frozenset())
    for right in ("import.run", *KIND_RIGHTS[kind]):
        if right not in rights:
            raise NotAllowed(permission=right)
    return found.id, "quality.release" in rights


def _site(code: str | None) -> Any:
    from wms.core.errors import MissingField
    from wms.sites import queries

    if code is not None:
        from wms.cli import warehouse_id

        return warehouse_id(code)
    sites = queries.active_warehouses()
    if len(sites) != 1:
        raise MissingField(field="--site")
    return sites[0].id


def _print(kind: str, judging: Judging, *, is_json: bool) -> None:
    from wms.imports.words import reason_text

    for draft in judging.drafts:
        text = reason_text(kind, draft.verdict, draft.reason, draft.facts)
        if is_json:
            line = json.dumps(
                {
                    "row": draft.row, "verdict": draft.verdict, "reason": text, "code": draft.reason,
                    "values": draft.said,
                },
                ensure_ascii=False,
            )  # fmt: skip
        else:
            said = " ".join(f"{name}={value}" for name, value in draft.said.items())
            line = f"{draft.row}\t{draft.verdict}\t{text}\t{said}"
        sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _sum(judging: Judging, applied: int, *, dry_run: bool, is_done: bool) -> str:
    counts = judging.counts
    said = f"{counts.get('accept', 0)} accepted, {counts.get('refuse', 0)} refused, {counts.get('ask', 0)} questions"
    if dry_run:
        return f"{said}; a dry run: nothing was changed"
    return f"{said}; {applied} rows are in" if is_done else f"{said}; nothing was changed"


@verbs.command("import-work", hidden=True)
@click.argument("run", type=int)
def import_work(run: int) -> None:
    """Do what a run was begun for; started by the web process."""
    with application(Config.from_env()) as app:
        from wms.imports import work

        click.echo(f"import {run}: {work.carry_on(run, data_dir=app.config['WMS'].data_dir).value}")
