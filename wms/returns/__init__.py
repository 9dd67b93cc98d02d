"""Goods that go back to a supplier (退货): a paper, its lines with lot and place, the work of carrying them out, the posting.

Nouns: supplier return, line. Verbs: open_return, confirm_line, close_return, cancel_return. Goods of any quality may go,
those on hold by a right of its own; what left stays in the ledger with its lot and holds, so it can be traced.
It never decides that goods go back: a person does, or a disposition (wms/disposition calls open_return).
"""
