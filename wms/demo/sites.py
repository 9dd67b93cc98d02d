"""The demo's two sites: zones by temperature, some six hundred bins in walk order, docks, cages, and the outside."""

from __future__ import annotations

from dataclasses import dataclass, field

from wms.core.ids import BinId, WarehouseId, ZoneId, new_id
from wms.db import db
from wms.sites.models import OUTSIDE_KINDS, Bin, BinKind, StorageClass, Warehouse, Zone

_LEVELS, _POSITIONS = 4, 2


@dataclass(frozen=True)
class ZonePlan:
    """One zone and its aisles; each aisle is one letter with so many bays."""

    code: str
    name_en: str
    name_zh: str
    storage: StorageClass
    aisles: str
    bays: int


@dataclass(frozen=True)
class SitePlan:
    """One site, before it has ids."""

    code: str
    name_en: str
    name_zh: str
    timezone: str
    company_prefix: str
    gln: str
    zones: tuple[ZonePlan, ...]
    docks: int
    address: str = ""
    phone: str = ""


PLANS = (
    SitePlan(
        "CNSZ1", "Suzhou plant and DC", "苏州工厂配送中心", "Asia/Shanghai", "9520101", "9520101000002",
        (
            ZonePlan("AMB", "Ambient", "常温区", StorageClass.AMBIENT, "ABC", 8),
            ZonePlan("COOL", "Cool", "阴凉区", StorageClass.COOL, "D", 8),
            ZonePlan("COLD", "Cold", "冷藏区", StorageClass.COLD, "E", 8),
            ZonePlan("FRZ", "Frozen", "冷冻区", StorageClass.FROZEN, "F", 6),
        ),
        3, "8 Harbour Road, Suzhou, CN 苏州港口路8号", "+86 512 5550 9000",
    ),
    SitePlan(
        "NLRTM", "Rotterdam DC", "鹿特丹配送中心", "Europe/Amsterdam", "9520202", "9520202000000",
        (
            ZonePlan("AMB", "Ambient", "常温区", StorageClass.AMBIENT, "AB", 6),
            ZonePlan("COOL", "Cool", "阴凉区", StorageClass.COOL, "C", 6),
            ZonePlan("COLD", "Cold", "冷藏区", StorageClass.COLD, "D", 5),
        ),
        2, "Waalhaven 12, Rotterdam, NL", "+31 10 555 9000",
    ),
)  # fmt: skip


@dataclass
class Site:
    """A site that stands: its bins by code, its storage bins by temperature class in walk order."""

    plan: SitePlan
    warehouse: Warehouse
    bins: dict[str, Bin] = field(default_factory=dict)
    storage: dict[StorageClass, list[Bin]] = field(default_factory=dict)

    @property
    def id(self) -> WarehouseId:
        """Its id."""
        return self.warehouse.id

    def bin(self, code: str) -> BinId:
        """The id of a bin by its code."""
        return self.bins[code].id


def build(plan: SitePlan) -> Site:
    """Make a site with its zones and bins, and add them to the session."""
    warehouse = Warehouse(
        id=WarehouseId(new_id()), code=plan.code, name_en=plan.name_en, name_zh=plan.name_zh, timezone=plan.timezone,
        company_prefix=plan.company_prefix, gln=plan.gln, address=plan.address, phone=plan.phone,
        is_active=True,
    )  # fmt: skip
    db.session.add(warehouse)
    db.session.flush()
    site = Site(plan, warehouse)
    for place, zone_plan in enumerate(plan.zones, start=1):
        zone = Zone(
            id=ZoneId(new_id()), warehouse_id=warehouse.id, code=zone_plan.code, name_en=zone_plan.name_en,
            name_zh=zone_plan.name_zh, storage_class=zone_plan.storage, walk_sequence=place * 10,
        )  # fmt: skip
        db.session.add(zone)
        db.session.flush()
        _add_racks(site, zone_plan, zone)
        _add(site, f"QUAR-{zone_plan.code}", BinKind.QUARANTINE, zone=zone, walk=800_000 + place)
    _add_floor(site)
    db.session.flush()
    return site


def _add_racks(site: Site, plan: ZonePlan, zone: Zone) -> None:
    """Racks: aisle-bay-level-position. Level 1 is for picking; every second aisle is walked backwards."""
    for aisle in plan.aisles:
        place = ord(aisle) - ord("A") + 1
        for bay in range(1, plan.bays + 1):
            step = bay if place % 2 else plan.bays + 1 - bay
            for level in range(1, _LEVELS + 1):
                for position in range(1, _POSITIONS + 1):
                    made = _add(
                        site,
                        f"{aisle}-{bay:02d}-{level}-{position}",
                        BinKind.PICK_FACE if level == 1 else BinKind.STORAGE,
                        zone=zone,
                        walk=place * 10_000 + step * 100 + level * 10 + position,
                        capacity=None if level == 1 else 2,
                    )
                    site.storage.setdefault(plan.storage, []).append(made)


def _add_floor(site: Site) -> None:
    """What is not racks: docks, staging, the cage, the truck's place, the line, transit, and the outside."""
    for number in range(1, site.plan.docks + 1):
        _add(site, f"DOCK-{number}", BinKind.DOCK, walk=number)
        _add(site, f"STAGE-{number}", BinKind.STAGING, walk=900_000 + number)
    _add(site, "STAGE-0", BinKind.STAGING, walk=900_009)
    _add(site, "SHIP-1", BinKind.SHIPPING, walk=910_001)
    _add(site, "SHIP-2", BinKind.SHIPPING, walk=910_002)
    _add(site, "CAGE-1", BinKind.REJECT_CAGE, walk=820_001)
    _add(site, "SAMPLE-1", BinKind.SAMPLE, walk=830_001)
    _add(site, "TRANSIT", BinKind.TRANSIT, walk=930_001)
    if site.plan.code == "CNSZ1":
        _add(site, "LINE-1", BinKind.PRODUCTION, walk=920_001)
        _add(site, "LINE-2", BinKind.PRODUCTION, walk=920_002)
    for kind in sorted(OUTSIDE_KINDS):
        _add(site, kind.value.upper(), kind, walk=0)


def _add(
    site: Site, code: str, kind: BinKind, *, walk: int, zone: Zone | None = None, capacity: int | None = None
) -> Bin:
    made = Bin(
        id=BinId(new_id()), warehouse_id=site.id, zone_id=zone.id if zone else None, code=code, kind=kind,
        is_outside=kind in OUTSIDE_KINDS, is_blocked=False, walk_sequence=walk, capacity_lpns=capacity,
        takes_mixed_lots=True,
    )  # fmt: skip
    db.session.add(made)
    site.bins[code] = made
    return made
