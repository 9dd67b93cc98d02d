"""Warehouses, zones and bins: where things can stand.

Nouns: warehouse, zone, bin. A bin of an outside kind (supplier, customer, scrap, adjustment) stands for the world beyond
the walls, so that every move has two ends. This package never knows what stands in a bin.
"""
