"""Every entry of the one table of schedules names a function that exists, and its name is used once."""

from wms.jobs import schedule


def test_every_schedule_entry_resolves() -> None:
    entries = list(schedule.SCHEDULE)
    assert entries
    names = [entry.name for entry in entries]
    assert len(names) == len(set(names))
    for entry in entries:
        assert callable(entry.function), entry.name
