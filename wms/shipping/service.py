"""The verbs of shipping: open a shipment at its door, see what passes there, load, ship confirm."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select, update

from wms.core.errors import LotOnHold, ShipmentBlocked, ShipmentIncomplete, WrongState
from wms.core.ids import LotId, LpnId, OrderId, PassageId, PortalId, PostingSeq, ShipmentId, UserId, new_id
from wms.core.quantity import ZERO
from wms.core.states import step
from wms.db import db
from wms.events.catalog import ShipmentShipped
from wms.events.outbox import emit
from wms.picking import queries as picking
from wms.picking.models import OrderState
from wms.picking.rules.states import ORDER_STEPS
from wms.shipping import queries, rules
from wms.shipping.models import LoadLine, Shipment, ShipmentState
from wms.shipping.queries import Staged
from wms.shipping.rules import SHIPMENT_STEPS, LoadVerdict, Verdict
from wms.stock import ledger
from wms.stock import queries as stock
from wms.stock.ledger import ClaimUse, Document, Move, Reason
from wms.stock.rules.availability import Purpose
from wms.stock.service import close_lpn
from wms.tasks.models import Task, TaskState

_PAPERS = ("carrier", "waybill", "plate", "driver", "driver_phone", "seal")


@dataclass(frozen=True, kw_only=True)
class Shipped:
    """What came of a ship confirm."""

    shipment: ShipmentId
    posting: PostingSeq
    is_repeat: bool = False


def open_shipment(order: OrderId, *, actor: UserId, at: datetime, portal: PortalId | None = None) -> ShipmentId:
    """Make the shipment of an order that is being picked, or give it another door; its id.

    Raises NotFound, WrongState (the order is not in picking, or the shipment has left).
    """
    found = picking.find_order(order, is_locked=True)
    shipment = queries.shipment_of(order)
    if shipment is None:
        if found.state not in {OrderState.ALLOCATED, OrderState.PICKING, OrderState.PICKED}:
            raise WrongState(
                subject="order", state=found.state.value, event="ship", needed=["allocated", "picking", "picked"]
            )
        shipment = Shipment(
            id=ShipmentId(new_id()), number=f"{found.number}-S1", warehouse_id=found.warehouse_id, order_id=order,
            state=ShipmentState.OPEN, portal_id=portal, opened_at=at,
        )  # fmt: skip
        db.session.add(shipment)
    elif shipment.state not in queries.OPEN:
        raise WrongState(subject="shipment", state=shipment.state.value, event="open", needed=["open", "loading"])
    elif portal is not None:
        shipment.portal_id = portal
    db.session.flush()
    return shipment.id


def check_load(lpn: LpnId | None, *, portal: PortalId, on: date) -> LoadVerdict:
    """Judge an LPN at an outbound door on the warehouse's day. Reads only, one statement; None is a tag without a plate."""
    if lpn is None:
        return LoadVerdict(verdict=Verdict.UNKNOWN)
    found = queries.facts_on_lpn(lpn)
    if not found.is_known:
        return LoadVerdict(verdict=Verdict.UNKNOWN)
    return rules.check_load(found.facts, portal=portal, on=on)


def check_lot(lot: LotId, *, portal: PortalId, on: date) -> LoadVerdict:
    """Judge a tag that names a lot and no LPN at an outbound door: staged for a shipment there, or why it may not go."""
    facts = queries.facts_of_lot(lot, portal)
    return rules.check_load(facts, portal=portal, on=on) if facts else LoadVerdict(verdict=Verdict.UNKNOWN)


def confirm_load(
    *, lpn: LpnId, portal: PortalId, actor: UserId | None, at: datetime, on: date, passage: PassageId | None = None
) -> LoadVerdict:
    """Note an LPN as loaded when it may pass here; noting it twice is nothing. Gives the verdict, and raises nothing."""
    verdict = check_load(lpn, portal=portal, on=on)
    if not verdict.may_pass or verdict.shipment is None:
        return verdict
    shipment = queries.find_shipment(ShipmentId(verdict.shipment), is_locked=True)
    known = select(LoadLine.id).where(LoadLine.shipment_id == shipment.id, LoadLine.lpn_id == lpn)
    if db.session.execute(known).first() is None:
        db.session.add(
            LoadLine(
                id=new_id(), shipment_id=shipment.id, lpn_id=lpn, passage_id=passage, loaded_by=actor, loaded_at=at
            )
        )
        shipment.state = ShipmentState(step(SHIPMENT_STEPS, shipment.state, "load", subject="shipment"))
        if shipment.portal_id is None:
            shipment.portal_id = portal
    db.session.flush()
    return verdict


