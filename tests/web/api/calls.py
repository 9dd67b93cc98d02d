"""A good call of every operation of the API: two full warehouses, and what to send so that each verb truly runs.

`GOOD` tells it by the operation's id in the document: the path's ids (where they are not those of the house by the same
name), the query, the body, and the calls that go before. An operation without a word here is called with the ids of the
house and no body; the tests of the document fail until one that wants more has its words.
"""

from __future__ import annotations

import base64
import io
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import select
from werkzeug.test import TestResponse

from tests import given
from tests.fakes import doors
from tests.given import NOW
from tests.web import hostile
from tests.web.api import complained, depth, fed, planned, recalled
from tests.web.hostile import PASSWORD, Watch
from tests.web.machine import Machine
from wms.core.ids import SYSTEM_USER, new_id
from wms.db import db, run_in_transaction
from wms.sites.models import Bin, BinKind, Zone

ROLES: Final = hostile.ROLES
SIGNER: Final = "signer"


@dataclass
class House:
    """One warehouse with a record of every kind: `ids` by the name in the paths, `codes` by what they name."""

    name: str
    site: given.Site
    token: str
    ids: dict[str, int] = field(default_factory=dict)
    codes: dict[str, str] = field(default_factory=dict)
    episode: dict[str, Any] = field(default_factory=dict)

    @property
    def secrets(self) -> list[str]:
        """What only this warehouse has, and no answer about another one tells."""
        of_name = ("SO", "NEW", "ASN", "ASN-2", "PO", "ONLY")
        return [f"{kind}-{self.name}" for kind in of_name] + [
            self.codes["lpn"],
            self.codes["sscc"],
            str(self.ids["bin_id"]),
        ]


def house(app: Flask, name: str) -> House:
    """Build one warehouse; whatever only it has carries `name`, so that a leak can be seen."""
    from wms.accounts import service as accounts
    from wms.quality.case_queries import Selection
    from wms.quality.cases import PlaceCase, place_case
    from wms.quality.rules.criteria import Criteria
    from wms.receiving import service as receiving
    from wms.receiving.models import Asn
    from wms.receiving.rules.commands import AnnouncedLine, CreateAsn, OpenReceipt
    from wms.stock.ledger.tables import StockBalance, StockMove
    from wms.stock.models import CaseScope, HoldReason
    from wms.tasks.models import Task, TaskKind

    base = hostile.house(app, name)
    site, ids = base.docks.site, base.ids
    zone = db.session.execute(select(Zone.id).where(Zone.warehouse_id == site.id)).scalar_one()
    db.session.rollback()
    own = Bin(
        id=new_id(), warehouse_id=site.id, zone_id=zone, code=f"ONLY-{name}", kind=BinKind.STORAGE, is_outside=False,
        walk_sequence=99,
    )  # fmt: skip
    given.keep(own)
    device, _secret = run_in_transaction(
        accounts.register_device, name=f"Handheld {name}", warehouse_id=site.id, actor=SYSTEM_USER, at=NOW
    )
    supplier = given.partner(f"SUP-{name}")
    customer = given.partner(f"CUS-{name}")
    rule_id, pattern_id = _lot_numbers(site, supplier.id, name)
    asn = CreateAsn(
        warehouse=site.id, supplier=supplier.id, number=f"ASN-2-{name}",
        lines=(AnnouncedLine(item=ids["item_id"], quantity=given.q(48)),),
    )  # fmt: skip
    waiting = run_in_transaction(receiving.create_asn, asn, actor=SYSTEM_USER, at=NOW)
    sscc = doors.announced(base.docks)[0]
    announced = db.session.execute(
        select(Asn.id).where(Asn.warehouse_id == site.id).order_by(Asn.id.desc()).limit(1)
    ).scalar_one()
    db.session.rollback()
    pallets = run_in_transaction(
        receiving.open_receipt, OpenReceipt(warehouse=site.id, asn=announced), actor=SYSTEM_USER, at=NOW
    )
    blind = run_in_transaction(
        receiving.open_receipt, OpenReceipt(warehouse=site.id, supplier=supplier.id), actor=SYSTEM_USER, at=NOW
    )
    balance = db.session.execute(
        select(StockBalance.id).where(StockBalance.bin_id == site["A-03"], StockBalance.lot_id == ids["pending"])
    ).scalar_one()
    free_balance = (
        db.session.execute(
            select(StockBalance.id).where(
                StockBalance.lot_id == ids["lot_id"], StockBalance.warehouse_id == site.id, StockBalance.is_open
            )
        )
        .scalars()
        .first()
    )
    seq = (
        db.session.execute(select(StockMove.posting_seq).where(StockMove.target_bin_id == site["A-01"]))
        .scalars()
        .first()
    )
    stop = db.session.execute(
        select(Task.id, Task.source_bin_id).where(
            Task.kind == TaskKind.PICK, Task.warehouse_id == site.id, Task.document_id == ids["pick_list"]
        )
    ).first()
    assert seq is not None and stop is not None
    db.session.rollback()
    retested = given.item(f"RT-{name}", retest_months=12)
    due = given.lot(retested, f"RT-{name}", expires_in=400, retest_on=given.TODAY)
    given.stock(due, site, "QUAR", 3)
    stopped = given.item(f"HC-{name}")
    given.stock(given.lot(stopped, f"HC-{name}"), site, "CAGE", 2)
    asked = Selection(scope=CaseScope.QUERY, warehouse=site.id, criteria=Criteria(item=stopped.id, sku=stopped.sku))
    case = run_in_transaction(
        place_case, PlaceCase(key=f"case-{name}", selection=asked, reason=HoldReason.SUSPECT), actor=SYSTEM_USER, at=NOW
    )
    more = {
        "case_id": case.case, "retest_lot": due.id,
        "rule_id": rule_id, "pattern_id": pattern_id, "warehouse_id": site.id, "only_bin": own.id, "device_id": device.id, "supplier": supplier.id,
        "waiting_asn": waiting, "pallets": pallets, "blind": blind, "balance_id": balance, "seq": seq,
        "free_balance": free_balance,
        "list_id": ids["pick_list"], "task_id": ids["putaway"], "pick_task": stop.id, "count_id": ids["count"],
        "purchase_order_id": ids["purchase_order"], "photo_id": ids["file_id"], "zone": zone,
    }  # fmt: skip
    bin_of = {row.id: code for code, row in site.bins.items()}
    codes = base.codes | {
        "case_sku": stopped.sku,
        "warehouse": site.warehouse.code, "supplier": supplier.code, "customer": customer.code, "bin": own.code,
        "sscc": sscc, "lot": f"LOT-{name}", "pick_bin": bin_of[stop.source_bin_id],
    }  # fmt: skip
    episode = base.docks.episode(doors.epc_of(doors.sscc()), ended_at=NOW)
    more |= _file_and_field(app, blind, name)
    more |= _dispositions(site, name)
    deep, deep_codes = depth.build(site, name, supplier=supplier.id)
    more |= deep
    codes |= deep_codes
    more |= fed.build(site, name)[0]
    made_there, planned_codes = planned.build(site, name)
    more |= made_there
    codes |= planned_codes
    more |= recalled.build(site, name, supplier=supplier.id)
    more |= complained.build(site, name)
    floor, codes["check_bin"] = _from_the_floor(site, name)
    more |= floor | _printing(site, name)
    made = House(name=name, site=site, token=base.docks.token, ids=ids | more, codes=codes, episode=episode)
    made.ids["import_id"] = _import(app, made)
    return made


