"""Issue on the handheld: the stops of a work order, another lot, more than planned, back, and the lot opened at the line."""

from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select

from tests import given
from tests.web.receiving.hand import Hand
from wms.catalog.models import FefoGrade
from wms.core.ids import SYSTEM_USER, LpnId
from wms.db import db as database_extension
from wms.db import run_in_transaction
from wms.production.models import IssueKind, OpenLot, WorkOrderIssue
from wms.quality import service as quality
from wms.stock import followers
from wms.stock.models import HoldReason, HoldScope, Lot
from wms.units import queries as units

#: Pages here ask what the services have answered on both engines; one is enough.
pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

#: Statements of one scan, from the login's own read to the last of the page.
READ_MOST, WRITE_MOST = 12, 60


@pytest.fixture
def floor(app: Flask) -> SimpleNamespace:
    """A work order for ten dough from twenty flour (two lots bound) and two yeast (back-flushed), and its people."""
    with app.app_context():
        site = given.warehouse()
        flour = given.item("FLOUR", fefo_grade=FefoGrade.SUPERVISOR)
        yeast, dough = given.item("YEAST", fefo_grade=FefoGrade.ALLOW), given.item("DOUGH")
        lots = {n: given.lot(flour, n, expires_in=d) for n, d in (("F-1", 30), ("F-2", 60), ("F-3", 90))}
        lots["Y-1"] = given.lot(yeast, "Y-1")
        for name, bin_code, amount in (
            ("F-1", "A-01", 15),
            ("F-2", "A-02", 40),
            ("F-3", "A-03", 9),
            ("Y-1", "A-04", 8),
        ):
            given.stock(lots[name], site, bin_code, amount)
        given.production_rule(yeast, may_backflush=True)
        line = given.line(site, "L1")
        given.bom(dough, [(flour, 2), (yeast, "0.2")], lines={2: {"is_backflushed": True}})
        order = given.work_order(site, dough, 10, line, released=True, number="WO-1")
        given.user("paul", "production", site=site)
        given.user("sue", "supervisor", site=site)
        return SimpleNamespace(site=site, line=line.bin_id, order=order.id, lots={n: lot.id for n, lot in lots.items()})


@pytest.fixture
def hand(client: FlaskClient, floor: Any) -> Hand:
    return Hand.of(client, "paul", "/m/issue")


def at_line(app: Flask, floor: Any, name: str) -> str:
    with app.app_context():
        return str(given.on_hand(floor.lots[name], bin_id=floor.line))


def kinds(app: Flask) -> list[tuple[IssueKind, str, str]]:
    with app.app_context():
        rows = database_extension.session.execute(select(WorkOrderIssue).order_by(WorkOrderIssue.id)).scalars()
        return [(row.kind, row.lot.number, row.reason) for row in rows]


def test_the_order_leads_from_bin_to_bin(app: Flask, hand: Hand, floor: Any) -> None:
    assert hand.step == "order" and "WO-1" in hand.text
    hand.scan("WO-1")
    assert hand.step == "bin" and "A-01" in hand.text and " F-1 " in hand.text
    hand.scan("A-01").scan("F-1")
    assert hand.step == "quantity"
    hand.scan("15")
    assert (hand.step, hand.tone) == ("bin", "yes"), hand.text
    assert "15" in hand.message and "F-1" in hand.message and "A-02" in hand.text
    hand.scan("A-02").scan("F-2").scan("5")
    assert "Everything is there" in hand.message
    assert (at_line(app, floor, "F-1"), at_line(app, floor, "F-2")) == ("15", "5")


def test_a_part_leaves_the_rest_at_the_same_bin(app: Flask, hand: Hand, floor: Any) -> None:
    hand.scan("WO-1").scan("A-01").scan("F-1").scan("4")
    assert (hand.step, hand.tone) == ("goods", "yes")
    assert " 11" in hand.text
    hand.scan("F-1").scan("12")
    assert (hand.step, hand.tone) == ("quantity", "no") and "11" in hand.message


def test_the_wrong_bin_and_the_wrong_item_are_refused(app: Flask, hand: Hand, floor: Any) -> None:
    hand.scan("WO-1").scan("A-03")
    assert (hand.step, hand.tone) == ("bin", "no") and "A-01" in hand.message and "A-03" in hand.message
    hand.scan("A-02")
    assert hand.step == "goods", "another stop of the order is as good"
    with app.app_context():
        given.stock(given.lot(given.item("SALT"), "S-1"), floor.site, "A-02", 5)
    hand.scan("S-1")
    assert (hand.step, hand.tone) == ("goods", "no") and "FLOUR" in hand.message and "SALT" in hand.message


