"""Reads of shipping: what stands on an LPN and for whom (one statement, the door waits), what of an order is staged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import String, and_, cast, func, literal_column, select

from wms.alerts.models import Alert, AlertState
from wms.catalog.models import Item, ItemRule, Partner
from wms.catalog.queries import partner_matches
from wms.core.clock import local_day
from wms.core.errors import NotFound
from wms.core.ids import (
    LOOSE,
    NO_HOLDS,
    ClaimId,
    LotId,
    LpnId,
    OrderId,
    OrderLineId,
    PortalId,
    PostingSeq,
    ShipmentId,
    WarehouseId,
)
from wms.core.quantity import Quantity
from wms.db import db
from wms.db.paging import Page, SortKey, after, page_of
from wms.picking.models import Order, OrderLine, PickList
from wms.picking.queries import LINE, buyer_of, terms_of
from wms.shipping.models import LoadLine, Shipment, ShipmentState
from wms.shipping.rules import LoadFacts
from wms.sites.models import Bin, BinKind, Warehouse
from wms.stock.ledger import Place, StockKey
from wms.stock.ledger import reads as ledger
from wms.stock.models import Hold, HoldSetMember, Lot, LotPeg, Lpn
from wms.stock.pegs import peg_column
from wms.stock.rules.availability import Purpose, StockFacts
from wms.stock.rules.scope import Buyer
from wms.stock.scopes import scope_column
from wms.units import queries as units

STAGED = (BinKind.STAGING, BinKind.SHIPPING)
OPEN = (ShipmentState.OPEN, ShipmentState.LOADING)
_NOTHING: Any = literal_column("0")


def find_shipment(shipment: ShipmentId, *, is_locked: bool = False) -> Shipment:
    """Give a shipment, for a verb locked until the commit; NotFound otherwise."""
    found = db.session.get(Shipment, shipment, with_for_update=is_locked or None, populate_existing=is_locked)
    if found is None:
        raise NotFound(kind="shipment", text=str(shipment))
    return found


def shipment_of(order: OrderId) -> Shipment | None:
    """Give the shipment of an order, None before there is one."""
    return db.session.execute(select(Shipment).where(Shipment.order_id == order)).scalar_one_or_none()


# -- the door ---------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, kw_only=True)
class OnLpn:
    """What the door needs to judge an LPN: its facts by lot, and the open shipment it belongs to."""

    is_known: bool
    facts: tuple[LoadFacts, ...] = ()
    shipment: ShipmentId | None = None


def facts_on_lpn(lpn: LpnId) -> OnLpn:
    """Read what stands on an LPN, whether it is promised, and to which shipment. One statement."""
    rows = db.session.execute(_load_select().where(Lpn.id == lpn)).all()
    if not rows:
        return OnLpn(is_known=False)
    return OnLpn(
        is_known=True,
        facts=tuple(_load_facts(row) for row in rows if row.on_hand is not None),
        shipment=next((row.shipment_id for row in rows if row.shipment_id is not None), None),
    )


def _load_select() -> Any:
    balance = ledger.balance
    reason = (
        select(func.min(Hold.reason))
        .join(HoldSetMember, HoldSetMember.hold_id == Hold.id)
        .where(HoldSetMember.hold_set_id == balance.c.hold_set_id)
        .scalar_subquery()
    )
    recalled = (
        select(func.count())
        .select_from(HoldSetMember)
        .join(Hold, and_(Hold.id == HoldSetMember.hold_id, Hold.reason == "recall"))
        .where(HoldSetMember.hold_set_id == balance.c.hold_set_id)
        .scalar_subquery()
    )
    return (
        select(
            balance.c.on_hand, balance.c.allocated, balance.c.quality, balance.c.hold_set_id, balance.c.fefo_on,
            Lot.number, Item.usable_on_expiry_day, Item.shelf_life_days, Item.allocation_policy.label("item_policy"),
            Order.purpose, Order.ship_on, Order.allocation_policy.label("order_policy"),
            Partner.allocation_policy.label("customer_policy"),
            Partner.shelf_life_days_min.label("customer_days_min"),
            Partner.shelf_life_percent_min.label("customer_percent_min"),
            ItemRule.allocation_policy.label("rule_policy"), ItemRule.shelf_life_days_min.label("rule_days_min"),
            ItemRule.shelf_life_percent_min.label("rule_percent_min"),
            Partner.id.label("customer_id"), Partner.code.label("customer_code"), Partner.market,
            scope_column(balance.c.lot_id), peg_column(balance.c.lot_id), _own_peg(balance.c.lot_id).label("own_peg"),
            Shipment.id.label("shipment_id"), Shipment.portal_id, reason.label("hold_reason"),
            recalled.label("recalls"), Lot.stopped_for,
        )
        .select_from(Lpn)
        .outerjoin(balance, and_(balance.c.lpn_id == Lpn.id, balance.c.on_hand > _NOTHING))
        .outerjoin(Lot, Lot.id == balance.c.lot_id).outerjoin(Item, Item.id == balance.c.item_id)
        .outerjoin(PickList, PickList.lpn_id == Lpn.id).outerjoin(Order, Order.id == PickList.order_id)
        .outerjoin(Partner, Partner.id == Order.customer_id)
        .outerjoin(ItemRule, and_(ItemRule.customer_id == Order.customer_id, ItemRule.item_id == balance.c.item_id))
        .outerjoin(Shipment, and_(Shipment.order_id == Order.id, Shipment.state.in_(OPEN)))
    )  # fmt: skip


def _own_peg(lot: Any) -> Any:
    """The demand that a lot is made for, where it is a line of the order at hand; as wms.stock.pegs writes it."""
    return (
        select(LotPeg.demand_kind + ":" + cast(LotPeg.demand_id, String))
        .join(OrderLine, and_(LotPeg.demand_kind == LINE, OrderLine.id == LotPeg.demand_id))
        .where(LotPeg.lot_id == lot, LotPeg.freed_at.is_(None), OrderLine.order_id == Order.id)
        .correlate(Order, ledger.balance)
        .scalar_subquery()
    )


def _load_facts(row: Any) -> LoadFacts:
    is_held = row.hold_set_id != NO_HOLDS
    return LoadFacts(
        stock=StockFacts(
            lot_number=row.number, quality=row.quality.value, is_held=is_held, last_good_on=row.fefo_on,
            usable_on_last_day=row.usable_on_expiry_day,
            hold_reason="recall" if row.recalls else str(row.hold_reason or ""), scope=row.scope,
            stopped_for=row.stopped_for or "", peg=row.peg,
        ),
        demand=row.own_peg or "",
        is_allocated=row.allocated >= row.on_hand,  # goods nobody was promised must not leave along with the rest
        purpose=Purpose(row.purpose.value) if row.purpose else Purpose.SALE,
        needed_until=terms_of(row).needed_until(row.ship_on) if row.ship_on else None,
        buyer=buyer_of(row) if row.customer_id else None,
        shipment=row.shipment_id, portal=row.portal_id,
    )  # fmt: skip


def facts_of_lot(lot: LotId, portal: PortalId) -> tuple[LoadFacts, ...]:
    """Read what is staged of a lot for the shipments of a door, for a tag that names a lot and no LPN; and its holds."""
    balance = ledger.balance
    statement = _load_select().where(balance.c.lot_id == lot, Shipment.portal_id == portal)
    facts = tuple(_load_facts(row) for row in db.session.execute(statement))
    if facts:
        return facts
    statement = (
        select(
            Lot.number, Lot.fefo_on, Item.usable_on_expiry_day, func.min(Hold.reason).label("hold_reason"),
            func.count(Hold.id).label("holds"), Lot.stopped_for, peg_column(),
        )
        .join(Item, Item.id == Lot.item_id)
        .outerjoin(Hold, and_(Hold.lot_id == Lot.id, Hold.lifted_at.is_(None)))
        .where(Lot.id == lot)
        .group_by(Lot.id, Lot.number, Lot.fefo_on, Item.usable_on_expiry_day, Lot.stopped_for)
    )  # fmt: skip
    return tuple(
        LoadFacts(
            stock=StockFacts(
                lot_number=row.number, quality="released", is_held=bool(row.holds), last_good_on=row.fefo_on,
                usable_on_last_day=row.usable_on_expiry_day, hold_reason=str(row.hold_reason or ""),
                stopped_for=row.stopped_for, peg=row.peg,
            ),
            is_allocated=False,
        )
        for row in db.session.execute(statement)
    )  # fmt: skip


# -- what is staged -------------------------------------------------------------------------------------------------
@dataclass(frozen=True, kw_only=True)
class Staged:
    """Goods of an order line that stand in staging with their promise."""

    claim: ClaimId
    line: OrderLineId
    key: StockKey
    lot_number: str
    quantity: Quantity
    needed_until: date | None
    buyer: Buyer


def staged_of(order: OrderId) -> list[Staged]:
    """List what stands staged for an order and is promised to it, in the lock order."""
    balance, claim = ledger.balance, ledger.claim
    rows = db.session.execute(
        select(
            claim.c.id, claim.c.demand_id, claim.c.quantity, balance.c.lot_id, balance.c.owner_id, balance.c.bin_id,
            balance.c.lpn_id, balance.c.quality, balance.c.hold_set_id, Lot.number, Order.ship_on,
            Partner.id.label("customer_id"), Partner.code.label("customer_code"), Partner.market,
            Item.shelf_life_days, Item.allocation_policy.label("item_policy"),
            Order.allocation_policy.label("order_policy"), Partner.allocation_policy.label("customer_policy"),
            Partner.shelf_life_days_min.label("customer_days_min"),
            Partner.shelf_life_percent_min.label("customer_percent_min"),
            ItemRule.allocation_policy.label("rule_policy"), ItemRule.shelf_life_days_min.label("rule_days_min"),
            ItemRule.shelf_life_percent_min.label("rule_percent_min"),
        )
        .join(balance, balance.c.id == claim.c.balance_id).join(Bin, Bin.id == balance.c.bin_id)
        .join(OrderLine, OrderLine.id == claim.c.demand_id).join(Order, Order.id == OrderLine.order_id)
        .join(Lot, Lot.id == balance.c.lot_id).join(Item, Item.id == balance.c.item_id)
        .join(Partner, Partner.id == Order.customer_id)
        .outerjoin(ItemRule, and_(ItemRule.customer_id == Order.customer_id, ItemRule.item_id == OrderLine.item_id))
        .where(claim.c.demand_kind == LINE, OrderLine.order_id == order, Bin.kind.in_(STAGED))
        .order_by(balance.c.lot_id, balance.c.owner_id, balance.c.bin_id, balance.c.lpn_id, claim.c.id)
    )  # fmt: skip
    return [
        Staged(
            claim=row.id, line=OrderLineId(row.demand_id), lot_number=row.number, quantity=row.quantity,
            key=StockKey(
                lot=LotId(row.lot_id), owner=row.owner_id, place=Place(bin=row.bin_id, lpn=row.lpn_id),
                quality=row.quality, hold_set=row.hold_set_id,
            ),
            needed_until=terms_of(row).needed_until(row.ship_on),
            buyer=buyer_of(row),
        )
        for row in rows
    ]  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Stopped:
    """Held goods that stand on a list's LPN of an order."""

    lot_number: str
    reason: str
    lpn_code: str


