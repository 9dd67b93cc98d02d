"""Who goes along with goods: told by a higher floor, called by the ledger in the transaction of each posting.

Unit ids stand on single pieces, so they must move when a posting moves the pieces. Only postings that touch an item with unit
ids call anybody, and the codes of the pieces in a person's hand are named by the edge (`naming`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime

from wms.core.ids import BinId, ItemId, LotId, LpnId, PostingSeq, UserId, WarehouseId
from wms.core.quantity import Quantity


@dataclass(frozen=True, kw_only=True)
class Carried:
    """One move of goods with unit ids: from place to place, in base units. One end may be outside the walls."""

    item: ItemId
    lot: LotId
    lot_number: str
    quantity: Quantity
    source_bin: BinId
    source_lpn: LpnId
    is_source_outside: bool
    target_bin: BinId
    target_lpn: LpnId
    is_target_outside: bool
    warehouse: WarehouseId


@dataclass(frozen=True, kw_only=True)
class Journey:
    """What one posting carried of goods with unit ids."""

    seq: PostingSeq
    reason: str
    reverses: PostingSeq | None
    document_kind: str
    document_id: int | None
    actor: UserId
    at: datetime
    moves: tuple[Carried, ...]


Follower = Callable[[Journey], None]
_followers: list[Follower] = []
_named: ContextVar[tuple[str, ...]] = ContextVar("wms_named_units", default=())
_answers: ContextVar[frozenset[str]] = ContextVar("wms_unit_answers", default=frozenset())


def follow_with(follower: Follower) -> None:
    """Hand over who follows goods with unit ids; it may refuse the posting by raising."""
    _followers[:] = [follower]


def follow(journey: Journey) -> None:
    """Let them follow."""
    for follower in _followers:
        follower(journey)


@contextmanager
def naming(codes: Sequence[str], *, answers: Collection[str] = ()) -> Iterator[None]:
    """Name the unit ids of the pieces that what is posted in this block carries: as scanned, packs for all that is in them.

    `answers` are the questions about them that were answered with yes.
    """
    named_before, answers_before = _named.set(tuple(codes)), _answers.set(frozenset(answers))
    try:
        yield
    finally:
        _named.reset(named_before)
        _answers.reset(answers_before)


def answers() -> frozenset[str]:
    """The questions about the named units that were answered with yes."""
    return _answers.get()


def named() -> tuple[str, ...]:
    """The unit ids that the edge named."""
    return _named.get()
