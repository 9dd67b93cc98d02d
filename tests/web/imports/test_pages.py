"""The pages of imports: from the upload over columns, verdicts and questions to what came of it."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from flask import Flask

from tests import given
from tests.fakes.sheets import csv, xlsx
from tests.processes import until
from tests.web.desk_client import Desk
from wms.db import db
from wms.imports.models import ImportRun, RunState

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

OPENING = xlsx(
    ["期初库存"], ["物料编码", "批号", "失效日", "货位号码", "数量"],
    ["A1", "0012", "2027-06", "A-01", 3], ["A1", 12, "2027-06", "A-02", 4], ["A7", "L9", "2027-06", "A-02", 4],
    ["合计", None, None, None, 11], title="库存", before=["说明"],
)  # fmt: skip


@pytest.fixture
def desk(app: Flask) -> Desk:
    with app.app_context():
        site = given.warehouse("MAIN")
        given.user("super", "supervisor", site=site)
        given.user("picker", "picker", site=site)
        given.item("A1")
    return Desk.of(app, "super")


def _send(desk: Desk, kind: str, name: str, content: bytes) -> str:
    desk.get("/setup/import")
    desk.post("/setup/import", kind=kind, file=(io.BytesIO(content), name))
    return desk.location


def _columns(desk: Desk, path: str) -> list[str]:
    text = desk.get(path)
    selects = re.findall(r'<select[^>]*name="column">(.*?)</select>', text, re.S)
    return [found[1] if (found := re.search(r'value="(\w*)" selected', one)) else "" for one in selects]


def test_a_file_goes_from_upload_to_stock(desk: Desk, app: Flask) -> None:
    path = _send(desk, "lots", "期初.xlsx", OPENING)
    columns = _columns(desk, path)
    assert columns == ["sku", "lot", "", "", "quantity"] and "说明" in desk.text
    columns[2:4] = ["expires_on", "bin"]
    desk.post(f"{path}/columns", column=columns)
    desk.get(path)
    assert "may be lost" in desk.words and "A7" in desk.words and "合计" in desk.words
    desk.post(f"{path}/answer", question="code_is_number", choice="yes")
    desk.get(f"{path}?verdict=ask")
    assert "looks the same" in desk.words
    desk.post(f"{path}/answer", question="lot_near", choice="yes", row="4")
    desk.post(f"{path}/apply", mode="whole")
    assert desk.status == 409 and "rows of it are refused" in desk.words
    desk.post(f"{path}/apply", mode="good")
    assert "Rows that are in: 2" in " ".join(desk.get(path).split()) and desk.status == 200
    with app.app_context():
        from wms.stock.models import Lot

        assert sorted(db.session.execute(db.select(Lot.number)).scalars()) == ["0012", "12"]
    verdicts = desk.client.get(f"{path}/verdicts.csv").data.decode("utf-8-sig").splitlines()
    assert len(verdicts) == 4 and "A7" in verdicts[3]
    assert desk.client.get(f"{path}/verdicts.xlsx").data.startswith(b"PK")
    # What was mapped once is remembered for the same heading.
    assert _columns(desk, _send(desk, "lots", "again.xlsx", OPENING)) == columns


def test_a_file_that_cannot_be_taken_is_refused_in_a_sentence(desk: Desk) -> None:
    for name, content, words in (
        ("a.csv", OPENING, "its name says another kind"), ("a.xlsm", OPENING, "macros"), ("a.pdf", b"%PDF-1", "is not read"),
        ("a.csv", b"a" * 70_000, "a line of it is too long"), ("a.csv", b"only words here\n", "no table"),
    ):  # fmt: skip
        _send(desk, "lots", name, content)
        assert desk.status == 422 and words in desk.words, desk.words[:600]


def test_a_csv_is_read_anew_and_thrown_away(desk: Desk) -> None:
    path = _send(desk, "lots", "a.csv", csv(["SKU;Lot;Quantity"], ["A1;L1;3"], ["A1;L2;3"]))
    assert _columns(desk, path) == ["sku", "lot", "quantity"]
    desk.post(f"{path}/read", delimiter=",")
    assert desk.status == 422 and "no table" in desk.words
    desk.post(f"{path}/read", delimiter=";", charset="cp1252")
    desk.post(f"{path}/columns", heading="2")
    assert _columns(desk, path) == ["", "", ""]
    desk.post(f"{path}/drop")
    assert desk.location == "/setup/import" and desk.get(path) and desk.status == 404


def test_who_may_bring_in_what(desk: Desk, app: Flask) -> None:
    _send(desk, "bins", "b.csv", csv(["Bin", "Zone"], ["B-1", "A"]))
    assert desk.status == 403
    picker = Desk.of(app, "picker")
    picker.get("/setup/import")
    assert picker.status == 403
    path = _send(desk, "lots", "a.xlsx", OPENING)
    with app.app_context():
        other = given.warehouse("OTHER")
        given.user("there", "supervisor", site=other)
    there = Desk.of(app, "there")
    there.get(path)
    assert there.status == 404


def test_a_template_is_understood_when_it_is_filled_in(desk: Desk) -> None:
    for kind in ("items", "partners", "lots", "orders", "history"):
        for language in ("zh_Hans_CN", "zh_Hant_TW", "en", "de"):
            answer = desk.client.get(f"/setup/import/templates/{kind}.csv?language={language}")
            assert answer.status_code == 200 and len(answer.data.decode("utf-8-sig").split(",")) > 5
    assert desk.client.get("/setup/import/templates/items.xlsx").data.startswith(b"PK")


def test_a_long_file_is_worked_on_by_a_process_of_its_own(desk: Desk, app: Flask) -> None:
    rows = [["A1", f"L{n:04d}", "2027-06-30", f"A-0{n % 4 + 1}", 1] for n in range(400)]
    path = _send(desk, "lots", "long.csv", csv(["SKU", "Lot", "Expiry", "Bin", "Quantity"], *rows))
    desk.post(f"{path}/columns", column=["sku", "lot", "expires_on", "bin", "quantity"])
    _until(app, RunState.JUDGED)
    desk.post(f"{path}/apply", mode="whole")
    _until(app, RunState.DONE)
    assert "Rows that are in: 400" in " ".join(desk.get(path).split())
    desk.get(f"{path}/progress")
    assert desk.status == 200
    with app.app_context():
        given.ledger_is_whole()


def _until(app: Flask, state: RunState) -> Any:
    def found() -> bool:
        with app.app_context():
            run = db.session.execute(db.select(ImportRun)).scalar_one()
            assert run.state is not RunState.FAILED, run.fault
            return bool(run.state is state)

    return until(found, f"the state {state}")


def test_the_lot_page_tells_what_was_before_this_system(desk: Desk, app: Flask) -> None:
    with app.app_context():
        given.partner("C1", name_en="Corner Shop")
    past = csv(
        ["Date", "Type", "Document", "Item", "Batch", "Quantity", "Partner"],
        ["2025-03-05", "shipment", "DN-7", "A1", "OLD-1", "12", "C1"],
    )
    path = _send(desk, "history", "h.csv", past)
    desk.post(f"{path}/columns", column=_columns(desk, path))
    desk.post(f"{path}/apply", mode="whole")
    with app.app_context():
        from wms.stock.models import Lot

        lot = db.session.execute(db.select(Lot.id)).scalar_one()
    desk.get(f"/stock/lots/{lot}")
    if desk.status == 404:
        desk.get(f"/lots/{lot}")
    assert "Before this system" in desk.words and "Corner Shop" in desk.words and "DN-7" in desk.words
