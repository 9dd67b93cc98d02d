"""Issues, open lots, closing and gaps on the desk and by machine: what a page offers, the API does, and nobody else may."""

from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from tests import given
from tests.web.desk_client import PASSWORD, Desk
from tests.web.machine import Machine
from wms.db import db, run_in_transaction
from wms.gaps import service as gaps
from wms.gaps.models import Gap, GapState
from wms.gaps.queries import finding
from wms.production.models import OpenLot, WorkOrderIssue
from wms.production.queries.orders import get_order

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


class _Sender:
    """The desk, whose answers say their status and text."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    def get(self, path: str) -> SimpleNamespace:
        text = self.desk.get(path)
        return SimpleNamespace(status_code=self.desk.status, text=text)

    def post(self, path: str, form: dict[str, str]) -> SimpleNamespace:
        text = self.desk.post(path, **form)
        return SimpleNamespace(status_code=self.desk.status, text=text)


@pytest.fixture
def floor(app: Flask) -> SimpleNamespace:
    """A work order for ten dough from twenty flour, and its people."""
    with app.app_context():
        site = given.warehouse()
        flour, dough = given.item("FLOUR"), given.item("DOUGH")
        lots = [given.lot(flour, n, expires_in=d) for n, d in (("F-1", 400), ("F-2", 500))]
        given.stock(lots[0], site, "A-01", 30)
        given.stock(lots[1], site, "A-02", 30)
        given.bom(dough, [(flour, 2)])
        line = given.line(site, "L1")
        order = given.work_order(site, dough, 10, line, released=True, number="WO-1")
        given.user("sue", "supervisor", site=site)
        given.user("paul", "production", site=site)
        return SimpleNamespace(
            site=site, order=order.id, component=order.components[0].id, lots=[lot.id for lot in lots], line=line.id,
            bin=line.bin_id,
        )  # fmt: skip


def _issues(app: Flask) -> list[WorkOrderIssue]:
    with app.app_context():
        return list(db.session.execute(select(WorkOrderIssue).order_by(WorkOrderIssue.id)).scalars())


def test_the_desk_issues_opens_brings_back_takes_back_and_closes(app: Flask, floor: Any) -> None:
    desk = _Sender(Desk.of(app, "sue"))
    path = f"/work-orders/{floor.order}"
    goods = {"component": str(floor.component), "bin": "A-01", "lot_number": "F-1", "quantity": "15"}
    assert "Still to be brought" in desk.get(f"{path}/issues").text
    assert desk.post(f"{path}/issues", goods | {"key": "k-1"}).status_code == 302
    page = desk.get(f"{path}/issues")
    assert page.status_code == 200 and "F-1" in page.text and "Issue from the desk" in page.text
    other = goods | {"lot_number": "F-2", "bin": "A-02", "quantity": "5", "key": "k-2"}
    assert desk.post(f"{path}/issues", other).status_code == 409
    assert desk.post(f"{path}/issues", other | {"kind": "exchange", "reason": "torn", "key": "k-3"}).status_code == 302
    assert desk.post(f"{path}/open-lot", {"lot": str(floor.lots[0])}).status_code == 302
    with app.app_context():
        opened = db.session.execute(select(OpenLot.id)).scalar_one()
    assert desk.post(f"{path}/open-lot/{opened}/close", {}).status_code == 302
    back = {"component": str(floor.component), "lot": str(floor.lots[0]), "bin": "A-03", "quantity": "4", "key": "k-4"}
    assert desk.post(f"{path}/return", back).status_code == 302
    first = _issues(app)[1].id
    assert desk.post(f"{path}/issues/{first}/undo", {"reason": "not so", "key": "k-5"}).status_code == 302
    page = desk.get(f"{path}/issues").text
    assert "taken back" in page and "in place of" in page
    desk.post(f"{path}/complete", {})
    page = desk.get(f"{path}/close").text
    assert "FLOUR" in page and "Sign and close" in page
    assert desk.post(f"{path}/close", {"reason": "left"}).status_code == 409
    wrong = desk.post(f"{path}/close", {"reason": "left", "password": "not the password"})
    assert wrong.status_code == 403
    assert desk.post(f"{path}/close", {"reason": "left", "password": PASSWORD}).status_code == 302
    with app.app_context():
        assert get_order(floor.order).close_signature_id is not None


def test_a_machine_does_what_the_pages_do(app: Flask, floor: Any) -> None:
    erp = Machine.of(app, "production", "supervisor", site=floor.site)
    path = f"/work-orders/{floor.order}"
    goods = {"component_id": str(floor.component), "lot_id": str(floor.lots[0]), "bin_code": "A-01", "quantity": "15"}
    made = erp.post(f"{path}/issue", goods, key="once")
    assert made.status_code == 201 and made.json["kind"] == "issue" and made.json["lot_number"] == "F-1", made.text
    assert erp.post(f"{path}/issue", goods, key="once").json["id"] == made.json["id"]
    told = erp.get(f"{path}/issues").json
    assert (told["components"][0]["issued"], told["components"][0]["to_issue"], len(told["stops"])) == ("15", "5", 1)
    other = goods | {"lot_id": str(floor.lots[1]), "bin_code": "A-02", "quantity": "5"}
    assert erp.post(f"{path}/issue", other).json["code"] == "wrong_lot_scanned"
    assert erp.post(f"{path}/exchange", other | {"reason": "torn"}).json["instead_of"] == "F-1"
    assert erp.post(f"{path}/supplement", other | {"reason": "spilled", "quantity": "1"}).json["kind"] == "supplement"
    back = {name: goods[name] for name in ("component_id", "lot_id")} | {"bin_code": "A-03", "quantity": "20"}
    assert erp.post(f"{path}/return", back).json["code"] == "returned_too_much"
    assert erp.post(f"{path}/return", back | {"quantity": "5"}).json["kind"] == "return"
    opened = erp.post("/open-lots", {"line_id": str(floor.line), "lot_id": str(floor.lots[0])})
    assert opened.json["on_hand"] == "10", opened.text
    assert [one["lot_number"] for one in erp.get("/open-lots").json["items"]] == ["F-1"]
    assert erp.post(f"/open-lots/{opened.json['id']}/close").json["closed_at"]
    undone = erp.post(f"/work-order-issues/{made.json['id']}/undo", {"reason": "not so"})
    assert undone.json["code"] == "insufficient_stock", "a part of it went back to the store"
    assert erp.get(f"{path}/closing").json["differences"][0]["why"] == "consumed_differs"


def test_who_may_not_issue_and_another_warehouse_get_nothing(app: Flask, floor: Any) -> None:
    with app.app_context():
        elsewhere = given.warehouse()
    other = Machine.of(app, "production", "supervisor", site=elsewhere)
    path = f"/work-orders/{floor.order}"
    goods = {"component_id": str(floor.component), "lot_id": str(floor.lots[0]), "bin_code": "A-01", "quantity": "1"}
    for call in ("issue", "return"):
        assert other.post(f"{path}/{call}", goods).status_code == 404
    assert other.get(f"{path}/issues").status_code == 404 and other.get(f"{path}/closing").status_code == 404
    assert Machine.of(app, "counter", site=floor.site).post(f"{path}/issue", goods).status_code == 403
    assert (
        Machine.of(app, "production", site=floor.site).post("/work-order-issues/1/undo", {"reason": "x"}).status_code
        == 403
    )
    assert _issues(app) == []


def test_gaps_are_listed_owned_accepted_and_exported(app: Flask, floor: Any) -> None:
    with app.app_context():
        lot = given.lot(given.item("DATED"), "D-1", expires_in=None)
        given.stock(lot, floor.site)
        found = {floor.site.id: finding.find_gaps(floor.site.id)}
        db.session.rollback()
        run_in_transaction(
            gaps.settle, warehouse=floor.site.id, on=given.TODAY, found=found, actor=given.SYSTEM_USER, at=given.NOW
        )
        gap = db.session.execute(select(Gap.id).where(Gap.lot_id == lot.id)).scalar_one()
        sue = given.user("sam", "supervisor", site=floor.site)
    desk = _Sender(Desk.of(app, "sue"))
    page = desk.get("/reports/gaps").text
    assert "DATED D-1" in page and "Correct the lot" in page and f"/lots/{lot.id}" in page
    assert desk.post(f"/reports/gaps/{gap}/owner", {"owner_id": str(sue)}).status_code == 302
    assert desk.post(f"/reports/gaps/{gap}/owner", {"owner_id": ""}).status_code == 302
    assert desk.post(f"/reports/gaps/{gap}/accept", {"reason": ""}).status_code == 422
    assert desk.post(f"/reports/gaps/{gap}/accept", {"reason": "no date on the label"}).status_code == 302
    assert "no date on the label" in desk.get("/reports/gaps?state=accepted").text
    assert desk.post(f"/reports/gaps/{gap}/reopen", {}).status_code == 302
    assert desk.post("/reports/gaps/look", {}).status_code == 302
    for form in ("csv", "xlsx"):
        file = desk.desk.client.get(f"/reports/gaps/gaps.{form}?stage=receiving")
        assert file.status_code == 200 and len(file.data) > 60
    assert desk.get("/reports/gaps?stage=shipping&kind=lot_twice&mine=1").status_code == 200
    with app.app_context():
        assert db.session.get_one(Gap, gap).state is GapState.OPEN
    erp = Machine.of(app, "supervisor", site=floor.site)
    listed = erp.get("/gaps?state=open&kind=lot_without_date").json["items"]
    assert [one["id"] for one in listed] == [str(gap)]
    assert erp.post(f"/gaps/{gap}/accept", {"reason": "known"}).json["state"] == "accepted"
    assert erp.post(f"/gaps/{gap}/accept", {"reason": "known"}).json["code"] == "wrong_state"
    assert erp.post("/gaps/look").json["found"] == 1
    assert Machine.of(app, "picker", site=floor.site).post(f"/gaps/{gap}/reopen").status_code == 403
