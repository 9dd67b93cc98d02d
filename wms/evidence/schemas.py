"""What comes in from the pages of evidence and the API, and how seals, audit entries and past stock go out."""

from collections.abc import Sequence
from datetime import datetime, time
from typing import Any, Final
from zoneinfo import ZoneInfo

from marshmallow import fields, validate

from wms.core.clock import local_day, now
from wms.core.errors import FieldErrors, NotFound
from wms.core.ids import PostingSeq, WarehouseId
from wms.evidence.belonging import Where
from wms.evidence.past import TrailFilter
from wms.stock.asof import STATES, AsOf
from wms.stock.ledger import Quality
from wms.web.api import ListQuery
from wms.web.auth import Site
from wms.web.forms import Day, Exact, Id, In, Instant, Line, Out, QuantityField

_SEQ: dict[str, Any] = {"validate": validate.Range(min=0, max=2**63 - 1, error="not_a_choice"), "strict": False}


# -- pages ------------------------------------------------------------------------------------------------------------
class PageIn(In):
    """Where to go on."""

    cursor = Line(load_default="", max_length=500)


class TrailIn(In):
    """The filters of the audit page, as they stand in its URL."""

    entity = Line(load_default="", max_length=40)
    id = Line(load_default="", max_length=20, validate=validate.Regexp(r"^-?[0-9]*$", error="not_a_choice"))
    person = Line(load_default="", max_length=80)
    field = Line(load_default="", max_length=60, validate=validate.Regexp(r"^[a-z0-9_]*$", error="not_a_choice"))
    since = Day(load_default=None, allow_none=True)
    until = Day(load_default=None, allow_none=True)
    warehouse = Line(load_default="", max_length=20)
    cursor = Line(load_default="", max_length=500)


class AsOfIn(In):
    """Which past stock, as it stands in the page's URL: a day and a time of the warehouse, or a sequence; else now."""

    on = Day(load_default=None, allow_none=True)
    clock = Line(
        load_default="",
        max_length=8,
        validate=validate.Regexp(r"^(([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?)?$", error="not_a_choice"),
    )
    seq = Line(load_default="", max_length=18, validate=validate.Regexp(r"^[0-9]*$", error="not_a_choice"))
    sku = Line(load_default="", max_length=60)
    lot = Exact(load_default="", max_length=60)
    bin = Line(load_default="", max_length=40)
    state = Line(load_default="", validate=validate.OneOf(["", *STATES], error="not_a_choice"))
    cursor = Line(load_default="", max_length=1000)


#: In place of a warehouse's code: what belongs to the company alone.
COMPANY_ONLY: Final = "-"


def whose(code: str, sites: Sequence[Site], *, is_everywhere: bool) -> Where | None:
    """Whose entries a person sees: of the warehouses of the right and of the company, or one of them. Raises NotFound."""
    if code == COMPANY_ONLY:
        return Where(warehouses=[])
    if code:
        named = [site.id for site in sites if site.code == code]
        if not named:
            raise NotFound(kind="warehouse", text=code)
        return Where(warehouses=named, with_company=False)
    return None if is_everywhere else Where(warehouses=[site.id for site in sites])


def trail_filter(values: dict[str, Any], zone: str, where: Where | None) -> TrailFilter:
    """Make the query's filter of what TrailIn loaded; days are those of the warehouse, both whole."""
    record = values["id"].lstrip("-")
    return TrailFilter(
        entity=values["entity"],
        record=int(values["id"]) if record and int(record) < 2**63 else None,
        login=values["person"],
        field=values["field"],
        since=_start_of(values["since"], zone) if values["since"] else None,
        until=_end_of(values["until"], zone) if values["until"] else None,
        where=where,
    )


def as_of(values: dict[str, Any], *, warehouse: WarehouseId, zone: str) -> AsOf:
    """Make the question of what AsOfIn loaded: a day alone means its end."""
    at = None
    if values["on"] and values["on"] > local_day(now(), zone):
        raise FieldErrors(errors={"on": ["in_future"]})
    if values["on"] and not values["seq"]:
        at = _end_of(values["on"], zone)
        if values["clock"]:
            at = datetime.combine(values["on"], time.fromisoformat(values["clock"]), ZoneInfo(zone))
    return AsOf(
        at=at, seq=PostingSeq(int(values["seq"])) if values["seq"] else None, warehouse=warehouse, sku=values["sku"],
        lot=values["lot"], bin=values["bin"], state=values["state"],
    )  # fmt: skip


