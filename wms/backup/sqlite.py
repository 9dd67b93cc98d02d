"""SQLite: a snapshot by its backup API while others write, and a new file renamed over the old one."""

from __future__ import annotations

import os
import secrets
import shutil
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final

from wms.backup import rules
from wms.backup.archive import Archive, demand_room, flush_folder
from wms.backup.rules import Snapshot
from wms.core.errors import BackupFailed, DatabaseInUse

_WAIT_SECONDS: Final = 30.0


def path_of(url: str) -> Path:
    """Give the file behind an SQLite URL."""
    return Path(url.partition("///")[2])


def snapshot(url: str, target: Path) -> Snapshot:
    """Copy the database as it stands at one instant.

    The whole copy is one step under one read lock: in a write-ahead log readers stop no writer, and a writer cannot make
    the copy begin anew.
    """
    source = path_of(url)
    if not source.exists():
        raise BackupFailed(what=f"there is no database at {source}")
    demand_room(target.parent, 2 * source.stat().st_size)
    try:
        with closing(_open(source)) as there, closing(sqlite3.connect(target)) as copy:
            there.backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE")
            counts = count_rows(copy)
            return Snapshot(
                counts=counts, migration=_texts(copy, counts, "alembic_version", "version_num"),
                files=_texts(copy, counts, "stored_file", "sha256"), engine_version=sqlite3.sqlite_version, schema="main",
            )  # fmt: skip
    except sqlite3.Error as wrong:
        raise BackupFailed(what=f"{source}: {wrong}") from wrong


def _texts(connection: sqlite3.Connection, counts: Mapping[str, int], table: str, column: str) -> tuple[str, ...]:
    """Give the values of one column, none where there is no such table."""
    if table not in counts:
        return ()
    return tuple(str(row[0]) for row in connection.execute(f"SELECT DISTINCT {column} FROM {table}"))


def count_rows(connection: sqlite3.Connection) -> dict[str, int]:
    """Count the rows of every table."""
    names = connection.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
    )
    return {
        name: connection.execute(f'SELECT count(*) FROM "{name.replace(chr(34), chr(34) * 2)}"').fetchone()[0]
        for (name,) in sorted(names.fetchall())
    }


def faults_in(path: Path) -> list[str]:
    """Let SQLite itself check a file: its pages, its indexes, its foreign keys; nothing of its schema is trusted."""
    try:
        with closing(_open(path)) as connection:
            connection.execute("PRAGMA trusted_schema=OFF")
            connection.execute("PRAGMA cell_size_check=ON")
            said = [row[0] for row in connection.execute("PRAGMA integrity_check(5)")]
            keys = [f"foreign key of {row[0]}" for row in connection.execute("PRAGMA foreign_key_check").fetchmany(5)]
    except sqlite3.Error as wrong:
        return [str(wrong)]
    return [line for line in said if line != "ok"] + keys


class SqlitePlace:
    """The file a restore goes to. What is staged lies beside it, and takes its name in one step."""

    def __init__(self, url: str) -> None:
        self.path = path_of(url)
        self.name = str(self.path)
        self._staged: Path | None = None

    def holds_tables(self) -> bool:
        """Say whether there is anything at all."""
        return self.path.exists() and self.path.stat().st_size > 0

    def counts(self) -> dict[str, int]:
        """Count the rows that stand there now."""
        with closing(_open(self.path)) as connection:
            return count_rows(connection)

    @contextmanager
    def staged(self, archive: Archive) -> Iterator[str]:
        """Put the backup's database beside the old one and give its URL; gone at the end unless it was swapped in."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._staged = self.path.with_name(f".{self.path.name}.restoring-{secrets.token_hex(4)}")
        try:
            archive.extract(rules.SQLITE_MEMBER, self._staged)
            yield f"sqlite:///{self._staged}"
        finally:
            for end in ("", "-wal", "-shm", "-journal"):
                Path(f"{self._staged}{end}").unlink(missing_ok=True)

    def staged_counts(self) -> dict[str, int]:
        """Count the rows of what is staged."""
        assert self._staged
        with closing(_open(self._staged)) as connection:
            return count_rows(connection)

    def staged_faults(self) -> list[str]:
        """Let the engine check what is staged."""
        assert self._staged
        return faults_in(self._staged)

    def swap(self, at: datetime, *, is_kept: bool) -> str:
        """Rename the staged file over the old one; give the name under which that is kept, "" when it is not.

        DatabaseInUse when anybody else has the old file open: they would go on writing to a file without a name.
        """
        assert self._staged
        with closing(_open(self._staged)) as connection:
            connection.execute("PRAGMA journal_mode=DELETE")  # all of it in the one file that is renamed
        if not self.path.exists():
            _give_to(self._staged, like=self.path.parent)
            os.replace(self._staged, self.path)
            flush_folder(self.path.parent)
            return ""
        kept = self.path.with_name(f"{self.path.name}.replaced-{at:%Y%m%dT%H%M%SZ}")
        _give_to(self._staged, like=self.path)
        shutil.copymode(self.path, self._staged)
        with closing(_open(self.path, wait=1.0)) as old:
            try:
                old.execute(
                    "PRAGMA journal_mode=DELETE"
                )  # needs the file for itself alone, and empties the log into it
                old.execute("BEGIN EXCLUSIVE")
            except sqlite3.OperationalError as busy:
                raise DatabaseInUse(database=self.name, by="web_or_jobs") from busy
            except sqlite3.DatabaseError:
                pass  # what is there is no database any more: the very case for a backup
            if is_kept:
                _keep(self.path, kept)
            os.replace(self._staged, self.path)
        for end in ("-wal", "-shm"):
            Path(f"{self.path}{end}").unlink(missing_ok=True)
        flush_folder(self.path.parent)
        return str(kept) if is_kept else ""

    def undo(self) -> bool:
        """Take away what a killed restore left; nothing of it was ever in place."""
        left = list(self.path.parent.glob(f".{self.path.name}.restoring-*"))
        for path in left:
            path.unlink(missing_ok=True)
        return bool(left)


@contextmanager
def scratch(folder: Path) -> Iterator[SqlitePlace]:
    """Give a place in a new folder, which is taken away again: to try a backup."""
    path = folder / f".verify-{secrets.token_hex(4)}"
    path.mkdir(parents=True, mode=0o700)
    try:
        yield SqlitePlace(f"sqlite:///{path / 'wms.db'}")
    finally:
        shutil.rmtree(path, ignore_errors=True)


def _open(path: Path, *, wait: float = _WAIT_SECONDS) -> sqlite3.Connection:
    """Open a file that must be there."""
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True, timeout=wait, isolation_level=None)


def _keep(path: Path, kept: Path) -> None:
    try:
        os.link(path, kept)
    except OSError:  # a disk without links
        shutil.copy2(path, kept)


def _give_to(path: Path, *, like: Path) -> None:
    """Run by root, leave the file to whom the data belong."""
    if os.geteuid() == 0:
        owner = like.stat()
        os.chown(path, owner.st_uid, owner.st_gid)
