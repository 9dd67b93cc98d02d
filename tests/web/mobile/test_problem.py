"""Problem and damage on the handheld, from the menu and from the middle of a task; checking labels; typed lots; looking up."""

import io
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import event, select

from tests import given
from tests.given import NOW, TODAY, q
from tests.web.desk_client import Desk
from tests.web.machine import Machine
from tests.web.receiving.hand import Hand
from wms.core.ids import SYSTEM_USER
from wms.db import db, run_in_transaction
from wms.files.models import StoredFile
from wms.label_checks import service as label_checks
from wms.label_checks.models import LabelCheck, LabelResult
from wms.problems.models import Problem, ProblemKind
from wms.stock import queries as stock
from wms.stock.ledger.tables import StockPosting
from wms.stock.models import Capture, Hold

#: Pages here ask what the services have answered on both engines; one is enough.
pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def floor(app: Flask) -> SimpleNamespace:
    """Milk and tea in A-01, milk on a plate in A-02; a lot that is called like a bin; two items with lot 0012."""
    with app.app_context():
        site = given.warehouse()
        milk, tea = given.item("MILK"), given.item("TEA")
        lots = {number: given.lot(item, number) for item, number in ((milk, "M-1"), (tea, "T-1"), (milk, "0012"))}
        given.lot(tea, "0012"), given.lot(tea, "A-03")
        plate = given.lpn(site)
        given.stock(lots["M-1"], site, "A-01", 10)
        given.stock(lots["T-1"], site, "A-01", 6)
        given.stock(lots["M-1"], site, "A-02", 8, on=plate.id)
        given.user("rita", "receiver", site=site)
        given.user("pit", "picker", site=site)
        given.user("sue", "supervisor", site=site)
        ids = {number: lot.id for number, lot in lots.items()}
        return SimpleNamespace(warehouse=site.id, plate=plate.code, lots=ids, site=site)


def _problem(app: Flask) -> Problem:
    with app.app_context():
        found = db.session.execute(select(Problem).order_by(Problem.id.desc()).limit(1)).scalar_one()
        db.session.expunge(found)
        return found


def _postings(app: Flask) -> list[tuple[str, Capture | None, str, str | None]]:
    with app.app_context():
        rows = db.session.execute(select(StockPosting).order_by(StockPosting.seq)).scalars()
        return [(row.reason.value, row.capture, row.raw_scan, row.typed_reason) for row in rows]


def _picture() -> io.BytesIO:
    file = io.BytesIO()
    Image.new("RGB", (40, 30), "red").save(file, "JPEG")
    return io.BytesIO(file.getvalue())


# -- problem ------------------------------------------------------------------------------------------------------------
def test_damage_from_the_middle_of_a_move_and_back_to_its_step(app: Flask, client: FlaskClient, floor: Any) -> None:
    hand = Hand.of(client, "rita", "/m/move").scan("A-01")
    assert hand.step == "goods" and "Problem" in hand.text
    hand.path = "/m/problem"
    hand.press("problem")
    assert hand.step == "kind" and "Damaged" in hand.text
    hand.scan("damage")
    assert hand.step == "goods", "the bin is known: the person stands there"
    hand.scan("B:A-02")
    assert (hand.status, hand.step) == (422, "goods")
    hand.scan("LOT:MILK/M-1/")
    assert hand.step == "quantity" and "10" in hand.text
    hand.scan("0")
    assert (hand.status, hand.step) == (422, "quantity")
    hand.scan("4")
    assert hand.step == "photo"
    hand.press("photo")
    assert (hand.status, hand.step) == (422, "photo")
    hand.press("photo", photo=(_picture(), "box.jpg"))
    assert (hand.step, hand.tone) == ("done", "yes") and "on hold" in hand.message, hand.text
    found = _problem(app)
    assert (found.kind, found.quantity, found.capture, found.raw_scan) == (
        ProblemKind.DAMAGE, q(4), Capture.SCAN, "LOT:MILK/M-1/",
    )  # fmt: skip
    with app.app_context():
        assert db.session.get_one(Hold, found.hold_id).quantity == q(4)
        assert db.session.execute(select(StoredFile.subject_kind, StoredFile.subject_id)).all() == [
            ("problem", found.id)
        ]
    assert ("hold", Capture.SCAN, "LOT:MILK/M-1/", None) in _postings(app)
    hand.path, hand.html = "/m/move", hand.html[hand.html.index("back-form") :].split("</form>")[0]
    hand.press("resume")
    assert (hand.status, hand.step) == (200, "goods") and "A-01" in hand.text, "where the person was"
    assert hand.hidden["s_bin_code"] == "A-01"


