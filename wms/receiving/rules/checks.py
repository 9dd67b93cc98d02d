"""How much of a pallet is looked at before its one SSCC takes it in, and which parts: a draw that anyone can do again.

The parts (units) are the plates that hold goods, and each line that stands on no plate of its own. Of n units at a share of
p percent, so many are asked as n·p/100 rounded up; none at 0 percent. Which ones: each unit has the hash SHA-256 of
"seed:pallet:unit", and the smallest hashes are asked. The seed stands on the receipt.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from typing import Final

#: Of a supplier about whom nothing is known.
WHOLE: Final = 100


def asked_count(units: int, share_percent: int) -> int:
    """How many of so many units are asked."""
    return -(-units * min(max(share_percent, 0), WHOLE) // 100)


def draw(units: Sequence[str], *, share_percent: int, seed: int, pallet: str) -> frozenset[str]:
    """Choose the units that must be scanned, by the seed alone."""
    ranked = sorted(units, key=lambda unit: (_hash(seed, pallet, unit), unit))
    return frozenset(ranked[: asked_count(len(units), share_percent)])


def is_needed(units: Collection[str], *, pallet: str, share_percent: int) -> bool:
    """Say whether anything is left to look at: a plate with one line on it was looked at when it was scanned."""
    return share_percent > 0 and not (len(units) <= 1 and all(unit == pallet for unit in units))


def _hash(seed: int, pallet: str, unit: str) -> str:
    return hashlib.sha256(f"{seed}:{pallet}:{unit}".encode()).hexdigest()
