"""Where received goods go: which bins may take them, and which is best, each with its reason.

Released and pending goods go to storage and pick faces of their own temperature class; rejected goods only to the
quarantine bin or the reject cage, since law wants them physically apart (GSP Annex 2; 21 CFR 211.142(a)).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from wms.core.errors import BinBlocked, BinUnsuitable, QuestionNeeded, Refused

SALEABLE_KINDS: Final = frozenset({"storage", "pick_face"})
APART_KINDS: Final = frozenset({"quarantine", "reject_cage"})
_BEST_FIRST: Final = ("same_lot", "same_item", "empty_bin", "has_room")


@dataclass(frozen=True, kw_only=True)
class Load:
    """Goods to put away: one item, one lot (or several on one LPN), one quality."""

    item: int
    lots: frozenset[int]
    storage_class: str
    quality: str
    is_on_lpn: bool = False


@dataclass(frozen=True, kw_only=True)
class BinState:
    """A bin and what stands in it or is on its way: lots, items, LPNs, and whether some of it is loose."""

    id: int
    code: str
    kind: str
    storage_class: str | None
    is_blocked: bool = False
    capacity_lpns: int | None = None
    takes_mixed_lots: bool = True
    walk_sequence: int = 0
    lots: frozenset[int] = frozenset()
    items: frozenset[int] = frozenset()
    lpn_count: int = 0
    has_loose: bool = False


@dataclass(frozen=True, kw_only=True)
class Suggestion:
    """The bin to go to and why: same_lot, same_item, empty_bin or has_room."""

    bin: int
    code: str
    reason: str


def kinds_for(quality: str) -> frozenset[str]:
    """The kinds of bins that goods of this quality may stand in."""
    return APART_KINDS if quality == "rejected" else SALEABLE_KINDS


def why_not_bin(load: Load, bin_: BinState) -> Refused | None:
    """Say why this bin may not take the load, None when it may."""
    if bin_.is_blocked:
        return BinBlocked(bin=bin_.code, why="blocked")
    if bin_.kind not in kinds_for(load.quality):
        return BinUnsuitable(bin=bin_.code, why="bin_kind", found=bin_.kind, needed=sorted(kinds_for(load.quality)))
    if bin_.storage_class != load.storage_class and load.quality != "rejected":
        return BinUnsuitable(
            bin=bin_.code, why="storage_class", found=bin_.storage_class or "unknown", needed=load.storage_class
        )
    if not bin_.takes_mixed_lots and bin_.lots - load.lots:
        return BinUnsuitable(bin=bin_.code, why="other_lot", found="other_lot", needed="same_lot")
    if bin_.capacity_lpns is not None and _places_taken(load, bin_) > bin_.capacity_lpns:
        return BinUnsuitable(bin=bin_.code, why="bin_full", found=str(bin_.capacity_lpns), needed="empty_bin")
    return None


def suggest_bin(load: Load, bins: Sequence[BinState]) -> Suggestion | None:
    """Choose the best bin: where the same lot stands, then the same item, then an empty one, then any with room.

    Among equals an LPN goes to storage and loose goods to a pick face, then by the walk. None when no bin may take it.
    """
    fit = [b for b in bins if why_not_bin(load, b) is None]
    if not fit:
        return None
    best = min(fit, key=lambda b: (_BEST_FIRST.index(reason_for(load, b)), _face(load, b), b.walk_sequence, b.code))
    return Suggestion(bin=best.id, code=best.code, reason=reason_for(load, best))


def reason_for(load: Load, bin_: BinState) -> str:
    """Name what speaks for this bin."""
    if load.lots & bin_.lots:
        return "same_lot"
    if load.item in bin_.items:
        return "same_item"
    return "has_room" if bin_.lots else "empty_bin"


def check_bin(load: Load, bin_: BinState, *, suggested: str | None, answers: frozenset[str]) -> None:
    """Take the scanned bin or raise: BinBlocked, BinUnsuitable, or the question another_bin when it is not the suggested."""
    refusal = why_not_bin(load, bin_)
    if refusal is not None:
        raise refusal
    if suggested is not None and suggested != bin_.code and "another_bin" not in answers:
        raise QuestionNeeded(question="another_bin", needed=suggested, scanned=bin_.code)


def _places_taken(load: Load, bin_: BinState) -> int:
    """LPN places in use once the load stands there; all loose goods of a bin together take one."""
    taken = bin_.lpn_count + (1 if bin_.has_loose else 0)
    return taken + (1 if load.is_on_lpn or not bin_.has_loose else 0)


def _face(load: Load, bin_: BinState) -> int:
    return 0 if (bin_.kind == "pick_face") != load.is_on_lpn else 1
