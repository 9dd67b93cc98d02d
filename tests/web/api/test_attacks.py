"""The API against somebody who means harm, or whose network repeats, reorders and races every call."""

from __future__ import annotations

import json
import logging
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, Final
from uuid import uuid4

import pytest
import time_machine
from flask import Flask, current_app
from sqlalchemy import func, select, text

from config import Config
from tests import given
from tests.given import NOW
from tests.web.api.calls import GOOD, ROLES, SIGNER, House, house
from tests.web.hostile import PASSWORD
from tests.web.machine import Machine
from wms.app import create_app
from wms.db import db, run_in_transaction
from wms.stock.ledger.tables import StockPosting

SQLITE: Final = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def noon() -> Iterator[None]:
    """Stop the clock at the noon of the builders."""
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def site(app: Flask, noon: None) -> given.Site:
    with app.app_context():
        made = given.warehouse("W1")
        given.user(SIGNER, "quality", "supervisor", site=made)
        return made


def count(app: Flask, what: Any) -> int:
    with app.app_context():
        return int(db.session.execute(select(func.count()).select_from(what)).scalar_one())


# -- races ------------------------------------------------------------------------------------------------------------
Sent = tuple[str, str, Any, dict[str, str]]


def send_all(key: str, calls: list[Sent]) -> list[tuple[int, str, str]]:
    """Make calls in a process of its own, one after the other."""
    answers = []
    with time_machine.travel(NOW, tick=False):
        for method, path, body, headers in calls:
            answer = current_app.test_client().open(
                f"/api/v1{path}", method=method, json=body, headers={"Authorization": f"Bearer {key}"} | headers
            )
            answers.append((answer.status_code, answer.text, answer.headers.get("Idempotent-Replayed", "")))
            _forget()
    return answers


def _forget() -> None:
    """A context stands open around these calls: what one looked up is not the next one's."""
    from flask import g

    for name in list(g):
        g.pop(name)


def test_a_call_that_eight_clients_make_at_once_is_done_once(
    app: Flask, noon: None, run_at_once: Callable[..., Any]
) -> None:
    with app.app_context():
        made: House = house(app, "AA")
    machine = Machine.of(app, *ROLES, site=made.site)
    ids = made.ids
    assert machine.post(f"/passages/{ids['passage_id']}/settle", {"note": "ours"}).status_code == 200
    assert machine.post(f"/pick-lists/{ids['list_id']}/take").status_code == 200
    calls: list[Sent] = [
        ("POST", path, GOOD[name].body(made), {"Idempotency-Key": f"once {name}"})  # type: ignore[misc]
        for name, path in (
            ("handheld.receive_line", f"/receipts/{ids['blind']}/lines"),
            ("picking.confirm", f"/pick-tasks/{ids['pick_task']}/confirm"),
            ("shipping.ship", f"/shipments/{ids['shipment_id']}/ship"),
        )
    ]
    before = count(app, StockPosting)
    outcomes = run_at_once(send_all, [(machine.key, calls)] * 8)
    assert [one.error for one in outcomes] == [None] * 8, outcomes
    for place, (_method, path, body, headers) in enumerate(calls):
        answers = [one.value[place] for one in outcomes]
        firsts = [answer for answer in answers if answer[0] < 300 and not answer[2]]
        assert len(firsts) == 1, Counter(answer[0] for answer in answers)
        assert {answer[1] for answer in answers if answer[0] < 300} == {firsts[0][1]}
        others = [json.loads(answer[1])["code"] for answer in answers if answer[0] >= 300]
        assert set(others) <= {"key_in_flight"}
        again = machine.post(path, body, key=headers["Idempotency-Key"])
        assert again.text == firsts[0][1] and again.headers["Idempotent-Replayed"] == "true"
    assert count(app, StockPosting) == before + len(calls)
    with app.app_context():
        given.ledger_is_whole()


