"""Issue to the line, in place of a bound lot, beyond the plan; back to the store; undone.

Goods issued stand in the line's bin with their promise: the claim of the component goes along. Each verb locks the work
order's row first, then the ledger locks what it moves, so that two people at one order come one after the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select

from wms.catalog.models import Item
from wms.core.clock import local_day
from wms.core.errors import (
    BadQuantity,
    InsufficientStock,
    KeyReused,
    MissingField,
    NotFound,
    NothingBound,
    PickedTooMuch,
    ReturnedTooMuch,
    WrongItemScanned,
    WrongLotScanned,
    WrongLpnScanned,
    WrongState,
)
from wms.core.ids import (
    LOOSE,
    BalanceId,
    BinId,
    ClaimId,
    DeviceId,
    LotId,
    LpnId,
    PostingSeq,
    UserId,
    WarehouseId,
    WorkOrderComponentId,
    WorkOrderId,
    new_id,
)
from wms.core.quantity import ZERO, Quantity
from wms.db import db
from wms.events.catalog import GoodsIssued
from wms.events.outbox import emit
from wms.production.models import IssueKind, WorkOrder, WorkOrderComponent, WorkOrderIssue, WorkOrderState
from wms.production.queries import issues as queries
from wms.production.queries.orders import COMPONENT, ORDER, Bound, bindings_of, get_order, purpose_of
from wms.production.service.line_stock import (
    Drawn,
    at_line,
    backflush,
    close_lot,
    open_lot,
    promises_at_line,
    refusal_of,
    standing_parts,
    why_not_for,
)
from wms.production.service.orders import note_started
from wms.quality import handling
from wms.sites.models import BinKind, Warehouse
from wms.stock import captures, ledger, pegs
from wms.stock import queries as stock
from wms.stock.ledger import ClaimRequest, ClaimUse, Document, Move, Place, Reason
from wms.stock.ledger.candidates import least_good_until
from wms.stock.models import Capture, Lot
from wms.stock.queries import BalanceRow
from wms.stock.rules.allocation import Candidate, Demand, better_than
from wms.stock.rules.overrides import check_override
from wms.tasks.models import Task, TaskKind, TaskState
from wms.tasks.service import cancel_task, create_task, finish_task

__all__ = [
    "Approval", "Drawn", "IssueGoods", "Issued", "ReturnGoods", "UndoIssue", "at_line", "backflush", "check_scan", "close_lot",
    "exchange", "issue", "open_lot", "return_", "supplement", "undo",
]  # fmt: skip

_UNDONE = (TaskState.OPEN, TaskState.TAKEN)


@dataclass(frozen=True, kw_only=True)
class Approval:
    """A yes to another lot: why, and by whom. `is_permitted`: that person holds pick.override here and proved it."""

    reason: str
    approved_by: UserId
    is_permitted: bool = False


@dataclass(frozen=True, kw_only=True)
class IssueGoods:
    """So much of a lot from a bin to the line of a work order. `lpn` None: loose, or the one plate that carries it there."""

    key: str
    warehouse: WarehouseId
    work_order: WorkOrderId
    component: WorkOrderComponentId
    lot: LotId
    bin: BinId
    quantity: Quantity
    lpn: LpnId | None = None
    device: DeviceId | None = None


@dataclass(frozen=True, kw_only=True)
class ReturnGoods:
    """So much of a lot from the line back to a bin, because it was not needed."""

    key: str
    warehouse: WarehouseId
    work_order: WorkOrderId
    component: WorkOrderComponentId
    lot: LotId
    bin: BinId
    quantity: Quantity
    lpn: LpnId = LOOSE
    reason: str = ""
    device: DeviceId | None = None


@dataclass(frozen=True, kw_only=True)
class UndoIssue:
    """An issue or return that was not so: its posting is reversed."""

    key: str
    warehouse: WarehouseId
    issue: int
    reason: str


@dataclass(frozen=True, kw_only=True)
class Issued:
    """What came of it: the row kept, how much of which lot, and how much of the component is still to be issued."""

    issue: int
    kind: IssueKind
    work_order: WorkOrderId
    component: WorkOrderComponentId
    lot: LotId
    lot_number: str
    quantity: Quantity
    unit: str
    left: Quantity
    seq: PostingSeq
    is_repeat: bool = False


# -- out to the line --------------------------------------------------------------------------------------------------
def issue(cmd: IssueGoods, *, actor: UserId, at: datetime) -> Issued:
    """Move goods of a bound lot to the line's bin, with their promise; the first issue starts the work order.

    Raises NotFound, WrongState (not released), ClearanceNeeded, WrongItemScanned, WrongLotScanned (another lot than bound,
    with its grade), NothingBound, PickedTooMuch (more than is bound of it), WrongLpnScanned (several plates carry it), LotOnHold,
    LotExpired, NotReleased, PickStopped, InsufficientStock, BinBlocked, KeyReused.
    """
    stop = _begin(cmd, IssueKind.ISSUE, actor=actor, at=at)
    if isinstance(stop, Issued):
        return stop
    if stop.component.lot_id is not None:
        return _issue_rework(stop, cmd, actor=actor, at=at)
    of_lot = [b for b in stop.bound if b.row.lot == stop.row.lot]
    if not of_lot and stop.is_of_line:
        _check_skipped(stop, Approval(reason="", approved_by=actor), needed=[])
        return _send(stop, cmd, [_Use(quantity=cmd.quantity, claim=None)], kind=IssueKind.ISSUE, actor=actor, at=at)
    if not of_lot:
        raise _not_bound(stop)
    if cmd.quantity > (bound := _sum(of_lot)):
        raise PickedTooMuch(needed=str(bound), scanned=str(cmd.quantity))
    uses = _promise(stop, cmd.quantity, give_up=of_lot, actor=actor, at=at)
    return _send(stop, cmd, uses, kind=IssueKind.ISSUE, actor=actor, at=at)


def check_scan(cmd: IssueGoods, *, is_more: bool = False, actor: UserId, at: datetime) -> None:
    """Refuse at the scan, before anybody counts, what `issue` would refuse of these goods whatever the quantity. Writes nothing.

    `is_more`: they are to be issued beyond the plan, so no lot is bound. Raises what `issue` raises of item, lot, bin and plate:
    WrongLotScanned and NothingBound with the grade, which says whether another lot may be taken in exchange.
    """
    order = get_order(cmd.work_order, warehouse=cmd.warehouse)
    stop = _look(order, _component(order, cmd.component), cmd, at=at)
    if is_more or any(b.row.lot == stop.row.lot for b in stop.bound) or stop.component.lot_id == stop.row.lot:
        return
    if not stop.is_of_line:
        raise _not_bound(stop)
    _check_skipped(stop, Approval(reason="", approved_by=actor), needed=[])


def exchange(
    cmd: IssueGoods, *, instead_of: LotId | None = None, approval: Approval, actor: UserId, at: datetime
) -> Issued:
    """Issue another lot than the bound one, with a reason: the promise goes over to it, and the bound lot is free again.

    `instead_of` names the bound lot where several are. The item's FEFO grade says who may. Raises what `issue` raises,
    FefoBroken, NotAllowed, MissingField.
    """
    stop = _begin(cmd, IssueKind.EXCHANGE, actor=actor, at=at)
    if isinstance(stop, Issued):
        return stop
    if not approval.reason.strip():
        raise MissingField(field="reason")
    bound = [b for b in stop.bound if instead_of in (None, b.row.lot) and b.row.lot != stop.row.lot]
    if stop.is_of_line:
        _check_skipped(stop, approval, needed=[])
        uses = [_Use(quantity=cmd.quantity, claim=None)]
        return _send(
            stop, cmd, uses, kind=IssueKind.EXCHANGE, reason=approval.reason, approved_by=approval.approved_by, actor=actor,
            at=at,
        )  # fmt: skip
    if stop.component.lot_id is not None or (stop.bound and not bound):
        raise _not_bound(stop)
    most = _sum(bound) if bound else _to_issue(stop)
    if cmd.quantity > most:
        raise PickedTooMuch(needed=str(most), scanned=str(cmd.quantity))
    uses = _promise(stop, cmd.quantity, give_up=bound, approval=approval, actor=actor, at=at)
    return _send(
        stop, cmd, uses, kind=IssueKind.EXCHANGE, reason=approval.reason, approved_by=approval.approved_by,
        instead_of=bound[0].row.lot if bound else None, actor=actor, at=at,
    )  # fmt: skip


def supplement(cmd: IssueGoods, *, approval: Approval, actor: UserId, at: datetime) -> Issued:
    """Issue more than was planned (补料), with the reason; a lot that skips a better one as the item's FEFO grade says.

    Raises what `issue` raises but for what is bound, FefoBroken, NotAllowed, MissingField.
    """
    stop = _begin(cmd, IssueKind.SUPPLEMENT, actor=actor, at=at)
    if isinstance(stop, Issued):
        return stop
    if not approval.reason.strip():
        raise MissingField(field="reason")
    if stop.component.lot_id is not None:
        raise _not_bound(stop)
    uses = _promise(stop, cmd.quantity, give_up=[], approval=approval, actor=actor, at=at)
    return _send(
        stop, cmd, uses, kind=IssueKind.SUPPLEMENT, reason=approval.reason, approved_by=approval.approved_by,
        actor=actor, at=at,
    )  # fmt: skip


# -- back from the line -----------------------------------------------------------------------------------------------
def return_(cmd: ReturnGoods, *, actor: UserId, at: datetime) -> Issued:
    """Carry unused goods from the line back to a bin (退料); lot, quality and holds stay as they are.

    Raises NotFound, WrongState, BadQuantity, ReturnedTooMuch (more than still stands at the line for the order),
    BinUnsuitable, BinBlocked, KeyReused.
    """
    order = _lock_order(cmd.work_order, cmd.warehouse)
    component = _component(order, cmd.component)
    if (known := _known(cmd.key)) is not None:
        return _repeat(known, cmd, IssueKind.RETURN, component)
    if order.state not in (WorkOrderState.STARTED, WorkOrderState.COMPLETED):
        raise WrongState(
            subject=order.number, of=ORDER, state=order.state.value, event="return", needed=["started", "completed"]
        )  # fmt: skip
    if cmd.quantity <= ZERO:
        raise BadQuantity(text=str(cmd.quantity))
    lot = stock.get_lot(cmd.lot)
    ledger.lock_lots([cmd.lot], exclusive=False)
    parts = standing_parts(order, component, cmd.lot, cmd.quantity)
    there = min(
        queries.at_line_of_lot(order.id, component.id, cmd.lot),
        Quantity(sum(part.quantity.millionths for part in parts)),
    )
    if cmd.quantity > there:
        raise ReturnedTooMuch(lot=lot.number, order=order.number, at_line=str(there), came=str(cmd.quantity))
    rows = {part.row.id: part.row for part in parts}
    handling.check_bin(cmd.bin, list(rows.values()), warehouse=cmd.warehouse, at=at)
    place = Place(bin=cmd.bin, lpn=_target_plate(cmd.lpn, list(rows.values()), cmd.quantity))
    moves = [
        Move(quantity=part.quantity, source=part.row.key, target=part.row.key.at(place), claim=part.use)
        for part in parts
    ]
    posted = ledger.post(
        moves, key=cmd.key, reason=Reason.ISSUE_RETURN, document=Document(kind=ORDER, id=order.id), actor=actor, at=at,
        device=cmd.device, note=cmd.reason,
    )  # fmt: skip
    row = _keep(
        order, component, kind=IssueKind.RETURN, lot=cmd.lot, bin=cmd.bin, quantity=cmd.quantity, key=cmd.key,
        reason=cmd.reason, seq=posted.seq, actor=actor, at=at,
    )  # fmt: skip
    return _issued(row, component, lot.number)


def undo(cmd: UndoIssue, *, actor: UserId, at: datetime) -> Issued:
    """Take an issue or a return back by its counter-entry: the goods stand where they stood.

    What was bound before an issue is bound again, and is to be brought again; what was beyond the plan is free.

    Raises NotFound, MissingField, WrongState (taken back before, the order is closed), InsufficientStock (used or moved on).
    """
    found = queries.get_issue(cmd.issue, warehouse=cmd.warehouse)
    order = _lock_order(found.work_order_id, cmd.warehouse)
    row = queries.get_issue(cmd.issue, warehouse=cmd.warehouse)
    component = _component(order, row.component_id)
    if (known := stock.find_posting(cmd.key)) is not None:
        if row.reversed_seq != known.seq:
            raise KeyReused(key=cmd.key)
        return _issued(row, component, row.lot.number, is_repeat=True)
    if not cmd.reason.strip():
        raise MissingField(field="reason")
    if row.reversed_seq is not None:
        raise WrongState(subject=order.number, state="reversed", event="reverse", needed=["posted"])
    if order.state in (WorkOrderState.CLOSED, WorkOrderState.CANCELLED):
        raise WrongState(
            subject=order.number, of=ORDER, state=order.state.value, event="reverse", needed=["started"]
        )  # fmt: skip
    promises = promises_at_line(order, component, row) if row.kind is not IssueKind.RETURN else []
    posted = ledger.reverse(
        row.posting_seq, key=cmd.key, actor=actor, at=at, note=cmd.reason[:500], promises=promises
    )  # fmt: skip
    row.reversed_seq = posted.seq
    db.session.flush()
    _leave_work(order, component, actor=actor, at=at)
    return _issued(row, component, row.lot.number)


def _leave_work(order: WorkOrder, component: WorkOrderComponent, *, actor: UserId, at: datetime) -> None:
    """A binding that nobody is to bring any more gets its task."""
    bound = [b for b in bindings_of(order) if b.component == component.id]
    known = {task.claim_id for task in _tasks_of([b.claim.id for b in bound])}
    for one in bound:
        if one.claim.id in known or order.state is not WorkOrderState.STARTED:
            continue
        create_task(
            kind=TaskKind.ISSUE, warehouse=order.warehouse_id, actor=actor, at=at, claim_id=one.claim.id,
            document_kind=ORDER, document_id=order.id, demand_kind=COMPONENT, demand_id=component.id,
            sequence=component.line, item_id=one.row.item, lot_id=one.row.lot, owner_id=one.row.owner,
            source_bin_id=one.row.bin, source_lpn_id=one.row.lpn, target_bin_id=order.line.bin_id,
            quantity=one.claim.quantity,
        )  # fmt: skip
    db.session.flush()


# -- inside: what was asked ---------------------------------------------------------------------------------------------
@dataclass(frozen=True, kw_only=True)
class _Stop:
    """What one issue is about: the order, its component, the goods that were scanned, and what is bound."""

    order: WorkOrder
    component: WorkOrderComponent
    item: Item
    row: BalanceRow
    bound: Sequence[Bound]
    on: date

    @property
    def is_of_line(self) -> bool:
        """Goods that back-flush takes stand at the line for all its orders: nothing is bound, and no promise goes along."""
        return self.component.is_backflushed and not self.bound


def _lock_order(order: WorkOrderId, warehouse: WarehouseId) -> WorkOrder:
    return get_order(order, warehouse=warehouse, is_locked=True)


def _component(order: WorkOrder, component: WorkOrderComponentId) -> WorkOrderComponent:
    found = next((c for c in order.components if c.id == component), None)
    if found is None:
        raise NotFound(kind="component", text=str(component))
    return found


def _known(key: str) -> WorkOrderIssue | None:
    return db.session.execute(select(WorkOrderIssue).where(WorkOrderIssue.key == key)).scalar_one_or_none()


def _repeat(
    known: WorkOrderIssue, cmd: IssueGoods | ReturnGoods, kind: IssueKind, component: WorkOrderComponent
) -> Issued:
    """Answer what was asked before as it was answered then; KeyReused when its content differs."""
    asked = (cmd.work_order, cmd.component, cmd.lot, cmd.bin, cmd.quantity, kind)
    done = (known.work_order_id, known.component_id, known.lot_id, known.bin_id, known.quantity, known.kind)
    if asked != done:
        raise KeyReused(key=cmd.key)
    return _issued(known, component, known.lot.number, is_repeat=True)


def _begin(cmd: IssueGoods, kind: IssueKind, *, actor: UserId, at: datetime) -> _Stop | Issued:
    """Lock the order, judge the goods that were scanned, and start it; the answer of before for a repeat."""
    order = _lock_order(cmd.work_order, cmd.warehouse)
    component = _component(order, cmd.component)
    if (known := _known(cmd.key)) is not None:
        return _repeat(known, cmd, kind, component)
    if cmd.quantity <= ZERO:
        raise BadQuantity(text=str(cmd.quantity))
    note_started(order.id, actor=actor, at=at)
    return _look(order, component, cmd, at=at)


def _look(order: WorkOrder, component: WorkOrderComponent, cmd: IssueGoods, *, at: datetime) -> _Stop:
    """Judge the goods that were scanned."""
    lot = stock.get_lot(cmd.lot)
    if lot.item_id != component.item_id:
        raise WrongItemScanned(needed=component.item.sku, scanned=lot.item.sku)
    on = local_day(at, db.session.get_one(Warehouse, cmd.warehouse).timezone)
    bound = [b for b in bindings_of(order) if b.component == component.id]
    row = _find_goods(order, component, lot, cmd, bound, on=on)
    return _Stop(order=order, component=component, item=component.item, row=row, bound=bound, on=on)


def _find_goods(
    order: WorkOrder, component: WorkOrderComponent, lot: Lot, cmd: IssueGoods, bound: Sequence[Bound], *, on: date
) -> BalanceRow:
    """The row of goods that was scanned: usable, and told apart from others of the lot in the bin."""
    rows = [
        row
        for row in stock.find_balances(lot=lot.id, bin=cmd.bin, warehouse=cmd.warehouse)
        if row.owner == order.owner_id and cmd.lpn in (None, row.lpn) and row.bin != order.line.bin_id
    ]
    if not rows:
        bin_ = stock.get_bin(cmd.bin)
        if bin_.warehouse_id != cmd.warehouse:
            raise NotFound(kind="bin", text=str(cmd.bin))
        raise InsufficientStock(lot=lot.number, bin=bin_.code, needed=str(cmd.quantity), available="0")
    usable = [row for row in rows if why_not_for(order, row, on=on) is None]
    if not usable:
        raise refusal_of(order, rows, on=on)
    promised = {b.row.id for b in bound}
    ours = [row for row in usable if row.id in promised] or usable
    if len(ours) > 1 and cmd.lpn is None:
        raise WrongLpnScanned(needed=", ".join(sorted(row.lpn_code or "–" for row in ours)), scanned=lot.number)
    return ours[0]


def _not_bound(stop: _Stop) -> Exception:
    grade = stop.item.fefo_grade.value
    if stop.component.lot is not None:
        return WrongLotScanned(needed=stop.component.lot.number, scanned=stop.row.lot_number)
    if not stop.bound:
        return NothingBound(order=stop.order.number, item=stop.item.sku, lot=stop.row.lot_number, grade=grade)
    needed = ", ".join(dict.fromkeys(b.row.lot_number for b in stop.bound))
    return WrongLotScanned(needed=needed, scanned=stop.row.lot_number, grade=grade)


def _sum(bound: Sequence[Bound]) -> Quantity:
    return Quantity(sum(b.claim.quantity.millionths for b in bound))


def _to_issue(stop: _Stop) -> Quantity:
    return next(b.to_issue for b in queries.balance_of_order(stop.order.id) if b.component == stop.component.id)


# -- inside: promises ---------------------------------------------------------------------------------------------------
@dataclass(frozen=True, kw_only=True)
class _Use:
    """So much of the goods on this promise; None for goods that are promised to nobody (rework of stopped goods)."""

    quantity: Quantity
    claim: ClaimId | None


def _promise(
    stop: _Stop, quantity: Quantity, *, give_up: Sequence[Bound], approval: Approval | None = None,
    actor: UserId, at: datetime,
) -> list[_Use]:  # fmt: skip
    """See that the scanned goods are promised to the component: by what lies on them, else by what is given up for them.

    With an approval the goods are another lot than bound, or more than planned: the better lots they skip are looked at.
    """
    on_row = [b for b in stop.bound if b.row.id == stop.row.id] if approval is None else []
    uses, left = [], quantity
    for one in on_row:
        amount = min(one.claim.quantity, left)
        if amount > ZERO:
            uses.append(_Use(quantity=amount, claim=one.claim.id))
            left = left - amount
    if left <= ZERO:
        return uses
    elsewhere = [b for b in give_up if b.row.id != stop.row.id]
    rest = _free(elsewhere, left, actor=actor, at=at)
    if approval is not None:
        _check_skipped(stop, approval, needed=[b.row.lot_number for b in elsewhere])
    uses.append(_Use(quantity=left, claim=_claim_row(stop, stop.row, left, actor=actor, at=at)))
    if rest is not None:
        bound, amount = rest
        _shrink_task(bound.claim.id, _claim_row(stop, bound.row, amount, actor=actor, at=at), amount)
    return uses


def _free(bound: Sequence[Bound], quantity: Quantity, *, actor: UserId, at: datetime) -> tuple[Bound, Quantity] | None:
    """Give promises back until the quantity is reached; the last one with what it had beyond it, to be promised anew."""
    left = quantity
    for one in bound:
        if left <= ZERO:
            return None
        ledger.release([one.claim.id], actor=actor, at=at)
        if one.claim.quantity > left:
            return one, one.claim.quantity - left
        for task in _tasks_of([one.claim.id]):
            cancel_task(task.id, actor=actor, at=at, why="exchanged")
        left = left - one.claim.quantity
    return None


def _check_skipped(stop: _Stop, approval: Approval, *, needed: Sequence[str]) -> None:
    """Which usable lots the policy would have taken first, and whether the item's grade lets them be skipped."""
    rows = stock.find_balances(item=stop.item.id, warehouse=stop.order.warehouse_id)
    rows = [row for row in rows if row.owner == stop.order.owner_id]
    kept = pegs.open_pegs({row.lot for row in rows if row.lot != stop.row.lot})  # nobody skips what he may not have
    seen = {row.id: _candidate(row) for row in rows if row.lot not in kept}
    demand = Demand(
        quantity=Quantity(1), policy=stop.item.allocation_policy.value, on=stop.on, purpose=purpose_of(stop.order)
    )
    skipped = better_than(list(seen.values()), seen[stop.row.id], demand)
    names = sorted({c.facts.lot_number for c in skipped})
    if not needed and not names:
        return
    check_override(
        grade=stop.item.fefo_grade.value, needed=", ".join(dict.fromkeys(needed)) or names[0],
        scanned=stop.row.lot_number, skipped=names, reason=approval.reason, is_permitted=approval.is_permitted,
    )  # fmt: skip


