"""The inspector's mode: one menu, at most three clicks to each page, nothing to change, every look kept."""

import re
from typing import Any

import pytest

from tests import given
from tests.web.desk_client import PASSWORD, Desk
from tests.web.machine import Machine
from wms.accounts.rules import ROLES, Role
from wms.core.ids import SYSTEM_USER
from wms.db import db, run_in_transaction
from wms.inspector.models import InspectorLook
from wms.quality.service import PlaceHold, place_hold
from wms.stock.ledger import Quality
from wms.stock.models import HoldReason, HoldScope

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
READING = {"view", "export"}


@pytest.fixture
def desk(app: Any) -> Desk:
    with app.app_context():
        site, other = given.warehouse("W9"), given.warehouse("W8")
        given.user("eve", "inspector", site=site, password=PASSWORD)
        given.user("ann", "auditor", site=site, password=PASSWORD)
        given.user("pick", "picker", site=site, password=PASSWORD)
        item = given.item("TEA")
        lot, late = given.lot(item, "T-1"), given.lot(item, "T-2")
        given.stock(lot, site, "A-01", 10)
        given.stock(late, site, "A-02", 4, quality=Quality.PENDING)
        given.stock(late, other, "A-02", 4, quality=Quality.PENDING)
        shop = given.partner(
            "SHOP", name_en="Corner Shop", address="3 Main St", phone="+43 1", recall_contact="Ida", is_customer=True
        )
        given.shipped(site, [(item, 3)], customer=shop)
        hold = PlaceHold(key="h", scope=HoldScope.LOT, lot=lot.id, reason=HoldReason.SUSPECT, warehouse=site.id)
        run_in_transaction(place_hold, hold, actor=SYSTEM_USER, at=given.NOW)
    return Desk.of(app, "eve")


def test_an_inspector_may_read_and_do_nothing_else(database: Any) -> None:
    allowed = ROLES[Role.INSPECTOR] - {"inspector"}
    assert {right.split(".")[-1] for right in allowed} <= READING, allowed


def test_the_menu_is_the_first_page_and_the_only_one_of_the_rail(desk: Desk) -> None:
    answer = desk.client.get("/")
    assert answer.headers["Location"].endswith("/inspector")
    desk.get("/inspector")
    rail = re.search(r'<nav[^>]*class="rail.*?</nav>', desk.text, re.S)
    assert rail and re.findall(r'href="([^"]+)"', rail[0]).count("/inspector") == 1 and "/orders" not in rail[0]


def test_each_page_of_the_menu_opens(desk: Desk) -> None:
    desk.get("/inspector")
    paths = re.findall(r'<h2><a href="([^"]+)"', desk.text)
    assert {"/inspector/kept", "/inspector/people", "/inspector/backups", "/reports/fsma204"} <= set(paths)
    for path in paths:
        desk.get(path)
        assert desk.status == 200, (path, desk.status)


def test_a_lot_shows_its_balance_and_to_whom_it_went(desk: Desk) -> None:
    desk.get("/inspector/lots?q=T-1")
    assert desk.status == 302
    path = desk.location
    page = desk.get(path)
    for words in ("Corner Shop", "3 Main St", "+43 1", "Ida", "balanced", "Nothing unexplained"):
        assert words in page, words
    sheet = desk.client.get(f"{path}/deliveries.csv").data.decode("utf-8-sig")
    assert "T-1" in sheet and "Corner Shop" in sheet and "3" in sheet
    balance = desk.client.get(f"{path}/balance.csv").data.decode("utf-8-sig")
    assert "Shipped,3" in balance and "On hand, in every bin and state" in balance
    desk.get("/inspector/lots?q=NONE")
    assert desk.status == 404


def test_quarantine_shows_what_is_kept_here_with_its_reason_and_not_elsewhere(desk: Desk) -> None:
    page = desk.get("/inspector/kept")
    assert page.count("T-2") >= 1 and "T-1" in page and "Suspect" in page
    assert len(re.findall(r"<tr><td class=\"number\">", page)) == 2
    rows = desk.client.get("/inspector/kept.csv").data.decode("utf-8-sig").splitlines()
    assert len(rows) == 3


def test_people_say_their_roles_and_since_when(desk: Desk) -> None:
    page = desk.get("/inspector/people")
    assert "Visiting inspector" in page and "eve" in page
    assert "eve" in desk.client.get("/inspector/people.csv").data.decode("utf-8-sig")


def test_every_look_is_kept_before_the_page_is_shown(app: Any, desk: Desk) -> None:
    desk.get("/inspector/lots?q=T-1")
    desk.get("/quality/holds")
    with app.app_context():
        looks = {(row.path, row.query) for row in db.session.query(InspectorLook)}
        db.session.rollback()
    assert ("/inspector/lots", "q=T-1") in looks and ("/quality/holds", "") in looks
    auditor = Desk.of(app, "ann")
    auditor.get("/inspector/looks")
    assert "q=T-1" in auditor.text
    with app.app_context():
        assert not [row for row in db.session.query(InspectorLook) if row.path == "/inspector/looks"]
        db.session.rollback()


def test_others_need_the_right(app: Any, desk: Desk) -> None:
    picker = Desk.of(app, "pick")
    for path in ("/inspector", "/inspector/kept", "/inspector/people.csv", "/inspector/looks"):
        picker.get(path)
        assert picker.status == 403, path


def test_a_machine_reads_the_same(app: Any, desk: Desk) -> None:
    key = Machine.of(app, "auditor")
    desk.get("/inspector/lots?q=T-1")
    told = key.get(f"/lots/{desk.location.split('/')[-1]}/deliveries?warehouse=W9").json
    assert (told["lot_number"], told["deliveries"][0]["quantity"], told["deliveries"][0]["day"]) == (
        "T-1",
        "3",
        str(given.TODAY),
    )
    kept = key.get("/kept-stock?warehouse=W9").json["items"]
    assert {row["lot_number"] for row in kept} == {"T-1", "T-2"} and ["suspect"] in [
        row["hold_reasons"] for row in kept
    ]
    assert "eve" in {row["login"] for row in key.get("/role-grants?warehouse=W9").json["grants"]}
    assert key.get("/backups?warehouse=W9").json == {"backups": []}
    assert key.get("/inspector-looks?warehouse=W9").json["items"]
