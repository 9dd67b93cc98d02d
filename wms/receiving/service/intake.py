"""Taking goods in: one scan (receive_line) or one announced pallet (receive_lpn) becomes stock at the dock.

Locks: receipt, ASN or purchase order (so that two people cannot both take the last case), item (only to make a lot),
then what the ledger locks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from wms.catalog.models import Item
from wms.core.clock import local_day
from wms.core.errors import DuplicateValue, KeyReused, NotFound, WrongState
from wms.core.ids import (
    LOOSE,
    AsnLineId,
    BinId,
    LotId,
    LpnId,
    PurchaseOrderLineId,
    ReceiptId,
    ReceiptLineId,
    TaskId,
    UserId,
    new_id,
)
from wms.core.quantity import Quantity
from wms.core.states import step
from wms.db import db
from wms.events.catalog import GoodsReceived
from wms.events.outbox import emit
from wms.files.service import KeptFile, attach
from wms.gs1.codes import LotNumber
from wms.gs1.sscc import Sscc
from wms.receiving.models import Receipt, ReceiptLine
from wms.receiving.queries import intake as intake_queries
from wms.receiving.queries import lines as line_queries
from wms.receiving.queries import papers as paper_queries
from wms.receiving.rules import intake, states
from wms.receiving.rules.commands import ReceiveLine, ReceiveLpn
from wms.receiving.service.papers import lock_asn, lock_order, lock_receipt
from wms.receiving.service.standing_holds import catch
from wms.sites.models import Bin, BinKind, Warehouse
from wms.stock import ledger
from wms.stock import service as stock_service
from wms.stock.ledger import Document, Move, Place, Quality, Reason, StockKey
from wms.stock.models import Capture, DatePrecision, Lot
from wms.tasks.models import TaskKind
from wms.tasks.service import create_task, enlarge_open_task


@dataclass(frozen=True, kw_only=True)
class Received:
    """What came of a scan. `is_held`: an open hold lies on the lot, so the goods came in held."""

    lines: tuple[ReceiptLineId, ...]
    lot_number: str
    sku: str
    quantity: Quantity
    quality: str
    is_held: bool = False
    is_new_lot: bool = False
    is_repeat: bool = False


@dataclass(frozen=True)
class _Facts:
    """What every line of one verb shares."""

    receipt: Receipt
    supplier_bin: BinId
    timezone: str


@dataclass(frozen=True)
class _Judged:
    """One line let in, before anything is written."""

    item: Item
    lot: Lot
    quantity: Quantity
    asn_line: AsnLineId | None
    order_line: PurchaseOrderLineId | None
    capture: Capture
    raw_scan: str
    is_held: bool
    is_new_lot: bool


def receive_line(cmd: ReceiveLine, *, actor: UserId, at: datetime, photo: KeptFile | None = None) -> Received:
    """Take goods in: judge them, make the lot known, post supplier to dock, leave a putaway task. Once for each `key`.

    `photo` is the kept picture of a typed lot; it is attached to the receipt line.

    Raises what rules.intake.judge raises, MissingField and LotTypedTwiceDiffers for a typed lot, WrongState (receipt
    closed, LPN in stock already), NotFound, KeyReused.
    """
    receipt = lock_receipt(cmd.receipt, warehouse=cmd.warehouse)
    if before := intake_queries.lines_by_key(cmd.key):
        return _repeat(before, cmd.key, item=cmd.item, quantity=cmd.quantity)
    facts = _facts_for(receipt)
    item = intake_queries.item_for_receipt(cmd.item)
    capture = _capture_of(cmd, item)
    judged = _judge(facts, item, cmd, capture, _expected(receipt), actor=actor, at=at)
    lpn = _plate(cmd.sscc, facts, at=at) if cmd.sscc else _own_plate(facts, at=at) if cmd.on_new_lpn else LOOSE
    received = _take_in([judged], facts, lpn=lpn, key=cmd.key, actor=actor, at=at)
    if photo is not None:
        attach(photo, subject_kind="receipt_line", subject_id=received.lines[0], actor=actor, at=at)
    return received


def receive_lpn(cmd: ReceiveLpn, *, actor: UserId, at: datetime) -> Received:
    """Take a whole pallet in as its ASN announces it. Once for each `key`.

    Raises NotFound (the SSCC is not on the ASN), MissingField (lot or expiry not announced: scan the goods instead),
    WrongState (received before), and what rules.intake.judge raises.
    """
    receipt = lock_receipt(cmd.receipt, warehouse=cmd.warehouse)
    if before := intake_queries.lines_by_key(cmd.key):
        return _repeat(before, cmd.key)
    facts = _facts_for(receipt)
    announced = intake_queries.asn_lines_of_sscc(receipt.asn_id, str(cmd.sscc)) if receipt.asn_id else []
    if not announced:
        raise NotFound(kind="sscc", text=str(cmd.sscc))
    if any(is_done for _, _, is_done in announced):
        raise WrongState(subject=f"SSCC {cmd.sscc}", state="received", event="receive", needed=["expected"])
    capture = Capture.RFID if cmd.by_rfid else Capture.SCAN
    judged: list[_Judged] = []
    expected = _expected(receipt)
    for line, item, _ in announced:
        as_scanned = ReceiveLine(
            warehouse=cmd.warehouse,
            receipt=cmd.receipt,
            item=item.id,
            quantity=line.quantity,
            key=cmd.key,
            lot=LotNumber.parse(line.lot_number) if line.lot_number else None,
            expires_on=line.expires_on if item.date_basis.value != "best_before" else None,
            best_before_on=line.expires_on if item.date_basis.value == "best_before" else None,
            manufactured_on=line.manufactured_on,
            raw_scan=cmd.raw_scan,
            answers=cmd.answers,
        )
        judged.append(_judge(facts, item, as_scanned, capture, expected, actor=actor, at=at, asn_line=line.id))
        expected = [
            replace(e, received=e.received + line.quantity) if e.line_id == line.id else e for e in expected or ()
        ]
    return _take_in(judged, facts, lpn=_plate(cmd.sscc, facts, at=at), key=cmd.key, actor=actor, at=at)


def check_line(cmd: ReceiveLine, *, at: datetime) -> None:
    """Say what `receive_line` would say of these goods, before the amount is known (give the smallest); writes nothing.

    Raises what `receive_line` raises, but for what only the amount, a typed lot or the plate decides.
    """
    receipt = paper_queries.get_receipt(cmd.receipt, warehouse=cmd.warehouse)
    step(states.RECEIPT, receipt.state.value, "receive", subject=receipt.number)
    item = intake_queries.item_for_receipt(cmd.item)
    lot, _, near = _look_up(item, cmd, is_making=False)
    today = local_day(at, intake_queries.timezone_of(cmd.warehouse))
    intake.judge(_situation(item, cmd, _expected(receipt), lot, near, on=today))


# -- judge ------------------------------------------------------------------------------------------------------------
def _facts_for(receipt: Receipt) -> _Facts:
    """Lock the paper behind the receipt and read the supplier bin and the local day's time zone."""
    step(states.RECEIPT, receipt.state.value, "receive", subject=receipt.number)
    if receipt.asn_id is not None:
        lock_asn(receipt.asn_id)
    elif receipt.purchase_order_id is not None:
        lock_order(receipt.purchase_order_id)
    found = db.session.execute(
        select(Bin.id, Warehouse.timezone)
        .join(Warehouse, Warehouse.id == Bin.warehouse_id)
        .where(Bin.warehouse_id == receipt.warehouse_id, Bin.kind == BinKind.SUPPLIER)
        .limit(1)
    ).first()
    if found is None:
        raise NotFound(kind="bin", text="supplier")
    return _Facts(receipt=receipt, supplier_bin=BinId(found.id), timezone=found.timezone)


