"""What balances carry of their lots, when a lot changes or goods become another lot: the deciding day, the day they came in.

No quantity is written here.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from sqlalchemy import text

from wms.core.ids import BalanceId, LotId
from wms.stock.ledger.moves import StockKey
from wms.stock.ledger.post import _key_values, _lock_lots, _session, _sql_day

_FOLLOW = text("UPDATE stock_balance SET fefo_on = :day WHERE lot_id = :lot AND fefo_on <> :day")
_CARRY = text(
    "UPDATE stock_balance SET received_on = (SELECT s.received_on FROM stock_balance s WHERE s.id = :source)"
    " WHERE lot_id = :lot AND owner_id = :owner AND bin_id = :bin AND lpn_id = :lpn AND quality = :quality"
    " AND hold_set_id = :hold_set"
    " AND received_on > (SELECT s.received_on FROM stock_balance s WHERE s.id = :source)"
)


def follow_deciding_day(lot: LotId, fefo_on: date) -> None:
    """Let every balance of a lot carry the lot's deciding day, wherever it stands; the lot is locked exclusively."""
    session = _session()
    _lock_lots(session, {lot}, exclusive=True)
    session.execute(_FOLLOW, {"lot": lot, "day": _sql_day(fefo_on)})


def carry_received_on(pairs: Iterable[tuple[BalanceId, StockKey]]) -> None:
    """Let goods that became another lot keep the day on which they came in: of several that met, the earliest."""
    session = _session()
    for source, target in pairs:
        session.execute(_CARRY, _key_values(target) | {"source": source})
