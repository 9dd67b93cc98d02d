"""Reads of the genealogy: reach, edges, shares, and what stands at the ends. A dozen statements, however large the graph.

Reach is one recursive statement with UNION on the lot alone (docs/decisions/0009); the levels are counted in memory, from
the links that one more statement brings.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from fractions import Fraction
from math import gcd
from operator import itemgetter
from typing import Any, Final, NamedTuple

from sqlalchemy import func, select, text, union_all

from wms.accounts.models import User
from wms.catalog.models import Item, Partner
from wms.core.clock import now
from wms.core.ids import (
    LotId,
    OrderId,
    PartnerId,
    PostingSeq,
    ProductionReportId,
    ReceiptId,
    ShipmentId,
    WarehouseId,
    WorkOrderId,
)
from wms.core.quantity import ZERO, Quantity
from wms.db import db
from wms.picking.models import Order
from wms.production.models import (
    Machine,
    ProductionLine,
    ProductionReport,
    Team,
    WorkOrder,
    WorkOrderIssue,
)
from wms.receiving.models import Receipt, ReceiptLine
from wms.shipping.models import Shipment
from wms.sites.models import BinKind
from wms.stock.ledger import Reason
from wms.stock.ledger.reads import posting as posting_table
from wms.stock.models import ImportedEvent, PastKind
from wms.trace import crossings
from wms.trace.rules import returns as returns_rule
from wms.trace.rules.graph import (
    CustomerFound,
    Direction,
    Edge,
    Node,
    Ratio,
    ReceiptFound,
    ReportFound,
    ShipmentFound,
    Start,
    StockFound,
    SupplierLine,
    TraceResult,
    Where,
    WorkOrderFound,
)
from wms.trace.rules.shares import Back, Flow, Passing, Shares, TooDeep, groups_of, work_out

#: Shares are worked out for so many lots; beyond, the result says that it has none.
SHARES_MOST: Final = 50_000
#: The document of a production report, as its postings and links name it.
REPORT: Final = "production_report"

_ENDS: Final = {Direction.FORWARD: ("source", "target"), Direction.BACKWARD: ("target", "source")}

_CLOSURE: Final = """
    WITH RECURSIVE reach(lot_id) AS (
        {start}
        UNION
        {step}
    ) SELECT lot_id FROM reach
"""
# PostgreSQL takes a wide front for so many lots that it reads all links anew at every level; a subquery that it may not
# take apart (OFFSET 0) keeps it at the index.
_STEP: Final = {
    "sqlite": "SELECT l.{far}_lot_id FROM reach r JOIN lot_link l ON l.{near}_lot_id = r.lot_id AND l.voided_seq IS NULL",
    "postgresql": """
        SELECT l.lot_id FROM reach r CROSS JOIN LATERAL (
            SELECT k.{far}_lot_id AS lot_id FROM lot_link k
             WHERE k.{near}_lot_id = r.lot_id AND k.voided_seq IS NULL OFFSET 0) l
    """,
}
_LINKS: Final = """
    SELECT l.id, l.kind, l.source_lot_id, l.target_lot_id, l.source_quantity, l.target_quantity, l.source_total,
           l.source_part, l.source_parts, l.target_total, l.target_part, l.target_parts, l.posting_seq,
           l.document_kind, l.document_id, l.reason, l.made_at
      FROM lot_link l WHERE l.voided_seq IS NULL AND l.{near}_lot_id IN ({many})
"""
_LOTS: Final = """
    SELECT l.id, l.number, l.expires_on, l.maker_lot, l.supplier_id, l.item_id, i.sku, i.name_en, i.name_zh, i.base_unit
      FROM lot l JOIN item i ON i.id = l.item_id WHERE l.id IN ({many})
