"""Opening inspections: by themselves when goods come in, by hand for stock and retest, and tranches out of one.

Locks: sampling state, then inspection; a receipt is locked by its own verb before it calls here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from wms.catalog.models import Item
from wms.core.errors import FieldErrors, InsufficientStock, NotFound
from wms.core.ids import (
    SYSTEM_USER,
    BinId,
    InspectionId,
    InspectionPlanId,
    ItemId,
    LotId,
    LpnId,
    PartnerId,
    ReceiptId,
    ReceiptLineId,
    UserId,
    WarehouseId,
    new_id,
)
from wms.core.quantity import ZERO, Quantity
from wms.core.states import step
from wms.db import db
from wms.inspection import queries, snapshots
from wms.inspection.models import (
    Inspection,
    InspectionPart,
    InspectionPlan,
    InspectionState,
    PlanState,
    Sampling,
    SamplingState,
    Severity,
    Stage,
    Verdict,
)
from wms.inspection.rules import plans, skip_lot, states
from wms.inspection.service.switching import state_of
from wms.stock import queries as stock
from wms.stock.models import Lot
from wms.tasks.models import Task, TaskKind, TaskState
from wms.tasks.service import cancel_task, create_task

_DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


# -- when goods come in -----------------------------------------------------------------------------------------------
def open_for_receipt(
    *,
    warehouse: WarehouseId,
    receipt: ReceiptId,
    receipt_line: ReceiptLineId,
    item: ItemId,
    lot: LotId,
    supplier: PartnerId | None,
    quantity: Quantity,
    actor: UserId,
    at: datetime,
) -> InspectionId | None:
    """Open the inspection lot of goods that came in, or let them join the one of the same receipt and lot; None without a plan.

    More of the same lot and receipt makes a larger inspection lot, until a result is entered; after that a new one.
    """
    known = queries.inspection_of_receipt(receipt, lot)
    if known is not None:
        _enlarge(known, quantity)
        inspection = known
    else:
        is_inspected = db.session.execute(select(Item.is_inspected_at_receipt).where(Item.id == item)).scalar_one()
        plan = queries.plan_at_receipt(item, supplier, is_inspected=is_inspected)
        if plan is None:
            return None
        inspection = _open(
            warehouse=warehouse, stage=Stage.RECEIPT, item=item, lot=lot, supplier=supplier, quantity=quantity, plan=plan,
            receipt=receipt, actor=actor, at=at,
        )  # fmt: skip
    db.session.add(
        InspectionPart(
            id=new_id(), inspection_id=inspection.id, receipt_line_id=receipt_line, quantity=quantity, received_by=actor
        )
    )
    db.session.flush()
    return inspection.id


def withdraw_receipt(receipt_line: ReceiptLineId, *, actor: UserId, at: datetime) -> None:
    """Take a receipt line that was reversed out of its inspection lot; the inspection of nothing else is cancelled.

    One that is done stays as it was: it says what was found then.
    """
    part = db.session.execute(
        select(InspectionPart).where(InspectionPart.receipt_line_id == receipt_line)
    ).scalar_one_or_none()
    if part is None:
        return
    inspection = lock(part.inspection_id)
    if inspection.state.value not in states.UNDONE:
        return
    if part.quantity < inspection.quantity:
        inspection.quantity = inspection.quantity - part.quantity
        if inspection.state is InspectionState.OPEN:
            plan_sample(inspection)
    else:
        _cancel(inspection, note="", actor=actor, at=at)
    db.session.delete(part)
    db.session.flush()


# -- when goods are made ----------------------------------------------------------------------------------------------
def open_for_output(
    *, warehouse: WarehouseId, stage: Stage, item: ItemId, lot: LotId, quantity: Quantity, is_pending: bool, actor: UserId,
    at: datetime,
) -> InspectionId | None:  # fmt: skip
    """Open the inspection lot of what was made, or let it join the one of the same lot; None without a plan of the stage.

    A plan for all goods counts only for what waits for quality anyway. More of a lot makes a larger inspection lot, until a
    result is entered; after that a new one.
    """
    known = _of_output(warehouse, stage, lot)
    if known is not None:
        _enlarge(known, quantity)
        db.session.flush()
        return known.id
    plan = queries.find_plan(item, None, stage)
    if plan is None or (plan.item_id is None and not is_pending):
        return None
    inspection = _open(
        warehouse=warehouse, stage=stage, item=item, lot=lot, supplier=None, quantity=quantity, plan=plan, actor=actor,
        at=at,
    )  # fmt: skip
    db.session.flush()
    return inspection.id


def withdraw_output(
    *, warehouse: WarehouseId, stage: Stage, lot: LotId, quantity: Quantity, actor: UserId, at: datetime
) -> None:
    """Take what was not made after all out of its inspection lot; the inspection of nothing else is cancelled."""
    known = _of_output(warehouse, stage, lot)
    if known is None:
        return
    if quantity < known.quantity:
        known.quantity = known.quantity - quantity
        plan_sample(known)
    else:
        _cancel(known, note="", actor=actor, at=at)
    db.session.flush()


def _of_output(warehouse: WarehouseId, stage: Stage, lot: LotId) -> Inspection | None:
    """The inspection lot of what was made of a lot that nobody entered a result of yet."""
    found = db.session.execute(
        select(Inspection.id)
        .where(
            Inspection.warehouse_id == warehouse, Inspection.lot_id == lot, Inspection.stage == stage,
            Inspection.state == InspectionState.OPEN, Inspection.receipt_id.is_(None), Inspection.parent_id.is_(None),
            Inspection.is_original,
        )
        .order_by(Inspection.id.desc())
        .limit(1)
    ).scalar()  # fmt: skip
    return lock(InspectionId(found)) if found is not None else None


def _enlarge(inspection: Inspection, quantity: Quantity) -> None:
    step(states.INSPECTION, inspection.state.value, "enlarge", subject=inspection.number)
    inspection.quantity = inspection.quantity + quantity
    if inspection.state is InspectionState.OPEN:
        plan_sample(inspection)


# -- by hand ----------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, kw_only=True)
class OpenInspection:
    """Look at goods of a lot that stand here: of all of it, or of what stands in a bin or on an LPN."""

    warehouse: WarehouseId
    stage: Stage
    lot: LotId
    bin: BinId | None = None
    lpn: LpnId | None = None
    #: None: all that stands there.
    quantity: Quantity | None = None
    #: None: the most specific active plan of the stage.
    plan: InspectionPlanId | None = None


def open_by_hand(cmd: OpenInspection, *, actor: UserId, at: datetime) -> InspectionId:
    """Open an inspection of stock. Raises NotFound (no such lot, no plan), InsufficientStock (less stands there)."""
    lot = stock.get_lot(cmd.lot)
    rows = stock.find_balances(lot=lot.id, warehouse=cmd.warehouse, bin=cmd.bin, lpn=cmd.lpn)
    there = Quantity(sum(row.on_hand.millionths for row in rows))
    quantity = cmd.quantity or there
    if there < quantity or quantity <= ZERO:
        code = stock.get_bin(cmd.bin).code if cmd.bin is not None else ""
        raise InsufficientStock(lot=lot.number, bin=code, needed=str(quantity or "1"), available=str(there))
    plan = _chosen_plan(cmd, lot)
    inspection = _open(
        warehouse=cmd.warehouse, stage=cmd.stage, item=lot.item_id, lot=lot.id, supplier=lot.supplier_id,
        quantity=quantity, plan=plan, bin=cmd.bin, lpn=cmd.lpn, actor=actor, at=at, is_original=False,
    )  # fmt: skip
    db.session.flush()
    return inspection.id


def _chosen_plan(cmd: OpenInspection, lot: Lot) -> InspectionPlan:
    if cmd.plan is None:
        found = queries.find_plan(lot.item_id, lot.supplier_id, cmd.stage)
        if found is None:
            raise NotFound(kind="inspection_plan", text=f"{lot.item.sku} · {cmd.stage.value}")
        return found
    plan = queries.get_plan(cmd.plan)
    is_for_it = plan.item_id in (None, lot.item_id) and plan.supplier_id in (None, lot.supplier_id)
    if plan.state is not PlanState.ACTIVE or not is_for_it:
        raise FieldErrors(errors={"plan_id": ["not_a_choice"]})
    return plan


# -- tranches ---------------------------------------------------------------------------------------------------------
def split_tranche(
    inspection_id: InspectionId, *, quantity: Quantity, bin: BinId | None, lpn: LpnId | None, note: str,
    actor: UserId, at: datetime,
) -> InspectionId:  # fmt: skip
    """Take part of an inspection lot out as a lot of its own, with its own sample and verdict. Before any result only.

    Raises WrongState (results were entered), InsufficientStock (the tranche is not smaller than the lot).
    """
    parent = lock(inspection_id)
    step(states.INSPECTION, parent.state.value, "split", subject=parent.number)
    if parent.quantity <= quantity:
        number = db.session.execute(select(Lot.number).where(Lot.id == parent.lot_id)).scalar_one()
        raise InsufficientStock(lot=number, bin="", needed=str(quantity), available=str(parent.quantity))
    identity = InspectionId(new_id())
    tranche = Inspection(
        id=identity, number=make_number("IN", identity, at), warehouse_id=parent.warehouse_id, stage=parent.stage,
        state=InspectionState.OPEN, item_id=parent.item_id, lot_id=parent.lot_id, supplier_id=parent.supplier_id,
        receipt_id=parent.receipt_id, parent_id=parent.id, bin_id=bin, lpn_id=lpn, quantity=quantity,
        plan_id=parent.plan_id, plan=parent.plan, severity=parent.severity, sample={}, due_at=parent.due_at,
        is_original=False, opened_by=actor, opened_at=at, closing_note=note,
    )  # fmt: skip
    plan_sample(tranche)
    parent.quantity = parent.quantity - quantity
    plan_sample(parent)
    db.session.add(tranche)
    db.session.flush()
    return tranche.id


def cancel(inspection_id: InspectionId, *, note: str, actor: UserId, at: datetime) -> None:
    """Give an inspection up, with the reason: it says nothing of the goods. Raises WrongState when it is done."""
    _cancel(lock(inspection_id), note=note, actor=actor, at=at)
    db.session.flush()


def _cancel(inspection: Inspection, *, note: str, actor: UserId, at: datetime) -> None:
    state = step(states.INSPECTION, inspection.state.value, "cancel", subject=inspection.number)
    inspection.state = InspectionState(state)
    inspection.closed_by, inspection.closed_at, inspection.closing_note = actor, at, note
    withdraw_tasks(inspection.id, actor=actor, at=at)


# -- inside -----------------------------------------------------------------------------------------------------------
def lock(inspection: InspectionId) -> Inspection:
    """Lock an inspection for a verb, and give it as it stands now; NotFound."""
    found = db.session.get(Inspection, inspection, with_for_update=True, populate_existing=True)
    if found is None:
        raise NotFound(kind="inspection", text=str(inspection))
    return found


def plan_sample(inspection: Inspection) -> None:
    """Work out the sample of an inspection lot as it is now."""
    request = snapshots.request(
        inspection.plan, quantity_millionths=inspection.quantity.millionths, severity=inspection.severity
    )
    decision = plans.every_unit(request) if inspection.is_sorted_whole else plans.decide(request)
    inspection.sample, inspection.sample_size = snapshots.of_decision(decision), decision.size


def make_number(prefix: str, identity: int, at: datetime) -> str:
    """A number a person can read out: prefix, day (UTC), five signs of the id (no I, L, O, U)."""
    signs = "".join(_DIGITS[(identity >> shift) & 31] for shift in (20, 15, 10, 5, 0))
    return f"{prefix}{at:%y%m%d}-{signs}"


def withdraw_tasks(inspection: InspectionId, *, actor: UserId, at: datetime) -> None:
    """Close what is left of the work of drawing samples for an inspection."""
    tasks = db.session.execute(
        select(Task.id).where(
            Task.document_kind == "inspection", Task.document_id == inspection, Task.kind == TaskKind.SAMPLE,
            Task.state.in_((TaskState.OPEN, TaskState.TAKEN)),
        )
    ).scalars()  # fmt: skip
    for task in list(tasks):
        cancel_task(task, actor=actor, at=at, why="inspection_over")


def _open(
    *, warehouse: WarehouseId, stage: Stage, item: ItemId, lot: LotId, supplier: PartnerId | None, quantity: Quantity,
    plan: InspectionPlan, actor: UserId, at: datetime, receipt: ReceiptId | None = None, bin: BinId | None = None,
    lpn: LpnId | None = None, is_original: bool = True,
) -> Inspection:  # fmt: skip
    snapshot = snapshots.of_plan(plan)
    switches = snapshots.switches(snapshot) and is_original
    state = state_of(supplier, item, stage, at=at) if switches else None
    identity = InspectionId(new_id())
    inspection = Inspection(
        id=identity, number=make_number("IN", identity, at), warehouse_id=warehouse, stage=stage,
        state=InspectionState.OPEN, item_id=item, lot_id=lot, supplier_id=supplier, receipt_id=receipt, bin_id=bin,
        lpn_id=lpn, quantity=quantity, plan_id=plan.id, plan=snapshot,
        severity=state.severity if state else Severity.NORMAL, sample={}, is_original=is_original,
        due_at=at + timedelta(hours=plan.due_hours), opened_by=actor, opened_at=at,
    )  # fmt: skip
    plan_sample(inspection)
    db.session.add(inspection)
    if state is not None and plan.sampling is Sampling.SKIP_LOT and _skips(state):
        _let_through(inspection, at=at)
    elif plan.test_quantity or plan.retained_quantity:
        create_task(
            kind=TaskKind.SAMPLE, warehouse=warehouse, actor=actor, at=at, document_kind="inspection",
            document_id=identity, item_id=item, lot_id=lot, source_bin_id=bin, source_lpn_id=lpn,
            quantity=plan.test_quantity + plan.retained_quantity,
        )  # fmt: skip
    return inspection


def _skips(state: SamplingState) -> bool:
    """Whether the ladder lets this lot through; it climbs by one either way only when the lot is settled."""
    ladder = skip_lot.Ladder.of(state.skip_memory)
    if skip_lot.is_drawn(ladder):
        return False
    state.skip_memory = skip_lot.after_skip(ladder).as_data()
    return True


def _let_through(inspection: Inspection, *, at: datetime) -> None:
    state = step(states.INSPECTION, inspection.state.value, "skip", subject=inspection.number)
    inspection.state, inspection.verdict, inspection.suggested = (
        InspectionState(state), Verdict.ACCEPTED, "accepted",
    )  # fmt: skip
    inspection.closed_by, inspection.closed_at = SYSTEM_USER, at
