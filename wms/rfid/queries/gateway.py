"""Reads for the gateway's two calls: who it is, its configuration, and the dock as a batch needs it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from sqlalchemy import select

from wms.accounts.models import ApiToken
from wms.core.ids import GatewayId, PortalId, ReaderId, WarehouseId
from wms.db import db
from wms.rfid.contract_number import CONTRACT
from wms.rfid.models import Antenna, Gateway, Portal, Reader
from wms.rfid.rules.passage import PassageParameters
from wms.sites.models import Warehouse


@dataclass(frozen=True, kw_only=True)
class DoorFacts:
    """A door as a batch needs it; `lights` are (gateway, reader, port, seconds) of the readers that watch it."""

    id: PortalId
    code: str
    use: str
    parameters: PassageParameters
    lights: list[tuple[GatewayId, ReaderId, int, int]] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class DockFacts:
    """The doors of a warehouse, with what the warehouse says of day and codes."""

    warehouse: WarehouseId
    timezone: str
    company_prefix: str
    doors: Mapping[PortalId, DoorFacts]


def gateway_of_token(token_hash: str) -> GatewayId | None:
    """The active gateway that speaks with this token, or None."""
    statement = (
        select(Gateway.id)
        .join(ApiToken, ApiToken.id == Gateway.api_token_id)
        .where(ApiToken.token_hash == token_hash, ApiToken.is_active, Gateway.is_active)
    )
    return db.session.execute(statement).scalar_one_or_none()


def dock_of(warehouse: WarehouseId) -> DockFacts:
    """The doors of a warehouse and their lights, in one statement."""
    statement = (
        select(Warehouse.timezone, Warehouse.company_prefix, Portal, Reader)
        .outerjoin(Portal, Portal.warehouse_id == Warehouse.id)
        .outerjoin(Antenna, Antenna.portal_id == Portal.id)
        .outerjoin(Reader, (Reader.id == Antenna.reader_id) & Reader.is_active)
        .where(Warehouse.id == warehouse)
        .order_by(Portal.id, Reader.id)
    )
    doors: dict[PortalId, DoorFacts] = {}
    timezone, prefix = "UTC", ""
    for row in db.session.execute(statement):
        timezone, prefix = row.timezone, row.company_prefix
        portal: Portal | None = row.Portal
        reader: Reader | None = row.Reader
        if portal is None:
            continue
        door = doors.setdefault(
            portal.id,
            DoorFacts(id=portal.id, code=portal.code, use=portal.use.value, parameters=parameters_of(portal.rules)),
        )
        if reader is not None and reader.alarm_gpo_port is not None:
            light = (reader.gateway_id, reader.id, reader.alarm_gpo_port, reader.alarm_seconds)
            if light not in door.lights:
                door.lights.append(light)
    return DockFacts(warehouse=warehouse, timezone=timezone, company_prefix=prefix, doors=doors)


def parameters_of(rules: Mapping[str, Any]) -> PassageParameters:
    """The thresholds of a door: the defaults, and what the door sets itself."""
    known = {one.name for one in fields(PassageParameters)}
    return PassageParameters(
        **{name: type(getattr(PassageParameters, name))(value) for name, value in rules.items() if name in known}
    )


def configuration(gateway: GatewayId) -> dict[str, Any]:
    """What a gateway is to do: its active readers, the doors they watch, the version. Ids as text: they pass 2^53."""
    version = db.session.execute(select(Gateway.config_version).where(Gateway.id == gateway)).scalar_one()
    readers = db.session.execute(
        select(Reader).where(Reader.gateway_id == gateway, Reader.is_active).order_by(Reader.code)
    ).scalars()
    watched = db.session.execute(
        select(Portal, Antenna)
        .join(Antenna, Antenna.portal_id == Portal.id)
        .join(Reader, Reader.id == Antenna.reader_id)
        .where(Reader.gateway_id == gateway, Reader.is_active, Portal.is_active)
        .order_by(Portal.code, Antenna.reader_id, Antenna.number)
    ).all()
    portals: dict[int, dict[str, Any]] = {}
    for portal, antenna in watched:
        one = portals.setdefault(
            portal.id, {"id": str(portal.id), "code": portal.code, "parameters": portal.rules, "antennas": []}
        )
        one["antennas"].append(
            {"reader": str(antenna.reader_id), "antenna": antenna.number, "side": antenna.side.value}
        )
    return {
        "config_version": version,
        "contract": CONTRACT,
        "readers": [
            {"id": str(r.id), "code": r.code, "host": r.host, "port": r.port, "settings": r.settings} for r in readers
        ],
        "portals": list(portals.values()),
    }
