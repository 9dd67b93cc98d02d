"""What a person does at the doors: settle an alarm, say what a tag stands for, give a shipment its door."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from wms.alerts.service import resolve_subject
from wms.core.errors import NotFound, WrongState
from wms.core.ids import PassageId, UserId, WarehouseId, new_id
from wms.db import db
from wms.rfid.models import Antenna as AntennaRow
from wms.rfid.models import Gateway, GpoCommand, Passage, PassageDecision, Portal, Reader, Tag
from wms.rfid.service.commands import AssignShipment, AssociateTag, SettlePassage
from wms.shipping import queries as shipping
from wms.stock.models import Lpn

TO_SETTLE = frozenset({PassageDecision.ALARM, PassageDecision.REVIEW, PassageDecision.UNKNOWN_TAG})


def settle_passage(cmd: SettlePassage, *, actor: UserId, at: datetime) -> int:
    """Say what was done about a passage; with it all unsettled ones of the same alarm. How many were settled.

    The alert is resolved with the same words and the lights go out. Raises NotFound, WrongState (nothing to settle, or
    settled already).
    """
    passage = _passage(cmd.passage, cmd.warehouse)
    if passage.settled_at is not None or passage.decision not in TO_SETTLE:
        state = "settled" if passage.settled_at is not None else passage.decision.value
        raise WrongState(subject="passage", state=state, event="settle", needed=["alarm", "review"])
    rows = [passage]
    if passage.alert_id is not None:
        others = select(Passage).where(
            Passage.alert_id == passage.alert_id, Passage.settled_at.is_(None), Passage.id != passage.id
        )
        rows += db.session.execute(others).scalars()
        resolve_subject(f"door:{passage.portal_id}:{passage.tag_id}", actor=actor, at=at, note=cmd.note)
        _lights_out(passage, at)
    for row in rows:
        row.settled_by, row.settled_at, row.settlement = actor, at, cmd.note
    db.session.flush()
    return len(rows)


def associate_tag(cmd: AssociateTag, *, actor: UserId, at: datetime) -> None:
    """Tie a tag to an LPN of this warehouse, or untie it. Raises NotFound."""
    tag = db.session.get(Tag, cmd.tag)
    if tag is None:
        raise NotFound(kind="tag", text=str(cmd.tag))
    if cmd.lpn is not None:
        plate = db.session.get(Lpn, cmd.lpn)
        if plate is None or not plate.is_open or plate.warehouse_id not in (None, cmd.warehouse) or plate.id == 0:
            raise NotFound(kind="lpn", text=plate.code if plate is not None else str(cmd.lpn))
    tag.lpn_id = cmd.lpn
    db.session.flush()


def assign_shipment(cmd: AssignShipment, *, actor: UserId, at: datetime) -> None:
    """Give an open shipment its door, or take it away. Raises NotFound, WrongState."""
    shipment = shipping.find_shipment(cmd.shipment, is_locked=True)
    if shipment.warehouse_id != cmd.warehouse:
        raise NotFound(kind="shipment", text=str(cmd.shipment))
    if shipment.state not in shipping.OPEN:
        raise WrongState(subject=shipment.number, state=shipment.state.value, event="load", needed=["open", "loading"])
    if cmd.portal is not None:
        portal = db.session.get(Portal, cmd.portal)
        if portal is None or portal.warehouse_id != cmd.warehouse or not portal.is_active:
            raise NotFound(kind="portal", text=str(cmd.portal))
        if portal.use.value == "inbound":
            raise WrongState(subject=portal.code, state="inbound", event="load", needed=["outbound", "both"])
    shipment.portal_id = cmd.portal
    db.session.flush()


def _passage(passage: PassageId, warehouse: WarehouseId) -> Passage:
    found = db.session.execute(
        select(Passage)
        .join(Portal, Portal.id == Passage.portal_id)
        .where(Passage.id == passage, Portal.warehouse_id == warehouse)
        .with_for_update(of=Passage)
    ).scalar_one_or_none()
    if found is None:
        raise NotFound(kind="passage", text=str(passage))
    return found


def _lights_out(passage: Passage, at: datetime) -> None:
    """Switch the door's lights off, unless another alarm stands there."""
    another = select(Passage.id).where(
        Passage.portal_id == passage.portal_id, Passage.decision == PassageDecision.ALARM,
        Passage.settled_at.is_(None), Passage.alert_id != passage.alert_id,
    )  # fmt: skip
    if db.session.execute(another.limit(1)).first() is not None:
        return
    readers = (
        select(Reader)
        .join(AntennaRow, AntennaRow.reader_id == Reader.id)
        .join(Gateway, Gateway.id == Reader.gateway_id)
        .where(AntennaRow.portal_id == passage.portal_id, Reader.alarm_gpo_port.is_not(None), Reader.is_active)
    )
    seen = {reader.id: reader for reader in db.session.execute(readers).scalars()}
    for reader in seen.values():
        db.session.add(
            GpoCommand(
                id=new_id(), gateway_id=reader.gateway_id, reader_id=reader.id, port=reader.alarm_gpo_port, seconds=0,
                is_on=False, made_at=at,
            )
        )  # fmt: skip
