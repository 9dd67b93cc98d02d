"""Reads of production, one file a matter: master (lines, bills of materials), orders, issues, reports."""
