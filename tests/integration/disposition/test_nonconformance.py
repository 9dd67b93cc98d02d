"""Non-conformances and destructions on both engines: who may approve, what each disposition does, executor and witness."""

from dataclasses import replace
from typing import Any

import pytest
from flask import Flask

from tests import given
from wms.core.errors import (
    ConcessionStands,
    FieldErrors,
    HeldByNonconformance,
    InsufficientStock,
    NotAllGone,
    OtherPersonNeeded,
    RoleNeeded,
    WrongState,
)
from wms.core.ids import DestructionId, NonconformanceId, UserId
from wms.db import run_in_transaction
from wms.disposition import queries, records, service
from wms.disposition.models import Nonconformance, ReleaseVerdict
from wms.disposition.rules.states import DefectClass, DestructionState, Disposition, NonconformanceState
from wms.disposition.service import (
    CarryOut,
    DestroyLine,
    OrderDestruction,
    Propose,
    RecordNonconformance,
    Review,
    papers,
)
from wms.gs1.codes import LotNumber
from wms.quality.service import LiftHold, lift_hold
from wms.returns.models import SupplierReturn
from wms.signing import queries as signing
from wms.stock import lots
from wms.stock import queries as stock
from wms.stock.ledger import Quality
from wms.stock.models import HoldScope
from wms.stock.rules.scope import Entry
from wms.tasks.models import Task, TaskKind


class Case:
    """Ten of a lot from a supplier stand in A-01, released; and the people who have to do with it."""

    def __init__(self, *, quality: Quality = Quality.RELEASED, **item: Any) -> None:
        self.site = given.warehouse()
        self.supplier = given.partner("SUP")
        self.item = given.item(**item)
        self.lot = given.lot(self.item, "L-1", supplier=self.supplier.id)
        given.stock(self.lot, self.site, "A-01", 10, quality=quality)
        self.people = {
            name: given.user(name, role, site=self.site)
            for name, role in (
                ("finder", "supervisor"), ("li", "quality"), ("wang", "quality"), ("zhao", "supervisor"), ("qian", "picker"),
            )
        }  # fmt: skip

    def who(self, name: str) -> UserId:
        return self.people[name]

    def do(self, verb: Any, *args: Any, by: str, **more: Any) -> Any:
        return run_in_transaction(verb, *args, actor=self.who(by), at=given.NOW, **more)

    def record(self, **more: Any) -> NonconformanceId:
        values = {
            "key": "nc-1", "warehouse": self.site.id, "lot": self.lot.id, "what": "seals are broken",
            "defect_class": DefectClass.MAJOR,
        }  # fmt: skip
        found: NonconformanceId = self.do(
            service.record_nonconformance, RecordNonconformance(**(values | more)), by="finder"
        )
        return found

    def proposed(self, disposition: Disposition, *limits: Entry, **more: Any) -> NonconformanceId:
        """Recorded by finder, reviewed and proposed by li."""
        paper = self.record(**more)
        look = Review(
            nonconformance=paper, warehouse=self.site.id, finding="three cartons", defect_class=DefectClass.CRITICAL
        )
        self.do(service.review, look, by="li")
        wish = Propose(
            nonconformance=paper,
            warehouse=self.site.id,
            disposition=disposition,
            reason="as the rule says",
            limits=limits,
        )
        self.do(service.propose, wish, by="li")
        return paper

    def approve(self, paper: NonconformanceId, *names: str) -> None:
        for name in names:
            self.do(service.approve_disposition, paper, warehouse=self.site.id, reason="agreed", by=name)

    def see(self, paper: NonconformanceId) -> Nonconformance:
        return queries.find_nonconformance(paper)

    def stand(self) -> list[tuple[str, str, bool, str]]:
        rows = stock.find_balances(warehouse=self.site.id)
        return [(row.lot_number, row.quality.value, row.is_held, str(row.on_hand)) for row in rows]


def test_it_holds_its_goods_and_nobody_lifts_that_hold_but_its_disposition(db: Any) -> None:
    case = Case()
    paper = case.record()
    found = case.see(paper)
    assert found.number == "NC-2026-0001" and str(found.quantity) == "10" and found.supplier_id == case.supplier.id
    assert case.stand() == [("L-1", "released", True, "10")]
    assert case.record() == paper
    with pytest.raises(HeldByNonconformance):
        case.do(lift_hold, LiftHold(hold=found.hold_id, reason="no"), by="li")
    assert case.record(key="nc-2") != paper
    assert {one.number for one in queries.all_nonconformances(case.site.id)} == {"NC-2026-0001", "NC-2026-0002"}


