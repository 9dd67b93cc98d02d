"""The truck: delivery note, plate, driver, seal, carrier, temperatures. Goods it brought too warm or too cold are held."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from wms.catalog.models import Item
from wms.core.errors import QuestionNeeded
from wms.core.ids import LotId, ReceiptId, ReceiptLineId, UserId, WarehouseId
from wms.core.states import step
from wms.db import db
from wms.fields import service as own_fields
from wms.fields.rules.values import Given
from wms.files.service import KeptFile, attach
from wms.receiving.models import Receipt, ReceiptLine
from wms.receiving.rules import conditions, states
from wms.receiving.rules.commands import Arrival
from wms.receiving.service.holding import Stopped, hold_goods, lock_for_holds
from wms.receiving.service.locks import lock_receipt
from wms.stock.models import HoldReason


def record_arrival(
    receipt: ReceiptId,
    arrival: Arrival,
    *,
    warehouse: WarehouseId,
    actor: UserId,
    at: datetime,
    answers: frozenset[str] = frozenset(),
    photos: tuple[KeptFile, ...] = (),
    own: Given | None = None,
) -> None:
    """Write down the facts of the truck, with photos and own fields.

    Goods taken in before, of a class for which the temperature is out of range, are held then. Raises NotFound,
    WrongState (closed), QuestionNeeded: delivery_note_seen, temperature_holds_received.
    """
    row = lock_receipt(receipt, warehouse=warehouse)
    step(states.RECEIPT, row.state.value, "receive", subject=row.number)
    write_arrival(row, arrival, answers=answers)
    if own is not None:
        own_fields.set_values("receipt", row.id, own)
    for photo in photos:
        attach(photo, subject_kind="receipt", subject_id=row.id, actor=actor, at=at)
    _hold_received(row, answers, actor=actor, at=at)


def write_arrival(receipt: Receipt, arrival: Arrival, *, answers: frozenset[str]) -> None:
    """Put the facts on a receipt; a delivery note that this supplier sent before is asked about."""
    if arrival.delivery_note and arrival.delivery_note != receipt.delivery_note:
        _ask_about_note(receipt, arrival.delivery_note, answers)
    receipt.delivery_note = arrival.delivery_note
    receipt.plate = arrival.plate
    receipt.driver = arrival.driver
    receipt.seal = arrival.seal
    receipt.seal_is_intact = arrival.seal_is_intact
    receipt.carrier = arrival.carrier
    receipt.arrival_temperature_decidegrees = arrival.temperature_decidegrees
    receipt.departure_temperature_decidegrees = arrival.departure_temperature_decidegrees


def _ask_about_note(receipt: Receipt, note: str, answers: frozenset[str]) -> None:
    if receipt.supplier_id is None or "delivery_note_seen" in answers:
        return
    before = db.session.execute(
        select(Receipt.number)
        .where(
            Receipt.supplier_id == receipt.supplier_id, Receipt.warehouse_id == receipt.warehouse_id,
            Receipt.delivery_note == note, Receipt.id != receipt.id,
        )
        .order_by(Receipt.id.desc())
        .limit(1)
    ).scalar()  # fmt: skip
    if before is not None:
        raise QuestionNeeded(question="delivery_note_seen", note=note, receipt=before)


def _hold_received(receipt: Receipt, answers: frozenset[str], *, actor: UserId, at: datetime) -> None:
    degrees = receipt.arrival_temperature_decidegrees
    if degrees is None:
        return
    rows = db.session.execute(
        select(ReceiptLine, Item.sku, Item.storage_class)
        .join(Item, Item.id == ReceiptLine.item_id)
        .where(ReceiptLine.receipt_id == receipt.id, ReceiptLine.reversed_at.is_(None))
        .order_by(ReceiptLine.id)
    ).all()
    concerned = [row for row in rows if conditions.is_outside(row.storage_class.value, degrees)]
    if not concerned:
        return
    came = conditions.degrees_text(degrees)
    if "temperature_holds_received" not in answers:
        first = concerned[0]
        raise QuestionNeeded(
            question="temperature_holds_received", came=came, item=first.sku, count=len(concerned),
            needed=conditions.range_text(first.storage_class.value),
        )  # fmt: skip
    lock_for_holds(sorted({LotId(row.ReceiptLine.lot_id) for row in concerned}))
    for row in concerned:
        line: ReceiptLine = row.ReceiptLine
        goods = Stopped(
            line=ReceiptLineId(line.id), lot=line.lot_id, lpn=line.lpn_id, bin=receipt.dock_bin_id, quantity=line.quantity,
            reason=HoldReason.TEMPERATURE, note=f"{receipt.number} {came}",
        )  # fmt: skip
        hold_goods(goods, warehouse=receipt.warehouse_id, actor=actor, at=at)