def test_issue_report_and_close_that_eight_clients_make_at_once_are_done_once(
    app: Flask, noon: None, run_at_once: Callable[..., Any]
) -> None:
    from wms.production.models import ProductionReport, WorkOrderIssue

    with app.app_context():
        made: House = house(app, "AA")
        given.user(SIGNER, "quality", "supervisor", site=made.site)
    machine = Machine.of(app, *ROLES, site=made.site)
    calls: list[Sent] = []
    for name, verb in (
        ("production_issues.issue", "issue"),
        ("production_reports.report", "reports"),
        ("production_issues.close", "close"),
        ("picking.lay_peg", ""),
    ):
        good = GOOD[name]
        order = made.ids[good.ids.get("work_order_id", "work_order_id")]
        path = (
            f"/work-orders/{order}/{verb}"
            if verb
            else f"/orders/{made.ids['keeping_order']}/lines/{made.ids['kept_line']}/pegs"
        )
        calls.append(("POST", path, good.body(made), {"Idempotency-Key": f"once {name}"}))  # type: ignore[misc]
    before = {what: count(app, what) for what in (WorkOrderIssue, ProductionReport)}
    outcomes = run_at_once(send_all, [(machine.key, calls)] * 8)
    assert [one.error for one in outcomes] == [None] * 8, outcomes
    for place, (_method, path, body, headers) in enumerate(calls):
        answers = [one.value[place] for one in outcomes]
        firsts = [answer for answer in answers if answer[0] < 300 and not answer[2]]
        assert len(firsts) == 1, (path, answers)
        assert {answer[1] for answer in answers if answer[0] < 300} == {firsts[0][1]}
        others = [json.loads(answer[1])["code"] for answer in answers if answer[0] >= 300]
        assert set(others) <= {"key_in_flight"}, others
        assert machine.post(path, body, key=headers["Idempotency-Key"]).headers["Idempotent-Replayed"] == "true"
    assert {what: count(app, what) - known for what, known in before.items()} == {
        WorkOrderIssue: 1,
        ProductionReport: 1,
    }
    with app.app_context():
        given.ledger_is_whole()


def test_of_two_changes_of_what_both_saw_one_is_refused(
    app: Flask, noon: None, run_at_once: Callable[..., Any]
) -> None:
    with app.app_context():
        made: House = house(app, "AA")
    machine = Machine.of(app, *ROLES)
    calls: list[list[Sent]] = [[], []]
    for name, path in (
        ("sites.change_warehouse", f"/warehouses/{made.ids['warehouse_id']}"),
        ("catalog.change_item", f"/items/{made.ids['item_id']}"),
        ("catalog.change_partner", f"/partners/{made.ids['partner_id']}"),
        ("rfid.change_portal", f"/portals/{made.ids['portal_id']}"),
        ("rfid.change_gateway", f"/gateways/{made.ids['gateway_id']}"),
        ("rfid.change_reader", f"/readers/{made.ids['reader_id']}"),
        ("production.change_order", f"/work-orders/{made.ids['work_order_id']}"),
    ):
        seen = machine.get(path).headers["ETag"]
        body = GOOD[name].body(made)  # type: ignore[misc]
        for place, mine in enumerate(calls):
            field = next(one for one in ("name_en", "line_id", "code") if one in body)
            told = {"note" if field == "line_id" else field: f"Name {place}" if field != "code" else f"C{place}"}
            mine.append(("PUT", path, body | told, {"If-Match": seen}))
    outcomes = run_at_once(send_all, [(machine.key, mine) for mine in calls])
    assert [one.error for one in outcomes] == [None, None], outcomes
    for first, second in zip(outcomes[0].value, outcomes[1].value, strict=True):
        assert sorted((first[0], second[0])) == [200, 412], (first, second)


