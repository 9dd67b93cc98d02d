"""Own fields at the desk: an administrator defines them, and from then on they stand on forms, pages, lists and exports."""

import csv
import io
import re
from typing import Any

import pytest
from flask import Flask

from tests import given
from tests.web.desk_client import Desk
from wms.core.ids import ItemId
from wms.db import run_in_transaction
from wms.fields import queries, service
from wms.fields.rules.values import FieldType

#: Pages here ask what the queries have answered on both engines; one is enough.
pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

FIELD = {
    "record_kind": "item", "code": "halal_no", "name_en": "Halal number", "name_zh": "清真证号", "type": "text", "unit": "",
    "minimum": "", "maximum": "", "pattern": "[A-Z]{2}[0-9]{4}", "position": "1", "is_active": "1",
}  # fmt: skip


@pytest.fixture
def admin(app: Flask) -> Desk:
    with app.app_context():
        site = given.warehouse("W1")
        given.user("admin", "administrator")
        given.user("boss", "supervisor", site=site)
        given.user("picker", "picker", site=site)
        tea = given.item("TEA-01", name_en="Tea")
        lot = given.lot(tea, "L-1")
        given.stock(lot, site, "A-01")
    desk = Desk.of(app, "admin")
    desk.tea, desk.lot = tea.id, lot.id  # type: ignore[attr-defined]
    return desk


def _define(app: Flask, code: str, kind: FieldType = FieldType.TEXT, *, of: str = "item", **more: Any) -> None:
    with app.app_context():
        values = {"record_kind": of, "code": code, "name_en": code.title(), "type": kind} | more
        run_in_transaction(service.define, values)


def test_an_administrator_defines_changes_and_retires_a_field(app: Flask, admin: Desk) -> None:
    admin.get("/setup")
    assert "Own fields" in admin.words
    admin.get("/setup/own-fields/new?record_kind=item")
    admin.post("/setup/own-fields/new", **FIELD)
    assert admin.status == 302, admin.words
    page = admin.get("/setup/own-fields")
    assert "Halal number" in page and "halal_no" in page
    with app.app_context():
        (made,) = queries.fields_of("item")
    path = f"/setup/own-fields/{made.id}"
    change = {name: value for name, value in FIELD.items() if name not in ("record_kind", "code")}
    admin.post(path, **(change | {"name_en": "Halal no."}))
    assert "Halal no." in admin.get(path) and "name_en" in admin.text, "the change is told"
    change.pop("is_active")
    admin.post(path, **change)
    with app.app_context():
        assert queries.fields_of("item") == [] and len(queries.all_fields()) == 1


def test_choices_come_in_lines_and_blank_lines_are_passed_over(app: Flask, admin: Desk) -> None:
    admin.get("/setup/own-fields/new")
    lines = {
        "choice_code": ["a", "b", ""], "choice_en": ["First", "Second", ""], "choice_zh": ["一级", "", ""],
        "choice_use": ["yes", "no", "yes"],
    }  # fmt: skip
    admin.post("/setup/own-fields/new", **(FIELD | {"type": "choice", "pattern": ""} | lines))
    assert admin.status == 302, admin.words
    with app.app_context():
        (made,) = queries.fields_of("item")
    assert [(one.code, one.name_zh, one.is_active) for one in made.choices] == [("a", "一级", True), ("b", "", False)]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"code": "Halal No"}, "Code: Use small letters, digits and underscore"),
        ({"pattern": "(a+"}, "Pattern: This pattern cannot be used"),
        ({"type": "choice", "pattern": ""}, "Choices: Give 1 to 50 choices"),
        ({"type": "whole", "pattern": "", "minimum": "x"}, "Least: Write it as a value of this field"),
        ({"unit": "kg"}, "Unit: Only numbers have a unit"),
        ({"record_kind": "truck"}, "Choose one of the list"),
    ],
)
def test_a_wrong_definition_is_refused_in_words(app: Flask, admin: Desk, change: dict[str, str], sentence: str) -> None:
    admin.get("/setup/own-fields/new")
    admin.post("/setup/own-fields/new", **(FIELD | change))
    assert admin.status == 422 and sentence in admin.words, admin.words
    with app.app_context():
        assert queries.all_fields() == []