def test_another_lot_is_asked_about_and_needs_a_second_person(app: Flask, hand: Hand, floor: Any) -> None:
    with app.app_context():
        lot = given.lot(given.item("RYE"), "R-1")
        assert lot
    hand.scan("WO-1").scan("A-01")
    with app.app_context():
        given.stock(database_extension.session.get(type(lot), floor.lots["F-3"]), floor.site, "A-01", 9)
    hand.scan("F-3").scan("5")
    assert (hand.step, hand.tone) == ("reason", "ask"), hand.text
    assert "F-1" in hand.message and "F-3" in hand.message
    hand.scan("Bag is torn")
    assert (hand.step, hand.status) == ("reason", 422) and "badge" in hand.message.lower()
    hand.scan("Bag is torn", supervisor="paul", secret="correct horse 1")
    assert hand.status == 403
    hand.scan("Bag is torn", supervisor="sue", secret="correct horse 1")
    assert hand.tone == "yes", hand.text
    assert kinds(app) == [(IssueKind.EXCHANGE, "F-3", "Bag is torn")]
    assert at_line(app, floor, "F-3") == "5"


def test_more_than_planned_needs_a_reason(app: Flask, hand: Hand, floor: Any) -> None:
    hand.scan("WO-1").press("other").press("more")
    assert hand.step == "bin" and "More than planned" in hand.text
    hand.scan("A-01").scan("F-1").scan("15")
    assert hand.step == "reason"
    assert "Damaged" in hand.text and 'name="scan" value="Weighed short"' in hand.html, "the usual ones are one press"
    hand.press("back").press("back")
    hand.scan("A-01").scan("F-1").scan("15").press("back")
    hand.press("leave").scan("WO-1").scan("A-01").scan("F-1").scan("15")
    hand.scan("A-02").scan("F-2").scan("5")
    hand.press("other").press("more").scan("A-02").scan("F-2").scan("3").scan("Spilled")
    assert hand.tone == "yes", hand.text
    assert kinds(app)[-1] == (IssueKind.SUPPLEMENT, "F-2", "Spilled")


def test_choices_have_no_field_that_does_nothing(app: Flask, hand: Hand, floor: Any) -> None:
    hand.scan("WO-1").press("other")
    assert hand.step == "other" and 'id="scan"' not in hand.html and "Send" not in hand.text


def test_the_first_page_says_that_more_orders_wait_than_it_shows(app: Flask, client: FlaskClient, floor: Any) -> None:
    with app.app_context():
        salt, brine = given.item("SALT"), given.item("BRINE")
        given.stock(given.lot(salt, "S-1"), floor.site, "A-04", 50)
        given.bom(brine, [(salt, 1)])
        line = given.line(floor.site, "L2")
        for n in range(6):
            given.work_order(floor.site, brine, 2, line, released=True, number=f"WO-M{n}")
    hand = Hand.of(client, "paul", "/m/issue")
    assert "2 more orders wait: scan or type the number." in hand.text
    hand.scan("WO-M5")
    assert hand.step == "bin"


def test_unused_goods_are_brought_back(app: Flask, hand: Hand, floor: Any) -> None:
    hand.scan("WO-1").scan("A-01").scan("F-1").scan("15").press("other").press("return")
    assert hand.step == "back_goods" and "F-1" in hand.text
    hand.scan("F-2")
    assert hand.tone == "no"
    hand.scan("F-1")
    assert hand.step == "back_quantity"
    hand.scan("4").scan("A-04")
    assert (hand.step, hand.tone) == ("back_goods", "yes") and "A-04" in hand.message
    hand.scan("F-1").scan("12").scan("A-04")
    assert hand.tone == "no" and "11" in hand.message and "12" in hand.message
    assert at_line(app, floor, "F-1") == "11"


def test_what_the_recipe_takes_is_brought_and_opened_and_closed(app: Flask, hand: Hand, floor: Any) -> None:
    hand.scan("WO-1").press("other").press("open").scan("Y-1")
    assert hand.tone == "no" and "L1" in hand.message
    hand.press("back").press("other").press("more").scan("A-04").scan("Y-1").scan("8")
    assert hand.tone == "yes", hand.text
    assert kinds(app) == [(IssueKind.ISSUE, "Y-1", "")]
    hand.press("other").press("open").scan("Y-1")
    assert hand.tone == "yes" and "Y-1" in hand.message and "8" in hand.text
    hand.press("close").scan("Y-1")
    assert hand.tone == "yes"
    with app.app_context():
        assert database_extension.session.execute(select(OpenLot.closed_by)).scalar_one() is not None


def test_a_repeat_of_the_last_scan_changes_nothing(app: Flask, hand: Hand, floor: Any) -> None:
    hand.scan("WO-1").scan("A-01").scan("F-1")
    sent = hand.hidden | {"scan": "15", "key": "device-key-1"}
    for _ in range(2):
        answer = hand.client.post(hand.path, data=sent)
        assert answer.status_code == 200 and "15" in answer.text, answer.text
    assert at_line(app, floor, "F-1") == "15"


