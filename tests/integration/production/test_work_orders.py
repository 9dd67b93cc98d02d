"""Work orders are planned from a bill of materials, bound to lots, started, completed, cancelled."""

from __future__ import annotations

from typing import Any

from tests import given
from wms.production.models import WorkOrderState
from wms.production.queries import orders as queries


def _bakery(**lines: Any) -> Any:
    site = given.warehouse()
    line = given.line(site)
    flour, salt, bread = given.item(), given.item(), given.item()
    bom = given.bom(bread, [(flour, 2), (salt, "0.05")], makes=3, lines={1: {"scrap_basis_points": 500}} | lines)
    return site, line, flour, salt, bread, bom


def test_a_plan_copies_the_components_with_scrap_rounded_up(db: Any) -> None:
    site, line, flour, salt, bread, _bom = _bakery()
    order = given.work_order(site, bread, 10, line)
    assert [(c.item_id, str(c.quantity)) for c in order.components] == [
        (flour.id, "7.017544"), (salt.id, "0.166667"),
    ]  # fmt: skip
    assert order.state is WorkOrderState.PLANNED
    assert order.number.startswith("WO-2026-")
    assert [o.sequence for o in order.operations] == [10]


def test_release_binds_lots_first_expired_first_and_leaves_work_for_the_feeders(db: Any) -> None:
    from sqlalchemy import select

    from wms.tasks.models import Task, TaskKind

    site, line, flour, salt, bread, _bom = _bakery()
    late, early = given.lot(flour, expires_in=90), given.lot(flour, expires_in=30)
    given.stock(late, site, "A-01", 100)
    given.stock(early, site, "A-02", 4)
    given.stock(given.lot(salt), site, "A-03", "0.1")
    order = given.work_order(site, bread, 10, line, released=True)
    bound = [(b.row.lot, str(b.claim.quantity)) for b in queries.bindings_of(order)]
    assert bound[:2] == [(early.id, "4"), (late.id, "3.017544")]
    short = {w.component.item_id: str(w.short) for w in queries.wants_of(order)}
    assert short == {flour.id: "0", salt.id: "0.066667"}
    tasks = list(db.session.execute(select(Task).where(Task.kind == TaskKind.ISSUE)).scalars())
    assert {(t.lot_id, t.document_kind, t.document_id, t.target_bin_id) for t in tasks} >= {
        (early.id, "work_order", order.id, line.bin_id)
    }
    assert all(t.claim_id and t.demand_kind == "wo_component" for t in tasks)
    given.ledger_is_whole()