def _judge(
    facts: _Facts,
    item: Item,
    cmd: ReceiveLine,
    capture: Capture,
    expected: Sequence[intake.ExpectedLine] | None,
    *,
    actor: UserId,
    at: datetime,
    asn_line: AsnLineId | None = None,
) -> _Judged:
    """Ask the rules, then find or make the lot."""
    receipt = facts.receipt
    today = local_day(at, facts.timezone)
    lot, is_held, near = _look_up(item, cmd, is_making=True)
    accepted = intake.judge(_situation(item, cmd, expected, lot, near, on=today))
    return _Judged(
        item=item,
        lot=lot or _make_lot(accepted, cmd, receipt, item, capture, today=today, actor=actor, at=at),
        quantity=cmd.quantity,
        asn_line=asn_line or _asn_line(receipt, accepted),
        order_line=_order_line(receipt, item, accepted),
        capture=capture,
        raw_scan=cmd.raw_scan[:512],
        is_held=is_held,
        is_new_lot=lot is None,
    )


def _look_up(item: Item, cmd: ReceiveLine, *, is_making: bool) -> tuple[Lot | None, bool, Sequence[str]]:
    """The lot if it is known, whether it is held, and known numbers that look the same.

    `is_making` locks the item's row before a new lot: two trucks cannot make one number, nor two near ones unasked.
    """
    number = _number_of(item, cmd)
    if number is None:
        return None, False, ()
    lot, is_held = intake_queries.find_lot_with_hold(item.id, number)
    if lot is not None:
        return lot, is_held, ()
    if is_making:
        db.session.execute(select(Item.id).where(Item.id == item.id).with_for_update(key_share=True))
        lot, is_held = intake_queries.find_lot_with_hold(item.id, number)
    if lot is not None or not item.is_lot_tracked:
        return lot, is_held, ()
    return None, False, [other.number for other in stock_service.find_near_duplicates(item.id, number)]


