"""Doors for machines: the two addresses of a gateway (docs/rfid-gateway.md), passages, tags, and the set-up of the dock."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

from flask import jsonify

from wms.accounts import passwords
from wms.core.clock import now
from wms.core.errors import NotFound
from wms.core.ids import BinId, GatewayId, PassageId, PortalId, ReaderId, ShipmentId, TagId
from wms.db import run_in_transaction
from wms.db.paging import Page
from wms.rfid import schemas, service
from wms.rfid.models import Gateway, Portal, Reader
from wms.rfid.queries import doors, lists
from wms.rfid.queries import gateway as queries
from wms.rfid.service import AcceptBatch, Accepted
from wms.stock.service import find_open_lpn
from wms.web import api, auth
from wms.web.api import reads, told, writes
from wms.web.auth import actor_id, current_warehouse, requires
from wms.web.forms import parse_json

bp = api.blueprint("rfid_api", __name__)

BATCH_BYTES_MAX = 16 * 1024 * 1024
#: So many items are stored in one transaction: a backlog must not keep the handhelds waiting for the database.
PART = 50
#: After so many seconds the answer is given with what is stored by then; the gateway sends the rest again at once.
ENOUGH_SECONDS = 2.0


@bp.get("/rfid/gateway/config")
@requires("rfid.gateway", anywhere=True)
@told()
def gateway_config() -> Any:
    """Give the gateway behind the key its readers and doors."""
    return jsonify(queries.configuration(_gateway()))


@bp.post("/rfid/batches")
@requires("rfid.gateway", anywhere=True)
@told(body=schemas.BatchIn(), body_bytes_max=BATCH_BYTES_MAX)
def batches() -> Any:
    """Take a batch of episodes: what is stored of it is in the answer.

    The sequence of each item is its key: what was stored before is not stored twice.
    """
    began = time.monotonic()
    gateway = _gateway()
    cmd: AcceptBatch = parse_json(schemas.BatchIn())
    lights: list[service.GpoOrder] = []
    accepted: Accepted | None = None
    for start in range(0, max(len(cmd.items), 1), PART):
        part = replace(cmd, items=cmd.items[start : start + PART])
        accepted = run_in_transaction(service.accept_batch, part, gateway=gateway, at=now())
        lights += accepted.gpo
        if time.monotonic() - began > ENOUGH_SECONDS:
            break
    assert accepted is not None
    return jsonify(
        stored=accepted.stored,
        gpo=[
            {"reader": str(one.reader), "port": one.port, "on": one.on, "seconds": one.seconds if one.on else None}
            for one in lights
        ],
        config_version=accepted.config_version,
        stop_list_version=0,
    )


def _gateway() -> GatewayId:
    """The gateway that speaks; NotFound for a token that no gateway was given."""
    found = queries.gateway_of_token(passwords.hash_random(auth.bearer_token() or ""))
    if found is None:
        raise NotFound(kind="gateway", text="token")
    return found


# -- doors, passages, tags --------------------------------------------------------------------------------------------
@bp.get("/doors")
@requires("door.view")
@reads(answer=schemas.DoorsOut())
def list_doors() -> dict[str, Any]:
    """List the doors of a warehouse and how their readers stand."""
    return {"items": doors.list_doors(current_warehouse(), at=now())}


@bp.get("/doors/<int:portal_id>/wall")
@requires("door.view")
@reads(answer=schemas.WallOut())
def wall(portal_id: int) -> doors.Wall:
    """Give all that a door's wall shows: what stands there, open alarms, the last passages."""
    return doors.wall(PortalId(portal_id), warehouse=current_warehouse(), at=now())


@bp.post("/doors/<int:portal_id>/shipment")
@requires("ship", "door.settle")
@writes(body=schemas.DoorShipmentIn(), answer=schemas.WallOut(), offers=("rfid.assign",))
def assign(portal_id: int, values: dict[str, Any]) -> doors.Wall:
    """Load a shipment through this door, or take it away from it."""
    cmd = service.AssignShipment(
        shipment=ShipmentId(values["shipment_id"]),
        portal=None if values["is_leaving"] else PortalId(portal_id),
        warehouse=current_warehouse(),
    )
    service.assign_shipment(cmd, actor=actor_id(), at=now())
    return doors.wall(PortalId(portal_id), warehouse=current_warehouse(), at=now())


