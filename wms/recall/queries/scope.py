"""Reads for a scope: what a trace finds, what a version would take and stop before it is placed, where goods stand."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from typing import Any

from sqlalchemy import select

from wms.catalog.models import Item
from wms.core.ids import LotId, RecallId, RecallVersionId, WarehouseId
from wms.core.quantity import ZERO, Quantity
from wms.db import db
from wms.quality import case_queries
from wms.quality.case_queries import CasePreview, LotFacts, Selection
from wms.quality.laying import APART, parts_of
from wms.recall.models import LotRole, RecallLot, RecallVersion
from wms.recall.queries.recalls import held_lots, lots_of
from wms.recall.rules.figures import share_of
from wms.sites.models import Bin, BinKind
from wms.stock import queries as stock
from wms.stock.ledger import Quality
from wms.stock.models import CaseScope, Lot
from wms.stock.queries import BalanceRow
from wms.trace.queries import closure, trace
from wms.trace.rules.graph import Direction, ShipmentFound, StartKind, TraceResult
from wms.trace.starts import find_start, start_of


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What a scope begins at: a start as people name it, or lots; and which way."""

    kind: str = "lot"
    text: str = ""
    item: str = ""
    direction: str = "forward"
    lots: tuple[LotId, ...] = ()

    def as_data(self) -> dict[str, Any]:
        """The same for a JSON column."""
        return {
            "kind": self.kind, "text": self.text, "item": self.item, "direction": self.direction,
            "lots": [str(lot) for lot in self.lots],
        }  # fmt: skip


def asked_from(data: dict[str, Any]) -> Asked:
    """Read what as_data wrote."""
    return Asked(
        kind=str(data.get("kind", "lot")), text=str(data.get("text", "")), item=str(data.get("item", "")),
        direction=str(data.get("direction", "forward")), lots=tuple(LotId(int(one)) for one in data.get("lots", ())),
    )  # fmt: skip


def start_lots(asked: Asked) -> tuple[LotId, ...]:
    """The lots that a start stands for. Raises NotFound, StartEmpty, StartAmbiguous."""
    if asked.lots:
        return asked.lots
    return find_start(StartKind(asked.kind), asked.text, item=asked.item).ids


def found_of(asked: Asked, *, with_ends: bool = True) -> TraceResult:
    """Trace what is asked, in every warehouse."""
    return trace(start_of(start_lots(asked)), Direction(asked.direction), with_ends=with_ends)


def suspects_of(asked: Asked) -> set[LotId]:
    """Every lot that may be in the scope before it is frozen: what is asked, and all that was made of it."""
    lots = start_lots(asked)
    if asked.direction == "backward":
        return closure(lots, Direction.BACKWARD)
    return closure(lots, Direction.FORWARD)


def selection_of(lots: Iterable[LotId]) -> Selection:
    """A list of lots as a case takes it: in every warehouse."""
    return Selection(scope=CaseScope.LOTS, lots=tuple(sorted(lots)))


def preview(lots: Collection[LotId], *, at: datetime) -> CasePreview:
    """What a hold of these lots would take and stop, wherever they are; nothing is changed."""
    return case_queries.preview_case(selection_of(lots), at=at)


def lots_to_hold(recall: RecallId, version: RecallVersionId) -> set[LotId]:
    """The lots of a version that no hold of the recall lies on yet."""
    return lots_of(version) - held_lots(recall)


def sites_of(lots: Collection[LotId]) -> set[WarehouseId]:
    """Where goods of these lots stand."""
    return {row.warehouse for part in parts_of(sorted(lots)) for row in stock.find_balances(lots=part)}


def frozen(seen: CasePreview, *, rows_max: int = 2_000) -> dict[str, Any]:
    """What was seen before a scope was placed, as it is kept with the version: stock by state and bin, orders, money."""
    rows = [reach for part in seen.parts for reach in part.reaches]
    return {
        "lots": len(seen.lots),
        "empty_lots": seen.empty_lots,
        "standing": [
            {
                "warehouse": one.warehouse_code, "where": one.where.value, "lots": one.lots, "places": one.places,
                "quantities": [[unit, str(amount)] for unit, amount in one.quantities],
            }
            for one in seen.standing
        ],
        "bins": [
            [
                reach.row.lot_number, reach.row.sku, reach.row.bin_code, reach.plate or "", reach.row.quality.value,
                reach.row.is_held, str(reach.quantity), reach.row.base_unit,
            ]
            for reach in rows[:rows_max]
        ],
        "places": len(rows),
        "orders": [order.demand.number for order in seen.orders],
        "customers": [list(names) for names in seen.customers],
        "amount": str(seen.worth.amount),
        "items_without_cost": seen.worth.unknown_items,
    }  # fmt: skip


# -- the lots of a version as a page shows them -----------------------------------------------------------------------------
@dataclass(frozen=True, kw_only=True)
class ScopeLot:
    """A lot of the scope, why it is in it, and how much of it stands inside: held or not."""

    lot: LotId
    number: str
    sku: str
    name_en: str
    name_zh: str
    unit: str
    role: LotRole
    level: int
    why: str
    share: Fraction | None
    expires_on: date | None
    on_hand: Quantity
    held: Quantity
    rejected: Quantity
    is_new: bool


