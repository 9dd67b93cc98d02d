"""What comes in about passports, and how they go out."""

from marshmallow import fields

from wms.catalog.models import ItemClass
from wms.passport.rules import Shown
from wms.web.forms import Id, In, Instant, Line, Note, Out


class MakeForm(In):
    """A new passport; where one is open, why it is renewed."""

    reason = Note(load_default="", max_length=500)


class RevokeForm(In):
    """Why a passport is taken back."""

    reason = Note(required=True, max_length=500)


class PolicyForm(In):
    """What passports of a class show; blank class: of the company."""

    item_class = fields.String(
        load_default="", validate=lambda text: text == "" or text in {one.value for one in ItemClass}
    )
    shown = fields.List(fields.Enum(Shown, by_value=True), load_default=list)
    is_removed = fields.Boolean(load_default=False)


class PassportIn(In):
    """A new passport for a lot."""

    reason = Line(
        load_default="", max_length=500, metadata={"description": "Why the one that is open is renewed; kept with it."}
    )


class PassportRevokeIn(In):
    """Why a passport is taken back."""

    reason = Line(required=True, max_length=500)


class PassportOut(Out):
    """A passport, without its key."""

    id = Id(attribute="passport.id")
    lot_id = Id(attribute="passport.lot_id")
    is_open = fields.Boolean()
    made_by = fields.String()
    made_at = Instant(attribute="passport.made_at")
    revoked_by = fields.String(allow_none=True)
    revoked_at = Instant(attribute="passport.revoked_at", allow_none=True)
    revoke_reason = fields.String(attribute="passport.revoke_reason")


class PassportsOut(Out):
    """The passports of a lot, the newest first; at most one is open."""

    passports = fields.List(fields.Nested(PassportOut()))


class PassportMadeOut(Out):
    """A new passport and its address."""

    id = Id()
    url = fields.String(
        allow_none=True,
        metadata={"description": "What stands in the QR code, with the key in it. Shown this once; null in a repeat."},
    )


class PassportPolicyIn(In):
    """What passports show; null takes the class's own policy away, and the company's counts."""

    shown = fields.List(fields.Enum(Shown, by_value=True), required=True, allow_none=True)


class PassportPolicyOut(Out):
    """What passports of a class of items show."""

    item_class = fields.String(
        metadata={"description": "Blank: the company's, for all classes without one of their own."}
    )
    shown = fields.Function(
        lambda row: sorted(one.value for one in row.shown), metadata={"type": "array", "items": {"type": "string"}}
    )
    is_own = fields.Boolean(
        metadata={"description": "false: nothing was written down for it, and the company's counts."}
    )
    changed_by = fields.String(allow_none=True)
    changed_at = Instant(allow_none=True)


class PassportPoliciesOut(Out):
    """The company's policy and that of each class."""

    policies = fields.List(fields.Nested(PassportPolicyOut()))
