"""Lot passports: a public page about one lot behind a QR code, showing what the company's policy allows and nothing else.

Nouns: passport, key, policy. Verbs: make (or renew), revoke, set_policy. The page opens by a 128-bit random key alone;
whoever has none, a revoked one or a wrong address gets one and the same answer. No stock is moved and none is told of.
"""
