"""Stock, lots, LPNs, moves, labels, counts, tasks and scans by the API."""

from types import SimpleNamespace
from typing import Any
from urllib.parse import quote

import pytest
import time_machine
from flask import Flask

from tests import given
from tests.web.api.saying import Place, refusal, selects
from tests.web.machine import Machine
from wms.core.ids import LOOSE, SYSTEM_USER
from wms.db import db as database_extension
from wms.db import run_in_transaction
from wms.stock.ledger import Quality
from wms.tasks.models import TaskKind
from wms.tasks.service import create_task

on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def hall(app: Flask) -> Any:
    """Milk of two lots, one of them also pending and in another warehouse; tea on an LPN; an undated lot."""
    with time_machine.travel(given.NOW, tick=False):
        with app.app_context():
            first, second = given.warehouse("W1"), given.warehouse("W2")
            site, elsewhere = Place(first), Place(second)
            milk, tea = given.item("MILK"), given.item("TEA")
            lots = {"12": given.lot(milk, "12", expires_in=30), "0012": given.lot(milk, "0012", expires_in=20),
                    "a/12": given.lot(tea, "a/12", expires_in=-3)}  # fmt: skip
            plate = given.lpn(first)
            given.stock(lots["12"], first, "A-01", 10)
            given.stock(lots["12"], first, "A-02", 4, quality=Quality.PENDING)
            given.stock(lots["12"], second, "A-01", 7)
            given.stock(lots["0012"], first, "A-02", 5)
            given.stock(lots["a/12"], first, "A-03", "2.5", on=plate.id)
            ids = {number: lot.id for number, lot in lots.items()}
            gtin = milk.pack_units[0].gtin
            hall = SimpleNamespace(
                app=app, site=site, elsewhere=elsewhere, lots=ids, plate=(plate.id, plate.code), gtin=gtin
            )
            database_extension.session.rollback()
        yield hall


@pytest.fixture
def erp(hall: Any) -> Machine:
    return Machine.of(hall.app, "supervisor", site=hall.site)


def items(answer: Any) -> list[Any]:
    assert answer.status_code == 200, answer.text
    return list(answer.json["items"])


def numbers(answer: Any) -> list[tuple[str, str, str]]:
    return [(row["lot_number"], row["bin_code"], row["on_hand_quantity"]) for row in items(answer)]


def test_stock_is_listed_with_the_filters_of_its_page(hall: Any, erp: Machine) -> None:
    assert numbers(erp.get("/stock")) == [
        ("a/12", "A-03", "2.5"), ("0012", "A-02", "5"), ("12", "A-01", "10"), ("12", "A-02", "4"),
    ]  # fmt: skip
    assert numbers(erp.get("/stock?lot=0012")) == [("0012", "A-02", "5")]
    assert numbers(erp.get("/stock?sku=MILK&bin=A-02&sort=-expiry")) == [("12", "A-02", "4"), ("0012", "A-02", "5")]
    assert numbers(erp.get("/stock?state=expired")) == numbers(erp.get(f"/stock?lpn={hall.plate[1]}"))
    assert [row["states"] for row in items(erp.get("/stock?state=pending"))] == [["pending"]]
    assert numbers(erp.get(f"/stock?before={given.day(20)}")) == [("a/12", "A-03", "2.5")]
    assert numbers(erp.get("/stock?q=TEA&zone=A")) == [("a/12", "A-03", "2.5")]
    (plain,) = items(erp.get("/stock?lot=12&bin=A-01"))
    assert (plain["lpn_id"], plain["lpn_code"], plain["quality"], plain["holds"]) == (None, None, "released", [])
    assert (plain["expires_on"], plain["last_good_on"]) == (given.day(30).isoformat(),) * 2
    (on_plate,) = items(erp.get("/stock?sku=TEA"))
    assert (on_plate["lpn_id"], on_plate["lpn_code"]) == (str(hall.plate[0]), hall.plate[1])
    page = erp.get("/stock?limit=3").json or {}
    assert len(page["items"]) == 3 and len(items(erp.get(f"/stock?limit=3&cursor={page['next']}"))) == 1


