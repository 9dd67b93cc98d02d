"""`run.py cert` and `run.py web` with what it made, in real processes."""

import os
import socket
import ssl
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
import requests

from config import Config
from tests import processes
from wms.certificates import store
from wms.cli import serving

ROOT = Path(__file__).resolve().parents[3]


def run(*words: str, **settings: str) -> subprocess.CompletedProcess[str]:
    env = {k: v for k, v in os.environ.items() if not k.startswith("WMS_")} | settings
    return subprocess.run(
        [sys.executable, "run.py", *words], cwd=ROOT, capture_output=True, text=True, env=env, timeout=60
    )


def test_the_command_makes_what_the_web_process_serves_with_and_plain_http_is_shown_the_way(
    live_config: Config, tmp_path: Path
) -> None:
    settings = processes.environment(live_config)
    made = run("cert", "--host", "wms.example", **settings)
    assert made.returncode == 0, made.stderr
    lines = dict(line.strip().split("=", 1) for line in made.stdout.splitlines() if line.startswith("  WMS_"))
    assert set(lines) == {"WMS_TLS_CERT", "WMS_TLS_KEY"}
    assert f"https://wms.example:{live_config.port}/trust" in made.stdout and "PRIVATE" not in made.stdout
    authority = str(live_config.data_dir / "certs" / "ca.crt")

    log = tmp_path / "web.log"
    with log.open("wb") as output:
        web = subprocess.Popen(
            [sys.executable, "run.py", "web"], cwd=ROOT, env=settings | lines, stdin=subprocess.DEVNULL, stdout=output,
            stderr=subprocess.STDOUT,
        )  # fmt: skip
    try:
        site = f"127.0.0.1:{live_config.port}"
        while web.poll() is None:
            try:
                page = requests.get(f"https://{site}/m/login", verify=authority, timeout=30)
                break
            except requests.ConnectionError:
                pass
        assert web.poll() is None, log.read_text()
        assert page.status_code == 200 and 'id="plain-http" class="plain-http" hidden' in page.text
        assert "__Host-wms_session" in page.headers["Set-Cookie"]
        plain = requests.get(f"http://{site}/trust?x=1", allow_redirects=False, timeout=30)
        assert (plain.status_code, plain.headers["Location"]) == (302, f"https://{site}/trust?x=1")
    finally:
        web.terminate()
    assert web.wait(60) == 0
    assert "Traceback" not in log.read_text(), log.read_text()


def test_a_name_that_is_none_ends_with_one_sentence_and_makes_nothing(tmp_path: Path) -> None:
    ended = run("cert", "--host", "https://wms.example", WMS_DATA_DIR=str(tmp_path))
    assert ended.returncode == 1
    assert ended.stderr.count("\n") == 1 and "'https://wms.example' is more than a name" in ended.stderr
    assert not (tmp_path / "certs").exists()


def test_a_client_that_stops_in_its_handshake_lets_its_thread_go(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(serving, "HANDSHAKE_SECONDS", 0.05)
    folder = store.renew(tmp_path / "certs", ["wms"], at=datetime.now(UTC)).folder
    files = SimpleNamespace(certfile=str(folder / "server.crt"), keyfile=str(folder / "server.key"))
    context = serving._tls_context(files, ssl.create_default_context)
    assert context.minimum_version == ssl.TLSVersion.TLSv1_2
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(b"\x16\x03\x01")
        with context.wrap_socket(ours, server_side=True, do_handshake_on_connect=False) as held:
            with pytest.raises(ConnectionResetError):
                held.do_handshake()
            held.setblocking(True)
            assert held.gettimeout() == serving.STALLED_SECONDS
