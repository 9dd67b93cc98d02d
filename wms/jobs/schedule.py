"""The one table of schedules: name, when, which verb. Times are UTC; a verb `by_site` runs once for each warehouse.

A due time is computed from the trigger, never from the moment a process woke up, so that every job process, on
whatever host, names the same tick by the same time.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

EPOCH: Final = datetime(2024, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Every:
    """A tick each so many minutes, counted from midnight UTC of a fixed day."""

    minutes: int

    def last_due(self, at: datetime) -> datetime:
        """Give the latest tick that is not after `at`."""
        step = timedelta(minutes=self.minutes)
        return at - (at - EPOCH) % step

    def next_due(self, at: datetime) -> datetime:
        """Give the first tick after `at`."""
        return self.last_due(at) + timedelta(minutes=self.minutes)

    def __str__(self) -> str:
        return f"every {self.minutes} min"


@dataclass(frozen=True)
class Daily:
    """A tick each day at a time of day in UTC."""

    hour: int
    minute: int = 0

    def last_due(self, at: datetime) -> datetime:
        """Give the latest tick that is not after `at`."""
        today = at.astimezone(UTC).replace(hour=self.hour, minute=self.minute, second=0, microsecond=0)
        return today if today <= at else today - timedelta(days=1)

    def next_due(self, at: datetime) -> datetime:
        """Give the first tick after `at`."""
        return self.last_due(at) + timedelta(days=1)

    def __str__(self) -> str:
        return f"daily at {self.hour:02d}:{self.minute:02d} UTC"


@dataclass(frozen=True, kw_only=True)
class Job:
    """One line of the table.

    `verb` is a dotted name, "package.module:function", called with `actor` and `at` (and, `by_site`, with `warehouse`
    and its local day `on`), one transaction each; what it returns is kept with the run. One that `repeats` is called
    again, in a transaction of its own each time, until all its counts are zero. A tick missed while no process ran is
    made up for within `catch_up`; a run without an end after `patience` is taken for dead.
    """

    name: str
    trigger: Every | Daily
    verb: str
    #: A reading function called before the verb, outside its transaction; what it gives is handed over as `found`.
    look: str = ""
    by_site: bool = False
    repeats: bool = False
    #: Whether look and verb are handed the settings, as `config`.
    with_config: bool = False
    #: A setting without which the job is off: it has no ticks.
    setting: str = ""
    patience: timedelta = timedelta(minutes=30)
    catch_up: timedelta = timedelta(hours=24)

    def is_on(self, config: Any) -> bool:
        """Say whether this installation runs it."""
        return not self.setting or bool(getattr(config, self.setting))


def load(dotted: str) -> Callable[..., Any]:
    """Import a function by its dotted name, "package.module:function"."""
    module, _, name = dotted.partition(":")
    return getattr(importlib.import_module(module), name)


JOBS: Final = (
    Job(name="expiry_warnings", trigger=Every(60), verb="wms.jobs.service:warn_of_expiry", by_site=True),
    Job(name="hold_expired", trigger=Every(30), verb="wms.jobs.service:hold_expired", by_site=True),
    Job(name="retest_hold", trigger=Every(30), verb="wms.jobs.quality:hold_retests", by_site=True),
    Job(name="retest_due", trigger=Every(360), verb="wms.jobs.quality:warn_of_retests", by_site=True),
    Job(name="goods_apart", trigger=Daily(19, 45), verb="wms.jobs.quality:leave_tasks_apart", by_site=True),
    Job(name="quarantine_old", trigger=Every(60), verb="wms.jobs.service:warn_of_old_quarantine", by_site=True),
    Job(
        name="label_checks",
        trigger=Every(60),
        verb="wms.label_checks.service:draw_daily",
        by_site=True,
        with_config=True,
        setting="label_checks",
    ),
    Job(name="licences", trigger=Daily(17, 5), verb="wms.jobs.service:warn_of_licences", by_site=True),
    Job(name="retained_due", trigger=Daily(20, 30), verb="wms.inspection.service:retained_due", by_site=True),
    Job(
        name="reader_silent",
        trigger=Every(1),
        verb="wms.jobs.service:warn_of_silent_readers",
        catch_up=timedelta(minutes=1),
    ),
    Job(name="printers", trigger=Every(2), verb="wms.jobs.service:warn_of_printers", catch_up=timedelta(minutes=2)),
    Job(
        name="mail",
        trigger=Every(1),
        look="wms.mail.sender:deliver_due",
        verb="wms.jobs.mailing:warn_of_mail",
        with_config=True,
        setting="smtp_host",
        catch_up=timedelta(minutes=1),
    ),
    Job(name="complaints_due", trigger=Every(10), verb="wms.complaints.service.clocks:warn_of_answers", by_site=True),
    Job(name="recalls_due", trigger=Every(10), verb="wms.recall.service:alert_overdue"),
    Job(
        name="recall_letters",
        trigger=Every(1),
        look="wms.recall.notice_drawing:draw_due",
        verb="wms.recall.notice_drawing:warn_of_letters",
        with_config=True,
        catch_up=timedelta(minutes=1),
    ),
    Job(name="capas_due", trigger=Every(60), verb="wms.complaints.service.clocks:warn_of_capas", by_site=True),
    Job(
        name="gaps",
        trigger=Daily(20, 10),
        look="wms.gaps.queries.finding:look",
        verb="wms.gaps.service:settle",
        by_site=True,
    ),
    Job(
        name="ledger_audit",
        trigger=Daily(19, 15),
        look="wms.jobs.service:look_at_ledger",
        verb="wms.jobs.service:audit_ledger",
    ),
    Job(
        name="seal",
        trigger=Every(5),
        look="wms.evidence.queries:late_records",
        verb="wms.evidence.service:seal_next",
        repeats=True,
        patience=timedelta(hours=6),
        catch_up=timedelta(minutes=5),
    ),
    Job(
        name="verify",
        trigger=Daily(20, 45),
        look="wms.evidence.verifying:look",
        verb="wms.evidence.service:settle_check",
        patience=timedelta(hours=6),
    ),
    Job(
        name="stock_snapshot",
        trigger=Daily(1, 20),
        verb="wms.stock.asof:take_next",
        repeats=True,
        patience=timedelta(hours=6),
    ),
    Job(name="settle_runs", trigger=Every(10), verb="wms.jobs.service:settle_runs"),
    Job(
        name="retention",
        trigger=Daily(18, 30),
        verb="wms.jobs.retention:sweep",
        repeats=True,
        with_config=True,
        patience=timedelta(hours=6),
    ),
    Job(
        name="backup",
        trigger=Daily(17, 45),
        look="wms.backup.making:make_nightly",
        verb="wms.jobs.service:note_backup",
        with_config=True,
        setting="backup_dir",
        patience=timedelta(hours=12),
    ),
    Job(
        name="backup_age",
        trigger=Every(360),
        verb="wms.jobs.service:warn_of_old_backup",
        with_config=True,
        setting="backup_dir",
    ),
)


def get(name: str) -> Job:
    """Give the job of a name; KeyError when there is none."""
    return {job.name: job for job in JOBS}[name]
