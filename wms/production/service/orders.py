"""Verbs of a work order's life: release (bind), unbind, start, complete, cancel; whose its output is."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select

from wms.core.clock import local_day
from wms.core.errors import ClearanceNeeded, NotFound, WrongState
from wms.core.ids import BalanceId, LotId, UserId, WarehouseId, WorkOrderComponentId, WorkOrderId
from wms.core.quantity import ZERO, Quantity
from wms.core.states import step
from wms.db import db
from wms.events.catalog import WorkOrderChanged
from wms.events.outbox import emit
from wms.production.models import OutputLotAt, WorkOrder, WorkOrderState
from wms.production.queries import orders as queries
from wms.production.queries.closing import is_untouched
from wms.production.queries.orders import COMPONENT, ORDER, Bound, Want, get_order
from wms.production.rules.states import OPEN_STATES, WORK_ORDER_STEPS
from wms.production.service.outputs import make_output_lot, making_of
from wms.sites.models import BinKind, Warehouse
from wms.stock import demands, ledger, pegs
from wms.stock import queries as stock
from wms.stock.ledger import Claimed, ClaimRequest
from wms.stock.ledger.candidates import least_good_until
from wms.stock.queries import BalanceRow
from wms.stock.rules.availability import Purpose, why_not
from wms.tasks.models import Task, TaskKind, TaskState
from wms.tasks.service import cancel_task, cancel_tasks_of_claims, create_task

_UNDONE = (TaskState.OPEN, TaskState.TAKEN, TaskState.STOPPED)
#: Goods here are promised and nobody has them in hand.
_IN_STORE = (BinKind.STORAGE, BinKind.PICK_FACE)


def _step(order: WorkOrder, event: str, *, actor: UserId, at: datetime) -> None:
    """Take the step, and tell the world when the state is another one."""
    before = order.state
    order.state = WorkOrderState(step(WORK_ORDER_STEPS, order.state.value, event, subject=ORDER))
    if order.state is not before:
        db.session.flush()
        emit(
            WorkOrderChanged(work_order=order.id, number=order.number, state=order.state.value, item=order.item_id),
            actor=actor,
            at=at,
        )


# -- release ----------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, kw_only=True)
class Released:
    """What a release came to: what was bound now, and each component that is still short."""

    bound: tuple[Claimed, ...]
    short: tuple[Want, ...]


def release_order(
    order_id: WorkOrderId, *, warehouse: WarehouseId | None = None, actor: UserId, at: datetime
) -> Released:
    """Bind lots to every component that wants some, by its item's policy, and leave the work of bringing them to the line.

    May be asked again: what was short is sought anew. What runs short stays short, and is told. Back-flushed components are
    taken off what stands at the line and are not bound. Goods of a rework that cannot be promised (pending, rejected, held by
    its own non-conformance) are to be brought without a promise. Raises NotFound, WrongState.
    """
    order = get_order(order_id, warehouse=warehouse, is_locked=True)
    _step(order, "release", actor=actor, at=at)
    if order.released_at is None:
        order.released_by, order.released_at = actor, at
    if order.lot_id is None and queries.rule_of(order.item_id).output_lot_at is OutputLotAt.RELEASE:
        make_output_lot(order, order.item_id, making_of(order), actor=actor, at=at)
    for stopped in queries.stopped_of(order.id):  # what a hold took is sought anew
        cancel_task(stopped.task, actor=actor, at=at, why="sought_anew")
    wants = [w for w in queries.wants_of(order) if w.short > ZERO and not w.component.is_backflushed]
    plain = [w for w in wants if w.component.lot_id is None]
    made = _claim(order, plain, actor=actor, at=at) if plain else []
    _leave_tasks(order, made, actor=actor, at=at)
    for want in wants:
        if want.component.lot_id is not None:
            made += _bind_mended(order, want, actor=actor, at=at)
    db.session.flush()
    after = queries.wants_of(order)
    return Released(
        bound=tuple(made), short=tuple(w for w in after if w.short > ZERO and not w.component.is_backflushed)
    )


def bind_anew(
    order_id: WorkOrderId, components: Collection[int], *, actor: UserId, at: datetime
) -> Quantity:  # fmt: skip
    """Seek other goods for components that lost what was bound to them; how much they are short of afterwards.

    An order that binds nothing any more (completed, say) seeks nothing. The caller has taken promises and tasks away.
    """
    order = get_order(order_id, is_locked=True)
    if order.state.value in OPEN_STATES:
        release_order(order_id, actor=actor, at=at)
    wants = queries.wants_of(get_order(order_id))
    return sum((w.short for w in wants if w.component.id in components), ZERO)


def _claim(order: WorkOrder, wants: Sequence[Want], *, actor: UserId, at: datetime) -> list[Claimed]:
    return ledger.claim([claim_request(order, want, at=at) for want in wants], actor=actor, at=at)


def claim_request(
    order: WorkOrder, want: Want, *, at: datetime, lot: LotId | None = None,
    excluded: frozenset[BalanceId] = frozenset(),
) -> ClaimRequest:  # fmt: skip
    """Say to the ledger what a component still wants, good on the warehouse's day."""
    item = want.component.item
    timezone = db.session.get_one(Warehouse, order.warehouse_id).timezone
    on = local_day(at, timezone)
    return ClaimRequest(
        demand_kind=COMPONENT, demand_id=want.component.id, item=item.id, quantity=want.short,
        warehouse=order.warehouse_id, owner=order.owner_id, policy=item.allocation_policy.value,
        good_until=least_good_until(on=on, usable_on_last_day=item.usable_on_expiry_day, needed_until=None),
        lot=lot if lot is not None else want.component.lot_id, on=on, excluded=excluded,
    )  # fmt: skip


