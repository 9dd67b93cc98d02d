"""Reads for inspectors: to whom a lot went, what is kept from use and since when, who may do what and since when."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, or_, select, union

from wms.accounts.models import User, UserRole
from wms.audit.models import AuditEntry
from wms.backup.models import BackupRun
from wms.catalog.models import Item, Partner
from wms.core.ids import LotId, WarehouseId
from wms.core.quantity import ZERO, Quantity
from wms.db import db
from wms.db.paging import Page, SortKey, after, page_of
from wms.inspector.models import InspectorLook
from wms.picking.models import Order
from wms.shipping.models import Shipment
from wms.sites.models import Bin, Warehouse
from wms.stock.ledger import Quality, Reason
from wms.stock.ledger import reads as ledger
from wms.stock.models import Hold, HoldReason, HoldSetMember, ImportedEvent, Lot, Lpn, PastKind


# -- to whom a lot went -----------------------------------------------------------------------------------------------
@dataclass(frozen=True, kw_only=True)
class Delivery:
    """So much of a lot that left to one customer; `shipment` is None for what a file tells of the time before."""

    on: datetime | date
    shipment: int | None
    number: str
    order: str
    warehouse_code: str
    customer_code: str
    name_en: str
    name_zh: str
    address: str
    phone: str
    recall_contact: str
    waybill: str
    plate: str
    quantity: Quantity


def deliveries_of(lot: LotId, warehouses: Collection[WarehouseId]) -> list[Delivery]:
    """Every delivery of a lot from these warehouses, the newest first, then those before this system. Two statements."""
    move, posting = ledger.move, ledger.posting
    shipped = (
        select(posting.c.document_id.label("shipment"), func.sum(move.c.quantity).label("quantity"))
        .join(posting, posting.c.seq == move.c.posting_seq)
        .where(move.c.lot_id == lot, posting.c.reason == Reason.SHIP, posting.c.document_kind == "shipment")
        .group_by(posting.c.document_id)
        .subquery()
    )
    rows = db.session.execute(
        select(
            Shipment.shipped_at, Shipment.id, Shipment.number, Order.number.label("order"), Shipment.waybill,
            Shipment.plate, Warehouse.code.label("warehouse_code"), shipped.c.quantity, *_partner(),
        )
        .join(shipped, shipped.c.shipment == Shipment.id)
        .join(Order, Order.id == Shipment.order_id)
        .join(Partner, Partner.id == Order.customer_id)
        .join(Warehouse, Warehouse.id == Shipment.warehouse_id)
        .where(Shipment.warehouse_id.in_(list(warehouses)), Shipment.shipped_at.is_not(None))
        .order_by(Shipment.shipped_at.desc(), Shipment.id.desc())
    )  # fmt: skip
    found = [
        Delivery(
            on=row.shipped_at, shipment=row.id, number=row.number, order=row.order, warehouse_code=row.warehouse_code,
            waybill=row.waybill, plate=row.plate, quantity=row.quantity, **_who(row),
        )
        for row in rows
    ]  # fmt: skip
    past = db.session.execute(
        select(ImportedEvent.happened_on, ImportedEvent.document, ImportedEvent.quantity, Warehouse.code, *_partner())
        .outerjoin(Partner, Partner.id == ImportedEvent.partner_id)
        .outerjoin(Warehouse, Warehouse.id == ImportedEvent.warehouse_id)
        .where(
            ImportedEvent.lot_id == lot, ImportedEvent.kind == PastKind.SHIPMENT,
            or_(ImportedEvent.warehouse_id.is_(None), ImportedEvent.warehouse_id.in_(list(warehouses))),
        )
        .order_by(ImportedEvent.happened_on.desc(), ImportedEvent.id.desc())
    )  # fmt: skip
    found += [
        Delivery(
            on=row.happened_on, shipment=None, number=row.document, order="", warehouse_code=row.code or "", waybill="",
            plate="", quantity=row.quantity, **_who(row),
        )
        for row in past
    ]  # fmt: skip
    return found


def _partner() -> list[Any]:
    return [
        Partner.code.label("customer_code"), Partner.name_en, Partner.name_zh, Partner.address, Partner.phone,
        Partner.recall_contact,
    ]  # fmt: skip


def _who(row: Any) -> dict[str, str]:
    names = ("customer_code", "name_en", "name_zh", "address", "phone", "recall_contact")
    return {name: getattr(row, name) or "" for name in names}


# -- what is kept from use --------------------------------------------------------------------------------------------
@dataclass(frozen=True, kw_only=True)
class Kept:
    """Some goods that are pending, rejected or on hold; `since` is the day from which their age is counted."""

    id: int
    lot: LotId
    lot_number: str
    sku: str
    name_en: str
    name_zh: str
    base_unit: str
    bin_code: str
    lpn_code: str
    quality: Quality
    on_hand: Quantity
    received_on: date
    reasons: tuple[HoldReason, ...] = ()
    held_since: datetime | None = None
    holder: str = ""


def page_of_kept(warehouse: WarehouseId, *, cursor: str | None, size: int = 50) -> Page[Kept]:
    """What may not be used in a warehouse: the longest here first. Two statements a page."""
    balance = ledger.balance
    here = (balance.c.warehouse_id == warehouse, balance.c.on_hand > ZERO)
    kept = union(
        select(balance.c.id).where(*here, balance.c.quality != Quality.RELEASED),
        select(balance.c.id).where(*here, balance.c.hold_set_id != 0),
    ).subquery()
    statement = (
        select(
            balance.c.id, balance.c.lot_id, balance.c.quality, balance.c.on_hand, balance.c.received_on,
            balance.c.hold_set_id, balance.c.lpn_id, Lot.number, Item.sku, Item.name_en, Item.name_zh, Item.base_unit,
            Bin.code.label("bin_code"), Lpn.code.label("lpn_code"),
        )
        .join(kept, kept.c.id == balance.c.id)
        .join(Lot, Lot.id == balance.c.lot_id)
        .join(Item, Item.id == Lot.item_id)
        .join(Bin, Bin.id == balance.c.bin_id)
        .join(Lpn, Lpn.id == balance.c.lpn_id)
    )  # fmt: skip
    keys = [SortKey(balance.c.received_on), SortKey(balance.c.id)]
    rows = list(db.session.execute(after(statement, keys, cursor, size=size)))
    holds = _holds_in({row.hold_set_id for row in rows if row.hold_set_id})
    found = []
    for row in rows:
        of = holds.get(row.hold_set_id, [])
        first = min(of, key=lambda one: one.placed_at, default=None)
        found.append(
            Kept(
                id=row.id, lot=row.lot_id, lot_number=row.number, sku=row.sku, name_en=row.name_en, name_zh=row.name_zh,
                base_unit=row.base_unit, bin_code=row.bin_code, lpn_code=row.lpn_code if row.lpn_id else "",
                quality=row.quality, on_hand=row.on_hand, received_on=row.received_on,
                reasons=tuple(dict.fromkeys(one.reason for one in of)), held_since=first.placed_at if first else None,
                holder=first.full_name if first else "",
            )
        )  # fmt: skip
    return page_of(found, size=size, values=lambda one: (one.received_on, one.id))


def stream_kept(warehouse: WarehouseId) -> Iterator[Kept]:
    """All of it, for a sheet."""
    cursor = None
    while True:
        page = page_of_kept(warehouse, cursor=cursor, size=500)
        yield from page.rows
        cursor = page.next_cursor
        if cursor is None:
            return


def _holds_in(hold_sets: Collection[int]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = defaultdict(list)
    if hold_sets:
        statement = (
            select(HoldSetMember.hold_set_id, Hold.reason, Hold.placed_at, User.full_name)
            .join(Hold, Hold.id == HoldSetMember.hold_id)
            .join(User, User.id == Hold.placed_by)
            .where(HoldSetMember.hold_set_id.in_(hold_sets))
            .order_by(Hold.placed_at)
        )
        for row in db.session.execute(statement):
            found[row.hold_set_id].append(row)
    return found


# -- who may do what --------------------------------------------------------------------------------------------------
@dataclass(frozen=True, kw_only=True)
class Grant:
    """A role of a person, where, and since when by whom; None where it was given before the trail began."""

    login: str
    full_name: str
    is_active: bool
    is_service: bool
    role: str
    warehouse_code: str
    granted_at: datetime | None
    granted_by: str


def grants() -> list[Grant]:
    """Every role of every person, by login. Two statements."""
    rows = db.session.execute(
        select(
            UserRole.id, UserRole.role, User.login, User.full_name, User.is_active, User.is_service, Warehouse.code
        )
        .join(User, User.id == UserRole.user_id)
        .outerjoin(Warehouse, Warehouse.id == UserRole.warehouse_id)
        .order_by(User.login, UserRole.role, Warehouse.code)
    ).all()  # fmt: skip
    given: dict[int, tuple[datetime, str]] = {}
    statement = (
        select(AuditEntry.entity_id, AuditEntry.at, User.full_name)
        .outerjoin(User, User.id == AuditEntry.actor_id)
        .where(AuditEntry.entity == "user_role", AuditEntry.action == "created")
        .order_by(AuditEntry.seq)
    )
    for entry in db.session.execute(statement):
        given[entry.entity_id] = (entry.at, entry.full_name or "")
    return [
        Grant(
            login=row.login, full_name=row.full_name, is_active=row.is_active, is_service=row.is_service,
            role=row.role, warehouse_code=row.code or "", granted_at=given.get(row.id, (None, ""))[0],
            granted_by=given.get(row.id, (None, ""))[1],
        )
        for row in rows
    ]  # fmt: skip


# -- backups and looks ------------------------------------------------------------------------------------------------
def backups(*, limit: int = 50) -> Sequence[BackupRun]:
    """The last backups and restores, the newest first."""
    statement = select(BackupRun).order_by(BackupRun.made_at.desc(), BackupRun.id.desc()).limit(limit)
    return list(db.session.execute(statement).scalars())


@dataclass(frozen=True, kw_only=True)
class LookRow:
    """One page that an inspector opened."""

    id: int
    at: datetime
    login: str
    full_name: str
    path: str
    query: str


def page_of_looks(*, cursor: str | None, size: int = 50) -> Page[LookRow]:
    """What inspectors looked at, the newest first."""
    statement: Any = select(
        InspectorLook.id, InspectorLook.at, InspectorLook.path, InspectorLook.query, User.login, User.full_name
    ).join(User, User.id == InspectorLook.user_id)
    keys = [SortKey(InspectorLook.at, descending=True), SortKey(InspectorLook.id, descending=True)]
    rows = [LookRow(**row._mapping) for row in db.session.execute(after(statement, keys, cursor, size=size))]
    return page_of(rows, size=size, values=lambda row: (row.at.isoformat(), row.id))