def _candidate(row: BalanceRow) -> Candidate:
    return Candidate(
        balance=row.id, lot=row.lot, facts=row.facts, received_on=row.received_on, available=row.unpromised,
        bin_code=row.bin_code,
        is_pickable_bin=row.bin_kind in (BinKind.STORAGE, BinKind.PICK_FACE) and not row.bin_is_blocked,
    )  # fmt: skip


def _claim_row(stop: _Stop, row: BalanceRow, quantity: Quantity, *, actor: UserId, at: datetime) -> ClaimId:
    """Promise just this row of goods to the component; InsufficientStock when somebody else has it."""
    others = {
        BalanceId(other.id) for other in stock.find_balances(lot=row.lot, warehouse=row.warehouse) if other.id != row.id
    }
    made = ledger.claim(
        [
            ClaimRequest(
                demand_kind=COMPONENT, demand_id=stop.component.id, item=row.item, quantity=quantity,
                warehouse=row.warehouse, owner=row.owner, policy=stop.item.allocation_policy.value,
                good_until=least_good_until(on=stop.on, usable_on_last_day=row.usable_on_last_day, needed_until=None),
                lot=row.lot, excluded=frozenset(others),
            )
        ],
        actor=actor, at=at,
    )  # fmt: skip
    got = Quantity(sum(one.quantity.millionths for one in made))
    if len(made) != 1 or got != quantity:
        if not made and (peg := pegs.open_pegs([row.lot]).get(row.lot)) is not None:
            raise pegs.refusal(peg)
        raise InsufficientStock(lot=row.lot_number, bin=row.bin_code, needed=str(quantity), available=str(got))
    return made[0].claim


