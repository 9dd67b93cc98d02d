"""Terms of a supplier, its licence, the truck, deliveries of nobody known, refusals, taking back, the second acceptor."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from tests import given
from tests.integration.receiving.test_receive import GOOD, Dock, do, one, sscc
from wms.catalog.models import SupplierRule
from wms.catalog.service import change_partner
from wms.core.errors import (
    AcceptorNotSecond,
    GoodsMovedOn,
    LicenceExpired,
    LicenceScope,
    LifeTooShort,
    MissingField,
    NotFound,
    OverReceipt,
    QuestionNeeded,
    WrongState,
)
from wms.core.ids import SYSTEM_USER, new_id
from wms.db import db as database
from wms.db import run_in_transaction
from wms.gs1.codes import LotNumber
from wms.receiving import service
from wms.receiving.models import Asn, Receipt, ReceiptLine, ReceiptPlate, Refusal
from wms.receiving.queries import lines as line_queries
from wms.receiving.queries import whole
from wms.receiving.rules.commands import (
    Arrival,
    CreatePurchaseOrder,
    OpenReceipt,
    OrderedLine,
    ReceiveLpn,
    Refuse,
    Unreceive,
)
from wms.signing import queries as signing
from wms.sites.models import StorageClass
from wms.stock import queries as stock
from wms.stock.models import Hold, Lot, Lpn
from wms.tasks.models import Task

pytestmark = pytest.mark.usefixtures("db")
on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def rule(dock: Dock, **terms: int) -> None:
    given.keep(SupplierRule(id=new_id(), supplier_id=dock.supplier.id, item_id=dock.item.id, **terms))


# -- terms ------------------------------------------------------------------------------------------------------------
@on_sqlite
def test_the_terms_of_item_and_supplier_come_before_those_of_either() -> None:
    dock = Dock(over_receipt_percent=50, receipt_life_days_min=10)
    rule(dock, over_receipt_percent=5, receipt_life_days_min=250)
    with pytest.raises(LifeTooShort):
        dock.receive()
    good = given.day(300)
    with pytest.raises(OverReceipt):
        dock.receive(quantity=given.q(106), expires_on=good)
    dock.receive(quantity=given.q(105), expires_on=good)


@on_sqlite
def test_less_within_tolerance_is_all_of_it() -> None:
    dock = Dock(lot="L-1")
    rule(dock, under_receipt_percent=10)
    dock.receive(quantity=given.q(89))
    assert not line_queries.expected_of_asn(dock.asn)[0].is_full
    database.session.rollback()
    dock.receive("key-2", quantity=given.q(1))
    (line,) = line_queries.expected_of_asn(dock.asn)
    assert line.is_full and not line.remaining
    assert [d.kind for d in line_queries.differences_of_asn(dock.asn)] == ["short_tolerated"]


@on_sqlite
def test_a_licence_that_ran_out_or_does_not_cover_the_item_blocks_the_goods() -> None:
    dock = Dock()
    change = {"licence_number": "LIC-1", "licence_expires_on": given.day(-1)}
    run_in_transaction(change_partner, dock.supplier.id, change)
    with pytest.raises(LicenceExpired) as refused:
        dock.receive()
    assert (refused.value.data["licence"], refused.value.data["expires_on"]) == ("LIC-1", given.day(-1).isoformat())
    change = {"licence_expires_on": given.TODAY, "licensed_classes": "drug,device"}
    run_in_transaction(change_partner, dock.supplier.id, change)
    with pytest.raises(LicenceScope) as outside:
        dock.receive()
    assert outside.value.data["scope"] == ["device", "drug"] and outside.value.data["item_class"] == "food"
    run_in_transaction(change_partner, dock.supplier.id, {"licensed_classes": "food"})
    dock.receive()


# -- the truck --------------------------------------------------------------------------------------------------------
def test_goods_of_a_warm_truck_come_in_on_hold_or_not_at_all() -> None:
    dock = Dock(storage_class=StorageClass.COLD)
    do(
        service.record_arrival,
        dock.receipt,
        Arrival(temperature_decidegrees=121, seal="S-1", seal_is_intact=False),
        warehouse=dock.site.id,
    )
    with pytest.raises(QuestionNeeded) as asked:
        dock.receive()
    assert asked.value.data | {"item": "x"} == {
        "question": "temperature_out_of_range", "item": "x", "came": "12.1 °C", "needed": "2 … 8 °C",
    }  # fmt: skip
    received = dock.receive(answers=frozenset({"temperature_out_of_range"}))
    assert received.is_held
    hold = one(Hold)
    assert (hold.reason.value, hold.quantity) == ("temperature", given.q(10))
    database.session.rollback()
    plated = dock.receive(
        "key-2", sscc=sscc(31), lot=LotNumber.parse("L-2"), answers=frozenset({"temperature_out_of_range"})
    )
    assert plated.is_held
    assert all(row.is_held for row in dock.balances())
    assert one(Receipt).seal_is_intact is False
    database.session.rollback()
    given.ledger_is_whole()


@on_sqlite
def test_a_temperature_read_later_holds_what_is_in_already() -> None:
    dock = Dock(storage_class=StorageClass.FROZEN)
    dock.receive(sscc=sscc(32))
    where = {"warehouse": dock.site.id}
    arrival = Arrival(temperature_decidegrees=-150)
    with pytest.raises(QuestionNeeded) as asked:
        do(service.record_arrival, dock.receipt, arrival, **where)
    assert asked.value.data["question"] == "temperature_holds_received"
    do(service.record_arrival, dock.receipt, arrival, answers=frozenset({"temperature_holds_received"}), **where)
    assert [row.is_held for row in dock.balances()] == [True]
    database.session.rollback()
    do(service.record_arrival, dock.receipt, arrival, answers=frozenset({"temperature_holds_received"}), **where)


@on_sqlite
def test_a_delivery_note_seen_before_is_a_question() -> None:
    dock = Dock()
    where = {"warehouse": dock.site.id}
    do(service.record_arrival, dock.receipt, Arrival(delivery_note="DN-1"), **where)
    do(service.record_arrival, dock.receipt, Arrival(delivery_note="DN-1", plate="A"), **where)
    order = CreatePurchaseOrder(
        warehouse=dock.site.id, supplier=dock.supplier.id, lines=(OrderedLine(item=dock.item.id, quantity=given.q(1)),)
    )
    again = OpenReceipt(
        warehouse=dock.site.id,
        purchase_order=do(service.create_purchase_order, order),
        arrival=Arrival(delivery_note="DN-1"),
    )
    with pytest.raises(QuestionNeeded) as asked:
        do(service.open_receipt, again)
    assert asked.value.data["question"] == "delivery_note_seen"
    do(service.open_receipt, replace(again, answers=frozenset({"delivery_note_seen"})))


# -- over days --------------------------------------------------------------------------------------------------------
@on_sqlite
def test_one_notice_is_received_over_days_with_a_receipt_each() -> None:
    dock = Dock(lot="L-1", quantity=30)
    receipts = []
    for day, amount in enumerate((10, 15, 5)):
        at = given.NOW + timedelta(days=day)
        cmd = OpenReceipt(warehouse=dock.site.id, asn=dock.asn)
        receipt = run_in_transaction(service.open_receipt, cmd, actor=SYSTEM_USER, at=at)
        line = dock.line(f"day-{day}", receipt=receipt, quantity=given.q(amount))
        run_in_transaction(service.receive_line, line, actor=SYSTEM_USER, at=at)
        remaining = line_queries.expected_of_asn(dock.asn)[0].remaining
        assert remaining == given.q((20, 5, 0)[day])
        database.session.rollback()
        run_in_transaction(
            service.close_receipt, receipt, warehouse=dock.site.id, actor=SYSTEM_USER, at=at, is_rest_expected=True
        )
        assert one(Asn).state.value == ("partly_received" if day < 2 else "received")
        database.session.rollback()
        receipts.append(receipt)
    assert len(set(receipts)) == 3
    assert [d.kind for d in line_queries.differences_of_asn(dock.asn)] == ["same"]


# -- nobody known -----------------------------------------------------------------------------------------------------
def test_a_plate_of_nobody_known_comes_in_held_until_quality_lifts() -> None:
    dock = Dock()
    receipt = do(service.open_receipt, OpenReceipt(warehouse=dock.site.id))
    where = {"warehouse": dock.site.id}
    with pytest.raises(QuestionNeeded) as asked:
        dock.receive(receipt=receipt, sscc=sscc(40))
    assert asked.value.data == {"question": "lpn_of_unknown_origin", "scanned": str(sscc(40))}
    received = dock.receive(receipt=receipt, sscc=sscc(40), answers=frozenset({"lpn_of_unknown_origin"}))
    # What stood on it was judged before the receipt became provisional, and is held all the same.
    assert received.is_held and [row.is_held for row in dock.balances()] == [True]
    database.session.rollback()
    for verb, error in ((service.close_receipt, WrongState), (service.finish_provisional, MissingField)):
        with pytest.raises(error):
            do(verb, receipt, **where)
    do(service.name_supplier, receipt, dock.supplier.id, **where)
    assert one(Lot).supplier_id == dock.supplier.id
    database.session.rollback()
    plate = do(service.note_plate, receipt, str(sscc(41)), **where)
    with pytest.raises(WrongState):
        do(service.finish_provisional, receipt, **where)
    do(service.drop_plate, receipt, plate, **where)
    do(service.finish_provisional, receipt, **where)
    do(service.close_receipt, receipt, **where)
    assert [row.is_held for row in dock.balances()] == [True]
    assert one(Hold).reason.value == "unknown_origin"


def test_a_door_notes_an_unknown_plate_once_and_a_late_notice_takes_it_over() -> None:
    dock = Dock(lot="L-9", quantity=48, sscc=sscc(50))
    seen = {"warehouse": dock.site.id, "at": given.NOW}
    first = run_in_transaction(service.note_unknown_plate, sscc=str(sscc(51)), passage=1, **seen)
    assert run_in_transaction(service.note_unknown_plate, sscc=str(sscc(51)), passage=2, **seen) is None
    assert run_in_transaction(service.note_unknown_plate, sscc=str(sscc(50)), passage=3, **seen) == first
    plates = database.session.execute(select(ReceiptPlate.passage_id).order_by(ReceiptPlate.id)).scalars().all()
    assert plates == [1, 3]
    database.session.rollback()
    cmd = ReceiveLpn(warehouse=dock.site.id, receipt=dock.receipt, sscc=sscc(50), key="key-p")
    assert not do(service.receive_lpn, cmd).is_held
    left = whole.plates_of(database.session.get_one(Receipt, first))
    assert [plate.lpn.code for plate in left] == [str(sscc(51))]


# -- refusals ---------------------------------------------------------------------------------------------------------
@on_sqlite
def test_refused_goods_are_written_down_and_never_stock() -> None:
    dock = Dock()
    cmd = Refuse(
        warehouse=dock.site.id, receipt=dock.receipt, reason="wet", key="refuse-1", item=dock.item.id, lot_number="L-7",
        quantity=given.q(4), bin=dock.site["QUAR"], note="two cartons",
    )  # fmt: skip
    made = do(service.refuse, cmd)
    assert do(service.refuse, cmd) == made
    row = one(Refusal)
    assert (row.supplier_id, row.state.value, row.number[:2]) == (dock.supplier.id, "open", "RF")
    database.session.rollback()
    assert not dock.balances() and not database.session.execute(select(Lot)).first()
    assert [r.id for r in whole.whole_receipt(dock.receipt, warehouse=dock.site.id).refusals] == [made]
    database.session.rollback()
    for more, error in (
        ({"item": None}, MissingField),
        ({"bin": dock.site["SUPPLIER"]}, NotFound),
        ({"receipt": 5}, NotFound),
    ):
        with pytest.raises(error):
            do(service.refuse, replace(cmd, key="refuse-2", **more))
    where = {"warehouse": dock.site.id}
    with pytest.raises(MissingField):
        do(service.close_refusal, made, carrier="", **where)
    do(service.close_refusal, made, carrier="Fast", **where)
    with pytest.raises(WrongState):
        do(service.close_refusal, made, carrier="Fast", **where)
    with pytest.raises(NotFound):
        do(service.close_refusal, made, carrier="Fast", warehouse=given.warehouse().id)


# -- taking back ------------------------------------------------------------------------------------------------------
def back(dock: Dock, line: int, key: str = "back-1", **more: Any) -> Unreceive:
    return Unreceive(**({"warehouse": dock.site.id, "line": line, "reason": "wrong pallet", "key": key} | more))


def test_a_line_is_taken_back_while_its_goods_stand_untouched() -> None:
    dock = Dock(lot="L-1", quantity=20)
    kept = dock.receive("key-1", quantity=given.q(12))
    taken = dock.receive("key-2", quantity=given.q(8))
    do(service.close_receipt, dock.receipt, warehouse=dock.site.id)
    with pytest.raises(MissingField):
        do(service.unreceive, back(dock, taken.lines[0], reason=""))
    done = do(service.unreceive, back(dock, taken.lines[0]))
    assert done.quantity == given.q(8) and do(service.unreceive, back(dock, taken.lines[0])).is_repeat
    assert [row.on_hand for row in dock.balances()] == [given.q(12)]
    assert one(Task).quantity == given.q(12)
    assert one(Asn).state.value == "partly_received"
    database.session.rollback()
    assert line_queries.expected_of_asn(dock.asn)[0].remaining == given.q(8)
    database.session.rollback()
    with pytest.raises(WrongState):
        do(service.unreceive, back(dock, taken.lines[0], "back-2"))
    do(service.unreceive, back(dock, kept.lines[0], "back-3"))
    assert one(Task).state.value == "cancelled" and not dock.balances()
    reopened = do(service.open_receipt, OpenReceipt(warehouse=dock.site.id, asn=dock.asn))
    dock.receive("key-3", receipt=reopened, quantity=given.q(20))
    assert [d.kind for d in line_queries.differences_of_asn(dock.asn)] == ["same"]
    database.session.rollback()
    given.ledger_is_whole()


@on_sqlite
def test_goods_that_moved_on_cannot_be_taken_back() -> None:
    dock = Dock()
    received = dock.receive()
    (row,) = dock.balances()
    from wms.quality import handling

    move = handling.MoveGoods(
        key="move-1", warehouse=dock.site.id, balance=row.id, quantity=given.q(1), target=dock.site["A-01"]
    )
    database.session.rollback()
    do(handling.move_goods, move)
    with pytest.raises(GoodsMovedOn) as refused:
        do(service.unreceive, back(dock, received.lines[0]))
    assert refused.value.data["lot"] == "L-1"
    with pytest.raises(NotFound):
        do(service.unreceive, back(dock, received.lines[0], warehouse=given.warehouse().id))


def test_a_pallet_is_taken_back_whole_and_its_plate_may_come_again() -> None:
    dock = Dock(lot="L-9", quantity=48, sscc=sscc(60))
    cmd = ReceiveLpn(warehouse=dock.site.id, receipt=dock.receipt, sscc=sscc(60), key="key-p")
    received = do(service.receive_lpn, cmd)
    do(service.unreceive, back(dock, received.lines[0]))
    assert not database.session.execute(select(Lpn).where(Lpn.id != 0, Lpn.is_open)).first()
    database.session.rollback()
    assert do(service.receive_lpn, replace(cmd, key="key-q")).quantity == given.q(48)


# -- the second person ------------------------------------------------------------------------------------------------
def test_goods_wait_for_a_second_person_who_signs(app: Flask, tmp_path: Path) -> None:
    dock = Dock(lot="L-1", quantity=20, needs_second_acceptor=True)
    rita, anna = given.user("rita", "receiver", site=dock.site), given.user("anna", "receiver", site=dock.site)
    assert run_in_transaction(service.receive_line, dock.line(), actor=rita, at=given.NOW).quality == "pending"
    where: dict[str, Any] = {"warehouse": dock.site.id, "at": given.NOW}
    with pytest.raises(WrongState):
        run_in_transaction(service.accept_receipt, dock.receipt, actor=anna, **where)
    do(service.close_receipt, dock.receipt, warehouse=dock.site.id)
    assert one(Receipt).accepted_by is None
    database.session.rollback()
    with pytest.raises(AcceptorNotSecond) as refused:
        run_in_transaction(service.accept_receipt, dock.receipt, actor=rita, **where)
    assert refused.value.data == {"receiver": "Rita", "acceptor": "Rita"}
    assert run_in_transaction(service.accept_receipt, dock.receipt, actor=anna, **where) == given.q(10)
    assert [row.quality.value for row in dock.balances()] == ["released"]
    (signature,) = signing.signatures_of("receipt", dock.receipt)
    assert signature.meaning.value == "accepted"
    assert signing.is_unchanged(signature, whole.signed_record(dock.receipt))
    database.session.rollback()
    with pytest.raises(WrongState):
        run_in_transaction(service.accept_receipt, dock.receipt, actor=anna, **where)
    with pytest.raises(GoodsMovedOn):
        do(service.unreceive, back(dock, one(ReceiptLine).id))
    database.session.rollback()
    assert stock.find_balances(warehouse=dock.site.id)[0].expires_on == GOOD
    database.session.rollback()
    given.ledger_is_whole()
