"""Verbs of files: keep one on disk, attach it to a record, withdraw it, look whether its bytes are still the same.

Keeping comes first and outside a transaction: the name on disk is the hash of the content, so doing it twice is
doing it once. Attaching is the row, in the transaction of the record it belongs to.
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Final

from sqlalchemy import select

from wms.core.errors import BadAttachment, BadFile, NotFound, WrongState
from wms.core.ids import FileId, UserId, new_id
from wms.db import db
from wms.files import rules
from wms.files.models import FileKind, StoredFile
from wms.files.rules import MB, ContentType, NotTaken

#: The most a photo may have; of other files the setting WMS_FILE_MB_MAX says it.
MAX_BYTES: Final = 8 * MB
_BLOCK: Final = MB


@dataclass(frozen=True, kw_only=True)
class KeptFile:
    """A file on disk that no record points to yet."""

    sha256: str
    content_type: str
    size_bytes: int
    #: What it is called, cleaned; blank where nobody said.
    name: str = ""


def keep_file(
    content: bytes,
    *,
    name: str,
    data_dir: Path,
    bytes_max: int,
    allow: Collection[ContentType] = rules.ALL,
) -> KeptFile:
    """Store a file under its hash in `data_dir`/files, byte for byte; what it is, is judged by its content.

    Raises BadAttachment: empty, too_large, not_a_kind (or none of `allow`), not_as_named, broken.
    """
    shown, mb = name.replace("\\", "/").rpartition("/")[2][:80], bytes_max // MB
    if len(content) > bytes_max:
        raise BadAttachment(name=shown, why="too_large", mb=mb)
    try:
        kind = rules.type_of(content, name)
    except NotTaken as refused:
        raise BadAttachment(name=shown, why=str(refused), mb=mb) from refused
    if kind not in allow:
        raise BadAttachment(name=shown, why="not_a_kind", mb=mb)
    return _keep(content, kind=kind, name=rules.clean_name(name, kind), data_dir=data_dir)


def keep_photo(content: bytes, *, data_dir: Path) -> KeptFile:
    """Store a photo under its hash in `data_dir`/files, byte for byte; its type is judged by content.

    Raises BadFile: empty, too_large (bytes or pixels), not_a_photo (JPEG, PNG or WebP).
    """
    if not content:
        raise BadFile(why="empty")
    if len(content) > MAX_BYTES:
        raise BadFile(why="too_large")
    return _keep(content, kind=_photo_type(content), name="", data_dir=data_dir)


def _keep(content: bytes, *, kind: ContentType, name: str, data_dir: Path) -> KeptFile:
    kept = KeptFile(
        sha256=hashlib.sha256(content).hexdigest(), content_type=kind.value, size_bytes=len(content), name=name
    )
    path = path_of(kept.sha256, data_dir=data_dir)
    if not path.exists() or not is_unchanged(path, kept.sha256):
        _write(path, content)
    return kept


def find_kept(sha256: str, *, data_dir: Path) -> KeptFile:
    """Find a file kept a moment ago by its hash; BadFile (empty) when there is none."""
    if not re.fullmatch(r"[0-9a-f]{64}", sha256):
        raise BadFile(why="empty")
    try:
        content = path_of(sha256, data_dir=data_dir).read_bytes()
    except FileNotFoundError:
        raise BadFile(why="empty") from None
    return KeptFile(sha256=sha256, content_type=_photo_type(content), size_bytes=len(content))


def attach(
    kept: KeptFile,
    *,
    subject_kind: str,
    subject_id: int,
    actor: UserId,
    at: datetime,
    name: str = "",
    kind: FileKind = FileKind.PHOTO,
    expires_on: date | None = None,
) -> FileId:
    """Tie a kept file to the record it belongs to, such as ("receipt_line", id)."""
    row = StoredFile(
        id=FileId(new_id()),
        sha256=kept.sha256,
        content_type=kept.content_type,
        size_bytes=kept.size_bytes,
        name=(name or kept.name)[:160],
        subject_kind=subject_kind,
        subject_id=subject_id,
        created_by=actor,
        created_at=at,
        kind=kind,
        expires_on=expires_on,
    )
    db.session.add(row)
    return row.id


def attach_all(
    files: Sequence[KeptFile],
    *,
    subject_kind: str,
    subject_id: int,
    kind: FileKind,
    expires_on: date | None,
    actor: UserId,
    at: datetime,
) -> list[FileId]:
    """Tie files to a record; one that hangs there already, byte for byte, is not tied again. Gives the rows of all."""
    statement = select(StoredFile.sha256, StoredFile.id).where(
        StoredFile.subject_kind == subject_kind,
        StoredFile.subject_id == subject_id,
        StoredFile.kind == kind,
        StoredFile.withdrawn_at.is_(None),
    )
    there: dict[str, FileId] = {row.sha256: row.id for row in db.session.execute(statement)}
    for kept in files:
        if kept.sha256 not in there:
            there[kept.sha256] = attach(
                kept,
                subject_kind=subject_kind,
                subject_id=subject_id,
                actor=actor,
                at=at,
                kind=kind,
                expires_on=expires_on,
            )
    db.session.flush()
    return [there[kept.sha256] for kept in files]


def withdraw(file: FileId, *, reason: str, actor: UserId, at: datetime) -> StoredFile:
    """Let a file count no more, as one attached by mistake; it stays and can be read. WrongState when it is withdrawn."""
    row = db.session.execute(select(StoredFile).where(StoredFile.id == file).with_for_update()).scalar_one_or_none()
    if row is None:
        raise NotFound(kind="attachment", text=str(file))
    if row.withdrawn_at is not None:
        raise WrongState(subject=row.name, state="withdrawn", event="withdraw", needed="attached")
    row.withdrawn_at, row.withdrawn_by, row.withdraw_reason = at, actor, reason
    db.session.flush()
    return row


def hash_of(path: Path) -> str | None:
    """Read a file's bytes again and give their SHA-256; None when the file is gone."""
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                digest.update(block)
    except FileNotFoundError:
        return None
    return digest.hexdigest()


def is_unchanged(path: Path, sha256: str) -> bool:
    """Say whether the bytes on disk are those of the hash."""
    return hash_of(path) == sha256


def path_of(sha256: str, *, data_dir: Path) -> Path:
    """Say where a file lies: outside the web root, under a name of ours."""
    return data_dir / "files" / sha256[:2] / sha256


def _photo_type(content: bytes) -> ContentType:
    try:
        return rules.image_type(content)
    except NotTaken as refused:
        raise BadFile(why="too_large" if str(refused) == "too_large" else "not_a_photo") from refused


def _write(path: Path, content: bytes) -> None:
    """Write whole or not at all: into a temporary file beside, flushed, then renamed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
        try:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
            os.replace(file.name, path)
        except BaseException:  # a full disk: the half that was written only takes room
            os.unlink(file.name)
            raise
