"""The demo's doors: three portals with a reader each, the gateway that watches them, and the emulator that plays them."""

from __future__ import annotations

import socket
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select

from wms.accounts.service import RoleGrant, create_api_token, create_machine, grant_roles
from wms.core.clock import now
from wms.core.ids import GatewayId, PortalId, ReaderId, UserId, new_id
from wms.db import db
from wms.demo.sites import Site
from wms.gs1.epc import encode_sscc96
from wms.gs1.sscc import Sscc
from wms.receiving.models import Asn, AsnLine, AsnState
from wms.rfid.models import Antenna, AntennaSide, Gateway, Portal, PortalUse, Reader

if TYPE_CHECKING:
    from wms.rfid.emulator import EmulatorConfig
    from wms.rfid.walks import Walk

LOOPBACK = ("127.0.0.1", "localhost")
_FIRST_ARRIVAL_SECONDS = 45.0
_ARRIVAL_EVERY_SECONDS = 40.0
_TOKEN_DAYS = 3650


@dataclass(frozen=True)
class DoorPlan:
    """One door: its code, names, use, and the bin just inside."""

    code: str
    name_en: str
    name_zh: str
    use: PortalUse
    bin_code: str


DOORS = (
    DoorPlan("DOOR-1", "Door 1, goods in", "1号门（收货）", PortalUse.INBOUND, "DOCK-1"),
    DoorPlan("DOOR-2", "Door 2, goods out", "2号门（发货）", PortalUse.OUTBOUND, "STAGE-1"),
    DoorPlan("DOOR-3", "Door 3, both ways", "3号门（双向）", PortalUse.BOTH, "DOCK-3"),
)


def install(site: Site, *, first_port: int, actor: UserId, at: datetime) -> tuple[dict[str, PortalId], str]:
    """Set up doors, readers (from `first_port` on this machine) and the gateway; the portals, and the gateway's token."""
    machine = create_machine(login=f"gateway.{site.plan.code.lower()}", full_name=f"Gateway {site.plan.code}", at=at)
    grant_roles(machine.id, [RoleGrant(role="gateway", warehouse_id=site.id)], actor=actor)
    token, value = create_api_token(
        name=f"gateway {site.plan.code}", scopes=["rfid.gateway"], actor=actor, at=at, acts_for=machine.id,
        warehouse_id=site.id, expires_at=at + timedelta(days=_TOKEN_DAYS),
    )  # fmt: skip
    gateway = Gateway(
        id=GatewayId(new_id()), code=f"GW-{site.plan.code}", warehouse_id=site.id, api_token_id=token.id,
        is_active=True, last_sequence=0, config_version=1,
    )  # fmt: skip
    db.session.add(gateway)
    db.session.flush()
    portals: dict[str, PortalId] = {}
    for number, plan in enumerate(DOORS):
        portal = Portal(
            id=PortalId(new_id()), warehouse_id=site.id, code=plan.code, name_en=plan.name_en, name_zh=plan.name_zh,
            use=plan.use, bin_id=site.bin(plan.bin_code), rules={}, is_active=True,
        )  # fmt: skip
        reader = Reader(
            id=ReaderId(new_id()), code=f"READER-{number + 1}", gateway_id=gateway.id, host="127.0.0.1",
            port=first_port + number, settings={}, is_active=True, state="unknown", alarm_gpo_port=1, alarm_seconds=10,
        )  # fmt: skip
        db.session.add_all((portal, reader))
        db.session.flush()
        db.session.add_all(
            Antenna(
                id=new_id(), reader_id=reader.id, number=n, portal_id=portal.id,
                side=AntennaSide.INSIDE if n < 3 else AntennaSide.OUTSIDE,
            )
            for n in (1, 2, 3, 4)
        )  # fmt: skip
        portals[plan.code] = portal.id
    db.session.flush()
    return portals, value


# -- the emulator -----------------------------------------------------------------------------------------------------
def emulator_config(*, control_port: int = 0, arrivals: bool = False) -> EmulatorConfig:
    """Say what to play: the active readers that stand on this machine, with their antennas as they are set up."""
    from wms.rfid.emulator import EmulatorConfig
    from wms.rfid.played_reader import PlayedReader

    readers = _readers_here()
    doors = {portal: n for n, portal in enumerate(_portals(readers), start=1)}
    played = []
    for reader in readers:
        sides = {
            row.number: (doors[row.portal_id], row.side.value)
            for row in db.session.execute(
                select(Antenna.number, Antenna.portal_id, Antenna.side).where(Antenna.reader_id == reader.id)
            )
        }
        if sides:
            played.append(PlayedReader(name=reader.code, port=reader.port, antennas=sides))
    script = tuple(_arrivals()) if arrivals else ()
    db.session.rollback()
    return EmulatorConfig(readers=tuple(played), control_port=control_port, script=script)


def _readers_here() -> Sequence[Reader]:
    statement = select(Reader).where(Reader.is_active, Reader.host.in_(LOOPBACK)).order_by(Reader.code)
    return db.session.execute(statement).scalars().all()


def _portals(readers: Sequence[Reader]) -> Iterable[PortalId]:
    """The portals these readers watch, by code: their order is the order of the doors in the wall."""
    statement = (
        select(Portal.id)
        .where(Portal.id.in_(select(Antenna.portal_id).where(Antenna.reader_id.in_([r.id for r in readers]))))
        .order_by(Portal.code)
    )
    return db.session.execute(statement).scalars().all()


def _arrivals() -> Iterable[Walk]:
    """Let the pallets that are announced for today come in through the first door, one after another."""
    from wms.rfid.walks import Walk

    gateway_site = select(Gateway.warehouse_id).limit(1).scalar_subquery()
    lines = db.session.execute(
        select(AsnLine.sscc)
        .join(Asn, Asn.id == AsnLine.asn_id)
        .where(
            Asn.state == AsnState.EXPECTED, Asn.warehouse_id == gateway_site, AsnLine.sscc.is_not(None),
            AsnLine.arrived_at.is_(None), Asn.expected_at < now() + timedelta(hours=24),
        )
        .order_by(Asn.expected_at, AsnLine.line)
    ).scalars()  # fmt: skip
    for number, sscc in enumerate(lines):
        if sscc is not None:
            at = _FIRST_ARRIVAL_SECONDS + number * _ARRIVAL_EVERY_SECONDS
            yield Walk(epc=encode_sscc96(Sscc(sscc), company_prefix_length=7, filter_value=6), kind="in", door=1, at=at)


# -- ports ------------------------------------------------------------------------------------------------------------
def move_busy_readers() -> list[tuple[str, int]]:
    """Give the readers on this machine other ports where theirs are taken; those that moved. Stands in a transaction."""
    moved = []
    readers = _readers_here()
    taken = {reader.port for reader in readers}
    for reader in readers:
        if is_free("127.0.0.1", reader.port):
            continue
        port = next(p for p in range(reader.port + 1, reader.port + 500) if p not in taken and is_free("127.0.0.1", p))
        taken.add(port)
        reader.port = port
        moved.append((reader.code, port))
        gateway = db.session.get_one(Gateway, reader.gateway_id)
        gateway.config_version += 1
    return moved


def is_free(host: str, port: int) -> bool:
    """Say whether nobody listens on a port."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
        except OSError:
            return False
    return True
