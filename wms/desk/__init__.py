"""Desk pages that cross features: today, one lot from receipt to customer, search by any scan.

It only reads and links; what is settled is settled on the page of the feature the link leads to.
"""
