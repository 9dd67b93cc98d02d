"""Verbs of alerts. One open alert for one subject: the same fact found again is noted on it and rings no second time.

The rows are written by guarded statements, so that two processes that find the same fact at once make one alert.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session

from wms.alerts.models import Alert, AlertKind, AlertState, Severity
from wms.core.errors import NotFound, ProgrammingError, WrongState
from wms.core.ids import AlertId, ShipmentId, UserId, WarehouseId, new_id
from wms.db import db, in_write_transaction
from wms.events.catalog import AlertRaised
from wms.events.outbox import emit

_UNSETTLED = text("state <> 'resolved'")
_TRIES = 3


def raise_alert(
    *,
    kind: AlertKind,
    severity: Severity,
    warehouse: WarehouseId | None,
    subject_key: str,
    subject_kind: str = "",
    subject_id: int | None = None,
    data: Mapping[str, Any],
    blocks_shipment: ShipmentId | int | None = None,
    at: datetime,
) -> AlertId:
    """Say that a person is needed; give the alert, new or the one that stands open for `subject_key` already.

    `data` (plain text and numbers) feeds the sentence of the kind; a repeat brings data, severity and `last_seen_at`
    up to date and leaves who acknowledged it. A warehouse of None is seen in every warehouse.
    """
    session = _session()
    news = {"severity": severity, "data": dict(data), "last_seen_at": at}
    for _ in range(_TRIES):
        found = session.execute(_touch(subject_key, news, blocks_shipment)).scalar()
        if found is not None:
            return AlertId(found)
        fresh = AlertId(new_id())
        made = session.execute(
            _insert(session)
            .values(
                id=fresh, kind=kind, state=AlertState.OPEN, warehouse_id=warehouse, subject_key=subject_key[:120],
                subject_kind=subject_kind, subject_id=subject_id, blocks_shipment_id=blocks_shipment, raised_at=at,
                resolution="", **news,
            )
            .on_conflict_do_nothing(index_elements=["subject_key"], index_where=_UNSETTLED)
            .returning(Alert.id)
        ).scalar()  # fmt: skip
        if made is not None:
            emit(AlertRaised(alert=fresh, kind=kind.value), actor=None, at=at)
            return fresh
    raise ProgrammingError(what="an alert neither found nor made", subject=subject_key)


def acknowledge(alert: AlertId, *, actor: UserId, at: datetime) -> None:
    """Say that a person saw it and takes care; WrongState when it is acknowledged or resolved already."""
    done = _session().execute(
        update(Alert)
        .where(Alert.id == alert, Alert.state == AlertState.OPEN)
        .values(state=AlertState.ACKNOWLEDGED, acknowledged_by=actor, acknowledged_at=at)
    )
    if done.rowcount != 1:  # type: ignore[attr-defined]
        raise _refusal(alert, event="acknowledge", needed=["open"])


def resolve(alert: AlertId, *, note: str, actor: UserId, at: datetime) -> None:
    """Settle it, with what was done; WrongState when it is resolved already."""
    done = _session().execute(
        update(Alert)
        .where(Alert.id == alert, Alert.state != AlertState.RESOLVED)
        .values(state=AlertState.RESOLVED, resolved_by=actor, resolved_at=at, resolution=note[:500])
    )
    if done.rowcount != 1:  # type: ignore[attr-defined]
        raise _refusal(alert, event="resolve", needed=["open", "acknowledged"])


def resolve_subject(subject_key: str, *, actor: UserId | None, at: datetime, note: str = "") -> bool:
    """Settle what stands open for a subject because the fact ended; say whether there was anything."""
    done = _session().execute(
        update(Alert)
        .where(Alert.subject_key == subject_key[:120], Alert.state != AlertState.RESOLVED)
        .values(state=AlertState.RESOLVED, resolved_by=actor, resolved_at=at, resolution=note[:500])
        .execution_options(synchronize_session="fetch")
    )
    return bool(done.rowcount)  # type: ignore[attr-defined]


def resolve_others(kind: AlertKind, *, prefix: str, keep: set[str], actor: UserId | None, at: datetime) -> int:
    """Settle the unsettled alerts of a kind whose subject starts with `prefix` and is not among `keep`: how many."""
    session = _session()
    open_keys = session.execute(
        select(Alert.subject_key).where(
            Alert.kind == kind,
            Alert.state != AlertState.RESOLVED,
            Alert.subject_key.startswith(prefix, autoescape=True),
        )
    ).scalars()
    return sum(resolve_subject(key, actor=actor, at=at) for key in set(open_keys) - {k[:120] for k in keep})


def _touch(subject_key: str, news: Mapping[str, Any], blocks_shipment: int | None) -> Any:
    values = dict(news)
    if blocks_shipment is not None:
        values["blocks_shipment_id"] = func.coalesce(Alert.blocks_shipment_id, blocks_shipment)
    return (
        update(Alert)
        .where(Alert.subject_key == subject_key[:120], Alert.state != AlertState.RESOLVED)
        .values(**values)
        .returning(Alert.id)
        .execution_options(synchronize_session=False)
    )


def _insert(session: Session) -> Any:
    if session.get_bind().dialect.name == "sqlite":
        from sqlalchemy.dialects.sqlite import insert
    else:
        from sqlalchemy.dialects.postgresql import insert  # type: ignore[assignment]
    return insert(Alert)


def _refusal(alert: AlertId, *, event: str, needed: list[str]) -> Exception:
    state = db.session.execute(select(Alert.state).where(Alert.id == alert)).scalar_one_or_none()
    if state is None:
        return NotFound(kind="alert", text=str(alert))
    return WrongState(subject="alert", state=state.value, event=event, needed=needed)


def _session() -> Session:
    session = db.session()
    if not in_write_transaction(session):
        raise ProgrammingError(what="an alert outside a transaction")
    return session
