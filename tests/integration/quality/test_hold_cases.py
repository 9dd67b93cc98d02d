"""Hold cases on both engines: what a query matches, every place that goods stand in, what comes later, lifting, many lots."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from tests import given
from tests.given import NOW, q
from tests.plans import watch
from wms.alerts.models import Alert, AlertKind
from wms.catalog.models import Item, Partner
from wms.core.clock import now
from wms.core.errors import (
    FieldErrors,
    KeyReused,
    LotOnHold,
    NotFound,
    QuestionNeeded,
    Refused,
    SecondPersonNeeded,
    TooManyLots,
    WrongState,
)
from wms.core.ids import OURSELVES, SYSTEM_USER, LotId, new_id
from wms.db import db as database
from wms.db import run_in_transaction
from wms.picking import queries as picking
from wms.picking import service as picks
from wms.picking.models import OrderLine, PickList
from wms.picking.rules.check_pick import Scanned
from wms.quality import case_queries as queries
from wms.quality import cases
from wms.quality.case_queries import Selection, Where
from wms.quality.cases import LiftCase, PlaceCase
from wms.quality.rules.criteria import Arrival, Criteria, check_criteria, from_data, matches
from wms.signing.queries import signatures_of
from wms.sites.models import Bin, BinKind
from wms.stock import ledger
from wms.stock import queries as stock
from wms.stock.ledger import ClaimRequest, Move, Place, Reason
from wms.stock.models import CaseScope, Hold, HoldCase, HoldReason
from wms.tasks.models import Task, TaskKind

one_engine = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def query(warehouse: Any = None, **asked: Any) -> Selection:
    """A query by ids and values, with the codes that a case keeps."""
    codes = {"supplier": (Partner.code, "supplier_code"), "item": (Item.sku, "sku"), "bin": (Bin.code, "bin_code")}
    for name, (column, code) in codes.items():
        if name in asked:
            asked[code] = database.session.execute(select(column).where(column.class_.id == asked[name])).scalar_one()
    database.session.commit()
    return Selection(scope=CaseScope.QUERY, warehouse=warehouse, criteria=Criteria(**asked))


def place(selection: Selection, **fields: Any) -> cases.PlacedCase:
    actor = fields.pop("actor", SYSTEM_USER)
    cmd = PlaceCase(**{"key": f"k{new_id()}", "selection": selection, "reason": HoldReason.SUSPECT, **fields})
    return run_in_transaction(cases.place_case, cmd, actor=actor, at=fields.get("at", NOW))


def lift(case: int, *, actor: int, holds: Any = None) -> cases.LiftedCase:
    cmd = LiftCase(case=case, reason="tested, good", holds=holds)  # type: ignore[arg-type]
    return run_in_transaction(cases.lift_case, cmd, actor=actor, at=NOW)  # type: ignore[arg-type]


def held(*lots: Any) -> dict[str, bool]:
    """Each lot's number, and whether all of it is held."""
    rows = stock.find_balances(lots=[lot.id for lot in lots])
    given.db.session.commit()
    return {lot.number: all(r.is_held for r in rows if r.lot == lot.id) for lot in lots}


def receive(site: given.Site, item: Any, number: str, supplier: Any, **receipt: Any) -> Any:
    """Take goods in by a receipt, as a receiver would; the receipt line's answer."""
    from wms.gs1.codes import LotNumber
    from wms.receiving import service as receiving
    from wms.receiving.rules.commands import Arrival as Paper
    from wms.receiving.rules.commands import OpenReceipt, ReceiveLine

    at = receipt.pop("at", NOW)
    paper = Paper(**receipt) if receipt else None
    opened = OpenReceipt(warehouse=site.id, supplier=supplier.id, arrival=paper)
    made = run_in_transaction(receiving.open_receipt, opened, actor=SYSTEM_USER, at=at)
    cmd = ReceiveLine(
        warehouse=site.id, receipt=made, item=item.id, quantity=q(5), key=f"r{new_id()}", lot=LotNumber.parse(number),
        expires_on=given.day(200), answers=frozenset({"lot_of_another_supplier"}),
    )  # fmt: skip
    line = run_in_transaction(receiving.receive_line, cmd, actor=SYSTEM_USER, at=at)
    run_in_transaction(receiving.close_receipt, made, warehouse=site.id, actor=SYSTEM_USER, at=at)
    return line


