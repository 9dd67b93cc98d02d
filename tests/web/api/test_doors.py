"""The dock by the API: its set-up, what passes, and what is settled."""

from typing import Any

import pytest
from flask import Flask

from tests import given
from tests.fakes import doors
from tests.web.machine import Machine


@pytest.fixture
def site(app: Flask) -> given.Site:
    with app.app_context():
        return given.warehouse("W1")


def test_a_dock_is_set_up_and_changed(app: Flask, site: given.Site) -> None:
    machine = Machine.of(app, "administrator", site=site)
    gateway: Any = machine.post("/gateways", {"code": "GW-1"}).json
    door: Any = machine.post("/portals", {"code": "D1", "use": "outbound", "rules": {"reads_min": 4}}).json
    assert door["rules"] == {"reads_min": 4}
    made = machine.post(
        "/readers",
        {
            "code": "R1", "gateway_id": gateway["id"], "host": "10.0.0.5", "tx_power_dbm": 27.5,
            "antennas": [{"number": 1, "portal_id": door["id"], "side": "inside"}],
        },
    )  # fmt: skip
    assert made.status_code == 201, made.text
    reader: Any = made.json
    assert reader["tx_power_dbm"] == 27.5 and reader["antennas"][0]["portal_id"] == door["id"]
    whole = {name: value for name, value in reader.items() if name != "id"} | {"host": "10.0.0.6"}
    changed = machine.put(f"/readers/{reader['id']}", whole)
    assert changed.status_code == 200 and changed.json is not None and changed.json["host"] == "10.0.0.6"
    assert machine.put(f"/portals/{door['id']}", {"code": "D1", "use": "both"}).json["use"] == "both"  # type: ignore[index]
    assert machine.put(f"/gateways/{gateway['id']}", {"code": "GW-9"}).json["code"] == "GW-9"  # type: ignore[index]
    assert [one["code"] for one in machine.get("/readers").json["items"]] == ["R1"]  # type: ignore[index]
    assert [one["code"] for one in machine.get("/portals").json["items"]] == ["D1"]  # type: ignore[index]
    assert [one["code"] for one in machine.get("/gateways").json["items"]] == ["GW-9"]  # type: ignore[index]
    twice = machine.post("/gateways", {"code": "GW-9"})
    assert twice.status_code == 409 and twice.json is not None and twice.json["code"] == "duplicate_value"


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_set_up_of_another_warehouse_is_not_found(app: Flask, site: given.Site) -> None:
    with app.app_context():
        other = given.warehouse("W2")
    here, there = (Machine.of(app, "administrator", site=one) for one in (site, other))
    door: Any = there.post("/portals", {"code": "D1", "use": "outbound"}).json
    gateway: Any = there.post("/gateways", {"code": "GW"}).json
    assert here.get(f"/portals/{door['id']}").status_code == 404
    assert here.put(f"/portals/{door['id']}", {"code": "D2", "use": "both"}, etag='"x"').status_code == 404
    reader = {"code": "R", "gateway_id": gateway["id"], "host": "h"}
    assert here.post("/readers", reader).status_code == 404
    assert here.get("/portals").json == {"items": []}


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    "change",
    [
        {"use": "sideways"},
        {"rules": {"reads_min": 0}},
        {"rules": {"unheard_of": 1}},
        {"rules": {"reads_min": "4"}},
        {"rules": [1]},
        {"bin_id": "0"},
        {"code": ""},
        {"is_active": "yes"},
    ],
)
def test_a_wrong_door_is_refused_and_not_made(app: Flask, site: given.Site, change: dict[str, Any]) -> None:
    machine = Machine.of(app, "administrator", site=site)
    refused = machine.post("/portals", {"code": "D1", "use": "outbound"} | change)
    assert refused.status_code in {404, 422}, refused.text
    assert machine.get("/portals").json == {"items": []}


def test_a_passage_is_listed_tied_and_settled(app: Flask) -> None:
    with app.app_context():
        dock = doors.docks()
    client = app.test_client()
    sent = client.post(
        "/api/v1/rfid/batches",
        json={"batch": [dock.episode(doors.FOREIGN)]},
        headers={"Authorization": f"Bearer {dock.token}"},
    )
    assert sent.status_code == 200, sent.text
    machine = Machine.of(app, "dock", "supervisor", site=dock.site)
    page: Any = machine.get("/passages").json
    assert len(page["items"]) == 1 and page["next"] is None
    seen = page["items"][0]
    assert seen["decision"] == "unknown_tag"
    assert machine.get(f"/passages/{seen['id']}").json == seen
    door = next(one for one in machine.get("/doors").json["items"] if one["code"] == seen["door"])  # type: ignore[index]
    wall: Any = machine.get(f"/doors/{door['id']}/wall").json
    assert wall["door"] == seen["door"]
    tags: Any = machine.get("/tags").json
    with app.app_context():
        plate = given.lpn(dock.site, "P-1").code
    tied: Any = machine.post(f"/tags/{tags['items'][0]['id']}/lpn", {"lpn_code": plate}).json
    assert tied["lpn_code"] == plate
    assert machine.post(f"/tags/{tags['items'][0]['id']}/lpn", {"lpn_code": "NONE"}).status_code == 404
    settled = machine.post(f"/passages/{seen['id']}/settle", {"note": "a guest's pallet"})
    assert settled.status_code == 200, settled.text
    assert settled.json is not None and settled.json["settlement"] == "a guest's pallet"
