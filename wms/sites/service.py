"""Verbs of the installation, warehouses, zones and bins: set up, make, change, block, unblock.

What stands in a blocked bin stays, and may be counted, held and cleared. Bins are made by one plan in one statement; the trail
then holds one entry on their zone instead of one for each bin.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import available_timezones

from sqlalchemy import insert, update

from wms.audit.capture import record
from wms.core.errors import BinsExist, DuplicateValue, FieldErrors, NotFound, WrongState
from wms.core.ids import BinId, WarehouseId, ZoneId, new_id
from wms.db import db
from wms.gs1.checksums import has_valid_check_digit, is_digits
from wms.sites import queries, rules
from wms.sites.models import OUTSIDE_KINDS, Bin, BinKind, Installation, StorageClass, Warehouse, Zone

_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_BIN_CODE = re.compile(r"\w[\w./-]*")
_NAMED_AT_MOST = 5


@dataclass(frozen=True, kw_only=True)
class WarehousePlan:
    """A warehouse to make, or what to change of one: its code is kept for good."""

    code: str
    name_en: str
    timezone: str
    name_zh: str = ""
    company_prefix: str = ""
    gln: str = ""
    address: str = ""
    phone: str = ""


@dataclass(frozen=True, kw_only=True)
class ZonePlan:
    """A zone to make: one temperature class."""

    code: str
    name_en: str
    storage_class: StorageClass
    name_zh: str = ""


@dataclass(frozen=True, kw_only=True)
class OneBin:
    """A single bin to make; without `walk_sequence` it comes last in the walk of the racks."""

    code: str
    kind: BinKind
    zone: ZoneId | None = None
    walk_sequence: int | None = None
    capacity_lpns: int | None = None
    takes_mixed_lots: bool = True


@dataclass(frozen=True)
class MadeBins:
    """What a run made: how many, from which number of the walk to which."""

    count: int
    first_walk: int
    last_walk: int


# -- the installation -------------------------------------------------------------------------------------------------
def set_up(*, company_name: str, at: datetime, is_demo: bool = False) -> None:
    """Say whose database this is, once, and whether it is a demo. Raises WrongState when it was said already."""
    if db.session.get(Installation, 1) is not None:
        raise WrongState(subject="installation", state="made", event="set_up", needed=["new"])
    db.session.add(Installation(id=1, company_name=company_name, is_demo=is_demo, made_at=at))
    db.session.flush()


def name_company(company_name: str, *, at: datetime) -> None:
    """Change the name of the company."""
    found = db.session.get(Installation, 1)
    if found is None:
        set_up(company_name=company_name, at=at)
    else:
        found.company_name = company_name


# -- warehouses and zones ---------------------------------------------------------------------------------------------
def make_warehouse(plan: WarehousePlan, zone: ZonePlan, *, docks: int) -> Warehouse:
    """Make a warehouse with its first zone and the bins every warehouse needs. Raises FieldErrors, DuplicateValue."""
    _check_warehouse(plan, docks=docks)
    _check_zone(zone)
    if queries.find_warehouse(plan.code) is not None:
        raise DuplicateValue(field="code", value=plan.code)
    made = Warehouse(
        id=WarehouseId(new_id()), code=plan.code, name_en=plan.name_en, name_zh=plan.name_zh, timezone=plan.timezone,
        company_prefix=plan.company_prefix, gln=plan.gln, address=plan.address, phone=plan.phone, is_active=True,
    )  # fmt: skip
    db.session.add(made)
    db.session.flush()
    db.session.add_all(_bin_of(made.id, standing) for standing in rules.standing_bins(docks))
    _add_zone(made.id, zone)
    return made


def change_warehouse(warehouse: WarehouseId, plan: WarehousePlan) -> None:
    """Change names, time zone, prefix, GLN, address and telephone. Raises NotFound, FieldErrors."""
    _check_warehouse(plan)
    row = queries.get_warehouse(warehouse)
    row.name_en, row.name_zh, row.timezone = plan.name_en, plan.name_zh, plan.timezone
    row.company_prefix, row.gln = plan.company_prefix, plan.gln
    row.address, row.phone = plan.address, plan.phone


def add_zone(warehouse: WarehouseId, plan: ZonePlan) -> Zone:
    """Make a zone with its quarantine bin. Raises NotFound, FieldErrors, DuplicateValue."""
    _check_zone(plan)
    _lock(warehouse)
    return _add_zone(warehouse, plan)


def _add_zone(warehouse: WarehouseId, plan: ZonePlan) -> Zone:
    zones = queries.list_zones(warehouse)
    if plan.code in {zone.code for zone in zones}:
        raise DuplicateValue(field="code", value=plan.code)
    walk = max((zone.walk_sequence for zone in zones), default=0) + 10
    zone = Zone(
        id=ZoneId(new_id()), warehouse_id=warehouse, code=plan.code, name_en=plan.name_en, name_zh=plan.name_zh,
        storage_class=plan.storage_class, walk_sequence=walk,
    )  # fmt: skip
    db.session.add(zone)
    db.session.flush()
    apart = rules.quarantine_bin(plan.code, walk)
    if queries.find_bin(warehouse, apart.code) is None:
        db.session.add(_bin_of(warehouse, apart, zone.id))
    db.session.flush()
    return zone


# -- bins -------------------------------------------------------------------------------------------------------------
def add_bin(warehouse: WarehouseId, plan: OneBin) -> Bin:
    """Make one bin. Raises NotFound (warehouse, zone), FieldErrors, DuplicateValue."""
    return add_bins(warehouse, [plan])[0]


def add_bins(warehouse: WarehouseId, plans: Sequence[OneBin]) -> list[Bin]:
    """Make bins one by one named, all or none. Raises NotFound (warehouse, zone), FieldErrors, DuplicateValue."""
    for plan in plans:
        _check_bin(plan)
    _lock(warehouse)
    for zone in {plan.zone for plan in plans if plan.zone is not None}:
        queries.get_zone(warehouse, zone)
    there = queries.codes_of(warehouse) if len(plans) > 1 else _code_if_there(warehouse, plans[0].code)
    last, made = queries.last_walk(warehouse), []
    for plan in plans:
        if plan.code in there:
            raise DuplicateValue(field="code", value=plan.code)
        there.add(plan.code)
        walk = plan.walk_sequence
        if walk is None:
            last = walk = last + rules.WALK_STEP
        row = _bin_of(warehouse, rules.BinPlan(plan.code, plan.kind.value, walk), plan.zone)
        row.capacity_lpns, row.takes_mixed_lots = plan.capacity_lpns, plan.takes_mixed_lots
        made.append(row)
    db.session.add_all(made)
    db.session.flush()
    return made


def _code_if_there(warehouse: WarehouseId, code: str) -> set[str]:
    return {code} if queries.find_bin(warehouse, code) is not None else set()


def _check_bin(plan: OneBin) -> None:
    faults: dict[str, list[str]] = {}
    if not _BIN_CODE.fullmatch(plan.code) or len(plan.code) > 32:
        faults["code"] = ["code_form"]
    if plan.capacity_lpns is not None and not 0 < plan.capacity_lpns < 10_000:
        faults["capacity_lpns"] = ["out_of_range"]
    if plan.kind in OUTSIDE_KINDS and plan.zone is not None:
        faults["zone"] = ["outside_has_none"]
    if plan.kind in {BinKind.STORAGE, BinKind.PICK_FACE} and plan.zone is None:
        faults["zone"] = ["required"]
    if faults:
        raise FieldErrors(errors=faults)


def make_racks(
    warehouse: WarehouseId, zone: ZoneId, plan: rules.RackPlan, *, capacity_lpns: int | None = None
) -> MadeBins:
    """Make the bins of racks, all or none; storage bins have room for `capacity_lpns` (None: not bounded).

    Raises NotFound (warehouse, zone), FieldErrors, BinsExist with the codes that are there already.
    """
    rules.check_racks(plan)
    _lock(warehouse)
    found = queries.get_zone(warehouse, zone)
    bins = list(rules.lay_out(plan, first_walk=_first_walk(warehouse)))
    refuse_taken(warehouse, [made.code for made in bins])
    rows = [
        {
            "id": new_id(), "warehouse_id": warehouse, "zone_id": zone, "code": made.code, "kind": BinKind(made.kind),
            "is_outside": False, "is_blocked": False, "blocked_reason": "", "walk_sequence": made.walk_sequence,
            "capacity_lpns": capacity_lpns if made.kind == "storage" else None, "takes_mixed_lots": True,
        }
        for made in bins
    ]  # fmt: skip
    db.session().connection().execute(insert(Bin), rows)
    said = f"{len(bins)}: {bins[0].code} … {bins[-1].code}"
    record("zone", found.id, action="changed", changes={"bins_made": [None, said]})
    return MadeBins(count=len(bins), first_walk=bins[0].walk_sequence, last_walk=bins[-1].walk_sequence)


def refuse_taken(warehouse: WarehouseId, codes: list[str]) -> None:
    """Refuse codes that bins of this warehouse have already. Raises BinsExist."""
    there = queries.codes_of(warehouse)
    taken = [code for code in codes if code in there]
    if taken:
        more = ["…"] if len(taken) > _NAMED_AT_MOST else []
        raise BinsExist(bins=[*taken[:_NAMED_AT_MOST], *more], count=len(taken))


def _first_walk(warehouse: WarehouseId) -> int:
    """The next round number behind the racks that are there."""
    return max(rules.FIRST_RACK, (queries.last_walk(warehouse) // 1000 + 1) * 1000)


def _bin_of(warehouse: WarehouseId, plan: rules.BinPlan, zone: ZoneId | None = None) -> Bin:
    kind = BinKind(plan.kind)
    return Bin(
        id=BinId(new_id()), warehouse_id=warehouse, zone_id=zone, code=plan.code, kind=kind,
        is_outside=kind in OUTSIDE_KINDS, is_blocked=False, walk_sequence=plan.walk_sequence, takes_mixed_lots=True,
    )  # fmt: skip


def block_bin(bin_id: BinId, *, reason: str) -> None:
    """Let nothing in or out of a bin, with the reason. Raises NotFound, WrongState (blocked already, or outside)."""
    row = _locked(bin_id)
    if row.is_outside:
        raise WrongState(subject="bin", state="outside", event="block", needed=["inside"])
    if row.is_blocked:
        raise WrongState(subject="bin", state="blocked", event="block", needed=["open"])
    row.is_blocked, row.blocked_reason = True, reason
    db.session.flush()


def unblock_bin(bin_id: BinId) -> None:
    """Open a bin again. Raises NotFound, WrongState (not blocked)."""
    row = _locked(bin_id)
    if not row.is_blocked:
        raise WrongState(subject="bin", state="open", event="unblock", needed=["blocked"])
    row.is_blocked, row.blocked_reason = False, ""
    db.session.flush()


def _locked(bin_id: BinId) -> Bin:
    """The bin as it is now, its row ours until the end."""
    queries.get_bin(bin_id)
    db.session.execute(
        update(Bin).where(Bin.id == bin_id).values(code=Bin.code).execution_options(synchronize_session=False)
    )
    return db.session.get_one(Bin, bin_id, populate_existing=True)


def _lock(warehouse: WarehouseId) -> None:
    """One at a time makes zones and bins in a warehouse: two who make the same meet a refusal and no fault."""
    done = db.session.execute(
        update(Warehouse)
        .where(Warehouse.id == warehouse)
        .values(code=Warehouse.code)
        .execution_options(synchronize_session=False)
    )
    if done.rowcount != 1:  # type: ignore[attr-defined]
        raise NotFound(kind="warehouse", text=str(warehouse))


# -- what may be ------------------------------------------------------------------------------------------------------
def _check_warehouse(plan: WarehousePlan, *, docks: int = 1) -> None:
    faults: dict[str, list[str]] = {}
    if not _CODE.fullmatch(plan.code) or len(plan.code) > 20:
        faults["code"] = ["code_form"]
    if not plan.name_en.strip():
        faults["name_en"] = ["required"]
    if plan.timezone not in available_timezones():
        faults["timezone"] = ["bad_timezone"]
    if plan.company_prefix and not (is_digits(plan.company_prefix) and 4 <= len(plan.company_prefix) <= 12):
        faults["company_prefix"] = ["bad_prefix"]
    if plan.gln and not (is_digits(plan.gln) and len(plan.gln) == 13 and has_valid_check_digit(plan.gln)):
        faults["gln"] = ["bad_gln"]
    if not 1 <= docks <= rules.MOST_DOCKS:
        faults["docks"] = ["out_of_range"]
    if faults:
        raise FieldErrors(errors=faults)


def _check_zone(plan: ZonePlan) -> None:
    faults: dict[str, list[str]] = {}
    if not _CODE.fullmatch(plan.code) or len(plan.code) > 20:
        faults["zone_code"] = ["code_form"]
    if not plan.name_en.strip():
        faults["zone_name_en"] = ["required"]
    if faults:
        raise FieldErrors(errors=faults)