def _tasks_of(claims: Sequence[ClaimId]) -> list[Task]:
    """The work of bringing what is promised by these."""
    statement = select(Task).where(Task.claim_id.in_(claims), Task.state.in_(_UNDONE)).order_by(Task.id)
    return list(db.session.execute(statement.execution_options(populate_existing=True)).scalars()) if claims else []


def _shrink_task(old: ClaimId, new: ClaimId, quantity: Quantity) -> None:
    """Let the work of a promise live on what is left of it, under another claim."""
    for task in _tasks_of([old]):
        task.claim_id, task.quantity = new, task.done_quantity + quantity


def _note_work(stop: _Stop, uses: Sequence[_Use], *, actor: UserId, at: datetime) -> None:
    """Close the tasks of what was brought, or note the part; work without a promise is found by its goods."""
    by_claim = {task.claim_id: task for task in _tasks_of([use.claim for use in uses if use.claim is not None])}
    for use in uses:
        task = by_claim.get(use.claim) if use.claim is not None else _task_of_goods(stop)
        if task is None:
            continue
        done = task.done_quantity + use.quantity
        if done >= (task.quantity or ZERO):
            db.session.flush()
            finish_task(task.id, done_quantity=done, actor=actor, at=at)
        else:
            task.done_quantity = done
    db.session.flush()


