"""Watching it run: the page that a monitoring program reads.

Nouns: gauge, scrape. What a process counts itself stands in wms.web.metrics; here the figures that stand in the database
are read, at the moment of the scrape and by few statements. It changes nothing.
"""
