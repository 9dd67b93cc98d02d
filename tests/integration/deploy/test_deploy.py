"""docs/deploy.md, done: its commands run, its services started, its gateway in an environment that holds nothing else."""

from __future__ import annotations

import configparser
import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests import processes
from tests.conftest import Database
from wms.certificates import store
from wms.core.clock import now

ROOT = Path(__file__).resolve().parents[3]
DOCUMENT = (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")
UNITS = sorted((ROOT / "deploy" / "systemd").iterdir())
PASSWORD = "lots of boxes 7"
#: A gateway's machine: what the product's folder must hold there.
GATEWAY_FILES = ("run.py", "config.py", "wms", "requirements-gateway.txt")


def blocks(kind: str) -> str:
    """The commands of the document under one mark: `sh run`, `sh run served` or `sh run gateway`."""
    return "\n".join(re.findall(rf"^```sh {kind}\n(.*?)^```$", DOCUMENT, re.S | re.M))


class Machine:
    """A folder in the place of a machine's root, with the product at /opt/wms."""

    def __init__(self, root: Path, port: int, database_url: str = "") -> None:
        self.root, self.port = root, port
        self._places = [
            ("postgresql://wms:CHANGE-ME@127.0.0.1/wms", database_url),
            ("WMS_HOST=0.0.0.0", "WMS_HOST=127.0.0.1"),
            ("https://wms.example:", "https://127.0.0.1:"),
            ("8420", str(port)),
            *((place, str(root) + place) for place in ("/opt/wms", "/etc/wms", "/var/lib/wms")),
        ]
        for place in ("opt", "etc/wms", "var/lib/wms"):
            (root / place).mkdir(parents=True)
        self.environment = {k: v for k, v in os.environ.items() if not k.startswith("WMS_")} | {
            "WMS_ARGON2_IS_FAST": "1",
            "WEB_CONCURRENCY": "2",
            "PYTHONUNBUFFERED": "1",
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "PIP_ROOT_USER_ACTION": "ignore",
        }
        self.logs: list[Path] = []
        self.running: list[subprocess.Popen[bytes]] = []

    def moved(self, text: str) -> str:
        """The same text on this machine: its paths, port and database."""
        for here, there in self._places:
            text = text.replace(here, there)
        return text

    def type(self, commands: str, **more: str) -> str:
        """Type commands as a person would, in one shell that ends at the first fault; what they printed."""
        done = subprocess.run(
            ["sh", "-eu"], input=self.moved(commands), env=self.environment | more, cwd=self.root, capture_output=True,
            text=True, timeout=120,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def start(self, unit: str) -> subprocess.Popen[bytes]:
        """Start what a unit of systemd starts, with its settings and in its folder."""
        service = read_unit(ROOT / "deploy" / "systemd" / f"{unit}.service")["Service"]
        settings = Path(self.moved(service["EnvironmentFile"])).read_text().splitlines()
        environment = self.environment | dict(line.split("=", 1) for line in settings if line)
        self.logs.append(self.root / f"{unit}.log")
        if folder := service.get("RuntimeDirectory"):
            environment["RUNTIME_DIRECTORY"] = str(self.root / "run" / folder)
        with self.logs[-1].open("ab") as output:
            process = subprocess.Popen(
                self.moved(service["ExecStart"]).split(), cwd=self.moved(service["WorkingDirectory"]), env=environment,
                stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
            )  # fmt: skip
        self.running.append(process)
        return process

    def wait_for(self, fact: Callable[[], Any], what: str) -> Any:
        """Wait until a fact is there."""
        deadline = time.monotonic() + 90
        while time.monotonic() < deadline and all(process.poll() is None for process in self.running):
            try:
                if found := fact():
                    return found
            except (requests.ConnectionError, requests.Timeout):
                pass
            time.sleep(0.1)
        raise AssertionError(f"waited in vain for {what}\n" + "\n".join(log.read_text()[-3000:] for log in self.logs))


def read_unit(path: Path) -> configparser.ConfigParser:
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment, method-assign]
    unit.read(path)
    return unit


@pytest.fixture
def machine(tmp_path: Path, empty_database: Database) -> Machine:
    """The server of the document: this tree, with the environment the tests run in."""
    made = Machine(tmp_path / "server", processes.free_port(), empty_database.url)
    product = made.root / "opt" / "wms"
    product.mkdir()
    for path in ROOT.iterdir():
        if path.name not in {".venv", "var"}:
            (product / path.name).symlink_to(path)
    (product / ".venv").symlink_to(sys.prefix)
    return made


@pytest.fixture
def gateway_machine(tmp_path: Path, machine: Machine) -> Machine:
    """Another machine, with the product's folder and nothing installed."""
    made = Machine(tmp_path / "gate", machine.port)
    product = made.root / "opt" / "wms"
    product.mkdir()
    for name in GATEWAY_FILES:
        (product / name).symlink_to(ROOT / name)
    return made


@pytest.fixture
def running() -> Iterator[list[subprocess.Popen[bytes]]]:
    """Processes that are ended whatever comes."""
    made: list[subprocess.Popen[bytes]] = []
    yield made
    processes.end(made)


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("empty_database", ["postgresql"], indirect=True)
def test_the_commands_of_the_document_lead_to_a_warehouse_over_https_with_a_gateway_elsewhere(
    machine: Machine, gateway_machine: Machine, running: list[subprocess.Popen[bytes]]
) -> None:
    said = machine.type(blocks("run"), WMS_INIT_PASSWORD=PASSWORD)
    assert "administrator admin" in said and "WMS_TLS_CERT=" in said
    certs = machine.root / "var" / "lib" / "wms" / "certs"
    authority = str(certs / "ca.crt")

    running += [machine.start("wms-web"), machine.start("wms-jobs")]
    site = f"https://127.0.0.1:{machine.port}"
    machine.wait_for(lambda: requests.get(f"{site}/readyz", verify=authority, timeout=20).ok, "the web process")
    with pytest.raises(ssl.SSLCertVerificationError):
        _peer(machine.port, None, "wms.example")
    assert _peer(machine.port, authority, "wms.example") == _serial(certs)

    # A person logs in over HTTPS, with cookies for HTTPS alone.
    browser = requests.Session()
    browser.verify, browser.trust_env = authority, False  # the machine's own settings would go first
    page = browser.get(f"{site}/login", timeout=20)
    entered = {"csrf_token": _token(page.text), "login": "admin", "password": PASSWORD, "next": ""}
    answer = browser.post(f"{site}/login", data=entered, headers={"Origin": site}, timeout=20)
    assert answer.ok and "/login" not in answer.url, answer.text[:2000]
    assert {cookie.name for cookie in browser.cookies} == {"__Host-wms_session"}
    assert all(cookie.secure for cookie in browser.cookies)

    # A renewal serves from the next connection on.
    before = _serial(certs)
    machine.type("set -a; . /etc/wms/wms.env; set +a; cd /opt/wms; .venv/bin/python run.py cert")
    assert _peer(machine.port, authority, "wms.example") == _serial(certs) != before

    # The gateway, on a machine that has only what it needs.
    machine_says = machine.type("cd /opt/wms; set -a; . /etc/wms/wms.env; set +a\n" + blocks("run served"))
    key = machine_says.split()[-1]
    printed = gateway_machine.type(blocks("run gateway").replace("PASTE-THE-KEY", key))
    fingerprint = re.search(r"SHA-?256 ?(?:Fingerprint)?[= ]([0-9A-F:]{95})", printed, re.I)
    assert fingerprint and fingerprint[1] in said
    installed = {path.name for path in (gateway_machine.root / "opt/wms/.venv").glob("lib/python*/site-packages/*")}
    assert not installed & {"flask", "sqlalchemy", "marshmallow", "cryptography", "gunicorn"}
    page = browser.get(f"{site}/setup/gateways", timeout=20)
    choice = re.search(r'<option value="(\d+)">gate-1', page.text)
    assert choice, page.text[-3000:]
    form = {"csrf_token": _token(page.text), "code": "GATE-1", "api_token_id": choice[1]}
    assert browser.post(f"{site}/setup/gateways", data=form, headers={"Origin": site}, timeout=20).ok
    running.append(gateway_machine.start("wms-gateway"))
    gateway_machine.wait_for(
        lambda: "Heard last:" in browser.get(f"{site}/setup/gateways", timeout=20).text, "a word of the gateway"
    )

    browser.close()
    for process in running:
        process.terminate()
    assert [process.wait(60) for process in running] == [0, 0, 0]
    for log in machine.logs + gateway_machine.logs:
        assert "Traceback" not in log.read_text(), log.read_text()[-3000:]


def _token(page: str) -> str:
    found = re.search(r'name="csrf-token" content="([^"]*)"', page)
    assert found, page[:2000]
    return found[1]


def _serial(certs: Path) -> int:
    found = store.read_certificate(certs / "server.crt")
    assert found is not None
    return found.serial_number


def _peer(port: int, authority: str | None, name: str) -> int:
    """Shake hands under a name, verifying against the authority; the serial number of what was shown."""
    context = ssl.create_default_context(cafile=authority)
    with socket.create_connection(("127.0.0.1", port), timeout=20) as plain:
        with context.wrap_socket(plain, server_hostname=name) as shown:
            return int(shown.getpeercert()["serialNumber"], 16)  # type: ignore[index, arg-type]


# -- the files of deploy/ ---------------------------------------------------------------------------------------------
def test_the_units_of_systemd_are_sound(tmp_path: Path) -> None:
    for name in ("gunicorn", "python"):
        program = tmp_path / "opt/wms/.venv/bin" / name
        program.parent.mkdir(parents=True, exist_ok=True)
        program.symlink_to("/bin/sh")
    for path in UNITS:
        (tmp_path / path.name).write_text(path.read_text().replace("/opt/wms", f"{tmp_path}/opt/wms"))
        unit = read_unit(path)
        assert f"deploy/systemd/{path.name}" in DOCUMENT or path.name in DOCUMENT, path.name
        if path.suffix == ".service":
            service = unit["Service"]
            assert service["User"] == "wms" and service["ProtectSystem"] == "strict"
            assert service["WorkingDirectory"] == "/opt/wms"
    if program := shutil.which("systemd-analyze"):
        copies = [str(tmp_path / path.name) for path in UNITS]
        judged = subprocess.run([program, "verify", *copies], capture_output=True, text=True, timeout=60)
        complaints = [line for line in judged.stderr.splitlines() if str(tmp_path) in line or "wms-" in line]
        assert not complaints, judged.stderr


def test_the_example_of_nginx_is_sound(tmp_path: Path) -> None:
    if (program := shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")) is None:
        pytest.skip("no nginx on this machine; its example is not tried")
    folder = store.renew(tmp_path / "certs", ["wms.example"], at=now()).folder
    shutil.copy(ROOT / "deploy/proxy/nginx-wms.conf", tmp_path)
    text = (ROOT / "deploy/proxy/nginx.conf").read_text()
    for here, there in [("/var/lib/wms/certs", folder), ("/opt/wms/deploy/proxy", tmp_path), ("80;", "18080;")]:
        text = text.replace(str(here), str(there))
    text = text.replace("443 ssl", "18443 ssl")
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    folders = " ".join(f"{kind}_temp_path {tmp_path}/{kind};" for kind in kinds)
    (tmp_path / "main.conf").write_text(
        f"pid {tmp_path}/pid; error_log {tmp_path}/log; events {{}} http {{ access_log off; {folders} {text} }}"
    )
    judged = subprocess.run(
        [program, "-t", "-q", "-p", str(tmp_path), "-c", str(tmp_path / "main.conf")], capture_output=True, text=True
    )
    assert judged.returncode == 0, judged.stderr


def test_what_the_proxies_hand_on_is_what_the_product_believes() -> None:
    text = (ROOT / "deploy/proxy/nginx-wms.conf").read_text()
    for line in ("Host $http_host;", "X-Forwarded-For $proxy_add_x_forwarded_for;", "X-Forwarded-Proto $scheme;"):
        assert f"proxy_set_header {line}" in text
    caddy = (ROOT / "deploy/proxy/Caddyfile").read_text()
    assert all("127.0.0.1:8420" in example for example in (text, caddy))
