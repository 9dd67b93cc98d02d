"""In a real browser: a scanner is told from fingers, and the problem button leads away from a task and back into it."""

import os
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from tests import given
from wms.db import db
from wms.problems.models import Problem
from wms.stock.ledger.tables import StockPosting

PASSWORD = "correct horse 1"
SHOTS = os.environ.get("WMS_TEST_SHOTS", "")


def _shot(page: Any, name: str) -> None:
    if not SHOTS:
        return
    for width, height in ((360, 640), (480, 800)):
        page.set_viewport_size({"width": width, "height": height})
        page.screenshot(path=f"{SHOTS}/{name}-{width}.png")
    page.set_viewport_size({"width": 360, "height": 640})


@pytest.fixture
def floor(live_app: Flask) -> dict[str, int]:
    """Milk in A-01; a receiver, who may type lots."""
    with live_app.app_context():
        site, milk = given.warehouse(), given.item("MILK")
        lot = given.lot(milk, "L2026-0715")
        given.stock(lot, site, "A-01", 10)
        given.user("rita", "receiver", site=site)
        return {"lot": lot.id}


def _log_in(page: Any, url: str) -> None:
    page.goto(f"{url}/m/login")
    page.fill("input[name=login]", "rita")
    page.fill("input[name=password]", PASSWORD)
    page.press("input[name=password]", "Enter")
    page.wait_for_load_state("networkidle")


def _step(page: Any, name: str) -> None:
    page.wait_for_selector(f'main[data-step="{name}"]')


def _scan(page: Any, text: str) -> None:
    """As a wedge sends it: sign after sign without a pause, then Enter."""
    page.locator("#scan").focus()
    page.keyboard.type(text)
    page.keyboard.press("Enter")


def test_typed_scanned_and_a_problem_in_between(
    live_app: Flask, floor: dict[str, int], live_server: Any, handheld: Any
) -> None:
    page = handheld
    _log_in(page, live_server.url)
    _shot(page, "menu")
    page.goto(f"{live_server.url}/m/move")
    _step(page, "source")
    _scan(page, "A-01")
    _step(page, "goods")
    _shot(page, "move-goods")
    page.locator("#scan").focus()
    page.keyboard.type("L2026-0715", delay=130)
    page.keyboard.press("Enter")
    _step(page, "_typed")
    _shot(page, "typed")
    page.click("button[value='typed:label_damaged']")
    _step(page, "quantity")

    page.click("button[value=problem]")
    _step(page, "kind")
    _shot(page, "problem-kind")
    page.click("button[value=damage]")
    _step(page, "goods")
    _shot(page, "problem-goods")
    _scan(page, "L2026-0715")
    _step(page, "quantity")
    _shot(page, "problem-quantity")
    page.fill("#scan", "2")
    page.press("#scan", "Enter")
    _step(page, "photo")
    _shot(page, "problem-photo")
    page.click("button[value=none]")
    _step(page, "done")
    _shot(page, "problem-done")
    page.click("button[value=resume]")
    _step(page, "quantity")
    assert page.locator("input[name=s_bin_code]").input_value() == "A-01", "back at the step, with what it knew"
    page.fill("#scan", "3")
    page.press("#scan", "Enter")
    _step(page, "target")
    _scan(page, "A-04")
    _step(page, "source")
    _scan(page, "A-01")
    _step(page, "goods")
    _scan(page, "L2026-0715")
    _step(page, "which")  # the part on hold is a row of its own now
    page.click(".choice:not(:has(.chip))")
    _step(page, "quantity")
    page.fill("#scan", "1")
    page.press("#scan", "Enter")
    _step(page, "target")
    _scan(page, "A-04")
    _step(page, "source")
    with live_app.app_context():
        moves = db.session.execute(
            select(StockPosting.capture, StockPosting.typed_reason)
            .where(StockPosting.reason == "move")
            .order_by(StockPosting.seq)
        ).all()
        assert [(row[0], row[1]) for row in moves] == [("typed", "label_damaged"), ("scan", None)]
        found = db.session.execute(select(Problem)).scalar_one()
        assert (found.capture, found.raw_scan, str(found.quantity)) == ("scan", "L2026-0715", "2")
    page.goto(f"{live_server.url}/m/inquiry")
    _step(page, "scan")
    _scan(page, "LOT:MILK/L2026-0715/")
    page.wait_for_selector("text=our own label")
    _shot(page, "inquiry")
