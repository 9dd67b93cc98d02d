"""Who changed what, from and to, when, on which device, why: captured at the flush, in the same transaction.

Noun: audit entry. Stock is not captured here: its ledger is its own history. Nothing updates or deletes an entry.
"""
