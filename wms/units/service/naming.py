"""Codes that are told beside the goods: a supplier's file announces them, an opening stock gets them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert

from wms.core.errors import BadCode, UnitElsewhere, UnitsNeeded
from wms.core.ids import BinId, ItemId, LotId, LpnId, UnitId, UserId, new_id
from wms.db import db
from wms.gs1.scan import read
from wms.stock import ledger
from wms.units import queries, rules
from wms.units.models import Unit, UnitEvent, UnitEventKind, UnitNotice, UnitScheme
from wms.units.rules import UnitCode
from wms.units.service.work import check_twice, pieces_of


@dataclass(frozen=True, kw_only=True)
class Announce:
    """The codes of a supplier's file for one item: each with the code of the pack it is in, blank for none."""

    item: ItemId
    lot_number: str
    codes: Sequence[tuple[str, str]]
    document_kind: str = ""
    document_id: int | None = None


@dataclass(frozen=True, kw_only=True)
class AnnounceFile:
    """A supplier's file as it came."""

    item: ItemId
    lot_number: str
    lines: Sequence[Sequence[str]]
    document_kind: str = ""
    document_id: int | None = None


def announce(cmd: Announce, *, actor: UserId, at: datetime) -> int:
    """Keep what a file announces; how many codes are new. The same file again changes nothing.

    Raises NotFound (no such item), BadCode (a code that is none, a pack in itself, one code in two packs or for two lots),
    UnitOfOtherItem, UnitOfOtherLot.
    """
    sku, gtins = queries.sku_of(cmd.item), queries.gtins_of(cmd.item)
    read_codes: dict[str, UnitCode] = {}
    parents: dict[str, str] = {}
    for text, pack in cmd.codes:
        unit = rules.read_unit(read(text))
        rules.check_label(unit, lot_number=cmd.lot_number or unit.lot, gtins=gtins, sku=sku)
        parent = rules.read_unit(read(pack)) if pack.strip() else None
        if parent is not None:
            read_codes.setdefault(parent.code, parent)
        code = parent.code if parent else ""
        if parents.get(unit.code, code) != code:
            raise BadCode(kind="unit_pack", text=unit.code)
        read_codes[unit.code], parents[unit.code] = unit, code
    levels = rules.levels_of(parents)
    known = queries.find_notices(cmd.item, list(levels))
    for code, notice in known.items():
        if (code in parents and notice.parent_code != parents[code]) or notice.lot_number != cmd.lot_number:
            raise BadCode(kind="unit_pack", text=code)
    fresh = [
        {
            "id": new_id(), "item_id": cmd.item, "lot_number": cmd.lot_number, "code": code,
            "scheme": UnitScheme(read_codes[code].scheme), "level": level, "parent_code": parents.get(code, ""),
            "document_kind": cmd.document_kind, "document_id": cmd.document_id, "announced_by": actor, "announced_at": at,
        }
        for code, level in sorted(levels.items())
        if code not in known
    ]  # fmt: skip
    if fresh:
        db.session.execute(insert(UnitNotice), fresh)
    return len(fresh)


def announce_file(cmd: AnnounceFile, *, actor: UserId, at: datetime) -> int:
    """Keep a file whose lines name a code, its pack and the pack's outer pack; how many codes are new."""
    codes = rules.codes_of_lines(cmd.lines)
    return announce(
        Announce(item=cmd.item, lot_number=cmd.lot_number, codes=codes, document_kind=cmd.document_kind, document_id=cmd.document_id),
        actor=actor, at=at,
    )  # fmt: skip


def assign(
    *, lot: LotId, bin: BinId, lpn: LpnId, codes: Sequence[str], actor: UserId, at: datetime
) -> int:  # fmt: skip
    """Give ids to pieces that stand here without: an opening stock, say. No more than pieces without one stand there.

    Raises NotFound (nothing stands there), UnitsNeeded (more ids than pieces), UnitElsewhere (the id is known), UnitNamedTwice,
    BadCode (the code of a pack among them), what rules.check_label raises.
    """
    ledger.lock_lots([lot], exclusive=True)  # nothing moves, and nobody else names, meanwhile
    place = queries.place_of(lot, bin, lpn)
    units = [rules.read_unit(read(code)) for code in codes]
    check_twice(units)
    free = pieces_of(place.on_hand) - len(queries.pieces_at(lot, bin, lpn))
    if len(units) > free:
        raise UnitsNeeded(lot=place.lot_number, needed=free, came=len(units))
    for taken in queries.find_units(place.item, [unit.code for unit in units]).values():
        raise UnitElsewhere(unit=taken.code, known=queries.where_is(taken), needed=place.lot_number)
    gtins, names = queries.gtins_of(place.item), queries.lot_names([lot])[lot]
    rows, events = [], []
    for code in units:
        if code.is_pack:
            raise BadCode(kind="unit", text=code.code)
        rules.check_label(code, lot_number=place.lot_number, gtins=gtins, sku=place.sku, also=names)
        unit = UnitId(new_id())
        rows.append(
            {
                "id": unit, "item_id": place.item, "lot_id": lot, "code": code.code, "scheme": UnitScheme(code.scheme),
                "level": 0, "parent_id": None, "warehouse_id": place.warehouse, "bin_id": bin, "lpn_id": lpn,
                "is_duplicate": False, "created_at": at,
            }
        )  # fmt: skip
        events.append(
            {
                "id": new_id(), "unit_id": unit, "kind": UnitEventKind.ARRIVED, "to_bin_id": bin, "to_lpn_id": lpn,
                "document_kind": "", "raw_scan": code.raw, "by": actor, "at": at,
            }
        )  # fmt: skip
    if rows:
        db.session.execute(insert(Unit), rows)
        db.session.execute(insert(UnitEvent), events)
    return len(rows)
