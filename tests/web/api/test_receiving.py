"""Receiving by the API: what is announced, what came, where it was put; a refusal changes nothing."""

import base64
import io
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from PIL import Image
from sqlalchemy import func, select

from tests import given
from tests.web.api.saying import Place, refusal, selects
from tests.web.machine import Machine
from wms.catalog.models import TypedLotPolicy
from wms.db import db as database_extension
from wms.gs1.sscc import Sscc
from wms.receiving.models import Asn, Receipt, ReceiptLine
from wms.stock.models import Lot
from wms.tasks.models import Task

on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

GOOD = (datetime.now(UTC) + timedelta(days=200)).date()
PLATE, OTHER_PLATE = Sscc.make("6901234", 0, 901), Sscc.make("6901234", 0, 902)


@pytest.fixture
def dock(app: Flask) -> SimpleNamespace:
    """A warehouse, a supplier, milk (lots typed twice), wine (a typed lot needs a photo); a receiver's key."""
    with app.app_context():
        site, elsewhere = Place(given.warehouse("W1")), Place(given.warehouse("W2"))
        given.partner("ACME")
        milk, wine = given.item("MILK"), given.item("WINE", typed_lot_policy=TypedLotPolicy.PHOTO)
        gtins = {item.sku: {unit.code: unit.gtin for unit in item.pack_units} for item in (milk, wine)}
        database_extension.session.rollback()
        return SimpleNamespace(app=app, site=site, elsewhere=elsewhere, gtins=gtins)


@pytest.fixture
def erp(dock: SimpleNamespace) -> Machine:
    return Machine.of(dock.app, "receiver", site=dock.site)


def label(dock: SimpleNamespace, lot: str, *, expires: date = GOOD, count: int = 0, unit: str = "ea") -> str:
    return f"(01){dock.gtins['MILK'][unit]}(17){expires:%y%m%d}(10){lot}" + (f"(30){count}" if count else "")


def announced(erp: Machine, **more: Any) -> Any:
    line = {"sku": "MILK", "quantity": "48", "lot_number": "M-1", "expires_on": GOOD.isoformat(), "sscc": str(PLATE)}
    answer = erp.post("/asns", {"supplier_code": "ACME", "number": "ASN-1", "lines": [line, {"sku": "MILK", "quantity": "12"}]} | more)  # fmt: skip
    assert answer.status_code == 201, answer.text
    return answer.json


def blind(erp: Machine) -> str:
    answer = erp.post("/receipts", {})
    assert answer.status_code == 200, answer.text
    return str(answer.json and answer.json["id"])


def count(app: Flask, model: Any) -> int:
    with app.app_context():
        return int(database_extension.session.execute(select(func.count()).select_from(model)).scalar_one())


def photo(*, side: int = 8) -> str:
    kept = io.BytesIO()
    Image.new("RGB", (side, side), "red").save(kept, "JPEG")
    return base64.b64encode(kept.getvalue()).decode()


