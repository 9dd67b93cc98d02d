"""Eight people at one work order at the same instant: nothing negative, nothing issued twice, no close over work under way."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from tests import given
from tests.given import NOW, q
from wms.core.errors import WmsError
from wms.core.quantity import ZERO
from wms.db import db as database
from wms.db import run_in_transaction
from wms.production.models import WorkOrder, WorkOrderIssue, WorkOrderState
from wms.production.queries.issues import balance_of_order, lots_at_line
from wms.production.queries.orders import get_order
from wms.production.service import issuing
from wms.production.service.closing import CloseOrder, close
from wms.production.service.issuing import IssueGoods, ReturnGoods, UndoIssue
from wms.production.service.orders import complete_order
from wms.production.service.reporting import InputLine, OutputLine, ReportProduction, report
from wms.stock import queries as stock

pytestmark = pytest.mark.usefixtures("db")
#: Each person's round: so many tries of everything.
_TRIES = 3


def work(part: str, of: dict[str, Any]) -> list[str]:
    """Do one part of the work of an order again and again; what came of each try."""
    said = []
    for n in range(_TRIES):
        key = f"{part}-{of['who']}-{n}"
        try:
            run_in_transaction(*_command(part, of, key), actor=of["actor"], at=NOW)
            said.append("done")
        except WmsError as refused:
            database.session.rollback()
            said.append(refused.code)
    return said


def at_once(app: Flask, jobs: list[tuple[str, dict[str, Any]]]) -> Counter[tuple[str, str]]:
    """Let each job go in a thread of its own at one instant; how often each part came to what."""
    gate = Barrier(len(jobs))

    def one(part: str, of: dict[str, Any]) -> list[str]:
        with app.app_context():
            gate.wait(timeout=60)
            return work(part, of)

    with ThreadPoolExecutor(len(jobs)) as people:
        told = list(people.map(lambda job: (job[0], one(*job)), jobs))
    return Counter((part, word) for part, words in told for word in words)


def _command(part: str, of: dict[str, Any], key: str) -> tuple[Any, ...]:
    common = {"warehouse": of["site"], "work_order": of["order"]}
    goods = {"component": of["component"], "lot": of["lot"], "quantity": q(3)}
    if part == "issue":
        return issuing.issue, IssueGoods(key=key, bin=of["store"], **goods, **common)
    if part == "return":
        return issuing.return_, ReturnGoods(key=key, bin=of["back"], **goods | {"quantity": q(2)}, **common)
    if part == "report":
        used = (InputLine(lot=of["lot"], quantity=q(2)),)
        return report, ReportProduction(key=key, inputs=used, outputs=(OutputLine(quantity=q(1)),), **common)
    if part == "undo":
        rows = database.session.execute(
            select(WorkOrderIssue.id).where(WorkOrderIssue.work_order_id == of["order"]).order_by(WorkOrderIssue.id)
        )
        found = rows.scalars().first()
        database.session.rollback()
        return issuing.undo, UndoIssue(key=key, warehouse=of["site"], issue=found or 1, reason="not so")
    return close, CloseOrder(is_signed=True, reason="in a hurry", **common)


def _plant(quantity: int = 20) -> dict[str, Any]:
    site = given.warehouse()
    flour, dough = given.item(), given.item()
    lot = given.lot(flour, "F-1")
    given.stock(lot, site, "A-01", 2 * quantity + 4)
    line = given.line(site)
    given.bom(dough, [(flour, 2)])
    order = given.work_order(site, dough, quantity, line, released=True)
    person = given.user(None, "supervisor", site=site)
    return {
        "site": site.id, "order": order.id, "component": order.components[0].id, "lot": lot.id, "store": site["A-01"],
        "back": site["A-03"], "line": line.bin_id, "actor": person, "stock": 2 * quantity + 4,
    }  # fmt: skip


def _agrees(of: dict[str, Any]) -> None:
    """The papers and the goods say the same, and no figure of either is below nothing."""
    order: WorkOrder = get_order(of["order"])
    [balance] = balance_of_order(order.id)
    standing = stock.find_balances(lot=of["lot"])
    assert all(row.on_hand >= ZERO and row.unpromised >= ZERO for row in standing)
    at_line = sum((row.on_hand for row in standing if row.bin == of["line"]), ZERO)
    assert at_line.millionths == (balance.issued - balance.returned - balance.consumed).millionths
    everywhere = sum((row.on_hand for row in standing), ZERO)
    assert everywhere + balance.consumed == q(of["stock"]), "nothing came from nowhere, and nothing got lost"
    assert balance.issued - balance.supplemented <= balance.planned
    assert all(one.at_line >= ZERO for one in lots_at_line(order.id))
    database.session.rollback()
    given.ledger_is_whole()


def test_eight_people_issue_report_return_undo_and_close_one_order(app: Flask) -> None:
    of = _plant()
    parts = ["issue", "issue", "issue", "report", "report", "return", "undo", "close"]
    said = at_once(app, [(part, of | {"who": n}) for n, part in enumerate(parts)])
    assert said["issue", "done"] > 0, said
    assert said["close", "done"] == 0, "lots are still bound: it is not closed over them"
    allowed = {
        "done", "wrong_state", "insufficient_stock", "returned_too_much", "nothing_bound", "picked_too_much",
        "work_order_not_clear", "not_found", "key_reused",
    }  # fmt: skip
    assert {word for _, word in said} <= allowed, said
    _agrees(of)


def test_one_task_at_eight_handhelds_is_issued_once(app: Flask) -> None:
    of = _plant(3)  # six of flour are bound: two issues of three, and no third
    said = at_once(app, [("issue", of | {"who": n}) for n in range(8)])
    assert said["issue", "done"] == 2, said
    assert {word for _, word in said} <= {"done", "nothing_bound", "picked_too_much"}, said
    [balance] = balance_of_order(of["order"])
    assert balance.issued == q(6)
    database.session.rollback()
    _agrees(of)


def test_an_order_is_closed_once_and_nothing_is_issued_or_reported_after(app: Flask) -> None:
    of = _plant()
    for n in range(2):
        run_in_transaction(*_command("issue", of, f"before-{n}"), actor=of["actor"], at=NOW)
    run_in_transaction(complete_order, of["order"], actor=of["actor"], at=NOW)
    parts = ["close", "close", "close", "report", "report", "return", "return", "issue"]
    said = at_once(app, [(part, of | {"who": n}) for n, part in enumerate(parts)])
    assert said["close", "done"] == 1 and said["close", "wrong_state"] == 3 * _TRIES - 1, said
    assert said["report", "done"] == said["issue", "done"] == 0, said
    assert get_order(of["order"]).state is WorkOrderState.CLOSED
    database.session.rollback()
    _agrees(of)
    assert given.claims_of(of["component"]) == [], "nothing is promised to it any more"
