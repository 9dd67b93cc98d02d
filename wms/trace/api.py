"""Traces and lot histories for machines: every figure exact."""

from typing import Any

from wms.core.clock import now
from wms.core.ids import LotId
from wms.db.paging import Page
from wms.stock import queries as stock
from wms.trace import edge, history, schemas, spelling
from wms.web import api, auth
from wms.web.api import reads
from wms.web.auth import requires

bp = api.blueprint("trace_api", __name__)


@bp.get("/trace")
@requires("trace.view")
@reads(query=schemas.TraceQuery(), answer=schemas.TraceOut())
def trace(query: dict[str, Any]) -> dict[str, Any]:
    """Trace a lot, or whatever names lots, forward to where it was used or backward to where it came from.

    Begin at `lot_id`, or at `text` of a `kind`: lot, maker_lot, supplier_lot, work_order, operation ("WO-1/20"), machine, team,
    operator, hour ("2026-11-22T14"), receipt, order, shipment, customer, lpn, tag, unit, dates ("2026-11-01..2026-11-22").
    `share` is the part of the quantity asked about, `part` the part of what is found; both are exact fractions, quantities
    are decimal text in the lot's own base unit. All lots are shown; of warehouses without the right `trace.view` no stock,
    paper or partner (`hidden` counts them). `start_empty`: it is known, and no lot has to do with it. `start_ambiguous`: several
    things have this name.
    """
    start = edge.start_asked(lot=query["lot_id"], kind=query["kind"], text=query["text"], item=query["sku"])
    return spelling.as_json(edge.traced(start, query["direction"]))


@bp.get("/lots/<int:lot_id>/history")
@requires("stock.view")
@reads(query=schemas.HistoryQuery(), answer=schemas.LotHistoryEventOut(), paged=True)
def lot_history(lot_id: int, query: dict[str, Any]) -> Page[history.Event]:
    """List every event of a lot, the newest first: moves, holds, papers, signatures, files, changes of its record.

    Of all warehouses that the key may see. The order is that in which the server recorded them; `occurred_at` is what a
    person or device gave.
    """
    lot = stock.get_lot(LotId(lot_id))
    sites = [site.id for site in auth.sites_with("stock.view")]
    return history.page_of_events(lot.id, warehouses=sites, cursor=query["cursor"], size=query["limit"])


@bp.get("/lots/<int:lot_id>/history/content")
@requires("stock.view")
@reads(query=schemas.HistoryContentQuery(), answer=schemas.HistoryContentOut())
def history_content(lot_id: int, query: dict[str, Any]) -> dict[str, Any]:
    """Give the SHA-256 of a lot's whole history up to an instant, as the PDF of it names on its last page.

    The content is the JSON file of the history page with the same `until`, byte for byte; `bytes` is its length.
    """
    lot = stock.get_whole_lot(LotId(lot_id))
    sites = auth.sites_with("stock.view")
    until = query["until"] or now()
    events = history.all_events(lot.id, warehouses=[site.id for site in sites], until=until)
    content = history.canonical(lot, events, warehouses=[site.code for site in sites], until=until)
    return {
        "sha256": history.hash_of(content), "bytes": len(content), "events": len(events), "until": until,
        "warehouses": sorted(site.code for site in sites),
    }  # fmt: skip