"""
_STOCK: Final = """
    SELECT b.lot_id, b.warehouse_id, b.bin_id, n.code, n.kind, b.lpn_id, p.code, b.owner_id, b.quality, b.hold_set_id,
           b.on_hand, b.allocated, v.code
      FROM stock_balance b JOIN bin n ON n.id = b.bin_id JOIN lpn p ON p.id = b.lpn_id
      LEFT JOIN vessel v ON v.bin_id = b.bin_id
     WHERE b.lot_id IN ({many}) AND b.on_hand > 0 ORDER BY b.lot_id, b.warehouse_id, n.code, p.code, b.id
"""


# -- reach --------------------------------------------------------------------------------------------------------------
def closure(lots: Collection[LotId], direction: Direction) -> set[LotId]:
    """Every lot that these became, or came of, themselves among them: one recursive statement over lots alone."""
    if not lots:
        return set()
    return {row[0] for row in crossings.fetch(*_reach(lots, direction))}


def stream_closure(lots: Collection[LotId], direction: Direction) -> Iterator[LotId]:
    """The same, lot by lot as the database gives them, for reaches that nobody wants in memory."""
    if lots:
        sql, values = _reach(lots, direction)
        for (lot,) in db.session.execute(text(sql), values, execution_options={"yield_per": 5000}):
            yield lot


def _reach(lots: Collection[LotId], direction: Direction) -> tuple[str, dict[str, Any]]:
    near, far = _ENDS[direction]
    engine = crossings.engine_name()
    sql = _CLOSURE.format(start=crossings.MANY[engine], step=_STEP[engine].format(near=near, far=far))
    return sql, {"lots": crossings.many_value(lots)}


def _edges(lots: Collection[LotId], direction: Direction) -> list[Edge]:
    """The links that lead on from these lots, in the order in which they were made."""
    near, _ = _ENDS[direction]
    edges = [_edge(row) for row in _of_lots(_LINKS, lots, near=near)]
    edges.sort(key=itemgetter(0))  # here: the engines sort wide rows at three times the cost
    return edges


def _of_lots(sql: str, lots: Collection[LotId], **names: str) -> Iterator[tuple[Any, ...]]:
    """The driver's own rows of a statement on many lots."""
    many = crossings.MANY[crossings.engine_name()]
    return crossings.fetch(sql.format(many=many, **names), {"lots": crossings.many_value(lots)})


def _edge(row: tuple[Any, ...]) -> Edge:
    (id_, kind, source, target, taken, given, source_total, source_part, source_parts, target_total, target_part,
     target_parts, seq, document_kind, document_id, reason, at) = row  # fmt: skip
    return Edge(
        id_, kind, source, target, _exact(taken, source_total, source_part, source_parts),
        _exact(given, target_total, target_part, target_parts), seq, document_kind, document_id, reason, _instant(at),
    )  # fmt: skip


def _exact(rounded: int, total: int | None, part: int | None, parts: int | None) -> Ratio:
    if total is None or part is None or not parts:
        return rounded, 1
    amount = total * part
    common = gcd(amount, parts)
    return amount // common, parts // common


def _instant(at: datetime | str) -> datetime:
    """An instant as the driver gives it: aware, or SQLite's text, which is UTC."""
    return datetime.fromisoformat(f"{at}+00:00") if isinstance(at, str) else at.astimezone(UTC)


def _day(on: date | str | None) -> date | None:
    """A day as the driver gives it; SQLite has it as text."""
    return date.fromisoformat(on) if isinstance(on, str) else on


# -- the trace ----------------------------------------------------------------------------------------------------------
def trace(
    start: Start, direction: Direction, *, warehouses: Collection[WarehouseId] | None = None, with_ends: bool = True
) -> TraceResult:
    """Trace a start forward or backward, with shares. `warehouses` are those whose lines may be seen; None: all.

    Without `with_ends` nodes, edges and shares alone (for a graph that is redrawn, or a count).
    """
    with crossings.no_collecting():
        result = _trace(start, direction, with_ends=with_ends)
    return result.seen_by(warehouses)