def test_only_who_may_define_fields_reaches_them(app: Flask, admin: Desk) -> None:
    boss = Desk.of(app, "boss")
    boss.get("/setup/own-fields")
    assert boss.status == 403
    boss.get("/items")
    boss.post("/setup/own-fields/new", **FIELD)
    assert boss.status == 403


def test_a_field_stands_on_the_forms_the_page_the_list_and_the_export(app: Flask, admin: Desk) -> None:
    _define(app, "halal_no", name_en="Halal number", pattern="[A-Z]{2}[0-9]{4}", is_required=True)
    _define(app, "ph", FieldType.DECIMAL, unit="pH", minimum="0", maximum="14", name_en="Acidity")
    boss = Desk.of(app, "boss")
    page = boss.get("/items/new")
    assert 'name="f.halal_no"' in page and 'name="f.ph"' in page and "From 0 to 14" in page
    item = {
        "sku": "MILK", "name_en": "Milk", "item_class": "food", "base_unit": "pcs", "storage_class": "cool",
        "date_basis": "expiry",
    }  # fmt: skip
    for values, sentence in (
        ({}, "Halal number must be filled in."),
        ({"f.halal_no": "x1"}, "Halal number: needed the form [A-Z]{2}[0-9]{4}; came “x1”."),
        ({"f.halal_no": "AB0001", "f.ph": "15"}, "Acidity: needed from 0 to 14; came 15."),
        ({"f.halal_no": "AB0001", "f.ph": "sour"}, "Acidity: needed a number, such as 4.5; “sour” is none."),
        ({"f.halal_no": "AB0001", "f.colour": "red"}, "no own field “colour” for this item. Known: halal_no, ph."),
    ):
        boss.post("/items/new", **(item | values))
        assert boss.status == 422 and sentence in boss.words, boss.words
    boss.post("/items/new", **(item | {"f.halal_no": "AB0001", "f.ph": "6.5"}))
    assert boss.status == 302, boss.words
    page = boss.get(boss.location)
    assert "Halal number" in page and "AB0001" in page and "6.5\u00a0pH" in page
    page = boss.get(f"/items/{admin.tea}/edit")  # type: ignore[attr-defined]
    assert 'name="f.ph"' in page
    boss.get("/items?f.ph=6..7&kind=food")
    assert "MILK" in boss.words and "TEA-01" not in boss.words and 'value="6..7"' in boss.text
    boss.get("/items?f.ph=sour")
    assert boss.status == 422
    export = boss.client.get("/reports/items.csv?f.ph=6..7").data.decode("utf-8-sig")
    heading, *rows = list(csv.reader(io.StringIO(export)))
    assert heading[-2:] == ["Halal number", "Acidity (pH)"] and [row[0] for row in rows] == ["MILK"]
    assert rows[0][-2:] == ["AB0001", "6.5"]


def test_an_items_page_tells_who_changed_an_own_field(app: Flask, admin: Desk) -> None:
    _define(app, "note")
    boss = Desk.of(app, "boss")
    boss.get(f"/items/{admin.tea}/edit")  # type: ignore[attr-defined]
    with app.app_context():
        run_in_transaction(service.set_values, "item", ItemId(admin.tea), {"note": "=1+1"})  # type: ignore[attr-defined]
    page = boss.get(f"/items/{admin.tea}")  # type: ignore[attr-defined]
    assert "note" in page and "=1+1" in page
    export = boss.client.get("/reports/items.csv").data.decode("utf-8-sig")
    assert "'=1+1" in export, "no cell is read as a formula"


