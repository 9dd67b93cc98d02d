"""What comes in from the account pages, as marshmallow schemas."""

from marshmallow import fields, validate

from wms.web.forms import Id, In, Line, Secret, Tick
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
