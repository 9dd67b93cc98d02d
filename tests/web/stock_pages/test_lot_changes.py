"""Split, merge, relabel and correct on the lot page and by the API: who may, what is asked, what the page then tells."""

import re
from typing import Any

import pytest

from tests import given
from tests.given import day
from tests.web.desk_client import PASSWORD, Desk
from tests.web.machine import Machine
from wms.core.ids import LotId
from wms.db import db
from wms.stock.models import Lot

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def place(app: Any) -> tuple[given.Site, Lot, Lot]:
    with app.app_context():
        site, item = given.warehouse("W9"), given.item("TEA-1")
        given.user("boss", "supervisor", site=site, password=PASSWORD)
        given.user("pick", "picker", site=site, password=PASSWORD)
        first, second = given.lot(item, "0012", expires_in=90), given.lot(item, "B/7", expires_in=30)
        given.stock(first, site, "A-01", 10)
        given.stock(first, site, "A-02", 4)
        given.stock(second, site, "A-03", 6)
    return site, first, second


def _stock_ids(desk: Desk) -> list[str]:
    return re.findall(r'name="stock_id" value="(\d+)"', desk.text)


def _key(desk: Desk) -> str:
    found = re.search(r'name="key" value="([^"]+)"', desk.text)
    assert found
    return found[1]


def _id(desk: Desk) -> int:
    return int(desk.location.rsplit("/", 1)[1])


def test_a_lot_is_split_on_its_page_and_both_pages_tell_it(app: Any, place: tuple[given.Site, Lot, Lot]) -> None:
    site, first, _ = place
    desk = Desk.of(app, "boss")
    assert f"/lots/{first.id}/split" in desk.get(f"/lots/{first.id}")
    desk.get(f"/lots/{first.id}/split")
    ids, key = _stock_ids(desk), _key(desk)
    form = {"stock_id": ids, "quantity": ["3", ""], "reason": "two customers", "number": "", "key": key}
    desk.post(f"/lots/{first.id}/split", **form)
    new = _id(desk)
    assert new != first.id
    desk.post(f"/lots/{first.id}/split", **form)
    assert _id(desk) == new  # sent twice, done once
    desk.get(f"/lots/{new}")
    assert "0012-1" in desk.words and "Came from · Split" in desk.words and "two customers" in desk.words
    desk.get(f"/lots/{first.id}")
    assert "Became · Split" in desk.words
    desk.get(f"/lots/{first.id}/split")
    desk.post(f"/lots/{first.id}/split", **form | {"key": "other", "quantity": ["x", ""]})
    assert desk.status == 422 and "Quantity of line 1" in desk.words
    desk.get(f"/lots/{first.id}/split")
    desk.post(f"/lots/{first.id}/split", **form | {"key": "other", "quantity": ["99", ""]})
    assert desk.status == 409
    with app.app_context():
        given.ledger_is_whole()


def test_a_look_alike_number_is_asked_about_and_all_of_a_lot_is_relabelled(
    app: Any, place: tuple[given.Site, Lot, Lot]
) -> None:
    _, first, _ = place
    desk = Desk.of(app, "boss")
    desk.get(f"/lots/{first.id}/relabel")
    form = {
        "stock_id": _stock_ids(desk),
        "quantity": ["", ""],
        "reason": "typed wrongly",
        "number": "b/7",
        "key": _key(desk),
    }
    desk.post(f"/lots/{first.id}/relabel", **form)
    assert desk.status == 409 and "looks the same" in desk.words
    desk.get(f"/lots/{first.id}/relabel")
    desk.post(f"/lots/{first.id}/relabel", **form, lot_nearly_known="1")
    assert desk.status == 302
    with app.app_context():
        assert str(given.on_hand(LotId(_id(desk)))) == "14"


