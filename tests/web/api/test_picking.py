"""Orders, pick lists and picks by the API: the whole walk on both engines, every refusal, no statement more for a longer list."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from tests import given
from tests.given import NOW, day, q
from tests.plans import watch
from tests.web.machine import Machine
from wms.catalog.models import FefoGrade, Item
from wms.db import db, run_in_transaction
from wms.picking.models import FefoOverride, Order
from wms.tasks.models import Task, TaskKind

PASSWORD = "correct horse 1"
one_engine = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@dataclass
class Scene:
    """TEA in three lots: L-0001 and L-0003 in A-01, L-0002 in A-02; a key of a supervisor and one of a picker."""

    app: Flask
    site: given.Site
    item: Item
    lots: dict[str, Any]
    boss: Machine
    picker: Machine = field(init=False)

    def order(self, quantity: str = "10", **more: Any) -> str:
        """An order for TEA; its id."""
        body = {"customer_code": "SHOP", "ship_on": day(1).isoformat(), "lines": [{"sku": "TEA", "quantity": quantity}]}
        made = self.boss.post("/orders", body | more)
        assert made.status_code == 201, made.text
        return str(made.json["id"])  # type: ignore[index]

    def walk(self, quantity: str = "10") -> tuple[str, list[dict[str, Any]]]:
        """An order allocated, released and taken by the picker: the list's id and its tasks."""
        order = self.order(quantity)
        assert self.boss.post(f"/orders/{order}/allocate").status_code == 200
        made = self.boss.post(f"/orders/{order}/release").json
        assert made is not None and self.picker.post(f"/pick-lists/{made['id']}/take").status_code == 200
        return made["id"], made["tasks"]

    def staged(self, lot: str) -> Any:
        """How much of a lot stands in staging."""
        with self.app.app_context():
            return given.on_hand(self.lots[lot], bin_id=self.site["STAGE"])

    def whole(self) -> None:
        """Assert that the ledger holds together."""
        with self.app.app_context():
            given.ledger_is_whole()


def _scene(app: Flask, grade: FefoGrade) -> Scene:
    with app.app_context():
        site, item = given.warehouse("W1"), given.item("TEA", case_of=4, fefo_grade=grade)
        given.partner("SHOP")
        lots = {n: given.lot(item, n, expires_in=days) for n, days in (("L-0001", 12), ("L-0002", 40), ("L-0003", 90))}
        given.stock(lots["L-0001"], site, "A-01", 6)
        given.stock(lots["L-0003"], site, "A-01", 8)
        given.stock(lots["L-0002"], site, "A-02", 8)
        given.user("boss", "supervisor", site=site)
        given.user("pia", "picker", site=site)
    scene = Scene(app, site, item, lots, Machine.of(app, "supervisor", site=site))
    scene.picker = Machine.of(app, "picker", site=site)
    return scene


@pytest.fixture
def scene(app: Flask) -> Iterator[Scene]:
    with time_machine.travel(NOW, tick=False):
        yield _scene(app, FefoGrade.SUPERVISOR)


@pytest.fixture
def lenient(app: Flask) -> Iterator[Scene]:
    with time_machine.travel(NOW, tick=False):
        yield _scene(app, FefoGrade.REASON)


def code_of(answer: Any) -> tuple[int, str]:
    return answer.status_code, (answer.json or {}).get("code", "")