def lot_of(item: Any, number: str) -> Any:
    from wms.stock.service import find_lot

    found = find_lot(item.id, number)
    given.db.session.commit()
    assert found is not None
    return found


@pytest.fixture
def site(db: Any) -> given.Site:
    return given.warehouse()


@pytest.fixture
def second(site: given.Site) -> int:
    return given.user("quality2", "quality")


# -- what matches -----------------------------------------------------------------------------------------------------
def test_a_query_matches_by_all_it_asks_and_by_the_receipt_that_really_brought_the_lot(site: given.Site) -> None:
    milk, tea = given.item("MILK"), given.item("TEA")
    good, bad = given.partner("GOOD"), given.partner("BAD")
    receive(site, milk, "M-1", bad, delivery_note="DN-7")
    receive(site, milk, "M-2", bad, at=NOW - timedelta(days=9))
    receive(site, milk, "M-3", good)
    receive(site, milk, "M-3", bad, at=NOW + timedelta(days=3))  # the same lot again, by another hand
    receive(site, tea, "T-1", bad)
    old = given.lot(milk, "M-0", supplier=bad.id, received_on=given.day(-400), country="NL", expires_in=5)
    given.stock(old, site, "A-02", 3)

    def found(**asked: Any) -> set[str]:
        lots = queries.lots_matching(query(**asked))
        database.session.rollback()
        return {lot.number for lot in lots}

    assert found(supplier=bad.id) == {"M-0", "M-1", "M-2", "M-3", "T-1"}
    assert found(supplier=bad.id, item=milk.id, received_from=given.TODAY, received_until=given.TODAY) == {"M-1"}
    assert found(supplier=bad.id, received_from=given.day(1)) == {"M-3"}
    assert found(delivery_note="DN-7") == {"M-1"} and found(delivery_note="DN-8") == set()
    assert found(expires_from=given.day(1), expires_until=given.day(10)) == {"M-0"}
    assert found(country="NL") == {"M-0"} and found(words="t-1") == {"T-1"}
    assert found(maker_lot="M-2") == {"M-2"} and found(captured_by="rfid") == set()
    assert found(bin=site["A-02"]) == {"M-0"} and found(bin=site["DOCK"], item=tea.id) == {"T-1"}
    zone = database.session.execute(select(Bin.zone_id).where(Bin.id == site["A-02"])).scalar_one()
    assert found(zone=zone, country="NL") == {"M-0"}


@one_engine
def test_an_arrival_is_asked_what_the_database_is_asked(site: given.Site) -> None:
    came = Arrival(
        lot=1, lot_number="M-1", supplier_code="S", maker_code="M", maker_lot="X", sku="MILK", item_class="food", names=("MILK", "牛奶"),
        received_on=given.TODAY, last_good_on=given.day(10), country="CN", captured_by="scan", delivery_note="DN-7",
    )  # fmt: skip
    right: dict[str, Any] = {
        "supplier_code": "S", "maker_code": "M", "maker_lot": "X", "sku": "MILK", "item_class": "food", "received_from": given.TODAY,
        "received_until": given.TODAY, "expires_until": given.day(10), "country": "CN", "captured_by": "scan",
        "delivery_note": "DN-7", "words": "牛",
    }  # fmt: skip
    assert matches(Criteria(**right), came)
    for name, wrong in (
        ("supplier_code", "s"), ("maker_code", "S"), ("maker_lot", "x"), ("sku", "TEA"), ("item_class", "drug"), ("country", "NL"),
        ("received_from", given.day(1)), ("received_until", given.day(-1)), ("expires_until", given.day(9)),
        ("captured_by", "typed"), ("delivery_note", "DN-8"), ("words", "tea"), ("bin", 4), ("receipt_number", "R1"),
    ):  # fmt: skip
        assert not matches(Criteria(**right | {name: wrong}), came), name
    assert not matches(Criteria(), came)
    kept = Criteria(**right)
    assert from_data(kept.as_data()) == kept
    for faulty, standing in (
        (Criteria(), False),
        (Criteria(received_from=given.day(2), received_until=given.day(1)), False),
        (Criteria(bin=1), True),
        (Criteria(own_field="lot.colour"), False),
    ):
        with pytest.raises(FieldErrors):
            check_criteria(faulty, is_standing=standing)


