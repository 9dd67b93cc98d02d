"""Reads of the audit trail: the history of one record, and what one person did."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Table, select

from wms.audit.models import AuditEntry
from wms.core.ids import UserId
from wms.db import Base, db


@dataclass(frozen=True)
class Change:
    """One entry with the name of the person, None for an act of nobody; where it is known, the device and its warehouse."""

    entry: AuditEntry
    actor_name: str | None
    device: str = ""
    warehouse: str = ""


def history(entity: str, entity_id: int, *, limit: int = 200) -> Sequence[Change]:
    """List the changes of one record (`entity` is its table's name), the newest first."""
    statement = _changes().where(AuditEntry.entity == entity, AuditEntry.entity_id == entity_id).limit(limit)
    return [_change(row) for row in db.session.execute(statement)]


def field_values(entity: str, entity_id: int, field: str) -> Sequence[tuple[Change, Any, Any]]:
    """List the past values of one field as (change, before, after), the newest first."""
    return [(c, *c.entry.changes[field]) for c in history(entity, entity_id) if field in c.entry.changes]


def done_by(actor: UserId, *, limit: int = 200) -> Sequence[Change]:
    """List what one person changed, the newest first."""
    statement = _changes().where(AuditEntry.actor_id == actor).limit(limit)
    return [_change(row) for row in db.session.execute(statement)]


def _change(row: Any) -> Change:
    return Change(row[0], row.full_name, row.device or "", row.warehouse or "")


def _changes() -> Any:
    return trail().order_by(AuditEntry.seq.desc())


def trail() -> Any:
    """Entries with the names of person, device and its warehouse: (AuditEntry, full_name, device, warehouse).

    They live floors above, so their tables are found by name as every entity here is.
    """
    people, devices, sites = _tables("user_account", "device", "warehouse")
    return (
        select(AuditEntry, people.c.full_name, devices.c.name.label("device"), sites.c.code.label("warehouse"))
        .outerjoin(people, people.c.id == AuditEntry.actor_id)
        .outerjoin(devices, devices.c.id == AuditEntry.device_id)
        .outerjoin(sites, sites.c.id == devices.c.warehouse_id)
    )


def _tables(*names: str) -> list[Table]:
    return [Base.metadata.tables[name] for name in names]