def _leave_tasks(order: WorkOrder, made: Sequence[Claimed], *, actor: UserId, at: datetime) -> None:
    """One task for each binding: bring so much of the lot from its bin to the line."""
    rows = {row.id: row for row in stock.find_balances(ids={c.balance for c in made})} if made else {}
    places = {c.id: c.line for c in order.components}
    for claimed in made:
        row = rows[claimed.balance]
        create_task(
            kind=TaskKind.ISSUE, warehouse=order.warehouse_id, actor=actor, at=at, claim_id=claimed.claim,
            **_task_of(order, WorkOrderComponentId(claimed.demand_id), row, claimed.quantity, places),
        )  # fmt: skip
    db.session.flush()


def _task_of(
    order: WorkOrder, component: WorkOrderComponentId, row: BalanceRow, quantity: Quantity, places: Mapping[WorkOrderComponentId, int]
) -> dict[str, object]:  # fmt: skip
    return {
        "document_kind": ORDER, "document_id": order.id, "demand_kind": COMPONENT, "demand_id": component,
        "sequence": places.get(component, 0), "item_id": row.item, "lot_id": row.lot, "owner_id": row.owner,
        "source_bin_id": row.bin, "source_lpn_id": row.lpn, "target_bin_id": order.line.bin_id, "quantity": quantity,
    }  # fmt: skip


def _bind_mended(order: WorkOrder, want: Want, *, actor: UserId, at: datetime) -> list[Claimed]:
    """The lot to be mended: free goods are bound, the others are brought as they are, as far as the order may take them."""
    made = ledger.claim([claim_request(order, want, at=at)], actor=actor, at=at)
    _leave_tasks(order, made, actor=actor, at=at)
    left = want.short - sum((c.quantity for c in made), ZERO)
    left = left - _asked_for(order, want.component.id)
    rows = stock.find_balances(lot=want.component.lot_id, warehouse=order.warehouse_id) if left > ZERO else []
    places = {c.id: c.line for c in order.components}
    for row in rows:
        if row.bin == order.line.bin_id or row.bin_is_blocked or row.owner != order.owner_id:
            continue
        if not queries.is_for_rework(order, lot=row.lot, hold_set=row.hold_set):
            continue
        amount = min(left, row.unpromised)
        if amount <= ZERO:
            continue
        create_task(
            kind=TaskKind.ISSUE, warehouse=order.warehouse_id, actor=actor, at=at,
            **_task_of(order, want.component.id, row, amount, places),
        )  # fmt: skip
        left = left - amount
    return made