def test_from_the_notice_to_the_shelf(dock: SimpleNamespace, erp: Machine) -> None:
    asn = announced(erp, expected_on=GOOD.isoformat())
    assert (asn["state"], [line["received_quantity"] for line in asn["lines"]]) == ("expected", ["0", "0"])
    assert asn["expected_at"].startswith(GOOD.isoformat()) and asn["differences"] == []
    receipt = erp.post(f"/asns/{asn['id']}/receive").json
    assert receipt is not None and (receipt["asn_number"], receipt["dock_bin_code"]) == ("ASN-1", "DOCK")
    where = f"/receipts/{receipt['id']}"

    truck = {"plate": "沪A·12345", "temperature_celsius": "18.5"}
    arrived = erp.post(f"{where}/arrival", truck).json
    assert arrived is not None and (arrived["plate"], arrived["temperature_celsius"]) == ("沪A·12345", "18.5")

    pallet = erp.post(f"{where}/lpns", {"sscc": str(PLATE)})
    assert pallet.status_code == 201 and pallet.json is not None, pallet.text
    (line,) = pallet.json["lines"]
    assert (line["sku"], line["lot_number"], line["quantity"], line["lpn_code"]) == ("MILK", "M-1", "48", str(PLATE))
    assert pallet.json["is_new_lot"] and line["posting_seq"].isdigit() and line["expires_on"] == GOOD.isoformat()

    loose = erp.post(
        f"{where}/lines", {"scans": [label(dock, "M-2", count=10)], "answers": {"lot_not_announced": "yes"}}
    )
    assert loose.status_code == 201 and loose.json is not None, loose.text
    assert [(x["lot_number"], x["quantity"], x["lpn_id"], x["capture"]) for x in loose.json["lines"]] == [
        ("M-2", "10", None, "scan")
    ]
    assert loose.json["lines"][0]["raw_scan"] == label(dock, "M-2", count=10)

    closed = erp.post(f"{where}/close").json
    assert closed is not None and (closed["state"], closed["line_count"]) == ("closed", 2)
    assert [(d["kind"], d["announced_quantity"], d["received_quantity"]) for d in closed["differences"]] == [
        ("missing", "12", "10")
    ]
    assert (erp.get(f"/asns/{asn['id']}").json or {})["state"] == "received"
    taken = erp.get(f"{where}/lines?limit=1").json or {}
    assert [x["lot_number"] for x in taken["items"]] == ["M-2"] and taken["next"]
    rest = erp.get(f"{where}/lines?limit=1&cursor={taken['next']}").json or {}
    assert [x["lot_number"] for x in rest["items"]] == ["M-1"] and rest["next"] is None

    waiting = (erp.get("/putaway-tasks").json or {})["items"]
    assert [(t["lot_number"], t["quantity"], t["suggested_bin_code"]) for t in waiting] == [
        ("M-1", "48", None), ("M-2", "10", None),
    ]  # fmt: skip
    started = erp.post(f"/putaway-tasks/{waiting[0]['id']}/start", {}).json or {}
    assert (started["state"], started["suggested_bin_code"], started["why"]) == ("taken", "A-01", "empty_bin")
    asked = erp.post(f"/putaway-tasks/{waiting[0]['id']}/confirm", {"bin_code": "A-02"})
    assert refusal(asked) == (409, "question_needed")
    assert asked.json is not None and asked.json["data"]["question"] == "another_bin"
    put = erp.post(
        f"/putaway-tasks/{waiting[0]['id']}/confirm", {"bin_code": "A-02", "answers": {"another_bin": "yes"}}
    ).json
    assert put is not None and (put["bin_code"], put["quantity"], put["lot_number"]) == ("A-02", "48", "M-1")
    part = erp.post(f"/putaway-tasks/{waiting[1]['id']}/confirm", {"bin_code": "FACE", "quantity": "4"})
    assert part.status_code == 200, part.text
    left = (erp.get("/putaway-tasks").json or {})["items"]
    assert [(t["lot_number"], t["quantity"], t["state"]) for t in left] == [("M-2", "6", "open")]
    assert (erp.get(f"/putaway-tasks/{waiting[1]['id']}").json or {})["done_quantity"] == "4"
    with dock.app.app_context():
        lots = {lot.number: lot.id for lot in database_extension.session.execute(select(Lot)).scalars()}
        assert given.on_hand(lots["M-1"], bin_id=dock.site["A-02"]) == given.q(48)
        assert given.on_hand(lots["M-2"], bin_id=dock.site["FACE"]) == given.q(4)
        given.ledger_is_whole()


def test_a_purchase_order_is_received_and_closes_when_all_came(dock: SimpleNamespace, erp: Machine) -> None:
    made = erp.post("/purchase-orders", {"supplier_code": "ACME", "lines": [{"sku": "MILK", "quantity": "12"}]})
    assert made.status_code == 201 and made.json is not None, made.text
    path = f"/purchase-orders/{made.json['id']}"
    receipt = erp.post(f"{path}/receive").json or {}
    assert receipt["purchase_order_number"] == made.json["number"]
    assert (erp.post(f"{path}/receive").json or {})["id"] == receipt["id"]
    took = erp.post(f"/receipts/{receipt['id']}/lines", {"scans": [label(dock, "P-1")], "quantity": "12"})
    assert took.status_code == 201, took.text
    assert (erp.post(f"/receipts/{receipt['id']}/close").json or {})["differences"] == []
    order = erp.get(path).json or {}
    assert (order["state"], order["lines"][0]["received_quantity"], len(order["receipts"])) == ("closed", "12", 1)
    other = erp.post("/purchase-orders", {"supplier_code": "ACME", "lines": [{"sku": "WINE", "quantity": "1"}]}).json
    closed = erp.post(f"/purchase-orders/{(other or {})['id']}/close")
    assert closed.status_code == 200 and (closed.json or {})["state"] == "closed"
    assert [o["state"] for o in (erp.get("/purchase-orders?state=closed").json or {})["items"]] == ["closed"] * 2


