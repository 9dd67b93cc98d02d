"""A lot that is made for one order goes to no other: in allocation, at the scan, at the posting, until it is freed (W8)."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from tests import given
from tests.given import NOW, q
from wms.core.errors import LotPegged, NotFound, WrongItemScanned, WrongState
from wms.core.ids import SYSTEM_USER, OrderId, OrderLineId, new_id
from wms.db import db, run_in_transaction
from wms.picking.models import AllocationDecision, OrderLine
from wms.picking.service import allocate_order, cancel_order, release_order
from wms.production.queries.orders import bindings_of, get_order
from wms.production.service import orders, planning
from wms.production.service.planning import Mended, Pegged, PlanRework
from wms.stock import ledger, pegs
from wms.stock.ledger import ClaimRequest, Move, Place, Reason
from wms.stock.rules.availability import NEVER


def do(verb: Any, *args: Any, **more: Any) -> Any:
    return run_in_transaction(verb, *args, actor=SYSTEM_USER, at=NOW, **more)


def line_of(order: OrderId) -> OrderLineId:
    found = db.session.execute(select(OrderLine.id).where(OrderLine.order_id == order)).scalar_one()
    db.session.commit()
    return found


class Made:
    """A lot of 14 breads made for one customer's order of 10, and another order that wants 4 of them."""

    def __init__(self) -> None:
        self.site = given.warehouse()
        self.line = given.line(self.site)
        self.flour, self.bread = given.item(), given.item()
        given.bom(self.bread, [(self.flour, 1)])
        self.order = given.order(self.site, [(self.bread, 10)], number="SO-MINE")
        self.other = given.order(self.site, [(self.bread, 4)])
        self.work = given.work_order(
            self.site, self.bread, 10, self.line, pegged=Pegged(kind="order_line", id=line_of(self.order))
        )
        self.lot = given.lot(self.bread)
        given.stock(self.lot, self.site, "A-01", 14)
        do(orders.peg_output, self.work, self.lot.id)

    def decision(self, order: OrderId) -> dict[str, str]:
        line = line_of(order)
        rows = db.session.execute(
            select(AllocationDecision.candidates).where(AllocationDecision.order_line_id == line)
        ).scalars()
        found = {c["number"]: c["why"] for row in rows for c in row}
        db.session.commit()
        return found


def test_allocation_passes_over_a_lot_made_for_another_order_and_says_why(db: Any) -> None:
    made = Made()
    assert str(do(allocate_order, made.other).short) == "4"
    assert made.decision(made.other) == {made.lot.number: "lot_pegged"}
    assert [str(c.quantity) for c in given.claims_of(line_of(made.order))] == ["10"]
    given.ledger_is_whole()


def test_its_own_lot_comes_first_even_when_another_expires_before(db: Any) -> None:
    made = Made()
    early = given.lot(made.bread, expires_in=5)
    given.stock(early, made.site, "A-02", 10)
    do(allocate_order, made.order)
    do(allocate_order, made.other)
    assert [str(c.quantity) for c in given.claims_of(line_of(made.order))] == ["10"]
    assert made.decision(made.order) == {made.lot.number: "taken"}
    assert made.decision(made.other)[early.number] == "taken"


def test_a_posting_for_another_is_refused_with_the_order_it_is_made_for(db: Any) -> None:
    made = Made()
    move = Move(
        quantity=q(1), source=given.key(made.lot, made.site), target=given.key(made.lot, made.site, "CUSTOMER")
    )  # fmt: skip
    for reason in (Reason.SHIP, Reason.PICK, Reason.ISSUE, Reason.CONSUME):
        with pytest.raises(LotPegged) as caught:
            do(ledger.post, [move], key=f"k{reason}", reason=reason)
        assert caught.value.data == {"lot": made.lot.number, "made_for": "SO-MINE"}
    do(ledger.post, [move], key="counted", reason=Reason.COUNT)
    moved = Move(quantity=q(1), source=given.key(made.lot, made.site), target=given.key(made.lot, made.site, "A-02"))
    do(ledger.post, [moved], key="moved", reason=Reason.MOVE)


def test_a_pegged_lot_is_bound_to_no_work_order_of_others(db: Any) -> None:
    made = Made()
    cake = given.item()
    given.bom(cake, [(made.bread, 1)])
    work = given.work_order(made.site, cake, 2, made.line, released=True)
    assert bindings_of(work) == []
    db.session.commit()
    with pytest.raises(LotPegged):
        cmd = orders.BindLot(
            order=work.id, warehouse=made.site.id, component=work.components[0].id, lot=made.lot.id
        )  # fmt: skip
        do(orders.bind_lot, cmd)


