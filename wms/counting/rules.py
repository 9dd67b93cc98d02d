"""A counted quantity against the book: which balances the difference falls on. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from wms.core.quantity import ZERO, Quantity


@dataclass(frozen=True, kw_only=True)
class Counted:
    """One balance of what was counted: on hand, promised, held."""

    on_hand: Quantity
    allocated: Quantity
    is_held: bool


def spread_loss(balances: Sequence[Counted], missing: Quantity) -> list[Quantity]:
    """Say how much of `missing` each balance loses: what is free first, then what is promised, held goods last.

    `missing` is at most what is on hand together.
    """
    losses = [ZERO] * len(balances)
    left = missing
    rounds: tuple[Callable[[Counted], Quantity], ...] = (
        lambda b: ZERO if b.is_held else b.on_hand - b.allocated,
        lambda b: ZERO if b.is_held else b.on_hand,
        lambda b: b.on_hand,
    )
    for room in rounds:
        for n, balance in enumerate(balances):
            loss = max(min(left, room(balance) - losses[n]), ZERO)
            losses[n] += loss
            left -= loss
    return losses


def takes_gain(balances: Sequence[Counted]) -> int | None:
    """Say which balance found goods are added to: the largest that is not held, else the largest; None for none at all."""
    if not balances:
        return None
    return max(range(len(balances)), key=lambda n: (not balances[n].is_held, balances[n].on_hand, -n))
