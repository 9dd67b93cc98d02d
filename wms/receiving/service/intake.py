"""Taking goods in: one scan becomes stock at the dock. Whole pallets (pallets.py) come in by the same two steps.

`judge_line` asks the rules and makes the lot known; `take_in` posts what was let in and leaves the work. Whatever a plan, a
number rule or an inspection has to say at receipt is asked in one of the two.

Locks: receipt, ASN or purchase order (so that two people cannot both take the last case), item (only to make a lot),
then what the ledger locks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from wms.catalog.models import Item, Partner
from wms.core.clock import local_day
from wms.core.errors import DuplicateValue, KeyReused, NotFound, QuestionNeeded, WrongState
from wms.core.ids import (
    LOOSE,
    AsnLineId,
    BinId,
    ItemId,
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
from wms.inspection import queries as inspection_queries
from wms.inspection import service as inspection_service
from wms.numbering.queries import life_of
from wms.receiving.models import Receipt, ReceiptLine, ReceiptPlate
from wms.receiving.queries import intake as intake_queries
from wms.receiving.queries import lines as line_queries
from wms.receiving.queries import papers as paper_queries
from wms.receiving.rules import intake, states
from wms.receiving.rules.commands import ReceiveLine
from wms.receiving.rules.conditions import Licence, Terms, degrees_text
from wms.receiving.service import numbers
from wms.receiving.service.holding import Stopped, hold_goods, lock_for_holds
from wms.receiving.service.locks import lock_asn, lock_order, lock_receipt
from wms.receiving.service.standing_holds import catch
from wms.receiving.service.twins import lots_seen_twice, may_be_twins
from wms.sites.models import Bin, BinKind, Warehouse
from wms.stock import ledger
from wms.stock import service as stock_service
from wms.stock.ledger import Document, Move, Place, Quality, Reason, StockKey
from wms.stock.models import Capture, DatePrecision, HoldReason, Lot
from wms.tasks.models import TaskKind
from wms.tasks.service import create_task, enlarge_open_task


@dataclass(frozen=True, kw_only=True)
class Received:
    """What came of a scan. `is_held`: a hold lies on the lot or was laid on these goods, so they came in held."""

    lines: tuple[ReceiptLineId, ...]
    lot_number: str
    sku: str
    quantity: Quantity
    quality: str
    is_held: bool = False
    is_new_lot: bool = False
    is_repeat: bool = False
    base_unit: str = ""
    lots: int = 1


@dataclass(frozen=True)
class Facts:
    """What every line of one verb shares."""

    receipt: Receipt
    supplier_bin: BinId
    timezone: str
    supplier: Partner | None
    terms: Mapping[ItemId, Terms]

    @property
    def licence(self) -> Licence | None:
        """The supplier's licence, None while no supplier is named."""
        return intake_queries.licence_of(self.supplier)


@dataclass(frozen=True)
class Judged:
    """One line let in, before anything is posted. `lpn` is the plate it stands on, `carried_on` the one that is carried."""

    item: Item
    lot: Lot
    quantity: Quantity
    asn_line: AsnLineId | None
    order_line: PurchaseOrderLineId | None
    capture: Capture
    raw_scan: str
    is_held: bool
    is_new_lot: bool
    #: Why these goods are held as they come in, beside what lies on the lot already.
    stop: HoldReason | None = None
    lpn: LpnId = LOOSE
    carried_on: LpnId = LOOSE
    #: Pending where the item, an inspection plan or the second acceptor says so, else released.
    quality: Quality = Quality.RELEASED
    #: An inspection lot is opened for it.
    is_inspected: bool = False