def test_one_key_takes_goods_in_once(dock: SimpleNamespace, erp: Machine) -> None:
    receipt = blind(erp)
    body = {"scans": [label(dock, "K-1")], "quantity": "5", "on_new_lpn": True}
    first = erp.post(f"/receipts/{receipt}/lines", body, key="truck-1")
    again = erp.post(f"/receipts/{receipt}/lines", body, key="truck-1")
    assert first.status_code == again.status_code == 201 and first.data == again.data
    assert first.json is not None and len(first.json["lines"][0]["lpn_code"]) == 18
    assert count(dock.app, ReceiptLine) == 1
    with dock.app.app_context():
        lot = database_extension.session.execute(select(Lot.id)).scalar_one()
        assert given.on_hand(lot) == given.q(5)


def test_a_lot_that_stands_on_no_label_counts_as_typed(dock: SimpleNamespace, erp: Machine) -> None:
    path = f"/receipts/{blind(erp)}/lines"
    typed = {"sku": "MILK", "lot_number": "T-1", "expires_on": GOOD.isoformat(), "quantity": "3"}
    assert refusal(erp.post(path, typed | {"lot_again": "T-1"})) == (422, "field_errors")  # and why it is typed
    typed["typed_reason"] = "no_label"
    once = erp.post(path, typed)
    assert refusal(once) == (422, "missing_field") and once.json is not None
    assert once.json["data"]["field"] == "lot_again"
    assert refusal(erp.post(path, typed | {"lot_again": "T-l"})) == (409, "lot_typed_twice_differs")
    twice = erp.post(path, typed | {"lot_again": "T-1"})
    assert twice.status_code == 201 and (twice.json or {})["lines"][0]["capture"] == "typed_twice"
    dora = Machine.of(dock.app, "dock", site=dock.site)  # may receive, but type no lot
    assert refusal(dora.post(path, typed | {"lot_again": "T-1"})) == (403, "not_allowed")
    assert dora.post(path, {"scans": [label(dock, "T-1")], "quantity": "1"}).status_code == 201


def test_a_photo_is_kept_named_and_shown(dock: SimpleNamespace, erp: Machine) -> None:
    receipt = blind(erp)
    typed = {
        "sku": "WINE", "lot_number": "V-1", "expires_on": GOOD.isoformat(), "quantity": "3", "typed_reason": "label_damaged",
    }  # fmt: skip
    assert refusal(erp.post(f"/receipts/{receipt}/lines", typed)) == (422, "missing_field")
    kept = erp.post("/photos", {"content": photo()})
    assert kept.status_code == 201 and kept.json is not None and kept.json["content_type"] == "image/jpeg"
    took = erp.post(f"/receipts/{receipt}/lines", typed | {"photo": kept.json["photo"]})
    assert took.status_code == 201 and (took.json or {})["lines"][0]["capture"] == "photo", took.text
    (one,) = (erp.get(f"/receipts/{receipt}/photos").json or {})["items"]
    assert one["receipt_line_id"] == (took.json or {})["lines"][0]["id"]
    shown = erp.get(f"/receipts/{receipt}/photos/{one['id']}")
    assert shown.mimetype == "image/jpeg" and shown.data == base64.b64decode(photo())
    assert refusal(erp.get(f"/receipts/{receipt}/photos/1")) == (404, "not_found")
    assert refusal(erp.post("/photos", {"content": base64.b64encode(b"GIF89a").decode()})) == (422, "bad_file")
    assert refusal(erp.post("/photos", {"content": "***"})) == (422, "field_errors")
    assert refusal(erp.post(f"/receipts/{receipt}/lines", typed | {"photo": "0" * 64})) == (422, "bad_file")


