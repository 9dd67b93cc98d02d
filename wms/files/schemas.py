"""What comes in and goes out with attachments."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError, fields

from wms.files.models import FileKind
from wms.files.rules import ContentType
from wms.web.api import ListQuery
from wms.web.forms import Choice, Day, Id, In, Instant, Line, Note, Out


class AttachIn(In):
    """The form beside the files: what they are, and until when they count."""

    kind = Choice(FileKind, required=True)
    expires_on = Day(load_default=None, allow_none=True)


class WithdrawIn(In):
    """Why a file counts no more."""

    reason = Note(required=True, max_length=500)


# -- the API ----------------------------------------------------------------------------------------------------------
class Base64(fields.Field[bytes]):
    """The bytes of a file, as base64."""

    def document(self) -> dict[str, Any]:
        """Say the encoding."""
        return {"type": "string", "contentEncoding": "base64", "minLength": 1}

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> bytes:
        if not isinstance(value, str) or not value:
            raise ValidationError("blank")
        try:
            return base64.b64decode(value, validate=True)
        except (binascii.Error, ValueError):
            raise ValidationError("bad_base64") from None


class AttachmentsQuery(ListQuery):
    """Whose attachments to list."""

    subject_kind = Line(required=True, max_length=24, metadata={"description": "Such as item, lot, receipt."})
    subject_id = Id(required=True)


class NewAttachmentIn(In):
    """A file for a record: JPEG, PNG, WebP, PDF, XLSX, DOCX, CSV or text, judged by its content."""

    subject_kind = Line(required=True, max_length=24, metadata={"description": "Such as item, lot, receipt."})
    subject_id = Id(required=True)
    name = Line(required=True, max_length=160, metadata={"description": "What it is called; folders are cut off."})
    kind = Choice(FileKind, required=True)
    expires_on = Day(load_default=None, allow_none=True, metadata={"description": "The last day it counts."})
    content = Base64(required=True)


class AttachmentOut(Out):
    """An attachment; its bytes are at /attachments/{id}/content, and `sha256` is their hash."""

    id = Id(attribute="file.id")
    subject_kind = fields.String(attribute="file.subject_kind")
    subject_id = Id(attribute="file.subject_id")
    name = fields.String(attribute="file.name")
    kind = Choice(FileKind, attribute="file.kind")
    content_type = fields.String(attribute="file.content_type")
    size_bytes = fields.Integer(attribute="file.size_bytes")
    sha256 = fields.String(attribute="file.sha256")
    expires_on = Day(attribute="file.expires_on", allow_none=True)
    attached_by = fields.String()
    attached_at = Instant(attribute="file.created_at")
    withdrawn_by = fields.String(allow_none=True)
    withdrawn_at = Instant(attribute="file.withdrawn_at", allow_none=True)
    withdraw_reason = fields.String(attribute="file.withdraw_reason")


class VerifiedOut(Out):
    """What the bytes on disk say now."""

    id = Id()
    sha256 = fields.String(metadata={"description": "Of the bytes that were attached."})
    found_sha256 = fields.String(
        allow_none=True, metadata={"description": "Of the bytes on disk; null: they are gone."}
    )
    is_unchanged = fields.Boolean()


#: What a file may be, for the document.
MEDIA = ", ".join(kind.value for kind in ContentType)