# -- every place --------------------------------------------------------------------------------------------------------
def picked(site: given.Site, item: Any, quantity: int, *, is_all: bool = True) -> tuple[int, int]:
    """An order that is allocated, released and picked to staging on its plate: order and list."""
    order = given.order(site, [(item, quantity)])
    run_in_transaction(picks.allocate_order, order, actor=SYSTEM_USER, at=NOW)
    run_in_transaction(picks.release_order, order, actor=SYSTEM_USER, at=NOW)
    found = database.session.execute(select(PickList).where(PickList.order_id == order)).scalar_one()
    database.session.commit()
    run_in_transaction(picks.take_list, found.id, actor=SYSTEM_USER, at=NOW)
    stop = picking.next_stop(found.id, at=NOW)
    database.session.commit()
    while stop is not None and is_all:
        cmd = picks.ConfirmPick(
            task=stop.task, key=f"p{stop.task}", quantity=stop.left, lot=stop.key.lot,
            scanned=Scanned(bin_code=stop.facts.bin_code, lot_number=stop.facts.lot_number),
        )  # fmt: skip
        stop = run_in_transaction(picks.confirm_pick, cmd, actor=SYSTEM_USER, at=NOW).next
    return order, found.id


def test_a_case_reaches_goods_wherever_they_stand_and_each_next_step_is_refused(site: given.Site) -> None:
    """Bins, staging, packed on an open shipment, in transit, at the line, among the samples."""
    from wms.shipping import service as shipping

    item, supplier = given.item(), given.partner()
    lot = given.lot(item, "BAD", supplier=supplier.id)
    line, road, shelf = (
        Bin(id=new_id(), warehouse_id=site.id, code=code, kind=kind, is_outside=False, walk_sequence=90)
        for code, kind in (("LINE", BinKind.PRODUCTION), ("ROAD", BinKind.TRANSIT), ("SAMPLES", BinKind.SAMPLE))
    )
    given.keep(line, road, shelf)
    source = given.stock(lot, site, "A-01", 100)
    for target, amount in ((line, 7), (road, 5), (shelf, 2)):
        move = Move(quantity=q(amount), source=source, target=source.at(Place(bin=target.id)))
        run_in_transaction(ledger.post, [move], key=f"to{target.code}", reason=Reason.MOVE, actor=SYSTEM_USER, at=NOW)
    packed, _list = picked(site, item, 10)
    shipment = run_in_transaction(shipping.open_shipment, packed, actor=SYSTEM_USER, at=NOW)
    staged, _other = picked(site, item, 4)
    waiting, open_list = picked(site, item, 6, is_all=False)
    stop = picking.next_stop(open_list, at=NOW)  # type: ignore[arg-type]
    database.session.commit()
    assert stop is not None

    seen = queries.preview_case(query(supplier=supplier.id), at=NOW)
    database.session.commit()
    by_place = {one.where: one.quantities for one in seen.standing}
    assert by_place == {
        Where.BINS: (("ea", q(72)),), Where.STAGING: (("ea", q(4)),), Where.PACKED: (("ea", q(10)),),
        Where.TRANSIT: (("ea", q(5)),), Where.LINE: (("ea", q(7)),), Where.SAMPLE: (("ea", q(2)),),
    }  # fmt: skip
    assert {o.demand.order for o in seen.orders} == {packed, staged, waiting}
    assert len(seen.shipments) == 1 and len(seen.customers) == 3

    done = place(query(supplier=supplier.id), fingerprint=seen.fingerprint)

    assert held(lot) == {"BAD": True} and given.on_hand(lot, free_only=True) == q(0)
    assert {o.demand.order for o in done.stopped_orders} == {packed, staged, waiting}
    assert done.stopped_tasks == (stop.task,)
    tasks = database.session.execute(select(Task.source_bin_id, Task.quantity).where(Task.kind == TaskKind.RECOVER))
    assert {(row[0], str(row[1])) for row in tasks} == {(site["STAGE"], "10"), (site["STAGE"], "4"), (line.id, "7")}
    database.session.commit()
    with pytest.raises(Refused):
        cmd = picks.ConfirmPick(
            task=stop.task, key="late", quantity=q(6), lot=lot.id, scanned=Scanned(bin_code="A-01", lot_number="BAD")
        )
        run_in_transaction(picks.confirm_pick, cmd, actor=SYSTEM_USER, at=NOW)
    with pytest.raises(LotOnHold) as stopped:
        run_in_transaction(shipping.ship, shipment, key="ship", actor=SYSTEM_USER, at=NOW)
    assert stopped.value.data["lot"] == "BAD"
    plate = database.session.execute(select(PickList.lpn_id).where(PickList.order_id == packed)).scalar_one()
    from wms.shipping.queries import plates_for_page

    (view,) = plates_for_page(shipment)
    assert (view.lpn, view.stopped) == (plate, "BAD")
    database.session.commit()
    at_line = next(r for r in stock.find_balances(lot=lot.id) if r.bin == line.id)
    database.session.commit()
    use = Move(quantity=q(1), source=at_line.key, target=at_line.key.at(Place(bin=site["SCRAP"])))
    with pytest.raises(LotOnHold):
        run_in_transaction(ledger.post, [use], key="use", reason=Reason.CONSUME, actor=SYSTEM_USER, at=NOW)
    alert = database.session.execute(select(Alert).where(Alert.kind == AlertKind.HOLD_STOPPED_ORDERS)).scalar_one()
    assert (alert.subject_id, alert.data["count"], alert.data["lot"]) == (done.case, 3, "BAD")
    database.session.commit()
    given.ledger_is_whole()


