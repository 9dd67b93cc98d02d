"""post and reverse: what they do, what they refuse, that they change nothing when they refuse."""

import pytest
from sqlalchemy import text

from tests import given
from tests.given import NOW, q
from wms.core.errors import (
    BinBlocked,
    InsufficientStock,
    KeyReused,
    LotExpired,
    LotOnHold,
    NotReleased,
    ProgrammingError,
    WrongState,
)
from wms.core.ids import SYSTEM_USER, new_id
from wms.db import run_in_transaction
from wms.stock import ledger
from wms.stock.ledger import Move, Place, Quality, Reason
from wms.stock.ledger.tables import StockBalance


def move(source, target, amount, *, key="k1", reason=Reason.MOVE, **more):
    moves = [Move(quantity=q(amount), source=source, target=target)]
    return run_in_transaction(ledger.post, moves, key=key, reason=reason, actor=SYSTEM_USER, at=NOW, **more)


@pytest.fixture
def site(db):
    return given.warehouse()


def test_a_move_takes_from_one_place_and_gives_to_another(site):
    lot = given.lot(given.item())
    source = given.stock(lot, site, "A-01", 10)
    move(source, source.at(Place(bin=site["A-02"])), "2.5")
    assert given.on_hand(lot, bin_id=site["A-01"]) == q("7.5")
    assert given.on_hand(lot, bin_id=site["A-02"]) == q("2.5")
    given.ledger_is_whole()


def test_the_same_key_twice_is_done_once(site):
    lot = given.lot(given.item())
    source = given.stock(lot, site, "A-01", 10)
    first = move(source, source.at(Place(bin=site["A-02"])), 4)
    again = move(source, source.at(Place(bin=site["A-02"])), 4)
    assert again.is_repeat and again.seq == first.seq
    assert given.on_hand(lot, bin_id=site["A-02"]) == q(4)


def test_the_same_key_with_other_content_is_refused(site):
    source = given.stock(given.lot(given.item()), site, "A-01", 10)
    move(source, source.at(Place(bin=site["A-02"])), 4)
    with pytest.raises(KeyReused):
        move(source, source.at(Place(bin=site["A-02"])), 5)


def test_more_than_is_there_is_refused_and_changes_nothing(site):
    lot = given.lot(given.item())
    source = given.stock(lot, site, "A-01", 10)
    with pytest.raises(InsufficientStock) as refused:
        move(source, source.at(Place(bin=site["A-02"])), 11)
    assert refused.value.data["needed"] == "11" and refused.value.data["available"] == "10"
    assert given.on_hand(lot, bin_id=site["A-01"]) == q(10)
    given.ledger_is_whole()


def test_what_is_promised_cannot_be_moved_away(site):
    item = given.item()
    lot = given.lot(item)
    source = given.stock(lot, site, "A-01", 10)
    claim_for(site, item, 8)
    with pytest.raises(InsufficientStock):
        move(source, source.at(Place(bin=site["A-02"])), 3)
    move(source, source.at(Place(bin=site["A-02"])), 2)
    given.ledger_is_whole()


def claim_for(site, item, amount, *, demand=None, **more):
    request = ledger.ClaimRequest(
        demand_kind="order_line", demand_id=demand or new_id(), item=item.id, quantity=q(amount), warehouse=site.id,
        owner=1, policy="fefo", good_until=given.TODAY, **more,
    )  # fmt: skip
    return run_in_transaction(ledger.claim, [request], actor=SYSTEM_USER, at=NOW)