def test_a_freed_lot_goes_to_whoever_asks_and_the_peg_stays_written(db: Any) -> None:
    made = Made()
    assert str(do(orders.free_peg, made.lot.id, reason="the customer takes less")) == "10"
    assert str(do(allocate_order, made.other).claimed) == "4"
    [peg] = pegs.pegs_of_lot(made.lot.id)
    assert (peg.free_reason, peg.freed_by, peg.document_id) == ("the customer takes less", SYSTEM_USER, made.work.id)
    db.session.commit()
    with pytest.raises(NotFound):
        do(orders.free_peg, made.lot.id, reason="again")


def test_a_cancelled_order_frees_its_lots_and_its_work_orders(db: Any) -> None:
    made = Made()
    do(cancel_order, made.order)
    assert str(do(allocate_order, made.other).claimed) == "4"
    assert get_order(made.work.id).pegged_id is None
    db.session.commit()
    later = given.lot(made.bread)
    do(orders.peg_output, get_order(made.work.id), later.id)
    assert pegs.open_pegs([later.id]) == {}
    db.session.commit()


def test_an_override_at_the_scan_cannot_take_a_pegged_lot(db: Any) -> None:
    from wms.picking.models import PickList
    from wms.picking.queries import next_stop
    from wms.picking.rules.check_pick import Scanned
    from wms.picking.service import ConfirmPick, Override, confirm_pick, take_list

    made = Made()
    free = given.lot(made.bread, expires_in=5)
    given.stock(free, made.site, "A-01", 10)
    do(allocate_order, made.other)
    do(release_order, made.other)
    picker = given.user()
    list_id = db.session.execute(select(PickList.id).where(PickList.order_id == made.other)).scalar_one()
    db.session.commit()
    run_in_transaction(take_list, list_id, actor=picker, at=NOW)
    stop = next_stop(list_id, at=NOW)
    db.session.commit()
    assert stop is not None
    cmd = ConfirmPick(
        task=stop.task, scanned=Scanned(bin_code="A-01", lot_number=made.lot.number), quantity=q(4), key="p1",
        lot=made.lot.id, override=Override(reason="nearer", is_permitted=True, approved_by=picker),
    )  # fmt: skip
    with pytest.raises(LotPegged) as caught:
        run_in_transaction(confirm_pick, cmd, actor=picker, at=NOW)
    assert caught.value.data["made_for"] == "SO-MINE"


def test_an_order_line_of_another_item_or_one_that_left_cannot_be_made_for(db: Any) -> None:
    made = Made()
    cake = given.item()
    given.bom(cake, [(made.flour, 1)])
    with pytest.raises(WrongItemScanned):
        given.work_order(made.site, cake, 1, made.line, pegged=Pegged(kind="order_line", id=line_of(made.order)))
    do(cancel_order, made.other)
    with pytest.raises(WrongState):
        given.work_order(made.site, made.bread, 1, made.line, pegged=Pegged(kind="order_line", id=line_of(made.other)))
    with pytest.raises(NotFound):
        given.work_order(made.site, made.bread, 1, made.line, pegged=Pegged(kind="order_line", id=1))


def test_a_rework_of_a_pegged_lot_is_made_for_the_same_order(db: Any) -> None:
    made = Made()
    cmd = PlanRework(
        key=f"r{new_id()}", warehouse=made.site.id, line=made.line.id, lots=(Mended(lot=made.lot.id, quantity=q(2)),)
    )  # fmt: skip
    order = get_order(do(planning.plan_rework, cmd))
    assert (order.pegged_kind, order.pegged_id) == ("order_line", line_of(made.order))


def test_goods_to_be_returned_or_destroyed_may_be_claimed_though_they_are_pegged(db: Any) -> None:
    made = Made()
    request = ClaimRequest(
        demand_kind="order_line", demand_id=1, item=made.bread.id, quantity=q(3), warehouse=made.site.id,
        owner=made.work.owner_id, policy="fefo", good_until=NEVER.replace(year=2026), may_take_pegged=True,
    )  # fmt: skip
    assert len(do(ledger.claim, [request])) == 1
    assert Place(bin=made.site["A-01"])
