"""Verbs of master data: lines, teams, machines, vessels, and how items behave in production.

A line and a vessel stand in bins of the kind production: named ones, or new ones made with them. A bin belongs to one of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import select

from wms.catalog.models import Item
from wms.core.errors import BinUnsuitable, DuplicateValue, NotFound
from wms.core.ids import (
    BinId,
    ItemId,
    MachineId,
    ProductionLineId,
    TeamId,
    VesselId,
    WarehouseId,
    new_id,
)
from wms.core.quantity import Quantity
from wms.db import db
from wms.production.models import (
    ExpiryBy,
    Machine,
    OutputLotAt,
    ProductionLine,
    ProductionRule,
    Team,
    Vessel,
)
from wms.production.queries import master as queries
from wms.sites import queries as sites
from wms.sites.models import Bin, BinKind
from wms.sites.service import OneBin, add_bin

#: The bin that takes what reports consume; it is made with the first line of a warehouse.
CONSUMED: Final = "CONSUMED"


@dataclass(frozen=True, kw_only=True)
class Named:
    """What every line, team, machine and vessel has."""

    code: str
    name_en: str
    name_zh: str = ""
    is_active: bool = True


# -- lines ------------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, kw_only=True)
class LinePlan(Named):
    """A line; without bins, new ones are made: <code> for what is issued to it, <code>-OUT for what it makes."""

    bin_code: str = ""
    output_bin_code: str = ""
    needs_clearance: bool = False


def make_line(plan: LinePlan, *, warehouse: WarehouseId) -> ProductionLineId:
    """Make a line with its bins, and the bin for what is consumed. Raises DuplicateValue, NotFound, BinUnsuitable."""
    _refuse_used_code(ProductionLine, plan.code, warehouse)
    row = ProductionLine(
        id=ProductionLineId(new_id()), warehouse_id=warehouse, code=plan.code, name_en=plan.name_en,
        name_zh=plan.name_zh, needs_clearance=plan.needs_clearance, is_active=plan.is_active,
        bin_id=_bin_for(plan.bin_code, plan.code, warehouse),
        output_bin_id=_bin_for(plan.output_bin_code, f"{plan.code}-OUT", warehouse),
    )  # fmt: skip
    db.session.add(row)
    _make_consumed(warehouse)
    db.session.flush()
    return row.id


def change_line(line: ProductionLineId, plan: LinePlan, *, warehouse: WarehouseId) -> None:
    """Change a line; its code is kept for good, a blank bin leaves it where it is. Raises NotFound, BinUnsuitable."""
    row = queries.get_placed(ProductionLine, line, warehouse=warehouse)
    row.name_en, row.name_zh, row.is_active = plan.name_en, plan.name_zh, plan.is_active
    row.needs_clearance = plan.needs_clearance
    if plan.bin_code:
        row.bin_id = _bin_for(plan.bin_code, "", warehouse, of_line=line)
    if plan.output_bin_code:
        row.output_bin_id = _bin_for(plan.output_bin_code, "", warehouse, of_line=line)
    db.session.flush()


# -- teams and machines -----------------------------------------------------------------------------------------------
def make_team(plan: Named, *, warehouse: WarehouseId) -> TeamId:
    """Make a team. Raises DuplicateValue."""
    _refuse_used_code(Team, plan.code, warehouse)
    row = Team(
        id=TeamId(new_id()), warehouse_id=warehouse, code=plan.code, name_en=plan.name_en, name_zh=plan.name_zh,
        is_active=plan.is_active,
    )  # fmt: skip
    db.session.add(row)
    db.session.flush()
    return row.id


def change_team(team: TeamId, plan: Named, *, warehouse: WarehouseId) -> None:
    """Change a team's names, or take it out of use. Raises NotFound."""
    row = queries.get_placed(Team, team, warehouse=warehouse)
    row.name_en, row.name_zh, row.is_active = plan.name_en, plan.name_zh, plan.is_active
    db.session.flush()


@dataclass(frozen=True, kw_only=True)
class MachinePlan(Named):
    """A machine of a line, or of none in particular."""

    line: ProductionLineId | None = None


def make_machine(plan: MachinePlan, *, warehouse: WarehouseId) -> MachineId:
    """Make a machine. Raises DuplicateValue, NotFound (line)."""
    _refuse_used_code(Machine, plan.code, warehouse)
    _check_line(plan.line, warehouse)
    row = Machine(
        id=MachineId(new_id()), warehouse_id=warehouse, code=plan.code, name_en=plan.name_en, name_zh=plan.name_zh,
        is_active=plan.is_active, line_id=plan.line,
    )  # fmt: skip
    db.session.add(row)
    db.session.flush()
    return row.id


def change_machine(machine: MachineId, plan: MachinePlan, *, warehouse: WarehouseId) -> None:
    """Change a machine's names or line, or take it out of use. Raises NotFound."""
    row = queries.get_placed(Machine, machine, warehouse=warehouse)
    _check_line(plan.line, warehouse)
    row.name_en, row.name_zh, row.is_active, row.line_id = plan.name_en, plan.name_zh, plan.is_active, plan.line
    db.session.flush()


