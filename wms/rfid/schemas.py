"""What comes in at the doors: a gateway's batch as JSON, the forms of the door pages, the API; and what goes out."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any, Final

from marshmallow import Schema, ValidationError, fields, post_load, validate, validates_schema

from wms.rfid.models import AntennaSide, Direction, PassageDecision, PortalUse
from wms.rfid.rules.passage import PassageParameters
from wms.rfid.service.commands import AcceptBatch, AntennaReads, EpisodeItem, ReaderStatus, StateItem
from wms.web import forms
from wms.web.api import ListQuery
from wms.web.forms import Flag, Id, In, Line, Note, Out, Tick

BATCH_MAX: Final = 500
#: The largest sequence a gateway may reach: whole numbers are exact in JSON up to here.
SEQUENCE_MAX: Final = 2**53
_EARLIEST: Final = datetime(2020, 1, 1, tzinfo=UTC)
_LATEST: Final = datetime(2200, 1, 1, tzinfo=UTC)
_choice = {"error": "not_a_choice"}


def _between(low: float, high: float) -> validate.Range:
    return validate.Range(min=low, max=high, error="out_of_range")


class Instant(fields.AwareDateTime):
    """A time with its offset, between 2020 and 2200."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(format="iso", **kwargs)

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> datetime:
        if not isinstance(value, str) or len(value) > 40:
            raise ValidationError("bad_time")
        moment = super()._deserialize(value, attr, data, **kwargs)
        try:
            if not _EARLIEST <= moment <= _LATEST:
                raise ValidationError("bad_time")
            return moment.astimezone(UTC)
        except (OverflowError, TypeError):
            raise ValidationError("bad_time") from None


class Hex(fields.String):
    """An EPC as hex: whole bytes, 1 to 62 of them; upper case from here on."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> str:
        text = str(super()._deserialize(value, attr, data, **kwargs))
        if not re.fullmatch(r"(?:[0-9A-Fa-f]{2}){1,62}", text, re.ASCII):
            raise ValidationError("bad_epc")
        return text.upper()


def _short(length: int = 200, **more: Any) -> fields.String:
    return fields.String(validate=validate.Length(max=length, error="too_long"), **more)


def _count(**more: Any) -> fields.Integer:
    return fields.Integer(strict=True, validate=_between(0, SEQUENCE_MAX), **more)


def _decibels(low: float, high: float) -> fields.Float:
    return fields.Float(required=True, allow_nan=False, validate=_between(low, high))


# -- the gateway's batch ------------------------------------------------------------------------------------------------
class AntennaIn(In):
    """What one antenna of the winning door read."""

    reader = Id(required=True)
    antenna = fields.Integer(required=True, strict=True, validate=_between(1, 64))
    side = fields.String(required=True, validate=validate.OneOf(["inside", "outside"], **_choice))
    reads = _count(required=True)
    peak_rssi_dbm = _decibels(-200, 100)

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> AntennaReads:
        """Give the reads of one antenna."""
        return AntennaReads(**data)


class EpisodeIn(In):
    """One episode."""

    sequence = fields.Integer(required=True, strict=True, validate=_between(1, SEQUENCE_MAX))
    kind = fields.String(required=True, validate=validate.Equal("episode", **_choice))
    epc = Hex(required=True)
    portal = Id(required=True)
    reader = Id(required=True)
    started_at = Instant(required=True)
    ended_at = Instant(required=True)
    reads = _count(required=True)
    antennas = fields.List(
        fields.Nested(AntennaIn), load_default=list, validate=validate.Length(max=64, error="too_long")
    )
    peak_rssi_dbm = _decibels(-200, 100)
    door_share = _decibels(0, 1)
    prominence_db = _decibels(0, 500)
    direction_seconds = fields.Float(
        required=True, allow_none=True, allow_nan=False, validate=_between(-100_000, 100_000)
    )
    verdict = fields.String(required=True, validate=validate.OneOf(["in", "out", "stray", "review"], **_choice))
    is_parked = fields.Boolean(load_default=False)
    is_late = fields.Boolean(load_default=False)

    @validates_schema
    def check_order(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse an end before the start."""
        if data["ended_at"] < data["started_at"]:
            raise ValidationError("bad_time", "ended_at")

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> EpisodeItem:
        """Give the episode."""
        del data["kind"]
        return EpisodeItem(**(data | {"antennas": tuple(data["antennas"])}))


