"""The desk's papers: made, found, shown with what came of them; bad input gives a sentence and changes nothing."""

import io
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from PIL import Image
from sqlalchemy import func, select

from tests import given
from tests.web.desk_client import Desk
from tests.web.receiving.hand import Hand
from wms.db import db as database_extension
from wms.gs1.sscc import Sscc
from wms.receiving.models import Asn, PurchaseOrder, Receipt

GOOD = (datetime.now(UTC) + timedelta(days=200)).date()
PLATE = Sscc.make("6901234", 0, 91)


@pytest.fixture
def place(app: Flask) -> SimpleNamespace:
    """A warehouse, a supplier, an item; a receiver, an auditor who only looks, and a picker who stands elsewhere."""
    with app.app_context():
        site, elsewhere, supplier = given.warehouse(), given.warehouse(), given.partner("ACME")
        item = given.item("MILK")
        given.user("rita", "receiver", site=site)
        given.user("otto", "auditor", site=site)
        given.user("vera", "receiver", site=elsewhere)
        return SimpleNamespace(supplier=supplier.id, gtin=item.pack_units[0].gtin)


def only(app: Flask, model: Any) -> Any:
    with app.app_context():
        return database_extension.session.execute(select(model)).scalar_one()


def test_from_order_and_asn_to_the_receipt_with_its_capture(app: Flask, place: Any) -> None:
    desk = Desk.of(app, "rita")
    desk.get("/receiving")
    desk.get("/receiving/orders/new")
    assert "ACME" in desk.words
    desk.post("/receiving/orders", number="PO-1", supplier=place.supplier, sku=["MILK", ""], quantity=["20", ""])
    order = only(app, PurchaseOrder)
    assert desk.location.endswith(f"/receiving/orders/{order.id}")
    desk.get("/receiving/asns/new")
    assert "PO-1" in desk.words
    desk.post(
        "/receiving/asns", number="ASN-1", supplier=place.supplier, purchase_order=order.id, expected_on="2026-12-01",
        sku=["MILK", "MILK"], quantity=["12", "8"], lot=["M-1", "M-2"], expires_on=[GOOD.isoformat(), GOOD.strftime("%Y%m%d")],
        sscc=[str(PLATE), ""],
    )  # fmt: skip
    asn = only(app, Asn)
    desk.get(desk.location)
    assert desk.status == 200 and str(PLATE) in desk.words and "M-2" in desk.words
    assert "ASN-1" in desk.get("/receiving") and "ASN-1" not in desk.get("/receiving?state=received")
    assert "PO-1" in desk.get("/receiving?kind=order&q=po-")
    desk.post(f"/receiving/asns/{asn.id}/receive")
    receipt = only(app, Receipt)
    desk.post(f"/receiving/receipts/{receipt.id}/arrival", plate="沪A1", temperature="18.5", delivery_note="DN-7")
    assert desk.status == 302
    hand = Hand.of(app.test_client(), "rita", "/m/receive").scan("ASN-1").scan(f"(00){PLATE}")
    assert hand.tone == "yes", hand.text
    desk.get(f"/receiving/receipts/{receipt.id}")
    assert f"(00){PLATE}" in desk.words and "18.5" in desk.text and "沪A1" in desk.text and "missing" in desk.words
    desk.post(f"/receiving/receipts/{receipt.id}/close")
    desk.get(f"/receiving/asns/{asn.id}")
    assert "received" in desk.words and "Differences" in desk.words and "M-2" in desk.words
    desk.get(f"/receiving/orders/{order.id}")
    assert "12" in desk.words and desk.status == 200