def _number_of(item: Item, cmd: ReceiveLine) -> str | None:
    if not item.is_lot_tracked:
        return intake.STANDING_LOT
    return str(cmd.lot) if cmd.lot else None


def _situation(
    item: Item,
    cmd: ReceiveLine,
    expected: Sequence[intake.ExpectedLine] | None,
    lot: Lot | None,
    near: Sequence[str],
    *,
    on: date,
) -> intake.Situation:
    return intake.Situation(
        item=_item_facts(item),
        came=intake.Came(
            quantity=cmd.quantity,
            lot_number=_number_of(item, cmd),
            expires_on=cmd.expires_on,
            best_before_on=cmd.best_before_on,
            manufactured_on=cmd.manufactured_on,
            precision=cmd.expiry_precision,
        ),
        on=on,
        expected=expected,
        known=_known(lot),
        near=near,
        answers=cmd.answers,
    )


def _capture_of(cmd: ReceiveLine, item: Item) -> Capture:
    if cmd.typed is None or cmd.lot is None or not item.is_lot_tracked:
        return Capture.SCAN
    return Capture(
        intake.check_typed_lot(
            item.typed_lot_policy.value, first=str(cmd.lot), again=cmd.typed.again, has_photo=cmd.typed.has_photo
        )
    )


def _item_facts(item: Item) -> intake.ItemFacts:
    return intake.ItemFacts(
        sku=item.sku,
        is_lot_tracked=item.is_lot_tracked,
        date_basis=item.date_basis.value,
        shelf_life_days=item.shelf_life_days,
        receipt_life_days_min=item.receipt_life_days_min,
        receipt_life_percent_min=item.receipt_life_percent_min,
        usable_on_expiry_day=item.usable_on_expiry_day,
        over_receipt_percent=item.over_receipt_percent,
        typed_lot_policy=item.typed_lot_policy.value,
    )


def _known(lot: Lot | None) -> intake.KnownLot | None:
    if lot is None:
        return None
    return intake.KnownLot(number=lot.number, expires_on=lot.expires_on, best_before_on=lot.best_before_on)


def _expected(receipt: Receipt) -> list[intake.ExpectedLine] | None:
    """The lines of the paper, None for a blind receipt; an ASN stands before its purchase order."""
    if receipt.asn_id is not None:
        return line_queries.expected_of_asn(receipt.asn_id)
    if receipt.purchase_order_id is not None:
        return line_queries.expected_of_order(receipt.purchase_order_id)
    return None


def _asn_line(receipt: Receipt, accepted: intake.Accepted) -> AsnLineId | None:
    return AsnLineId(accepted.line_id) if receipt.asn_id is not None and accepted.line_id is not None else None


def _order_line(receipt: Receipt, item: Item, accepted: intake.Accepted) -> PurchaseOrderLineId | None:
    if receipt.purchase_order_id is None:
        return None
    if receipt.asn_id is None and accepted.line_id is not None:
        return PurchaseOrderLineId(accepted.line_id)
    return line_queries.order_line_for(receipt.purchase_order_id, item.id)


def _make_lot(
    accepted: intake.Accepted, cmd: ReceiveLine, receipt: Receipt, item: Item, capture: Capture, *, today: date,
    actor: UserId, at: datetime,
) -> Lot:  # fmt: skip
    return stock_service.create_lot(
        item=item.id,
        number=accepted.lot_number,
        expires_on=accepted.expires_on,
        best_before_on=accepted.best_before_on,
        manufactured_on=cmd.manufactured_on,
        received_on=today,
        supplier=receipt.supplier_id,
        maker=item.maker_id,
        expiry_text=cmd.expiry_text[:40],
        expiry_precision=DatePrecision(cmd.expiry_precision),
        captured_by=capture,
        country=item.country,
        at=at,
        actor=actor,
    )


# -- take in ----------------------------------------------------------------------------------------------------------
def _plate(sscc: Sscc, facts: _Facts, *, at: datetime) -> LpnId:
    """The plate of an SSCC: made now, or the one this receipt is still building at the dock."""
    found = stock_service.find_open_lpn(str(sscc))
    if found is not None:
        ours = intake_queries.is_lpn_of_receipt(found.id, facts.receipt.id)
        if not ours or intake_queries.lpn_stands_elsewhere(found.id, facts.receipt.dock_bin_id):
            raise WrongState(subject=f"LPN {sscc}", state="in_stock", event="receive", needed=["expected"])
        return found.id
    try:
        with db.session.begin_nested():
            return stock_service.make_lpn(warehouse=facts.receipt.warehouse_id, at=at, sscc=str(sscc)).id
    except IntegrityError as clash:  # another dock scanned the same SSCC at this moment
        raise DuplicateValue(field="sscc", value=str(sscc)) from clash


