"""Samples are stock: drawn from any goods, never sold, kept as long as they must be, and out of the house at the end."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from tests import given
from tests.given import NOW, q
from wms.core.errors import (
    BinUnsuitable,
    InsufficientStock,
    NotFound,
    SampleStillKept,
    WrongPurpose,
    WrongState,
)
from wms.core.ids import OURSELVES, SYSTEM_USER, new_id
from wms.db import db as database_session
from wms.db import run_in_transaction
from wms.inspection import queries, service
from wms.inspection.models import Sample, SampleKind, SampleState
from wms.inspection.queries import SampleFilter
from wms.inspection.rules.keeping import keep_until
from wms.quality.handling import MoveGoods, move_goods
from wms.stock import ledger
from wms.stock import queries as stock
from wms.stock.ledger import ClaimRequest, Move, Place, Quality, Reason
from wms.stock.models import Lot
from wms.stock.queries import StockFilter
from wms.tasks.models import Task, TaskKind, TaskState

pytestmark = pytest.mark.usefixtures("db")
ONE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def do(verb: Any, *args: Any, at: Any = NOW, **more: Any) -> Any:
    return run_in_transaction(verb, *args, actor=SYSTEM_USER, at=at, **more)


def draw(lot: Lot, site: given.Site, quantity: int = 2, *, key: str | None = None, kind: SampleKind = SampleKind.RETAINED,
         **more: Any) -> Sample:  # fmt: skip
    """Draw from the first balance of the lot that is no sample."""
    rows = [r for r in stock.find_balances(lot=lot.id, warehouse=site.id) if r.bin != site["SAMPLE"]]
    database_session.session.rollback()
    cmd = service.DrawSample(
        key=key or str(new_id()), warehouse=site.id, kind=kind, balance=rows[0].id, quantity=q(quantity), **more
    )
    found: Sample = do(service.draw_sample, cmd)
    database_session.session.refresh(found)
    database_session.session.rollback()
    return found


def fresh(quality: Quality = Quality.RELEASED, *, expires_in: int = 100) -> tuple[given.Site, Lot]:
    site, item = given.warehouse(), given.item()
    lot = given.lot(item, expires_in=expires_in)
    given.stock(lot, site, "A-01", 10, quality=quality)
    return site, lot


def test_a_sample_is_moved_into_the_bin_for_samples_once_for_its_key() -> None:
    site, lot = fresh(Quality.PENDING)
    one = draw(lot, site, 2, key="a")
    again = draw(lot, site, 2, key="a")
    assert one.id == again.id
    assert given.on_hand(lot, bin_id=site["SAMPLE"]) == q(2) and given.on_hand(lot) == q(10)
    assert one.keep_until == keep_until(lot.expires_on, months=12, on=given.TODAY)
    assert (one.quantity, one.left_quantity, one.state) == (q(2), q(2), SampleState.KEPT)
    given.ledger_is_whole()


def test_rejected_expired_and_held_goods_may_be_sampled_but_promised_ones_not() -> None:
    site, lot = fresh(Quality.REJECTED, expires_in=-3)
    assert draw(lot, site).state is SampleState.KEPT
    site, lot = fresh()
    request = ClaimRequest(
        demand_kind="order_line", demand_id=1, item=lot.item_id, warehouse=site.id, owner=OURSELVES, quantity=q(9),
        good_until=given.TODAY, policy="fefo",
    )  # fmt: skip
    do(ledger.claim, [request])
    with pytest.raises(InsufficientStock):
        draw(lot, site, 2)
    assert draw(lot, site, 1).left_quantity == q(1)
    given.ledger_is_whole()


def test_nothing_promises_sells_or_carries_a_sample_away() -> None:
    site, lot = fresh()
    draw(lot, site, 10)
    request = ClaimRequest(
        demand_kind="order_line", demand_id=1, item=lot.item_id, warehouse=site.id, owner=OURSELVES, quantity=q(1),
        good_until=given.TODAY, policy="fefo",
    )  # fmt: skip
    assert not do(ledger.claim, [request]), "allocation does not see it"
    key = given.key(lot, site, "SAMPLE")
    for reason, target in ((Reason.PICK, "STAGE"), (Reason.SHIP, "CUSTOMER"), (Reason.ISSUE, "A-02")):
        move = Move(quantity=q(1), source=key, target=key.at(Place(bin=site[target])))
        with pytest.raises(WrongPurpose):
            do(ledger.post, [move], key=f"try-{reason}", reason=reason)
    (row,) = stock.find_balances(lot=lot.id)
    assert [s.value for s in row.states(given.TODAY)] == ["sample"]
    database_session.session.rollback()
    for bin_code in ("A-02", "FACE", "QUAR", "DOCK"):
        cmd = MoveGoods(key=f"m-{bin_code}", warehouse=site.id, balance=row.id, quantity=q(1), target=site[bin_code])
        with pytest.raises(BinUnsuitable):
            do(move_goods, cmd)
    given.ledger_is_whole()


def test_the_stock_page_tells_samples_from_what_is_available() -> None:
    site, lot = fresh()
    draw(lot, site, 3)
    for state, bins in (("available", ["A-01"]), ("sample", ["SAMPLE"])):
        page = stock.page_of_stock(StockFilter(warehouse=site.id, state=state), on=given.TODAY, cursor=None)
        assert [row.bin_code for row in page.rows] == bins, state
    database_session.session.rollback()


def test_goods_are_not_put_among_samples_by_hand() -> None:
    site, lot = fresh()
    (row,) = stock.find_balances(lot=lot.id)
    database_session.session.rollback()
    with pytest.raises(BinUnsuitable):
        do(move_goods, MoveGoods(key="m", warehouse=site.id, balance=row.id, quantity=q(1), target=site["SAMPLE"]))


def test_a_test_sample_is_used_up_in_parts_whatever_its_lot_became_meanwhile() -> None:
    site, lot = fresh(Quality.PENDING)
    one = draw(lot, site, 3, kind=SampleKind.TEST)
    from wms.quality.service import DecideQuality, decide_quality

    do(decide_quality, DecideQuality(key="v", lot=lot.id, warehouse=site.id, to=Quality.RELEASED, reason="ok"))
    for _ in range(2):
        do(service.use_up, one.id, warehouse=site.id, key="u1", quantity=q(1), note="pH")
    row = queries.get_sample(one.id, warehouse=site.id)
    assert (row.sample.left_quantity, row.sample.state) == (q(2), SampleState.KEPT)
    database_session.session.rollback()
    with pytest.raises(InsufficientStock):
        do(service.use_up, one.id, warehouse=site.id, key="u2", quantity=q(3), note="pH")
    do(service.use_up, one.id, warehouse=site.id, key="u3", quantity=q(2), note="assay")
    assert queries.get_sample(one.id, warehouse=site.id).sample.state is SampleState.CONSUMED
    database_session.session.rollback()
    assert given.on_hand(lot) == q(7)
    with pytest.raises(WrongState):
        do(service.destroy, one.id, warehouse=site.id, key="d", note="late")
    given.ledger_is_whole()


def test_a_retained_sample_is_destroyed_after_its_day_and_the_job_asks_for_it_once() -> None:
    site, lot = fresh(expires_in=10)
    one = draw(lot, site, 2, keep_until=given.day(30))
    with pytest.raises(SampleStillKept):
        do(service.destroy, one.id, warehouse=site.id, key="d", note="room")

    def due(days: int) -> dict[str, int]:
        found: dict[str, int] = run_in_transaction(
            service.retained_due, warehouse=site.id, on=given.day(days), at=NOW + timedelta(days=days)
        )
        return found

    assert [due(30), due(31), due(32)] == [{"tasks": 0}, {"tasks": 1}, {"tasks": 0}]
    page = queries.page_of_samples(site.id, SampleFilter(kind=SampleKind.RETAINED, due_on=given.day(31)))
    assert [row.sample.id for row in page.rows] == [one.id]
    database_session.session.rollback()
    for _ in range(2):
        do(service.destroy, one.id, warehouse=site.id, key="d2", note="time is over", at=NOW + timedelta(days=31))
    task = database_session.session.execute(select(Task).where(Task.kind == TaskKind.DESTROY)).scalar_one()
    assert (task.state, task.done_quantity) == (TaskState.DONE, q(2))
    database_session.session.rollback()
    assert given.on_hand(lot) == q(8)
    assert due(40) == {"tasks": 0}
    given.ledger_is_whole()


@ONE
def test_a_sample_needs_a_bin_for_samples_and_is_not_taken_of_samples() -> None:
    site, lot = fresh()
    with pytest.raises(BinUnsuitable):
        draw(lot, site, 1, bin=site["A-02"])
    draw(lot, site, 2)
    (sample_row,) = [r for r in stock.find_balances(lot=lot.id) if r.bin == site["SAMPLE"]]
    database_session.session.rollback()
    cmd = service.DrawSample(key="x", warehouse=site.id, kind=SampleKind.TEST, balance=sample_row.id, quantity=q(1))
    with pytest.raises(BinUnsuitable):
        do(service.draw_sample, cmd)
    elsewhere = given.warehouse()
    with pytest.raises(NotFound):
        do(
            service.draw_sample,
            service.DrawSample(
                key="y", warehouse=elsewhere.id, kind=SampleKind.TEST, balance=sample_row.id, quantity=q(1)
            ),
        )


@pytest.mark.parametrize(
    ("last", "months", "until"),
    [(date(2026, 8, 31), 6, date(2027, 2, 28)), (date(2027, 1, 31), 13, date(2028, 2, 29)), (None, 12, date(2027, 11, 22)),
     (date(2026, 12, 31), 0, date(2026, 12, 31))],
)  # fmt: skip
@ONE
def test_months_end_where_the_month_ends(last: date | None, months: int, until: date) -> None:
    assert keep_until(last, months=months, on=given.TODAY) == until
