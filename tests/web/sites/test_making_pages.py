"""Warehouses, zones and bins made on the pages by the administrator: seen before they are made, refused by name, printed."""

import re
from typing import Any

import pytest
from flask import Flask

from tests import given
from tests.web.desk_client import Desk
from wms.db import run_in_transaction
from wms.sites import queries, service

#: Pages here ask what the services have answered on both engines; one is enough.
pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

RACKS = {"aisles": "K-L", "bays": "3", "levels": "2", "positions": "2", "face_levels": "1", "is_serpentine": "1"}
WAREHOUSE = {
    "code": "SH1", "name_en": "Shanghai", "name_zh": "上海", "timezone": "Asia/Shanghai", "company_prefix": "6901234",
    "gln": "", "docks": "2", "zone_code": "AMB", "zone_name_en": "Ambient", "zone_name_zh": "", "storage_class": "ambient",
}  # fmt: skip


@pytest.fixture
def site(app: Flask) -> given.Site:
    with app.app_context():
        here = given.warehouse("N1")
        given.user("admin", "administrator")
        given.user("local", "administrator", site=here)
        given.user("super", "supervisor")
    return here


def zone_of(app: Flask, site: given.Site) -> str:
    with app.app_context():
        return str(queries.list_zones(site.id)[0].id)


def test_a_warehouse_is_made_changed_and_given_a_zone(site: given.Site, app: Flask) -> None:
    desk = Desk.of(app, "admin")
    desk.get("/setup/warehouses/new")
    assert "Asia/Shanghai" in desk.text
    for wrong in (
        {"timezone": "Mars/Olympus"},
        {"docks": "0"},
        {"code": "N1"},
        {"gln": "123"},
        {"storage_class": "hot"},
    ):
        desk.post("/setup/warehouses/new", **WAREHOUSE | wrong)
        assert desk.status in {409, 422}, wrong
    desk.post("/setup/warehouses/new", **WAREHOUSE)
    assert desk.status == 302
    page = desk.location
    desk.get(page)
    assert "AMB" in desk.text and "Warehouse SH1 is made" in desk.text
    change = {k: WAREHOUSE[k] for k in ("name_en", "name_zh", "company_prefix", "gln")} | {"timezone": "Asia/Taipei"}
    desk.post(page, **change)
    assert desk.status == 302 and "Asia/Taipei" in desk.get("/setup/warehouses")
    cold = {"zone_code": "COLD", "zone_name_en": "Cold", "storage_class": "cold"}
    desk.get(page)
    desk.post(f"{page}/zones", **cold)
    assert desk.status == 302
    desk.post(f"{page}/zones", **cold)
    assert desk.status == 409
    assert "QUAR-COLD" not in desk.get("/setup/bins"), "the session still stands in the other warehouse"


def test_the_company_has_a_name(site: given.Site, app: Flask) -> None:
    desk = Desk.of(app, "admin")
    desk.get("/setup/warehouses")
    desk.post("/setup/company", company_name="Acme Foods")
    assert "Acme Foods" in desk.get("/setup/warehouses")


def test_racks_are_shown_before_they_are_made_and_printed_in_one_click(site: given.Site, app: Flask) -> None:
    desk = Desk.of(app, "admin")
    wanted = RACKS | {"zone": zone_of(app, site)}
    desk.get("/setup/bins/racks", query_string=wanted)
    assert "24 bins will be made" in desk.text and "K-01-1-1" in desk.text and "L-01-2-2" in desk.text
    with app.app_context():
        assert queries.find_bin(site.id, "K-01-1-1") is None, "seen is not made"
    desk.post("/setup/bins/racks", **wanted)
    assert desk.status == 302
    desk.get(desk.location)
    assert "Made: 24 bins." in desk.text
    links = re.findall(r'href="(/setup/bins/labels\.pdf[^"]*)"', desk.text)
    assert len(links) == 1
    answer = desk.client.get(links[0].replace("&amp;", "&"))
    assert answer.status_code == 200 and answer.data.startswith(b"%PDF")
    assert len(re.findall(rb"/Type /Page\b", answer.data)) == 3, "24 labels, ten on a sheet"

    desk.get("/setup/bins/racks", query_string=wanted)
    assert desk.status == 422 and "24 of these bins are there already: K-01-1-1" in desk.text
    desk.get("/setup/bins/racks")
    desk.post("/setup/bins/racks", **wanted)
    assert desk.status == 409 and "K-01-1-1" in desk.text


