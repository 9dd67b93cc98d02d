"""The verbs of receiving; each runs inside one transaction that its caller opened, and never commits.

create_purchase_order, create_asn, open_receipt, close_receipt, confirm_arrival (papers.py); record_arrival (arrivals.py);
check_line, receive_line (intake.py); receive_lpn, open_check, scan_unit, note_difference (pallets.py); unreceive,
accept_receipt (undoing.py); refuse, close_refusal (refusals.py); note_plate, note_unknown_plate, name_supplier, drop_plate,
finish_provisional (provisional.py); start_putaway, confirm_putaway (putaway.py).
"""

from wms.receiving.service.arrivals import record_arrival
from wms.receiving.service.intake import Received, check_line, receive_line
from wms.receiving.service.numbers import find_known
from wms.receiving.service.pallets import Looked, note_difference, open_check, receive_lpn, scan_unit
from wms.receiving.service.papers import (
    cancel_asn,
    close_purchase_order,
    close_receipt,
    confirm_arrival,
    create_asn,
    create_purchase_order,
    open_receipt,
)
from wms.receiving.service.provisional import (
    drop_plate,
    finish_provisional,
    name_supplier,
    note_plate,
    note_unknown_plate,
    open_provisional,
)
from wms.receiving.service.putaway import PutAway, Started, confirm_putaway, start_putaway
from wms.receiving.service.refusals import close_refusal, refuse
from wms.receiving.service.undoing import Unreceived, accept_receipt, unreceive

__all__ = [
    "Looked", "PutAway", "Received", "Started", "Unreceived", "accept_receipt", "cancel_asn", "check_line",
    "close_purchase_order", "close_receipt", "close_refusal", "confirm_arrival", "confirm_putaway", "create_asn",
    "create_purchase_order", "drop_plate", "find_known", "finish_provisional", "name_supplier", "note_difference", "note_plate",
    "note_unknown_plate", "open_check", "open_provisional", "open_receipt", "receive_line", "receive_lpn", "record_arrival", "refuse",
    "scan_unit", "start_putaway", "unreceive",
]  # fmt: skip
