"""Units follow the goods: called by the ledger in the transaction of a posting, or refusing it.

Whole places need no words: what stands there goes along. Of a part, the edge names the ids (stock.followers.naming); a pack
names the pieces in it. Every piece that is picked or shipped has its id; what came without one (an opening stock) must get it first.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import insert

from wms.alerts.models import AlertKind, Severity
from wms.alerts.service import raise_alert
from wms.core.errors import (
    BadCode,
    BadQuantity,
    QuestionNeeded,
    UnitElsewhere,
    UnitNamedTwice,
    UnitsNeeded,
    UnitUnknown,
)
from wms.core.ids import BinId, ItemId, LotId, LpnId, UnitId, UserId, new_id
from wms.core.quantity import Quantity
from wms.db import db
from wms.gs1.scan import read
from wms.stock import followers
from wms.stock.followers import Carried, Journey
from wms.units import queries, rules
from wms.units.models import Unit, UnitEvent, UnitEventKind, UnitNotice, UnitScheme
from wms.units.rules import UnitCode

#: Reasons by which goods change their lot: the pieces go along into the other lot.
_CHANGES_LOT = frozenset({"split", "merge", "relabel"})
#: Reasons for which each piece must be known by its id.
_STRICT = (
    frozenset({"receive", "pick", "ship", "move", "putaway", "quarantine", "unpick", "supplier_return"}) | _CHANGES_LOT
)


@dataclass
class _Work:
    """What one posting does to units, written at its end."""

    journey: Journey
    named: list[UnitCode]
    used: set[str] = field(default_factory=set)
    events: list[dict[str, object]] = field(default_factory=list)
    #: Pieces that left their lot by a conversion, to be taken up by another lot.
    loose: list[Unit] = field(default_factory=list)


def follow(journey: Journey) -> None:
    """Move the units of the goods that a posting carries; a follower of the ledger.

    Raises UnitsNeeded, UnitUnknown, UnitElsewhere, UnitNamedTwice, UnitOfOtherItem, UnitOfOtherLot, BadQuantity (a part of a
    piece), BadCode, and QuestionNeeded: unit_came_back (known as gone), unit_seen_twice (known as here).
    """
    if journey.reverses is not None:
        _undo(journey)
        return
    work = _Work(journey, [rules.read_unit(read(code)) for code in followers.named().codes])
    _check_twice(work.named)
    leaving = [move for move in journey.moves if not move.is_source_outside]
    for group in _by_place(leaving):
        _leave(work, group)
    arriving = [move for move in journey.moves if move.is_source_outside]
    if journey.reason in _CHANGES_LOT:
        _take_up(work, arriving)
    else:
        for move in arriving:
            _arrive(work, move)
    if work.named and (spare := [unit.code for unit in work.named if unit.code not in work.used]):
        raise UnitUnknown(unit=spare[0], lot=", ".join(sorted({move.lot_number for move in journey.moves})))
    db.session.flush()
    if work.events:
        db.session.execute(insert(UnitEvent), work.events)


def _check_twice(named: Sequence[UnitCode]) -> None:
    seen: set[str] = set()
    for unit in named:
        if unit.code in seen:
            raise UnitNamedTwice(unit=unit.code)
        seen.add(unit.code)


def _by_place(moves: Iterable[Carried]) -> list[list[Carried]]:
    groups: dict[tuple[int, int, int], list[Carried]] = defaultdict(list)
    for move in moves:
        if (move.source_bin, move.source_lpn) != (move.target_bin, move.target_lpn):
            groups[move.lot, move.source_bin, move.source_lpn].append(move)
    return list(groups.values())


def _pieces(quantity: Quantity) -> int:
    if quantity.millionths % 1_000_000:
        raise BadQuantity(text=str(quantity))
    return quantity.millionths // 1_000_000


# -- goods that stand here --------------------------------------------------------------------------------------------
def _leave(work: _Work, moves: Sequence[Carried]) -> None:
    """Move the pieces of one lot out of one place, to where each move goes."""
    first = moves[0]
    needed = sum(_pieces(move.quantity) for move in moves)
    here = queries.pieces_at(first.lot, first.source_bin, first.source_lpn)
    if work.named:
        chosen = _named_here(work, first, here)
    elif len(here) == needed:
        chosen = here
    else:
        chosen = []
    if len(chosen) != needed:
        if unknown := _unknown(work, first):
            raise UnitUnknown(unit=unknown, lot=first.lot_number)
        if work.journey.reason not in _STRICT and not chosen:
            return
        raise UnitsNeeded(lot=first.lot_number, needed=needed, came=len(chosen))
    rest = list(chosen)
    for move in moves:
        count = _pieces(move.quantity)
        taken, rest = rest[:count], rest[count:]
        if work.journey.reason in _CHANGES_LOT and move.is_target_outside:
            work.loose += taken
        else:
            _place(work, taken, move)
    _settle_packs(work, chosen, moves)


def _named_here(work: _Work, move: Carried, here: Sequence[Unit]) -> list[Unit]:
    """The named pieces of this lot and place; a pack names its pieces. One that is known elsewhere is refused by name."""
    known = queries.find_units(move.item, [unit.code for unit in work.named])
    stands = {unit.id for unit in here}
    chosen: list[Unit] = []
    for code in work.named:
        unit = known.get(code.code)
        if unit is None:
            continue
        rules.check_label(code, lot_number=move.lot_number, gtins=queries.gtins_of(move.item), sku=unit.item.sku)
        for piece in queries.pieces_in(unit):
            if piece.id not in stands:
                if _is_of_other_group(work, piece):
                    break
                raise UnitElsewhere(
                    unit=code.code, known=queries.where_is(piece), needed=f"{move.lot_number} · {queries.bin_code(move.source_bin)}"
                )  # fmt: skip
            if piece in chosen:
                raise UnitNamedTwice(unit=code.code)
            chosen.append(piece)
        else:
            work.used.add(code.code)
    return chosen


def _unknown(work: _Work, move: Carried) -> str:
    """The first named code that no unit of the item has."""
    known = queries.find_units(move.item, [unit.code for unit in work.named])
    return next((unit.code for unit in work.named if unit.code not in known), "")


def _is_of_other_group(work: _Work, piece: Unit) -> bool:
    """Whether the piece stands where another move of the same posting begins."""
    return any(
        (piece.lot_id, piece.bin_id, piece.lpn_id) == (move.lot, move.source_bin, move.source_lpn)
        for move in work.journey.moves
    )


def _place(work: _Work, units: Sequence[Unit], move: Carried, *, lot: LotId | None = None) -> None:
    kind = UnitEventKind.LEFT if move.is_target_outside else UnitEventKind.MOVED
    for unit in units:
        _tell(work, unit, kind, move)
        unit.bin_id, unit.lpn_id, unit.warehouse_id = move.target_bin, move.target_lpn, move.warehouse
        if lot is not None:
            unit.lot_id = lot


def _settle_packs(work: _Work, gone: Sequence[Unit], moves: Sequence[Carried]) -> None:
    """A pack that went whole goes along; from one of which a part went, that part is unpacked."""
    ids = {unit.id for unit in gone}
    for parent in {unit.parent_id for unit in gone if unit.parent_id is not None}:
        pack = db.session.get_one(Unit, parent)
        inside = queries.pieces_in(pack)
        if {piece.id for piece in inside} <= ids and len(moves) == 1:
            _place(work, [pack], moves[0])
            _settle_packs_above(work, pack, ids, moves[0])
        else:
            for unit in gone:
                if unit.parent_id == parent:
                    _tell(work, unit, UnitEventKind.UNPACKED, moves[0])
                    unit.parent_id = None


def _settle_packs_above(work: _Work, pack: Unit, ids: set[UnitId], move: Carried) -> None:
    while pack.parent_id is not None:
        above = db.session.get_one(Unit, pack.parent_id)
        if {piece.id for piece in queries.pieces_in(above)} <= ids:
            _place(work, [above], move)
            pack = above
        else:
            _tell(work, pack, UnitEventKind.UNPACKED, move)
            pack.parent_id = None


def _take_up(work: _Work, moves: Sequence[Carried]) -> None:
    """Give the pieces that left one lot to the lot that they became."""
    for move in moves:
        count = min(_pieces(move.quantity), len(work.loose))
        taken, work.loose = work.loose[:count], work.loose[count:]
        _place(work, taken, move, lot=move.lot)


# -- goods that come in -----------------------------------------------------------------------------------------------
def _arrive(work: _Work, move: Carried) -> None:
    needed = _pieces(move.quantity)
    journey = work.journey
    sku = queries.sku_of(move.item)
    pieces: list[UnitCode] = []
    packs: dict[str, str] = {}
    for code in work.named:
        if code.code in work.used:
            continue
        rules.check_label(code, lot_number=move.lot_number, gtins=queries.gtins_of(move.item), sku=sku)
        inside, parents = queries.announced_pieces(move.item, code.code)
        found = [replace(code, code=one) for one in inside] if parents else [code]
        if len(pieces) + len(found) > needed:
            break
        pieces += found
        packs |= parents
        work.used.add(code.code)
    if len(pieces) != needed:
        if journey.reason not in _STRICT and not pieces:
            return
        raise UnitsNeeded(lot=move.lot_number, needed=needed, came=len(pieces))
    known = queries.find_units(move.item, [unit.code for unit in pieces] + list(set(packs.values())))
    rows: dict[str, Unit] = {}
    for code in pieces:
        rows[code.code] = _arrived(work, known.get(code.code), code, move)
    for child, parent in packs.items():
        pack = rows.get(parent) or known.get(parent)
        if pack is None:
            pack = _new(
                UnitCode(scheme=rows[child].scheme.value if child in rows else "serial", code=parent),
                move,
                at=journey.at,
            )
            db.session.flush()
        rows[parent] = pack
    for child, parent in packs.items():
        rows[child].parent_id = rows[parent].id
        rows[parent].level = max(rows[parent].level, rows[child].level + 1)
        if (rows[parent].bin_id, rows[parent].lpn_id) != (move.target_bin, move.target_lpn):
            _place(work, [rows[parent]], move)


def _arrived(work: _Work, known: Unit | None, code: UnitCode, move: Carried) -> Unit:
    """Take a piece in: a new one, one that comes back, or a second one of the same code, which is a question."""
    journey = work.journey
    if known is None:
        unit = _new(code, move, at=journey.at)
        _tell(work, unit, UnitEventKind.ARRIVED, move, raw=code.raw, is_new=True)
        return unit
    answers = followers.named().answers
    if known.bin.is_outside:
        if journey.reason != "customer_return" and "unit_came_back" not in answers:
            raise QuestionNeeded(question="unit_came_back", unit=code.code, known=queries.where_is(known))
        _tell(work, known, UnitEventKind.CAME_BACK, move, raw=code.raw)
        known.lot_id, known.bin_id, known.lpn_id, known.warehouse_id = (
            move.lot, move.target_bin, move.target_lpn, move.warehouse,
        )  # fmt: skip
        return known
    if "unit_seen_twice" not in answers:
        raise QuestionNeeded(question="unit_seen_twice", unit=code.code, known=queries.where_is(known))
    twin = _new(code, move, at=journey.at, is_duplicate=True)
    _tell(work, twin, UnitEventKind.SEEN_TWICE, move, raw=code.raw, is_new=True)
    raise_alert(
        kind=AlertKind.UNIT_SEEN_TWICE, severity=Severity.CRITICAL, warehouse=move.warehouse,
        subject_key=f"unit:{known.id}", subject_kind="unit", subject_id=known.id,
        data={
            "unit_id": code.code, "sku": known.item.sku, "where": queries.bin_code(move.target_bin),
            "known": queries.where_is(known),
        },
        at=journey.at,
    )  # fmt: skip
    return twin


def _new(code: UnitCode, move: Carried, *, at: datetime, is_duplicate: bool = False) -> Unit:
    unit = Unit(
        id=UnitId(new_id()), item_id=move.item, lot_id=move.lot, code=code.code, scheme=UnitScheme(code.scheme), level=0,
        warehouse_id=move.warehouse, bin_id=move.target_bin, lpn_id=move.target_lpn, is_duplicate=is_duplicate,
        created_at=at,
    )  # fmt: skip
    db.session.add(unit)
    return unit


def _tell(work: _Work, unit: Unit, kind: UnitEventKind, move: Carried, *, raw: str = "", is_new: bool = False) -> None:
    journey = work.journey
    work.events.append(
        {
            "id": new_id(), "unit_id": unit.id, "kind": kind, "posting_seq": journey.seq,
            "from_lot_id": None if is_new else unit.lot_id, "from_bin_id": None if is_new else unit.bin_id,
            "from_lpn_id": None if is_new else unit.lpn_id, "from_parent_id": None if is_new else unit.parent_id,
            "to_bin_id": move.target_bin, "to_lpn_id": move.target_lpn, "document_kind": journey.document_kind,
            "document_id": journey.document_id, "raw_scan": raw, "by": journey.actor, "at": journey.at,
        }
    )  # fmt: skip


# -- undo -------------------------------------------------------------------------------------------------------------
def _undo(journey: Journey) -> None:
    """Put the units of a posting that is reversed back where they were; UnitElsewhere when one went on meanwhile."""
    assert journey.reverses is not None
    done = queries.events_of_posting(journey.reverses)
    events = []
    for event in reversed(done):
        unit = db.session.get_one(Unit, event.unit_id)
        if (unit.bin_id, unit.lpn_id) != (event.to_bin_id, event.to_lpn_id):
            raise UnitElsewhere(unit=unit.code, known=queries.where_is(unit), needed=queries.bin_code(event.to_bin_id))
        before = (unit.lot_id, unit.bin_id, unit.lpn_id, unit.parent_id)
        if event.from_bin_id is None:
            unit.bin_id, unit.lpn_id = _outside_of(journey, unit), LpnId(0)
        else:
            unit.bin_id, unit.lpn_id = event.from_bin_id, event.from_lpn_id or LpnId(0)
            unit.lot_id, unit.parent_id = event.from_lot_id or unit.lot_id, event.from_parent_id
            unit.warehouse_id = queries.warehouse_of(unit.bin_id)
        events.append(
            {
                "id": new_id(), "unit_id": unit.id, "kind": UnitEventKind.UNDONE, "posting_seq": journey.seq,
                "from_lot_id": before[0], "from_bin_id": before[1], "from_lpn_id": before[2], "from_parent_id": before[3],
                "to_bin_id": unit.bin_id, "to_lpn_id": unit.lpn_id, "document_kind": journey.document_kind,
                "document_id": journey.document_id, "raw_scan": "", "by": journey.actor, "at": journey.at,
            }
        )  # fmt: skip
    db.session.flush()
    if events:
        db.session.execute(insert(UnitEvent), events)


def _outside_of(journey: Journey, unit: Unit) -> BinId:
    """Where goods of this lot go back to by the reversal."""
    for move in journey.moves:
        if move.lot == unit.lot_id and move.is_target_outside:
            return move.target_bin
    return unit.bin_id


# -- files ------------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, kw_only=True)
class Announce:
    """The codes of a supplier's file for one item: each with the code of the pack it is in, blank for none."""

    item: ItemId
    lot_number: str
    codes: Sequence[tuple[str, str]]
    document_kind: str = ""
    document_id: int | None = None