def test_an_order_goes_from_the_call_to_staging_and_tells_why_each_lot(scene: Scene) -> None:
    order = scene.order("10", number="PO-88", note="ring twice")
    allocated = scene.boss.post(f"/orders/{order}/allocate").json
    assert allocated is not None
    assert (allocated["claimed"], allocated["short"], allocated["state"]) == ("10", "0", "allocated")
    assert allocated["lines"][0] | {"id": ""} == allocated["lines"][0] | {"id": "", "sku": "TEA", "claimed": "10"}
    shown = scene.boss.get(f"/orders/{order}").json
    assert shown is not None and (shown["number"], shown["customer_code"], shown["note"]) == (
        "PO-88",
        "SHOP",
        "ring twice",
    )
    line = shown["lines"][0]
    assert [(c["lot_number"], c["bin_code"], c["quantity"]) for c in line["claims"]] == [
        ("L-0001", "A-01", "6"), ("L-0002", "A-02", "4"),
    ]  # fmt: skip
    assert line["decision"]["policy"] == "fefo" and line["decision"]["claimed"] == "10"
    why = {c["lot_number"]: (c["why"], c["explanation"]) for c in line["decision"]["candidates"]}
    assert why["L-0001"] == ("taken", "Taken: 6 of 6.") and why["L-0003"][0] == "not_needed"

    made = scene.boss.post(f"/orders/{order}/release")
    assert made.status_code == 201 and made.json is not None
    assert [(t["bin_code"], t["lot_number"], t["quantity"]) for t in made.json["tasks"]] == [
        ("A-01", "L-0001", "6"), ("A-02", "L-0002", "4"),
    ]  # fmt: skip
    listed = scene.picker.get("/pick-lists").json
    assert listed is not None and [(r["number"], r["stops"]) for r in listed["items"]] == [("PO-88-P1", 2)]
    taken = scene.picker.post(f"/pick-lists/{made.json['id']}/take").json
    assert taken is not None and (taken["state"], taken["taken_by"]) == ("taken", "A machine")
    first, second = (task["id"] for task in taken["tasks"])
    stop = scene.picker.get(f"/pick-tasks/{first}").json
    assert stop is not None and (stop["bin_code"], stop["lot_number"], stop["left"]) == ("A-01", "L-0001", "6")
    assert (stop["pack_code"], stop["pack_factor"], stop["fefo_grade"]) == ("case", "4", "supervisor")

    part = scene.picker.post(
        f"/pick-tasks/{first}/confirm", {"bin_code": "A-01", "lot_number": "L-0001", "quantity": "2"}, key="P-1"
    )
    again = scene.picker.post(
        f"/pick-tasks/{first}/confirm", {"bin_code": "A-01", "lot_number": "L-0001", "quantity": "2"}, key="P-1"
    )
    assert part.json is not None and (part.json["quantity"], part.json["left"]) == ("2", "4")
    assert again.data == part.data and scene.staged("L-0001") == q(2)
    rest = scene.picker.post(f"/pick-tasks/{first}/confirm", {"bin_code": "A-01", "lot_number": "L-0001", "sku": "TEA"})
    assert rest.json is not None and rest.json["left"] == "0" and rest.json["next"]["id"] == second
    last = scene.picker.post(f"/pick-tasks/{second}/confirm", {"bin_code": "A-02", "sku": "TEA"})
    assert last.json is not None and last.json["next"] is None
    assert (scene.staged("L-0001"), scene.staged("L-0002")) == (q(6), q(4))
    shown = scene.boss.get(f"/orders/{order}").json
    assert shown is not None and shown["state"] == "picked" and shown["lines"][0]["staged"] == "10"
    assert shown["pick_lists"][0]["state"] == "done"
    done = scene.boss.get("/pick-tasks?state=done").json
    assert done is not None and [t["id"] for t in done["items"]] == [first, second]
    scene.whole()


def test_a_short_is_picked_as_far_as_it_goes_and_sought_elsewhere(scene: Scene) -> None:
    _, tasks = scene.walk("6")
    path = f"/pick-tasks/{tasks[0]['id']}/short"
    unnamed = scene.picker.post(path, {"bin_code": "A-01", "found": "2"})
    assert code_of(unnamed) == (422, "missing_field")
    came = scene.picker.post(path, {"bin_code": "A-01", "lot_number": "L-0001", "found": "2"}).json
    assert came is not None
    assert (came["found"], came["reallocated"], came["missing"]) == ("2", "4", "0")
    assert came["next"]["lot_number"] == "L-0002" and scene.staged("L-0001") == q(2)
    with scene.app.app_context():
        assert db.session.execute(select(Task.id).where(Task.kind == TaskKind.COUNT)).first() is not None
    nothing = scene.picker.post(f"/pick-tasks/{came['next']['id']}/short", {"bin_code": "A-02", "found": "0"}).json
    assert nothing is not None and (nothing["found"], nothing["reallocated"]) == ("0", "4")
    scene.whole()


