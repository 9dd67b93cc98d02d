"""Bad goods destroyed before a witness: recorded, reviewed, decided by two others, carried out, witnessed, proved on paper.

Whoever proposes does not approve, whoever carries out does not witness; what is edited after a signature shows as such.
"""

from typing import Any

import pytest
from flask import Flask

from tests import given
from tests.journeys.facts import stands
from tests.journeys.people import Desk
from tests.unit.files.test_types_of_files import PDF
from wms.db import db

pytestmark = pytest.mark.browser

PASSWORD = "correct horse 1"


@pytest.fixture
def serum(live_app: Flask) -> given.Site:
    """Twenty of a lot on the shelf; three of quality, two supervisors."""
    with live_app.app_context():
        site = given.warehouse("SZ1")
        lot = given.lot(given.item("SERUM"), "B-7", supplier=given.partner("LAB").id, expires_in=900)
        given.stock(lot, site, "A-01", 20)
        for login, role in (
            ("susan", "supervisor"), ("simon", "supervisor"), ("quinn", "quality"), ("quentin", "quality"),
        ):  # fmt: skip
            given.user(login, role, site=site)
        db.session.rollback()
    return site


def test_bad_goods_are_destroyed_before_a_witness(
    page: Any, live_server: Any, live_app: Flask, serum: given.Site
) -> None:
    desk = Desk(page, live_server.url)
    record(desk)
    review_and_propose(desk)
    approve(desk)
    assert stands(live_app) == {("B-7", "A-01"): "20"}, "a decision moves nothing"
    carry_out(desk)
    assert stands(live_app) == {("B-7", "A-01"): "20"}, "nor does the executor alone"
    witness(desk)
    assert stands(live_app) == {}
    read_the_paper(desk)
    edit_after_signing(desk)


def record(desk: Desk) -> None:
    """The supervisor writes down what is wrong; the goods are held at once."""
    desk.log_in("susan", PASSWORD)
    desk.find("B-7")
    desk.sees("Lot B-7", where="h1")
    desk.press("Non-conformance")
    desk.sees("Record a non-conformance", where="h1")
    desk.fill("What is wrong", "Glass splinters in three bottles")
    desk.fill("Class", "Cri")
    desk.press("Record and hold")
    desk.sees("Non-conformance NC-", where="h1")
    desk.sees("its hold")


def find_the_paper(desk: Desk) -> None:
    """It is found among the open ones."""
    desk.press("Quality")
    desk.sees("Quality", where="h1")
    desk.press("Non-conformances")
    desk.sees("Non-conformances", where="h1")
    desk.page.click("main a.code:has-text('NC-')")
    desk.sees("Non-conformance NC-", where="h1")


def review_and_propose(desk: Desk) -> None:
    """One of quality looks at it, signs the finding, proposes to destroy, and may not approve it."""
    desk.log_in("quinn", PASSWORD)
    find_the_paper(desk)
    desk.fill("Finding", "The filling line broke bottles for an hour")
    desk.fill("Your password again", PASSWORD)
    desk.press("Sign the review")
    desk.sees("Quinn", where=".signatures")
    desk.fill("Disposition", "Des")
    desk.fill("Reason", "Unsafe, and cannot be sorted")
    desk.press("Propose")
    desk.sees("0 of 2 approvals")
    desk.sees("other people approve.")


def go_as(desk: Desk, login: str) -> None:
    """Another person opens the page that is open."""
    here = desk.page.url
    desk.log_in(login, PASSWORD)
    desk.page.goto(here)
    desk.sees("Goods", where="h2")


def sign(desk: Desk, button: str, reason: str, label: str = "Reason") -> None:
    """Give a reason and the password, and press."""
    desk.fill(label, reason)
    desk.fill("Your password again", PASSWORD)
    desk.press(button)


def approve(desk: Desk) -> None:
    """Two others approve, one of them of quality; who recorded it may not. With the last an order of destruction is there."""
    go_as(desk, "susan")
    desk.sees("other people approve.")
    for login in ("quentin", "simon"):
        go_as(desk, login)
        sign(desk, "Approve", "Seen and agreed")
        desk.sees(login.title(), where=".signatures")
    desk.sees("DES-", where="main")


def carry_out(desk: Desk) -> None:
    """One who approved carries it out, with the contractor's certificate; and is not the witness too."""
    desk.page.click("main a.code:has-text('DES-')")
    desk.sees("Destruction DES-", where="h1")
    desk.press("Attach file")
    desk.page.set_input_files("#f-file", {"name": "certificate.pdf", "mimeType": "application/pdf", "buffer": PDF})
    desk.page.click("details.attach button")
    desk.sees("certificate.pdf", where="table")
    desk.fill("Method", "Crushed and burnt")
    desk.fill("Place", "City plant, line 2")
    desk.fill("Contractor and certificate number", "Ecofire 2026-118")
    desk.fill("Your password again", PASSWORD)
    desk.press("Sign: carried out")
    desk.sees("Crushed and burnt")
    desk.sees("another person signs as witness.")


def witness(desk: Desk) -> None:
    """Another, free of the decision, signs what they saw; only now the goods leave the ledger."""
    go_as(desk, "susan")
    sign(desk, "Sign as witness", "All twenty went into the fire", "What I saw")
    desk.sees("Witnessed", where=".facts")


def read_the_paper(desk: Desk) -> None:
    """Every signature stands on the page with its meaning and is genuine; the record is a PDF for the inspector."""
    signatures = desk.page.inner_text(".signatures")
    assert "Simon" in signatures and "Susan" in signatures and signatures.count("Genuine") >= 2, signatures
    link = desk.page.get_attribute("a:has-text('Record as PDF')", "href")
    answer = desk.page.request.get(desk.url + link)
    assert answer.body().startswith(b"%PDF")


def edit_after_signing(desk: Desk) -> None:
    """A code of the lot is corrected later: what was signed before says so, and names the field."""
    desk.log_in("quinn", PASSWORD)
    desk.find("B-7")
    desk.sees("Lot B-7", where="h1")
    desk.press("Change lot")
    desk.press("Correct days and codes")
    desk.sees("Correct lot", where="h1")
    desk.tab_to("Maker's lot")
    desk.page.keyboard.press("Control+a")
    desk.page.keyboard.type("B-7/2")
    desk.fill("Reason", "The maker's paper says so")
    desk.press("Correct lot")
    desk.sees("Lot B-7", where="h1")
    desk.page.click("main a.code:has-text('NC-')")
    desk.sees("Non-conformance NC-", where="h1")
    desk.sees("Changed after signing", where=".signatures")
    desk.sees("maker_lot", where=".signatures")
