"""The figures that stand in the database, read at a scrape: one small statement for each table, all by an index.

Every process of an installation reads the same ones; with several web servers, take the largest (`max by`), not the sum.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from wms.alerts.models import Alert, AlertState
from wms.core.clock import now
from wms.core.version import VERSION, build
from wms.db import db, let_go, outage
from wms.events.models import OutboxEvent
from wms.jobs.models import JobRun
from wms.rfid.models import Gateway
from wms.sites.models import Warehouse
from wms.tasks.models import Task, TaskKind, TaskState

log = logging.getLogger(__name__)
Family = GaugeMetricFamily | CounterMetricFamily


def read() -> Iterator[Family]:
    """Give every family; without the database only `wms_database_up 0` and the version."""
    yield _family("wms_build", "What runs: always 1", {(VERSION, build()): 1}, ["version", "build"])
    try:
        families = list(_from_database(db.session()))
    except SQLAlchemyError as failed:
        families = []
        if not outage.is_outage(failed):
            log.exception("the figures of the database could not be read")
    let_go()
    yield _family("wms_database_up", "1 when the database answered this scrape", {(): 1 if families else 0}, [])
    yield from families


def _from_database(session: Session) -> Iterator[Family]:
    at = now()
    sites: dict[int | None, str] = {row.id: row.code for row in session.execute(select(Warehouse.id, Warehouse.code))}
    yield _family(
        "wms_alerts", "Alerts that are not resolved", _open_alerts(session, sites), ["warehouse", "severity", "state"]
    )
    yield _family(
        "wms_tasks", "Tasks that wait or are under way", _open_tasks(session, sites), ["warehouse", "kind", "state"]
    )
    yield _family("wms_outbox_events", "Events kept in the outbox, by their numbers", _outbox(session), [])
    runs = session.execute(
        select(JobRun.job, JobRun.state, func.count().label("runs"), func.max(JobRun.started_at).label("last_at"))
        .group_by(JobRun.job, JobRun.state)
    ).all()  # fmt: skip
    yield _family(
        "wms_job_runs", "Runs of jobs that are on record, by state",
        {(row.job, row.state): row.runs for row in runs}, ["job", "state"],
    )  # fmt: skip
    yield _family(
        "wms_job_last_run_age_seconds", "Time since a job last began, by what came of it",
        {(row.job, row.state): (at - row.last_at).total_seconds() for row in runs if row.last_at}, ["job", "state"],
    )  # fmt: skip
    gateways = session.execute(
        select(Gateway.code, Gateway.last_seen_at, Gateway.last_sequence).where(Gateway.is_active)
    ).all()
    yield _family(
        "wms_gateway_last_seen_age_seconds", "Time since an RFID gateway was last heard",
        {(row.code,): (at - row.last_seen_at).total_seconds() for row in gateways if row.last_seen_at}, ["gateway"],
    )  # fmt: skip
    stored = CounterMetricFamily(
        "wms_rfid_items_stored", "Items of an RFID gateway that are stored", labels=["gateway"]
    )
    for row in gateways:
        stored.add_metric([row.code], row.last_sequence)
    yield stored


def _open_alerts(session: Session, sites: dict[int | None, str]) -> dict[tuple[str, ...], float]:
    statement = (
        select(Alert.warehouse_id, Alert.severity, Alert.state, func.count())
        .where(Alert.state != AlertState.RESOLVED)
        .group_by(Alert.warehouse_id, Alert.severity, Alert.state)
    )
    return {
        (sites.get(site, ""), severity, state): count for site, severity, state, count in session.execute(statement)
    }


def _open_tasks(session: Session, sites: dict[int | None, str]) -> dict[tuple[str, ...], float]:
    # Every column before the state is named, so that done tasks, however many, are not even looked at.
    statement = (
        select(Task.warehouse_id, Task.kind, Task.state, func.count())
        .where(
            Task.warehouse_id.in_(sites),
            Task.kind.in_(list(TaskKind)),
            Task.state.in_([TaskState.OPEN, TaskState.TAKEN, TaskState.STOPPED]),
        )
        .group_by(Task.warehouse_id, Task.kind, Task.state)
    )
    return {(sites.get(site, ""), kind, state): count for site, kind, state, count in session.execute(statement)}


def _outbox(session: Session) -> dict[tuple[str, ...], float]:
    """From the first number to the last, by the two ends of the key: counting the rows would read them all."""
    first, last = session.execute(
        select(select(func.min(OutboxEvent.seq)).scalar_subquery(), select(func.max(OutboxEvent.seq)).scalar_subquery())
    ).one()
    return {(): 0 if last is None else last - first + 1}


def _family(name: str, words: str, values: dict[Any, float], labels: list[str]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, words, labels=labels)
    for key, value in values.items():
        family.add_metric([str(part) for part in key], value)
    return family
