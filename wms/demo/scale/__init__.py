"""A warehouse of up to a million stock rows with its history, to see how the product stands at that size.

Nouns: a size (sizes.py), the ground (warehouses, bins, items), a history (lots, units of goods, days, postings, moves),
papers (open orders, holds, alerts, doors), a bulk writer. Verb: load_scale. Only for an empty database: the rows are
written past the ledger's verbs, as what these would have left, and `run.py ledger-audit` finds them whole.
"""