def _trace(start: Start, direction: Direction, *, with_ends: bool) -> TraceResult:
    began = time.perf_counter()
    as_of = db.session.execute(select(func.max(posting_table.c.seq))).scalar()
    lots = sorted(closure(start.ids, direction))
    found = _Found(start, direction, lots)
    result = TraceResult(
        start=start, direction=direction, nodes=found.nodes(), edges=tuple(found.edges), why_no_shares=found.why_not,
        as_of=None if as_of is None else PostingSeq(as_of), made_at=now(),
    )  # fmt: skip
    if with_ends:
        result = found.with_ends(result)
    return replace(result, seconds=time.perf_counter() - began)


class _Found:
    """One trace on its way: what was read once and is asked for several times."""

    def __init__(self, start: Start, direction: Direction, lots: Sequence[LotId]) -> None:
        self.start, self.direction, self.lots = start, direction, lots
        self.edges = _edges(lots, direction)
        self.crossed = crossings.crossings_in_order(lots, with_used=False)
        self.past = _past_of(lots)
        self.came = _came(self.crossed, self.past)
        self.left = _Left(self.crossed, self.past)
        self.supplier_of: dict[LotId, PartnerId] = {}
        self.cycle: set[LotId] = set()
        self.why_not = ""
        self.shares = self._shares()
        if len({one.unit for one in start.lots}) > 1:
            self.why_not = self.why_not or "units"

    def _shares(self) -> Shares | None:
        if len(self.lots) > SHARES_MOST:
            self.why_not = "size"
            return None
        order = _order_of(self.past)
        flows = [_flow(edge, order) for edge in self.edges]
        groups = groups_of(flows)
        self.cycle = {lot for group in groups if len(group) > 1 for lot in group}
        passings: list[Passing] = []
        backs: list[Back] = []
        if self.cycle:
            passings, backs = self._passings()
        starts = {one.lot: None if one.quantity is None else one.quantity.millionths for one in self.start.lots}
        try:
            return work_out(self.direction, starts, flows, self.came, passings=passings, backs=backs, groups=groups)
        except TooDeep:
            self.why_not = "depth"
            return None

    def _passings(self) -> tuple[list[Passing], list[Back]]:
        """What came into lots on cycles and left them by no link of the graph, in order."""
        known = {edge.id for edge in self.edges}
        others = [edge for way in Direction for edge in _edges(sorted(self.cycle), way) if edge.id not in known]
        order = _order_of(self.past)
        passings = [
            Passing(line.lot, line.order, -line.amount)
            for line in self.left.lines
            if line.event is not None and line.lot in self.cycle
        ]
        passings += [
            Passing(one.lot, one.posting, one.net)
            for one in self.crossed
            if one.lot in self.cycle and not one.is_import and one.reason not in _BY_LINKS
        ]
        for edge in others:
            flow = _flow(edge, order)
            taken, given = Fraction(*flow.taken), Fraction(*flow.given)
            if flow.source in self.cycle and taken:
                passings.append(Passing(flow.source, flow.order, -taken))
            if flow.target in self.cycle and given:
                passings.append(Passing(flow.target, flow.order, given))
        return passings, [back for back in self.left.backs if back.lot in self.cycle]

    # -- nodes
    def nodes(self) -> tuple[Node, ...]:
        """One node a lot, by level, item and number."""
        level, starts = self._levels(), set(self.start.ids)
        shares, share_is_told = self.shares, self.why_not != "units"
        nodes = []
        for lot, number, expires_on, maker_lot, supplier, item, sku, name_en, name_zh, unit in _of_lots(
            _LOTS, self.lots
        ):
            if supplier is not None:
                self.supplier_of[lot] = supplier
            nodes.append(
                Node(
                    lot, number, item, sku, name_en, name_zh, unit, level[lot],
                    share=None if shares is None or not share_is_told else shares.share(lot),
                    part=None if shares is None else shares.part(lot),
                    came=Quantity(self.came.get(lot, 0)), expires_on=_day(expires_on), maker_lot=maker_lot,
                    is_start=lot in starts, is_in_cycle=lot in self.cycle,
                )
            )  # fmt: skip
        nodes.sort(key=lambda node: (node.level, node.sku, node.number, node.lot))
        return tuple(nodes)

    def _levels(self) -> dict[LotId, int]:
        """The fewest links from the start to each lot."""
        ahead: dict[LotId, list[LotId]] = defaultdict(list)
        for edge in self.edges:
            if self.direction is Direction.FORWARD:
                ahead[edge.source].append(edge.target)
            else:
                ahead[edge.target].append(edge.source)
        level = dict.fromkeys(self.start.ids, 0)
        reached = list(level)
        for lot in reached:  # it grows as we go
            for other in ahead.get(lot, ()):
                if other not in level:
                    level[other] = level[lot] + 1
                    reached.append(other)
        return level

    def _line(self, lot: LotId, amount: int, order: int | None = None) -> tuple[Fraction | None, Fraction | None]:
        if self.shares is None:
            return None, None
        share, part = self.shares.line(lot, amount, order)
        return (None if self.why_not == "units" else share), part

    # -- ends
    def with_ends(self, result: TraceResult) -> TraceResult:
        """Add what stands at the ends."""
        stock = self._stock()
        shipments = self._shipments()
        receipts = self._receipts()
        reports = _reports(self.edges)
        partners = _partners(
            {line.supplier for line in receipts}
            | {line.customer for line in shipments}
            | set(self.supplier_of.values())
        )
        return replace(
            result, stock=stock, shipments=shipments, receipts=receipts, reports=reports,
            work_orders=_work_orders(self.lots, {line.work_order for line in reports}),
            suppliers=_suppliers(receipts, partners, self.supplier_of), customers=_customers(shipments, partners),
        )  # fmt: skip

    def _stock(self) -> tuple[StockFound, ...]:
        is_forward = self.direction is Direction.FORWARD
        found = []
        for row in _of_lots(_STOCK, self.lots):
            (lot, warehouse, bin_, bin_code, kind, lpn, lpn_code, owner, quality, hold_set, on_hand, allocated,
             vessel) = row  # fmt: skip
            share, part = self._line(lot, on_hand) if is_forward else (None, None)
            found.append(
                StockFound(
                    lot=lot, warehouse=warehouse, where=_where(BinKind(kind), vessel), bin=bin_, bin_code=bin_code,
                    bin_kind=kind, lpn=lpn, lpn_code=lpn_code, owner=owner, quality=quality, is_held=hold_set != 0,
                    quantity=Quantity(on_hand), allocated=Quantity(allocated), vessel=vessel or "", share=share, part=part,
                )
            )  # fmt: skip
        return tuple(found)

    def _shipments(self) -> tuple[ShipmentFound, ...]:
        is_forward = self.direction is Direction.FORWARD
        papers = _shipment_papers({p[1] for p in self.left.papers if p[0] == "shipment" and p[1] is not None})
        pieces: dict[tuple[LotId, tuple[str, int | None]], list[_Piece]] = defaultdict(list)
        for mark, one in enumerate(self.left.lines):
            back = self.left.returned.get(mark, 0)
            out = one.amount - back
            share, part = self._line(one.lot, out, one.order) if is_forward else (None, None)
            pieces[one.lot, one.paper].append(_Piece(one, one.amount, back, share, part))
        found = []
        for (lot, paper), some in pieces.items():
            one, shipped, back, share, part = some[0] if len(some) == 1 else _together(some)
            row = papers.get(paper[1]) if paper[0] == "shipment" else None
            event = one.event
            found.append(
                ShipmentFound(
                    lot=lot, shipment=ShipmentId(row.id) if row else None,
                    number=row.number if row else (event.document if event else ""),
                    order=OrderId(row.order_id) if row else None, order_number=row.order_number if row else "",
                    warehouse=row.warehouse_id if row else one.warehouse,
                    customer=row.customer_id if row else (event.partner_id if event else None),
                    at=row.shipped_at if row else None, on=event.happened_on if event else None,
                    shipped=Quantity(shipped), returned=Quantity(back), waybill=row.waybill if row else "",
                    plate=row.plate if row else "", is_imported=event is not None, share=share, part=part,
                )
            )  # fmt: skip
        for lot, amount in sorted(self.left.blind.items()):
            found.append(
                ShipmentFound(
                    lot=lot, shipment=None, number="", order=None, order_number="", warehouse=None, customer=None, at=None,
                    on=None, shipped=ZERO, returned=Quantity(amount), share=None, part=None,
                )
            )  # fmt: skip
        found.sort(
            key=lambda line: (line.lot, not line.is_imported, str(line.on or ""), str(line.at or ""), line.number)
        )
        return tuple(found)

    def _receipts(self) -> tuple[ReceiptFound, ...]:
        is_backward = self.direction is Direction.BACKWARD
        rows = db.session.execute(
            select(
                ReceiptLine.lot_id, ReceiptLine.posting_seq, Receipt.id, Receipt.number, Receipt.supplier_id,
                Receipt.warehouse_id, Receipt.delivery_note, Receipt.opened_at,
            )
            .join(Receipt, Receipt.id == ReceiptLine.receipt_id)
            .where(ReceiptLine.lot_id.in_(crossings.these(self.lots)), ReceiptLine.reversed_at.is_(None))
        ).all()  # fmt: skip
        paper_of = {(row.lot_id, row.posting_seq): row for row in rows}
        sums: dict[tuple[LotId, int | None], list[Any]] = {}
        for one in self.crossed:
            if one.kind is BinKind.SUPPLIER and one.net > 0:
                row = paper_of.get((one.lot, one.posting))
                share, part = self._line(one.lot, one.net, one.posting) if is_backward else (None, None)
                line = sums.setdefault((one.lot, row.id if row else None), [0, Fraction(0), Fraction(0), row, one])
                line[0] += one.net
                line[1] = None if share is None else line[1] + share
                line[2] = None if part is None else line[2] + part * one.net
        instants = _instants({int(line[4].posting) for line in sums.values()})
        found = [
            ReceiptFound(
                lot=lot, receipt=ReceiptId(row.id) if row else None, number=row.number if row else "",
                warehouse=row.warehouse_id if row else one.warehouse,
                supplier=row.supplier_id if row and row.supplier_id else self.supplier_of.get(lot),
                quantity=Quantity(amount), on=instants[one.posting].date(), at=instants[one.posting],
                delivery_note=row.delivery_note if row else "", share=share,
                part=None if parts is None else parts / amount,
            )
            for (lot, _), (amount, share, parts, row, one) in sums.items()
        ]  # fmt: skip
        for event in self.past:
            if event.kind is PastKind.RECEIPT and event.lot_id in self.came:
                share, part = self._line(event.lot_id, event.quantity.millionths) if is_backward else (None, None)
                found.append(
                    ReceiptFound(
                        lot=event.lot_id, receipt=None, number=event.document, warehouse=event.warehouse_id,
                        supplier=event.partner_id, quantity=event.quantity, on=event.happened_on, at=None,
                        is_imported=True, share=share, part=part,
                    )
                )  # fmt: skip
        found.sort(key=lambda line: (line.lot, not line.is_imported, line.on, line.number))
        return tuple(found)


