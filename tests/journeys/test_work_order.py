"""Ten control boards for one customer's order, played in a browser: planned, fed by scan, reported, corrected, closed, traced.

The line lead reports the chip lot that was meant, not the one that was used; the supervisor corrects it by counter-entry.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from tests import given
from tests.journeys.facts import stands
from tests.journeys.people import Desk, Hand
from wms.catalog.models import FefoGrade
from wms.core.ids import SYSTEM_USER
from wms.db import db, run_in_transaction

pytestmark = pytest.mark.browser

PASSWORD, PIN = "correct horse 1", "271828"


@dataclass
class Story:
    """Where a handheld's secret is."""

    secret: str


@pytest.fixture
def story(live_app: Flask) -> Story:
    """A line that makes boards of a print and a chip; one order that they are made for, another that wants some as well."""
    from wms.accounts import passwords
    from wms.accounts.models import User
    from wms.accounts.service import register_device

    at = datetime.now(UTC)
    left = (at.date() - given.TODAY).days
    with live_app.app_context():
        site = given.warehouse("SZ1")
        print_, chip = given.item("EA-PCB"), given.item("EA-MCU", fefo_grade=FefoGrade.FORBID)
        board = given.item("EA-CTRL", shelf_life_days=300)
        given.production_rule(board, is_output_pending=False)
        for item, number, bin_code, quantity, days in (
            (print_, "P-1", "A-01", 10, 300), (chip, "C-1", "A-02", 10, 100), (chip, "C-2", "A-02", 6, 200),
            (board, "B-OLD", "A-04", 5, 90),
        ):  # fmt: skip
            given.stock(given.lot(item, number, expires_in=left + days), site, bin_code, quantity)
        given.line(site, "SMT")
        reflow = {"name": "Reflow peak", "unit": "C", "min": "235", "max": "250"}
        given.bom(
            board, [(print_, 1), (chip, 1)],
            operations=[{"sequence": 10, "code": "SMT", "name_en": "Place and reflow", "parameters": [reflow]}],
        )  # fmt: skip
        for number, customer, quantity in (("SO-MINE", "Lift Works", 10), ("SO-OTHER", "Corner Shop", 8)):
            given.order(site, [(board, quantity)], number=number, customer=given.partner(number, name_en=customer))
        for login, role in (
            ("susan", "supervisor"), ("fay", "production"), ("lee", "production"), ("paul", "picker"),
        ):  # fmt: skip
            user_id = given.user(login, role, site=site)

            def set_badge(user_id: Any = user_id, login: str = login) -> None:
                user = db.session.get_one(User, user_id)
                user.badge_hash, user.pin_hash = passwords.hash_random(f"BDG{login}"), passwords.hash_password(PIN)

            run_in_transaction(set_badge)
        _device, secret = run_in_transaction(
            register_device, name="Hand", warehouse_id=site.id, actor=SYSTEM_USER, at=at
        )
        db.session.commit()
        return Story(secret)


def test_boards_are_made_for_an_order_a_wrong_lot_is_corrected_and_the_genealogy_is_whole(
    page: Any, handheld: Any, live_server: Any, live_app: Flask, story: Story
) -> None:
    from wms.accounts.sessions import DEVICE_COOKIE

    desk, hand = Desk(page, live_server.url), Hand(handheld, live_server.url)
    hand.page.context.add_cookies([{"name": DEVICE_COOKIE, "value": story.secret, "url": live_server.url}])
    hand.page.set_viewport_size({"width": 480, "height": 854})
    plan(desk)
    feed(hand, live_app)
    report(desk)
    made = number_of_what_was_made(live_app)
    assert made_of(live_app, made) == {"P-1": "10", "C-1": "10"}
    correct(desk, made)
    assert made_of(live_app, made) == {"P-1": "10", "C-1": "8", "C-2": "2"}, "by counter-entry, and written anew"
    bring_back(hand)
    close(desk)
    look_at_the_genealogy(desk, made)
    be_refused_what_is_made_for_another(desk, hand, made)
    assert stands(live_app) == {
        ("C-1", "A-02"): "2", ("C-2", "A-02"): "4", ("B-OLD", "A-04"): "5", (made, "SMT-OUT"): "10",
    }  # fmt: skip
    assert not hand.faults, "\n".join(dict.fromkeys(hand.faults))