def test_lots_are_merged_and_corrected(app: Any, place: tuple[given.Site, Lot, Lot]) -> None:
    _, first, second = place
    desk = Desk.of(app, "boss")
    desk.get(f"/lots/{first.id}/merge")
    assert "B/7" in desk.words
    desk.post(f"/lots/{first.id}/merge", other=[str(second.id)], number="", reason="same tank", key=_key(desk))
    assert desk.status == 302 and _id(desk) == first.id
    desk.get(f"/lots/{first.id}/correct")
    assert day(30).isoformat() in desk.text
    form = {
        "manufactured_on": day(-5).isoformat(), "expires_on": day(60).isoformat(), "maker_lot": "a 0012", "expiry_text": "2027-01",
        "expiry_precision": "month", "traceability_lot_code": "TLC-9", "traceability_lot_source": "Plant 4", "reason": "label read again",
    }  # fmt: skip
    desk.post(f"/lots/{first.id}/correct", **form)
    assert desk.status == 302
    desk.get(f"/lots/{first.id}")
    for said in ("TLC-9", "Plant 4", "a 0012", "label read again", day(60).isoformat()):
        assert said in desk.words
    desk.get(f"/lots/{first.id}/correct")
    desk.post(f"/lots/{first.id}/correct", **form | {"expires_on": day(-9).isoformat()})
    assert desk.status == 422 and "before the day of making" in desk.words
    with app.app_context():
        given.ledger_is_whole()


def test_a_picker_changes_no_lot(app: Any, place: tuple[given.Site, Lot, Lot]) -> None:
    _, first, _ = place
    desk = Desk.of(app, "pick")
    assert f"/lots/{first.id}/split" not in desk.get(f"/lots/{first.id}")
    for verb in ("split", "merge", "relabel", "correct"):
        desk.get(f"/lots/{first.id}/{verb}")
        assert desk.status == 403


def test_the_api_changes_lots_too(app: Any, place: tuple[given.Site, Lot, Lot]) -> None:
    site, first, second = place
    machine = Machine.of(app, "supervisor", site=site)
    stands = machine.get(f"/lots/{first.id}/stock").json["items"]
    body = {"stock": [{"stock_id": stands[0]["id"], "quantity": "2"}], "reason": "r", "number": " 12 "}
    asked = machine.post(f"/lots/{first.id}/split", body)
    assert asked.status_code == 409 and asked.json["data"]["question"] == "lot_nearly_known"
    body["answers"] = {"lot_nearly_known": "yes"}
    done = machine.post(f"/lots/{first.id}/split", body, key="same")
    assert done.status_code == 201 and (done.json["lot_number"], done.json["quantity"]) == ("12", "2")
    assert machine.post(f"/lots/{first.id}/split", body, key="same").json == done.json
    new = done.json["lot_id"]
    assert machine.post(f"/lots/{new}/relabel", {"number": "0012", "reason": "r"}).json["code"] == "duplicate_value"
    renamed = machine.post(f"/lots/{new}/relabel", {"number": "Q-1", "reason": "r"}).json["lot_id"]
    merged = machine.post(f"/lots/{second.id}/merge", {"lot_ids": [renamed], "reason": "r"})
    assert merged.status_code == 201 and merged.json["lot_id"] == str(second.id)
    links = machine.get(f"/lots/{new}/links").json
    assert [(link["kind"], link["target_lot_number"]) for link in links["became"]] == [("relabel", "Q-1")]
    assert [(link["kind"], link["source_lot_number"]) for link in links["came_from"]] == [("split", "0012")]
    wrong = machine.post(f"/lots/{first.id}/correct", {"expires_on": None, "reason": "r"})
    assert wrong.status_code == 422
    right = machine.post(
        f"/lots/{first.id}/correct", {"traceability_lot_code": "T9", "reason": "asked by the supplier"}
    )
    assert right.status_code == 200 and right.json["traceability_lot_code"] == "T9"
    assert right.json["expires_on"] == day(90).isoformat()
    exact = [
        machine.get("/lots", query_string={"item": "TEA-1", "number": n}).json["items"]
        for n in ("0012", "12", "b/7", "B/7")
    ]
    assert [len(found) for found in exact] == [1, 1, 0, 1]
    with app.app_context():
        given.ledger_is_whole()
        db.session.rollback()


def test_a_lot_of_another_warehouse_is_not_moved_from_here(app: Any, place: tuple[given.Site, Lot, Lot]) -> None:
    site, first, _ = place
    with app.app_context():
        elsewhere = given.warehouse("W8")
    machine = Machine.of(app, "supervisor", site=elsewhere)
    stands = Machine.of(app, "supervisor", site=site).get(f"/lots/{first.id}/stock").json["items"]
    body = {"stock": [{"stock_id": stands[0]["id"]}], "reason": "r"}
    assert machine.post(f"/lots/{first.id}/split", body).json["code"] in {"not_found", "wrong_state"}
    assert machine.post(f"/lots/{first.id}/relabel", {"number": "N", "reason": "r"}).status_code == 409
