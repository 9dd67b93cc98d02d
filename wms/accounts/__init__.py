"""People and machines that may enter: users, their roles by warehouse, registered devices, API tokens.

Nouns: user, role, device, API token. Verbs: log in, log out, change password, re-enter password, create, reset,
deactivate, register, set up, revoke. Roles give permissions by one table (rules.py). It never decides what a permission means to a feature.
"""
