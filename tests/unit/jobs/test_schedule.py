"""The table of schedules: due times are computed from the table, so every process names a tick alike."""

from datetime import UTC, datetime, timedelta

import pytest

from wms.jobs import schedule
from wms.jobs.schedule import Daily, Every

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def test_every_verb_of_the_table_can_be_called_and_every_name_stands_once() -> None:
    assert len({job.name for job in schedule.JOBS}) == len(schedule.JOBS)
    for job in schedule.JOBS:
        assert callable(schedule.load(job.verb)), job.name
        assert not job.look or callable(schedule.load(job.look)), job.name


@pytest.mark.parametrize("late", [0, 0.003, 1.5, 59.9, 299.999])
def test_a_process_that_wakes_late_names_the_same_tick(late: float) -> None:
    assert Every(5).last_due(NOON + timedelta(seconds=late)) == NOON


def test_a_process_a_moment_early_does_not_name_a_tick_to_come() -> None:
    assert Every(5).last_due(NOON - timedelta(milliseconds=1)) == NOON - timedelta(minutes=5)
    assert Daily(12).last_due(NOON - timedelta(milliseconds=1)) == NOON - timedelta(days=1)


def test_a_daily_tick_is_the_same_all_day_and_another_the_next() -> None:
    nightly = Daily(19, 15)
    due = datetime(2026, 11, 22, 19, 15, tzinfo=UTC)
    assert {nightly.last_due(due + timedelta(hours=h)) for h in range(24)} == {due}
    assert nightly.last_due(due + timedelta(hours=24)) == due + timedelta(days=1)
