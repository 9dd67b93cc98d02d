"""What comes in from the pages of warehouses and bins and from the API, and how they go out."""

from typing import Any

from marshmallow import fields, validate

from wms.sites import rules, service
from wms.sites.models import BinKind, StorageClass
from wms.web.api import ListQuery
from wms.web.forms import Choice, Flag, Id, In, Line, Out, Tick, Whole


class BinsIn(In):
    """Which bins to list."""

    q = Line(max_length=40, load_default="")
    kind = fields.Enum(BinKind, by_value=True, load_default=None)
    zone = Id(load_default=None, allow_none=True)
    blocked = Line(load_default="", validate=validate.OneOf(["", "1", "0"], error="not_a_choice"))
    cursor = Line(max_length=200, load_default="")
    made_from = Whole(0, 10**12, load_default=None, allow_none=True)
    made_to = Whole(0, 10**12, load_default=None, allow_none=True)


class BinLabelsIn(BinsIn):
    """Which bins to print labels of, and which part of them when they are more than one sheet holds."""

    part = Whole(1, 100_000, load_default=1)


class BlockIn(In):
    """Why a bin is blocked."""

    reason = Line(required=True, max_length=200)


class CompanyIn(In):
    """Whose installation it is."""

    company_name = Line(required=True, max_length=120)


class WarehouseChangeIn(In):
    """What may be changed of a warehouse."""

    name_en = Line(required=True, max_length=120)
    name_zh = Line(load_default="", max_length=120)
    timezone = Line(required=True, max_length=60)
    company_prefix = Line(load_default="", max_length=12)
    gln = Line(load_default="", max_length=13)
    address = Line(load_default="", max_length=300)
    phone = Line(load_default="", max_length=40)


class ZoneIn(In):
    """A zone to make."""

    zone_code = Line(required=True, max_length=20)
    zone_name_en = Line(required=True, max_length=120)
    zone_name_zh = Line(load_default="", max_length=120)
    storage_class = Choice(StorageClass, required=True)


class WarehouseIn(WarehouseChangeIn, ZoneIn):
    """A warehouse to make, with its first zone."""

    code = Line(required=True, max_length=20)
    docks = Whole(1, 99, required=True)


class BinIn(In):
    """One bin to make."""

    code = Line(required=True, max_length=32)
    kind = Choice(BinKind, required=True)
    zone = Id(load_default=None, allow_none=True)
    capacity_lpns = Whole(1, 9999, load_default=None, allow_none=True)
    walk_sequence = Whole(0, 10**9, load_default=None, allow_none=True)
    takes_mixed_lots = Tick()


class RacksIn(In):
    """Racks to make."""

    zone = Id(required=True)
    aisles = Line(required=True, max_length=400)
    bays = Line(required=True, max_length=20)
    levels = Whole(1, 99, required=True)
    positions = Whole(1, 99, required=True)
    face_levels = Whole(0, 99, required=True)
    capacity_lpns = Whole(1, 9999, load_default=None, allow_none=True)
    is_serpentine = Tick()


# -- what page and API make of it ----------------------------------------------------------------------------------------
def change_of(values: dict[str, Any]) -> dict[str, Any]:
    """Take out of a form or body what may be changed of a warehouse."""
    return {
        name: values[name] for name in ("name_en", "name_zh", "timezone", "company_prefix", "gln", "address", "phone")
    }


def zone_of(values: dict[str, Any]) -> service.ZonePlan:
    """Take out of a form or body the zone to make."""
    return service.ZonePlan(
        code=values["zone_code"],
        name_en=values["zone_name_en"],
        name_zh=values["zone_name_zh"],
        storage_class=values["storage_class"],
    )


def racks_of(values: dict[str, Any]) -> rules.RackPlan:
    """Take out of a form or body the racks to make; FieldErrors when aisles or bays cannot be read."""
    first, last = rules.read_bays(values["bays"])
    return rules.RackPlan(
        aisles=rules.read_aisles(values["aisles"]),
        first_bay=first,
        last_bay=last,
        levels=values["levels"],
        positions=values["positions"],
        face_levels=values["face_levels"],
        is_serpentine=values["is_serpentine"],
    )


# -- the API ----------------------------------------------------------------------------------------------------------
class CompanyOut(Out):
    """Whose installation it is."""

    company_name = fields.String()


class ZoneOut(Out):
    """A part of a warehouse with one temperature class."""

    id = Id()
    code = fields.String()
    name_en = fields.String()
    name_zh = fields.String()
    storage_class = Choice(StorageClass)


class WarehouseLineOut(Out):
    """A warehouse in the list."""

    id = Id()
    code = fields.String()
    name_en = fields.String()
    name_zh = fields.String()
    timezone = fields.String()
    company_prefix = fields.String()
    gln = fields.String()
    address = fields.String()
    phone = fields.String()
    is_active = fields.Boolean()


class WarehouseOut(WarehouseLineOut):
    """A warehouse with its zones."""

    zones = fields.List(fields.Nested(ZoneOut()))


class WarehousesOut(Out):
    """Every warehouse the key is good in."""

    items = fields.List(fields.Nested(WarehouseLineOut()))


class BinsQuery(ListQuery):
    """Which bins to list: `q` is the beginning of a code, whatever its case."""

    q = Line(max_length=40, load_default="")
    kind = Choice(BinKind, load_default=None, allow_none=False)
    zone_id = Id(load_default=None, allow_none=False)
    is_blocked = fields.Boolean(load_default=None, allow_none=False)


class BinPost(BinIn):
    """One bin to make; without `walk_sequence` it comes last in the walk."""

    zone = Id(load_default=None, allow_none=True, data_key="zone_id")
    takes_mixed_lots = Flag(load_default=True)  # type: ignore[assignment]


class RacksPost(RacksIn):
    """Racks to make: aisles as A-D, bays as 1-12; all bins of them or none."""

    zone = Id(required=True, data_key="zone_id")
    is_serpentine = Flag(load_default=True)  # type: ignore[assignment]


class BinOut(Out):
    """A bin."""

    id = Id()
    code = fields.String()
    kind = Choice(BinKind)
    warehouse_id = Id()
    zone_id = Id(allow_none=True)
    is_outside = fields.Boolean()
    is_blocked = fields.Boolean()
    blocked_reason = fields.String()
    walk_sequence = fields.Integer()
    capacity_lpns = fields.Integer(allow_none=True)
    takes_mixed_lots = fields.Boolean()


class MadeOut(Out):
    """What a run made: how many bins, from which number of the walk to which."""

    count = fields.Integer()
    first_walk = fields.Integer()
    last_walk = fields.Integer()