def test_an_unreadable_label_is_chosen_from_the_book_and_asks_for_no_quantity(
    app: Flask, client: FlaskClient, floor: Any
) -> None:
    hand = Hand.of(client, "pit", "/m/problem").scan("label_unreadable").scan("A-01")
    assert hand.step == "which" and "M-1" in hand.text and "T-1" in hand.text
    with app.app_context():
        (row,) = stock.find_balances(lot=floor.lots["T-1"], warehouse=floor.warehouse)
    hand.scan(str(row.id)).press("none")
    assert (hand.step, hand.tone) == ("done", "yes") and "new label" in hand.message
    found = _problem(app)
    assert (found.lot_id, found.capture, found.is_label_wanted) == (floor.lots["T-1"], Capture.TYPED, True)


def test_a_wrong_label_is_scanned_and_the_goods_chosen(app: Flask, client: FlaskClient, floor: Any) -> None:
    hand = Hand.of(client, "pit", "/m/problem").scan("wrong_label").scan("A-01").scan("LOT:TEA/T-99/")
    assert hand.step == "which", hand.text
    with app.app_context():
        (row,) = stock.find_balances(lot=floor.lots["M-1"], bin=floor.site["A-01"], warehouse=floor.warehouse)
    hand.scan(str(row.id)).press("none")
    assert (_problem(app).lot_id, _problem(app).raw_scan) == (floor.lots["M-1"], "LOT:TEA/T-99/")


def test_found_goods_are_refused_where_the_book_has_some_and_taken_in_where_not(
    app: Flask, client: FlaskClient, floor: Any
) -> None:
    hand = Hand.of(client, "pit", "/m/problem").scan("found").scan("A-01").scan("LOT:MILK/M-1/").scan("3").press("none")
    assert (hand.status, hand.step) == (409, "photo") and "not empty" in hand.message
    hand.open().scan("found").scan("A-04").scan("LOT:MILK/M-1/").scan("3").press("none")
    assert (hand.step, hand.tone) == ("done", "yes"), hand.text
    with app.app_context():
        (row,) = stock.find_balances(bin=floor.site["A-04"])
        assert (row.on_hand, row.is_held, row.quality.value) == (q(3), True, "pending")


def test_something_else_needs_words_and_a_forged_way_back_leads_nowhere(
    app: Flask, client: FlaskClient, floor: Any
) -> None:
    hand = Hand.of(client, "pit", "/m/problem").scan("other")
    assert hand.step == "words"
    hand.scan("smells of smoke").scan("A-02").scan(f"(00){floor.plate}").scan("8")
    forged = '{"page": "https://evil.example", "step": "x", "state": {}}'
    hand.press("none", s_back=forged)
    assert hand.step == "done" and 'action="https' not in hand.html and "back-form" not in hand.html
    assert _problem(app).note == "smells of smoke"


def test_the_desk_lists_shows_and_settles_problems_and_the_api_too(app: Flask, client: FlaskClient, floor: Any) -> None:
    Hand.of(client, "pit", "/m/problem").scan("wet").scan("A-01").scan("LOT:MILK/M-1/").scan("2").press("none")
    desk = Desk.of(app, "sue")
    assert "Wet" in desk.get("/problems") and "M-1" in desk.words
    assert len(desk.statements) <= 12, desk.statements
    number = _problem(app).id
    assert "on hold" in desk.get(f"/problems/{number}")
    desk.post(f"/problems/{number}/settle", note="")
    assert desk.status == 422
    desk.get(f"/problems/{number}")
    desk.post(f"/problems/{number}/settle", note="dried")
    assert desk.status == 302 and "dried" in desk.get(f"/problems/{number}")
    assert Desk.of(app, "pit").post(f"/problems/{number}/settle", note="x") is not None


