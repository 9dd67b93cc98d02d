"""Reads for the lists: passages with filters, tags, and the set-up of gateways, readers and doors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, exists, func, literal_column, or_, select
from sqlalchemy.orm import aliased

from wms.accounts.models import ApiToken
from wms.core.errors import NotFound
from wms.core.ids import GatewayId, PassageId, PortalId, ReaderId, TagId, WarehouseId
from wms.db import db
from wms.db.paging import Page, SortKey, after, page_of
from wms.picking.models import Order
from wms.rfid.models import (
    UNSETTLED,
    UNTIED,
    Antenna,
    Gateway,
    Passage,
    PassageDecision,
    Portal,
    PortalUse,
    Reader,
    Tag,
)
from wms.rfid.queries.doors import PassageRow, passage_row, passage_select
from wms.rfid.queries.loads import OPEN
from wms.shipping.models import Shipment
from wms.sites.models import Bin
from wms.stock.models import Lot, Lpn

SIZE: Final = 50
_door = aliased(Portal)
#: So many tags are named in a list; more are looked for on the way.
_FEW: Final = 400


# -- passages ---------------------------------------------------------------------------------------------------------
def page_of_passages(
    warehouse: WarehouseId,
    *,
    door: str,
    decision: str,
    search: str,
    unsettled: bool,
    cursor: str | None,
    size: int = SIZE,
) -> Page[PassageRow]:
    """One page of passages, the newest first; `search` is an LPN, an EPC, or the beginning of one."""
    named, beginning = _named(search) if search else (None, None)
    doors = select(_door.id).where(_door.warehouse_id == warehouse)
    # Through one door, or what waits at these doors, by the doors' index; else on the way from the newest back.
    is_by_door = bool(door or unsettled)
    statement = passage_select(named).where(
        Passage.portal_id.in_(doors.where(_door.code == door) if door else doors) if is_by_door
        else (Passage.portal_id + 0).in_(doors)
    )  # fmt: skip
    if beginning is not None:
        statement = statement.where(beginning)
    if decision in set(PassageDecision):
        statement = statement.where(Passage.decision == PassageDecision(decision))
    if unsettled:
        statement = statement.where(literal_column(f"(passage.{UNSETTLED.replace(' decision', ' passage.decision')})"))
    keys = [SortKey(Passage.ended_at, descending=True), SortKey(Passage.id, descending=True)]
    rows = db.session.execute(after(statement, keys, cursor, size=size)).all()
    page = page_of(rows, size=size, values=lambda row: (row.Passage.ended_at.isoformat(), row.Passage.id))
    return Page(rows=[passage_row(row) for row in page.rows], next_cursor=page.next_cursor)


def _named(search: str) -> tuple[Any, Any]:
    """The passages of what the text names, as a subquery of ids; or, when it begins too many tags, a condition on the way."""
    epc = search.upper()
    is_tag = and_(Tag.epc >= epc, Tag.epc < epc + "\U0010ffff")
    plates = list(db.session.execute(select(Lpn.id).where(Lpn.code == search, Lpn.id != 0)).scalars())
    tags = list(db.session.execute(select(Tag.id).where(is_tag).limit(_FEW + 1)).scalars())
    if len(tags) > _FEW:
        return None, is_tag
    of_plates = select(Passage.id).where(Passage.lpn_id.in_(plates))
    return of_plates.union(select(Passage.id).where(Passage.tag_id.in_(tags))).subquery(), None


def get_passage(passage: PassageId, *, warehouse: WarehouseId) -> tuple[PassageRow, Passage]:
    """Give a passage of this warehouse with its names; NotFound otherwise."""
    row = db.session.execute(
        passage_select().where(Passage.id == passage, Portal.warehouse_id == warehouse)
    ).one_or_none()
    if row is None:
        raise NotFound(kind="passage", text=str(passage))
    return passage_row(row), row.Passage


# -- tags -------------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, kw_only=True)
class TagRow:
    """A tag in the list, with what it stands for and where it was seen last."""

    tag: Tag
    lpn_code: str | None
    lot_number: str | None
    passages: int


def page_of_tags(
    warehouse: WarehouseId, *, search: str, is_known: bool, cursor: str | None, size: int = SIZE
) -> Page[TagRow]:
    """One page of the tags seen at this warehouse's doors that stand for nothing we know (or that do), newest first."""
    doors = select(Portal.id).where(Portal.warehouse_id == warehouse)
    passed = (
        select(Passage.id).where(Passage.tag_id == Tag.id, Passage.portal_id.in_(doors)).limit(1).correlate(Tag)
        .scalar_subquery()
    )  # fmt: skip
    count = select(func.count()).where(Passage.tag_id == Tag.id, Passage.portal_id.in_(doors)).scalar_subquery()
    # Asked for each tag by itself, and only where it decides: an EXISTS would be answered for all tags at once.
    arrived = (
        select(Passage.id).where(Passage.tag_id == Tag.id, Passage.asn_id.is_not(None)).limit(1).correlate(Tag)
        .scalar_subquery()
    )  # fmt: skip
    untied: ColumnElement[bool] = literal_column(f"(tag.{UNTIED.replace(' lot_id', ' tag.lot_id')})")
    is_tied = or_(Tag.lpn_id.is_not(None), Tag.lot_id.is_not(None), arrived.is_not(None))
    statement = (
        select(Tag, Lpn.code, Lot.number, count.label("passages"))
        .outerjoin(Lpn, Lpn.id == Tag.lpn_id)
        .outerjoin(Lot, Lot.id == Tag.lot_id)
        .where(passed.is_not(None), is_tied if is_known else and_(untied, arrived.is_(None)))
    )
    if search:
        epc = search.upper()
        statement = statement.where(or_(and_(Tag.epc >= epc, Tag.epc < epc + "\U0010ffff"), Lpn.code == search))
    keys = [SortKey(Tag.last_seen_at, descending=True), SortKey(Tag.id, descending=True)]
    rows = db.session.execute(after(statement, keys, cursor, size=size)).all()
    page = page_of(rows, size=size, values=lambda row: (row.Tag.last_seen_at.isoformat(), row.Tag.id))
    return Page(
        rows=[TagRow(tag=r.Tag, lpn_code=r.code, lot_number=r.number, passages=r.passages) for r in page.rows],
        next_cursor=page.next_cursor,
    )


