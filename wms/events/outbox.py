"""emit(event): one row in the caller's transaction."""

import dataclasses
from collections.abc import Sequence
from datetime import date, datetime
from enum import Enum
from typing import Any

from sqlalchemy import insert

from wms.core.errors import ProgrammingError
from wms.core.ids import UserId
from wms.core.quantity import Quantity
from wms.db import db, in_write_transaction
from wms.events.models import OutboxEvent


def emit_all(events: Sequence[Any], *, actor: UserId | None, at: datetime) -> None:
    """Store several events in their order, by one statement."""
    if events:
        session = db.session()
        if not in_write_transaction(session):
            raise ProgrammingError(what="emit outside a transaction")
        session.execute(insert(OutboxEvent), [_row(event, actor=actor, at=at) for event in events])


def emit(event: Any, *, actor: UserId | None, at: datetime) -> None:
    """Store `event` (a frozen dataclass of wms.events.catalog) beside the change that made it true."""
    session = db.session()
    if not in_write_transaction(session):
        raise ProgrammingError(what="emit outside a transaction")
    session.execute(insert(OutboxEvent).values(**_row(event, actor=actor, at=at)))


def _row(event: Any, *, actor: UserId | None, at: datetime) -> dict[str, Any]:
    payload = {f.name: _plain(getattr(event, f.name)) for f in dataclasses.fields(event)}
    return {"kind": type(event).__name__, "payload": payload, "actor_id": actor, "occurred_at": at}


def _plain(value: Any) -> Any:
    """Ids and quantities leave as text: JSON numbers lose digits above 2^53."""
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Quantity | int):
        return str(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, tuple | list | frozenset):
        return [_plain(v) for v in value]
    return value
