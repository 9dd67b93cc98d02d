"""Backup and restore on both engines: made while others post, put back whole or not at all."""

import dataclasses
import json
import shutil
import stat
import time
import warnings
import zipfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from flask import current_app

from config import Config
from tests import given, schema
from tests.conftest import Database
from tests.integration.backup.conftest import Work, own_config, rows
from wms.backup import archive, making, restoring
from wms.backup.postgres import PostgresPlace
from wms.core.errors import (
    BackupDamaged,
    BackupElsewhere,
    BackupExists,
    BackupNewer,
    BackupUnreadable,
    DatabaseInUse,
    DatabaseNotEmpty,
    PgToolMissing,
    RestoredDataFaulty,
    SchemaBroken,
)
from wms.core.ids import SYSTEM_USER
from wms.db import db, migrate, run_in_transaction
from wms.stock import ledger
from wms.stock.ledger import Move, Place, Reason, StockKey


@pytest.fixture
def made(work: Work) -> Path:
    return making.make(work.config, work.folder / "b.zip").path


# -- while others work ------------------------------------------------------------------------------------------------
def post_or_back_up(role: str, folder: Path, key: StockKey, supplier: Place) -> Any:
    """One process receives goods without a pause until it is stopped; the other makes backups until one met postings."""
    count, stop = folder / "count", folder / "stop"
    if role == "post":
        number = 0
        while not stop.exists():
            move = Move(quantity=given.q(1), source=key.at(supplier), target=key)
            run_in_transaction(
                ledger.post, [move], key=f"w-{number}", reason=Reason.RECEIVE, actor=SYSTEM_USER, at=given.NOW
            )
            number += 1
            (folder / "count.new").write_text(str(number))
            (folder / "count.new").rename(count)
        return number
    try:
        while not count.exists():
            time.sleep(0.01)
        for attempt in range(50):
            before = int(count.read_text())
            made = making.make(own_config(current_app.config["WMS"]), folder / f"online-{attempt}.zip")
            after = int(count.read_text())
            if after > before:
                return before, after, made.path, made.manifest.counts["stock_posting"]
        raise AssertionError("nothing was posted during fifty backups")
    finally:
        stop.touch()


def test_a_backup_made_while_others_post_is_one_instant_and_restores_whole(
    work: Work, elsewhere: Config, run_at_once: Callable[..., Any]
) -> None:
    with work.app.app_context():
        supplier = Place(bin=rows(work.config, "SELECT id FROM bin WHERE code = 'SUPPLIER'")[0])
    arguments = [(role, work.folder, work.key, supplier) for role in ("post", "back up")]
    poster, keeper = run_at_once(post_or_back_up, arguments)
    assert (poster.error, keeper.error) == (None, None), (poster.text, keeper.text)
    before, after, path, postings = keeper.value
    assert before + 1 <= postings <= after + 2, "the first posting, and one that is committed but not counted yet"
    done = restoring.restore(path, elsewhere)
    assert done.kept == ""
    assert rows(elsewhere, "SELECT count(*) FROM stock_posting") == [postings]
    on_hand = rows(elsewhere, "SELECT sum(on_hand) FROM stock_balance")[0]
    assert on_hand == (10 + postings - 1) * 1_000_000
    with pytest.raises(DatabaseNotEmpty):
        restoring.restore(path, elsewhere)


# -- what is in it ----------------------------------------------------------------------------------------------------
def test_it_is_one_file_for_its_owner_with_all_in_it_but_the_secrets(work: Work, made: Path) -> None:
    assert stat.S_IMODE(made.stat().st_mode) == 0o600
    assert [path.name for path in made.parent.glob("*b.zip*")] == ["b.zip"]
    with archive.reading(made) as opened:
        manifest = opened.manifest
        opened.verify()
    assert [member.name for member in manifest.files] == [f"files/{work.photo.parent.name}/{work.photo.name}"]
    assert (manifest.migration, manifest.counts["lot"], manifest.missing) == (migrate.head(), 1, [])
    assert not manifest.has_secrets and "secret" not in " ".join(zipfile.ZipFile(made).namelist())
    with pytest.raises(BackupExists):
        making.make(work.config, made)
    full = making.make(work.config, work.folder / "full.zip", with_secrets=True)
    assert full.manifest.has_secrets and [one.name for one in full.manifest.secrets] == ["secrets/secret_key"]


