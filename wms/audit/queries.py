"""Reads of the audit trail: the history of one record, and what one person did."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from wms.audit.models import AuditEntry
from wms.core.ids import UserId
from wms.db import db


def history(entity: str, entity_id: int, *, limit: int = 200) -> Sequence[AuditEntry]:
    """List the changes of one record (`entity` is its table's name), the newest first."""
    statement = (
        select(AuditEntry)
        .where(AuditEntry.entity == entity, AuditEntry.entity_id == entity_id)
        .order_by(AuditEntry.seq.desc())
        .limit(limit)
    )
    return db.session.execute(statement).scalars().all()


def field_values(entity: str, entity_id: int, field: str) -> Sequence[tuple[AuditEntry, object, object]]:
    """List the past values of one field as (entry, before, after), the newest first."""
    return [(e, *e.changes[field]) for e in history(entity, entity_id) if field in e.changes]


def done_by(actor: UserId, *, limit: int = 200) -> Sequence[AuditEntry]:
    """List what one person changed, the newest first."""
    statement = select(AuditEntry).where(AuditEntry.actor_id == actor).order_by(AuditEntry.seq.desc()).limit(limit)
    return db.session.execute(statement).scalars().all()
