"""Glass in a cake, played in a browser: a complaint becomes a recall that stops, holds, tells, takes back and is accounted for.

Who opened it does not approve it; the second person reads Simplified Chinese, and closes it with a reason for what is lost.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import expect
from sqlalchemy import select, update

from tests import given
from tests.journeys.facts import stands
from tests.journeys.people import Desk, Hand
from wms.core.ids import SYSTEM_USER
from wms.db import db, run_in_transaction

pytestmark = pytest.mark.browser

PASSWORD = "correct horse 1"
CHINESE = "zh_Hans_CN"


@dataclass
class Words:
    """What the pages say in Simplified Chinese."""

    app: Flask

    def __call__(self, english: str, **values: Any) -> str:
        from flask_babel import force_locale, gettext

        with self.app.test_request_context(), force_locale(CHINESE):
            return gettext(english, **values)


@pytest.fixture
def zh(live_app: Flask) -> Words:
    """A lot of which six went to a shop yesterday and five are to be picked for another; two people of quality, a picker."""
    from wms.accounts.models import User
    from wms.picking import service as picking

    now = datetime.now(UTC)
    left = (now.date() - given.TODAY).days
    with live_app.app_context():
        site = given.warehouse("SZ1")
        cake = given.item("CAKE", standard_cost=3)
        given.stock(given.lot(cake, "L-77", expires_in=left + 50), site, "A-01", 30)
        shop = given.partner("SHOP", name_en="Corner Shop", is_customer=True, recall_contact="Ms Li", phone="+86 1")
        given.shipped(site, [(cake, 6)], at=now - timedelta(days=1), customer=shop)
        order = given.order(site, [(cake, 5)], number="SO-2", customer=given.partner("CAFE", name_en="Night Café"))
        run_in_transaction(picking.allocate_order, order, actor=SYSTEM_USER, at=now)
        run_in_transaction(picking.release_order, order, actor=SYSTEM_USER, at=now)
        for login, role in (("quinn", "quality"), ("quentin", "quality"), ("paul", "picker")):
            given.user(login, role, site=site)
        db.session.execute(update(User).where(User.login == "quentin").values(language=CHINESE))
        db.session.commit()
    return Words(live_app)


def test_a_complaint_becomes_a_recall_that_is_accounted_for_to_the_last_piece(
    page: Any, handheld: Any, live_server: Any, live_app: Flask, zh: Words
) -> None:
    desk, hand = Desk(page, live_server.url), Hand(handheld, live_server.url)
    hand.page.set_viewport_size({"width": 480, "height": 854})
    go_to_the_shelf(hand)
    complain(desk)
    address = open_and_stop(desk)
    freeze(desk)
    assert held(live_app) == "0", "looking and freezing holds nothing"
    place(desk)
    assert held(live_app) == "24"
    be_stopped(hand)
    approve_in_chinese(desk, address, zh)
    tell(desk, address, live_app)
    take_back(desk, address)
    assert held(live_app) == "28", "what came back is held as it comes in"
    report(desk, address)
    prepare(desk, address)
    close_in_chinese(desk, address, zh)
    assert stands(live_app) == {("L-77", "A-01"): "24", ("L-77", "CAGE"): "4"}
    assert figures(live_app) == {"shipped": "6", "recovered": "4", "confirmed": "1", "outstanding": "1"}
    assert not hand.faults, "\n".join(dict.fromkeys(hand.faults))


def held(app: Flask) -> str:
    """How much lies under a hold."""
    from sqlalchemy import func

    from wms.core.ids import NO_HOLDS
    from wms.core.quantity import ZERO
    from wms.stock.ledger.tables import StockBalance

    with app.app_context():
        amount = db.session.execute(
            select(func.sum(StockBalance.on_hand)).where(StockBalance.hold_set_id != NO_HOLDS)
        ).scalar()
        db.session.rollback()
    return str(amount or ZERO)


def figures(app: Flask) -> dict[str, str]:
    """What went out, and what is known of it."""
    from wms.recall.models import Recall
    from wms.recall.queries import outside

    with app.app_context():
        (total,) = outside.outside_of(db.session.execute(select(Recall.id)).scalar_one()).totals
        db.session.rollback()
    return {name: str(getattr(total, name)) for name in ("shipped", "recovered", "confirmed", "outstanding")}


def go_to_the_shelf(hand: Hand) -> None:
    """The picker stands before the lot with his list."""
    hand.log_in_by_name("paul", PASSWORD)
    hand.open("Pick")
    if hand.step == "list":
        hand.scan("SO-2")
    hand.scan("A-01")
    assert hand.step == "goods" and "L-77" in hand.text, hand.text


def complain(desk: Desk) -> None:
    """Quality takes the shop's complaint down, with the lot that stands on the label."""
    desk.log_in("quinn", PASSWORD)
    desk.press("Complaints")
    desk.sees("Complaints", where="h1")
    desk.press("New complaint")
    desk.sees("New complaint", where="h1")
    desk.fill("Scan or type a lot, unit, LPN, order or shipment", "L-77")
    desk.press("Look up")
    desk.sees("CAKE", where="main p")
    desk.page.select_option("#f-customer", label=desk.page.inner_text("#f-customer option:has-text('Corner Shop')"))
    desk.fill("Quantity", "1")
    desk.fill("What is wrong, in the customer's words", "A splinter of glass in the cake")
    desk.press("Take it down")
    desk.sees("Complaint ", where="h1")
    desk.sees("A splinter of glass", where="main")


