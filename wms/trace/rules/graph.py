"""The words of a trace: start, nodes, edges, and what stands at the ends. Plain data; no database.

`share` and `part` are the two measures of everything found, and mean the same in both directions:

share   the part of the quantity asked about: forward, of all that ever came to be of the start, what went into this;
        backward, of the start, what came from this.
part    the part of what is found: forward, what of it came from the start; backward, what of it went into the start.

Both are exact fractions from 0 to 1, or None where they cannot be told (`TraceResult.why_no_shares`). A share of 0 with a node
in the result is reach without quantity: what stood in a vessel that was not cleaned out.

What there are tens of thousands of in one answer (nodes, edges, lines at the ends) are named tuples: as fixed as a frozen
dataclass, and made in a third of the time.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import NamedTuple, TypeVar

from wms.core.ids import (
    BinId,
    ItemId,
    LotId,
    LpnId,
    OrderId,
    OwnerId,
    PartnerId,
    PostingSeq,
    ProductionReportId,
    ReceiptId,
    ShipmentId,
    WarehouseId,
    WorkOrderId,
)
from wms.core.quantity import ZERO, Quantity

#: An exact amount or part: numerator and denominator. Cheaper than a Fraction where most are added up and never shown.
Ratio = tuple[int, int]


class Direction(StrEnum):
    """Where used (forward), where from (backward)."""

    FORWARD = "forward"
    BACKWARD = "backward"


class StartKind(StrEnum):
    """What a trace may begin at."""

    LOT = "lot"
    MAKER_LOT = "maker_lot"
    SUPPLIER_LOT = "supplier_lot"
    WORK_ORDER = "work_order"
    OPERATION = "operation"
    MACHINE = "machine"
    TEAM = "team"
    OPERATOR = "operator"
    HOUR = "hour"
    RECEIPT = "receipt"
    ORDER = "order"
    SHIPMENT = "shipment"
    CUSTOMER = "customer"
    LPN = "lpn"
    TAG = "tag"
    UNIT = "unit"
    DATES = "dates"


@dataclass(frozen=True, kw_only=True, slots=True)
class StartLot:
    """A lot the trace begins at. `quantity` is how much of it is meant, in its base unit; None: the whole lot."""

    lot: LotId
    number: str
    sku: str
    unit: str
    quantity: Quantity | None = None


@dataclass(frozen=True, kw_only=True)
class Start:
    """What was asked, and the lots it stands for. `text` is what people call it: its number or code."""

    kind: StartKind
    text: str
    lots: tuple[StartLot, ...]

    @property
    def ids(self) -> tuple[LotId, ...]:
        """The lots' ids."""
        return tuple(one.lot for one in self.lots)


class Node(NamedTuple):
    """One lot of the graph. `level` is the fewest links from the start (0: the start itself).

    `came` is all that ever came to be of it, what came back from customers not counted again. `is_in_cycle`: it lies on a
    way that leads back to itself, and its shares go by the order of the ledger.
    """

    lot: LotId
    number: str
    item: ItemId
    sku: str
    name_en: str
    name_zh: str
    unit: str
    level: int
    share: Fraction | None
    part: Fraction | None
    came: Quantity
    expires_on: date | None
    maker_lot: str
    is_start: bool = False
    is_in_cycle: bool = False

    @property
    def quantity(self) -> Fraction | None:
        """How much of this lot has to do with the start, in its own base unit: part x came, exact."""
        return None if self.part is None else self.part * Fraction(self.came.millionths, 1_000_000)


class Edge(NamedTuple):
    """So much of the source became so much of the target; both 0 for a residue.

    `taken` of the source and `given` to the target are exact millionths of each lot's own base unit, in lowest terms.
    """

    id: int
    kind: str
    source: LotId
    target: LotId
    taken: Ratio
    given: Ratio
    posting: PostingSeq | None
    document_kind: str
    document_id: int | None
    reason: str
    at: datetime

    @property
    def source_quantity(self) -> Fraction:
        """What it took, in the source's base unit."""
        return Fraction(self.taken[0], self.taken[1] * 1_000_000)

    @property
    def target_quantity(self) -> Fraction:
        """What it gave, in the target's base unit."""
        return Fraction(self.given[0], self.given[1] * 1_000_000)

    @property
    def is_imported(self) -> bool:
        """Whether it happened before this system: the word of a file, and before all postings."""
        return self.posting is None


