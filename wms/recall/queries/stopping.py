"""Reads for the first step: which shipments and picks goods of some lots are promised to, and which trucks left with them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from wms.core.ids import LOOSE, ClaimId, LotId, RecallId, ShipmentId
from wms.core.quantity import Quantity
from wms.db import db
from wms.picking.models import Order, OrderLine, PickList
from wms.picking.queries import LINE
from wms.quality.laying import parts_of
from wms.recall.models import RecallTruck
from wms.shipping.models import Shipment, ShipmentState
from wms.stock.ledger import reads as ledger
from wms.tasks.models import Task, TaskKind, TaskState

_AT_DOOR = (ShipmentState.OPEN, ShipmentState.LOADING)


def claims_on(lots: Collection[LotId]) -> list[ClaimId]:
    """Every promise that lies on goods of these lots."""
    claim, balance = ledger.claim, ledger.balance
    return [
        ClaimId(one)
        for part in parts_of(sorted(lots))
        for one in db.session.execute(
            select(claim.c.id).join(balance, balance.c.id == claim.c.balance_id).where(balance.c.lot_id.in_(part))
        ).scalars()
    ]


def shipments_at_door(lots: Collection[LotId]) -> list[Shipment]:
    """Shipments that have not left and take goods of these lots: promised to their order, or standing on their plates."""
    claim, balance = ledger.claim, ledger.balance
    found: set[ShipmentId] = set()
    for part in parts_of(sorted(lots)):
        promised = (
            select(Shipment.id)
            .join(OrderLine, OrderLine.order_id == Shipment.order_id)
            .join(claim, (claim.c.demand_id == OrderLine.id) & (claim.c.demand_kind == LINE))
            .join(balance, balance.c.id == claim.c.balance_id)
            .where(balance.c.lot_id.in_(part), Shipment.state.in_(_AT_DOOR))
        )
        on_plate = (
            select(Shipment.id)
            .join(PickList, PickList.order_id == Shipment.order_id)
            .join(balance, balance.c.lpn_id == PickList.lpn_id)
            .where(
                PickList.lpn_id != LOOSE, balance.c.lot_id.in_(part), balance.c.on_hand > Quantity(0),
                Shipment.state.in_(_AT_DOOR),
            )
        )  # fmt: skip
        found |= set(db.session.execute(promised.union(on_plate)).scalars())
    return _shipments(found)


def lock_doors(lots: Collection[LotId]) -> None:
    """Lock the shipments at their doors that take goods of these lots until the commit, for a verb that stops them."""
    ids = [one.id for one in shipments_at_door(lots)]
    for part in parts_of(ids):
        db.session.execute(
            select(Shipment)
            .where(Shipment.id.in_(part))
            .order_by(Shipment.id)
            .with_for_update(of=Shipment)
            .execution_options(populate_existing=True)
        ).scalars().all()  # fmt: skip


def shipments_left_since(lots: Collection[LotId], since: datetime) -> list[Shipment]:
    """Shipments with goods of these lots that left since then: their trucks may still be under way."""
    move, posting = ledger.move, ledger.posting
    found: set[ShipmentId] = set()
    for part in parts_of(sorted(lots)):
        statement = (
            select(posting.c.document_id)
            .join(move, move.c.posting_seq == posting.c.seq)
            .where(
                move.c.lot_id.in_(part), posting.c.reason == "ship", posting.c.document_kind == "shipment",
                posting.c.recorded_at >= since,
            )
            .distinct()
        )  # fmt: skip
        found |= {ShipmentId(one) for one in db.session.execute(statement).scalars() if one is not None}
    return [one for one in _shipments(found) if one.state is ShipmentState.SHIPPED]


def _shipments(ids: Collection[ShipmentId]) -> list[Shipment]:
    if not ids:
        return []
    return list(
        db.session.execute(select(Shipment).where(Shipment.id.in_(sorted(ids))).order_by(Shipment.id)).scalars()
    )


@dataclass(frozen=True, kw_only=True)
class TruckRow:
    """A shipment that was stopped or called back, as the cockpit shows it."""

    id: int
    shipment: ShipmentId
    number: str
    order_number: str
    is_under_way: bool
    state: ShipmentState
    shipped_at: datetime | None
    carrier: str
    plate: str
    driver: str
    driver_phone: str
    answer: str
    answered_at: datetime | None


def trucks_of(recall: RecallId) -> list[TruckRow]:
    """The trucks of a recall: those under way first."""
    rows = db.session.execute(
        select(RecallTruck, Shipment, Order.number)
        .join(Shipment, Shipment.id == RecallTruck.shipment_id)
        .join(Order, Order.id == Shipment.order_id)
        .where(RecallTruck.recall_id == recall)
        .order_by(RecallTruck.is_under_way.desc(), Shipment.number)
    ).all()
    return [
        TruckRow(
            id=truck.id, shipment=shipment.id, number=shipment.number, order_number=number,
            is_under_way=truck.is_under_way, state=shipment.state, shipped_at=shipment.shipped_at,
            carrier=truck.carrier, plate=truck.plate, driver=truck.driver, driver_phone=truck.driver_phone,
            answer=truck.answer, answered_at=truck.answered_at,
        )
        for truck, shipment, number in rows
    ]  # fmt: skip


def stopped_picks(number: str) -> list[Task]:
    """The picks that a recall stopped before its hold was placed."""
    return list(
        db.session.execute(
            select(Task).where(
                Task.kind == TaskKind.PICK, Task.state == TaskState.STOPPED, Task.why == "recall", Task.note == number
            )
        ).scalars()
    )
