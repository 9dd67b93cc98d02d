"""Today, the lot page, search by any scan, and the exports."""

import csv
import io
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from flask import Flask
from openpyxl import load_workbook

from tests import given
from tests.web.desk_client import Desk
from wms.core.clock import now
from wms.core.ids import SYSTEM_USER
from wms.db import run_in_transaction
from wms.quality import service
from wms.stock.ledger import Quality
from wms.stock.models import HoldReason, HoldScope
from wms.web.sheets import is_dangerous, to_csv, to_xlsx


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    """The builders count their days from given.TODAY: so does the clock that the pages ask."""
    with time_machine.travel(given.NOW, tick=True):
        yield


@pytest.fixture
def site(app: Flask) -> given.Site:
    with app.app_context():
        site = given.warehouse("HZ")
        given.user("boss", "supervisor")
        given.user("admin", "administrator")
        given.user("dock", "dock")
        return site


def hold(lot: Any, key: str = "h") -> None:
    cmd = service.PlaceHold(key=key, scope=HoldScope.LOT, lot=lot.id, reason=HoldReason.DAMAGE, note="torn")
    run_in_transaction(service.place_hold, cmd, actor=SYSTEM_USER, at=now())


def workbook(desk: Desk, path: str) -> Any:
    """Take an export and open it."""
    with desk.client.get(path, buffered=True) as answer:
        return load_workbook(io.BytesIO(answer.get_data()))


def test_today_shows_what_needs_a_person_and_leads_to_it(app: Flask, site: given.Site) -> None:
    with app.app_context():
        item = given.item()
        held, pending, soon = given.lot(item, "HELD"), given.lot(item, "WAITS"), given.lot(item, "SOON", expires_in=3)
        given.stock(held, site, "A-01", 5)
        given.stock(pending, site, "A-01", 5, quality=Quality.PENDING)
        given.stock(soon, site, "A-01", 5)
        given.order(site, [(item, 5)], number="SO-LATE", ship_on=given.day(-400))
        hold(held)
        lot_id = soon.id
    desk = Desk.of(app, "boss")
    desk.get("/today")
    for word in ("HELD", "WAITS", "SOON", "SO-LATE"):
        assert word in desk.words, word
    assert f"/lots/{lot_id}" in desk.text
    assert len(desk.statements) <= 20
    admin = Desk.of(app, "admin")
    admin.get("/today")
    assert (admin.status, "HELD" in admin.words) == (200, False)


def test_a_lot_page_tells_the_whole_story(app: Flask, site: given.Site) -> None:
    with app.app_context():
        lot = given.lot(given.item("MILK-1"), "LOT7", expires_in=12)
        given.stock(lot, site, "A-01", 5)
        given.stock(lot, site, "A-02", 3)
        hold(lot)
        lot_id = lot.id
    desk = Desk.of(app, "boss")
    desk.get(f"/lots/{lot_id}")
    for word in ("LOT7", "MILK-1", "A-01", "A-02", "Damage", "torn", "Received", "Held", "expires"):
        assert word in desk.words, word
    counted = len(desk.statements)
    with app.app_context():
        for n in range(5):
            given.stock(lot, site, "A-03", n + 1)
    desk.get(f"/lots/{lot_id}")
    assert len(desk.statements) == counted <= 22
    desk.get("/lots/999")
    assert (desk.status, "was found here" in desk.words) == (404, True)


def test_any_scan_goes_straight_to_what_it_names(app: Flask, site: given.Site) -> None:
    with app.app_context():
        item = given.item("MILK-1", name_en="Whole milk", name_zh="全脂牛奶")
        lot = given.lot(item, "LOT7")
        plate = given.lpn(site)
        order = given.order(site, [(item, 1)], number="SO-4711")
        gtin = next(u.gtin for u in item.pack_units if u.code == "case")
        lot_id, sscc = lot.id, plate.code
    desk = Desk.of(app, "boss")
    for text, target in {
        "LOT7": f"/lots/{lot_id}",
        "lot7": f"/lots/{lot_id}",
        f"(01){gtin}(10)LOT7": f"/lots/{lot_id}",
        f"]C101{gtin}10LOT7": f"/lots/{lot_id}",
        gtin: "/stock?sku=MILK-1",
        "MILK-1": "/stock?sku=MILK-1",
        "全脂牛奶": "/stock?sku=MILK-1",
        "B:A-01": "/stock?bin=A-01",
        "a-01": "/stock?bin=A-01",
        sscc: f"/stock?lpn={sscc}",
        f"(00){sscc}": f"/stock?lpn={sscc}",
        "SO-4711": f"/orders/{order}",
    }.items():
        desk.get("/search", query_string={"q": text})
        assert (desk.status, desk.location) == (302, target), text


def papers_of_production(site: given.Site) -> dict[str, str]:
    """A work order, a recipe, a vessel; what a scan of each says, and its page."""
    bread = given.item("BREAD-X")
    bom = given.bom(bread, [(given.item(), 1)])
    work = given.work_order(site, bread, 5, given.line(site), number="WO-SHEET-7")
    tank = given.vessel(site, "TANK-77")
    return {
        "WO-SHEET-7": f"/work-orders/{work.id}",
        "]C0WO-SHEET-7": f"/work-orders/{work.id}",
        "wo-sheet-7": f"/work-orders/{work.id}",
        "BREAD-X v1": f"/production/boms/{bom.id}",
        "bread-x/1": f"/production/boms/{bom.id}",
        "TANK-77": f"/production/vessels/{tank.id}",
    }


