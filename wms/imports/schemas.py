"""What comes in from the pages of imports and from the API, and how runs and verdicts go out."""

import base64
import binascii
from collections.abc import Mapping
from typing import Any, Final

from marshmallow import ValidationError, fields, validate

from wms.imports import words
from wms.imports.charset import CHARSETS
from wms.imports.limits import LIMITS
from wms.imports.models import RunState
from wms.imports.rules.words import KINDS
from wms.web.api import ListQuery
from wms.web.forms import Flag, Id, In, Instant, Line, Out, Whole

_KIND = validate.OneOf(list(KINDS), error="not_a_choice")
_VERDICT = validate.OneOf(["", "accept", "refuse", "ask"], error="not_a_choice")
_CHARSET = validate.OneOf(["", *CHARSETS], error="not_a_choice")
_DELIMITER = validate.OneOf(["", ",", ";", "tab", "|"], error="not_a_choice")
_CHOICE = validate.OneOf(["", "yes", "no", "other"], error="not_a_choice")
_NAME = validate.Regexp(r"\A[a-z0-9_]{0,40}\Z", error="not_a_choice")
_BASE64_LENGTH: Final = -(-LIMITS.file_bytes // 3) * 4
#: The body of a file: its base64 and the braces around it.
FILE_BODY_BYTES: Final = _BASE64_LENGTH + 4096


class KindIn(In):
    """What a file is of."""

    kind = Line(required=True, max_length=24, validate=_KIND)


class RunsIn(In):
    """Which runs to list."""

    cursor = Line(load_default="", max_length=400)


class RowsIn(In):
    """Which rows of a run to list."""

    verdict = Line(load_default="", max_length=8, validate=_VERDICT)
    reason = Line(load_default="", max_length=40, validate=_NAME)
    cursor = Line(load_default="", max_length=400)


class MapIn(In):
    """What each column means, in their order; "" passes one over."""

    column = fields.List(
        Line(max_length=40, load_default=""), load_default=list, validate=validate.Length(max=LIMITS.columns)
    )
    heading = Whole(1, 2_000_000, load_default=None, allow_none=True)


class ReadIn(In):
    """How to read the file anew."""

    sheet = Line(load_default="", max_length=80)
    charset = Line(load_default="", max_length=12, validate=_CHARSET)
    delimiter = Line(load_default="", max_length=3, validate=_DELIMITER)


class AnswerIn(In):
    """An answer to all questions of one kind, or of one row."""

    question = Line(required=True, max_length=40, validate=_NAME)
    choice = Line(load_default="", max_length=8, validate=_CHOICE)
    row = Whole(1, 2_000_000, load_default=None, allow_none=True)


class ApplyIn(In):
    """All or nothing, or the good rows."""

    mode = Line(required=True, max_length=5, validate=validate.OneOf(["whole", "good"], error="not_a_choice"))


class TemplateIn(In):
    """In which language a template is."""

    language = Line(load_default="", max_length=12)


# -- the API: what comes in -------------------------------------------------------------------------------------------
class Content(fields.Field[bytes]):
    """The bytes of a file, as base64."""

    def document(self) -> dict[str, Any]:
        """Say the encoding."""
        return {"type": "string", "contentEncoding": "base64", "minLength": 1, "maxLength": _BASE64_LENGTH}

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> bytes:
        if not isinstance(value, str) or not value:
            raise ValidationError("blank")
        try:
            return base64.b64decode(value, validate=True)
        except (binascii.Error, ValueError):
            raise ValidationError("bad_base64") from None


class ImportIn(In):
    """A spreadsheet: XLSX, XLS or CSV, at most 8 MB and 50,000 rows."""

    kind = fields.String(required=True, validate=_KIND)
    file_name = Line(required=True, max_length=160, metadata={"description": "Its name; the ending says its kind."})
    content = Content(required=True)
    sheet = Line(
        load_default="", max_length=80, metadata={"description": "Where another sheet than the likeliest is meant."}
    )
    charset = fields.String(load_default="", validate=_CHARSET)
    delimiter = fields.String(load_default="", validate=_DELIMITER)


class MapPost(In):
    """What the columns mean."""

    columns = fields.List(
        Line(max_length=40, load_default=""), required=True, validate=validate.Length(max=LIMITS.columns),
        metadata={"description": "The field of each column in their order; an empty text passes a column over."},
    )  # fmt: skip
    heading_row = Whole(1, 2_000_000, load_default=None, allow_none=True)


class ReadPost(In):
    """How to read the file anew."""

    sheet = Line(load_default="", max_length=80)
    charset = fields.String(load_default="", validate=_CHARSET)
    delimiter = fields.String(load_default="", validate=_DELIMITER)


class AnswerPost(In):
    """An answer: `yes`, `no`, `other` (the second reading) or empty (taken back)."""

    question = fields.String(
        required=True, validate=_NAME, metadata={"description": "`reason` of the rows that ask it."}
    )
    choice = fields.String(required=True, validate=_CHOICE)
    rows = fields.List(
        Whole(1, 2_000_000), load_default=None, allow_none=True, validate=validate.Length(max=1000),
        metadata={"description": "Rows it holds for; without it all that ask."},
    )  # fmt: skip


class ApplyPost(In):
    """How to apply."""

    is_whole = Flag(
        required=True, metadata={"description": "True: every row or none. False: the accepted rows alone."}
    )  # fmt: skip


class ImportRowsQuery(ListQuery):
    """Which rows to list."""

    verdict = fields.String(
        load_default="", validate=_VERDICT, metadata={"description": "accept, refuse or ask; empty for all."}
    )
    reason = fields.String(load_default="", validate=_NAME)


# -- the API: what goes out -------------------------------------------------------------------------------------------
class CountsOut(Out):
    """How many rows have which verdict, and how many are applied."""

    accept = fields.Integer(dump_default=0)
    refuse = fields.Integer(dump_default=0)
    ask = fields.Integer(dump_default=0)
    applied = fields.Integer(dump_default=0)


class ImportOut(Out):
    """A run: one file of one kind."""

    id = Id()
    kind = fields.String(validate=_KIND)
    warehouse_id = Id()
    file_name = fields.String()
    sha256 = fields.String()
    state = fields.Enum(RunState, by_value=True)
    sheet = fields.Function(lambda run: run.source.get("sheet", ""), metadata={"type": "string"})
    charset = fields.Function(lambda run: run.source.get("charset", ""), metadata={"type": "string"})
    heading_row = fields.Function(lambda run: run.source.get("heading", 0), metadata={"type": "integer"})
    headings = fields.Function(
        lambda run: run.source.get("words", []), metadata={"type": "array", "items": {"type": "string"}}
    )
    columns = fields.List(fields.String())
    answers = fields.Dict(keys=fields.String(), values=fields.String())
    counts = fields.Nested(CountsOut())
    total_rows = fields.Integer()
    done_rows = fields.Integer()
    fault = fields.Function(words.fault_text, metadata={"type": "string", "description": "What stopped it, or empty."})
    made_at = Instant()
    applied_at = Instant(allow_none=True)


class ImportRowOut(Out):
    """What became of one row of the sheet. `values` are its values as they were understood, by field."""

    row = fields.Integer(metadata={"description": "Its number in the sheet."})
    verdict = fields.String(validate=validate.OneOf(["accept", "refuse", "ask"]))
    reason = fields.String(metadata={"description": "A stable code."})
    text = fields.String(metadata={"description": "The reason in the language of the call."})
    values = fields.Dict(keys=fields.String(), attribute="said")
    is_applied = fields.Boolean()
