"""Picking on the handheld: every step and every refusal, over HTTP, on both engines."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select

from tests import given
from tests.given import NOW, q
from wms.catalog.models import FefoGrade, PackUnit
from wms.db import db, run_in_transaction
from wms.picking import service
from wms.picking.models import FefoOverride

#: Pages here ask what the services have answered on both engines; one is enough.
pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

PASSWORD = "correct horse 1"


@dataclass
class Hand:
    """A handheld in somebody's hand: it sends what the shown page holds, as a browser would."""

    client: FlaskClient
    text: str = ""
    status: int = 0
    fields: dict[str, str] = field(default_factory=dict)

    def log_in(self, login: str) -> None:
        page = self.client.get("/m/login").text
        self._keep(self.client.post("/m/login", data=_inputs(page) | {"login": login, "password": PASSWORD}))

    def open(self, path: str = "/m/pick") -> None:
        self._keep(self.client.get(path))

    def scan(self, text: str, path: str = "/m/pick", **more: str) -> None:
        self._keep(self.client.post(path, data=self.fields | {"key": str(uuid4()), "scan": text} | more))

    def press(self, name: str, path: str = "/m/pick", **more: str) -> None:
        self.scan("", path, event=name, **more)

    def _keep(self, answer: Any) -> None:
        self.text, self.status = answer.text, answer.status_code
        self.fields = _inputs(self.text)

    @property
    def step(self) -> str:
        found = re.search(r'data-step="(\w*)"', self.text)
        return found[1] if found else ""

    @property
    def words(self) -> str:
        found = re.search(r'class="words">(.*?)</span>', self.text, re.S)
        return found[1] if found else ""

    @property
    def where(self) -> str:
        found = re.search(r'<div class="where">(.*?)</div>', self.text, re.S)
        return found[1].strip() if found else ""


def _inputs(page: str) -> dict[str, str]:
    found = {}
    for tag in re.findall(r"<input[^>]*>", page):
        name, value = re.search(r'name="([^"]*)"', tag), re.search(r'value="([^"]*)"', tag)
        if name and name[1] != "scan":
            found[name[1]] = value[1] if value else ""
    return found


@dataclass
class Scene:
    """A warehouse with one item in two bins, an order for it, and a picker at the handheld."""

    hand: Hand
    app: Flask
    site: given.Site
    sku: str
    gtin: str
    order: int
    order_number: str
    lots: dict[str, int]


@pytest.fixture
def scene(app: Flask, client: FlaskClient) -> Iterator[Scene]:
    yield from _scene(app, client, FefoGrade.SUPERVISOR)


@pytest.fixture
def lenient(app: Flask, client: FlaskClient) -> Iterator[Scene]:
    yield from _scene(app, client, FefoGrade.REASON)


def _scene(app: Flask, client: FlaskClient, grade: FefoGrade) -> Iterator[Scene]:
    with time_machine.travel(NOW, tick=False):
        with app.app_context():
            site, item = given.warehouse("W1"), given.item("TEA", case_of=4, fefo_grade=grade)
            first, second = given.lot(item, "L-0001", expires_in=12), given.lot(item, "L-0002", expires_in=40)
            other = given.lot(item, "L-0003", expires_in=90)
            given.stock(first, site, "A-01", 6)
            given.stock(second, site, "A-02", 6)
            given.stock(other, site, "A-01", 6)
            given.user("pia", "picker", site=site)
            given.user("boss", "supervisor", site=site)
            order = given.order(site, [(item, 10)], number="SO-77")
            run_in_transaction(service.allocate_order, order, actor=1, at=NOW)
            run_in_transaction(service.release_order, order, actor=1, at=NOW)
            gtin = db.session.execute(
                select(PackUnit.gtin).where(PackUnit.item_id == item.id, PackUnit.code == "ea")
            ).scalar_one()
            lots = {"L-0001": first.id, "L-0002": second.id, "L-0003": other.id}
        hand = Hand(client)
        hand.log_in("pia")
        yield Scene(hand, app, site, "TEA", str(gtin), order, "SO-77", lots)


def _start(scene: Scene) -> Hand:
    scene.hand.open()
    assert "SO-77" in scene.hand.text and scene.hand.step == "list"
    scene.hand.scan("SO-77")
    assert (scene.hand.step, scene.hand.where) == ("bin", "A-01"), scene.hand.text
    return scene.hand


def _staged(scene: Scene, lot: str) -> Any:
    with scene.app.app_context():
        return given.on_hand(scene.lots[lot], bin_id=scene.site["STAGE"])


