"""Lot numbers both ways: made by rules of ours, and read out of suppliers' lot codes.

Nouns: rule, element, counter, trigger; supplier's pattern, reading. Verbs: number_for (takes the next number), make and
change a rule or a pattern, preview, read_lot_code. It never makes a lot and never decides what a contradiction means:
stock and receiving do.
"""
