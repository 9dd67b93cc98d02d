"""The handheld's door: login by badge and PIN on a registered device or by password anywhere, the menu, a scanner test."""

from typing import Any, Final

from flask import current_app, make_response, redirect, render_template, request, session, url_for

from wms.accounts import passwords, queries, schemas, service, sessions
from wms.accounts.routes import safe_next
from wms.core.errors import LockedOut, NotFound
from wms.mobile import bp, messages
from wms.mobile.flow import Message, Tone
from wms.web import auth, navigation, sentences
from wms.web.auth import public, signed_in
from wms.web.forms import parse_form
from wms.web.navigation import Entry

#: The tasks of the menu, in the order of a day; one without a page or a right is not shown.
MENU: Final = (
    Entry(messages.RECEIVE, "/m/receive", "receive"),
    Entry(messages.PUTAWAY, "/m/putaway", "putaway"),
    Entry(messages.PICK, "/m/pick", "pick"),
    Entry(messages.MOVE, "/m/move", "move"),
    Entry(messages.COUNT, "/m/count", "count"),
    Entry(messages.ISSUE, "/m/issue", "issue"),
    Entry(messages.INQUIRY, "/m/inquiry", "inquiry"),
)


@bp.get("/")
@signed_in
def menu() -> Any:
    """Show the tasks this person may do here."""
    tasks = [entry for entry in MENU if navigation.may_open(entry.path)]
    return render_template("mobile/menu.html", tasks=tasks, message=None)


@bp.get("/login")
@public
def login() -> Any:
    """Ask for badge and PIN, or login and password."""
    if auth.current_person() is not None:
        return redirect(url_for("mobile.menu"))
    message = Message(Tone.ASK, str(messages.LOCKED_IDLE)) if session.pop("was_locked", False) else None
    return _login_page(request.args.get("next", ""), message)


@bp.post("/login")
@public
def log_in() -> Any:
    """Let a person in by password."""
    form = parse_form(schemas.LoginIn())
    return _settle(service.check_password(form["login"], form["password"]), form["next"])


@bp.post("/login/badge")
@public
def log_in_by_badge() -> Any:
    """Let a person in by badge and PIN, on a registered device only; also the fast switch from one person to the next."""
    form = parse_form(schemas.BadgeIn())
    attempt = service.check_badge(form["badge"], form["pin"], device_secret=sessions.device_secret())
    return _settle(attempt, form["next"])


@bp.post("/switch")
@public
def switch() -> Any:
    """End this person's session and ask for the next one's badge; nothing of the first stays on the screen."""
    sessions.end_session()
    return redirect(url_for("mobile.login"))


@bp.get("/device/<secret>")
@public
def try_device(secret: str) -> Any:
    """Make this browser the demo's handheld, by the link that `run.py all` prints; no such page outside the demo."""
    if not current_app.config["WMS"].is_demo or queries.find_device(passwords.hash_random(secret)) is None:
        raise NotFound(kind="device", text="")
    response = redirect(url_for("mobile.login"))
    sessions.set_device_cookie(response, secret)
    return response


@bp.get("/scanner-test")
@public
def scanner_test() -> Any:
    """Show what the scanner sends, sign by sign, with the mend for a wrong set-up."""
    return render_template("mobile/scanner_test.html", message=None)


def _settle(attempt: service.Attempt, target: str) -> Any:
    """Open the session or show the login page again. A lock is told only to the holder of a badge."""
    try:
        is_in = sessions.log_in(attempt, face="hand")
    except LockedOut as locked:
        return make_response(_login_page(target, Message(Tone.NO, sentences.sentence(locked))), locked.status)
    if is_in:
        return redirect(safe_next(target, url_for("mobile.menu")))
    return make_response(_login_page(target, Message(Tone.NO, str(messages.LOGIN_WRONG))), 401)


def _login_page(target: str, message: Message | None) -> str:
    return render_template(
        "mobile/login.html", next=target, is_registered=sessions.is_registered_device(), message=message
    )
