"""A planner at the desk: master data, a bill of materials, a work order from plan to release, its alternates and its clearance."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from tests import given
from tests.web.desk_client import Desk
from wms.accounts.rules import Role
from wms.db import db
from wms.production.models import Bom, ProductionLine, WorkOrder
from wms.production.queries import master, orders

PLANNER = Role.SUPERVISOR.value


@pytest.fixture
def site(app: Flask) -> Any:
    with app.app_context():
        made = given.warehouse()
        given.user("planner", PLANNER, site=made)
        given.user("second", PLANNER, site=made)
        return made


def _only(model: Any) -> Any:
    found = db.session.query(model).one()
    db.session.commit()
    return found


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_planner_sets_up_a_line_and_a_recipe_plans_an_order_and_releases_it(app: Flask, site: Any) -> None:
    with app.app_context():
        flour, rye, bread = given.item("FLOUR"), given.item("RYE"), given.item("BREAD")
        given.stock(given.lot(flour, "F1"), site, "A-01", 5)
        given.stock(given.lot(rye, "R1"), site, "A-02", 50)
        item = bread.id
    desk = Desk.of(app, "planner")
    desk.get("/setup/production/lines/new")
    desk.post(
        "/setup/production/lines/new", code="L1", name_en="Oven", name_zh="烤炉", is_active="1", needs_clearance="1"
    )
    assert desk.status == 302, desk.words
    assert "L1-OUT" in desk.get("/setup/production")
    desk.get("/production/boms/new?sku=BREAD")
    form = {
        "sku": "BREAD", "name": "winter", "output_quantity": "10", "part_sku": ["FLOUR", ""], "part_quantity": ["8", ""],
        "part_scrap": ["2.5", ""], "part_alternates": ["RYE:1.2", ""], "part_backflush": ["no", "no"],
        "step_sequence": ["10", "20"], "step_code": ["MIX", "BAKE"], "step_name_en": ["Mix", "Bake"],
        "step_parameters": ["", "Temperature [°C] 180..220; Time [min] ..40"],
    }  # fmt: skip
    desk.post("/production/boms/new", **(form | {"do": "more"}))
    assert desk.status == 200
    assert "RYE:1.2" in desk.text
    desk.post("/production/boms/new", **form, do="save")
    assert desk.status == 302, desk.words
    assert "Temperature [°C] 180..220; Time [min] ..40" in desk.get(desk.location)
    with app.app_context():
        line = _only(ProductionLine)
        bom = master.get_bom(_only(Bom).id)
        assert (bom.lines[0].scrap_basis_points, str(bom.lines[0].alternates[0].factor)) == (250, "1.2")
        db.session.commit()
    desk.get("/work-orders/new?sku=BREAD")
    desk.post(
        "/work-orders/new",
        key="k1",
        sku="BREAD",
        quantity="10",
        line=str(line.id),
        bom=str(bom.id),
        due_on="2096-11-30",
    )
    assert desk.status == 302, desk.words
    page = desk.location
    assert "8.205129" in desk.get(page)
    desk.post(f"{page}/release")
    desk.get(page)
    assert "Short: FLOUR" in desk.words
    assert "3.205129" in desk.words
    assert len(desk.statements) <= 40
    with app.app_context():
        order = orders.get_order(_only(WorkOrder).id)
        component = order.components[0]
        rye_id = rye.id
        db.session.commit()
    desk.post(f"{page}/components/{component.id}/alternate", item=str(rye_id), quantity="3.205129")
    assert desk.status == 302, desk.words
    desk.get(page)
    assert "3.846155" in desk.words
    desk.post(f"{page}/clear-line", key="c1", points=["goods_gone", "labels_gone", "papers_gone", "machine_clean"])
    assert desk.status == 302
    other = Desk.of(app, "second")
    other.get(page)
    other.post(f"{page}/check-clearance")
    assert other.status == 302
    assert "WO-2026-0001" in desk.get("/work-orders")
    assert "WO-2026-0001" not in desk.get("/work-orders?state=closed")
    desk.post(f"{page}/withdraw")
    desk.get(page)
    desk.post(f"{page}/cancel")
    assert "called off" in desk.get(page)
    assert item


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_recipe_that_was_used_is_not_changed_and_a_new_version_takes_its_place(app: Flask, site: Any) -> None:
    with app.app_context():
        line, part, made = given.line(site), given.item("PART"), given.item("MADE")
        bom = given.bom(made, [(part, 2)])
        given.work_order(site, made, 1, line)
    desk = Desk.of(app, "planner")
    desk.get(f"/production/boms/{bom.id}/edit")
    form = {"sku": "MADE", "output_quantity": "1", "part_sku": ["PART"], "part_quantity": ["3"]}
    desk.post(f"/production/boms/{bom.id}/edit", **form)
    assert desk.status == 409
    assert "stays as it is" in desk.words
    desk.get(f"/production/boms/new?of={bom.id}")
    desk.post("/production/boms/new", **form)
    assert desk.status == 302
    with app.app_context():
        newest = master.newest_bom(made.id)
        assert newest is not None
        assert (newest.version, str(newest.lines[0].quantity)) == (2, "3")
    desk.post("/production/boms/new", **(form | {"part_backflush": ["yes"]}))
    assert "may not be back-flushed" in desk.words


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_work_order_of_another_warehouse_is_not_found_and_one_who_only_looks_changes_nothing(
    app: Flask, site: Any
) -> None:
    with app.app_context():
        other = given.warehouse()
        line, part, made = given.line(other), given.item(), given.item()
        given.bom(made, [(part, 2)])
        order = given.work_order(other, made, 1, line)
        given.user("looker", Role.AUDITOR.value, site=other)
    desk = Desk.of(app, "planner")
    assert f"/work-orders/{order.id}" not in desk.get("/work-orders")
    desk.get(f"/work-orders/{order.id}")
    assert desk.status == 404
    desk.post(f"/work-orders/{order.id}/release")
    assert desk.status == 404
    looker = Desk.of(app, "looker")
    looker.get(f"/work-orders/{order.id}")
    assert looker.status == 200
    looker.post(f"/work-orders/{order.id}/release")
    assert looker.status == 403
