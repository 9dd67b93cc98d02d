"""The verbs of receiving; each runs inside one transaction that its caller opened, and never commits.

create_purchase_order, create_asn, open_receipt, record_arrival, close_receipt, confirm_arrival (papers.py);
check_line, receive_line, receive_lpn (intake.py); start_putaway, confirm_putaway (putaway.py).
"""

from wms.receiving.service.intake import Received, check_line, receive_line, receive_lpn
from wms.receiving.service.papers import (
    cancel_asn,
    close_purchase_order,
    close_receipt,
    confirm_arrival,
    create_asn,
    create_purchase_order,
    open_receipt,
    record_arrival,
)
from wms.receiving.service.putaway import PutAway, Started, confirm_putaway, start_putaway

__all__ = [
    "PutAway", "Received", "Started", "cancel_asn", "check_line", "close_purchase_order", "close_receipt", "confirm_arrival", "confirm_putaway",
    "create_asn", "create_purchase_order", "open_receipt", "receive_line", "receive_lpn", "record_arrival",
    "start_putaway",
]  # fmt: skip
