"""Pages and operations of evidence: seals, audit trail in words, the mark beside a field, stock as of; and who may see them."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from tests import given
from tests.given import NOW
from tests.integration.evidence.sealing import conclude, seal, tamper
from tests.web.desk_client import Desk
from tests.web.machine import Machine
from wms.audit.context import acting
from wms.catalog.models import Item
from wms.core.ids import SYSTEM_USER
from wms.db import db, run_in_transaction
from wms.evidence import past, service, verifying
from wms.stock import asof

sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def site(app: Flask) -> given.Site:
    with app.app_context():
        site = given.warehouse()
        for role in ("auditor", "picker", "supervisor"):
            given.user(role, role, site=site)
        return site


def _check(at: Any = NOW) -> None:
    found = verifying.verify(at=at)
    run_in_transaction(service.settle_check, found=found, actor=SYSTEM_USER, at=at)


def test_the_page_of_seals_says_whole_and_then_broken_and_what(app: Flask, site: given.Site) -> None:
    desk = Desk.of(app, "auditor")
    assert "Nothing is sealed yet." in desk.get("/evidence")
    with app.app_context():
        conclude()
        seal()
        _check()
    assert "whole" in desk.get("/evidence") and "No sealed record was changed" in desk.text
    with app.app_context():
        tamper(db, "UPDATE stock_posting SET note = 'x' WHERE seq = 1")
        _check()
    assert "posting 1: changed after it was sealed" in desk.get("/evidence")


def _rename(item: int, *, why: str = "") -> None:
    maker = given.partner("MILL").id

    def change() -> None:
        with acting(SYSTEM_USER, reason=why):
            row = db.session.get(Item, item)
            assert row is not None
            row.name_en, row.maker_id, row.is_inspected_at_receipt = "New name", maker, not row.is_inspected_at_receipt
            db.session.flush()

    run_in_transaction(change)


def test_a_field_that_changed_has_a_mark_that_says_who_what_and_why_by_one_statement(
    app: Flask, site: given.Site
) -> None:
    with app.app_context():
        item = given.item("FLOUR", name_en="Old name").id
        _rename(item, why="as the label says")
        changes = past.past_of("item", item)
        assert [(c.before, c.after, c.why) for c in changes["name_en"]] == [
            ("Old name", "New name", "as the label says")
        ]
        assert changes["maker_id"][0].after == "MILL"  # its code, not its id
        assert changes["is_inspected_at_receipt"][0].after in ("yes", "no")
    desk = Desk.of(app, "supervisor")
    desk.get(f"/items/{item}")
    assert desk.status == 200 and "<del>Old name</del>" in desk.text and "as the label says" in desk.text
    asked = [one for one in desk.statements if "device.name AS device" in one]
    assert len(asked) == 1


@sqlite
def test_the_audit_page_filters_and_exports(app: Flask, site: given.Site) -> None:
    with app.app_context():
        item = given.item("FLOUR", name_en="Old name").id
        other = given.item("SALT", name_en="Salt").id
        _rename(item, why="as the label says")
    desk = Desk.of(app, "auditor")
    assert "Old name" in desk.get(f"/evidence/audit?entity=item&id={item}&field=name_en") and "Salt" not in desk.text
    assert "No change matches." in desk.get(f"/evidence/audit?entity=item&id={other}&field=maker_id")
    assert "No change matches." in desk.get("/evidence/audit?since=2099-01-01")
    assert "No change matches." in desk.get("/evidence/audit?person=nobody")
    sheet = desk.client.get(f"/evidence/audit.csv?entity=item&id={item}&field=name_en")
    assert "Old name,New name,as the label says" in sheet.text
    assert desk.client.get("/evidence/audit.xlsx?entity=item").status_code == 200
    for bad in ("id=x", "field=a%22", "since=what", "id=99999999999999999999"):
        desk.get(f"/evidence/audit?{bad}")
        assert desk.status in (200, 422), bad


@sqlite
def test_stock_as_of_is_asked_by_day_time_and_posting(app: Flask, site: given.Site) -> None:
    with app.app_context():
        lot = given.lot(given.item("FLOUR"))
        given.stock(lot, site, "A-01", 5)
        seq = asof.last_seq()
        given.stock(lot, site, "A-02", 3)
        number = lot.number
    desk = Desk.of(app, "picker")
    assert number in desk.get("/stock/as-of") and "A-02" in desk.text
    assert "A-01" in desk.get(f"/stock/as-of?seq={seq}") and "A-02" not in desk.text
    assert "Nothing stood here then." in desk.get("/stock/as-of?on=2020-01-01&clock=08:30")
    assert desk.client.get("/stock/as-of.csv").status_code == 403
    assert "A-02" in Desk.of(app, "auditor").client.get("/stock/as-of.csv?bin=A-02").text
    for bad in ("on=what", "clock=25:00", "seq=x", "state=lost", "cursor=what"):
        desk.get(f"/stock/as-of?{bad}")
        assert desk.status == 422, bad


@sqlite
def test_who_has_no_right_sees_no_seals_and_no_trail(app: Flask, site: given.Site) -> None:
    desk = Desk.of(app, "picker")
    for path in ("/evidence", "/evidence/audit", "/evidence/audit.csv"):
        desk.get(path)
        assert desk.status == 403, path


def test_machines_read_the_same(app: Flask, site: given.Site) -> None:
    with app.app_context():
        item = given.item("FLOUR", name_en="Old name").id
        _rename(item, why="as the label says")
        given.stock(given.lot(given.item("SALT")), site, "A-01", 5)
        seal()
        _check(NOW + timedelta(minutes=1))
    machine = Machine.of(app, "auditor", site=site)
    (block,) = machine.get("/seals").json["items"]
    assert str(block["seq"]) == "1" and len(block["hash"]) == 64
    (check,) = machine.get("/seal-checks").json["items"]
    assert check["faults"] == 0 and check["first_fault"] == ""
    (entry,) = machine.get(f"/audit-entries?entity=item&record_id={item}&field=maker_id").json["items"]
    said = {one["field"]: (one["before"], one["after"]) for one in entry["fields"]}
    assert entry["reason"] == "as the label says" and said["name_en"] == ("Old name", "New name")
    (row,) = machine.get("/stock-as-of").json["items"]
    assert (row["sku"], row["bin_code"], row["on_hand"], row["is_held"]) == ("SALT", "A-01", "5", False)
    assert machine.get("/stock-as-of?at=2020-01-01T00:00:00Z").json["items"] == []
    assert Machine.of(app, "picker", site=site).get("/audit-entries").status_code == 403
