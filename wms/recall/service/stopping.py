"""The first step: shipments with suspect goods may not leave, their picks stop, trucks under way are called back."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from wms.alerts.models import AlertKind, Severity
from wms.alerts.service import raise_alert
from wms.core.errors import NotFound
from wms.core.ids import LotId, RecallId, UserId, new_id
from wms.core.quantity import ZERO
from wms.db import db
from wms.quality.laying import parts_of
from wms.recall.models import Recall, RecallTruck
from wms.recall.queries import recalls, scope, stopping
from wms.recall.rules.steps import TRUCK_HOURS, RecallStep
from wms.recall.service import opening
from wms.recall.service.stops import set_stops
from wms.shipping.models import Shipment
from wms.tasks.models import Task, TaskKind, TaskState
from wms.tasks.service import create_task, finish_task, stop_tasks_of_claims


@dataclass(frozen=True, kw_only=True)
class Stopped:
    """What the stop did: how many shipments at their doors, picks, and trucks under way."""

    shipments: int
    picks: int
    trucks: int


def stop_shipping(recall: RecallId, *, actor: UserId, at: datetime, truck_hours: int = TRUCK_HOURS) -> Stopped:
    """Stop everything that may carry suspect goods out, before anybody has frozen a scope; may be done again.

    Of all that was made of what is asked (and of the scope, once it is frozen): shipments that have not left are blocked by
    an alert, their picks stop, and for each truck that left in the last `truck_hours` a task to call it back is left. The lots
    themselves go no further until they are held: they are promised to nobody, picked, issued, used up, poured, split or
    sampled by nobody. A drill only lists them. Raises WrongState.
    """
    found = opening.lock(recall)
    asked = scope.asked_from(found.asked)
    suspects = scope.suspects_of(asked) if asked.lots else set()
    lots = suspects | recalls.scope_lots(recall)
    if not found.is_mock:
        stopping.lock_doors(lots)  # a shipment first and its lots after, as whoever ships does
    opening.mark(found, RecallStep.STOP, actor=actor, at=at)
    lots |= set_stops(found)  # from here nothing of them leaves: who is gone is gone, and is called back
    return stop_for(found, lots, actor=actor, at=at, truck_hours=truck_hours)


def stop_for(
    recall: Recall, lots: Collection[LotId], *, actor: UserId, at: datetime, truck_hours: int = TRUCK_HOURS
) -> Stopped:
    """Stop what carries goods of these lots, for a recall that is locked."""
    at_door = stopping.shipments_at_door(lots)
    gone = stopping.shipments_left_since(lots, at - timedelta(hours=truck_hours))
    known = set(db.session.execute(select(RecallTruck.shipment_id).where(RecallTruck.recall_id == recall.id)).scalars())
    picks = 0
    if not recall.is_mock:
        for part in parts_of(stopping.claims_on(lots)):
            picks += len(stop_tasks_of_claims(part, why="recall", note=recall.number, actor=actor, at=at))
    for shipment in at_door:
        if not recall.is_mock:
            raise_alert(
                kind=AlertKind.RECALL_STOP, severity=Severity.CRITICAL, warehouse=shipment.warehouse_id,
                subject_key=f"recall:{recall.id}:stop:{shipment.id}", subject_kind=opening.SUBJECT,
                subject_id=recall.id, data={"number": recall.number, "shipment": shipment.number},
                blocks_shipment=shipment.id, at=at,
            )  # fmt: skip
        if shipment.id not in known:
            _add_truck(recall, shipment, is_under_way=False, actor=actor, at=at)
    for shipment in gone:
        if shipment.id not in known:
            _add_truck(recall, shipment, is_under_way=True, actor=actor, at=at)
    db.session.flush()
    return Stopped(shipments=len(at_door), picks=picks, trucks=len(gone))


def _add_truck(recall: Recall, shipment: Shipment, *, is_under_way: bool, actor: UserId, at: datetime) -> None:
    said = " · ".join(
        text for text in (shipment.carrier, shipment.plate, shipment.driver, shipment.driver_phone) if text
    )
    task = None
    if is_under_way and not recall.is_mock:
        task = create_task(
            kind=TaskKind.CALL_BACK, warehouse=shipment.warehouse_id, actor=actor, at=at,
            document_kind=opening.SUBJECT, document_id=recall.id, demand_kind="shipment", demand_id=shipment.id,
            why="recall", note=f"{recall.number} · {shipment.number}" + (f" · {said}" if said else ""),
        )  # fmt: skip
        db.session.flush()
    db.session.add(
        RecallTruck(
            id=new_id(), recall_id=recall.id, shipment_id=shipment.id, is_under_way=is_under_way,
            carrier=shipment.carrier, plate=shipment.plate, driver=shipment.driver,
            driver_phone=shipment.driver_phone, task_id=task.id if task else None,
        )
    )  # fmt: skip


def answer_truck(recall: RecallId, truck: int, *, answer: str, actor: UserId, at: datetime) -> None:
    """Write down what came of calling a truck back: it turns round, it had unloaded. Its task is done. Raises NotFound."""
    found = opening.lock(recall)
    row = db.session.get(RecallTruck, truck, with_for_update=True)
    if row is None or row.recall_id != found.id:
        raise NotFound(kind="shipment", text=str(truck))
    row.answer, row.answered_by, row.answered_at = answer[:300], actor, at
    if row.task_id is not None:
        task = db.session.get_one(Task, row.task_id, populate_existing=True)
        if task.kind is TaskKind.CALL_BACK and task.state in (TaskState.OPEN, TaskState.TAKEN):
            finish_task(row.task_id, done_quantity=ZERO, actor=actor, at=at)
    db.session.flush()
