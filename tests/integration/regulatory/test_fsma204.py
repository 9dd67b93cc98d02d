"""The FSMA 204 sheet on both engines: each event with its key data elements, of a lot, its chain, or a range of days."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests import given
from tests.plans import watch
from wms.catalog.models import FoodTraceability, ItemClass
from wms.core.ids import SYSTEM_USER, new_id
from wms.db import db as database
from wms.db import run_in_transaction
from wms.production.models import InputSource, OutputKind, ProductionReport, ReportInput, ReportOutput
from wms.regulatory import queries, sheet
from wms.regulatory.queries import MISSING, Event, EventKind, Goods, Wanted
from wms.stock.models import PastKind
from wms.stock.past import PastEvent, record_past

pytestmark = pytest.mark.usefixtures("db")


def found(kind: EventKind, site: given.Site, **wanted: Any) -> list[Event]:
    rows = list(queries.events(kind, Wanted(warehouses=[site.id], **wanted)))
    database.session.rollback()
    return rows


def food(sku: str, **more: Any) -> Any:
    """A food that is marked as on the list."""
    said = {"item_class": ItemClass.FOOD, "name_en": f"Name {sku}", "specification": "500 g"}
    return given.item(sku, **{**said, "food_traceability": FoodTraceability.LISTED, **more})


def report_of(site: given.Site, used: Any, made: Any, *, at: datetime = given.NOW) -> ProductionReport:
    """A report as it stands in the tables: 4 of one lot became 2 of the other."""
    line = given.line(site)
    of = database.session.merge(made).item
    given.bom(of, [(database.session.merge(used).item, 2)])
    order = given.work_order(site, of, 2, line)
    return keep_report(site, order.id, line, used, made, at=at)


def keep_report(
    site: given.Site, order: Any, line: Any, used: Any, made: Any, *, at: datetime = given.NOW
) -> ProductionReport:
    """One more report of an order."""
    report = ProductionReport(
        id=new_id(), number=f"PR-{new_id()}", key=f"r-{new_id()}", warehouse_id=site.id, work_order_id=order,
        operation_sequence=10, line_id=line.id, operator_id=SYSTEM_USER, started_at=at, ended_at=at,
        reported_by=SYSTEM_USER, reported_at=at,
    )  # fmt: skip
    given.keep(report)
    given.keep(
        ReportInput(
            id=new_id(), report_id=report.id, line=1, item_id=used.item_id, lot_id=used.id, quantity=given.q(4),
            source=InputSource.LINE, bin_id=line.bin_id,
        ),
        ReportInput(
            id=new_id(), report_id=report.id, line=2, item_id=used.item_id, lot_id=used.id, quantity=given.q(1),
            source=InputSource.SCRAP, bin_id=line.bin_id,
        ),
        ReportOutput(
            id=new_id(), report_id=report.id, line=1, kind=OutputKind.MAIN, item_id=made.item_id, lot_id=made.id,
            quantity=given.q(2), bin_id=line.output_bin_id, lpn_id=0,
        ),
    )  # fmt: skip
    return report


def test_a_receipt_says_from_where_on_which_paper_and_whose_code() -> None:
    site, flour = given.warehouse(), food("FLOUR")
    run_in_transaction(_place, site)
    mill = given.partner("MILL", name_en="Old Mill", address="1 River Rd, Linz, AT", phone="+43 1", gln="9012345000004")
    lot = given.received(site, flour, "F-1", 40, supplier=mill, delivery_note="DN 7")
    given.received(site, given.item("PILL", item_class=ItemClass.DRUG), "P-1", 5, supplier=mill)
    (row,) = found(EventKind.RECEIVING, site, lots=[lot])
    assert row.on == given.TODAY
    assert (row.traceability_lot_code, row.quantity, row.unit) == ("F-1", given.q(40), flour.base_unit)
    assert row.product == "Name FLOUR · 500 g · FLOUR"
    assert row.other_location == "Old Mill · 1 River Rd, Linz, AT · +43 1 · GLN 9012345000004"
    assert row.lot_code_source == row.other_location  # who sent it gave the code, where the lot says nothing else
    assert row.location.endswith("8 Dock St, Suzhou, CN · +86 512")
    assert (row.document_type, row.document_number) == ("Delivery note", "DN 7")
    assert len(found(EventKind.RECEIVING, site)) == 1
    assert len(found(EventKind.RECEIVING, site, goods=Goods.ALL)) == 2
    assert row.gaps == ("Traceability lot code",)  # a maker's lot number is none until somebody says so


def _place(site: given.Site) -> None:
    row = database.session.merge(site.warehouse)
    row.address, row.phone = "8 Dock St, Suzhou, CN", "+86 512"


def test_a_transformation_gives_what_was_used_before_what_was_made() -> None:
    site, flour, bread = given.warehouse(), food("FLOUR"), food("BREAD")
    used, made = given.lot(flour, "F-1", traceability_lot_code="TLC-F"), given.lot(bread, "B-1")
    report = report_of(site, used, made)
    rows = found(EventKind.TRANSFORMATION, site, lots=[made.id])
    assert [(row.role, row.traceability_lot_code, row.quantity) for row in rows] == [
        ("input", "TLC-F", given.q(4)), ("output", "B-1", given.q(2)),
    ]  # fmt: skip
    assert rows[1].lot_code_source == rows[1].location and rows[0].document_number.endswith(report.number)
    assert found(EventKind.TRANSFORMATION, site, lots=[used.id]) == rows
    database.session.get_one(ProductionReport, report.id).reversed_at = given.NOW
    database.session.get_one(ProductionReport, report.id).reversed_by = SYSTEM_USER
    database.session.commit()
    assert not found(EventKind.TRANSFORMATION, site)


def test_a_shipment_says_to_whom_and_adds_up_each_lot() -> None:
    site, bread = given.warehouse(), food("BREAD")
    shop = given.partner("SHOP", name_en="Corner Shop", address="3 Main St, Graz", is_customer=True)
    lot = given.lot(bread, "B-1")
    given.stock(lot, site, "A-01", 6)
    given.stock(lot, site, "A-02", 6)
    given.shipped(site, [(bread, 10)], customer=shop)
    (row,) = found(EventKind.SHIPPING, site)
    assert (row.traceability_lot_code, row.quantity, row.other_location) == (
        "B-1",
        given.q(10),
        "Corner Shop · 3 Main St, Graz",
    )
    assert row.document_type == "Delivery note" and row.on == given.TODAY
    elsewhere = given.warehouse()
    assert not found(EventKind.SHIPPING, elsewhere)


@pytest.mark.parametrize(
    ("timezone", "hour", "day"), [("Asia/Shanghai", 17, 23), ("Asia/Shanghai", 15, 22), ("America/Los_Angeles", 6, 21)]
)
def test_days_are_those_of_the_warehouse(timezone: str, hour: int, day: int) -> None:
    site, flour = given.warehouse(timezone=timezone), food("FLOUR")
    at = datetime(2026, 11, 22, hour, tzinfo=UTC)
    given.received(site, flour, "F-1", 1, at=at)
    on = at.date().replace(day=day)
    assert [row.on for row in found(EventKind.RECEIVING, site, since=on, until=on)] == [on]
    for other in (on - timedelta(days=1), on + timedelta(days=1)):
        assert not found(EventKind.RECEIVING, site, since=other, until=other)


def test_what_files_tell_of_the_time_before_comes_first() -> None:
    site, flour, bread = given.warehouse(), food("FLOUR"), food("BREAD")
    used, made, mill = given.lot(flour, "F-0"), given.lot(bread, "B-0"), given.partner("MILL")
    day = given.day(-30)

    def said(kind: PastKind, lot: Any, row: int, **more: Any) -> PastEvent:
        return PastEvent(kind=kind, lot=lot.id, quantity=given.q(3), on=day, row=row, document=f"OLD-{row}", **more)

    past = [
        said(PastKind.RECEIPT, used, 1, partner=mill.id, warehouse=site.id),
        said(PastKind.CONSUMPTION, used, 2, output_lot=made.id, output_quantity=given.q(9)),
        said(PastKind.SHIPMENT, made, 3, partner=mill.id),
    ]
    run_in_transaction(record_past, past, source_sha256="0" * 64, run=1, actor=SYSTEM_USER, at=given.NOW)
    for kind, numbers in (
        (EventKind.RECEIVING, ["OLD-1"]),
        (EventKind.TRANSFORMATION, ["OLD-2"] * 2),
        (EventKind.SHIPPING, ["OLD-3"]),
    ):
        told = found(kind, site, since=day, until=day)
        assert [row.document_number for row in told] == numbers
        if kind is EventKind.SHIPPING:  # the file names no warehouse
            assert told[0].location == MISSING and "Ship-from location" in told[0].gaps
    rows = found(EventKind.TRANSFORMATION, site, lots=[made.id])
    assert [(row.role, row.quantity) for row in rows] == [("input", given.q(3)), ("output", given.q(9))]


def test_a_lot_goes_by_each_of_its_codes_byte_for_byte() -> None:
    flour = food("FLOUR")
    one = given.lot(flour, "0012", maker_lot="M/7", traceability_lot_code="TLC 1")
    two = given.lot(flour, "12")
    assert queries.find_lots("0012") == queries.find_lots("M/7") == queries.find_lots("TLC 1") == [one.id]
    assert queries.find_lots("12") == [two.id] and queries.find_lots("m/7") == []


def test_more_lots_than_one_statement_takes_are_asked_for_in_parts_and_no_report_twice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    site, flour, bread = given.warehouse(), food("FLOUR"), food("BREAD")
    used, made = given.lot(flour, "F-1"), given.lot(bread, "B-1")
    report_of(site, used, made)
    monkeypatch.setattr(queries, "_LOTS", 1)
    assert len(found(EventKind.TRANSFORMATION, site, lots=[used.id, made.id])) == 2


def test_many_events_are_read_by_as_many_statements_as_few() -> None:
    site, flour = given.warehouse(), food("FLOUR")
    for n in range(6):
        given.received(site, flour, f"F-{n}", 1)
    with watch(database.engine) as asked:
        assert len(found(EventKind.RECEIVING, site)) == 6
    assert len(asked) <= 2


def test_the_sheet_holds_what_is_listed_and_counts_what_nobody_marked() -> None:
    site, listed = given.warehouse(), food("EGGS", food_traceability_category="Shell eggs")
    no, unsaid = (
        food("SALT", food_traceability=FoodTraceability.NOT_LISTED),
        food("TEA", food_traceability=FoodTraceability.UNSTATED),
    )
    food("GONE", food_traceability=FoodTraceability.UNSTATED, is_active=False)
    for item in (listed, no, unsaid):
        given.received(site, item, f"{item.sku}-1", 1)
    (row,) = found(EventKind.RECEIVING, site)
    assert (row.sku, row.category) == ("EGGS", "Shell eggs")
    assert len(found(EventKind.RECEIVING, site, goods=Goods.FOOD)) == 3
    said = queries.statements_of_food()
    assert (said.listed, said.not_listed, said.unstated) == (1, 1, 1)
    about = {row[0]: row[1] for row in list(sheet.tables(Wanted(warehouses=[site.id])))[-1][2]}
    assert about["Food items without a statement yet"] == 1
    database.session.rollback()


def test_a_transformation_of_listed_food_gives_all_that_was_made_of_it_and_no_other_input() -> None:
    site, cheese = given.warehouse(), food("CHEESE")
    dish, plain = (
        food("DISH", food_traceability=FoodTraceability.NOT_LISTED),
        food("BREAD", food_traceability=FoodTraceability.UNSTATED),
    )
    one = report_of(site, given.lot(cheese, "C-1"), given.lot(dish, "D-1"))
    report_of(site, given.lot(plain, "P-1"), given.lot(plain, "P-2"))
    rows = found(EventKind.TRANSFORMATION, site)
    assert [(row.role, row.sku) for row in rows] == [("input", "CHEESE"), ("output", "DISH")] and one.number
    made = report_of(site, given.lot(plain, "P-3"), given.lot(cheese, "C-2"))
    assert [(row.role, row.sku) for row in found(EventKind.TRANSFORMATION, site)][2:] == [("output", "CHEESE")] and made


def test_what_is_not_known_is_said_to_be_missing_by_the_rules_words() -> None:
    site, eggs = given.warehouse(), food("EGGS", specification="")
    given.received(site, eggs, "E-1", 5, supplier=given.partner("FARM", name_en="Farm"))
    (known,) = found(EventKind.RECEIVING, site)
    assert {"Traceability lot code", "Packaging size and style", "Receiving location: address"} <= set(known.gaps)
    assert "Immediate previous source: address" in known.gaps and "Immediate previous source: telephone" in known.gaps
    rows = list(sheet.one_table(Wanted(warehouses=[site.id])))
    assert all(len(row) == len(sheet.ONE_HEADING) for row in rows) and "" not in {row[8] for row in rows}
    database.session.rollback()
    whole = queries.gaps_of(
        EventKind.SHIPPING, place=("A", "B", "C"), other=("D", "E", "F"), product=("Eggs", "Box of 10"), quantity=given.q(1),
        document="BOL 1", code="TLC", source="Farm",
    )  # fmt: skip
    assert whole == ()
    nothing = queries.gaps_of(
        EventKind.RECEIVING, place=("A", "B", "C"), other=("", "", ""), product=("Eggs", "Box of 10"), quantity=None,
        document="", code="TLC", source="",
    )  # fmt: skip
    assert nothing == (
        "Quantity",
        "Immediate previous source",
        "Traceability lot code source",
        "Reference document number",
    )


def test_a_shipment_passes_on_who_gave_the_code() -> None:
    site, bread = given.warehouse(), food("BREAD")
    shop, farm = (
        given.partner("SHOP", is_customer=True),
        given.partner("FARM", name_en="Farm", address="2 Field Ln", phone="+1"),
    )
    bought, ours = given.lot(bread, "B-1", supplier=farm.id), given.lot(bread, "B-2")
    report_of(site, given.lot(food("FLOUR"), "F-1"), ours)
    for lot in (bought, ours, given.lot(bread, "B-3")):
        given.stock(lot, site, "A-01", 1)
    given.shipped(site, [(bread, 3)], customer=shop)
    rows = {row.lot_number: row for row in found(EventKind.SHIPPING, site)}
    assert rows["B-1"].lot_code_source == "Farm · 2 Field Ln · +1"
    assert rows["B-2"].lot_code_source == rows["B-2"].location
    assert rows["B-3"].lot_code_source == MISSING and "Traceability lot code source" in rows["B-3"].gaps


@pytest.mark.parametrize("kind", list(EventKind))
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_hundred_events_are_read_by_as_many_statements_as_ten(kind: EventKind) -> None:
    site, flour, bread = given.warehouse(), food("FLOUR"), food("BREAD")
    used, made = given.lot(flour, "F-1"), given.lot(bread, "B-1")
    report = report_of(site, used, made) if kind is EventKind.TRANSFORMATION else None
    asked_for, there = {}, 0
    for most in (10, 100):
        if report is None and kind is EventKind.SHIPPING:
            for _number in range(most - there):
                given.stock(given.lot(bread), site, "A-01", 1)
            given.shipped(site, [(bread, most - there)])
        for _number in range(most - there) if kind is not EventKind.SHIPPING else ():
            if report is None:
                given.received(site, flour, f"F-{new_id()}", 1)
            else:
                line = database.session.merge(report).line
                keep_report(site, report.work_order_id, line, used, made)
        there = most
        with watch(database.engine) as asked:
            assert len(found(kind, site)) >= most
        asked_for[most] = len(asked)
    assert asked_for[10] == asked_for[100] <= 6, asked_for
