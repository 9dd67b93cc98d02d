"""The mass balance of a lot: every way in against every way out, in whole millionths, at any moment."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any, Final

from sqlalchemy import func, select

from wms.catalog.models import Item
from wms.core.errors import NotFound
from wms.core.ids import LotId, PostingSeq, WorkOrderId
from wms.core.quantity import ZERO, Quantity
from wms.db import db
from wms.production.models import (
    OutputKind,
    ProductionReport,
    ProductionRule,
    ReportOutput,
    WorkOrder,
    WorkOrderKind,
    WorkOrderState,
)
from wms.sites.models import BinKind
from wms.stock.ledger.reads import balance as balance_table
from wms.stock.ledger.reads import posting as posting_table
from wms.stock.models import ImportedEvent, Lot, PastKind
from wms.trace import crossings
from wms.trace.rules.balance import line_in, line_out

#: The lines of either side, in the order in which people read them.
LINES_IN: Final = (
    "received", "produced", "returned", "merged_in", "split_in", "relabelled_in", "count_gains", "opening",
)  # fmt: skip
LINES_OUT: Final = (
    "on_hand", "in_transit", "shipped", "consumed", "to_supplier", "destroyed", "sampled", "merged_out", "split_out",
    "relabelled_out", "count_losses",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class MassBalance:
    """What came to be of one lot, and where it is, in its base unit. In = out, always, in a sound ledger."""

    lot: LotId
    number: str
    sku: str
    unit: str
    # -- in
    #: From suppliers, what was taken back left out.
    received: Quantity = ZERO
    produced: Quantity = ZERO
    #: By customers.
    returned: Quantity = ZERO
    merged_in: Quantity = ZERO
    split_in: Quantity = ZERO
    relabelled_in: Quantity = ZERO
    count_gains: Quantity = ZERO
    #: Stock that an import brought in at the start.
    opening: Quantity = ZERO
    # -- out
    #: In every bin and state, at lines, in vessels and staged, but not in transit and not kept as a sample.
    on_hand: Quantity = ZERO
    in_transit: Quantity = ZERO
    shipped: Quantity = ZERO
    consumed: Quantity = ZERO
    to_supplier: Quantity = ZERO
    destroyed: Quantity = ZERO
    #: Drawn as samples: those that are kept and those that tests used up.
    sampled: Quantity = ZERO
    #: Of these, what is kept: it stands in the bins for samples.
    kept: Quantity = ZERO
    merged_out: Quantity = ZERO
    split_out: Quantity = ZERO
    relabelled_out: Quantity = ZERO
    count_losses: Quantity = ZERO
    # -- unexplained, in red
    #: Differences of counts that nobody gave a cause for, gains and losses both.
    unexplained_gains: Quantity = ZERO
    unexplained_losses: Quantity = ZERO
    #: Made less than the product's least yield of the plan, by orders that are completed or closed.
    yield_shortfall: Quantity = ZERO
    # -- before this system, as files say; beside the equation
    past_received: Quantity = ZERO
    past_produced: Quantity = ZERO
    past_consumed: Quantity = ZERO
    past_shipped: Quantity = ZERO
    #: On hand by the balances, for a look at now; None at a past moment.
    by_balances: Quantity | None = None

    @property
    def total_in(self) -> Quantity:
        """All that came in."""
        return _total(self, LINES_IN)

    @property
    def total_out(self) -> Quantity:
        """All that is here, and all that went."""
        return _total(self, LINES_OUT)

    @property
    def unexplained(self) -> Quantity:
        """The unexplained line: differences of counts without a cause, plus yield variance beyond tolerance.

        Gains and losses are added and not set off: one does not explain the other.
        """
        return self.unexplained_gains + self.unexplained_losses + self.yield_shortfall

    @property
    def is_balanced(self) -> bool:
        """Whether in and out agree to the millionth, and (now) the balances with the moves."""
        inside = self.on_hand + self.in_transit + self.kept
        return self.total_in == self.total_out and self.by_balances in (None, inside)


def _total(balance: MassBalance, lines: Iterable[str]) -> Quantity:
    return Quantity(sum(getattr(balance, line).millionths for line in lines))


def mass_balance(lot: LotId, *, as_of: PostingSeq | datetime | None = None) -> MassBalance:
    """The balance of one lot, now, after a posting, or at an instant (what was recorded until then). Raises NotFound."""
    found = mass_balances([lot], as_of=as_of)
    if lot not in found:
        raise NotFound(kind="lot", text=str(lot))
    return found[lot]


def mass_balances(lots: Collection[LotId], *, as_of: PostingSeq | datetime | None = None) -> dict[LotId, MassBalance]:
    """The balances of many lots, in a few statements however many they are. Lots that do not exist have none."""
    if not lots:
        return {}
    with crossings.no_collecting():
        return _balances(lots, as_of=as_of)


def _balances(lots: Collection[LotId], *, as_of: PostingSeq | datetime | None) -> dict[LotId, MassBalance]:
    some = crossings.these(lots)
    names = db.session.execute(
        select(Lot.id, Lot.number, Item.sku, Item.base_unit).join(Item, Item.id == Lot.item_id).where(Lot.id.in_(some))
    ).all()
    sums: dict[LotId, dict[str, int]] = {row.id: defaultdict(int) for row in names}
    crossed = crossings.crossings(lots, as_of=as_of)
    inside = crossings.inside_by_kind(lots, as_of=as_of)
    for lot, of in sums.items():
        _cross(of, crossed.get(lot, ()))
        for kind, quantity in inside.get(lot, {}).items():
            _stand(of, kind, quantity)
    _add_shortfalls(sums, some, as_of=as_of)
    _add_past(sums, some)
    by_balances: dict[LotId, int] = {}
    if as_of is None:
        by_balances = dict.fromkeys(sums, 0) | {
            row.lot_id: int(row.there.millionths if isinstance(row.there, Quantity) else row.there)
            for row in db.session.execute(
                select(balance_table.c.lot_id, func.sum(balance_table.c.on_hand).label("there"))
                .where(balance_table.c.lot_id.in_(some))
                .group_by(balance_table.c.lot_id)
            )
        }
    return {
        row.id: MassBalance(
            lot=row.id, number=row.number, sku=row.sku, unit=row.base_unit,
            by_balances=Quantity(by_balances[row.id]) if as_of is None else None,
            **{line: Quantity(amount) for line, amount in sums[row.id].items() if amount},
        )
        for row in names
    }  # fmt: skip


def _cross(of: dict[str, int], crossed: Iterable[crossings.Crossing]) -> None:
    for one in crossed:
        if one.came:
            line = line_in(one.reason, one.kind, is_import=one.is_import)
            of[line] += one.came
            if line == "count_gains" and not one.has_note:
                of["unexplained_gains"] += one.came
        if one.went:
            line = line_out(one.reason, one.kind)
            of[line] += one.went
            if line == "count_losses" and not one.has_note:
                of["unexplained_losses"] += one.went


def _stand(of: dict[str, int], kind: BinKind, quantity: int) -> None:
    if kind is BinKind.SAMPLE:
        of["sampled"] += quantity
        of["kept"] += quantity
    else:
        of["in_transit" if kind is BinKind.TRANSIT else "on_hand"] += quantity


def _add_shortfalls(sums: dict[LotId, dict[str, int]], some: Any, *, as_of: PostingSeq | datetime | None) -> None:
    """What orders that are done made less than the least yield of their plan, on each lot by its part of what they made."""
    of_lots = (
        select(ProductionReport.work_order_id)
        .join(ReportOutput, ReportOutput.report_id == ProductionReport.id)
        .where(
            ReportOutput.lot_id.in_(some), ReportOutput.kind == OutputKind.MAIN, ProductionReport.reversed_at.is_(None)
        )
    )
    least = func.coalesce(ProductionRule.yield_percent_min, ProductionRule.__table__.c.yield_percent_min.default.arg)
    done_at = func.coalesce(WorkOrder.completed_at, WorkOrder.closed_at, type_=WorkOrder.closed_at.type)
    rows = db.session.execute(
        select(
            WorkOrder.id, WorkOrder.quantity, least.label("least"), done_at.label("done_at"), ReportOutput.lot_id,
            func.sum(ReportOutput.quantity).label("made"),
        )
        .join(ProductionReport, ProductionReport.work_order_id == WorkOrder.id)
        .join(ReportOutput, ReportOutput.report_id == ProductionReport.id)
        .outerjoin(ProductionRule, ProductionRule.item_id == WorkOrder.item_id)
        .where(
            WorkOrder.id.in_(of_lots), WorkOrder.kind == WorkOrderKind.MAKE,
            WorkOrder.state.in_((WorkOrderState.COMPLETED, WorkOrderState.CLOSED)),
            ReportOutput.kind == OutputKind.MAIN, ReportOutput.item_id == WorkOrder.item_id,
            ProductionReport.reversed_at.is_(None),
        )
        .group_by(
            WorkOrder.id, WorkOrder.quantity, ProductionRule.yield_percent_min, WorkOrder.completed_at,
            WorkOrder.closed_at, ReportOutput.lot_id,
        )
    ).all()  # fmt: skip
    instant = _instant(as_of)
    made: dict[WorkOrderId, int] = defaultdict(int)
    for row in rows:
        made[row.id] += _whole(row.made)
    for row in rows:
        if instant is not None and (row.done_at is None or row.done_at > instant):
            continue
        missing = Fraction(row.quantity.millionths * int(row.least), 100) - made[row.id]
        if missing > 0 and row.lot_id in sums:
            sums[row.lot_id]["yield_shortfall"] += round(missing * _whole(row.made) / made[row.id])


def _whole(amount: Any) -> int:
    """A sum as whole millionths: what the column type made of it, or what the engine gave."""
    return amount.millionths if isinstance(amount, Quantity) else int(amount)


def _instant(as_of: PostingSeq | datetime | None) -> datetime | None:
    if as_of is None or isinstance(as_of, datetime):
        return as_of
    found = db.session.execute(select(posting_table.c.recorded_at).where(posting_table.c.seq == as_of)).scalar()
    return found or datetime.max.replace(tzinfo=UTC)


def _add_past(sums: dict[LotId, dict[str, int]], some: Any) -> None:
    lines = {
        PastKind.RECEIPT: "past_received",
        PastKind.SHIPMENT: "past_shipped",
        PastKind.CONSUMPTION: "past_consumed",
    }
    table = ImportedEvent
    for row in db.session.execute(
        select(table.kind, table.lot_id, func.sum(table.quantity).label("quantity"))
        .where(table.lot_id.in_(some))
        .group_by(table.kind, table.lot_id)
    ):
        sums[row.lot_id][lines[PastKind(row.kind)]] += _whole(row.quantity)
    amount = func.coalesce(table.output_quantity, table.quantity)
    for made in db.session.execute(
        select(table.output_lot_id.label("lot"), func.sum(amount).label("quantity"))
        .where(table.output_lot_id.in_(some))
        .group_by(table.output_lot_id)
    ):
        sums[LotId(made.lot or 0)]["past_produced"] += _whole(made.quantity)


def total(balances: Collection[MassBalance]) -> MassBalance:
    """The sum of balances of lots of one base unit, line by line (`lot` 0, `number` blank). Goods that went from one of the
    lots into another stand on both sides of it.
    """
    units = {one.unit for one in balances}
    if len(units) > 1:
        raise ValueError(f"a sum over several units: {sorted(units)}")
    empty = MassBalance(lot=LotId(0), number="", sku="", unit=next(iter(units), ""))
    lines: dict[str, Any] = {
        f.name: Quantity(sum(getattr(one, f.name).millionths for one in balances))
        for f in fields(MassBalance)
        if isinstance(getattr(empty, f.name), Quantity)
    }
    known = [one.by_balances.millionths for one in balances if one.by_balances is not None]
    if len(known) == len(balances):
        lines["by_balances"] = Quantity(sum(known))
    return replace(empty, **lines)
