"""A lot is kept for one order line: it goes to no other until it is freed (W8). What others were promised is found elsewhere.

Locks: the orders concerned by id, then the lot exclusively, then what the ledger locks; allocation takes them in the same
order, so that nobody waits in a ring. Goods that another demand has in hand already refuse the peg.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from wms.alerts.models import AlertKind, Severity
from wms.alerts.service import raise_alert
from wms.core.errors import LotPegged, NotFound, PegTooLate, QuestionNeeded, WrongItemScanned, WrongState
from wms.core.ids import LotId, OrderId, OrderLineId, UserId, WarehouseId, WorkOrderId
from wms.core.quantity import ZERO, Quantity
from wms.core.states import step
from wms.db import db
from wms.events.catalog import OrderAllocated
from wms.events.outbox import emit
from wms.picking import queries
from wms.picking.models import OrderLine, OrderState
from wms.picking.peg_queries import PegLoss, PegPreview, preview_peg
from wms.picking.queries import LINE
from wms.picking.rules.states import ORDER_STEPS
from wms.picking.service.allocation import claim_kept
from wms.picking.service.lists import reallocate_order, walk_new_claims
from wms.production.queries.orders import ORDER as WORK_ORDER
from wms.production.queries.orders import get_order as get_work_order
from wms.production.queries.orders import reworks_of
from wms.production.service.orders import bind_anew
from wms.stock import ledger, pegs
from wms.tasks.service import cancel_tasks_of_claims

#: Work orders in these states seek other goods for what they lost.
_BINDING = frozenset({"released", "started"})


@dataclass(frozen=True, kw_only=True)
class LayPeg:
    """Keep a lot for an order line. `fingerprint` is the preview's: the word for those who would lose what they were promised.

    `warehouse` is where the person stands; a line elsewhere is not found.
    """

    lot: LotId
    line: OrderLineId
    warehouse: WarehouseId
    fingerprint: str = ""


@dataclass(frozen=True, kw_only=True)
class ShortBy:
    """A demand that lost goods and found no others: its paper and how much is missing."""

    number: str
    missing: Quantity


@dataclass(frozen=True, kw_only=True)
class Kept:
    """What came of it: how much of the lot is promised to the line, how much was taken from others, who is short now."""

    promised: Quantity
    taken: Quantity
    short: tuple[ShortBy, ...]


def lay_peg(cmd: LayPeg, *, actor: UserId, at: datetime) -> Kept:
    """Keep a lot for an order line and promise it at once; those who lose a promise are allocated anew, or told to be short.

    Again for the same line: what is free of it is promised. Raises NotFound (lot, line), WrongItemScanned, WrongState (the
    order has left or was cancelled), LotPegged (kept for another), PegTooLate (another has goods of it in hand),
    QuestionNeeded `peg_takes` (others lose promises: others than `fingerprint` says).
    """
    seen = preview_peg(cmd.lot, cmd.line)
    if seen.line.warehouse != cmd.warehouse:
        raise NotFound(kind=LINE, text=str(cmd.line))
    if seen.lot.item_id != seen.line.item:
        raise WrongItemScanned(needed=seen.line.sku, scanned=seen.lot.item.sku)
    locked = _lock_papers(seen)
    ledger.lock_lots({cmd.lot}, exclusive=True)
    now = preview_peg(cmd.lot, cmd.line)
    _check(now)
    if now.losses and (cmd.fingerprint != now.fingerprint or not _papers(now.losses) <= locked):
        raise QuestionNeeded(
            question="peg_takes", lot=now.lot.number, made_for=now.line.number, fingerprint=now.fingerprint,
            orders=", ".join(f"{loss.number} ({loss.quantity})" for loss in now.losses[:10]),
        )  # fmt: skip
    return _keep(now, document_kind="", document_id=None, actor=actor, at=at)


class OrderLines:
    """Serves order lines with lots that were made for them (wms/stock/demands.py)."""

    def lock(self, demand: int) -> None:
        """Keep the line's order to this transaction; a line that nobody knows is nothing."""
        order = db.session.execute(select(OrderLine.order_id).where(OrderLine.id == demand)).scalar_one_or_none()
        if order is not None:
            queries.find_order(order, is_locked=True)

    def make_for(
        self, lot: LotId, demand: int, *, document_kind: str, document_id: int, actor: UserId, at: datetime
    ) -> None:
        """Keep an output for the line it was made for, and promise it at once; nobody is asked.

        Raises LotPegged, PegTooLate: then the output needs a lot of its own.
        """
        ledger.lock_lots({lot}, exclusive=True)
        now = preview_peg(lot, OrderLineId(demand))
        _check(now)
        _keep(now, document_kind=document_kind, document_id=document_id, actor=actor, at=at)


def promise_kept(lots: Iterable[LotId], *, actor: UserId, at: datetime) -> Quantity:
    """Promise what is free of kept lots to the lines they are kept for, as far as the lines want it; how much."""
    found = pegs.open_pegs(set(lots))
    of_lines = [peg for peg in found.values() if peg.demand_kind == LINE]
    facts = queries.tell_of_lines([peg.demand_id for peg in of_lines]) if of_lines else {}
    total = ZERO
    for peg in sorted(of_lines, key=lambda one: (one.demand_id, one.lot_id)):
        told = facts.get(peg.demand_id)
        if told is not None and told.is_open:
            total = total + _promise(
                peg.lot_id, OrderLineId(peg.demand_id), OrderId(told.document_id), actor=actor, at=at
            )
    return total


