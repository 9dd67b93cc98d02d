"""Take the screenshots of docs/gallery: the demo with its real processes, a real browser, people at work.

Run `.venv/bin/python scripts/gallery.py [NAME …]` (all pictures without a name). The demo lives in a temporary folder.
Each picture is one function below; its first line of words is its caption in docs/gallery/README.md.
"""

from __future__ import annotations

import io
import json
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from wms.accounts.sessions import DEVICE_COOKIE  # noqa: E402
from wms.demo.people import PASSWORD, PIN  # noqa: E402
from wms.gs1.checksums import check_digit  # noqa: E402
from wms.gs1.epc import encode_sscc96  # noqa: E402
from wms.gs1.sscc import Sscc  # noqa: E402
from wms.tour.people import Desk  # noqa: E402
from wms.web.i18n import COOKIE as LANGUAGE_COOKIE  # noqa: E402

GALLERY = ROOT / "docs" / "gallery"
MOST_BYTES = 150_000
EN, HANS, HANT = "en", "zh_Hans_CN", "zh_Hant_TW"
#: The address that handhelds would open; the browser of the pictures is led to the demo by it.
SITE = "http://wms.example"
#: Pictures of the desk on a narrow screen.
NARROW = ("quality-unit-hans",)
CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


# -- the demo -----------------------------------------------------------------------------------------------------------
@dataclass
class Demo:
    """The demo under way: its address, its database to look things up, the emulator's control port."""

    url: str
    database: Path
    control: str
    device_secret: str
    settings: dict[str, str]

    def run(self, *words: str) -> None:
        """Run a verb of run.py on it."""
        subprocess.run([sys.executable, "run.py", *words], cwd=ROOT, env=self.settings, check=True, capture_output=True)

    def look_up(self, statement: str, *values: Any) -> tuple[Any, ...]:
        """Give the first row of a query; the pictures need it to be there."""
        with sqlite3.connect(f"file:{self.database}?mode=ro", uri=True) as base:
            row = base.execute(statement, values).fetchone()
        if row is None:
            raise SystemExit(f"the demo has nothing for: {statement}")
        return tuple(row)

    def carry(self, sscc: str, way: str, *, door: int) -> None:
        """Carry a pallet through a door."""
        tag = encode_sscc96(Sscc.parse(sscc), company_prefix_length=7, filter_value=6)
        body = json.dumps({"tag": tag, "walk": way, "door": door, "seconds": 3}).encode()
        urllib.request.urlopen(urllib.request.Request(f"{self.control}/walk", body), timeout=5).close()


