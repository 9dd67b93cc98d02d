"""A short pick: what was found is posted, the rest is sought elsewhere at once, and the bin is to be counted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import update

from wms.alerts.models import AlertKind, Severity
from wms.alerts.service import raise_alert
from wms.core.errors import WrongBinScanned
from wms.core.ids import BalanceId, ClaimId, DeviceId, TaskId, UserId, WarehouseId
from wms.core.quantity import ZERO, Quantity
from wms.db import db
from wms.events.catalog import PickConfirmed
from wms.events.outbox import emit
from wms.picking import queries
from wms.picking.models import PickListState
from wms.picking.queries import SHORT_PICK, Stop
from wms.picking.rules.check_pick import Scanned, check_pick, check_stop
from wms.picking.service.allocation import allocate_lines
from wms.picking.service.lists import add_tasks, check_picker, check_place, finish_list
from wms.picking.service.pick import post_pick
from wms.picking.service.separation import refuse_unseparated
from wms.stock import ledger
from wms.tasks.models import Task, TaskKind
from wms.tasks.service import create_task, finish_task


@dataclass(frozen=True, kw_only=True)
class ReportShort:
    """What a picker found at a stop: `found` of the needed lot (zero: none), less than the stop asks for."""

    task: TaskId
    scanned: Scanned
    found: Quantity
    key: str
    device: DeviceId | None = None
    warehouse: WarehouseId | None = None


@dataclass(frozen=True, kw_only=True)
class Short:
    """What came of it: what was taken, what was found elsewhere instead, what is missing, and the next stop."""

    found: Quantity
    reallocated: Quantity
    missing: Quantity
    unit: str
    next: Stop | None
    is_repeat: bool = False


def report_short(cmd: ReportShort, *, actor: UserId, at: datetime) -> Short:
    """Take what is there, look for the rest elsewhere, leave a count for the bin, tell people when nothing else is found.

    With `found` above zero the scan must name the goods, as in a pick. Raises what confirm_pick raises, and WrongState
    when the stop is closed by something else than this short.
    """
    stop = queries.find_stop(cmd.task, at=at, key=cmd.key)
    check_place(stop, cmd.warehouse)
    if stop.facts.state == "done" and stop.facts.why_stopped == SHORT_PICK:
        return Short(
            found=cmd.found, reallocated=ZERO, missing=ZERO, unit=stop.unit,
            next=queries.next_stop(stop.list_id, at=at), is_repeat=True,
        )  # fmt: skip
    check_stop(stop.facts)
    check_picker(stop, actor)
    if cmd.found > ZERO:
        taken = check_pick(stop.facts, cmd.scanned, cmd.found)
        refuse_unseparated(stop)
        post_pick(stop, taken, key=cmd.key, device=cmd.device, actor=actor, at=at)
    elif cmd.scanned.bin_code != stop.facts.bin_code:
        raise WrongBinScanned(needed=stop.facts.bin_code, scanned=cmd.scanned.bin_code)
    rest = stop.left - cmd.found
    if rest:
        ledger.release([stop.claim] if stop.claim else [], actor=actor, at=at)
        _leave_count(stop, actor=actor, at=at)
    _close(stop, cmd.found, actor=actor, at=at)
    reallocated, missing = _seek_elsewhere(stop, actor=actor, at=at) if rest else (ZERO, ZERO)
    emit(
        PickConfirmed(task=stop.task, line=stop.line, lot=stop.key.lot, quantity=cmd.found, short=rest),
        actor=actor,
        at=at,
    )
    following = queries.next_stop(stop.list_id, at=at)
    if following is None:
        finish_list(stop.list_id, stop.order)
    return Short(found=cmd.found, reallocated=reallocated, missing=missing, unit=stop.unit, next=following)


def _close(stop: Stop, found: Quantity, *, actor: UserId, at: datetime) -> None:
    finish_task(stop.task, done_quantity=stop.done + found, actor=actor, at=at)
    db.session.execute(
        update(Task).where(Task.id == stop.task).values(why=SHORT_PICK).execution_options(synchronize_session=False)
    )


def _leave_count(stop: Stop, *, actor: UserId, at: datetime) -> None:
    if queries.has_count_task(stop):
        return
    create_task(
        kind=TaskKind.COUNT, warehouse=stop.warehouse, actor=actor, at=at, document_kind=queries.LIST,
        document_id=stop.list_id, item_id=stop.item, lot_id=stop.key.lot, owner_id=stop.key.owner,
        source_bin_id=stop.key.place.bin, source_lpn_id=stop.key.place.lpn, why=SHORT_PICK,
    )  # fmt: skip
    db.session.flush()


def _seek_elsewhere(stop: Stop, *, actor: UserId, at: datetime) -> tuple[Quantity, Quantity]:
    """Allocate the line anew without this balance, put the new stops into the walk, raise an alert for what is missing."""
    lines = queries.lines_of(stop.order, at=at, line=stop.line)
    excluded = frozenset([BalanceId(stop.balance)] if stop.balance else [])
    made = allocate_lines(lines, actor=actor, at=at, excluded=excluded)
    reallocated = sum((c.quantity for c in made), ZERO)
    if made:
        _add_to_walk(stop, {c.claim for c in made}, actor=actor, at=at)
    missing = sum((line.wanted for line in lines), ZERO) - reallocated
    if missing > ZERO:
        raise_alert(
            kind=AlertKind.SHORT_PICK, severity=Severity.WARNING, warehouse=stop.warehouse,
            subject_key=f"short_pick:{stop.line}", subject_kind="order", subject_id=stop.order,
            data={
                "order": stop.order_number, "sku": stop.facts.sku, "lot": stop.facts.lot_number,
                "bin": stop.facts.bin_code, "missing": str(missing), "unit": stop.unit,
            },
            at=at,
        )  # fmt: skip
    return reallocated, missing


def _add_to_walk(stop: Stop, claims: Iterable[ClaimId], *, actor: UserId, at: datetime) -> None:
    """Join the new stops to the walk from here on; a list that is no longer walked gets them at its end."""
    pick_list = queries.find_list(stop.list_id)
    wanted = set(claims)
    add_tasks(
        pick_list, [c for c in queries.claims_without_task(stop.order) if c.claim in wanted], actor=actor, at=at,
        after=stop.sequence,
    )  # fmt: skip
    if pick_list.state in {PickListState.DONE, PickListState.CANCELLED}:
        return
    here = queries.walk_of(stop.key.place.bin)
    tasks = queries.undone_tasks(stop.list_id)
    ahead = sorted((walk, task.id, task) for task, walk in tasks if walk >= here)
    behind = sorted((walk, task.id, task) for task, walk in tasks if walk < here)
    for n, (_, _, task) in enumerate([*ahead, *behind], start=1):
        task.sequence = stop.sequence + n
    db.session.flush()
