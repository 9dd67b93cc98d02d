"""A closed order with a wrong report is opened again by two people, corrected by counter-entry, and closed anew; both engines."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text

from tests import given
from tests.given import NOW, q
from tests.integration.recall.test_recalls import _do, _open, _scope
from wms.core.errors import (
    KeyReused,
    MissingField,
    NotFound,
    OrderReopened,
    OtherPersonNeeded,
    ReportCorrected,
    WorkOrderDiffers,
    WrongState,
)
from wms.core.ids import ProductionReportId, UserId, new_id
from wms.db import db as database
from wms.db import run_in_transaction
from wms.gaps.queries.finding import find_kind
from wms.gaps.rules.kinds import GapKind
from wms.production.models import ProductionReport, WorkOrder, WorkOrderCorrection, WorkOrderState
from wms.production.queries import closing as closing_queries
from wms.production.queries import corrections as queries
from wms.production.queries import reports as report_queries
from wms.production.queries.orders import get_order
from wms.production.service import corrections, issuing, reopening
from wms.production.service.closing import CloseOrder, close
from wms.production.service.issuing import Approval, IssueGoods, ReturnGoods
from wms.production.service.orders import complete_order
from wms.production.service.reporting import InputLine, OutputLine, ReportProduction, report
from wms.quality.handling import MoveGoods, move_goods
from wms.recall.service import stop_shipping
from wms.signing.models import Signature
from wms.signing.rules import Meaning
from wms.stock import queries as stock

pytestmark = pytest.mark.usefixtures("db")
ON_SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@dataclass
class Shut:
    """An order for ten dough of twenty flour, reported with lot F-WRONG and closed; F-RIGHT was the one that was really used."""

    site: given.Site = field(default_factory=given.warehouse)
    count: int = 0

    def __post_init__(self) -> None:
        self.flour, self.dough = given.item("FLOUR"), given.item("DOUGH")
        self.wrong, self.right = given.lot(self.flour, "F-WRONG"), given.lot(self.flour, "F-RIGHT", expires_in=300)
        given.stock(self.wrong, self.site, "A-01", 30)
        given.stock(self.right, self.site, "A-02", 30)
        given.production_rule(self.dough, is_output_pending=False)
        given.bom(self.dough, [(self.flour, 2)])
        self.line = given.line(self.site, "L1")
        self.ann, self.ben = (given.user(name, "supervisor", site=self.site) for name in ("ann", "ben"))
        self.order = given.work_order(self.site, self.dough, 10, self.line, released=True)
        self.component = self.order.components[0].id
        self.do(issuing.issue, self.goods(self.wrong, "A-01", 20))
        self.reported = self.do(
            report,
            ReportProduction(
                key=self.key(), warehouse=self.site.id, work_order=self.order.id,
                inputs=(InputLine(lot=self.wrong.id, quantity=q(20)),), outputs=(OutputLine(quantity=q(10)),),
            ),
        )  # fmt: skip
        self.do(complete_order, self.order.id)
        self.close()

    def do(self, verb: Any, *args: Any, by: UserId | None = None, **more: Any) -> Any:
        self.count += 1
        return run_in_transaction(
            verb, *args, actor=by or self.ann, at=NOW + timedelta(minutes=self.count), **more
        )  # fmt: skip

    def key(self) -> str:
        return f"key-{new_id()}"

    def goods(self, lot: Any, bin_code: str, quantity: int) -> IssueGoods:
        return IssueGoods(
            key=self.key(), warehouse=self.site.id, work_order=self.order.id, component=self.component, lot=lot.id,
            bin=self.site[bin_code], quantity=q(quantity),
        )  # fmt: skip

    def close(self, *, signed: bool = False, reason: str = "", by: UserId | None = None) -> Any:
        cmd = CloseOrder(work_order=self.order.id, warehouse=self.site.id, is_signed=signed, reason=reason)
        return self.do(close, cmd, by=by)

    def ask(
        self, report_id: ProductionReportId | None = None, *, reason: str = "label read wrong", key: str = ""
    ) -> Any:
        cmd = reopening.AskCorrection(
            key=key or self.key(), warehouse=self.site.id, report=report_id or self.reported.report, reason=reason
        )
        return self.do(reopening.ask_correction, cmd)

    def open(self, by: UserId) -> Any:
        return self.do(reopening.open_for_correction, self.reported.report, warehouse=self.site.id, by=by)

    def correct(self) -> Any:
        cmd = corrections.CorrectReport(
            key=self.key(), warehouse=self.site.id, report=self.reported.report, reason="label read wrong",
            inputs=(InputLine(lot=self.right.id, quantity=q(20)),),
        )  # fmt: skip
        return self.do(corrections.correct_inputs, cmd)

    def bring_right(self) -> None:
        yes = Approval(reason="it was this lot", approved_by=self.ann, is_permitted=True)
        self.do(issuing.supplement, self.goods(self.right, "A-02", 20), approval=yes)

    def bring_back_wrong(self) -> None:
        cmd = ReturnGoods(
            key=self.key(), warehouse=self.site.id, work_order=self.order.id, component=self.component,
            lot=self.wrong.id, bin=self.site["A-01"], quantity=q(20),
        )  # fmt: skip
        self.do(issuing.return_, cmd)

    @property
    def row(self) -> WorkOrder:
        found = get_order(self.order.id, is_locked=True)
        database.session.rollback()
        return found

    def gaps(self) -> list[str]:
        found = [one.name for one in find_kind(GapKind.CONSUMPTION_DIFFERS, self.site.id)]
        database.session.rollback()
        return found


def test_a_wrong_lot_is_corrected_after_closing_and_all_it_touched_is_listed() -> None:
    shut = Shut()
    dough = shut.reported.lots[0][0]
    customer = given.partner()
    [made] = stock.find_balances(lot=dough)
    database.session.rollback()
    away = MoveGoods(
        key="away", warehouse=shut.site.id, balance=made.id, quantity=q(10), target=shut.site["A-03"]
    )  # fmt: skip
    shut.do(move_goods, away)
    given.shipped(shut.site, [(shut.dough, 4)], customer=customer, at=NOW + timedelta(hours=1))
    recall = _open(shut.ann, shut.site, shut.wrong)
    _do(stop_shipping, recall, by=shut.ann)
    _scope(recall, shut.ann, place=False)
    with pytest.raises(WrongState):
        shut.correct()
    asked = shut.ask()
    with pytest.raises(OtherPersonNeeded):
        shut.open(shut.ann)
    shut.open(shut.ben)
    assert shut.row.state is WorkOrderState.STARTED
    assert (shut.row.closed_by, shut.row.close_signature_id) == (None, None)
    database.session.rollback()

    shut.bring_right()
    again = shut.correct()
    assert shut.gaps() == [shut.order.number], "forty went to the line, twenty were used"
    shut.bring_back_wrong()
    assert shut.gaps() == []
    shut.do(complete_order, shut.order.id)
    with pytest.raises(OrderReopened):
        shut.close()
    with pytest.raises(MissingField):
        shut.close(signed=True)
    assert closing_queries.differences_of(get_order(shut.order.id)) == []
    database.session.rollback()
    shut.close(signed=True, reason="agrees with the right lot", by=shut.ben)

    kept = shut.row
    assert (kept.state, kept.closed_by) == (WorkOrderState.CLOSED, shut.ben)
    row = database.session.execute(select(WorkOrderCorrection)).scalar_one()
    assert (row.id, row.asked_by, row.opened_by, row.closed_by) == (asked.id, shut.ann, shut.ben, shut.ben)
    assert row.closing_before["closed_by"] == str(shut.ann) and row.closing_signature_id == kept.close_signature_id
    signature = database.session.get_one(Signature, row.signature_id)
    assert (signature.meaning, signature.reason, signature.user_id) == (
        Meaning.APPROVED,
        "label read wrong",
        shut.ben,
    )
    assert (given.on_hand(shut.wrong), given.on_hand(shut.right)) == (q(30), q(10))
    assert {lot.number for lot in report_queries.sources_of(dough)} == {"F-RIGHT"}

    wrong = report_queries.get_report(shut.reported.report)
    assert report_queries.correction_of(wrong.id).id == again.report  # type: ignore[union-attr]
    impact = report_queries.impact_of(wrong, warehouses=[shut.site.id], sales=[shut.site.id])
    assert {(one.number, one.before, one.after) for one in impact.differences} == {
        ("F-WRONG", q(20), q(0)),
        ("F-RIGHT", q(0), q(20)),
    }
    [touched] = impact.touched
    assert (touched.lot.id, touched.shipped, touched.wants_hold) == (dough, q(4), True)
    [delivery] = impact.deliveries
    assert (delivery.customer_en, delivery.quantity) == (customer.name_en, q(4))
    [open_recall] = impact.recalls
    assert (open_recall.recall, open_recall.inside, open_recall.missing) == (recall, (touched.lot.number,), ())
    assert report_queries.impact_of(wrong, warehouses=[], sales=[]).deliveries == []
    database.session.rollback()
    given.ledger_is_whole()


def test_a_corrected_balance_that_does_not_close_is_a_gap_until_it_is_signed_for() -> None:
    shut = Shut()
    shut.ask()
    shut.open(shut.ben)
    assert shut.gaps() == [], "nothing is wrong with it yet"
    shut.bring_right()
    shut.correct()
    assert shut.gaps() == [shut.order.number]
    shut.do(complete_order, shut.order.id)
    with pytest.raises(WorkOrderDiffers):
        shut.close()
    shut.close(signed=True, reason="the wrong bag is lost", by=shut.ben)
    assert [one["why"] for one in shut.row.close_differences] == ["consumed_differs", "goods_at_line"]
    assert shut.gaps() == []
    shut.ask(report_queries.correction_of(shut.reported.report).id)  # type: ignore[union-attr]
    before = queries.corrections_of(shut.order.id)[0].closing_before
    assert [one["why"] for one in before["differences"]] == ["consumed_differs", "goods_at_line"]
    database.session.rollback()
    given.ledger_is_whole()


def test_what_was_asked_opened_and_closed_is_never_written_anew() -> None:
    shut = Shut()
    shut.ask()
    shut.open(shut.ben)
    for change in ("SET reason = 'other'", "SET opened_by = asked_by", "SET asked_by = opened_by"):
        with pytest.raises(Exception, match=r"append-only|two_people"):
            database.session.execute(text(f"UPDATE work_order_correction {change}"))
        database.session.rollback()
    with pytest.raises(Exception, match="append-only"):
        database.session.execute(text("DELETE FROM work_order_correction"))
    database.session.rollback()


@ON_SQLITE
def test_an_order_is_opened_again_for_one_report_at_a_time_and_by_whoever_may() -> None:
    shut = Shut()
    with pytest.raises(MissingField):
        shut.ask(reason=" ")
    with pytest.raises(WrongState):
        shut.open(shut.ben)
    first = shut.ask(key="asked")
    assert shut.ask(key="asked").id == first.id
    with pytest.raises(WrongState):
        shut.ask()
    shut.open(shut.ben)
    with pytest.raises(WrongState):
        shut.open(shut.ben)
    with pytest.raises(WrongState):
        shut.ask(key="later")
    shut.bring_right()
    again = shut.correct()
    with pytest.raises(KeyReused):
        shut.ask(again.report, key="asked")
    shut.bring_back_wrong()
    shut.close(signed=True, reason="agrees")
    with pytest.raises(ReportCorrected):
        shut.ask()
    elsewhere = given.warehouse()
    with pytest.raises(NotFound):
        cmd = reopening.AskCorrection(key="x", warehouse=elsewhere.id, report=again.report, reason="wrong")
        shut.do(reopening.ask_correction, cmd)


@ON_SQLITE
def test_a_report_of_a_closed_order_is_taken_back_whole_and_the_order_says_what_it_lacks() -> None:
    shut = Shut()
    shut.ask()
    shut.open(shut.ben)
    cmd = corrections.TakeBack(
        key="back", warehouse=shut.site.id, report=shut.reported.report, reason="never happened"
    )  # fmt: skip
    shut.do(corrections.take_back, cmd)
    assert given.on_hand(shut.reported.lots[0][0]) == q(0)
    shut.do(complete_order, shut.order.id)
    with pytest.raises((WorkOrderDiffers, OrderReopened)):
        shut.close()
    assert database.session.execute(select(ProductionReport.reversed_at)).scalar_one() is not None
    assert stock.standing_postings_of(report_queries.REPORT, shut.reported.report) == {}
    database.session.rollback()
    given.ledger_is_whole()
