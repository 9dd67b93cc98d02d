"""Goods come back on a recall, taken in on a handheld of 360 px: by the lot, by the shipment, more than was shipped, into the cage."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from tests import given
from tests.given import q
from tests.journeys.facts import stands
from tests.journeys.people import Hand
from wms.db import db, run_in_transaction

pytestmark = pytest.mark.browser

PASSWORD = "correct horse 1"


@pytest.fixture
def papers(live_app: Flask) -> dict[str, str]:
    """A lot that went to two shops, recalled and held; the numbers of the recall and of one shop's shipment."""
    from wms.recall import service
    from wms.recall.queries import recalls
    from wms.shipping.models import Shipment

    now = datetime.now(UTC)
    left = (now.date() - given.TODAY).days
    with live_app.app_context():
        site, ada = given.warehouse("SZ1"), given.user("ada", "quality")
        cake = given.item("CAKE", name_en="Sponge cake with a rather long name", name_zh="海绵蛋糕")
        lot = given.lot(cake, "L-77", expires_in=left + 50)
        given.stock(lot, site, "A-01", 30)
        numbers = {}
        for code, name, amount in (("SHOP", "Corner Shop", 6), ("CAFE", "Night Café", 4)):
            customer = given.partner(code, name_en=name, is_customer=True)
            shipment = given.shipped(site, [(cake, amount)], at=now - timedelta(days=1), customer=customer)
            numbers[code] = db.session.get_one(Shipment, shipment).number
            db.session.commit()
        cmd = service.OpenRecall(
            key="glass", warehouse=site.id, class_code="food", reason="Glass in a cake", lots=(lot.id,)
        )

        def do(verb: Any, *arguments: Any) -> Any:
            return run_in_transaction(verb, *arguments, actor=ada, at=now)

        recall = do(service.open_recall, cmd)
        do(service.stop_shipping, recall)
        do(service.freeze_scope, service.FreezeScope(recall=recall, reason="All of the lot"))
        do(service.place_scope, service.PlaceScope(recall=recall, version=1))
        numbers["recall"] = recalls.find_recall(recall).number
        db.session.commit()
        given.user("rita", "receiver", site=site)
    return numbers


def test_a_receiver_takes_back_what_two_shops_send(
    handheld: Any, live_server: Any, live_app: Flask, papers: dict[str, str], tmp_path: Path
) -> None:
    hand = Hand(handheld, live_server.url)
    hand.page.set_viewport_size({"width": 360, "height": 640})
    hand.log_in_by_name("rita", PASSWORD)
    hand.open("Recall return")
    assert papers["recall"] in hand.text and "Glass in a cake" in hand.text, hand.text
    look(hand, tmp_path, "choose")

    hand.scan("NO-SUCH-PAPER")
    assert hand.tone == "no" and "NO-SUCH-PAPER" in hand.message, hand.text
    hand.scan("L-77")  # a label of the goods finds the recall they belong to
    assert hand.step == "lot" and papers["recall"] in hand.text, hand.text
    hand.scan("A-01")
    assert hand.tone == "no", "a bin is no lot"
    hand.scan("L-77")
    assert hand.step == "party" and "Corner Shop" in hand.text and "Night Café" in hand.text, hand.text
    look(hand, tmp_path, "party")
    hand.tap("Corner Shop")
    assert hand.step == "quantity" and "Corner Shop" in hand.text and "6" in hand.text, hand.text
    hand.type_in("4")
    assert hand.step == "bin" and "CAGE" in hand.text, hand.text
    look(hand, tmp_path, "bin")
    hand.scan("A-02")
    assert hand.tone == "no" and "A-02" in hand.message, "not set apart"
    hand.scan("CAGE")
    assert (hand.step, hand.tone) == ("lot", "yes") and "4" in hand.message and "L-77" in hand.message, hand.text
    look(hand, tmp_path, "done")

    hand.tap("Other recall")
    hand.scan(papers["CAFE"])  # the paper says who sends it
    assert hand.step == "lot" and papers["CAFE"] in hand.text, hand.text
    hand.scan("L-77")
    assert hand.step == "quantity" and "Night Café" in hand.text, hand.text
    hand.type_in("5")
    hand.scan("CAGE")
    assert (hand.step, hand.tone) == ("more", "ask") and "4" in hand.message, hand.text
    look(hand, tmp_path, "more")
    hand.type_in("one came back twice")
    assert (hand.step, hand.tone) == ("lot", "yes"), hand.text

    assert stands(live_app) == {("L-77", "A-01"): "20", ("L-77", "CAGE"): "9"}
    assert sums(live_app) == {"Corner Shop": ("6", "4", "2", "0"), "Night Café": ("4", "5", "0", "1")}
    assert not hand.faults, "\n".join(dict.fromkeys(hand.faults))


def look(hand: Hand, folder: Path, name: str) -> None:
    """Keep what is on the screen, for whoever looks a failure up."""
    hand.page.screenshot(path=folder / f"{name}.png")


def sums(app: Flask) -> dict[str, tuple[str, ...]]:
    """By customer: shipped, recovered, outstanding, more than shipped."""
    from sqlalchemy import select

    from wms.recall.models import Recall
    from wms.recall.queries import outside
    from wms.stock import queries as stock

    with app.app_context():
        view = outside.outside_of(db.session.execute(select(Recall.id)).scalar_one())
        held = stock.find_balances(lot=view.parties[0].lines[0].lot)  # type: ignore[arg-type]
        assert all(row.is_held for row in held) and sum(row.on_hand.millionths for row in held) == q(29).millionths
        found = {
            one.row.name_en: tuple(str(value) for value in (s.shipped, s.recovered, s.outstanding, s.over))
            for one in view.parties
            for s in one.sums
        }
        db.session.rollback()
    return found
