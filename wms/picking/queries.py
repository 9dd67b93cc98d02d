"""Reads of picking that a verb or a handheld step waits for: a stop with all its facts in one statement, lists, claims.

The desk's pages read in wms/picking/page_queries.py.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, cast

from sqlalchemy import Select, and_, func, literal_column, select
from sqlalchemy.orm import aliased, joinedload

from wms.accounts.models import User
from wms.catalog.models import FefoGrade, Item, ItemRule, PackUnit, Partner
from wms.core.clock import local_day
from wms.core.errors import NotFound
from wms.core.ids import (
    LOOSE,
    NO_HOLDS,
    BalanceId,
    BinId,
    ClaimId,
    HoldSetId,
    ItemId,
    LotId,
    LpnId,
    OrderId,
    OrderLineId,
    OwnerId,
    PickListId,
    TaskId,
    UserId,
    WarehouseId,
)
from wms.core.quantity import ZERO, Quantity
from wms.db import db
from wms.picking.models import Order, OrderLine, OrderState, PickList, PickListState
from wms.picking.rules.check_pick import StopFacts
from wms.picking.rules.terms import Terms
from wms.sites.models import Bin, BinKind, Warehouse, Zone
from wms.stock.demands import DemandFacts
from wms.stock.ledger import Place, Quality, StockKey
from wms.stock.ledger import reads as ledger
from wms.stock.models import Hold, HoldSetMember, Lot, Lpn
from wms.stock.pegs import peg_column
from wms.stock.rules.allocation import Candidate, Demand
from wms.stock.rules.availability import Purpose, StockFacts, demand_word
from wms.stock.rules.scope import Buyer
from wms.stock.scopes import scope_column
from wms.tasks.models import Task, TaskKind, TaskState

LIST = "pick_list"
LINE = "order_line"
UNDONE = (TaskState.OPEN, TaskState.TAKEN)
PICKABLE = (BinKind.STORAGE, BinKind.PICK_FACE)
#: Why a count task was left: the goods are not offered again until somebody has counted.
SHORT_PICK = "short_pick"
#: Literal, so that both planners see that the partial indexes hold the answer.
_NOTHING: Any = literal_column("0")


@dataclass(frozen=True, kw_only=True)
class Stop:
    """One stop of a pick list: where, what, how much is left, for whom, and the facts the rules ask for."""

    task: TaskId
    list_id: PickListId
    list_number: str
    list_state: PickListState
    taken_by: UserId | None
    order: OrderId
    order_number: str
    line: OrderLineId
    named_lot: LotId | None
    customer_name_en: str
    customer_name_zh: str
    warehouse: WarehouseId
    timezone: str
    claim: ClaimId | None
    balance: BalanceId | None
    item: ItemId
    name_en: str
    name_zh: str
    unit: str
    pack_code: str
    pack_factor: Quantity
    grade: FefoGrade
    key: StockKey
    target: Place
    fefo_on: date
    has_date: bool
    done: Quantity
    sequence: int
    count: int
    count_done: int
    demand: Demand
    facts: StopFacts
    #: The posting this operation's key was already done by, None for a fresh one.
    posted_seq: int | None

    @property
    def left(self) -> Quantity:
        """What is still to pick here."""
        return self.facts.quantity

    @property
    def packs(self) -> tuple[int, Quantity]:
        """What is still to pick as whole packs and the rest in base units."""
        return self.left.packs_of(self.pack_factor) if self.pack_factor else (0, self.left)

    @property
    def number(self) -> int:
        """Which stop this is, from 1."""
        return min(self.count_done + 1, self.count)


def find_stop(task: TaskId, *, at: datetime, key: str = "") -> Stop:
    """Give one stop with its facts as of `at`; NotFound when there is no such pick task. One statement."""
    row = db.session.execute(_stop_select(key).where(Task.id == task)).first()
    if row is None:
        raise NotFound(kind="pick_task", text=str(task))
    return _stop(row, at)


def next_stop(pick_list: PickListId, *, at: datetime) -> Stop | None:
    """Give the next stop of a list in walk order, None when the walk is over. One statement."""
    statement = _stop_select("").where(
        Task.document_kind == LIST, Task.document_id == pick_list, Task.kind == TaskKind.PICK, Task.state.in_(UNDONE)
    )
    row = db.session.execute(statement.order_by(Task.sequence, Task.id).limit(1)).first()
    return _stop(row, at) if row else None


def _stop_select(key: str) -> Select[Any]:
    """Everything a stop needs, so that scan, decision and next page cost one statement each."""
    source_lpn = aliased(Lpn)
    there, other = ledger.balance.alias("there"), aliased(Task)
    in_bin = and_(there.c.bin_id == Task.source_bin_id, there.c.on_hand > _NOTHING)
    lots_in_bin = select(func.count(there.c.lot_id.distinct())).where(in_bin, there.c.item_id == Task.item_id)
    places_of_lot = select(func.count(there.c.lpn_id.distinct())).where(in_bin, there.c.lot_id == Task.lot_id)
    # By the bin, never by the LPN: the row of loose goods is one LPN to half a million balances.
    lots_on_lpn = select(func.count(there.c.lot_id.distinct())).where(in_bin, there.c.lpn_id + 0 == Task.source_lpn_id)
    packs = select(PackUnit).where(PackUnit.item_id == Task.item_id).order_by(PackUnit.factor.desc()).limit(1)
    siblings = and_(
        other.document_kind == LIST,
        other.document_id == Task.document_id,
        other.kind == TaskKind.PICK,
        other.state != TaskState.CANCELLED,
    )
    statement: Any = (
        select(
            Task.id, Task.state, Task.why, Task.note, Task.quantity, Task.done_quantity, Task.sequence, Task.claim_id,
            Task.lot_id, Task.owner_id, Task.source_bin_id, Task.source_lpn_id, Task.target_bin_id, Task.target_lpn_id,
            Task.warehouse_id, Task.item_id,
            Lot.number.label("lot_number"), Lot.fefo_on, (Lot.expires_on.is_not(None)
                | Lot.best_before_on.is_not(None)).label("has_date"),
            Item.sku, Item.name_en, Item.name_zh, Item.base_unit, Item.fefo_grade, Item.usable_on_expiry_day,
            Item.shelf_life_days, Item.allocation_policy.label("item_policy"),
            Bin.code.label("bin_code"), source_lpn.code.label("lpn_code"), Warehouse.timezone,
            PickList.id.label("list_id"), PickList.number.label("list_number"), PickList.state.label("list_state"),
            PickList.taken_by,
            Order.id.label("order_id"), Order.number.label("order_number"), Order.purpose, Order.ship_on,
            Order.allocation_policy.label("order_policy"),
            OrderLine.id.label("line_id"), OrderLine.lot_id.label("named_lot"),
            Partner.name_en.label("customer_name_en"), Partner.name_zh.label("customer_name_zh"),
            Partner.id.label("customer_id"), Partner.code.label("customer_code"), Partner.market, scope_column(), peg_column(),
            Lot.stopped_for,
            Partner.allocation_policy.label("customer_policy"),
            Partner.shelf_life_days_min.label("customer_days_min"),
            Partner.shelf_life_percent_min.label("customer_percent_min"),
            ItemRule.allocation_policy.label("rule_policy"), ItemRule.shelf_life_days_min.label("rule_days_min"),
            ItemRule.shelf_life_percent_min.label("rule_percent_min"),
            ledger.balance.c.id.label("balance_id"), ledger.balance.c.quality, ledger.balance.c.hold_set_id,
            lots_in_bin.scalar_subquery().label("lots_in_bin"),
            places_of_lot.scalar_subquery().label("places_of_lot"),
            lots_on_lpn.scalar_subquery().label("lots_on_lpn"),
            packs.with_only_columns(PackUnit.code).scalar_subquery().label("pack_code"),
            packs.with_only_columns(PackUnit.factor).scalar_subquery().label("pack_factor"),
            select(func.count()).where(siblings).scalar_subquery().label("count_all"),
            select(func.count()).where(siblings, other.state.not_in(UNDONE)).scalar_subquery().label("count_done"),
            select(ledger.posting.c.seq).where(ledger.posting.c.key == key).scalar_subquery().label("posted_seq"),
        )
        .join(Lot, Lot.id == Task.lot_id).join(Item, Item.id == Task.item_id).join(Bin, Bin.id == Task.source_bin_id)
        .join(Warehouse, Warehouse.id == Task.warehouse_id)
        .join(PickList, and_(Task.document_kind == LIST, PickList.id == Task.document_id))
        .join(Order, Order.id == PickList.order_id).join(OrderLine, OrderLine.id == Task.demand_id)
        .join(Partner, Partner.id == Order.customer_id)
        .outerjoin(ItemRule, and_(ItemRule.customer_id == Order.customer_id, ItemRule.item_id == Task.item_id))
        .outerjoin(source_lpn, source_lpn.id == Task.source_lpn_id)
        .outerjoin(ledger.claim, ledger.claim.c.id == Task.claim_id)
        .outerjoin(ledger.balance, ledger.balance.c.id == ledger.claim.c.balance_id)
    )  # fmt: skip
    return cast(Select[Any], statement)


def _stop(row: Any, at: datetime) -> Stop:
    on = local_day(at, row.timezone)
    terms = terms_of(row)
    is_loose = row.source_lpn_id in (None, LOOSE)
    quality = row.quality or Quality.RELEASED
    hold_set = HoldSetId(row.hold_set_id or NO_HOLDS)
    left = row.quantity - row.done_quantity
    purpose = Purpose(row.purpose.value)
    needed_until = terms.needed_until(row.ship_on)
    facts = StopFacts(
        state=row.state.value, why_stopped=row.why or row.note, bin_code=row.bin_code, sku=row.sku,
        lot_number=row.lot_number, lpn_code="" if is_loose else row.lpn_code, quantity=left,
        stock=StockFacts(
            lot_number=row.lot_number, quality=quality.value, is_held=hold_set != NO_HOLDS, last_good_on=row.fefo_on,
            usable_on_last_day=row.usable_on_expiry_day, hold_reason="", scope=row.scope, peg=row.peg,
            stopped_for=row.stopped_for,
        ),
        demand=demand_word(LINE, row.line_id), buyer=buyer_of(row), purpose=purpose, on=on, needed_until=needed_until, lots_in_bin=row.lots_in_bin,
        places_of_lot=row.places_of_lot, lots_on_lpn=row.lots_on_lpn,
    )  # fmt: skip
    return Stop(
        task=TaskId(row.id), list_id=row.list_id, list_number=row.list_number, list_state=row.list_state,
        taken_by=row.taken_by, order=row.order_id, order_number=row.order_number, line=row.line_id,
        named_lot=row.named_lot, customer_name_en=row.customer_name_en, customer_name_zh=row.customer_name_zh,
        warehouse=row.warehouse_id, timezone=row.timezone, claim=row.claim_id, balance=row.balance_id, item=row.item_id, name_en=row.name_en,
        name_zh=row.name_zh, unit=row.base_unit, pack_code=row.pack_code or "", pack_factor=row.pack_factor or ZERO,
        grade=row.fefo_grade,
        key=StockKey(
            lot=row.lot_id, owner=row.owner_id, place=Place(bin=row.source_bin_id, lpn=LpnId(row.source_lpn_id or LOOSE)),
            quality=quality, hold_set=hold_set,
        ),
        target=Place(bin=row.target_bin_id, lpn=row.target_lpn_id), fefo_on=row.fefo_on, has_date=bool(row.has_date),
        done=row.done_quantity, sequence=row.sequence, count=row.count_all, count_done=row.count_done,
        demand=Demand(
            quantity=left, policy=terms.policy, on=max(on, row.ship_on), purpose=purpose, needed_until=needed_until,
            buyer=buyer_of(row), demand=demand_word(LINE, row.line_id),
        ),
        facts=facts, posted_seq=row.posted_seq,
    )  # fmt: skip


def terms_of(row: Any) -> Terms:
    """Read the terms of a line from a row that carries everyone's."""
    return Terms(
        order_policy=row.order_policy, rule_policy=row.rule_policy, customer_policy=row.customer_policy,
        item_policy=row.item_policy, rule_days_min=row.rule_days_min, rule_percent_min=row.rule_percent_min,
        customer_days_min=row.customer_days_min, customer_percent_min=row.customer_percent_min,
        shelf_life_days=row.shelf_life_days,
    )  # fmt: skip


