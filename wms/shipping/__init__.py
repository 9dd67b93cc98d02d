"""From staging to the customer's truck: shipments, loading, ship confirm.

Nouns: shipment, load. Verbs: open_shipment, confirm_load, ship. What its purpose does not allow cannot ship: the ledger
refuses the posting itself. It asks alerts whether one blocks it, never rfid.
"""
