"""Reads of gaps: finding.py looks for them in the records of every stage, lists.py shows the ones that are kept."""
