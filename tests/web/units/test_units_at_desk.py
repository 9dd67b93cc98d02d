"""Unit ids at the desk: found, listed, announced by a file, given to opening stock, and asked for where a part goes."""

import io
import re
from html import unescape
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask

from tests import given
from tests.web.desk_client import Desk, Hand
from tests.web.machine import Machine
from wms.core.clock import now
from wms.core.ids import SYSTEM_USER, LpnId
from wms.db import db, run_in_transaction
from wms.stock import followers, ledger
from wms.stock.ledger import Move, Place, Reason, StockKey
from wms.units import queries

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def house(app: Flask) -> SimpleNamespace:
    """Four pieces of L7 in A-01 with ids s1 to s4 (one by its GS1 label), and people."""
    with app.app_context():
        site = given.warehouse("DEV")
        item = given.item("DEV-1", has_unit_ids=True)
        lot = given.lot(item, "L7")
        for login, role in (("susan", "supervisor"), ("rita", "receiver"), ("quinn", "quality")):
            given.user(login, role, site=site)
        gtin = {unit.code: str(unit.gtin) for unit in item.pack_units}["ea"]
        codes = ["s1", "s2", "s3", f"(01){gtin}(10)L7(21)s4"]
        start = StockKey(lot=lot.id, place=Place(bin=site["SUPPLIER"]))
        end = StockKey(lot=lot.id, place=Place(bin=site["A-01"]))
        db.session.commit()
        with followers.naming(codes):
            run_in_transaction(
                ledger.post, [Move(quantity=given.q(4), source=start, target=end)], key="in", reason=Reason.RECEIVE,
                actor=SYSTEM_USER, at=now(),
            )  # fmt: skip
        found = queries.find_units(item.id, ["s1"])["s1"].id
        db.session.commit()
        return SimpleNamespace(site=site, item=item, lot=lot, gtin=gtin, unit=found)


def found(house: Any, count: int) -> None:
    """Pieces that came into A-02 without an id, as an opening stock does."""
    start, end = (StockKey(lot=house.lot.id, place=Place(bin=house.site[code])) for code in ("ADJUST", "A-02"))
    run_in_transaction(
        ledger.post, [Move(quantity=given.q(count), source=start, target=end)], key=f"found-{count}", reason=Reason.COUNT,
        actor=SYSTEM_USER, at=now(),
    )  # fmt: skip
    db.session.commit()


def test_units_are_listed_found_and_told_from_the_lot_page(app: Flask, house: Any) -> None:
    desk = Desk.of(app, "susan")
    desk.get("/units")
    assert all(code in desk.words for code in ("s1", "s2", "s3", f"{house.gtin}.s4")), desk.words
    assert len(desk.statements) <= 12, desk.statements
    desk.get("/units?q=s1")
    assert "s1" in desk.words and "s2" not in desk.words
    desk.get("/units?q=s4")  # the serial alone
    assert f"{house.gtin}.s4" in desk.words and "s3" not in desk.words
    desk.get("/units?state=shipped")
    assert "No unit id here" in desk.words
    desk.get("/units.csv?lot=L7")
    assert desk.text.count("\r\n") == 5 and "A-01" in desk.text
    desk.get(f"/units/{house.unit}")
    assert "Came in" in desk.words and "A-01" in desk.words
    desk.get(f"/lots/{house.lot.id}")
    assert "4 pieces with an id" in desk.words and "Give ids" not in desk.words
    for text in ("s1", f"(01){house.gtin}(10)L7(21)s4"):
        desk.get("/search", query_string={"q": text})
        assert desk.status == 302 and "/units/" in desk.location, (text, desk.words)
    desk.get("/units/1")
    assert desk.status == 404


def test_the_look_up_on_the_handheld_says_what_a_unit_is_and_where(app: Flask, house: Any) -> None:
    hand = Hand.of(app, "rita", "/m/inquiry")
    for text in ("s1", f"(01){house.gtin}(10)L7(21)s4"):
        hand.scan(text)
        assert all(word in hand.words for word in ("A-01", "L7", "DEV-1", "Here")), hand.words
    machine = Machine.of(app, "supervisor", site=house.site)
    answer = machine.get("/scan", query_string={"text": "s2"}).json
    assert answer is not None and [one["kind"] for one in answer["found"]] == ["unit"] and answer["question"] is None


def test_a_file_announces_codes_and_a_bad_one_is_refused_whole(app: Flask, house: Any) -> None:
    desk = Desk.of(app, "rita")
    desk.get(f"/units/file?item={house.item.id}")
    assert "DEV-1" in desk.text
    file = (io.BytesIO("p1,box,case\np2,box,case\n".encode("utf-8-sig")), "codes.csv")
    desk.post("/units/file", sku="DEV-1", lot_number="L9", file=file)
    assert desk.status == 302
    assert "4 new codes" in desk.get(desk.location)
    desk.post("/units/file", sku="DEV-1", lot_number="L9", text="p1\tbox\tcase\np3\tbox\tcase")
    assert "1 new codes" in desk.get(desk.location)
    gbk = (io.BytesIO("二维码".encode("gbk")), "x.csv")
    for form, status in (
        ({"sku": "DEV-1", "text": "a,a"}, 422),
        ({"sku": "DEV-1", "file": gbk}, 422),
        ({"sku": "DEV-1"}, 422),
        ({"sku": "NONE", "text": "p9"}, 404),
        ({"sku": "DEV-1", "text": "p9", "asn": "77"}, 404),
        ({"sku": "DEV-1", "text": "p1,other", "lot_number": "L9"}, 422),
        ({"sku": "DEV-1", "text": "p\n" * 20_001}, 422),
        ({"sku": "DEV-1", "file": (io.BytesIO(b"x" * 2_000_001), "x.csv")}, 422),
    ):
        desk.post("/units/file", **form)
        assert desk.status == status, (form.keys(), desk.status, desk.words[-400:])


