"""Reads of stock: what stands where, who it is promised to, what became of a lot. One statement a question.

`find_balances` is for verbs (a hold, a move, a count): every balance that matches, in the lock order. The stock page's
list is in `page_of_stock`, paged by key. Quantities are in base units, days are last good days.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, func, literal, literal_column, or_, select, union, union_all
from sqlalchemy.orm import InstrumentedAttribute, aliased, joinedload, selectinload

from wms.accounts.models import User
from wms.catalog.models import Item, PackUnit
from wms.core.errors import NotFound
from wms.core.ids import (
    LOOSE,
    NO_HOLDS,
    BalanceId,
    BinId,
    ClaimId,
    HoldId,
    HoldSetId,
    ItemId,
    LotId,
    LpnId,
    OwnerId,
    PostingSeq,
    WarehouseId,
    ZoneId,
)
from wms.core.quantity import ZERO, Quantity
from wms.db import db
from wms.db.paging import Page, SortKey, after, page_of
from wms.fields.queries import matching
from wms.fields.rules.values import Condition
from wms.sites.models import Bin, BinKind, StorageClass, Warehouse, Zone
from wms.stock.captures import TypedReason
from wms.stock.ledger.moves import Place, StockKey
from wms.stock.ledger.tables import Quality, Reason, StockBalance, StockClaim, StockMove, StockPosting
from wms.stock.models import Capture, Hold, HoldSetMember, LinkKind, Lot, LotLink, Lpn
from wms.stock.rules.availability import StockFacts
from wms.stock.rules.state import StockState, states_of

#: Literal, so that both planners see that the partial indexes hold the answer.
_STANDS: ColumnElement[bool] = literal_column("stock_balance.on_hand > 0")
_HELD: ColumnElement[bool] = literal_column("stock_balance.hold_set_id <> 0")


@dataclass(frozen=True, kw_only=True, slots=True)
class BalanceRow:
    """One balance with the names around it."""

    id: BalanceId
    warehouse: WarehouseId
    lot: LotId
    lot_number: str
    item: ItemId
    sku: str
    name_en: str
    name_zh: str
    base_unit: str
    item_storage_class: StorageClass
    usable_on_last_day: bool
    owner: OwnerId
    bin: BinId
    bin_code: str
    bin_kind: BinKind
    bin_is_blocked: bool
    zone: ZoneId | None
    lpn: LpnId
    lpn_code: str
    quality: Quality
    hold_set: HoldSetId
    on_hand: Quantity
    allocated: Quantity
    fefo_on: date
    received_on: date
    expires_on: date | None
    stopped_for: str = ""

    @property
    def key(self) -> StockKey:
        """The stock key, as the ledger takes it."""
        return StockKey(
            lot=self.lot,
            owner=self.owner,
            place=Place(bin=self.bin, lpn=self.lpn),
            quality=self.quality,
            hold_set=self.hold_set,
        )

    @property
    def unpromised(self) -> Quantity:
        """On hand less what is promised."""
        return self.on_hand - self.allocated

    @property
    def is_held(self) -> bool:
        """Whether any hold lies on it."""
        return self.hold_set != NO_HOLDS

    @property
    def facts(self) -> StockFacts:
        """What rules.availability.why_not asks of stock."""
        return StockFacts(
            lot_number=self.lot_number,
            quality=self.quality.value,
            is_held=self.is_held,
            last_good_on=self.fefo_on,
            usable_on_last_day=self.usable_on_last_day,
            stopped_for=self.stopped_for,
        )

    def states(self, on: date) -> tuple[StockState, ...]:
        """The states a person sees, worst first, on a warehouse day."""
        return states_of(
            quality=self.quality.value,
            is_held=self.is_held,
            last_good_on=self.fefo_on,
            on=on,
            usable_on_last_day=self.usable_on_last_day,
            has_promised=self.allocated > ZERO,
            has_free=self.unpromised > ZERO,
            is_sample=self.bin_kind is BinKind.SAMPLE,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class ClaimRow:
    """One promise: how much of which balance for which demand."""

    id: ClaimId
    balance: BalanceId
    demand_kind: str
    demand_id: int
    quantity: Quantity


_ROW_COLUMNS: tuple[ColumnElement[Any], ...] = (
    StockBalance.id.label("id"),
    StockBalance.warehouse_id.label("warehouse"),
    StockBalance.lot_id.label("lot"),
    Lot.number.label("lot_number"),
    StockBalance.item_id.label("item"),
    Item.sku.label("sku"),
    Item.name_en.label("name_en"),
    Item.name_zh.label("name_zh"),
    Item.base_unit.label("base_unit"),
    Item.storage_class.label("item_storage_class"),
    Item.usable_on_expiry_day.label("usable_on_last_day"),
    StockBalance.owner_id.label("owner"),
    StockBalance.bin_id.label("bin"),
    Bin.code.label("bin_code"),
    Bin.kind.label("bin_kind"),
    Bin.is_blocked.label("bin_is_blocked"),
    Bin.zone_id.label("zone"),
    StockBalance.lpn_id.label("lpn"),
    Lpn.code.label("lpn_code"),
    StockBalance.quality.label("quality"),
    StockBalance.hold_set_id.label("hold_set"),
    StockBalance.on_hand.label("on_hand"),
    StockBalance.allocated.label("allocated"),
    StockBalance.fefo_on.label("fefo_on"),
    StockBalance.received_on.label("received_on"),
    Lot.expires_on.label("expires_on"),
    Lot.stopped_for.label("stopped_for"),
)


def _rows() -> Select[Any]:
    return (
        select(*_ROW_COLUMNS)
        .select_from(StockBalance)
        .join(Lot, Lot.id == StockBalance.lot_id)
        .join(Item, Item.id == StockBalance.item_id)
        .join(Bin, Bin.id == StockBalance.bin_id)
        .join(Lpn, Lpn.id == StockBalance.lpn_id)
    )


def _balance_rows(statement: Select[Any]) -> list[BalanceRow]:
    return [BalanceRow(**row._mapping) for row in db.session.execute(statement)]


# -- for verbs --------------------------------------------------------------------------------------------------------
def find_balances(
    *,
    ids: Collection[BalanceId] | None = None,
    lot: LotId | None = None,
    lots: Collection[LotId] | None = None,
    item: ItemId | None = None,
    warehouse: WarehouseId | None = None,
    bin: BinId | None = None,
    lpn: LpnId | None = None,
    lpns: Collection[LpnId] | None = None,
    quality: Quality | None = None,
    hold: HoldId | None = None,
    holds: Collection[HoldId] | None = None,
    zone: ZoneId | None = None,
    bin_kinds: Collection[BinKind] | None = None,
) -> list[BalanceRow]:
    """Every balance with something on hand that matches all that is given, in the lock order. At least one is needed."""
    given: list[ColumnElement[bool]] = []
    if ids is not None:
        given.append(StockBalance.id.in_(ids))
    if lot is not None:
        given.append(StockBalance.lot_id == lot)
    if lots is not None:
        given.append(StockBalance.lot_id.in_(lots))
    if item is not None:
        given.append(StockBalance.item_id == item)
    if warehouse is not None:
        given.append(StockBalance.warehouse_id == warehouse)
    if bin is not None:
        given.append(StockBalance.bin_id == bin)
    if lpn is not None:
        given.append(StockBalance.lpn_id == lpn)
    if lpns is not None:
        given.append(StockBalance.lpn_id.in_(lpns))
    if quality is not None:
        given.append(StockBalance.quality == quality)
    if hold is not None:
        sets = select(HoldSetMember.hold_set_id).where(HoldSetMember.hold_id == hold)
        given += [StockBalance.hold_set_id.in_(sets), _HELD]
    if holds is not None:
        sets = select(HoldSetMember.hold_set_id).where(HoldSetMember.hold_id.in_(holds))
        given += [StockBalance.hold_set_id.in_(sets), _HELD]
    if zone is not None:
        given.append(Bin.zone_id == zone)
    if bin_kinds is not None:
        given.append(Bin.kind.in_(bin_kinds))
    if not given:
        raise ValueError("find_balances without any condition would read the whole warehouse")
    order = (
        StockBalance.lot_id, StockBalance.owner_id, StockBalance.bin_id, StockBalance.lpn_id, StockBalance.quality,
        StockBalance.hold_set_id,
    )  # fmt: skip
    return _balance_rows(_rows().where(_STANDS, *given).order_by(*order))


def claims_on(balances: Collection[BalanceId]) -> list[ClaimRow]:
    """The promises that lie on these balances, newest first."""
    return _claims(StockClaim.balance_id.in_(balances)) if balances else []


def claims_of(demand_kind: str, demand_ids: Collection[int]) -> list[ClaimRow]:
    """The promises made to these demand lines, newest first."""
    return _claims(StockClaim.demand_kind == demand_kind, StockClaim.demand_id.in_(demand_ids)) if demand_ids else []


def _claims(*conditions: ColumnElement[bool]) -> list[ClaimRow]:
    rows = db.session.execute(
        select(StockClaim.id, StockClaim.balance_id, StockClaim.demand_kind, StockClaim.demand_id, StockClaim.quantity)
        .where(*conditions)
        .order_by(StockClaim.id.desc())
    )
    return [
        ClaimRow(id=r.id, balance=r.balance_id, demand_kind=r.demand_kind, demand_id=r.demand_id, quantity=r.quantity)
        for r in rows
    ]


@dataclass(frozen=True, kw_only=True)
class PostingRow:
    """One posting as found by its key."""

    seq: PostingSeq
    reason: Reason
    document_kind: str
    document_id: int | None
    reverses_seq: PostingSeq | None


def find_posting(key: str) -> PostingRow | None:
    """The posting made under this key, or None: for a verb that must know whether it was asked before."""
    row = db.session.execute(
        select(
            StockPosting.seq, StockPosting.reason, StockPosting.document_kind, StockPosting.document_id,
            StockPosting.reverses_seq,
        ).where(StockPosting.key == key)
    ).first()  # fmt: skip
    return PostingRow(**row._mapping) if row else None


def lpn_with_children(lpn: LpnId) -> list[LpnId]:
    """The plate and all plates that stand on it, however deep."""
    tree = select(Lpn.id).where(Lpn.id == lpn).cte(recursive=True)
    tree = tree.union(select(Lpn.id).join(tree, Lpn.parent_id == tree.c.id))
    return [LpnId(i) for i in db.session.execute(select(tree.c.id)).scalars()]


def expired_lots(*, warehouse: WarehouseId, on: date) -> list[LotId]:
    """The lots of which something stands in the warehouse and whose last good day is over on `on`, by id."""
    statement = (
        select(StockBalance.lot_id)
        .where(_STANDS, StockBalance.warehouse_id == warehouse, _is_expired(on))
        .distinct()
        .order_by(StockBalance.lot_id)
    )
    return [LotId(i) for i in db.session.execute(statement).scalars()]


def _is_expired(on: date) -> ColumnElement[bool]:
    ends_today = select(Item.id).where(~Item.usable_on_expiry_day)
    return and_(
        StockBalance.fefo_on <= on,
        or_(StockBalance.fefo_on < on, StockBalance.item_id.in_(ends_today)),
    )


# -- the stock page ---------------------------------------------------------------------------------------------------
SORTS = ("expiry", "-expiry", "item", "-item", "bin", "-bin")
STATES = tuple(s.value for s in StockState)
#: So many ids are named in a list; more are found by a subquery.
_FEW = 400
#: More rows than this in a state are met soon on any way through the warehouse.
_MANY = 5_000


@dataclass(frozen=True, kw_only=True)
class StockFilter:
    """What the stock page is asked for; blank means not asked. Codes are exact, `text` finds item, lot, bin, LPN."""

    warehouse: WarehouseId
    text: str = ""
    sku: str = ""
    lot: str = ""
    bin: str = ""
    lpn: str = ""
    zone: str = ""
    state: str = ""
    before: date | None = None
    sort: str = "expiry"
    #: Own fields of the lot.
    own: tuple[Condition, ...] = ()


def page_of_stock(wanted: StockFilter, *, on: date, cursor: str | None, size: int = 50) -> Page[BalanceRow]:
    """One page of balances in the order asked for; the same two statements at most, on page 1 as on page 10,000."""
    keys = _sort_keys(wanted.sort)
    ids = _filtered(wanted, on=on)
    if ids is None:
        return Page(rows=[], next_cursor=None)
    inner = after(ids, keys, cursor, size=size).subquery()
    outer = _rows().join(inner, inner.c.id == StockBalance.id).order_by(*(_direction(k) for k in keys))
    values: Callable[[BalanceRow], tuple[Any, ...]] = {
        "expiry": lambda r: (r.fefo_on, r.id),
        "item": lambda r: (r.sku, r.fefo_on, r.id),
        "bin": lambda r: (r.bin_code, r.id),
    }[wanted.sort.lstrip("-")]
    return page_of(_balance_rows(outer), size=size, values=values)


def page_of_lot_stock(
    lot: LotId, *, warehouses: Collection[WarehouseId], cursor: str | None, size: int
) -> Page[BalanceRow]:
    """One page of what stands of a lot in these warehouses, in the order it came to its places."""
    statement = _rows().where(_STANDS, StockBalance.lot_id == lot, StockBalance.warehouse_id.in_(warehouses))
    rows = _balance_rows(after(statement, [SortKey(StockBalance.id)], cursor, size=size))
    return page_of(rows, size=size, values=lambda row: (row.id,))


def stream_stock(wanted: StockFilter, *, on: date) -> Iterator[BalanceRow]:
    """Every balance that matches, in the order asked for, a thousand at a time: for an export."""
    keys = _sort_keys(wanted.sort)
    ids = _filtered(wanted, on=on)
    if ids is None:
        return
    statement = _rows().where(StockBalance.id.in_(ids)).order_by(*(_direction(k) for k in keys))
    for part in db.session.execute(statement.execution_options(yield_per=1000)).partitions():
        for row in part:
            yield BalanceRow(**row._mapping)


def _direction(key: SortKey) -> ColumnElement[Any]:
    return key.column.desc() if key.descending else key.column.asc()


def _sort_keys(sort: str) -> list[SortKey]:
    """The sorts there are: each follows an index, the last key is unique."""
    columns: dict[str, tuple[InstrumentedAttribute[Any], ...]] = {
        "expiry": (StockBalance.fefo_on, StockBalance.id),
        "item": (Item.sku, StockBalance.fefo_on, StockBalance.id),
        "bin": (Bin.code, StockBalance.id),
    }
    return [SortKey(c, descending=sort.startswith("-")) for c in columns[sort.lstrip("-")]]


def _filtered(wanted: StockFilter, *, on: date) -> Select[Any] | None:
    """The ids of the balances that match, unsorted; None when a code given names nothing."""
    named, is_broad = _names(wanted.text, wanted.warehouse) if wanted.text else (None, False)
    if wanted.text and named is None:
        return None
    is_many = _is_many(wanted)
    is_narrow = bool(
        wanted.sku or wanted.lot or wanted.bin or wanted.lpn or (wanted.text and not is_broad) or wanted.own
    )
    is_common = is_many or wanted.state in ("", StockState.AVAILABLE.value, StockState.EXPIRED.value)
    walks = is_common and not is_narrow
    statement = select(StockBalance.id).where(_STANDS, _in_warehouse(wanted, walks=walks, gathers=not is_narrow))
    if wanted.sort.endswith("item"):
        # Every code is above the empty one; said so, SQLite walks the index of codes.
        statement = statement.join(Item, _first(Item, walks) == StockBalance.item_id).where(Item.sku > "")
    if wanted.sort.endswith("bin"):
        here = Bin.warehouse_id == wanted.warehouse
        statement = statement.join(Bin, _first(Bin, walks) == StockBalance.bin_id).where(here)
    if wanted.sku:
        statement = statement.where(StockBalance.item_id.in_(_ids(Item, Item.sku == wanted.sku)))
    if wanted.lot:
        statement = statement.where(StockBalance.lot_id.in_(_ids(Lot, Lot.number == wanted.lot)))
    for asked in wanted.own:
        statement = statement.where(StockBalance.lot_id.in_(matching(asked)))
    if wanted.bin:
        bins = _ids(Bin, Bin.warehouse_id == wanted.warehouse, Bin.code == wanted.bin)
        statement = statement.where(StockBalance.bin_id.in_(bins))
    if wanted.lpn:
        statement = statement.where(StockBalance.lpn_id.in_(_ids(Lpn, Lpn.code == wanted.lpn, Lpn.id != 0)))
    if wanted.zone:
        statement = statement.where(_in_zone(wanted.zone, wanted.warehouse, is_by_bin=wanted.sort.endswith("bin")))
    if wanted.before:
        statement = statement.where(StockBalance.fefo_on < wanted.before)
    if wanted.state:
        statement = statement.where(_in_state(StockState(wanted.state), on=on, is_many=is_many))
    return statement if named is None else statement.where(named)


def _is_many(wanted: StockFilter) -> bool:
    """Whether so much is in the state asked for that it is found soon on the way through all, in any order.

    Few are gathered first and sorted. PostgreSQL weighs this by its statistics; it is told about claims alone, which it
    cannot see from the balances.
    """
    state = wanted.state
    if state == StockState.ALLOCATED.value:
        return db.session.execute(select(StockClaim.id).offset(_MANY).limit(1)).first() is not None
    of_quality = state in (StockState.PENDING.value, StockState.REJECTED.value)
    if wanted.sort.endswith("expiry") or not of_quality or not _is_sqlite():
        return False
    of_state = _in_state(StockState(state), on=date.min, is_many=False)
    those = select(StockBalance.id).where(_STANDS, StockBalance.warehouse_id == wanted.warehouse, of_state)
    return db.session.execute(those.offset(_MANY).limit(1)).first() is not None


def _is_sqlite() -> bool:
    return db.session.get_bind().dialect.name == "sqlite"


def _first(table: Any, walks: bool) -> ColumnElement[Any]:
    """The id of a table to join with. On a walk SQLite is to begin with this table: the plus takes its key away."""
    if walks and _is_sqlite():
        return literal_column(f"+{table.__tablename__}.id", table.id.type)
    column: ColumnElement[Any] = table.id
    return column


def _in_warehouse(wanted: StockFilter, *, walks: bool, gathers: bool) -> ColumnElement[bool]:
    """The balances of the warehouse.

    SQLite keeps no statistics and would walk the whole warehouse by date for any question. Where a filter is narrow, or
    the order is another, its unary plus takes that index away, and the right one is left.
    """
    by_quality = wanted.state in (StockState.PENDING.value, StockState.REJECTED.value) and gathers and not walks
    by_date = wanted.sort.endswith("expiry") and walks
    if by_date or by_quality or not _is_sqlite():
        return StockBalance.warehouse_id == wanted.warehouse
    column: ColumnElement[int] = literal_column("+stock_balance.warehouse_id", StockBalance.warehouse_id.type)
    return column == wanted.warehouse


def _in_zone(code: str, warehouse: WarehouseId, *, is_by_bin: bool) -> ColumnElement[bool]:
    """Balances in a zone: by their bins while these are few, else by looking at each balance's bin on the way."""
    zone = select(Zone.id).where(Zone.warehouse_id == warehouse, Zone.code == code).scalar_subquery()
    few = list(db.session.execute(select(Bin.id).where(Bin.zone_id == zone).limit(_FEW + 1)).scalars())
    if len(few) <= _FEW:
        return StockBalance.bin_id.in_(few)
    if is_by_bin:
        return Bin.zone_id == zone
    # Each balance's bin by itself, so that no planner collects the whole zone through the index of bins.
    return _of(Bin, Bin.zone_id, StockBalance.bin_id) == zone


