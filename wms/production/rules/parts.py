"""How a quantity is taken off goods at a line: what is promised to the component first, then what is free. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from wms.core.quantity import ZERO, Quantity


@dataclass(frozen=True, kw_only=True)
class Promise:
    """A promise to the component on one row of goods; `claim` names it."""

    claim: int
    quantity: Quantity


@dataclass(frozen=True, kw_only=True)
class Standing:
    """One row of goods: what nobody was promised, and what this component was."""

    free: Quantity
    promises: tuple[Promise, ...] = ()

    @property
    def usable(self) -> Quantity:
        """How much of it the component may have."""
        return Quantity(self.free.millionths + sum(p.quantity.millionths for p in self.promises))


@dataclass(frozen=True, kw_only=True)
class Part:
    """So much of the row at this place in the list, on this promise (None: of the free goods)."""

    row: int
    quantity: Quantity
    claim: int | None = None


def take_parts(rows: Sequence[Standing], quantity: Quantity) -> list[Part]:
    """Take a quantity off the rows, promised goods of all rows before free ones; as far as it goes."""
    left, parts = quantity, []
    for n, row in enumerate(rows):
        for promise in row.promises:
            amount = min(promise.quantity, left)
            if amount > ZERO:
                parts.append(Part(row=n, quantity=amount, claim=promise.claim))
                left = left - amount
    for n, row in enumerate(rows):
        amount = min(row.free, left)
        if amount > ZERO:
            parts.append(Part(row=n, quantity=amount))
            left = left - amount
    return parts
