"""Verbs on people and machines: settle a login, change a password, create, grant, register, revoke.

A login has two halves. `check_*` only reads and does the slow argon2 work, so that no write lock is held meanwhile; the
edge then calls `settle_login` in a transaction, which counts the try and decides. A wrong try must be counted although
the login fails: so `settle_login` returns an outcome and raises nothing; the edge refuses after the commit. Tries made side by
side are safe, since a try that is settled after the lock fell is refused even when it was right.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from wms.accounts import passwords, queries, rules
from wms.accounts.models import ApiToken, Device, User, UserRole
from wms.core.errors import DuplicateValue, FieldErrors, NotAllowed, NotFound
from wms.core.ids import DeviceId, UserId, WarehouseId
from wms.db import db


@dataclass(frozen=True)
class Attempt:
    """A try to log in, already compared: whose it is (None: nobody's) and whether it was right."""

    user_id: UserId | None
    is_right: bool
    device_id: DeviceId | None = None


@dataclass(frozen=True)
class LoginOutcome:
    """What came of a try: the session to open, or nothing; `locked_until` when too many were wrong."""

    user_id: UserId | None = None
    session_token: str = ""
    warehouse_id: WarehouseId | None = None
    device_id: DeviceId | None = None
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
def check_password(login: str, password: str) -> Attempt:
    """Compare login and password; the same time and answer for a login that does not exist."""
    user = queries.find_by_login(login)
    is_right = passwords.is_right(password, user.password_hash if user else None)
    return Attempt(user_id=user.id if user else None, is_right=is_right)


def check_badge(badge: str, pin: str, *, device_secret: str) -> Attempt:
    """Compare badge and PIN on a device; without a registered device the try is wrong whatever it holds."""
    device = queries.find_device(passwords.hash_random(device_secret)) if device_secret else None
    user = queries.find_by_badge(passwords.hash_random(badge.strip())) if device else None
    is_right = passwords.is_right(pin, user.pin_hash if user else None)
    return Attempt(
        user_id=user.id if user else None,
        is_right=is_right and device is not None,
        device_id=device.id if device else None,
    )


def settle_login(attempt: Attempt, *, at: datetime) -> LoginOutcome:
    """Count the try and decide; a wrong one counts for the person, or for the device when the badge is nobody's."""
    device = db.session.get(Device, attempt.device_id, with_for_update=True) if attempt.device_id else None
    if device is not None and _is_locked(device, at):
        return LoginOutcome(locked_until=device.locked_until_at)
    if attempt.user_id is None:
        if device is not None:
            _count_wrong(device, at, tries=rules.DEVICE_TRIES_BEFORE_LOCK)
        return LoginOutcome(locked_until=device.locked_until_at if device else None)
    user = db.session.get(User, attempt.user_id, with_for_update=True, populate_existing=True)
    if user is None or not user.is_active:
        return LoginOutcome()
    if _is_locked(user, at):
        return LoginOutcome(locked_until=user.locked_until_at)
    if not attempt.is_right:
        _count_wrong(user, at, tries=rules.TRIES_BEFORE_LOCK)
        return LoginOutcome(locked_until=user.locked_until_at)
    user.failed_count = 0
    user.locked_until_at = None
    if device is not None:
        device.failed_count = 0
        device.last_seen_at = at
    return LoginOutcome(
        user_id=user.id,
        session_token=user.session_token,
        warehouse_id=device.warehouse_id if device else None,
        device_id=device.id if device else None,
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
    *, login: str, full_name: str, password: str, at: datetime, language: str | None = None, pin: str | None = None
) -> User:
    """Create a user without roles; FieldErrors over a weak secret, DuplicateValue over a login in use."""
    login = login.strip().lower()
    faults = {"login": rules.login_fault(login), "password": rules.password_fault(password, login=login)}
    if pin is not None:
        faults["pin"] = rules.pin_fault(pin)
    _raise_faults(faults)
    if db.session.execute(select(User.id).where(User.login == login)).first():
        raise DuplicateValue(field="login", value=login)
    user = User(
        login=login,
        full_name=full_name,
        password_hash=passwords.hash_password(password),
        pin_hash=passwords.hash_password(pin) if pin is not None else None,
        language=language,
        session_token=passwords.new_secret(),
        failed_count=0,
        is_active=True,
        created_at=at,
    )
    db.session.add(user)
    db.session.flush()
    return user


def create_machine(*, login: str, full_name: str, at: datetime) -> User:
    """Create a machine's user without roles: API keys may act for it, and nobody can log in as it."""
    user = create_user(login=login, full_name=full_name, password=passwords.new_secret(), at=at)
    user.is_service = True
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
    user = queries.get_user(user_id)
    _raise_faults({"password": rules.password_fault(password, login=user.login)})
    user.password_hash = passwords.hash_password(password)
    return _end_sessions(user)


def change_pin(user_id: UserId, pin: str) -> None:
    """Set a new PIN; FieldErrors when it is too easy."""
    user = queries.get_user(user_id)
    _raise_faults({"pin": rules.pin_fault(pin)})
    user.pin_hash = passwords.hash_password(pin)


def issue_badge(user_id: UserId) -> str:
    """Give the user a new badge and make the old one worthless; the value is shown once, to be printed."""
    user = queries.get_user(user_id)
    badge = passwords.new_badge()
    user.badge_hash = passwords.hash_random(badge)
    return badge


def set_language(user_id: UserId, language: str) -> None:
    """Keep the language a person chose."""
    queries.get_user(user_id).language = language


def deactivate(user_id: UserId, *, actor: UserId) -> None:
    """Close a user's access at once, sessions too; nobody closes their own."""
    if actor == user_id:
        raise NotAllowed(permission="user.edit")
    user = queries.get_user(user_id)
    user.is_active = False
    _end_sessions(user)


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


def revoke_device(device_id: DeviceId) -> None:
    """Make a device's secret worthless; its sessions end with the next request."""
    device = db.session.get(Device, device_id)
    if device is None:
        raise NotFound(kind="device", text=str(device_id))
    device.is_active = False


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