def test_a_claim_goes_along_with_its_goods_and_is_used_up_when_they_ship(site):
    item = given.item()
    lot = given.lot(item)
    source = given.stock(lot, site, "A-01", 10)
    (claimed,) = claim_for(site, item, 6, demand=77)
    staged = source.at(Place(bin=site["STAGE"]))
    use = ledger.ClaimUse(claim=claimed.claim, demand_kind="order_line", demand_id=77, carried=True)
    pick = [Move(quantity=q(4), source=source, target=staged, claim=use)]
    run_in_transaction(ledger.post, pick, key="pick", reason=Reason.PICK, actor=SYSTEM_USER, at=NOW)
    claims = given.claims_of(77)
    assert sorted(str(c.quantity) for c in claims) == ["2", "4"]
    given.ledger_is_whole()
    (staged_claim,) = [c for c in claims if c.quantity == q(4)]
    out = staged.at(Place(bin=site["CUSTOMER"]))
    use = ledger.ClaimUse(claim=staged_claim.id, demand_kind="order_line", demand_id=77)
    ship = [Move(quantity=q(4), source=staged, target=out, claim=use)]
    run_in_transaction(ledger.post, ship, key="ship", reason=Reason.SHIP, actor=SYSTEM_USER, at=NOW)
    assert given.on_hand(lot) == q(6)
    assert [str(c.quantity) for c in given.claims_of(77)] == ["2"]
    given.ledger_is_whole()


def test_expired_goods_cannot_be_picked_or_shipped_but_can_be_moved_and_scrapped(site):
    source = given.stock(given.lot(given.item(), expires_in=-1), site, "A-01", 10)
    for reason in (Reason.PICK, Reason.SHIP):
        with pytest.raises(LotExpired):
            move(source, source.at(Place(bin=site["STAGE"])), 1, reason=reason)
    move(source, source.at(Place(bin=site["QUAR"])), 1)
    move(source, source.at(Place(bin=site["SCRAP"])), 1, key="k2", reason=Reason.SCRAP)


def test_the_last_good_day_is_still_good_unless_the_item_says_otherwise(site):
    good = given.stock(given.lot(given.item(), expires_in=0), site, "A-01", 10)
    move(good, good.at(Place(bin=site["STAGE"])), 1, reason=Reason.PICK)
    strict = given.stock(given.lot(given.item(usable_on_expiry_day=False), expires_in=0), site, "A-01", 10)
    with pytest.raises(LotExpired):
        move(strict, strict.at(Place(bin=site["STAGE"])), 1, key="k2", reason=Reason.PICK)


def test_pending_goods_cannot_be_picked(site):
    source = given.stock(given.lot(given.item()), site, "A-01", 10, quality=Quality.PENDING)
    with pytest.raises(NotReleased):
        move(source, source.at(Place(bin=site["STAGE"])), 1, reason=Reason.PICK)


def test_a_blocked_bin_takes_and_gives_nothing(site):
    source = given.stock(given.lot(given.item()), site, "A-01", 10)
    run_in_transaction(lambda: setattr(site.bins["A-02"], "is_blocked", True))
    with pytest.raises(BinBlocked):
        move(source, source.at(Place(bin=site["A-02"])), 1)


def test_a_posting_is_reversed_once_by_its_counter_moves(site):
    lot = given.lot(given.item())
    source = given.stock(lot, site, "A-01", 10)
    posted = move(source, source.at(Place(bin=site["A-02"])), 4)
    run_in_transaction(ledger.reverse, posted.seq, key="r1", actor=SYSTEM_USER, at=NOW)
    assert given.on_hand(lot, bin_id=site["A-01"]) == q(10)
    with pytest.raises(WrongState):
        run_in_transaction(ledger.reverse, posted.seq, key="r2", actor=SYSTEM_USER, at=NOW)
    assert run_in_transaction(ledger.reverse, posted.seq, key="r1", actor=SYSTEM_USER, at=NOW).is_repeat
    given.ledger_is_whole()


def test_goods_keep_the_day_they_came_in(site, db):
    from datetime import timedelta

    lot = given.lot(given.item())
    source = given.stock(lot, site, "A-01", 10, at=NOW - timedelta(days=9))
    move(source, source.at(Place(bin=site["A-02"])), 4)
    days = db.session.execute(db.select(StockBalance.received_on).where(StockBalance.lot_id == lot.id)).scalars().all()
    assert days == [given.day(-9)] * 2