def test_a_walk_from_the_list_to_the_last_stop(scene: Scene) -> None:
    hand = _start(scene)
    assert "L-0001" in hand.text and "12 d" in hand.text and "1/2" in hand.text
    assert re.search(r"1<small> case</small> \+ 2<small> ea", hand.text)
    hand.scan("B:A-01")
    assert hand.step == "goods"
    hand.scan(f"(01){scene.gtin}(10)L-0001")
    assert (hand.status, hand.step, hand.where) == (200, "bin", "A-02")
    assert "Picked: 6" in hand.words and "2/2" in hand.text
    hand.scan("A-02")
    hand.scan(scene.gtin)  # one lot of the item lies here: its GTIN is enough
    assert (hand.status, hand.step) == (200, "list")
    assert "SO-77-P1 is done" in hand.words and "STAGE" in hand.words
    assert (_staged(scene, "L-0001"), _staged(scene, "L-0002")) == (q(6), q(4))


@pytest.mark.parametrize(
    ("at_bin", "scan", "needed", "came"),
    [
        (False, "B:A-02", "A-01", "A-02"),
        (True, "L-0002", "L-0001", "L-0002"),
        (True, "B:A-01", "lot", "bin"),
        (True, "NOTHING-SUCH", "", "NOTHING-SUCH"),
        (True, "(01)09506000134352(10)L-0001", "", "09506000134352"),
        (False, "]]]", "", "]]]"),
    ],
)
def test_a_wrong_scan_says_what_was_needed_and_what_came(
    scene: Scene, at_bin: bool, scan: str, needed: str, came: str
) -> None:
    hand = _start(scene)
    if at_bin:
        hand.scan("B:A-01")
    step = hand.step
    hand.scan(scan)
    assert hand.status in {404, 409, 422} and hand.step == step
    assert needed in hand.words and came in hand.words
    assert _staged(scene, "L-0001") == q(0)


def test_several_lots_in_the_bin_are_offered_as_big_buttons_when_only_the_item_was_scanned(scene: Scene) -> None:
    hand = _start(scene)
    hand.scan("B:A-01")
    hand.scan(scene.gtin)
    assert hand.step == "which"
    labels = re.findall(r'name="scan" value="([^"]+)" class="choice"><b class="code">(…\d{4})</b>', hand.text)
    assert [short for _, short in labels] == ["…0001", "…0003"]
    hand.scan(labels[0][0])
    assert (hand.step, hand.where) == ("bin", "A-02")
    assert _staged(scene, "L-0001") == q(6)


def test_fewer_than_asked_leaves_the_rest_and_more_is_refused(scene: Scene) -> None:
    hand = _start(scene)
    hand.scan("B:A-01")
    hand.scan("L-0001", quantity="7")
    assert hand.status == 409 and "Needed: 6. Entered: 7" in hand.words
    hand.scan("L-0001", quantity="x")
    assert hand.status == 422
    hand.scan("L-0001", quantity="2")
    assert (hand.step, hand.where) == ("goods", "A-01") and "Left here: 4" in hand.words
    assert _staged(scene, "L-0001") == q(2)


def test_the_same_scan_sent_again_after_a_lost_answer_picks_once(scene: Scene) -> None:
    hand = _start(scene)
    hand.scan("B:A-01")
    sent = hand.fields | {"key": "11111111-2222-3333", "scan": "L-0001"}
    for _ in range(2):
        hand._keep(hand.client.post("/m/pick", data=sent))
        assert (hand.status, hand.step, hand.where) == (200, "bin", "A-02")
    assert _staged(scene, "L-0001") == q(6)


def test_a_supervisor_lets_another_lot_be_picked_and_the_skipped_lots_are_kept(scene: Scene) -> None:
    hand = _start(scene)
    hand.scan("B:A-01")
    hand.scan("L-0003")
    assert hand.step == "override" and "L-0001" in hand.words and 'name="supervisor"' in hand.text
    hand.scan("front pallet is blocked", supervisor="boss", secret="wrong")
    assert hand.status == 403 and hand.step == "override"
    hand.scan("front pallet is blocked", supervisor="pia", secret=PASSWORD)
    assert hand.status == 403 and _staged(scene, "L-0003") == q(0)
    hand.scan("front pallet is blocked", supervisor="boss", secret=PASSWORD)
    assert hand.status == 200 and "Picked: 6 ea of lot L-0003".replace(" ea", "\u00a0ea") in hand.words
    with scene.app.app_context():
        kept = db.session.execute(select(FefoOverride)).scalar_one()
        assert [s["number"] for s in kept.skipped] == ["L-0001", "L-0002"]
        assert kept.approved_by != kept.picked_by


