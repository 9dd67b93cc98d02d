"""Work orders are planned from a bill of materials, bound to lots, started, completed, cancelled."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from tests import given
from tests.given import NOW, q
from wms.core.errors import (
    BadQuantity,
    ClearanceNeeded,
    KeyReused,
    MissingField,
    OtherPersonNeeded,
    WrongState,
)
from wms.core.ids import SYSTEM_USER, ItemId, ProductionLineId, WarehouseId, WorkOrderId, new_id
from wms.db import db, run_in_transaction
from wms.production.models import WorkOrderKind, WorkOrderState
from wms.production.queries import orders as queries
from wms.production.service import clearance, orders, planning
from wms.production.service.clearance import POINTS, ClearLine
from wms.production.service.planning import Mended, PlanOrder, PlanRework, UseAlternate
from wms.tasks.models import Task, TaskKind, TaskState


class Bakery:
    """A line that bakes 3 breads of 2 flour (5 % lost) and 0.05 salt."""

    def __init__(self, **line: Any) -> None:
        self.site = given.warehouse()
        self.line = given.line(self.site, **line)
        self.flour, self.salt, self.bread = given.item(), given.item(), given.item()
        self.bom = given.bom(
            self.bread, [(self.flour, 2), (self.salt, "0.05")], makes=3, lines={1: {"scrap_basis_points": 500}}
        )

    def order(self, quantity: int = 10, **fields: Any) -> Any:
        return given.work_order(self.site, self.bread, quantity, self.line, **fields)

    def stocked(self, quantity: int = 100) -> None:
        given.stock(given.lot(self.flour), self.site, "A-01", quantity)
        given.stock(given.lot(self.salt), self.site, "A-02", quantity)


def do(verb: Any, *args: Any, **more: Any) -> Any:
    return run_in_transaction(verb, *args, actor=SYSTEM_USER, at=NOW, **more)


def tasks_of(order: Any) -> list[Task]:
    found = list(
        db.session.execute(
            select(Task).where(Task.kind == TaskKind.ISSUE, Task.document_id == order.id).order_by(Task.id)
        ).scalars()
    )
    db.session.commit()
    return found


# -- plan -------------------------------------------------------------------------------------------------------------
def test_a_plan_copies_components_and_operations_with_scrap_rounded_up(db: Any) -> None:
    bakery = Bakery()
    order = bakery.order(10)
    assert [(c.item_id, str(c.quantity)) for c in order.components] == [
        (bakery.flour.id, "7.017544"), (bakery.salt.id, "0.166667"),
    ]  # fmt: skip
    assert (order.state, [o.sequence for o in order.operations]) == (WorkOrderState.PLANNED, [10])
    assert order.number == "WO-2026-0001"


def test_a_plan_is_made_once_for_a_key_and_refuses_what_makes_no_sense(db: Any) -> None:
    bakery = Bakery()
    cmd = PlanOrder(
        key="k1", warehouse=bakery.site.id, item=bakery.bread.id, quantity=q(10), line=bakery.line.id
    )  # fmt: skip
    assert do(planning.plan_order, cmd) == do(planning.plan_order, cmd)
    with pytest.raises(KeyReused):
        do(planning.plan_order, PlanOrder(**(vars(cmd) | {"quantity": q(11)})))
    with pytest.raises(BadQuantity):
        do(planning.plan_order, PlanOrder(**(vars(cmd) | {"key": "k2", "quantity": q(0)})))
    with pytest.raises(MissingField):
        do(planning.plan_order, PlanOrder(**(vars(cmd) | {"key": "k3", "item": bakery.flour.id})))


def _plan_five(warehouse: int, item: int, line: int, who: int) -> list[str]:
    numbers = []
    for n in range(5):
        cmd = PlanOrder(
            key=f"{who}:{n}", warehouse=WarehouseId(warehouse), item=ItemId(item), quantity=q(1),
            line=ProductionLineId(line),
        )  # fmt: skip
        identity = run_in_transaction(planning.plan_order, cmd, actor=SYSTEM_USER, at=NOW)
        numbers.append(queries.get_order(identity).number)
        db.session.commit()
    return numbers


def test_planners_at_once_never_get_one_number_twice(db: Any, run_at_once: Any) -> None:
    bakery = Bakery()
    done = run_at_once(_plan_five, [(bakery.site.id, bakery.bread.id, bakery.line.id, who) for who in range(3)])
    assert [o.error for o in done] == [None] * 3
    numbers = sorted(n for o in done for n in o.value)
    assert numbers == [f"WO-2026-{n:04d}" for n in range(1, 16)]


# -- release ----------------------------------------------------------------------------------------------------------
def test_release_binds_lots_first_expired_first_and_leaves_work_for_the_feeders(db: Any) -> None:
    bakery = Bakery()
    late, early = given.lot(bakery.flour, expires_in=90), given.lot(bakery.flour, expires_in=30)
    given.stock(late, bakery.site, "A-01", 100)
    given.stock(early, bakery.site, "A-02", 4)
    given.stock(given.lot(bakery.salt), bakery.site, "A-03", "0.1")
    order = bakery.order(released=True)
    bound = [(b.row.lot, str(b.claim.quantity)) for b in queries.bindings_of(order)]
    assert bound[:2] == [(early.id, "4"), (late.id, "3.017544")]
    assert {w.component.item_id: str(w.short) for w in queries.wants_of(order)} == {
        bakery.flour.id: "0", bakery.salt.id: "0.066667",
    }  # fmt: skip
    assert [(t.lot_id, str(t.quantity), t.target_bin_id) for t in tasks_of(order)][:2] == [
        (early.id, "4", bakery.line.bin_id), (late.id, "3.017544", bakery.line.bin_id),
    ]  # fmt: skip
    assert all(
        t.claim_id and (t.document_kind, t.demand_kind) == ("work_order", "wo_component") for t in tasks_of(order)
    )
    given.stock(given.lot(bakery.salt), bakery.site, "A-03", 1)
    again = do(orders.release_order, order.id)
    assert (len(again.bound), again.short) == (1, ())
    given.ledger_is_whole()


def _release(order: int) -> str:
    done = run_in_transaction(orders.release_order, WorkOrderId(order), actor=SYSTEM_USER, at=NOW)
    return str(sum(c.quantity.millionths for c in done.bound))


def test_two_orders_released_at_once_for_the_last_stock_never_oversell(db: Any, run_at_once: Any) -> None:
    site = given.warehouse()
    line, part, made = given.line(site), given.item(), given.item()
    given.bom(made, [(part, 1)])
    given.stock(given.lot(part), site, "A-01", 10)
    both = [given.work_order(site, made, 8, line) for _ in range(2)]
    done = run_at_once(_release, [(o.id,) for o in both])
    assert [o.error for o in done] == [None, None]
    assert sum(int(o.value) for o in done) == 10_000_000
    given.ledger_is_whole()


def test_an_alternate_stands_in_for_what_is_short(db: Any) -> None:
    bakery = Bakery()
    rye = given.item()
    given.alternate(bakery.bom, 1, rye, factor="1.2")
    given.stock(given.lot(bakery.salt), bakery.site, "A-01", 1)
    given.stock(given.lot(rye), bakery.site, "A-02", 100)
    order = bakery.order(released=True)
    flour = order.components[0]
    with pytest.raises(BadQuantity):
        cmd = UseAlternate(
            order=order.id, warehouse=bakery.site.id, component=flour.id, item=rye.id, quantity=q(8)
        )  # fmt: skip
        do(planning.use_alternate, cmd)
    cmd = UseAlternate(
        order=order.id, warehouse=bakery.site.id, component=flour.id, item=rye.id, quantity=flour.quantity
    )  # fmt: skip
    do(planning.use_alternate, cmd)
    assert do(orders.release_order, order.id).short == ()
    after = queries.get_order(order.id, is_locked=False)
    assert [(c.item_id, str(c.quantity), c.replaces_id) for c in after.components] == [
        (bakery.flour.id, "0", None), (bakery.salt.id, "0.166667", None), (rye.id, "8.421053", flour.id),
    ]  # fmt: skip


def test_a_hold_takes_bound_goods_away_and_the_order_says_what_is_short(db: Any) -> None:
    from wms.quality.service import PlaceHold, place_hold
    from wms.stock.models import HoldReason, HoldScope

    bakery = Bakery()
    bakery.stocked()
    order = bakery.order(released=True)
    lot = queries.bindings_of(order)[0].row.lot
    db.session.commit()
    cmd = PlaceHold(key="h1", scope=HoldScope.LOT, lot=lot, reason=HoldReason.SUSPECT, warehouse=bakery.site.id)
    do(place_hold, cmd)
    assert str(queries.wants_of(order)[0].short) == "7.017544"
    stopped = [t for t in tasks_of(order) if t.state is TaskState.STOPPED]
    assert [(t.lot_id, t.why) for t in stopped] == [(lot, "suspect")]
    assert [(s.lot, s.why) for s in queries.stopped_of(order.id)] == [(lot, "suspect")]


def test_cancel_withdraw_and_unbind_give_the_lots_back(db: Any) -> None:
    bakery = Bakery()
    bakery.stocked(8)
    order = bakery.order(released=True)
    do(orders.unbind, order.id, order.components[0].id)
    assert len(queries.bindings_of(order)) == 1
    do(orders.release_order, order.id)
    do(orders.withdraw_order, order.id)
    assert queries.bindings_of(order) == []
    assert queries.get_order(order.id).state is WorkOrderState.PLANNED
    do(orders.release_order, order.id)
    do(orders.cancel_order, order.id)
    assert queries.bindings_of(order) == []
    assert {t.state for t in tasks_of(order)} == {TaskState.CANCELLED}
    with pytest.raises(WrongState):
        do(orders.release_order, order.id)
    given.ledger_is_whole()


def test_an_order_starts_once_completes_and_is_reopened(db: Any) -> None:
    bakery = Bakery()
    bakery.stocked()
    order = bakery.order()
    with pytest.raises(WrongState):
        do(orders.note_started, order.id)
    do(orders.release_order, order.id)
    do(orders.note_started, order.id)
    do(orders.note_started, order.id)
    do(orders.complete_order, order.id)
    assert queries.bindings_of(order) == []
    do(orders.reopen_order, order.id)
    assert queries.get_order(order.id).state is WorkOrderState.STARTED


def test_a_planned_order_is_changed_and_its_needs_follow(db: Any) -> None:
    bakery = Bakery()
    order = bakery.order(10)
    cmd = planning.ChangeOrder(
        order=order.id, warehouse=bakery.site.id, quantity=q(3), line=bakery.line.id, note="less"
    )
    do(planning.change_order, cmd)
    after = queries.get_order(order.id)
    assert (str(after.quantity), str(after.components[0].quantity), after.note) == ("3", "2.105264", "less")


# -- line clearance ---------------------------------------------------------------------------------------------------
def test_an_order_does_not_start_on_a_line_that_nobody_cleared_and_another_checked(db: Any) -> None:
    bakery = Bakery(needs_clearance=True)
    bakery.stocked()
    order = bakery.order(released=True)
    first, second = given.user(), given.user()

    def refused() -> str:
        with pytest.raises(ClearanceNeeded) as caught:
            do(orders.note_started, order.id)
        return str(caught.value.data["why"])

    assert refused() == "not_cleared"
    cmd = ClearLine(key="c1", order=order.id, warehouse=bakery.site.id, points=POINTS)
    run_in_transaction(clearance.clear_line, cmd, actor=first, at=NOW)
    assert refused() == "not_checked"
    with pytest.raises(OtherPersonNeeded):
        run_in_transaction(clearance.check_clearance, order.id, warehouse=bakery.site.id, actor=first, at=NOW)
    run_in_transaction(clearance.check_clearance, order.id, warehouse=bakery.site.id, actor=second, at=NOW)
    other = bakery.order(1)
    _feed(bakery, other, at=NOW + timedelta(minutes=5))
    assert refused() == "used_since"
    again = ClearLine(key="c2", order=order.id, warehouse=bakery.site.id, points=POINTS)
    later = NOW + timedelta(minutes=10)
    run_in_transaction(clearance.clear_line, again, actor=second, at=later)
    run_in_transaction(clearance.check_clearance, order.id, warehouse=bakery.site.id, actor=first, at=later)
    do(orders.note_started, order.id)


def _feed(bakery: Bakery, order: Any, *, at: Any) -> None:
    """Another order of the line gets goods: its own clearance, its release, an issue."""
    from wms.production.service.issuing import IssueGoods, issue

    first, second = given.user(), given.user()
    cmd = ClearLine(key=f"f{order.id}", order=order.id, warehouse=bakery.site.id, points=POINTS)
    run_in_transaction(clearance.clear_line, cmd, actor=first, at=NOW)
    run_in_transaction(clearance.check_clearance, order.id, warehouse=bakery.site.id, actor=second, at=NOW)
    do(orders.release_order, order.id)
    [bound, *_] = queries.bindings_of(order)
    db.session.commit()
    goods = IssueGoods(
        key=f"i{order.id}", warehouse=bakery.site.id, work_order=order.id, component=bound.component,
        lot=bound.row.lot, bin=bound.row.bin, quantity=bound.claim.quantity,
    )  # fmt: skip
    run_in_transaction(issue, goods, actor=SYSTEM_USER, at=at)


# -- rework -----------------------------------------------------------------------------------------------------------
def test_a_rework_brings_pending_goods_without_a_promise_and_never_those_under_another_hold(db: Any) -> None:
    from wms.quality.service import PlaceHold, place_hold
    from wms.stock.ledger import Quality
    from wms.stock.models import HoldReason, HoldScope

    bakery = Bakery()
    lot = given.lot(bakery.bread)
    given.stock(lot, bakery.site, "A-01", 6, quality=Quality.PENDING)
    given.stock(lot, bakery.site, "A-02", 2)
    cmd = PlanRework(
        key="r1", warehouse=bakery.site.id, line=bakery.line.id, lots=(Mended(lot=lot.id, quantity=q(8)),)
    )  # fmt: skip
    identity = do(planning.plan_rework, cmd)
    order = queries.get_order(identity)
    assert (order.kind, order.item_id, str(order.quantity)) == (WorkOrderKind.REWORK, bakery.bread.id, "8")
    do(orders.release_order, identity)
    assert sorted((str(t.quantity), t.claim_id is None) for t in tasks_of(order)) == [("2", False), ("6", True)]
    do(orders.release_order, identity)
    assert len(tasks_of(order)) == 2
    held = PlaceHold(key="h2", scope=HoldScope.LOT, lot=lot.id, reason=HoldReason.SUSPECT, warehouse=bakery.site.id)
    do(place_hold, held)
    balance = next(r for r in _balances(lot.id) if r.is_held)
    assert not queries.is_for_rework(order, lot=lot.id, hold_set=balance.hold_set)


def _balances(lot: Any) -> Any:
    from wms.stock import queries as stock

    found = stock.find_balances(lot=lot)
    db.session.commit()
    return found


def test_numbers_of_two_kinds_of_orders_are_one_series(db: Any) -> None:
    bakery = Bakery()
    first = bakery.order()
    lot = given.lot(bakery.bread)
    given.stock(lot, bakery.site, "A-01", 1)
    cmd = PlanRework(
        key=f"r{new_id()}", warehouse=bakery.site.id, line=bakery.line.id, lots=(Mended(lot=lot.id, quantity=q(1)),)
    )  # fmt: skip
    second = queries.get_order(do(planning.plan_rework, cmd))
    assert (first.number, second.number) == ("WO-2026-0001", "WO-2026-0002")
