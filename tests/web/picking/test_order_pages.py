"""The desk's order and shipment pages: from a new order to the truck, and what they refuse."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from tests import given
from tests.given import NOW, q
from wms.db import run_in_transaction
from wms.picking import queries, service
from wms.picking.rules.check_pick import Scanned

PASSWORD = "correct horse 1"


@dataclass
class Desk:
    """A supervisor at a desk, in a warehouse with two lots of tea."""

    client: FlaskClient
    app: Flask
    site: given.Site
    customer: int
    lots: dict[str, int]
    token: str = ""

    def log_in(self, login: str) -> None:
        self.get("/login")
        self.post("/login", login=login, password=PASSWORD)

    def get(self, path: str) -> str:
        answer = self.client.get(path)
        assert answer.status_code == 200, (path, answer.status_code, answer.text[:2000])
        self.token = re.search(r'name="csrf_token" value="([^"]+)"', answer.text)[1]  # type: ignore[index]
        return answer.text

    def post(self, path: str, **values: Any) -> Any:
        return self.client.post(path, data={"csrf_token": self.token, **values})

    def new_order(self, **values: Any) -> Any:
        form = {"customer": self.customer, "ship_on": "2026-11-23", "sku": ["TEA", ""], "quantity": ["8", ""]}
        return self.post("/orders/new", **(form | {"lot": ["", ""]} | values))


@pytest.fixture
def desk(app: Flask, client: FlaskClient) -> Iterator[Desk]:
    with time_machine.travel(NOW, tick=False):
        with app.app_context():
            site, item = given.warehouse("W1"), given.item("TEA")
            soon, late = given.lot(item, "L-SOON", expires_in=12), given.lot(item, "L-LATE", expires_in=60)
            given.stock(soon, site, "A-01", 6)
            given.stock(late, site, "A-02", 6)
            customer = given.partner("SHOP", shelf_life_days_min=2)
            given.user("boss", "supervisor", site=site)
            given.user("pia", "picker", site=site)
            given.user("adam", "auditor", site=site)
            found = Desk(client, app, site, customer.id, {"soon": soon.id, "late": late.id})
        found.log_in("boss")
        yield found


def _pick_all(desk: Desk, order: int) -> None:
    with desk.app.app_context():
        from sqlalchemy import select

        from wms.db import db
        from wms.picking.models import PickList

        list_id = db.session.execute(select(PickList.id).where(PickList.order_id == order)).scalars().first()
        person = given.user(None, "picker", site=desk.site)
        run_in_transaction(service.take_list, list_id, actor=person, at=NOW)
        while stop := queries.next_stop(list_id, at=NOW):
            scanned = Scanned(bin_code=stop.facts.bin_code, lot_number=stop.facts.lot_number)
            cmd = service.ConfirmPick(task=stop.task, scanned=scanned, quantity=stop.left, key=f"k-{stop.task}")
            run_in_transaction(service.confirm_pick, cmd, actor=person, at=NOW)


def test_an_order_goes_from_the_form_to_the_truck_and_says_why_each_lot(desk: Desk) -> None:
    desk.get("/orders/new")
    made = desk.new_order(number="SO-9")
    assert made.status_code == 302
    page = made.headers["Location"]
    order = int(page.rsplit("/", 1)[1])
    assert "Nothing was decided yet" in desk.get(page)

    assert desk.post(f"{page}/allocate").status_code == 302
    text = desk.get(page)
    assert "Everything is promised" in text and "Taken: 6 of 6." in text and "Taken: 2 of 6." in text
    assert desk.post(f"{page}/release").status_code == 302
    assert "SO-9-P1" in desk.get(page)
    _pick_all(desk, order)

    opened = desk.post(f"/orders/{order}/shipment")
    shipment = opened.headers["Location"]
    text = desk.get(shipment)
    assert "L-SOON" in text and "Not complete" not in text
    key = re.search(r'name="key" value="([^"]+)"', text)[1]  # type: ignore[index]
    for _ in range(2):
        assert desk.post(f"{shipment}/ship", key=key, plate="沪A1").status_code == 302
    text = desk.get(shipment)
    assert "has left" in text and text.count("L-SOON") == 2  # with its line and with its LPN, as before it left
    assert desk.post(f"{shipment}/ship", key="another").status_code == 409
    assert "SO-9-S1" in desk.get("/shipments?state=shipped")
    assert "SO-9" not in desk.get("/orders") and "SO-9" in desk.get("/orders?state=shipped&sort=-number&q=so-9")
    text = desk.get(page)
    assert re.search(r'number"><span class="figure">8</span></td>\s*<td class="number">0', text), (
        "shipped, and not short"
    )
    with desk.app.app_context():
        assert given.on_hand(desk.lots["soon"]) == q(0)


def test_a_short_order_says_what_is_short_and_ships_only_with_the_supervisors_yes(desk: Desk) -> None:
    desk.get("/orders/new")
    page = desk.new_order(quantity=["20", ""]).headers["Location"]
    order = int(page.rsplit("/", 1)[1])
    desk.post(f"{page}/allocate")
    assert "Promised: 12. Short: 8" in desk.get(page)
    desk.post(f"{page}/release")
    _pick_all(desk, order)
    shipment = desk.post(f"/orders/{order}/shipment").headers["Location"]
    text = desk.get(shipment)
    key = re.search(r'name="key" value="([^"]+)"', text)[1]  # type: ignore[index]
    assert "Not complete" in text
    refused = desk.post(f"{shipment}/ship", key=key)
    assert refused.status_code == 409 and "TEA 8 ea" in refused.text
    assert desk.post(f"{shipment}/ship", key=key, short="1").status_code == 302


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"sku": ["", ""]}, "Fill this in"),
        ({"sku": ["NOPE", ""]}, "not found"),
        ({"quantity": ["x", ""]}, "Type a quantity"),
        ({"quantity": ["0", ""]}, "above zero"),
        ({"quantity": ["1e9", ""]}, "Type a quantity"),
        ({"lot": ["NOPE", ""]}, "not found"),
        ({"ship_on": "soon"}, "Type a date"),
        ({"customer": "12"}, "No customer"),
        ({"customer": ""}, "number"),
        ({"purpose": "party"}, "Choose one"),
        ({"unknown": "1"}, "not known"),
    ],
)
def test_a_wrong_order_form_is_refused_in_words(desk: Desk, values: dict[str, Any], said: str) -> None:
    desk.get("/orders/new")
    answer = desk.new_order(**values)
    assert answer.status_code in {404, 422} and said in answer.text


@pytest.mark.parametrize("query", ["sort=bad", "state=bad", "cursor=%%%", "due=x", "q=" + "a" * 200, "x=1"])
def test_a_wrong_filter_is_refused_in_words(desk: Desk, query: str) -> None:
    assert desk.client.get(f"/orders?{query}").status_code == 422


def test_orders_are_paged_by_key_in_every_order(desk: Desk) -> None:
    with desk.app.app_context():
        item = given.item()
        for _ in range(53):
            given.order(desk.site, [(item, 1)])
    for sort in ("ship", "-ship", "number", "-number", "priority", "-priority"):
        first = desk.get(f"/orders?sort={sort}")
        following = re.search(r'href="([^"]*cursor=[^"]*)"[^>]*>Next', first) or re.search(
            r'rel="next" href="([^"]+)"', first
        )
        assert following, sort
        second = desk.get(following[1].replace("&amp;", "&"))
        seen = re.findall(r"SO-\d+", first), re.findall(r"SO-\d+", second)
        assert not set(seen[0]) & set(seen[1])
        assert len(set(seen[0]) | set(seen[1])) == 53


def test_who_may_only_look_sees_no_buttons_and_is_refused(desk: Desk) -> None:
    desk.get("/orders/new")
    page = desk.new_order().headers["Location"]
    desk.client.post("/logout", data={"csrf_token": desk.token})
    desk.log_in("adam")
    text = desk.get(page)
    assert "Allocate</button>" not in text
    assert desk.post(f"{page}/allocate").status_code == 403


def test_an_order_of_another_warehouse_is_not_found(desk: Desk) -> None:
    with desk.app.app_context():
        elsewhere = given.order(given.warehouse(), [(given.item(), 1)])
    assert desk.client.get(f"/orders/{elsewhere}").status_code == 404
