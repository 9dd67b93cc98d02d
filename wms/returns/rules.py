"""The state table of a supplier return, and what of the goods standing there goes. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from wms.core.quantity import ZERO, Quantity

#: `finish`: the last of it left, or the rest is given up; `drop`: nothing left at all.
STATES: Final = {
    ("open", "carry"): "open",
    ("open", "finish"): "done",
    ("open", "drop"): "cancelled",
}


@dataclass(frozen=True, kw_only=True)
class Standing:
    """Some goods of the lot in the place: how much of it is promised to nobody, and whether it is on hold."""

    unpromised: Quantity
    is_held: bool = False


def portion(rows: Sequence[Standing], wanted: Quantity, *, may_be_held: bool) -> list[Quantity]:
    """Say how much to take of each row, in their order, until `wanted` is reached; free goods first, held ones by right only."""
    taken = [ZERO for _ in rows]
    left = wanted
    for is_held in (False, True):
        for place, row in enumerate(rows):
            if row.is_held is is_held and (may_be_held or not is_held):
                taken[place] = min(left, row.unpromised)
                left = left - taken[place]
    return taken
