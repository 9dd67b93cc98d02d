"""Holds on both engines: what they reach, what they stop, how they overlap, who may lift them."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, select

from tests import given
from tests.given import NOW, q
from wms.core.errors import InsufficientStock, KeyReused, NotFound, SecondPersonNeeded, WrongState
from wms.core.ids import LOOSE, OURSELVES, SYSTEM_USER
from wms.db import run_in_transaction
from wms.picking.models import OrderLine
from wms.quality import queries, service
from wms.quality.service import DecideQuality, LiftHold, PlaceHold
from wms.stock import ledger, pegs
from wms.stock import queries as stock
from wms.stock.ledger import ClaimRequest, ClaimUse, Move, Place, Quality, Reason
from wms.stock.models import Hold, HoldReason, HoldScope
from wms.tasks.models import Task, TaskKind, TaskState
from wms.tasks.service import create_task


def place(**fields: Any) -> service.Placed:
    actor = fields.pop("actor", SYSTEM_USER)
    cmd = PlaceHold(
        **{"key": f"k{given.new_id()}", "scope": HoldScope.LOT, "reason": HoldReason.SUSPECT, "note": "", **fields}
    )
    return run_in_transaction(service.place_hold, cmd, actor=actor, at=NOW)


def lift(hold: int, *, actor: int, reason: str = "looked at, good") -> Any:
    return run_in_transaction(service.lift_hold, LiftHold(hold=hold, reason=reason), actor=actor, at=NOW)  # type: ignore[arg-type]


def claim(site: given.Site, item: Any, quantity: int) -> tuple[int, int, list[Any]]:
    """An order with one line and its claims: order id, line id, claims."""
    order = given.order(site, [(item, quantity)])
    line = given.db.session.execute(select(OrderLine.id).where(OrderLine.order_id == order)).scalar_one()
    given.db.session.commit()
    request = ClaimRequest(
        demand_kind="order_line", demand_id=line, item=item.id, quantity=q(quantity), warehouse=site.id,
        owner=OURSELVES, policy="fefo", good_until=given.TODAY,
    )  # fmt: skip
    made = run_in_transaction(ledger.claim, [request], actor=SYSTEM_USER, at=NOW)
    return order, line, made


def pick_task(site: given.Site, made: Any, lot: Any) -> int:
    task = run_in_transaction(
        create_task, kind=TaskKind.PICK, warehouse=site.id, actor=SYSTEM_USER, at=NOW, claim_id=made.claim,
        lot_id=lot.id, quantity=made.quantity, demand_kind="order_line", demand_id=made.demand_id,
    )  # fmt: skip
    return task.id


def sets_of(lot: Any) -> dict[str, list[tuple[str, bool]]]:
    rows = stock.find_balances(lot=lot.id)
    given.db.session.commit()
    found: dict[str, list[tuple[str, bool]]] = {}
    for row in rows:
        found.setdefault(row.bin_code, []).append((str(row.on_hand), row.is_held))
    return found


def stand_at(site: given.Site, lot: Any, bin_id: int, quantity: int) -> None:
    """Received straight into a bin that has no code here."""
    target = replace(given.key(lot, site), place=Place(bin=bin_id))  # type: ignore[arg-type]
    source = target.at(Place(bin=site["ADJUST"]))
    run_in_transaction(
        ledger.post, [Move(quantity=q(quantity), source=source, target=target)], key=f"stand-{bin_id}", reason=Reason.COUNT,
        actor=SYSTEM_USER, at=NOW,
    )  # fmt: skip


def keep_lot(lot: Any, order: int) -> None:
    """Lay a peg without asking anybody."""
    line = given.db.session.execute(select(OrderLine.id).where(OrderLine.order_id == order)).scalar_one()
    given.db.session.rollback()
    run_in_transaction(
        pegs.peg_lot, lot.id, demand_kind="order_line", demand_id=line, made_for="SO-KEPT", actor=SYSTEM_USER, at=NOW
    )


def seen_in(work: Any) -> tuple[Any, list[str]]:
    """What a read gives, and its statements."""
    seen: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        seen.append(statement)

    given.db.session.rollback()
    event.listen(given.db.engine, "before_cursor_execute", note)
    try:
        return work(), seen
    finally:
        event.remove(given.db.engine, "before_cursor_execute", note)
        given.db.session.rollback()


@pytest.fixture
def site(db: Any) -> given.Site:
    return given.warehouse()


@pytest.fixture
def second(site: given.Site) -> int:
    return given.user("quality2", "quality")


def test_a_hold_of_the_lot_reaches_every_bin_and_breaks_every_promise(site: given.Site) -> None:
    item = given.item()
    lot = given.lot(item)
    given.stock(lot, site, "A-01", 10)
    given.stock(lot, site, "A-02", 5)
    order, _line, (made,) = claim(site, item, 8)
    task = pick_task(site, made, lot)

    placed = place(lot=lot.id)

    assert placed.quantity == q(15)
    assert placed.stopped_tasks == (task,)
    assert given.claims_of(made.demand_id) == []
    assert given.db.session.get_one(Task, task, populate_existing=True).state is TaskState.STOPPED
    assert given.on_hand(lot, free_only=True) == q(0)
    given.ledger_is_whole()


def test_a_hold_reaches_goods_in_staging_and_leaves_the_work_to_carry_them_back(site: given.Site) -> None:
    item = given.item()
    lot = given.lot(item)
    source = given.stock(lot, site, "A-01", 10)
    _order, line, (made,) = claim(site, item, 4)
    plate = given.lpn(site)
    staged = source.at(Place(bin=site["STAGE"], lpn=plate.id))
    use = ClaimUse(claim=made.claim, demand_kind="order_line", demand_id=line, carried=True)
    run_in_transaction(
        ledger.post, [Move(quantity=q(4), source=source, target=staged, claim=use)], key="pick", reason=Reason.PICK,
        actor=SYSTEM_USER, at=NOW,
    )  # fmt: skip

    placed = place(lot=lot.id, reason=HoldReason.DAMAGE)

    assert sets_of(lot)["STAGE"] == [("4", True)]
    assert given.claims_of(line) == []
    recover = given.db.session.execute(select(Task).where(Task.kind == TaskKind.RECOVER)).scalar_one()
    assert (recover.source_bin_id, recover.source_lpn_id) == (site["STAGE"], plate.id)
    assert (recover.target_bin_id, recover.quantity, recover.demand_id) == (site["QUAR"], q(4), line)
    assert recover.document_id == placed.hold
    given.ledger_is_whole()


@pytest.mark.parametrize("first_lifted", [0, 1])
def test_two_overlapping_holds_lift_in_either_order_and_leave_what_was_before(
    site: given.Site, second: int, first_lifted: int
) -> None:
    lot = given.lot(given.item())
    given.stock(lot, site, "A-01", 10, quality=Quality.PENDING)
    given.stock(lot, site, "A-02", 5)
    holds = [
        place(lot=lot.id).hold,
        place(lot=lot.id, scope=HoldScope.BIN, bin=site["A-01"], reason=HoldReason.DAMAGE).hold,
    ]

    lift(holds[first_lifted], actor=second)
    still = [r for r in stock.find_balances(lot=lot.id) if r.is_held]
    assert {r.bin_code for r in still} == ({"A-01"} if first_lifted == 0 else {"A-01", "A-02"})
    lift(holds[1 - first_lifted], actor=second)

    rows = {r.bin_code: r for r in stock.find_balances(lot=lot.id)}
    assert not any(r.is_held for r in rows.values())
    assert rows["A-01"].quality is Quality.PENDING
    assert rows["A-02"].quality is Quality.RELEASED
    given.ledger_is_whole()


def test_a_hold_of_the_lot_takes_what_arrives_later_and_only_in_its_warehouse(site: given.Site) -> None:
    other = given.warehouse()
    lot = given.lot(given.item())
    place(lot=lot.id, warehouse=site.id)
    given.stock(lot, site, "A-01", 3)
    given.stock(lot, other, "A-02", 2)
    assert sets_of(lot) == {"A-01": [("3", True)], "A-02": [("2", False)]}


def test_a_quantity_takes_free_goods_first_and_asks_for_separation(site: given.Site, second: int) -> None:
    item = given.item()
    lot = given.lot(item)
    given.stock(lot, site, "A-01", 10)
    _order, line, (made,) = claim(site, item, 6)

    placed = place(lot=lot.id, scope=HoldScope.QUANTITY, bin=site["A-01"], quantity=q(4))
    assert len(given.claims_of(line)) == 1
    seen = queries.unseparated_hold(site["A-01"], lot.id)
    assert seen is not None and (seen.hold, seen.quantity) == (placed.hold, q(4))
    cage = given.db.session.execute(select(Task).where(Task.kind == TaskKind.CAGE)).scalar_one()
    assert (cage.quantity, cage.target_bin_id, cage.source_lpn_id) == (q(4), site["QUAR"], LOOSE)

    place(lot=lot.id, scope=HoldScope.QUANTITY, bin=site["A-01"], quantity=q(1))
    assert given.claims_of(line) == []

    lift(placed.hold, actor=second)
    assert given.db.session.get_one(Task, cage.id, populate_existing=True).state is TaskState.CANCELLED
    given.ledger_is_whole()


def test_a_hold_on_one_lpn_takes_what_stands_on_it_and_nothing_else(site: given.Site) -> None:
    lot = given.lot(given.item())
    plate = given.lpn(site)
    given.stock(lot, site, "A-01", 7, on=plate.id)
    given.stock(lot, site, "A-01", 3)
    placed = place(lot=lot.id, scope=HoldScope.LPN, lpn=plate.id)
    assert placed.quantity == q(7)
    assert sorted(sets_of(lot)["A-01"]) == [("3", False), ("7", True)]


def test_more_than_is_there_or_nothing_at_all_is_refused_and_changes_nothing(site: given.Site) -> None:
    lot = given.lot(given.item())
    given.stock(lot, site, "A-01", 3)
    with pytest.raises(InsufficientStock) as short:
        place(lot=lot.id, scope=HoldScope.QUANTITY, bin=site["A-01"], quantity=q(4))
    assert short.value.data == {"lot": lot.number, "bin": "A-01", "needed": "4", "available": "3"}
    with pytest.raises(NotFound):
        place(lot=lot.id, scope=HoldScope.BIN, bin=site["A-02"])
    assert given.db.session.execute(select(Hold)).first() is None


def test_the_same_key_holds_once_and_another_request_under_it_is_refused(site: given.Site) -> None:
    lot = given.lot(given.item())
    given.stock(lot, site, "A-01", 3)
    first = place(lot=lot.id, key="once")
    again = place(lot=lot.id, key="once")
    assert (again.hold, again.is_repeat, again.quantity) == (first.hold, True, q(3))
    with pytest.raises(KeyReused):
        place(lot=lot.id, key="once", reason=HoldReason.DAMAGE)


def test_only_another_person_lifts_and_only_once(site: given.Site, second: int) -> None:
    first = given.user("quality1", "quality")
    lot = given.lot(given.item())
    given.stock(lot, site, "A-01", 3)
    hold = place(lot=lot.id, actor=first).hold
    with pytest.raises(SecondPersonNeeded) as refused:
        lift(hold, actor=first)
    assert refused.value.data == {"placed_by": "Quality1"}
    assert lift(hold, actor=second) == q(3)
    lift(hold, actor=second)
    with pytest.raises(WrongState):
        lift(hold, actor=first)


def test_looking_before_a_hold_shows_the_orders_and_changes_nothing(site: given.Site) -> None:
    item = given.item()
    lot = given.lot(item)
    given.stock(lot, site, "A-01", 10)
    order, _line, (made,) = claim(site, item, 8)
    seen = queries.preview_hold(queries.HoldTarget(scope=HoldScope.LOT, lot=lot.id))
    given.db.session.commit()
    assert seen.quantity == q(10)
    assert [(o.demand.order, o.quantity, o.is_picked) for o in seen.orders] == [(order, q(8), False)]
    assert len(seen.customers) == 1
    assert given.on_hand(lot, free_only=True) == q(2)


def test_looking_before_a_hold_shows_work_orders_lines_vessels_and_kept_lots_without_a_statement_each(
    site: given.Site,
) -> None:
    flour, bread = given.item(), given.item()
    given.bom(bread, [(flour, 1)])
    lot, line, tank = given.lot(flour), given.line(site, "OVEN"), given.vessel(site, "SILO")
    given.stock(lot, site, "A-01", 10)
    stand_at(site, lot, line.bin_id, 3)
    stand_at(site, lot, tank.bin_id, 2)
    target = queries.HoldTarget(scope=HoldScope.LOT, lot=lot.id)
    first = given.work_order(site, bread, 4, line, released=True)
    alone, few = seen_in(lambda: queries.preview_hold(target))
    assert [(o.number, o.bound, o.at_line) for o in alone.work.work_orders] == [(first.number, (("ea", q(4)),), ())]
    assert [(p.code, p.quantities) for p in alone.work.lines] == [("OVEN", (("ea", q(3)),))]
    assert [(p.code, p.quantities) for p in alone.work.vessels] == [("SILO", (("ea", q(2)),))]
    assert alone.work.kept == ()
    for _ in range(3):
        given.work_order(site, bread, 1, line, released=True)
    order = given.order(site, [(flour, 1)], number="SO-KEPT")
    keep_lot(lot, order)
    many, more = seen_in(lambda: queries.preview_hold(target))
    assert len(many.work.work_orders) == 4
    assert [(kept.number, kept.made_for) for kept in many.work.kept] == [(lot.number, "SO-KEPT")]
    assert len(more) == len(few), "as many statements for four work orders as for one"


def test_a_verdict_releases_or_rejects_pending_goods_and_leaves_holds_on_them(site: given.Site) -> None:
    lot = given.lot(given.item())
    given.stock(lot, site, "A-01", 10, quality=Quality.PENDING)
    place(lot=lot.id)

    def decide(key: str, to: Quality, **more: Any) -> Any:
        cmd = DecideQuality(key=key, lot=lot.id, warehouse=site.id, to=to, reason="certificate read", **more)
        return run_in_transaction(service.decide_quality, cmd, actor=SYSTEM_USER, at=NOW)

    assert decide("a", Quality.REJECTED) == q(10)
    assert decide("a", Quality.REJECTED) == q(0)
    (row,) = stock.find_balances(lot=lot.id)
    assert (row.quality, row.is_held) == (Quality.REJECTED, True)
    cage = given.db.session.execute(select(Task).where(Task.kind == TaskKind.CAGE)).scalar_one()
    assert cage.target_bin_id == site["CAGE"]
    given.db.session.commit()
    with pytest.raises(WrongState):
        decide("b", Quality.RELEASED)


def test_what_expired_is_held_once_for_each_lot_by_the_warehouses_own_day(site: given.Site, second: int) -> None:
    dead, last_day, unusable = (
        given.lot(given.item(), expires_in=-1),
        given.lot(given.item(), expires_in=0),
        given.lot(given.item(usable_on_expiry_day=False), expires_in=0),
    )
    for lot in (dead, last_day, unusable):
        given.stock(lot, site, "A-01", 3)

    def night() -> list[Any]:
        return run_in_transaction(service.hold_expired, site.id, given.TODAY, actor=SYSTEM_USER, at=NOW)

    made = night()
    held = given.db.session.execute(select(Hold.lot_id).where(Hold.id.in_(made))).scalars()
    assert set(held) == {dead.id, unusable.id}
    given.db.session.commit()
    assert night() == []
    lift(made[0], actor=second)
    assert night() == []
    tomorrow = given.TODAY + timedelta(days=1)
    assert len(run_in_transaction(service.hold_expired, site.id, tomorrow, actor=SYSTEM_USER, at=NOW)) == 1
