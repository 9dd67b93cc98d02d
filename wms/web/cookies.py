"""Cookies of ours, set in one way: under HTTPS with the prefix __Host-, which no other name or plain page can set."""

from __future__ import annotations

from flask import Response as FlaskResponse
from flask import current_app, request
from werkzeug.wrappers import Response

_PREFIX = "__Host-"


def named(name: str, *, is_https: bool) -> str:
    """Give the name of a cookie as the browser keeps it.

    >>> named("wms_session", is_https=True), named("wms_session", is_https=False)
    ('__Host-wms_session', 'wms_session')
    """
    return _PREFIX + name if is_https else name


def read(name: str) -> str:
    """Give a cookie of this request, blank without one."""
    return request.cookies.get(named(name, is_https=_is_https()), "")


def keep(response: Response | FlaskResponse, name: str, value: str, *, seconds: int) -> None:
    """Let the browser keep a cookie for so long: for this host and all its pages, never for scripts."""
    is_https = _is_https()
    response.set_cookie(
        named(name, is_https=is_https),
        value,
        max_age=seconds,
        path="/",
        httponly=True,
        samesite="Lax",
        secure=is_https or request.is_secure,
    )


def _is_https() -> bool:
    return bool(current_app.config["WMS"].is_https)
