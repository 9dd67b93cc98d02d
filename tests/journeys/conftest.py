"""The demo warehouses behind a real web process, once for each test process, and a person who may see everything."""

import json
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from config import Config
from tests import processes, schema

EVERYONE = "walker"
_HELD_PALLET = (
    "SELECT l.code FROM lpn l JOIN stock_balance s ON s.lpn_id = l.id JOIN gateway g ON g.warehouse_id = s.warehouse_id"
    " WHERE s.hold_set_id <> 0 AND l.is_sscc AND s.on_hand > 0 ORDER BY l.id LIMIT 1"
)


@dataclass
class DemoSite:
    """The demo: `.url` of the web process, `.app` on its database, the handheld's secret, the password of all."""

    url: str
    config: Config
    app: Any
    device_secret: str
    password: str
    pin: str

    def log_in(self, page: Any, login: str) -> None:
        """Log a person in on the desk."""
        page.goto(f"{self.url}/login")
        page.fill("#login, #f-login, [name=login]", login)
        page.fill("[name=password]", self.password)
        page.press("[name=password]", "Enter")
        page.wait_for_url(lambda url: "/login" not in url)

    def register(self, page: Any) -> None:
        """Make the browser of a page a registered handheld."""
        from wms.accounts.sessions import DEVICE_COOKIE

        page.context.add_cookies([{"name": DEVICE_COOKIE, "value": self.device_secret, "url": self.url}])

    def log_in_by_badge(self, page: Any, login: str) -> None:
        """Log a person in on a handheld, as the badge reader and the fingers do."""
        page.goto(f"{self.url}/m/login")
        page.keyboard.type("BDG" + login.upper())
        page.keyboard.press("Enter")
        page.keyboard.type(self.pin)
        page.keyboard.press("Enter")
        page.wait_for_url("**/m/")


@pytest.fixture(scope="session")
def demo_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoSite]:
    """Load the demo into an SQLite file and serve it."""
    folder = tmp_path_factory.mktemp("demo")
    site = make_demo(folder)
    server = processes.LiveServer(site.config, folder / "web.log")
    try:
        server.wait_until_ready()
        _let_something_happen(site, (site.config.data_dir / "gateway_token").read_text().strip())
        yield site
    finally:
        server.stop()


def make_demo(folder: Path) -> DemoSite:
    """Load the demo and a person with every role into a fresh database in `folder`."""
    from wms.accounts import rules, service
    from wms.app import create_app
    from wms.core.clock import now
    from wms.db import run_in_transaction
    from wms.demo import everything, people
    from wms.jobs import runner, schedule

    url = f"sqlite:///{folder / 'demo.db'}"
    schema.make_schema(url)
    config = Config(
        database_url=url, secret_key="0123456789abcdef0123456789abcdef", data_dir=folder / "data",
        gateway_spool=folder / "gateway.db", argon2_is_fast=True, port=processes.free_port(), is_demo=True,
        emulator_port=processes.free_port(),
    )  # fmt: skip
    app = create_app(config)

    def hire() -> None:
        made = service.create_user(
            login=EVERYONE, full_name="Walker", password=people.PASSWORD, pin=people.PIN, at=now()
        )
        service.grant_roles(made.id, [service.RoleGrant(role=r, warehouse_id=None) for r in rules.Role], actor=None)

    with app.app_context():
        everything.load_once(config, tell=lambda _: None)
        run_in_transaction(hire)
        for job in ("expiry_warnings", "hold_expired", "quarantine_old"):
            runner.run_now(schedule.get(job))
        _judge_a_sheet(config)
        _plan_and_write()
    secret = json.loads((config.data_dir / "demo.json").read_text())["device_secret"]
    return DemoSite(f"http://127.0.0.1:{config.port}", config, app, secret, people.PASSWORD, people.PIN)


