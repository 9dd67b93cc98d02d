"""The scribe: draws the letters of recall notices, a few at a time, outside every transaction, since each takes its time.

Called by a job. Any number of processes may run it: a notice is leased by its row, and what a process took and did not
finish is taken again when the lease ends. A letter is kept under the hash of its bytes and tied to its notice once.
"""

from __future__ import annotations

import logging
import time
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from wms.alerts import service as alerts
from wms.alerts.models import AlertKind, Severity
from wms.core.clock import now
from wms.core.errors import Unavailable, WmsError
from wms.core.ids import UserId
from wms.db import outage, run_in_transaction
from wms.files import service as files
from wms.labels.letter import draw_letter, unpacked
from wms.recall import notice_queries, notices
from wms.recall.notices import Undrawn

if TYPE_CHECKING:
    from config import Config

log = logging.getLogger(__name__)

#: So many letters are taken at once: a lease holds long enough for all of them.
BATCH: Final = 10
#: One run ends after this; what is left is for the next.
RUN_SECONDS: Final = 300.0
_PREFIX: Final = "recall-letters:"


def draw_due(*, config: Config) -> dict[str, int]:
    """Draw the letters that wait until none does or the time is over: how many were drawn, and could not be."""
    total = {"drawn": 0, "failed": 0}
    end = time.monotonic() + RUN_SECONDS
    while time.monotonic() < end:
        taken = run_in_transaction(notices.take_undrawn, limit=BATCH, at=now())
        if not taken:
            break
        for one in taken:
            total["drawn" if _draw(one, data_dir=Path(config.data_dir)) else "failed"] += 1
    return total


def _draw(one: Undrawn, *, data_dir: Path) -> bool:
    """Draw one letter and keep it in a transaction of its own; a letter that cannot be drawn stops no other."""
    try:
        content = draw_letter(unpacked(one.letter))
        kept = files.keep_file(content, name="notice.pdf", data_dir=data_dir, bytes_max=len(content))
        run_in_transaction(notices.note_drawn, one.notice, kept, at=now())
    except Exception as failed:
        if isinstance(failed, Unavailable) or outage.is_outage(failed):
            raise  # the database is away: the lease ends by itself
        log.exception("the letter of notice %s could not be drawn", one.notice)
        run_in_transaction(notices.note_fault, one.notice, _fault_of(failed), at=now())
        return False
    return True


def _fault_of(failed: Exception) -> str:
    return failed.code if isinstance(failed, WmsError) else f"{type(failed).__name__}: {failed}"


def warn_of_letters(*, found: dict[str, int], config: Config, actor: UserId, at: datetime) -> dict[str, int]:
    """Alert for each recall of which a letter could not be drawn; settle those that were looked after."""
    keep = set()
    for row in notice_queries.recalls_with_faults():
        key = f"{_PREFIX}{row.recall}"
        keep.add(key)
        alerts.raise_alert(
            kind=AlertKind.MAIL_FAILED, severity=Severity.CRITICAL, warehouse=row.warehouse, subject_key=key,
            subject_kind="recall", subject_id=row.recall,
            data={"subject": row.subject, "recipient": row.sent_to, "error": row.fault}, at=at,
        )  # fmt: skip
    alerts.resolve_others(AlertKind.MAIL_FAILED, prefix=_PREFIX, keep=keep, actor=actor, at=at)
    return found