def _asked_for(order: WorkOrder, component: WorkOrderComponentId) -> Quantity:
    """How much is to be brought without a promise by tasks that nobody has finished."""
    rows = db.session.execute(
        select(Task.quantity, Task.done_quantity).where(
            Task.document_kind == ORDER, Task.document_id == order.id, Task.demand_id == component,
            Task.claim_id.is_(None), Task.state.in_((TaskState.OPEN, TaskState.TAKEN)),
        )
    )  # fmt: skip
    return sum((row.quantity - row.done_quantity for row in rows), ZERO)


# -- bind and unbind --------------------------------------------------------------------------------------------------
@dataclass(frozen=True, kw_only=True)
class BindLot:
    """Bind so much of one lot to a component, in place of what the policy would take."""

    order: WorkOrderId
    warehouse: WarehouseId
    component: WorkOrderComponentId
    lot: LotId
    quantity: Quantity | None = None


def bind_lot(cmd: BindLot, *, actor: UserId, at: datetime) -> Released:
    """Bind a lot by hand to a component that is short, at most what is short; back-flushed components too.

    Raises NotFound, WrongState, and why the lot may not be used (held, expired, pending, made for another order).
    """
    order = get_order(cmd.order, warehouse=cmd.warehouse, is_locked=True)
    step(WORK_ORDER_STEPS, order.state.value, "release", subject=ORDER)
    want = _want_of(order, cmd.component)
    lot = stock.get_lot(cmd.lot)
    if lot.item_id != want.component.item_id:
        raise NotFound(kind="lot", text=lot.number)
    request = claim_request(order, want, at=at, lot=cmd.lot)
    if cmd.quantity is not None:
        request = _with_quantity(request, min(cmd.quantity, want.short))
    made = ledger.claim([request], actor=actor, at=at) if request.quantity > ZERO else []
    if not made:
        _say_why_not(order, cmd.lot, at=at)
    _step(order, "release", actor=actor, at=at)
    if order.released_at is None:
        order.released_by, order.released_at = actor, at
    _leave_tasks(order, made, actor=actor, at=at)
    return Released(bound=tuple(made), short=tuple(w for w in queries.wants_of(order) if w.short > ZERO))


def _with_quantity(request: ClaimRequest, quantity: Quantity) -> ClaimRequest:
    return replace(request, quantity=quantity)


def _say_why_not(order: WorkOrder, lot: LotId, *, at: datetime) -> None:
    """Nothing of a lot could be bound: say why by its goods, or that there are none."""
    peg = pegs.open_pegs([lot]).get(lot)
    if peg is not None:
        raise pegs.refusal(peg)
    on = local_day(at, db.session.get_one(Warehouse, order.warehouse_id).timezone)
    for row in stock.find_balances(lot=lot, warehouse=order.warehouse_id):
        refusal = why_not(row.facts, Purpose.ISSUE, on=on)
        if refusal is not None:
            raise refusal
    raise NotFound(kind="lot", text=stock.get_lot(lot).number)


def unbind(
    order_id: WorkOrderId, component: WorkOrderComponentId | None = None, *, lot: LotId | None = None,
    warehouse: WarehouseId | None = None, actor: UserId, at: datetime,
) -> None:  # fmt: skip
    """Give bindings back: of a component, of one lot of it, or of all; goods at the line stay. Raises NotFound, WrongState."""
    order = get_order(order_id, warehouse=warehouse, is_locked=True)
    step(WORK_ORDER_STEPS, order.state.value, "release", subject=ORDER)
    if component is not None:
        _want_of(order, component)
    _give_back(order, component=component, lot=lot, actor=actor, at=at)


def withdraw_order(order_id: WorkOrderId, *, warehouse: WarehouseId | None = None, actor: UserId, at: datetime) -> None:
    """Take a release back while nothing was issued: all bindings are given back. Raises WrongState, NotFound."""
    order = get_order(order_id, warehouse=warehouse, is_locked=True)
    _step(order, "withdraw", actor=actor, at=at)
    _give_back(order, actor=actor, at=at)
    order.released_by = order.released_at = None
    db.session.flush()


def _want_of(order: WorkOrder, component: WorkOrderComponentId) -> Want:
    want = next((w for w in queries.wants_of(order) if w.component.id == component), None)
    if want is None:
        raise NotFound(kind="component", text=str(component))
    return want


