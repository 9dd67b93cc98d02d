"""Spreadsheets in: items, partners, bins, lots with opening stock, orders, and what happened before this system.

Nouns: run (one file of one kind), row, verdict (accept, refuse, ask), mapping, mark (what a row came to, so that the same
row again changes nothing). Verbs: take in, map, judge, answer, apply. A file is read in a process of its own with limits
(reading.py, reader.py); rows are judged against the database (service), and applied by the verbs that the forms call.
Never: a formula is evaluated, a number is guessed without a question, a row is taken in twice.
"""
