"""The FSMA sheet at the desk and by the API: what is asked, what is refused, the workbook, no formula, no other warehouse."""

import io
from typing import Any

import openpyxl
import pytest

from tests import given
from tests.web.desk_client import PASSWORD, Desk
from tests.web.machine import Machine
from wms.accounts.rules import Role
from wms.catalog.models import FoodTraceability, ItemClass

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def desk(app: Any) -> Desk:
    with app.app_context():
        site, other = given.warehouse("W9"), given.warehouse("W8")
        given.user("ann", Role.AUDITOR.value, site=site, password=PASSWORD)
        given.user("pick", "picker", site=site, password=PASSWORD)
        flour = given.item("FLOUR", item_class=ItemClass.FOOD, food_traceability=FoodTraceability.LISTED)
        given.item("TEA", item_class=ItemClass.FOOD)
        given.received(site, flour, "=1+1", 7, supplier=given.partner("MILL", name_en="+Mill"))
        given.received(other, flour, "SECRET-8", 7)
    return Desk.of(app, "ann")


def _book(desk: Desk, query: str) -> Any:
    answer = desk.client.get(f"/reports/fsma204/sheet.xlsx?{query}")
    assert answer.status_code == 200, answer.text
    return openpyxl.load_workbook(io.BytesIO(answer.data))


def test_the_page_shows_the_events_and_the_book_has_a_table_for_each(desk: Desk) -> None:
    desk.get("/reports/fsma204")
    assert desk.status == 200 and "24" in desk.text
    assert "1 food item is marked" in desk.text and "1 food item carries no statement yet" in desk.text
    days = f"since={given.TODAY}&until={given.TODAY}"
    desk.get(f"/reports/fsma204?{days}")
    assert "=1+1" in desk.text and "SECRET-8" not in desk.text
    book = _book(desk, days)
    assert book.sheetnames == ["Receiving 1.1345", "Transformation 1.1350", "Shipping 1.1340", "About this sheet"]
    rows = list(book["Receiving 1.1345"].iter_rows())
    assert rows[0][0].value == "Traceability lot code"
    assert (rows[1][0].value, rows[1][0].data_type, rows[1][1].value) == ("=1+1", "s", 7)
    assert len(rows) == 2
    sheet = desk.client.get(f"/reports/fsma204/sheet.csv?{days}").data.decode("utf-8-sig").splitlines()
    assert sheet[0].startswith("Event,Date,Input or output,Traceability lot code")
    assert len(sheet) == 2 and ",'=1+1," in sheet[1]


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("", "Name a lot, or the first and the last day."),
        ("since=2026-11-22", "Name a lot, or the first and the last day."),
        ("since=2026-11-22&until=2026-11-21", "The last day lies before the first."),
        ("since=2001-01-01&until=2026-11-21", ""),
        ("code=NONE", "NONE"),
        ("code=%00&since=x", ""),
    ],
)
def test_a_question_that_cannot_be_answered_is_a_sentence(desk: Desk, query: str, words: str) -> None:
    desk.get(f"/reports/fsma204/sheet.xlsx?{query}")
    assert desk.status in (400, 404, 422) and words in desk.text, (desk.status, desk.text[-800:])


def test_a_lot_of_another_warehouse_is_no_event_of_this_one(desk: Desk) -> None:
    for more in ("", "&is_everywhere=1"):
        desk.get(f"/reports/fsma204?code=SECRET-8{more}")
        assert desk.status == 200 and "No such event" in desk.text


def test_who_may_take_nothing_out_gets_no_sheet(app: Any, desk: Desk) -> None:
    picker = Desk.of(app, "pick")
    for path in ("/reports/fsma204", "/reports/fsma204/sheet.xlsx?code=x"):
        picker.get(path)
        assert picker.status == 403


def test_a_machine_gets_the_same_sheet(app: Any, desk: Desk) -> None:
    key = Machine.of(app, "auditor")
    answer = key.get("/fsma204.csv?warehouse=W8&code=SECRET-8&is_whole_chain=1")
    assert answer.status_code == 200 and answer.data.decode("utf-8-sig").count("SECRET-8") == 2
    assert key.get("/fsma204.xlsx?warehouse=W8").status_code == 422
    assert key.get("/fsma204.csv?warehouse=W9&code=SECRET-8").data.decode("utf-8-sig").count("\n") == 1
