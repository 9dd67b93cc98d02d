"""Which lot first: a policy is a sort key over candidates; allocation takes from them in that order.

This is the reference. The ledger runs the same order as SQL (wms/stock/ledger/candidates.py), and a property test holds
the two equal; the page "why this lot" asks `explain`, which is this code on the same candidates.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from wms.core.errors import Refused
from wms.core.quantity import ZERO, Quantity
from wms.stock.rules.availability import Purpose, StockFacts, why_not
from wms.stock.rules.scope import Buyer


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """One balance as allocation sees it; `facts.last_good_on` is the date FEFO goes by."""

    balance: int
    lot: int
    facts: StockFacts
    received_on: date
    available: Quantity
    bin_code: str = ""
    is_pickable_bin: bool = True
    is_excluded: bool = False


SortKey = Callable[[Candidate], tuple[Any, ...]]

#: Policy -> order. Ties fall to the smaller balance id, so that the order is total.
POLICIES: dict[str, SortKey] = {
    "fefo": lambda c: (c.facts.last_good_on, c.received_on, c.balance),
    "fifo": lambda c: (c.received_on, c.facts.last_good_on, c.balance),
    "lifo": lambda c: (-c.received_on.toordinal(), c.facts.last_good_on, c.balance),
}


@dataclass(frozen=True, kw_only=True)
class Demand:
    """How much of an item is wanted, by which policy, for what, on which day."""

    quantity: Quantity
    policy: str
    on: date
    purpose: Purpose = Purpose.SALE
    needed_until: date | None = None
    lot: int | None = None
    buyer: Buyer | None = None
    #: Who asks, as availability.demand_word writes it.
    demand: str = ""


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What became of one candidate: how much was taken, or why none."""

    candidate: Candidate
    taken: Quantity
    #: "taken", "not_needed" (earlier lots sufficed), "other_lot", "no_stock", "bin", "excluded", or an error's code.
    why: str
    refusal: Refused | None = None


def explain(candidates: Sequence[Candidate], demand: Demand) -> list[Verdict]:
    """Judge every candidate in policy order: the first usable ones are taken until the demand is met."""
    left = demand.quantity
    verdicts = []
    for candidate in sorted(candidates, key=POLICIES[demand.policy]):
        refusal = why_not(
            candidate.facts, demand.purpose, on=demand.on, needed_until=demand.needed_until, buyer=demand.buyer,
            demand=demand.demand,
        )  # fmt: skip
        taken = ZERO
        if demand.lot is not None and candidate.lot != demand.lot:
            why = "other_lot"
        elif refusal:
            why = refusal.code
        elif not candidate.is_pickable_bin:
            why = "bin"
        elif candidate.is_excluded:
            why = "excluded"
        elif candidate.available <= ZERO:
            why = "no_stock"
        elif left <= ZERO:
            why = "not_needed"
        else:
            taken, why = min(left, candidate.available), "taken"
            left = left - taken
        verdicts.append(Verdict(candidate=candidate, taken=taken, why=why, refusal=refusal))
    return verdicts


def better_than(candidates: Sequence[Candidate], picked: Candidate, demand: Demand) -> list[Candidate]:
    """The usable candidates that the policy puts before `picked`: what an override would skip."""
    key = POLICIES[demand.policy]
    return [
        v.candidate
        for v in explain(candidates, demand)
        if v.why in {"taken", "not_needed"} and v.candidate.lot != picked.lot and key(v.candidate) < key(picked)
    ]
