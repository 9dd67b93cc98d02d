"""A complaint leads to its goods, to a hold and to an answer, before its clock ends; repeats are seen."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests import given
from tests.given import NOW
from wms.alerts.models import Alert, AlertKind, AlertState
from wms.alerts.models import Severity as Loudness
from wms.complaints import queries, service
from wms.complaints.models import Complaint
from wms.complaints.rules.clocks import CLOCKS, Clock
from wms.complaints.rules.states import Channel, ComplaintState, LinkKind, Severity
from wms.core.errors import FieldErrors, KeyReused, MissingField, NotFound, QuestionNeeded, WrongState
from wms.core.ids import ComplaintId, UserId, new_id
from wms.db import run_in_transaction
from wms.mail.models import Mail
from wms.picking.models import Order
from wms.stock.models import Hold, HoldReason

on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


class Bench:
    """A site with a lot on the shelf, a customer and a person of quality."""

    def __init__(self) -> None:
        self.site = given.warehouse()
        self.customer = given.partner(is_customer=True)
        self.item = given.item()
        self.lot = given.lot(self.item)
        given.stock(self.lot, self.site, "A-01", 40)
        self.actor: UserId = given.user(None, "quality", site=self.site)

    def record(self, key: str = "k", at: datetime = NOW, **more: Any) -> ComplaintId:
        """Take one down."""
        said: dict[str, Any] = {
            "warehouse": self.site.id, "customer": self.customer.id, "language": "zh_Hans_CN", "channel": Channel.PHONE,
            "received_at": at, "told": self.lot.number, "what": "Mould under the lid", "severity": Severity.MAJOR,
            "owner": self.actor, "contact_email": "qa@buyer.example",
        } | more  # fmt: skip
        return run_in_transaction(service.record, service.RecordComplaint(key=key, **said), actor=self.actor, at=at)

    def do(self, verb: Any, *args: Any, at: datetime = NOW, **more: Any) -> Any:
        return run_in_transaction(verb, *args, actor=self.actor, at=at, **more)

    def warn(self, at: datetime) -> dict[str, int]:
        on = at.date()
        return run_in_transaction(service.warn_of_answers, warehouse=self.site.id, on=on, actor=UserId(1), at=at)


def alerts(db: Any, kind: AlertKind) -> list[Alert]:
    db.session.expire_all()
    return list(db.session.query(Alert).filter(Alert.kind == kind, Alert.state != AlertState.RESOLVED))


def test_from_the_first_word_to_the_last(db: Any) -> None:
    bench = Bench()
    made = bench.record()
    paper = queries.get_complaint(made, warehouse=bench.site.id)
    assert paper.number.startswith("CMP-") and paper.lot_id == bench.lot.id and paper.told == bench.lot.number
    assert paper.due_at == NOW + timedelta(hours=72) and paper.state is ComplaintState.RECEIVED
    assert bench.record() == made, "a repeat is the same complaint"
    with pytest.raises(KeyReused):
        bench.record(what="Something else")

    hold = service.HoldGoods(complaint=made, warehouse=bench.site.id)
    placed = bench.do(service.hold_goods, hold)
    assert placed.quantity == given.q(40)
    assert bench.do(service.hold_goods, hold).hold == placed.hold, "a second press lays no second hold"
    row = db.session.get(Hold, placed.hold)
    assert row.reason is HoldReason.COMPLAINT and paper.number in row.note
    assert given.on_hand(bench.lot, free_only=True) == given.q(0)

    finding = service.Investigate(complaint=made, warehouse=bench.site.id, finding="Seal was cold", is_justified=True)
    bench.do(service.investigate, finding)
    with pytest.raises(WrongState):
        bench.do(service.close, made, warehouse=bench.site.id, closing="too early")
    reply = service.AnswerComplaint(
        complaint=made, warehouse=bench.site.id, text="我们道歉。", subject="您的投诉", is_mailed=True
    )
    mail = bench.do(service.answer, reply)
    letter = db.session.get(Mail, mail)
    assert (letter.subject_kind, letter.subject_id, letter.language) == ("complaint", made, "zh_Hans_CN")
    assert [one.address for one in letter.recipients] == ["qa@buyer.example"]
    with pytest.raises(WrongState):
        bench.do(service.answer, reply)
    bench.do(service.close, made, warehouse=bench.site.id, closing="Seal tool mended")
    view = queries.view_complaint(made, warehouse=bench.site.id)
    assert view.complaint.state is ComplaintState.CLOSED
    assert [(one.kind, one.target_id) for one in view.links] == [(LinkKind.HOLD, placed.hold)]
    bench.do(service.reopen, made, warehouse=bench.site.id, reason="Not content", at=NOW + timedelta(days=9))
    paper = queries.get_complaint(made, warehouse=bench.site.id)
    assert paper.state is ComplaintState.INVESTIGATING and paper.due_at == NOW + timedelta(days=12)
    given.ledger_is_whole()


@on_sqlite
@pytest.mark.parametrize(
    "other",
    [
        {"severity": Severity.CRITICAL}, {"contact_email": "else@buyer.example"}, {"told": ""}, {"quantity": given.q(2)},
        {"channel": Channel.EMAIL}, {"language": "en"}, {"customer": None, "customer_told": "A shop"},
    ],
    ids=lambda one: "-".join(one),
)  # fmt: skip
def test_another_complaint_under_the_same_key_is_refused_whatever_differs(db: Any, other: dict[str, Any]) -> None:
    bench = Bench()
    made = bench.record()
    # What a person did to it since does not make the repeat another one.
    bench.do(service.assess, made, warehouse=bench.site.id, severity=Severity.MINOR, owner=bench.actor)
    assert bench.record() == made
    with pytest.raises(KeyReused):
        bench.record(**other)
    assert db.session.query(Complaint).count() == 1


@on_sqlite
def test_a_complaint_without_a_time_came_now_and_its_repeat_a_minute_later_is_the_same(db: Any) -> None:
    bench = Bench()
    made = bench.record(received_at=None)
    assert bench.record(received_at=None, at=NOW + timedelta(minutes=1)) == made
    assert queries.get_complaint(made, warehouse=bench.site.id).received_at == NOW


def test_the_clock_warns_rings_louder_and_is_settled_by_the_answer(db: Any) -> None:
    bench = Bench()
    run_in_transaction(service.set_clock, Severity.CRITICAL, Clock(10, 4))
    made = bench.record(severity=Severity.CRITICAL)
    bench.record("other", severity=Severity.MINOR)
    assert bench.warn(NOW + timedelta(hours=5)) == {"due": 0, "late": 0, "settled": 0}
    assert bench.warn(NOW + timedelta(hours=6)) == {"due": 1, "late": 0, "settled": 0}
    (alert,) = alerts(db, AlertKind.COMPLAINT_DUE)
    assert alert.severity is Loudness.WARNING and alert.subject_id == made
    assert bench.warn(NOW + timedelta(hours=10))["late"] == 1
    (alert,) = alerts(db, AlertKind.COMPLAINT_DUE)
    assert alert.severity is Loudness.CRITICAL
    assert alert.data["due"] == "2026-11-22 22:00", "by the clock of the warehouse"
    bench.do(
        service.answer, service.AnswerComplaint(complaint=made, warehouse=bench.site.id, text="Sorry", subject="x")
    )
    assert alerts(db, AlertKind.COMPLAINT_DUE) == []


@on_sqlite
def test_what_is_told_is_read_by_the_one_resolver_and_kept_where_nobody_knows_it(db: Any) -> None:
    bench = Bench()

    def told(text: str, **more: Any) -> Any:
        made = bench.record(str(new_id()), told=text, **more)
        return queries.get_complaint(made, warehouse=bench.site.id)

    pallet = given.lpn(bench.site)
    given.stock(bench.lot, bench.site, "A-02", 5, on=pallet.id)
    order = given.order(bench.site, [(bench.item, 3)])
    number = db.session.get_one(Order, order).number
    assert told(bench.lot.number).lot_id == bench.lot.id
    by_plate = told(pallet.code)
    assert by_plate.lpn_id == pallet.id and by_plate.lot_id == bench.lot.id, "the plate's only lot follows"
    by_order = told(number)
    assert by_order.order_id == order and by_order.lot_id is None
    unknown = told("the blue tin from last week")
    assert unknown.told == "the blue tin from last week" and unknown.lot_id is None
    assert told("]d201000000000000").told == "]d201000000000000", "what claims to be a code and is none is kept too"
    twin = given.lot(given.item(), bench.lot.number)
    several = told(bench.lot.number)
    assert several.lot_id is None, "two items have it: a person says which"
    assert told(bench.lot.number, lot=twin.id).lot_id == twin.id
    bench.do(
        service.name_goods, several.id, warehouse=bench.site.id, told=bench.lot.number, lot=bench.lot.id,
        quantity=given.q(2),
    )  # fmt: skip
    assert queries.get_complaint(several.id, warehouse=bench.site.id).lot_id == bench.lot.id
    with pytest.raises(MissingField):
        bench.do(service.hold_goods, service.HoldGoods(complaint=unknown.id, warehouse=bench.site.id))


@on_sqlite
def test_a_third_complaint_about_a_lot_asks_whether_it_is_minor(db: Any) -> None:
    bench = Bench()
    first = bench.record("1", severity=Severity.MINOR)
    bench.record("2", severity=Severity.MINOR)
    with pytest.raises(QuestionNeeded) as asked:
        bench.record("3", severity=Severity.MINOR)
    assert asked.value.data == {"question": "complaint_repeats", "lot": bench.lot.number, "count": 3}
    bench.record("3", severity=Severity.MAJOR)
    bench.record("4", severity=Severity.MINOR, agreed=["complaint_repeats"])
    assert queries.view_complaint(first, warehouse=bench.site.id).on_lot == 4
    rows = queries.page_of_complaints(bench.site.id, queries.ComplaintFilter(lot=bench.lot.id)).rows
    assert {row.on_lot for row in rows} == {4} and len(rows) == 4
    late = bench.record("5", severity=Severity.MAJOR, at=NOW - timedelta(days=2))
    with pytest.raises(QuestionNeeded):
        bench.do(service.assess, late, warehouse=bench.site.id, severity=Severity.MINOR, owner=bench.actor)
    bench.do(service.assess, late, warehouse=bench.site.id, severity=Severity.CRITICAL, owner=bench.actor)
    paper = queries.get_complaint(late, warehouse=bench.site.id)
    assert paper.due_at == NOW - timedelta(days=2) + timedelta(hours=CLOCKS[Severity.CRITICAL].answer_hours)


@on_sqlite
def test_bad_input_changes_nothing(db: Any) -> None:
    bench = Bench()
    for wrong in (
        {"customer": None}, {"contact_email": "no address"}, {"received_at": NOW + timedelta(hours=1)},
    ):  # fmt: skip
        with pytest.raises(FieldErrors):
            bench.record("w", **{"at": NOW} | wrong)
    with pytest.raises(NotFound):
        bench.record("w", lot=12345)
    supplier = given.partner(is_customer=False)
    with pytest.raises(NotFound):
        bench.record("w", customer=supplier.id)
    with pytest.raises(FieldErrors):
        run_in_transaction(service.set_clock, Severity.MINOR, Clock(10, 11))
    assert queries.page_of_complaints(bench.site.id, queries.ComplaintFilter()).rows == []
    other = given.warehouse()
    made = bench.record("k", customer=None, customer_told="A passer-by")
    with pytest.raises(NotFound):
        queries.get_complaint(made, warehouse=other.id)
