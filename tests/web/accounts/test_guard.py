"""The guard: marks on every route, roles by warehouse, CSRF, headers, tokens, bad input."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from wms.accounts import service
from wms.accounts.rules import ROLES, Role
from wms.db import run_in_transaction
from wms.web import auth, setup

from .conftest import PASSWORD, People, token_in

#: Pages here ask what the services have answered on both engines; one is enough.
pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.mark.own_app
def test_an_unmarked_route_stops_the_start(app: Flask) -> None:
    setup.check_every_route_is_marked(app)
    app.add_url_rule("/forgotten", "forgotten", lambda: "open to all")
    with pytest.raises(RuntimeError, match="/forgotten"):
        setup.check_every_route_is_marked(app)


@pytest.mark.own_app
def test_an_unmarked_route_is_closed_even_when_it_got_in(people: People, app: Flask, enter) -> None:  # type: ignore[no-untyped-def]
    app.add_url_rule("/forgotten", "forgotten", lambda: "open to all")
    assert enter("admin").get("/forgotten").status_code == 403


#: What is open to everybody. A new public page is a decision, made here.
PUBLIC = {
    "certificates.authority",
    "certificates.trust",
    "web.openapi", "web.problems", "web.api_document",
    "static", "web.start", "web.health", "web.ready", "accounts.login", "accounts.log_in", "accounts.log_out",
    "accounts.choose_language", "mobile.login", "mobile.log_in", "mobile.log_in_by_badge", "mobile.switch",
    "mobile.scanner_test", "mobile.try_device", "watch.scrape", "mobile.set_up_device",
    "passport_page.short", "passport_page.digital_link",
}  # fmt: skip


def test_only_the_listed_pages_are_public(app: Flask) -> None:
    open_to_all = {name for name, view in app.view_functions.items() if (mark := auth.mark_of(view)) and mark.is_public}
    assert open_to_all <= PUBLIC


def _paths(app: Flask) -> list[tuple[str, str, auth.Mark]]:
    found = []
    for rule in app.url_map.iter_rules():
        mark = auth.mark_of(app.view_functions[rule.endpoint])
        assert mark is not None, rule
        path = re.sub(r"<int:[^>]+>", "1", rule.rule)
        path = re.sub(r"<any\(\W*(\w+)[^>]*>", r"\1", path)
        path = re.sub(r"<[^>]+>", "x", path)
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            found.append((method, path, mark))
    assert len(found) > 30
    return found


def test_every_route_is_open_to_the_roles_that_hold_its_permission_and_to_no_other(people: People, app: Flask) -> None:
    """Walk routes x roles with real sessions: 403 (or the login page) where the role lacks the right, and never elsewhere."""
    routes = _paths(app)
    nobody = app.test_client()
    for method, path, mark in routes:
        answer = nobody.open(path, method=method)
        let_in = answer.status_code not in {401, 403} and "/login" not in answer.headers.get("Location", "")
        if not mark.is_public:
            assert not let_in, f"nobody may {method} {path}, yet got {answer.status_code}"
    for role in Role:
        people.add(f"is-{role}", role)
        client = app.test_client()
        token = token_in(client.get("/login").text)
        client.post("/login", data={"csrf_token": token, "login": f"is-{role}", "password": PASSWORD})
        for method, path, mark in routes:
            if path in {"/logout", "/m/switch"}:
                continue
            if path.startswith("/api/") and not mark.is_public:
                assert client.open(path, method=method).status_code == 401, "a session opens no operation"
                continue
            should = mark.is_public or not mark.permissions or bool(set(mark.permissions) & ROLES[role])
            # Without a CSRF token a permitted write is stopped later, with 400: nothing is written by this walk.
            status = client.open(path, method=method).status_code
            assert (status == 403) != should, f"{role} {method} {path}: {status}"
            assert status < 500, f"{role} {method} {path}: {status}"


def test_a_role_in_one_warehouse_opens_nothing_in_another(people: People, client: FlaskClient, enter) -> None:  # type: ignore[no-untyped-def]
    people.add("south-auditor", Role.AUDITOR, at=people.south)
    enter("south-auditor")
    assert client.get("/setup/roles").status_code == 200
    page = client.get("/me").text
    moved = client.post("/warehouse", data={"csrf_token": token_in(page), "warehouse_id": str(people.north)})
    assert moved.status_code == 403
    with client.session_transaction() as session:
        session["warehouse_id"] = people.north
    assert client.get("/setup/roles").status_code == 200, "a foreign choice falls back to one's own warehouse"


def test_an_administrator_of_one_warehouse_does_not_edit_users(people: People, enter) -> None:  # type: ignore[no-untyped-def]
    people.add("local-admin", Role.ADMINISTRATOR, at=people.north)
    assert enter("local-admin").get("/setup/users").status_code == 403


def test_nobody_sets_their_own_roles(people: People, enter) -> None:  # type: ignore[no-untyped-def]
    client = enter("admin")
    own = people.ids["admin"]
    page = client.get(f"/setup/users/{own}").text
    data = {"csrf_token": token_in(page), "roles": [Role.QUALITY, Role.ADMINISTRATOR]}
    assert client.post(f"/setup/users/{own}/roles", data=data).status_code == 422
    other = people.add("wang")
    assert client.post(f"/setup/users/{other}/roles", data=data).status_code == 302
    page = client.get(f"/setup/users/{other}").text
    assert re.search(r'value="quality"[^>]* checked', page)
    assert client.post(f"/setup/users/{other}/roles", data=data | {"roles": ["emperor"]}).status_code == 422


@pytest.mark.parametrize("path", ["/logout", "/language", "/login", "/m/login", "/m/switch", "/warehouse"])
def test_a_write_without_the_token_is_refused(people: People, enter, path: str) -> None:  # type: ignore[no-untyped-def]
    client = enter("admin")
    assert client.post(path, data={"language": "en"}).status_code == 400
    assert client.post(path, data={"csrf_token": "made-up", "language": "en"}).status_code == 400
    assert client.get("/me").status_code == 200


def test_a_write_from_another_site_is_refused_even_with_the_token(people: People, enter) -> None:  # type: ignore[no-untyped-def]
    client = enter("admin")
    data = {"csrf_token": token_in(client.get("/me").text), "language": "zh_Hans_CN"}
    for headers in (
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
    ):
        assert client.post("/language", data=data, headers=headers).status_code == 400
    assert client.post("/language", data=data, headers={"Origin": "http://localhost"}).status_code == 302


def test_headers_and_cookies(people: People, enter) -> None:  # type: ignore[no-untyped-def]
    client = enter("admin")
    for path in ("/me", "/login", "/m/", "/nowhere", "/m/nowhere"):
        headers = client.get(path).headers
        policy = headers["Content-Security-Policy"]
        assert "script-src 'self' 'wasm-unsafe-eval';" in policy and "unsafe-inline" not in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cache-Control"] == "no-store"
        assert "camera=(self)" in headers["Permissions-Policy"]
        assert headers["Referrer-Policy"] and headers["X-Request-Id"]
    fresh = people.app.test_client().get("/login")
    cookie = fresh.headers["Set-Cookie"]
    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie


def test_pages_hold_no_inline_script_or_style(people: People, enter) -> None:  # type: ignore[no-untyped-def]
    client = enter("admin")
    for path in (
        "/me",
        "/setup",
        "/setup/users",
        "/setup/users/new",
        "/setup/devices",
        "/setup/tokens",
        "/setup/roles",
        "/m/",
        "/nowhere",
    ):
        html = client.get(path).text
        assert not re.search(r"<script(?![^>]*\bsrc=)", html), path
        assert not re.search(r"\sstyle=|\son[a-z]+=|<style|javascript:", html), path


@pytest.mark.own_app
def test_a_token_opens_only_its_scope_and_only_the_api(people: People, app: Flask) -> None:
    @auth.requires("rfid.gateway")
    def reads() -> dict[str, int]:
        return {"actor": auth.actor_id(), "warehouse": auth.current_warehouse()}

    @auth.requires("stock.view")
    def stock() -> dict[str, str]:
        return {}

    app.add_url_rule("/api/v1/test-reads", "test_reads", reads, methods=["POST"])
    app.add_url_rule("/api/v1/test-stock", "test_stock", stock)
    token_id, value = people.token("rfid.gateway", at=people.south)
    client = app.test_client()
    bearer = {"Authorization": f"Bearer {value}"}
    answer = client.post("/api/v1/test-reads", json={}, headers=bearer)
    assert answer.status_code == 200 and answer.json == {"actor": people.ids["gateway"], "warehouse": people.south}
    refused = client.get("/api/v1/test-stock", headers=bearer)
    assert refused.status_code == 403 and refused.content_type == "application/problem+json"
    assert refused.json is not None and refused.json["code"] == "not_allowed"
    assert client.get("/me", headers=bearer).status_code == 302
    assert client.post("/api/v1/test-reads", json={}).status_code == 401
    assert client.post("/api/v1/test-reads", json={}, headers={"Authorization": "Bearer wrong"}).status_code == 401
    with people.app.app_context():
        run_in_transaction(service.revoke_api_token, token_id)
    assert client.post("/api/v1/test-reads", json={}, headers=bearer).status_code == 401


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/setup/users/99999999999999999999999", 404),
        ("GET", "/setup/users/9223372036854775807", 404),
        ("GET", "/nowhere", 404),
        ("PUT", "/login", 405),
        ("GET", "/me?lang=%00", 422),
        ("GET", "/setup/users?q=%00", 422),
        ("GET", "/setup/users?q=%25_%27%22<b>", 200),
        ("GET", "/me?lang=xx", 200),
    ],
)
def test_strange_addresses_get_a_plain_answer(people: People, enter, method: str, path: str, status: int) -> None:  # type: ignore[no-untyped-def]
    assert enter("admin").open(path, method=method).status_code == status


@pytest.mark.parametrize(
    ("data", "status"),
    [
        ({}, 422),
        ({"login": "x", "password": "y", "surprise": "z"}, 422),
        ({"login": "x" * 5000, "password": "y"}, 422),
        ({"login": "a\x00b", "password": "y"}, 422),
        ({"login": "a\x1bb", "password": "y"}, 422),
        ({"login": "' OR 1=1 --", "password": "y"}, 401),
        ({"login": "x", "password": "y" * 201}, 422),
    ],
)
def test_a_strange_login_form_gets_a_plain_answer(
    people: People, client: FlaskClient, data: dict[str, str], status: int
) -> None:
    token = token_in(client.get("/login").text)
    assert client.post("/login", data=data | {"csrf_token": token}).status_code == status


@pytest.mark.own_app
def test_a_fault_of_ours_shows_nothing_of_the_inside(people: People, app: Flask, enter, caplog) -> None:  # type: ignore[no-untyped-def]
    def broken() -> str:
        raise RuntimeError("the secret inside")

    app.testing = False
    app.add_url_rule("/broken", "broken", auth.signed_in(broken))
    app.add_url_rule("/api/v1/broken", "api_broken", auth.public(lambda: broken()))
    client = enter("admin")
    for path in ("/broken", "/api/v1/broken"):
        answer = client.get(path)
        assert answer.status_code == 500
        assert "secret inside" not in answer.text and "Traceback" not in answer.text
        assert answer.headers["X-Request-Id"] in answer.text
        assert answer.headers["X-Request-Id"] in caplog.text


def test_the_language_comes_from_link_person_cookie_browser_in_this_order(people: People, app: Flask, enter) -> None:  # type: ignore[no-untyped-def]
    nobody = app.test_client()
    for header, lang in (
        ("zh-TW,zh;q=0.9", "zh-Hant-TW"),
        ("zh-CN", "zh-Hans-CN"),
        ("fr, en;q=0.5", "en"),
        ("de", "en"),
    ):
        assert f'<html lang="{lang}"' in nobody.get("/login", headers={"Accept-Language": header}).text
    page = nobody.get("/login").text
    nobody.post("/language", data={"csrf_token": token_in(page), "language": "zh_Hant_TW"})
    assert '<html lang="zh-Hant-TW"' in nobody.get("/login", headers={"Accept-Language": "en"}).text
    assert '<html lang="zh-Hans-CN"' in nobody.get("/login?lang=zh-CN").text
    client = enter("admin")
    client.post("/language", data={"csrf_token": token_in(client.get("/me").text), "language": "zh_Hans_CN"})
    client.set_cookie("wms_language", "zh_Hant_TW")
    assert '<html lang="zh-Hans-CN"' in client.get("/me").text


def test_the_audit_names_the_person_who_changed_another_and_shows_no_secret(people: People, app: Flask, enter) -> None:  # type: ignore[no-untyped-def]
    from wms.audit.models import AuditEntry
    from wms.db import db

    user_id = people.add("wang", Role.PICKER)
    client = enter("admin")
    page = client.get(f"/setup/users/{user_id}").text
    client.post(f"/setup/users/{user_id}/deactivate", data={"csrf_token": token_in(page)})
    client.post(f"/setup/users/{user_id}/badge", data={"csrf_token": token_in(page)})
    with app.app_context():
        entries = (
            db.session.query(AuditEntry).filter_by(entity="user_account", entity_id=user_id, action="changed").all()
        )
        assert [entry.actor_id for entry in entries] == [people.ids["admin"]] * len(entries) and len(entries) == 2
        assert entries[0].changes["is_active"] == [True, False]
        assert len(str(entries[1].changes["badge_hash"])) < 40


def test_a_new_badge_is_shown_once_as_a_code_to_print_with_the_name(people: People, enter) -> None:  # type: ignore[no-untyped-def]
    page = f"/setup/users/{people.add('wang', Role.PICKER)}"
    client = enter("admin")
    shown = client.get(page).text
    assert "set-up-code" not in shown
    issued = client.post(f"{page}/badge", data={"csrf_token": token_in(shown)}).text
    assert "QR code of the badge" in issued and "set-up-code" in issued
    once = client.post(f"{page}/pin", data={"csrf_token": token_in(issued)}).text
    assert "set-up-code" not in once
