"""Evidence: records that nobody changes are sealed in blocks, and anybody can check that none was changed, taken or put in.

Nouns: stream (records of one kind), member (a record that is sealed), block (members with their hash, the block before, and
the signature of the site), anchor (the heads of the chain in a file outside the database). Verbs: seal, verify, export.
A record belongs to one block for ever; nothing here changes a record, and a block is never changed. Why it is so:
docs/decisions/0042; the format: docs/evidence.md.
"""