class StateIn(In):
    """One change of a reader's state."""

    sequence = fields.Integer(required=True, strict=True, validate=_between(1, SEQUENCE_MAX))
    kind = fields.String(required=True, validate=validate.Equal("reader_state", **_choice))
    reader = Id(required=True)
    state = fields.String(required=True, validate=validate.OneOf(["connecting", "up", "down"], **_choice))
    at = Instant(required=True)
    reason = _short(1000, load_default="")
    clock_offset_seconds = fields.Float(load_default=None, allow_none=True, allow_nan=False)

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> StateItem:
        """Give the change."""
        del data["kind"]
        return StateItem(**data)


class ItemIn(fields.Field[EpisodeItem | StateItem]):
    """One item of a batch, by its kind; an unknown kind is refused."""

    _by_kind: Final[dict[str, Schema]] = {"episode": EpisodeIn(), "reader_state": StateIn()}

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> Any:
        kind = value.get("kind") if isinstance(value, dict) else None
        schema = self._by_kind.get(kind) if isinstance(kind, str) else None
        if schema is None:
            raise ValidationError("not_a_choice")
        return schema.load(value)


class CountsIn(In):
    """What the gateway counts for its own health."""

    tags_in_sight = _count(load_default=0)
    reads_without_portal = _count(load_default=0)
    reads_refused = _count(load_default=0)
    episodes_too_thin = _count(load_default=0)


class ReaderStatusIn(In):
    """How one reader stands."""

    reader = Id(required=True)
    state = fields.String(required=True, validate=validate.OneOf(["connecting", "up", "down"], **_choice))
    since = Instant(required=True)
    reason = _short(1000, load_default="")
    last_message_at = Instant(load_default=None, allow_none=True)
    reads = _count(load_default=0)
    reads_lost = _count(load_default=0)

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> ReaderStatus:
        """Give what is kept of it."""
        kept = {name: data[name] for name in ("reader", "state", "since", "last_message_at")}
        return ReaderStatus(**kept)


