"""Pages of reports and vessels: a line lead reports, a supervisor corrects, the tank says what is in it."""

from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask

from tests import given
from tests.given import q
from tests.web.desk_client import Desk
from wms.db import db
from wms.production.models import OutputKind
from wms.production.queries import reports as queries


def plant(app: Flask) -> dict[str, Any]:
    with app.app_context():
        site = given.warehouse()
        line, tank, team, machine = given.line(site), given.vessel(site), given.team(site), given.machine(site)
        flour, bread, crumbs = given.item(base_unit="kg"), given.item(), given.item(base_unit="kg")
        given.bom(
            bread, [(flour, 1)], makes=1,
            operations=[{"sequence": 10, "code": "BAKE", "name_zh": "烘烤",
                         "parameters": [{"name": "Oven", "unit": "C", "min": "200", "max": "240"}]}],
            outputs=[{"item_id": crumbs.id, "kind": OutputKind.BY_PRODUCT}],
        )  # fmt: skip
        wrong, right = given.lot(flour, "FLOUR-1"), given.lot(flour, "FLOUR-2")
        for lot in (wrong, right):
            given.stock(lot, site, line.code, 100)
        order = given.work_order(site, bread, 100, line, released=True)
        given.stock(given.lot(flour, "FLOUR-3"), site, "A-01", 30)  # bound to nobody
        given.user("lead", "production", site=site)
        given.user("boss", "supervisor", site=site)
        given.user("packer", "picker", site=site)
        return {
            "site": site, "order": order.id, "wrong": wrong.id, "right": right.id, "tank": tank.id, "crumbs": crumbs.id,
            "team": team.id, "machine": machine.id, "sku": flour.sku, "line": line.code, "number": order.number, "code": tank.code,
        }  # fmt: skip


def posted(desk: Desk) -> int:
    assert desk.status == 302, desk.words[:800]
    return int(desk.location.rsplit("/", 1)[1])


def test_a_line_lead_reports_and_a_supervisor_corrects_the_lot(app: Flask) -> None:
    known = plant(app)
    lead = Desk.of(app, "lead")
    form = lead.get(f"/work-orders/{known['order']}/report")
    assert lead.status == 200, lead.words[:500]
    assert "FLOUR-1" in form and "FLOUR-3" not in form
    assert 'name="parameter.Oven"' in form
    key = str(uuid4())
    fields = {
        "key": key, "operation": "10", "made": "40", f"used.{known['wrong']}": "38", f"used.{known['right']}": "",
        f"lost.{known['wrong']}": "2", "lost_reason": "spilt", f"beside.{known['crumbs']}": "1.5",
        "parameter.Oven": "250", "defect": ["burnt", ""], "defect_quantity": ["3", ""], "stop": ["jam", ""],
        "stop_minutes": ["5", ""], "team": str(known["team"]), "machine": str(known["machine"]),
        "started_at": "2026-11-22T08:00", "ended_at": "2026-11-22T09:30", "into": "", "lpn_code": "", "lot_number": "",
        "operator": "", "note": "",
    }  # fmt: skip
    lead.post(f"/work-orders/{known['order']}/reports", **fields)
    report = posted(lead)
    page = lead.get(f"/production/reports/{report}")
    for word in ("FLOUR-1", "spilt", "outside", "burnt", "jam", known["number"]):
        assert word in page
    assert "Correct" not in lead.words
    lead.get(f"/production/reports/{report}/correct")
    assert lead.status == 403
    assert len(lead.get("/production/reports").split("production/reports/")) > 1
    for name in ("machine", "team"):
        assert known["number"] in lead.get(f"/production/reports?{name}={known[name]}&from_on=2026-11-22")
    assert known["number"] not in lead.get("/production/reports?until_on=2026-11-21")

    boss = Desk.of(app, "boss")
    form = boss.get(f"/production/reports/{report}/correct")
    assert "What the error touched" in boss.words
    boss.post(
        f"/production/reports/{report}/correct", key=str(uuid4()), reason="label read wrong", lost_reason="",
        **{f"used.{known['wrong']}": "0", f"used.{known['right']}": "38"},
    )  # fmt: skip
    assert boss.status == 302, boss.words[:500]
    page = boss.get(f"/production/reports/{report}")
    for word in ("label read wrong", "stands in its place", "FLOUR-2", "Hold lot"):
        assert word in page
    with app.app_context():
        row = queries.get_report(report)  # type: ignore[arg-type]
        bread = next(one.lot_id for one in row.outputs if one.kind is OutputKind.MAIN)
        again = queries.correction_of(row.id)
        assert again is not None
        now = again.id
        given.ledger_is_whole()
        db.session.rollback()
    page = boss.get(f"/lots/{bread}")
    assert "taken back" in boss.words and f"/production/reports/{now}" in page
    boss.post(f"/production/reports/{now}/take-back", key=str(uuid4()), reason="never was")
    assert boss.status == 302, boss.words[:500]
    with app.app_context():
        assert given.on_hand(bread) == q(0)
        given.ledger_is_whole()


