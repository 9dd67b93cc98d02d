"""What of which input is in which output: exact shares, and quantities rounded so that the sums agree.

A report's inputs go to its outputs by weight: the stated kilograms where every input (or every output) has them, else the
base quantities. Of an input of quantity q and weight w goes to each output the part of that output's weight in all outputs,
and of an output comes from each input the part of that input's weight in all inputs (docs/decisions/0037).

>>> flour, rye = Portion(lot=1, quantity=60), Portion(lot=2, quantity=40)
>>> [(link.source, link.target, link.source_quantity, link.target_quantity) for link in links([flour, rye], [Portion(lot=9, quantity=50)])]
[(1, 9, 60, 30), (2, 9, 40, 20)]
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, kw_only=True)
class Portion:
    """So many millionths of a lot, and its whole weight in millionths of a kilogram where that is stated."""

    lot: int
    quantity: int
    weight: int | None = None


@dataclass(frozen=True, kw_only=True)
class Link:
    """What went from an input lot into an output lot: of the source source_total x source_part / source_parts, rounded in
    `source_quantity`; of the target likewise. All in millionths."""

    source: int
    target: int
    source_quantity: int
    target_quantity: int
    source_total: int
    source_part: int
    source_parts: int
    target_total: int
    target_part: int
    target_parts: int


def largest_remainder(total: int, weights: Sequence[int]) -> list[int]:
    """Split `total` by weights into whole parts that sum to it: each its floor, the rest to the largest remainders.

    Of equal remainders the earlier one takes.
    """
    whole = sum(weights)
    if whole <= 0:
        raise ValueError("a split needs a weight above zero")
    parts = [total * weight // whole for weight in weights]
    remainders = [total * weight % whole for weight in weights]
    order = sorted(range(len(weights)), key=lambda n: (-remainders[n], n))
    for n in order[: total - sum(parts)]:
        parts[n] += 1
    return parts


def weights_of(portions: Sequence[Portion]) -> list[int]:
    """What the portions count by: the stated kilograms when every one has them, else the base quantities."""
    stated = [portion.weight for portion in portions if portion.weight]
    return stated if len(stated) == len(portions) else [portion.quantity for portion in portions]


def links(inputs: Iterable[Portion], outputs: Iterable[Portion]) -> list[Link]:
    """One link for each input lot and output lot. Portions of one lot are one; those of no quantity make none."""
    sources, targets = _by_lot(inputs), _by_lot(outputs)
    if not sources or not targets:
        return []
    source_weights, target_weights = weights_of(sources), weights_of(targets)
    source_parts, target_parts = sum(source_weights), sum(target_weights)
    sent = [largest_remainder(source.quantity, target_weights) for source in sources]
    came = [largest_remainder(target.quantity, source_weights) for target in targets]
    return [
        Link(
            source=source.lot, target=target.lot, source_quantity=sent[i][j], target_quantity=came[j][i],
            source_total=source.quantity, source_part=target_weights[j], source_parts=target_parts,
            target_total=target.quantity, target_part=source_weights[i], target_parts=source_parts,
        )
        for i, source in enumerate(sources)
        for j, target in enumerate(targets)
    ]  # fmt: skip


def _by_lot(portions: Iterable[Portion]) -> list[Portion]:
    """The portions summed by lot, in the order of the first of each; a weight stays only where all of a lot have one."""
    sums: dict[int, Portion] = {}
    for portion in portions:
        if portion.quantity <= 0:
            continue
        known = sums.get(portion.lot)
        if known is None:
            sums[portion.lot] = portion
            continue
        has_weight = known.weight is not None and portion.weight is not None
        sums[portion.lot] = Portion(
            lot=portion.lot, quantity=known.quantity + portion.quantity,
            weight=(known.weight or 0) + (portion.weight or 0) if has_weight else None,
        )  # fmt: skip
    return list(sums.values())


def weight_of(quantity: int, per_unit: int) -> int:
    """The weight of a quantity, both in millionths, rounded half up and never to nothing."""
    return max(1, (2 * quantity * per_unit + 1_000_000) // 2_000_000)


def share(part: int, whole: int) -> Fraction:
    """The exact part of a whole; nothing of nothing."""
    return Fraction(part, whole) if whole else Fraction(0)
