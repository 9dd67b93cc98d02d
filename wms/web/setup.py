"""What every request has: login, CSRF, language, security headers, request id, error pages; and the check of the marks."""

from datetime import timedelta
from typing import Any, Final
from urllib.parse import urlsplit

from flask import Flask, Response, current_app, g, request, session
from flask.sessions import SecureCookieSessionInterface, SessionMixin
from flask_login import LoginManager, current_user
from flask_wtf.csrf import CSRFError, CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import IntegerConverter

from config import Config
from wms.audit import capture, context
from wms.core.clock import now
from wms.core.errors import FieldErrors
from wms.core.ids import DeviceId, UserId
from wms.web import api, auth, cookies, errors, i18n, limits, navigation, tracing, uploads, views

CSP: Final = (
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data: blob:; "
    "connect-src 'self'; object-src 'none'; base-uri 'self'; frame-ancestors 'none'; form-action 'self'"
)
IDLE_HAND: Final = timedelta(minutes=10)
IDLE_DESK: Final = timedelta(minutes=30)
_SEEN_STEP_SECONDS: Final = 30

csrf = CSRFProtect()


class PageSessions(SecureCookieSessionInterface):
    """The session cookie goes out with pages only.

    A style sheet or picture that was still on its way when somebody logged out would bring the old cookie back; a program
    that asks for the health is nobody's session.
    """

    def should_set_cookie(self, app: Flask, session: SessionMixin) -> bool:
        return request.endpoint not in tracing.WITHOUT_SESSION and super().should_set_cookie(app, session)


class BoundedInteger(IntegerConverter):
    """`<int:...>` in a URL: never beyond BIGINT, so a long number is a plain 404."""

    def __init__(self, map: Any, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max", 2**63 - 1)
        super().__init__(map, *args, **kwargs)


def init_app(app: Flask, config: Config) -> None:
    """Set the edge up; called once by the factory, before the blueprints."""
    app.config.update(
        SESSION_COOKIE_NAME=cookies.named("wms_session", is_https=config.is_https),
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=config.is_https,
        PERMANENT_SESSION_LIFETIME=timedelta(hours=config.session_hours),
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_CHECK_DEFAULT=False,
        WTF_CSRF_SSL_STRICT=False,
    )
    tracing.init_app(app)
    app.url_map.converters["int"] = BoundedInteger
    app.session_interface = PageSessions()
    manager = LoginManager(app)
    manager.session_protection = None  # a handheld changes its address as it roams
    manager.user_loader(_load_person)
    csrf.init_app(app)
    i18n.init_app(app)
    views.init_app(app)
    errors.init_app(app)
    app.before_request(_bound_body)
    limits.init_app(app, per_minute=config.api_per_minute)
    app.before_request(_refuse_unstorable_text)
    app.before_request(_end_old_session)
    app.before_request(auth.guard)
    app.before_request(_check_csrf)
    app.after_request(lambda response: _set_headers(response, hsts_days=config.hsts_days))
    if config.proxies:  # the proxy keeps Host as it is; address and scheme of the client come from it
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=config.proxies, x_proto=config.proxies)  # type: ignore[method-assign]
    app.after_request(_let_the_page_go)
    app.context_processor(_page_values)
    auth.public(app.view_functions["static"])
    context.ask_with(auth.who_acts)
    capture.listen()


def _let_the_page_go(response: Response) -> Response:
    """Answer a form sent by script with where to go: a redirect would be followed unseen, and spend what was flashed."""
    if request.method == "POST" and request.headers.get("HX-Request") and response.status_code in {302, 303}:
        response.headers["HX-Redirect"] = response.headers.pop("Location")
        response.set_data(b"")
        response.status_code = 204
    return response


def check_every_route_is_marked(app: Flask) -> None:
    """Refuse to start when a view has no mark: what nobody decided on, nobody may open."""
    bare = sorted(
        f"{rule.rule} -> {rule.endpoint}"
        for rule in app.url_map.iter_rules()
        if auth.mark_of(app.view_functions[rule.endpoint]) is None
    )
    if bare:
        raise RuntimeError("routes without @requires, @signed_in or @public: " + "; ".join(bare))


