"""The work of a run at the edge: judged or applied here and now, or by a process of its own while the page looks on.

A short file is done in the request. A long one is given to `run.py import-work`, whose state stands in the database, so a
page that is loaded again, or another person's, sees where it is.
"""

from __future__ import annotations

import dataclasses
import json
import logging
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import update
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from wms.audit.context import acting
from wms.core.clock import now
from wms.core.errors import Unavailable, WmsError
from wms.core.ids import UserId
from wms.db import db, run_in_transaction
from wms.imports import service
from wms.imports.models import ImportRun, RunState
from wms.imports.service.drafts import Draft
from wms.imports.service.runs import Judging, parts_of, refuse_rows

if TYPE_CHECKING:
    from config import Config

log = logging.getLogger(__name__)

#: A file of so many rows is done while the person waits.
INLINE_ROWS: Final = 300
_STEP_SECONDS: Final = 0.5
_running: list[subprocess.Popen[bytes]] = []


class Progress:
    """Tells how many rows are done, from inside the one transaction that does them.

    On PostgreSQL by a connection of its own. SQLite has one writer, which is that transaction: there it is a small file
    beside the uploads, on the one host that SQLite has.
    """

    def __init__(self, run: int, *, data_dir: Path) -> None:
        self.run, self.path, self._next = run, progress_path(run, data_dir=data_dir), 0.0

    def __call__(self, done: int) -> None:
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + _STEP_SECONDS
        if db.engine.dialect.name == "sqlite":
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.path.write_text(json.dumps({"done": done}))
            return
        with db.engine.begin() as connection:
            connection.execute(update(ImportRun).where(ImportRun.id == self.run).values(done_rows=done, alive_at=now()))

    def end(self) -> None:
        """Take the file away."""
        self.path.unlink(missing_ok=True)


def progress_path(run: int, *, data_dir: Path) -> Path:
    """Where the progress of a run stands while SQLite's one writer is busy with it."""
    return data_dir / "imports" / f"progress-{run}.json"


def done_rows(run: ImportRun, *, data_dir: Path) -> int:
    """How many rows of a run are done."""
    try:
        said = json.loads(progress_path(run.id, data_dir=data_dir).read_text())
        return max(int(said["done"]), run.done_rows)
    except (OSError, ValueError, KeyError):
        return run.done_rows


# -- here and now -----------------------------------------------------------------------------------------------------
def judge_now(run: int) -> Judging:
    """Judge the rows of a run that was begun."""
    return _guarded(run, lambda: run_in_transaction(service.judge, run, at=now()))


def apply_now(run: int, *, actor: UserId, is_whole: bool, file_name: str, data_dir: Path) -> Judging:
    """Apply the rows of a run that was begun: all in one transaction, or the accepted ones in parts."""
    progress = Progress(run, data_dir=data_dir)
    try:
        with acting(actor, reason=f"import {file_name}"[:200]):
            if is_whole:
                return _guarded(
                    run, lambda: run_in_transaction(service.apply_whole, run, actor=actor, at=now(), tell=progress)
                )
            return _guarded(run, lambda: _apply_good(run, actor=actor))
    finally:
        progress.end()


def _apply_good(run: int, *, actor: UserId) -> Judging:
    judging = run_in_transaction(service.judge, run, at=now())
    run_in_transaction(_begin_again, run, actor)
    for part in parts_of(judging.frame.kind, judging.drafts):
        _apply_part(run, judging, part, actor=actor)
    run_in_transaction(service.finish, run, at=now())
    return judging


def _begin_again(run: int, actor: UserId) -> None:
    service.begin(run, RunState.APPLYING, actor=actor, at=now(), is_whole=False)


def _apply_part(run: int, judging: Judging, part: Sequence[Draft], *, actor: UserId) -> None:
    """A part that is refused is cut in two, until the one that cannot come in stands alone and is refused by name."""
    try:
        run_in_transaction(service.apply_part, run, judging.frame, part, actor=actor, at=now())
    except (WmsError, IntegrityError) as no:
        if isinstance(no, Unavailable):
            raise
        units = list(parts_of(judging.frame.kind, part)) if judging.frame.kind != "orders" else _orders(part)
        halves = _halves(units, part)
        if halves is None:
            code = no.code if isinstance(no, WmsError) else "changed_meanwhile"
            data = {k: str(v) for k, v in no.data.items()} if isinstance(no, WmsError) else {}
            run_in_transaction(refuse_rows, run, part, reason=code, facts=data)
            return
        for half in halves:
            _apply_part(run, judging, half, actor=actor)


def _orders(part: Sequence[Draft]) -> list[list[Draft]]:
    from wms.imports.service.orders import units_of_work

    return units_of_work(part)


def _halves(units: list[list[Draft]], part: Sequence[Draft]) -> tuple[list[Draft], list[Draft]] | None:
    if len(units) > 1:
        middle = len(units) // 2
        return [d for unit in units[:middle] for d in unit], [d for unit in units[middle:] for d in unit]
    if len(part) == 1 or (units and part[0].get("number") and len(units) == 1 and "number" in part[0].values):
        return None
    return list(part[: len(part) // 2]), list(part[len(part) // 2 :])


def _guarded(run: int, work: Any) -> Any:
    """Keep in the run what stops it, and let the caller know."""
    try:
        return work()
    except WmsError as no:
        if not isinstance(no, Unavailable):
            _fail(run, no.code, no.data)
        raise
    except IntegrityError:
        _fail(run, "changed_meanwhile", {})
        raise
    except Exception as broken:
        log.exception("import %s broke", run)
        if not isinstance(broken, SQLAlchemyError):
            _fail(run, "fault", {"what": type(broken).__name__})
        raise


def _fail(run: int, code: str, data: dict[str, Any]) -> None:
    db.session.rollback()
    run_in_transaction(service.fail, run, code=code, data=data, at=now())


# -- in a process of its own ------------------------------------------------------------------------------------------
def start(run: ImportRun, config: Config) -> None:
    """Let a process of its own do what the run was begun for."""
    _running[:] = [process for process in _running if process.poll() is None]
    root = Path(__file__).resolve().parents[2]
    log_path = config.data_dir / "imports" / "work.log"
    log_path.parent.mkdir(parents=True, exist_ok=True)
    with log_path.open("ab") as output:
        _running.append(
            subprocess.Popen(
                [sys.executable, str(root / "run.py"), "import-work", str(run.id)],
                stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=_environment(config), start_new_session=True,
            )
        )  # fmt: skip


def _environment(config: Config) -> dict[str, str]:
    """The settings of this process for the one that is started."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("WMS_")}
    for part in dataclasses.fields(config):
        value = getattr(config, part.name)
        if value != part.default:
            kept[f"WMS_{part.name.upper()}"] = str(int(value)) if isinstance(value, bool) else str(value)
    return kept


def carry_on(run_id: int, *, data_dir: Path) -> RunState:
    """Do what a run was begun for; the state it came to. Called by the process of its own."""
    run = db.session.get(ImportRun, run_id)
    if run is None:
        return RunState.FAILED
    actor, state, whole, name = run.applied_by or run.made_by, run.state, run.is_whole, run.file_name
    db.session.commit()
    if state is RunState.JUDGING:
        judge_now(run_id)
    elif state is RunState.APPLYING:
        apply_now(run_id, actor=actor, is_whole=whole, file_name=name, data_dir=data_dir)
    found = db.session.get(ImportRun, run_id, populate_existing=True)
    assert found is not None
    return found.state