def test_work_orders_recipes_and_vessels_are_found_by_whoever_may_see_them(app: Flask, site: given.Site) -> None:
    with app.app_context():
        found = papers_of_production(site)
        given.user("picker9", "picker", site=site)
    desk, picker = Desk.of(app, "boss"), Desk.of(app, "picker9")
    for text, target in found.items():
        desk.get("/search", query_string={"q": text})
        assert (desk.status, desk.location) == (302, target), text
        picker.get("/search", query_string={"q": text})
        assert picker.location != target and target not in picker.text, text
    desk.get("/search", query_string={"q": "WO-SHEET"})
    assert "WO-SHEET-7" in desk.words and "work order" in desk.words
    picker.get("/search", query_string={"q": "WO-SHEET"})
    assert "WO-SHEET-7" not in picker.words


def test_papers_of_another_warehouse_and_hostile_texts_are_not_found(app: Flask, site: given.Site) -> None:
    with app.app_context():
        other = given.warehouse()
        bread = given.item("BREAD-Y")
        given.bom(bread, [(given.item(), 1)])
        given.work_order(other, bread, 5, given.line(other), number="WO-FAR-1")
        given.vessel(other, "FAR-TANK")
    desk = Desk.of(app, "boss")
    for text in ("WO-FAR-1", "WO-FAR", "FAR-TANK", "BREAD-Y v999999", "BREAD-Y v2", " v1", "/1", "x/0999999", "%", "_ v1",
                 "BREAD-Y v1'; DROP TABLE bom; --", "\\ v1", "\u202e v1", "9" * 300, "\x00"):  # fmt: skip
        desk.get("/search", query_string={"q": text})
        assert desk.status in (200, 302, 422), text
        assert "WO-FAR-1" not in desk.words.replace("“WO-FAR-1”", "") and "FAR-TANK<" not in desk.text, text


def test_what_is_not_exact_is_listed_and_said_to_be_so(app: Flask, site: given.Site) -> None:
    with app.app_context():
        given.lot(given.item("MILK-1", name_en="Whole milk"), "SAME")
        given.lot(given.item("MILK-2"), "SAME")
    desk = Desk.of(app, "boss")
    desk.get("/search", query_string={"q": "SAME"})
    assert (desk.status, "called exactly “SAME”" in desk.words) == (200, True)
    desk.get("/search", query_string={"q": "MIL"})
    assert "Nothing is called exactly" in desk.words and "MILK-1" in desk.words and "MILK-2" in desk.words
    for text in (
        "nothing-like-it",
        "(01)123",
        "'; DROP TABLE lot; --",
        "%",
        "_",
        "=1+1",
        "\u202e",
        "x" * 500,
        "",
        "]C1",
    ):
        desk.get("/search", query_string={"q": text})
        assert desk.status in (200, 302), text
        assert "MILK-1" not in desk.words or text in ("",), text


def test_an_export_holds_all_rows_as_text_and_no_formula(app: Flask, site: given.Site) -> None:
    evil = ["=1+1", "+SUM(A1)", "-12A", "@x", "＝2"]
    with app.app_context():
        item = given.item('=HYPERLINK("http://x")')
        for n, number in enumerate(evil):
            given.stock(given.lot(item, number, expires_in=10 + n), site, "A-01", "2.5")
        hold(given.lot(item, "HELD"))
    desk = Desk.of(app, "boss")
    answer = desk.client.get("/reports/stock.csv?sort=expiry")
    assert "attachment" in answer.headers["Content-Disposition"]
    rows = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert [row[2] for row in rows[1:]] == ["'=1+1", "'+SUM(A1)", "'-12A", "'@x", "'＝2"]
    assert rows[1][0] == '\'=HYPERLINK("http://x")'
    assert rows[1][7:10] == ["2.5", "0", "ea"]

    book = workbook(desk, "/reports/stock.xlsx")
    cells = list(book.worksheets[0].iter_rows(min_row=2))
    assert [row[2].value for row in cells] == evil
    assert {cell.data_type for row in cells for cell in (row[0], row[2])} == {"s"}
    assert cells[0][7].value == 2.5
    assert cells[0][3].value.date() == given.day(10)

    assert "HELD" in desk.client.get("/reports/holds.csv").data.decode()
    assert workbook(desk, "/reports/holds.xlsx").worksheets[0].max_row == 2
    desk.get("/reports")
    assert desk.status == 200
    dock = Desk.of(app, "dock")
    dock.get("/reports/stock.csv")
    assert dock.status == 403


def test_the_formula_guard_sees_through_blanks_and_wide_signs() -> None:
    for text in ("=1", "+1", "-1", "@a", "\t=1", "\r1", "\n1", "  =1", "\u3000＝1", "－1", "＠x"):
        assert is_dangerous(text), text
        assert b"".join(to_csv(["h"], [[text]])).decode("utf-8-sig").split("\r\n", 1)[1].lstrip('"').startswith("'")
    assert b"".join(to_csv(["=1"], [])).decode("utf-8-sig").startswith("'"), "an own field may be called so"
    for text in ("A=1", "12-3", "批号-1", ""):
        assert not is_dangerous(text), text
    with to_xlsx("t", ["h"], [["=1+1"], ["a\x0bb"], [None], [""]]) as file:
        book = load_workbook(file)
    assert [row[0].value for row in book.worksheets[0].iter_rows(min_row=2)] == ["=1+1", "ab", None, None]
    with to_xlsx("t", ["h"], []) as file:
        assert load_workbook(file).worksheets[0].max_row == 1
