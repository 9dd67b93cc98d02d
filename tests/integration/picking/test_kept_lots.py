"""A lot is kept for one order line: who loses is told and served elsewhere, and no way leads the lot to another (W8)."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, text

from tests import given
from tests.given import NOW, q
from wms.alerts.models import Alert, AlertKind
from wms.core.errors import (
    GoodsPromised,
    LotPegged,
    LotsDiffer,
    PegTooLate,
    QuestionNeeded,
    WrongItemScanned,
    WrongState,
)
from wms.core.ids import SYSTEM_USER, LotId, OrderId, OrderLineId
from wms.db import db, run_in_transaction
from wms.gs1.codes import LotNumber
from wms.picking.models import Order, OrderLine, OrderState
from wms.picking.peg_queries import preview_peg
from wms.picking.service import LayPeg, allocate_order, cancel_order, lay_peg, release_order
from wms.production.queries.orders import bindings_of, get_order
from wms.production.service import orders, planning
from wms.production.service.planning import Added, Mended, Pegged, PlanRework
from wms.quality.service import DecideQuality, decide_quality
from wms.stock import lots, pegs
from wms.stock.ledger import Move, Quality, Reason
from wms.stock.ledger import post as post_moves
from wms.tasks.models import Task, TaskState


def do(verb: Any, *args: Any, **more: Any) -> Any:
    return run_in_transaction(verb, *args, actor=SYSTEM_USER, at=NOW, **more)


def line_of(order: OrderId) -> OrderLineId:
    found = db.session.execute(select(OrderLine.id).where(OrderLine.order_id == order)).scalar_one()
    db.session.commit()
    return found


class Store:
    """Ten breads of one lot; an order of the one they shall be kept for, and another that was promised some."""

    def __init__(self, *, promised: int = 4, stock: int = 10) -> None:
        self.site = given.warehouse()
        self.bread = given.item()
        self.lot = given.lot(self.bread, expires_in=50)
        given.stock(self.lot, self.site, "A-01", stock)
        self.mine = given.order(self.site, [(self.bread, 6)], number="SO-MINE")
        self.other = given.order(self.site, [(self.bread, promised)], number="SO-OTHER")
        self.line = line_of(self.mine)

    def seen(self) -> Any:
        found = preview_peg(self.lot.id, self.line)
        db.session.rollback()
        return found

    def keep(self, fingerprint: str | None = None) -> Any:
        print_ = self.seen().fingerprint if fingerprint is None else fingerprint
        return do(lay_peg, LayPeg(lot=self.lot.id, line=self.line, warehouse=self.site.id, fingerprint=print_))

    def more(self, quantity: int = 20) -> Any:
        lot = given.lot(self.bread, expires_in=90)
        given.stock(lot, self.site, "A-02", quantity)
        return lot


def promised(order: OrderId) -> dict[LotId, str]:
    from wms.stock import queries as stock

    claims = stock.claims_of("order_line", [line_of(order)])
    rows = {row.id: row.lot for row in stock.find_balances(ids={c.balance for c in claims})} if claims else {}
    db.session.rollback()
    return {rows[c.balance]: str(c.quantity) for c in claims}


# -- laying --------------------------------------------------------------------------------------------------------------
def test_a_kept_lot_is_promised_to_its_line_at_once(db: Any) -> None:
    store = Store()
    kept = store.keep()
    assert (str(kept.promised), str(kept.taken), kept.short) == ("6", "0", ())
    assert promised(store.mine) == {store.lot.id: "6"}
    assert db.session.get(Order, store.mine).state is OrderState.ALLOCATED
    db.session.rollback()
    given.ledger_is_whole()


def test_who_holds_promises_is_shown_and_asked_about_before_they_are_taken(db: Any) -> None:
    store = Store()
    do(allocate_order, store.other)
    seen = store.seen()
    assert [(one.number, str(one.quantity), str(one.in_hand)) for one in seen.losses] == [("SO-OTHER", "4", "0")]
    with pytest.raises(QuestionNeeded) as asked:
        store.keep("")
    assert (asked.value.data["question"], asked.value.data["orders"]) == ("peg_takes", "SO-OTHER (4)")
    assert promised(store.other) == {store.lot.id: "4"}
    assert pegs.open_pegs([store.lot.id]) == {}
    db.session.rollback()


def test_what_was_taken_is_found_elsewhere_in_the_same_transaction(db: Any) -> None:
    store = Store()
    do(allocate_order, store.other)
    late = store.more()
    kept = store.keep()
    assert (str(kept.promised), str(kept.taken), kept.short) == ("6", "4", ())
    assert promised(store.other) == {late.id: "4"}
    assert promised(store.mine) == {store.lot.id: "6"}
    assert db.session.scalar(select(Alert.id).where(Alert.kind == AlertKind.PEG_TOOK_GOODS)) is None
    db.session.rollback()
    given.ledger_is_whole()


def test_who_finds_too_little_is_told_by_an_alert(db: Any) -> None:
    store = Store()
    do(allocate_order, store.other)
    kept = store.keep()
    assert [(one.number, str(one.missing)) for one in kept.short] == [("SO-OTHER", "4")]
    alert = db.session.execute(select(Alert).where(Alert.kind == AlertKind.PEG_TOOK_GOODS)).scalar_one()
    assert (alert.subject_id, alert.data["order"], alert.data["made_for"]) == (store.other, "SO-OTHER", "SO-MINE")
    db.session.rollback()
    given.ledger_is_whole()


def test_picks_that_nobody_began_go_to_other_goods_and_their_order_walks_on(db: Any) -> None:
    store = Store()
    do(allocate_order, store.other)
    do(release_order, store.other)
    late = store.more()
    store.keep()
    tasks = db.session.execute(select(Task.state, Task.lot_id).where(Task.demand_id == line_of(store.other))).all()
    assert sorted((state.value, lot) for state, lot in tasks) == sorted(
        [(TaskState.CANCELLED.value, store.lot.id), (TaskState.OPEN.value, late.id)]
    )
    db.session.rollback()


def test_goods_in_hand_refuse_the_peg_and_the_task_is_named(db: Any) -> None:
    store = Store()
    do(allocate_order, store.other)
    _pick_all(store.other)
    seen = store.seen()
    assert [str(one.in_hand) for one in seen.losses] == ["4"]
    with pytest.raises(PegTooLate) as refused:
        store.keep()
    assert (refused.value.data["order"], refused.value.data["quantity"]) == ("SO-OTHER", "4")
    assert refused.value.data["task"] == "SO-OTHER-P1 · A-01"
    assert pegs.open_pegs([store.lot.id]) == {}
    db.session.rollback()


def _pick_all(order: OrderId) -> None:
    from wms.picking.models import PickList
    from wms.picking.queries import next_stop
    from wms.picking.rules.check_pick import Scanned
    from wms.picking.service import ConfirmPick, confirm_pick, take_list

    do(release_order, order)
    picker = given.user()
    list_id = db.session.execute(select(PickList.id).where(PickList.order_id == order)).scalar_one()
    db.session.commit()
    run_in_transaction(take_list, list_id, actor=picker, at=NOW)
    stop = next_stop(list_id, at=NOW)
    db.session.commit()
    assert stop is not None
    scanned = Scanned(bin_code=stop.facts.bin_code, lot_number=stop.facts.lot_number)
    cmd = ConfirmPick(task=stop.task, scanned=scanned, quantity=stop.left, key=f"pick{order}", lot=stop.key.lot)
    run_in_transaction(confirm_pick, cmd, actor=picker, at=NOW)


def test_lots_bound_to_a_work_order_are_taken_and_bound_anew(db: Any) -> None:
    store = Store()
    cake = given.item()
    given.bom(cake, [(store.bread, 1)])
    work = given.work_order(store.site, cake, 3, given.line(store.site), released=True)
    assert [b.row.lot for b in bindings_of(get_order(work.id))] == [store.lot.id]
    db.session.rollback()
    seen = store.seen()
    assert [(one.demand_kind, one.number) for one in seen.losses] == [("wo_component", work.number)]
    late = store.more()
    store.keep()
    assert [b.row.lot for b in bindings_of(get_order(work.id))] == [late.id]
    db.session.rollback()
    given.ledger_is_whole()


def test_what_cannot_be_kept_is_refused_and_changes_nothing(db: Any) -> None:
    store = Store()
    cake = given.lot(given.item())
    with pytest.raises(WrongItemScanned):
        do(lay_peg, LayPeg(lot=cake.id, line=store.line, warehouse=store.site.id))
    do(lay_peg, LayPeg(lot=store.lot.id, line=line_of(store.other), warehouse=store.site.id))
    with pytest.raises(LotPegged):
        store.keep()
    do(cancel_order, store.mine)
    free = store.more()
    with pytest.raises(WrongState):
        do(lay_peg, LayPeg(lot=free.id, line=store.line, warehouse=store.site.id))
    assert promised(store.other) == {store.lot.id: "4"}


def test_freeing_gives_back_what_nobody_picked(db: Any) -> None:
    store = Store()
    store.keep()
    assert str(do(orders.free_peg, store.lot.id, reason="he takes less")) == "6"
    assert promised(store.mine) == {}
    assert str(do(allocate_order, store.other).claimed) == "4"
    given.ledger_is_whole()


# -- made for it ---------------------------------------------------------------------------------------------------------
def _work_for(store: Store) -> Any:
    flour = given.item()
    given.bom(store.bread, [(flour, 1)])
    return given.work_order(
        store.site, store.bread, 6, given.line(store.site), pegged=Pegged(kind="order_line", id=store.line)
    )


def test_an_output_is_promised_to_its_line_at_once_and_others_lose_what_they_had_of_the_lot(db: Any) -> None:
    store = Store()
    work = _work_for(store)
    do(allocate_order, store.other)
    late = store.more()
    do(orders.peg_output, get_order(work.id), store.lot.id)
    assert promised(store.mine) == {store.lot.id: "6"}
    assert promised(store.other) == {late.id: "4"}
    given.ledger_is_whole()


def test_an_output_that_waits_for_quality_or_stands_elsewhere_is_promised_once_it_may_be(db: Any) -> None:
    store = Store(stock=1)
    work = _work_for(store)
    made = given.lot(store.bread)
    given.stock(made, store.site, "DOCK", 2)
    do(orders.peg_output, get_order(work.id), made.id)
    assert promised(store.mine) == {}
    dock, shelf = given.key(made, store.site, "DOCK"), given.key(made, store.site, "A-03")
    do(post_moves, [Move(quantity=q(2), source=dock, target=shelf)], key="put", reason=Reason.PUTAWAY)
    assert promised(store.mine) == {made.id: "2"}
    given.ledger_is_whole()


# -- no way leads it to another --------------------------------------------------------------------------------------------
def test_split_relabel_and_merge_keep_it_whose_it_is(db: Any) -> None:
    store = Store(stock=20)
    store.keep()
    from wms.stock import queries as stock

    row = stock.find_balances(lot=store.lot.id)[0]
    db.session.rollback()
    part = lots.Part(balance=row.id, quantity=q(3))
    split = do(
        lots.split,
        lots.SplitLot(key="s", lot=store.lot.id, warehouse=store.site.id, parts=(part,), reason="apart"),
    )
    renamed = do(
        lots.relabel,
        lots.RelabelLot(
            key="r", lot=split.lot, warehouse=store.site.id, number=LotNumber.parse("NEW-1"), reason="label"
        ),
    )
    for lot in (split.lot, renamed.lot):
        assert pegs.open_pegs([lot])[lot].demand_id == store.line
        db.session.rollback()
    free = store.more(5)
    merge = lots.MergeLots(
        key="m", lots=(renamed.lot, free.id), warehouse=store.site.id, reason="one", number=LotNumber.parse("ONE-1")
    )
    with pytest.raises(LotsDiffer) as refused:
        do(lots.merge, merge)
    assert refused.value.data["what"] == "made_for"
    into = lots.MergeLots(key="i", lots=(renamed.lot,), warehouse=store.site.id, reason="one", into=free.id)
    with pytest.raises(LotsDiffer):
        do(lots.merge, into)
    again = do(
        lots.split,
        lots.SplitLot(
            key="s2",
            lot=store.lot.id,
            warehouse=store.site.id,
            parts=(lots.Part(balance=row.id, quantity=q(2)),),
            reason="x",
        ),
    )
    one = do(
        lots.merge,
        lots.MergeLots(
            key="m2",
            lots=(renamed.lot, again.lot),
            warehouse=store.site.id,
            reason="one",
            number=LotNumber.parse("ONE-2"),
        ),
    )
    assert pegs.open_pegs([one.lot])[one.lot].demand_id == store.line
    db.session.rollback()
    with pytest.raises(GoodsPromised):
        do(
            lots.relabel,
            lots.RelabelLot(
                key="p", lot=store.lot.id, warehouse=store.site.id, number=LotNumber.parse("P-1"), reason="x"
            ),
        )
    do(allocate_order, store.other)
    assert set(promised(store.other)) == {free.id}
    given.ledger_is_whole()


def test_a_rework_of_it_is_made_for_its_order_and_for_nobody_else(db: Any) -> None:
    store = Store()
    store.keep()
    line, free = given.line(store.site), store.more()
    mixed = PlanRework(
        key="w1", warehouse=store.site.id, line=line.id,
        lots=(Mended(lot=store.lot.id, quantity=q(2)), Mended(lot=free.id, quantity=q(1))),
    )  # fmt: skip
    with pytest.raises(LotsDiffer):
        do(planning.plan_rework, mixed)
    other_item = given.item()
    as_cake = PlanRework(
        key="w2", warehouse=store.site.id, line=line.id, item=other_item.id, quantity=q(1),
        lots=(Mended(lot=store.lot.id, quantity=q(2)),),
    )  # fmt: skip
    with pytest.raises(LotPegged):
        do(planning.plan_rework, as_cake)
    salt = given.item()
    alone = PlanRework(
        key="w3", warehouse=store.site.id, line=line.id, lots=(Mended(lot=store.lot.id, quantity=q(2)),),
        added=(Added(item=salt.id, quantity=q(1)),),
    )  # fmt: skip
    work = get_order(do(planning.plan_rework, alone))
    assert work.pegged_id == store.line
    change = planning.ChangeOrder(order=work.id, warehouse=store.site.id, quantity=q(2), line=line.id, pegged=None)
    db.session.rollback()
    with pytest.raises(LotPegged):
        do(planning.change_order, change)


def test_a_lot_that_a_rework_is_to_mend_for_anybody_is_kept_for_nobody(db: Any) -> None:
    store = Store()
    cmd = PlanRework(
        key="w", warehouse=store.site.id, line=given.line(store.site).id, lots=(Mended(lot=store.lot.id, quantity=q(2)),)
    )  # fmt: skip
    do(planning.plan_rework, cmd)
    with pytest.raises(PegTooLate):
        store.keep()


def test_a_released_kept_lot_is_promised_and_one_released_for_others_is_not_lost(db: Any) -> None:
    store = Store(stock=1)
    made = given.lot(store.bread)
    given.stock(made, store.site, "A-02", 3, quality=Quality.PENDING)
    do(lay_peg, LayPeg(lot=made.id, line=store.line, warehouse=store.site.id))
    assert promised(store.mine) == {}
    cmd = DecideQuality(key="ok", lot=made.id, warehouse=store.site.id, to=Quality.RELEASED, reason="good")
    do(decide_quality, cmd)
    do(allocate_order, store.other)
    assert made.id not in promised(store.other)


# -- two at once -----------------------------------------------------------------------------------------------------------
def allocate_at_once(what: str, order: OrderId, lot: LotId, line: OrderLineId, site: int) -> str:
    try:
        if what == "allocate":
            return str(do(allocate_order, order).claimed)
        return str(do(lay_peg, LayPeg(lot=lot, line=line, warehouse=site)).promised)  # type: ignore[arg-type]
    except QuestionNeeded:
        return "asked"


def test_a_peg_and_an_allocation_at_once_never_give_the_lot_to_both(db: Any, run_at_once: Any) -> None:
    store = Store(promised=10)
    orders_ = [given.order(store.site, [(store.bread, 4)]) for _ in range(2)]
    arguments = [("allocate", order, store.lot.id, store.line, store.site.id) for order in (store.other, *orders_)]
    arguments.append(("keep", store.mine, store.lot.id, store.line, store.site.id))
    outcomes = run_at_once(allocate_at_once, arguments)
    assert [one.error for one in outcomes] == [None] * 4
    is_kept = store.lot.id in pegs.open_pegs([store.lot.id])
    db.session.rollback()
    others = sum(len(promised(order)) for order in (store.other, *orders_))
    assert not (is_kept and others), (is_kept, others, [one.value for one in outcomes])
    given.ledger_is_whole()


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_who_waited_for_the_lot_while_it_was_kept_gets_nothing_of_it(app: Flask) -> None:
    """Allocation and a posting without a promise looked before the peg was written, and wait for its commit."""
    with app.app_context():
        store = Store()
        source, target = given.key(store.lot, store.site), given.key(store.lot, store.site, "A-04")
        moves = [Move(quantity=q(1), source=source, target=target)]

    def use() -> None:
        do(post_moves, moves, key="used", reason=Reason.ISSUE)

    came: dict[str, Any] = {}

    def later(name: str, work: Any) -> threading.Thread:
        def run() -> None:
            with app.app_context():
                try:
                    came[name] = work()
                except LotPegged as refused:
                    came[name] = refused.code

        thread = threading.Thread(target=run)
        thread.start()
        return thread

    waiting: list[threading.Thread] = []

    def keep_and_wait() -> None:
        lay_peg(LayPeg(lot=store.lot.id, line=store.line, warehouse=store.site.id), actor=SYSTEM_USER, at=NOW)
        waiting.append(later("allocated", lambda: str(do(allocate_order, store.other).claimed)))
        waiting.append(later("used", use))
        blocked = text("SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted")
        while db.session.execute(blocked).scalar_one() < 2 and any(thread.is_alive() for thread in waiting):
            pass

    with app.app_context():
        run_in_transaction(keep_and_wait)
    for thread in waiting:
        thread.join()
    assert came == {"allocated": "0", "used": "lot_pegged"}
    with app.app_context():
        assert promised(store.other) == {}
        given.ledger_is_whole()


def test_two_planners_who_keep_one_lot_at_once_keep_it_once(db: Any, run_at_once: Any) -> None:
    store = Store()
    second = line_of(store.other)
    outcomes = run_at_once(
        keep_for, [(store.lot.id, line, store.site.id) for line in (store.line, second, store.line, second)]
    )
    assert {one.value for one in outcomes} <= {"kept", "LotPegged"}
    assert len(pegs.open_pegs([store.lot.id])) == 1
    db.session.rollback()
    given.ledger_is_whole()


def keep_for(lot: LotId, line: OrderLineId, site: int) -> str:
    try:
        do(lay_peg, LayPeg(lot=lot, line=line, warehouse=site, fingerprint=""))  # type: ignore[arg-type]
    except (LotPegged, QuestionNeeded) as refused:
        return type(refused).__name__
    return "kept"
