"""What comes in from the stock page and the label pages, as marshmallow schemas."""

from typing import Any

from marshmallow import fields, validate

from wms.core.ids import WarehouseId
from wms.stock.queries import SORTS, STATES, StockFilter
from wms.web.forms import Day, Id, In, Line


class StockFilterIn(In):
    """The filters of the stock page, as they stand in its URL; blank ones count as not given."""

    q = Line(load_default="", max_length=100)
    sku = Line(load_default="", max_length=60)
    lot = Line(load_default="", max_length=60)
    bin = Line(load_default="", max_length=40)
    lpn = Line(load_default="", max_length=40)
    zone = Line(load_default="", max_length=20)
    state = Line(load_default="", validate=validate.OneOf(["", *STATES], error="not_a_choice"))
    before = Day(load_default=None, allow_none=True)
    sort = Line(load_default="expiry", validate=validate.OneOf(["", *SORTS], error="not_a_choice"))
    cursor = Line(load_default="", max_length=500)


def stock_filter(values: dict[str, Any], *, warehouse: WarehouseId) -> StockFilter:
    """Make the query's filter of what StockFilterIn loaded."""
    kept = {name: values[name] for name in ("sku", "lot", "bin", "lpn", "zone", "state", "before")}
    return StockFilter(warehouse=warehouse, text=values["q"], sort=values["sort"] or "expiry", **kept)


class LabelsIn(In):
    """Which labels go on one sheet: bins of a zone or that begin with a text, lots, LPNs."""

    lot = fields.List(Id(), load_default=list)
    lpn = fields.List(Id(), load_default=list)
    bin = fields.List(Id(), load_default=list)
    zone = Line(load_default="", max_length=20)
    prefix = Line(load_default="", max_length=40)
    copies = fields.Integer(load_default=1, validate=validate.Range(min=1, max=50, error="not_a_choice"))