def stopped_on_plates(order: OrderId) -> list[Stopped]:
    """List what stands held on the outbound LPNs of an order: it must come off before the order leaves."""
    balance = ledger.balance
    rows = db.session.execute(
        select(Lot.number, func.min(Hold.reason).label("reason"), Lpn.code)
        .join(balance, balance.c.lot_id == Lot.id)
        .join(PickList, PickList.lpn_id == balance.c.lpn_id)
        .join(Lpn, Lpn.id == balance.c.lpn_id)
        .join(HoldSetMember, HoldSetMember.hold_set_id == balance.c.hold_set_id)
        .join(Hold, Hold.id == HoldSetMember.hold_id)
        .where(PickList.order_id == order, balance.c.on_hand > _NOTHING, balance.c.hold_set_id != NO_HOLDS)
        .group_by(Lot.number, Lpn.code)
        .order_by(Lot.number)
    )
    return [Stopped(lot_number=r.number, reason=str(r.reason), lpn_code=r.code) for r in rows]


def plates_of(order: OrderId) -> list[LpnId]:
    """List the outbound LPNs of an order."""
    found = db.session.execute(select(PickList.lpn_id).where(PickList.order_id == order, PickList.lpn_id != LOOSE))
    return list(found.scalars())


def blocking_alert(shipment: ShipmentId) -> str | None:
    """Give the kind of an alert that is not settled and blocks this shipment, None when none does."""
    found = db.session.execute(
        select(Alert.kind).where(Alert.blocks_shipment_id == shipment, Alert.state != AlertState.RESOLVED).limit(1)
    ).scalar()
    return found.value if found else None


