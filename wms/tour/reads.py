"""The tour's own eyes: a connection to the database that cannot write, beside the product and without its code."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

MILLION = 1_000_000


class Reads:
    """Asks the database file. Every question is a transaction of its own, so it sees what is committed now."""

    def __init__(self, database: Path) -> None:
        self._connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True, isolation_level=None, timeout=10)
        self._connection.row_factory = sqlite3.Row

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def rows(self, statement: str, *values: Any) -> list[sqlite3.Row]:
        """All rows."""
        return self._connection.execute(statement, values).fetchall()

    def row(self, statement: str, *values: Any) -> sqlite3.Row | None:
        """The first row, None when there is none."""
        found: sqlite3.Row | None = self._connection.execute(statement, values).fetchone()
        return found

    def value(self, statement: str, *values: Any) -> Any:
        """The first column of the first row, None when there is none."""
        found = self.row(statement, *values)
        return found[0] if found is not None else None

    # -- questions asked again and again --------------------------------------------------------------------------------
    def ledger(self) -> tuple[int, int, int]:
        """What no refusal may change: postings, moves, promised in all."""
        return (
            self.value("SELECT count(*) FROM stock_posting"),
            self.value("SELECT count(*) FROM stock_move"),
            self.value("SELECT coalesce(sum(quantity), 0) FROM stock_claim"),
        )

    def stock(self, lot: int) -> list[tuple[str, str, str, str, int]]:
        """Where a lot stands: bin, LPN, quality, held or free, on hand (millionths)."""
        rows = self.rows(
            "SELECT bin.code, lpn.code, quality, hold_set_id <> 0, sum(on_hand) FROM stock_balance b"
            " JOIN bin ON bin.id = b.bin_id JOIN lpn ON lpn.id = b.lpn_id"
            " WHERE b.lot_id = ? AND on_hand > 0 GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4",
            lot,
        )
        return [(r[0], r[1], r[2], "held" if r[3] else "free", r[4]) for r in rows]

    def on_hand(self, lot: int, *, kind: str = "", is_held: bool | None = None) -> float:
        """How much of a lot stands inside, in base units; in bins of a kind; held or not."""
        sql = "SELECT coalesce(sum(on_hand), 0) FROM stock_balance b JOIN bin ON bin.id = b.bin_id WHERE b.lot_id = ?"
        values: list[Any] = [lot]
        if kind:
            sql, values = sql + " AND bin.kind = ?", [*values, kind]
        if is_held is not None:
            sql += f" AND hold_set_id {'<>' if is_held else '='} 0"
        return float(self.value(sql, *values)) / MILLION

    def lot(self, item: int, number: str) -> int | None:
        """The id of a lot, None when it is not known."""
        found = self.value("SELECT id FROM lot WHERE item_id = ? AND number = ?", item, number)
        return int(found) if found is not None else None

    def passages(self, epc: str) -> list[sqlite3.Row]:
        """The passages of a tag, in order, with their doors."""
        return self.rows(
            "SELECT p.*, portal.code AS door FROM passage p JOIN tag ON tag.id = p.tag_id"
            " JOIN portal ON portal.id = p.portal_id WHERE tag.epc = ? ORDER BY p.started_at",
            epc.upper(),
        )


def plain(value: Any) -> Any:
    """What a JSON column holds."""
    return json.loads(value) if isinstance(value, str) else value


def amounts(rows: Sequence[tuple[str, str, str, str, int]]) -> str:
    """Where a lot stands, in words."""
    return "; ".join(f"{n / MILLION:g} {state} in {bin_}" for bin_, _lpn, _quality, state, n in rows)