def buyer_of(row: Any) -> Buyer:
    """Read to whom goods go from a row that carries the customer."""
    return Buyer(customer=row.customer_id, code=row.customer_code, market=row.market)


# -- lines and what is promised to them -----------------------------------------------------------------------------
@dataclass(frozen=True, kw_only=True)
class OpenLine:
    """One order line as allocation needs it: whose terms count, what is promised, what is still wanted."""

    id: OrderLineId
    line: int
    item: ItemId
    sku: str
    asked: Quantity
    claimed: Quantity
    lot: LotId | None
    owner: OwnerId
    warehouse: WarehouseId
    policy: str
    purpose: Purpose
    on: date
    needed_until: date | None
    usable_on_last_day: bool
    buyer: Buyer

    @property
    def wanted(self) -> Quantity:
        """What no claim covers yet."""
        return max(self.asked - self.claimed, ZERO)


def lines_of(order: OrderId, *, at: datetime, line: OrderLineId | None = None) -> list[OpenLine]:
    """List the lines of an order with their terms and promises; `on` is the ship date, or today when that has passed."""
    claimed = (
        select(func.coalesce(func.sum(ledger.claim.c.quantity), 0))
        .where(ledger.claim.c.demand_kind == LINE, ledger.claim.c.demand_id == OrderLine.id)
        .scalar_subquery()
    )
    statement = (
        select(
            OrderLine.id, OrderLine.line, OrderLine.item_id, OrderLine.quantity, OrderLine.lot_id, Item.sku,
            Item.shelf_life_days, Item.usable_on_expiry_day, Item.allocation_policy.label("item_policy"),
            Order.owner_id, Order.warehouse_id, Order.purpose, Order.ship_on,
            Partner.id.label("customer_id"), Partner.code.label("customer_code"), Partner.market,
            Order.allocation_policy.label("order_policy"), Partner.allocation_policy.label("customer_policy"),
            Partner.shelf_life_days_min.label("customer_days_min"),
            Partner.shelf_life_percent_min.label("customer_percent_min"),
            ItemRule.allocation_policy.label("rule_policy"), ItemRule.shelf_life_days_min.label("rule_days_min"),
            ItemRule.shelf_life_percent_min.label("rule_percent_min"), Warehouse.timezone, claimed.label("claimed"),
        )
        .join(Order, Order.id == OrderLine.order_id).join(Item, Item.id == OrderLine.item_id)
        .join(Partner, Partner.id == Order.customer_id).join(Warehouse, Warehouse.id == Order.warehouse_id)
        .outerjoin(ItemRule, and_(ItemRule.customer_id == Order.customer_id, ItemRule.item_id == OrderLine.item_id))
        .where(OrderLine.order_id == order).order_by(OrderLine.line)
    )  # fmt: skip
    if line is not None:
        statement = statement.where(OrderLine.id == line)
    lines = []
    for row in db.session.execute(statement):
        terms = terms_of(row)
        lines.append(
            OpenLine(
                id=row.id, line=row.line, item=row.item_id, sku=row.sku, asked=row.quantity,
                claimed=as_quantity(row.claimed), lot=row.lot_id, owner=row.owner_id, warehouse=row.warehouse_id,
                policy=terms.policy, purpose=Purpose(row.purpose.value),
                on=max(local_day(at, row.timezone), row.ship_on), needed_until=terms.needed_until(row.ship_on),
                usable_on_last_day=row.usable_on_expiry_day, buyer=buyer_of(row),
            )
        )  # fmt: skip
    return lines