def test_a_lot_is_found_byte_for_byte(hall: Any, erp: Machine) -> None:
    def found(query: str) -> list[str]:
        return [lot["number"] for lot in items(erp.get(f"/lots?{query}"))]

    assert found("item=MILK&number=12") == ["12"] and found("item=MILK&number=0012") == ["0012"]
    assert found("number=A%2F12") == found("number=%2012") == found("number=12%20") == found("item=TEA&number=12") == []
    assert found("number=a%2F12") == ["a/12"] and found("q=00") == ["0012"] and found("item=MILK") == ["0012", "12"]
    page = erp.get("/lots?limit=2").json or {}
    rest = items(erp.get(f"/lots?limit=2&cursor={page['next']}"))
    assert [lot["number"] for lot in [*page["items"], *rest]] == ["0012", "12", "a/12"]

    lot = erp.get(f"/lots/{hall.lots['12']}").json or {}
    assert (lot["number"], lot["sku"], lot["maker_code"]) == ("12", "MILK", None)
    assert (lot["on_hand_quantity"], {s["state"]: s["quantity"] for s in lot["states"]}) == (
        "14", {"available": "10", "pending": "4"},
    )  # fmt: skip
    both = Machine.of(hall.app, "supervisor")
    assert (both.get(f"/lots/{hall.lots['12']}?warehouse=W2").json or {})["on_hand_quantity"] == "21"
    stood = items(both.get(f"/lots/{hall.lots['12']}/stock?warehouse=W1"))
    assert [row["on_hand_quantity"] for row in stood] == ["10", "4", "7"]
    assert numbers(erp.get(f"/lots/{hall.lots['12']}/stock")) == [("12", "A-01", "10"), ("12", "A-02", "4")]
    assert refusal(erp.get("/lots/1")) == (404, "not_found")


def test_goods_are_carried_and_the_moves_can_be_read(hall: Any, erp: Machine) -> None:
    (row,) = items(erp.get("/stock?lot=12&bin=A-01"))
    body = {"quantity": "3", "target_bin_code": "A-04"}
    first = erp.post(f"/stock/{row['id']}/move", body, key="carry")
    again = erp.post(f"/stock/{row['id']}/move", body, key="carry")
    assert first.status_code == 200 and first.data == again.data, first.text
    (move,) = (first.json or {})["moves"]
    assert (move["source_bin_code"], move["target_bin_code"], move["quantity"], move["reason"]) == (
        "A-01", "A-04", "3", "move",
    )  # fmt: skip
    assert (erp.get(f"/postings/{(first.json or {})['seq']}").json or {})["moves"] == [move]
    moves = items(erp.get(f"/lots/{hall.lots['12']}/moves?limit=1"))
    assert moves == [move]
    received = items(erp.get(f"/lots/{hall.lots['12']}/moves?reason=receive"))
    assert [(m["source_bin_kind"], m["warehouse_code"], m["is_target_held"]) for m in received] == [
        ("supplier", "W1", False)
    ] * 2
    plate = erp.post(f"/lpns/{hall.plate[0]}/move", {"target_bin_code": "CAGE"})
    assert plate.status_code == 200 and [m["target_lpn_code"] for m in (plate.json or {})["moves"]] == [hall.plate[1]]
    assert [m["reason"] for m in (plate.json or {})["moves"]] == ["quarantine"]
    seen = erp.get(f"/lpns/{hall.plate[0]}").json or {}
    assert (seen["code"], [(s["lot_number"], s["bin_code"]) for s in seen["stock"]]) == (
        hall.plate[1], [("a/12", "CAGE")],
    )  # fmt: skip
    assert [p["id"] for p in items(erp.get(f"/lpns?code={hall.plate[1]}"))] == [str(hall.plate[0])]
    assert len(items(erp.get(f"/lpns?q={hall.plate[1][:4]}"))) == 1 and items(erp.get("/lpns?code=1")) == []
    with hall.app.app_context():
        assert given.on_hand(hall.lots["12"], bin_id=hall.site["A-04"]) == given.q(3)
        given.ledger_is_whole()


