"""May this stock be used for this purpose, on this day, for this customer, and if not, why: one table, one function.

Allocation, scan, post, door and report all ask `why_not`. Holding back from sale must not hold back from counting,
caging, sampling, returning or destroying (docs/decisions/0008).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from wms.core.errors import (
    LifeTooShort,
    LotExpired,
    LotOnHold,
    LotPegged,
    LotStopped,
    NotReleased,
    NotReleasedFor,
    Refused,
)
from wms.stock.rules.scope import Buyer, is_within, written

#: The last good day of goods whose item has no date that decides.
NEVER = date(9999, 12, 31)


class Purpose(StrEnum):
    """What stock is wanted for."""

    SALE = "sale"
    TRANSFER = "transfer"
    ISSUE = "issue"
    SAMPLE = "sample"
    DESTRUCTION = "destruction"
    SUPPLIER_RETURN = "supplier_return"
    REWORK = "rework"
    """To be mended: whose goods they are and which holds lie on them is the rework order's to judge, before it takes them."""
    HANDLING = "handling"
    """Inside the walls: put away, move, cage, count, and the stages of a hold itself."""


@dataclass(frozen=True)
class Allowance:
    """What one purpose takes: the qualities, and whether held or expired goods too, or goods made for another demand.

    `stopped`: also goods that a recall has stopped and does not hold yet, since they get no further by it.
    """

    qualities: frozenset[str]
    held: bool = False
    expired: bool = False
    pegged: bool = False
    stopped: bool = False


_ANY = frozenset({"pending", "released", "rejected"})
TABLE: Mapping[Purpose, Allowance] = {
    Purpose.SALE: Allowance(frozenset({"released"})),
    Purpose.TRANSFER: Allowance(frozenset({"released"})),
    Purpose.ISSUE: Allowance(frozenset({"released"})),
    Purpose.SAMPLE: Allowance(_ANY, held=True, expired=True, pegged=True),
    Purpose.DESTRUCTION: Allowance(_ANY, held=True, expired=True, pegged=True, stopped=True),
    Purpose.SUPPLIER_RETURN: Allowance(_ANY, held=True, expired=True, pegged=True),
    Purpose.REWORK: Allowance(_ANY, held=True, expired=True, pegged=True),
    Purpose.HANDLING: Allowance(_ANY, held=True, expired=True, pegged=True, stopped=True),
}


@dataclass(frozen=True, kw_only=True)
class StockFacts:
    """What the question needs to know of some stock; dates are warehouse-local days, `last_good_on` inclusive."""

    lot_number: str
    quality: str
    is_held: bool
    last_good_on: date
    usable_on_last_day: bool = True
    hold_reason: str = ""
    #: For whom it is released, as wms.stock.rules.scope reads it; blank: for everybody.
    scope: str = ""
    #: The demand it is made for and the number of its paper, order_line:4711=SO-77; blank: for nobody in particular.
    peg: str = ""
    #: The numbers of the recalls that stop it before they hold it, parted by blanks.
    stopped_for: str = ""


def demand_word(kind: str, demand: int) -> str:
    """Write a demand as one word, as the statements that look at goods do: order_line:4711."""
    return f"{kind}:{demand}"


def is_expired(last_good_on: date, *, on: date, usable_on_last_day: bool = True) -> bool:
    """Say whether goods whose last good day is `last_good_on` are expired on `on` (by item: usable through that day)."""
    return on > last_good_on or (on == last_good_on and not usable_on_last_day)


def why_not(
    stock: StockFacts, purpose: Purpose, *, on: date, needed_until: date | None = None, buyer: Buyer | None = None,
    demand: str = "",
) -> Refused | None:  # fmt: skip
    """Say why `stock` may not be used, or None when it may; `needed_until` is the customer's least last good day.

    For a sale, `buyer` says to whom: goods released for some markets or customers go to no other. `demand` is for whom it
    is asked, as `demand_word` writes it: goods made for one demand go to no other.
    """
    allowance = TABLE[purpose]
    if stock.is_held and not allowance.held:
        return LotOnHold(lot=stock.lot_number, reason=stock.hold_reason)
    if stock.stopped_for and not allowance.stopped:
        return stopped(stock)
    if stock.quality not in allowance.qualities:
        return NotReleased(lot=stock.lot_number, quality=stock.quality)
    if stock.scope and purpose is Purpose.SALE and buyer is not None and not is_within(stock.scope, buyer, on=on):
        return NotReleasedFor(lot=stock.lot_number, released_for=written(stock.scope), buyer=buyer.name)
    made_for, _, number = stock.peg.partition("=")
    if made_for and made_for != demand and not allowance.pegged:
        return LotPegged(lot=stock.lot_number, made_for=number)
    if not allowance.expired and is_expired(stock.last_good_on, on=on, usable_on_last_day=stock.usable_on_last_day):
        return LotExpired(lot=stock.lot_number, expires_on=stock.last_good_on.isoformat(), on=on.isoformat())
    if needed_until is not None and not allowance.expired and stock.last_good_on < needed_until:
        return LifeTooShort(
            lot=stock.lot_number, expires_on=stock.last_good_on.isoformat(), needed_on=needed_until.isoformat()
        )
    return None


def stopped(stock: StockFacts) -> LotStopped:
    """The refusal of goods that a recall has stopped; names the recalls."""
    return LotStopped(lot=stock.lot_number, recall=", ".join(stock.stopped_for.split()))


def needed_until(
    *, ship_on: date, days_min: int | None, percent_min: int | None, shelf_life_days: int | None
) -> date | None:
    """The least last good day a customer accepts for goods shipped on `ship_on`: the stricter of days and percent.

    Percent is of the item's whole shelf life, rounded up to a day; it is passed over where that life is not known.
    """
    days = [days_min] if days_min is not None else []
    if percent_min is not None and shelf_life_days:
        days.append(-(-percent_min * shelf_life_days // 100))
    return date.fromordinal(min(ship_on.toordinal() + max(days), NEVER.toordinal())) if days else None
