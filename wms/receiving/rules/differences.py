"""What came against what was announced, item by item and lot by lot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from wms.core.quantity import ZERO, Quantity
from wms.receiving.rules.intake import with_shortfall


@dataclass(frozen=True, kw_only=True)
class Amount:
    """How much of a lot (blank: of the item, lot not named)."""

    sku: str
    lot_number: str
    quantity: Quantity
    #: So much less still counts as all of it.
    under_percent: int = 0


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One line of the comparison; `kind` is same, missing, short_tolerated, over or not_announced."""

    sku: str
    lot_number: str
    announced: Quantity
    received: Quantity
    kind: str


def compare(announced: Sequence[Amount], received: Sequence[Amount]) -> list[Difference]:
    """Compare lot by lot; what came in a lot that nobody named counts first on the item's lines without a lot."""
    said, came = _sum(announced), _sum(received)
    tolerances = {amount.sku: amount.under_percent for amount in announced}
    for (sku, lot), amount in list(came.items()):
        if lot and (sku, lot) not in said and (sku, "") in said:
            came[(sku, "")] = came.get((sku, ""), ZERO) + amount
            del came[(sku, lot)]
    rows = []
    for sku, lot in sorted(said.keys() | came.keys()):
        before, after = said.get((sku, lot), ZERO), came.get((sku, lot), ZERO)
        least = with_shortfall(before, tolerances.get(sku, 0))
        rows.append(
            Difference(sku=sku, lot_number=lot, announced=before, received=after, kind=_kind(before, after, least))
        )
    return rows


def _kind(announced: Quantity, received: Quantity, least: Quantity) -> str:
    if announced == received:
        return "same"
    if not announced:
        return "not_announced"
    if received > announced:
        return "over"
    return "missing" if received < least else "short_tolerated"


def _sum(amounts: Sequence[Amount]) -> dict[tuple[str, str], Quantity]:
    sums: dict[tuple[str, str], Quantity] = {}
    for amount in amounts:
        key = (amount.sku, amount.lot_number)
        sums[key] = sums.get(key, ZERO) + amount.quantity
    return sums
