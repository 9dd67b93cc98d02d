"""Laying holds on goods and taking them off: one hold or a thousand, in the same few statements and one posting.

What a hold breaks is broken here (promises, picks), what it asks for is left here (carry back, set apart). The caller has
the lots locked exclusively and has read, after that, what the holds reach.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from sqlalchemy import select, update

from wms.core.ids import LOOSE, BinId, HoldId, HoldSetId, OrderId, TaskId, UserId, WarehouseId, new_id
from wms.core.quantity import Quantity
from wms.db import db
from wms.events.catalog import HoldLifted, LotHeld
from wms.events.outbox import emit_all
from wms.quality.queries import Reach, StoppedOrder, describe_demands, find_bin_apart, stopped_orders
from wms.sites.models import BinKind, StorageClass
from wms.stock import ledger
from wms.stock import queries as stock
from wms.stock.ledger import Document, Move, Reason
from wms.stock.ledger.hold_sets import find_or_make_many, members_of_many
from wms.stock.models import Hold, HoldReason, HoldScope
from wms.stock.queries import BalanceRow, ClaimRow
from wms.tasks.models import Task, TaskKind, TaskState
from wms.tasks.service import stop_tasks_of_claims

#: Bins from which picked or issued goods are carried back: on their way to a customer, or at the line.
OUTBOUND = frozenset({BinKind.STAGING, BinKind.SHIPPING, BinKind.PRODUCTION})
#: Bins in which stopped goods may stay for good.
APART = frozenset({BinKind.QUARANTINE, BinKind.REJECT_CAGE})
#: What may never go back on sale stands in the cage for waste, not in quarantine.
_TO_CAGE = frozenset({HoldReason.EXPIRED, HoldReason.RECALL})
#: So many ids are named in one statement: SQLite takes 32,766.
PART = 10_000

T = TypeVar("T")


def parts_of(values: Sequence[T], size: int = PART) -> Iterator[Sequence[T]]:
    """Cut a long list for the statements that name each of it."""
    return (values[start : start + size] for start in range(0, len(values), size))


@dataclass(frozen=True, kw_only=True)
class Laid:
    """What holds stopped: how much under each, whose orders, which tasks, and where promises broke."""

    quantities: Mapping[HoldId, Quantity]
    orders: tuple[StoppedOrder, ...]
    tasks: tuple[TaskId, ...]
    broken_in: tuple[WarehouseId, ...]

    @property
    def quantity(self) -> Quantity:
        """How much all of them stopped; a sum that means something for one item alone."""
        return Quantity(sum(q.millionths for q in self.quantities.values()))


def lay(
    holds: Sequence[tuple[Hold, Sequence[Reach]]], *, key: str, document: Document, reason: HoldReason, note: str,
    actor: UserId, at: datetime,
) -> Laid:  # fmt: skip
    """Keep the holds and lay each on what it reaches, in one posting: promises freed, picks stopped, work left, told."""
    reaches = [reach for _hold, of in holds for reach in of]
    broken = [claim.id for reach in reaches for claim in reach.broken]
    orders = stopped_orders(reaches)
    tasks: list[TaskId] = []
    for part in parts_of(broken):
        tasks += stop_tasks_of_claims(part, why=reason.value, note=note, actor=actor, at=at)
        ledger.release(part, actor=actor, at=at)
    db.session.add_all(hold for hold, _of in holds)
    db.session.flush()
    moves = _moves_into(holds)
    if moves:
        ledger.post(moves, key=key, reason=Reason.HOLD, document=document, actor=actor, at=at, note=note)
    _leave_work(holds, actor=actor, at=at)
    quantities = {hold.id: Quantity(sum(r.quantity.millionths for r in of)) for hold, of in holds}
    _tell(holds, quantities, actor=actor, at=at)
    return Laid(
        quantities=quantities, orders=tuple(orders), tasks=tuple(tasks),
        broken_in=tuple(sorted({r.row.warehouse for r in reaches if r.broken})),
    )  # fmt: skip


def _moves_into(holds: Sequence[tuple[Hold, Sequence[Reach]]]) -> list[Move]:
    session = db.session()
    members = members_of_many(session, {r.row.hold_set for _hold, of in holds for r in of})
    wanted = [(reach, members[reach.row.hold_set] | {hold.id}) for hold, of in holds for reach in of]
    sets = find_or_make_many(session, (content for _reach, content in wanted))
    return [
        Move(quantity=reach.quantity, source=reach.row.key, target=with_set(reach.row, sets[content]))
        for reach, content in wanted
    ]


def with_set(row: BalanceRow, hold_set: HoldSetId) -> ledger.StockKey:
    """The same goods where they are, under another set of holds."""
    return ledger.StockKey(lot=row.lot, owner=row.owner, place=row.key.place, quality=row.quality, hold_set=hold_set)


def _tell(
    holds: Sequence[tuple[Hold, Sequence[Reach]]], quantities: Mapping[HoldId, Quantity], *, actor: UserId, at: datetime
) -> None:
    demands = describe_demands([claim for _hold, of in holds for reach in of for claim in reach.broken])
    events = []
    for hold, of in holds:
        found = (demands.get((c.demand_kind, c.demand_id)) for reach in of for c in reach.broken)
        events.append(
            LotHeld(
                hold=hold.id, lot=hold.lot_id, scope=hold.scope.value, reason=hold.reason.value,
                quantity=quantities[hold.id],
                stopped_orders=tuple(dict.fromkeys(OrderId(d.order) for d in found if d is not None)),
            )
        )  # fmt: skip
    emit_all(events, actor=actor, at=at)


# -- the work it leaves -------------------------------------------------------------------------------------------------
def _leave_work(holds: Sequence[tuple[Hold, Sequence[Reach]]], *, actor: UserId, at: datetime) -> None:
    """Carry picked and issued goods back (recover); separate or cage what the law wants apart (cage)."""
    carrier = Carrier(actor=actor, at=at)
    for hold, of in holds:
        for reach in of:
            found = _work_for(hold, reach.row)
            if found is not None:
                kind, targets = found
                carrier.carry(kind, reach.row, reach.quantity, targets, hold=hold, claim=next(iter(reach.broken), None))
    db.session.flush()


def _work_for(hold: Hold, row: BalanceRow) -> tuple[TaskKind, tuple[BinKind, ...]] | None:
    if row.bin_kind in OUTBOUND:
        return TaskKind.RECOVER, (BinKind.QUARANTINE,)
    if row.bin_kind in APART:
        return None
    if hold.scope is HoldScope.QUANTITY and row.lpn == LOOSE:
        return TaskKind.CAGE, (BinKind.QUARANTINE,)
    if hold.reason in _TO_CAGE and row.bin_kind not in (BinKind.TRANSIT, BinKind.SAMPLE):
        return TaskKind.CAGE, (BinKind.REJECT_CAGE,)
    return None


class Carrier:
    """Leaves tasks to carry goods apart; looks for each kind of place once."""

    def __init__(self, *, actor: UserId, at: datetime) -> None:
        """Tasks are left by `actor` at `at`."""
        self._actor, self._at = actor, at
        self._places: dict[tuple[WarehouseId, tuple[BinKind, ...], StorageClass], BinId | None] = {}

    def carry(
        self, kind: TaskKind, row: BalanceRow, quantity: Quantity, targets: tuple[BinKind, ...], *,
        hold: Hold | None = None, claim: ClaimRow | None = None, why: str = "",
    ) -> None:  # fmt: skip
        """Leave one task for goods of a balance, to the first bin of these kinds that suits them."""
        place = (row.warehouse, targets, row.item_storage_class)
        if place not in self._places:
            self._places[place] = find_bin_apart(row.warehouse, targets, row.item_storage_class)
        db.session.add(
            Task(
                id=TaskId(new_id()),
                kind=kind,
                warehouse_id=row.warehouse,
                created_by=self._actor,
                created_at=self._at,
                document_kind="hold" if hold else "disposition",
                document_id=hold.id if hold else row.lot,
                demand_kind=claim.demand_kind if claim else "",
                demand_id=claim.demand_id if claim else None,
                item_id=row.item,
                lot_id=row.lot,
                owner_id=row.owner,
                source_bin_id=row.bin,
                source_lpn_id=row.lpn,
                target_bin_id=self._places[place],
                quantity=quantity,
                why=hold.reason.value if hold else why,
                note=hold.note if hold else "",
            )
        )


# -- off ------------------------------------------------------------------------------------------------------------------
#: Holds about to be lifted -> raises when a higher floor still needs one: an open recall, say.
LiftGuard = Callable[[Sequence[Hold]], None]
_guards: list[LiftGuard] = []


def guard_lifts_with(guard: LiftGuard) -> None:
    """Hand over who is asked before holds are lifted."""
    _guards[:] = [guard]


def take_off(
    holds: Sequence[Hold], *, key: str, document: Document, reason: str, actor: UserId, at: datetime,
    is_guarded: bool = True,
) -> dict[HoldId, Quantity]:  # fmt: skip
    """Take these holds out of every set they stand in, in one posting; how much each lay on. Other holds stay.

    The caller has locked the lots and judged that each may be lifted. Not guarded: by the one who laid them, who knows.
    """
    for guard in _guards if is_guarded else ():
        guard(holds)
    ids = frozenset(hold.id for hold in holds)
    rows = find_under(ids)
    session = db.session()
    members = members_of_many(session, {row.hold_set for row in rows})
    sets = find_or_make_many(session, (members[row.hold_set] - ids for row in rows))
    moves = [
        Move(quantity=row.on_hand, source=row.key, target=with_set(row, sets[members[row.hold_set] - ids]))
        for row in rows
    ]
    for hold in holds:
        hold.lifted_by, hold.lifted_at, hold.lift_reason = actor, at, reason
    db.session.flush()
    if moves:
        ledger.post(moves, key=key, reason=Reason.LIFT, document=document, actor=actor, at=at, note=reason)
    _withdraw_work(ids, actor=actor, at=at)
    sums = dict.fromkeys(sorted(ids), 0)
    for row in rows:
        for hold_id in members[row.hold_set] & ids:
            sums[hold_id] += row.on_hand.millionths
    quantities = {hold_id: Quantity(amount) for hold_id, amount in sums.items()}
    emit_all([HoldLifted(hold=h.id, lot=h.lot_id, quantity=quantities[h.id]) for h in holds], actor=actor, at=at)
    return quantities


def find_under(holds: Collection[HoldId]) -> list[BalanceRow]:
    """Every balance that any of these holds lies on."""
    return [row for part in parts_of(sorted(holds)) for row in stock.find_balances(holds=part)]


def _withdraw_work(holds: Iterable[HoldId], *, actor: UserId, at: datetime) -> None:
    """The goods need not be carried away any more; what was picked stays to be put back."""
    for part in parts_of(sorted(holds)):
        db.session.execute(
            update(Task)
            .where(
                Task.document_kind == "hold", Task.document_id.in_(part), Task.kind == TaskKind.CAGE,
                Task.state.in_((TaskState.OPEN, TaskState.TAKEN)),
            )
            .values(state=TaskState.CANCELLED, why="lifted", closed_by=actor, closed_at=at)
            .execution_options(synchronize_session="fetch")
        )  # fmt: skip


def lock_lots_of(holds: Collection[HoldId]) -> None:
    """Lock the lots of these holds, as a lift must before it looks."""
    lots = {
        lot
        for part in parts_of(sorted(holds))
        for lot in db.session.execute(select(Hold.lot_id).where(Hold.id.in_(part))).scalars()
    }
    if lots:
        ledger.lock_lots(lots, exclusive=True)
