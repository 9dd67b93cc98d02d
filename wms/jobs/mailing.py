"""The mail job's word to people: an address that was given up, and a mail server that takes nothing for long."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from wms.alerts import service as alerts
from wms.alerts.models import AlertKind, Severity
from wms.core.ids import UserId
from wms.mail import queries

if TYPE_CHECKING:
    from config import Config

#: A message that was tried and waits so long is told of, before it is given up.
LATE_AFTER: Final = timedelta(minutes=30)
_PREFIX: Final = "mail:"
_LATE: Final = "mail-late"


def warn_of_mail(*, found: Mapping[str, int], config: Config, actor: UserId, at: datetime) -> dict[str, int]:
    """Alert for each address that was given up, and once for all that wait too long; settle what was looked after.

    `found` is what wms.mail.sender:deliver_due did just before.
    """
    keep = set()
    for row in queries.given_up():
        key = f"{_PREFIX}{row.recipient}"
        keep.add(key)
        alerts.raise_alert(
            kind=AlertKind.MAIL_FAILED, severity=Severity.CRITICAL, warehouse=row.warehouse, subject_key=key,
            subject_kind="mail", subject_id=row.mail,
            data={"subject": row.subject, "recipient": row.address, "error": row.error}, at=at,
        )  # fmt: skip
    alerts.resolve_others(AlertKind.MAIL_FAILED, prefix=_PREFIX, keep=keep, actor=actor, at=at)
    count, first = queries.late(since=at - LATE_AFTER)
    if first is not None:
        alerts.raise_alert(
            kind=AlertKind.MAIL_FAILED, severity=Severity.WARNING, warehouse=None, subject_key=_LATE,
            subject_kind="mail", subject_id=first.mail,
            data={"subject": first.subject, "recipient": first.address, "error": first.error}, at=at,
        )  # fmt: skip
    else:
        alerts.resolve_subject(_LATE, actor=actor, at=at)
    return {**found, "late": count}
