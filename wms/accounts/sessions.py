"""Opening and ending sessions: the part of a login that knows the browser. Used by the desk's and the handheld's pages."""

from typing import Final

from flask import request, session
from flask_login import login_user, logout_user
from werkzeug.wrappers import Response

from wms.accounts import passwords, queries, service
from wms.core.clock import now
from wms.core.errors import LockedOut, LoginFailed, PasswordWrong
from wms.core.ids import DeviceId, UserId
from wms.db import run_in_transaction
from wms.web import auth

DEVICE_COOKIE: Final = "wms_device"
_DEVICE_COOKIE_SECONDS: Final = 400 * 24 * 3600  # the longest a browser keeps one


def log_in(attempt: service.Attempt, *, face: str) -> bool:
    """Settle a try and open the session for `face` ("desk" or "hand"); False when it is refused, LockedOut on a known badge."""
    outcome = run_in_transaction(service.settle_login, attempt, at=now())
    if not outcome.is_in or outcome.user_id is None:
        # A badge is a secret, so its holder may know of the lock; behind a login name the answer never changes.
        if outcome.locked_until is not None and attempt.device_id is not None:
            raise LockedOut(until=outcome.locked_until.strftime("%H:%M UTC"))
        return False
    open_session(outcome, face=face)
    return True


def open_session(outcome: service.LoginOutcome, *, face: str) -> None:
    """Start a clean session: nothing of the one before is left on the screen of the next person."""
    if outcome.user_id is None:
        raise LoginFailed()
    warehouse_id = outcome.warehouse_id or session.get("warehouse_id")
    session.clear()
    auth.forget_request()
    person = load_person(outcome.user_id, outcome.session_token, outcome.device_id)
    if person is None:
        raise LoginFailed()
    moment = int(now().timestamp())
    session.permanent = True
    session.update(face=face, since=moment, seen=moment)
    if outcome.device_id is not None:
        session["device_id"] = outcome.device_id
    if warehouse_id is not None:
        session["warehouse_id"] = warehouse_id
    login_user(person)


def end_session() -> None:
    """Log out and wipe the session."""
    logout_user()
    session.clear()
    auth.forget_request()


def renew(session_token: str) -> None:
    """Keep the own session alive after a change of password, which ends all others."""
    person = auth.current_person()
    if person is None:
        return
    device = session.get("device_id")
    auth.forget_request()
    fresh = load_person(person.id, session_token, DeviceId(device) if device else None)
    if fresh is not None:
        login_user(fresh)


def confirm_password(password: str) -> None:
    """Ask the signed-in person for the password again; PasswordWrong or LockedOut, and the wrong try is counted.

    Called by an edge before the verb that needs a signature (21 CFR 11.200), such as lifting a hold.
    """
    attempt = service.check_again(auth.actor_id(), password)
    outcome = run_in_transaction(service.settle_login, attempt, at=now())
    if outcome.locked_until is not None:
        raise LockedOut(until=outcome.locked_until.strftime("%H:%M UTC"))
    if not outcome.is_in:
        raise PasswordWrong()


def device_secret() -> str:
    """Give the secret in this browser's device cookie, blank without one."""
    return request.cookies.get(DEVICE_COOKIE, "")


def is_registered_device() -> bool:
    """Say whether this browser belongs to a registered, active device."""
    secret = device_secret()
    return bool(secret) and queries.find_device(passwords.hash_random(secret)) is not None


def set_device_cookie(response: Response, secret: str) -> None:
    """Make this browser the registered device."""
    response.set_cookie(
        DEVICE_COOKIE, secret, max_age=_DEVICE_COOKIE_SECONDS, httponly=True, samesite="Lax", secure=request.is_secure
    )


def load_person(user_id: UserId, session_token: str, device_id: DeviceId | None) -> auth.Person | None:
    """Give the person behind a session for wms.web.auth."""
    account = queries.load_account(user_id, session_token, device_id)
    if account is None:
        return None
    return auth.Person(
        id=account.id,
        login=account.login,
        full_name=account.full_name,
        language=account.language,
        session_token=account.session_token,
        rights=account.rights,
    )
