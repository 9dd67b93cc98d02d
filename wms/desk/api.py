"""What crosses features, for machines: what needs a person today, the whole story of a lot, search by any scan."""

from dataclasses import asdict
from typing import Any, Final

from wms.accounts.rules import PERMISSIONS
from wms.alerts.queries import AlertRow
from wms.core.clock import now
from wms.core.ids import LotId
from wms.core.quantity import Quantity
from wms.desk import queries, schemas
from wms.desk.search import Answer, search
from wms.quality import queries as quality
from wms.stock import queries as stock
from wms.stock.rules.availability import is_expired
from wms.web import api, auth
from wms.web.api import reads
from wms.web.auth import requires

bp = api.blueprint("desk_api", __name__)

EXPIRY_HORIZON_DAYS: Final = 30


@bp.get("/today")
@requires("alert.view", "stock.view", "order.view", "task.view")
@reads(answer=schemas.TodayOut())
def today() -> dict[str, Any]:
    """Show what needs a person now in a warehouse: alerts, holds, pending and expiring lots, late orders, stopped work."""
    may = {permission for permission in PERMISSIONS if auth.permitted(permission)}
    found = queries.today(
        auth.current_warehouse(), on=auth.today(), at=now(), may=may, horizon_days=EXPIRY_HORIZON_DAYS
    )
    return {
        "alert_count": found.alert_count,
        "critical_count": found.critical_count,
        # Nobody has taken over an open alert, so there are no names to read.
        "alerts": [AlertRow(alert, None, None) for alert in found.alerts],
        "holds": found.holds,
        "pending": found.pending,
        "expiring": found.expiring,
        "due": found.late,
        "stopped": found.stopped,
    }


@bp.get("/lots/<int:lot_id>/story")
@requires("stock.view")
@reads(answer=schemas.LotStoryOut())
def lot_story(lot_id: int) -> dict[str, Any]:
    """Tell one lot from top to bottom: its state, holds, receipts, orders, and what happened to it, the newest first.

    Of all warehouses the key may see; orders only where it may see orders. At most 500 moves, 200 changes and 50 holds:
    GET /lots/{id}/moves has every move.
    """
    found = stock.get_whole_lot(LotId(lot_id))
    sites = {site.id: site for site in auth.sites_with("stock.view")}
    codes = {site.code for site in sites.values()}
    rows = [row for row in stock.find_balances(lot=found.id) if row.warehouse in sites]
    moves = [move for move in stock.moves_of_lot(found.id) if move.warehouse_code in codes]
    on = auth.today()
    return {
        "lot": found,
        "is_expired": is_expired(found.fefo_on, on=on, usable_on_last_day=found.item.usable_on_expiry_day),
        "on_hand_quantity": Quantity(sum(row.on_hand.millionths for row in rows)),
        "allocated_quantity": Quantity(sum(row.allocated.millionths for row in rows)),
        "states": [{"state": state, "quantity": amount} for state, amount in stock.sums_by_state(rows, on=on)],
        "holds": [
            hold
            for hold in quality.list_holds(lot=found.id, is_open=None, size=50).rows
            if hold.warehouse is None or hold.warehouse in sites
        ],
        "receipts": queries.receipts_of_lot(found.id, warehouses=sites),
        "orders": queries.orders_of_lot(
            found.id, [row.id for row in rows], warehouses=[s for s in sites if auth.permitted("order.view", s)]
        ),
        "events": [_event(event) for event in queries.events_of_lot(found.id, moves=moves)],
    }


def _event(event: queries.Event) -> dict[str, Any]:
    changes = [{"name": name, "before": before, "after": after} for name, before, after in event.changes]
    return asdict(event) | {"changes": changes, "quantity": event.quantity}


@bp.get("/search")
@requires("stock.view", "order.view", "door.view")
@reads(query=schemas.SearchQuery(), answer=schemas.SearchOut())
def find(query: dict[str, Any]) -> Answer:
    """Find what a scan or text names: exact records first; only when there is none, those that begin with it.

    Labels of GS1 (element strings, Digital Link, SSCC, EPC) and our own are read; a plain code is looked for among lots,
    items, bins, LPNs, orders, ASNs, receipts, shipments and tags; and among work orders, production reports, vessels, bills of
    materials (`SKU v2`), recalls and complaints, as far as you may see them. At most 12 of a kind.
    """
    return search(query["q"], auth.current_warehouse(), may=auth.permitted)