def _from_the_floor(site: given.Site, name: str) -> tuple[dict[str, int], str]:
    """A problem that wants a label, and a label to check in the bin of the given code."""
    from types import SimpleNamespace

    from wms.label_checks import queries as label_checks
    from wms.label_checks.service import draw_daily
    from wms.problems import service as problems
    from wms.problems.models import ProblemKind

    torn = given.lot(given.item(f"TORN-{name}"), f"TORN-{name}")
    given.stock(torn, site, "CAGE", 2)
    cmd = problems.ReportProblem(
        key=f"torn-{name}", warehouse=site.id, kind=ProblemKind.LABEL_UNREADABLE, bin=site["CAGE"], lot=torn.id
    )
    done = run_in_transaction(problems.report, cmd, actor=SYSTEM_USER, at=NOW)
    some: Any = SimpleNamespace(label_checks=1)
    run_in_transaction(draw_daily, warehouse=site.id, on=given.TODAY, config=some, actor=SYSTEM_USER, at=NOW, seed=name)
    check = label_checks.open_checks(site.id)[0].check
    found = {"problem_id": done.problem, "check_id": check.id}, check.bin.code
    db.session.rollback()
    return found


def _printing(site: given.Site, name: str) -> dict[str, int]:
    """A printer where the others of the warehouse print, a label that waits for it, and one of which nobody knows."""
    from wms.printing import service
    from wms.printing.models import LabelKind, PrinterDefault, PrintJob, PrintJobState

    plan = service.PrinterPlan(code=f"PRN-{name}", host="192.0.2.9")
    printer = run_in_transaction(service.make_printer, plan, warehouse=site.id, at=NOW).id
    run_in_transaction(service.set_default, warehouse=site.id, printer=printer)
    jobs = []
    for part in ("waits", "unknown"):
        label = service.QueueLabel(
            key=f"{part}-{name}", warehouse=site.id, printer=printer, kind=LabelKind.BIN, subject=site["A-01"],
            title="A-01", body="^XA^XZ",
        )  # fmt: skip
        jobs.append(run_in_transaction(service.queue, label, actor=SYSTEM_USER, at=NOW).id)
    run_in_transaction(
        lambda: setattr(db.session.get_one(PrintJob, jobs[1]), "state", PrintJobState.UNCERTAIN)
    )  # as after a cut line
    station = db.session.execute(select(PrinterDefault.id).where(PrinterDefault.warehouse_id == site.id)).scalar_one()
    db.session.rollback()
    return {"printer_id": printer, "job_id": jobs[0], "lost_job": jobs[1], "station_id": station}


def _file_and_field(app: Flask, receipt: Any, name: str) -> dict[str, int]:
    """A file that only this warehouse may see, and an own field."""
    from wms.fields import service as fields
    from wms.fields.rules.values import FieldType
    from wms.files import service as files
    from wms.files.models import FileKind

    kept = files.keep_file(
        f"of {name}".encode(), name=f"FILE-{name}.txt", data_dir=app.config["WMS"].data_dir, bytes_max=2**20
    )
    (file,) = run_in_transaction(
        files.attach_all, [kept], subject_kind="receipt", subject_id=receipt, kind=FileKind.OTHER, expires_on=None,
        actor=SYSTEM_USER, at=NOW,
    )  # fmt: skip
    values = {"record_kind": "lot", "code": f"field_{name.lower()}", "name_en": "A field", "type": FieldType.TEXT}
    return {"attachment_id": file, "field_id": run_in_transaction(fields.define, values).id}


def _dispositions(site: given.Site, name: str) -> dict[str, int]:
    """A lot that waits and lacks a certificate, one released for some, a non-conformance, destructions in two states."""
    from wms.catalog.models import ItemClass
    from wms.disposition import service
    from wms.disposition.models import Destruction, ReleaseVerdict
    from wms.disposition.rules.states import DefectClass, DestructionState
    from wms.stock import queries as stock
    from wms.stock.ledger import Quality
    from wms.stock.rules.scope import Entry

    person = given.user(f"executor.{name.lower()}", "quality", site=site)
    drug = given.item(item_class=ItemClass.DRUG, approval_number="H1", approval_valid_until=given.day(3000))
    waiting, other = given.lot(drug, f"WAIT-{name}"), given.lot(given.item(), f"SOME-{name}")
    plain = given.lot(given.item(), f"PLAIN-{name}")
    for lot in (waiting, other, plain):
        given.stock(lot, site, "A-02", 9, quality=Quality.PENDING)
    decision = service.DecideRelease(
        key=f"some-{name}", lot=other.id, warehouse=site.id, verdict=ReleaseVerdict.RELEASED, reason="test",
        scope=(Entry(market="CN"),),
    )  # fmt: skip
    decided = run_in_transaction(service.decide_release, decision, actor=person, at=NOW)
    run_in_transaction(service.set_approval_policy, item_class=None, item=None, disposition=None, people=1, roles=())
    bad = given.lot(given.item(), f"BAD-{name}")
    given.stock(bad, site, "A-02", 5, quality=Quality.REJECTED)
    (row,) = stock.find_balances(lot=bad.id)
    papers = {}
    for kind in ("ordered", "approved", "carried"):
        order = service.OrderDestruction(
            key=f"{kind}-{name}", warehouse=site.id, reason="test",
            lines=(service.DestroyLine(balance=row.id, quantity=given.q(1)),),
        )  # fmt: skip
        papers[kind] = run_in_transaction(service.order_destruction, order, actor=SYSTEM_USER, at=NOW)
        if kind != "ordered":
            run_in_transaction(
                lambda paper=papers[kind]: setattr(
                    db.session.get_one(Destruction, paper), "state", DestructionState.APPROVED
                )
            )
    done = service.CarryOut(destruction=papers["carried"], warehouse=site.id, method="burnt", place="yard")
    run_in_transaction(service.carry_out, done, actor=person, at=NOW)
    record = service.RecordNonconformance(
        key=f"nc-{name}", warehouse=site.id, lot=bad.id, what="broken", defect_class=DefectClass.MAJOR
    )
    paper = run_in_transaction(service.record_nonconformance, record, actor=SYSTEM_USER, at=NOW)
    return {
        "waiting_lot": waiting.id, "plain_lot": plain.id, "scoped_lot": other.id, "release_id": decided.release, "nonconformance_id": paper,
        "destruction_id": papers["ordered"], "approved_destruction": papers["approved"],
        "carried_destruction": papers["carried"], "bad_balance": row.id, "bad_lot": bad.id, "paper_id": paper,
    }  # fmt: skip