#: What these move is told by the links, at the links' own place in the order.
_BY_LINKS: Final = frozenset({Reason.CONSUME, Reason.OUTPUT, Reason.SPLIT, Reason.MERGE, Reason.RELABEL})
_STAGED: Final = frozenset({BinKind.STAGING, BinKind.SHIPPING})


def _where(kind: BinKind, vessel: str | None) -> Where:
    if vessel is not None or kind is BinKind.PRODUCTION:
        return Where.IN_PROCESS
    if kind in _STAGED:
        return Where.STAGED
    return {BinKind.TRANSIT: Where.IN_TRANSIT, BinKind.SAMPLE: Where.SAMPLE}.get(kind, Where.STORE)


def _flow(edge: Edge, order: Mapping[int, int]) -> Flow:
    # An imported link that no word of a file stands for came first of all.
    place = edge.posting if edge.posting is not None else order.get(edge.id, -(1 << 60))
    return Flow(edge.source, edge.target, edge.taken, edge.given, place)


def _order_of(past: Sequence[Any]) -> dict[int, int]:
    """The place of each imported link: before the ledger, by day, then as the files have them."""
    return {event.lot_link_id: n - len(past) for n, event in enumerate(past) if event.lot_link_id is not None}


def _past_of(lots: Sequence[LotId]) -> list[Any]:
    """What files say of these lots; an event of two of them comes once."""
    of = ImportedEvent.__table__.c
    some = crossings.these(lots)
    ids = union_all(select(of.id).where(of.lot_id.in_(some)), select(of.id).where(of.output_lot_id.in_(some)))
    return list(
        db.session.execute(
            select(
                ImportedEvent.id, ImportedEvent.kind, ImportedEvent.lot_id, ImportedEvent.output_lot_id,
                ImportedEvent.output_quantity, ImportedEvent.partner_id, ImportedEvent.warehouse_id,
                ImportedEvent.document, ImportedEvent.quantity, ImportedEvent.happened_on, ImportedEvent.lot_link_id,
            )
            .where(ImportedEvent.id.in_(ids))
            .order_by(ImportedEvent.happened_on, ImportedEvent.id)
        )
    )  # fmt: skip


