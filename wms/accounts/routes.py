"""Desk pages of people and machines: login, one's own account, users, roles, devices, API tokens.

This is also where the floor below learns who people are: the blueprint hands a `Directory` to wms.web.auth.
"""

from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, session, url_for
from flask.blueprints import BlueprintSetupState
from flask_babel import gettext, lazy_gettext

from wms.accounts import passwords, queries, rules, schemas, service, sessions, work
from wms.core.clock import now
from wms.core.errors import FieldErrors, NotAllowed
from wms.core.ids import DeviceId, UserId, WarehouseId
from wms.db import run_in_transaction
from wms.labels.symbols import qr
from wms.web import auth, cookies, i18n, sentences
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
    rules.Role.INSPECTOR: lazy_gettext("Visiting inspector"),
}


@bp.record_once
def _hand_over_directory(state: BlueprintSetupState) -> None:
    passwords.set_cost(is_fast=state.app.config["WMS"].argon2_is_fast)
    state.app.extensions["wms_directory"] = auth.Directory(
        load_person=sessions.load_signed_in,
        load_machine=_load_machine,
        confirm=sessions.confirm_person,
        list_sites=_list_sites,
    )
    state.app.after_request(sessions.note_device)


def _load_machine(token: str, at: datetime) -> auth.Person | None:
    account = queries.load_token(passwords.hash_random(token), at)
    if account is None:
        return None
    return auth.Person(
        id=account.acts_for,
        login=account.name,
        full_name=account.name,
        language=None,
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
    cookies.keep(response, i18n.COOKIE, form["language"], seconds=400 * 86400)
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


@bp.get("/me/new-password")
@signed_in
def new_password() -> Any:
    """Ask for a password of one's own, in place of one that was given for once."""
    person = auth.current_person()
    assert person is not None
    if person.must_change != "password":
        return redirect(url_for("mobile.new_secret" if person.must_change else "accounts.me"))
    return render_template("accounts/new_password.html", login=person.login, person=None, fault="")


@bp.post("/me/new-password")
@signed_in
def set_new_password() -> Any:
    """Take a password of one's own; every other session of one's own ends."""
    person = auth.current_person()
    assert person is not None
    if person.must_change != "password":
        raise NotAllowed(permission="own_change")
    try:
        form = parse_form(schemas.NewPasswordIn())
        if form["password"] != form["again"]:
            raise FieldErrors(errors={"again": ["passwords_differ"]})
        token = run_in_transaction(service.change_password, person.id, form["password"])
    except FieldErrors as wrong:
        fault = sentences.sentence(wrong)
        return render_template("accounts/new_password.html", login=person.login, person=None, fault=fault), 422
    sessions.renew(token)
    flash(gettext("Your password is changed. Other sessions of yours have ended."))
    return redirect(url_for("web.start"))


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
    """Create a person or a machine's user and go on to the roles; a password made here is shown this once."""
    form = parse_form(schemas.UserIn())
    common = {"login": form["login"], "full_name": form["full_name"], "language": form["language"] or None, "at": now()}
    if form["is_service"]:
        if form["password"]:
            raise FieldErrors(errors={"password": ["machine_password"]})
        user = run_in_transaction(service.create_machine, **common)
    elif form["password"]:
        user = run_in_transaction(service.create_user, password=form["password"], is_for_once=True, **common)
    else:
        user, secret = run_in_transaction(service.create_user_for_once, **common)
        return _user_page(user, secret=secret, secret_kind="password")
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
    return _user_page(queries.get_user(UserId(user_id)), secret=badge, secret_kind="badge")


@bp.post("/setup/users/<int:user_id>/password")
@requires("user.edit", everywhere=True)
def reset_password(user_id: int) -> Any:
    """Give a user a password for once; it is shown this once."""
    secret = run_in_transaction(service.reset_password, UserId(user_id), actor=actor_id(), at=now())
    return _user_page(queries.get_user(UserId(user_id)), secret=secret, secret_kind="password")


@bp.post("/setup/users/<int:user_id>/pin")
@requires("user.edit", everywhere=True)
def reset_pin(user_id: int) -> Any:
    """Give a user a PIN for once; it is shown this once."""
    secret = run_in_transaction(service.reset_pin, UserId(user_id), actor=actor_id(), at=now())
    return _user_page(queries.get_user(UserId(user_id)), secret=secret, secret_kind="pin")


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
    flash(gettext("The access is closed. Sessions, badge and API keys are worthless; what was taken is given back."))
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


def _user_page(found: Any, secret: str = "", secret_kind: str = "") -> str:
    held = {f"{row.role}:{row.warehouse_id}" if row.warehouse_id else row.role for row in queries.roles_of(found.id)}
    return render_template(
        "accounts/user.html",
        user=found,
        held=held,
        secret=secret,
        secret_kind=secret_kind,
        symbol=qr(secret) if secret_kind == "badge" else None,
        is_self=found.id == actor_id(),
        in_hand=work.in_hand(found.id),
        keys=queries.keys_acting_for(found.id),
        at=now(),
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
    """List the registered handhelds; register one."""
    return _devices_page()


@bp.post("/setup/devices")
@requires("settings.edit", everywhere=True)
def register_device() -> Any:
    """Register a handheld: this browser gets the cookie, or a set-up link is shown once for another."""
    form = parse_form(schemas.DeviceIn())
    named = {"name": form["name"], "warehouse_id": WarehouseId(form["warehouse_id"]), "actor": actor_id(), "at": now()}
    if not form["is_this_browser"]:
        device, code = run_in_transaction(service.await_device, **named)
        return _devices_page(device, code)
    _device, secret = run_in_transaction(service.register_device, **named)
    flash(gettext("This browser is now a registered device."))
    response = redirect(url_for("accounts.devices"))
    sessions.set_device_cookie(response, secret)
    return response


@bp.post("/setup/devices/<int:device_id>/link")
@requires("settings.edit", everywhere=True)
def offer_setup(device_id: int) -> Any:
    """Show a new set-up link for a device, once; a revoked one comes back with it."""
    code = run_in_transaction(service.offer_setup, DeviceId(device_id), at=now())
    return _devices_page(queries.get_device(DeviceId(device_id)), code)


@bp.post("/setup/devices/<int:device_id>/revoke")
@requires("settings.edit", everywhere=True)
def revoke_device(device_id: int) -> Any:
    """Make a device worthless, with the reason; its sessions end with the next request."""
    form = parse_form(schemas.RevokeDeviceIn())
    run_in_transaction(service.revoke_device, DeviceId(device_id), reason=form["reason"], actor=actor_id())
    flash(gettext("It is revoked; what uses it stops now, and tasks taken on it are given back."))
    return redirect(url_for("accounts.devices"))


def _devices_page(device: Any = None, code: str = "") -> str:
    """The list, and above it the set-up link of one device as an address and a QR code."""
    link = _address_of("mobile.set_up_device", code=code) if code else ""
    return render_template(
        "accounts/devices.html",
        rows=queries.list_devices(),
        sites=_list_sites(),
        device=device,
        link=link,
        symbol=qr(link) if link else None,
        is_local=request.host.partition(":")[0] in {"localhost", "127.0.0.1", "[", "::1"},
        minutes=int(rules.SETUP_TIME.total_seconds() // 60),
        at=now(),
    )


def _address_of(endpoint: str, **values: Any) -> str:
    """The whole address of a page, as a handheld in the same network reaches it."""
    scheme = "https" if current_app.config["WMS"].is_https else None
    return url_for(endpoint, _external=True, _scheme=scheme, **values)


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
        scopes=sorted(rules.PERMISSIONS),
        machines=queries.list_machines(),
        value=value,
        at=now(),
    )
