"""Stock as of an instant or a sequence, held against a replay of every move; snapshots change no answer, only the plan."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from tests import given, plans
from tests.given import NOW, q
from tests.integration.evidence.sealing import tamper
from wms.core.errors import InsufficientStock
from wms.core.ids import SYSTEM_USER, LotId, PostingSeq
from wms.db import run_in_transaction
from wms.stock import asof, ledger
from wms.stock.asof import AsOf
from wms.stock.ledger import Move, Place, Reason, StockKey
from wms.stock.ledger.audit import run_checks

START = datetime(2026, 6, 3, 8, tzinfo=UTC)


def _walk(chance: random.Random, *, days: int = 100, moves: int = 40) -> tuple[given.Site, list[LotId]]:
    """Receipts and moves over some months, recorded in nearly the order of their sequence."""
    site = given.warehouse()
    lots = [given.lot(given.item()).id for _ in range(3)]
    places = [site["SUPPLIER"], site["A-01"], site["A-02"], site["CUSTOMER"]]
    for number in range(moves):
        at = START + timedelta(days=days * number / moves, hours=chance.randint(-50, 50))
        source = chance.choice(places[:3])
        inside = places[1:3] if source == places[0] else places[1:]
        target = chance.choice([place for place in inside if place != source])
        lot = chance.choice(lots)
        ends = [StockKey(lot=lot, place=Place(bin=bin_id)) for bin_id in (source, target)]
        move = Move(quantity=q(chance.randint(1, 9)), source=ends[0], target=ends[1])
        try:
            run_in_transaction(ledger.post, [move], key=f"walk{number}", reason=Reason.MOVE, actor=SYSTEM_USER, at=at)
        except InsufficientStock:
            continue
    return site, lots


def _replayed(db: Any, where: str, values: dict[str, Any]) -> dict[tuple[int, int], int]:
    """What the moves alone come to, by lot and bin."""
    found: dict[tuple[int, int], int] = {}
    for sign, end in ((1, "target"), (-1, "source")):
        rows = db.session.execute(
            text(
                f"SELECT m.lot_id, m.{end}_bin_id, m.quantity FROM stock_move m JOIN stock_posting p ON p.seq = m.posting_seq"
                f" JOIN bin b ON b.id = m.{end}_bin_id WHERE NOT b.is_outside AND {where}"
            ),
            values,
        )
        for lot, bin_id, quantity in rows:
            found[lot, bin_id] = found.get((lot, bin_id), 0) + sign * quantity
    return {key: amount for key, amount in found.items() if amount}


def _asked(wanted: AsOf) -> dict[tuple[int, int], int]:
    found: dict[tuple[int, int], int] = {}
    cursor = None
    while True:
        page = asof.stock_as_of(wanted, cursor=cursor, size=2)
        for row in page.rows:
            assert (row.lot, row.bin) not in found
            found[row.lot, row.bin] = row.on_hand.millionths
        cursor = page.next_cursor
        if cursor is None:
            return found


@pytest.mark.parametrize("seed", [1, 2])
def test_any_instant_and_any_sequence_is_what_a_replay_says_with_and_without_snapshots(db: Any, seed: int) -> None:
    _site, lots = _walk(random.Random(seed))
    instants = [START + timedelta(days=day, hours=7) for day in (-5, 0, 11, 28, 29, 45, 61, 77, 120)]
    sequences = [0, 1, 7, 15, asof.last_seq()]
    bound = (
        (lambda at: at) if db.engine.dialect.name == "postgresql" else (lambda at: at.strftime("%Y-%m-%d %H:%M:%S.%f"))
    )
    truth = [_replayed(db, "p.recorded_at <= :at", {"at": bound(at)}) for at in instants]
    truth_by_seq = [_replayed(db, "p.seq <= :seq", {"seq": seq}) for seq in sequences]
    for _round in ("without", "with"):
        assert [_asked(AsOf(at=at)) for at in instants] == truth
        assert [_asked(AsOf(seq=PostingSeq(seq))) for seq in sequences] == truth_by_seq
        assert asof.differences_now() == []
        assert sum(asof.total_as_of(lot).millionths for lot in lots) == sum(truth_by_seq[-1].values())
        _take_all(NOW)
    assert _count(db, "stock_snapshot") >= 3 and _count(db, "stock_snapshot_line") > 0
    assert not run_checks(db.session()) and not asof.spoilt_snapshots()


def _take_all(at: datetime) -> None:
    while run_in_transaction(asof.take_next, actor=SYSTEM_USER, at=at)["snapshots"]:
        pass


def _count(db: Any, table: str) -> int:
    return int(db.session.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())


def test_filters_narrow_by_item_lot_bin_warehouse_and_state(db: Any) -> None:
    site, other = given.warehouse(), given.warehouse()
    item = given.item()
    lot, second = given.lot(item), given.lot(item)
    given.stock(lot, site, "A-01", 5)
    given.stock(lot, other, "A-01", 7)
    given.stock(second, site, "A-02", 3)

    def amounts(**more: Any) -> list[str]:
        return [str(row.on_hand) for row in asof.stream_as_of(AsOf(**more))]

    assert amounts(warehouse=site.id) == ["5", "3"] and amounts(warehouse=other.id) == ["7"]
    assert amounts(lot=second.number) == ["3"] and amounts(sku=item.sku, warehouse=site.id, bin="A-02") == ["3"]
    assert amounts(state="pending") == [] and len(amounts(state="released")) == 3 and amounts(state="held") == []
    assert amounts(sku="nothing") == []


def test_a_snapshot_waits_for_the_month_to_settle_and_is_taken_once(db: Any) -> None:
    given.stock(given.lot(given.item()), given.warehouse(), "A-01", 5)
    end = datetime(2026, 12, 1, tzinfo=UTC)
    assert run_in_transaction(asof.take_next, actor=SYSTEM_USER, at=end) == {"snapshots": 0}
    assert run_in_transaction(asof.take_next, actor=SYSTEM_USER, at=end + asof.SETTLED) == {"snapshots": 1}
    assert run_in_transaction(asof.take_next, actor=SYSTEM_USER, at=end + asof.SETTLED) == {"snapshots": 0}


def test_the_ledgers_audit_sees_a_snapshot_that_differs_and_its_hash_too(db: Any) -> None:
    given.stock(given.lot(given.item()), given.warehouse(), "A-01", 5)
    _take_all(NOW + timedelta(days=40))
    tamper(db, "UPDATE stock_snapshot_line SET on_hand = on_hand + 1")
    assert {fault.check for fault in run_checks(db.session())} == {"S7"}
    db.session.rollback()
    assert len(asof.spoilt_snapshots()) == 2 and asof.differences_now()


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_with_a_snapshot_the_engine_reads_no_move_before_it(db: Any) -> None:
    _walk(random.Random(3), moves=200)

    def work() -> int:
        db.session.commit()
        with plans.watch(db.engine) as asked:
            assert asof.stock_as_of(AsOf(at=datetime(2026, 9, 5, tzinfo=UTC))).rows
        return sum(plans.explain(db.engine, one).work for one in asked if "stock_move" in one.statement)

    before = work()
    _take_all(NOW)
    assert work() < before / 2
