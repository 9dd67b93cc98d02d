"""From the supplier's truck to the bin: purchase orders, ASNs, receipts, putaway.

Nouns: purchase order, ASN, receipt, receipt line, putaway task. Verbs: open_receipt, receive_line, close_receipt,
confirm_arrival, suggest_bin, confirm_putaway. It never decides quality: the item's plan does.
"""
