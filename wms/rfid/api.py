"""The two addresses of a gateway: its configuration, and the batches it sends. See docs/rfid-gateway.md."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

from flask import Blueprint, jsonify

from wms.accounts import passwords
from wms.core.clock import now
from wms.core.errors import NotFound
from wms.core.ids import GatewayId
from wms.db import run_in_transaction
from wms.rfid import schemas, service
from wms.rfid.queries import gateway as queries
from wms.rfid.service import AcceptBatch, Accepted
from wms.web import auth
from wms.web.auth import requires
from wms.web.forms import parse_json

bp = Blueprint("rfid_api", __name__, url_prefix="/api/v1/rfid")

#: So many items are stored in one transaction: a backlog must not keep the handhelds waiting for the database.
PART = 50
#: After so many seconds the answer is given with what is stored by then; the gateway sends the rest again at once.
ENOUGH_SECONDS = 2.0


@bp.get("/gateway/config")
@requires("rfid.gateway")
def gateway_config() -> Any:
    """Give the gateway behind the token its readers and doors."""
    return jsonify(queries.configuration(_gateway()))


@bp.post("/batches")
@requires("rfid.gateway")
def batches() -> Any:
    """Take a batch: each part of it is one verb and one commit; what is stored of it is in the answer."""
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
