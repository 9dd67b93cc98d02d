"""The commands of docs/api.md are run as they stand, against a site set up as docs/first-day.md tells."""

import os
import re
import secrets
import subprocess
import sys
from pathlib import Path

from config import Config
from tests import processes

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")


def blocks(kind: str) -> str:
    """The commands of one kind, `sh run` or `python run`, in order."""
    found = re.findall(rf"^```{kind}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    assert found
    return "\n".join(found)


def _run(arguments: list[str], config: Config, **more: str) -> str:
    return subprocess.run(
        [sys.executable, "run.py", *arguments], cwd=ROOT, env=processes.environment(config) | more, check=True,
        capture_output=True, text=True, timeout=120,
    ).stdout  # fmt: skip


def test_the_commands_of_the_page_lead_from_nothing_to_a_shipped_order_and_a_hold(tmp_path: Path) -> None:
    config = Config(
        database_url=f"sqlite:///{tmp_path}/site.db", secret_key=secrets.token_hex(32), data_dir=tmp_path / "data",
        gateway_spool=tmp_path / "spool.db", argon2_is_fast=True, port=processes.free_port(), api_per_minute=0,
    )  # fmt: skip
    _run(
        [
            "init", "--no-input", "--company", "Acme", "--admin", "boss", "--admin-name", "Boss", "--warehouse", "SH1",
            "--name", "Shanghai", "--time-zone", "Asia/Shanghai", "--docks", "1", "--zone", "AMB:ambient:Ambient",
            "--racks", "AMB:A:3x2x1",
        ],
        config, WMS_INIT_PASSWORD="correct horse battery",
    )  # fmt: skip
    command = re.search(r"^python run.py (token erp .*)$", PAGE, re.MULTILINE)
    assert command
    key = _run(command[1].split(), config).split()[-1]
    server = processes.LiveServer(config, tmp_path / "web.log")
    try:
        server.wait_until_ready()
        known = os.environ | {"WMS": server.url, "KEY": key, "NO_PROXY": "127.0.0.1"}
        shell = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", blocks("sh run")], env=known, capture_output=True, text=True, timeout=120
        )
        assert shell.returncode == 0, shell.stdout + shell.stderr
        said = shell.stdout.splitlines()
        assert said[0] == "0" and said[1] == "shipped" and said[-1] == "1", shell.stdout
        assert '"on_hand_quantity":"96"' in said[2].replace(" ", ""), said[2]
        client = subprocess.run(
            [sys.executable, "-c", blocks("python run")], env=known, capture_output=True, text=True, timeout=120
        )
        assert client.returncode == 0, client.stdout + client.stderr
        assert client.stdout.startswith("field_errors "), client.stdout
    finally:
        server.stop()
    assert "whole" in _run(["ledger-audit"], config)
