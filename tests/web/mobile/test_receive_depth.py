"""The handheld's part of receiving in depth: pallets looked at, the truck, refusals, nobody's deliveries, returns."""

import io
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import select

from tests import given
from tests.web.receiving.hand import Hand
from wms.core.ids import SYSTEM_USER
from wms.db import db as database_extension
from wms.db import run_in_transaction
from wms.files.models import StoredFile
from wms.gs1.sscc import Sscc
from wms.receiving import service
from wms.receiving.models import Asn, Receipt, ReceiptLine, Refusal
from wms.receiving.rules.commands import AnnouncedLine, AnnouncedLpn, CreateAsn
from wms.returns import service as returns
from wms.returns.models import ReturnReason
from wms.stock import ledger
from wms.stock import queries as stock_queries
from wms.stock.ledger import Move, Place, Reason

#: Pages here ask what the services have answered on both engines; one is enough.
pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

NOW = datetime.now(UTC)
GOOD = NOW.date() + timedelta(days=200)
PALLET, *CASES = [Sscc.make("6901234", 0, 700 + n) for n in range(4)]
NOBODYS = Sscc.make("6901234", 0, 799)


@pytest.fixture
def dock(app: Flask) -> SimpleNamespace:
    """A notice of one pallet with three cases of a new supplier; a receiver."""
    with app.app_context():
        site, supplier, milk = given.warehouse(), given.partner("ACME"), given.item("MILK")
        lines = tuple(
            AnnouncedLine(item=milk.id, quantity=given.q(12), lot_number=f"M-{n}", expires_on=GOOD, sscc=case)
            for n, case in enumerate(CASES)
        )
        lpns = tuple(AnnouncedLpn(sscc=case, parent=PALLET) for case in CASES)
        cmd = CreateAsn(
            warehouse=site.id,
            supplier=supplier.id,
            lines=lines,
            lpns=(AnnouncedLpn(sscc=PALLET), *lpns),
            number="ASN-1",
        )
        run_in_transaction(service.create_asn, cmd, actor=SYSTEM_USER, at=NOW)
        given.user("rita", "receiver", site=site)
        gtin = milk.pack_units[0].gtin
        lot = given.lot(milk, "R-1", supplier=supplier.id)
        database_extension.session.rollback()
        bins = {code: row.id for code, row in site.bins.items()}
        return SimpleNamespace(
            warehouse=site.id, bins=bins, gtin=gtin, supplier=supplier.id, lot=lot.id, shelf=given.key(lot, site)
        )


def only(app: Flask, model: Any) -> Any:
    with app.app_context():
        return database_extension.session.execute(select(model)).scalar_one()


def stands(app: Flask, dock: Any) -> dict[str, str]:
    with app.app_context():
        return {b.lot_number: str(b.on_hand) for b in stock_queries.find_balances(warehouse=dock.warehouse)}


def picture() -> tuple[io.BytesIO, str]:
    kept = io.BytesIO()
    Image.new("RGB", (30, 20), "blue").save(kept, "PNG")
    kept.seek(0)
    return kept, "x.png"


def test_a_pallet_is_looked_at_part_by_part_and_taken_in_with_the_last(
    app: Flask, client: FlaskClient, dock: Any
) -> None:
    hand = Hand.of(client, "rita", "/m/receive").scan("ASN-1").scan(f"(00){PALLET}")
    assert (hand.step, hand.tone) == ("check", "ask") and "0/3" in hand.text, hand.text
    hand.scan(f"(00){CASES[0]}")
    assert (hand.step, hand.tone) == ("check", "yes") and "1/3" in hand.text
    hand.scan(f"(00){NOBODYS}")
    assert hand.step == "question" and str(NOBODYS) in hand.message
    hand.press("no")
    assert hand.step == "check" and "1/3" in hand.text
    hand.press("differs").scan(str(CASES[1]))
    assert hand.step == "how"
    hand.scan("10")
    assert (hand.step, hand.tone) == ("check", "yes") and "2/3" in hand.text, hand.text
    assert stands(app, dock) == {}
    key = "11111111-2222-3333-4444-555555555555"
    before = hand.html
    hand.scan(f"(00){CASES[2]}", key=key)
    assert (hand.step, hand.tone) == ("scan", "yes"), hand.text
    hand.html = before
    hand.scan(f"(00){CASES[2]}", key=key)
    assert (hand.step, hand.tone) == ("scan", "yes"), "the lost answer comes again"
    assert stands(app, dock) == {"M-0": "12", "M-1": "10", "M-2": "12"}


def test_a_missing_part_stays_out_and_the_rest_of_the_notice_comes_later(
    app: Flask, client: FlaskClient, dock: Any
) -> None:
    hand = Hand.of(client, "rita", "/m/receive").scan("ASN-1").scan(f"(00){PALLET}")
    hand.press("differs").scan(str(CASES[0])).press("missing")
    hand.scan(f"(00){CASES[1]}").scan(f"(00){CASES[2]}")
    assert hand.tone == "yes" and hand.step == "scan", hand.text
    hand.press("finish")
    assert "Rest comes later" in hand.text and "M-0" in hand.text
    hand.press("later")
    assert hand.step == "choose" and only(app, Asn).state.value == "partly_received"
    assert "partly received" in hand.text