@bp.get("/passages")
@requires("door.view")
@reads(query=schemas.PassagesListQuery(), answer=schemas.PassageOut(), paged=True)
def passages(query: dict[str, Any]) -> Page[doors.PassageRow]:
    """List the passages through a warehouse's doors, the newest first."""
    return lists.page_of_passages(
        current_warehouse(),
        door=query["door"],
        decision=query["decision"].value if query["decision"] else "",
        search=query["q"],
        unsettled=query["unsettled"],
        cursor=query["cursor"],
        size=query["limit"],
    )


@bp.get("/passages/<int:passage_id>")
@requires("door.view")
@reads(answer=schemas.PassageOut())
def passage(passage_id: int) -> doors.PassageRow:
    """Give a passage."""
    return lists.get_passage(PassageId(passage_id), warehouse=current_warehouse())[0]


@bp.post("/passages/<int:passage_id>/settle")
@requires("door.settle")
@writes(body=schemas.SettlePassageIn(), answer=schemas.PassageOut(), offers=("rfid.settle",))
def settle(passage_id: int, values: dict[str, Any]) -> doors.PassageRow:
    """Settle an alarm or a doubtful passage with what was done."""
    cmd = service.SettlePassage(passage=PassageId(passage_id), warehouse=current_warehouse(), note=values["note"])
    service.settle_passage(cmd, actor=actor_id(), at=now())
    return lists.get_passage(PassageId(passage_id), warehouse=current_warehouse())[0]


@bp.get("/tags")
@requires("door.view")
@reads(query=schemas.TagsListQuery(), answer=schemas.TagOut(), paged=True)
def tags(query: dict[str, Any]) -> Page[lists.TagRow]:
    """List the tags that passed here, the newest first."""
    return lists.page_of_tags(
        current_warehouse(),
        search=query["q"],
        is_known=query["is_known"],
        cursor=query["cursor"],
        size=query["limit"],
    )


@bp.get("/tags/<int:tag_id>")
@requires("door.view")
@reads(answer=schemas.TagOut())
def tag(tag_id: int) -> lists.TagRow:
    """Give a tag seen at a door of this warehouse."""
    return lists.get_tag(TagId(tag_id), warehouse=current_warehouse())


@bp.post("/tags/<int:tag_id>/lpn")
@requires("door.settle")
@writes(body=schemas.TieTagIn(), answer=schemas.TagOut(), offers=("rfid.tie_tag",))
def tie_tag(tag_id: int, values: dict[str, Any]) -> lists.TagRow:
    """Say which LPN a tag stands for; a blank one unties it."""
    row = lists.get_tag(TagId(tag_id), warehouse=current_warehouse())
    code = values["lpn_code"]
    plate = find_open_lpn(code) if code else None
    if code and plate is None:
        raise NotFound(kind="lpn", text=code)
    cmd = service.AssociateTag(tag=row.tag.id, lpn=plate.id if plate else None, warehouse=current_warehouse())
    service.associate_tag(cmd, actor=actor_id(), at=now())
    return lists.get_tag(TagId(tag_id), warehouse=current_warehouse())


# -- set-up -----------------------------------------------------------------------------------------------------------
@bp.get("/gateways")
@requires("rfid.setup")
@reads(answer=schemas.GatewaysOut())
def gateways() -> dict[str, Any]:
    """List the gateways of a warehouse."""
    return {"items": [row.Gateway for row in lists.list_gateways(current_warehouse())]}


@bp.get("/gateways/<int:gateway_id>")
@requires("rfid.setup")
@reads(answer=schemas.GatewayOut(), etag=True)
def gateway(gateway_id: int) -> Gateway:
    """Give a gateway."""
    return lists.get_gateway(GatewayId(gateway_id), warehouse=current_warehouse())


@bp.post("/gateways")
@requires("rfid.setup")
@writes(body=schemas.GatewayPut(), answer=schemas.GatewayOut(), status=201, offers=("rfid.save_gateway",))
def create_gateway(values: dict[str, Any]) -> Gateway:
    """Make a gateway; its API key has the scope rfid.gateway."""
    return _save_gateway(None, values)


@bp.put("/gateways/<int:gateway_id>")
@requires("rfid.setup")
@writes(
    body=schemas.GatewayPut(), answer=schemas.GatewayOut(), edits=gateway, locks=Gateway, offers=("rfid.save_gateway",)
)
def change_gateway(gateway_id: int, values: dict[str, Any]) -> Gateway:
    """Change a gateway; it takes the change up by itself."""
    return _save_gateway(GatewayId(gateway_id), values)


