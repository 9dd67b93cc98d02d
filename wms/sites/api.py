"""Warehouses, zones and bins for machines."""

from __future__ import annotations

from typing import Any

from wms.core.clock import now
from wms.core.errors import FieldErrors, NotFound
from wms.core.ids import BinId, WarehouseId, ZoneId
from wms.db.paging import Page
from wms.sites import queries, schemas, service
from wms.sites.models import Bin, Warehouse
from wms.web import api, auth
from wms.web.api import reads, writes
from wms.web.auth import current_warehouse, requires

bp = api.blueprint("sites_api", __name__)


# -- warehouses -------------------------------------------------------------------------------------------------------
@bp.post("/company")
@requires("settings.edit", everywhere=True)
@writes(body=schemas.CompanyIn(), answer=schemas.CompanyOut(), offers=("sites.name_company",))
def name_company(values: dict[str, Any]) -> dict[str, str]:
    """Change the name of the company."""
    service.name_company(values["company_name"], at=now())
    return {"company_name": values["company_name"]}


@bp.get("/warehouses")
@requires("catalog.view", "settings.edit", anywhere=True)
@reads(answer=schemas.WarehousesOut())
def warehouses() -> dict[str, Any]:
    """List the warehouses the key is good in."""
    mine = {site.id for site in auth.permitted_sites()}
    return {"items": [row.warehouse for row in queries.list_warehouses() if row.warehouse.id in mine]}


@bp.get("/warehouses/<int:warehouse_id>")
@requires("catalog.view", "settings.edit", anywhere=True)
@reads(answer=schemas.WarehouseOut(), etag=True)
def warehouse(warehouse_id: int) -> dict[str, Any]:
    """Give a warehouse with its zones."""
    return _shown(_place(warehouse_id, "catalog.view", "settings.edit"))


@bp.post("/warehouses")
@requires("settings.edit", everywhere=True)
@writes(
    body=schemas.WarehouseIn(), answer=schemas.WarehouseOut(), status=201, offers=("sites.make_warehouse",)
)  # fmt: skip
def make_warehouse(values: dict[str, Any]) -> dict[str, Any]:
    """Make a warehouse with its first zone and the bins that every warehouse needs: docks, staging, cage, quarantine."""
    made = service.make_warehouse(
        service.WarehousePlan(code=values["code"], **schemas.change_of(values)),
        schemas.zone_of(values),
        docks=values["docks"],
    )
    return _shown(made)


@bp.put("/warehouses/<int:warehouse_id>")
@requires("settings.edit", anywhere=True)
@writes(
    body=schemas.WarehouseChangeIn(),
    answer=schemas.WarehouseOut(),
    edits=warehouse,
    locks=Warehouse,
    offers=("sites.change_warehouse",),
)
def change_warehouse(warehouse_id: int, values: dict[str, Any]) -> dict[str, Any]:
    """Change a warehouse; its code is kept for good."""
    found = _place(warehouse_id, "settings.edit")
    service.change_warehouse(found.id, service.WarehousePlan(code=found.code, **schemas.change_of(values)))
    return _shown(queries.get_warehouse(found.id))


@bp.post("/warehouses/<int:warehouse_id>/zones")
@requires("settings.edit", anywhere=True)
@writes(body=schemas.ZoneIn(), answer=schemas.ZoneOut(), status=201, offers=("sites.add_zone",))
def add_zone(warehouse_id: int, values: dict[str, Any]) -> Any:
    """Make a zone with its quarantine bin."""
    return service.add_zone(_place(warehouse_id, "settings.edit").id, schemas.zone_of(values))


def _place(warehouse_id: int, *rights: str) -> Any:
    """The right must be held in the warehouse itself."""
    found = queries.get_warehouse(WarehouseId(warehouse_id))
    if not any(auth.permitted(right, found.id) for right in rights):
        raise NotFound(kind="warehouse", text=str(warehouse_id))
    return found


def _shown(found: Any) -> dict[str, Any]:
    names = ("id", "code", "name_en", "name_zh", "timezone", "company_prefix", "gln", "address", "phone", "is_active")
    return {name: getattr(found, name) for name in names} | {"zones": queries.list_zones(found.id)}


# -- bins -------------------------------------------------------------------------------------------------------------
@bp.get("/bins")
@requires("catalog.view", "settings.edit")
@reads(query=schemas.BinsQuery(), answer=schemas.BinOut(), paged=True)
def bins(query: dict[str, Any]) -> Page[Bin]:
    """List the bins of a warehouse in walk order."""
    page = queries.list_bins(
        current_warehouse(),
        search=query["q"],
        kind=query["kind"],
        zone=query["zone_id"],
        is_blocked=query["is_blocked"],
        cursor=query["cursor"],
        size=query["limit"],
    )
    return Page(rows=[row.bin for row in page.rows], next_cursor=page.next_cursor)


@bp.get("/bins/<int:bin_id>")
@requires("catalog.view", "settings.edit", anywhere=True)
@reads(answer=schemas.BinOut())
def bin(bin_id: int) -> Bin:
    """Give a bin."""
    found = queries.get_bin(BinId(bin_id))
    if not any(auth.permitted(right, found.warehouse_id) for right in ("catalog.view", "settings.edit")):
        raise NotFound(kind="bin", text=str(bin_id))
    return found


@bp.post("/bins")
@requires("settings.edit")
@writes(body=schemas.BinPost(), answer=schemas.BinOut(), status=201, offers=("sites.add_bin",))
def add_bin(values: dict[str, Any]) -> Bin:
    """Make one bin."""
    zone = ZoneId(values["zone"]) if values["zone"] else None
    try:
        return service.add_bin(current_warehouse(), service.OneBin(**values | {"zone": zone}))
    except FieldErrors as wrong:
        faults = wrong.data["errors"]
        raise FieldErrors(errors={{"zone": "zone_id"}.get(name, name): faults[name] for name in faults}) from None


@bp.post("/racks")
@requires("settings.edit")
@writes(body=schemas.RacksPost(), answer=schemas.MadeOut(), status=201, offers=("sites.make_racks",))
def make_racks(values: dict[str, Any]) -> service.MadeBins:
    """Make the bins of racks, all or none: at most 50,000 in one call.

    The lowest `face_levels` levels are picked from, the others store.
    """
    return service.make_racks(
        current_warehouse(), ZoneId(values["zone"]), schemas.racks_of(values), capacity_lpns=values["capacity_lpns"]
    )  # fmt: skip


@bp.post("/bins/<int:bin_id>/block")
@requires("catalog.edit", anywhere=True)
@writes(body=schemas.BlockIn(), answer=schemas.BinOut(), offers=("sites.block",))
def block(bin_id: int, values: dict[str, Any]) -> Bin:
    """Let nothing into a bin or out of it, with the reason."""
    auth.demand("catalog.edit", queries.get_bin(BinId(bin_id)).warehouse_id)
    service.block_bin(BinId(bin_id), reason=values["reason"])
    return queries.get_bin(BinId(bin_id))


@bp.post("/bins/<int:bin_id>/unblock")
@requires("catalog.edit", anywhere=True)
@writes(answer=schemas.BinOut(), offers=("sites.unblock",))
def unblock(bin_id: int) -> Bin:
    """Open a bin again."""
    auth.demand("catalog.edit", queries.get_bin(BinId(bin_id)).warehouse_id)
    service.unblock_bin(BinId(bin_id))
    return queries.get_bin(BinId(bin_id))
