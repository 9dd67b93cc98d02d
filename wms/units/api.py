"""Unit ids for machines: where they are, what happened to them, codes announced, ids for what stands here."""

from dataclasses import dataclass
from typing import Any

from wms.core.clock import now
from wms.core.errors import NotFound
from wms.core.ids import BinId, LotId, UnitId
from wms.db.paging import Page
from wms.stock import queries as stock
from wms.units import queries, schemas, service
from wms.units.edge import check_paper
from wms.units.models import Unit, UnitState
from wms.units.queries import EventRow, UnitRow
from wms.units.service import Announce
from wms.web import api
from wms.web.api import reads, writes
from wms.web.auth import actor_id, current_warehouse, requires

bp = api.blueprint("units_api", __name__)


@dataclass(frozen=True, kw_only=True)
class _Whole:
    """A unit with its content and history."""

    unit: Unit
    sku: str
    lot_number: str
    bin_code: str
    lpn_code: str | None
    parent_code: str
    state: UnitState
    inside: list[UnitRow]
    events: list[EventRow]


@bp.get("/units")
@requires("stock.view")
@reads(query=schemas.UnitIdsQuery(), answer=schemas.UnitIdOut(), paged=True)
def units(query: dict[str, Any]) -> Page[UnitRow]:
    """List the unit ids of a warehouse by code: of a lot, by where they are, or that begin with a text.

    Units that left stay in the list of the warehouse that they left from. A second appearance of a code is a row of its own,
    with `is_duplicate`.
    """
    return queries.page_of_units(
        lot=LotId(query["lot_id"]) if query["lot_id"] is not None else None, code=query["q"].strip(), state=query["state"],
        warehouses=[current_warehouse()], cursor=query["cursor"], size=query["limit"],
    )  # fmt: skip


@bp.get("/units/<int:unit_id>")
@requires("stock.view")
@reads(answer=schemas.UnitIdWholeOut())
def unit(unit_id: int) -> _Whole:
    """Show a unit: where it is, its pack, what is in it (a pack), and what happened to it, the newest first."""
    row = queries.get_unit(UnitId(unit_id))
    if row.unit.warehouse_id != current_warehouse():
        raise NotFound(kind="unit", text=str(unit_id))
    return _Whole(
        unit=row.unit, sku=row.sku, lot_number=row.lot_number, bin_code=row.bin_code, lpn_code=row.lpn_code,
        parent_code=row.parent_code, state=row.state, events=queries.events_of(row.unit.id),
        inside=queries.units_inside(row.unit.id) if row.unit.level else [],
    )  # fmt: skip


@bp.post("/unit-notices")
@requires("receive", "catalog.edit")
@writes(body=schemas.NoticesIn(), answer=schemas.NoticesOut(), offers=("units.announce",))
def announce(values: dict[str, Any]) -> dict[str, int]:
    """Announce the unit ids of goods on their way: of one item and lot, each with the pack it is in.

    Packs may stand in packs; at receipt one scan of a pack then names all pieces in it, and a pallet that comes in by its
    SSCC brings the pieces announced under it. What was announced before is announced once; `new` says how many were not.
    Refused: a code in two packs or a pack in itself (`bad_code`), a label of another item or lot (`unit_of_other_item`,
    `unit_of_other_lot`), an item without unit ids (`wrong_state`).
    """
    check_paper("asn", values["asn_id"], current_warehouse())
    cmd = Announce(
        item=queries.item_with_ids(values["sku"]), lot_number=values["lot_number"].strip(),
        codes=[(line["code"], line["parent_code"]) for line in values["units"]],
        document_kind="asn" if values["asn_id"] else "", document_id=values["asn_id"],
    )  # fmt: skip
    return {"new": service.announce(cmd, actor=actor_id(), at=now())}


@bp.post("/lots/<int:lot_id>/units")
@requires("lot.edit", "receive")
@writes(body=schemas.AssignIn(), answer=schemas.AssignedOut(), offers=("units.assign",))
def assign(lot_id: int, values: dict[str, Any]) -> dict[str, int]:
    """Give ids to pieces of a lot that stand in one place without: an opening stock, say.

    Refused: more ids than pieces without one (`units_needed`), an id that is known (`unit_elsewhere`), a label of another item
    or lot.
    """
    lot = stock.get_lot(LotId(lot_id))
    found = stock.find_bin(values["bin_code"], warehouse=current_warehouse())
    count = service.assign(
        lot=lot.id, bin=BinId(found.id), lpn=queries.lpn_named(values["lpn_code"]), codes=values["codes"], actor=actor_id(),
        at=now(),
    )  # fmt: skip
    return {"assigned": count}
