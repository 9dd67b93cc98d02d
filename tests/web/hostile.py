"""What the hostile tests share: two full warehouses, a record of every kind in each, and a watch over the database."""

from __future__ import annotations

import io
import re
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import select

from tests import given
from tests.fakes import doors
from tests.given import NOW
from tests.web import reported
from wms.accounts.rules import Role
from wms.alerts.models import AlertKind, Severity
from wms.alerts.service import raise_alert
from wms.core.ids import LOOSE, OURSELVES, SYSTEM_USER, new_id
from wms.db import db, run_in_transaction
from wms.files import service as files
from wms.inspection.models import CharacteristicKind, DefectClass
from wms.picking import service as picking
from wms.quality.service import PlaceHold, place_hold
from wms.receiving import service as receiving
from wms.receiving.models import ReceiptLine
from wms.receiving.rules.commands import AnnouncedLine, CreateAsn, OpenReceipt, ReceiveLine
from wms.rfid.models import Passage, Tag
from wms.stock.models import HoldReason, HoldScope
from wms.tasks.models import TaskKind
from wms.tasks.service import create_task

PASSWORD = "correct horse 1"
ROLES = tuple(role.value for role in Role)
#: A password tried wrongly is counted although the request is refused: these tables may change then.
COUNTED = frozenset({"user_account", "device", "audit_entry", "inspector_look", "sqlite_sequence"})


@dataclass
class House:
    """One warehouse with a record of every kind; `ids` by the name that stands in the routes."""

    docks: doors.Docks
    ids: dict[str, Any] = field(default_factory=dict)
    codes: dict[str, str] = field(default_factory=dict)
    secrets: list[str] = field(default_factory=list)


def house(app: Flask, name: str) -> House:
    """Build one warehouse; every code in it carries `name`, so that a leak can be seen."""
    docks = doors.docks()
    site = docks.site
    item = given.item(f"TEA-{name}")
    lot = given.lot(item, f"LOT-{name}")
    plate = given.lpn(site)
    given.stock(lot, site, "A-01", 40)
    given.stock(lot, site, "A-02", 12, on=plate.id)
    pending = given.lot(item, f"PEN-{name}")
    given.stock(pending, site, "A-03", 5, quality=given.Quality.PENDING)
    held = given.lot(item, f"HELD-{name}")
    given.stock(held, site, "A-04", 5)
    actor = given.user(None, "quality", site=site)
    hold = PlaceHold(key=f"h-{name}", scope=HoldScope.BIN, lot=held.id, bin=site["A-04"], reason=HoldReason.DAMAGE)
    placed = run_in_transaction(place_hold, hold, actor=actor, at=NOW)
    order = given.order(site, [(item, 10)], number=f"SO-{name}")
    run_in_transaction(picking.allocate_order, order, actor=SYSTEM_USER, at=NOW)
    pick_list = run_in_transaction(picking.release_order, order, actor=SYSTEM_USER, at=NOW)
    fresh = given.order(site, [(item, 1)], number=f"NEW-{name}")
    loaded = doors.picked_pallet(docks)
    tasks = {}
    for kind, where in ((TaskKind.COUNT, "A-01"), (TaskKind.PUTAWAY, "DOCK")):
        task = run_in_transaction(
            create_task, kind=kind, warehouse=site.id, document_kind="receipt", document_id=1, item_id=item.id,
            lot_id=lot.id, owner_id=OURSELVES, source_bin_id=site[where], source_lpn_id=LOOSE, quantity=given.q(3),
            actor=SYSTEM_USER, at=NOW,
        )  # fmt: skip
        tasks[kind.value] = task.id
    given.stock(lot, site, "DOCK", 3)
    alert = run_in_transaction(
        raise_alert, kind=AlertKind.SHORT_PICK, severity=Severity.WARNING, warehouse=site.id,
        subject_key=f"hostile:{name}", data={"order": f"SO-{name}", "sku": "x", "lot": f"LOT-{name}", "bin": "A-01", "missing": "1", "unit": "ea"}, at=NOW,
    )  # fmt: skip
    supplier = given.partner()
    asn = CreateAsn(
        warehouse=site.id, supplier=supplier.id, number=f"ASN-{name}",
        lines=(AnnouncedLine(item=item.id, quantity=given.q(48), lot_number=f"M-{name}", expires_on=given.day(200)),),
    )  # fmt: skip
    asn_id = run_in_transaction(receiving.create_asn, asn, actor=SYSTEM_USER, at=NOW)
    purchase_order = _purchase_order(site, supplier, item, name)
    receipt = run_in_transaction(
        receiving.open_receipt, OpenReceipt(warehouse=site.id, asn=asn_id), actor=SYSTEM_USER, at=NOW
    )
    line = ReceiveLine(
        warehouse=site.id, receipt=receipt, item=item.id, quantity=given.q(2), key=f"line-{name}",
        lot=_lot_number(f"M-{name}"), expires_on=given.day(200),
    )  # fmt: skip
    run_in_transaction(receiving.receive_line, line, photo=_photo(app), actor=SYSTEM_USER, at=NOW)
    passage = _passage(app, docks)
    db.session.rollback()
    file = _file_of(receipt, name, app)
    token = db.session.execute(_tokens(site)).scalar_one()
    db.session.rollback()
    ids = {
        "warehouse": site.id, "bin_id": site["A-01"], "lot_id": lot.id, "lpn_id": plate.id, "item_id": item.id,
        "order_id": order, "shipment_id": loaded.shipment, "hold_id": placed.hold, "alert_id": alert,
        "asn_id": asn_id, "receipt_id": receipt, "file_id": file, "portal_id": docks.doors["OUT"],
        "reader_id": docks.readers["OUT"], "gateway_id": docks.gateway, "tag_id": passage[1], "passage_id": passage[0],
        "partner_id": supplier.id, "user_id": actor, "token_id": token, "purchase_order": purchase_order,
        "pick_list": pick_list, "fresh_order": fresh, "pending": pending.id, "count": tasks["count"],
        "putaway": tasks["putaway"], **_inspection(site, pending, supplier, name), **reported.build(site, name),
    }  # fmt: skip
    return House(docks=docks, ids=ids, codes={"lpn": plate.code, "sku": item.sku, "order": f"SO-{name}"})


