"""Which of what left for customers came back. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Left(NamedTuple):
    """So much left at this place in the order, by this paper; `mark` is the caller's."""

    order: int
    amount: int
    paper: tuple[str, int | None]
    mark: int


class CameBack(NamedTuple):
    """So much came back at this place in the order; its paper may be the shipment's own."""

    order: int
    amount: int
    paper: tuple[str, int | None]


def settle(
    left: Sequence[Left], returns: Sequence[CameBack]
) -> tuple[list[tuple[int, int, int]], list[tuple[int, int]]]:
    """Take returns off what left: off the shipment they name, else off the newest that left before, else off any.

    Gives (mark, order of the return, amount) for each part, and (order, amount) of what never left as far as we know.
    """
    rest = {one.mark: one.amount for one in left}
    parts: list[tuple[int, int, int]] = []
    blind: list[tuple[int, int]] = []
    for back in sorted(returns, key=lambda one: one.order):
        amount = back.amount
        named = [one for one in left if one.paper == back.paper and back.paper[0]]
        before = sorted((one for one in left if one.order < back.order), key=lambda one: -one.order)
        after = sorted((one for one in left if one.order >= back.order), key=lambda one: one.order)
        for one in (*named, *before, *after):
            some = min(amount, rest[one.mark])
            if some:
                rest[one.mark] -= some
                amount -= some
                parts.append((one.mark, back.order, some))
        if amount:
            blind.append((back.order, amount))
    return parts, blind
