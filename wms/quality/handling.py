"""Carrying goods by hand inside the walls: a quantity from a balance, or a whole LPN, into another bin.

Quality says where stopped goods may stand, so the verbs live here. The work a hold left (recover, cage) is closed when its
goods are carried apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update

from wms.core.clock import local_day
from wms.core.errors import BadQuantity, BinUnsuitable, InsufficientStock, NotFound
from wms.core.ids import LOOSE, BalanceId, BinId, DeviceId, LotId, LpnId, PostingSeq, UserId, WarehouseId
from wms.core.quantity import ZERO, Quantity
from wms.db import db
from wms.events.catalog import GoodsMoved
from wms.events.outbox import emit
from wms.quality.apart import why_apart
from wms.sites.models import Bin, BinKind, Warehouse, Zone
from wms.stock import ledger
from wms.stock import queries as stock
from wms.stock.ledger import ClaimUse, Move, Place, Posted, Reason
from wms.stock.queries import BalanceRow
from wms.stock.rules.state import kinds_for
from wms.tasks.models import Task, TaskKind, TaskState
from wms.tasks.service import finish_task

_APART = frozenset({BinKind.QUARANTINE, BinKind.REJECT_CAGE})
_OUTBOUND = frozenset({BinKind.STAGING, BinKind.SHIPPING})


@dataclass(frozen=True, kw_only=True)
class MoveGoods:
    """Carry a quantity of one balance into a bin of the same warehouse, loose."""

    key: str
    warehouse: WarehouseId
    balance: BalanceId
    quantity: Quantity
    target: BinId


@dataclass(frozen=True, kw_only=True)
class MoveLpn:
    """Carry a whole LPN, with what stands on it, into a bin of the same warehouse."""

    key: str
    warehouse: WarehouseId
    lpn: LpnId
    target: BinId


@dataclass(frozen=True)
class _Target:
    id: BinId
    code: str
    kind: BinKind
    storage_class: str | None
    takes_mixed_lots: bool
    capacity_lpns: int | None
    timezone: str


def move_goods(cmd: MoveGoods, *, actor: UserId, at: datetime, device: DeviceId | None = None) -> PostingSeq:
    """Move part of a balance. Raises NotFound, BadQuantity, BinUnsuitable, BinBlocked, InsufficientStock (promised goods stay)."""
    if (known := stock.find_posting(cmd.key)) is not None:
        return known.seq
    if cmd.quantity <= ZERO:
        raise BadQuantity(text=str(cmd.quantity))
    row = _one(cmd)
    ledger.lock_lots([row.lot], exclusive=False)
    row = _one(cmd)  # looked at again: a hold may have changed its key while we waited for the lot
    target = _target(cmd.target, cmd.warehouse)
    _check(target, [row], at=at)
    goal = Place(bin=target.id)
    if row.key.place == goal:
        raise BinUnsuitable(bin=target.code, why="same_bin", found=target.code, needed="another_bin")
    move = Move(quantity=cmd.quantity, source=row.key, target=row.key.at(goal))
    return _post([move], [row], target, key=cmd.key, actor=actor, at=at, device=device).seq


def _one(cmd: MoveGoods) -> BalanceRow:
    rows = stock.find_balances(ids=[cmd.balance], warehouse=cmd.warehouse)
    if not rows:
        raise NotFound(kind="stock", text="")
    return rows[0]


def move_lpn(cmd: MoveLpn, *, actor: UserId, at: datetime, device: DeviceId | None = None) -> PostingSeq:
    """Move a plate and all that stands on it. Between staging and shipping the promises go along; else none may lie on it."""
    if (known := stock.find_posting(cmd.key)) is not None:
        return known.seq
    plates = stock.lpn_with_children(cmd.lpn)
    lots: set[LotId] = {row.lot for row in _on_plates(plates, cmd.warehouse)}
    ledger.lock_lots(lots, exclusive=False)
    rows = _on_plates(plates, cmd.warehouse)
    target = _target(cmd.target, cmd.warehouse)
    if {row.bin for row in rows} == {target.id}:
        raise BinUnsuitable(bin=target.code, why="same_bin", found=target.code, needed="another_bin")
    _check(target, rows, at=at)
    _check_room(target, cmd.lpn)
    moves = [move for row in rows for move in _whole(row, target)]
    return _post(moves, rows, target, key=cmd.key, actor=actor, at=at, device=device).seq


def check_bin(bin_id: BinId, rows: Sequence[BalanceRow], *, warehouse: WarehouseId, at: datetime) -> None:
    """Refuse a bin that may not take these goods, for verbs that carry them by a paper of their own. NotFound, BinUnsuitable."""
    _check(_target(bin_id, warehouse), rows, at=at)


def _on_plates(plates: Sequence[LpnId], warehouse: WarehouseId) -> list[BalanceRow]:
    rows = stock.find_balances(lpns=plates, warehouse=warehouse)
    if not rows:
        raise NotFound(kind="lpn", text="")
    return rows


def _whole(row: BalanceRow, target: _Target) -> list[Move]:
    """All of a balance; promised parts as moves that carry their claim, when goods stay on their way out."""
    key = row.key.at(Place(bin=target.id, lpn=row.lpn))
    if row.allocated <= ZERO:
        return [Move(quantity=row.on_hand, source=row.key, target=key)]
    if row.bin_kind not in _OUTBOUND or target.kind not in _OUTBOUND:
        raise InsufficientStock(
            lot=row.lot_number, bin=row.bin_code, needed=str(row.on_hand), available=str(row.unpromised)
        )
    moves = [
        Move(
            quantity=claim.quantity,
            source=row.key,
            target=key,
            claim=ClaimUse(claim=claim.id, demand_kind=claim.demand_kind, demand_id=claim.demand_id, carried=True),
        )
        for claim in stock.claims_on([row.id])
    ]
    if row.unpromised > ZERO:
        moves.append(Move(quantity=row.unpromised, source=row.key, target=key))
    return moves


def _target(bin_id: BinId, warehouse: WarehouseId) -> _Target:
    row = db.session.execute(
        select(
            Bin.id, Bin.code, Bin.kind, Zone.storage_class, Bin.takes_mixed_lots, Bin.capacity_lpns, Warehouse.timezone
        )
        .join(Warehouse, Warehouse.id == Bin.warehouse_id)
        .outerjoin(Zone, Zone.id == Bin.zone_id)
        .where(Bin.id == bin_id, Bin.warehouse_id == warehouse, ~Bin.is_outside)
    ).first()
    if row is None:
        raise NotFound(kind="bin", text=str(bin_id))
    return _Target(*row)


def _check(target: _Target, rows: Sequence[BalanceRow], *, at: datetime) -> None:
    """Refuse a bin whose kind, temperature or single lot does not take these goods."""
    on = local_day(at, target.timezone)
    apart = why_apart(rows, on=on)
    for row in rows:
        states = row.states(on)
        kinds = kinds_for(states, source_kind=row.bin_kind.value, must_stand_apart=row.id in apart)
        if row.stopped_for and row.bin_kind is not BinKind.SAMPLE:  # by a recall that does not hold it yet
            kinds |= {kind.value for kind in _APART}
        if target.kind.value not in kinds:
            raise BinUnsuitable(bin=target.code, why="bin_kind", found=target.kind.value, needed=sorted(kinds))
        is_waste = row.id in apart
        if target.storage_class and target.storage_class != row.item_storage_class and not is_waste:
            raise BinUnsuitable(
                bin=target.code, why="storage_class", found=target.storage_class, needed=row.item_storage_class.value
            )
    if not target.takes_mixed_lots:
        there = {row.lot for row in stock.find_balances(bin=target.id)} | {row.lot for row in rows}
        if len(there) > 1:
            raise BinUnsuitable(bin=target.code, why="other_lot", found="other_lot", needed="same_lot")


def _check_room(target: _Target, lpn: LpnId) -> None:
    if target.capacity_lpns is None:
        return
    plates = {row.lpn for row in stock.find_balances(bin=target.id)} - {LOOSE, lpn}
    if len(plates) >= target.capacity_lpns:
        raise BinUnsuitable(bin=target.code, why="bin_full", found=str(target.capacity_lpns), needed="empty_bin")


def _post(moves: list[Move], rows: Sequence[BalanceRow], target: _Target, *, key: str, actor: UserId, at: datetime,
          device: DeviceId | None) -> Posted:  # fmt: skip
    reason = Reason.QUARANTINE if target.kind in _APART else Reason.MOVE
    posted = ledger.post(moves, key=key, reason=reason, actor=actor, at=at, device=device)
    if posted.is_repeat:
        return posted
    for row in rows:
        moved = Quantity(sum(m.quantity.millionths for m in moves if m.source == row.key))
        if target.kind in _APART:
            _settle_work(row, moved, actor=actor, at=at)
        emit(
            GoodsMoved(lot=row.lot, source=row.bin, target=target.id, quantity=moved, posting=posted.seq),
            actor=actor,
            at=at,
        )
    return posted


def _settle_work(row: BalanceRow, moved: Quantity, *, actor: UserId, at: datetime) -> None:
    """Close the recover and cage tasks of these goods as far as they were carried apart."""
    tasks = db.session.execute(
        select(Task.id, Task.quantity)
        .where(
            Task.lot_id == row.lot,
            Task.kind.in_((TaskKind.RECOVER, TaskKind.CAGE)),
            Task.state.in_((TaskState.OPEN, TaskState.TAKEN)),
            Task.source_bin_id == row.bin,
            Task.source_lpn_id == row.lpn,
        )
        .order_by(Task.id)
    ).all()
    left = moved
    for task in tasks:
        wanted = task.quantity or ZERO
        if wanted <= left:
            finish_task(task.id, done_quantity=wanted, actor=actor, at=at)
            left = left - wanted
        elif left > ZERO:
            db.session.execute(update(Task).where(Task.id == task.id).values(quantity=wanted - left))
            left = ZERO
