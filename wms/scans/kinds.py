"""The kinds of records a scan may name."""

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
