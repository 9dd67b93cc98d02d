"""Pick lists: made from the claims of an order, in walk order, taken by one picker, finished when nothing is left."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select, update

from wms.accounts.models import User
from wms.core.errors import AlreadyTaken, InsufficientStock, NotFound, WrongState
from wms.core.ids import OrderId, PickListId, TaskId, UserId, WarehouseId, new_id
from wms.core.states import step
from wms.db import db
from wms.picking import queries
from wms.picking.models import Order, OrderState, PickList, PickListState
from wms.picking.queries import WalkClaim
from wms.picking.rules.states import ORDER_STEPS
from wms.picking.service.allocation import Allocated, allocate_order
from wms.stock.service import make_lpn
from wms.tasks.models import Task, TaskKind, TaskState
from wms.tasks.service import create_task

_STEP = 10


def release_order(order_id: OrderId, *, actor: UserId, at: datetime) -> PickListId:
    """Send an allocated order to picking: one list, one outbound LPN with an SSCC, one task a claim in walk order.

    Raises NotFound (order, staging bin), WrongState, InsufficientStock when nothing is promised that has no task yet.
    """
    order = queries.find_order(order_id, is_locked=True)
    state = OrderState(step(ORDER_STEPS, order.state, "release", subject="order"))
    claims = queries.claims_without_task(order_id)
    if not claims:
        raise InsufficientStock(lot="–", bin="–", needed=order.number, available="0")
    order.state = state
    made_before = db.session.execute(select(func.count()).where(PickList.order_id == order_id)).scalar_one()
    plate = make_lpn(warehouse=order.warehouse_id, at=at)
    pick_list = PickList(
        id=PickListId(new_id()), number=f"{order.number}-P{made_before + 1}", warehouse_id=order.warehouse_id,
        order_id=order_id, state=PickListState.OPEN, staging_bin_id=queries.staging_bin(order.warehouse_id),
        lpn_id=plate.id, created_at=at,
    )  # fmt: skip
    db.session.add(pick_list)
    db.session.flush()
    add_tasks(pick_list, claims, actor=actor, at=at)
    return pick_list.id


def add_tasks(
    pick_list: PickList, claims: Sequence[WalkClaim], *, actor: UserId, at: datetime, after: int = 0
) -> list[TaskId]:
    """Add one pick task a claim, numbered in the order given behind `after`."""
    tasks = [
        create_task(
            kind=TaskKind.PICK, warehouse=pick_list.warehouse_id, actor=actor, at=at, document_kind=queries.LIST,
            document_id=pick_list.id, demand_kind=queries.LINE, demand_id=claim.line, sequence=after + n * _STEP,
            item_id=claim.item, lot_id=claim.lot, owner_id=claim.owner, source_bin_id=claim.place.bin,
            source_lpn_id=claim.place.lpn, target_bin_id=pick_list.staging_bin_id, target_lpn_id=pick_list.lpn_id,
            claim_id=claim.claim, quantity=claim.quantity,
        )
        for n, claim in enumerate(claims, start=1)
    ]  # fmt: skip
    db.session.flush()
    return [task.id for task in tasks]


def reallocate_order(order_id: OrderId, *, actor: UserId, at: datetime) -> Allocated:
    """Find other stock for what a hold or a short pick took away, and send it to picking at once.

    New tasks join the list that is still being walked; else a new list is made. Raises as allocate_order.
    """
    came_to = allocate_order(order_id, actor=actor, at=at)
    walk_new_claims(order_id, actor=actor, at=at)
    return came_to


def walk_new_claims(order_id: OrderId, *, actor: UserId, at: datetime) -> None:
    """Send promises that have no task yet to picking, where the order is picked already; else nothing.

    They join the list that is still being walked; where there is none, a new list is made.
    """
    order = queries.find_order(order_id)
    claims = queries.claims_without_task(order_id)
    if not claims or order.state not in {OrderState.PICKING, OrderState.PICKED}:
        return
    walked = db.session.execute(
        select(PickList)
        .where(PickList.order_id == order_id, PickList.state.in_((PickListState.OPEN, PickListState.TAKEN)))
        .order_by(PickList.id)
        .limit(1)
    ).scalar_one_or_none()
    if walked is None:
        release_order(order_id, actor=actor, at=at)
    else:
        add_tasks(walked, claims, actor=actor, at=at, after=_last_sequence(walked.id))


def take_list(list_id: PickListId, *, actor: UserId, at: datetime) -> None:
    """Make a list the actor's own; taking it twice is nothing. Raises NotFound, AlreadyTaken, WrongState."""
    done = db.session.execute(
        update(PickList)
        .where(
            PickList.id == list_id,
            (PickList.state == PickListState.OPEN)
            | ((PickList.state == PickListState.TAKEN) & (PickList.taken_by == actor)),
        )
        .values(state=PickListState.TAKEN, taken_by=actor, taken_at=at)
    )
    if done.rowcount != 1:  # type: ignore[attr-defined]
        raise _refusal(list_id, event="take")


