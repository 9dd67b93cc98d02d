"""From an order to the staging bin, through the real services on both engines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import event, select

from tests import given
from tests.given import NOW, q
from wms.alerts.models import Alert
from wms.catalog.models import FefoGrade, ItemRule, PolicyName
from wms.core.errors import (
    AlreadyTaken,
    FefoBroken,
    HeldPartNotApart,
    InsufficientStock,
    KeyReused,
    LotExpired,
    NotAllowed,
    PickedTooMuch,
    PickStopped,
    QuestionNeeded,
    WrongBinScanned,
    WrongItemScanned,
    WrongLotScanned,
    WrongLpnScanned,
    WrongState,
)
from wms.core.ids import OrderId, PickListId, UserId, new_id
from wms.db import run_in_transaction
from wms.picking import queries, service
from wms.picking.models import AllocationDecision, FefoOverride, Order, OrderLine, OrderState, PickList, PickListState
from wms.picking.queries import Stop
from wms.picking.rules.check_pick import Scanned
from wms.tasks.models import Task, TaskKind


@dataclass
class Walk:
    """A picker on a list."""

    site: given.Site
    order: OrderId
    list_id: PickListId
    picker: UserId

    def stop(self) -> Stop:
        found = queries.next_stop(self.list_id, at=NOW)
        assert found is not None
        return found

    def pick(self, stop: Stop, quantity: Any = None, *, at: Any = NOW, **scanned: Any) -> service.Picked:
        more = {name: scanned.pop(name) for name in ("key", "lot", "override", "actor") if name in scanned}
        if not scanned.keys() & {"lot_number", "sku", "lpn_code"}:
            scanned |= {"lot_number": stop.facts.lot_number, "sku": stop.facts.sku}
        cmd = service.ConfirmPick(
            task=stop.task, scanned=Scanned(**({"bin_code": stop.facts.bin_code} | scanned)),
            quantity=stop.left if quantity is None else q(quantity), key=more.get("key") or f"pick-{new_id()}",
            lot=more.get("lot"), override=more.get("override"),
        )  # fmt: skip
        return run_in_transaction(service.confirm_pick, cmd, actor=more.get("actor", self.picker), at=at)

    def short(self, stop: Stop, found: int = 0, key: str = "") -> service.Short:
        scanned = Scanned(bin_code=stop.facts.bin_code, lot_number=stop.facts.lot_number, sku=stop.facts.sku)
        cmd = service.ReportShort(task=stop.task, scanned=scanned, found=q(found), key=key or f"short-{new_id()}")
        return run_in_transaction(service.report_short, cmd, actor=self.picker, at=NOW)


def _walk(site: given.Site, order: OrderId) -> Walk:
    picker = given.user(None, "picker", site=site)
    run_in_transaction(service.allocate_order, order, actor=picker, at=NOW)
    list_id = run_in_transaction(service.release_order, order, actor=picker, at=NOW)
    run_in_transaction(service.take_list, list_id, actor=picker, at=NOW)
    return Walk(site, order, list_id, picker)


def _get(db: Any, kind: Any, identity: int) -> Any:
    found = db.session.get(kind, identity, populate_existing=True)
    db.session.commit()
    return found


def test_the_earliest_lots_are_promised_and_the_page_can_say_why_the_others_were_not(db: Any) -> None:
    site, item = given.warehouse(), given.item()
    expired = given.lot(item, "OLD", expires_in=-1)
    soon, late = given.lot(item, "SOON", expires_in=10), given.lot(item, "LATE", expires_in=60)
    pending, other = given.lot(item, "PEND", expires_in=5), given.lot(item, "NEXT", expires_in=90)
    for lot, where in ((expired, "A-01"), (soon, "A-02"), (late, "A-03"), (other, "A-04")):
        given.stock(lot, site, where, 10)
    given.stock(pending, site, "A-01", 10, quality=given.Quality.PENDING)
    order = given.order(site, [(item, 15)])

    came_to = run_in_transaction(service.allocate_order, order, actor=1, at=NOW)

    assert (came_to.claimed, came_to.short) == (q(15), q(0))
    decision = db.session.execute(select(AllocationDecision)).scalar_one()
    assert [(c["number"], c["why"], c["taken"]) for c in decision.candidates] == [
        ("OLD", "lot_expired", "0"),
        ("PEND", "not_released", "0"),
        ("SOON", "taken", "10"),
        ("LATE", "taken", "5"),
        ("NEXT", "not_needed", "0"),
    ]
    given.ledger_is_whole()


def test_a_customers_shelf_life_passes_over_a_lot_that_is_too_short_for_that_customer(db: Any) -> None:
    site, item = given.warehouse(), given.item()
    short, long = given.lot(item, "SHORT", expires_in=20), given.lot(item, "LONG", expires_in=200)
    given.stock(short, site, "A-01", 10)
    given.stock(long, site, "A-02", 10)
    picky = given.partner(shelf_life_days_min=30)
    order = given.order(site, [(item, 4)], customer=picky)
    run_in_transaction(service.allocate_order, order, actor=1, at=NOW)
    decision = db.session.execute(select(AllocationDecision)).scalar_one()
    assert [(c["number"], c["why"]) for c in decision.candidates] == [("SHORT", "life_too_short"), ("LONG", "taken")]
    assert decision.candidates[0]["data"]["needed_on"] == given.day(31).isoformat()
    db.session.commit()

    easy = given.partner(shelf_life_days_min=300)
    given.keep(ItemRule(id=new_id(), customer_id=easy.id, item_id=item.id, shelf_life_days_min=10))
    second = given.order(site, [(item, 4)], customer=easy)
    run_in_transaction(service.allocate_order, second, actor=1, at=NOW)
    line = db.session.execute(select(OrderLine.id).where(OrderLine.order_id == second)).scalar_one()
    assert [c.quantity for c in given.claims_of(line)] == [q(4)]
    given.ledger_is_whole()


@pytest.mark.parametrize(
    ("order_policy", "customer_policy", "item_policy", "expected"),
    [
        (None, None, PolicyName.FEFO, "EARLY"),
        (None, PolicyName.FIFO, PolicyName.FEFO, "FIRST_IN"),
        (PolicyName.LIFO, PolicyName.FIFO, PolicyName.FEFO, "EARLY"),
    ],
)
def test_the_orders_policy_goes_before_the_customers_and_that_before_the_items(
    db: Any, order_policy: Any, customer_policy: Any, item_policy: Any, expected: str
) -> None:
    from datetime import timedelta

    site, item = given.warehouse(), given.item(allocation_policy=item_policy)
    first_in, early = given.lot(item, "FIRST_IN", expires_in=90), given.lot(item, "EARLY", expires_in=30)
    given.stock(first_in, site, "A-01", 5, at=NOW - timedelta(days=9))
    given.stock(early, site, "A-02", 5, at=NOW)
    customer = given.partner(allocation_policy=customer_policy)
    walk = _walk(site, given.order(site, [(item, 5)], customer=customer, allocation_policy=order_policy))
    assert walk.stop().facts.lot_number == expected


def test_a_pick_moves_goods_and_promise_to_the_lists_lpn_and_ends_list_and_order(db: Any) -> None:
    site, item = given.warehouse(), given.item()
    lot = given.lot(item)
    given.stock(lot, site, "A-01", 6)
    given.stock(lot, site, "A-02", 6)
    walk = _walk(site, given.order(site, [(item, 10)]))

    first = walk.stop()
    assert (first.facts.bin_code, first.left, first.number, first.count) == ("A-01", q(6), 1, 2)
    answered = walk.pick(first)
    assert answered.next is not None and answered.next.facts.bin_code == "A-02"
    assert answered.next.packs == (0, q(4))
    last = walk.pick(answered.next)

    assert last.next is None
    assert _get(db, PickList, walk.list_id).state == PickListState.DONE
    assert _get(db, Order, walk.order).state == OrderState.PICKED
    assert given.on_hand(lot, bin_id=site["STAGE"]) == q(10)
    line = db.session.execute(select(OrderLine.id).where(OrderLine.order_id == walk.order)).scalar_one()
    assert sum(c.quantity.millionths for c in given.claims_of(line)) == q(10).millionths
    given.ledger_is_whole()


def test_the_same_pick_sent_twice_is_done_once_and_answered_alike(db: Any) -> None:
    site, item = given.warehouse(), given.item()
    lot = given.lot(item)
    given.stock(lot, site, "A-01", 9)
    walk = _walk(site, given.order(site, [(item, 8)]))
    stop = walk.stop()
    once = walk.pick(stop, 3, key="same-key-1")
    twice = walk.pick(stop, 3, key="same-key-1")
    assert (once.is_repeat, twice.is_repeat) == (False, True)
    assert once.next is not None and twice.next is not None and once.next.left == twice.next.left == q(5)
    with pytest.raises(KeyReused):
        walk.pick(stop, 4, key="same-key-1")
    assert given.on_hand(lot, bin_id=site["STAGE"]) == q(3)
    given.ledger_is_whole()


def test_a_part_pick_leaves_the_rest_of_the_stop_with_its_promise(db: Any) -> None:
    site, item = given.warehouse(), given.item()
    lot = given.lot(item)
    given.stock(lot, site, "A-01", 9)
    walk = _walk(site, given.order(site, [(item, 8)]))
    walk.pick(walk.stop(), 3)
    assert walk.stop().left == q(5)
    walk.pick(walk.stop())
    assert given.on_hand(lot, bin_id=site["STAGE"]) == q(8)
    given.ledger_is_whole()


@pytest.mark.parametrize("shape", ["whole", "part", "last", "gtin"])
def test_one_pick_is_at_most_fourteen_statements_from_begin_to_commit(db: Any, shape: str) -> None:
    site, item = given.warehouse(), given.item()
    lot = given.lot(item)
    given.stock(lot, site, "A-01", 6)
    given.stock(lot, site, "A-02", 6)
    walk = _walk(site, given.order(site, [(item, 10)]))
    if shape == "last":
        walk.pick(walk.stop())
    stop = walk.stop()
    db.session.commit()
    seen: list[str] = []
    commits: list[int] = []

    def count(_c: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        if not statement.upper().startswith(("BEGIN", "COMMIT", "PRAGMA")):
            seen.append(statement)

    engine = db.engine
    event.listen(engine, "before_cursor_execute", count)
    event.listen(engine, "commit", lambda _c: commits.append(len(seen)))
    try:
        walk.pick(stop, 2 if shape == "part" else None, **({"sku": stop.facts.sku} if shape == "gtin" else {}))
    finally:
        event.remove(engine, "before_cursor_execute", count)
    limit = {"whole": 12, "gtin": 12, "part": 14, "last": 14}[shape]
    assert commits and len(seen) <= limit, "\n\n".join(seen)


def test_every_wrong_scan_is_refused_and_changes_nothing(db: Any) -> None:
    site, item, stranger = given.warehouse(), given.item(), given.item()
    lot, later = given.lot(item, "NEED", expires_in=30), given.lot(item, "LATER", expires_in=90)
    given.stock(lot, site, "A-01", 6)
    given.stock(later, site, "A-01", 6)
    walk = _walk(site, given.order(site, [(item, 5)]))
    stop = walk.stop()
    for wrong, scanned in (
        (WrongBinScanned, {"bin_code": "A-02", "lot_number": "NEED"}),
        (WrongItemScanned, {"sku": stranger.sku, "lot_number": "NEED"}),
        (WrongLotScanned, {"lot_number": "ELSE", "sku": item.sku}),
        (WrongLpnScanned, {"lpn_code": "LP-1"}),
        (QuestionNeeded, {"sku": item.sku}),
        (FefoBroken, {"lot_number": "LATER", "sku": item.sku, "lot": later.id}),
    ):
        with pytest.raises(wrong):
            walk.pick(stop, **scanned)
    with pytest.raises(PickedTooMuch):
        walk.pick(stop, 6)
    with pytest.raises(AlreadyTaken):
        walk.pick(stop, actor=given.user(None, "picker", site=site))
    assert given.on_hand(lot, bin_id=site["A-01"]) == q(6)
    assert walk.stop() == stop
    given.ledger_is_whole()


def test_a_lot_that_expires_between_promise_and_scan_is_refused_at_the_scan(db: Any) -> None:
    from datetime import timedelta

    site, item = given.warehouse(), given.item()
    given.stock(given.lot(item, expires_in=2), site, "A-01", 6)
    walk = _walk(site, given.order(site, [(item, 5)]))
    with pytest.raises(LotExpired):
        walk.pick(walk.stop(), at=NOW + timedelta(days=3))


def test_a_hold_stops_the_pick_and_other_stock_is_found_on_request(db: Any) -> None:
    from wms.quality.service import PlaceHold, place_hold
    from wms.stock.models import HoldReason, HoldScope

    site, item = given.warehouse(), given.item()
    lot, spare = given.lot(item, "BAD", expires_in=30), given.lot(item, "GOOD", expires_in=60)
    given.stock(lot, site, "A-01", 6)
    given.stock(spare, site, "A-02", 6)
    walk = _walk(site, given.order(site, [(item, 5)]))
    stop = walk.stop()
    hold = PlaceHold(scope=HoldScope.LOT, lot=lot.id, reason=HoldReason.SUSPECT, note="smells", key="hold-1")
    run_in_transaction(place_hold, hold, actor=given.user(None, "quality", site=site), at=NOW)
    with pytest.raises(PickStopped) as stopped:
        walk.pick(stop)
    assert stopped.value.data == {"lot": "BAD", "reason": "suspect"}
    assert queries.next_stop(walk.list_id, at=NOW) is None
    db.session.commit()

    run_in_transaction(service.reallocate_order, walk.order, actor=walk.picker, at=NOW)

    assert walk.stop().facts.lot_number == "GOOD"
    walk.pick(walk.stop())
    assert _get(db, Order, walk.order).state == OrderState.PICKED
    given.ledger_is_whole()


def test_held_goods_among_free_ones_must_be_set_apart_first(db: Any) -> None:
    from wms.quality.service import PlaceHold, place_hold
    from wms.stock.models import HoldReason, HoldScope

    site, item = given.warehouse(), given.item()
    lot = given.lot(item, "PART")
    given.stock(lot, site, "A-01", 10)
    walk = _walk(site, given.order(site, [(item, 3)]))
    hold = PlaceHold(
        scope=HoldScope.QUANTITY, lot=lot.id, bin=site["A-01"], quantity=q(2), reason=HoldReason.DAMAGE, key="hold-2",
        warehouse=site.id,
    )  # fmt: skip
    run_in_transaction(place_hold, hold, actor=given.user(None, "quality", site=site), at=NOW)
    with pytest.raises(HeldPartNotApart):
        walk.pick(walk.stop())


def _yes(by: UserId, *, is_permitted: bool = True, reason: str = "front pallet is blocked") -> service.Override:
    return service.Override(reason=reason, approved_by=by, is_permitted=is_permitted)


@pytest.mark.parametrize(
    ("grade", "override", "refusal"),
    [
        (FefoGrade.ALLOW, None, None),
        (FefoGrade.REASON, None, FefoBroken),
        (FefoGrade.REASON, {"is_permitted": False}, None),
        (FefoGrade.SUPERVISOR, {"is_permitted": False}, NotAllowed),
        (FefoGrade.SUPERVISOR, {"reason": "  "}, FefoBroken),
        (FefoGrade.SUPERVISOR, {}, None),
        (FefoGrade.FORBID, {}, FefoBroken),
    ],
)
def test_fefo_is_overridden_as_the_items_grade_says_and_the_better_lots_are_kept(
    db: Any, grade: FefoGrade, override: dict[str, Any] | None, refusal: type[Exception] | None
) -> None:
    site, item = given.warehouse(), given.item(fefo_grade=grade)
    best, middle = given.lot(item, "BEST", expires_in=30), given.lot(item, "MID", expires_in=60)
    late = given.lot(item, "LATE", expires_in=90)
    given.stock(best, site, "A-01", 6)
    given.stock(middle, site, "A-02", 6)
    given.stock(late, site, "A-01", 6)
    walk = _walk(site, given.order(site, [(item, 5)]))
    stop = walk.stop()
    boss = given.user(None, "supervisor", site=site)
    scanned = {"lot_number": "LATE", "sku": item.sku, "lot": late.id}
    scanned["override"] = None if override is None else _yes(boss, **override)
    if refusal:
        with pytest.raises(refusal):
            walk.pick(stop, **scanned)
        assert given.on_hand(late, bin_id=site["STAGE"]) == q(0)
        assert db.session.execute(select(FefoOverride)).first() is None
    else:
        answered = walk.pick(stop, **scanned)
        assert answered.lot_number == "LATE" and answered.next is None
        kept = db.session.execute(select(FefoOverride)).scalar_one()
        assert [s["number"] for s in kept.skipped] == ["BEST", "MID"]
        assert (kept.lot_id, kept.needed_lot_id, kept.picked_by) == (late.id, best.id, walk.picker)
        db.session.commit()
        assert given.on_hand(late, bin_id=site["STAGE"]) == q(5)
        assert given.on_hand(best, free_only=True) == q(6)
    given.ledger_is_whole()


def test_a_part_override_leaves_the_rest_of_the_planned_lot_promised(db: Any) -> None:
    site, item = given.warehouse(), given.item(fefo_grade=FefoGrade.REASON)
    best, late = given.lot(item, "BEST", expires_in=30), given.lot(item, "LATE", expires_in=90)
    given.stock(best, site, "A-01", 6)
    given.stock(late, site, "A-01", 2)
    walk = _walk(site, given.order(site, [(item, 5)]))
    walk.pick(
        walk.stop(), 2, lot_number="LATE", sku=item.sku, lot=late.id, override=_yes(walk.picker, is_permitted=False)
    )
    assert (walk.stop().facts.lot_number, walk.stop().left) == ("BEST", q(3))
    walk.pick(walk.stop())
    assert (given.on_hand(best, bin_id=site["STAGE"]), given.on_hand(late, bin_id=site["STAGE"])) == (q(3), q(2))
    given.ledger_is_whole()


def test_an_override_takes_no_more_than_is_free_of_the_other_lot_and_never_a_named_lots_place(db: Any) -> None:
    site, item = given.warehouse(), given.item(fefo_grade=FefoGrade.ALLOW)
    best, late = given.lot(item, "BEST", expires_in=30), given.lot(item, "LATE", expires_in=90)
    given.stock(best, site, "A-01", 6)
    given.stock(late, site, "A-01", 2)
    walk = _walk(site, given.order(site, [(item, 5)]))
    with pytest.raises(InsufficientStock):
        walk.pick(walk.stop(), lot_number="LATE", sku=item.sku, lot=late.id)
    cmd = service.CreateOrder(
        warehouse=site.id, customer=given.partner().id, ship_on=given.day(1),
        lines=(service.NewLine(item=item.id, quantity=q(1), lot=best.id),),
    )  # fmt: skip
    order = run_in_transaction(service.create_order, cmd, actor=1, at=NOW)
    named = _walk(site, order)
    with pytest.raises(WrongLotScanned):
        named.pick(named.stop(), lot_number="LATE", sku=item.sku, lot=late.id, override=_yes(named.picker))


def test_a_short_pick_is_found_elsewhere_at_once_and_leaves_a_count(db: Any) -> None:
    site, item = given.warehouse(), given.item()
    lot, spare = given.lot(item, "HERE", expires_in=30), given.lot(item, "THERE", expires_in=60)
    given.stock(lot, site, "A-01", 6)
    given.stock(spare, site, "A-03", 6)
    walk = _walk(site, given.order(site, [(item, 5)]))
    stop = walk.stop()

    came_to = walk.short(stop, 2, key="short-key-1")

    assert (came_to.found, came_to.reallocated, came_to.missing) == (q(2), q(3), q(0))
    assert came_to.next is not None and came_to.next.facts.lot_number == "THERE" and came_to.next.left == q(3)
    again = walk.short(stop, 2, key="short-key-1")
    assert again.is_repeat and again.next == came_to.next
    count = db.session.execute(select(Task).where(Task.kind == TaskKind.COUNT)).scalar_one()
    assert (count.source_bin_id, count.lot_id, count.why) == (site["A-01"], lot.id, "short_pick")
    assert db.session.execute(select(Alert)).first() is None
    db.session.commit()
    walk.pick(walk.stop())
    assert _get(db, Order, walk.order).state == OrderState.PICKED
    given.ledger_is_whole()


def test_a_short_pick_with_nothing_else_raises_an_alert_and_is_not_offered_again_before_the_count(db: Any) -> None:
    site, item = given.warehouse(), given.item()
    lot = given.lot(item, "ONLY")
    given.stock(lot, site, "A-01", 6)
    walk = _walk(site, given.order(site, [(item, 5)]))
    came_to = walk.short(walk.stop())
    assert (came_to.missing, came_to.next) == (q(5), None)
    alert = db.session.execute(select(Alert)).scalar_one()
    assert (alert.kind, alert.subject_id, alert.data["missing"]) == ("short_pick", walk.order, "5")
    db.session.commit()
    again = run_in_transaction(service.allocate_order, walk.order, actor=walk.picker, at=NOW)
    assert (again.claimed, again.short) == (q(0), q(5))
    decision = db.session.execute(select(AllocationDecision).order_by(AllocationDecision.id.desc())).scalars().first()
    assert [c["why"] for c in decision.candidates] == ["excluded"]
    given.ledger_is_whole()


def test_goods_come_back_from_staging_and_are_free_again(db: Any) -> None:
    site, item = given.warehouse(), given.item()
    lot = given.lot(item)
    given.stock(lot, site, "A-01", 6)
    walk = _walk(site, given.order(site, [(item, 5)]))
    walk.pick(walk.stop())
    back = run_in_transaction(
        service.unpick, pick_list=walk.list_id, lot=lot.id, target=site["A-02"], key="back-1", actor=walk.picker, at=NOW
    )
    assert back == q(5)
    assert given.on_hand(lot, free_only=True) == q(6)
    given.ledger_is_whole()


def test_a_list_is_one_pickers_until_given_back(db: Any) -> None:
    site, item = given.warehouse(), given.item()
    given.stock(given.lot(item), site, "A-01", 6)
    walk = _walk(site, given.order(site, [(item, 5)]))
    other = given.user(None, "picker", site=site)
    with pytest.raises(AlreadyTaken):
        run_in_transaction(service.take_list, walk.list_id, actor=other, at=NOW)
    run_in_transaction(service.leave_list, walk.list_id, actor=walk.picker, at=NOW)
    run_in_transaction(service.take_list, walk.list_id, actor=other, at=NOW)
    with pytest.raises(AlreadyTaken):
        run_in_transaction(service.leave_list, walk.list_id, actor=walk.picker, at=NOW)


def test_one_pallet_of_several_of_a_lot_is_told_by_its_plate(db: Any) -> None:
    site, item = given.warehouse(), given.item()
    lot = given.lot(item, "PAL")
    one, two = given.lpn(site), given.lpn(site)
    given.stock(lot, site, "A-01", 6, on=one.id)
    given.stock(lot, site, "A-01", 6, on=two.id)
    walk = _walk(site, given.order(site, [(item, 6)]))
    stop = walk.stop()
    other = two if stop.facts.lpn_code == one.code else one
    with pytest.raises(WrongLpnScanned):
        walk.pick(stop)
    with pytest.raises(WrongLpnScanned):
        walk.pick(stop, lpn_code=other.code)
    assert walk.pick(stop, lpn_code=stop.facts.lpn_code).next is None


def test_a_new_order_can_be_called_off_and_its_promises_return(db: Any) -> None:
    site, item = given.warehouse(), given.item()
    lot = given.lot(item)
    given.stock(lot, site, "A-01", 6)
    customer = given.partner()
    cmd = service.CreateOrder(
        warehouse=site.id, customer=customer.id, ship_on=given.day(2),
        lines=(service.NewLine(item=item.id, quantity=q(4), lot=lot.id),),
    )  # fmt: skip
    order = run_in_transaction(service.create_order, cmd, actor=1, at=NOW)
    run_in_transaction(service.allocate_order, order, actor=1, at=NOW)
    assert given.on_hand(lot, free_only=True) == q(2)
    run_in_transaction(service.cancel_order, order, actor=1, at=NOW)
    assert given.on_hand(lot, free_only=True) == q(6)
    with pytest.raises(WrongState):
        run_in_transaction(service.allocate_order, order, actor=1, at=NOW)
