"""Two pallets of one lot: received, inspected because the item says so, one released as a tranche, the rest rejected and caged.

The receiver scans, the inspector measures on a page of their own, quality decides with a signature, the handheld carries apart.
"""

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
from wms.gs1.sscc import Sscc

pytestmark = pytest.mark.browser

PASSWORD = "correct horse 1"
GOOD, BAD = Sscc.make("6901234", 0, 71), Sscc.make("6901234", 0, 72)


@pytest.fixture
def tiles(live_app: Flask) -> given.Site:
    """Tiles that are inspected on receipt, two of each lot by a plan; two pallets of one lot are announced."""
    from wms.inspection import service as inspection
    from wms.inspection.models import CharacteristicKind, DefectClass, Sampling, Stage
    from wms.receiving import service as receiving
    from wms.receiving.rules.commands import AnnouncedLine, CreateAsn

    now = datetime.now(UTC)
    good_until = now.date() + timedelta(days=300)
    width: dict[str, Any] = {
        "name_en": "Width", "name_zh": "宽度", "kind": CharacteristicKind.MEASURE, "defect_class": DefectClass.MAJOR,
        "unit": "mm", "minimum": Decimal("9.8"), "target": Decimal(10), "maximum": Decimal("10.2"), "choices": [],
        "accepted_choices": [], "method": "Caliper",
    }  # fmt: skip
    looks = width | {
        "name_en": "Looks whole", "name_zh": "外观", "kind": CharacteristicKind.VISUAL, "unit": "", "minimum": None,
        "target": None, "maximum": None, "method": "",
    }  # fmt: skip
    with live_app.app_context():
        site, kiln = given.warehouse("SZ1"), given.partner("KILN")
        tile = given.item("TILE", is_inspected_at_receipt=True)
        people = {
            login: given.user(login, role, site=site)
            for login, role in (("rita", "receiver"), ("ina", "quality"), ("quinn", "quality"))
        }
        made = run_in_transaction(
            inspection.create_plan, code="TILES",
            values={
                "name_en": "Tiles on receipt", "name_zh": "瓷砖进货检验", "item_id": tile.id, "stage": Stage.RECEIPT,
                "sampling": Sampling.FIXED, "fixed_size": 2, "is_second_person": True,
            },
            characteristics=[width, looks], actor=people["quinn"], at=now,
        )  # fmt: skip
        run_in_transaction(inspection.activate, made.id, actor=people["quinn"], at=now)
        lines = tuple(
            AnnouncedLine(item=tile.id, quantity=given.q(n), lot_number="T-1", expires_on=good_until, sscc=sscc)
            for sscc, n in ((GOOD, 30), (BAD, 20))
        )
        asn = CreateAsn(warehouse=site.id, supplier=kiln.id, lines=lines, number="ASN-1")
        run_in_transaction(receiving.create_asn, asn, actor=SYSTEM_USER, at=now)
        db.session.rollback()
    return site


def test_one_pallet_is_released_and_the_other_goes_to_the_cage(
    page: Any, handheld: Any, live_server: Any, live_app: Flask, tiles: given.Site
) -> None:
    desk, hand = Desk(page, live_server.url), Hand(handheld, live_server.url)
    hand.page.set_viewport_size({"width": 480, "height": 854})
    receive(hand)
    assert quality(live_app) == {"pending": "50"}
    cut_out_a_tranche(desk)
    inspect(desk, widths=("10.0", "10.1"), says="Accept")
    desk.press("Accept")
    desk.sees("accepted", where=".inspection-verdict")
    go_to_the_rest(desk)
    inspect(desk, widths=("10.1", "10.4"), says="Reject")
    desk.fill("Note", "Too wide, and it shows")
    desk.press("Reject")
    desk.sees("rejected", where=".inspection-verdict")
    assert quality(live_app) == {"pending": "50"}, "an inspector finds; another decides"
    decide(desk)
    assert quality(live_app) == {"released": "30", "rejected": "20"}
    carry_to_the_cage(hand)
    assert stands(live_app) == {("T-1", "DOCK"): "30", ("T-1", "CAGE"): "20"}
    assert not hand.faults, "\n".join(dict.fromkeys(hand.faults))