# -- labels ---------------------------------------------------------------------------------------------------------------
def test_labels_are_checked_by_scan_alone(app: Flask, client: FlaskClient, floor: Any) -> None:
    with app.app_context():
        run_in_transaction(
            label_checks.draw_daily, warehouse=floor.warehouse, on=TODAY, config=SimpleNamespace(label_checks=9),  # type: ignore[arg-type]
            actor=SYSTEM_USER, at=NOW, seed="s",
        )  # fmt: skip
    hand = Hand.of(client, "pit", "/m/labels")
    assert "A-01" in hand.text and "A-02" in hand.text
    hand.scan("A-02")
    assert hand.step == "label" and "M-1" in hand.text
    hand.scan("M-1", via="typed")
    assert (hand.step, hand.tone) == ("label", "no") and "by its scan" in hand.message
    hand.scan(f"(00){floor.plate}")
    assert (hand.step, hand.tone) == ("bin", "yes"), hand.text
    hand.scan("A-02")
    assert hand.status == 404
    hand.scan("A-01").scan("LOT:TEA/T-99/")
    assert hand.step == "differs" and "T-99" in hand.text
    hand.press("yes")
    assert (hand.step, hand.tone) == ("label", "noted"), "the next label of the same bin"
    hand.press("unreadable")
    assert hand.step == "bin"
    with app.app_context():
        results = db.session.execute(select(LabelCheck.result)).scalars().all()
        assert sorted(results) == [LabelResult.DIFFERS, LabelResult.SAME, LabelResult.UNREADABLE]
    page = Desk.of(app, "sue").get("/label-checks")
    assert "1 of 3" in page and "33" in page


# -- lots that were typed ---------------------------------------------------------------------------------------------------
def test_a_typed_lot_asks_why_and_the_reason_is_kept_and_listed(app: Flask, client: FlaskClient, floor: Any) -> None:
    hand = Hand.of(client, "rita", "/m/move").scan("A-01")
    hand.scan("M-1", via="typed")
    assert hand.step == "_typed" and "Say why" in hand.message
    hand.press("typed:reader_broken")
    assert hand.step == "quantity", hand.text
    hand.scan("2").scan("A-04")
    assert hand.tone == "yes"
    assert _postings(app)[-1] == ("move", Capture.TYPED, "M-1", "reader_broken")
    hand.scan("A-01").scan("M-1", via="scan").scan("2").scan("A-04")
    assert _postings(app)[-1] == ("move", Capture.SCAN, "M-1", None), "the reason went with the goods it was given for"
    desk = Desk.of(app, "sue")
    assert "Scanner broken" in desk.get("/typed-lots") and "Rita" in desk.words
    assert "typed: Scanner broken" in desk.get(f"/lots/{floor.lots['M-1']}")


def test_a_typed_lot_without_the_right_is_refused_and_a_scan_is_not(client: FlaskClient, floor: Any) -> None:
    hand = Hand.of(client, "pit", "/m/move").scan("A-01")
    hand.scan("M-1", via="typed")
    assert (hand.status, hand.step, hand.tone) == (403, "goods", "no")
    hand.press("typed:no_label", typed_text="M-1")
    assert hand.status == 403
    hand.scan("M-1", via="scan")
    assert hand.step == "quantity"


def test_a_tampered_capture_is_refused(client: FlaskClient, floor: Any) -> None:
    hand = Hand.of(client, "rita", "/m/move").scan("A-01").scan("M-1")
    for forged in ("x", "scan|no_such||", "scan|||%ff", "a|b|c|d|e"):
        assert hand.client.post("/m/move", data=hand.hidden | {"scan": "1", "s_captured": forged}).status_code == 422


# -- look up ----------------------------------------------------------------------------------------------------------------
def test_looking_up_says_how_it_was_read_and_asks_when_it_is_two_things(
    app: Flask, client: FlaskClient, floor: Any
) -> None:
    hand = Hand.of(client, "pit", "/m/inquiry").scan("M-1")
    assert "read as plain code" in hand.text
    hand.scan("LOT:MILK/M-1/")
    assert "our own label" in hand.text
    hand.scan("A-03")
    assert (hand.step, hand.tone) == ("which", "ask") and "more than one thing" in hand.message
    hand.scan(f"bin:{floor.site['A-03']}")
    assert hand.step == "scan" and "A-03" in hand.text
    hand.scan("0012")
    assert hand.step == "which" and "MILK" in hand.text and "TEA" in hand.text
    hand.scan("NOPE")
    assert hand.status == 404


def test_a_scan_keeps_its_number_of_statements(app: Flask, client: FlaskClient, floor: Any) -> None:
    hand = Hand.of(client, "rita", "/m/inquiry")
    said: list[str] = []
    with app.app_context():
        event.listen(db.engine, "before_cursor_execute", lambda *a: said.append(a[2]))
    hand.scan("M-1")
    assert len(said) <= 12, said


