"""Reads of people and machines: who is behind a session, a badge, a token; the lists of the set-up pages."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session, aliased

from wms.accounts.models import ApiToken, Device, EndedSession, User, UserRole
from wms.accounts.rules import key_rights, permissions_of
from wms.core.errors import NotFound
from wms.core.ids import DeviceId, UserId, WarehouseId
from wms.db import db
from wms.sites.models import Warehouse


@dataclass(frozen=True)
class Account:
    """A person with their rights by warehouse; the key None holds the rights in every warehouse."""

    id: UserId
    login: str
    full_name: str
    language: str | None
    session_token: str
    rights: Mapping[WarehouseId | None, frozenset[str]]
    must_change_password: bool = False
    must_change_pin: bool = False
    device_seen_at: datetime | None = None


@dataclass(frozen=True)
class TokenAccount:
    """A machine behind an API key: acts for a user, within what both the key's scopes and that user's roles allow."""

    token_id: int
    name: str
    acts_for: UserId
    rights: Mapping[WarehouseId | None, frozenset[str]]


@dataclass(frozen=True)
class UserRow:
    """A line of the user list."""

    user: User
    roles: Sequence[tuple[str, str | None]]


def load_account(
    user_id: UserId,
    session_token: str,
    device_id: DeviceId | None,
    *,
    session_id: int | None = None,
    device_hash: str | None = None,
) -> Account | None:
    """Give the person behind a session, None when it was logged out, its token is old, the person inactive, the device
    revoked, or (with `device_hash`) its secret no longer the device's.

    One statement, since every request asks.
    """
    of_device = Device.id == device_id
    if device_hash is not None:
        of_device &= Device.secret_hash == device_hash
    statement = (
        select(
            User.id,
            User.login,
            User.full_name,
            User.language,
            User.session_token,
            User.must_change_password,
            User.must_change_pin,
            UserRole.role,
            UserRole.warehouse_id,
        )
        .outerjoin(UserRole, UserRole.user_id == User.id)
        .where(User.id == user_id, User.session_token == session_token, User.is_active, ~User.is_service)
    )
    if device_id is not None:
        statement = statement.join(Device, of_device & Device.is_active).add_columns(Device.last_seen_at)
    if session_id is not None:
        statement = statement.where(~exists().where(EndedSession.id == session_id))
    rows = _session().execute(statement).all()
    if not rows:
        return None
    first = rows[0]
    return Account(
        id=first.id,
        login=first.login,
        full_name=first.full_name,
        language=first.language,
        session_token=first.session_token,
        must_change_password=first.must_change_password,
        must_change_pin=first.must_change_pin,
        device_seen_at=first.last_seen_at if device_id is not None else None,
        rights=_by_site((row.role, row.warehouse_id) for row in rows),
    )


def load_token(token_hash: str, at: datetime) -> TokenAccount | None:
    """Give the machine behind an API key, None when it is unknown, revoked or past its day, or its user is gone.

    One statement, since every request asks.
    """
    statement = (
        select(ApiToken, User.is_active, UserRole.role, UserRole.warehouse_id)
        .join(User, User.id == ApiToken.acts_for)
        .outerjoin(UserRole, UserRole.user_id == User.id)
        .where(ApiToken.token_hash == token_hash, ApiToken.is_active)
    )
    rows = _session().execute(statement).all()
    if not rows or not rows[0].is_active:
        return None
    token: ApiToken = rows[0].ApiToken
    if token.expires_at is not None and token.expires_at <= at:
        return None
    return TokenAccount(
        token_id=token.id,
        name=token.name,
        acts_for=token.acts_for,
        rights=key_rights(
            frozenset(token.scopes.split()),
            _by_site((row.role, row.warehouse_id) for row in rows),
            only=token.warehouse_id,
        ),
    )


def rights_of_user(user_id: UserId) -> Mapping[WarehouseId | None, frozenset[str]]:
    """Give a user's rights by warehouse; the key None holds those in every warehouse."""
    return _by_site((row.role, row.warehouse_id) for row in roles_of(user_id))


def _by_site(roles: Iterable[tuple[str | None, WarehouseId | None]]) -> dict[WarehouseId | None, frozenset[str]]:
    rights: dict[WarehouseId | None, frozenset[str]] = {}
    for role, warehouse_id in roles:
        if role:
            rights[warehouse_id] = rights.get(warehouse_id, frozenset()) | permissions_of(role)
    return rights


def find_by_login(login: str) -> User | None:
    """Give the active user of a login, whatever its case; a machine's user has none to log in with."""
    statement = select(User).where(User.login == login.strip().lower(), User.is_active, ~User.is_service)
    return _session().execute(statement).scalar_one_or_none()


def find_by_badge(badge_hash: str) -> User | None:
    """Give the active user of a badge."""
    statement = select(User).where(User.badge_hash == badge_hash, User.is_active, ~User.is_service)
    return _session().execute(statement).scalar_one_or_none()


