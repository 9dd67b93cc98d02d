"""Reads for the list of doors and the live door wall. The wall's fragment costs three statements, whatever lies there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, case, func, join, literal_column, or_, select
from sqlalchemy.orm import aliased

from wms.accounts.models import User
from wms.alerts.models import Alert, AlertState
from wms.catalog.models import Partner
from wms.core.errors import NotFound
from wms.core.ids import AsnId, PassageId, PortalId, ShipmentId, WarehouseId
from wms.db import db
from wms.picking.models import Order, PickList
from wms.receiving.models import Asn, AsnLine
from wms.rfid.models import SHOWN, UNSETTLED, Antenna, Direction, Gateway, Passage, PassageDecision, Portal, Reader, Tag
from wms.rfid.queries.identity import UNFINISHED, Goods
from wms.rfid.queries.loads import OPEN
from wms.shipping.models import LoadLine, Shipment, ShipmentState
from wms.stock.models import Lpn

#: A gateway that has not spoken for so long is silent, and what its readers were is not known.
SILENT_AFTER: Final = timedelta(seconds=30)
#: So far back the wall looks for what a person still has to settle, and for what stands there.
WALL_LOOKS_BACK: Final = timedelta(hours=24)
LAST_PASSAGES: Final = 5
#: Literal, so that both planners see that the partial index holds the answer.
_UNSETTLED: Any = literal_column(f"(passage.{UNSETTLED.replace(' decision', ' passage.decision')})")


@dataclass(frozen=True, kw_only=True)
class DoorState:
    """How the readers of a door stand: up, part (some), down, silent (their gateway does not speak), or none."""

    up: int = 0
    total: int = 0
    is_silent: bool = False

    @property
    def word(self) -> str:
        """One word for it."""
        if not self.total:
            return "none"
        if self.is_silent:
            return "silent"
        return "up" if self.up == self.total else "part" if self.up else "down"


@dataclass(frozen=True, kw_only=True)
class DoorRow:
    """A door in the list."""

    portal: Portal
    state: DoorState
    last_passage_at: datetime | None
    open_alarms: int
    shipment: str | None


def list_doors(warehouse: WarehouseId, *, at: datetime) -> list[DoorRow]:
    """List the active doors of a warehouse by code, with how their readers stand. Two statements."""
    last = select(func.max(Passage.ended_at)).where(Passage.portal_id == Portal.id).scalar_subquery()
    alarms = (
        select(func.count()).select_from(Passage).outerjoin(Alert, Alert.id == Passage.alert_id)
        .where(Passage.portal_id == Portal.id, _UNSETTLED, _is_open_alarm()).scalar_subquery()
    )  # fmt: skip
    shipment = (
        select(Shipment.number).where(Shipment.portal_id == Portal.id, Shipment.state.in_(OPEN))
        .order_by(_loading_first(), Shipment.id.desc()).limit(1).scalar_subquery()
    )  # fmt: skip
    rows = db.session.execute(
        select(Portal, last.label("last"), alarms.label("alarms"), shipment.label("shipment"))
        .where(Portal.warehouse_id == warehouse, Portal.is_active)
        .order_by(Portal.code)
    ).all()
    states = _reader_states([row.Portal.id for row in rows], at=at)
    return [
        DoorRow(portal=row.Portal, state=states.get(row.Portal.id, DoorState()), last_passage_at=row.last,
                open_alarms=row.alarms, shipment=row.shipment)
        for row in rows
    ]  # fmt: skip


def get_portal(portal: PortalId, *, warehouse: WarehouseId) -> Portal:
    """Give a door of this warehouse; NotFound otherwise."""
    found = db.session.execute(
        select(Portal).where(Portal.id == portal, Portal.warehouse_id == warehouse)
    ).scalar_one_or_none()
    if found is None:
        raise NotFound(kind="portal", text=str(portal))
    return found


# -- the wall -----------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, kw_only=True)
class Standing:
    """What stands at a door: a shipment or an ASN, for whom, and the figures (None: nothing is expected)."""

    kind: str
    number: str
    name_en: str
    name_zh: str
    expected: int
    seen: int


@dataclass(frozen=True, kw_only=True)
class PassageRow:
    """A passage as the screens show it."""

    id: PassageId
    portal_code: str
    direction: Direction
    decision: PassageDecision
    why: str
    ended_at: datetime
    reads: int
    peak_rssi_dbm: float | None
    epc: str
    code: str
    goods: Goods = field(default_factory=Goods)
    asn: AsnId | None = None
    asn_number: str | None = None
    shipment: ShipmentId | None = None
    shipment_number: str | None = None
    settled_at: datetime | None = None
    settled_by: str | None = None
    settlement: str = ""
    is_alarm_open: bool = False

    @property
    def name_en(self) -> str:
        """The item's name, for the filter local_name."""
        return self.goods.name_en

    @property
    def name_zh(self) -> str:
        """The item's Chinese name, for the filter local_name."""
        return self.goods.name_zh


