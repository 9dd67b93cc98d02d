"""Verbs of problems: report one, with the work that follows from it in the same transaction; print its label; settle it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update

from wms.accounts.models import User
from wms.alerts.models import AlertKind, Severity
from wms.alerts.service import raise_alert, resolve_subject
from wms.core.errors import BinNotEmpty, InsufficientStock, KeyReused, NotFound, WrongState
from wms.core.ids import (
    LOOSE,
    OURSELVES,
    BinId,
    HoldId,
    LotId,
    LpnId,
    PostingSeq,
    ProblemId,
    UserId,
    WarehouseId,
    new_id,
)
from wms.core.quantity import ZERO, Quantity
from wms.db import db
from wms.files import service as files
from wms.files.service import KeptFile
from wms.problems import queries, rules
from wms.problems.models import Problem, ProblemKind, ProblemState
from wms.quality.queries import find_bin_apart
from wms.quality.service import PlaceHold, place_hold
from wms.sites.models import Bin, BinKind
from wms.stock import ledger
from wms.stock import queries as stock
from wms.stock.ledger import Document, Move, Place, Quality, Reason, StockKey
from wms.stock.models import Capture, HoldReason, HoldScope, Lot
from wms.stock.queries import BalanceRow
from wms.tasks.models import TaskKind
from wms.tasks.service import create_task

WHY = "problem"
_RAW = 512


@dataclass(frozen=True, kw_only=True)
class ReportProblem:
    """What a person found: what is wrong, where, with which goods. `quantity` in base units; `lpn` 0 for loose goods."""

    key: str
    warehouse: WarehouseId
    kind: ProblemKind
    bin: BinId
    lot: LotId
    lpn: LpnId = LOOSE
    quantity: Quantity | None = None
    note: str = ""
    capture: Capture = Capture.SCAN
    raw_scan: str = ""


@dataclass(frozen=True, kw_only=True)
class Reported:
    """What came of a report."""

    problem: ProblemId
    hold: HoldId | None
    is_counted: bool
    is_label_wanted: bool
    is_repeat: bool = False


# -- report -------------------------------------------------------------------------------------------------------------
def report(cmd: ReportProblem, *, photo: KeptFile | None = None, actor: UserId, at: datetime) -> Reported:
    """Keep a report and do what follows: hold and cage for damage, a label and a count for a bad label, gain, hold and count
    for goods in a bin that the book calls empty; an alert for each.

    Raises FieldErrors (no quantity, no words), NotFound (nothing of the lot stands there), InsufficientStock (less than
    the quantity), BinNotEmpty (found goods where the book knows of some: count instead), KeyReused.
    """
    known = queries.find_by_key(cmd.key)
    if known is not None:
        return _repeated(known, cmd)
    rules.check_report(cmd.kind.value, has_quantity=cmd.quantity is not None and cmd.quantity > ZERO, note=cmd.note)
    bin_ = _bin_of(cmd)
    identity = ProblemId(new_id())
    problem = Problem(
        id=identity, key=cmd.key, kind=cmd.kind, state=ProblemState.OPEN, warehouse_id=cmd.warehouse,
        bin_id=cmd.bin, lpn_id=cmd.lpn or None, lot_id=cmd.lot, quantity=cmd.quantity, note=cmd.note,
        capture=cmd.capture, raw_scan=cmd.raw_scan[:_RAW], is_label_wanted=cmd.kind.value in rules.LABEL,
        reported_by=actor, reported_at=at,
    )  # fmt: skip
    if cmd.kind is ProblemKind.FOUND:
        problem.posting_seq = _take_in(cmd, identity, actor=actor, at=at)
        problem.hold_id = _hold(cmd, HoldReason.FOUND, actor=actor, at=at)
    else:
        rows = _goods(cmd)
        if cmd.kind.value in rules.DAMAGE:
            problem.hold_id = _hold(cmd, HoldReason.DAMAGE, actor=actor, at=at)
            _cage(cmd, rows, problem.hold_id, actor=actor, at=at)
    is_counted = cmd.kind.value in rules.LABEL or cmd.kind is ProblemKind.FOUND
    db.session.add(problem)
    db.session.flush()
    if is_counted:
        _leave_count(cmd, problem.id, actor=actor, at=at)
    if photo is not None:
        files.attach(photo, subject_kind="problem", subject_id=problem.id, actor=actor, at=at)
    _tell(problem, bin_.code, actor=actor, at=at)
    return Reported(
        problem=problem.id, hold=problem.hold_id, is_counted=is_counted, is_label_wanted=problem.is_label_wanted
    )


def _repeated(known: Problem, cmd: ReportProblem) -> Reported:
    is_same = (known.kind, known.bin_id, known.lot_id, known.quantity, known.warehouse_id) == (
        cmd.kind, cmd.bin, cmd.lot, cmd.quantity, cmd.warehouse,
    )  # fmt: skip
    if not is_same:
        raise KeyReused(key=cmd.key)
    return Reported(
        problem=known.id, hold=known.hold_id, is_counted=known.is_label_wanted or known.kind is ProblemKind.FOUND,
        is_label_wanted=known.is_label_wanted, is_repeat=True,
    )  # fmt: skip


def _bin_of(cmd: ReportProblem) -> Bin:
    found = db.session.get(Bin, cmd.bin)
    if found is None or found.warehouse_id != cmd.warehouse or found.is_outside:
        raise NotFound(kind="bin", text=str(cmd.bin))
    return found


def _goods(cmd: ReportProblem) -> list[BalanceRow]:
    """What the book knows of these goods there; at least as much as was reported."""
    rows = stock.find_balances(lot=cmd.lot, bin=cmd.bin, lpn=cmd.lpn, warehouse=cmd.warehouse)
    if not rows:
        raise NotFound(kind="lot", text=_lot(cmd.lot).number)
    there = sum((row.on_hand for row in rows), ZERO)
    if cmd.quantity is not None and cmd.quantity > there:
        raise InsufficientStock(
            lot=rows[0].lot_number, bin=rows[0].bin_code, needed=str(cmd.quantity), available=str(there)
        )
    return rows


def _hold(cmd: ReportProblem, reason: HoldReason, *, actor: UserId, at: datetime) -> HoldId:
    """Stop the part; promises on it are freed and picks stopped, as by any hold."""
    return place_hold(
        PlaceHold(
            key=f"problem:{cmd.key}"[:100], scope=HoldScope.QUANTITY, lot=cmd.lot, warehouse=cmd.warehouse, bin=cmd.bin,
            lpn=cmd.lpn, quantity=cmd.quantity, reason=reason, note=cmd.note,
        ),
        actor=actor, at=at,
    ).hold  # fmt: skip


def _cage(cmd: ReportProblem, rows: list[BalanceRow], hold: HoldId, *, actor: UserId, at: datetime) -> None:
    """A hold leaves work for loose goods; the damaged part of a plate is to be put apart as well."""
    row = rows[0]
    if cmd.lpn == LOOSE or row.bin_kind in (BinKind.QUARANTINE, BinKind.REJECT_CAGE):
        return
    create_task(
        kind=TaskKind.CAGE, warehouse=cmd.warehouse, actor=actor, at=at, document_kind="hold", document_id=hold,
        item_id=row.item, lot_id=cmd.lot, owner_id=row.owner, source_bin_id=cmd.bin, source_lpn_id=cmd.lpn,
        target_bin_id=find_bin_apart(cmd.warehouse, (BinKind.QUARANTINE,), row.item_storage_class),
        quantity=cmd.quantity, why=HoldReason.DAMAGE.value, note=cmd.note,
    )  # fmt: skip


def _take_in(cmd: ReportProblem, problem: ProblemId, *, actor: UserId, at: datetime) -> PostingSeq:
    """Goods that the book does not know there: a gain of counting, pending until quality decides."""
    there = stock.find_balances(bin=cmd.bin, warehouse=cmd.warehouse)
    if there:
        raise BinNotEmpty(bin=there[0].bin_code, lot=there[0].lot_number)
    assert cmd.quantity is not None
    target = StockKey(lot=cmd.lot, owner=OURSELVES, quality=Quality.PENDING, place=Place(bin=cmd.bin, lpn=cmd.lpn))
    outside = Place(bin=_adjustment_bin(cmd.warehouse))
    return ledger.post(
        [Move(quantity=cmd.quantity, source=target.at(outside), target=target)], key=f"found:{cmd.key}"[:100],
        reason=Reason.COUNT, document=Document(kind="problem", id=problem), actor=actor, at=at, note=cmd.note,
        capture=cmd.capture, raw_scan=cmd.raw_scan,
    ).seq  # fmt: skip


def _adjustment_bin(warehouse: WarehouseId) -> BinId:
    found = db.session.execute(
        select(Bin.id).where(Bin.warehouse_id == warehouse, Bin.kind == BinKind.ADJUSTMENT).order_by(Bin.id).limit(1)
    ).scalar()
    if found is None:
        raise NotFound(kind="bin", text="adjustment")
    return BinId(found)


def _leave_count(cmd: ReportProblem, problem: ProblemId, *, actor: UserId, at: datetime) -> None:
    if queries.has_open_count(cmd.warehouse, cmd.bin, cmd.lot, cmd.lpn):
        return
    create_task(
        kind=TaskKind.COUNT, warehouse=cmd.warehouse, actor=actor, at=at, document_kind="problem", document_id=problem,
        item_id=_lot(cmd.lot).item_id, lot_id=cmd.lot, owner_id=OURSELVES, source_bin_id=cmd.bin,
        source_lpn_id=cmd.lpn, why=WHY,
    )  # fmt: skip


def _tell(problem: Problem, bin_code: str, *, actor: UserId, at: datetime) -> None:
    lot = _lot(problem.lot_id)
    raise_alert(
        kind=AlertKind.PROBLEM_REPORTED, severity=Severity.WARNING, warehouse=problem.warehouse_id,
        subject_key=f"problem:{problem.id}", subject_kind="problem", subject_id=problem.id,
        data={
            "person": db.session.execute(select(User.full_name).where(User.id == actor)).scalar_one(),
            "bin": bin_code, "problem": f"problem_{problem.kind.value}", "lot": lot.number, "sku": lot.item.sku,
        },
        at=at,
    )  # fmt: skip


def _lot(lot: LotId) -> Lot:
    found = db.session.get(Lot, lot)
    if found is None:
        raise NotFound(kind="lot", text=str(lot))
    return found


# -- afterwards -----------------------------------------------------------------------------------------------------------
def note_label_printed(problem: ProblemId, *, at: datetime) -> None:
    """Say that the label was printed; once more is nothing. NotFound for a problem that wants none."""
    done = db.session.execute(
        update(Problem)
        .where(Problem.id == problem, Problem.is_label_wanted)
        .values(label_printed_at=at)
        .execution_options(synchronize_session="fetch")
    )
    if done.rowcount != 1:  # type: ignore[attr-defined]
        raise NotFound(kind="problem", text=str(problem))


def settle(problem: ProblemId, *, note: str, actor: UserId, at: datetime) -> None:
    """Close a problem with what was done about it; its alert falls. WrongState when it is settled already. Holds stay."""
    done = db.session.execute(
        update(Problem)
        .where(Problem.id == problem, Problem.state == ProblemState.OPEN)
        .values(state=ProblemState.SETTLED, settled_by=actor, settled_at=at, settled_note=note[:500])
        .execution_options(synchronize_session="fetch")
    )
    if done.rowcount != 1:  # type: ignore[attr-defined]
        queries.warehouse_of(problem)
        raise WrongState(subject="problem", state="settled", event="settle", needed=["open"])
    resolve_subject(f"problem:{problem}", actor=actor, at=at, note=note)
