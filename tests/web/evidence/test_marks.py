"""The mark beside a field on each page that has one: who, when, why, what it was; by one statement a page, in words."""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask, url_for
from sqlalchemy import select

from tests import given
from tests.web.desk_client import Desk
from wms.accounts.models import ApiToken
from wms.accounts.service import create_api_token
from wms.audit.context import acting
from wms.complaints import service as complaints
from wms.complaints.models import Capa, Complaint
from wms.complaints.rules.states import Channel, Severity
from wms.core.ids import SYSTEM_USER, ReceiptId, ReceiptLineId, new_id
from wms.db import db, run_in_transaction
from wms.inspection import service as inspections
from wms.inspection.models import CharacteristicKind, DefectClass, Inspection, Sampling, Stage
from wms.passport import service as passports
from wms.passport.rules import Shown
from wms.production.models import Bom, Machine, ProductionLine, ProductionRule, Vessel, WorkOrder
from wms.quality import cases
from wms.quality.case_queries import Selection
from wms.quality.cases import PlaceCase
from wms.recall.models import Recall
from wms.recall.rules.classes import RecallClass
from wms.recall.service import OpenRecall, open_recall
from wms.recall.service import set_class as set_recall_class
from wms.sites.models import Warehouse
from wms.stock.models import CaseScope, HoldCase, HoldReason

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

#: What a page shows: (the model, its id, what is changed, words that stand for it before and after, its endpoint and id).
Case = tuple[Any, int, dict[str, Any], tuple[str, str], str, dict[str, Any]]


def _warehouse(site: given.Site) -> Case:
    return Warehouse, site.id, {"name_en": "Changed name"}, (f"Site {site.warehouse.code}", "Changed name"), "sites.warehouse", {
        "warehouse_id": site.id}  # fmt: skip


def _case(site: given.Site) -> Case:
    lot = given.lot(given.item())
    given.stock(lot, site)
    cmd = PlaceCase(
        key="c", selection=Selection(scope=CaseScope.LOTS, warehouse=site.id, lots=(lot.id,)), reason=HoldReason.SUSPECT,
        note="first words",
    )  # fmt: skip
    placed = run_in_transaction(cases.place_case, cmd, actor=SYSTEM_USER, at=given.NOW)
    return (
        HoldCase,
        placed.case,
        {"note": "other words"},
        ("first words", "other words"),
        "holds.case",
        {"case_id": placed.case},
    )


def _bom(_site: given.Site) -> Case:
    row = given.bom(given.item(), [(given.item(), 1)], makes=5)
    return Bom, row.id, {"output_quantity": given.q(7)}, ("5", "7"), "production.bom", {"bom_id": row.id}


def _order(site: given.Site) -> Case:
    item, first, second = given.item(), given.line(site, "LA"), given.line(site, "LB")
    given.bom(item, [(given.item(), 1)])
    row = given.work_order(site, item, 5, first)
    return WorkOrder, row.id, {"line_id": second.id}, ("LA", "LB"), "production.order", {"order_id": row.id}


def _recall(site: given.Site) -> Case:
    lot = given.lot(given.item("RECALLED"), "R-1")
    given.stock(lot, site)
    cmd = OpenRecall(
        key="r", warehouse=site.id, class_code="food", reason="Glass", start_text="R-1", start_item="RECALLED"
    )
    row = run_in_transaction(open_recall, cmd, actor=given.user(None, "quality"), at=given.NOW)
    return Recall, row, {"close_reason": "not yet"}, ("–", "not yet"), "recall.recall", {"recall_id": row}


def _complaint(site: given.Site) -> Case:
    owner, other = given.user("first", "quality"), given.user("second", "quality")
    cmd = complaints.RecordComplaint(
        key="k", warehouse=site.id, customer=None, customer_told="Somebody", language="en", channel=Channel.PHONE,
        what="Mould", severity=Severity.MAJOR, owner=owner,
    )  # fmt: skip
    row = run_in_transaction(complaints.record, cmd, actor=owner, at=given.NOW)
    identity = int(getattr(row, "id", row))
    return (
        Complaint,
        identity,
        {"owner_id": other},
        ("First", "Second"),
        "complaints.complaint",
        {"complaint_id": identity},
    )


def _capa(site: given.Site) -> Case:
    owner, other = given.user("first", "quality"), given.user("second", "quality")
    row = Capa(
        id=new_id(), number="CAPA-1", key="k", warehouse_id=site.id, problem="It leaks", owner_id=owner, due_on=given.day(9),
        opened_by=owner, opened_at=given.NOW,
    )  # fmt: skip
    given.keep(row)
    return Capa, row.id, {"owner_id": other}, ("First", "Second"), "complaints.capa", {"capa_id": row.id}


def _inspection(site: given.Site) -> Case:
    item = given.item(is_inspected_at_receipt=True)
    looks = {
        "name_en": "Looks whole", "name_zh": "", "kind": CharacteristicKind.VISUAL, "defect_class": DefectClass.MAJOR, "unit": "",
        "minimum": None, "target": None, "maximum": None, "choices": [], "accepted_choices": [], "method": "",
    }  # fmt: skip
    values = {
        "name_en": "Plan", "name_zh": "", "item_id": item.id, "supplier_id": None, "stage": Stage.RECEIPT,
        "sampling": Sampling.ISO_2859_1, "aql_major": Decimal("1.0"), "aql_minor": Decimal("4.0"), "is_second_person": False,
    }  # fmt: skip
    plan = run_in_transaction(
        inspections.create_plan, code="P-1", values=values, characteristics=[looks], actor=SYSTEM_USER, at=given.NOW
    )
    run_in_transaction(inspections.activate, plan.id, actor=SYSTEM_USER, at=given.NOW)
    run_in_transaction(
        inspections.open_for_receipt, warehouse=site.id, receipt=ReceiptId(new_id()), receipt_line=ReceiptLineId(new_id()),
        item=item.id, lot=given.lot(item).id, supplier=None, quantity=given.q(500), actor=SYSTEM_USER, at=given.NOW,
    )  # fmt: skip
    row = db.session.execute(select(Inspection)).scalars().first()
    assert row is not None
    before, identity = str(row.quantity), row.id
    db.session.rollback()
    return (
        Inspection,
        identity,
        {"quantity": given.q(77)},
        (before, "77"),
        "inspection.inspection",
        {"inspection_id": identity},
    )


