"""What stands open at a line is the line's, and what runs together in a tank is nobody's promise; on both engines."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import pytest

from tests import given
from tests.given import NOW, q
from wms.core import errors
from wms.core.errors import (
    BackflushShort,
    LotOpenAtLine,
    VesselFull,
    VesselHoldsOther,
    VesselMixesPromised,
    VesselShort,
)
from wms.core.ids import SYSTEM_USER, new_id
from wms.core.quantity import ZERO
from wms.db import db as database
from wms.db import run_in_transaction
from wms.production.queries import reports as queries
from wms.production.service import issuing, vessels
from wms.production.service.issuing import Approval, IssueGoods, ReturnGoods
from wms.production.service.reporting import OutputLine, ReportProduction, report
from wms.quality import service as quality
from wms.quality.handling import MoveGoods, move_goods
from wms.stock import ledger
from wms.stock import queries as stock
from wms.stock.ledger import ClaimRequest, ClaimUse, Document, Move, Place, Reason
from wms.stock.models import HoldReason, HoldScope

pytestmark = pytest.mark.usefixtures("db")
ON_SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


# -- the open lot is the line's -----------------------------------------------------------------------------------------
@dataclass
class Packing:
    """Two orders on one line whose foil is back-flushed from the open lot, and a second line that wants the same foil."""

    site: Any
    line: Any
    other: Any
    foil: Any
    pack: Any
    lot: Any
    orders: list[Any]

    @classmethod
    def built(cls, at_line: int = 10) -> Packing:
        site = given.warehouse()
        line, other = given.line(site), given.line(site)
        foil, pack = given.item(), given.item()
        given.production_rule(foil, may_backflush=True)
        given.bom(pack, [(foil, 1)], lines={1: {"is_backflushed": True}})
        lot = given.lot(foil, "FOIL-1")
        given.stock(lot, site, line.code, at_line)
        orders = [given.work_order(site, pack, 20, line, released=True) for _ in range(2)]
        run_in_transaction(
            issuing.open_lot, line.id, foil.id, lot.id, warehouse=site.id, actor=SYSTEM_USER, at=NOW
        )  # fmt: skip
        return cls(site, line, other, foil, pack, lot, orders)

    def report(self, order: Any, made: int) -> Any:
        return run_in_transaction(report, self.told(order, made), actor=SYSTEM_USER, at=NOW)

    def told(self, order: Any, made: int) -> ReportProduction:
        return ReportProduction(
            key=f"pack-{new_id()}", warehouse=self.site.id, work_order=order.id, outputs=(OutputLine(quantity=q(made)),)
        )

    @property
    def row(self) -> Any:
        [row] = [one for one in stock.find_balances(lot=self.lot.id) if one.bin == self.line.bin_id]
        database.session.rollback()
        return row


def _told(cmd: ReportProduction) -> str:
    return run_in_transaction(report, cmd, actor=SYSTEM_USER, at=NOW).number


def test_of_two_reports_at_one_line_the_second_is_told_what_the_first_left(run_at_once: Callable[..., Any]) -> None:
    packing = Packing.built(10)
    outcomes = run_at_once(_told, [(packing.told(order, 6),) for order in packing.orders])
    assert sorted(one.error or "done" for one in outcomes) == ["backflush_short", "done"]
    [refused] = [one for one in outcomes if one.error]
    assert "4" in refused.text and "6" in refused.text, refused.text
    assert given.on_hand(packing.lot) == q(4)
    given.ledger_is_whole()


def test_nobody_else_takes_the_open_lot_from_its_line() -> None:
    packing = Packing.built(10)
    elsewhere = given.work_order(packing.site, packing.pack, 5, packing.other, released=True)
    order_line = given.order(packing.site, [(packing.foil, 5)])

    def issue_to_the_other_line() -> None:
        cmd = IssueGoods(
            key="steal", warehouse=packing.site.id, work_order=elsewhere.id, component=elsewhere.components[0].id,
            lot=packing.lot.id, bin=packing.line.bin_id, quantity=q(5),
        )  # fmt: skip
        yes = Approval(reason="nearer", approved_by=SYSTEM_USER, is_permitted=True)
        run_in_transaction(issuing.exchange, cmd, approval=yes, actor=SYSTEM_USER, at=NOW)

    def move_by_hand() -> None:
        cmd = MoveGoods(
            key="move", warehouse=packing.site.id, balance=packing.row.id, quantity=q(5), target=packing.site["A-02"]
        )
        run_in_transaction(move_goods, cmd, actor=SYSTEM_USER, at=NOW)

    def pick() -> None:
        move = Move(quantity=q(5), source=packing.row.key, target=packing.row.key.at(Place(bin=packing.site["STAGE"])))
        run_in_transaction(
            ledger.post, [move], key="pick", reason=Reason.PICK, document=Document(kind="pick_list", id=1),
            actor=SYSTEM_USER, at=NOW,
        )  # fmt: skip

    def pour() -> None:
        tank = given.vessel(packing.site)
        cmd = vessels.FillVessel(
            key="pour", warehouse=packing.site.id, vessel=tank.id, lot=packing.lot.id, bin=packing.line.bin_id,
            quantity=q(5),
        )  # fmt: skip
        run_in_transaction(vessels.fill, cmd, actor=SYSTEM_USER, at=NOW)

    for take in (issue_to_the_other_line, move_by_hand, pick, pour):
        with pytest.raises(LotOpenAtLine) as refused:
            take()
        assert refused.value.data == {"lot": "FOIL-1", "line": packing.line.code}
    request = ClaimRequest(
        demand_kind="order_line", demand_id=int(order_line), item=packing.foil.id, quantity=q(5),
        warehouse=packing.site.id, owner=packing.row.owner, policy="fefo", good_until=given.day(0), lot=packing.lot.id,
    )  # fmt: skip
    assert run_in_transaction(ledger.claim, [request], actor=SYSTEM_USER, at=NOW) == [], "nor is it promised to anybody"
    packing.report(packing.orders[0], 10)
    assert given.on_hand(packing.lot) == ZERO
    given.ledger_is_whole()


def test_the_line_itself_brings_back_counts_and_closes_its_lot() -> None:
    packing = Packing.built(4)
    order = packing.orders[0]
    given.stock(packing.lot, packing.site, "A-01", 6)
    cmd = IssueGoods(
        key="in", warehouse=packing.site.id, work_order=order.id, component=order.components[0].id, lot=packing.lot.id,
        bin=packing.site["A-01"], quantity=q(6),
    )  # fmt: skip
    run_in_transaction(issuing.issue, cmd, actor=SYSTEM_USER, at=NOW)
    back = ReturnGoods(
        key="back", warehouse=packing.site.id, work_order=order.id, component=order.components[0].id,
        lot=packing.lot.id, bin=packing.site["A-03"], quantity=q(2),
    )  # fmt: skip
    run_in_transaction(issuing.return_, back, actor=SYSTEM_USER, at=NOW)
    [opened] = issuing.queries.open_lots(packing.site.id)
    database.session.rollback()
    run_in_transaction(
        issuing.close_lot, opened.id, warehouse=packing.site.id, actor=SYSTEM_USER, at=NOW
    )  # fmt: skip
    move = MoveGoods(
        key="move", warehouse=packing.site.id, balance=packing.row.id, quantity=q(8), target=packing.site["A-02"]
    )
    run_in_transaction(move_goods, move, actor=SYSTEM_USER, at=NOW)
    assert given.on_hand(packing.lot, bin_id=packing.site["A-02"]) == q(8)
    given.ledger_is_whole()


@ON_SQLITE
def test_held_goods_of_an_open_lot_are_carried_apart() -> None:
    packing = Packing.built(4)
    hold = quality.PlaceHold(key="h", scope=HoldScope.LOT, lot=packing.lot.id, reason=HoldReason.SUSPECT)
    run_in_transaction(quality.place_hold, hold, actor=SYSTEM_USER, at=NOW)
    cmd = MoveGoods(
        key="apart", warehouse=packing.site.id, balance=packing.row.id, quantity=q(4), target=packing.site["QUAR"]
    )
    run_in_transaction(move_goods, cmd, actor=SYSTEM_USER, at=NOW)
    assert given.on_hand(packing.lot, bin_id=packing.site["QUAR"]) == q(4)


# -- tanks --------------------------------------------------------------------------------------------------------------
@dataclass
class Cellar:
    """Two tanks, and milk in bins of the store."""

    site: Any
    tank: Any
    other: Any
    milk: Any

    @classmethod
    def built(cls, **tank: Any) -> Cellar:
        site = given.warehouse()
        return cls(site, given.vessel(site, **tank), given.vessel(site), given.item(base_unit="L"))

    def lot(self, quantity: int, bin_code: str = "A-01", item: Any = None) -> Any:
        lot = given.lot(item or self.milk)
        given.stock(lot, self.site, bin_code, quantity)
        return lot

    def fill(self, lot: Any, quantity: int, bin_code: str = "A-01", key: str = "") -> Any:
        cmd = vessels.FillVessel(
            key=key or f"fill-{new_id()}", warehouse=self.site.id, vessel=self.tank.id, lot=lot.id,
            bin=self.site[bin_code], quantity=q(quantity),
        )  # fmt: skip
        return run_in_transaction(vessels.fill, cmd, actor=SYSTEM_USER, at=NOW)

    def promise(self, lot: Any, quantity: int) -> Any:
        [row] = stock.find_balances(lot=lot.id)
        request = ClaimRequest(
            demand_kind="order_line", demand_id=77, item=self.milk.id, quantity=q(quantity), warehouse=self.site.id,
            owner=row.owner, policy="fefo", good_until=given.day(0), lot=lot.id,
        )  # fmt: skip
        database.session.rollback()
        [made] = run_in_transaction(ledger.claim, [request], actor=SYSTEM_USER, at=NOW)
        return made.claim


def test_what_is_promised_does_not_run_into_a_tank_until_the_promise_is_given_back() -> None:
    cellar = Cellar.built()
    lot = cellar.lot(50)
    claim = cellar.promise(lot, 30)
    with pytest.raises(VesselMixesPromised) as refused:
        cellar.fill(lot, 40)
    assert refused.value.data == {
        "lot": lot.number, "vessel": cellar.tank.code, "needed": "40", "free": "20",
    }  # fmt: skip
    cellar.fill(lot, 20)
    assert [one.quantity for one in given.claims_of(77)] == [q(30)], "the promise stays on what stands in the bin"
    assert all(row.allocated == ZERO for row in queries.balances_in(cellar.tank))
    database.session.rollback()
    run_in_transaction(ledger.release, [claim], actor=SYSTEM_USER, at=NOW)
    cellar.fill(lot, 30)
    assert given.on_hand(lot, bin_id=cellar.tank.bin_id) == q(50)
    given.ledger_is_whole()


def test_nothing_goes_into_a_tank_by_hand_that_the_tank_does_not_take() -> None:
    cellar = Cellar.built(capacity=q(100))
    cellar.fill(cellar.lot(60), 60)
    more, water = cellar.lot(50, "A-02"), cellar.lot(5, "A-03", item=given.item(base_unit="L"))
    promised = cellar.lot(20, "A-04")
    claim = cellar.promise(promised, 20)

    def move(lot: Any, quantity: int, use: ClaimUse | None = None) -> None:
        [row] = [one for one in stock.find_balances(lot=lot.id) if one.bin != cellar.tank.bin_id]
        goal = row.key.at(Place(bin=cellar.tank.bin_id))
        run_in_transaction(
            ledger.post, [Move(quantity=q(quantity), source=row.key, target=goal, claim=use)], key=f"in-{new_id()}",
            reason=Reason.MOVE, actor=SYSTEM_USER, at=NOW,
        )  # fmt: skip

    with pytest.raises(VesselFull):
        move(more, 50)
    with pytest.raises(VesselHoldsOther):
        move(water, 5)
    with pytest.raises(VesselMixesPromised):
        move(promised, 5, ClaimUse(claim=claim, demand_kind="order_line", demand_id=77, carried=True))
    move(more, 40)
    assert {one.lot: one.share for one in queries.contents_of(cellar.tank)}[more.id] == Fraction(2, 5)
    database.session.rollback()
    given.ledger_is_whole()


def _draw(site: int, tank: int, other: int, quantity: int, key: str) -> str:
    cmd = vessels.DrawVessel(key=key, warehouse=site, vessel=tank, quantity=q(quantity), to_vessel=other)  # type: ignore[arg-type]
    run_in_transaction(vessels.draw_off, cmd, actor=SYSTEM_USER, at=NOW)
    return "done"


def test_no_two_draws_take_more_than_is_in_the_tank_and_each_takes_of_every_lot(
    run_at_once: Callable[..., Any],
) -> None:
    cellar = Cellar.built()
    one, two = cellar.lot(60), cellar.lot(40, "A-02")
    cellar.fill(one, 60)
    cellar.fill(two, 40, "A-02")
    outcomes = run_at_once(_draw, [(cellar.site.id, cellar.tank.id, cellar.other.id, 40, f"d{n}") for n in range(3)])
    assert sorted(found.error or "done" for found in outcomes) == ["done", "done", "vessel_short"]
    assert {row.lot: row.quantity for row in queries.contents_of(cellar.other)} == {one.id: q(48), two.id: q(32)}
    assert {row.lot: row.quantity for row in queries.contents_of(cellar.tank)} == {one.id: q(12), two.id: q(8)}
    database.session.rollback()
    with pytest.raises(VesselShort):
        _draw(cellar.site.id, cellar.tank.id, cellar.other.id, 21, "more")
    with pytest.raises(errors.VesselNotEmpty):
        clean = vessels.CleanVessel(key="c", warehouse=cellar.site.id, vessel=cellar.tank.id, method="CIP")
        run_in_transaction(vessels.clean, clean, actor=SYSTEM_USER, at=NOW)
    given.ledger_is_whole()


def test_backflush_says_how_much_is_missing() -> None:
    packing = Packing.built(3)
    with pytest.raises(BackflushShort) as short:
        packing.report(packing.orders[0], 5)
    assert (short.value.data["available"], short.value.data["missing"]) == ("3", "2")