@pytest.mark.parametrize("table", ["stock_move", "stock_posting"])
def test_what_is_posted_cannot_be_edited_or_deleted(site, db, table):
    given.stock(given.lot(given.item()), site, "A-01", 10)
    column = "quantity" if table == "stock_move" else "note"
    for statement in (f"UPDATE {table} SET {column} = {column}", f"DELETE FROM {table}"):
        with pytest.raises(Exception, match="append-only"):
            run_in_transaction(db.session.execute, text(statement))


def test_the_ledger_refuses_outside_a_transaction(site):
    source = given.stock(given.lot(given.item()), site, "A-01", 10)
    with pytest.raises(ProgrammingError):
        ledger.post(
            [Move(quantity=q(1), source=source, target=source.at(Place(bin=site["A-02"])))],
            key="x", reason=Reason.MOVE, actor=SYSTEM_USER, at=NOW,
        )  # fmt: skip


def test_a_ledger_row_through_the_orm_is_refused(site, db):
    source = given.stock(given.lot(given.item()), site, "A-01", 10)
    row = db.session.execute(db.select(StockBalance).where(StockBalance.lot_id == source.lot)).scalar_one()
    db.session.commit()

    with pytest.raises(ProgrammingError):
        run_in_transaction(lambda: setattr(row, "on_hand", q(99)))


def test_only_a_hold_a_lift_or_a_disposition_changes_the_state_of_goods(site):
    from dataclasses import replace

    source = given.stock(given.lot(given.item()), site, "A-01", 10, quality=Quality.PENDING)
    with pytest.raises(ProgrammingError):
        move(source, replace(source, quality=Quality.RELEASED), 1)
    with pytest.raises(ProgrammingError):
        move(source, replace(source.at(Place(bin=site["A-02"])), quality=Quality.RELEASED), 1, reason=Reason.PUTAWAY)
    move(source, replace(source, quality=Quality.RELEASED), 1, reason=Reason.DISPOSITION)


def test_held_goods_are_refused_by_the_posting_itself_for_pick_and_ship_but_not_for_the_cage(site):
    from wms.quality.service import PlaceHold, place_hold
    from wms.stock.models import HoldReason, HoldScope

    lot = given.lot(given.item())
    given.stock(lot, site, "A-01", 10)
    command = PlaceHold(scope=HoldScope.LOT, lot=lot.id, reason=HoldReason.SUSPECT, key="hold-1")
    placed = run_in_transaction(place_hold, command, actor=SYSTEM_USER, at=NOW)
    held = given.key(lot, site, "A-01", hold_set=hold_set_of(placed.hold))
    for reason in (Reason.PICK, Reason.SHIP):
        with pytest.raises(LotOnHold):
            move(held, held.at(Place(bin=site["CUSTOMER"])), 1, reason=reason)
    move(held, held.at(Place(bin=site["QUAR"])), 1)
    assert given.on_hand(lot) == q(10)


def hold_set_of(hold):
    from wms.db import db
    from wms.stock.models import HoldSetMember

    found = db.session.execute(db.select(HoldSetMember.hold_set_id).where(HoldSetMember.hold_id == hold)).scalar_one()
    db.session.commit()
    return found


def test_goods_of_a_held_lot_that_arrive_later_arrive_held(site):
    from wms.quality.service import PlaceHold, place_hold
    from wms.stock.models import HoldReason, HoldScope

    lot = given.lot(given.item())
    command = PlaceHold(scope=HoldScope.LOT, lot=lot.id, reason=HoldReason.SUSPECT, key="hold-2")
    run_in_transaction(place_hold, command, actor=SYSTEM_USER, at=NOW)
    given.stock(lot, site, "DOCK", 5)
    assert given.on_hand(lot) == q(5)
    assert given.on_hand(lot, free_only=True) == q(0)
    given.ledger_is_whole()
