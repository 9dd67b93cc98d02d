"""Back from staging: goods that are not wanted any more return to a bin, their promise with them given back."""

from __future__ import annotations

from datetime import datetime

from wms.core.errors import NotFound
from wms.core.ids import BinId, LotId, PickListId, UserId
from wms.core.quantity import ZERO, Quantity
from wms.picking import queries
from wms.quality.apart import refuse_among_good
from wms.stock import ledger
from wms.stock import queries as stock
from wms.stock.ledger import Document, Move, Place, Reason


def unpick(*, pick_list: PickListId, lot: LotId, target: BinId, key: str, actor: UserId, at: datetime) -> Quantity:
    """Move all of a lot that stands on a list's LPN back into a bin, loose; held goods too. How much it was.

    Raises NotFound when nothing of it is there, BinBlocked, BinUnsuitable (expired, recalled, rejected: a cage is needed).
    """
    found = queries.find_list(pick_list)
    if stock.find_posting(key):
        return ZERO
    balances = stock.find_balances(lpn=found.lpn_id, lot=lot)
    if not balances:
        raise NotFound(kind="lot", text=str(lot))
    refuse_among_good(balances, target, at=at)
    ledger.release([c.id for c in stock.claims_on([b.id for b in balances])], actor=actor, at=at)
    moves = [Move(quantity=b.on_hand, source=b.key, target=b.key.at(Place(bin=target))) for b in balances]
    ledger.post(
        moves, key=key, reason=Reason.UNPICK, document=Document(kind=queries.LIST, id=pick_list), actor=actor, at=at
    )
    return sum((b.on_hand for b in balances), ZERO)
