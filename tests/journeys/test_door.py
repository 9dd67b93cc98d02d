"""The dock doors, with real parts: played readers over LLRP, the gateway process, the web process, the wall in a browser.

A pallet that was announced walks in and is arrived; a held pallet walks out and the wall turns red until a person settles it.
"""

import io
import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from PIL import Image
from sqlalchemy import select

from config import Config
from tests import given, processes
from tests.journeys import looks
from tests.journeys.people import Desk
from tests.processes import until
from wms.core.ids import SYSTEM_USER, PortalId
from wms.db import db, run_in_transaction
from wms.gs1.epc import encode_sscc96
from wms.gs1.sscc import Sscc

pytestmark = pytest.mark.browser

PASSWORD = "correct horse 1"
COMING, HELD = Sscc.make("6901234", 0, 501), Sscc.make("6901234", 0, 502)


def tag_of(sscc: Sscc) -> str:
    """The EPC on the RFID label of a pallet."""
    return encode_sscc96(sscc, company_prefix_length=7, filter_value=6)


@dataclass
class Dock:
    """Two doors, each with a reader, as anyone outside sees them: the emulator's control port."""

    control: str
    portals: dict[str, PortalId]

    def carry(self, sscc: Sscc, way: str, *, door: int) -> None:
        """Carry a pallet through a door."""
        self._ask("/walk", tag=tag_of(sscc), walk=way, door=door, seconds=3)

    def light(self, reader: str) -> bool:
        """Say whether the stack light of a reader is on: its GPO 1."""
        return bool(self._ask("/gpo")[reader]["state"].get("1"))

    def is_held(self) -> bool:
        """Say whether the gateway holds every reader and has it reading."""
        return all(reader["reading"] for reader in self._ask("/state")["readers"])

    def _ask(self, path: str, **body: Any) -> Any:
        request = urllib.request.Request(self.control + path, json.dumps(body).encode() if body else None)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)


@pytest.fixture
def doors(live_app: Flask, live_config: Config) -> dict[str, Any]:
    """A warehouse with two doors, a pallet that is expected, and one on hold that stands staged."""
    from wms.accounts.service import create_api_token
    from wms.quality import service as quality
    from wms.receiving import service as receiving
    from wms.receiving.rules.commands import AnnouncedLine, CreateAsn
    from wms.rfid import service as rfid
    from wms.rfid.service import SaveGateway, SavePortal, SaveReader
    from wms.stock.models import HoldReason, HoldScope

    at = datetime.now(UTC)
    ports = [processes.free_port(), processes.free_port()]
    with live_app.app_context():
        site, milk = given.warehouse("SZ1"), given.item("MILK")
        line = AnnouncedLine(item=milk.id, quantity=given.q(48), lot_number="M-7", sscc=COMING)
        asn = CreateAsn(warehouse=site.id, supplier=given.partner().id, lines=(line,), number="ASN-7")
        run_in_transaction(receiving.create_asn, asn, actor=SYSTEM_USER, at=at)
        bad = given.lot(milk, "M-BAD", expires_in=(at.date() - given.TODAY).days + 100)
        given.stock(bad, site, "STAGE", 24, on=given.lpn(site, str(HELD)).id)
        hold = quality.PlaceHold(
            key="hold-the-bad", scope=HoldScope.LOT, lot=bad.id, reason=HoldReason.TEMPERATURE, note="Truck was warm"
        )
        run_in_transaction(quality.place_hold, hold, actor=SYSTEM_USER, at=at)
        given.user("dora", "dock", site=site)
        maker = given.user("gate", "gateway")

        def set_up() -> tuple[str, dict[str, PortalId]]:
            token, value = create_api_token(
                name="gateway", scopes=["rfid.gateway"], actor=maker, at=at, warehouse_id=site.id,
                expires_at=at + timedelta(days=1),
            )  # fmt: skip
            gateway = rfid.save_gateway(SaveGateway(code="GW", warehouse=site.id, api_token=token.id))
            portals = {}
            for number, (use, bin_code) in enumerate((("inbound", "DOCK"), ("outbound", "STAGE")), start=1):
                code = f"DOOR-{number}"
                door = SavePortal(
                    warehouse=site.id, code=code, name_en=f"Door {number}", name_zh=f"{number}号门", use=use,
                    bin=site[bin_code],
                )  # fmt: skip
                portals[code] = rfid.save_portal(door)
                reader = SaveReader(
                    code=f"R{number}", gateway=gateway, host="127.0.0.1", port=ports[number - 1], alarm_gpo_port=1,
                    alarm_seconds=60,
                    antennas={n: (portals[code], "inside" if n < 3 else "outside") for n in (1, 2, 3, 4)},
                )  # fmt: skip
                rfid.save_reader(reader, warehouse=site.id)
            return value, portals

        token, portals = run_in_transaction(set_up)
        db.session.rollback()
    return {"token": token, "portals": portals, "ports": ports}