def test_a_bin_and_a_plate_with_its_children_are_held_as_they_stand(site: given.Site, second: int) -> None:
    from wms.stock.service import make_lpn

    item = given.item()
    one, two, free = given.lot(item, "ONE"), given.lot(item, "TWO"), given.lot(item, "FREE")
    pallet = given.lpn(site)
    case = run_in_transaction(make_lpn, warehouse=site.id, at=NOW, parent=pallet.id)
    given.stock(one, site, "A-01", 4)
    given.stock(two, site, "A-01", 5)
    given.stock(one, site, "A-02", 6, on=pallet.id)
    given.stock(free, site, "A-02", 7, on=case.id)
    given.stock(free, site, "A-02", 8)

    in_bin = place(Selection(scope=CaseScope.BIN, warehouse=site.id, bin=site["A-01"]), reason=HoldReason.TEMPERATURE)
    on_plate = place(Selection(scope=CaseScope.LPN, warehouse=site.id, lpn=pallet.id))
    assert (in_bin.lots, on_plate.lots) == (2, 2)
    rows = stock.find_balances(lots=[one.id, two.id, free.id])
    assert {(r.bin_code, r.lot_number, str(r.on_hand)) for r in rows if not r.is_held} == {("A-02", "FREE", "8")}
    given.db.session.commit()
    scopes = database.session.execute(select(Hold.scope, func.count()).group_by(Hold.scope)).all()
    assert {(s.value, n) for s, n in scopes} == {("bin", 2), ("lpn", 2)}
    database.session.commit()
    given.stock(one, site, "A-03", 1)  # a place is held as it stands; the lot is not
    assert [r.is_held for r in stock.find_balances(bin=site["A-03"])] == [False]
    given.db.session.commit()
    with pytest.raises(NotFound):
        place(Selection(scope=CaseScope.BIN, warehouse=site.id, bin=site["A-04"]))
    lift(in_bin.case, actor=second)
    assert not any(r.is_held for r in stock.find_balances(bin=site["A-01"]))
    given.db.session.commit()
    given.ledger_is_whole()


