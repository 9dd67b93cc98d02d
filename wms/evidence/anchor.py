"""The anchor: a file outside the database that knows how far the chain has come. Lines are appended, never changed.

Whoever cuts the end off the database, or makes the chain anew from some block on, does not agree with it. It is worth as
much as the place where it lies: on another disk, or copied away each day, it is worth more (docs/evidence.md).
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from flask import current_app

from wms.core.errors import AnchorFaulty
from wms.evidence.rules import ANCHOR_VERSION, AnchorLine
from wms.signing import keys

#: The longest line is far below this.
_TAIL: Final = 65_536


@dataclass(frozen=True)
class Read:
    """The lines of the anchor, and the first that cannot be believed: its number and what is wrong with it."""

    lines: Sequence[AnchorLine]
    fault: str = ""
    fault_line: int = 0
    is_there: bool = True


def path() -> Path:
    """Say where the anchor of this application lies."""
    return Path(current_app.config["WMS"].anchor_path)


def read(file: Path | None = None) -> Read:
    """Read the anchor, up to the first line that is not as it was signed. A line without its end was cut by a lost power."""
    file = file or path()
    if not file.exists():
        return Read([], is_there=False)
    lines: list[AnchorLine] = []
    whole = file.read_bytes()
    for number, text in enumerate(whole.split(b"\n"), start=1):
        if not text:
            continue
        if number == whole.count(b"\n") + 1:  # the tail that was being written; the next run writes it again
            break
        found = _parsed(text)
        if isinstance(found, str):
            return Read(lines, fault=found, fault_line=number)
        lines.append(found)
    return Read(lines)


def last() -> AnchorLine | None:
    """Give the last whole line, None for an anchor without one. Raises AnchorFaulty when it is not as it was signed."""
    file = path()
    if not file.exists():
        return None
    with file.open("rb") as opened:
        size = opened.seek(0, os.SEEK_END)
        opened.seek(max(0, size - _TAIL))
        whole = [text for text in opened.read().split(b"\n")[:-1] if text]
    if not whole:
        return None
    found = _parsed(whole[-1])
    if isinstance(found, str):
        raise AnchorFaulty(file=str(file), what=f"its last line is {found}")
    return found


def append(lines: Sequence[tuple[AnchorLine, str]]) -> None:
    """Write lines with their signatures behind the others and wait for the disk. Raises AnchorFaulty when it cannot."""
    file = path()
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(file, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600), "rb+") as opened:
            fcntl.flock(opened, fcntl.LOCK_EX)
            _drop_torn_tail(opened)
            content = "".join(
                json.dumps({"line": json.loads(line.line), "signature": signature}, ensure_ascii=False) + "\n"
                for line, signature in lines
            )
            opened.write(content.encode())
            opened.flush()
            os.fsync(opened.fileno())
    except OSError as wrong:
        raise AnchorFaulty(file=str(file), what=wrong.strerror or str(wrong)) from wrong


def _drop_torn_tail(opened: Any) -> None:
    """What a lost power left without its end was never counted."""
    size = opened.seek(0, os.SEEK_END)
    if not size:
        return
    start = max(0, size - _TAIL)
    opened.seek(start)
    tail = opened.read()
    if not tail.endswith(b"\n"):
        opened.truncate(start + tail.rfind(b"\n") + 1)
    opened.seek(0, os.SEEK_END)


def _parsed(text: bytes) -> AnchorLine | str:
    try:
        whole = json.loads(text)
        said, signature = whole["line"], whole["signature"]
        if said["v"] != ANCHOR_VERSION:
            return "another version"
        line = AnchorLine(
            seq=int(said["block"]), hash=said["hash"], total=int(said["total"]), sealed_at=said["sealed_at"],
            public_key=said["public_key"], restored=said["restored"],
        )  # fmt: skip
    except (ValueError, KeyError, TypeError):
        return "no line of an anchor"
    if not keys.is_genuine(public_key=line.public_key, signature=signature, statement=line.line.encode()):
        return "not as it was signed"
    return line
