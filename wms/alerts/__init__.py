"""Alerts: a person is needed. Raised by a direct call in the transaction that found the fact.

Noun: alert. Verbs: raise_alert, acknowledge, resolve. Each feature says when; this package keeps who saw it and when.
One open alert for one `subject_key`: the same fact found again does not ring twice.
"""
