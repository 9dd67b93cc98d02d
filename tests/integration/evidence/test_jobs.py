"""The jobs of evidence: they seal, they tell of what is broken and that it is mended, and the command line says the same."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, text

from tests import given
from tests.integration.evidence.sealing import conclude, tamper
from wms.alerts.models import Alert, AlertKind, AlertState
from wms.alerts.sentences import sentence
from wms.evidence import anchor, queries
from wms.evidence.models import SealCheck
from wms.jobs import runner
from wms.jobs.schedule import get


def test_a_broken_record_raises_an_alert_and_a_mended_one_settles_it(db: Any) -> None:
    conclude()
    assert runner.run_now(get("seal")).state == "done"
    assert runner.run_now(get("verify")).result["faults"] == 0
    tamper(db, "UPDATE stock_posting SET note = 'x' WHERE seq = 1")
    assert runner.run_now(get("verify")).result["faults"] == 1
    (alert,) = db.session.execute(select(Alert).where(Alert.kind == AlertKind.RECORDS_BROKEN)).scalars()
    assert alert.state is AlertState.OPEN and "posting 1: changed after it was sealed" in sentence(alert)
    tamper(db, "UPDATE stock_posting SET note = '' WHERE seq = 1")
    runner.run_now(get("verify"))
    (alert,) = db.session.execute(select(Alert).where(Alert.kind == AlertKind.RECORDS_BROKEN)).scalars()
    assert alert.state is AlertState.RESOLVED
    checks = list(db.session.execute(select(SealCheck).order_by(SealCheck.id)).scalars())
    assert [check.faults for check in checks] == [0, 1, 0]


def test_the_job_of_sealing_stops_loudly_when_the_database_is_behind(db: Any) -> None:
    conclude()
    runner.run_now(get("seal"))
    tamper(db, "DELETE FROM seal_member", "DELETE FROM seal_block")
    outcome = runner.run_now(get("seal"))
    assert outcome.state == "failed" and "DatabaseBehindAnchor" in outcome.error
    assert queries.last_block() is None and len(anchor.read().lines) == 1


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_command_line_seals_verifies_and_exports(
    app: Flask, config: Any, tmp_path: Any, capsys: Any, monkeypatch: Any
) -> None:
    from wms import cli

    monkeypatch.setattr("config.Config.from_env", classmethod(lambda cls: config))
    with app.app_context():
        conclude()

    def say(*words: str) -> tuple[int, str]:
        code = cli.main(lambda _config: app, list(words))
        return code, capsys.readouterr().out

    assert say("seal")[1].endswith("\n") and say("verify")[0] == 0
    code, said = say("evidence-export", str(tmp_path / "out"))
    assert code == 0 and "in 1 blocks" in said and (tmp_path / "out" / "verify_export.py").exists()
    assert say("evidence-export", str(tmp_path / "out"))[0] == 1
    with app.app_context():
        from wms.db import db

        tamper(db, "DELETE FROM audit_entry WHERE seq = 2")
    code, said = say("verify")
    assert code == 1 and said.startswith("BROKEN audit 2: sealed, and not there any more (block 1)\n")


def test_what_may_be_forgotten_is_still_forgotten(db: Any) -> None:
    """Retention deletes traces alone; none of what it takes is fenced."""
    fenced = set(_fenced(db))
    assert {"stock_posting", "seal_member", "lot_link"} <= fenced
    assert not fenced & {"outbox_event", "idempotency_key", "episode", "gpo_command", "job_run", "import_row"}
    assert given.NOW


def _fenced(db: Any) -> list[str]:
    asked = (
        "SELECT tbl_name FROM sqlite_schema WHERE type = 'trigger'"
        if db.engine.dialect.name == "sqlite"
        else "SELECT DISTINCT event_object_table FROM information_schema.triggers"
    )
    return list(db.session.execute(text(asked)).scalars())
