"""The desk's part of receiving in depth: nested notices, refusals, taking back, acceptance, returns with their paper."""

import re
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from tests import given
from tests.web.desk_client import PASSWORD, Desk
from tests.web.receiving.hand import Hand
from wms.db import db as database_extension
from wms.gs1.sscc import Sscc
from wms.receiving.models import Asn, Receipt, ReceiptLine, Refusal
from wms.returns.models import SupplierReturn, SupplierReturnLine

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
GOOD = (datetime.now(UTC) + timedelta(days=200)).date()
PALLET, CASE = (Sscc.make("6901234", 0, n) for n in (61, 62))


@pytest.fixture
def place(app: Flask) -> SimpleNamespace:
    """A warehouse with a trusted supplier, milk that a second person accepts, tea; people."""
    with app.app_context():
        site, supplier = given.warehouse(), given.partner("ACME", check_share_percent=0)
        milk, tea = given.item("MILK", needs_second_acceptor=True), given.item("TEA")
        given.user("rita", "receiver", "supervisor", site=site)
        given.user("anna", "receiver", site=site)
        gtins = {"MILK": milk.pack_units[0].gtin, "TEA": tea.pack_units[0].gtin}
        return SimpleNamespace(supplier=supplier.id, gtins=gtins)


def only(app: Flask, model: Any) -> Any:
    with app.app_context():
        return database_extension.session.execute(select(model)).scalar_one()


def test_a_nested_notice_in_cases_is_shown_as_a_tree_and_its_goods_are_accepted(app: Flask, place: Any) -> None:
    desk = Desk.of(app, "rita")
    assert "MILK" in desk.get("/receiving/item-choices?sku=mil") and "case ×12" in desk.text
    desk.get("/receiving/asns/new")
    form = {
        "number": "ASN-1", "supplier": place.supplier, "sku": ["MILK"], "quantity": ["2"], "unit": ["case"], "lot": ["M-1"],
        "expires_on": [GOOD.isoformat()], "sscc": [str(CASE)], "lpn_sscc": [str(CASE)], "lpn_parent": [str(PALLET)],
    }  # fmt: skip
    desk.post("/receiving/asns", **form | {"unit": ["barrel"]})
    assert desk.status == 422 and "does not come in this unit" in desk.words
    desk.post("/receiving/asns", **form | {"lpn_parent": [str(CASE)]})
    assert desk.status == 422 and "stands on itself" in desk.words
    desk.post("/receiving/asns", **form)
    asn = only(app, Asn)
    desk.get(f"/receiving/asns/{asn.id}")
    assert re.search(rf"{PALLET}.*└.*{CASE}.*24", desk.words), desk.words
    hand = Hand.of(app.test_client(), "rita", "/m/receive").scan("ASN-1").scan(f"(00){PALLET}")
    assert hand.tone == "yes" and "pending" in hand.message, hand.text
    receipt = only(app, Receipt)
    page = f"/receiving/receipts/{receipt.id}"
    desk.post(f"{page}/close")
    desk.get(page)
    assert "waits for acceptance" in desk.words and "Acceptance" in desk.words
    desk.post(f"{page}/accept", password=PASSWORD)
    assert desk.status == 403 and "Rita" in desk.words
    anna = Desk.of(app, "anna")
    anna.get(page)
    anna.post(f"{page}/accept", password="wrong")
    assert anna.status == 403
    anna.post(f"{page}/accept", password=PASSWORD, reason="counted")
    assert anna.status == 302
    anna.get(page)
    assert "Anna" in anna.words and "Accepted" in anna.words and "Genuine" in anna.words


def test_a_line_is_taken_back_and_shown_so(app: Flask, place: Any) -> None:
    hand = Hand.of(app.test_client(), "rita", "/m/receive").press("blind")
    hand.scan(f"(01){place.gtins['TEA']}(17){GOOD:%y%m%d}(10)T-1(30)5")
    assert hand.tone == "yes", hand.text
    receipt, line = only(app, Receipt), only(app, ReceiptLine)
    desk = Desk.of(app, "rita")
    desk.get(f"/receiving/receipts/{receipt.id}")
    path = f"/receiving/receipts/{receipt.id}/lines/{line.id}/reverse"
    for _ in range(2):  # a second click is harmless
        desk.post(path, key="click-1", reason="not ours")
        assert desk.status == 302, desk.words
    desk.get(f"/receiving/receipts/{receipt.id}")
    assert "taken back" in desk.words and "not ours" in desk.words
    anna = Desk.of(app, "anna")
    anna.get("/receiving")
    anna.post(path, key="click-2", reason="x")
    assert anna.status == 403


def test_refused_goods_are_listed_until_they_are_fetched(app: Flask, place: Any) -> None:
    desk = Desk.of(app, "rita")
    desk.get("/receiving/refusals/new")
    good = {
        "key": "k-1",
        "reason": "wet",
        "description": "three wet cartons",
        "supplier": place.supplier,
        "place": "door 3",
    }
    for more in ({"reason": "bored"}, {"description": ""}, {"bin_code": "NOPE"}, {"sku": "NOPE"}, {"quantity": "-1"}):
        desk.post("/receiving/refusals", **good | more)
        assert desk.status in (404, 422), more
    desk.post("/receiving/refusals", **good)
    made = only(app, Refusal)
    desk.get("/receiving/refusals?state=open&q=wet")
    assert made.number in desk.words and "door 3" in desk.words
    desk.get(f"/receiving/refusals/{made.id}")
    desk.post(f"/receiving/refusals/{made.id}/close", carrier="Fast")
    assert made.number not in desk.get("/receiving/refusals?state=open")


def test_a_return_is_written_down_from_stock_handed_over_and_printed(app: Flask, place: Any) -> None:
    hand = Hand.of(app.test_client(), "rita", "/m/receive").press("blind")
    hand.scan(f"(01){place.gtins['TEA']}(17){GOOD:%y%m%d}(10)T-1(30)8")
    desk = Desk.of(app, "rita")
    page = desk.get("/receiving/returns/new?q=T-1")
    balance = re.search(r'name="balance" value="(\d+)"', page)
    assert balance, desk.words
    form = {"key": "k-1", "supplier": place.supplier, "reason": "surplus", "balance": [balance[1]]}
    desk.post("/receiving/returns", **form, quantity=["9"])
    assert desk.status == 409 and "T-1" in desk.words
    desk.post("/receiving/returns", **form, quantity=["3"])
    paper, line = only(app, SupplierReturn), only(app, SupplierReturnLine)
    where = f"/receiving/returns/{paper.id}"
    desk.get(where)
    assert paper.number in desk.words and "T-1" in desk.words
    desk.post(f"{where}/lines/{line.id}/carry", key="k-2", quantity="")
    desk.post(f"{where}/close", carrier="Fast 快运", plate="沪A1")
    desk.get(where)
    assert "done" in desk.words and "快运" in desk.words
    answer = desk.client.get(f"{where}/paper.pdf")
    assert answer.mimetype == "application/pdf" and answer.data.startswith(b"%PDF")
    assert paper.number in desk.get("/receiving/returns?q=T-1")