def number_of_what_was_made(app: Flask) -> str:
    """The number that the rule gave to the lot of the report."""
    from wms.production.models import ReportOutput
    from wms.stock.models import Lot

    with app.app_context():
        number = db.session.execute(select(Lot.number).join(ReportOutput, ReportOutput.lot_id == Lot.id)).scalar_one()
        db.session.rollback()
    return str(number)


def made_of(app: Flask, number: str) -> dict[str, str]:
    """What the genealogy says went into a lot."""
    from sqlalchemy.orm import aliased

    from wms.stock.models import Lot, LotLink

    source, target = aliased(Lot), aliased(Lot)
    with app.app_context():
        rows = db.session.execute(
            select(source.number, LotLink.source_quantity)
            .join(source, source.id == LotLink.source_lot_id)
            .join(target, target.id == LotLink.target_lot_id)
            .where(target.number == number, LotLink.voided_seq.is_(None))
        ).all()
        db.session.rollback()
    return {lot: str(quantity) for lot, quantity in rows}


def plan(desk: Desk) -> None:
    """The supervisor plans from the customer's order, and releases: the lots are bound by policy."""
    desk.log_in("susan", PASSWORD)
    desk.find("SO-MINE")
    desk.sees("Order SO-MINE", where="h1")
    desk.press("Plan work order for line 1")
    desk.sees("Plan work order", where="h1")
    desk.sees("SO-MINE", where="main")
    desk.fill("Planned quantity", "10")
    desk.fill("Number", "WO-1")
    desk.press("Plan work order")
    desk.sees("Work order WO-1", where="h1")
    desk.press("Release to the line")
    desk.sees("Take release back")
    for lot in ("P-1", "C-1"):
        desk.sees(lot, where="main td a.code")


def feed(hand: Hand, app: Flask) -> None:
    """From bin to bin; the chip of the other lot is refused in red; some more are brought because some fell."""
    hand.log_in("BDGfay", PIN)
    hand.open("Issue")
    hand.scan("WO-1")
    hand.scan("A-01")
    hand.scan("P-1")
    hand.scan("10")
    assert hand.tone == "yes" and "A-02" in hand.text, hand.text
    hand.scan("A-02")
    hand.scan("C-2")
    if hand.step == "quantity":
        hand.scan("10")
    assert hand.tone == "no" and hand.is_red and "C-1" in hand.message and "C-2" in hand.message, hand.text
    assert ("C-2", "SMT") not in stands(app)
    hand.tap("Back")
    hand.scan("A-02")
    hand.scan("C-1")
    hand.scan("10")
    assert hand.tone == "yes" and "Everything is there" in hand.message, hand.text
    hand.tap("Return, more")
    hand.tap("More than planned")
    hand.scan("A-02")
    hand.scan("C-2")
    hand.scan("4")
    assert hand.step == "reason", hand.text
    hand.type_in("Two fell")
    assert hand.tone == "yes", hand.text
    standing = stands(app)
    assert (standing["P-1", "SMT"], standing["C-1", "SMT"], standing["C-2", "SMT"]) == ("10", "10", "4")


def report(desk: Desk) -> None:
    """The line lead reports at the desk what was made, and the chips that were meant."""
    desk.log_in("lee", PASSWORD)
    desk.press("Production")
    desk.sees("Work orders", where="h1")
    desk.press("WO-1")
    desk.sees("Work order WO-1", where="h1")
    desk.press("Report production")
    desk.sees("Report on WO-1", where="h1")
    desk.page.fill("[name=made]", "10")
    desk.page.fill("[data-lot='C-2'] [name^='used.']", "")
    desk.fill("Reflow peak", "244")
    desk.press("Report")
    desk.sees("Production report", where="h1")
    desk.sees("within", where="main")
    assert desk.page.locator("text=Correct").count() == 0, "who reports does not correct"