@on_sqlite
def test_what_contradicts_a_label_is_refused_and_changes_nothing(dock: SimpleNamespace, erp: Machine) -> None:
    receipt = blind(erp)
    scan = label(dock, "C-1")
    wine = f"(01){dock.gtins['WINE']['ea']}(17){GOOD:%y%m%d}(10)C-1"
    late = GOOD - timedelta(days=400)
    cases = [
        ({"scans": [scan], "sku": "WINE", "quantity": "1"}, 409, "wrong_item_scanned"),
        ({"scans": [scan, wine], "quantity": "1"}, 409, "wrong_item_scanned"),
        ({"scans": [scan], "lot_number": "C-2", "quantity": "1"}, 409, "wrong_lot_scanned"),
        ({"scans": [scan, label(dock, "C-2")], "quantity": "1"}, 409, "wrong_lot_scanned"),
        ({"scans": [scan], "expires_on": "2099-01-01", "quantity": "1"}, 409, "expiry_contradicts"),
        ({"scans": [f"(00){PLATE}", scan], "sscc": str(OTHER_PLATE), "quantity": "1"}, 409, "wrong_lpn_scanned"),
        ({"scans": [scan]}, 422, "missing_field"),
        ({"quantity": "1"}, 422, "missing_field"),
        ({"sku": "MILK", "quantity": "1"}, 422, "missing_field"),
        ({"sku": "GONE", "quantity": "1"}, 404, "not_found"),
        ({"scans": ["(01)123"], "quantity": "1"}, 422, "bad_scan"),
        ({"scans": ["(01)99999999999997(10)X"], "quantity": "1"}, 404, "not_found"),
        ({"scans": [label(dock, "C-1", expires=late)], "quantity": "1"}, 409, "lot_expired"),
        ({"scans": [scan], "quantity": "0"}, 422, "field_errors"),
        ({"scans": [scan], "quantity": "-1"}, 422, "field_errors"),
        ({"scans": [scan], "quantity": 1.5}, 422, "field_errors"),
        ({"scans": [scan], "quantity": "1", "sscc": "123"}, 422, "bad_code"),
        ({"scans": [scan], "quantity": "1", "on_new_lpn": "yes"}, 422, "field_errors"),
        ({"scans": [scan] * 9, "quantity": "1"}, 422, "field_errors"),
        ({"scans": scan, "quantity": "1"}, 422, "field_errors"),
        ({"scans": [scan], "quantity": "1", "answers": ["yes"]}, 422, "field_errors"),
        ({"scans": [scan], "quantity": "1", "answers": {"lot_not_announced": True}}, 422, "field_errors"),
    ]
    for body, status, code in cases:
        assert refusal(erp.post(f"/receipts/{receipt}/lines", body)) == (status, code), body
    assert count(dock.app, ReceiptLine) == count(dock.app, Lot) == count(dock.app, Task) == 0


@on_sqlite
def test_what_is_not_certain_is_asked_and_the_answer_comes_with_the_repeat(dock: SimpleNamespace, erp: Machine) -> None:
    asn = announced(erp, lines=[{"sku": "MILK", "quantity": "48", "lot_number": "M-1", "sscc": str(PLATE)}])
    receipt = (erp.post(f"/asns/{asn['id']}/receive").json or {})["id"]
    path = f"/receipts/{receipt}/lines"
    assert refusal(erp.post(f"/receipts/{receipt}/lpns", {"sscc": str(PLATE)})) == (422, "missing_field")
    body: dict[str, Any] = {"scans": [f"(00){OTHER_PLATE}", label(dock, "M-9")], "quantity": "1", "answers": {}}
    for question in ("sscc_not_announced", "lot_not_announced"):
        asked = erp.post(path, body)
        assert refusal(asked) == (409, "question_needed")
        assert asked.json is not None and asked.json["data"]["question"] == question
        assert refusal(erp.post(path, body | {"answers": body["answers"] | {question: "no"}})) == (
            409,
            "question_needed",
        )
        body["answers"] |= {question: "yes"}
    took = erp.post(path, body)
    assert took.status_code == 201 and (took.json or {})["lines"][0]["lpn_code"] == str(OTHER_PLATE)
    known = erp.post(path, {"scans": [label(dock, "m-9")], "quantity": "1"})
    assert known.json is not None and known.json["data"]["question"] == "lot_nearly_known"
    assert refusal(erp.post(path, {"scans": [label(dock, "M-9")], "quantity": "48"})) == (409, "over_receipt")
    assert refusal(erp.post(f"/receipts/{receipt}/lpns", {"sscc": str(OTHER_PLATE)})) == (404, "not_found")


