"""Taking goods back that were taken in by mistake, and the second person's acceptance (验收).

Taking back is the counter-posting of the whole scan, while its goods stand as they came in; lines, notice and work follow.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update

from wms.accounts.models import User
from wms.core.errors import (
    AcceptorNotSecond,
    BinBlocked,
    GoodsMovedOn,
    InsufficientStock,
    MissingField,
    NotFound,
    WrongState,
)
from wms.core.ids import LOOSE, LotId, LpnId, ReceiptId, ReceiptLineId, UserId, WarehouseId
from wms.core.quantity import ZERO, Quantity
from wms.core.states import step
from wms.db import db
from wms.events.catalog import QualityDecided, ReceiptLineReversed
from wms.events.outbox import emit
from wms.inspection import queries as inspection_queries
from wms.inspection import service as inspection_service
from wms.receiving.models import (
    AsnState,
    CheckState,
    PalletCheck,
    PalletCheckUnit,
    PurchaseOrderState,
    Receipt,
    ReceiptLine,
    ReceiptState,
    UnitState,
)
from wms.receiving.queries import whole
from wms.receiving.rules import states
from wms.receiving.rules.commands import Unreceive
from wms.receiving.service.locks import lock_asn, lock_order, lock_receipt
from wms.signing import service as signing
from wms.signing.rules import Meaning
from wms.stock import ledger
from wms.stock import queries as stock
from wms.stock import service as stock_service
from wms.stock.ledger import Document, Move, Quality, Reason
from wms.stock.models import Lpn
from wms.tasks.models import Task, TaskKind, TaskState
from wms.tasks.service import cancel_task


@dataclass(frozen=True, kw_only=True)
class Unreceived:
    """What was taken back: every line of the scan."""

    receipt: ReceiptId
    lines: tuple[ReceiptLineId, ...]
    quantity: Quantity
    is_repeat: bool = False


def unreceive(cmd: Unreceive, *, actor: UserId, at: datetime) -> Unreceived:
    """Take a receipt line back, with all that came in by the same scan: counter-moves, the work of putting away withdrawn.

    The notice waits for the goods again. Raises NotFound, MissingField (reason), WrongState (taken back before),
    GoodsMovedOn (no longer as they came in), BinBlocked.
    """
    found = db.session.execute(select(ReceiptLine.receipt_id).where(ReceiptLine.id == cmd.line)).scalar_one_or_none()
    if found is None:
        raise NotFound(kind="receipt_line", text=str(cmd.line))
    receipt = lock_receipt(found, warehouse=cmd.warehouse)
    line = db.session.get_one(ReceiptLine, cmd.line, populate_existing=True)
    lines = _lines_of_scan(line)
    known = stock.find_posting(cmd.key)
    if known is not None and line.reversal_seq == known.seq:
        return _unreceived(receipt, lines, is_repeat=True)
    if not cmd.reason:
        raise MissingField(field="reason")
    if line.is_reversed:
        raise WrongState(subject=f"{receipt.number}", state="reversed", event="reverse", needed=["received"])
    try:
        posted = ledger.reverse(line.posting_seq, key=cmd.key, actor=actor, at=at, note=cmd.reason)
    except BinBlocked:
        raise
    except InsufficientStock:
        raise GoodsMovedOn(lot=line.lot.number, quantity=str(_sum(lines))) from None
    for row in lines:
        row.reversed_by, row.reversed_at = actor, at
        row.reverse_reason, row.reversal_seq = cmd.reason, posted.seq
        _withdraw_putaway(row, receipt, actor=actor, at=at)
        emit(
            ReceiptLineReversed(
                receipt=ReceiptId(receipt.id), line=row.id, lot=row.lot_id, quantity=row.quantity, posting=posted.seq
            ),
            actor=actor,
            at=at,
        )
    db.session.flush()
    _withdraw_inspections(lines, actor=actor, at=at)
    _close_plates({row.lpn_id for row in lines})
    _look_again(receipt)
    _open_papers(receipt)
    return _unreceived(receipt, lines)


def _lines_of_scan(line: ReceiptLine) -> list[ReceiptLine]:
    statement = (
        select(ReceiptLine)
        .where(ReceiptLine.posting_seq == line.posting_seq)
        .order_by(ReceiptLine.id)
        .execution_options(populate_existing=True)
    )
    return list(db.session.execute(statement).scalars())


def _withdraw_putaway(line: ReceiptLine, receipt: Receipt, *, actor: UserId, at: datetime) -> None:
    """Take the goods off the task that would put them away; one with nothing left is cancelled."""
    plates = _with_parents(line.lpn_id)
    tasks = db.session.execute(
        select(Task.id, Task.quantity)
        .where(
            Task.kind == TaskKind.PUTAWAY, Task.document_kind == "receipt", Task.document_id == receipt.id,
            Task.source_lpn_id.in_(plates), Task.state.in_((TaskState.OPEN, TaskState.TAKEN)),
            *((Task.lot_id == line.lot_id,) if line.lpn_id == LOOSE else ()),
        )
        .order_by(Task.id)
    ).all()  # fmt: skip
    left = line.quantity
    for task in tasks:
        planned = task.quantity or ZERO
        if planned <= left:
            cancel_task(task.id, actor=actor, at=at, why="goods_gone")
            left = left - planned
        elif left > ZERO:
            db.session.execute(update(Task).where(Task.id == task.id).values(quantity=planned - left))
            left = ZERO


def _with_parents(lpn: LpnId) -> list[LpnId]:
    """A plate and those it stands upon: the task carries the lowest."""
    found = [lpn]
    while found[-1] != LOOSE and len(found) < 100:
        parent = db.session.execute(select(Lpn.parent_id).where(Lpn.id == found[-1])).scalar()
        if parent is None:
            break
        found.append(parent)
    return found


def _withdraw_inspections(lines: Sequence[ReceiptLine], *, actor: UserId, at: datetime) -> None:
    """What is not there any more need not be inspected."""
    for line in lines:
        inspection_service.withdraw_receipt(line.id, actor=actor, at=at)


def _close_plates(plates: set[LpnId]) -> None:
    """Plates on which nothing stands any more may be scanned again as new ones, from the smallest to the pallet."""
    waiting = sorted(plates - {LOOSE})
    seen: set[LpnId] = set()
    while waiting:
        plate = waiting.pop(0)
        if plate in seen or stock.find_balances(lpns=stock.lpn_with_children(plate)):
            continue
        seen.add(plate)
        row = db.session.get_one(Lpn, plate)
        if row.parent_id is not None:
            waiting.append(row.parent_id)
        if row.is_open:
            stock_service.close_lpn(plate)


def _look_again(receipt: Receipt) -> None:
    """A pallet of which everything was taken back is looked at anew when it is scanned again."""
    checks = db.session.execute(
        select(PalletCheck).where(PalletCheck.receipt_id == receipt.id, PalletCheck.state == CheckState.DONE)
    ).scalars()
    for check in checks:
        plate = stock_service.find_open_lpn(check.sscc)
        if plate is None:
            check.state, check.closed_at = CheckState.OPEN, None
            db.session.execute(
                update(PalletCheckUnit)
                .where(PalletCheckUnit.check_id == check.id, PalletCheckUnit.state == UnitState.FOUND)
                .values(state=UnitState.WAITING, found_quantity=None)
                .execution_options(synchronize_session="fetch")
            )


def _open_papers(receipt: Receipt) -> None:
    if receipt.asn_id is not None:
        asn = lock_asn(receipt.asn_id)
        asn.state = AsnState(step(states.ASN, asn.state.value, "reopen", subject=asn.number))
    if receipt.purchase_order_id is not None:
        order = lock_order(receipt.purchase_order_id)
        if order.state is not PurchaseOrderState.CANCELLED:
            order.state = PurchaseOrderState(
                step(states.PURCHASE_ORDER, order.state.value, "reopen", subject=order.number)
            )


def _unreceived(receipt: Receipt, lines: Sequence[ReceiptLine], *, is_repeat: bool = False) -> Unreceived:
    return Unreceived(
        receipt=ReceiptId(receipt.id), lines=tuple(row.id for row in lines), quantity=_sum(lines), is_repeat=is_repeat
    )


def _sum(lines: Sequence[ReceiptLine]) -> Quantity:
    return Quantity(sum(row.quantity.millionths for row in lines))


# -- acceptance -------------------------------------------------------------------------------------------------------
def accept_receipt(
    receipt: ReceiptId, *, warehouse: WarehouseId, actor: UserId, at: datetime, reason: str = ""
) -> Quantity:
    """Accept a closed receipt as the second person, signed: what waited for it alone is released; how much.

    What quality inspects stays pending for its own verdict, holds stay. Raises NotFound, WrongState (open, or accepted),
    AcceptorNotSecond (took some of it in, or opened it), SignerNotPerson.
    """
    row = lock_receipt(receipt, warehouse=warehouse)
    if row.state is not ReceiptState.CLOSED:
        raise WrongState(subject=row.number, state=row.state.value, event="accept", needed=["closed"])
    if not row.needs_acceptance or row.accepted_at is not None:
        raise WrongState(subject=row.number, state="accepted", event="accept", needed=["closed"])
    lines = whole.standing_lines(row.id)
    _demand_second(row, lines, actor)
    row.accepted_by, row.accepted_at = actor, at
    db.session.flush()
    signing.sign(
        subject_kind="receipt", subject_id=row.id, meaning=Meaning.ACCEPTED, record=whole.signed_record(row.id),
        actor=actor, at=at, reason=reason, warehouse=warehouse,
    )  # fmt: skip
    return _release(row, lines, actor=actor, at=at)


def _demand_second(receipt: Receipt, lines: Sequence[ReceiptLine], actor: UserId) -> None:
    receivers = {receipt.opened_by, *(line.received_by for line in lines)}
    if actor not in receivers:
        return
    names = {
        row.id: row.full_name for row in db.session.execute(select(User.id, User.full_name).where(User.id == actor))
    }
    raise AcceptorNotSecond(receiver=names.get(actor, ""), acceptor=names.get(actor, ""))


def _release(receipt: Receipt, lines: Sequence[ReceiptLine], *, actor: UserId, at: datetime) -> Quantity:
    """Release what waited for the second person and for nobody else, wherever in this warehouse it stands now."""
    wanted: dict[LotId, Quantity] = {}
    plates: dict[LotId, set[int]] = {}
    for line in lines:
        item = line.item
        if item.needs_second_acceptor and not inspection_queries.waits_at_receipt(item, receipt.supplier_id):
            wanted[line.lot_id] = wanted.get(line.lot_id, ZERO) + line.quantity
            plates.setdefault(line.lot_id, set()).add(line.lpn_id)
    if not wanted:
        return ZERO
    ledger.lock_lots(wanted.keys(), exclusive=True)
    moves: list[Move] = []
    for lot in sorted(wanted):
        rows = stock.find_balances(lot=lot, warehouse=receipt.warehouse_id, quality=Quality.PENDING)
        left = wanted[lot]
        for row in sorted(rows, key=lambda one: (one.lpn not in plates[lot], one.key.order)):
            amount = min(left, row.unpromised)
            if amount > ZERO:
                target = ledger.StockKey(
                    lot=row.lot, owner=row.owner, place=row.key.place, quality=Quality.RELEASED, hold_set=row.hold_set
                )
                moves.append(Move(quantity=amount, source=row.key, target=target))
                left = left - amount
    if not moves:
        return ZERO
    ledger.post(
        moves, key=f"accept:{receipt.id}", reason=Reason.DISPOSITION, document=Document(kind="receipt", id=receipt.id),
        actor=actor, at=at,
    )  # fmt: skip
    for lot in sorted(wanted):
        amount = Quantity(sum(move.quantity.millionths for move in moves if move.source.lot == lot))
        if amount > ZERO:
            emit(
                QualityDecided(lot=lot, warehouse=receipt.warehouse_id, quality="released", quantity=amount),
                actor=actor,
                at=at,
            )
    return Quantity(sum(move.quantity.millionths for move in moves))
