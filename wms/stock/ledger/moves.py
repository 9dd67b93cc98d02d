"""Places, stock keys and moves: plain data with the rules that need no database; net() sums moves to one delta a key."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from wms.core.errors import ProgrammingError
from wms.core.ids import LOOSE, NO_HOLDS, OURSELVES, BinId, ClaimId, HoldSetId, LotId, LpnId, OwnerId
from wms.core.quantity import ZERO, Quantity
from wms.stock.ledger.tables import Quality


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Where goods stand: a bin, and the LPN they stand on (LOOSE for none)."""

    bin: BinId
    lpn: LpnId = LOOSE


@dataclass(frozen=True, kw_only=True, slots=True)
class StockKey:
    """What tells one balance from another: lot, owner, place, quality, hold set."""

    lot: LotId
    place: Place
    owner: OwnerId = OURSELVES
    quality: Quality = Quality.RELEASED
    hold_set: HoldSetId = NO_HOLDS

    def at(self, place: Place) -> StockKey:
        """The same stock in another place."""
        return replace(self, place=place)

    @property
    def order(self) -> tuple[int, int, int, int, str, int]:
        """The one order in which rows are locked (docs/decisions/0007)."""
        return (self.lot, self.owner, self.place.bin, self.place.lpn, self.quality.value, self.hold_set)


@dataclass(frozen=True, kw_only=True, slots=True)
class ClaimUse:
    """The promise a move fulfils: the claim falls with the goods at the source; `carried`, it goes along to the target."""

    claim: ClaimId
    demand_kind: str
    demand_id: int
    carried: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Move:
    """A positive quantity of one lot from one stock key to another; both ends are always named."""

    quantity: Quantity
    source: StockKey
    target: StockKey
    claim: ClaimUse | None = None
    #: When goods that come in from outside were received, where that was not today: opening stock.
    received_on: date | None = None

    def __post_init__(self) -> None:
        if self.quantity <= ZERO:
            raise ProgrammingError(what="a move takes a positive quantity", quantity=str(self.quantity))
        if (self.source.lot, self.source.owner) != (self.target.lot, self.target.owner):
            raise ProgrammingError(what="a move keeps lot and owner")
        if self.source == self.target:
            raise ProgrammingError(what="a move has two ends")

    @property
    def text(self) -> str:
        """The move as one line, for the fingerprint."""
        return f"{self.quantity.millionths}|{self.source.order}|{self.target.order}"


@dataclass(slots=True)
class Delta:
    """What one stock key gains or loses: on hand and, with fulfilled claims, allocated."""

    key: StockKey
    on_hand: int = 0
    allocated: int = 0
    #: A key the goods came from, whose received date they carry along; or that date itself.
    origin: StockKey | None = None
    received_on: date | None = None


def net(moves: Sequence[Move], *, outside: frozenset[BinId]) -> list[Delta]:
    """Sum the moves to one delta for each inside key, in the lock order; keys that end at nothing are kept as touched."""
    deltas: dict[StockKey, Delta] = {}
    for move in moves:
        amount = move.quantity.millionths
        if move.source.place.bin not in outside:
            source = deltas.setdefault(move.source, Delta(key=move.source))
            source.on_hand -= amount
            if move.claim:
                source.allocated -= amount
        if move.target.place.bin not in outside:
            target = deltas.setdefault(move.target, Delta(key=move.target))
            target.on_hand += amount
            if move.source.place.bin not in outside:
                target.origin = move.source
            elif move.received_on is not None:
                target.received_on = min(move.received_on, target.received_on or move.received_on)
            if move.claim and move.claim.carried:
                target.allocated += amount
    return sorted(deltas.values(), key=lambda d: d.key.order)


def fingerprint(reason: str, moves: Sequence[Move]) -> str:
    """Hash what is asked, so that one key with another content is told apart from a repeat."""
    text = "\n".join([reason, *sorted(m.text for m in moves)])
    return hashlib.sha256(text.encode()).hexdigest()