def ship(
    shipment_id: ShipmentId, *, key: str, actor: UserId, at: datetime, may_ship_short: bool = False,
    papers: dict[str, Any] | None = None,
) -> Shipped:  # fmt: skip
    """Ship confirm: everything staged for the order leaves in one posting; its LPNs are closed.

    `may_ship_short` is a permitted person's yes to leave the rest behind. A repeat with the same key gives the same
    answer. Raises NotFound, WrongState, ShipmentBlocked (an open alert), LotOnHold (held goods stand on an LPN),
    ShipmentIncomplete, and from the posting itself LotStopped (by a recall), LotExpired, LifeTooShort, NotReleased.
    """
    shipment = queries.find_shipment(shipment_id, is_locked=True)
    if shipment.state == ShipmentState.SHIPPED and queries.posting_key(shipment.posting_seq) == key:
        return Shipped(shipment=shipment_id, posting=shipment.posting_seq or PostingSeq(0), is_repeat=True)
    state = ShipmentState(step(SHIPMENT_STEPS, shipment.state, "ship", subject="shipment"))
    order = picking.find_order(shipment.order_id, is_locked=True)
    order_state = OrderState(step(ORDER_STEPS, order.state, "ship", subject="order"))
    if (alert := queries.blocking_alert(shipment_id)) is not None:
        raise ShipmentBlocked(shipment=shipment.number, alert=alert)
    if stopped := queries.stopped_on_plates(order.id):
        raise LotOnHold(lot=stopped[0].lot_number, reason=stopped[0].reason)
    staged = queries.staged_of(order.id)
    _check_complete(order, staged, may_ship_short=may_ship_short)
    seq = _post(shipment, staged, purpose=Purpose(order.purpose.value), key=key, actor=actor, at=at)
    _let_go(order.id, actor=actor, at=at)
    shipment.state, order.state = state, order_state
    shipment.shipped_by, shipment.shipped_at, shipment.posting_seq = actor, at, seq
    for name, value in (papers or {}).items():
        if name in _PAPERS and value:
            setattr(shipment, name, value)
    for plate in queries.plates_of(order.id):
        if not stock.find_balances(lpn=plate):
            close_lpn(plate)
    emit(ShipmentShipped(shipment=shipment_id, order=order.id, posting=seq), actor=actor, at=at)
    db.session.flush()
    return Shipped(shipment=shipment_id, posting=seq)


def _check_complete(order: Any, staged: Sequence[Staged], *, may_ship_short: bool) -> None:
    by_line = {line.id: line.quantity for line in order.lines}
    for one in staged:
        by_line[one.line] = by_line[one.line] - one.quantity
    missing = [
        f"{line.item.sku} {by_line[line.id]} {line.item.base_unit}" for line in order.lines if by_line[line.id] > ZERO
    ]
    if (missing and not may_ship_short) or not staged:
        raise ShipmentIncomplete(order=order.number, missing=missing or [order.number])


def _post(shipment: Shipment, staged: Sequence[Staged], *, purpose: Purpose, key: str, actor: UserId,
          at: datetime) -> PostingSeq:  # fmt: skip
    """One posting for each shelf life that is asked (most often one), the lots locked together beforehand."""
    target = queries.customer_bin(shipment.warehouse_id)
    ledger.lock_lots({s.key.lot for s in staged}, exclusive=False)
    asked = sorted({s.needed_until for s in staged}, key=lambda day: (day is not None, day))
    first: PostingSeq | None = None
    for n, needed_until in enumerate(asked):
        moves = [
            Move(
                quantity=s.quantity, source=s.key, target=s.key.at(target),
                claim=ClaimUse(claim=s.claim, demand_kind=picking.LINE, demand_id=s.line),
            )
            for s in staged
            if s.needed_until == needed_until
        ]  # fmt: skip
        posted = ledger.post(
            moves, key=key if n == 0 else f"{key}/{n}", reason=Reason.SHIP, actor=actor, at=at, purpose=purpose,
            needed_until=needed_until, buyer=staged[0].buyer, document=Document(kind="shipment", id=shipment.id),
        )  # fmt: skip
        first = first or posted.seq
    assert first is not None
    return first


def _let_go(order: OrderId, *, actor: UserId, at: datetime) -> None:
    """Give back what is still promised to an order that leaves short, and cancel its undone picks."""
    lines = [line.id for line in picking.find_order(order).lines]
    ledger.release_demand(picking.LINE, lines, actor=actor, at=at)
    db.session.execute(
        update(Task)
        .where(
            Task.demand_kind == picking.LINE, Task.demand_id.in_(lines),
            Task.state.in_((TaskState.OPEN, TaskState.TAKEN, TaskState.STOPPED)),
        )
        .values(state=TaskState.CANCELLED, why="shipped_short", closed_by=actor, closed_at=at)
        .execution_options(synchronize_session=False)
    )  # fmt: skip


def cancel_shipment(shipment_id: ShipmentId, *, actor: UserId, at: datetime) -> None:
    """Take a shipment back that nothing was loaded for. Raises NotFound, WrongState."""
    shipment = queries.find_shipment(shipment_id, is_locked=True)
    shipment.state = ShipmentState(step(SHIPMENT_STEPS, shipment.state, "cancel", subject="shipment"))