@SQLITE
def test_a_verb_that_is_run_again_after_a_deadlock_finds_what_was_sent(
    app: Flask, site: given.Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    from wms.web import api

    def twice(verb: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        if verb.__name__ != "do":
            return run_in_transaction(verb, *arguments, **named)

        def again() -> Any:
            with db.session.begin_nested() as first:
                verb(*arguments, **named)
                first.rollback()
            return verb(*arguments, **named)

        return run_in_transaction(again)

    monkeypatch.setattr(api, "run_in_transaction", twice)
    machine = Machine.of(app, *ROLES, site=site)
    new = {
        "sku": "N-1",
        "name_en": "N",
        "item_class": "food",
        "base_unit": "pcs",
        "storage_class": "ambient",
        "date_basis": "none",
    }
    assert machine.post("/items", new).status_code == 201


# -- keys -------------------------------------------------------------------------------------------------------------
@SQLITE
def test_a_key_that_is_revoked_or_lost_its_right_hears_no_old_answer(app: Flask, site: given.Site) -> None:
    from wms.accounts import service
    from wms.accounts.models import ApiToken

    machine, other = Machine.of(app, "supervisor", site=site), Machine.of(app, "supervisor", site=site)
    body = {"code": "P-9", "name_en": "P"}
    assert machine.post("/partners", body, key="K").status_code == 201
    assert machine.post("/partners", body, key="K").headers["Idempotent-Replayed"] == "true"
    assert other.post("/partners", body, key="K").status_code == 409, "another key's answers are its own"
    elsewhere = machine.post("/items", body, key="K")
    assert elsewhere.status_code == 422  # the body is read first
    assert machine.post("/receipts", {}, key="K").json["code"] == "key_reused"  # type: ignore[index]
    with app.app_context():
        row = db.session.execute(select(ApiToken).order_by(ApiToken.id)).scalars().first()
        assert row is not None
        run_in_transaction(service.grant_roles, row.acts_for, [], actor=None)
    assert machine.post("/partners", body, key="K").status_code == 403
    with app.app_context():
        run_in_transaction(service.revoke_api_token, row.id)
    assert machine.post("/partners", body, key="K").status_code == 401


@SQLITE
def test_the_idempotency_key_is_taken_as_it_is_or_refused(app: Flask, site: given.Site) -> None:
    machine = Machine.of(app, "supervisor", site=site)
    for n, (key, status) in enumerate(
        [
            ("a" * 255, 201),
            ("a" * 256, 422),
            ("a\x7f", 422),
            ("\u00e9", 422),
            ("a b", 201),
            ('"', 400),
            (" ", 400),
            ("' OR 1=1 --", 201),
        ]
    ):
        assert machine.post("/partners", {"code": f"P-{n}", "name_en": "P"}, key=key).status_code == status, key


@SQLITE
def test_a_key_makes_no_key_that_may_do_more_than_itself(app: Flask, site: given.Site) -> None:
    machine = Machine.of(app, "administrator", "supervisor", scopes=("settings.edit", "user.edit"))
    for acts_for in (None, _user_of(app, machine)):
        wide = machine.post("/api-keys", {"name": "wide", "scopes": ["stock.move"], "acts_for": acts_for})
        assert wide.status_code == 422 and wide.json["data"]["errors"] == {"scopes": ["not_held"]}  # type: ignore[index]
    assert machine.post("/api-keys", {"name": "same", "scopes": ["settings.edit"]}).status_code == 201
    with app.app_context():
        person = str(given.user("sue", "supervisor", site=site))
    for body in ({"acts_for": person, "scopes": ["receive"]}, {"scopes": ["nonsense"]}, {"scopes": []}):
        assert machine.post("/api-keys", {"name": "x"} | body).status_code == 422
    own = _user_of(app, machine)
    assert machine.post(f"/users/{own}/roles", {"roles": [{"role": "quality"}]}).status_code == 422
    tied = Machine.of(app, "administrator", site=site)
    assert tied.post("/api-keys", {"name": "x", "scopes": ["settings.edit"]}).status_code == 403
    assert tied.post(f"/users/{person}/roles", {"roles": []}).status_code == 403


def _user_of(app: Flask, machine: Machine) -> str:
    from wms.accounts.models import ApiToken
    from wms.accounts.passwords import hash_random

    with app.app_context():
        statement = select(ApiToken.acts_for).where(ApiToken.token_hash == hash_random(machine.key))
        return str(db.session.execute(statement).scalar_one())


@SQLITE
def test_no_secret_is_kept_in_answers_audit_or_log(
    app: Flask, site: given.Site, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    machine = Machine.of(app, "administrator", "supervisor", "quality")
    made = machine.post("/users", {"login": "new.one", "full_name": "New"}, key="U").json
    assert made is not None
    person = made["user"]["id"]
    secrets = [machine.key, made["password"]]
    for verb in ("badge", "password", "pin"):
        secrets.append(machine.post(f"/users/{person}/{verb}", key=verb).json["secret"])  # type: ignore[index]
        assert machine.post(f"/users/{person}/{verb}", key=verb).json == {"secret": None}
    device = machine.post("/devices", {"name": "H1", "warehouse_id": str(site.id)}, key="D").json
    key = machine.post("/api-keys", {"name": "t", "scopes": ["settings.edit"]}, key="T").json
    assert device is not None and key is not None
    secrets += [device["link"].rsplit("/", 1)[1], key["secret"], "a wrong password 9", PASSWORD]
    with app.app_context():
        lot = given.lot(given.item())
        given.stock(lot, site, quality=given.Quality.PENDING)
        number = str(lot.id)
    for password, status in (("a wrong password 9", 403), (PASSWORD, 200)):
        signed = machine.post(
            f"/lots/{number}/verdict?warehouse=W1",
            {"to": "released", "reason": "test", "signature": {"login": SIGNER, "password": password}},
        )  # fmt: skip
        assert signed.status_code == status, signed.text
    with app.app_context():
        names = db.session.execute(text("SELECT name FROM sqlite_master WHERE type = 'table'")).scalars().all()
        whole = "\n".join(str(row) for name in names for row in db.session.execute(text(f'SELECT * FROM "{name}"')))
    told = whole + caplog.text + "".join(str(record.__dict__) for record in caplog.records)
    assert [secret for secret in secrets if secret in told] == []


# -- signatures -------------------------------------------------------------------------------------------------------
@SQLITE
def test_a_guessed_signature_is_counted_and_locks_the_person(app: Flask, site: given.Site) -> None:
    machine = Machine.of(app, "supervisor", "quality", site=site)
    lots = []
    with app.app_context():
        for _ in range(2):
            lot = given.lot(given.item())
            given.stock(lot, site, quality=given.Quality.PENDING)
            lots.append(lot.id)

    def sign(login: str, password: str = PASSWORD, key: str | None = None) -> Any:
        body = {"to": "released", "reason": "test", "signature": {"login": login, "password": password}}
        return machine.post(f"/lots/{lots[0]}/verdict", body, key=key)

    with app.app_context():
        given.user("closed", "quality", site=site)
        given.user("weak", "picker", site=site)
        given.user("elsewhere", "quality", site=given.warehouse("W2"))
        db.session.execute(text("UPDATE user_account SET is_active = false WHERE login = 'closed'"))
        login = db.session.execute(text("SELECT login FROM user_account WHERE is_service")).scalars().first()
        db.session.commit()
    for who in ("closed", "nobody", str(login), "system"):
        assert sign(who).json["code"] == "password_wrong"
    for who in ("weak", "elsewhere"):
        assert sign(who).json["code"] == "not_allowed"
    assert [sign(SIGNER, f"guess {n}", key="K").json["code"] for n in range(5)] == ["password_wrong"] * 5
    assert sign(SIGNER, key="K").json["code"] == "password_wrong", "locked, and not told so"
    assert machine.get(f"/pending-lots/{lots[0]}").status_code == 200


@SQLITE
def test_the_one_who_signs_is_part_of_the_call(app: Flask, site: given.Site) -> None:
    machine = Machine.of(app, "supervisor", "quality", site=site)
    with app.app_context():
        given.user("other", "quality", site=site)
        lot = given.lot(given.item())
        given.stock(lot, site, quality=given.Quality.PENDING)
    path = f"/lots/{lot.id}/verdict"

    def body(login: str) -> dict[str, Any]:
        return {"to": "released", "reason": "test", "signature": {"login": login, "password": PASSWORD}}

    assert machine.post(path, body(SIGNER), key="K").status_code == 200
    assert machine.post(path, body(SIGNER), key="K").headers["Idempotent-Replayed"] == "true"
    assert machine.post(path, body("other"), key="K").json["code"] == "key_reused"  # type: ignore[index]


# -- the wire ---------------------------------------------------------------------------------------------------------
@SQLITE
def test_what_is_no_plain_json_is_refused_in_words(app: Flask, site: given.Site) -> None:
    machine = Machine.of(app, *ROLES, site=site)
    headers = {"Authorization": f"Bearer {machine.key}"}
    plain = b'{"code": "P-1", "name_en": "P"}'
    before = count(app, text("partner"))
    for data, kind, statuses in (
        (plain.decode().encode("utf-16"), "application/json", {422}),
        (plain.decode().encode("utf-16"), "application/json; charset=utf-16", {422}),
        (b"\xef\xbb\xbf" + plain, "application/json", {201, 422}),
        (plain, "text/plain", {415}),
        (plain, "application/xml", {415}),
        (plain, "application/x-www-form-urlencoded", {415}),
        (plain, "", {415}),
        (b"[" * 100_000, "application/json", {422}),
        (b'{"a":' * 100_000, "application/json", {422}),
        (b'{"code":{"a":' * 30 + b"1" + b"}}" * 30, "application/json", {422}),
        (b'{"code": 1e400, "name_en": "P"}', "application/json", {422}),
        (b'{"code": NaN, "name_en": "P"}', "application/json", {422}),
        (b'{"code": "N", "name_en": "P", "shelf_life_days_min": 1e400}', "application/json", {422}),
        (b'{"code": "N", "name_en": "P", "shelf_life_days_min": -0}', "application/json", {201, 422}),
        (b'{"code": "N", "name_en": "P", "shelf_life_days_min": ' + b"9" * 5000 + b"}", "application/json", {422}),
        (b'{"code": "N2", "name_en": "P", "is_active": Infinity}', "application/json", {422}),
        (b'{"code": "N2", "name_en": "\\ud800"}', "application/json", {422}),
        (b'{"code": "N2", "name_en": "\\u0000"}', "application/json", {422}),
        (b'{"code": "N2", "name_en": "P", "name_en\\u0000": "P"}', "application/json", {422}),
        (b'{"code": "N2", "name_en": "P", "id": "5"}', "application/json", {422}),
        (b'{"code": "N2", "code": "N3", "name_en": "P"}', "application/json", {422}),
        (b"null", "application/json", {422}),
        (b"", "application/json", {422}),
        (b"\x00" * 100, "application/json", {422}),
    ):  # fmt: skip
        answer = machine.client.post(
            "/api/v1/partners", data=data, content_type=kind, headers=headers | {"Idempotency-Key": str(uuid4())}
        )
        assert answer.status_code in statuses, (data[:60], kind, answer.status_code, answer.text[:200])
        if answer.status_code >= 400:
            assert answer.mimetype == "application/problem+json"
    assert count(app, text("partner")) <= before + 2


@SQLITE
def test_ids_queries_and_cursors_of_any_kind_are_answered(app: Flask, site: given.Site) -> None:
    machine = Machine.of(app, *ROLES, site=site)
    for number in ("0", str(2**63 - 1), str(2**63), "9" * 400, "-1", "1.0", "%00", "1%2f..%2f2", "\u0663"):
        for path in (
            "/orders/{}",
            "/lots/{}/story",
            "/pick-tasks/{}",
            "/postings/{}",
            "/bins/{}/label.svg",
            "/holds/{}",
        ):
            answer = machine.get(path.format(number))
            assert answer.status_code in {404, 422}, (path, number, answer.status_code)
            assert answer.mimetype == "application/problem+json"
    for cursor in (
        "WzFd",
        "WyJcdWQ4MDAiLCAxXQ",
        "W10",
        "x",
        "%00",
        "W251bGwsbnVsbF0",
        "WzFlNDAwLDFd",
        "[" * 900,
        "WyJhIiwgMV0",
        "WzEsMl0",
    ):
        for path in (
            "/orders",
            "/items",
            "/stock",
            "/lots",
            "/tasks",
            "/receipts",
            "/tags",
            "/shipments",
            "/holds",
            "/bins",
        ):
            answer = machine.get(f"{path}?cursor={cursor}")
            assert answer.status_code in {200, 422}, (path, cursor, answer.text)
    for query in (
        "limit=0",
        "limit=201",
        "limit=1e2",
        "limit=-1",
        "limit=%00",
        "q[]=1",
        "unknown=1",
        "warehouse=W9",
        "warehouse=%00",
    ):
        assert machine.get(f"/orders?{query}").status_code in {404, 422}, query


@SQLITE
def test_methods_hosts_and_headers_get_plain_answers(app: Flask, site: given.Site) -> None:
    machine = Machine.of(app, *ROLES, site=site)
    bearer = {"Authorization": f"Bearer {machine.key}"}
    open_ = machine.client.open
    for method in ("PATCH", "DELETE", "TRACE", "PROPFIND"):
        answer = open_("/api/v1/items", method=method, headers=bearer)
        assert answer.status_code == 405 and {"GET", "POST"} <= set(answer.headers["Allow"].split(", "))
    head = open_("/api/v1/items", method="HEAD", headers=bearer)
    assert head.status_code == 200 and not head.data
    for answer in (
        open_("/api/v1/items", method="OPTIONS", headers=bearer | {"Origin": "https://evil.example"}),
        machine.get("/items"),
    ):
        assert not [name for name, _value in answer.headers if name.lower().startswith("access-control")]
        assert answer.headers["Cache-Control"] == "no-store" or answer.request.method == "OPTIONS"
    for host in ("a" * 300, "a..b", ".a"):
        for path in ("/login", "/m/", "/api/v1/items", "/static/css/desk.css", "/"):
            assert open_(path, headers=bearer | {"Host": host}).status_code == 400, (host[:9], path)
    for name, value in (
        ("X-Request-Id", "x" * 5000), ("Accept-Language", "x" * 5000), ("Accept-Language", "*;q=9e999"), ("If-None-Match", '"' * 50),
        ("Range", "bytes=9-1"), ("Origin", "http://[x"), ("Referer", "http://[x"), ("X-HTTP-Method-Override", "DELETE"),
        ("Accept", "text/html"), ("Cookie", "wms_session=x; wms_language=%00"), ("Authorization", "Bearer " + "x" * 9000),
        ("Authorization", "Bearer \u20ac".encode().decode("latin-1")), ("Authorization", "bearer"), ("X-Forwarded-Host", "evil"),
    ):  # fmt: skip
        answer = open_("/api/v1/items", headers=bearer | {name: value})
        assert answer.status_code in {200, 401}, (name, answer.status_code)
        assert len(answer.headers["X-Request-Id"]) <= 64


@SQLITE
def test_guesses_at_keys_are_bounded_by_the_address_that_calls(app: Flask, config: Config, site: given.Site) -> None:
    bounded = create_app(replace(config, api_per_minute=10)).test_client()
    answers = [
        bounded.get("/api/v1/items", headers={"Authorization": f"Bearer wms_{n}", "X-Forwarded-For": f"10.0.0.{n}"})
        for n in range(5)
    ]
    assert [one.status_code for one in answers] == [401, 401, 429, 429, 429]