def test_a_tank_is_filled_drawn_and_cleaned_on_its_page(app: Flask) -> None:
    known = plant(app)
    lead = Desk.of(app, "lead")
    path = f"/production/vessels/{known['tank']}"
    assert known["code"] in lead.get("/production/vessels")
    lead.get(path)
    lead.post(f"{path}/fill", key="1", sku=known["sku"], lot="FLOUR-3", bin="A-01", quantity="30")
    assert lead.status == 302, lead.words[:500]
    assert "100.00 %" in lead.get(path)
    lead.post(f"{path}/clean", key="2", method="CIP", note="")
    assert lead.status == 409
    assert "30" in lead.words
    lead.post(f"{path}/draw", key="3", quantity="30", to="A-02")
    assert lead.status == 302, lead.words[:500]
    lead.get(path)
    assert "Not cleaned since" in lead.words and "FLOUR-3" in lead.words
    lead.post(f"{path}/clean", key="4", method="CIP", note="")
    assert lead.status == 302
    lead.get(path)
    assert "Not cleaned since" not in lead.words and "CIP" in lead.words


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_report_of_another_warehouse_is_not_there_and_a_picker_reports_nothing(app: Flask) -> None:
    known = plant(app)
    with app.app_context():
        other = given.warehouse()
        given.user("stranger", "supervisor", site=other)
    stranger, packer = Desk.of(app, "stranger"), Desk.of(app, "packer")
    for path in (f"/work-orders/{known['order']}/report", f"/production/vessels/{known['tank']}"):
        stranger.get(path)
        assert stranger.status == 404
    packer.get(f"/work-orders/{known['order']}/report")
    assert packer.status == 403
    stranger.post(f"/production/vessels/{known['tank']}/clean", key="x", method="CIP", note="")
    assert stranger.status == 404


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_bad_input_is_refused_with_a_sentence_and_changes_nothing(app: Flask) -> None:
    known = plant(app)
    lead = Desk.of(app, "lead")
    lead.get(f"/work-orders/{known['order']}/report")
    good = {"key": "k", "operation": "10", "made": "1", "parameter.Oven": "220"}
    for wrong in (
        {"made": "-1"}, {"made": "1e3"}, {f"used.{known['wrong']}": "x"}, {"used.abc": "1"}, {"operation": "99"},
        {"started_at": "yesterday"}, {"defect": "a", "defect_quantity": "x"}, {"stop": "a", "stop_minutes": "0"},
        {"parameter.Oven": "<b>"}, {"parameter.Other": "1"}, {"beside.1": "1"}, {"into": "1"}, {"lpn_code": "no"},
        {"operator": "1"}, {"machine": "1"}, {"team": "1"}, {"vessel.1": "1"},
    ):  # fmt: skip
        lead.post(f"/work-orders/{known['order']}/reports", **(good | wrong))
        assert 400 <= lead.status < 500, (wrong, lead.status)
        assert not re.search(r"Traceback|None", lead.words)
    with app.app_context():
        assert queries.reports_of(known["order"]) == []


