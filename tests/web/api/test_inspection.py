"""Inspection by the API: a plan, a machine's results, the verdict, samples, the supplier's standing; every refusal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from tests import given
from tests.given import q
from tests.plans import watch
from tests.web.machine import Machine
from wms.catalog.models import Item, Partner
from wms.core.clock import now
from wms.core.ids import SYSTEM_USER, ReceiptId, ReceiptLineId, UserId, new_id
from wms.db import db, run_in_transaction
from wms.inspection import service
from wms.inspection.models import SamplingState, Severity
from wms.stock import queries as stock
from wms.stock.ledger import Quality
from wms.stock.models import Lot

one_engine = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
LINE = {
    "name_en": "Width",
    "name_zh": "宽度",
    "kind": "measure",
    "defect_class": "major",
    "unit": "mm",
    "minimum": "9.8",
    "maximum": "10.2",
}


@dataclass
class Scene:
    """100 pending tiles of one lot at the dock; a key of quality; a person of quality who may sign."""

    app: Flask
    site: given.Site
    item: Item
    supplier: Partner
    lot: Lot
    machine: Machine
    signer: UserId

    def plan(self, **more: Any) -> str:
        """A plan in use; its id."""
        body = {
            "code": "IN-1", "name_en": "Tiles", "sku": "TILE", "stage": "receipt", "sampling": "fixed", "fixed_size": 3,
            "is_second_person": False, "characteristics": [LINE], **more,
        }  # fmt: skip
        made = self.machine.post("/inspection-plans", body)
        assert made.status_code == 201, made.text
        assert made.json is not None
        used = self.machine.post(f"/inspection-plans/{made.json['id']}/activate")
        assert used.json is not None and used.json["state"] == "active", used.text
        return str(made.json["id"])

    def came(self) -> int:
        """The lot comes in; its inspection."""
        with self.app.app_context():
            made = run_in_transaction(
                service.open_for_receipt, warehouse=self.site.id, receipt=ReceiptId(new_id()), receipt_line=ReceiptLineId(new_id()),
                item=self.item.id, lot=self.lot.id, supplier=self.supplier.id, quantity=q(100), actor=SYSTEM_USER,
                at=now(),
            )  # fmt: skip
            assert made is not None
            return int(made)


@pytest.fixture
def scene(app: Flask) -> Scene:
    with app.app_context():
        site, item, supplier = (
            given.warehouse("HZ"),
            given.item("TILE", is_inspected_at_receipt=True),
            given.partner("SUP"),
        )
        lot = given.lot(item, "LOT7", supplier=supplier.id, received_on=given.TODAY)
        given.stock(lot, site, "DOCK", 100, quality=Quality.PENDING)
        signer = given.user("signer", "quality", site=site)
        for row in (item, supplier, lot):
            db.session.refresh(row)
            db.session.expunge(row)
        return Scene(app, site, item, supplier, lot, Machine.of(app, "quality", site=site), signer)


def code_of(answer: Any) -> tuple[int, str]:
    return answer.status_code, (answer.json or {}).get("code", "")


def test_a_measuring_machine_enters_its_figures_and_a_person_closes(scene: Scene) -> None:
    plan = scene.plan()
    one = scene.came()
    (waiting,) = scene.machine.get("/inspections").json["items"]  # type: ignore[index]
    assert (waiting["id"], waiting["lot_number"], waiting["sample_size"], waiting["state"]) == (
        str(one),
        "LOT7",
        3,
        "open",
    )
    seen = scene.machine.get(f"/inspections/{one}").json
    assert seen is not None
    assert (seen["plan_id"], seen["plan_code"], seen["suggested_verdict"]) == (plan, "IN-1", "incomplete")
    assert seen["reasons"][0] == {"code": "fixed", "text": "The plan says 3 units of every lot. None bad is accepted."}
    results = {
        "results": [
            {"characteristic": 1, "unit_first": n, "value": v} for n, v in ((1, "10.0"), (2, "9.80"), (3, "10.21"))
        ]
    }
    first = scene.machine.post(f"/inspections/{one}/results", results, key="m-1")
    again = scene.machine.post(f"/inspections/{one}/results", results, key="m-1")
    assert first.json is not None and first.data == again.data
    assert [r["is_conforming"] for r in first.json["results"]] == [True, True, False]
    assert first.json["suggested_verdict"] == "rejected" and first.json["classes"][0]["found"] == 1
    refused = scene.machine.post(f"/inspections/{one}/close", {"verdict": "accepted"})
    assert code_of(refused) == (422, "field_errors")
    done = scene.machine.post(f"/inspections/{one}/close", {"verdict": "rejected"})
    assert done.json is not None and (done.json["state"], done.json["rejected_quantity"]) == ("done", "100")
    assert code_of(scene.machine.post(f"/inspections/{one}/start")) == (409, "wrong_state")
    standing = scene.machine.get(f"/suppliers/{scene.supplier.id}/standing").json
    assert standing is not None
    # 70 x 0/1 + 30 x (1 - 3/3)
    assert (standing["lots_inspected"], standing["major_defects"], standing["rating"], standing["trust"]) == (
        1,
        1,
        "0.0",
        "new",
    )
    with scene.app.app_context():
        given.ledger_is_whole()


def test_a_sample_is_drawn_once_used_in_parts_and_destroyed(scene: Scene) -> None:
    scene.plan()
    one = scene.came()
    with scene.app.app_context():
        (balance,) = stock.find_balances(lot=scene.lot.id)
    body = {"balance_id": str(balance.id), "kind": "test", "quantity": "3", "inspection_id": str(one)}
    made = scene.machine.post("/samples", body, key="s-1")
    assert made.status_code == 201 and made.json is not None, made.text
    assert scene.machine.post("/samples", body, key="s-1").data == made.data
    sample = made.json["id"]
    used = scene.machine.post(f"/samples/{sample}/use", {"quantity": "1", "note": "pH"})
    assert used.json is not None and used.json["left_quantity"] == "2"
    assert code_of(scene.machine.post(f"/samples/{sample}/use", {"quantity": "3", "note": "pH"})) == (
        409,
        "insufficient_stock",
    )
    gone = scene.machine.post(f"/samples/{sample}/destroy", {"note": "done"})
    assert gone.json is not None and gone.json["state"] == "destroyed"
    assert code_of(scene.machine.post(f"/samples/{sample}/destroy", {"note": "again"})) == (409, "wrong_state")
    (kept,) = scene.machine.get("/samples?state=destroyed").json["items"]  # type: ignore[index]
    assert kept["id"] == sample
    with scene.app.app_context():
        assert given.on_hand(scene.lot) == q(97)
        given.ledger_is_whole()


@one_engine
def test_a_plan_is_changed_as_a_draft_only_on_what_was_read(scene: Scene) -> None:
    plan = scene.plan()
    draft = scene.machine.post(f"/inspection-plans/{plan}/versions").json
    assert draft is not None and draft["version"] == 2
    path = f"/inspection-plans/{draft['id']}"
    body = {
        "name_en": "Tiles", "sku": "TILE", "stage": "receipt", "sampling": "iso_2859_1", "aql_major": "0.65",
        "characteristics": [LINE, {"name_en": "Whole", "kind": "visual", "defect_class": "critical"}],
    }  # fmt: skip
    changed = scene.machine.put(path, body)
    assert changed.json is not None and len(changed.json["characteristics"]) == 2, changed.text
    assert (changed.json["aql_major"], changed.json["aql_minor"]) == ("0.65", None)
    assert code_of(scene.machine.put(path, body, etag='"old"')) == (412, "record_changed")
    assert code_of(scene.machine.put(f"/inspection-plans/{plan}", body)) == (409, "wrong_state")
    wrongs: tuple[dict[str, Any], ...] = (
        {"aql_major": "1.1"}, {"aql_major": 1.0}, {"characteristics": []}, {"sampling": "magic"},
        {"characteristics": [LINE | {"minimum": "1e3"}]}, {"limiting_quality": "0"}, {"fixed_size": 0},
    )  # fmt: skip
    for wrong in wrongs:
        assert code_of(scene.machine.put(path, body | wrong)) == (422, "field_errors"), wrong
    assert code_of(scene.machine.put(path, body | {"supplier": "NOBODY"})) == (404, "not_found")
    retired = scene.machine.post(f"{path}/retire").json
    assert retired is not None and retired["state"] == "retired"
    assert [p["version"] for p in scene.machine.get("/inspection-plans?code=in").json["items"]] == [2, 1]  # type: ignore[index]


@one_engine
def test_a_stop_is_lifted_by_a_persons_signature(scene: Scene) -> None:
    scene.plan(sampling="iso_2859_1", aql_major="1.0")
    one = scene.came()
    state = scene.machine.get(f"/suppliers/{scene.supplier.id}/sampling").json["states"][0]  # type: ignore[index]
    assert (state["severity"], state["switching_score"], state["skip_stage"]) == ("normal", 0, "qualifying")
    with scene.app.app_context():
        run_in_transaction(_stop)
    path = f"/sampling-states/{state['id']}"
    good = {"note": "new mould", "signature": {"login": "signer", "password": "correct horse 1"}}
    bad = good | {"signature": {"login": "signer", "password": "wrong"}}
    assert code_of(scene.machine.post(f"{path}/lift", bad)) == (403, "password_wrong")
    lifted = scene.machine.post(f"{path}/lift", good)
    assert lifted.json is not None and lifted.json["severity"] == "tightened", lifted.text
    assert lifted.json["changes"][-1]["what"] == "lifted"
    assert code_of(scene.machine.post(f"{path}/lift", good)) == (409, "wrong_state")
    allowed = scene.machine.post(f"{path}/reduced", {"is_allowed": True, "note": "steady"})
    assert allowed.json is not None and allowed.json["is_reduced_allowed"] is True
    assert code_of(scene.machine.post(f"/inspections/{one}/results", {"results": []})) == (422, "field_errors")


def _stop() -> None:
    db.session.execute(select(SamplingState)).scalar_one().severity = Severity.STOPPED


@one_engine
def test_rights_other_warehouses_and_the_cost_of_the_queue(scene: Scene) -> None:
    scene.plan()
    ones = [scene.came() for _ in range(3)]
    with scene.app.app_context():
        other = given.warehouse("ZZ")
    stranger, picker = Machine.of(scene.app, "quality", site=other), Machine.of(scene.app, "picker", site=scene.site)
    assert stranger.get("/inspections").json == {"items": [], "next": None}
    assert code_of(stranger.get(f"/inspections/{ones[0]}")) == (404, "not_found")
    assert code_of(stranger.post(f"/inspections/{ones[0]}/cancel", {"note": "x"})) == (404, "not_found")
    assert code_of(picker.get("/inspections")) == (403, "not_allowed")
    assert code_of(picker.post(f"/inspections/{ones[0]}/start")) == (403, "not_allowed")
    supervisor = Machine.of(scene.app, "supervisor", site=scene.site)
    assert supervisor.get("/inspections").status_code == 200
    assert code_of(supervisor.post(f"/inspections/{ones[0]}/start")) == (403, "not_allowed")
    with scene.app.app_context():
        engine = db.engine
    counts = []
    for limit in (1, 3):
        with watch(engine) as seen:
            page = scene.machine.get(f"/inspections?limit={limit}").json
        assert page is not None and len(page["items"]) == limit
        counts.append(len(seen))
    assert counts[0] == counts[1], "one statement for any number of rows"
