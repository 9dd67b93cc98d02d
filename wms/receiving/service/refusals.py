"""Goods turned away at the door (拒收): written down with reason, photo and place, never stock; the carrier takes them back."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import exists, select

from wms.core.errors import MissingField, NotFound
from wms.core.ids import RefusalId, UserId, WarehouseId, new_id
from wms.core.states import step
from wms.db import db
from wms.events.catalog import GoodsRefused
from wms.events.outbox import emit
from wms.files.service import KeptFile, attach
from wms.receiving.models import Receipt, Refusal, RefusalReason, RefusalState
from wms.receiving.queries import intake as intake_queries
from wms.receiving.rules import states
from wms.receiving.rules.commands import Refuse
from wms.receiving.service.papers import make_number
from wms.sites.models import Bin


def refuse(cmd: Refuse, *, actor: UserId, at: datetime, photos: tuple[KeptFile, ...] = ()) -> RefusalId:
    """Write down that goods were turned away. Once for each `key`.

    The supplier is the receipt's where none is named. Raises MissingField (what it is), NotFound (receipt, item, bin).
    """
    known = db.session.execute(select(Refusal.id).where(Refusal.key == cmd.key)).scalar_one_or_none()
    if known is not None:
        return known
    if cmd.item is None and not cmd.description:
        raise MissingField(field="description")
    if cmd.item is not None:
        intake_queries.item_for_receipt(cmd.item)
    receipt = _receipt_of(cmd)
    if cmd.bin is not None:
        here = exists().where(Bin.id == cmd.bin, Bin.warehouse_id == cmd.warehouse, Bin.is_outside.is_(False))
        if not db.session.execute(select(here)).scalar():
            raise NotFound(kind="bin", text=str(cmd.bin))
    identity = RefusalId(new_id())
    row = Refusal(
        id=identity,
        number=make_number("RF", identity, at),
        key=cmd.key,
        warehouse_id=cmd.warehouse,
        state=RefusalState.OPEN,
        receipt_id=cmd.receipt,
        supplier_id=cmd.supplier or (receipt.supplier_id if receipt else None),
        item_id=cmd.item,
        lot_number=cmd.lot_number,
        description=cmd.description,
        quantity=cmd.quantity,
        reason=RefusalReason(cmd.reason),
        note=cmd.note,
        bin_id=cmd.bin,
        place=cmd.place,
        refused_by=actor,
        refused_at=at,
    )
    db.session.add(row)
    db.session.flush()
    for photo in photos:
        attach(photo, subject_kind="refusal", subject_id=identity, actor=actor, at=at)
    emit(GoodsRefused(refusal=identity, supplier=row.supplier_id, reason=row.reason.value), actor=actor, at=at)
    return identity


def close_refusal(refusal: RefusalId, *, warehouse: WarehouseId, carrier: str, actor: UserId, at: datetime) -> None:
    """The carrier took the goods back. Raises NotFound, MissingField (carrier), WrongState (taken back before)."""
    statement = (
        select(Refusal)
        .where(Refusal.id == refusal, Refusal.warehouse_id == warehouse)
        .with_for_update(of=Refusal)
        .execution_options(populate_existing=True)
    )
    row = db.session.execute(statement).scalar_one_or_none()
    if row is None:
        raise NotFound(kind="refusal", text=str(refusal))
    if not carrier:
        raise MissingField(field="carrier")
    row.state = RefusalState(step(states.REFUSAL, row.state.value, "close", subject=row.number))
    row.carrier, row.closed_by, row.closed_at = carrier, actor, at


def _receipt_of(cmd: Refuse) -> Receipt | None:
    if cmd.receipt is None:
        return None
    found = db.session.execute(
        select(Receipt).where(Receipt.id == cmd.receipt, Receipt.warehouse_id == cmd.warehouse)
    ).scalar_one_or_none()
    if found is None:
        raise NotFound(kind="receipt", text=str(cmd.receipt))
    return found
