"""Certificates: what a site without a public name needs so that its handhelds speak HTTPS.

Nouns: the *authority* (a certificate of our own that signs, made once and trusted by each device), the *server
certificate* it signs for host names and addresses. Verbs: renew (authority when there is none, server certificate each
time), check a pair before the web process serves with it, and the page /trust that tells people how to trust the
authority. The authority's key is written once, readable by its owner only, and never leaves the folder: nothing here
prints, sends or logs a key.
"""
