"""Counting on the handheld: bin, quantity, and why it differs."""

from __future__ import annotations

from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from tests import given
from tests.given import NOW, q
from tests.web.picking.test_pick_handheld import Hand
from wms.core.ids import LOOSE, SYSTEM_USER
from wms.db import run_in_transaction
from wms.tasks.models import TaskKind
from wms.tasks.service import create_task

#: Pages here ask what the services have answered on both engines; one is enough.
pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def test_a_count_is_blind_asked_again_and_settled_with_a_reason(app: Flask, client: FlaskClient) -> None:
    with time_machine.travel(NOW, tick=False):
        with app.app_context():
            site, item = given.warehouse("W1"), given.item("TEA")
            lot = given.lot(item, "L-77")
            given.stock(lot, site, "A-01", 6)
            given.user("cara", "counter", site=site)
            for where in ("A-01", "A-02"):
                run_in_transaction(
                    create_task, kind=TaskKind.COUNT, warehouse=site.id, actor=SYSTEM_USER, at=NOW, lot_id=lot.id,
                    item_id=item.id, source_bin_id=site[where], source_lpn_id=LOOSE, why="short_pick",
                )  # fmt: skip
            lot_id = lot.id
        hand = Hand(client)
        hand.log_in("cara")
        hand.open("/m/count")
        assert "A-01" in hand.text and "A-02" in hand.text

        def scan(text: str, **more: Any) -> None:
            hand.scan(text, "/m/count", **more)

        scan("B:A-03")
        assert hand.status == 404 and "A-03" in hand.words
        scan("B:A-01")
        assert (
            hand.step == "quantity" and "L-77" in hand.text and ">6<" not in hand.text.replace('data-digit="6">6<', "")
        )
        scan("many")
        assert hand.status == 422
        scan("5")
        assert hand.step == "why" and "5" in hand.words and "6" not in hand.words
        hand.press("again", "/m/count")
        assert hand.step == "quantity"
        scan("5")
        scan("one was broken")
        assert hand.status == 200 and hand.step == "bin" and "−1" in hand.words
        scan("B:A-02")
        scan("0")
        assert hand.status == 200 and "Counted: bin A-02" in hand.words
        with app.app_context():
            assert given.on_hand(lot_id) == q(5)
