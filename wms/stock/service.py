"""Verbs of lots and LPNs: make and find. Quantities are the ledger's alone."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import func, select

from wms.catalog.models import DateBasis, Item
from wms.core.errors import DuplicateValue, NotFound
from wms.core.ids import ItemId, LotId, LpnId, PartnerId, UserId, WarehouseId, new_id
from wms.db import db
from wms.events.catalog import LotCreated
from wms.events.outbox import emit
from wms.gs1.checksums import check_digit
from wms.sites.models import Warehouse
from wms.stock.models import Capture, DatePrecision, Lot, Lpn
from wms.stock.rules.availability import NEVER


def find_lot(item: ItemId, number: str) -> Lot | None:
    """The lot of this item with exactly this number, byte for byte, or None."""
    return db.session.execute(select(Lot).where(Lot.item_id == item, Lot.number == number)).scalar_one_or_none()


def find_near_duplicates(item: ItemId, number: str) -> list[Lot]:
    """Lots of this item whose number differs only by letter case, leading zeros or blanks: a person must be asked."""
    squeezed = number.replace(" ", "").lower().lstrip("0")
    bare = func.ltrim(func.lower(func.replace(Lot.number, " ", "")), "0")
    found = db.session.execute(select(Lot).where(Lot.item_id == item, bare == squeezed, Lot.number != number))
    return list(found.scalars())


def create_lot(
    *,
    item: ItemId,
    number: str,
    at: datetime,
    actor: UserId,
    expires_on: date | None = None,
    best_before_on: date | None = None,
    manufactured_on: date | None = None,
    received_on: date | None = None,
    supplier: PartnerId | None = None,
    maker: PartnerId | None = None,
    maker_lot: str = "",
    expiry_text: str = "",
    expiry_precision: DatePrecision = DatePrecision.DAY,
    captured_by: Capture = Capture.SCAN,
    country: str = "",
) -> Lot:
    """Make a lot known; dates are last good days. DuplicateValue when the item has this number already."""
    basis = db.session.execute(select(Item.date_basis).where(Item.id == item)).scalar_one_or_none()
    if basis is None:
        raise NotFound(kind="item", text=str(item))
    if find_lot(item, number):
        raise DuplicateValue(field="lot", value=number)
    lot = Lot(
        id=LotId(new_id()),
        item_id=item,
        number=number,
        expires_on=expires_on,
        best_before_on=best_before_on,
        manufactured_on=manufactured_on,
        received_on=received_on,
        fefo_on=deciding_day(basis, expires_on=expires_on, best_before_on=best_before_on),
        supplier_id=supplier,
        maker_id=maker,
        maker_lot=maker_lot or number,
        expiry_text=expiry_text,
        expiry_precision=expiry_precision,
        captured_by=captured_by,
        country=country,
        created_at=at,
    )
    db.session.add(lot)
    db.session.flush()
    emit(LotCreated(lot=lot.id, item=item, number=number, expires_on=expires_on), actor=actor, at=at)
    return lot


def deciding_day(basis: DateBasis, *, expires_on: date | None, best_before_on: date | None) -> date:
    """The last good day that allocation and blocking go by, by the item's basis; NEVER where none decides."""
    if basis is DateBasis.NONE:
        return NEVER
    first, second = (best_before_on, expires_on) if basis is DateBasis.BEST_BEFORE else (expires_on, best_before_on)
    return first or second or NEVER


def find_open_lpn(code: str) -> Lpn | None:
    """The open LPN with this code, or None."""
    return db.session.execute(select(Lpn).where(Lpn.code == code, Lpn.is_open)).scalar_one_or_none()


def make_lpn(*, warehouse: WarehouseId, at: datetime, sscc: str | None = None, parent: LpnId | None = None) -> Lpn:
    """Make an LPN: with the supplier's SSCC as given, else with one of our own under the site's company prefix.

    Raises DuplicateValue when an open LPN has this SSCC.
    """
    if sscc is not None and find_open_lpn(sscc):
        raise DuplicateValue(field="sscc", value=sscc)
    identity = LpnId(new_id())
    code = sscc or _own_sscc(warehouse, identity)
    lpn = Lpn(id=identity, code=code, is_sscc=True, warehouse_id=warehouse, parent_id=parent, created_at=at)
    db.session.add(lpn)
    db.session.flush()
    return lpn


def close_lpn(lpn: LpnId) -> None:
    """Retire a plate: its code may come back one day."""
    found = db.session.get(Lpn, lpn)
    if found is None or lpn == 0:
        raise NotFound(kind="lpn", text=str(lpn))
    found.is_open = False


def _own_sscc(warehouse: WarehouseId, identity: LpnId) -> str:
    """Extension digit 0, company prefix, serial from the id, check digit (GS1 General Specifications 2.2.1)."""
    prefix = db.session.execute(select(Warehouse.company_prefix).where(Warehouse.id == warehouse)).scalar_one()
    width = 16 - len(prefix)
    body = f"0{prefix}{identity % 10**width:0{width}d}"
    while find_open_lpn(body + check_digit(body)):
        identity = LpnId(new_id())
        body = f"0{prefix}{identity % 10**width:0{width}d}"
    return body + check_digit(body)
