"""Traces and histories at the desk: from any start, as graph, table and time line, and as files that hold everything."""

import csv
import hashlib
import io
import json
from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from openpyxl import load_workbook

from tests import given
from tests.web.api.saying import selects
from tests.web.desk_client import Desk
from tests.web.machine import Machine
from wms.audit.context import acting
from wms.core.clock import now
from wms.core.ids import SYSTEM_USER, PartnerId, new_id
from wms.db import db, run_in_transaction
from wms.fields import service as fields
from wms.fields.rules.values import Choice, FieldType
from wms.stock.models import LinkKind, Lot, LotLink


def link(source: Any, target: Any, quantity: int, *, of: int | None = None) -> LotLink:
    """So much of the source became so much of the target."""
    return LotLink(
        id=new_id(), kind=LinkKind.PRODUCTION, source_lot_id=source.id, target_lot_id=target.id,
        source_quantity=given.q(quantity), target_quantity=given.q(of or quantity), made_by=SYSTEM_USER, made_at=now(),
    )  # fmt: skip


@pytest.fixture
def mill(app: Flask) -> SimpleNamespace:
    """Flour F1 of a supplier became forty doughs, of which D-01 became bread B1; B1 also stands in another warehouse."""
    with app.app_context():
        site, other = given.warehouse("MILL"), given.warehouse("FAR")
        supplier = given.partner("GRAIN", name_en="Grain Ltd", name_zh="谷物公司")
        flour = given.lot(given.item("FLOUR", name_en="Wheat flour", name_zh="小麦粉"), "F1", supplier=supplier.id)
        given.stock(flour, site, quantity=400)
        dough = given.item("DOUGH", name_en="Dough")
        doughs = [given.lot(dough, f"D-{place:02}") for place in range(1, 41)]
        bread = given.lot(given.item("BREAD", name_en="=Bread", name_zh="面包"), "B1")
        given.stock(bread, site, quantity=5)
        given.stock(bread, other, "A-01", quantity=7)
        given.keep(*(link(flour, one, 2) for one in doughs), link(doughs[0], bread, 1, of=5))
        given.user("quinn", "quality", site=site)
        given.user("rita", "receiver", site=site)
        return SimpleNamespace(site=site, flour=flour.id, bread=bread.id, dough=doughs[0].id)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_page_asks_for_a_start_and_draws_the_graph_folded(app: Flask, mill: Any) -> None:
    desk = Desk.of(app, "quinn")
    assert "Begin at" in desk.get("/trace")
    page = desk.get("/trace?q=F1")
    assert desk.status == 200, page[:500]
    assert page.count('class="graph-card') == 1 + 10 + 1
    assert "+30 more" in page and "12 of 42 lots are drawn" in page
    assert page.count('class="graph-card') < desk.get("/trace?q=F1&open=1").count('class="graph-card') == 42
    found = desk.get("/trace?q=F1&find=d-37")
    assert "D-37" in found and "★ found" in found and "1 lot found" in found
    assert "Grain Ltd" not in page.split("trace-figures")[0]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_what_other_warehouses_hold_is_left_out_and_said_so(app: Flask, mill: Any) -> None:
    desk = Desk.of(app, "quinn")
    page = desk.get(f"/trace?lot={mill.flour}")
    assert "B1" in page and "you may not see" in page
    stock = desk.get(f"/trace?lot={mill.flour}&view=table&part=stock")
    assert "A-01" in stock and ">7<" not in stock
    assert ">5<" in stock


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_table_sorts_filters_and_pages(app: Flask, mill: Any) -> None:
    desk = Desk.of(app, "quinn")
    page = desk.get(f"/trace?lot={mill.flour}&view=table&sort=-lot")
    assert page.index(">F1<") < page.index(">D-40<") < page.index(">D-01<") < page.index(">B1<")
    assert "42 lines" in page
    assert "40 lines" in desk.get(f"/trace?lot={mill.flour}&view=table&level=1")
    assert "2 lines" in desk.get(f"/trace?lot={mill.flour}&view=table&state=available")
    backward = desk.get(f"/trace?lot={mill.bread}&direction=backward&view=table")
    assert "3 lines" in backward
    assert "Grain Ltd" in desk.get(f"/trace?lot={mill.bread}&direction=backward&view=table&part=suppliers")
    for part in ("receipts", "work_orders", "shipments", "customers"):
        assert desk.get(f"/trace?lot={mill.flour}&view=table&part={part}") and desk.status == 200
    assert desk.get(f"/trace?lot={mill.flour}&view=times") and desk.status == 200


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_files_hold_every_lot_and_no_formula(app: Flask, mill: Any) -> None:
    desk = Desk.of(app, "quinn")
    told = desk.client.get(f"/trace/export.csv?lot={mill.flour}").data.decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(told)))
    assert len(rows) == 43 and not any(cell.startswith("=") for row in rows for cell in row)
    book = load_workbook(io.BytesIO(desk.client.get(f"/trace/export.xlsx?lot={mill.flour}").data))
    assert len(book.worksheets) == 7 and book.worksheets[0].max_row == 43
    assert desk.client.get(f"/trace/export.pdf?lot={mill.flour}").data.startswith(b"%PDF")
    whole = json.loads(desk.client.get(f"/trace/export.json?lot={mill.flour}").data)
    shares = [node["share"] for node in whole["nodes"] if node["number"].startswith("D-")]
    assert shares == [{"numerator": "1", "denominator": "200"}] * 40


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_who_may_not_trace_may_not_and_a_wrong_start_is_said(app: Flask, mill: Any) -> None:
    desk = Desk.of(app, "rita")
    assert desk.get("/trace") and desk.status == 403
    assert desk.get(f"/lots/{mill.flour}/history") and desk.status == 200
    desk = Desk.of(app, "quinn")
    for path, status in (
        ("/trace?q=NOTHING-1", 404), ("/trace?lot=7", 404), ("/trace?q=x&kind=nothing", 422), ("/trace?q=x&direction=up", 422),
        ("/trace?lot=x", 422), ("/trace/export.csv", 422), ("/trace/export.csv?lot=7&part=x", 422), ("/trace?q=F1&open=x", 422),
        ("/trace?q=F1&page=0", 422), (f"/lots/{mill.flour}/history?cursor=x", 422), ("/lots/7/history", 404),
        (f"/lots/{mill.flour}/history.pdf?until=x", 422),
    ):  # fmt: skip
        desk.get(path)
        assert desk.status == status, path


