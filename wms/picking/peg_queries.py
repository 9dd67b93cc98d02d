"""Reads before a lot is kept for one order line: who has promises on it, what of them is in hand already, what is free."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import or_, select

from wms.core.errors import NotFound
from wms.core.ids import ClaimId, LotId, OrderLineId, WarehouseId
from wms.core.quantity import Quantity
from wms.db import db
from wms.picking.models import PickList
from wms.picking.queries import LINE, LIST, PICKABLE
from wms.stock import demands
from wms.stock import queries as stock
from wms.stock.demands import DemandFacts
from wms.stock.models import Lot, LotPeg
from wms.stock.pegs import open_pegs
from wms.stock.queries import BalanceRow, ClaimRow
from wms.tasks.models import Task, TaskKind


@dataclass(frozen=True, kw_only=True)
class PegLoss:
    """A demand that would lose what it was promised of the lot. `task` names the work by which it has goods in hand."""

    demand_kind: str
    demand_id: int
    facts: DemandFacts | None
    warehouse: WarehouseId
    quantity: Quantity
    in_hand: Quantity
    task: str
    claims: tuple[ClaimId, ...]

    @property
    def number(self) -> str:
        """The number of the order or work order."""
        return self.facts.number if self.facts else "–"


@dataclass(frozen=True, kw_only=True)
class PegPreview:
    """What keeping a lot for an order line would come to. `fingerprint` says what was looked at; blank: nobody loses."""

    lot: Lot
    line: DemandFacts
    peg: LotPeg | None
    on_hand: Quantity
    promised: Quantity
    free: Quantity
    losses: tuple[PegLoss, ...]

    @property
    def in_hand(self) -> tuple[PegLoss, ...]:
        """Who has goods of it in hand: while there is one, the lot cannot be kept."""
        return tuple(loss for loss in self.losses if loss.in_hand)

    @property
    def fingerprint(self) -> str:
        """Who loses how much, in a word."""
        if not self.losses:
            return ""
        said = sorted((loss.demand_kind, loss.demand_id, loss.quantity.millionths) for loss in self.losses)
        return hashlib.sha256(repr(said).encode()).hexdigest()[:24]

    @property
    def is_own(self) -> bool:
        """Whether the lot is kept for this line already."""
        return self.peg is not None and (self.peg.demand_kind, self.peg.demand_id) == (LINE, self.line.id)


def preview_peg(lot: LotId, line: OrderLineId) -> PegPreview:
    """Look before a lot is kept for an order line: nothing is changed, nothing locked. NotFound (lot, order line)."""
    found = stock.get_lot(lot)
    facts = demands.facts_of(LINE, [line]).get(line)
    if facts is None:
        raise NotFound(kind=LINE, text=str(line))
    rows = stock.find_balances(lot=lot)
    claims = stock.claims_on([row.id for row in rows if row.allocated])
    own = [claim for claim in claims if (claim.demand_kind, claim.demand_id) == (LINE, line)]
    others = [claim for claim in claims if (claim.demand_kind, claim.demand_id) != (LINE, line)]
    here = [row for row in rows if row.warehouse == facts.warehouse]
    return PegPreview(
        lot=found, line=facts, peg=open_pegs([lot]).get(lot), on_hand=_sum(row.on_hand for row in here),
        promised=_sum(claim.quantity for claim in own), free=_sum(row.unpromised for row in here),
        losses=losses_of(lot, others, rows),
    )  # fmt: skip


def losses_of(lot: LotId, claims: Sequence[ClaimRow], rows: Sequence[BalanceRow]) -> tuple[PegLoss, ...]:
    """Gather promises on a lot by demand, with what stands behind each; the same few statements for any number."""
    by_demand: dict[tuple[str, int], list[ClaimRow]] = {}
    for claim in claims:
        by_demand.setdefault((claim.demand_kind, claim.demand_id), []).append(claim)
    facts: dict[tuple[str, int], DemandFacts] = {}
    for kind in {kind for kind, _ in by_demand}:
        told = demands.facts_of(kind, [demand for of, demand in by_demand if of == kind])
        facts |= {(kind, demand): one for demand, one in told.items()}
    places = {row.id: row for row in rows}
    in_hand = {
        demand: [c for c in of if places[c.balance].bin_kind not in PICKABLE or demand not in facts]
        for demand, of in by_demand.items()
    }
    tasks = _tasks_of(lot, in_hand, facts) if any(in_hand.values()) else {}
    return tuple(
        PegLoss(
            demand_kind=demand[0], demand_id=demand[1], facts=facts.get(demand), warehouse=places[of[0].balance].warehouse,
            quantity=_sum(c.quantity for c in of), in_hand=_sum(c.quantity for c in in_hand[demand]),
            task=tasks.get(demand, "–") if in_hand[demand] else "", claims=tuple(c.id for c in of),
        )
        for demand, of in sorted(by_demand.items())
    )  # fmt: skip


def _tasks_of(
    lot: LotId, in_hand: Mapping[tuple[str, int], Sequence[ClaimRow]], facts: Mapping[tuple[str, int], DemandFacts]
) -> dict[tuple[str, int], str]:
    """The paper of the work by which each has goods in hand: its pick list with the bin, or its work order."""
    wanted = sorted({demand for (_kind, demand), of in in_hand.items() if of})
    rows = db.session.execute(
        select(Task, PickList.number)
        .outerjoin(PickList, (Task.document_kind == LIST) & (PickList.id == Task.document_id))
        .where(
            Task.lot_id == lot, Task.demand_id.in_(wanted), Task.kind.in_((TaskKind.PICK, TaskKind.ISSUE)),
            or_(Task.done_quantity > Quantity(0), Task.claim_id.is_not(None)),
        )
        .order_by(Task.done_quantity, Task.id)
    )  # fmt: skip
    found: dict[tuple[str, int], str] = {}
    for task, number in rows:
        demand = (task.demand_kind, task.demand_id or 0)
        known = facts.get(demand)
        bin_code = task.source_bin.code if task.source_bin else "–"
        found[demand] = f"{number or (known.number if known else '–')} · {bin_code}"
    return found


def _sum(quantities: object) -> Quantity:
    return Quantity(sum(q.millionths for q in quantities))  # type: ignore[attr-defined]
