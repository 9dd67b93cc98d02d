"""Evidence that leaves the house: a folder that anybody checks without this program (scripts/verify_export.py).

records.txt   a line for each sealed record, in the order of the chain: block, stream, id, hash, the record; tab between them
blocks.txt    a line for each block: its hash, the site's signature, what it says
anchor.jsonl  the anchor as it lies outside the database
"""

from __future__ import annotations

import heapq
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from wms.core.errors import ExportThere
from wms.db import db
from wms.evidence import anchor, queries, rules

SCRIPT: Final = Path(__file__).resolve().parents[2] / "scripts" / "verify_export.py"
_CHUNK: Final = 4


def export(folder: Path) -> tuple[int, int]:
    """Write everything that is sealed into a new or empty folder, in one snapshot; how many blocks and records.

    Raises ExportThere when something lies in the folder. What is gone from the database has no record in its line.
    """
    if folder.exists() and any(folder.iterdir()):
        raise ExportThere(folder=str(folder))
    folder.mkdir(parents=True, exist_ok=True)
    session = db.session()
    if session.get_bind().dialect.name == "postgresql":
        session.rollback()
        session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
    reader = queries.Reader()
    blocks = records = 0
    last = 0
    with (
        (folder / "blocks.txt").open("w", encoding="utf-8", newline="\n") as of_blocks,
        (folder / "records.txt").open("w", encoding="utf-8", newline="\n") as of_records,
    ):
        while part := queries.blocks_after(last, most=_CHUNK):
            for one in part:
                of_blocks.write(f"{one.hash}\t{one.signature}\t{one.block.line}\n")
            for line in _records(reader, part[0].block.seq, part[-1].block.seq):
                of_records.write(line)
                records += 1
            blocks += len(part)
            last = part[-1].block.seq
    if anchor.path().exists():
        shutil.copyfile(anchor.path(), folder / "anchor.jsonl")
    shutil.copyfile(SCRIPT, folder / SCRIPT.name)
    return blocks, records


def _records(reader: queries.Reader, first: int, last: int) -> Iterator[str]:
    """The members of some blocks, in membership order: by block, stream, id. Each stream comes sorted by itself."""

    def of(name: str) -> Iterator[tuple[int, str, int, str, str]]:
        for block, record, sha256, line in reader.sealed_lines(rules.BY_NAME[name], first=first, last=last):
            yield block, name, record, bytes(sha256).hex(), line or ""

    for block, name, record, sha256, line in heapq.merge(*(of(name) for name in reader.streams_of(first, last))):
        yield f"{block}\t{name}\t{record}\t{sha256}\t{line}\n"
