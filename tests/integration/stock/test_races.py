"""Many real processes at one instant: nothing oversold, nothing deadlocked, nothing of a held lot left free."""

import random
import time

import pytest

from tests import given
from tests.given import NOW, q
from wms.core.clock import now
from wms.core.errors import InsufficientStock, PickStopped, Refused
from wms.core.ids import SYSTEM_USER, new_id
from wms.db import db as database
from wms.db import run_in_transaction
from wms.stock import ledger
from wms.stock.ledger import ClaimRequest, Move, Place, Reason

WRITERS = 8


def take_ones(source, target, tries):
    """Take 1 as often as it goes; how often it went."""
    won = 0
    for n in range(tries):
        moves = [Move(quantity=q(1), source=source, target=target)]
        try:
            run_in_transaction(
                ledger.post, moves, key=f"{new_id()}-{n}", reason=Reason.MOVE, actor=SYSTEM_USER, at=now()
            )
            won += 1
        except InsufficientStock:
            pass
    return won


def test_eight_writers_for_two_hundred_units_get_exactly_two_hundred(db, run_at_once):
    site = given.warehouse()
    lot = given.lot(given.item())
    source = given.stock(lot, site, "A-01", 200)
    target = source.at(Place(bin=site["A-02"]))
    outcomes = run_at_once(take_ones, [(source, target, 40)] * WRITERS)
    assert [o.error for o in outcomes] == [None] * WRITERS
    assert sum(o.value for o in outcomes) == 200
    assert given.on_hand(lot, bin_id=site["A-02"]) == q(200)
    given.ledger_is_whole()


def claim_one(site_id, item_id, tries):
    """Claim 1 as often as asked; how many were promised."""
    won = 0
    for _ in range(tries):
        won += len(claim(site_id, item_id, 1))
    return won


def claim(site_id, item_id, amount, demand=None):
    request = ClaimRequest(
        demand_kind="order_line", demand_id=demand or new_id(), item=item_id, quantity=q(amount), warehouse=site_id,
        owner=1, policy="fefo", good_until=given.TODAY,
    )  # fmt: skip
    return run_in_transaction(ledger.claim, [request], actor=SYSTEM_USER, at=now())


def test_two_servers_for_the_last_five_promise_exactly_five(db, run_at_once):
    site = given.warehouse()
    item = given.item()
    given.stock(given.lot(item), site, "A-01", 3)
    given.stock(given.lot(item), site, "A-02", 2)
    outcomes = run_at_once(claim_one, [(site.id, item.id, 5)] * 2)
    assert [o.error for o in outcomes] == [None, None]
    assert sum(o.value for o in outcomes) == 5
    given.ledger_is_whole()


def post_and_claim(work, site_id, item_id, keys, seconds):
    """Claim over several lots, or post many-legged moves through them, as fast as it goes; how often it went."""
    chance = random.Random(work)
    done, deadline = 0, time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if work % 2:
                demand = new_id()
                claim(site_id, item_id, chance.randint(5, 60), demand)
                run_in_transaction(ledger.release_demand, "order_line", [demand], actor=SYSTEM_USER, at=now())
            else:
                legs = chance.sample(range(len(keys)), 4)
                moves = [
                    Move(quantity=q(1), source=keys[a][s], target=keys[a][1 - s])
                    for a, s in ((leg, chance.randint(0, 1)) for leg in legs)
                ]
                run_in_transaction(
                    ledger.post, moves, key=str(new_id()), reason=Reason.MOVE, actor=SYSTEM_USER, at=now()
                )
            done += 1
        except InsufficientStock:
            pass
    return done


def test_posters_and_claimers_together_never_deadlock(db, run_at_once):
    site = given.warehouse()
    item = given.item()
    keys = []
    for n in range(8):
        lot = given.lot(item, expires_in=30 + n)
        here = given.stock(lot, site, "A-01", 20)
        keys.append((here, given.stock(lot, site, "A-02", 20)))
    outcomes = run_at_once(post_and_claim, [(n, site.id, item.id, keys, 3) for n in range(WRITERS)])
    assert [o.error for o in outcomes] == [None] * WRITERS, outcomes
    assert all(o.value > 0 for o in outcomes)
    assert deadlocks(db) == 0
    given.ledger_is_whole()


def deadlocks(db) -> int:
    """What PostgreSQL counted in this database; SQLite has none to count."""
    if db.engine.dialect.name == "sqlite":
        return 0
    time.sleep(1.2)  # the counters are reported by each backend once a second, or at its end
    count = db.session.execute(
        db.text("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
    ).scalar_one()
    db.session.commit()
    return count


def work_until_held(role, site_id, item_id, lot_id, source, target, seconds):
    """Pick, claim or move the lot without end; whatever is refused is refused."""
    deadline, done = time.monotonic() + seconds, 0
    while time.monotonic() < deadline:
        try:
            if role == "claim":
                demand = new_id()
                made = claim(site_id, item_id, 2, demand)
                for one in made:
                    use = ledger.ClaimUse(claim=one.claim, demand_kind="order_line", demand_id=demand, carried=True)
                    moves = [Move(quantity=one.quantity, source=source, target=target, claim=use)]
                    run_in_transaction(
                        ledger.post, moves, key=str(new_id()), reason=Reason.PICK, actor=SYSTEM_USER, at=NOW
                    )
            else:
                moves = [Move(quantity=q(1), source=source, target=target)]
                run_in_transaction(ledger.post, moves, key=str(new_id()), reason=Reason.MOVE, actor=SYSTEM_USER, at=NOW)
            done += 1
        except (Refused, PickStopped):
            pass
    return done


def hold_the_lot(lot_id, after_seconds):
    from wms.quality.service import PlaceHold, place_hold
    from wms.stock.models import HoldReason, HoldScope

    time.sleep(after_seconds)
    command = PlaceHold(scope=HoldScope.LOT, lot=lot_id, reason=HoldReason.SUSPECT, note="", key=str(new_id()))
    run_in_transaction(place_hold, command, actor=SYSTEM_USER, at=now())
    return 0


@pytest.mark.parametrize("seed", [1, 2])
def test_a_hold_of_the_whole_lot_leaves_nothing_of_it_free(db, run_at_once, seed):
    site = given.warehouse()
    item = given.item()
    lot = given.lot(item)
    source = given.stock(lot, site, "A-01", 300)
    work = [
        (role, site.id, item.id, lot.id, source, source.at(Place(bin=site[bin_])), 2.0)
        for role, bin_ in (("claim", "STAGE"), ("move", "A-02"), ("move", "A-03"), ("claim", "STAGE"), ("move", "FACE"))
    ]
    outcomes = run_at_once(one_of, [*[("work", w) for w in work], ("hold", (lot.id, 0.2 * seed))])
    assert [o.error for o in outcomes] == [None] * 6, outcomes
    assert given.on_hand(lot) == q(300)
    assert given.on_hand(lot, free_only=True) == q(0)
    given.ledger_is_whole()


def one_of(kind, arguments):
    """Either a worker or the holder, as one process function."""
    return work_until_held(*arguments) if kind == "work" else hold_the_lot(*arguments)


def test_a_transaction_inside_a_transaction_is_a_fault_of_ours(db):
    from wms.core.errors import ProgrammingError

    with pytest.raises(ProgrammingError):
        run_in_transaction(lambda: run_in_transaction(database.session.flush))
