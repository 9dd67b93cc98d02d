"""Unit ids: one code on one piece, or on a pack of pieces (serial number, 药品追溯码, UDI production identifier).

Nouns: unit (a piece or a pack, in one lot and one place; the place may be outside: a customer, the scrap), sighting (what
happened to it), notice (a code that a supplier's file announced, with the pack it is in). Verbs: announce, follow (with a
posting of the ledger), note a second appearance. It never changes a quantity: units follow the goods or refuse the posting.
"""
