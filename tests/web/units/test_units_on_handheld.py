"""Devices by serial on the handheld: in, on the shelf, a part elsewhere, two of three out; wrong ones refused in words."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from tests import given
from tests.web.receiving.hand import Hand
from wms.alerts.models import Alert
from wms.core.ids import SYSTEM_USER, LotId
from wms.db import db as database
from wms.db import run_in_transaction
from wms.picking import service as picking
from wms.receiving import service as receiving
from wms.receiving.rules.commands import AnnouncedLine, CreateAsn
from wms.sites.models import Bin
from wms.stock import queries as stock
from wms.stock.models import Hold, HoldReason, Lot
from wms.units.models import Unit

#: What pages do here the services have proven on both engines.
pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

NOW = datetime.now(UTC)
GOOD = (NOW + timedelta(days=200)).strftime("%y%m%d")


@dataclass
class Devices:
    """A warehouse that expects three devices of lot L7, and its people."""

    app: Flask
    site: given.Site
    item: Any
    gtin: str

    def label(self, serial: str, lot: str = "L7") -> str:
        """The label on a device."""
        return f"(01){self.gtin}(17){GOOD}(10){lot}(21){serial}"

    def units(self) -> dict[str, str]:
        """Where each unit stands, by its serial."""
        with self.app.app_context():
            rows = database.session.execute(
                select(Unit.code, Bin.code).join(Bin, Bin.id == Unit.bin_id).where(~Unit.is_duplicate)
            ).all()
            given.ledger_is_whole()
            database.session.rollback()
        return {code.rsplit(".", 1)[-1]: bin_code for code, bin_code in rows}

    def lot(self, number: str = "L7") -> LotId:
        """The lot's id."""
        with self.app.app_context():
            return LotId(database.session.execute(select(Lot.id).where(Lot.number == number)).scalar_one())


@pytest.fixture
def devices(app: Flask) -> Devices:
    with app.app_context():
        site, supplier = given.warehouse("DEV"), given.partner()
        item = given.item("DEV-1", case_of=10, has_unit_ids=True)
        lines = (AnnouncedLine(item=item.id, quantity=given.q(3)),)
        asn = CreateAsn(warehouse=site.id, supplier=supplier.id, lines=lines, number="ASN-1")
        run_in_transaction(receiving.create_asn, asn, actor=SYSTEM_USER, at=NOW)
        for login, role in (("rita", "receiver"), ("paul", "picker"), ("susan", "supervisor")):
            given.user(login, role, site=site)
        gtin = {unit.code: str(unit.gtin) for unit in item.pack_units}["ea"]
        database.session.commit()
        return Devices(app, site, item, gtin)


@pytest.fixture
def hand(app: Flask, devices: Devices) -> Callable[[str, str], Hand]:
    def of(login: str, path: str) -> Hand:
        return Hand.of(app.test_client(), login, path)

    return of


def take_in(hand: Hand, devices: Devices, serials: str = "ABC") -> Hand:
    """Receive devices: the first label is scanned as the goods, the others as their ids."""
    hand.scan("ASN-1").scan(devices.label(serials[0]))
    assert hand.step == "quantity", hand.text
    hand.scan(str(len(serials)))
    for serial in serials[1:]:
        hand.scan(devices.label(serial))
    return hand


def test_three_devices_are_received_scan_by_scan_and_the_goods_label_is_the_first(devices: Devices, hand: Any) -> None:
    rita = hand("rita", "/m/receive").scan("ASN-1").scan(devices.label("A"))
    rita.scan("3", unit="ea")
    assert (rita.status, rita.step) == (200, "_units") and "1 / 3" in rita.text, rita.text
    for wrong, words in (
        (devices.label("X", lot="L8"), "belongs to another lot"),
        (devices.label("A"), "was scanned twice"),
        (f"(01){devices.gtin}(10)L7", "L7"),
        ("(01)04012345678901(21)1", "belongs to another item"),
    ):
        rita.scan(wrong)
        assert rita.status >= 400 and rita.tone == "no" and words in rita.message, (wrong, rita.message)
        assert "1 / 3" in rita.text and rita.hidden["units"].count("(21)") == 1, rita.text
    rita.scan(f"]d201{devices.gtin}21B\x1d10L7")
    assert "2 / 3" in rita.text and devices.units() == {}
    rita.scan(devices.label("C"))
    assert (rita.status, rita.step, rita.tone) == (200, "scan", "yes"), rita.text
    assert devices.units() == {"A": "DOCK", "B": "DOCK", "C": "DOCK"}


