"""A supplier's lot code read wrongly at the dock: asked about, taken in all the same, and set right by counter-entry.

Nothing is rubbed out: the wrong line stays on the receipt, crossed out with the reason, and the lot tells both moves.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from tests import given
from tests.journeys.facts import stands
from tests.journeys.people import Desk, Hand
from wms.core.ids import SYSTEM_USER
from wms.db import db, run_in_transaction
from wms.gs1.dates import last_day_of_life

pytestmark = pytest.mark.browser

PASSWORD = "correct horse 1"


@dataclass
class Story:
    """The label of the carton with item and date, the lot that is stamped beside it, and what tired eyes make of that."""

    label: str
    right: str
    wrong: str
    expires: date


@pytest.fixture
def story(live_app: Flask) -> Story:
    """Tea that keeps twelve months; the supplier's codes begin with the day it was packed, then the line; 48 are announced."""
    from wms.numbering import service as numbers
    from wms.receiving import service as receiving
    from wms.receiving.rules.commands import AnnouncedLine, CreateAsn

    now = datetime.now(UTC)
    made = now.date() - timedelta(days=20)
    with live_app.app_context():
        site, garden = given.warehouse("SZ1"), given.partner("GARDEN")
        tea = given.item("TEA", shelf_life_days=None, shelf_life_months=12)
        run_in_transaction(
            numbers.create_pattern, numbers.PatternValues(supplier=garden.id, template="{YYMMDD}{LINE:1}")
        )
        line = AnnouncedLine(item=tea.id, quantity=given.q(48))
        asn = CreateAsn(warehouse=site.id, supplier=garden.id, lines=(line,), number="ASN-1")
        run_in_transaction(receiving.create_asn, asn, actor=SYSTEM_USER, at=now)
        for login, role in (("rita", "receiver"), ("susan", "supervisor"), ("quinn", "quality")):
            given.user(login, role, site=site)
        gtin = next(unit.gtin for unit in tea.pack_units if unit.code == "ea")
        db.session.rollback()
    wrong, expires = made - timedelta(days=9), last_day_of_life(made, months=12)
    return Story(f"]C101{gtin}17{expires:%y%m%d}", f"{made:%y%m%d}A", f"{wrong:%y%m%d}A", expires)


def test_a_lot_code_read_wrongly_is_taken_back_and_received_again(
    page: Any, handheld: Any, live_server: Any, live_app: Flask, story: Story
) -> None:
    desk, hand = Desk(page, live_server.url), Hand(handheld, live_server.url)
    hand.page.set_viewport_size({"width": 480, "height": 854})
    hand.log_in_by_name("rita", PASSWORD)
    receive_wrongly(hand, story)
    assert stands(live_app) == {(story.wrong, "DOCK"): "48"}
    take_it_back(desk, story)
    assert stands(live_app) == {}
    receive_again(hand, story)
    assert stands(live_app) == {(story.right, "DOCK"): "48"}
    read_the_history(desk, story)
    correct_the_lot(desk, story)
    assert not hand.faults, "\n".join(dict.fromkeys(hand.faults))


def receive_wrongly(hand: Hand, story: Story) -> None:
    """She types the code with a wrong day; the date on the label does not fit it, which is asked, and she says yes."""
    hand.open("Receive")
    hand.scan("ASN-1")
    hand.scan(story.label)
    assert hand.step == "lot", hand.text
    hand.type_in(story.wrong)
    hand.tap("Label damaged")
    assert hand.step == "question" and hand.tone == "ask", hand.text
    assert story.expires.isoformat() in hand.message and story.wrong in hand.message, "what the label and the code say"
    hand.tap("Yes")
    assert hand.step == "lot_again", "a typed lot is read from the carton twice"
    hand.type_in(story.wrong)
    count(hand, story.wrong)


def count(hand: Hand, lot: str) -> None:
    """Forty-eight are there."""
    assert hand.step == "quantity", hand.text
    hand.scan("48")
    assert hand.tone == "yes" and lot in hand.message, hand.text


def take_it_back(desk: Desk, story: Story) -> None:
    """The supervisor compares with the carton and takes the line back, with the reason."""
    desk.log_in("susan", PASSWORD)
    desk.find("ASN-1")
    desk.sees("ASN-1", where="h1")
    desk.page.click("main a.code[href*='/receipts/']")
    desk.sees("Receipt", where="h1")
    desk.sees(story.wrong, where="table")
    desk.press("Take back")
    desk.fill("Why", f"The carton says {story.right}")
    desk.press("Take back")
    desk.sees("Taken back: one line.", where="#messages")
    desk.sees("taken back", where="tr.is-reversed")


def receive_again(hand: Hand, story: Story) -> None:
    """The same goods; this time she finds the code as a barcode. Code and date agree, and nothing is asked."""
    hand.open("Receive")
    hand.scan("ASN-1")
    assert hand.step == "scan" and "0 / 48" in hand.text, hand.text
    hand.scan(story.label)
    hand.scan(story.right)
    count(hand, story.right)


def read_the_history(desk: Desk, story: Story) -> None:
    """Both lines stand on the receipt; the wrong lot tells how it came and went."""
    desk.page.reload()
    desk.sees(story.right, where="table")
    desk.sees(f"The carton says {story.right}", where="tr.is-reversed")
    desk.find(story.wrong)
    desk.sees(f"Lot {story.wrong}", where="h1")
    desk.sees("Nothing of this lot stands anywhere now.")
    desk.sees(f"The carton says {story.right}", where="#events ~ div")


def correct_the_lot(desk: Desk, story: Story) -> None:
    """Quality adds the country, which nobody had noted: who, when, from what to what, and why stay on the lot."""
    desk.log_in("quinn", PASSWORD)
    desk.find(story.right)
    desk.sees(f"Lot {story.right}", where="h1")
    desk.press("Change lot")
    desk.press("Correct days and codes")
    desk.sees("Correct lot", where="h1")
    desk.fill("Country", "CN")
    desk.fill("Reason", "It stands on the carton")
    desk.press("Correct lot")
    desk.sees(f"Lot {story.right}", where="h1")
    desk.sees("It stands on the carton", where="#events ~ div")
