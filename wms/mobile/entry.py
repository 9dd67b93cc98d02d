"""The handheld's door: login by badge and PIN on a registered device or by password anywhere, the menu, a scanner test."""

from typing import Any, Final

from flask import Response, current_app, make_response, redirect, render_template, request, session, url_for

from wms.accounts import passwords, queries, schemas, service, sessions
from wms.accounts.routes import safe_next
from wms.core.clock import now
from wms.core.errors import FieldErrors, LockedOut, NotAllowed, NotFound
from wms.db import run_in_transaction
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
    Entry(messages.SUPPLIER_RETURN, "/m/supplier_return", "supplier_return"),
    Entry(messages.RECALL_RETURN, "/m/recall_return", "quality"),
    Entry(messages.PICK, "/m/pick", "pick"),
    Entry(messages.MOVE, "/m/move", "move"),
    Entry(messages.COUNT, "/m/count", "count"),
    Entry(messages.ISSUE, "/m/issue", "issue"),
    Entry(messages.LABELS, "/m/labels", "labels"),
    Entry(messages.INQUIRY, "/m/inquiry", "inquiry"),
    Entry(messages.PROBLEM, "/m/problem", "problem"),
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
    attempt = service.check_password(form["login"], form["password"], device_secret=sessions.device_secret())
    return _settle(attempt, form["next"])


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
    return _as_device(secret)


@bp.get("/setup/<code>")
@public
def set_up_device(code: str) -> Any:
    """Make this browser a registered handheld by the one-time link shown at its registration."""
    if request.method == "HEAD" or "prefetch" in request.headers.get("Sec-Purpose", ""):
        return Response(status=204)  # somebody looks ahead: the link is for the one who opens it
    secret = run_in_transaction(service.set_up_device, code, at=now())
    sessions.end_session()
    return _as_device(secret)


def _as_device(secret: str) -> Any:
    """Let this browser be the device, and ask for a badge."""
    response = redirect(url_for("mobile.login"))
    sessions.set_device_cookie(response, secret)
    return response


@bp.get("/new-secret")
@signed_in
def new_secret() -> Any:
    """Ask for a password or PIN of one's own, in place of one that was given for once."""
    kind = _to_change()
    if not kind:
        return redirect(url_for("mobile.menu"))
    return render_template("mobile/new_secret.html", kind=kind, message=None)


@bp.post("/new-secret")
@signed_in
def set_new_secret() -> Any:
    """Take a password or PIN of one's own."""
    kind = _to_change()
    if not kind:
        raise NotAllowed(permission="own_change")
    try:
        form = parse_form(schemas.NewSecretIn())
        if form["secret"] != form["again"]:
            raise FieldErrors(errors={"again": ["pins_differ" if kind == "pin" else "passwords_differ"]})
        if kind == "pin":
            run_in_transaction(service.change_pin, auth.actor_id(), form["secret"])
        else:
            sessions.renew(run_in_transaction(service.change_password, auth.actor_id(), form["secret"]))
    except FieldErrors as wrong:
        said = " ".join(dict.fromkeys(sentences.field_faults(wrong).values()))
        page = render_template("mobile/new_secret.html", kind=kind, message=Message(Tone.NO, said))
        return make_response(page, wrong.status)
    return redirect(url_for("mobile.menu"))


def _to_change() -> str:
    person = auth.current_person()
    return person.must_change if person else ""


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
