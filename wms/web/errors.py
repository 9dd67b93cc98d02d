"""Errors at the edge, mapped once: problem+json for /api/, a page for the desk, a red frame for the handheld.

A refusal (WmsError) shows its sentence and its own status. A database or disk that is away is answered with 503, by a
page that asks the database nothing. Anything else is a fault of ours: it is logged with the request id and answered with
a plain 500 that shows nothing of the inside.
"""

import logging
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import urlsplit

from flask import Flask, Response, current_app, g, jsonify, make_response, redirect, render_template, request, url_for
from flask.globals import request_ctx
from flask_babel import force_locale, gettext, lazy_gettext
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException

from wms.core.errors import ChangeNeeded, FieldErrors, LoginFailed, Names, OutcomeUnknown, Unavailable, WmsError
from wms.db import has_committed, let_go, outage
from wms.web import auth, i18n, metrics, sentences

log = logging.getLogger("wms.web")

#: After so many seconds a client may try again what met an outage.
RETRY_SECONDS: Final = 5

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
}


#: Codes of a problem that no rule of ours raises, for the document of the API.
OF_THE_WIRE: Final = {
    "bad_request": "The request cannot be read.",
    "fault": "A fault of ours; nothing was changed, or the sentence says to look.",
    "method_not_allowed": "This address does not take this method; Allow names those it takes.",
    "request_entity_too_large": "The body is larger than this operation takes.",
}


def init_app(app: Flask) -> None:
    """Register the handlers."""
    app.register_error_handler(WmsError, _sheltered(_on_refusal))
    app.register_error_handler(CSRFError, _sheltered(_on_http_error))
    app.register_error_handler(HTTPException, _sheltered(_on_http_error))
    app.register_error_handler(SQLAlchemyError, _sheltered(_on_outage))
    app.register_error_handler(OSError, _sheltered(_on_outage))
    app.register_error_handler(Exception, _sheltered(_on_fault))


