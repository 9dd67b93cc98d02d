"""Counts: the check of a bin against its balance. For now a count is a task left by a short pick and its answer.

Nouns: count task, variance, adjustment. Verb: record_count.
"""
