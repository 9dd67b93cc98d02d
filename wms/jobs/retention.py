"""What is forgotten, after how many days: traces of machines and answers kept for them; never a record of the trade.

`sweep` is one small transaction: at most BATCH rows of each kind, the oldest first, found by an index and not by a walk
over the table. The runner calls it until nothing is left. It never touches ledger, audit, passages, receipts, alerts.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import delete, select
from sqlalchemy.orm import InstrumentedAttribute

from wms.core.ids import UserId
from wms.db import db
from wms.events.models import OutboxEvent
from wms.jobs.models import JobRun
from wms.rfid.models import Episode, GpoCommand
from wms.web.models import IdempotencyKey

if TYPE_CHECKING:
    from config import Config

BATCH: Final = 500


def sweep(*, config: Config, actor: UserId, at: datetime) -> dict[str, int]:
    """Forget a batch of what is old; the rows of each kind. All zero when there is no more."""
    return {
        # Nothing delivers events yet, so nobody waits for one: age alone decides. A consumer will hold back what it lacks.
        "events": _forget(OutboxEvent.seq, OutboxEvent.occurred_at, config.keep_outbox_days, at),
        "answers": _forget(
            IdempotencyKey.id, IdempotencyKey.started_at, config.keep_idempotency_days, at, by_time=True
        ),
        "episodes": _forget(Episode.id, Episode.received_at, config.keep_episode_days, at),
        "lights": _forget(GpoCommand.id, GpoCommand.made_at, config.keep_episode_days, at),
        "runs": _forget(JobRun.id, JobRun.started_at, config.keep_job_run_days, at),
    }


def _forget(
    key: InstrumentedAttribute[Any],
    moment: InstrumentedAttribute[Any],
    days: int,
    at: datetime,
    *,
    by_time: bool = False,
) -> int:
    """Delete the oldest rows of a table that are older than so many days; 0 days keep all.

    Keys are made in the order of time (wms/core/ids.py), so the first BATCH by key are the oldest: the primary key is
    all it takes, and a table with nothing old costs a look at BATCH rows. Where time has an index, that leads.
    """
    if not days:
        return 0
    oldest = select(key, moment).order_by(moment if by_time else key).limit(BATCH)
    old = [row[0] for row in db.session.execute(oldest) if row[1] < at - timedelta(days=days)]
    if not old:
        return 0
    done = db.session.execute(delete(key.class_).where(key.in_(old)).execution_options(synchronize_session=False))
    return int(done.rowcount)  # type: ignore[attr-defined]
