"""Verbs of planning: a work order from a bill of materials, a rework order, an alternate in place of a component."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final

from sqlalchemy import select

from wms.catalog.models import Item
from wms.core.errors import (
    BadQuantity,
    DuplicateValue,
    KeyReused,
    LotsDiffer,
    MissingField,
    NotFound,
    QuestionNeeded,
    RecordChanged,
    WrongItemScanned,
    WrongState,
)
from wms.core.ids import (
    OURSELVES,
    BomId,
    ItemId,
    LotId,
    NonconformanceId,
    OwnerId,
    ProductionLineId,
    TeamId,
    UserId,
    WarehouseId,
    WorkOrderComponentId,
    WorkOrderId,
    new_id,
)
from wms.core.quantity import ZERO, Quantity
from wms.core.states import step
from wms.db import db
from wms.disposition import queries as disposition
from wms.disposition.rules.states import Disposition
from wms.disposition.service.papers import next_number, today
from wms.fields.rules.values import Given
from wms.fields.service import set_values
from wms.production.models import (
    Bom,
    BomAlternate,
    BomLine,
    ProductionLine,
    Team,
    WorkOrder,
    WorkOrderComponent,
    WorkOrderKind,
    WorkOrderOperation,
    WorkOrderState,
)
from wms.production.queries import master
from wms.production.queries.orders import ORDER, get_order, wants_of
from wms.production.rules.needs import needed, stands_in
from wms.production.rules.states import OPEN_STATES, WORK_ORDER_STEPS
from wms.stock import demands, pegs
from wms.stock import queries as stock
from wms.stock.models import Lot

#: The operation of an order whose bill of materials names none.
ONLY_OPERATION: Final = 10
#: The series of their numbers: WO-2026-0001.
SERIES: Final = "WO"


@dataclass(frozen=True, kw_only=True)
class Pegged:
    """The demand an order is made for: ("order_line", id)."""

    kind: str
    id: int


@dataclass(frozen=True, kw_only=True)
class PlanOrder:
    """So much of an item to make at a line, in base units. Without a BOM the newest active one is taken; without a number,
    the next of the series."""

    key: str
    warehouse: WarehouseId
    item: ItemId
    quantity: Quantity
    line: ProductionLineId
    bom: BomId | None = None
    team: TeamId | None = None
    due_on: date | None = None
    pegged: Pegged | None = None
    number: str = ""
    note: str = ""
    owner: OwnerId = OURSELVES
    #: "due_past": a due day that is over is meant.
    answers: frozenset[str] = frozenset()


def plan_order(cmd: PlanOrder, *, actor: UserId, at: datetime, own: Given | None = None) -> WorkOrderId:
    """Plan a work order: components and operations are copied from the BOM, with what is needed of each; once a `key`.

    `own` are its own fields.

    Raises NotFound (item, BOM, line, team, order line), MissingField (the item has no BOM), BadQuantity, DuplicateValue
    (number), KeyReused, WrongItemScanned (the order line asks for another item), WrongState (it left already),
    QuestionNeeded (due_past).
    """
    if cmd.quantity <= ZERO:
        raise BadQuantity(text=str(cmd.quantity))
    number, known = _open(cmd.key, cmd.number, cmd.warehouse, at)
    if known is not None:
        if (known.item_id, known.quantity, known.warehouse_id) != (cmd.item, cmd.quantity, cmd.warehouse):
            raise KeyReused(key=cmd.key)
        return known.id
    bom = _bom_for(cmd)
    _check_due(cmd.due_on, cmd.warehouse, cmd.answers, at)
    line = _line(cmd.line, cmd.warehouse)
    _check_team(cmd.team, cmd.warehouse)
    _check_pegged(cmd.pegged, cmd.item, cmd.warehouse)
    order = WorkOrder(
        id=WorkOrderId(new_id()), number=number, key=cmd.key, warehouse_id=cmd.warehouse, owner_id=cmd.owner,
        kind=WorkOrderKind.MAKE, state=WorkOrderState.PLANNED, item_id=bom.item_id, bom_id=bom.id,
        quantity=cmd.quantity, line_id=line.id, team_id=cmd.team, due_on=cmd.due_on, note=cmd.note,
        pegged_kind=cmd.pegged.kind if cmd.pegged else "", pegged_id=cmd.pegged.id if cmd.pegged else None,
        created_by=actor, created_at=at,
    )  # fmt: skip
    db.session.add(order)
    db.session.flush()
    db.session.add_all(_operations_of(bom, order))
    first = bom.operations[0].sequence if bom.operations else ONLY_OPERATION
    for one in bom.lines:
        amount = needed(
            one.quantity, planned=cmd.quantity, output=bom.output_quantity, scrap_basis_points=one.scrap_basis_points
        )
        db.session.add(_component(order.id, one.line, one.item_id, amount, one, first))
    db.session.flush()
    if own is not None:
        set_values(ORDER, order.id, own)
    return order.id


def _component(
    order: WorkOrderId, line: int, item: ItemId, quantity: Quantity, of: BomLine, first: int
) -> WorkOrderComponent:
    return WorkOrderComponent(
        id=WorkOrderComponentId(new_id()), work_order_id=order, line=line, item_id=item, quantity=quantity,
        operation_sequence=of.operation_sequence or first, is_backflushed=of.is_backflushed, weight=of.weight,
        bom_line_id=of.id,
    )  # fmt: skip


def _operations_of(bom: Bom, order: WorkOrder) -> list[WorkOrderOperation]:
    if not bom.operations:
        return [_only_operation(order.id, "MAKE", "Make", "生产")]
    return [
        WorkOrderOperation(
            id=new_id(), work_order_id=order.id, sequence=one.sequence, code=one.code, name_en=one.name_en,
            name_zh=one.name_zh, output_item_id=one.output_item_id, parameters=one.parameters,
            output_quantity=(
                needed(one.output_quantity, planned=order.quantity, output=bom.output_quantity)
                if one.output_quantity is not None
                else None
            ),
        )
        for one in bom.operations
    ]  # fmt: skip


def _only_operation(order: WorkOrderId, code: str, name_en: str, name_zh: str) -> WorkOrderOperation:
    return WorkOrderOperation(
        id=new_id(), work_order_id=order, sequence=ONLY_OPERATION, code=code, name_en=name_en, name_zh=name_zh
    )


def _open(key: str, number: str, warehouse: WarehouseId, at: datetime) -> tuple[str, WorkOrder | None]:
    """Take a number and look whether the key was used: whoever else takes one of the series waits for our commit."""
    known = db.session.execute(select(WorkOrder).where(WorkOrder.key == key)).scalar_one_or_none()
    if known is not None:
        return known.number, known
    if number:
        if db.session.execute(select(WorkOrder.id).where(WorkOrder.number == number)).first():
            raise DuplicateValue(field="work_order", value=number)
        return number, None
    taken = next_number(SERIES, warehouse, at)
    while db.session.execute(select(WorkOrder.id).where(WorkOrder.number == taken)).first():
        taken = next_number(SERIES, warehouse, at)  # somebody typed it before
    return taken, db.session.execute(select(WorkOrder).where(WorkOrder.key == key)).scalar_one_or_none()


def _bom_for(cmd: PlanOrder) -> Bom:
    item = db.session.get(Item, cmd.item)
    if item is None or not item.is_active:
        raise NotFound(kind="item", text=item.sku if item else str(cmd.item))
    bom = master.get_bom(cmd.bom) if cmd.bom is not None else master.newest_bom(cmd.item)
    if bom is None:
        raise MissingField(field="bom")
    if bom.item_id != cmd.item or not bom.is_active:
        raise NotFound(kind="bom", text=f"{bom.item.sku} v{bom.version}")
    return bom


def _line(line: ProductionLineId, warehouse: WarehouseId) -> ProductionLine:
    found = db.session.get(ProductionLine, line)
    if found is None or found.warehouse_id != warehouse or not found.is_active:
        raise NotFound(kind="production_line", text=found.code if found else str(line))
    return found


def _check_due(due_on: date | None, warehouse: WarehouseId, answers: frozenset[str], at: datetime) -> None:
    """A due day that is over is asked about: it is a slip of the hand more often than meant."""
    if due_on is not None and "due_past" not in answers and due_on < today(warehouse, at):
        raise QuestionNeeded(question="due_past", due=due_on.isoformat())


def _check_team(team: TeamId | None, warehouse: WarehouseId) -> None:
    if team is None:
        return
    found = db.session.get(Team, team)
    if found is None or found.warehouse_id != warehouse or not found.is_active:
        raise NotFound(kind="team", text=found.code if found else str(team))


def _check_pegged(pegged: Pegged | None, item: ItemId, warehouse: WarehouseId) -> None:
    """The demand must be there, open, in this warehouse and of this item."""
    if pegged is None:
        return
    found = demands.facts_of(pegged.kind, [pegged.id]).get(pegged.id)
    if found is None or found.warehouse != warehouse:
        raise NotFound(kind=pegged.kind, text=str(pegged.id))
    if found.item != item:
        raise WrongItemScanned(needed=found.sku, scanned=db.session.get_one(Item, item).sku)
    if not found.is_open:
        raise WrongState(subject="order", state=found.state, event="peg", needed=["new", "allocated", "picking"])


# -- change -----------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, kw_only=True)
class ChangeOrder:
    """What of a planned order is to be otherwise; the needs follow the quantity."""

    order: WorkOrderId
    warehouse: WarehouseId
    quantity: Quantity
    line: ProductionLineId
    team: TeamId | None = None
    due_on: date | None = None
    pegged: Pegged | None = None
    note: str = ""
    #: What the one who changes it saw (seen_of); blank where that is judged before.
    seen: str = ""
    #: "due_past": a due day that is over is meant.
    answers: frozenset[str] = frozenset()


def seen_of(order: WorkOrder) -> str:
    """Say in a word what a form shows of an order, so that of two who change it the second is told."""
    shown = (
        order.quantity.millionths, order.line_id, order.team_id, order.due_on, order.pegged_kind, order.pegged_id, order.note,
        [(c.item_id, c.quantity.millionths) for c in order.components],
    )  # fmt: skip
    return hashlib.sha256(repr(shown).encode()).hexdigest()[:24]


def change_order(cmd: ChangeOrder, *, actor: UserId, at: datetime, own: Given | None = None) -> None:
    """Change a planned order of the kind make: nothing is bound yet.

    Raises WrongState, BadQuantity, NotFound, RecordChanged (somebody changed it since it was seen), LotPegged (a rework of goods
    that are made for somebody), QuestionNeeded (due_past, of another day than it had).
    """
    if cmd.quantity <= ZERO:
        raise BadQuantity(text=str(cmd.quantity))
    order = get_order(cmd.order, warehouse=cmd.warehouse, is_locked=True)
    step(WORK_ORDER_STEPS, order.state.value, "change", subject=ORDER)
    if cmd.seen and cmd.seen != seen_of(order):
        raise RecordChanged()
    if cmd.due_on != order.due_on:
        _check_due(cmd.due_on, cmd.warehouse, cmd.answers, at)
    line = _line(cmd.line, cmd.warehouse)
    _check_team(cmd.team, cmd.warehouse)
    if cmd.pegged != pegged_of(order):
        _check_pegged(cmd.pegged, order.item_id, cmd.warehouse)
        if order.kind is WorkOrderKind.REWORK:
            _check_whose(order, cmd.pegged)
    if order.kind is WorkOrderKind.MAKE and cmd.quantity != order.quantity:
        _plan_anew(order, cmd.quantity)
    order.line_id, order.team_id, order.due_on, order.note = line.id, cmd.team, cmd.due_on, cmd.note
    order.pegged_kind = cmd.pegged.kind if cmd.pegged else ""
    order.pegged_id = cmd.pegged.id if cmd.pegged else None
    db.session.flush()
    if own is not None:
        set_values(ORDER, order.id, own)


def _check_whose(order: WorkOrder, pegged: Pegged | None) -> None:
    """What is mended stays whose it is, until the lot is freed."""
    for peg in pegs.open_pegs([c.lot_id for c in order.components if c.lot_id is not None]).values():
        if pegged is None or (peg.demand_kind, peg.demand_id) != (pegged.kind, pegged.id):
            raise pegs.refusal(peg)


def pegged_of(order: WorkOrder) -> Pegged | None:
    """Give the demand an order is made for."""
    return Pegged(kind=order.pegged_kind, id=order.pegged_id) if order.pegged_id is not None else None


def _plan_anew(order: WorkOrder, quantity: Quantity) -> None:
    """Alternates taken before are gone: the needs are counted from the BOM again."""
    assert order.bom_id is not None
    bom = master.get_bom(order.bom_id)
    by_line = {one.id: one for one in bom.lines}
    for component in list(order.components):
        if component.replaces_id is not None:
            db.session.delete(component)
            continue
        of = by_line[component.bom_line_id or 0]
        component.quantity = needed(
            of.quantity, planned=quantity, output=bom.output_quantity, scrap_basis_points=of.scrap_basis_points
        )
    amounts = {one.sequence: one.output_quantity for one in bom.operations}
    for operation in order.operations:
        amount = amounts.get(operation.sequence)
        if amount is not None:
            operation.output_quantity = needed(amount, planned=quantity, output=bom.output_quantity)
    order.quantity = quantity
    db.session.flush()
    db.session.expire(order, ["components"])


# -- alternates -------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, kw_only=True)
class UseAlternate:
    """So much of a component's need, in its own base units, is to come from another item that the BOM allows."""

    order: WorkOrderId
    warehouse: WarehouseId
    component: WorkOrderComponentId
    item: ItemId
    quantity: Quantity


