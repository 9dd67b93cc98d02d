"""What an error in production touched above production: shipments, customers, recalls. Told by the floors that own them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from wms.core.ids import LotId, OrderId, RecallId, ShipmentId, WarehouseId
from wms.core.quantity import Quantity


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """So much of a lot that left in one shipment, and to whom."""

    lot: LotId
    shipment: ShipmentId
    number: str
    warehouse: WarehouseId
    shipped_at: datetime | None
    order: OrderId
    order_number: str
    customer_en: str
    customer_zh: str
    quantity: Quantity


@dataclass(frozen=True, kw_only=True)
class RecallTouched:
    """An open recall whose scope an error changes: lots of the error in it that may fall out, and lots that come in, by number."""

    recall: RecallId
    number: str
    inside: tuple[str, ...]
    missing: tuple[str, ...]


DeliveryTeller = Callable[[Collection[LotId]], Sequence[Delivery]]
RecallTeller = Callable[[Collection[LotId], Collection[LotId]], Sequence[RecallTouched]]
_deliveries: list[DeliveryTeller] = []
_recalls: list[RecallTeller] = []


def tell_of_deliveries(teller: DeliveryTeller) -> None:
    """Hand over who knows what left of lots, and to whom."""
    _deliveries[:] = [teller]


def tell_of_recalls(teller: RecallTeller) -> None:
    """Hand over who knows the open recalls that lots are in."""
    _recalls[:] = [teller]


def deliveries_of(lots: Collection[LotId]) -> list[Delivery]:
    """What left of these lots, the newest shipment first."""
    return [one for teller in _deliveries for one in teller(lots)] if lots else []


def recalls_of(used: Collection[LotId], made: Collection[LotId]) -> list[RecallTouched]:
    """The open recalls that hold any of the lots a report named as used, or any lot it led to."""
    return [one for teller in _recalls for one in teller(used, made)] if used or made else []