def tell_of_lines(lines: Collection[int]) -> dict[int, DemandFacts]:
    """Say what stands behind order lines, for floors that know them as demands alone (wms/stock/demands.py)."""
    rows = db.session.execute(
        select(
            OrderLine.id, OrderLine.line, OrderLine.item_id, OrderLine.quantity, Item.sku, Order.id.label("order"),
            Order.number, Order.warehouse_id, Order.state,
        )
        .join(Order, Order.id == OrderLine.order_id)
        .join(Item, Item.id == OrderLine.item_id)
        .where(OrderLine.id.in_(lines))
    )  # fmt: skip
    return {
        row.id: DemandFacts(
            id=row.id, document_kind="order", document_id=row.order, number=row.number, line=row.line,
            item=row.item_id, sku=row.sku, warehouse=row.warehouse_id, quantity=row.quantity, state=row.state.value,
            is_open=row.state not in (OrderState.SHIPPED, OrderState.CANCELLED),
        )
        for row in rows
    }  # fmt: skip


def as_quantity(value: Any) -> Quantity:
    """Read a sum as a quantity: an empty one comes back as a bare number."""
    return value if isinstance(value, Quantity) else Quantity(int(value or 0))


@dataclass(frozen=True, kw_only=True)
class SeenBalance:
    """A balance that allocation looked at: the candidate of the rules, and the words for the page."""

    candidate: Candidate
    lot_number: str
    bin_code: str
    lpn_code: str
    place: Place


