"""Shipments for machines: open one, choose its door, see what is on it, ship confirm."""

from dataclasses import dataclass
from typing import Any

from wms.core.clock import now
from wms.core.errors import FieldErrors, NotFound
from wms.core.ids import OrderId, PortalId, ShipmentId
from wms.core.quantity import ZERO, Quantity
from wms.db.paging import Page
from wms.picking import page_queries
from wms.picking import queries as picking
from wms.picking.page_queries import LineView
from wms.shipping import doors, queries, schemas, service
from wms.shipping.models import Shipment
from wms.web import api, auth
from wms.web.api import reads, writes
from wms.web.auth import requires

bp = api.blueprint("shipping_api", __name__)


@dataclass(frozen=True, kw_only=True)
class _Row:
    """A line of the list, with the name of its door."""

    row: queries.ShipmentRow
    door: str


@dataclass(frozen=True, kw_only=True)
class _Line:
    """A line of the order, with what is missing for a complete shipment."""

    line: LineView
    missing: Quantity


@dataclass(frozen=True, kw_only=True)
class _Whole:
    """A shipment with all that its page shows."""

    shipment: Shipment
    door: str
    lines: list[_Line]
    plates: list[queries.PlateView]
    contents: list[queries.Content]
    stopped: list[queries.Stopped]
    alert: str | None

    @property
    def is_complete(self) -> bool:
        """Whether nothing of the order is missing."""
        return not any(line.missing for line in self.lines)


@bp.get("/shipments")
@requires("order.view", "ship")
@reads(query=schemas.ShipmentsQuery(), answer=schemas.ShipmentRowOut(), paged=True)
def shipments(query: dict[str, Any]) -> Page[_Row]:
    """List the shipments of a warehouse, the newest first."""
    warehouse = auth.current_warehouse()
    page = queries.page_of_shipments(
        warehouse, state=query["state"], search=query["q"], cursor=query["cursor"], size=query["limit"]
    )
    names = dict(doors.doors_of(warehouse))
    rows = [_Row(row=row, door=names.get(row.portal, "") if row.portal else "") for row in page.rows]
    return Page(rows=rows, next_cursor=page.next_cursor)


@bp.get("/shipments/<int:shipment_id>")
@requires("order.view", "ship")
@reads(answer=schemas.ShipmentOut())
def shipment(shipment_id: int) -> _Whole:
    """Show one shipment: what is staged or missing, what stops it, its LPNs and what is on each (the packing list)."""
    return _whole(_own(shipment_id))


@bp.post("/orders/<int:order_id>/shipment")
@requires("ship")
@writes(answer=schemas.ShipmentOut(), offers=("shipping.open_shipment",))
def open_shipment(order_id: int) -> _Whole:
    """Open the shipment of an order that is allocated or picked, or give the one there is.

    Refused with `wrong_state` before the order is allocated, and once its shipment has left.
    """
    order = picking.find_order(OrderId(order_id))
    if order.warehouse_id != auth.current_warehouse():
        raise NotFound(kind="order", text=str(order_id))
    return _whole(_own(service.open_shipment(order.id, actor=auth.actor_id(), at=now())))


@bp.post("/shipments/<int:shipment_id>/door")
@requires("ship")
@writes(body=schemas.ShipmentDoorIn(), answer=schemas.ShipmentOut(), offers=("shipping.choose_door",))
def choose_door(shipment_id: int, values: dict[str, Any]) -> _Whole:
    """Give a shipment its door: an LPN that goes out through another one raises an alarm.

    Refused with `field_errors` for a door that is no outbound door here, `wrong_state` once it has left.
    """
    found = _own(shipment_id)
    if values["portal_id"] not in dict(doors.doors_of(found.warehouse_id)):
        raise FieldErrors(errors={"portal_id": ["not_a_choice"]})
    service.open_shipment(found.order_id, portal=PortalId(values["portal_id"]), actor=auth.actor_id(), at=now())
    return _whole(found)


@bp.post("/shipments/<int:shipment_id>/ship")
@requires("ship")
@writes(body=schemas.ShipmentPapersIn(), answer=schemas.ShipmentOut(), offers=("shipping.ship",))
def ship(shipment_id: int, values: dict[str, Any]) -> _Whole:
    """Ship confirm: all that is staged for the order leaves in one posting, and its LPNs are closed.

    Refused with `shipment_incomplete` (its data name what is missing) unless `short` is true, which needs pick.override;
    the rest is given up then. Refused with `shipment_blocked` by an open alert, `lot_on_hold`, `lot_stopped`, `lot_expired`,
    `life_too_short` or `not_released` by the goods, `wrong_state` when it has left.
    """
    found = _own(shipment_id)
    is_short = values.pop("short")
    if is_short:
        auth.demand("pick.override", found.warehouse_id)
    service.ship(
        found.id, key=f"ship-{api.call_key()}", actor=auth.actor_id(), at=now(), may_ship_short=is_short, papers=values
    )
    return _whole(found)


def _whole(found: Shipment) -> _Whole:
    is_open = found.state in queries.OPEN
    lines = page_queries.lines_for_page(found.order_id)
    names = dict(doors.doors_of(found.warehouse_id))
    return _Whole(
        shipment=found, door=names.get(found.portal_id, "") if found.portal_id else "",
        lines=[
            _Line(line=line, missing=max(line.asked - line.staged - line.shipped, ZERO) if is_open else ZERO)
            for line in lines
        ],
        plates=queries.plates_for_page(found.id), contents=queries.contents_of(found),
        stopped=queries.stopped_on_plates(found.order_id) if is_open else [],
        alert=queries.blocking_alert(found.id) if is_open else None,
    )  # fmt: skip


def _own(shipment_id: int) -> Shipment:
    """Give a shipment of the warehouse the call is for; NotFound for one elsewhere."""
    found = queries.find_shipment(ShipmentId(shipment_id))
    if found.warehouse_id != auth.current_warehouse():
        raise NotFound(kind="shipment", text=str(shipment_id))
    return found
