"""Devices with a serial each, played in a browser: three come by their labels, one of them wrong; two leave by name."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from tests import given
from tests.journeys.people import GS, Desk, Hand
from wms.core.ids import SYSTEM_USER
from wms.db import db, run_in_transaction
from wms.picking import service as picking
from wms.receiving import service as receiving
from wms.receiving.rules.commands import AnnouncedLine, CreateAsn

pytestmark = pytest.mark.browser

PASSWORD, PIN = "correct horse 1", "271828"


@dataclass
class Story:
    """The device's GTIN, its last good day, where a handheld's secret is."""

    site: given.Site
    item: Any
    gtin: str
    expires: str
    secret: str

    def label(self, serial: str, lot: str = "L7") -> str:
        """What the scanner sends of the label on a device."""
        return f"]d201{self.gtin}17{self.expires}10{lot}{GS}21{serial}"


@pytest.fixture
def story(live_app: Flask) -> Story:
    """A warehouse that expects three devices; a receiver, a picker, a shipper; a registered handheld."""
    from wms.accounts import passwords
    from wms.accounts.models import User
    from wms.accounts.service import register_device

    at = datetime.now(UTC)
    with live_app.app_context():
        site, supplier = given.warehouse("SZ1"), given.partner("MAKER")
        item = given.item("DEV-1", has_unit_ids=True)
        asn = CreateAsn(
            warehouse=site.id, supplier=supplier.id, number="ASN-1",
            lines=(AnnouncedLine(item=item.id, quantity=given.q(3)),),
        )  # fmt: skip
        run_in_transaction(receiving.create_asn, asn, actor=SYSTEM_USER, at=at)
        for login, role in (("rita", "receiver"), ("paul", "picker"), ("sam", "shipping")):
            user_id = given.user(login, role, site=site)

            def set_badge(user_id: Any = user_id, login: str = login) -> None:
                user = db.session.get_one(User, user_id)
                user.badge_hash, user.pin_hash = passwords.hash_random(f"BDG{login}"), passwords.hash_password(PIN)

            run_in_transaction(set_badge)
        _device, secret = run_in_transaction(
            register_device, name="Hand", warehouse_id=site.id, actor=SYSTEM_USER, at=at
        )
        gtin = next(str(unit.gtin) for unit in item.pack_units if unit.code == "ea")
        expires = (at.date() + timedelta(days=200)).strftime("%y%m%d")
        db.session.commit()
        return Story(site, item, gtin, expires, secret)


def units(app: Flask) -> dict[str, str]:
    """Where each unit stands, by its serial."""
    from wms.sites.models import Bin
    from wms.units.models import Unit

    with app.app_context():
        rows = db.session.execute(select(Unit.code, Bin.code).join(Bin, Bin.id == Unit.bin_id)).all()
        given.ledger_is_whole()
        db.session.rollback()
    return {code.rsplit(".", 1)[-1]: bin_code for code, bin_code in rows}


def test_a_device_is_received_by_its_serial_and_shipped(
    page: Any, handheld: Any, live_server: Any, live_app: Flask, story: Story
) -> None:
    from wms.accounts.sessions import DEVICE_COOKIE

    desk, hand = Desk(page, live_server.url), Hand(handheld, live_server.url)
    hand.page.context.add_cookies([{"name": DEVICE_COOKIE, "value": story.secret, "url": live_server.url}])
    hand.page.set_viewport_size({"width": 480, "height": 800})
    receive(hand, story, live_app)
    pick(hand, story, live_app)
    ship(desk, live_app)
    assert not hand.faults, "\n".join(dict.fromkeys(hand.faults))


def receive(hand: Hand, story: Story, app: Flask) -> None:
    """The first label says what it is; the others are asked for, and a wrong one is red and not kept."""
    hand.log_in("BDGrita", PIN)
    hand.open("Receive")
    hand.scan("ASN-1")
    hand.scan(story.label("S-001"))
    assert hand.step == "quantity", hand.text
    hand.scan("3")
    assert "1 / 3" in hand.text, hand.text
    hand.scan(story.label("S-009", lot="L8"))
    assert hand.tone == "no" and hand.is_red and "L8" in hand.message and "1 / 3" in hand.text, hand.text
    hand.scan(story.label("S-002"))
    assert "2 / 3" in hand.text and units(app) == {}, hand.text
    hand.scan(story.label("S-003"))
    assert hand.tone == "yes" and hand.step == "scan", hand.text
    assert units(app) == {"S-001": "DOCK", "S-002": "DOCK", "S-003": "DOCK"}
    hand.open("Put away")
    hand.scan(story.label("S-003"))
    hand.scan(hand.page.inner_text(".where"))
    assert hand.tone == "yes" and len(set(units(app).values())) == 1, hand.text


def pick(hand: Hand, story: Story, app: Flask) -> None:
    """Two of three are picked: the label that names the goods is one, the other is asked for."""
    with app.app_context():
        order = given.order(story.site, [(story.item, 2)], number="SO-1")
        run_in_transaction(picking.allocate_order, order, actor=SYSTEM_USER, at=datetime.now(UTC))
        run_in_transaction(picking.release_order, order, actor=SYSTEM_USER, at=datetime.now(UTC))
    hand.page.goto(f"{hand.url}/m/")
    hand.page.click("text=Switch person")
    hand.log_in("BDGpaul", PIN)
    hand.open("Pick")
    hand.scan("SO-1")
    hand.scan(hand.page.inner_text(".where"))
    hand.scan(story.label("S-002"))
    assert "1 / 2" in hand.text, hand.text
    hand.scan("S-77")
    assert hand.tone == "no" and "S-77" in hand.message, hand.text
    hand.scan(story.label("S-003"))
    assert hand.tone == "yes", hand.text
    staged = units(app)
    assert (staged["S-002"], staged["S-003"]) == ("STAGE", "STAGE") and staged["S-001"] != "STAGE"


def ship(desk: Desk, app: Flask) -> None:
    """The shipment names the two; when it left, they are with the customer."""
    desk.log_in("sam", PASSWORD)
    desk.find("SO-1")
    desk.sees("Order SO-1", where="h1")
    desk.press("Open shipment")
    desk.sees("Shipment", where="h1")
    desk.sees("S-002", where="main")
    desk.press("Ship")
    desk.sees("has left.", where="#messages")
    desk.sees("S-003", where="main")
    gone = units(app)
    assert (gone["S-002"], gone["S-003"]) == ("CUSTOMER", "CUSTOMER") and gone["S-001"] != "CUSTOMER"
