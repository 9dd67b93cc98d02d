"""Somebody past every fence changes, takes, puts in, cuts, swaps: `verify` and the script for exports both say what.

The database is changed as its owner can: SQLite as a file without triggers, PostgreSQL as a superuser whose session fires
none. The script runs by itself, in a Python that knows nothing of this program.
"""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import text

from tests.given import NOW
from tests.integration.evidence.sealing import conclude, extend, seal, tamper
from wms.core.errors import ExportThere
from wms.db import run_in_transaction
from wms.evidence import anchor, queries, rules, verifying
from wms.evidence.export import SCRIPT, export
from wms.signing import keys

LATER = NOW + timedelta(hours=30)


def _sealed() -> None:
    """Two blocks of two days, with records of several streams."""
    conclude()
    seal(NOW)
    extend()
    seal(LATER)


#: What is done, and what is said of it first: stream, what, and whether the script for exports sees it too.
TAMPERED: dict[str, tuple[list[str], str, str]] = {
    "a posting edited": (["UPDATE stock_posting SET note = 'x' WHERE seq = 1"], "posting 1", "edited"),
    "a posting's time edited": (
        ["UPDATE stock_posting SET recorded_at = '2026-01-01 00:00:00' WHERE seq = 1"], "posting 1", "edited"),
    "a move edited": (["UPDATE stock_move SET quantity = quantity + 1 WHERE posting_seq = 1"], "posting 1", "edited"),
    "a move put into a posting": ([
        "INSERT INTO stock_move (posting_seq, line, warehouse_id, lot_id, owner_id, quantity, source_bin_id, source_lpn_id,"
        " source_quality, source_hold_set_id, target_bin_id, target_lpn_id, target_quality, target_hold_set_id, demand_kind)"
        " SELECT posting_seq, 9, warehouse_id, lot_id, owner_id, 1, source_bin_id, source_lpn_id, source_quality,"
        " source_hold_set_id, target_bin_id, target_lpn_id, target_quality, target_hold_set_id, '' FROM stock_move"
        " WHERE posting_seq = 1"], "posting 1", "edited"),
    "a move taken away": (["DELETE FROM stock_move WHERE posting_seq = 1"], "posting 1", "edited"),
    "a posting deleted": (["DELETE FROM stock_posting WHERE seq = 1"], "posting 1", "deleted"),
    "an audit entry edited": (["UPDATE audit_entry SET reason = 'better' WHERE seq = 2"], "audit 2", "edited"),
    "an audit entry deleted": (["DELETE FROM audit_entry WHERE seq = 2"], "audit 2", "deleted"),
    "two audit entries swapped": (
        ["UPDATE audit_entry SET seq = -2 WHERE seq = 2", "UPDATE audit_entry SET seq = 2 WHERE seq = 3",
         "UPDATE audit_entry SET seq = 3 WHERE seq = -2"], "audit 2", "edited"),
    "a signature's reason replaced": (["UPDATE signature SET reason = 'another'"], "signature", "edited"),
    "the key of a signature replaced": (
        ["UPDATE signing_key SET public_key = replace(public_key, substr(public_key, 1, 4), 'abcd')"], "signature", "edited"),
    "a link edited": (["UPDATE lot_link SET source_quantity = source_quantity + 1"], "link", "edited"),
    "a link taken back in secret": (
        ["DELETE FROM lot_link"], "link", "deleted"),
    "a member taken away": (
        ["DELETE FROM seal_member WHERE stream = 'audit' AND record_id = 2"], "block 1", "members"),
    "a member's hash and record changed together": (
        ["UPDATE audit_entry SET reason = 'x' WHERE seq = 2", "UPDATE seal_member SET sha256 = {hash}"
         " WHERE stream = 'audit' AND record_id = 2"], "block 1", "members"),
    "a block's words changed": (["UPDATE seal_block SET sealed_at = '2026-01-01 00:00:00' WHERE seq = 1"], "block 1", "hash"),
    "a block's signature replaced": (
        ["UPDATE seal_block SET signature = (SELECT b.signature FROM seal_block b WHERE b.seq = 2) WHERE seq = 1"],
        "block 1", "signature"),
    "the first block taken away": (
        ["DELETE FROM seal_member WHERE block_seq = 1", "DELETE FROM seal_block WHERE seq = 1"], "block 1", "missing"),
    "the tail cut": (
        ["DELETE FROM seal_member WHERE block_seq = 2", "DELETE FROM seal_block WHERE seq = 2"], "block 2", "cut"),
}  # fmt: skip