def _lot_numbers(site: given.Site, supplier: Any, name: str) -> tuple[int, int]:
    """A lot-number rule of this warehouse, and how its supplier writes lot codes."""
    from wms.numbering import service
    from wms.numbering.rules.choice import Trigger
    from wms.numbering.rules.elements import Element, ElementKind

    elements = (Element(kind=ElementKind.LITERAL, value="R"), Element(kind=ElementKind.SEQUENCE, width=6))
    values = service.RuleValues(
        name=f"RULE-{name}", trigger=Trigger.PRODUCTION, elements=elements, warehouse=site.id
    )  # fmt: skip
    rule = run_in_transaction(service.create_rule, values, at=NOW)
    pattern = run_in_transaction(
        service.create_pattern, service.PatternValues(supplier=supplier, template="{Y1}{DDD}{LINE:1}")
    )
    return rule.id, pattern.id


# -- what to send -----------------------------------------------------------------------------------------------------
Body = Callable[[House], Any]


@dataclass(frozen=True)
class Call:
    """How to call one operation well."""

    body: Body | None = None
    ids: dict[str, str] = field(default_factory=dict)
    query: Body | None = None
    first: tuple[str, ...] = ()


def signature(_house: House) -> dict[str, str]:
    """Sign as the person who may."""
    return {"login": SIGNER, "password": PASSWORD}


def _photo(_house: House) -> dict[str, str]:
    picture = io.BytesIO()
    Image.new("RGB", (30, 20), "red").save(picture, "PNG")
    return {"content": base64.b64encode(picture.getvalue()).decode()}


def _item(h: House) -> dict[str, Any]:
    return {
        "sku": f"NEW-{h.name}", "name_en": "New", "item_class": "food", "base_unit": "pcs", "storage_class": "ambient",
        "date_basis": "expiry", "shelf_life_days": 90,
    }  # fmt: skip


def _item_put(h: House) -> dict[str, Any]:
    kept = {name: value for name, value in _item(h).items() if name not in {"sku", "base_unit", "date_basis"}}
    return kept | {
        "usable_on_expiry_day": True, "expiry_warning_days": 30, "allocation_policy": "fefo", "fefo_grade": "reason",
        "is_inspected_at_receipt": False, "typed_lot_policy": "free", "over_receipt_percent": 0, "is_active": True,
    }  # fmt: skip


def _partner(_house: House) -> dict[str, Any]:
    return {"name_en": "N", "is_supplier": True, "is_maker": False, "is_customer": True, "is_active": True}


def _reader(h: House) -> dict[str, Any]:
    sides = [{"number": 1, "portal_id": str(h.ids["portal_id"]), "side": "inside"}]
    return {"code": f"R9-{h.name}", "gateway_id": str(h.ids["gateway_id"]), "host": "10.0.0.9", "antennas": sides}


def _portal(h: House) -> dict[str, Any]:
    return {"code": f"D9-{h.name}", "use": "both", "bin_id": str(h.ids["only_bin"]), "rules": {}}


def _zone(h: House) -> dict[str, Any]:
    return {"zone_code": f"Z-{h.name}", "zone_name_en": "Zone", "storage_class": "cold"}


def _site(_house: House) -> dict[str, Any]:
    return {"name_en": "North", "timezone": "Asia/Shanghai", "company_prefix": "6901234"}


def _hold(h: House) -> dict[str, Any]:
    return {"scope": "bin", "bin_code": "A-01", "reason": "damage", "note": "wet"}


def _pick(h: House) -> dict[str, Any]:
    return {"bin_code": h.codes["pick_bin"], "lot_number": h.codes["lot"], "sku": h.codes["sku"], "quantity": "1"}


def _order(h: House) -> dict[str, Any]:
    lines = [{"sku": h.codes["sku"], "quantity": "2", "lot_number": h.codes["lot"]}]
    return {"customer_code": h.codes["customer"], "ship_on": "2026-11-25", "lines": lines}


def _line(h: House) -> dict[str, Any]:
    number = f"IN-{h.name}"
    return {
        "sku": h.codes["sku"], "lot_number": number, "lot_again": number, "typed_reason": "no_label", "expires_on": "2027-06-01", "quantity": "5",
        "answers": {"lot_code_unread": "yes"},
    }  # fmt: skip


def _asn(h: House) -> dict[str, Any]:
    return {"supplier_code": h.codes["supplier"], "lines": [{"sku": h.codes["sku"], "quantity": "6"}]}


def _rule(h: House) -> dict[str, Any]:
    elements = [{"kind": "date", "value": "YYMMDD"}, {"kind": "sequence", "width": 3, "reset": "day"}]
    return {"name": f"N-{h.name}", "trigger": "receipt", "sku": h.codes["sku"], "elements": elements}


def _pattern(h: House) -> dict[str, Any]:
    return {"supplier_code": h.codes["supplier"], "template": "{YYMMDD}{SHIFT:1}", "meaning": "expiry"}


def _plan(h: House) -> dict[str, Any]:
    line = {
        "name_en": "Width",
        "kind": "measure",
        "defect_class": "major",
        "unit": "mm",
        "minimum": "9.8",
        "maximum": "10.2",
    }
    return {
        "name_en": "New", "sku": h.codes["sku"], "stage": "receipt", "sampling": "iso_2859_1", "aql_major": "1.0",
        "characteristics": [line],
    }  # fmt: skip


def _sample(h: House) -> dict[str, Any]:
    return {"balance_id": str(h.ids["pending_balance"]), "kind": "test", "quantity": "1"}


def _sheet(h: House) -> dict[str, Any]:
    return {"kind": "lots", "file_name": "opening.csv", "content": base64.b64encode(_opening(h)).decode()}


def _opening(h: House) -> bytes:
    return f"SKU,Lot,Expiry,Bin,Quantity\n{h.codes['sku']},OPEN-{h.name},2027-06-30,ONLY-{h.name},3\n".encode()


def _import(app: Flask, h: House) -> int:
    """A file of opening stock that was taken in."""
    from wms.imports import reading
    from wms.imports import service as imports

    with app.app_context():
        sha256, path = reading.keep_upload(_opening(h), data_dir=app.config["WMS"].data_dir)
        read = reading.read_sheet(path, name="opening.csv", kind="lots")
        upload = imports.Upload(
            kind="lots", warehouse=h.site.id, file_name=f"ONLY-{h.name}.csv", sha256=sha256, size_bytes=1, read=read
        )
        return run_in_transaction(imports.take_in, upload, actor=SYSTEM_USER, at=NOW).id


_IMPORT = {"import_id": "import_id"}
_PICK = {"task_id": "pick_task"}
_FRESH = {"order_id": "fresh_order"}
_ORDER = {"work_order_id": "reported_order"}
_FED = {"work_order_id": "fed_order"}


def _fed(h: House, **other: str) -> dict[str, str]:
    """Goods for the order that is to be fed."""
    told = {
        "component_id": str(h.ids["fed_component"]), "lot_id": str(h.ids["fed_lot"]), "bin_code": "A-01", "quantity": "2",
    }  # fmt: skip
    return told | other


def _bom(h: House, sku: str) -> dict[str, Any]:
    return {
        "sku": h.codes[sku], "output_quantity": "2",
        "lines": [{"sku": h.codes["part_sku"], "quantity": "1", "alternates": [{"sku": h.codes["alternate_sku"]}]}],
        "operations": [{"sequence": 10, "code": "MAKE", "name_en": "Make"}],
    }  # fmt: skip


def _plan_order(h: House) -> dict[str, Any]:
    return {"quantity": "3", "line_id": str(h.ids["line_id"])}


