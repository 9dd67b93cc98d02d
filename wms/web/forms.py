"""Reading what people and machines send: marshmallow schemas with our field kinds, FieldErrors when something is wrong.

    class HoldLotIn(In):
        lot_id = Id(required=True)
        quantity = QuantityField()
        note = Line(max_length=200, load_default="")

    cmd = HoldLot(**parse_form(HoldLotIn()))

Unknown fields are refused. CSRF is Flask-WTF's: every form holds `csrf_token()`, every script sends X-CSRFToken.
"""

import json
import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any, Final

from flask import request
from marshmallow import RAISE, Schema, ValidationError, fields

from wms.core.errors import BadInput, BadQuantity, FieldErrors
from wms.core.quantity import Quantity

#: Fields of the page itself, never of a command.
_OURS: Final = {"csrf_token", "lang", "units", "unit_answer"}
ID_MAX: Final = 2**63 - 1
#: A quantity as text in JSON.
QUANTITY: Final = re.compile(r"[0-9]{1,12}(\.[0-9]{1,6})?")
#: Our kinds of fields say in `document()` what they take, as a part of a JSON schema.
ID_SHAPE: Final = {"type": "string", "pattern": "^[0-9]{1,19}$"}


class In(Schema):
    """The base of everything that comes in: unknown fields are refused."""

    class Meta:
        unknown = RAISE


class Out(Schema):
    """The base of everything that goes out as JSON: ids and quantities as text, days as YYYY-MM-DD, instants in UTC."""


class Instant(fields.Field[datetime]):
    """An instant as 2026-11-22T08:15:30.123456Z; coming in, it must name its offset."""

    def document(self) -> dict[str, Any]:
        """Say the format."""
        return {"format": "date-time"}

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        try:
            instant = datetime.fromisoformat(str(value))
        except ValueError:
            raise ValidationError("bad_instant") from None
        if instant.tzinfo is None or not 1990 <= instant.year <= 2199:
            raise ValidationError("bad_instant")
        return instant.astimezone(UTC)

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        return None if value is None else value.astimezone(UTC).isoformat().replace("+00:00", "Z")


class Line(fields.String):
    """One line of text: trimmed, printable, at most `max_length` characters. Blank counts as missing when required."""

    def __init__(self, *, max_length: int = 200, **kwargs: Any) -> None:
        self.max_length = max_length
        super().__init__(**kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        text = str(super()._deserialize(value, attr, data, **kwargs)).strip()
        if self.required and not text:
            raise ValidationError("blank")
        if len(text) > self.max_length:
            raise ValidationError("too_long")
        if not self._is_printable(text):
            raise ValidationError("unprintable")
        return text

    def document(self) -> dict[str, Any]:
        """Say the length."""
        return {"maxLength": self.max_length} | ({"minLength": 1} if self.required else {})

    def _is_printable(self, text: str) -> bool:
        return not any(unicodedata.category(sign) in {"Cc", "Cs"} for sign in text)


class Note(Line):
    """Some lines of text; line breaks are kept."""

    def _is_printable(self, text: str) -> bool:
        return super()._is_printable(text.replace("\r\n", " ").replace("\n", " ").replace("\t", " "))


class Exact(fields.String):
    """Text taken byte for byte: a lot number to look for, or a scan with its separators. Never trimmed, never folded."""

    def __init__(self, *, max_length: int = 200, **kwargs: Any) -> None:
        self.max_length = max_length
        super().__init__(**kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        text = str(super()._deserialize(value, attr, data, **kwargs))
        if self.required and not text:
            raise ValidationError("blank")
        if len(text) > self.max_length:
            raise ValidationError("too_long")
        if "\x00" in text or any(unicodedata.category(sign) == "Cs" for sign in text):
            raise ValidationError("unprintable")
        return text

    def document(self) -> dict[str, Any]:
        """Say the length."""
        return {"maxLength": self.max_length} | ({"minLength": 1} if self.required else {})


class Answers(fields.Field[dict[str, str]]):
    """What was answered to the questions of a call before: {"another_bin": "yes"}, by the question's name.

    A refusal `question_needed` names its question; the caller repeats the call with the answer. Most take a "yes".
    """

    COUNT_MAX: Final = 8
    LENGTH_MAX: Final = 500

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**({"load_default": dict} | kwargs))

    def document(self) -> dict[str, Any]:
        """Say the form, and what a name may look like."""
        return {
            "type": "object",
            "maxProperties": self.COUNT_MAX,
            "propertyNames": {"pattern": "^[a-z_]{1,40}$"},
            "additionalProperties": {"type": "string", "minLength": 1, "maxLength": self.LENGTH_MAX},
            "examples": [{"another_bin": "yes"}],
            "description": "Answers to the questions of a refusal `question_needed`, by the question's name.",
        }

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        if not isinstance(value, dict) or len(value) > self.COUNT_MAX:
            raise ValidationError("bad_answers")
        for name, said in value.items():
            is_name = isinstance(name, str) and re.fullmatch("[a-z_]{1,40}", name) is not None
            if not is_name or not isinstance(said, str) or not 0 < len(said) <= self.LENGTH_MAX:
                raise ValidationError("bad_answers")
        return dict(value)


def yeses(answers: Mapping[str, str]) -> frozenset[str]:
    """Name the questions that were answered with yes."""
    return frozenset(name for name, said in answers.items() if said == "yes")


class Prefixed(fields.Field[dict[str, str]]):
    """All values of a form or query whose names begin with `<this field>.`, by the rest of the name: ?f.colour=red.

    Which names there are is known later, from the database; whoever reads them refuses the others. In the document of the
    API the operation's description tells of them.
    """

    COUNT_MAX: Final = 100

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**({"load_default": dict} | kwargs))

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        if not isinstance(value, dict) or len(value) > self.COUNT_MAX:
            raise ValidationError("not_a_choice")
        if any(len(text) > 500 for text in value.values()):
            raise ValidationError("too_long")
        return value