def _inspection(site: Any, lot: Any, supplier: Any, name: str) -> dict[str, Any]:
    """A plan that is used and a draft, an inspection that waits, a retained sample, and a supplier's item that is stopped."""
    from wms.inspection import service
    from wms.inspection.models import SampleKind, Sampling, SamplingState, Severity, Stage
    from wms.inspection.rules.skip_lot import Ladder
    from wms.inspection.rules.switching import Memory
    from wms.stock import queries as stock

    line = {
        "name_en": "Looks whole", "name_zh": "", "kind": CharacteristicKind.VISUAL, "defect_class": DefectClass.MAJOR,
        "unit": "", "minimum": None, "target": None, "maximum": None, "choices": [], "accepted_choices": [], "method": "",
    }  # fmt: skip

    def plan(code: str, stage: Stage, **more: Any) -> Any:
        values = {
            "name_en": f"Plan {name}", "item_id": lot.item_id, "stage": stage, "sampling": Sampling.SQUARE_ROOT,
            "is_second_person": False, **more,
        }  # fmt: skip
        return run_in_transaction(
            service.create_plan, code=code, values=values, characteristics=[line], actor=SYSTEM_USER, at=NOW
        )

    used, draft = plan(f"PLAN-{name}", Stage.RETEST), plan(f"DRAFT-{name}", Stage.FINAL)
    run_in_transaction(service.activate, used.id, actor=SYSTEM_USER, at=NOW)
    wanted = service.OpenInspection(warehouse=site.id, stage=Stage.RETEST, lot=lot.id)
    made = run_in_transaction(service.open_by_hand, wanted, actor=SYSTEM_USER, at=NOW)
    row = stock.find_balances(lot=lot.id, warehouse=site.id)[0]
    db.session.rollback()
    draw = service.DrawSample(
        key=f"sample-{name}", warehouse=site.id, kind=SampleKind.TEST, balance=row.id, quantity=given.q(1)
    )
    sample = run_in_transaction(service.draw_sample, draw, actor=SYSTEM_USER, at=NOW)
    state = SamplingState(
        id=new_id(), subject_key=f"of {name}", supplier_id=supplier.id, item_id=lot.item_id, stage=Stage.RECEIPT,
        severity=Severity.STOPPED, memory=Memory(severity="stopped").as_data(), skip_memory=Ladder().as_data(),
        changed_at=NOW,
    )  # fmt: skip
    given.keep(state)
    return {
        "plan_id": draft.id, "inspection_id": made, "sample_id": sample.id, "state_id": state.id,
        "supplier_id": supplier.id, "pending_balance": row.id,
    }  # fmt: skip


