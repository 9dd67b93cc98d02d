"""Issue to the line, exchange, supplement, return, undo and back-flush, through the real services on both engines."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import select

from tests import given
from tests.given import NOW, q
from wms.catalog.models import FefoGrade, Item
from wms.core.errors import (
    BackflushNotAllowed,
    BackflushShort,
    BinUnsuitable,
    FefoBroken,
    InsufficientStock,
    KeyReused,
    LotExpired,
    LotNotAtLine,
    LotOnHold,
    LotPegged,
    MissingField,
    NoOpenLot,
    NotAllowed,
    NotFound,
    NothingBound,
    NotReleased,
    PickedTooMuch,
    ReturnedTooMuch,
    WrongItemScanned,
    WrongLotScanned,
    WrongLpnScanned,
    WrongState,
)
from wms.core.ids import LOOSE, BinId, LotId, UserId, new_id
from wms.db import run_in_transaction
from wms.production.models import IssueKind, OpenLot, WorkOrder, WorkOrderIssue, WorkOrderState
from wms.production.queries import issues as queries
from wms.production.queries.orders import bindings_of, get_order
from wms.production.service import issuing
from wms.production.service.issuing import Approval, IssueGoods, ReturnGoods, UndoIssue
from wms.quality import service as quality
from wms.stock import pegs
from wms.stock import queries as stock
from wms.stock.models import HoldReason, HoldScope, Lot
from wms.tasks.models import Task, TaskState


@dataclass
class Floor:
    """A line, a work order for 10 dough from 20 flour, and three lots of flour in the store."""

    site: given.Site
    line: Any
    flour: Item
    dough: Item
    order: WorkOrder
    first: Lot
    second: Lot
    actor: UserId

    @property
    def component(self) -> Any:
        return self.order.components[0]

    def goods(self, lot: Lot, quantity: Any, *, bin_code: str = "A-01", key: str = "", **more: Any) -> IssueGoods:
        return IssueGoods(
            key=key or f"issue-{new_id()}", warehouse=self.site.id, work_order=self.order.id,
            component=more.pop("component", self.component.id), lot=lot.id, bin=self.site[bin_code], quantity=q(quantity),
            **more,
        )  # fmt: skip

    def issue(self, lot: Lot, quantity: Any, **more: Any) -> issuing.Issued:
        return run_in_transaction(issuing.issue, self.goods(lot, quantity, **more), actor=self.actor, at=NOW)

    def exchange(
        self, lot: Lot, quantity: Any, reason: str = "Damaged bag", *, may: bool = False, **more: Any
    ) -> issuing.Issued:
        yes = Approval(reason=reason, approved_by=self.actor, is_permitted=may)
        return run_in_transaction(
            issuing.exchange, self.goods(lot, quantity, **more), approval=yes, actor=self.actor, at=NOW
        )

    def supplement(
        self, lot: Lot, quantity: Any, reason: str = "Spilled", *, may: bool = False, **more: Any
    ) -> issuing.Issued:
        yes = Approval(reason=reason, approved_by=self.actor, is_permitted=may)
        return run_in_transaction(
            issuing.supplement, self.goods(lot, quantity, **more), approval=yes, actor=self.actor, at=NOW
        )

    def bring_back(
        self, lot: Lot, quantity: Any, *, bin_code: str = "A-03", key: str = "", **more: Any
    ) -> issuing.Issued:
        cmd = ReturnGoods(
            key=key or f"back-{new_id()}", warehouse=self.site.id, work_order=self.order.id, component=self.component.id,
            lot=lot.id, bin=self.site[bin_code], quantity=q(quantity), **more,
        )  # fmt: skip
        return run_in_transaction(issuing.return_, cmd, actor=self.actor, at=NOW)

    def undo(self, issued: issuing.Issued, *, key: str = "", reason: str = "Wrong order") -> issuing.Issued:
        cmd = UndoIssue(key=key or f"undo-{new_id()}", warehouse=self.site.id, issue=issued.issue, reason=reason)
        return run_in_transaction(issuing.undo, cmd, actor=self.actor, at=NOW)

    def at(self, lot: Lot, bin_id: BinId | None = None) -> Any:
        return given.on_hand(lot, bin_id=bin_id or self.line.bin_id)

    def bound(self) -> dict[str, Any]:
        found = {b.row.lot_number: b.claim.quantity for b in bindings_of(get_order(self.order.id))}
        stock.db.session.commit()
        return found

    def balance(self) -> queries.ComponentBalance:
        found = queries.balance_of_order(self.order.id)[0]
        stock.db.session.commit()
        return found


def _floor(db: Any, *, grade: FefoGrade = FefoGrade.SUPERVISOR, quantity: int = 10, **rule: Any) -> Floor:
    site = given.warehouse()
    flour, dough = given.item(fefo_grade=grade), given.item()
    first, second = given.lot(flour, "F-1", expires_in=30), given.lot(flour, "F-2", expires_in=60)
    given.stock(first, site, "A-01", 15)
    given.stock(second, site, "A-02", 40)
    line = given.line(site)
    if rule:
        given.production_rule(flour, **rule)
    bom = given.bom(dough, [(flour, 2)], lines={1: {"is_backflushed": True}} if rule.get("may_backflush") else None)
    assert bom
    order = given.work_order(site, dough, quantity, line, released=True)
    return Floor(site, line, flour, dough, order, first, second, given.user(None, "production", site=site))


def _hold(floor: Floor, lot: Lot) -> None:
    _hold_here(lot.id, floor.actor)


# -- issue ------------------------------------------------------------------------------------------------------------
def test_bound_lots_go_to_the_line_with_their_promise(db: Any) -> None:
    floor = _floor(db)
    assert floor.bound() == {"F-1": q(15), "F-2": q(5)}
    part = floor.issue(floor.first, 6)
    assert (part.kind, part.left, part.unit) == (IssueKind.ISSUE, q(14), floor.flour.base_unit)
    assert floor.at(floor.first) == q(6) and floor.at(floor.first, floor.site["A-01"]) == q(9)
    assert floor.issue(floor.first, 9).left == q(5)
    assert floor.issue(floor.second, 5, bin_code="A-02").left == q(0)
    assert floor.bound() == {}
    assert sorted(c.quantity.millionths for c in given.claims_of(floor.component.id)) == [
        q(n).millionths for n in (5, 6, 9)
    ]
    assert get_order(floor.order.id).state is WorkOrderState.STARTED
    assert {t.state for t in db.session.execute(select(Task)).scalars()} == {TaskState.DONE}
    assert (floor.balance().issued, floor.balance().at_line) == (q(20), q(20))
    given.ledger_is_whole()


def test_the_whole_plate_goes_along_and_a_part_of_it_stands_loose(db: Any) -> None:
    site = given.warehouse()
    flour, dough = given.item(), given.item()
    lot, plate, other = given.lot(flour, "P-1"), given.lpn(site), given.lpn(site)
    given.stock(lot, site, "A-01", 8, on=plate.id)
    given.stock(lot, site, "A-01", 20, on=other.id)
    line = given.line(site)
    given.bom(dough, [(flour, 1)])
    order = given.work_order(site, dough, 12, line, released=True)
    floor = Floor(site, line, flour, dough, order, lot, lot, given.user(None, "production", site=site))
    with pytest.raises(WrongLpnScanned):
        floor.issue(lot, 8)
    floor.issue(lot, 8, lpn=plate.id)
    floor.issue(lot, 4, lpn=other.id)
    standing = {row.lpn: row.on_hand for row in stock.find_balances(lot=lot.id, bin=line.bin_id)}
    assert standing == {plate.id: q(8), LOOSE: q(4)}


def test_the_same_lot_may_come_from_another_bin(db: Any) -> None:
    floor = _floor(db)
    given.stock(floor.first, floor.site, "A-04", 7)
    floor.issue(floor.first, 7, bin_code="A-04")
    assert floor.bound() == {"F-1": q(8), "F-2": q(5)}
    given.ledger_is_whole()


def test_another_lot_than_bound_is_refused_naming_both(db: Any) -> None:
    floor = _floor(db, quantity=5)
    with pytest.raises(WrongLotScanned) as refused:
        floor.issue(floor.second, 5, bin_code="A-02")
    assert refused.value.data == {"needed": "F-1", "scanned": "F-2", "grade": "supervisor"}
    assert given.on_hand(floor.second, bin_id=floor.line.bin_id) == q(0)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_what_cannot_be_issued_changes_nothing(db: Any) -> None:
    floor = _floor(db)
    with pytest.raises(PickedTooMuch) as much:
        floor.issue(floor.first, 16)
    assert much.value.data == {"needed": "15", "scanned": "16"}
    other = given.lot(given.item(), "X-1")
    given.stock(other, floor.site, "A-01", 5)
    with pytest.raises(WrongItemScanned):
        floor.issue(other, 5)
    with pytest.raises(InsufficientStock):
        floor.issue(floor.first, 5, bin_code="A-03")
    with pytest.raises(NotFound):
        floor.issue(floor.first, 5, component=17)
    elsewhere = given.warehouse()
    with pytest.raises(NotFound):
        run_in_transaction(
            issuing.issue,
            IssueGoods(
                key="x", warehouse=elsewhere.id, work_order=floor.order.id, component=floor.component.id,
                lot=floor.first.id, bin=floor.site["A-01"], quantity=q(1),
            ),
            actor=floor.actor, at=NOW,
        )  # fmt: skip
    planned = given.work_order(floor.site, floor.dough, 1, floor.line)
    with pytest.raises(WrongState):
        run_in_transaction(
            issuing.issue,
            IssueGoods(
                key="y", warehouse=floor.site.id, work_order=planned.id, component=planned.components[0].id,
                lot=floor.first.id, bin=floor.site["A-01"], quantity=q(1),
            ),
            actor=floor.actor, at=NOW,
        )  # fmt: skip
    assert db.session.execute(select(WorkOrderIssue)).first() is None
    assert get_order(floor.order.id).state is WorkOrderState.RELEASED


def test_a_lot_held_meanwhile_is_refused_and_another_may_take_its_place(db: Any) -> None:
    floor = _floor(db, quantity=5)
    _hold(floor, floor.first)
    with pytest.raises(LotOnHold) as refused:
        floor.issue(floor.first, 10)
    assert refused.value.data["reason"] == "suspect"
    with pytest.raises(NothingBound):
        floor.issue(floor.second, 10, bin_code="A-02")
    issued = floor.exchange(floor.second, 10, "F-1 is on hold", bin_code="A-02")
    assert (issued.kind, issued.left) == (IssueKind.EXCHANGE, q(0))
    with pytest.raises(PickedTooMuch):
        floor.exchange(floor.second, 1, bin_code="A-02")


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_expired_unreleased_and_pegged_lots_are_refused(db: Any) -> None:
    floor = _floor(db, grade=FefoGrade.ALLOW)
    old, new, tied = (given.lot(floor.flour, n, expires_in=d) for n, d in (("OLD", -1), ("NEW", 90), ("TIED", 90)))
    given.stock(old, floor.site, "A-03", 5)
    given.stock(new, floor.site, "A-03", 5, quality=given.Quality.PENDING)
    given.stock(tied, floor.site, "A-03", 5)
    run_in_transaction(
        pegs.peg_lot, tied.id, demand_kind="order_line", demand_id=7, made_for="SO-7", actor=floor.actor, at=NOW
    )
    for lot, refusal in ((old, LotExpired), (new, NotReleased), (tied, LotPegged)):
        with pytest.raises(refusal):
            floor.exchange(lot, 5, bin_code="A-03", may=True)
    with pytest.raises(LotPegged):
        floor.supplement(tied, 1, bin_code="A-03", may=True)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_lot_that_is_kept_for_an_order_is_skipped_by_nobody(db: Any) -> None:
    floor = _floor(db, grade=FefoGrade.FORBID)
    kept = given.lot(floor.flour, "KEPT", expires_in=10)
    given.stock(kept, floor.site, "A-03", 5)
    run_in_transaction(
        pegs.peg_lot, kept.id, demand_kind="order_line", demand_id=7, made_for="SO-7", actor=floor.actor, at=NOW
    )
    assert floor.supplement(floor.second, 1, bin_code="A-02").quantity == q(1)


# -- exchange ---------------------------------------------------------------------------------------------------------
def test_an_exchange_moves_the_promise_and_keeps_both_lots(db: Any) -> None:
    floor = _floor(db, grade=FefoGrade.REASON)
    done = floor.exchange(floor.second, 12, "Bag is torn", bin_code="A-02")
    row = db.session.get(WorkOrderIssue, done.issue)
    assert (row.kind, row.reason, row.lot_id, row.approved_by) == (
        IssueKind.EXCHANGE,
        "Bag is torn",
        floor.second.id,
        floor.actor,
    )
    db.session.commit()
    assert floor.bound() == {"F-1": q(3), "F-2": q(5)}
    assert floor.at(floor.second) == q(12)
    left = {
        t.lot_id: t.quantity - t.done_quantity
        for t in db.session.execute(select(Task)).scalars()
        if t.state is TaskState.OPEN
    }
    assert left == {floor.first.id: q(3), floor.second.id: q(5)}
    db.session.commit()
    floor.issue(floor.first, 3)
    floor.issue(floor.second, 5, bin_code="A-02")
    assert floor.balance().to_issue == q(0)
    given.ledger_is_whole()


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_grade_of_the_item_says_who_may_exchange(db: Any) -> None:
    floor = _floor(db, grade=FefoGrade.SUPERVISOR, quantity=5)
    with pytest.raises(MissingField):
        floor.exchange(floor.second, 5, " ", bin_code="A-02")
    with pytest.raises(NotAllowed):
        floor.exchange(floor.second, 5, bin_code="A-02")
    assert floor.exchange(floor.second, 5, bin_code="A-02", may=True).quantity == q(5)
    strict = _floor(db, grade=FefoGrade.FORBID, quantity=5)
    with pytest.raises(FefoBroken):
        strict.exchange(strict.second, 5, bin_code="A-02", may=True)
    assert strict.bound() == {"F-1": q(10)}


# -- beyond the plan, and back ------------------------------------------------------------------------------------------
def test_more_than_planned_needs_a_reason_and_is_told_apart(db: Any) -> None:
    floor = _floor(db, quantity=5)
    floor.issue(floor.first, 10)
    with pytest.raises(MissingField):
        floor.supplement(floor.first, 3, "")
    with pytest.raises(NotAllowed):
        floor.supplement(floor.second, 3, bin_code="A-02")
    done = floor.supplement(floor.first, 3)
    assert done.kind is IssueKind.SUPPLEMENT
    balance = floor.balance()
    assert (balance.issued, balance.supplemented, balance.to_issue, balance.at_line) == (q(13), q(3), q(0), q(13))
    given.ledger_is_whole()


def test_unused_goods_go_back_with_their_lot_and_never_more_than_is_there(db: Any) -> None:
    floor = _floor(db)
    floor.issue(floor.first, 15)
    floor.bring_back(floor.first, 4)
    with pytest.raises(ReturnedTooMuch) as much:
        floor.bring_back(floor.first, 12)
    assert (much.value.data["at_line"], much.value.data["came"]) == ("11", "12")
    assert floor.at(floor.first, floor.site["A-03"]) == q(4) and floor.at(floor.first) == q(11)
    assert (floor.balance().returned, floor.balance().at_line) == (q(4), q(11))
    with pytest.raises(BinUnsuitable):
        floor.bring_back(floor.first, 1, bin_code="STAGE")
    given.ledger_is_whole()


def test_held_goods_come_back_from_the_line_into_quarantine(db: Any) -> None:
    floor = _floor(db)
    floor.issue(floor.first, 15)
    _hold(floor, floor.first)
    floor.bring_back(floor.first, 15, bin_code="QUAR")
    assert floor.at(floor.first, floor.site["QUAR"]) == q(15)
    given.ledger_is_whole()


def test_an_issue_is_taken_back_by_its_counter_entry_and_bound_again(db: Any) -> None:
    floor = _floor(db)
    part, rest = floor.issue(floor.first, 6), floor.issue(floor.first, 9)
    with pytest.raises(MissingField):
        floor.undo(part, reason="")
    again = floor.undo(part, key="undo-1")
    assert floor.undo(part, key="undo-1").is_repeat and again.left == q(11)
    assert floor.bound() == {"F-1": q(6), "F-2": q(5)} and floor.at(floor.first) == q(9)
    with pytest.raises(WrongState):
        floor.undo(part)
    open_tasks = [t for t in db.session.execute(select(Task)).scalars() if t.state is TaskState.OPEN]
    assert {(t.lot_id, t.quantity) for t in open_tasks} == {(floor.first.id, q(6)), (floor.second.id, q(5))}
    db.session.commit()
    back = floor.bring_back(floor.first, 9)
    floor.undo(back)
    assert floor.at(floor.first) == q(9) and floor.balance().at_line == q(9)
    with pytest.raises(InsufficientStock):  # what came free at the line was carried off meanwhile
        floor.bring_back(floor.first, 9)
        floor.undo(rest)
    given.ledger_is_whole()


# -- again and at once ------------------------------------------------------------------------------------------------
def test_the_same_key_changes_nothing_the_second_time(db: Any) -> None:
    floor = _floor(db)
    first = floor.issue(floor.first, 6, key="scan-1")
    again = floor.issue(floor.first, 6, key="scan-1")
    assert again.is_repeat and (again.issue, again.left) == (first.issue, first.left)
    with pytest.raises(KeyReused):
        floor.issue(floor.first, 7, key="scan-1")
    back = floor.bring_back(floor.first, 2, key="scan-2")
    assert floor.bring_back(floor.first, 2, key="scan-2").issue == back.issue
    assert floor.at(floor.first) == q(4)


def _issue_here(cmd: IssueGoods, actor: UserId) -> str:
    return run_in_transaction(issuing.issue, cmd, actor=actor, at=NOW).lot_number


def _hold_here(lot: LotId, actor: UserId) -> None:
    cmd = quality.PlaceHold(key=f"hold-{new_id()}", scope=HoldScope.LOT, lot=lot, reason=HoldReason.SUSPECT)
    run_in_transaction(quality.place_hold, cmd, actor=actor, at=NOW)


def _do(what: str, *arguments: Any) -> Any:
    return _hold_here(*arguments) if what == "hold" else _issue_here(*arguments)


def test_of_two_handhelds_at_one_task_one_brings_the_goods(db: Any, run_at_once: Callable[..., Any]) -> None:
    floor = _floor(db, quantity=5)
    outcomes = run_at_once(
        _do, [("issue", floor.goods(floor.first, 10, key=f"device-{n}"), floor.actor) for n in range(2)]
    )
    assert sorted(o.error or "done" for o in outcomes) == ["done", "nothing_bound"]
    assert floor.at(floor.first) == q(10) and floor.balance().issued == q(10)
    given.ledger_is_whole()


def test_a_hold_and_an_issue_at_once_leave_whole_books(db: Any, run_at_once: Callable[..., Any]) -> None:
    floor = _floor(db, quantity=5)
    run_at_once(_do, [("issue", floor.goods(floor.first, 10), floor.actor), ("hold", floor.first.id, floor.actor)])
    rows = stock.find_balances(lot=floor.first.id)
    assert rows and all(row.is_held for row in rows)
    db.session.commit()
    given.ledger_is_whole()


# -- back-flush ---------------------------------------------------------------------------------------------------------
def _opened(db: Any) -> Floor:
    floor = _floor(db, may_backflush=True)
    floor.issue(floor.first, 15)
    run_in_transaction(
        issuing.open_lot,
        floor.line.id,
        floor.flour.id,
        floor.first.id,
        warehouse=floor.site.id,
        actor=floor.actor,
        at=NOW,
    )
    return floor


def _draw(floor: Floor, quantity: Any) -> list[issuing.Drawn]:
    order = get_order(floor.order.id)
    found = issuing.backflush(order, order.components[0], q(quantity), at=NOW)
    stock.db.session.commit()
    return found


def test_backflush_takes_from_the_open_lot_and_says_how_much_is_missing(db: Any) -> None:
    floor = _opened(db)
    assert floor.bound() == {}, "what stands at the line for all orders is bound to none"
    drawn = _draw(floor, 12)
    assert [(d.lot, d.quantity, d.claim) for d in drawn] == [(floor.first.id, q(12), None)]
    with pytest.raises(BackflushShort) as short:
        _draw(floor, 20)
    assert short.value.data == {
        "lot": "F-1", "line": floor.line.code, "needed": "20", "available": "15", "missing": "5",
    }  # fmt: skip
    floor.exchange(floor.second, 10, bin_code="A-02", may=True)
    with pytest.raises(BackflushShort):  # the other lot stands at the line as well, and is not open
        _draw(floor, 20)
    _hold(floor, floor.first)
    with pytest.raises(LotOnHold):
        _draw(floor, 1)


def test_one_lot_is_open_at_a_line_and_the_next_closes_it(db: Any) -> None:
    floor = _opened(db)
    with pytest.raises(LotNotAtLine):
        run_in_transaction(
            issuing.open_lot, floor.line.id, floor.flour.id, floor.second.id, warehouse=floor.site.id, actor=floor.actor,
            at=NOW,
        )  # fmt: skip
    floor.exchange(floor.second, 10, bin_code="A-02", may=True)
    second = run_in_transaction(
        issuing.open_lot,
        floor.line.id,
        floor.flour.id,
        floor.second.id,
        warehouse=floor.site.id,
        actor=floor.actor,
        at=NOW,
    )
    rows = db.session.execute(select(OpenLot).order_by(OpenLot.id)).scalars().all()
    assert [row.closed_at for row in rows] == [NOW, None]
    assert [(o.lot_number, o.on_hand) for o in queries.open_lots(floor.site.id)] == [("F-2", q(10))]
    db.session.commit()
    run_in_transaction(issuing.close_lot, second.id, warehouse=floor.site.id, actor=floor.actor, at=NOW)
    with pytest.raises(WrongState):
        run_in_transaction(issuing.close_lot, second.id, warehouse=floor.site.id, actor=floor.actor, at=NOW)
    with pytest.raises(NoOpenLot):
        _draw(floor, 1)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_only_what_the_item_and_the_component_allow_is_backflushed(db: Any) -> None:
    floor = _floor(db)
    with pytest.raises(BackflushNotAllowed):
        _draw(floor, 1)