@on_sqlite
def test_goods_that_may_not_be_carried_stay(hall: Any, erp: Machine) -> None:
    (row,) = items(erp.get("/stock?lot=12&bin=A-01"))
    path = f"/stock/{row['id']}/move"
    cases: list[tuple[str, Any, int, str]] = [
        (path, {"quantity": "11", "target_bin_code": "A-04"}, 409, "insufficient_stock"),
        (path, {"quantity": "0", "target_bin_code": "A-04"}, 422, "field_errors"),
        (path, {"quantity": "1", "target_bin_code": "A-01"}, 409, "bin_unsuitable"),
        (path, {"quantity": "1", "target_bin_code": "CUSTOMER"}, 404, "not_found"),
        (path, {"quantity": "1", "target_bin_code": "a-04"}, 404, "not_found"),
        (path, {"quantity": "1"}, 422, "field_errors"),
        ("/stock/1/move", {"quantity": "1", "target_bin_code": "A-04"}, 404, "not_found"),
        (f"/lpns/{hall.plate[0]}/move", {"target_bin_code": "A-04"}, 409, "bin_unsuitable"),  # expired
        ("/lpns/0/move", {"target_bin_code": "A-04"}, 404, "not_found"),
    ]
    for where, body, status, code in cases:
        assert refusal(erp.post(where, body)) == (status, code), (where, body)
    auditor = Machine.of(hall.app, "auditor", site=hall.site)
    foreign = Machine.of(hall.app, "supervisor", site=hall.elsewhere)
    body = {"quantity": "1", "target_bin_code": "A-04"}
    assert refusal(auditor.post(path, body)) == (403, "not_allowed")
    assert refusal(foreign.post(path, body)) == (404, "not_found")
    assert refusal(foreign.post(f"/lpns/{hall.plate[0]}/move", {"target_bin_code": "A-04"})) == (404, "not_found")
    assert refusal(foreign.get(f"/lpns/{hall.plate[0]}")) == (404, "not_found") and items(foreign.get("/lpns")) == []
    assert numbers(foreign.get("/stock")) == [("12", "A-01", "7")]
    seq = items(erp.get(f"/lots/{hall.lots['0012']}/moves"))[0]["posting_seq"]
    assert refusal(foreign.get(f"/postings/{seq}")) == (404, "not_found")
    assert items(foreign.get(f"/lots/{hall.lots['0012']}/moves")) == []
    assert refusal(Machine.of(hall.app, "administrator").get("/stock?warehouse=W1")) == (403, "not_allowed")
    assert numbers(erp.get("/stock?lot=12&bin=A-01")) == [("12", "A-01", "10")]


@on_sqlite
def test_labels_come_in_four_forms_and_as_sheets(hall: Any, erp: Machine) -> None:
    starts = {"png": b"\x89PNG", "svg": b"<svg", "pdf": b"%PDF", "zpl": b"^XA"}
    kinds = {"png": "image/png", "svg": "image/svg+xml", "pdf": "application/pdf", "zpl": "application/zpl"}
    bin_id = hall.site["A-01"]
    for form, start in starts.items():
        for path in (f"/lots/{hall.lots['12']}", f"/bins/{bin_id}", f"/lpns/{hall.plate[0]}"):
            answer = erp.get(f"{path}/label.{form}")
            assert answer.status_code == 200 and answer.mimetype == kinds[form], answer.text
            assert start in answer.data[:60], (path, form)
    sheet = erp.get(f"/labels.pdf?lot={hall.lots['12']}&lot={hall.lots['0012']}&bin={bin_id}&copies=2")
    assert sheet.mimetype == "application/pdf" and sheet.data.startswith(b"%PDF")
    assert erp.get("/labels.pdf?zone=A&prefix=A-0").status_code == 200
    assert refusal(erp.get("/labels.pdf")) == (404, "not_found")
    assert refusal(erp.get("/labels.pdf?copies=51&zone=A")) == (422, "field_errors")
    assert refusal(erp.get(f"/bins/{hall.elsewhere['A-01']}/label.png")) == (404, "not_found")
    assert erp.get(f"/bins/{bin_id}/label.gif").status_code == 404
    assert refusal(Machine.of(hall.app, "auditor", site=hall.site).get(f"/bins/{bin_id}/label.png")) == (
        403, "not_allowed",
    )  # fmt: skip


