"""Verbs of lots and LPNs: make and find. Quantities are the ledger's alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import func, select

from wms.catalog.models import DateBasis, Item
from wms.core.errors import DuplicateValue, NotFound
from wms.core.ids import ItemId, LotId, LpnId, PartnerId, UserId, WarehouseId, new_id
from wms.db import db
from wms.events.catalog import LotCreated
from wms.events.outbox import emit_all
from wms.fields import service as own_fields
from wms.fields.rules.values import Given
from wms.gs1.checksums import check_digit
from wms.sites.models import Warehouse
from wms.stock.models import Capture, DatePrecision, Lot, Lpn
from wms.stock.rules.availability import NEVER
from wms.stock.rules.retest import retest_day

#: So many values stand in one statement.
_AT_ONCE: Final = 500


def find_lot(item: ItemId, number: str) -> Lot | None:
    """The lot of this item with exactly this number, byte for byte, or None."""
    return db.session.execute(select(Lot).where(Lot.item_id == item, Lot.number == number)).scalar_one_or_none()


def find_near_duplicates(item: ItemId, number: str) -> list[Lot]:
    """Lots of this item whose number differs only by letter case, leading zeros or blanks: a person must be asked."""
    squeezed = number.replace(" ", "").lower().lstrip("0")
    bare = func.ltrim(func.lower(func.replace(Lot.number, " ", "")), "0")
    found = db.session.execute(select(Lot).where(Lot.item_id == item, bare == squeezed, Lot.number != number))
    return list(found.scalars())


@dataclass(frozen=True, kw_only=True)
class NewLot:
    """A lot to make known; dates are last good days."""

    item: ItemId
    number: str
    expires_on: date | None = None
    best_before_on: date | None = None
    manufactured_on: date | None = None
    received_on: date | None = None
    supplier: PartnerId | None = None
    maker: PartnerId | None = None
    maker_lot: str = ""
    expiry_text: str = ""
    expiry_precision: DatePrecision = DatePrecision.DAY
    captured_by: Capture = Capture.SCAN
    country: str = ""
    retest_on: date | None = None
    traceability_lot_code: str = ""
    traceability_lot_source: str = ""


def create_lot(*, at: datetime, actor: UserId, **fields: Any) -> Lot:
    """Make a lot known, by the fields of NewLot. DuplicateValue when the item has this number already, NotFound."""
    return create_lots([NewLot(**fields)], actor=actor, at=at)[0]


def create_lots(wanted: Sequence[NewLot], *, actor: UserId, at: datetime) -> list[Lot]:
    """Make lots known, however many, by a few statements; all or none. DuplicateValue, NotFound (item)."""
    items = _items_of({one.item for one in wanted})
    known = _numbers_of(wanted)
    lots = []
    for one in wanted:
        if one.item not in items:
            raise NotFound(kind="item", text=str(one.item))
        if (one.item, one.number) in known:
            raise DuplicateValue(field="lot", value=one.number)
        known.add((one.item, one.number))
        lots.append(
            Lot(
                id=LotId(new_id()),
                item_id=one.item,
                number=one.number,
                expires_on=one.expires_on,
                best_before_on=one.best_before_on,
                manufactured_on=one.manufactured_on,
                received_on=one.received_on,
                fefo_on=deciding_day(
                    items[one.item].date_basis, expires_on=one.expires_on, best_before_on=one.best_before_on
                ),
                supplier_id=one.supplier,
                maker_id=one.maker,
                maker_lot=one.maker_lot or one.number,
                expiry_text=one.expiry_text,
                expiry_precision=one.expiry_precision,
                captured_by=one.captured_by,
                country=one.country,
                retest_on=one.retest_on or _retest_of(one, items[one.item]),
                traceability_lot_code=one.traceability_lot_code,
                traceability_lot_source=one.traceability_lot_source,
                created_at=at,
            )
        )
    db.session.add_all(lots)
    db.session.flush()
    emit_all(
        [LotCreated(lot=lot.id, item=lot.item_id, number=lot.number, expires_on=lot.expires_on) for lot in lots],
        actor=actor,
        at=at,
    )
    return lots


def _items_of(items: Iterable[ItemId]) -> dict[ItemId, Any]:
    """What each item says of the days of its lots."""
    wanted = list(items)
    found: dict[ItemId, Any] = {}
    for start in range(0, len(wanted), _AT_ONCE):
        part = select(Item.id, Item.date_basis, Item.retest_days, Item.retest_months).where(
            Item.id.in_(wanted[start : start + _AT_ONCE])
        )
        found |= {row.id: row for row in db.session.execute(part)}
    return found


def _retest_of(lot: NewLot, item: Any) -> date | None:
    """The day by which the lot is to be tested again, counted from its making, or from its receipt where that is not known."""
    return retest_day(lot.manufactured_on or lot.received_on, days=item.retest_days, months=item.retest_months)


def _numbers_of(wanted: Sequence[NewLot]) -> set[tuple[ItemId, str]]:
    """Which of these items have which of these numbers already."""
    known: set[tuple[ItemId, str]] = set()
    for start in range(0, len(wanted), _AT_ONCE):
        part = wanted[start : start + _AT_ONCE]
        statement = select(Lot.item_id, Lot.number).where(
            Lot.item_id.in_({one.item for one in part}), Lot.number.in_({one.number for one in part})
        )
        known |= {(row.item_id, row.number) for row in db.session.execute(statement)}
    return known


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


# -- own fields -------------------------------------------------------------------------------------------------------
def set_own_fields(lot: LotId, given: Given) -> None:
    """Set own fields of a lot. NotFound; raises the OwnField errors over a value."""
    if db.session.get(Lot, lot) is None:
        raise NotFound(kind="lot", text=str(lot))
    own_fields.set_values("lot", lot, given)