def test_approvers_are_others_each_once_and_one_is_of_quality(db: Any) -> None:
    case = Case()
    paper = case.proposed(Disposition.RELEASE)
    for name, part in (("finder", "who_found"), ("li", "who_asked")):
        with pytest.raises(OtherPersonNeeded) as refused:
            case.approve(paper, name)
        assert refused.value.data["part"] == part
    case.approve(paper, "zhao")
    with pytest.raises(OtherPersonNeeded) as twice:
        case.approve(paper, "zhao")
    assert twice.value.data == {"name": "Zhao", "part": "who_approved", "task": "to_approve"}
    with pytest.raises(RoleNeeded) as role:
        case.approve(paper, "qian")
    assert role.value.data["needed"] == ["quality"] and role.value.data["found"] == ["picker"]
    assert case.see(paper).state is NonconformanceState.PROPOSED
    case.approve(paper, "wang")
    assert case.see(paper).state is NonconformanceState.CLOSED
    assert case.stand() == [("L-1", "released", False, "10")]
    rows = signing.signatures_of(records.NONCONFORMANCE, paper)
    assert [(row.login, row.meaning.value) for row in rows] == [
        ("li", "reviewed"), ("zhao", "approved"), ("wang", "approved")
    ]  # fmt: skip
    assert all(one.is_unchanged and one.row.is_genuine for one in queries.view_nonconformance(paper).signatures)
    given.ledger_is_whole()


def test_a_policy_says_how_many_and_from_where(db: Any) -> None:
    case = Case()
    set_ = {"item_class": None, "disposition": Disposition.RELEASE, "people": 1, "roles": ("quality",)}
    run_in_transaction(service.set_approval_policy, item=case.item.id, **set_)
    paper = case.proposed(Disposition.RELEASE)
    with pytest.raises(RoleNeeded):
        case.approve(paper, "zhao")
    case.approve(paper, "wang")
    assert case.see(paper).state is NonconformanceState.CLOSED


def test_a_refused_proposal_is_proposed_anew_and_old_approvals_count_no_more(db: Any) -> None:
    case = Case()
    paper = case.proposed(Disposition.RELEASE)
    case.approve(paper, "zhao")
    case.do(service.refuse_disposition, paper, warehouse=case.site.id, reason="destroy it", by="wang")
    assert case.see(paper).state is NonconformanceState.REVIEWED
    again = Propose(nonconformance=paper, warehouse=case.site.id, disposition=Disposition.REWORK, reason="reseal")
    case.do(service.propose, again, by="li")
    seen = queries.view_nonconformance(paper)
    assert not seen.approvals
    changed = {one.row.login: one.changed for one in seen.signatures if one.row.meaning == "approved"}
    assert "disposition" in changed["zhao"]
    case.approve(paper, "zhao", "wang")
    assert case.see(paper).state is NonconformanceState.DECIDED


def test_a_concession_frees_the_goods_for_some_only_and_as_a_lot_of_their_own(db: Any) -> None:
    case = Case()
    with pytest.raises(FieldErrors):
        case.proposed(Disposition.CONCESSION)
    wish = Propose(
        nonconformance=case.record(), warehouse=case.site.id, disposition=Disposition.CONCESSION, reason="looks only",
        limits=(Entry(market="CN", until=given.day(20)),),
    )  # fmt: skip
    case.do(service.propose, wish, by="li")
    case.approve(wish.nonconformance, "zhao", "wang")
    assert case.stand() == [("L-1", "released", False, "10")]
    (scope,) = queries.open_scopes([case.lot.id])
    assert (scope.market, scope.until_on, scope.document_kind) == ("CN", given.day(20), "nonconformance")
    part = case.proposed(
        Disposition.CONCESSION, Entry(market="EU"), key="part", scope=HoldScope.QUANTITY, bin=case.site["A-01"],
        quantity=given.q(3),
    )  # fmt: skip
    case.approve(part, "zhao", "wang")
    assert sorted(case.stand()) == [("L-1", "released", False, "7"), ("L-1-1", "released", False, "3")]
    given.ledger_is_whole()


