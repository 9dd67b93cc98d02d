"""What a planner reads of an order: the lots it used and made, what came from vessels, a day that is over, nothing to close."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from tests import given
from tests.given import NOW, q
from tests.web.desk_client import Desk
from tests.web.machine import Machine
from wms.core.ids import SYSTEM_USER
from wms.db import db, run_in_transaction
from wms.production.models import OutputKind, OutputLotAt, WorkOrder, WorkOrderState
from wms.production.service import issuing, vessels
from wms.production.service.issuing import IssueGoods, ReturnGoods
from wms.production.service.reporting import Defect, InputLine, OutputLine, ReportProduction, report
from wms.production.service.vessels import FillVessel

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def _do(verb: Any, *args: Any) -> Any:
    return run_in_transaction(verb, *args, actor=SYSTEM_USER, at=NOW)


def _bakery() -> tuple[given.Site, Any, Any]:
    """An order for bread of milk in a tank and flour at the line; crumbs come beside it; each report makes a lot."""
    site = given.warehouse()
    line, tank = given.line(site), given.vessel(site)
    milk, flour, bread, crumbs = (
        given.item("MILK", base_unit="L"),
        given.item("FLOUR"),
        given.item("BREAD"),
        given.item(),
    )
    given.production_rule(bread, output_lot_at=OutputLotAt.EACH_REPORT)
    given.bom(
        bread, [(milk, 1), (flour, 1)], outputs=[{"item_id": crumbs.id, "kind": OutputKind.BY_PRODUCT}],
    )  # fmt: skip
    fresh, dry = given.lot(milk, "MILK-1"), given.lot(flour, "FLOUR-1")
    given.stock(fresh, site, "A-01", 50)
    given.stock(dry, site, line.code, 50)
    fill = FillVessel(
        key="f", warehouse=site.id, vessel=tank.id, lot=fresh.id, bin=site["A-01"], quantity=q(50)
    )  # fmt: skip
    _do(vessels.fill, fill)
    order = given.work_order(site, bread, 10, line, released=True, number="WO-7")
    for n in (1, 2):
        told = ReportProduction(
            key=f"r{n}", warehouse=site.id, work_order=order.id,
            inputs=(InputLine(vessel=tank.id, quantity=q(4)), InputLine(lot=dry.id, quantity=q(3))),
            outputs=(OutputLine(item=crumbs.id, quantity=q(1)), OutputLine(quantity=q(2))),
            defects=(Defect(code="burnt", quantity=q(2)),),
        )  # fmt: skip
        _do(report, told)
    given.user("boss", "supervisor", site=site)
    db.session.rollback()
    return site, order, tank


def test_an_order_names_every_lot_it_used_and_made_and_what_came_from_a_vessel(app: Flask) -> None:
    with app.app_context():
        site, order, _tank = _bakery()
        identity = order.id
    desk = Desk.of(app, "boss")
    desk.get("/work-orders")
    assert "2 lots" in desk.words
    assert len(desk.statements) <= 7, desk.statements
    desk.get(f"/work-orders/{identity}")
    assert "Lots made" in desk.words and "Lots used" in desk.words
    assert "MILK-1 8" in desk.words and "FLOUR-1 6" in desk.words
    for page in ("issues", "close"):
        desk.get(f"/work-orders/{identity}/{page}")
        assert "8 L of it from a vessel" in desk.words, page
    mes = Machine.of(app, "supervisor", site=site)
    told = mes.get(f"/work-orders/{identity}").get_json()
    assert len(told["lots_made"]) == 2
    milk, flour = told["components"]
    assert [(one["lot_number"], one["quantity"]) for one in milk["lots_used"]] == [("MILK-1", "8")]
    assert (milk["drawn"], flour["drawn"]) == ("8", "0")
    drawn = [one["drawn"] for one in mes.get(f"/work-orders/{identity}/issues").get_json()["components"]]
    assert drawn == ["8", "0"]


def test_defects_are_counted_in_the_unit_of_what_is_made(app: Flask) -> None:
    with app.app_context():
        site, order, _tank = _bakery()
        identity = order.id
    mes = Machine.of(app, "supervisor", site=site)
    listed = mes.get(f"/production-reports?work_order_id={identity}").get_json()["items"]
    assert [one["defects"][0]["unit"] for one in listed] == ["ea", "ea"]


def test_a_due_day_that_is_past_is_asked_about(app: Flask) -> None:
    with app.app_context():
        site = given.warehouse()
        flour, bread = given.item("FLOUR"), given.item("BREAD")
        given.bom(bread, [(flour, 1)])
        line = given.line(site)
        given.user("boss", "supervisor", site=site)
        line_id = line.id
    desk = Desk.of(app, "boss")
    desk.get("/work-orders/new?sku=BREAD")
    form = {"key": "k1", "sku": "BREAD", "quantity": "10", "line": str(line_id), "due_on": "2020-01-01"}
    desk.post("/work-orders/new", **form)
    assert desk.status == 409
    assert "2020-01-01 is past. Plan it all the same?" in desk.words
    assert 'name="due_past" value="1"' in desk.text and "Yes, go on" in desk.words
    desk.post("/work-orders/new", **form, due_past="1")
    assert desk.status == 302, desk.words
    page = desk.location
    change = {"quantity": "11", "line": str(line_id)}
    desk.post(f"{page}/edit", **change, due_on="2020-01-01")
    assert desk.status == 302, "the day it has is not asked about again"
    desk.post(f"{page}/edit", **change, due_on="2020-01-02")
    assert desk.status == 409
    mes = Machine.of(app, "supervisor", site=site)
    body: dict[str, Any] = {"sku": "BREAD", "quantity": "10", "line_id": str(line_id), "due_on": "2020-01-01"}
    asked = mes.post("/work-orders", body)
    assert (asked.status_code, asked.get_json()["code"]) == (409, "question_needed")
    assert asked.get_json()["data"] == {"question": "due_past", "due": "2020-01-01"}
    assert mes.post("/work-orders", body | {"answers": {"due_past": "yes"}}).status_code == 201


def test_an_order_of_which_nothing_was_used_is_called_off_and_not_closed(app: Flask) -> None:
    with app.app_context():
        site = given.warehouse()
        flour, bread = given.item("FLOUR"), given.item("BREAD")
        lot = given.lot(flour, "F-1")
        given.stock(lot, site, "A-01", 20)
        given.bom(bread, [(flour, 1)])
        order = given.work_order(site, bread, 10, given.line(site), released=True)
        given.user("boss", "supervisor", site=site)
        identity, component = order.id, order.components[0].id
        goods: dict[str, Any] = {
            "warehouse": site.id, "work_order": identity, "component": component, "lot": lot.id, "bin": site["A-01"],
            "quantity": q(4),
        }  # fmt: skip
        db.session.rollback()
    said = "there is nothing to close. Call it off instead."
    desk = Desk.of(app, "boss")
    desk.get(f"/work-orders/{identity}/close")
    assert said in desk.words and "Everything agrees" not in desk.words
    with app.app_context():
        _do(issuing.issue, IssueGoods(key="i", **goods))
        db.session.rollback()
    desk.get(f"/work-orders/{identity}/close")
    assert said not in desk.words
    desk.post(f"/work-orders/{identity}/cancel")
    assert desk.status == 409, "goods of it stand at the line"
    with app.app_context():
        _do(issuing.return_, ReturnGoods(key="b", **goods))
        db.session.rollback()
    mes = Machine.of(app, "supervisor", site=site)
    assert mes.get(f"/work-orders/{identity}/closing").get_json()["is_untouched"] is True
    desk.get(f"/work-orders/{identity}/close")
    assert said in desk.words
    desk.post(f"/work-orders/{identity}/cancel")
    assert desk.status == 302, desk.words
    with app.app_context():
        assert db.session.get_one(WorkOrder, identity).state is WorkOrderState.CANCELLED
        assert given.claims_of(component) == []
        given.ledger_is_whole()