_BOUND = {"work_order_id": "bound_order"}
_KEPT = {"order_id": "keeping_order", "line_id": "kept_line"}
_POINTS = {"points": ["goods_gone", "labels_gone", "papers_gone", "machine_clean"]}

GOOD: Final[dict[str, Call]] = {
    "production.create_line": Call(lambda h: {"code": f"NL-{h.name}", "name_en": "New line"}),
    "production.change_line": Call(lambda h: {"name_en": "Line"}),
    "production.create_team": Call(lambda h: {"code": f"NT-{h.name}", "name_en": "New team"}),
    "production.change_team": Call(lambda h: {"name_en": "Team"}),
    "production.create_machine": Call(lambda h: {"code": f"NM-{h.name}", "name_en": "New machine"}),
    "production.change_machine": Call(lambda h: {"name_en": "Machine", "line_id": str(h.ids["line_id"])}),
    "production.create_vessel": Call(lambda h: {"code": f"NV-{h.name}", "name_en": "New tank"}),
    "production.change_vessel": Call(lambda h: {"name_en": "Tank", "capacity": "500"}),
    "production.set_rule": Call(lambda h: {"tolerance_percent": 3}),
    "production.create_bom": Call(lambda h: _bom(h, "made_sku")),
    "production.change_bom": Call(lambda h: _bom(h, "unused_sku")),
    "production.use_bom": Call(lambda h: {"is_active": False}),
    "production.create_order": Call(lambda h: _plan_order(h) | {"sku": h.codes["made_sku"]}),
    "production.change_order": Call(_plan_order),
    "production.create_rework": Call(
        lambda h: {
            "line_id": str(h.ids["line_id"]),
            "lots": [{"lot_id": str(h.ids["pegged_lot"]), "quantity": "1"}],
            "added": [{"sku": h.codes["part_sku"], "quantity": "1"}],
        }
    ),
    "production.release": Call(ids={"work_order_id": "to_release"}),
    "production.withdraw": Call(ids={"work_order_id": "released_order"}),
    "production.cancel": Call(ids={"work_order_id": "to_cancel"}),
    "production.complete": Call(ids={"work_order_id": "started_order"}),
    "production.reopen": Call(ids={"work_order_id": "completed_order"}),
    "production.use_alternate": Call(lambda h: {"sku": h.codes["alternate_sku"], "quantity": "1"}, ids=_BOUND),
    "production.bind": Call(lambda h: {"lot_id": str(h.ids["bindable_lot"]), "quantity": "1"}, ids=_BOUND),
    "production.unbind": Call(lambda h: {}, ids=_BOUND),
    "production.clear_line": Call(lambda h: dict(_POINTS)),
    "production.check_clearance": Call(ids={"work_order_id": "cleared_order"}),
    "production.pegs": Call(ids={"lot_id": "pegged_lot"}),
    "picking.peg_preview": Call(query=lambda h: {"lot_id": str(h.ids["free_made_lot"])}, ids=_KEPT),
    "picking.lay_peg": Call(lambda h: {"lot_id": str(h.ids["free_made_lot"])}, ids=_KEPT),
    "production.free_peg": Call(lambda h: {"reason": "they take less"}, ids={"lot_id": "pegged_lot"}),
    "production_issues.issues": Call(ids=_FED),
    "production_issues.issue": Call(lambda h: _fed(h), ids=_FED),
    "production_issues.exchange": Call(
        lambda h: _fed(h, lot_id=str(h.ids["other_fed_lot"]), bin_code="A-02", reason="torn"), ids=_FED
    ),
    "production_issues.supplement": Call(lambda h: _fed(h, reason="spilled"), ids=_FED),
    "production_issues.return_goods": Call(
        lambda h: _fed(h, component_id=str(h.ids["line_component"]), bin_code="A-03"),
        ids={"work_order_id": "line_order"},
    ),
    "production_issues.undo_issue": Call(lambda h: {"reason": "wrong order"}),
    "production_issues.open_lot": Call(lambda h: {"line_id": str(h.ids["fed_line"]), "lot_id": str(h.ids["fed_lot"])}),
    "production_issues.closing": Call(ids={"work_order_id": "closing_order"}),
    "production_issues.close": Call(
        lambda h: {"reason": "left over", "signature": signature(h)}, ids={"work_order_id": "closing_order"}
    ),
    "gaps.accept_gap": Call(lambda h: {"reason": "old stock"}),
    "gaps.reopen_gap": Call(ids={"gap_id": "accepted_gap"}),
    "gaps.name_gap_owner": Call(lambda h: {"owner_id": str(h.ids["feeder"])}),
    "production_reports.line_stock": Call(ids=_ORDER),
    "production_reports.report": Call(
        lambda h: {
            "inputs": [{"lot_id": str(h.ids["used_lot"]), "quantity": "2"}],
            "outputs": [{"quantity": "2"}],
            "defects": [{"code": "bent", "quantity": "1"}],
            "stops": [{"reason": "jam", "minutes": 3}],
        },
        ids=_ORDER,
    ),
    "production_reports.correct": Call(
        lambda h: {"reason": "wrong label", "inputs": [{"lot_id": str(h.ids["other_lot"]), "quantity": "5"}]}
    ),
    "production_reports.take_back": Call(lambda h: {"reason": "never was"}),
    "production_reports.order_corrections": Call(ids=_ORDER),
    "production_reports.ask_correction": Call(lambda h: {"reason": "wrong label"}, ids={"report_id": "closed_report"}),
    "production_reports.open_correction": Call(
        lambda h: {"signature": signature(h)}, ids={"report_id": "asked_report"}
    ),
    "production_reports.fill": Call(lambda h: {"lot_id": str(h.ids["spare_lot"]), "bin_code": "A-04", "quantity": "2"}),
    "production_reports.draw": Call(lambda h: {"quantity": "2", "to_bin_code": "A-04"}),
    "production_reports.clean": Call(lambda h: {"method": "CIP"}, ids={"vessel_id": "empty_vessel"}),
    "alerts.resolve": Call(lambda h: {"note": "seen"}),
    "accounts.create_user": Call(lambda h: {"login": f"new.{h.name.lower()}", "full_name": "New"}),
    "accounts.set_roles": Call(lambda h: {"roles": [{"role": "picker", "warehouse_code": h.codes["warehouse"]}]}),
    "accounts.register_device": Call(lambda h: {"name": "H9", "warehouse_id": str(h.ids["warehouse_id"])}),
    "accounts.revoke_device": Call(lambda h: {"reason": "lost"}),
    "accounts.create_token": Call(
        lambda h: {"name": "t", "scopes": ["stock.view"], "warehouse_id": str(h.ids["warehouse_id"])}
    ),
    "fields.create_field": Call(
        lambda h: {"record_kind": "item", "code": f"new_{h.name.lower()}", "name_en": "New", "type": "text"}
    ),
    "fields.change_field": Call(
        lambda h: {"name_en": "Changed", "type": "text", "is_required": False, "is_active": True}
    ),
    "files.attachments": Call(query=lambda h: {"subject_kind": "receipt", "subject_id": str(h.ids["blind"])}),
    "files.attach": Call(
        lambda h: {
            "subject_kind": "receipt",
            "subject_id": str(h.ids["blind"]),
            "name": f"NEW-{h.name}.txt",
            "kind": "other",
            "content": base64.b64encode(b"new").decode(),
        }
    ),
    "files.withdraw": Call(lambda h: {"reason": "wrong receipt"}),
    "inspection.set_fields": Call(lambda h: {"fields": {}}),
    "stock.set_lot_fields": Call(lambda h: {"fields": {f"field_{h.name.lower()}": "x"}}),
    "catalog.create_item": Call(_item),
    "catalog.change_item": Call(_item_put),
    "catalog.add_unit": Call(lambda h: {"code": "pallet", "factor": "480"}),
    "catalog.create_partner": Call(lambda h: _partner(h) | {"code": f"NEW-{h.name}"}),
    "catalog.change_partner": Call(_partner),
    "catalog.set_supplier_rule": Call(
        lambda h: {"sku": h.codes["sku"], "over_receipt_percent": 5}, ids={"partner_id": "supplier"}
    ),
    "catalog.supplier_rules": Call(ids={"partner_id": "supplier"}),
    "receiving.pause_receipt": Call(ids={"receipt_id": "deep_receipt"}),
    "receiving.accept_receipt": Call(
        lambda h: {"reason": "as announced", "signature": signature(h)}, ids={"receipt_id": "closed"}
    ),
    "receiving.reverse_line": Call(lambda h: {"reason": "wrong pallet"}),
    "receiving.pallet_checks": Call(ids={"receipt_id": "deep_receipt"}),
    "receiving.open_pallet_check": Call(lambda h: {"sscc": h.codes["pallet"]}, ids={"receipt_id": "deep_receipt"}),
    "receiving.scan_pallet_unit": Call(lambda h: {"sscc": h.codes["case"]}),
    "receiving.note_pallet_difference": Call(lambda h: {"code": h.codes["case"], "kind": "missing"}),
    "receiving.name_supplier": Call(
        lambda h: {"supplier_code": h.codes["supplier"]}, ids={"receipt_id": "provisional"}
    ),
    "receiving.note_plate": Call(lambda h: {"sscc": h.codes["new_plate"]}, ids={"receipt_id": "provisional"}),
    "receiving.drop_plate": Call(ids={"receipt_id": "provisional", "lpn_id": "plate"}),
    "receiving.finish_provisional": Call(ids={"receipt_id": "finished"}),
    "receiving.create_refusal": Call(lambda h: {"sku": h.codes["sku"], "reason": "wet", "place": "door 3"}),
    "receiving.close_refusal": Call(lambda h: {"carrier": "Fast"}),
    "returns.create_supplier_return": Call(
        lambda h: {
            "supplier_code": h.codes["supplier"],
            "reason": "surplus",
            "lines": [{"balance_id": str(h.ids["return_balance"]), "quantity": "2"}],
        }
    ),
    "returns.carry_return_line": Call(lambda h: {"quantity": "3"}),
    "returns.close_supplier_return": Call(lambda h: {"carrier": "Fast", "plate": "A 1"}),
    "catalog.set_rule": Call(lambda h: {"sku": h.codes["sku"], "shelf_life_days_min": 10}),
    "sites.name_company": Call(lambda h: {"company_name": "Tea & Co"}),
    "sites.make_warehouse": Call(lambda h: _site(h) | _zone(h) | {"code": f"N{h.name}", "docks": 2}),
    "sites.change_warehouse": Call(_site),
    "sites.add_zone": Call(_zone),
    "sites.add_bin": Call(lambda h: {"code": f"X-{h.name}", "kind": "storage", "zone_id": str(h.ids["zone"])}),
    "sites.make_racks": Call(
        lambda h: {
            "zone_id": str(h.ids["zone"]),
            "aisles": "R",
            "bays": "1-2",
            "levels": 2,
            "positions": 1,
            "face_levels": 1,
        }
    ),
    "sites.block": Call(lambda h: {"reason": "broken"}),
    "sites.unblock": Call(first=("sites.block",)),
    "regulatory.fsma204_events": Call(query=lambda h: {"code": h.codes["lot"]}),
    "complaints.record": Call(
        lambda h: {
            "customer_code": f"CCUS-{h.name}",
            "told": f"CMP-{h.name}",
            "channel": "email",
            "what": "Mould",
            "severity": "major",
        }
    ),
    "complaints.name_goods": Call(lambda h: {"told": f"CMP-{h.name}", "quantity": "2"}),
    "complaints.assess": Call(lambda h: {"severity": "critical", "owner_login": f"owner.{h.name.lower()}"}),
    "complaints.investigate": Call(lambda h: {"finding": "cold seal", "is_justified": True}),
    "complaints.hold": Call(lambda h: {"everywhere": False}),
    "complaints.answer": Call(lambda h: {"text": "We are sorry.", "email": True}),
    "complaints.close": Call(lambda h: {"closing": "mended"}, ids={"complaint_id": "answered_complaint"}),
    "complaints.reopen": Call(lambda h: {"reason": "not content"}, ids={"complaint_id": "closed_complaint"}),
    "complaints.set_clock": Call(lambda h: {"severity": "minor", "answer_hours": 100, "warn_hours": 10}),
    "complaints.open_capa": Call(
        lambda h: {
            "problem": "Open seals",
            "due_on": complained.LATER,
            "origin_kind": "complaint",
            "origin_id": str(h.ids["complaint_id"]),
        }
    ),
    "complaints.find_cause": Call(lambda h: {"cause": "cold jaw", "method": "five_whys"}),
    "complaints.plan_action": Call(lambda h: {"kind": "preventive", "what": "heat", "due_on": complained.LATER}),
    "complaints.finish_action": Call(lambda h: {"evidence": "photo 3"}),
    "complaints.plan_check": Call(
        lambda h: {
            "criterion": "none open",
            "due_on": complained.LATER,
            "checker_login": f"checker.{h.name.lower()}",
        },
        ids={"capa_id": "ready_capa"},
    ),
    "complaints.check_capa": Call(lambda h: {"is_effective": True, "result": "none"}, ids={"capa_id": "checking_capa"}),
    "complaints.close_capa": Call(
        lambda h: {"closing": "it held", "signature": signature(h)}, ids={"capa_id": "effective_capa"}
    ),
    "mail.send_again": Call(lambda h: {"email": "other@plant.example"}, ids={"mail_id": "failed_mail"}),
    "mail.send_test": Call(lambda h: {"email": "me@plant.example"}),
    "recall_notices.send_notices": Call(lambda h: {"party_ids": [str(h.ids["recall_party"])]}),
    "recall_notices.draw_again": Call(lambda h: {"notice_ids": []}),
    "recall_notices.set_contact": Call(lambda h: {"email": "new@buyer.example", "phone": "1", "contact": "Li"}),
    "recall_notices.record_reply": Call(
        lambda h: {
            "party_id": str(h.ids["recall_party"]),
            "way": "phone",
            "contact": "Li",
            "lines": [{"lot_id": str(h.ids["recall_lot"]), "used": "1", "on_hand": "2"}],
        }
    ),
    "recall.open_recall": Call(
        lambda h: {
            "class_code": "food",
            "reason": "glass",
            "lots": [str(h.ids["recall_lot"])],
            "signature": signature(h),
        }
    ),
    "recall.stop": Call(ids={"recall_id": "fresh_recall"}),
    "recall.answer_truck": Call(lambda h: {"answer": "turns round"}),
    "recall.customers_told": Call(lambda h: {"note": "by telephone"}),
    "recall.approve": Call(lambda h: {"reason": "yes", "signature": signature(h)}),
    "recall.freeze": Call(
        lambda h: {"after": 0, "reason": "all that was made of it"}, ids={"recall_id": "stopped_recall"}
    ),
    "recall.place": Call(lambda h: {"version": 1}, ids={"recall_id": "frozen_recall"}),
    "recall.narrow": Call(
        lambda h: {"after": 2, "lots": [str(h.ids["narrowed_lot"])], "reason": "no", "signature": signature(h)}
    ),
    "recall.receive_return": Call(
        lambda h: {
            "party_id": str(h.ids["recall_party"]),
            "lot_id": str(h.ids["recall_lot"]),
            "quantity": "1",
            "bin_code": "CAGE",
        }
    ),
    "recall.confirm_outside": Call(
        lambda h: {
            "party_id": str(h.ids["recall_party"]),
            "lot_id": str(h.ids["recall_lot"]),
            "fate": "destroyed",
            "quantity": "1",
        }
    ),
    "recall.void_confirmation": Call(lambda h: {"reason": "another customer"}),
    "recall.check_party": Call(lambda h: {"party_id": str(h.ids["recall_party"]), "result": "effective"}),
    "recall.set_check_level": Call(lambda h: {"level": "b"}),
    "recall.sign_check_level": Call(
        lambda h: {"signature": signature(h)}, ids={"recall_id": "ready_recall", "change_id": "asked_level"}
    ),
    "recall.prepare_close": Call(
        lambda h: {"reason": "all is back", "signature": signature(h)}, ids={"recall_id": "ready_recall"}
    ),
    "recall.taking_back": Call(query=lambda h: {"lot_id": str(h.ids["recall_lot"])}),
    "recall.senders": Call(query=lambda h: {"lot_id": str(h.ids["recall_lot"])}),
    "recall.note_outcome": Call(
        lambda h: {"lot_id": str(h.ids["recall_lot"]), "fate": "reworked", "quantity": "1", "note": "washed"}
    ),
    "recall.destroy_held": Call(lambda h: {"reason": "glass"}),
    "recall.make_report": Call(lambda h: {"note": "day two", "signature": signature(h)}),
    "recall.close": Call(lambda h: {"reason": "drill", "signature": signature(h)}, ids={"recall_id": "closing_recall"}),
    "recall.cancel": Call(
        lambda h: {"reason": "wrong lot", "signature": signature(h)}, ids={"recall_id": "fresh_recall"}
    ),
    "recall.reply_nil": Call(lambda h: {"reason": "never", "signature": signature(h)}, ids={"recall_id": "nil_recall"}),
    "recall.set_recall_class": Call(lambda h: {"code": "site", "name_en": "Site", "check_level": "a"}),
    "holds.case_preview": Call(query=lambda h: {"sku": h.codes["case_sku"]}),
    "holds.place_case": Call(lambda h: {"bin_code": "CAGE", "scope": "bin", "reason": "damage"}),
    "holds.lift_case": Call(lambda h: {"reason": "tested", "signature": signature(h)}),
    "holds.extend_dates": Call(
        lambda h: {"retest_on": "2027-06-01", "reason": "COA 7", "signature": signature(h)},
        ids={"lot_id": "retest_lot"},
    ),
    "quality.hold_preview": Call(query=lambda h: {"scope": "bin", "bin_code": "A-01"}),
    "quality.place_hold": Call(_hold),
    "quality.lift_hold": Call(lambda h: {"reason": "dry", "signature": signature(h)}),
    "quality.pending_lot": Call(ids={"lot_id": "pending"}),
    "disposition.decide": Call(
        lambda h: {"to": "released", "reason": "test", "signature": signature(h)}, ids={"lot_id": "plain_lot"}
    ),
    "disposition.waive": Call(
        lambda h: {"point": "certificate", "reason": "test", "signature": signature(h)}, ids={"lot_id": "waiting_lot"}
    ),
    "disposition.widen": Call(
        lambda h: {"markets": ["EU"], "reason": "test", "signature": signature(h)}, ids={"lot_id": "scoped_lot"}
    ),
    "disposition.record_nonconformance": Call(
        lambda h: {
            "lot_id": str(h.ids["bad_lot"]),
            "scope": "bin",
            "bin_code": "A-02",
            "defect_class": "minor",
            "what": "wet",
        }
    ),
    "disposition.review": Call(lambda h: {"finding": "wet", "defect_class": "minor", "signature": signature(h)}),
    "disposition.propose": Call(lambda h: {"disposition": "rework", "reason": "test"}, first=("disposition.review",)),
    "disposition.approve_disposition": Call(
        lambda h: {"reason": "test", "signature": signature(h)}, first=("disposition.review", "disposition.propose")
    ),
    "disposition.refuse_disposition": Call(
        lambda h: {"reason": "test", "signature": signature(h)}, first=("disposition.review", "disposition.propose")
    ),
    "disposition.finish": Call(
        lambda h: {"outcome": "good", "signature": signature(h)},
        first=("disposition.review", "disposition.propose", "disposition.approve_disposition"),
    ),
    "disposition.order_destruction": Call(
        lambda h: {"reason": "test", "lines": [{"balance_id": str(h.ids["balance_id"]), "quantity": "1"}]}
    ),
    "disposition.approve_destruction": Call(lambda h: {"reason": "test", "signature": signature(h)}),
    "disposition.cancel_destruction": Call(lambda h: {"reason": "test"}),
    "disposition.carry_out": Call(
        lambda h: {"method": "burnt", "place": "yard", "signature": signature(h)},
        ids={"destruction_id": "approved_destruction"},
    ),
    "disposition.witness": Call(
        lambda h: {"reason": "seen", "signature": signature(h)}, ids={"destruction_id": "carried_destruction"}
    ),
    "disposition.object_to": Call(
        lambda h: {"reason": "no", "signature": signature(h)}, ids={"destruction_id": "carried_destruction"}
    ),
    "disposition.set_release_policy": Call(
        lambda h: {"sku": h.codes["sku"], "points": [{"point": "certificate", "asked": "waivable"}]}
    ),
    "disposition.set_approval_policy": Call(lambda h: {"item_class": "food", "people": 3, "roles": ["quality"]}),
    "inspection.create_plan": Call(lambda h: _plan(h) | {"code": f"NEW-{h.name}"}),
    "inspection.change_plan": Call(_plan),
    "inspection.open_inspection": Call(lambda h: {"lot_id": str(h.ids["pending"]), "stage": "retest"}),
    "inspection.enter_results": Call(
        lambda h: {"results": [{"characteristic": 1, "unit_first": 1, "unit_last": 2, "value": "pass"}]}
    ),
    "inspection.split": Call(lambda h: {"quantity": "1"}),
    "inspection.close": Call(lambda h: {"verdict": "rejected", "note": "mould"}),
    "inspection.cancel": Call(lambda h: {"note": "opened twice"}),
    "inspection.draw_sample": Call(_sample),
    "inspection.use_sample": Call(lambda h: {"quantity": "1", "note": "assay"}),
    "inspection.destroy_sample": Call(lambda h: {"note": "assay done"}),
    "inspection.lift_stop": Call(lambda h: {"note": "new tool", "signature": signature(h)}),
    "inspection.allow_reduced": Call(lambda h: {"is_allowed": True, "note": "steady"}),
    "picking.create_order": Call(_order),
    "picking.allocate": Call(ids=_FRESH),
    "picking.reallocate": Call(),
    "picking.release": Call(ids=_FRESH, first=("picking.allocate",)),
    "picking.cancel": Call(ids=_FRESH),
    "picking.leave": Call(first=("picking.take",)),
    "picking.pick_task": Call(ids=_PICK),
    "picking.lots_in_bin": Call(ids=_PICK),
    "picking.confirm": Call(_pick, ids=_PICK, first=("picking.take",)),
    "picking.override": Call(
        lambda h: _pick(h) | {"reason": "asked", "signature": signature(h)}, ids=_PICK, first=("picking.take",)
    ),
    "picking.short": Call(
        lambda h: {"bin_code": h.codes["pick_bin"], "found": "0"}, ids=_PICK, first=("picking.take",)
    ),
    "shipping.choose_door": Call(lambda h: {"portal_id": str(h.ids["portal_id"])}),
    "shipping.open_shipment": Call(),
    "shipping.ship": Call(lambda h: {"carrier": "Fast", "waybill": "FF-1"}, first=("rfid.settle",)),
    "receiving.create_asn": Call(_asn),
    "receiving.cancel_asn": Call(ids={"asn_id": "waiting_asn"}),
    "receiving.receive_asn": Call(ids={"asn_id": "waiting_asn"}),
    "receiving.create_purchase_order": Call(_asn),
    "receiving.open_receipt": Call(lambda h: {"supplier_code": h.codes["supplier"]}),
    "receiving.record_arrival": Call(lambda h: {"plate": "A 1", "temperature_celsius": "20.5"}),
    "receiving.start_putaway": Call(lambda h: {"excluded_bin_codes": ["A-04"]}),
    "receiving.confirm_putaway": Call(lambda h: {"bin_code": h.codes["bin"], "answers": {"another_bin": "yes"}}),
    "handheld.keep_photo": Call(_photo),
    "handheld.receive_line": Call(_line, ids={"receipt_id": "blind"}),
    "handheld.receive_lpn": Call(lambda h: {"sscc": h.codes["sscc"]}, ids={"receipt_id": "pallets"}),
    "handheld.resolve_scan": Call(query=lambda h: {"text": h.codes["sku"]}),
    "handheld.move_goods": Call(lambda h: {"quantity": "1", "target_bin_code": h.codes["bin"]}),
    "handheld.move_lpn": Call(lambda h: {"target_bin_code": h.codes["bin"]}),
    "scans.what_is": Call(query=lambda h: {"text": h.codes["lot"]}),
    "problems.report_problem": Call(
        lambda h: {"kind": "other", "note": "smells", "bin_code": "CAGE", "scan": f"LOT:TORN-{h.name}/TORN-{h.name}/"}
    ),
    "problems.settle_problem": Call(lambda h: {"note": "wiped"}),
    "label_checks.record_label": Call(lambda h: {"bin_code": h.codes["check_bin"], "without_label": "gone"}),
    "counting.record_count": Call(
        lambda h: {"bin_code": "A-01", "counted_quantity": "39", "answers": {"count_differs": "one fell"}}
    ),
    "rfid.assign": Call(lambda h: {"shipment_id": str(h.ids["shipment_id"])}),
    "rfid.settle": Call(lambda h: {"note": "brought back"}),
    "rfid.tie_tag": Call(lambda h: {"lpn_code": h.codes["lpn"]}),
    "rfid.create_gateway": Call(lambda h: {"code": f"G9-{h.name}"}),
    "rfid.change_gateway": Call(lambda h: {"code": f"G8-{h.name}", "api_token_id": str(h.ids["token_id"])}),
    "rfid.create_portal": Call(_portal),
    "rfid.change_portal": Call(_portal),
    "rfid.create_reader": Call(_reader),
    "rfid.change_reader": Call(_reader),
    "rfid.batches": Call(lambda h: {"batch": [h.episode]}),
    "units.announce": Call(
        lambda h: {"sku": h.codes["device"], "units": [{"code": f"P-{h.name}", "parent_code": f"BOX-{h.name}"}]}
    ),
    "units.assign": Call(lambda h: {"bin_code": "A-04", "codes": [f"SN2-{h.name}"]}, ids={"lot_id": "unit_lot"}),
    "printing.make_printer": Call(lambda h: {"code": "NEXT", "host": "192.0.2.10"}),
    "printing.change_printer": Call(lambda h: {"code": f"PRN-{h.name}", "host": "192.0.2.11", "is_active": True}),
    "printing.set_default": Call(lambda h: {"printer_id": str(h.ids["printer_id"]), "is_mine": True}),
    "printing.again": Call(ids={"job_id": "lost_job"}),
    "printing.printed": Call(ids={"job_id": "lost_job"}),
    "stock.print_labels": Call(
        lambda h: {"lot": [str(h.ids["lot_id"])], "printer_id": str(h.ids["printer_id"]), "copies": 2}
    ),
    "stock.label_sheet": Call(query=lambda h: {"lot": str(h.ids["lot_id"])}),
    "stock.split_lot": Call(
        lambda h: {"stock": [{"stock_id": str(h.ids["balance_id"]), "quantity": "1"}], "reason": "two customers"},
        ids={"lot_id": "pending"},
    ),
    "stock.relabel_lot": Call(lambda h: {"number": f"RE-{h.name}", "reason": "passed"}, ids={"lot_id": "pending"}),
    "stock.merge_lots": Call(
        lambda h: {
            "lot_ids": [str(h.ids["lot_id"])],
            "stock": [{"stock_id": str(h.ids["free_balance"]), "quantity": "1"}],
            "reason": "one tank",
        },
        ids={"lot_id": "pending"},
    ),
    "stock.correct_lot": Call(lambda h: {"traceability_lot_code": "T1", "reason": "asked"}),
    "numbering.create_rule": Call(_rule),
    "numbering.change_rule": Call(_rule),
    "numbering.preview": Call(_rule),
    "numbering.create_pattern": Call(_pattern),
    "numbering.change_pattern": Call(_pattern),
    "numbering.read_lot_code": Call(
        query=lambda h: {"supplier_code": h.codes["supplier"], "sku": h.codes["sku"], "text": "6001A"}
    ),
    "numbering.try_template": Call(lambda h: {"template": "{Y1}{DDD}", "samples": ["6001"]}),
    "trace.trace": Call(query=lambda h: {"lot_id": str(h.ids["lot_id"])}),
    "passport.make": Call(lambda h: {}),
    "passport.revoke": Call(lambda h: {"reason": "label lost"}, first=("passport.make",)),
    "passport.set_policy": Call(lambda h: {"shown": ["item", "lot"]}),
    "desk.find": Call(query=lambda h: {"q": h.codes["sku"]}),
    "imports.upload": Call(_sheet),
    "imports.map_columns": Call(lambda h: {"columns": ["sku", "lot", "expires_on", "bin", "quantity"]}, ids=_IMPORT),
    "imports.read_anew": Call(lambda h: {"delimiter": ","}, ids=_IMPORT),
    "imports.judge": Call(ids=_IMPORT),
    "imports.answer": Call(lambda h: {"question": "lot_near", "choice": "yes"}, ids=_IMPORT),
    "imports.apply": Call(lambda h: {"is_whole": True}, ids=_IMPORT, first=("imports.judge",)),
    "imports.drop": Call(ids=_IMPORT),
    "jobs.runs": Call(query=lambda h: {"job": "retention"}),
}
#: Told only at the gateway's own key.
GATEWAY: Final = frozenset({"rfid.batches", "rfid.gateway_config"})