def test_a_restore_brings_the_photos_and_only_when_asked_the_secrets(work: Work, elsewhere: Config) -> None:
    (work.config.data_dir / "signing_key").write_text("of the site")
    path = making.make(work.config, work.folder / "full.zip", with_secrets=True).path
    restoring.restore(path, elsewhere)
    photo = elsewhere.data_dir / "files" / work.photo.parent.name / work.photo.name
    assert photo.read_bytes() == work.photo.read_bytes()
    assert not (elsewhere.data_dir / "secret_key").exists()
    restoring.restore(path, elsewhere, replace=True, with_secrets=True)
    assert (elsewhere.data_dir / "secret_key").read_text() == "k" * 64
    assert stat.S_IMODE((elsewhere.data_dir / "secret_key").stat().st_mode) == 0o600
    assert (elsewhere.data_dir / "signing_key").read_text() == "of the site"
    assert stat.S_IMODE((elsewhere.data_dir / "signing_key").stat().st_mode) == 0o600
    assert rows(elsewhere, "SELECT kind FROM backup_run") == ["restore"]


def test_a_damaged_or_missing_photo_is_named_and_the_rest_is_backed_up(work: Work) -> None:
    work.photo.write_bytes(b"bit rot")
    told: list[str] = []
    manifest = making.make(work.config, work.folder / "b.zip", tell=told.append).manifest
    assert manifest.missing == [work.photo.name] and manifest.files == []
    assert any("damaged" in line for line in told)


# -- over data --------------------------------------------------------------------------------------------------------
def test_data_are_replaced_only_when_told_and_are_kept_aside(database: Database, work: Work, made: Path) -> None:
    work.add_lot()
    with pytest.raises(DatabaseNotEmpty):
        restoring.restore(made, work.config)
    assert work.lots() == 2
    done = restoring.restore(made, work.config, replace=True)
    assert work.lots() == 1
    if database.engine == "sqlite":
        old = dataclasses.replace(work.config, database_url=f"sqlite:///{done.kept}")
        assert rows(old, "SELECT count(*) FROM lot") == [2]
    else:
        assert rows(work.config, f"SELECT count(*) FROM {done.kept.removeprefix('schema ')}.lot") == [2]
        again = making.make(work.config, work.folder / "again.zip").manifest
        assert again.counts["lot"] == 1, "what is kept aside is not backed up again"


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_database_that_cannot_be_read_any_more_is_replaced_when_told(work: Work, made: Path) -> None:
    path = Path(work.config.database_url.removeprefix("sqlite:///"))
    path.write_bytes(b"this was a database once" * 1000)
    with pytest.raises(DatabaseNotEmpty):
        restoring.restore(made, work.config)
    done = restoring.restore(made, work.config, replace=True)
    assert Path(done.kept).read_bytes().startswith(b"this was")
    assert work.lots() == 1


