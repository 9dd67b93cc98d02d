"""The audit trail in words, and whose it is: what belongs to another warehouse is shown to nobody without the right there."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from tests import given
from tests.web.desk_client import Desk
from tests.web.machine import Machine
from wms.accounts.models import UserRole
from wms.app import load_models
from wms.audit.capture import LEFT_OUT, PULSE, SECRET
from wms.audit.context import acting
from wms.audit.models import AuditEntry
from wms.catalog.models import Item
from wms.core.ids import SYSTEM_USER, new_id
from wms.db import Base, db, run_in_transaction
from wms.evidence import belonging, past
from wms.evidence.belonging import Where
from wms.evidence.words import ENTITIES
from wms.production.models import Machine as ProductionMachine
from wms.recall.rules.classes import RecallClass
from wms.recall.service.ending import set_class
from wms.sites.models import Bin
from wms.stock.models import LinkKind, LotLink

load_models()

sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
_TABLES = [name for name in Base.metadata.tables if name not in LEFT_OUT]


@pytest.fixture
def sites(app: Flask) -> tuple[given.Site, given.Site]:
    with app.app_context():
        here, there = given.warehouse("HERE"), given.warehouse("THERE")
        given.user("auditor", "auditor", site=here)
        given.user("chief", "auditor")
        return here, there


def _change(model: Any, identity: int, **values: Any) -> None:
    def change() -> None:
        with acting(SYSTEM_USER, reason="as agreed"):
            row = db.session.get_one(model, identity)
            for name, value in values.items():
                setattr(row, name, value)
            db.session.flush()

    run_in_transaction(change)


def _seen(where: Where | None, **fields: Any) -> set[tuple[str, int]]:
    wanted = past.TrailFilter(where=where, **fields)
    return {(entry.entity, entry.entity_id) for entry in past.stream_trail(wanted)}


def test_every_kind_of_record_has_words_and_a_place(app: Flask) -> None:
    with app.test_request_context():
        for name in _TABLES:
            assert name in ENTITIES, f"{name}: say in wms/evidence/words.py what it is called"
            assert belonging.has_place(name), f"{name}: say in wms/evidence/belonging.py to whom its rows belong"
            if name in belonging.NOWHERE:
                continue
            for column in Base.metadata.tables[name].columns:
                if column.name == "id" or column.name in PULSE | SECRET or name in _UNHEARD:
                    continue
                assert past.has_word(column.name, name), f"{name}.{column.name}: say it in wms/evidence/column_words.py"


def test_a_work_order_is_released_to_its_line_and_not_by_quality(app: Flask) -> None:
    with app.test_request_context():
        for name, said in (("released_by", "Released to the line: by"), ("released_at", "Released to the line: when")):
            assert past.field_word(name, "work_order") == said
            assert past.field_word(name, "lot") == said.replace(" to the line", "")


#: Written by statements of their own, never by the flush that the trail hears.
_UNHEARD = {"seal_block", "seal_check", "stock_snapshot", "unit_event", "inspector_look"}


def test_an_auditor_of_one_warehouse_sees_it_and_the_company_and_no_other(
    app: Flask, sites: tuple[given.Site, given.Site]
) -> None:
    here, there = sites
    with app.app_context():
        item = given.item("FLOUR")
        given.bom(item, [(given.item("GRAIN"), 1)])
        orders = {}
        for site in sites:
            line = given.line(site)
            orders[site.id] = given.work_order(site, item, 5, line)
            _change(Bin, site["A-01"], capacity_lpns=7)
        _change(Item, item.id, name_en="Flour, fine")
        mine, theirs = orders[here.id], orders[there.id]
        seen = _seen(Where(warehouses=[here.id]))
        assert {("item", item.id), ("bin", here["A-01"]), ("work_order", mine.id)} <= seen
        assert {("work_order_component", one.id) for one in mine.components} <= seen
        assert ("bin", there["A-01"]) not in seen and ("work_order", theirs.id) not in seen
        assert not {("work_order_component", one.id) for one in theirs.components} & seen
        assert ("warehouse", there.id) not in seen and ("warehouse", here.id) in seen
        alone = _seen(Where(warehouses=[here.id], with_company=False))
        assert ("bin", here["A-01"]) in alone and ("item", item.id) not in alone
        company = _seen(Where(warehouses=[]))
        assert ("item", item.id) in company and not {entity for entity, _id in company} & {"bin", "work_order", "zone"}
        assert _seen(None) >= seen | {("bin", there["A-01"])}
        assert _seen(Where(warehouses=[here.id]), entity="bin") == {one for one in seen if one[0] == "bin"}


def test_what_is_gone_is_known_by_what_it_said_and_a_link_by_its_posting(
    app: Flask, sites: tuple[given.Site, given.Site]
) -> None:
    here, there = sites
    with app.app_context():
        item, who = given.item(), given.user("passer")
        gone = {}
        for site in sites:
            row = UserRole(id=new_id(), user_id=who, role="picker", warehouse_id=site.id)
            gone[site.id] = row.id
            given.keep(row)
            run_in_transaction(lambda at=row.id: db.session.delete(db.session.get_one(UserRole, at)))
        links = {}
        for site in sites:
            lot, made = given.lot(item), given.lot(item)
            seq = given.stock(lot, site, "A-02", 3)
            links[site.id] = new_id()
            given.keep(
                LotLink(
                    id=links[site.id], kind=LinkKind.SPLIT, source_lot_id=lot.id, target_lot_id=made.id,
                    source_quantity=given.q(1), target_quantity=given.q(1), posting_seq=_seq(seq), reason="",
                    made_by=SYSTEM_USER, made_at=given.NOW,
                )
            )  # fmt: skip
        seen = _seen(Where(warehouses=[here.id]))
        assert ("user_role", gone[here.id]) in seen and ("user_role", gone[there.id]) not in seen
        assert ("lot_link", links[here.id]) in seen and ("lot_link", links[there.id]) not in seen


def _seq(_posting: Any) -> Any:
    from wms.stock.ledger import reads

    return db.session.execute(select(reads.posting.c.seq).order_by(reads.posting.c.seq.desc()).limit(1)).scalar_one()


@sqlite
def test_the_page_its_export_and_the_operation_keep_to_the_rights(
    app: Flask, sites: tuple[given.Site, given.Site]
) -> None:
    here, there = sites
    with app.app_context():
        _change(Bin, here["A-01"], capacity_lpns=7)
        _change(Bin, there["A-01"], capacity_lpns=8)
        _change(Item, given.item("FLOUR", name_en="Old name").id, name_en="New name")
    auditor, chief = Desk.of(app, "auditor"), Desk.of(app, "chief")
    path = "/evidence/audit?entity=bin&field=capacity_lpns"
    assert auditor.get(path).count("A-01") == 1 and chief.get(path).count("A-01") == 2
    assert "<ins>7</ins>" in auditor.text or "<ins>7</ins>" in auditor.get(path)
    assert "<ins>8</ins>" not in auditor.get(path)
    assert "<ins>8</ins>" in chief.get(f"{path}&warehouse=THERE") and "<ins>7</ins>" not in chief.text
    assert "No change matches." in auditor.get(f"{path}&warehouse=-")
    auditor.get(f"{path}&warehouse=THERE")
    assert auditor.status == 404
    assert "New name" in auditor.get("/evidence/audit?entity=item&warehouse=-")
    sheet = auditor.client.get(path.replace("audit?", "audit.csv?")).text
    assert sheet.count("A-01") == 1
    machine = Machine.of(app, "auditor", site=here)
    (entry,) = machine.get("/audit-entries?entity=bin&field=capacity_lpns").json["items"]
    (said,) = [one for one in entry["fields"] if one["field"] == "capacity_lpns"]
    assert entry["named"] == "A-01" and said["name"] == "Room for LPNs" and said["after"] == "7"
    assert machine.get("/audit-entries?belongs_to=THERE").status_code == 404
    assert (
        Machine.of(app, "auditor").get("/audit-entries?entity=bin&field=capacity_lpns&belongs_to=THERE").json["items"]
    )


@sqlite
def test_the_page_says_fields_choices_and_ids_in_words_of_the_language(
    app: Flask, sites: tuple[given.Site, given.Site]
) -> None:
    here, _there = sites
    with app.app_context():
        line, other = given.line(here, "L1"), given.line(here, "L2")
        machine = given.machine(here, "M1", line_id=line.id)
        _change(ProductionMachine, machine.id, line_id=other.id, is_active=False)
    desk = Desk.of(app, "auditor")
    page = desk.get(f"/evidence/audit?entity=machine&id={machine.id}")
    assert "Machine M1" in page and "Production line" in page and "In use" in page and "as agreed" in page
    assert "<del>L1</del>" in page and "<ins>L2</ins>" in page and "<del>yes</del>" in page and "<ins>no</ins>" in page
    assert ">line_id<" not in page and ">is_active<" not in page and str(line.id) not in page


def test_the_page_asks_as_much_for_a_hundred_entries_as_for_ten(
    app: Flask, sites: tuple[given.Site, given.Site]
) -> None:
    here, _there = sites
    asked = {}
    desk = Desk.of(app, "auditor")
    for rows in (10, 100):
        with app.app_context():
            line = given.line(here)
            for _number in range(rows):
                machine = given.machine(here, line_id=None)
                _change(ProductionMachine, machine.id, line_id=line.id)
        desk.get("/evidence/audit?entity=machine")
        desk.get("/evidence/audit?entity=machine")
        asked[rows] = len(desk.statements)
        assert desk.status == 200
    assert asked[10] == asked[100] <= 8, asked


def test_a_setting_that_is_known_by_a_word_is_in_the_trail_by_its_word(app: Flask) -> None:
    with app.app_context():
        chosen = RecallClass(
            code="food", name_en="Food here", name_zh="", stop_hours=2, hold_hours=4, notify_hours=24, report_hours=48
        )
        run_in_transaction(set_class, chosen, actor=SYSTEM_USER, at=given.NOW)
        (entry,) = past.changes_of_kind("recall_policy")
        assert entry.named == "food" and db.session.execute(select(AuditEntry.entity_id)).first() is not None