def _came(crossed: Sequence[crossings.Crossed], past: Sequence[Any]) -> dict[LotId, int]:
    """All that ever came to be of each lot, in millionths; what came back from customers is not counted again.

    Files tell of a lot that was received, and of what of it went; the opening stock is what was left. So of the past counts
    the larger of what came and of what went and was left. What came back and never left counts as come.
    """
    came: dict[LotId, int] = defaultdict(int)
    opening: dict[LotId, int] = defaultdict(int)
    back: dict[LotId, int] = defaultdict(int)
    for one in crossed:
        if one.kind is BinKind.CUSTOMER:
            back[one.lot] += one.net
        elif one.net > 0:
            (opening if one.is_import and one.kind is BinKind.ADJUSTMENT else came)[one.lot] += one.net
    into: dict[LotId, int] = defaultdict(int)
    out: dict[LotId, int] = defaultdict(int)
    for event in past:
        amount = event.quantity.millionths
        if event.kind is PastKind.RECEIPT:
            into[event.lot_id] += amount
            continue
        out[event.lot_id] += amount
        if event.kind is PastKind.CONSUMPTION:
            into[event.output_lot_id] += (event.output_quantity or event.quantity).millionths
        else:
            back[event.lot_id] -= amount
    for lot in {*opening, *into, *out, *back}:
        came[lot] += max(into[lot], out[lot] + opening[lot]) + max(back[lot], 0)
    return came


