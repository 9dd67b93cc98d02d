"""Releases, non-conformances and destructions at the desk: the whole walk with passwords, and every refusal in words."""

import re

import pytest
from flask import Flask
from sqlalchemy import select

from tests import given
from tests.web.desk_client import PASSWORD, Desk
from wms.catalog.models import ItemClass
from wms.db import db
from wms.disposition.models import Destruction, Nonconformance
from wms.stock import queries as stock
from wms.stock.ledger import Quality


@pytest.fixture
def site(app: Flask) -> given.Site:
    with app.app_context():
        site = given.warehouse("HZ")
        for login, role in (
            ("li", "quality"), ("wang", "quality"), ("zhao", "supervisor"), ("picker", "picker"), ("auditor", "auditor"),
        ):  # fmt: skip
            given.user(login, role)
        return site


def a_lot(app: Flask, site: given.Site, quality: Quality = Quality.PENDING, **item: object) -> int:
    with app.app_context():
        lot = given.lot(given.item("SERUM", **item), "B-1", supplier=given.partner("SUP").id)
        given.stock(lot, site, "A-01", 10, quality=quality)
        return lot.id


def key_of(page: str) -> str:
    found = re.search(r'name="key" value="([^"]+)"', page)
    assert found
    return found[1]


def test_what_waits_shows_what_is_missing_and_a_second_person_waives_it(app: Flask, site: given.Site) -> None:
    lot = a_lot(app, site, item_class=ItemClass.DRUG, approval_number="H1", approval_valid_until=given.day(900))
    li, wang = Desk.of(app, "li"), Desk.of(app, "wang")
    li.get("/release")
    assert "B-1" in li.words and "Missing" in li.words.title() and "Certificate" in li.words
    page = li.get(f"/quality/pending/{lot}")
    assert "none is attached to the lot" in li.words
    li.post(f"/quality/pending/{lot}", key=key_of(page), to="released", reason="ok", password=PASSWORD)
    assert li.status == 409 and "certificate" in li.words
    wang.get(f"/quality/pending/{lot}")
    wang.post(f"/quality/pending/{lot}/waive", point="certificate", reason="fax seen", password="wrong password 1")
    assert wang.status == 403
    wang.post(f"/quality/pending/{lot}/waive", point="certificate", reason="fax seen", password=PASSWORD)
    assert wang.status == 302
    wang.post(f"/quality/pending/{lot}", key="w", to="released", reason="ok", password=PASSWORD)
    assert wang.status == 403 and "Wang" in wang.words and "waived" in wang.words
    page = li.get(f"/quality/pending/{lot}")
    assert "fax seen" in li.words
    li.post(f"/quality/pending/{lot}", key=key_of(page), to="released", reason="ok", password=PASSWORD)
    assert li.status == 302
    li.get(f"/lots/{lot}")
    assert "Li, Released" in li.words and "Asia/Shanghai" in li.words and "Genuine" in li.words
    with app.app_context():
        db.session.execute(db.text("UPDATE lot SET maker_lot = 'X' WHERE id = :id"), {"id": lot})
        db.session.commit()
    li.get(f"/lots/{lot}")
    assert "Changed after signing" in li.words and "maker_lot" in li.words