# -- inside -----------------------------------------------------------------------------------------------------------
def _check(now: PegPreview) -> None:
    if not now.line.is_open:
        raise WrongState(
            subject="order", state=now.line.state, event="peg", needed=["new", "allocated", "picking", "picked"]
        )
    if now.peg is not None and not now.is_own:
        raise LotPegged(lot=now.lot.number, made_for=now.peg.made_for)
    if now.in_hand:
        first = now.in_hand[0]
        raise PegTooLate(
            lot=now.lot.number, made_for=now.line.number, order=first.number, task=first.task,
            quantity=str(first.in_hand),
        )  # fmt: skip
    for work, quantity in reworks_of(now.lot.id) if not now.is_own else ():
        if (work.pegged_kind, work.pegged_id) != (LINE, now.line.id):  # what it makes would be for anybody
            raise PegTooLate(
                lot=now.lot.number,
                made_for=now.line.number,
                order=work.number,
                task=work.number,
                quantity=str(quantity),
            )


def _papers(losses: Iterable[PegLoss]) -> set[tuple[str, int]]:
    return {(one.facts.document_kind, one.facts.document_id) for one in losses if one.facts is not None}


def _lock_papers(seen: PegPreview) -> set[tuple[str, int]]:
    """Lock the orders concerned by id, and the work orders after them."""
    papers = _papers(seen.losses) | {(seen.line.document_kind, seen.line.document_id)}
    for kind, paper in sorted(papers):
        if kind == WORK_ORDER:
            get_work_order(WorkOrderId(paper), is_locked=True)
        else:
            queries.find_order(OrderId(paper), is_locked=True)
    return papers


def _keep(
    now: PegPreview, *, document_kind: str, document_id: int | None, actor: UserId, at: datetime
) -> Kept:  # fmt: skip
    """Take the promises of others away, lay the peg, promise the lot to its line, and find other goods for the others."""
    claims = [claim for loss in now.losses for claim in loss.claims]
    if claims:
        cancel_tasks_of_claims(claims, why="kept_for_another", actor=actor, at=at)
    taken = ledger.release(claims, actor=actor, at=at)
    if not now.is_own:
        pegs.peg_lot(
            now.lot.id, demand_kind=LINE, demand_id=now.line.id, made_for=now.line.number, document_kind=document_kind,
            document_id=document_id, actor=actor, at=at,
        )  # fmt: skip
    promised = _promise(
        now.lot.id, OrderLineId(now.line.id), OrderId(now.line.document_id), actor=actor, at=at
    )  # fmt: skip
    return Kept(promised=promised, taken=taken, short=_seek_elsewhere(now, actor=actor, at=at))


def _promise(lot: LotId, line: OrderLineId, order_id: OrderId, *, actor: UserId, at: datetime) -> Quantity:
    """Promise what is free of a lot to a line, as much as it wants, and send it to picking where its order is picked."""
    order = queries.find_order(order_id, is_locked=True)
    if order.state in (OrderState.SHIPPED, OrderState.CANCELLED):
        return ZERO
    wanting = [
        one for one in queries.lines_of(order_id, at=at, line=line) if one.wanted > ZERO and one.lot in (None, lot)
    ]
    made = [one for line_ in wanting for one in claim_kept(line_, lot, actor=actor, at=at)]
    claimed = sum((one.quantity for one in made), ZERO)
    if claimed > ZERO:
        order.state = OrderState(step(ORDER_STEPS, order.state, "allocate", subject="order"))
        db.session.flush()
        short = wanting[0].wanted - claimed
        emit(OrderAllocated(order=order_id, claimed=claimed, short=short), actor=actor, at=at)
        walk_new_claims(order_id, actor=actor, at=at)
    return claimed


def _seek_elsewhere(now: PegPreview, *, actor: UserId, at: datetime) -> tuple[ShortBy, ...]:
    """Allocate anew the orders that lost goods; an alert for each that finds too little."""
    by_paper: dict[tuple[str, int], list[PegLoss]] = {}
    for loss in now.losses:
        if loss.facts is not None:
            by_paper.setdefault((loss.facts.document_kind, loss.facts.document_id), []).append(loss)
    short: list[ShortBy] = []
    for (kind, paper), losses in sorted(by_paper.items()):
        missing = (
            bind_anew(WorkOrderId(paper), [loss.demand_id for loss in losses], actor=actor, at=at)
            if kind == WORK_ORDER
            else _allocate_anew(OrderId(paper), losses, actor=actor, at=at)
        )
        if missing <= ZERO:
            continue
        first = losses[0]
        short.append(ShortBy(number=first.number, missing=missing))
        raise_alert(
            kind=AlertKind.PEG_TOOK_GOODS, severity=Severity.WARNING, warehouse=first.warehouse,
            subject_key=f"peg:{now.lot.id}:{kind}:{paper}", subject_kind=kind, subject_id=paper,
            data={
                "order": first.number, "missing": f"{missing} {now.lot.item.base_unit}", "lot": now.lot.number,
                "made_for": now.line.number,
            },
            at=at,
        )  # fmt: skip
    return tuple(short)


def _allocate_anew(order: OrderId, losses: Sequence[PegLoss], *, actor: UserId, at: datetime) -> Quantity:
    """What the lines that lost goods are still short of, after other goods were sought for their order."""
    reallocate_order(order, actor=actor, at=at)
    lost = {loss.demand_id for loss in losses}
    return sum((line.wanted for line in queries.lines_of(order, at=at) if line.id in lost), ZERO)
