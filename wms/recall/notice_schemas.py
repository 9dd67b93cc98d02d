"""What comes in from the pages of notices and the API, and how notices and answers go out."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from wms.core.quantity import ZERO
from wms.recall.notice_models import NoticeState, NoticeWay
from wms.recall.notices import Whom
from wms.web.forms import Choice, Day, Flag, Id, In, Instant, Line, Note, Out, Prefixed, QuantityField
from wms.web.i18n import LANGUAGES


def _language(**kwargs: Any) -> Line:
    return Line(max_length=12, validate=validate.OneOf(["", *LANGUAGES], error="not_a_choice"), **kwargs)


class ContactForm(In):
    """Where a customer is reached in this recall."""

    email = Line(load_default="", max_length=160)
    phone = Line(load_default="", max_length=40)
    contact = Line(load_default="", max_length=160)
    language = _language(load_default="")


#: More customers than any recall has had; a list that is longer is no list of customers.
PARTIES_MAX = 50_000


class SendForm(In):
    """Whom to tell: those ticked, or all who were not told, or all who have not answered."""

    key = Line(required=True, max_length=64)
    parties = fields.List(Id(), load_default=list, validate=validate.Length(max=PARTIES_MAX))
    who = Choice(Whom, load_default=Whom.CHOSEN)
    language = _language(load_default="")
    instructions = Note(load_default="", max_length=2000)


class AgainForm(In):
    """Which letters that failed are drawn again; none named: all of them."""

    notices = fields.List(Id(), load_default=list, validate=validate.Length(max=PARTIES_MAX))


class LetterQuery(In):
    """In which language a letter is looked at; blank: the customer's own."""

    language = _language(load_default="")


class ReplyForm(In):
    """What a customer answered; quantities by lot."""

    key = Line(required=True, max_length=64)
    party = Id(required=True)
    way = Choice(NoticeWay, required=True)
    contact = Line(required=True, max_length=120)
    note = Note(load_default="", max_length=500)
    on_hand = Prefixed()
    used = Prefixed()
    destroyed = Prefixed()
    to_return = Prefixed()


class ContactIn(In):
    """Where a customer is reached in this recall."""

    email = Line(load_default="", max_length=160)
    phone = Line(load_default="", max_length=40)
    contact = Line(load_default="", max_length=160)
    language = _language(load_default="en")


class SendNoticesIn(In):
    """Whom to tell, by their party ids. `language` blank: each in its own. Without an e-mail address it is a letter."""

    party_ids = fields.List(Id(), required=True, validate=validate.Length(min=1, max=PARTIES_MAX))
    language = _language(load_default="")
    instructions = Note(load_default="", max_length=2000)


class DrawAgainIn(In):
    """Which notices, by their ids; none named: all whose letter could not be drawn."""

    notice_ids = fields.List(Id(), load_default=list, validate=validate.Length(max=PARTIES_MAX))


class DrawingOut(Out):
    """How far the letters of a recall are: all, drawn, still to be drawn, and those that could not be."""

    total = fields.Integer()
    drawn = fields.Integer()
    waiting = fields.Integer()
    failed = fields.Integer()


class ReplyLineIn(In):
    """Of one lot: what they still have, used, destroyed, and will send back."""

    lot_id = Id(required=True)
    on_hand = QuantityField(zero_allowed=True, load_default=ZERO)
    used = QuantityField(zero_allowed=True, load_default=ZERO)
    destroyed = QuantityField(zero_allowed=True, load_default=ZERO)
    to_return = QuantityField(zero_allowed=True, load_default=ZERO)


class ReplyIn(In):
    """What a customer answered."""

    party_id = Id(required=True)
    way = Choice(NoticeWay, required=True)
    contact = Line(required=True, max_length=120)
    note = Note(load_default="", max_length=500)
    received_at = Instant(load_default=None, allow_none=True)
    lines = fields.List(fields.Nested(ReplyLineIn()), required=True, validate=validate.Length(max=500))


class NoticeOut(Out):
    """One notice to one customer."""

    id = Id()
    round = fields.Integer()
    way = fields.Enum(NoticeWay, by_value=True)
    language = fields.String()
    sent_to = fields.String()
    subject = fields.String()
    state = fields.Enum(NoticeState, by_value=True, metadata={"description": "waiting, drawn or failed: its letter."})
    fault = fields.String(metadata={"description": "Why the letter could not be drawn; blank otherwise."})
    letter_sha256 = fields.String(metadata={"description": "Blank until the letter is drawn."})
    mail_id = Id(allow_none=True, metadata={"description": "The message, once the letter is drawn; null by post."})
    reply_by_at = Instant()
    made_at = Instant()
    drawn_at = Instant(allow_none=True)


class ReplyLineOut(Out):
    """Of one lot."""

    lot_id = Id()
    lot_number = fields.String(attribute="lot.number")
    on_hand = QuantityField()
    used = QuantityField()
    destroyed = QuantityField()
    to_return = QuantityField()


class ReplyOut(Out):
    """What a customer answered."""

    id = Id()
    way = fields.Enum(NoticeWay, by_value=True)
    contact = fields.String()
    note = fields.String()
    received_at = Instant()
    lines = fields.List(fields.Nested(ReplyLineOut()))


class NoticeDeliveryOut(Out):
    """So much of one lot by one paper."""

    lot_id = Id(attribute="lot")
    lot_number = fields.String()
    sku = fields.String()
    quantity = QuantityField()
    unit = fields.String()
    document = fields.String()
    order_number = fields.String()
    shipped_at = Instant(allow_none=True)
    shipped_on = Day(allow_none=True)


class PartyNoticesOut(Out):
    """A customer of a recall: what it got, how it was told, what it answered."""

    party_id = Id(attribute="party.id")
    name_en = fields.String(attribute="party.name_en")
    name_zh = fields.String(attribute="party.name_zh")
    email = fields.String(attribute="party.email")
    phone = fields.String(attribute="party.phone")
    contact = fields.String(attribute="party.contact")
    language = fields.String(attribute="party.language")
    lacks_contact = Flag()
    is_written = Flag(metadata={"description": "A notice about the version in force is written; its letter may wait."})
    is_told = Flag(metadata={"description": "The letter of a notice about the version in force is drawn."})
    deliveries = fields.List(fields.Nested(NoticeDeliveryOut()))
    notices = fields.List(fields.Nested(NoticeOut()))
    reply = fields.Nested(ReplyOut(), allow_none=True)


class SentNoticesOut(Out):
    """The notices that were just written, and how far the letters of the recall are."""

    notices = fields.List(fields.Nested(NoticeOut()))
    drawing = fields.Nested(DrawingOut())
