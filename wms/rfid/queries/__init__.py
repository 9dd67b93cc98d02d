"""Reads of doors: what a gateway needs (gateway.py), what a tag stands for (identity.py), what the pages show (doors.py, lists.py)."""
