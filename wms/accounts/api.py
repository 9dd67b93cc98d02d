"""People and machines for machines: an identity system keeps them in step. Secrets are shown once and never kept."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import current_app, url_for

from wms.accounts import queries, schemas, service
from wms.accounts.models import ApiToken
from wms.core.clock import now
from wms.core.errors import FieldErrors, NotFound
from wms.core.ids import DeviceId, UserId, WarehouseId
from wms.web import api
from wms.web.api import reads, writes
from wms.web.auth import actor_id, current_person, requires

bp = api.blueprint("accounts_api", __name__)


# -- users ------------------------------------------------------------------------------------------------------------
@bp.get("/users")
@requires("user.edit", everywhere=True)
@reads(query=schemas.UsersQuery(), answer=schemas.UsersOut())
def users(query: dict[str, Any]) -> dict[str, Any]:
    """List the users with their roles."""
    return {"items": queries.list_users(query["q"])}


@bp.get("/users/<int:user_id>")
@requires("user.edit", everywhere=True)
@reads(answer=schemas.UserOut())
def user(user_id: int) -> queries.UserRow:
    """Give a user with roles."""
    return queries.get_user_row(UserId(user_id))


@bp.post("/users")
@requires("user.edit", everywhere=True)
@writes(
    body=schemas.UserPost(),
    answer=schemas.MadeUserOut(),
    status=201,
    offers=("accounts.create_user",),
    shows_once=("password",),
)
def create_user(values: dict[str, Any]) -> dict[str, Any]:
    """Create a person or a machine's user, without roles yet.

    A person's password is for once: shown in this answer, good for a day, changed at the first login.
    """
    is_service = values.pop("is_service")
    if is_service:
        made, password = service.create_machine(**values, at=now()), None
    else:
        made, password = service.create_user_for_once(**values, at=now())
    return {"user": queries.get_user_row(made.id), "password": password}


@bp.post("/users/<int:user_id>/roles")
@requires("user.edit", everywhere=True)
@writes(body=schemas.GrantsIn(), answer=schemas.UserOut(), offers=("accounts.set_roles",))
def set_roles(user_id: int, values: dict[str, Any]) -> queries.UserRow:
    """Set the roles of a user to exactly these; nobody sets their own."""
    sites = {site.code: site.id for site in queries.list_warehouses()}
    grants = []
    for one in values["roles"]:
        code = one["warehouse_code"]
        if code is not None and code not in sites:
            raise NotFound(kind="warehouse", text=code)
        where = None if code is None else sites[code]
        grants.append(service.RoleGrant(role=one["role"], warehouse_id=where))
    service.grant_roles(UserId(user_id), grants, actor=actor_id())
    return queries.get_user_row(UserId(user_id))


@bp.post("/users/<int:user_id>/badge")
@requires("user.edit", everywhere=True)
@writes(answer=schemas.SecretOut(), offers=("accounts.issue_badge",), shows_once=("secret",))
def issue_badge(user_id: int) -> dict[str, str]:
    """Give a user a new badge; its value is shown in this answer only."""
    return {"secret": service.issue_badge(UserId(user_id))}


@bp.post("/users/<int:user_id>/password")
@requires("user.edit", everywhere=True)
@writes(answer=schemas.SecretOut(), offers=("accounts.reset_password",), shows_once=("secret",))
def reset_password(user_id: int) -> dict[str, str]:
    """Give a user a password for once; it is shown in this answer only."""
    return {"secret": service.reset_password(UserId(user_id), actor=actor_id(), at=now())}


@bp.post("/users/<int:user_id>/pin")
@requires("user.edit", everywhere=True)
@writes(answer=schemas.SecretOut(), offers=("accounts.reset_pin",), shows_once=("secret",))
def reset_pin(user_id: int) -> dict[str, str]:
    """Give a user a PIN for once; it is shown in this answer only."""
    return {"secret": service.reset_pin(UserId(user_id), actor=actor_id(), at=now())}


@bp.post("/users/<int:user_id>/unlock")
@requires("user.edit", everywhere=True)
@writes(answer=schemas.UserOut(), offers=("accounts.unlock",))
def unlock(user_id: int) -> queries.UserRow:
    """Lift the lock that wrong tries laid on a user."""
    service.unlock(UserId(user_id))
    return queries.get_user_row(UserId(user_id))


@bp.post("/users/<int:user_id>/deactivate")
@requires("user.edit", everywhere=True)
@writes(answer=schemas.UserOut(), offers=("accounts.deactivate",))
def deactivate(user_id: int) -> queries.UserRow:
    """Close a user's access at once: sessions, badge and API keys are worthless, what was taken is given back."""
    service.deactivate(UserId(user_id), actor=actor_id())
    return queries.get_user_row(UserId(user_id))