def balances_of(
    item: ItemId, *, warehouse: WarehouseId, owner: OwnerId, policy: str, excluded: Iterable[int] = (), limit: int = 400
) -> list[SeenBalance]:
    """List what stands of an item inside the walls in policy order, usable or not, for `explain` and `better_than`."""
    balance = ledger.balance
    reason = (
        select(func.min(Hold.reason))
        .join(HoldSetMember, HoldSetMember.hold_id == Hold.id)
        .where(HoldSetMember.hold_set_id == balance.c.hold_set_id)
        .scalar_subquery()
    )
    order = {
        "fefo": (balance.c.fefo_on, balance.c.received_on, balance.c.id),
        "fifo": (balance.c.received_on, balance.c.fefo_on, balance.c.id),
        "lifo": (balance.c.received_on.desc(), balance.c.fefo_on, balance.c.id),
    }[policy]
    statement = (
        select(
            balance.c.id, balance.c.lot_id, balance.c.bin_id, balance.c.lpn_id, balance.c.quality,
            balance.c.hold_set_id, balance.c.on_hand, balance.c.allocated, balance.c.fefo_on, balance.c.received_on,
            Lot.number, Bin.code.label("bin_code"), Bin.kind, Bin.is_blocked, Lpn.code.label("lpn_code"),
            Item.usable_on_expiry_day, reason.label("hold_reason"), scope_column(),
            peg_column(), Lot.stopped_for,
        )
        .join(Lot, Lot.id == balance.c.lot_id).join(Item, Item.id == balance.c.item_id)
        .join(Bin, Bin.id == balance.c.bin_id).join(Lpn, Lpn.id == balance.c.lpn_id)
        .where(
            balance.c.item_id == item, balance.c.warehouse_id == warehouse, balance.c.owner_id == owner,
            balance.c.on_hand > _NOTHING,
        )
        .order_by(*order).limit(limit)
    )  # fmt: skip
    left_out = set(excluded)
    return [_seen(row, left_out) for row in db.session.execute(statement)]