def get_tag(tag: TagId, *, warehouse: WarehouseId) -> TagRow:
    """Give a tag seen at a door of this warehouse; NotFound otherwise."""
    doors = select(Portal.id).where(Portal.warehouse_id == warehouse)
    row = db.session.execute(
        select(Tag, Lpn.code, Lot.number)
        .outerjoin(Lpn, Lpn.id == Tag.lpn_id)
        .outerjoin(Lot, Lot.id == Tag.lot_id)
        .where(Tag.id == tag, exists().where(Passage.tag_id == Tag.id, Passage.portal_id.in_(doors)))
    ).one_or_none()
    if row is None:
        raise NotFound(kind="tag", text=str(tag))
    return TagRow(tag=row.Tag, lpn_code=row.code, lot_number=row.number, passages=0)


# -- shipments for a door ---------------------------------------------------------------------------------------------
def open_shipments(warehouse: WarehouseId, *, limit: int = 100) -> Sequence[Any]:
    """The shipments that have not left, with the code of the door they load at: (id, number, order, door id, code)."""
    statement = (
        select(Shipment.id, Shipment.number, Order.ship_on, Shipment.portal_id, Portal.code)
        .join(Order, Order.id == Shipment.order_id)
        .outerjoin(Portal, Portal.id == Shipment.portal_id)
        .where(Shipment.warehouse_id == warehouse, Shipment.state.in_(OPEN))
        .order_by(Order.ship_on, Shipment.id)
        .limit(limit)
    )
    return db.session.execute(statement).all()


# -- set-up -----------------------------------------------------------------------------------------------------------
def list_portals(warehouse: WarehouseId) -> Sequence[Any]:
    """Every door of a warehouse with the code of its bin and how many antennas watch it."""
    antennas = select(func.count()).where(Antenna.portal_id == Portal.id).scalar_subquery()
    statement = (
        select(Portal, Bin.code.label("bin_code"), antennas.label("antennas"))
        .outerjoin(Bin, Bin.id == Portal.bin_id)
        .where(Portal.warehouse_id == warehouse)
        .order_by(Portal.code)
    )
    return db.session.execute(statement).all()


