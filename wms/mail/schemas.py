"""What comes in from the pages of messages and the API, and how messages go out."""

from marshmallow import fields

from wms.mail.models import RecipientState, TryOutcome
from wms.web.api import ListQuery
from wms.web.forms import Choice, Id, In, Instant, Line, Out


class MessagesIn(In):
    """Which messages to list."""

    state = Choice(RecipientState, load_default=None, allow_none=True)
    cursor = Line(load_default="", max_length=500)


class AgainIn(In):
    """Send again, to another address where that one was wrong."""

    email = Line(load_default="", max_length=254)


class TestIn(In):
    """Where a test message goes."""

    __test__ = False

    email = Line(required=True, max_length=254)


class MessagesQuery(ListQuery):
    """Which messages."""

    state = Choice(RecipientState, load_default=None, allow_none=False)


class RecipientOut(Out):
    """An address of a message, with how it stands there."""

    address = fields.String()
    name = fields.String()
    state = fields.Enum(RecipientState, by_value=True)
    tries = fields.Integer()
    next_at = Instant()
    last_error = fields.String()
    sent_at = Instant(allow_none=True)


class MailAttachmentOut(Out):
    """A file that goes with a message."""

    name = fields.String()
    content_type = fields.String()
    size_bytes = fields.Integer()
    sha256 = fields.String()


class MessageOut(Out):
    """A message. `state` is what needs a person first: failed, waiting, sent, cancelled."""

    id = Id(attribute="mail.id")
    message_id = fields.String(attribute="mail.message_id")
    state = fields.String(attribute="mail.state", metadata={"enum": [one.value for one in RecipientState]})
    subject_kind = fields.String(attribute="mail.subject_kind")
    subject_id = Id(attribute="mail.subject_id", allow_none=True)
    warehouse_id = Id(attribute="mail.warehouse_id", allow_none=True)
    language = fields.String(attribute="mail.language")
    subject = fields.String(attribute="mail.subject")
    body = fields.String(attribute="mail.body")
    queued_by = fields.String(allow_none=True)
    queued_at = Instant(attribute="mail.queued_at")
    recipients = fields.List(fields.Nested(RecipientOut()), attribute="mail.recipients")
    attachments = fields.List(fields.Nested(MailAttachmentOut()), attribute="mail.attachments")


class TryOut(Out):
    """What came of a try, or what a person did."""

    address = fields.String(attribute="tried.address")
    outcome = fields.Enum(TryOutcome, by_value=True, attribute="tried.outcome")
    answer = fields.String(attribute="tried.answer")
    tried_at = Instant(attribute="tried.tried_at")
    by = fields.String(allow_none=True)


class MessageViewOut(Out):
    """A message with its history."""

    message = fields.Nested(MessageOut(), attribute="row")
    tries = fields.List(fields.Nested(TryOut()))
