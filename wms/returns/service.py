"""Verbs of supplier returns. The return's row is locked first, then the ledger locks what it moves.

open_return is what a disposition calls as well: it stands above and hands over what decided it as `origin`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select

from wms.catalog.models import Partner
from wms.core.errors import (
    BadQuantity,
    InsufficientStock,
    KeyReused,
    LotOnHold,
    MissingField,
    NotAllowed,
    NotFound,
    QuestionNeeded,
    WrongState,
)
from wms.core.ids import (
    LOOSE,
    BalanceId,
    BinId,
    LotId,
    LpnId,
    PartnerId,
    SupplierReturnId,
    SupplierReturnLineId,
    UserId,
    WarehouseId,
    new_id,
)
from wms.core.quantity import ZERO, Quantity
from wms.core.states import step
from wms.db import db
from wms.events.catalog import GoodsReturned
from wms.events.outbox import emit
from wms.returns import queries, rules
from wms.returns.models import ReturnReason, ReturnState, SupplierReturn, SupplierReturnLine
from wms.sites.models import Bin, BinKind
from wms.stock import ledger
from wms.stock import queries as stock
from wms.stock import service as stock_service
from wms.stock.ledger import Document, Move, Place, Reason
from wms.stock.models import Hold, Lot
from wms.stock.queries import BalanceRow
from wms.tasks.models import TaskKind
from wms.tasks.service import cancel_task, create_task, finish_task, take_task

_SIGNS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


@dataclass(frozen=True, kw_only=True)
class GoingBack:
    """So much of one stock row goes back."""

    balance: BalanceId
    quantity: Quantity


@dataclass(frozen=True, kw_only=True)
class OpenReturn:
    """A return to a supplier. `may_take_held`: the one who asks may return goods on hold (right return.held).

    `origin_kind` and `origin_id` name what decided it, such as ("nonconformance", id). `key` makes a repeat harmless.
    """

    key: str
    warehouse: WarehouseId
    supplier: PartnerId
    lines: tuple[GoingBack, ...]
    reason: ReturnReason
    reference: str = ""
    note: str = ""
    origin_kind: str = ""
    origin_id: int | None = None
    may_take_held: bool = False
    answers: frozenset[str] = field(default_factory=frozenset)


@dataclass(frozen=True, kw_only=True)
class CarryLine:
    """The goods of a line were handed over. `quantity` None for all of it; `bin` and `lpn` where they stood, if elsewhere."""

    warehouse: WarehouseId
    line: SupplierReturnLineId
    key: str
    quantity: Quantity | None = None
    bin: BinId | None = None
    lpn: LpnId | None = None


@dataclass(frozen=True, kw_only=True)
class Carried:
    """What left: of which lot, how much, and whether the return is done with it."""

    supplier_return: SupplierReturnId
    line: SupplierReturnLineId
    lot_number: str
    quantity: Quantity
    is_done: bool
    is_repeat: bool = False


def open_return(cmd: OpenReturn, *, actor: UserId, at: datetime) -> SupplierReturnId:
    """Write a return down and leave the work of carrying each of its lines out. Once for each `key`.

    Raises MissingField (no lines), NotFound (supplier, stock), BadQuantity, InsufficientStock (promised, or on another open
    return), NotAllowed (on hold without the right), QuestionNeeded (lot_of_other_supplier), KeyReused.
    """
    known = db.session.execute(select(SupplierReturn).where(SupplierReturn.key == cmd.key)).scalar_one_or_none()
    if known is not None:
        if (known.warehouse_id, known.supplier_id) != (cmd.warehouse, cmd.supplier):
            raise KeyReused(key=cmd.key)
        return known.id
    if not cmd.lines:
        raise MissingField(field="lines")
    supplier = _supplier(cmd.supplier)
    rows = {
        row.id: row for row in stock.find_balances(ids=[line.balance for line in cmd.lines], warehouse=cmd.warehouse)
    }
    waiting = queries.waiting_by_place(cmd.warehouse)
    for line in cmd.lines:
        _check_line(line, rows.get(line.balance), waiting, cmd)
    _ask_about_supplier(list(rows.values()), supplier, cmd)
    identity = SupplierReturnId(new_id())
    paper = SupplierReturn(
        id=identity,
        number=_make_number(identity, at),
        key=cmd.key,
        warehouse_id=cmd.warehouse,
        supplier_id=cmd.supplier,
        state=ReturnState.OPEN,
        reason=cmd.reason,
        reference=cmd.reference,
        note=cmd.note,
        origin_kind=cmd.origin_kind,
        origin_id=cmd.origin_id,
        opened_by=actor,
        opened_at=at,
    )
    db.session.add(paper)
    db.session.flush()
    for number, line in enumerate(cmd.lines, start=1):
        _add_line(paper, number, rows[line.balance], line.quantity, actor=actor, at=at)
    db.session.flush()
    return identity


def carry_line(cmd: CarryLine, *, actor: UserId, at: datetime) -> Carried:
    """Hand the goods of one line over: they leave stock, to the supplier. The last line closes the return.

    Less than the line says is kept as it is: the rest stays here. Raises NotFound, WrongState (left before, closed),
    AlreadyTaken, InsufficientStock, LotOnHold (held after the paper was made), BadQuantity, BinBlocked.
    """
    paper, line = _lock(cmd.line, cmd.warehouse)
    if stock.find_posting(cmd.key) is not None:
        return _carried(paper, line, is_repeat=True)
    paper.state = ReturnState(step(rules.STATES, paper.state.value, "carry", subject=paper.number))
    if line.posting_seq is not None:
        raise WrongState(subject=f"{paper.number} / {line.line}", state="done", event="carry", needed=["open"])
    if line.task_id is not None:
        take_task(line.task_id, actor=actor, at=at)
    wanted = line.quantity if cmd.quantity is None else cmd.quantity
    if wanted <= ZERO or wanted > line.quantity:
        raise BadQuantity(text=str(wanted))
    moves = _moves(line, wanted, cmd)
    posted = ledger.post(
        moves, key=cmd.key, reason=Reason.SUPPLIER_RETURN, document=Document(kind="supplier_return", id=paper.id),
        actor=actor, at=at, note=paper.note,
    )  # fmt: skip
    line.done_quantity, line.posting_seq, line.done_by, line.done_at = wanted, posted.seq, actor, at
    if line.task_id is not None:
        finish_task(line.task_id, done_quantity=wanted, actor=actor, at=at)
    _close_empty_plates({move.source.place.lpn for move in moves})
    emit(
        GoodsReturned(
            supplier_return=paper.id, supplier=paper.supplier_id, lot=line.lot_id, quantity=wanted, posting=posted.seq
        ),
        actor=actor,
        at=at,
    )
    db.session.flush()
    if all(one.posting_seq is not None for one in queries.lines_of(paper.id)):
        _end(paper, "finish", actor=actor, at=at)
    return _carried(paper, line)


def close_return(
    paper: SupplierReturnId, *, warehouse: WarehouseId, carrier: str, plate: str, actor: UserId, at: datetime
) -> None:
    """Write down who took the goods, and end the return: what did not leave stays here, and its work is withdrawn.

    A return that is done takes carrier and plate only; one of which nothing left is cancelled. Raises NotFound, WrongState.
    """
    row = _lock_paper(paper, warehouse)
    row.carrier, row.plate = carrier, plate
    if row.state is ReturnState.DONE:
        return
    lines = queries.lines_of(row.id)
    has_left = any(line.posting_seq is not None for line in lines)
    for line in lines:
        if line.posting_seq is None and line.task_id is not None:
            cancel_task(line.task_id, actor=actor, at=at, why="return_closed")
    _end(row, "finish" if has_left else "drop", actor=actor, at=at)


# -- inside -----------------------------------------------------------------------------------------------------------
def _supplier(partner: PartnerId) -> Partner:
    found = db.session.execute(select(Partner).where(Partner.id == partner, Partner.is_supplier)).scalar_one_or_none()
    if found is None:
        raise NotFound(kind="supplier", text=str(partner))
    return found


def _check_line(
    line: GoingBack, row: BalanceRow | None, waiting: dict[tuple[int, int, int], Quantity], cmd: OpenReturn
) -> None:
    """One stock row: it is here, there is enough that is promised to nobody and on no other paper, and it may go."""
    if row is None:
        raise NotFound(kind="stock", text="")
    if line.quantity <= ZERO:
        raise BadQuantity(text=str(line.quantity))
    place = (row.lot, row.bin, row.lpn)
    free = max(row.unpromised - min(waiting.get(place, ZERO), row.unpromised), ZERO)
    if line.quantity > free:
        raise InsufficientStock(lot=row.lot_number, bin=row.bin_code, needed=str(line.quantity), available=str(free))
    waiting[place] = waiting.get(place, ZERO) + line.quantity
    if row.is_held and not cmd.may_take_held:
        raise NotAllowed(permission="return.held")


def _ask_about_supplier(rows: Sequence[BalanceRow], supplier: Partner, cmd: OpenReturn) -> None:
    """A lot that came from another supplier goes back to this one on a yes only."""
    if "lot_of_other_supplier" in cmd.answers:
        return
    found = db.session.execute(
        select(Lot.number, Partner.code)
        .join(Partner, Partner.id == Lot.supplier_id)
        .where(Lot.id.in_([row.lot for row in rows]), Lot.supplier_id != supplier.id)
        .order_by(Lot.number)
        .limit(1)
    ).first()
    if found is not None:
        raise QuestionNeeded(question="lot_of_other_supplier", lot=found.number, known=found.code, chosen=supplier.code)


def _add_line(
    paper: SupplierReturn, number: int, row: BalanceRow, quantity: Quantity, *, actor: UserId, at: datetime
) -> None:
    task = create_task(
        kind=TaskKind.SUPPLIER_RETURN,
        warehouse=paper.warehouse_id,
        actor=actor,
        at=at,
        document_kind="supplier_return",
        document_id=paper.id,
        sequence=number,
        item_id=row.item,
        lot_id=row.lot,
        owner_id=row.owner,
        source_bin_id=row.bin,
        source_lpn_id=row.lpn,
        target_bin_id=_supplier_bin(paper.warehouse_id),
        quantity=quantity,
        why=paper.reason.value,
        note=paper.note,
    )
    db.session.flush()
    db.session.add(
        SupplierReturnLine(
            id=SupplierReturnLineId(new_id()), supplier_return_id=paper.id, line=number, item_id=row.item, lot_id=row.lot,
            owner_id=row.owner, bin_id=row.bin, lpn_id=row.lpn, quantity=quantity, may_be_held=row.is_held, task_id=task.id,
        )
    )  # fmt: skip


def _moves(line: SupplierReturnLine, wanted: Quantity, cmd: CarryLine) -> list[Move]:
    """Take the lot where it stands, in the lock order; quality and holds stay with it in the ledger."""
    place = (cmd.bin if cmd.bin is not None else line.bin_id, cmd.lpn if cmd.lpn is not None else line.lpn_id)
    ledger.lock_lots([LotId(line.lot_id)], exclusive=False)
    rows = [
        row
        for row in stock.find_balances(lot=line.lot_id, bin=place[0], lpn=place[1], warehouse=cmd.warehouse)
        if row.owner == line.owner_id
    ]
    shares = rules.portion(
        [rules.Standing(unpromised=row.unpromised, is_held=row.is_held) for row in rows], wanted,
        may_be_held=line.may_be_held,
    )  # fmt: skip
    got = Quantity(sum(share.millionths for share in shares))
    if got < wanted:
        _refuse(line, rows, wanted, got, place[0])
    target = Place(bin=_supplier_bin(cmd.warehouse))
    return [
        Move(quantity=share, source=row.key, target=row.key.at(target))
        for row, share in zip(rows, shares, strict=True)
        if share > ZERO
    ]


def _refuse(
    line: SupplierReturnLine, rows: Sequence[BalanceRow], wanted: Quantity, got: Quantity, place: BinId
) -> None:
    if any(row.is_held for row in rows) and not line.may_be_held:
        held = stock.holds_in_sets({row.hold_set for row in rows if row.is_held})
        holds: list[Hold] = [hold for group in held.values() for hold in group]
        raise LotOnHold(lot=line.lot.number, reason=holds[0].reason.value if holds else "")
    code = db.session.execute(select(Bin.code).where(Bin.id == place)).scalar_one_or_none()
    raise InsufficientStock(lot=line.lot.number, bin=code or "–", needed=str(wanted), available=str(got))


def _close_empty_plates(plates: set[LpnId]) -> None:
    """A plate whose last goods left may come back one day."""
    for plate in sorted(plates - {LOOSE}):
        if not stock.find_balances(lpns=stock.lpn_with_children(plate)):
            stock_service.close_lpn(plate)


def _end(paper: SupplierReturn, event: str, *, actor: UserId, at: datetime) -> None:
    paper.state = ReturnState(step(rules.STATES, paper.state.value, event, subject=paper.number))
    paper.closed_by, paper.closed_at = actor, at


def _carried(paper: SupplierReturn, line: SupplierReturnLine, *, is_repeat: bool = False) -> Carried:
    return Carried(
        supplier_return=paper.id, line=line.id, lot_number=line.lot.number, quantity=line.done_quantity,
        is_done=paper.state is ReturnState.DONE, is_repeat=is_repeat,
    )  # fmt: skip


def _lock(line: SupplierReturnLineId, warehouse: WarehouseId) -> tuple[SupplierReturn, SupplierReturnLine]:
    paper = db.session.execute(
        select(SupplierReturnLine.supplier_return_id).where(SupplierReturnLine.id == line)
    ).scalar_one_or_none()
    if paper is None:
        raise NotFound(kind="supplier_return", text=str(line))
    row = _lock_paper(paper, warehouse)
    return row, db.session.get_one(SupplierReturnLine, line, populate_existing=True)


def _lock_paper(paper: SupplierReturnId, warehouse: WarehouseId) -> SupplierReturn:
    statement = (
        select(SupplierReturn)
        .where(SupplierReturn.id == paper, SupplierReturn.warehouse_id == warehouse)
        .with_for_update(of=SupplierReturn)
        .execution_options(populate_existing=True)
    )
    found = db.session.execute(statement).scalar_one_or_none()
    if found is None:
        raise NotFound(kind="supplier_return", text=str(paper))
    return found


def _supplier_bin(warehouse: WarehouseId) -> BinId:
    found = db.session.execute(
        select(Bin.id).where(Bin.warehouse_id == warehouse, Bin.kind == BinKind.SUPPLIER).limit(1)
    ).scalar()
    if found is None:
        raise NotFound(kind="bin", text="supplier")
    return BinId(found)


def _make_number(identity: int, at: datetime) -> str:
    signs = "".join(_SIGNS[(identity >> shift) & 31] for shift in (20, 15, 10, 5, 0))
    return f"RTS{at:%y%m%d}-{signs}"
