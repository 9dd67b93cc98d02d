"""Set-up of the dock: gateways, readers with their antennas, doors. Every change raises the gateways' config_version."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import select, update

from wms.core.errors import DuplicateValue, FieldErrors, NotFound
from wms.core.ids import GatewayId, PortalId, ReaderId, WarehouseId, new_id
from wms.db import db
from wms.rfid.models import Antenna, AntennaSide, Gateway, Portal, PortalUse, Reader
from wms.rfid.service.commands import SaveGateway, SavePortal, SaveReader
from wms.sites.models import Bin


def save_gateway(cmd: SaveGateway) -> GatewayId:
    """Make or change a gateway. Raises NotFound, DuplicateValue (code, or a token that is another gateway's)."""
    row = _row(Gateway, cmd.id, "gateway")
    _refuse_duplicate(Gateway, row, "code", cmd.code)
    if cmd.api_token is not None:
        _refuse_duplicate(Gateway, row, "api_token_id", cmd.api_token)
    if row is None:
        row = Gateway(id=GatewayId(new_id()), config_version=0, last_sequence=0)
        db.session.add(row)
    elif row.warehouse_id != cmd.warehouse:
        raise NotFound(kind="gateway", text=str(cmd.id))
    row.code, row.warehouse_id, row.is_active = cmd.code, cmd.warehouse, cmd.is_active
    row.api_token_id = cmd.api_token
    row.config_version += 1
    db.session.flush()
    return row.id


def save_reader(cmd: SaveReader, *, warehouse: WarehouseId) -> ReaderId:
    """Make or change a reader with all its antennas.

    Raises NotFound (reader, gateway, a door of another warehouse), DuplicateValue, FieldErrors (neighbouring doors must
    belong to one gateway, so a door watched by another gateway is refused).
    """
    row = _row(Reader, cmd.id, "reader")
    if row is not None:
        before = db.session.get(Gateway, row.gateway_id)
        if before is None or before.warehouse_id != warehouse:
            raise NotFound(kind="reader", text=str(cmd.id))
    _refuse_duplicate(Reader, row, "code", cmd.code)
    gateway = db.session.get(Gateway, cmd.gateway)
    if gateway is None or gateway.warehouse_id != warehouse:
        raise NotFound(kind="gateway", text=str(cmd.gateway))
    if row is not None and row.gateway_id != gateway.id:
        raise_versions([row.gateway_id])
    _check_doors({portal for portal, _ in cmd.antennas.values()}, cmd, warehouse)
    if row is None:
        row = Reader(id=ReaderId(new_id()))
        db.session.add(row)
    row.code, row.gateway_id, row.host, row.port = cmd.code, cmd.gateway, cmd.host, cmd.port
    row.settings, row.is_active = dict(cmd.settings), cmd.is_active
    row.alarm_gpo_port, row.alarm_seconds = cmd.alarm_gpo_port, cmd.alarm_seconds
    db.session.flush()
    _set_antennas(row.id, cmd)
    raise_versions([cmd.gateway])
    db.session.flush()
    return row.id


def save_portal(cmd: SavePortal) -> PortalId:
    """Make or change a door. Raises NotFound (door, bin), DuplicateValue."""
    row = _row(Portal, cmd.id, "portal")
    if row is not None and row.warehouse_id != cmd.warehouse:
        raise NotFound(kind="portal", text=str(cmd.id))
    same = select(Portal.id).where(
        Portal.warehouse_id == cmd.warehouse, Portal.code == cmd.code, Portal.id != (cmd.id or 0)
    )
    if db.session.execute(same).first() is not None:
        raise DuplicateValue(field="code", value=cmd.code)
    if cmd.bin is not None:
        place = db.session.get(Bin, cmd.bin)
        if place is None or place.warehouse_id != cmd.warehouse or place.is_outside:
            raise NotFound(kind="bin", text=str(cmd.bin))
    if row is None:
        row = Portal(id=PortalId(new_id()), warehouse_id=cmd.warehouse)
        db.session.add(row)
    row.code, row.name_en, row.name_zh, row.use = cmd.code, cmd.name_en, cmd.name_zh, PortalUse(cmd.use)
    row.bin_id, row.rules, row.is_active = cmd.bin, dict(cmd.rules), cmd.is_active
    db.session.flush()
    watching = (
        select(Reader.gateway_id).join(Antenna, Antenna.reader_id == Reader.id).where(Antenna.portal_id == row.id)
    )
    raise_versions(db.session.execute(watching).scalars())
    return row.id


def raise_versions(gateways: Iterable[GatewayId]) -> None:
    """Say that the configuration of these gateways is another now: with the next answer they ask for it."""
    wanted = set(gateways)
    if wanted:
        db.session.execute(
            update(Gateway)
            .where(Gateway.id.in_(wanted))
            .values(config_version=Gateway.config_version + 1)
            .execution_options(synchronize_session="fetch")
        )


def _check_doors(doors: set[PortalId], cmd: SaveReader, warehouse: WarehouseId) -> None:
    if not doors:
        return
    known = db.session.execute(
        select(Portal.id).where(Portal.id.in_(doors), Portal.warehouse_id == warehouse)
    ).scalars()
    missing = doors - set(known)
    if missing:
        raise NotFound(kind="portal", text=str(min(missing)))
    others = (
        select(Antenna.id)
        .join(Reader, Reader.id == Antenna.reader_id)
        .where(
            Antenna.portal_id.in_(doors), Reader.gateway_id != cmd.gateway, Reader.is_active, Reader.id != (cmd.id or 0)
        )
    )  # fmt: skip
    if db.session.execute(others.limit(1)).first() is not None:
        raise FieldErrors(errors={"antennas": ["other_gateway"]})


def _set_antennas(reader: ReaderId, cmd: SaveReader) -> None:
    present = {
        row.number: row for row in db.session.execute(select(Antenna).where(Antenna.reader_id == reader)).scalars()
    }
    for number, row in present.items():
        if number not in cmd.antennas:
            db.session.delete(row)
    for number, (portal, side) in cmd.antennas.items():
        antenna = present.get(number)
        if antenna is None:
            antenna = Antenna(id=new_id(), reader_id=reader, number=number)
            db.session.add(antenna)
        antenna.portal_id, antenna.side = portal, AntennaSide(side)


def _row(model: Any, key: int | None, kind: str) -> Any:
    if key is None:
        return None
    found = db.session.get(model, key, with_for_update=True)
    if found is None:
        raise NotFound(kind=kind, text=str(key))
    return found


def _refuse_duplicate(model: Any, row: Any, column: str, value: Any) -> None:
    same = select(model.id).where(getattr(model, column) == value, model.id != (row.id if row else 0))
    if db.session.execute(same).first() is not None:
        raise DuplicateValue(field="code" if column == "code" else "token", value=str(value))
