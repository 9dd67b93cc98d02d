"""Holds at the desk: look, place, lift by another person with a password, verdicts; every refusal in words."""

import re

import pytest
from flask import Flask
from sqlalchemy import select

from tests import given
from tests.given import q
from tests.web.desk_client import PASSWORD, Desk
from wms.core.clock import now
from wms.core.ids import OURSELVES, SYSTEM_USER
from wms.db import db, run_in_transaction
from wms.picking.models import OrderLine
from wms.stock import ledger
from wms.stock.ledger import ClaimRequest, Quality
from wms.stock.models import Hold


@pytest.fixture
def site(app: Flask) -> given.Site:
    with app.app_context():
        site = given.warehouse("HZ")
        given.user("first", "quality")
        given.user("second", "quality")
        given.user("boss", "supervisor")
        given.user("picker", "picker")
        return site


def a_promised_lot(app: Flask, site: given.Site) -> tuple[int, int, str]:
    """A lot in A-01 of which 6 of 10 are promised: lot id, bin id, order number."""
    with app.app_context():
        item = given.item("MILK-1")
        lot = given.lot(item, "LOT7")
        given.stock(lot, site, "A-01", 10)
        order = given.order(site, [(item, 6)], customer=given.partner("SHOP", name_en="Corner shop"))
        line = db.session.execute(select(OrderLine).where(OrderLine.order_id == order)).scalar_one()
        number = line.order.number
        line_id = line.id
        db.session.commit()
        request = ClaimRequest(
            demand_kind="order_line", demand_id=line_id, item=item.id, quantity=q(6), warehouse=site.id,
            owner=OURSELVES, policy="fefo", good_until=given.TODAY,
        )  # fmt: skip
        run_in_transaction(ledger.claim, [request], actor=SYSTEM_USER, at=now())
        return lot.id, site["A-01"], number


def only_hold(app: Flask) -> int:
    with app.app_context():
        return db.session.execute(select(Hold.id)).scalar_one()


def test_the_panel_shows_whose_orders_stop_before_the_hold_is_placed(app: Flask, site: given.Site) -> None:
    lot, bin_id, number = a_promised_lot(app, site)
    desk = Desk.of(app, "boss")
    panel = desk.get(f"/quality/holds/new?lot={lot}&bin={bin_id}&scope=lot", headers={"HX-Request": "true"})
    assert "<html" not in panel
    assert number in panel and "Corner shop" in panel
    assert "Stops 1 order" in desk.words
    desk.get(f"/quality/holds/new?lot={lot}&bin={bin_id}&scope=quantity&quantity=3")
    assert "Stops no order" in desk.words
    desk.get(f"/quality/holds/new?lot={lot}&bin={bin_id}&scope=quantity&quantity=30")
    assert "Only 10" in desk.words
    desk.get(f"/quality/holds/new?lot={lot}&bin={bin_id}&scope=quantity&quantity=lots")
    assert (desk.status, "Type a quantity" in desk.words) == (200, True)
    with app.app_context():
        assert db.session.execute(select(Hold.id)).first() is None


def test_a_hold_is_placed_in_one_step_and_lifted_by_another_person_with_a_password(
    app: Flask, site: given.Site
) -> None:
    lot, bin_id, _number = a_promised_lot(app, site)
    first = Desk.of(app, "first")
    first.get("/stock")
    form = {"key": "k-1", "lot": lot, "bin": bin_id, "scope": "lot", "reason": "damage", "note": "torn"}
    first.post("/quality/holds", **form)
    assert first.status == 302
    hold = only_hold(app)
    first.post("/quality/holds", **form)
    assert (first.status, only_hold(app)) == (302, hold)
    first.get(f"/quality/holds/{hold}")
    assert "You placed this hold" in first.words

    first.post(f"/quality/holds/{hold}/lift", reason="fine", password=PASSWORD)
    assert first.status == 403
    assert "First placed this hold; another permitted person must lift it." in first.words

    second = Desk.of(app, "second")
    second.get("/quality/holds")
    assert "LOT7" in second.words
    second.post(f"/quality/holds/{hold}/lift", reason="fine", password="wrong")
    assert (second.status, "The password is wrong" in second.words) == (403, True)
    second.post(f"/quality/holds/{hold}/lift", reason="", password=PASSWORD)
    assert second.status == 422
    second.post(f"/quality/holds/{hold}/lift", reason="looked at, fine", password=PASSWORD)
    assert second.status == 302
    second.get(second.location)
    assert "looked at, fine" in second.words
    second.get("/quality/holds")
    assert "LOT7" not in second.words
    second.get("/quality/holds?state=lifted")
    assert "LOT7" in second.words