@pytest.mark.parametrize("done", TAMPERED)
def test_what_was_done_past_the_fences_is_named_by_verify_and_by_the_script(db: Any, tmp_path: Path, done: str) -> None:
    _sealed()
    statements, record, what = TAMPERED[done]
    forged = _forged_hash(db)
    tamper(db, *(statement.replace("{hash}", forged) for statement in statements))
    first = verifying.verify(at=LATER).faults[0]
    assert f"{first.stream} {first.record}".startswith(record) and first.what == what, first
    export(tmp_path / "out")
    said = _run_script(tmp_path / "out", alone=False)
    assert said.startswith(f"BROKEN: {record}"), said


def _forged_hash(db: Any) -> str:
    """The hash that the forger's record would have, as the engine's literal."""
    lines = queries.Reader().sealed_lines(rules.BY_NAME["audit"], first=1, last=1)
    line = next(line for _block, record, _sha256, line in list(lines) if record == 2) or ""
    forged = rules.hash_of(rules.spelled(json.loads(line) | {"reason": "x"}))
    db.session.commit()
    return f"x'{forged}'" if db.engine.dialect.name == "sqlite" else f"'\\x{forged}'"


def test_a_record_put_in_behind_what_was_sealed_yesterday_is_named(db: Any) -> None:
    run_in_transaction(lambda: db.session.execute(text("SELECT 1")))
    _sealed()
    much_later = LATER + timedelta(hours=30)
    tamper(
        db,
        "INSERT INTO audit_entry (seq, at, entity, entity_id, action, changes, reason)"
        " VALUES (-5, '2026-01-01 00:00:00', 'item', 1, 'changed', '{}', '')",
    )
    seal(much_later)
    found = verifying.verify(at=much_later)
    assert [(one.stream, one.record, one.what) for one in found.faults] == [("audit", -5, "inserted")]


def test_a_chain_made_anew_with_another_key_does_not_agree_with_the_anchor(db: Any) -> None:
    _sealed()
    tamper(
        db,
        "UPDATE audit_entry SET reason = 'better' WHERE seq = 2",
        "DELETE FROM seal_member",
        "DELETE FROM seal_block",
    )
    kept = anchor.path().read_bytes()
    keys.rotate(NOW)
    anchor.path().unlink()
    seal(NOW)
    assert verifying.verify(at=NOW).is_whole  # without the anchor it would pass
    anchor.path().write_bytes(kept)
    assert [one.what for one in verifying.verify(at=NOW).faults][:1] == ["differs"]


def test_an_anchor_that_was_edited_or_taken_away_is_named(db: Any) -> None:
    _sealed()
    whole = anchor.path().read_text()
    anchor.path().write_text(whole.replace('"total": ', '"total": 1', 1))
    assert verifying.verify(at=LATER).faults[0].what == "anchor_faulty"
    anchor.path().write_text(whole.split("\n")[1] + "\n")
    assert [one.what for one in verifying.verify(at=LATER).faults] == ["anchor_short"]
    anchor.path().unlink()
    assert [one.what for one in verifying.verify(at=LATER + timedelta(hours=2)).faults] == ["anchor_missing"]


def test_the_daily_look_takes_new_blocks_and_every_older_one_within_its_round(db: Any) -> None:
    _sealed()
    tamper(db, "UPDATE stock_posting SET note = 'x' WHERE seq = 1")
    days = [LATER + timedelta(days=3 + day) for day in range(verifying.ROUND_DAYS)]
    seen = [verifying.verify(at=day, is_full=False) for day in days]
    db.session.commit()
    assert sum(found.blocks for found in seen) == 2
    assert [fault.record for found in seen for fault in found.faults if fault.what == "edited"] == [1]


# -- exports that were changed on their way ---------------------------------------------------------------------------
def _in_file(name: str, change: Callable[[list[str]], list[str]]) -> Callable[[Path], None]:
    def do(folder: Path) -> None:
        lines = (folder / name).read_text(encoding="utf-8").split("\n")[:-1]
        (folder / name).write_text("".join(f"{line}\n" for line in change(lines)), encoding="utf-8")

    return do


def _resigned(lines: list[str]) -> list[str]:
    """The last block signed by somebody else's key, rightly."""
    other = Ed25519PrivateKey.generate()
    _hash, _signature, said = lines[-1].split("\t")
    words = rules.spelled(json.loads(said) | {"public_key": keys.public_bytes(other).hex()})
    return [*lines[:-1], f"{rules.hash_of(words)}\t{other.sign(words.encode()).hex()}\t{words}"]


def _cut(folder: Path) -> None:
    _in_file("records.txt", lambda lines: [line for line in lines if line.startswith("1\t")])(folder)
    _in_file("blocks.txt", lambda lines: lines[:1])(folder)