def use_alternate(cmd: UseAlternate, *, actor: UserId, at: datetime) -> WorkOrderComponentId:
    """Let an alternate stand in for what is short of a component: a component of its own, which is then bound by release.

    Raises NotFound (no such component, or not an alternate of it), BadQuantity (more than is short), WrongState.
    """
    order = get_order(cmd.order, warehouse=cmd.warehouse, is_locked=True)
    if order.state.value not in OPEN_STATES | {"planned"}:
        raise WrongState(subject=ORDER, state=order.state.value, event="use_alternate", needed=["planned", "released"])
    want = next((w for w in wants_of(order) if w.component.id == cmd.component), None)
    if want is None or want.component.bom_line_id is None or want.component.replaces_id is not None:
        raise NotFound(kind="component", text=str(cmd.component))
    alternate = db.session.execute(
        select(BomAlternate).where(
            BomAlternate.bom_line_id == want.component.bom_line_id, BomAlternate.item_id == cmd.item
        )
    ).scalar_one_or_none()
    if alternate is None:
        raise NotFound(kind="alternate", text=str(cmd.item))
    if cmd.quantity <= ZERO or cmd.quantity > want.short:
        raise BadQuantity(text=str(cmd.quantity))
    return _stand_in(order, want.component, alternate, cmd.quantity)


