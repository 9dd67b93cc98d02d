"""Whose a lot is: pegs made, found and freed (W8). What they stop is in rules/availability.py and the ledger.

A pegged lot goes to its own demand and to no other until it is freed; counting, moving, sampling, returning and destroying
are not stopped by it. One lot has at most one open peg.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import String, cast, func, select
from sqlalchemy.orm import joinedload

from wms.core.errors import LotPegged, MissingField, NotFound
from wms.core.ids import LotId, UserId, new_id
from wms.db import db
from wms.stock import ledger
from wms.stock.models import Lot, LotPeg


def peg_lot(
    lot: LotId, *, demand_kind: str, demand_id: int, made_for: str, document_kind: str = "", document_id: int | None = None,
    actor: UserId, at: datetime,
) -> None:  # fmt: skip
    """Tie a lot to a demand; again to the same is nothing. `made_for` is the number of the paper it stands on.

    Raises LotPegged (tied to another).
    """
    ledger.lock_lots({lot}, exclusive=True)
    known = open_pegs([lot]).get(lot)
    if known is not None:
        if (known.demand_kind, known.demand_id) != (demand_kind, demand_id):
            raise refusal(known)
        return
    db.session.add(
        LotPeg(
            id=new_id(), lot_id=lot, demand_kind=demand_kind, demand_id=demand_id, made_for=made_for,
            document_kind=document_kind, document_id=document_id, made_by=actor, made_at=at,
        )
    )  # fmt: skip
    db.session.flush()


def free_lot(lot: LotId, *, reason: str, actor: UserId, at: datetime) -> None:
    """From now on the lot goes to whoever asks; what is promised of it stays with its demand (see production's free_peg).

    Raises MissingField (no reason), NotFound (no open peg).
    """
    if not reason.strip():
        raise MissingField(field="reason")
    ledger.lock_lots({lot}, exclusive=True)
    known = open_pegs([lot]).get(lot)
    if known is None:
        raise NotFound(kind="peg", text=str(lot))
    known.freed_by, known.freed_at, known.free_reason = actor, at, reason.strip()
    db.session.flush()


def carry_pegs(source: LotId, target: LotId, *, actor: UserId, at: datetime) -> None:
    """Goods of a lot that go on as another lot stay made for whom they are. The caller has both lots to itself."""
    known = open_pegs([source]).get(source)
    if known is None:
        return
    db.session.add(
        LotPeg(
            id=new_id(), lot_id=target, demand_kind=known.demand_kind, demand_id=known.demand_id,
            made_for=known.made_for, document_kind=known.document_kind, document_id=known.document_id, made_by=actor,
            made_at=at,
        )
    )  # fmt: skip
    db.session.flush()


def free_demands(demand_kind: str, demand_ids: Iterable[int], *, reason: str, actor: UserId, at: datetime) -> None:
    """These demands are no more: free every lot that was made for them."""
    for peg in pegs_of_demands(demand_kind, list(demand_ids)):
        peg.freed_by, peg.freed_at, peg.free_reason = actor, at, reason
    db.session.flush()


def open_pegs(lots: Collection[LotId]) -> dict[LotId, LotPeg]:
    """Give the open peg of each of the lots that has one."""
    rows = db.session.execute(select(LotPeg).where(LotPeg.lot_id.in_(set(lots)), LotPeg.freed_at.is_(None))).scalars()
    return {row.lot_id: row for row in rows}


def pegs_of_lot(lot: LotId) -> list[LotPeg]:
    """List all the pegs of a lot, freed ones too, the newest first."""
    return list(db.session.execute(select(LotPeg).where(LotPeg.lot_id == lot).order_by(LotPeg.id.desc())).scalars())


def pegs_of_demands(demand_kind: str, demand_ids: Collection[int]) -> list[LotPeg]:
    """List the open pegs of these demands, the oldest first."""
    statement = (
        select(LotPeg)
        .where(LotPeg.demand_kind == demand_kind, LotPeg.demand_id.in_(set(demand_ids)), LotPeg.freed_at.is_(None))
        .options(joinedload(LotPeg.lot))
        .order_by(LotPeg.id)
    )
    return list(db.session.execute(statement).scalars()) if demand_ids else []


def refusal(peg: LotPeg) -> LotPegged:
    """The refusal that names the paper a lot is made for."""
    return LotPegged(lot=peg.lot.number, made_for=peg.made_for)


def peg_column(lot_id: Any = Lot.id) -> Any:
    """The open peg of a lot as one text, as wms.stock.rules.availability reads it; blank where the lot is for nobody."""
    word = LotPeg.demand_kind + ":" + cast(LotPeg.demand_id, String) + "=" + LotPeg.made_for
    return func.coalesce(
        select(word).where(LotPeg.lot_id == lot_id, LotPeg.freed_at.is_(None)).scalar_subquery(), ""
    ).label("peg")
