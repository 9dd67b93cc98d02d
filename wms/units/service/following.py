"""Units follow the goods: called by the ledger in the transaction of a posting, or refusing it.

Whole places need no words: what stands there goes along. Of a part, the edge names the ids (stock.followers.naming); a pack
names the pieces in it. Every piece that is picked, shipped, issued to a line, used or made there has its id; what came without
one (an opening stock) must get it first. A count says nothing of single pieces: what it takes away is told by a comparison on the lot's page.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

from wms.alerts.models import AlertKind, Severity
from wms.alerts.service import raise_alert
from wms.core.errors import QuestionNeeded, UnitElsewhere, UnitNamedTwice, UnitOfOtherLot, UnitsNeeded, UnitUnknown
from wms.core.ids import UnitId, new_id
from wms.db import db
from wms.gs1.scan import read
from wms.stock import followers
from wms.stock.followers import Carried, Journey
from wms.units import queries, rules
from wms.units.models import Unit, UnitEventKind, UnitScheme
from wms.units.rules import UnitCode
from wms.units.service.undoing import undo
from wms.units.service.work import Work, check_twice, pieces_of, settle_packs

#: Reasons by which goods change their lot: the pieces go along into the other lot.
_CHANGES_LOT = frozenset({"split", "merge", "relabel"})
#: Reasons for which each piece must have its id, also where none that stands there has one.
_STRICT = frozenset({"pick", "ship", "issue", "consume"})
#: Reasons by which goods come in piece by piece, each known by its id.
_STRICT_IN = frozenset({"receive", "customer_return", "output"})
#: A count finds fewer or more, and cannot say which.
_COUNT = "count"


def follow(journey: Journey) -> None:
    """Move the units of the goods that a posting carries; a follower of the ledger.

    Raises UnitsNeeded, UnitUnknown, UnitElsewhere, UnitNamedTwice, UnitOfOtherItem, UnitOfOtherLot, BadQuantity (a part of a
    piece), BadCode, and QuestionNeeded: unit_came_back (known as gone), unit_seen_twice (known as here).
    """
    if journey.reverses is not None:
        undo(journey)
        return
    named = followers.named()
    work = Work(journey, [rules.read_unit(read(code)) for code in named.codes], named.answers)
    check_twice(work.named)
    for group in _by_place(move for move in journey.moves if not move.is_source_outside):
        _leave(work, group)
    arriving = [move for move in journey.moves if move.is_source_outside]
    if journey.reason in _CHANGES_LOT:
        _take_up(work, arriving)
    else:
        for move in arriving:
            _arrive(work, move, arriving)
    if spare := _unknown(work):
        raise UnitUnknown(unit=spare, lot=", ".join(sorted({move.lot_number for move in journey.moves})))
    settle_packs(work)
    work.write()


def _by_place(moves: Iterable[Carried]) -> list[list[Carried]]:
    """The moves by lot and place where they begin, in one order for all postings, so that none waits for another in a ring."""
    groups: dict[tuple[int, int, int], list[Carried]] = defaultdict(list)
    for move in moves:
        if (move.source_bin, move.source_lpn) != (move.target_bin, move.target_lpn):
            groups[move.lot, move.source_bin, move.source_lpn].append(move)
    return [groups[place] for place in sorted(groups)]


# -- goods that stand here --------------------------------------------------------------------------------------------
def _leave(work: Work, moves: Sequence[Carried]) -> None:
    """Move the pieces of one lot out of one place, to where each move goes."""
    first = moves[0]
    needed = sum(pieces_of(move.quantity) for move in moves)
    here = queries.pieces_at(first.lot, first.source_bin, first.source_lpn, is_locked=True)
    chosen = _named_here(work, first, here) if work.named else []
    if not chosen and len(here) == needed:
        chosen = here
    if len(chosen) != needed:
        if not chosen and (work.journey.reason == _COUNT or (not here and work.journey.reason not in _STRICT)):
            return
        if unknown := _unknown(work):
            raise UnitUnknown(unit=unknown, lot=first.lot_number)
        raise UnitsNeeded(lot=first.lot_number, needed=needed, came=len(chosen))
    rest = list(chosen)
    for move in moves:
        count = pieces_of(move.quantity)
        taken, rest = rest[:count], rest[count:]
        if work.journey.reason in _CHANGES_LOT and move.is_target_outside:
            work.loose += taken
            continue
        for unit in taken:
            work.put(unit, UnitEventKind.LEFT if move.is_target_outside else UnitEventKind.MOVED, move)


def _named_here(work: Work, move: Carried, here: Sequence[Unit]) -> list[Unit]:
    """The named pieces of this lot and place; a pack names its pieces. One that is known elsewhere is refused by name.

    Of a code that was seen twice, the one that stands here is meant.
    """
    stands = {unit.id for unit in here}
    by_code = {unit.code: unit for unit in sorted(here, key=lambda unit: not unit.is_duplicate)}
    known = work.known(move.item)
    chosen: dict[UnitId, Unit] = {}
    for code in work.named:
        unit = by_code.get(code.code) or known.get(code.code)
        if unit is None or code.code in work.used:
            continue
        if unit.id in stands or not _is_of_other_group(work, unit):
            _check_label(work, code, move, unit)
        pieces = work.pieces_in(move.item, unit)
        for piece in pieces:
            if piece.id not in stands:
                if _is_of_other_group(work, piece):
                    break
                raise UnitElsewhere(
                    unit=code.code, known=queries.where_is(piece),
                    needed=f"{move.lot_number} · {queries.bin_code(move.source_bin)}",
                )  # fmt: skip
            if piece.id in chosen:
                raise UnitNamedTwice(unit=code.code)
            chosen[piece.id] = piece
        else:
            if pieces:  # an empty pack names nothing
                work.used.add(code.code)
    return list(chosen.values())


def _check_label(work: Work, code: UnitCode, move: Carried, unit: Unit) -> None:
    """Its label may still say a lot that the piece was in before its goods got another."""
    try:
        work.check_label(code, move)
    except UnitOfOtherLot:
        work.check_label(code, move, also=queries.lots_before(unit.id))


def _unknown(work: Work) -> str:
    """The first named code that is of no use here and that no unit of an item carried has.

    A verb may post twice (goods that come in are held at once): what one posting used is known to the other.
    """
    spare = [unit.code for unit in work.named if unit.code not in work.used]
    known = [work.known(item) for item in work.items] if spare else []
    return next((code for code in spare if not any(code in one for one in known)), "")


def _is_of_other_group(work: Work, unit: Unit) -> bool:
    """Whether the unit stands where another move of the same posting begins."""
    return any(
        (unit.lot_id, unit.bin_id, unit.lpn_id) == (move.lot, move.source_bin, move.source_lpn)
        for move in work.journey.moves
    )


def _take_up(work: Work, moves: Sequence[Carried]) -> None:
    """Give the pieces that left one lot to the lot that they became, first those that stand where it comes to stand."""
    for move in moves:
        place = (move.target_bin, move.target_lpn)
        work.loose.sort(key=lambda unit: (unit.bin_id, unit.lpn_id) != place)
        count = min(pieces_of(move.quantity), len(work.loose))
        taken, work.loose = work.loose[:count], work.loose[count:]
        for unit in taken:
            work.put(unit, UnitEventKind.MOVED, move, lot=move.lot)


# -- goods that come in -----------------------------------------------------------------------------------------------
def _arrive(work: Work, move: Carried, arriving: Sequence[Carried]) -> None:
    """Take the pieces of one move in: those named, or what a file announced under the SSCC that they stand on."""
    needed = pieces_of(move.quantity)
    others = [one for one in arriving if one is not move and one.item == move.item]
    codes = [code for code in work.named if code.code not in work.used and _fits(work, code, move, others)]
    if not codes and (plate := queries.sscc_of(move.target_lpn)):
        codes = [UnitCode(scheme="gs1", code=plate, is_pack=True)]
    told = queries.announced_under(move.item, [code.code for code in codes])
    pieces: list[UnitCode] = []
    packs: dict[str, str] = {}
    for code in codes:
        if code.code in told.children:
            inside = told.pieces_under(code.code)
            found = [replace(code, code=one, scheme=told.schemes[one].value, is_pack=False) for one in inside]
        else:
            found = [] if code.is_pack else [code]
        if len(pieces) + len(found) > needed:
            if not others:
                raise UnitsNeeded(lot=move.lot_number, needed=needed, came=len(pieces) + len(found))
            break
        if found:
            pieces += found
            packs |= told.parents_under(code.code)
            work.used.add(code.code)
    known = queries.find_units(move.item, [unit.code for unit in pieces] + list(set(packs.values())))
    _check_announced(work, move, pieces, told)
    _ask(work, move, pieces, known)
    if len(pieces) != needed:
        if work.journey.reason not in _STRICT_IN and not pieces:
            return
        raise UnitsNeeded(lot=move.lot_number, needed=needed, came=len(pieces))
    rows = _packs_of(work, move, packs, known, told.levels)
    for code in pieces:
        parent = rows[packs[code.code]].id if code.code in packs else None
        _take_in(work, known.get(code.code), code, move, parent)


def _fits(work: Work, code: UnitCode, move: Carried, others: Sequence[Carried]) -> bool:
    """Whether a code may be of this lot: not when its label says one that comes in beside it. Refused when it says neither."""
    if any(code.lot and code.lot in work.lot_names(one.lot) and one.lot != move.lot for one in others):
        return False
    items = [one for one in work.items if one != move.item]
    if (
        items
        and code.gtin
        and code.gtin not in work.gtins(move.item)
        and any(code.gtin in work.gtins(o) for o in items)
    ):
        return False
    work.check_label(code, move)
    return True


def _check_announced(work: Work, move: Carried, pieces: Sequence[UnitCode], told: queries.Announced) -> None:
    """Refuse a piece that a file announced for another lot."""
    for code in pieces:
        lot = told.lots.get(code.code, "")
        if lot and lot not in work.lot_names(move.lot):
            raise UnitOfOtherLot(unit=code.code, needed=move.lot_number, came=lot)


def _ask(work: Work, move: Carried, pieces: Sequence[UnitCode], known: dict[str, Unit]) -> None:
    """Ask about a piece that is known: as gone (does it come back?), or as standing here (one of the two is false)."""
    met = [known[code.code] for code in pieces if code.code in known]
    undone = queries.undone_among([unit.id for unit in met if unit.bin.is_outside])
    for unit in met:
        if unit.id in undone or (unit.bin.is_outside and work.journey.reason == "customer_return"):
            continue
        question = "unit_came_back" if unit.bin.is_outside else "unit_seen_twice"
        if not {question, f"{question}:{unit.code}"} & work.answers:
            raise QuestionNeeded(question=question, unit=unit.code, known=queries.where_is(unit))


def _packs_of(
    work: Work, move: Carried, packs: dict[str, str], known: dict[str, Unit], levels: dict[str, int]
) -> dict[str, Unit]:  # fmt: skip
    """The packs of pieces that come in, the outermost first: known ones come along, others are new."""
    rows: dict[str, Unit] = {}
    for code in sorted(set(packs.values()), key=lambda one: -levels.get(one, 1)):
        parent = rows[packs[code]].id if code in packs else None
        if (pack := known.get(code)) is None:
            found = UnitCode(scheme="gs1" if len(code) == 18 and code.isdigit() else "serial", code=code)
            rows[code] = _new(work, found, move, parent, level=max(levels.get(code, 1), 1))
            continue
        rows[code] = pack
        work.tell(pack, UnitEventKind.CAME_BACK if pack.bin.is_outside else UnitEventKind.MOVED,
                  to=(move.target_bin, move.target_lpn))  # fmt: skip
        pack.lot_id, pack.bin_id, pack.lpn_id = move.lot, move.target_bin, move.target_lpn
        pack.warehouse_id, pack.parent_id = move.warehouse, parent
    return rows


def _take_in(work: Work, known: Unit | None, code: UnitCode, move: Carried, parent: UnitId | None) -> None:
    """Take a piece in: a new one, one that comes back, or a second one of the same code, which alarms."""
    if known is None:
        _new(work, code, move, parent)
        return
    if known.bin.is_outside:
        work.put(known, UnitEventKind.CAME_BACK, move, lot=move.lot, raw=code.raw)
        known.parent_id = parent
        return
    twin = _new(work, code, move, parent, is_duplicate=True)
    raise_alert(
        kind=AlertKind.UNIT_SEEN_TWICE, severity=Severity.CRITICAL, warehouse=move.warehouse,
        subject_key=f"unit:{known.id}", subject_kind="unit", subject_id=twin.id,
        data={
            "unit_id": code.code, "sku": work.sku(move.item), "where": queries.bin_code(move.target_bin),
            "known": queries.where_is(known),
        },
        at=work.journey.at,
    )  # fmt: skip


def _new(
    work: Work, code: UnitCode, move: Carried, parent: UnitId | None, *, level: int = 0, is_duplicate: bool = False
) -> Unit:  # fmt: skip
    unit = Unit(
        id=UnitId(new_id()), item_id=move.item, lot_id=move.lot, code=code.code, scheme=UnitScheme(code.scheme),
        level=level, parent_id=parent, warehouse_id=move.warehouse, bin_id=move.target_bin, lpn_id=move.target_lpn,
        is_duplicate=is_duplicate, created_at=work.journey.at,
    )  # fmt: skip
    db.session.add(unit)
    kind = UnitEventKind.SEEN_TWICE if is_duplicate else UnitEventKind.ARRIVED
    work.tell(unit, kind, to=(move.target_bin, move.target_lpn), raw=code.raw, is_new=True)
    return unit
