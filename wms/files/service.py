"""Verbs of files: keep a photo on disk, attach it to a record.

Keeping comes first and outside a transaction: the name on disk is the hash of the content, so doing it twice is
doing it once. Attaching is the row, in the transaction of the record it belongs to.
"""

from __future__ import annotations

import hashlib
import io
import os
import re
import tempfile
import warnings
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from PIL import Image

from wms.core.errors import BadFile
from wms.core.ids import FileId, UserId, new_id
from wms.db import db
from wms.files.models import StoredFile

MAX_BYTES: Final = 8 * 1024 * 1024
MAX_PIXELS: Final = 64_000_000
#: The types we take, by what Pillow finds inside the file.
_TYPES: Final = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}


@dataclass(frozen=True, kw_only=True)
class KeptFile:
    """A file on disk that no record points to yet."""

    sha256: str
    content_type: str
    size_bytes: int


def keep_photo(content: bytes, *, data_dir: Path) -> KeptFile:
    """Store a photo under its hash in `data_dir`/files, byte for byte; its type is judged by content.

    Raises BadFile: empty, too_large (bytes or pixels), not_a_photo (JPEG, PNG or WebP).
    """
    if not content:
        raise BadFile(why="empty")
    if len(content) > MAX_BYTES:
        raise BadFile(why="too_large")
    kept = KeptFile(
        sha256=hashlib.sha256(content).hexdigest(), content_type=_photo_type(content), size_bytes=len(content)
    )
    path = path_of(kept.sha256, data_dir=data_dir)
    if not path.exists():
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
    kept: KeptFile, *, subject_kind: str, subject_id: int, actor: UserId, at: datetime, name: str = ""
) -> FileId:
    """Tie a kept file to the record it belongs to, such as ("receipt_line", id)."""
    row = StoredFile(
        id=FileId(new_id()),
        sha256=kept.sha256,
        content_type=kept.content_type,
        size_bytes=kept.size_bytes,
        name=name[:160],
        subject_kind=subject_kind,
        subject_id=subject_id,
        created_by=actor,
        created_at=at,
    )
    db.session.add(row)
    return row.id


def path_of(sha256: str, *, data_dir: Path) -> Path:
    """Say where a file lies: outside the web root, under a name of ours."""
    return data_dir / "files" / sha256[:2] / sha256


def _photo_type(content: bytes) -> str:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content), formats=tuple(_TYPES)) as image:
                kind, size = image.format or "", image.size
                if size[0] * size[1] > MAX_PIXELS:
                    raise BadFile(why="too_large")
                image.verify()
    except Image.DecompressionBombError:
        raise BadFile(why="too_large") from None
    except (OSError, SyntaxError, ValueError) as broken:
        raise BadFile(why="not_a_photo") from broken
    return _TYPES[kind]


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
