"""Goods that come in stopped: a truck too warm or too cold, an origin nobody knows. Quality lifts such a hold, nobody here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from wms.core.ids import LOOSE, BinId, LotId, LpnId, ReceiptLineId, UserId, WarehouseId
from wms.core.quantity import Quantity
from wms.quality import service as quality
from wms.stock import ledger
from wms.stock import queries as stock
from wms.stock.models import HoldReason, HoldScope


@dataclass(frozen=True, kw_only=True)
class Stopped:
    """Goods of one receipt line that are to be held where they stand."""

    line: ReceiptLineId
    lot: LotId
    lpn: LpnId
    bin: BinId
    quantity: Quantity
    reason: HoldReason
    note: str


def lock_for_holds(lots: Sequence[LotId]) -> None:
    """Take the lots as a hold does, before anything of them is posted: no two receivers then wait for each other."""
    ledger.lock_lots(lots, exclusive=True)


def hold_goods(goods: Stopped, *, warehouse: WarehouseId, actor: UserId, at: datetime) -> None:
    """Hold the goods on their LPN; loose ones so much at the dock, or, once they were carried on, the lot in this warehouse."""
    at_dock = Quantity(
        sum(row.on_hand.millionths for row in stock.find_balances(lot=goods.lot, bin=goods.bin, lpn=LOOSE))
    )
    if goods.lpn != LOOSE:
        scope = HoldScope.LPN
    else:
        scope = HoldScope.QUANTITY if at_dock >= goods.quantity else HoldScope.LOT
    quality.place_hold(
        quality.PlaceHold(
            key=f"receipt:{goods.line}:{goods.reason.value}",
            scope=scope,
            lot=goods.lot,
            reason=goods.reason,
            note=goods.note,
            warehouse=warehouse if scope is HoldScope.LOT else None,
            bin=goods.bin if scope is HoldScope.QUANTITY else None,
            lpn=goods.lpn if scope is HoldScope.LPN else LOOSE if scope is HoldScope.QUANTITY else None,
            quantity=goods.quantity if scope is HoldScope.QUANTITY else None,
        ),
        actor=actor,
        at=at,
    )
