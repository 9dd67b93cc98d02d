"""Recalls (召回): stop, freeze the scope as a version, hold all of it, tell the customers, take back, account, close.

Nouns: recall, its clocks, versions of the scope with their lots, parties (who got goods) with what was shipped to them,
returns, what customers confirm, outcomes, effectiveness checks, reports. Verbs: open, stop, freeze, place, narrow, receive
a return, confirm, note an outcome, check, report, close; a drill (mock recall) walks the same way and posts nothing.
Never writes a balance: holds are laid by quality, destroyed goods by dispositions; never narrows a scope silently.
"""
