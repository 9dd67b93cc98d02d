"""Goods taken in on both engines: what stands afterwards, what is refused, and that a repeat does nothing."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from sqlalchemy import func, select

from tests import given
from wms.core.errors import (
    DuplicateValue,
    ExpiryContradicts,
    KeyReused,
    LotExpired,
    MissingField,
    NotFound,
    OverReceipt,
    QuestionNeeded,
    WrongItemScanned,
    WrongState,
)
from wms.core.ids import SYSTEM_USER
from wms.db import run_in_transaction
from wms.events.models import OutboxEvent
from wms.gs1.codes import LotNumber
from wms.gs1.sscc import Sscc
from wms.receiving import service
from wms.receiving.models import Asn, PurchaseOrder, Receipt, ReceiptLine
from wms.receiving.queries import lines as line_queries
from wms.receiving.rules.commands import (
    AnnouncedLine,
    Arrival,
    CreateAsn,
    CreatePurchaseOrder,
    OpenReceipt,
    OrderedLine,
    ReceiveLine,
    ReceiveLpn,
    TypedLot,
)
from wms.stock import queries as stock_queries
from wms.stock.models import Capture, Lot, Lpn
from wms.tasks.models import Task

pytestmark = pytest.mark.usefixtures("db")
GOOD = given.day(200)


def do(verb: Any, *args: Any, **more: Any) -> Any:
    return run_in_transaction(verb, *args, actor=SYSTEM_USER, at=given.NOW, **more)


class Dock:
    """A warehouse with a supplier, an item and an ASN of it."""

    def __init__(self, *, lot: str = "", quantity: int = 100, sscc: Sscc | None = None, **item: Any) -> None:
        self.site = given.warehouse()
        self.supplier = given.partner()
        self.item = given.item(**item)
        self.asn = do(
            service.create_asn,
            CreateAsn(
                warehouse=self.site.id,
                supplier=self.supplier.id,
                lines=(
                    AnnouncedLine(
                        item=self.item.id, quantity=given.q(quantity), lot_number=lot, sscc=sscc,
                        expires_on=GOOD if lot else None,
                    ),
                ),
            ),
        )  # fmt: skip
        self.receipt = do(service.open_receipt, OpenReceipt(warehouse=self.site.id, asn=self.asn))

    def line(self, key: str = "key-1", **changes: Any) -> ReceiveLine:
        base = ReceiveLine(
            warehouse=self.site.id, receipt=self.receipt, item=self.item.id, quantity=given.q(10), key=key,
            lot=LotNumber.parse("L-1"), expires_on=GOOD, raw_scan="(01)…(10)L-1",
        )  # fmt: skip
        return replace(base, **changes)

    def receive(self, key: str = "key-1", **changes: Any) -> service.Received:
        return do(service.receive_line, self.line(key, **changes))

    def balances(self) -> list[Any]:
        return stock_queries.find_balances(warehouse=self.site.id)


def count(model: Any) -> int:
    from wms.db import db

    return int(db.session.execute(select(func.count()).select_from(model)).scalar_one())


def one(model: Any) -> Any:
    from wms.db import db

    return db.session.execute(select(model).execution_options(populate_existing=True)).scalar_one()


def events(kind: str) -> list[Any]:
    from wms.db import db

    return list(db.session.execute(select(OutboxEvent.payload).where(OutboxEvent.kind == kind)).scalars())


def test_a_scan_becomes_released_stock_at_the_dock_with_a_putaway_task() -> None:
    dock = Dock()
    received = dock.receive()
    (balance,) = dock.balances()
    assert (balance.bin_code, balance.on_hand, balance.quality.value) == ("DOCK", given.q(10), "released")
    assert (balance.lot_number, balance.expires_on) == ("L-1", GOOD)
    line = one(ReceiptLine)
    assert (line.raw_scan, line.capture, line.received_by) == ("(01)…(10)L-1", Capture.SCAN, SYSTEM_USER)
    task = one(Task)
    assert (task.kind.value, task.quantity, task.lot_id) == ("putaway", given.q(10), balance.lot)
    assert received.is_new_lot and not received.is_held
    assert [e["quality"] for e in events("GoodsReceived")] == ["released"]
    assert len(events("LotCreated")) == 1
    given.ledger_is_whole()


def test_an_item_with_an_inspection_plan_comes_in_pending() -> None:
    dock = Dock(is_inspected_at_receipt=True)
    assert dock.receive().quality == "pending"
    assert dock.balances()[0].quality.value == "pending"


def test_scans_of_one_lot_add_up_in_one_task() -> None:
    dock = Dock()
    for n in range(3):
        dock.receive(f"key-{n}")
    assert one(Task).quantity == given.q(30)
    assert dock.balances()[0].on_hand == given.q(30)


def test_a_repeat_does_nothing_and_gives_the_same_answer() -> None:
    dock = Dock()
    first = dock.receive()
    again = dock.receive()
    assert again.is_repeat and again.lines == first.lines
    assert given.on_hand(one(Lot).id) == given.q(10)
    assert count(ReceiptLine) == count(Task) == 1
    with pytest.raises(KeyReused):
        dock.receive(quantity=given.q(11))


def test_the_lot_number_is_kept_byte_for_byte_and_a_near_one_is_asked() -> None:
    dock = Dock()
    dock.receive(lot=LotNumber.parse("0a/ 12"))
    with pytest.raises(QuestionNeeded) as asked:
        dock.receive("key-2", lot=LotNumber.parse("A/12"))
    assert asked.value.data["question"] == "lot_nearly_known" and asked.value.data["known"] == "0a/ 12"
    dock.receive("key-2", lot=LotNumber.parse("A/12"), answers=frozenset({"lot_nearly_known"}))
    assert {b.lot_number for b in dock.balances()} == {"0a/ 12", "A/12"}


REFUSALS = [
    ("expired", {"expires_on": given.day(-1)}, LotExpired),
    ("no lot", {"lot": None}, MissingField),
    ("no date", {"expires_on": None}, MissingField),
    ("too much", {"quantity": given.q(101)}, OverReceipt),
    ("a typed lot once", {"typed": TypedLot()}, MissingField),
]


@pytest.mark.parametrize(("changes", "error"), [r[1:] for r in REFUSALS], ids=[r[0] for r in REFUSALS])
def test_a_refusal_changes_nothing(changes: dict, error: type) -> None:
    dock = Dock()
    with pytest.raises(error):
        dock.receive(**changes)
    assert not dock.balances() and count(Lot) == count(Task) == count(ReceiptLine) == 0
    assert not events("GoodsReceived")


def test_another_item_is_refused_by_name() -> None:
    dock = Dock()
    other = given.item()
    with pytest.raises(WrongItemScanned) as refused:
        dock.receive(item=other.id)
    assert refused.value.data == {"needed": dock.item.sku, "scanned": other.sku}


def test_a_known_lot_with_another_expiry_is_refused() -> None:
    dock = Dock()
    dock.receive()
    with pytest.raises(ExpiryContradicts):
        dock.receive("key-2", expires_on=given.day(201))
    assert dock.balances()[0].on_hand == given.q(10)


def test_a_lot_typed_twice_says_so() -> None:
    dock = Dock()
    dock.receive(typed=TypedLot(again="L-1"))
    assert one(ReceiptLine).capture is Capture.TYPED_TWICE
    assert one(Lot).captured_by is Capture.TYPED_TWICE


def test_a_month_on_the_label_is_kept_as_a_month() -> None:
    dock = Dock()
    dock.receive(expires_on=date(2027, 3, 31), expiry_precision="month", expiry_text="2027-03")
    lot = one(Lot)
    assert (lot.expires_on, lot.expiry_text, lot.expiry_precision.value) == (date(2027, 3, 31), "2027-03", "month")


def test_over_receipt_within_tolerance_counts_all_lots_of_the_item() -> None:
    dock = Dock(over_receipt_percent=10)
    dock.receive(quantity=given.q(60))
    dock.receive("key-2", lot=LotNumber.parse("L-2"), quantity=given.q(50))
    with pytest.raises(OverReceipt):
        dock.receive("key-3", lot=LotNumber.parse("L-3"), quantity=given.q(1))


def test_goods_of_a_held_lot_come_in_held() -> None:
    from wms.db import db
    from wms.stock.models import Hold, HoldReason, HoldScope

    dock = Dock()
    lot = given.lot(dock.item, "L-1", expires_in=200)
    given.keep(
        Hold(scope=HoldScope.LOT, lot_id=lot.id, reason=HoldReason.SUSPECT, placed_by=SYSTEM_USER, placed_at=given.NOW)
    )
    assert dock.receive().is_held
    assert dock.balances()[0].is_held
    db.session.rollback()
    given.ledger_is_whole()


# -- SSCC ---------------------------------------------------------------------------------------------------------------
def sscc(serial: int) -> Sscc:
    return Sscc.make("6901234", 0, serial)


def test_a_pallet_comes_in_as_announced() -> None:
    dock = Dock(lot="L-9", quantity=48, sscc=sscc(1))
    cmd = ReceiveLpn(warehouse=dock.site.id, receipt=dock.receipt, sscc=sscc(1), key="key-p", raw_scan="]C100…")
    received = do(service.receive_lpn, cmd)
    assert (received.lot_number, received.quantity) == ("L-9", given.q(48))
    assert do(service.receive_lpn, cmd).is_repeat
    (balance,) = dock.balances()
    assert (balance.lpn_code, balance.on_hand, balance.expires_on) == (str(sscc(1)), given.q(48), GOOD)
    assert one(Task).source_lpn_id == balance.lpn
    with pytest.raises(WrongState):
        do(service.receive_lpn, replace(cmd, key="key-q"))


def test_a_mixed_pallet_is_one_posting_and_one_task() -> None:
    site, supplier = given.warehouse(), given.partner(check_share_percent=0)
    milk, tea = given.item(), given.item()
    asn = do(
        service.create_asn,
        CreateAsn(
            warehouse=site.id,
            supplier=supplier.id,
            lines=tuple(
                AnnouncedLine(item=i.id, quantity=given.q(5), lot_number=n, expires_on=GOOD, sscc=sscc(2))
                for i, n in ((milk, "M1"), (milk, "M2"), (tea, "T1"))
            ),
        ),
    )
    receipt = do(service.open_receipt, OpenReceipt(warehouse=site.id, asn=asn))
    received = do(service.receive_lpn, ReceiveLpn(warehouse=site.id, receipt=receipt, sscc=sscc(2), key="key-m"))
    assert received.quantity == given.q(15) and len(received.lines) == 3
    task = one(Task)
    assert (task.quantity, task.lot_id) == (given.q(15), None)
    given.ledger_is_whole()


def test_an_announced_pallet_without_a_lot_must_be_scanned() -> None:
    dock = Dock(sscc=sscc(3))
    with pytest.raises(MissingField):
        do(service.receive_lpn, ReceiveLpn(warehouse=dock.site.id, receipt=dock.receipt, sscc=sscc(3), key="key-p"))
    assert count(Lpn) == 1  # the standing row alone
    dock.receive(sscc=sscc(3))
    dock.receive("key-2", sscc=sscc(3), lot=LotNumber.parse("L-2"))
    assert {b.lpn_code for b in dock.balances()} == {str(sscc(3))}


def test_an_sscc_that_stands_in_stock_is_refused() -> None:
    dock = Dock()
    given.lpn(dock.site, str(sscc(4)))
    with pytest.raises(WrongState):
        dock.receive(sscc=sscc(4))


def test_loose_goods_may_get_a_plate_of_ours() -> None:
    dock = Dock()
    dock.receive(on_new_lpn=True)
    code = dock.balances()[0].lpn_code
    assert Sscc.parse(code) and code.startswith("06901234")


# -- papers -------------------------------------------------------------------------------------------------------------
def test_a_purchase_order_closes_when_all_came() -> None:
    dock = Dock()
    order = do(
        service.create_purchase_order,
        CreatePurchaseOrder(
            warehouse=dock.site.id, supplier=dock.supplier.id, number="PO-7",
            lines=(OrderedLine(item=dock.item.id, quantity=given.q(20)),),
        ),
    )  # fmt: skip
    for n in (1, 2):
        receipt = do(service.open_receipt, OpenReceipt(warehouse=dock.site.id, purchase_order=order))
        dock.receive(f"po-key-{n}", receipt=receipt)
        do(service.close_receipt, receipt, warehouse=dock.site.id)
        assert one(PurchaseOrder).state.value == ("open" if n == 1 else "closed")
    assert [d.kind for d in line_queries.differences_of_order(order)] == ["same"]
    with pytest.raises(WrongState):
        do(service.open_receipt, OpenReceipt(warehouse=dock.site.id, purchase_order=order))


def test_closing_lists_the_differences_and_ends_the_asn() -> None:
    dock = Dock(lot="L-1", quantity=12)
    dock.receive()
    dock.receive("key-2", lot=LotNumber.parse("L-2"), quantity=given.q(2), answers=frozenset({"lot_not_announced"}))
    do(service.close_receipt, dock.receipt, warehouse=dock.site.id)
    assert one(Asn).state.value == "received"
    kinds = {d.lot_number: d.kind for d in line_queries.differences_of_asn(dock.asn)}
    assert kinds == {"L-1": "missing", "L-2": "not_announced"}
    for verb, args in (
        (service.close_receipt, (dock.receipt,)),
        (service.record_arrival, (dock.receipt, Arrival())),
    ):
        with pytest.raises(WrongState):
            do(verb, *args, warehouse=dock.site.id)
    with pytest.raises(WrongState):
        dock.receive("key-3")


def test_an_empty_receipt_leaves_the_asn_waiting() -> None:
    dock = Dock()
    do(service.close_receipt, dock.receipt, warehouse=dock.site.id)
    assert one(Asn).state.value == "arrived"
    assert do(service.open_receipt, OpenReceipt(warehouse=dock.site.id, asn=dock.asn)) != dock.receipt


def test_people_on_one_asn_share_its_receipt_with_the_facts_of_the_truck() -> None:
    dock = Dock()
    arrival = Arrival(plate="沪A12345", seal="S-1", temperature_decidegrees=-185)
    assert do(service.open_receipt, OpenReceipt(warehouse=dock.site.id, asn=dock.asn, arrival=arrival)) == dock.receipt
    row = one(Receipt)
    assert (row.plate, row.seal, row.arrival_temperature_decidegrees) == ("沪A12345", "S-1", -185)


def test_a_paper_of_another_warehouse_is_not_there() -> None:
    dock, elsewhere = Dock(), given.warehouse()
    with pytest.raises(NotFound):
        do(service.open_receipt, OpenReceipt(warehouse=elsewhere.id, asn=dock.asn))
    with pytest.raises(NotFound):
        dock.receive(warehouse=elsewhere.id)


def test_a_number_is_given_once() -> None:
    dock = Dock()
    cmd = CreateAsn(
        warehouse=dock.site.id, supplier=dock.supplier.id, number="ASN-1",
        lines=(AnnouncedLine(item=dock.item.id, quantity=given.q(1)),),
    )  # fmt: skip
    do(service.create_asn, cmd)
    with pytest.raises(DuplicateValue):
        do(service.create_asn, cmd)


# -- the door -------------------------------------------------------------------------------------------------------------
def test_a_passage_logs_the_pallet_and_its_asn_as_arrived_once() -> None:
    site, supplier, item = given.warehouse(), given.partner(), given.item()
    asn = do(
        service.create_asn,
        CreateAsn(
            warehouse=site.id, supplier=supplier.id,
            lines=(AnnouncedLine(item=item.id, quantity=given.q(5), lot_number="D1", expires_on=GOOD, sscc=sscc(5)),),
        ),
    )  # fmt: skip
    arrive = {"sscc": str(sscc(5)), "warehouse": site.id}
    assert do(service.confirm_arrival, passage=71, **arrive) == asn
    assert do(service.confirm_arrival, passage=72, **arrive) == asn
    assert one(Asn).state.value == "arrived"
    assert [line.arrived_at for line in line_queries.asn_lines(asn)] == [given.NOW]
    assert do(service.confirm_arrival, passage=73, sscc=str(sscc(6))) is None
    assert do(service.confirm_arrival, passage=73, sscc=str(sscc(5)), warehouse=given.warehouse().id) is None