def test_a_report_of_a_closed_order_is_corrected_by_two_people_on_its_pages(app: Flask) -> None:
    known = plant(app)
    with app.app_context():
        given.user("chief", "supervisor", site=known["site"])
    boss, chief = Desk.of(app, "boss"), Desk.of(app, "chief")
    boss.get(f"/work-orders/{known['order']}/report")
    boss.post(
        f"/work-orders/{known['order']}/reports", key=str(uuid4()), operation="10", made="20", lost_reason="",
        **{f"used.{known['wrong']}": "20", "parameter.Oven": "220"},
    )  # fmt: skip
    report = posted(boss)
    boss.post(f"/work-orders/{known['order']}/complete")
    boss.post(f"/work-orders/{known['order']}/close", reason="taken off the shelf", password="correct horse 1")
    assert boss.status == 302, boss.words[:600]
    path = f"/production/reports/{report}"
    boss.get(f"{path}/correct")
    assert "is closed" in boss.words and "What the error touched" in boss.words
    boss.post(f"{path}/correct", key=str(uuid4()), reason="label", **{f"used.{known['right']}": "20"})
    assert boss.status == 409, boss.words[:400]
    boss.post(f"{path}/ask-correction", key=str(uuid4()), reason="it was the other lot")
    assert boss.status == 302, boss.words[:400]
    boss.get(f"{path}/correct")
    assert "Another person with your right must sign" in boss.words
    boss.post(f"{path}/open-correction", password="correct horse 1")
    assert boss.status == 403, boss.words[:400]
    page = chief.get(f"{path}/correct")
    assert "it was the other lot" in page and "Your password" in page
    chief.post(f"{path}/open-correction", password="wrong horse")
    assert chief.status in (403, 422), chief.words[:400]
    chief.post(f"{path}/open-correction", password="correct horse 1")
    assert chief.status == 302, chief.words[:400]
    assert "Opened again by" in chief.get(f"{path}/correct") and "What was really used" in chief.words
    chief.post(
        f"{path}/correct", key=str(uuid4()), reason="it was the other lot", lost_reason="",
        **{f"used.{known['right']}": "20"},
    )  # fmt: skip
    assert chief.status == 302, chief.words[:400]
    assert "closing it is signed" in chief.get(f"/work-orders/{known['order']}/close")
    chief.post(f"/work-orders/{known['order']}/complete")
    chief.post(f"/work-orders/{known['order']}/close", reason="right now", password="")
    assert chief.status == 409, chief.words[:400]
    chief.post(f"/work-orders/{known['order']}/close", reason="right now", password="correct horse 1")
    assert chief.status == 302, chief.words[:400]
    page = chief.get(f"/work-orders/{known['order']}")
    for word in ("Opened again for a wrong report", "it was the other lot", "The closing before said"):
        assert word in page, word


def test_a_made_lot_says_which_order_and_report_made_it(app: Flask) -> None:
    known = plant(app)
    boss = Desk.of(app, "boss")
    boss.get(f"/work-orders/{known['order']}/report")
    boss.post(
        f"/work-orders/{known['order']}/reports", key=str(uuid4()), operation="10", made="20", lost_reason="",
        **{f"used.{known['wrong']}": "20", "parameter.Oven": "220"},
    )  # fmt: skip
    report = posted(boss)
    with app.app_context():
        row = queries.get_report(report)  # type: ignore[arg-type]
        made, number = row.outputs[0].lot_id, row.number
        db.session.rollback()
    page = boss.get(f"/lots/{made}")
    assert "No receipt names this lot" not in page
    assert "Made by" in boss.words
    assert f'/work-orders/{known["order"]}"' in page and number in page and known["number"] in page
    assert "Made by" not in Desk.of(app, "boss").get(f"/lots/{known['wrong']}")
