"""claim and release: parts of balances promised to demand lines, by policy, without a lost promise or a deadlock.

Candidates are looked at unlocked in policy order, then the lots are locked (shared) and the balances in the order of
the stock key, and looked at again: locking in policy order deadlocks beside posters (docs/decisions/0007).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import bindparam, delete, insert, select, text
from sqlalchemy.orm import Session

from wms.core.ids import BalanceId, ClaimId, ItemId, LotId, OwnerId, UserId, WarehouseId, new_id
from wms.core.quantity import Quantity
from wms.stock.ledger import candidates
from wms.stock.ledger.post import _lock_lots, _session
from wms.stock.ledger.tables import StockBalance, StockClaim
from wms.stock.rules.availability import demand_word
from wms.stock.rules.scope import Buyer

_FIRST_LOOK = 8
_ROUNDS = 6


@dataclass(frozen=True, kw_only=True)
class ClaimRequest:
    """What one demand line asks for. `good_until` is the least last good day taken (candidates.least_good_until)."""

    demand_kind: str
    demand_id: int
    item: ItemId
    quantity: Quantity
    warehouse: WarehouseId
    owner: OwnerId
    policy: str
    good_until: date
    lot: LotId | None = None
    #: To whom a sale goes, and on which day it leaves: goods released for others are not taken. None for any other purpose.
    buyer: Buyer | None = None
    on: date = date.min
    #: Lots made for another demand may be taken too (returned, destroyed), by wms.stock.rules.availability.TABLE.
    may_take_pegged: bool = False
    #: Balances not to be offered again, such as a bin just found empty.
    excluded: frozenset[BalanceId] = field(default_factory=frozenset)


@dataclass(frozen=True, kw_only=True)
class Claimed:
    """One claim made: how much of which balance for which demand."""

    claim: ClaimId
    balance: BalanceId
    lot: LotId
    demand_id: int
    quantity: Quantity


def claim(requests: Sequence[ClaimRequest], *, actor: UserId, at: datetime) -> list[Claimed]:
    """Promise stock to the lines, each by its policy, as far as it goes; the caller sees what is short by the sums.

    Only released, unheld, unexpired, unpromised stock in storage and pick faces that is not blocked is taken.
    """
    session = _session()
    made: list[Claimed] = []
    left = {n: r.quantity.millionths for n, r in enumerate(requests)}
    limit = _FIRST_LOOK
    for _ in range(_ROUNDS):
        open_lines = [n for n, amount in left.items() if amount > 0]
        if not open_lines:
            break
        found = candidates.find(session, [requests[n] for n in open_lines], limit=limit)
        seen = {n: found[place] for place, n in enumerate(open_lines)}
        made += _take(session, requests, seen, left, at=at)
        # Done when no line that is still short was cut off by the limit and nothing slipped away meanwhile.
        if not any(left[n] > 0 and len(seen[n]) >= limit for n in open_lines):
            break
        limit *= 8
    return made


def _take(session: Session, requests: Sequence[ClaimRequest], seen: dict[int, list[candidates.Found]],
          left: dict[int, int], *, at: datetime) -> list[Claimed]:  # fmt: skip
    """Lock what was seen, look again, and take it in policy order."""
    all_found = {f.id: f for found in seen.values() for f in found}
    if not all_found:
        return []
    free, made_for = _lock_and_look(session, list(all_found.values()))
    taken: dict[int, int] = {}
    rows: list[dict[str, object]] = []
    made: list[Claimed] = []
    for n, found in seen.items():
        request = requests[n]
        for candidate in found:
            amount = min(left[n], free.get(candidate.id, 0))
            if amount <= 0 or candidate.id in request.excluded or _is_for_another(made_for.get(candidate.id), request):
                continue
            left[n] -= amount
            free[candidate.id] -= amount
            taken[candidate.id] = taken.get(candidate.id, 0) + amount
            new = Claimed(
                claim=ClaimId(new_id()),
                balance=BalanceId(candidate.id),
                lot=LotId(candidate.lot),
                demand_id=request.demand_id,
                quantity=Quantity(amount),
            )
            made.append(new)
            rows.append(
                {
                    "id": new.claim,
                    "balance_id": new.balance,
                    "demand_kind": request.demand_kind,
                    "demand_id": request.demand_id,
                    "quantity": new.quantity,
                    "created_at": at,
                }
            )
    if rows:
        ordered = sorted(taken, key=lambda i: all_found[i].order)
        session.execute(_PROMISE, [{"id": i, "amount": taken[i]} for i in ordered])
        session.execute(insert(StockClaim), rows)
    return made


_PROMISE = text(
    "UPDATE stock_balance SET allocated = allocated + :amount, is_open = (on_hand > allocated + :amount) WHERE id = :id"
)
_SHARE_ORDER = "lot_id, owner_id, bin_id, lpn_id, quality, hold_set_id"


def _is_for_another(made_for: str | None, request: ClaimRequest) -> bool:
    if not made_for or request.may_take_pegged:
        return False
    return made_for != demand_word(request.demand_kind, request.demand_id)


def _lock_and_look(session: Session, found: list[candidates.Found]) -> tuple[dict[int, int], dict[int, str | None]]:
    """Lock the lots shared and the balances in key order; what is free in each now, in millionths, and whose its lot is.

    A peg is laid with the lot locked exclusively: one that came between the first look and the lock is seen here.
    """
    is_postgresql = session.get_bind().dialect.name == "postgresql"
    if is_postgresql:
        lots = _lock_lots(session, {LotId(f.lot) for f in found}, exclusive=False)
        found = [f for f in found if not lots[f.lot].stopped_for]  # a recall was quicker
        if not found:
            return {}, {}
    statement = text(
        "SELECT id, on_hand - allocated AS free, (SELECT g.demand_kind || ':' || g.demand_id FROM lot_peg g"
        " WHERE g.lot_id = stock_balance.lot_id AND g.freed_at IS NULL) AS made_for FROM stock_balance WHERE id IN :ids"
        f" ORDER BY {_SHARE_ORDER}{' FOR UPDATE OF stock_balance' if is_postgresql else ''}"
    ).bindparams(bindparam("ids", expanding=True))
    rows = session.execute(statement, {"ids": sorted(f.id for f in found)}).all()
    return {row.id: row.free for row in rows}, {row.id: row.made_for for row in rows}


def release(claims: Iterable[ClaimId], *, actor: UserId, at: datetime) -> Quantity:
    """Give promises back; how much became free. Claims that are gone already count for nothing."""
    session = _session()
    wanted = set(claims)
    if not wanted:
        return Quantity(0)
    balances = set(session.execute(select(StockClaim.balance_id).where(StockClaim.id.in_(wanted)).distinct()).scalars())
    _lock_balances(session, balances)
    # Only claims that still lie on the locked balances; one that was carried away meanwhile is no longer ours to free.
    freed = session.execute(
        delete(StockClaim)
        .where(StockClaim.id.in_(wanted), StockClaim.balance_id.in_(balances))
        .returning(StockClaim.balance_id, StockClaim.quantity)
        .execution_options(synchronize_session=False)
    ).all()
    sums: dict[int, int] = {}
    for row in freed:
        sums[row.balance_id] = sums.get(row.balance_id, 0) + row.quantity.millionths
    if sums:
        session.execute(_PROMISE, [{"id": i, "amount": -amount} for i, amount in sorted(sums.items())])
    return Quantity(sum(sums.values()))


def release_demand(demand_kind: str, demand_ids: Iterable[int], *, actor: UserId, at: datetime) -> Quantity:
    """Give back every promise made to these demand lines."""
    session = _session()
    found = session.execute(
        select(StockClaim.id).where(StockClaim.demand_kind == demand_kind, StockClaim.demand_id.in_(set(demand_ids)))
    )
    return release(list(found.scalars()), actor=actor, at=at)


def _lock_balances(session: Session, balances: set[BalanceId]) -> None:
    if session.get_bind().dialect.name != "postgresql" or not balances:
        return
    session.execute(
        select(StockBalance.id)
        .where(StockBalance.id.in_(balances))
        .order_by(
            StockBalance.lot_id, StockBalance.owner_id, StockBalance.bin_id, StockBalance.lpn_id,
            StockBalance.quality, StockBalance.hold_set_id,
        )
        .with_for_update()
    )  # fmt: skip
