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


@dataclass(frozen=True)
class Named:
    """The unit ids that a person or machine named, as scanned, and the questions about them answered with yes."""

    codes: tuple[str, ...] = ()
    answers: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Passage:
    """One move as a guard sees it, before it is written: goods that leave one bin for another.

    `is_promised`: they go with a promise on them. `is_usable`: released and under no hold.
    """

    item: ItemId
    lot: LotId
    lot_number: str
    quantity: Quantity
    source_bin: BinId
    target_bin: BinId
    reason: str
    is_promised: bool = False
    is_usable: bool = True


Follower = Callable[[Journey], None]
#: Called with the document's kind ("" for none) and the moves into or out of bins of production; refuses by raising.
Guard = Callable[[str, Sequence[Passage]], None]
_followers: list[Follower] = []
_guards: list[Guard] = []  # in the order in which they are asked
_source: list[Callable[[], Named]] = []
_named: ContextVar[Named | None] = ContextVar("wms_named_units", default=None)


def follow_with(follower: Follower) -> None:
    """Hand over who follows goods with unit ids; it may refuse the posting by raising."""
    _followers[:] = [follower]


def guard_with(*guards: Guard) -> None:
    """Hand over who may refuse what is carried by hand into bins of production or out of them: tanks are no shelves."""
    _guards[:] = guards


def guard(document_kind: str, passages: Sequence[Passage]) -> None:
    """Let them look at what is carried."""
    for one in _guards:
        one(document_kind, passages)


def ask_with(source: Callable[[], Named]) -> None:
    """Hand over how to tell where no block says it: the web edge reads it from the request."""
    _source[:] = [source]


def follow(journey: Journey) -> None:
    """Let them follow."""
    for follower in _followers:
        follower(journey)


@contextmanager
def naming(codes: Sequence[str], *, answers: Collection[str] = ()) -> Iterator[None]:
    """Name the unit ids of the pieces that what is posted in this block carries: as scanned, packs for all that is in them.

    `answers` are the questions about them that were answered with yes.
    """
    token = _named.set(Named(tuple(codes), frozenset(answers)))
    try:
        yield
    finally:
        _named.reset(token)


def named() -> Named:
    """Say which pieces are named for what is posted now."""
    told = _named.get()
    if told is not None:
        return told
    return _source[0]() if _source else Named()
