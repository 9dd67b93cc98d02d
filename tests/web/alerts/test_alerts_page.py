"""The alerts page: by state and kind, settled in place, by right and warehouse, in the reader's language."""

import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests import given
from wms.alerts import queries, service
from wms.alerts.models import AlertKind, AlertState, Severity
from wms.core.ids import AlertId
from wms.db import run_in_transaction

PASSWORD = "correct horse 1"


class Desk:
    """A warehouse with an alert of each kind, and people at the desk."""

    def __init__(self, app: Flask, client: FlaskClient) -> None:
        self.app, self.client = app, client
        with app.app_context():
            site, other = given.warehouse("N1"), given.warehouse("S1")
            self.site, self.other = site.id, other.id
            given.user("super", "supervisor", site=site)
            given.user("picker", "picker", site=site)
            given.user("chief", "supervisor")
            self.near = self.raise_one(
                self.site, "near", lot="LOT7", item_zh="绿茶", item_en="Green tea", quantity="12"
            )
            self.far = self.raise_one(self.other, "far", lot="ELSEWHERE")
            self.global_ = run_in_transaction(
                service.raise_alert, kind=AlertKind.JOB_FAILED, severity=Severity.CRITICAL, warehouse=None,
                subject_key="job:x", data={"job": "ledger_audit", "error": "<b>disk</b>"}, at=given.NOW,
            )  # fmt: skip

    def raise_one(self, site: Any, key: str, **data: Any) -> AlertId:
        return run_in_transaction(
            service.raise_alert, kind=AlertKind.EXPIRY_NEAR, severity=Severity.WARNING, warehouse=site, subject_key=key,
            data=data, at=given.NOW,
        )  # fmt: skip

    def enter(self, login: str) -> "Desk":
        self.post("/login", login=login, password=PASSWORD)
        return self

    def post(self, path: str, **form: Any) -> Any:
        page = self.client.get("/alerts" if path != "/login" else "/login").text
        found = re.search(r'name="csrf-token" content="([^"]+)"', page)
        assert found
        return self.client.post(path, data=form | {"csrf_token": found[1]})

    def state_of(self, alert: AlertId) -> AlertState:
        with self.app.app_context():
            return queries.get_alert(alert).state


@pytest.fixture
def desk(app: Flask, client: FlaskClient) -> Desk:
    return Desk(app, client)


def test_the_page_says_each_alert_of_this_warehouse_and_of_none_and_counts_them_in_the_badge(desk: Desk) -> None:
    page = desk.enter("super").client.get("/alerts").text
    assert "LOT7" in page and "Green tea" in page and "check of the ledger" in page
    assert "ELSEWHERE" not in page
    assert "<b>disk</b>" not in page
    assert "Alerts: 2 open" in page
    chinese = desk.client.get("/alerts?lang=zh-CN").text
    assert "绿茶" in chinese and "Green tea" not in chinese


def test_acknowledge_then_resolve_with_a_note(desk: Desk) -> None:
    desk.enter("super")
    assert desk.post(f"/alerts/{desk.near}/acknowledge").status_code == 302
    assert desk.state_of(desk.near) is AlertState.ACKNOWLEDGED
    assert desk.post(f"/alerts/{desk.near}/acknowledge").status_code == 409
    assert desk.post(f"/alerts/{desk.near}/resolve", note=" ").status_code == 422
    assert desk.post(f"/alerts/{desk.near}/resolve", note="sold first").status_code == 302
    assert desk.state_of(desk.near) is AlertState.RESOLVED
    assert "sold first" in desk.client.get("/alerts?state=resolved").text


def test_the_right_must_be_held_where_the_alert_was_raised(desk: Desk) -> None:
    desk.enter("super")
    assert desk.post(f"/alerts/{desk.far}/resolve", note="x").status_code == 403
    assert desk.post(f"/alerts/{desk.global_}/resolve", note="x").status_code == 403
    assert desk.state_of(desk.far) is AlertState.OPEN


def test_one_who_may_only_look_gets_no_button_and_no_way_round(desk: Desk) -> None:
    page = desk.enter("picker").client.get("/alerts").text
    assert "LOT7" in page and "Acknowledge</button>" not in page
    assert desk.post(f"/alerts/{desk.near}/acknowledge").status_code == 403
    assert desk.state_of(desk.near) is AlertState.OPEN


@pytest.mark.parametrize("query", ["state=maybe", "kind=maybe", "cursor=%00", "cursor=zzz", "cursor=WyJhIl0", "x=1"])
def test_a_bad_query_gets_a_sentence(desk: Desk, query: str) -> None:
    assert desk.enter("super").client.get(f"/alerts?{query}").status_code == 422


def test_every_kind_has_a_sentence_even_over_empty_data(desk: Desk) -> None:
    with desk.app.app_context():
        for kind in AlertKind:
            run_in_transaction(
                service.raise_alert, kind=kind, severity=Severity.INFO, warehouse=desk.site, subject_key=f"k:{kind}",
                subject_kind="lot", subject_id=1, data={}, at=given.NOW,
            )  # fmt: skip
    answer = desk.enter("super").client.get("/alerts")
    assert answer.status_code == 200
    assert answer.text.count("<tr id=") == 2 + len(AlertKind)
