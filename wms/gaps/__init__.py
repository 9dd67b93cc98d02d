"""The daily completeness report (断档检查): where the chain of a lot has a gap, whose it is, and how it is mended.

Noun: gap. Verbs: find (a job, once a day and site), name an owner, accept with a reason. Nobody says that a gap is mended:
it is settled where it is (the lot, the receipt, the work order, the shipment), and the next look finds it gone.
This package changes no stock and no record but its own.
"""
