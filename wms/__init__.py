"""A warehouse management system in which the lot is the unit of control.

The floors, from the ground up; a module imports only from floors below its own (see .importlinter):

core, gs1, labels        vocabulary and standards; pure
db, events, audit, web   the database edge, the outbox, the change record, what all pages share
files, sites, accounts, catalog, alerts
stock                    the ground floor of the trade: lots, bins, the ledger
tasks, quality           work to do; holds and verdicts
receiving, picking, counting, shipping, rfid
reports, mobile, desk    what people look at
jobs, watch              what runs by the clock; figures for who watches it run
cli, app                 how it is started
"""
