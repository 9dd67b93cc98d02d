"""Reads of production, one file a matter: orders, issues, reports."""
