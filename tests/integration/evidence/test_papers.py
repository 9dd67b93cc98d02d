"""Papers of production, recalls, complaints and passports are sealed since form 2: whatever is done to one of them is named.

Every stream of form 2 gets two records, made past foreign keys, and each test does one thing to all of them at once.
"""

import subprocess
import sys
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from sqlalchemy import JSON, BigInteger, Boolean, Date, DateTime, Integer, text

from tests.given import NOW
from tests.integration.evidence.sealing import conclude, members, seal, tamper
from wms.db import Base
from wms.evidence import queries, rules, verifying
from wms.evidence.export import SCRIPT, export

FIRST, SECOND, BETWEEN = 101, 102, 55
LATER = NOW + timedelta(hours=30)
MUCH_LATER = LATER + timedelta(hours=30)
NEW: Final = [stream for stream in rules.STREAMS if stream.since == 2]
TABLES: Final = list(dict.fromkeys(stream.table for stream in NEW))
#: What CHECK constraints ask of a row that is over.
_OVER: Final[Mapping[str, Mapping[str, str]]] = {
    "gap": {"state": "'mended'"}, "capa": {"state": "'closed'"}, "work_order_correction": {"opened_by": "8"},
    "recall_level_change": {"signed_by": "8"},
}  # fmt: skip


def _row(table: str, number: int, *, parent: str = "", at: str = "2026-11-22 03:00:00.000000") -> dict[str, str]:
    """A row whose every column has a value, unique ones by its number."""
    said: dict[str, str] = {}
    for column in Base.metadata.tables[table].columns:
        kind = getattr(column.type, "impl_instance", column.type)
        enum = getattr(column.type, "enums", None)
        if column.name == "id" or column.name == parent:
            said[column.name] = str(number)
        elif enum:
            said[column.name] = f"'{enum[0]}'"
        elif isinstance(kind, Boolean):
            said[column.name] = "true"
        elif isinstance(kind, BigInteger | Integer):
            said[column.name] = str(number) if column.unique or column.foreign_keys else "7"
        elif isinstance(kind, DateTime):
            said[column.name] = f"'{at}'"
        elif isinstance(kind, Date):
            said[column.name] = "'2026-11-22'"
        elif isinstance(kind, JSON):
            said[column.name] = "'[]'"
        else:
            said[column.name] = f"'x{number}'"
    return said | dict(_OVER.get(table, {}))


def _insert(table: str, row: Mapping[str, str]) -> str:
    return f"INSERT INTO {table} ({', '.join(row)}) VALUES ({', '.join(row.values())})"


def _records(number: int, at: str) -> list[str]:
    """Statements that put one record with its lines into each table of form 2."""
    said = [_insert(table, _row(table, number, at=at)) for table in TABLES]
    for stream in NEW:
        for child in stream.children:
            said.append(_insert(child.table, _row(child.table, number, parent=child.parent, at=at)))
    return said


def _sealed(db: Any) -> None:
    """Two blocks of two days, each with a record of every stream of form 2."""
    conclude()
    tamper(db, *_records(FIRST, "2026-11-22 03:00:01.000001"))
    seal(NOW)
    tamper(db, *_records(SECOND, "2026-11-22 03:00:02.000002"))
    seal(LATER)
    assert {(stream.name, number) for stream in NEW for number in (FIRST, SECOND)} <= set(members())
    assert verifying.verify(at=LATER).is_whole


def _said(at: Any = LATER) -> set[tuple[str, int, str]]:
    return {(one.stream, one.record, one.what) for one in verifying.verify(at=at, most=500).faults}


def test_a_record_of_each_stream_that_is_edited_is_named(db: Any, tmp_path: Path) -> None:
    _sealed(db)
    tamper(db, *(f"UPDATE {stream.table} SET {_text_of(stream.columns)} WHERE id = {FIRST}" for stream in NEW))
    assert _said() >= {(stream.name, FIRST, "edited") for stream in NEW}
    assert not {one for one in _said() if one[1] == SECOND}
    export(tmp_path / "out")
    run = subprocess.run(
        [sys.executable, str(SCRIPT), str(tmp_path / "out")], capture_output=True, text=True, check=False
    )
    assert run.returncode == 1 and f"{FIRST}: changed after it was sealed" in run.stdout


def test_a_line_of_a_paper_that_is_edited_taken_away_or_put_in_is_named(db: Any) -> None:
    _sealed(db)
    lines = [(stream, child) for stream in NEW for child in stream.children]
    for way in ("edit", "delete", "insert"):
        for stream, child in lines:
            kept = _line(db, child.table, child.parent)
            if way == "edit":
                tamper(db, f"UPDATE {child.table} SET {_text_of(child.columns)} WHERE {child.parent} = {FIRST}")
            elif way == "delete":
                tamper(db, f"DELETE FROM {child.table} WHERE {child.parent} = {FIRST}")
            else:
                more = _row(child.table, BETWEEN, parent=child.parent) | {child.parent: str(FIRST), child.order: "9"}
                tamper(db, _insert(child.table, more))
            assert _said() == {(stream.name, FIRST, "edited")}, (way, child.table)
            tamper(db, f"DELETE FROM {child.table} WHERE {child.parent} = {FIRST}", _insert(child.table, kept))
    assert verifying.verify(at=LATER).is_whole


