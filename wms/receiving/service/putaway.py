"""Verbs of putaway: take a task and be told where to go; confirm that the goods stand there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from wms.core.errors import InsufficientStock, NotFound, WrongBinScanned
from wms.core.ids import LOOSE, BinId, ItemId, TaskId, UserId, WarehouseId
from wms.core.quantity import ZERO, Quantity
from wms.db import db
from wms.events.catalog import GoodsPutAway
from wms.events.outbox import emit
from wms.quality.apart import needs_cage
from wms.receiving.queries import putaway as putaway_queries
from wms.receiving.rules import putaway as rules
from wms.receiving.rules.commands import ConfirmPutaway
from wms.sites.models import Bin
from wms.stock import ledger
from wms.stock import queries as stock_queries
from wms.stock.ledger import Document, Move, Place, Reason
from wms.stock.queries import BalanceRow
from wms.tasks.models import Task, TaskKind
from wms.tasks.service import cancel_task, create_task, finish_task, take_task


@dataclass(frozen=True, kw_only=True)
class PutAway:
    """What came of a confirmed putaway."""

    task: TaskId
    bin_code: str
    quantity: Quantity
    lot_number: str
    is_repeat: bool = False


@dataclass(frozen=True, kw_only=True)
class Started:
    """A task taken. `suggestion` is None when no bin may take the goods; `is_gone`: nothing stood there, task cancelled."""

    suggestion: rules.Suggestion | None = None
    is_gone: bool = False


def start_putaway(
    task: TaskId, *, warehouse: WarehouseId, actor: UserId, at: datetime, excluded: frozenset[BinId] = frozenset()
) -> Started:
    """Take the task and choose its bin, with the reason.

    Asking again gives the same bin while it still may take them; `excluded` are bins just found unusable. Raises NotFound,
    AlreadyTaken, WrongState.
    """
    row = putaway_queries.get_putaway(task, warehouse=warehouse)
    take_task(task, actor=actor, at=at)
    goods = _find_goods(row)
    if not goods:
        cancel_task(task, actor=actor, at=at, why="goods_gone")
        return Started(is_gone=True)
    load = _load(row, goods, at=at)
    suggestion = None if row.target_bin_id in excluded else _kept(row, load)
    if suggestion is None:
        bins = putaway_queries.candidate_bins(
            warehouse,
            item=ItemId(load.item),
            kinds=rules.kinds_for(load.quality),
            storage_class=None if load.quality == "rejected" else load.storage_class,
            without=task,
        )
        suggestion = rules.suggest_bin(load, [b for b in bins if b.id not in excluded])
    fresh = db.session.get(Task, task, populate_existing=True)
    if fresh is not None:
        fresh.target_bin_id = BinId(suggestion.bin) if suggestion else None
        fresh.why = suggestion.reason if suggestion else ""
    return Started(suggestion=suggestion)


def confirm_putaway(cmd: ConfirmPutaway, *, actor: UserId, at: datetime) -> PutAway:
    """Move the goods from the dock into the scanned bin and close the task; what was left over stays a task.

    Raises NotFound, WrongBinScanned (the goods' own bin), BinBlocked, BinUnsuitable, QuestionNeeded (another_bin),
    WrongState, AlreadyTaken, InsufficientStock.
    """
    row = putaway_queries.get_putaway(cmd.task, warehouse=cmd.warehouse)
    bin_code = _bin_code(cmd.bin, cmd.warehouse)
    if stock_queries.find_posting(cmd.key) is not None:
        return PutAway(
            task=row.id, bin_code=bin_code, quantity=row.done_quantity, lot_number=_lot_text(row), is_repeat=True
        )
    take_task(cmd.task, actor=actor, at=at)
    goods = _goods(row)
    load = _load(row, goods, at=at)
    if cmd.bin == row.source_bin_id:
        raise WrongBinScanned(needed=row.target_bin.code if row.target_bin else "-", scanned=bin_code)
    state = putaway_queries.bin_states([cmd.bin], without=cmd.task)[0]
    rules.check_bin(load, state, suggested=row.target_bin.code if row.target_bin else None, answers=cmd.answers)
    wanted = _wanted(row, goods, cmd.quantity, bin_code=row.source_bin.code if row.source_bin else "-")
    moves = _moves(goods, wanted, cmd.bin)
    ledger.post(
        moves,
        key=cmd.key,
        reason=Reason.PUTAWAY,
        document=Document(kind="task", id=row.id),
        actor=actor,
        at=at,
    )
    finish_task(cmd.task, done_quantity=wanted, actor=actor, at=at)
    _leave_rest(row, wanted, actor=actor, at=at)
    for lot in sorted({move.source.lot for move in moves}):
        amount = Quantity(sum(m.quantity.millionths for m in moves if m.source.lot == lot))
        emit(GoodsPutAway(task=row.id, lot=lot, bin=cmd.bin, quantity=amount), actor=actor, at=at)
    return PutAway(task=row.id, bin_code=bin_code, quantity=wanted, lot_number=_lot_text(row))


# -- inside -----------------------------------------------------------------------------------------------------------
def _find_goods(task: Task) -> list[BalanceRow]:
    """What stands at the dock for this task: the whole LPN with all upon it, or the loose goods of the lot."""
    plate = task.source_lpn_id
    if plate is None or plate == LOOSE:
        return stock_queries.find_balances(bin=task.source_bin_id, lpn=LOOSE, lot=task.lot_id)
    return stock_queries.find_balances(bin=task.source_bin_id, lpns=stock_queries.lpn_with_children(plate))


def _goods(task: Task) -> list[BalanceRow]:
    found = _find_goods(task)
    if not found:
        raise InsufficientStock(
            lot=_lot_text(task),
            bin=task.source_bin.code if task.source_bin else "-",
            needed=str(task.quantity or ZERO),
            available="0",
        )
    return found


def _load(task: Task, goods: Sequence[BalanceRow], *, at: datetime) -> rules.Load:
    """The goods as the rules see them; one part that must stand apart (rejected, expired, recalled) makes the whole load so."""
    first = goods[0]
    qualities = {row.quality.value for row in goods}
    return rules.Load(
        item=first.item,
        lots=frozenset(row.lot for row in goods),
        storage_class=first.item_storage_class.value,
        quality="rejected" if "rejected" in qualities or needs_cage(goods, at=at) else first.quality.value,
        is_on_lpn=task.source_lpn_id not in (None, LOOSE),
    )


def _kept(task: Task, load: rules.Load) -> rules.Suggestion | None:
    """The bin suggested before, while it still may take the goods."""
    if task.target_bin_id is None:
        return None
    state = putaway_queries.bin_states([task.target_bin_id], without=task.id)[0]
    if rules.why_not_bin(load, state) is not None:
        return None
    return rules.Suggestion(bin=state.id, code=state.code, reason=rules.reason_for(load, state))


def _wanted(task: Task, goods: Sequence[BalanceRow], asked: Quantity | None, *, bin_code: str) -> Quantity:
    """How much to move: an LPN moves whole; loose goods as asked, at most what the task is for."""
    there = Quantity(sum(row.unpromised.millionths for row in goods))
    if task.source_lpn_id not in (None, LOOSE):
        return there
    wanted = asked or min(task.quantity or there, there)
    if wanted > there or (task.quantity is not None and wanted > task.quantity):
        raise InsufficientStock(
            lot=_lot_text(task), bin=bin_code, needed=str(wanted), available=str(min(there, task.quantity or there))
        )
    return wanted


def _moves(goods: Sequence[BalanceRow], wanted: Quantity, target: BinId) -> list[Move]:
    """Take from the balances in the lock order until the amount is reached; quality and holds go along."""
    moves = []
    left = wanted
    for row in goods:
        amount = min(left, row.unpromised)
        if amount > ZERO:
            moves.append(Move(quantity=amount, source=row.key, target=row.key.at(Place(bin=target, lpn=row.lpn))))
            left = left - amount
    return moves


def _leave_rest(task: Task, done: Quantity, *, actor: UserId, at: datetime) -> None:
    if task.quantity is None or done >= task.quantity or task.source_lpn_id not in (None, LOOSE):
        return
    create_task(
        kind=TaskKind.PUTAWAY,
        warehouse=task.warehouse_id,
        actor=actor,
        at=at,
        document_kind=task.document_kind,
        document_id=task.document_id,
        item_id=task.item_id,
        lot_id=task.lot_id,
        owner_id=task.owner_id,
        source_bin_id=task.source_bin_id,
        source_lpn_id=task.source_lpn_id,
        quantity=task.quantity - done,
    )


def _bin_code(bin_: BinId, warehouse: WarehouseId) -> str:
    found = db.session.execute(select(Bin.code).where(Bin.id == bin_, Bin.warehouse_id == warehouse)).scalar()
    if found is None:
        raise NotFound(kind="bin", text=str(bin_))
    return str(found)


def _lot_text(task: Task) -> str:
    return task.lot.number if task.lot else task.source_lpn.code if task.source_lpn else "-"