# -- the scene --------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Operation:
    """One operation as the document tells it."""

    id: str
    method: str
    path: str
    told: dict[str, Any]

    @property
    def is_everywhere(self) -> bool:
        """Whether its permission is asked for in all warehouses."""
        return bool(self.told.get("x-everywhere"))

    @property
    def permissions(self) -> frozenset[str]:
        """Any one of these is enough."""
        return frozenset(self.told.get("x-permissions", ()))

    @property
    def wants_match(self) -> bool:
        """Whether a change asks for If-Match."""
        return any(one.get("name") == "If-Match" for one in self.told["parameters"])

    def takes_query(self, name: str) -> bool:
        """Whether a name may stand in the query."""
        return any(one.get("name") == name and one["in"] == "query" for one in self.told["parameters"])

    @property
    def is_placed(self) -> bool:
        """Whether the warehouse may be named in the query."""
        return any(one.get("name") == "warehouse" for one in self.told["parameters"])


@dataclass
class Scene:
    """Two full warehouses; `root` is a key with every right everywhere, `own` one with every right in the first alone."""

    app: Flask
    a: House
    b: House
    root: str
    own: str
    url: str
    kept: Path
    client: FlaskClient
    document: dict[str, Any]
    operations: dict[str, Operation]
    #: What the last call said: an answer may tell that again.
    asked: str = ""

    def watch(self) -> Watch:
        """Watch the database from here on."""
        return Watch(self.url)

    def restore(self) -> None:
        """Put the database back as it was."""
        with closing(sqlite3.connect(self.kept)) as copy, closing(sqlite3.connect(_file(self.url))) as now:
            copy.backup(now)

    def resolved(self, shape: dict[str, Any]) -> dict[str, Any]:
        """Follow a reference in the document."""
        while "$ref" in shape:
            shape = self.document["components"]["schemas"][shape["$ref"].rsplit("/", 1)[1]]
        return shape

    def keep(self) -> None:
        """Take the database as it is now for what `restore` brings back."""
        with closing(sqlite3.connect(_file(self.url))) as now, closing(sqlite3.connect(self.kept)) as copy:
            now.backup(copy)

    def query(self, operation: Operation, house: House) -> dict[str, Any]:
        """Give the good query of an operation, with the warehouse named where it may be."""
        good = GOOD.get(operation.id, Call())
        named = {"warehouse": house.codes["warehouse"]} if operation.is_placed else {}
        return (dict(good.query(house)) if good.query else {}) | named

    def key_for(self, operation: Operation) -> str:
        """Give the key with every right under which an operation can go through."""
        if operation.id in GATEWAY:
            return self.a.token
        return self.root if operation.is_everywhere else self.own

    def prepare(self, operation: Operation, key: str) -> None:
        """Make the calls that go before."""
        for before in GOOD.get(operation.id, Call()).first:
            answer = self.send(self.operations[before], key)
            assert answer.status_code < 300, f"{before}: {answer.text}"

    def send(
        self, operation: Operation, key: str, *, house: House | None = None, body: Any = ..., path: str | None = None,
        query: dict[str, Any] | None = None, idempotency: str | None = None,
    ) -> TestResponse:  # fmt: skip
        """Call an operation as `GOOD` tells; a key good everywhere names the warehouse."""
        house = house or self.a
        good = GOOD.get(operation.id, Call())
        if body is ...:
            body = good.body(house) if good.body else None
        said = dict(good.query(house)) if good.query and query is None else dict(query or {})
        if operation.is_placed and key == self.root:
            said.setdefault("warehouse", house.codes["warehouse"])
        headers = {"Authorization": f"Bearer {key}"}
        if operation.method != "GET":
            headers["Idempotency-Key"] = idempotency or str(uuid4())
        path = path or self.path_of(operation, house)
        if operation.wants_match:
            seen = self.client.get(path, headers=headers, query_string=said)
            headers["If-Match"] = seen.headers.get("ETag", '"none"')
        more = {} if body is None else {"json": body}
        self.asked = f"{path} {said} {body}"
        return self.client.open(path, method=operation.method, headers=headers, query_string=said, **more)

    def path_of(self, operation: Operation, house: House, **over: Any) -> str:
        """Fill a path in with the ids of a house."""
        path = operation.path
        for one in operation.told["parameters"]:
            if one["in"] == "path":
                value = over.get(one["name"], self.value_of(operation, house, one["name"]))
                path = path.replace("{" + one["name"] + "}", str(value))
        return path

    def value_of(self, operation: Operation, house: House, name: str) -> Any:
        """Give what stands for a name in an operation's path."""
        if name in {"form", "name", "item_class"}:
            form = "csv" if operation.id.startswith("regulatory.") else "svg"
            return {"form": form, "name": "retention", "item_class": "food"}[name]
        return house.ids[GOOD.get(operation.id, Call()).ids.get(name, name)]