def _of(table: Any, column: InstrumentedAttribute[Any], by: InstrumentedAttribute[Any]) -> Any:
    """A column of the row that a balance points to, looked up for this balance alone."""
    other = aliased(table)
    return select(getattr(other, column.key)).where(other.id == by).correlate(StockBalance).scalar_subquery()


def _ids(table: Any, *conditions: ColumnElement[bool]) -> Any:
    return select(table.id).where(*conditions)


def _in_state(state: StockState, *, on: date, is_many: bool) -> ColumnElement[bool]:
    if state is StockState.EXPIRED:
        return _is_expired(on)
    if state is StockState.HELD:
        return literal_column("stock_balance.hold_set_id <> 0 AND stock_balance.hold_set_id > 0")
    if state in (StockState.PENDING, StockState.REJECTED):
        if is_many:
            # The plus takes the index of the few away from SQLite.
            return literal_column("+stock_balance.quality", StockBalance.quality.type) == Quality(state.value)
        literally: ColumnElement[bool] = literal_column("stock_balance.quality <> 'released'")
        return and_(literally, StockBalance.quality == Quality(state.value))
    if state is StockState.ALLOCATED:
        if is_many:
            claim = select(StockClaim.id).where(StockClaim.balance_id == StockBalance.id).limit(1)
            return claim.correlate(StockBalance).scalar_subquery().is_not(None)
        return StockBalance.id.in_(select(StockClaim.balance_id))
    of_samples = select(Bin.id).where(Bin.kind == BinKind.SAMPLE)
    if state is StockState.SAMPLE:
        return StockBalance.bin_id.in_(of_samples)
    plain: ColumnElement[bool] = literal_column(
        "stock_balance.is_open AND stock_balance.quality = 'released' AND stock_balance.hold_set_id = 0"
    )
    ends_today = select(Item.id).where(~Item.usable_on_expiry_day)
    is_good = and_(StockBalance.fefo_on >= on, or_(StockBalance.fefo_on > on, StockBalance.item_id.not_in(ends_today)))
    return and_(plain, is_good, StockBalance.bin_id.not_in(of_samples))