def _stand_in(
    order: WorkOrder, component: WorkOrderComponent, alternate: BomAlternate, quantity: Quantity
) -> WorkOrderComponentId:
    component.quantity = component.quantity - quantity
    amount = stands_in(quantity, factor=alternate.factor)
    known = next(
        (c for c in order.components if c.replaces_id == component.id and c.item_id == alternate.item_id), None
    )
    if known is not None:
        known.quantity = known.quantity + amount
        db.session.flush()
        return known.id
    row = WorkOrderComponent(
        id=WorkOrderComponentId(new_id()), work_order_id=order.id, line=max(c.line for c in order.components) + 1,
        item_id=alternate.item_id, quantity=amount, operation_sequence=component.operation_sequence,
        is_backflushed=False, weight=None, bom_line_id=component.bom_line_id, replaces_id=component.id,
    )  # fmt: skip
    db.session.add(row)
    db.session.flush()
    db.session.expire(order, ["components"])
    return row.id


# -- rework -----------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, kw_only=True)
class Mended:
    """So much of a lot is to be reworked."""

    lot: LotId
    quantity: Quantity


@dataclass(frozen=True, kw_only=True)
class Added:
    """What a rework uses beside the goods it mends: new boxes, say."""

    item: ItemId
    quantity: Quantity


