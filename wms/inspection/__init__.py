"""Inspection: what is looked at, how much of it, and what was found; the verdict is a person's, the release is above.

Nouns: inspection plan (by item, supplier, stage, in versions), characteristic, inspection (an inspection lot with its
snapshot of the plan), result, sample and retained sample (留样, which are stock), sampling state of a supplier's item.
Verbs: open, plan a sample, enter results, split a tranche, sort whole, close, cancel; draw, use up, destroy a sample;
lift a stop. Never releases goods: that is a signed decision on a floor above, which asks here what was found.
"""
