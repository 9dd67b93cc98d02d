"""A site's people and handhelds on the pages: log-out for good, secrets for once, set-up links, leavers, machines."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from tests.web.desk_client import _Counter
from wms.accounts.rules import Role

from .conftest import PASSWORD, PIN, People, token_in

#: Pages here ask what the services have answered on both engines; one is enough.
pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
OWN = "a secret of my own"


def send(client: FlaskClient, page: str, path: str, **form: Any) -> Any:
    """Send a form with the token of `page`."""
    return client.post(path, data={"csrf_token": token_in(client.get(page).text), **form})


def secret_in(text: str) -> str:
    """Read what is shown once."""
    found = re.search(r'class="secret">([^<]+)<', text)
    assert found, text[:800]
    return found[1]


def cookie_of(client: FlaskClient) -> str:
    cookie = client.get_cookie("wms_session")
    assert cookie is not None
    return cookie.value


def test_a_copied_cookie_is_worthless_after_the_log_out(people: People, app: Flask, enter: Any) -> None:
    client = enter("admin")
    copied = cookie_of(client)
    thief = app.test_client()
    thief.set_cookie("wms_session", copied)
    assert thief.get("/me").status_code == 200
    send(client, "/me", "/logout")
    assert thief.get("/me").status_code == 302
    assert enter("admin").get("/me").status_code == 200, "the person comes in again"
    assert thief.get("/me").status_code == 302


def test_who_logs_in_over_another_ends_the_other_session(people: People, app: Flask, enter: Any) -> None:
    people.add("wang", Role.PICKER)
    client = enter("admin")
    copied = cookie_of(client)
    page = client.get("/me").text
    client.post("/login", data={"csrf_token": token_in(page), "login": "wang", "password": PASSWORD})
    assert "Wang" in client.get("/me").text
    thief = app.test_client()
    thief.set_cookie("wms_session", copied)
    assert thief.get("/me").status_code == 302


def test_a_request_asks_once_who_it_is(people: People, app: Flask, enter: Any) -> None:
    client = enter("admin")

    class Seen:
        statements: list[str] = []

    seen = Seen()
    seen.app = app  # type: ignore[attr-defined]
    with _Counter(seen):  # type: ignore[arg-type]
        assert client.get("/m/scanner-test").status_code == 200
        of_account = [s for s in seen.statements if "user_account" in s or "ended_session" in s or "device" in s]
    assert len(of_account) == 1, seen.statements


def test_a_password_for_once_leads_to_one_of_ones_own(people: People, app: Flask, enter: Any) -> None:
    wang = people.add("wang", Role.PICKER)
    admin = enter("admin")
    shown = send(admin, f"/setup/users/{wang}", f"/setup/users/{wang}/password").text
    secret = secret_in(shown)
    assert secret not in admin.get(f"/setup/users/{wang}").text, "it is shown once"

    client = app.test_client()
    token = token_in(client.get("/login").text)
    assert client.post("/login", data={"csrf_token": token, "login": "wang", "password": secret}).status_code == 302
    for path in ("/me", "/setup", "/m/"):
        assert "new-" in client.get(path).headers["Location"], path
    quick = client.get("/me", headers={"HX-Request": "true"})
    assert (quick.status_code, quick.headers["HX-Redirect"]) == (403, "/me/new-password")
    page = "/me/new-password"
    assert send(client, page, page, password=secret, again=secret).status_code == 422
    assert send(client, page, page, password="short", again="short").status_code == 422
    assert send(client, page, page, password=OWN, again="other").status_code == 422
    assert send(client, page, page, password=OWN, again=OWN).status_code == 302
    assert client.get("/me").status_code == 200
    assert client.get(page).headers["Location"] == "/me"
    assert client.post(page, data={"csrf_token": token_in(client.get("/me").text)}).status_code == 403
    old = app.test_client()
    token = token_in(old.get("/login").text)
    assert old.post("/login", data={"csrf_token": token, "login": "wang", "password": secret}).status_code == 401


def test_a_pin_for_once_leads_to_one_of_ones_own_on_the_handheld(people: People, app: Flask, enter: Any) -> None:
    li = people.add("li", Role.PICKER)
    badge = people.badge_of("li")
    _, device_secret = people.device("HH-01", people.north)
    pin = secret_in(send(enter("admin"), f"/setup/users/{li}", f"/setup/users/{li}/pin").text)
    hand = app.test_client()
    hand.set_cookie("wms_device", device_secret)
    assert send(hand, "/m/login", "/m/login/badge", badge=badge, pin=PIN).status_code == 401, "the old one is gone"
    assert send(hand, "/m/login", "/m/login/badge", badge=badge, pin=pin).status_code == 302
    assert hand.get("/m/").headers["Location"] == "/m/new-secret"
    assert hand.get("/m/", headers={"X-Hand": "1"}).headers["X-Go"] == "/m/new-secret"
    for wrong in (
        {"secret": pin, "again": pin},
        {"secret": "123456", "again": "123456"},
        {"secret": "730518", "again": "1"},
    ):
        answer = send(hand, "/m/new-secret", "/m/new-secret", **wrong)
        assert answer.status_code == 422 and "frame-no" in answer.text
    assert send(hand, "/m/new-secret", "/m/new-secret", secret="730518", again="730518").status_code == 302
    assert hand.get("/m/").status_code == 200


def test_a_password_for_once_on_the_handheld(people: People, app: Flask, enter: Any) -> None:
    li = people.add("li", Role.PICKER)
    secret = secret_in(send(enter("admin"), f"/setup/users/{li}", f"/setup/users/{li}/password").text)
    hand = app.test_client()
    assert send(hand, "/m/login", "/m/login", login="li", password=secret).status_code == 302
    assert hand.get("/m/").headers["Location"] == "/m/new-secret"
    assert send(hand, "/m/new-secret", "/m/new-secret", secret=OWN, again=OWN).status_code == 302
    assert hand.get("/m/").status_code == 200


def test_an_administrator_resets_anybody_but_themselves(people: People, enter: Any) -> None:
    client = enter("admin")
    own = people.ids["admin"]
    assert "/password" not in client.get(f"/setup/users/{own}").text
    assert send(client, "/me", f"/setup/users/{own}/password").status_code == 403
    assert send(client, "/me", f"/setup/users/{own}/deactivate").status_code == 403


def test_a_user_is_added_with_a_password_for_once_or_as_a_machine(people: People, app: Flask, enter: Any) -> None:
    client, page = enter("admin"), "/setup/users/new"
    made = send(client, page, page, login="wang", full_name="Wang Fang", password="")
    secret = secret_in(made.text)
    other = app.test_client()
    token = token_in(other.get("/login").text)
    assert other.post("/login", data={"csrf_token": token, "login": "wang", "password": secret}).status_code == 302
    assert other.get("/me").headers["Location"] == "/me/new-password"

    wrong = send(client, page, page, login="erp", full_name="ERP", password=PASSWORD, is_service="1")
    assert wrong.status_code == 422 and "machine" in wrong.text
    made = send(client, page, page, login="erp", full_name="ERP", is_service="1")
    assert made.status_code == 302
    shown = client.get(made.headers["Location"]).text
    assert "nobody logs in as it" in shown and "/badge" not in shown
    assert "machine" in client.get("/setup/users").text


def test_the_page_says_beforehand_what_closing_an_access_does(people: People, app: Flask, enter: Any) -> None:
    wang = people.add("wang", Role.PICKER)
    people.badge_of("wang")
    client = enter("admin")
    page = client.get(f"/setup/users/{wang}").text
    assert "every session ends" in page and "the badge is worthless" in page
    assert send(client, f"/setup/users/{wang}", f"/setup/users/{wang}/deactivate").status_code == 302
    page = client.get(f"/setup/users/{wang}").text
    assert "every session ends" not in page and "closed" in page


def test_a_handheld_is_set_up_by_its_link(people: People, app: Flask, enter: Any) -> None:
    people.add("li", Role.PICKER)
    badge = people.badge_of("li")
    admin = enter("admin")
    shown = send(admin, "/setup/devices", "/setup/devices", name="HH-07", warehouse_id=str(people.south)).text
    link = secret_in(shown)
    assert "<svg" in shown and "/m/setup/" in link and link.startswith("http://localhost/")
    path = link.removeprefix("http://localhost")
    assert link not in admin.get("/setup/devices").text and "waits for its set-up" in admin.get("/setup/devices").text

    hand = app.test_client()
    assert hand.head(path).status_code == 204
    assert hand.get(path, headers={"Sec-Purpose": "prefetch"}).status_code == 204, "looking ahead uses nothing up"
    answer = hand.get(path)
    assert answer.status_code == 302 and answer.headers["Location"] == "/m/login"
    assert "Scan your badge" in hand.get("/m/login").text
    assert send(hand, "/m/login", "/m/login/badge", badge=badge, pin=PIN).status_code == 302
    assert "S1" in hand.get("/m/").text
    page = admin.get("/setup/devices").text
    assert "HH-07" in page and "li" in page

    second = app.test_client().get(path)
    assert second.status_code == 404 and "used or too old" in second.text


def test_a_lost_handheld_stops_and_comes_back_with_a_new_link(people: People, app: Flask, enter: Any) -> None:
    people.add("li", Role.PICKER)
    badge = people.badge_of("li")
    device, secret = people.device("HH-01", people.north)
    hand = app.test_client()
    hand.set_cookie("wms_device", secret)
    send(hand, "/m/login", "/m/login/badge", badge=badge, pin=PIN)
    copied = cookie_of(hand)
    admin = enter("admin")
    revoke = f"/setup/devices/{device}/revoke"
    assert send(admin, "/setup/devices", revoke, reason=" ").status_code == 422
    assert hand.get("/m/").status_code == 200
    assert send(admin, "/setup/devices", revoke, reason="lost in the yard").status_code == 302
    assert hand.get("/m/").headers["Location"].startswith("/m/login")
    assert "lost in the yard" in admin.get("/setup/devices").text

    link = secret_in(send(admin, "/setup/devices", f"/setup/devices/{device}/link").text)
    fresh = app.test_client()
    assert fresh.get(link.removeprefix("http://localhost")).status_code == 302
    assert send(fresh, "/m/login", "/m/login/badge", badge=badge, pin=PIN).status_code == 302
    hand.set_cookie("wms_session", copied)
    assert hand.get("/m/").status_code == 302, "the lost one has an old secret"


def test_a_session_of_a_handheld_is_good_beside_its_own_cookie_alone(people: People, app: Flask) -> None:
    people.add("li", Role.PICKER)
    badge = people.badge_of("li")
    _, secret = people.device("HH-01", people.north)
    hand = app.test_client()
    hand.set_cookie("wms_device", secret)
    send(hand, "/m/login", "/m/login/badge", badge=badge, pin=PIN)
    thief = app.test_client()
    thief.set_cookie("wms_session", cookie_of(hand))
    assert thief.get("/m/").status_code == 302
    assert hand.get("/m/").status_code == 200


def test_the_list_shows_when_a_device_was_last_used(people: People, app: Flask) -> None:
    people.add("li", Role.PICKER)
    badge = people.badge_of("li")
    _, secret = people.device("HH-01", people.north)
    hand, start = app.test_client(), datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
    hand.set_cookie("wms_device", secret)
    with time_machine.travel(start, tick=False) as clock:
        send(hand, "/m/login", "/m/login/badge", badge=badge, pin=PIN)
        for minutes in (2, 8):
            clock.move_to(start + timedelta(minutes=minutes))
            assert hand.get("/m/").status_code == 200
    with app.app_context():
        from wms.accounts import queries

        seen = queries.list_devices()[0].device.last_seen_at
    assert seen == start + timedelta(minutes=8)
