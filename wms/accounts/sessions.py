"""Opening and ending sessions: the part of a login that knows the browser. Used by the desk's and the handheld's pages.

A session is a signed cookie with a number of its own; logging out keeps that number as ended, so that a copy opens nothing.
On a registered device it is good only beside that device's own cookie.
"""

import logging
import secrets
from typing import Final

from flask import Response as FlaskResponse
from flask import current_app, g, session
from flask_login import login_user, logout_user
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.wrappers import Response

from wms.accounts import passwords, queries, rules, service
from wms.core.clock import now
from wms.core.errors import LockedOut, LoginFailed, PasswordWrong, Unavailable, WmsError
from wms.core.ids import DeviceId, UserId
from wms.db import run_in_transaction
from wms.web import auth, cookies, metrics

log = logging.getLogger("wms.accounts")

DEVICE_COOKIE: Final = "wms_device"
_DEVICE_COOKIE_SECONDS: Final = 400 * 24 * 3600  # the longest a browser keeps one


def log_in(attempt: service.Attempt, *, face: str) -> bool:
    """Settle a try and open the session for `face` ("desk" or "hand"); False when it is refused, LockedOut on a known badge."""
    outcome = run_in_transaction(service.settle_login, attempt, at=now())
    if not outcome.is_in or outcome.user_id is None:
        metrics.count_login_failure(face)
        # A badge is a secret, so its holder may know of the lock; behind a login name the answer never changes.
        if outcome.locked_until is not None and attempt.by == "pin":
            raise LockedOut(until=outcome.locked_until.strftime("%H:%M UTC"))
        return False
    open_session(outcome, face=face)
    return True


def open_session(outcome: service.LoginOutcome, *, face: str) -> None:
    """Start a clean session: nothing of the one before is left on the screen of the next person."""
    if outcome.user_id is None:
        raise LoginFailed()
    warehouse_id = outcome.warehouse_id or session.get("warehouse_id")
    _end_on_server()
    session.clear()
    auth.forget_request()
    moment = int(now().timestamp())
    session.permanent = True
    session.update(face=face, since=moment, seen=moment, sid=secrets.randbits(62), by=outcome.by)
    if outcome.device_id is not None:
        session["device_id"] = outcome.device_id
    person = load_signed_in(outcome.user_id, outcome.session_token, outcome.device_id)
    if person is None:
        session.clear()
        raise LoginFailed()
    if warehouse_id is not None:
        session["warehouse_id"] = warehouse_id
    login_user(person)


def end_session() -> None:
    """Log out: the session is over here and on the server."""
    _end_on_server()
    logout_user()
    session.clear()
    auth.forget_request()


def _end_on_server() -> None:
    """Keep the number of the session, if there is one, as ended. Without a database the person is let go all the same."""
    number, device = session.get("sid"), session.get("device_id")
    user = str(session.get("_user_id", "")).partition(":")[0]
    if number is None or not user.isdigit():
        return
    try:
        run_in_transaction(
            service.end_session,
            number,
            user_id=UserId(int(user)),
            device_id=DeviceId(device) if device else None,
            at=now(),
            kept=current_app.permanent_session_lifetime,
        )
    except Unavailable as refused:
        log.warning("a log-out was not kept: %s", refused)


def renew(session_token: str) -> None:
    """Keep the own session alive after a change of password, which ends all others."""
    person = auth.current_person()
    if person is None:
        return
    device = session.get("device_id")
    auth.forget_request()
    fresh = load_signed_in(person.id, session_token, DeviceId(device) if device else None)
    if fresh is not None:
        login_user(fresh)


def confirm_password(password: str) -> None:
    """Ask the signed-in person for the password again; PasswordWrong or LockedOut, and the wrong try is counted.

    Called by an edge before the verb that needs a signature (21 CFR 11.200), such as lifting a hold.
    """
    attempt = service.check_again(auth.actor_id(), password)
    outcome = run_in_transaction(service.settle_login, attempt, at=now(), is_signature=True)
    if not outcome.is_in:
        metrics.count_login_failure("signature")
    if outcome.locked_until is not None:
        raise LockedOut(until=outcome.locked_until.strftime("%H:%M UTC"))
    if not outcome.is_in:
        raise PasswordWrong()


def confirm_person(login: str, password: str) -> auth.Person:
    """Give the person behind login and password, for a signature inside a machine's call; PasswordWrong otherwise.

    The wrong try is counted as at a login; whether the login is unknown, closed or locked is not told.
    """
    attempt = service.check_password(login, password)
    outcome = run_in_transaction(service.settle_login, attempt, at=now(), is_signature=True)
    person = None
    if outcome.user_id is not None:
        person = load_person(outcome.user_id, outcome.session_token, None)
    if person is None:
        metrics.count_login_failure("signature")
        raise PasswordWrong()
    return person


def device_secret() -> str:
    """Give the secret in this browser's device cookie, blank without one."""
    return cookies.read(DEVICE_COOKIE)


def is_registered_device() -> bool:
    """Say whether this browser belongs to a registered, active device."""
    secret = device_secret()
    return bool(secret) and queries.find_device(passwords.hash_random(secret)) is not None


def set_device_cookie(response: Response, secret: str) -> None:
    """Make this browser the registered device."""
    cookies.keep(response, DEVICE_COOKIE, secret, seconds=_DEVICE_COOKIE_SECONDS)


def load_signed_in(user_id: UserId, session_token: str, device_id: DeviceId | None) -> auth.Person | None:
    """Give the person behind the session of this request, for wms.web.auth."""
    number, by = session.get("sid"), session.get("by")
    if number is None:
        return None
    account = queries.load_account(
        user_id,
        session_token,
        device_id,
        session_id=number,
        device_hash=passwords.hash_random(device_secret()) if device_id is not None else None,
    )
    if account is None:
        return None
    seen = account.device_seen_at
    if device_id is not None and (seen is None or now() - seen > rules.SEEN_STEP):
        g.wms_device_seen = device_id
    if by == "pin":
        return _person(account, must_change="pin" if account.must_change_pin else "")
    return _person(account, must_change="password" if account.must_change_password else "")


def note_device(response: FlaskResponse) -> FlaskResponse:
    """Note after a request that its device is in use: once in some minutes, and never at the cost of the answer."""
    device_id = g.pop("wms_device_seen", None)
    if device_id is not None:
        try:
            run_in_transaction(service.note_device_seen, device_id, at=now())
        except (WmsError, SQLAlchemyError) as refused:
            log.warning("a device was not noted as seen: %s", refused)
    return response


def load_person(user_id: UserId, session_token: str, device_id: DeviceId | None) -> auth.Person | None:
    """Give the person of a session token, whatever session this request has."""
    account = queries.load_account(user_id, session_token, device_id)
    return _person(account) if account else None


def _person(account: queries.Account, *, must_change: str = "") -> auth.Person:
    return auth.Person(
        id=account.id,
        login=account.login,
        full_name=account.full_name,
        language=account.language,
        session_token=account.session_token,
        rights=account.rights,
        must_change=must_change,
    )