def _names(typed: str, warehouse: WarehouseId) -> tuple[ColumnElement[bool] | None, bool]:
    """Balances whose item, lot, bin or LPN begins with the text (an item's name may hold it anywhere); None for none.

    What the text names is found first, in one statement, so that the list of balances is asked by ids alone. The second
    value says that it names a great many: then each balance is looked at on the way through the list.
    """
    holds = f"%{_like(typed)}%"
    named: dict[str, tuple[InstrumentedAttribute[Any], Select[Any]]] = {
        "item": (
            StockBalance.item_id,
            _ids(
                Item,
                or_(
                    _begins(Item.sku, typed),
                    func.lower(Item.name_en).like(holds.lower(), escape="\\"),
                    Item.name_zh.like(holds, escape="\\"),
                ),
            ),
        ),
        "lot": (StockBalance.lot_id, _ids(Lot, _begins(Lot.number, typed))),
        "bin": (StockBalance.bin_id, _ids(Bin, Bin.warehouse_id == warehouse, _begins(Bin.code, typed))),
        "lpn": (StockBalance.lpn_id, _ids(Lpn, _begins(Lpn.code, typed), Lpn.id != LOOSE)),
    }
    parts = [
        select(literal(kind).label("kind"), select(ids.limit(_FEW + 1).subquery().c.id).subquery().c.id)
        for kind, (_column, ids) in named.items()
    ]
    found: dict[str, list[int]] = {}
    for kind, identity in db.session.execute(union_all(*parts)):
        found.setdefault(kind, []).append(identity)
    if not found:
        return None, False
    codes: dict[str, Any] = {"lot": (Lot, Lot.number), "bin": (Bin, Bin.code), "lpn": (Lpn, Lpn.code)}
    is_broad = any(len(ids) > _FEW for ids in found.values())
    if not is_broad and _is_sqlite():  # few names of much: PostgreSQL knows by its statistics
        those = or_(*(named[kind][0].in_(ids) for kind, ids in found.items()))
        more = select(StockBalance.id).where(_STANDS, those).offset(_MANY).limit(1)
        is_broad = db.session.execute(more).first() is not None
    ways = []
    for kind, ids in found.items():
        column = named[kind][0]
        if len(ids) > _FEW and kind in codes:
            table, code = codes[kind]
            ways.append(_begins(_of(table, code, column), typed))
        else:
            few = ids if len(ids) <= _FEW else named[kind][1]
            ways.append((column + 0).in_(few) if is_broad else column.in_(few))
    return or_(*ways), is_broad


