"""The ledger held against itself: a list of checks, each one statement that must return no row.

Run by `run.py ledger-audit` and every night. All checks read in one snapshot, so a posting in flight is no false alarm.
The numbers are those of the invariants in docs/ledger.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

#: The few bins outside the walls, asked once for a whole check: joining each of millions of moves with its bins takes longer.
_OUTSIDE = "(SELECT id FROM bin WHERE is_outside)"


def _moved(and_: str = "") -> str:
    """Both ends of every move that lie inside, the source as a minus."""
    return (
        "SELECT lot_id, owner_id, target_bin_id AS bin_id, target_lpn_id AS lpn_id, target_quality AS quality,"
        " target_hold_set_id AS hold_set_id, quantity FROM stock_move"
        f" WHERE target_bin_id NOT IN {_OUTSIDE}{and_}"
        " UNION ALL SELECT lot_id, owner_id, source_bin_id, source_lpn_id, source_quality, source_hold_set_id, -quantity"
        f" FROM stock_move WHERE source_bin_id NOT IN {_OUTSIDE}{and_}"
    )


_KEY = "lot_id, owner_id, bin_id, lpn_id, quality, hold_set_id"
_KEPT = f"SELECT {_KEY}, -on_hand FROM stock_balance WHERE on_hand <> 0"
_SINCE = " AND posting_seq > (SELECT max(ledger_seq) FROM stock_snapshot)"
_SNAPSHOT = (
    f"SELECT {_KEY}, on_hand AS quantity FROM stock_snapshot_line"
    " WHERE snapshot_id = (SELECT id FROM stock_snapshot ORDER BY ledger_seq DESC, before_on DESC LIMIT 1)"
)


@dataclass(frozen=True)
class Check:
    """One invariant: its id, what it says, and the statement that finds breaches of it."""

    id: str
    says: str
    statement: str


CHECKS: Sequence[Check] = (
    Check(
        "I1",
        "no balance is negative or promised beyond what is there",
        "SELECT id, on_hand, allocated FROM stock_balance WHERE on_hand < 0 OR allocated < 0 OR allocated > on_hand"
        " OR is_open <> (on_hand > allocated)",
    ),
    Check(
        "I2",
        "every balance is the sum of its moves, and every sum of moves is a balance",
        f"SELECT {_KEY}, sum(quantity) FROM ({_moved()} UNION ALL {_KEPT}) x GROUP BY {_KEY} HAVING sum(quantity) <> 0",
    ),
    Check(
        "S7",
        "stock as of now, by the last snapshot and the moves since, is the balances",
        f"SELECT {_KEY}, sum(quantity) FROM ({_SNAPSHOT} UNION ALL {_moved(_SINCE)}"
        f" UNION ALL {_KEPT} AND EXISTS (SELECT 1 FROM stock_snapshot)) x GROUP BY {_KEY} HAVING sum(quantity) <> 0",
    ),
    Check(
        "I3",
        "every move has a positive quantity, two ends, and one end inside",
        "SELECT m.posting_seq, m.line FROM stock_move m WHERE m.quantity <= 0"
        f" OR (m.source_bin_id IN {_OUTSIDE} AND m.target_bin_id IN {_OUTSIDE})"
        " OR (m.source_bin_id = m.target_bin_id AND m.source_lpn_id = m.target_lpn_id"
        " AND m.source_quality = m.target_quality AND m.source_hold_set_id = m.target_hold_set_id)",
    ),
    Check(
        "I4",
        "of every lot, what came in less what went out is on hand",
        "SELECT lot_id, sum(quantity) FROM ("
        f"SELECT lot_id, quantity FROM stock_move WHERE source_bin_id IN {_OUTSIDE} AND target_bin_id NOT IN {_OUTSIDE}"
        " UNION ALL SELECT lot_id, -quantity FROM stock_move"
        f" WHERE target_bin_id IN {_OUTSIDE} AND source_bin_id NOT IN {_OUTSIDE}"
        " UNION ALL SELECT lot_id, -on_hand FROM stock_balance) x GROUP BY lot_id HAVING sum(quantity) <> 0",
    ),
    Check(
        "I5",
        "every posting was made once and has its moves",
        "SELECT p.seq FROM stock_posting p LEFT JOIN stock_move m ON m.posting_seq = p.seq WHERE m.posting_seq IS NULL"
        " UNION ALL SELECT min(seq) FROM stock_posting GROUP BY key HAVING count(*) > 1",
    ),
    Check(
        "I8a",
        "what is allocated is the sum of the claims",
        "SELECT b.id, b.allocated, coalesce(sum(c.quantity), 0) FROM stock_balance b"
        " LEFT JOIN stock_claim c ON c.balance_id = b.id GROUP BY b.id, b.allocated"
        " HAVING b.allocated <> coalesce(sum(c.quantity), 0)",
    ),
    Check(
        "I8b",
        "nothing held is promised, and no open pick waits for stock that may not be used",
        "SELECT b.id FROM stock_balance b WHERE b.hold_set_id <> 0 AND b.allocated <> 0"
        " UNION ALL SELECT t.id FROM task t JOIN stock_claim c ON c.id = t.claim_id"
        " JOIN stock_balance b ON b.id = c.balance_id WHERE t.kind = 'pick' AND t.state IN ('open', 'taken')"
        " AND (b.hold_set_id <> 0 OR b.quality <> 'released')",
    ),
    Check(
        "H1",
        "goods of a lot that is held everywhere are all held by that hold",
        "SELECT b.id FROM stock_balance b JOIN hold h ON h.lot_id = b.lot_id AND h.scope = 'lot' AND h.lifted_at IS NULL"
        " AND (h.warehouse_id IS NULL OR h.warehouse_id = b.warehouse_id)"
        " WHERE b.on_hand > 0 AND NOT EXISTS (SELECT 1 FROM hold_set_member m"
        " WHERE m.hold_set_id = b.hold_set_id AND m.hold_id = h.id)",
    ),
    Check(
        "H2",
        "no goods lie under a hold that was lifted",
        "SELECT b.id FROM stock_balance b JOIN hold_set_member m ON m.hold_set_id = b.hold_set_id"
        " JOIN hold h ON h.id = m.hold_id WHERE b.on_hand > 0 AND h.lifted_at IS NOT NULL",
    ),
    Check(
        "D1",
        "every balance carries its lot's item and deciding date",
        "SELECT b.id FROM stock_balance b JOIN lot ON lot.id = b.lot_id"
        " WHERE b.item_id <> lot.item_id OR b.fefo_on <> lot.fefo_on",
    ),
)


@dataclass(frozen=True)
class Fault:
    """One breach: which check, and the row that shows it."""

    check: str
    says: str
    row: tuple[str, ...]


def run_checks(session: Session, *, most: int = 20) -> list[Fault]:
    """Run every check in the snapshot the session stands in; at most `most` faults of each."""
    if session.get_bind().dialect.name == "postgresql":
        session.rollback()
        session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
    faults = []
    for check in CHECKS:
        for row in session.execute(text(check.statement)).fetchmany(most):
            faults.append(Fault(check=check.id, says=check.says, row=tuple(str(value) for value in row)))
    return faults
