"""A planner keeps a lot for an order line on its page; who may not, and what belongs elsewhere, is refused."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from sqlalchemy import select

from tests import given
from tests.given import NOW
from tests.web.desk_client import Desk
from wms.core.ids import SYSTEM_USER
from wms.db import db, run_in_transaction
from wms.picking.models import OrderLine
from wms.picking.service import allocate_order
from wms.stock import pegs

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def line_of(order: int) -> int:
    found = db.session.execute(select(OrderLine.id).where(OrderLine.order_id == order)).scalar_one()
    db.session.rollback()
    return found


def test_a_planner_looks_who_loses_keeps_the_lot_and_the_order_shows_it(app: Flask) -> None:
    with app.app_context():
        site = given.warehouse("W1")
        given.user("boss", "supervisor")
        bread = given.item("BREAD")
        lot = given.lot(bread, "B-1")
        lot_id = lot.id
        given.stock(lot, site, "A-01", 10)
        mine, other = (given.order(site, [(bread, 6)], number=f"SO-{n}") for n in ("MINE", "OTHER"))
        run_in_transaction(allocate_order, other, actor=SYSTEM_USER, at=NOW)
        line = line_of(mine)
    desk = Desk.of(app, "boss")
    page = f"/orders/{mine}/lines/{line}/keep-lot"
    assert page in desk.get(f"/orders/{mine}")
    desk.get(f"{page}?lot=B-1")
    assert "SO-OTHER" in desk.words and "Who loses what was promised" in desk.words
    seen = re.search(r'name="fingerprint" value="(\w+)"', desk.text)
    assert seen
    desk.post(page, lot_id=str(lot_id), fingerprint="")
    assert "Take it from them" in desk.get(desk.location)
    with app.app_context():
        assert pegs.open_pegs([lot_id]) == {}
    desk.post(page, lot_id=str(lot_id), fingerprint=seen[1])
    shown = desk.get(desk.location)
    assert "is kept for this line" in desk.words and "SO-OTHER is short of" in desk.words, desk.words
    assert f"/lots/{lot_id}" in shown and "kept" in desk.words
    desk.get("/alerts")
    assert "SO-OTHER is short of 6 ea" in desk.words
    desk.post(f"/lots/{lot_id}/free-peg", reason="less wanted")
    desk.get(desk.location)
    assert "given back" in desk.words


def test_nobody_keeps_a_lot_where_he_may_not_plan_or_by_an_id_of_elsewhere(app: Flask) -> None:
    with app.app_context():
        site, far = given.warehouse("W1"), given.warehouse("W2")
        given.user("boss", "supervisor", site=site)
        given.user("picker", "picker", site=site)
        bread = given.item("BREAD")
        lot = given.lot(bread, "B-1")
        lot_id = lot.id
        given.stock(lot, site, "A-01", 10)
        given.stock(lot, far, "A-01", 10)
        mine, second = given.order(site, [(bread, 2)]), given.order(site, [(bread, 2)])
        theirs = given.order(far, [(bread, 4)], number="SO-FAR")
        run_in_transaction(allocate_order, theirs, actor=SYSTEM_USER, at=NOW)
        line, other, foreign = line_of(mine), line_of(second), line_of(theirs)
    desk, picker = Desk.of(app, "boss"), Desk.of(app, "picker")
    form = {"lot_id": str(lot_id), "fingerprint": ""}
    page = f"/orders/{mine}/lines/{line}/keep-lot"
    picker.post(page, **form)
    assert picker.status == 403
    for path in (
        f"/orders/{mine}/lines/{other}/keep-lot", f"/orders/{theirs}/lines/{foreign}/keep-lot",
        f"/orders/{mine}/lines/{foreign}/keep-lot",
    ):  # fmt: skip
        desk.get(path)
        assert desk.status == 404, path
        desk.post(path, **form)
        assert desk.status == 404, path
    desk.get(f"{page}?lot=B-1")
    assert "SO-FAR" not in desk.text and "where you may not plan" in desk.words
    desk.post(page, **form)
    assert desk.status == 403
    for number in ("", "%", "b-1", "'; DROP TABLE lot; --", "x" * 60, "‮"):
        desk.get(page, query_string={"lot": number})
        assert desk.status in (200, 422), number
    for bad in ({"lot_id": "1"}, {"lot_id": "abc"}, {}, {"lot_id": str(2**70)}):
        desk.post(page, **bad)
        assert desk.status in (404, 422), bad
    with app.app_context():
        assert pegs.open_pegs([lot_id]) == {}
