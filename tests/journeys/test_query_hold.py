"""Everything of one supplier that came in these days, held at once: looked at, placed, met by the picker, lifted by another.

Quality sees orders, customers and money before anything is held; who places a hold does not lift it.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask

from tests import given
from tests.journeys.facts import stands
from tests.journeys.people import Desk, Hand
from wms.core.ids import SYSTEM_USER
from wms.db import db, run_in_transaction

pytestmark = pytest.mark.browser

PASSWORD = "correct horse 1"


@dataclass
class Story:
    """The first and the last day that are asked, the bin and the lot of the picker's first stop."""

    first: str
    last: str


@pytest.fixture
def story(live_app: Flask) -> Story:
    """Three lots of a dairy, one of them from before; a lot of another; two orders promised, one of them in picking."""
    from wms.picking import service as picking

    now = datetime.now(UTC)
    today, left = now.date(), (now.date() - given.TODAY).days
    with live_app.app_context():
        site = given.warehouse("SZ1")
        dairy, farm = given.partner("DAIRY", name_en="Bad & Sons"), given.partner("FARM", name_en="Good Farm")
        milk = given.item("MILK", standard_cost=Decimal("2.5"))
        for number, supplier, age, life in (
            ("D-OLD", dairy, 40, 90), ("D-1", dairy, 3, 30), ("D-2", dairy, 2, 40), ("F-1", farm, 2, 200),
        ):  # fmt: skip
            lot = given.lot(
                milk, number, supplier=supplier.id, expires_in=left + life, received_on=today - timedelta(days=age)
            )
            bin_code = {"D-OLD": "A-03", "D-1": "A-01", "D-2": "A-02", "F-1": "A-04"}[number]
            given.stock(lot, site, bin_code, 20)
        for number, customer, quantity in (("SO-1", "Corner Shop", 12), ("SO-2", "Night Café", 16)):
            shop = given.partner(number, name_en=customer)
            order = given.order(site, [(milk, quantity)], number=f"{number}", customer=shop, ship_on=today)
            run_in_transaction(picking.allocate_order, order, actor=SYSTEM_USER, at=now)
            if number == "SO-1":
                run_in_transaction(picking.release_order, order, actor=SYSTEM_USER, at=now)
        for login, role in (("paul", "picker"), ("quinn", "quality"), ("quentin", "quality"), ("susan", "supervisor")):
            given.user(login, role, site=site)
        db.session.rollback()
    return Story((today - timedelta(days=7)).isoformat(), today.isoformat())


def test_all_of_one_supplier_is_held_at_once_and_lifted_by_a_second_person(
    page: Any, handheld: Any, live_server: Any, live_app: Flask, story: Story
) -> None:
    desk, hand = Desk(page, live_server.url), Hand(handheld, live_server.url)
    hand.page.set_viewport_size({"width": 480, "height": 854})
    go_to_the_shelf(hand)
    look(desk, story)
    assert held(live_app) == {}, "looking holds nothing"
    place(desk)
    assert held(live_app) == {"D-1": "20", "D-2": "20"}, "not what came before those days, nor of another supplier"
    be_stopped(hand)
    refuse_who_placed_it(desk)
    lift(desk)
    assert held(live_app) == {}
    assert stands(live_app) == {
        ("D-OLD", "A-03"): "20",
        ("D-1", "A-01"): "20",
        ("D-2", "A-02"): "20",
        ("F-1", "A-04"): "20",
    }
    assert not hand.faults, "\n".join(dict.fromkeys(hand.faults))


def held(app: Flask) -> dict[str, str]:
    """How much of each lot lies under a hold."""
    from sqlalchemy import func, select

    from wms.core.ids import NO_HOLDS
    from wms.stock.ledger.tables import StockBalance
    from wms.stock.models import Lot

    with app.app_context():
        rows = db.session.execute(
            select(Lot.number, func.sum(StockBalance.on_hand))
            .join(Lot, Lot.id == StockBalance.lot_id)
            .where(StockBalance.hold_set_id != NO_HOLDS, StockBalance.on_hand > given.q(0))
            .group_by(Lot.number)
        ).all()
        db.session.rollback()
    return {lot: str(amount) for lot, amount in rows}


def go_to_the_shelf(hand: Hand) -> None:
    """The picker stands at the first bin of the order."""
    hand.log_in_by_name("paul", PASSWORD)
    hand.open("Pick")
    if hand.step == "list":
        hand.scan("SO-1")
    hand.scan("A-01")
    assert hand.step == "goods" and "D-1" in hand.text, hand.text


def look(desk: Desk, story: Story) -> None:
    """Quality asks for a supplier and the days of receipt, and sees what that would stop before anything is held."""
    desk.log_in("quinn", PASSWORD)
    desk.press("Quality")
    desk.sees("Quality", where="h1")
    desk.press("Hold many at once")
    desk.sees("Hold many at once", where="h1")
    desk.fill("Supplier", "DAIRY")
    desk.page.fill("#f-received_from", story.first)
    desk.page.fill("#f-received_until", story.last)
    desk.press("Look what it would stop")
    desk.sees("2 lots · 2 places")
    desk.sees("Stops 2 orders")
    for words in ("2 customers", "SO-1", "Corner Shop", "SO-2", "Night Café", "Worth 100.00"):
        desk.sees(words)


def place(desk: Desk) -> None:
    """She holds it as she looked at it, and is told that another must lift it."""
    desk.fill("Reason", "Sus")
    desk.fill("Note", "Glass was found at the dairy")
    desk.press("Hold 2 lots")
    desk.sees("holds 2 lots in 2 places. Orders stopped: 2.", where="#messages")
    desk.sees("You placed this hold; another permitted person must lift it.")


def be_stopped(hand: Hand) -> None:
    """The picker's next scan is refused in red with the reason, and nothing moves."""
    hand.scan("D-1")
    assert hand.tone == "alarm" and hand.is_red, hand.text
    assert "D-1" in hand.message, hand.text
    hand.tap("Understood")


def refuse_who_placed_it(desk: Desk) -> None:
    """The page gives who placed it no form to lift it; another person finds it among the holds."""
    assert desk.page.locator("text=Your password again").count() == 0
    desk.log_in("susan", PASSWORD)
    desk.find("SO-1")
    desk.sees("Order SO-1", where="h1")
    desk.sees("of this order. “Find other stock”", where=".alert-danger")


def lift(desk: Desk) -> None:
    """A second person lifts all of it, with a reason and the password again; a wrong password does not do."""
    desk.log_in("quentin", PASSWORD)
    desk.press("Quality")
    desk.sees("Quality", where="h1")
    desk.press("All holds")
    desk.sees("All that matches")
    desk.press("Lift")
    desk.sees("Hold case", where="h1")
    desk.fill("Which holds", "All")
    desk.fill("Why it may be lifted", "The dairy named other lots")
    desk.fill("Your password again", "not my password")
    desk.page.keyboard.press("Enter")
    desk.sees("password", where="#messages")
    desk.tab_to("Your password again", back=True)
    desk.page.keyboard.press("Control+a")
    desk.page.keyboard.type(PASSWORD)
    desk.page.keyboard.press("Enter")
    desk.sees("Lifted: 2 holds. Still standing: 0.", where="#messages")
    desk.sees("Quentin · Lifted", where="main")
