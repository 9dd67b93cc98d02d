"""Verbs on people and machines: settle a login, log out, change a password, create, grant, reset, register, set up, revoke.

A login has two halves. `check_*` only reads and does the slow argon2 work, so that no write lock is held meanwhile; the
edge then calls `settle_login` in a transaction, which counts the try and decides. A wrong try must be counted although
the login fails: so `settle_login` returns an outcome and raises nothing; the edge refuses after the commit. Tries made side by
side are safe, since a try that is settled after the lock fell is refused even when it was right.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import delete, exists, insert, literal, select, update

from wms.accounts import passwords, queries, rules, work
from wms.accounts.models import ApiToken, Device, EndedSession, User, UserRole
from wms.audit.capture import record
from wms.audit.context import acting
from wms.core.errors import DuplicateValue, FieldErrors, NotAllowed, NotFound, WrongState
from wms.core.ids import SYSTEM_USER, DeviceId, UserId, WarehouseId
from wms.db import db


@dataclass(frozen=True)
class Attempt:
    """A try to log in, already compared: whose it is (None: nobody's), whether it was right, by password or PIN, where."""

    user_id: UserId | None
    is_right: bool
    device_id: DeviceId | None = None
    by: Literal["password", "pin"] = "password"


@dataclass(frozen=True)
class LoginOutcome:
    """What came of a try: the session to open, or nothing; `locked_until` when too many were wrong."""

    user_id: UserId | None = None
    session_token: str = ""
    warehouse_id: WarehouseId | None = None
    device_id: DeviceId | None = None
    by: Literal["password", "pin"] = "password"
    locked_until: datetime | None = None

    @property
    def is_in(self) -> bool:
        """Say whether the person is let in."""
        return self.user_id is not None


@dataclass(frozen=True)
class RoleGrant:
    """A role in a warehouse, None for all."""

    role: str
    warehouse_id: WarehouseId | None


# -- log in -----------------------------------------------------------------------------------------------------------
def check_password(login: str, password: str, *, device_secret: str = "") -> Attempt:
    """Compare login and password; the same time and answer for a login that does not exist.

    On a registered device the session will be tied to it, so that it ends when the device is lost.
    """
    user = queries.find_by_login(login)
    is_right = passwords.is_right(password, user.password_hash if user else None)
    device = queries.find_device(passwords.hash_random(device_secret)) if device_secret else None
    return Attempt(
        user_id=user.id if user else None, is_right=is_right, device_id=device.id if device else None, by="password"
    )


def check_badge(badge: str, pin: str, *, device_secret: str) -> Attempt:
    """Compare badge and PIN on a device; without a registered device the try is wrong whatever it holds."""
    device = queries.find_device(passwords.hash_random(device_secret)) if device_secret else None
    user = queries.find_by_badge(passwords.hash_random(badge.strip())) if device else None
    is_right = passwords.is_right(pin, user.pin_hash if user else None)
    return Attempt(
        user_id=user.id if user else None,
        is_right=is_right and device is not None,
        device_id=device.id if device else None,
        by="pin",
    )


def settle_login(attempt: Attempt, *, at: datetime, is_signature: bool = False) -> LoginOutcome:
    """Count the try and decide; a wrong one counts for the person, or for the device when the badge is nobody's.

    `is_signature`: nobody comes in, a person signs. A password or PIN that another set signs nothing.
    """
    device = db.session.get(Device, attempt.device_id, with_for_update=True) if attempt.device_id else None
    if device is not None and attempt.by == "pin" and _is_locked(device, at):
        return LoginOutcome(locked_until=device.locked_until_at)
    if attempt.user_id is None:
        if device is None or attempt.by != "pin":
            return LoginOutcome()
        _count_wrong(device, at, tries=rules.DEVICE_TRIES_BEFORE_LOCK)
        return LoginOutcome(locked_until=device.locked_until_at)
    user = db.session.get(User, attempt.user_id, with_for_update=True, populate_existing=True)
    if user is None or not user.is_active or user.is_service:
        return LoginOutcome()
    if _is_locked(user, at):
        return LoginOutcome(locked_until=user.locked_until_at)
    if not attempt.is_right:
        _count_wrong(user, at, tries=rules.TRIES_BEFORE_LOCK)
        return LoginOutcome(locked_until=user.locked_until_at)
    until = user.password_until_at if attempt.by == "password" else user.pin_until_at
    is_for_once = user.must_change_password if attempt.by == "password" else user.must_change_pin
    if (until is not None and until <= at) or (is_signature and is_for_once):
        return LoginOutcome()
    user.failed_count = 0
    user.locked_until_at = None
    if device is not None and not is_signature:
        device.failed_count = 0
        device.last_seen_at = at
        _hand_over(device, user.id)
    return LoginOutcome(
        user_id=user.id,
        session_token=user.session_token,
        warehouse_id=device.warehouse_id if device else None,
        device_id=device.id if device else None,
        by=attempt.by,
    )


def _hand_over(device: Device, user_id: UserId) -> None:
    """From now on the device is in this person's hands, and no other is."""
    db.session.execute(
        update(Device)
        .where(Device.holder_id == user_id, Device.id != device.id)
        .values(holder_id=None)
        .execution_options(synchronize_session=False)
    )
    device.holder_id = user_id


def end_session(session_id: int, *, user_id: UserId, device_id: DeviceId | None, at: datetime, kept: timedelta) -> None:
    """Log a session out for good: a copy of its cookie opens nothing. Ended ones older than `kept` are forgotten.

    Doing it twice is doing it once.
    """
    db.session.execute(delete(EndedSession).where(EndedSession.ended_at < at - kept))
    ended = select(literal(session_id), literal(at, EndedSession.ended_at.type)).where(
        ~exists().where(EndedSession.id == session_id)
    )
    db.session.execute(insert(EndedSession).from_select(["id", "ended_at"], ended))
    if device_id is not None:
        db.session.execute(
            update(Device).where(Device.id == device_id, Device.holder_id == user_id).values(holder_id=None)
        )


def check_again(user_id: UserId, password: str) -> Attempt:
    """Compare a re-entered password (for a signature: lifting a hold, releasing); settle it like a login."""
    user = queries.get_user(user_id)
    return Attempt(user_id=user.id, is_right=passwords.is_right(password, user.password_hash))


def _is_locked(holder: User | Device, at: datetime) -> bool:
    return holder.locked_until_at is not None and holder.locked_until_at > at


def _count_wrong(holder: User | Device, at: datetime, *, tries: int) -> None:
    holder.failed_count += 1
    holder.locked_until_at = rules.lock_until(failed_count=holder.failed_count, at=at, tries=tries)


# -- people -----------------------------------------------------------------------------------------------------------
def create_user(
    *,
    login: str,
    full_name: str,
    password: str,
    at: datetime,
    language: str | None = None,
    pin: str | None = None,
    is_for_once: bool = False,
) -> User:
    """Create a user without roles; FieldErrors over a weak secret, DuplicateValue over a login in use.

    `is_for_once`: somebody else chose the password, so it is changed at the first login.
    """
    login = login.strip().lower()
    faults = {"login": rules.login_fault(login), "password": rules.password_fault(password, login=login)}
    if pin is not None:
        faults["pin"] = rules.pin_fault(pin)
    _raise_faults(faults)
    return _add_user(
        User(
            login=login,
            full_name=full_name,
            password_hash=passwords.hash_password(password),
            must_change_password=is_for_once,
            pin_hash=passwords.hash_password(pin) if pin is not None else None,
            language=language,
            session_token=passwords.new_secret(),
            failed_count=0,
            is_active=True,
            created_at=at,
        )
    )


def create_user_for_once(*, login: str, full_name: str, at: datetime, language: str | None = None) -> tuple[User, str]:
    """Create a user with a password made here, to be shown once and changed at the first login; both. Raises as create_user."""
    password = passwords.new_one_time_password()
    user = create_user(login=login, full_name=full_name, password=password, language=language, at=at, is_for_once=True)
    user.password_until_at = at + rules.ONE_TIME
    return user, password


def create_machine(*, login: str, full_name: str, at: datetime, language: str | None = None) -> User:
    """Create a machine's user without roles: API keys act for it, and nobody logs in as it. Raises as create_user."""
    login = login.strip().lower()
    _raise_faults({"login": rules.login_fault(login)})
    return _add_user(
        User(
            login=login,
            full_name=full_name,
            password_hash="",
            is_service=True,
            language=language,
            session_token=passwords.new_secret(),
            failed_count=0,
            is_active=True,
            created_at=at,
        )
    )


def _add_user(user: User) -> User:
    if db.session.execute(select(User.id).where(User.login == user.login)).first():
        raise DuplicateValue(field="login", value=user.login)
    db.session.add(user)
    db.session.flush()
    return user


def grant_roles(user_id: UserId, grants: Iterable[RoleGrant], *, actor: UserId | None) -> None:
    """Set the roles of a user to exactly `grants`; nobody sets their own. `actor` None is the installation itself."""
    if actor == user_id:
        raise FieldErrors(errors={"roles": ["own_roles"]})
    wanted = set(grants)
    if any(grant.role not in set(rules.Role) for grant in wanted):
        raise FieldErrors(errors={"roles": ["not_a_choice"]})
    known = {w.id for w in queries.list_warehouses()}
    if any(grant.warehouse_id is not None and grant.warehouse_id not in known for grant in wanted):
        raise NotFound(kind="warehouse", text="")
    queries.get_user(user_id)
    held = {RoleGrant(role=row.role, warehouse_id=row.warehouse_id): row for row in queries.roles_of(user_id)}
    for grant, row in held.items():
        if grant not in wanted:
            db.session.delete(row)
    fresh = sorted(wanted - set(held), key=lambda grant: (grant.role, grant.warehouse_id or 0))
    db.session.add_all(UserRole(user_id=user_id, role=str(g.role), warehouse_id=g.warehouse_id) for g in fresh)
    db.session.flush()


def change_password(user_id: UserId, password: str) -> str:
    """Set a new password and end every session of the user; gives the new session token."""
    user = _person(user_id)
    _raise_faults({"password": rules.password_fault(password, login=user.login)})
    if user.must_change_password and passwords.is_right(password, user.password_hash):
        raise FieldErrors(errors={"password": ["same_password"]})
    user.password_hash = passwords.hash_password(password)
    user.must_change_password, user.password_until_at = False, None
    return _end_sessions(user)


def change_pin(user_id: UserId, pin: str) -> None:
    """Set a new PIN; FieldErrors when it is too easy."""
    user = _person(user_id)
    _raise_faults({"pin": rules.pin_fault(pin)})
    if user.must_change_pin and passwords.is_right(pin, user.pin_hash):
        raise FieldErrors(errors={"pin": ["same_pin"]})
    user.pin_hash = passwords.hash_password(pin)
    user.must_change_pin, user.pin_until_at = False, None


def reset_password(user_id: UserId, *, actor: UserId, at: datetime) -> str:
    """Give a password for once: shown once, good for a day, changed at the login with it. All sessions end, a lock is lifted.

    Nobody resets their own: that asks for the present one. Raises NotAllowed, NotFound, WrongState (a machine's user).
    """
    user = _other_person(user_id, actor)
    password = passwords.new_one_time_password()
    user.password_hash = passwords.hash_password(password)
    user.must_change_password, user.password_until_at = True, at + rules.ONE_TIME
    user.failed_count, user.locked_until_at = 0, None
    _end_sessions(user)
    return password


def reset_pin(user_id: UserId, *, actor: UserId, at: datetime) -> str:
    """Give a PIN for once, as reset_password does."""
    user = _other_person(user_id, actor)
    pin = passwords.new_one_time_pin()
    while rules.pin_fault(pin):
        pin = passwords.new_one_time_pin()
    user.pin_hash = passwords.hash_password(pin)
    user.must_change_pin, user.pin_until_at = True, at + rules.ONE_TIME
    user.failed_count, user.locked_until_at = 0, None
    _end_sessions(user)
    return pin


def _other_person(user_id: UserId, actor: UserId) -> User:
    if actor == user_id:
        raise NotAllowed(permission="own_secret")
    return _person(user_id)


def _person(user_id: UserId) -> User:
    """The user, who must be one that logs in."""
    user = queries.get_user(user_id)
    if user.is_service or user.id == SYSTEM_USER:
        raise WrongState(subject="user", state="machine_user", event="secret", needed=["a person"])
    return user


def issue_badge(user_id: UserId) -> str:
    """Give the user a new badge and make the old one worthless; the value is shown once, to be printed."""
    user = _person(user_id)
    badge = passwords.new_badge()
    user.badge_hash = passwords.hash_random(badge)
    return badge


def set_language(user_id: UserId, language: str) -> None:
    """Keep the language a person chose."""
    queries.get_user(user_id).language = language


def deactivate(user_id: UserId, *, actor: UserId) -> None:
    """Close a user's access at once: sessions end, the badge and the API keys that act for them are worthless, what they
    had taken is given back. Nobody closes their own.
    """
    if actor == user_id:
        raise NotAllowed(permission="user.edit")
    user = queries.get_user(user_id)
    user.is_active = False
    user.badge_hash = None
    _end_sessions(user)
    for key in queries.keys_acting_for(user_id):
        key.is_active = False
    db.session.execute(update(Device).where(Device.holder_id == user_id).values(holder_id=None))
    _give_back_work(user_id)


def _give_back_work(user_id: UserId) -> None:
    """Others go on with what a person had taken; the trail keeps how much it was."""
    given = work.give_back(user_id)
    if given:
        said = ", ".join(f"{name}: {count}" for name, count in sorted(given.items()))
        record("user_account", user_id, action="changed", changes={"given_back": [said, None]})


def activate(user_id: UserId) -> None:
    """Open a user's access again; old sessions stay ended."""
    user = queries.get_user(user_id)
    user.is_active = True
    user.failed_count = 0
    user.locked_until_at = None


def unlock(user_id: UserId) -> None:
    """Lift the lock that wrong tries laid on a user."""
    user = queries.get_user(user_id)
    user.failed_count = 0
    user.locked_until_at = None


def _end_sessions(user: User) -> str:
    user.session_token = passwords.new_secret()
    return user.session_token


# -- machines ---------------------------------------------------------------------------------------------------------
def register_device(*, name: str, warehouse_id: WarehouseId, actor: UserId, at: datetime) -> tuple[Device, str]:
    """Register a handheld; gives the device and the secret for its cookie, which is kept nowhere else."""
    if db.session.execute(select(Device.id).where(Device.name == name)).first():
        raise DuplicateValue(field="name", value=name)
    _demand_warehouse(warehouse_id)
    secret = passwords.new_secret()
    device = Device(
        name=name,
        warehouse_id=warehouse_id,
        secret_hash=passwords.hash_random(secret),
        is_active=True,
        registered_by=actor,
        registered_at=at,
        failed_count=0,
    )
    db.session.add(device)
    db.session.flush()
    return device, secret


def await_device(*, name: str, warehouse_id: WarehouseId, actor: UserId, at: datetime) -> tuple[Device, str]:
    """Register a handheld that is set up by a link; gives the device and the code of the link, which is kept nowhere."""
    device, _secret = register_device(name=name, warehouse_id=warehouse_id, actor=actor, at=at)
    device.is_active = False
    return device, offer_setup(device.id, at=at)


def offer_setup(device_id: DeviceId, *, at: datetime) -> str:
    """Give the code of a set-up link, for a new device, a revoked one or one in use; an earlier link is worthless."""
    device = queries.get_device(device_id)
    code = passwords.new_secret()
    device.setup_hash = passwords.hash_random(code)
    device.setup_until_at = at + rules.SETUP_TIME
    db.session.flush()
    return code


def set_up_device(code: str, *, at: datetime) -> str:
    """Use a set-up link, once: the device is in use, with the new secret this gives for its cookie. NotFound otherwise."""
    taken = db.session.execute(
        update(Device)
        .where(Device.setup_hash == passwords.hash_random(code), Device.setup_until_at > at)
        .values(setup_hash=None, setup_until_at=None)
        .returning(Device.id)
        .execution_options(synchronize_session=False)
    ).scalar_one_or_none()
    if taken is None:
        raise NotFound(kind="setup_link", text="")
    device = db.session.get_one(Device, taken, populate_existing=True)
    secret = passwords.new_secret()
    device.secret_hash = passwords.hash_random(secret)
    device.is_active = True
    device.revoked_reason = ""
    device.holder_id = None
    device.failed_count, device.locked_until_at, device.last_seen_at = 0, None, at
    return secret


def revoke_device(device_id: DeviceId, *, reason: str, actor: UserId) -> None:
    """Make a device worthless, with the reason: its sessions end with the next request, and what the one who was on it
    had taken is given back. It may be set up anew.
    """
    device = db.session.get(Device, device_id, with_for_update=True, populate_existing=True)
    if device is None:
        raise NotFound(kind="device", text=str(device_id))
    holder = device.holder_id
    with acting(actor, reason=reason):
        device.is_active = False
        device.revoked_reason = reason
        device.setup_hash = device.setup_until_at = device.holder_id = None
        device.secret_hash = passwords.hash_random(passwords.new_secret())
        db.session.flush()
        if holder is not None:
            _give_back_work(holder)


def note_device_seen(device_id: DeviceId, *, at: datetime) -> None:
    """Note that a device is in use."""
    db.session.execute(
        update(Device)
        .where(Device.id == device_id)
        .values(last_seen_at=at)
        .execution_options(synchronize_session=False)
    )


def create_api_token(
    *,
    name: str,
    scopes: Iterable[str],
    actor: UserId,
    at: datetime,
    acts_for: UserId | None = None,
    warehouse_id: WarehouseId | None = None,
    expires_at: datetime | None = None,
) -> tuple[ApiToken, str]:
    """Make an API key; gives the row and the key, which is shown once and kept nowhere.

    It acts for a machine's user or, by default, for the one who makes it: never for another person. Raises FieldErrors
    over a scope that this user's roles do not hold, NotFound for a user or warehouse.
    """
    user = queries.get_user(acts_for if acts_for is not None else actor)
    if user.id != actor and not user.is_service:
        raise FieldErrors(errors={"acts_for": ["not_a_machine"]})
    if warehouse_id is not None:
        _demand_warehouse(warehouse_id)
    wanted = frozenset(scopes)
    held = rules.key_rights(wanted, queries.rights_of_user(user.id), only=warehouse_id)
    if not wanted or wanted - frozenset().union(*held.values()):
        raise FieldErrors(errors={"scopes": ["not_held"]})
    value = "wms_" + passwords.new_secret()
    token = ApiToken(
        name=name,
        token_hash=passwords.hash_random(value),
        token_prefix=value[:10],
        scopes=" ".join(sorted(wanted)),
        warehouse_id=warehouse_id,
        expires_at=expires_at,
        is_active=True,
        acts_for=user.id,
        created_by=actor,
        created_at=at,
    )
    db.session.add(token)
    db.session.flush()
    return token, value


def revoke_api_token(token_id: int) -> None:
    """Make a token worthless at once."""
    token = db.session.get(ApiToken, token_id)
    if token is None:
        raise NotFound(kind="token", text=str(token_id))
    token.is_active = False


def _demand_warehouse(warehouse_id: WarehouseId) -> None:
    if warehouse_id not in {warehouse.id for warehouse in queries.list_warehouses()}:
        raise NotFound(kind="warehouse", text=str(warehouse_id))


def _raise_faults(faults: dict[str, str | None]) -> None:
    errors = {name: [fault] for name, fault in faults.items() if fault}
    if errors:
        raise FieldErrors(errors=errors)
