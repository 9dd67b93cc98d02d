"""The pick: one scan-checked stop, posted, its task closed and the next stop found, in one transaction.

At most fourteen statements from BEGIN to COMMIT (a test counts them): the stop's facts, the separation of part holds, the
ledger's seven, the task, the event, the next stop, and at the end of the walk the list and the order.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import update

from wms.core.errors import KeyReused, PickStopped, WrongLotScanned, WrongState
from wms.core.ids import ClaimId, DeviceId, LotId, PickListId, TaskId, UserId, WarehouseId
from wms.core.quantity import ZERO, Quantity
from wms.db import db
from wms.events.catalog import PickConfirmed
from wms.events.outbox import emit
from wms.picking import queries
from wms.picking.queries import UNDONE, Stop
from wms.picking.rules.check_pick import Scanned, Taken, check_pick, check_stop
from wms.picking.service.lists import check_picker, check_place, finish_list
from wms.picking.service.overrides import Override, swap_lot
from wms.picking.service.separation import refuse_unseparated
from wms.stock import ledger
from wms.stock.ledger import ClaimUse, Document, Move, Reason
from wms.tasks.models import Task
from wms.tasks.service import finish_task

__all__ = ["ConfirmPick", "Override", "Picked", "confirm_pick"]


@dataclass(frozen=True, kw_only=True)
class ConfirmPick:
    """What a picker did at a stop. `lot` is the lot that the scan resolved to, None where it named an item or LPN.

    `warehouse` is where the picker stands; a stop elsewhere is not found.
    """

    task: TaskId
    scanned: Scanned
    quantity: Quantity
    key: str
    lot: LotId | None = None
    override: Override | None = None
    device: DeviceId | None = None
    warehouse: WarehouseId | None = None


@dataclass(frozen=True, kw_only=True)
class Picked:
    """What came of a pick: what was taken, what is left of the stop, and the next stop (None: the walk is over)."""

    list_id: PickListId
    list_number: str
    lot_number: str
    quantity: Quantity
    unit: str
    left: Quantity
    next: Stop | None
    is_repeat: bool = False


def confirm_pick(cmd: ConfirmPick, *, actor: UserId, at: datetime) -> Picked:
    """Move the picked goods to the staging bin onto the list's LPN, with their claim, and close the task or its part.

    Raises NotFound, AlreadyTaken and what rules.check_pick raises; FefoBroken or WrongLotScanned for another lot without
    a permitted override; BinBlocked and InsufficientStock from the posting; KeyReused.
    """
    stop = queries.find_stop(cmd.task, at=at, key=cmd.key)
    check_place(stop, cmd.warehouse)
    if stop.posted_seq is not None:
        return repeated(stop, cmd.quantity, key=cmd.key, at=at)
    check_stop(stop.facts)
    check_picker(stop, actor)
    rest_claim: ClaimId | None = stop.claim
    planned = stop
    try:
        taken = check_pick(stop.facts, cmd.scanned, cmd.quantity)
    except WrongLotScanned as wrong:
        stop, taken, rest_claim = swap_lot(
            stop, lot=cmd.lot, lpn_code=cmd.scanned.lpn_code, quantity=cmd.quantity, override=cmd.override, wrong=wrong,
            actor=actor, at=at,
        )  # fmt: skip
    refuse_unseparated(stop)
    post_pick(stop, taken, key=cmd.key, device=cmd.device, actor=actor, at=at)
    close_task(planned, taken, lot=stop.key.lot, rest_claim=rest_claim, actor=actor, at=at)
    emit(
        PickConfirmed(task=stop.task, line=stop.line, lot=stop.key.lot, quantity=taken.quantity, short=ZERO),
        actor=actor,
        at=at,
    )
    return answer(stop, taken, at=at)


def post_pick(
    stop: Stop, taken: Taken, *, key: str, actor: UserId, at: datetime, device: DeviceId | None = None
) -> None:
    """Post the move to staging; the claim goes along, so the goods stay promised to their line."""
    if stop.claim is None:
        raise PickStopped(lot=stop.facts.lot_number, reason=stop.facts.why_stopped)
    move = Move(
        quantity=taken.quantity,
        source=stop.key,
        target=stop.key.at(stop.target),
        claim=ClaimUse(claim=stop.claim, demand_kind=queries.LINE, demand_id=stop.line, carried=True),
    )
    ledger.post(
        [move], key=key, reason=Reason.PICK, document=Document(kind=queries.LIST, id=stop.list_id), actor=actor, at=at,
        device=device, purpose=stop.demand.purpose, needed_until=stop.demand.needed_until,
        buyer=stop.demand.buyer,
    )  # fmt: skip


def close_task(
    planned: Stop, taken: Taken, *, lot: LotId, rest_claim: ClaimId | None, actor: UserId, at: datetime
) -> None:
    """Finish the task, or note the part that was done and go on living on the claim of the rest."""
    done = planned.done + taken.quantity
    if not taken.left:
        finish_task(planned.task, done_quantity=done, actor=actor, at=at)
        if lot != planned.key.lot:
            _note(planned, lot_id=lot)
        return
    changed = db.session.execute(
        update(Task)
        .where(Task.id == planned.task, Task.state.in_(UNDONE), Task.done_quantity == planned.done)
        .values(done_quantity=done, claim_id=rest_claim)
        .execution_options(synchronize_session=False)
    )
    if changed.rowcount != 1:  # type: ignore[attr-defined]
        raise WrongState(subject="pick_task", state=planned.facts.state, event="pick", needed=["open"])


def answer(stop: Stop, taken: Taken, *, at: datetime, is_repeat: bool = False) -> Picked:
    """Find the next stop; when the walk is over, close the list."""
    following = queries.next_stop(stop.list_id, at=at)
    if following is None and not is_repeat:
        finish_list(stop.list_id, stop.order)
    return Picked(
        list_id=stop.list_id, list_number=stop.list_number, lot_number=stop.facts.lot_number, quantity=taken.quantity,
        unit=stop.unit, left=taken.left, next=following, is_repeat=is_repeat,
    )  # fmt: skip


def repeated(stop: Stop, quantity: Quantity, *, key: str, at: datetime) -> Picked:
    """Answer a pick that was posted before as it was answered then; KeyReused when its content differs."""
    document, posted = queries.posted_pick(stop.posted_seq or 0)
    if document != stop.list_id or posted != quantity:
        raise KeyReused(key=key)
    return answer(stop, Taken(quantity=quantity, left=stop.left), at=at, is_repeat=True)


def _note(stop: Stop, **values: object) -> None:
    db.session.execute(
        update(Task).where(Task.id == stop.task).values(**values).execution_options(synchronize_session=False)
    )