def test_a_query_by_zone_holds_what_stands_there_and_nothing_elsewhere(site: given.Site) -> None:
    lot = given.lot(given.item(), "L")
    given.stock(lot, site, "A-01", 4)
    other = given.warehouse()
    given.stock(lot, other, "A-01", 9)
    zone = database.session.execute(select(Bin.zone_id).where(Bin.id == site["A-01"])).scalar_one()
    database.session.commit()
    place(query(site.id, zone=zone))
    rows = stock.find_balances(lot=lot.id)
    assert {(r.warehouse, r.is_held) for r in rows} == {(site.id, True), (other.id, False)}
    given.db.session.commit()


# -- what comes later ---------------------------------------------------------------------------------------------------
def test_a_case_that_stands_on_holds_what_comes_in_later_and_a_plain_one_does_not(
    site: given.Site, second: int
) -> None:
    item, bad, good = given.item(), given.partner("BAD"), given.partner("GOOD")
    receive(site, item, "OLD", bad)
    plain = place(query(supplier=bad.id, received_until=given.TODAY))
    assert held(lot_of(item, "OLD")) == {"OLD": True}
    assert not receive(site, item, "NEXT", bad, at=NOW + timedelta(minutes=1)).is_held
    assert receive(site, item, "OLD", good).is_held  # a lot that is held comes in held, whoever brings it

    standing = place(query(supplier=bad.id), is_standing=True)
    assert receive(site, item, "NEW", bad).is_held
    assert not receive(site, item, "OTHER", good).is_held
    assert held(lot_of(item, "NEW"), lot_of(item, "OTHER"), lot_of(item, "NEXT")) == {
        "NEW": True, "OTHER": False, "NEXT": True,
    }  # fmt: skip
    assert receive(site, item, "NEW", bad).is_held
    holds = database.session.execute(
        select(Hold.lot_id).where(Hold.case_id == standing.case)
    ).scalars().all()  # fmt: skip
    assert len(holds) == len(set(holds)) == 3
    database.session.commit()
    lift(standing.case, actor=second)
    lift(plain.case, actor=second)
    assert not receive(site, item, "AFTER", bad).is_held
    given.ledger_is_whole()


def test_a_receipt_costs_one_statement_more_on_sqlite_and_two_on_postgresql_while_no_case_stands(
    site: given.Site,
) -> None:
    with watch(database.engine) as asked:
        run_in_transaction(cases.catch_arrivals, lambda: [], warehouse=site.id, at=NOW)
    assert len(asked) == (1 if database.engine.dialect.name == "sqlite" else 2)