class _Left:
    """What left for customers, and what of it came back."""

    def __init__(self, crossed: Sequence[crossings.Crossed], past: Sequence[Any]) -> None:
        self.lines: list[_LeftLine] = []
        by_lot: dict[LotId, list[returns_rule.Left]] = defaultdict(list)
        came_back: dict[LotId, list[returns_rule.CameBack]] = defaultdict(list)
        for n, event in enumerate(past):
            if event.kind is PastKind.SHIPMENT:
                order = n - len(past)
                line = _LeftLine(
                    event.lot_id, order, event.quantity.millionths, ("past", event.id), event.warehouse_id, event
                )
                by_lot[line.lot].append(returns_rule.Left(order, line.amount, line.paper, len(self.lines)))
                self.lines.append(line)
        for one in crossed:
            if one.kind is not BinKind.CUSTOMER:
                continue
            paper = (one.document_kind, one.document_id)
            if one.net < 0:
                line = _LeftLine(one.lot, one.posting, -one.net, paper, one.warehouse, None)
                by_lot[one.lot].append(returns_rule.Left(one.posting, -one.net, paper, len(self.lines)))
                self.lines.append(line)
            else:
                came_back[one.lot].append(returns_rule.CameBack(one.posting, one.net, paper))
        self.papers = {line.paper for line in self.lines}
        self.returned: dict[int, int] = defaultdict(int)
        self.backs: list[Back] = []
        self.blind: dict[LotId, int] = {}
        for lot, returns in came_back.items():
            parts, blind = returns_rule.settle(by_lot[lot], returns)
            for mark, order, amount in parts:
                self.returned[mark] += amount
                self.backs.append(Back(lot, self.lines[mark].order, order, amount))
            if blind:
                self.blind[lot] = sum(amount for _, amount in blind)