@pytest.mark.parametrize(
    "wrong",
    [{"aisles": "A/B"}, {"bays": "9-1"}, {"levels": "0"}, {"positions": "x"}, {"face_levels": "3"}, {"zone": "1"},
     {"bays": "999", "levels": "99", "aisles": "A-Z"}],
)  # fmt: skip
def test_racks_that_cannot_be_are_refused_with_a_sentence(site: given.Site, app: Flask, wrong: dict[str, str]) -> None:
    desk = Desk.of(app, "admin")
    wanted = RACKS | {"zone": zone_of(app, site)} | wrong
    desk.get("/setup/bins/racks", query_string=wanted)
    assert desk.status == 422 and "✖" in desk.text and f'value="{wanted["aisles"]}"' in desk.text
    desk.get("/setup/bins/racks")
    desk.post("/setup/bins/racks", **wanted)
    assert desk.status in {404, 422}


def test_one_bin_is_added(site: given.Site, app: Flask) -> None:
    desk = Desk.of(app, "admin")
    desk.get("/setup/bins/new")
    desk.post("/setup/bins/new", code="DOCK-9", kind="dock", zone="", takes_mixed_lots="1")
    assert desk.status == 302 and "DOCK-9" in desk.get(desk.location)
    desk.get("/setup/bins/new")
    desk.post("/setup/bins/new", code="DOCK-9", kind="dock", zone="")
    assert desk.status == 409


def test_who_makes_bins_and_where(site: given.Site, app: Flask) -> None:
    with app.app_context():
        other = given.warehouse("S1")
    supervisor = Desk.of(app, "super")
    for path in ("/setup/bins/new", "/setup/bins/racks", "/setup/warehouses/new", f"/setup/warehouses/{site.id}"):
        supervisor.get(path)
        assert supervisor.status == 403, path
    local = Desk.of(app, "local")
    local.get(f"/setup/warehouses/{site.id}")
    assert local.status == 200
    local.get(f"/setup/warehouses/{other.id}")
    assert local.status == 403, "the right is held in another warehouse"
    local.get("/setup/warehouses/new")
    assert local.status == 403, "a new warehouse is for one who has the right in all"


def test_many_labels_come_in_parts(site: given.Site, app: Flask, monkeypatch: Any) -> None:
    monkeypatch.setattr("wms.sites.routes.SHEET_LABELS", 10)
    desk = Desk.of(app, "admin")
    wanted = RACKS | {"zone": zone_of(app, site)}
    desk.get("/setup/bins/racks")
    desk.post("/setup/bins/racks", **wanted)
    desk.get(desk.location)
    links = [x.replace("&amp;", "&") for x in re.findall(r'href="(/setup/bins/labels\.pdf[^"]*)"', desk.text)]
    assert len(links) == 3
    assert [desk.client.get(link).status_code for link in links] == [200] * 3
    assert desk.client.get(links[0].replace("part=1", "part=4")).status_code == 404


def test_a_made_bin_may_be_received_into(site: given.Site, app: Flask) -> None:
    """What the generator makes is as good as what a test builds: goods are put there."""
    with app.app_context():
        zone = queries.list_zones(site.id)[0].id
        from wms.sites.rules import RackPlan

        run_in_transaction(
            service.make_racks, site.id, zone, RackPlan(aisles=("K",), last_bay=1, levels=1, positions=1)
        )
        made = queries.find_bin(site.id, "K-01-1-1")
        assert made is not None
        site.bins["K-01-1-1"] = made
        lot = given.lot(given.item())
        given.stock(lot, site, "K-01-1-1", 5)
        given.ledger_is_whole()
