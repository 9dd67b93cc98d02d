"""Another lot than the policy's: who may, with which reason, which better lots are skipped, and the claim swapped."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from wms.core.errors import InsufficientStock, WrongLotScanned
from wms.core.ids import BalanceId, ClaimId, LotId, UserId, new_id
from wms.core.quantity import Quantity
from wms.db import db
from wms.events.catalog import FefoOverridden
from wms.events.outbox import emit
from wms.picking import queries
from wms.picking.models import FefoOverride
from wms.picking.queries import SeenBalance, Stop
from wms.picking.rules.check_pick import Taken, check_quantity
from wms.stock import ledger
from wms.stock.ledger import Claimed, ClaimRequest
from wms.stock.ledger.candidates import least_good_until
from wms.stock.rules.allocation import Candidate, better_than
from wms.stock.rules.availability import TABLE, Purpose, why_not
from wms.stock.rules.overrides import check_override


@dataclass(frozen=True, kw_only=True)
class Override:
    """A yes to another lot: why, and by whom. `is_permitted`: that person holds pick.override here and proved it."""

    reason: str
    approved_by: UserId
    is_permitted: bool


def swap_lot(
    stop: Stop, *, lot: LotId | None, lpn_code: str | None, quantity: Quantity, override: Override | None,
    wrong: WrongLotScanned, actor: UserId, at: datetime,
) -> tuple[Stop, Taken, ClaimId | None]:  # fmt: skip
    """Give the stop as it is after the swap, what is taken, and the claim of what is left of the planned lot.

    Raises `wrong` where no override can help (a named lot, a lot that does not lie in this bin), FefoBroken,
    WrongLotScanned, NotAllowed, why_not's refusals, InsufficientStock. All of it is undone by the rollback.
    """
    if lot is None or stop.named_lot is not None or stop.claim is None:
        raise wrong
    taken = check_quantity(stop.facts, quantity)
    ledger.release([stop.claim], actor=actor, at=at)
    seen = queries.balances_of(
        stop.item, warehouse=stop.warehouse, owner=stop.key.owner, policy=stop.demand.policy, limit=2000
    )
    chosen = _choose(stop, seen, lot=lot, lpn_code=lpn_code, quantity=quantity, wrong=wrong)
    skipped = better_than([s.candidate for s in seen], chosen.candidate, stop.demand)
    check_override(
        grade=stop.grade.value, needed=stop.facts.lot_number, scanned=chosen.lot_number,
        skipped=sorted({c.facts.lot_number for c in skipped}), reason=override.reason if override else "",
        is_permitted=override is not None and override.is_permitted,
    )  # fmt: skip
    claim = _claim_balance(stop, chosen.candidate, seen, quantity, actor=actor, at=at)
    planned = next(s.candidate for s in seen if s.candidate.balance == stop.balance)
    rest = _claim_balance(stop, planned, seen, taken.left, actor=actor, at=at) if taken.left else None
    _keep(stop, chosen, skipped, override, actor=actor, at=at)
    swapped = replace(
        stop, claim=claim.claim, balance=claim.balance, key=replace(stop.key, lot=lot, place=chosen.place),
        fefo_on=chosen.candidate.facts.last_good_on, facts=replace(stop.facts, lot_number=chosen.lot_number),
    )  # fmt: skip
    return swapped, taken, rest.claim if rest else None


def _choose(stop: Stop, seen: list[SeenBalance], *, lot: LotId, lpn_code: str | None, quantity: Quantity,
            wrong: WrongLotScanned) -> SeenBalance:  # fmt: skip
    """Find the balance of the scanned lot in this bin that can give the quantity."""
    here = [
        s
        for s in seen
        if s.candidate.lot == lot and s.place.bin == stop.key.place.bin and lpn_code in (None, s.lpn_code)
    ]
    if not here:
        raise wrong
    refusals = [
        why_not(
            s.candidate.facts, stop.demand.purpose, on=stop.demand.on, needed_until=stop.demand.needed_until,
            buyer=stop.demand.buyer, demand=stop.demand.demand,
        )
        for s in here
    ]  # fmt: skip
    usable = [s for s, refusal in zip(here, refusals, strict=True) if refusal is None]
    if not usable:
        raise next(r for r in refusals if r is not None)
    best = max(usable, key=lambda s: s.candidate.available)
    if best.candidate.available < quantity:
        raise InsufficientStock(
            lot=best.lot_number, bin=best.bin_code, needed=str(quantity), available=str(best.candidate.available)
        )
    return best


def _claim_balance(stop: Stop, wanted: Candidate, seen: list[SeenBalance], quantity: Quantity, *, actor: UserId,
                   at: datetime) -> Claimed:  # fmt: skip
    """Promise just this balance to the line; InsufficientStock when somebody was quicker."""
    others = {BalanceId(s.candidate.balance) for s in seen if s.candidate.balance != wanted.balance}
    made = ledger.claim(
        [
            ClaimRequest(
                demand_kind=queries.LINE, demand_id=stop.line, item=stop.item, quantity=quantity,
                warehouse=stop.warehouse, owner=stop.key.owner, policy=stop.demand.policy,
                good_until=least_good_until(
                    on=stop.demand.on, usable_on_last_day=stop.facts.stock.usable_on_last_day,
                    needed_until=stop.demand.needed_until,
                ),
                lot=LotId(wanted.lot), excluded=frozenset(others), on=stop.demand.on,
                may_take_pegged=TABLE[stop.demand.purpose].pegged,
                buyer=stop.demand.buyer if stop.demand.purpose is Purpose.SALE else None,
            )
        ],
        actor=actor, at=at,
    )  # fmt: skip
    if len(made) != 1 or made[0].quantity != quantity:
        got = str(made[0].quantity) if made else "0"
        raise InsufficientStock(lot=wanted.facts.lot_number, bin=wanted.bin_code, needed=str(quantity), available=got)
    return made[0]


def _keep(stop: Stop, chosen: SeenBalance, skipped: list[Candidate], override: Override | None, *, actor: UserId,
          at: datetime) -> None:  # fmt: skip
    reason = override.reason.strip() if override else ""
    by_lot: dict[int, Candidate] = {}
    for candidate in skipped:
        by_lot.setdefault(candidate.lot, candidate)
    db.session.add(
        FefoOverride(
            id=new_id(), task_id=stop.task, order_line_id=stop.line, lot_id=LotId(chosen.candidate.lot),
            needed_lot_id=stop.key.lot,
            skipped=[
                {
                    "lot": str(c.lot), "number": c.facts.lot_number, "fefo_on": c.facts.last_good_on.isoformat(),
                    "available": str(c.available),
                }
                for c in by_lot.values()
            ],
            reason=reason, picked_by=actor, approved_by=override.approved_by if override else actor, at=at,
        )
    )  # fmt: skip
    db.session.flush()
    emit(
        FefoOverridden(
            task=stop.task, lot=LotId(chosen.candidate.lot), skipped=tuple(LotId(i) for i in by_lot), reason=reason
        ),
        actor=actor,
        at=at,
    )
