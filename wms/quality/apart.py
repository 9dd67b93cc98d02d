"""Goods that law wants physically apart: expired, recalled, rejected (GSP; GDP 2013/C 343/01, 3.2; 21 CFR 211.142).

What stands where it must not is found here, a task is left for each once, and no verb puts such goods elsewhere.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import and_, exists, literal_column, or_, select, union

from wms.catalog.models import Item
from wms.core.clock import local_day
from wms.core.errors import BinUnsuitable, NotFound
from wms.core.ids import BalanceId, BinId, TaskId, UserId, WarehouseId
from wms.core.quantity import Quantity
from wms.db import db
from wms.db.paging import Page, SortKey, after, page_of
from wms.quality.laying import Carrier, parts_of
from wms.sites.models import Bin, BinKind, Warehouse
from wms.stock import queries as stock
from wms.stock.ledger import Quality
from wms.stock.ledger import reads as ledger
from wms.stock.models import Hold, HoldReason, HoldSetMember
from wms.stock.queries import BalanceRow
from wms.stock.rules.availability import is_expired
from wms.tasks.models import Task, TaskKind, TaskState

#: Where such goods may stand for good. A retained sample is kept past its day on purpose; what is on the road stands nowhere.
APART: Final = (BinKind.REJECT_CAGE, BinKind.QUARANTINE)
_LEFT_ALONE: Final = (*APART, BinKind.SAMPLE, BinKind.TRANSIT)
_UNDONE: Final = (TaskState.OPEN, TaskState.TAKEN)


def why_apart(rows: Sequence[BalanceRow], *, on: date) -> dict[BalanceId, str]:
    """Why each of these goods must stand apart: rejected, expired or recalled; those that need not are left out."""
    found: dict[BalanceId, str] = {}
    held = {row.hold_set for row in rows if row.is_held}
    recalled = _recalled_sets(held) if held else set()
    for row in rows:
        if row.quality is Quality.REJECTED:
            found[row.id] = "rejected"
        elif is_expired(row.fefo_on, on=on, usable_on_last_day=row.usable_on_last_day):
            found[row.id] = "expired"
        elif row.hold_set in recalled:
            found[row.id] = "recalled"
    return found


def _recalled_sets(sets: Collection[int]) -> set[int]:
    rows = db.session.execute(
        select(HoldSetMember.hold_set_id)
        .join(Hold, Hold.id == HoldSetMember.hold_id)
        .where(HoldSetMember.hold_set_id.in_(sets), Hold.reason == HoldReason.RECALL)
    )
    return set(rows.scalars())


def refuse_among_good(rows: Sequence[BalanceRow], target: BinId, *, at: datetime) -> None:
    """Refuse to put goods that must stand apart into any other bin than a cage or quarantine. Raises BinUnsuitable."""
    bin_ = db.session.execute(
        select(Bin.code, Bin.kind, Warehouse.timezone).join(Warehouse).where(Bin.id == target)
    ).first()
    if bin_ is None:
        raise NotFound(kind="bin", text=str(target))
    if bin_.kind not in APART and why_apart(rows, on=local_day(at, bin_.timezone)):
        raise BinUnsuitable(
            bin=bin_.code, why="bin_kind", found=bin_.kind.value, needed=sorted(kind.value for kind in APART)
        )


def needs_cage(rows: Sequence[BalanceRow], *, at: datetime) -> bool:
    """Whether any of these goods must stand apart, on the day of their warehouse: nothing is asked of plain ones."""
    near = at.date() + timedelta(days=1)
    if not any(r.is_held or r.quality is Quality.REJECTED or r.fefo_on <= near for r in rows):
        return False
    zone = db.session.execute(select(Warehouse.timezone).where(Warehouse.id == rows[0].warehouse)).scalar_one()
    return bool(why_apart(rows, on=local_day(at, zone)))


# -- what stands where it must not ------------------------------------------------------------------------------------
@dataclass(frozen=True, kw_only=True)
class Misplaced:
    """Goods among good ones that must stand apart, why, and the task that was left for them, if any."""

    row: BalanceRow
    why: str
    task: TaskId | None
    task_state: TaskState | None
    target_bin_code: str | None

    @property
    def plate(self) -> str | None:
        """The code of the LPN, None for loose goods."""
        return self.row.lpn_code if self.row.lpn else None


def page_of_misplaced(warehouse: WarehouseId, *, on: date, cursor: str | None, size: int = 50) -> Page[Misplaced]:
    """One page of what stands where it must not, the oldest record first: five statements at most."""
    key = SortKey(ledger.balance.c.id)
    ids = list(db.session.execute(after(_misplaced(warehouse, on=on), [key], cursor, size=size)).scalars())
    page = page_of(ids, size=size, values=lambda identity: (identity,))
    rows = {row.id: row for row in stock.find_balances(ids=page.rows)} if page.rows else {}
    ordered = [rows[i] for i in page.rows if i in rows]
    return Page(rows=_dress(ordered, on=on), next_cursor=page.next_cursor)


def count_misplaced(warehouse: WarehouseId, *, on: date, limit: int = 100) -> int:
    """How many balances stand where they must not, counted to a limit."""
    return len(db.session.execute(_misplaced(warehouse, on=on).limit(limit)).all())


def _misplaced(warehouse: WarehouseId, *, on: date) -> Any:
    """The ids of balances that must stand apart and do not: each kind by its own index, then by the bin."""
    balance = ledger.balance
    stands: Any = literal_column("stock_balance.on_hand > 0")
    here = balance.c.warehouse_id == warehouse
    rejected = select(balance.c.id).where(
        stands, here, literal_column("stock_balance.quality <> 'released'"), balance.c.quality == Quality.REJECTED
    )
    ends_today = select(Item.id).where(~Item.usable_on_expiry_day)
    expired = select(balance.c.id).where(
        stands, here, balance.c.fefo_on <= on, or_(balance.c.fefo_on < on, balance.c.item_id.in_(ends_today))
    )
    sets = (
        select(HoldSetMember.hold_set_id)
        .join(Hold, Hold.id == HoldSetMember.hold_id)
        .where(Hold.reason == HoldReason.RECALL, Hold.lifted_at.is_(None))
    )
    recalled = select(balance.c.id).where(
        stands, literal_column("stock_balance.hold_set_id <> 0"), here, balance.c.hold_set_id.in_(sets)
    )
    found = union(rejected, expired, recalled).subquery()
    return (
        select(balance.c.id)
        .join(Bin, Bin.id == balance.c.bin_id)
        .where(balance.c.id.in_(select(found.c.id)), Bin.kind.not_in(_LEFT_ALONE))
    )


def _dress(rows: Sequence[BalanceRow], *, on: date) -> list[Misplaced]:
    why = why_apart(rows, on=on)
    tasks = _tasks_of(rows)
    found = []
    for row in rows:
        task = tasks.get((row.lot, row.bin, row.lpn))
        found.append(
            Misplaced(
                row=row, why=why.get(row.id, "recalled"), task=task.id if task else None,
                task_state=task.state if task else None, target_bin_code=task.code if task else None,
            )
        )  # fmt: skip
    return found


def _tasks_of(rows: Iterable[BalanceRow]) -> dict[tuple[int, int, int], Any]:
    """The undone task to carry each of these goods apart, by lot, bin and LPN."""
    lots = sorted({row.lot for row in rows})
    found: dict[tuple[int, int, int], Any] = {}
    for part in parts_of(lots):
        tasks = db.session.execute(
            select(Task.id, Task.state, Task.lot_id, Task.source_bin_id, Task.source_lpn_id, Bin.code)
            .outerjoin(Bin, Bin.id == Task.target_bin_id)
            .where(Task.lot_id.in_(part), Task.kind.in_((TaskKind.CAGE, TaskKind.RECOVER)), Task.state.in_(_UNDONE))
        )
        found |= {(t.lot_id, t.source_bin_id, t.source_lpn_id): t for t in tasks}
    return found


# -- the work ---------------------------------------------------------------------------------------------------------
def leave_tasks_apart(warehouse: WarehouseId, *, on: date, actor: UserId, at: datetime) -> int:
    """Leave a task for all that stands where it must not and has none yet; how many. Asked again it leaves none.

    What the day makes expired is found by the day, whether a hold lies on it yet or not.
    """
    balance = ledger.balance
    waiting = exists().where(
        and_(
            Task.lot_id == balance.c.lot_id, Task.source_bin_id == balance.c.bin_id,
            Task.source_lpn_id == balance.c.lpn_id, Task.kind.in_((TaskKind.CAGE, TaskKind.RECOVER)),
            Task.state.in_(_UNDONE),
        )
    )  # fmt: skip
    ids = list(db.session.execute(_misplaced(warehouse, on=on).where(~waiting)).scalars())
    rows = [row for part in parts_of(ids) for row in stock.find_balances(ids=part)]
    why = why_apart(rows, on=on)
    carrier = Carrier(actor=actor, at=at)
    for place in _places(rows):
        first = place[0]
        total = Quantity(sum(row.on_hand.millionths for row in place))
        reason = next((why[row.id] for row in place if row.id in why), "recalled")
        carrier.carry(TaskKind.CAGE, first, total, (BinKind.REJECT_CAGE, BinKind.QUARANTINE), why=reason)
    db.session.flush()
    return len(_places(rows))


def _places(rows: Iterable[BalanceRow]) -> list[list[BalanceRow]]:
    """One walk for all of a lot in a place, whatever quality and holds tell its parts from one another."""
    found: dict[tuple[int, int, int, int], list[BalanceRow]] = {}
    for row in rows:
        found.setdefault((row.lot, row.owner, row.bin, row.lpn), []).append(row)
    return list(found.values())
