"""Attached files: photos of labels and damage, certificates. Hashed, kept outside the web root under our own names.

Noun: file. Verbs: keep, open. The type is judged by content, never by name.
"""
