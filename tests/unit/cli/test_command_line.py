"""The command line as a person meets it, in real processes."""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
TAG = "3066C4409047E140075BCD15"


def run(*words: str, stdin: str = "", **settings: str) -> subprocess.CompletedProcess[str]:
    env = {k: v for k, v in os.environ.items() if not k.startswith("WMS_")} | settings
    return subprocess.run(
        [sys.executable, "run.py", *words], cwd=ROOT, input=stdin, capture_output=True, text=True, env=env, timeout=60
    )


def test_a_wrong_set_of_settings_is_told_whole_and_ends_with_code_2() -> None:
    ended = run("web", WMS_PORT="many", WMS_DATABASE_URL="mysql://x", WMS_COLOUR="red", WMS_SECRET_KEY="short")
    assert ended.returncode == 2
    assert all(name in ended.stderr for name in ("WMS_PORT", "WMS_DATABASE_URL", "WMS_COLOUR", "WMS_SECRET_KEY"))
    assert "Traceback" not in ended.stderr


def test_no_verb_at_all_is_web() -> None:
    ended = run(WMS_PORT="many")
    assert ended.returncode == 2
    assert "WMS_PORT" in ended.stderr


def test_epc_says_each_tag_in_order_and_a_bad_one_is_no_end() -> None:
    ended = run("epc", TAG, "zz", "311BA1B300CE0A6A83000000")
    lines = [json.loads(line) for line in ended.stdout.splitlines()]
    assert ended.returncode == 0
    assert [line.get("scheme") for line in lines] == ["SGTIN-96", None, "SSCC-96"]
    assert "error" in lines[1]


def test_epc_and_scan_read_lines_of_standard_input() -> None:
    tags = run("epc", stdin=f"{TAG}\n\n{TAG}\r\n")
    assert [json.loads(line)["hex"] for line in tags.stdout.splitlines()] == [TAG, "", TAG]
    scans = run("scan", stdin="(01)09506000134352(10)L/1\n")
    assert json.loads(scans.stdout)["gtin"] == "09506000134352"


def test_an_unknown_verb_gets_a_sentence_and_no_traceback() -> None:
    ended = run("dance")
    assert ended.returncode == 2
    assert "dance" in ended.stderr
    assert "Traceback" not in ended.stderr