def _line(site: given.Site) -> Case:
    row = given.line(site)
    return ProductionLine, row.id, {"needs_clearance": True}, ("no", "yes"), "production.line", {"line_id": row.id}


def _machine(site: given.Site) -> Case:
    row = given.machine(site)
    line = given.line(site, "LX")
    return Machine, row.id, {"line_id": line.id}, ("–", "LX"), "production.machine", {"machine_id": row.id}


def _vessel(site: given.Site) -> Case:
    row = given.vessel(site)
    return Vessel, row.id, {"capacity": given.q(900)}, ("–", "900"), "production.edit_vessel", {"vessel_id": row.id}


def _rule(_site: given.Site) -> Case:
    row = given.production_rule(given.item("RULED"), tolerance_percent=3)
    return ProductionRule, row.id, {"tolerance_percent": 9}, ("3", "9"), "production.item_rule", {"sku": "RULED"}


def _key(site: given.Site) -> Case:
    admin = given.user("maker", "administrator")

    def make() -> int:
        return int(create_api_token(name="Till", scopes=["settings.edit"], actor=admin, at=given.NOW)[0].id)

    row = run_in_transaction(make)
    return ApiToken, row, {"is_active": False}, ("yes", "no"), "accounts.tokens", {}


PAGES: dict[str, Callable[[given.Site], Case]] = {
    "warehouse": _warehouse, "hold case": _case, "bill of materials": _bom, "work order": _order, "recall": _recall,
    "complaint": _complaint, "corrective action": _capa, "inspection": _inspection, "line": _line, "machine": _machine,
    "vessel": _vessel, "production rule": _rule, "API key": _key,
}  # fmt: skip


@pytest.mark.parametrize("page", PAGES)
def test_the_page_shows_beside_the_field_what_it_was_by_one_statement(app: Flask, page: str) -> None:
    with app.app_context():
        site = given.warehouse()
        given.user("ann", "administrator", "supervisor", "quality", "auditor")
        model, identity, values, (before, after), endpoint, where = PAGES[page](site)

        def change() -> None:
            with acting(SYSTEM_USER, reason="as agreed"):
                row = db.session.get_one(model, identity)
                for name, value in values.items():
                    setattr(row, name, value)
                db.session.flush()

        run_in_transaction(change)
    with app.test_request_context():
        path = url_for(endpoint, **where)
    desk = Desk.of(app, "ann")
    desk.get(path)
    assert desk.status == 200, desk.text[-800:]
    (mark,) = re.findall(r'<details class="past">.*?</details>', desk.text, re.S)
    assert f"<del>{before}</del>" in mark and f"<ins>{after}</ins>" in mark and "as agreed" in mark, mark
    asked = [one for one in desk.statements if "FROM audit_entry" in one and "own_field" not in one]
    assert len(asked) == 1, asked


def test_a_list_with_marks_asks_once_however_long_it_is(app: Flask) -> None:
    with app.app_context():
        given.warehouse()
        admin = given.user("ann", "administrator")
    desk = Desk.of(app, "ann")
    asked = {}
    for rows in (10, 100):
        with app.app_context():
            for _number in range(rows):
                _revoked(admin)
        desk.get("/setup/tokens")
        desk.get("/setup/tokens")
        asked[rows] = len(desk.statements)
        assert desk.text.count('<details class="past">') == rows + (10 if rows == 100 else 0)
    assert asked[10] == asked[100], asked


def _revoked(admin: Any) -> None:
    def make() -> int:
        return int(create_api_token(name="Till", scopes=["settings.edit"], actor=admin, at=given.NOW)[0].id)

    row = run_in_transaction(make)

    def revoke() -> None:
        db.session.get_one(ApiToken, row).is_active = False
        db.session.flush()

    run_in_transaction(revoke)


def test_settings_say_their_last_changes(app: Flask) -> None:
    with app.app_context():
        given.warehouse()
        given.user("ann", "administrator", "quality", "auditor", "supervisor")
        at = given.NOW
        for shown in ((Shown.ITEM,), (Shown.ITEM, Shown.STATE)):
            run_in_transaction(passports.set_policy, "", shown, actor=SYSTEM_USER, at=at)
        for hours in (2, 3):
            chosen = RecallClass(code="own", name_en="Own class", name_zh="", stop_hours=hours)
            run_in_transaction(set_recall_class, chosen, actor=SYSTEM_USER, at=at)
    desk = Desk.of(app, "ann")
    assert "What is shown" in desk.get("/setup/passports") or "What is shown" in desk.get(
        _path(app, "passport.policies")
    )
    page = desk.get("/setup/recall-classes")
    assert "<del>2</del>" in page and "<ins>3</ins>" in page and "Stop, hours" in page and "own" in page


def _path(app: Flask, endpoint: str) -> str:
    with app.test_request_context():
        return url_for(endpoint)
