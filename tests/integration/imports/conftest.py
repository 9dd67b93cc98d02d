"""A warehouse and a hand that brings files in, as page and command line do."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests import given
from wms.core.clock import now
from wms.core.ids import SYSTEM_USER
from wms.db import db, run_in_transaction
from wms.imports import reading, service, work
from wms.imports.models import ImportRun, RunState
from wms.imports.service.runs import Judging


@dataclass
class Hand:
    """Brings files into one warehouse; `run` is the last one."""

    site: given.Site
    folder: Path
    run: int = 0
    judging: Judging | None = None
    options: dict[str, Any] = field(default_factory=dict)

    def judge(self, kind: str, name: str, content: bytes, **answers: str) -> list[tuple[int, str, str]]:
        """Take a file in and judge it: (row, verdict, reason) of each row."""
        sha256, path = reading.keep_upload(content, data_dir=self.folder)
        read = reading.read_sheet(path, name=name, kind=kind)
        upload = service.Upload(
            kind=kind, warehouse=self.site.id, file_name=name, sha256=sha256, size_bytes=len(content), read=read,
            **self.options,
        )  # fmt: skip
        self.run = run_in_transaction(service.take_in, upload, actor=SYSTEM_USER, at=now()).id
        for question, choice in answers.items():
            run_in_transaction(service.answer, self.run, question=question, choice=choice, at=now())
        return self.judge_again()

    def judge_again(self) -> list[tuple[int, str, str]]:
        """Judge the last file again."""
        run_in_transaction(service.begin, self.run, RunState.JUDGING, actor=SYSTEM_USER, at=now())
        self.judging = work.judge_now(self.run)
        return [(d.row, d.verdict, d.reason) for d in self.judging.drafts]

    def apply(self, *, is_whole: bool = True) -> ImportRun:
        """Apply the last file."""
        run_in_transaction(
            service.begin, self.run, RunState.APPLYING, actor=SYSTEM_USER, at=now(), is_whole=is_whole
        )  # fmt: skip
        work.apply_now(self.run, actor=SYSTEM_USER, is_whole=is_whole, file_name="f.xlsx", data_dir=self.folder)
        found = db.session.get(ImportRun, self.run, populate_existing=True)
        assert found is not None
        db.session.commit()
        return found

    def facts(self, row: int) -> dict[str, Any]:
        """What the sentence of a row's verdict needs."""
        assert self.judging is not None
        return next(d.facts for d in self.judging.drafts if d.row == row)


@pytest.fixture
def hand(db: Any, tmp_path: Path) -> Hand:
    """Give a hand in a warehouse of its own."""
    return Hand(given.warehouse("MAIN"), tmp_path)
