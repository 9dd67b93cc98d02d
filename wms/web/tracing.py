"""What is kept of every request: its id, its line in the log, its counts.

The id comes with the request (a proxy or a client made it) when it is well formed, else it is made here; it leaves in
X-Request-Id, stands in every line of the log and on every page that tells of a fault.
"""

import logging
import re
import secrets
import time
from collections.abc import Mapping
from typing import Any, Final

from flask import Flask, Response, current_app, g, has_request_context, request, session

from wms import db
from wms.web import auth, logs, metrics

log = logging.getLogger("wms.request")

_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9-]{8,64}")
#: Asked every second or so by machines: a good answer to them is told at DEBUG only.
_QUIET: Final = frozenset({"static", "web.health", "web.ready", "watch.scrape", "rfid_api.batches"})
#: Neither of these may lengthen a session or hand out a cookie.
WITHOUT_SESSION: Final = frozenset(
    {"static", "web.health", "web.ready", "watch.scrape", "passport_page.short", "passport_page.digital_link"}
)


def init_app(app: Flask) -> None:
    """Tie to the app; called before any other hook is set, so that this one sees what all others answer."""
    app.before_request(_begin)
    app.after_request(_end)
    app.teardown_request(_leave)
    logs.ask_with(fields)
    db.count_with(metrics.count_committed)


def request_id() -> str:
    """Give the id of the present request, blank outside of one."""
    return str(g.get("request_id", "")) if has_request_context() else ""


def fields() -> Mapping[str, Any]:
    """Tell what a line of the log says of the present request, from what is known already."""
    if not has_request_context():
        return {}
    told: dict[str, Any] = {"request_id": request_id(), "method": request.method[:20], "path": _route() or "–"}
    person = auth.known_person()
    if person is not None:
        # As text: readers of JSON lose digits of long numbers.
        if person.is_machine:
            told["key_id"] = str(person.key_id)
        told["user_id"] = str(person.id)
        if not person.is_machine and (device := session.get("device_id")):
            told["device_id"] = str(device)
    if (warehouse := auth.known_warehouse()) is not None:
        told["warehouse_id"] = str(warehouse)
    return told


def _begin() -> None:
    given = request.headers.get("X-Request-Id", "")
    g.request_id = given if _REQUEST_ID.fullmatch(given) else secrets.token_hex(6)
    g.began = time.perf_counter()
    metrics.begin_request()
    g.is_counted = True


def _end(response: Response) -> Response:
    response.headers["X-Request-Id"] = request_id()
    seconds = time.perf_counter() - g.get("began", time.perf_counter())
    metrics.count_request(route=_route(), method=request.method, status=response.status_code, seconds=seconds)
    is_unchanged = request.method in {"GET", "HEAD"} and response.status_code in {204, 304}  # a form may answer 204 too
    is_quiet = response.status_code < 400 and (request.endpoint in _QUIET or is_unchanged)
    is_demo = current_app.config["WMS"].is_demo  # it stands in a terminal, where these lines would push away the way in
    log.log(
        logging.DEBUG if is_quiet or is_demo else logging.INFO,
        "answered",
        extra={"status": response.status_code, "ms": round(seconds * 1000, 1)},
    )
    return response


def _leave(_error: BaseException | None) -> None:
    if g.pop("is_counted", False):
        metrics.end_request()


def _route() -> str | None:
    """The template of the rule that the request met: never the path itself, which may hold a secret or anything else."""
    return request.url_rule.rule if request.url_rule is not None else None