def find_device(secret_hash: str) -> Device | None:
    """Give the active device of a secret."""
    statement = select(Device).where(Device.secret_hash == secret_hash, Device.is_active)
    return _session().execute(statement).scalar_one_or_none()


def find_device_to_set_up(setup_hash: str, at: datetime) -> Device | None:
    """Give the device that waits for this set-up link, None when the link is used, too old, or never was."""
    statement = select(Device).where(Device.setup_hash == setup_hash, Device.setup_until_at > at)
    return _session().execute(statement).scalar_one_or_none()


def get_device(device_id: DeviceId) -> Device:
    """Give a device, active or not; NotFound otherwise."""
    device = _session().get(Device, device_id)
    if device is None:
        raise NotFound(kind="device", text=str(device_id))
    return device


def keys_acting_for(user_id: UserId) -> Sequence[ApiToken]:
    """List the API keys in force that act for a user, by name."""
    statement = select(ApiToken).where(ApiToken.acts_for == user_id, ApiToken.is_active).order_by(ApiToken.name)
    return _session().execute(statement).scalars().all()


def get_user(user_id: UserId) -> User:
    """Give a user, active or not; NotFound otherwise."""
    user = _session().get(User, user_id)
    if user is None:
        raise NotFound(kind="user", text=str(user_id))
    return user


def roles_of(user_id: UserId) -> Sequence[UserRole]:
    """List the roles of a user."""
    statement = select(UserRole).where(UserRole.user_id == user_id).order_by(UserRole.role, UserRole.warehouse_id)
    return _session().execute(statement).scalars().all()


def list_users(search: str = "") -> list[UserRow]:
    """List the users by login with their roles and the codes of the warehouses."""
    statement = (
        select(User, UserRole.role, Warehouse.code)
        .outerjoin(UserRole, UserRole.user_id == User.id)
        .outerjoin(Warehouse, Warehouse.id == UserRole.warehouse_id)
        .order_by(User.login, UserRole.role, Warehouse.code)
    )
    if search:
        statement = statement.where(
            User.login.contains(search.lower(), autoescape=True)
            | func.lower(User.full_name).contains(search.lower(), autoescape=True)
        )
    grouped: dict[int, UserRow] = {}
    for user, role, code in _session().execute(statement):
        known = grouped.setdefault(user.id, UserRow(user=user, roles=[]))
        if role:
            known.roles.append((role, code))  # type: ignore[attr-defined]
    return list(grouped.values())


def get_user_row(user_id: UserId) -> UserRow:
    """Give a user with roles and the codes of the warehouses, active or not; NotFound otherwise."""
    statement = (
        select(UserRole.role, Warehouse.code)
        .outerjoin(Warehouse, Warehouse.id == UserRole.warehouse_id)
        .where(UserRole.user_id == user_id)
        .order_by(UserRole.role, Warehouse.code)
    )
    return UserRow(user=get_user(user_id), roles=[(row[0], row[1]) for row in _session().execute(statement)])


@dataclass(frozen=True)
class DeviceRow:
    """A line of the list of devices; `holder` is who logged in on it last and did not log out."""

    device: Device
    warehouse_code: str
    registered_by: str
    holder: str | None


def list_devices() -> Sequence[DeviceRow]:
    """List the devices by name, those in use first."""
    registrar, holder = aliased(User), aliased(User)
    statement = (
        select(Device, Warehouse.code, registrar.login, holder.login)
        .join(Warehouse, Warehouse.id == Device.warehouse_id)
        .join(registrar, registrar.id == Device.registered_by)
        .outerjoin(holder, holder.id == Device.holder_id)
        .order_by(Device.is_active.desc(), Device.name)
    )
    return [DeviceRow(row[0], row[1], row[2], row[3]) for row in _session().execute(statement)]


def list_tokens() -> Sequence[tuple[ApiToken, str | None, str]]:
    """List the API tokens by name, with the warehouse's code and the login each acts for."""
    statement = (
        select(ApiToken, Warehouse.code, User.login)
        .outerjoin(Warehouse, Warehouse.id == ApiToken.warehouse_id)
        .join(User, User.id == ApiToken.acts_for)
        .order_by(ApiToken.is_active.desc(), ApiToken.name)
    )
    return [(row[0], row[1], row[2]) for row in _session().execute(statement)]


def get_token(token_id: int) -> ApiToken:
    """Give an API key, good or not; NotFound otherwise."""
    token = _session().get(ApiToken, token_id)
    if token is None:
        raise NotFound(kind="token", text=str(token_id))
    return token


def list_machines() -> Sequence[User]:
    """List the active machines' users by login: API keys may act for them."""
    statement = select(User).where(User.is_active, User.is_service).order_by(User.login)
    return _session().execute(statement).scalars().all()


def list_warehouses() -> Sequence[Warehouse]:
    """List the active warehouses by code."""
    statement = select(Warehouse).where(Warehouse.is_active).order_by(Warehouse.code)
    return _session().execute(statement).scalars().all()


def _session() -> Session:
    return db.session()