class BatchIn(In):
    """A whole batch; empty it is a heartbeat."""

    gateway_boot = _short(64, load_default="")
    sent_at = Instant(load_default=None, allow_none=True)
    waiting = _count(load_default=0)
    counts = fields.Nested(CountsIn, load_default=dict)
    readers = fields.List(
        fields.Nested(ReaderStatusIn), load_default=list, validate=validate.Length(max=200, error="too_long")
    )
    batch = fields.List(ItemIn, required=True, validate=validate.Length(max=BATCH_MAX, error="too_long"))

    @validates_schema
    def check_sequences(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse one sequence given twice in a batch."""
        sequences = [item.sequence for item in data["batch"]]
        if len(set(sequences)) != len(sequences):
            raise ValidationError("in_use", "batch")

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> AcceptBatch:
        """Give the command, its items in the order of their sequence."""
        items = sorted(data["batch"], key=lambda item: item.sequence)
        return AcceptBatch(items=tuple(items), readers=tuple(data["readers"]))


# -- the pages ----------------------------------------------------------------------------------------------------------
class SettleIn(In):
    """What was done about a passage."""

    note = Note(required=True, max_length=500)
    back = Line(load_default="", max_length=30)


class AssociateIn(In):
    """The LPN a tag stands for; blank takes it away."""

    lpn = Line(load_default="", max_length=40)


class AssignIn(In):
    """The shipment to load through a door; blank frees the door of `leaving`."""

    shipment_id = Id(required=True)
    is_leaving = Tick()


class PassagesQuery(In):
    """The filters of the list of passages."""

    door = Line(load_default="", max_length=30)
    decision = Line(load_default="", max_length=20)
    q = Line(load_default="", max_length=130)
    unsettled = Line(load_default="", max_length=1)
    cursor = Line(load_default="", max_length=400)


class TagsQuery(In):
    """The filters of the list of tags."""

    known = Line(load_default="", max_length=1)
    q = Line(load_default="", max_length=130)
    cursor = Line(load_default="", max_length=400)


class GatewayIn(In):
    """A gateway."""

    code = Line(required=True, max_length=30)
    api_token_id = Id(load_default=None, allow_none=True)
    is_active = Tick()


class PortalIn(In):
    """A door; the thresholds are blank where the default serves."""

    code = Line(required=True, max_length=30)
    name_en = Line(load_default="", max_length=120)
    name_zh = Line(load_default="", max_length=120)
    use = Line(required=True, validate=validate.OneOf(["inbound", "outbound", "both"], **_choice))
    bin_id = Id(load_default=None, allow_none=True)
    is_active = Tick()


PARAMETERS: Final = tuple(PassageParameters.__dataclass_fields__)
_PARAMETER_RANGE: Final = {"reads_min": (1, 1000), "door_share_min": (0, 1)}


def read_parameters(values: dict[str, str]) -> dict[str, float]:
    """Read the thresholds of a door from a form: blank ones are left out. Raises ValidationError by name."""
    found: dict[str, float] = {}
    faults: dict[str, list[str]] = {}
    for name in PARAMETERS:
        text = values.get(name, "").strip()
        if not text:
            continue
        low, high = _PARAMETER_RANGE.get(name, (0, 600))
        try:
            number = float(text) if re.fullmatch(r"[0-9]{1,4}(\.[0-9]{1,3})?", text, re.ASCII) else -1.0
        except ValueError:
            number = -1.0
        if not low <= number <= high or (name == "reads_min" and number != int(number)):
            faults[name] = ["out_of_range"]
        else:
            found[name] = int(number) if name == "reads_min" else number
    if faults:
        raise ValidationError(faults)
    return found


class ReaderIn(In):
    """A reader and its antennas; `antennas` are lines "number portal side"."""

    code = Line(required=True, max_length=30)
    gateway_id = Id(required=True)
    host = Line(required=True, max_length=120, validate=validate.Regexp(r"\A[A-Za-z0-9._:\-]+\Z", error="not_a_choice"))
    port = fields.Integer(load_default=5084, validate=_between(1, 65535))
    tx_power_dbm = fields.Float(load_default=None, allow_none=True, allow_nan=False, validate=_between(0, 36))
    session = fields.Integer(load_default=None, allow_none=True, validate=_between(0, 3))
    tag_population = fields.Integer(load_default=None, allow_none=True, validate=_between(1, 1024))
    alarm_gpo_port = fields.Integer(load_default=None, allow_none=True, validate=_between(1, 16))
    alarm_seconds = fields.Integer(load_default=10, validate=_between(1, 3600))
    is_active = Tick()


# -- the API ----------------------------------------------------------------------------------------------------------
class DoorOut(Out):
    """A door: how its readers stand (up, part, down, silent, none), what loads there, alarms that nobody settled."""

    id = Id(attribute="portal.id")
    code = fields.String(attribute="portal.code")
    name_en = fields.String(attribute="portal.name_en")
    name_zh = fields.String(attribute="portal.name_zh")
    use = fields.Enum(PortalUse, by_value=True, attribute="portal.use")
    readers_state = fields.String(attribute="state.word")
    readers_up = fields.Integer(attribute="state.up")
    readers = fields.Integer(attribute="state.total")
    last_passage_at = forms.Instant(allow_none=True)
    open_alarms = fields.Integer()
    shipment_number = fields.String(attribute="shipment", allow_none=True)


class DoorsOut(Out):
    """Every door of a warehouse."""

    items = fields.List(fields.Nested(DoorOut()))


class PassagesListQuery(ListQuery):
    """Which passages to list: `q` is an LPN, an EPC (hex) or its beginning."""

    door = Line(load_default="", max_length=30)
    decision = fields.Enum(PassageDecision, by_value=True, load_default=None, allow_none=False)
    q = Line(load_default="", max_length=130)
    unsettled = fields.Boolean(load_default=False)


class PassageOut(Out):
    """One trip of one tag through one door, and what was made of it."""

    id = Id()
    door = fields.String(attribute="portal_code")
    direction = fields.Enum(Direction, by_value=True)
    decision = fields.Enum(PassageDecision, by_value=True)
    why = fields.String()
    ended_at = forms.Instant()
    reads = fields.Integer()
    peak_rssi_dbm = fields.Float(allow_none=True)
    epc = fields.String()
    code = fields.String()
    asn_id = Id(attribute="asn", allow_none=True)
    asn_number = fields.String(allow_none=True)
    shipment_id = Id(attribute="shipment", allow_none=True)
    shipment_number = fields.String(allow_none=True)
    is_alarm_open = fields.Boolean()
    settled_at = forms.Instant(allow_none=True)
    settled_by = fields.String(allow_none=True)
    settlement = fields.String()


class WallOut(Out):
    """All that a door's wall shows."""

    door = fields.String(attribute="portal.code")
    readers_state = fields.String(attribute="state.word")
    standing = fields.Nested(
        Out.from_dict(
            {
                "kind": fields.String(),
                "number": fields.String(),
                "expected": fields.Integer(),
                "seen": fields.Integer(),
            },
            name="StandingOut",
        ),
        allow_none=True,
    )
    wrong = fields.Integer()
    alarms = fields.List(fields.Nested(PassageOut()))
    last = fields.List(fields.Nested(PassageOut()))


class DoorShipmentIn(In):
    """The shipment to load through a door; null `shipment_id` is not taken: say `is_leaving` to take one away."""

    shipment_id = Id(required=True)
    is_leaving = Flag(load_default=False)


class TieTagIn(In):
    """The LPN a tag stands for, by its code; blank unties the tag."""

    lpn_code = Line(load_default="", max_length=40)


class SettlePassageIn(In):
    """What was done about a passage."""

    note = Note(required=True, max_length=500)


class TagsListQuery(ListQuery):
    """Which tags to list: those that stand for nothing we know, or those that do; `q` is an LPN or begins an EPC."""

    is_known = fields.Boolean(load_default=False)
    q = Line(load_default="", max_length=130)


class TagOut(Out):
    """A tag seen at a door."""

    id = Id(attribute="tag.id")
    epc = fields.String(attribute="tag.epc")
    scheme = fields.String(attribute="tag.scheme")
    digital_link = fields.String(attribute="tag.digital_link")
    lpn_id = Id(attribute="tag.lpn_id", allow_none=True)
    lpn_code = fields.String(allow_none=True)
    lot_id = Id(attribute="tag.lot_id", allow_none=True)
    lot_number = fields.String(allow_none=True)
    first_seen_at = forms.Instant(attribute="tag.first_seen_at")
    last_seen_at = forms.Instant(attribute="tag.last_seen_at")


class GatewayPut(In):
    """A gateway as it shall be."""

    code = Line(required=True, max_length=30)
    api_token_id = Id(load_default=None, allow_none=True)
    is_active = Flag(load_default=True)


class GatewayOut(Out):
    """A gateway; when it was seen is in the list, or its ETag would change with it."""

    id = Id()
    code = fields.String()
    api_token_id = Id(allow_none=True)
    is_active = fields.Boolean()


class GatewayLineOut(GatewayOut):
    """A gateway in the list."""

    last_seen_at = forms.Instant(allow_none=True)
    config_version = fields.Integer()


class GatewaysOut(Out):
    """Every gateway of a warehouse."""

    items = fields.List(fields.Nested(GatewayLineOut()))


class RulesField(fields.Field[dict[str, float]]):
    """The thresholds of a door's rules by name, numbers; left out where the default serves."""

    def document(self) -> dict[str, Any]:
        """Say the names."""
        return {
            "type": "object",
            "additionalProperties": False,
            "properties": {name: {"type": "number", "minimum": 0, "maximum": 1000} for name in PARAMETERS},
        }

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> dict[str, float]:
        if not isinstance(value, dict) or set(value) - set(PARAMETERS):
            raise ValidationError("not_a_choice")
        if any(isinstance(one, bool) or not isinstance(one, int | float) for one in value.values()):
            raise ValidationError("out_of_range")
        try:
            return read_parameters({name: f"{number:f}".rstrip("0").rstrip(".") for name, number in value.items()})
        except ValidationError:
            raise ValidationError("out_of_range") from None


class PortalPut(In):
    """A door as it shall be; `rules` holds the thresholds where this door differs."""

    code = Line(required=True, max_length=30)
    name_en = Line(load_default="", max_length=120)
    name_zh = Line(load_default="", max_length=120)
    use = fields.Enum(PortalUse, by_value=True, required=True)
    bin_id = Id(load_default=None, allow_none=True)
    rules = RulesField(load_default=dict)
    is_active = Flag(load_default=True)


class PortalOut(Out):
    """A door as it is set up."""

    id = Id()
    code = fields.String()
    name_en = fields.String()
    name_zh = fields.String()
    use = fields.Enum(PortalUse, by_value=True)
    bin_id = Id(allow_none=True)
    rules = RulesField()
    is_active = fields.Boolean()


class PortalsOut(Out):
    """Every door of a warehouse as it is set up."""

    items = fields.List(fields.Nested(PortalOut()))


class ReaderAntennaIn(In):
    """One antenna of a reader: its number, the door it watches, and which way it looks."""

    number = fields.Integer(required=True, strict=True, validate=_between(1, 64))
    portal_id = Id(required=True)
    side = fields.Enum(AntennaSide, by_value=True, required=True)


class ReaderPut(In):
    """A reader with all its antennas as it shall be."""

    code = Line(required=True, max_length=30)
    gateway_id = Id(required=True)
    host = Line(required=True, max_length=120, validate=validate.Regexp(r"\A[A-Za-z0-9._:\-]+\Z", error="not_a_choice"))
    port = fields.Integer(load_default=5084, strict=True, validate=_between(1, 65535))
    tx_power_dbm = fields.Float(load_default=None, allow_none=True, allow_nan=False, validate=_between(0, 36))
    session = fields.Integer(load_default=None, allow_none=True, strict=True, validate=_between(0, 3))
    tag_population = fields.Integer(load_default=None, allow_none=True, strict=True, validate=_between(1, 1024))
    alarm_gpo_port = fields.Integer(load_default=None, allow_none=True, strict=True, validate=_between(1, 16))
    alarm_seconds = fields.Integer(load_default=10, strict=True, validate=_between(1, 3600))
    is_active = Flag(load_default=True)
    antennas = fields.List(
        fields.Nested(ReaderAntennaIn), load_default=list, validate=validate.Length(max=64, error="too_long")
    )

    @validates_schema
    def check_numbers(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse one antenna named twice."""
        numbers = [one["number"] for one in data.get("antennas", ())]
        if len(set(numbers)) != len(numbers):
            raise ValidationError("in_use", "antennas")


class ReaderOut(Out):
    """A reader with its antennas; how it stands is in the list, or its ETag would change with it."""

    id = Id(attribute="reader.id")
    code = fields.String(attribute="reader.code")
    gateway_id = Id(attribute="reader.gateway_id")
    host = fields.String(attribute="reader.host")
    port = fields.Integer(attribute="reader.port")
    tx_power_dbm = fields.Float(attribute="reader.settings.tx_power_dbm", dump_default=None, allow_none=True)
    session = fields.Integer(attribute="reader.settings.session", dump_default=None, allow_none=True)
    tag_population = fields.Integer(attribute="reader.settings.tag_population", dump_default=None, allow_none=True)
    alarm_gpo_port = fields.Integer(attribute="reader.alarm_gpo_port", allow_none=True)
    alarm_seconds = fields.Integer(attribute="reader.alarm_seconds")
    is_active = fields.Boolean(attribute="reader.is_active")
    antennas = fields.List(
        fields.Nested(
            Out.from_dict(
                {
                    "number": fields.Integer(),
                    "portal_id": Id(),
                    "side": fields.Enum(AntennaSide, by_value=True),
                },
                name="ReaderAntennaOut",
            )
        )
    )


class ReaderLineOut(Out):
    """A reader in the list."""

    id = Id(attribute="Reader.id")
    code = fields.String(attribute="Reader.code")
    gateway_code = fields.String()
    host = fields.String(attribute="Reader.host")
    port = fields.Integer(attribute="Reader.port")
    is_active = fields.Boolean(attribute="Reader.is_active")
    state = fields.String(attribute="Reader.state")
    state_at = forms.Instant(attribute="Reader.state_at", allow_none=True)


class ReadersOut(Out):
    """Every reader of a warehouse's gateways."""

    items = fields.List(fields.Nested(ReaderLineOut()))