def _start_of(day: Any, zone: str) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(zone))


def _end_of(day: Any, zone: str) -> datetime:
    return datetime.combine(day, time.max, ZoneInfo(zone))


# -- the API ----------------------------------------------------------------------------------------------------------
class SealsQuery(ListQuery):
    """Which blocks: the newest first."""


class SealOut(Out):
    """A block of the chain of seals; `hash` is what the next one names as `previous`."""

    seq = Id()
    previous = fields.String()
    hash = fields.String()
    content = fields.String()
    sealed_at = Instant()
    records = fields.Integer()
    total = fields.Integer()
    key_id = fields.String()
    signature = fields.String()


class SealCheckOut(Out):
    """What a verification found; `first_fault` is blank when everything is as it was sealed."""

    id = Id()
    checked_at = Instant()
    is_full = fields.Boolean()
    head_seq = Id()
    blocks = fields.Integer()
    records = fields.Integer()
    waiting = fields.Integer()
    faults = fields.Integer()
    first_fault = fields.String()


class TrailQuery(ListQuery):
    """Which entries of the audit trail: of a kind of record, of one record, of a person, of a field, of a time."""

    entity = Line(
        max_length=40, load_default="", metadata={"description": "The kind of record: its table, as item or lot."}
    )
    record_id = Id(load_default=None, allow_none=False)
    login = Line(max_length=80, load_default="")
    field = Line(max_length=60, load_default="", metadata={"description": "The name of a field that was changed."})
    since = Instant(load_default=None, allow_none=False)
    until = Instant(load_default=None, allow_none=False)
    belongs_to = Line(
        max_length=20,
        load_default="",
        metadata={
            "description": "Code of a warehouse: its own records alone; `-`: the company's alone. Without it: all that the key"
            " may see, which is what belongs to the warehouses in which it has the right, and to the company."
        },
    )


class AuditFieldOut(Out):
    """One field of an entry, in words."""

    field = fields.String()
    name = fields.String()
    before = fields.String()
    after = fields.String()


class AuditEntryOut(Out):
    """One entry of the audit trail: who did what, when, where and why. Ids and codes are said in words."""

    seq = Id()
    at = Instant()
    person = fields.String(attribute="who")
    device = fields.String()
    warehouse_code = fields.String(attribute="warehouse")
    entity = fields.String()
    entity_id = Id()
    named = fields.String(metadata={"description": "By what people know the record: its number, code or name."})
    action = fields.String()
    reason = fields.String(attribute="why")
    fields_ = fields.List(fields.Nested(AuditFieldOut()), attribute="fields", data_key="fields")


class AsOfQuery(ListQuery):
    """Which past stock of the warehouse: at an instant, or after a posting; without either, now."""

    at = Instant(load_default=None, allow_none=False)
    seq = fields.Integer(
        load_default=None, allow_none=False, **_SEQ, metadata={"description": "A sequence of the ledger."}
    )
    sku = Line(max_length=60, load_default="")
    lot_number = Exact(max_length=60, load_default="")
    bin_code = Line(max_length=40, load_default="")
    state = Line(load_default="", validate=validate.OneOf(["", *STATES], error="not_a_choice"))


class AsOfOut(Out):
    """What stood under one stock key then, in base units, with the names of today."""

    lot_id = Id(attribute="lot")
    lot_number = fields.String()
    item_id = Id(attribute="item")
    sku = fields.String()
    warehouse_code = fields.String()
    bin_id = Id(attribute="bin")
    bin_code = fields.String()
    lpn_code = fields.String()
    owner_code = fields.String()
    quality = fields.Enum(Quality, by_value=True)
    is_held = fields.Function(lambda row: row.hold_set != 0, metadata={"type": "boolean"})
    on_hand = QuantityField()
    unit = fields.String(attribute="base_unit")
