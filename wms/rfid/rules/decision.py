"""What a trip through a door means: arrived, loaded, alarm, or merely logged; pure, one table a direction.

A read is a claim: what is not sure is for a person to look at, and what is expected is never turned into an alarm by
doubt alone. `why` is a code with its sentence at the edge.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from wms.rfid.rules.passage import Verdict

#: Reasons of an alarm that concern the goods themselves, not the door or the papers: they go before all others.
GOODS_STOPPED = ("recalled", "held", "expired", "not_released")


class Outcome(StrEnum):
    """What is made of a trip; the values of models.PassageDecision."""

    ARRIVED = "arrived"
    LOADED = "loaded"
    ALARM = "alarm"
    LOGGED = "logged"
    UNKNOWN_TAG = "unknown_tag"
    REVIEW = "review"


class Kind(StrEnum):
    """What a tag stands for."""

    LPN = "lpn"
    #: An SSCC that a supplier announced and nobody has received yet.
    ANNOUNCED = "announced"
    #: Goods of one lot, without an LPN.
    LOT = "lot"
    #: An item of our catalogue, no lot known.
    ITEM = "item"
    #: Under a company prefix of ours, and known no further.
    OURS = "ours"
    FOREIGN = "foreign"


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What is known of a tag at this door: `stop` is why it may not leave here ("" when it may, or nobody asked)."""

    kind: Kind
    stop: str = ""
    is_announced: bool = False
    is_loaded: bool = False
    is_empty: bool = False


@dataclass(frozen=True)
class Decision:
    """What is made of a trip, and why."""

    outcome: Outcome
    why: str = ""


def decide(verdict: Verdict, use: str, standing: Standing) -> Decision:
    """Decide a trip at a door of `use` (inbound, outbound, both)."""
    if verdict is Verdict.STRAY:
        return Decision(Outcome.LOGGED, "stray")
    if verdict is Verdict.REVIEW:
        return Decision(Outcome.REVIEW, standing.stop if standing.stop in GOODS_STOPPED else "unsure")
    return _in(use, standing) if verdict is Verdict.IN else _out(use, standing)


def _in(use: str, standing: Standing) -> Decision:
    if standing.is_announced:
        return Decision(Outcome.REVIEW, "wrong_door") if use == "outbound" else Decision(Outcome.ARRIVED)
    if standing.is_loaded:
        return Decision(Outcome.REVIEW, "came_back")
    if standing.kind in (Kind.FOREIGN, Kind.OURS):
        return Decision(Outcome.UNKNOWN_TAG, "unknown_tag")
    return Decision(Outcome.LOGGED, "not_announced" if use != "outbound" else "came_back")


def _out(use: str, standing: Standing) -> Decision:
    match standing.kind:
        case Kind.FOREIGN:
            return Decision(Outcome.UNKNOWN_TAG, "unknown_tag")
        case Kind.OURS:
            return Decision(Outcome.ALARM, "unknown_tag")
        case Kind.ANNOUNCED:
            return Decision(Outcome.REVIEW, "not_received")
    if standing.stop in GOODS_STOPPED:
        return Decision(Outcome.ALARM, standing.stop)
    if standing.is_empty or standing.stop == "empty":
        return Decision(Outcome.LOGGED, "empty")
    if use == "inbound":
        return Decision(Outcome.ALARM, "wrong_door")
    if standing.stop:
        return Decision(Outcome.ALARM, standing.stop)
    return Decision(Outcome.LOADED) if standing.kind is Kind.LPN else Decision(Outcome.LOGGED, "with_load")