def list_readers(warehouse: WarehouseId) -> Sequence[Any]:
    """Every reader of a warehouse's gateways: (Reader, code of the gateway, when that was heard last)."""
    statement = (
        select(Reader, Gateway.code.label("gateway_code"), Gateway.last_seen_at)
        .join(Gateway, Gateway.id == Reader.gateway_id)
        .where(Gateway.warehouse_id == warehouse)
        .order_by(Reader.code)
    )
    return db.session.execute(statement).all()


def get_reader(reader: ReaderId, *, warehouse: WarehouseId) -> tuple[Reader, list[Antenna]]:
    """Give a reader of this warehouse and its antennas by number; NotFound otherwise."""
    found = db.session.execute(
        select(Reader)
        .join(Gateway, Gateway.id == Reader.gateway_id)
        .where(Reader.id == reader, Gateway.warehouse_id == warehouse)
    ).scalar_one_or_none()
    if found is None:
        raise NotFound(kind="reader", text=str(reader))
    antennas = db.session.execute(select(Antenna).where(Antenna.reader_id == reader).order_by(Antenna.number))
    return found, list(antennas.scalars())


def get_gateway(gateway: GatewayId, *, warehouse: WarehouseId) -> Gateway:
    """Give a gateway of this warehouse; NotFound otherwise."""
    found = db.session.execute(
        select(Gateway).where(Gateway.id == gateway, Gateway.warehouse_id == warehouse)
    ).scalar_one_or_none()
    if found is None:
        raise NotFound(kind="gateway", text=str(gateway))
    return found


def list_gateways(warehouse: WarehouseId) -> Sequence[Any]:
    """Every gateway of a warehouse: (Gateway, name of its token, whether the token is good, number of readers)."""
    readers = select(func.count()).where(Reader.gateway_id == Gateway.id, Reader.is_active).scalar_subquery()
    statement = (
        select(Gateway, ApiToken.name.label("token_name"), ApiToken.is_active.label("is_token_active"),
               readers.label("readers"))
        .outerjoin(ApiToken, ApiToken.id == Gateway.api_token_id)
        .where(Gateway.warehouse_id == warehouse)
        .order_by(Gateway.code)
    )  # fmt: skip
    return db.session.execute(statement).all()


def gateway_tokens(warehouse: WarehouseId) -> Sequence[ApiToken]:
    """The good tokens with the scope of a gateway that are for this warehouse or for all."""
    statement = (
        select(ApiToken)
        .where(
            ApiToken.is_active,
            ApiToken.scopes.contains("rfid.gateway"),
            or_(ApiToken.warehouse_id.is_(None), ApiToken.warehouse_id == warehouse),
        )
        .order_by(ApiToken.name)
    )
    return db.session.execute(statement).scalars().all()


def dock_bins(warehouse: WarehouseId) -> Sequence[Bin]:
    """The bins a door may stand at: dock, staging and shipping, by code."""
    statement = (
        select(Bin)
        .where(Bin.warehouse_id == warehouse, Bin.kind.in_(["dock", "shipping", "staging"]))
        .order_by(Bin.code)
        .limit(300)
    )
    return db.session.execute(statement).scalars().all()


def outbound_doors(warehouse: WarehouseId) -> list[tuple[PortalId, str]]:
    """The doors of a warehouse that goods may leave through, by code, for shipping to choose from."""
    statement = (
        select(Portal.id, Portal.code)
        .where(Portal.warehouse_id == warehouse, Portal.is_active, Portal.use != PortalUse.INBOUND)
        .order_by(Portal.code)
    )
    return [(row.id, row.code) for row in db.session.execute(statement)]


def door_codes(warehouse: WarehouseId) -> list[tuple[PortalId, str]]:
    """The doors of a warehouse by code, for filters and choices."""
    statement = select(Portal.id, Portal.code).where(Portal.warehouse_id == warehouse).order_by(Portal.code)
    return [(row.id, row.code) for row in db.session.execute(statement)]
