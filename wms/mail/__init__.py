"""Outgoing e-mail: letters that other features write in their own transaction, and a job delivers by SMTP.

Nouns: message, recipient (each has a state of its own), try. Verbs: queue, deliver, send again, cancel. A message is a row
in the transaction of what it tells: nothing is sent before the commit, and nothing that was committed is lost. Nothing
here decides what is written, or to whom; nothing waits for a mail server inside a transaction.
"""