def receive_line(cmd: ReceiveLine, *, actor: UserId, at: datetime, photo: KeptFile | None = None) -> Received:
    """Take goods in: judge them, make the lot known, post supplier to dock, leave a putaway task. Once for each `key`.

    `photo` is the kept picture of a typed lot; it is attached to the receipt line.

    Raises what rules.intake.judge raises, MissingField and LotTypedTwiceDiffers for a typed lot, WrongState (receipt
    closed, LPN in stock already), NotFound, KeyReused.
    """
    receipt = lock_receipt(cmd.receipt, warehouse=cmd.warehouse)
    if before := intake_queries.lines_by_key(cmd.key):
        return repeat_of(before, cmd.key, item=cmd.item, quantity=cmd.quantity)
    item = intake_queries.item_for_receipt(cmd.item)
    facts = facts_for(receipt, [item])
    capture = _capture_of(cmd, item)
    judged = judge_line(facts, item, cmd, capture, expected_on(receipt), actor=actor, at=at)
    lpn = LOOSE
    if cmd.sscc is not None:
        lpn = plate_of(str(cmd.sscc), facts, answers=cmd.answers, actor=actor, at=at)
    elif cmd.on_new_lpn:
        lpn = stock_service.make_lpn(warehouse=receipt.warehouse_id, at=at).id
    stop = HoldReason.UNKNOWN_ORIGIN if receipt.is_provisional else judged.stop  # the plate may have made it so
    placed = replace(judged, lpn=lpn, carried_on=lpn, stop=stop)
    received = take_in([placed], facts, key=cmd.key, actor=actor, at=at)
    if photo is not None:
        attach(photo, subject_kind="receipt_line", subject_id=received.lines[0], actor=actor, at=at)
    return received


def check_line(cmd: ReceiveLine, *, at: datetime) -> None:
    """Say what `receive_line` would say of these goods, before the amount is known (give the smallest); writes nothing.

    Raises what `receive_line` raises, but for what only the amount, a typed lot or the plate decides.
    """
    receipt = paper_queries.get_receipt(cmd.receipt, warehouse=cmd.warehouse)
    step(states.RECEIPT, receipt.state.value, "receive", subject=receipt.number)
    item = intake_queries.item_for_receipt(cmd.item)
    lot, _, near = _look_up(item, cmd, receipt, is_making=False)
    today = local_day(at, intake_queries.timezone_of(cmd.warehouse))
    supplier = intake_queries.supplier_of(receipt.supplier_id, [item])
    situation = _situation(item, cmd, expected_on(receipt), lot, near, on=today, terms=supplier.terms[item.id])
    intake.judge(
        replace(
            situation, licence=intake_queries.licence_of(supplier.partner),
            arrival_decidegrees=receipt.arrival_temperature_decidegrees,
            code=numbers.code_of(item, cmd, lot, receipt=receipt, on=today),
            taken=numbers.taken_by_another(item, lot, str(cmd.lot), receipt=receipt, at=at),
        )
    )  # fmt: skip


# -- judge ------------------------------------------------------------------------------------------------------------
def facts_for(receipt: Receipt, items: Sequence[Item]) -> Facts:
    """Lock the paper behind the receipt and read supplier bin, time zone, and by what terms these items are taken in."""
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
    supplier = intake_queries.supplier_of(receipt.supplier_id, items)
    return Facts(
        receipt=receipt, supplier_bin=BinId(found.id), timezone=found.timezone, supplier=supplier.partner,
        terms=supplier.terms,
    )  # fmt: skip


