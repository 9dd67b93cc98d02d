"""Read-only answers that leave the product: exports of what a page shows, as XLSX and CSV.

Noun: export. It reads through other packages' queries and changes nothing.
"""
