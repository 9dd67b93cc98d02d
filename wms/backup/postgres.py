"""PostgreSQL: pg_dump in one snapshot with the counts, and pg_restore beside the old data, which wait in another schema."""

from __future__ import annotations

import glob
import os
import secrets
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import psycopg
from psycopg import sql
from sqlalchemy.engine import make_url

from wms.backup import rules
from wms.backup.archive import Archive
from wms.backup.rules import Snapshot, Tool
from wms.core.errors import BackupFailed, DatabaseInUse, PgToolMissing
from wms.db.migrate import HELD_SCHEMA

_DEBIAN: Final = "/usr/lib/postgresql/*/bin"
_LOOK_AGAIN_SECONDS: Final = (0.05, 0.1, 0.25, 0.5, 1.0, 2.0)


# -- programs ---------------------------------------------------------------------------------------------------------
def find_tool(name: str, folder: str, *, needed: int) -> Tool:
    """Find pg_dump or pg_restore: in `folder` alone when one is named, else on the path and where Debian puts them.

    PgToolMissing when there is none of the server's major version or a newer one.
    """
    if folder:
        places = [str(Path(folder) / name)]
    else:
        places = [path for path in (shutil.which(name),) if path] + sorted(glob.glob(f"{_DEBIAN}/{name}"))
    found = [tool for place in places if (tool := _tool_at(place)) is not None]
    best = rules.best_tool(found, needed=needed)
    if best is None:
        newest = max(found, key=lambda tool: tool.major, default=None)
        said = f"{newest.major} ({newest.path})" if newest else (f"none in {folder}" if folder else "none_found")
        raise PgToolMissing(tool=name, found=said, needed=needed)
    return best


def _tool_at(path: str) -> Tool | None:
    try:
        done = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=30, check=False)
    except OSError:
        return None
    major = rules.major_of(done.stdout)
    return Tool(path=path, major=major) if done.returncode == 0 and major else None


def _run(tool: Tool, url: str, *arguments: str) -> None:
    """Run a client program; the password goes by the environment, where no list of processes shows it."""
    target = make_url(url).set(drivername="postgresql")
    environment = dict(os.environ)
    if target.password is not None:
        environment["PGPASSWORD"] = str(target.password)
        target = target._replace(password=None)
    command = [tool.path, f"--dbname={target.render_as_string(hide_password=False)}", "--no-password", *arguments]
    done = subprocess.run(
        command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise BackupFailed(what=f"{Path(tool.path).name}: {done.stderr.strip()[-600:]}")


def _connect(url: str) -> psycopg.Connection[Any]:
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    try:
        return psycopg.connect(plain, autocommit=True)
    except psycopg.OperationalError as wrong:
        raise BackupFailed(what=str(wrong).strip()) from wrong


def _major(connection: psycopg.Connection[Any]) -> int:
    return connection.info.server_version // 10000


def schema_of(connection: psycopg.Connection[Any]) -> str:
    """Name the schema the product's tables stand in."""
    row = connection.execute("SELECT current_schema()").fetchone()
    return str(row[0]) if row and row[0] else "public"


# -- a snapshot -------------------------------------------------------------------------------------------------------
def snapshot(url: str, target: Path, *, bin_folder: str) -> Snapshot:
    """Dump the database as it stands at one instant, writers going on.

    The counts are taken in the very snapshot that pg_dump reads.
    """
    with _connect(url) as connection:
        major = _major(connection)
        tool = find_tool("pg_dump", bin_folder, needed=major)
        with connection.transaction():
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            row = connection.execute("SELECT pg_export_snapshot()").fetchone()
            assert row
            schema = schema_of(connection)
            counts = count_rows(connection, schema)
            _run(
                tool, url, "--format=custom", "--compress=3", f"--schema={_quoted(schema)}", f"--snapshot={row[0]}",
                "--no-owner", "--no-privileges", f"--file={target}",
            )  # fmt: skip
            return Snapshot(
                counts=counts, migration=_texts(connection, counts, "alembic_version", "version_num"),
                files=_texts(connection, counts, "stored_file", "sha256"), engine_version=str(major), schema=schema,
            )  # fmt: skip


def _texts(connection: psycopg.Connection[Any], counts: Mapping[str, int], table: str, column: str) -> tuple[str, ...]:
    """Give the values of one column, none where there is no such table."""
    if table not in counts:
        return ()
    statement = sql.SQL("SELECT DISTINCT {} FROM {}").format(sql.Identifier(column), sql.Identifier(table))
    return tuple(str(row[0]) for row in connection.execute(statement))


def _quoted(name: str) -> str:
    """A name as a pattern of pg_dump that matches it alone."""
    return '"' + name.replace('"', '""') + '"'


def count_rows(connection: psycopg.Connection[Any], schema: str) -> dict[str, int]:
    """Count the rows of every table of a schema."""
    names = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s ORDER BY 1", [schema]).fetchall()
    counts = {}
    for (name,) in names:
        row = connection.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(schema, name))).fetchone()
        counts[str(name)] = int(row[0]) if row else 0
    return counts


