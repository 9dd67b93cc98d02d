"""Desk pages of stock: the list with its filters, and labels for lots, bins and LPNs. Holds are in wms.quality."""

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, Response, render_template
from flask_babel import get_locale, gettext

from wms.core.errors import NotFound
from wms.core.ids import BinId, LotId, LpnId
from wms.core.quantity import ZERO
from wms.gs1.codes import BinCode, LotNumber, LpnCode, Sku
from wms.gs1.gtin import Gtin
from wms.gs1.sscc import Sscc
from wms.labels.content import BinLabel, Captions, Label, LotLabel, LpnLabel
from wms.labels.render import to_pdf, to_png, to_svg
from wms.stock import queries, schemas, words
from wms.web import auth, i18n
from wms.web.auth import requires
from wms.web.forms import parse_query

bp = Blueprint("stock", __name__)

PAGE_SIZE = 50
_FORMS = {"png": "image/png", "svg": "image/svg+xml"}


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
    return _picture(_lot_label(LotId(lot_id)), form)


@bp.get("/bins/<int:bin_id>/label.<any(png, svg):form>")
@requires("label.print")
def bin_label(bin_id: int, form: str) -> Any:
    """Draw the label of a bin of the current warehouse."""
    found = queries.get_bin(BinId(bin_id))
    if found.warehouse_id != auth.current_warehouse():
        raise NotFound(kind="bin", text=str(bin_id))
    return _picture(BinLabel(code=BinCode.parse(found.code), zone=found.zone.code if found.zone else ""), form)


@bp.get("/lpns/<int:lpn_id>/label.<any(png, svg):form>")
@requires("label.print")
def lpn_label(lpn_id: int, form: str) -> Any:
    """Draw the label of an LPN with what stands on it."""
    return _picture(_lpn_label(LpnId(lpn_id)), form)


@bp.get("/labels.pdf")
@requires("label.print")
def sheet() -> Any:
    """Draw labels on A4 sheets to print: ?lot= ?lpn= ?bin= (many), or the bins of ?zone= or that begin with ?prefix=."""
    values = parse_query(schemas.LabelsIn())
    labels: list[Label] = [_lot_label(LotId(i)) for i in values["lot"][:200]]
    labels += [_lpn_label(LpnId(i)) for i in values["lpn"][:200]]
    if values["bin"] or values["zone"] or values["prefix"]:
        bins = queries.bins_for_labels(
            auth.current_warehouse(), ids=values["bin"], zone=values["zone"], prefix=values["prefix"]
        )
        labels += [BinLabel(code=BinCode.parse(code), zone=zone) for code, zone in bins]
    if not labels:
        raise NotFound(kind="label", text=values["prefix"] or values["zone"] or "–")
    return _document([label for label in labels for _ in range(values["copies"])][:2000])


@bp.get("/setup/labels")
@requires("label.print")
def labels() -> Any:
    """Choose which labels to print."""
    return render_template("stock/labels.html", zones=queries.zones_of(auth.current_warehouse()))


def _lot_label(lot_id: LotId) -> LotLabel:
    lot = queries.get_lot(lot_id)
    gtin = queries.gtin_of(lot.item_id)
    return LotLabel(
        names=tuple(n for n in (i18n.local_name(lot.item), lot.item.name_en, lot.item.name_zh) if n)[:2],
        sku=Sku.parse(lot.item.sku),
        lot=LotNumber.parse(lot.number),
        gtin=Gtin.parse(gtin) if gtin else None,
        expires_on=lot.expires_on,
    )


def _lpn_label(lpn_id: LpnId) -> LpnLabel:
    lpn = queries.get_lpn(lpn_id)
    if lpn.warehouse_id not in (None, auth.current_warehouse()):
        raise NotFound(kind="lpn", text=str(lpn_id))
    rows = queries.find_balances(lpn=lpn.id, warehouse=auth.current_warehouse())
    contents = tuple(f"{row.sku}  {row.lot_number}  {row.on_hand} {row.base_unit}" for row in rows[:4])
    return LpnLabel(lpn=Sscc.parse(lpn.code) if lpn.is_sscc else LpnCode.parse(lpn.code), contents=contents)


def _captions() -> Captions:
    return Captions(
        lot=gettext("LOT"),
        expires=gettext("EXP"),
        quantity=gettext("QTY"),
        sku=gettext("SKU"),
        gtin="GTIN",
        zone=gettext("ZONE"),
        lpn="LPN",
        sscc="SSCC",
    )


def _is_traditional() -> bool:
    return str(get_locale()) == i18n.TRADITIONAL


def _picture(label: Label, form: str) -> Response:
    body: bytes | str
    if form == "png":
        body = to_png(label, captions=_captions(), traditional=_is_traditional())
    else:
        body = to_svg(label, captions=_captions())
    return Response(body, mimetype=_FORMS[form])


def _document(labels: Sequence[Label]) -> Response:
    body = to_pdf(labels, captions=_captions(), traditional=_is_traditional())
    return Response(body, mimetype="application/pdf", headers={"Content-Disposition": 'inline; filename="labels.pdf"'})