def _task_of_goods(stop: _Stop) -> Task | None:
    statement = select(Task).where(
        Task.document_kind == ORDER, Task.document_id == stop.order.id, Task.demand_id == stop.component.id,
        Task.claim_id.is_(None), Task.state.in_(_UNDONE), Task.lot_id == stop.row.lot,
        Task.source_bin_id == stop.row.bin,
    )  # fmt: skip
    return db.session.execute(statement.order_by(Task.id).limit(1)).scalar_one_or_none()


def _issue_rework(stop: _Stop, cmd: IssueGoods, *, actor: UserId, at: datetime) -> Issued:
    """The lot that is mended, in whatever state the decision lets it be: no promise lies on goods that are stopped."""
    if stop.row.lot != stop.component.lot_id:
        raise _not_bound(stop)
    if cmd.quantity > (most := _to_issue(stop)):
        raise PickedTooMuch(needed=str(most), scanned=str(cmd.quantity))
    promised = [b for b in stop.bound if b.row.id == stop.row.id]
    uses, left = [], cmd.quantity
    for one in promised:
        amount = min(one.claim.quantity, left)
        if amount > ZERO:
            uses.append(_Use(quantity=amount, claim=one.claim.id))
            left = left - amount
    if left > ZERO:
        uses.append(_Use(quantity=left, claim=None))
    return _send(stop, cmd, uses, kind=IssueKind.ISSUE, actor=actor, at=at)


