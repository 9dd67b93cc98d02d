"""The archive: a zip written beside its place and renamed, and read as if a stranger had made it."""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import shutil
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

from wms.backup import rules
from wms.backup.rules import Manifest, Member
from wms.core.errors import BackupDamaged, BackupExists, BackupUnreadable, NoRoom

_CHUNK: Final = 1024 * 1024
_MEGA: Final = 1024 * 1024


class Writer:
    """An archive that is being made: `add` its parts, then `close` with the manifest."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if path.exists():
            raise BackupExists(file=str(path))
        self.path = path
        self.members: list[Member] = []
        self._part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
        self._file = os.fdopen(os.open(self._part, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "w+b")
        self._zip = zipfile.ZipFile(self._file, "w", allowZip64=True)

    @property
    def part(self) -> Path:
        """The file that is being written."""
        return self._part

    def add(self, name: str, source: Path, *, is_packed: bool = False) -> None:
        """Put a file in; one that `is_packed` already is stored as it is."""
        entry = zipfile.ZipInfo(name)
        entry.compress_type = zipfile.ZIP_STORED if is_packed else zipfile.ZIP_DEFLATED
        entry.external_attr = 0o600 << 16
        digest, size = hashlib.sha256(), 0
        with source.open("rb") as read, self._zip.open(entry, "w", force_zip64=True) as write:
            while chunk := read.read(_CHUNK):
                digest.update(chunk)
                size += len(chunk)
                write.write(chunk)
        self.members.append(Member(name=name, size=size, sha256=digest.hexdigest()))

    def close(self, manifest: Manifest) -> int:
        """Write the manifest, flush to the disk, and only then give it its name; the size in bytes."""
        self._zip.writestr(rules.MANIFEST, rules.write_manifest(manifest), zipfile.ZIP_DEFLATED)
        self._zip.close()
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        try:
            os.link(self._part, self.path)  # refuses where a file has come meanwhile
            self._part.unlink()
        except FileExistsError:
            raise BackupExists(file=str(self.path)) from None
        except OSError:  # a disk without links
            os.replace(self._part, self.path)
        flush_folder(self.path.parent)
        return self.path.stat().st_size

    def discard(self) -> None:
        """Take away what was not closed."""
        with contextlib.suppress(OSError, ValueError):  # the disk may be full, which is why it is discarded
            self._zip.close()
        self._file.close()
        self._part.unlink(missing_ok=True)


class Archive:
    """An archive that is being read: its manifest is sound, its parts are what it names, and no more."""

    def __init__(self, path: Path, opened: zipfile.ZipFile) -> None:
        self.path = path
        self._zip = opened
        self._entries = self._sound_entries()
        self.manifest = self._sound_manifest()

    def _refuse(self, why: str) -> BackupUnreadable:
        return BackupUnreadable(file=str(self.path), why=why)

    def _sound_entries(self) -> dict[str, zipfile.ZipInfo]:
        entries = {entry.filename: entry for entry in self._zip.infolist()}
        if len(entries) != len(self._zip.infolist()) or rules.MANIFEST not in entries:
            raise self._refuse("no_manifest" if rules.MANIFEST not in entries else "other_contents")
        for name, entry in entries.items():
            is_plain = entry.compress_type in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) and not entry.flag_bits & 1
            if not is_plain or not (name == rules.MANIFEST or rules.is_member_name(name)):
                raise self._refuse("other_contents")
        packed = self.path.stat().st_size
        unpacked = sum(entry.file_size for entry in entries.values())
        is_bomb = entries[rules.MANIFEST].file_size > rules.MANIFEST_BYTES_MAX
        if is_bomb or rules.unpacks_too_large(unpacked=unpacked, packed=packed):
            raise self._refuse("unpacks_too_large")
        return entries

    def _sound_manifest(self) -> Manifest:
        try:
            with self._zip.open(self._entries[rules.MANIFEST]) as file:
                manifest = rules.read_manifest(file.read(rules.MANIFEST_BYTES_MAX))
        except (rules.BadManifest, *_BROKEN) as wrong:
            raise self._refuse("no_manifest") from wrong
        if {member.name for member in manifest.members} != set(self._entries) - {rules.MANIFEST}:
            raise self._refuse("other_contents")
        for member in manifest.members:
            if self._entries[member.name].file_size != member.size:
                raise BackupDamaged(file=str(self.path), member=member.name)
        return manifest

    def verify(self) -> None:
        """Read every part and compare its hash; BackupDamaged names the first that is not what it was."""
        for member in self.manifest.members:
            self._copy(member, None)

    def extract(self, name: str, target: Path) -> None:
        """Write one part to `target`, a new file for its owner alone; gone again when its hash is wrong."""
        member = next(member for member in self.manifest.members if member.name == name)
        try:
            with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                self._copy(member, file)
                file.flush()
                os.fsync(file.fileno())
        except BaseException:
            target.unlink(missing_ok=True)
            raise

    def _copy(self, member: Member, target: IO[bytes] | None) -> None:
        digest, size = hashlib.sha256(), 0
        try:
            with self._zip.open(self._entries[member.name]) as read:
                while chunk := read.read(_CHUNK):
                    size += len(chunk)
                    if size > member.size:
                        break
                    digest.update(chunk)
                    if target is not None:
                        target.write(chunk)
        except _BROKEN as wrong:
            raise BackupDamaged(file=str(self.path), member=member.name) from wrong
        if size != member.size or digest.hexdigest() != member.sha256:
            raise BackupDamaged(file=str(self.path), member=member.name)


#: What zipfile says of bytes that are no archive, or no longer one.
_BROKEN: Final = (
    zipfile.BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError, RuntimeError, ValueError, IndexError,
    OverflowError,
)  # fmt: skip


@contextmanager
def reading(path: Path) -> Iterator[Archive]:
    """Open an archive; BackupUnreadable says why it is none, BackupDamaged which part is not whole."""
    try:
        opened = zipfile.ZipFile(path)
    except (FileNotFoundError, IsADirectoryError):
        raise BackupUnreadable(file=str(path), why="no_such_file") from None
    except _BROKEN as wrong:
        raise BackupUnreadable(file=str(path), why="not_an_archive") from wrong
    except OSError as wrong:
        raise BackupUnreadable(file=str(path), why=wrong.strerror or "not_an_archive") from wrong
    with opened:
        yield Archive(path, opened)


def demand_room(folder: Path, needed: int) -> None:
    """Refuse (NoRoom) before anything is written where so many bytes, and a tenth more, will not fit."""
    available = shutil.disk_usage(folder).free
    if needed * 1.1 > available:
        raise NoRoom(folder=str(folder), needed=round(needed * 1.1 / _MEGA) or 1, available=round(available / _MEGA))


def flush_folder(folder: Path) -> None:
    """Bring a rename to the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