class _LeftLine:
    """Goods of a lot that left: at which place in the order, by which paper, or by which word of a file."""

    __slots__ = ("amount", "event", "lot", "order", "paper", "warehouse")

    def __init__(
        self,
        lot: LotId,
        order: int,
        amount: int,
        paper: tuple[str, int | None],
        warehouse: WarehouseId | None,
        event: Any,
    ) -> None:
        self.lot, self.order, self.amount, self.paper = lot, order, amount, paper
        self.warehouse, self.event = warehouse, event


class _Piece(NamedTuple):
    """What left by one posting, or by one word of a file, and what of it came back; several may be one line."""

    left: _LeftLine
    shipped: int
    back: int
    share: Fraction | None
    part: Fraction | None

    @property
    def weight(self) -> int:
        """How much it counts for in the part of its line: what is out; of what came back whole, what it was."""
        return (self.shipped - self.back) or self.shipped


def _together(pieces: Sequence[_Piece]) -> _Piece:
    """The pieces of one line, which has the name of its first."""
    shares = [piece.share for piece in pieces if piece.share is not None]
    parts = [piece.part * piece.weight for piece in pieces if piece.part is not None]
    whole = _Piece(
        pieces[0].left, sum(piece.shipped for piece in pieces), sum(piece.back for piece in pieces),
        sum(shares, Fraction(0)) if len(shares) == len(pieces) else None, None,
    )  # fmt: skip
    if len(parts) < len(pieces):
        return whole
    return whole._replace(part=min(sum(parts, Fraction(0)) / whole.weight, Fraction(1)))


# -- papers -------------------------------------------------------------------------------------------------------------
def _instants(seqs: Collection[int]) -> dict[int, Any]:
    if not seqs:
        return {}
    p = posting_table.c
    rows = db.session.execute(select(p.seq, p.occurred_at).where(p.seq.in_(crossings.these(seqs))))
    return {row.seq: row.occurred_at for row in rows}


def _shipment_papers(ids: Collection[int]) -> dict[int | None, Any]:
    if not ids:
        return {}
    rows = db.session.execute(
        select(
            Shipment.id, Shipment.number, Shipment.order_id, Order.number.label("order_number"), Shipment.warehouse_id,
            Order.customer_id, Shipment.shipped_at, Shipment.waybill, Shipment.plate,
        )
        .join(Order, Order.id == Shipment.order_id)
        .where(Shipment.id.in_(crossings.these(ids)))
    )  # fmt: skip
    return {row.id: row for row in rows}


def _reports(edges: Sequence[Edge]) -> tuple[ReportFound, ...]:
    ids = {edge.document_id for edge in edges if edge.document_kind == REPORT and edge.document_id is not None}
    if not ids:
        return ()
    rows = db.session.execute(
        select(
            ProductionReport.id, ProductionReport.number, ProductionReport.work_order_id, ProductionReport.warehouse_id,
            ProductionReport.operation_sequence, ProductionLine.code.label("line"), Team.code.label("team"),
            Machine.code.label("machine"), User.full_name.label("operator"), ProductionReport.started_at,
            ProductionReport.ended_at,
        )
        .join(ProductionLine, ProductionLine.id == ProductionReport.line_id)
        .join(User, User.id == ProductionReport.operator_id)
        .outerjoin(Team, Team.id == ProductionReport.team_id)
        .outerjoin(Machine, Machine.id == ProductionReport.machine_id)
        .where(ProductionReport.id.in_(crossings.these(ids)))
        .order_by(ProductionReport.ended_at, ProductionReport.id)
    )  # fmt: skip
    return tuple(
        ReportFound(
            report=ProductionReportId(row.id), number=row.number, work_order=row.work_order_id,
            warehouse=row.warehouse_id, operation=row.operation_sequence, line=row.line, team=row.team or "",
            machine=row.machine or "", operator=row.operator, started_at=row.started_at, ended_at=row.ended_at,
        )
        for row in rows
    )  # fmt: skip


