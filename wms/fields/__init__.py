"""Own fields of a record: what a site wants to know of its items, lots, receipts, inspections beyond what every site does.

Nouns: own field (the definition), value. Verbs: define, change, set values. This floor knows no feature: a record is a
kind (wms/fields/rules/values.py RECORD_KINDS) and an id, and the feature whose record it is calls `service.set_values` in
its own transaction. Pages draw and read fields by `forms` and macros/fields.html.
"""
