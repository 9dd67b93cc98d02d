"""Hold cases, goods apart, near expiry and retests by the API: looked at, placed once, lifted by a signature; refusals."""

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from tests import given
from tests.given import NOW, q
from tests.web.machine import Machine
from wms.core.ids import SYSTEM_USER
from wms.db import db, run_in_transaction
from wms.picking import service as picking
from wms.stock.ledger import Quality
from wms.stock.models import HoldCase

PASSWORD = "correct horse 1"
one_engine = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def machine(app: Flask) -> Iterator[Machine]:
    """A key of quality; two lots of BAD, one of them promised; people of quality."""
    with time_machine.travel(NOW, tick=False):
        with app.app_context():
            site = given.warehouse("HZ")
            for login in ("first", "second"):
                given.user(login, "quality", site=site)
            given.user("boss", "supervisor", site=site)
            bad, item = given.partner("BAD"), given.item("MILK")
            for n in (1, 2):
                given.stock(given.lot(item, f"B-{n}", supplier=bad.id, expires_in=n * 10), site, f"A-0{n}", 5)
            order = given.order(site, [(item, 5)], customer=given.partner("SHOP", name_en="Corner shop"))
            run_in_transaction(picking.allocate_order, order, actor=SYSTEM_USER, at=NOW)
        machine = Machine.of(app, "quality", site=site)
        machine.site = site  # type: ignore[attr-defined]
        yield machine


def signed(login: str, **more: Any) -> dict[str, Any]:
    return {"reason": "tested", "signature": {"login": login, "password": PASSWORD}} | more


def code_of(answer: Any) -> tuple[int, str]:
    return answer.status_code, (answer.json or {}).get("code", "")


def test_a_case_is_looked_at_placed_once_and_lifted_in_part_and_whole(app: Flask, machine: Machine) -> None:
    look = machine.get("/hold-case-preview?supplier_code=BAD").json
    assert look is not None and (look["lot_count"], look["order_count"], look["place_count"]) == (2, 1, 2)
    assert [(s["where"], s["quantities"]) for s in look["standing"]] == [("bins", [{"unit": "ea", "quantity": "10"}])]
    assert [o["customer_name_en"] for o in look["orders"]] == ["Corner shop"]
    assert look["worth"] == {"amount": "0.00", "known_items": 0, "unknown_items": 1}
    body = {"supplier_code": "BAD", "reason": "suspect", "note": "glass", "fingerprint": look["fingerprint"]}
    placed = machine.post("/hold-cases", body, key="C-1")
    again = machine.post("/hold-cases", body, key="C-1")
    assert placed.status_code == 201 and placed.data == again.data and placed.json is not None, placed.text
    assert (placed.json["lot_count"], placed.json["hold_count"], len(placed.json["orders"])) == (2, 2, 1)
    case = placed.json["case_id"]
    listed = machine.get("/hold-cases").json
    assert listed is not None and [(c["id"], c["state"], c["criteria"]) for c in listed["items"]] == [
        (case, "open", {"supplier_code": "BAD"})
    ]
    holds = machine.get(f"/holds?case_id={case}").json
    assert holds is not None and {h["lot_number"] for h in holds["items"]} == {"B-1", "B-2"}
    assert {h["case_number"] for h in holds["items"]} == {placed.json["number"]}
    first = holds["items"][0]["id"]
    part = machine.post(f"/hold-cases/{case}/lift", signed("second", hold_ids=[first]), key="L-1")
    assert part.status_code == 200 and part.json is not None, part.text
    assert (part.json["state"], part.json["open_hold_count"]) == ("partly_lifted", 1)
    assert machine.post(f"/hold-cases/{case}/lift", signed("second", hold_ids=[first]), key="L-1").data == part.data
    whole = machine.post(f"/hold-cases/{case}/lift", signed("first")).json
    assert whole is not None and (whole["state"], whole["ended_by"]) == ("lifted", "First")
    assert machine.get("/hold-cases").json == {"items": [], "next": None}
    with app.app_context():
        given.ledger_is_whole()


def test_a_stale_look_is_told_with_what_differs_and_the_new_fingerprint(app: Flask, machine: Machine) -> None:
    seen = machine.get("/hold-case-preview?supplier_code=BAD").json["fingerprint"]  # type: ignore[index]
    with app.app_context():
        from wms.stock.models import Lot

        lot = db.session.execute(select(Lot).where(Lot.number == "B-1")).scalar_one()
        given.stock(lot, machine.site, "A-03", 4)  # type: ignore[attr-defined]
    body = {"supplier_code": "BAD", "reason": "suspect", "fingerprint": seen}
    stale = machine.post("/hold-cases", body)
    assert code_of(stale) == (409, "question_needed")
    data = stale.json["data"]  # type: ignore[index]
    assert (data["question"], data["lots"], data["orders"]) == ("hold_changed", 2, 1)
    assert machine.post("/hold-cases", body | {"fingerprint": data["fingerprint"]}).status_code == 201


