"""Desk pages of unit ids: the list, one unit, codes from a file, ids for pieces that stand here without."""

from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, url_for
from flask_babel import gettext

from wms.catalog import queries as catalog
from wms.core.clock import now
from wms.core.errors import NotFound
from wms.core.ids import BinId, ItemId, LotId, LpnId, UnitId
from wms.db import run_in_transaction
from wms.stock import queries as stock
from wms.units import queries, schemas, service, words
from wms.units.edge import check_paper, lines_sent
from wms.units.service import AnnounceFile
from wms.web import auth
from wms.web.auth import requires
from wms.web.forms import parse_form, parse_query
from wms.web.sheets import to_csv

bp = Blueprint("units", __name__)

PAGE_SIZE = 50
#: So many rows are exported at most.
EXPORT_MAX = 20_000


@bp.get("/units")
@requires("stock.view")
def units() -> Any:
    """List the units of the current warehouse by code: begins with, of a lot, where they are."""
    wanted = parse_query(schemas.UnitsFilterIn())
    page = queries.page_of_units(
        code=wanted["q"], lot_number=wanted["lot"], state=wanted["state"], warehouses=[auth.current_warehouse()],
        cursor=wanted["cursor"] or None, size=PAGE_SIZE,
    )  # fmt: skip
    return render_template(
        "units/units.html", page=page, words=words, wanted=wanted,
        states=[(state.value, word) for state, word in words.STATES.items()],
    )  # fmt: skip


@bp.get("/units.csv")
@requires("stock.view")
def units_csv() -> Any:
    """The same list as CSV, at most 20,000 rows."""
    wanted = parse_query(schemas.UnitsFilterIn())
    page = queries.page_of_units(
        code=wanted["q"], lot_number=wanted["lot"], state=wanted["state"], warehouses=[auth.current_warehouse()],
        size=EXPORT_MAX,
    )  # fmt: skip
    heading = [
        gettext("Unit id"), gettext("Kind"), gettext("Level"), gettext("Item"), gettext("Lot"), gettext("State"),
        gettext("Bin"), gettext("LPN"), gettext("Pack"),
    ]  # fmt: skip
    rows = [
        (row.unit.code, str(words.SCHEMES[row.unit.scheme]), row.unit.level, row.sku, row.lot_number,
         str(words.STATES[row.state]), row.bin_code, row.lpn_code or "", row.parent_code)
        for row in page.rows
    ]  # fmt: skip
    answer = Response(b"".join(to_csv(heading, rows)), mimetype="text/csv")
    answer.headers["Content-Disposition"] = "attachment; filename=units.csv"
    return answer


@bp.get("/units/<int:unit_id>")
@requires("stock.view", anywhere=True)
def unit(unit_id: int) -> Any:
    """Show a unit: what it is, where it is, its pack, what is in it, what happened to it."""
    row = queries.get_unit(UnitId(unit_id))
    _see(row)
    return render_template(
        "units/unit.html", row=row, events=queries.events_of(row.unit.id), words=words,
        inside=queries.units_inside(row.unit.id) if row.unit.level else [],
        sites={site.id: site for site in auth.permitted_sites()},
    )  # fmt: skip


def _see(row: queries.UnitRow) -> None:
    if not auth.permitted("stock.view", row.unit.warehouse_id):
        raise NotFound(kind="unit", text=str(row.unit.id))


# -- from a file ------------------------------------------------------------------------------------------------------
@bp.get("/units/file")
@requires("receive", "catalog.edit")
def new_file() -> Any:
    """Ask for a file of unit ids: of which item and lot."""
    wanted = parse_query(schemas.FileAskIn())
    check_paper("asn", wanted["asn"], auth.current_warehouse())
    item = catalog.get_item(ItemId(wanted["item"])) if wanted["item"] else None
    return render_template(
        "units/file.html", item=item, asn=wanted["asn"],
        announced=queries.count_notices("asn", wanted["asn"]) if wanted["asn"] else 0, most=schemas.LINES_MAX,
    )  # fmt: skip


@bp.post("/units/file")
@requires("receive", "catalog.edit")
def announce() -> Any:
    """Keep the unit ids of a file."""
    form = parse_form(schemas.FileForm())
    lines = lines_sent(form["text"])
    check_paper("asn", form["asn"], auth.current_warehouse())
    cmd = AnnounceFile(
        item=queries.item_with_ids(form["sku"]), lot_number=form["lot_number"].strip(), lines=lines,
        document_kind="asn" if form["asn"] else "", document_id=form["asn"],
    )  # fmt: skip
    count = run_in_transaction(service.announce_file, cmd, actor=auth.actor_id(), at=now())
    flash(gettext("%(count)s new codes are announced.", count=count))
    if form["asn"]:
        return redirect(f"/receiving/asns/{form['asn']}")
    return redirect(url_for("units.new_file", item=cmd.item))


# -- ids for what stands here -----------------------------------------------------------------------------------------
@bp.get("/lots/<int:lot_id>/units")
@requires("lot.edit", "receive")
def name_units(lot_id: int) -> Any:
    """Ask for the ids of pieces that stand here without, place by place."""
    found = stock.get_lot(LotId(lot_id))
    rows = stock.find_balances(lot=found.id, warehouse=auth.current_warehouse())
    return render_template("units/assign.html", lot=found, places=_places(found.id, rows))


def _places(lot: LotId, rows: Any) -> list[dict[str, Any]]:
    counts = queries.counts_by_place(lot)
    places: dict[tuple[BinId, LpnId], dict[str, Any]] = {}
    for row in rows:
        place = places.setdefault(
            (row.bin, row.lpn), {"bin": row.bin, "lpn": row.lpn, "bin_code": row.bin_code, "lpn_code": row.lpn_code,
                                 "pieces": 0, "named": counts.get((row.bin, row.lpn), 0)},
        )  # fmt: skip
        place["pieces"] += row.on_hand.millionths // 1_000_000
    return [place for place in places.values() if place["pieces"] > place["named"]]


@bp.post("/lots/<int:lot_id>/units")
@requires("lot.edit", "receive")
def assign(lot_id: int) -> Any:
    """Give ids to pieces that stand in one place without."""
    form = parse_form(schemas.AssignForm())
    lot = stock.get_lot(LotId(lot_id))
    queries.bin_of_warehouse(BinId(form["bin"]), auth.current_warehouse())
    count = run_in_transaction(
        service.assign, lot=lot.id, bin=BinId(form["bin"]), lpn=LpnId(form["lpn"]), codes=[code.strip(" \t\r") for code in form["codes"].split("\n") if code.strip(" \t\r")],
        actor=auth.actor_id(), at=now(),
    )  # fmt: skip
    flash(gettext("%(count)s pieces got their id.", count=count))
    return redirect(f"/lots/{lot_id}")
