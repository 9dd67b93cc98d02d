"""Candidates for a claim, in policy order: the hot statement, one form for each engine, the same answer from both.

PostgreSQL takes all lines of one policy in one statement (LATERAL with a LIMIT); SQLite asks line by line, and its
cursor stops at the limit. Both walk a partial index that holds only open, released, unheld balances.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from sqlalchemy import text
from sqlalchemy.orm import Session

if TYPE_CHECKING:
    from wms.stock.ledger.claims import ClaimRequest

#: The policies of wms.stock.rules.allocation as SQL; a property test holds the two equal.
ORDER_BY = {
    "fefo": "b.fefo_on, b.received_on, b.id",
    "fifo": "b.received_on, b.fefo_on, b.id",
    "lifo": "b.received_on DESC, b.fefo_on, b.id",
}
_COLUMNS = "b.id, b.lot_id, b.owner_id, b.bin_id, b.lpn_id, b.quality, b.hold_set_id, b.on_hand - b.allocated AS free"
_USABLE = "b.is_open AND b.quality = 'released' AND b.hold_set_id = 0"
#: Released for everybody, or for this customer or market and still so on the day; {0} says whose question it is.
_RELEASED_FOR = (
    "({0}customer IS NULL OR NOT EXISTS (SELECT 1 FROM release_scope s WHERE s.lot_id = b.lot_id AND s.ended_at IS NULL)"
    " OR EXISTS (SELECT 1 FROM release_scope s WHERE s.lot_id = b.lot_id AND s.ended_at IS NULL"
    " AND (s.customer_id = {0}customer OR s.market = {0}market) AND (s.until_on IS NULL OR s.until_on >= {0}leaves)))"
)
#: Made for nobody in particular, or for the demand that asks.
_NOT_PEGGED = (
    "({0}may_take_pegged OR NOT EXISTS (SELECT 1 FROM lot_peg g WHERE g.lot_id = b.lot_id AND g.freed_at IS NULL"
    " AND NOT (g.demand_kind = {0}demand_kind AND g.demand_id = {0}demand)))"
)
#: Stopped by no recall.
_NOT_STOPPED = "NOT EXISTS (SELECT 1 FROM lot l WHERE l.id = b.lot_id AND l.stopped_for <> '')"
_PICKABLE = "NOT bin.is_blocked AND bin.kind IN ('storage', 'pick_face')"


@dataclass(frozen=True)
class Found:
    """One candidate balance: its id, its key in lock order, and what was free when it was looked at."""

    id: int
    lot: int
    order: tuple[Any, ...]
    free: int


def find(session: Session, requests: Sequence[ClaimRequest], *, limit: int) -> dict[int, list[Found]]:
    """For each request (by its place in `requests`) its first `limit` candidates in policy order."""
    if session.get_bind().dialect.name == "postgresql":
        return _find_postgresql(session, requests, limit=limit)
    return {n: _find_one(session, request, limit=limit) for n, request in enumerate(requests)}


def _find_one(session: Session, request: ClaimRequest, *, limit: int) -> list[Found]:
    lot = " AND b.lot_id = :lot" if request.lot is not None else ""
    scoped = f" AND {_RELEASED_FOR.format(':')}" if request.buyer is not None else ""
    statement = text(
        f"SELECT {_COLUMNS} FROM stock_balance b JOIN bin ON bin.id = b.bin_id"
        f" WHERE {_USABLE} AND b.item_id = :item AND b.warehouse_id = :warehouse AND b.owner_id = :owner"
        f" AND b.fefo_on >= :good_until{lot} AND {_PICKABLE}{scoped} AND {_NOT_PEGGED.format(':')} AND {_NOT_STOPPED}"
        f" ORDER BY {ORDER_BY[request.policy]} LIMIT :limit"
    )
    values = {
        "item": request.item,
        "warehouse": request.warehouse,
        "owner": request.owner,
        "good_until": request.good_until.isoformat(),
        "limit": limit,
        "may_take_pegged": request.may_take_pegged,
        "demand_kind": request.demand_kind,
        "demand": request.demand_id,
    }
    if request.lot is not None:
        values["lot"] = request.lot
    if request.buyer is not None:
        values |= {
            "customer": request.buyer.customer, "market": request.buyer.market or None, "leaves": request.on.isoformat(),
        }  # fmt: skip
    return [_found(row) for row in session.execute(statement, values)]


def _find_postgresql(session: Session, requests: Sequence[ClaimRequest], *, limit: int) -> dict[int, list[Found]]:
    found: dict[int, list[Found]] = {n: [] for n in range(len(requests))}
    for policy in {r.policy for r in requests}:
        lines = [(n, r) for n, r in enumerate(requests) if r.policy == policy]
        statement = text(
            "SELECT r.line, c.* FROM unnest(CAST(:lines AS bigint[]), CAST(:items AS bigint[]),"
            " CAST(:warehouses AS bigint[]), CAST(:owners AS bigint[]), CAST(:untils AS date[]),"
            " CAST(:lots AS bigint[]), CAST(:customers AS bigint[]), CAST(:markets AS text[]), CAST(:leaves AS date[]),"
            " CAST(:kinds AS text[]), CAST(:demands AS bigint[]), CAST(:takes_pegged AS boolean[]))"
            " AS r(line, item, warehouse, owner, good_until, lot, customer, market, leaves, demand_kind, demand,"
            " may_take_pegged)"
            f" CROSS JOIN LATERAL (SELECT {_COLUMNS} FROM stock_balance b JOIN bin ON bin.id = b.bin_id"
            f" WHERE {_USABLE} AND b.item_id = r.item AND b.warehouse_id = r.warehouse AND b.owner_id = r.owner"
            " AND b.fefo_on >= r.good_until AND (r.lot IS NULL OR b.lot_id = r.lot)"
            f" AND {_PICKABLE} AND {_RELEASED_FOR.format('r.')} AND {_NOT_PEGGED.format('r.')} AND {_NOT_STOPPED}"
            f" ORDER BY {ORDER_BY[policy]} LIMIT :limit) c"
        )
        rows = session.execute(
            statement,
            {
                "lines": [n for n, _ in lines],
                "items": [r.item for _, r in lines],
                "warehouses": [r.warehouse for _, r in lines],
                "owners": [r.owner for _, r in lines],
                "untils": [r.good_until for _, r in lines],
                "lots": [r.lot for _, r in lines],
                "customers": [r.buyer.customer if r.buyer else None for _, r in lines],
                "markets": [(r.buyer.market or None) if r.buyer else None for _, r in lines],
                "leaves": [r.on for _, r in lines],
                "kinds": [r.demand_kind for _, r in lines],
                "demands": [r.demand_id for _, r in lines],
                "takes_pegged": [r.may_take_pegged for _, r in lines],
                "limit": limit,
            },
        )
        for row in rows:
            found[row.line].append(_found(row))
    return found


def _found(row: Any) -> Found:
    return Found(
        id=row.id,
        lot=row.lot_id,
        order=(row.lot_id, row.owner_id, row.bin_id, row.lpn_id, row.quality, row.hold_set_id),
        free=row.free,
    )


def least_good_until(*, on: date, usable_on_last_day: bool, needed_until: date | None) -> date:
    """The least last good day a claim may take: not expired on `on`, and long enough for the customer."""
    usable_from = on if usable_on_last_day else date.fromordinal(on.toordinal() + 1)
    return max(usable_from, needed_until) if needed_until else usable_from
