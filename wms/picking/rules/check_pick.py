"""What was scanned at a stop against what the stop needs: the gate before every pick. Pure.

The scan is judged by what the barcode says, never by the line on the screen: another bin, item, lot or LPN is refused
with what was needed and what came; a stopped, held, expired or too short-lived lot is refused whatever was scanned.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from wms.core.errors import (
    MissingField,
    PickedTooMuch,
    PickStopped,
    QuestionNeeded,
    WrongBinScanned,
    WrongItemScanned,
    WrongLotScanned,
    WrongLpnScanned,
    WrongState,
)
from wms.core.quantity import ZERO, Quantity
from wms.stock.rules.availability import Purpose, StockFacts, why_not
from wms.stock.rules.scope import Buyer


@dataclass(frozen=True, kw_only=True)
class StopFacts:
    """One stop of a pick list as the rule sees it. Quantities in base units, `on` the warehouse's day of the scan."""

    state: str
    why_stopped: str = ""
    bin_code: str
    sku: str
    lot_number: str
    #: The LPN the goods stand on; "" for loose goods.
    lpn_code: str = ""
    quantity: Quantity
    stock: StockFacts
    purpose: Purpose = Purpose.SALE
    on: date
    needed_until: date | None = None
    buyer: Buyer | None = None
    #: Who asks, as availability.demand_word writes it.
    demand: str = ""
    #: How many lots of the item lie in the bin: with one, its GTIN is enough.
    lots_in_bin: int = 1
    #: On how many LPNs (loose counted as one) this lot lies in the bin: with one, the lot is enough.
    places_of_lot: int = 1
    #: How many lots the LPN carries: with one, its code is enough.
    lots_on_lpn: int = 1


@dataclass(frozen=True, kw_only=True)
class Scanned:
    """What a person scanned at a stop, by what the codes say; None for what they do not say. An LPN may stand alone."""

    bin_code: str
    lot_number: str | None = None
    sku: str | None = None
    lpn_code: str | None = None


@dataclass(frozen=True, kw_only=True)
class Taken:
    """What the pick comes to: how much is taken and how much of the stop is left."""

    quantity: Quantity
    left: Quantity


def check_stop(stop: StopFacts) -> None:
    """Refuse a stop that is not to be picked any more. Raises PickStopped, WrongState."""
    if stop.state == "stopped":
        raise PickStopped(lot=stop.lot_number, reason=stop.why_stopped)
    if stop.state not in {"open", "taken"}:
        raise WrongState(subject="pick_task", state=stop.state, event="pick", needed=["open"])


def check_pick(stop: StopFacts, scanned: Scanned, quantity: Quantity) -> Taken:
    """Say what the pick comes to, or refuse it.

    Raises PickStopped, WrongState, WrongBinScanned, WrongItemScanned, WrongLotScanned, WrongLpnScanned, QuestionNeeded
    (which_lot: the item alone does not tell), LotOnHold, LotExpired, NotReleased, LifeTooShort, PickedTooMuch.
    """
    check_stop(stop)
    if scanned.bin_code != stop.bin_code:
        raise WrongBinScanned(needed=stop.bin_code, scanned=scanned.bin_code)
    _check_goods(stop, scanned)
    check_usable(stop)
    return check_quantity(stop, quantity)


def check_usable(stop: StopFacts) -> None:
    """Refuse goods that the order may not get today. Raises LotOnHold, LotExpired, NotReleased, NotReleasedFor, LotPegged,
    LifeTooShort."""
    refusal = why_not(
        stop.stock, stop.purpose, on=stop.on, needed_until=stop.needed_until, buyer=stop.buyer, demand=stop.demand
    )
    if refusal:
        raise refusal


def check_quantity(stop: StopFacts, quantity: Quantity) -> Taken:
    """Refuse nothing and more than the stop asks for. Raises MissingField, PickedTooMuch."""
    if quantity <= ZERO:
        raise MissingField(field="quantity")
    if quantity > stop.quantity:
        raise PickedTooMuch(needed=str(stop.quantity), scanned=str(quantity))
    return Taken(quantity=quantity, left=stop.quantity - quantity)


def _check_goods(stop: StopFacts, scanned: Scanned) -> None:
    if scanned.sku is not None and scanned.sku != stop.sku:
        raise WrongItemScanned(needed=stop.sku, scanned=scanned.sku)
    if scanned.lot_number is not None and scanned.lot_number != stop.lot_number:
        raise WrongLotScanned(needed=stop.lot_number, scanned=scanned.lot_number)
    if scanned.lpn_code is not None and scanned.lpn_code != stop.lpn_code:
        raise WrongLpnScanned(needed=stop.lpn_code or "–", scanned=scanned.lpn_code)
    if scanned.lpn_code is not None:
        if stop.lots_on_lpn > 1 and scanned.lot_number is None:
            raise QuestionNeeded(question="which_lot", needed=stop.lot_number)
        return
    if scanned.lot_number is None:
        if scanned.sku is None:
            raise MissingField(field="scan")
        if stop.lots_in_bin > 1:
            raise QuestionNeeded(question="which_lot", needed=stop.lot_number)
    if stop.lpn_code and stop.places_of_lot > 1:
        raise WrongLpnScanned(needed=stop.lpn_code, scanned=scanned.lot_number or scanned.sku)
