"""The standards of the trade, as pure functions on text.

Nouns: Gtin, Sscc, LotNumber, BinCode, LpnCode, Sku, Element, Epc, and the kinds of Scan.
Verbs: parse a code; read an element string or a Digital Link; decode and encode an EPC; `scan.read` says what any
text is and how it knows. It never asks a database: what only a database can tell comes back as Unknown.
"""
