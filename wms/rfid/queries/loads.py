"""What is loaded at a door: its open shipment, and whether an item is wanted there."""

from __future__ import annotations

from sqlalchemy import case, select

from wms.core.ids import ItemId, PortalId, ShipmentId
from wms.db import db
from wms.picking.models import OrderLine
from wms.shipping.models import Shipment, ShipmentState

OPEN = (ShipmentState.LOADING, ShipmentState.OPEN)


def shipment_at(portal: PortalId) -> ShipmentId | None:
    """The shipment that stands at a door: the one being loaded before one that only waits, the newest first."""
    statement = (
        select(Shipment.id)
        .where(Shipment.portal_id == portal, Shipment.state.in_(OPEN))
        .order_by(case((Shipment.state == ShipmentState.LOADING, 0), else_=1), Shipment.id.desc())
        .limit(1)
    )
    return db.session.execute(statement).scalar_one_or_none()


def is_item_wanted(item: ItemId, portal: PortalId) -> bool:
    """Whether a shipment at this door has a line of the item."""
    statement = (
        select(OrderLine.id)
        .join(Shipment, Shipment.order_id == OrderLine.order_id)
        .where(Shipment.portal_id == portal, Shipment.state.in_(OPEN), OrderLine.item_id == item)
        .limit(1)
    )
    return db.session.execute(statement).first() is not None
