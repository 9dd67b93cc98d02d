"""What may go through an outbound door, what may ship, and the states of a shipment. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from wms.stock.rules.availability import Purpose, StockFacts, why_not
from wms.stock.rules.scope import Buyer

SHIPMENT_STEPS: Final[Mapping[tuple[str, str], str]] = {
    ("open", "load"): "loading",
    ("loading", "load"): "loading",
    ("open", "ship"): "shipped",
    ("loading", "ship"): "shipped",
    ("open", "cancel"): "cancelled",
}


class Verdict(StrEnum):
    """What the door makes of one LPN or lot: expected lets it pass, all others raise an alarm."""

    EXPECTED = "expected"
    OTHER_SHIPMENT = "other_shipment"
    NOT_ALLOCATED = "not_allocated"
    MADE_FOR_OTHER = "made_for_other"
    HELD = "held"
    RECALLED = "recalled"
    EXPIRED = "expired"
    NOT_RELEASED = "not_released"
    LIFE_TOO_SHORT = "life_too_short"
    EMPTY = "empty"
    UNKNOWN = "unknown"


_BY_CODE: Final = {
    "lot_on_hold": Verdict.HELD,
    "lot_stopped": Verdict.HELD,
    "not_released": Verdict.NOT_RELEASED,
    "lot_expired": Verdict.EXPIRED,
    "life_too_short": Verdict.LIFE_TOO_SHORT,
    "not_released_for": Verdict.NOT_RELEASED,
    "lot_pegged": Verdict.MADE_FOR_OTHER,
}


@dataclass(frozen=True, kw_only=True)
class LoadFacts:
    """One lot of what stands on an LPN at the door, and for whom."""

    stock: StockFacts
    is_allocated: bool
    purpose: Purpose = Purpose.SALE
    needed_until: date | None = None
    buyer: Buyer | None = None
    #: The open shipment it is meant for, and the door that one loads through; None for none.
    shipment: int | None = None
    portal: int | None = None
    #: The demand of its order that the lot is made for, as availability.demand_word writes it; blank for none.
    demand: str = ""


@dataclass(frozen=True, kw_only=True)
class LoadVerdict:
    """The verdict, the shipment the goods belong to, and the lot and reason behind a no."""

    verdict: Verdict
    shipment: int | None = None
    lots: tuple[str, ...] = ()
    why: str = ""

    @property
    def may_pass(self) -> bool:
        """Whether the goods may go out here."""
        return self.verdict is Verdict.EXPECTED


#: From harmless to grave: of several lots on one LPN the gravest decides.
_GRAVITY: Final = (
    Verdict.EXPECTED, Verdict.OTHER_SHIPMENT, Verdict.NOT_ALLOCATED, Verdict.MADE_FOR_OTHER, Verdict.LIFE_TOO_SHORT, Verdict.NOT_RELEASED,
    Verdict.EXPIRED, Verdict.HELD, Verdict.RECALLED,
)  # fmt: skip


def check_load(facts: Sequence[LoadFacts], *, portal: int, on: date) -> LoadVerdict:
    """Judge what stands on one LPN at a door on a warehouse day; no facts at all means there is nothing on it."""
    if not facts:
        return LoadVerdict(verdict=Verdict.EMPTY)
    judged = [(_judge(f, portal=portal, on=on), f) for f in facts]
    gravest, _ = max(judged, key=lambda pair: _GRAVITY.index(pair[0]))
    guilty = [f for verdict, f in judged if verdict is gravest]
    return LoadVerdict(
        verdict=gravest,
        shipment=next((f.shipment for f in guilty if f.shipment is not None), None),
        lots=tuple(sorted({f.stock.lot_number for f in guilty})),
        why=next((f.stock.hold_reason for f in guilty if f.stock.is_held), ""),
    )


def _judge(facts: LoadFacts, *, portal: int, on: date) -> Verdict:
    refusal = why_not(
        facts.stock, facts.purpose, on=on, needed_until=facts.needed_until, buyer=facts.buyer, demand=facts.demand
    )
    if refusal:
        verdict = _BY_CODE.get(refusal.code, Verdict.NOT_ALLOCATED)
        is_recalled = facts.stock.hold_reason == "recall" or refusal.code == "lot_stopped"
        return Verdict.RECALLED if verdict is Verdict.HELD and is_recalled else verdict
    if not facts.is_allocated or facts.shipment is None:
        return Verdict.NOT_ALLOCATED
    return Verdict.EXPECTED if facts.portal in (None, portal) else Verdict.OTHER_SHIPMENT
