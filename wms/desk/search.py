"""Search by any scan or text: what it names exactly, else what begins with it. Reads only, one statement a question."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, String, cast, func, literal, or_, select, union_all

from wms.catalog.models import Item, Partner
from wms.catalog.rules import typed_sound
from wms.complaints.models import Complaint
from wms.core.errors import BadScan
from wms.core.ids import WarehouseId
from wms.db import db
from wms.gs1 import scan as gs1
from wms.picking.models import Order
from wms.production.models import Bom, ProductionReport, Vessel, WorkOrder
from wms.recall.models import Recall
from wms.receiving.models import Asn, Receipt
from wms.scans.kinds import BOM, COMPLAINT, PRODUCTION_REPORT, RECALL, VESSEL, WORK_ORDER, kinds_for
from wms.scans.queries import find_all, is_bare
from wms.shipping.models import Shipment
from wms.sites.models import Bin
from wms.stock.models import Lot, Lpn
from wms.units.models import Unit

LIMIT = 12


@dataclass(frozen=True, kw_only=True)
class Hit:
    """One record found: its kind, id, code, and words to tell it from others."""

    kind: str
    id: int
    code: str
    name_en: str
    name_zh: str


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What was found, whether it is exact, and why the text could not be read as a label when it claimed to be one."""

    hits: list[Hit]
    is_exact: bool
    fault: str = ""


def search(text: str, warehouse: WarehouseId, *, may: Callable[[str], bool]) -> Answer:
    """Find what a scan or typed text names: exact records first; only when there is none, those that begin with it.

    `may` is asked for the permissions of papers that not everybody sees.
    """
    kinds = kinds_for(may)
    try:
        found = find_all(text, warehouse, kinds=kinds)
    except BadScan as refused:
        return Answer(hits=[], is_exact=False, fault=str(refused.data["why"]))
    scan = found.scan
    exact = [_hit(one) for one in found.found if one.id is not None] or _run(_besides(scan, warehouse))
    if exact:
        return Answer(hits=_without_bins_of_vessels(exact), is_exact=True)
    typed = str(scan.lot) if scan.lot is not None else scan.text
    return Answer(hits=_run(_beginning(typed, warehouse, kinds)), is_exact=False)


def _without_bins_of_vessels(hits: list[Hit]) -> list[Hit]:
    """A vessel and its bin have one code on one plate: the vessel's page says all that the bin's does."""
    vessels = {hit.code for hit in hits if hit.kind == VESSEL}
    return [hit for hit in hits if hit.kind != "bin" or hit.code not in vessels]


def _row(kind: str, identity: Any, code: Any, en: Any = None, zh: Any = None) -> Select[Any]:
    blank = literal("", String)
    return select(
        literal(kind, String).label("kind"),
        identity.label("id"),
        cast(code, String).label("code"),
        (cast(en, String) if en is not None else blank).label("name_en"),
        (cast(zh, String) if zh is not None else blank).label("name_zh"),
    )


def _run(parts: list[Select[Any]]) -> list[Hit]:
    if not parts:
        return []
    limited = [select(part.limit(LIMIT).subquery()) for part in parts]
    statement = union_all(*limited) if len(limited) > 1 else limited[0]
    seen: dict[tuple[str, int], Hit] = {}
    for row in db.session.execute(statement):
        seen.setdefault((row.kind, row.id), Hit(**row._mapping))
    return list(seen.values())


def _lots() -> Select[Any]:
    return _row("lot", Lot.id, Lot.number, Item.sku, Item.name_zh).join(Item, Item.id == Lot.item_id)


def _items() -> Select[Any]:
    return _row("item", Item.id, Item.sku, Item.name_en, Item.name_zh)


def _bins(warehouse: WarehouseId) -> Select[Any]:
    return _row("bin", Bin.id, Bin.code).where(Bin.warehouse_id == warehouse)


def _units(warehouse: WarehouseId) -> Select[Any]:
    return _row("unit", Unit.id, Unit.code, Item.sku, Item.name_zh).join(Item, Item.id == Unit.item_id).where(
        Unit.warehouse_id == warehouse
    )  # fmt: skip


def _plates() -> Select[Any]:
    return _row("lpn", Lpn.id, Lpn.code).where(Lpn.id != 0)


def _orders(warehouse: WarehouseId) -> Select[Any]:
    return (
        _row("order", Order.id, Order.number, Partner.name_en, Partner.name_zh)
        .join(Partner, Partner.id == Order.customer_id)
        .where(Order.warehouse_id == warehouse)
    )