@dataclass(frozen=True, kw_only=True)
class PlanRework:
    """Lots to be mended at a line; `item` is what comes out (the item of the lots when not said).

    `quantity` is how much is to come out (the sum of the lots when not said).
    """

    key: str
    warehouse: WarehouseId
    line: ProductionLineId
    lots: tuple[Mended, ...]
    added: tuple[Added, ...] = field(default=())
    nonconformance: NonconformanceId | None = None
    item: ItemId | None = None
    quantity: Quantity | None = None
    team: TeamId | None = None
    due_on: date | None = None
    number: str = ""
    note: str = ""
    owner: OwnerId = OURSELVES
    #: "due_past": a due day that is over is meant.
    answers: frozenset[str] = frozenset()


def plan_rework(cmd: PlanRework, *, actor: UserId, at: datetime) -> WorkOrderId:
    """Plan a rework order: its components are the lots to be mended, and what is added.

    A lot that is made for an order stays made for it: the rework is pegged as the lot is. Raises LotsDiffer (made for others),
    LotPegged (it would become another item), NotFound (nothing of a lot
    stands in the warehouse), MissingField (lots), BadQuantity, KeyReused, DuplicateValue, WrongState (the non-conformance is not decided as rework, or is of
    another lot), WrongItemScanned (lots of several items and no item said), QuestionNeeded (due_past).
    """
    if not cmd.lots:
        raise MissingField(field="lots")
    if any(q <= ZERO for q in (*(m.quantity for m in cmd.lots), *(a.quantity for a in cmd.added))):
        raise BadQuantity(text="0")
    number, known = _open(cmd.key, cmd.number, cmd.warehouse, at)
    if known is not None:
        if (known.kind, known.warehouse_id) != (WorkOrderKind.REWORK, cmd.warehouse):
            raise KeyReused(key=cmd.key)
        return known.id
    _check_due(cmd.due_on, cmd.warehouse, cmd.answers, at)
    lots = {one.lot: stock.get_lot(one.lot) for one in cmd.lots}
    here = {row.lot for row in stock.find_balances(lots=set(lots), warehouse=cmd.warehouse)}
    for lot in lots.values():
        if lot.id not in here:
            raise NotFound(kind="lot", text=lot.number)
    item = cmd.item or _item_of(list(lots.values()))
    line = _line(cmd.line, cmd.warehouse)
    _check_team(cmd.team, cmd.warehouse)
    _check_paper(cmd, set(lots))
    order = WorkOrder(
        id=WorkOrderId(new_id()), number=number, key=cmd.key, warehouse_id=cmd.warehouse, owner_id=cmd.owner,
        kind=WorkOrderKind.REWORK, state=WorkOrderState.PLANNED, item_id=item, bom_id=None,
        quantity=cmd.quantity or sum((one.quantity for one in cmd.lots), ZERO), line_id=line.id, team_id=cmd.team,
        due_on=cmd.due_on, note=cmd.note, nonconformance_id=cmd.nonconformance, created_by=actor, created_at=at,
    )  # fmt: skip
    peg = _peg_of(lots, item)
    if peg is not None:
        order.pegged_kind, order.pegged_id = peg.kind, peg.id
    db.session.add(order)
    db.session.flush()
    db.session.add(_only_operation(order.id, "REWORK", "Rework", "返工"))
    wanted = [(lots[m.lot].item_id, m.quantity, m.lot) for m in cmd.lots]
    wanted += [(_known_item(a.item), a.quantity, None) for a in cmd.added]  # type: ignore[misc]
    for n, (of, amount, mended) in enumerate(wanted, start=1):
        db.session.add(
            WorkOrderComponent(
                id=WorkOrderComponentId(new_id()), work_order_id=order.id, line=n, item_id=of, quantity=amount,
                operation_sequence=ONLY_OPERATION, is_backflushed=False, lot_id=mended,
            )
        )  # fmt: skip
    db.session.flush()
    return order.id


