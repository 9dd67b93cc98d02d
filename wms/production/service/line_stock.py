"""Goods at a line: which lot is declared open there, and what a work order may take of what stands in the line's bin."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select

from wms.core.clock import local_day
from wms.core.errors import (
    BackflushNotAllowed,
    BackflushShort,
    InsufficientStock,
    LotNotAtLine,
    LotOnHold,
    LotOpenAtLine,
    NoOpenLot,
    NotFound,
    WrongItemScanned,
    WrongState,
)
from wms.core.ids import ClaimId, ItemId, LotId, ProductionLineId, UserId, WarehouseId, new_id
from wms.core.quantity import ZERO, Quantity
from wms.db import db
from wms.production.models import IssueKind, OpenLot, ProductionLine, WorkOrder, WorkOrderComponent, WorkOrderIssue
from wms.production.queries import issues as queries
from wms.production.queries.orders import COMPONENT, is_for_rework, purpose_of, rule_of
from wms.production.queries.reports import REPORT
from wms.production.rules.parts import Promise, Standing, take_parts
from wms.sites.models import Warehouse
from wms.stock import queries as stock
from wms.stock.followers import Passage
from wms.stock.ledger import ClaimUse, Reason, StockKey
from wms.stock.queries import BalanceRow
from wms.stock.rules.availability import Purpose, why_not


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """So much of a lot that stands at the line, as a move takes it: from which stock key, and on which promise."""

    lot: LotId
    lot_number: str
    quantity: Quantity
    key: StockKey
    claim: ClaimUse | None = None


@dataclass(frozen=True, kw_only=True)
class StandingPart:
    """So much of one row of goods at the line, on this promise (None: promised to nobody)."""

    row: BalanceRow
    quantity: Quantity
    use: ClaimUse | None = None


# -- the open lot -------------------------------------------------------------------------------------------------------
def open_lot(
    line: ProductionLineId, item: ItemId, lot: LotId, *, warehouse: WarehouseId, actor: UserId, at: datetime
) -> OpenLot:
    """Declare a lot that stands at the line open: back-flush takes from it. The one open before is closed.

    Raises NotFound, WrongItemScanned, LotNotAtLine, LotOnHold, LotExpired, NotReleased. Opening the open lot is nothing.
    """
    place = _lock_line(line, warehouse)
    wanted = stock.get_lot(lot)
    if wanted.item_id != item:
        raise WrongItemScanned(needed=str(item), scanned=wanted.item.sku)
    rows = stock.find_balances(lot=lot, bin=place.bin_id, warehouse=warehouse)
    if not rows:
        raise LotNotAtLine(lot=wanted.number, line=place.code)
    on = _today(warehouse, at)
    if all(why_not(row.facts, Purpose.ISSUE, on=on) is not None for row in rows):
        raise refusal_of(None, rows, on=on)
    before = queries.open_lot_at(line, item)
    if before is not None:
        if before.lot_id == lot:
            return before
        before.closed_by, before.closed_at = actor, at
        db.session.flush()
    opened = OpenLot(id=new_id(), line_id=line, item_id=item, lot_id=lot, opened_by=actor, opened_at=at)
    db.session.add(opened)
    db.session.flush()
    return opened


def close_lot(opened: int, *, warehouse: WarehouseId, actor: UserId, at: datetime) -> OpenLot:
    """Close an open lot: nothing is taken off it any more. Raises NotFound, WrongState (closed before)."""
    found = db.session.execute(
        select(OpenLot.line_id)
        .join(ProductionLine)
        .where(OpenLot.id == opened, ProductionLine.warehouse_id == warehouse)
    ).scalar_one_or_none()
    if found is None:
        raise NotFound(kind="open_lot", text=str(opened))
    _lock_line(found, warehouse)
    row = db.session.get_one(OpenLot, opened, populate_existing=True)
    if row.closed_at is not None:
        raise WrongState(subject=row.lot.number, state="closed", event="close", needed=["open"])
    row.closed_by, row.closed_at = actor, at
    db.session.flush()
    return row


def guard(document_kind: str, passages: Sequence[Passage]) -> None:
    """Refuse what takes goods of an open lot away from its line: they are the line's until the lot is closed.

    Back-flush takes from them without a promise, so nobody else may: no pick, no issue to another line, no move by hand. Reports
    and returns of orders are the line's own; goods that are stopped go where stopped goods go. The ledger calls it before it
    writes (wms/stock/followers.py). Raises LotOpenAtLine.
    """
    if document_kind == REPORT:
        return
    leaving = [one for one in passages if one.is_usable]
    if not leaving:
        return
    rows = db.session.execute(
        select(OpenLot.lot_id, ProductionLine.bin_id, ProductionLine.code)
        .join(ProductionLine, ProductionLine.id == OpenLot.line_id)
        .where(
            OpenLot.closed_at.is_(None), OpenLot.lot_id.in_({one.lot for one in leaving}),
            ProductionLine.bin_id.in_({one.source_bin for one in leaving}),
        )
    )  # fmt: skip
    lines = {(row.lot_id, row.bin_id): row.code for row in rows}
    for one in leaving:
        line = lines.get((one.lot, one.source_bin))
        if line is not None and one.reason != Reason.ISSUE_RETURN.value:
            raise LotOpenAtLine(lot=one.lot_number, line=line)


# -- what may be taken --------------------------------------------------------------------------------------------------
def at_line(
    work_order: WorkOrder, component: WorkOrderComponent, lot: LotId, quantity: Quantity, *, at: datetime
) -> list[Drawn]:
    """Say where `quantity` of a lot is taken at the order's line: what is promised to the component first, then what is free.

    Never what is promised to another. Posts nothing: the caller hands the parts to the ledger. Raises InsufficientStock,
    LotOnHold, LotExpired, NotReleased.
    """
    parts = standing_parts(work_order, component, lot, quantity, to_use_at=at)
    there = Quantity(sum(part.quantity.millionths for part in parts))
    if there < quantity:
        raise InsufficientStock(
            lot=stock.get_lot(lot).number, bin=work_order.line.bin.code, needed=str(quantity), available=str(there)
        )
    return _drawn(parts)


def backflush(work_order: WorkOrder, component: WorkOrderComponent, quantity: Quantity, *, at: datetime) -> list[Drawn]:
    """Say what back-flush takes for `quantity` of a component: from the lot declared open at the line, from nothing else.

    Posts nothing: the caller hands the parts to the ledger (`Move(source=part.key, claim=part.claim)`). Raises
    BackflushNotAllowed (item or component does not say so), NoOpenLot, BackflushShort (how much is missing), LotOnHold,
    LotExpired, NotReleased.
    """
    if not component.is_backflushed or not rule_of(component.item_id).may_backflush:
        raise BackflushNotAllowed(item=component.item.sku, order=work_order.number)
    opened = queries.open_lot_at(work_order.line_id, component.item_id)
    if opened is None:
        raise NoOpenLot(item=component.item.sku, line=work_order.line.code)
    parts = standing_parts(work_order, component, opened.lot_id, quantity, to_use_at=at)
    there = Quantity(sum(part.quantity.millionths for part in parts))
    if there < quantity:
        raise BackflushShort(
            lot=opened.lot.number, line=work_order.line.code, needed=str(quantity), available=str(there),
            missing=str(quantity - there),
        )  # fmt: skip
    return _drawn(parts)


def lock_open_lots(line: ProductionLineId, items: Collection[ItemId]) -> None:
    """Let one report after the other take from the open lots of a line: each sees what the one before left."""
    if items:
        db.session.execute(
            select(OpenLot.id)
            .where(OpenLot.line_id == line, OpenLot.item_id.in_(items), OpenLot.closed_at.is_(None))
            .order_by(OpenLot.id)
            .with_for_update()
        ).all()


def standing_parts(
    order: WorkOrder,
    component: WorkOrderComponent,
    lot: LotId,
    quantity: Quantity,
    *,
    to_use_at: datetime | None = None,
) -> list[StandingPart]:
    """Take a quantity of a lot off what stands at the order's line, as far as it goes: the component's own first.

    `to_use_at`: only what may be used then; raises the refusal when nothing of it may. Else whatever stands there, to be
    carried back.
    """
    rows = [
        row
        for row in stock.find_balances(lot=lot, bin=order.line.bin_id, warehouse=order.warehouse_id)
        if row.owner == order.owner_id
    ]
    if to_use_at is not None and rows:
        on = _today(order.warehouse_id, to_use_at)
        usable = [row for row in rows if why_not_for(order, row, on=on) is None]
        if not usable:
            raise refusal_of(order, rows, on=on)
        rows = usable
    claims = [c for c in stock.claims_of(COMPONENT, [component.id]) if c.balance in {row.id for row in rows}]
    standing = [
        Standing(
            free=row.unpromised,
            promises=tuple(Promise(claim=c.id, quantity=c.quantity) for c in claims if c.balance == row.id),
        )
        for row in rows
    ]
    return [
        StandingPart(
            row=rows[part.row], quantity=part.quantity,
            use=None if part.claim is None else ClaimUse(
                claim=ClaimId(part.claim), demand_kind=COMPONENT, demand_id=component.id
            ),
        )
        for part in take_parts(standing, quantity)
    ]  # fmt: skip


def promises_at_line(
    order: WorkOrder, component: WorkOrderComponent, issue: WorkOrderIssue
) -> list[tuple[Quantity, ClaimUse]]:
    """The component's promises on what an issue brought to the line: they go back with it, beyond the plan they fall."""
    plates = {move.target_lpn_id for move in stock.get_posting(issue.posting_seq, warehouse=order.warehouse_id).moves}
    rows = stock.find_balances(lot=issue.lot_id, bin=order.line.bin_id, warehouse=order.warehouse_id)
    here = {row.id for row in rows if row.owner == order.owner_id and row.lpn in plates and not row.is_held}
    is_carried = issue.kind is not IssueKind.SUPPLEMENT
    left, uses = issue.quantity, []
    for claim in sorted(stock.claims_of(COMPONENT, [component.id]), key=lambda c: c.id, reverse=True):
        amount = min(claim.quantity, left) if claim.balance in here else ZERO
        if amount > ZERO:
            use = ClaimUse(claim=claim.id, demand_kind=COMPONENT, demand_id=component.id, carried=is_carried)
            uses.append((amount, use))
            left = left - amount
    return uses


