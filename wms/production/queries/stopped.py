"""What of production a hold stops: work orders that lose goods, lines where they stand, vessels that hold them, kept lots.

Asked before a hold, a case or a recall is placed (wms/quality/queries.py). Two statements for each ten thousand lots, and one
less where nothing is bound to a work order.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import String, cast, literal, select, union_all

from wms.core.ids import BinId, LotId
from wms.core.quantity import Quantity
from wms.db import db
from wms.production.models import ProductionLine, Vessel
from wms.production.queries.orders import COMPONENT, tell_of_components
from wms.quality.queries import KeptLot, Reach, StoppedWork, StoppedWorkOrder, Sums, WorkPlace
from wms.sites.models import BinKind
from wms.stock.demands import DemandFacts
from wms.stock.models import Lot, LotPeg

#: So many ids are named in one statement.
_PART = 10_000


def stopped_work(reaches: Sequence[Reach]) -> StoppedWork:
    """Say what of production stops when a hold takes this."""
    bins = sorted({reach.row.bin for reach in reaches if reach.row.bin_kind is BinKind.PRODUCTION})
    lines, vessels, kept = _places_and_pegs(bins, sorted({reach.row.lot for reach in reaches}))
    return StoppedWork(
        work_orders=_work_orders(reaches),
        lines=_standing(reaches, lines),
        vessels=_standing(reaches, vessels),
        kept=kept,
    )


def _places_and_pegs(
    bins: Sequence[BinId], lots: Sequence[LotId]
) -> tuple[dict[int, str], dict[int, str], tuple[KeptLot, ...]]:
    """The lines and vessels that stand in these bins, and whom these lots are kept for: one statement."""
    lines: dict[int, str] = {}
    vessels: dict[int, str] = {}
    kept: list[KeptLot] = []
    for start in range(0, max(len(bins), len(lots)), _PART):
        some, of = bins[start : start + _PART], lots[start : start + _PART]
        parts: list[Any] = [
            select(
                literal("kept", String).label("what"), LotPeg.lot_id.label("id"), cast(Lot.number, String).label("code"),
                cast(LotPeg.made_for, String).label("made_for"),
            )
            .join(Lot, Lot.id == LotPeg.lot_id)
            .where(LotPeg.lot_id.in_(of), LotPeg.freed_at.is_(None))
        ]  # fmt: skip
        for what, table in (("line", ProductionLine), ("vessel", Vessel)) if some else ():
            parts.append(
                select(literal(what, String), table.bin_id, cast(table.code, String), literal("", String)).where(
                    table.bin_id.in_(some)
                )
            )
        for row in db.session.execute(union_all(*parts)):
            if row.what == "kept":
                kept.append(KeptLot(lot=LotId(row.id), number=row.code, made_for=row.made_for))
            else:
                (lines if row.what == "line" else vessels)[row.id] = row.code
    return lines, vessels, tuple(sorted(kept, key=lambda one: (one.made_for, one.number)))


def _standing(reaches: Sequence[Reach], places: dict[int, str]) -> tuple[WorkPlace, ...]:
    by_bin: dict[int, list[Reach]] = {}
    for reach in reaches:
        if reach.row.bin in places:
            by_bin.setdefault(reach.row.bin, []).append(reach)
    found = [
        WorkPlace(
            code=places[bin_], warehouse=of[0].row.warehouse, lots=len({reach.row.lot for reach in of}),
            quantities=_sums((reach.row.base_unit, reach.quantity) for reach in of),
        )
        for bin_, of in by_bin.items()
    ]  # fmt: skip
    return tuple(sorted(found, key=lambda one: (one.code, one.warehouse)))


def _work_orders(reaches: Sequence[Reach]) -> tuple[StoppedWorkOrder, ...]:
    broken = [(claim, reach.row) for reach in reaches for claim in reach.broken if claim.demand_kind == COMPONENT]
    ids = sorted({claim.demand_id for claim, _ in broken})
    facts: dict[int, DemandFacts] = {}
    for start in range(0, len(ids), _PART):
        facts |= tell_of_components(ids[start : start + _PART])
    by_order: dict[int, tuple[DemandFacts, list[tuple[str, Quantity]], list[tuple[str, Quantity]]]] = {}
    for claim, row in broken:
        known = facts.get(claim.demand_id)
        if known is not None:
            _of, bound, at_line = by_order.setdefault(known.document_id, (known, [], []))
            (at_line if row.bin_kind is BinKind.PRODUCTION else bound).append((row.base_unit, claim.quantity))
    found = [
        StoppedWorkOrder(
            id=order, number=known.number, warehouse=known.warehouse, state=known.state, bound=_sums(bound),
            at_line=_sums(at_line),
        )
        for order, (known, bound, at_line) in by_order.items()
    ]  # fmt: skip
    return tuple(sorted(found, key=lambda one: one.number))


def _sums(amounts: Iterable[tuple[str, Quantity]]) -> Sums:
    found: dict[str, int] = {}
    for unit, amount in amounts:
        found[unit] = found.get(unit, 0) + amount.millionths
    return tuple((unit, Quantity(total)) for unit, total in sorted(found.items()))
