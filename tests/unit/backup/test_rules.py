"""What a backup may hold and what an archive may not do to us."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from wms.backup import rules
from wms.backup.rules import BadManifest, Manifest, Member, Tool

HASH = "ab" * 32
SOUND = Manifest(
    format=1, version="0.1.0", build="0" * 12, migration="0002", engine="sqlite", engine_version="3.51.3", schema="main",
    made_at=datetime(2026, 11, 22, 4, tzinfo=UTC), has_secrets=False, counts={"lot": 3}, missing=[],
    members=[
        Member(name="database.sqlite", size=10, sha256=HASH), Member(name=f"files/ab/{HASH}", size=5, sha256=HASH),
    ],
)  # fmt: skip


def test_a_manifest_is_read_as_it_was_written() -> None:
    assert rules.read_manifest(rules.write_manifest(SOUND)) == SOUND


@pytest.mark.parametrize(
    "change",
    [
        {"format": 2},
        {"engine": "oracle"},
        {"made_at": "2026-11-22T04:00:00"},
        {"made_at": 7},
        {"counts": {"lot": -1}},
        {"counts": {"lot": "many"}},
        {"counts": []},
        {"version": None},
        {"surprise": 1},
        {"members": []},
        {"members": [{"name": "database.sqlite", "size": True, "sha256": HASH}]},
        {"members": [{"name": "database.sqlite", "size": 1, "sha256": "x"}]},
        {"members": [{"name": "database.dump", "size": 1, "sha256": HASH}]},
        {"members": [{"name": "database.sqlite", "size": 1, "sha256": HASH}] * 2},
        {"members": [{"name": "../etc/passwd", "size": 1, "sha256": HASH}]},
        {"members": [{"name": "database.sqlite", "size": 1, "sha256": HASH}, {"name": f"files/ab/{'ab' + 'cd' * 31}", "size": 1, "sha256": HASH}]},
    ],
)  # fmt: skip
def test_a_manifest_that_no_backup_of_ours_has_is_refused(change: dict[str, Any]) -> None:
    values = json.loads(rules.write_manifest(SOUND)) | change
    with pytest.raises(BadManifest):
        rules.read_manifest(json.dumps(values).encode())


@pytest.mark.parametrize("content", [b"", b"\xff", b"[]", b"{", b"[" * 100_000, b"null", b'{"members": 1}'])
def test_what_is_no_manifest_is_refused(content: bytes) -> None:
    with pytest.raises(BadManifest):
        rules.read_manifest(content)


@pytest.mark.parametrize(
    "name",
    [
        "../database.sqlite", "/database.sqlite", "files/../../x", "files/ab/..", f"files/cd/{HASH}", "files\\ab\\x",
        "C:/database.sqlite", "database.sqlite\x00", "database.sqlite\n", "secrets/../secret_key", "secrets/id_rsa",
        "secrets/certs/caxcrt", "", "manifest.json/",
    ],
)  # fmt: skip
def test_only_names_of_our_own_making_are_taken(name: str) -> None:
    assert not rules.is_member_name(name)


def test_each_secret_may_come_along() -> None:
    assert all(rules.is_member_name(f"secrets/{name}") for name in rules.SECRETS)


def test_what_unpacks_to_far_more_than_was_packed_is_a_bomb_but_a_small_database_never_is() -> None:
    assert rules.unpacks_too_large(unpacked=10 * rules.FREE_BYTES, packed=1_000_000)
    assert not rules.unpacks_too_large(unpacked=rules.FREE_BYTES, packed=100)
    assert not rules.unpacks_too_large(unpacked=10 * rules.FREE_BYTES, packed=rules.FREE_BYTES)


def test_the_last_ones_stay_and_files_of_others_are_never_removed() -> None:
    ours = [rules.name_at(datetime(2026, 11, day, tzinfo=UTC)) for day in (3, 1, 4, 2)]
    names = [*ours, "notes.txt", "wms-before-the-move.zip", "wms-20260101T000000Z.zip.bak"]
    assert rules.too_many(names, keep=2) == [ours[1], ours[3]]
    assert rules.too_many(names, keep=9) == []


@pytest.mark.parametrize(
    ("said", "major"),
    [
        ("pg_dump (PostgreSQL) 18.6", 18),
        ("pg_dump (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)", 15),
        ("17beta1", 17),
        ("", 0),
    ],
)
def test_the_major_version_of_a_program_is_read(said: str, major: int) -> None:
    assert rules.major_of(said) == major


def test_the_program_nearest_to_the_server_is_taken_and_an_older_one_never() -> None:
    tools = [Tool(path="a", major=15), Tool(path="b", major=18), Tool(path="c", major=17)]
    assert [rules.best_tool(tools, needed=n) for n in (15, 16, 19)] == [tools[0], tools[2], None]


def test_fresh_tables_hold_no_data_and_a_person_is_data() -> None:
    assert not rules.holds_data({"user_account": 1, "lpn": 1, "warehouse": 0})
    assert rules.holds_data({"user_account": 2})
    assert rules.holds_data({"warehouse": 1})


def test_rows_that_are_gone_are_named() -> None:
    assert rules.lost_rows({"lot": 3, "bin": 1}, {"lot": 2, "bin": 1}) == ["lot: 3 rows in the manifest, 2 found"]
    assert replace(SOUND, has_secrets=True).secrets == []