def customer_bin(warehouse: WarehouseId) -> Place:
    """Give the outside place goods ship to; NotFound when the warehouse has none."""
    found = db.session.execute(
        select(Bin.id).where(Bin.warehouse_id == warehouse, Bin.kind == BinKind.CUSTOMER).order_by(Bin.id).limit(1)
    ).scalar()
    if found is None:
        raise NotFound(kind="bin", text="customer")
    return Place(bin=found)


def posting_key(seq: PostingSeq | None) -> str | None:
    """Give the key a posting was made under."""
    if seq is None:
        return None
    return db.session.execute(select(ledger.posting.c.key).where(ledger.posting.c.seq == seq)).scalar()


def day_of(warehouse: WarehouseId, at: datetime) -> date:
    """Say which day it is in a warehouse."""
    zone = db.session.execute(select(Warehouse.timezone).where(Warehouse.id == warehouse)).scalar_one()
    return local_day(at, zone)


# -- the list -------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, kw_only=True)
class ShipmentRow:
    """A line of the shipment list."""

    id: ShipmentId
    number: str
    state: ShipmentState
    order: OrderId
    order_number: str
    name_en: str
    name_zh: str
    ship_on: date
    portal: PortalId | None
    opened_at: datetime
    shipped_at: datetime | None
    plates: int
    loaded: int


