"""Samples are stock: drawing one moves goods into a bin for samples, using it up or destroying it takes them out of the house.

Drawing is open to pending, held, rejected and expired goods as well (purpose sample); from a bin for samples nothing is sold.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from sqlalchemy import select

from wms.core.clock import local_day
from wms.core.errors import BinUnsuitable, InsufficientStock, NotFound, SampleStillKept, WrongState
from wms.core.ids import SYSTEM_USER, BalanceId, BinId, InspectionId, SampleId, UserId, WarehouseId, new_id
from wms.core.quantity import ZERO, Quantity
from wms.db import db
from wms.inspection import queries
from wms.inspection.models import Inspection, Sample, SampleKind, SampleState
from wms.inspection.rules.keeping import keep_until
from wms.inspection.service.opening import make_number
from wms.sites.models import Bin, BinKind, Warehouse
from wms.stock import ledger
from wms.stock import queries as stock
from wms.stock.ledger import Document, Move, Place, Reason
from wms.stock.models import Lot
from wms.stock.rules.availability import NEVER
from wms.tasks.models import Task, TaskKind, TaskState
from wms.tasks.service import create_task, finish_task

_MONTHS_KEPT: Final = 12
_UNDONE: Final = (TaskState.OPEN, TaskState.TAKEN)


@dataclass(frozen=True, kw_only=True)
class DrawSample:
    """Draw part of a balance as a sample. `key` makes a repeat harmless; `bin` None: the first bin for samples here."""

    key: str
    warehouse: WarehouseId
    kind: SampleKind
    balance: BalanceId
    quantity: Quantity
    bin: BinId | None = None
    inspection: InspectionId | None = None
    #: For a retained sample; None: by the plan's months beyond the lot's last good day.
    keep_until: date | None = None
    note: str = ""


def draw_sample(cmd: DrawSample, *, actor: UserId, at: datetime) -> Sample:
    """Draw a sample: post it into a bin for samples, and remember what it is for.

    Raises NotFound (the balance, a bin for samples, the inspection), BinUnsuitable, InsufficientStock, WrongState (the
    inspection is of another lot), KeyReused.
    """
    key = f"sample:{cmd.key}"[:100]
    if (known := stock.find_posting(key)) is not None:
        return db.session.execute(select(Sample).where(Sample.posting_seq == known.seq)).scalar_one()
    rows = stock.find_balances(ids=[cmd.balance], warehouse=cmd.warehouse)
    if not rows:
        raise NotFound(kind="stock", text="")
    row = rows[0]
    inspection = _inspection(cmd, row.lot)
    target = _sample_bin(cmd)
    if row.bin_kind is BinKind.SAMPLE:
        raise BinUnsuitable(bin=row.bin_code, why="bin_kind", found=BinKind.SAMPLE.value, needed=["storage", "dock"])
    identity = SampleId(new_id())
    posted = ledger.post(
        [Move(quantity=cmd.quantity, source=row.key, target=row.key.at(Place(bin=target)))],
        key=key, reason=Reason.SAMPLE, document=Document(kind="sample", id=identity), actor=actor, at=at, note=cmd.note,
    )  # fmt: skip
    sample = Sample(
        id=identity, code=make_number("S", identity, at), kind=cmd.kind, state=SampleState.KEPT,
        warehouse_id=cmd.warehouse, inspection_id=inspection.id if inspection else None, lot_id=row.lot,
        owner_id=row.owner, source_bin_id=row.bin, bin_id=target, quantity=cmd.quantity, left_quantity=cmd.quantity,
        keep_until=_keep_until(cmd, row.fefo_on, inspection, at=at), posting_seq=posted.seq, drawn_by=actor, drawn_at=at,
        note=cmd.note,
    )  # fmt: skip
    db.session.add(sample)
    db.session.flush()
    if inspection is not None:
        _settle_task(inspection, actor=actor, at=at)
    return sample


def _inspection(cmd: DrawSample, lot: int) -> Inspection | None:
    if cmd.inspection is None:
        return None
    inspection = queries.get_inspection(cmd.inspection, warehouse=cmd.warehouse).inspection
    if inspection.lot_id != lot:
        raise WrongState(subject=inspection.number, state="other_lot", event="sample", needed=["same_lot"])
    return inspection


def _sample_bin(cmd: DrawSample) -> BinId:
    statement = (
        select(Bin.id, Bin.code, Bin.kind)
        .where(Bin.warehouse_id == cmd.warehouse, ~Bin.is_outside)
        .order_by(Bin.walk_sequence, Bin.code)
    )
    if cmd.bin is not None:
        found = db.session.execute(statement.where(Bin.id == cmd.bin)).first()
        if found is None:
            raise NotFound(kind="bin", text=str(cmd.bin))
        if found.kind is not BinKind.SAMPLE:
            raise BinUnsuitable(bin=found.code, why="bin_kind", found=found.kind.value, needed=[BinKind.SAMPLE.value])
        return BinId(found.id)
    found = db.session.execute(statement.where(Bin.kind == BinKind.SAMPLE, ~Bin.is_blocked).limit(1)).first()
    if found is None:
        raise NotFound(kind="sample_bin", text="SAMPLE")
    return BinId(found.id)


def _keep_until(cmd: DrawSample, fefo_on: date, inspection: Inspection | None, *, at: datetime) -> date | None:
    if cmd.kind is not SampleKind.RETAINED:
        return cmd.keep_until
    if cmd.keep_until is not None:
        return cmd.keep_until
    zone = db.session.execute(select(Warehouse.timezone).where(Warehouse.id == cmd.warehouse)).scalar_one()
    months = inspection.plan["retained_months"] if inspection else _MONTHS_KEPT
    return keep_until(None if fefo_on == NEVER else fefo_on, months=months, on=local_day(at, zone))


def _settle_task(inspection: Inspection, *, actor: UserId, at: datetime) -> None:
    """Close the work of drawing samples once all that the plan wants was drawn."""
    drawn = Quantity(sum(row.sample.quantity.millionths for row in queries.samples_of(inspection.id)))
    tasks = db.session.execute(
        select(Task.id, Task.quantity).where(
            Task.kind == TaskKind.SAMPLE, Task.document_kind == "inspection", Task.document_id == inspection.id,
            Task.state.in_(_UNDONE),
        )
    ).all()  # fmt: skip
    for task in tasks:
        if (task.quantity or ZERO) <= drawn:
            finish_task(task.id, done_quantity=drawn, actor=actor, at=at)


# -- the end of a sample ----------------------------------------------------------------------------------------------
def use_up(
    sample_id: SampleId, *, warehouse: WarehouseId, key: str, quantity: Quantity, note: str, actor: UserId, at: datetime
) -> Sample:
    """Use a sample up in the test, all or part of it. Raises WrongState (it is gone), InsufficientStock, NotFound, KeyReused."""
    posting = f"sample-use:{key}"[:100]
    sample = _lock(sample_id, warehouse)
    if stock.find_posting(posting) is not None:
        return sample
    _demand_kept(sample, "use_up")
    if quantity > sample.left_quantity:
        _refuse_more(sample, quantity)
    _take_out(
        sample, quantity, Reason.SAMPLE, (BinKind.CONSUMED, BinKind.SCRAP), key=posting, note=note, actor=actor, at=at
    )
    sample.left_quantity = sample.left_quantity - quantity
    if not sample.left_quantity:
        _end(sample, SampleState.CONSUMED, note, actor=actor, at=at)
    db.session.flush()
    return sample


def destroy(
    sample_id: SampleId, *, warehouse: WarehouseId, key: str, note: str, actor: UserId, at: datetime
) -> Sample:  # fmt: skip
    """Destroy what is left of a sample; a retained one only after the day until which it is kept.

    Raises SampleStillKept, WrongState (it is gone), NotFound, KeyReused.
    """
    posting = f"sample-end:{key}"[:100]
    sample = _lock(sample_id, warehouse)
    if stock.find_posting(posting) is not None:
        return sample
    _demand_kept(sample, "destroy")
    zone = db.session.execute(select(Warehouse.timezone).where(Warehouse.id == warehouse)).scalar_one()
    on = local_day(at, zone)
    if sample.kind is SampleKind.RETAINED and sample.keep_until is not None and on <= sample.keep_until:
        raise SampleStillKept(sample=sample.code, keep_until=sample.keep_until.isoformat(), on=on.isoformat())
    _take_out(sample, sample.left_quantity, Reason.SCRAP, (BinKind.SCRAP,), key=posting, note=note, actor=actor, at=at)
    _end(sample, SampleState.DESTROYED, note, actor=actor, at=at)
    db.session.flush()
    return sample


def _end(sample: Sample, state: SampleState, note: str, *, actor: UserId, at: datetime) -> None:
    done, sample.left_quantity = sample.left_quantity, ZERO
    sample.state, sample.closed_by, sample.closed_at, sample.closing_note = state, actor, at, note
    tasks = db.session.execute(
        select(Task.id).where(
            Task.kind == TaskKind.DESTROY, Task.document_kind == "sample", Task.document_id == sample.id,
            Task.state.in_(_UNDONE),
        )
    ).scalars()  # fmt: skip
    for task in list(tasks):
        finish_task(task, done_quantity=done, actor=actor, at=at)


def _take_out(sample: Sample, quantity: Quantity, reason: Reason, kinds: tuple[BinKind, ...], *, key: str, note: str,
              actor: UserId, at: datetime) -> None:  # fmt: skip
    """Post a sample out of the house, in whatever quality and under whatever holds its lot is by now."""
    ledger.lock_lots([sample.lot_id], exclusive=False)
    rows = [
        row
        for row in stock.find_balances(lot=sample.lot_id, warehouse=sample.warehouse_id, bin_kinds=[BinKind.SAMPLE])
        if row.owner == sample.owner_id
    ]
    rows.sort(key=lambda row: (row.bin != sample.bin_id, row.id))
    outside = _outside(sample.warehouse_id, kinds)
    moves, left = [], quantity
    for row in rows:
        part = min(left, row.unpromised)
        if part > ZERO:
            moves.append(Move(quantity=part, source=row.key, target=row.key.at(Place(bin=outside))))
            left = left - part
    if left:
        _refuse_more(sample, quantity, available=quantity - left)
    ledger.post(
        moves, key=key, reason=reason, document=Document(kind="sample", id=sample.id), actor=actor, at=at, note=note
    )


def _outside(warehouse: WarehouseId, kinds: tuple[BinKind, ...]) -> BinId:
    found = {
        row.kind: row.id
        for row in db.session.execute(
            select(Bin.id, Bin.kind).where(Bin.warehouse_id == warehouse, Bin.kind.in_(kinds)).order_by(Bin.id.desc())
        )
    }
    for kind in kinds:
        if kind in found:
            return BinId(found[kind])
    raise NotFound(kind="bin", text=kinds[0].value)


def _refuse_more(sample: Sample, quantity: Quantity, *, available: Quantity | None = None) -> None:
    number = db.session.execute(select(Lot.number).where(Lot.id == sample.lot_id)).scalar_one()
    code = db.session.execute(select(Bin.code).where(Bin.id == sample.bin_id)).scalar_one()
    there = sample.left_quantity if available is None else available
    raise InsufficientStock(lot=number, bin=code, needed=str(quantity), available=str(there))


def _demand_kept(sample: Sample, event: str) -> None:
    if sample.state is not SampleState.KEPT:
        raise WrongState(subject=sample.code, state=sample.state.value, event=event, needed=[SampleState.KEPT.value])


def _lock(sample_id: SampleId, warehouse: WarehouseId) -> Sample:
    found = db.session.get(Sample, sample_id, with_for_update=True, populate_existing=True)
    if found is None or found.warehouse_id != warehouse:
        raise NotFound(kind="sample", text=str(sample_id))
    return found


# -- the job ----------------------------------------------------------------------------------------------------------
def retained_due(*, warehouse: WarehouseId, on: date, at: datetime, actor: UserId = SYSTEM_USER) -> dict[str, int]:
    """Leave the work of destroying each retained sample whose time is over, once; how many."""
    waiting = select(Task.document_id).where(
        Task.kind == TaskKind.DESTROY, Task.document_kind == "sample", Task.state.in_(_UNDONE)
    )
    due = db.session.execute(
        select(Sample, Lot.item_id)
        .join(Lot, Lot.id == Sample.lot_id)
        .where(
            Sample.warehouse_id == warehouse, Sample.kind == SampleKind.RETAINED, Sample.state == SampleState.KEPT,
            Sample.keep_until < on, Sample.id.not_in(waiting),
        )
        .order_by(Sample.id)
    ).all()  # fmt: skip
    for sample, item in due:
        create_task(
            kind=TaskKind.DESTROY, warehouse=warehouse, actor=actor, at=at, document_kind="sample",
            document_id=sample.id, item_id=item, lot_id=sample.lot_id, owner_id=sample.owner_id,
            source_bin_id=sample.bin_id, quantity=sample.left_quantity, why="retained_over",
        )  # fmt: skip
    return {"tasks": len(due)}
