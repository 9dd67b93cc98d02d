"""Reading a spreadsheet in a process of its own, so that a hostile file costs its own process and nothing else."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from wms.core.errors import SheetRefused
from wms.imports.limits import LIMITS, Limits
from wms.imports.rules.table import Row

_ROOT: Final = Path(__file__).resolve().parents[2]


@dataclass
class SheetRead:
    """What came out of a file: how it was read, and the rows that hold something, by their number in the sheet."""

    source: dict[str, Any]
    rows: list[Row] = field(default_factory=list)


def read_sheet(
    path: Path,
    *,
    name: str,
    kind: str,
    sheet: str = "",
    charset: str = "",
    delimiter: str = "",
    limits: Limits = LIMITS,
) -> SheetRead:
    """Read the sheet of a file that looks most like `kind` (or the one named). Raises SheetRefused, within seconds."""
    if path.stat().st_size > limits.file_bytes:
        found, needed = path.stat().st_size, limits.file_bytes
        raise SheetRefused(why="sheet_bytes", found=f"{found / 2**20:.1f} MB", needed=f"{needed / 2**20:.1f} MB")
    asked = {
        "path": str(path.absolute()), "name": name, "kind": kind, "sheet": sheet, "charset": charset,
        "delimiter": delimiter, "limits": dataclasses.asdict(limits),
    }  # fmt: skip
    try:
        done = subprocess.run(
            [sys.executable, "-s", "-m", "wms.imports.reader"],
            input=json.dumps(asked).encode(),
            capture_output=True,
            timeout=limits.wall_seconds,
            cwd=_ROOT,
            env={"PATH": os.environ.get("PATH", ""), "PYTHONDONTWRITEBYTECODE": "1", "PYTHONIOENCODING": "utf-8"}
            | {name: os.environ[name] for name in ("SYSTEMROOT",) if name in os.environ},
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise SheetRefused(why="sheet_time", found="", needed=f"{limits.wall_seconds:g} s") from None
    return _understood(done, limits)


def _understood(done: subprocess.CompletedProcess[bytes], limits: Limits) -> SheetRead:
    lines = done.stdout.split(b"\n")
    read: SheetRead | None = None
    for line in lines:
        if not line:
            continue
        try:
            said = json.loads(line)
        except ValueError:
            break  # cut off in the middle of a line
        if isinstance(said, list):
            assert read is not None
            read.rows.append((said[0], said[1]))
        elif "refused" in said:
            raise SheetRefused(why=said["refused"], found=said["found"], needed=said["needed"])
        elif "source" in said:
            read = SheetRead(said["source"])
        elif said.get("end") and read is not None:
            return read
    if done.returncode in (-24, -9):  # SIGXCPU, SIGKILL
        raise SheetRefused(why="sheet_time", found="", needed=f"{limits.cpu_seconds} s")
    if done.returncode < 0 or b"MemoryError" in done.stderr:
        raise SheetRefused(why="sheet_memory", found="", needed=f"{limits.memory_bytes // 2**20} MB")
    last = done.stderr.decode(errors="replace").strip().splitlines()[-1:] or [""]
    raise SheetRefused(why="sheet_broken", found=last[0][:120], needed="")


# -- keeping ----------------------------------------------------------------------------------------------------------
def keep_upload(content: bytes, *, data_dir: Path) -> tuple[str, Path]:
    """Write a file under its own hash outside the web root, whole or not at all; its hash and where it lies."""
    sha256 = hashlib.sha256(content).hexdigest()
    path = path_of(sha256, data_dir=data_dir)
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
            try:
                file.write(content)
                file.flush()
                os.replace(file.name, path)
            except BaseException:
                os.unlink(file.name)
                raise
    return sha256, path


def path_of(sha256: str, *, data_dir: Path) -> Path:
    """Say where the file of a run lies."""
    return data_dir / "imports" / sha256[:2] / sha256