def _begins(column: Any, typed: str) -> ColumnElement[bool]:
    """`column` begins with the text as typed or in capitals."""
    return (
        or_(_prefix(column, typed), _prefix(column, typed.upper()))
        if typed != typed.upper()
        else _prefix(column, typed)
    )


def _like(typed: str) -> str:
    return typed.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _prefix(column: Any, typed: str) -> ColumnElement[bool]:
    """`column` begins with `typed`, as a range an index can walk on both engines."""
    return and_(column >= typed, column < typed + "\U0010ffff")


# -- lots and plates, for machines --------------------------------------------------------------------------------------
def page_of_lots(
    *, sku: str, number: str, begins: str, cursor: str | None, size: int, own: Sequence[Condition] = ()
) -> Page[Lot]:
    """One page of lots by number, then by age: of an item, of exactly this number, or that begin with a text."""
    statement = _whole_lots()
    for asked in own:
        statement = statement.where(Lot.id.in_(matching(asked)))
    if sku:
        statement = statement.where(Lot.item_id.in_(_ids(Item, Item.sku == sku)))
    if number:
        statement = statement.where(Lot.number == number)
    if begins:
        statement = statement.where(_begins(Lot.number, begins))
    keys = [SortKey(Lot.number), SortKey(Lot.id.expression)]
    rows = db.session.execute(after(statement, keys, cursor, size=size)).scalars().all()
    return page_of(rows, size=size, values=lambda lot: (lot.number, lot.id))


