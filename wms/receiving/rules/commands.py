"""What the verbs of receiving are told: commands, already parsed."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

from wms.core.ids import (
    AsnId,
    BinId,
    ItemId,
    PalletCheckId,
    PartnerId,
    PurchaseOrderId,
    ReceiptId,
    ReceiptLineId,
    TaskId,
    WarehouseId,
)
from wms.core.quantity import Quantity
from wms.gs1.codes import LotNumber
from wms.gs1.sscc import Sscc


@dataclass(frozen=True, kw_only=True)
class OrderedLine:
    """An item we order, in base units."""

    item: ItemId
    quantity: Quantity


@dataclass(frozen=True, kw_only=True)
class CreatePurchaseOrder:
    """A purchase order; `number` blank and one is made."""

    warehouse: WarehouseId
    supplier: PartnerId
    lines: tuple[OrderedLine, ...]
    number: str = ""
    expected_on: date | None = None


@dataclass(frozen=True, kw_only=True)
class AnnouncedLine:
    """What a supplier says is coming: an item, or a lot of it with its dates, or that on an SSCC."""

    item: ItemId
    quantity: Quantity
    lot_number: str = ""
    expires_on: date | None = None
    manufactured_on: date | None = None
    sscc: Sscc | None = None


@dataclass(frozen=True, kw_only=True)
class AnnouncedLpn:
    """A plate of the notice; `parent` is the one it stands on."""

    sscc: Sscc
    parent: Sscc | None = None


@dataclass(frozen=True, kw_only=True)
class CreateAsn:
    """An advance ship notice; `number` blank and one is made. `lpns` say how its plates stand on one another."""

    warehouse: WarehouseId
    supplier: PartnerId
    lines: tuple[AnnouncedLine, ...]
    number: str = ""
    purchase_order: PurchaseOrderId | None = None
    expected_at: datetime | None = None
    lpns: tuple[AnnouncedLpn, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """Facts of the truck, as an inspector asks for them; temperature in tenths of a degree Celsius."""

    delivery_note: str = ""
    plate: str = ""
    driver: str = ""
    seal: str = ""
    carrier: str = ""
    temperature_decidegrees: int | None = None
    departure_temperature_decidegrees: int | None = None
    #: None: nobody looked.
    seal_is_intact: bool | None = None


@dataclass(frozen=True, kw_only=True)
class OpenReceipt:
    """Start taking in: against an ASN, a purchase order, or neither (blind)."""

    warehouse: WarehouseId
    asn: AsnId | None = None
    purchase_order: PurchaseOrderId | None = None
    supplier: PartnerId | None = None
    dock_bin: BinId | None = None
    arrival: Arrival | None = None
    is_provisional: bool = False
    answers: frozenset[str] = field(default_factory=frozenset)


@dataclass(frozen=True, kw_only=True)
class TypedLot:
    """A lot number that was typed and not scanned: the second typing, and whether a photo of the label was taken."""

    again: str | None = None
    has_photo: bool = False


@dataclass(frozen=True, kw_only=True)
class ReceiveLine:
    """One scan of goods. `typed` is None when the lot was scanned; `answers` are the questions answered with yes.

    `sscc` is the plate the goods stand on; `on_new_lpn` makes one of ours. `key` is the device's: a repeat does nothing.
    """

    warehouse: WarehouseId
    receipt: ReceiptId
    item: ItemId
    quantity: Quantity
    key: str
    lot: LotNumber | None = None
    expires_on: date | None = None
    best_before_on: date | None = None
    manufactured_on: date | None = None
    expiry_text: str = ""
    expiry_precision: str = "day"
    sscc: Sscc | None = None
    on_new_lpn: bool = False
    typed: TypedLot | None = None
    raw_scan: str = ""
    answers: frozenset[str] = field(default_factory=frozenset)


@dataclass(frozen=True, kw_only=True)
class ReceiveLpn:
    """A whole pallet of an ASN, by its SSCC, as announced. `by_rfid` when a door saw it and no person scanned."""

    warehouse: WarehouseId
    receipt: ReceiptId
    sscc: Sscc
    key: str
    raw_scan: str = ""
    by_rfid: bool = False
    answers: frozenset[str] = field(default_factory=frozenset)


@dataclass(frozen=True, kw_only=True)
class ScanUnit:
    """A plate or label of a pallet that is being looked at. `sku` and `lot` are what a goods label says, instead of an SSCC."""

    warehouse: WarehouseId
    check: PalletCheckId
    key: str
    sscc: Sscc | None = None
    item: ItemId | None = None
    lot: LotNumber | None = None
    raw_scan: str = ""
    answers: frozenset[str] = field(default_factory=frozenset)


@dataclass(frozen=True, kw_only=True)
class NoteDifference:
    """A unit of a pallet is not there, or is another lot, or another quantity (in base units, what was counted)."""

    warehouse: WarehouseId
    check: PalletCheckId
    code: str
    kind: str
    key: str
    quantity: Quantity | None = None
    lot: LotNumber | None = None
    answers: frozenset[str] = field(default_factory=frozenset)


@dataclass(frozen=True, kw_only=True)
class Unreceive:
    """Take a line of a receipt back, with all that came in by the same scan."""

    warehouse: WarehouseId
    line: ReceiptLineId
    reason: str
    key: str


@dataclass(frozen=True, kw_only=True)
class Refuse:
    """Turn goods away. Item or words say what they are; bin or words where they stand."""

    warehouse: WarehouseId
    reason: str
    key: str
    receipt: ReceiptId | None = None
    supplier: PartnerId | None = None
    item: ItemId | None = None
    lot_number: str = ""
    description: str = ""
    quantity: Quantity | None = None
    note: str = ""
    bin: BinId | None = None
    place: str = ""


@dataclass(frozen=True, kw_only=True)
class ConfirmPutaway:
    """Goods of a putaway task stand in `bin` now; `quantity` None for all of it."""

    warehouse: WarehouseId
    task: TaskId
    bin: BinId
    key: str
    quantity: Quantity | None = None
    answers: frozenset[str] = field(default_factory=frozenset)
