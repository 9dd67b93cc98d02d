"""Releases, non-conformances and destructions by the API: the walk of both papers, and its refusals."""

from typing import Any

import pytest
from flask import Flask

from tests import given
from tests.web.machine import Machine
from wms.catalog.models import ItemClass
from wms.stock import queries as stock
from wms.stock.ledger import Quality

one_engine = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


class Scene:
    """A site with people who sign, and a machine with the rights of quality and supervisor."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        with app.app_context():
            self.site = given.warehouse("W1")
            for login, role in (("li", "quality"), ("wang", "quality"), ("zhao", "supervisor"), ("sun", "supervisor")):
                given.user(login, role)
        self.machine = Machine.of(app, "quality", "supervisor", site=self.site)

    def lot(self, quality: Quality, number: str = "B-1", **item: Any) -> int:
        with self.app.app_context():
            lot = given.lot(given.item(**item), number)
            given.stock(lot, self.site, "A-01", 10, quality=quality)
            return lot.id

    def post(self, path: str, by: str = "", **body: Any) -> Any:
        sign = {"signature": {"login": by, "password": "correct horse 1"}} if by else {}
        answer = self.machine.post(path, body | sign)
        return answer.status_code, answer.json


@pytest.fixture
def scene(app: Flask) -> Scene:
    return Scene(app)


def test_a_release_by_checklist_waiver_and_market(scene: Scene) -> None:
    lot = scene.lot(
        Quality.PENDING, item_class=ItemClass.DRUG, approval_number="H1", approval_valid_until=given.day(3000)
    )
    waiting = scene.machine.get("/releases/waiting").json
    assert [(r["lot_number"], r["is_ready"], [m["point"] for m in r["missing"]]) for r in waiting["items"]] == [
        ("B-1", False, ["certificate"])
    ]
    code, refused = scene.post(f"/lots/{lot}/verdict", "li", to="released", reason="ok")
    assert (code, refused["code"], refused["data"]["missing"]) == (409, "release_incomplete", ["point_certificate"])
    code, seen = scene.post(f"/lots/{lot}/waive", "wang", point="certificate", reason="fax")
    assert code == 200 and seen["is_ready"]
    assert scene.post(f"/lots/{lot}/verdict", "wang", to="released", reason="ok")[1]["code"] == "other_person_needed"
    code, done = scene.post(f"/lots/{lot}/verdict", "li", to="released", reason="ok", markets=["cn"])
    assert (code, done["quantity"], done["lot_number"]) == (200, "10", "B-1")
    shown = scene.machine.get(f"/releases/{done['release_id']}").json
    assert shown["decision"]["released_for"] == "m:CN@" and shown["decision"]["decided_by"] == "Li"
    (signed,) = shown["signatures"]
    assert (signed["meaning"], signed["full_name"], signed["timezone"]) == ("released", "Li", "Asia/Shanghai")
    assert signed["is_genuine"] and signed["is_unchanged"] and signed["changed"] == []
    code, wider = scene.post(f"/lots/{lot}/widen-release", "li", markets=["EU"], reason="agreed")
    assert code == 409 and wider["code"] == "release_incomplete"  # the waiver was for one decision
    scene.post("/release-policies", item_class="drug", points=[{"point": "certificate", "asked": "off"}])
    assert scene.post(f"/lots/{lot}/widen-release", "li", markets=["EU"], reason="agreed")[0] == 200
    assert len(scene.machine.get(f"/releases?lot_id={lot}").json["items"]) == 2


def test_a_non_conformance_to_its_destruction(scene: Scene) -> None:
    lot = scene.lot(Quality.REJECTED)
    code, made = scene.post("/nonconformances", lot_id=str(lot), defect_class="major", what="wet")
    assert code == 201
    paper = f"/nonconformances/{made['nonconformance']['id']}"
    hold = made["nonconformance"]["hold_id"]
    assert scene.post(f"/holds/{hold}/lift", "li", reason="no")[1]["code"] == "held_by_nonconformance"
    assert scene.post(f"{paper}/approve", "li", reason="yes")[1]["code"] == "wrong_state"
    assert scene.post(f"{paper}/review", "li", finding="all wet", defect_class="critical")[0] == 200
    assert scene.post(f"{paper}/propose", disposition="concession", reason="x")[0] == 422
    assert scene.post(f"{paper}/propose", disposition="destroy", reason="unsafe")[0] == 200
    assert scene.post(f"{paper}/approve", "zhao", reason="yes")[0] == 200
    assert scene.post(f"{paper}/approve", "zhao", reason="yes")[1]["code"] == "other_person_needed"
    assert scene.post(f"{paper}/approve", "sun", reason="yes")[1]["code"] == "role_needed"
    code, decided = scene.post(f"{paper}/approve", "wang", reason="yes")
    assert (code, decided["nonconformance"]["state"]) == (200, "decided")
    (order,) = scene.machine.get("/destructions?state=approved").json["items"]
    work = f"/destructions/{order['id']}"
    assert scene.post(f"{work}/carry-out", "wang", method="burnt", place="plant")[0] == 200
    assert scene.post(f"{work}/witness", "wang", reason="seen")[1]["code"] == "other_person_needed"
    code, gone = scene.post(f"{work}/witness", "sun", reason="seen")
    assert code == 200 and [one["meaning"] for one in gone["signatures"]] == ["disposed", "witnessed"]
    code, closed = scene.post(f"{paper}/finish", "li", outcome="burnt")
    assert (code, closed["nonconformance"]["state"]) == (200, "closed")
    assert scene.machine.get("/nonconformances?state=closed").json["items"][0]["number"].startswith("NC-")
    with scene.app.app_context():
        assert stock.find_balances(lot=lot) == []
        given.ledger_is_whole()


@one_engine
def test_papers_of_another_warehouse_are_not_there_and_a_machine_alone_signs_nothing(scene: Scene) -> None:
    lot = scene.lot(Quality.REJECTED)
    _, made = scene.post("/nonconformances", lot_id=str(lot), defect_class="major", what="wet")
    paper = f"/nonconformances/{made['nonconformance']['id']}"
    with scene.app.app_context():
        other = given.warehouse("W2")
    away = Machine.of(scene.app, "quality", "supervisor", site=other)
    assert away.get(paper).status_code == 404
    assert away.get("/nonconformances").json == {"items": [], "next": None}
    assert scene.post(f"{paper}/review", finding="x", defect_class="minor")[0] == 422  # nobody signed
    floor = Machine.of(scene.app, "picker", site=scene.site)
    body = {"lot_id": str(lot), "defect_class": "major", "what": "x"}
    assert floor.get(paper).status_code == 200 and floor.post("/nonconformances", body).status_code == 403


@one_engine
def test_the_same_key_records_and_orders_once(scene: Scene) -> None:
    lot = scene.lot(Quality.REJECTED)
    with scene.app.app_context():
        (row,) = stock.find_balances(lot=lot)
    body = {"reason": "old", "lines": [{"balance_id": str(row.id), "quantity": "4"}]}
    first = scene.machine.post("/destructions", body, key="K")
    again = scene.machine.post("/destructions", body, key="K")
    assert first.status_code == 201 and first.data == again.data
    assert len(scene.machine.get("/destructions").json["items"]) == 1
    code, none = scene.post("/destructions", reason="x", lines=[{"balance_id": str(row.id), "quantity": "99"}])
    assert (code, none["code"]) == (409, "insufficient_stock")
