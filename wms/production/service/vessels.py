"""Tanks and silos: filled, drawn, recorded as emptied and cleaned. What is in one runs together until then.

A vessel is a bin of its own. Each verb locks the vessel's row first; what is drawn is of every lot in it by its share.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select

from wms.core.errors import (
    BinUnsuitable,
    InsufficientStock,
    KeyReused,
    NotFound,
    VesselMixed,
    VesselMixesPromised,
    VesselNotEmpty,
    VesselShort,
)
from wms.core.ids import LOOSE, BinId, LotId, LpnId, PostingSeq, UserId, VesselId, WarehouseId, new_id
from wms.core.quantity import ZERO, Quantity
from wms.db import db
from wms.production.models import Vessel, VesselCleaning
from wms.production.queries import reports as queries
from wms.production.rules.draws import Content, draw
from wms.production.service.reporting import check_room
from wms.quality import handling
from wms.sites.models import OUTSIDE_KINDS, BinKind
from wms.stock import ledger
from wms.stock import queries as stock
from wms.stock.followers import Passage
from wms.stock.ledger import ClaimUse, Document, Move, Place, Reason
from wms.stock.models import LinkKind, LotLink
from wms.stock.queries import BalanceRow
from wms.stock.rules.availability import Purpose

#: The document of what is moved into or out of a vessel.
VESSEL = "vessel"
#: What is picked for somebody, set apart or kept as a sample is poured into no tank.
_NOT_FROM = frozenset(
    {
        BinKind.STAGING, BinKind.SHIPPING, BinKind.QUARANTINE, BinKind.REJECT_CAGE, BinKind.TRANSIT, BinKind.SAMPLE,
    }
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class FillVessel:
    """So much of a lot from a bin into a vessel. `lpn` None: loose, or off whatever plate it stands on."""

    key: str
    warehouse: WarehouseId
    vessel: VesselId
    lot: LotId
    bin: BinId
    quantity: Quantity
    lpn: LpnId | None = None


@dataclass(frozen=True, kw_only=True)
class DrawVessel:
    """So much of what is in a vessel into another vessel, or into a bin where it is of one lot."""

    key: str
    warehouse: WarehouseId
    vessel: VesselId
    quantity: Quantity
    to_vessel: VesselId | None = None
    to_bin: BinId | None = None


@dataclass(frozen=True, kw_only=True)
class CleanVessel:
    """A vessel was found empty and was cleaned."""

    key: str
    warehouse: WarehouseId
    vessel: VesselId
    method: str
    note: str = ""


def fill(cmd: FillVessel, *, actor: UserId, at: datetime) -> PostingSeq:
    """Move goods that nobody is promised into a vessel; they run together with what is there. Once for each `key`.

    What is promised must stay what was promised, so it is given back first, by whoever may. Raises NotFound, InsufficientStock,
    VesselMixesPromised, LotOnHold, LotExpired, NotReleased, VesselFull, VesselHoldsOther, BinUnsuitable, BinBlocked, LotOpenAtLine,
    KeyReused.
    """
    key = f"vessel-fill:{cmd.key}"[:100]
    vessel = queries.get_vessel(cmd.vessel, warehouse=cmd.warehouse, is_locked=True)
    if (known := _done_before(key, vessel)) is not None:
        return known
    lot = stock.get_lot(cmd.lot)
    place = stock.get_bin(cmd.bin)
    if place.warehouse_id == cmd.warehouse and place.kind in _NOT_FROM:
        raise BinUnsuitable(
            bin=place.code, why="bin_kind", found=place.kind.value,
            needed=sorted(kind.value for kind in BinKind if kind not in _NOT_FROM | OUTSIDE_KINDS),
        )  # fmt: skip
    source = db.session.execute(select(Vessel).where(Vessel.bin_id == cmd.bin)).scalar_one_or_none()
    if source is not None and source.id != vessel.id:  # from tank to tank goods are drawn, of every lot its share
        _check_unmixed(source)
    rows = [
        row
        for row in stock.find_balances(lot=cmd.lot, bin=cmd.bin, lpn=cmd.lpn, warehouse=cmd.warehouse)
        if row.bin != vessel.bin_id
    ]
    rows.sort(key=lambda row: (row.is_held, row.quality.value != "released", row.lpn != LOOSE, row.id))
    there = sum((row.on_hand for row in rows), ZERO)
    if there < cmd.quantity:
        code = stock.get_bin(cmd.bin).code
        raise InsufficientStock(lot=lot.number, bin=code, needed=str(cmd.quantity), available=str(there))
    check_room(vessel, lot.item_id, cmd.quantity)
    free = sum((row.unpromised for row in rows), ZERO)
    if free < cmd.quantity:
        raise VesselMixesPromised(lot=lot.number, vessel=vessel.code, needed=str(cmd.quantity), free=str(free))
    moves, left, goal = [], cmd.quantity, Place(bin=vessel.bin_id)
    for row in rows:
        amount = min(row.unpromised, left)
        if amount > ZERO:
            moves.append(Move(quantity=amount, source=row.key, target=row.key.at(goal)))
            left = left - amount
    return ledger.post(
        moves, key=key, reason=Reason.MOVE, document=Document(kind=VESSEL, id=vessel.id), actor=actor, at=at,
        purpose=Purpose.ISSUE,
    ).seq  # fmt: skip


def draw_off(cmd: DrawVessel, *, actor: UserId, at: datetime) -> PostingSeq:
    """Move part of what is in a vessel on, of each lot its share, into another vessel; into a bin only what is of one lot.

    What clings to the walls of the first is a source of all that is drawn. Raises NotFound, VesselShort, VesselMixed,
    VesselFull, VesselHoldsOther, BinUnsuitable, BinBlocked, KeyReused.
    """
    key = f"vessel-draw:{cmd.key}"[:100]
    if (cmd.to_vessel is None) == (cmd.to_bin is None) or cmd.to_vessel == cmd.vessel:
        raise NotFound(kind="vessel", text="")
    ends = {
        one: queries.get_vessel(one, warehouse=cmd.warehouse, is_locked=True)
        for one in sorted({cmd.vessel, *([cmd.to_vessel] if cmd.to_vessel else [])})
    }
    vessel = ends[cmd.vessel]
    if (known := _done_before(key, vessel)) is not None:
        return known
    rows = {int(row.id): row for row in queries.balances_in(vessel)}
    contents = [Content(lot=row.lot, quantity=row.on_hand.millionths, mark=mark) for mark, row in rows.items()]
    taken = draw(contents, cmd.quantity.millionths, stood_before=queries.stood_in(vessel))
    if taken is None:
        there = sum((row.on_hand for row in rows.values()), ZERO)
        raise VesselShort(vessel=vessel.code, needed=str(cmd.quantity), available=str(there))
    target = _target(cmd, vessel, ends, rows, at=at)
    moves = [move for content, amount in taken.parts for move in _carry(rows[content.mark], Quantity(amount), target)]
    posted = ledger.post(
        moves, key=key, reason=Reason.MOVE, document=Document(kind=VESSEL, id=vessel.id), actor=actor, at=at
    )
    drawn = {content.lot for content, _ in taken.parts}
    db.session.add_all(
        LotLink(
            id=new_id(), kind=LinkKind.RESIDUE, source_lot_id=source, target_lot_id=lot, source_quantity=ZERO,
            target_quantity=ZERO, posting_seq=posted.seq, document_kind=VESSEL, document_id=vessel.id,
            reason=vessel.code, made_by=actor, made_at=at,
        )
        for source in taken.residue
        for lot in sorted(drawn)
    )  # fmt: skip
    db.session.flush()
    return posted.seq


def _target(
    cmd: DrawVessel, vessel: Vessel, ends: dict[VesselId, Vessel], rows: dict[int, BalanceRow], *, at: datetime
) -> Place:
    first = next(iter(rows.values()))
    if cmd.to_vessel is not None:
        check_room(ends[cmd.to_vessel], first.item, cmd.quantity)
        return Place(bin=ends[cmd.to_vessel].bin_id)
    lots = {row.lot for row in rows.values()}
    if len(lots) > 1:
        raise VesselMixed(vessel=vessel.code, lots=len(lots))
    assert cmd.to_bin is not None
    bin_ = stock.get_bin(cmd.to_bin)
    if bin_.warehouse_id != cmd.warehouse or bin_.is_outside or bin_.id == vessel.bin_id:
        raise NotFound(kind="bin", text=bin_.code)
    if bin_.kind is not BinKind.PRODUCTION:  # goods that are stopped come out where stopped goods may stand
        handling.check_bin(cmd.to_bin, list(rows.values()), warehouse=cmd.warehouse, at=at)
    other = db.session.execute(select(Vessel).where(Vessel.bin_id == bin_.id)).scalar_one_or_none()
    if other is not None:  # it is a vessel all the same
        check_room(other, first.item, cmd.quantity)
    return Place(bin=bin_.id)


def clean(cmd: CleanVessel, *, actor: UserId, at: datetime) -> VesselCleaning:
    """Record a vessel as emptied and cleaned: what was in it before is in nothing that is drawn later. Once for each `key`.

    Raises VesselNotEmpty (the books say otherwise), NotFound, KeyReused.
    """
    vessel = queries.get_vessel(cmd.vessel, warehouse=cmd.warehouse, is_locked=True)
    known = db.session.execute(select(VesselCleaning).where(VesselCleaning.key == cmd.key)).scalar_one_or_none()
    if known is not None:
        if (known.vessel_id, known.method) != (vessel.id, cmd.method):
            raise KeyReused(key=cmd.key)
        return known
    left = sum((row.on_hand for row in queries.balances_in(vessel)), ZERO)
    if left > ZERO:
        raise VesselNotEmpty(vessel=vessel.code, quantity=str(left))
    row = VesselCleaning(
        id=new_id(), key=cmd.key, vessel_id=vessel.id, ledger_seq=stock.last_posting(), method=cmd.method,
        note=cmd.note, cleaned_by=actor, cleaned_at=at,
    )  # fmt: skip
    db.session.add(row)
    db.session.flush()
    return row


def guard(document_kind: str, passages: Sequence[Passage]) -> None:
    """Refuse what is carried by hand out of a vessel where lots run together, and into one that does not take it.

    A draw and a report take of every lot its share and say so; an ordinary move, pick or issue would take one lot out of a
    mixture. Nothing goes in with a promise on it: it could not be told apart any more. The ledger calls it before it writes
    (wms/stock/followers.py). Raises VesselMixed, VesselHoldsOther, VesselFull, VesselMixesPromised.
    """
    if document_kind in (VESSEL, queries.REPORT):
        return
    bins = {one.source_bin for one in passages} | {one.target_bin for one in passages}
    found = db.session.execute(select(Vessel).where(Vessel.bin_id.in_(sorted(bins)))).scalars()
    for vessel in found:
        if any(one.source_bin == vessel.bin_id for one in passages):
            _check_unmixed(vessel)
        coming = [one for one in passages if one.target_bin == vessel.bin_id]
        for item in sorted({one.item for one in coming}):
            check_room(vessel, item, sum((one.quantity for one in coming if one.item == item), ZERO))
        for one in coming:
            if one.is_promised:
                raise VesselMixesPromised(lot=one.lot_number, vessel=vessel.code, needed=str(one.quantity), free="0")


def _check_unmixed(vessel: Vessel) -> None:
    lots = {row.lot for row in queries.balances_in(vessel)} | queries.stood_in(vessel)
    if len(lots) > 1:
        raise VesselMixed(vessel=vessel.code, lots=len(lots))


# -- inside -----------------------------------------------------------------------------------------------------------
def _done_before(key: str, vessel: Vessel) -> PostingSeq | None:
    known = stock.find_posting(key)
    if known is not None and (known.document_kind, known.document_id) != (VESSEL, vessel.id):
        raise KeyReused(key=key)
    return known.seq if known else None


def _carry(row: BalanceRow, amount: Quantity, target: Place) -> list[Move]:
    """Move an amount of a balance with the promises on it: first what nobody is promised."""
    moves, free = [], min(row.unpromised, amount)
    if free > ZERO:
        moves.append(Move(quantity=free, source=row.key, target=row.key.at(target)))
    left = amount - free
    for claim in stock.claims_on([row.id]) if left > ZERO else ():
        portion = min(claim.quantity, left)
        if portion > ZERO:
            use = ClaimUse(
                claim=claim.id, demand_kind=claim.demand_kind, demand_id=claim.demand_id, carried=True
            )  # fmt: skip
            moves.append(Move(quantity=portion, source=row.key, target=replace(row.key, place=target), claim=use))
            left = left - portion
    return moves