def _seen(row: Any, excluded: set[int]) -> SeenBalance:
    candidate = Candidate(
        balance=row.id, lot=row.lot_id, received_on=row.received_on, available=row.on_hand - row.allocated,
        bin_code=row.bin_code, is_pickable_bin=row.kind in PICKABLE and not row.is_blocked,
        is_excluded=row.id in excluded,
        facts=StockFacts(
            lot_number=row.number, quality=row.quality.value, is_held=row.hold_set_id != NO_HOLDS,
            last_good_on=row.fefo_on, usable_on_last_day=row.usable_on_expiry_day, hold_reason=str(row.hold_reason or ""),
            scope=row.scope, peg=row.peg, stopped_for=row.stopped_for,
        ),
    )  # fmt: skip
    return SeenBalance(
        candidate=candidate, lot_number=row.number, bin_code=row.bin_code,
        lpn_code="" if row.lpn_id == LOOSE else row.lpn_code, place=Place(bin=row.bin_id, lpn=row.lpn_id),
    )  # fmt: skip


def ledger_seq() -> int:
    """Give the sequence of the last posting: the state of the world a decision was made on."""
    return int(db.session.execute(select(func.coalesce(func.max(ledger.posting.c.seq), 0))).scalar_one())


def balances_to_count(warehouse: WarehouseId, items: Iterable[ItemId]) -> frozenset[BalanceId]:
    """Give the balances that a picker found short and nobody has counted since: not to be offered again meanwhile."""
    balance = ledger.balance
    found = db.session.execute(
        select(balance.c.id)
        .join(Task, and_(Task.source_bin_id == balance.c.bin_id, Task.lot_id == balance.c.lot_id))
        .where(
            Task.warehouse_id == warehouse,
            Task.kind == TaskKind.COUNT,
            Task.state.in_(UNDONE),
            Task.why == SHORT_PICK,
            Task.item_id.in_(set(items)),
            func.coalesce(Task.source_lpn_id, LOOSE) == balance.c.lpn_id,
        )
    )
    return frozenset(BalanceId(i) for i in found.scalars())


