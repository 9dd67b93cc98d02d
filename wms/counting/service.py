"""The verb of counting: a blind count of one lot in one place, and the posting that settles a difference."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import update

from wms.core.errors import QuestionNeeded, WrongBinScanned
from wms.core.ids import LOOSE, OURSELVES, BalanceId, BinId, LpnId, OwnerId, TaskId, UserId
from wms.core.quantity import ZERO, Quantity
from wms.counting import queries
from wms.counting.rules import Counted, spread_loss, takes_gain
from wms.db import db
from wms.stock import ledger
from wms.stock import queries as stock
from wms.stock.ledger import Document, Move, Place, Quality, Reason, StockKey
from wms.stock.queries import BalanceRow
from wms.tasks.models import Task, TaskState
from wms.tasks.service import finish_task, stop_tasks_of_claims

WHY = "count"


@dataclass(frozen=True, kw_only=True)
class RecordCount:
    """What a person counted of the task's lot in the scanned bin, in base units; `reason` settles a difference."""

    task: TaskId
    bin: BinId
    bin_code: str
    counted: Quantity
    key: str
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class CountCameTo:
    """What a count came to: the difference to the book, and how many picks lost their goods by it."""

    gained: Quantity = ZERO
    lost: Quantity = ZERO
    stopped: int = 0
    is_repeat: bool = False


def record_count(cmd: RecordCount, *, actor: UserId, at: datetime) -> CountCameTo:
    """Take in a count. One that agrees closes the task; one that differs is asked again, then posted with its reason.

    What is missing is taken from free goods first; promises that no longer hold are given back and their picks stopped.
    What is found more joins what lies there; where the book knows nothing it is pending until quality decides.
    Raises NotFound, WrongState, WrongBinScanned, QuestionNeeded (count_differs: never what the book says).
    """
    task = queries.find_count(cmd.task)
    assert task.lot_id is not None and task.source_bin_id is not None
    if task.state == TaskState.DONE and task.done_quantity == cmd.counted:
        return CountCameTo(is_repeat=True)
    if cmd.bin != task.source_bin_id:
        needed = task.source_bin.code if task.source_bin else ""
        raise WrongBinScanned(needed=needed, scanned=cmd.bin_code)
    ledger.lock_lots([task.lot_id], exclusive=False)
    balances = stock.find_balances(lot=task.lot_id, bin=task.source_bin_id, lpn=task.source_lpn_id)
    book = sum((b.on_hand for b in balances), ZERO)
    came_to = CountCameTo(gained=max(cmd.counted - book, ZERO), lost=max(book - cmd.counted, ZERO))
    if cmd.counted != book:
        if not cmd.reason.strip():
            raise QuestionNeeded(question="count_differs", counted=str(cmd.counted))
        stopped = _settle(task, balances, came_to, cmd, actor=actor, at=at)
        came_to = CountCameTo(gained=came_to.gained, lost=came_to.lost, stopped=stopped)
    finish_task(cmd.task, done_quantity=cmd.counted, actor=actor, at=at)
    if cmd.reason:
        db.session.execute(
            update(Task)
            .where(Task.id == cmd.task)
            .values(note=cmd.reason[:500])
            .execution_options(synchronize_session=False)
        )
    return came_to


def _settle(task: Task, balances: Sequence[BalanceRow], came_to: CountCameTo, cmd: RecordCount, *, actor: UserId,
            at: datetime) -> int:  # fmt: skip
    """Post the difference; how many picks were stopped by it."""
    outside = Place(bin=queries.adjustment_bin(task.warehouse_id))
    counted = [Counted(on_hand=b.on_hand, allocated=b.allocated, is_held=b.is_held) for b in balances]
    stopped = 0
    if came_to.lost:
        losses = spread_loss(counted, came_to.lost)
        stopped = _free(balances, losses, actor=actor, at=at)
        moves = [
            Move(quantity=loss, source=b.key, target=b.key.at(outside))
            for b, loss in zip(balances, losses, strict=True)
            if loss
        ]
    else:
        chosen = takes_gain(counted)
        target = balances[chosen].key if chosen is not None else _new_key(task)
        moves = [Move(quantity=came_to.gained, source=target.at(outside), target=target)]
    ledger.post(
        moves, key=cmd.key, reason=Reason.COUNT, document=Document(kind="task", id=task.id), actor=actor, at=at,
        note=cmd.reason[:500],
    )  # fmt: skip
    return stopped


def _free(balances: Sequence[BalanceRow], losses: Sequence[Quantity], *, actor: UserId, at: datetime) -> int:
    """Give back the newest promises that no longer hold, and stop the picks that live on them."""
    over: dict[BalanceId, Quantity] = {}
    for balance, loss in zip(balances, losses, strict=True):
        excess = balance.allocated - (balance.on_hand - loss)
        if excess > ZERO:
            over[balance.id] = excess
    broken = []
    for claim in stock.claims_on(list(over)):
        if over[claim.balance] > ZERO:
            over[claim.balance] -= claim.quantity
            broken.append(claim.id)
    stopped = stop_tasks_of_claims(broken, why=WHY, note="", actor=actor, at=at) if broken else []
    ledger.release(broken, actor=actor, at=at)
    return len(stopped)


def _new_key(task: Task) -> StockKey:
    """Goods where the book knows none of the lot: pending until quality decides."""
    assert task.lot_id is not None and task.source_bin_id is not None
    return StockKey(
        lot=task.lot_id, owner=OwnerId(task.owner_id or OURSELVES), quality=Quality.PENDING,
        place=Place(bin=task.source_bin_id, lpn=LpnId(task.source_lpn_id or LOOSE)),
    )  # fmt: skip
