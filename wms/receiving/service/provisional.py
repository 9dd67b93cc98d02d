"""Deliveries of nobody known: a plate without notice opens a provisional receipt, to be finished by scan.

Its goods come in on hold (unknown origin). Finishing names supplier, item, lot and date, and lifts nothing: quality does.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import exists, select, update

from wms.catalog.models import Partner
from wms.core.errors import MissingField, NotFound, WrongState
from wms.core.ids import SYSTEM_USER, LpnId, PartnerId, PassageId, ReceiptId, UserId, WarehouseId, new_id
from wms.db import db
from wms.receiving.models import Receipt, ReceiptLine, ReceiptPlate, ReceiptState
from wms.receiving.queries import intake as intake_queries
from wms.receiving.rules.commands import OpenReceipt
from wms.receiving.service.locks import lock_receipt
from wms.receiving.service.papers import open_receipt
from wms.stock import service as stock_service
from wms.stock.models import Lot, Lpn


def note_plate(
    receipt: ReceiptId,
    sscc: str,
    *,
    warehouse: WarehouseId,
    actor: UserId,
    at: datetime,
    passage: PassageId | None = None,
) -> LpnId:
    """Note a plate on a provisional receipt before anyone knows what stands on it; the plate.

    Raises NotFound, WrongState (not provisional or finished; the LPN is in stock).
    """
    row = _unfinished(receipt, warehouse)
    known = stock_service.find_open_lpn(sscc)
    if known is not None:
        if not intake_queries.is_lpn_of_receipt(known.id, row.id):
            raise WrongState(subject=f"LPN {sscc}", state="in_stock", event="receive", needed=["expected"])
        return known.id
    plate = stock_service.make_lpn(warehouse=row.warehouse_id, at=at, sscc=sscc)
    db.session.add(
        ReceiptPlate(
            id=new_id(), receipt_id=row.id, lpn_id=plate.id, passage_id=passage, noted_by=actor, noted_at=at
        )
    )  # fmt: skip
    db.session.flush()
    return plate.id


def open_provisional(*, sscc: str, warehouse: WarehouseId, actor: UserId, at: datetime) -> ReceiptId:
    """Open a provisional receipt for a plate that nobody announced, and note the plate on it. Raises NotFound, WrongState."""
    receipt = open_receipt(OpenReceipt(warehouse=warehouse, is_provisional=True), actor=actor, at=at)
    note_plate(receipt, sscc, warehouse=warehouse, actor=actor, at=at)
    return receipt


def note_unknown_plate(*, sscc: str, passage: PassageId, warehouse: WarehouseId, at: datetime) -> ReceiptId | None:
    """A door saw an SSCC come in that nobody announced and that is not here: note it on the doors' open provisional receipt.

    None when the plate is here already, and where the warehouse has no dock to take it in at.
    """
    if stock_service.find_open_lpn(sscc) is not None:
        return None
    receipt = db.session.execute(
        select(Receipt.id)
        .where(
            Receipt.warehouse_id == warehouse, Receipt.state == ReceiptState.OPEN, Receipt.is_provisional,
            Receipt.finished_at.is_(None), Receipt.opened_by == SYSTEM_USER,
        )
        .order_by(Receipt.id.desc())
        .limit(1)
    ).scalar()  # fmt: skip
    if receipt is None:
        try:
            receipt = open_receipt(OpenReceipt(warehouse=warehouse, is_provisional=True), actor=SYSTEM_USER, at=at)
        except NotFound:  # a passage is logged all the same
            return None
    note_plate(receipt, sscc, warehouse=warehouse, actor=SYSTEM_USER, at=at, passage=passage)
    return receipt


def name_supplier(
    receipt: ReceiptId, supplier: PartnerId, *, warehouse: WarehouseId, actor: UserId, at: datetime
) -> None:
    """Say from whom a blind receipt came; lots that were made on it get the supplier too. Raises NotFound, WrongState."""
    row = lock_receipt(receipt, warehouse=warehouse)
    if row.state is not ReceiptState.OPEN or row.asn_id is not None or row.purchase_order_id is not None:
        raise WrongState(subject=row.number, state=row.state.value, event="name_supplier", needed=["open"])
    found = select(exists().where(Partner.id == supplier, Partner.is_supplier, Partner.is_active))
    if not db.session.execute(found).scalar():
        raise NotFound(kind="supplier", text=str(supplier))
    row.supplier_id = supplier
    lots = db.session.execute(
        select(Lot).where(
            Lot.id.in_(select(ReceiptLine.lot_id).where(ReceiptLine.receipt_id == row.id)), Lot.supplier_id.is_(None)
        )
    ).scalars()
    for lot in lots:
        lot.supplier_id = supplier


def drop_plate(receipt: ReceiptId, lpn: LpnId, *, warehouse: WarehouseId, actor: UserId, at: datetime) -> None:
    """Take a noted plate off a provisional receipt: nothing stands there. Raises NotFound, WrongState (goods stand on it)."""
    row = _unfinished(receipt, warehouse)
    plate = db.session.execute(
        select(ReceiptPlate).where(
            ReceiptPlate.receipt_id == row.id, ReceiptPlate.lpn_id == lpn, ReceiptPlate.dropped_at.is_(None)
        )
    ).scalar_one_or_none()
    if plate is None:
        raise NotFound(kind="lpn", text=str(lpn))
    if intake_queries.has_goods([lpn]):
        raise WrongState(subject=f"LPN {plate.lpn.code}", state="in_stock", event="drop", needed=["empty"])
    plate.dropped_at = at
    stock_service.close_lpn(lpn)


def finish_provisional(receipt: ReceiptId, *, warehouse: WarehouseId, actor: UserId, at: datetime) -> None:
    """All of it is named now: the supplier, and on each plate item, lot and date. The holds stay for quality to lift.

    Raises NotFound, MissingField (supplier), WrongState (a plate without goods; finished before; nothing was taken in).
    """
    row = _unfinished(receipt, warehouse)
    if row.supplier_id is None:
        raise MissingField(field="supplier")
    stands = ReceiptLine.reversed_at.is_(None)
    bare = db.session.execute(
        select(Lpn.code)
        .join(ReceiptPlate, ReceiptPlate.lpn_id == Lpn.id)
        .where(
            ReceiptPlate.receipt_id == row.id, ReceiptPlate.dropped_at.is_(None),
            ~exists().where(ReceiptLine.receipt_id == row.id, ReceiptLine.lpn_id == ReceiptPlate.lpn_id, stands),
        )
        .order_by(ReceiptPlate.id)
        .limit(1)
    ).scalar()  # fmt: skip
    if bare is not None:
        raise WrongState(subject=f"LPN {bare}", state="unknown", event="finish", needed=["received"])
    if not db.session.execute(select(exists().where(ReceiptLine.receipt_id == row.id, stands))).scalar():
        raise WrongState(subject=row.number, state="empty", event="finish", needed=["received"])
    row.finished_by, row.finished_at = actor, at
    db.session.execute(
        update(Lot)
        .where(
            Lot.id.in_(select(ReceiptLine.lot_id).where(ReceiptLine.receipt_id == row.id)), Lot.supplier_id.is_(None)
        )
        .values(supplier_id=row.supplier_id)
        .execution_options(synchronize_session=False)
    )


def _unfinished(receipt: ReceiptId, warehouse: WarehouseId) -> Receipt:
    row = lock_receipt(receipt, warehouse=warehouse)
    if not row.is_provisional or row.finished_at is not None or row.state is not ReceiptState.OPEN:
        raise WrongState(subject=row.number, state="finished", event="receive", needed=["provisional"])
    return row
