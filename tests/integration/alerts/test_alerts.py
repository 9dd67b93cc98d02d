"""One alert for one fact, whoever finds it and how often; settled by a person or by the fact's end."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from tests import given
from wms.alerts import queries, service
from wms.alerts.models import Alert, AlertKind, AlertState, Severity
from wms.core.clock import now
from wms.core.errors import NotFound, WrongState
from wms.core.ids import SYSTEM_USER, AlertId
from wms.db import run_in_transaction
from wms.events.models import OutboxEvent


def raise_one(**more: Any) -> AlertId:
    values: dict[str, Any] = {
        "kind": AlertKind.EXPIRY_NEAR, "severity": Severity.WARNING, "warehouse": None, "subject_key": "expiry:1:2",
        "data": {"lot": "L1"}, "at": given.NOW,
    }  # fmt: skip
    return run_in_transaction(service.raise_alert, **(values | more))


def test_a_fact_found_again_is_noted_on_the_same_alert_and_told_once(db: Any) -> None:
    first = raise_one()
    later = given.NOW + timedelta(hours=1)
    again = raise_one(at=later, severity=Severity.CRITICAL, data={"lot": "L1", "left": 2})
    row = queries.get_alert(first)
    db.session.refresh(row)
    assert again == first
    assert (row.raised_at, row.last_seen_at, row.severity, row.data["left"]) == (given.NOW, later, Severity.CRITICAL, 2)
    assert db.session.scalar(select(func.count()).where(OutboxEvent.kind == "AlertRaised")) == 1


def test_an_acknowledged_alert_does_not_ring_again_and_a_resolved_one_makes_room(db: Any) -> None:
    person = given.user("ann", "supervisor")
    alert = raise_one()
    run_in_transaction(service.acknowledge, alert, actor=person, at=given.NOW)
    assert raise_one() == alert
    run_in_transaction(service.resolve, alert, note="sold first", actor=person, at=given.NOW)
    assert raise_one() != alert
    with pytest.raises(WrongState):
        run_in_transaction(service.acknowledge, alert, actor=person, at=given.NOW)
    with pytest.raises(NotFound):
        run_in_transaction(service.resolve, AlertId(1), note="x", actor=person, at=given.NOW)


def test_the_end_of_the_fact_settles_it(db: Any) -> None:
    raise_one()
    assert run_in_transaction(service.resolve_subject, "expiry:1:2", actor=SYSTEM_USER, at=given.NOW)
    assert not run_in_transaction(service.resolve_subject, "expiry:1:2", actor=SYSTEM_USER, at=given.NOW)


def test_the_badge_counts_what_is_open_here_and_what_is_of_no_warehouse(db: Any) -> None:
    here, there = given.warehouse(), given.warehouse()
    raise_one(warehouse=here.id, subject_key="a")
    raise_one(warehouse=there.id, subject_key="b")
    raise_one(warehouse=None, subject_key="c")
    run_in_transaction(
        service.acknowledge, raise_one(warehouse=here.id, subject_key="d"), actor=SYSTEM_USER, at=given.NOW
    )
    assert queries.count_open(here.id) == 2
    assert queries.count_by_state(here.id) == {AlertState.OPEN: 2, AlertState.ACKNOWLEDGED: 1}


def test_what_blocks_a_shipment_is_found_until_it_is_resolved(db: Any) -> None:
    alert = raise_one(blocks_shipment=77)
    assert [a.id for a in queries.list_blocking(77)] == [alert]
    run_in_transaction(service.resolve, alert, note="taken off", actor=SYSTEM_USER, at=given.NOW)
    assert not queries.list_blocking(77)


def find_the_same_fact(times: int) -> None:
    for _ in range(times):
        raise_one(at=now())


def test_four_processes_that_find_one_fact_make_one_alert(run_at_once: Any, db: Any) -> None:
    outcomes = run_at_once(find_the_same_fact, [(10,)] * 4)
    assert [o.error for o in outcomes] == [None] * 4
    assert db.session.scalar(select(func.count()).select_from(Alert)) == 1
    assert db.session.scalar(select(func.count()).where(OutboxEvent.kind == "AlertRaised")) == 1
