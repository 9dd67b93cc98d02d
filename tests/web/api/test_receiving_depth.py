"""Receiving in depth by the API: pallets looked at, nobody's deliveries, refusals, taking back, acceptance, returns."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask

from tests import given
from tests.web.api.saying import Place, refusal
from tests.web.machine import Machine
from wms.db import db as database_extension
from wms.gs1.sscc import Sscc

on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
GOOD = (datetime.now(UTC) + timedelta(days=200)).date().isoformat()
PALLET, CASE, OTHER, NOBODYS = (str(Sscc.make("6901234", 0, n)) for n in (801, 802, 803, 804))


@pytest.fixture
def dock(app: Flask) -> SimpleNamespace:
    """A warehouse, a new supplier, milk, and tea that a second person accepts; another warehouse."""
    with app.app_context():
        site, elsewhere = Place(given.warehouse("W1")), Place(given.warehouse("W2"))
        given.partner("ACME")
        given.item("MILK")
        given.item("TEA", needs_second_acceptor=True)
        given.user("anna", "receiver", site=site)
        database_extension.session.rollback()
        return SimpleNamespace(app=app, site=site, elsewhere=elsewhere)


@pytest.fixture
def erp(dock: SimpleNamespace) -> Machine:
    return Machine.of(dock.app, "receiver", "supervisor", "quality", site=dock.site)


def ok(answer: Any, status: int = 200) -> Any:
    assert answer.status_code == status, answer.text
    return answer.json


def nested(erp: Machine, **more: Any) -> Any:
    line = {"sku": "MILK", "unit": "case", "quantity": "1", "expires_on": GOOD}
    body = {
        "supplier_code": "ACME", "number": "ASN-1",
        "lines": [line | {"lot_number": "M-1", "sscc": CASE}, line | {"lot_number": "M-2", "sscc": OTHER}],
        "lpns": [{"sscc": CASE, "parent_sscc": PALLET}, {"sscc": OTHER, "parent_sscc": PALLET}, {"sscc": PALLET}],
    }  # fmt: skip
    return erp.post("/asns", body | more)


def test_a_nested_pallet_is_looked_at_taken_in_and_taken_back(dock: SimpleNamespace, erp: Machine) -> None:
    asn = ok(nested(erp), 201)
    assert [(p["sscc"], p["parent_sscc"], p["depth"]) for p in asn["lpns"]] == [
        (PALLET, "", 0), (CASE, PALLET, 1), (OTHER, PALLET, 1),
    ]  # fmt: skip
    assert [line["quantity"] for line in asn["lines"]] == ["12", "12"]
    receipt = ok(erp.post(f"/asns/{asn['id']}/receive"))
    where = f"/receipts/{receipt['id']}"
    assert refusal(erp.post(f"{where}/lpns", {"sscc": PALLET})) == (409, "check_needed")
    look = ok(erp.post(f"{where}/pallet-checks", {"sscc": PALLET}), 201)
    assert (look["share_percent"], look["waiting_count"], look["seed"]) == (100, 2, receipt["check_seed"])
    scans = f"/pallet-checks/{look['id']}/scans"
    asked = erp.post(scans, {"sscc": NOBODYS})
    assert refusal(asked) == (409, "question_needed") and asked.json["data"]["question"] == "extra_child"
    assert ok(erp.post(scans, {"sscc": CASE}))["waiting_count"] == 1
    missing = {"code": OTHER, "kind": "missing"}
    done = ok(erp.post(f"/pallet-checks/{look['id']}/differences", missing))
    assert (done["state"], done["is_raised"]) == ("done", True)
    (line,) = ok(erp.get(f"{where}/lines"))["items"]
    assert (line["lot_number"], line["lpn_code"], line["quantity"]) == ("M-1", CASE, "12")
    shown = ok(erp.get(where))
    assert [d["kind"] for d in shown["noted_differences"]] == ["missing"]
    assert len(ok(erp.get(f"{where}/pallet-checks"))["items"]) == 1
    assert ok(erp.get(f"/asns/{asn['id']}"))["lines"][1]["remaining_quantity"] == "12"

    assert refusal(erp.post(f"/receipt-lines/{line['id']}/reverse", {"reason": ""})) == (422, "field_errors")
    back = ok(erp.post(f"/receipt-lines/{line['id']}/reverse", {"reason": "wrong truck"}))
    assert back["line_count"] == 0
    assert refusal(erp.post(f"/receipt-lines/{line['id']}/reverse", {"reason": "again"})) == (409, "wrong_state")
    (line,) = ok(erp.get(f"{where}/lines"))["items"]
    assert line["reverse_reason"] == "wrong truck" and line["reversal_seq"]
    elsewhere = Machine.of(dock.app, "receiver", "supervisor", site=dock.elsewhere)
    for path, body in (
        (f"{where}/pallet-checks", {"sscc": PALLET}), (scans, {"sscc": CASE}), (f"{where}/pause", None),
        (f"/receipt-lines/{line['id']}/reverse", {"reason": "x"}),
    ):  # fmt: skip
        assert refusal(elsewhere.post(path, body)) == (404, "not_found"), path
    with dock.app.app_context():
        given.ledger_is_whole()


@on_sqlite
def test_a_tree_that_is_none_is_refused_and_changes_nothing(erp: Machine) -> None:
    for lpns, why in (
        ([{"sscc": PALLET}, {"sscc": PALLET}], "twice"),
        ([{"sscc": PALLET, "parent_sscc": CASE}, {"sscc": CASE, "parent_sscc": PALLET}], "cycle"),
        ([{"sscc": CASE, "parent_sscc": NOBODYS}], "unknown_parent"),
    ):
        answer = nested(erp, lpns=lpns)
        assert refusal(answer) == (422, "bad_lpn_tree") and answer.json["data"]["why"] == why
    assert refusal(nested(erp, lpns=[{"sscc": "123"}])) == (422, "field_errors")
    assert refusal(nested(erp, lines=[{"sku": "MILK", "quantity": "1", "unit": "barrel"}])) == (422, "field_errors")
    assert ok(erp.get("/asns"))["items"] == []


@on_sqlite
def test_a_delivery_of_nobody_known_is_named_and_stays_on_hold(erp: Machine) -> None:
    receipt = ok(erp.post("/receipts", {"is_provisional": True}))
    where = f"/receipts/{receipt['id']}"
    noted = ok(erp.post(f"{where}/provisional-lpns", {"sscc": NOBODYS}), 201)
    assert [p["sscc"] for p in noted["provisional_lpns"]] == [NOBODYS]
    line = {
        "sku": "MILK", "lot_number": "X-1", "lot_again": "X-1", "typed_reason": "no_label", "expires_on": GOOD,
        "quantity": "5", "sscc": NOBODYS,
    }  # fmt: skip
    assert ok(erp.post(f"{where}/lines", line), 201)["is_held"] is True
    assert refusal(erp.post(f"{where}/finish")) == (422, "missing_field")
    ok(erp.post(f"{where}/supplier", {"supplier_code": "ACME"}))
    assert refusal(erp.post(f"{where}/close")) == (409, "wrong_state")
    assert ok(erp.post(f"{where}/finish"))["finished_at"]
    assert ok(erp.post(f"{where}/close"))["state"] == "closed"
    (stands,) = ok(erp.get("/stock?state=held"))["items"]
    assert (stands["lot_number"], stands["lpn_code"]) == ("X-1", NOBODYS)


@on_sqlite
def test_refused_goods_and_the_second_person(dock: SimpleNamespace, erp: Machine) -> None:
    made = ok(erp.post("/refusals", {"description": "three wet cartons", "reason": "wet", "place": "door 3"}), 201)
    assert (made["state"], made["sku"], made["quantity"]) == ("open", None, None)
    assert refusal(erp.post("/refusals", {"reason": "wet"})) == (422, "missing_field")
    assert ok(erp.post(f"/refusals/{made['id']}/close", {"carrier": "Fast"}))["state"] == "closed"
    assert [r["number"] for r in ok(erp.get("/refusals?state=closed"))["items"]] == [made["number"]]

    receipt = ok(erp.post("/receipts", {"supplier_code": "ACME"}))
    line = {
        "sku": "TEA", "lot_number": "T-1", "lot_again": "T-1", "typed_reason": "no_label", "expires_on": GOOD, "quantity": "5",
    }  # fmt: skip
    assert ok(erp.post(f"/receipts/{receipt['id']}/lines", line), 201)["quality"] == "pending"
    ok(erp.post(f"/receipts/{receipt['id']}/close"))
    signature = {"login": "anna", "password": "correct horse 1"}
    body = {"reason": "counted", "signature": signature}
    wrong = {"signature": signature | {"password": "wrong"}}
    assert refusal(erp.post(f"/receipts/{receipt['id']}/accept", wrong)) == (403, "password_wrong")
    accepted = ok(erp.post(f"/receipts/{receipt['id']}/accept", body))
    assert accepted["accepted_by"] == "Anna" and accepted["needs_acceptance"]
    (stands,) = ok(erp.get("/stock?q=T-1"))["items"]
    assert stands["quality"] == "released"


def test_goods_go_back_to_their_supplier(dock: SimpleNamespace, erp: Machine) -> None:
    receipt = ok(erp.post("/receipts", {"supplier_code": "ACME"}))
    line = {
        "sku": "MILK", "lot_number": "M-9", "lot_again": "M-9", "typed_reason": "no_label", "expires_on": GOOD,
        "quantity": "20",
    }  # fmt: skip
    ok(erp.post(f"/receipts/{receipt['id']}/lines", line), 201)
    (stands,) = ok(erp.get("/stock?q=M-9"))["items"]
    body = {
        "supplier_code": "ACME", "reason": "surplus", "reference": "RMA-1",
        "lines": [{"balance_id": stands["id"], "quantity": "8"}],
    }  # fmt: skip
    paper = ok(erp.post("/supplier-returns", body), 201)
    too_many = body | {"lines": [{"balance_id": stands["id"], "quantity": "13"}]}
    assert refusal(erp.post("/supplier-returns", too_many)) == (409, "insufficient_stock")
    (one,) = paper["lines"]
    carried = ok(erp.post(f"/supplier-return-lines/{one['id']}/carry", {}))
    assert (carried["state"], carried["lines"][0]["done_quantity"]) == ("done", "8")
    assert refusal(erp.post(f"/supplier-return-lines/{one['id']}/carry", {})) == (409, "wrong_state")
    closed = ok(erp.post(f"/supplier-returns/{paper['id']}/close", {"carrier": "Fast", "plate": "沪A1"}))
    assert closed["plate"] == "沪A1"
    pdf = erp.get(f"/supplier-returns/{paper['id']}/paper")
    assert pdf.mimetype == "application/pdf" and pdf.data.startswith(b"%PDF")
    assert [r["reference"] for r in ok(erp.get("/supplier-returns?q=M-9"))["items"]] == ["RMA-1"]
    (stands,) = ok(erp.get("/stock?q=M-9"))["items"]
    assert stands["on_hand_quantity"] == "12"
    with dock.app.app_context():
        given.ledger_is_whole()