class Secret(fields.String):
    """A password or PIN: taken as it is, never trimmed, at most 200 characters."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        text = str(super()._deserialize(value, attr, data, **kwargs))
        if self.required and not text:
            raise ValidationError("blank")
        if len(text) > 200:
            raise ValidationError("too_long")
        return text

    def document(self) -> dict[str, Any]:
        """Say the length."""
        return {"maxLength": 200} | ({"minLength": 1} if self.required else {})


class Id(fields.Integer):
    """One of our ids: a whole number of 63 bits. A blank form field is None when `allow_none`."""

    def document(self) -> dict[str, Any]:
        """Say that it is text of digits."""
        return {"pattern": ID_SHAPE["pattern"]}

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        if value == "" and self.allow_none:
            return None
        if isinstance(value, bool) or not str(value).isascii() or not str(value).isdigit() or len(str(value)) > 19:
            raise ValidationError("bad_id")
        if int(value) > ID_MAX:
            raise ValidationError("bad_id")
        return int(value)

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        return None if value is None else str(value)  # JSON numbers lose digits above 2^53


class QuantityField(fields.Field[Quantity]):
    """A quantity in the base unit, above zero unless `zero_allowed`; text in JSON too."""

    def __init__(self, *, zero_allowed: bool = False, **kwargs: Any) -> None:
        self.zero_allowed = zero_allowed
        super().__init__(**kwargs)

    def document(self) -> dict[str, Any]:
        """Say the digits: text, since a float of JSON is not exact."""
        return {"pattern": f"^{QUANTITY.pattern}$", "examples": ["12", "0.5"]}

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        if value == "" and self.allow_none:
            return None
        if isinstance(value, (bool, float)):
            raise ValidationError("bad_quantity")
        try:
            quantity = Quantity.parse(str(value))
        except BadQuantity:
            raise ValidationError("bad_quantity") from None
        if not quantity and not self.zero_allowed:
            raise ValidationError("not_positive")
        return quantity

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        return None if value is None else str(value)


_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class Day(fields.Field[date]):
    """A calendar day as YYYY-MM-DD, between 1990 and 2199. A blank form field is None when `allow_none`."""

    def document(self) -> dict[str, Any]:
        """Say the format."""
        return {"format": "date"}

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        if value == "" and self.allow_none:
            return None
        text = str(value).strip()
        try:
            day = date.fromisoformat(text) if _DAY.fullmatch(text) else None
        except ValueError:
            day = None
        if day is None or not 1990 <= day.year <= 2199:
            raise ValidationError("bad_date")
        return day

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        return None if value is None else value.isoformat()


class Flag(fields.Boolean):
    """True or false in JSON, and nothing that only looks like it."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> bool:
        if not isinstance(value, bool):
            raise ValidationError("not_a_choice")
        return value


class Whole(fields.Integer):
    """A whole number between two bounds; a blank form field is None when `allow_none`."""

    def __init__(self, low: int, high: int, **kwargs: Any) -> None:
        self.low, self.high = low, high
        super().__init__(**kwargs)

    def document(self) -> dict[str, Any]:
        """Say the bounds."""
        return {"minimum": self.low, "maximum": self.high}

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if value == "" and self.allow_none:
            return None
        if not str(value).strip().isascii() or not str(value).strip().isdigit() or len(str(value).strip()) > 12:
            raise ValidationError("Not a valid integer.")
        if not self.low <= int(value) <= self.high:
            raise ValidationError("out_of_range")
        return int(value)


