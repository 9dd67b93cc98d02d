"""What stands behind a demand of claims and pegs: told by the higher floor whose demand it is.

Stock knows a demand as ("order_line", id) alone. Where a person is told of it, the teller of its kind gives the words.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from wms.core.ids import ItemId, WarehouseId
from wms.core.quantity import Quantity


@dataclass(frozen=True, kw_only=True)
class DemandFacts:
    """One demand: the paper it stands on (its kind, id and number), the line of it, what is wanted, and whether still."""

    id: int
    document_kind: str
    document_id: int
    number: str
    line: int
    item: ItemId
    sku: str
    warehouse: WarehouseId
    quantity: Quantity
    state: str
    is_open: bool


Teller = Callable[[Collection[int]], Mapping[int, DemandFacts]]
_tellers: dict[str, Teller] = {}


def tell_of(kind: str, teller: Teller) -> None:
    """Hand over who knows the demands of a kind."""
    _tellers[kind] = teller


def facts_of(kind: str, demands: Collection[int]) -> Mapping[int, DemandFacts]:
    """Say what stands behind demands of one kind; one that nobody knows is left out."""
    return _tellers[kind](sorted(set(demands))) if demands and kind in _tellers else {}