# -- the preview's fingerprint ------------------------------------------------------------------------------------------
def test_when_the_world_has_changed_since_the_preview_the_person_is_asked_again(site: given.Site) -> None:
    item, bad = given.item(standard_cost=None), given.partner()
    lot = given.lot(item, "ONE", supplier=bad.id)
    key = given.stock(lot, site, "A-01", 10)
    seen = queries.preview_case(query(supplier=bad.id), at=NOW)
    database.session.commit()
    moved = Move(quantity=q(4), source=key, target=key.at(Place(bin=site["A-02"])))
    run_in_transaction(ledger.post, [moved], key="mv", reason=Reason.MOVE, actor=SYSTEM_USER, at=NOW)
    again = queries.preview_case(query(supplier=bad.id), at=NOW)
    database.session.commit()
    assert again.fingerprint.split(".")[0] == seen.fingerprint.split(".")[0]  # carried about: nothing to decide anew

    given.stock(given.lot(item, "TWO", supplier=bad.id), site, "A-03", 1, at=NOW + timedelta(minutes=1))
    with pytest.raises(QuestionNeeded) as asked:
        place(query(supplier=bad.id), fingerprint=seen.fingerprint, key="one")
    data = asked.value.data
    assert (data["question"], data["lots_before"], data["lots"], data["moved"]) == ("hold_changed", 1, 2, "TWO")
    assert database.session.execute(select(HoldCase.id)).first() is None
    database.session.commit()
    done = place(query(supplier=bad.id), fingerprint=data["fingerprint"], key="one")
    assert done.lots == 2
    repeated = place(query(supplier=bad.id), fingerprint=data["fingerprint"], key="one")
    assert (repeated.case, repeated.is_repeat, repeated.lots) == (done.case, True, 2)
    with pytest.raises(KeyReused):
        place(query(supplier=bad.id), key="one", reason=HoldReason.DAMAGE)
    with pytest.raises(NotFound):
        place(query(supplier=bad.id, country="NL"))


def test_the_preview_says_what_it_is_worth_and_what_has_left_already_and_to_whom(site: given.Site) -> None:
    from decimal import Decimal

    from wms.shipping import service as shipping

    bad = given.partner("BAD")
    dear, unknown = given.item(standard_cost=Decimal("2.35")), given.item()
    lot, other = given.lot(dear, "D", supplier=bad.id), given.lot(unknown, "U", supplier=bad.id)
    given.stock(lot, site, "A-01", 10)
    given.stock(other, site, "A-02", 3)
    order, _list = picked(site, dear, 4)
    shipment = run_in_transaction(shipping.open_shipment, order, actor=SYSTEM_USER, at=NOW)
    run_in_transaction(shipping.ship, shipment, key="s", actor=SYSTEM_USER, at=NOW)
    seen = queries.preview_case(query(supplier=bad.id), at=NOW)
    assert (seen.worth.amount, seen.worth.known_items, seen.worth.unknown_items) == (Decimal("14.10"), 1, 1)
    assert [(s.order, s.lots, s.quantities) for s in seen.shipped] == [(order, 1, (("ea", q(4)),))]
    assert seen.orders == ()


# -- lifting ------------------------------------------------------------------------------------------------------------
def test_all_or_chosen_holds_of_a_case_are_lifted_by_a_second_person_and_signed(site: given.Site, second: int) -> None:
    first = given.user("quality1", "quality")
    bad = given.partner()
    lots = [given.lot(given.item(), f"L{n}", supplier=bad.id) for n in range(3)]
    for lot in lots:
        given.stock(lot, site, "A-01", 5)
    done = place(query(supplier=bad.id), actor=first)
    other = place(query(item=lots[0].item_id), reason=HoldReason.DAMAGE)  # a second case on one of them
    by_lot = {h.lot_id: h.id for h in database.session.execute(select(Hold).where(Hold.case_id == done.case)).scalars()}
    database.session.commit()
    with pytest.raises(SecondPersonNeeded):
        lift(done.case, actor=first)
    answer = lift(done.case, actor=second, holds=(by_lot[lots[0].id], by_lot[lots[1].id]))
    assert (answer.left, set(answer.quantities.values())) == (1, {q(5)})
    assert held(*lots) == {"L0": True, "L1": False, "L2": True}
    row = queries.get_case(done.case, warehouses=[site.id])
    database.session.commit()
    assert (row.state, row.holds, row.open_holds) == ("partly_lifted", 3, 1)
    with pytest.raises(WrongState):
        lift(done.case, actor=second, holds=(by_lot[lots[0].id],))
    with pytest.raises(NotFound):
        lift(other.case, actor=second, holds=(by_lot[lots[2].id],))
    lift(done.case, actor=second)
    assert queries.get_case(done.case, warehouses=[site.id]).state == "lifted"
    signed = signatures_of("hold_case", done.case)
    database.session.commit()
    assert [(s.user, s.meaning.value, s.is_genuine) for s in signed] == [(second, "lifted", True)] * 2
    with pytest.raises(WrongState):
        lift(done.case, actor=second)
    assert held(*lots) == {"L0": True, "L1": False, "L2": False}
    from wms.quality.service import LiftHold, lift_hold

    alone = database.session.execute(select(Hold.id).where(Hold.case_id == other.case)).scalar_one()
    database.session.commit()
    run_in_transaction(lift_hold, LiftHold(hold=alone, reason="fine"), actor=second, at=NOW)
    assert queries.get_case(other.case, warehouses=[site.id]).state == "lifted"
    database.session.commit()
    given.ledger_is_whole()


