"""Events: what the product tells the world, as frozen dataclasses (catalog.py), kept in an outbox (outbox.py).

Nouns: event, outbox. Verb: emit, a row in the caller's own transaction. There is no bus inside the program: what must
happen is called, what may wait is stored.
"""
