"""Reads that one scan of goods is judged by."""

from __future__ import annotations

from sqlalchemy import column, exists, select, table
from sqlalchemy.orm import joinedload

from wms.catalog.models import Item, PackUnit
from wms.core.errors import NotFound
from wms.core.ids import AsnId, BinId, ItemId, LpnId, ReceiptId, WarehouseId
from wms.core.quantity import ZERO
from wms.db import db
from wms.db.types import QuantityType
from wms.receiving.models import AsnLine, ReceiptLine
from wms.sites.models import Warehouse
from wms.stock.models import Hold, HoldScope, Lot

#: Read here, written by the ledger alone.
_POSTING = table("stock_posting", column("seq"), column("key"))
_BALANCE = table("stock_balance", column("lpn_id"), column("bin_id"), column("on_hand", QuantityType()))


def lines_by_key(key: str) -> list[ReceiptLine]:
    """The lines that a posting of this key made: not empty when the device sent the same thing before."""
    statement = (
        select(ReceiptLine)
        .join(_POSTING, _POSTING.c.seq == ReceiptLine.posting_seq)
        .where(_POSTING.c.key == key)
        .options(joinedload(ReceiptLine.lot), joinedload(ReceiptLine.item), joinedload(ReceiptLine.lpn))
        .order_by(ReceiptLine.id)
    )
    return list(db.session.execute(statement).scalars())


def find_lot_with_hold(item: ItemId, number: str) -> tuple[Lot | None, bool]:
    """The item's lot of exactly this number, and whether an open hold lies on all of it."""
    held = exists().where(Hold.lot_id == Lot.id, Hold.scope == HoldScope.LOT, Hold.lifted_at.is_(None))
    row = db.session.execute(
        select(Lot, held).where(Lot.item_id == item, Lot.number == number).execution_options(populate_existing=True)
    ).first()
    return (row[0], bool(row[1])) if row else (None, False)


def asn_lines_of_sscc(asn: AsnId, sscc: str) -> list[tuple[AsnLine, Item, bool]]:
    """The ASN's lines that stand on this SSCC, with their item, and whether any of the line was received already."""
    came = exists().where(ReceiptLine.asn_line_id == AsnLine.id)
    statement = (
        select(AsnLine, Item, came)
        .join(Item, Item.id == AsnLine.item_id)
        .where(AsnLine.asn_id == asn, AsnLine.sscc == sscc)
        .order_by(AsnLine.item_id, AsnLine.line)
    )
    return [(line, item, bool(done)) for line, item, done in db.session.execute(statement)]


def has_announced_ssccs(asn: AsnId) -> bool:
    """Say whether the supplier named any SSCC at all."""
    return bool(db.session.execute(select(exists().where(AsnLine.asn_id == asn, AsnLine.sscc.is_not(None)))).scalar())


def item_for_receipt(item: ItemId) -> Item:
    """Give an item; NotFound when there is none or it is no longer used."""
    found = db.session.execute(select(Item).where(Item.id == item, Item.is_active)).scalar_one_or_none()
    if found is None:
        raise NotFound(kind="item", text=str(item))
    return found


def pack_units(item: ItemId) -> list[PackUnit]:
    """The units an item comes in, smallest first."""
    return list(
        db.session.execute(select(PackUnit).where(PackUnit.item_id == item).order_by(PackUnit.factor)).scalars()
    )


def lpn_stands_elsewhere(lpn: LpnId, bin_: BinId) -> bool:
    """Say whether something on this LPN stands in another bin than `bin_`."""
    b = _BALANCE.c
    found = select(exists().where(b.lpn_id == lpn, b.on_hand > ZERO, b.bin_id != bin_))
    return bool(db.session.execute(found).scalar())


def is_lpn_of_receipt(lpn: LpnId, receipt: ReceiptId) -> bool:
    """Say whether something was received on this LPN by this receipt."""
    found = select(exists().where(ReceiptLine.lpn_id == lpn, ReceiptLine.receipt_id == receipt))
    return bool(db.session.execute(found).scalar())


def timezone_of(warehouse: WarehouseId) -> str:
    """The IANA name of a warehouse's time zone."""
    return str(db.session.execute(select(Warehouse.timezone).where(Warehouse.id == warehouse)).scalar_one())
