"""What the gateway has yet to tell the server, on disk: an SQLite file that outlives a killed process and a lost line.

Every item has a sequence number that only grows. A new file begins at the present millisecond, so that a gateway whose
disk was replaced does not repeat numbers the server has seen. An item is deleted only when the server says it is stored.
"""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

SCHEMA = """
CREATE TABLE IF NOT EXISTS item (sequence INTEGER PRIMARY KEY, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS refused (sequence INTEGER PRIMARY KEY, body TEXT NOT NULL, answer TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS note (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""


class Spool:
    """The queue on disk; safe to use from several threads of one process."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=10)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=FULL")
        self._db.executescript(SCHEMA)
        kept = self.note("last_sequence")
        self._last = int(kept) if kept is not None else time.time_ns() // 1_000_000

    def add(self, bodies: Iterable[dict[str, Any]]) -> int:
        """Keep items, in one commit; answer the last sequence."""
        with self._lock:
            rows, last = [], self._last
            for body in bodies:
                last += 1
                rows.append((last, json.dumps(body, separators=(",", ":"))))
            self._db.execute("BEGIN IMMEDIATE")
            try:
                self._db.executemany("INSERT INTO item VALUES (?, ?)", rows)
                self._write_last(last)
                self._db.execute("COMMIT")
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._last = last
            return last

    def next(self, limit: int) -> list[dict[str, Any]]:
        """Give the oldest items with their sequence."""
        with self._lock:
            rows = self._db.execute("SELECT sequence, body FROM item ORDER BY sequence LIMIT ?", (limit,)).fetchall()
        return [{"sequence": sequence, **json.loads(body)} for sequence, body in rows]

    def forget(self, stored: int) -> None:
        """Delete what the server has stored, up to and with `stored`.

        A number above all ours was given by an earlier gateway whose clock ran ahead: ours are then counted on from it.
        """
        with self._lock:
            if stored <= self._last:
                self._db.execute("DELETE FROM item WHERE sequence <= ?", (stored,))
                return
            shift = stored - self._db.execute("SELECT coalesce(min(sequence), 1) - 1 FROM item").fetchone()[0]
            self._db.execute("BEGIN IMMEDIATE")
            self._db.execute("UPDATE item SET sequence = -(sequence + ?)", (shift,))
            self._db.execute("UPDATE item SET sequence = -sequence")
            self._last = max(stored, self._db.execute("SELECT coalesce(max(sequence), 0) FROM item").fetchone()[0])
            self._write_last(self._last)
            self._db.execute("COMMIT")

    def set_aside(self, sequence: int, answer: str) -> None:
        """Take an item the server will not have out of the way, and keep it."""
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            self._db.execute(
                "INSERT OR REPLACE INTO refused SELECT sequence, body, ? FROM item WHERE sequence = ?",
                (answer[:1000], sequence),
            )
            self._db.execute("DELETE FROM item WHERE sequence = ?", (sequence,))
            self._db.execute("COMMIT")

    def count(self) -> int:
        """Say how many items wait."""
        with self._lock:
            return int(self._db.execute("SELECT count(*) FROM item").fetchone()[0])

    def note(self, name: str) -> str | None:
        """Read a kept value."""
        row = self._db.execute("SELECT value FROM note WHERE name = ?", (name,)).fetchone()
        return None if row is None else str(row[0])

    def keep(self, name: str, value: str) -> None:
        """Keep a value."""
        with self._lock:
            self._db.execute("INSERT OR REPLACE INTO note VALUES (?, ?)", (name, value))

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()

    def _write_last(self, last: int) -> None:
        self._db.execute("INSERT OR REPLACE INTO note VALUES ('last_sequence', ?)", (str(last),))