def why_not_for(order: WorkOrder, row: BalanceRow, *, on: date) -> Exception | None:
    """Say why these goods may not be used for the order, or None; a rework takes what its decision lets it take."""
    if is_for_rework(order, lot=row.lot, hold_set=row.hold_set):
        return None
    return why_not(row.facts, purpose_of(order), on=on)


def refusal_of(order: WorkOrder | None, rows: Sequence[BalanceRow], *, on: date) -> Exception:
    """Say why none of these goods may be used; of a hold, its reason."""
    for row in rows:
        refusal = why_not_for(order, row, on=on) if order is not None else why_not(row.facts, Purpose.ISSUE, on=on)
        if refusal is None:
            continue
        if isinstance(refusal, LotOnHold):
            held = stock.holds_in_sets({row.hold_set})
            holds = [hold for group in held.values() for hold in group]
            return LotOnHold(lot=row.lot_number, reason=holds[0].reason.value if holds else "")
        return refusal
    raise ValueError("refusal_of was asked of goods that may be used")


# -- inside -------------------------------------------------------------------------------------------------------------
def _drawn(parts: Sequence[StandingPart]) -> list[Drawn]:
    return [
        Drawn(
            lot=part.row.lot, lot_number=part.row.lot_number, quantity=part.quantity, key=part.row.key, claim=part.use
        )
        for part in parts
        if part.quantity > ZERO
    ]


def _lock_line(line: ProductionLineId, warehouse: WarehouseId) -> ProductionLine:
    statement = (
        select(ProductionLine)
        .where(ProductionLine.id == line, ProductionLine.warehouse_id == warehouse)
        .with_for_update(of=ProductionLine)
        .execution_options(populate_existing=True)
    )
    found = db.session.execute(statement).scalar_one_or_none()
    if found is None:
        raise NotFound(kind="production_line", text=str(line))
    return found


def _today(warehouse: WarehouseId, at: datetime) -> date:
    return local_day(at, db.session.get_one(Warehouse, warehouse).timezone)
