"""Load the demo once, and run every process of the product on one machine, in one process group, until Ctrl-C.

Children are never started again: what ends is said so, and when the web ends, all ends. Nothing is left over.
"""

from __future__ import annotations

import json
import os
import random
import signal
import ssl
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime
from datetime import time as time_of_day
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from config import Config
from wms.accounts.service import register_device
from wms.audit.context import acting
from wms.core.clock import local_day, now
from wms.core.ids import SYSTEM_USER
from wms.db import db, run_in_transaction
from wms.demo import (
    deliveries,
    devices,
    dispositions,
    dock,
    extras,
    holds,
    inspections,
    numbers,
    papers,
    partners,
    people,
    plants,
    printers,
    problems,
    sites,
    stock,
)
from wms.demo.plants import complaint
from wms.sites.models import Warehouse
from wms.sites.service import set_up

Tell = Callable[[str], Any]
NUMBER = 20261122
DEVICE = "Demo handheld"
COMPANY = "Demo group"
_STOP_SECONDS = 1.5
_READY_SECONDS = 300.0


# -- data -------------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Secrets:
    """What is made at random while loading and shown to the person who tries: kept beside the database, for its owner."""

    gateway_token: str
    device_secret: str
    api_key: str = ""


def load_once(config: Config, *, number: int = NUMBER, on: date | None = None, tell: Tell = print) -> bool:
    """Load the demo into an empty database, in one transaction; False when there are warehouses already."""
    if db.session.execute(select(Warehouse.id).limit(1)).first() is not None:
        db.session.rollback()
        return False
    on = on or local_day(now(), sites.PLANS[0].timezone)
    began = time.monotonic()
    tell(f"Loading the demo warehouses (seed {number}, day {on}) ...")
    with acting(SYSTEM_USER, reason="demo data"):
        secrets = run_in_transaction(
            _load, number=number, on=on, first_port=config.emulator_port, data_dir=config.data_dir, tell=tell
        )
    _keep(config, secrets)
    tell(f"  done in {time.monotonic() - began:.1f} s")
    return True


def _load(*, number: int, on: date, first_port: int, data_dir: Path, tell: Tell) -> Secrets:
    """Make all of it; the order of the steps and of the dice is what makes it the same each time."""
    rng = random.Random(number)
    at = datetime.combine(on, time_of_day(), ZoneInfo(sites.PLANS[0].timezone))
    set_up(company_name=COMPANY, at=at, is_demo=True)
    houses = [sites.build(plan) for plan in sites.PLANS]
    tell(f"  {len(houses)} sites, {sum(len(h.bins) for h in houses)} bins")
    staff = people.hire([(h.plan.code, h.id) for h in houses], at=at)
    known = partners.meet(on)
    numbers.set_up_numbers(known, at=at)
    articles = stock.stock_articles(known, rng=rng)
    tell(f"  {len(staff)} people, {len(known)} partners, {len(articles)} items")
    plans = stock.plan_lots(articles, houses, on=on, at=at, rng=rng)
    moves = stock.receive(plans, actors=staff, rng=rng)
    tell(f"  {len(plans)} lots, {moves} moves")
    day = papers.Day(on, at, staff, known, rng)
    trouble = papers.make_trouble(plans, houses, day)
    certificates = extras.add(articles, plans, day, data_dir=data_dir)
    tell(f"  own fields of items and lots, {certificates} certificates")
    tell(f"  {holds.stop(articles, plans, houses[0], day)}")
    portals, token = dock.install(houses[0], first_port=first_port, actor=staff["admin"], at=at)
    orders = papers.take_orders(articles, plans, houses, day)
    papers.stage_loads(orders, houses, portals["DOOR-2"], day)
    announced = papers.announce(articles, houses, day)
    tell(f"  {len(orders)} orders, {announced} ASNs; " + ", ".join(f"{v} lots {k}" for k, v in trouble.items()))
    tell(f"  {problems.report(plans, houses[0], day)} problems reported from the floor")
    tell(f"  {inspections.look(plans, houses[0], day)}")
    tell(f"  {dispositions.decide(plans, houses[0], day)}")
    tell(f"  {deliveries.bring(articles, plans, houses[0], day)}")
    tell(f"  {devices.bring(articles, houses[0], day)}")
    baked, made = plants.run(houses[0], day)
    tell(f"  {made}")
    tell(f"  {complaint.find(baked, houses[0], day)}")
    device, secret = register_device(name=DEVICE, warehouse_id=houses[0].id, actor=staff["admin"], at=at)
    printers.install(houses[0].id, device=device.id, at=at)
    key = people.connect_erp(houses[0].id, actor=staff["admin"], at=at)
    return Secrets(gateway_token=token, device_secret=secret, api_key=key)


def _keep(config: Config, secrets: Secrets) -> None:
    """Write the random secrets where only the owner of the installation reads them."""
    config.data_dir.mkdir(parents=True, exist_ok=True)
    _write_privately(config.data_dir / "gateway_token", secrets.gateway_token)
    shown = {"device_secret": secrets.device_secret, "api_key": secrets.api_key}
    _write_privately(config.data_dir / "demo.json", json.dumps(shown))


