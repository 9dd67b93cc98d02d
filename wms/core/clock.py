"""The time: one function, so that tests can fix it. Instants are aware and UTC; days are the warehouse's own."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo


def now() -> datetime:
    """Say the present instant, aware, in UTC."""
    return datetime.now(UTC)


def local_day(at: datetime, timezone: str) -> date:
    """Say which calendar day `at` falls on in the warehouse's time zone (an IANA name such as Asia/Shanghai)."""
    return at.astimezone(ZoneInfo(timezone)).date()


def day_begins(day: date, timezone: str) -> datetime:
    """Say at which instant a calendar day begins in a time zone, also where its midnight is skipped by a change of clocks.

    A skipped midnight is read with the offset before the change, and that is the instant of the change.
    """
    return datetime.combine(day, time(), ZoneInfo(timezone)).astimezone(UTC)