@pytest.fixture
def dock(doors: dict[str, Any], live_server: Any, live_config: Config, tmp_path: Path) -> Iterator[Dock]:
    """The emulator and the gateway, each a process as `run.py` starts it; the gateway holds both readers."""
    script = tmp_path / "dock.json"
    control = processes.free_port()
    readers = [{"name": f"R{n}", "port": port, "door": n} for n, port in enumerate(doors["ports"], start=1)]
    script.write_text(json.dumps({"readers": readers, "control_port": control}))
    config = replace(live_config, gateway_url=live_server.url, gateway_token=doors["token"])
    running = [_start(config, tmp_path, "emulator", str(script)), _start(config, tmp_path, "rfid-gateway")]
    dock = Dock(f"http://127.0.0.1:{control}", doors["portals"])
    try:
        logs = [tmp_path / "emulator.log", tmp_path / "rfid-gateway.log", tmp_path / "web.log"]
        until(dock.is_held, "the gateway at both readers", logs=logs)
        yield dock
    finally:
        processes.end(running)


def _start(config: Config, folder: Path, *words: str) -> subprocess.Popen[bytes]:
    with (folder / f"{words[0]}.log").open("wb") as log:
        return subprocess.Popen(
            [sys.executable, "run.py", *words], cwd=processes.ROOT, env=processes.environment(config),
            stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
        )  # fmt: skip


def passages(app: Flask) -> list[Any]:
    """The passages there are: tag, decision, why, when it ended."""
    from wms.rfid.models import Passage, Tag

    with app.app_context():
        rows = db.session.execute(
            select(Tag.epc, Passage.decision, Passage.why, Passage.ended_at, Passage.settled_at)
            .join(Tag, Tag.id == Passage.tag_id)
            .order_by(Passage.id)
        ).all()
        db.session.rollback()
    return list(rows)


def test_an_announced_pallet_arrives_and_a_held_one_turns_the_wall_red_until_it_is_settled(
    page: Any, live_app: Flask, dock: Dock
) -> None:
    desk = Desk(page, dock_url(page, live_app))
    desk.log_in("dora", PASSWORD)

    page.goto(f"{desk.url}/doors/{dock.portals['DOOR-1']}")
    assert "is-alarm" not in (page.get_attribute("#wall", "class") or "")
    dock.carry(COMING, "in", door=1)
    desk.sees("M-7", where="#wall")
    assert [(p.epc, p.decision.value) for p in passages(live_app)] == [(tag_of(COMING), "arrived")]
    page.goto(f"{desk.url}/search?q=ASN-7")
    desk.sees("arrived")

    page.goto(f"{desk.url}/doors/{dock.portals['DOOR-2']}")
    assert not dock.light("R2")
    dock.carry(HELD, "out", door=2)
    page.wait_for_selector("#wall.is-alarm")
    alarm = passages(live_app)[-1]
    assert (alarm.epc, alarm.decision.value) == (tag_of(HELD), "alarm")
    until(lambda: is_red(page), "the whole screen in red")
    assert "M-BAD" in desk.text and "on hold" in desk.text.lower(), desk.text
    until(lambda: dock.light("R2"), "the light")
    until(lambda: int(page.get_attribute("body", "data-rang") or 0) > 0, "the sound")
    assert looks.faults(page) == []

    desk.press("Settle this alarm")
    desk.sees("M-BAD")
    assert dock.light("R2"), "it stays until it is settled"
    desk.press("Taken back inside")
    page.wait_for_selector("#wall:not(.is-alarm)")
    until(lambda: not dock.light("R2"), "the light out")
    assert passages(live_app)[-1].settled_at is not None


def dock_url(page: Any, app: Flask) -> str:
    """The address of the web process."""
    return f"http://127.0.0.1:{app.config['WMS'].port}"


def is_red(page: Any) -> bool:
    """Say whether the screen is red as the eye sees it: most of its points."""
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB").resize((40, 25))
    points = [picture.getpixel((x, y)) for x in range(40) for y in range(25)]
    return sum(1 for red, green, blue in points if red > 120 and green < 70 and blue < 70) > 0.6 * len(points)