# -- inside: the posting ------------------------------------------------------------------------------------------------
def _send(
    stop: _Stop, cmd: IssueGoods, uses: Sequence[_Use], *, kind: IssueKind, actor: UserId, at: datetime,
    reason: str = "", approved_by: UserId | None = None, instead_of: LotId | None = None,
) -> Issued:  # fmt: skip
    """Post the goods to the line's bin, their promise with them, and keep the row."""
    place = Place(bin=stop.order.line.bin_id, lpn=_whole_plate(stop.row, cmd.quantity))
    moves = [
        Move(
            quantity=use.quantity, source=stop.row.key, target=stop.row.key.at(place),
            claim=None if use.claim is None else ClaimUse(
                claim=use.claim, demand_kind=COMPONENT, demand_id=stop.component.id, carried=True
            ),
        )
        for use in uses
    ]  # fmt: skip
    posted = ledger.post(
        moves, key=cmd.key, reason=Reason.ISSUE, document=Document(kind=ORDER, id=stop.order.id), actor=actor, at=at,
        device=cmd.device, purpose=purpose_of(stop.order), note=reason[:500],
    )  # fmt: skip
    _note_work(stop, uses, actor=actor, at=at)
    row = _keep(
        stop.order, stop.component, kind=kind, lot=stop.row.lot, bin=stop.row.bin, quantity=cmd.quantity, key=cmd.key,
        reason=reason, seq=posted.seq, approved_by=approved_by, instead_of=instead_of, actor=actor, at=at,
    )  # fmt: skip
    return _issued(row, stop.component, stop.row.lot_number)