def judge_line(
    facts: Facts,
    item: Item,
    cmd: ReceiveLine,
    capture: Capture,
    expected: Sequence[intake.ExpectedLine] | None,
    *,
    actor: UserId,
    at: datetime,
    asn_line: AsnLineId | None = None,
) -> Judged:
    """Ask the rules, then find or make the lot."""
    receipt = facts.receipt
    today = local_day(at, facts.timezone)
    lot, is_held, near = _look_up(item, cmd, receipt, is_making=True)
    situation = _situation(item, cmd, expected, lot, near, on=today, terms=facts.terms[item.id])
    accepted = intake.judge(
        replace(
            situation, licence=facts.licence, arrival_decidegrees=receipt.arrival_temperature_decidegrees,
            code=numbers.code_of(item, cmd, lot, receipt=receipt, on=today),
            taken=numbers.taken_by_another(item, lot, str(cmd.lot), receipt=receipt, at=at),
        )
    )  # fmt: skip
    if accepted.is_another:
        lot, is_held = None, False
    stop = HoldReason.TEMPERATURE if accepted.is_out_of_range else None
    is_inspected = inspection_queries.waits_at_receipt(item, receipt.supplier_id)
    return Judged(
        item=item,
        lot=lot or _make_lot(accepted, cmd, receipt, item, capture, today=today, actor=actor, at=at),
        quantity=cmd.quantity,
        asn_line=asn_line or _asn_line(receipt, accepted),
        order_line=_order_line(receipt, item, accepted),
        capture=capture,
        raw_scan=cmd.raw_scan[:512],
        is_held=is_held,
        is_new_lot=lot is None,
        stop=HoldReason.UNKNOWN_ORIGIN if receipt.is_provisional else stop,
        quality=_quality(item, is_inspected=is_inspected),
        is_inspected=is_inspected,
    )


