"""Rows in bulk: COPY on PostgreSQL, executemany on SQLite; indexes and foreign keys are set aside and come back.

Everything happens in the caller's transaction, so a load that fails leaves the database as it was. Values are given as
both engines read them: whole numbers, text, None; 0 and 1 for no and yes; days and instants (UTC) as ISO text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from wms.core.errors import ProgrammingError
from wms.db import Base

Row = tuple[Any, ...]
#: So many rows go to the database at a time.
PORTION = 20_000
_NULL = "\\N"


class Bulk:
    """Collects rows by table and writes them in portions."""

    def __init__(self, session: Session) -> None:
        self._connection = session.connection()
        self._raw: Any = self._connection.connection.driver_connection
        self.is_postgresql = self._connection.dialect.name == "postgresql"
        self._kept: dict[str, list[Row]] = {}
        self._columns: dict[str, tuple[str, ...]] = {}
        self.written = 0
        if self.is_postgresql:
            self._connection.execute(text("SET LOCAL timezone = 'UTC'"))

    def table(self, name: str, columns: str) -> list[Row]:
        """Give the list that rows of a table are appended to, in the order of `columns`: every one that must be given."""
        named = tuple(columns.split())
        known = Base.metadata.tables[name].columns
        needed = {c.name for c in known if not c.nullable and c.server_default is None}
        if differ := (set(named) - set(known.keys())) | (needed - set(named)):
            raise ProgrammingError(what="columns of a bulk load", table=name, differ=sorted(differ))
        self._columns[name] = named
        return self._kept.setdefault(name, [])

    def flush(self, *, least: int = 1) -> None:
        """Write what has been collected of each table that has at least so many rows waiting."""
        for name, rows in self._kept.items():
            if len(rows) >= least:
                self._write(name, rows)
                self.written += len(rows)
                rows.clear()

    def _write(self, name: str, rows: Sequence[Row]) -> None:
        columns = ", ".join(f'"{c}"' for c in self._columns[name])
        if not self.is_postgresql:
            marks = ", ".join("?" * len(self._columns[name]))
            self._raw.executemany(f'INSERT INTO "{name}" ({columns}) VALUES ({marks})', rows)
            return
        with self._raw.cursor() as cursor, cursor.copy(f'COPY "{name}" ({columns}) FROM STDIN') as copy:
            for start in range(0, len(rows), PORTION):
                copy.write("".join(_line(row) for row in rows[start : start + PORTION]))

    # -- what stands in the way ---------------------------------------------------------------------------------------
    @contextmanager
    def set_aside(self, tables: Sequence[str], *, tell: Callable[[float], Any]) -> Iterator[None]:
        """Drop the plain indexes of these tables, and on PostgreSQL their foreign keys; make them again at the end.

        Primary keys and unique constraints stay, so that a wrong load cannot come through. A foreign key that is made
        again is checked against every row; SQLite is asked for breaches instead, since its keys were off. `tell` hears
        how much of the making again is done, from 0 to 1.
        """
        again = self._set_aside_postgresql(tables) if self.is_postgresql else self._set_aside_sqlite(tables)
        yield
        self.flush()
        for n, statement in enumerate(again):
            self._connection.exec_driver_sql(statement)
            tell((n + 1) / len(again))

    def _set_aside_sqlite(self, tables: Sequence[str]) -> list[str]:
        if self._connection.exec_driver_sql("PRAGMA foreign_keys").scalar():
            raise ProgrammingError(what="a bulk load with foreign keys on: each row would be checked by itself")
        found = self._connection.exec_driver_sql(
            "SELECT name, tbl_name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL ORDER BY name"
        ).all()
        ours = [row for row in found if row.tbl_name in tables and not row.sql.upper().startswith("CREATE UNIQUE")]
        for row in ours:
            self._connection.exec_driver_sql(f'DROP INDEX "{row.name}"')
        return [row.sql for row in ours]

    def _set_aside_postgresql(self, tables: Sequence[str]) -> list[str]:
        keys = self._connection.execute(
            text(
                "SELECT conname, conrelid::regclass::text AS owner, pg_get_constraintdef(oid) AS says FROM pg_constraint"
                " WHERE contype = 'f' AND conrelid::regclass::text = ANY(:tables) ORDER BY owner, conname"
            ),
            {"tables": list(tables)},
        ).all()
        indexes = self._connection.execute(
            text(
                "SELECT c.relname AS name, pg_get_indexdef(i.indexrelid) AS says FROM pg_index i"
                " JOIN pg_class c ON c.oid = i.indexrelid WHERE i.indrelid::regclass::text = ANY(:tables)"
                " AND NOT i.indisunique ORDER BY name"
            ),
            {"tables": list(tables)},
        ).all()
        for key in keys:
            self._connection.exec_driver_sql(f'ALTER TABLE {key.owner} DROP CONSTRAINT "{key.conname}"')
        for index in indexes:
            self._connection.exec_driver_sql(f'DROP INDEX "{index.name}"')
        self._connection.execute(text("SET LOCAL maintenance_work_mem = '256MB'"))
        return [
            *(index.says for index in indexes),
            *(f'ALTER TABLE {key.owner} ADD CONSTRAINT "{key.conname}" {key.says}' for key in keys),
        ]

    def restart(self, table: str, column: str, last: int) -> None:
        """Let the counter of a table go on behind the last number given by hand (SQLite sees it by itself)."""
        if self.is_postgresql:
            self._connection.execute(
                text("SELECT setval(pg_get_serial_sequence(:table, :column), :last)"),
                {"table": table, "column": column, "last": last},
            )


def _line(row: Row) -> str:
    return "\t".join([_NULL if value is None else str(value) for value in row]) + "\n"