def test_a_database_in_use_is_not_replaced(work: Work, made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wms.backup.postgres._LOOK_AGAIN_SECONDS", (0.01,))
    work.add_lot()
    with work.app.app_context():
        with db.engine.connect() as connection:
            connection.exec_driver_sql("SELECT 1 FROM lot")
            with pytest.raises(DatabaseInUse):
                restoring.restore(made, work.config, replace=True)
    work.let_go()
    assert work.lots() == 2


def test_data_that_do_not_hold_together_are_not_put_in_place(work: Work, database: Database) -> None:
    with work.app.app_context():
        db.session.execute(db.text("UPDATE stock_balance SET on_hand = on_hand + 1"))
        db.session.commit()
    work.let_go()
    path = making.make(work.config, work.folder / "crooked.zip").path
    with work.app.app_context():
        db.session.execute(db.text("UPDATE stock_balance SET on_hand = on_hand - 1"))
        db.session.commit()
    work.add_lot()
    with pytest.raises(RestoredDataFaulty) as refused:
        restoring.verify(path, work.config)
    assert refused.value.data["first"].startswith("I2")
    with pytest.raises(RestoredDataFaulty):
        restoring.restore(path, work.config, replace=True)
    assert work.lots() == 2
    left = [
        one.name for one in work.config.data_dir.parent.rglob("*") if "restoring" in one.name or "verify" in one.name
    ]
    assert left == []
    with work.app.app_context():
        migrate.demand_current(db.session.connection())
        given.ledger_is_whole()


# -- older, newer, elsewhere ------------------------------------------------------------------------------------------
def test_an_older_backup_is_migrated_and_a_newer_one_refused(
    empty_database: Database, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    config = own_config(Config(database_url=empty_database.url, data_dir=tmp_path / "data", secret_key="k" * 32))
    command.upgrade(schema.alembic_config(empty_database.url), "0001")
    old = making.make(config, tmp_path / "old.zip")
    assert old.manifest.migration == "0001"
    restoring.restore(old.path, config)
    assert rows(config, "SELECT version_num FROM alembic_version") == [migrate.head()]
    newer = doctored(old.path, tmp_path / "newer.zip", lambda values: values | {"migration": "9999"})
    with pytest.raises(BackupNewer):
        restoring.restore(newer, config)
    other = "postgresql://nobody@127.0.0.1:1/x" if empty_database.engine == "sqlite" else f"sqlite:///{tmp_path}/x.db"
    with pytest.raises(BackupElsewhere):
        restoring.restore(old.path, dataclasses.replace(config, database_url=other))


# -- hostile archives -------------------------------------------------------------------------------------------------
def doctored(path: Path, target: Path, change: Callable[[dict[str, Any]], dict[str, Any]]) -> Path:
    """Copy an archive with another manifest."""
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as copy:
        for name in source.namelist():
            content = source.read(name)
            if name == "manifest.json":
                content = json.dumps(change(json.loads(content))).encode()
            copy.writestr(name, content)
    return target


def with_extra(name: str, content: bytes = b"x") -> Callable[[Path, Path], None]:
    def make(path: Path, target: Path) -> None:
        shutil.copyfile(path, target)
        with zipfile.ZipFile(target, "a") as opened:
            opened.writestr(name, content)

    return make


def twice(path: Path, target: Path) -> None:
    shutil.copyfile(path, target)
    with zipfile.ZipFile(target, "a") as opened, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        opened.writestr("manifest.json", zipfile.ZipFile(path).read("manifest.json"))


def named(name: str) -> Callable[[Path, Path], None]:
    """An archive whose manifest, too, names the hostile member."""

    def make(path: Path, target: Path) -> None:
        member = {"name": name, "size": 1, "sha256": "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"}
        doctored(path, target, lambda values: values | {"members": [*values["members"], member]})
        with zipfile.ZipFile(target, "a") as opened:
            opened.writestr(name, b"x")

    return make


def flipped(path: Path, target: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 3] ^= 0xFF
    target.write_bytes(content)


def cut(path: Path, target: Path) -> None:
    target.write_bytes(path.read_bytes()[:-200])


def other_database(path: Path, target: Path) -> None:
    """The database is another one than the manifest names by its hash; the zip itself is sound."""
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(target, "w") as copy:
        for name in source.namelist():
            content = source.read(name)
            copy.writestr(name, content[:-1] + b"!" if name.startswith("database") else content)


def bomb(path: Path, target: Path) -> None:
    """A member that says it unpacks to forty gigabytes."""
    shutil.copyfile(path, target)
    with zipfile.ZipFile(target, "a", zipfile.ZIP_DEFLATED) as opened:
        opened.writestr("files/00/" + "0" * 64, b"x")
        opened.infolist()[-1].file_size = 40 * 1024**3


def no_manifest(path: Path, target: Path) -> None:
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(target, "w") as copy:
        for name in source.namelist():
            if name != "manifest.json":
                copy.writestr(name, source.read(name))


def nothing(path: Path, target: Path) -> None:
    target.write_bytes(b"")


ATTACKS: dict[str, tuple[Callable[[Path, Path], None], str]] = {
    "outside": (with_extra("../escaped"), "other_contents"),
    "absolute": (with_extra("/etc/escaped"), "other_contents"),
    "unlisted": (with_extra("readme.txt"), "other_contents"),
    "unlisted photo": (with_extra("files/00/" + "0" * 64), "other_contents"),
    "dots": (with_extra("files/../../escaped"), "other_contents"),
    "twice": (twice, "other_contents"),
    "listed outside": (named("../escaped"), "other_contents"),
    "listed dots": (named("files/ab/../../escaped"), "other_contents"),
    "one bit": (flipped, "database.sqlite"),
    "cut": (cut, "not_an_archive"),
    "other database": (other_database, "database.sqlite"),
    "bomb": (bomb, "unpacks_too_large"),
    "no manifest": (no_manifest, "no_manifest"),
    "nothing": (nothing, "not_an_archive"),
}


@pytest.mark.parametrize(("attack", "why"), ATTACKS.values(), ids=ATTACKS)
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_hostile_or_broken_archive_is_refused_and_leaves_nothing(
    work: Work, made: Path, elsewhere: Config, attack: Callable[[Path, Path], None], why: str
) -> None:
    target = work.folder / "in" / "hostile.zip"
    target.parent.mkdir()
    attack(made, target)
    before = set(work.folder.rglob("*"))
    with pytest.raises((BackupUnreadable, BackupDamaged)) as refused:
        restoring.restore(target, elsewhere, replace=True)
    assert (refused.value.data.get("why") or refused.value.data.get("member")) == why
    assert set(work.folder.rglob("*")) - before <= {elsewhere.data_dir}
    assert not Path("/etc/escaped").exists()


# -- PostgreSQL's own -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_restore_that_was_killed_half_way_is_seen_and_undone(work: Work, made: Path) -> None:
    place = PostgresPlace(work.config.database_url, bin_folder=work.config.pg_bin, folder=work.config.data_dir)
    place._set_aside()  # and here the power went
    with work.app.app_context():
        with pytest.raises(SchemaBroken) as refused:
            migrate.demand_current(db.session.connection())
        assert refused.value.data["tables"] == [migrate.HELD_SCHEMA]
    work.let_go()
    assert restoring.undo(work.config)
    assert not restoring.undo(work.config)
    assert work.lots() == 1
    with work.app.app_context():
        migrate.demand_current(db.session.connection())


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
@pytest.mark.parametrize(("script", "found"), [("", "none in"), ("echo 'pg_dump (PostgreSQL) 9.6.1'", "9")])
def test_client_programs_that_are_missing_or_too_old_are_named(work: Work, script: str, found: str) -> None:
    programs = work.folder / "bin"
    programs.mkdir()
    if script:
        (programs / "pg_dump").write_text(f"#!/bin/sh\n{script}\n")
        (programs / "pg_dump").chmod(0o755)
    with pytest.raises(PgToolMissing) as refused:
        making.make(dataclasses.replace(work.config, pg_bin=str(programs)), work.folder / "b.zip")
    assert str(refused.value.data["found"]).startswith(found)
    assert list(work.folder.glob("*b.zip*")) == []


# -- each night -------------------------------------------------------------------------------------------------------
def test_the_nightly_backup_is_tried_recorded_and_the_old_ones_go(work: Work) -> None:
    from wms.backup.queries import last_of
    from wms.jobs import service

    folder = work.folder / "backups"
    config = dataclasses.replace(work.config, backup_dir=str(folder), backup_keep=2)
    folder.mkdir()
    for name in ("wms-20260101T000000Z.zip", "wms-20260102T000000Z.zip", "mine.zip"):
        (folder / name).touch()
    with work.app.app_context():
        from wms.core.clock import now

        run_in_transaction(service.warn_of_old_backup, config=config, actor=SYSTEM_USER, at=now())
        assert alerts_open(work) == 1
        found = making.make_nightly(config)
        assert (found.verified, found.why_not, found.removed) == ("restored", "", 1)
        run_in_transaction(service.note_backup, found=found, config=config, actor=SYSTEM_USER, at=now())
        row = last_of("backup")
        assert row is not None and (row.verified, row.size_bytes) == ("restored", found.made.path.stat().st_size)
        run_in_transaction(service.warn_of_old_backup, config=config, actor=SYSTEM_USER, at=now())
        assert alerts_open(work) == 0
        later = now() + timedelta(days=config.backup_warn_days, hours=1)
        run_in_transaction(service.warn_of_old_backup, config=config, actor=SYSTEM_USER, at=later)
        assert alerts_open(work) == 1
    assert sorted(path.name for path in folder.iterdir()) == sorted(
        ["mine.zip", "wms-20260102T000000Z.zip", found.made.path.name]
    )


def alerts_open(work: Work) -> int:
    return int(rows(work.config, "SELECT count(*) FROM alert WHERE subject_key = 'backup' AND state = 'open'")[0])
