"""The inspector's mode: one menu, at most three clicks to each page, nothing to change, every look kept."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from tests import given
from tests.web.desk_client import PASSWORD, Desk
from tests.web.machine import Machine
from wms.accounts.models import User, UserRole
from wms.accounts.rules import ROLES, Role
from wms.catalog.models import Item
from wms.core.errors import Unavailable
from wms.core.ids import SYSTEM_USER, new_id
from wms.db import Base, db, run_in_transaction
from wms.evidence.models import SealCheck
from wms.inspector.models import InspectorLook
from wms.inspector.words import PAGES
from wms.quality.service import PlaceHold, place_hold
from wms.recall.service import OpenRecall, open_recall
from wms.sites.models import Bin, Warehouse
from wms.stock.ledger import Quality
from wms.stock.models import HoldReason, HoldScope, Lot
from wms.web import auth
from wms.web.api import PREFIX

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
        lot = db.session.query(Lot).filter_by(number="T-1").one().id
        db.session.rollback()
    desk.get(f"/lots/{lot}/history")
    words = re.sub(r"<[^>]+>|\s+", " ", auditor.get("/inspector/looks"))
    assert "Holds" in words and re.search(r"Lot history +T-1", words), "pages are named, not their addresses alone"
    with app.app_context():
        assert not [row for row in db.session.query(InspectorLook) if row.path == "/inspector/looks"]
        db.session.rollback()


def test_every_page_that_an_inspector_may_open_has_a_name_in_the_list_of_looks(app: Any) -> None:
    mine = ROLES[Role.INSPECTOR]
    for rule in app.url_map.iter_rules():
        mark = auth.mark_of(app.view_functions[rule.endpoint])
        if "GET" not in rule.methods or rule.rule.startswith(PREFIX) or mark is None or mark.is_public:
            continue
        if (not mark.permissions or mine & set(mark.permissions)) and rule.endpoint != "inspector.looks":
            assert rule.endpoint in PAGES, f"{rule.rule}: name it in wms/inspector/words.py"
    assert {table for _said, table in PAGES.values()} - {""} <= set(Base.metadata.tables)


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


def test_what_a_key_of_an_inspector_reads_is_a_look_and_costs_others_nothing(app: Any, desk: Desk) -> None:
    key, other = Machine.of(app, "inspector", scopes=("stock.view", "evidence.view")), Machine.of(app, "auditor")
    for machine in (key, other):
        assert machine.get("/kept-stock?warehouse=W9&limit=7").status_code == 200
        assert machine.get("/inspector-looks?warehouse=W9").status_code == 200
    assert key.get("/audit-entries").status_code == 403  # the key's scopes bound it all the same
    with app.app_context():
        looks = [(row.path, row.query) for row in db.session.query(InspectorLook)]
        db.session.rollback()
    assert looks.count(("/api/v1/kept-stock", "warehouse=W9&limit=7")) == 1
    assert not [path for path, _query in looks if path.endswith("inspector-looks")]
    assert {path for path, _query in looks} <= {"/api/v1/kept-stock", "/api/v1/audit-entries"}
    with _counted() as asked:
        other.get("/kept-stock?warehouse=W9")
    assert not [one for one in asked if "inspector_look" in one]


def test_a_look_of_a_key_that_cannot_be_kept_is_not_shown(app: Any, desk: Desk, monkeypatch: Any) -> None:
    def broken(**_values: Any) -> None:
        raise Unavailable(what="database")

    key = Machine.of(app, "inspector")
    monkeypatch.setattr("wms.inspector.service.keep_look", broken)
    assert key.get("/kept-stock?warehouse=W9").status_code == 503


@contextmanager
def _counted() -> Iterator[list[str]]:
    asked: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        asked.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(Engine, "before_cursor_execute", note)


#: What an inspector asks for, by the words that the page must show: each in at most three clicks from the menu.
ANSWERS = {
    "the card of a lot": r"/inspector/lots/\d+$",
    "shipments of a lot": r"/inspector/lots/\d+/deliveries\.csv$",
    "mass balance": r"/inspector/lots/\d+/balance\.csv$",
    "history of a lot": r"/lots/\d+/history$",
    "where a lot went": r"/trace\?.*direction=forward",
    "stock as of": r"/stock/as-of$",
    "quarantine by age": r"/inspector/kept$",
    "genealogy of a work order": r"/work-orders/\d+$",
    "audit": r"/evidence/audit$",
    "role matrix": r"/setup/roles$",
    "recall report": r"/quality/recalls/\d+/report\.pdf$",
    "backup proof": r"/inspector/backups$",
    "seals": r"/evidence$",
    "looks": r"/inspector/looks$",
}


def test_each_answer_is_at_most_three_clicks_from_the_menu(app: Any, desk: Desk) -> None:
    """A walk along the links that the inspector sees; a lot is scanned into the menu's box, which is one click."""
    with app.app_context():
        house = db.session.query(Warehouse).filter_by(code="W9").one()
        site = given.Site(house, {one.code: one for one in db.session.query(Bin).filter_by(warehouse_id=house.id)})
        tea = db.session.query(Item).filter_by(sku="TEA").one()
        given.bom(tea, [(given.item("LEAF"), 1)])
        given.work_order(site, tea, 5, given.line(site))
        opened = OpenRecall(
            key="r", warehouse=site.id, class_code="food", reason="Glass", start_text="T-1", start_item="TEA"
        )
        run_in_transaction(open_recall, opened, actor=given.user(None, "quality"), at=given.NOW)
    found: dict[str, int] = {}
    seen, level = {"/inspector"}, ["/inspector", "/inspector/lots?q=T-1"]
    for click in range(1, 4):
        following: list[str] = []
        for path in level:
            desk.get(path)
            if desk.status == 302:  # the box of the menu leads to the lot itself: that was the first click
                following += _met(desk, [desk.location], found, 1)
                desk.get(desk.location)
            if desk.status == 200 and "<html" in desk.text:
                links = [unescape(link) for link in re.findall(r'<a [^>]*href="(/[^"]*)"', desk.text)]
                following += _met(desk, links, found, click + ("?q=" in path))
        level = [path for path in dict.fromkeys(following) if path not in seen]
        seen |= set(level)
        if found.keys() == ANSWERS.keys():
            break
    assert found.keys() == ANSWERS.keys(), ANSWERS.keys() - found.keys()
    assert max(found.values()) <= 3, found