def test_a_concession_binds_the_goods_whatever_their_lot_is_called_by_now(db: Any) -> None:
    case = Case()
    market = {"kind": "release", "document": 1, "actor": case.who("li"), "at": given.NOW}
    run_in_transaction(papers.add_scopes, case.lot.id, [Entry(market="US")], **market)
    paper = case.proposed(Disposition.CONCESSION, Entry(market="CN"))
    (row,) = stock.find_balances(lot=case.lot.id)
    part = lots.SplitLot(
        key="s", lot=case.lot.id, warehouse=case.site.id, parts=(lots.Part(balance=row.id, quantity=given.q(4)),),
        reason="a sample of them",
    )  # fmt: skip
    became = case.do(lots.split, part, by="li")
    name = lots.RelabelLot(
        key="r", lot=became.lot, warehouse=case.site.id, number=LotNumber.parse("NEW"), reason="other label"
    )
    renamed = case.do(lots.relabel, name, by="li")
    case.approve(paper, "zhao", "wang")
    assert sorted(case.stand()) == [("L-1", "released", False, "6"), ("NEW", "released", False, "4")]
    for lot in (case.lot.id, renamed.lot):
        assert [scope.entry for scope in queries.open_scopes([lot])] == ["m:CN@"], (
            "for whom it was before counts no more"
        )


def test_one_person_does_not_widen_what_several_conceded(db: Any) -> None:
    case = Case()
    case.approve(case.proposed(Disposition.CONCESSION, Entry(market="CN")), "zhao", "wang")
    wider: dict[str, Any] = {"warehouse": case.site.id, "reason": "sell it", "by": "li"}
    with pytest.raises(ConcessionStands):
        case.do(service.widen_scope, case.lot.id, (), for_all=True, **wider)
    given.stock(case.lot, case.site, "A-02", 2, quality=Quality.PENDING)
    decide = service.DecideRelease(
        key="d", lot=case.lot.id, warehouse=case.site.id, verdict=ReleaseVerdict.RELEASED, reason="fresh", for_all=True
    )
    with pytest.raises(ConcessionStands):
        case.do(service.decide_release, decide, by="li")
    case.do(service.decide_release, replace(decide, for_all=False, scope=(Entry(market="CN"),)), by="li")


def test_rework_keeps_the_hold_until_somebody_says_what_came_of_it_and_then_waits_for_a_release(db: Any) -> None:
    case = Case()
    paper = case.proposed(Disposition.REWORK)
    case.approve(paper, "zhao", "wang")
    assert case.stand() == [("L-1", "released", True, "10")]
    (task,) = db.session.query(Task).filter(Task.why == "rework").all()
    assert task.kind is TaskKind.CAGE
    db.session.rollback()
    case.do(service.finish, paper, warehouse=case.site.id, outcome="resealed, 10 of 10 good", by="li")
    assert case.stand() == [("L-1", "pending", False, "10")]
    assert case.see(paper).state is NonconformanceState.CLOSED
    assert signing.signatures_of(records.NONCONFORMANCE, paper)[-1].meaning == "disposed"


def test_a_return_opens_the_suppliers_paper_and_ends_when_the_goods_are_gone(db: Any) -> None:
    case = Case()
    run_in_transaction(service.set_approval_policy, item=None, item_class=None, disposition=None, people=1, roles=())
    paper = case.proposed(Disposition.SUPPLIER_RETURN)
    case.approve(paper, "wang")
    found = case.see(paper)
    back = db.session.get_one(SupplierReturn, found.supplier_return_id)
    assert (back.origin_kind, back.origin_id, str(back.lines[0].quantity)) == ("nonconformance", paper, "10")
    db.session.rollback()
    with pytest.raises(NotAllGone) as early:
        case.do(service.finish, paper, warehouse=case.site.id, outcome="gone", by="li")
    assert early.value.data == {"number": "NC-2026-0001", "quantity": "10"}
    from wms.returns.service import CarryLine, carry_line

    case.do(carry_line, CarryLine(warehouse=case.site.id, line=back.lines[0].id, key="c"), by="zhao")
    case.do(service.finish, paper, warehouse=case.site.id, outcome="credit note 17", by="li")
    assert case.stand() == [] and case.see(paper).state is NonconformanceState.CLOSED
    given.ledger_is_whole()