def _item_of(lots: list[Lot]) -> ItemId:
    first = lots[0]
    for lot in lots[1:]:
        if lot.item_id != first.item_id:
            raise WrongItemScanned(needed=first.item.sku, scanned=lot.item.sku)
    return first.item_id


def _known_item(item: ItemId) -> ItemId:
    found = db.session.get(Item, item)
    if found is None or not found.is_active:
        raise NotFound(kind="item", text=found.sku if found else str(item))
    return item


def _check_paper(cmd: PlanRework, lots: set[LotId]) -> None:
    if cmd.nonconformance is None:
        return
    paper = disposition.find_nonconformance(cmd.nonconformance, warehouse=cmd.warehouse)
    concerned = {row.lot for row in disposition.goods_of(paper)} | {paper.lot_id}
    if paper.disposition is not Disposition.REWORK or paper.decided_at is None:
        raise WrongState(subject="nonconformance", state=paper.state.value, event="rework", needed=["decided"])
    if not lots <= concerned:
        raise NotFound(kind="lot", text=next(stock.get_lot(lot).number for lot in sorted(lots - concerned)))


def _peg_of(lots: Mapping[LotId, Lot], item: ItemId) -> Pegged | None:
    """The one demand that all the lots are made for, if they are made for one.

    Goods that are kept for a demand do not become anybody else's by being mended together with others, or as another item.
    """
    found = pegs.open_pegs(lots)
    if not found:
        return None
    first = next(lot for lot in lots.values() if lot.id in found)
    known = found[first.id]
    for lot in lots.values():
        peg = found.get(lot.id)
        if peg is None or (peg.demand_kind, peg.demand_id) != (known.demand_kind, known.demand_id):
            raise LotsDiffer(lot=first.number, other=lot.number, what="made_for")
    if first.item_id != item:
        raise pegs.refusal(known)
    return Pegged(kind=known.demand_kind, id=known.demand_id)