# -- vessels ----------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, kw_only=True)
class VesselPlan(Named):
    """A tank or silo; without a bin, a new one of its code is made."""

    bin_code: str = ""
    capacity: Quantity | None = None


def make_vessel(plan: VesselPlan, *, warehouse: WarehouseId) -> VesselId:
    """Make a vessel with a bin of its own. Raises DuplicateValue, NotFound, BinUnsuitable (another stands in the bin)."""
    _refuse_used_code(Vessel, plan.code, warehouse)
    row = Vessel(
        id=VesselId(new_id()), warehouse_id=warehouse, code=plan.code, name_en=plan.name_en, name_zh=plan.name_zh,
        is_active=plan.is_active, capacity=plan.capacity, bin_id=_bin_for(plan.bin_code, plan.code, warehouse),
    )  # fmt: skip
    db.session.add(row)
    _make_consumed(warehouse)
    db.session.flush()
    return row.id


def change_vessel(vessel: VesselId, plan: VesselPlan, *, warehouse: WarehouseId) -> None:
    """Change a vessel's names or capacity, or take it out of use; its bin is kept for good. Raises NotFound."""
    row = queries.get_placed(Vessel, vessel, warehouse=warehouse)
    row.name_en, row.name_zh, row.is_active, row.capacity = plan.name_en, plan.name_zh, plan.is_active, plan.capacity
    db.session.flush()


# -- rules of items ---------------------------------------------------------------------------------------------------
@dataclass(frozen=True, kw_only=True)
class RulePlan:
    """How an item behaves in production, as component and as product (see ProductionRule)."""

    may_backflush: bool = False
    tolerance_percent: int = 0
    expiry_by: ExpiryBy = ExpiryBy.OWN_LIFE
    output_lot_at: OutputLotAt = OutputLotAt.FIRST_REPORT
    needs_clearance: bool = False
    is_output_pending: bool = True
    over_yield_percent: int = 10
    yield_percent_min: int = 95


def set_rule(item: ItemId, plan: RulePlan) -> None:
    """Say how an item behaves in production; said before, it is changed. Raises NotFound."""
    if db.session.get(Item, item) is None:
        raise NotFound(kind="item", text=str(item))
    row = queries.find_rule(item)
    if row is None:
        row = ProductionRule(id=new_id(), item_id=item)
        db.session.add(row)
    for name, value in vars(plan).items():
        setattr(row, name, value)
    db.session.flush()


# -- inside -----------------------------------------------------------------------------------------------------------
def _refuse_used_code(model: Any, code: str, warehouse: WarehouseId) -> None:
    known = select(model.id).where(model.warehouse_id == warehouse, model.code == code)
    if db.session.execute(known).first() is not None:
        raise DuplicateValue(field="code", value=code)


def _check_line(line: ProductionLineId | None, warehouse: WarehouseId) -> None:
    if line is not None:
        queries.get_placed(ProductionLine, line, warehouse=warehouse)


def _bin_for(
    named: str, new: str, warehouse: WarehouseId, *, of_line: ProductionLineId | None = None
) -> BinId:  # fmt: skip
    """The bin of a code, which must be of the kind production and nobody else's; or a new one."""
    if not named:
        known = sites.find_bin(warehouse, new)
        if known is None:
            return add_bin(warehouse, OneBin(code=new, kind=BinKind.PRODUCTION)).id
        named = new
    found = sites.find_bin(warehouse, named)
    if found is None:
        raise NotFound(kind="bin", text=named)
    if found.kind is not BinKind.PRODUCTION:
        raise BinUnsuitable(bin=found.code, why="bin_kind", found=found.kind.value, needed=BinKind.PRODUCTION.value)
    other = _whose(found, of_line)
    if other:
        raise BinUnsuitable(bin=found.code, why="bin_taken", found=other, needed="")
    return found.id


def _whose(bin: Bin, of_line: ProductionLineId | None) -> str:
    """The code of what stands in the bin already; blank for nothing, or for the line itself."""
    vessel = db.session.execute(select(Vessel.code).where(Vessel.bin_id == bin.id)).scalar()
    if vessel is not None:
        return str(vessel)
    lines = select(ProductionLine.code).where(
        (ProductionLine.bin_id == bin.id) | (ProductionLine.output_bin_id == bin.id)
    )
    if of_line is not None:
        lines = lines.where(ProductionLine.id != of_line)
    return str(db.session.execute(lines.limit(1)).scalar() or "")


def _make_consumed(warehouse: WarehouseId) -> None:
    """Every warehouse with a line has one outside bin for what is consumed."""
    known = select(Bin.id).where(Bin.warehouse_id == warehouse, Bin.kind == BinKind.CONSUMED).limit(1)
    if db.session.execute(known).first() is None:
        add_bin(warehouse, OneBin(code=CONSUMED, kind=BinKind.CONSUMED))