def leave_list(list_id: PickListId, *, actor: UserId, at: datetime) -> None:
    """Give a list back, so that another picker may go on. Raises NotFound, AlreadyTaken, WrongState."""
    done = db.session.execute(
        update(PickList)
        .where(PickList.id == list_id, PickList.state == PickListState.TAKEN, PickList.taken_by == actor)
        .values(state=PickListState.OPEN, taken_by=None, taken_at=None)
    )
    if done.rowcount != 1:  # type: ignore[attr-defined]
        raise _refusal(list_id, event="leave")


def give_back_lists(user: UserId) -> int:
    """Open again every list a person walks, so that others may go on; how many."""
    done = db.session.execute(
        update(PickList)
        .where(PickList.state == PickListState.TAKEN, PickList.taken_by == user)
        .values(state=PickListState.OPEN, taken_by=None, taken_at=None)
        .execution_options(synchronize_session="fetch")
    )
    return int(done.rowcount)  # type: ignore[attr-defined]


def finish_list(list_id: PickListId, order_id: OrderId) -> None:
    """Close a list whose walk is over, and say the order is picked when no list of it is walked any more."""
    db.session.execute(
        update(PickList)
        .where(PickList.id == list_id, PickList.state.in_((PickListState.OPEN, PickListState.TAKEN)))
        .values(state=PickListState.DONE)
        .execution_options(synchronize_session=False)
    )
    undone = (
        select(Task.id)
        .join(PickList, PickList.id == Task.document_id)
        .where(
            Task.kind == TaskKind.PICK,
            Task.document_kind == queries.LIST,
            PickList.order_id == order_id,
            Task.state.in_((TaskState.OPEN, TaskState.TAKEN)),
        )
        .exists()
    )
    db.session.execute(
        update(Order)
        .where(Order.id == order_id, Order.state == OrderState.PICKING, ~undone)
        .values(state=OrderState.PICKED)
        .execution_options(synchronize_session=False)
    )


def check_picker(stop: queries.Stop, actor: UserId) -> None:
    """Refuse a pick on a list that is not the actor's. Raises AlreadyTaken, WrongState."""
    if stop.list_state == PickListState.TAKEN and stop.taken_by == actor:
        return
    raise _refusal(stop.list_id, event="pick")


def check_place(stop: queries.Stop, warehouse: WarehouseId | None) -> None:
    """Raise NotFound for a stop of another warehouse than the one the picker stands in (None: not asked)."""
    if warehouse is not None and stop.warehouse != warehouse:
        raise NotFound(kind="pick_task", text=str(stop.task))


def _last_sequence(list_id: PickListId) -> int:
    last = select(func.coalesce(func.max(Task.sequence), 0)).where(
        Task.document_kind == queries.LIST, Task.document_id == list_id
    )
    return int(db.session.execute(last).scalar_one())


def _refusal(list_id: PickListId, *, event: str) -> Exception:
    row = db.session.execute(
        select(PickList.number, PickList.state, User.full_name)
        .outerjoin(User, User.id == PickList.taken_by)
        .where(PickList.id == list_id)
    ).first()
    if row is None:
        return NotFound(kind="pick_list", text=str(list_id))
    if row.state == PickListState.TAKEN:
        return AlreadyTaken(subject=row.number, by=row.full_name or "–")
    return WrongState(
        subject="pick_list", state=row.state.value, event=event, needed=["open" if event == "take" else "taken"]
    )
