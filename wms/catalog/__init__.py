"""Items with their units and codes, and partners: suppliers, makers, customers.

Nouns: item, pack unit, partner, customer rule. Master data only: no quantity of stock ever stands here.
"""