def test_a_device_alone_is_received_by_its_label_without_a_second_scan(devices: Devices, hand: Any) -> None:
    rita = take_in(hand("rita", "/m/receive"), devices, "A")
    assert (rita.step, rita.tone) == ("scan", "yes") and devices.units() == {"A": "DOCK"}


def test_put_away_whole_move_a_part_pick_two_of_three(devices: Devices, hand: Any) -> None:
    take_in(hand("rita", "/m/receive"), devices)
    rita = hand("rita", "/m/putaway").scan(devices.label("A")).scan("A-01").press("yes")
    assert rita.tone == "yes", rita.text
    assert devices.units() == {"A": "A-01", "B": "A-01", "C": "A-01"}
    rita = hand("rita", "/m/move").scan("A-01").scan("L7").scan("1").scan("A-02")
    assert rita.step == "_units" and "0 / 1" in rita.text, rita.text
    rita.scan("Z9")
    assert rita.status == 409 and "not known in lot L7" in rita.message and rita.hidden["units"] == ""
    rita.scan(devices.label("C"))
    assert rita.tone == "yes" and devices.units()["C"] == "A-02", rita.text
    rita = hand("rita", "/m/move").scan("A-02").scan("L7").scan("1").scan("A-01")
    assert rita.tone == "yes" and devices.units()["C"] == "A-01"  # all that stood there: nobody is asked
    with devices.app.app_context():
        order = given.order(devices.site, [(devices.item, 2)], number="SO-1")
        run_in_transaction(picking.allocate_order, order, actor=SYSTEM_USER, at=NOW)
        run_in_transaction(picking.release_order, order, actor=SYSTEM_USER, at=NOW)
    paul = hand("paul", "/m/pick").scan("SO-1").scan("A-01").scan(devices.label("C"))
    assert paul.step == "_units" and "1 / 2" in paul.text, paul.text
    paul.scan(devices.label("A"))
    assert paul.tone == "yes", paul.text
    assert devices.units() == {"A": "STAGE", "B": "A-01", "C": "STAGE"}


def test_a_device_that_is_here_already_is_a_question_and_what_came_is_held(devices: Devices, hand: Any) -> None:
    take_in(hand("rita", "/m/receive"), devices)
    lot = devices.lot()
    rita = hand("rita", "/m/receive").press("blind").scan(devices.label("A")).scan("2")
    assert rita.tone == "ask" and "is here already" in rita.message, rita.text
    rita.scan(devices.label("D"))  # not that one
    assert rita.tone != "ask" and "1 / 2" in rita.text and devices.label("A") not in rita.hidden["units"], rita.text
    rita.scan(devices.label("B"))
    assert rita.tone == "ask"
    yes = next(part.split('"')[0] for part in rita.html.split('value="') if part.startswith("unit_yes:"))
    rita.press(yes)
    assert (rita.step, rita.tone) == ("scan", "alarm"), rita.text
    with devices.app.app_context():
        hold = database.session.execute(select(Hold)).scalar_one()
        assert hold.reason is HoldReason.SUSPECT
        rows = stock.find_balances(lot=lot)
        assert sorted((str(row.on_hand), row.is_held) for row in rows) == [("2", True), ("3", False)]
        alert = database.session.execute(select(Alert)).scalar_one()
        twin = database.session.execute(select(Unit).where(Unit.is_duplicate)).scalar_one()
        assert (alert.subject_kind, alert.subject_id) == ("unit", twin.id)