@dataclass(frozen=True, kw_only=True)
class Wall:
    """All that the wall shows of a door."""

    portal: Portal
    state: DoorState
    standing: Standing | None
    wrong: int
    alarms: Sequence[PassageRow]
    last: Sequence[PassageRow]


def wall(portal: PortalId, *, warehouse: WarehouseId, at: datetime) -> Wall:
    """Read a door's wall in three statements: the door with its readers, what stands there, the passages."""
    door, state, wrong = _door(portal, warehouse, at=at)
    standing = _standing(portal, at=at)
    rows = _wall_passages(portal, at=at)
    alarms = [row for row in rows if row.is_alarm_open]
    last = sorted((r for r in rows if r.decision.value != "logged" or r.why != "stray"), key=_newest)[:LAST_PASSAGES]
    return Wall(portal=door, state=state, standing=standing, wrong=wrong, alarms=alarms, last=last)


def _newest(row: PassageRow) -> tuple[float, int]:
    return -row.ended_at.timestamp(), -row.id


def _door(portal: PortalId, warehouse: WarehouseId, *, at: datetime) -> tuple[Portal, DoorState, int]:
    wrong = (
        select(func.count()).select_from(Passage).outerjoin(Alert, Alert.id == Passage.alert_id)
        .where(
            Passage.portal_id == portal, Passage.ended_at > at - WALL_LOOKS_BACK,
            _UNSETTLED, or_(_is_open_alarm(), Passage.decision == PassageDecision.REVIEW),
        ).scalar_subquery()
    )  # fmt: skip
    rows = db.session.execute(
        select(Portal, Reader.id, Reader.state, Gateway.last_seen_at, wrong.label("wrong"))
        .outerjoin(Antenna, Antenna.portal_id == Portal.id)
        .outerjoin(Reader, and_(Reader.id == Antenna.reader_id, Reader.is_active))
        .outerjoin(Gateway, Gateway.id == Reader.gateway_id)
        .where(Portal.id == portal, Portal.warehouse_id == warehouse)
    ).all()
    if not rows:
        raise NotFound(kind="portal", text=str(portal))
    readers = {row.id: (row.state, row.last_seen_at) for row in rows if row.id is not None}
    return rows[0].Portal, _state_of(readers.values(), at=at), int(rows[0].wrong)


def _standing(portal: PortalId, *, at: datetime) -> Standing | None:
    """The shipment that loads here; else the ASN whose pallets came in here last. One statement for both."""
    plates = select(func.count(PickList.lpn_id.distinct())).where(PickList.order_id == Shipment.order_id)
    loaded = select(func.count()).where(LoadLine.shipment_id == Shipment.id)
    going = (
        select(
            case((Shipment.state == ShipmentState.LOADING, 0), else_=1).label("rank"), Shipment.id.label("id"),
            Shipment.number.label("number"), Partner.name_en.label("name_en"), Partner.name_zh.label("name_zh"),
            plates.scalar_subquery().label("expected"), loaded.scalar_subquery().label("seen"),
        )
        .join(Order, Order.id == Shipment.order_id)
        .join(Partner, Partner.id == Order.customer_id)
        .where(Shipment.portal_id == portal, Shipment.state.in_(OPEN))
    )  # fmt: skip
    announced = select(func.count(AsnLine.sscc.distinct())).where(AsnLine.asn_id == Asn.id)
    newest = (
        select(Passage.asn_id)
        .where(Passage.portal_id == portal, Passage.asn_id.is_not(None), Passage.ended_at > at - WALL_LOOKS_BACK)
        .order_by(Passage.ended_at.desc()).limit(1).scalar_subquery()
    )  # fmt: skip
    coming = (
        select(
            func.coalesce(2, 2).label("rank"), Asn.id.label("id"), Asn.number.label("number"),
            Partner.name_en.label("name_en"), Partner.name_zh.label("name_zh"),
            announced.scalar_subquery().label("expected"),
            announced.where(AsnLine.arrived_at.is_not(None)).scalar_subquery().label("seen"),
        )
        .join(Partner, Partner.id == Asn.supplier_id)
        .where(Asn.id == newest, Asn.state.in_(UNFINISHED))
    )  # fmt: skip
    both = going.union_all(coming).subquery()
    row = db.session.execute(select(both).order_by(both.c.rank, both.c.id.desc()).limit(1)).first()
    if row is None:
        return None
    return Standing(
        kind="asn" if row.rank == 2 else "shipment", number=row.number, name_en=row.name_en, name_zh=row.name_zh,
        expected=row.expected, seen=row.seen,
    )  # fmt: skip


