"""The pages of the doors: who may, what they show, that the wall costs little and an alarm stays until it is settled."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select

from tests import given
from tests.fakes import doors
from wms.core.clock import now
from wms.db import db
from wms.rfid.models import Antenna, Gateway, Passage, Portal, Reader, Tag
from wms.shipping.models import Shipment

PASSWORD = "correct horse 1"


@pytest.fixture
def dock(app: Flask) -> doors.Docks:
    with app.app_context():
        made = doors.docks()
        given.user("dora", "dock", site=made.site)
        given.user("admin", "administrator", site=made.site)
        given.user("paul", "picker", site=made.site)
        return made


def log_in(client: FlaskClient, login: str) -> FlaskClient:
    page = client.get("/login").text
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token
    answer = client.post("/login", data={"login": login, "password": PASSWORD, "csrf_token": token[1]})
    assert answer.status_code == 302, answer.text
    return client


def post(client: FlaskClient, page: str, action: str, **data: Any) -> Any:
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get(page).text)
    assert token
    return client.post(action, data=data | {"csrf_token": token[1]})


def send(client: FlaskClient, dock: doors.Docks, *items: Any) -> Any:
    """Send a batch as a gateway does: what a slow server has not stored yet goes again."""
    left = list(items)
    while True:
        answer = client.application.test_client().post(
            "/api/v1/rfid/batches", json={"batch": left}, headers={"Authorization": f"Bearer {dock.token}"}
        )
        assert answer.status_code == 200 and answer.json is not None, answer.text
        left = [item for item in left if item["sequence"] > answer.json["stored"]]
        if not left:
            return answer.json


def unknown_of_ours(dock: doors.Docks, **more: Any) -> dict[str, Any]:
    return dock.episode(doors.epc_of(doors.sscc("6901234")), ended_at=now(), **more)


def test_the_wall_shows_what_stands_there_the_figures_and_the_last_passages(
    app: Flask, client: FlaskClient, dock: doors.Docks
) -> None:
    with app.app_context():
        pallet = doors.picked_pallet(dock)
        number = db.session.get(Shipment, pallet.shipment).number
        epc = pallet.epc
    log_in(client, "dora")
    url = f"/doors/{dock.doors['OUT']}"
    before = client.get(url).text
    assert number in before and figures(before) == ["1", "0", "0"] and "gateway silent" in before
    reader = {"reader": str(dock.readers["OUT"]), "state": "up", "since": now().isoformat(), "reason": "", "reads": 1}
    client.application.test_client().post(
        "/api/v1/rfid/batches", json={"batch": [dock.episode(epc, ended_at=now())], "readers": [reader]},
        headers={"Authorization": f"Bearer {dock.token}"},
    )  # fmt: skip
    after = client.get(url).text
    assert figures(after) == ["1", "1", "0"] and "readers up" in after and pallet.lot.number in after
    assert "is-alarm" not in after


def figures(html: str) -> list[str]:
    return re.findall(r'class="figure-box[^"]*"><b>([^<]*)</b>', html)


def test_an_alarm_fills_the_wall_until_a_person_settles_it(app: Flask, client: FlaskClient, dock: doors.Docks) -> None:
    log_in(client, "dora")
    url = f"/doors/{dock.doors['OUT']}"
    send(client, dock, unknown_of_ours(dock))
    wall = client.get(url).text
    assert 'class="wall is-alarm"' in wall and "Tag is not known" in wall and figures(wall)[2] == "1"
    settle = re.search(r'href="(/doors/passages/(\d+)\?back=\d+)"', wall)
    assert settle
    refused = post(client, settle[1], f"/doors/passages/{settle[2]}/settle", note=" ")
    assert refused.status_code == 422
    answer = post(client, settle[1], f"/doors/passages/{settle[2]}/settle", note="Taken back", back=dock.doors["OUT"])
    assert answer.status_code == 302 and answer.location == url
    wall = client.get(url).text
    assert "is-alarm" not in wall and figures(wall)[2] == "0"
    page = client.get(f"/doors/passages/{settle[2]}").text
    assert "Taken back" in page and "Dora" in page
    assert post(client, "/doors/passages", f"/doors/passages/{settle[2]}/settle", note="again").status_code in (
        400,
        409,
    )


def test_the_fragment_costs_three_statements_and_nothing_when_nothing_changed(
    app: Flask, client: FlaskClient, dock: doors.Docks
) -> None:
    with app.app_context():
        doors.picked_pallet(dock)
        engine = db.engine
    send(client, dock, *[unknown_of_ours(dock) for _ in range(6)], dock.episode(doors.FOREIGN, ended_at=now()))
    log_in(client, "dora")
    page = client.get(f"/doors/{dock.doors['OUT']}").text
    fragment = re.search(r'hx-get="([^"]+)"', page)
    assert fragment
    said: list[str] = []
    with_statement = lambda _c, _cur, statement, *_more: said.append(statement)  # noqa: E731
    event.listen(engine, "before_cursor_execute", with_statement)
    answer = client.get(fragment[1].replace("&amp;", "&"))
    event.remove(engine, "before_cursor_execute", with_statement)
    assert answer.status_code == 204 and answer.data == b""
    of_people = [s for s in said if "user_account.login" in s or ("FROM warehouse" in s and "portal" not in s)]
    own = [s for s in said if s not in of_people and s.lstrip().upper().startswith("SELECT")]
    assert len(own) <= 3 and len(of_people) <= 2, said
    send(client, dock, unknown_of_ours(dock))
    assert client.get(fragment[1].replace("&amp;", "&")).status_code == 200


def test_a_shipment_gets_its_door_from_the_list_of_doors(app: Flask, client: FlaskClient, dock: doors.Docks) -> None:
    with app.app_context():
        pallet = doors.picked_pallet(dock, door=None)
    log_in(client, "dora")
    url = f"/doors/{dock.doors['OUT']}/shipment"
    assert post(client, "/doors", url, shipment_id=pallet.shipment).status_code == 302

    def door_of() -> Any:
        with app.app_context():
            return db.session.get(Shipment, pallet.shipment).portal_id

    assert door_of() == dock.doors["OUT"]
    wrong = post(client, "/doors", f"/doors/{dock.doors['IN']}/shipment", shipment_id=pallet.shipment)
    assert wrong.status_code == 409 and door_of() == dock.doors["OUT"]
    assert post(client, "/doors", url, shipment_id=pallet.shipment, is_leaving="1").status_code == 302
    assert door_of() is None
    assert post(client, "/doors", url, shipment_id=12345).status_code == 404


def test_an_unknown_tag_is_listed_and_can_be_tied_to_an_lpn(app: Flask, client: FlaskClient, dock: doors.Docks) -> None:
    with app.app_context():
        plate = given.lpn(dock.site)
    send(client, dock, dock.episode(doors.FOREIGN, ended_at=now()))
    log_in(client, "dora")
    assert doors.FOREIGN in client.get("/doors/tags").text
    with app.app_context():
        tag = db.session.execute(select(Tag.id)).scalar_one()
    assert post(client, f"/doors/tags/{tag}", f"/doors/tags/{tag}/lpn", lpn="000000000000000000").status_code == 404
    assert post(client, f"/doors/tags/{tag}", f"/doors/tags/{tag}/lpn", lpn=plate.code).status_code == 302
    assert doors.FOREIGN not in client.get("/doors/tags").text
    assert plate.code in client.get("/doors/tags?known=1").text


def test_the_list_of_passages_filters_and_pages(app: Flask, client: FlaskClient, dock: doors.Docks) -> None:
    at = now()
    items = [
        dock.episode(f"E2000017010B0162{n:08X}", "OUT" if n % 2 else "IN", "stray", ended_at=at - timedelta(minutes=n))
        for n in range(60)
    ]
    send(client, dock, *items, unknown_of_ours(dock))
    log_in(client, "dora")
    first = client.get("/doors/passages").text
    assert first.count("/doors/passages/") >= 50
    following = re.search(r'rel="next" href="([^"]+)"', first)
    assert following
    second = client.get(following[1].replace("&amp;", "&")).text
    shown = [set(re.findall(r'href="/doors/passages/(\d+)"', page)) for page in (first, second)]
    assert [len(ids) for ids in shown] == [50, 11] and not shown[0] & shown[1]
    assert len(set(re.findall(r'href="/doors/passages/(\d+)"', client.get("/doors/passages?decision=alarm").text))) == 1
    assert len(set(re.findall(r'href="/doors/passages/(\d+)"', client.get("/doors/passages?door=IN").text))) == 30
    for odd in ("?decision=nonsense", "?cursor=!!", "?door=%F0%9F%98%80", "?q=%25", "?unknown=1", "?cursor=WzEsMl0"):
        assert client.get(f"/doors/passages{odd}").status_code in (200, 422), odd


def test_the_dock_is_set_up_on_its_pages_and_the_gateway_hears_of_it(
    app: Flask, client: FlaskClient, dock: doors.Docks
) -> None:
    log_in(client, "admin")
    page = "/setup/portals/new"
    made = post(
        client, page, page, code="D3", name_en="North", name_zh="北门", use="both", bin_id="", silence_seconds="1.5"
    )
    assert made.status_code == 302, made.text
    assert post(client, page, page, code="D3", use="both").status_code == 409
    assert post(client, page, page, code="D4", use="sideways").status_code == 422
    assert post(client, page, page, code="D4", use="both", door_share_min="7").status_code == 422
    with app.app_context():
        portal = db.session.execute(select(Portal).where(Portal.code == "D3")).scalar_one()
        assert portal.rules == {"silence_seconds": 1.5}
        version = db.session.get(Gateway, dock.gateway).config_version
    page = "/setup/readers/new"
    reader = {"code": "R9", "gateway_id": dock.gateway, "host": "10.0.0.9", "port": "5084", "tx_power_dbm": "30"}
    antennas = {"antenna_1": f"{portal.id}:inside", "antenna_2": f"{portal.id}:outside"}
    assert post(client, page, page, **reader, **antennas).status_code == 302
    assert post(client, page, page, **(reader | {"code": "R8"}), antenna_1="7:inside").status_code == 404
    assert post(client, page, page, **(reader | {"code": "R8"}), antenna_1="x").status_code == 422
    assert post(client, page, page, **(reader | {"code": "R8", "tx_power_dbm": "99"})).status_code == 422
    with app.app_context():
        row = db.session.execute(select(Reader).where(Reader.code == "R9")).scalar_one()
        assert row.settings == {"tx_power_dbm": 30.0} and row.is_active
        sides = db.session.execute(select(Antenna.number, Antenna.side).where(Antenna.reader_id == row.id)).all()
        assert [(n, s.value) for n, s in sorted(sides)] == [(1, "inside"), (2, "outside")]
        assert db.session.get(Gateway, dock.gateway).config_version == version + 1
    page = f"/setup/readers/{row.id}"
    assert post(client, page, page, **reader, is_active="1", antenna_2=f"{portal.id}:inside").status_code == 302
    for path in ("/setup/readers", "/setup/portals", "/setup/gateways", page, f"/setup/portals/{portal.id}"):
        assert client.get(path).status_code == 200, path
    assert post(client, "/setup/gateways", "/setup/gateways", code="GW2", api_token_id="").status_code == 302


def test_only_the_permitted_see_settle_and_set_up(app: Flask, client: FlaskClient, dock: doors.Docks) -> None:
    send(client, dock, unknown_of_ours(dock))
    with app.app_context():
        passage = db.session.execute(select(Passage.id)).scalar_one()
        elsewhere = given.warehouse()
        given.user("olga", "dock", site=elsewhere)
    door = dock.doors["OUT"]
    paul = log_in(app.test_client(), "paul")
    for path in ("/doors", f"/doors/{door}", f"/doors/{door}/wall", "/doors/passages", "/doors/tags", "/setup/readers"):
        assert paul.get(path).status_code == 403, path
    admin = log_in(app.test_client(), "admin")
    assert admin.get(f"/doors/{door}").status_code == 200
    assert "Settle this alarm" not in admin.get(f"/doors/{door}").text
    assert post(admin, "/setup/gateways", f"/doors/passages/{passage}/settle", note="x").status_code == 403
    olga = log_in(app.test_client(), "olga")
    for path in (f"/doors/{door}", f"/doors/{door}/wall", f"/doors/passages/{passage}"):
        assert olga.get(path).status_code == 404, path
    assert post(olga, "/me", f"/doors/passages/{passage}/settle", note="x").status_code == 404