def _work_orders(lots: Sequence[LotId], reported: Collection[WorkOrderId]) -> tuple[WorkOrderFound, ...]:
    """By which lots were made or used, and to which some of them stand issued."""
    issued = select(WorkOrderIssue.work_order_id).where(
        WorkOrderIssue.lot_id.in_(crossings.these(lots)), WorkOrderIssue.reversed_seq.is_(None)
    )
    rows = db.session.execute(
        select(
            WorkOrder.id, WorkOrder.number, WorkOrder.warehouse_id, WorkOrder.state, WorkOrder.kind, Item.sku,
            Item.name_en, Item.name_zh,
        )
        .join(Item, Item.id == WorkOrder.item_id)
        .where(WorkOrder.id.in_(union_all(issued, crossings.these(reported))))
        .order_by(WorkOrder.number)
    )  # fmt: skip
    return tuple(
        WorkOrderFound(
            work_order=WorkOrderId(row.id), number=row.number, warehouse=row.warehouse_id, state=row.state.value,
            kind=row.kind.value, sku=row.sku, name_en=row.name_en, name_zh=row.name_zh,
        )
        for row in rows
    )  # fmt: skip


def _partners(ids: Collection[PartnerId | None]) -> dict[PartnerId, Any]:
    wanted = {one for one in ids if one is not None}
    if not wanted:
        return {}
    rows = db.session.execute(
        select(
            Partner.id, Partner.code, Partner.name_en, Partner.name_zh, Partner.recall_contact, Partner.phone,
            Partner.email, Partner.address, Partner.language,
        ).where(Partner.id.in_(crossings.these(wanted)))
    )  # fmt: skip
    return {row.id: row for row in rows}


def _suppliers(
    receipts: Sequence[ReceiptFound], partners: Mapping[PartnerId, Any], supplier_of: Mapping[LotId, PartnerId]
) -> tuple[SupplierLine, ...]:
    lots: dict[PartnerId, set[LotId]] = defaultdict(set)
    shares: dict[PartnerId, Fraction | None] = defaultdict(Fraction)
    for line in receipts:
        if line.supplier is not None:
            lots[line.supplier].add(line.lot)
            known = shares[line.supplier]
            shares[line.supplier] = None if known is None or line.share is None else known + line.share
    for lot, partner in supplier_of.items():
        if lot not in lots[partner]:
            lots[partner].add(lot)
            shares.setdefault(partner, None)
    found = [
        SupplierLine(
            partner=one, code=partners[one].code, name_en=partners[one].name_en, name_zh=partners[one].name_zh,
            lots=tuple(sorted(of)), share=shares[one],
        )
        for one, of in lots.items()
    ]  # fmt: skip
    return tuple(sorted(found, key=lambda line: line.code))


def _customers(shipments: Sequence[ShipmentFound], partners: Mapping[PartnerId, Any]) -> tuple[CustomerFound, ...]:
    lines: dict[PartnerId, list[ShipmentFound]] = defaultdict(list)
    for line in shipments:
        if line.customer is not None:
            lines[line.customer].append(line)
    found = []
    for one, of in lines.items():
        row = partners[one]
        shares = [line.share for line in of]
        found.append(
            CustomerFound(
                partner=one, code=row.code, name_en=row.name_en, name_zh=row.name_zh, recall_contact=row.recall_contact,
                phone=row.phone, email=row.email, address=row.address, language=row.language,
                lots=tuple(sorted({line.lot for line in of})),
                shipments=tuple(sorted({line.shipment for line in of if line.shipment is not None})),
                share=None if None in shares else sum((s for s in shares if s is not None), Fraction(0)),
            )
        )  # fmt: skip
    return tuple(sorted(found, key=lambda line: line.code))