def test_where_a_reason_is_enough_the_picker_gives_one(lenient: Scene) -> None:
    hand = _start(lenient)
    hand.scan("B:A-01")
    hand.scan("L-0003")
    assert hand.step == "override" and 'name="supervisor"' not in hand.text
    hand.scan("", path="/m/pick")
    assert hand.status == 422 and hand.step == "override"
    hand.scan("label torn")
    assert hand.status == 200 and _staged(lenient, "L-0003") == q(6)


def test_a_short_is_found_elsewhere_and_stands_next_on_the_list(scene: Scene) -> None:
    hand = _start(scene)
    hand.scan("B:A-01")
    hand.press("short")
    assert hand.step == "short"
    hand.scan("2")
    assert hand.step == "short_goods"
    hand.scan("L-0001")
    assert hand.status == 200 and "found elsewhere" in hand.words and hand.where == "A-01"
    assert "L-0003" not in hand.text or "L-0002" not in hand.text
    assert _staged(scene, "L-0001") == q(2)


def test_a_short_with_nothing_found_needs_one_tap(scene: Scene) -> None:
    hand = _start(scene)
    hand.scan("B:A-01")
    hand.press("short")
    hand.scan("0")
    assert hand.status == 200 and hand.step == "bin"


def test_a_hold_stops_the_stop_at_the_next_scan_and_the_walk_goes_on(scene: Scene) -> None:
    from wms.quality.service import PlaceHold, place_hold
    from wms.stock.models import HoldReason, HoldScope

    hand = _start(scene)
    hand.scan("B:A-01")
    with scene.app.app_context():
        hold = PlaceHold(key="h-1", scope=HoldScope.LOT, lot=scene.lots["L-0001"], reason=HoldReason.DAMAGE)
        run_in_transaction(place_hold, hold, actor=given.user(None, "quality"), at=NOW)
    hand.scan("L-0001")
    assert hand.status == 409 and "stopped" in hand.words and 'data-tone="alarm"' in hand.text
    assert 'value="next"' in hand.text
    hand.press("next")
    assert (hand.step, hand.where) == ("bin", "A-02")
    assert _staged(scene, "L-0001") == q(0)


def test_a_list_of_which_a_hold_stopped_everything_is_no_longer_offered(scene: Scene) -> None:
    from wms.quality.service import PlaceHold, place_hold
    from wms.stock.models import HoldReason, HoldScope

    with scene.app.app_context():
        quality = given.user(None, "quality")
        for name in ("L-0001", "L-0002"):
            hold = PlaceHold(key=f"h-{name}", scope=HoldScope.LOT, lot=scene.lots[name], reason=HoldReason.DAMAGE)
            run_in_transaction(place_hold, hold, actor=quality, at=NOW)
    scene.hand.open()
    assert "SO-77" not in scene.hand.text and "Nothing to pick now" in scene.hand.text
    scene.hand.scan("SO-77")
    assert scene.hand.status == 409 and "is done" not in scene.hand.text
    assert "Nothing is left to pick for order SO-77" in scene.hand.text and "damage" in scene.hand.text


def test_a_list_is_resumed_after_a_reload_and_given_back_by_a_button(scene: Scene) -> None:
    hand = _start(scene)
    hand.open()
    assert (hand.step, hand.where) == ("bin", "A-01")
    hand.press("leave")
    assert hand.step == "list" and "SO-77" in hand.text


@pytest.mark.parametrize(
    "forged", [{"s_task": "999"}, {"s_task": "x'--"}, {"s_task": ""}, {"s_bin": "A-02"}, {"key": "k"}]
)
def test_forged_values_are_refused_in_words(scene: Scene, forged: dict[str, str]) -> None:
    hand = _start(scene)
    hand.scan("B:A-01")
    hand.scan("L-0001", **forged)
    assert hand.status in {404, 409, 422}
    assert _staged(scene, "L-0001") == q(0)


def test_a_pick_is_one_request_and_one_commit(scene: Scene) -> None:
    hand = _start(scene)
    hand.scan("B:A-01")
    statements: list[str] = []
    writes: list[str] = []

    def count(_c: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        statements.append(statement)
        if statement.lstrip().upper().startswith(("INSERT", "UPDATE", "DELETE")):
            writes.append(statement)

    with scene.app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", count)
    try:
        hand.scan("L-0001")
    finally:
        event.remove(engine, "before_cursor_execute", count)
    assert hand.status == 200 and _staged(scene, "L-0001") == q(6)
    # who asks, which warehouse, which record, then the twelve of the verb (and BEGIN, which SQLite sends as a statement)
    assert len(statements) <= 19, "\n".join(s[:90] for s in statements)
    assert len(writes) == 7
