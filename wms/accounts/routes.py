"""Desk pages of people and machines: login, one's own account, users, roles, devices, API tokens.

This is also where the floor below learns who people are: the blueprint hands a `Directory` to wms.web.auth.
"""

from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from flask.blueprints import BlueprintSetupState
from flask_babel import gettext, lazy_gettext

from wms.accounts import passwords, queries, rules, schemas, service, sessions
from wms.core.clock import now
from wms.core.errors import FieldErrors
from wms.core.ids import DeviceId, UserId, WarehouseId
from wms.db import run_in_transaction
from wms.web import auth, i18n
from wms.web.auth import actor_id, public, requires, signed_in
from wms.web.forms import parse_form

bp = Blueprint("accounts", __name__)

#: The words for the roles, on pages.
ROLE_WORDS = {
    rules.Role.RECEIVER: lazy_gettext("Receiver"),
    rules.Role.PICKER: lazy_gettext("Picker"),
    rules.Role.COUNTER: lazy_gettext("Counter"),
    rules.Role.DOCK: lazy_gettext("Dock staff"),
    rules.Role.SHIPPING: lazy_gettext("Shipping"),
    rules.Role.PRODUCTION: lazy_gettext("Production"),
    rules.Role.QUALITY: lazy_gettext("Quality"),
    rules.Role.SUPERVISOR: lazy_gettext("Supervisor"),
    rules.Role.AUDITOR: lazy_gettext("Auditor"),
    rules.Role.ADMINISTRATOR: lazy_gettext("Administrator"),
    rules.Role.GATEWAY: lazy_gettext("RFID gateway"),
}


@bp.record_once
def _hand_over_directory(state: BlueprintSetupState) -> None:
    passwords.set_cost(is_fast=state.app.config["WMS"].argon2_is_fast)
    state.app.extensions["wms_directory"] = auth.Directory(
        load_person=sessions.load_person, load_machine=_load_machine, list_sites=_list_sites
    )


def _load_machine(token: str, at: datetime) -> auth.Person | None:
    account = queries.load_token(passwords.hash_random(token), at)
    if account is None:
        return None
    return auth.Person(
        id=account.acts_for,
        login=account.name,
        full_name=account.name,
        language=account.language,
        session_token="",
        rights=account.rights,
        is_machine=True,
        key_id=account.token_id,
    )


def _list_sites() -> list[auth.Site]:
    return [
        auth.Site(id=w.id, code=w.code, name_en=w.name_en, name_zh=w.name_zh, timezone=w.timezone)
        for w in queries.list_warehouses()
    ]


def safe_next(target: str, default: str) -> str:
    """Give `target` when it is a path of ours, else `default`: a link must not lead a login elsewhere."""
    is_ours = target.startswith("/") and not target.startswith(("//", "/\\")) and "\\" not in target
    return target if is_ours else default


# -- in and out -------------------------------------------------------------------------------------------------------
@bp.get("/login")
@public
def login() -> Any:
    """Show the login page."""
    if auth.current_person() is not None:
        return redirect(url_for("web.start"))
    was_locked = session.pop("was_locked", False)
    return render_template(
        "accounts/login.html", next=request.args.get("next", ""), was_locked=was_locked, is_wrong=False
    )


@bp.post("/login")
@public
def log_in() -> Any:
    """Let a person in by password, or show the page again with one sentence for every reason."""
    form = parse_form(schemas.LoginIn())
    attempt = service.check_password(form["login"], form["password"])
    if sessions.log_in(attempt, face="desk"):
        return redirect(safe_next(form["next"], url_for("web.start")))
    return render_template("accounts/login.html", next=form["next"], was_locked=False, is_wrong=True), 401


@bp.post("/logout")
@public
def log_out() -> Any:
    """End the session."""
    was_hand = session.get("face") == "hand"
    sessions.end_session()
    return redirect("/m/login" if was_hand else url_for("accounts.login"))


@bp.post("/language")
@public
def choose_language() -> Any:
    """Keep the chosen language: with the person, and in a cookie for the login page."""
    form = parse_form(schemas.LanguageIn())
    if auth.current_person() is not None:
        run_in_transaction(service.set_language, actor_id(), form["language"])
    response = redirect(safe_next(form["next"], "/"))
    response.set_cookie(
        i18n.COOKIE, form["language"], max_age=400 * 86400, samesite="Lax", httponly=True, secure=request.is_secure
    )
    return response


