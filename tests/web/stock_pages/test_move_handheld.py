"""Move and look up on the handheld: every step, every refusal, a repeat, a hold from the hand."""

import pytest
from flask import Flask
from sqlalchemy import select

from tests import given
from tests.given import q
from tests.web.desk_client import Hand
from wms.core.clock import now
from wms.core.ids import SYSTEM_USER
from wms.db import db, run_in_transaction
from wms.quality import service
from wms.stock import queries as stock
from wms.stock.ledger import Quality
from wms.stock.models import Hold, HoldReason, HoldScope
from wms.tasks.models import Task, TaskKind, TaskState


@pytest.fixture
def site(app: Flask) -> given.Site:
    with app.app_context():
        site = given.warehouse("HZ")
        given.user("mover", "receiver")
        given.user("boss", "supervisor")
        return site


def bins_of(app: Flask, lot: int) -> dict[str, str]:
    with app.app_context():
        return {r.bin_code: str(r.on_hand) for r in stock.find_balances(lot=lot)}  # type: ignore[arg-type]


def test_goods_are_moved_by_four_scans_and_a_repeat_moves_nothing_more(app: Flask, site: given.Site) -> None:
    with app.app_context():
        lot = given.lot(given.item("MILK-1"), "LOT7")
        given.stock(lot, site, "A-01", 10)
        lot_id = lot.id
    hand = Hand.of(app, "mover", "/m/move")
    hand.scan("B:A-01")
    assert hand.step == "goods" and "LOT7" in hand.words
    hand.scan("LOT7")
    assert hand.step == "quantity" and "free to move: 10 ea" in hand.words
    hand.scan("4")
    assert hand.step == "target"
    fields = hand.fields | {"key": "11111111-2222", "scan": "A-02"}
    hand._keep(hand.client.post("/m/move", data=fields))
    assert hand.step == "source" and "Moved: 4 ea of lot LOT7 to bin A-02." in hand.words
    hand._keep(hand.client.post("/m/move", data=fields))
    assert hand.status == 200
    assert bins_of(app, lot_id) == {"A-01": "6", "A-02": "4"}


def test_a_wrong_bin_lot_or_amount_is_refused_in_words_and_moves_nothing(app: Flask, site: given.Site) -> None:
    with app.app_context():
        item = given.item("MILK-1")
        lot, other = given.lot(item, "LOT7"), given.lot(item, "ELSE")
        given.stock(lot, site, "A-01", 10)
        given.stock(other, site, "A-02", 1)
        lot_id = lot.id
    hand = Hand.of(app, "mover", "/m/move")
    hand.scan("NO-SUCH")
    assert (hand.step, hand.status) == ("source", 404)
    hand.scan("A-01")
    hand.scan("ELSE")
    assert (hand.step, hand.status) == ("goods", 404)
    hand.scan("LOT7")
    for amount in ("many", "0", "-1", "1e3", "99999999", ""):
        hand.scan(amount)
        assert (hand.step, hand.status) == ("quantity", 422), amount
    hand.scan("11")
    hand.scan("A-03")
    assert hand.status == 409 and "Needed: 11 of lot LOT7 in bin A-01; available there: 10." in hand.words
    hand.press("back")
    hand.scan("A-01")
    hand.scan("LOT7")
    hand.scan("1")
    for target, status in (("STAGE", 409), ("A-01", 409), ("SUPPLIER", 404), ("LOT7", 422)):
        hand.scan(target)
        assert (hand.step, hand.status) == ("target", status), target
    hand.scan("A-02", s_quantity="-3")
    assert hand.status == 422
    hand.scan("A-02", s_balance="1", s_quantity="1")
    assert hand.status == 404 and "These goods have gone. Start over." in hand.words
    hand.scan("A-02", s_balance="x'--")
    assert hand.status == 404
    assert bins_of(app, lot_id) == {"A-01": "10"}


