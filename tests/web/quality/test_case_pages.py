"""Hold cases at the desk: looked at, placed as looked at, lifted in part and whole; goods apart, near expiry, retests."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from tests import given
from tests.given import NOW, q
from tests.plans import watch
from tests.web.desk_client import PASSWORD, Desk
from wms.core.ids import SYSTEM_USER
from wms.db import db, run_in_transaction
from wms.picking import service as picking
from wms.stock.ledger import Quality
from wms.stock.models import Hold, HoldCase, Lot
from wms.tasks.models import Task, TaskKind

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def site(app: Flask) -> Iterator[given.Site]:
    with time_machine.travel(NOW, tick=False):
        with app.app_context():
            site = given.warehouse("HZ")
            for login, role in (
                ("first", "quality"),
                ("second", "quality"),
                ("boss", "supervisor"),
                ("pick", "picker"),
            ):
                given.user(login, role, site=site)
        yield site


def bad_supplier(app: Flask, site: given.Site) -> dict[str, Any]:
    """Three lots of BAD and one of GOOD; an order promised one of them."""
    with app.app_context():
        bad, good = given.partner("BAD", name_en="Bad & Sons"), given.partner("GOOD")
        item = given.item("MILK", standard_cost=None)
        lots = [given.lot(item, f"B-{n}", supplier=bad.id, expires_in=20 + n) for n in range(3)]
        other = given.lot(item, "G-1", supplier=good.id)
        for n, lot in enumerate([*lots, other], start=1):
            given.stock(lot, site, f"A-0{n}", 5)
        order = given.order(site, [(item, 5)], customer=given.partner("SHOP", name_en="Corner shop"))
        run_in_transaction(picking.allocate_order, order, actor=SYSTEM_USER, at=NOW)
        return {"order": order, "lots": [lot.id for lot in lots], "item": item.id}


def look(desk: Desk, **asked: Any) -> dict[str, str]:
    """Look at a query; the hidden fields of the form that places it."""
    page = desk.get(f"/quality/cases/new?{urlencode({'look': '1'} | asked)}")
    form = page[page.index('action="/quality/cases"') :] if 'action="/quality/cases"' in page else ""
    return dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form))


def count(app: Flask, model: Any) -> int:
    with app.app_context():
        return len(db.session.execute(select(model.id)).all())


def test_a_case_is_looked_at_placed_listed_and_lifted_in_part_and_whole(app: Flask, site: given.Site) -> None:
    bad_supplier(app, site)
    desk = Desk.of(app, "first")
    seen = look(desk, supplier_code="BAD")
    assert "3 lots" in desk.words and "Stops 1 order" in desk.words and "Corner shop" in desk.words
    assert count(app, HoldCase) == 0
    desk.post("/quality/cases", **seen, reason="suspect", note="glass in one")
    assert desk.status == 302, desk.words[-300:]
    desk.get(desk.location)
    assert "3 lots in 3 places. Orders stopped: 1" in desk.words and "You placed this hold" in desk.words
    assert "B-0" in desk.words and "G-1" not in desk.words
    desk.get("/quality/holds")
    assert "All that matches: Supplier BAD" in desk.words and "3 holds" in desk.words and "B-0" not in desk.words
    desk.get("/quality/holds?reason=damage")
    assert "Supplier BAD" not in desk.words
    export = desk.get("/quality/holds.csv")
    assert export.count("glass in one") == 3 and "B-2" in export
    with app.app_context():
        case = db.session.execute(select(HoldCase.id)).scalar_one()
        first = db.session.execute(select(Hold.id).join(Lot).where(Lot.number == "B-0")).scalar_one()
    second = Desk.of(app, "second")
    path = f"/quality/cases/{case}"
    second.get(path)
    second.post(f"{path}/lift", which="chosen", reason="tested", password=PASSWORD)
    assert (second.status, "Fill this in" in second.words) == (422, True)
    second.post(f"{path}/lift", which="all", reason="tested", password="wrong")
    assert second.status == 403
    second.post(f"{path}/lift", which="chosen", holds=first, reason="tested", password=PASSWORD)
    assert second.status == 302, second.words[-300:]
    second.get(path)
    assert "2 of 3 stand" in second.words and "partly lifted" in second.words and "tested" in second.words
    second.post(f"{path}/lift", which="all", reason="all tested", password=PASSWORD)
    second.get("/quality/holds?state=lifted")
    assert "Supplier BAD" in second.words
    desk.post(f"{path}/lift", which="all", reason="x", password=PASSWORD)
    assert desk.status in (403, 409)


def test_when_the_world_changes_after_the_look_the_person_sees_what_there_is_now(app: Flask, site: given.Site) -> None:
    ids = bad_supplier(app, site)
    desk = Desk.of(app, "first")
    seen = look(desk, supplier_code="BAD")
    with app.app_context():
        lot = db.session.get_one(Lot, ids["lots"][0])
        given.stock(lot, site, "A-04", 2)
    desk.post("/quality/cases", **seen, reason="suspect")
    assert (desk.status, count(app, HoldCase)) == (302, 0)
    page = desk.get(desk.location)
    assert "Since you looked this changed" in desk.words and "4 places" in desk.words
    again = dict(
        re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page[page.index('action="/quality/cases"') :])
    )
    desk.post("/quality/cases", **again, reason="suspect")
    assert (desk.status, count(app, HoldCase)) == (302, 1)


def test_what_is_not_asked_well_is_said_and_holds_nothing(app: Flask, site: given.Site) -> None:
    bad_supplier(app, site)
    desk = Desk.of(app, "first")
    for asked, said in (
        ({}, "Ask for at least one thing"),
        ({"supplier_code": "NOBODY"}, "No supplier “NOBODY” was found here"),
        ({"received_from": "2026-11-02", "received_until": "2026-11-01"}, "The last day lies before the first."),
        ({"scope": "bin"}, "Fill this in."),
        ({"scope": "lpn", "lpn_code": "NO"}, "No LPN “NO” was found here"),
        ({"words": "no such thing"}, "Nothing matches now."),
    ):
        look(desk, **asked)
        assert said in desk.words, (asked, desk.words[-500:])
    seen = look(desk, scope="bin", bin_code="A-01")
    desk.post("/quality/cases", **(seen | {"reason": "recall"}))
    assert desk.status == 422
    desk.post("/quality/cases", **(seen | {"reason": "damage", "bin_code": "NO"}))
    assert desk.status == 404
    picker = Desk.of(app, "pick")
    picker.get("/quality/cases/new")
    assert picker.status == 403
    assert count(app, HoldCase) == 0
    desk.post("/quality/cases", **seen, reason="damage")
    assert (desk.status, count(app, Hold)) == (302, 1)


def test_a_case_elsewhere_is_not_seen_and_goods_elsewhere_are_not_held(app: Flask, site: given.Site) -> None:
    bad_supplier(app, site)
    with app.app_context():
        other = given.warehouse("W2")
        given.user("away", "quality", site=other)
        lot = db.session.execute(select(Lot).where(Lot.number == "B-0")).scalar_one()
        given.stock(lot, other, "A-01", 9)
    desk = Desk.of(app, "first")
    assert look(desk, supplier_code="BAD", everywhere="1") == {}
    assert "stands in a warehouse where you may not hold" in desk.words
    seen = look(desk, supplier_code="BAD")
    desk.post("/quality/cases", **seen, reason="suspect")
    assert desk.status == 302
    with app.app_context():
        assert given.on_hand(lot, bin_id=other["A-01"], free_only=True) == q(9)
        case = db.session.execute(select(HoldCase.id)).scalar_one()
    away = Desk.of(app, "away")
    away.get(f"/quality/cases/{case}")
    assert away.status == 404
    away.get("/quality/holds")
    assert "Supplier BAD" not in away.words


def test_goods_that_must_stand_apart_are_listed_and_get_their_task_once(app: Flask, site: given.Site) -> None:
    with app.app_context():
        item = given.item()
        given.stock(given.lot(item, "DEAD", expires_in=-1), site, "A-01", 3)
        given.stock(given.lot(item, "REFUSED"), site, "A-02", 4, quality=Quality.REJECTED)
        given.stock(given.lot(item, "CAGED"), site, "CAGE", 5, quality=Quality.REJECTED)
        given.stock(given.lot(item, "FINE"), site, "A-03", 6)
    desk = Desk.of(app, "first")
    desk.get("/quality/apart")
    assert "DEAD" in desk.words and "REFUSED" in desk.words and "CAGED" not in desk.words and "FINE" not in desk.words
    for _again in range(2):
        desk.post("/quality/apart")
    with app.app_context():
        tasks = db.session.execute(select(Task.quantity, Task.target_bin_id).where(Task.kind == TaskKind.CAGE)).all()
        assert sorted(str(t.quantity) for t in tasks) == ["3", "4"]
        assert {t.target_bin_id for t in tasks} <= {site["CAGE"], site["QUAR"]}
    desk.get("/quality/apart")
    assert "none yet" not in desk.words


def test_what_ends_soon_is_listed_by_month_with_what_it_is_worth(app: Flask, site: given.Site) -> None:
    from decimal import Decimal

    with app.app_context():
        dear = given.item("DEAR", standard_cost=Decimal("1.25"), expiry_warning_days=40)
        plain = given.item("PLAIN", expiry_warning_days=5)
        given.stock(given.lot(dear, "SOON", expires_in=3), site, "A-01", 4)
        given.stock(given.lot(plain, "LATER", expires_in=40), site, "A-02", 5)
        given.stock(given.lot(plain, "YEARS", expires_in=900), site, "A-03", 6)
        engine = db.engine
    desk = Desk.of(app, "first")
    with watch(engine) as asked:
        desk.get("/quality/near-expiry?months=3")
    assert len(asked) <= 14
    assert "SOON" in desk.words and "LATER" in desk.words and "YEARS" not in desk.words
    assert "5.00" in desk.words and "2026-11" in desk.words
    desk.get("/quality/near-expiry?months=3&warned=1")
    assert "SOON" in desk.words and "LATER" not in desk.words
    export = desk.get("/quality/near-expiry.csv?months=3")
    assert "SOON" in export and "5.00" in export
    desk.get("/quality/near-expiry?months=99")
    assert desk.status == 422


def test_a_passed_retest_is_signed_and_carries_the_days_on(app: Flask, site: given.Site) -> None:
    from wms.jobs.quality import hold_retests, warn_of_retests

    with app.app_context():
        item = given.item("API-1", retest_months=12)
        lot = given.lot(item, "R-1", expires_in=400, retest_on=given.day(-1))
        given.stock(lot, site, "A-01", 8)
        for _again in range(2):
            run_in_transaction(hold_retests, warehouse=site.id, on=given.TODAY, actor=SYSTEM_USER, at=NOW)
            run_in_transaction(warn_of_retests, warehouse=site.id, on=given.TODAY, actor=SYSTEM_USER, at=NOW)
        assert given.on_hand(lot, free_only=True) == q(0)
    desk = Desk.of(app, "first")
    desk.get("/quality/retests")
    assert "R-1" in desk.words
    page = desk.get(f"/quality/retests/{lot.id}")
    assert 'value="2027-11-22"' in page
    path = f"/quality/retests/{lot.id}"
    for form, status, said in (
        ({"retest_on": "2026-11-22", "password": PASSWORD}, 422, "must lie after today"),
        ({"retest_on": "2028-11-22", "password": PASSWORD}, 422, "after the last good day"),
        (
            {"retest_on": "2027-11-22", "expires_on": "2029-01-01", "password": PASSWORD},
            422,
            "does not extend the expiry",
        ),
        ({"retest_on": "2027-11-22", "password": "wrong"}, 403, "The password is wrong"),
    ):
        desk.post(path, reason="COA 9", **form)
        assert (desk.status, said in desk.words) == (status, True), desk.words[-300:]
    desk.post(path, retest_on="2027-11-22", reason="COA 9", password=PASSWORD)
    assert desk.status == 302
    desk.get(path)
    assert "COA 9" in desk.words and "2027-11-22" in desk.words
    with app.app_context():
        assert given.on_hand(lot, free_only=True) == q(8)
        given.ledger_is_whole()
    boss = Desk.of(app, "boss")
    boss.get("/quality/retests")
    boss.post(path, retest_on="2028-01-01", reason="x", password=PASSWORD)
    assert boss.status == 403


def test_an_order_that_a_hold_stopped_says_so_on_its_page_and_to_the_picker(app: Flask, site: given.Site) -> None:
    ids = bad_supplier(app, site)
    with app.app_context():
        run_in_transaction(picking.release_order, ids["order"], actor=SYSTEM_USER, at=NOW)
        from wms.picking.models import Order

        number = db.session.get_one(Order, ids["order"]).number
    desk = Desk.of(app, "first")
    desk.get("/quality/holds")
    desk.post("/quality/cases", **look(desk, supplier_code="BAD"), reason="suspect")
    boss = Desk.of(app, "boss")
    boss.get(f"/orders/{ids['order']}")
    assert "now 0: the rest was stopped or given back" in boss.words
    from wms.picking.queries import why_not_offered

    with app.app_context():
        assert why_not_offered(number, site.id) == ("stopped", "B-0", "suspect")
        assert why_not_offered("SO-NONE", site.id) is None


def test_the_list_of_holds_costs_the_same_however_many_holds_a_case_has(app: Flask, site: given.Site) -> None:
    bad_supplier(app, site)
    desk = Desk.of(app, "first")
    desk.get("/quality/holds")
    with app.app_context():
        engine = db.engine
    counts = []
    for asked in ({"supplier_code": "GOOD"}, {"supplier_code": "BAD"}):
        desk.post("/quality/cases", **look(desk, **asked), reason="suspect")
        with watch(engine) as statements:
            desk.get("/quality/holds")
        counts.append(len(statements))
    assert counts[0] == counts[1] <= 14, counts