def test_a_page_put_together_by_hand_is_refused(app: Flask, hand: Hand, floor: Any) -> None:
    states: list[dict[str, str]] = [{}, {"s_order": "x"}, {"s_order": "17"}, {"s_order": "9" * 30}]
    states.append({"s_order": str(floor.order), "s_component": "-1", "s_bin": "1", "s_lot": "1", "s_quantity": "1"})
    steps = ["bin", "goods", "quantity", "reason", "other", "back_goods", "back_quantity", "back_bin", "open", "close"]
    for step in steps:
        for state in states:
            answer = hand.client.post(
                hand.path, data=hand.hidden | {"step": step, "scan": "1", "key": "key-000001"} | state
            )
            assert answer.status_code in {200, 404, 409, 422}, (step, state, answer.text)
    assert kinds(app) == []


def test_a_scan_keeps_its_number_of_statements(app: Flask, hand: Hand, floor: Any) -> None:
    seen: list[str] = []
    with app.app_context():
        engine = database_extension.engine
    event.listen(
        engine, "before_cursor_execute", lambda _c, _k, statement, *_more: seen.append(" ".join(statement.split()))
    )
    counts = []
    for text in ("WO-1", "A-01", "F-1", "15"):
        seen.clear()
        hand.scan(text)
        counts.append(len(seen))
    assert hand.tone == "yes"
    assert max(counts[:3]) <= READ_MOST and counts[3] <= WRITE_MOST, counts


# -- at the scan, before anybody counts -----------------------------------------------------------------------------------
def test_a_forbidden_substitute_is_refused_at_the_scan_with_both_lots(app: Flask, hand: Hand, floor: Any) -> None:
    with app.app_context():
        flour = database_extension.session.get(Lot, floor.lots["F-3"]).item
        flour.fefo_grade = FefoGrade.FORBID
        database_extension.session.commit()
        given.stock(database_extension.session.get(Lot, floor.lots["F-3"]), floor.site, "A-01", 9)
    hand.scan("WO-1").scan("A-01").scan("F-3")
    assert (hand.step, hand.tone) == ("goods", "no"), hand.text
    assert "F-1" in hand.message and "F-3" in hand.message and "exchange" not in hand.message
    hand.scan("F-1")
    assert hand.step == "quantity", "the needed lot goes on from there"


def test_an_allowed_exchange_is_offered_at_the_scan_and_held_goods_are_not(app: Flask, hand: Hand, floor: Any) -> None:
    with app.app_context():
        lot = database_extension.session.get(Lot, floor.lots["F-3"])
        given.stock(lot, floor.site, "A-01", 9)
        held = given.lot(lot.item, "F-4", expires_in=90)
        given.stock(held, floor.site, "A-01", 9)
        cmd = quality.PlaceHold(key="h", scope=HoldScope.LOT, lot=held.id, reason=HoldReason.SUSPECT)
        run_in_transaction(quality.place_hold, cmd, actor=SYSTEM_USER, at=given.NOW)
    hand.scan("WO-1").scan("A-01").scan("F-4")
    assert (hand.step, hand.tone) == ("goods", "alarm"), hand.text
    hand.scan("F-3")
    assert (hand.step, hand.tone) == ("quantity", "ask"), hand.text
    assert "F-1" in hand.message and "F-3" in hand.message and "exchange" in hand.message
    hand.scan("5")
    assert hand.step == "reason"
    assert kinds(app) == []


def test_pieces_with_ids_are_scanned_one_by_one_on_their_way_to_the_line(app: Flask, client: FlaskClient) -> None:
    with app.app_context():
        site = given.warehouse()
        board, device = given.item("BOARD", has_unit_ids=True), given.item("DEVICE")
        lot = given.lot(board, "B-1")
        with followers.naming(["S1", "S2", "S3"]):
            given.stock(lot, site, "A-01", 3)
        line = given.line(site, "L9")
        given.bom(device, [(board, 1)])
        given.work_order(site, device, 2, line, released=True, number="WO-9")
        given.user("pia", "production", site=site)
        place = line.bin_id
    hand = Hand.of(client, "pia", "/m/issue")
    hand.scan("WO-9").scan("A-01").scan("B-1").scan("2")
    assert "B-1" in hand.text and "/ 2" in hand.text, hand.text
    hand.scan("S1")
    assert "1 / 2" in hand.text, hand.text
    hand.scan("S9")
    assert hand.tone == "no" and "S9" in hand.message
    hand.scan("S3")
    assert hand.tone == "yes", hand.text
    with app.app_context():
        assert [unit.code for unit in units.pieces_at(lot.id, place, LpnId(0))] == ["S1", "S3"]
