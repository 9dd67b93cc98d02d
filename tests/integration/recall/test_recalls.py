"""Recalls as they are run: stop, scope, hold, widen, take back, confirm, close; drills and supplier's recalls."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from typing import Any

import pytest
from sqlalchemy import delete, func, select, update

from tests import given
from tests.given import NOW, q
from wms.alerts.models import Alert, AlertKind, AlertState
from wms.core.clock import now
from wms.core.errors import (
    FieldErrors,
    HeldByRecall,
    KeyReused,
    LotOnHold,
    LotStopped,
    NotFound,
    NotShippedTo,
    OtherPersonNeeded,
    QuestionNeeded,
    RecallChanged,
    RecallIsDrill,
    RecallNotNil,
    RecallOutstanding,
    RecallStepsOpen,
    Refused,
    ScopeNotWider,
    SecondPersonNeeded,
    ShipmentBlocked,
    WrongState,
)
from wms.core.ids import SYSTEM_USER, LotId, RecallId
from wms.db import db as database
from wms.db import run_in_transaction
from wms.disposition.models import Destruction
from wms.disposition.service import destruction
from wms.gs1.codes import LotNumber
from wms.quality.service import LiftHold, lift_hold
from wms.recall import edge, service
from wms.recall.models import CheckLevel, CheckResult, InsideFate, OutsideFate, RecallOrigin, RecallTruck
from wms.recall.queries import outside, recalls, scope, whole
from wms.recall.rules.steps import RecallState, RecallStep
from wms.shipping.models import Shipment
from wms.shipping.service import ship
from wms.stock import lots as lots_service
from wms.stock import queries as stock
from wms.stock.ledger import reads
from wms.stock.models import Hold, Lot
from wms.stock.stops import stopped_for
from wms.tasks.models import Task, TaskKind, TaskState


def _do(verb: Callable[..., Any], *arguments: Any, by: Any = SYSTEM_USER, at: Any = NOW, **more: Any) -> Any:
    return run_in_transaction(verb, *arguments, actor=by, at=at, **more)


@pytest.fixture
def people(db: Any) -> tuple[Any, Any]:
    """Two persons of quality."""
    return given.user(None, "quality"), given.user(None, "quality")


def _split(lot: Any, site: given.Site, number: str, quantity: int, *, bin_code: str = "A-01") -> LotId:
    """Part of a lot becomes another: the simplest genealogy."""
    row = next(r for r in stock.find_balances(lot=lot.id) if r.bin == site[bin_code])
    database.session.commit()
    cmd = lots_service.SplitLot(
        key=f"split-{number}", lot=lot.id, warehouse=site.id, reason="repacked", number=LotNumber.parse(number),
        parts=(lots_service.Part(balance=row.id, quantity=q(quantity)),),
    )  # fmt: skip
    made = _do(lots_service.split, cmd, by=given.user(None, "quality"))
    return LotId(made.lot)


def _open(by: Any, site: given.Site, lot: Any, **fields: Any) -> RecallId:
    cmd = service.OpenRecall(
        **{
            "key": f"recall-{given.new_id()}", "warehouse": site.id, "class_code": "food", "reason": "Glass",
            "start_text": lot.number, "start_item": lot.item.sku, **fields,
        }
    )  # fmt: skip
    return RecallId(_do(service.open_recall, cmd, by=by))


def _scope(recall: RecallId, by: Any, *, place: bool = True, **fields: Any) -> Any:
    frozen = _do(
        service.freeze_scope, service.FreezeScope(**{"recall": recall, "reason": "Trace of the lot", **fields}), by=by
    )
    if place:
        _do(service.place_scope, service.PlaceScope(recall=recall, version=frozen.number), by=by)
    return frozen


def _shipped(site: given.Site, item: Any, quantity: int, **fields: Any) -> Shipment:
    return database.session.get_one(Shipment, given.shipped(site, [(item, quantity)], **fields))


def _postings() -> int:
    return int(database.session.execute(select(func.max(reads.posting.c.seq))).scalar_one())


def test_a_recall_from_the_stop_to_its_closing_report(db: Any, people: tuple[Any, Any]) -> None:
    ada, ben = people
    site, other, item = given.warehouse(), given.warehouse(), given.item(standard_cost=2)
    lot, late = given.lot(item, "L-1", expires_in=100), given.lot(item, "L-LATE", expires_in=300)
    given.stock(lot, site, "A-01", 100)
    given.stock(lot, other, "A-01", 5)
    given.stock(late, site, "A-02", 50)
    part = _split(lot, site, "L-1/B", 20)
    buyer, second = given.partner("BUYER", is_customer=True, recall_contact="Ms Li"), given.partner("OTHER")
    gone = _shipped(site, item, 30, customer=buyer, at=NOW - timedelta(days=1))
    gone_number = gone.number
    order, _plate, waiting = given.picked(site, [(item, 10)], customer=second)

    recall = _open(ada, site, lot)
    stopped = _do(service.stop_shipping, recall, by=ada)

    assert (stopped.shipments, stopped.trucks) == (1, 1)
    with pytest.raises(ShipmentBlocked):
        _do(ship, waiting, key="ship", by=ada)
    truck = db.session.execute(select(RecallTruck).where(RecallTruck.is_under_way)).scalar_one()
    task = db.session.get_one(Task, truck.task_id)
    assert (task.kind, task.state, truck.plate) == (TaskKind.CALL_BACK, TaskState.OPEN, "A 12345")
    database.session.commit()
    _do(service.answer_truck, recall, truck.id, answer="turns round", by=ada)
    assert db.session.get_one(Task, task.id, populate_existing=True).state is TaskState.DONE
    database.session.commit()

    before = _postings()
    frozen = _scope(recall, ada, place=False)
    assert frozen.lots == 2 and _postings() == before
    seen = scope.preview(recalls.scope_lots(recall), at=NOW)
    assert [o.demand.number for o in seen.orders] and seen.worth.amount == 150
    database.session.commit()
    placed = _do(
        service.place_scope,
        service.PlaceScope(recall=recall, version=1, fingerprint=seen.fingerprint), by=ada,
    )  # fmt: skip
    assert _postings() == before + 1
    assert placed.lots == 2 and len(placed.orders) == 1
    rows = stock.find_balances(lots=[lot.id, part])
    assert sum(r.on_hand.millionths for r in rows) == q(75).millionths and all(r.is_held for r in rows)
    assert not any(r.is_held for r in stock.find_balances(lot=late.id))
    database.session.commit()
    with pytest.raises(HeldByRecall):
        hold = db.session.execute(select(Hold.id).where(Hold.lot_id == part, Hold.lifted_at.is_(None))).scalar_one()
        database.session.commit()
        _do(lift_hold, LiftHold(hold=hold, reason="looks fine"), by=ben)

    (line,) = outside.outside_lines(recall)
    (delivery,) = outside.deliveries_of(recall)
    assert (line.sums.shipped, line.part, delivery.document) == (q(30), 1, gone_number)
    party = outside.find_party(recall, line.party)
    assert (party.name_en, party.contact) == (buyer.name_en, "Ms Li")
    database.session.commit()
    _do(service.note_step, recall, RecallStep.NOTIFY, by=ada, note="by telephone")

    back = service.ReceiveReturn(
        key="back-1", recall=recall, warehouse=site.id, party=line.party, lot=lot.id, quantity=q(12), bin=site["CAGE"],
    )  # fmt: skip
    assert _do(service.receive_return, back, by=ada) == _do(service.receive_return, back, by=ada) == q(12)
    with pytest.raises(KeyReused):
        _do(service.receive_return, replace(back, quantity=q(13)), by=ada)
    (caged,) = [r for r in stock.find_balances(lot=lot.id) if r.bin == site["CAGE"]]
    assert (caged.on_hand, caged.quality.value, caged.is_held) == (q(12), "pending", True)
    database.session.commit()
    many = service.ReceiveReturn(
        key="back-2", recall=recall, warehouse=site.id, party=line.party, lot=lot.id, quantity=q(19), bin=site["CAGE"],
    )  # fmt: skip
    with pytest.raises(QuestionNeeded) as asked:
        _do(service.receive_return, many, by=ada)
    assert (asked.value.data["question"], asked.value.data["returned"]) == ("returned_more", "31")
    with pytest.raises(NotShippedTo):
        wrong = service.ReceiveReturn(
            key="back-3", recall=recall, warehouse=site.id, party=line.party, lot=part, quantity=q(1), bin=site["CAGE"],
        )  # fmt: skip
        _do(service.receive_return, wrong, by=ada)
    said = service.ConfirmOutside(
        key="said-1",
        recall=recall,
        party=line.party,
        lot=lot.id,
        fate=OutsideFate.USED,
        quantity=q(10),
        said_by="Ms Li",
    )
    _do(service.confirm_outside, said, by=ada)
    with pytest.raises(KeyReused):
        _do(service.confirm_outside, replace(said, quantity=q(1)), by=ada)
    with pytest.raises(FieldErrors):
        too_much = service.ConfirmOutside(
            key="said-2", recall=recall, party=line.party, lot=lot.id, fate=OutsideFate.USED, quantity=q(9)
        )
        _do(service.confirm_outside, too_much, by=ada)
    (sums,) = outside.outside_of(recall).totals
    assert (sums.shipped, sums.recovered, sums.used, sums.outstanding, sums.over) == (q(30), q(12), q(10), q(8), q(0))
    database.session.commit()

    assert _do(service.report, recall, note="day one", by=ada) == 1
    with pytest.raises(RecallStepsOpen) as open_:
        _do(service.close_recall, recall, by=ada)
    assert open_.value.data["steps"] == ["approval", "effectiveness_checks", "preparation"]
    with pytest.raises(RecallStepsOpen) as open_:
        _do(service.prepare_close, recall, by=ada)
    assert open_.value.data["steps"] == ["approval", "effectiveness_checks"]
    with pytest.raises(OtherPersonNeeded):
        _do(service.approve_recall, recall, reason="yes", by=ada)
    _do(service.approve_recall, recall, reason="yes", by=ben)
    _do(service.check_party, service.CheckParty(recall=recall, party=line.party, result=CheckResult.EFFECTIVE), by=ben)
    with pytest.raises(RecallOutstanding) as left:
        _do(service.prepare_close, recall, by=ada)
    assert left.value.data["outstanding"] == "8 ea"
    later = NOW + timedelta(hours=30)
    assert _do(service.prepare_close, recall, reason="The customer cannot find the rest", by=ada, at=later) == 2
    with pytest.raises(OtherPersonNeeded) as same:
        _do(service.close_recall, recall, by=ada, at=later)
    assert same.value.data["part"] == "who_prepared"
    more = service.CheckParty(recall=recall, party=line.party, result=CheckResult.NOT_ACTED)
    _do(service.check_party, more, by=ada, at=later)
    with pytest.raises(RecallChanged) as changed:  # nobody signs what the other has not seen
        _do(service.close_recall, recall, by=ben, at=later)
    assert changed.value.data["what"] == ["figures_parties", "figures_checks"]
    assert _do(service.prepare_close, recall, reason="The customer cannot find the rest", by=ada, at=later) == 3
    assert _do(service.close_recall, recall, by=ben, at=later) == 4
    assert recalls.find_recall(recall).close_reason == "The customer cannot find the rest"
    closing = recalls.reports_of(recall)[-1]
    (out,) = closing.figures["outside"]
    assert (out["shipped"], out["recovered"], out["used"], out["outstanding"]) == ("30", "12", "10", "8")
    assert {one["step"]: one["hours"] for one in closing.figures["steps"]}["close"] == "30.00"
    assert closing.figures["balance_percent"] == "100"
    assert recalls.find_recall(recall).state is RecallState.CLOSED
    with pytest.raises(WrongState):
        _do(service.report, recall, note="more", by=ada)
    database.session.commit()
    given.ledger_is_whole()


def test_a_second_discovery_widens_the_scope_and_leaving_a_lot_out_is_signed_by_another_person(
    db: Any, people: tuple[Any, Any]
) -> None:
    ada, ben = people
    site, item = given.warehouse(), given.item()
    lot, second = given.lot(item, "W-1"), given.lot(item, "W-2")
    given.stock(lot, site, "A-01", 10)
    given.stock(second, site, "A-02", 10)
    part = _split(lot, site, "W-1/B", 4)
    recall = _open(ada, site, lot)
    with pytest.raises(WrongState):
        _scope(recall, ada)  # the stop comes first
    _do(service.stop_shipping, recall, by=ada)
    _scope(recall, ada)
    with pytest.raises(ScopeNotWider):
        _scope(recall, ada, after=1, asked=(scope.Asked(text="W-1", item=item.sku),))
    with pytest.raises(WrongState):
        _scope(recall, ada, after=0, named=(second.id,))

    wider = _scope(recall, ada, after=1, asked=(scope.Asked(text="W-2", item=item.sku),), reason="Same shift")

    assert (wider.number, wider.lots, wider.new) == (2, 3, 1)
    assert [len(recalls.lots_of(v.id)) for v in recalls.versions_of(recall)] == [2, 3]
    assert all(r.is_held for r in stock.find_balances(lots=[lot.id, part, second.id]))
    assert recalls.held_lots(recall) == {lot.id, part, second.id}
    database.session.commit()
    leave = service.NarrowScope(recall=recall, after=2, leave_out=frozenset({part}), reason="Packed before")
    with pytest.raises(SecondPersonNeeded):
        _do(service.narrow_scope, leave, by=ada)
    narrow = _do(service.narrow_scope, leave, by=ben)
    assert (narrow.number, narrow.lots) == (3, 2)
    assert not any(r.is_held for r in stock.find_balances(lot=part))
    assert all(r.is_held for r in stock.find_balances(lots=[lot.id, second.id]))
    with pytest.raises(FieldErrors):
        nothing = service.NarrowScope(
            recall=recall, after=3, leave_out=frozenset({lot.id, second.id}), reason="All of it"
        )
        _do(service.narrow_scope, nothing, by=ben)
    later = given.lot(item, "W-3")
    _scope(recall, ada, place=False, after=3, named=(later.id,))
    early = service.NarrowScope(recall=recall, after=4, leave_out=frozenset({later.id}), reason="Not so")
    with pytest.raises(OtherPersonNeeded):  # nothing of it is held yet, and still it wants another person
        _do(service.narrow_scope, early, by=ada)
    database.session.commit()
    given.ledger_is_whole()


def test_what_comes_later_of_a_lot_in_scope_is_held_and_what_was_made_meanwhile_is_asked_about(
    db: Any, people: tuple[Any, Any]
) -> None:
    ada, _ben = people
    site, item = given.warehouse(), given.item()
    lot = given.lot(item, "G-1")
    given.stock(lot, site, "A-01", 10)
    recall = _open(ada, site, lot)
    _do(service.stop_shipping, recall, by=ada)
    _scope(recall, ada, place=False)
    with pytest.raises(LotStopped):
        _split(lot, site, "G-1/B", 3)
    set_free = database.session.execute(update(Lot).where(Lot.id == lot.id).values(stopped_for=""))
    assert set_free.rowcount == 1  # as a version frozen before lots were stopped has it
    database.session.commit()
    grown = _split(lot, site, "G-1/B", 3)
    with pytest.raises(QuestionNeeded) as asked:
        _do(service.place_scope, service.PlaceScope(recall=recall, version=1), by=ada)
    assert (asked.value.data["question"], asked.value.data["lots"]) == ("scope_grew", "G-1/B")
    _do(
        service.place_scope,
        service.PlaceScope(recall=recall, version=1, answers=frozenset({"scope_grew"})), by=ada,
    )  # fmt: skip
    assert stopped_for(recalls.find_recall(recall).number) == {grown}, (
        "what is in no version yet is stopped all the same"
    )
    database.session.commit()
    again = _scope(recall, ada, after=1, asked=(scope.Asked(text="G-1", item=item.sku),))
    assert again.new == 1
    given.stock(lot, site, "DOCK", 2)
    assert all(r.is_held for r in stock.find_balances(lot=lot.id))
    database.session.commit()


def test_a_drill_posts_nothing_stops_nothing_and_keeps_how_long_it_took(db: Any, people: tuple[Any, Any]) -> None:
    ada, _ben = people
    site, item = given.warehouse(), given.item()
    lot = given.lot(item, "D-1")
    given.stock(lot, site, "A-01", 10)
    _shipped(site, item, 4)
    _order, _plate, waiting = given.picked(site, [(item, 2)])
    before, tasks = _postings(), db.session.execute(select(func.count()).select_from(Task)).scalar_one()
    database.session.commit()

    recall = _open(ada, site, lot, is_mock=True)
    _do(service.stop_shipping, recall, by=ada)
    _scope(recall, ada, place=False)
    _do(service.place_scope, service.PlaceScope(recall=recall, version=1), by=ada, at=NOW + timedelta(minutes=7))
    party = outside.outside_of(recall).parties[0].row.id
    database.session.commit()
    with pytest.raises(RecallIsDrill):
        back = service.ReceiveReturn(
            key="b", recall=recall, warehouse=site.id, party=party, lot=lot.id, quantity=q(1), bin=site["CAGE"]
        )
        _do(service.receive_return, back, by=ada)
    (sums,) = outside.outside_of(recall).totals
    assert (sums.shipped, sums.outstanding) == (q(4), q(4))
    database.session.commit()
    _do(service.close_recall, recall, by=ada, at=NOW + timedelta(minutes=9))

    assert _postings() == before
    assert db.session.execute(select(func.count()).select_from(Task)).scalar_one() == tasks
    assert not any(r.is_held for r in stock.find_balances(lot=lot.id))
    found = recalls.find_recall(recall)
    assert found.number.startswith("MR-")
    assert found.result == {"scope_seconds": 420, "whole_seconds": 540, "balance_percent": "100"}
    database.session.commit()
    _do(ship, waiting, key="ship-drill", by=ada)


def test_a_suppliers_recall_of_what_we_never_had_is_answered_with_nil_stock(db: Any, people: tuple[Any, Any]) -> None:
    ada, _ben = people
    site, item, supplier = given.warehouse(), given.item(), given.partner("SUP", is_supplier=True)
    theirs = {"origin": RecallOrigin.SUPPLIER, "supplier": supplier.id, "start_kind": "supplier_lot", "start_item": ""}
    lot = given.lot(item, "S-1", supplier=supplier.id)
    given.stock(lot, site, "A-01", 10)
    with pytest.raises(NotFound):
        _open(ada, site, lot, start_text="NEVER-HEARD-OF")

    nil = _open(ada, site, lot, start_text="NEVER-HEARD-OF", **theirs)
    _do(service.reply_nil, nil, note="Nothing of it was ever here", by=ada)
    assert recalls.find_recall(nil).state is RecallState.NIL_STOCK
    (party,) = outside.outside_of(nil).suppliers
    assert party.name_en == supplier.name_en
    database.session.commit()
    real = _open(ada, site, lot, lots=(lot.id,), origin=RecallOrigin.SUPPLIER, supplier=supplier.id)
    with pytest.raises(RecallNotNil) as refused:
        _do(service.reply_nil, real, note="Nothing", by=ada)
    assert refused.value.data["on_hand"] == "10"


def test_a_recall_given_up_before_its_hold_lets_go_what_it_stopped(db: Any, people: tuple[Any, Any]) -> None:
    ada, _ben = people
    site, item = given.warehouse(), given.item()
    lot = given.lot(item, "C-1")
    given.stock(lot, site, "A-01", 10)
    _order, _plate, waiting = given.picked(site, [(item, 2)])
    recall = _open(ada, site, lot)
    _do(service.stop_shipping, recall, by=ada)
    _do(service.cancel_recall, recall, reason="Wrong lot", by=ada)
    _do(ship, waiting, key="ship-on", by=ada)
    assert given.on_hand(lot) == q(8)


def test_a_step_that_is_overdue_rings_once_until_it_is_done(db: Any, people: tuple[Any, Any]) -> None:
    ada, _ben = people
    site, item = given.warehouse(), given.item()
    lot = given.lot(item, "O-1")
    given.stock(lot, site, "A-01", 10)
    recall = _open(ada, site, lot)
    late = NOW + timedelta(hours=2)
    assert run_in_transaction(service.alert_overdue, at=NOW) == {"overdue": 0}
    assert run_in_transaction(service.alert_overdue, at=late) == {"overdue": 1}
    assert run_in_transaction(service.alert_overdue, at=late) == {"overdue": 1}
    (alert,) = db.session.execute(select(Alert).where(Alert.kind == AlertKind.RECALL_DUE)).scalars()
    assert alert.data["step"] == "recall_stop"
    database.session.commit()
    _do(service.stop_shipping, recall, by=ada, at=late)
    assert db.session.get_one(Alert, alert.id, populate_existing=True).state is AlertState.RESOLVED
    database.session.commit()


def test_what_stood_picked_at_the_stop_does_not_leave_before_the_hold_though_its_shipment_was_opened_later(
    db: Any, people: tuple[Any, Any]
) -> None:
    ada, _ben = people
    site, item, other = given.warehouse(), given.item(), given.item()
    lot, good = given.lot(item, "P-1"), given.lot(other, "G-1")
    given.stock(lot, site, "A-01", 20)
    given.stock(good, site, "A-02", 20)
    drill = _open(ada, site, lot, is_mock=True)
    _do(service.stop_shipping, drill, by=ada)
    recall = _open(ada, site, lot, key="in earnest")
    _order, _plate, late = given.picked(site, [(item, 5)])
    _do(service.stop_shipping, recall, by=ada)
    database.session.execute(delete(Alert).where(Alert.kind == AlertKind.RECALL_STOP))  # as if it had been opened later
    database.session.commit()

    _order, _plate, free = given.picked(site, [(other, 5)])

    with pytest.raises(LotStopped):
        _do(ship, late, key="late")
    _do(ship, free, key="free")
    _scope(recall, ada, place=False)
    with pytest.raises(ShipmentBlocked):  # the freezing stops it at its door
        _do(ship, late, key="late")
    database.session.commit()
    given.ledger_is_whole()


def test_the_depth_of_the_checks_is_loosened_after_the_approval_by_two_persons_alone(
    db: Any, people: tuple[Any, Any]
) -> None:
    ada, ben = people
    site, item = given.warehouse(), given.item()
    lot = given.lot(item, "V-1")
    given.stock(lot, site, "A-01", 10)
    recall = _open(ada, site, lot)
    assert _do(service.set_check_level, recall, CheckLevel.B, by=ada) is None
    assert recalls.find_recall(recall).check_level is CheckLevel.B
    database.session.commit()
    _do(service.approve_recall, recall, reason="yes", by=ben)
    with pytest.raises(FieldErrors) as needed:
        _do(service.set_check_level, recall, CheckLevel.E, by=ada)
    assert needed.value.data["errors"] == {"reason": ["required_after_approval"]}
    with pytest.raises(FieldErrors):
        _do(service.set_check_level, recall, CheckLevel.B, reason="None", by=ada)
    asked = _do(service.set_check_level, recall, CheckLevel.E, reason="All of it is back", by=ada)
    assert recalls.find_recall(recall).check_level is CheckLevel.B, "asked for is not in force"
    database.session.commit()
    with pytest.raises(OtherPersonNeeded) as same:
        _do(service.sign_check_level, recall, asked, by=ada)
    assert same.value.data["part"] == "who_asked"
    again = _do(service.set_check_level, recall, CheckLevel.D, reason="One in fifty will do", by=ada)
    with pytest.raises(NotFound):  # asked for anew: the first is let go
        _do(service.sign_check_level, recall, asked, by=ben)
    _do(service.sign_check_level, recall, again, by=ben)
    assert recalls.find_recall(recall).check_level is CheckLevel.D
    signed = edge.signed(recalls.find_recall(recall))[-1]
    assert (signed.row.user, signed.row.reason, signed.is_unchanged) == (ben, "One in fifty will do", True)
    database.session.commit()
    with pytest.raises(WrongState):
        _do(service.sign_check_level, recall, again, by=ben)


def test_goods_count_as_destroyed_when_their_witness_has_signed_whoever_ordered_it(
    db: Any, people: tuple[Any, Any]
) -> None:
    ada, ben = people
    cara, dora = given.user(None, "quality"), given.user(None, "supervisor")
    site, item = given.warehouse(), given.item()
    lot = given.lot(item, "X-1")
    given.stock(lot, site, "A-01", 6)
    given.stock(lot, site, "CAGE", 4)
    recall = _open(ada, site, lot)
    _do(service.stop_shipping, recall, by=ada)
    _scope(recall, ada)
    cmd = service.DestroyHeld(key="burn", recall=recall, warehouse=site.id, reason="Glass")
    paper = _do(service.destroy_held, cmd, by=ada)
    assert outside.outcomes_of(recall) == [], "ordered is not destroyed"
    assert [one.id for one in outside.destructions_waiting(recall)] == [paper]
    figures = whole.figures_of(recalls.find_recall(recall), at=NOW)
    assert figures["outcomes"] == []
    database.session.commit()
    for person in (ben, cara, dora):
        if not queries_of_destruction(paper).approved_at:
            _do(destruction.approve_destruction, paper, warehouse=site.id, reason="yes", by=person)
    done = destruction.CarryOut(destruction=paper, warehouse=site.id, method="burnt", place="kiln")
    _do(destruction.carry_out, done, by=cara)
    assert outside.outcomes_of(recall) == []
    database.session.commit()
    eve = given.user(None, "quality")
    _do(destruction.witness, paper, warehouse=site.id, reason="seen", by=eve)
    (outcome,) = outside.outcomes_of(recall)
    assert (outcome.fate, outcome.quantity, outcome.document_id) == (InsideFate.DESTROYED, q(4), paper)
    assert outside.destructions_waiting(recall) == []
    assert whole.figures_of(recalls.find_recall(recall), at=NOW)["inside"] == [["ea", "6", "6"]]
    database.session.commit()
    given.ledger_is_whole()


def queries_of_destruction(paper: Any) -> Any:
    """The order to destroy as it stands."""
    found = database.session.get_one(Destruction, paper, populate_existing=True)
    database.session.commit()
    return found


def test_a_wider_version_works_the_parts_of_deliveries_out_anew_and_the_old_one_keeps_its_own(
    db: Any, people: tuple[Any, Any]
) -> None:
    ada, _ben = people
    site, item = given.warehouse(), given.item()
    first, second = given.lot(item, "Y-1", expires_in=30), given.lot(item, "Y-2", expires_in=60)
    given.stock(first, site, "A-01", 10)
    given.stock(second, site, "A-02", 30)
    rows = {row.lot: row.id for row in stock.find_balances(lots=[first.id, second.id])}
    database.session.commit()
    mixed = lots_service.MergeLots(
        key="mix", lots=(first.id, second.id), warehouse=site.id, reason="mixed", number=LotNumber.parse("Y-MIX"),
        parts=tuple(lots_service.Part(balance=row) for row in rows.values()),
    )  # fmt: skip
    made = LotId(_do(lots_service.merge, mixed).lot)
    _shipped(site, item, 20, at=NOW - timedelta(days=1))
    recall = _open(ada, site, first)
    _do(service.stop_shipping, recall, by=ada)
    _scope(recall, ada)
    assert [one.share for one in outside.deliveries_of(recall)] == [Fraction(1, 4)]
    database.session.commit()

    _scope(recall, ada, after=1, asked=(scope.Asked(text="Y-2", item=item.sku),), reason="The other bag as well")

    (now_,) = outside.deliveries_of(recall)
    old = recalls.versions_of(recall)[0]
    (then,) = outside.deliveries_of(recall, version=old)
    assert (now_.lot, now_.share, then.share) == (made, Fraction(1), Fraction(1, 4))
    (line,) = [one for one in outside.outside_lines(recall) if one.lot == made]
    assert line.part == Fraction(1)
    shares = [{one.lot: one.share for one in scope.scope_of(v)}[made] for v in recalls.versions_of(recall)]
    assert shares == [Fraction(1, 4), Fraction(1)]
    database.session.commit()


def test_how_long_a_truck_counts_as_under_way_is_a_setting(db: Any, people: tuple[Any, Any]) -> None:
    ada, _ben = people
    site, item = given.warehouse(), given.item()
    lot = given.lot(item, "Z-1")
    given.stock(lot, site, "A-01", 10)
    _shipped(site, item, 2, at=NOW - timedelta(hours=100))
    recall = _open(ada, site, lot)
    assert _do(service.stop_shipping, recall, by=ada).trucks == 0
    assert _do(service.stop_shipping, recall, by=ada, truck_hours=120).trucks == 1


# -- a race -----------------------------------------------------------------------------------------------------------------
def race(kind: str, *arguments: Any) -> Any:
    """One side of the race, by name: processes are given the same function."""
    if kind == "ship":
        try:
            return int(
                run_in_transaction(ship, arguments[0], key=f"race-{arguments[0]}", actor=SYSTEM_USER, at=now()).posting
            )
        except (LotOnHold, ShipmentBlocked, Refused):
            return 0
    done = run_in_transaction(service.stop_shipping, RecallId(arguments[0]), actor=arguments[1], at=now())
    return (done.shipments, done.trucks)


def test_nothing_that_is_suspect_leaves_after_the_stop_and_every_truck_that_won_is_called_back_and_counted(
    db: Any, people: tuple[Any, Any], run_at_once: Callable[..., list[Any]]
) -> None:
    ada, _ben = people
    site, item = given.warehouse(), given.item()
    lot = given.lot(item, "R-1")
    given.stock(lot, site, "A-01", 40)
    recall = _open(ada, site, lot)
    waiting = [given.picked(site, [(item, 5)])[2] for _n in range(4)]
    outcomes = run_at_once(race, [("stop", recall, ada), *[("ship", one) for one in waiting]])

    assert [o.error for o in outcomes] == [None] * 5
    shipped = [o.value for o in outcomes[1:] if o.value]
    assert tuple(outcomes[0].value) == (4 - len(shipped), len(shipped)), "each is stopped at its door or called back"
    _scope(recall, ada)
    left = q(40 - 5 * len(shipped))
    rows = stock.find_balances(lot=lot.id)
    assert sum(r.on_hand.millionths for r in rows) == left.millionths and all(r.is_held for r in rows)
    sums = outside.outside_of(recall).totals
    assert sum(one.shipped.millionths for one in sums) == q(5 * len(shipped)).millionths
    assert whole.balance_of(recall).is_whole
    database.session.commit()
    given.ledger_is_whole()