def get_whole_lot(lot: LotId) -> Lot:
    """A lot with item, maker and supplier; NotFound otherwise."""
    found: Lot | None = db.session.execute(_whole_lots().where(Lot.id == lot)).scalar_one_or_none()
    if found is None:
        raise NotFound(kind="lot", text=str(lot))
    return found


def _whole_lots() -> Any:
    return select(Lot).options(
        joinedload(Lot.item), joinedload(Lot.maker), joinedload(Lot.supplier), selectinload(Lot.own_values)
    )


def page_of_lpns(warehouse: WarehouseId, *, code: str, begins: str, cursor: str | None, size: int) -> Page[Lpn]:
    """One page of the plates of a warehouse and of none, by code."""
    here = or_(Lpn.warehouse_id == warehouse, Lpn.warehouse_id.is_(None))
    statement = select(Lpn).where(here, Lpn.id != LOOSE)
    if code:
        statement = statement.where(Lpn.code == code)
    if begins:
        statement = statement.where(_begins(Lpn.code, begins))
    keys = [SortKey(Lpn.code), SortKey(Lpn.id.expression)]
    rows = db.session.execute(after(statement, keys, cursor, size=size)).scalars().all()
    return page_of(rows, size=size, values=lambda lpn: (lpn.code, lpn.id))


@dataclass(frozen=True)
class StockRow:
    """A balance with its states of a day and the holds on it."""

    row: BalanceRow
    states: Sequence[StockState]
    holds: Sequence[Hold]

    @property
    def lpn_code(self) -> str | None:
        """The plate it stands on, None for loose goods."""
        return self.row.lpn_code if self.row.lpn != LOOSE else None


def with_states(rows: Sequence[BalanceRow], *, on: date) -> list[StockRow]:
    """Add states and holds to balances, by one statement for all."""
    holds = holds_in_sets(row.hold_set for row in rows)
    return [StockRow(row, row.states(on), holds.get(row.hold_set, [])) for row in rows]


def sums_by_state(rows: Iterable[BalanceRow], *, on: date) -> list[tuple[StockState, Quantity]]:
    """How much is in each state; goods in several count in each."""
    sums: dict[StockState, int] = {}
    for row in rows:
        for state in row.states(on):
            if state is StockState.ALLOCATED:
                amount = row.allocated
            else:
                amount = row.unpromised if state is StockState.AVAILABLE else row.on_hand
            sums[state] = sums.get(state, 0) + amount.millionths
    return [(state, Quantity(amount)) for state, amount in sums.items() if amount]


# -- holds, as the pages show them --------------------------------------------------------------------------------------
def holds_in_sets(hold_sets: Iterable[HoldSetId]) -> dict[int, list[Hold]]:
    """For each hold set its holds, oldest first."""
    wanted = {s for s in hold_sets if s != NO_HOLDS}
    found: dict[int, list[Hold]] = {s: [] for s in wanted}
    if wanted:
        rows = db.session.execute(
            select(HoldSetMember.hold_set_id, Hold)
            .join(Hold, Hold.id == HoldSetMember.hold_id)
            .where(HoldSetMember.hold_set_id.in_(wanted))
            .order_by(Hold.placed_at)
        )
        for row in rows:
            found[row.hold_set_id].append(row.Hold)
    return found


def held_by(holds: Collection[HoldId]) -> dict[int, Quantity]:
    """How much each of these holds lies on now."""
    found: dict[int, Quantity] = {h: ZERO for h in holds}
    if holds:
        rows = db.session.execute(
            select(HoldSetMember.hold_id, func.sum(StockBalance.on_hand))
            .join(StockBalance, StockBalance.hold_set_id == HoldSetMember.hold_set_id)
            .where(HoldSetMember.hold_id.in_(holds), _STANDS, _HELD)
            .group_by(HoldSetMember.hold_id)
        )
        for hold, total in rows:
            found[hold] = total if isinstance(total, Quantity) else Quantity(int(total))
    return found


# -- one lot ----------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, kw_only=True)
class MoveRow:
    """One move of a lot, with the names of its ends and who did it."""

    seq: PostingSeq
    line: int
    reason: Reason
    lot: LotId
    lot_number: str
    sku: str
    base_unit: str
    quantity: Quantity
    source_bin: str
    source_kind: BinKind
    source_lpn: str
    source_lpn_id: LpnId
    source_quality: Quality
    source_hold_set: HoldSetId
    target_bin: str
    target_kind: BinKind
    target_lpn: str
    target_lpn_id: LpnId
    target_quality: Quality
    target_hold_set: HoldSetId
    warehouse_code: str
    document_kind: str
    document_id: int | None
    demand_kind: str
    demand_id: int | None
    actor: str
    recorded_at: datetime
    note: str
    capture: Capture | None = None
    raw_scan: str = ""
    typed_reason: TypedReason | None = None
    typed_note: str = ""

    @property
    def source_lpn_code(self) -> str | None:
        """The plate the goods came off, None for loose ones."""
        return None if self.source_lpn_id == LOOSE else self.source_lpn

    @property
    def target_lpn_code(self) -> str | None:
        """The plate the goods came onto, None for loose ones."""
        return None if self.target_lpn_id == LOOSE else self.target_lpn

    @property
    def is_source_held(self) -> bool:
        """Whether a hold lay on the goods before."""
        return self.source_hold_set != NO_HOLDS

    @property
    def is_target_held(self) -> bool:
        """Whether a hold lies on the goods afterwards."""
        return self.target_hold_set != NO_HOLDS


def moves_of_lot(lot: LotId, *, reasons: Collection[Reason] | None = None, limit: int = 500) -> list[MoveRow]:
    """The moves of a lot, newest first, at most `limit`."""
    statement = _moves().where(StockMove.lot_id == lot)
    if reasons is not None:
        statement = statement.where(StockPosting.reason.in_(reasons))
    newest = (StockMove.posting_seq.desc(), StockMove.line.desc())
    return [MoveRow(**row._mapping) for row in db.session.execute(statement.order_by(*newest).limit(limit))]


def page_of_moves(
    lot: LotId, *, warehouses: Collection[WarehouseId], reason: Reason | None = None, cursor: str | None, size: int
) -> Page[MoveRow]:
    """One page of the moves of a lot in these warehouses, newest first."""
    statement = _moves().where(StockMove.lot_id == lot, StockMove.warehouse_id.in_(warehouses))
    if reason is not None:
        statement = statement.where(StockPosting.reason == reason)
    keys = [SortKey(StockMove.posting_seq, descending=True), SortKey(StockMove.line, descending=True)]
    rows = [MoveRow(**r._mapping) for r in db.session.execute(after(statement, keys, cursor, size=size))]
    return page_of(rows, size=size, values=lambda row: (row.seq, row.line))


