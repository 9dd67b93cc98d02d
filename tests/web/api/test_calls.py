"""What every call to the API has in common: the key, the place, the Idempotency-Key, pages of lists, problems."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from config import Config
from tests import given
from tests.web.machine import Machine
from wms.alerts import service
from wms.alerts.models import Alert, AlertKind, AlertState, Severity
from wms.app import create_app
from wms.core.clock import now
from wms.db import run_in_transaction
from wms.web import idempotency
from wms.web.models import IdempotencyKey


def alert(app: Flask, site: given.Site | None, key: str = "a") -> int:
    with app.app_context():
        return run_in_transaction(
            service.raise_alert, kind=AlertKind.EXPIRY_NEAR, severity=Severity.WARNING,
            warehouse=site.id if site else None, subject_key=key, data={"lot": "L1"}, at=given.NOW,
        )  # fmt: skip


@pytest.fixture
def site(app: Flask) -> given.Site:
    with app.app_context():
        return given.warehouse("W1")


def state_of(app: Flask, alert_id: int) -> str:
    with app.app_context():
        from wms.db import db

        return str(db.session.execute(select(Alert.state).where(Alert.id == alert_id)).scalar_one())


def keys(app: Flask) -> list[IdempotencyKey]:
    with app.app_context():
        from wms.db import db

        return list(db.session.execute(select(IdempotencyKey)).scalars())


def test_the_same_key_and_body_give_the_same_answer_and_are_done_once(app: Flask, site: given.Site) -> None:
    raised = alert(app, site)
    machine = Machine.of(app, "supervisor", site=site)
    first = machine.post(f"/alerts/{raised}/resolve", {"note": "sold first"}, key="K-1")
    again = machine.post(f"/alerts/{raised}/resolve", {"note": "sold first"}, key="K-1")
    assert (first.status_code, again.status_code) == (200, 200)
    assert first.json is not None and first.json["state"] == "resolved" and first.json["id"] == str(raised)
    assert again.data == first.data and again.headers["Idempotent-Replayed"] == "true"
    fresh = machine.post(f"/alerts/{raised}/resolve", {"note": "sold first"}, key="K-2")
    assert fresh.status_code == 409 and fresh.json is not None and fresh.json["code"] == "wrong_state"


def test_the_same_key_with_another_body_is_refused(app: Flask, site: given.Site) -> None:
    raised = alert(app, site)
    machine = Machine.of(app, "supervisor", site=site)
    assert machine.post(f"/alerts/{raised}/acknowledge", key="K-1").status_code == 200
    other = machine.post(f"/alerts/{raised}/resolve", {"note": "x"}, key="K-1")
    assert other.status_code == 422 and other.json is not None and other.json["code"] == "key_reused"
    assert state_of(app, raised) == "acknowledged"


def test_two_machines_may_use_the_same_key(app: Flask, site: given.Site) -> None:
    raised = alert(app, site)
    one, two = Machine.of(app, "supervisor", site=site), Machine.of(app, "supervisor", site=site)
    assert one.post(f"/alerts/{raised}/acknowledge", key="K").status_code == 200
    assert two.post(f"/alerts/{raised}/resolve", {"note": "done"}, key="K").status_code == 200


def test_a_refusal_stands_under_its_key_too(app: Flask, site: given.Site) -> None:
    raised = alert(app, site)
    machine = Machine.of(app, "supervisor", site=site)
    machine.post(f"/alerts/{raised}/resolve", {"note": "done"})
    first = machine.post(f"/alerts/{raised}/acknowledge", key="K")
    again = machine.post(f"/alerts/{raised}/acknowledge", key="K")
    assert first.status_code == again.status_code == 409 and again.data == first.data
    assert again.content_type == "application/problem+json"


def test_a_call_under_way_is_told_and_one_that_died_is_taken_over(app: Flask, site: given.Site) -> None:
    raised = alert(app, site)
    machine = Machine.of(app, "supervisor", site=site)
    done = machine.post(f"/alerts/{raised}/acknowledge", key="K")
    assert done.status_code == 200

    def as_if_it_died(since: timedelta) -> None:
        from wms.db import db

        db.session.execute(update(IdempotencyKey).values(status=None, body=None, started_at=now() - since))
        db.session.execute(update(Alert).values(state=AlertState.OPEN))

    with app.app_context():
        run_in_transaction(as_if_it_died, timedelta(seconds=5))
    flying = machine.post(f"/alerts/{raised}/acknowledge", key="K")
    assert flying.status_code == 409 and flying.json is not None and flying.json["code"] == "key_in_flight"
    assert flying.headers["Retry-After"] == "1" and state_of(app, raised) == "open"
    with app.app_context():
        run_in_transaction(as_if_it_died, idempotency.TAKE_OVER + timedelta(seconds=1))
    assert machine.post(f"/alerts/{raised}/acknowledge", key="K").status_code == 200
    assert state_of(app, raised) == "acknowledged"


def test_a_call_that_lost_its_key_undoes_itself(app: Flask, site: given.Site, monkeypatch: Any) -> None:
    raised = alert(app, site)
    machine = Machine.of(app, "supervisor", site=site)
    real = service.acknowledge

    def slow(*args: Any, **kwargs: Any) -> None:
        from wms.db import db

        real(*args, **kwargs)
        db.session.execute(update(IdempotencyKey).values(attempt="another"))  # as if taken over meanwhile

    monkeypatch.setattr(service, "acknowledge", slow)
    answer = machine.post(f"/alerts/{raised}/acknowledge", key="K")
    assert answer.status_code == 409 and answer.json is not None and answer.json["code"] == "key_in_flight"
    assert state_of(app, raised) == "open"


def test_after_a_fault_of_ours_the_key_is_free_again(app: Flask, site: given.Site, monkeypatch: Any) -> None:
    raised = alert(app, site)
    machine = Machine.of(app, "supervisor", site=site)
    real = service.acknowledge
    monkeypatch.setattr(service, "acknowledge", lambda *_a, **_k: 1 / 0)
    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
    assert machine.post(f"/alerts/{raised}/acknowledge", key="K").status_code == 500
    assert not keys(app)
    monkeypatch.setattr(service, "acknowledge", real)
    assert machine.post(f"/alerts/{raised}/acknowledge", key="K").status_code == 200


def _call_at_once(alert_id: int, key: str) -> tuple[int, str]:
    from flask import current_app

    client = current_app.test_client()
    answer = client.post(
        f"/api/v1/alerts/{alert_id}/acknowledge",
        headers={"Authorization": f"Bearer {key}", "Idempotency-Key": "K"},
    )
    return answer.status_code, str((answer.json or {}).get("state") or (answer.json or {}).get("code"))


def test_four_processes_with_one_key_do_it_once(app: Flask, site: given.Site, run_at_once: Any) -> None:
    raised = alert(app, site)
    machine = Machine.of(app, "supervisor", site=site)
    outcomes = run_at_once(_call_at_once, [(raised, machine.key)] * 4)
    values = [one.value for one in outcomes]
    assert all(value in {(200, "acknowledged"), (409, "key_in_flight")} for value in values), outcomes
    assert (200, "acknowledged") in values and len(keys(app)) == 1
    assert machine.post(f"/alerts/{raised}/acknowledge", key="K").status_code == 200


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_writing_call_needs_a_key_and_a_json_body(app: Flask, site: given.Site) -> None:
    raised = alert(app, site)
    machine = Machine.of(app, "supervisor", site=site)
    path = f"/alerts/{raised}/resolve"
    bearer = {"Authorization": f"Bearer {machine.key}", "Idempotency-Key": "K"}
    send = machine.client.post
    cases = [
        (machine.post(path, {"note": "x"}, key=""), 400, "key_needed"),
        (machine.post(path, {"note": "x"}, key="K" * 256), 422, "field_errors"),
        (machine.post(path, {"note": "x", "more": 1}), 422, "field_errors"),
        (machine.post(path, {}), 422, "field_errors"),
        (machine.post(path, ["x"]), 422, "field_errors"),
        (machine.post(path, {"note": "\x00"}), 422, "field_errors"),
        (send(f"/api/v1{path}", headers=bearer, data="{", content_type="application/json"), 422, "bad_input"),
        (send(f"/api/v1{path}", headers=bearer, data="note=x"), 415, "not_json"),
        (send(f"/api/v1{path}", headers=bearer, data={"note": "x"}), 415, "not_json"),
        (machine.post(path, {"note": "x" * (1024 * 1024)}), 413, "request_entity_too_large"),
        (machine.post(f"/alerts/{raised}/acknowledge", {"note": "x"}), 422, "field_errors"),
        (machine.post("/alerts/1/acknowledge"), 404, "not_found"),
        (machine.get("/alerts?state=gone"), 422, "field_errors"),
        (machine.get("/alerts?cursor=xx"), 422, "bad_code"),
        (machine.get("/alerts?limit=0"), 422, "field_errors"),
        (machine.get("/alerts?nothing=1"), 422, "field_errors"),
        (machine.get("/alerts?warehouse=NONE"), 404, "not_found"),
        (machine.get("/nothing"), 404, "not_found"),
        (machine.post("/alerts", {}), 405, "method_not_allowed"),
    ]
    for answer, status, code in cases:
        assert (answer.status_code, answer.json and answer.json["code"]) == (status, code), answer.text
        assert answer.content_type == "application/problem+json" and answer.json["detail"]
    assert state_of(app, raised) == "open"


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_key_good_in_two_warehouses_says_which(app: Flask) -> None:
    with app.app_context():
        given.warehouse("W1"), given.warehouse("W2")
    machine = Machine.of(app, "supervisor")
    unsaid = machine.get("/alerts")
    assert unsaid.status_code == 422 and unsaid.json is not None and "warehouse" in unsaid.json["data"]["errors"]
    assert machine.get("/alerts?warehouse=W2").status_code == 200


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_list_comes_in_pages(app: Flask, site: given.Site) -> None:
    for number in range(5):
        alert(app, site, key=f"a{number}")
    machine = Machine.of(app, "auditor", site=site)
    seen: list[str] = []
    cursor = None
    for _ in range(3):
        page = machine.get("/alerts?limit=2" + (f"&cursor={cursor}" if cursor else "")).json
        assert page is not None
        seen += [row["id"] for row in page["items"]]
        cursor = page["next"]
    assert len(seen) == len(set(seen)) == 5 and cursor is None


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_key_does_no_more_than_its_user_may(app: Flask, site: given.Site) -> None:
    from wms.accounts import service as accounts
    from wms.accounts.models import ApiToken

    raised = alert(app, site)
    machine = Machine.of(app, "supervisor", site=site)
    small = Machine.of(app, "supervisor", site=site, scopes=("alert.view",))
    assert small.get("/alerts").status_code == 200
    assert small.post(f"/alerts/{raised}/acknowledge").status_code == 403

    def take_roles() -> None:
        from wms.db import db

        for row in db.session.execute(select(ApiToken)).scalars():
            accounts.grant_roles(row.acts_for, [], actor=None)

    with app.app_context():
        run_in_transaction(take_roles)
    assert machine.get("/alerts").status_code == 403


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_cookie_opens_no_operation_and_a_key_no_page(app: Flask, site: given.Site) -> None:
    from tests.web.desk_client import Desk

    with app.app_context():
        given.user("sue", "supervisor", site=site)
    desk = Desk.of(app, "sue")
    assert desk.client.get("/api/v1/alerts").status_code == 401
    machine = Machine.of(app, "supervisor", site=site)
    assert machine.client.get("/alerts", headers={"Authorization": f"Bearer {machine.key}"}).status_code == 302


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_problem_is_told_in_english_and_in_the_callers_language(app: Flask, site: given.Site) -> None:
    machine = Machine.of(app, "supervisor", site=site)
    plain = machine.get("/alerts?warehouse=NONE").json
    assert plain is not None and "NONE" in plain["detail"] and "detail_local" not in plain
    chinese = machine.client.get(
        "/api/v1/alerts?warehouse=NONE",
        headers={"Authorization": f"Bearer {machine.key}", "Accept-Language": "zh-CN"},
    ).json
    assert chinese is not None and chinese["detail"] == plain["detail"] and chinese["language"] == "zh-Hans-CN"
    assert chinese["detail_local"] != chinese["detail"]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_client_that_runs_wild_is_stopped_and_told_how_long(app: Flask, config: Config, site: given.Site) -> None:
    machine = Machine.of(app, "auditor", site=site)
    bounded = create_app(replace(config, api_per_minute=10))
    machine.client = bounded.test_client()
    answers = [machine.get("/alerts") for _ in range(12)]
    assert [one.status_code for one in answers] == [200] * 10 + [429] * 2
    assert answers[9].headers["RateLimit-Remaining"] == "0" and int(answers[-1].headers["Retry-After"]) > 0
    guesses = [bounded.test_client().get("/api/v1/alerts").status_code for _ in range(4)]
    assert guesses == [401, 401, 429, 429]
