"""State tables of purchase order, ASN and receipt; `wms.core.states.step` is the only way to take a step."""

from typing import Final

#: (state, event) -> state. A purchase order stays open until all came or the rest is given up.
PURCHASE_ORDER: Final = {
    ("open", "close"): "closed",
    ("open", "reopen"): "open",
    ("closed", "reopen"): "open",
    ("open", "cancel"): "cancelled",
}

#: `arrive`: seen at a door. `start`: a receipt was opened. `abandon`: the receipt was closed with nothing in it. `pause`: it
#: was closed and the rest is to come on another day. `reopen`: something of it was taken back after all had been closed.
ASN: Final = {
    ("expected", "arrive"): "arrived",
    ("arrived", "arrive"): "arrived",
    ("receiving", "arrive"): "receiving",
    ("expected", "start"): "receiving",
    ("arrived", "start"): "receiving",
    ("receiving", "start"): "receiving",
    ("receiving", "finish"): "received",
    ("receiving", "pause"): "partly_received",
    ("receiving", "abandon"): "arrived",
    ("receiving", "reopen"): "receiving",
    ("partly_received", "arrive"): "partly_received",
    ("partly_received", "start"): "receiving",
    ("partly_received", "finish"): "received",
    ("partly_received", "reopen"): "partly_received",
    ("received", "reopen"): "partly_received",
    ("expected", "cancel"): "cancelled",
    ("arrived", "cancel"): "cancelled",
}

RECEIPT: Final = {
    ("open", "receive"): "open",
    ("open", "close"): "closed",
}

REFUSAL: Final = {
    ("open", "close"): "closed",
}
