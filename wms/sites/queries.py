"""Reads of the installation, warehouses, zones and bins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from wms.core.errors import NotFound
from wms.core.ids import BinId, WarehouseId, ZoneId
from wms.db import db
from wms.db.paging import Page, SortKey, after, page_of
from wms.sites.models import Bin, BinKind, Installation, Warehouse, Zone

PAGE_SIZE = 100


@dataclass(frozen=True)
class BinRow:
    """A bin with its zone, None for one outside the walls."""

    bin: Bin
    zone: Zone | None


@dataclass(frozen=True)
class WarehouseRow:
    """A warehouse with how many bins it has, and how many of them are blocked."""

    warehouse: Warehouse
    bins: int
    blocked: int


def installation() -> Installation | None:
    """Give what this database is for, None before it was set up."""
    return _session().get(Installation, 1)


def list_warehouses() -> Sequence[WarehouseRow]:
    """List every warehouse by code."""
    statement = (
        select(Warehouse, func.count(Bin.id), func.count(Bin.id).filter(Bin.is_blocked))
        .outerjoin(Bin, Bin.warehouse_id == Warehouse.id)
        .group_by(Warehouse.id)
        .order_by(Warehouse.code)
    )
    return [WarehouseRow(row[0], row[1], row[2]) for row in _session().execute(statement)]


def active_warehouses() -> Sequence[Warehouse]:
    """List the warehouses that are worked in, by code."""
    statement = select(Warehouse).where(Warehouse.is_active).order_by(Warehouse.code)
    return _session().execute(statement).scalars().all()


def find_warehouse(code: str) -> Warehouse | None:
    """Give the warehouse of a code, or None."""
    return _session().execute(select(Warehouse).where(Warehouse.code == code)).scalar_one_or_none()


def get_warehouse(warehouse: WarehouseId) -> Warehouse:
    """Give a warehouse; NotFound otherwise."""
    found = _session().get(Warehouse, warehouse)
    if found is None:
        raise NotFound(kind="warehouse", text=str(warehouse))
    return found


def list_zones(warehouse: WarehouseId) -> Sequence[Zone]:
    """List the zones of a warehouse in walk order."""
    statement = select(Zone).where(Zone.warehouse_id == warehouse).order_by(Zone.walk_sequence, Zone.code)
    return _session().execute(statement).scalars().all()


def get_zone(warehouse: WarehouseId, zone: ZoneId) -> Zone:
    """Give a zone of this warehouse; NotFound otherwise."""
    found = _session().get(Zone, zone)
    if found is None or found.warehouse_id != warehouse:
        raise NotFound(kind="zone", text=str(zone))
    return found


def codes_of(warehouse: WarehouseId) -> set[str]:
    """Give the codes of all bins of a warehouse."""
    return set(_session().execute(select(Bin.code).where(Bin.warehouse_id == warehouse)).scalars())


def last_walk(warehouse: WarehouseId) -> int:
    """Give the last number in the walk of the racks, 0 without racks."""
    statement = select(func.max(Bin.walk_sequence)).where(
        Bin.warehouse_id == warehouse, Bin.kind.in_((BinKind.STORAGE, BinKind.PICK_FACE))
    )
    return _session().execute(statement).scalar_one() or 0


def labels_of(
    warehouse: WarehouseId,
    *,
    search: str = "",
    kind: BinKind | None = None,
    zone: int | None = None,
    is_blocked: bool | None = None,
    first: int | None = None,
    last: int | None = None,
    offset: int = 0,
    limit: int,
) -> list[tuple[str, str]]:
    """Give code and zone code of inside bins in walk order, as the list filters them or between two numbers of the walk."""
    statement = _filtered(
        select(Bin.code, Zone.code),
        warehouse,
        search=search,
        kind=kind,
        zone=zone,
        is_blocked=is_blocked,
        first=first,
        last=last,
    ).where(~Bin.is_outside)
    statement = statement.order_by(Bin.walk_sequence, Bin.code).offset(offset).limit(limit)
    return [(code, zone_code or "") for code, zone_code in _session().execute(statement)]


def list_bins(
    warehouse: WarehouseId,
    *,
    search: str = "",
    kind: BinKind | None = None,
    zone: int | None = None,
    is_blocked: bool | None = None,
    first: int | None = None,
    last: int | None = None,
    cursor: str | None = None,
    size: int = PAGE_SIZE,
) -> Page[BinRow]:
    """List the bins of a warehouse in walk order; `search` is the beginning of a code, whatever its case.

    `first` and `last` are numbers of the walk, both included.
    """
    statement = _filtered(
        select(Bin, Zone),
        warehouse,
        search=search,
        kind=kind,
        zone=zone,
        is_blocked=is_blocked,
        first=first,
        last=last,
    )
    keys = [SortKey(Bin.walk_sequence.expression), SortKey(Bin.code.expression)]
    rows = [BinRow(row[0], row[1]) for row in _session().execute(after(statement, keys, cursor, size=size))]
    return page_of(rows, size=size, values=lambda row: (row.bin.walk_sequence, row.bin.code))


def _filtered(
    statement: Any,
    warehouse: WarehouseId,
    *,
    search: str,
    kind: BinKind | None,
    zone: int | None,
    is_blocked: bool | None,
    first: int | None,
    last: int | None,
) -> Any:
    statement = statement.select_from(Bin).outerjoin(Zone, Zone.id == Bin.zone_id).where(Bin.warehouse_id == warehouse)
    if search:
        statement = statement.where(func.upper(Bin.code).startswith(search.upper(), autoescape=True))
    if kind is not None:
        statement = statement.where(Bin.kind == kind)
    if zone is not None:
        statement = statement.where(Bin.zone_id == zone)
    if is_blocked is not None:
        statement = statement.where(Bin.is_blocked.is_(is_blocked))
    if first is not None:
        statement = statement.where(Bin.walk_sequence >= first)
    if last is not None:
        statement = statement.where(Bin.walk_sequence <= last)
    return statement


def count_bins_by_kind(warehouse: WarehouseId) -> Mapping[BinKind, int]:
    """Count the bins of a warehouse by kind, for the chips."""
    statement = select(Bin.kind, func.count()).where(Bin.warehouse_id == warehouse).group_by(Bin.kind)
    return {row[0]: row[1] for row in _session().execute(statement)}


def get_bin(bin_id: BinId) -> Bin:
    """Give a bin with its warehouse and zone; NotFound otherwise."""
    found = _session().get(Bin, bin_id, options=[joinedload(Bin.warehouse), joinedload(Bin.zone)])
    if found is None:
        raise NotFound(kind="bin", text=str(bin_id))
    return found


def find_bin(warehouse: WarehouseId, code: str) -> Bin | None:
    """Give the bin of a code in a warehouse, or None."""
    statement = select(Bin).where(Bin.warehouse_id == warehouse, Bin.code == code)
    return _session().execute(statement).scalar_one_or_none()


def first_bin(warehouse: WarehouseId, kind: BinKind) -> Bin:
    """Give the first bin of a kind in walk order; NotFound when the warehouse has none."""
    statement = (
        select(Bin)
        .where(Bin.warehouse_id == warehouse, Bin.kind == kind, Bin.is_blocked.is_(False))
        .order_by(Bin.walk_sequence, Bin.code)
        .limit(1)
    )
    found = _session().execute(statement).scalar_one_or_none()
    if found is None:
        raise NotFound(kind="bin", text=kind.value)
    return found


def _session() -> Session:
    return db.session()
