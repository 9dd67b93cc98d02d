"""What a scan or typed text names among our records: the one place that desk, handheld, API and command line ask.

Nouns: found record, answer (what was read, how, what it may be, the question that is open). Verb: find. Reads only, one
statement a question; what a text says of itself, without records, is wms.gs1.scan's.
"""
