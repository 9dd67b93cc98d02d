"""Quantities: exact integers of millionths of an item's base unit; never a float.

>>> Quantity.parse("2.5") + Quantity.of(1)
Quantity('3.5')
>>> str(Quantity.parse("72.000"))
'72'
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import total_ordering

from wms.core.errors import BadQuantity

SCALE = 1_000_000
#: No quantity is larger: nine thousand million base units, well inside BIGINT when summed a thousand times.
LIMIT = 9_000_000_000 * SCALE


@total_ordering
@dataclass(frozen=True, slots=True)
class Quantity:
    """An amount in the item's base unit, kept as an integer of millionths."""

    millionths: int

    @classmethod
    def of(cls, units: int | Decimal) -> Quantity:
        """Take whole units or an exact decimal; BadQuantity when it has more than six decimals or is out of range."""
        try:
            scaled = Decimal(units) * SCALE
            whole = int(scaled)
        except (InvalidOperation, OverflowError, ValueError) as broken:
            raise BadQuantity(text=str(units)) from broken
        if scaled != whole or abs(whole) > LIMIT:
            raise BadQuantity(text=str(units))
        return cls(whole)

    @classmethod
    def parse(cls, text: str) -> Quantity:
        """Read plain decimal text such as "12" or "0.25"; exponents, signs and blanks inside are refused."""
        text = text.strip()
        if (
            not text
            or len(text) > 24
            or not text.replace(".", "", 1).isascii()
            or not text.replace(".", "", 1).isdigit()
        ):
            raise BadQuantity(text=text[:40])
        return cls.of(Decimal(text))

    @property
    def decimal(self) -> Decimal:
        """The amount in base units, without trailing zeros."""
        value = Decimal(self.millionths).scaleb(-6)
        return value.quantize(Decimal(1)) if value == value.to_integral_value() else value.normalize()

    def __str__(self) -> str:
        return format(self.decimal, "f")

    def __repr__(self) -> str:
        return f"Quantity({str(self)!r})"

    def __add__(self, other: Quantity) -> Quantity:
        return Quantity(self.millionths + other.millionths)

    def __sub__(self, other: Quantity) -> Quantity:
        return Quantity(self.millionths - other.millionths)

    def __neg__(self) -> Quantity:
        return Quantity(-self.millionths)

    def __mul__(self, times: int) -> Quantity:
        return Quantity(self.millionths * times)

    def __lt__(self, other: Quantity) -> bool:
        return self.millionths < other.millionths

    def __bool__(self) -> bool:
        return self.millionths != 0

    def packs_of(self, factor: Quantity) -> tuple[int, Quantity]:
        """Split into whole packs of `factor` base units and the rest: 80 ea in cases of 12 is 6 cases and 8 ea."""
        if factor.millionths <= 0:
            return 0, self
        packs, rest = divmod(self.millionths, factor.millionths)
        return packs, Quantity(rest)


ZERO = Quantity(0)
