"""Tables of gateways, readers, portals, tags and passages."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from wms.core.ids import (
    AlertId,
    AsnId,
    BinId,
    GatewayId,
    LotId,
    LpnId,
    PassageId,
    PortalId,
    ReaderId,
    ShipmentId,
    TagId,
    UserId,
    WarehouseId,
    new_id,
)
from wms.db import Base
from wms.db.types import enum_column

# Conditions of partial indexes. Queries say them literally, so that both planners see that the index holds the answer.
UNTIED = "lpn_id IS NULL AND lot_id IS NULL"
UNSETTLED = "settled_at IS NULL AND decision IN ('alarm', 'review')"
SHOWN = "decision <> 'logged' OR why <> 'stray'"


class PortalUse(StrEnum):
    """Which way goods are meant to go through a door."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"
    BOTH = "both"


class AntennaSide(StrEnum):
    """Where an antenna looks: into the building or out of it."""

    INSIDE = "inside"
    OUTSIDE = "outside"


class Direction(StrEnum):
    """What a passage was judged to be."""

    IN = "in"
    OUT = "out"
    STRAY = "stray"
    REVIEW = "review"


class PassageDecision(StrEnum):
    """What was made of a passage."""

    ARRIVED = "arrived"
    LOADED = "loaded"
    ALARM = "alarm"
    LOGGED = "logged"
    UNKNOWN_TAG = "unknown_tag"
    REVIEW = "review"


class Gateway(Base):
    """A gateway process: one host near the readers, known by its API token."""

    __tablename__ = "gateway"

    id: Mapped[GatewayId] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    code: Mapped[str] = mapped_column(String(30), unique=True)
    warehouse_id: Mapped[WarehouseId] = mapped_column(ForeignKey("warehouse.id"))
    api_token_id: Mapped[int | None] = mapped_column(BigInteger, unique=True)
    is_active: Mapped[bool] = mapped_column(default=True)
    #: The last sequence stored of this gateway: what it may forget.
    last_sequence: Mapped[int] = mapped_column(BigInteger, default=0)
    last_seen_at: Mapped[datetime | None]
    #: Raised at every change of its readers or portals, so that it asks for its configuration again.
    config_version: Mapped[int] = mapped_column(default=1)

    readers: Mapped[list[Reader]] = relationship(back_populates="gateway")


class Reader(Base):
    """An LLRP reader. `settings` holds transmit power (dBm by antenna), session, mode, report pace."""

    __tablename__ = "reader"

    id: Mapped[ReaderId] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    code: Mapped[str] = mapped_column(String(30), unique=True)
    gateway_id: Mapped[GatewayId] = mapped_column(ForeignKey("gateway.id"))
    host: Mapped[str] = mapped_column(String(120))
    port: Mapped[int] = mapped_column(default=5084)
    settings: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    is_active: Mapped[bool] = mapped_column(default=True)
    state: Mapped[str] = mapped_column(String(24), default="unknown")
    state_at: Mapped[datetime | None]
    last_message_at: Mapped[datetime | None]
    #: GPO port of the alarm light, and for how long it burns.
    alarm_gpo_port: Mapped[int | None]
    alarm_seconds: Mapped[int] = mapped_column(default=10)

    gateway: Mapped[Gateway] = relationship(back_populates="readers")
    antennas: Mapped[list[Antenna]] = relationship(back_populates="reader")

    def __repr__(self) -> str:
        return f"<Reader {self.code}>"


class Portal(Base):
    """A dock door."""

    __tablename__ = "portal"
    __table_args__ = (UniqueConstraint("warehouse_id", "code"),)

    id: Mapped[PortalId] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    warehouse_id: Mapped[WarehouseId] = mapped_column(ForeignKey("warehouse.id"))
    code: Mapped[str] = mapped_column(String(30))
    name_en: Mapped[str] = mapped_column(String(120), default="")
    name_zh: Mapped[str] = mapped_column(String(120), default="")
    use: Mapped[PortalUse] = mapped_column(enum_column(PortalUse, name="use"))
    #: The bin just inside: what stands here waits for this door.
    bin_id: Mapped[BinId | None] = mapped_column(ForeignKey("bin.id"))
    #: Parameters of the passage rules where this door differs from the defaults.
    rules: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    is_active: Mapped[bool] = mapped_column(default=True)

    antennas: Mapped[list[Antenna]] = relationship(back_populates="portal")

    def __repr__(self) -> str:
        return f"<Portal {self.code}>"