class Choice(fields.Enum):
    """One of an enumeration, by its value; a blank form field is None when `allow_none`."""

    def __init__(self, kind: Any, **kwargs: Any) -> None:
        super().__init__(kind, by_value=True, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if value == "" and self.allow_none:
            return None
        try:
            return super()._deserialize(value, attr, data, **kwargs)
        except ValidationError:
            raise ValidationError("not_a_choice") from None


class Tick(fields.Boolean):
    """A check box: absent means no."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(load_default=False, **kwargs)


def parse_form(schema: Schema, **more: Any) -> dict[str, Any]:
    """Read the posted form through `schema`; `more` adds values from the URL. Raises FieldErrors."""
    return load(schema, _plain(schema, request.form) | more)


def parse_query(schema: Schema) -> dict[str, Any]:
    """Read the query string through `schema`. Raises FieldErrors."""
    return load(schema, _plain(schema, request.args))


def parse_json(schema: Schema, **more: Any) -> Any:
    """Read the JSON body through `schema` (which may be `many`). Raises BadInput for no JSON, FieldErrors for faults."""
    body = json_body()
    return load(schema, (body | more) if isinstance(body, dict) else body)


def json_body() -> Any:
    """Give the JSON body as it was sent. Raises BadInput for no JSON, FieldErrors for signs that nobody can store.

    Only what every reader reads alike: UTF-8, no name twice in an object, no NaN (RFC 8259).
    """
    body = None
    if request.is_json:
        try:
            text = request.get_data(cache=True).decode("utf-8")
            body = json.loads(text, object_pairs_hook=_each_name_once, parse_constant=_no_number)
        except (ValueError, RecursionError):  # or nested deeper than the reader of JSON can follow
            body = None
    if body is None:
        raise BadInput()
    if not _is_clean(body, depth=0):
        raise FieldErrors(errors={"body": ["unprintable"]})
    return body


def _each_name_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    read = dict(pairs)
    if len(read) != len(pairs):
        raise ValueError("a name stands twice")
    return read


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is no number of JSON")


def load_json(schema: Schema, values: Any) -> Any:
    """Read a body of JSON through `schema`, each value as the kind the document says. Raises FieldErrors.

    A form has only text, so the fields read a number out of text, and a blank as nothing. A machine that sends an id as a
    number may have lost digits of it already, and one that sends "0" for false means something else: both are refused.
    """
    faults = _faults_of_kind(schema, values)
    if faults:
        raise FieldErrors(errors=faults)
    return load(schema, values)


def _faults_of_kind(schema: Schema, values: Any) -> dict[Any, Any]:
    if not isinstance(values, dict):
        return {}
    faults = {}
    for name, field in schema.load_fields.items():
        key = field.data_key or name
        if key in values and (fault := _fault_of_kind(field, values[key])):
            faults[key] = fault
    return faults


def _fault_of_kind(field: Any, value: Any) -> Any:
    """Say what is wrong with the kind of one value: a list of codes, or faults by name; what is null is told elsewhere."""
    if value is None:
        return None
    if isinstance(field, fields.Nested):
        return _faults_of_kind(field.schema, value)
    if isinstance(field, fields.List):
        parts = value if isinstance(value, list) else []
        return {place: fault for place, part in enumerate(parts) if (fault := _fault_of_kind(field.inner, part))}
    is_text, is_bool = isinstance(value, str), isinstance(value, bool)
    for kinds, is_right, fault in (
        (Id, is_text and value != "", "bad_id"),
        (QuantityField, is_text and QUANTITY.fullmatch(value), "bad_quantity"),
        (Day, is_text and _DAY.fullmatch(value), "bad_date"),
        (Instant, is_text, "bad_instant"),
        (fields.Boolean, is_bool, "not_a_choice"),
        (fields.Integer, isinstance(value, int) and not is_bool, "Not a valid integer."),
        (fields.Number, isinstance(value, int | float) and not is_bool, "Not a valid number."),
        (fields.Enum, is_text and value != "", "not_a_choice"),
    ):
        if isinstance(field, kinds):
            return None if is_right else [fault]
    return None


def load(schema: Schema, values: Any) -> Any:
    """Read plain values through `schema`. Raises FieldErrors."""
    try:
        return schema.load(values)
    except ValidationError as wrong:
        raise FieldErrors(errors=wrong.normalized_messages()) from None


def _plain(schema: Schema, values: Any) -> dict[str, Any]:
    """Turn a multi-dict into plain values; only a List field keeps more than one."""
    many = {name for name, kind in schema.fields.items() if isinstance(kind, fields.List)}
    plain: dict[str, Any] = {
        name: values.getlist(name) if name in many else values[name] for name in values if name not in _OURS
    }
    for name, kind in schema.fields.items():
        if isinstance(kind, Prefixed):
            start = f"{name}."
            plain[name] = {rest[len(start) :]: plain.pop(rest) for rest in list(plain) if rest.startswith(start)}
    return plain


def _is_clean(value: Any, *, depth: int) -> bool:
    """No NUL and no half surrogate anywhere, and not nested without end: neither database nor log takes them."""
    if depth > 20:
        return False
    if isinstance(value, str):
        return "\x00" not in value and (value.isascii() or not any("\ud800" <= sign <= "\udfff" for sign in value))
    if isinstance(value, Mapping):
        return all(_is_clean(k, depth=depth + 1) and _is_clean(v, depth=depth + 1) for k, v in value.items())
    if isinstance(value, list):
        return all(_is_clean(part, depth=depth + 1) for part in value)
    return True