@dataclass(frozen=True, kw_only=True, slots=True)
class SupplierLine:
    """A supplier of lots in the result; `share` is of the quantity asked about, summed over its receipts (backward alone)."""

    partner: PartnerId
    code: str
    name_en: str
    name_zh: str
    lots: tuple[LotId, ...]
    share: Fraction | None


class ReceiptFound(NamedTuple):
    """So much of a lot came in on a receipt, what was taken back left out; imported: as a file says (`receipt` is None)."""

    lot: LotId
    receipt: ReceiptId | None
    number: str
    warehouse: WarehouseId | None
    supplier: PartnerId | None
    quantity: Quantity
    on: date
    at: datetime | None = None
    delivery_note: str = ""
    is_imported: bool = False
    #: Backward: of the quantity asked about, and of this receipt; None forward.
    share: Fraction | None = None
    part: Fraction | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class WorkOrderFound:
    """A work order by which lots of the result were made or used."""

    work_order: WorkOrderId
    number: str
    warehouse: WarehouseId
    state: str
    kind: str
    sku: str
    name_en: str
    name_zh: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ReportFound:
    """A production report that a link of the result stands on."""

    report: ProductionReportId
    number: str
    work_order: WorkOrderId
    warehouse: WarehouseId
    operation: int
    line: str
    team: str
    machine: str
    operator: str
    started_at: datetime
    ended_at: datetime


class Where(StrEnum):
    """Where goods in the house are: in store, in process (lines and vessels), staged to leave, in transit, kept as sample."""

    STORE = "store"
    IN_PROCESS = "in_process"
    STAGED = "staged"
    IN_TRANSIT = "in_transit"
    SAMPLE = "sample"


class StockFound(NamedTuple):
    """Goods of a lot of the result in one bin and state now."""

    lot: LotId
    warehouse: WarehouseId
    where: Where
    bin: BinId
    bin_code: str
    bin_kind: str
    lpn: LpnId
    lpn_code: str
    owner: OwnerId
    quality: str
    is_held: bool
    quantity: Quantity
    allocated: Quantity
    vessel: str = ""
    share: Fraction | None = None
    part: Fraction | None = None

    @property
    def goods(self) -> Fraction | None:
        """How much of it has to do with the start, in the lot's base unit."""
        return None if self.part is None else self.part * Fraction(self.quantity.millionths, 1_000_000)


class ShipmentFound(NamedTuple):
    """Goods of a lot of the result that left for a customer: `out` is shipped less returned.

    Imported: as a file says (`shipment`, `order` None). A return that names no shipment of ours has a line of its own, of
    shipped 0. A return that names none of several shipments of the lot is taken off the newest first.
    """

    lot: LotId
    shipment: ShipmentId | None
    number: str
    order: OrderId | None
    order_number: str
    warehouse: WarehouseId | None
    customer: PartnerId | None
    at: datetime | None
    on: date | None
    shipped: Quantity
    returned: Quantity = ZERO
    waybill: str = ""
    plate: str = ""
    is_imported: bool = False
    share: Fraction | None = None
    part: Fraction | None = None

    @property
    def out(self) -> Quantity:
        """What is still with the customer as far as we know."""
        return max(self.shipped - self.returned, ZERO)

    @property
    def goods(self) -> Fraction | None:
        """How much of what is out has to do with the start, in the lot's base unit."""
        return None if self.part is None else self.part * Fraction(self.out.millionths, 1_000_000)


@dataclass(frozen=True, kw_only=True, slots=True)
class CustomerFound:
    """A customer to whom goods of the result left, and how he is reached; `share` is what he has of the quantity asked about."""

    partner: PartnerId
    code: str
    name_en: str
    name_zh: str
    recall_contact: str
    phone: str
    email: str
    address: str
    language: str
    lots: tuple[LotId, ...]
    shipments: tuple[ShipmentId, ...]
    share: Fraction | None


_Line = TypeVar("_Line", ReceiptFound, WorkOrderFound, ReportFound, StockFound, ShipmentFound)