# -- a restore --------------------------------------------------------------------------------------------------------
class PostgresPlace:
    """The database a restore goes to. The old tables wait in a schema of their own until the new ones were found whole."""

    def __init__(self, url: str, *, bin_folder: str, folder: Path) -> None:
        self.url = url
        self._folder = folder
        self.name = str(make_url(url).database)
        self._bin = bin_folder
        self._schema = "public"
        self._is_swapped = False

    def holds_tables(self) -> bool:
        """Say whether there is anything at all."""
        return bool(self.counts())

    def counts(self) -> dict[str, int]:
        """Count the rows that stand there now."""
        with _connect(self.url) as connection:
            return count_rows(connection, schema_of(connection))

    @contextmanager
    def staged(self, archive: Archive) -> Iterator[str]:
        """Set the old tables aside, restore into the empty schema, give the URL; put all back unless it was swapped.

        DatabaseInUse when anybody else is connected.
        """
        dump = self._folder / f".restoring-{secrets.token_hex(4)}.dump"
        with _connect(self.url) as connection:
            needed = max(_major(connection), int(rules.major_of(archive.manifest.engine_version)))
            tool = find_tool("pg_restore", self._bin, needed=needed)
            self._schema = schema_of(connection)
            self._refuse_others(connection)
        try:
            archive.extract(rules.POSTGRESQL_MEMBER, dump)
            self._set_aside()
            try:
                _run(
                    tool, self.url, "--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges",
                    f"--schema={self._schema}", str(dump),
                )  # fmt: skip
                yield self.url
            finally:
                if not self._is_swapped:
                    with _connect(self.url) as connection:
                        self._put_back(connection)
        finally:
            dump.unlink(missing_ok=True)

    def _refuse_others(self, connection: psycopg.Connection[Any]) -> None:
        """Refuse while anybody else is connected; one who has just gone is listed for a moment longer, so look again."""
        for wait in (*_LOOK_AGAIN_SECONDS, None):
            others = connection.execute(
                "SELECT DISTINCT coalesce(nullif(application_name, ''), usename, '?') FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
            ).fetchall()
            if not others:
                return
            if wait is not None:
                time.sleep(wait)
        names = ", ".join(sorted(str(row[0]) for row in others))
        raise DatabaseInUse(database=self.name, by=names)

    def _set_aside(self) -> None:
        with _connect(self.url) as connection:
            try:
                with connection.transaction():
                    _name(connection, "ALTER SCHEMA {} RENAME TO {}", self._schema, HELD_SCHEMA)
                    _name(connection, "CREATE SCHEMA {}", self._schema)
            except psycopg.errors.InsufficientPrivilege as refused:
                raise BackupFailed(
                    what=f"{str(refused).strip()}; the user needs ALTER SCHEMA {self._schema} OWNER TO it, and CREATE"
                ) from refused

    def staged_counts(self) -> dict[str, int]:
        """Count the rows of what is staged."""
        return self.counts()

    def staged_faults(self) -> list[str]:
        """Let the engine check what is staged: pg_restore made every key and check anew, so there is nothing more."""
        return []

    def swap(self, at: datetime, *, is_kept: bool) -> str:
        """Leave the new tables in place; give the name of the schema that keeps the old ones, "" when none does."""
        kept = f"replaced_{at:%Y%m%d_%H%M%S}"
        with _connect(self.url) as connection:
            if is_kept:
                _name(connection, "ALTER SCHEMA {} RENAME TO {}", HELD_SCHEMA, kept)
            else:
                _name(connection, "DROP SCHEMA {} CASCADE", HELD_SCHEMA)
        self._is_swapped = True
        return f"schema {kept}" if is_kept else ""

    def undo(self) -> bool:
        """Put the old tables back where a restore broke off; say whether there was anything to put back.

        DatabaseInUse when anybody else is connected: the restore may be going on.
        """
        with _connect(self.url) as connection:
            row = connection.execute("SELECT 1 FROM pg_namespace WHERE nspname = %s", [HELD_SCHEMA]).fetchone()
            if row is None:
                return False
            self._schema = schema_of(connection)
            self._refuse_others(connection)
            self._put_back(connection)
            return True

    def _put_back(self, connection: psycopg.Connection[Any]) -> None:
        with connection.transaction():
            _name(connection, "DROP SCHEMA IF EXISTS {} CASCADE", self._schema)
            _name(connection, "ALTER SCHEMA {} RENAME TO {}", HELD_SCHEMA, self._schema)


@contextmanager
def scratch(url: str, *, bin_folder: str, folder: Path) -> Iterator[PostgresPlace]:
    """Give a place in a new database of the same server, which is dropped again: to try a backup."""
    name = f"wms_verify_{secrets.token_hex(4)}"
    with _connect(url) as connection:
        try:
            _name(connection, "CREATE DATABASE {} TEMPLATE template0", name)
        except psycopg.errors.InsufficientPrivilege as refused:
            raise BackupFailed(
                what=f"{str(refused).strip()}; to try a backup the user needs ALTER USER ... CREATEDB"
            ) from refused
        try:
            plain = make_url(url).set(database=name).render_as_string(hide_password=False)
            yield PostgresPlace(plain, bin_folder=bin_folder, folder=folder)
        finally:
            _name(connection, "DROP DATABASE IF EXISTS {} WITH (FORCE)", name)


def _name(connection: psycopg.Connection[Any], statement: str, *names: str) -> None:
    connection.execute(sql.SQL(statement).format(*(sql.Identifier(name) for name in names)))