@bp.post("/warehouse")
@signed_in
def choose_warehouse() -> Any:
    """Stand in another of the permitted warehouses."""
    form = parse_form(schemas.WarehouseIn())
    auth.choose_warehouse(WarehouseId(form["warehouse_id"]))
    return redirect(safe_next(form["next"], "/"))


# -- one's own account ------------------------------------------------------------------------------------------------
@bp.get("/me")
@signed_in
def me() -> Any:
    """Show one's own account: roles, password, PIN, language."""
    person = auth.current_person()
    assert person is not None
    return render_template(
        "accounts/me.html", roles=queries.roles_of(person.id), role_words=ROLE_WORDS, sites=_site_names()
    )


@bp.post("/me/password")
@signed_in
def change_password() -> Any:
    """Change one's own password; every other session of one's own ends."""
    form = parse_form(schemas.PasswordIn())
    if form["password"] != form["again"]:
        raise FieldErrors(errors={"again": ["passwords_differ"]})
    sessions.confirm_password(form["present"])
    sessions.renew(run_in_transaction(service.change_password, actor_id(), form["password"]))
    flash(gettext("Your password is changed. Other sessions of yours have ended."))
    return redirect(url_for("accounts.me"))


@bp.post("/me/pin")
@signed_in
def change_pin() -> Any:
    """Change one's own PIN."""
    form = parse_form(schemas.PinIn())
    sessions.confirm_password(form["present"])
    run_in_transaction(service.change_pin, actor_id(), form["pin"])
    flash(gettext("Your PIN is changed."))
    return redirect(url_for("accounts.me"))


# -- users ------------------------------------------------------------------------------------------------------------
@bp.get("/setup/users")
@requires("user.edit", everywhere=True)
def users() -> Any:
    """List the users with their roles."""
    search = request.args.get("q", "")[:80]
    return render_template(
        "accounts/users.html", rows=queries.list_users(search), search=search, role_words=ROLE_WORDS, at=now()
    )


@bp.get("/setup/users/new")
@requires("user.edit", everywhere=True)
def new_user() -> Any:
    """Show the form for a new user."""
    return render_template("accounts/new_user.html")


@bp.post("/setup/users/new")
@requires("user.edit", everywhere=True)
def create_user() -> Any:
    """Create a user and go on to their roles."""
    form = parse_form(schemas.UserIn())
    user = run_in_transaction(
        service.create_user,
        login=form["login"],
        full_name=form["full_name"],
        password=form["password"],
        language=form["language"] or None,
        at=now(),
    )
    return redirect(url_for("accounts.user", user_id=user.id))


@bp.get("/setup/users/<int:user_id>")
@requires("user.edit", everywhere=True)
def user(user_id: int) -> Any:
    """Show a user: roles by warehouse, badge, lock, access."""
    found = queries.get_user(UserId(user_id))
    return _user_page(found)


@bp.post("/setup/users/<int:user_id>/roles")
@requires("user.edit", everywhere=True)
def set_roles(user_id: int) -> Any:
    """Set the roles of a user."""
    form = parse_form(schemas.RolesIn())
    grants = [_read_grant(text) for text in form["roles"]]
    run_in_transaction(service.grant_roles, UserId(user_id), grants, actor=actor_id())
    flash(gettext("The roles are set."))
    return redirect(url_for("accounts.user", user_id=user_id))


@bp.post("/setup/users/<int:user_id>/badge")
@requires("user.edit", everywhere=True)
def issue_badge(user_id: int) -> Any:
    """Give a user a new badge; its value is shown this once."""
    badge = run_in_transaction(service.issue_badge, UserId(user_id))
    return _user_page(queries.get_user(UserId(user_id)), badge=badge)


@bp.post("/setup/users/<int:user_id>/unlock")
@requires("user.edit", everywhere=True)
def unlock(user_id: int) -> Any:
    """Lift the lock of wrong tries."""
    run_in_transaction(service.unlock, UserId(user_id))
    flash(gettext("The lock is lifted."))
    return redirect(url_for("accounts.user", user_id=user_id))


@bp.post("/setup/users/<int:user_id>/deactivate")
@requires("user.edit", everywhere=True)
def deactivate(user_id: int) -> Any:
    """Close a user's access at once."""
    run_in_transaction(service.deactivate, UserId(user_id), actor=actor_id())
    flash(gettext("The access is closed."))
    return redirect(url_for("accounts.user", user_id=user_id))