ON_THE_WAY: dict[str, tuple[Callable[[Path], None], str]] = {
    "edited": (_in_file("records.txt", lambda lines: [lines[0].replace('"action":"created"', '"action":"changed"'), *lines[1:]]), "audit 1: changed"),
    "deleted": (_in_file("records.txt", lambda lines: [lines[0], *lines[2:]]), "block 1: its records"),
    "inserted": (_in_file("records.txt", lambda lines: [lines[0], lines[0].replace("audit\t1\t", "audit\t0\t"), *lines[1:]]), "audit 0: not in its place"),
    "inserted at the end": (_in_file("records.txt", lambda lines: [*lines, lines[-1].replace("2\t", "3\t", 1)]), "posting 2: in no block"),
    "reordered": (_in_file("records.txt", lambda lines: [lines[1], lines[0], *lines[2:]]), "audit 1: not in its place"),
    "the tail cut": (_in_file("records.txt", lambda lines: lines[:-1]), "block 2: its records"),
    "records and blocks cut": (_cut, "block 2: the anchor knows it"),
    "blocks swapped": (_in_file("blocks.txt", lambda lines: lines[::-1]), "block 1: missing"),
    "signed by another key": (_in_file("blocks.txt", _resigned), "block 2: another one than the anchor knows"),
    "a signature cut": (_in_file("blocks.txt", lambda lines: [lines[0].replace(lines[0].split("\t")[1], "00" * 64), *lines[1:]]), "block 1: not signed"),
    "the anchor edited": (_in_file("anchor.jsonl", lambda lines: [lines[0].replace('"total": ', '"total": 1'), *lines[1:]]), "anchor, line 1"),
    "no line at all": (_in_file("records.txt", lambda lines: ["what?", *lines]), "records.txt, line 1"),
}  # fmt: skip


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_an_export_that_was_changed_on_its_way_is_found_and_the_place_named(db: Any, tmp_path: Path) -> None:
    _sealed()
    export(tmp_path / "whole")
    head = queries.last_block()
    assert head is not None
    said = _run_script(tmp_path / "whole")
    assert said.startswith("whole: ") and head.hash in said and head.block.public_key in said
    for name, (change, words) in ON_THE_WAY.items():
        shutil.copytree(tmp_path / "whole", tmp_path / name)
        change(tmp_path / name)
        assert _run_script(tmp_path / name, alone=False).startswith(f"BROKEN: {words}"), name
    assert _run_script(tmp_path / "whole", "--key", "00" * 32, alone=False).startswith("BROKEN: block 1: not signed")
    assert _run_script(tmp_path / "whole", "--key", head.block.public_key, alone=False).startswith("whole")


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_script_needs_python_alone(db: Any, tmp_path: Path) -> None:
    _sealed()
    export(tmp_path / "out")
    (tmp_path / "without").mkdir()
    (tmp_path / "without" / "cryptography.py").write_text("raise ImportError\n")
    run = subprocess.run(
        [sys.executable, str(tmp_path / "out" / SCRIPT.name), str(tmp_path / "out")],
        capture_output=True, text=True, check=False, env=os.environ | {"PYTHONPATH": str(tmp_path / "without")},
    )  # fmt: skip
    assert run.returncode == 0 and run.stdout.startswith("whole: "), run.stdout + run.stderr


def test_our_own_ed25519_says_what_the_library_says() -> None:
    script, private = _script(), Ed25519PrivateKey.generate()
    script.Ed25519PublicKey = None
    public, said = keys.public_bytes(private).hex(), b"words"
    signature = private.sign(said).hex()
    assert script.is_genuine(public, signature, said)
    assert not script.is_genuine(public, signature, b"other")
    assert not script.is_genuine(public, "ff" + signature[2:], said)
    assert not script.is_genuine("00" * 31, signature, said)
    assert not script.is_genuine(public, signature[:100], said)


def test_an_export_goes_into_a_folder_of_its_own(db: Any, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(ExportThere):
        export(tmp_path)


def _script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("verify_export", SCRIPT)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _run_script(folder: Path, *more: str, alone: bool = True) -> str:
    """What the script says of a folder; `alone`: as the copy in the export, in an interpreter of its own."""
    if alone:
        run = subprocess.run(
            [sys.executable, str(folder / SCRIPT.name), str(folder), *more], capture_output=True, text=True, check=False
        )
        assert run.returncode == (0 if run.stdout.startswith("whole") else 1), run.stderr
        return run.stdout
    script, said = _script(), []
    script.print = lambda *words: said.append(" ".join(words))  # type: ignore[attr-defined]
    arguments, sys.argv = sys.argv, ["verify_export.py", str(folder), *more]
    try:
        script.main()
    except SystemExit as ended:
        assert ended.code == 1
    finally:
        sys.argv = arguments
    return "\n".join(said)