def _give_back(
    order: WorkOrder, *, component: WorkOrderComponentId | None = None, lot: LotId | None = None, actor: UserId,
    at: datetime,
) -> None:  # fmt: skip
    given: list[Bound] = [
        b for b in queries.bindings_of(order) if component in (None, b.component) and lot in (None, b.row.lot)
    ]
    if lot is not None and not given:
        raise NotFound(kind="lot", text=stock.get_lot(lot).number)
    ledger.release([b.claim.id for b in given], actor=actor, at=at)
    _cancel_tasks(order, component=component, lot=lot, actor=actor, at=at)


def _cancel_tasks(
    order: WorkOrder, *, component: WorkOrderComponentId | None = None, lot: LotId | None = None, actor: UserId,
    at: datetime,
) -> None:  # fmt: skip
    statement = select(Task.id).where(
        Task.document_kind == ORDER, Task.document_id == order.id, Task.kind == TaskKind.ISSUE, Task.state.in_(_UNDONE)
    )
    if component is not None:
        statement = statement.where(Task.demand_id == component)
    if lot is not None:
        statement = statement.where(Task.lot_id == lot)
    for task in db.session.execute(statement.order_by(Task.id)).scalars().all():
        cancel_task(task, actor=actor, at=at, why="unbound")


# -- start, complete, cancel ------------------------------------------------------------------------------------------
def note_started(work_order: WorkOrderId, *, actor: UserId, at: datetime) -> None:
    """Say that something was issued to the order or reported of it: released becomes started; started stays.

    Called by the verbs of issuing and reporting, before they post. Raises ClearanceNeeded (the line was not cleared for it),
    WrongState (planned, completed, closed or cancelled), NotFound.
    """
    order = get_order(work_order, is_locked=True)
    if order.state is WorkOrderState.RELEASED:
        check_cleared(order)
    _step(order, "start", actor=actor, at=at)
    db.session.flush()


def check_cleared(order: WorkOrder) -> None:
    """Refuse when the order needs a line clearance that nobody made, nobody checked, or that is old."""
    why = queries.why_not_cleared(order)
    if why:
        raise ClearanceNeeded(line=order.line.code, number=order.number, why=why)


def complete_order(order_id: WorkOrderId, *, warehouse: WarehouseId | None = None, actor: UserId, at: datetime) -> None:
    """Nothing more is made: what is bound and was not issued is given back. It is closed by its own check.

    Raises WrongState (not started), NotFound.
    """
    order = get_order(order_id, warehouse=warehouse, is_locked=True)
    _step(order, "complete", actor=actor, at=at)
    order.completed_at = at
    _give_back(order, actor=actor, at=at)
    db.session.flush()


def reopen_order(order_id: WorkOrderId, *, warehouse: WarehouseId | None = None, actor: UserId, at: datetime) -> None:
    """Something more is to be made after all. Raises WrongState (not completed, or closed), NotFound."""
    order = get_order(order_id, warehouse=warehouse, is_locked=True)
    _step(order, "reopen", actor=actor, at=at)
    order.completed_at = None
    db.session.flush()


def cancel_order(order_id: WorkOrderId, *, warehouse: WarehouseId | None = None, actor: UserId, at: datetime) -> None:
    """Call an order off; its bindings are given back. One that was started only when all that was issued came back and nothing
    was made. Raises WrongState, NotFound."""
    order = get_order(order_id, warehouse=warehouse, is_locked=True)
    if order.state in (WorkOrderState.STARTED, WorkOrderState.COMPLETED) and not is_untouched(order):
        raise WrongState(
            subject=ORDER, state=order.state.value, event="cancel",
            needed=[WorkOrderState.PLANNED.value, WorkOrderState.RELEASED.value],
        )  # fmt: skip
    _step(order, "cancel", actor=actor, at=at)
    _give_back(order, actor=actor, at=at)
    db.session.flush()


# -- whose the output is ----------------------------------------------------------------------------------------------
def keep_demand(work_order: WorkOrder) -> None:
    """Keep the demand an order is made for to this transaction, before any goods are locked."""
    server = demands.server_of(work_order.pegged_kind) if work_order.pegged_id is not None else None
    if server is not None and work_order.pegged_id is not None:
        server.lock(work_order.pegged_id)


