"""What a scanned text is as a unit id, and whether the ids named are those of the goods carried. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from wms.core.errors import BadCode, UnitOfOtherItem, UnitOfOtherLot
from wms.gs1.scan import Scan

#: 药品追溯码 as printed in China: 20 digits, the first of them 8; the first seven name the drug, its strength and pack.
DRUG_TRACE: Final = re.compile(r"8\d{19}", re.ASCII)
_SERIAL: Final = re.compile(r"[!-~]{1,60}", re.ASCII)
CODE_LENGTH: Final = 80


@dataclass(frozen=True, kw_only=True)
class UnitCode:
    """A unit id as it is kept. `gtin` and `lot` are what the same symbol says of the goods, blank for nothing.

    `is_pack`: the code can only be a pack's (an SSCC on a pallet).
    """

    scheme: str
    code: str
    gtin: str = ""
    lot: str = ""
    raw: str = ""
    is_pack: bool = False


def read_unit(scan: Scan) -> UnitCode:
    """Say what a scan is as a unit id: GS1 with (21), a drug trace code, else a plain serial of 1 to 60 signs.

    The UDI production identifier of a device (21 CFR 830.3; NMPA 2019 no. 66) is the GS1 form, with lot and dates beside the
    serial. The SSCC of a pallet is the code of a pack. Raises BadCode for a label without a serial, and for a text that can be
    none.

    >>> from wms.gs1.scan import read
    >>> read_unit(read("(01)09506000134352(21)A1(10)L7")).code, read_unit(read("81234567890123456789")).scheme
    ('09506000134352.A1', 'drug_trace')
    """
    raw = scan.text[:160]
    if scan.serial:
        code = f"{scan.gtin}.{scan.serial}" if scan.gtin else scan.serial
        return UnitCode(
            scheme="gs1", code=code[:CODE_LENGTH], gtin=str(scan.gtin or ""), lot=str(scan.lot or ""), raw=raw
        )
    if scan.sscc is not None:
        return UnitCode(scheme="gs1", code=str(scan.sscc), raw=raw, is_pack=True)
    if DRUG_TRACE.fullmatch(scan.text):
        return UnitCode(scheme="drug_trace", code=scan.text, raw=raw)
    if scan.elements or not _SERIAL.fullmatch(scan.text):
        raise BadCode(kind="unit", text=scan.text[:60])
    return UnitCode(scheme="serial", code=scan.text, raw=raw)


def check_label(
    unit: UnitCode, *, lot_number: str, gtins: Iterable[str], sku: str, also: Iterable[str] = ()
) -> None:  # fmt: skip
    """Refuse a unit whose own label names another item or lot than the goods: UnitOfOtherItem, UnitOfOtherLot.

    `also` are other numbers by which the lot goes, as its maker's.
    """
    if unit.gtin and unit.gtin not in set(gtins):
        raise UnitOfOtherItem(unit=unit.code, needed=sku, came=unit.gtin)
    if unit.lot and unit.lot != lot_number and unit.lot not in set(also):
        raise UnitOfOtherLot(unit=unit.code, needed=lot_number, came=unit.lot)


def pieces_under(code: str, children: Mapping[str, Sequence[str]], *, most: int = 20_000) -> list[str]:
    """List the codes of the pieces in a pack, itself when nothing is in it; BadCode for a pack that is in itself or too large."""
    found: list[str] = []
    seen = {code}
    waiting = [code]
    while waiting:
        one = waiting.pop()
        inside = children.get(one, ())
        if not inside:
            found.append(one)
        for child in inside:
            if child in seen or len(seen) > most:
                raise BadCode(kind="unit_pack", text=child[:60])
            seen.add(child)
            waiting.append(child)
    return found


def levels_of(parents: Mapping[str, str]) -> dict[str, int]:
    """Say the level of every code of a file: 0 for a piece, for a pack one more than the highest in it; BadCode for a ring."""
    children: dict[str, list[str]] = {}
    for code, parent in parents.items():
        if parent:
            children.setdefault(parent, []).append(code)
    levels: dict[str, int] = {}

    for start in {*parents, *children}:
        path: list[str] = [start]
        while path:
            code = path[-1]
            open_children = [child for child in children.get(code, ()) if child not in levels]
            if not open_children:
                levels[code] = 1 + max((levels[child] for child in children.get(code, ())), default=-1)
                path.pop()
                continue
            if open_children[0] in path or len(path) > 9:
                raise BadCode(kind="unit_pack", text=code[:60])
            path.append(open_children[0])
    return levels


def codes_of_lines(lines: Iterable[Sequence[str]]) -> list[tuple[str, str]]:
    """Turn the lines of a file (code, its pack, the pack's outer pack ...) into pairs of a code and the pack it is in.

    A blank line says nothing; a line with a gap is refused (BadCode).

    >>> codes_of_lines([["p1", "box"], ["p2", "box", "case"], [""]])
    [('p1', 'box'), ('p2', 'box'), ('box', 'case')]
    """
    pairs: dict[tuple[str, str], None] = {}
    for line in lines:
        chain = [cell.strip(" \t\r\n") for cell in line]
        while chain and not chain[-1]:
            chain.pop()
        for at, code in enumerate(chain):
            if not code:
                raise BadCode(kind="unit", text=",".join(chain)[:60])
            if at == 0 or at + 1 < len(chain):
                pairs[code, chain[at + 1] if at + 1 < len(chain) else ""] = None
    return list(pairs)