def test_the_truck_is_written_down_step_by_step(app: Flask, client: FlaskClient, dock: Any) -> None:
    Hand.of(client, "rita", "/m/receive").scan("ASN-1")
    receipt = only(app, Receipt)
    hand = Hand(client, f"/m/receive_arrival?receipt={receipt.id}").open()
    hand.path = "/m/receive_arrival"
    assert hand.step == "note", hand.text
    hand.scan("DN-1").scan("沪A1").press("skip").scan("S-77")
    assert hand.step == "intact"
    hand.press("no").press("skip")
    assert hand.step == "arrived"
    hand.scan("warm")
    assert hand.status == 422 and hand.step == "arrived"
    hand.scan("12.5").press("skip")
    hand.press("photo", photo=picture())
    assert (hand.step, hand.tone) == ("done", "yes"), hand.text
    row = only(app, Receipt)
    assert (row.delivery_note, row.plate, row.seal, row.seal_is_intact) == ("DN-1", "沪A1", "S-77", False)
    assert row.arrival_temperature_decidegrees == 125
    assert only(app, StoredFile).subject_kind == "receipt"


def test_refused_goods_have_a_reason_a_place_and_a_photo(app: Flask, client: FlaskClient, dock: Any) -> None:
    Hand.of(client, "rita", "/m/receive").scan("ASN-1")
    receipt = only(app, Receipt)
    hand = Hand(client, f"/m/receive_refuse?receipt={receipt.id}").open()
    hand.path = "/m/receive_refuse"
    hand.scan(f"(01){dock.gtin}(10)W-1")
    assert hand.step == "quantity" and "MILK" in hand.text, hand.text
    hand.scan("3").scan("wet").scan("QUAR")
    assert hand.step == "photo"
    hand.press("photo", photo=picture())
    assert (hand.step, hand.tone) == ("goods", "yes"), hand.text
    row = only(app, Refusal)
    assert (row.lot_number, str(row.quantity), row.reason.value, row.bin_id) == ("W-1", "3", "wet", dock.bins["QUAR"])
    assert row.receipt_id == receipt.id and only(app, StoredFile).subject_kind == "refusal"
    assert stands(app, dock) == {}
    hand.scan("a crate of something").press("skip").scan("other").scan("by door 3").press("none")
    assert hand.tone == "yes", hand.text
    with app.app_context():
        words = database_extension.session.execute(select(Refusal.description, Refusal.place)).all()
    assert ("a crate of something", "by door 3") in words


def test_an_lpn_of_nobody_opens_a_provisional_receipt(app: Flask, client: FlaskClient, dock: Any) -> None:
    hand = Hand.of(client, "rita", "/m/receive").scan(f"(00){NOBODYS}")
    assert (hand.step, hand.tone) == ("unknown", "ask") and str(NOBODYS) in hand.message
    hand.press("yes")
    assert hand.step == "scan" and "Nobody announced" in hand.text, hand.text
    hand.scan(f"(01){dock.gtin}(17){GOOD:%y%m%d}(10)X-1(30)5")
    assert hand.tone == "alarm" and "hold" in hand.message, hand.text
    hand.press("finish").press("named")
    assert hand.status == 422, "no supplier is named"
    hand.press("back").press("more").press("supplier").scan("ACME")
    assert (hand.step, hand.tone) == ("scan", "yes")
    hand.press("finish").press("named")
    assert (hand.step, hand.tone) == ("finish", "yes"), hand.text
    hand.press("close")
    row = only(app, Receipt)
    assert row.is_provisional and row.finished_at is not None and row.state.value == "closed"
    assert only(app, ReceiptLine).lpn_id


def test_goods_are_carried_out_that_go_back(app: Flask, client: FlaskClient, dock: Any) -> None:
    with app.app_context():
        outside = dock.shelf.at(Place(bin=dock.bins["SUPPLIER"]))
        moves = [Move(quantity=given.q(10), source=outside, target=dock.shelf)]
        run_in_transaction(ledger.post, moves, key="given", reason=Reason.RECEIVE, actor=SYSTEM_USER, at=NOW)
        (row,) = stock_queries.find_balances(lot=dock.lot)
        cmd = returns.OpenReturn(
            key="r-1", warehouse=dock.warehouse, supplier=dock.supplier, reason=ReturnReason.SURPLUS,
            lines=(returns.GoingBack(balance=row.id, quantity=given.q(4)),),
        )  # fmt: skip
        database_extension.session.rollback()
        paper = run_in_transaction(returns.open_return, cmd, actor=SYSTEM_USER, at=NOW)
        number = database_extension.session.get_one(returns.SupplierReturn, paper).number
        database_extension.session.rollback()
    hand = Hand.of(client, "rita", "/m/supplier_return")
    assert number[-5:] in hand.text
    hand.scan(number)
    assert hand.step == "bin" and "A-01" in hand.text, hand.text
    hand.scan("A-02").scan(f"(01){dock.gtin}(10)R-1").scan("4")
    assert hand.status == 409 and "R-1" in hand.message, "nothing of it stands there"
    hand.press("back").scan("A-01").scan(f"(01){dock.gtin}(10)R-1").scan("4")
    assert (hand.step, hand.tone) == ("choose", "yes") and number in hand.message, hand.text
    assert stands(app, dock) == {"R-1": "6"}
