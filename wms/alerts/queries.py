"""Reads of alerts: the list with its filters, the badge, one alert, what blocks a shipment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session, aliased

from wms.accounts.models import User
from wms.alerts.models import Alert, AlertKind, AlertState
from wms.core.errors import NotFound
from wms.core.ids import AlertId, WarehouseId
from wms.db import db
from wms.db.paging import Page, SortKey, after, page_of

PAGE_SIZE = 50


@dataclass(frozen=True)
class AlertRow:
    """An alert with the names of who acknowledged and resolved it."""

    alert: Alert
    acknowledged_by: str | None
    resolved_by: str | None


def count_open(warehouse: WarehouseId) -> int:
    """Count the alerts that nobody has acknowledged yet, for the badge: those of the warehouse and of none, so far as 100."""
    those = select(Alert.id).where(_is_of(warehouse), Alert.state == AlertState.OPEN).limit(100).subquery()
    return int(_session().execute(select(func.count()).select_from(those)).scalar_one())


def count_by_kind(warehouse: WarehouseId, state: AlertState) -> Mapping[AlertKind, int]:
    """Count the alerts of a state by kind, for the chips."""
    return _count(Alert.kind, warehouse, Alert.state == state)


def count_by_state(warehouse: WarehouseId) -> Mapping[AlertState, int]:
    """Count the alerts by state, for the tabs."""
    return _count(Alert.state, warehouse)


def _count(column: Any, warehouse: WarehouseId, *conditions: ColumnElement[bool]) -> dict[Any, int]:
    """Count by a column in two parts, each within the index: with OR settled alerts of years would be read too."""
    of = select(column.label("word"), func.count().label("count")).where(*conditions).group_by(column)
    parts = of.where(Alert.warehouse_id == warehouse).union_all(of.where(Alert.warehouse_id.is_(None))).subquery()
    statement = select(parts.c.word, func.sum(parts.c.count)).group_by(parts.c.word)
    return {row[0]: int(row[1]) for row in _session().execute(statement)}


def list_alerts(
    warehouse: WarehouseId,
    *,
    state: AlertState,
    kind: AlertKind | None = None,
    cursor: str | None = None,
    size: int = PAGE_SIZE,
) -> Page[AlertRow]:
    """List the alerts of a state, the newest first."""
    statement = _rows().where(_is_of(warehouse), Alert.state == state)
    if kind is not None:
        statement = statement.where(Alert.kind == kind)
    # An id grows with the time of its making, so it sorts as `raised_at` does.
    keys = [SortKey(Alert.id.expression, descending=True)]
    rows = [AlertRow(row[0], row[1], row[2]) for row in _session().execute(after(statement, keys, cursor, size=size))]
    return page_of(rows, size=size, values=lambda row: (row.alert.id,))


def get_alert(alert: AlertId) -> Alert:
    """Give an alert; NotFound otherwise."""
    found = _session().get(Alert, alert)
    if found is None:
        raise NotFound(kind="alert", text=str(alert))
    return found


def get_row(alert: AlertId) -> AlertRow:
    """Give an alert with the names of its people; NotFound otherwise."""
    found = _session().execute(_rows().where(Alert.id == alert)).one_or_none()
    if found is None:
        raise NotFound(kind="alert", text=str(alert))
    return AlertRow(found[0], found[1], found[2])


def list_blocking(shipment: int) -> Sequence[Alert]:
    """List the alerts that are not resolved and keep a shipment from leaving."""
    statement = (
        select(Alert)
        .where(Alert.blocks_shipment_id == shipment, Alert.state != AlertState.RESOLVED)
        .order_by(Alert.raised_at)
    )
    return _session().execute(statement).scalars().all()


def find_unsettled(subject_key: str) -> Alert | None:
    """Give the alert that stands open or acknowledged for a subject, or None."""
    statement = select(Alert).where(Alert.subject_key == subject_key[:120], Alert.state != AlertState.RESOLVED)
    return _session().execute(statement).scalar_one_or_none()


def _rows() -> Any:
    acknowledger, resolver = aliased(User), aliased(User)
    return (
        select(Alert, acknowledger.full_name, resolver.full_name)
        .outerjoin(acknowledger, acknowledger.id == Alert.acknowledged_by)
        .outerjoin(resolver, resolver.id == Alert.resolved_by)
    )


def _is_of(warehouse: WarehouseId) -> ColumnElement[bool]:
    return or_(Alert.warehouse_id == warehouse, Alert.warehouse_id.is_(None))


def _session() -> Session:
    return db.session()