def _write_privately(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(text + "\n")


def settle_ports(*, tell: Tell = print) -> None:
    """Move the readers and printers to free ports where theirs are taken by somebody else."""
    with acting(SYSTEM_USER, reason="port taken"):
        for code, port in (*run_in_transaction(dock.move_busy_readers), *run_in_transaction(printers.move_busy)):
            tell(f"  {code}: its port is taken, it listens on {port} now")
    db.session.remove()


def logins_text(config: Config) -> str:
    """List the demo logins, badges, PIN, the handheld's link and a call of the API, for a person who tries the product."""
    lines = [
        f"  Desk: password for all is  {people.PASSWORD}",
        *(
            f"    {p.login:15} {', '.join(p.roles)}{' in ' + p.site if p.site else ''}"
            for p in people.PEOPLE
        ),
        f"  Handheld: PIN for all is  {people.PIN} ; badges: " + ", ".join(p.badge for p in people.PEOPLE[1:4]),
    ]  # fmt: skip
    kept = config.data_dir / "demo.json"
    if kept.exists():
        shown = json.loads(kept.read_text())
        lines.append(
            f"    register a browser as the handheld once:  {_address(config)}/m/device/{shown['device_secret']}"
        )
        if shown.get("api_key"):
            lines += [
                f"  API: every operation, to read and to try:  {_address(config)}/help/api",
                f"    {_call(config, shown['api_key'])}",
            ]
    return "\n".join(lines)


def _call(config: Config, key: str) -> str:
    """A call of the API to be pasted: three rows of what is on hold, with the key of the demo's ERP."""
    authority = _own_authority(config)
    return (
        f'curl {f"--cacert {authority} " if authority else ""}-H "Authorization: Bearer {key}" '
        f'"{_address(config)}/api/v1/stock?state=held&limit=3"'
    )


# -- processes --------------------------------------------------------------------------------------------------------
def prepare(config: Config) -> Config:
    """Settle what the processes share: a free port for the web, and the demo mark."""
    port = next(p for p in range(config.port, 65536) if dock.is_free(config.host, p))
    return replace(
        config, port=port, is_demo=True, gateway_url=f"{_scheme(config)}://127.0.0.1:{port}",
        gateway_ca=config.gateway_ca or _own_authority(config),
        data_dir=config.data_dir.absolute(), gateway_spool=config.gateway_spool.absolute(),
    )  # fmt: skip


def run_all(config: Config, *, tell: Tell = print) -> int:
    """Start the processes, say where to go, and stop them all on SIGINT or SIGTERM; the exit code."""
    ending = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ending.set())
    tell(f"Starting at {_address(config)}")
    environment = _environment(config)
    children = {
        "web": _start("web", environment, tell),
        "emulator": _start("emulator", environment, tell, "--arrivals"),
        "jobs": _start("jobs", environment, tell),
    }
    code = 0
    try:
        if _wait_until_ready(config, children["web"], ending):
            children["rfid-gateway"] = _start("rfid-gateway", environment, tell)
            tell(f"\nOpen {_address(config)}   (Ctrl-C stops everything)\n{logins_text(config)}\n")
        code = _watch(children, ending, tell)
    finally:
        _stop(children)
    tell("Stopped.")
    return code


def _address(config: Config) -> str:
    host = "127.0.0.1" if config.host in ("0.0.0.0", "::", "") else config.host
    return f"{_scheme(config)}://{host}:{config.port}"


def _scheme(config: Config) -> str:
    return "https" if config.tls_cert else "http"


def _own_authority(config: Config) -> str:
    """The file of the authority that `run.py cert` made, for the gateway of the demo; blank over plain HTTP."""
    path = config.data_dir.absolute() / "certs" / "ca.crt"
    return str(path) if config.tls_cert and path.exists() else ""


def _environment(config: Config) -> dict[str, str]:
    env = {key: value for key, value in os.environ.items() if not key.startswith("WMS_")}
    for name in config.__dataclass_fields__:
        value = getattr(config, name)
        text = str(int(value)) if isinstance(value, bool) else str(value)
        if text:
            env[f"WMS_{name.upper()}"] = text
    return env | {"PYTHONUNBUFFERED": "1"}


def _start(verb: str, environment: dict[str, str], tell: Tell, *more: str) -> subprocess.Popen[str]:
    """Start one process in this process group, its lines marked with its name."""
    child = subprocess.Popen(
        [sys.executable, "run.py", verb, *more], env=environment, cwd=Path(__file__).resolve().parents[2],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
    )  # fmt: skip
    threading.Thread(target=_relay, args=(verb, child, tell), daemon=True).start()
    return child


def _relay(verb: str, child: subprocess.Popen[str], tell: Tell) -> None:
    assert child.stdout
    for line in child.stdout:
        tell(f"{verb:>12} | {line.rstrip()}")


def _wait_until_ready(config: Config, web: subprocess.Popen[str], ending: threading.Event) -> bool:
    # Only whether it answers is asked, of this machine itself: whom the certificate names is no matter here.
    unverified = ssl._create_unverified_context() if config.tls_cert else None
    deadline = time.monotonic() + _READY_SECONDS
    while time.monotonic() < deadline and web.poll() is None and not ending.is_set():
        try:
            urllib.request.urlopen(f"{_address(config)}/healthz", timeout=5, context=unverified).close()
            return True
        except (OSError, urllib.error.URLError):
            ending.wait(0.1)
    return False


def _watch(children: dict[str, subprocess.Popen[str]], ending: threading.Event, tell: Tell) -> int:
    """Wait for the end; a process that ends by itself is told once."""
    gone: set[str] = set()
    while not ending.wait(0.25):
        for verb, child in children.items():
            if child.poll() is not None and verb not in gone:
                gone.add(verb)
                tell(f"{verb:>12} | ended by itself with code {child.returncode}")
        if "web" in gone:
            return 1
    return 0


def _stop(children: dict[str, subprocess.Popen[str]]) -> None:
    """End all: politely, and after some seconds not."""
    for child in children.values():
        if child.poll() is None:
            child.terminate()
    deadline = time.monotonic() + _STOP_SECONDS
    for child in children.values():
        try:
            child.wait(max(0.05, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
