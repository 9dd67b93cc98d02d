"""The ground floor: lots, LPNs, owners, holds, and the ledger that says how much of what stands where.

Nouns: lot, LPN, owner, hold, hold set, stock key, balance, move, posting, claim. Verbs: post, claim, release, reverse
(wms.stock.ledger); nothing else in the program changes a quantity. It never decides who may do a thing.
"""