def test_another_lot_than_the_policys_is_signed_by_a_permitted_person(scene: Scene) -> None:
    _, tasks = scene.walk("6")
    path = f"/pick-tasks/{tasks[0]['id']}"
    goods = {"bin_code": "A-01", "lot_number": "L-0003"}
    broken = scene.picker.post(f"{path}/confirm", goods)
    assert code_of(broken) == (409, "fefo_broken") and broken.json is not None
    assert (broken.json["data"]["grade"], broken.json["data"]["skipped"]) == ("supervisor", ["L-0001", "L-0002"])
    assert code_of(scene.picker.post(f"{path}/confirm", goods | {"override_reason": "torn"})) == (403, "not_allowed")
    signed = goods | {"reason": "front pallet is blocked"}

    def sign(login: str, password: str = PASSWORD) -> Any:
        return scene.picker.post(
            f"{path}/override", signed | {"signature": {"login": login, "password": password}}, key="once"
        )

    assert code_of(scene.picker.post(f"{path}/override", signed)) == (422, "field_errors")
    assert code_of(sign("boss", "wrong")) == (403, "password_wrong")
    assert code_of(sign("pia")) == (403, "not_allowed")
    assert scene.staged("L-0003") == q(0)
    picked = sign("boss")
    assert picked.status_code == 200 and picked.json is not None and picked.json["lot_number"] == "L-0003"
    assert sign("boss").data == picked.data and scene.staged("L-0003") == q(6)
    with scene.app.app_context():
        kept = db.session.execute(select(FefoOverride)).scalar_one()
        assert [s["number"] for s in kept.skipped] == ["L-0001", "L-0002"] and kept.approved_by != kept.picked_by
    order = scene.boss.get(f"/orders/{tasks[0]['order_id']}").json
    assert order is not None
    assert [(o["lot_number"], o["needed_lot_number"], o["approved_by"]) for o in order["overrides"]] == [
        ("L-0003", "L-0001", "Boss")
    ]
    scene.whole()


@one_engine
def test_where_a_reason_is_enough_the_caller_gives_one(lenient: Scene) -> None:
    _, tasks = lenient.walk("6")
    goods = {"bin_code": "A-01", "lot_number": "L-0003"}
    path = f"/pick-tasks/{tasks[0]['id']}/confirm"
    assert code_of(lenient.picker.post(path, goods)) == (409, "fefo_broken")
    assert lenient.picker.post(path, goods | {"override_reason": "label torn"}).status_code == 200
    assert lenient.staged("L-0003") == q(6)


@one_engine
def test_the_question_which_lot_is_answered_in_the_next_call(scene: Scene) -> None:
    _, tasks = scene.walk("6")
    path = f"/pick-tasks/{tasks[0]['id']}"
    asked = scene.picker.post(f"{path}/confirm", {"bin_code": "A-01", "sku": "TEA"})
    assert code_of(asked) == (409, "question_needed") and asked.json is not None
    assert asked.json["data"]["question"] == "which_lot"
    lots = scene.picker.get(f"{path}/lots").json
    assert lots is not None and [lot["lot_number"] for lot in lots["lots"]] == ["L-0001", "L-0003"]
    answered = {"bin_code": "A-01", "sku": "TEA", "answers": {"which_lot": "L-0001"}}
    assert scene.picker.post(f"{path}/confirm", answered).status_code == 200
    assert scene.staged("L-0001") == q(6)


@one_engine
def test_a_stop_refuses_what_it_does_not_need_and_changes_nothing(scene: Scene) -> None:
    with scene.app.app_context():
        given.item("RICE")
    list_id, tasks = scene.walk("6")
    path = f"/pick-tasks/{tasks[0]['id']}/confirm"
    here = {"bin_code": "A-01", "lot_number": "L-0001"}
    stranger = Machine.of(scene.app, "picker", site=scene.site)
    cases = [
        (scene.picker.post(path, here | {"bin_code": "A-02"}), (409, "wrong_bin_scanned")),
        (scene.picker.post(path, here | {"sku": "RICE"}), (409, "wrong_item_scanned")),
        (scene.picker.post(path, here | {"lot_number": "L-0001 "}), (404, "not_found")),
        (scene.picker.post(path, here | {"lot_number": "l-0001"}), (404, "not_found")),
        (scene.picker.post(path, here | {"lpn_code": "X-1"}), (409, "wrong_lpn_scanned")),
        (scene.picker.post(path, here | {"quantity": "7"}), (409, "picked_too_much")),
        (scene.picker.post(path, here | {"quantity": "0"}), (422, "field_errors")),
        (scene.picker.post(path, here | {"quantity": 1.5}), (422, "field_errors")),
        (scene.picker.post(path, {"bin_code": "A-01"}), (422, "missing_field")),
        (scene.picker.post("/pick-tasks/5/confirm", here), (404, "not_found")),
        (stranger.post(path, here), (409, "already_taken")),
        (stranger.post(f"/pick-lists/{list_id}/take"), (409, "already_taken")),
        (stranger.post(f"/pick-lists/{list_id}/leave"), (409, "already_taken")),
        (Machine.of(scene.app, "receiver", site=scene.site).post(path, here), (403, "not_allowed")),
    ]
    for n, (answer, wanted) in enumerate(cases):
        assert code_of(answer) == wanted, (n, answer.text)
    assert scene.staged("L-0001") == q(0)
    assert scene.picker.post(f"/pick-lists/{list_id}/leave").json["state"] == "open"  # type: ignore[index]
    assert stranger.post(f"/pick-lists/{list_id}/take").status_code == 200
    assert stranger.post(path, here).status_code == 200
    scene.whole()