def open_and_stop(desk: Desk) -> str:
    """One step from the complaint to the recall, signed; the first thing is to stop."""
    desk.press("Open a recall")
    desk.sees("Open a recall", where="h1")
    desk.page.select_option("#f-class_code", "food")
    desk.tab_to("Reason")
    desk.page.keyboard.press("Control+a")
    desk.page.keyboard.type("Glass in a cake")
    desk.fill("Your password again", PASSWORD)
    desk.press("Open the recall")
    desk.sees("Recall ", where="h1")
    desk.sees("Glass in a cake", where="main")
    desk.press("Stop shipping, call trucks back")
    desk.sees("Look at the scope and freeze it")
    return str(desk.page.url).split("#")[0]


def freeze(desk: Desk) -> None:
    """What a hold would stop and cost is shown before; then the scope is frozen as a version with its reason."""
    desk.press("Look at the scope and freeze it")
    desk.sees("Scope of", where="h1")
    for words in ("1 lot found", "Stops 1 order", "Night Café", "Worth 72.00"):
        desk.sees(words, where="main")
    desk.fill("Why this scope", "All of the lot")
    desk.press("Freeze as version 1")
    desk.sees("Hold 1 lot everywhere")


def place(desk: Desk) -> None:
    """One press holds it wherever it is."""
    desk.press("Hold 1 lot everywhere")
    desk.sees("Held: 1", where="#messages")
    desk.sees("24", where=".recall-tiles")


def be_stopped(hand: Hand) -> None:
    """The picker whose list had the lot is refused in red."""
    hand.scan("L-77")
    assert hand.tone == "alarm" and hand.is_red and "L-77" in hand.message, hand.text
    hand.tap("Understood")


def approve_in_chinese(desk: Desk, address: str, zh: Words) -> None:
    """Who opened it is told that another approves; the other does, by signature."""
    desk.press("Approve")
    desk.sees("You opened it: another person approves.")
    desk.log_in("quentin", PASSWORD)
    desk.page.goto(address)
    assert desk.page.get_attribute("html", "lang") == "zh-Hans-CN"
    desk.sees(zh("Recall %(number)s", number="").strip(), where="h1")
    desk.press(zh("Approve"))
    desk.page.fill("#f-approve-reason", "范围无误")
    desk.page.fill("#f-approve-password", PASSWORD)
    desk.page.keyboard.press("Enter")
    desk.sees("范围无误", where="main")


