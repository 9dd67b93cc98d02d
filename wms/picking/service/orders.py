"""Orders come in and are called off."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import select

from wms.catalog.models import Item, Partner, PolicyName
from wms.core.errors import BadQuantity, DuplicateValue, MissingField, NotFound, WrongItemScanned, WrongState
from wms.core.ids import OURSELVES, ItemId, LotId, OrderId, OrderLineId, OwnerId, PartnerId, UserId, WarehouseId, new_id
from wms.core.quantity import ZERO, Quantity
from wms.core.states import step
from wms.db import db
from wms.picking import queries
from wms.picking.models import Order, OrderLine, OrderPurpose, OrderState
from wms.picking.rules.states import ORDER_STEPS
from wms.production.service.orders import forget_demands
from wms.stock import ledger
from wms.stock.models import Lot

#: So many values stand in one statement.
_AT_ONCE: Final = 500


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
    return create_orders([cmd], actor=actor, at=at)[0]


def create_orders(wanted: Sequence[CreateOrder], *, actor: UserId, at: datetime) -> list[OrderId]:
    """Take in orders, however many, by a few statements; all or none. Raises as create_order does."""
    if any(not cmd.lines for cmd in wanted):
        raise MissingField(field="lines")
    _check_customers({cmd.customer for cmd in wanted})
    _check_lines(tuple(line for cmd in wanted for line in cmd.lines))
    made: list[tuple[OrderId, str, CreateOrder]] = []
    for cmd in wanted:
        order_id = OrderId(new_id())
        made.append((order_id, cmd.number or f"SO-{at:%y%m%d}-{order_id % 10**6:06d}", cmd))
    _refuse_used_numbers([number for _, number, _ in made])
    db.session.add_all(
        Order(
            id=order_id, number=number, warehouse_id=cmd.warehouse, customer_id=cmd.customer, owner_id=cmd.owner,
            purpose=cmd.purpose, state=OrderState.NEW, ship_on=cmd.ship_on, allocation_policy=cmd.policy,
            priority=cmd.priority, note=cmd.note, created_by=actor, created_at=at,
        )
        for order_id, number, cmd in made
    )  # fmt: skip
    db.session.flush()
    db.session.add_all(
        OrderLine(
            id=OrderLineId(new_id()), order_id=order_id, line=number_of_line, item_id=line.item,
            quantity=line.quantity, lot_id=line.lot,
        )
        for order_id, _, cmd in made
        for number_of_line, line in enumerate(cmd.lines, start=1)
    )  # fmt: skip
    db.session.flush()
    return [order_id for order_id, _, _ in made]


def change_quantity(line: OrderLineId, quantity: Quantity) -> None:
    """Ask for another quantity of a line, while nothing is promised to its order. Raises NotFound, WrongState, BadQuantity."""
    if quantity <= ZERO:
        raise BadQuantity(text=str(quantity))
    found = db.session.get(OrderLine, line)
    if found is None:
        raise NotFound(kind="order_line", text=str(line))
    order = queries.find_order(found.order_id, is_locked=True)
    if order.state is not OrderState.NEW:
        raise WrongState(subject="order", state=order.state.value, event="change", needed=["new"])
    found.quantity = quantity
    db.session.flush()


def _refuse_used_numbers(numbers: Sequence[str]) -> None:
    used: set[str] = set()
    for start in range(0, len(numbers), _AT_ONCE):
        part = select(Order.number).where(Order.number.in_(numbers[start : start + _AT_ONCE]))
        used |= set(db.session.execute(part).scalars())
    for number in numbers:
        if number in used:
            raise DuplicateValue(field="order", value=number)
        used.add(number)


def _check_customers(customers: Iterable[PartnerId]) -> None:
    wanted = list(customers)
    found: dict[PartnerId, Partner] = {}
    for start in range(0, len(wanted), _AT_ONCE):
        part = select(Partner).where(Partner.id.in_(wanted[start : start + _AT_ONCE]))
        found |= {row.id: row for row in db.session.execute(part).scalars()}
    for customer in wanted:
        row = found.get(customer)
        if row is None or not row.is_customer or not row.is_active:
            raise NotFound(kind="customer", text=row.code if row else str(customer))


def _check_lines(lines: tuple[NewLine, ...]) -> None:
    """Every item must be known and active, and a named lot must be of its item."""
    wanted = list({line.item for line in lines})
    items: dict[ItemId, str] = {}
    for start in range(0, len(wanted), _AT_ONCE):
        known = select(Item.id, Item.sku).where(Item.id.in_(wanted[start : start + _AT_ONCE]), Item.is_active)
        items |= {row.id: row.sku for row in db.session.execute(known)}
    named = list({line.lot for line in lines if line.lot is not None})
    lots: dict[LotId, Any] = {}
    for start in range(0, len(named), _AT_ONCE):
        part = select(Lot.id, Lot.number, Lot.item_id).where(Lot.id.in_(named[start : start + _AT_ONCE]))
        lots |= {row.id: row for row in db.session.execute(part)}
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
    """Call an order off before it is picked, and give its promises back; lots made for it are free. Raises WrongState."""
    order = queries.find_order(order_id, is_locked=True)
    order.state = OrderState(step(ORDER_STEPS, order.state, "cancel", subject="order"))
    lines = [line.id for line in order.lines]
    ledger.release_demand(queries.LINE, lines, actor=actor, at=at)
    forget_demands(queries.LINE, lines, reason=f"{order.number} cancelled", actor=actor, at=at)