def has_count_task(stop: Stop) -> bool:
    """Say whether a count of this stop's lot and place is open already."""
    return (
        db.session.execute(
            select(Task.id).where(
                Task.warehouse_id == stop.warehouse,
                Task.kind == TaskKind.COUNT,
                Task.state.in_(UNDONE),
                Task.source_bin_id == stop.key.place.bin,
                Task.lot_id == stop.key.lot,
                func.coalesce(Task.source_lpn_id, LOOSE) == stop.key.place.lpn,
            )
        ).first()
        is not None
    )


# -- claims that wait for a pick task -------------------------------------------------------------------------------
@dataclass(frozen=True, kw_only=True)
class WalkClaim:
    """A claim of an order that still lies in storage and has no task: one stop to be, with its place in the walk."""

    claim: ClaimId
    line: OrderLineId
    item: ItemId
    lot: LotId
    owner: OwnerId
    place: Place
    quantity: Quantity
    walk: tuple[Any, ...]


def claims_without_task(order: OrderId) -> list[WalkClaim]:
    """List the claims of an order that no open pick task serves yet, in walk order (zone, bin, code, lot)."""
    claim, balance = ledger.claim, ledger.balance
    served = select(Task.id).where(Task.claim_id == claim.c.id, Task.state.in_(UNDONE)).exists()
    statement = (
        select(
            claim.c.id, claim.c.demand_id, claim.c.quantity, balance.c.item_id, balance.c.lot_id, balance.c.owner_id,
            balance.c.bin_id, balance.c.lpn_id, Bin.code, Bin.walk_sequence,
            func.coalesce(Zone.walk_sequence, 0).label("zone_walk"), Lot.number,
        )
        .join(balance, balance.c.id == claim.c.balance_id).join(Bin, Bin.id == balance.c.bin_id)
        .join(Lot, Lot.id == balance.c.lot_id).outerjoin(Zone, Zone.id == Bin.zone_id)
        .join(OrderLine, OrderLine.id == claim.c.demand_id)
        .where(OrderLine.order_id == order, claim.c.demand_kind == LINE, Bin.kind.in_(PICKABLE), ~served)
    )  # fmt: skip
    found = [
        WalkClaim(
            claim=row.id, line=OrderLineId(row.demand_id), item=ItemId(row.item_id), lot=LotId(row.lot_id),
            owner=row.owner_id, place=Place(bin=row.bin_id, lpn=row.lpn_id), quantity=row.quantity,
            walk=(row.zone_walk, row.walk_sequence, row.code, row.number, row.id),
        )
        for row in db.session.execute(statement)
    ]  # fmt: skip
    return sorted(found, key=lambda c: c.walk)


