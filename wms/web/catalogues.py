"""Compile the catalogues of sentences: messages.po, which people edit, to messages.mo, which the pages read.

Done at the start of every process, where one is stale, so that nobody has to remember it; `python -m
wms.web.catalogues` (make translations) does the same and fails on a broken catalogue.
"""

import os
import sys
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po

ROOT = Path(__file__).resolve().parent.parent / "translations"


def compile_stale(root: Path = ROOT) -> list[str]:
    """Write messages.mo beside each messages.po that is newer; give the faults found, one line each."""
    faults: list[str] = []
    for source in sorted(root.glob("*/LC_MESSAGES/messages.po")):
        target = source.with_suffix(".mo")
        if not target.exists() or target.stat().st_mtime < source.stat().st_mtime:
            faults += _compile(source, target)
    return faults


def _compile(source: Path, target: Path) -> list[str]:
    locale = source.parent.parent.name
    try:
        with source.open("rb") as file:
            catalogue = read_po(file, locale=locale, abort_invalid=True)
        wrong = [f"{locale}: {message.id!r}: {fault}" for message, found in catalogue.check() for fault in found]
        if wrong:
            return wrong
        fresh = target.with_suffix(f".{os.getpid()}.new")  # several processes may start at once
        with fresh.open("wb") as file:
            write_mo(file, catalogue)
        fresh.replace(target)
    except (PoFileError, OSError) as failed:
        return [f"{locale}: {failed}"]
    return []


if __name__ == "__main__":
    found = compile_stale()
    for line in found:
        print(line, file=sys.stderr)
    sys.exit(bool(found))
