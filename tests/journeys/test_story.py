"""The main job, played in a browser: receiver, picker, two of quality, supervisor and shipping, from dock to truck.

Each screen is looked at as a person would, and the ledger is asked what truly stands where.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from tests import given
from tests.journeys.facts import stands
from tests.journeys.people import GS, Desk, Hand
from wms.core.ids import SYSTEM_USER
from wms.db import db, run_in_transaction
from wms.receiving import service as receiving
from wms.receiving.rules.commands import AnnouncedLine, CreateAsn

pytestmark = pytest.mark.browser

PASSWORD = "correct horse 1"
PIN = "271828"


@dataclass
class Story:
    """Who and what the story is about."""

    site: given.Site
    gtins: dict[str, dict[str, str]]
    order: str
    expires: str


@pytest.fixture
def story(live_app: Flask) -> Story:
    """A small warehouse: an ASN of milk and tea; an older lot of milk in A-01; an order for both."""
    from wms.accounts import passwords
    from wms.accounts.models import User

    today = datetime.now(UTC).date()
    with live_app.app_context():
        site, supplier = given.warehouse("SZ1"), given.partner("FARM")
        milk, tea, salt = given.item("MILK"), given.item("TEA"), given.item("SALT")
        old = given.lot(milk, "M-0", expires_in=(today - given.TODAY).days + 60)
        given.stock(old, site, "A-01", 20)
        lines = (AnnouncedLine(item=milk.id, quantity=given.q(48)), AnnouncedLine(item=tea.id, quantity=given.q(60)))
        asn = CreateAsn(warehouse=site.id, supplier=supplier.id, lines=lines, number="ASN-1")
        run_in_transaction(receiving.create_asn, asn, actor=SYSTEM_USER, at=datetime.now(UTC))
        given.order(site, [(milk, 30), (tea, 5)], number="SO-1001", ship_on=today + timedelta(days=1))
        given.user("admin", "administrator")
        people = {
            "rita": "receiver", "paul": "picker", "quinn": "quality", "quentin": "quality", "susan": "supervisor",
            "sam": "shipping",
        }  # fmt: skip
        for login, role in people.items():
            user_id = given.user(login, role, site=site)

            def set_badge(user_id: Any = user_id, login: str = login) -> None:
                user = db.session.get_one(User, user_id)
                user.badge_hash, user.pin_hash = passwords.hash_random(f"BDG{login}"), passwords.hash_password(PIN)

            run_in_transaction(set_badge)
        gtins = {item.sku: {unit.code: str(unit.gtin) for unit in item.pack_units} for item in (milk, tea, salt)}
        db.session.rollback()
    return Story(site, gtins, "SO-1001", (today + timedelta(days=200)).strftime("%y%m%d"))


def brought_to(app: Flask, code: str) -> dict[str, str]:
    """What the moves of the ledger brought to a place outside the walls, by lot."""
    from sqlalchemy import select

    from wms.sites.models import Bin
    from wms.stock.ledger.tables import StockMove
    from wms.stock.models import Lot

    sums: dict[str, Any] = {}
    with app.app_context():
        for lot, quantity in db.session.execute(
            select(Lot.number, StockMove.quantity)
            .join(Lot, Lot.id == StockMove.lot_id)
            .join(Bin, Bin.id == StockMove.target_bin_id)
            .where(Bin.code == code)
        ):
            sums[lot] = sums[lot] + quantity if lot in sums else quantity
        db.session.rollback()
    return {lot: str(quantity) for lot, quantity in sums.items()}


def test_one_lot_from_the_supplier_s_truck_to_the_customer_s(
    browser: Any, page: Any, handheld: Any, live_server: Any, live_app: Flask, story: Story
) -> None:
    desk, hand = Desk(page, live_server.url), Hand(handheld, live_server.url)
    register(hand, desk)
    receive(hand, story, live_app)
    shelf = put_away(hand, story, live_app)
    allocate(desk, story)
    pick_until_the_last_stop(hand, story, live_app, shelf)
    hold(desk, story)
    be_stopped(hand)
    lift(desk)
    find_again(desk, story)
    pick_the_rest(hand, story, live_app)
    ship(desk, story, live_app)
    assert not hand.faults, "\n".join(dict.fromkeys(hand.faults))


def register(hand: Hand, desk: Desk) -> None:
    """The administrator makes the handheld's browser a registered device."""
    hand.page.goto(f"{hand.url}/login")
    hand.page.keyboard.type("admin")
    hand.page.keyboard.press("Tab")
    hand.page.keyboard.type(PASSWORD)
    hand.page.keyboard.press("Enter")
    hand.page.wait_for_url(lambda url: "/login" not in url)
    hand.page.goto(f"{hand.url}/setup/devices")
    hand.page.fill("[name=name]", "Handheld 1")
    hand.page.check("[name=is_this_browser]")
    hand.page.click("form:has([name=is_this_browser]) button")
    hand.page.wait_for_selector("text=This browser is now a registered device.")
    hand.page.click("summary.person-name")
    hand.page.click("text=Log out")
    hand.page.wait_for_url("**/login")


