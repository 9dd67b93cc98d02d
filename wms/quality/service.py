"""Verbs of holds and verdicts. A hold is a posting like any other: the same goods, in a larger hold set.

Placing one frees the promises on the goods, stops the picks that live on them and leaves work (carry picked goods back,
separate loose ones) in one transaction. The lot is locked exclusively first, so nothing of it moves meanwhile.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select

from wms.accounts.models import User
from wms.alerts.models import AlertKind, Severity
from wms.alerts.service import raise_alert, resolve_subject
from wms.core.errors import HeldByNonconformance, InsufficientStock, KeyReused, NotFound, WrongState
from wms.core.ids import SYSTEM_USER, BinId, HoldId, LotId, LpnId, TaskId, UserId, WarehouseId
from wms.core.quantity import ZERO, Quantity
from wms.db import db
from wms.events.catalog import QualityDecided
from wms.events.outbox import emit
from wms.quality import rules
from wms.quality.cases import end_case_without_holds
from wms.quality.laying import Carrier, Laid, lay, take_off
from wms.quality.queries import HoldTarget, Reach, StoppedOrder, preview_hold, reach_of, record_of_hold
from wms.signing.rules import Meaning
from wms.signing.service import sign
from wms.sites.models import Bin, BinKind
from wms.stock import ledger
from wms.stock import queries as stock
from wms.stock.ledger import Document, Move, Quality, Reason
from wms.stock.models import Hold, HoldReason, HoldScope, Lot
from wms.stock.queries import BalanceRow
from wms.tasks.models import TaskKind

__all__ = [
    "DecideQuality", "LiftHold", "PlaceHold", "Placed", "decide_quality", "hold_expired", "lift_hold", "place_hold",
    "preview_hold",
]  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class PlaceHold:
    """Stop goods. `key` makes a repeat harmless; `warehouse` None holds the lot everywhere (scope `lot` only)."""

    key: str
    scope: HoldScope
    lot: LotId
    reason: HoldReason
    note: str = ""
    warehouse: WarehouseId | None = None
    bin: BinId | None = None
    lpn: LpnId | None = None
    quantity: Quantity | None = None

    @property
    def target(self) -> HoldTarget:
        """What it is to reach."""
        return HoldTarget(
            scope=self.scope,
            lot=self.lot,
            warehouse=self.warehouse,
            bin=self.bin if self.scope in (HoldScope.BIN, HoldScope.QUANTITY) else None,
            lpn=self.lpn if self.scope in (HoldScope.LPN, HoldScope.QUANTITY) else None,
            quantity=self.quantity if self.scope is HoldScope.QUANTITY else None,
        )


@dataclass(frozen=True, kw_only=True)
class Placed:
    """What a hold did: how much it stopped, whose orders and which tasks."""

    hold: HoldId
    quantity: Quantity
    stopped_orders: tuple[StoppedOrder, ...] = ()
    stopped_tasks: tuple[TaskId, ...] = ()
    is_repeat: bool = False


# -- place --------------------------------------------------------------------------------------------------------------
def place_hold(cmd: PlaceHold, *, actor: UserId, at: datetime) -> Placed:
    """Stop the goods in scope: break their promises, stop their picks, put them under a new hold.

    A hold of scope `lot` stands even where nothing of the lot is left: it takes what arrives later. Raises NotFound
    (nothing of the lot in that place), InsufficientStock (less than the quantity), FieldErrors (the scope's place is not named), KeyReused.
    """
    target = cmd.target
    rules.check_scope(cmd.scope.value, {"bin": cmd.bin, "lpn": cmd.lpn, "quantity": cmd.quantity})
    ledger.lock_lots([cmd.lot], exclusive=True)
    identity = hold_id_of(cmd.key)
    known = db.session.get(Hold, identity, populate_existing=True)
    if known is not None:
        return _repeated(known, cmd)
    reaches = reach_of(target)
    _check_reach(cmd, reaches)
    hold = Hold(
        id=identity,
        scope=cmd.scope,
        lot_id=cmd.lot,
        warehouse_id=_site_of(cmd, reaches),
        bin_id=target.bin,
        lpn_id=target.lpn,
        quantity=target.quantity,
        reason=cmd.reason,
        note=cmd.note,
        placed_by=actor,
        placed_at=at,
    )
    laid = lay(
        [(hold, reaches)], key=f"hold:{hold.id}", document=Document(kind="hold", id=hold.id), reason=cmd.reason,
        note=cmd.note, actor=actor, at=at,
    )  # fmt: skip
    _tell(hold, reaches, laid, at=at)
    return Placed(hold=identity, quantity=laid.quantity, stopped_orders=laid.orders, stopped_tasks=laid.tasks)


def hold_id_of(key: str) -> HoldId:
    """The id of the hold asked for under a key: the same request finds what it made before."""
    return HoldId(int.from_bytes(hashlib.sha256(f"hold:{key}".encode()).digest()[:8], "big") >> 1)


def _repeated(known: Hold, cmd: PlaceHold) -> Placed:
    target = cmd.target
    is_same = (known.scope, known.lot_id, known.bin_id, known.lpn_id, known.quantity, known.reason) == (
        cmd.scope, cmd.lot, target.bin, target.lpn, target.quantity, cmd.reason,
    )  # fmt: skip
    if not is_same:
        raise KeyReused(key=cmd.key)
    return Placed(hold=known.id, quantity=stock.held_by([known.id])[known.id], is_repeat=True)


def _check_reach(cmd: PlaceHold, reaches: Sequence[Reach]) -> None:
    total = Quantity(sum(r.quantity.millionths for r in reaches))
    if cmd.scope is HoldScope.QUANTITY and cmd.quantity is not None and total < cmd.quantity:
        raise InsufficientStock(
            lot=_lot_number(cmd.lot), bin=_bin_code(cmd.bin), needed=str(cmd.quantity), available=str(total)
        )
    if not reaches and cmd.scope is not HoldScope.LOT:
        raise NotFound(kind="lot", text=_lot_number(cmd.lot))


def _site_of(cmd: PlaceHold, reaches: Sequence[Reach]) -> WarehouseId | None:
    return cmd.warehouse if cmd.scope is HoldScope.LOT else reaches[0].row.warehouse


def _tell(hold: Hold, reaches: Sequence[Reach], laid: Laid, *, at: datetime) -> None:
    number = reaches[0].row.lot_number if reaches else _lot_number(hold.lot_id)
    for warehouse in laid.broken_in:
        raise_alert(
            kind=AlertKind.HOLD_STOPPED_ORDERS,
            severity=Severity.WARNING,
            warehouse=warehouse,
            subject_key=f"hold:{hold.id}:{warehouse}",
            subject_kind="lot",
            subject_id=hold.lot_id,
            data={
                "lot": number,
                "reason": hold.reason.value,
                "orders": ", ".join(o.demand.number for o in laid.orders[:10]),
                "count": len(laid.orders),
            },
            at=at,
        )


# -- lift ---------------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, kw_only=True)
class LiftHold:
    """Take a hold away, with the reason; the password was entered again at the edge."""

    hold: HoldId
    reason: str
    #: The hold of a non-conformance goes with its disposition, and in no other way.
    by_disposition: bool = False


def lift_hold(cmd: LiftHold, *, actor: UserId, at: datetime) -> Quantity:
    """Take this hold out of every set it stands in; how much it lay on. What other holds stop stays stopped.

    Raises SecondPersonNeeded (the one who placed it may not lift it), HeldByNonconformance (its disposition lifts it),
    WrongState (lifted before), NotFound.
    """
    lot = db.session.execute(select(Hold.lot_id).where(Hold.id == cmd.hold)).scalar_one_or_none()
    if lot is None:
        raise NotFound(kind="hold", text=str(cmd.hold))
    ledger.lock_lots([lot], exclusive=True)
    hold = db.session.get_one(Hold, cmd.hold, populate_existing=True)
    if hold.lifted_at is not None:
        if hold.lifted_by == actor and hold.lift_reason == cmd.reason:
            return ZERO
        raise WrongState(subject="hold", state="lifted", event="lift", needed=["open"])
    if hold.reason is HoldReason.NONCONFORMANCE and not cmd.by_disposition:
        raise HeldByNonconformance(lot=_lot_number(hold.lot_id))
    placer = db.session.execute(select(User.full_name).where(User.id == hold.placed_by)).scalar_one()
    rules.check_lifter(placed_by=hold.placed_by, placed_by_name=placer, actor=actor)
    warehouses = {row.warehouse for row in stock.find_balances(hold=hold.id)}
    total = take_off(
        [hold], key=f"lift:{hold.id}", document=Document(kind="hold", id=hold.id), reason=cmd.reason, actor=actor, at=at
    )[hold.id]
    for warehouse in sorted(warehouses):
        resolve_subject(f"hold:{hold.id}:{warehouse}", actor=actor, at=at)
    sign(
        subject_kind="hold", subject_id=hold.id, meaning=Meaning.LIFTED, actor=actor, at=at, reason=cmd.reason,
        warehouse=hold.warehouse_id, record=record_of_hold(hold),
    )  # fmt: skip
    if hold.case_id is not None:
        end_case_without_holds(hold.case_id, actor=actor, at=at)
    return total


# -- verdict ------------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, kw_only=True)
class DecideQuality:
    """A verdict on pending goods of a lot in a warehouse, or in one bin or on one LPN of it."""

    key: str
    lot: LotId
    warehouse: WarehouseId
    to: Quality
    reason: str
    bin: BinId | None = None
    lpn: LpnId | None = None
    #: A part of the loose goods of the lot in the bin.
    quantity: Quantity | None = None


def decide_quality(cmd: DecideQuality, *, actor: UserId, at: datetime) -> Quantity:
    """Release pending goods or reject them; how much. Holds on them stay. Rejected goods leave a cage task each.

    Of a part quantity the oldest goods in the bin are taken, free ones before held ones. Raises WrongState when nothing of
    the lot is pending there, InsufficientStock (less than the quantity), KeyReused.
    """
    rules.check_verdict(Quality.PENDING.value, cmd.to.value)
    ledger.lock_lots([cmd.lot], exclusive=True)
    key = f"verdict:{cmd.key}"[:100]
    known = stock.find_posting(key)
    if known is not None:
        if (known.document_kind, known.document_id) != ("lot", cmd.lot):
            raise KeyReused(key=cmd.key)
        return ZERO
    rows = stock.find_balances(lot=cmd.lot, warehouse=cmd.warehouse, bin=cmd.bin, lpn=cmd.lpn, quality=Quality.PENDING)
    if not rows:
        raise WrongState(subject="lot", state="not_pending", event=cmd.to.value, needed=["pending"])
    shares = _shares(rows, cmd.quantity)
    moves = [
        Move(
            quantity=share,
            source=r.key,
            target=ledger.StockKey(lot=r.lot, owner=r.owner, place=r.key.place, quality=cmd.to, hold_set=r.hold_set),
        )
        for r, share in shares
    ]
    ledger.post(
        moves, key=key, reason=Reason.DISPOSITION, document=Document(kind="lot", id=cmd.lot), actor=actor, at=at,
        note=cmd.reason,
    )  # fmt: skip
    if cmd.to is Quality.REJECTED:
        carrier = Carrier(actor=actor, at=at)
        for row, share in shares:
            if row.bin_kind is not BinKind.REJECT_CAGE:
                carrier.carry(TaskKind.CAGE, row, share, (BinKind.REJECT_CAGE,), why="rejected")
    total = Quantity(sum(m.quantity.millionths for m in moves))
    emit(QualityDecided(lot=cmd.lot, warehouse=cmd.warehouse, quality=cmd.to.value, quantity=total), actor=actor, at=at)
    return total


def _shares(rows: Sequence[BalanceRow], quantity: Quantity | None) -> list[tuple[BalanceRow, Quantity]]:
    """How much of each row a verdict takes: all of it, or the part quantity, free goods first."""
    if quantity is None:
        return [(row, row.on_hand) for row in rows]
    left, shares = quantity, []
    for row in sorted(rows, key=lambda row: (row.is_held, row.id)):
        share = min(left, row.on_hand)
        if share > ZERO:
            shares.append((row, share))
            left = left - share
    if left > ZERO:
        total = Quantity(sum(row.on_hand.millionths for row in rows))
        raise InsufficientStock(
            lot=rows[0].lot_number, bin=rows[0].bin_code, needed=str(quantity), available=str(total)
        )
    return shares


# -- nightly ------------------------------------------------------------------------------------------------------------
def hold_expired(warehouse: WarehouseId, on: date, *, at: datetime, actor: UserId = SYSTEM_USER) -> list[HoldId]:
    """Hold every lot in the warehouse whose last good day is over on `on` (the warehouse's own date); the new holds.

    The alert is the caller's. Once for each lot and warehouse: a hold that a person lifted does not come back the next night.
    """
    made: list[HoldId] = []
    for lot in stock.expired_lots(warehouse=warehouse, on=on):
        cmd = PlaceHold(
            key=key_of_expired(lot, warehouse), scope=HoldScope.LOT, lot=lot, warehouse=warehouse,
            reason=HoldReason.EXPIRED,
        )  # fmt: skip
        placed = place_hold(cmd, actor=actor, at=at)
        if placed.is_repeat:
            continue
        made.append(placed.hold)
    return made


def key_of_expired(lot: LotId, warehouse: WarehouseId) -> str:
    """The key under which the nightly work holds a lot that expired in a warehouse."""
    return f"expired:{lot}:{warehouse}"


def _lot_number(lot: LotId) -> str:
    return db.session.execute(select(Lot.number).where(Lot.id == lot)).scalar_one()


def _bin_code(bin: BinId | None) -> str:
    return db.session.execute(select(Bin.code).where(Bin.id == bin)).scalar_one_or_none() or ""
