"""How good a supplier is: a rating from counted lots and defects by one formula, and the trust class it gives.

    rating = 70 x (lots accepted at first go / lots inspected)
           + 30 x (1 - weighted defects / units looked at), not below 0
           - 10 for each item that is stopped

weighted defects = 10 x critical + 3 x major + 1 x minor. Rounded to one decimal, half up, never below 0. Every number stands
on the supplier's page, so that the rating can be made again by hand.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Final

WEIGHTS: Final[Mapping[str, int]] = {"critical": 10, "major": 3, "minor": 1}
LOTS_PART, DEFECTS_PART, STOP_COST = 70, 30, 10
#: A supplier with fewer inspected lots is not known yet.
LOTS_TO_BE_KNOWN: Final = 5
#: How far back a standing looks.
DAYS_BACK: Final = 365


class Trust(StrEnum):
    """How far a supplier's word goes: what share of a whole pallet is checked follows from it."""

    NEW = "new"
    HIGH = "high"
    NORMAL = "normal"
    LOW = "low"
    STOPPED = "stopped"


@dataclass(frozen=True, kw_only=True)
class Counts:
    """What was counted of a supplier: lots, defects by class, the units looked at, items stopped now."""

    lots_received: int = 0
    lots_inspected: int = 0
    lots_accepted: int = 0
    lots_skipped: int = 0
    units_inspected: int = 0
    defects: Mapping[str, int] = field(default_factory=dict)
    stops: int = 0

    @property
    def weighted_defects(self) -> int:
        """Defects by their weight."""
        return sum(WEIGHTS[name] * self.defects.get(name, 0) for name in WEIGHTS)


def rating(counts: Counts) -> Decimal | None:
    """Give the rating from 0 to 100 with one decimal, None while nothing was inspected.

    >>> str(rating(Counts(lots_inspected=10, lots_accepted=9, units_inspected=800, defects={"major": 4, "minor": 6})))
    '92.3'
    """
    if not counts.lots_inspected:
        return None
    lots = Fraction(counts.lots_accepted, counts.lots_inspected)
    share = Fraction(counts.weighted_defects, counts.units_inspected) if counts.units_inspected else Fraction(0)
    whole = LOTS_PART * lots + DEFECTS_PART * max(Fraction(0), 1 - share) - STOP_COST * counts.stops
    exact = Decimal(max(Fraction(0), whole).numerator) / Decimal(max(Fraction(0), whole).denominator)
    return exact.quantize(Decimal("0.1"), ROUND_HALF_UP)


def trust(counts: Counts) -> Trust:
    """Say the trust class: stopped; new below five lots; high from 95; normal from 80; low under that."""
    if counts.stops:
        return Trust.STOPPED
    found = rating(counts)
    if found is None or counts.lots_inspected < LOTS_TO_BE_KNOWN:
        return Trust.NEW
    return Trust.HIGH if found >= 95 else Trust.NORMAL if found >= 80 else Trust.LOW
