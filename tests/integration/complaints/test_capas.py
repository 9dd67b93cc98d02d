"""A corrective action is closed only when its cause is known, its steps are done, and another person saw that it held."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from tests import given
from tests.given import NOW
from wms.alerts.models import Alert, AlertKind, AlertState
from wms.alerts.models import Severity as Loudness
from wms.complaints import queries, records, service
from wms.complaints.rules.states import ActionKind, CapaState, CauseMethod, Channel, LinkKind, Severity
from wms.core.errors import FieldErrors, KeyReused, MissingField, NotFound, OtherPersonNeeded, WrongState
from wms.core.ids import CapaId, UserId
from wms.db import run_in_transaction
from wms.signing.queries import beside, signatures_of

on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


class Bench:
    """A site with an owner, and another who checks."""

    def __init__(self) -> None:
        self.site = given.warehouse()
        self.owner: UserId = given.user(None, "quality", site=self.site)
        self.checker: UserId = given.user(None, "supervisor", site=self.site)

    def open(self, key: str = "k", **more: Any) -> CapaId:
        said: dict[str, Any] = {"problem": "Seals open", "owner": self.owner, "due_on": given.day(20)} | more
        cmd = service.OpenCapa(key=key, warehouse=self.site.id, **said)
        return run_in_transaction(service.open_capa, cmd, actor=self.owner, at=NOW)

    def step(self, capa: CapaId, due: int = 5) -> int:
        cmd = service.PlanAction(
            capa=capa, warehouse=self.site.id, kind=ActionKind.CORRECTIVE, what="Heat the jaw", owner=self.owner,
            due_on=given.day(due),
        )  # fmt: skip
        return run_in_transaction(service.plan_action, cmd, actor=self.owner, at=NOW)

    def done(self, capa: CapaId, line: int) -> None:
        run_in_transaction(
            service.finish_action, capa, line, warehouse=self.site.id, evidence="Photo 12", actor=self.owner, at=NOW
        )

    def cause(self, capa: CapaId) -> None:
        cmd = service.FindCause(capa=capa, warehouse=self.site.id, cause="Cold jaw", method=CauseMethod.FIVE_WHYS)
        run_in_transaction(service.find_cause, cmd, actor=self.owner, at=NOW)

    def plan_check(self, capa: CapaId, checker: UserId | None = None) -> None:
        cmd = service.PlanCheck(
            capa=capa, warehouse=self.site.id, criterion="No open seal in 30 days", due_on=given.day(30),
            checker=checker or self.checker,
        )  # fmt: skip
        run_in_transaction(service.plan_check, cmd, actor=self.owner, at=NOW)

    def check(self, capa: CapaId, is_effective: bool, by: UserId | None = None) -> None:
        cmd = service.CheckCapa(
            capa=capa, warehouse=self.site.id, is_effective=is_effective, result="Looked at 3 runs"
        )  # fmt: skip
        run_in_transaction(service.check_capa, cmd, actor=by or self.checker, at=NOW)

    def get(self, capa: CapaId) -> Any:
        return queries.get_capa(capa, warehouse=self.site.id)


def test_a_check_that_did_not_hold_opens_it_again_and_one_that_held_closes_it_signed(db: Any) -> None:
    bench = Bench()
    customer = given.partner(is_customer=True)
    cmd = service.RecordComplaint(
        key="c", warehouse=bench.site.id, customer=customer.id, language="en", channel=Channel.LETTER, received_at=NOW,
        what="Open seals", severity=Severity.MAJOR, owner=bench.owner,
    )  # fmt: skip
    complaint = run_in_transaction(service.record, cmd, actor=bench.owner, at=NOW)
    capa = bench.open(origin_kind="complaint", origin_id=complaint)
    assert bench.open(origin_kind="complaint", origin_id=complaint) == capa
    with pytest.raises(KeyReused):
        bench.open(problem="Another")
    (link,) = queries.links_of(complaint)
    assert (link.kind, link.target_id, link.number) == (LinkKind.CAPA, capa, bench.get(capa).number)
    assert bench.get(capa).origin_number == queries.get_complaint(complaint, warehouse=bench.site.id).number

    with pytest.raises(MissingField):
        bench.plan_check(capa)
    bench.cause(capa)
    with pytest.raises(WrongState):
        bench.plan_check(capa)
    line = bench.step(capa)
    with pytest.raises(WrongState):
        bench.plan_check(capa)
    bench.done(capa, line)
    with pytest.raises(WrongState):
        bench.done(capa, line)
    with pytest.raises(OtherPersonNeeded):
        bench.plan_check(capa, checker=bench.owner)
    bench.plan_check(capa)
    with pytest.raises(OtherPersonNeeded):
        bench.check(capa, True, by=bench.owner)
    bench.check(capa, False)
    assert bench.get(capa).state is CapaState.OPEN and bench.get(capa).round == 2
    with pytest.raises(WrongState):
        bench.plan_check(capa)
    bench.done(capa, bench.step(capa))
    bench.plan_check(capa)
    bench.check(capa, True)

    def close() -> None:
        service.close_capa(capa, warehouse=bench.site.id, closing="It held", actor=bench.checker, at=NOW)

    run_in_transaction(close)
    found = bench.get(capa)
    assert found.state is CapaState.CLOSED and [one.is_effective for one in found.checks] == [False, True]
    (seen,) = beside(records.of_capa(found), signatures_of(records.CAPA, capa))
    assert seen.row.is_genuine and seen.is_unchanged and seen.row.meaning.value == "closed"

    def tamper() -> None:  # as one who is the owner of the database may
        if db.engine.dialect.name == "sqlite":
            db.session.execute(text("DROP TRIGGER capa_action_no_update"))
        else:
            db.session.execute(text("ALTER TABLE capa_action DISABLE TRIGGER capa_action_no_change"))
        bench.get(capa).actions[0].evidence = "Photo 13"

    run_in_transaction(tamper)
    (seen,) = beside(records.of_capa(bench.get(capa)), signatures_of(records.CAPA, capa))
    assert seen.changed == ("actions",)
    with pytest.raises(WrongState):
        run_in_transaction(close)


@on_sqlite
def test_steps_and_checks_ring_before_they_are_due_and_louder_after(db: Any) -> None:
    bench = Bench()
    capa = bench.open()
    line = bench.step(capa, due=5)

    def warn(day: int) -> list[Alert]:
        at = NOW + timedelta(days=day)
        run_in_transaction(
            service.warn_of_capas, warehouse=bench.site.id, on=given.day(day), actor=UserId(1), at=at
        )  # fmt: skip
        db.session.expire_all()
        return list(
            db.session.query(Alert).filter(Alert.kind == AlertKind.CAPA_DUE, Alert.state != AlertState.RESOLVED)
        )

    assert warn(1) == []
    assert [one.severity for one in warn(2)] == [Loudness.WARNING]
    (alert,) = warn(6)
    assert alert.severity is Loudness.CRITICAL and alert.data["due"] == given.day(5).isoformat()
    bench.done(capa, line)
    assert warn(6) == []
    bench.cause(capa)
    bench.plan_check(capa)
    assert [one.data["what"] for one in warn(28)] == ["No open seal in 30 days"]


@on_sqlite
def test_where_it_comes_from_must_be_there_and_days_must_lie_ahead(db: Any) -> None:
    bench = Bench()
    for kind in ("complaint", "nonconformance"):
        with pytest.raises(NotFound):
            bench.open(origin_kind=kind, origin_id=77)
    with pytest.raises(FieldErrors):
        bench.open(due_on=given.day(-1))
    capa = bench.open(origin_kind="recall", origin_id=5, origin_number="R-1")
    assert queries.capas_from("recall", 5)[0].id == capa
    with pytest.raises(FieldErrors):
        bench.step(capa, due=-1)
    with pytest.raises(NotFound):
        bench.done(capa, 9)
    with pytest.raises(NotFound):
        queries.get_capa(capa, warehouse=given.warehouse().id)
