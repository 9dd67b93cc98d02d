"""What comes in from the account pages and the API, and how users, handhelds and keys go out."""

from marshmallow import fields, validate

from wms.accounts.rules import PERMISSIONS, Role
from wms.web.api import Query
from wms.web.forms import Flag, Id, In, Instant, Line, Out, Secret, Tick
from wms.web.i18n import LANGUAGES

_language = validate.OneOf(list(LANGUAGES), error="not_a_choice")


class LoginIn(In):
    """Login and password, and where to go then."""

    login = Line(required=True, max_length=80)
    password = Secret(required=True)
    next = Line(load_default="", max_length=500)


class BadgeIn(In):
    """Badge and PIN on a handheld, and where to go then."""

    badge = Line(required=True, max_length=80)
    pin = Secret(required=True)
    next = Line(load_default="", max_length=500)


class LanguageIn(In):
    """A choice of language, and the page to come back to."""

    language = Line(required=True, validate=_language)
    next = Line(load_default="", max_length=500)


class WarehouseIn(In):
    """A choice of warehouse, and the page to come back to."""

    warehouse_id = Id(required=True)
    next = Line(load_default="", max_length=500)


class PasswordIn(In):
    """A change of one's own password."""

    present = Secret(required=True)
    password = Secret(required=True)
    again = Secret(required=True)


class PinIn(In):
    """A change of one's own PIN."""

    present = Secret(required=True)
    pin = Secret(required=True)


class UserIn(In):
    """A new user: without a password one is made for once, and a machine's user has none at all."""

    login = Line(required=True, max_length=40)
    full_name = Line(required=True, max_length=80)
    password = Secret(load_default="")
    language = Line(load_default="", validate=validate.OneOf(["", *LANGUAGES], error="not_a_choice"))
    is_service = Tick()


class NewPasswordIn(In):
    """A password of one's own, in place of one that was given for once."""

    password = Secret(required=True)
    again = Secret(required=True)


class NewSecretIn(In):
    """A password or PIN of one's own on the handheld, in place of one that was given for once."""

    secret = Secret(required=True)
    again = Secret(required=True)


class RolesIn(In):
    """The roles of a user as "role" or "role:warehouse id"."""

    roles = fields.List(
        fields.String(validate=validate.Regexp(r"\A[a-z]{1,20}(:[0-9]{1,19})?\Z", error="not_a_choice")),
        load_default=list,
    )


class DeviceIn(In):
    """A device to register."""

    name = Line(required=True, max_length=60)
    warehouse_id = Id(required=True)
    is_this_browser = Tick()


class RevokeDeviceIn(In):
    """Why a device is revoked."""

    reason = Line(required=True, max_length=200)


class TokenIn(In):
    """An API token to make."""

    name = Line(required=True, max_length=60)
    scopes = fields.List(fields.String(), required=True)
    acts_for = Id(load_default=None, allow_none=True)
    warehouse_id = Id(load_default=None, allow_none=True)
    days = fields.Integer(load_default=365, validate=validate.Range(min=1, max=730, error="not_a_choice"))


# -- the API ----------------------------------------------------------------------------------------------------------
class UsersQuery(Query):
    """Which users to list: `q` is a part of a login or name."""

    q = Line(max_length=80, load_default="")


class UserOut(Out):
    """A user: a person, or a machine's user that keys act for."""

    id = Id(attribute="user.id")
    login = fields.String(attribute="user.login")
    full_name = fields.String(attribute="user.full_name")
    language = fields.String(attribute="user.language", allow_none=True)
    is_active = fields.Boolean(attribute="user.is_active")
    is_service = fields.Boolean(attribute="user.is_service")
    roles = fields.Function(
        lambda row: [{"role": role, "warehouse_code": code} for role, code in row.roles],
        metadata={
            "type": "array",
            "items": {
                "type": "object",
                "required": ["role", "warehouse_code"],
                "properties": {"role": {"type": "string"}, "warehouse_code": {"type": ["string", "null"]}},
            },
        },
    )


class UsersOut(Out):
    """Every user asked for."""

    items = fields.List(fields.Nested(UserOut()))


class UserPost(In):
    """A user to make. A person gets a password for once, to be changed at the first login."""

    login = Line(required=True, max_length=40)
    full_name = Line(required=True, max_length=80)
    language = fields.String(
        load_default=None, allow_none=True, validate=validate.OneOf(list(LANGUAGES), error="not_a_choice")
    )
    is_service = Flag(load_default=False)


class MadeUserOut(Out):
    """A user, and what is shown once: the password for once of a new person."""

    user = fields.Nested(UserOut())
    password = fields.String(allow_none=True)


class SecretOut(Out):
    """A secret that is shown once."""

    secret = fields.String(allow_none=True)


class GrantIn(In):
    """A role, in a warehouse by its code or, null, in all."""

    role = fields.String(required=True, validate=validate.OneOf([str(role) for role in Role], error="not_a_choice"))
    warehouse_code = Line(load_default=None, allow_none=True, max_length=20)


class GrantsIn(In):
    """The roles a user shall have: exactly these."""

    roles = fields.List(fields.Nested(GrantIn()), required=True, validate=validate.Length(max=200, error="too_long"))


class DevicePost(In):
    """A handheld to register."""

    name = Line(required=True, max_length=60)
    warehouse_id = Id(required=True)


class DeviceOut(Out):
    """A registered handheld."""

    id = Id(attribute="device.id")
    name = fields.String(attribute="device.name")
    warehouse_code = fields.String()
    is_active = fields.Boolean(attribute="device.is_active")
    last_seen_at = Instant(attribute="device.last_seen_at", allow_none=True)
    holder = fields.String(allow_none=True)


class DevicesOut(Out):
    """Every handheld."""

    items = fields.List(fields.Nested(DeviceOut()))


class DeviceLinkOut(Out):
    """The address that sets a handheld up, once, within 15 minutes: open it on the handheld."""

    device_id = Id()
    link = fields.String(allow_none=True)


class TokenPost(In):
    """An API key to make; `acts_for` is a machine's user, or null for the one who asks."""

    name = Line(required=True, max_length=60)
    scopes = fields.List(
        fields.String(validate=validate.OneOf(sorted(PERMISSIONS), error="not_a_choice")),
        required=True,
        validate=validate.Length(min=1, max=100, error="too_long"),
    )
    acts_for = Id(load_default=None, allow_none=True)
    warehouse_id = Id(load_default=None, allow_none=True)
    days = fields.Integer(load_default=365, strict=True, validate=validate.Range(min=1, max=730, error="not_a_choice"))


class TokenOut(Out):
    """An API key; the key itself is shown once, when it is made."""

    id = Id()
    name = fields.String()
    prefix = fields.String(attribute="token_prefix")
    scopes = fields.Function(lambda row: row.scopes.split(), metadata={"type": "array", "items": {"type": "string"}})
    acts_for = Id()
    warehouse_id = Id(allow_none=True)
    is_active = fields.Boolean()
    expires_at = Instant(allow_none=True)


class TokensOut(Out):
    """Every API key."""

    items = fields.List(fields.Nested(TokenOut()))


class MadeTokenOut(Out):
    """A new API key, and the key itself: shown once."""

    token = fields.Nested(TokenOut())
    secret = fields.String(allow_none=True)