def _papers(warehouse: WarehouseId) -> list[tuple[Select[Any], Any]]:
    """Other numbered documents, each with the column of its number."""
    return [
        (_orders(warehouse), Order.number),
        (_row("asn", Asn.id, Asn.number).where(Asn.warehouse_id == warehouse), Asn.number),
        (_row("receipt", Receipt.id, Receipt.number).where(Receipt.warehouse_id == warehouse), Receipt.number),
        (_row("shipment", Shipment.id, Shipment.number).where(Shipment.warehouse_id == warehouse), Shipment.number),
    ]


def _others(warehouse: WarehouseId) -> list[tuple[str, Select[Any], Any]]:
    """Papers that not everybody sees, each with its kind and the column of its number."""
    numbered: tuple[tuple[str, Any], ...] = (
        (WORK_ORDER, WorkOrder), (PRODUCTION_REPORT, ProductionReport), (RECALL, Recall), (COMPLAINT, Complaint),
    )  # fmt: skip
    vessels = _row(VESSEL, Vessel.id, Vessel.code, Vessel.name_en, Vessel.name_zh)
    boms = _row(BOM, Bom.id, Item.sku + " v" + cast(Bom.version, String), Item.name_en, Item.name_zh)
    return [
        *((kind, _row(kind, table.id, table.number).where(table.warehouse_id == warehouse), table.number)
          for kind, table in numbered),
        (VESSEL, vessels.where(Vessel.warehouse_id == warehouse), Vessel.code),
        (BOM, boms.join(Item, Item.id == Bom.item_id), Item.sku),
    ]  # fmt: skip


def _hit(one: Any) -> Hit:
    """A record behind a scan as the page lists it; a lot by its item."""
    if one.kind == "lot":
        return Hit(kind="lot", id=one.id, code=one.number, name_en=one.item.sku, name_zh=one.item.name_zh)
    if one.kind == "unit":
        return Hit(kind="unit", id=one.id, code=one.code, name_en=one.item.name_en, name_zh=one.item.name_zh)
    return Hit(
        kind=one.kind,
        id=one.id,
        code=one.code,
        name_en=getattr(one, "name_en", ""),
        name_zh=getattr(one, "name_zh", ""),
    )


def _besides(scan: gs1.Scan, warehouse: WarehouseId) -> list[Select[Any]]:
    """What only a search finds: plates that were closed or stand elsewhere, bins outside the walls, items by their whole name."""
    if isinstance(scan, gs1.LpnScan):
        return [_plates().where(Lpn.code == scan.lpn)]
    if isinstance(scan, gs1.BinScan):
        return [_bins(warehouse).where(Bin.code == str(scan.code))]
    if not is_bare(scan):
        return []
    ways = sorted({scan.text, scan.text.upper()})
    return [
        _bins(warehouse).where(Bin.code.in_(ways)),
        _plates().where(Lpn.code.in_(ways)),
        _items().where(or_(func.lower(Item.name_en) == scan.text.lower(), Item.name_zh == scan.text)),
    ]


def _beginning(typed: str, warehouse: WarehouseId, kinds: Collection[str]) -> list[Select[Any]]:
    """Records whose code begins with the text; items also by a part of their name, plates also by their last digits, from four on."""
    escaped = typed.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    holds = f"%{escaped}%"

    def begins(column: Any) -> Any:
        return or_(*(column.between(way, way + "\U0010ffff") for way in sorted({typed, typed.upper()})))

    parts = [
        _lots().where(begins(Lot.number)),
        _items().where(
            or_(
                begins(Item.sku),
                func.lower(Item.name_en).like(holds.lower(), escape="\\"),
                Item.name_zh.like(holds, escape="\\"),
                *([Item.sound.contains(sound, autoescape=True)] if (sound := typed_sound(typed)) else []),
            )
        ),
        _bins(warehouse).where(begins(Bin.code)),
        _plates().where(begins(Lpn.code)),
        _units(warehouse).where(begins(Unit.code)),
        *(statement.where(begins(column)) for statement, column in _papers(warehouse)),
        *(statement.where(begins(column)) for kind, statement, column in _others(warehouse) if kind in kinds),
    ]
    if typed.isdigit() and len(typed) >= 4:
        parts.append(_plates().where(Lpn.tail == typed[-4:], Lpn.code.like(f"%{escaped}", escape="\\")))
    return parts
