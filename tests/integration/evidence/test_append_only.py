"""What says that it is never changed cannot be, on either engine: UPDATE, DELETE, TRUNCATE, REPLACE, ON CONFLICT DO UPDATE.

Each table gets one row, made past its foreign keys (what matters here is the fence), by a connection of its own.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from sqlalchemy import BigInteger, Boolean, Date, DateTime, Integer, LargeBinary
from sqlalchemy.exc import DBAPIError

from tests.conftest import Database
from wms.app import load_models
from wms.db import Base

load_models()

#: Each fenced table, and the columns that may be set once.
FENCED: dict[str, tuple[str, ...]] = {
    "stock_posting": (), "stock_move": (), "audit_entry": (), "signature": (), "signing_key": (), "release_decision": (),
    "approval": (), "lot_link": ("voided_seq",), "imported_event": (), "sampling_change": (), "unit_event": (),
    "work_order_correction": ("opened_by", "opened_at", "signature_id", "closed_by", "closed_at", "closing_signature_id"),
    "vessel_cleaning": (), "work_order_issue": ("reversed_seq",), "mail_try": (), "stock_snapshot": (),
    "stock_snapshot_line": (), "seal_block": (), "seal_member": (), "seal_check": (), "inspector_look": (),
    "production_report": ("consume_seq", "output_seq", "reversed_by", "reversed_at", "reverse_reason"), "report_input": (),
    "report_output": (), "report_defect": (), "report_stop": (), "line_clearance": ("checked_by", "checked_at"),
    "recall_version": ("case_id", "placed_by", "placed_at"), "recall_lot": (), "recall_reply": (), "recall_reply_line": (),
    "recall_return": (), "recall_confirmation": ("voided_by", "voided_at", "void_reason"), "recall_outcome": (),
    "effectiveness_check": (), "recall_report": (), "complaint_link": (),
    "capa_check": ("is_effective", "checked_by", "checked_at", "result"),
    "lot_passport": ("revoked_by", "revoked_at", "revoke_reason"),
    "recall_level_change": ("signed_by", "signed_at", "signature_id"),
}  # fmt: skip
#: Worked on until this column has a value: nothing of the row is changed from then on.
OVER_WHEN = {"recall": "closed_at", "capa": "closed_at", "capa_action": "done_at", "gap": "mended_at"}
#: Worked on for ever, but for what was written first.
AS_FIRST = {"recall_notice": ("subject", "body", "letter", "sent_to"), "complaint": ("what", "number", "customer_told")}
_REFUSED = (sqlite3.IntegrityError, psycopg.errors.RaiseException, DBAPIError)


@contextmanager
def _raw(database: Database, *, is_ours: bool) -> Iterator[Any]:
    """A connection of ours, or of another program that sets no pragma; foreign keys and checks of values are off."""
    if database.engine == "sqlite":
        connection = sqlite3.connect(database.url.removeprefix("sqlite:///"), isolation_level=None)
        connection.execute("PRAGMA foreign_keys = OFF")
        connection.execute("PRAGMA ignore_check_constraints = ON")
        if is_ours:
            connection.execute("PRAGMA recursive_triggers = ON")
        try:
            yield connection
        finally:
            connection.close()
        return
    with psycopg.connect(database.url, autocommit=True) as connection:
        yield connection


def _row(table: str) -> dict[str, str]:
    """A row of literals, NULL where that may be."""
    said = {}
    for column in Base.metadata.tables[table].columns:
        if column.nullable:
            continue
        kind = getattr(column.type, "impl_instance", column.type)
        enum = getattr(column.type, "enums", None)
        if enum:
            said[column.name] = f"'{enum[0]}'"
        elif isinstance(kind, Boolean):
            said[column.name] = "false"
        elif isinstance(kind, BigInteger | Integer):
            said[column.name] = "7"
        elif isinstance(kind, DateTime):
            said[column.name] = "'2026-11-22 04:00:00'"
        elif isinstance(kind, Date):
            said[column.name] = "'2026-11-22'"
        elif isinstance(kind, LargeBinary):
            said[column.name] = "'x'"
        else:
            said[column.name] = "'{}'"
    if table in {"production_report", "recall_confirmation", "lot_passport", "capa_check"}:
        said |= {name: "''" for name in ("reverse_reason", "void_reason", "revoke_reason", "result") if name in said}
    if table == "complaint":
        said |= {"customer_told": "'somebody'"}
    return said


def _fill(connection: Any, table: str) -> dict[str, str]:
    row = _row(table)
    if table == "lot_link":
        row |= {"target_lot_id": "8"}
    if table in ("stock_move",):
        row |= {"target_bin_id": "8"}
    if table == "signature":
        row |= {"sha256": f"'{'0' * 64}'"}
    insert = f"INSERT INTO {table} ({', '.join(row)}) VALUES ({', '.join(row.values())})"
    if isinstance(connection, sqlite3.Connection):
        connection.execute(insert)
    else:
        with connection.transaction():
            connection.execute("SET LOCAL session_replication_role = replica")
            connection.execute(insert)
    return row


def test_no_way_leads_past_the_fence_of(database: Database) -> None:
    for table in FENCED:
        _try_every_way(database, table)


def _try_every_way(database: Database, table: str) -> None:
    keys = [column.name for column in Base.metadata.tables[table].primary_key]
    free = next(
        column.name for column in Base.metadata.tables[table].columns
        if column.name not in keys and column.name not in FENCED[table]
    )  # fmt: skip
    with _raw(database, is_ours=False) as connection:
        row = _fill(connection, table)
        names, values = ", ".join(row), ", ".join(row.values())
        ways = [
            f"UPDATE {table} SET {free} = NULL", f"DELETE FROM {table}",
            f"INSERT INTO {table} ({names}) VALUES ({values}) ON CONFLICT ({', '.join(keys)}) DO UPDATE SET {free} = NULL",
        ]  # fmt: skip
        if database.engine == "sqlite":
            ways += [f"INSERT OR REPLACE INTO {table} ({names}) VALUES ({values})",
                     f"REPLACE INTO {table} ({names}) VALUES ({values})"]  # fmt: skip
        else:
            ways += [f"TRUNCATE {table} CASCADE"]
        before = _rows(connection, table)
        for way in ways:
            with pytest.raises(_REFUSED, match="append-only"):
                connection.execute(way)
        assert _rows(connection, table) == before


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_row_is_not_replaced_by_another_unique_value_either(database: Database) -> None:
    """REPLACE takes away whatever row is in the way, by any unique value, not the key alone."""
    for table in FENCED:
        constraints = Base.metadata.tables[table].constraints
        if any(len(one.columns) and one.__visit_name__ == "unique_constraint" for one in constraints):
            _try_to_replace(database, table)


def _try_to_replace(database: Database, table: str) -> None:
    with _raw(database, is_ours=False) as connection:
        row = _fill(connection, table)
        key = next(iter(Base.metadata.tables[table].primary_key)).name
        other = row | {key: "'other'" if row[key].startswith("'") else "99"}
        before = _rows(connection, table)
        try:
            connection.execute(
                f"INSERT OR REPLACE INTO {table} ({', '.join(other)}) VALUES ({', '.join(other.values())})"
            )
        except sqlite3.IntegrityError as refused:
            assert "append-only" in str(refused)
        assert before[0] in _rows(connection, table)


def test_what_may_be_set_once_is_set_once_and_nothing_else_with_it(database: Database) -> None:
    for table in [table for table, once in FENCED.items() if once]:
        _set_once(database, table)


def _set_once(database: Database, table: str) -> None:
    columns = FENCED[table]
    keys = {column.name for column in Base.metadata.tables[table].primary_key}
    other = next(c.name for c in Base.metadata.tables[table].columns if c.name not in keys | set(columns))
    fresh, later = _values(table, columns)
    with _raw(database, is_ours=False) as connection:
        _fill(connection, table)
        _forget_rules(connection, table)
        with pytest.raises(_REFUSED, match="append-only"):
            connection.execute(f"UPDATE {table} SET {_set(fresh)}, {other} = NULL")
        connection.execute(f"UPDATE {table} SET {_set(fresh)}")
        connection.execute(f"UPDATE {table} SET {_set(fresh)}")
        for column in columns:
            for value in (later[column], "NULL"):
                with pytest.raises(_REFUSED, match="append-only"):
                    connection.execute(f"UPDATE {table} SET {column} = {value}")


def test_what_is_over_is_changed_no_more(database: Database) -> None:
    for table in OVER_WHEN:
        _end_it(database, table)


def _end_it(database: Database, table: str) -> None:
    column = OVER_WHEN[table]
    with _raw(database, is_ours=False) as connection:
        row = _fill(connection, table)
        _forget_rules(connection, table)
        connection.execute(f"UPDATE {table} SET id = id")  # it is still worked on
        ways = _ways_to_lose(database, table, row)
        for way in ways:
            with pytest.raises(_REFUSED, match="append-only"):
                connection.execute(way)
        connection.execute(f"UPDATE {table} SET {column} = '2026-11-22 04:00:00'")
        for way in [*ways, f"UPDATE {table} SET {column} = NULL", f"UPDATE {table} SET id = id"]:
            with pytest.raises(_REFUSED, match="append-only"):
                connection.execute(way)


def test_what_was_written_first_stays_while_the_paper_goes_on(database: Database) -> None:
    for table in AS_FIRST:
        _go_on(database, table)


def _go_on(database: Database, table: str) -> None:
    with _raw(database, is_ours=False) as connection:
        row = _fill(connection, table)
        _forget_rules(connection, table)
        going_on = "tries = 3, fault = 'x'" if table == "recall_notice" else "finding = 'x', closing = 'y'"
        connection.execute(f"UPDATE {table} SET {going_on}")
        for way in [
            *_ways_to_lose(database, table, row),
            *(f"UPDATE {table} SET {one} = 'x'" for one in AS_FIRST[table]),
        ]:
            with pytest.raises(_REFUSED, match="append-only"):
                connection.execute(way)


def _ways_to_lose(database: Database, table: str, row: dict[str, str]) -> list[str]:
    names, values = ", ".join(row), ", ".join(row.values())
    if database.engine == "postgresql":
        return [f"DELETE FROM {table}", f"TRUNCATE {table} CASCADE"]
    return [f"DELETE FROM {table}", f"INSERT OR REPLACE INTO {table} ({names}) VALUES ({values})"]


def _forget_rules(connection: Any, table: str) -> None:
    """What matters is the fence: no foreign key and no CHECK stands in the way of a value."""
    if isinstance(connection, sqlite3.Connection):
        return
    connection.execute("SET session_replication_role = origin")
    found = connection.execute(
        "SELECT conname FROM pg_constraint WHERE conrelid = %s::regclass AND contype IN ('f', 'c')", (table,)
    ).fetchall()
    for (name,) in found:
        connection.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")


def _values(table: str, columns: tuple[str, ...]) -> tuple[dict[str, str], dict[str, str]]:
    """For each column a value, and another one."""
    fresh, later = {}, {}
    for column in columns:
        kind = Base.metadata.tables[table].columns[column].type
        kind = getattr(kind, "impl_instance", kind)
        pair = ("5", "6")
        if isinstance(kind, DateTime):
            pair = ("'2026-11-22 04:00:00'", "'2026-11-22 05:00:00'")
        elif isinstance(kind, Boolean):
            pair = ("true", "false")
        elif not isinstance(kind, BigInteger | Integer):
            pair = ("'said'", "'other'")
        fresh[column], later[column] = pair
    return fresh, later


def _set(values: dict[str, str]) -> str:
    return ", ".join(f"{name} = {value}" for name, value in values.items())


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_fence_of_what_is_set_once_names_every_other_column(database: Database) -> None:
    """A column that a later migration adds must be in the trigger too."""
    with _raw(database, is_ours=True) as connection:
        for table, once in FENCED.items():
            if once:
                (sql,) = connection.execute(
                    "SELECT sql FROM sqlite_schema WHERE name = ?", (f"{table}_no_update",)
                ).fetchone()
                for column in Base.metadata.tables[table].columns:
                    assert f"OLD.{column.name} IS" in sql, f"{table}.{column.name}"


def _rows(connection: Any, table: str) -> list[Any]:
    return list(connection.execute(f"SELECT * FROM {table}").fetchall())
