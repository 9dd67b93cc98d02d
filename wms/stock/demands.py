"""What stands behind a demand of claims and pegs: told by the higher floor whose demand it is.

Stock knows a demand as ("order_line", id) alone. Where a person is told of it, the teller of its kind gives the words; where
goods were made for it, the server of its kind ties them to it and promises them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from wms.core.ids import ItemId, LotId, UserId, WarehouseId
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


class Server(Protocol):
    """Serves demands of one kind with lots that were made for them."""

    def lock(self, demand: int) -> None:
        """Keep a demand to this transaction before its goods are locked: in this order nobody waits in a ring."""

    def make_for(
        self, lot: LotId, demand: int, *, document_kind: str, document_id: int, actor: UserId, at: datetime
    ) -> None:
        """Tie a lot to a demand and promise it at once; what others were promised of it is found for them elsewhere."""


_servers: dict[str, Server] = {}


def serve_with(kind: str, server: Server) -> None:
    """Hand over who serves the demands of a kind."""
    _servers[kind] = server


def server_of(kind: str) -> Server | None:
    """Give who serves the demands of a kind; None where nobody does."""
    return _servers.get(kind)


#: Called with lots that came where they may be promised: promises those that are kept for a demand to it.
Promiser = Callable[..., Any]
_promisers: list[Promiser] = []


def promise_with(promiser: Promiser) -> None:
    """Hand over who promises kept lots to their demands: promiser(lots, actor=, at=)."""
    _promisers[:] = [promiser]


def promise_kept(lots: Collection[LotId], *, actor: UserId, at: datetime) -> None:
    """Let kept lots be promised to the demands they are kept for: they were released, or came into the store."""
    for promiser in _promisers:
        promiser(lots, actor=actor, at=at)
