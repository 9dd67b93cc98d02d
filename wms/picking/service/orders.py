"""Orders come in and are called off."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select

from wms.catalog.models import Item, Partner, PolicyName
from wms.core.errors import DuplicateValue, MissingField, NotFound, WrongItemScanned
from wms.core.ids import OURSELVES, ItemId, LotId, OrderId, OrderLineId, OwnerId, PartnerId, UserId, WarehouseId, new_id
from wms.core.quantity import Quantity
from wms.core.states import step
from wms.db import db
from wms.picking import queries
from wms.picking.models import Order, OrderLine, OrderPurpose, OrderState
from wms.picking.rules.states import ORDER_STEPS
from wms.stock import ledger
from wms.stock.models import Lot


@dataclass(frozen=True, kw_only=True)
class NewLine:
    """One line to order, in base units; `lot` where one lot is asked for by name."""

    item: ItemId
    quantity: Quantity
    lot: LotId | None = None


@dataclass(frozen=True, kw_only=True)
class CreateOrder:
    """An order as it comes in; without a number it gets one."""

    warehouse: WarehouseId
    customer: PartnerId
    ship_on: date
    lines: tuple[NewLine, ...]
    number: str = ""
    owner: OwnerId = OURSELVES
    purpose: OrderPurpose = OrderPurpose.SALE
    policy: PolicyName | None = None
    priority: int = 5
    note: str = ""


def create_order(cmd: CreateOrder, *, actor: UserId, at: datetime) -> OrderId:
    """Take in an order in state new. Raises DuplicateValue (number), NotFound, MissingField, WrongItemScanned (lot)."""
    if not cmd.lines:
        raise MissingField(field="lines")
    customer = db.session.get(Partner, cmd.customer)
    if customer is None or not customer.is_customer or not customer.is_active:
        raise NotFound(kind="customer", text=customer.code if customer else str(cmd.customer))
    _check_lines(cmd.lines)
    order_id = OrderId(new_id())
    number = cmd.number or f"SO-{at:%y%m%d}-{order_id % 10**6:06d}"
    if db.session.execute(select(Order.id).where(Order.number == number)).first():
        raise DuplicateValue(field="number", value=number)
    db.session.add(
        Order(
            id=order_id, number=number, warehouse_id=cmd.warehouse, customer_id=cmd.customer, owner_id=cmd.owner,
            purpose=cmd.purpose, state=OrderState.NEW, ship_on=cmd.ship_on, allocation_policy=cmd.policy,
            priority=cmd.priority, note=cmd.note, created_by=actor, created_at=at,
        )
    )  # fmt: skip
    db.session.flush()
    for number_of_line, line in enumerate(cmd.lines, start=1):
        db.session.add(
            OrderLine(
                id=OrderLineId(new_id()), order_id=order_id, line=number_of_line, item_id=line.item,
                quantity=line.quantity, lot_id=line.lot,
            )
        )  # fmt: skip
    db.session.flush()
    return order_id


def _check_lines(lines: tuple[NewLine, ...]) -> None:
    """Every item must be known and active, and a named lot must be of its item."""
    items = {
        row.id: row.sku
        for row in db.session.execute(
            select(Item.id, Item.sku).where(Item.id.in_({line.item for line in lines}), Item.is_active)
        )
    }
    named = {line.lot for line in lines if line.lot is not None}
    lots = {row.id: row for row in db.session.execute(select(Lot.id, Lot.number, Lot.item_id).where(Lot.id.in_(named)))}
    for line in lines:
        if line.item not in items:
            raise NotFound(kind="item", text=str(line.item))
        if line.lot is None:
            continue
        if line.lot not in lots:
            raise NotFound(kind="lot", text=str(line.lot))
        if lots[line.lot].item_id != line.item:
            raise WrongItemScanned(needed=items[line.item], scanned=lots[line.lot].number)


def cancel_order(order_id: OrderId, *, actor: UserId, at: datetime) -> None:
    """Call an order off before it is picked, and give its promises back. Raises WrongState."""
    order = queries.find_order(order_id, is_locked=True)
    order.state = OrderState(step(ORDER_STEPS, order.state, "cancel", subject="order"))
    ledger.release_demand(queries.LINE, [line.id for line in order.lines], actor=actor, at=at)
