"""Desk pages of warehouses and bins: what there is, and blocking a bin."""

from typing import Any

from flask import Blueprint, redirect, render_template, url_for

from wms.audit import queries as audit
from wms.core.errors import NotFound
from wms.core.ids import BinId
from wms.db import run_in_transaction
from wms.sites import queries, schemas, service
from wms.sites.words import KIND_WORDS, STORAGE_WORDS
from wms.web import auth
from wms.web.auth import current_warehouse, requires
from wms.web.forms import parse_form, parse_query

bp = Blueprint("sites", __name__)


@bp.get("/setup/warehouses")
@requires("catalog.view", "settings.edit")
def warehouses() -> Any:
    """List the warehouses and, of this one, the zones."""
    return render_template(
        "sites/warehouses.html",
        rows=queries.list_warehouses(),
        zones=queries.list_zones(current_warehouse()),
        storage_words=STORAGE_WORDS,
    )


@bp.get("/setup/bins")
@requires("catalog.view", "settings.edit")
def bins() -> Any:
    """List the bins of this warehouse in walk order."""
    wanted = parse_query(schemas.BinsIn())
    warehouse = current_warehouse()
    counts = queries.count_bins_by_kind(warehouse)
    page = queries.list_bins(
        warehouse,
        search=wanted["q"],
        kind=wanted["kind"],
        zone=wanted["zone"],
        is_blocked={"1": True, "0": False}.get(wanted["blocked"]),
        cursor=wanted["cursor"] or None,
    )
    return render_template(
        "sites/bins.html",
        page=page,
        kinds=[(kind.value, f"{said} {counts[kind]}") for kind, said in KIND_WORDS.items() if counts.get(kind)],
        zones=[(zone.id, zone.code) for zone in queries.list_zones(warehouse)],
        kind_words=KIND_WORDS,
    )


@bp.get("/setup/bins/<int:bin_id>")
@requires("catalog.view", "settings.edit")
def bin(bin_id: int) -> Any:
    """Show a bin: what it is, whether it is blocked, its changes."""
    found = queries.get_bin(BinId(bin_id))
    if not any(auth.permitted(right, found.warehouse_id) for right in ("catalog.view", "settings.edit")):
        raise NotFound(kind="bin", text=str(bin_id))
    return render_template(
        "sites/bin.html", bin=found, kind_words=KIND_WORDS, changes=audit.history("bin", found.id, limit=20)
    )


@bp.post("/setup/bins/<int:bin_id>/block")
@requires("catalog.edit")
def block(bin_id: int) -> Any:
    """Block a bin, with the reason."""
    _demand_right(bin_id)
    form = parse_form(schemas.BlockIn())
    run_in_transaction(service.block_bin, BinId(bin_id), reason=form["reason"])
    return redirect(url_for("sites.bin", bin_id=bin_id))


@bp.post("/setup/bins/<int:bin_id>/unblock")
@requires("catalog.edit")
def unblock(bin_id: int) -> Any:
    """Open a bin again."""
    _demand_right(bin_id)
    run_in_transaction(service.unblock_bin, BinId(bin_id))
    return redirect(url_for("sites.bin", bin_id=bin_id))


def _demand_right(bin_id: int) -> None:
    """The right must be held in the warehouse of the bin, whichever the session stands in."""
    auth.demand("catalog.edit", queries.get_bin(BinId(bin_id)).warehouse_id)