@one_engine
def test_what_is_wrong_is_refused_and_nothing_is_held(app: Flask, machine: Machine) -> None:
    with app.app_context():
        other = given.warehouse("W2")
        given.stock(given.lot(given.item("TEA"), "T-1"), other, "A-03", 2)
    picker = Machine.of(app, "picker", site=machine.site)  # type: ignore[attr-defined]
    good = {"supplier_code": "BAD", "reason": "suspect"}
    cases = [
        (machine.post("/hold-cases", {"reason": "suspect"}), (422, "field_errors")),
        (machine.post("/hold-cases", good | {"reason": "recall"}), (422, "field_errors")),
        (machine.post("/hold-cases", good | {"supplier_code": "NO"}), (404, "not_found")),
        (machine.post("/hold-cases", good | {"sku": "TEA"}), (404, "not_found")),
        (machine.post("/hold-cases", good | {"bin_code": "A-01", "is_standing": True}), (422, "field_errors")),
        (machine.post("/hold-cases", {"scope": "bin", "reason": "suspect"}), (422, "field_errors")),
        (machine.post("/hold-cases", {"scope": "lpn", "lpn_code": "X", "reason": "suspect"}), (404, "not_found")),
        (machine.post("/hold-cases", {"sku": "TEA", "everywhere": True, "reason": "suspect"}), (403, "not_allowed")),
        (machine.post("/hold-cases", good | {"fingerprint": "never"}), (422, "field_errors")),
        (picker.post("/hold-cases", good), (403, "not_allowed")),
        (machine.get("/hold-case-preview"), (422, "field_errors")),
        (machine.get("/hold-case-preview?received_from=2026-13-01"), (422, "field_errors")),
        (machine.post("/hold-cases/5/lift", signed("second")), (404, "not_found")),
        (machine.get("/hold-cases/5"), (404, "not_found")),
    ]
    for n, (answer, wanted) in enumerate(cases):
        assert code_of(answer) == wanted, (n, answer.text)
    with app.app_context():
        assert db.session.execute(select(HoldCase.id)).first() is None
    case = machine.post("/hold-cases", good).json["case_id"]  # type: ignore[index]
    path = f"/hold-cases/{case}/lift"
    for answer, wanted in (
        (machine.post(path, {"reason": "x"}), (422, "field_errors")),
        (machine.post(path, signed("boss")), (403, "not_allowed")),
        (machine.post(path, signed("second", hold_ids=["5"])), (404, "not_found")),
    ):
        assert code_of(answer) == wanted, answer.text
    unsigned = machine.post(path, {"reason": "x"}).json
    assert unsigned is not None and set(unsigned["data"]["errors"]) == {"signature"}
    away = Machine.of(app, "quality", site=other)
    assert code_of(away.get(f"/hold-cases/{case}")) == (404, "not_found")
    assert away.get("/hold-cases").json == {"items": [], "next": None}


@one_engine
def test_goods_apart_near_expiry_and_retests_are_read_and_settled(app: Flask, machine: Machine) -> None:
    site = machine.site  # type: ignore[attr-defined]
    with app.app_context():
        item = given.item("API-1", retest_days=365, retest_extends_expiry=True)
        lot = given.lot(item, "R-1", expires_in=60, retest_on=given.day(5))
        given.stock(lot, site, "A-03", 8)
        given.stock(given.lot(item, "BAD"), site, "A-04", 2, quality=Quality.REJECTED)
    apart = machine.get("/misplaced-goods").json
    assert apart is not None and [(r["lot_number"], r["why"], r["task_id"]) for r in apart["items"]] == [
        ("BAD", "rejected", None)
    ]
    assert machine.post("/misplaced-goods/tasks").json == {"task_count": 1}
    assert machine.post("/misplaced-goods/tasks").json == {"task_count": 0}
    assert machine.get("/misplaced-goods").json["items"][0]["task_state"] == "open"  # type: ignore[index]
    near = machine.get("/near-expiry-lots?months=3&only_warned=true").json
    assert near is not None and {r["lot_number"] for r in near["items"]} == {"B-1", "B-2"}
    due = machine.get("/retests?days=10").json
    assert due is not None and [(r["lot_number"], r["retest_on"]) for r in due["items"]] == [("R-1", "2026-11-27")]
    path = f"/lots/{lot.id}/extend-dates"
    late = signed("second", retest_on="2027-11-22")
    assert code_of(machine.post(path, late)) == (422, "field_errors")  # past the last good day
    done = machine.post(path, late | {"expires_on": "2027-12-31"})
    assert done.status_code == 200 and done.json is not None, done.text
    assert (done.json["retest_on"], done.json["expires_on"]) == ("2027-11-22", "2027-12-31")
    with app.app_context():
        assert given.on_hand(lot, free_only=True) == q(8)
    assert code_of(machine.post(path, signed("boss", retest_on="2027-12-01"))) == (403, "not_allowed")
