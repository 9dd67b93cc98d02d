"""A work order is closed when all agrees, or by a signature that keeps what does not; on both engines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import select

from tests import given
from tests.given import NOW, q
from wms.core.errors import MissingField, WorkOrderDiffers, WorkOrderNotClear, WrongState
from wms.core.ids import SYSTEM_USER, UserId, new_id
from wms.db import run_in_transaction
from wms.production.models import InputSource, WorkOrder, WorkOrderState
from wms.production.queries import closing as queries
from wms.production.queries.orders import get_order
from wms.production.rules.closing import Why
from wms.production.service import issuing
from wms.production.service.closing import CloseOrder, close
from wms.production.service.issuing import IssueGoods, ReturnGoods
from wms.production.service.orders import complete_order
from wms.production.service.reporting import InputLine, OutputLine, ReportProduction, report
from wms.signing.models import Signature
from wms.signing.rules import Meaning
from wms.stock import ledger
from wms.stock.ledger import Move, Place, Reason
from wms.stock.models import Lot


@dataclass
class Made:
    """An order for ten dough of twenty flour; the flour is at the line."""

    site: given.Site
    order: WorkOrder
    lot: Lot
    actor: UserId

    def report(self, used: int, made: int, lost: int = 0) -> None:
        lines = [InputLine(lot=self.lot.id, quantity=q(used))] if used else []
        if lost:
            lines.append(InputLine(lot=self.lot.id, quantity=q(lost), source=InputSource.SCRAP, reason="spilled"))
        cmd = ReportProduction(
            key=f"report-{new_id()}", warehouse=self.site.id, work_order=self.order.id, inputs=tuple(lines),
            outputs=(OutputLine(quantity=q(made)),),
        )  # fmt: skip
        run_in_transaction(report, cmd, actor=self.actor, at=NOW)

    def bring_back(self, quantity: int) -> None:
        cmd = ReturnGoods(
            key=f"back-{new_id()}", warehouse=self.site.id, work_order=self.order.id,
            component=self.order.components[0].id, lot=self.lot.id, bin=self.site["A-02"], quantity=q(quantity),
        )  # fmt: skip
        run_in_transaction(issuing.return_, cmd, actor=self.actor, at=NOW)

    def complete(self) -> None:
        run_in_transaction(complete_order, self.order.id, actor=self.actor, at=NOW)

    def close(self, *, signed: bool = False, reason: str = "") -> Any:
        cmd = CloseOrder(work_order=self.order.id, warehouse=self.site.id, is_signed=signed, reason=reason)
        return run_in_transaction(close, cmd, actor=self.actor, at=NOW)

    def why(self) -> list[tuple[Why, str]]:
        found = [(one.why, one.text) for one in queries.differences_of(get_order(self.order.id))]
        queries.db.session.rollback()
        return found

    @property
    def row(self) -> WorkOrder:
        found = get_order(self.order.id, is_locked=True)
        queries.db.session.rollback()
        return found


def _made(*, tolerance: int = 0, is_counted_in: bool = False) -> Made:
    site, flour, dough = given.warehouse(), given.item("FLOUR"), given.item("DOUGH")
    lot = given.lot(flour, "F-1")
    if is_counted_in:
        key = given.key(lot, site)
        move = Move(quantity=q(30), source=key.at(Place(bin=site["ADJUST"])), target=key)
        run_in_transaction(ledger.post, [move], key="count", reason=Reason.COUNT, actor=SYSTEM_USER, at=NOW)
    else:
        given.stock(lot, site, "A-01", 30)
    given.production_rule(flour, tolerance_percent=tolerance)
    given.bom(dough, [(flour, 2)])
    order = given.work_order(site, dough, 10, given.line(site, "L1"), released=True)
    actor = given.user(None, "supervisor", site=site)
    cmd = IssueGoods(
        key="issue", warehouse=site.id, work_order=order.id, component=order.components[0].id, lot=lot.id,
        bin=site["A-01"], quantity=q(20),
    )  # fmt: skip
    run_in_transaction(issuing.issue, cmd, actor=actor, at=NOW)
    return Made(site, order, lot, actor)


def test_an_order_that_agrees_is_closed_without_a_signature(db: Any) -> None:
    made = _made()
    made.report(15, 9, lost=1)
    made.bring_back(4)
    made.complete()
    assert made.why() == []
    assert made.close() == []
    assert (made.row.state, made.row.closed_by, made.row.close_signature_id) == (
        WorkOrderState.CLOSED,
        made.actor,
        None,
    )
    with pytest.raises(WrongState):
        made.close()
    given.ledger_is_whole()


def test_what_does_not_agree_is_refused_or_signed_for_and_kept(db: Any) -> None:
    made = _made()
    made.report(17, 10)
    made.complete()
    assert made.why() == [(Why.CONSUMED_DIFFERS, "FLOUR 17 ≠ 20 ea"), (Why.GOODS_AT_LINE, "FLOUR F-1 3 ea")]
    with pytest.raises(WorkOrderDiffers) as refused:
        made.close()
    assert refused.value.data["differences"] == ["FLOUR 17 ≠ 20 ea", "FLOUR F-1 3 ea"]
    with pytest.raises(MissingField):
        made.close(signed=True)
    made.close(signed=True, reason="Dust on the floor")
    kept = made.row
    assert [one["why"] for one in kept.close_differences] == ["consumed_differs", "goods_at_line"]
    signature = db.session.execute(select(Signature).where(Signature.id == kept.close_signature_id)).scalar_one()
    assert (signature.meaning, signature.reason, signature.user_id) == (Meaning.CLOSED, "Dust on the floor", made.actor)
    assert '"consumed":"17"' in signature.content.replace(" ", "")
    db.session.rollback()
    assert given.claims_of(made.order.components[0].id) == [], "what is left at the line is promised to nobody"
    given.ledger_is_whole()


def test_a_leftover_within_tolerance_is_no_difference(db: Any) -> None:
    made = _made(tolerance=5)
    made.report(19, 10)
    made.complete()
    assert made.why() == [] and made.close() == []


def test_goods_on_their_way_to_the_line_are_waited_for(db: Any) -> None:
    made = _made()
    other = given.work_order(
        made.site, db.session.get_one(type(made.order.item), made.order.item_id), 1, made.order.line, released=True
    )
    db.session.rollback()
    cmd = IssueGoods(
        key="part", warehouse=made.site.id, work_order=other.id, component=other.components[0].id, lot=made.lot.id,
        bin=made.site["A-01"], quantity=q(1),
    )  # fmt: skip
    run_in_transaction(issuing.issue, cmd, actor=made.actor, at=NOW)
    half = Made(made.site, other, made.lot, made.actor)
    half.report(1, 1)
    with pytest.raises(WorkOrderNotClear) as refused:
        half.close(signed=True, reason="in a hurry")
    assert refused.value.data["what"] == ["tasks_open", "lots_bound"]
    half.complete()
    assert half.why() == []
    half.close()


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_an_input_that_nobody_knows_the_origin_of_needs_a_signature(db: Any) -> None:
    made = _made(is_counted_in=True)
    made.report(20, 10)
    made.complete()
    assert made.why() == [(Why.INPUT_WITHOUT_SOURCE, "FLOUR F-1")]
    with pytest.raises(WorkOrderDiffers):
        made.close()