def scene_of(app: Flask, url: str, kept: dict[str, Any], folder: Path) -> Scene:
    """Build the houses, or take what an earlier test of the module built; `kept` is the module's."""
    if "houses" not in kept:
        with app.app_context():
            kept["houses"] = house(app, "AA"), house(app, "BB")
            given.user(SIGNER, *ROLES, site=kept["houses"][0].site)
            db.session.remove()
        kept["root"] = Machine.of(app, *ROLES).key
        kept["own"] = Machine.of(app, *ROLES, site=kept["houses"][0].site).key
        kept["path"] = folder / "houses.db"
        kept["document"] = app.test_client().get("/api/v1/openapi.json").json
        with closing(sqlite3.connect(_file(url))) as now, closing(sqlite3.connect(kept["path"])) as copy:
            now.backup(copy)
        shutil.copytree(app.config["WMS"].data_dir, folder / "files")
        kept["files"] = folder / "files"
    else:
        shutil.copytree(kept["files"], app.config["WMS"].data_dir, dirs_exist_ok=True)
    a, b = kept["houses"]
    operations = {
        told["operationId"]: Operation(told["operationId"], method.upper(), path, told)
        for path, methods in kept["document"]["paths"].items()
        for method, told in methods.items()
    }
    made = Scene(
        app, a, b, kept["root"], kept["own"], url, kept["path"], app.test_client(), kept["document"], operations
    )
    made.restore()
    return made


def _file(url: str) -> str:
    return url.removeprefix("sqlite:///")


__all__ = ["GATEWAY", "GOOD", "ROLES", "Call", "House", "Operation", "Scene", "house", "scene_of"]