def receive(hand: Hand, story: Story, app: Flask) -> None:
    """Milk by one scan of its GS1-128; wrong goods refused in red; tea by EAN-13 and a lot typed twice."""
    milk, tea, salt = story.gtins["MILK"], story.gtins["TEA"], story.gtins["SALT"]
    hand.log_in("BDGrita", PIN)
    hand.open("Receive")
    assert "ASN-1" in hand.text
    hand.scan("ASN-1")
    assert hand.step == "scan" and "MILK" in hand.text

    hand.scan(f"]C101{salt['ea']}17{story.expires}10S-1{GS}3012")
    assert hand.tone == "no" and hand.is_red, hand.text
    assert "MILK" in hand.message and "SALT" in hand.message, "what is needed and what was scanned"
    assert ("S-1", "DOCK") not in stands(app)

    hand.scan(f"]C101{milk['ea']}17{story.expires}10M-1{GS}3048")
    assert hand.tone == "yes" and not hand.is_red, hand.text
    assert "48" in hand.message and "M-1" in hand.message
    assert stands(app)["M-1", "DOCK"] == "48"

    hand.scan(tea["ea"][1:])
    assert hand.step == "lot"
    hand.type_in("T20261101A")
    assert "Say why" in hand.message, hand.text
    hand.tap("No label")
    assert hand.step == "lot_again" and "T20261101A" not in hand.text, "the second typing is read from the case again"
    hand.scan("T20261101B")
    assert hand.tone == "no" and hand.is_red
    hand.scan("T20261101A")
    assert hand.step == "expiry"
    hand.scan(f"20{story.expires}")
    assert hand.step == "quantity" and "60" in hand.text
    hand.scan("60")
    assert hand.tone == "yes", hand.text
    assert stands(app)["T20261101A", "DOCK"] == "60"
    hand.tap("Finish")
    assert "All came as announced" in hand.text
    hand.tap("Close receipt")
    assert hand.tone == "yes", hand.text


def put_away(hand: Hand, story: Story, app: Flask) -> dict[str, str]:
    """Each load to the bin the handheld names with its reason; a bin that is none is refused."""
    shelf: dict[str, str] = {}
    hand.open("Put away")
    for lot in ("M-1", "T20261101A"):
        hand.scan(lot)
        assert hand.step == "bin", hand.text
        suggested = hand.page.inner_text(".where")
        assert hand.page.inner_text(".note").strip(), "the reason of the bin"
        hand.scan("ZZ-99-9")
        assert hand.tone == "no" and "ZZ-99-9" in hand.message
        hand.scan(suggested)
        assert hand.tone == "yes" and suggested in hand.message, hand.text
        shelf[lot] = suggested
    assert shelf["M-1"] == "A-01", "where its elder sister stands"
    assert stands(app) == {("M-0", "A-01"): "20", ("M-1", "A-01"): "48", ("T20261101A", shelf["T20261101A"]): "60"}
    return shelf


def allocate(desk: Desk, story: Story) -> None:
    """The supervisor promises the order and releases it, by keyboard; the page says why which lot."""
    desk.log_in("susan", PASSWORD)
    desk.find(story.order)
    desk.sees(f"Order {story.order}", where="h1")
    desk.press("Allocate")
    desk.sees("Everything is promised.", where="#messages")
    desk.sees("Why this lot, and why not that one")
    assert "M-0" in desk.text and "M-1" in desk.text
    desk.press("Release to picking")
    desk.sees("is ready for a picker", where="#messages")


def pick_until_the_last_stop(hand: Hand, story: Story, app: Flask, shelf: dict[str, str]) -> None:
    """Bin, lot, quantity; the wrong bin and the wrong lot are refused."""
    hand.page.goto(f"{hand.url}/m/")
    hand.page.click("text=Switch person")
    hand.log_in("BDGpaul", PIN)
    hand.open("Pick")
    hand.scan(story.order)
    tea_at = shelf["T20261101A"]
    assert hand.step == "bin" and hand.page.inner_text(".where") == tea_at and "T20261101A" in hand.text, hand.text
    hand.scan("A-02")
    assert hand.tone == "no" and hand.is_red
    assert tea_at in hand.message and "A-02" in hand.message, "what is needed and what was scanned"
    hand.scan(tea_at)
    assert hand.step == "goods"
    hand.scan("T20261101A")
    assert hand.tone == "yes" and hand.step == "bin" and hand.page.inner_text(".where") == "A-01", hand.text
    assert stands(app)["T20261101A", "STAGE"] == "5"
    hand.scan("A-01")
    hand.scan("M-1")
    assert hand.step == "override" and hand.tone in ("no", "ask"), hand.text
    assert "M-0" in hand.message and "M-1" in hand.message, "what is needed and what was scanned"
    assert ("M-1", "STAGE") not in stands(app), "nothing moved"
    hand.tap("Back")
    hand.scan(f"01{story.gtins['MILK']['ea']}10M-0")
    assert hand.tone == "yes", hand.text
    assert stands(app)["M-0", "STAGE"] == "20"
    assert hand.step == "goods" and "M-1" in hand.text and "10" in hand.text, "the same bin is not scanned again"


