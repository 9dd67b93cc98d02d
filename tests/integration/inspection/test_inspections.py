"""Inspections on both engines: opened by themselves, sampled by the plan, worked, closed; what they change and what not."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from itertools import count
from typing import Any

import pytest
from sqlalchemy import select

from tests import given
from tests.given import NOW, q
from wms.alerts.models import Alert, AlertState
from wms.catalog.models import Item, Partner
from wms.core.errors import (
    DuplicateValue,
    FieldErrors,
    InspectionIncomplete,
    InspectorReceived,
    InsufficientStock,
    NotFound,
    SupplierStopped,
    WrongState,
)
from wms.core.ids import SYSTEM_USER, InspectionId, UserId, new_id
from wms.db import db as database_session
from wms.db import run_in_transaction
from wms.gs1.codes import LotNumber
from wms.inspection import queries, service
from wms.inspection.models import (
    CharacteristicKind,
    DefectClass,
    Inspection,
    InspectionState,
    PlanState,
    Sampling,
    SamplingState,
    Severity,
    Stage,
    Verdict,
)
from wms.inspection.rules.standing import Trust
from wms.inspection.service import Entry
from wms.receiving import service as receiving
from wms.receiving.rules.commands import OpenReceipt, ReceiveLine
from wms.stock.ledger import Quality
from wms.stock.models import Lot
from wms.tasks.models import Task, TaskKind, TaskState

pytestmark = pytest.mark.usefixtures("db")
ONE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
_number = count(1)

LOOK: dict[str, Any] = {
    "name_en": "Looks whole", "name_zh": "外观", "kind": CharacteristicKind.VISUAL, "defect_class": DefectClass.MAJOR,
    "unit": "", "minimum": None, "target": None, "maximum": None, "choices": [], "accepted_choices": [], "method": "",
}  # fmt: skip
WIDTH = LOOK | {
    "name_en": "Width", "kind": CharacteristicKind.MEASURE, "unit": "mm", "minimum": Decimal("9.8"),
    "maximum": Decimal("10.2"), "defect_class": DefectClass.MINOR,
}  # fmt: skip
PAPER = LOOK | {"name_en": "Certificate", "kind": CharacteristicKind.CERTIFICATE, "defect_class": DefectClass.CRITICAL}


def do(verb: Any, *args: Any, actor: int = SYSTEM_USER, at: Any = NOW, **more: Any) -> Any:
    return run_in_transaction(verb, *args, actor=UserId(actor), at=at, **more)


def plan(item: Item | None = None, supplier: Partner | None = None, *, lines: Any = (LOOK,), **values: Any) -> Any:
    """An active plan; by default AQL 1.0, level II, of receipts, inspected by whoever."""
    made = do(
        service.create_plan,
        code=f"P-{next(_number)}",
        values={
            "name_en": "Plan", "name_zh": "", "item_id": item.id if item else None,
            "supplier_id": supplier.id if supplier else None, "stage": Stage.RECEIPT, "sampling": Sampling.ISO_2859_1,
            "aql_major": Decimal("1.0"), "aql_minor": Decimal("4.0"), "is_second_person": False, **values,
        },
        characteristics=list(lines),
    )  # fmt: skip
    do(service.activate, made.id)
    return made


def came(item: Item, supplier: Partner | None, site: given.Site, quantity: int = 1000, *, receipt: int | None = None,
         lot: Lot | None = None, actor: int = SYSTEM_USER) -> InspectionId | None:  # fmt: skip
    """Goods of a new lot come in, as receiving tells it."""
    lot = lot or given.lot(item, supplier=supplier.id if supplier else None, received_on=given.TODAY)
    return do(
        service.open_for_receipt, warehouse=site.id, receipt=receipt or new_id(), receipt_line=new_id(), item=item.id,
        lot=lot.id, supplier=supplier.id if supplier else None, quantity=q(quantity), actor=actor,
    )  # fmt: skip


def get(inspection: InspectionId | None) -> Inspection:
    assert inspection is not None
    found = queries.get_inspection(inspection).inspection
    database_session.session.rollback()
    return found


def inspect(inspection: InspectionId | None, *, bad: int = 0, to: Verdict | None = None, note: str = "") -> Inspection:
    """Look at the whole sample with so many bad units, and close as the numbers say."""
    assert inspection is not None
    if bad:
        do(service.enter_results, inspection, [Entry(characteristic=1, first=1, last=bad, value="fail")])
    do(service.conform_the_rest, inspection)
    said = queries.suggested_verdict(get(inspection)).verdict
    database_session.session.rollback()
    do(service.close, inspection, to=to or Verdict(said if said != "stopped" else "rejected"), note=note or "as found")
    return get(inspection)


class House:
    """A warehouse, an item that waits for quality, and its supplier."""

    def __init__(self, **item: Any) -> None:
        self.site = given.warehouse()
        self.item = given.item(**({"is_inspected_at_receipt": True} | item))
        self.supplier = given.partner()

    def came(self, quantity: int = 1000, **more: Any) -> InspectionId | None:
        return came(self.item, self.supplier, self.site, quantity, **more)

    def state(self) -> SamplingState:
        found = database_session.session.execute(
            select(SamplingState).where(SamplingState.item_id == self.item.id)
        ).scalar_one()
        database_session.session.refresh(found)
        database_session.session.rollback()
        return found


# -- opening ----------------------------------------------------------------------------------------------------------
def test_received_goods_open_their_inspection_and_more_of_the_lot_makes_it_larger() -> None:
    house = House()
    plan(house.item)
    receipt = do(receiving.open_receipt, OpenReceipt(warehouse=house.site.id, supplier=house.supplier.id))
    for n, quantity in enumerate((400, 600)):
        cmd = ReceiveLine(
            warehouse=house.site.id, receipt=receipt, item=house.item.id, quantity=q(quantity), key=f"k{n}",
            lot=LotNumber.parse("L-1"), expires_on=given.day(200),
        )  # fmt: skip
        assert do(receiving.receive_line, cmd).quality == "pending"
    (row,) = queries.page_of_inspections(house.site.id, queries.InspectionFilter()).rows
    one = row.inspection
    assert (one.quantity, one.sample_size, one.state) == (q(1000), 80, InspectionState.OPEN)
    assert one.sample["classes"][1] == {
        "class": "major",
        "size": 80,
        "accept": 2,
        "reject": 3,
        "aql": "1.0",
        "letter": "J",
    }
    assert one.due_at == NOW + timedelta(hours=24)
    assert [o.number for o in queries.open_inspections_of(one.lot_id, house.site.id)] == [one.number]
    database_session.session.rollback()
    given.ledger_is_whole()


@ONE
def test_without_a_plan_goods_wait_as_before_and_a_plan_for_all_counts_only_for_what_waits() -> None:
    house = House()
    assert house.came() is None
    plan()
    assert house.came() is not None
    free = given.item()
    assert came(free, house.supplier, house.site) is None
    assert not queries.waits_at_receipt(free, house.supplier.id)
    database_session.session.rollback()
    plan(supplier=house.supplier)
    assert queries.waits_at_receipt(free, house.supplier.id)
    database_session.session.rollback()


@ONE
def test_the_most_specific_plan_counts() -> None:
    house = House()
    general, of_supplier = plan(), plan(supplier=house.supplier)
    assert get(house.came()).plan_id == of_supplier.id
    of_item = plan(house.item)
    assert get(house.came()).plan_id == of_item.id
    of_both = plan(house.item, house.supplier)
    assert get(house.came()).plan_id == of_both.id
    assert get(came(house.item, None, house.site)).plan_id == of_item.id
    other = given.item(is_inspected_at_receipt=True)
    assert get(came(other, given.partner(), house.site)).plan_id == general.id


@ONE
def test_an_inspection_keeps_the_plan_it_was_opened_by() -> None:
    house = House()
    first = plan(house.item)
    before = house.came()
    draft = do(service.new_version, first.id)
    assert (draft.version, draft.state) == (2, PlanState.DRAFT)
    run_in_transaction(
        service.change_draft, draft.id, values={"aql_major": Decimal("0.65")}, characteristics=[LOOK, PAPER]
    )
    do(service.activate, draft.id)
    assert get(before).sample["classes"][1]["accept"] == 2 and len(get(before).plan["characteristics"]) == 1
    after = get(house.came())
    assert after.sample["classes"][1]["accept"] == 1 and after.plan["version"] == 2
    assert [p.state for p in queries.versions_of(first.code)] == [PlanState.ACTIVE, PlanState.RETIRED]
    database_session.session.rollback()
    with pytest.raises(WrongState):
        run_in_transaction(service.change_draft, draft.id, values={}, characteristics=[LOOK])


@ONE
def test_a_plan_says_what_it_needs_and_two_never_count_for_the_same_goods() -> None:
    house = House()
    plan(house.item)
    for values, lines in (
        ({"aql_major": None, "aql_minor": None}, [LOOK]),
        ({"sampling": Sampling.ISO_2859_2}, [LOOK]),
        ({"sampling": Sampling.FIXED}, [LOOK]),
        ({}, []),
        ({}, [WIDTH | {"minimum": None, "maximum": None}]),
        ({}, [WIDTH | {"minimum": Decimal(11)}]),
        ({}, [LOOK | {"kind": CharacteristicKind.CHOICE, "choices": ["a"]}]),
    ):
        with pytest.raises(FieldErrors):
            plan(given.item(), lines=lines, **values)
    with pytest.raises(DuplicateValue):
        plan(house.item)


def test_a_receipt_taken_back_shrinks_or_cancels_its_inspection() -> None:
    house = House()
    plan(house.item)
    receipt, lot = new_id(), given.lot(house.item)
    lines = []
    for quantity in (400, 600):
        line = new_id()
        made = do(
            service.open_for_receipt, warehouse=house.site.id, receipt=receipt, receipt_line=line, item=house.item.id,
            lot=lot.id, supplier=house.supplier.id, quantity=q(quantity),
        )  # fmt: skip
        lines.append(line)
    do(service.withdraw_receipt, lines[0])
    assert (get(made).quantity, get(made).state) == (q(600), InspectionState.OPEN)
    do(service.withdraw_receipt, lines[1])
    assert get(made).state is InspectionState.CANCELLED
    do(service.withdraw_receipt, lines[1])


# -- working ----------------------------------------------------------------------------------------------------------
def test_results_of_single_units_and_runs_replace_each_other_and_are_counted_by_class() -> None:
    house = House()
    plan(house.item, lines=[LOOK, WIDTH, PAPER], sampling=Sampling.FIXED, fixed_size=5)
    one = house.came()
    assert one is not None
    do(service.enter_results, one, [Entry(characteristic=1, first=1, last=5, value="pass")])
    do(service.enter_results, one, [Entry(characteristic=1, first=3, value="fail", note="torn")])
    do(service.enter_results, one, [Entry(characteristic=2, first=n, value="10.0") for n in range(1, 6)])
    rows = [(r.characteristic, r.unit_first, r.unit_last, r.is_conforming) for r in queries.results_of(one)]
    assert rows[:3] == [(1, 1, 2, True), (1, 3, 3, False), (1, 4, 5, True)]
    said = queries.suggested_verdict(get(one))
    database_session.session.rollback()
    assert said.verdict == "rejected", "none is accepted by a fixed number"
    do(service.enter_results, one, [Entry(characteristic=1, first=3, value="pass")])
    do(service.enter_results, one, [Entry(characteristic=3, value="pass")])
    assert queries.suggested_verdict(get(one)).verdict == "accepted"
    database_session.session.rollback()
    do(service.enter_results, one, [Entry(characteristic=2, first=2, value="10.3")])
    closed = inspect(one)
    assert (closed.verdict, closed.defects, closed.rejected_quantity) == (Verdict.REJECTED, {"minor": 1}, q(1000))


@ONE
def test_results_that_cannot_be_change_nothing() -> None:
    house = House()
    plan(house.item, lines=[LOOK, WIDTH])
    one = house.came(20)
    assert one is not None
    good = Entry(characteristic=1, first=1, value="fail")
    for entry in (
        Entry(characteristic=9, value="pass"), Entry(characteristic=1, first=0, value="pass"),
        Entry(characteristic=1, first=2, last=99, value="pass"), Entry(characteristic=1, first=1, value="perhaps"),
        Entry(characteristic=2, first=1, value="wide"), Entry(characteristic=2, first=1, last=2, value="10"),
    ):  # fmt: skip
        with pytest.raises(FieldErrors):
            do(service.enter_results, one, [good, entry])
    assert not queries.results_of(one)
    database_session.session.rollback()
    assert get(one).state is InspectionState.OPEN


def test_who_took_the_goods_in_does_not_inspect_them() -> None:
    house = House()
    plan(house.item, is_second_person=True)
    receiver, inspector = given.user(None, "receiver"), given.user(None, "quality")
    one = house.came(actor=receiver)
    assert one is not None
    for verb in (service.start, service.sort_whole):
        with pytest.raises(InspectorReceived):
            do(verb, one, actor=receiver)
    do(service.start, one, actor=inspector)
    tranche_of = house.came(actor=receiver)
    assert tranche_of is not None
    tranche = do(service.split_tranche, tranche_of, quantity=q(100), bin=None, lpn=None, note="", actor=inspector)
    with pytest.raises(InspectorReceived):
        do(service.start, tranche, actor=receiver)
    assert get(one).inspector_id == inspector


@ONE
def test_the_item_may_ask_for_the_second_person_too() -> None:
    house = House(needs_second_acceptor=True)
    plan(house.item)
    receiver = given.user(None, "receiver")
    one = house.came(actor=receiver)
    with pytest.raises(InspectorReceived):
        do(service.start, one, actor=receiver)


@ONE
def test_accepting_needs_everything_looked_at_and_a_note_against_the_numbers() -> None:
    house = House()
    plan(house.item)
    one = house.came()
    assert one is not None
    with pytest.raises(InspectionIncomplete):
        do(service.close, one, to=Verdict.ACCEPTED, note="in a hurry")
    do(service.enter_results, one, [Entry(characteristic=1, first=1, last=3, value="fail")])
    do(service.conform_the_rest, one)
    with pytest.raises(FieldErrors):
        do(service.close, one, to=Verdict.ACCEPTED)
    with pytest.raises(WrongState):
        do(service.close, one, to=Verdict.SORTED, rejected_quantity=q(3))
    do(service.close, one, to=Verdict.ACCEPTED, note="concession 12")
    assert (get(one).verdict, get(one).suggested) == (Verdict.ACCEPTED, "rejected")
    with pytest.raises(WrongState):
        do(service.close, one, to=Verdict.REJECTED, note="again")


def test_a_tranche_is_a_lot_of_its_own_and_a_failed_lot_may_be_sorted_whole() -> None:
    house = House()
    plan(house.item)
    whole = house.came(1000)
    assert whole is not None
    tranche = do(service.split_tranche, whole, quantity=q(200), bin=None, lpn=None, note="")
    assert (get(whole).quantity, get(whole).sample_size) == (q(800), 80)
    assert (get(tranche).quantity, get(tranche).sample_size, get(tranche).parent_id) == (q(200), 50, whole)
    with pytest.raises(InsufficientStock):
        do(service.split_tranche, whole, quantity=q(800), bin=None, lpn=None, note="")
    do(service.enter_results, tranche, [Entry(characteristic=1, first=1, last=2, value="fail")])
    do(service.sort_whole, tranche)
    assert get(tranche).sample_size == 200
    do(service.conform_the_rest, tranche)
    with pytest.raises(FieldErrors):
        do(service.close, tranche, to=Verdict.SORTED, rejected_quantity=q(300))
    do(service.close, tranche, to=Verdict.SORTED, rejected_quantity=q(2))
    assert (get(tranche).verdict, get(tranche).rejected_quantity) == (Verdict.SORTED, q(2))
    assert inspect(whole).verdict is Verdict.ACCEPTED
    with pytest.raises(WrongState):
        do(service.split_tranche, whole, quantity=q(1), bin=None, lpn=None, note="")


def test_a_lot_sorted_whole_is_closed_by_its_count_alone_and_needs_the_reason() -> None:
    house = House()
    plan(house.item)
    whole = house.came(100)
    assert whole is not None
    with pytest.raises(WrongState):
        do(service.close, whole, to=Verdict.SORTED, rejected_quantity=q(3), note="looked at each")
    do(service.sort_whole, whole)
    for fault in (
        {},
        {"note": "looked at each"},
        {"rejected_quantity": q(3)},
        {"rejected_quantity": q(101), "note": "x"},
    ):
        with pytest.raises(FieldErrors):
            do(service.close, whole, to=Verdict.SORTED, **fault)
    do(service.close, whole, to=Verdict.SORTED, rejected_quantity=q(3), note="looked at each")
    assert (get(whole).verdict, get(whole).rejected_quantity) == (Verdict.SORTED, q(3))


def test_stock_is_inspected_by_hand_by_the_plan_of_the_stage() -> None:
    house = House()
    lot = given.lot(house.item)
    given.stock(lot, house.site, "A-01", 50)
    cmd = service.OpenInspection(warehouse=house.site.id, stage=Stage.RETEST, lot=lot.id)
    with pytest.raises(NotFound):
        do(service.open_by_hand, cmd)
    of_retest = plan(house.item, stage=Stage.RETEST, sampling=Sampling.SQUARE_ROOT)
    one = get(do(service.open_by_hand, cmd))
    assert (one.plan_id, one.quantity, one.sample_size, one.is_original) == (of_retest.id, q(50), 9, False)
    with pytest.raises(InsufficientStock):
        do(
            service.open_by_hand,
            service.OpenInspection(warehouse=house.site.id, stage=Stage.RETEST, lot=lot.id, quantity=q(51)),
        )


# -- switching --------------------------------------------------------------------------------------------------------
def test_two_failures_tighten_five_more_stop_and_a_person_lifts() -> None:
    house = House()
    plan(house.item)
    for bad in (0, 3, 0, 3):
        inspect(house.came(), bad=bad)
    assert house.state().severity is Severity.TIGHTENED
    tightened = get(house.came())
    assert (tightened.severity, tightened.sample["classes"][1]["accept"]) == (Severity.TIGHTENED, 1)
    inspect(tightened.id, bad=2)
    for _ in range(4):
        inspect(house.came(), bad=2)
    state = house.state()
    assert state.severity is Severity.STOPPED
    alert = database_session.session.execute(select(Alert).where(Alert.state == AlertState.OPEN)).scalar_one()
    assert (alert.kind.value, alert.data["sku"]) == ("supplier_stopped", house.item.sku)
    database_session.session.rollback()
    waiting = house.came()
    assert waiting is not None and get(waiting).severity is Severity.STOPPED
    do(service.conform_the_rest, waiting)
    with pytest.raises(SupplierStopped):
        do(service.close, waiting, to=Verdict.ACCEPTED, note="please")
    standing = queries.supplier_standing(house.supplier.id, at=NOW + timedelta(days=1))
    assert standing.trust is Trust.STOPPED and standing.counts.stops == 1
    database_session.session.rollback()
    do(service.lift_stop, state.id, reason="new tool")
    assert house.state().severity is Severity.TIGHTENED and get(waiting).severity is Severity.TIGHTENED
    do(service.close, waiting, to=Verdict.ACCEPTED)
    assert database_session.session.execute(select(Alert).where(Alert.state == AlertState.OPEN)).first() is None
    database_session.session.rollback()
    with pytest.raises(WrongState):
        do(service.lift_stop, state.id, reason="again")
    for _ in range(4):
        inspect(house.came())
    assert house.state().severity is Severity.NORMAL
    whats = [c.what for c in queries.changes_of(state.id)]
    assert whats == ["to_normal", "lifted", "stopped", "to_tightened"]
    database_session.session.rollback()


@ONE
def test_ten_good_lots_earn_reduced_inspection_once_it_is_allowed() -> None:
    house = House()
    plan(house.item)
    for _ in range(10):
        inspect(house.came())
    state = house.state()
    assert (state.severity, state.memory["score"]) == (Severity.NORMAL, 30)
    do(service.allow_reduced, state.id, is_allowed=True, reason="steady for a year")
    assert house.state().severity is Severity.REDUCED
    reduced = get(house.came())
    assert (reduced.sample_size, reduced.sample["classes"][1]["accept"]) == (32, 1)
    inspect(reduced.id, bad=2)
    assert house.state().severity is Severity.NORMAL


@ONE
def test_skip_lot_lets_lots_through_that_its_seed_does_not_draw() -> None:
    house = House()
    plan(house.item, sampling=Sampling.SKIP_LOT)
    for _ in range(10):
        inspect(house.came())
    assert house.state().skip_memory["stage"] == "skipping"
    made = []
    for _ in range(8):
        one = get(house.came())
        made.append(one.state)
        if one.state is InspectionState.OPEN:
            inspect(one.id)
    assert made.count(InspectionState.OPEN) == 2, "one of four"
    assert made.count(InspectionState.SKIPPED) == 6
    counts = queries.supplier_standing(house.supplier.id, at=NOW + timedelta(days=1)).counts
    database_session.session.rollback()
    assert (counts.lots_inspected, counts.lots_skipped) == (12, 6)


@ONE
def test_a_standing_counts_first_inspections_by_item_and_supplier() -> None:
    house = House()
    plan(house.item)
    for bad in (0, 0, 1, 3, 0):
        inspect(house.came(), bad=bad)
    counts = queries.supplier_standing(house.supplier.id, house.item.id, at=NOW + timedelta(days=1)).counts
    assert (counts.lots_received, counts.lots_inspected, counts.lots_accepted) == (5, 5, 4)
    assert (counts.units_inspected, counts.defects["major"]) == (400, 4)
    standing = queries.supplier_standing(house.supplier.id, at=NOW + timedelta(days=1))
    # 70 x 4/5 + 30 x (1 - 12/400)
    assert (standing.rating, standing.trust) == (Decimal("85.1"), Trust.NORMAL)
    assert queries.supplier_standing(given.partner().id).trust is Trust.NEW
    assert queries.supplier_standing(house.supplier.id, at=NOW + timedelta(days=400)).counts.lots_inspected == 0
    database_session.session.rollback()


def test_two_docks_taking_the_first_lots_of_an_item_share_one_memory(run_at_once: Any) -> None:
    house = House()
    plan(house.item)
    lots = [given.lot(house.item) for _ in range(2)]
    ways = [(house.site.id, house.item.id, lot.id, house.supplier.id) for lot in lots]
    outcomes = run_at_once(_take_in, ways)
    assert all(o.error is None for o in outcomes), outcomes
    states = database_session.session.execute(select(SamplingState)).scalars().all()
    assert len(states) == 1
    database_session.session.rollback()


def _take_in(site: Any, item: Any, lot: Any, supplier: Any) -> int:
    return int(
        do(
            service.open_for_receipt, warehouse=site, receipt=new_id(), receipt_line=new_id(), item=item, lot=lot,
            supplier=supplier, quantity=q(100),
        )
        or 0
    )  # fmt: skip


# -- what stays as it is ----------------------------------------------------------------------------------------------
@ONE
def test_closing_an_inspection_moves_no_goods_and_leaves_no_work() -> None:
    house = House()
    plan(house.item, test_quantity=q(2), retained_quantity=q(4))
    lot = given.lot(house.item)
    given.stock(lot, house.site, "DOCK", 100, quality=Quality.PENDING)
    one = house.came(100, lot=lot)
    task = database_session.session.execute(select(Task).where(Task.kind == TaskKind.SAMPLE)).scalar_one()
    assert (task.quantity, task.state, task.document_id) == (q(6), TaskState.OPEN, one)
    database_session.session.rollback()
    inspect(one)
    database_session.session.refresh(task)
    assert task.state is TaskState.CANCELLED
    database_session.session.rollback()
    assert given.on_hand(lot) == q(100) and given.on_hand(lot, free_only=True) == q(0)
    with pytest.raises(WrongState):
        do(service.cancel, one, note="too late")