def correct(desk: Desk, made: str) -> None:
    """Two of the other reel were used: the supervisor takes the report back and writes it anew; the page says what it touched."""
    desk.log_in("susan", PASSWORD)
    desk.press("Production")
    desk.sees("Work orders", where="h1")
    desk.press("Production reports")
    desk.sees("Production reports", where="h1")
    desk.page.click("main td a.code >> nth=0")
    desk.sees("Production report", where="h1")
    desk.press("Correct")
    desk.sees("Correct report", where="h1")
    desk.sees(made, where="main table")
    desk.page.fill(".report-lot:has-text('C-1') [name^='used.']", "8")
    desk.page.fill(".report-lot:has-text('C-2') [name^='used.']", "2")
    desk.fill("Why it is corrected", "Two fell, and came of the next reel")
    desk.press("Correct the report")
    desk.sees("Production report", where="h1")
    desk.sees("came of the next reel", where="main")
    desk.sees("What the error touched", where="h2")
    desk.sees(made, where="main table")


def bring_back(hand: Hand) -> None:
    """What was not used goes back to its shelf."""
    hand.tap("Return, more")
    hand.tap("Bring back")
    for lot in ("C-1", "C-2"):
        hand.scan(lot)
        assert hand.step == "back_quantity", hand.text
        hand.scan("2")
        hand.scan("A-02")
        assert hand.tone == "yes" and "A-02" in hand.message and lot in hand.message, hand.text


def close(desk: Desk) -> None:
    """The lead says that nothing more is made; the supervisor finds that everything agrees, and closes."""
    desk.log_in("lee", PASSWORD)
    desk.press("Production")
    desk.sees("Work orders", where="h1")
    desk.press("WO-1")
    desk.sees("Work order WO-1", where="h1")
    desk.press("Complete")
    desk.sees("Check and close")
    desk.log_in("susan", PASSWORD)
    desk.press("Production")
    desk.sees("Work orders", where="h1")
    desk.press("WO-1")
    desk.press("Check and close")
    desk.sees("Close work order WO-1", where="h1")
    desk.sees("Everything agrees.")
    desk.press("Close work order")
    desk.sees("closed", where="main")


def look_at_the_genealogy(desk: Desk, made: str) -> None:
    """The lot page and the trace page say the same: what is in it, and of which report."""
    desk.find(made)
    desk.sees("Several things are called exactly")  # the lot has the number of its work order: both are found
    desk.page.click("main a.code[href*='/lots/'], main a[href*='/lots/']")
    desk.sees(made, where="h1")
    for lot in ("P-1", "C-1", "C-2"):
        desk.sees(lot, where="main a")
    desk.press("Work order")
    desk.sees("Work order WO-1", where="h1")
    desk.page.click("a[href*='kind=work_order']")
    desk.sees("Trace of WO-1", where="h1")
    desk.sees(made, where="main")
    desk.press("Backward: where from")
    desk.press("Table")
    for lot in ("P-1", "C-1", "C-2"):
        desk.sees(lot, where="main td a.code")


def be_refused_what_is_made_for_another(desk: Desk, hand: Hand, made: str) -> None:
    """The other order gets the old lot alone: the page says for whom the new one is made, and a picker who takes it is refused."""
    desk.find("SO-OTHER")
    desk.sees("Order SO-OTHER", where="h1")
    desk.press("Allocate")
    desk.sees("B-OLD", where="main td a.code")
    desk.sees("Made for order SO-MINE, and for no other", where="main td")
    desk.press("Release to picking")
    desk.sees("Pick lists", where="h2")
    hand.page.goto(f"{hand.url}/m/")
    hand.page.click("text=Switch person")
    hand.log_in("BDGpaul", PIN)
    hand.open("Pick")
    hand.scan("SO-OTHER")
    hand.scan("A-04")
    hand.scan(made)
    assert hand.tone == "no" and hand.is_red and made in hand.message, hand.text