def test_a_scan_says_what_it_is_and_what_stands_there(hall: Any, erp: Machine) -> None:
    def scan(text: str) -> Any:
        answer = erp.get(f"/scans?text={quote(text)}")
        assert answer.status_code == 200, answer.text
        return answer.json

    label = scan(f"]d201{hall.gtin}17{given.day(30):%y%m%d}10" + "12\x1d")
    assert (label["kind"], label["code"], label["sku"], label["id"]) == ("lot", "12", "MILK", str(hall.lots["12"]))
    assert (label["on_hand_quantity"], label["stock_count"], label["base_unit"]) == ("14", 2, "ea")
    assert label["label"]["elements"][0] == ["01", hall.gtin] and label["label"]["how"] == "symbology"
    bin_ = scan("B:A-02")
    assert (bin_["kind"], bin_["bin_kind"], bin_["is_blocked"], bin_["on_hand_quantity"]) == (
        "bin",
        "storage",
        False,
        "9",
    )
    assert [row["lot_number"] for row in scan(f"(00){hall.plate[1]}")["stock"]] == ["a/12"]
    item = scan("MILK")
    assert (item["kind"], item["unit"], item["unit_quantity"], item["on_hand_quantity"]) == ("item", "ea", "1", "19")
    with hall.app.app_context():
        number = "SO-42"
        milk = given.item()
        order = given.order(hall.site, [(milk, 1)], number=number)
    found = scan(number)
    assert (found["kind"], found["id"], found["stock"], found["base_unit"]) == ("order", str(order), [], None)
    assert refusal(erp.get("/scans?text=NOTHING")) == (404, "not_found")
    assert refusal(erp.get("/scans?text=(01)123")) == (422, "bad_scan")
    assert refusal(erp.get("/scans?text=")) == (422, "field_errors") and refusal(erp.get("/scans")) == (
        422,
        "field_errors",
    )
    assert refusal(erp.get("/scans?text=" + "1" * 1025)) == (422, "field_errors")
    assert refusal(Machine.of(hall.app, "administrator", site=hall.site).get("/scans?text=MILK")) == (
        403,
        "not_allowed",
    )


def to_count(hall: Any, number: str, where: str) -> str:
    with hall.app.app_context():
        task = run_in_transaction(
            create_task, kind=TaskKind.COUNT, warehouse=hall.site.id, actor=SYSTEM_USER, at=given.NOW,
            lot_id=hall.lots[number], source_bin_id=hall.site[where], source_lpn_id=LOOSE, why="short_pick",
        )  # fmt: skip
        return str(task.id)


def test_a_count_is_blind_and_a_difference_wants_its_reason(hall: Any, erp: Machine) -> None:
    agrees, differs = to_count(hall, "0012", "A-02"), to_count(hall, "12", "A-01")
    waiting = items(erp.get("/counts"))
    assert [(c["id"], c["bin_code"], c["lot_number"], c["counted_quantity"]) for c in waiting] == [
        (agrees, "A-02", "0012", "0"), (differs, "A-01", "12", "0"),
    ]  # fmt: skip
    assert [c["id"] for c in items(erp.get("/counts?bin=A-01"))] == [differs]
    same = erp.post(f"/counts/{agrees}/record", {"bin_code": "A-02", "counted_quantity": "5"}).json or {}
    assert (same["count"]["state"], same["gained_quantity"], same["lost_quantity"]) == ("done", "0", "0")
    asked = erp.post(f"/counts/{differs}/record", {"bin_code": "A-01", "counted_quantity": "8"})
    assert refusal(asked) == (409, "question_needed") and asked.json is not None
    assert asked.json["data"] == {"question": "count_differs", "counted": "8"}
    told = {"bin_code": "A-01", "counted_quantity": "8", "answers": {"count_differs": "two were broken"}}
    lost = erp.post(f"/counts/{differs}/record", told).json or {}
    assert (lost["lost_quantity"], lost["count"]["note"], lost["count"]["counted_quantity"]) == (
        "2",
        "two were broken",
        "8",
    )
    assert items(erp.get("/counts")) == [] and [c["id"] for c in items(erp.get("/counts?state=done"))] == [
        differs,
        agrees,
    ]
    with hall.app.app_context():
        assert given.on_hand(hall.lots["12"], bin_id=hall.site["A-01"]) == given.q(8)
        given.ledger_is_whole()