@one_engine
def test_a_hold_stops_the_pick_and_the_order_finds_other_stock(scene: Scene) -> None:
    from wms.quality.service import PlaceHold, place_hold
    from wms.stock.models import HoldReason, HoldScope

    _, tasks = scene.walk("6")
    with scene.app.app_context():
        hold = PlaceHold(key="h-1", scope=HoldScope.LOT, lot=scene.lots["L-0001"].id, reason=HoldReason.DAMAGE)
        run_in_transaction(place_hold, hold, actor=given.user(None, "quality"), at=NOW)
    refused = scene.picker.post(f"/pick-tasks/{tasks[0]['id']}/confirm", {"bin_code": "A-01", "lot_number": "L-0001"})
    assert code_of(refused) == (409, "pick_stopped")
    stopped = scene.boss.get("/pick-tasks?state=stopped").json
    assert stopped is not None and [t["why"] for t in stopped["items"]] == ["damage"]
    again = scene.boss.post(f"/orders/{tasks[0]['order_id']}/reallocate").json
    assert again is not None and (again["claimed"], again["short"]) == ("6", "0")
    shown = scene.boss.get(f"/pick-tasks?pick_list_id={tasks[0]['pick_list_id']}").json
    assert shown is not None and [t["lot_number"] for t in shown["items"]] == ["L-0002"]


@one_engine
def test_an_order_that_is_wrong_is_refused_by_its_line_and_nothing_is_made(scene: Scene) -> None:
    good = {"customer_code": "SHOP", "ship_on": day(1).isoformat(), "lines": [{"sku": "TEA", "quantity": "1"}]}
    scene.order("1", number="SO-1")

    def lines(*rows: dict[str, Any]) -> dict[str, Any]:
        return good | {"lines": list(rows)}

    cases: list[tuple[dict[str, Any], tuple[int, str], Any]] = [
        (good | {"customer_code": "shop"}, (422, "field_errors"), {"customer_code": ["not_found"]}),
        (lines({"sku": "TEA", "quantity": "1"}, {"sku": "NO", "quantity": "1"}), (422, "field_errors"),
         {"lines": {"1": {"sku": ["not_found"]}}}),
        (lines({"sku": "TEA", "quantity": "1", "lot_number": "L-0009"}), (422, "field_errors"),
         {"lines": {"0": {"lot_number": ["not_found"]}}}),
        (lines({"sku": "TEA", "quantity": "0"}), (422, "field_errors"), {"lines": {"0": {"quantity": ["not_positive"]}}}),
        (lines({"sku": "TEA", "quantity": 1.5}), (422, "field_errors"), {"lines": {"0": {"quantity": ["bad_quantity"]}}}),
        (lines(), (422, "field_errors"), {"lines": ["line_count"]}),
        (good | {"priority": 10}, (422, "field_errors"), {"priority": ["not_a_choice"]}),
        (good | {"purpose": "gift"}, (422, "field_errors"), {"purpose": ["not_a_choice"]}),
        (good | {"ship_on": "tomorrow"}, (422, "field_errors"), {"ship_on": ["bad_date"]}),
        (good | {"number": "SO-1"}, (409, "duplicate_value"), None),
    ]  # fmt: skip
    for body, wanted, errors in cases:
        answer = scene.boss.post("/orders", body)
        assert code_of(answer) == wanted and answer.json is not None, answer.text
        assert errors is None or answer.json["data"]["errors"] == errors
        assert "{" not in answer.json["detail"]
        assert wanted[1] != "duplicate_value" or answer.json["detail"].startswith("order “SO-1”"), "says what is taken"
    assert code_of(scene.picker.post("/orders", good)) == (403, "not_allowed")
    with scene.app.app_context():
        assert len(db.session.execute(select(Order.id)).all()) == 1
    named = scene.boss.post("/orders", lines({"sku": "TEA", "quantity": "1", "lot_number": "L-0003"})).json
    assert named is not None and named["lines"][0]["lot_number"] == "L-0003"