@bp.post("/setup/users/<int:user_id>/activate")
@requires("user.edit", everywhere=True)
def activate(user_id: int) -> Any:
    """Open a user's access again."""
    run_in_transaction(service.activate, UserId(user_id))
    flash(gettext("The access is open again."))
    return redirect(url_for("accounts.user", user_id=user_id))


@bp.get("/setup/roles")
@requires("user.edit", "audit.view")
def roles() -> Any:
    """Show the table of roles and permissions."""
    return render_template(
        "accounts/roles.html", roles=rules.ROLES, permissions=sorted(rules.PERMISSIONS), role_words=ROLE_WORDS
    )


def _user_page(found: Any, badge: str = "") -> str:
    held = {f"{row.role}:{row.warehouse_id}" if row.warehouse_id else row.role for row in queries.roles_of(found.id)}
    return render_template(
        "accounts/user.html",
        user=found,
        held=held,
        badge=badge,
        role_words=ROLE_WORDS,
        sites=_list_sites(),
        is_locked=found.locked_until_at is not None and found.locked_until_at > now(),
    )


def _read_grant(text: str) -> service.RoleGrant:
    role, _, warehouse = text.partition(":")
    return service.RoleGrant(role=role, warehouse_id=WarehouseId(int(warehouse)) if warehouse else None)


def _site_names() -> dict[WarehouseId, str]:
    return {site.id: site.code for site in _list_sites()}


# -- machines ---------------------------------------------------------------------------------------------------------
@bp.get("/setup/devices")
@requires("settings.edit", everywhere=True)
def devices() -> Any:
    """List the registered handhelds; register this browser."""
    return render_template("accounts/devices.html", rows=queries.list_devices(), sites=_list_sites(), secret="")


@bp.post("/setup/devices")
@requires("settings.edit", everywhere=True)
def register_device() -> Any:
    """Register a handheld: this browser gets the cookie, or the secret is shown once for another."""
    form = parse_form(schemas.DeviceIn())
    _device, secret = run_in_transaction(
        service.register_device,
        name=form["name"],
        warehouse_id=WarehouseId(form["warehouse_id"]),
        actor=actor_id(),
        at=now(),
    )
    if form["is_this_browser"]:
        flash(gettext("This browser is now a registered device."))
        response = redirect(url_for("accounts.devices"))
        sessions.set_device_cookie(response, secret)
        return response
    return render_template("accounts/devices.html", rows=queries.list_devices(), sites=_list_sites(), secret=secret)


@bp.post("/setup/devices/<int:device_id>/revoke")
@requires("settings.edit", everywhere=True)
def revoke_device(device_id: int) -> Any:
    """Make a device worthless; its sessions end with the next request."""
    run_in_transaction(service.revoke_device, DeviceId(device_id))
    flash(gettext("It is revoked; what uses it stops now."))
    return redirect(url_for("accounts.devices"))


@bp.get("/setup/tokens")
@requires("settings.edit", everywhere=True)
def tokens() -> Any:
    """List the API tokens."""
    return _tokens_page()


@bp.post("/setup/tokens")
@requires("settings.edit", everywhere=True)
def create_token() -> Any:
    """Make an API token; it is shown this once."""
    form = parse_form(schemas.TokenIn())
    at = now()
    _token, value = run_in_transaction(
        service.create_api_token,
        name=form["name"],
        scopes=form["scopes"],
        acts_for=None if form["acts_for"] is None else UserId(form["acts_for"]),
        warehouse_id=None if form["warehouse_id"] is None else WarehouseId(form["warehouse_id"]),
        expires_at=at + timedelta(days=form["days"]),
        actor=actor_id(),
        at=at,
    )
    return _tokens_page(value)


@bp.post("/setup/tokens/<int:token_id>/revoke")
@requires("settings.edit", everywhere=True)
def revoke_token(token_id: int) -> Any:
    """Make a token worthless at once."""
    run_in_transaction(service.revoke_api_token, token_id)
    flash(gettext("It is revoked; what uses it stops now."))
    return redirect(url_for("accounts.tokens"))


def _tokens_page(value: str = "") -> str:
    return render_template(
        "accounts/tokens.html",
        rows=queries.list_tokens(),
        sites=_list_sites(),
        scopes=sorted(rules.TOKEN_SCOPES),
        machines=queries.list_machines(),
        value=value,
        at=now(),
    )
