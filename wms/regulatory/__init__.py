"""Sheets for authorities: the FSMA 204 sortable spreadsheet (21 CFR 1 subpart S) of a lot code or a range of days.

Nouns: critical tracking event (receiving, transformation, shipping), key data element.
It reads the ledger, receipts, production reports, shipments and what files tell of the time before; it writes nothing.
"""