@one_engine
def test_an_order_is_called_off_before_it_is_picked_and_not_after(scene: Scene) -> None:
    order = scene.order("6")
    assert code_of(scene.boss.post(f"/orders/{order}/release")) == (409, "wrong_state")
    scene.boss.post(f"/orders/{order}/allocate")
    cancelled = scene.boss.post(f"/orders/{order}/cancel").json
    assert cancelled is not None and (cancelled["state"], cancelled["lines"][0]["claimed"]) == ("cancelled", "0")
    assert code_of(scene.boss.post(f"/orders/{order}/allocate")) == (409, "wrong_state")
    _, tasks = scene.walk("6")
    assert code_of(scene.boss.post(f"/orders/{tasks[0]['order_id']}/cancel")) == (409, "wrong_state")
    assert code_of(scene.picker.post(f"/orders/{order}/cancel")) == (403, "not_allowed")
    scene.whole()


@one_engine
def test_nothing_of_another_warehouse_is_shown_or_changed(scene: Scene) -> None:
    list_id, tasks = scene.walk("6")
    with scene.app.app_context():
        other = given.warehouse("W2")
    away = Machine.of(scene.app, "supervisor", site=other)
    order, task = tasks[0]["order_id"], tasks[0]["id"]
    for path in (f"/orders/{order}", f"/pick-lists/{list_id}", f"/pick-tasks/{task}", f"/pick-tasks/{task}/lots"):
        assert code_of(away.get(path)) == (404, "not_found"), path
    for path in ("/orders?state=all", "/pick-lists", "/pick-tasks"):
        assert away.get(path).json == {"items": [], "next": None}
    goods = {"bin_code": "A-01", "lot_number": "L-0001"}
    signature = {"signature": {"login": "boss", "password": PASSWORD}, "reason": "x"}
    posts: list[tuple[str, Any]] = [
        *((f"/orders/{order}/{verb}", None) for verb in ("allocate", "reallocate", "release", "cancel")),
        *((f"/pick-lists/{list_id}/{verb}", None) for verb in ("take", "leave")),
        (f"/pick-tasks/{task}/confirm", goods), (f"/pick-tasks/{task}/short", goods | {"found": "0"}),
    ]  # fmt: skip
    for path, body in posts:
        assert code_of(away.post(path, body)) == (404, "not_found"), path
    assert code_of(away.post(f"/pick-tasks/{task}/override", goods | signature)) == (403, "not_allowed")
    assert scene.staged("L-0001") == q(0)


@one_engine
def test_lists_come_in_pages_filtered_and_cost_the_same_however_long(scene: Scene) -> None:
    ids = [scene.order("1", ship_on=day(n).isoformat(), number=f"SO-{n}") for n in range(1, 5)]
    with scene.app.app_context():
        engine = db.engine
    counts = set()
    seen: list[str] = []
    cursor = ""
    for _ in range(2):
        with watch(engine) as asked:
            page = scene.boss.get(f"/orders?limit=2{cursor}").json
        assert page is not None
        counts.add(len(asked))
        seen += [row["id"] for row in page["items"]]
        cursor = f"&cursor={page['next']}"
    assert seen == ids and page["next"] is None
    with watch(engine) as asked:
        scene.boss.get("/orders")
    assert counts == {len(asked)} and len(asked) <= 7, [one.statement[:90] for one in asked]
    for query, wanted in (
        ("q=so-3", ids[2:3]),
        (f"due={day(2)}", ids[:2]),
        ("state=allocated", []),
        ("sort=-ship", ids[::-1]),
    ):
        found = scene.boss.get(f"/orders?{query}").json
        assert found is not None and [row["id"] for row in found["items"]] == wanted, query
    for query in ("sort=size", "state=gone", "due=x", "limit=500", "cursor=xx"):
        assert scene.boss.get(f"/orders?{query}").status_code == 422, query
    for order in ids:
        scene.boss.post(f"/orders/{order}/allocate")
        scene.boss.post(f"/orders/{order}/release")
    for path in ("/pick-lists", "/pick-tasks"):
        with watch(engine) as asked:
            first = scene.picker.get(f"{path}?limit=3").json
        assert first is not None and len(first["items"]) == 3 and len(asked) <= 7
        rest = scene.picker.get(f"{path}?limit=3&cursor={first['next']}").json
        assert rest is not None and len(rest["items"]) == 1 and rest["next"] is None
    with watch(engine) as asked:
        scene.boss.get(f"/orders/{ids[0]}")
    assert len(asked) <= 16, [one.statement[:90] for one in asked]