def test_the_hash_on_paper_is_the_hash_of_the_json(app: Flask, mill: Any) -> None:
    desk = Desk.of(app, "quinn")
    page = desk.get(f"/lots/{mill.bread}/history")
    assert "Received" in page and "you may not see" in page
    until = now().isoformat().replace("+00:00", "Z")
    machine = Machine.of(app, "quality", site=mill.site)
    told = machine.get(f"/lots/{mill.bread}/history/content?until={until}").json
    content = desk.client.get(f"/lots/{mill.bread}/history.json?until={until}").data
    assert told is not None and told["sha256"] == hashlib.sha256(content).hexdigest() and told["bytes"] == len(content)
    record = json.loads(content)["record"]
    assert record["lot"] == "B1" and record["warehouses"] == ["MILL"] and record["events"]
    assert desk.client.get(f"/lots/{mill.bread}/history.pdf").data.startswith(b"%PDF")
    told_csv = desk.client.get(f"/lots/{mill.bread}/history.csv").data.decode("utf-8-sig")
    assert len(list(csv.reader(io.StringIO(told_csv)))) == 1 + len(record["events"])
    assert desk.client.get(f"/lots/{mill.bread}/history.xlsx").data.startswith(b"PK")


GRADE = {
    "record_kind": "lot", "code": "grade", "name_en": "Grade", "name_zh": "等级", "type": FieldType.CHOICE,
    "choices": (Choice(code="first", name_en="First grade"),),
}  # fmt: skip


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_changes_of_a_lot_are_said_in_words_on_the_page_and_in_its_files_and_stay_raw_for_machines(
    app: Flask, mill: Any
) -> None:
    def change() -> None:
        with acting(SYSTEM_USER, reason="as printed"):
            lot = db.session.get_one(Lot, mill.flour)
            lot.expires_on, lot.supplier_id = date(2027, 3, 9), other
            db.session.flush()

    with app.app_context():
        other = given.partner("MILLER", name_en="Miller Ltd").id
        run_in_transaction(change)
        run_in_transaction(fields.define, GRADE)
        run_in_transaction(fields.set_values, "lot", mill.flour, {"grade": "first"})
    desk = Desk.of(app, "quinn")
    page = desk.get(f"/lots/{mill.flour}/history")
    told_csv = desk.client.get(f"/lots/{mill.flour}/history.csv").data.decode("utf-8-sig")
    book = load_workbook(io.BytesIO(desk.client.get(f"/lots/{mill.flour}/history.xlsx").data))
    sheet = "\n".join(str(cell) for row in book.worksheets[0].values for cell in row if cell)
    for text in (page, told_csv, sheet):
        assert "Expiry: " in text and "MILLER" in text and "Grade: – → First grade" in text
        assert "expires_on" not in text and "supplier_id" not in text and str(other) not in text
    assert desk.client.get(f"/lots/{mill.flour}/history.pdf").data.startswith(b"%PDF")
    assert str(other) in desk.client.get(f"/lots/{mill.flour}/history.json").data.decode()


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_history_asks_as_much_for_many_changes_as_for_few(app: Flask, mill: Any) -> None:
    def change(supplier: int) -> None:
        with acting(SYSTEM_USER, reason="as printed"):
            db.session.get_one(Lot, mill.flour).supplier_id = PartnerId(supplier)
            db.session.flush()

    desk = Desk.of(app, "quinn")
    asked = []
    for many in (1, 10):
        with app.app_context():
            for _each in range(many):
                run_in_transaction(change, given.partner().id)
        desk.get(f"/lots/{mill.flour}/history")
        asked.append(selects(app, lambda: desk.client.get(f"/lots/{mill.flour}/history")))
    assert asked[0] == asked[1] <= 16


def test_machines_trace_and_read_histories_exactly(app: Flask, mill: Any) -> None:
    machine = Machine.of(app, "quality", site=mill.site)
    by_id = machine.get(f"/trace?lot_id={mill.flour}").json
    by_text = machine.get("/trace?kind=lot&text=F1&sku=FLOUR").json
    assert by_id is not None and by_text is not None
    assert by_id["nodes"] == by_text["nodes"] and by_id["counts"]["lots"] == 42 and by_id["hidden"] > 0
    assert {line["bin_code"] for line in by_id["stock"]} == {"A-01"}
    seen, cursor = [], ""
    while True:
        page = machine.get(f"/lots/{mill.flour}/history?limit=1{cursor}").json
        assert page is not None
        seen += page["items"]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
    assert sorted({one["kind"] for one in seen}) == ["became", "move", "record"] and len(seen) == 42
    assert machine.get("/trace").status_code == 422
