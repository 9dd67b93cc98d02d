"""What a draw from a vessel takes: of every lot in it by its share of what is there now, and who else was there before.

Lots in a vessel cannot be told apart any more, so a draw takes of all of them. What stood there since the last cleaning
and is used up by the books still clings to the walls: it is a source of whatever is drawn later, without a quantity.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from fractions import Fraction

from wms.production.rules.shares import largest_remainder, share


@dataclass(frozen=True, kw_only=True)
class Content:
    """So many millionths of a lot in a vessel; `mark` tells balances of one lot apart, for the caller."""

    lot: int
    quantity: int
    mark: int = 0


@dataclass(frozen=True, kw_only=True)
class Draw:
    """What is taken: of each content so much (none is left out but for rounding), and the lots that cling to the walls."""

    parts: tuple[tuple[Content, int], ...]
    residue: tuple[int, ...]


def draw(contents: Sequence[Content], quantity: int, *, stood_before: Collection[int] = ()) -> Draw | None:
    """Take `quantity` of the contents by share; None when there is less. Residue: what stood before and gives nothing now."""
    present = [content for content in contents if content.quantity > 0]
    whole = sum(content.quantity for content in present)
    if quantity <= 0 or quantity > whole:
        return None
    amounts = largest_remainder(quantity, [content.quantity for content in present])
    parts = tuple((content, amount) for content, amount in zip(present, amounts, strict=True) if amount)
    drawn = {content.lot for content, _ in parts}
    others = {content.lot for content in present} | set(stood_before)
    return Draw(parts=parts, residue=tuple(sorted(others - drawn)))


def shares_of(contents: Sequence[Content]) -> dict[int, Fraction]:
    """The exact share of each lot in what is there now."""
    whole = sum(content.quantity for content in contents)
    sums: dict[int, int] = {}
    for content in contents:
        sums[content.lot] = sums.get(content.lot, 0) + content.quantity
    return {lot: share(amount, whole) for lot, amount in sums.items()}