def hold(desk: Desk, story: Story) -> None:
    """Quality finds the lot on the stock page, sees which orders a hold stops, and holds all of it."""
    desk.log_in("quinn", PASSWORD)
    desk.page.goto(f"{desk.url}/stock?lot=M-1")
    desk.press("Hold lot M-1")
    desk.sees("Hold", where="#panel h2")
    desk.tab_to("Whole lot")
    desk.sees("In every warehouse", where="#panel")  # what is asked of a whole lot alone
    desk.sees("48", where="#panel")
    desk.sees("Stops 1 order", where="#panel")
    desk.sees(story.order, where="#panel")
    desk.tab_to("Reason")
    desk.page.keyboard.type("Sus")
    desk.fill("Note", "Smells of smoke")
    desk.press("Hold lot")
    desk.sees("Held: 48. Orders stopped: 1.", where="#messages")
    desk.sees("You placed this hold; another permitted person must lift it.")


def be_stopped(hand: Hand) -> None:
    """The picker, who stands at the lot, is told so at the next scan, in red, and must say that it is understood."""
    hand.scan("M-1")
    assert hand.tone == "alarm" and hand.is_red, hand.text
    assert "M-1" in hand.message
    hand.scan("M-1")
    assert "Tap the red button first" in hand.text, hand.text
    hand.tap("Understood")
    hand.tap("Next stop")
    assert hand.step == "list", hand.text


def lift(desk: Desk) -> None:
    """A second person lifts it, with their password and a reason; a wrong password does not do."""
    desk.log_in("quentin", PASSWORD)
    desk.find("M-1")
    desk.sees("M-1", where="h1")
    desk.press("◆ Suspect")
    desk.sees("Lift the hold")
    desk.fill("Why it may be lifted", "Smoke came from the truck next door")
    desk.fill("Your password again", "not my password")
    desk.page.keyboard.press("Enter")
    desk.sees("password", where="#messages")
    desk.tab_to("Your password again", back=True)
    desk.page.keyboard.press("Control+a")
    desk.page.keyboard.type(PASSWORD)
    desk.page.keyboard.press("Enter")
    desk.sees("Lifted. It lay on 48.", where="#messages")


def find_again(desk: Desk, story: Story) -> None:
    """The supervisor sees what the hold stopped, and lets the rest be found again."""
    desk.log_in("susan", PASSWORD)
    desk.find(story.order)
    desk.sees(f"Order {story.order}", where="h1")
    desk.sees("of this order. “Find other stock”", where=".alert-danger")
    desk.press("Find other stock")
    desk.sees("Everything is promised.", where="#messages")


def pick_the_rest(hand: Hand, story: Story, app: Flask) -> None:
    """The picker finishes the list."""
    hand.open("Pick")
    if hand.step == "list":
        hand.scan(story.order)
    hand.scan("A-01")
    assert hand.step == "goods" and "M-1" in hand.text, hand.text
    hand.page.focus("#quantity")
    hand.page.keyboard.press("Control+a")
    hand.page.keyboard.type("11")
    hand.page.focus("#scan")
    hand.scan("M-1")
    assert hand.tone == "no" and "11" in hand.message and "10" in hand.message, hand.text
    hand.page.fill("#quantity", "10")
    hand.page.focus("#scan")
    hand.scan("M-1")
    assert hand.tone == "yes" and hand.step == "list" and "STAGE" in hand.message, hand.text
    assert stands(app) == {
        ("M-0", "STAGE"): "20", ("M-1", "STAGE"): "10", ("T20261101A", "STAGE"): "5", ("M-1", "A-01"): "38",
        ("T20261101A", "FACE"): "55",
    }  # fmt: skip


def ship(desk: Desk, story: Story, app: Flask) -> None:
    """Shipping confirms; the goods stand with the customer, and nothing is promised any more."""
    desk.log_in("sam", PASSWORD)
    desk.find(story.order)
    desk.sees(f"Order {story.order}", where="h1")
    desk.press("Open shipment")
    desk.sees("Shipment", where="h1")
    desk.fill("Number plate", "B-88231")
    desk.press("Ship")
    desk.sees("has left.", where="#messages")
    assert stands(app) == {("M-1", "A-01"): "38", ("T20261101A", "FACE"): "55"}
    assert brought_to(app, "CUSTOMER") == {"M-0": "20", "M-1": "10", "T20261101A": "5"}
    desk.find(story.order)
    desk.sees(f"Order {story.order}", where="h1")
    desk.sees("shipped", where=".facts")
