"""Every entry of the one table of schedules names a verb that exists, and its name is used once."""

from pkgutil import resolve_name


def test_every_schedule_entry_resolves() -> None:
    from wms.jobs import schedule

    names = [job.name for job in schedule.JOBS]
    assert names and len(names) == len(set(names))
    for job in schedule.JOBS:
        assert callable(job.verb if callable(job.verb) else resolve_name(job.verb)), job.name
