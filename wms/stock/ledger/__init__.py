"""THE write path: post, claim, release, reverse. Nothing else in the program changes a quantity.

    post(moves, key=..., reason=..., document=..., actor=..., at=...) -> Posted
    claim(requests, actor=..., at=...) -> list[Claimed]
    release(claims, ...) -> Quantity
    reverse(seq, key=..., ...) -> Posted

All four stand inside run_in_transaction, lock lots (shared; a hold or lift: exclusive), then balances in the order of
the stock key, then claims, and refuse by raising from wms.core.errors with nothing changed. Reads are in
wms.stock.queries.
"""

from wms.stock.ledger import fences as _fences  # noqa: F401  (the fence stands as soon as the ledger is known)
from wms.stock.ledger.becoming import carry_received_on, follow_deciding_day
from wms.stock.ledger.claims import Claimed, ClaimRequest, claim, release, release_demand
from wms.stock.ledger.moves import ClaimUse, Move, Place, StockKey
from wms.stock.ledger.post import Document, Posted, lock_lots, post, reverse
from wms.stock.ledger.tables import Quality, Reason

__all__ = [
    "ClaimRequest", "ClaimUse", "Claimed", "Document", "Move", "Place", "Posted", "Quality", "Reason", "StockKey",
    "carry_received_on", "claim", "follow_deciding_day", "lock_lots", "post", "release", "release_demand", "reverse",
]  # fmt: skip