def _met(desk: Desk, links: list[str], found: dict[str, int], click: int) -> list[str]:
    """Note which answers these links are, each opened once; the pages to walk on from."""
    onward = []
    for link in links:
        clean = link.split("#")[0]
        for name, pattern in ANSWERS.items():
            if name not in found and re.search(pattern, clean):
                answer = desk.client.get(clean)
                answer.get_data()  # a sheet is written as it is read
                answer.close()
                assert answer.status_code == 200, (name, clean, answer.status_code)
                found[name] = click
        if not re.search(r"\.(csv|xlsx|pdf|json)$", clean.split("?")[0]) and "/static/" not in clean:
            onward.append(clean)
    return onward


@pytest.mark.parametrize(
    "path", ["/inspector/kept", "/inspector/looks", "/inspector/people", "/evidence", "/inspector/lots/{lot}"]
)
def test_a_page_asks_as_much_for_a_hundred_rows_as_for_ten(app: Any, desk: Desk, path: str) -> None:
    asked = {}
    auditor = Desk.of(app, "ann")
    for rows in (10, 100):
        with app.app_context():
            house = db.session.query(Warehouse).filter_by(code="W9").one()
            site = given.Site(house, {one.code: one for one in db.session.query(Bin).filter_by(warehouse_id=house.id)})
            _fill(path, site, rows)
            lot = db.session.query(Lot).filter_by(number="C-1" if "{lot}" in path else "T-1").one().id
            db.session.rollback()
        for _twice in range(2):  # the first fills what is kept for good
            auditor.get(path.format(lot=lot))
        assert auditor.status == 200
        asked[rows] = len(auditor.statements)
    assert asked[10] == asked[100], asked


def _fill(path: str, site: given.Site, rows: int) -> None:
    """So many rows of what the page lists."""
    tea, who = db.session.query(Item).filter_by(sku="TEA").one(), db.session.query(User).filter_by(login="eve").one().id
    db.session.rollback()
    if path.endswith("kept"):
        for number in range(rows):
            given.stock(given.lot(tea), site, f"A-0{number % 4 + 1}", 1, quality=Quality.PENDING)
    elif path.endswith("looks"):
        given.keep(
            *(InspectorLook(id=new_id(), user_id=who, at=given.NOW, path=f"/{n}", query="") for n in range(rows))
        )
    elif path.endswith("people"):
        given.keep(
            *(
                UserRole(id=new_id(), user_id=given.user(), role="picker", warehouse_id=site.id)
                for _n in range(rows // 5)
            )
        )
    elif path == "/evidence":
        for number in range(rows // 5):
            given.keep(_check(number))
    else:
        lot = db.session.query(Lot).filter_by(number="C-1").one_or_none() or given.lot(given.item("COFFEE"), "C-1")
        coffee = lot.item
        db.session.rollback()
        for _n in range(rows // 5):
            given.stock(lot, site, "A-01", 1)
            given.shipped(site, [(coffee, 1)])


def _check(number: int) -> SealCheck:
    return SealCheck(
        id=new_id(), checked_at=given.NOW, checked_by=SYSTEM_USER, is_full=True, head_seq=number, blocks=1, records=1, waiting=0,
        milliseconds=1, faults=0, first_fault="",
    )  # fmt: skip