def page_of_shipments(
    warehouse: WarehouseId, *, state: ShipmentState | None, search: str, cursor: str | None, size: int = 50
) -> Page[ShipmentRow]:
    """List the shipments of a warehouse, newest first."""
    plates = select(func.count()).where(PickList.order_id == Shipment.order_id).correlate(Shipment).scalar_subquery()
    loaded = select(func.count()).where(LoadLine.shipment_id == Shipment.id).correlate(Shipment).scalar_subquery()
    statement: Any = (
        select(
            Shipment.id, Shipment.number, Shipment.state, Shipment.order_id, Shipment.portal_id, Shipment.opened_at,
            Shipment.shipped_at, Order.number.label("order_number"), Order.ship_on, Partner.name_en, Partner.name_zh,
            plates.label("plates"), loaded.label("loaded"),
        )
        .join(Order, Order.id == Shipment.order_id).join(Partner, Partner.id == Order.customer_id)
        .where(Shipment.warehouse_id == warehouse)
    )  # fmt: skip
    if state is not None:
        statement = statement.where(Shipment.state == state)
    if search:
        by_number = func.lower(Shipment.number).contains(search.lower(), autoescape=True)
        statement = statement.where(by_number | partner_matches(search))
    key = SortKey(Shipment.id, descending=True)
    rows = db.session.execute(after(statement, [key], cursor, size=size)).all()
    page = page_of(rows, size=size, values=lambda row: [row.id])
    return Page(
        rows=[
            ShipmentRow(
                id=r.id, number=r.number, state=r.state, order=r.order_id, order_number=r.order_number,
                name_en=r.name_en, name_zh=r.name_zh, ship_on=r.ship_on, portal=r.portal_id,
                opened_at=r.opened_at, shipped_at=r.shipped_at, plates=r.plates, loaded=r.loaded,
            )
            for r in page.rows
        ],
        next_cursor=page.next_cursor,
    )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class PlateView:
    """One outbound LPN of a shipment: what stands on it and when it was loaded."""

    lpn: LpnId
    code: str
    lots: str
    #: The lots on it that a hold stops: they must come off before it leaves.
    stopped: str
    loaded_at: datetime | None
    is_open: bool