def _line(db: Any, table: str, parent: str) -> dict[str, str]:
    assert db.session.execute(text(f"SELECT count(*) FROM {table} WHERE {parent} = {FIRST}")).scalar_one() == 1
    return _row(table, FIRST, parent=parent, at="2026-11-22 03:00:01.000001")


def test_a_record_of_each_stream_that_is_taken_away_is_named(db: Any) -> None:
    _sealed(db)
    tamper(db, *(f"DELETE FROM {table} WHERE id = {FIRST}" for table in TABLES))
    assert _said() >= {(stream.name, FIRST, "deleted") for stream in NEW}


def test_a_record_of_each_stream_that_is_put_in_behind_is_named(db: Any) -> None:
    _sealed(db)
    tamper(db, *(_insert(table, _row(table, BETWEEN, at="2026-11-22 02:00:00.000000")) for table in TABLES))
    seal(MUCH_LATER)
    assert _said(MUCH_LATER) == {(stream.name, BETWEEN, "inserted") for stream in NEW}


def test_records_that_change_places_are_named(db: Any) -> None:
    _sealed(db)
    swap = []
    for table in TABLES:
        swap += [f"UPDATE {table} SET id = -1 WHERE id = {FIRST}", f"UPDATE {table} SET id = {FIRST} WHERE id = {SECOND}",
                 f"UPDATE {table} SET id = {SECOND} WHERE id = -1"]  # fmt: skip
    tamper(db, *swap)
    assert _said() >= {(stream.name, number, "edited") for stream in NEW for number in (FIRST, SECOND)}


def test_a_tail_that_is_cut_off_is_named(db: Any) -> None:
    _sealed(db)
    cut = [f"DELETE FROM {table} WHERE id = {SECOND}" for table in TABLES]
    tamper(db, *cut, "DELETE FROM seal_member WHERE block_seq = 2", "DELETE FROM seal_block WHERE seq = 2")
    first = verifying.verify(at=LATER).faults[0]
    assert (first.stream, first.record, first.what) == ("block", 2, "cut")


def test_blocks_of_the_old_form_stand_beside_new_ones_in_the_database_and_in_an_export(
    db: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    conclude()
    tamper(db, *_records(FIRST, "2026-11-22 03:00:01.000001"))
    with monkeypatch.context() as before:
        before.setattr(rules, "FORM", 1)
        before.setattr(rules, "STREAMS", tuple(stream for stream in rules.STREAMS if stream.since == 1))
        seal(NOW)
        export(tmp_path / "old")
    assert {stream for stream, _record in members()} <= {one.name for one in rules.STREAMS if one.since == 1}
    old = queries.last_block()
    assert old is not None and old.block.form == 1
    seal(LATER)
    found, head = verifying.verify(at=LATER), queries.last_block()
    assert found.is_whole and head is not None and head.block.form == 2
    assert [one.block.line for one in queries.get_blocks(1, 1)] == [old.block.line]
    assert {(stream.name, FIRST) for stream in NEW} <= set(members())
    export(tmp_path / "new")
    for folder in ("old", "new"):
        run = subprocess.run(
            [sys.executable, str(SCRIPT), str(tmp_path / folder)], capture_output=True, text=True, check=False
        )
        assert run.returncode == 0 and run.stdout.startswith("whole: "), run.stdout


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_block_of_a_form_that_did_not_have_a_stream_cannot_hold_it(db: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    tamper(db, *_records(FIRST, "2026-11-22 03:00:01.000001"))
    monkeypatch.setattr(rules, "FORM", 1)
    seal(NOW)
    assert ("block", 1, "form") in _said(NOW)
    monkeypatch.setattr(rules, "FORM", 3)
    tamper(db, *_records(SECOND, "2026-11-22 03:00:02.000001"))
    seal(NOW)
    assert ("block", 2, "form") in _said(NOW)


def _text_of(columns: Mapping[str, str]) -> str:
    """One column of a record set to something else."""
    free = [(name, kind) for name, kind in columns.items() if name not in {"id", "line", "lot_id"}]
    name, kind = next((pair for pair in free if pair[1] == "text" and _is_free(pair[0])), free[0])
    return f"{name} = 'other'" if kind == "text" else f"{name} = 99"


def _is_free(name: str) -> bool:
    """Whether a text column takes any words: it is no choice."""
    kinds = [column.type for table in Base.metadata.tables.values() for column in table.columns if column.name == name]
    return not any(getattr(kind, "enums", None) for kind in kinds)