# -- machines ---------------------------------------------------------------------------------------------------------------
def test_a_machine_reports_checks_asks_and_says_why_it_typed(app: Flask, floor: Any) -> None:
    erp, picker = Machine.of(app, "receiver", "supervisor", site=floor.site), Machine.of(app, "picker", site=floor.site)
    asked = erp.get("/scan?text=A-03").json
    assert (asked["question"], [one["kind"] for one in asked["found"]], asked["label"]["how"]) == (
        "several_kinds", ["bin", "lot"], "plain",
    )  # fmt: skip
    assert erp.get("/scan?text=(00)095201234567891236").json["code"] == "bad_scan"
    damage = {"kind": "damage", "bin_code": "A-01", "scan": "LOT:MILK/M-1/", "quantity": "2"}
    made = erp.post("/problem-reports", damage)
    assert made.status_code == 201 and made.json["capture"] == "scan", made.text
    typed = {"kind": "wet", "bin_code": "A-01", "sku": "TEA", "lot_number": "T-1", "quantity": "1"}
    assert picker.post("/problem-reports", typed).status_code == 403
    assert erp.post("/problem-reports", typed).json["capture"] == "typed"
    assert [one["kind"] for one in erp.get("/problem-reports?state=open").json["items"]] == ["wet", "damage"]
    assert erp.post(f"/problem-reports/{made.json['id']}/settle", {"note": "thrown away"}).json["state"] == "settled"
    with app.app_context():
        (row,) = stock.find_balances(lot=floor.lots["M-1"], bin=floor.site["A-02"])
        (tea,) = [b for b in stock.find_balances(lot=floor.lots["T-1"]) if not b.is_held]
    assert row.lpn and tea.id
    path, move = f"/stock/{tea.id}/move", {"quantity": "1", "target_bin_code": "A-04", "capture": "typed"}
    assert erp.post(path, move).status_code == 422, "typed asks why"
    assert picker.post(path, move | {"typed_reason": "no_label"}).status_code == 403
    assert erp.post(path, move | {"typed_reason": "other", "typed_note": "rain"}).status_code == 200
    assert [(one["typed_reason"], one["typed_note"]) for one in erp.get("/typed-lots").json["items"]] == [
        ("other", "rain")
    ]
    assert erp.post(path, {"quantity": "1", "target_bin_code": "A-04"}).json["moves"][0]["capture"] == "system"


def test_a_machine_checks_labels(app: Flask, floor: Any) -> None:
    with app.app_context():
        run_in_transaction(
            label_checks.draw_daily, warehouse=floor.warehouse, on=TODAY, config=SimpleNamespace(label_checks=9),  # type: ignore[arg-type]
            actor=SYSTEM_USER, at=NOW, seed="s",
        )  # fmt: skip
    robot = Machine.of(app, "picker", site=floor.site)
    todo = {
        (one["bin_code"], one["lot_number"]): one["id"] for one in robot.get("/label-checks?state=open").json["items"]
    }
    assert set(todo) == {("A-01", "M-1"), ("A-01", "T-1"), ("A-02", "M-1")}
    path = f"/label-checks/{todo['A-01', 'T-1']}/record"
    assert robot.post(path, {"bin_code": "A-02", "scan": "LOT:TEA/T-1/"}).json["code"] == "wrong_bin_scanned"
    asked = robot.post(path, {"bin_code": "A-01", "scan": "LOT:TEA/T-2/"})
    assert (asked.status_code, asked.json["data"]["question"]) == (409, "label_differs")
    told = {"bin_code": "A-01", "scan": "LOT:TEA/T-2/", "answers": {"label_differs": "yes"}}
    assert robot.post(path, told).json["result"] == "differs"
    assert robot.post(path, {"bin_code": "A-01", "without_label": "gone"}).status_code == 409, "it was checked"
    plate = {"bin_code": "A-02", "scan": f"(00){floor.plate}"}
    assert robot.post(f"/label-checks/{todo['A-02', 'M-1']}/record", plate).json["result"] == "same"
    (day,) = robot.get("/label-draws").json["items"]
    assert (day["same"], day["differs"], day["open"], day["right_percent"], day["seed"]) == (1, 1, 1, 50, "s")
    report = {"kind": "label_unreadable", "bin_code": "A-01", "sku": "TEA", "lot_number": "T-1"}
    made = robot.post("/problem-reports", report).json
    assert (made["capture"], made["is_label_wanted"], made["label_printed_at"]) == ("typed", True, None)
    assert robot.post(f"/problem-reports/{made['id']}/label-printed").json["label_printed_at"]
