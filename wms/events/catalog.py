"""Every event, once. Each is past tense, frozen, and carries ids and values, never model objects."""

from dataclasses import dataclass
from datetime import date

from wms.core.ids import (
    AlertId,
    AsnId,
    BinId,
    DestructionId,
    HoldId,
    ItemId,
    LotId,
    LpnId,
    NonconformanceId,
    OrderId,
    OrderLineId,
    PartnerId,
    PassageId,
    PortalId,
    PostingSeq,
    ReceiptId,
    ReceiptLineId,
    RefusalId,
    ShipmentId,
    SupplierReturnId,
    TaskId,
    WarehouseId,
    WorkOrderId,
)
from wms.core.quantity import Quantity


@dataclass(frozen=True, kw_only=True)
class GoodsReceived:
    """A receipt line was posted: goods of a lot stand at the dock."""

    receipt: ReceiptId
    lot: LotId
    item: ItemId
    quantity: Quantity
    warehouse: WarehouseId
    quality: str
    posting: PostingSeq


@dataclass(frozen=True, kw_only=True)
class ReceiptLineReversed:
    """A line of a receipt was taken back: its goods are no stock any more."""

    receipt: ReceiptId
    line: ReceiptLineId
    lot: LotId
    quantity: Quantity
    posting: PostingSeq


@dataclass(frozen=True, kw_only=True)
class GoodsRefused:
    """Goods were turned away at the door; they never were stock."""

    refusal: RefusalId
    supplier: PartnerId | None
    reason: str


@dataclass(frozen=True, kw_only=True)
class GoodsReturned:
    """Goods went back to a supplier."""

    supplier_return: SupplierReturnId
    supplier: PartnerId
    lot: LotId
    quantity: Quantity
    posting: PostingSeq


@dataclass(frozen=True, kw_only=True)
class GoodsPutAway:
    """Goods were moved from the dock to their bin."""

    task: TaskId
    lot: LotId
    bin: BinId
    quantity: Quantity


@dataclass(frozen=True, kw_only=True)
class GoodsMoved:
    """Goods were moved inside the walls by a person."""

    lot: LotId
    source: BinId
    target: BinId
    quantity: Quantity
    posting: PostingSeq


@dataclass(frozen=True, kw_only=True)
class LotCreated:
    """A lot became known."""

    lot: LotId
    item: ItemId
    number: str
    expires_on: date | None


@dataclass(frozen=True, kw_only=True)
class LotsLinked:
    """Goods of lots became goods of another: split, merge, relabel, production or rework. The genealogy keeps each with its quantity."""

    kind: str
    sources: tuple[LotId, ...]
    target: LotId
    quantity: Quantity
    warehouse: WarehouseId
    posting: PostingSeq


@dataclass(frozen=True, kw_only=True)
class LotCorrected:
    """Days or codes of a lot were corrected by a person; `fields` names them, the audit trail has both values."""

    lot: LotId
    fields: tuple[str, ...]
    reason: str


@dataclass(frozen=True, kw_only=True)
class LotHeld:
    """A hold was laid on a lot or a part of it."""

    hold: HoldId
    lot: LotId
    scope: str
    reason: str
    quantity: Quantity
    stopped_orders: tuple[OrderId, ...] = ()


@dataclass(frozen=True, kw_only=True)
class HoldLifted:
    """A hold was lifted by a second person."""

    hold: HoldId
    lot: LotId
    quantity: Quantity


@dataclass(frozen=True, kw_only=True)
class QualityDecided:
    """Stock of a lot got another quality: released or rejected."""

    lot: LotId
    warehouse: WarehouseId
    quality: str
    quantity: Quantity


@dataclass(frozen=True, kw_only=True)
class NonconformanceRecorded:
    """Goods were found that are not as they should be, and are held."""

    nonconformance: NonconformanceId
    lot: LotId
    warehouse: WarehouseId
    quantity: Quantity


@dataclass(frozen=True, kw_only=True)
class NonconformanceClosed:
    """What became of goods that did not conform is decided and done."""

    nonconformance: NonconformanceId
    lot: LotId
    disposition: str


@dataclass(frozen=True, kw_only=True)
class GoodsDestroyed:
    """Goods were destroyed before a witness, and are gone from the books."""

    destruction: DestructionId
    quantity: Quantity
    posting: PostingSeq


@dataclass(frozen=True, kw_only=True)
class OrderAllocated:
    """An order's lines claimed stock; `short` is what found none."""

    order: OrderId
    claimed: Quantity
    short: Quantity


@dataclass(frozen=True, kw_only=True)
class PickConfirmed:
    """One stop of a pick list was done."""

    task: TaskId
    line: OrderLineId
    lot: LotId
    quantity: Quantity
    short: Quantity


@dataclass(frozen=True, kw_only=True)
class FefoOverridden:
    """A permitted person picked another lot than the policy's."""

    task: TaskId
    lot: LotId
    skipped: tuple[LotId, ...]
    reason: str


@dataclass(frozen=True, kw_only=True)
class ShipmentShipped:
    """An order left the building."""

    shipment: ShipmentId
    order: OrderId
    posting: PostingSeq


@dataclass(frozen=True, kw_only=True)
class PassageLogged:
    """A tagged thing went through a door."""

    passage: PassageId
    portal: PortalId
    direction: str
    lpn: LpnId | None
    asn: AsnId | None
    shipment: ShipmentId | None


@dataclass(frozen=True, kw_only=True)
class DoorAlarmRaised:
    """Something went out that must not."""

    passage: PassageId
    portal: PortalId
    alert: AlertId
    why: str


@dataclass(frozen=True, kw_only=True)
class AlertRaised:
    """A person is needed."""

    alert: AlertId
    kind: str


@dataclass(frozen=True, kw_only=True)
class StockReversed:
    """A posting was undone by its counter-posting."""

    posting: PostingSeq
    reversed: PostingSeq


@dataclass(frozen=True, kw_only=True)
class GoodsIssued:
    """Goods went to the line of a work order (issue, exchange, supplement), or came back from it (return)."""

    work_order: WorkOrderId
    lot: LotId
    kind: str
    quantity: Quantity
    posting: PostingSeq


@dataclass(frozen=True, kw_only=True)
class WorkOrderChanged:
    """A work order was released, started, completed, closed, cancelled, or taken back."""

    work_order: WorkOrderId
    number: str
    state: str
    item: ItemId