@on_sqlite
def test_a_count_elsewhere_or_by_another_is_refused(hall: Any, erp: Machine) -> None:
    task = to_count(hall, "12", "A-01")
    path = f"/counts/{task}/record"
    body = {"bin_code": "A-01", "counted_quantity": "10"}
    assert refusal(erp.post(path, body | {"bin_code": "A-02"})) == (409, "wrong_bin_scanned")
    assert refusal(erp.post(path, body | {"counted_quantity": "-1"})) == (422, "field_errors")
    assert refusal(erp.post("/counts/1/record", body)) == (404, "not_found")
    picker = Machine.of(hall.app, "picker", site=hall.site)
    foreign = Machine.of(hall.app, "counter", site=hall.elsewhere)
    assert refusal(picker.post(path, body)) == (403, "not_allowed")
    assert refusal(foreign.post(path, body)) == (404, "not_found") == refusal(foreign.get(f"/counts/{task}"))
    assert erp.get(f"/counts/{task}").json is not None and items(foreign.get("/counts")) == []


@on_sqlite
def test_work_is_listed_by_kind_and_state(hall: Any, erp: Machine) -> None:
    task = to_count(hall, "12", "A-01")
    (row,) = items(erp.get("/tasks?kind=count"))
    assert (row["id"], row["sku"], row["lot_number"], row["source_bin_code"], row["source_lpn_id"]) == (
        task, None, "12", "A-01", None,
    )  # fmt: skip
    assert erp.get(f"/tasks/{task}").json == row and items(erp.get("/tasks?kind=pick")) == []
    assert items(erp.get("/tasks?state=done")) == [] and len(items(erp.get(f"/tasks?lot_id={hall.lots['12']}"))) == 1
    assert refusal(erp.get("/tasks?kind=sweep")) == (422, "field_errors")
    foreign = Machine.of(hall.app, "supervisor", site=hall.elsewhere)
    assert items(foreign.get("/tasks")) == [] and refusal(foreign.get(f"/tasks/{task}")) == (404, "not_found")
    assert refusal(Machine.of(hall.app, "administrator", site=hall.site).get("/tasks")) == (403, "not_allowed")


@on_sqlite
def test_lists_ask_as_often_for_many_as_for_one(hall: Any, erp: Machine) -> None:
    paths = ("/stock", "/lots", "/lpns", "/tasks?kind=count", "/counts", f"/lots/{hall.lots['12']}/moves",
             f"/lots/{hall.lots['12']}/stock", f"/lpns/{hall.plate[0]}", f"/lots/{hall.lots['12']}")  # fmt: skip
    counts: list[list[int]] = []
    for n in range(2):
        to_count(hall, "12", "A-01")
        to_count(hall, "0012", "A-02")
        counts.append([selects(hall.app, lambda path=path: erp.get(path)) for path in paths])  # type: ignore[misc]
        if not n:
            with hall.app.app_context():
                item = given.item()
                lots = [given.lot(item).id for _ in range(3)]
                assert lots
            (row,) = items(erp.get("/stock?lot=12&bin=A-01"))
            for code in ("A-03", "A-04", "FACE"):
                body = {"quantity": "1", "target_bin_code": code}
                assert erp.post(f"/stock/{row['id']}/move", body).status_code == 200
    assert counts[0] == counts[1] and max(counts[0]) <= 9, counts
