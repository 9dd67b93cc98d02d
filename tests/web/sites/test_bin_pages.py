"""Bins at the desk: listed, found, blocked with a reason, opened again, by right and warehouse."""

import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests import given
from wms.sites import queries

#: Pages here ask what the services have answered on both engines; one is enough.
pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

PASSWORD = "correct horse 1"


class Desk:
    """Two warehouses and a person at the desk of one."""

    def __init__(self, app: Flask, client: FlaskClient) -> None:
        self.app, self.client = app, client
        with app.app_context():
            here, there = given.warehouse("N1"), given.warehouse("S1")
            given.user("super", "supervisor", site=here)
            given.user("picker", "picker", site=here)
            self.bin, self.outside, self.elsewhere = here["A-01"], here["SCRAP"], there["A-01"]

    def enter(self, login: str) -> "Desk":
        self.post("/login", login=login, password=PASSWORD)
        return self

    def post(self, path: str, **form: Any) -> Any:
        page = self.client.get("/setup/bins" if path != "/login" else "/login").text
        found = re.search(r'name="csrf-token" content="([^"]+)"', page)
        assert found
        return self.client.post(path, data=form | {"csrf_token": found[1]})

    def is_blocked(self, bin_id: Any) -> bool:
        with self.app.app_context():
            return queries.get_bin(bin_id).is_blocked


@pytest.fixture
def desk(app: Flask, client: FlaskClient) -> Desk:
    return Desk(app, client)


def test_bins_are_listed_and_filtered(desk: Desk) -> None:
    desk.enter("picker")
    assert "A-04" in desk.client.get("/setup/bins").text
    found = desk.client.get("/setup/bins?q=a-0&kind=storage&blocked=0").text
    assert "A-01" in found and "CAGE" not in found
    assert desk.client.get("/setup/warehouses").status_code == 200
    assert desk.client.get("/setup/bins?kind=loft").status_code == 422


def test_a_bin_is_blocked_with_a_reason_and_opened_again(desk: Desk) -> None:
    desk.enter("super")
    assert desk.post(f"/setup/bins/{desk.bin}/block", reason=" ").status_code == 422
    assert desk.post(f"/setup/bins/{desk.bin}/block", reason="rack leg bent").status_code == 302
    page = desk.client.get(f"/setup/bins/{desk.bin}").text
    assert "rack leg bent" in page and "Super" in page
    assert desk.post(f"/setup/bins/{desk.bin}/block", reason="again").status_code == 409
    assert desk.post(f"/setup/bins/{desk.bin}/unblock").status_code == 302
    assert not desk.is_blocked(desk.bin)
    assert desk.post(f"/setup/bins/{desk.bin}/unblock").status_code == 409


def test_outside_bins_other_warehouses_and_lesser_roles_are_refused(desk: Desk) -> None:
    desk.enter("super")
    assert desk.post(f"/setup/bins/{desk.outside}/block", reason="x").status_code == 409
    assert desk.post(f"/setup/bins/{desk.elsewhere}/block", reason="x").status_code == 403
    assert not desk.is_blocked(desk.elsewhere)
    desk.post("/logout")
    assert desk.enter("picker").post(f"/setup/bins/{desk.bin}/block", reason="x").status_code == 403
    assert not desk.is_blocked(desk.bin)
