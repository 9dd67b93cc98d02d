"""The pages of recalls: opened, stopped, frozen, held, taken back and closed at a desk; drills are marked; refusals are said."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import openpyxl
import pytest
import time_machine
from flask import Flask

from tests import given
from tests.given import NOW, q
from tests.web.desk_client import PASSWORD, Desk
from wms.db import db
from wms.recall.queries import outside, recalls

one_engine = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@dataclass
class Scene:
    """A site with a lot of which something left; two people of quality."""

    app: Flask
    site: Any
    lot: Any
    ada: Desk
    ben: Desk


@pytest.fixture
def scene(app: Flask) -> Iterator[Scene]:
    with time_machine.travel(NOW, tick=False):
        with app.app_context():
            site = given.warehouse("RC")
            for login in ("ada", "ben"):
                given.user(login, "quality", site=site)
            item = given.item("CAKE", standard_cost=3)
            lot = given.lot(item, "L-77", expires_in=50)
            given.stock(lot, site, "A-01", 20)
            given.shipped(
                site, [(item, 6)], customer=given.partner("SHOP", name_en="Corner shop", recall_contact="Ms Li")
            )
            given.order(site, [(item, 3)])
        yield Scene(app, site, lot, Desk.of(app, "ada"), Desk.of(app, "ben"))


def _open(desk: Desk, **more: Any) -> str:
    desk.get("/quality/recalls/new")
    desk.post(
        "/quality/recalls",
        **({
            "key": "k-1", "class_code": "food", "reason": "Glass", "start_kind": "lot", "start_text": "L-77",
            "start_item": "CAKE", "direction": "forward", "origin": "hand", "origin_id": "", "password": PASSWORD,
        } | more),
    )  # fmt: skip
    assert desk.status == 302, desk.words
    return desk.location


@one_engine
def test_a_recall_is_walked_from_the_opening_to_its_reports_at_the_desk(scene: Scene) -> None:
    ada, ben = scene.ada, scene.ben
    page = _open(ada)
    assert "Stop shipping" in ada.get(page)
    ada.post(f"{page}/stop")
    ada.get(f"{page}/scope")
    assert "1 lot found" in ada.words and "42.00" in ada.words and ada.status == 200
    ada.post(f"{page}/scope", after="0", start_kind="lot", start_text="L-77", start_item="CAKE", direction="forward",
             reason="All of the lot", which="all")  # fmt: skip
    assert ada.location == f"{page}/versions/1"
    ada.get(f"{page}/versions/1")
    print_ = re.search(r'name="fingerprint" value="([^"]+)"', ada.text)
    assert print_ and "Hold 1 lot everywhere" in ada.words
    ada.post(f"{page}/versions/1/place", fingerprint=print_[1])
    assert ada.location == page
    ada.get(page)
    assert "Corner shop" in ada.words and "Ms Li" in ada.words
    ada.post(f"{page}/steps", step="notify", note="by telephone")
    recall = int(page.rsplit("/", 1)[1])
    with scene.app.app_context():
        party = outside.outside_of(recall).parties[0].row.id  # type: ignore[arg-type]
    line = {"party": str(party), "lot": str(scene.lot.id)}
    ada.get(f"{page}/parties/{party}")
    for kind in ("shipments", "orders"):
        (to,) = set(re.findall(rf'href="(/{kind}/\d+)"', ada.text))
        assert ada.get(to) and ada.status == 200, f"what was shipped leads to its {kind}"
    ada.post(f"{page}/returns", key="r-1", quantity="9", bin_code="CAGE", **line)
    assert ada.status == 409 and "6 went to Corner shop" in ada.words
    ada.post(f"{page}/returns", key="r-2", quantity="4", bin_code="A-01", **line)
    assert ada.status == 409
    ada.post(f"{page}/returns", key="r-3", quantity="4", bin_code="CAGE", **line)
    ada.post(f"{page}/confirmations", key="c-1", quantity="1", fate="destroyed", said_by="Ms Li", **line)
    ada.post(f"{page}/checks", party=str(party), result="effective")
    ada.post(f"{page}/reports", note="day one", password=PASSWORD)
    assert ada.location == f"{page}#reports"
    ada.post(f"{page}/close", reason="", password=PASSWORD)
    assert ada.status == 409 and "approval" in ada.words
    ben.get(page)
    ben.post(f"{page}/approve", reason="agreed", password=PASSWORD)
    ben.post(f"{page}/prepare", reason="", password=PASSWORD)
    assert ben.status == 409 and "1 ea outstanding" in ben.words
    ben.post(f"{page}/prepare", reason="The customer cannot find it", password=PASSWORD)
    assert "You prepared the closing report: another person closes" in ben.get(page)
    ben.post(f"{page}/close", reason="", password=PASSWORD)
    assert ben.status == 403 and "prepared its closing report and may not close it as well" in ben.words
    ben.post(f"{page}/check-level", level="e", reason="")
    assert ben.status == 422 and "say why the depth changes" in ben.words
    ben.post(f"{page}/check-level", level="e", reason="All is back")
    assert "You asked for it: another person signs" in ben.get(page)
    change = re.findall(r"/check-level/(\d+)/sign", ada.get(page))[0]
    ada.post(f"{page}/check-level/{change}/sign", password=PASSWORD)
    assert ada.status == 302
    ada.post(f"{page}/close", reason="", password=PASSWORD)
    assert ada.status == 409 and "the effectiveness checks" in ada.words, "changed since it was prepared"
    ben.post(f"{page}/prepare", reason="The customer cannot find it", password=PASSWORD)
    ada.post(f"{page}/close", reason="", password=PASSWORD)
    ben.get(page)
    assert "Closed" in ben.words and "Genuine" in ben.words and "Changed after signing" not in ben.words
    pdf = ben.client.get(f"{page}/report.pdf?number=2")
    assert pdf.status_code == 200 and pdf.data.startswith(b"%PDF")
    book = openpyxl.load_workbook(io.BytesIO(ben.client.get(f"{page}/report.xlsx").data))
    rows = list(book["Customers"].values)
    assert [str(cell) for cell in rows[1][6:12]] == ["6", "4", "0", "1", "1", "0"]


@one_engine
def test_a_drill_says_so_on_every_page_and_paper(scene: Scene) -> None:
    ada = scene.ada
    page = _open(ada, is_mock="1")
    ada.get(page)
    assert "Drill: nothing of this is real" in ada.words
    ada.post(f"{page}/stop")
    ada.post(f"{page}/scope", after="0", start_kind="lot", start_text="", start_item="", direction="forward",
             reason="Yearly drill", which="all")  # fmt: skip
    ada.get(ada.location)
    assert "Drill: nothing of this is real" in ada.words and "Hold 1 lot" not in ada.words
    ada.post(f"{page}/versions/1/place", fingerprint="")
    ada.get(page)
    assert "How the customers were told" not in ada.words and "Tell the customers" not in ada.words
    assert 'href="#end"' in ada.text, "a drill tells nobody: it may be closed"
    ada.get("/quality/recalls")
    assert "Close the recall" in ada.words and "Tell the customers" not in ada.words
    ada.post(f"{page}/close", reason="", password=PASSWORD)
    ada.get(page)
    assert "Result of the drill" in ada.words and "balance 100 %" in ada.words
    with scene.app.app_context():
        assert given.on_hand(scene.lot, free_only=True) == q(14)
        assert recalls.find_recall(int(page.rsplit("/", 1)[1])).number.startswith("MR-")  # type: ignore[arg-type]
        db.session.rollback()


@one_engine
def test_a_class_of_the_site_sets_the_clocks_of_the_next_recall(scene: Scene) -> None:
    ada = scene.ada
    ada.get("/setup/recall-classes")
    ada.post("/setup/recall-classes", code="food", name_en="Food here", name_zh="", stop_hours="2", hold_hours="", notify_hours="5",
             report_hours="", progress_hours="", close_hours="", check_level="e", is_active="1")  # fmt: skip
    assert ada.status == 302
    page = _open(ada)
    assert "Food here" in ada.get(page)
    with scene.app.app_context():
        clocks = recalls.clocks_of(int(page.rsplit("/", 1)[1]))  # type: ignore[arg-type]
        due = {c.step.value: c.due_at and (c.due_at - NOW).total_seconds() / 3600 for c in clocks}
        db.session.rollback()
    assert due == {
        "stop": 2, "scope": None, "hold": None, "notify": 5, "report": None, "progress": None, "close": None,
    }  # fmt: skip


@one_engine
def test_a_recall_of_another_site_is_not_shown_and_a_picker_opens_none(scene: Scene) -> None:
    page = _open(scene.ada)
    with scene.app.app_context():
        other = given.warehouse("OTHER")
        given.user("eve", "quality", site=other)
        given.user("pat", "picker", site=scene.site)
    eve, pat = Desk.of(scene.app, "eve"), Desk.of(scene.app, "pat")
    assert eve.get(page) and eve.status == 404
    assert "RC-2026" not in eve.get("/quality/recalls")
    pat.get("/quality/recalls/new")
    assert pat.status == 403
    pat.post("/quality/recalls", key="x")
    assert pat.status == 403