def tell(desk: Desk, address: str, app: Flask) -> None:
    """The notices are written to all who were not told; the page looks on while the job draws their letters."""
    from wms.jobs import runner, schedule

    desk.log_in("quinn", PASSWORD)
    desk.page.goto(address)
    desk.press("Write to the customers")
    desk.sees("customers and notices", where="h1")
    desk.sees("Corner Shop", where="main td")
    desk.press("Send the notices")
    desk.sees("0 of 1 letters drawn")
    with app.app_context():
        assert runner.run_now(schedule.get("recall_letters")).result["drawn"] == 1
    desk.sees("1 of 1 told")


def take_back(desk: Desk, address: str) -> None:
    """Four come back into the cage, one was eaten, and the shop says that it took the rest off the shelf."""
    desk.page.goto(address)
    desk.press("Corner Shop")
    desk.sees("Corner Shop", where="h1")
    desk.fill("Quantity", "4")
    desk.page.select_option("#f-bin_code", "CAGE")
    desk.press("Take goods back")
    desk.sees("Taken back, and held: 4", where="#messages")
    desk.press("Customer confirms: used or destroyed")
    form = "form[action$='/confirmations']"
    desk.page.select_option(f"{form} [name=fate]", "used")
    desk.page.fill(f"{form} [name=quantity]", "1")
    desk.page.fill(f"{form} [name=said_by]", "Ms Li")
    desk.page.keyboard.press("Enter")
    desk.sees("Ms Li", where="main td")
    desk.press("Effectiveness check")
    desk.page.select_option("form[action$='/checks'] [name=result]", "effective")
    method = desk.page.locator("form[action$='/checks'] [name=method]")
    method.fill("telephone")
    desk.page.keyboard.press("Enter")
    expect(method).to_have_value("")  # the page came anew: it is written down
    desk.page.wait_for_load_state("networkidle")


def report(desk: Desk, address: str) -> None:
    """The first report is signed."""
    desk.page.goto(address)
    desk.sees("1 ea", where="tfoot")
    if not desk.page.locator("#f-report-note").is_visible():
        desk.press("Sign a progress report")
    desk.page.fill("#f-report-note", "Four of six are back")
    desk.page.fill("#f-report-password", PASSWORD)
    desk.page.keyboard.press("Enter")
    desk.sees("Recall reports", where="h2")


def prepare(desk: Desk, address: str) -> None:
    """The closing report is refused while a piece is outstanding and nobody says why; who prepared it does not close by it."""
    desk.page.goto(address)
    unfold(desk, "Prepare the closing report", "#f-prepare-password")
    desk.page.fill("#f-prepare-password", PASSWORD)
    desk.page.keyboard.press("Enter")
    desk.sees("1 ea outstanding", where="#messages .alert-danger")
    desk.page.fill("#f-prepare-reason", "一块已无法找到")
    desk.page.fill("#f-prepare-password", PASSWORD)
    desk.page.keyboard.press("Enter")
    desk.sees("The closing report is prepared.", where="#messages")
    unfold(desk, "Close the recall", "text=You prepared the closing report")
    desk.sees("You prepared the closing report: another person closes.")


def unfold(desk: Desk, words: str, sight: str) -> None:
    """Open a part of the page that may be open already."""
    if not desk.page.locator(sight).first.is_visible():
        desk.page.click(f"summary:has-text('{words}')")


def close_in_chinese(desk: Desk, address: str, zh: Words) -> None:
    """Another person reads what was prepared, and closes by signature; the report is a PDF."""
    desk.log_in("quentin", PASSWORD)
    desk.page.goto(address)
    unfold(desk, zh("Close the recall"), "#f-end-password")
    desk.sees("一块已无法找到", where="main")
    desk.page.fill("#f-end-password", PASSWORD)
    desk.page.keyboard.press("Enter")
    desk.sees(zh("Recall %(number)s is closed.", number="RC-2026-0001"), where="#messages")
    desk.sees("一块已无法找到", where="main")
    paper = desk.page.get_attribute("main li a[href*='report.pdf'] >> nth=0", "href")
    answer = desk.page.request.get(desk.url + paper)
    assert answer.status == 200 and answer.body().startswith(b"%PDF")
