"""Reads of putaway: tasks to do, bins worth judging and what stands in them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import case, column, exists, func, literal_column, or_, select, table
from sqlalchemy.orm import joinedload

from wms.core.errors import NotFound
from wms.core.ids import LOOSE, ItemId, LotId, LpnId, TaskId, WarehouseId
from wms.db import db
from wms.db.types import QuantityType
from wms.receiving.rules.putaway import BinState
from wms.sites.models import Bin, BinKind, Zone
from wms.stock.models import Lpn
from wms.tasks.models import COMING, Task, TaskKind, TaskState

#: Read here, written by the ledger alone.
_BALANCE = table(
    "stock_balance", column("lot_id"), column("item_id"), column("bin_id"), column("lpn_id"), column("warehouse_id"),
    column("on_hand", QuantityType()),
)  # fmt: skip
_UNDONE = (TaskState.OPEN, TaskState.TAKEN)
#: Literal, so that both planners see that the partial indexes hold the answer.
_NOTHING: Any = literal_column("0")


def candidate_bins(
    warehouse: WarehouseId,
    *,
    item: ItemId,
    kinds: Iterable[str],
    storage_class: str | None,
    without: TaskId | None = None,
) -> list[BinState]:
    """Bins worth judging: those where the item stands, the first empty ones, and the first with something else in them.

    `storage_class` None takes any. `without` leaves out one task's own target when counting what is on its way.
    """
    b = _BALANCE.c
    base = select(Bin.id).where(
        Bin.warehouse_id == warehouse, Bin.kind.in_([BinKind(k) for k in kinds]), Bin.is_blocked.is_(False)
    )
    if storage_class is not None:
        zones = select(Zone.id).where(Zone.warehouse_id == warehouse, Zone.storage_class == storage_class)
        base = base.where(Bin.zone_id.in_(list(db.session.execute(zones).scalars())))
    stands = (b.bin_id == Bin.id, b.on_hand > _NOTHING)
    coming = (Task.target_bin_id == Bin.id, *_on_its_way(without))
    of_item = base.where(
        Bin.id.in_(select(b.bin_id).where(b.item_id == item, b.warehouse_id == warehouse, b.on_hand > _NOTHING))
    )
    in_order = base.order_by(Bin.walk_sequence, Bin.code)
    ids: set[int] = set()
    for statement in (
        of_item.limit(60),
        in_order.where(~exists().where(*stands), ~exists().where(*coming)).limit(20),
        # Each bin on the walk is asked by itself: two EXISTS with OR would be answered for all bins at once.
        in_order.where(or_(_one(*stands).is_not(None), _one(*coming).is_not(None))).limit(60),
    ):
        ids |= set(db.session.execute(statement).scalars())
    return bin_states(ids, without=without)


def _one(*conditions: Any) -> Any:
    """A number when a row meets the conditions, else nothing."""
    return select(literal_column("1")).where(*conditions).limit(1).correlate(Bin).scalar_subquery()


def bin_states(bins: Iterable[int], *, without: TaskId | None = None) -> list[BinState]:
    """What stands in these bins and is on its way there, for the rules."""
    wanted = list(bins)
    if not wanted:
        return []
    contents: dict[int, list[tuple[int, int, int]]] = {}
    b = _BALANCE.c
    stock = select(b.bin_id, b.lot_id, b.item_id, b.lpn_id).where(b.bin_id.in_(wanted), b.on_hand > _NOTHING)
    on_way = select(Task.target_bin_id, Task.lot_id, Task.item_id, Task.source_lpn_id).where(
        Task.target_bin_id.in_(wanted), *_on_its_way(without)
    )
    for statement in (stock, on_way):
        for bin_id, lot, item, lpn in db.session.execute(statement):
            contents.setdefault(bin_id, []).append((lot or 0, item or 0, lpn or 0))
    rows = db.session.execute(
        select(Bin, Zone.storage_class).outerjoin(Zone, Zone.id == Bin.zone_id).where(Bin.id.in_(wanted))
    )
    return [_bin_state(bin_, zone_class, contents.get(bin_.id, [])) for bin_, zone_class in rows]


def _on_its_way(without: TaskId | None) -> list[Any]:
    tests: list[Any] = [literal_column(f"({COMING})")]
    return [*tests, Task.id != without] if without is not None else tests


def _bin_state(bin_: Bin, zone_class: Any, contents: list[tuple[int, int, int]]) -> BinState:
    return BinState(
        id=bin_.id,
        code=bin_.code,
        kind=bin_.kind.value,
        storage_class=zone_class.value if zone_class else None,
        is_blocked=bin_.is_blocked,
        capacity_lpns=bin_.capacity_lpns,
        takes_mixed_lots=bin_.takes_mixed_lots,
        walk_sequence=bin_.walk_sequence,
        lots=frozenset(lot for lot, _, _ in contents if lot),
        items=frozenset(item for _, item, _ in contents if item),
        lpn_count=len({lpn for _, _, lpn in contents if lpn != LOOSE}),
        has_loose=any(lpn == LOOSE for _, _, lpn in contents),
    )


def get_putaway(task: TaskId, *, warehouse: WarehouseId) -> Task:
    """Give a putaway task of this warehouse with item, lot, bins; NotFound otherwise."""
    statement = (
        select(Task)
        .where(Task.id == task, Task.kind == TaskKind.PUTAWAY, Task.warehouse_id == warehouse)
        .options(
            joinedload(Task.item), joinedload(Task.lot), joinedload(Task.source_bin), joinedload(Task.target_bin),
            joinedload(Task.source_lpn),
        )
        .execution_options(populate_existing=True)
    )  # fmt: skip
    found = db.session.execute(statement).unique().scalar_one_or_none()
    if found is None:
        raise NotFound(kind="task", text=str(task))
    return found


def open_putaways(warehouse: WarehouseId, *, actor: int, limit: int = 20) -> list[Task]:
    """The putaway tasks this person could do: their own first, then open ones, oldest first."""
    statement = (
        select(Task)
        .where(
            Task.warehouse_id == warehouse,
            Task.kind == TaskKind.PUTAWAY,
            Task.state.in_(_UNDONE),
            or_(Task.state == TaskState.OPEN, Task.taken_by == actor),
        )
        .options(joinedload(Task.item), joinedload(Task.lot), joinedload(Task.source_bin), joinedload(Task.source_lpn))
        .order_by(case((Task.state == TaskState.TAKEN, 0), else_=1), Task.sequence, Task.id)
        .limit(limit)
    )
    return list(db.session.execute(statement).scalars())


def count_putaways(warehouse: WarehouseId) -> int:
    """How many putaway tasks are not done."""
    statement = select(func.count()).where(
        Task.warehouse_id == warehouse, Task.kind == TaskKind.PUTAWAY, Task.state.in_(_UNDONE)
    )
    return db.session.execute(statement).scalar_one()


def _upwards(lpn: LpnId) -> Any:
    """The plate and those it stands upon."""
    tree = select(Lpn.id, Lpn.parent_id).where(Lpn.id == lpn).cte(recursive=True)
    tree = tree.union(select(Lpn.id, Lpn.parent_id).join(tree, Lpn.id == tree.c.parent_id))
    return select(tree.c.id)


def find_putaway(
    warehouse: WarehouseId,
    *,
    actor: int,
    lpn: LpnId | None = None,
    lot: LotId | None = None,
    item: ItemId | None = None,
) -> TaskId | None:
    """The undone putaway task of an LPN (or the one it stands upon), a lot or an item: one's own first, then the oldest open."""
    test = (
        Task.source_lpn_id.in_(_upwards(lpn))
        if lpn is not None
        else Task.lot_id == lot
        if lot is not None
        else Task.item_id == item
    )
    statement = (
        select(Task.id)
        .where(
            Task.warehouse_id == warehouse, Task.kind == TaskKind.PUTAWAY, Task.state.in_(_UNDONE), test
        )
        .order_by(
            case((Task.taken_by == actor, 0), (Task.state == TaskState.OPEN, 1), else_=2), Task.id
        )
        .limit(1)
    )  # fmt: skip
    return db.session.execute(statement).scalar()