@on_sqlite
def test_papers_with_faults_are_refused_line_by_line(dock: SimpleNamespace, erp: Machine) -> None:
    good = {"sku": "MILK", "quantity": "1"}
    announced(erp)
    cases = [
        ({"supplier_code": "NONE", "lines": [good]}, 404, "not_found", ""),
        ({"supplier_code": "ACME", "lines": []}, 422, "field_errors", "lines"),
        ({"supplier_code": "ACME", "lines": [good, {"sku": "GONE", "quantity": "1"}]}, 422, "field_errors", "lines"),
        ({"supplier_code": "ACME", "lines": [good, {"sku": "MILK"}]}, 422, "field_errors", "lines"),
        ({"supplier_code": "ACME", "lines": [good | {"sscc": "12"}]}, 422, "field_errors", "lines"),
        ({"supplier_code": "ACME", "lines": [good | {"batch": "x"}]}, 422, "field_errors", "lines"),
        ({"supplier_code": "ACME", "lines": [good | {"expires_on": "31.12.2027"}]}, 422, "field_errors", "lines"),
        ({"supplier_code": "ACME", "lines": [good], "number": "ASN-1"}, 409, "duplicate_value", ""),
        ({"supplier_code": "ACME", "lines": [good | {"sscc": str(PLATE)}]}, 409, "duplicate_value", ""),
        ({"supplier_code": "ACME", "lines": [good], "purchase_order_id": "7"}, 404, "not_found", ""),
    ]
    for body, status, code, field in cases:
        answer = erp.post("/asns", body)
        assert refusal(answer) == (status, code), body
        assert answer.json is not None and (not field or field in answer.json["data"]["errors"])
        assert body.get("number") != "ASN-1" or answer.json["detail"].startswith("ASN “ASN-1”"), "says what is taken"
    assert refusal(erp.post("/asns", {"supplier_code": "ACME", "lines": [good, {"sku": "GONE", "quantity": "1"}]})) == (
        422, "field_errors",
    )  # fmt: skip
    assert count(dock.app, Asn) == 1
    assert refusal(erp.post("/receipts", {"supplier_code": "NONE"})) == (404, "not_found")
    receipt = blind(erp)
    assert blind(erp) == receipt
    for bad in ("91", "4.55", "warm", 4.5):
        assert refusal(erp.post(f"/receipts/{receipt}/arrival", {"temperature_celsius": bad})) == (422, "field_errors")
    assert count(dock.app, Receipt) == 1


@on_sqlite
def test_a_paper_walks_its_states_only(dock: SimpleNamespace, erp: Machine) -> None:
    asn = announced(erp)
    cancelled = erp.post(f"/asns/{asn['id']}/cancel")
    assert cancelled.status_code == 200 and (cancelled.json or {})["state"] == "cancelled"
    assert refusal(erp.post(f"/asns/{asn['id']}/cancel")) == (409, "wrong_state")
    assert refusal(erp.post(f"/asns/{asn['id']}/receive")) == (409, "wrong_state")
    receipt = blind(erp)
    assert erp.post(f"/receipts/{receipt}/close").status_code == 200
    assert refusal(erp.post(f"/receipts/{receipt}/close")) == (409, "wrong_state")
    assert refusal(erp.post(f"/receipts/{receipt}/arrival", {})) == (409, "wrong_state")
    line = {"scans": [label(dock, "X")], "quantity": "1"}
    assert refusal(erp.post(f"/receipts/{receipt}/lines", line)) == (409, "wrong_state")
    assert [r["state"] for r in (erp.get("/receipts?state=closed&q=R").json or {})["items"]] == ["closed"]
    assert (erp.get("/receipts?state=open").json or {})["items"] == []
    assert [a["number"] for a in (erp.get("/asns?q=asn-1&state=cancelled").json or {})["items"]] == ["ASN-1"]


