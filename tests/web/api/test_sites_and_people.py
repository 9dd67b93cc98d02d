"""Warehouses, bins, users, handhelds and keys by the API; a secret is shown once and kept nowhere."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from tests import given
from tests.web.machine import Machine
from wms.web.models import IdempotencyKey


@pytest.fixture
def admin(app: Flask) -> Machine:
    with app.app_context():
        given.warehouse("W1")
    return Machine.of(app, "administrator")


def test_a_warehouse_is_made_with_zones_racks_and_a_bin(admin: Machine) -> None:
    made = admin.post(
        "/warehouses",
        {
            "code": "SH1", "name_en": "Shanghai", "timezone": "Asia/Shanghai", "docks": 2, "zone_code": "AMB",
            "zone_name_en": "Ambient", "storage_class": "ambient",
        },
    )  # fmt: skip
    assert made.status_code == 201, made.text
    warehouse: Any = made.json
    zone = warehouse["zones"][0]
    racks = admin.post(
        "/racks?warehouse=SH1",
        {"zone_id": zone["id"], "aisles": "A-B", "bays": "1-3", "levels": 2, "positions": 2, "face_levels": 1},
    )
    assert racks.status_code == 201 and racks.json is not None and racks.json["count"] == 24, racks.text
    one = admin.post("/bins?warehouse=SH1", {"code": "X-1", "kind": "storage", "zone_id": zone["id"]})
    assert one.status_code == 201, one.text
    listed: Any = admin.get("/bins?warehouse=SH1&q=A-01&limit=200").json
    assert len(listed["items"]) == 4 and listed["next"] is None
    twice = admin.post("/bins?warehouse=SH1", {"code": "X-1", "kind": "storage", "zone_id": zone["id"]})
    assert twice.status_code == 409
    path = f"/warehouses/{warehouse['id']}"
    change = {"name_en": "Shanghai DC", "timezone": "Asia/Shanghai"}
    assert admin.put(path, change).json["name_en"] == "Shanghai DC"  # type: ignore[index]
    assert admin.put(path, {"name_en": "x", "timezone": "Mars/Base"}).status_code == 422
    added = admin.post(
        f"{path}/zones", {"zone_code": "COLD", "zone_name_en": "Cold", "storage_class": "cold"}
    )  # fmt: skip
    assert added.status_code == 201
    assert [z["code"] for z in admin.get(path).json["zones"]] == ["AMB", "COLD"]  # type: ignore[index]


def test_a_bin_is_blocked_and_opened_by_whoever_may(app: Flask, admin: Machine) -> None:
    supervisor = Machine.of(app, "supervisor")
    page: Any = supervisor.get("/bins?warehouse=W1&q=A-01").json
    path = f"/bins/{page['items'][0]['id']}"
    assert admin.post(f"{path}/block", {"reason": "broken"}).status_code == 403
    assert supervisor.post(f"{path}/block", {"reason": "broken"}).json["is_blocked"] is True  # type: ignore[index]
    assert supervisor.post(f"{path}/block", {"reason": "broken"}).status_code == 409
    assert supervisor.post(f"{path}/unblock").json["is_blocked"] is False  # type: ignore[index]


def test_a_person_and_a_machine_are_made_and_a_secret_is_shown_once(app: Flask, admin: Machine) -> None:
    body = {"login": "li.na", "full_name": "Li Na"}
    first: Any = admin.post("/users", body, key="K").json
    again: Any = admin.post("/users", body, key="K").json
    assert first["password"] and again["password"] is None and again["user"] == first["user"]
    with app.app_context():
        from wms.db import db

        kept = db.session.execute(select(IdempotencyKey.body).where(IdempotencyKey.key == "K")).scalar_one()
    assert first["password"] not in str(kept)
    path = f"/users/{first['user']['id']}"
    roles = admin.post(f"{path}/roles", {"roles": [{"role": "picker", "warehouse_code": "W1"}]})
    assert roles.json["roles"] == [{"role": "picker", "warehouse_code": "W1"}]  # type: ignore[index]
    assert admin.post(f"{path}/roles", {"roles": [{"role": "picker", "warehouse_code": "NO"}]}).status_code == 404
    for verb in ("badge", "password", "pin"):
        assert admin.post(f"{path}/{verb}").json["secret"]  # type: ignore[index]
    assert admin.post(f"{path}/deactivate").json["is_active"] is False  # type: ignore[index]
    assert admin.post(f"{path}/activate").json["is_active"] is True  # type: ignore[index]
    assert admin.post(f"{path}/unlock").status_code == 200
    assert admin.get(path).json == admin.get("/users?q=li.na").json["items"][0]  # type: ignore[index]

    machine: Any = admin.post("/users", {"login": "erp", "full_name": "ERP", "is_service": True}).json
    assert machine["password"] is None
    erp = f"/users/{machine['user']['id']}"
    admin.post(f"{erp}/roles", {"roles": [{"role": "supervisor", "warehouse_code": None}]})
    key: Any = admin.post(
        "/api-keys", {"name": "ERP", "scopes": ["catalog.view"], "acts_for": machine["user"]["id"]}
    ).json  # fmt: skip
    client = Machine(app, app.test_client(), key["secret"])
    assert client.get("/items").status_code == 200 and client.get("/alerts?warehouse=W1").status_code == 403
    assert admin.post(f"/api-keys/{key['token']['id']}/revoke").json["is_active"] is False  # type: ignore[index]
    assert client.get("/items").status_code == 401
    assert key["secret"] not in admin.get("/api-keys").text


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_no_key_gives_itself_more_than_it_has(app: Flask, admin: Machine) -> None:
    person: Any = admin.post("/users", {"login": "boss", "full_name": "Boss"}).json["user"]  # type: ignore[index]
    asked = {"name": "x", "scopes": ["catalog.view"]}
    assert admin.post("/api-keys", asked).status_code == 422, "an administrator holds no such right"
    assert admin.post("/api-keys", asked | {"acts_for": person["id"]}).status_code == 422, "a person is no machine"
    own: Any = next(u for u in admin.get("/users").json["items"] if u["login"].startswith("machine."))  # type: ignore[index]
    assert admin.post(f"/users/{own['id']}/roles", {"roles": [{"role": "quality"}]}).status_code == 422


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_handheld_is_registered_linked_and_revoked(app: Flask, admin: Machine) -> None:
    warehouse: Any = admin.get("/warehouses").json["items"][0]  # type: ignore[index]
    made: Any = admin.post("/devices", {"name": "H-1", "warehouse_id": warehouse["id"]}).json
    browser = app.test_client()
    assert (
        browser.get(made["link"]).status_code in {200, 302} and app.test_client().get(made["link"]).status_code == 404
    )
    revoked = admin.post(f"/devices/{made['device_id']}/revoke", {"reason": "lost in a truck"})
    assert revoked.json["items"][0]["is_active"] is False  # type: ignore[index]
    assert admin.post(f"/devices/{made['device_id']}/link").json["link"]  # type: ignore[index]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_administrator_of_one_warehouse_sees_and_changes_only_that(app: Flask, admin: Machine) -> None:
    with app.app_context():
        here, there = given.warehouse("W2"), given.warehouse("W3")
    local = Machine.of(app, "administrator", site=here)
    assert [w["code"] for w in local.get("/warehouses").json["items"]] == ["W2"]  # type: ignore[index]
    assert local.get(f"/warehouses/{there.id}").status_code == 404
    assert local.post("/company", {"company_name": "X"}).status_code == 403
    assert local.get("/users").status_code == 403
    assert admin.post("/company", {"company_name": "Acme"}).json == {"company_name": "Acme"}