@dataclass(frozen=True, kw_only=True)
class Posting:
    """The moves that were done together, in their order."""

    seq: PostingSeq
    moves: Sequence[MoveRow]


def get_posting(seq: PostingSeq, *, warehouse: WarehouseId) -> Posting:
    """Give a posting of this warehouse; NotFound otherwise."""
    statement = _moves().where(StockMove.posting_seq == seq, StockMove.warehouse_id == warehouse)
    moves = [MoveRow(**row._mapping) for row in db.session.execute(statement.order_by(StockMove.line))]
    if not moves:
        raise NotFound(kind="posting", text=str(seq))
    return Posting(seq=seq, moves=moves)


def _moves() -> Any:
    source, target = aliased(Bin), aliased(Bin)
    source_lpn, target_lpn = aliased(Lpn), aliased(Lpn)
    return (
        select(
            StockMove.posting_seq.label("seq"),
            StockMove.line,
            StockPosting.reason,
            StockMove.lot_id.label("lot"),
            Lot.number.label("lot_number"),
            Item.sku,
            Item.base_unit,
            StockMove.quantity,
            source.code.label("source_bin"),
            source.kind.label("source_kind"),
            source_lpn.code.label("source_lpn"),
            StockMove.source_lpn_id,
            StockMove.source_quality,
            StockMove.source_hold_set_id.label("source_hold_set"),
            target.code.label("target_bin"),
            target.kind.label("target_kind"),
            target_lpn.code.label("target_lpn"),
            StockMove.target_lpn_id,
            StockMove.target_quality,
            StockMove.target_hold_set_id.label("target_hold_set"),
            Warehouse.code.label("warehouse_code"),
            StockPosting.document_kind,
            StockPosting.document_id,
            StockMove.demand_kind,
            StockMove.demand_id,
            User.full_name.label("actor"),
            StockPosting.recorded_at,
            StockPosting.note,
            StockPosting.capture,
            StockPosting.raw_scan,
            StockPosting.typed_reason,
            StockPosting.typed_note,
        )
        .join(StockPosting, StockPosting.seq == StockMove.posting_seq)
        .join(source, source.id == StockMove.source_bin_id)
        .join(target, target.id == StockMove.target_bin_id)
        .join(source_lpn, source_lpn.id == StockMove.source_lpn_id)
        .join(target_lpn, target_lpn.id == StockMove.target_lpn_id)
        .join(Warehouse, Warehouse.id == StockMove.warehouse_id)
        .join(User, User.id == StockPosting.actor_id)
        .join(Lot, Lot.id == StockMove.lot_id)
        .join(Item, Item.id == Lot.item_id)
    )


@dataclass(frozen=True, kw_only=True)
class DemandOut:
    """How much of a lot went out of the building, or to staging, for one demand line."""

    demand_kind: str
    demand_id: int
    picked: Quantity
    shipped: Quantity


def demands_served_by(lot: LotId) -> list[DemandOut]:
    """The demand lines this lot was moved for: what was picked and what has left."""
    rows = db.session.execute(
        select(
            StockMove.demand_kind, StockMove.demand_id, StockPosting.reason, func.sum(StockMove.quantity).label("sum")
        )
        .join(StockPosting, StockPosting.seq == StockMove.posting_seq)
        .where(
            StockMove.lot_id == lot,
            StockMove.demand_id.is_not(None),
            StockPosting.reason.in_((Reason.PICK, Reason.UNPICK, Reason.SHIP)),
        )
        .group_by(StockMove.demand_kind, StockMove.demand_id, StockPosting.reason)
    ).all()
    sums: dict[tuple[str, int], dict[Reason, int]] = {}
    for row in rows:
        total = row.sum.millionths if isinstance(row.sum, Quantity) else int(row.sum)
        sums.setdefault((row.demand_kind, row.demand_id), {})[Reason(row.reason)] = total
    return [
        DemandOut(
            demand_kind=kind,
            demand_id=identity,
            picked=Quantity(of.get(Reason.PICK, 0) - of.get(Reason.UNPICK, 0)),
            shipped=Quantity(of.get(Reason.SHIP, 0)),
        )
        for (kind, identity), of in sums.items()
    ]


# -- sums for the first page --------------------------------------------------------------------------------------------
@dataclass(frozen=True, kw_only=True)
class LotSum:
    """A lot with how much of it stands in a warehouse."""

    lot: LotId
    number: str
    item: ItemId
    sku: str
    name_en: str
    name_zh: str
    base_unit: str
    fefo_on: date
    on_hand: Quantity
    oldest_on: date


#: So many balances of a lot are expected, when the first lots of a list are looked for.
_BALANCES_OF_LOT = 12


def _lot_sums(
    *conditions: ColumnElement[bool], order: Sequence[InstrumentedAttribute[Any]], limit: int
) -> list[LotSum]:
    """The first lots in the order of their balances, with their sums under the conditions.

    The balances are walked in the order of an index, which ends in the lot or the balance, until enough lots are found;
    only these are summed up. A walk that was cut off before is made longer.
    """
    reach = limit * _BALANCES_OF_LOT
    while True:
        walked = select(StockBalance.lot_id).where(_STANDS, *conditions).order_by(*order).limit(reach).subquery()
        found = _sums_of(select(walked.c.lot_id), *conditions, order=order[0])
        if len(found) >= limit or not found or not _is_cut_off(conditions, reach):
            return found[:limit]
        reach *= 8


def _is_cut_off(conditions: Sequence[ColumnElement[bool]], reach: int) -> bool:
    beyond = select(StockBalance.id).where(_STANDS, *conditions).offset(reach).limit(1)
    return db.session.execute(beyond).first() is not None


def _sums_of(lots: Select[Any], *conditions: ColumnElement[bool], order: InstrumentedAttribute[Any]) -> list[LotSum]:
    total = func.sum(StockBalance.on_hand).label("on_hand")
    oldest = func.min(StockBalance.received_on).label("oldest_on")
    sums = (
        select(StockBalance.lot_id.label("lot"), StockBalance.fefo_on, total, oldest)
        .where(_STANDS, StockBalance.lot_id.in_(lots), *conditions)
        .group_by(StockBalance.lot_id, StockBalance.fefo_on)
        .subquery()
    )
    first = sums.c.oldest_on if order is StockBalance.received_on else sums.c.fefo_on
    statement = (
        select(
            sums.c.lot, Lot.number, Item.id.label("item"), Item.sku, Item.name_en, Item.name_zh, Item.base_unit,
            sums.c.fefo_on, sums.c.on_hand, sums.c.oldest_on,
        )
        .join(Lot, Lot.id == sums.c.lot)
        .join(Item, Item.id == Lot.item_id)
        .order_by(first, sums.c.lot)
    )  # fmt: skip
    return [
        LotSum(**{**r._mapping, "on_hand": r.on_hand if isinstance(r.on_hand, Quantity) else Quantity(int(r.on_hand))})
        for r in db.session.execute(statement)
    ]