def announce(cmd: Announce, *, actor: UserId, at: datetime) -> int:
    """Keep what a file announces; how many codes are new. The same file again changes nothing.

    Raises BadCode (a code that is none, a pack in itself, one code in two packs), UnitOfOtherItem, UnitOfOtherLot.
    """
    sku = queries.sku_of(cmd.item)
    gtins = queries.gtins_of(cmd.item)
    read_codes: dict[str, UnitCode] = {}
    parents: dict[str, str] = {}
    for text, pack in cmd.codes:
        unit = rules.read_unit(read(text))
        if cmd.lot_number:
            rules.check_label(unit, lot_number=cmd.lot_number, gtins=gtins, sku=sku)
        parent = rules.read_unit(read(pack)).code if pack.strip() else ""
        if parents.get(unit.code, parent) != parent:
            raise BadCode(kind="unit_pack", text=unit.code)
        read_codes[unit.code], parents[unit.code] = unit, parent
    levels = rules.levels_of(parents)
    known = queries.find_notices(cmd.item, list(levels))
    fresh = [
        {
            "id": new_id(), "item_id": cmd.item, "lot_number": cmd.lot_number, "code": code,
            "scheme": UnitScheme(read_codes[code].scheme if code in read_codes else "serial"), "level": level,
            "parent_code": parents.get(code, ""), "document_kind": cmd.document_kind, "document_id": cmd.document_id,
            "announced_by": actor, "announced_at": at,
        }
        for code, level in sorted(levels.items())
        if code not in known
    ]  # fmt: skip
    for code, notice in known.items():
        if code in parents and notice.parent_code != parents[code]:
            raise BadCode(kind="unit_pack", text=code)
    if fresh:
        db.session.execute(insert(UnitNotice), fresh)
    return len(fresh)


