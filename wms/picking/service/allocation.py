"""Allocation: promise lots to the lines of an order, and keep why these and not those."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from wms.core.ids import BalanceId, LotId, OrderId, OrderLineId, UserId, new_id
from wms.core.quantity import ZERO, Quantity
from wms.core.states import step
from wms.db import db
from wms.events.catalog import OrderAllocated
from wms.events.outbox import emit
from wms.picking import queries
from wms.picking.models import AllocationDecision, OrderState
from wms.picking.queries import OpenLine, SeenBalance
from wms.picking.rules.states import ORDER_STEPS
from wms.stock import ledger
from wms.stock.ledger import Claimed, ClaimRequest
from wms.stock.ledger.candidates import least_good_until
from wms.stock.pegs import pegs_of_demands
from wms.stock.rules.allocation import Demand, Verdict, explain
from wms.stock.rules.availability import TABLE, Purpose, demand_word

_KEPT = 50


@dataclass(frozen=True, kw_only=True)
class Allocated:
    """What an allocation came to: what was promised now, and what of the order no claim covers."""

    claimed: Quantity
    short: Quantity


def allocate_order(order_id: OrderId, *, actor: UserId, at: datetime) -> Allocated:
    """Promise stock to every line that wants some, by its policy and the customer's shelf life; may be asked again.

    An order that nothing could be promised to stays new. Raises NotFound, WrongState (shipped or cancelled).
    """
    order = queries.find_order(order_id, is_locked=True)
    state = OrderState(step(ORDER_STEPS, order.state, "allocate", subject="order"))
    lines = queries.lines_of(order_id, at=at)
    claimed = _sum(c.quantity for c in allocate_lines(lines, actor=actor, at=at))
    if claimed > ZERO:
        order.state = state
    short = _sum(line.wanted for line in lines) - claimed
    emit(OrderAllocated(order=order_id, claimed=claimed, short=short), actor=actor, at=at)
    return Allocated(claimed=claimed, short=short)


def allocate_lines(
    lines: Sequence[OpenLine], *, actor: UserId, at: datetime, excluded: frozenset[BalanceId] = frozenset()
) -> list[Claimed]:
    """Claim what the lines still want, and store one decision a line: each candidate and what became of it.

    The lines are of one warehouse. What a picker found short is not offered again until it was counted.
    """
    wanting = [line for line in lines if line.wanted > ZERO]
    if not wanting:
        return []
    seq = queries.ledger_seq()
    excluded |= queries.balances_to_count(wanting[0].warehouse, [line.item for line in wanting])
    seen = {line.id: _look(line, excluded) for line in wanting}
    made = _claim_own(wanting, excluded, actor=actor, at=at)
    rest = _still_wanted(wanting, made, excluded)
    made += ledger.claim(rest, actor=actor, at=at) if rest else []
    for line in wanting:
        mine = [c for c in made if c.demand_id == line.id]
        _keep_decision(line, seen[line.id], mine, seq=seq, actor=actor, at=at)
    db.session.flush()
    return made


def _claim_own(
    lines: Sequence[OpenLine], excluded: frozenset[BalanceId], *, actor: UserId, at: datetime
) -> list[Claimed]:
    """First the lots that were made for the lines, whatever the policy: they go to nobody else."""
    own: dict[int, list[LotId]] = {}
    for peg in pegs_of_demands(queries.LINE, [line.id for line in lines]):
        own.setdefault(peg.demand_id, []).append(peg.lot_id)
    made: list[Claimed] = []
    for turn in range(max((len(lots) for lots in own.values()), default=0)):
        asked = [
            replace(request, lot=own[request.demand_id][turn])
            for request in _still_wanted(lines, made, excluded)
            if len(own.get(request.demand_id, ())) > turn and request.lot in (None, own[request.demand_id][turn])
        ]
        made += ledger.claim(asked, actor=actor, at=at) if asked else []
    return made


def claim_kept(
    line: OpenLine, lot: LotId, *, actor: UserId, at: datetime
) -> list[Claimed]:  # fmt: skip
    """Claim what a line wants of a lot that is kept for it, of nothing else, and store the decision."""
    seq = queries.ledger_seq()
    excluded = queries.balances_to_count(line.warehouse, [line.item])
    seen = [one for one in _look(line, excluded) if one.candidate.lot == lot]
    made = ledger.claim([replace(claim_request(line, excluded=excluded), lot=lot)], actor=actor, at=at)
    if made:
        _keep_decision(line, seen, made, seq=seq, actor=actor, at=at)
        db.session.flush()
    return made


def _still_wanted(
    lines: Sequence[OpenLine], made: Sequence[Claimed], excluded: frozenset[BalanceId]
) -> list[ClaimRequest]:
    """What the lines want beyond what was claimed just now."""
    requests = []
    for line in lines:
        left = line.wanted - _sum(c.quantity for c in made if c.demand_id == line.id)
        if left > ZERO:
            requests.append(replace(claim_request(line, excluded=excluded), quantity=left))
    return requests


def claim_request(line: OpenLine, *, excluded: frozenset[BalanceId] = frozenset()) -> ClaimRequest:
    """Say to the ledger what the line still wants, good for long enough."""
    return ClaimRequest(
        demand_kind=queries.LINE,
        demand_id=line.id,
        item=line.item,
        quantity=line.wanted,
        warehouse=line.warehouse,
        owner=line.owner,
        policy=line.policy,
        good_until=least_good_until(
            on=line.on, usable_on_last_day=line.usable_on_last_day, needed_until=line.needed_until
        ),
        lot=line.lot,
        buyer=line.buyer if line.purpose is Purpose.SALE else None,
        on=line.on,
        may_take_pegged=TABLE[line.purpose].pegged,
        excluded=excluded,
    )


def demand_of(line: OpenLine) -> Demand:
    """The same want for the rules."""
    return Demand(
        quantity=line.wanted, policy=line.policy, on=line.on, purpose=line.purpose, needed_until=line.needed_until,
        lot=line.lot, buyer=line.buyer, demand=demand_word(queries.LINE, line.id),
    )  # fmt: skip


def _look(line: OpenLine, excluded: Iterable[int]) -> list[SeenBalance]:
    return queries.balances_of(
        line.item, warehouse=line.warehouse, owner=line.owner, policy=line.policy, excluded=excluded
    )


def _keep_decision(line: OpenLine, seen: list[SeenBalance], mine: list[Claimed], *, seq: int, actor: UserId,
                   at: datetime) -> None:  # fmt: skip
    words = {s.candidate.balance: s for s in seen}
    taken = {int(c.balance): c.quantity for c in mine}
    rows = [
        _row(v, words[v.candidate.balance], taken.get(v.candidate.balance, ZERO))
        for v in explain([s.candidate for s in seen], demand_of(line))
    ]
    db.session.add(
        AllocationDecision(
            id=new_id(), order_line_id=OrderLineId(line.id), policy=line.policy, on=line.on,
            needed_until=line.needed_until, ledger_seq=seq, asked=line.wanted, claimed=_sum(taken.values()),
            candidates=_shortened(rows), decided_by=actor, decided_at=at,
        )
    )  # fmt: skip


def _row(verdict: Verdict, seen: SeenBalance, taken: Quantity) -> dict[str, Any]:
    """One candidate in the stored decision. What another order took between look and lock is told as it was."""
    why = verdict.why
    if taken:
        why = "taken"
    elif why == "taken":
        why = "no_stock"
    facts = verdict.candidate.facts
    return {
        "lot": str(verdict.candidate.lot),
        "number": seen.lot_number,
        "bin": seen.bin_code,
        "lpn": seen.lpn_code,
        "fefo_on": facts.last_good_on.isoformat(),
        "received_on": verdict.candidate.received_on.isoformat(),
        "quality": facts.quality,
        "available": str(verdict.candidate.available),
        "taken": str(taken),
        "why": why,
        "data": {k: str(v) for k, v in verdict.refusal.data.items()} if verdict.refusal and not taken else {},
    }


def _shortened(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """At most fifty, in policy order, and none that was taken is left out."""
    room = _KEPT - sum(1 for r in rows if r["why"] == "taken")
    kept = []
    for row in rows:
        if row["why"] == "taken":
            kept.append(row)
        elif room > 0:
            kept.append(row)
            room -= 1
    return kept


def _sum(quantities: Iterable[Quantity]) -> Quantity:
    return sum(quantities, ZERO)