# -- many ---------------------------------------------------------------------------------------------------------------
def fill(site: given.Site, item: Any, supplier: Any, count: int) -> list[LotId]:
    """Many lots of one supplier, each in one bin, written in one posting."""
    from wms.stock.service import create_lot

    def do() -> list[LotId]:
        lots = [
            create_lot(item=item.id, number=f"N{n:04d}", at=NOW, actor=SYSTEM_USER, supplier=supplier.id).id
            for n in range(count)
        ]
        moves = []
        for lot in lots:
            key = ledger.StockKey(lot=lot, owner=OURSELVES, place=Place(bin=site["A-01"]))
            moves.append(Move(quantity=q(3), source=key.at(Place(bin=site["SUPPLIER"])), target=key))
        ledger.post(moves, key=f"fill{new_id()}", reason=Reason.RECEIVE, actor=SYSTEM_USER, at=NOW)
        return lots

    return run_in_transaction(do)


def test_five_hundred_lots_are_held_and_lifted_in_as_few_statements_as_twenty(site: given.Site, second: int) -> None:
    counts: dict[str, list[int]] = {"preview": [], "place": [], "lift": []}
    for count in (20, 500):
        item, supplier = given.item(), given.partner()
        fill(site, item, supplier, count)
        order = given.order(site, [(item, 10)])
        line = database.session.execute(select(OrderLine.id).where(OrderLine.order_id == order)).scalar_one()
        database.session.commit()
        request = ClaimRequest(
            demand_kind="order_line", demand_id=line, item=item.id, quantity=q(10), warehouse=site.id,
            owner=OURSELVES, policy="fefo", good_until=given.TODAY,
        )  # fmt: skip
        run_in_transaction(ledger.claim, [request], actor=SYSTEM_USER, at=NOW)
        with watch(database.engine) as asked:
            seen = queries.preview_case(query(supplier=supplier.id), at=NOW)
            database.session.commit()
        counts["preview"].append(len(asked))
        with watch(database.engine) as asked:
            done = place(query(supplier=supplier.id), fingerprint=seen.fingerprint)
        assert (done.lots, done.places) == (count, count)
        counts["place"].append(len(asked))
        with watch(database.engine) as asked:
            lift(done.case, actor=second)
        counts["lift"].append(len(asked))
    given.ledger_is_whole()
    for verb, most in (("preview", 8), ("place", 34), ("lift", 32)):
        few, many = counts[verb]
        assert many <= few <= most, counts


