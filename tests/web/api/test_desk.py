"""What crosses features, by the API: the first page's figures, the story of a lot, search by any scan."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from tests import given
from tests.given import NOW, day
from tests.plans import watch
from tests.web.machine import Machine
from wms.catalog.models import PackUnit
from wms.db import db, run_in_transaction
from wms.picking import service as picking
from wms.quality.service import PlaceHold, place_hold
from wms.stock.ledger import Quality
from wms.stock.models import HoldReason, HoldScope, Lot

one_engine = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@dataclass
class Scene:
    """A lot of MILK, 6 of 10 promised to an order that leaves today, then held; a pending lot; a lot that expires soon."""

    app: Flask
    site: given.Site
    lot: Lot
    gtin: str
    machine: Machine


@pytest.fixture
def scene(app: Flask) -> Iterator[Scene]:
    with time_machine.travel(NOW, tick=False):
        with app.app_context():
            site, item = given.warehouse("HZ"), given.item("MILK")
            person = given.user("boss", "supervisor", site=site)
            lot = given.lot(item, "LOT7")
            given.stock(lot, site, "A-01", 10)
            order = given.order(site, [(item, 6)], customer=given.partner("SHOP"), ship_on=day(0), number="SO-7")
            run_in_transaction(picking.allocate_order, order, actor=person, at=NOW)
            run_in_transaction(picking.release_order, order, actor=person, at=NOW)
            hold = PlaceHold(key="h", scope=HoldScope.LOT, lot=lot.id, warehouse=site.id, reason=HoldReason.DAMAGE)
            run_in_transaction(place_hold, hold, actor=person, at=NOW)
            given.stock(given.lot(given.item("SERUM"), "B-1"), site, "A-02", 4, quality=Quality.PENDING)
            given.stock(given.lot(given.item("TEA"), "T-1", expires_in=9), site, "A-03", 4)
            gtin = db.session.execute(
                select(PackUnit.gtin).where(PackUnit.item_id == item.id, PackUnit.code == "ea")
            ).scalar_one()
            db.session.commit()
        yield Scene(app, site, lot, str(gtin), Machine.of(app, "supervisor", site=site))


def test_today_tells_what_needs_a_person_and_only_what_the_key_may_see(scene: Scene) -> None:
    found = scene.machine.get("/today").json
    assert found is not None
    assert (found["alert_count"], [a["kind"] for a in found["alerts"]]) == (1, ["hold_stopped_orders"])
    assert [(h["lot_number"], h["on_hand_quantity"]) for h in found["holds"]] == [("LOT7", "10")]
    assert [(p["lot_number"], p["on_hand_quantity"]) for p in found["pending"]] == [("B-1", "4")]
    assert [(e["lot_number"], e["last_good_on"]) for e in found["expiring"]] == [("T-1", day(9).isoformat())]
    assert [o["order_number"] for o in found["due"]] == ["SO-7"]
    assert [(t["kind"], t["lot_number"], t["order_number"]) for t in found["stopped"]] == [("pick", "LOT7", "SO-7")]
    small = Machine.of(scene.app, "supervisor", site=scene.site, scopes=("order.view",)).get("/today").json
    assert small is not None and [o["order_number"] for o in small["due"]] == ["SO-7"]
    assert (small["alerts"], small["holds"], small["stopped"], small["alert_count"]) == ([], [], [], 0)


def test_a_lot_tells_its_story_in_the_warehouses_of_the_key(scene: Scene) -> None:
    path = f"/lots/{scene.lot.id}/story"
    with scene.app.app_context():
        other = given.warehouse("W2")
        given.stock(scene.lot, other, "A-01", 3)
        engine = db.engine
    with watch(engine) as asked:
        story = scene.machine.get(path).json
    assert story is not None and len(asked) <= 18, len(asked)
    assert (story["lot"]["number"], story["lot"]["sku"], story["is_expired"]) == ("LOT7", "MILK", False)
    assert (story["on_hand_quantity"], story["states"]) == ("10", [{"state": "held", "quantity": "10"}])
    assert [h["reason"] for h in story["holds"]] == ["damage"]
    assert [(o["order_number"], o["claimed"]) for o in story["orders"]] in ([], [("SO-7", "0")])
    assert [e["code"] for e in story["events"] if e["kind"] == "move"] == ["hold", "receive"]
    both = Machine.of(scene.app, "supervisor").get(f"{path}?warehouse=W2").json
    assert both is not None and both["on_hand_quantity"] == "13"


@one_engine
def test_search_names_what_a_scan_says_and_what_begins_with_a_text(scene: Scene) -> None:
    def hits(text: str) -> tuple[bool, list[tuple[str, str]]]:
        found = scene.machine.get(f"/search?q={quote(text)}").json
        assert found is not None
        return found["is_exact"], [(h["kind"], h["code"]) for h in found["hits"]]

    assert hits("LOT7") == (True, [("lot", "LOT7")])
    assert hits(f"(01){scene.gtin}(10)LOT7") == (True, [("lot", "LOT7")])
    assert hits(f"]C101{scene.gtin}10LOT7\x1d") == (True, [("lot", "LOT7")])
    assert hits("SO-7") == (True, [("order", "SO-7")])
    assert hits("A-0") == (False, [("bin", f"A-0{n}") for n in range(1, 5)])
    assert hits("nothing such") == (False, [])
    broken = scene.machine.get(f"/search?q={quote('(01)123')}").json
    assert broken is not None and broken["hits"] == [] and broken["fault"]


@one_engine
def test_what_crosses_features_is_refused_as_its_parts_are(scene: Scene) -> None:
    gateway = Machine.of(scene.app, "administrator", site=scene.site, scopes=("user.edit",))
    cases: list[tuple[Any, int]] = [
        (gateway.get("/today"), 403),
        (gateway.get("/search?q=LOT7"), 403),
        (gateway.get(f"/lots/{scene.lot.id}/story"), 403),
        (scene.machine.get("/lots/5/story"), 404),
        (scene.machine.get("/search"), 422),
        (scene.machine.get("/search?q="), 422),
        (scene.machine.get("/search?q=%00"), 422),
        (scene.machine.get(f"/search?q={'x' * 501}"), 422),
        (scene.machine.get("/today?warehouse=W9"), 404),
    ]
    for n, (answer, wanted) in enumerate(cases):
        assert answer.status_code == wanted, (n, answer.text)