def test_a_lots_own_fields_are_set_shown_filtered_and_exported(app: Flask, admin: Desk) -> None:
    _define(app, "grade", FieldType.CHOICE, of="lot", name_en="Grade", choices=_grades())
    _define(app, "sheet", FieldType.LINK, of="lot")
    boss = Desk.of(app, "boss")
    path = f"/lots/{admin.lot}"  # type: ignore[attr-defined]
    assert "Edit own fields" in boss.get(path)
    boss.get(f"{path}/fields")
    boss.post(f"{path}/fields", **{"f.grade": "third", "f.sheet": ""})
    assert boss.status == 422 and "needed one of First, Second; came “third”" in boss.words
    boss.post(f"{path}/fields", **{"f.grade": "a", "f.sheet": "https://example.org/?a=1&b=2"})
    assert boss.status == 302
    page = boss.get(path)
    assert "First" in page and 'href="https://example.org/?a=1&amp;b=2"' in page
    assert "L-1" in boss.get("/stock?f.grade=a") and "f.grade=a" in boss.text
    assert "L-1" not in boss.get("/stock?f.grade=b")
    export = boss.client.get("/reports/stock.csv?f.grade=a").data.decode("utf-8-sig")
    heading, *rows = list(csv.reader(io.StringIO(export)))
    assert heading[-2:] == ["Grade", "Sheet"] and rows[0][-2:] == ["First", "https://example.org/?a=1&b=2"]
    picker = Desk.of(app, "picker")
    picker.get(f"{path}/fields")
    assert picker.status == 403 and "Edit own fields" not in picker.get(path)


def test_lists_with_own_fields_cost_no_statement_a_row(app: Flask, admin: Desk) -> None:
    _define(app, "note")
    boss = Desk.of(app, "boss")
    boss.get("/items")
    few = len(boss.statements)
    with app.app_context():
        for number in range(20):
            item = given.item(f"MORE-{number}").id
            run_in_transaction(service.set_values, "item", item, {"note": "x"})
    boss.get("/items?f.note=x")
    # One more: the filter's own look at the definitions.
    assert len(boss.statements) <= few + 1, boss.statements
    export_few = _statements(boss, "/reports/stock.csv")
    with app.app_context():
        site_lots = [given.lot(given.item(f"S-{number}"), f"S-{number}") for number in range(10)]
        assert len(site_lots) == 10
    assert _statements(boss, "/reports/stock.csv") == export_few


def _statements(desk: Desk, path: str) -> int:
    desk.get(path)
    return len(desk.statements)


def _grades() -> Any:
    from wms.fields.rules.values import Choice

    return (Choice(code="a", name_en="First"), Choice(code="b", name_en="Second"))


def test_a_receipts_own_fields_stand_on_the_arrival_the_page_and_the_list(app: Flask, admin: Desk) -> None:
    from wms.core.ids import SYSTEM_USER
    from wms.receiving import service as receiving
    from wms.receiving.rules.commands import OpenReceipt
    from wms.sites import queries as sites

    _define(app, "truck_is_clean", FieldType.YES_NO, of="receipt", name_en="Truck is clean", is_required=True)
    with app.app_context():
        site = sites.find_warehouse("W1")
        assert site is not None
        cmd = OpenReceipt(warehouse=site.id, supplier=given.partner("SUP").id)
        receipt = run_in_transaction(receiving.open_receipt, cmd, actor=SYSTEM_USER, at=given.NOW)
    boss = Desk.of(app, "boss")
    path = f"/receiving/receipts/{receipt}"
    assert 'name="f.truck_is_clean"' in boss.get(path)
    boss.post(f"{path}/arrival", plate="AB-12")
    assert boss.status == 422 and "Truck is clean must be filled in." in boss.words
    boss.post(f"{path}/arrival", **{"plate": "AB-12", "f.truck_is_clean": "no"})
    assert boss.status == 302, boss.words
    picker = Desk.of(app, "picker")
    assert re.search(r"Truck is clean</dt><dd>no", picker.get(path))
    assert "Truck is clean: no" in " ".join(boss.get("/receiving?kind=receipt&f.truck_is_clean=no").split())
    assert "No paper matches." not in boss.words
    boss.get("/receiving?kind=receipt&f.truck_is_clean=yes")
    assert "No paper matches." in boss.words
    export = boss.client.get("/reports/receipts.csv?f.truck_is_clean=no").data.decode("utf-8-sig")
    heading, *rows = list(csv.reader(io.StringIO(export)))
    assert heading[-1] == "Truck is clean" and [row[-1] for row in rows] == ["no"]
