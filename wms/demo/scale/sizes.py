"""How large each part of the warehouse is for a number of stock rows. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

LEAST: Final = 1_000
MOST: Final = 1_000_000
#: Moves for each stock row that stands.
MOVES_PER_ROW: Final = 5
#: How far the history goes back.
DAYS: Final = 240
#: Shares of the bins by temperature class, and the part that stands at the first site.
CLASS_SHARES: Final = {"ambient": 0.62, "cool": 0.12, "cold": 0.16, "frozen": 0.10}
FIRST_SITE_SHARE: Final = 0.8


@dataclass(frozen=True)
class Size:
    """What `--scale` asks for: stock rows that hold something, the number all grows from, the day all is counted from."""

    rows: int
    number: int
    on: date

    @property
    def moves(self) -> int:
        """Moves in all."""
        return self.rows * MOVES_PER_ROW

    @property
    def items(self) -> int:
        """Items: a hundred rows each, as in a large distribution centre; a few of them hold far more."""
        return max(60, min(10_000, self.rows // 100))

    @property
    def bins(self) -> int:
        """Bins in racks: four rows in each."""
        return max(480, self.rows // 4)

    @property
    def open_orders(self) -> int:
        """Orders that have not left."""
        return max(24, min(5_000, self.rows // 200))

    @property
    def open_putaways(self) -> int:
        """Units that stand at the dock."""
        return max(6, min(600, self.rows // 1_500))

    @property
    def announced(self) -> int:
        """ASNs still expected."""
        return max(6, min(400, self.rows // 2_500))