@contextmanager
def demo() -> Iterator[Demo]:
    """Start every process on demo data in a temporary folder, and stop them."""
    folder = Path(tempfile.mkdtemp(prefix="wms-gallery-"))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    kept = {key: value for key, value in os.environ.items() if not key.startswith("WMS_")}
    settings = {
        "WMS_DATABASE_URL": f"sqlite:///{folder / 'wms.db'}", "WMS_DATA_DIR": str(folder), "WMS_PORT": str(port),
        "WMS_GATEWAY_SPOOL": str(folder / "gateway.db"), "WMS_ARGON2_IS_FAST": "1",
        "WMS_BACKUP_DIR": str(folder / "backups"),
    }  # fmt: skip
    process = subprocess.Popen(
        [sys.executable, "run.py", "all"], cwd=ROOT, env=kept | settings, text=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    said: list[str] = []
    assert process.stdout
    lines = process.stdout
    threading.Thread(target=lambda: said.extend(iter(lines.readline, "")), daemon=True).start()
    try:
        url = _wait_for(said, process, "Open http")
        control = _wait_for(said, process, "control on http")
        secret = json.loads((folder / "demo.json").read_text())["device_secret"]
        settings |= {"WMS_PORT": url.rpartition(":")[2], "WMS_IS_DEMO": "1"}
        yield Demo(url, folder / "wms.db", control, secret, kept | settings)
    finally:
        process.terminate()
        process.wait(20)
        shutil.rmtree(folder, ignore_errors=True)


def _wait_for(said: list[str], process: subprocess.Popen[str], words: str) -> str:
    """Wait for a line of the processes; give the address in it."""
    deadline = time.monotonic() + 180
    while time.monotonic() < deadline and process.poll() is None:
        for line in list(said):
            if words in line:
                return next(part for part in line.split() if part.startswith("http"))
        time.sleep(0.1)
    raise SystemExit("the demo did not start:\n" + "".join(said[-20:]))


# -- the camera ---------------------------------------------------------------------------------------------------------
@dataclass
class Studio:
    """A browser in front of the demo; people stay logged in from picture to picture."""

    demo: Demo
    browser: Browser
    _pages: dict[tuple[str, str, str], Page] = field(default_factory=dict)

    def desk(self, login: str, language: str = EN, path: str = "/today", *, site: str = "") -> Page:
        """A page on the desk, 1280 by 800, in the first warehouse; `site` is another address of the server."""
        address = site or self.demo.url
        page = self._pages.get((login, language, address))
        if page is None:
            context = self.browser.new_context(viewport={"width": 1280, "height": 800}, reduced_motion="reduce")
            self._speak(context, language)
            page = self._pages[login, language, address] = context.new_page()
            page.goto(f"{address}/login")
            page.fill("[name=login]", login)
            page.fill("[name=password]", PASSWORD)
            page.press("[name=password]", "Enter")
            page.wait_for_url(lambda url: "/login" not in url)
            if page.query_selector("#site"):
                with page.expect_navigation():
                    page.select_option(
                        "#site", str(self.demo.look_up("SELECT id FROM warehouse WHERE code = 'CNSZ1'")[0])
                    )
        page.set_viewport_size({"width": 1280, "height": 800})
        page.goto(address + path)
        return page

    def hand(self, login: str, language: str = EN, path: str = "/m/") -> Page:
        """A page on a registered handheld, 360 by 640."""
        page = self._pages.get((login, language, "hand"))
        if page is None:
            context = self.browser.new_context(
                viewport={"width": 360, "height": 640}, device_scale_factor=2, has_touch=True, reduced_motion="reduce"
            )
            self._speak(context, language)
            context.add_cookies([{"name": DEVICE_COOKIE, "value": self.demo.device_secret, "url": self.demo.url}])
            page = self._pages[login, language, "hand"] = context.new_page()
            page.goto(f"{self.demo.url}/m/login")
            page.fill("#badge", "BDG" + login.upper())
            page.fill("#pin", PIN)
            page.press("#pin", "Enter")
            page.wait_for_url("**/m/")
        page.goto(self.demo.url + path)
        return page

    def visitor(self, path: str, *, width: int, height: int, site: str = "") -> Page:
        """A page as it opens for somebody who is not logged in."""
        context = self.browser.new_context(
            viewport={"width": width, "height": height}, device_scale_factor=2 if width < 600 else 1, has_touch=width < 600,
            reduced_motion="reduce",
        )  # fmt: skip
        page = context.new_page()
        page.goto((site or self.demo.url) + path)
        return page

    def _speak(self, context: Any, language: str) -> None:
        for address in (self.demo.url, SITE):
            context.add_cookies([{"name": LANGUAGE_COOKIE, "value": language, "url": address}])


def scan(page: Page, text: str) -> None:
    """Scan on a handheld and wait for the answer."""
    page.wait_for_timeout(750)
    page.keyboard.type(text)
    page.keyboard.press("Enter")
    page.wait_for_selector("#frame:not(.is-sending)")


def tap(page: Page, selector: str) -> None:
    """Tap on a handheld and wait for the answer."""
    page.click(selector)
    page.wait_for_selector("#frame:not(.is-sending)")


# -- the pictures -------------------------------------------------------------------------------------------------------
Shot = Callable[[Studio], Page]
SHOTS: dict[str, Shot] = {}


def picture(shot: Shot) -> Shot:
    """Name a picture after its function."""
    SHOTS[shot.__name__.replace("_", "-")] = shot
    return shot


def _busy_order(studio: Studio) -> tuple[int, str]:
    """An order at SZ1 whose decision weighed the most lots."""
    return studio.demo.look_up(  # type: ignore[return-value]
        "SELECT o.id, o.number FROM customer_order o JOIN order_line l ON l.order_id = o.id"
        " JOIN allocation_decision d ON d.order_line_id = l.id JOIN warehouse w ON w.id = o.warehouse_id"
        " WHERE w.code = 'CNSZ1' AND o.state = 'allocated' GROUP BY o.id"
        " ORDER BY COUNT(*) = 3 DESC, LENGTH(GROUP_CONCAT(d.candidates)) DESC LIMIT 1"
    )


def _promised_lot(studio: Studio) -> tuple[int, str]:
    """A lot that several orders wait for."""
    return studio.demo.look_up(  # type: ignore[return-value]
        "SELECT l.id, l.number FROM stock_balance b JOIN lot l ON l.id = b.lot_id JOIN warehouse w ON w.id = b.warehouse_id"
        " WHERE w.code = 'CNSZ1' AND b.allocated > 0 AND b.hold_set_id = 0 GROUP BY l.id ORDER BY COUNT(*) DESC, l.id LIMIT 1"
    )


def _pick_at(studio: Studio) -> tuple[str, str, str]:
    """The first stop of the longest pick list: order, bin, lot."""
    return studio.demo.look_up(  # type: ignore[return-value]
        "SELECT o.number, b.code, l.number FROM task t JOIN pick_list p ON p.id = t.document_id"
        " JOIN customer_order o ON o.id = p.order_id JOIN bin b ON b.id = t.source_bin_id JOIN lot l ON l.id = t.lot_id"
        " WHERE t.kind = 'pick' AND t.state = 'open'"
        " AND p.id = (SELECT document_id FROM task WHERE kind = 'pick' AND state = 'open' GROUP BY 1 ORDER BY COUNT(*) DESC LIMIT 1)"
        " ORDER BY t.sequence LIMIT 1"
    )


@picture
def desk_today(studio: Studio) -> Page:
    """Today: what needs a person now, in order of harm."""
    return studio.desk("supervisor")


@picture
def desk_today_hans(studio: Studio) -> Page:
    """Today in Simplified Chinese."""
    return studio.desk("supervisor", HANS)


@picture
def desk_stock(studio: Studio) -> Page:
    """Stock by item, lot, bin and LPN; state is a word, a shape and a colour."""
    return studio.desk("supervisor", EN, "/stock")


@picture
def desk_stock_hant(studio: Studio) -> Page:
    """Stock in Traditional Chinese."""
    return studio.desk("supervisor", HANT, "/stock?state=held")


@picture
def desk_hold(studio: Studio) -> Page:
    """Hold the whole lot from a row of the stock page, after seeing which orders it stops."""
    _lot, number = _promised_lot(studio)
    page = studio.desk("quality", EN, f"/stock?lot={number}")
    page.click("[hx-target='#panel']")
    page.wait_for_selector("#panel [name=scope]")
    page.check("#panel [name=scope][value=lot]")
    page.wait_for_selector("#panel .stopped")
    page.select_option("#panel [name=reason]", "suspect")
    page.fill("#panel [name=note]", "Two cases smell of smoke")
    page.set_viewport_size({"width": 1280, "height": 960})
    page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")
    return page


@picture
def desk_lot(studio: Studio) -> Page:
    """A lot from top to bottom: what it is, its state and who said so, where it stands, its dates, its events."""
    return studio.desk("supervisor", EN, f"/lots/{_promised_lot(studio)[0]}")


@picture
def desk_order(studio: Studio) -> Page:
    """An order: what was promised, and why this lot and not that one."""
    page = studio.desk("supervisor", EN, f"/orders/{_busy_order(studio)[0]}")
    page.evaluate("document.querySelectorAll('details.sheet').forEach((e, n) => { e.open = n === 0; })")
    page.evaluate("document.getElementById('why').scrollIntoView({block: 'center'})")
    return page


@picture
def desk_quality_hans(studio: Studio) -> Page:
    """Quality's list of holds in Simplified Chinese."""
    return studio.desk("quality", HANS, "/quality/holds")


@picture
def desk_alerts(studio: Studio) -> Page:
    """Alerts, with who is told and where each is settled."""
    page = studio.desk("supervisor", EN, "/alerts")
    for _ in range(40):
        if page.query_selector("#content tbody tr, #content .alert-row, #content article, #content li"):
            break
        page.wait_for_timeout(1000)
        page.reload()
    return page


@picture
def desk_doors(studio: Studio) -> Page:
    """The dock doors and their readers."""
    return studio.desk("supervisor", EN, "/doors")


@picture
def door_green(studio: Studio) -> Page:
    """A door's wall screen: an announced pallet came in."""
    (portal,) = studio.demo.look_up("SELECT id FROM portal WHERE code = 'DOOR-1'")
    (sscc,) = studio.demo.look_up(
        "SELECT l.sscc FROM asn_line l JOIN asn a ON a.id = l.asn_id JOIN warehouse w ON w.id = a.warehouse_id"
        " WHERE w.code = 'CNSZ1' AND l.sscc IS NOT NULL AND l.arrived_at IS NULL ORDER BY a.expected_at LIMIT 1"
    )
    page = studio.desk("dock", EN, f"/doors/{portal}")
    studio.demo.carry(sscc, "in", door=1)
    page.wait_for_selector(".last li", timeout=20_000)
    return page


@picture
def door_red(studio: Studio) -> Page:
    """The same screen when goods on hold leave: red until a person settles it."""
    (portal,) = studio.demo.look_up("SELECT id FROM portal WHERE code = 'DOOR-2'")
    (sscc,) = studio.demo.look_up(
        "SELECT l.code FROM lpn l JOIN stock_balance s ON s.lpn_id = l.id JOIN warehouse w ON w.id = s.warehouse_id"
        " WHERE s.hold_set_id <> 0 AND l.is_sscc AND s.on_hand > 0 AND w.code = 'CNSZ1' ORDER BY l.id LIMIT 1"
    )
    page = studio.desk("dock", HANS, f"/doors/{portal}")
    studio.demo.carry(sscc, "out", door=2)
    page.wait_for_selector("#wall.is-alarm", timeout=20_000)
    return page


@picture
def hand_login_hans(studio: Studio) -> Page:
    """Badge and PIN, on a registered handheld, in Simplified Chinese."""
    page = studio.hand("counter", HANS)
    page.click("form[action$='/switch'] button")
    page.wait_for_url("**/m/login")
    studio._pages.pop(("counter", HANS, "hand"))
    return page


@picture
def hand_menu(studio: Studio) -> Page:
    """The menu: the tasks of this person's roles."""
    return studio.hand("supervisor")


@picture
def hand_menu_hans(studio: Studio) -> Page:
    """The menu in Simplified Chinese."""
    return studio.hand("supervisor", HANS)


@picture
def hand_receive_hans(studio: Studio) -> Page:
    """Receiving against an ASN: the pallet's label says item, lot, expiry and quantity."""
    asn, sscc = studio.demo.look_up(
        "SELECT a.number, l.sscc FROM asn_line l JOIN asn a ON a.id = l.asn_id JOIN warehouse w ON w.id = a.warehouse_id"
        " WHERE w.code = 'CNSZ1' AND l.sscc IS NOT NULL ORDER BY a.expected_at, l.line LIMIT 1"
    )
    page = studio.hand("receiver", HANS, "/m/receive")
    scan(page, asn)
    scan(page, f"(00){sscc}")
    return page


@picture
def hand_putaway(studio: Studio) -> Page:
    """Putaway: the bin, large, with the reason for it."""
    (sscc,) = studio.demo.look_up(
        "SELECT l.code FROM task t JOIN lpn l ON l.id = t.source_lpn_id WHERE t.kind = 'putaway' AND t.state <> 'done' LIMIT 1"
    )
    page = studio.hand("receiver", EN, "/m/putaway")
    scan(page, f"(00){sscc}")
    return page


@picture
def hand_pick(studio: Studio) -> Page:
    """A pick: where, which lot, how many, and the one thing to do now."""
    page = studio.hand("picker", EN, "/m/pick")
    if page.get_attribute("#frame", "data-step") == "list":
        scan(page, _pick_at(studio)[0])
    return page


@picture
def hand_refused(studio: Studio) -> Page:
    """The wrong bin: red, with what was needed and what was scanned."""
    page = hand_pick(studio)
    needed = page.inner_text(".where").strip()
    (other,) = studio.demo.look_up(
        "SELECT b.code FROM bin b JOIN warehouse w ON w.id = b.warehouse_id"
        " WHERE w.code = 'CNSZ1' AND b.kind = 'storage' AND b.code <> ? ORDER BY b.code LIMIT 1", needed
    )  # fmt: skip
    scan(page, other)
    return page


@picture
def hand_pick_hans(studio: Studio) -> Page:
    """At the bin: the lot is scanned, the quantity stands ready."""
    page = studio.hand("picker", HANS, "/m/pick")
    scan(page, page.inner_text(".where").strip())
    return page


@picture
def hand_count_hant(studio: Studio) -> Page:
    """Counting in Traditional Chinese a bin where a picker found too little; what the books say is not shown."""
    picker = studio.hand("picker", HANS, "/m/pick")
    code = picker.inner_text(".where").strip()
    scan(picker, code)
    tap(picker, "button[value=short]")
    scan(picker, "0")
    page = studio.hand("counter", HANT, "/m/count")
    scan(page, code)
    return page


@picture
def quality_inspection(studio: Studio) -> Page:
    """An inspection: how its sample came about, what was found so far, and what the numbers say."""
    (inspection,) = studio.demo.look_up("SELECT id FROM inspection WHERE state = 'in_work' LIMIT 1")
    page = studio.desk("quality", EN, f"/inspections/{inspection}")
    page.set_viewport_size({"width": 1280, "height": 1000})
    return page


@picture
def quality_unit_hans(studio: Studio) -> Page:
    """One sample unit a screen, for a tablet and a glove; here narrow, and in Simplified Chinese."""
    (inspection,) = studio.demo.look_up("SELECT id FROM inspection WHERE state = 'in_work' LIMIT 1")
    page = studio.desk("quality", HANS, f"/inspections/{inspection}/units/6")
    page.set_viewport_size({"width": 480, "height": 860})
    return page


@picture
def quality_supplier(studio: Studio) -> Page:
    """A supplier's rating, with the reckoning to make it again by hand."""
    (supplier,) = studio.demo.look_up("SELECT supplier_id FROM sampling_state WHERE severity = 'tightened' LIMIT 1")
    return studio.desk("quality", EN, f"/inspections/suppliers/{supplier}")


@picture
def quality_release(studio: Studio) -> Page:
    """A release: the checklist of what is asked, and who signed for the part that is free already."""
    lot, lpn = studio.demo.look_up(
        "SELECT b.lot_id, max(b.lpn_id) FROM stock_balance b JOIN item i ON i.id = b.item_id JOIN warehouse w ON"
        " w.id = b.warehouse_id WHERE w.code = 'CNSZ1' AND b.quality = 'pending' AND b.on_hand > 0 AND b.hold_set_id = 0"
        " AND i.item_class = 'food' AND b.fefo_on > date('now', '+30 days') GROUP BY b.lot_id"
        " HAVING count(*) > 1 AND max(b.lpn_id) > 0 ORDER BY b.lot_id LIMIT 1"
    )
    page = studio.desk("quality2", EN, f"/quality/pending/{lot}?lpn={lpn}")
    page.fill("form[action*='/quality/pending/'] [name=reason]", "Certificate and sample agree")
    page.fill("form[action*='/quality/pending/'] [name=password]:not([id^=f-waive])", PASSWORD)
    if page.query_selector("[name=is_label_checked]"):
        page.check("[name=is_label_checked]")
    with page.expect_navigation():
        page.click("button[name=to][value=released]")
    page = studio.desk("quality", EN, f"/quality/pending/{lot}")
    page.set_viewport_size({"width": 1280, "height": 940})
    return page


@picture
def quality_case(studio: Studio) -> Page:
    """Everything of a supplier in some weeks, looked at before it is held: places, orders, customers, value."""
    supplier, first = studio.demo.look_up(
        "SELECT p.code, date(min(l.received_on)) FROM stock_balance b JOIN lot l ON l.id = b.lot_id"
        " JOIN partner p ON p.id = l.supplier_id JOIN warehouse w ON w.id = b.warehouse_id WHERE w.code = 'CNSZ1'"
        " AND b.allocated > 0 AND l.received_on > date('now', '-90 days') GROUP BY p.id ORDER BY count(*) DESC LIMIT 1"
    )
    asked = f"look=1&scope=query&supplier_code={supplier}&received_from={first}"
    page = studio.desk("quality", EN, f"/quality/cases/new?{asked}")
    page.set_viewport_size({"width": 1280, "height": 1000})
    page.evaluate("document.getElementById('seen').scrollIntoView({block: 'start'}); scrollBy(0, -160)")
    return page


@picture
def quality_nonconformance_hans(studio: Studio) -> Page:
    """A non-conformance that waits for its approvals, with its signatures, in Simplified Chinese."""
    (paper,) = studio.demo.look_up("SELECT id FROM nonconformance LIMIT 1")
    page = studio.desk("quality", HANS, f"/nonconformances/{paper}")
    page.set_viewport_size({"width": 1280, "height": 1000})
    return page


@picture
def hand_problem(studio: Studio) -> Page:
    """The Problem button in the middle of a pick: what is wrong; afterwards back to the same step."""
    page = studio.hand("picker", EN, "/m/pick")
    if page.get_attribute("#frame", "data-step") == "list":
        scan(page, _pick_at(studio)[0])
    page.click(".bar-problem")
    page.wait_for_selector("#frame[data-step=kind]")
    return page


@picture
def hand_units(studio: Studio) -> Page:
    """Devices received piece by piece: the serial of each is scanned."""
    desk = Desk(studio.demo.url)
    desk.log_in("supervisor", PASSWORD)
    body = "0952111266001"
    gtin = body + check_digit(body)
    desk.open("/items/new")
    desk.act(
        "/items/new", sku="METER-1", name_en="Power meter", name_zh="功率计", item_class="electronics", base_unit="pc",
        date_basis="none",
    )  # fmt: skip
    item = desk.at.url.rstrip("/").rsplit("/", 1)[1]
    desk.open(f"/items/{item}/edit")
    desk.act(f"/items/{item}/edit", has_unit_ids="on")
    desk.open(f"/items/{item}")
    desk.act(f"/items/{item}/units", code="each", factor="1", gtin=gtin)
    page = studio.hand("receiver", EN, "/m/receive")
    tap(page, "button[value=blind]")
    for label in (f"(01){gtin}(10)DM-2611(21)S-1001", "3", f"(01){gtin}(10)DM-2611(21)S-1002"):
        scan(page, label)
    return page


@picture
def make_order(studio: Studio) -> Page:
    """A work order: what is needed, bound, issued and used of each component, and the reports."""
    (order,) = studio.demo.look_up("SELECT id FROM work_order WHERE number LIKE 'WO-B%1'")
    return studio.desk("supervisor", path=f"/work-orders/{order}")


@picture
def make_report_hans(studio: Studio) -> Page:
    """The report that was corrected by counter-entry, and what the wrong lot touched, in Simplified Chinese."""
    (report,) = studio.demo.look_up("SELECT id FROM production_report WHERE corrects_id IS NOT NULL")
    return studio.desk("quality", HANS, f"/production/reports/{report}")


@picture
def trace_graph(studio: Studio) -> Page:
    """Where a mill's flour went: shares, states, customers."""
    return studio.desk("quality", path="/trace?q=MF-0711&kind=lot&direction=forward")


@picture
def recall_cockpit(studio: Studio) -> Page:
    """A recall drill on one screen: clocks, what stands inside, who has what outside."""
    (recall,) = studio.demo.look_up("SELECT id FROM recall ORDER BY id LIMIT 1")
    return studio.desk("quality", path=f"/quality/recalls/{recall}")


@picture
def complaint_hans(studio: Studio) -> Page:
    """A complaint with its clock, one step from trace, hold and recall, in Simplified Chinese."""
    (complaint,) = studio.demo.look_up("SELECT id FROM complaint ORDER BY id LIMIT 1")
    return studio.desk("quality", HANS, f"/complaints/{complaint}")


@picture
def inspector_lot(studio: Studio) -> Page:
    """The inspector's card of a lot: its mass balance, and to whom it went."""
    (lot,) = studio.demo.look_up(
        "SELECT lot.id FROM lot JOIN item ON item.id = lot.item_id WHERE item.sku = 'BK-TOAST' ORDER BY lot.id LIMIT 1"
    )
    return studio.desk("inspector", path=f"/inspector/lots/{lot}")


@picture
def inspector_menu(studio: Studio) -> Page:
    """The one menu of an inspector."""
    return studio.desk("inspector", path="/inspector")


@picture
def setup_import(studio: Studio) -> Page:
    """A Chinese sheet as an old system printed it: a verdict a row, and a question where a value can be read in two ways."""
    rows = (
        "深圳一号仓 期初库存表", "", "序号\t料号\t批号\t有效期至\t货位\t数量（箱）",
        "1\tWATR-01\t0012\t2028年3月5日\tA-01-2-1\t12", "2\tWATR-02\ta/12\t2028/03/05\tA-01-2-2\t1,200",
        "3\tWATR-03\tA-20 B\t20280305\tA-01-3-1\t8", "4\tNO-SUCH-77\tL1\t2028-03-05\tA-01-3-2\t5", "\t合计\t\t\t\t1,225",
    )  # fmt: skip
    content = "\r\n".join(rows).encode("gb18030")
    page = studio.desk("supervisor", EN, "/setup/import")
    page.select_option("[name=kind]", "lots")
    page.set_input_files("[name=file]", {"name": "期初库存.csv", "mimeType": "text/csv", "buffer": content})
    page.click("form[enctype] button")
    page.wait_for_selector("form[action$='/columns'] button")
    page.click("form[action$='/columns'] button")
    page.wait_for_selector(".tiles", timeout=60_000)
    page.set_viewport_size({"width": 1280, "height": 1000})
    return page


@picture
def setup_racks(studio: Studio) -> Page:
    """Racks seen before they are made: how many bins, and their codes."""
    (zone,) = studio.demo.look_up(
        "SELECT z.id FROM zone z JOIN warehouse w ON w.id = z.warehouse_id WHERE w.code = 'CNSZ1' AND z.code = 'AMB'"
    )
    wanted = f"zone={zone}&aisles=K-N&bays=12&levels=4&positions=2&face_levels=1&is_serpentine=1"
    return studio.desk("admin", EN, f"/setup/bins/racks?{wanted}")


@picture
def setup_devices(studio: Studio) -> Page:
    """A handheld is registered: its camera reads the code, once, within a quarter of an hour."""
    page = studio.desk("admin", EN, "/setup/devices", site=SITE)
    page.fill("[name=name]", "Handheld 7")
    page.click("form[action$='/setup/devices'] button")
    page.wait_for_selector(".set-up-code")
    return page


@picture
def setup_user(studio: Studio) -> Page:
    """A new person: the password is shown once, and changed at the first login."""
    page = studio.desk("admin", EN, "/setup/users/new")
    page.fill("[name=login]", "lin")
    page.fill("[name=full_name]", "Lin Hua 林华")
    page.click("form[action$='/setup/users/new'] button")
    page.wait_for_selector(".secret")
    return page


@picture
def setup_system(studio: Studio) -> Page:
    """What runs, where the database stands, the last backup and the last audit."""
    for job in ("backup", "ledger_audit"):
        studio.demo.run("jobs", "--once", job)
    page = studio.desk("admin", EN, "/setup/system")
    page.set_viewport_size({"width": 1280, "height": 1080})
    return page


@picture
def setup_jobs(studio: Studio) -> Page:
    """Scheduled jobs: the last run, the next one, and how to ask for one now."""
    page = studio.desk("admin", EN, "/setup/jobs")
    page.set_viewport_size({"width": 1280, "height": 650})
    return page


@picture
def setup_api(studio: Studio) -> Page:
    """The API's own page: every operation, to read and to try."""
    page = studio.visitor("/help/api", width=1280, height=800)
    page.wait_for_load_state("networkidle")
    return page


@picture
def hand_trust(studio: Studio) -> Page:
    """How a phone trusts the site's own authority: the certificate, its fingerprint, the way through the settings."""
    studio.demo.run("cert", "--host", "wms.example")
    return studio.visitor("/trust", width=360, height=1000, site=SITE)


# -- the album ------------------------------------------------------------------------------------------------------------
def save(name: str, raw: bytes) -> int:
    """Write a picture as small as it keeps its looks; its size in bytes."""
    image = Image.open(io.BytesIO(raw)).convert("RGB")
    for colours in (256, 128, 64):
        file = io.BytesIO()
        image.quantize(colours, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).save(
            file, "PNG", optimize=True
        )
        if file.tell() < MOST_BYTES:
            break
    (GALLERY / f"{name}.png").write_bytes(file.getvalue())
    return file.tell()


def write_captions() -> None:
    """Write docs/gallery/README.md from the pictures' own words."""
    lines = [
        "# Gallery",
        "",
        "The demo warehouses, as `scripts/gallery.py` photographs them: the desk at 1280 × 800, the hand at 360 × 640.",
    ]
    for title, start in (
        ("The desk", "desk-"), ("Quality", "quality-"), ("The doors", "door-"), ("The hand", "hand-"), ("Setting up and running a site", "setup-"),
    ):  # fmt: skip
        lines += ["", f"## {title}", ""]
        for name, shot in SHOTS.items():
            if name.startswith(start):
                width = ' width="270"' if start == "hand-" else ' width="400"' if name in NARROW else ""
                words = (shot.__doc__ or "").strip()
                lines += [f"**{words}**", "", f'<img src="{name}.png" alt="{words}"{width}>', ""]
    (GALLERY / "README.md").write_text("\n".join(lines).rstrip() + "\n", encoding="utf-8")


def main(wanted: list[str]) -> int:
    """Take the pictures; 1 when one could not be taken."""
    chromium = os.environ.get("WMS_TEST_CHROMIUM") or next((p for n in CHROMIUM if (p := shutil.which(n))), None)
    if chromium is None:
        raise SystemExit("no Chromium found (apt install chromium, or set WMS_TEST_CHROMIUM)")
    GALLERY.mkdir(parents=True, exist_ok=True)
    missed = 0
    with demo() as running, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium,
            args=[
                "--no-sandbox",
                "--disable-gpu",
                f"--host-resolver-rules=MAP wms.example {running.url.partition('//')[2]}",
            ],
        )
        studio = Studio(running, browser)
        for name, shot in SHOTS.items():
            if wanted and name not in wanted:
                continue
            try:
                page = shot(studio)
                page.wait_for_timeout(200)
                print(f"{name}: {save(name, page.screenshot()) // 1000} kB", flush=True)
            except Exception as failed:
                missed += 1
                print(f"{name}: not taken: {str(failed).splitlines()[0]}", flush=True)
        browser.close()
    write_captions()
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
