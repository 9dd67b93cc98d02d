"""Letting people in: password, lock, badge and PIN, sessions that end."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from flask.testing import FlaskClient

from wms.accounts import service
from wms.accounts.rules import Role
from wms.db import run_in_transaction

from .conftest import PASSWORD, PIN, People, token_in

#: Pages here ask what the services have answered on both engines; one is enough.
pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def _try(client: FlaskClient, login: str, password: str, **more: str):  # type: ignore[no-untyped-def]
    token = token_in(client.get("/login").text)
    return client.post("/login", data={"csrf_token": token, "login": login, "password": password} | more)


def _try_badge(client: FlaskClient, badge: str, pin: str):  # type: ignore[no-untyped-def]
    token = token_in(client.get("/m/login").text)
    return client.post("/m/login/badge", data={"csrf_token": token, "badge": badge, "pin": pin})


def test_a_person_enters_by_password_and_leaves(people: People, client: FlaskClient) -> None:
    people.add("wang", Role.PICKER)
    assert client.get("/me").status_code == 302
    assert _try(client, "Wang", PASSWORD).status_code == 302
    page = client.get("/me")
    assert page.status_code == 200 and "Picker" in page.text
    client.post("/logout", data={"csrf_token": token_in(page.text)})
    assert client.get("/me").headers["Location"].startswith("/login")


def test_a_wrong_login_and_an_unknown_one_get_the_same_answer(people: People, client: FlaskClient) -> None:
    def scrubbed(text: str) -> str:
        return text.replace(token_in(text), "")

    wrong, unknown = _try(client, "admin", "wrong"), _try(client, "nobody", "wrong")
    assert wrong.status_code == unknown.status_code == 401
    assert scrubbed(wrong.text) == scrubbed(unknown.text)


def test_five_wrong_tries_lock_the_login_and_the_lock_ends(people: People, client: FlaskClient) -> None:
    start = datetime.now(UTC)
    with time_machine.travel(start, tick=False) as clock:
        for _ in range(5):
            assert _try(client, "admin", "wrong").status_code == 401
        assert _try(client, "admin", PASSWORD).status_code == 401, "the right password does not open a locked login"
        clock.move_to(start + timedelta(minutes=16))
        assert _try(client, "admin", PASSWORD).status_code == 302


def test_a_right_password_forgets_the_wrong_tries(people: People, client: FlaskClient) -> None:
    for _ in range(3):
        for _ in range(4):
            _try(client, "admin", "wrong")
        answer = _try(client, "admin", PASSWORD)
        assert answer.status_code == 302
        client.post("/logout", data={"csrf_token": token_in(client.get("/me").text)})


def test_next_leads_only_to_our_own_pages(people: People, client: FlaskClient) -> None:
    for foreign in ("https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)"):
        answer = _try(client, "admin", PASSWORD, next=foreign)
        assert answer.headers["Location"] == "/"
        client.post("/logout", data={"csrf_token": token_in(client.get("/me").text)})
    assert _try(client, "admin", PASSWORD, next="/setup/users?q=a").headers["Location"] == "/setup/users?q=a"


def test_badge_and_pin_work_only_on_a_registered_device(people: People, client: FlaskClient) -> None:
    people.add("li", Role.PICKER, at=people.south)
    badge = people.badge_of("li")
    token = token_in(client.get("/m/login").text)
    refused = client.post("/m/login/badge", data={"csrf_token": token, "badge": badge, "pin": PIN})
    assert refused.status_code == 401 and "frame-no" in refused.text
    _, secret = people.device("HH-01", people.south)
    client.set_cookie("wms_device", secret)
    assert _try_badge(client, badge, "000111").status_code == 401
    answer = _try_badge(client, badge, PIN)
    assert answer.status_code == 302 and answer.headers["Location"] == "/m/"
    assert "S1" in client.get("/m/").text, "the session stands in the device's warehouse"


def test_a_revoked_device_ends_its_sessions_and_takes_no_badge(people: People, client: FlaskClient) -> None:
    people.add("li", Role.PICKER)
    badge = people.badge_of("li")
    device_id, secret = people.device("HH-01", people.north)
    client.set_cookie("wms_device", secret)
    assert _try_badge(client, badge, PIN).status_code == 302
    assert client.get("/m/").status_code == 200
    with people.app.app_context():
        run_in_transaction(service.revoke_device, device_id, reason="lost", actor=people.ids["admin"])
    assert client.get("/m/").headers["Location"].startswith("/m/login")
    token = token_in(client.get("/m/login").text)
    assert client.post("/m/login/badge", data={"csrf_token": token, "badge": badge, "pin": PIN}).status_code == 401


def test_a_locked_person_does_not_lock_the_handheld(people: People, client: FlaskClient) -> None:
    people.add("li", Role.PICKER)
    people.add("chen", Role.PICKER)
    first, second = people.badge_of("li"), people.badge_of("chen")
    _, secret = people.device("HH-01", people.north)
    client.set_cookie("wms_device", secret)
    for _ in range(4):
        assert _try_badge(client, first, "999000").status_code == 401
    assert _try_badge(client, first, "999000").status_code == 429
    assert _try_badge(client, first, PIN).status_code == 429
    assert _try_badge(client, second, PIN).status_code == 302


def test_guessing_badges_locks_the_device(people: People, client: FlaskClient) -> None:
    people.add("li", Role.PICKER)
    badge = people.badge_of("li")
    _, secret = people.device("HH-01", people.north)
    client.set_cookie("wms_device", secret)
    for number in range(10):
        _try_badge(client, f"BDG{number}", PIN)
    assert _try_badge(client, badge, PIN).status_code == 429


def test_an_old_badge_is_worthless(people: People, client: FlaskClient) -> None:
    people.add("li", Role.PICKER)
    old, new = people.badge_of("li"), people.badge_of("li")
    _, secret = people.device("HH-01", people.north)
    client.set_cookie("wms_device", secret)
    assert _try_badge(client, old, PIN).status_code == 401
    assert _try_badge(client, new, PIN).status_code == 302


def test_a_change_of_password_ends_the_other_sessions(people: People, app, client: FlaskClient, enter) -> None:  # type: ignore[no-untyped-def]
    enter("admin")
    other = app.test_client()
    assert _try(other, "admin", PASSWORD).status_code == 302
    fresh = "a wholly new secret"
    page = client.get("/me").text
    data = {"csrf_token": token_in(page), "present": PASSWORD, "password": fresh, "again": fresh}
    assert client.post("/me/password", data=data | {"present": "wrong"}).status_code == 403
    assert client.post("/me/password", data=data | {"again": "other"}).status_code == 422
    assert client.post("/me/password", data=data | {"password": "short", "again": "short"}).status_code == 422
    assert client.post("/me/password", data=data).status_code == 302
    assert client.get("/me").status_code == 200, "one's own session goes on"
    assert other.get("/me").status_code == 302, "the other has ended"


def test_closing_an_access_ends_its_sessions_at_once(people: People, client: FlaskClient, enter) -> None:  # type: ignore[no-untyped-def]
    user_id = people.add("wang", Role.PICKER)
    enter("wang")
    with people.app.app_context():
        run_in_transaction(service.deactivate, user_id, actor=people.ids["admin"])
    assert client.get("/me").status_code == 302


def test_a_session_left_alone_ends_and_so_does_one_of_twelve_hours(people: People, client: FlaskClient, enter) -> None:  # type: ignore[no-untyped-def]
    start = datetime.now(UTC)
    with time_machine.travel(start, tick=False) as clock:
        enter("admin")
        clock.move_to(start + timedelta(minutes=29))
        assert client.get("/me").status_code == 200
        clock.move_to(start + timedelta(minutes=60))
        assert client.get("/me").status_code == 302
        enter("admin")
        again = start + timedelta(minutes=60)
        for minutes in range(20, 12 * 60, 20):
            clock.move_to(again + timedelta(minutes=minutes))
            assert client.get("/me").status_code == 200
        clock.move_to(again + timedelta(hours=12, minutes=1))
        assert client.get("/me").status_code == 302


def test_the_next_person_on_a_handheld_finds_nothing_of_the_last(people: People, client: FlaskClient) -> None:
    people.add("li", Role.PICKER)
    badge = people.badge_of("li")
    _, secret = people.device("HH-01", people.north)
    client.set_cookie("wms_device", secret)
    _try_badge(client, badge, PIN)
    answer = client.post("/m/switch", data={"csrf_token": token_in(client.get("/m/").text)}, follow_redirects=True)
    assert answer.status_code == 200 and "Li" not in answer.text.replace("LINK", "")
    assert client.get("/m/").status_code == 302