def undone_tasks(pick_list: PickListId) -> Sequence[tuple[Task, tuple[Any, ...]]]:
    """List the undone tasks of a list, each with its place in the walk."""
    rows = db.session.execute(
        select(Task, func.coalesce(Zone.walk_sequence, 0), Bin.walk_sequence, Bin.code)
        .join(Bin, Bin.id == Task.source_bin_id)
        .outerjoin(Zone, Zone.id == Bin.zone_id)
        .where(
            Task.document_kind == LIST,
            Task.document_id == pick_list,
            Task.kind == TaskKind.PICK,
            Task.state.in_(UNDONE),
        )
    )
    return [(row[0], (row[1], row[2], row[3])) for row in rows]


def walk_of(bin_id: BinId) -> tuple[Any, ...]:
    """Give a bin's place in the walk."""
    row = db.session.execute(
        select(func.coalesce(Zone.walk_sequence, 0), Bin.walk_sequence, Bin.code)
        .outerjoin(Zone, Zone.id == Bin.zone_id)
        .where(Bin.id == bin_id)
    ).one()
    return (row[0], row[1], row[2])


# -- the handheld's lists -------------------------------------------------------------------------------------------
@dataclass(frozen=True, kw_only=True)
class ListRow:
    """A pick list as a picker chooses it."""

    id: PickListId
    number: str
    order_number: str
    customer_name_en: str
    customer_name_zh: str
    state: PickListState
    taken_by: UserId | None
    taken_by_name: str
    ship_on: date
    priority: int
    stops: int
    first_bin: str


def open_lists(warehouse: WarehouseId, *, picker: UserId, limit: int = 20) -> list[ListRow]:
    """List the pick lists on which a picker has something to do: the own first, then the free ones by priority and ship date."""
    undone = and_(
        Task.kind == TaskKind.PICK, Task.document_kind == LIST, Task.document_id == PickList.id, Task.state.in_(UNDONE)
    )
    stops = select(func.count()).where(undone).correlate(PickList).scalar_subquery()
    first = (
        select(Bin.code)
        .join(Task, Task.source_bin_id == Bin.id)
        .where(undone)
        .order_by(Task.sequence, Task.id)
        .limit(1)
    )
    order = (PickList.state.desc(), Order.priority, Order.ship_on, PickList.id)
    # The first ones are found before they are dressed: else the stops of every open list would be counted.
    page = (
        select(PickList.id)
        .join(Order, Order.id == PickList.order_id)
        .where(
            PickList.warehouse_id == warehouse,
            PickList.state.in_((PickListState.OPEN, PickListState.TAKEN)),
            (PickList.state == PickListState.OPEN) | (PickList.taken_by == picker),
            select(Task.id).where(undone).correlate(PickList).exists(),  # a hold may have stopped all of it
        )
        .order_by(*order)
        .limit(limit)
        .subquery()
    )
    statement = (
        select(
            PickList.id, PickList.number, PickList.state, PickList.taken_by, Order.number.label("order_number"),
            Order.ship_on, Order.priority, Partner.name_en, Partner.name_zh, User.full_name, stops.label("stops"),
            first.correlate(PickList).scalar_subquery().label("first_bin"),
        )
        .join(page, page.c.id == PickList.id)
        .join(Order, Order.id == PickList.order_id).join(Partner, Partner.id == Order.customer_id)
        .outerjoin(User, User.id == PickList.taken_by)
        .order_by(*order)
    )  # fmt: skip
    return [
        ListRow(
            id=row.id, number=row.number, order_number=row.order_number, customer_name_en=row.name_en,
            customer_name_zh=row.name_zh, state=row.state, taken_by=row.taken_by, taken_by_name=row.full_name or "",
            ship_on=row.ship_on, priority=row.priority, stops=row.stops, first_bin=row.first_bin or "",
        )
        for row in db.session.execute(statement)
    ]  # fmt: skip


