"""Rows of orders: the rows of one number are one order, taken in whole or not at all."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from wms.core.ids import ItemId, LotId, OrderLineId, PartnerId
from wms.imports.service.applying import Applying
from wms.imports.service.drafts import ASK, REFUSE, Draft, Frame, Refuse, base_quantity
from wms.imports.service.known import Items, Lots, Partners, fresh, parts
from wms.picking import service as picking
from wms.picking.models import Order, OrderLine, OrderState
from wms.picking.service import CreateOrder, NewLine

#: So many lines has an order at most.
LINES_MAX = 200


@dataclass
class LinePlan:
    """A line of a new order, or another quantity of a line that is there."""

    number: str
    customer: PartnerId
    ship_on: Any
    line: NewLine
    priority: int = 5
    note: str = ""
    known: OrderLineId | None = None


@dataclass
class _Group:
    """The rows of one number."""

    drafts: list[Draft] = field(default_factory=list)
    head: tuple[PartnerId, Any] | None = None
    row: int = 0


def judge_orders(frame: Frame, drafts: Sequence[Draft]) -> None:
    """Judge rows of orders: each by itself, then each order whole."""
    open_drafts = [d for d in drafts if not d.verdict]
    items = Items(open_drafts, "sku")
    customers = Partners(open_drafts, "customer")
    named = []
    for draft in open_drafts:
        try:
            if draft.get("lot"):
                named.append((items.of(draft).id, str(draft.get("lot"))))
        except Refuse:
            continue
    lots = Lots(named)
    known = _known_orders(d.get("number") for d in drafts if d.get("number"))
    groups: dict[str, _Group] = {}
    for draft in drafts:
        if draft.get("number"):
            groups.setdefault(draft.get("number"), _Group(row=draft.row)).drafts.append(draft)
    for number, group in groups.items():
        lines = _lines_left(known.get(number))
        for draft in group.drafts:
            if draft.verdict:
                continue
            try:
                _judge_line(draft, group, frame, items, customers, lots, known.get(number), lines)
            except Refuse as no:
                draft.refuse(no.reason, **no.facts)
            else:
                draft.settle()
        _judge_whole(group)


def _known_orders(numbers: Iterable[str]) -> dict[str, Order]:
    found: dict[str, Order] = {}
    for part in parts(numbers):
        rows = select(Order).where(Order.number.in_(part)).options(selectinload(Order.lines))
        found |= {row.number: row for row in fresh(rows)}
    return found


def _lines_left(order: Order | None) -> dict[tuple[ItemId, LotId | None], list[OrderLine]]:
    left: dict[tuple[ItemId, LotId | None], list[OrderLine]] = {}
    for line in order.lines if order is not None else ():
        left.setdefault((line.item_id, line.lot_id), []).append(line)
    return left


def _judge_line(
    draft: Draft, group: _Group, frame: Frame, items: Items, customers: Partners, lots: Lots, order: Order | None,
    lines: dict[tuple[ItemId, LotId | None], list[OrderLine]],
) -> None:  # fmt: skip
    item = items.of(draft)
    customer = customers.of(draft, "customer", role="customer")
    assert customer is not None
    if not customer.is_active:
        raise Refuse("partner_not_in_use", text=customer.code)
    ship_on = draft.get("ship_on").on
    draft.said |= {"sku": item.sku, "customer": customer.code}
    if group.head is None:
        group.head, group.row = (customer.id, ship_on), draft.row
    elif group.head != (customer.id, ship_on):
        raise Refuse("order_head_differs", number=draft.get("number"), row=group.row)
    quantity = base_quantity(draft, draft.get("quantity"), draft.get("unit"), frame.hints.get("quantity", ""), item)
    if not quantity:
        raise Refuse("cell_zero", field="quantity")
    draft.said |= {"quantity": str(quantity), "unit": item.base_unit}
    lot = _lot(draft, item.id, lots)
    priority = draft.get("priority")
    if priority is not None and not 1 <= priority <= 9:
        raise Refuse("cell_whole", field="priority", text=str(priority), low=1, high=9)
    if len(group.drafts) > LINES_MAX:
        raise Refuse("order_too_long", number=draft.get("number"), most=LINES_MAX)
    plan = LinePlan(
        draft.get("number"), customer.id, ship_on, NewLine(item=item.id, quantity=quantity, lot=lot), priority or 5,
        draft.get("note") or "",
    )  # fmt: skip
    if order is None:
        draft.reason, draft.plan = "new", plan
    else:
        _judge_known(draft, plan, order, lines, frame, item.base_unit)


def _lot(draft: Draft, item: ItemId, lots: Lots) -> LotId | None:
    number = draft.get("lot")
    if not number:
        return None
    found = lots.exact.get((item, number))
    if found is None:
        like = lots.looks_like(item, number)
        raise Refuse("lot_unknown", text=number, like=[like] if like else [])
    return found.id


def _judge_known(
    draft: Draft, plan: LinePlan, order: Order, lines: dict[tuple[ItemId, LotId | None], list[OrderLine]], frame: Frame,
    unit: str,
) -> None:  # fmt: skip
    if order.warehouse_id != frame.warehouse or order.customer_id != plan.customer:
        raise Refuse("order_number_used", number=order.number)
    left = lines.get((plan.line.item, plan.line.lot), [])
    same = next((line for line in left if line.quantity == plan.line.quantity), None)
    line = same or (left[0] if left else None)
    if line is None:
        raise Refuse("order_lacks_line", number=order.number)
    left.remove(line)
    if same is not None:
        draft.reason = "same"
        return
    if order.state is not OrderState.NEW:
        raise Refuse("order_not_new", number=order.number, state=order.state.value)
    draft.ask("other_quantity", known=str(line.quantity), came=str(plan.line.quantity), unit=unit)
    plan.known = line.id
    draft.reason, draft.plan = "quantity_changed", plan


def _judge_whole(group: _Group) -> None:
    """An order with a line that is refused or asked about does not come in without it."""
    new = [d for d in group.drafts if d.verdict in {REFUSE, ASK} or (d.plan is not None and d.plan.known is None)]
    refused = next((d for d in new if d.verdict == REFUSE), None)
    asked = next((d for d in new if d.verdict == ASK), None)
    if not any(d.plan is not None and d.plan.known is None for d in group.drafts):
        return
    for draft in group.drafts:
        if draft.verdict == REFUSE:
            continue
        if refused is not None:
            draft.refuse("order_incomplete", number=draft.get("number"), row=refused.row)
        elif asked is not None and draft.verdict != ASK:
            draft.verdict, draft.reason = ASK, "order_waits"
            draft.facts = {"number": draft.get("number"), "row": asked.row}


def apply_orders(frame: Frame, drafts: Sequence[Draft], applying: Applying) -> None:
    """Take in the orders of accepted rows, and change the quantities of lines that are there."""
    groups: dict[str, list[LinePlan]] = {}
    for draft in drafts:
        if draft.plan is None:
            continue
        if draft.plan.known is not None:
            picking.change_quantity(draft.plan.known, draft.plan.line.quantity)
        else:
            groups.setdefault(draft.plan.number, []).append(draft.plan)
    orders = [
        CreateOrder(
            warehouse=frame.warehouse, customer=plans[0].customer, ship_on=plans[0].ship_on, number=number,
            lines=tuple(plan.line for plan in plans), priority=plans[0].priority,
            note=next((plan.note for plan in plans if plan.note), ""),
        )
        for number, plans in groups.items()
    ]  # fmt: skip
    if orders:
        picking.create_orders(orders, actor=applying.actor, at=applying.at)


def units_of_work(drafts: Sequence[Draft]) -> list[list[Draft]]:
    """The rows that come in together: those of one order."""
    groups: dict[str, list[Draft]] = {}
    for draft in drafts:
        groups.setdefault(draft.get("number") or f"row {draft.row}", []).append(draft)
    return list(groups.values())
