"""Work orders, recipes, lines and pegs by machine: each operation once right, and what it refuses."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from tests import given
from tests.given import NOW
from tests.web.machine import Machine
from wms.core.ids import SYSTEM_USER
from wms.db import db, run_in_transaction
from wms.picking.queries import lines_of
from wms.production.queries.orders import get_order
from wms.production.service.orders import note_started, peg_output


@pytest.fixture
def site(app: Flask) -> given.Site:
    with app.app_context():
        made = given.warehouse()
        given.item("FLOUR"), given.item("RYE"), given.item("BREAD")
        return made


def _right(answer: Any, status: int = 200) -> Any:
    assert answer.status_code == status, answer.text
    return answer.json


def _line_and_bom(machine: Machine) -> tuple[dict[str, Any], dict[str, Any]]:
    line = _right(machine.post("/production-lines", {"code": "L1", "name_en": "Oven"}), 201)
    bom = {
        "sku": "BREAD", "output_quantity": "10",
        "lines": [
            {"sku": "FLOUR", "quantity": "8", "scrap_basis_points": 250, "alternates": [{"sku": "RYE", "factor": "1.2"}]}
        ],
        "operations": [
            {"sequence": 10, "code": "BAKE", "name_en": "Bake", "parameters": [{"name": "Temperature", "min": "180"}]}
        ],
    }  # fmt: skip
    return line, _right(machine.post("/boms", bom), 201)


def test_a_planner_machine_plans_releases_and_settles_what_is_short(app: Flask, site: given.Site) -> None:
    with app.app_context():
        items = {row.sku: row for row in db.session.query(given.Item).all()}
        lot = given.lot(items["FLOUR"], "F1")
        given.stock(lot, site, "A-01", 5)
        given.stock(given.lot(items["RYE"], "R1"), site, "A-02", 50)
        order = given.order(site, [(items["BREAD"], 10)], number="SO-9")
        line_id = lines_of(order, at=NOW)[0].id
        db.session.commit()
    machine = Machine.of(app, "supervisor", site=site)
    line, bom = _line_and_bom(machine)
    assert (line["bin_code"], line["output_bin_code"]) == ("L1", "L1-OUT")
    wanted = {"sku": "BREAD", "quantity": "10", "line_id": line["id"], "order_line_id": str(line_id)}
    made = _right(machine.post("/work-orders", wanted, key="once"), 201)
    assert _right(machine.post("/work-orders", wanted, key="once"), 201)["number"] == made["number"]
    assert (made["state"], made["components"][0]["needed"], made["bom_id"]) == ("planned", "8.205129", bom["id"])
    path = f"/work-orders/{made['id']}"
    put = {"quantity": "5", "line_id": line["id"], "order_line_id": str(line_id), "note": "half"}
    assert _right(machine.put(path, put))["components"][0]["needed"] == "4.102565"
    assert machine.put(path, put, etag='"old"').status_code == 412
    _right(machine.put(path, put | {"quantity": "10"}))
    released = _right(machine.post(f"{path}/release"))
    [component] = released["components"]
    assert (released["state"], component["bound"], component["short"]) == ("released", "5", "3.205129")
    assert [b["lot_number"] for b in component["bindings"]] == ["F1"]
    assert [a["sku"] for a in component["alternates"]] == ["RYE"]
    stood = _right(
        machine.post(f"{path}/components/{component['id']}/alternate", {"sku": "RYE", "quantity": "3.205129"})
    )
    assert [(c["sku"], c["bound"], c["short"]) for c in stood["components"]] == [
        ("FLOUR", "5", "0"), ("RYE", "3.846155", "0"),
    ]  # fmt: skip
    _right(machine.post(f"{path}/unbind", {"lot_id": str(lot.id)}))
    bound = _right(machine.post(f"{path}/components/{component['id']}/bind", {"lot_id": str(lot.id), "quantity": "2"}))
    assert bound["components"][0]["bound"] == "2"
    assert [o["number"] for o in _right(machine.get("/work-orders?state=released"))["items"]] == [made["number"]]
    _right(machine.post(f"{path}/withdraw"))
    _right(machine.post(f"{path}/release"))
    with app.app_context():
        run_in_transaction(note_started, int(made["id"]), actor=SYSTEM_USER, at=NOW)
        bread = given.lot(items["BREAD"], "B1")
        given.stock(bread, site, "A-03", 10)
        run_in_transaction(peg_output, get_order(int(made["id"])), bread.id, actor=SYSTEM_USER, at=NOW)
    assert _right(machine.post(f"{path}/cancel"), 409)["code"] == "wrong_state"
    [peg] = _right(machine.get(f"/lots/{bread.id}/pegs"))["items"]
    assert (peg["made_for"], peg["freed_at"]) == ("SO-9", None)
    freed = _right(machine.post(f"/lots/{bread.id}/free-peg", {"reason": "they take less"}))
    assert freed["items"][0]["free_reason"] == "they take less"
    assert _right(machine.post(f"/lots/{bread.id}/free-peg", {"reason": "again"}), 404)["code"] == "not_found"
    assert _right(machine.post(f"{path}/complete"))["state"] == "completed"
    assert _right(machine.post(f"{path}/reopen"))["state"] == "started"
    with app.app_context():
        given.ledger_is_whole()


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_master_data_is_made_read_and_changed_and_a_used_recipe_is_not(app: Flask, site: given.Site) -> None:
    machine = Machine.of(app, "supervisor", site=site)
    line, bom = _line_and_bom(machine)
    changed = _right(machine.put(f"/production-lines/{line['id']}", {"name_en": "Big oven", "needs_clearance": True}))
    assert (changed["name_en"], changed["needs_clearance"], changed["bin_code"]) == ("Big oven", True, "L1")
    for path, body in (
        ("/production-teams", {"code": "A", "name_en": "Early"}),
        ("/machines", {"code": "M1", "name_en": "Mixer", "line_id": line["id"]}),
        ("/vessels", {"code": "T1", "name_en": "Tank", "capacity": "1000"}),
    ):
        made = _right(machine.post(path, body), 201)
        assert _right(machine.post(path, body), 409)["code"] == "duplicate_value"
        assert made in _right(machine.get(path))["items"]
        again = {k: v for k, v in body.items() if k != "code"} | {"name_en": "Other"}
        assert _right(machine.put(f"{path}/{made['id']}", again))["name_en"] == "Other"
    taken = machine.post("/vessels", {"code": "T2", "name_en": "Tank", "bin_code": "L1"})
    assert _right(taken, 409)["code"] == "bin_unsuitable"
    rule = f"/items/{bom['lines'][0]['item_id']}/production-rule"
    assert _right(machine.get(rule))["may_backflush"] is False
    flushed = {
        "sku": "BREAD", "output_quantity": "10",
        "lines": [{"sku": "FLOUR", "quantity": "8", "is_backflushed": True}],
    }  # fmt: skip
    assert _right(machine.put(f"/boms/{bom['id']}", flushed), 409)["code"] == "backflush_forbidden"
    assert _right(machine.put(rule, {"may_backflush": True, "tolerance_percent": 2}))["tolerance_percent"] == 2
    assert [r["sku"] for r in _right(machine.get("/production-rules"))["items"]] == ["FLOUR"]
    assert _right(machine.put(f"/boms/{bom['id']}", flushed))["lines"][0]["is_backflushed"] is True
    order = _right(machine.post("/work-orders", {"sku": "BREAD", "quantity": "1", "line_id": line["id"]}), 201)
    assert _right(machine.put(f"/boms/{bom['id']}", flushed), 409)["code"] == "bom_used"
    assert _right(machine.post("/boms", flushed), 201)["version"] == 2
    assert _right(machine.post(f"/boms/{bom['id']}/use", {"is_active": False}))["is_active"] is False
    assert [b["version"] for b in _right(machine.get("/boms"))["items"]] == [2]
    points = ["goods_gone", "labels_gone", "papers_gone", "machine_clean"]
    path = f"/work-orders/{order['id']}"
    assert machine.post(f"{path}/clear-line", {"points": points[:2]}).status_code == 422
    _right(machine.post(f"{path}/clear-line", {"points": points}))
    assert _right(machine.post(f"{path}/check-clearance"), 403)["code"] == "other_person_needed"
    second = Machine.of(app, "supervisor", site=site)
    assert _right(second.post(f"{path}/check-clearance"))["clearance"]["checked_by"]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_another_warehouse_and_a_lesser_right_are_refused(app: Flask, site: given.Site) -> None:
    machine = Machine.of(app, "supervisor", site=site)
    line, _bom = _line_and_bom(machine)
    order = _right(machine.post("/work-orders", {"sku": "BREAD", "quantity": "1", "line_id": line["id"]}), 201)
    with app.app_context():
        elsewhere = given.warehouse()
    other = Machine.of(app, "supervisor", site=elsewhere)
    assert other.get(f"/work-orders/{order['id']}").status_code == 404
    assert other.post(f"/work-orders/{order['id']}/release").status_code == 404
    assert _right(other.post("/work-orders", {"sku": "BREAD", "quantity": "1", "line_id": line["id"]}), 404)
    picker = Machine.of(app, "production", site=site)
    assert picker.get(f"/work-orders/{order['id']}").status_code == 200
    assert picker.post(f"/work-orders/{order['id']}/release").status_code == 403
    with app.app_context():
        lot = given.lot(given.item("X"))
        given.stock(lot, elsewhere, "A-01", 3)
    rework = {"line_id": line["id"], "lots": [{"lot_id": str(lot.id), "quantity": "1"}]}
    assert _right(machine.post("/rework-orders", rework), 404)["code"] == "not_found"
    with app.app_context():
        given.stock(lot, site, "A-01", 3)
    assert _right(machine.post("/rework-orders", rework), 201)["kind"] == "rework"
