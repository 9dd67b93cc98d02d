"""The draw of places, which anyone can make again, and what a scanned label proves. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import NamedTuple


class PlaceOfLot(NamedTuple):
    """A lot in a place: what one label can be checked against."""

    bin: int
    lpn: int
    lot: int


def draw(places: Iterable[PlaceOfLot], *, seed: str, count: int) -> list[PlaceOfLot]:
    """Draw `count` places: the first in the order of SHA-256 over the seed and the place. The same again for the same input.

    >>> places = [PlaceOfLot(n, 0, 1) for n in range(5)]
    >>> draw(places, seed="a", count=2) == draw(reversed(places), seed="a", count=2)
    True
    """
    return sorted(set(places), key=lambda place: (_rank(seed, place), place))[:count]


def digest(places: Iterable[PlaceOfLot]) -> str:
    """The SHA-256 of all places in their order, so that a draw made again proves that it starts from the same."""
    whole = hashlib.sha256()
    for place in sorted(set(places)):
        whole.update(f"{place.bin}/{place.lpn}/{place.lot}\n".encode())
    return whole.hexdigest()


def share(*, same: int, differs: int, unreadable: int) -> int | None:
    """The share of right labels in whole percent of those that were looked at, cut and not rounded up; None for none.

    >>> share(same=2, differs=1, unreadable=0), share(same=0, differs=0, unreadable=0)
    (66, None)
    """
    looked_at = same + differs + unreadable
    return same * 100 // looked_at if looked_at else None


def _rank(seed: str, place: PlaceOfLot) -> str:
    return hashlib.sha256(f"{seed}/{place.bin}/{place.lpn}/{place.lot}".encode()).hexdigest()
