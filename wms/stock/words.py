"""Stock in words: states, hold reasons and scopes, reasons of postings, quality; in the reader's language at the edge."""

from typing import Any, Final

from flask_babel import lazy_gettext

from wms.stock.captures import TypedReason
from wms.stock.ledger import Quality, Reason
from wms.stock.models import Capture, DatePrecision, HoldReason, HoldScope, LinkKind, PastKind
from wms.stock.rules.state import StockState

_ = lazy_gettext

STATES: Final[dict[StockState, Any]] = {
    StockState.AVAILABLE: _("available"),
    StockState.ALLOCATED: _("allocated"),
    StockState.PENDING: _("pending"),
    StockState.HELD: _("on hold"),
    StockState.REJECTED: _("rejected"),
    StockState.EXPIRED: _("expired"),
    StockState.SAMPLE: _("sample"),
}
PAST_KINDS: Final[dict[PastKind, Any]] = {
    PastKind.RECEIPT: _("Received"),
    PastKind.CONSUMPTION: _("Used"),
    PastKind.SHIPMENT: _("Shipped"),
}
HOLD_REASONS: Final[dict[HoldReason, Any]] = {
    HoldReason.SUSPECT: _("Suspect"),
    HoldReason.COMPLAINT: _("Complaint"),
    HoldReason.DAMAGE: _("Damage"),
    HoldReason.TEMPERATURE: _("Temperature"),
    HoldReason.DOCUMENTS: _("Documents missing"),
    HoldReason.EXPIRED: _("Expired"),
    HoldReason.RECALL: _("Recall"),
    HoldReason.FOREIGN_BODY: _("Foreign body"),
    HoldReason.OTHER: _("Other reason"),
    HoldReason.NONCONFORMANCE: _("Non-conformance"),
    HoldReason.RETEST: _("Retest due"),
    HoldReason.UNKNOWN_ORIGIN: _("Unknown origin"),
    HoldReason.FOUND: _("Found"),
}
HOLD_SCOPES: Final[dict[HoldScope, Any]] = {
    HoldScope.LOT: _("Whole lot"),
    HoldScope.BIN: _("This bin"),
    HoldScope.LPN: _("This LPN"),
    HoldScope.QUANTITY: _("A quantity"),
}
CAPTURES: Final[dict[Capture, Any]] = {
    Capture.SCAN: _("scanned"),
    Capture.TYPED: _("typed"),
    Capture.TYPED_TWICE: _("typed twice"),
    Capture.PHOTO: _("typed, with photo"),
    Capture.RFID: _("by RFID"),
    Capture.IMPORT: _("imported"),
    Capture.SYSTEM: _("by a system"),
}
TYPED_REASONS: Final[dict[TypedReason, Any]] = {
    TypedReason.LABEL_DAMAGED: _("Label damaged"),
    TypedReason.NO_LABEL: _("No label"),
    TypedReason.READER_BROKEN: _("Scanner broken"),
    TypedReason.OTHER: _("Other reason"),
}
QUALITIES: Final[dict[Quality, Any]] = {
    Quality.PENDING: _("pending"),
    Quality.RELEASED: _("released"),
    Quality.REJECTED: _("rejected"),
}
LINKS: Final[dict[LinkKind, Any]] = {
    LinkKind.SPLIT: _("Split"),
    LinkKind.MERGE: _("Merged"),
    LinkKind.RELABEL: _("Relabelled"),
    LinkKind.PRODUCTION: _("Produced"),
    LinkKind.REWORK: _("Reworked"),
    LinkKind.IMPORTED: _("Imported"),
}
PRECISIONS: Final[dict[DatePrecision, Any]] = {
    DatePrecision.DAY: _("a day"),
    DatePrecision.MONTH: _("a month"),
}
REASONS: Final[dict[Reason, Any]] = {
    Reason.RECEIVE: _("Received"),
    Reason.PUTAWAY: _("Put away"),
    Reason.MOVE: _("Moved"),
    Reason.PICK: _("Picked"),
    Reason.UNPICK: _("Put back after picking"),
    Reason.SHIP: _("Shipped"),
    Reason.HOLD: _("Held"),
    Reason.LIFT: _("Hold lifted"),
    Reason.DISPOSITION: _("Verdict of quality"),
    Reason.COUNT: _("Count adjusted"),
    Reason.SCRAP: _("Scrapped"),
    Reason.SUPPLIER_RETURN: _("Returned to supplier"),
    Reason.CUSTOMER_RETURN: _("Returned by customer"),
    Reason.QUARANTINE: _("Put into quarantine"),
    Reason.ISSUE: _("Issued to production"),
    Reason.CONSUME: _("Consumed"),
    Reason.OUTPUT: _("Produced"),
    Reason.SAMPLE: _("Sampled"),
    Reason.REVERSAL: _("Reversed"),
    Reason.SPLIT: _("Split"),
    Reason.MERGE: _("Merged"),
    Reason.RELABEL: _("Relabelled"),
    Reason.ISSUE_RETURN: _("Returned from production"),
}