class Antenna(Base):
    """One antenna of a reader at one door, looking inside or outside."""

    __tablename__ = "antenna"
    __table_args__ = (
        UniqueConstraint("reader_id", "number"),
        CheckConstraint("number > 0 AND number <= 64", name="number_range"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    reader_id: Mapped[ReaderId] = mapped_column(ForeignKey("reader.id"))
    number: Mapped[int]
    portal_id: Mapped[PortalId] = mapped_column(ForeignKey("portal.id"))
    side: Mapped[AntennaSide] = mapped_column(enum_column(AntennaSide, name="side"))

    reader: Mapped[Reader] = relationship(back_populates="antennas")
    portal: Mapped[Portal] = relationship(back_populates="antennas")


class Tag(Base):
    """A tag seen or written: its EPC (upper-case hex) and what it stands for, when we know."""

    __tablename__ = "tag"
    __table_args__ = (
        Index(
            "ix_tag_lpn_id", "lpn_id",
            sqlite_where=text("lpn_id IS NOT NULL"), postgresql_where=text("lpn_id IS NOT NULL"),
        ),
        Index(
            "ix_tag_lot_id", "lot_id",
            sqlite_where=text("lot_id IS NOT NULL"), postgresql_where=text("lot_id IS NOT NULL"),
        ),
        Index("ix_tag_last_seen_at", "last_seen_at", "id"),
        Index("ix_tag_untied", "last_seen_at", "id", sqlite_where=text(UNTIED), postgresql_where=text(UNTIED)),
    )  # fmt: skip

    id: Mapped[TagId] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    epc: Mapped[str] = mapped_column(String(124), unique=True)
    scheme: Mapped[str] = mapped_column(String(24), default="")
    #: What the EPC says of itself, as a Digital Link path; empty when it cannot be decoded.
    digital_link: Mapped[str] = mapped_column(String(300), default="")
    lpn_id: Mapped[LpnId | None] = mapped_column(ForeignKey("lpn.id"))
    lot_id: Mapped[LotId | None] = mapped_column(ForeignKey("lot.id"))
    first_seen_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]


class Passage(Base):
    """One trip of one tag through one door, merged from the gateway's episodes, with what was made of it."""

    __tablename__ = "passage"
    __table_args__ = (
        Index("ix_passage_portal", "portal_id", "ended_at"),
        Index("ix_passage_tag", "tag_id", "portal_id", "ended_at"),
        Index("ix_passage_lpn_id", "lpn_id"),
        Index("ix_passage_ended_at", "ended_at", "id"),
        Index("ix_passage_decision", "decision", "ended_at", "id"),
        # What a person still has to settle, and what a wall shows: strays may outnumber all else.
        Index(
            "ix_passage_unsettled", "portal_id", "ended_at",
            sqlite_where=text(UNSETTLED), postgresql_where=text(UNSETTLED),
        ),
        Index(
            "ix_passage_shown", "portal_id", "ended_at", "id", sqlite_where=text(SHOWN), postgresql_where=text(SHOWN),
        ),
    )  # fmt: skip

    id: Mapped[PassageId] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    portal_id: Mapped[PortalId] = mapped_column(ForeignKey("portal.id"))
    tag_id: Mapped[TagId] = mapped_column(ForeignKey("tag.id"))
    direction: Mapped[Direction] = mapped_column(enum_column(Direction, name="direction"))
    decision: Mapped[PassageDecision] = mapped_column(enum_column(PassageDecision, name="decision"))
    #: Why it was decided so: a code with its sentence at the edge (held, expired, unexpected, other_shipment ...).
    why: Mapped[str] = mapped_column(String(60), default="")
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    reads: Mapped[int]
    peak_rssi_dbm: Mapped[float | None]
    #: Features the judgement stands on (door share, prominence in dB, seconds between sides), for deciding again.
    features: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    lpn_id: Mapped[LpnId | None] = mapped_column(ForeignKey("lpn.id"))
    asn_id: Mapped[AsnId | None] = mapped_column(ForeignKey("asn.id"))
    shipment_id: Mapped[ShipmentId | None] = mapped_column(ForeignKey("shipment.id"))
    alert_id: Mapped[AlertId | None] = mapped_column(ForeignKey("alert.id"))
    settled_by: Mapped[UserId | None] = mapped_column(ForeignKey("user_account.id"))
    settled_at: Mapped[datetime | None]
    settlement: Mapped[str] = mapped_column(String(500), default="")

    portal: Mapped[Portal] = relationship()
    tag: Mapped[Tag] = relationship()


class Episode(Base):
    """What a gateway sent, once per (gateway, sequence): the raw claim behind a passage."""

    __tablename__ = "episode"
    __table_args__ = (UniqueConstraint("gateway_id", "sequence"), Index("ix_episode_passage_id", "passage_id"))

    id: Mapped[int] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    gateway_id: Mapped[GatewayId] = mapped_column(ForeignKey("gateway.id"))
    sequence: Mapped[int] = mapped_column(BigInteger)
    epc: Mapped[str] = mapped_column(String(124))
    portal_id: Mapped[PortalId | None] = mapped_column(ForeignKey("portal.id"))
    passage_id: Mapped[PassageId | None] = mapped_column(ForeignKey("passage.id"))
    content: Mapped[dict[str, Any]] = mapped_column(JSON)
    received_at: Mapped[datetime]


class GpoCommand(Base):
    """A light to be switched by a gateway: handed out with the next answer."""

    __tablename__ = "gpo_command"
    __table_args__ = (Index("ix_gpo_command_open", "gateway_id", "sent_at"),)

    id: Mapped[int] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    gateway_id: Mapped[GatewayId] = mapped_column(ForeignKey("gateway.id"))
    reader_id: Mapped[ReaderId] = mapped_column(ForeignKey("reader.id"))
    port: Mapped[int]
    seconds: Mapped[int]
    is_on: Mapped[bool] = mapped_column(default=True)
    made_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
