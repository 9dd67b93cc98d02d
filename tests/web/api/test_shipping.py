"""Shipments by the API: opened, given a door, shipped whole or short, every refusal."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import time_machine
from flask import Flask

from tests import given
from tests.given import NOW, q
from tests.plans import watch
from tests.web.machine import Machine
from wms.alerts.models import AlertKind, Severity
from wms.alerts.service import raise_alert
from wms.core.ids import new_id
from wms.db import db, run_in_transaction
from wms.picking import queries as picking
from wms.picking import service as pick
from wms.picking.rules.check_pick import Scanned
from wms.quality.service import PlaceHold, place_hold
from wms.rfid.models import Portal, PortalUse
from wms.stock.models import HoldReason, HoldScope, Lot

one_engine = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@dataclass
class Scene:
    """8 TEA on the shelf, a shipping clerk's key, two doors."""

    app: Flask
    site: given.Site
    item: Any
    lot: Lot
    clerk: Machine
    doors: dict[str, int]

    def picked(self, asked: int = 5) -> int:
        """An order picked as far as it goes; its id."""
        with self.app.app_context():
            order = given.order(self.site, [(self.item, asked)], customer=None)
            person = given.user(None, "picker", site=self.site)
            run_in_transaction(pick.allocate_order, order, actor=person, at=NOW)
            list_id = run_in_transaction(pick.release_order, order, actor=person, at=NOW)
            run_in_transaction(pick.take_list, list_id, actor=person, at=NOW)
            while stop := picking.next_stop(list_id, at=NOW):
                scanned = Scanned(bin_code=stop.facts.bin_code, lot_number=stop.facts.lot_number, sku=stop.facts.sku)
                cmd = pick.ConfirmPick(task=stop.task, scanned=scanned, quantity=stop.left, key=f"k-{stop.task}")
                run_in_transaction(pick.confirm_pick, cmd, actor=person, at=NOW)
            return order

    def opened(self, asked: int = 5) -> str:
        """The shipment of a picked order; its id."""
        made = self.clerk.post(f"/orders/{self.picked(asked)}/shipment")
        assert made.status_code == 200 and made.json is not None, made.text
        return str(made.json["id"])

    def left(self) -> Any:
        """How much of the lot is inside the walls."""
        with self.app.app_context():
            given.ledger_is_whole()
            return given.on_hand(self.lot)


@pytest.fixture
def scene(app: Flask) -> Iterator[Scene]:
    with time_machine.travel(NOW, tick=False):
        with app.app_context():
            site, item = given.warehouse("W1"), given.item("TEA")
            lot = given.lot(item, "L-1", expires_in=60)
            given.stock(lot, site, "A-01", 8)
            doors = {}
            for code, use in (("D1", PortalUse.OUTBOUND), ("D2", PortalUse.OUTBOUND), ("IN", PortalUse.INBOUND)):
                doors[code] = new_id()
                given.keep(Portal(id=doors[code], warehouse_id=site.id, code=code, name_en=code, name_zh=code, use=use))
        yield Scene(app, site, item, lot, Machine.of(app, "shipping", site=site), doors)


def code_of(answer: Any) -> tuple[int, str]:
    return answer.status_code, (answer.json or {}).get("code", "")


def test_a_shipment_is_opened_given_a_door_and_shipped_once(scene: Scene) -> None:
    order = scene.picked()
    opened = scene.clerk.post(f"/orders/{order}/shipment").json
    assert opened is not None and (opened["state"], opened["is_complete"]) == ("open", True)
    assert scene.clerk.post(f"/orders/{order}/shipment").json["id"] == opened["id"]  # type: ignore[index]
    path = f"/shipments/{opened['id']}"
    assert [(c["sku"], c["lot_number"], c["quantity"], len(c["lpn_code"])) for c in opened["contents"]] == [
        ("TEA", "L-1", "5", 18)
    ]
    with_door = scene.clerk.post(f"{path}/door", {"portal_id": str(scene.doors["D1"])}).json
    assert with_door is not None and (with_door["portal_id"], bool(with_door["door"])) == (str(scene.doors["D1"]), True)
    papers = {"carrier": "Fast & Co", "waybill": "W-1", "plate": "沪A12345", "driver": "Li", "seal": "S1"}
    left = scene.clerk.post(f"{path}/ship", papers, key="S-1")
    again = scene.clerk.post(f"{path}/ship", papers, key="S-1")
    assert left.status_code == 200 and again.data == left.data and left.json is not None
    assert left.json | papers == left.json and (left.json["state"], left.json["order_state"]) == ("shipped", "shipped")
    assert [(c["lot_number"], c["quantity"]) for c in left.json["contents"]] == [("L-1", "5")]
    assert (left.json["lines"][0]["shipped"], left.json["plates"][0]["is_open"]) == ("5", False)
    assert scene.left() == q(3)
    assert code_of(scene.clerk.post(f"{path}/ship", papers)) == (409, "wrong_state")
    assert code_of(scene.clerk.post(f"{path}/door", {"portal_id": str(scene.doors["D2"])})) == (409, "wrong_state")
    listed = scene.clerk.get("/shipments?state=shipped").json
    assert listed is not None and [(r["number"], r["plates"]) for r in listed["items"]] == [(left.json["number"], 1)]