REFUSED = [
    ({"scope": "quantity", "quantity": "11"}, 409, "available there: 10"),
    ({"scope": "quantity", "quantity": "-1"}, 422, "Type a quantity"),
    ({"scope": "quantity"}, 422, "Quantity: Fill this in."),
    ({"scope": "lpn"}, 422, "LPN: Fill this in."),
    ({"scope": "planet"}, 422, "Choose one of the list"),
    ({"reason": "expired"}, 422, "Choose one of the list"),
    ({"lot": "12"}, 404, "was found here"),
    ({"bin": "12", "scope": "bin"}, 404, "was found here"),
    ({"note": "x" * 501}, 422, "too long"),
    ({"more": "1"}, 422, "not known"),
]


def test_a_hold_that_cannot_be_is_refused_in_words_and_changes_nothing(app: Flask, site: given.Site) -> None:
    lot, bin_id, _number = a_promised_lot(app, site)
    desk = Desk.of(app, "boss")
    desk.get("/stock")
    form = {"key": "k-1", "lot": lot, "bin": bin_id, "scope": "lot", "reason": "damage"}
    for change, status, sentence in REFUSED:
        desk.post("/quality/holds", **{**form, **change})
        assert (desk.status, sentence in desk.words) == (status, True), (change, desk.words[-400:])
    with app.app_context():
        assert db.session.execute(select(Hold.id)).first() is None


def test_who_may_not_hold_or_lift_is_told_so(app: Flask, site: given.Site) -> None:
    lot, bin_id, _number = a_promised_lot(app, site)
    picker = Desk.of(app, "picker")
    picker.get("/stock")
    assert "Hold</a>" not in picker.text
    picker.get(f"/quality/holds/new?lot={lot}")
    assert picker.status == 403
    boss = Desk.of(app, "boss")
    boss.get("/stock")
    boss.post("/quality/holds", key="k-1", lot=lot, bin=bin_id, scope="bin", reason="damage")
    boss.get("/stock")
    boss.post(f"/quality/holds/{only_hold(app)}/lift", reason="fine", password=PASSWORD)
    assert boss.status == 403


def test_pending_goods_are_released_or_rejected_with_reason_and_password(app: Flask, site: given.Site) -> None:
    with app.app_context():
        item = given.item()
        good, bad = given.lot(item, "GOOD"), given.lot(item, "BAD")
        for lot in (good, bad):
            given.stock(lot, site, "QUAR", 5, quality=Quality.PENDING)
        ids = {"GOOD": good.id, "BAD": bad.id}
    desk = Desk.of(app, "first")
    desk.get("/quality/pending")
    assert "GOOD" in desk.words and "BAD" in desk.words
    for name, verdict in (("GOOD", "released"), ("BAD", "rejected")):
        page = desk.get(f"/quality/pending/{ids[name]}")
        found = re.search(r'name="key" value="([^"]+)"', page)
        assert found
        desk.post(f"/quality/pending/{ids[name]}", key=found[1], to=verdict, reason="COA 17", password=PASSWORD)
        assert desk.status == 302
    desk.get("/quality/pending")
    assert "Nothing waits for a verdict." in desk.words
    desk.get("/stock?state=rejected")
    assert "BAD" in desk.words
    desk.post(f"/quality/pending/{ids['GOOD']}", key="another", to="rejected", reason="no", password=PASSWORD)
    assert (desk.status, "pending" in desk.words) == (409, True)
    boss = Desk.of(app, "boss")
    boss.get("/quality/pending")
    boss.post(f"/quality/pending/{ids['GOOD']}", key="x", to="released", reason="r", password=PASSWORD)
    assert boss.status == 403
