"""Compile every catalogue under wms/translations that is newer than its compiled form; a broken catalogue fails."""

import sys
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po

ROOT = Path(__file__).resolve().parent.parent / "wms" / "translations"


def compile_catalogues(root: Path = ROOT) -> list[str]:
    """Write messages.mo beside each stale messages.po; say the faults found, one line each."""
    faults: list[str] = []
    for source in sorted(root.glob("*/LC_MESSAGES/messages.po")):
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime >= source.stat().st_mtime:
            continue
        locale = source.parent.parent.name
        try:
            with source.open("rb") as file:
                catalogue = read_po(file, locale=locale, abort_invalid=True)
        except PoFileError as broken:
            faults.append(f"{source.name} of {locale}: {broken}")
            continue
        wrong = [f"{locale}: {m.id!r}: {fault}" for m, found in catalogue.check() for fault in found]
        if wrong:
            faults += wrong
            continue
        fresh = target.with_suffix(".mo.new")
        with fresh.open("wb") as file:
            write_mo(file, catalogue)
        fresh.replace(target)
    return faults


if __name__ == "__main__":
    found = compile_catalogues()
    for line in found:
        print(line, file=sys.stderr)
    sys.exit(bool(found))
