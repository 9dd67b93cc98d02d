"""State tables of purchase order, ASN and receipt; `wms.core.states.step` is the only way to take a step."""

from typing import Final

#: (state, event) -> state. A purchase order stays open until all came or the rest is given up.
PURCHASE_ORDER: Final = {
    ("open", "close"): "closed",
    ("open", "cancel"): "cancelled",
}

#: `arrive`: seen at a door. `start`: a receipt was opened. `abandon`: the receipt was closed with nothing in it.
ASN: Final = {
    ("expected", "arrive"): "arrived",
    ("arrived", "arrive"): "arrived",
    ("receiving", "arrive"): "receiving",
    ("expected", "start"): "receiving",
    ("arrived", "start"): "receiving",
    ("receiving", "start"): "receiving",
    ("receiving", "finish"): "received",
    ("receiving", "abandon"): "arrived",
    ("expected", "cancel"): "cancelled",
    ("arrived", "cancel"): "cancelled",
}

RECEIPT: Final = {
    ("open", "receive"): "open",
    ("open", "close"): "closed",
}