def _save_gateway(gateway_id: GatewayId | None, values: dict[str, Any]) -> Gateway:
    warehouse = current_warehouse()
    key = values["api_token_id"]
    if key is not None and key not in {one.id for one in lists.gateway_tokens(warehouse)}:
        raise NotFound(kind="token", text=str(key))
    saved = service.save_gateway(
        service.SaveGateway(
            id=gateway_id, code=values["code"], warehouse=warehouse, api_token=key, is_active=values["is_active"]
        )
    )
    return lists.get_gateway(saved, warehouse=warehouse)


@bp.get("/portals")
@requires("rfid.setup")
@reads(answer=schemas.PortalsOut())
def portals() -> dict[str, Any]:
    """List the doors of a warehouse as they are set up."""
    return {"items": [row.Portal for row in lists.list_portals(current_warehouse())]}


@bp.get("/portals/<int:portal_id>")
@requires("rfid.setup")
@reads(answer=schemas.PortalOut(), etag=True)
def portal(portal_id: int) -> Portal:
    """Give a door as it is set up."""
    return doors.get_portal(PortalId(portal_id), warehouse=current_warehouse())


@bp.post("/portals")
@requires("rfid.setup")
@writes(body=schemas.PortalPut(), answer=schemas.PortalOut(), status=201, offers=("rfid.save_portal",))
def create_portal(values: dict[str, Any]) -> Portal:
    """Make a door."""
    return _save_portal(None, values)


@bp.put("/portals/<int:portal_id>")
@requires("rfid.setup")
@writes(body=schemas.PortalPut(), answer=schemas.PortalOut(), edits=portal, locks=Portal, offers=("rfid.save_portal",))
def change_portal(portal_id: int, values: dict[str, Any]) -> Portal:
    """Change a door; its gateway takes the change up by itself."""
    return _save_portal(PortalId(portal_id), values)


def _save_portal(portal_id: PortalId | None, values: dict[str, Any]) -> Portal:
    warehouse = current_warehouse()
    cmd = service.SavePortal(
        id=portal_id,
        warehouse=warehouse,
        code=values["code"],
        name_en=values["name_en"],
        name_zh=values["name_zh"],
        use=values["use"].value,
        bin=None if values["bin_id"] is None else BinId(values["bin_id"]),
        rules=values["rules"],
        is_active=values["is_active"],
    )
    return doors.get_portal(service.save_portal(cmd), warehouse=warehouse)


@bp.get("/readers")
@requires("rfid.setup")
@reads(answer=schemas.ReadersOut())
def readers() -> dict[str, Any]:
    """List the readers of a warehouse's gateways."""
    return {"items": lists.list_readers(current_warehouse())}


@bp.get("/readers/<int:reader_id>")
@requires("rfid.setup")
@reads(answer=schemas.ReaderOut(), etag=True)
def reader(reader_id: int) -> dict[str, Any]:
    """Give a reader with its antennas."""
    found, antennas = lists.get_reader(ReaderId(reader_id), warehouse=current_warehouse())
    return {"reader": found, "antennas": antennas}


@bp.post("/readers")
@requires("rfid.setup")
@writes(body=schemas.ReaderPut(), answer=schemas.ReaderOut(), status=201, offers=("rfid.save_reader",))
def create_reader(values: dict[str, Any]) -> dict[str, Any]:
    """Make a reader with its antennas. Power is in dBm."""
    return _save_reader(None, values)


@bp.put("/readers/<int:reader_id>")
@requires("rfid.setup")
@writes(body=schemas.ReaderPut(), answer=schemas.ReaderOut(), edits=reader, locks=Reader, offers=("rfid.save_reader",))
def change_reader(reader_id: int, values: dict[str, Any]) -> dict[str, Any]:
    """Change a reader with all its antennas; its gateway takes the change up by itself."""
    return _save_reader(ReaderId(reader_id), values)


def _save_reader(reader_id: ReaderId | None, values: dict[str, Any]) -> dict[str, Any]:
    warehouse = current_warehouse()
    settings = {
        name: values[name] for name in ("tx_power_dbm", "session", "tag_population") if values[name] is not None
    }
    cmd = service.SaveReader(
        id=reader_id,
        code=values["code"],
        gateway=GatewayId(values["gateway_id"]),
        host=values["host"],
        port=values["port"],
        settings=settings,
        alarm_gpo_port=values["alarm_gpo_port"],
        alarm_seconds=values["alarm_seconds"],
        is_active=values["is_active"],
        antennas={one["number"]: (PortalId(one["portal_id"]), one["side"].value) for one in values["antennas"]},
    )
    found, antennas = lists.get_reader(service.save_reader(cmd, warehouse=warehouse), warehouse=warehouse)
    return {"reader": found, "antennas": antennas}
