"""`run.py import` does what the page does, prints a verdict a row, and its code says whether anything was refused."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from config import Config
from tests import given
from tests.fakes.sheets import csv
from wms.imports.work import _environment

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_command_prints_a_verdict_a_row_and_ends_with_its_code(app: Flask, config: Config, tmp_path: Path) -> None:
    with app.app_context():
        given.warehouse("MAIN")
        given.item("A1")
    path = tmp_path / "opening.csv"
    path.write_bytes(
        csv(
            ["物料编码", "批号", "失效日期", "库位", "数量"],
            ["A1", "0012", "2027-06", "A-01", "3"],
            ["A7", "L1", "2027-06", "A-01", "3"],
            charset="gbk",
        )
    )

    def run(*words: str) -> Any:
        return subprocess.run(
            [sys.executable, str(ROOT / "run.py"), "import", "lots", str(path), *words], env=_environment(config),
            capture_output=True, text=True, check=False,
        )  # fmt: skip

    dry = run("--dry-run", "--json")
    rows = [json.loads(line) for line in dry.stdout.splitlines()]
    assert dry.returncode == 1 and [(row["row"], row["verdict"], row["code"]) for row in rows] == [
        (2, "accept", "new"), (3, "refuse", "item_unknown"),
    ]  # fmt: skip
    assert (
        rows[0]["values"]["lot"] == "0012"
        and rows[0]["values"]["expires_on"] == "2027-06-30"
        and "A7" in rows[1]["reason"]
    )
    good = run("--good-rows", "--site", "MAIN")
    assert good.returncode == 1 and good.stdout.startswith("2\taccept\t") and "1 rows are in" in good.stderr
    path.write_bytes(path.read_bytes().replace(b"A7,L1", b"A1,L1"))
    whole = run()
    assert whole.returncode == 0, whole.stderr
    with app.app_context():
        given.ledger_is_whole()