def test_faults_of_a_form_name_the_line(app: Flask, place: Any) -> None:
    desk = Desk.of(app, "rita")
    desk.get("/receiving")
    good = {"number": "A-1", "supplier": place.supplier, "sku": ["MILK"], "quantity": ["1"]}
    for more, words in (
        ({"sku": ["NOPE"]}, "SKU of line 1"),
        ({"sku": [""], "quantity": [""]}, "SKU of line 1"),
        ({"quantity": ["-1"]}, "Quantity of line 1"),
        ({"quantity": ["0"]}, "Quantity of line 1"),
        ({"quantity": ["1e3"]}, "Quantity of line 1"),
        ({"expires_on": ["2027-02-30"]}, "Expiry of line 1"),
        ({"sscc": ["123"]}, "SSCC of line 1"),
        ({"supplier": "x"}, "Supplier"),
        ({"supplier": "5"}, "supplier"),
        ({"purchase_order": "5"}, "purchase order"),
        ({"expected_on": "tomorrow"}, "Expected on"),
        ({"surprise": "1"}, "surprise"),
        ({"number": "x" * 41}, "Number"),
    ):
        desk.post("/receiving/asns", **(good | more))
        assert desk.status in {404, 422} and words in desk.words, (more, desk.words[-400:])
    desk.post("/receiving/asns", **good)
    desk.post("/receiving/asns", **good)
    assert desk.status == 409 and "A-1" in desk.words
    with app.app_context():
        assert database_extension.session.execute(select(func.count()).select_from(Asn)).scalar_one() == 1
    for path in (
        "/receiving?kind=fish",
        "/receiving?cursor=x",
        "/receiving?state=fish",
        "/receiving/asns/7",
        "/receiving/receipts/7",
    ):
        desk.get(path)
        assert desk.status in {200, 404, 422}, path
    asn = only(app, Asn)
    desk.post(f"/receiving/asns/{asn.id}/receive")
    receipt = only(app, Receipt)
    for degrees in ("hot", "1000", "NaN"):
        desk.post(f"/receiving/receipts/{receipt.id}/arrival", temperature=degrees)
        assert desk.status == 422, degrees


def test_who_only_looks_changes_nothing_and_who_stands_elsewhere_sees_nothing(app: Flask, place: Any) -> None:
    desk = Desk.of(app, "rita")
    desk.get("/receiving")
    desk.post("/receiving/asns", number="A-1", supplier=place.supplier, sku=["MILK"], quantity=["1"])
    asn = only(app, Asn)
    auditor = Desk.of(app, "otto")
    auditor.get("/receiving")
    auditor.get(f"/receiving/asns/{asn.id}")
    assert auditor.status == 200 and "Open receipt" not in auditor.words
    auditor.post(f"/receiving/asns/{asn.id}/receive")
    assert auditor.status == 403
    stranger = Desk.of(app, "vera")
    stranger.get("/receiving")
    stranger.get(f"/receiving/asns/{asn.id}")
    assert stranger.status == 404
    stranger.post(f"/receiving/asns/{asn.id}/receive")
    assert stranger.status == 404
    assert only(app, Asn).state.value == "expected"


def test_a_photo_is_shown_on_its_own_receipt_only(app: Flask, place: Any) -> None:
    from wms.catalog.models import Item, TypedLotPolicy

    with app.app_context():
        database_extension.session.execute(select(Item)).scalar_one().typed_lot_policy = TypedLotPolicy.PHOTO
        database_extension.session.commit()
    picture = io.BytesIO()
    Image.new("RGB", (30, 20), "blue").save(picture, "PNG")
    hand = Hand.of(app.test_client(), "rita", "/m/receive").press("blind").scan(place.gtin).scan("W1")
    hand.press("typed:label_damaged").press("photo", photo=(io.BytesIO(picture.getvalue()), "x.html")).scan(
        GOOD.isoformat()
    ).scan("1", unit="ea")
    assert hand.tone == "yes", hand.text
    desk = Desk.of(app, "rita")
    desk.get("/receiving")
    receipt = only(app, Receipt)
    page = desk.get(f"/receiving/receipts/{receipt.id}")
    path = next(part for part in page.split('"') if "/photos/" in part)
    answer = desk.client.get(path)
    assert (answer.status_code, answer.mimetype, answer.data) == (200, "image/png", picture.getvalue())
    answer.close()
    stranger = Desk.of(app, "vera")
    stranger.get("/receiving")
    assert stranger.client.get(path).status_code == 404
