"""Scheduled work: one table of schedules (schedule.py), run by APScheduler in a process of its own (runner.py).

Noun: job run. A run is claimed by a unique (job, due time) row, so any number of job processes run each tick once.
"""
