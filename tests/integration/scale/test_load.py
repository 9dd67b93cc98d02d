"""Loading a large warehouse: the same from one number and day on either engine, once only, whole or not at all."""

import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from config import Config
from tests.questions import DAY

ROWS = 1_000


def load(url: str, folder: Path) -> tuple[dict[str, str], dict[str, set[str]]]:
    """Load at the least size; what stands there then, and the indexes and keys before and after."""
    from tests.integration.demo.test_load import digest
    from wms.app import create_app
    from wms.db import db
    from wms.demo.scale.load import load_scale
    from wms.gs1.epc import encode_sscc96
    from wms.gs1.sscc import Sscc

    app = create_app(Config(database_url=url, secret_key="0123456789abcdef" * 2, data_dir=folder, argon2_is_fast=True))
    with app.app_context():
        before = ground_plan(db)
        assert load_scale(app.config["WMS"], rows=ROWS, on=DAY, tell=lambda _line: None)
        assert not load_scale(app.config["WMS"], rows=ROWS, on=DAY, tell=lambda _line: None)
        after = ground_plan(db)
        rows = db.session.execute(
            text("SELECT tag.epc, lpn.code FROM tag JOIN lpn ON lpn.id = tag.lpn_id LIMIT 20")
        ).all()
        for epc, code in rows:
            assert str(encode_sscc96(Sscc(code), company_prefix_length=7, filter_value=6)).upper() == epc
        content = digest(db)
        db.session.remove()
        db.engine.dispose()
    return content, {"before": before, "after": after}


def ground_plan(db: Any) -> set[str]:
    """Every index and foreign key by what it says."""
    statements = {
        "sqlite": "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'",
        "postgresql": "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' UNION ALL"
        " SELECT conrelid::regclass || conname || pg_get_constraintdef(oid) FROM pg_constraint WHERE contype = 'f'",
    }
    found = db.session.execute(text(statements[db.engine.dialect.name])).scalars().all()
    db.session.rollback()
    # PostgreSQL writes a condition another way, once it has read its own writing.
    return {re.sub(r"::(character varying|text)(\[\])?|[() ]", "", said) for said in found}


@pytest.mark.slow
def test_one_number_gives_one_warehouse_on_both_engines(
    sqlite_template: Path, postgres_server: Any, postgres_template: str, tmp_path: Path
) -> None:
    shutil.copyfile(sqlite_template, tmp_path / "large.db")
    name = postgres_server.clone(postgres_template, "load")
    on_sqlite, plan = load(f"sqlite:///{tmp_path / 'large.db'}", tmp_path / "s")
    assert plan["before"] == plan["after"]
    on_postgresql, plan = load(postgres_server.url_of(name), tmp_path / "p")
    assert plan["before"] == plan["after"]
    postgres_server.drop(name)
    assert {t for t in on_sqlite if on_sqlite[t] != on_postgresql.get(t)} == set()


@pytest.mark.parametrize("database", ["sqlite", "postgresql"], indirect=True)
def test_a_load_that_fails_leaves_the_database_as_it_was(db: Any, config: Config, monkeypatch: Any) -> None:
    from wms.demo.scale import papers
    from wms.demo.scale.load import load_scale

    def fail(_history: Any) -> None:
        raise OSError("the disk is full")

    before = ground_plan(db)
    monkeypatch.setattr(papers, "write", fail)
    with pytest.raises(OSError):
        load_scale(config, rows=ROWS, on=DAY, tell=lambda _line: None)
    assert ground_plan(db) == before
    assert db.session.execute(text("SELECT count(*) FROM warehouse")).scalar_one() == 0
    if db.engine.dialect.name == "sqlite":
        pragmas = ("journal_mode", "foreign_keys")
        assert [db.session.execute(text(f"PRAGMA {p}")).scalar() for p in pragmas] == ["wal", 1]