def _own_plate(facts: _Facts, *, at: datetime) -> LpnId:
    return stock_service.make_lpn(warehouse=facts.receipt.warehouse_id, at=at).id


def _take_in(
    judged: Sequence[_Judged], facts: _Facts, *, lpn: LpnId, key: str, actor: UserId, at: datetime
) -> Received:
    """Post all lines as one posting, keep each with its raw scan, leave the work of putting away, tell the world."""
    receipt = facts.receipt
    goods = [(line.item, line.lot, line.capture.value) for line in judged]
    caught = catch(goods, receipt, timezone=facts.timezone, at=at)
    posted = ledger.post(
        [_move(line, facts, lpn) for line in judged],
        key=key,
        reason=Reason.RECEIVE,
        document=Document(kind="receipt", id=receipt.id),
        actor=actor,
        at=at,
    )
    rows = [
        ReceiptLine(
            id=ReceiptLineId(new_id()),
            receipt_id=receipt.id,
            item_id=line.item.id,
            lot_id=line.lot.id,
            lpn_id=lpn,
            quantity=line.quantity,
            asn_line_id=line.asn_line,
            purchase_order_line_id=line.order_line,
            capture=line.capture,
            raw_scan=line.raw_scan,
            posting_seq=posted.seq,
            received_by=actor,
            received_at=at,
        )
        for line in judged
    ]
    db.session.add_all(rows)
    for line in judged:
        _leave_putaway(line, receipt, lpn, actor=actor, at=at)
        emit(
            GoodsReceived(
                receipt=ReceiptId(receipt.id),
                lot=line.lot.id,
                item=line.item.id,
                quantity=line.quantity,
                warehouse=receipt.warehouse_id,
                quality=_quality(line.item).value,
                posting=posted.seq,
            ),
            actor=actor,
            at=at,
        )
    first = judged[0]
    return Received(
        lines=tuple(row.id for row in rows),
        lot_number=first.lot.number,
        sku=first.item.sku,
        quantity=Quantity(sum(line.quantity.millionths for line in judged)),
        quality=_quality(first.item).value,
        is_held=bool(caught) or any(line.is_held for line in judged),
        is_new_lot=first.is_new_lot,
    )


def _move(line: _Judged, facts: _Facts, lpn: LpnId) -> Move:
    target = StockKey(
        lot=LotId(line.lot.id),
        owner=facts.receipt.owner_id,
        place=Place(bin=facts.receipt.dock_bin_id, lpn=lpn),
        quality=_quality(line.item),
    )
    return Move(quantity=line.quantity, source=target.at(Place(bin=facts.supplier_bin)), target=target)


def _quality(item: Item) -> Quality:
    return Quality.PENDING if item.is_inspected_at_receipt else Quality.RELEASED


def _leave_putaway(line: _Judged, receipt: Receipt, lpn: LpnId, *, actor: UserId, at: datetime) -> TaskId:
    found = enlarge_open_task(
        kind=TaskKind.PUTAWAY, document_kind="receipt", document_id=receipt.id, source_bin=receipt.dock_bin_id,
        source_lpn=lpn, lot=line.lot.id, quantity=line.quantity,
    )  # fmt: skip
    if found is not None:
        return found
    task = create_task(
        kind=TaskKind.PUTAWAY,
        warehouse=receipt.warehouse_id,
        actor=actor,
        at=at,
        document_kind="receipt",
        document_id=receipt.id,
        item_id=line.item.id,
        lot_id=line.lot.id,
        owner_id=receipt.owner_id,
        source_bin_id=receipt.dock_bin_id,
        source_lpn_id=lpn,
        quantity=line.quantity,
    )
    return task.id


def _repeat(
    before: Sequence[ReceiptLine], key: str, *, item: int | None = None, quantity: Quantity | None = None
) -> Received:
    """The answer of the first time; KeyReused when the same key now asks for something else."""
    first = before[0]
    total = Quantity(sum(line.quantity.millionths for line in before))
    if (item is not None and item != first.item_id) or (quantity is not None and quantity != total):
        raise KeyReused(key=key)
    return Received(
        lines=tuple(line.id for line in before),
        lot_number=first.lot.number,
        sku=first.item.sku,
        quantity=total,
        quality=_quality(first.item).value,
        is_repeat=True,
    )