def lots_expiring(*, warehouse: WarehouseId, on: date, until: date, limit: int = 20) -> list[LotSum]:
    """Lots in the warehouse whose last good day lies from `on` to `until`, the nearest first, with their quantity."""
    conditions = (StockBalance.warehouse_id == warehouse, StockBalance.fefo_on >= on, StockBalance.fefo_on <= until)
    return _lot_sums(*conditions, order=(StockBalance.fefo_on, StockBalance.id), limit=limit)


def lots_pending(*, warehouse: WarehouseId, limit: int = 200) -> list[LotSum]:
    """Lots with goods that wait for quality's verdict, the longest waiting first."""
    conditions: tuple[ColumnElement[bool], ...] = (
        StockBalance.warehouse_id == warehouse,
        literal_column("stock_balance.quality <> 'released'"),
        StockBalance.quality == Quality.PENDING,
    )
    return _lot_sums(*conditions, order=(StockBalance.received_on, StockBalance.lot_id), limit=limit)


# -- small lists for forms and labels -----------------------------------------------------------------------------------
def zones_of(warehouse: WarehouseId) -> Sequence[Zone]:
    """The zones of a warehouse in walk order."""
    return db.session.execute(
        select(Zone).where(Zone.warehouse_id == warehouse).order_by(Zone.walk_sequence, Zone.code)
    ).scalars().all()  # fmt: skip


def get_lot(lot: LotId) -> Lot:
    """A lot with its item, maker and supplier; NotFound otherwise."""
    together = (joinedload(Lot.item), joinedload(Lot.maker), joinedload(Lot.supplier))
    found = db.session.execute(select(Lot).options(*together).where(Lot.id == lot)).scalar_one_or_none()
    if found is None:
        raise NotFound(kind="lot", text=str(lot))
    return found


def bins_for_labels(
    warehouse: WarehouseId, *, ids: Collection[BinId] = (), zone: str = "", prefix: str = "", limit: int = 2000
) -> list[tuple[str, str]]:
    """Code and zone code of inside bins in walk order: those named, or of a zone, or that begin with `prefix`."""
    statement = (
        select(Bin.code, Zone.code)
        .outerjoin(Zone, Zone.id == Bin.zone_id)
        .where(Bin.warehouse_id == warehouse, ~Bin.is_outside)
        .order_by(Bin.walk_sequence, Bin.code)
        .limit(limit)
    )
    if ids:
        statement = statement.where(Bin.id.in_(ids))
    if zone:
        statement = statement.where(Zone.code == zone)
    if prefix:
        statement = statement.where(_prefix(Bin.code, prefix))
    return [(code, zone_code or "") for code, zone_code in db.session.execute(statement)]


def gtin_of(item: ItemId) -> str | None:
    """The GTIN of the item's smallest unit that has one."""
    statement = (
        select(PackUnit.gtin).where(PackUnit.item_id == item, PackUnit.gtin.is_not(None)).order_by(PackUnit.factor)
    )
    return db.session.execute(statement.limit(1)).scalar()


def company_prefix_of(warehouse: WarehouseId) -> str:
    """The GS1 company prefix under which a warehouse makes its plates, blank for none."""
    statement = select(Warehouse.company_prefix).where(Warehouse.id == warehouse)
    return str(db.session.execute(statement).scalar_one_or_none() or "")


def get_lpn(lpn: LpnId) -> Lpn:
    """A plate; NotFound otherwise, and for the row that stands for loose goods."""
    found = db.session.get(Lpn, lpn) if lpn != LOOSE else None
    if found is None:
        raise NotFound(kind="lpn", text=str(lpn))
    return found


def find_bin(code: str, *, warehouse: WarehouseId) -> Bin:
    """The bin inside the walls with exactly this code; NotFound otherwise."""
    statement = select(Bin).where(Bin.warehouse_id == warehouse, Bin.code == code, ~Bin.is_outside)
    found = db.session.execute(statement).scalar_one_or_none()
    if found is None:
        raise NotFound(kind="bin", text=code)
    return found


def get_bin(bin: BinId) -> Bin:
    """A bin with its zone; NotFound otherwise."""
    found = db.session.execute(select(Bin).options(joinedload(Bin.zone)).where(Bin.id == bin)).scalar_one_or_none()
    if found is None:
        raise NotFound(kind="bin", text=str(bin))
    return found


def hold_sets_in_use(warehouse: WarehouseId) -> list[HoldSetId]:
    """The hold sets that lie on something in the warehouse."""
    statement = (
        select(StockBalance.hold_set_id).where(_STANDS, _HELD, StockBalance.warehouse_id == warehouse).distinct()
    )
    return [HoldSetId(i) for i in db.session.execute(statement).scalars()]


# -- what lots came of, and became -----------------------------------------------------------------------------------
@dataclass(frozen=True, kw_only=True)
class LinkRow:
    """One link of the genealogy: so much of the source became so much of the target, each in its own base unit."""

    kind: LinkKind
    source: LotId
    source_number: str
    source_sku: str
    source_quantity: Quantity
    source_unit: str
    target: LotId
    target_number: str
    target_sku: str
    target_quantity: Quantity
    target_unit: str
    posting: PostingSeq | None
    reason: str
    actor: str
    made_at: datetime
    #: The counter-entry that took back what it says: it no longer counts.
    voided: PostingSeq | None = None
    #: What made it, ("production_report", id) say.
    document_kind: str = ""
    document_id: int | None = None

    @property
    def is_taken_back(self) -> bool:
        """Whether it was taken back, and says nothing any more."""
        return self.voided is not None


