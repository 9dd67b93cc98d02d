"""Dock doors: readers, portals, tags, and the passages that reads become.

Nouns: reader, antenna, portal, tag, read, passage. Verbs: accept_batch, settle_passage, associate_tag. The gateway
(gateway.py, reader.py, rules/) runs as a process of its own and talks HTTP; the server side is models, service, pages.
A read is a claim about the world, never a posting.
"""
