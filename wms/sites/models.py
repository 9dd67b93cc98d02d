"""Tables of the installation, its warehouses, zones and bins."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from wms.core.ids import BinId, WarehouseId, ZoneId, new_id
from wms.db import Base
from wms.db.types import enum_column


class BinKind(StrEnum):
    """What a bin is for. Those of OUTSIDE_KINDS are outside the walls: they hold no balance. Sample: taken and retained samples."""

    DOCK = "dock"
    STORAGE = "storage"
    PICK_FACE = "pick_face"
    STAGING = "staging"
    QUARANTINE = "quarantine"
    REJECT_CAGE = "reject_cage"
    SHIPPING = "shipping"
    PRODUCTION = "production"
    TRANSIT = "transit"
    SUPPLIER = "supplier"
    CUSTOMER = "customer"
    SCRAP = "scrap"
    ADJUSTMENT = "adjustment"
    CONSUMED = "consumed"
    SAMPLE = "sample"


OUTSIDE_KINDS = frozenset({BinKind.SUPPLIER, BinKind.CUSTOMER, BinKind.SCRAP, BinKind.ADJUSTMENT, BinKind.CONSUMED})


class StorageClass(StrEnum):
    """Temperature class of a zone and of an item (GSP: normal 10-30, cool <= 20, cold 2-8 degrees; frozen <= -18)."""

    AMBIENT = "ambient"
    COOL = "cool"
    COLD = "cold"
    FROZEN = "frozen"


class Installation(Base):
    """What this database is for: one row, made when it is set up. `is_demo` stays for good: it is no place for goods."""

    __tablename__ = "installation"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(primary_key=True, default=1, autoincrement=False)
    company_name: Mapped[str] = mapped_column(String(120), default="")
    is_demo: Mapped[bool] = mapped_column(default=False)
    made_at: Mapped[datetime]

    def __repr__(self) -> str:
        return f"<Installation {self.company_name}{' (demo)' if self.is_demo else ''}>"


class Warehouse(Base):
    """One site with its own time zone; its local date decides what is expired."""

    __tablename__ = "warehouse"

    id: Mapped[WarehouseId] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    code: Mapped[str] = mapped_column(String(20), unique=True)
    name_en: Mapped[str] = mapped_column(String(120))
    name_zh: Mapped[str] = mapped_column(String(120), default="")
    timezone: Mapped[str] = mapped_column(String(60))
    company_prefix: Mapped[str] = mapped_column(String(12), default="")
    gln: Mapped[str] = mapped_column(String(13), default="")
    #: Where it is and how to reach it, as papers to an authority name it (21 CFR 1.1310, location description).
    address: Mapped[str] = mapped_column(String(300), default="", server_default="")
    phone: Mapped[str] = mapped_column(String(40), default="", server_default="")
    is_active: Mapped[bool] = mapped_column(default=True)

    def __repr__(self) -> str:
        return f"<Warehouse {self.code}>"


class Zone(Base):
    """A part of a warehouse with one temperature class."""

    __tablename__ = "zone"
    __table_args__ = (UniqueConstraint("warehouse_id", "code"),)

    id: Mapped[ZoneId] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    warehouse_id: Mapped[WarehouseId] = mapped_column(ForeignKey("warehouse.id"))
    code: Mapped[str] = mapped_column(String(20))
    name_en: Mapped[str] = mapped_column(String(120))
    name_zh: Mapped[str] = mapped_column(String(120), default="")
    storage_class: Mapped[StorageClass] = mapped_column(enum_column(StorageClass, name="storage_class"))
    walk_sequence: Mapped[int] = mapped_column(default=0)

    warehouse: Mapped[Warehouse] = relationship()

    def __repr__(self) -> str:
        return f"<Zone {self.code}>"


class Bin(Base):
    """The smallest address. `walk_sequence` orders a picker's walk; a blocked bin takes and gives nothing."""

    __tablename__ = "bin"
    __table_args__ = (
        UniqueConstraint("warehouse_id", "code"),
        CheckConstraint(
            "is_outside = (kind IN ('supplier', 'customer', 'scrap', 'adjustment', 'consumed'))", name="outside_by_kind"
        ),
        Index("ix_bin_walk", "warehouse_id", "kind", "walk_sequence"),
        # A walk through every kind: the list of bins, the search for a place.
        Index("ix_bin_order", "warehouse_id", "walk_sequence", "code"),
        Index("ix_bin_zone", "zone_id", "code"),
    )

    id: Mapped[BinId] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    warehouse_id: Mapped[WarehouseId] = mapped_column(ForeignKey("warehouse.id"))
    zone_id: Mapped[ZoneId | None] = mapped_column(ForeignKey("zone.id"))
    code: Mapped[str] = mapped_column(String(40))
    kind: Mapped[BinKind] = mapped_column(enum_column(BinKind, name="kind"))
    is_outside: Mapped[bool] = mapped_column(default=False)
    is_blocked: Mapped[bool] = mapped_column(default=False)
    blocked_reason: Mapped[str] = mapped_column(String(200), default="")
    walk_sequence: Mapped[int] = mapped_column(default=0)
    capacity_lpns: Mapped[int | None]
    takes_mixed_lots: Mapped[bool] = mapped_column(default=True)

    warehouse: Mapped[Warehouse] = relationship()
    zone: Mapped[Zone | None] = relationship()

    def __repr__(self) -> str:
        return f"<Bin {self.code}>"
