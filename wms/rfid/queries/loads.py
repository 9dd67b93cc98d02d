"""What is loaded at a door: its open shipment, whether lots are made for others, whether an item is wanted there."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import and_, case, func, literal, not_, select

from wms.core.ids import ItemId, LotId, PortalId, ShipmentId
from wms.db import db
from wms.picking.models import OrderLine
from wms.picking.queries import LINE
from wms.shipping.models import Shipment, ShipmentState
from wms.stock.models import LotPeg

OPEN = (ShipmentState.LOADING, ShipmentState.OPEN)


@dataclass(frozen=True, kw_only=True)
class Here:
    """What stands at a door, and whether lots that would leave through it are made for others than its order."""

    shipment: ShipmentId | None
    is_made_for_others: bool


def standing_at(portal: PortalId, lots: Collection[LotId]) -> Here:
    """The shipment that stands at a door (the one being loaded before one that only waits, the newest first), and whether
    any of these lots is kept for a demand that is not of its order. One statement."""
    first = case((Shipment.state == ShipmentState.LOADING, 0), else_=1)
    here = select(Shipment.id, Shipment.order_id).where(Shipment.portal_id == portal, Shipment.state.in_(OPEN))
    here = here.order_by(first, Shipment.id.desc()).limit(1)
    chosen = here.subquery()
    own = select(OrderLine.id).where(OrderLine.order_id == select(chosen.c.order_id).scalar_subquery())
    others = select(func.count()).where(
        LotPeg.lot_id.in_(sorted(lots)), LotPeg.freed_at.is_(None),
        not_(and_(LotPeg.demand_kind == LINE, LotPeg.demand_id.in_(own))),
    )  # fmt: skip
    row = db.session.execute(
        select(
            select(chosen.c.id).scalar_subquery().label("shipment"),
            (others.scalar_subquery() if lots else literal(0)).label("others"),
        )
    ).one()
    return Here(shipment=row.shipment, is_made_for_others=bool(row.others))


def is_item_wanted(item: ItemId, portal: PortalId) -> bool:
    """Whether a shipment at this door has a line of the item."""
    statement = (
        select(OrderLine.id)
        .join(Shipment, Shipment.order_id == OrderLine.order_id)
        .where(Shipment.portal_id == portal, Shipment.state.in_(OPEN), OrderLine.item_id == item)
        .limit(1)
    )
    return db.session.execute(statement).first() is not None