def quality(app: Flask) -> dict[str, str]:
    """How much of the lot is pending, released, rejected."""
    from sqlalchemy import func, select

    from wms.stock.ledger.tables import StockBalance

    with app.app_context():
        rows = db.session.execute(
            select(StockBalance.quality, func.sum(StockBalance.on_hand))
            .where(StockBalance.on_hand > given.q(0))
            .group_by(StockBalance.quality)
        ).all()
        db.session.rollback()
    return {state.value: str(amount) for state, amount in rows}


def receive(hand: Hand) -> None:
    """Each pallet by the one scan of its SSCC; the handheld says that quality looks at it first."""
    hand.log_in_by_name("rita", PASSWORD)
    hand.open("Receive")
    hand.scan("ASN-1")
    for sscc in (GOOD, BAD):
        hand.scan(f"00{sscc}")
        while hand.step in ("check", "how"):
            hand.scan(f"00{sscc}")
        assert hand.tone == "yes" and "T-1" in hand.message, hand.text
    assert "quality" in hand.message.lower(), hand.message
    hand.tap("Finish")
    hand.tap("Close receipt")
    assert hand.tone == "yes", hand.text


def cut_out_a_tranche(desk: Desk) -> None:
    """An inspection of all fifty opened by itself; the inspector takes the pallet that is wanted first out of it."""
    desk.log_in("ina", PASSWORD)
    desk.press("Inspections")
    desk.sees("Inspections", where="h1")
    desk.page.click("main a.code:has-text('IN')")
    desk.sees("The plan says 2 units of every lot")
    desk.press("Take a tranche out")
    desk.fill("Quantity", "30")
    desk.fill("LPN", str(GOOD))
    desk.press("Take out")
    desk.sees("Tranche of")


def inspect(desk: Desk, *, widths: tuple[str, ...], says: str) -> None:
    """Unit after unit, a figure and a look each; then what the numbers say."""
    desk.press("Begin")
    for n, width in enumerate(widths, start=1):
        desk.sees(f"Unit {n} of {len(widths)}", where="h1")
        desk.fill("Width", width)
        desk.page.click("label:has-text('Good')")
        desk.press("Save, next unit" if n < len(widths) else "Save")
    desk.sees(f"The numbers say: {says}")


def go_to_the_rest(desk: Desk) -> None:
    """From the tranche to the inspection lot that it was cut out of."""
    desk.press("the inspection lot")
    desk.sees("Tranches")


def decide(desk: Desk) -> None:
    """Quality releases the tranche on its own verdict, finds that the rest cannot be released, and rejects it."""
    desk.log_in("quinn", PASSWORD)
    desk.page.goto(f"{desk.url}/release")
    desk.sees("T-1", where="table")
    desk.press("Decide")
    desk.sees("Release", where="h2")
    desk.press("Only this")
    desk.sees("Only what is here:")
    sign(desk, "Release", "Widths within limits")
    desk.sees("Released: 30", where="#messages")
    desk.page.goto(f"{desk.url}/release")
    desk.press("Decide")
    desk.sees("Missing")
    sign(desk, "Release", "Let it go")
    desk.sees("inspection", where="#messages")
    desk.tab_to("Your password again", back=True)
    desk.page.keyboard.press("Control+a")
    desk.page.keyboard.type(PASSWORD)
    desk.press("Reject")
    desk.sees("Rejected: 20", where="#messages")


def sign(desk: Desk, button: str, reason: str) -> None:
    """Give a reason and the password, and press."""
    desk.fill("Reason (certificate, test, …)", reason)
    desk.fill("Your password again", PASSWORD)
    desk.press(button)


def carry_to_the_cage(hand: Hand) -> None:
    """The rejected pallet is refused among good goods, and goes where its task says."""
    hand.open("Move")
    hand.scan(f"00{BAD}")
    hand.scan("A-01")
    assert hand.tone == "no" and hand.is_red, hand.text
    hand.scan("CAGE")
    assert hand.tone == "yes" and "CAGE" in hand.message, hand.text
