"""What a lot is called as it comes in: the maker's number, one by rule, a clash; and what the supplier's code says of its days."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from tests import given
from wms.catalog.models import DateBasis, LotNumberBy
from wms.core.errors import MissingField, QuestionNeeded
from wms.core.ids import SYSTEM_USER
from wms.db import db as database
from wms.db import run_in_transaction
from wms.gs1.codes import LotNumber
from wms.numbering import service as numbers
from wms.numbering.rules.choice import Trigger
from wms.numbering.rules.elements import Element, ElementKind, Reset
from wms.receiving import service
from wms.receiving.rules.commands import OpenReceipt, ReceiveLine
from wms.stock.models import Lot

pytestmark = pytest.mark.usefixtures("db")


class Dock:
    """A warehouse where two suppliers bring one item."""

    def __init__(self, **item: Any) -> None:
        self.site, self.one, self.two = given.warehouse(), given.partner(), given.partner()
        self.item = given.item(**item)
        self.count = 0

    def open(self, supplier: Any = None) -> Any:
        cmd = OpenReceipt(warehouse=self.site.id, supplier=(supplier or self.one).id)
        return run_in_transaction(service.open_receipt, cmd, actor=SYSTEM_USER, at=given.NOW)

    def bring(self, receipt: Any, lot: str, *answers: str, **more: Any) -> Any:
        self.count += 1
        cmd = ReceiveLine(
            warehouse=self.site.id, receipt=receipt, item=self.item.id, quantity=given.q(1), key=f"{self.item.sku}-{self.count}",
            lot=LotNumber.parse(lot), answers=frozenset(answers), **({"expires_on": given.day(200)} | more),
        )  # fmt: skip
        return run_in_transaction(service.receive_line, cmd, actor=SYSTEM_USER, at=given.NOW)

    def lots(self) -> list[tuple[str, str]]:
        found = database.session.execute(select(Lot).where(Lot.item_id == self.item.id).order_by(Lot.id)).scalars()
        made = [(lot.number, lot.maker_lot) for lot in found]
        database.session.rollback()
        return made

    def pattern(self, template: str, **more: Any) -> None:
        values = numbers.PatternValues(supplier=self.one.id, template=template, **more)
        run_in_transaction(numbers.create_pattern, values)

    def lot(self, number: str) -> Lot:
        found = database.session.execute(
            select(Lot).where(Lot.item_id == self.item.id, Lot.number == number)
        ).scalar_one()
        database.session.rollback()
        return found


def rule() -> None:
    elements = (
        Element(kind=ElementKind.DATE, value="YYMMDD"),
        Element(kind=ElementKind.SEQUENCE, width=2, reset=Reset.DAY),
    )
    values = numbers.RuleValues(name="R", trigger=Trigger.RECEIPT, elements=elements)
    run_in_transaction(numbers.create_rule, values, at=given.NOW)


def test_the_makers_number_is_kept_byte_for_byte() -> None:
    dock = Dock()
    receipt = dock.open()
    for text in ("0012", "a/12"):
        assert dock.bring(receipt, f" {text} ").lot_number == text
    for near in ("12", "A/12"):
        with pytest.raises(QuestionNeeded):
            dock.bring(receipt, near)
        assert dock.bring(receipt, near, "lot_nearly_known").lot_number == near
    assert [number for number, _ in dock.lots()] == ["0012", "a/12", "12", "A/12"]


def test_a_receipt_does_not_rename_the_traceability_lot_code() -> None:
    dock = Dock()
    lot = given.lot(
        dock.item,
        "A1",
        expires_in=200,
        supplier=dock.one.id,
        traceability_lot_code="TLC-9",
        traceability_lot_source="Farm 4",
    )
    dock.bring(dock.open(), "A1")
    kept = dock.lot("A1")
    assert (kept.id, kept.traceability_lot_code, kept.traceability_lot_source) == (lot.id, "TLC-9", "Farm 4")


def test_by_rule_a_maker_lot_gets_one_number_and_keeps_its_own() -> None:
    rule()
    dock = Dock(lot_number_by=LotNumberBy.RULE)
    assert dock.bring(dock.open(), "0012").lot_number == "26112201"
    again = dock.bring(dock.open(), "0012")
    assert (again.lot_number, again.is_new_lot) == ("26112201", False)
    assert dock.bring(dock.open(dock.two), "0012").lot_number == "26112202"  # another supplier's 0012
    assert dock.lots() == [("26112201", "0012"), ("26112202", "0012")]


def test_by_receipt_a_maker_lot_gets_a_new_number_each_time_it_comes() -> None:
    rule()
    dock = Dock(lot_number_by=LotNumberBy.RECEIPT)
    first = dock.open()
    made = [dock.bring(first, "0012").lot_number for _ in range(2)]
    run_in_transaction(service.close_receipt, first, warehouse=dock.site.id, actor=SYSTEM_USER, at=given.NOW)
    second = dock.open()
    assert second != first
    made += [dock.bring(second, "0012").lot_number for _ in range(2)]
    assert made == ["26112201", "26112201", "26112202", "26112202"]


def test_a_number_of_another_supplier_is_asked_about_and_another_lot_gets_one_by_rule() -> None:
    rule()
    dock = Dock()
    dock.bring(dock.open(), "0012")
    other = dock.open(dock.two)
    with pytest.raises(QuestionNeeded) as asked:
        dock.bring(other, "0012")
    assert asked.value.data["question"] == "lot_of_another_supplier"
    assert (asked.value.data["supplier"], asked.value.data["proposed"]) == (dock.one.code, "26112201")
    assert dock.bring(other, "0012", "lot_is_another", expires_on=given.day(90)).lot_number == "26112201"
    assert dock.bring(other, "0012", expires_on=given.day(90)).lot_number == "26112201"  # known now
    assert dock.bring(dock.open(), "0012").lot_number == "0012"
    assert dock.lots() == [("0012", "0012"), ("26112201", "0012")]


def test_the_same_lot_from_another_supplier_is_one_lot_on_a_yes_or_when_the_maker_is_known() -> None:
    dock = Dock()
    dock.bring(dock.open(), "0012")
    assert dock.bring(dock.open(dock.two), "0012", "lot_of_another_supplier").is_new_lot is False
    maker = given.partner()
    dock = Dock(maker_id=maker.id)
    dock.bring(dock.open(), "0012")
    assert dock.bring(dock.open(dock.two), "0012").is_new_lot is False


def test_a_day_of_making_alone_is_enough_where_the_item_keeps_so_long() -> None:
    dock = Dock(shelf_life_days=None, shelf_life_months=24)
    dock.bring(dock.open(), "A1", expires_on=None, manufactured_on=date(2026, 1, 31))
    lot = dock.lot("A1")
    assert (lot.expires_on, lot.manufactured_on) == (date(2028, 1, 30), date(2026, 1, 31))
    assert lot.expiry_text == "24 months from 2026-01-31"
    dock = Dock(date_basis=DateBasis.BEST_BEFORE, shelf_life_days=10)
    dock.bring(dock.open(), "A1", expires_on=None, manufactured_on=given.TODAY)
    assert dock.lot("A1").best_before_on == given.day(9)
    with pytest.raises(MissingField):
        dock.bring(dock.open(), "A2", expires_on=None)


def test_days_are_read_out_of_the_code_on_a_yes() -> None:
    dock = Dock(shelf_life_days=None, shelf_life_months=12)
    dock.pattern("{YYMMDD}{LINE:1}")
    receipt = dock.open()
    with pytest.raises(QuestionNeeded) as asked:
        dock.bring(receipt, "261101A", expires_on=None)
    assert asked.value.data == {
        "question": "date_from_code",
        "lot": "261101A",
        "made": "2026-11-01",
        "came": "2027-10-31",
    }
    dock.bring(receipt, "261101A", "date_from_code", expires_on=None)
    lot = dock.lot("261101A")
    assert (lot.expires_on, lot.manufactured_on, lot.expiry_text) == (date(2027, 10, 31), date(2026, 11, 1), "261101A")


def test_a_code_that_contradicts_is_a_question() -> None:
    dock = Dock(shelf_life_days=None, shelf_life_months=12)
    dock.pattern("{YYMMDD}{LINE:1}")
    receipt = dock.open()
    assert dock.bring(receipt, "261101A", expires_on=date(2027, 10, 31)).is_new_lot
    with pytest.raises(QuestionNeeded) as asked:
        dock.bring(receipt, "261102A", expires_on=date(2028, 11, 1))
    assert asked.value.data["question"] == "lot_code_contradicts" and asked.value.data["says"] == "2027-11-01"
    with pytest.raises(QuestionNeeded) as asked:
        dock.bring(receipt, "261102", expires_on=date(2027, 11, 1))
    assert asked.value.data["question"] == "lot_code_unread" and asked.value.data["needed"] == "{YYMMDD}{LINE:1}"
    assert dock.bring(receipt, "261102A", "lot_code_contradicts", expires_on=date(2028, 11, 1)).is_new_lot
    assert dock.bring(receipt, "261102", "lot_code_unread", expires_on=date(2027, 11, 1)).is_new_lot
    assert dock.bring(receipt, "261102", expires_on=date(2027, 11, 1)).is_new_lot is False  # known now: not asked again
    assert dock.bring(dock.open(dock.two), "anything", expires_on=date(2027, 11, 1)).is_new_lot


def test_what_is_asked_is_asked_before_the_amount_too() -> None:
    dock = Dock()
    dock.pattern("{YYMMDD}")
    receipt = dock.open()
    cmd = ReceiveLine(
        warehouse=dock.site.id, receipt=receipt, item=dock.item.id, quantity=given.q(1), key="k", lot=LotNumber.parse("x"),
        expires_on=given.day(100),
    )  # fmt: skip
    with pytest.raises(QuestionNeeded):
        service.check_line(cmd, at=given.NOW)
    database.session.rollback()
    service.check_line(replace(cmd, answers=frozenset({"lot_code_unread"})), at=given.NOW)
    database.session.rollback()
