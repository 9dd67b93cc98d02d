"""Labels against records: every day some places are drawn by lot, and a person scans what stands there.

Nouns: draw (which places, by which seed), label check (one place: what the record says, what the label said). Verbs: draw,
record. A label that differs raises an alert; the share of right labels over time can be counted again from the rows.
"""
