"""The installation, its warehouses, zones and bins: where things can stand.

Nouns: installation (one row: the company, and whether it is a demo), warehouse, zone, bin. Verbs: set up, make, change, block. A bin of an outside kind (supplier, customer, scrap, adjustment) stands for the world beyond
the walls, so that every move has two ends. This package never knows what stands in a bin.
"""
