"""How much a spreadsheet may be; beyond, it is refused before it costs more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

MB: Final = 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class Limits:
    """The bounds of one file, and of the process that reads it."""

    file_bytes: int = 8 * MB
    #: All parts of an XLSX together, unpacked; and how many times its packed size one part may be.
    unpacked_bytes: int = 64 * MB
    ratio: int = 100
    entries: int = 1000
    rows: int = 50_000
    columns: int = 200
    #: Rows times columns of the used area, empty ones too.
    cells: int = 4_000_000
    line_bytes: int = 64 * 1024
    cell_length: int = 2000
    #: All the text of a sheet: a shared string may stand in every cell.
    text_length: int = 24_000_000
    #: Of the process: address space, processor time, and time by the clock.
    memory_bytes: int = 512 * MB
    cpu_seconds: int = 20
    wall_seconds: float = 30.0


LIMITS: Final = Limits()