def assign(
    *, lot: LotId, bin: BinId, lpn: LpnId, codes: Sequence[str], actor: UserId, at: datetime
) -> int:  # fmt: skip
    """Give ids to pieces that stand here without: an opening stock, say. No more than pieces without one stand there.

    Raises UnitsNeeded (more ids than pieces), UnitElsewhere (the id is known), what rules.check_label raises.
    """
    place = queries.place_of(lot, bin, lpn)
    units = [rules.read_unit(read(code)) for code in codes]
    _check_twice(units)
    free = _pieces(place.on_hand) - len(queries.pieces_at(lot, bin, lpn))
    if len(units) > free:
        raise UnitsNeeded(lot=place.lot_number, needed=free, came=len(units))
    known = queries.find_units(place.item, [unit.code for unit in units])
    for taken in known.values():
        raise UnitElsewhere(unit=taken.code, known=queries.where_is(taken), needed=place.lot_number)
    for code in units:
        rules.check_label(code, lot_number=place.lot_number, gtins=queries.gtins_of(place.item), sku=place.sku)
        unit = Unit(
            id=UnitId(new_id()), item_id=place.item, lot_id=lot, code=code.code, scheme=UnitScheme(code.scheme), level=0,
            warehouse_id=place.warehouse, bin_id=bin, lpn_id=lpn, is_duplicate=False, created_at=at,
        )  # fmt: skip
        db.session.add(unit)
        db.session.flush()
        db.session.execute(
            insert(UnitEvent).values(
                id=new_id(), unit_id=unit.id, kind=UnitEventKind.ARRIVED, to_bin_id=bin, to_lpn_id=lpn, document_kind="",
                raw_scan=code.raw, by=actor, at=at,
            )
        )  # fmt: skip
    return len(units)
