"""Desk pages of stock: the list with its filters, and labels for lots, bins and LPNs. Holds are in wms.quality."""

from typing import Any

from flask import Blueprint, render_template

from wms.core.ids import BinId, LotId, LpnId
from wms.core.quantity import ZERO
from wms.stock import labels, queries, schemas, words
from wms.web import auth, i18n
from wms.web.auth import requires
from wms.web.forms import parse_query

bp = Blueprint("stock", __name__)

PAGE_SIZE = 50


@bp.get("/stock")
@requires("stock.view")
def stock() -> Any:
    """List what stands in the current warehouse; the filters stand in the URL, so a view can be sent as a link."""
    values = parse_query(schemas.StockFilterIn())
    wanted = schemas.stock_filter(values, warehouse=auth.current_warehouse())
    on = auth.today()
    page = queries.page_of_stock(wanted, on=on, cursor=values["cursor"] or None, size=PAGE_SIZE)
    zones = queries.zones_of(wanted.warehouse)
    return render_template(
        "stock/stock.html",
        page=page,
        wanted=wanted,
        on=on,
        zero=ZERO,
        states_in_words=[(state.value, word) for state, word in words.STATES.items()],
        zones=zones,
        zones_in_words=[(zone.code, i18n.local_name(zone)) for zone in zones],
        reason_word=words.HOLD_REASONS.__getitem__,
        holds=queries.holds_in_sets(row.hold_set for row in page.rows),
        filters={
            name: value
            for name, value in values.items()
            if value and name != "cursor" and (name, value) != ("sort", "expiry")
        },
    )


# -- labels -----------------------------------------------------------------------------------------------------------
@bp.get("/lots/<int:lot_id>/label.<any(png, svg):form>")
@requires("label.print")
def lot_label(lot_id: int, form: str) -> Any:
    """Draw the label of a lot."""
    return labels.draw(labels.lot_label(LotId(lot_id)), form)


@bp.get("/bins/<int:bin_id>/label.<any(png, svg):form>")
@requires("label.print")
def bin_label(bin_id: int, form: str) -> Any:
    """Draw the label of a bin of the current warehouse."""
    return labels.draw(labels.bin_label(BinId(bin_id)), form)


@bp.get("/lpns/<int:lpn_id>/label.<any(png, svg):form>")
@requires("label.print")
def lpn_label(lpn_id: int, form: str) -> Any:
    """Draw the label of an LPN with what stands on it."""
    return labels.draw(labels.lpn_label(LpnId(lpn_id)), form)


@bp.get("/labels.pdf")
@requires("label.print")
def sheet() -> Any:
    """Draw labels on A4 sheets to print: ?lot= ?lpn= ?bin= (many), or the bins of ?zone= or that begin with ?prefix=."""
    return labels.draw_sheet(labels.chosen(parse_query(schemas.LabelsIn())))


@bp.get("/setup/labels")
@requires("label.print")
def choose_labels() -> Any:
    """Choose which labels to print."""
    return render_template("stock/labels.html", zones=queries.zones_of(auth.current_warehouse()))
