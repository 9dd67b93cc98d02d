"""What state some stock is in, as a person sees it: the words of the stock page, its filter and its chips."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from enum import StrEnum

from wms.stock.rules.availability import is_expired


class StockState(StrEnum):
    """One word for stock; goods may be in several at once (held and expired, say)."""

    AVAILABLE = "available"
    ALLOCATED = "allocated"
    PENDING = "pending"
    HELD = "held"
    REJECTED = "rejected"
    EXPIRED = "expired"
    #: Stands in a bin for samples: nothing of it is sold.
    SAMPLE = "sample"


def states_of(
    *,
    quality: str,
    is_held: bool,
    last_good_on: date,
    on: date,
    usable_on_last_day: bool = True,
    has_promised: bool = False,
    has_free: bool = True,
    is_sample: bool = False,
) -> tuple[StockState, ...]:
    """Name the states of some stock on a day, worst first; plain stock is available, allocated, or both."""
    states: list[StockState] = []
    if quality == "rejected":
        states.append(StockState.REJECTED)
    if is_expired(last_good_on, on=on, usable_on_last_day=usable_on_last_day):
        states.append(StockState.EXPIRED)
    if is_held:
        states.append(StockState.HELD)
    if quality == "pending":
        states.append(StockState.PENDING)
    if is_sample:
        states.append(StockState.SAMPLE)
    if not states and has_free:
        states.append(StockState.AVAILABLE)
    if has_promised:
        states.append(StockState.ALLOCATED)
    return tuple(states)


#: Where goods in a state may be carried by hand, by the kind of bin. GDP 2013/C 343/01, 3.2: expired, recalled,
#: rejected goods stand physically apart; staging and shipping are reached by picking alone.
_TARGETS: Mapping[StockState, frozenset[str]] = {
    StockState.REJECTED: frozenset({"reject_cage", "quarantine", "dock"}),
    StockState.EXPIRED: frozenset({"reject_cage", "quarantine", "dock"}),
    StockState.HELD: frozenset({"quarantine", "reject_cage", "dock", "storage"}),
    StockState.PENDING: frozenset({"quarantine", "dock", "storage"}),
    StockState.AVAILABLE: frozenset({"storage", "pick_face", "dock", "quarantine"}),
}
_OUTBOUND = frozenset({"staging", "shipping"})
_SAMPLES = "sample"


def kinds_for(states: tuple[StockState, ...], *, source_kind: str, must_stand_apart: bool = False) -> frozenset[str]:
    """Name the kinds of bin into which goods in these states may be carried from a bin of that kind.

    `must_stand_apart`: recalled, though their state is held like any other.

    A sample stays among samples: taken back, it would be sold. Picked goods may go from staging to shipping and back; nothing else enters there but by a pick.
    """
    if source_kind == _SAMPLES:
        return frozenset({_SAMPLES})
    if must_stand_apart:
        return _TARGETS[StockState.REJECTED]
    worst = next((s for s in states if s in _TARGETS), StockState.AVAILABLE)
    is_outbound = source_kind in _OUTBOUND and worst is StockState.AVAILABLE
    return _TARGETS[worst] | _OUTBOUND if is_outbound else _TARGETS[worst]
