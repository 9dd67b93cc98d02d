"""Holds and verdicts by the API: looked at, placed, lifted and decided by a person's signature; every refusal."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from tests import given
from tests.given import NOW, q
from tests.plans import watch
from tests.web.machine import Machine
from wms.core.ids import UserId
from wms.db import db, run_in_transaction
from wms.picking import service as picking
from wms.stock.ledger import Quality, Reason
from wms.stock.ledger.tables import StockPosting
from wms.stock.models import Hold, Lot
from wms.tasks.models import Task, TaskKind

PASSWORD = "correct horse 1"
one_engine = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@dataclass
class Scene:
    """10 MILK of one lot in A-01, 6 of them promised; people of quality; a key of quality."""

    app: Flask
    site: given.Site
    lot: Lot
    order: int
    people: dict[str, UserId]
    machine: Machine

    def hold(self, **more: Any) -> Any:
        """Place a hold by the call."""
        return self.machine.post(f"/lots/{self.lot.id}/hold", {"reason": "damage"} | more)

    def free(self) -> Any:
        """How much of the lot may be used; the ledger is whole."""
        with self.app.app_context():
            given.ledger_is_whole()
            return given.on_hand(self.lot, free_only=True)


@pytest.fixture
def scene(app: Flask) -> Iterator[Scene]:
    with time_machine.travel(NOW, tick=False):
        with app.app_context():
            site, item = given.warehouse("HZ"), given.item("MILK")
            people = {
                "first": given.user("first", "quality", site=site), "second": given.user("second", "quality", site=site),
                "boss": given.user("boss", "supervisor", site=site),
            }  # fmt: skip
            lot = given.lot(item, "LOT7")
            given.stock(lot, site, "A-01", 10)
            order = given.order(site, [(item, 6)], customer=given.partner("SHOP", name_en="Corner shop"))
            run_in_transaction(picking.allocate_order, order, actor=people["boss"], at=NOW)
        yield Scene(app, site, lot, order, people, Machine.of(app, "quality", site=site))


def code_of(answer: Any) -> tuple[int, str]:
    return answer.status_code, (answer.json or {}).get("code", "")


def signed(login: str, password: str = PASSWORD, **more: Any) -> dict[str, Any]:
    return {"reason": "tested again", "signature": {"login": login, "password": password}} | more


def test_a_hold_is_looked_at_placed_once_and_lifted_by_a_signature(scene: Scene) -> None:
    look = scene.machine.get(f"/lots/{scene.lot.id}/hold-preview").json
    assert look is not None and (look["quantity"], look["is_enough"]) == ("10", True)
    assert [(r["bin_code"], r["lpn_code"], r["quantity"]) for r in look["reaches"]] == [("A-01", None, "10")]
    assert [(o["customer_name_en"], o["quantity"]) for o in look["orders"]] == [("Corner shop", "6")]
    assert scene.free() == q(4)
    body = {"reason": "damage", "note": "torn"}
    placed = scene.machine.post(f"/lots/{scene.lot.id}/hold", body, key="H-1")
    again = scene.machine.post(f"/lots/{scene.lot.id}/hold", body, key="H-1")
    assert placed.status_code == 201 and again.data == placed.data and placed.json is not None
    assert (placed.json["quantity"], [o["order_id"] for o in placed.json["orders"]]) == ("10", [str(scene.order)])
    assert scene.free() == q(0)
    listed = scene.machine.get("/holds?reason=damage").json
    assert listed is not None and [(h["id"], h["on_hand_quantity"], h["placed_by"]) for h in listed["items"]] == [
        (placed.json["hold_id"], "10", "A machine")
    ]
    path = f"/holds/{placed.json['hold_id']}"
    shown = scene.machine.get(path).json
    assert shown is not None and (shown["note"], shown["scope"], shown["warehouse_code"]) == ("torn", "lot", None)
    assert [(b["bin_code"], b["on_hand_quantity"], b["is_held"]) for b in shown["balances"]] == [("A-01", "10", True)]
    lifted = scene.machine.post(f"{path}/lift", signed("second"), key="L-1")
    assert lifted.status_code == 200 and lifted.json is not None, lifted.text
    assert (lifted.json["lifted_by"], lifted.json["lift_reason"], lifted.json["on_hand_quantity"]) == (
        "Second",
        "tested again",
        "0",
    )
    assert scene.machine.post(f"{path}/lift", signed("second"), key="L-1").data == lifted.data
    assert scene.free() == q(10)
    assert scene.machine.get("/holds").json == {"items": [], "next": None}
    assert len(scene.machine.get("/holds?state=lifted").json["items"]) == 1  # type: ignore[index]
    with scene.app.app_context():
        by = db.session.execute(select(StockPosting.actor_id).where(StockPosting.reason == Reason.LIFT)).scalar_one()
        assert by == scene.people["second"]


def test_the_one_who_placed_a_hold_does_not_lift_it_whatever_the_key(scene: Scene) -> None:
    from wms.quality.service import PlaceHold, place_hold
    from wms.stock.models import HoldReason, HoldScope

    with scene.app.app_context():
        cmd = PlaceHold(
            key="h", scope=HoldScope.LOT, lot=scene.lot.id, warehouse=scene.site.id, reason=HoldReason.DAMAGE
        )
        hold = run_in_transaction(place_hold, cmd, actor=scene.people["first"], at=NOW).hold
    path = f"/holds/{hold}/lift"
    assert code_of(scene.machine.post(path, signed("first"))) == (403, "second_person_needed")
    assert scene.machine.post(path, signed("second")).status_code == 200
    assert code_of(scene.machine.post(path, signed("first"))) == (409, "wrong_state")
    mine = scene.hold().json["hold_id"]
    # The key placed it: another person may lift it, and the key cannot sign.
    assert scene.machine.post(f"/holds/{mine}/lift", signed("first")).status_code == 200


@one_engine
def test_a_signature_that_does_not_hold_lifts_nothing(scene: Scene) -> None:
    with scene.app.app_context():
        given.user("elsewhere", "quality", site=given.warehouse("W2"))
    hold = scene.hold().json["hold_id"]
    path = f"/holds/{hold}/lift"
    boss = Machine.of(scene.app, "supervisor", site=scene.site)
    cases = [
        (scene.machine.post(path, {"reason": "x"}), (422, "field_errors")),
        (scene.machine.post(path, {"signature": {"login": "second", "password": PASSWORD}}), (422, "field_errors")),
        (scene.machine.post(path, signed("second", "wrong")), (403, "password_wrong")),
        (scene.machine.post(path, signed("nobody")), (403, "password_wrong")),
        (scene.machine.post(path, signed("boss")), (403, "not_allowed")),
        (scene.machine.post(path, signed("elsewhere")), (403, "not_allowed")),
        (boss.post(path, signed("second")), (403, "not_allowed")),
        (scene.machine.post("/holds/5/lift", signed("second")), (404, "not_found")),
    ]
    for n, (answer, wanted) in enumerate(cases):
        assert code_of(answer) == wanted, (n, answer.text)
        assert PASSWORD not in answer.text
    assert scene.free() == q(0)


@one_engine
def test_a_hold_reaches_as_far_as_its_scope_says(scene: Scene) -> None:
    with scene.app.app_context():
        plate = given.lpn(scene.site)
        given.stock(scene.lot, scene.site, "A-02", 5, on=plate.id)
    base = f"/lots/{scene.lot.id}/hold-preview"
    for query, wanted in (
        ("scope=bin&bin_code=A-01", "10"),
        (f"scope=lpn&lpn_code={plate.code}", "5"),
        ("scope=quantity&bin_code=A-01&quantity=3", "3"),
        ("scope=lot", "15"),
        ("scope=lot&everywhere=false", "15"),
    ):
        look = scene.machine.get(f"{base}?{query}").json
        assert look is not None and look["quantity"] == wanted, query
    few = scene.machine.get(f"{base}?scope=quantity&bin_code=A-01&quantity=30").json
    assert few is not None and (few["quantity"], few["is_enough"]) == ("10", False)
    assert scene.hold(scope="lpn", lpn_code=plate.code).json["quantity"] == "5"
    part = scene.hold(scope="quantity", bin_code="A-01", quantity="3").json
    assert (part["quantity"], part["orders"]) == ("3", [])
    shown = scene.machine.get(f"/holds/{part['hold_id']}").json
    assert shown is not None and (shown["bin_code"], shown["quantity"]) == ("A-01", "3")
    assert [(t["kind"], t["source_bin_code"]) for t in shown["tasks"]] == [("cage", "A-01")]
    held = scene.machine.get(f"/holds?lot_id={scene.lot.id}&sort=placed").json
    assert held is not None
    assert {(h["scope"], h["lpn_code"]) for h in held["items"]} == {("lpn", plate.code), ("quantity", None)}
    assert scene.free() == q(1)


@one_engine
def test_a_hold_that_is_wrong_is_refused_and_nothing_is_stopped(scene: Scene) -> None:
    with scene.app.app_context():
        other = given.warehouse("W2")
        given.stock(scene.lot, other, "A-03", 2)
        empty = given.lpn(scene.site)
        strange = given.lpn(other)
    path, look = f"/lots/{scene.lot.id}/hold", f"/lots/{scene.lot.id}/hold-preview"
    good = {"reason": "damage", "everywhere": False}
    picker = Machine.of(scene.app, "picker", site=scene.site)
    cases: list[tuple[Any, tuple[int, str]]] = [
        (scene.hold(), (403, "not_allowed")),  # it stands in W2 too, where the key has no right
        (scene.machine.get(look), (403, "not_allowed")),
        (scene.hold(**good, scope="bin"), (422, "field_errors")),
        (scene.hold(**good, scope="quantity", bin_code="A-01"), (422, "field_errors")),
        (scene.hold(**good, scope="bin", bin_code="NO"), (404, "not_found")),
        (scene.hold(**good, scope="bin", bin_code="SUPPLIER"), (404, "not_found")),
        (scene.hold(**good, scope="bin", bin_code="A-02"), (404, "not_found")),
        (scene.hold(**good, scope="lpn", lpn_code=empty.code), (404, "not_found")),
        (scene.hold(**good, scope="lpn", lpn_code=strange.code), (404, "not_found")),
        (scene.hold(**good, scope="lpn", lpn_code="LOOSE"), (404, "not_found")),
        (scene.hold(**good, scope="quantity", bin_code="A-01", quantity="11"), (409, "insufficient_stock")),
        (scene.machine.post(path, good | {"reason": "recall"}), (422, "field_errors")),
        (scene.machine.post(path, {"everywhere": False}), (422, "field_errors")),
        (scene.machine.post(path, good | {"everywhere": "no"}), (422, "field_errors")),
        (scene.machine.post(path, good | {"scope": "pallet"}), (422, "field_errors")),
        (scene.machine.post("/lots/5/hold", good), (404, "not_found")),
        (picker.post(path, good), (403, "not_allowed")),
        (scene.machine.get("/holds?state=gone"), (422, "field_errors")),
    ]
    for n, (answer, wanted) in enumerate(cases):
        assert code_of(answer) == wanted, (n, answer.text)
    with scene.app.app_context():
        assert db.session.execute(select(Hold.id)).first() is None
    here = scene.machine.post(path, good).json
    assert here is not None and here["quantity"] == "10"
    away = Machine.of(scene.app, "quality", site=other)
    assert code_of(away.get(f"/holds/{here['hold_id']}")) == (404, "not_found")
    assert code_of(away.post(f"/holds/{here['hold_id']}/lift", signed("second"))) == (403, "not_allowed")
    assert away.get("/holds").json == {"items": [], "next": None}


def test_pending_goods_get_their_verdict_by_a_signature(scene: Scene) -> None:
    with scene.app.app_context():
        item = given.item("SERUM")
        lot = given.lot(item, "B-1")
        given.stock(lot, scene.site, "A-02", 4, quality=Quality.PENDING)
        given.stock(lot, scene.site, "A-03", 3, quality=Quality.PENDING)
    listed = scene.machine.get("/pending-lots").json
    assert listed is not None and [(r["sku"], r["lot_number"], r["on_hand_quantity"]) for r in listed["items"]] == [
        ("SERUM", "B-1", "7")
    ]
    shown = scene.machine.get(f"/pending-lots/{lot.id}").json
    assert shown is not None and shown["quantity"] == "7"
    assert {(b["bin_code"], b["on_hand_quantity"]) for b in shown["balances"]} == {("A-02", "4"), ("A-03", "3")}
    path = f"/lots/{lot.id}/verdict"
    assert code_of(scene.machine.post(path, {"to": "released", "reason": "ok"})) == (422, "field_errors")
    assert code_of(scene.machine.post(path, signed("boss", to="released"))) == (403, "not_allowed")
    assert code_of(scene.machine.post(path, signed("second", "no", to="released"))) == (403, "password_wrong")
    assert code_of(scene.machine.post(path, signed("second", to="pending"))) == (422, "field_errors")
    bad = scene.machine.post(path, signed("second", to="rejected", bin_code="A-03"), key="V-1")
    told = bad.json
    assert told is not None and told.pop("release_id")
    assert told == {"lot_id": str(lot.id), "lot_number": "B-1", "to": "rejected", "quantity": "3"}
    again = scene.machine.post(path, signed("second", to="rejected", bin_code="A-03"), key="V-1")
    assert again.data == bad.data
    good = scene.machine.post(path, signed("first", to="released"))
    assert good.json is not None and good.json["quantity"] == "4"
    assert code_of(scene.machine.post(path, signed("first", to="released"))) == (409, "wrong_state")
    with scene.app.app_context():
        assert given.on_hand(lot, free_only=True) == q(4)
        assert db.session.execute(select(Task.id).where(Task.kind == TaskKind.CAGE)).scalars().all()
        actors = db.session.execute(
            select(StockPosting.actor_id).where(StockPosting.reason == Reason.DISPOSITION).order_by(StockPosting.seq)
        ).scalars()
        assert list(actors) == [scene.people["second"], scene.people["first"]]
        given.ledger_is_whole()
    assert scene.machine.get("/pending-lots").json == {"items": [], "next": None}


@one_engine
def test_pending_goods_of_another_warehouse_are_not_decided_from_here(scene: Scene) -> None:
    with scene.app.app_context():
        other = given.warehouse("W2")
        lot = given.lot(given.item("SERUM"), "B-1")
        given.stock(lot, other, "A-01", 4, quality=Quality.PENDING)
    assert scene.machine.get("/pending-lots").json == {"items": [], "next": None}
    assert scene.machine.get(f"/pending-lots/{lot.id}").json["quantity"] == "0"  # type: ignore[index]
    answer = scene.machine.post(f"/lots/{lot.id}/verdict", signed("second", to="released"))
    assert code_of(answer) == (409, "wrong_state")
    assert code_of(scene.machine.post("/lots/5/verdict", signed("second", to="released"))) == (404, "not_found")
    boss = Machine.of(scene.app, "supervisor", site=scene.site)
    assert code_of(boss.post(f"/lots/{lot.id}/verdict", signed("second", to="released"))) == (403, "not_allowed")


@one_engine
def test_the_lists_cost_the_same_however_long(scene: Scene) -> None:
    with scene.app.app_context():
        engine = db.engine
        lots = [given.lot(given.item(), f"P-{n}") for n in range(4)]
        for n, lot in enumerate(lots):
            given.stock(lot, scene.site, "A-02", n + 1, quality=Quality.PENDING)
    counts: dict[str, set[int]] = {"/holds": set(), "/pending-lots": set()}
    for lot in lots:
        scene.machine.post(f"/lots/{lot.id}/hold", {"reason": "suspect"})
    for path, seen in counts.items():
        for limit in (1, 4):
            with watch(engine) as asked:
                scene.machine.get(f"{path}?limit={limit}")
            seen.add(len(asked))
        assert len(seen) == 1 and max(seen) <= 8, (path, seen)
        first = scene.machine.get(f"{path}?limit=3").json
        assert first is not None
        rest = scene.machine.get(f"{path}?limit=3&cursor={first['next']}").json
        assert rest is not None and (len(first["items"]), len(rest["items"]), rest["next"]) == (3, 1, None)
