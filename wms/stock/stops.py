"""Lots that a higher floor stops before it holds them: a recall between its stop and its hold (docs/decisions/0040).

The mark stands on the lot itself, since every posting and every promise reads and locks its lots: who waits for the lock
sees the mark. What it bars is said in rules/availability.py and, for what is no purpose, in the ledger.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select, update

from wms.core.ids import LotId
from wms.db import db
from wms.stock import ledger
from wms.stock.models import Lot

#: So many ids are named in one statement: SQLite takes 32,766.
_PART = 10_000


def stopped_for(number: str) -> set[LotId]:
    """The lots that the recall of this number stops."""
    rows = db.session.execute(select(Lot.id, Lot.stopped_for).where(Lot.stopped_for != ""))
    return {row.id for row in rows if number in row.stopped_for.split()}


def stop_lots(number: str, lots: Collection[LotId]) -> None:
    """Let the recall of this number stop just these lots, and no others any more. Locks those that change, exclusively."""
    before, wanted = stopped_for(number), set(lots)
    for chosen, is_added in ((sorted(wanted - before), True), (sorted(before - wanted), False)):
        for start in range(0, len(chosen), _PART):
            _change(number, chosen[start : start + _PART], is_added=is_added)


def _change(number: str, lots: list[LotId], *, is_added: bool) -> None:
    ledger.lock_lots(lots, exclusive=True)
    texts: dict[str, list[LotId]] = {}
    for row in db.session.execute(select(Lot.id, Lot.stopped_for).where(Lot.id.in_(lots))):
        others = [one for one in row.stopped_for.split() if one != number]
        texts.setdefault(" ".join([*others, number] if is_added else others), []).append(row.id)
    for text, ids in sorted(texts.items()):
        db.session.execute(
            update(Lot).where(Lot.id.in_(ids)).values(stopped_for=text).execution_options(synchronize_session="fetch")
        )