def origins_of(lots: Collection[LotId]) -> dict[LotId, dict[LotId, datetime]]:
    """The lots that these were before they were split, merged or given another number, and until when; one statement.

    What is known of a lot up to then is known of the goods that left it.
    """
    first = (
        select(
            LotLink.target_lot_id.label("lot"), LotLink.source_lot_id.label("origin"), LotLink.made_at.label("until")
        )
        .where(LotLink.target_lot_id.in_(list(lots)), LotLink.kind.in_(_SAME_GOODS), LotLink.voided_seq.is_(None))
        .cte(recursive=True)
    )
    further = select(first.c.lot, LotLink.source_lot_id, LotLink.made_at).where(
        LotLink.target_lot_id == first.c.origin, LotLink.kind.in_(_SAME_GOODS), LotLink.made_at <= first.c.until,
        LotLink.voided_seq.is_(None),
    )  # fmt: skip
    tree = first.union(further)
    found: dict[LotId, dict[LotId, datetime]] = {}
    for row in db.session.execute(select(tree.c.lot, tree.c.origin, tree.c.until)) if lots else ():
        known = found.setdefault(row.lot, {})
        known[row.origin] = max(row.until, known.get(row.origin, row.until))
    return found


_SAME_GOODS: Final = (LinkKind.SPLIT, LinkKind.MERGE, LinkKind.RELABEL)


def links_of(lot: LotId, *, limit: int = 200) -> tuple[list[LinkRow], list[LinkRow]]:
    """What a lot came of, and what it became, the newest first; at most `limit` of each. Links taken back are among them."""
    newest = LotLink.id.desc()
    ends = [
        select(select(LotLink.id).where(column == lot, counts).order_by(newest).limit(limit).subquery().c.id)
        for column in (LotLink.target_lot_id, LotLink.source_lot_id)
        for counts in (LotLink.voided_seq.is_(None), LotLink.voided_seq.is_not(None))  # each has its index
    ]
    rows = _links(LotLink.id.in_(union_all(*ends)))
    return [row for row in rows if row.target == lot], [row for row in rows if row.source == lot]


def _links(condition: ColumnElement[bool]) -> list[LinkRow]:
    source, target, of, into = aliased(Lot), aliased(Lot), aliased(Item), aliased(Item)
    rows = db.session.execute(
        select(
            LotLink.kind, source.id.label("source"), source.number.label("source_number"), of.sku.label("source_sku"),
            LotLink.source_quantity, of.base_unit.label("source_unit"), target.id.label("target"),
            target.number.label("target_number"), into.sku.label("target_sku"), LotLink.target_quantity,
            into.base_unit.label("target_unit"), LotLink.posting_seq.label("posting"), LotLink.reason,
            User.full_name.label("actor"), LotLink.made_at, LotLink.voided_seq.label("voided"), LotLink.document_kind,
            LotLink.document_id,
        )
        .join(source, source.id == LotLink.source_lot_id)
        .join(of, of.id == source.item_id)
        .join(target, target.id == LotLink.target_lot_id)
        .join(into, into.id == target.item_id)
        .join(User, User.id == LotLink.made_by)
        .where(condition)
        .order_by(LotLink.id.desc())
    )  # fmt: skip
    return [LinkRow(**r._mapping) for r in rows]


def lots_beside(lot: LotId, *, warehouse: WarehouseId, limit: int = 100) -> list[Lot]:
    """Other lots of the same item that stand in the warehouse, by number: what it might be merged with."""
    item = select(Lot.item_id).where(Lot.id == lot).scalar_subquery()
    standing = select(StockBalance.lot_id).where(
        _STANDS, StockBalance.item_id == item, StockBalance.warehouse_id == warehouse
    )
    statement = select(Lot).where(Lot.id.in_(standing), Lot.id != lot).order_by(Lot.number).limit(limit)
    return list(db.session.execute(statement).scalars())


def lots_made_of(lots: Collection[LotId]) -> set[LotId]:
    """Every lot in which any of these is by now, through as many links as there are; those asked for are left out."""
    if not lots:
        return set()
    first = select(LotLink.target_lot_id.label("lot")).where(
        LotLink.source_lot_id.in_(list(lots)), LotLink.voided_seq.is_(None)
    )
    tree = first.cte(recursive=True)
    further = select(LotLink.target_lot_id).where(LotLink.source_lot_id == tree.c.lot, LotLink.voided_seq.is_(None))
    tree = tree.union(further)
    return {LotId(lot) for lot in db.session.execute(select(tree.c.lot)).scalars()} - set(lots)


# -- what a bin has seen ----------------------------------------------------------------------------------------------
def last_posting() -> PostingSeq:
    """The number of the newest posting, 0 where there is none."""
    return PostingSeq(db.session.execute(select(func.max(StockPosting.seq))).scalar() or 0)


def lots_brought_to(bin: BinId, *, after: PostingSeq) -> set[LotId]:
    """The lots that came to stand in a bin by postings after this one; what was taken back by its counter-entry left out."""
    back = aliased(StockPosting)
    statement = (
        select(StockMove.lot_id)
        .join(StockPosting, StockPosting.seq == StockMove.posting_seq)
        .where(
            StockMove.target_bin_id == bin,
            StockMove.posting_seq > after,
            StockMove.source_bin_id != bin,
            StockPosting.reverses_seq.is_(None),
            ~select(back.seq).where(back.reverses_seq == StockMove.posting_seq).exists(),
        )
        .distinct()
    )
    return {LotId(lot) for lot in db.session.execute(statement).scalars()}


def moves_of_bin(bin: BinId, *, limit: int = 100) -> list[MoveRow]:
    """The moves into and out of a bin, newest first, at most `limit`."""
    ends = [
        select(StockMove.posting_seq, StockMove.line)
        .where(column == bin)
        .order_by(StockMove.posting_seq.desc(), StockMove.line.desc())
        .limit(limit)
        .subquery()
        for column in (StockMove.source_bin_id, StockMove.target_bin_id)
    ]
    either = union(*(select(end.c.posting_seq, end.c.line) for end in ends)).subquery()
    statement = (
        _moves()
        .join(either, and_(either.c.posting_seq == StockMove.posting_seq, either.c.line == StockMove.line))
        .order_by(StockMove.posting_seq.desc(), StockMove.line.desc())
        .limit(limit)
    )
    return [MoveRow(**row._mapping) for row in db.session.execute(statement)]


def standing_postings_of(kind: str, document: int) -> dict[Reason, PostingSeq]:
    """The postings of a paper that were not taken back, the newest of each reason."""
    back = aliased(StockPosting)
    rows = db.session.execute(
        select(StockPosting.reason, StockPosting.seq)
        .where(
            StockPosting.document_kind == kind, StockPosting.document_id == document,
            ~select(back.seq).where(back.reverses_seq == StockPosting.seq).exists(),
        )
        .order_by(StockPosting.seq)
    )  # fmt: skip
    return {row.reason: PostingSeq(row.seq) for row in rows}
