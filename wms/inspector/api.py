"""What an inspector asks for, for machines: deliveries of a lot, what is kept from use, who may do what, backups, looks."""

from datetime import datetime
from typing import Any

from wms.core.clock import local_day
from wms.core.ids import LotId
from wms.db.paging import Page
from wms.inspector import queries, schemas
from wms.stock import queries as stock
from wms.web import api, auth
from wms.web.api import reads
from wms.web.auth import current_warehouse, requires

bp = api.blueprint("inspector_api", __name__)


@bp.get("/lots/<int:lot_id>/deliveries")
@requires("evidence.view")
@reads(answer=schemas.LotDeliveriesOut())
def deliveries(lot_id: int) -> dict[str, Any]:
    """List to whom a lot went, with addresses and telephones, the newest first; imported shipments last.

    Only from warehouses in which the key may see evidence. Quantities are in the item's base unit, days warehouse-local.
    """
    found = stock.get_lot(LotId(lot_id))
    sites = auth.sites_with("evidence.view")
    zones = {site.code: site.timezone for site in sites}
    rows = [
        vars(row) | {"day": local_day(row.on, zones[row.warehouse_code]) if isinstance(row.on, datetime) else row.on}
        for row in queries.deliveries_of(found.id, [site.id for site in sites])
    ]
    return {"lot_id": found.id, "lot_number": found.number, "unit": found.item.base_unit, "deliveries": rows}


@bp.get("/kept-stock")
@requires("evidence.view")
@reads(answer=schemas.KeptOut(), paged=True)
def kept_stock(query: dict[str, Any]) -> Page[queries.Kept]:
    """List what may not be used in a warehouse (pending, rejected, on hold), the longest here first."""
    page = queries.page_of_kept(current_warehouse(), cursor=query["cursor"], size=query["limit"])
    rows = [_Kept(row) for row in page.rows]
    return Page(rows=rows, next_cursor=page.next_cursor)  # type: ignore[arg-type]


class _Kept:
    """A row with its reasons as codes."""

    def __init__(self, row: queries.Kept) -> None:
        self.__dict__.update(vars(row) | {"hold_reasons": [reason.value for reason in row.reasons]})


@bp.get("/role-grants")
@requires("evidence.view")
@reads(answer=schemas.GrantsOut())
def role_grants() -> dict[str, Any]:
    """List every role of every person, where it is good, since when, and who gave it."""
    return {"grants": queries.grants()}


@bp.get("/backups")
@requires("evidence.view")
@reads(answer=schemas.BackupsOut())
def backups() -> dict[str, Any]:
    """List the last fifty backups and restores with how far each was tried."""
    return {"backups": queries.backups()}


@bp.get("/inspector-looks")
@requires("evidence.view")
@reads(answer=schemas.InspectorLookOut(), paged=True)
def inspector_looks(query: dict[str, Any]) -> Page[queries.LookRow]:
    """List which pages inspectors opened, the newest first."""
    return queries.page_of_looks(cursor=query["cursor"], size=query["limit"])
