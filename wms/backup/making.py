"""Make a backup: a snapshot of the database, then the attachments, then the manifest; nothing waits for it."""

from __future__ import annotations

import hashlib
import os
import re
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from config import Config
from wms.backup import postgres, rules, sqlite
from wms.backup.archive import Writer
from wms.backup.rules import Manifest, Snapshot
from wms.core.clock import now
from wms.core.errors import BackupFailed
from wms.core.version import VERSION, build

Tell = Callable[[str], object]
_OLD_PART_SECONDS: Final = 24 * 3600


@dataclass(frozen=True, kw_only=True)
class Made:
    """A backup that was made."""

    path: Path
    size_bytes: int
    made_at: datetime
    manifest: Manifest


def engine_of(url: str) -> str:
    """Name the engine of a database URL."""
    return "sqlite" if url.startswith("sqlite") else "postgresql"


def default_path(config: Config, at: datetime) -> Path:
    """Say where a backup goes when nobody names a file."""
    return (Path(config.backup_dir) if config.backup_dir else config.data_dir / "backups") / rules.name_at(at)


def make(config: Config, path: Path, *, with_secrets: bool = False, tell: Tell = lambda _text: None) -> Made:
    """Write a backup to `path`, a new file for its owner alone; people go on working.

    The database comes first: an attachment is on disk before the row that names it and is never changed, so every file
    the snapshot names is found afterwards. One that is not, or is damaged, is told and named in the manifest.
    """
    at = now()
    try:
        writer = Writer(path)
        try:
            manifest = _fill(writer, config, at, with_secrets=with_secrets, tell=tell)
            size = writer.close(manifest)
        except BaseException:
            writer.discard()
            raise
    except OSError as wrong:
        raise BackupFailed(what=f"{path}: {wrong.strerror or wrong}") from wrong
    return Made(path=path, size_bytes=size, made_at=at, manifest=manifest)


def _fill(writer: Writer, config: Config, at: datetime, *, with_secrets: bool, tell: Tell) -> Manifest:
    engine = engine_of(config.database_url)
    copy = writer.part.with_suffix(".database")
    # The anchor goes first: it may know less than the database, and never more.
    _add_anchor(writer, config, writer.part.with_suffix(".anchor"))
    try:
        tell("copying the database ...")
        snapshot = _snapshot(config, engine, copy)
        writer.add(rules.MEMBERS[engine], copy, is_packed=engine == "postgresql")
    finally:
        copy.unlink(missing_ok=True)
    missing = _add_files(writer, config, snapshot, tell)
    if with_secrets:
        for name in rules.SECRETS:
            if (config.data_dir / name).is_file():
                writer.add(f"secrets/{name}", config.data_dir / name)
    return Manifest(
        format=rules.FORMAT, version=VERSION, build=build(), migration=snapshot.migration[0] if snapshot.migration else "",
        engine=engine, engine_version=snapshot.engine_version, schema=snapshot.schema, made_at=at,
        has_secrets=any(member.name.startswith("secrets/") for member in writer.members), counts=snapshot.counts,
        missing=missing, members=writer.members,
    )  # fmt: skip


def _add_anchor(writer: Writer, config: Config, copy: Path) -> None:
    """Put in the anchor of the seals as it is now; it grows by whole lines."""
    if not config.anchor_path.is_file():
        return
    try:
        os.close(os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        copy.write_bytes(config.anchor_path.read_bytes())
        writer.add(rules.ANCHOR_MEMBER, copy, is_packed=False)
    finally:
        copy.unlink(missing_ok=True)


def _snapshot(config: Config, engine: str, target: Path) -> Snapshot:
    os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    if engine == "sqlite":
        snapshot = sqlite.snapshot(config.database_url, target)
    else:
        snapshot = postgres.snapshot(config.database_url, target, bin_folder=config.pg_bin)
    if len(snapshot.migration) != 1:
        raise BackupFailed(what="this is no database of the product: it has no mark of its migration")
    return snapshot


def _add_files(writer: Writer, config: Config, snapshot: Snapshot, tell: Tell) -> list[str]:
    """Put every attachment in whose content is what its name says; those the database names and that are not there."""
    folder = config.data_dir / "files"
    there = sorted(path for path in folder.glob("??/*") if re.fullmatch(r"[0-9a-f]{64}", path.name) and path.is_file())
    if there:
        tell(f"copying {len(there)} attachments ...")
    taken = set()
    for path in there:
        if not path.is_symlink() and path.parent.name == path.name[:2] and _hash_of(path) == path.name:
            writer.add(f"files/{path.name[:2]}/{path.name}", path, is_packed=True)
            taken.add(path.name)
        else:
            tell(f"the attachment {path.name} is damaged and was left out")
    missing = sorted(set(snapshot.files) - taken)
    if missing:
        tell(f"{len(missing)} attachments that the database names are missing; the first: {missing[0]}")
    return missing


def _hash_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


# -- each night -------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, kw_only=True)
class Nightly:
    """What the nightly job came to: the backup, how far it was verified, and how many old ones went."""

    made: Made
    verified: str
    why_not: str
    removed: int


def make_nightly(config: Config) -> Nightly:
    """Write a backup into WMS_BACKUP_DIR, try it, and remove those beyond the last WMS_BACKUP_KEEP.

    The old ones go only after the new one was found good. Where there may be no scratch database, every hash is read.
    """
    from wms.backup.restoring import verify

    folder = Path(config.backup_dir)
    made = make(config, folder / rules.name_at(now()))
    why_not = ""
    try:
        verify(made.path, config)
        verified = "restored"
    except BackupFailed as refused:  # no right to make a scratch database: the hashes were read before
        verified, why_not = "read", str(refused.data.get("what", ""))[:200]
    return Nightly(made=made, verified=verified, why_not=why_not, removed=_clear(folder, keep=config.backup_keep))


def _clear(folder: Path, *, keep: int) -> int:
    names = rules.too_many((path.name for path in folder.iterdir()), keep=keep)
    for name in names:
        (folder / name).unlink(missing_ok=True)
    for path in folder.glob(".wms-*.part*"):  # of a run that was killed
        if time.time() - path.stat().st_mtime > _OLD_PART_SECONDS:
            path.unlink(missing_ok=True)
    return len(names)


def host_name() -> str:
    """Name the machine in the record of a backup."""
    return socket.gethostname()[:80]