def test_opening_stock_gets_its_ids_from_the_lot_page(app: Flask, house: Any) -> None:
    with app.app_context():
        found(house, 2)
    desk = Desk.of(app, "susan")
    desk.get(f"/lots/{house.lot.id}")
    assert "Give ids" in desk.words
    desk.get(f"/lots/{house.lot.id}/units")
    assert "2 pieces stand here, 0 of them with an id" in desk.words
    place = {"bin": str(house.site["A-02"]), "lpn": "0"}
    for codes, status in (("o1\no2\no3", 409), ("s1", 409), ("o1\no1", 409), ("(00)095060001343520000", 422)):
        desk.post(f"/lots/{house.lot.id}/units", codes=codes, **place)
        assert desk.status == status and "f-again-units" not in desk.text, (codes, desk.words)
    desk.post(f"/lots/{house.lot.id}/units", codes="o1\r\no2\r\n", **place)
    assert desk.status == 302
    assert "6 pieces with an id" in re.sub(r"<[^>]+>", " ", desk.get(desk.location))


def test_a_desk_form_of_a_part_is_offered_again_with_a_place_for_the_ids(app: Flask, house: Any) -> None:
    desk = Desk.of(app, "susan")
    page = f"/lots/{house.lot.id}/split"
    desk.get(page)
    form = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', desk.text))
    form = {name: form[name] for name in ("key", "stock_id")}
    form |= {"quantity": "1", "number": "L7-B", "reason": "parted"}
    desk.post(page, **form)
    assert desk.status == 409 and 'name="units"' in desk.text, (form, desk.words[-600:])
    again = _form_again(desk.text)
    desk.post(page, **again, units="s9")
    assert desk.status == 409 and "s9" in desk.words and 'name="units"' in desk.text
    desk.post(page, **again, units="s2\r\n")
    assert desk.status == 302, desk.words[-500:]
    with app.app_context():
        other = queries.find_units(house.item.id, ["s2"])["s2"]
        assert other.lot.number == "L7-B"
        assert [unit.code for unit in queries.pieces_at(house.lot.id, house.site["A-01"], LpnId(0))][-3:]
        given.ledger_is_whole()


def _form_again(page: str) -> dict[str, str]:
    part = page[page.index('class="sheet" data-plain') :].split("</form>", 1)[0]
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', part)
    return {name: unescape(value) for name, value in found if name != "csrf_token"}


def test_units_by_the_api(app: Flask, house: Any) -> None:
    machine = Machine.of(app, "supervisor", site=house.site)
    listed = machine.get("/units", query_string={"lot_id": house.lot.id}).json
    assert listed is not None and len(listed["items"]) == 4, listed
    one = machine.get(f"/units/{house.unit}").json
    assert one is not None and one["events"][0]["kind"] == "arrived" and one["state"] == "here"
    notice = {"sku": "DEV-1", "lot_number": "L9", "units": [{"code": "p1", "parent_code": "box"}, {"code": "p2"}]}
    told = machine.post("/unit-notices", notice)
    assert told.status_code == 200 and told.json == {"new": 3}
    refused = machine.post("/unit-notices", notice | {"units": [{"code": "b", "parent_code": "b"}]})
    assert refused.status_code == 422 and refused.json is not None and refused.json["code"] == "bad_code"
    with app.app_context():
        found(house, 1)
    given_ids = machine.post(f"/lots/{house.lot.id}/units", {"bin_code": "A-02", "codes": ["o1"]})
    assert given_ids.json == {"assigned": 1}, given_ids.json
    with app.app_context():
        balance = next(row for row in queries.stock.find_balances(lot=house.lot.id) if row.bin_code == "A-01")
        db.session.commit()
    path, move = f"/stock/{balance.id}/move", {"quantity": "1", "target_bin_code": "A-03"}
    few = machine.post(path, move)
    assert few.status_code == 409 and few.json is not None and few.json["code"] == "units_needed", few.json
    moved = machine.post(path, move | {"units": ["s3"]})
    assert moved.status_code < 300, moved.json
    assert machine.get("/units", query_string={"q": "s3"}).json["items"][0]["bin_code"] == "A-03"  # type: ignore[index]


def test_units_of_another_warehouse_are_not_found(app: Flask, house: Any) -> None:
    with app.app_context():
        other = given.warehouse("OTHER")
        given.user("olga", "supervisor", site=other)
    assert Desk.of(app, "olga").get(f"/units/{house.unit}").find("Not found") > 0
    machine = Machine.of(app, "supervisor", site=other)
    assert machine.get(f"/units/{house.unit}").status_code == 404
    assert machine.get("/units").json == {"items": [], "next": None}


def test_the_item_s_page_leads_to_a_file_and_its_form_says_whether_pieces_have_ids(app: Flask, house: Any) -> None:
    desk = Desk.of(app, "susan")
    desk.get(f"/items/{house.item.id}")
    assert f"/units/file?item={house.item.id}" in desk.text
    desk.get(f"/items/{house.item.id}/edit")
    assert re.search(r'name="has_unit_ids"[^>]* checked', desk.text)
