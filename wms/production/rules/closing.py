"""What does not agree when a work order is closed. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from wms.core.quantity import ZERO, Quantity


class Why(StrEnum):
    """What does not agree."""

    CONSUMED_DIFFERS = "consumed_differs"
    GOODS_AT_LINE = "goods_at_line"
    OUTPUT_WITHOUT_INPUT = "output_without_input"
    INPUT_WITHOUT_SOURCE = "input_without_source"


@dataclass(frozen=True, kw_only=True)
class Used:
    """One component as the papers have it, in its base unit, with the item's tolerance in percent."""

    sku: str
    unit: str
    issued: Quantity
    returned: Quantity
    consumed: Quantity
    scrapped: Quantity
    backflushed: Quantity = ZERO
    is_backflushed: bool = False
    tolerance_percent: int = 0

    @property
    def expected(self) -> Quantity:
        """What must have been consumed: issued less returned less scrapped."""
        return self.issued - self.returned - self.scrapped


@dataclass(frozen=True, kw_only=True)
class LeftOver:
    """So much of a lot still stands at the line for the order."""

    sku: str
    lot: str
    unit: str
    quantity: Quantity


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One thing that does not agree: of which item or lot, what was expected and what was found."""

    why: Why
    sku: str = ""
    lot: str = ""
    unit: str = ""
    expected: Quantity | None = None
    found: Quantity | None = None

    @property
    def text(self) -> str:
        """The difference as signs that need no language: FLOUR 18 ≠ 20 kg."""
        amounts = " ≠ ".join(str(q) for q in (self.found, self.expected) if q is not None)
        return " ".join(part for part in (self.sku, self.lot, amounts, self.unit if amounts else "") if part)

    def plain(self) -> dict[str, Any]:
        """The difference as it is kept on the order and stands under the signature."""
        return {
            "why": self.why.value, "sku": self.sku, "lot": self.lot, "unit": self.unit,
            "expected": None if self.expected is None else str(self.expected),
            "found": None if self.found is None else str(self.found),
        }  # fmt: skip


def is_within(used: Used) -> bool:
    """Whether what was consumed agrees with what was issued, within so many percent of what was to be consumed.

    What back-flush takes stands at the line for every order of the line: its issue and its use are not one order's.
    """
    if used.is_backflushed or used.backflushed > ZERO:
        return True
    off = abs(used.consumed.millionths - used.expected.millionths)
    return off * 100 <= abs(used.expected.millionths) * used.tolerance_percent


def differences(
    used: Iterable[Used], left: Iterable[LeftOver], *, without_input: Iterable[tuple[str, str]] = (),
    without_source: Iterable[tuple[str, str]] = (),
) -> list[Difference]:  # fmt: skip
    """List what does not agree: by component, by lot at the line, outputs no input went into, inputs nobody knows the origin of.

    `without_input` and `without_source` are pairs of sku and lot. What a component's tolerance covers is left out at the line too.
    """
    components = list(used)
    off = [one for one in components if not is_within(one)]
    tolerated = {one.sku for one in components} - {one.sku for one in off}
    return [
        *(
            Difference(why=Why.CONSUMED_DIFFERS, sku=one.sku, unit=one.unit, expected=one.expected, found=one.consumed)
            for one in off
        ),
        *(
            Difference(why=Why.GOODS_AT_LINE, sku=one.sku, lot=one.lot, unit=one.unit, found=one.quantity)
            for one in left
            if one.sku not in tolerated and one.quantity > ZERO
        ),
        *(Difference(why=Why.OUTPUT_WITHOUT_INPUT, sku=sku, lot=lot) for sku, lot in without_input),
        *(Difference(why=Why.INPUT_WITHOUT_SOURCE, sku=sku, lot=lot) for sku, lot in without_source),
    ]
