"""Holds and verdicts: stop goods, lift the stop, release pending goods or reject them.

Nouns: hold, disposition. Verbs: place_hold, lift_hold, decide_quality, hold_expired. A hold is a posting like any other
(reason `hold`): it frees claims and stops picks in progress in the same transaction. Receiving asks this package about
holds and never hears of recalls.
"""