def scope_of(version: RecallVersion, *, before: Collection[LotId] = ()) -> list[ScopeLot]:
    """The lots of a version with what stands of them now; three statements however many. `before`: lots of the last version."""
    rows = db.session.execute(
        select(RecallLot, Lot, Item)
        .join(Lot, Lot.id == RecallLot.lot_id)
        .join(Item, Item.id == Lot.item_id)
        .where(RecallLot.version_id == version.id)
        .order_by(RecallLot.level, Item.sku, Lot.number)
    ).all()
    standing = inside_of([row[1].id for row in rows])
    return [
        ScopeLot(
            lot=lot.id, number=lot.number, sku=item.sku, name_en=item.name_en, name_zh=item.name_zh,
            unit=item.base_unit, role=one.role, level=one.level, why=one.why, share=share_of(one.share),
            expires_on=lot.expires_on or lot.best_before_on, is_new=bool(before) and lot.id not in before,
            **standing.get(lot.id, {"on_hand": ZERO, "held": ZERO, "rejected": ZERO}),
        )
        for one, lot, item in rows
    ]  # fmt: skip


def inside_of(lots: Collection[LotId]) -> dict[LotId, dict[str, Quantity]]:
    """How much of each lot stands inside, in every bin and state, and how much of it under a hold."""
    found: dict[LotId, list[int]] = {}
    for row in balances_of(lots):
        sums = found.setdefault(row.lot, [0, 0, 0])
        sums[0] += row.on_hand.millionths
        sums[1] += row.on_hand.millionths if row.is_held else 0
        sums[2] += row.on_hand.millionths if row.quality is Quality.REJECTED else 0
    return {
        lot: {"on_hand": Quantity(of[0]), "held": Quantity(of[1]), "rejected": Quantity(of[2])}
        for lot, of in found.items()
    }


def balances_of(lots: Collection[LotId]) -> list[BalanceRow]:
    """Every balance of these lots, in every warehouse."""
    return [row for part in parts_of(sorted(lots)) for row in stock.find_balances(lots=part)]


def grown_since(version: RecallVersion) -> list[LotId]:
    """Lots that were made of the scope since it was frozen: not in it, and not left out by a person then."""
    inside = lots_of(version.id)
    left_out = {LotId(int(one)) for one in version.figures.get("left_out", ())}
    forward = {
        LotId(lot)
        for lot in db.session.execute(
            select(RecallLot.lot_id).where(
                RecallLot.version_id == version.id, RecallLot.role.in_((LotRole.START, LotRole.FORWARD))
            )
        ).scalars()
    }
    if not forward:
        return []
    return sorted(closure(forward, Direction.FORWARD) - inside - left_out)


def numbers_of(lots: Collection[LotId]) -> list[str]:
    """The numbers of lots, for a sentence."""
    if not lots:
        return []
    return list(
        db.session.execute(select(Lot.number).where(Lot.id.in_(sorted(lots)[:1000])).order_by(Lot.number)).scalars()
    )


def parts_from(starts: Sequence[LotId]) -> dict[LotId, Fraction | None]:
    """The exact part of every lot made of these that came from them; the starts themselves are whole."""
    return {
        node.lot: Fraction(1) if node.is_start else node.part
        for node in trace(start_of(starts), Direction.FORWARD, with_ends=False).nodes
    }


def shipments_of(lots: Collection[LotId], forward_starts: Sequence[LotId]) -> tuple[tuple[ShipmentFound, ...], Any]:
    """What left of these lots, with the exact part that came from the starts where the trace knows it; and the customers."""
    if not lots:
        return (), ()
    wanted = set(lots)
    lines: list[ShipmentFound] = []
    customers: dict[Any, Any] = {}
    known: set[LotId] = set()
    if forward_starts:
        found = trace(start_of(forward_starts), Direction.FORWARD)
        known = set(found.lots) & wanted
        lines += [line for line in found.shipments if line.lot in known]
        customers |= {one.partner: one for one in found.customers}
    rest = wanted - known
    if rest:
        found = trace(start_of(sorted(rest)), Direction.FORWARD)
        lines += [line for line in found.shipments if line.lot in rest]
        customers |= {one.partner: one for one in found.customers if one.partner not in customers}
    return tuple(lines), customers


def facts_of(lots: Collection[LotId]) -> list[LotFacts]:
    """What lots are, by number; one that is not there is left out."""
    return case_queries.facts_of_lots(lots)


def bins_apart(warehouse: WarehouseId) -> list[str]:
    """The codes of the quarantine bins and cages of a warehouse: where returns are taken in. The cages first."""
    rows = db.session.execute(
        select(Bin.code, Bin.kind).where(Bin.warehouse_id == warehouse, Bin.kind.in_(APART), ~Bin.is_blocked)
    ).all()
    return [code for code, _kind in sorted(rows, key=lambda row: (row[1] is not BinKind.REJECT_CAGE, row[0]))]
