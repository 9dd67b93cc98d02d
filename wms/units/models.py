"""Tables of unit ids, what was seen of them, and what files announced."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from wms.catalog.models import Item
from wms.core.ids import BinId, ItemId, LotId, LpnId, PostingSeq, UnitId, UserId, WarehouseId, new_id
from wms.db import Base
from wms.db.types import enum_column
from wms.sites.models import Bin, BinKind
from wms.stock.models import Lot, Lpn


class UnitScheme(StrEnum):
    """By which rule a code is one: a serial of ours or the maker's, GS1 (01)+(21), China's drug trace code."""

    SERIAL = "serial"
    GS1 = "gs1"
    DRUG_TRACE = "drug_trace"


class UnitEventKind(StrEnum):
    """What became of a unit."""

    ARRIVED = "arrived"
    MOVED = "moved"
    LEFT = "left"
    CAME_BACK = "came_back"
    UNDONE = "undone"
    SEEN_TWICE = "seen_twice"
    UNPACKED = "unpacked"


class UnitState(StrEnum):
    """Where a unit is, by the kind of its bin: inside the walls, or where it went."""

    HERE = "here"
    SHIPPED = "shipped"
    SENT_BACK = "sent_back"
    GONE = "gone"


#: The kinds of bins of each state; all others are inside.
OUTSIDE_OF: Final[Mapping[UnitState, frozenset[BinKind]]] = {
    UnitState.SHIPPED: frozenset({BinKind.CUSTOMER}),
    UnitState.SENT_BACK: frozenset({BinKind.SUPPLIER}),
    UnitState.GONE: frozenset({BinKind.SCRAP, BinKind.ADJUSTMENT, BinKind.CONSUMED}),
}


class Unit(Base):
    """A piece, or (level 1 and up) a pack of pieces. `code` is what tells it from every other of its item.

    Its place is a bin and an LPN like that of goods; a bin outside says that it is shipped, scrapped or gone back. A second
    appearance of one code is a row of its own (`is_duplicate`) until somebody finds out which is the true one.
    """

    __tablename__ = "unit"
    __table_args__ = (
        Index(
            "uq_unit_code", "item_id", "code", unique=True,
            sqlite_where=text("NOT is_duplicate"), postgresql_where=text("NOT is_duplicate"),
        ),
        Index("ix_unit_code", "code"),
        Index("ix_unit_place", "lot_id", "bin_id", "lpn_id"),
        Index("ix_unit_parent_id", "parent_id"),
        CheckConstraint("level >= 0 AND level <= 9", name="level_range"),
        CheckConstraint("parent_id IS NULL OR parent_id <> id", name="not_in_itself"),
    )  # fmt: skip

    id: Mapped[UnitId] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    item_id: Mapped[ItemId] = mapped_column(ForeignKey("item.id"))
    lot_id: Mapped[LotId] = mapped_column(ForeignKey("lot.id"))
    code: Mapped[str] = mapped_column(String(80))
    scheme: Mapped[UnitScheme] = mapped_column(enum_column(UnitScheme, name="scheme"))
    #: 0 is a piece; packs hold units of lower levels and count as the pieces in them.
    level: Mapped[int] = mapped_column(default=0)
    parent_id: Mapped[UnitId | None] = mapped_column(ForeignKey("unit.id"))
    warehouse_id: Mapped[WarehouseId] = mapped_column(ForeignKey("warehouse.id"))
    bin_id: Mapped[BinId] = mapped_column(ForeignKey("bin.id"))
    lpn_id: Mapped[LpnId] = mapped_column(ForeignKey("lpn.id"))
    is_duplicate: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]

    item: Mapped[Item] = relationship()
    lot: Mapped[Lot] = relationship()
    bin: Mapped[Bin] = relationship()
    lpn: Mapped[Lpn] = relationship()

    def __repr__(self) -> str:
        return f"<Unit {self.code}>"


class UnitEvent(Base):
    """What happened to a unit, by which posting; where it was before, so that a reversal puts it back. Never changed."""

    __tablename__ = "unit_event"
    __table_args__ = (Index("ix_unit_event_unit_id", "unit_id", "id"), Index("ix_unit_event_posting", "posting_seq"))

    id: Mapped[int] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    unit_id: Mapped[UnitId] = mapped_column(ForeignKey("unit.id"))
    kind: Mapped[UnitEventKind] = mapped_column(enum_column(UnitEventKind, name="kind"))
    posting_seq: Mapped[PostingSeq | None] = mapped_column(ForeignKey("stock_posting.seq"))
    #: NULL where it was not known before.
    from_lot_id: Mapped[LotId | None] = mapped_column(ForeignKey("lot.id"))
    from_bin_id: Mapped[BinId | None] = mapped_column(ForeignKey("bin.id"))
    from_lpn_id: Mapped[LpnId | None] = mapped_column(ForeignKey("lpn.id"))
    from_parent_id: Mapped[UnitId | None] = mapped_column(ForeignKey("unit.id"))
    to_bin_id: Mapped[BinId] = mapped_column(ForeignKey("bin.id"))
    to_lpn_id: Mapped[LpnId] = mapped_column(ForeignKey("lpn.id"))
    document_kind: Mapped[str] = mapped_column(String(24), default="")
    document_id: Mapped[int | None] = mapped_column(BigInteger)
    raw_scan: Mapped[str] = mapped_column(String(160), default="")
    by: Mapped[UserId] = mapped_column(ForeignKey("user_account.id"))
    at: Mapped[datetime]


class UnitNotice(Base):
    """A code that a supplier's file announced for a lot of an item, with the code of the pack it is in (blank: in none)."""

    __tablename__ = "unit_notice"
    __table_args__ = (
        UniqueConstraint("item_id", "code"),
        Index("ix_unit_notice_parent", "item_id", "parent_code"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    item_id: Mapped[ItemId] = mapped_column(ForeignKey("item.id"))
    lot_number: Mapped[str] = mapped_column(String(60), default="")
    code: Mapped[str] = mapped_column(String(80))
    scheme: Mapped[UnitScheme] = mapped_column(enum_column(UnitScheme, name="scheme"))
    level: Mapped[int] = mapped_column(default=0)
    parent_code: Mapped[str] = mapped_column(String(80), default="")
    document_kind: Mapped[str] = mapped_column(String(24), default="")
    document_id: Mapped[int | None] = mapped_column(BigInteger)
    announced_by: Mapped[UserId] = mapped_column(ForeignKey("user_account.id"))
    announced_at: Mapped[datetime]
