"""Several people at one dock at the same instant, as real processes on both engines."""

from typing import Any

from flask import Flask

from tests import given
from tests.integration.receiving.test_receive import Dock
from wms.core.ids import SYSTEM_USER
from wms.db import run_in_transaction
from wms.gs1.codes import LotNumber
from wms.gs1.sscc import Sscc
from wms.receiving import service
from wms.receiving.rules.commands import OpenReceipt, ReceiveLine


def receive(receipt: int, warehouse: int, item: int, lot: str, key: str, sscc: str = "") -> str:
    """Take ten in, in a process of its own."""
    cmd = ReceiveLine(
        warehouse=warehouse, receipt=receipt, item=item, quantity=given.q(10), key=key, lot=LotNumber.parse(lot),
        expires_on=given.day(200), sscc=Sscc.parse(sscc) if sscc else None,
    )  # fmt: skip
    return run_in_transaction(service.receive_line, cmd, actor=SYSTEM_USER, at=given.NOW).lot_number


def errors(outcomes: list[Any]) -> list[str | None]:
    return sorted((o.error for o in outcomes), key=str)


def test_four_people_cannot_take_in_more_than_was_announced(app: Flask, run_at_once: Any) -> None:
    with app.app_context():
        dock = Dock(quantity=20)
        work = [(dock.receipt, dock.site.id, dock.item.id, f"L-{n}", f"race-{n}") for n in range(4)]
    assert errors(run_at_once(receive, work)) == [None, None, "over_receipt", "over_receipt"]
    with app.app_context():
        assert sum(b.on_hand.millionths for b in dock.balances()) == given.q(20).millionths
        given.ledger_is_whole()


def test_one_new_lot_from_two_trucks_is_made_once_and_a_near_one_is_asked(app: Flask, run_at_once: Any) -> None:
    with app.app_context():
        dock = Dock(quantity=20)
        receipts = []
        for _ in range(3):
            person = given.user(None, "receiver", site=dock.site)
            cmd = OpenReceipt(warehouse=dock.site.id)
            receipts.append(run_in_transaction(service.open_receipt, cmd, actor=person, at=given.NOW))
        lots = ("N-1", "N-1", "n-1")
        work = [
            (r, dock.site.id, dock.item.id, lot, f"race-{n}")
            for n, (r, lot) in enumerate(zip(receipts, lots, strict=True))
        ]
    # Whichever number is first, the other spelling is a question: one or two are taken in, and never both spellings.
    found = run_at_once(receive, work)
    assert {o.error for o in found} == {None, "question_needed"}
    assert len({o.value for o in found if o.error is None}) == 1
    with app.app_context():
        given.ledger_is_whole()


def test_one_sscc_is_taken_in_at_one_dock_only(app: Flask, run_at_once: Any) -> None:
    with app.app_context():
        dock = Dock(quantity=20)
        plate = str(Sscc.make("6901234", 0, 55))
        receipts = []
        for _ in range(2):
            person = given.user(None, "receiver", site=dock.site)
            cmd = OpenReceipt(warehouse=dock.site.id, supplier=dock.supplier.id)
            receipts.append(run_in_transaction(service.open_receipt, cmd, actor=person, at=given.NOW))
        work = [(r, dock.site.id, dock.item.id, "S-1", f"race-{n}", plate) for n, r in enumerate(receipts)]
    found = errors(run_at_once(receive, work))
    assert found in ([None, "duplicate_value"], [None, "wrong_state"])
    with app.app_context():
        given.ledger_is_whole()
