"""Desk pages of warehouses and bins: what there is, making more of it, labels of bins, blocking one.

The layout is a setting: the administrator makes it (`settings.edit`). Blocking a bin is everyday work of the floor.
"""

from typing import Any, Final
from zoneinfo import available_timezones

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import get_locale, gettext

from wms.audit import queries as audit
from wms.core.clock import now
from wms.core.errors import NotFound, WmsError
from wms.core.ids import BinId, WarehouseId, ZoneId
from wms.db import run_in_transaction
from wms.gs1.codes import BinCode
from wms.labels.content import BinLabel, Captions
from wms.labels.render import to_pdf
from wms.sites import queries, rules, schemas, service
from wms.sites.words import KIND_WORDS, STORAGE_WORDS
from wms.web import auth, i18n, sentences
from wms.web.auth import current_warehouse, requires
from wms.web.forms import parse_form, parse_query

bp = Blueprint("sites", __name__)

#: Labels in one PDF: drawn while the person waits.
SHEET_LABELS: Final = 500

#: The time zones to choose from: those of places.
TIMEZONES: Final = [
    *sorted(
        zone
        for zone in available_timezones()
        if zone.partition("/")[0]
        in {"Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific"}
    ),
    "UTC",
]


@bp.get("/setup/warehouses")
@requires("catalog.view", "settings.edit")
def warehouses() -> Any:
    """List the warehouses and, of this one, the zones."""
    return render_template(
        "sites/warehouses.html",
        installation=queries.installation(),
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
    page = queries.list_bins(warehouse, **_filters(wanted), cursor=wanted["cursor"] or None)
    return render_template(
        "sites/bins.html",
        page=page,
        kinds=[(kind.value, f"{said} {counts[kind]}") for kind, said in KIND_WORDS.items() if counts.get(kind)],
        zones=[(zone.id, zone.code) for zone in queries.list_zones(warehouse)],
        kind_words=KIND_WORDS,
        sheets=_sheets(wanted, counts),
    )


def _sheets(wanted: dict[str, Any], counts: Any) -> int:
    """How many sheets of labels a run that was just made takes; 0 when the page is not about one."""
    if wanted["made_from"] is None or wanted["made_to"] is None:
        return 0
    made = (wanted["made_to"] - wanted["made_from"]) // rules.WALK_STEP + 1
    return -(-min(made, sum(counts.values())) // SHEET_LABELS)


@bp.get("/setup/bins/<int:bin_id>")
@requires("catalog.view", "settings.edit")
def bin(bin_id: int) -> Any:
    """Show a bin: what it is, whether it is blocked, its changes."""
    found = queries.get_bin(BinId(bin_id))
    if not any(auth.permitted(right, found.warehouse_id) for right in ("catalog.view", "settings.edit")):
        raise NotFound(kind="bin", text=str(bin_id))
    return render_template(
        "sites/bin.html", bin=found, kind_words=KIND_WORDS, changes=audit.history("bin", found.id, limit=100)
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


# -- labels -----------------------------------------------------------------------------------------------------------
@bp.get("/setup/bins/labels.pdf")
@requires("settings.edit", "label.print")
def bin_labels() -> Any:
    """Draw the labels of bins, as the list filters them or a run made them, on A4 sheets; `part` when they are many."""
    wanted = parse_query(schemas.BinLabelsIn())
    rows = queries.labels_of(
        current_warehouse(),
        **_filters(wanted),
        offset=(wanted["part"] - 1) * SHEET_LABELS,
        limit=SHEET_LABELS,
    )
    if not rows:
        raise NotFound(kind="label", text=wanted["q"] or "–")
    labels = [BinLabel(code=BinCode.parse(code), zone=zone) for code, zone in rows]
    is_traditional = str(get_locale()) == i18n.TRADITIONAL
    body = to_pdf(labels, captions=Captions(zone=gettext("ZONE")), traditional=is_traditional)
    return Response(body, mimetype="application/pdf", headers={"Content-Disposition": 'inline; filename="bins.pdf"'})


def _filters(wanted: dict[str, Any]) -> dict[str, Any]:
    return {
        "search": wanted["q"],
        "kind": wanted["kind"],
        "zone": wanted["zone"],
        "is_blocked": {"1": True, "0": False}.get(wanted["blocked"]),
        "first": wanted["made_from"],
        "last": wanted["made_to"],
    }


# -- making warehouses and zones --------------------------------------------------------------------------------------
@bp.post("/setup/company")
@requires("settings.edit", everywhere=True)
def name_company() -> Any:
    """Change the name of the company."""
    form = parse_form(schemas.CompanyIn())
    run_in_transaction(service.name_company, form["company_name"], at=now())
    return redirect(url_for("sites.warehouses"))


@bp.get("/setup/warehouses/new")
@requires("settings.edit", everywhere=True)
def new_warehouse() -> Any:
    """Show the form of a new warehouse with its first zone."""
    return _warehouse_form(None)


@bp.post("/setup/warehouses/new")
@requires("settings.edit", everywhere=True)
def make_warehouse() -> Any:
    """Make a warehouse with its first zone and the bins that every warehouse needs."""
    form = parse_form(schemas.WarehouseIn())
    made = run_in_transaction(
        service.make_warehouse,
        service.WarehousePlan(code=form["code"], **schemas.change_of(form)),
        schemas.zone_of(form),
        docks=form["docks"],
    )
    flash(
        gettext(
            "Warehouse %(code)s is made, with docks, staging, cage and quarantine. Now make its racks.", code=made.code
        )
    )
    return redirect(url_for("sites.warehouse", warehouse_id=made.id))


@bp.get("/setup/warehouses/<int:warehouse_id>")
@requires("settings.edit")
def warehouse(warehouse_id: int) -> Any:
    """Show a warehouse: what may be changed, its zones, its changes."""
    return _warehouse_form(_warehouse_to_edit(warehouse_id))


@bp.post("/setup/warehouses/<int:warehouse_id>")
@requires("settings.edit")
def change_warehouse(warehouse_id: int) -> Any:
    """Change a warehouse."""
    found = _warehouse_to_edit(warehouse_id)
    form = parse_form(schemas.WarehouseChangeIn())
    run_in_transaction(
        service.change_warehouse, found.id, service.WarehousePlan(code=found.code, **schemas.change_of(form))
    )
    flash(gettext("The warehouse is changed."))
    return redirect(url_for("sites.warehouse", warehouse_id=warehouse_id))


@bp.post("/setup/warehouses/<int:warehouse_id>/zones")
@requires("settings.edit")
def add_zone(warehouse_id: int) -> Any:
    """Make a zone with its quarantine bin."""
    found = _warehouse_to_edit(warehouse_id)
    form = parse_form(schemas.ZoneIn())
    made = run_in_transaction(service.add_zone, found.id, schemas.zone_of(form))
    flash(gettext("Zone %(code)s is made, with its quarantine bin.", code=made.code))
    return redirect(url_for("sites.warehouse", warehouse_id=warehouse_id))


def _warehouse_to_edit(warehouse_id: int) -> Any:
    """The right must be held in the warehouse itself, whichever the session stands in."""
    found = queries.get_warehouse(WarehouseId(warehouse_id))
    auth.demand("settings.edit", found.id)
    return found


def _warehouse_form(found: Any) -> str:
    return render_template(
        "sites/warehouse.html",
        warehouse=found,
        zones=queries.list_zones(found.id) if found else [],
        changes=audit.history("warehouse", found.id, limit=100) if found else [],
        timezones=TIMEZONES,
        storage_words=STORAGE_WORDS,
    )


# -- making bins ------------------------------------------------------------------------------------------------------
@bp.get("/setup/bins/new")
@requires("settings.edit")
def new_bin() -> Any:
    """Show the form of one bin."""
    return render_template("sites/new_bin.html", zones=queries.list_zones(current_warehouse()), kind_words=KIND_WORDS)


@bp.post("/setup/bins/new")
@requires("settings.edit")
def add_bin() -> Any:
    """Make one bin."""
    form = parse_form(schemas.BinIn())
    zone = ZoneId(form["zone"]) if form["zone"] else None
    made = run_in_transaction(service.add_bin, current_warehouse(), service.OneBin(**form | {"zone": zone}))
    return redirect(url_for("sites.bin", bin_id=made.id))


@bp.get("/setup/bins/racks")
@requires("settings.edit")
def racks() -> Any:
    """Ask for racks; with an answer, show how many bins they are and the first codes, before any is made."""
    here = current_warehouse()
    plan, shown, fault = None, [], ""
    if request.args.get("aisles") is not None:
        try:
            wanted = parse_query(schemas.RacksIn())
            plan = schemas.racks_of(wanted)
            rules.check_racks(plan)
            queries.get_zone(here, ZoneId(wanted["zone"]))
            bins = list(rules.lay_out(plan, first_walk=0))
            service.refuse_taken(here, [made.code for made in bins])
            shown = [*bins[:8], *bins[-1:]] if len(bins) > 9 else bins
        except WmsError as refused:
            plan, fault = None, sentences.sentence(refused)
    page = render_template(
        "sites/racks.html",
        zones=queries.list_zones(here),
        plan=plan,
        shown=shown,
        fault=fault,
        wanted=request.args,
        most=rules.MOST_BINS,
    )
    return (page, 422) if fault else page


@bp.post("/setup/bins/racks")
@requires("settings.edit")
def make_racks() -> Any:
    """Make the bins of racks, all or none, and lead to them and their labels."""
    form = parse_form(schemas.RacksIn())
    made = run_in_transaction(
        service.make_racks,
        current_warehouse(),
        ZoneId(form["zone"]),
        schemas.racks_of(form),
        capacity_lpns=form["capacity_lpns"],
    )
    flash(gettext("Made: %(count)s bins.", count=made.count))
    return redirect(url_for("sites.bins", zone=form["zone"], made_from=made.first_walk, made_to=made.last_walk))
