"""Verbs of production, one file a matter: master, planning, orders, issuing, reporting, closing.

Nothing is gathered here: a caller imports the file of its matter.
"""