def test_held_goods_go_to_quarantine_and_close_the_work_and_nowhere_to_sell(app: Flask, site: given.Site) -> None:
    with app.app_context():
        lot = given.lot(given.item("MILK-1"), "LOT7")
        given.stock(lot, site, "A-01", 10)
        cmd = service.PlaceHold(
            key="h", scope=HoldScope.QUANTITY, lot=lot.id, bin=site["A-01"], quantity=q(4), reason=HoldReason.DAMAGE
        )
        run_in_transaction(service.place_hold, cmd, actor=SYSTEM_USER, at=now())
        lot_id, bin_id = lot.id, site["A-01"]
    hand = Hand.of(app, "mover", "/m/move")
    hand.scan("A-01")
    hand.scan("LOT7")
    assert hand.step == "which" and "on hold" in hand.words
    with app.app_context():
        held = next(r.id for r in stock.find_balances(lot=lot_id, bin=bin_id) if r.is_held)
    hand.scan(str(held))
    hand.scan("4")
    hand.scan("FACE")
    assert (hand.status, hand.step) == (409, "target")
    hand.scan("QUAR")
    assert hand.step == "source"
    assert bins_of(app, lot_id) == {"A-01": "6", "QUAR": "4"}
    with app.app_context():
        task = db.session.execute(select(Task).where(Task.kind == TaskKind.CAGE)).scalar_one()
        assert (task.state, task.done_quantity) == (TaskState.DONE, q(4))
        db.session.commit()
        given.ledger_is_whole()


def test_a_plate_moves_whole_with_two_scans(app: Flask, site: given.Site) -> None:
    with app.app_context():
        item = given.item("MILK-1")
        plate = given.lpn(site)
        one, two = given.lot(item, "ONE"), given.lot(item, "TWO")
        given.stock(one, site, "DOCK", 10, on=plate.id)
        given.stock(two, site, "DOCK", 5, on=plate.id, quality=Quality.PENDING)
        ids, code = (one.id, two.id), plate.code
    hand = Hand.of(app, "mover", "/m/move")
    hand.scan(code)
    assert hand.step == "target" and "ONE" in hand.words and "TWO" in hand.words
    hand.scan("FACE")
    assert hand.status == 409
    hand.scan("A-04")
    assert hand.step == "source" and code in hand.words
    assert [bins_of(app, i) for i in ids] == [{"A-04": "10"}, {"A-04": "5"}]


def test_look_up_says_what_stands_there_and_a_permitted_person_holds_it(app: Flask, site: given.Site) -> None:
    with app.app_context():
        lot = given.lot(given.item("MILK-1", name_en="Whole milk"), "LOT7")
        given.stock(lot, site, "A-01", 10)
        plate = given.lpn(site)
        given.stock(lot, site, "A-02", 5, on=plate.id)
        code = plate.code
    hand = Hand.of(app, "mover", "/m/inquiry")
    for text, words in {
        "A-01": ("LOT7", "10 ea"),
        "LOT7": ("Whole milk", "A-01", "A-02"),
        code: ("LOT7", "5 ea"),
        "MILK-1": ("Whole milk", "15"),
        "A-03": ("Nothing stands here now.",),
    }.items():
        hand.scan(text)
        assert hand.status == 200 and all(word in hand.words for word in words), (text, hand.words)
    hand.scan("LOT7")
    assert 'value="hold"' not in hand.text
    hand.press("hold")
    assert hand.status == 403
    hand.scan("what?")
    assert hand.status == 404

    boss = Hand.of(app, "boss", "/m/inquiry")
    boss.scan(code)
    boss.press("hold")
    assert boss.step == "reason"
    boss.scan("nonsense")
    assert (boss.step, boss.status) == ("reason", 404)
    boss.scan("damage")
    assert boss.step == "sure" and "Stops no order." in boss.words
    boss.press("yes")
    assert boss.step == "scan" and "Held: 5 ea of lot LOT7. Orders stopped: 0." in boss.words
    with app.app_context():
        hold = db.session.execute(select(Hold)).scalar_one()
        assert (hold.scope, hold.reason) == (HoldScope.LPN, HoldReason.DAMAGE)
