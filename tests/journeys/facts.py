"""What is true, whatever a screen says: what the ledger holds, and that every check of it is silent."""

from typing import Any

from flask import Flask

from tests import given
from wms.db import db


def stands(app: Flask) -> dict[tuple[str, str], str]:
    """What the ledger says stands inside the walls: {(lot, bin): quantity}; and every check of the ledger is silent."""
    from sqlalchemy import select

    from wms.sites.models import Bin
    from wms.stock.ledger.tables import StockBalance
    from wms.stock.models import Lot

    with app.app_context():
        rows = db.session.execute(
            select(Lot.number, Bin.code, StockBalance.on_hand)
            .join(Lot, Lot.id == StockBalance.lot_id)
            .join(Bin, Bin.id == StockBalance.bin_id)
        ).all()
        db.session.rollback()
        given.ledger_is_whole()
    sums: dict[tuple[str, str], Any] = {}
    for lot, code, quantity in rows:
        if quantity:
            sums[lot, code] = sums[lot, code] + quantity if (lot, code) in sums else quantity
    return {place: str(quantity) for place, quantity in sums.items()}
