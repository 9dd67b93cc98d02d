"""The demo: the same from one number and day on either engine, whole by the ledger, loaded once."""

import hashlib
import re
import shlex
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from config import Config

DAY = date(2026, 11, 22)
#: What may differ between two loads: ids, moments of making, random secrets, what a random key wrote.
_FREE = re.compile(r"(^|_)(id|by|for|seq|key|at|hash|token|secret|prefix|fingerprint|signature)$")
#: And inside a value: the tail of a number that is made from an id, the seed of a draw, a person's id in what was signed, lots' ids in what was asked.
_DRAWN = re.compile(
    r"(?<=\d{6}-)[0-9A-Z]{5}\b|(?<='seed': ')[0-9a-f]{16}(?=')|(?<=\"executed_by\":)\d+|(?<=['\"])\d{17,19}(?=['\"])"
)
#: What follows from those.
_DERIVED = {("lpn", "code"), ("lpn", "tail"), ("signature", "sha256"), ("recall_version", "lots_digest")}
_SKIPPED = {
    "audit_entry",
    "outbox_event",
    "stock_move",
    "stock_claim",
    "hold_set",
    "hold_set_member",
    "alembic_version",
}


def digest(db: Any) -> dict[str, str]:
    """Hash what stands in each table, without ids and secrets, in an order of content."""
    from wms.db import Base

    found = {}
    for table in Base.metadata.sorted_tables:
        if table.name in _SKIPPED:
            continue
        columns = [c for c in table.columns if not _FREE.search(c.name) and c.name != "candidates"]
        codes = [c for c in columns if (table.name, c.name) not in _DERIVED]
        if not codes:
            continue
        rows = sorted(
            _DRAWN.sub("", str(tuple(str(v) for v in row)))
            for row in db.session.execute(table.select().with_only_columns(*codes))
        )
        found[table.name] = f"{len(rows)} {hashlib.sha256(chr(10).join(rows).encode()).hexdigest()[:12]}"
    db.session.rollback()
    return found


def load(config: Config) -> dict[str, str]:
    """Load the demo into the database of `config`; what stands there then."""
    from tests import given
    from wms.app import create_app
    from wms.db import db
    from wms.demo import everything

    app = create_app(config)
    with app.app_context():
        assert everything.load_once(config, on=DAY, tell=lambda _line: None)
        assert not everything.load_once(config, on=DAY, tell=lambda _line: None)
        given.ledger_is_whole()
        _look(db)
        content = digest(db)
        _call(app, config)
        db.session.remove()
        db.engine.dispose()
    return content


def _look(db: Any) -> None:
    """The demo holds what a person who tries the product looks for."""
    count = lambda sql: db.session.execute(text(sql)).scalar_one()  # noqa: E731
    assert 550 <= count("SELECT count(*) FROM bin") <= 650
    assert 270 <= count("SELECT count(*) FROM item") <= 330
    assert 1400 <= count("SELECT count(*) FROM lot") <= 1600
    assert count("SELECT count(*) FROM lot WHERE fefo_on < '2026-11-22'") >= 10
    assert count("SELECT count(*) FROM lot WHERE fefo_on BETWEEN '2026-11-22' AND '2026-11-29'") >= 5
    assert count("SELECT count(*) FROM hold WHERE lifted_at IS NULL") >= 20
    assert count("SELECT count(*) FROM stock_balance WHERE quality = 'pending' AND on_hand > 0") >= 20
    assert count("SELECT count(*) FROM asn WHERE state = 'expected'") >= 10
    states = Counter(db.session.execute(text("SELECT state FROM customer_order")).scalars())
    assert {"new", "allocated", "picking", "picked"} <= set(states)
    db.session.rollback()


def _call(app: Any, config: Config) -> None:
    """The call that is printed for the person who tries is answered, and its key belongs to a machine of one site."""
    from wms.demo import everything

    line = next(line for line in everything.logins_text(config).splitlines() if "curl " in line)
    *_, header, address = shlex.split(line)
    name, _, value = header.partition(": ")
    client = app.test_client()
    found = client.get(address[address.index("/api/") :], headers={name: value})
    assert found.status_code == 200 and len(found.json["items"]) == 3
    assert all("held" in row["states"] for row in found.json["items"])
    assert client.get("/api/v1/users", headers={name: value}).status_code == 403


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_one_number_gives_one_content_on_both_engines(
    sqlite_template: Path, postgres_server: Any, postgres_template: str, tmp_path: Path
) -> None:
    import shutil

    shutil.copyfile(sqlite_template, tmp_path / "demo.db")
    name = postgres_server.clone(postgres_template)
    found = []
    for place, url in enumerate((f"sqlite:///{tmp_path / 'demo.db'}", postgres_server.url_of(name))):
        config = Config(
            database_url=url, secret_key="0123456789abcdef" * 2, data_dir=tmp_path / str(place), argon2_is_fast=True
        )
        found.append(load(config))
        kept = tmp_path / str(place) / "gateway_token"
        assert kept.stat().st_mode & 0o777 == 0o600
    postgres_server.drop(name)
    on_sqlite, on_postgresql = found
    assert on_sqlite == on_postgresql