# -- before -----------------------------------------------------------------------------------------------------------
def _bound_body() -> None:
    """An operation of the API says itself how large its body may be; a page keeps the bound of all."""
    view = current_app.view_functions[request.endpoint] if request.endpoint else None
    operation = api.operation_of(view) if view else None
    if view is not None and uploads.bound(view, is_api=operation is not None):
        return
    if operation is not None:
        request.max_content_length = operation.body_bytes_max


def _refuse_unstorable_text() -> None:
    """Refuse NUL in any value: PostgreSQL cannot keep it, and no label or person means it."""
    values = [request.path, *(v for _, v in request.args.items(multi=True))]
    if request.method == "POST" and not errors.is_api():
        values += [v for _, v in request.form.items(multi=True)]
    if any("\x00" in value for value in values):
        raise FieldErrors(errors={"": ["unprintable"]})


def _end_old_session() -> None:
    """End a session that is too old or was left alone too long; what it was doing stays for the next login."""
    if "_user_id" not in session:
        return
    moment = int(now().timestamp())
    seen, since = session.get("seen", 0), session.get("since", 0)
    idle = IDLE_HAND if session.get("face") == "hand" else IDLE_DESK
    hours = current_lifetime()
    if moment - seen > idle.total_seconds() or moment - since > hours.total_seconds():
        keep = session.get("warehouse_id")
        session.clear()
        session["warehouse_id"] = keep
        session["was_locked"] = True
        auth.forget_request()
        g.pop("_login_user", None)
    elif moment - seen > _SEEN_STEP_SECONDS:
        session["seen"] = moment


def current_lifetime() -> timedelta:
    """Say how long a session may last at all."""
    return current_app.permanent_session_lifetime


def _check_csrf() -> None:
    """Ask every writing request for the token and for an origin of our own, but those that carry a bearer token."""
    if request.method in {"GET", "HEAD", "OPTIONS", "TRACE"} or auth.bearer_token() is not None:
        return
    if request.endpoint is None:
        return  # the 404 or 405 follows
    fetch_site = request.headers.get("Sec-Fetch-Site")
    origin = request.headers.get("Origin")
    is_foreign = fetch_site not in {"same-origin", "none"} if fetch_site else origin is not None and not _is_own(origin)
    if is_foreign:
        raise CSRFError("The request came from another site.")
    csrf.protect()


def _is_own(origin: str) -> bool:
    try:
        return urlsplit(origin).netloc == request.host
    except ValueError:  # "http://[" is no address
        return False


def _load_person(session_id: str) -> auth.Person | None:
    number, _, token = session_id.partition(":")
    if not number.isdigit() or not token:
        return None
    device = session.get("device_id")
    person = auth.directory().load_person(UserId(int(number)), token, DeviceId(device) if device else None)
    if person is not None and session.get("language") != person.language:
        session["language"] = person.language  # for the page that is shown when nobody can be looked up
    return person


# -- after ------------------------------------------------------------------------------------------------------------
def _set_headers(response: Response, *, hsts_days: int) -> Response:
    headers = response.headers
    headers.setdefault("Content-Security-Policy", CSP)
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("Referrer-Policy", "same-origin")
    headers.setdefault("Permissions-Policy", "camera=(self), microphone=(), geolocation=(), payment=(), usb=()")
    headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    headers.setdefault("X-Frame-Options", "DENY")
    if hsts_days and request.is_secure:
        headers.setdefault("Strict-Transport-Security", f"max-age={hsts_days * 86400}")
    if request.endpoint != "static":
        headers.setdefault("Cache-Control", "no-store")
    return response


def _page_values() -> dict[str, Any]:
    """What every page may use."""
    person = auth.current_person()
    return {
        "person": person,
        "currency": current_app.config["WMS"].currency,
        "language": i18n.choose_language(),
        "languages": i18n.LANGUAGES,
        "html_language": i18n.html_language,
        "rail": navigation.rail,
        "setup_pages": navigation.setup_pages,
        "is_here": navigation.is_here,
        "open_alerts": navigation.open_alerts,
        "permitted_sites": auth.permitted_sites,
        "current_site": auth.current_site,
        "current_user": current_user,
        "is_partial": bool(request.headers.get("X-Hand")),
        "is_fragment": bool(request.headers.get("HX-Request")),
    }
