"""Reads of master data: lines, teams, machines, vessels, rules of items, bills of materials."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload, selectinload

from wms.catalog.models import Item
from wms.core.errors import NotFound
from wms.core.ids import BomId, ItemId, ProductionLineId, WarehouseId
from wms.db import db
from wms.db.paging import Page, SortKey, after, page_of
from wms.production.models import (
    Bom,
    BomAlternate,
    BomLine,
    BomOperation,
    BomOutput,
    Machine,
    ProductionLine,
    ProductionRule,
    Team,
    Vessel,
    WorkOrder,
)
from wms.sites.models import Bin, BinKind

#: What stands in a warehouse: lines, teams, machines, vessels.
Placed = TypeVar("Placed", ProductionLine, Team, Machine, Vessel)
PAGE_SIZE = 50


# -- of a warehouse ---------------------------------------------------------------------------------------------------
def list_lines(warehouse: WarehouseId, *, with_inactive: bool = False) -> Sequence[ProductionLine]:
    """List the lines of a warehouse by code, with their bins."""
    statement = _of(ProductionLine, warehouse, with_inactive).options(
        joinedload(ProductionLine.bin), joinedload(ProductionLine.output_bin)
    )
    return db.session.execute(statement).scalars().all()


def list_teams(warehouse: WarehouseId, *, with_inactive: bool = False) -> Sequence[Team]:
    """List the teams of a warehouse by code."""
    return db.session.execute(_of(Team, warehouse, with_inactive)).scalars().all()


def list_machines(
    warehouse: WarehouseId, *, line: ProductionLineId | None = None, with_inactive: bool = False
) -> Sequence[Machine]:
    """List the machines of a warehouse by code; of one line: its own and those of no line in particular."""
    statement = _of(Machine, warehouse, with_inactive).options(joinedload(Machine.line))
    if line is not None:
        statement = statement.where((Machine.line_id == line) | Machine.line_id.is_(None))
    return db.session.execute(statement).scalars().all()


def list_vessels(warehouse: WarehouseId, *, with_inactive: bool = False) -> Sequence[Vessel]:
    """List the vessels of a warehouse by code, with their bins."""
    statement = _of(Vessel, warehouse, with_inactive).options(joinedload(Vessel.bin))
    return db.session.execute(statement).scalars().all()


def _of(model: Any, warehouse: WarehouseId, with_inactive: bool) -> Any:
    statement = select(model).where(model.warehouse_id == warehouse).order_by(model.code)
    return statement if with_inactive else statement.where(model.is_active)


def get_placed(model: type[Placed], identity: int, *, warehouse: WarehouseId) -> Placed:
    """Give a line, team, machine or vessel of the warehouse; NotFound otherwise."""
    found = db.session.get(model, identity)
    if found is None or found.warehouse_id != warehouse:
        raise NotFound(kind=model.__tablename__, text=str(identity))
    return found


def production_bins(warehouse: WarehouseId) -> Sequence[Bin]:
    """List the bins of the kind production by code, for the forms of lines and vessels."""
    statement = select(Bin).where(Bin.warehouse_id == warehouse, Bin.kind == BinKind.PRODUCTION).order_by(Bin.code)
    return db.session.execute(statement).scalars().all()


# -- rules of items ---------------------------------------------------------------------------------------------------
def page_of_rules(*, cursor: str | None = None, size: int = PAGE_SIZE) -> Page[ProductionRule]:
    """List the production rules by item."""
    statement = select(ProductionRule).join(ProductionRule.item).options(joinedload(ProductionRule.item))
    rows = db.session.execute(after(statement, [SortKey(Item.sku.expression)], cursor, size=size)).scalars().all()
    return page_of(rows, size=size, values=lambda rule: (rule.item.sku,))


def find_rule(item: ItemId) -> ProductionRule | None:
    """Give the stored production rule of an item, or None."""
    return db.session.execute(
        select(ProductionRule).where(ProductionRule.item_id == item).options(joinedload(ProductionRule.item))
    ).scalar_one_or_none()


# -- bills of materials -----------------------------------------------------------------------------------------------
@dataclass(frozen=True, kw_only=True)
class BomRow:
    """A bill of materials in the list: how many components and operations it has, how many orders were made by it."""

    bom: Bom
    components: int
    operations: int
    orders: int


def page_of_boms(
    *, item: ItemId | None = None, search: str = "", with_inactive: bool = False, cursor: str | None = None,
    size: int = PAGE_SIZE,
) -> Page[BomRow]:  # fmt: skip
    """List bills of materials by item, the newest version of each first."""

    def count_of(model: Any) -> Any:
        return select(func.count()).select_from(model).where(model.bom_id == Bom.id).scalar_subquery()

    statement: Any = (
        select(Bom, count_of(BomLine), count_of(BomOperation), count_of(WorkOrder))
        .join(Bom.item)
        .options(joinedload(Bom.item))
    )
    if item is not None:
        statement = statement.where(Bom.item_id == item)
    if search:
        text = search.strip()
        statement = statement.where(
            func.upper(Item.sku).startswith(text.upper(), autoescape=True)
            | func.lower(Item.name_en).contains(text.lower(), autoescape=True)
            | Item.name_zh.contains(text, autoescape=True)
        )
    if not with_inactive:
        statement = statement.where(Bom.is_active)
    keys = [SortKey(Item.sku.expression), SortKey(Bom.version.expression, descending=True)]
    rows = db.session.execute(after(statement, keys, cursor, size=size)).all()
    found = [BomRow(bom=row[0], components=row[1], operations=row[2], orders=row[3]) for row in rows]
    return page_of(found, size=size, values=lambda row: (row.bom.item.sku, row.bom.version))


def get_bom(bom: BomId) -> Bom:
    """Give a bill of materials with all its parts; NotFound otherwise."""
    found = db.session.execute(_boms().where(Bom.id == bom)).scalar_one_or_none()
    if found is None:
        raise NotFound(kind="bom", text=str(bom))
    return found


def newest_bom(item: ItemId) -> Bom | None:
    """Give the active bill of materials of an item with the highest version, or None."""
    statement = _boms().where(Bom.item_id == item, Bom.is_active).order_by(Bom.version.desc()).limit(1)
    return db.session.execute(statement).scalar_one_or_none()


def versions_of(item: ItemId) -> Sequence[Bom]:
    """List the versions of an item's bill of materials, the newest first."""
    statement = select(Bom).where(Bom.item_id == item).order_by(Bom.version.desc())
    return db.session.execute(statement).scalars().all()


def is_used(bom: BomId) -> bool:
    """Whether a work order was made by it."""
    return db.session.execute(select(WorkOrder.id).where(WorkOrder.bom_id == bom).limit(1)).first() is not None


def _boms() -> Any:
    return select(Bom).options(
        joinedload(Bom.item),
        selectinload(Bom.lines).joinedload(BomLine.item),
        selectinload(Bom.lines).selectinload(BomLine.alternates).joinedload(BomAlternate.item),
        selectinload(Bom.operations).joinedload(BomOperation.output_item),
        selectinload(Bom.outputs).joinedload(BomOutput.item),
    )