def test_an_incomplete_order_leaves_only_by_the_yes_of_who_may(scene: Scene) -> None:
    shipment = scene.opened(asked=12)
    path = f"/shipments/{shipment}"
    shown = scene.clerk.get(path).json
    assert shown is not None and (shown["is_complete"], shown["lines"][0]["missing"]) == (False, "4")
    refused = scene.clerk.post(f"{path}/ship", {})
    assert code_of(refused) == (409, "shipment_incomplete") and refused.json is not None
    assert refused.json["data"]["missing"] == ["TEA 4 ea"]
    assert code_of(scene.clerk.post(f"{path}/ship", {"short": True})) == (403, "not_allowed")
    assert scene.left() == q(8)
    boss = Machine.of(scene.app, "supervisor", site=scene.site)
    left = boss.post(f"{path}/ship", {"short": True}).json
    assert left is not None and (left["state"], left["lines"][0]["shipped"]) == ("shipped", "8")
    assert scene.left() == q(0)


@one_engine
def test_goods_on_hold_and_an_open_alert_stop_a_shipment_and_it_says_so(scene: Scene) -> None:
    path = f"/shipments/{scene.opened()}"
    with scene.app.app_context():
        hold = PlaceHold(key="h", scope=HoldScope.LOT, lot=scene.lot.id, reason=HoldReason.DAMAGE)
        run_in_transaction(place_hold, hold, actor=given.user(None, "quality"), at=NOW)
    shown = scene.clerk.get(path).json
    assert shown is not None and [(s["lot_number"], s["reason"]) for s in shown["stopped"]] == [("L-1", "damage")]
    assert code_of(scene.clerk.post(f"{path}/ship", {})) == (409, "lot_on_hold")
    with scene.app.app_context():
        run_in_transaction(
            raise_alert, kind=AlertKind.DOOR_ALARM, severity=Severity.CRITICAL, warehouse=scene.site.id,
            subject_key="d", data={}, blocks_shipment=int(path.rsplit("/", 1)[1]), at=NOW,
        )  # fmt: skip
    assert code_of(scene.clerk.post(f"{path}/ship", {})) == (409, "shipment_blocked")
    assert scene.clerk.get(path).json["blocking_alert"] == "door_alarm"  # type: ignore[index]
    assert scene.left() == q(8)


@one_engine
def test_what_is_wrong_is_refused_and_changes_nothing(scene: Scene) -> None:
    path = f"/shipments/{scene.opened()}"
    with scene.app.app_context():
        fresh = given.order(scene.site, [(scene.item, 1)])
        other = given.warehouse("W2")
    away = Machine.of(scene.app, "shipping", site=other)
    picker = Machine.of(scene.app, "picker", site=scene.site)
    cases = [
        (scene.clerk.post(f"/orders/{fresh}/shipment"), (409, "wrong_state")),
        (scene.clerk.post("/orders/5/shipment"), (404, "not_found")),
        (scene.clerk.post(f"{path}/door", {}), (422, "field_errors")),
        (scene.clerk.post(f"{path}/door", {"portal_id": None}), (422, "field_errors")),
        (scene.clerk.post(f"{path}/door", {"portal_id": "77"}), (422, "field_errors")),
        (scene.clerk.post(f"{path}/door", {"portal_id": str(scene.doors["IN"])}), (422, "field_errors")),
        (scene.clerk.post(f"{path}/ship", {"short": "yes"}), (422, "field_errors")),
        (scene.clerk.post(f"{path}/ship", {"plate": "x" * 21}), (422, "field_errors")),
        (scene.clerk.post(f"{path}/ship"), (422, "bad_input")),
        (scene.clerk.get("/shipments?state=gone"), (422, "field_errors")),
        (away.get(path), (404, "not_found")),
        (away.post(f"{path}/ship", {}), (404, "not_found")),
        (away.post(f"{path}/door", {"portal_id": str(scene.doors["D1"])}), (404, "not_found")),
        (away.post(f"/orders/{fresh}/shipment"), (404, "not_found")),
        (picker.post(f"{path}/ship", {}), (403, "not_allowed")),
        (picker.post(f"/orders/{fresh}/shipment"), (403, "not_allowed")),
    ]
    for n, (answer, wanted) in enumerate(cases):
        assert code_of(answer) == wanted, (n, answer.text)
    assert picker.get(path).status_code == 200  # who sees orders sees what leaves
    assert away.get("/shipments").json == {"items": [], "next": None}
    assert scene.left() == q(8)


@one_engine
def test_the_list_costs_the_same_however_long(scene: Scene) -> None:
    with scene.app.app_context():
        engine = db.engine
    counts = []
    for _ in range(3):
        scene.opened(asked=1)
        with watch(engine) as asked:
            scene.clerk.get("/shipments")
        counts.append(len(asked))
    assert len(set(counts)) == 1 and counts[0] <= 8, counts
    first = scene.clerk.get("/shipments?limit=2").json
    assert first is not None
    rest = scene.clerk.get(f"/shipments?limit=2&cursor={first['next']}").json
    assert rest is not None and (len(first["items"]), len(rest["items"]), rest["next"]) == (2, 1, None)
    found = scene.clerk.get(f"/shipments?q={first['items'][0]['number'].lower()}").json
    assert found is not None and [r["id"] for r in found["items"]] == [first["items"][0]["id"]]
