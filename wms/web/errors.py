"""Errors at the edge, mapped once: problem+json for /api/, a page for the desk, a red frame for the handheld.

A refusal (WmsError) shows its sentence and its own status. Anything else is a fault of ours: it is logged with the
request id and answered with a plain 500 that shows nothing of the inside.
"""

import logging
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Response, current_app, g, jsonify, make_response, redirect, render_template, request, url_for
from flask_babel import force_locale, gettext, lazy_gettext
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from wms.core.errors import FieldErrors, LoginFailed, ProgrammingError, WmsError
from wms.db import db
from wms.web import sentences

log = logging.getLogger("wms.web")

_TITLES: dict[int, Any] = {
    400: lazy_gettext("This form is too old"),
    401: lazy_gettext("Please log in"),
    403: lazy_gettext("Not allowed"),
    404: lazy_gettext("Not found"),
    405: lazy_gettext("Not possible here"),
    409: lazy_gettext("Not possible now"),
    413: lazy_gettext("Too large"),
    422: lazy_gettext("Something needs another value"),
    429: lazy_gettext("Too many tries"),
    500: lazy_gettext("A fault of ours"),
    503: lazy_gettext("Not possible at this moment"),
}
_HTTP_SENTENCES: dict[int, Any] = {
    400: lazy_gettext("The page was open too long or came from elsewhere. Open it again and repeat."),
    404: lazy_gettext("There is nothing at this address. Check it, or go back."),
    405: lazy_gettext("This address does not take this kind of request. Go back and use the buttons."),
    413: lazy_gettext("What was sent is too large. Send at most 16 MB."),
}


def init_app(app: Flask) -> None:
    """Register the handlers."""
    app.register_error_handler(WmsError, _on_refusal)
    app.register_error_handler(CSRFError, _on_http_error)
    app.register_error_handler(HTTPException, _on_http_error)
    app.register_error_handler(Exception, _on_fault)


def is_api() -> bool:
    """Say whether this request came to the API."""
    return request.path.startswith("/api/")


def is_handheld() -> bool:
    """Say whether this request came from a handheld page."""
    return request.path == "/m" or request.path.startswith("/m/")


def back_path() -> str:
    """Give the page the person came from when it is ours, else the start page."""
    try:
        came = urlsplit(request.referrer or "")
    except ValueError:  # "http://[" is no address
        came = urlsplit("")
    if came.netloc == request.host and came.path.startswith("/") and not came.path.startswith("//"):
        return came.path + (f"?{came.query}" if came.query else "")
    return "/m/" if is_handheld() else "/"


def _on_refusal(error: WmsError) -> Any:
    db.session.rollback()
    if isinstance(error, ProgrammingError) or error.status >= 500:
        log.error(
            "%s %s failed, request %s: %s", request.method, request.path, g.get("request_id"), error, exc_info=error
        )
    if isinstance(error, LoginFailed) and not is_api() and (answer := _to_login()) is not None:
        return answer
    if is_api():
        return _problem(error.status, code=error.code, detail=_in_english(error), data=_public_data(error))
    return _answer(error.status, sentences.sentence(error), code=error.code)


def _on_http_error(error: HTTPException) -> Any:
    db.session.rollback()
    status = error.code or 500
    if error.response is not None and status < 400:
        return error
    with_allow = {"Allow": ", ".join(sorted(error.valid_methods or ()))} if status == 405 else {}  # type: ignore[attr-defined]
    if is_api():
        response = _problem(status, code=_name_of(error), detail=str(error.description or error.name), data={})
    else:
        text = _HTTP_SENTENCES.get(status) or gettext("This request cannot be answered. Go back and try again.")
        response = _answer(status, str(text), code=_name_of(error))
    response.headers.update(with_allow)
    return response


def _on_fault(error: Exception) -> Any:
    """Log everything, show nothing. In tests with PROPAGATE_EXCEPTIONS the fault itself comes through."""
    log.error("%s %s broke, request %s", request.method, request.path, g.get("request_id"), exc_info=error)
    try:
        db.session.rollback()
    except Exception:
        db.session.remove()
    if current_app.config.get("PROPAGATE_EXCEPTIONS"):
        raise error
    if is_api():
        return _problem(500, code="fault", detail="A fault of ours; nothing was changed.", data={})
    return make_response(
        render_template("fault.html", request_id=g.get("request_id", "")),
        500,
        {"Content-Type": "text/html; charset=utf-8"},
    )


def _to_login() -> Response | None:
    """Send a desk reader to the login page; hand the login frame to a handheld, so that its work is kept."""
    endpoint = "mobile.login" if is_handheld() else "accounts.login"
    if endpoint not in current_app.view_functions:
        return None
    target = (
        request.full_path.rstrip("?")
        if request.method == "GET"
        else (back_path() if not is_handheld() else request.path)
    )
    if request.headers.get("HX-Request"):
        return Response(status=401, headers={"HX-Redirect": url_for(endpoint, next=back_path())})
    if is_handheld() and request.headers.get("X-Hand"):
        return Response(status=401, headers={"X-Go": url_for(endpoint, next=target)})
    return make_response(redirect(url_for(endpoint, next=target) if target not in {"/", "/m/"} else url_for(endpoint)))


def _answer(status: int, text: str, *, code: str) -> Response:
    title = str(_TITLES.get(status) or _TITLES[409])
    values = {"title": title, "text": text, "status": status, "code": code, "back": back_path()}
    if is_handheld():
        return make_response(render_template("mobile/_refused.html", message=None, **values), status)
    if request.headers.get("HX-Request"):
        response = make_response(render_template("_refused.html", **values), status)
        response.headers["HX-Retarget"] = "#messages"
        response.headers["HX-Reswap"] = "innerHTML"
        return response
    return make_response(render_template("refused.html", request_id=g.get("request_id", ""), **values), status)


def _problem(status: int, *, code: str, detail: str, data: dict[str, Any]) -> Response:
    response = jsonify(
        type="about:blank",
        title=code,
        status=status,
        code=code,
        detail=detail,
        data=data,
        request_id=g.get("request_id"),
    )
    response.status_code = status
    response.content_type = "application/problem+json"
    if status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def _in_english(error: WmsError) -> str:
    with force_locale("en"):
        return sentences.sentence(error)


def _public_data(error: WmsError) -> dict[str, Any]:
    """What the API tells of a refusal; of our own faults nothing."""
    if error.status >= 500:
        return {}
    if isinstance(error, FieldErrors):
        return {"errors": error.data.get("errors", {})}
    return {
        k: v
        if isinstance(v, (int, str, list)) or v is None
        else sorted(map(str, v))
        if isinstance(v, (set, tuple))
        else str(v)
        for k, v in error.data.items()
    }


def _name_of(error: HTTPException) -> str:
    return "csrf" if isinstance(error, CSRFError) else error.name.lower().replace(" ", "_")