def _plan_and_write() -> None:
    """Plan a work order that nobody released, and write a message that waits for its mail server."""
    from sqlalchemy import select

    from wms.core.clock import now
    from wms.core.ids import SYSTEM_USER
    from wms.core.quantity import Quantity
    from wms.db import db, run_in_transaction
    from wms.mail.service import queue_mail
    from wms.production.models import WorkOrder
    from wms.production.service.planning import PlanOrder, plan_order

    row = db.session.execute(select(WorkOrder).order_by(WorkOrder.id).limit(1)).scalar_one()
    planned = PlanOrder(
        key="walk", warehouse=row.warehouse_id, item=row.item_id, quantity=Quantity.of(40), line=row.line_id
    )
    warehouse = row.warehouse_id
    db.session.rollback()
    run_in_transaction(plan_order, planned, actor=SYSTEM_USER, at=now())
    run_in_transaction(
        queue_mail, "quality@freshmart.example", "Recall 召回", "Please stop selling it. 请停止销售。", subject_kind="letter",
        subject_id=None, language="en", warehouse=warehouse, actor=SYSTEM_USER, at=now(),
    )  # fmt: skip


def _judge_a_sheet(config: Config) -> None:
    """Bring a sheet into the first warehouse and judge it: rows of each verdict, nothing applied."""
    from sqlalchemy import select

    from tests.fakes.sheets import xlsx
    from wms.core.clock import now
    from wms.core.ids import SYSTEM_USER
    from wms.db import db, run_in_transaction
    from wms.imports import reading, service, work
    from wms.imports.models import RunState
    from wms.sites.models import Warehouse

    heading = ["料号", "品名", "批号", "有效期至", "货位", "数量"]
    rows = [["NONE-1", "白茶", "B-7", "2027-06", "A-01", 5], ["NONE-2", "红茶", 12, "03/04/2027", "A-01", "1.234"]]
    content = xlsx(heading, *rows, ["合计", None, None, None, None, 7], title="库存", before=["说明"])
    sha256, path = reading.keep_upload(content, data_dir=config.data_dir)
    name = "期初库存.xlsx"
    read = reading.read_sheet(path, name=name, kind="lots")
    site = db.session.execute(select(Warehouse.id).order_by(Warehouse.code).limit(1)).scalar_one()
    db.session.rollback()
    upload = service.Upload(
        kind="lots", warehouse=site, file_name=name, sha256=sha256, size_bytes=len(content), read=read
    )  # fmt: skip
    run = run_in_transaction(service.take_in, upload, actor=SYSTEM_USER, at=now()).id
    run_in_transaction(service.begin, run, RunState.JUDGING, actor=SYSTEM_USER, at=now())
    work.judge_now(run)


def _let_something_happen(site: DemoSite, token: str) -> None:
    """Tell the server what the gateway would: goods on hold went out through door 2, a tag nobody knows through door 3."""
    from wms.db import db
    from wms.gs1.epc import encode_sscc96
    from wms.gs1.sscc import Sscc

    with site.app.app_context():
        held = db.session.execute(text(_HELD_PALLET)).scalar_one()
        doors = {row[0]: str(row[1]) for row in db.session.execute(text("SELECT code, id FROM portal"))}
        readers = {
            str(row[0]): str(row[1]) for row in db.session.execute(text("SELECT portal_id, reader_id FROM antenna"))
        }
        db.session.rollback()
    ended = datetime.now(UTC)
    episodes = [
        {
            "sequence": number, "kind": "episode", "epc": epc, "portal": doors[door], "reader": readers[doors[door]],
            "started_at": (ended - timedelta(seconds=3)).isoformat(), "ended_at": ended.isoformat(), "reads": 40,
            "antennas": [
                {"reader": readers[doors[door]], "antenna": n, "side": side, "reads": 20, "peak_rssi_dbm": -48.0}
                for n, side in ((1, "inside"), (3, "outside"))
            ],
            "peak_rssi_dbm": -48.0, "door_share": 0.98, "prominence_db": 14.0, "direction_seconds": 0.9, "verdict": "out",
            "is_parked": False, "is_late": False,
        }
        for number, (epc, door) in enumerate(
            (
                (encode_sscc96(Sscc.parse(held), company_prefix_length=7, filter_value=6), "DOOR-2"),
                ("30700048440663802E185523", "DOOR-3"),
            ),
            start=1,
        )
    ]  # fmt: skip
    body = json.dumps({"batch": episodes, "sent_at": ended.isoformat()}).encode()
    request = urllib.request.Request(f"{site.url}/api/v1/rfid/batches", body)
    request.add_header("Authorization", f"Bearer {token}")
    request.add_header("Content-Type", "application/json")
    urllib.request.urlopen(request, timeout=20).close()
