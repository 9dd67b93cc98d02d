"""Own fields on both engines: kept typed, found by filters through an index, audited, never pulled away from under values."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, select, text

from tests import given
from wms.audit.models import AuditEntry
from wms.catalog import queries as catalog
from wms.core.errors import DuplicateValue, OwnFieldInUse, OwnFieldMissing, OwnFieldOutOfRange, OwnFieldUnknown
from wms.core.ids import WarehouseId
from wms.db import db as database_of
from wms.db import run_in_transaction
from wms.fields import queries, service
from wms.fields.rules.values import Choice, FieldType, Given
from wms.stock import queries as stock


def define(code: str, kind: FieldType = FieldType.TEXT, *, of: str = "item", **more: Any) -> int:
    values = {"record_kind": of, "code": code, "name_en": code.title(), "type": kind} | more
    return run_in_transaction(service.define, values).id


def put(record: int, values: dict[str, Any], *, of: str = "item") -> None:
    run_in_transaction(service.set_values, of, record, values)


def test_values_of_each_type_come_back_as_they_were_and_leave_a_trace(db: Any) -> None:
    tea = given.item("TEA").id
    colours = (Choice(code="red", name_en="Red"), Choice(code="green", name_en="Green"))
    for code, kind, more in (
        ("note", FieldType.TEXT, {}), ("boxes", FieldType.WHOLE, {}), ("ph", FieldType.DECIMAL, {"unit": "pH"}),
        ("seen_on", FieldType.DATE, {}), ("halal", FieldType.YES_NO, {}), ("colour", FieldType.CHOICE, {"choices": colours}),
        ("sheet", FieldType.LINK, {}),
    ):  # fmt: skip
        define(code, kind, **more)
    values = {
        "note": "绿茶 a/12", "boxes": -3, "ph": "6.5", "seen_on": "2026-11-22", "halal": False, "colour": "green",
        "sheet": "https://example.org/x",
    }  # fmt: skip
    put(tea, values)
    assert queries.values_of("item", [tea]) == {tea: values}
    put(tea, {"ph": "7", "halal": None})
    after = queries.values_of("item", [tea])[tea]
    assert after == {name: value for name, value in values.items() if name != "halal"} | {"ph": "7"}
    entries = database_of.session.execute(
        select(AuditEntry.action, AuditEntry.changes)
        .where(AuditEntry.entity == "own_field_value")
        .order_by(AuditEntry.seq)
    ).all()
    assert [entry.action for entry in entries] == ["created"] * 7 + ["changed"] * 2
    assert {"number": [6_500_000, 7_000_000]} in [entry.changes for entry in entries]
    changes = queries.with_history("item", tea, [])
    assert [change.entry.changes for change in changes[:2]] in (
        [{"halal": [False, None]}, {"ph": ["6.5", "7"]}],
        [{"ph": ["6.5", "7"]}, {"halal": [False, None]}],
    )


def test_a_refused_value_keeps_none_of_them(db: Any) -> None:
    tea = given.item("TEA").id
    define("ph", FieldType.DECIMAL, minimum="0", maximum="14")
    define("note")
    with pytest.raises(OwnFieldOutOfRange):
        put(tea, {"note": "x", "ph": "15"})
    with pytest.raises(OwnFieldUnknown):
        put(tea, {"note": "x", "colour": "red"})
    define("must", is_required=True)
    with pytest.raises(OwnFieldMissing):
        run_in_transaction(service.set_values, "item", tea, Given(values={"note": "x"}, is_whole=True))
    assert queries.values_of("item", [tea]) == {}


def test_a_field_with_values_keeps_its_type_and_the_choices_in_use(db: Any) -> None:
    tea = given.item("TEA").id
    colours = (Choice(code="red", name_en="Red"), Choice(code="green", name_en="Green"))
    field = define("colour", FieldType.CHOICE, choices=colours)
    with pytest.raises(DuplicateValue):
        define("colour")
    assert define("colour", of="lot") != field
    run_in_transaction(service.change, field, {"choices": colours[:1]})
    run_in_transaction(service.change, field, {"choices": colours})
    put(tea, {"colour": "red"})
    with pytest.raises(OwnFieldInUse) as refused:
        run_in_transaction(service.change, field, {"type": FieldType.TEXT, "choices": ()})
    assert refused.value.data["count"] == 1
    with pytest.raises(OwnFieldInUse):
        run_in_transaction(service.change, field, {"choices": colours[1:]})
    retired = (Choice(code="red", name_en="Red", is_active=False), colours[1])
    run_in_transaction(service.change, field, {"choices": retired, "is_active": False})
    assert queries.values_of("item", [tea]) == {}, "a field out of use shows nothing"
    run_in_transaction(service.change, field, {"is_active": True})
    assert queries.values_of("item", [tea]) == {tea: {"colour": "red"}}
    put(tea, {"colour": None})
    run_in_transaction(service.change, field, {"type": FieldType.TEXT, "choices": ()})


def test_lists_are_filtered_by_own_fields_of_each_type(db: Any) -> None:
    ids = {sku: given.item(sku).id for sku in ("A", "B", "C")}
    define("note")
    define("ph", FieldType.DECIMAL)
    define("seen_on", FieldType.DATE)
    define("halal", FieldType.YES_NO)
    put(ids["A"], {"note": "HAL-1", "ph": "6.5", "seen_on": "2026-01-05", "halal": True})
    put(ids["B"], {"note": "hal-2", "ph": "-1", "seen_on": "2026-06-05", "halal": False})
    put(ids["C"], {"note": "50%_x"})

    def found(**asked: str) -> list[str]:
        own = queries.conditions_of("item", asked)
        return [item.sku for item in catalog.list_items(catalog.ItemFilter(own=own)).rows]

    assert found(note="HAL") == ["A"] and found(note="hal") == ["A", "B"]
    assert found(note="50%") == ["C"] and found(note="_") == [] and found(note="  ") == ["A", "B", "C"]
    assert found(ph="6.5") == ["A"] and found(ph="-2..0") == ["B"] and found(ph="..7") == ["A", "B"]
    assert found(seen_on="2026-06-01..") == ["B"] and found(seen_on="2026-01-05") == ["A"]
    assert found(halal="yes") == ["A"] and found(halal="no") == ["B"]
    assert found(halal="yes", ph="-1") == []
    with pytest.raises(OwnFieldUnknown):
        found(colour="red")


def test_stock_is_filtered_by_own_fields_of_the_lot(db: Any) -> None:
    site = given.warehouse()
    milk = given.item("MILK")
    lots = {number: given.lot(milk, number) for number in ("L1", "L2")}
    for place, lot in (("A-01", lots["L1"]), ("A-02", lots["L1"]), ("A-03", lots["L2"])):
        given.stock(lot, site, place)
    define("grade", of="lot")
    put(lots["L1"].id, {"grade": "first"}, of="lot")
    wanted = stock.StockFilter(warehouse=WarehouseId(site.id), own=queries.conditions_of("lot", {"grade": "fir"}))
    for sort in stock.SORTS:
        page = stock.page_of_stock(
            stock.StockFilter(warehouse=wanted.warehouse, own=wanted.own, sort=sort),
            on=given.TODAY,
            cursor=None,
            size=1,
        )
        assert page.next_cursor and [row.lot_number for row in page.rows] == ["L1"]
    assert [row.bin_code for row in stock.stream_stock(wanted, on=given.TODAY)] == ["A-01", "A-02"]
    page_of_lots = stock.page_of_lots(sku="", number="", begins="", cursor=None, size=9, own=wanted.own)
    assert [lot.number for lot in page_of_lots.rows] == ["L1"]


def test_a_filter_walks_the_index_of_its_type(app: Flask, db: Any) -> None:
    field = define("ph", FieldType.DECIMAL)
    if database_of.engine.dialect.name == "postgresql":
        database_of.session.execute(text("SET enable_seqscan = off"))
        ask, plan = "EXPLAIN ", "ix_own_field_value_"
    else:
        ask, plan = "EXPLAIN QUERY PLAN ", "USING COVERING INDEX ix_own_field_value_"
    for column, asked in (("number", {"ph": "2..8"}),):
        statement = queries.matching(queries.conditions_of("item", asked)[0])
        compiled = statement.compile(database_of.engine, compile_kwargs={"literal_binds": True})
        told = "\n".join(str(row) for row in database_of.session.execute(text(ask + str(compiled))))
        assert plan + column in told, told
    assert field


def test_values_of_a_page_of_records_are_one_statement(db: Any) -> None:
    records = [given.item().id for _ in range(30)]
    for code in ("one", "two"):
        define(code)
    for record in records:
        put(record, {"one": "x", "two": "y"})
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.startswith("BEGIN"):
            seen.append(statement)

    event.listen(database_of.engine, "before_cursor_execute", note)
    try:
        assert len(queries.values_of("item", records)) == 30
        counted, seen[:] = len(seen), []
        database_of.session.expunge_all()
        page = catalog.list_items(catalog.ItemFilter(), with_own=True)
        values = [queries.plain_values(item.own_values) for item in page.rows]
    finally:
        event.remove(database_of.engine, "before_cursor_execute", note)
    # Items, their units, their values.
    assert counted == 1 and len(seen) == 3, seen
    assert values[0] == {"one": "x", "two": "y"}