@dataclass(frozen=True, kw_only=True)
class TraceResult:
    """The answer of one trace. Everything stands in a fixed order: nodes by level, item and number; ends by lot and day."""

    start: Start
    direction: Direction
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    suppliers: tuple[SupplierLine, ...] = ()
    receipts: tuple[ReceiptFound, ...] = ()
    work_orders: tuple[WorkOrderFound, ...] = ()
    reports: tuple[ReportFound, ...] = ()
    #: Everything in the house, by `where`; see also in_store, in_process, staged, in_transit, samples.
    stock: tuple[StockFound, ...] = ()
    shipments: tuple[ShipmentFound, ...] = ()
    customers: tuple[CustomerFound, ...] = ()
    #: The newest posting when it was read, when that was, and how long it took.
    as_of: PostingSeq | None = None
    made_at: datetime | None = None
    seconds: float = 0.0
    #: Why there are no shares: "" (there are), "units" (the lots of the start are counted in several base units),
    #: "size" (more lots than shares are worked out for), "depth" (numbers of too many digits).
    why_no_shares: str = ""
    #: How many lines of other warehouses were left out for want of a right (`seen_by`).
    hidden: int = 0
    _by_lot: dict[LotId, Node] = field(default_factory=dict, repr=False, compare=False)

    def node(self, lot: LotId) -> Node:
        """The node of a lot of the result; KeyError when it is not there."""
        if not self._by_lot:
            self._by_lot.update({node.lot: node for node in self.nodes})
        return self._by_lot[lot]

    @property
    def lots(self) -> tuple[LotId, ...]:
        """Every lot of the result, the start among them."""
        return tuple(node.lot for node in self.nodes)

    @property
    def levels(self) -> tuple[tuple[Node, ...], ...]:
        """The nodes by level, the start first."""
        found: list[list[Node]] = []
        for node in self.nodes:
            while len(found) <= node.level:
                found.append([])
            found[node.level].append(node)
        return tuple(tuple(level) for level in found)

    def at(self, where: Where) -> tuple[StockFound, ...]:
        """The stock that is there: result.at(Where.IN_PROCESS)."""
        return tuple(line for line in self.stock if line.where is where)

    @property
    def in_process(self) -> tuple[StockFound, ...]:
        """What stands at lines and in vessels."""
        return self.at(Where.IN_PROCESS)

    def seen_by(self, warehouses: Collection[WarehouseId] | None) -> TraceResult:
        """The same for a person with the right in these warehouses: all lots and links, and of the lines only theirs.

        Receipts, stock, shipments, work orders and reports of other warehouses are left out and counted in `hidden`,
        suppliers and customers that only those name with them; None: everything.
        """
        if warehouses is None:
            return self
        mine = frozenset(warehouses)

        def kept(lines: Iterable[_Line]) -> tuple[_Line, ...]:
            return tuple(line for line in lines if line.warehouse is None or line.warehouse in mine)

        receipts, shipments = kept(self.receipts), kept(self.shipments)
        work_orders, reports, stock = kept(self.work_orders), kept(self.reports), kept(self.stock)
        hidden = sum(
            len(before) - len(after)
            for before, after in (
                (self.receipts, receipts), (self.shipments, shipments), (self.work_orders, work_orders),
                (self.reports, reports), (self.stock, stock),
            )
        )  # fmt: skip
        suppliers = {line.supplier for line in receipts}
        customers = {line.customer for line in shipments}
        return replace(
            self, receipts=receipts, shipments=shipments, work_orders=work_orders, reports=reports, stock=stock,
            suppliers=tuple(one for one in self.suppliers if one.partner in suppliers),
            customers=tuple(one for one in self.customers if one.partner in customers),
            hidden=self.hidden + hidden, _by_lot={},
        )  # fmt: skip


def rounded(value: Fraction, places: int = 6) -> Decimal:
    """A fraction as a decimal for people, half to even; the only rounding there is."""
    scaled = value * 10**places
    return Decimal(round(scaled)).scaleb(-places) if places else Decimal(round(scaled))


def percent(value: Fraction | None, places: int = 2) -> str:
    """A share as people read it, "12.5"; what is more than nothing never reads as 0, nor less than all as 100; None: ""."""
    if value is None:
        return ""
    shown = rounded(value * 100, places)
    least = Decimal(1).scaleb(-places)
    if shown == 0 and value > 0:
        return f"<{least}"
    if shown == 100 and value < 1:
        return f">{100 - least}"
    return format(shown.quantize(Decimal(1)) if shown == shown.to_integral_value() else shown.normalize(), "f")


__all__ = [
    "CustomerFound", "Direction", "Edge", "Node", "Ratio", "ReceiptFound", "ReportFound", "ShipmentFound", "Start",
    "StartKind", "StartLot", "StockFound", "SupplierLine", "TraceResult", "Where", "WorkOrderFound", "percent", "rounded",
]  # fmt: skip
