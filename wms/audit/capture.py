"""Capture at the flush: each created, changed or deleted row of a document or master table, in the same transaction.

Left out: the ledger and its hold sets and the signatures (their own history), outbox, audit, job runs, print jobs, tries of messages, raw episodes and lights of readers.
Secrets are masked; a pulse (last seen, last message) alone makes no entry. Changes made by a guarded UPDATE statement
are not seen here: those tables (tasks, alerts) keep who and when in columns of their own.
"""

from __future__ import annotations

import hashlib
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, Final

from sqlalchemy import event, insert, inspect
from sqlalchemy.orm import Session

from wms.audit.context import who
from wms.audit.models import AuditEntry
from wms.core.clock import now
from wms.core.quantity import Quantity
from wms.db import db

LEFT_OUT: Final = frozenset(
    {
        "audit_entry", "outbox_event", "job_run", "backup_run", "episode", "gpo_command", "hold_set", "hold_set_member", "ended_session",
        "stock_posting", "stock_move", "stock_balance", "stock_claim", "import_row", "import_mark", "signature", "signing_key", "paper_series",
        "print_job", "mail_try",
    }
)  # fmt: skip
SECRET: Final = frozenset(
    {
        "password_hash",
        "badge_hash",
        "pin_hash",
        "session_token",
        "secret_hash",
        "setup_hash",
        "token_hash",
        "token_prefix",
        "key_hash",
        "key_sealed",
    }
)
#: Columns that beat by themselves: a row where nothing else changed makes no entry.
PULSE: Final = frozenset(
    {
        "last_seen_at",
        "last_message_at",
        "last_used_at",
        "last_sequence",
        "state_at",
        "failed_count",
        "locked_until_at",
        "holder_id",
        "last_sent_at",
        "leased_until_at",
        "fault",
        "fault_since_at",
        "sound",
    }
)
MASK: Final = "•••"
_EXACT_IN_JSON: Final = 2**53


def listen() -> None:
    """From here on every change leaves its trace; called by the factory's set-up, once or often."""
    if not event.contains(Session, "after_flush", _capture):
        event.listen(Session, "after_flush", _capture)


def _capture(session: Session, _context: Any) -> None:
    """Write the entries of one flush by one statement."""
    found = [
        (row, action, changes)
        for rows, action in ((session.new, "created"), (session.dirty, "changed"), (session.deleted, "deleted"))
        for row in rows
        if row.__table__.name not in LEFT_OUT and (changes := _changes(row, action))
    ]
    if not found:
        return
    acting, at = who(), now()
    session.connection().execute(
        insert(AuditEntry),
        [
            {
                "at": at,
                "actor_id": acting.actor,
                "device_id": acting.device,
                "entity": row.__table__.name,
                "entity_id": identity_of(inspect(row).mapper.primary_key_from_instance(row)[0]),
                "action": action,
                "changes": changes,
                "reason": acting.reason[:500],
            }
            for row, action, changes in found
        ],
    )


def identity_of(key: Any) -> int:
    """The number under which a record stands in the trail: its id, or one made of a key that is a text."""
    if isinstance(key, int):
        return key
    return int.from_bytes(hashlib.sha256(str(key).encode()).digest()[:8], "big") >> 1


def record(entity: str, entity_id: int, *, action: str, changes: dict[str, list[Any]]) -> None:
    """Write one entry for what went past the flush, such as many rows made by one statement."""
    acting = who()
    db.session.execute(
        insert(AuditEntry).values(
            at=now(), actor_id=acting.actor, device_id=acting.device, entity=entity, entity_id=entity_id,
            action=action, changes=changes, reason=acting.reason[:500],
        )
    )  # fmt: skip


def _changes(row: Any, action: str) -> dict[str, list[Any]]:
    """Say, by column, [before, after] of what changed; of a new row what it has, of a deleted one what it had."""
    changes: dict[str, list[Any]] = {}
    state = inspect(row)
    for attribute in state.mapper.column_attrs:
        name = attribute.columns[0].name
        if action == "changed":
            history = state.attrs[attribute.key].history
            if not history.has_changes():
                continue
            before = history.deleted[0] if history.deleted else None
            after = history.added[0] if history.added else None
            if name in PULSE or before == after:
                continue
        else:
            value = state.dict.get(attribute.key)
            if value is None or name == "id" or name in PULSE:
                continue
            before, after = (None, value) if action == "created" else (value, None)
        if name in SECRET:
            before, after = before and MASK, after and MASK
        changes[name] = [_plain(before), _plain(after)]
    return changes


def _plain(value: Any) -> Any:
    """A value as JSON holds it: exact, an id as text since JSON readers lose digits beyond 2^53."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Quantity | Decimal):
        return str(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > _EXACT_IN_JSON:
        return str(value)
    return value