@one_engine
def test_a_query_that_matches_more_than_is_held_at_once_is_refused(
    site: given.Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    supplier = given.partner()
    fill(site, given.item(), supplier, 4)
    monkeypatch.setattr(queries, "LOTS_MAX", 3)
    with pytest.raises(TooManyLots):
        place(query(supplier=supplier.id))
    with pytest.raises(TooManyLots):
        queries.preview_case(query(supplier=supplier.id), at=NOW)


# -- races --------------------------------------------------------------------------------------------------------------
def move_about(keys: Any, site_bins: Any, tries: int) -> int:
    """Carry goods of the lots to and fro, as handlers at work do; how often it went."""
    import random

    chance, done = random.Random(tries), 0
    for n in range(tries):
        key = chance.choice(keys)
        rows = [r for r in stock.find_balances(lot=key) if not r.is_held]
        database.session.commit()
        for row in rows[:1]:
            goal = chance.choice([b for b in site_bins if b != row.bin])
            move = Move(quantity=q(1), source=row.key, target=row.key.at(Place(bin=goal)))
            try:
                run_in_transaction(
                    ledger.post, [move], key=f"{new_id()}-{n}", reason=Reason.MOVE, actor=SYSTEM_USER, at=now()
                )
                done += 1
            except Refused:
                pass
    return done


def hold_all(supplier: int) -> int:
    cmd = PlaceCase(
        key="race", selection=Selection(scope=CaseScope.QUERY, criteria=Criteria(supplier=supplier)),
        reason=HoldReason.SUSPECT,
    )  # fmt: skip
    return run_in_transaction(cases.place_case, cmd, actor=SYSTEM_USER, at=now()).lots


def race(kind: str, *arguments: Any) -> int:
    """One of the two sides, by name: processes are given the same function."""
    work: Callable[..., int] = move_about if kind == "move" else hold_all
    return work(*arguments)


def test_a_case_beside_people_at_work_leaves_nothing_of_its_lots_free(
    site: given.Site, run_at_once: Callable[..., list[Any]]
) -> None:
    item, supplier = given.item(), given.partner()
    lots = fill(site, item, supplier, 6)
    bins = [site[f"A-0{n}"] for n in range(1, 5)]
    outcomes = run_at_once(race, [("move", lots, bins, 8), ("move", lots, bins, 9), ("hold", supplier.id)])
    assert [o.error for o in outcomes] == [None] * 3
    assert outcomes[2].value == 6
    rows = stock.find_balances(lots=lots)
    assert rows and all(row.is_held for row in rows)
    database.session.commit()
    given.ledger_is_whole()


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_an_arrival_that_is_under_way_and_a_case_that_stands_on_meet_at_the_gate(app: Any, site: given.Site) -> None:
    """The receipt began first and has not committed: the case waits for it, and so finds its lot."""
    item, bad = given.item(), given.partner("BAD")
    is_in, may_end = threading.Event(), threading.Event()
    came: list[bool] = []

    def arrive() -> None:
        def do() -> None:
            cases.catch_arrivals(lambda: [], warehouse=site.id, at=NOW)
            is_in.set()
            assert may_end.wait(20)
            from wms.stock.service import create_lot

            lot = create_lot(item=item.id, number="NEW", at=NOW, actor=SYSTEM_USER, supplier=bad.id)
            key = ledger.StockKey(lot=lot.id, owner=OURSELVES, place=Place(bin=site["DOCK"]))
            move = Move(quantity=q(1), source=key.at(Place(bin=site["SUPPLIER"])), target=key)
            ledger.post([move], key="in", reason=Reason.RECEIVE, actor=SYSTEM_USER, at=NOW)

        with app.app_context():
            run_in_transaction(do)
            came.append(True)

    def hold() -> None:
        with app.app_context():
            place(query(supplier=bad.id), is_standing=True)

    threads = [threading.Thread(target=arrive), threading.Thread(target=hold)]
    threads[0].start()
    assert is_in.wait(20)
    threads[1].start()
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    from sqlalchemy import text

    for _ in range(400):
        is_waiting = database.session.execute(text(waiting)).scalar_one()
        database.session.commit()
        if is_waiting:
            break
        may_end.wait(0.02)
    assert is_waiting
    may_end.set()
    for thread in threads:
        thread.join(20)
    assert came == [True]
    assert held(lot_of(item, "NEW")) == {"NEW": True}