def _whole_plate(row: BalanceRow, quantity: Quantity) -> LpnId:
    """Goods go to the line with their plate when it goes with all that stands on it, else loose."""
    if row.lpn == LOOSE or quantity != row.on_hand:
        return LOOSE
    plates = stock.lpn_with_children(row.lpn)
    is_alone = len(plates) == 1 and {r.id for r in stock.find_balances(lpns=plates)} == {row.id}
    return row.lpn if is_alone else LOOSE


def _target_plate(wanted: LpnId, rows: Sequence[BalanceRow], quantity: Quantity) -> LpnId:
    """The plate that was named, else the one that comes back whole."""
    if wanted != LOOSE or len(rows) != 1:
        return wanted
    return _whole_plate(rows[0], quantity)


def _keep(
    order: WorkOrder, component: WorkOrderComponent, *, kind: IssueKind, lot: LotId, bin: BinId, quantity: Quantity,
    key: str, reason: str, seq: PostingSeq, actor: UserId, at: datetime, approved_by: UserId | None = None,
    instead_of: LotId | None = None,
) -> WorkOrderIssue:  # fmt: skip
    row = WorkOrderIssue(
        id=new_id(), key=key, kind=kind, work_order_id=order.id, component_id=component.id, lot_id=lot,
        instead_of_lot_id=instead_of, quantity=quantity, bin_id=bin, reason=reason.strip()[:500],
        capture=captures.how_now().capture or Capture.SYSTEM, posting_seq=seq, issued_by=actor, approved_by=approved_by,
        issued_at=at,
    )  # fmt: skip
    db.session.add(row)
    db.session.flush()
    emit(GoodsIssued(work_order=order.id, lot=lot, kind=kind.value, quantity=quantity, posting=seq), actor=actor, at=at)
    return row


def _issued(row: WorkOrderIssue, component: WorkOrderComponent, lot_number: str, *, is_repeat: bool = False) -> Issued:
    balance = next(b for b in queries.balance_of_order(row.work_order_id) if b.component == component.id)
    return Issued(
        issue=row.id, kind=row.kind, work_order=row.work_order_id, component=component.id, lot=row.lot_id,
        lot_number=lot_number, quantity=row.quantity, unit=component.item.base_unit, left=balance.to_issue,
        seq=row.posting_seq, is_repeat=is_repeat,
    )  # fmt: skip
