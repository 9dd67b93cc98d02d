"""The sums of a recall: shipped = recovered + confirmed used or destroyed + outstanding. Exact; sums by base unit. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from wms.core.quantity import ZERO, Quantity


@dataclass(frozen=True, kw_only=True, slots=True)
class Outside:
    """So much of a lot (or of all lots of one unit) left, and what is known of it. More may come back than left: `over`."""

    shipped: Quantity = ZERO
    recovered: Quantity = ZERO
    used: Quantity = ZERO
    destroyed: Quantity = ZERO

    @property
    def confirmed(self) -> Quantity:
        """Used or destroyed, as customers confirm."""
        return self.used + self.destroyed

    @property
    def outstanding(self) -> Quantity:
        """What nobody has accounted for yet."""
        return max(self.shipped - self.recovered - self.confirmed, ZERO)

    @property
    def over(self) -> Quantity:
        """What is accounted for beyond what was shipped: a difference to look into."""
        return max(self.recovered + self.confirmed - self.shipped, ZERO)

    @property
    def is_closed(self) -> bool:
        """Whether the sums agree: shipped + over = recovered + confirmed + outstanding. Always, by their making."""
        return self.shipped + self.over == self.recovered + self.confirmed + self.outstanding

    @property
    def progress(self) -> Fraction:
        """The accounted share of what was shipped; 1 where nothing was."""
        if self.shipped == ZERO:
            return Fraction(1)
        return 1 - Fraction(self.outstanding.millionths, self.shipped.millionths)


@dataclass(frozen=True, kw_only=True, slots=True)
class OutsideLine:
    """What one party had of one lot."""

    party: int
    lot: int
    lot_number: str
    sku: str
    unit: str
    sums: Outside
    #: The exact part of what was shipped that came from the start; None where the trace knows none.
    part: Fraction | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class UnitSum:
    """The sums of all lines of one base unit: outstanding of one lot is not paid with more of another."""

    unit: str
    shipped: Quantity
    recovered: Quantity
    used: Quantity
    destroyed: Quantity
    outstanding: Quantity
    over: Quantity

    @property
    def confirmed(self) -> Quantity:
        """Used or destroyed, as customers confirm."""
        return self.used + self.destroyed

    @property
    def progress(self) -> Fraction:
        """The accounted share of what was shipped; 1 where nothing was."""
        if self.shipped == ZERO:
            return Fraction(1)
        return 1 - Fraction(self.outstanding.millionths, self.shipped.millionths)


def sums_by_unit(lines: Iterable[OutsideLine]) -> tuple[UnitSum, ...]:
    """Add lines up by base unit: pieces and kilograms do not add."""
    found: dict[str, list[int]] = {}
    for line in lines:
        sums = found.setdefault(line.unit, [0] * 6)
        for place, value in enumerate((
            line.sums.shipped, line.sums.recovered, line.sums.used, line.sums.destroyed, line.sums.outstanding,
            line.sums.over,
        )):  # fmt: skip
            sums[place] += value.millionths
    return tuple(
        UnitSum(
            unit=unit, shipped=Quantity(of[0]), recovered=Quantity(of[1]), used=Quantity(of[2]),
            destroyed=Quantity(of[3]), outstanding=Quantity(of[4]), over=Quantity(of[5]),
        )
        for unit, of in sorted(found.items())
    )  # fmt: skip


def progress_of(sums: Iterable[UnitSum]) -> Fraction:
    """The progress of the whole: of the unit that is behind the others; 1 where nothing was shipped."""
    return min((one.progress for one in sums), default=Fraction(1))


def share_text(share: Fraction | None) -> str:
    """A share as it is kept: "a/b"; blank for none."""
    return "" if share is None else f"{share.numerator}/{share.denominator}"


def share_of(text: str) -> Fraction | None:
    """The share that share_text wrote."""
    return Fraction(text) if text else None


#: Of a hundred told, so many are asked whether it reached them; level b is for the site to say, and asks for one at least.
CHECK_PERCENT = {"a": 100, "b": 0, "c": 10, "d": 2, "e": 0}


def checks_needed(level: str, parties: int) -> int:
    """How many of the parties told are asked at this level (FDA): all, some, a tenth, one in fifty, none. Rounded up."""
    if parties == 0 or level == "e":
        return 0
    if level == "b":
        return 1
    return -(-parties * CHECK_PERCENT[level] // 100)