def plates_for_page(shipment: ShipmentId) -> list[PlateView]:
    """List the LPNs of a shipment with the lots on them."""
    rows = db.session.execute(
        select(Lpn.id, Lpn.code, Lpn.is_open, Lot.number, LoadLine.loaded_at, ledger.balance.c.hold_set_id)
        .join(PickList, PickList.lpn_id == Lpn.id)
        .join(Shipment, Shipment.order_id == PickList.order_id)
        .outerjoin(LoadLine, and_(LoadLine.shipment_id == Shipment.id, LoadLine.lpn_id == Lpn.id))
        .outerjoin(ledger.balance, and_(ledger.balance.c.lpn_id == Lpn.id, ledger.balance.c.on_hand > _NOTHING))
        .outerjoin(Lot, Lot.id == ledger.balance.c.lot_id)
        .where(Shipment.id == shipment)
        .order_by(Lpn.id, Lot.number)
    )
    found: dict[int, PlateView] = {}
    for row in rows:
        known = found.get(row.id)
        lots = ", ".join(filter(None, [known.lots if known else "", row.number or ""]))
        held = row.number if row.hold_set_id else ""
        stopped = ", ".join(dict.fromkeys(filter(None, [known.stopped if known else "", held])))
        found[row.id] = PlateView(
            lpn=row.id, code=row.code, lots=lots, stopped=stopped, loaded_at=row.loaded_at, is_open=row.is_open
        )
    return list(found.values())


# -- what is on it ----------------------------------------------------------------------------------------------------
@dataclass(frozen=True, kw_only=True)
class Content:
    """How much of a lot stands on an LPN of a shipment for an order line, or left on it."""

    lpn_code: str
    line: OrderLineId
    sku: str
    name_en: str
    name_zh: str
    unit: str
    lot: LotId
    lot_number: str
    expires_on: date | None
    best_before_on: date | None
    quantity: Quantity
    #: The ids of the pieces of this lot on this plate, where they have ids.
    unit_codes: tuple[str, ...] = ()


def contents_of(shipment: Shipment) -> list[Content]:
    """List what a shipment holds by LPN and lot: what left with it, or what is staged and promised. One statement.

    Where pieces have ids one more: which they are.
    """
    move, posting, claim, balance = ledger.move, ledger.posting, ledger.claim, ledger.balance
    names: tuple[Any, ...] = (
        Lpn.id.label("lpn"), Lpn.code.label("lpn_code"), Item.sku, Item.name_en, Item.name_zh,
        Item.base_unit.label("unit"), Lot.id.label("lot"), Lot.number.label("lot_number"), Lot.expires_on,
        Lot.best_before_on, Item.has_unit_ids,
    )  # fmt: skip
    statement: Any
    if shipment.state == ShipmentState.SHIPPED:
        statement = (
            select(move.c.demand_id.label("line"), move.c.quantity, *names)
            .join(posting, posting.c.seq == move.c.posting_seq)
            .join(Lot, Lot.id == move.c.lot_id).join(Lpn, Lpn.id == move.c.source_lpn_id)
            .where(
                posting.c.document_kind == "shipment", posting.c.document_id == shipment.id, posting.c.reason == "ship"
            )
        )  # fmt: skip
    else:
        statement = (
            select(claim.c.demand_id.label("line"), claim.c.quantity, *names)
            .join(balance, balance.c.id == claim.c.balance_id).join(Bin, Bin.id == balance.c.bin_id)
            .join(OrderLine, OrderLine.id == claim.c.demand_id)
            .join(Lot, Lot.id == balance.c.lot_id).join(Lpn, Lpn.id == balance.c.lpn_id)
            .where(claim.c.demand_kind == LINE, OrderLine.order_id == shipment.order_id, Bin.kind.in_(STAGED))
        )  # fmt: skip
    statement = statement.join(Item, Item.id == Lot.item_id).order_by(Lpn.id, Item.sku, Lot.number)
    rows = list(db.session.execute(statement))
    codes = _unit_codes(shipment, [row for row in rows if row.has_unit_ids])
    return [
        Content(
            **{k: v for k, v in row._mapping.items() if k not in ("lpn", "has_unit_ids")}
            | {"lpn_code": row.lpn_code if row.lpn else "", "unit_codes": tuple(codes.get((row.lot, row.lpn_code), ()))}
        )
        for row in rows
    ]


def _unit_codes(shipment: Shipment, rows: Sequence[Any]) -> dict[tuple[LotId, str], list[str]]:
    """The ids of the pieces that left, or that stand staged on the plates, by lot and plate."""
    if not rows:
        return {}
    if shipment.state == ShipmentState.SHIPPED:
        return units.codes_that_left(shipment.posting_seq) if shipment.posting_seq else {}
    return units.codes_on_plates([row.lpn_code for row in rows], [row.lot for row in rows])
