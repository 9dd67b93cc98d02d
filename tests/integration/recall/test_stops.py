"""Between a recall's stop and its hold: what is suspect gets no further, by no verb; a drill bars nothing; the end frees."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from tests import given
from tests.given import NOW, q
from tests.integration.recall.test_recalls import _do, _open, _scope
from wms.core.errors import LotStopped, PickStopped
from wms.core.ids import LotId
from wms.db import db as database
from wms.db import run_in_transaction
from wms.gs1.codes import LotNumber
from wms.inspection.models import SampleKind
from wms.inspection.service.samples import DrawSample, draw_sample
from wms.picking import queries as picking
from wms.picking import service as pick
from wms.picking.rules.check_pick import Scanned
from wms.production.service import issuing, vessels
from wms.production.service.issuing import IssueGoods, ReturnGoods
from wms.production.service.orders import release_order
from wms.production.service.reporting import InputLine, OutputLine, ReportProduction, report
from wms.quality.handling import MoveGoods, move_goods
from wms.recall import service
from wms.recall.queries import recalls
from wms.returns import service as returns
from wms.returns.models import ReturnReason, SupplierReturnLine
from wms.shipping.service import ship
from wms.stock import ledger, lots
from wms.stock import queries as stock
from wms.stock.ledger import Move, Place, Quality, Reason
from wms.stock.models import Lot
from wms.stock.stops import stopped_for


class Mill:
    """Flour in the store, at the line, in a tank and picked for a customer; an order of dough that is bound to it."""

    def __init__(self) -> None:
        self.ada, self.ben = given.user(None, "quality"), given.user(None, "quality")
        self.site = given.warehouse()
        self.line, self.tank, self.other_tank = given.line(self.site), given.vessel(self.site), given.vessel(self.site)
        self.supplier = given.partner("MILL", is_supplier=True)
        self.flour, self.dough, self.foil, self.pack = given.item(), given.item(), given.item(), given.item()
        self.lot = given.lot(self.flour, "F-1", expires_in=30, supplier=self.supplier.id)
        self.film = given.lot(self.foil, "F-2", expires_in=30)
        self.later = given.lot(self.flour, "F-3", expires_in=90)
        self.spare = given.lot(self.flour, "F-4", expires_in=95)
        for bin_code, amount in (("A-01", 300), (self.line.code, 50)):
            given.stock(self.lot, self.site, bin_code, amount)
        given.stock(self.film, self.site, self.line.code, 50)
        given.stock(self.lot, self.site, "A-03", 7, quality=Quality.PENDING)
        given.stock(self.later, self.site, "A-02", 9)
        given.stock(self.spare, self.site, "A-04", 9)
        given.bom(self.dough, [(self.flour, 1)])
        given.production_rule(self.foil, may_backflush=True)
        given.bom(self.pack, [(self.foil, 1)], lines={1: {"is_backflushed": True}})
        self.order = given.work_order(self.site, self.dough, 20, self.line, released=True)
        self.packing = given.work_order(self.site, self.pack, 10, self.line, released=True)
        self.next_order = given.work_order(self.site, self.dough, 5, self.line)
        self.do(issuing.open_lot, self.line.id, self.foil.id, self.film.id, warehouse=self.site.id)
        self.fill("before")
        self.sale = given.order(self.site, [(self.flour, 4)])
        _order, _plate, self.shipment = given.picked(self.site, [(self.flour, 3)])
        self.late_sale = given.order(self.site, [(self.flour, 2)])
        self.do(pick.allocate_order, self.sale)
        self.list_id = self.do(pick.release_order, self.sale)
        self.do(pick.take_list, self.list_id)
        going = returns.OpenReturn(
            key="going", warehouse=self.site.id, supplier=self.supplier.id, reason=ReturnReason.SURPLUS,
            lines=(returns.GoingBack(balance=self.balance("A-01"), quantity=q(2)),),
        )  # fmt: skip
        self.do(returns.open_return, going)
        self.going = database.session.execute(select(SupplierReturnLine.id)).scalar_one()
        database.session.commit()

    def do(self, verb: Callable[..., Any], *arguments: Any, **more: Any) -> Any:
        return _do(verb, *arguments, by=self.ada, **more)

    def balance(self, bin_code: str, lot: Lot | None = None) -> Any:
        rows = stock.find_balances(lot=(lot or self.lot).id, bin=self.site[bin_code])
        database.session.commit()
        return max(rows, key=lambda row: row.unpromised).id

    def fill(self, key: str, vessel: Any = None) -> Any:
        cmd = vessels.FillVessel(
            key=key, warehouse=self.site.id, vessel=(vessel or self.tank).id, lot=self.lot.id, bin=self.site["A-01"],
            quantity=q(5),
        )  # fmt: skip
        return self.do(vessels.fill, cmd)

    def draw(self) -> Any:
        cmd = vessels.DrawVessel(
            key="draw", warehouse=self.site.id, vessel=self.tank.id, quantity=q(1), to_vessel=self.other_tank.id
        )
        return self.do(vessels.draw_off, cmd)

    def issue(self) -> Any:
        cmd = IssueGoods(
            key="issue", warehouse=self.site.id, work_order=self.order.id, component=self.order.components[0].id,
            lot=self.lot.id, bin=self.site["A-01"], quantity=q(2),
        )  # fmt: skip
        return self.do(issuing.issue, cmd)

    def report(self, order: Any, *inputs: InputLine) -> Any:
        cmd = ReportProduction(
            key=f"report-{order.id}", warehouse=self.site.id, work_order=order.id, inputs=inputs,
            outputs=(OutputLine(quantity=q(2)),),
        )  # fmt: skip
        return self.do(report, cmd)

    def split(self) -> Any:
        part = lots.Part(balance=self.balance("A-01"), quantity=q(1))
        cmd = lots.SplitLot(
            key="split", lot=self.lot.id, warehouse=self.site.id, reason="repacked", number=LotNumber.parse("S-1"),
            parts=(part,),
        )  # fmt: skip
        return self.do(lots.split, cmd)

    def relabel(self) -> Any:
        part = lots.Part(balance=self.balance("A-01"), quantity=q(1))
        cmd = lots.RelabelLot(
            key="relabel", lot=self.lot.id, warehouse=self.site.id, reason="repacked",
            number=LotNumber.parse("OTHER-9"), parts=(part,),
        )  # fmt: skip
        return self.do(lots.relabel, cmd)

    def merge(self) -> Any:
        part = lots.Part(balance=self.balance("A-01"), quantity=q(1))
        cmd = lots.MergeLots(
            key="merge",
            lots=(self.lot.id,),
            into=self.later.id,
            warehouse=self.site.id,
            reason="one box",
            parts=(part,),
        )
        return self.do(lots.merge, cmd)

    def take_in(self) -> Any:
        """Good goods are put to a stopped lot: they would be lost among them."""
        part = lots.Part(balance=self.balance("A-02", self.later), quantity=q(1))
        cmd = lots.MergeLots(
            key="into",
            lots=(self.later.id,),
            into=self.spare.id,
            warehouse=self.site.id,
            reason="one box",
            parts=(part,),
        )
        return self.do(lots.merge, cmd)

    def sample(self) -> Any:
        cmd = DrawSample(
            key="sample", warehouse=self.site.id, kind=SampleKind.TEST, balance=self.balance("A-01"), quantity=q(1)
        )
        return self.do(draw_sample, cmd)

    def release(self) -> Any:
        (row,) = stock.find_balances(lot=self.lot.id, bin=self.site["A-03"])
        database.session.commit()
        released = ledger.StockKey(lot=row.lot, place=row.key.place, quality=Quality.RELEASED)
        moves = [Move(quantity=q(1), source=row.key, target=released)]
        return self.do(ledger.post, moves, key="release", reason=Reason.DISPOSITION)

    def carry_by_hand(self) -> Any:
        """No verb of production: a hand carries it to the line all the same."""
        (row,) = [r for r in stock.find_balances(lot=self.lot.id, bin=self.site["A-01"]) if r.unpromised > q(0)]
        database.session.commit()
        moves = [Move(quantity=q(1), source=row.key, target=row.key.at(Place(bin=self.line.bin_id)))]
        return self.do(ledger.post, moves, key="by hand", reason=Reason.MOVE)

    def give_back(self) -> Any:
        cmd = returns.CarryLine(warehouse=self.site.id, line=self.going, key="carried", quantity=q(2))
        return self.do(returns.carry_line, cmd)

    def verbs(self) -> dict[str, Callable[[], Any]]:
        """Every way by which goods get further; each may be done once."""
        use = InputLine(lot=self.lot.id, quantity=q(2))
        return {
            "issue": self.issue, "carry by hand": self.carry_by_hand, "consume": lambda: self.report(self.order, use),
            "back-flush": lambda: self.report(self.packing), "fill": lambda: self.fill("after"), "draw": self.draw,
            "split": self.split, "relabel": self.relabel, "merge": self.merge, "merge into it": self.take_in,
            "sample": self.sample, "release": self.release, "return to the supplier": self.give_back,
        }  # fmt: skip

    def pick(self) -> Any:
        following = picking.next_stop(self.list_id, at=NOW)
        stop = following.task if following else self.stopped_pick()
        scanned = Scanned(bin_code="A-01", lot_number="F-1", sku=self.flour.sku)
        database.session.commit()
        return self.do(pick.confirm_pick, pick.ConfirmPick(task=stop, scanned=scanned, quantity=q(4), key="pick"))

    def stopped_pick(self) -> Any:
        from wms.tasks.models import Task, TaskKind, TaskState

        return database.session.execute(
            select(Task.id).where(Task.kind == TaskKind.PICK, Task.state == TaskState.STOPPED)
        ).scalar_one()

    def promised_to_the_late_sale(self) -> set[LotId]:
        """The lots that a sale is promised which asks only now."""
        self.do(pick.allocate_order, self.late_sale)
        lines = [line.id for line in picking.find_order(self.late_sale).lines]
        claimed = stock.claims_of(picking.LINE, lines)
        rows = stock.find_balances(ids=[claim.balance for claim in claimed])
        database.session.commit()
        return {row.lot for row in rows}

    def bound_to_the_next_order(self) -> set[LotId]:
        """The lots that a work order is bound to which is released only now."""
        self.do(release_order, self.next_order.id, warehouse=self.site.id)
        components = [one.id for one in self.next_order.components]
        rows = stock.find_balances(ids=[c.balance for c in stock.claims_of("wo_component", components)])
        database.session.commit()
        return {row.lot for row in rows}

    def recall(self, **more: Any) -> Any:
        """A recall of the flour and the film that has stopped them."""
        more = {"lots": (self.lot.id, self.film.id, self.spare.id)} | more
        recall = _open(self.ada, self.site, self.lot, **more)
        self.do(service.stop_shipping, recall)
        return recall


def test_what_a_recall_has_stopped_gets_no_further_by_any_verb_and_the_refusal_names_the_recall(db: Any) -> None:
    mill = Mill()
    before = {(r.lot, r.bin): r.on_hand for r in stock.find_balances(lots=[mill.lot.id, mill.film.id, mill.later.id])}
    database.session.commit()
    recall = mill.recall()
    number = recalls.find_recall(recall).number
    assert stopped_for(number) == {mill.lot.id, mill.film.id, mill.spare.id}
    database.session.commit()

    for name, verb in mill.verbs().items():
        with pytest.raises(LotStopped) as refused:
            verb()
        assert refused.value.data["recall"] == number and refused.value.data["lot"] in ("F-1", "F-2", "F-4"), name
    with pytest.raises((PickStopped, LotStopped)):
        mill.pick()
    assert mill.promised_to_the_late_sale() == {mill.later.id}, "the other lot alone is promised"
    assert mill.bound_to_the_next_order() == {mill.later.id}
    after = {(r.lot, r.bin): r.on_hand for r in stock.find_balances(lots=[mill.lot.id, mill.film.id, mill.later.id])}
    assert after == before
    database.session.commit()

    # Setting apart, counting and taking in stay open; bringing back from the line as well, see below.
    cmd = MoveGoods(
        key="apart", warehouse=mill.site.id, balance=mill.balance("A-01"), quantity=q(3), target=mill.site["CAGE"]
    )
    mill.do(move_goods, cmd)
    (row,) = stock.find_balances(lot=mill.lot.id, bin=mill.site["CAGE"])
    database.session.commit()
    outside = row.key.at(Place(bin=mill.site["ADJUST"]))
    mill.do(ledger.post, [Move(quantity=q(1), source=row.key, target=outside)], key="counted", reason=Reason.COUNT)
    given.stock(mill.lot, mill.site, "DOCK", 2)
    given.ledger_is_whole()


def test_what_was_brought_to_the_line_before_the_stop_comes_back_and_does_not_go_again(db: Any) -> None:
    mill = Mill()
    issued = mill.issue()
    recall = mill.recall()
    back = ReturnGoods(
        key="back", warehouse=mill.site.id, work_order=mill.order.id, component=mill.order.components[0].id,
        lot=mill.lot.id, bin=mill.site["QUAR"], quantity=q(1),
    )  # fmt: skip
    came = mill.do(issuing.return_, back)
    for undone in (came,):  # the return taken back would bring it to the line again
        with pytest.raises(LotStopped):
            cmd = issuing.UndoIssue(key="undo", warehouse=mill.site.id, issue=undone.issue, reason="wrong")
            mill.do(issuing.undo, cmd)
    assert issued.issue != came.issue and given.on_hand(mill.lot, bin_id=mill.site["QUAR"]) == q(1)
    assert recalls.find_recall(recall).state.value == "open"
    database.session.commit()
    given.ledger_is_whole()


def test_a_drill_bars_nothing(db: Any) -> None:
    mill = Mill()
    recall = mill.recall(is_mock=True)
    assert stopped_for(recalls.find_recall(recall).number) == set()
    database.session.commit()
    for verb in mill.verbs().values():
        verb()
    mill.pick()
    assert mill.promised_to_the_late_sale() == {mill.lot.id}
    mill.do(ship, mill.shipment, key="ship")
    given.ledger_is_whole()


def test_a_recall_that_is_given_up_frees_what_it_stopped_and_no_more(db: Any) -> None:
    mill = Mill()
    first, second = mill.recall(), mill.recall(key="another", lots=(mill.film.id,))
    mill.do(service.cancel_recall, first, reason="Wrong mill")
    with pytest.raises(LotStopped) as refused:
        mill.verbs()["back-flush"]()
    assert refused.value.data["recall"] == recalls.find_recall(second).number, "the other recall stops it still"
    database.session.commit()
    mill.do(service.cancel_recall, second, reason="Wrong film")
    for verb in mill.verbs().values():
        verb()
    mill.pick()
    assert mill.promised_to_the_late_sale() == {mill.lot.id}
    given.ledger_is_whole()


def test_the_hold_takes_the_place_of_the_stop_and_what_the_scope_leaves_out_is_free_again(db: Any) -> None:
    mill = Mill()
    recall = mill.recall()
    number = recalls.find_recall(recall).number
    database.session.commit()
    asked = recalls.find_recall(recall).asked
    assert set(asked["lots"]) == {str(mill.lot.id), str(mill.film.id), str(mill.spare.id)}
    database.session.commit()
    _scope(recall, mill.ada, place=False, chosen=frozenset({mill.lot.id}))
    assert stopped_for(number) == {mill.lot.id}, "frozen: what a person left out of it is not stopped"
    database.session.commit()
    mill.verbs()["back-flush"]()
    _do(service.place_scope, service.PlaceScope(recall=recall, version=1), by=mill.ada)
    assert stopped_for(number) == set()
    assert all(row.is_held for row in stock.find_balances(lot=mill.lot.id))
    database.session.commit()
    mill.sample()  # a sample of what is held may be drawn, as ever
    _scope(recall, mill.ada, place=False, after=1, named=(mill.film.id,))
    assert stopped_for(number) == {mill.film.id}, "a wider version stops what is new in it until it is held"
    database.session.commit()
    given.ledger_is_whole()


def _stop_at_once(recall: int, actor: int) -> str:
    run_in_transaction(service.stop_shipping, recall, actor=actor, at=NOW)
    return "stopped"


def _split_at_once(lot: int, warehouse: int, balance: int, actor: int) -> str:
    cmd = lots.SplitLot(
        key="split", lot=LotId(lot), warehouse=warehouse, reason="repacked", number=LotNumber.parse("AT-ONCE"),  # type: ignore[arg-type]
        parts=(lots.Part(balance=balance, quantity=q(1)),),  # type: ignore[arg-type]
    )  # fmt: skip
    try:
        return str(run_in_transaction(lots.split, cmd, actor=actor, at=NOW).lot)
    except LotStopped:
        return "refused"


def _race(what: str, *arguments: Any) -> str:
    return {"split": _split_at_once, "stop": _stop_at_once}[what](*arguments)


def test_of_a_stop_and_a_split_at_once_either_the_split_is_refused_or_its_lot_is_stopped_too(
    db: Any, run_at_once: Callable[..., Any]
) -> None:
    ada, site, item = given.user(None, "quality"), given.warehouse(), given.item()
    lot = given.lot(item, "R-1")
    given.stock(lot, site, "A-01", 10)
    (row,) = stock.find_balances(lot=lot.id)
    database.session.commit()
    recall = _open(ada, site, lot)
    outcomes = run_at_once(_race, [("split", lot.id, site.id, row.id, ada), ("stop", recall, ada)])
    assert [one.error for one in outcomes] == [None, None], outcomes
    said = {str(one.value) for one in outcomes}
    made = {int(text) for text in said - {"refused", "stopped"}}
    assert stopped_for(recalls.find_recall(recall).number) == {lot.id, *made}
    database.session.commit()
