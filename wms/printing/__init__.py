"""Label printers and the queue before each of them.

Nouns: printer (raw ZPL over TCP, usually port 9100), default (which printer a device, a person or a warehouse uses), print
job. Verbs: queue, cancel, send again, say printed; a thread of the jobs process sends (sender.py).

A job says what is known and nothing more: `sent` means the printer took every byte, `printed` that it said so itself, and
`uncertain` that the line broke on the way: a person looks at the printer. It never decides what stands on a label.
"""
