"""Desk pages of shipping: the list, one shipment with what is staged and loaded, its door, ship confirm."""

from typing import Any
from uuid import uuid4

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext

from wms.core.clock import now
from wms.core.errors import FieldErrors, NotFound
from wms.core.ids import OrderId, PortalId, ShipmentId
from wms.core.quantity import ZERO
from wms.db import run_in_transaction
from wms.picking import page_queries
from wms.picking import queries as picking
from wms.shipping import doors, queries, schemas, service
from wms.shipping.models import Shipment, ShipmentState
from wms.web import auth
from wms.web.auth import requires
from wms.web.forms import parse_form, parse_query

bp = Blueprint("shipping", __name__)


@bp.get("/shipments")
@requires("order.view", "ship")
def shipments() -> Any:
    """List the shipments of the current warehouse, newest first."""
    values = parse_query(schemas.ShipmentFilterIn())
    page = queries.page_of_shipments(
        auth.current_warehouse(), state=ShipmentState(values["state"]) if values["state"] else None,
        search=values["q"], cursor=values["cursor"] or None,
    )  # fmt: skip
    return render_template(
        "shipping/shipments.html", page=page, states=list(ShipmentState),
        door_names=dict(doors.doors_of(auth.current_warehouse())),
    )  # fmt: skip


@bp.post("/orders/<int:order_id>/shipment")
@requires("ship")
def open_shipment(order_id: int) -> Any:
    """Open the shipment of an order, or go to the one there is."""
    order = picking.find_order(OrderId(order_id))
    if order.warehouse_id != auth.current_warehouse():
        raise NotFound(kind="order", text=str(order_id))
    shipment_id = run_in_transaction(service.open_shipment, order.id, actor=auth.actor_id(), at=now())
    return redirect(url_for("shipping.shipment", shipment_id=shipment_id))


@bp.get("/shipments/<int:shipment_id>")
@requires("order.view", "ship")
def shipment(shipment_id: int) -> Any:
    """Show one shipment: what is staged, what is missing, what stops it, what was loaded; and the ship confirm."""
    found = _own(shipment_id)
    lines = page_queries.lines_for_page(found.order_id)
    is_open = found.state in queries.OPEN
    return render_template(
        "shipping/shipment.html", shipment=found, lines=lines, plates=queries.plates_for_page(found.id),
        contents=queries.contents_of(found),
        doors=doors.doors_of(found.warehouse_id), door_names=dict(doors.doors_of(found.warehouse_id)), is_open=is_open,
        missing=[line for line in lines if line.asked - line.staged - line.shipped > ZERO] if is_open else [],
        stopped=queries.stopped_on_plates(found.order_id) if is_open else [],
        alert=queries.blocking_alert(found.id) if is_open else None, key=str(uuid4()), zero=ZERO,
        may_ship_short=auth.permitted("pick.override"),
    )  # fmt: skip


@bp.post("/shipments/<int:shipment_id>/door")
@requires("ship")
def choose_door(shipment_id: int) -> Any:
    """Give the shipment its door."""
    found = _own(shipment_id)
    portal = parse_form(schemas.DoorIn())["portal"]
    if portal is not None and portal not in dict(doors.doors_of(found.warehouse_id)):
        raise FieldErrors(errors={"portal": ["not_a_choice"]})
    run_in_transaction(
        service.open_shipment, found.order_id, portal=PortalId(portal) if portal is not None else None,
        actor=auth.actor_id(), at=now(),
    )  # fmt: skip
    return redirect(url_for("shipping.shipment", shipment_id=shipment_id))


@bp.post("/shipments/<int:shipment_id>/ship")
@requires("ship")
def ship(shipment_id: int) -> Any:
    """Ship confirm."""
    found = _own(shipment_id)
    values = parse_form(schemas.ShipIn())
    key, is_short = values.pop("key"), values.pop("short")
    if is_short:
        auth.demand("pick.override", found.warehouse_id)
    run_in_transaction(
        service.ship, found.id, key=f"ship-{key}", actor=auth.actor_id(), at=now(), may_ship_short=is_short,
        papers=values,
    )  # fmt: skip
    flash(gettext("Shipment %(number)s has left.", number=found.number))
    return redirect(url_for("shipping.shipment", shipment_id=shipment_id))


def _own(shipment_id: int) -> Shipment:
    """Give a shipment of the current warehouse; NotFound for one elsewhere."""
    found = queries.find_shipment(ShipmentId(shipment_id))
    if found.warehouse_id != auth.current_warehouse():
        raise NotFound(kind="shipment", text=str(shipment_id))
    return found