def peg_output(work_order: WorkOrder, lot: LotId, *, actor: UserId, at: datetime) -> None:
    """Tie an output lot to the demand the order is made for, if it is made for one and the lot is of its product.

    Called by the verb of reporting, in its transaction, for each main output, and promised at once, as far as it may be
    promised (released, in the store) and is wanted. A lot that is tied to another demand stays so. A demand that is no more
    (the order was cancelled or has left) ties nothing. Raises PegTooLate (others have goods of the lot in hand).
    """
    if work_order.pegged_id is None or stock.get_lot(lot).item_id != work_order.item_id:
        return
    facts = demands.facts_of(work_order.pegged_kind, [work_order.pegged_id]).get(work_order.pegged_id)
    if facts is None or not facts.is_open:
        return
    known = pegs.open_pegs([lot]).get(lot)
    if known is not None and (known.demand_kind, known.demand_id) != (work_order.pegged_kind, work_order.pegged_id):
        return
    server = demands.server_of(work_order.pegged_kind)
    if server is not None:
        server.make_for(
            lot, work_order.pegged_id, document_kind=ORDER, document_id=work_order.id, actor=actor, at=at
        )  # fmt: skip
        return
    pegs.peg_lot(
        lot, demand_kind=work_order.pegged_kind, demand_id=work_order.pegged_id, made_for=facts.number,
        document_kind=ORDER, document_id=work_order.id, actor=actor, at=at,
    )  # fmt: skip


def give_back_output(work_order: WorkOrder, lots: Collection[LotId], *, actor: UserId, at: datetime) -> None:
    """Take back what of these outputs is promised to the demand they were made for, while nobody has picked it.

    Before a report is taken back: goods that go out of the books are promised to nobody.
    """
    if work_order.pegged_id is not None:
        for lot in sorted(set(lots)):
            _unpromise(lot, work_order.pegged_kind, work_order.pegged_id, actor=actor, at=at)


def free_peg(lot: LotId, *, reason: str, actor: UserId, at: datetime) -> Quantity:
    """Free a lot: it goes to whoever asks. What its demand was promised of it and has not picked is given back; how much.

    Raises MissingField (no reason), NotFound (no open peg).
    """
    peg = pegs.open_pegs([lot]).get(lot)
    pegs.free_lot(lot, reason=reason, actor=actor, at=at)
    return _unpromise(lot, peg.demand_kind, peg.demand_id, actor=actor, at=at) if peg is not None else ZERO


def _unpromise(lot: LotId, demand_kind: str, demand_id: int, *, actor: UserId, at: datetime) -> Quantity:
    """Give back what a demand is promised of a lot in the store, and call off the work on it; how much."""
    rows = [row.id for row in stock.find_balances(lot=lot, bin_kinds=_IN_STORE) if row.allocated > ZERO]
    claims = [c.id for c in stock.claims_on(rows) if (c.demand_kind, c.demand_id) == (demand_kind, demand_id)]
    if claims:
        cancel_tasks_of_claims(claims, why="freed", actor=actor, at=at)
    return ledger.release(claims, actor=actor, at=at)


def forget_demands(
    demand_kind: str, demand_ids: Iterable[int], *, reason: str, actor: UserId, at: datetime
) -> Collection[WorkOrderId]:
    """These demands are no more: lots made for them are free, and orders not yet closed are made for nobody in particular.

    Called by whoever calls a demand off. Gives the orders concerned.
    """
    wanted = sorted(set(demand_ids))
    pegs.free_demands(demand_kind, wanted, reason=reason, actor=actor, at=at)
    found = db.session.execute(
        select(WorkOrder).where(
            WorkOrder.pegged_kind == demand_kind, WorkOrder.pegged_id.in_(wanted),
            WorkOrder.state.not_in((WorkOrderState.CLOSED, WorkOrderState.CANCELLED)),
        )
    ).scalars()  # fmt: skip
    concerned = list(found)
    for order in concerned:
        order.pegged_kind, order.pegged_id = "", None
    db.session.flush()
    return [order.id for order in concerned]