def test_a_non_conformance_goes_from_record_to_destruction_with_a_witness(app: Flask, site: given.Site) -> None:
    lot = a_lot(app, site, Quality.REJECTED)
    zhao, li, wang = (Desk.of(app, name) for name in ("zhao", "li", "wang"))
    page = zhao.get(f"/nonconformances/new?lot={lot}")
    zhao.post(
        "/nonconformances", key=key_of(page), lot=lot, scope="lot", bin="", lpn="", quantity="",
        defect_class="critical", what="glass in it",
    )  # fmt: skip
    assert zhao.status == 302, zhao.words
    paper = zhao.location
    li.get(paper)
    assert "NC-" in li.words and "glass in it" in li.words
    li.post(f"{paper}/review", finding="splinters", defect_class="critical", password=PASSWORD)
    li.get(paper)
    li.post(f"{paper}/propose", disposition="destroy", reason="unsafe", markets="", customers="", until_on="")
    li.get(paper)
    li.post(f"{paper}/approve", reason="yes", password=PASSWORD)
    assert li.status == 403 and "proposed it" in li.words
    zhao.get(paper)
    zhao.post(f"{paper}/approve", reason="yes", password=PASSWORD)
    assert zhao.status == 403 and "recorded it" in zhao.words
    with app.app_context():
        given.user("sun", "supervisor")
    for name in ("wang", "sun"):
        desk = Desk.of(app, name)
        desk.get(paper)
        desk.post(f"{paper}/approve", reason="yes", password=PASSWORD)
        assert desk.status == 302, desk.words
    with app.app_context():
        order = db.session.execute(select(Destruction.id)).scalar_one()
    wang.get(f"/destructions/{order}")
    wang.post(f"/destructions/{order}/carry-out", method="burnt", place="plant", contractor="C1", password=PASSWORD)
    assert wang.status == 302, wang.words
    wang.post(f"/destructions/{order}/witness", reason="seen", password=PASSWORD)
    assert wang.status == 403
    auditor = Desk.of(app, "auditor")
    auditor.get(f"/destructions/{order}")
    auditor.post(f"/destructions/{order}/witness", reason="seen", password=PASSWORD)
    assert auditor.status == 403  # sees, and changes nothing
    zhao.get(f"/destructions/{order}")
    zhao.post(f"/destructions/{order}/witness", reason="seen", password=PASSWORD)
    assert zhao.status == 302, zhao.words
    zhao.get(f"/destructions/{order}")
    assert "Witnessed" in zhao.words
    answer = zhao.client.get(f"/destructions/{order}/record.pdf")
    assert answer.data.startswith(b"%PDF") and len(answer.data) > 5000
    with app.app_context():
        assert stock.find_balances(lot=lot) == []
        given.ledger_is_whole()
    li.get(paper)
    li.post(f"{paper}/finish", outcome="certificate C1", password=PASSWORD)
    assert li.status == 302, li.words
    li.get(f"/lots/{lot}")
    assert "NC-" in li.words
    ledger = li.client.get("/reports/nonconformances.csv")
    assert "glass in it" in ledger.get_data(as_text=True)
    for url in ("/nonconformances", "/nonconformances?state=undone", "/destructions?state=done", "/quality"):
        li.get(url)
        assert li.status == 200


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_papers_of_another_warehouse_are_not_found_and_the_floor_only_looks(app: Flask, site: given.Site) -> None:
    lot = a_lot(app, site)
    with app.app_context():
        other = given.warehouse("W2")
        given.user("far", "quality", site=other)
    li = Desk.of(app, "li")
    page = li.get(f"/nonconformances/new?lot={lot}")
    li.post(
        "/nonconformances", key=key_of(page), lot=lot, scope="bin", bin=site["A-01"], defect_class="minor", what="x"
    )
    assert li.status == 302, li.words
    with app.app_context():
        paper = db.session.execute(select(Nonconformance.id)).scalar_one()
    far = Desk.of(app, "far")
    far.get(f"/nonconformances/{paper}")
    assert far.status == 404
    far.get("/nonconformances")
    assert "NC-" not in far.words
    far.post(f"/nonconformances/{paper}/review", finding="x", defect_class="minor", password=PASSWORD)
    assert far.status == 404
    picker = Desk.of(app, "picker")
    picker.get(f"/nonconformances/{paper}")
    assert picker.status == 200
    picker.post(f"/nonconformances/{paper}/review", finding="x", defect_class="minor", password=PASSWORD)
    assert picker.status == 403


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_policies_are_said_on_a_page(app: Flask, site: given.Site) -> None:
    lot = a_lot(app, site)
    li = Desk.of(app, "li")
    li.get("/quality/policies")
    assert "where nothing else is said" in li.words
    li.post(
        "/quality/policies/release", item_class="", sku="SERUM", market="", needs_two="1",
        **{"point.certificate": "asked", "point.label_check": "asked"},
    )  # fmt: skip
    assert li.status == 302, li.words
    li.post("/quality/policies/approval", item_class="food", sku="", disposition="", people="3", roles="quality")
    assert li.status == 302, li.words
    li.get("/quality/policies")
    assert "SERUM" in li.words
    li.get(f"/quality/pending/{lot}")
    assert "I have compared the label with the goods" in li.words
    li.post("/quality/policies/release", item_class="", sku="NOPE", market="")
    assert li.status == 404


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_an_order_of_destruction_names_quantities_by_row(app: Flask, site: given.Site) -> None:
    lot = a_lot(app, site, Quality.REJECTED)
    with app.app_context():
        (row,) = stock.find_balances(lot=lot)
    zhao = Desk.of(app, "zhao")
    for url in ("/destructions/new", "/nonconformances/new"):
        zhao.get(url)
        assert zhao.status == 200 and "Find the lot first" in zhao.words
    page = zhao.get(f"/destructions/new?lot={lot}")
    zhao.post("/destructions", key=key_of(page), reason="old", **{f"quantity.{row.id}": "11"})
    assert zhao.status == 409 and "11" in zhao.words
    zhao.post("/destructions", key=key_of(page), reason="old", **{f"quantity.{row.id}": "4"})
    assert zhao.status == 302, zhao.words
    zhao.get(zhao.location)
    assert "DES-" in zhao.words
    paper = re.search(r"/destructions/(\d+)/cancel", zhao.text)
    assert paper
    zhao.post(f"/destructions/{paper[1]}/cancel", reason="no")
    assert zhao.status == 302
