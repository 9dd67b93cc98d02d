"""Putting away on the handheld: the bin and its reason are shown, the bin is scanned, the next task is there."""

from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests import given
from tests.web.receiving.hand import Hand
from wms.core.ids import LOOSE, SYSTEM_USER
from wms.db import db as database_extension
from wms.db import run_in_transaction
from wms.sites.models import Bin, StorageClass
from wms.stock import queries as stock_queries
from wms.tasks.models import TaskKind
from wms.tasks.service import create_task

#: Pages here ask what the services have answered on both engines; one is enough.
pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def floor(app: Flask) -> SimpleNamespace:
    """Loose milk and a pallet of tea at the dock, milk of the same lot in A-03, a full bin, a blocked bin, a cold item."""
    with app.app_context():
        site = given.warehouse()
        milk, tea, ice = given.item("MILK"), given.item("TEA"), given.item("ICE", storage_class=StorageClass.FROZEN)
        lots = {"M-1": given.lot(milk, "M-1"), "T-1": given.lot(tea, "T-1"), "I-1": given.lot(ice, "I-1")}
        plate = given.lpn(site)
        given.stock(lots["M-1"], site, "A-03", 1)
        for name, amount, on in (("M-1", 10, LOOSE), ("T-1", 40, plate.id), ("I-1", 5, LOOSE)):
            given.stock(lots[name], site, "DOCK", amount, on=on)
            run_in_transaction(
                create_task, kind=TaskKind.PUTAWAY, warehouse=site.id, document_kind="receipt", document_id=1,
                item_id=lots[name].item_id, lot_id=lots[name].id, owner_id=1, source_bin_id=site["DOCK"],
                source_lpn_id=on, quantity=given.q(amount), actor=SYSTEM_USER, at=given.NOW,
            )  # fmt: skip
        row = database_extension.session.get(Bin, site["A-04"])
        row.is_blocked, row.blocked_reason = True, "broken rack"
        database_extension.session.commit()
        given.user("rita", "receiver", site=site)
        return SimpleNamespace(warehouse=site.id, plate=plate.code)


@pytest.fixture
def hand(client: FlaskClient, floor: Any) -> Hand:
    return Hand.of(client, "rita", "/m/putaway")


def where(app: Flask, floor: Any) -> set[tuple[str, str, str]]:
    with app.app_context():
        return {
            (b.lot_number, b.bin_code, str(b.on_hand)) for b in stock_queries.find_balances(warehouse=floor.warehouse)
        }


def test_scan_the_lot_go_where_it_says_scan_the_bin(app: Flask, hand: Hand, floor: Any) -> None:
    assert " M-1 " in hand.text and "…" + floor.plate[-4:] in hand.text
    hand.scan("M-1")
    assert hand.step == "bin" and "A-03" in hand.text and "The same lot stands there" in hand.text
    hand.scan("A-03")
    assert (hand.step, hand.tone) == ("choose", "yes"), hand.text
    assert "10" in hand.message and "M-1" in hand.message and "A-03" in hand.message
    assert ("M-1", "A-03", "11") in where(app, floor)
    hand.scan("M-1")
    assert (hand.status, hand.tone) == (404, "no")


def test_the_button_of_a_task_is_as_good_as_a_scan(app: Flask, hand: Hand, floor: Any) -> None:
    hand.scan("LOT:MILK/M-1/")
    assert hand.step == "bin"


def test_a_pallet_is_moved_by_its_plate(app: Flask, hand: Hand, floor: Any) -> None:
    hand.scan(f"(00){floor.plate}")
    assert hand.step == "bin" and "The bin is empty" in hand.text
    hand.scan("B:A-01")
    assert hand.tone == "yes" and ("T-1", "A-01", "40") in where(app, floor)


def test_another_bin_is_asked_and_the_same_scan_again_is_a_yes(app: Flask, hand: Hand, floor: Any) -> None:
    hand.scan("M-1").scan("A-01")
    assert (hand.step, hand.tone) == ("question", "ask")
    assert "A-03" in hand.message and "A-01" in hand.message
    assert ("M-1", "DOCK", "10") in where(app, floor)
    hand.scan("A-01")
    assert hand.tone == "yes", hand.text
    assert ("M-1", "A-01", "10") in where(app, floor)


def test_a_yes_by_button_and_a_no(app: Flask, hand: Hand, floor: Any) -> None:
    hand.scan("M-1").scan("A-01").press("no")
    assert hand.step == "bin"
    hand.scan("A-01").press("yes")
    assert hand.tone == "yes" and ("M-1", "A-01", "10") in where(app, floor)


REFUSED = [
    ("M-1", "A-04", 409, ["A-04", "blocked"]),
    ("M-1", "STAGE", 409, ["STAGE", "staging bin", "storage bin"]),
    ("M-1", "DOCK", 409, ["A-03", "DOCK"]),
    ("I-1", "A-01", 409, ["A-01", "temperature", "frozen", "ambient"]),
    ("M-1", "Z-99", 404, ["Z-99"]),
    ("M-1", "MILK", 422, ["bin", "item", "MILK"]),
]


def test_every_refusal_is_one_sentence_and_moves_nothing(app: Flask, hand: Hand, floor: Any) -> None:
    before = where(app, floor)
    for lot, scan, status, words in REFUSED:
        hand.open().scan(lot)
        assert hand.step == "bin", hand.text
        hand.scan(scan)
        assert (hand.status, hand.tone) == (status, "no"), (scan, hand.text)
        assert all(word in hand.message for word in words), (scan, hand.message)
    assert where(app, floor) == before


def test_goods_that_fit_nowhere_say_so(app: Flask, hand: Hand, floor: Any) -> None:
    hand.scan("I-1")
    assert (hand.step, hand.tone) == ("bin", "ask") and "No bin" in hand.message


def test_a_part_goes_here_and_the_rest_stays_a_task(app: Flask, hand: Hand, floor: Any) -> None:
    hand.scan("M-1").press("part").scan("4")
    assert hand.step == "bin" and "4" in hand.text
    hand.scan("A-03")
    assert hand.tone == "yes" and {("M-1", "A-03", "5"), ("M-1", "DOCK", "6")} <= where(app, floor)
    hand.scan("M-1")
    assert "6" in hand.text


def test_another_suggestion_is_one_press_away(app: Flask, hand: Hand, floor: Any) -> None:
    hand.scan("M-1").press("other")
    assert hand.step == "bin" and 'class="where">A-03' not in hand.html


def test_what_comes_back_from_the_browser_is_checked(app: Flask, hand: Hand, floor: Any) -> None:
    before = where(app, floor)
    hand.scan("M-1")
    for values in (
        {"s_task": "x"}, {"s_task": "1"}, {"s_task": "9" * 30}, {"s_quantity": "-1"}, {"s_quantity": "1000"}, {"event": "yes"},
        {"step": "question", "event": "yes"}, {"step": "question", "event": "yes", "s_bin": "5"}, {"step": "part", "scan": "0"},
    ):  # fmt: skip
        answer = hand.client.post(hand.path, data=hand.hidden | {"scan": "A-03", "key": "key-000001"} | values)
        assert answer.status_code in {404, 409, 422}, (values, answer.status_code)
    assert where(app, floor) == before