@on_sqlite
def test_only_who_may_and_only_in_their_warehouse(dock: SimpleNamespace, erp: Machine) -> None:
    asn = announced(erp)
    receipt = blind(erp)
    erp.post(f"/receipts/{receipt}/lines", {"scans": [label(dock, "W-1")], "quantity": "1"})
    (task,) = (erp.get("/putaway-tasks").json or {})["items"]
    order = erp.post("/purchase-orders", {"supplier_code": "ACME", "lines": [{"sku": "MILK", "quantity": "1"}]}).json
    auditor = Machine.of(dock.app, "auditor", site=dock.site)
    foreign = Machine.of(dock.app, "receiver", site=dock.elsewhere)
    reads = [f"/asns/{asn['id']}", f"/receipts/{receipt}", f"/receipts/{receipt}/lines", f"/receipts/{receipt}/photos",
             f"/purchase-orders/{(order or {})['id']}"]  # fmt: skip
    for path in reads:
        assert auditor.get(path).status_code == 200, path
        assert refusal(foreign.get(path)) == (404, "not_found"), path
    posts: list[tuple[str, Any]] = [
        (f"/asns/{asn['id']}/cancel", None), (f"/asns/{asn['id']}/receive", None), (f"/receipts/{receipt}/close", None),
        (f"/receipts/{receipt}/arrival", {}), (f"/receipts/{receipt}/lines", {"scans": [label(dock, "W")], "quantity": "1"}),
        (f"/receipts/{receipt}/lpns", {"sscc": str(PLATE)}), (f"/putaway-tasks/{task['id']}/start", {}),
        (f"/putaway-tasks/{task['id']}/confirm", {"bin_code": "A-01"}),
        (f"/purchase-orders/{(order or {})['id']}/close", None), (f"/purchase-orders/{(order or {})['id']}/receive", None),
    ]  # fmt: skip
    for path, body in posts:
        assert refusal(auditor.post(path, body)) == (403, "not_allowed"), path
        assert refusal(foreign.post(path, body)) == (404, "not_found"), path
    assert refusal(auditor.get("/putaway-tasks")) == (403, "not_allowed")
    assert refusal(foreign.get(f"/putaway-tasks/{task['id']}")) == (404, "not_found")
    assert (foreign.get("/putaway-tasks").json or {})["items"] == []
    assert (erp.get(f"/asns/{asn['id']}").json or {})["state"] == "expected"


@on_sqlite
def test_a_bin_that_does_not_fit_is_refused_and_another_suggested(dock: SimpleNamespace, erp: Machine) -> None:
    receipt = blind(erp)
    erp.post(f"/receipts/{receipt}/lines", {"scans": [label(dock, "B-1")], "quantity": "1"})
    (task,) = (erp.get("/putaway-tasks").json or {})["items"]
    path = f"/putaway-tasks/{task['id']}"
    first = (erp.post(f"{path}/start", {}).json or {})["suggested_bin_code"]
    again = (erp.post(f"{path}/start", {"excluded_bin_codes": [first]}).json or {})["suggested_bin_code"]
    assert first != again
    for bin_code, status, code in (
        ("STAGE", 409, "bin_unsuitable"), ("DOCK", 409, "wrong_bin_scanned"), ("SUPPLIER", 404, "not_found"),
        ("NONE", 404, "not_found"), ("", 422, "field_errors"),
    ):  # fmt: skip
        assert refusal(erp.post(f"{path}/confirm", {"bin_code": bin_code})) == (status, code), bin_code
    too_much = erp.post(f"{path}/confirm", {"bin_code": again, "quantity": "2"})
    assert refusal(too_much) == (409, "insufficient_stock")
    other = Machine.of(dock.app, "receiver", site=dock.site)
    assert refusal(other.post(f"{path}/confirm", {"bin_code": again})) == (409, "already_taken")
    assert erp.post(f"{path}/confirm", {"bin_code": again}).status_code == 200
    assert refusal(erp.post(f"{path}/confirm", {"bin_code": again})) == (409, "wrong_state")


@on_sqlite
def test_lists_ask_as_often_for_many_as_for_one(dock: SimpleNamespace, erp: Machine) -> None:
    receipt = blind(erp)
    counts: list[list[int]] = []
    for _ in range(2):
        for n in range(3):
            erp.post(f"/receipts/{receipt}/lines", {"scans": [label(dock, f"N-{len(counts)}-{n}")], "quantity": "1"})
            erp.post("/asns", {"supplier_code": "ACME", "lines": [{"sku": "MILK", "quantity": "1"}]})
        paths = (f"/receipts/{receipt}/lines", "/putaway-tasks", "/asns", "/receipts", f"/receipts/{receipt}")
        counts.append([selects(dock.app, lambda path=path: erp.get(path)) for path in paths])  # type: ignore[misc]
    assert counts[0] == counts[1] and max(counts[0]) <= 10, counts
