"""The last fence: what its purpose does not allow is refused by the posting itself, whatever page or job asks for it."""

from __future__ import annotations

import sqlite3

from wms.core.clock import now
from wms.core.errors import LotExpired, LotOnHold, NotReleased, WmsError
from wms.core.ids import SYSTEM_USER, BinId, HoldSetId, LotId, LpnId, OwnerId
from wms.core.quantity import Quantity
from wms.db import db, run_in_transaction
from wms.demo.people import PASSWORD
from wms.stock import ledger
from wms.stock.ledger import Move, Place, Quality, Reason, StockKey
from wms.stock.rules.availability import Purpose
from wms.tour.report import fail, must
from wms.tour.tale import Tale
from wms.web.sentences import sentence

_STANDING = (
    "SELECT b.* FROM stock_balance b JOIN bin ON bin.id = b.bin_id WHERE b.warehouse_id = ? AND b.on_hand > b.allocated"
    " AND NOT bin.is_blocked AND "
)


def play(tale: Tale) -> None:
    """Ask the ledger to ship held, pending and expired goods, past every page and plan."""
    _ship(tale, "held", "b.hold_set_id <> 0", LotOnHold)
    _ship(tale, "pending", "b.hold_set_id = 0 AND b.quality = 'pending'", NotReleased)
    lot = _free_an_expired_lot(tale)
    _ship(tale, "expired", f"b.hold_set_id = 0 AND b.lot_id = {lot}", LotExpired)


def _free_an_expired_lot(tale: Tale) -> int:
    """A person may lift the hold of an expired lot, to return or destroy it; it is expired all the same."""
    row = tale.reads.row(
        "SELECT h.id, h.lot_id FROM hold h JOIN stock_balance b ON b.lot_id = h.lot_id AND b.warehouse_id = h.warehouse_id"
        " JOIN bin ON bin.id = b.bin_id WHERE h.reason = 'expired' AND h.lifted_at IS NULL AND h.warehouse_id = ?"
        " AND b.on_hand > 0 AND b.quality = 'released' AND NOT bin.is_blocked"
        " AND NOT EXISTS (SELECT 1 FROM hold o WHERE o.lot_id = h.lot_id AND o.id <> h.id AND o.lifted_at IS NULL)"
        " ORDER BY h.id LIMIT 1",
        tale.site,
    )
    if row is None:
        fail("no expired lot is held")
    desk = tale.desk("quality2")
    desk.open(f"/quality/holds/{row['id']}")
    desk.act(f"/quality/holds/{row['id']}/lift", reason="to be returned to the supplier", password=PASSWORD)
    return int(row["lot_id"])


def _ship(tale: Tale, what: str, where: str, wanted: type[WmsError]) -> None:
    row = tale.reads.row(f"{_STANDING}{where} LIMIT 1", tale.site)
    if row is None:
        fail(f"the demo must have {what} goods")
    before = tale.reads.ledger()
    refusal = _post(tale, row, what)
    must(isinstance(refusal, wanted), f"a posting that ships {what} goods must be refused, but came to {refusal!r}")
    tale.is_unchanged(before, f"shipping {what} goods")
    tale.report.step(f"refused by the posting itself: to ship {what} goods")
    if refusal is not None:
        tale.report.said(sentence(refusal))


def _post(tale: Tale, row: sqlite3.Row, what: str) -> WmsError | None:
    """Post a shipment of one balance and give the refusal."""
    customer = BinId(tale.reads.value("SELECT id FROM bin WHERE warehouse_id = ? AND kind = 'customer'", tale.site))
    key = StockKey(
        lot=LotId(row["lot_id"]), owner=OwnerId(row["owner_id"]), quality=Quality(row["quality"]),
        place=Place(bin=BinId(row["bin_id"]), lpn=LpnId(row["lpn_id"])), hold_set=HoldSetId(row["hold_set_id"]),
    )  # fmt: skip
    move = Move(quantity=Quantity(row["on_hand"] - row["allocated"]), source=key, target=key.at(Place(bin=customer)))
    with tale.make_app(tale.config).app_context():
        try:
            run_in_transaction(
                ledger.post, [move], key=f"tour:{what}", reason=Reason.SHIP, actor=SYSTEM_USER, at=now(),
                purpose=Purpose.SALE,
            )  # fmt: skip
        except WmsError as refused:
            return refused
        finally:
            db.session.remove()
            db.engine.dispose()
    return None