def _wall_passages(portal: PortalId, *, at: datetime) -> list[PassageRow]:
    """The last passages that were no strays, and every alarm that nobody has settled."""
    shown: ColumnElement[bool] = literal_column(f"({SHOWN})")
    recent = (
        select(Passage.id).where(Passage.portal_id == portal, shown)
        .order_by(Passage.ended_at.desc(), Passage.id.desc()).limit(LAST_PASSAGES).subquery()
    )  # fmt: skip
    open_alarms = (
        select(Passage.id).outerjoin(Alert, Alert.id == Passage.alert_id)
        .where(Passage.portal_id == portal, Passage.ended_at > at - WALL_LOOKS_BACK, _UNSETTLED, _is_open_alarm())
        .order_by(Passage.id.desc()).limit(20).subquery()
    )  # fmt: skip
    # Joined, not asked for with OR: a planner would read every passage to see whether it is one of these few.
    wanted = select(recent.c.id).union(select(open_alarms.c.id)).subquery()
    rows = db.session.execute(passage_select(wanted).order_by(Passage.ended_at.desc(), Passage.id.desc()))
    return [passage_row(row) for row in rows]


# -- parts ------------------------------------------------------------------------------------------------------------
def passage_select(wanted: Any = None) -> Any:
    """Select what passage_row reads; of these passages only (a subquery of ids), which then are read first.

    PostgreSQL orders eight joins by their cost and takes more as they are written, so the few must stand in front.
    """
    settler = aliased(User)
    first: Any = Passage if wanted is None else join(wanted, Passage, Passage.id == wanted.c.id)
    return (
        select(
            Passage, Portal.code.label("portal_code"), Tag.epc, Lpn.code.label("lpn_code"), Asn.number.label("asn_number"),
            Shipment.number.label("shipment_number"), settler.full_name.label("settled_by"),
            Alert.state.label("alert_state"),
        )
        .select_from(first)
        # Every passage has a door and a tag: joined from outside, so that SQLite does not begin with the doors.
        .outerjoin(Portal, Portal.id == Passage.portal_id)
        .outerjoin(Tag, Tag.id == Passage.tag_id)
        .outerjoin(Lpn, Lpn.id == Passage.lpn_id)
        .outerjoin(Asn, Asn.id == Passage.asn_id)
        .outerjoin(Shipment, Shipment.id == Passage.shipment_id)
        .outerjoin(Alert, Alert.id == Passage.alert_id)
        .outerjoin(settler, settler.id == Passage.settled_by)
    )  # fmt: skip


def passage_row(row: Any) -> PassageRow:
    """Dress one row of passage_select."""
    passage: Passage = row.Passage
    is_open = (
        passage.decision is PassageDecision.ALARM
        and passage.settled_at is None
        and row.alert_state is not AlertState.RESOLVED
    )
    return PassageRow(
        id=passage.id, portal_code=row.portal_code, direction=passage.direction, decision=passage.decision,
        why=passage.why, ended_at=passage.ended_at, reads=passage.reads, peak_rssi_dbm=passage.peak_rssi_dbm,
        epc=row.epc, code=row.lpn_code or passage.features.get("code") or row.epc, goods=Goods(**passage.features.get("goods", {})),
        asn=passage.asn_id, asn_number=row.asn_number, shipment=passage.shipment_id,
        shipment_number=row.shipment_number, settled_at=passage.settled_at, settled_by=row.settled_by,
        settlement=passage.settlement, is_alarm_open=is_open,
    )  # fmt: skip


def _is_open_alarm() -> ColumnElement[bool]:
    """Neither settled at the door nor its alert resolved elsewhere; Alert is to be joined."""
    return and_(
        Passage.decision == PassageDecision.ALARM,
        Passage.settled_at.is_(None),
        or_(Alert.id.is_(None), Alert.state != AlertState.RESOLVED),
    )


def _loading_first() -> Any:
    return case((Shipment.state == ShipmentState.LOADING, 0), else_=1)


def _reader_states(portals: Sequence[PortalId], *, at: datetime) -> dict[PortalId, DoorState]:
    rows = db.session.execute(
        select(Antenna.portal_id, Reader.id, Reader.state, Gateway.last_seen_at)
        .join(Reader, and_(Reader.id == Antenna.reader_id, Reader.is_active))
        .join(Gateway, Gateway.id == Reader.gateway_id)
        .where(Antenna.portal_id.in_(portals))
    ).all()
    by_door: dict[PortalId, dict[int, tuple[str, datetime | None]]] = {}
    for row in rows:
        by_door.setdefault(row.portal_id, {})[row.id] = (row.state, row.last_seen_at)
    return {portal: _state_of(readers.values(), at=at) for portal, readers in by_door.items()}


def _state_of(readers: Any, *, at: datetime) -> DoorState:
    known = list(readers)
    silent = [seen is None or at - seen > SILENT_AFTER for _, seen in known]
    up = sum(state == "up" and not quiet for (state, _), quiet in zip(known, silent, strict=True))
    return DoorState(up=up, total=len(known), is_silent=bool(known) and all(silent))