def _look_up(
    item: Item, cmd: ReceiveLine, receipt: Receipt, *, is_making: bool
) -> tuple[Lot | None, bool, Sequence[str]]:
    """The lot if it is known, whether it is held, and known numbers that look the same.

    `is_making` locks the item's row before a new lot: two trucks cannot make one number, nor two near ones unasked.
    """
    number = _number_of(item, cmd)
    if number is None:
        return None, False, ()
    lot, is_held = numbers.find_known(item, number, receipt=receipt)
    if lot is not None:
        return lot, is_held, ()
    if is_making:
        db.session.execute(select(Item.id).where(Item.id == item.id).with_for_update(key_share=True))
        lot, is_held = numbers.find_known(item, number, receipt=receipt)
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
    terms: Terms,
) -> intake.Situation:
    return intake.Situation(
        item=_item_facts(item, terms),
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


def _item_facts(item: Item, terms: Terms) -> intake.ItemFacts:
    return intake.ItemFacts(
        sku=item.sku,
        is_lot_tracked=item.is_lot_tracked,
        date_basis=item.date_basis.value,
        shelf_life_days=item.shelf_life_days,
        life=life_of(item),
        receipt_life_days_min=terms.life_days_min,
        receipt_life_percent_min=terms.life_percent_min,
        usable_on_expiry_day=item.usable_on_expiry_day,
        over_receipt_percent=terms.over_percent or 0,
        typed_lot_policy=item.typed_lot_policy.value,
        item_class=item.item_class.value,
        storage_class=item.storage_class.value,
    )


def _known(lot: Lot | None) -> intake.KnownLot | None:
    if lot is None:
        return None
    return intake.KnownLot(number=lot.number, expires_on=lot.expires_on, best_before_on=lot.best_before_on)


def expected_on(receipt: Receipt) -> list[intake.ExpectedLine] | None:
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
    number = numbers.number_of_new_lot(
        item, accepted.lot_number, receipt=receipt, is_another=accepted.is_another, made_on=accepted.manufactured_on,
        expires_on=accepted.expires_on or accepted.best_before_on, at=at,
    )  # fmt: skip
    return stock_service.create_lot(
        item=item.id,
        number=number,
        maker_lot=accepted.lot_number,
        expires_on=accepted.expires_on,
        best_before_on=accepted.best_before_on,
        manufactured_on=accepted.manufactured_on,
        received_on=today,
        supplier=receipt.supplier_id,
        maker=item.maker_id,
        expiry_text=(cmd.expiry_text or accepted.counted)[:40],
        expiry_precision=DatePrecision(cmd.expiry_precision),
        captured_by=capture,
        country=item.country,
        at=at,
        actor=actor,
    )


# -- take in ----------------------------------------------------------------------------------------------------------
def plate_of(
    sscc: str, facts: Facts, *, answers: frozenset[str], actor: UserId, at: datetime, parent: LpnId | None = None
) -> LpnId:
    """The plate of an SSCC: made now, or the one this receipt is still building at the dock.

    A plate that nobody announced, on a receipt of nobody known, makes the receipt provisional: on a yes only. Raises
    WrongState (in stock), DuplicateValue, QuestionNeeded (lpn_of_unknown_origin).
    """
    receipt = facts.receipt
    found = stock_service.find_open_lpn(sscc)
    if found is not None:
        ours = intake_queries.is_lpn_of_receipt(found.id, receipt.id)
        if not ours and not _take_over(found.id, receipt, at=at):
            raise WrongState(subject=f"LPN {sscc}", state="in_stock", event="receive", needed=["expected"])
        if intake_queries.lpn_stands_elsewhere(found.id, receipt.dock_bin_id):
            raise WrongState(subject=f"LPN {sscc}", state="in_stock", event="receive", needed=["expected"])
        return found.id
    _ask_about_origin(sscc, receipt, answers)
    try:
        with db.session.begin_nested():
            made = stock_service.make_lpn(warehouse=receipt.warehouse_id, at=at, sscc=sscc, parent=parent).id
    except IntegrityError as clash:  # another dock scanned the same SSCC at this moment
        raise DuplicateValue(field="sscc", value=sscc) from clash
    if receipt.is_provisional:
        db.session.add(ReceiptPlate(id=new_id(), receipt_id=receipt.id, lpn_id=made, noted_by=actor, noted_at=at))
    return made


def _ask_about_origin(sscc: str, receipt: Receipt, answers: frozenset[str]) -> None:
    has_origin = receipt.supplier_id is not None or receipt.asn_id is not None or receipt.purchase_order_id is not None
    if has_origin or receipt.is_provisional:
        return
    if "lpn_of_unknown_origin" not in answers:
        raise QuestionNeeded(question="lpn_of_unknown_origin", scanned=sscc)
    receipt.is_provisional = True


def _take_over(lpn: LpnId, receipt: Receipt, *, at: datetime) -> bool:
    """Take an empty plate from the provisional receipt that a door opened for it: its notice came late, but it came."""
    noted = list(db.session.execute(select(ReceiptPlate).where(ReceiptPlate.lpn_id == lpn)).scalars())
    if not noted or intake_queries.has_goods([lpn]):
        return False
    for plate in noted:
        if plate.receipt_id != receipt.id:
            plate.dropped_at = plate.dropped_at or at
    return True


def take_in(judged: Sequence[Judged], facts: Facts, *, key: str, actor: UserId, at: datetime) -> Received:
    """Post all lines as one posting, keep each with its raw scan, leave the work of putting away, tell the world.

    What is to be stopped is held in the same transaction, on its plate or at the dock.
    """
    receipt = facts.receipt
    goods = [(line.item, line.lot, line.capture.value) for line in judged]
    caught = catch(goods, receipt, timezone=facts.timezone, at=at)
    if any(line.stop is not None or may_be_twins(line.item) for line in judged):
        lock_for_holds(sorted({LotId(line.lot.id) for line in judged}))
    posted = ledger.post(
        [_move(line, facts) for line in judged],
        key=key,
        reason=Reason.RECEIVE,
        document=Document(kind="receipt", id=receipt.id),
        actor=actor,
        at=at,
        capture=judged[0].capture,
        raw_scan=judged[0].raw_scan,
    )
    if any(may_be_twins(line.item) for line in judged) and (twins := lots_seen_twice(posted.seq)):
        judged = [
            replace(line, stop=line.stop or HoldReason.SUSPECT) if line.lot.id in twins else line for line in judged
        ]
    rows = [
        ReceiptLine(
            id=ReceiptLineId(new_id()),
            receipt_id=receipt.id,
            item_id=line.item.id,
            lot_id=line.lot.id,
            lpn_id=line.lpn,
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
    db.session.flush()
    if any(line.item.needs_second_acceptor for line in judged):
        receipt.needs_acceptance = True
    for line, row in zip(judged, rows, strict=True):
        _leave_putaway(line, receipt, actor=actor, at=at)
        emit(
            GoodsReceived(
                receipt=ReceiptId(receipt.id),
                lot=line.lot.id,
                item=line.item.id,
                quantity=line.quantity,
                warehouse=receipt.warehouse_id,
                quality=line.quality.value,
                posting=posted.seq,
            ),
            actor=actor,
            at=at,
        )
        if line.stop is not None:
            _stop(line, row, receipt, actor=actor, at=at)
        if line.is_inspected:
            inspection_service.open_for_receipt(
                warehouse=receipt.warehouse_id, receipt=ReceiptId(receipt.id), receipt_line=ReceiptLineId(row.id),
                item=ItemId(line.item.id), lot=LotId(line.lot.id), supplier=receipt.supplier_id, quantity=line.quantity,
                actor=actor, at=at,
            )  # fmt: skip
    first = judged[0]
    return Received(
        lines=tuple(row.id for row in rows),
        lot_number=first.lot.number,
        sku=first.item.sku,
        quantity=Quantity(sum(line.quantity.millionths for line in judged)),
        quality=first.quality.value,
        is_held=bool(caught) or any(line.is_held or line.stop is not None for line in judged),
        is_new_lot=first.is_new_lot,
        base_unit=first.item.base_unit,
        lots=len({line.lot.id for line in judged}),
    )


def _stop(line: Judged, row: ReceiptLine, receipt: Receipt, *, actor: UserId, at: datetime) -> None:
    """Hold goods as they come in. Their plate may stand under another: the hold lies on the plate they stand on."""
    if line.stop is None:
        return
    degrees = receipt.arrival_temperature_decidegrees
    said = degrees_text(degrees) if line.stop is HoldReason.TEMPERATURE and degrees is not None else ""
    hold_goods(
        Stopped(
            line=ReceiptLineId(row.id), lot=LotId(line.lot.id), lpn=line.lpn, bin=receipt.dock_bin_id,
            quantity=line.quantity, reason=line.stop, note=f"{receipt.number} {said}".strip(),
        ),
        warehouse=receipt.warehouse_id, actor=actor, at=at,
    )  # fmt: skip


def _move(line: Judged, facts: Facts) -> Move:
    target = StockKey(
        lot=LotId(line.lot.id),
        owner=facts.receipt.owner_id,
        place=Place(bin=facts.receipt.dock_bin_id, lpn=line.lpn),
        quality=line.quality,
    )
    return Move(quantity=line.quantity, source=target.at(Place(bin=facts.supplier_bin)), target=target)


def _quality(item: Item, *, is_inspected: bool) -> Quality:
    """Pending where quality decides by item or plan, or a second person accepts (验收); else released."""
    return Quality.PENDING if is_inspected or item.needs_second_acceptor else Quality.RELEASED


def _leave_putaway(line: Judged, receipt: Receipt, *, actor: UserId, at: datetime) -> TaskId | None:
    """Leave the work of putting away; loose goods that come in stopped are set apart by the work their hold leaves."""
    if line.stop is not None and line.lpn == LOOSE:
        return None
    found = enlarge_open_task(
        kind=TaskKind.PUTAWAY, document_kind="receipt", document_id=receipt.id, source_bin=receipt.dock_bin_id,
        source_lpn=line.carried_on, lot=line.lot.id, quantity=line.quantity,
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
        source_lpn_id=line.carried_on,
        quantity=line.quantity,
    )
    return task.id


def repeat_of(
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
        quality=_quality(
            first.item, is_inspected=inspection_queries.waits_at_receipt(first.item, first.receipt.supplier_id)
        ).value,
        is_repeat=True,
        base_unit=first.item.base_unit,
        lots=len({line.lot_id for line in before}),
    )
