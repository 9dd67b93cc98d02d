"""What the verbs of doors take, parsed: a gateway's batch, a settlement, an association, the set-up of the dock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from wms.core.ids import BinId, GatewayId, LpnId, PassageId, PortalId, ReaderId, ShipmentId, TagId, WarehouseId


@dataclass(frozen=True, kw_only=True)
class AntennaReads:
    """What one antenna of the winning door read; `side` is inside or outside."""

    reader: ReaderId
    antenna: int
    side: str
    reads: int
    peak_rssi_dbm: float


@dataclass(frozen=True, kw_only=True)
class EpisodeItem:
    """One episode as the gateway tells it. `epc` is upper-case hex, `direction_seconds` above 0 means out."""

    sequence: int
    epc: str
    portal: PortalId
    reader: ReaderId
    started_at: datetime
    ended_at: datetime
    reads: int
    antennas: tuple[AntennaReads, ...]
    peak_rssi_dbm: float
    door_share: float
    prominence_db: float
    direction_seconds: float | None
    verdict: str
    is_parked: bool = False
    is_late: bool = False

    @property
    def content(self) -> dict[str, Any]:
        """The whole claim as JSON, for the record and for judging again."""
        plain = {name: getattr(self, name) for name in self.__dataclass_fields__}
        plain |= {"started_at": self.started_at.isoformat(), "ended_at": self.ended_at.isoformat()}
        plain |= {"portal": str(self.portal), "reader": str(self.reader)}
        plain["antennas"] = [
            {"reader": str(a.reader), "antenna": a.antenna, "side": a.side, "reads": a.reads,
             "peak_rssi_dbm": a.peak_rssi_dbm}
            for a in self.antennas
        ]  # fmt: skip
        return plain


@dataclass(frozen=True, kw_only=True)
class StateItem:
    """A change of a reader's state as the gateway tells it."""

    sequence: int
    reader: ReaderId
    state: str
    at: datetime
    reason: str = ""
    clock_offset_seconds: float | None = None


@dataclass(frozen=True, kw_only=True)
class ReaderStatus:
    """How a reader stands at a heartbeat."""

    reader: ReaderId
    state: str
    since: datetime
    last_message_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class AcceptBatch:
    """What one gateway sends at once; empty, it is a heartbeat."""

    items: tuple[EpisodeItem | StateItem, ...] = ()
    readers: tuple[ReaderStatus, ...] = ()


@dataclass(frozen=True, kw_only=True)
class GpoOrder:
    """A light to be switched by the gateway that asked."""

    reader: ReaderId
    port: int
    seconds: int
    on: bool


@dataclass(frozen=True, kw_only=True)
class Accepted:
    """The answer to a batch: the highest sequence stored (None: none yet), the lights, the configuration's version."""

    stored: int | None
    gpo: tuple[GpoOrder, ...]
    config_version: int


@dataclass(frozen=True, kw_only=True)
class SettlePassage:
    """A person says what was done about an alarm or a doubtful passage."""

    passage: PassageId
    warehouse: WarehouseId
    note: str


@dataclass(frozen=True, kw_only=True)
class AssociateTag:
    """A tag stands for this LPN from now on; None takes the association away."""

    tag: TagId
    lpn: LpnId | None
    warehouse: WarehouseId


@dataclass(frozen=True, kw_only=True)
class AssignShipment:
    """A shipment is loaded through this door; a portal of None takes it away from its door."""

    shipment: ShipmentId
    portal: PortalId | None
    warehouse: WarehouseId


@dataclass(frozen=True, kw_only=True)
class SaveGateway:
    """A gateway to make (no id) or to change; `api_token` is the row id of its token."""

    id: GatewayId | None = None
    code: str
    warehouse: WarehouseId
    api_token: int | None
    is_active: bool = True


@dataclass(frozen=True, kw_only=True)
class SaveReader:
    """A reader to make or to change. `settings` is what the gateway configures; `antennas` number -> (portal, side)."""

    id: ReaderId | None = None
    code: str
    gateway: GatewayId
    host: str
    port: int
    settings: Mapping[str, Any] = field(default_factory=dict)
    alarm_gpo_port: int | None = None
    alarm_seconds: int = 10
    is_active: bool = True
    antennas: Mapping[int, tuple[PortalId, str]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class SavePortal:
    """A door to make or to change; `rules` are the parameters in which it differs from the defaults."""

    id: PortalId | None = None
    warehouse: WarehouseId
    code: str
    name_en: str
    name_zh: str
    use: str
    bin: BinId | None = None
    rules: Mapping[str, float] = field(default_factory=dict)
    is_active: bool = True