def _lot_number(text: str) -> Any:
    from wms.gs1.codes import LotNumber

    return LotNumber.parse(text)


def _purchase_order(site: Any, supplier: Any, item: Any, name: str) -> int:
    from wms.receiving.rules.commands import CreatePurchaseOrder, OrderedLine

    cmd = CreatePurchaseOrder(
        warehouse=site.id, supplier=supplier.id, number=f"PO-{name}",
        lines=(OrderedLine(item=item.id, quantity=given.q(20)),),
    )  # fmt: skip
    return int(run_in_transaction(receiving.create_purchase_order, cmd, actor=SYSTEM_USER, at=NOW))


def _photo(app: Flask) -> Any:
    picture = io.BytesIO()
    Image.new("RGB", (30, 20), "blue").save(picture, "PNG")
    return files.keep_photo(picture.getvalue(), data_dir=Path(app.config["WMS"].data_dir))


def _file_of(receipt: Any, name: str, app: Flask) -> int:
    from wms.files.models import StoredFile

    line = select(ReceiptLine.id).where(ReceiptLine.receipt_id == receipt)
    found = db.session.execute(select(StoredFile.id).where(StoredFile.subject_id.in_(line))).scalars().first()
    db.session.rollback()
    if found is not None:
        return int(found)
    one = int(db.session.execute(line).scalars().first() or 0)
    db.session.rollback()
    kept = _photo(app)
    return int(
        run_in_transaction(
            files.attach, kept, subject_kind="receipt_line", subject_id=one, actor=SYSTEM_USER, at=NOW, name=name
        )
    )


def _tokens(site: Any) -> Any:
    from wms.accounts.models import ApiToken

    return select(ApiToken.id).where(ApiToken.warehouse_id == site.id)


def _passage(app: Flask, docks: doors.Docks) -> tuple[int, int]:
    """A tag that nobody knows went out: an alarm to settle."""
    from wms.rfid.models import Portal

    with_token = {"Authorization": f"Bearer {docks.token}"}
    item = docks.episode(doors.epc_of(doors.sscc("6901234")), ended_at=NOW)
    _outside(app, lambda: app.test_client().post("/api/v1/rfid/batches", json={"batch": [item]}, headers=with_token))
    row = db.session.execute(
        select(Passage.id, Passage.tag_id)
        .join(Portal, Portal.id == Passage.portal_id)
        .where(Portal.warehouse_id == docks.site.id)
    ).first()
    assert row is not None
    db.session.rollback()
    return int(row[0]), int(row[1])


def _outside(app: Flask, call: Any) -> Any:
    """Make a request from a thread of its own: the test client refuses one inside an app context."""
    import threading

    answers: list[Any] = []
    worker = threading.Thread(target=lambda: answers.append(call()))
    worker.start()
    worker.join()
    assert answers and answers[0].status_code == 200, answers and answers[0].text
    return answers[0]


class Watch:
    """A second connection to the SQLite file: says whether a request wrote anything, and where."""

    def __init__(self, url: str) -> None:
        self.connection = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
        self.version = self._version()
        self.rows = self._dump()

    def changes(self) -> set[str]:
        """Name the tables that changed since the last question."""
        version = self._version()
        if version == self.version:
            return set()
        before, self.rows, self.version = self.rows, self._dump(), version
        return {name for name in self.rows if self.rows[name] != before[name]}

    def close(self) -> None:
        """Let the file go."""
        self.connection.close()

    def _version(self) -> int:
        return int(self.connection.execute("PRAGMA data_version").fetchone()[0])

    def _dump(self) -> dict[str, int]:
        names = [r[0] for r in self.connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {name: hash(tuple(self.connection.execute(f'SELECT * FROM "{name}"'))) for name in names}


def log_in(app: Flask, login: str) -> tuple[FlaskClient, str]:
    """Log a person in; the client and the token for forms."""
    client = app.test_client()
    token = token_in(client.get("/login").text)
    answer = client.post("/login", data={"csrf_token": token, "login": login, "password": PASSWORD})
    assert answer.status_code == 302, answer.text
    return client, token_in(client.get("/me").text)


def token_in(page: str) -> str:
    """Read the form token of a page."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', page) or re.search(
        r'name="csrf-token" content="([^"]*)"', page
    )
    assert found, page[:300]
    return found[1]


def words_of(page: str) -> str:
    """The page without its tags."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page)).strip()


__all__ = ["COUNTED", "NOW", "ROLES", "House", "Iterator", "Tag", "Watch", "house", "log_in", "new_id", "words_of"]
