"""The kinds of records a scan may name."""

from collections.abc import Callable
from typing import Final

ITEM: Final = "item"
LOT: Final = "lot"
BIN: Final = "bin"
LPN: Final = "lpn"
EPC: Final = "epc"
ORDER: Final = "order"
ASN: Final = "asn"
RECEIPT: Final = "receipt"
SHIPMENT: Final = "shipment"
TAG: Final = "tag"
UNIT: Final = "unit"

#: What a handheld step may ask for.
FOUND_KINDS: Final = (ITEM, LOT, BIN, LPN, EPC, ORDER)
#: Where a text is looked for when nobody says what it is, the nearest to the goods first.
ALL_KINDS: Final = (BIN, LPN, UNIT, LOT, ITEM, ORDER, ASN, RECEIPT, SHIPMENT, TAG)

WORK_ORDER: Final = "work_order"
PRODUCTION_REPORT: Final = "production_report"
RECALL: Final = "recall"
COMPLAINT: Final = "complaint"
VESSEL: Final = "vessel"
BOM: Final = "bom"
#: Papers that are found by whoever may see them: any of these permissions, in the warehouse that is asked.
BY_PERMISSION: Final = {
    WORK_ORDER: ("production.view",),
    PRODUCTION_REPORT: ("production.view",),
    VESSEL: ("production.view",),
    BOM: ("production.view",),
    RECALL: ("recall.view",),
    COMPLAINT: ("complaint.edit", "recall.view"),
}


def kinds_for(may: Callable[[str], bool]) -> tuple[str, ...]:
    """Every kind that a person may find, who is asked for each permission by `may`."""
    return (*ALL_KINDS, *(kind for kind, any_of in BY_PERMISSION.items() if any(map(may, any_of))))
