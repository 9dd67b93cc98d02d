"""/metrics, for a monitoring program: never public, see docs/operations.md."""

from __future__ import annotations

import ipaddress
from typing import Any, Final

from flask import Blueprint, Response, current_app, request
from werkzeug.sansio.utils import get_host

from wms.core.clock import now
from wms.watch import gauges
from wms.web import auth, metrics
from wms.web.auth import public

bp = Blueprint("watch", __name__)

#: What a proxy writes into a request that it hands on.
_PROXY_HEADERS: Final = (
    "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Port", "X-Real-IP", "Forwarded", "Via",
)  # fmt: skip


@bp.get("/metrics")
@public
def scrape() -> Any:
    """Give the figures to a key with `metrics.view`, or to a program on this host that asks the server itself.

    Marked public since neither a session nor the API's rules hold here; who may is decided below.
    """
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        machine = auth.directory().load_machine(value.strip(), now())
        if machine is None:
            metrics.count_login_failure("key")
            return _refused(401, "This API key is not known here.")
        if not machine.may("metrics.view", None):
            return _refused(403, "This API key needs the scope metrics.view, for all warehouses.")
    elif not (current_app.config["WMS"].metrics_allow == "loopback" and _is_of_this_host()):
        return _refused(401, "Send an API key with the scope metrics.view as a bearer token.")
    return Response(metrics.page(gauges.read), content_type=metrics.CONTENT_TYPE)


def _is_of_this_host() -> bool:
    """Say whether the request came from this host, without a proxy between and under a name of the loopback.

    Behind a proxy on this host every address is the loopback's: so a request that any proxy has marked is not trusted,
    and neither is one that asks for another name (a proxy that marks nothing, or a page in somebody's browser).
    """
    if any(name in request.headers for name in _PROXY_HEADERS):
        return False
    host = get_host(request.scheme, request.headers.get("Host")).rpartition(":")
    name = (host[0] if host[2].isdigit() and host[0] else "".join(host)).strip("[]")
    return _is_loopback(request.remote_addr or "") and (name == "localhost" or _is_loopback(name))


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def _refused(status: int, words: str) -> Response:
    response = Response(words + "\n", status, content_type="text/plain; charset=utf-8")
    if status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response
