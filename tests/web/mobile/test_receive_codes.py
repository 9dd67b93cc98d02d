"""Suppliers' lot codes at the dock: a code that contradicts is asked about, a day is read out of it, a clash gets a number by rule."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests import given
from tests.web.receiving.hand import Hand
from wms.core.ids import SYSTEM_USER
from wms.db import db, run_in_transaction
from wms.gs1.dates import last_day_of_life
from wms.numbering import service as numbers
from wms.numbering.rules.choice import Trigger
from wms.numbering.rules.elements import Element, ElementKind
from wms.receiving import service
from wms.receiving.rules.commands import OpenReceipt
from wms.stock.models import Lot

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

NOW = datetime.now(UTC)
MADE = NOW.date() - timedelta(days=20)
GOOD = last_day_of_life(MADE, months=12)


@pytest.fixture
def dock(app: Flask) -> SimpleNamespace:
    """Tea that keeps twelve months from a supplier whose codes begin with their day; salt from two suppliers."""
    with app.app_context():
        site, supplier, other = given.warehouse(), given.partner(), given.partner()
        tea = given.item("TEA", shelf_life_days=None, shelf_life_months=12)
        values = numbers.PatternValues(supplier=supplier.id, template="{YYMMDD}{LINE:1}")
        run_in_transaction(numbers.create_pattern, values)
        elements = (Element(kind=ElementKind.LITERAL, value="OUR"), Element(kind=ElementKind.SEQUENCE, width=3))
        rule = numbers.RuleValues(name="R", trigger=Trigger.RECEIPT, elements=elements)
        run_in_transaction(numbers.create_rule, rule, at=NOW)
        given.user("rita", "receiver", site=site)
        receipt = run_in_transaction(
            service.open_receipt, OpenReceipt(warehouse=site.id, supplier=supplier.id), actor=SYSTEM_USER, at=NOW
        )
        gtin = next(unit.gtin for unit in tea.pack_units if unit.code == "ea")
        db.session.rollback()
        return SimpleNamespace(site=site, gtin=gtin, receipt=receipt, tea=tea.id, other=other.id)


@pytest.fixture
def hand(app: Flask, client: FlaskClient, dock: SimpleNamespace) -> Hand:
    """A receiver who has opened the receipt."""
    from wms.receiving.models import Receipt

    with app.app_context():
        number = db.session.execute(select(Receipt.number).where(Receipt.id == dock.receipt)).scalar_one()
        db.session.rollback()
    hand = Hand.of(client, "rita", "/m/receive").scan(number)
    assert hand.step == "scan", hand.text
    return hand


def lots(app: Flask, dock: Any) -> dict[str, Any]:
    with app.app_context():
        found = db.session.execute(select(Lot).where(Lot.item_id == dock.tea)).scalars()
        made = {lot.number: lot.expires_on for lot in found}
        db.session.rollback()
        return made


def code(day: Any) -> str:
    return f"{day:%y%m%d}A"


def test_a_date_that_is_not_that_of_the_code_is_asked_about(app: Flask, hand: Hand, dock: Any) -> None:
    wrong = GOOD + timedelta(days=365)
    hand.scan(f"(01){dock.gtin}(17){wrong:%y%m%d}(10){code(MADE)}(30)5")
    assert (hand.step, hand.tone) == ("question", "ask")
    assert GOOD.isoformat() in hand.message and wrong.isoformat() in hand.message
    hand.press("no")
    assert hand.step == "scan" and lots(app, dock) == {}
    hand.scan(f"(01){dock.gtin}(17){GOOD:%y%m%d}(10){code(MADE)}(30)5")
    assert hand.tone == "yes", hand.text
    assert lots(app, dock) == {code(MADE): GOOD}


def test_a_code_this_supplier_does_not_write_is_asked_about(app: Flask, hand: Hand, dock: Any) -> None:
    hand.scan(f"(01){dock.gtin}(17){GOOD:%y%m%d}(10)77(30)5")
    assert hand.step == "question" and "{YYMMDD}{LINE:1}" in hand.message, (hand.step, hand.tone, hand.message)
    hand.press("yes")
    assert hand.tone == "yes" and lots(app, dock) == {"77": GOOD}


def test_a_day_is_read_out_of_the_code_on_a_yes(app: Flask, hand: Hand, dock: Any) -> None:
    hand.scan(f"(01){dock.gtin}(10){code(MADE)}(30)5")
    assert hand.step == "question" and GOOD.isoformat() in hand.message
    hand.press("yes")
    assert hand.tone == "yes", hand.text
    assert lots(app, dock) == {code(MADE): GOOD}


def test_after_a_no_the_day_is_typed(app: Flask, hand: Hand, dock: Any) -> None:
    hand.scan(f"(01){dock.gtin}(10){code(MADE)}(30)5")
    hand.press("no")
    assert hand.step == "expiry"
    hand.scan(GOOD.isoformat())
    assert hand.tone == "yes", hand.text
    assert lots(app, dock) == {code(MADE): GOOD}


def test_a_lot_of_another_supplier_gets_a_number_of_ours_after_a_no(app: Flask, hand: Hand, dock: Any) -> None:
    from wms.stock.service import create_lot

    with app.app_context():
        run_in_transaction(
            create_lot,
            item=dock.tea,
            number=code(MADE),
            at=NOW,
            actor=SYSTEM_USER,
            expires_on=GOOD,
            supplier=dock.other,
        )
    hand.scan(f"(01){dock.gtin}(17){GOOD:%y%m%d}(10){code(MADE)}(30)5")
    assert hand.step == "question" and "OUR001" in hand.message
    hand.press("no")
    assert hand.tone == "yes" and "OUR001" in hand.message, hand.text
    assert lots(app, dock) == {code(MADE): GOOD, "OUR001": GOOD}
