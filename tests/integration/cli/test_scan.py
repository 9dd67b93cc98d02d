"""`run.py scan` as a program uses it: a process of its own, one line in, one JSON object out, whatever comes."""

import json
import os
import subprocess
import sys
from pathlib import Path

from tests import given, processes

ROOT = Path(__file__).parents[3]
GTIN = "09506000134352"


def _start(*words: str) -> "subprocess.Popen[bytes]":
    environment = {name: value for name, value in os.environ.items() if not name.startswith("WMS_")}
    return subprocess.Popen(
        [sys.executable, "run.py", "scan", *words], cwd=ROOT, env=environment | {"WMS_DATABASE_URL": "sqlite:////nowhere/no.db"},
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def test_each_line_is_answered_with_one_object_and_no_database_is_asked():
    lines = [
        f"]C101{GTIN}10AB\x1d17270131\x1d3012".encode(), b"(00)095201234567891235", b"10D9T", b"", b"A\x00B", b"\xff\xfe",
        b"x" * 300_000, f"(01){GTIN[:-1]}3".encode(), b"B:A-01\r", "批号7".encode(), b"96385074", b"last without an end",
    ]  # fmt: skip
    process = _start()
    out, err = process.communicate(b"\n".join(lines), timeout=60)
    said = [json.loads(line) for line in out.decode("ascii").splitlines()]
    assert (process.returncode, err, len(said)) == (0, b"", len(lines))
    label, plate, plain, empty, nul, broken, huge, wrong, place, chinese, asked, last = said
    assert (label["kind"], label["how"], label["gtin"], label["lot"], label["expiry"], label["quantity"]) == (
        "lot", "symbology", GTIN, "AB", "2027-01-31", "12",
    )  # fmt: skip
    assert label["elements"] == [["01", GTIN], ["10", "AB"], ["17", "270131"], ["30", "12"]]
    assert (plate["kind"], plate["sscc"], plate["how"]) == ("lpn", "095201234567891235", "brackets")
    assert (plain["kind"], plain["how"], plain["elements"]) == ("unknown", "plain", [])
    assert [one["why"] for one in (empty, nul, broken, huge, wrong)] == [
        "empty", "control_character", "not_utf8", "too_long", "(01) check_digit",
    ]  # fmt: skip
    assert (place["kind"], place["code"], chinese["text"], last["text"]) == (
        "bin",
        "A-01",
        "批号7",
        "last without an end",
    )
    assert asked["question"].startswith("gtin8_or_code")


def test_a_line_is_answered_before_the_next_one_comes():
    process = _start()
    assert process.stdin and process.stdout
    with process:
        for text in (b"10D9T\n", b"(00)095201234567891235\n"):
            process.stdin.write(text)
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["text"] == text.decode().strip()
        process.stdin.close()
        assert process.wait(timeout=60) == 0


def test_a_reader_that_leaves_is_no_fault():
    process = _start()
    assert process.stdin and process.stdout
    with process:
        process.stdout.close()
        process.stdin.write(b"10D9T\n" * 1000)
        process.stdin.close()
        assert process.wait(timeout=60) == 0


def test_with_a_site_it_also_says_which_records_are_named(live_app, live_config):
    with live_app.app_context():
        site = given.warehouse("SZX")
        lot = given.lot(given.item("MILK"), "L-1")
        given.lot(given.item("TEA"), "A-02")
        number = str(lot.id)
    process = subprocess.run(
        [sys.executable, "run.py", "scan", "--site", "SZX"], cwd=ROOT, env=os.environ | processes.environment(live_config),
        input=b"A-01\nL-1\nA-02\nNOPE\n(01)09506000134353\n", capture_output=True, timeout=60, check=False,
    )  # fmt: skip
    place, known, both, nothing, wrong = [json.loads(line) for line in process.stdout.splitlines()]
    assert (process.returncode, process.stderr, site.warehouse.code) == (0, b"", "SZX")
    assert (place["kind"], place["found"][0]["code"]) == ("bin", "A-01")
    assert (known["kind"], known["found"][0]["id"], known["found"][0]["sku"]) == ("lot", number, "MILK")
    assert both["question"] == "several_kinds: bin lot" and len(both["found"]) == 2
    assert (nothing["kind"], nothing["found"], wrong["why"]) == ("unknown", [], "(01) check_digit")