@bp.post("/users/<int:user_id>/activate")
@requires("user.edit", everywhere=True)
@writes(answer=schemas.UserOut(), offers=("accounts.activate",))
def activate(user_id: int) -> queries.UserRow:
    """Open a user's access again."""
    service.activate(UserId(user_id))
    return queries.get_user_row(UserId(user_id))


# -- handhelds --------------------------------------------------------------------------------------------------------
@bp.get("/devices")
@requires("settings.edit", everywhere=True)
@reads(answer=schemas.DevicesOut())
def devices() -> dict[str, Any]:
    """List the registered handhelds."""
    return {"items": queries.list_devices()}


@bp.post("/devices")
@requires("settings.edit", everywhere=True)
@writes(
    body=schemas.DevicePost(),
    answer=schemas.DeviceLinkOut(),
    status=201,
    offers=("accounts.register_device",),
    shows_once=("link",),
)
def register_device(values: dict[str, Any]) -> dict[str, Any]:
    """Register a handheld; the link in this answer sets it up, once, within 15 minutes."""
    device, code = service.await_device(
        name=values["name"], warehouse_id=WarehouseId(values["warehouse_id"]), actor=actor_id(), at=now()
    )
    return {"device_id": device.id, "link": _link(code)}


@bp.post("/devices/<int:device_id>/link")
@requires("settings.edit", everywhere=True)
@writes(answer=schemas.DeviceLinkOut(), offers=("accounts.offer_setup",), shows_once=("link",))
def offer_setup(device_id: int) -> dict[str, Any]:
    """Give a new set-up link for a handheld; a revoked one comes back with it."""
    return {"device_id": device_id, "link": _link(service.offer_setup(DeviceId(device_id), at=now()))}


@bp.post("/devices/<int:device_id>/revoke")
@requires("settings.edit", everywhere=True)
@writes(body=schemas.RevokeDeviceIn(), answer=schemas.DevicesOut(), offers=("accounts.revoke_device",))
def revoke_device(device_id: int, values: dict[str, Any]) -> dict[str, Any]:
    """Make a handheld worthless, with the reason; its sessions end with the next request."""
    service.revoke_device(DeviceId(device_id), reason=values["reason"], actor=actor_id())
    return {"items": queries.list_devices()}


def _link(code: str) -> str:
    scheme = "https" if current_app.config["WMS"].is_https else None
    return url_for("mobile.set_up_device", code=code, _external=True, _scheme=scheme)


# -- keys -------------------------------------------------------------------------------------------------------------
@bp.get("/api-keys")
@requires("settings.edit", everywhere=True)
@reads(answer=schemas.TokensOut())
def tokens() -> dict[str, Any]:
    """List the API keys."""
    return {"items": [token for token, _code, _login in queries.list_tokens()]}


@bp.post("/api-keys")
@requires("settings.edit", everywhere=True)
@writes(
    body=schemas.TokenPost(),
    answer=schemas.MadeTokenOut(),
    status=201,
    offers=("accounts.create_token",),
    shows_once=("secret",),
)
def create_token(values: dict[str, Any]) -> dict[str, Any]:
    """Make an API key; the key itself is shown in this answer only.

    It acts for a machine's user (`acts_for`) or for the user of the key that asks; that one it may not outgrow: a scope
    which the asking key lacks is refused as `not_held`.
    """
    at = now()
    _demand_no_more_than_asked_with(values)
    token, value = service.create_api_token(
        name=values["name"],
        scopes=values["scopes"],
        acts_for=None if values["acts_for"] is None else UserId(values["acts_for"]),
        warehouse_id=None if values["warehouse_id"] is None else WarehouseId(values["warehouse_id"]),
        expires_at=at + timedelta(days=values["days"]),
        actor=actor_id(),
        at=at,
    )
    return {"token": token, "secret": value}


def _demand_no_more_than_asked_with(values: dict[str, Any]) -> None:
    """A key makes no key of its own user that may do more than itself; FieldErrors."""
    person = current_person()
    if person is not None and values["acts_for"] in {None, person.id}:
        held = frozenset().union(*person.rights.values())
        if set(values["scopes"]) - held:
            raise FieldErrors(errors={"scopes": ["not_held"]})


@bp.post("/api-keys/<int:token_id>/revoke")
@requires("settings.edit", everywhere=True)
@writes(answer=schemas.TokenOut(), offers=("accounts.revoke_token",))
def revoke_token(token_id: int) -> ApiToken:
    """Make an API key worthless at once."""
    service.revoke_api_token(token_id)
    return queries.get_token(token_id)