def why_not_offered(order_number: str, warehouse: WarehouseId) -> tuple[str, str, str] | None:
    """Why an order's open list is not offered to a picker: ("stopped", lot, reason) by a hold, ("taken", name, "") by another.

    None where there is no such list.
    """
    row = db.session.execute(
        select(PickList.id, PickList.state, User.full_name)
        .join(Order, Order.id == PickList.order_id)
        .outerjoin(User, User.id == PickList.taken_by)
        .where(
            Order.number == order_number, PickList.warehouse_id == warehouse,
            PickList.state.in_((PickListState.OPEN, PickListState.TAKEN)),
        )
        .order_by(PickList.id)
    ).first()  # fmt: skip
    if row is None:
        return None
    stopped = db.session.execute(
        select(Lot.number, Task.why)
        .join(Lot, Lot.id == Task.lot_id)
        .where(
            Task.document_kind == LIST, Task.document_id == row.id, Task.kind == TaskKind.PICK,
            Task.state == TaskState.STOPPED,
        )
        .order_by(Task.closed_at.desc(), Task.id)
    ).first()  # fmt: skip
    if stopped is not None:
        return "stopped", stopped.number, stopped.why
    return ("taken", row.full_name, "") if row.full_name else None


def find_list(pick_list: PickListId) -> PickList:
    """Give a pick list; NotFound otherwise."""
    found = db.session.get(PickList, pick_list, populate_existing=True)
    if found is None:
        raise NotFound(kind="pick_list", text=str(pick_list))
    return found


@dataclass(frozen=True, kw_only=True)
class LotInBin:
    """A lot of an item that lies in a bin, for the big buttons."""

    lot: LotId
    number: str
    fefo_on: date
    quantity: Quantity


def lots_in_bin(item: ItemId, bin_id: BinId) -> list[LotInBin]:
    """List the lots of an item that lie in a bin, earliest first."""
    balance = ledger.balance
    rows = db.session.execute(
        select(Lot.id, Lot.number, Lot.fefo_on, func.sum(balance.c.on_hand).label("quantity"))
        .join(balance, balance.c.lot_id == Lot.id)
        .where(balance.c.bin_id == bin_id, balance.c.item_id == item, balance.c.on_hand > _NOTHING)
        .group_by(Lot.id, Lot.number, Lot.fefo_on)
        .order_by(Lot.fefo_on, Lot.number)
    )
    return [LotInBin(lot=r.id, number=r.number, fefo_on=r.fefo_on, quantity=as_quantity(r.quantity)) for r in rows]


# -- single records ---------------------------------------------------------------------------------------------------
def find_order(order: OrderId, *, is_locked: bool = False) -> Order:
    """Give an order, with its customer or, for a verb, locked until the commit; NotFound otherwise."""
    if is_locked:
        found = db.session.get(Order, order, with_for_update=True, populate_existing=True)
    else:
        found = db.session.get(Order, order, options=[joinedload(Order.customer)])
    if found is None:
        raise NotFound(kind="order", text=str(order))
    return found


def staging_bin(warehouse: WarehouseId) -> BinId:
    """Give the first staging bin of a warehouse that is not blocked; NotFound when it has none."""
    found = db.session.execute(
        select(Bin.id)
        .where(Bin.warehouse_id == warehouse, Bin.kind == BinKind.STAGING, ~Bin.is_blocked)
        .order_by(Bin.walk_sequence, Bin.code)
        .limit(1)
    ).scalar()
    if found is None:
        raise NotFound(kind="bin", text="staging")
    return BinId(found)


def posted_pick(seq: int) -> tuple[int, Quantity]:
    """Give document id and quantity of a pick that was posted, to tell a repeat from another use of its key."""
    row = db.session.execute(
        select(ledger.posting.c.document_id, ledger.move.c.quantity)
        .join(ledger.move, ledger.move.c.posting_seq == ledger.posting.c.seq)
        .where(ledger.posting.c.seq == seq)
    ).first()
    return (row.document_id, row.quantity) if row else (0, ZERO)


def bin_code(bin_id: BinId) -> str:
    """Give the code of a bin, as a person says it."""
    return db.session.execute(select(Bin.code).where(Bin.id == bin_id)).scalar_one()


def count_taken_lists(user: UserId) -> int:
    """Count the lists a person walks."""
    statement = select(func.count()).where(PickList.state == PickListState.TAKEN, PickList.taken_by == user)
    return db.session.execute(statement).scalar_one()
