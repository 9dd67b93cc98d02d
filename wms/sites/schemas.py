"""What comes in from the pages of warehouses and bins and from the API, and how they go out."""

from typing import Any

from marshmallow import ValidationError, fields, validate

from wms.sites.models import BinKind, StorageClass
from wms.web.api import ListQuery
from wms.web.forms import Flag, Id, In, Line, Out, Tick


class Whole(fields.Integer):
    """A whole number between two bounds; a blank form field is None when `allow_none`."""

    def __init__(self, low: int, high: int, **kwargs: Any) -> None:
        self.low, self.high = low, high
        super().__init__(**kwargs)

    def document(self) -> dict[str, Any]:
        """Say the bounds."""
        return {"minimum": self.low, "maximum": self.high}

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        text = str(value).strip()
        if text == "" and self.allow_none:
            return None
        if not text.isascii() or not text.isdigit() or len(text) > 12:
            raise ValidationError("Not a valid integer.")
        if not self.low <= int(text) <= self.high:
            raise ValidationError("out_of_range")
        return int(text)


class Choice(fields.Enum):
    """One of an enumeration, by its value."""

    def __init__(self, kind: Any, **kwargs: Any) -> None:
        super().__init__(kind, by_value=True, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        try:
            return super()._deserialize(value, attr, data, **kwargs)
        except ValidationError:
            raise ValidationError("not_a_choice") from None


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

    takes_mixed_lots = Flag(load_default=True)  # type: ignore[assignment]


class RacksPost(RacksIn):
    """Racks to make: aisles as A-D, bays as 1-12; all bins of them or none."""

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