def _sheltered(handler: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Let a handler itself meet an outage: a page with the rail, or the reader's language, asks the database."""

    def answer(error: Any) -> Any:
        try:
            return handler(error)
        except SQLAlchemyError as failed:
            if failed is error:
                raise
            return _on_outage(failed)

    return answer


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
    let_go()
    if isinstance(error, Unavailable) and not is_api() and has_committed():
        error = OutcomeUnknown(**error.data)  # "nothing was changed" may not be true any more
    metrics.count_refusal(error.code)
    if isinstance(error, LoginFailed) and not is_api() and (answer := _to_login()) is not None:
        return answer
    if isinstance(error, ChangeNeeded) and not is_api():
        return _to_change()
    if error.status >= 500:
        # An outage is told in a line each time; a fault with its trace.
        trace = None if isinstance(error, Unavailable) else error
        log.error("request %s failed, %s: %s", g.get("request_id"), error.code, error.data, exc_info=trace)
        auth.ask_no_more()
    if is_api():
        return problem_of(error)
    return _answer(error.status, sentences.sentence(error), code=error.code, units_again=_again_with_units(error))


def _on_outage(error: Exception) -> Any:
    """Answer 503 when the database or a disk is away, whoever met it: a page that reads, a file that is written."""
    unavailable = outage.unavailable_from(error)
    return _on_fault(error) if unavailable is None else _on_refusal(unavailable)


def _on_http_error(error: HTTPException) -> Any:
    let_go()
    status = error.code or 500
    if request_ctx.url_adapter is None and not is_api():  # the Host is no name: a page could draw no link
        return Response(f"{status}\n", status=status, content_type="text/plain")
    if error.response is not None and status < 400:
        return error
    metrics.count_refusal(_name_of(error))
    if status >= 500:
        auth.ask_no_more()
    with_allow = {"Allow": ", ".join(sorted(error.valid_methods or ()))} if status == 405 else {}  # type: ignore[attr-defined]
    if is_api():
        response = _problem(status, code=_name_of(error), detail=str(error.description or error.name), data={})
    else:
        text = (
            _too_large()
            if status == 413
            else _HTTP_SENTENCES.get(status) or gettext("This request cannot be answered. Go back and try again.")
        )
        response = _answer(status, str(text), code=_name_of(error))
    response.headers.update(with_allow)
    return response


def _on_fault(error: Exception) -> Any:
    """Log everything, show nothing. In tests with PROPAGATE_EXCEPTIONS the fault itself comes through."""
    log.error("request %s broke: %s", g.get("request_id"), type(error).__name__, exc_info=error)
    let_go()
    metrics.count_refusal("fault")
    if current_app.config.get("PROPAGATE_EXCEPTIONS"):
        raise error
    auth.ask_no_more()
    is_partly_done = has_committed()
    if is_api():
        repeat = "repeat it with the same Idempotency-Key, or look whether it was done"
        detail = f"A fault of ours; {repeat if is_partly_done else 'nothing was changed'}."
        return _problem(500, code="fault", detail=detail, data={})
    text = (
        gettext("A fault of ours. Some of it may be saved already: look whether it was done before you repeat it.")
        if is_partly_done
        else gettext("A fault of ours. Nothing was changed. Try again; if it stays, tell a supervisor the number.")
    )
    return _answer(500, text, code="fault")


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


def _to_change() -> Response:
    """Lead a person to the page where they choose a password or PIN of their own."""
    where = url_for("mobile.new_secret" if is_handheld() else "accounts.new_password")
    if request.headers.get("HX-Request"):
        return Response(status=403, headers={"HX-Redirect": where})
    if is_handheld() and request.headers.get("X-Hand"):
        return Response(status=403, headers={"X-Go": where})
    return make_response(redirect(where))


#: What is wrong with one unit id that was named.
_UNIT_CODES: Final = frozenset(
    {"unit_unknown", "unit_elsewhere", "unit_of_other_item", "unit_of_other_lot", "unit_named_twice"}
)
#: Questions that a yes settles, sent as a field of this name with the same form.
_YES_QUESTIONS: Final = frozenset({"due_past"})
#: Fields whose values stand on no page: they are asked again.
_SECRET: Final = ("password", "secret", "pin")


def _again_with_units(error: WmsError) -> dict[str, Any] | None:
    """What the form that was sent held, where naming unit ids or a yes finishes it: it is offered again with a place for that."""
    if request.method != "POST" or is_api() or is_handheld() or "codes" in request.form:
        return None
    question = str(error.data.get("question", ""))
    is_asked = error.code == "question_needed" and question.startswith("unit_")
    is_plain = error.code == "question_needed" and question in _YES_QUESTIONS
    if not (
        is_plain or error.code == "units_needed" or is_asked or (error.code in _UNIT_CODES and "units" in request.form)
    ):
        return None
    sent = [
        (name, value)
        for name, value in request.form.items(multi=True)
        if name not in ("csrf_token", "units", "unit_answer")
    ]
    return {
        "fields": [pair for pair in sent if not any(word in pair[0] for word in _SECRET)],
        "secrets": [name for name, _ in sent if any(word in name for word in _SECRET)],
        "units": request.form.get("units", ""), "answer": f"{question}:{error.data.get('unit', '')}" if is_asked else "",
        "answered": request.form.get("unit_answer", ""), "question": question if is_plain else "",
        "action": request.full_path.rstrip("?"),
    }  # fmt: skip


def _answer(status: int, text: str, *, code: str, units_again: dict[str, Any] | None = None) -> Response:
    title = str(_TITLES.get(status) or _TITLES[409])
    values = {
        "title": title, "text": text, "status": status, "code": code, "back": back_path(),
        "request_id": g.get("request_id", ""), "units_again": units_again,
    }  # fmt: skip
    if request.headers.get("HX-Request") and not is_handheld():
        response = make_response(render_template("_refused.html", **values), status)
        response.headers["HX-Retarget"] = "#messages"
        response.headers["HX-Reswap"] = "innerHTML"
        return response
    if status >= 500:
        again = request.full_path.rstrip("?") if request.method == "GET" else back_path()
        start = "/m/" if is_handheld() else "/"
        headers = {"Retry-After": str(RETRY_SECONDS)} if status == 503 else {}
        return make_response(render_template("fault.html", again=again, start=start, **values), status, headers)
    if is_handheld():
        return make_response(render_template("mobile/_refused.html", message=None, **values), status)
    return make_response(render_template("refused.html", **values), status)


def problem_of(error: WmsError) -> Response:
    """Say a refusal as problem+json: stable code, English, and the caller's language beside it (RFC 9457)."""
    local = None if _is_english() else sentences.sentence(error)
    response = _problem(error.status, code=error.code, detail=_in_english(error), data=_public_data(error), local=local)
    if error.status == 429 and "seconds" in error.data:
        response.headers["Retry-After"] = str(error.data["seconds"])
    if error.status == 503:
        response.headers["Retry-After"] = str(RETRY_SECONDS)
    if error.code == "key_in_flight":
        response.headers["Retry-After"] = "1"
    return response


def _problem(status: int, *, code: str, detail: str, data: dict[str, Any], local: str | None = None) -> Response:
    body: dict[str, Any] = {
        "type": f"/api/v1/problems#{code}",
        "title": _title_in_english(status),
        "status": status,
        "code": code,
        "detail": detail,
        "data": data,
        "request_id": g.get("request_id"),
    }
    if local is not None:
        body["detail_local"] = local
        body["language"] = i18n.html_language()
    response = jsonify(body)
    response.status_code = status
    response.content_type = "application/problem+json"
    if status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def _is_english() -> bool:
    return i18n.choose_language() == i18n.ENGLISH


def _title_in_english(status: int) -> str:
    with force_locale("en"):
        return str(_TITLES.get(status) or _TITLES[409])


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
        k: _named_in_english(v)
        if isinstance(v, Names | list)
        else v
        if isinstance(v, (int, str)) or v is None
        else sorted(map(str, v))
        if isinstance(v, (set, tuple))
        else str(v)
        for k, v in error.data.items()
    }


def _too_large() -> str:
    mb = (request.max_content_length or 0) // (1024 * 1024)
    return gettext("What was sent is too large. Send at most %(mb)s MB at once.", mb=mb)


def _named_in_english(value: Names | list[Any]) -> Any:
    if isinstance(value, Names):
        return value.name_en
    return [part.name_en if isinstance(part, Names) else part for part in value]


def _name_of(error: HTTPException) -> str:
    return "csrf" if isinstance(error, CSRFError) else error.name.lower().replace(" ", "_")
