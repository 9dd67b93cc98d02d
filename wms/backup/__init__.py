"""Backup and restore: the whole site in one archive, made while people work, put back whole or not at all.

Noun: backup, a zip with the database, the attachments and a manifest (rules.py) that gives the SHA-256 of every part.
Verbs: make, verify, restore. Nothing that stands in the archive is believed before its hash is right; what was restored
goes in place only after the ledger audit found it whole. Why it is so: docs/decisions/0020.
"""