def test_destruction_takes_two_people_and_the_witness_takes_the_goods_off_the_books(db: Any) -> None:
    case = Case(quality=Quality.REJECTED)
    paper = case.proposed(Disposition.DESTROY)
    case.approve(paper, "zhao", "wang")
    (order,) = queries.destructions_of_nonconformance(paper)
    assert (order.number, order.state, len(order.lines)) == ("DES-2026-0001", DestructionState.APPROVED, 1)
    db.session.rollback()
    how = CarryOut(
        destruction=order.id, warehouse=case.site.id, method="incinerated", place="city plant", contractor="C-99"
    )
    with pytest.raises(WrongState):
        case.do(service.witness, order.id, warehouse=case.site.id, reason="seen", by="qian")
    case.do(service.carry_out, how, by="wang")
    assert case.stand() == [("L-1", "rejected", True, "10")]
    with pytest.raises(OtherPersonNeeded) as same:
        case.do(service.witness, order.id, warehouse=case.site.id, reason="seen", by="wang")
    assert same.value.data == {"name": "Wang", "part": "who_carried_out", "task": "to_witness"}
    with pytest.raises(OtherPersonNeeded) as decider:
        case.do(service.witness, order.id, warehouse=case.site.id, reason="seen", by="zhao")
    assert decider.value.data["part"] == "who_approved"
    case.do(service.witness, order.id, warehouse=case.site.id, reason="seen", by="qian")
    assert case.stand() == []
    seen = queries.view_destruction(order.id)
    assert [(one.row.login, one.row.meaning.value) for one in seen.signatures] == [
        ("wang", "disposed"), ("qian", "witnessed")
    ]  # fmt: skip
    assert all(one.is_unchanged and one.row.is_genuine for one in seen.signatures)
    case.do(service.finish, paper, warehouse=case.site.id, outcome="certificate C-99", by="li")
    assert case.see(paper).state is NonconformanceState.CLOSED
    given.ledger_is_whole()


def test_a_witness_who_did_not_see_it_so_sends_it_back(db: Any) -> None:
    case = Case(quality=Quality.REJECTED)
    (row,) = stock.find_balances(lot=case.lot.id)
    order: DestructionId = case.do(
        service.order_destruction,
        OrderDestruction(
            key="d", warehouse=case.site.id, reason="old", lines=(DestroyLine(balance=row.id, quantity=given.q(4)),)
        ),
        by="finder",
    )
    with pytest.raises(OtherPersonNeeded) as asked:
        case.do(service.approve_destruction, order, warehouse=case.site.id, reason="yes", by="finder")
    assert asked.value.data["part"] == "who_ordered"
    for name in ("zhao", "wang"):
        case.do(service.approve_destruction, order, warehouse=case.site.id, reason="yes", by=name)
    how = CarryOut(destruction=order, warehouse=case.site.id, method="buried", place="yard")
    case.do(service.carry_out, how, by="li")
    case.do(service.object_to, order, warehouse=case.site.id, reason="only three", by="qian")
    assert queries.find_destruction(order).state is DestructionState.APPROVED
    case.do(service.carry_out, how, by="li")
    case.do(service.witness, order, warehouse=case.site.id, reason="four", by="qian")
    assert case.stand() == [("L-1", "rejected", False, "6")]
    with pytest.raises(InsufficientStock):
        case.do(
            service.order_destruction,
            OrderDestruction(
                key="e", warehouse=case.site.id, reason="old", lines=(DestroyLine(balance=row.id, quantity=given.q(7)),)
            ),
            by="finder",
        )


def _record(cmd: RecordNonconformance, actor: UserId) -> NonconformanceId:
    return run_in_transaction(service.record_nonconformance, cmd, actor=actor, at=given.NOW)


def test_one_call_that_three_make_at_once_is_one_non_conformance(app: Flask, run_at_once: Any) -> None:
    with app.app_context():
        case = Case()
        cmd = RecordNonconformance(
            key="once", warehouse=case.site.id, lot=case.lot.id, what="torn", defect_class=DefectClass.MINOR
        )
        work = [(cmd, case.who("finder"))] * 3
    found = run_at_once(_record, work)
    assert {one.error for one in found} == {None} and len({one.value for one in found}) == 1, found
    with app.app_context():
        assert [one.number for one in queries.all_nonconformances(case.site.id)] == ["NC-2026-0001"]
